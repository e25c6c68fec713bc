"""The ledger: every record in the order it was made, each naming the one before by digest.

A changed, removed or inserted record breaks the chain. Removing the *last* one does not, so each record leaves a signed
head as well, and whoever keeps a copy of the newest head elsewhere (an auditor's inbox, a CI log) can tell that
nothing was cut off since: that copy is the anchor. Somebody who can delete records and heads alike is caught by
it alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from soc2gate.errors import EvidenceError
from soc2gate.evidence.envelope import (
    HEAD_TYPE,
    STATEMENT_TYPE,
    Envelope,
    Signer,
    TrustedKey,
    digest,
    seal,
    signed_by,
    unseal,
)
from soc2gate.evidence.kept import TYPES
from soc2gate.evidence.statement import PREDICATE_TYPE, Link, later
from soc2gate.evidence.stores import HEADS, RECORDS, Store
from soc2gate.facts import dataclass, replace
from soc2gate.model.value import Json

HEAD_SCHEMA = "soc2gate.ledger-head/1"
MAX_ATTEMPTS = 1000
"""How often a writer tries for a number before it says that it cannot."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, with its place and what it is found by."""

    sequence: int
    digest: str
    envelope: Envelope
    predicate: Mapping[str, Any]
    """As the statement's schema says."""
    commit: str
    tree: str
    judged_at: str
    finished_at: str
    link: Link
    """The place it says it has."""
    kind: str = PREDICATE_TYPE
    """An evaluation record is about a commit; one of the kinds of `kept` is about a file, and has no commit or tree."""
    subjects: tuple[tuple[str, str], ...] = ()
    """The files that a record of `kept` is about: name and sha256."""

    @property
    def is_evaluation(self) -> bool:
        return self.kind == PREDICATE_TYPE

    @classmethod
    def parse(cls, data: bytes, sequence: int = 0) -> Record:
        """A record of its file; signatures, chain and schema are not looked at here.

        Raises `EvidenceError` for what is not a record of ours.
        """
        envelope = unseal(data, STATEMENT_TYPE)
        return cls.of(envelope.payload, envelope, sequence, digest(data))

    @classmethod
    def of(
        cls,
        statement: Mapping[str, Any],
        envelope: Envelope,
        sequence: int,
        name: str,
        kept: Mapping[str, Any] | None = None,
    ) -> Record:
        """A record of its statement and the envelope it was in; raises `EvidenceError` where it lacks its place.

        `kept` is what it keeps of its predicate, where that is not all of it.
        """
        kind = statement.get("predicateType")
        if kind not in (PREDICATE_TYPE, *TYPES):
            raise EvidenceError(f"not an evaluation record: its type is {kind!r}")
        try:
            predicate = statement["predicate"]
            previous = predicate["record"]["previous"]
            place = Link(int(predicate["record"]["sequence"]), str(previous["sha256"]) if previous else "")
            if kind in TYPES:
                time = str(predicate["time"]["recorded_at"])
                files = tuple((str(one["name"]), str(one["digest"]["sha256"])) for one in statement["subject"])
                return cls(sequence, name, envelope, predicate, "", "", time, time, place, str(kind), files)
            return cls(
                sequence=sequence,
                digest=name,
                envelope=envelope,
                predicate=predicate if kept is None else kept,
                commit=str(statement["subject"][0]["digest"]["gitCommit"]),
                tree=str(statement["subject"][1]["digest"]["gitTree"]),
                judged_at=str(predicate["time"]["judged_at"]),
                finished_at=str(predicate["time"]["finished_at"]),
                link=place,
            )
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise EvidenceError("not an evaluation record: its statement does not have that form") from None


Parse = Callable[[bytes, int], Record]
"""A record of its file and its number."""
Read = Callable[[Store, Sequence[TrustedKey], Sequence[int]], Iterable[Record]]
"""The records with these numbers, in this order, each of them signed."""


def genuine(
    store: Store, keys: Sequence[TrustedKey], numbers: Sequence[int], parse: Parse = Record.parse
) -> Iterator[Record]:
    """The records with these numbers, once each is known to be signed; raises `EvidenceError` at one that is not.

    `parse` may leave out of a record what nobody will ask for.
    """
    for number, data in store.read_all(RECORDS, numbers):
        record = _parsed(number, data, parse)
        _check_signature(record, keys)
        # What was signed is most of a record, and nobody needs it any more.
        yield replace(record, envelope=_OPENED)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that somebody kept elsewhere."""

    sequence: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """`412:9f86d0…`, as `soc2gate attest` prints it; raises `ValueError`."""
        number, _, name = text.partition(":")
        if len(name) != 64:
            raise ValueError(text)
        return cls(int(number), name)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Records in a store."""

    store: Store

    def append(self, build: Callable[[Link], Mapping[str, Json]], signers: Sequence[Signer]) -> tuple[Link, bytes]:
        """Build, sign and keep one record after the last; other writers may do the same at the same time.

        Raises `EvidenceError` when the place does not take it.
        """
        for attempt in range(MAX_ATTEMPTS):
            link = self._next()
            statement = build(link)
            record = seal(statement, STATEMENT_TYPE, signers)
            head: dict[str, Json] = {
                "schema": HEAD_SCHEMA,
                "sequence": link.sequence,
                "record": {"sha256": digest(record)},
            }
            if self.store.create(link.sequence, record, seal(head, HEAD_TYPE, signers)):
                return link, record
            # Another writer was first: make room, and take the next number with the new record as the previous one.
            time.sleep(random.uniform(0, min(0.5, 0.01 * (attempt + 1))))
        raise EvidenceError(f"no place for the record after {MAX_ATTEMPTS} attempts: others write without end")

    def _next(self) -> Link:
        numbers = self.store.sequences(RECORDS)
        if not numbers:
            return Link()
        return Link(numbers[-1] + 1, digest(self.store.read(RECORDS, numbers[-1])))

    def records(self) -> Iterator[Record]:
        """Every record in order; their form is checked, their signatures and the chain are not."""
        for number, data in self.store.read_all(RECORDS):
            yield _parsed(number, data)

    def record(self, sequence: int) -> Record:
        """One record by its number; its form is checked."""
        return _parsed(sequence, self.store.read(RECORDS, sequence))

    def find(self, *, commit: str = "", tree: str = "") -> list[Record]:
        """Records about a commit, or about a tree: a squash merge keeps the tree."""
        return [
            record
            for record in self.records()
            if (commit and record.commit == commit) or (tree and record.tree == tree)
        ]

    def checked(
        self, keys: Sequence[TrustedKey], anchor: Anchor | None = None, read: Read | None = None
    ) -> list[Record]:
        """Every record, when all are signed, unbroken in their chain and as many as the heads say.

        `read` reads the records with these numbers; without it, `genuine` does.
        Raises `EvidenceError` with the first thing that is wrong.
        """
        # First, and the records second: who writes meanwhile keeps the record before its head, and is no alarm.
        heads = self.store.sequences(HEADS)
        numbers = self.store.sequences(RECORDS)
        self.store.check_kept()
        for expected, number in enumerate(numbers, start=1):
            if number != expected:
                raise EvidenceError(f"record {expected} is missing")
        records: list[Record] = []
        previous = latest = ""
        for record in (read or genuine)(self.store, keys, numbers):
            expected = len(records) + 1
            if record.link != Link(expected, previous):
                raise EvidenceError(f"record {expected} does not follow the one before it: the chain is broken")
            if record.finished_at < latest:
                self._check_dated_back(record, keys, latest)
            previous, latest = record.digest, max(latest, record.finished_at)
            records.append(record)
        self._check_heads(heads, records, keys)
        if anchor is not None:
            check_anchor(records, anchor)
        return records

    def _check_dated_back(self, record: Record, keys: Sequence[TrustedKey], latest: str) -> None:
        """Whether a record that follows a later one was signed by keys that were still valid then.

        Its own time is its signer's word, and whoever keeps a retired key could say any: its place in the chain cannot
        be chosen.
        """
        try:
            # An hour is left to writers at the same time, of whom the quicker one was not the first to begin.
            at = max(record.finished_at, later(latest, hours=-1))
            signed_by(Record.parse(self.store.read(RECORDS, record.sequence)).envelope, keys, at)
        except ValueError:
            raise EvidenceError(f"“{latest}”, as a record before record {record.sequence} says, is no time") from None
        except EvidenceError as error:
            told = f"record {record.sequence} says {record.finished_at}, and follows one of {latest}"
            raise EvidenceError(f"{told}: {error.message}", hint=error.hint) from None

    def _check_heads(self, numbers: Sequence[int], records: Sequence[Record], keys: Sequence[TrustedKey]) -> None:
        if not numbers:
            if records and len(records) > 1:
                raise EvidenceError("the ledger's heads are missing")
            return
        # A writer that died between a record and its head leaves the head of the record before as the newest.
        last = numbers[-1]
        if last > len(records):
            raise EvidenceError(f"record {last} is missing: its signed head is here, the record is not")
        envelope = unseal(self.store.read(HEADS, last), HEAD_TYPE)
        signed_by(envelope, keys, records[last - 1].finished_at)
        expected: dict[str, Json] = {
            "schema": HEAD_SCHEMA,
            "sequence": last,
            "record": {"sha256": records[last - 1].digest},
        }
        if envelope.payload != expected:
            raise EvidenceError(f"the head of record {last} names another record")


def check_anchor(records: Sequence[Record], anchor: Anchor) -> None:
    """Whether the ledger still holds what it held when the anchor was kept; raises `EvidenceError` if not."""
    if anchor.sequence > len(records):
        raise EvidenceError(f"the ledger ends at record {len(records)}, but the anchor knows of {anchor.sequence}")
    if records[anchor.sequence - 1].digest != anchor.digest:
        raise EvidenceError(f"record {anchor.sequence} is not the one that the anchor names: the ledger was rewritten")


_OPENED = Envelope({}, STATEMENT_TYPE, b"", ())


def _parsed(sequence: int, data: bytes, parse: Parse = Record.parse) -> Record:
    try:
        return parse(data, sequence)
    except EvidenceError as error:
        raise EvidenceError(f"record {sequence}: {error.message}", hint=error.hint) from None


def _check_signature(record: Record, keys: Sequence[TrustedKey]) -> None:
    try:
        signed_by(record.envelope, keys, record.finished_at)
    except EvidenceError as error:
        raise EvidenceError(f"record {record.sequence}: {error.message}", hint=error.hint) from None
