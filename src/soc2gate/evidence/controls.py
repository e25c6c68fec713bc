"""How each control stood, how old its evidence is, who answers for it, and what to look at first.

A record that describes its controls says who owns them and how old their evidence may be. Of one that does not, the
shortest time that it gives the criteria a control serves is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from soc2gate.evidence.form import Rows
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.standing import Board, Interval, Slot, Statuses, covers, seconds
from soc2gate.facts import dataclass, field

if TYPE_CHECKING:
    from soc2gate.evidence.deviations import Deviation

FRESH, STALE, MISSING, NOT_DATED = "fresh", "stale", "missing", "not_dated"
ANSWERS = ("pass", "fail", "waived", "unknown", "not_applicable")
SEVERITIES = ("critical", "high", "medium", "low", "none")
EXPOSURES = ("internet", "live", "code", "people")
"""What is open to strangers comes first, then what runs, then what is only written down, then what people bring."""
_KNOWN = 32
_OPEN_TO_STRANGERS = "public-exposure"
_OWNERSHIP = "ownership"
"""The control that asks for an owner of each control."""


@dataclass(frozen=True, slots=True)
class Look:
    """The newest evidence of one control from one place."""

    slot: Slot
    record: int
    at: str
    fresh_until: str
    answers: Mapping[str, int] = field(default_factory=dict)
    """How often its rules said what there, in that record: one answer for each resource that a rule was asked about."""


@dataclass(frozen=True, slots=True)
class ControlStanding:
    """One control over the period."""

    id: str
    statement: str
    criteria: tuple[str, ...]
    rules: tuple[str, ...]
    owner: str
    max_age_days: int | None
    """None where the records do not say."""
    severity: str
    """The highest of its rules."""
    intervals: tuple[Interval, ...]
    looks: tuple[Look, ...]
    age: str
    """`fresh`, `stale` or `missing` (nothing to judge); `not_dated` for what people or the record itself show."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that keeps a control from being shown, with what ranks it."""

    what: str
    """`finding`, `disagreement`, `failing`, `stale`, `missing`, `undecided`; `owner` for controls that nobody answers
    for, `evidence` for what people bring, `access` for reviews of access, `scope` for what was not read."""
    told: str
    control: str
    owner: str
    criteria: tuple[str, ...]
    severity: str
    exposure: str
    since: str
    seconds: int


@dataclass(slots=True)
class ControlBoard:
    """What is known of each control."""

    board: Board = field(default_factory=Board)
    told: dict[tuple[int, ...], tuple[tuple[Any, ...], _Told]] = field(default_factory=dict)
    """The parts of records that controls are told by, by their identities, and what they came to."""
    looks: dict[Slot, tuple[str, Record, Statuses, Rows]] = field(default_factory=dict)
    """Slot to its side, its newest record, what that said, and until when each control's evidence is fresh."""
    facts: dict[str, _Facts] = field(default_factory=dict)

    def tell(self, record: Record, slots: Mapping[str, Slot], statuses: Statuses) -> None:
        said = record.predicate
        rows = said["criteria"]
        parts = (
            rows.shared if isinstance(rows, Rows) else rows, said["populations"],
            said["not_looked_at"], said.get("controls"),
        )  # fmt: skip
        known = self.told.get(tuple(map(id, parts)))
        if known is None:
            if len(self.told) >= _KNOWN:
                self.told.clear()
            known = self.told[tuple(map(id, parts))] = parts, _Told.of(said)
        of_it = known[1]
        self.facts |= of_it.facts
        told = Rows(of_it.shared, of_it.times(record, rows))
        self.board.tell(record, told, slots, statuses)
        for side, slot in slots.items():
            self.looks[slot] = (side, record, statuses, told)
            for old in [old for old in self.looks if covers(slot, old)]:
                del self.looks[old]

    def standings(self, begins: str, ends: str) -> dict[str, ControlStanding]:
        """Each control by name, over the window."""
        out = {}
        found = self.board.intervals(begins, ends)
        for name in sorted(found):
            facts = self.facts[name]
            looks = tuple(self._looks(name))
            dated = found[name][-1].status not in ("manual", "record", "out_of_scope")
            stale = any(look.fresh_until and look.fresh_until < ends for look in looks)
            out[name] = ControlStanding(
                id=name,
                statement=facts.statement,
                criteria=facts.criteria,
                rules=facts.rules,
                owner=facts.owner,
                max_age_days=facts.max_age_days,
                severity=facts.severity,
                intervals=found[name],
                looks=looks,
                age=NOT_DATED if not dated else MISSING if not looks else STALE if stale else FRESH,
            )
        return out

    def _looks(self, control: str) -> Iterator[Look]:
        for slot, (side, record, statuses, rows) in self.looks.items():
            if (control, side) in statuses:
                until = next((row["fresh_until"] for row in rows if row["id"] == control), None)
                numbers = [row[side] for row in record.predicate["populations"] if row.get("control") == control]
                answers = {word: sum(number.get(word, 0) for number in numbers) for word in ANSWERS}
                yield Look(slot, record.sequence, observed_at(record), until or "", answers)


@dataclass(frozen=True, slots=True)
class _Facts:
    statement: str
    criteria: tuple[str, ...]
    rules: tuple[str, ...]
    owner: str
    max_age_days: int | None
    severity: str


@dataclass(frozen=True, slots=True)
class _Told:
    """What the parts that many records share say of controls: all but the times."""

    facts: Mapping[str, _Facts]
    shared: tuple[tuple[str, str, int], ...]
    """Control, the word that its numbers cannot say, and the place of its time."""
    ages: tuple[int, ...]
    """Days; empty when the record does not describe its controls."""
    places: tuple[tuple[int, ...], ...]
    """Then: the places of the times of the criteria that a control serves."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> _Told:
        described = {row["id"]: row for row in said.get("controls") or ()}
        facts = _facts(said["populations"], described)
        rows = list(said["criteria"])
        words = {row["id"]: row["status"] for row in rows}
        unread = bool(said["not_looked_at"]["problems"])
        ages = tuple(sorted({fact.max_age_days for fact in facts.values() if fact.max_age_days is not None}))
        # The times that a record's criteria have, in their order, as `Rows` holds them.
        timed = [row["id"] for row in rows if row["fresh_until"] is not None]
        places: list[tuple[int, ...]] = []
        shared = []
        for name, fact in sorted(facts.items()):
            word = _word(fact, described.get(name, {}), words, unread)
            if described:
                place = ages.index(fact.max_age_days) if fact.max_age_days is not None else -1
            else:
                served = tuple(number for number, criterion in enumerate(timed) if criterion in fact.criteria)
                places += [] if served in places or not served else [served]
                place = places.index(served) if served else -1
            shared.append((name, word, place))
        return cls(facts, tuple(shared), ages if described else (), tuple(places))

    def times(self, record: Record, rows: Any) -> tuple[str, ...]:
        if self.ages:
            observed = observed_at(record)
            return tuple(_later(observed, days) for days in self.ages)
        given = rows.times if isinstance(rows, Rows) else [row["fresh_until"] for row in rows if row["fresh_until"]]
        return tuple(min(given[number] for number in of_it) for of_it in self.places)


def _facts(populations: Sequence[Mapping[str, Any]], described: Mapping[str, Mapping[str, Any]]) -> dict[str, _Facts]:
    served: dict[str, list[Mapping[str, Any]]] = {name: [] for name in described}
    for row in populations:
        if row.get("control"):
            served.setdefault(row["control"], []).append(row)
    out = {}
    for name, rows in served.items():
        told = described.get(name, {})
        severities = {str(row.get("severity", "none")) for row in rows}
        out[name] = _Facts(
            statement=str(told.get("statement", "")),
            criteria=tuple(
                dict.fromkeys([*told.get("criteria", ()), *(one for row in rows for one in row["criteria"])])
            ),
            rules=tuple(sorted(str(row.get("rule", "")) for row in rows)),
            owner=str(told.get("owner", "")),
            max_age_days=told.get("max_age_days"),
            severity=next((level for level in SEVERITIES if level in severities), "none"),
        )
    return out


def _word(fact: _Facts, told: Mapping[str, Any], words: Mapping[str, str], unread: bool) -> str:
    """What the numbers of a control's rules cannot say of it."""
    said = {words.get(criterion, "") for criterion in fact.criteria}
    if said == {"out_of_scope"}:
        return "out_of_scope"
    if not fact.rules:
        return "record" if told.get("evidence") == "record" else "manual"
    # Part was not looked at. Only a criterion that is neither undecided nor failing says that none of it was its own.
    if unread and said & {"unknown", "fail"}:
        return "unknown"
    return ""


def observed_at(record: Record) -> str:
    """When what a record rests on was seen: a snapshot may be older than the judging."""
    seen = [entry.get("observed_at") for entry in record.predicate["inputs"]]
    return min([record.judged_at, *(str(time) for time in seen if time)])


def _later(time: str, days: int) -> str:
    return (datetime.fromisoformat(time[:-1]) + timedelta(days=days)).isoformat() + "Z"


def gaps_of(
    controls: Mapping[str, ControlStanding], deviations: Iterable[Deviation], begins: str, ends: str
) -> list[Gap]:
    """What is open at the end, the worst first: by severity, then by who can reach it, then by how long it is known."""
    found = [_open(item, controls, ends) for item in deviations if not item.closed]
    told = {gap.control for gap in found}
    for control in controls.values():
        if control.age == NOT_DATED:
            continue
        what = _lack(control.age, control.intervals[-1].status)
        if what and not (what == "failing" and control.id in told):
            found.append(_lacking(control, what, ends))
    return by_rank([*found, *_nobodys(controls, begins, ends)])


def _lacking(control: ControlStanding, what: str, ends: str) -> Gap:
    """A control whose evidence is too old, or says nothing, or nothing good."""
    since = next((one.begins for one in reversed(control.intervals) if one.begins < one.ends), ends)
    side = "declared"
    if what == STALE:
        first = min(
            (look for look in control.looks if look.fresh_until and look.fresh_until < ends),
            key=lambda look: look.fresh_until,
        )
        since, side = first.fresh_until, first.slot[0]
    return Gap(
        what=what,
        told=_LACKS[what],
        control=control.id,
        owner=control.owner,
        criteria=control.criteria,
        severity=control.severity,
        exposure=_exposure(control.id, side),
        since=since,
        seconds=seconds(since, ends),
    )


def _nobodys(controls: Mapping[str, ControlStanding], begins: str, ends: str) -> Iterator[Gap]:
    """The controls that rules show and nobody answers for, told together: it is one thing to settle."""
    names = [control.id for control in controls.values() if control.age != NOT_DATED and not control.owner]
    if names:
        register = controls.get(_OWNERSHIP)
        yield Gap(
            what="owner",
            told=f"nobody is named as owner of {', '.join(names)}",
            control=_OWNERSHIP if register else "",
            owner="",
            criteria=register.criteria if register else (),
            # It opens nothing by itself.
            severity="none",
            exposure="people",
            since=begins,
            seconds=seconds(begins, ends),
        )


def by_rank(gaps: Iterable[Gap]) -> list[Gap]:
    """The worst first."""
    return sorted(gaps, key=_rank)


def _lack(age: str, status: str) -> str:
    if age in (STALE, MISSING):
        return age
    return {"fail": "failing", "unknown": "undecided"}.get(status, "")


_LACKS = {
    "stale": "its newest evidence is older than it may be",
    "missing": "the newest records hold nothing that its rules could judge",
    "failing": "its rules fail",
    "undecided": "part of what could fail it was not looked at or could not be decided",
}


def _open(item: Deviation, controls: Mapping[str, ControlStanding], ends: str) -> Gap:
    control = controls.get(item.control)
    return Gap(
        what=item.what,
        told=item.told,
        control=item.control,
        owner=control.owner if control else "",
        criteria=item.criteria,
        severity=item.severity,
        exposure=_exposure(item.control, item.side),
        since=item.opened,
        seconds=seconds(item.opened, ends),
    )


def _exposure(control: str, side: str) -> str:
    return "internet" if control == _OPEN_TO_STRANGERS else "live" if side == "live" else "code"


def _rank(gap: Gap) -> tuple[int, int, int, str, str]:
    return SEVERITIES.index(gap.severity), EXPOSURES.index(gap.exposure), -gap.seconds, gap.control, gap.told
