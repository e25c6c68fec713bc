"""Which live resource CloudFormation made of each resource of a template: logical ids to physical ones.

A template that gives no names can be paired with what runs only by its stack. Which stack that is, the configuration
says (`stack:` of a root), or the one stack whose logical ids are the template's. What a stack holds, CloudFormation
tells, or where that was not read the tags that it puts on what it makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from soc2gate.facts import dataclass, field
from soc2gate.kinds import registry
from soc2gate.model.resource import Problem, Resource, Weight
from soc2gate.model.value import Value

STACK = "Account::CloudFormation::Stack"
_STACK_TAG = "aws:cloudformation:stack-name"
_LOGICAL_TAG = "aws:cloudformation:logical-id"
_ENOUGH = 2
"""Logical ids that a template and a stack of another name must share before one is taken for the other's: many
templates hold one `Bucket`."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What one resource of a template became."""

    stack: str
    account: str
    region: str
    physical: str
    """Empty where the stack has no such resource."""
    certain: bool
    """Whether CloudFormation itself told, so that what it does not name is not there."""


Deployment: TypeAlias = Mapping[tuple[str, str], Deployed]
"""(root, logical id) to what it became; what no stack tells of is left out."""


@dataclass(frozen=True, slots=True)
class _Stack:
    name: str
    arn: str
    account: str
    region: str
    certain: bool
    holds: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Logical id to type and physical id."""

    def deployed(self, logical_id: str) -> Deployed | None:
        found = self.holds.get(logical_id)
        if found is None and not self.certain:
            return None
        return Deployed(self.name, self.account, self.region, found[1] if found else "", self.certain)


def deployed(
    declared: Iterable[Resource],
    live: Sequence[Resource],
    *,
    named: Mapping[str, str],
    unread: Callable[[str, str], str | None],
) -> tuple[Deployment, list[Problem]]:
    """What the templates' resources became, and what could not be settled about their stacks.

    `named` maps roots to the stacks that the configuration names; `unread(region, account)` says why the stacks there
    could not be read.
    """
    templates: dict[str, list[Resource]] = defaultdict(list)
    for resource in declared:
        if resource.spelling == "cloudformation" and not resource.derived_from and not resource.partial:
            templates[resource.root].append(resource)
    if not templates:
        return {}, []
    stacks = _stacks(live)
    found: dict[str, _Stack] = {}
    problems: list[Problem] = []
    for root, resources in sorted(templates.items()):
        near = [stack for stack in stacks if _in_reach(stack, resources[0])]
        wanted = named.get(root, "")
        candidates = (
            [stack for stack in near if wanted in (stack.name, stack.arn)] if wanted else _alike(root, resources, near)
        )
        if len(candidates) == 1:
            found[root] = candidates[0]
        elif candidates:
            problems.append(_several(root, candidates))
        elif wanted:
            problems.append(
                Problem(Weight.NOTE, "compare", f"{root}: there is no stack {wanted} where it was looked for")
            )
            absent = _absent(wanted, resources[0], unread)
            if absent is not None:
                found[root] = absent
    taken: dict[int, list[str]] = defaultdict(list)
    for root, stack in found.items():
        taken[id(stack)].append(root)
    for roots in taken.values():
        if len(roots) > 1:
            stack = found[roots[0]]
            problems.append(
                Problem(
                    Weight.NOTE,
                    "compare",
                    f"stack {stack.name} may be that of {' or of '.join(roots)}: it was used for none",
                    hint=_SAY,
                )
            )
            for root in roots:
                del found[root]
    return {
        (root, resource.address): place
        for root, stack in found.items()
        for resource in templates[root]
        if (place := stack.deployed(resource.address)) is not None
    }, problems


_SAY = "say which in soc2gate.yaml: roots: [{path: template.yaml, stack: NAME}]"


def _several(root: str, candidates: Sequence[_Stack]) -> Problem:
    names = ", ".join(sorted(stack.arn or f"{stack.name} in {stack.region}" for stack in candidates))
    return Problem(Weight.NOTE, "compare", f"{root} may be deployed as any of {names}: none was used", hint=_SAY)


def _absent(wanted: str, resource: Resource, unread: Callable[[str, str], str | None]) -> _Stack | None:
    """An empty stack, where it is certain that the one the configuration names is not there."""
    account, region = (_word(resource.identity.get(part)) for part in ("account", "region"))
    if unread(region, account) is not None:
        return None
    return _Stack(wanted, "", account, region, certain=True)


def _stacks(live: Iterable[Resource]) -> list[_Stack]:
    """The stacks that CloudFormation tells of, and those that only tags do."""
    found: dict[tuple[str, str, str], _Stack] = {}
    tagged: list[tuple[_Stack, str, Resource]] = []
    for resource in live:
        account, region = (_word(resource.identity.get(part)) for part in ("account", "region"))
        if resource.kind == STACK:
            stack = _of_stack(resource, account, region)
            found[account, region, stack.name] = stack
            continue
        name, logical_id = (_word(resource.tags.get(tag)) for tag in (_STACK_TAG, _LOGICAL_TAG))
        if name and logical_id:
            tagged.append((_Stack(name, "", account, region, certain=False), logical_id, resource))
    told = {(account, name) for account, _, name in found}
    for stack, logical_id, resource in tagged:
        if stack.region == "global" and (stack.account, stack.name) in told:
            continue  # of which region's stack of this name it is, its tags do not say
        known = found.setdefault((stack.account, stack.region, stack.name), stack)
        if not known.certain:
            known.holds.setdefault(logical_id, (resource.kind, _uid(resource)))
    return list(found.values())


def _of_stack(resource: Resource, account: str, region: str) -> _Stack:
    name, arn = (_word(resource.identity.get(part)) for part in ("name", "arn"))
    listed = resource.properties.get("Resources")
    if not isinstance(listed, list):
        return _Stack(name, arn, account, region, certain=False)
    stack = _Stack(name, arn, account, region, certain=True)
    for item in listed:
        if isinstance(item, dict):
            logical_id, type_, physical = (
                _word(item.get(name)) for name in ("LogicalResourceId", "ResourceType", "PhysicalResourceId")
            )
            stack.holds[logical_id] = (type_, physical)
    return stack


def _in_reach(stack: _Stack, resource: Resource) -> bool:
    for part, theirs in (("account", stack.account), ("region", stack.region)):
        ours = _word(resource.identity.get(part))
        # What belongs to no region is made through a stack of some region.
        if ours and theirs and ours != theirs and "global" not in (ours, theirs):
            return False
    return True


def _alike(root: str, resources: Sequence[Resource], stacks: Sequence[_Stack]) -> list[_Stack]:
    """The stacks that hold at least half of what the template declares, and not just by chance."""
    found = []
    file = root.rpartition(" (")[0] or root
    stem = file.rpartition("/")[2].partition(".")[0].lower()
    for stack in stacks:
        shared = sum(_is_of(resource, stack.holds.get(resource.address)) for resource in resources)
        by_name = len(stem) > 1 and stem in stack.name.lower().split("-")
        if shared * 2 >= len(resources) and (shared >= _ENOUGH or (shared and (by_name or stem == stack.name.lower()))):
            found.append(stack)
    return found


def _is_of(resource: Resource, held: tuple[str, str] | None) -> bool:
    if held is None:
        return False
    if held[0] == resource.kind:
        return True
    spelt = registry.spelt("cloudformation", held[0])
    return spelt is not None and any(kind.name == resource.kind for kind, _ in spelt.owns)


def _uid(resource: Resource) -> str:
    return next((found for key in ("arn", "id", "name") if (found := _word(resource.identity.get(key)))), "")


def _word(value: Value) -> str:
    return value if isinstance(value, str) else ""
