"""AWS Config's snapshot, as it is delivered to a bucket, as live state: read by the readers of the API's own answers.

Of the kinds named here `configuration` is what the describe call answers, in the spelling of an older SDK: names begin
in lower case, and what the newest API tells may not have been recorded. What was not recorded is unknown, never absent;
kinds that are not named here are counted as not looked at. That a kind has no item in a region says nothing: the
recorder may not have been told to record it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from soc2gate import kinds
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, replace
from soc2gate.kinds.describe import Call, Kind, calls_of
from soc2gate.kinds.live import build_told
from soc2gate.live.aws_build import Seen, build
from soc2gate.live.aws_calls import plain
from soc2gate.live.config_kinds import KINDS, MISSING, REGISTRY_SHAPED, Fields, Recorded
from soc2gate.live.snapshot import GLOBAL, MAX_BYTES, Coverage, Part, Snapshot
from soc2gate.model.resource import LiveRef, Resource
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.schema import lookup
from soc2gate.schema.types import ListType
from soc2gate.version import __version__

CALL = "AWS Config snapshot"
_UNRECORDED = "AWS Config's snapshot does not hold it"
_GONE = ("ResourceDeleted", "ResourceDeletedNotRecorded")
_NAMED = re.compile(r"_ConfigSnapshot_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_")


def is_config_snapshot(content: Json) -> bool:
    """Whether a document is what AWS Config delivers."""
    return isinstance(content, dict) and isinstance(content.get("configurationItems"), list)


def parse_file(file: Path) -> Json:
    """The document in a file, compressed or not; None where it is no JSON."""
    try:
        data = file.read_bytes()
        if data[:2] == b"\x1f\x8b":
            unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            data = unpacking.decompress(data, MAX_BYTES)
        found: Json = json.loads(data)
    except (OSError, ValueError, RecursionError, zlib.error):
        return None
    return found


def read_config_snapshots(files: Iterable[tuple[Path, Fields]]) -> Snapshot:
    """One snapshot of several files: AWS Config writes one for each account and region.

    Raises `InputError` for a file that is not of AWS Config's form, and for two of one account and region.
    """
    accounts: dict[str, list[_Item]] = defaultdict(list)
    times: dict[str, list[str]] = defaultdict(list)
    notes: dict[str, list[str]] = defaultdict(list)
    seen: dict[tuple[str, str], Path] = {}
    for file, content in files:
        items = [_Item.of(item, file) for item in cast("list[Json]", content["configurationItems"])]
        taken_at = _taken_at(file)
        for place in sorted({(item.account, item.region) for item in items if item.region != GLOBAL}):
            if place in seen:
                raise InputError(
                    f"{seen[place].name} and {file.name} are both of {' '.join(place)}", hint="give the newer one only"
                )
            seen[place] = file
        for account in sorted({item.account for item in items}):
            accounts[account] += [item for item in items if item.account == account]
            times[account].append(taken_at)
            notes[account].append(f"live state is what AWS Config had recorded: {file.name}, of {taken_at}")
    parts = [
        _part(account, _newest(items), min(times[account]), notes[account])
        for account, items in sorted(accounts.items())
    ]
    return Snapshot(tuple(parts), {"name": "soc2gate", "version": __version__})


def _taken_at(file: Path) -> str:
    """When the snapshot was taken: its name says so; else it was written then."""
    found = _NAMED.search(file.name)
    if found:
        year, month, day, hour, minute, second = found.groups()
        return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class _Item:
    type: str
    account: str
    region: str
    status: str
    configuration: Json
    supplementary: Fields
    tags: Fields | None
    """None where the item does not tell them."""
    arn: str
    id: str
    captured: str

    @property
    def kind(self) -> str:
        """What it is called here."""
        recorded = KINDS.get(self.type)
        return (recorded.kind if recorded is not None else "") or REGISTRY_SHAPED.get(self.type, self.type)

    @classmethod
    def of(cls, item: Json, file: Path) -> _Item:
        if not isinstance(item, dict) or not isinstance(item.get("resourceType"), str):
            raise InputError(
                "holds a configuration item without a resourceType",
                path=str(file),
                hint="give the snapshot as AWS Config delivered it to its bucket",
            )
        supplementary = item.get("supplementaryConfiguration")
        return cls(
            str(item["resourceType"]),
            str(item.get("awsAccountId") or item.get("accountId") or ""),
            str(item.get("awsRegion") or ""),
            str(item.get("configurationItemStatus") or "OK"),
            _opened(item.get("configuration")),
            {name: _opened(value) for name, value in supplementary.items()} if isinstance(supplementary, dict) else {},
            _tags_of(item.get("tags")),
            str(item.get("ARN") or item.get("arn") or ""),
            str(item.get("resourceId") or ""),
            str(item.get("configurationItemCaptureTime") or ""),
        )


def _tags_of(told: Json) -> Fields | None:
    """Delivered as a map, answered to a query as a list of `key` and `value`."""
    if not isinstance(told, list):
        return told if isinstance(told, dict) else None
    pairs = [{key.lower(): value for key, value in tag.items()} for tag in told if isinstance(tag, dict)]
    return {str(pair["key"]): pair.get("value") for pair in pairs if "key" in pair}


def _newest(items: Iterable[_Item]) -> list[_Item]:
    """What belongs to no region stands in the snapshot of every region that records it: the newest is told."""
    held: dict[tuple[str, str, str], _Item] = {}
    alone: list[_Item] = []
    for item in items:
        name = item.arn or item.id
        if not name:
            alone.append(item)
            continue
        known = kinds.kind(item.kind) if item.kind in kinds.known_kinds() else None
        region = "" if known is not None and known.live and known.live.scope == "global" else item.region
        before = held.get((item.type, region, name))
        if before is None or before.captured < item.captured:
            held[item.type, region, name] = item
    return [*held.values(), *alone]


def _opened(value: Json) -> Json:
    """Data that some of AWS's doors hand out as text of JSON, or as text of text."""
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError:
            break
    return value


def _part(account: str, items: Sequence[_Item], taken_at: str, notes: list[str]) -> Part:
    resources: list[Resource] = []
    left: Counter[str] = Counter()
    known: _Known = {}
    read: set[tuple[str, str]] = set()
    unread: set[tuple[str, str]] = set()
    for item in items:
        if item.status in _GONE:
            continue
        try:
            made = _resource(item, taken_at, known)
        except _OtherShapeError:
            left[item.type] += 1
            unread.add((item.kind, item.region))
            continue
        if made is not None:
            resources.append(made)
            live = kinds.kind(made.kind).live
            if live is None or not live.also:
                # Of what takes several listings, one type of item does not tell whether the others were recorded.
                read.add((made.kind, item.region))
    if left:
        named = ", ".join(f"{type_} ×{number}" if number > 1 else type_ for type_, number in sorted(left.items()))
        notes = [*notes, f"recorded by AWS Config and not looked at: {named}"]
    regions = tuple(sorted({item.region for item in items if item.region not in ("", GLOBAL)}))
    return Part(
        provider="aws",
        account=account,
        caller="AWS Config",
        taken_at=taken_at,
        finished_at=taken_at,
        regions_asked=regions,
        regions_read=tuple(region for region in regions if any(place[1] == region for place in read)),
        coverage=_coverage(read - unread, unread),
        resources=tuple(sorted(resources, key=lambda r: (r.kind, r.root, r.address))),
        notes=tuple(notes),
    )


def _coverage(read: set[tuple[str, str]], unread: set[tuple[str, str]]) -> tuple[Coverage, ...]:
    told = [Coverage(kind, region) for kind, region in sorted(read)]
    for name in kinds.known_kinds():
        if name.startswith("Kubernetes::") or not kinds.has_live(name):
            continue
        for kind, region in sorted(unread):
            if kind == name:
                told.append(Coverage(name, region, False, "AWS Config recorded less of it than we read"))
        # Where nothing of a kind is held, nobody can tell whether there is none or none was recorded.
        told.append(Coverage(name, GLOBAL, False, "an AWS Config snapshot does not say whether it holds all of them"))
    return tuple(told)


def _resource(item: _Item, taken_at: str, known: _Known) -> Resource | None:
    """The item in the normal form; None where there is nothing of ours.

    Raises `_OtherShapeError` where too little of it was recorded to read it.
    """
    if not isinstance(item.configuration, dict) or item.status == "ResourceNotRecorded":
        raise _OtherShapeError
    if item.type in REGISTRY_SHAPED:
        return _with_tags(_told_by_registry(item, item.configuration, taken_at), item)
    recorded = KINDS.get(item.type)
    if recorded is None:
        raise _OtherShapeError
    kind = kinds.kind(item.kind)
    assert kind.live is not None
    shape, _ = _shape_of(_telling(kind, recorded))
    told = _spelled(item.configuration, shape)
    if not isinstance(told, dict) or any(told.get(name) in (None, "") for name in recorded.needs):
        raise _OtherShapeError
    made = _built(kind, recorded, item, told, taken_at)
    untold = [name for name in shape.members if name not in told]
    if untold:
        made = _without_guesses(made, _Guessing(kind, recorded, item, told, untold), taken_at, known)
    return None if made is None else _with_tags(made, item)


_Known = dict[tuple[str, frozenset[str]], set[str]]
"""Type and fields that were not recorded, to the properties that hang on them."""


@dataclass(frozen=True, slots=True)
class _Guessing:
    kind: Kind
    recorded: Recorded
    item: _Item
    told: dict[str, Json]
    untold: Sequence[str]

    def built(self, shape: Any, taken_at: str, *, on: bool, turn: int) -> Resource | None:
        thought = {name: _thought(shape.members[name], on=on, turn=turn) for name in self.untold}
        return _built(self.kind, self.recorded, self.item, self.told | thought, taken_at)


def _without_guesses(made: Resource | None, guessing: _Guessing, taken_at: str, known: _Known) -> Resource | None:
    """What comes out differently when what was not recorded is thought to be this or that is not known.

    Words out of a few are tried in turn for the first item that lacks these fields; what hangs on them does so in all.
    Raises `_OtherShapeError` where it is not even known what it is.
    """
    shape, _ = _shape_of(_telling(guessing.kind, guessing.recorded))
    lacking = (guessing.item.type, frozenset(guessing.untold))
    first = lacking not in known
    hanging = known.setdefault(lacking, set())
    own: set[str] = set()
    for on, turn in ((False, 0), *((True, turn) for turn in range(_TURNS if first else 1))):
        other = guessing.built(shape, taken_at, on=on, turn=turn)
        if made is None or other is None:
            if made is not other:
                raise _OtherShapeError
            continue
        if (other.identity, other.managed_by) != (made.identity, made.managed_by):
            raise _OtherShapeError
        for mine, theirs, above in ((made.properties, other.properties, ""), (made.related, other.related, "related.")):
            own |= {f"{above}{path}" for path in {*mine, *theirs} if mine.get(path) != theirs.get(path)}
    if first:
        hanging |= own
    if made is None:
        return None
    unknown = {path: Unknown(f"AWS Config did not record what tells {path}") for path in sorted(own | hanging)}
    related = {path.removeprefix("related."): value for path, value in unknown.items() if path.startswith("related.")}
    properties = {path: value for path, value in unknown.items() if not path.startswith("related.")}
    return replace(made, properties={**made.properties, **properties}, related={**made.related, **related})


def _telling(kind: Kind, recorded: Recorded) -> Call:
    """The call whose answer a configuration is like."""
    assert kind.live is not None
    found = next((call for call in calls_of(kind.live) if call.operation == recorded.told_by), kind.live.enumerate)
    assert found is not None
    return found


def _built(kind: Kind, recorded: Recorded, item: _Item, told: dict[str, Json], taken_at: str) -> Resource | None:
    assert kind.live is not None
    listed = dict(told)
    one_of_many = any(call.operation == recorded.told_by for call in kind.live.details)
    if one_of_many:
        listed = {name: told.get(field) for name, field in recorded.listed.items()}
    elif kind.live.keep is not None and not kind.live.keep(told, item.region):
        return None
    answers, failures = _answers(kind, recorded, item, listed)
    if one_of_many:
        _, several = _shape_of(_telling(kind, recorded))
        answers[recorded.told_by] = [told] if several else told
        failures.pop(recorded.told_by, None)
    return build(
        Seen(
            kind,
            GLOBAL if kind.live.scope == "global" else item.region,
            listed,
            answers,
            failures,
            {call.operation: CALL for call in calls_of(kind.live)},
            item.account,
            item.arn.split(":")[1] if item.arn.count(":") > 1 else "aws",
        ),
        taken_at,
    )


def _told_by_registry(item: _Item, configuration: dict[str, Json], taken_at: str) -> Resource:
    """An item of the younger kinds: AWS Config records them in the registry's form, which is the normal form."""
    where = LiveRef("aws", item.account, item.region, "", CALL, taken_at)
    if item.type == "AWS::SNS::Topic" and item.arn:
        # Recorded are its attributes, and its name is none of them.
        configuration = {"TopicName": item.arn.rpartition(":")[2], **configuration}
    return build_told(item.kind, configuration, where, arn=item.arn, untold="AWS Config did not record {}")


def _with_tags(resource: Resource, item: _Item) -> Resource:
    """An item tells its tags beside its configuration, whatever the kind."""
    if item.tags is None or (not item.tags and resource.tags):
        return resource
    name = lookup.facts(resource.kind).tags
    ours = {key: value for key, value in item.tags.items() if not key.startswith("aws:")}
    told: Value = cast("Value", ours)
    if name and isinstance(lookup.type_of(resource.kind).properties[name], ListType):
        told = _tags(ours)
    properties = {**resource.properties, name: told} if name else resource.properties
    return replace(resource, properties=properties, tags=cast("dict[str, Value]", dict(item.tags)))


def _answers(kind: Kind, recorded: Recorded, item: _Item, listed: Fields) -> tuple[dict[str, Json], dict[str, str]]:
    """What the calls about one resource would have told, and why they do not."""
    # Where a bucket is every item tells.
    answers: dict[str, Json] = {
        "get_bucket_location": {"LocationConstraint": item.region},
    }
    if item.tags is not None:
        answers["get_bucket_tagging"] = cast("Json", _tags(item.tags))
    failures: dict[str, str] = {}
    assert kind.live is not None
    for call in kind.live.details:
        if call.needs and call.needs not in listed:
            continue
        tell = (recorded.answers or {}).get(call.operation)
        answer = answers.get(call.operation, MISSING) if tell is None else tell(item.supplementary)
        if answer is MISSING:
            failures[call.operation] = _UNRECORDED
        else:
            answers[call.operation] = cast("Json", answer)
    return answers, failures


def _tags(tags: Fields) -> Value:
    return [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())]


# From Config's spelling to the API's


class _OtherShapeError(ValueError):
    """An item does not have the shape that the API's answer has, or too little of it to rely on."""


def _shape_of(call: Call) -> tuple[Any, bool]:
    """What a call's answer says of one item, and whether it is an answer about several."""
    return _shape(call.service, call.operation, call.result)


@cache
def _shape(service: str, operation: str, result: str) -> tuple[Any, bool]:
    """The same, by the service's own description. It is kept: there are thousands of items to a service, and reading
    its description takes a tenth of a second and more."""
    import botocore.session
    from botocore import xform_name

    model = botocore.session.get_session().get_service_model(service)
    name = next(name for name in model.operation_names if xform_name(name) == operation)
    shape: Any = model.operation_model(name).output_shape
    several = False
    for step in result.split("."):
        shape = shape.members[step]
        several = shape.type_name == "list"
        if several:
            shape = shape.member
    return shape, several


def _spelled(value: Json, shape: Any) -> Json:
    """A value with the names of the API: Config's begin in lower case (`dBInstanceIdentifier`)."""
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        out: dict[str, Json] = {}
        for key, child in value.items():
            name = names.get(key.lower())
            if name is not None:
                out[name] = _spelled(child, shape.members[name])
        if "ipv4Ranges" in value and "IpRanges" in shape.members:
            # Beside the plain list of ranges stands the one with descriptions, under another name.
            out["IpRanges"] = _spelled(value["ipv4Ranges"], shape.members["IpRanges"])
        return out
    if shape.type_name == "list" and isinstance(value, list):
        return [_spelled(child, shape.member) for child in value]
    if value is None or shape.type_name == "map":
        return value
    if isinstance(value, str) and "CidrIp" in getattr(shape, "members", ()):
        return {"CidrIp": value}
    if shape.type_name in ("structure", "list"):
        raise _OtherShapeError
    return _scalar(value, shape)


def _scalar(value: Json, shape: Any) -> Json:
    if isinstance(value, dict) and value.keys() == {"value"}:
        # A name in the place of what has that name.
        value = value["value"]
    if isinstance(value, (dict, list)):
        raise _OtherShapeError
    if shape.name == "policyDocumentType" and isinstance(value, str):
        return unquote(value)
    return _moment(value) if shape.type_name == "timestamp" else value


def _moment(value: Json) -> Json:
    """A time as the readers of the API have it, from text or from (milli)seconds since 1970."""
    if isinstance(value, str):
        try:
            told = datetime.fromisoformat(value)
        except ValueError:
            # Whoever asks how long ago that is finds that it is no time.
            return value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        told = datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
    else:
        return value
    return plain(told if told.tzinfo is not None else told.replace(tzinfo=UTC))


_MILLISECONDS = 100_000_000_000
"""More than this many seconds after 1970 lies three thousand years ahead."""


_TURNS = 12
"""Words that are tried of those that a field may have."""


@cache
def _thought(shape: Any, *, on: bool, turn: int, depth: int = 3) -> Json:
    """A value that a field of this shape might have."""
    if shape.type_name == "structure":
        members = shape.members.items() if depth else ()
        return {name: _thought(member, on=on, turn=turn, depth=depth - 1) for name, member in members}
    if shape.type_name == "list":
        return [_thought(shape.member, on=on, turn=turn, depth=depth - 1)] if on and depth else []
    if shape.type_name == "map":
        return {"thought": _thought(shape.value, on=on, turn=turn, depth=depth - 1)} if on and depth else {}
    if shape.type_name == "boolean":
        return on
    if shape.type_name in ("integer", "long", "float", "double"):
        return int(on)
    words = getattr(shape, "enum", ())
    if on and words:
        return str(words[turn % len(words)])
    return "arn:aws:thought:eu-west-1:123456789012:thought/thought" if on else ""
