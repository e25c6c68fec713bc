"""How each criterion, or each control, stood at every moment: told record by record, and going stale in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise, zip_longest
from typing import Any

from soc2gate.evidence.form import Rows
from soc2gate.evidence.ledger import Record
from soc2gate.facts import dataclass, field

Slot = tuple[str, ...]
"""What a record looked at: a side, the paths, the accounts. Only one that looked there again changes what is known."""
Statuses = Mapping[tuple[str, str], str]
"""(criterion or control, side) to how its numbers say it stands."""
WORST_FIRST = ("fail", "unknown", "no_data", "waived", "pass")
"""Of the sides of one criterion, the first that any of them has counts."""
TOLD_APART = ("out_of_scope", "manual", "record")
"""Statuses that no verdict changes."""


def covers(new: Slot, old: Slot) -> bool:
    """Whether who looked at `new` looked at all of `old` and at more: an account, and then with it a cluster."""
    return new != old and new[0] == old[0] and _paths(new) == _paths(old) and set(old) <= set(new)


def _paths(slot: Slot) -> list[str]:
    return [one for one in slot if not one.startswith("live:")]


@dataclass(frozen=True, slots=True)
class Interval:
    begins: str
    ends: str
    status: str
    record: int = 0
    """The record that said so first; 0 where nothing did, as when evidence went stale."""


@dataclass(slots=True)
class Board:
    """What is known of each criterion, or of each control."""

    known: dict[str, dict[Slot, tuple[str, str]]] = field(default_factory=dict)
    """Name to slot to (status, fresh until)."""
    before: tuple[Any, Any, Mapping[str, Slot]] | None = None
    """Which rows, numbers and slots the record before had: where they are the same, only times are new."""
    looked: set[Slot] = field(default_factory=set)
    """Everything that is known of: few, for most records look at the same."""
    all_fresh_until: str = ""
    """Nothing that is known goes stale before."""
    prolonged: Rows | None = None
    """The newest rows that had nothing new but times, of which each takes the place of the one before: most records'
    are replaced before any is asked for."""
    apart: dict[str, str] = field(default_factory=dict)
    turns: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    """Name to (since when, status, said by which record)."""

    def tell(self, record: Record, rows: Rows, slots: Mapping[str, Slot], statuses: Statuses) -> None:
        """Learn what a record says; evidence that went stale before it did so at its own time."""
        now = record.finished_at
        expired = self._expire(now)
        before = self.before
        if (
            not expired
            and before is not None
            and (before[0] is rows.shared and before[1] is statuses and before[2] == slots)
        ):
            self.prolonged = rows
        else:
            self._prolong()
            for row in rows:
                self._learn(row, slots, statuses)
            self._forget(slots)
            for name in (*self.known, *self.apart):
                self._turn(name, now, record.sequence)
        self.before = (rows.shared, statuses, slots)
        self.all_fresh_until = min((self.all_fresh_until, *rows.times))

    def intervals(self, begins: str, ends: str) -> dict[str, tuple[Interval, ...]]:
        """Each one's statuses, without a gap from the beginning of the window to its end."""
        self._expire(ends)
        out = {}
        for name in (*self.known, *self.apart):
            turns = self.turns[name]
            found: list[Interval] = []
            for (since, status, record), (until, _, _) in pairwise([*turns, (ends, "", 0)]):
                first, last = max(since, begins), min(until, ends)
                if first >= last:
                    continue
                if found and found[-1].status == status:
                    # What lay between took no time: two records of one second.
                    one = found.pop()
                    first, record = one.begins, one.record
                found.append(Interval(first, last, status, record))
            # What holds at the very end, for a report on one moment.
            found.append(Interval(ends, ends, turns[-1][1], turns[-1][2]))
            out[name] = tuple(found)
        return out

    def _learn(self, row: Mapping[str, Any], slots: Mapping[str, Slot], statuses: Statuses) -> None:
        name = row["id"]
        if row["status"] in TOLD_APART:
            self.known.pop(name, None)
            self.apart[name] = row["status"]
            return
        self.apart.pop(name, None)
        of_it = self.known.setdefault(name, {})
        for side, slot in slots.items():
            status = statuses.get((name, side), "no_data")
            if row["status"] == "unknown" and status != "fail":
                # Part of what could fail it was not looked at.
                status = "unknown"
            of_it[slot] = (status, row["fresh_until"] or "")

    def _forget(self, slots: Mapping[str, Slot]) -> None:
        """Drop what was known of less than was looked at now."""
        gone = {old for old in self.looked if any(covers(new, old) for new in slots.values())}
        self.looked = (self.looked | set(slots.values())) - gone
        for old in gone:
            for of_it in self.known.values():
                of_it.pop(old, None)

    def _prolong(self) -> None:
        """Learn that everything stands as the record before said, only for longer."""
        rows, self.prolonged = self.prolonged, None
        if rows is None or self.before is None:
            return
        slots = self.before[2].values()
        for name, _, place in rows.shared:
            of_it = self.known.get(name)
            if of_it is not None:
                time = rows.times[place] if place >= 0 else ""
                for slot in slots:
                    of_it[slot] = (of_it[slot][0], time)

    def _expire(self, now: str) -> bool:
        """Let evidence go stale at its own time, before anything is learnt at `now`; whether any did."""
        if now <= self.all_fresh_until:
            return False
        self._prolong()
        ends = sorted({until for of_it in self.known.values() for _, until in of_it.values() if until and until < now})
        for end in ends:
            for name, of_it in self.known.items():
                for slot, (_, until) in of_it.items():
                    if until == end:
                        of_it[slot] = ("no_data", "")
                self._turn(name, end, 0)
        untils = [until for of_it in self.known.values() for _, until in of_it.values() if until]
        self.all_fresh_until = min(untils, default="")
        return bool(ends)

    def _turn(self, name: str, now: str, record: int) -> None:
        status = self.apart.get(name) or _combined(self.known.get(name, {}).values())
        turns = self.turns.setdefault(name, [("", "no_data", 0)])
        if turns[-1][1] != status:
            turns.append((now, status, record))


class Tally:
    """How each criterion and each control stands on each side, by the numbers of its rules; no data is left out.

    The populations of a year are told one after the other and mostly the same, row for row: only what a row changed is
    counted again.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Sequence[Mapping[str, Any]], tuple[Statuses, Statuses]]] = {}
        """Populations by their identity, which holds as long as they are kept here."""
        self._rows: Sequence[Mapping[str, Any]] = ()
        self._counts: tuple[_Counts, _Counts] = ({}, {})
        self._statuses: tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]] = ({}, {})

    def of(self, populations: Sequence[Mapping[str, Any]]) -> tuple[Statuses, Statuses]:
        """Of criteria, and of controls."""
        found = self._known.get(id(populations))
        if found is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            found = self._known[id(populations)] = populations, self._counted(populations)
        return found[1]

    def _counted(self, populations: Sequence[Mapping[str, Any]]) -> tuple[Statuses, Statuses]:
        changed: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())
        for before, now in zip_longest(self._rows, populations):
            if before is not now:
                for row, by in ((before, -1), (now, 1)):
                    if row is not None:
                        self._count(row, by, changed)
        self._rows = populations
        for which, keys in enumerate(changed):
            told = {key: self._status(self._counts[which][key]) for key in keys}
            if any(self._statuses[which].get(key, "") != status for key, status in told.items()):
                merged = {**self._statuses[which], **told}
                new = {key: status for key, status in merged.items() if status}
                self._statuses = (new, self._statuses[1]) if which == 0 else (self._statuses[0], new)
        return self._statuses

    def _count(self, row: Mapping[str, Any], by: int, changed: tuple[set[tuple[str, str]], ...]) -> None:
        control = row.get("control", "")
        for side in ("declared", "live"):
            best = next((place for place, name in enumerate(_BY_NUMBERS) if row[side][name]), len(_BY_NUMBERS))
            for which, names in enumerate((row["criteria"], (control,) if control else ())):
                for name in names:
                    counts = self._counts[which].setdefault((name, side), [0] * (len(_BY_NUMBERS) + 1))
                    counts[best] += by
                    changed[which].add((name, side))

    @staticmethod
    def _status(counts: Sequence[int]) -> str:
        return next((name for name, number in zip(_BY_NUMBERS, counts, strict=False) if number), "")


_Counts = dict[tuple[str, str], list[int]]
"""(criterion or control, side) to how many rows have `fail` as their best, `unknown`, and so on."""
_KNOWN = 32
_BY_NUMBERS = ("fail", "unknown", "waived", "pass")
"""The first that any rule has counts."""


def _combined(known: Iterable[tuple[str, str]]) -> str:
    """How a criterion stands: the worst of its sides. A side that looked and had nothing to judge says nothing."""
    said = [status for status, until in known if status != "no_data" or not until]
    return next((status for status in WORST_FIRST if status in said), "no_data")


def criterion_order(name: str) -> tuple[str, tuple[int, ...]]:
    """CC6.2 before CC6.10."""
    letters = name.rstrip("0123456789.")
    return letters, tuple(int(part) for part in name.removeprefix(letters).split(".") if part)


def shifted(time: str, hours: int) -> str:
    """So many hours later."""
    return (_moment(time) + timedelta(hours=hours)).isoformat() + "Z"


def seconds(begins: str, ends: str) -> int:
    """How long from one time to another."""
    return int((_moment(ends) - _moment(begins)).total_seconds())


def _moment(time: str) -> datetime:
    """A time as records spell it, without its Z: `strptime` takes ten times as long."""
    return datetime.fromisoformat(time[:-1])


def long(number: int) -> str:
    """`3 d 4 h`, `12 min`."""
    for size, name, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if number >= size:
            rest = number % size // smaller_size
            return f"{number // size} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{number // 60} min" if number >= 60 else f"{number} s"
