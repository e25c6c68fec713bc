"""Reviews of access: what a ledger says of each principal's, and which were done on time, late, or never.

A review is due by the day that its pack said, then every so many days after a decision. A decision counts from when it
was *recorded*: anyone can write any day into a form. Who was told to go and is seen again later is told by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from soc2gate.evidence.controls import Gap
from soc2gate.evidence.kept import REVIEW_TYPE
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.standing import seconds
from soc2gate.facts import dataclass, field

ON_TIME, LATE, OVERDUE, NEVER, PENDING, GONE = "on_time", "late", "overdue", "never", "pending", "gone"
STATES = (NEVER, OVERDUE, LATE, PENDING, ON_TIME, GONE)
"""What to look at first. `never`: due, and nobody ever decided. `pending`: not decided, and not due yet."""
DETAILS = "second factors, keys and last use"
"""What of known principals was not read: that hides none of them."""
STRONG = ("admin", "escalation", "unknown")
"""Levels whose reviews weigh more: who may do everything, and of whom nobody knows."""


@dataclass(frozen=True, slots=True)
class Decision:
    record: int
    decision: str
    """`keep`, `remove` or `change`."""
    by: str
    on: str
    """The day the form says."""
    recorded_at: str
    due: str
    note: str = ""

    @property
    def late(self) -> bool:
        return self.recorded_at[:10] > self.due


@dataclass(slots=True)
class PrincipalReview:
    """One principal, from the first pack that named it."""

    id: str
    unique_id: str
    place: str
    said: Mapping[str, Any]
    """As the newest pack has it: type, level, privileges, mfa, last_used, reviewer."""
    first_seen: str
    last_seen: str
    due: str
    """The next day a decision is due by."""
    decisions: list[Decision] = field(default_factory=list)
    gone_at: str = ""
    """When a pack that read its place whole no longer had it."""

    @property
    def last(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None

    @property
    def still_there(self) -> bool:
        """Whether it was told to go, and was seen after that was recorded."""
        last = self.last
        return last is not None and last.decision == "remove" and not self.gone_at and last.recorded_at < self.last_seen

    def state(self, begins: str, ends: str) -> str:
        """How its reviews stood in a period, at its end."""
        if self.gone_at:
            return GONE
        overdue = self.due < ends[:10]
        if not self.decisions:
            return NEVER if overdue else PENDING
        if overdue:
            # Of somebody who was to be removed too: until a pack is made that has them no longer, nobody looked.
            return OVERDUE
        return LATE if any(one.late and one.recorded_at >= begins for one in self.decisions) else ON_TIME


@dataclass(frozen=True, slots=True)
class Review:
    """One record of a review: its pack opened, or decisions handed in."""

    record: int
    recorded_at: str
    observed_at: str
    pack: str
    principals: int
    decided: int
    places: tuple[str, ...]
    unread: tuple[Mapping[str, str], ...]
    opened_by: int = 0
    """The record that its pack was opened by, before anything was decided; 0 where none was: then nobody but whoever
    handed the decisions in says who was to be reviewed, and what they may do."""


@dataclass(frozen=True, slots=True)
class AccessReviews:
    """Everything the ledger says of reviews, up to a moment."""

    principals: tuple[PrincipalReview, ...] = ()
    reviews: tuple[Review, ...] = ()


def read(records: Iterable[Record], ends: str = "9999") -> AccessReviews:
    """The reviews that were recorded by `ends`."""
    known: dict[str, PrincipalReview] = {}
    over: list[PrincipalReview] = []
    reviews: list[Review] = []
    for record in records:
        if record.kind != REVIEW_TYPE or record.finished_at > ends:
            continue
        said = record.predicate["review"]
        reviews.append(_review(record, said, reviews))
        _see(known, over, said)
        for row in said["principals"]:
            if row["decision"] is not None:
                _decide(known[row["id"]], row, record)
    found = sorted((*known.values(), *over), key=lambda one: (one.id, one.first_seen))
    return AccessReviews(tuple(found), tuple(reviews))


def _review(record: Record, said: Mapping[str, Any], before: Iterable[Review]) -> Review:
    decided = sum(row["decision"] is not None for row in said["principals"])
    opened = next((one.record for one in before if one.pack == said["pack"] and not one.decided), 0)
    return Review(
        record.sequence,
        record.finished_at,
        said["observed_at"],
        said["pack"],
        len(said["principals"]),
        decided,
        tuple(said["places"]),
        tuple(said["unread"]),
        opened if decided else record.sequence,
    )


def _see(known: dict[str, PrincipalReview], over: list[PrincipalReview], said: Mapping[str, Any]) -> None:
    """Learn who was there when the pack was made, and who no longer was."""
    seen_at = said["observed_at"]
    for row in said["principals"]:
        one = known.get(row["id"])
        if one is not None and _another(one, row):
            # Somebody new under an old name: what was decided of the old one says nothing of them.
            one.gone_at = one.gone_at or seen_at
            over.append(known.pop(row["id"]))
            one = None
        if one is None:
            known[row["id"]] = PrincipalReview(
                row["id"], row["unique_id"], place_of(row["id"]), row, seen_at, seen_at, row["due"]
            )
        elif seen_at >= one.last_seen:
            one.said, one.last_seen, one.gone_at = row, seen_at, ""
    named = {row["id"] for row in said["principals"]}
    # Where part was not read, who is not named may be in that part.
    whole = set(said["places"]) - {row["place"] for row in said["unread"] if row["what"] != DETAILS}
    for one in known.values():
        if one.place in whole and one.id not in named and one.last_seen < seen_at and not one.gone_at:
            one.gone_at = seen_at


def _another(one: PrincipalReview, row: Mapping[str, Any]) -> bool:
    return bool(one.unique_id and row["unique_id"] and one.unique_id != row["unique_id"])


def _decide(one: PrincipalReview, row: Mapping[str, Any], record: Record) -> None:
    said = (row["decision"], row["decided_by"], row["decided_on"], row["note"])
    last = one.last
    if last is not None and (last.decision, last.by, last.on, last.note) == said:
        # Handed in once more, in a table that was completed later.
        return
    decision, by, on, note = said
    one.decisions.append(Decision(record.sequence, decision, by, on, record.finished_at, one.due, note))
    one.due = (date.fromisoformat(on) + timedelta(days=row["every_days"])).isoformat()


def place_of(principal: str) -> str:
    """`aws:123456789012` of an ARN, `kubernetes:prod` of `prod:User:ann`."""
    parts = principal.split(":")
    return f"aws:{parts[4]}" if parts[0] == "arn" and len(parts) > 5 else f"kubernetes:{principal.rsplit(':', 2)[0]}"


def gaps(reviews: AccessReviews, begins: str, ends: str) -> Iterator[Gap]:
    """Who should be gone and is not, and whose review is overdue."""
    for one in reviews.principals:
        strong = one.said["level"] in STRONG
        last = one.last
        state = one.state(begins, ends)
        if one.still_there and last is not None:
            told, since = f"{one.id} was to be removed ({last.by}, {last.on}) and is still there", last.recorded_at
            severity = "critical" if strong else "high"
        elif state in (NEVER, OVERDUE):
            word = "never reviewed" if state == NEVER else "to be reviewed again"
            if last is not None and last.decision == "remove":
                word = f"to be removed ({last.by}, {last.on}), and nobody has looked since"
            told = f"{one.id}: its access was {word}, due {one.due}"
            since, severity = f"{one.due}T23:59:59Z", "high" if strong else "medium"
        else:
            continue
        since = min(since, ends)
        yield Gap(
            "access", told, "", one.said["reviewer"], ("CC6.2", "CC6.3"), severity, "live", since, seconds(since, ends)
        )


def counted(reviews: AccessReviews, begins: str, ends: str) -> dict[str, int]:
    """How many principals are in each state; every state has a number."""
    states = [one.state(begins, ends) for one in reviews.principals]
    return {state: states.count(state) for state in STATES}


def latest(reviews: Sequence[Review]) -> Review | None:
    return max(reviews, key=lambda one: one.record, default=None)
