"""Two sides and where they disagree: what takes part, what is the same thing, what differs, what nobody looked at.

`app.verify` brings the sides; what comes of them goes to `finishing`, as what a scan found does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from soc2gate import kinds, opted
from soc2gate.engine import scope, stacks
from soc2gate.engine.compare import compare as differences
from soc2gate.engine.compare import undeclared
from soc2gate.engine.evaluate import evaluate
from soc2gate.engine.match import Matching, match
from soc2gate.engine.parts import Pair
from soc2gate.facts import dataclass
from soc2gate.finishing import Found
from soc2gate.model.outcome import AcceptedUse, Difference, Disagreement, Finding
from soc2gate.model.resource import LiveRef, Problem, Resource, Weight
from soc2gate.request import Request
from soc2gate.sides import asked_kinds, provider_of, sides_of

if TYPE_CHECKING:
    from pathlib import Path

    from soc2gate.live.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Looked:
    """Both sides, and where they disagree: what there is to suggest from."""

    declared: tuple[Resource, ...]
    live: tuple[Resource, ...]
    findings: tuple[Finding, ...]
    pairs: tuple[Pair, ...]
    disagreements: tuple[Disagreement, ...]
    """Undeclared properties among them."""
    parts: tuple[Resource, ...]
    """Live resources that are part of another and that no code declares."""
    base: Path
    """What places in code are relative to."""
    problems: tuple[Problem, ...] = ()
    """What of the comparison could not be made, or was left out."""


def compare(request: Request, declared: Sequence[Resource], seen: Snapshot) -> Looked:
    """Judge both sides with the same rules, pair them, and say where they differ."""
    providers = set(sides_of(request, declared, seen))
    live = tuple(resource for resource in seen.resources() if provider_of(resource.kind) in providers)
    findings = evaluate(request.rules, [*declared, *live], now=request.now)
    pairs, unsettled = paired(request, declared, live, seen)
    matching = scope.managed_here(pairs, request.config.managed)
    differing = differences(matching, findings, request.rules, listed=lambda resource: _listing(resource, seen))
    unsaid = undeclared(matching, findings, request.rules, told=differing)
    disagreements, ignored = scope.without_ignored(
        [*differing, *unsaid], request.config.ignores, today=request.now[:10]
    )
    problems = [
        *_of_providers(seen.problems(), providers),
        *_not_compared(declared, asked_kinds(declared, live, request)),
        *unsettled,
        *_unfetched(request),
        *_by_digests(seen),
        *ignored,
    ]
    return Looked(
        tuple(declared),
        live,
        tuple(findings),
        matching.pairs,
        tuple(disagreements),
        matching.parts,
        request.base,
        tuple(problems),
    )


def found(request: Request, looked: Looked, seen: Snapshot, accept: Callable[[str], None] | None = None) -> Found:
    """What a look found, less what is accepted; `accept` is given the file that accepts all that code never says."""
    unsaid, used = _accepted(request, looked, seen, accept)
    differing = [item for item in looked.disagreements if item.difference is not Difference.UNDECLARED]
    problems = list(looked.problems)
    if request.who:
        # Asked of what is told alone: an answer takes a second.
        from soc2gate.live.aws_who import with_who

        places = {part.account: part.regions_read for part in seen.parts}
        both = (*looked.declared, *looked.live)
        named, told = with_who([*differing, *unsaid], opted.aws_request(request), both, places)
        differing, unsaid = named[: len(differing)], named[len(differing) :]
        problems += told
    asked = asked_kinds(looked.declared, looked.live, request)
    return Found(
        looked.findings,
        live=looked.live,
        disagreements=differing,
        undeclared=unsaid,
        accepted=used,
        problems=problems,
        snapshot=seen,
        unread_kinds=[kind for kind in sorted(asked) if seen.why_unread(kind)],
    )


def _accepted(
    request: Request, looked: Looked, seen: Snapshot, accept: Callable[[str], None] | None
) -> tuple[Sequence[Disagreement], AcceptedUse | None]:
    """What code never says and nobody accepted, and what the file of accepted ones was good for."""
    unsaid = [item for item in looked.disagreements if item.difference is Difference.UNDECLARED]
    if request.undeclared is None:
        return unsaid, None
    # Imported here: few runs have such a file.
    from soc2gate.engine import accepted

    what = accepted.looking(
        looked.live,
        [pair.live for pair in looked.pairs],
        seen.why_unread,
        everything="." in request.paths and not request.only_environments,
    )
    return accepted.settle(unsaid, request.undeclared, _shown(request.undeclared, request), what, accept)


def paired(
    request: Request, declared: Sequence[Resource], live: Sequence[Resource], seen: Snapshot
) -> tuple[Matching, list[Problem]]:
    """What code declares beside what was seen, and what could not be settled about the stacks of templates."""
    deployed, unsettled = stacks.deployed(
        declared,
        live,
        named=opted.stacks_named(request),
        unread=lambda region, account: seen.why_unread(stacks.STACK, region, account),
    )
    found = match(
        declared,
        live,
        coverage=lambda kind, account, region: seen.why_unread(kind, region, account) or "",
        asked=asked_kinds(declared, live, request).__contains__,
        deployed=deployed,
    )
    return found, unsettled


def _not_compared(declared: Iterable[Resource], asked: set[str]) -> list[Problem]:
    """One note for declared kinds that have no live reader: they were judged in code and compared with nothing."""
    kinds_left = Counter(
        resource.kind
        for resource in declared
        # What is part of something else is compared as that.
        if resource.kind not in asked and not resource.partial and resource.derived_from not in asked
    )
    if not kinds_left:
        return []
    named = ", ".join(f"{kind} ×{number}" if number > 1 else kind for kind, number in sorted(kinds_left.items()))
    return [Problem(Weight.NOTE, "compare", f"not compared with live state, for want of a live reader: {named}")]


def _unfetched(request: Request) -> list[Problem]:
    """A remark on states in buckets that were not read, so that what has no unique name is undecided."""
    left = sorted(opted.state_urls(request) - request.fetched.keys())
    told = "was not read: a record is made of what anybody can read again, which a state in a bucket is not"
    return [Problem(Weight.NOTE, "compare", f"the state {url} {told}") for url in left]


def _by_digests(seen: Snapshot) -> list[Problem]:
    """How values that are not kept were compared: comparing again gives the same with the same key alone."""
    from soc2gate.kinds.withheld import KEY, key_name

    taken, here = {part.digest_key for part in seen.parts} - {""}, key_name()
    if not taken:
        return []
    if taken == {here}:
        told = f"values that are not kept were compared by digests of the key {here}: comparing again takes it too"
        return [Problem(Weight.NOTE, "compare", told)]
    held = f"{KEY} holds {here}" if here else f"{KEY} holds none"
    told = f"digests of values that are not kept were taken with the key {', '.join(sorted(taken))}, and {held}"
    return [Problem(Weight.NOTE, "compare", f"{told}: what was taken with another is undecided")]


def _of_providers(problems: Iterable[Problem], providers: set[str]) -> list[Problem]:
    return [
        problem for problem in problems if not isinstance(problem.where, LiveRef) or problem.where.provider in providers
    ]


def _shown(file: Path, request: Request) -> str:
    """A file as reports call it."""
    return file.relative_to(request.base).as_posix() if file.is_relative_to(request.base) else file.name


def _listing(resource: Resource, snapshot: Snapshot) -> LiveRef | None:
    """The call that listed a kind in the place where a declared resource should have been."""
    call = kinds.listing_call(resource.kind)
    parts = [part for part in snapshot.parts if part.provider == provider_of(resource.kind)]
    account = resource.identity.get("account")
    part = next((part for part in parts if part.account == account), parts[0] if parts else None)
    if part is None or not call:
        return None
    region = resource.identity.get("region")
    return LiveRef(part.provider, part.account, region if isinstance(region, str) else "", "", call, part.taken_at)
