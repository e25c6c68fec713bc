"""From one listed item and the answers about it to a resource in the normal form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from soc2gate.kinds.convert import coerce
from soc2gate.kinds.describe import Call, Kind, LiveItem
from soc2gate.kinds.draft import Draft
from soc2gate.live.snapshot import root_of
from soc2gate.live.snapshot_json import set_unknown
from soc2gate.model.resource import LiveRef, Resource, Side, Where
from soc2gate.model.value import Json, Unknown, Value


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard of one item."""

    kind: Kind
    region: str
    item: Mapping[str, Json]
    answers: Mapping[str, Json]
    """Operation to its answer; one that failed is missing."""
    listing: str
    """The call that listed it: `s3:ListBuckets`."""
    calls: Mapping[str, str]
    """Operation to the call's name: `get_bucket_versioning` to `s3:GetBucketVersioning`."""
    account: str
    partition: str


def build(seen: Seen, failures: Sequence[tuple[Call, str]], taken_at: str) -> Sequence[Resource]:
    """The resources an item makes: one, or none when the kind's builder finds that there is nothing.

    `failures` are the detail calls without an answer, each with why.
    """
    live = seen.kind.live
    assert live is not None
    assert live.build is not None, f"{seen.kind.name} has live calls and no build"
    listed = LiveRef("aws", seen.account, seen.region, "", seen.listing, taken_at)
    body: dict[str, Value] = {**_values(seen.item), **_values(seen.answers)}
    draft = Draft(seen.kind, None, body, listed)
    draft.account = seen.account
    draft.region = seen.region
    draft.calls = {
        **dict.fromkeys(seen.item, listed),
        **{operation: replace(listed, call=call) for operation, call in seen.calls.items()},
    }
    live.build(
        LiveItem(
            item=seen.item,
            answers=seen.answers,
            failures={call.operation: reason for call, reason in failures},
            account=seen.account,
            region=seen.region,
            partition=seen.partition,
            draft=draft,
        )
    )
    if not draft.identity:
        return ()
    return (_resource(draft, seen, failures, listed),)


def _resource(draft: Draft, seen: Seen, failures: Sequence[tuple[Call, str]], listed: LiveRef) -> Resource:
    uid = uid_of(seen.kind.name, draft.identity)
    region = draft.region if isinstance(draft.region, str) else seen.region
    where = replace(listed, uid=uid, region=region)
    problems: list[str] = []
    properties = _fitted(draft, problems)
    for call, reason in failures:
        for path in call.into.split(","):
            if path.strip() and path.strip() != "*" and not path.strip().startswith("related."):
                set_unknown(properties, path.strip(), Unknown(reason))
    return Resource(
        kind=seen.kind.name,
        address=uid,
        side=Side.LIVE,
        properties=properties,
        where=where,
        places={path: _at(place, uid, region) for path, place in sorted(draft.places.items())},
        root=root_of("aws", seen.account, region),
        spelling="api",
        identity={**draft.identity, "account": seen.account, "region": region},
        related=dict(draft.related),
        notes=dict(draft.notes),
        tags=dict(draft.tags),
        managed_by=draft.managed_by,
    )


def uid_of(kind: str, identity: Mapping[str, Value]) -> str:
    """What a live resource is called everywhere: its ARN, or its id, or its kind and name."""
    for key in ("arn", "id", "name"):
        value = identity.get(key)
        if isinstance(value, str) and value:
            return value if key == "arn" else f"{kind}/{value}"
    return kind


def _fitted(draft: Draft, problems: list[str]) -> dict[str, Value]:
    from soc2gate.kinds import type_of

    fitted = coerce(
        dict(draft.properties), type_of(draft.kind.name), "", lambda path, told: problems.append(told), False
    )
    assert isinstance(fitted, dict)
    return dict(fitted)


def _at(place: Where, uid: str, region: str) -> Where:
    return replace(place, uid=uid, region=region) if isinstance(place, LiveRef) else place


def _values(fields: Mapping[str, Json]) -> dict[str, Value]:
    """Plain data is a value as it stands; the type checker cannot see through the two recursive names."""
    return {name: _value(field) for name, field in fields.items()}


def _value(field: Json) -> Value:
    if isinstance(field, dict):
        return {key: _value(child) for key, child in field.items()}
    if isinstance(field, list):
        return [_value(child) for child in field]
    return field
