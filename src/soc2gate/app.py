"""The use cases, each readable as a page: what `scan`, `collect` and `verify` do, in order.

Nothing clever stands here. Each step takes one thing and gives the next: files → readings → resources in the normal
form → findings → disagreements → decision → `Run`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from soc2gate import kinds
from soc2gate.config import RootConfig
from soc2gate.engine.evaluate import evaluate
from soc2gate.facts import dataclass, replace
from soc2gate.finishing import finish
from soc2gate.model.outcome import (
    Difference,
    Disagreement,
    Finding,
    Run,
)
from soc2gate.model.resource import (
    LiveRef,
    Problem,
    Resource,
    Weight,
)
from soc2gate.model.rule import RuleSet
from soc2gate.reading import Declared, read_declared
from soc2gate.request import Request

if TYPE_CHECKING:
    from pathlib import Path

    from soc2gate.engine.match import Matching, Pair
    from soc2gate.live.progress import Progress
    from soc2gate.live.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Looked:
    """Both sides, and where they disagree: what there is to suggest from."""

    declared: tuple[Resource, ...]
    live: tuple[Resource, ...]
    findings: tuple[Finding, ...]
    pairs: tuple[Pair, ...]
    disagreements: tuple[Disagreement, ...]
    parts: tuple[Resource, ...]
    """Live resources that are part of another and that no code declares."""


def scan(request: Request) -> Run:
    """Judge the code alone. Opens no socket, needs no credentials.

    Raises `UsageError` when there is nothing to scan, `ConfigError` for a rule that does not compile.
    """
    if request.config.cloud_control:
        from soc2gate import opted

        opted.allow_cloud_control(request)
    declared = read_declared(request)
    request.doing(f"asking {len(request.rules.rules)} rules about {len(declared.resources)} resources")
    findings = evaluate(request.rules, declared.resources, now=request.now)
    return finish(request, "scan", declared, findings)


def collect(
    request: Request,
    *,
    providers: Iterable[str],
    asked: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> Snapshot:
    """Read live state of the named providers (`aws`, `kubernetes`) into one snapshot.

    `asked` limits the kinds; empty means every kind that has a live reader. Raises `CollectError` when a side cannot
    be reached at all, `UsageError` where an extra is missing.
    """
    # Imported here: a scan never pays for the live side.
    from soc2gate import opted
    from soc2gate.kinds.withheld import digest_key, key_name
    from soc2gate.live.aws import collect_aws
    from soc2gate.live.kubernetes import KubernetesRequest, collect_kubernetes
    from soc2gate.live.snapshot import Snapshot

    digest_key()  # one that cannot be used is told before anything is asked
    opted.allow_cloud_control(request)
    wanted = tuple(asked) or tuple(kind for kind in kinds.known_kinds() if kinds.has_live(kind))
    snapshots = []
    for provider in providers:
        of_provider = tuple(kind for kind in wanted if provider_of(kind) == provider)
        if provider == "aws":
            snapshots.append(collect_aws(opted.aws_request(request, of_provider), progress))
        else:
            kubeconfig = request.config.kubeconfig
            cluster = KubernetesRequest(
                kinds=of_provider,
                clock=request.clock,
                context=request.context or request.config.kube_context,
                kubeconfig=str(kubeconfig) if kubeconfig else None,
            )
            snapshots.append(collect_kubernetes(cluster, progress))
    joined = Snapshot.join(snapshots)
    return replace(joined, parts=tuple(replace(part, digest_key=key_name()) for part in joined.parts))


def verify(
    request: Request,
    snapshot: Snapshot | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    keep: Callable[[Snapshot], None] | None = None,
    accept: Callable[[str], None] | None = None,
    then: Callable[[Looked], None] | None = None,
) -> Run:
    """Judge code and live state with the same rules, and compare them.

    Live state comes from `snapshot`, or is collected now from the providers that the code deploys to; `keep` is given
    what was collected, `accept` the file that accepts all that code never says, and `then` both sides and where they
    disagree. Raises what `scan` and `collect` raise.
    """
    from soc2gate import opted
    from soc2gate.engine import scope
    from soc2gate.engine.compare import Judged, compare, undeclared
    from soc2gate.kinds.withheld import digest_key

    digest_key()
    opted.allow_cloud_control(request)
    request = opted.with_fetched_states(request)
    declared = read_declared(request)
    if snapshot is None:
        snapshot = look(request, declared, progress=progress)
        if keep is not None:
            keep(snapshot)
    seen = snapshot
    providers = set(providers_of(declared.resources))
    live = tuple(resource for resource in seen.resources() if provider_of(resource.kind) in providers)
    findings = evaluate(request.rules, [*declared.resources, *live], now=request.now)
    asked = asked_kinds(declared.resources, live, request)
    found, unsettled = paired(request, declared.resources, live, seen)
    matching = scope.managed_here(found, request.config.managed)
    judged = Judged(findings, request.rules)
    differing = compare(matching, judged, listed=lambda resource: _listing(resource, seen))
    unsaid = undeclared(matching, judged, told=differing)
    disagreements, ignored = scope.without_ignored(
        [*differing, *unsaid], request.config.ignores, today=request.now[:10]
    )
    told: list[Problem] = []
    if request.who:
        from soc2gate.live.aws_who import with_who

        disagreements, told = with_who(disagreements, opted.aws_request(request))
    if then is not None:
        then(Looked(declared.resources, live, tuple(findings), matching.pairs, tuple(disagreements), matching.parts))
    unread_kinds = [kind for kind in asked if seen.why_unread(kind)]
    unsaid = [item for item in disagreements if item.difference is Difference.UNDECLARED]
    used = None
    if request.undeclared is not None:
        from soc2gate.engine import accepted

        looked = accepted.looking(
            live,
            [pair.live for pair in matching.pairs],
            seen.why_unread,
            everything="." in request.paths and not request.only_environments,
        )
        unsaid, used = accepted.settle(unsaid, request.undeclared, _shown(request.undeclared, request), looked, accept)
    return finish(
        request,
        "verify",
        declared,
        findings,
        live=live,
        disagreements=[item for item in disagreements if item.difference is not Difference.UNDECLARED],
        undeclared=unsaid,
        accepted=used,
        problems=[
            *_of_providers(seen.problems(), providers),
            *_not_compared(declared.resources, asked),
            *unsettled,
            *_unfetched(request),
            *_by_digests(seen),
            *ignored,
            *told,
        ],
        snapshot=seen,
        unread_kinds=unread_kinds,
    )


def paired(
    request: Request, declared: Sequence[Resource], live: Sequence[Resource], seen: Snapshot
) -> tuple[Matching, list[Problem]]:
    """What code declares beside what was seen, and what could not be settled about the stacks of templates."""
    from soc2gate import opted
    from soc2gate.engine import stacks
    from soc2gate.engine.match import match

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


def look(request: Request, declared: Declared, *, progress: Callable[[Progress], None] | None = None) -> Snapshot:
    """Read live state of what the code declares, where it deploys to. Raises what `collect` raises."""
    return collect(
        replace(request, regions=regions_of(request, declared.resources)),
        providers=providers_of(declared.resources),
        asked=sorted(asked_kinds(declared.resources, (), request)),
        progress=progress,
    )


def providers_of(resources: Iterable[Resource]) -> list[str]:
    """The live sides the code deploys to, sorted."""
    return sorted({provider_of(resource.kind) for resource in resources})


def regions_of(request: Request, resources: Iterable[Resource]) -> tuple[str, ...]:
    """The AWS regions to read: as asked, else as configured, else those the code itself deploys to.

    Empty where nothing says one; the session's own region is read then, and a note says so.
    """
    configured = {region for root in request.config.roots for region in _regions_of(root, request)}
    written = {resource.identity.get("region") for resource in resources}
    known = {region for region in written if isinstance(region, str) and region not in ("", "global")}
    return request.regions or request.config.regions or tuple(sorted(configured or known))


def _regions_of(root: RootConfig, request: Request) -> Iterable[str]:
    """The regions a root deploys to, in the environments that are asked for."""
    wanted = request.only_environments
    named = [name for name in root.environments if not wanted or name in wanted]
    return [region for name in named or [""] for region in root.of(name).regions]


def provider_of(kind: str) -> str:
    return "kubernetes" if kind.startswith("Kubernetes::") else "aws"


def asked_kinds(declared: Sequence[Resource], live: Iterable[Resource], request: Request) -> set[str]:
    """Kinds that take part in the comparison: those code declares, those found live, those a rule reads."""
    named = {resource.kind for resource in [*declared, *live]}
    if any(resource.spelling == "cloudformation" for resource in declared):
        # What a template without names became, only its stack tells.
        named.add("Account::CloudFormation::Stack")
    known = {kind for kind in named if kind in kinds.known_kinds() and kinds.has_live(kind)}
    return known | live_kinds(request.rules) | set(request.config.cloud_control)


def live_kinds(rules: RuleSet) -> set[str]:
    """The kinds that these rules read live."""
    named = {case.kind for rule in rules.rules.values() for case in rule.cases if "live" in case.sides}
    return {kind for kind in named if kind in kinds.known_kinds() and kinds.has_live(kind)}


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
    from soc2gate.opted import state_urls

    left = sorted(state_urls(request) - request.fetched.keys())
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
