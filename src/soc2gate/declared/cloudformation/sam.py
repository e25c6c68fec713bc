"""What SAM's transform makes of a function or a table, as far as their properties decide it.

A function becomes one of Lambda, with the role that SAM writes for it where it names none; a simple table becomes one
of DynamoDB. What SAM makes of events, aliases and policy templates is left to it, and `left` says of each that it is.
Source: the AWS SAM resource and property reference, and its "Generated CloudFormation resources".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from soc2gate.declared.cloudformation.intrinsics import after_deploy
from soc2gate.facts import dataclass
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, Unknown, Value, first_unknown

Lines = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that SAM makes."""

    address: str
    type: str
    properties: dict[str, Value]
    places: dict[str, tuple[int, int, int]]
    """By property path, as the template's own are."""


@dataclass(frozen=True, slots=True)
class Written:
    """A SAM resource as its template says it, `Globals` included."""

    address: str
    properties: dict[str, Value]
    places: Lines
    itself: Value
    """What a reference to it answers."""


def merged(shared: Value, own: Value) -> Value:
    """A property that `Globals` and the resource both say: mappings are joined, lists follow one another."""
    if isinstance(shared, dict) and isinstance(own, dict):
        return {**shared, **{key: merged(shared[key], value) if key in shared else value for key, value in own.items()}}
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    if isinstance(shared, SPECIAL) and isinstance(own, (dict, list)):
        return Unknown("what `Globals` adds to it is not known")
    return own


# --- functions ----------------------------------------------------------------------------------------------------

_AS_WRITTEN = (
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "TenancyConfig",
    "Timeout",
    "VpcConfig",
)
_OF_THE_ROLE = ("Policies", "PermissionsBoundary", "AssumeRolePolicyDocument", "RolePath")
_OF_THE_CODE = ("CodeUri", "InlineCode", "ImageUri")
_TOLD = {
    *_AS_WRITTEN,
    *_OF_THE_ROLE,
    *_OF_THE_CODE,
    "DeadLetterQueue",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "Tags",
    "Tracing",
}
_MAKES_NOTHING = {"AutoPublishAliasAllProperties", "AutoPublishCodeSha256", "PropagateTags", "VersionDescription"}
_SERVICE_ROLE = "arn:aws:iam::aws:policy/service-role/"
_BASIC = f"{_SERVICE_ROLE}AWSLambdaBasicExecutionRole"
_BASIC_DURABLE = f"{_SERVICE_ROLE}AWSLambdaBasicDurableExecutionRolePolicy"
_TRUST: dict[str, Value] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}}
    ],
}


def function(written: Written) -> tuple[list[Made], list[str]]:
    """What SAM makes of a function, and what of it was not looked at."""
    said = written.properties
    left = [f"its {name}" for name in said if name not in _TOLD and name not in _MAKES_NOTHING]
    made, places = _copied(said, written.places, _AS_WRITTEN)
    _rename(said, "DeadLetterQueue", made, places, written.places, "DeadLetterConfig", _target)
    _rename(said, "Tracing", made, places, written.places, "TracingConfig", _traced)
    _rename(said, "Tags", made, places, written.places, "Tags", _tags)
    code = said.get("InlineCode")
    made["Code"] = {"ZipFile": code} if code is not None else Unknown("SAM uploads the code", not_null=True)
    out = []
    if "Role" not in said:
        made["Role"] = after_deploy(f"{written.address}Role", "Arn")
        role, more = _role(written)
        out.append(role)
        left += more
    out.insert(0, Made(written.address, "AWS::Lambda::Function", made, places))
    if said.get("EventInvokeConfig") is not None:
        invoked = _invoked(written)
        out += [] if invoked is None else [invoked]
        left += ["its EventInvokeConfig"] if invoked is None else []
    return out, left


def _role(written: Written) -> tuple[Made, list[str]]:
    """The role of a function that names none: what it needs to run, and the policies that it asks for."""
    said = written.properties
    sources = _sources(said.get("Events"))
    managed: list[Value] = [_BASIC_DURABLE if said.get("DurableConfig") else _BASIC]
    tracing = said.get("Tracing")
    if tracing is not None and tracing != "Disabled":
        managed.append("arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess")
    if said.get("VpcConfig"):
        managed.append(f"{_SERVICE_ROLE}AWSLambdaVPCAccessExecutionRole")
    managed += [f"{_SERVICE_ROLE}{_READERS[kind]}" for kind in sources if kind in _READERS]
    inline = list(_sending(written))
    templates: list[str] = []
    asked = said.get("Policies")
    for number, policy in enumerate(_policies(asked)):
        if isinstance(policy, dict) and "Statement" in policy:
            inline.append({"PolicyName": f"{written.address}RolePolicy{number}", "PolicyDocument": policy})
        elif isinstance(policy, dict):
            templates += policy
        elif policy not in managed and f"{_SERVICE_ROLE}{policy}" not in managed:
            managed.append(_policy_arn(policy))
    perhaps = [f"SAM lets it read {kind}" for kind in sources if kind not in _READERS]
    if isinstance(asked, OpenList):
        perhaps.append(asked.reason)
    perhaps += [f"SAM's policy template {name} is not read" for name in templates]
    properties: dict[str, Value] = {
        "AssumeRolePolicyDocument": said.get("AssumeRolePolicyDocument") or _TRUST,
        "ManagedPolicyArns": managed,
    }
    if perhaps:
        reason = ", ".join(dict.fromkeys(perhaps))
        properties["Policies"] = OpenList(tuple(inline), (Unknown(reason, not_null=True),), reason)
    elif inline:
        properties["Policies"] = inline
    for name, key in (("PermissionsBoundary", "PermissionsBoundary"), ("RolePath", "Path")):
        if said.get(name) is not None:
            properties[key] = said[name]
    where = written.places.get("Policies")
    places = {} if where is None else dict.fromkeys(("ManagedPolicyArns", "Policies"), where)
    made = Made(f"{written.address}Role", "AWS::IAM::Role", properties, places)
    return made, [f"the policy template {name} of its role" for name in templates]


def _sending(written: Written) -> Iterator[Value]:
    """What a function is allowed in order to leave failed events where they are to go."""
    said = written.properties
    queue = said.get("DeadLetterQueue")
    if isinstance(queue, dict):
        yield _allowed("DeadLetterQueuePolicy", str(queue.get("Type")), queue.get("TargetArn"))
    invoked = said.get("EventInvokeConfig")
    sent = invoked.get("DestinationConfig") if isinstance(invoked, dict) else None
    for when, target in sent.items() if isinstance(sent, dict) else ():
        if isinstance(target, dict):
            kind = str(target.get("Type"))
            name = f"{written.address}EventInvokeConfig{when}{kind}Policy"
            yield _allowed(name, kind, _destination(target))


_SENDS = {
    "EventBridge": "events:PutEvents",
    "Lambda": "lambda:InvokeFunction",
    "SNS": "sns:Publish",
    "SQS": "sqs:SendMessage",
}


def _allowed(name: str, kind: str, target: Value) -> Value:
    action: Value = _SENDS.get(kind) or Unknown(f"what SAM allows for {kind} is not read", not_null=True)
    statement: dict[str, Value] = {"Action": action, "Resource": target, "Effect": "Allow"}
    return {"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def _destination(target: Mapping[str, Value]) -> Value:
    """Where events go; without one, SAM makes the queue or the topic that its type names."""
    there = target.get("Destination")
    return Unknown("SAM makes it", not_null=True) if there is None else there


_READERS = {
    "DynamoDB": "AWSLambdaDynamoDBExecutionRole",
    "Kinesis": "AWSLambdaKinesisExecutionRole",
    "SQS": "AWSLambdaSQSQueueExecutionRole",
}
"""What a function is allowed in order to read a source of events."""
_PUSHED = {
    "AlexaSkill",
    "Api",
    "CloudWatchEvent",
    "CloudWatchLogs",
    "Cognito",
    "EventBridgeRule",
    "HttpApi",
    "IoTRule",
    "S3",
    "SNS",
    "Schedule",
    "ScheduleV2",
}
"""Events that others bring: the function's role needs nothing for them."""


def _sources(events: Value) -> list[str]:
    """What kinds of sources the function reads itself, each once."""
    if events is None:
        return []
    if not isinstance(events, dict):
        return ["events that are not known"]
    kinds = [str(event.get("Type", "")) if isinstance(event, dict) else "an event" for event in events.values()]
    return sorted({kind for kind in kinds if kind not in _PUSHED})


def _policy_arn(policy: Value) -> Value:
    """The ARN of a managed policy that may be given by its name alone."""
    if not isinstance(policy, str) or policy.startswith("arn:"):
        return policy
    plain = f"arn:aws:iam::aws:policy/{policy}"
    if "Role" not in policy:
        return plain
    # Those that AWS wrote for roles of its services mostly have a path, which the name does not tell.
    return Alternatives((f"{_SERVICE_ROLE}{policy}", plain), "the path of the policy is not told by its name")


def _policies(said: Value) -> Iterator[Value]:
    if isinstance(said, (list, OpenList)):
        yield from said if isinstance(said, list) else said.items
    elif said is not None:
        yield said


def _invoked(written: Written) -> Made | None:
    """Where failed events go; None where what SAM makes for it is not known."""
    said = written.properties["EventInvokeConfig"]
    if not isinstance(said, dict):
        return None
    sent = said.get("DestinationConfig")
    destinations: dict[str, Value] = {}
    for name, target in sent.items() if isinstance(sent, dict) else ():
        if not isinstance(target, dict):
            return None
        destinations[name] = {"Destination": _destination(target)}
    alias = written.properties.get("AutoPublishAlias")
    kept = {key: said[key] for key in ("MaximumEventAgeInSeconds", "MaximumRetryAttempts") if said.get(key) is not None}
    properties: dict[str, Value] = {"FunctionName": written.itself, "Qualifier": alias or "$LATEST", **kept}
    if destinations:
        properties["DestinationConfig"] = destinations
    name = f"{written.address}EventInvokeConfig"
    return Made(name, "AWS::Lambda::EventInvokeConfig", properties, {})


def _target(value: Value) -> Value:
    target = value.get("TargetArn") if isinstance(value, dict) else value
    return {} if target is None else {"TargetArn": target}


def _traced(value: Value) -> Value:
    return None if value == "Disabled" else {"Mode": value}


def _tags(value: Value) -> Value:
    if not isinstance(value, dict):
        return value
    return [{"Key": key, "Value": told} for key, told in value.items()]


# --- tables -------------------------------------------------------------------------------------------------------


def table(written: Written) -> tuple[list[Made], list[str]]:
    """What SAM makes of a simple table."""
    said = written.properties
    made, places = _copied(
        said,
        written.places,
        ("PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName"),
    )
    _rename(said, "Tags", made, places, written.places, "Tags", _tags)
    key = said.get("PrimaryKey")
    if key is None:
        key = {"Name": "id", "Type": "String"}
    if isinstance(key, dict) and first_unknown(key) is None:
        name, sort = key.get("Name"), str(key.get("Type", ""))[:1]
        made["AttributeDefinitions"] = [{"AttributeName": name, "AttributeType": sort}]
        made["KeySchema"] = [{"AttributeName": name, "KeyType": "HASH"}]
    if "ProvisionedThroughput" not in said:
        made["BillingMode"] = "PAY_PER_REQUEST"
    known = {*made, "PrimaryKey"}
    left = [f"its {name}" for name in said if name not in known]
    return [Made(written.address, "AWS::DynamoDB::Table", made, places)], left


# --- both ---------------------------------------------------------------------------------------------------------

KINDS: Mapping[str, Callable[[Written], tuple[list[Made], list[str]]]] = {"Function": function, "SimpleTable": table}


def _copied(
    said: Mapping[str, Value], places: Lines, names: tuple[str, ...]
) -> tuple[dict[str, Value], dict[str, tuple[int, int, int]]]:
    kept = {name: said[name] for name in names if name in said}
    heads = {path: path.partition(".")[0].partition("[")[0] for path in places}
    return kept, {path: places[path] for path, head in heads.items() if head in kept}


def _rename(
    said: Mapping[str, Value],
    name: str,
    made: dict[str, Value],
    places: dict[str, tuple[int, int, int]],
    written: Lines,
    to: str,
    change: Callable[[Value], Value],
) -> None:
    """What is spelled otherwise: its place stays, and what is in it has none of its own."""
    value = said.get(name)
    changed = None if value is None else change(value)
    if changed is not None:
        made[to] = changed
        if name in written:
            places[to] = written[name]
