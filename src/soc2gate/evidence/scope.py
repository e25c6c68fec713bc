"""What the system's description names, against what records read: accounts, regions, clusters and repositories.

What was in scope is read from the configuration of each record's commit, so that a place taken out of it within the
period is still asked for until then. A place that no record read is a gap of its whole time; with a promised schedule,
so is every longer time between two looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from soc2gate.evidence.controls import Gap
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.standing import Interval, seconds, shifted
from soc2gate.expectations import Expectations, InScope
from soc2gate.facts import dataclass

WHATS = ("account", "region", "cluster", "repository")

Name = tuple[str, str]
"""(what, name): `("region", "123456789012 eu-west-1")`."""


@dataclass(frozen=True, slots=True)
class Place:
    """One account, region of an account, cluster or repository."""

    what: str
    name: str
    spans: tuple[tuple[str, str], ...]
    """When it was in scope; empty for one that was read and that nobody named."""
    reads: int
    """How often it was read in the period."""
    first: str
    last: str
    """When it was read first and last in the period; empty for never."""
    gaps: tuple[Interval, ...]

    @property
    def in_scope(self) -> bool:
        return bool(self.spans)


def places(
    turns: Sequence[tuple[str, Expectations]], records: Iterable[Record], begins: str, ends: str, every_hours: int
) -> tuple[Place, ...]:
    """Every place that was in scope at some time of the period, or was read in it.

    `every_hours` is how often live state was to be looked at, 0 for what the configuration promises.
    """
    spans = _spans(turns, begins, ends)
    reads = _reads(records, ends, [name for what, name in spans if what == "repository"])
    hours = every_hours or turns[-1][1].in_scope.verify_every_hours
    out = []
    for key in sorted({*spans, *reads}, key=lambda key: (WHATS.index(key[0]), key[1])):
        # Of one moment, what was read by then counts.
        inside = [time for time in reads.get(key, ()) if begins <= time or begins == ends]
        if key not in spans and not inside:
            continue
        # A change is recorded when there is one: of repositories no schedule can be asked.
        schedule = 0 if key[0] == "repository" else hours
        out.append(
            Place(
                what=key[0],
                name=key[1],
                spans=tuple(spans.get(key, ())),
                reads=len(inside),
                first=min(inside, default=""),
                last=max(inside, default=""),
                gaps=tuple(
                    gap for span in spans.get(key, ()) for gap in _gaps(span, sorted(reads.get(key, ())), schedule)
                ),
            )
        )
    return tuple(out)


def _spans(turns: Sequence[tuple[str, Expectations]], begins: str, ends: str) -> dict[Name, list[tuple[str, str]]]:
    """When each place was in scope."""
    spans: dict[Name, list[tuple[str, str]]] = {}
    for (since, said), (until, _) in pairwise([*turns, (ends, Expectations())]):
        first, last = max(since, begins), min(until, ends)
        if first > last or (first == last and begins < ends):
            continue
        for key in _named(said.in_scope):
            found = spans.setdefault(key, [])
            if found and found[-1][1] == first:
                found[-1] = (found[-1][0], last)
            else:
                found.append((first, last))
    return spans


def _named(said: InScope) -> Iterator[Name]:
    for account in said.accounts:
        yield "account", account
        for region in said.regions:
            yield "region", f"{account} {region}"
    for cluster in said.clusters:
        yield "cluster", cluster
    for repository in said.repositories:
        yield "repository", repository


def _reads(records: Iterable[Record], ends: str, repositories: Sequence[str]) -> dict[Name, list[str]]:
    """When each place was read, up to the end."""
    reads: dict[Name, list[str]] = {}
    for record in records:
        if record.finished_at > ends:
            continue
        said = record.predicate
        for name in _repositories(str(said.get("repository", "")), repositories):
            reads.setdefault(("repository", name), []).append(record.finished_at)
        for entry in said["inputs"]:
            for key in places_read(entry):
                reads.setdefault(key, []).append(str(entry.get("observed_at") or record.finished_at))
    return reads


def _repositories(uri: str, named: Sequence[str]) -> list[str]:
    """How the configuration calls a repository; its own name where nothing does."""
    bare = uri.removesuffix(".git")
    found = [one for one in named if bare == one.removesuffix(".git") or _ends(bare, one.removesuffix(".git"))]
    return found or ([uri] if uri else [])


def _ends(uri: str, name: str) -> bool:
    """Whether `github.com/acme/infra`, or `acme/infra`, is how the URI ends."""
    # After a slash, or a colon as ssh writes it.
    return uri.endswith(name) and uri[: -len(name)][-1:] in ("/", ":", "@")


def places_read(entry: Mapping[str, Any]) -> Iterator[Name]:
    """What a record's input of live state read: nothing, where every call was refused."""
    _, _, rest = str(entry["name"]).partition(":")
    provider, _, name = rest.partition(":")
    if provider == "aws":
        if entry["regions_read"]:
            yield "account", name
        for region in entry["regions_read"]:
            yield "region", f"{name} {region}"
    elif provider == "kubernetes" and entry.get("calls", 1) > entry["failed_calls"]:
        # Without an answer to a single call, nobody looked.
        yield "cluster", name


def _gaps(span: tuple[str, str], reads: Sequence[str], hours: int) -> Iterator[Interval]:
    begins, ends = span
    if begins == ends:
        last = max(reads, default="")
        if not last or (hours and ends > shifted(last, hours)):
            yield Interval(last or ends, ends, "not_read")
        return
    inside = [time for time in reads if begins <= time <= ends]
    if not hours:
        if not inside:
            yield Interval(begins, ends, "not_read")
        return
    before = [time for time in reads if time < begins]
    marks = [before[-1] if before else begins, *inside, ends]
    for first, last in pairwise(marks):
        if last > shifted(first, hours):
            yield Interval(max(first, begins), last, "not_read")
    if not before and not inside and ends <= shifted(begins, hours):
        # Shorter than the schedule, and still: nobody ever looked.
        yield Interval(begins, ends, "not_read")


def gaps(found: Iterable[Place], ends: str) -> Iterator[Gap]:
    """What is in scope at the end and was not read in the period, or not lately enough."""
    for place in found:
        newest = place.gaps[-1] if place.gaps else None
        if newest is not None and newest.ends == ends:
            word = "was not read" if not place.reads else "was not read lately"
            yield Gap(
                what="scope",
                told=f"the {place.what} {place.name} is in scope and {word}",
                control="",
                owner="",
                criteria=(),
                # Anything may be wrong where nobody looked.
                severity="high",
                exposure="live" if place.what != "repository" else "code",
                since=newest.begins,
                seconds=seconds(newest.begins, ends),
            )
