"""From what each call saw to resources that know what belongs to them."""

from __future__ import annotations

from soc2gate import kinds
from soc2gate.facts import replace
from soc2gate.kinds import Unread
from soc2gate.live.snapshot import GLOBAL, Part, root_of
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown


def linked(parts: tuple[Part, ...]) -> tuple[Resource, ...]:
    """The resources of all parts, ordered, each with its derived ones and with `related` filled from its neighbours.

    Where a linked kind could not be read, or was not asked for, the link is left open: what is not there may be.
    """
    out: list[Resource] = []
    for part in parts:
        seen = [_as_far_as_readable(resource, part) for resource in part.resources]
        seen += kinds.derived(seen)
        out += kinds.link(seen, _unread(part, {resource.kind for resource in seen}))
    return tuple(sorted(out, key=lambda resource: (resource.kind, resource.root, resource.address)))


def _as_far_as_readable(resource: Resource, part: Part) -> Resource:
    """With every property unknown that stands under a call that would have told all of it."""
    for failed in part.failed_calls:
        if failed.property == "*" and failed.uid == resource.address and failed.kind == resource.kind:
            told = dict.fromkeys(kinds.type_of(resource.kind).properties, Unknown(failed.reason))
            told.pop("related", None)
            return replace(resource, properties={**told, **resource.properties})
    return resource


def _unread(part: Part, present: set[str]) -> list[Unread]:
    out: list[Unread] = []
    regions = {root_of(part.provider, part.account, region) for region in (*part.regions_asked, GLOBAL)}
    regions |= {resource.root for resource in part.resources}
    for entry in part.coverage:
        if not entry.read:
            here = root_of(part.provider, part.account, entry.region)
            out += [Unread(root, entry.reason, entry.kind) for root in (regions if entry.region == GLOBAL else {here})]
    if not part.coverage:
        for failed in part.failed_calls:
            if not failed.uid:
                root = root_of(part.provider, part.account, failed.region) if failed.region else ""
                out.append(Unread(root, failed.reason, failed.kind))
        return out
    covered = {entry.kind for entry in part.coverage}
    wanted = {link.kind for name in present for link in kinds.kind(name).links.values()}
    out += [Unread("", f"{name} was not asked of {part.account}", name) for name in sorted(wanted - covered)]
    return sorted(out, key=lambda unread: (unread.kind, unread.root, unread.reason))
