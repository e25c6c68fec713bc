"""Records read for a report: of each what a report asks for, and of a year of them equal parts once.

Most changes leave most answers as they were. So most members of a statement, and most rows of the others, are byte for
byte those of a record before: each is read, and its spelling and its form are checked, when its bytes are new.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from soc2gate.errors import EvidenceError
from soc2gate.evidence import form
from soc2gate.evidence.envelope import STATEMENT_TYPE, Envelope, Sealed, digest, open_envelope, value_of
from soc2gate.evidence.form import Rows
from soc2gate.evidence.kept import TYPES
from soc2gate.evidence.kept import require as require_kept
from soc2gate.evidence.ledger import Record
from soc2gate.facts import dataclass, replace

_READ = (
    "criteria", "change", "evaluator", "policies", "scope", "populations",
    "findings", "disagreements", "waivers", "not_looked_at",
)  # fmt: skip
_OWN = {"time", "change", "record", "result", "inputs"}
"""Not worth remembering: every record has its own. They are read in one go."""
_IN_ROWS = ("populations", "controls", "findings", "disagreements", "waivers")
_PARTS_KEPT = 64
"""So many spellings of one member are remembered: a ledger that is different every time must not fill the memory."""
_ROWS_KEPT = 50_000
_DECLARED = ({"name": "declared"},)
# Inside a JSON text the quotes would be escaped: this is the name of a member wherever it stands.
_FRESH = b'"fresh_until":"'
_TIME = re.compile(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


# In the order of RFC 8785, each member as the bytes it is spelled in.
class _Statement(msgspec.Struct, forbid_unknown_fields=True, rename={"form": "_type", "kind": "predicateType"}):
    form: msgspec.Raw
    predicate: dict[str, msgspec.Raw]
    kind: msgspec.Raw
    subject: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Taken:
    """A statement as the bytes of its members."""

    parts: Mapping[str, bytes]
    """Of its predicate."""
    head: bytes
    """Everything up to the value of the first of them."""
    before: Sequence[bytes]
    """What stands before each of their values."""
    tail: bytes
    """What stands between the last of them and the subject."""
    kind: bytes
    subject: bytes


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STATEMENT = msgspec.json.Decoder(_Statement)
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


class Essence:
    """Reads records, and remembers what it read of those before."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, Any]] = {}
        """Of each member the newest spelling: it is compared before any is looked up."""
        self._known: dict[str, dict[bytes, Any]] = {}
        self._rows: dict[tuple[str, bytes], Any] = {}
        self._times: dict[bytes, str] = {}
        self._names: dict[tuple[str, ...], list[bytes]] = {}
        self._newest: _Taken | None = None

    def __call__(self, data: bytes, sequence: int) -> Record:
        """A record with the rest left out; its signatures and the chain are not looked at here.

        Raises `EvidenceError` for what is no evaluation record, or is one of another form or spelling.
        """
        sealed = open_envelope(data, STATEMENT_TYPE)
        followed = self._followed(sealed.payload)
        if followed is not None:
            try:
                return self._record(followed, sealed, sequence, data)
            except EvidenceError:
                # Another than it looked like at first: the words for what is wrong are those of the careful reading.
                pass
        taken = self._taken_apart(sealed.payload)
        if taken is None:
            return _whole(sealed, sequence, digest(data))
        return self._record(taken, sealed, sequence, data)

    def _record(self, taken: _Taken, sealed: Sealed, sequence: int, data: bytes) -> Record:
        said = {name: self._read(name, part) for name, part in taken.parts.items() if name not in _OWN}
        own = {name: part for name, part in taken.parts.items() if name in _OWN}
        together = b"{%s}" % b",".join([b'"%s":%s' % (name.encode(), part) for name, part in own.items()])
        said |= cast("dict[str, Any]", value_of(together, "the record's predicate"))
        if any(bytes(part) != own.get(name) for name, part in _MEMBERS.decode(together).items()):
            raise EvidenceError("not an evaluation record: its statement does not have that form")
        form.require_own(said)
        form.require_whole(said)
        whole = {
            "predicate": said,
            "predicateType": self._read("predicateType", taken.kind),
            "subject": value_of(taken.subject, "the record's subject"),
        }
        record = Record.of(whole, _signed(sealed), sequence, digest(data), _kept(said))
        self._newest = taken
        return record

    def _followed(self, payload: bytes) -> _Taken | None:
        """The members of a statement that goes along the newest one; None of one that does not.

        A member that stands there as before is passed over, and any other ends where the next one seems to begin.
        Whether it does is seen when it is read: each member must be a whole value by itself.
        """
        newest = self._newest
        if newest is None or not payload.startswith(newest.head) or not payload.endswith(b"}"):
            return None
        parts: dict[str, bytes] = {}
        place = len(newest.head)
        names = [*newest.parts]
        for name, follows in zip(names, [*newest.before[1:], newest.tail], strict=True):
            known = None if name in _OWN else newest.parts[name]
            if (
                known is not None
                and payload.startswith(known, place)
                and payload.startswith(follows, place + len(known))
            ):
                parts[name] = known
                place += len(known) + len(follows)
                continue
            end = payload.find(follows, place)
            if end < 0:
                return None
            parts[name] = payload[place:end]
            place = end + len(follows)
        return replace(newest, parts=parts, subject=payload[place:-1])

    def _taken_apart(self, payload: bytes) -> _Taken | None:
        """The members of an evaluation record's statement and predicate; None of what is spelled as no such record."""
        try:
            statement = _STATEMENT.decode(payload)
        except ValueError:
            return None
        if bytes(statement.kind) in _OTHER_KINDS:
            return None
        parts = {name: bytes(part) for name, part in statement.predicate.items()}
        before = self._before(tuple(parts))
        if not before:
            return None
        head = b'{"_type":%s,"predicate":{%s' % (statement.form, before[0])
        tail = b'},"predicateType":%s,"subject":' % statement.kind
        spelled = [head]
        for follows, part in zip([*before[1:], tail], parts.values(), strict=True):
            spelled += (part, follows)
        spelled += (statement.subject, b"}")
        if b"".join(spelled) != payload:
            return None
        self._read("_type", bytes(statement.form))
        return _Taken(parts, head, before, tail, bytes(statement.kind), bytes(statement.subject))

    def _before(self, names: tuple[str, ...]) -> list[bytes]:
        """What stands before each member's value where these are all members, in this order; empty where none could."""
        if names not in self._names:
            # Names of ours are plain words, which every way of sorting sorts alike.
            plain = names == tuple(sorted(names)) and all(name.isidentifier() and name.isascii() for name in names)
            commas = ["", *[","] * (len(names) - 1)]
            pairs = zip(commas, names, strict=True) if plain and names else ()
            self._names[names] = [f'{comma}"{name}":'.encode() for comma, name in pairs]
        return self._names[names]

    def _read(self, name: str, part: bytes) -> Any:
        if name == "criteria":
            return self._criteria(part)
        last = self._last.get(name)
        if last is not None and last[0] == part:
            return last[1]
        known = self._known.setdefault(name, {})
        value = known.get(part)
        if value is None:
            value = self._by_rows(name, part) if name in _IN_ROWS else _checked(name, part)
            _remember(known, part, value)
        self._last[name] = part, value
        return value

    def _by_rows(self, name: str, part: bytes) -> Any:
        """A list, of whose rows most are those of a record before."""
        try:
            rows = [bytes(row) for row in _ROWS.decode(part)]
        except ValueError:
            return _checked(name, part)
        if b"[%s]" % b",".join(rows) != part:
            return _checked(name, part)
        if len(self._rows) > _ROWS_KEPT:
            self._rows.clear()
        return [self._row(name, row) for row in rows]

    def _row(self, name: str, row: bytes) -> Any:
        known = self._rows.get((name, row))
        if known is None:
            known = value_of(row, f"the record's {name}")
            form.require_row(name, known)
            self._rows[name, row] = known
        return known

    def _criteria(self, part: bytes) -> Rows:
        """The criteria, of which mostly nothing but the times is new; those are cut out before looking for the rest."""
        first, *rest = part.split(_FRESH)
        times = [piece[:20] for piece in rest]
        key = _FRESH.join([first, *[piece[20:] for piece in rest]])
        last = self._last.get("criteria")
        shared = last[1] if last is not None and last[0] == key else self._known.setdefault("criteria", {}).get(key)
        unusual = any(_TIME.fullmatch(time) is None for time in set(times).difference(self._times))
        if shared is None or unusual:
            plain = Rows.of(_checked("criteria", part))
            shared = plain.shared
            if unusual or len(plain.times) != len(times):
                # Something further in a row is named like its time.
                return plain
            _remember(self._known.setdefault("criteria", {}), key, shared)
        self._last["criteria"] = key, shared
        if len(self._times) > _ROWS_KEPT:
            self._times.clear()
        # The same text for the same time: a record has fifty of them, and mostly two or three that differ.
        return Rows(shared, tuple([self._times.get(time) or self._time(time) for time in times]))

    def _time(self, time: bytes) -> str:
        return self._times.setdefault(time, time.decode("ascii"))


def _checked(name: str, part: bytes) -> Any:
    value = value_of(part, f"the record's {name}")
    form.require_part(name, value)
    return value


def _remember(known: dict[bytes, Any], part: bytes, value: Any) -> None:
    if len(known) >= _PARTS_KEPT:
        # The oldest: a state that comes back does so soon, as code and the account take turns.
        del known[next(iter(known))]
    known[part] = value


def _whole(sealed: Sealed, sequence: int, name: str) -> Record:
    """A record read as one: of the few that are about a file, and of any that is spelled in an unusual way."""
    statement = cast("dict[str, Any]", value_of(sealed.payload, "the payload"))
    if not isinstance(statement, dict) or not isinstance(statement.get("predicate"), dict):
        raise EvidenceError("not an evaluation record: its statement does not have that form")
    said = statement["predicate"]
    if statement.get("predicateType") in TYPES:
        require_kept(statement)
        return Record.of(statement, _signed(sealed), sequence, name)
    form.require(said)
    return Record.of(statement, _signed(sealed), sequence, name, _kept(said))


def _signed(sealed: Sealed) -> Envelope:
    return Envelope({}, sealed.payload_type, sealed.message, sealed.signatures)


def _kept(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a report reads of a predicate that was checked."""
    kept = {name: said[name] for name in (*_READ, *form.OPTIONAL) if name in said}
    # Who changed what is git's to say; a report asks what was reported of it.
    reported = said["change"]["reported"]
    kept["change"] = {"reported": reported} if reported else _NOTHING_REPORTED
    live = [entry for entry in said["inputs"] if entry["name"] != "declared"]
    kept["inputs"] = [*_DECLARED, *live] if live else _DECLARED
    return kept


_NOTHING_REPORTED: dict[str, Any] = {"reported": {}}
_OTHER_KINDS = {f'"{kind}"'.encode() for kind in TYPES}
