"""Resource policies that Terraform writes in the resource itself, as the resources that separate ones would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from soc2gate.facts import replace
from soc2gate.model.resource import Resource, Side, Where
from soc2gate.model.value import Alternatives, Unknown, Value


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
