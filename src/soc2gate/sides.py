"""Which sides are looked at while they run: providers, regions and kinds, as code, configuration and rules tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from soc2gate import kinds
from soc2gate.config import RootConfig
from soc2gate.model.resource import Resource
from soc2gate.model.rule import RuleSet
from soc2gate.request import Request

if TYPE_CHECKING:
    from soc2gate.live.snapshot import Snapshot


def providers_of(resources: Iterable[Resource]) -> list[str]:
    """The live sides the code deploys to, sorted."""
    return sorted({provider_of(resource.kind) for resource in resources})


def sides_of(request: Request, declared: Iterable[Resource], seen: Snapshot | None = None) -> list[str]:
    """The live sides to look at, sorted: those the code deploys to.

    Where there is no code yet, to bring what runs into, those that were looked at (`seen`), or are asked for.
    """
    found = providers_of(declared)
    if found or not request.into_code:
        return found
    if seen is not None:
        return sorted({part.provider for part in seen.parts})
    return ["aws", "kubernetes"] if request.context or request.config.kube_context else ["aws"]


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
