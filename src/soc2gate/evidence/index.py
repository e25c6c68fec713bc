"""Look-ups in a ledger by commit, tree, control and time, without reading all of it each time.

The index is a SQLite file in the user's cache folder, made of the records and made again from them whenever it does not
fit. It only says where to look: each record it names is read again, and one whose digest is another than the index
remembers throws the index away.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from soc2gate.errors import EvidenceError
from soc2gate.evidence.envelope import digest
from soc2gate.evidence.essence import Essence
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.stores import RECORDS, Store
from soc2gate.facts import dataclass

_VERSION = 1
_AT_ONCE = 500
_TABLES = f"""
create table records (number integer primary key, sha256 text, commit_id text, tree text, time text, controls integer);
create table controls (number integer, control text, primary key (control, number));
create index by_commit on records (commit_id);
create index by_tree on records (tree);
create index by_time on records (time);
pragma user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; all that is given must fit."""

    commit: str = ""
    """The whole id, or how it begins."""
    tree: str = ""
    control: str = ""
    """Only records in which some resource was judged by a rule of this control."""
    at: str = ""
    """Only the newest record that was finished by then."""


def place_of(place: str) -> Path:
    """Where the index of the ledger with this name is kept; the name is absolute, so that it means one ledger."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "soc2gate" / f"ledger-{hashlib.sha256(place.encode()).hexdigest()[:32]}.sqlite"


def find(store: Store, index: Path, wanted: Wanted) -> list[Record]:
    """The records that fit, newest first, each read from the ledger itself; signatures are not looked at here.

    Raises `EvidenceError` for a record that cannot be read.
    """
    try:
        return _find(store, index, wanted)
    except (sqlite3.DatabaseError, _DoesNotFitError):
        # A broken file, one of another version, or of a ledger that was written anew: the records have the last word.
        index.unlink(missing_ok=True)
    try:
        return _find(store, index, wanted)
    except _DoesNotFitError:
        raise EvidenceError("the ledger changes while it is read: records were written again") from None


class _DoesNotFitError(Exception):
    """The index says something else than the records."""


def _find(store: Store, index: Path, wanted: Wanted) -> list[Record]:
    with closing(_opened(index)) as base:
        _follow(base, store)
        rows = list(_asked(base, wanted))
    found = []
    for number, sha256 in rows:
        data = store.read(RECORDS, number)
        if digest(data) != sha256:
            raise _DoesNotFitError
        record = Record.parse(data, number)
        if not (record.commit.startswith(wanted.commit) and record.tree.startswith(wanted.tree)):
            raise _DoesNotFitError
        found.append(record)
    return found


def _opened(index: Path) -> sqlite3.Connection:
    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(index)
    except (OSError, sqlite3.OperationalError):
        # No cache folder to write to: an index for this one question.
        base = sqlite3.connect(":memory:")
    version = base.execute("pragma user_version").fetchone()[0]
    if version == 0:
        base.executescript(_TABLES)
    elif version != _VERSION:
        base.close()
        raise _DoesNotFitError
    return base


def _follow(base: sqlite3.Connection, store: Store) -> None:
    """Learn the records that are new; raises `_DoesNotFitError` where those known are not the ledger's."""
    numbers = store.sequences(RECORDS)
    known = {row[0] for row in base.execute("select number from records")}
    if not known <= set(numbers):
        raise _DoesNotFitError
    if known:
        last = max(known)
        (sha256,) = base.execute("select sha256 from records where number = ?", (last,)).fetchone()
        if digest(store.read(RECORDS, last)) != sha256:
            raise _DoesNotFitError
    parse = Essence()
    new = [number for number in numbers if number not in known]
    for first in range(0, len(new), _AT_ONCE):
        # Kept as it goes: whoever stops the first look-up in a large ledger does not lose what was learnt.
        with base:
            for number, data in store.read_all(RECORDS, new[first : first + _AT_ONCE]):
                try:
                    record = parse(data, number)
                except EvidenceError as error:
                    raise EvidenceError(f"record {number}: {error.message}", hint=error.hint) from None
                _learn(base, record)


def _learn(base: sqlite3.Connection, record: Record) -> None:
    judged = _judged(record.predicate["populations"]) if record.is_evaluation else _served(record.predicate)
    # The newest set of controls again, as mostly: then its number is all that is kept.
    before = base.execute("select controls from records order by number desc limit 1").fetchone()
    same = before is not None and judged == {
        row[0] for row in base.execute("select control from controls where number = ?", before)
    }
    which = before[0] if same else record.sequence
    if not same:
        base.executemany("insert into controls values (?, ?)", [(which, control) for control in sorted(judged)])
    base.execute(
        "insert into records values (?, ?, ?, ?, ?, ?)",
        (record.sequence, record.digest, record.commit, record.tree, record.finished_at, which),
    )


def _judged(populations: Sequence[Any]) -> set[str]:
    return {
        row["control"]
        for row in populations
        if row.get("control") and any(row[side].get("judged") for side in ("declared", "live"))
    }


def _served(predicate: Mapping[str, Any]) -> set[str]:
    """The controls that a piece of manual evidence is for."""
    return set(predicate.get("evidence", {}).get("controls", ()))


def _asked(base: sqlite3.Connection, wanted: Wanted) -> Iterator[tuple[int, str]]:
    terms: list[str] = []
    values: list[str] = []
    for column, value in (("commit_id", wanted.commit), ("tree", wanted.tree)):
        if value:
            # A range, where `like` could not use the index; ids are hexadecimal, and g follows them all.
            terms.append(f"{column} >= ? and {column} < ?")
            values += [value, value + "g"]
    if wanted.control:
        terms.append("controls in (select number from controls where control = ?)")
        values.append(wanted.control)
    if wanted.at:
        # How things stood then: what people brought says nothing of that.
        terms.append("commit_id <> '' and time <= ?")
        values.append(wanted.at)
    where = f" where {' and '.join(terms)}" if terms else ""
    order = " order by time desc, number desc limit 1" if wanted.at else " order by number desc"
    yield from base.execute(f"select number, sha256 from records{where}{order}", values)
