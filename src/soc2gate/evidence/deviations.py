"""Every failure and every disagreement, from the record that saw it first to the one that no longer did.

That a record does not name one any more is no proof that it was resolved: the file may be broken, the call denied, the
rule taken out of the pack. Each is told in its own word, and one that comes back was there all along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from soc2gate.evidence.ledger import Record
from soc2gate.evidence.standing import Slot, covers
from soc2gate.facts import dataclass, field

RESOLVED, WAIVED, UNDECIDED, NOT_ASKED = "resolved", "waived", "undecided", "not_asked"


@dataclass(slots=True)
class Deviation:
    """A failure or a disagreement, from the record that saw it first to the one that no longer did."""

    what: str
    """`finding` or `disagreement`."""
    fingerprint: str
    told: str
    """`sg-no-ssh-from-internet on aws_security_group.bastion (code)`."""
    severity: str
    criteria: tuple[str, ...]
    opened: str
    opened_by: int
    control: str = ""
    side: str = "live"
    closed: str = ""
    closed_by: int = 0
    closed_as: str = ""
    """`resolved`, `waived`, `undecided` (or out of sight), `not_asked` (its rule is no longer in force); empty
    while open."""
    subject: str = ""
    """The rule of a finding, the kind of a disagreement: what its population is counted by."""


Key = tuple[Slot, str]


@dataclass(slots=True)
class Deviations:
    """What deviates, record by record."""

    told: list[Deviation] = field(default_factory=list)
    open: dict[Key, Deviation] = field(default_factory=dict)
    doubted: dict[Key, tuple[Deviation, Mapping[str, Any]]] = field(default_factory=dict)
    """Those that a record did not name which could not look at everything, with what was said when they were seen."""
    before: dict[Slot, Mapping[str, Any]] = field(default_factory=dict)
    """What the record before said of each slot. There are few: most records look at the same."""

    def tell(self, record: Record, slots: Mapping[str, Slot]) -> None:
        """Learn what a record sees, and what it sees no longer."""
        seen = dict(_seen(record.predicate, slots))
        self._go_on(seen, slots)
        for key, (what, row) in seen.items():
            word = _word(what, row)
            if word == "":
                self._open(key, record, what, row)
            elif key in self.open:
                _close(self.open.pop(key), record, word)
            else:
                self.doubted.pop(key, None)
        looked = {*slots.values(), *(old for old in self.before if any(covers(new, old) for new in slots.values()))}
        # Where a record holds the very parts of the one before (`form.Essence` keeps equal ones once), doubts stay.
        new = {slot for slot in looked if not _same(record.predicate, self.before.get(slot))}
        gone = [key for key in self.open if key[0] in looked and key not in seen]
        for key in [*gone, *(key for key in self.doubted if key[0] in new and key not in seen)]:
            self._gone(key, record)
        self.before |= dict.fromkeys(looked, record.predicate)

    def _go_on(self, seen: Iterable[Key], slots: Mapping[str, Slot]) -> None:
        """What was seen before, when more was looked at or less, is the same thing: an account, and then a cluster."""
        others = {
            slot: [one for one in self.before if covers(one, slot) or covers(slot, one)] for slot in slots.values()
        }
        for key in seen:
            for before in ((other, key[1]) for other in others[key[0]]):
                if key in self.open or key in self.doubted:
                    break
                if before in self.open:
                    self.open[key] = self.open.pop(before)
                elif before in self.doubted:
                    self.doubted[key] = self.doubted.pop(before)

    def _open(self, key: Key, record: Record, what: str, row: Mapping[str, Any]) -> None:
        if key in self.open:
            return
        if key in self.doubted:
            deviation, _ = self.doubted.pop(key)
            deviation.closed, deviation.closed_by, deviation.closed_as = "", 0, ""
        else:
            deviation = Deviation(
                what, key[1], _told(what, row), row["severity"], tuple(row["criteria"]), record.finished_at,
                record.sequence, row.get("control", ""), row.get("side", "live"),
                subject=row["rule"] if what == "finding" else row.get("kind", ""),
            )  # fmt: skip
            self.told.append(deviation)
        self.open[key] = deviation

    def _gone(self, key: Key, record: Record) -> None:
        """Close what a record that looked there does not name, as far as its silence says anything."""
        said = record.predicate
        deviation, before = self.doubted.get(key) or (self.open[key], self.before.get(key[0], said))
        if not _asked(deviation, said) and _rules(said) != _rules(before):
            word = NOT_ASKED
        elif _in_doubt(deviation, said, before):
            word = UNDECIDED
        else:
            word = RESOLVED
        first = self.open.pop(key, None)
        if word == UNDECIDED:
            self.doubted[key] = deviation, before
        else:
            self.doubted.pop(key, None)
        if first is not None or word != UNDECIDED:
            _close(deviation, record, word)


def _close(deviation: Deviation, record: Record, how: str) -> None:
    deviation.closed, deviation.closed_by, deviation.closed_as = record.finished_at, record.sequence, how


def _same(said: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is not None and all(said[name] is before[name] for name in ("populations", "not_looked_at"))


def _seen(said: Mapping[str, Any], slots: Mapping[str, Slot]) -> Iterable[tuple[Key, tuple[str, Mapping[str, Any]]]]:
    for row in said["findings"]:
        yield (slots[row["side"]], row["fingerprint"]), ("finding", row)
    if "live" in slots:
        for row in said["disagreements"]:
            yield (slots["live"], row["fingerprint"]), ("disagreement", row)


def _word(what: str, row: Mapping[str, Any]) -> str:
    """Why a row is no deviation; empty where it is one."""
    if row["waived"]:
        return WAIVED
    undecided = row["verdict"] == "unknown" if what == "finding" else row["difference"] == "undecided"
    return UNDECIDED if undecided else ""


_DIFFERENCES = {"missing": "missing live", "unmanaged": "not in code"}
"""In the words of every other report."""


def _told(what: str, row: Mapping[str, Any]) -> str:
    if what == "finding":
        return f"{row['rule']} on {row['address']} ({'code' if row['side'] == 'declared' else 'live'})"
    of = f" {row['property']}" if row["property"] else ""
    return f"{_DIFFERENCES.get(row['difference'], row['difference'])}: {row['address']}{of}"


def _asked(deviation: Deviation, said: Mapping[str, Any]) -> bool:
    return deviation.what != "finding" or any(row.get("rule") == deviation.subject for row in said["populations"])


def _rules(said: Mapping[str, Any]) -> list[Any]:
    return [entry["digest"]["sha256"] for entry in said["policies"] if entry["name"] == "rules"]


def _in_doubt(deviation: Deviation, said: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a deviation may only be out of sight.

    Where one of its criteria passes, nothing that could fail it was left out: a record says no pass otherwise. Where a
    file is broken, anything may stand in it. Where some call was denied or a module is missing, as in many a record, it
    is in doubt when there is less to judge than when it was seen: what was put right in its place is still counted.
    """
    problems = [one for one in said["not_looked_at"]["problems"] if _concerns(one, deviation)]
    if not problems or any(row["status"] == "pass" for row in said["criteria"] if row["id"] in deviation.criteria):
        return False
    broken = any(one.get("weight") == "broken" for one in problems)
    return broken or _population(deviation, said) < _population(deviation, before)


def _concerns(problem: Mapping[str, Any], deviation: Deviation) -> bool:
    if deviation.what == "disagreement":
        return True
    return (problem.get("stage") == "collect") == (deviation.side == "live")


def _population(deviation: Deviation, said: Mapping[str, Any]) -> int:
    """How many resources could have deviated like this one."""
    if deviation.what == "disagreement":
        return sum(entry.get("kinds", {}).get(deviation.subject, 0) for entry in said["inputs"])
    rows = [row[deviation.side] for row in said["populations"] if row.get("rule") == deviation.subject]
    return sum(row[word] for row in rows for word in ("pass", "fail", "waived", "unknown"))
