"""Evidence that people bring: which slots there are, what was recorded for each, and whether it is fresh.

A slot is what soc2gate.yaml expects. A piece is a file that somebody recorded for it, by digest. Like every other
evidence a piece goes stale: when its own term is over, or when it is older than the slot allows, whichever comes first.
What was recorded for no slot is shown as a slot of its own that nobody expected.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from soc2gate.errors import UsageError
from soc2gate.evidence.controls import Gap
from soc2gate.evidence.envelope import digest
from soc2gate.evidence.kept import MANUAL_TYPE
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.standing import Interval, seconds
from soc2gate.evidence.stores import Directory, Store
from soc2gate.expectations import ExpectedEvidence
from soc2gate.facts import dataclass

FRESH, STALE, MISSING = "fresh", "stale", "missing"
AGES = (MISSING, STALE, FRESH)
"""Of several slots, the first that any of them has counts."""
FILES = "files"
"""The folder of a ledger's directory that copies of evidence are kept in, each named by its digest."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that was recorded."""

    record: int
    slot: str
    title: str
    controls: tuple[str, ...]
    criteria: tuple[str, ...]
    file: str
    sha256: str
    owner: str
    dated: str
    valid_until: str
    """Empty where the piece names no end."""
    recorded_at: str
    place: str
    copied: bool
    note: str

    @classmethod
    def of(cls, record: Record) -> Piece:
        said = record.predicate["evidence"]
        return cls(
            record=record.sequence,
            slot=said["slot"],
            title=said["title"],
            controls=tuple(said["controls"]),
            criteria=tuple(said["criteria"]),
            file=record.subjects[0][0],
            sha256=record.subjects[0][1],
            owner=said["owner"],
            dated=said["dated"],
            valid_until=said["valid_until"] or "",
            recorded_at=record.finished_at,
            place=said["place"],
            copied=said["copied"],
            note=said["note"],
        )

    def fresh_until(self, max_age_days: int | None) -> str:
        """The moment it is no longer fresh, the day after its last; empty for never."""
        days = [date.fromisoformat(self.valid_until)] if self.valid_until else []
        if max_age_days is not None:
            days.append(date.fromisoformat(self.dated) + timedelta(days=max_age_days))
        return f"{min(days) + timedelta(days=1)}T00:00:00Z" if days else ""


@dataclass(frozen=True, slots=True)
class SlotStanding:
    """One slot over a period."""

    id: str
    title: str
    controls: tuple[str, ...]
    criteria: tuple[str, ...]
    owner: str
    max_age_days: int | None
    expected: bool
    """Whether soc2gate.yaml names it."""
    age: str
    """At the end: `fresh`, `stale` or `missing`."""
    intervals: tuple[Interval, ...]
    pieces: tuple[Piece, ...]
    """Newest first."""

    @property
    def fresh_until(self) -> str:
        """Until when its freshest piece is fresh; empty for ever, or where there is none."""
        untils = [piece.fresh_until(self.max_age_days) for piece in self.pieces]
        return "" if not all(untils) else max(untils, default="")


def pieces_of(records: Iterable[Record]) -> list[Piece]:
    """Every piece of evidence among the records, in their order."""
    return [Piece.of(record) for record in records if record.kind == MANUAL_TYPE]


def standings(
    pieces: Sequence[Piece], expected: Mapping[str, tuple[ExpectedEvidence, str]], begins: str, ends: str
) -> tuple[SlotStanding, ...]:
    """How each slot stood from `begins` to `ends`; `expected` says since when each was expected."""
    known = [piece for piece in pieces if piece.recorded_at <= ends]
    out = []
    for name, (slot, since) in sorted(expected.items()):
        out.append(
            _standing(
                slot, [one for one in known if one.slot == name], min(max(begins, since), ends), ends, expected=True
            )
        )
    others: dict[str, list[Piece]] = {}
    for piece in known:
        if piece.slot not in expected:
            others.setdefault(piece.slot or " ".join((*piece.controls, *piece.criteria)), []).append(piece)
    for name, found in sorted(others.items()):
        last = found[-1]
        slot = ExpectedEvidence(name, last.title, last.controls, last.criteria, last.owner)
        out.append(_standing(slot, found, max(begins, min(found[0].recorded_at, ends)), ends, expected=False))
    return tuple(out)


def _standing(
    slot: ExpectedEvidence, pieces: Sequence[Piece], begins: str, ends: str, *, expected: bool
) -> SlotStanding:
    spans = [(piece.recorded_at, piece.fresh_until(slot.max_age_days) or "9999", piece.record) for piece in pieces]
    # A status changes only where a piece is recorded or goes stale; the end itself is asked for, too.
    marks = sorted({begins, ends, *(time for span in spans for time in span[:2] if begins < time < ends)})
    found: list[Interval] = []
    for first, last in zip(marks, [*marks[1:], ends], strict=True):
        fresh = [record for since, until, record in spans if since <= first < until]
        recorded = [record for since, _, record in spans if since <= first]
        status = FRESH if fresh else STALE if recorded else MISSING
        if found and found[-1].status == status and first < last:
            found[-1] = Interval(found[-1].begins, last, status, found[-1].record)
        else:
            found.append(Interval(first, last, status, max(fresh or recorded, default=0)))
    return SlotStanding(
        id=slot.id,
        title=slot.title,
        controls=tuple(dict.fromkeys((*slot.controls, *(one for piece in pieces for one in piece.controls)))),
        criteria=tuple(dict.fromkeys((*slot.criteria, *(one for piece in pieces for one in piece.criteria)))),
        owner=slot.owner,
        max_age_days=slot.max_age_days,
        expected=expected,
        age=found[-1].status,
        intervals=tuple(found),
        pieces=tuple(sorted(pieces, key=lambda piece: -piece.record)),
    )


def gaps(slots: Iterable[SlotStanding], ends: str) -> Iterator[Gap]:
    """What was promised and is not there, or no longer counts."""
    for slot in slots:
        if slot.expected and slot.age != FRESH:
            last = [one for one in slot.intervals if one.begins < one.ends]
            since = last[-1].begins if last else ends
            yield Gap(
                what="evidence",
                told=f"{slot.title or slot.id}: the evidence that people bring is {slot.age}",
                control=slot.controls[0] if slot.controls else "",
                owner=slot.owner,
                criteria=slot.criteria,
                # Nobody judged it, so nothing says how bad it is.
                severity="none",
                exposure="people",
                since=since,
                seconds=seconds(since, ends),
            )


def age_of(slots: Iterable[SlotStanding]) -> str:
    """How a control or a criterion stands by its slots: the worst of them; `missing` without any."""
    ages = {slot.age for slot in slots}
    return next((age for age in AGES if age in ages), MISSING)


def copy(file: Path, sha256: str, store: Store) -> None:
    """Keep a file beside the records, named by its digest. Raises `UsageError` where the ledger is no directory."""
    if not isinstance(store, Directory):
        raise UsageError("--copy keeps the file in the ledger's directory: this ledger is none")
    target = store.folder / FILES / sha256
    temporary = target.with_name(f".unfinished-{sha256}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, temporary)
        if digest(temporary.read_bytes()) != sha256:
            temporary.unlink()
            raise UsageError(f"{file} changed while it was copied")
        temporary.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error


def plain_name(name: str) -> str:
    """A file's name that any system and any archive takes, and that leads nowhere."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name).lstrip(".") or "file"


def at_hand(piece: Piece, store: Store | None, top: Path | None, folders: Iterable[Path] = ()) -> bytes | None:
    """The file of a piece, when it is still the one that was recorded; None where it is not at hand."""
    places = [store.folder / FILES / piece.sha256] if isinstance(store, Directory) else []
    places += [top / piece.place] if top is not None and piece.place else []
    places += [folder / piece.file for folder in folders]
    for place in places:
        try:
            data = place.read_bytes()
        except OSError:
            continue
        if digest(data) == piece.sha256:
            return data
    return None
