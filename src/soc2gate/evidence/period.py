"""What the records say of a period: every change that reached the branch, and how each criterion stood at every moment.

The population comes from git, not from the ledger: every first-parent commit of the branch between two heads. Commit
dates play no part in it, for anyone can write any date into a commit. A change without a record is named; a moment for
which no fresh evidence exists is `no_data`, which is never `pass`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any

from soc2gate.errors import UsageError
from soc2gate.evidence.controls import ControlBoard, ControlStanding, Gap, gaps_of
from soc2gate.evidence.deviations import Deviation, Deviations
from soc2gate.evidence.form import Rows
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.manual import SlotStanding
from soc2gate.evidence.repository import Change, Repository
from soc2gate.evidence.reviews import AccessReviews
from soc2gate.evidence.scope import Place, places_read
from soc2gate.evidence.standing import Board, Interval, Slot, Tally, criterion_order, seconds, shifted
from soc2gate.facts import dataclass, field

ATTESTED, BY_TREE, UNATTESTED = "attested", "attested_by_tree", "unattested"
_EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Window:
    """A period of a branch: the commits after `start` up to `end`, and when that was."""

    line: tuple[Change, ...]
    """The whole first-parent line up to the last commit, oldest first."""
    first: int
    """Index in `line` of the first commit of the period."""
    begins: str
    ends: str
    since: str = ""
    """`begins` where a record or a date says it; empty where only an unrecorded commit's own date does."""
    until: str = ""
    beyond: tuple[Change, ...] = ()
    """Where a date ends the period: what follows the last head that was recorded by then, and was never recorded."""

    @property
    def commits(self) -> tuple[Change, ...]:
        return self.line[self.first :]


@dataclass(frozen=True, slots=True)
class Member:
    """One commit of the population."""

    change: Change
    state: str
    records: tuple[int, ...]
    late: str = ""
    """Why its first record counts as late; empty when it does not."""
    remarks: tuple[str, ...] = ()
    """Direct push, bypassed protection, approvals of another commit, as the workflow reported them."""
    reported: tuple[str, ...] = ()
    """What was reported of the change at all, of `origin.CHANGE_FIELDS`: of the rest nothing is known."""


@dataclass(frozen=True, slots=True)
class TurnedBack:
    """A record that says an earlier time than one before it in the chain: what it tells was not told at that time."""

    record: int
    at: str
    after: int
    """The record before it that says the latest time."""
    after_at: str


@dataclass(frozen=True, slots=True)
class Asked:
    """How a report was asked for: whoever asks the same of the same ledger gets the same."""

    repository: str = ""
    """Where it says it comes from."""
    branch: str = "HEAD"
    start: str = ""
    """A date, or the commit that a revision named; empty for the branch's first commit."""
    end: str = ""
    at: str = ""
    """The one moment, in place of a period."""
    late_after_hours: int = 24
    verify_every_hours: int = 0
    """As the command said it; 0 leaves it to the configuration."""
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the records say of a window."""

    window: Window
    members: tuple[Member, ...]
    off_branch: tuple[Record, ...]
    """Records of the time whose commit is not on the branch: pull requests, or a history that was rewritten."""
    criteria: Mapping[str, tuple[Interval, ...]]
    controls: Mapping[str, ControlStanding]
    gaps: tuple[Gap, ...]
    """What to look at first: open failures, and controls whose evidence is stale, missing or undecided."""
    digests: Mapping[int, str]
    """Record number to the sha256 of its file, for every record of the ledger that was checked."""
    deviations: tuple[Deviation, ...]
    waivers: tuple[Mapping[str, Any], ...]
    policy_changes: tuple[Mapping[str, Any], ...]
    verifications: tuple[str, ...]
    """When live state was looked at."""
    verification_gaps: tuple[Interval, ...]
    live_scope: Mapping[str, Mapping[str, Any]]
    """Account or cluster to the regions asked and those never read."""
    not_looked_at: Mapping[str, int]
    """What records said they could not look at, and in how many of them."""
    turned_back: tuple[TurnedBack, ...] = ()
    sample: tuple[str, ...] = ()
    seed: str = ""
    slots: tuple[SlotStanding, ...] = ()
    """Evidence that people bring."""
    access: AccessReviews = field(default_factory=AccessReviews)
    places: tuple[Place, ...] = ()
    """What was in scope, against what was read."""
    verify_every_hours: int = 0
    anchored_at: int = 0
    """The record that a head kept elsewhere names; 0 without one: then nobody would notice an end that was cut off."""
    asked: Asked = field(default_factory=Asked)

    @property
    def verifications_expected(self) -> int:
        """How many looks at live state the schedule asks of the period; 0 without a schedule."""
        every = self.verify_every_hours * 3600
        # A period by dates ends a second before midnight.
        return (seconds(self.window.begins, self.window.ends) + 1) // every if every else 0

    def number(self, state: str) -> int:
        return sum(member.state == state for member in self.members)


def window(repository: Repository, records: Sequence[Record], start: str, end: str, branch: str = "HEAD") -> Window:
    """The period between two heads: revisions, or dates (`2026-07-01`) that stand for the head recorded by then.

    `start` is the last head before the period; empty takes the branch from its first commit. Raises `UsageError` for
    a start that is not on the way to the end: then history was rewritten, or the two were mistaken for each other.
    """
    dates = [_moment(start), _moment(end, last=True)]
    beyond: tuple[Change, ...] = ()
    if dates[1]:
        whole = repository.first_parents(repository.resolve(branch))
        last = _recorded_by(records, whole, dates[1])
        if last is None:
            raise UsageError(f"no head of {branch} was recorded by {end}")
        line = whole[: last + 1]
        beyond = tuple(_never_recorded(records, whole[last + 1 :]))
    else:
        whole, line = _lines(repository, branch, end)
    if not start:
        first = 0
    elif dates[0]:
        found = _recorded_by(records, line, dates[0])
        first = 0 if found is None else found + 1
    else:
        wanted = repository.resolve(start)
        index = next((index for index, change in enumerate(line) if change.commit == wanted), None)
        if index is None:
            raise UsageError(
                f"{start} is not on the first-parent line of {end or branch}",
                hint="either the two are swapped, or the branch was rewritten: soc2gate does not guess its population",
            )
        first = index + 1
    until = dates[1] or _recorded_at(records, whole, len(line) - 1)
    since = dates[0] or (_recorded_at(records, whole, first - 1) if first else "")
    ends = until or line[-1].time or _EPOCH
    begins = since or line[max(first - 1, 0)].time or ends
    if all(dates) and begins > ends:
        raise UsageError(f"the period ends ({ends}) before it begins ({begins})")
    # Heads that were never recorded have only their own dates, and those may say anything.
    return Window(line, first, min(begins, ends), ends, since, until, beyond)


def _lines(repository: Repository, branch: str, end: str) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The branch's first-parent line, and that up to the end; the end's own, twice, where it is not on the branch."""
    if not end:
        whole = repository.first_parents(repository.resolve(branch))
        return whole, whole
    wanted = repository.resolve(end)
    try:
        whole = repository.first_parents(repository.resolve(branch))
    except UsageError:
        # A bare clone whose HEAD names a branch that is not in it.
        whole = ()
    place = next((place for place, change in enumerate(whole) if change.commit == wanted), None)
    if place is not None:
        return whole, whole[: place + 1]
    line = repository.first_parents(wanted)
    return line, line


def moment(repository: Repository, records: Sequence[Record], at: str, branch: str = "HEAD") -> Window:
    """One head, by revision or by date, and the moment it was recorded last; raises what `window` raises."""
    whole = window(repository, records, "", at, branch)
    return Window(whole.line, len(whole.line) - 1, whole.ends, whole.ends, beyond=whole.beyond)


def settled(revision: str, commit: str, *, last: bool = False) -> str:
    """How a date or a revision is told to whoever asks again: a branch's name means another commit tomorrow."""
    return _moment(revision, last=last) or commit


def report(
    records: Sequence[Record],
    asked: Window,
    *,
    late_after_hours: int = 24,
    verify_every_hours: int = 0,
    sample: int = 0,
    seed: str = "",
) -> Report:
    """What `records`, already checked and in ledger order, say of the window."""
    position = {change.commit: index for index, change in enumerate(asked.line)}
    trees: dict[str, int] = {}
    for index, change in enumerate(asked.line):
        # The newest commit with this content: a revert brings an old tree back.
        trees[change.tree] = index
    on_branch: list[tuple[int, Record]] = []
    off_branch = []
    recorded = {record.commit for record in records}
    for record in records:
        if record.commit in position:
            on_branch.append((position[record.commit], record))
        elif record.tree in trees:
            on_branch.append((trees[record.tree], record))
        elif asked.since <= record.finished_at and (not asked.until or record.finished_at <= asked.until):
            off_branch.append(record)
    story = _Story(asked)
    for place, record in sorted(on_branch, key=lambda pair: (pair[1].finished_at, pair[1].sequence)):
        exact = record.commit == asked.line[place].commit
        # A record of a pull request's head tells the story only where the squashed commit has none of its own.
        if record.finished_at <= asked.ends and (exact or asked.line[place].commit not in recorded):
            story.tell(place, record, landed=exact)
    criteria = story.criteria.intervals(asked.begins, asked.ends)
    controls = story.controls.standings(asked.begins, asked.ends)
    deviations = tuple(item for item in story.deviations.told if not item.closed or item.closed >= asked.begins)
    looks = sorted(story.verifications)
    return Report(
        window=asked,
        members=tuple(_members(asked, on_branch, late_after_hours)),
        off_branch=tuple(off_branch),
        criteria={name: criteria[name] for name in sorted(criteria, key=criterion_order)},
        controls=controls,
        gaps=tuple(gaps_of(controls, deviations, asked.begins, asked.ends)),
        digests={record.sequence: record.digest for record in records},
        deviations=deviations,
        waivers=tuple(story.waivers.values()),
        policy_changes=tuple(story.policy_changes),
        verifications=tuple(time for time in looks if asked.begins <= time <= asked.ends),
        verification_gaps=tuple(_gaps(asked, looks, verify_every_hours)),
        live_scope=story.live_scope,
        not_looked_at=dict(sorted(story.not_looked_at.items())),
        verify_every_hours=verify_every_hours,
        turned_back=tuple(_turned_back(records, asked)),
        sample=drawn([change.commit for change in asked.commits], sample, seed),
        seed=seed,
    )


_WRITERS_APART = 3600
"""Seconds that a record may lie before one that another writer, at the same time, was quicker to keep."""


def _turned_back(records: Sequence[Record], asked: Window) -> Iterator[TurnedBack]:
    latest: Record | None = None
    for record in sorted(records, key=lambda record: record.sequence):
        if latest is None or record.finished_at >= latest.finished_at:
            latest = record
        elif (
            record.finished_at <= asked.ends
            and latest.finished_at >= asked.begins
            and seconds(record.finished_at, latest.finished_at) > _WRITERS_APART
        ):
            yield TurnedBack(record.sequence, record.finished_at, latest.sequence, latest.finished_at)


def drawn(commits: Sequence[str], number: int, seed: str) -> tuple[str, ...]:
    """A sample that anyone can draw again: the commits with the smallest sha256 of `seed:commit`."""
    order = sorted(commits, key=lambda commit: hashlib.sha256(f"{seed}:{commit}".encode()).hexdigest())
    return tuple(order[:number])


def _members(asked: Window, on_branch: Sequence[tuple[int, Record]], late_after_hours: int) -> Iterator[Member]:
    exact: dict[int, list[Record]] = {}
    alike: dict[int, list[Record]] = {}
    for place, record in on_branch:
        of = exact if record.commit == asked.line[place].commit else alike
        of.setdefault(place, []).append(record)
    # The first record of a later commit, for each commit: whoever comes after it is late, whatever the clocks say.
    overtaken = 0
    overtaken_at: dict[int, int] = {}
    for place in range(len(asked.line) - 1, -1, -1):
        overtaken_at[place] = overtaken
        first = min((record.sequence for record in exact.get(place, ())), default=0)
        if first and (not overtaken or first < overtaken):
            overtaken = first
    by_tree: dict[str, list[Record]] = {}
    for _, record in on_branch:
        by_tree.setdefault(record.tree, []).append(record)
    for place in range(asked.first, len(asked.line)):
        change = asked.line[place]
        of_it = exact.get(place, [])
        same = of_it or alike.get(place, []) or by_tree.get(change.tree, [])
        state = ATTESTED if of_it else BY_TREE if same else UNATTESTED
        late = ""
        if of_it:
            first_record = min(of_it, key=lambda record: record.sequence)
            late = _late(change, first_record, overtaken_at[place], late_after_hours)
        numbers = tuple(sorted(record.sequence for record in same))
        reported = {name for record in of_it for name in record.predicate["change"]["reported"]}
        yield Member(change, state, numbers, late, tuple(_remarks(of_it)), tuple(sorted(reported)))


def _late(change: Change, first: Record, overtaken: int, hours: int) -> str:
    if overtaken and first.sequence > overtaken:
        return f"record {first.sequence} was made after record {overtaken} of a later commit"
    if hours and change.time and first.finished_at > shifted(change.time, hours):
        return f"record {first.sequence} was made at {first.finished_at}, the commit says {change.time}"
    return ""


def _remarks(records: Iterable[Record]) -> list[str]:
    remarks: list[str] = []
    for record in records:
        reported = record.predicate["change"]["reported"]
        said = {name: entry["value"] for name, entry in reported.items()}
        # Earlier programs took any value for one.
        if said.get("direct_push") not in (None, False):
            remarks.append("direct push")
        if said.get("bypassed_protection") not in (None, False):
            remarks.append("protection bypassed")
        approvals = said.get("approvals")
        if approvals and not any(one.get("bound") for one in approvals):
            remarks.append("approved before its last change")
    return list(dict.fromkeys(remarks))


@dataclass(slots=True)
class _Story:
    """What is known, record by record."""

    asked: Window
    newest: int = -1
    """The furthest commit recorded: a late record of an older one does not change how things stand."""
    criteria: Board = field(default_factory=Board)
    controls: ControlBoard = field(default_factory=ControlBoard)
    tally: Tally = field(default_factory=Tally)
    deviations: Deviations = field(default_factory=Deviations)
    waivers: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    policy_changes: list[Mapping[str, Any]] = field(default_factory=list)
    verifications: set[str] = field(default_factory=set)
    live_scope: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_looked_at: dict[str, int] = field(default_factory=dict)

    def tell(self, place: int, record: Record, *, landed: bool) -> None:
        if place < self.newest:
            return
        if landed:
            self.newest = place
        slots = _slots(record.predicate)
        of_criteria, of_controls = self.tally.of(record.predicate["populations"])
        rows = record.predicate["criteria"]
        self.criteria.tell(record, rows if isinstance(rows, Rows) else Rows.of(rows), slots, of_criteria)
        self.controls.tell(record, slots, of_controls)
        self.deviations.tell(record, slots)
        self._gather(record)

    def _gather(self, record: Record) -> None:
        said, now = record.predicate, record.finished_at
        policies = {entry["name"]: entry["digest"]["sha256"] for entry in said["policies"]}
        policies["program"] = said["evaluator"]["version"]
        for name, value in policies.items():
            before = self.policies.get(name, value)
            if before != value and now >= self.asked.begins:
                self.policy_changes.append(
                    {"what": name, "at": now, "record": record.sequence, "before": before, "after": value}
                )
        self.policies = policies
        live = [entry for entry in said["inputs"] if entry["name"] != "declared"]
        # A look is as old as its snapshot, however often that is attested; and without an answer nobody looked.
        looks = [str(entry.get("observed_at") or now) for entry in live if any(places_read(entry))]
        if looks:
            self.verifications.add(min(looks))
        if now < self.asked.begins:
            return
        for entry in live:
            scope = self.live_scope.setdefault(
                entry["name"], {"regions_asked": [], "regions_read": [], "failed_calls": 0}
            )
            for name in ("regions_asked", "regions_read"):
                scope[name] = sorted({*scope[name], *entry[name]})
            scope["failed_calls"] += entry["failed_calls"]
        for problem in said["not_looked_at"]["problems"]:
            self.not_looked_at[problem["message"]] = self.not_looked_at.get(problem["message"], 0) + 1
        for waiver in said["waivers"]:
            key = (waiver["rule"], waiver["address"], waiver["approver"], waiver["expires"])
            row = self.waivers.setdefault(key, {**waiver, "first_seen": now})
            row["last_seen"] = now


def _slots(predicate: Mapping[str, Any]) -> dict[str, Slot]:
    paths = tuple(predicate["scope"]["paths"])
    live = tuple(entry["name"] for entry in predicate["inputs"] if entry["name"] != "declared")
    return {"declared": ("declared", *paths), **({"live": ("live", *paths, *live)} if live else {})}


def _gaps(asked: Window, times: Sequence[str], hours: int) -> Iterator[Interval]:
    if not hours:
        return
    before = [time for time in times if time <= asked.begins]
    inside = [time for time in times if asked.begins < time <= asked.ends]
    marks = [before[-1] if before else asked.begins, *inside, asked.ends]
    for begins, ends in pairwise(marks):
        if ends > shifted(begins, hours):
            yield Interval(max(begins, asked.begins), ends, "no_verification")


def _recorded_by(records: Sequence[Record], line: Sequence[Change], moment: str) -> int | None:
    """The furthest commit of the line that had a record by then."""
    commits = {record.commit for record in records if record.finished_at <= moment}
    return next((index for index in range(len(line) - 1, -1, -1) if line[index].commit in commits), None)


def _never_recorded(records: Sequence[Record], after: Sequence[Change]) -> Iterator[Change]:
    """What comes before the next head that has a record: nobody says when any of it reached the branch."""
    commits = {record.commit for record in records}
    return takewhile(lambda change: change.commit not in commits, after)


def _recorded_at(records: Sequence[Record], line: Sequence[Change], place: int) -> str:
    """When a head of the line was recorded last while it was the newest; empty where it never was recorded.

    Whoever attests it once more, after a later head was recorded, moves no period by it.
    """
    later = {change.commit for change in line[place + 1 :]}
    own = [record for record in records if record.commit == line[place].commit]
    overtaken = min((record.sequence for record in records if record.commit in later), default=0)
    current = [record for record in own if not overtaken or record.sequence < overtaken] or own[:1]
    return max((record.finished_at for record in current), default="")


def _moment(text: str, *, last: bool = False) -> str:
    """A date or time as `2026-07-01T00:00:00Z`; empty for what is neither. `last` takes in the whole of a day."""
    if len(text) < 10 or text[4:5] != "-":
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    if len(text) == 10 and last:
        moment += timedelta(days=1, seconds=-1)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%dT%H:%M:%SZ")
