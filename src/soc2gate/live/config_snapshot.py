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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from soc2gate import kinds
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field, replace
from soc2gate.kinds.describe import Call, Kind
from soc2gate.kinds.live import build_told
from soc2gate.live.aws_build import Seen, build
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
Fields = Mapping[str, Json]
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What AWS Config records of a kind beyond what the listing's shape says."""

    needs: tuple[str, ...] = ()
    """Fields without which there is nothing to know it by."""
    kind: str = ""
    """What it is called here, where that is not AWS's own name."""
    told_by: str = ""
    """The detail operation whose answer a configuration is like; empty for the listing."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """With `told_by`: the listing's fields, each to the field of the answer that says it."""
    answers: Mapping[str, Callable[[Fields], object]] | None = None
    """Detail operation to its answer, from the supplementary configuration; `_MISSING` where that does not tell."""


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
    parts = [_part(account, items, min(times[account]), notes[account]) for account, items in sorted(accounts.items())]
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
    tags: Fields
    arn: str

    @classmethod
    def of(cls, item: Json, file: Path) -> _Item:
        if not isinstance(item, dict) or not isinstance(item.get("resourceType"), str):
            raise InputError(
                "holds a configuration item without a resourceType",
                path=str(file),
                hint="give the snapshot as AWS Config delivered it to its bucket",
            )
        supplementary, tags = item.get("supplementaryConfiguration"), item.get("tags")
        return cls(
            str(item["resourceType"]),
            str(item.get("awsAccountId") or item.get("accountId") or ""),
            str(item.get("awsRegion") or ""),
            str(item.get("configurationItemStatus") or "OK"),
            _opened(item.get("configuration")),
            {name: _opened(value) for name, value in supplementary.items()} if isinstance(supplementary, dict) else {},
            tags if isinstance(tags, dict) else {},
            str(item.get("ARN") or item.get("arn") or ""),
        )


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
    read: set[tuple[str, str]] = set()
    unread: set[tuple[str, str]] = set()
    for item in items:
        if item.status in _GONE:
            continue
        try:
            made = _resource(item, taken_at)
        except _OtherShapeError:
            left[item.type] += 1
            unread.add((item.type, item.region))
            continue
        if made is not None:
            resources.append(made)
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


def _resource(item: _Item, taken_at: str) -> Resource | None:
    """The item in the normal form; None where there is nothing of ours.

    Raises `_OtherShapeError` where too little of it was recorded to read it.
    """
    if not isinstance(item.configuration, dict) or item.status == "ResourceNotRecorded":
        raise _OtherShapeError
    if item.type in _REGISTRY_SHAPED:
        return _with_tags(_told_by_registry(item, item.configuration, taken_at), item)
    recorded = _KINDS.get(item.type)
    if recorded is None:
        raise _OtherShapeError
    kind = kinds.kind(recorded.kind or item.type)
    assert kind.live is not None
    shape = _shape(_telling(kind, recorded))
    told = _spelled(item.configuration, shape)
    if not isinstance(told, dict) or any(told.get(name) in (None, "") for name in recorded.needs):
        raise _OtherShapeError
    if recorded.told_by == "" and kind.live.keep is not None and not kind.live.keep(told, item.region):
        return None
    made = _built(kind, recorded, item, told, taken_at)
    untold = [name for name in shape.members if name not in told]
    if made is None or not untold:
        return made if made is None else _with_tags(made, item)
    # What comes out differently when what was not recorded is thought to be this or that is not known.
    properties = dict(made.properties)
    for on in (False, True):
        thought = {name: _thought(shape.members[name], on=on) for name in untold}
        other = _built(kind, recorded, item, told | thought, taken_at)
        if other is None or (other.identity, other.managed_by) != (made.identity, made.managed_by):
            raise _OtherShapeError
        for path in {*made.properties, *other.properties}:
            if other.properties.get(path) != made.properties.get(path):
                properties[path] = Unknown(f"AWS Config did not record what tells {path}")
    return _with_tags(replace(made, properties=properties), item)


def _telling(kind: Kind, recorded: Recorded) -> Call:
    """The call whose answer a configuration is like."""
    assert kind.live is not None
    calls = (kind.live.enumerate, *kind.live.details)
    found = next(
        (call for call in calls if call is not None and call.operation == recorded.told_by), kind.live.enumerate
    )
    assert found is not None
    return found


def _built(kind: Kind, recorded: Recorded, item: _Item, told: dict[str, Json], taken_at: str) -> Resource | None:
    assert kind.live is not None
    assert kind.live.enumerate is not None
    answers, failures = _answers(kind, recorded, item)
    listed = dict(told)
    if recorded.told_by:
        listed = {name: told.get(field) for name, field in recorded.listed.items()}
        answers[recorded.told_by] = told
        failures.pop(recorded.told_by, None)
    return build(
        Seen(
            kind,
            GLOBAL if kind.live.scope == "global" else item.region,
            listed,
            answers,
            failures,
            {call.operation: CALL for call in (kind.live.enumerate, *kind.live.details)},
            item.account,
            item.arn.split(":")[1] if item.arn.count(":") > 1 else "aws",
        ),
        taken_at,
    )


def _told_by_registry(item: _Item, configuration: dict[str, Json], taken_at: str) -> Resource:
    """An item of the younger kinds: AWS Config records them in the registry's form, which is the normal form."""
    where = LiveRef("aws", item.account, item.region, "", CALL, taken_at)
    return build_told(item.type, configuration, where, arn=item.arn, untold="AWS Config did not record {}")


def _with_tags(resource: Resource, item: _Item) -> Resource:
    """Every item tells its tags."""
    name = lookup.facts(resource.kind).tags
    ours = {key: value for key, value in item.tags.items() if not key.startswith("aws:")}
    told: Value = cast("Value", ours)
    if name and isinstance(lookup.type_of(resource.kind).properties[name], ListType):
        told = _tags(ours)
    properties = {**resource.properties, name: told} if name else resource.properties
    return replace(resource, properties=properties, tags=cast("dict[str, Value]", dict(item.tags)))


def _answers(kind: Kind, recorded: Recorded, item: _Item) -> tuple[dict[str, Json], dict[str, str]]:
    """What the calls about one resource would have told, and why they do not."""
    # Where a bucket is and how it is tagged, every item tells.
    answers: dict[str, Json] = {
        "get_bucket_location": {"LocationConstraint": item.region},
        "get_bucket_tagging": cast("Json", _tags(item.tags)),
    }
    failures: dict[str, str] = {}
    assert kind.live is not None
    for call in kind.live.details:
        tell = (recorded.answers or {}).get(call.operation)
        answer = answers.get(call.operation, _MISSING) if tell is None else tell(item.supplementary)
        if answer is _MISSING:
            failures[call.operation] = _UNRECORDED
        else:
            answers[call.operation] = cast("Json", answer)
    return answers, failures


def _tags(tags: Fields) -> Value:
    return [{"Key": key, "Value": str(value)} for key, value in sorted(tags.items())]


# From Config's spelling to the API's


class _OtherShapeError(ValueError):
    """An item does not have the shape that the API's answer has, or too little of it to rely on."""


def _shape(call: Call) -> Any:
    """What the listing's answer says of one item, by the service's own description."""
    import botocore.session
    from botocore import xform_name

    model = botocore.session.get_session().get_service_model(call.service)
    name = next(name for name in model.operation_names if xform_name(name) == call.operation)
    shape: Any = model.operation_model(name).output_shape
    for step in call.result.split("."):
        shape = shape.members[step]
        if shape.type_name == "list":
            shape = shape.member
    return shape


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
    if value is None or shape.type_name not in ("structure", "list"):
        return value
    if isinstance(value, str) and "CidrIp" in getattr(shape, "members", ()):
        return {"CidrIp": value}
    raise _OtherShapeError


def _thought(shape: Any, *, on: bool, depth: int = 3) -> Json:
    """A value that a field of this shape might have."""
    if shape.type_name == "structure":
        return (
            {name: _thought(member, on=on, depth=depth - 1) for name, member in shape.members.items()} if depth else {}
        )
    if shape.type_name == "list":
        return [_thought(shape.member, on=on, depth=depth - 1)] if on and depth else []
    if shape.type_name == "map":
        return {"thought": _thought(shape.value, on=on, depth=depth - 1)} if on and depth else {}
    if shape.type_name == "boolean":
        return on
    if shape.type_name in ("integer", "long", "float", "double"):
        return int(on)
    return "arn:aws:thought:eu-west-1:123456789012:thought/thought" if on else ""


# Buckets: everything but the name is supplementary


def _field(supplementary: Fields, name: str) -> Fields | None:
    found = supplementary.get(name)
    return found if isinstance(found, dict) else None


def _policy(supplementary: Fields) -> object:
    found = _field(supplementary, "BucketPolicy")
    return found["policyText"] if found is not None and "policyText" in found else _MISSING


def _versioning(supplementary: Fields) -> object:
    found = _field(supplementary, "BucketVersioningConfiguration")
    if found is None or "status" not in found:
        return _MISSING
    status, mfa = found["status"], found.get("isMfaDeleteEnabled")
    told: dict[str, Json] = {} if status in ("Off", None) else {"Status": status}
    return told | ({} if mfa is None else {"MFADelete": "Enabled" if mfa is True else "Disabled"})


def _encryption(supplementary: Fields) -> object:
    found = _field(supplementary, "ServerSideEncryptionConfiguration")
    rules = found.get("rules") if found is not None else None
    if not isinstance(rules, list):
        return _MISSING
    return {"Rules": [_encryption_rule(rule) for rule in rules if isinstance(rule, dict)]}


def _encryption_rule(rule: Fields) -> Json:
    by = rule.get("applyServerSideEncryptionByDefault")
    told: dict[str, Json] = {}
    if isinstance(by, dict):
        kept = {"SSEAlgorithm": by.get("sseAlgorithm"), "KMSMasterKeyID": by.get("kmsMasterKeyID")}
        told["ApplyServerSideEncryptionByDefault"] = {name: value for name, value in kept.items() if value is not None}
    if isinstance(rule.get("bucketKeyEnabled"), bool):
        told["BucketKeyEnabled"] = rule["bucketKeyEnabled"]
    return told


def _logging(supplementary: Fields) -> object:
    found = _field(supplementary, "BucketLoggingConfiguration")
    if found is None or "destinationBucketName" not in found:
        return _MISSING
    if found["destinationBucketName"] is None:
        return None
    return {"TargetBucket": found["destinationBucketName"], "TargetPrefix": found.get("logFilePrefix") or ""}


_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _access_block(supplementary: Fields) -> object:
    found = _field(supplementary, "PublicAccessBlockConfiguration")
    if found is None:
        return _MISSING
    told = {name: found.get(name[0].lower() + name[1:]) for name in _BLOCKS}
    return told if all(isinstance(value, bool) for value in told.values()) else _MISSING


def _rotation(supplementary: Fields) -> object:
    status = supplementary.get("KeyRotationStatus")
    return {"KeyRotationEnabled": status} if isinstance(status, bool) else _MISSING


def _backups(supplementary: Fields) -> object:
    found = _field(supplementary, "ContinuousBackupsDescription")
    recovery = found.get("pointInTimeRecoveryDescription") if found is not None else None
    status = recovery.get("pointInTimeRecoveryStatus") if isinstance(recovery, dict) else None
    return {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}} if status else _MISSING


def _made_by_stack(supplementary: Fields) -> object:
    found = supplementary.get("StackResourceSummaries")
    if not isinstance(found, list):
        return _MISSING
    return [
        {name[:1].upper() + name[1:]: value for name, value in one.items()} for one in found if isinstance(one, dict)
    ]


_KINDS: Mapping[str, Recorded] = {
    "AWS::CloudFormation::Stack": Recorded(
        needs=("StackId", "StackName"),
        kind="Account::CloudFormation::Stack",
        answers={"list_stack_resources": _made_by_stack},
    ),
    "AWS::CloudTrail::Trail": Recorded(needs=("TrailARN", "Name", "HomeRegion")),
    "AWS::DynamoDB::Table": Recorded(
        needs=("TableArn", "TableName"),
        told_by="describe_table",
        listed={"value": "TableName"},
        answers={"describe_continuous_backups": _backups},
    ),
    "AWS::EC2::FlowLog": Recorded(needs=("FlowLogId", "ResourceId")),
    "AWS::EC2::NetworkAcl": Recorded(needs=("NetworkAclId", "VpcId")),
    "AWS::EC2::SecurityGroup": Recorded(needs=("GroupId", "GroupName")),
    "AWS::EC2::Subnet": Recorded(needs=("SubnetId", "VpcId")),
    "AWS::EC2::VPC": Recorded(needs=("VpcId",)),
    "AWS::EC2::Volume": Recorded(needs=("VolumeId",)),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Recorded(needs=("LoadBalancerArn", "LoadBalancerName")),
    "AWS::KMS::Key": Recorded(
        needs=("KeyId", "Arn", "KeyManager"),
        told_by="describe_key",
        listed={"KeyId": "KeyId", "KeyArn": "Arn"},
        answers={"get_key_rotation_status": _rotation},
    ),
    "AWS::Lambda::Function": Recorded(needs=("FunctionArn", "FunctionName")),
    "AWS::RDS::DBCluster": Recorded(needs=("DBClusterArn", "DBClusterIdentifier")),
    "AWS::RDS::DBInstance": Recorded(needs=("DBInstanceArn", "DBInstanceIdentifier")),
    "AWS::S3::Bucket": Recorded(
        needs=("Name",),
        answers={
            "get_bucket_policy": _policy,
            "get_bucket_versioning": _versioning,
            "get_bucket_encryption": _encryption,
            "get_bucket_logging": _logging,
            "get_public_access_block": _access_block,
        },
    ),
}
"""The kinds whose items say what the readers of the API take."""

# https://github.com/awslabs/aws-config-resource-schema: the names of these are the registry's.
_REGISTRY_SHAPED = frozenset(
    f"AWS::{name}"
    for name in (
        "DMS::ReplicationInstance",
        "ECR::Repository",
        "ECS::Cluster",
        "EFS::FileSystem",
        "EKS::Cluster",
        "ElasticLoadBalancingV2::Listener",
        "GuardDuty::Detector",
        "Kinesis::Stream",
        "MSK::Cluster",
        "SageMaker::NotebookInstance",
        "WorkSpaces::Workspace",
    )
)
