"""Resource policies that Terraform writes in the resource itself, as the resources that separate ones would be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from soc2gate.facts import replace
from soc2gate.kinds.describe import Neighbours
from soc2gate.model.resource import Resource, Side, Where
from soc2gate.model.value import Alternatives, Text, Unknown, Value


def derived_policy(owner: Resource, kind: str, target: Mapping[str, Value]) -> Sequence[Resource]:
    """The policy in `owner.related.Policy`, as a resource of `kind` whose `target` property names the owner.

    On the live side policies are read for themselves; there this gives nothing.
    """
    policy = owner.related.get("Policy")
    if owner.side is Side.LIVE or owner.partial or policy is None:
        return ()
    uncertain = owner.uncertain
    if isinstance(policy, (Unknown, Alternatives)):
        uncertain = uncertain or policy.reason
    start = "related.Policy"
    places: dict[str, Where] = {
        "PolicyDocument" + path.removeprefix(start): where
        for path, where in owner.places.items()
        if path.startswith(start)
    }
    return (
        replace(
            owner,
            kind=kind,
            properties={**target, "PolicyDocument": policy},
            places=places,
            related={},
            defaults={},
            initial={},
            notes={},
            uncertain=uncertain,
            derived_from=owner.kind,
            members={},
            tags={},
        ),
    )


def belonging_to(kind: str, target: str) -> Callable[[Resource, Neighbours], Resource]:
    """For `Kind.concludes` of a policy: the names of the resources of `kind` that its property `target` lists, as the
    identity `owners`. One policy may be that of several queues; live, each of them has its own."""

    def conclude(policy: Resource, neighbours: Neighbours) -> Resource:
        if policy.side is Side.LIVE:
            return policy
        name = policy.identity.get("name")
        listed = policy.properties.get(target)
        # Written in the resource itself, it has the name of that.
        owners = [name] if isinstance(name, str) else [_owner(value, kind, neighbours) for value in _each(listed)]
        known: list[Value] = [owner for owner in owners if owner]
        if not known or len(known) < len(owners):
            return policy
        return replace(policy, identity={**policy.identity, "owners": known})

    return conclude


def _each(listed: Value) -> Sequence[Value]:
    return listed if isinstance(listed, list) else [listed]


def _owner(value: Value, kind: str, neighbours: Neighbours) -> str:
    """The name at the end of an ARN or URL, or that of the resource it refers to; empty where it is not known."""
    if isinstance(value, Text):
        value = value.parts[-1] if isinstance(value.parts[-1], str) and re.search("[:/]", value.parts[-1]) else None
    if isinstance(value, str):
        return re.split("[:/]", value)[-1]
    if isinstance(value, Unknown) and value.ref is not None:
        other = neighbours.at(kind, value.ref.address)
        name = other.identity.get("name") if other is not None else None
        return name if isinstance(name, str) else ""
    return ""
