"""The live half of the normal form: from the plain answers of an API to a resource. Makes no call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from soc2gate.kinds import registry
from soc2gate.kinds.completing import complete, facts_of
from soc2gate.kinds.convert import tag_list, tag_map, without_aws_tags
from soc2gate.kinds.describe import Call, LiveItem
from soc2gate.kinds.draft import Draft
from soc2gate.model.resource import LiveRef, Resource, Side
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.schema import lookup

_WHO = "sts:GetCallerIdentity"
"""What tells of the account itself."""


def build_live(
    kind_name: str,
    *,
    item: Mapping[str, Json],
    answers: Mapping[str, Json],
    failures: Mapping[str, str],
    account: str,
    region: str,
    partition: str,
    seen_at: str,
    call_names: Mapping[str, str],
) -> Resource | None:
    """One listed item with the answers to its detail calls, as a resource; None where they say there is none.

    `answers` maps operations to results (None where the API said absent), `failures` the others to why they failed:
    the properties that such a call tells of are unknown with that reason. `call_names` spells operations as AWS does
    (`get_bucket_policy` → `s3:GetBucketPolicy`).
    """
    kind = registry.kind(kind_name)
    spelling = kind.live
    if spelling is None:
        raise ValueError(f"{kind_name} has no live spelling")
    listed = spelling.enumerate.operation if spelling.enumerate else ""
    first = next((call.operation for call in spelling.details), "")
    body: dict[str, Value] = {**_values(item), **_values(answers)}
    draft = Draft(kind, None, body, LiveRef("aws", account, region, "", call_names.get(listed or first, _WHO), seen_at))
    draft.account, draft.region = account, region
    # A place for every detail call that answered; what the listing told is seen where the resource was.
    draft.calls = {"": draft.where} | {
        operation: LiveRef("aws", account, region, "", name, seen_at)
        for operation, name in call_names.items()
        if operation != listed
    }
    draft.identity |= {"account": account, "region": region}
    draft.root = f"aws:{account}:{region}"
    live = LiveItem(item, answers, failures, account, region, partition, draft)
    if spelling.build is not None:
        spelling.build(live)
    if not draft.exists:
        return None
    for call in spelling.details:
        if call.operation in failures:
            _cannot_tell(draft, call, failures[call.operation])
        elif call.operation in answers:
            for path in _paths(call):
                draft.places.setdefault(path, draft.calls.get(call.operation, draft.where))
    whole = next((call.operation for call in spelling.details if call.into == "*"), listed)
    for path in spelling.tells:
        draft.places.setdefault(path, draft.calls.get(whole, draft.where))
    return _finish(draft)


def build_told(kind_name: str, told: Mapping[str, Json], where: LiveRef, *, arn: str, untold: str) -> Resource:
    """What another source tells of a live resource in the registry's own names.

    What it leaves out is unknown, with `untold` and the property's name as the reason.
    """
    # Imported here: a scan loads this module, and none of what live state needs.
    from soc2gate.kinds.keeping import withhold
    from soc2gate.kinds.withheld import without_credentials

    kind = registry.kind(kind_name)
    facts = facts_of(kind_name)
    draft = Draft(kind, None, {}, where)
    draft.account, draft.region = where.account, where.region
    draft.root = f"aws:{where.account}:{where.region}"
    draft.identity |= {"account": where.account, "region": where.region}
    kept = _values(told)
    withhold(kind_name, kept)
    for name in facts.type.properties:
        value = kept.get(name)
        if name in told:
            draft.places[name] = where
        if value is not None:
            draft.set(name, without_credentials(value))
        elif name not in told:
            draft.properties[name] = Unknown(untold.format(name))
    for call in kind.live.details if kind.live is not None else ():
        for path in _paths(call):
            if path.startswith("related."):
                draft.overwrite(path, Unknown(untold.format(path)))
    named = {"arn": arn, "name": next((told[name] for name in kind.names if name in told), None)}
    parts = lookup.facts(kind_name).primary_identifier
    # AWS Config has some identifiers under a name of its own.
    named["id"] = told.get(parts[0], told.get("Id")) if len(parts) == 1 else None
    draft.identity |= {key: value for key, value in named.items() if isinstance(value, str) and value}
    return _finish(draft)


def _paths(call: Call) -> list[str]:
    return [path for part in call.into.split(",") if (path := part.strip()) and path != "*"]


def _values(plain: Mapping[str, Json]) -> dict[str, Value]:
    # All of Json is a Value; that lists and dicts are invariant is only the type checker's concern.
    return cast("dict[str, Value]", dict(plain))


def _cannot_tell(draft: Draft, call: Call, reason: str) -> None:
    unknown = Unknown(reason)
    if call.into == "*":
        draft.properties = dict.fromkeys(facts_of(draft.kind.name).type.properties, unknown)
        return
    for path in _paths(call):
        draft.overwrite(path, unknown)
        draft.places[path] = draft.calls.get(call.operation, draft.where)


def _finish(draft: Draft) -> Resource:
    facts = facts_of(draft.kind.name)
    if facts.tags:
        tags = draft.properties.get(facts.tags)
        draft.tags = tag_map(tags)
        if tags is not None and facts.tags_are_list:
            draft.properties[facts.tags] = without_aws_tags(tag_list(draft.tags) if isinstance(tags, list) else tags)
    identity = draft.identity
    uid = next(
        (value for key in ("arn", "id", "name") if isinstance(value := identity.get(key), str) and value),
        f"{draft.kind.name}/{identity.get('account')}/{identity.get('region')}",
    )
    draft.address = uid
    draft.where = _with_uid(draft.where, uid)
    draft.places = {path: _with_uid(where, uid) for path, where in draft.places.items()}
    return complete(draft, Side.LIVE)


def _with_uid(where: object, uid: str) -> LiveRef:
    assert isinstance(where, LiveRef)
    return LiveRef(where.provider, where.account, where.region, uid, where.call, where.seen_at)
