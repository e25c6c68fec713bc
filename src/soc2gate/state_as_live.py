"""Terraform's state as the live side of a comparison: what Terraform saw when it last looked, without credentials.

It is less than the account. It holds what Terraform manages and nothing else, so that nothing is ever missing because
of it; it is as old as the last refresh; and what a provider does not write into it is unknown, never a default. Values
that a snapshot must not hold are judged and replaced here as they are when an account is read.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from soc2gate import kinds
from soc2gate.declared.terraform.plan_values import COMPUTED_BLOCKS, HIDDEN
from soc2gate.declared.terraform.shown import identifying
from soc2gate.declared.terraform.state import Stored, read_content
from soc2gate.errors import InputError
from soc2gate.facts import replace
from soc2gate.kinds import registry
from soc2gate.kinds.completing import facts_of
from soc2gate.kinds.keeping import withhold
from soc2gate.kinds.normalise import write_down
from soc2gate.kinds.withheld import key_name
from soc2gate.live.snapshot import GLOBAL, Coverage, Part, Snapshot, root_of
from soc2gate.model.resource import LiveRef, RawResource, Reading, Resource, Side, Span, StateObject
from soc2gate.model.value import Alternatives, Json, OpenList, Text, Unknown, Value, as_json, first_unknown
from soc2gate.version import __version__

CALL = "Terraform state"
_BEYOND = "a Terraform state tells only of what Terraform manages"
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:([a-z0-9-]*):(\d{12}):")
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d)[a-z]")
_SHA1 = re.compile(r"[0-9a-f]{40}")


def read_states(files: Iterable[Path | StateObject], base: Path) -> Snapshot:
    """One snapshot of what the states hold, a part for each account. Raises `InputError` for what is no state."""
    parts: dict[str, list[Part]] = defaultdict(list)
    held: dict[tuple[str, str, str], str] = {}
    for file in dict.fromkeys(files):
        shown = _shown(file, base)
        for part in _parts(file, shown):
            _hold_once(part, shown, held)
            parts[part.account].append(part)
    joined = [_joined(account, found) for account, found in sorted(parts.items())]
    return Snapshot(tuple(joined), {"name": "soc2gate", "version": __version__})


def _shown(file: Path | StateObject, base: Path) -> str:
    if isinstance(file, StateObject):
        return file.url
    return file.resolve().relative_to(base).as_posix() if file.resolve().is_relative_to(base) else str(file)


def _hold_once(part: Part, shown: str, held: dict[tuple[str, str, str], str]) -> None:
    """Note what a state holds. Raises `InputError` where that, or another, has told of the same resource."""
    for resource in part.resources:
        key = (resource.kind, resource.root, resource.address)
        if held.get(key) == shown:
            raise InputError(
                f"{resource.address} stands twice in {shown}",
                hint="one resource has one address: drop one of them with terraform state rm",
            )
        if key in held:
            raise InputError(
                f"two states hold {resource.address}", hint="give the newer one only: one resource has one state"
            )
        held[key] = shown


def _joined(account: str, parts: Sequence[Part]) -> Part:
    """Several states of one account: the oldest time is what can be said of all."""
    return replace(
        parts[0],
        account=account,
        taken_at=min(part.taken_at for part in parts),
        finished_at=max(part.finished_at for part in parts),
        regions_asked=tuple(sorted({region for part in parts for region in part.regions_asked})),
        regions_read=tuple(sorted({region for part in parts for region in part.regions_read})),
        resources=tuple(resource for part in parts for resource in part.resources),
        notes=tuple(note for part in parts for note in part.notes),
    )


def _parts(file: Path | StateObject, shown: str) -> list[Part]:
    content = read_content(file, shown)
    # Terraform does not write when it looked; the file was written then, or later.
    if isinstance(file, StateObject):
        written = file.written
    else:
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    resources = [stored for stored in content.resources if stored.values]
    places = {stored.address: _place(stored) for stored in resources}
    accounts = sorted({account for account, _ in places.values() if account})
    only = accounts[0] if len(accounts) == 1 else ""
    raws = [
        _raw(stored, shown, places[stored.address][0] or only, places[stored.address][1], resources)
        for stored in resources
    ]
    normal = kinds.normalise([Reading("terraform", shown, tuple(raws), unread=(_BEYOND,))], owns_account={})
    of_it = {one.address: one for one in resources}
    found = [_live(resource, of_it.get(resource.address), written, shown) for resource in _of_it(normal.resources)]
    by_account: dict[str, list[Resource]] = {account: [] for account in accounts or [only]}
    for resource in found:
        assert isinstance(resource.where, LiveRef)
        by_account.setdefault(resource.where.account, []).append(resource)
    serial = f", serial {content.serial}" if content.serial else ""
    note = f"live state is what Terraform saw: {shown}{serial}, written {written}; what changed since is not in it"
    left = {
        "nothing here judges them": normal.unjudged,
        "what they belong to is not in it": Counter(
            of_it[resource.address].type
            for resource in normal.resources
            if resource.partial and resource.address in of_it
        ),
        "Terraform 0.11 wrote them and terraform apply -refresh-only has yet to": Counter(
            stored.type for stored in content.resources if not stored.values
        ),
    }
    notes = [note, *(f"of {shown} were not looked at, as {why}: {_counted(n)}" for why, n in left.items() if n)]
    return [_part(account, resources, written, notes) for account, resources in by_account.items()]


def _counted(types: Mapping[str, int]) -> str:
    return ", ".join(f"{type_} ×{number}" if number > 1 else type_ for type_, number in sorted(types.items()))


def _part(account: str, resources: list[Resource], written: str, notes: list[str]) -> Part:
    regions = tuple(sorted({r.where.region for r in resources if isinstance(r.where, LiveRef) and r.where.region}))
    return Part(
        provider="aws",
        account=account,
        caller=CALL,
        taken_at=written,
        finished_at=written,
        regions_asked=regions,
        regions_read=regions,
        coverage=tuple(
            Coverage(name, GLOBAL, False, _BEYOND)
            for name in kinds.known_kinds()
            if not name.startswith("Kubernetes::") and kinds.has_live(name)
        ),
        resources=tuple(sorted(resources, key=lambda r: (r.kind, r.root, r.address))),
        notes=tuple(notes),
        digest_key=key_name(),
    )


def _place(stored: Stored) -> tuple[str, str]:
    """Account and region, as far as the resource tells; empty where it does not."""
    account = region = ""
    for name in ("arn", "id", "role", "role_arn"):
        value = stored.values.get(name)
        found = _ARN.match(value) if isinstance(value, str) else None
        if found:
            account = account or found.group(2)
            region = region or (found.group(1) if name in ("arn", "id") else "")
    owner = stored.values.get("owner_id")
    if not account and isinstance(owner, str) and re.fullmatch(r"\d{12}", owner):
        account = owner
    said, zone = stored.values.get("region"), stored.values.get("availability_zone")
    if isinstance(said, str) and said:
        region = said
    elif not region and isinstance(zone, str) and (found := _ZONE.fullmatch(zone)):
        region = found.group(1)
    return account, region


def _raw(stored: Stored, shown: str, account: str, region: str, all_of_it: Sequence[Stored]) -> RawResource:
    left_out = COMPUTED_BLOCKS.get(stored.type, frozenset()) if _said_apart(stored.type, all_of_it) else frozenset()
    body = {
        name: _never_or_no_more(_open(value, stored.hidden.get(name)))
        if (stored.type, name) == ("aws_s3_bucket", "versioning")
        else _open(value, stored.hidden.get(name))
        for name, value in stored.values.items()
        # The API's empty text means that nothing is set, and no blocks that none is there.
        if value not in (None, "", [], {}) and name not in left_out
    }
    return RawResource(
        "terraform",
        stored.type,
        stored.address,
        shown,
        body,
        Span(shown, 1),
        {},
        account or None,
        region or None,
        ids=identifying(stored.type, stored.values, stored.hidden),
    )


def _never_or_no_more(blocks: Value) -> Value:
    """The provider reads versioning that was suspended and versioning that was never turned on as the same."""
    if isinstance(blocks, list) and all(isinstance(block, dict) and not block.get("enabled") for block in blocks):
        return Alternatives((None, blocks), "Terraform's state does not tell suspended from never turned on")
    return blocks


def _said_apart(type_: str, all_of_it: Sequence[Stored]) -> bool:
    """Whether resources of their own say parts of a bucket: what the bucket itself holds was read before they were
    made."""
    return type_ == "aws_s3_bucket" and any(other.type in _SPLIT for other in all_of_it)


_SPLIT = frozenset(
    f"aws_s3_bucket_{part}"
    for part in (
        "accelerate_configuration",
        "acl",
        "cors_configuration",
        "lifecycle_configuration",
        "logging",
        "object_lock_configuration",
        "replication_configuration",
        "request_payment_configuration",
        "server_side_encryption_configuration",
        "versioning",
        "website_configuration",
    )
)


def _open(value: Json, hidden: Json) -> Value:
    """A value without what is sensitive of it."""
    if hidden is True:
        return Unknown(HIDDEN, not_null=value not in ("", [], {}))
    if isinstance(value, dict):
        marks = hidden if isinstance(hidden, dict) else {}
        return {name: _open(child, marks.get(name)) for name, child in value.items() if child is not None}
    if isinstance(value, list):
        listed = hidden if isinstance(hidden, list) else []
        items = [_open(child, listed[at] if at < len(listed) else None) for at, child in enumerate(value)]
        blocks = [_block(item) for item in items]
        return [item for item in blocks if item != {}]
    return value


def _block(item: Value) -> Value:
    """A block without the attributes that are not set; one of which nothing is set stands for none."""
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if value not in ("", [], {})}


def _of_it(resources: Sequence[Resource]) -> list[Resource]:
    """Those that the state itself holds: neither what they bring along nor what only owning an account implies."""
    ours = [resource for resource in resources if not resource.kind.startswith("Kubernetes::")]
    derived = {resource.kind for resource in kinds.derived(ours)}
    return [
        resource
        for resource in ours
        if not resource.partial
        and not (resource.derived_from and resource.kind in derived)
        and kinds.has_live(resource.kind)
        and (resource.places or not kinds.kind(resource.kind).singleton)
    ]


def _live(resource: Resource, stored: Stored | None, written: str, shown: str) -> Resource:
    """What normalising made of it, as seen and not as declared."""
    identity = {key: value for key, value in resource.identity.items() if isinstance(value, str) and value}
    account, region = identity.get("account", ""), identity.get("region", "")
    uid = next((identity[key] for key in ("arn", "id", "name") if key in identity), resource.address)
    spelling = kinds.kind(resource.kind).live
    if "arn" not in identity and not region and spelling is not None and spelling.scope == "region":
        # Which region's it is nobody tells, and every region may have one of this name.
        uid = f"{uid} ({resource.address} in {shown})"
    where = LiveRef("aws", account, region, uid, CALL, written)
    properties = dict(resource.properties)
    for path in {*resource.defaults, *resource.initial}:
        # A default is what creating would give; whether it is still so nobody looked.
        _overwrite(properties, path, Unknown(f"Terraform's state does not tell {path}"))
    told = _told_empty(resource, stored)
    facts = facts_of(resource.kind)
    for name in facts.type.properties:
        value = properties.get(name)
        # What nobody wrote was made ready for a scan, which comes before deploying.
        if (value is None and name not in told) or (value is not None and value is facts.unwritten.get(name)):
            properties[name] = Unknown(f"Terraform's state does not tell {name}")
    for companion in kinds.kind(resource.kind).companions:
        if companion.many and companion.into in properties:
            properties[companion.into] = _once(companion.into, properties[companion.into])
    withhold(resource.kind, properties)
    links = kinds.kind(resource.kind).links
    return Resource(
        kind=resource.kind,
        address=uid,
        side=Side.LIVE,
        properties=properties,
        where=where,
        places=dict.fromkeys(sorted({*properties, *told}), where),
        root=root_of("aws", account, region),
        spelling="api",
        identity=cast("dict[str, Value]", identity),
        related={name: value for name, value in resource.related.items() if name not in links},
        uncertain=resource.uncertain,
        derived_from=resource.derived_from,
        tags=resource.tags,
        members={},
    )


_NAMED_BY = {"Entries": ("RuleNumber", "Egress"), "Policies": ("PolicyName",)}
"""List to what names its elements."""


def _once(path: str, value: Value) -> Value:
    """A refreshed resource tells what companions put on it, and they tell the same: it stands once, as the companion
    says it, for that was read later."""
    if isinstance(value, OpenList):
        return replace(value, items=tuple(_each_once(path, value.items)))
    return _each_once(path, value) if isinstance(value, list) else value


def _each_once(path: str, items: Iterable[Value]) -> list[Value]:
    found: dict[str, Value] = {}
    for item in items:
        names = _NAMED_BY.get(path, ()) if isinstance(item, dict) else ()
        named = {name: item.get(name) for name in names} if isinstance(item, dict) else {}
        # A part that is not known by its name is what it says.
        found[json.dumps(as_json(named or item), sort_keys=True)] = item
    return list(found.values())


def _told_empty(resource: Resource, stored: Stored | None) -> set[str]:
    """Properties that the provider writes down and that are not set.

    Which those are, the builder of the kind shows: whatever comes out marked when the empty attributes go in marked.
    """
    spelt = registry.spelt("terraform", stored.type) if stored is not None else None
    if stored is None or spelt is None:
        return set()
    empty = [name for name, value in stored.values.items() if value in (None, "", [], {})]
    raw = _raw(stored, "", "", "", ())
    marked = replace(raw, body={**raw.body, **dict.fromkeys(empty, Unknown(_EMPTY))})
    out: set[str] = set()
    for kind, spelling in spelt.owns:
        if kind.name == resource.kind:
            made = write_down(kind, spelling, marked).properties
            out |= {name for name, value in made.items() if resource.properties.get(name) is None and _is_marked(value)}
    return out


_EMPTY = "not set, as the state says"


def _is_marked(value: Value) -> bool:
    found = first_unknown(value)
    return found is not None and not isinstance(found, Text) and found.reason == _EMPTY


def _overwrite(properties: dict[str, Value], path: str, unknown: Unknown) -> None:
    """Make what stands at a path unknown; what is on the way is copied, never changed."""
    step, rest = re.match(r"([^.\[]+)(.*)", path).groups()  # type: ignore[union-attr]  # every path begins with a name
    if not rest:
        properties[step] = unknown
        return
    properties[step] = _overwritten(properties.get(step), rest, unknown)


def _overwritten(value: Value, rest: str, unknown: Unknown) -> Value:
    if rest.startswith("["):
        index, _, further = rest[1:].partition("]")
        if not isinstance(value, list) or not index.isdigit() or int(index) >= len(value):
            return unknown
        items = list(value)
        items[int(index)] = _overwritten(items[int(index)], further, unknown) if further else unknown
        return items
    if not isinstance(value, dict):
        return unknown
    inner = dict(value)
    _overwrite(inner, rest.removeprefix("."), unknown)
    return inner
