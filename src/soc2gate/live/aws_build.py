"""From one listed item and the answers about it to a resource of one account and region."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.facts import dataclass, replace
from soc2gate.kinds import build_live
from soc2gate.kinds.describe import Kind
from soc2gate.live.snapshot import root_of
from soc2gate.model.resource import LiveRef, Resource, Where, place_of
from soc2gate.model.value import Json


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard of one item."""

    kind: Kind
    region: str
    item: Mapping[str, Json]
    answers: Mapping[str, Json]
    """Operation to its answer, None where that is absence; an operation that failed is missing."""
    failures: Mapping[str, str]
    """Operation to why it failed."""
    calls: Mapping[str, str]
    """Operation to the call's name: `get_bucket_versioning` to `s3:GetBucketVersioning`."""
    account: str
    partition: str


def build(seen: Seen, taken_at: str) -> Resource | None:
    """The resource, or None where the answers say that there is none."""
    resource = build_live(
        seen.kind.name,
        item=seen.item,
        answers=seen.answers,
        failures=seen.failures,
        account=seen.account,
        region=seen.region,
        partition=seen.partition,
        seen_at=taken_at,
        call_names=seen.calls,
    )
    if resource is None:
        return None
    region = resource.identity.get("region")
    where = resource.where
    assert isinstance(where, LiveRef)
    if isinstance(region, str):
        # A bucket is listed globally and stands in a region.
        where = replace(where, region=region)
    places: dict[str, Where] = {}
    for path, place in sorted(resource.places.items()):
        placed = replace(place, region=where.region, uid=where.uid) if isinstance(place, LiveRef) else place
        # Parts of a property seen by the same call need no place of their own.
        if place_of(places, path, where) != placed or path.isalnum():
            places[path] = placed
    return replace(resource, where=where, places=places, root=root_of("aws", seen.account, where.region))
