"""What SAM makes of a function's events and its URL: who may invoke it, and which queues and streams it reads.

APIs, alarms of other services and whatever an event makes beside (a queue for what fails, a role) are left to SAM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.declared.cloudformation.intrinsics import after_deploy
from soc2gate.declared.cloudformation.sam import Made, Written
from soc2gate.model.value import Unknown, Value

Said = Mapping[str, Value]
_ACCOUNT = Unknown("the account is chosen at deploy", not_null=True)

_READ = {"DynamoDB": "Stream", "Kinesis": "Stream", "SQS": "Queue"}
"""Event to the property that names what is read."""
_MAPPED = {
    "BatchSize",
    "BisectBatchOnFunctionError",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "ScalingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
}


def made_of(written: Written, account: str | None) -> tuple[list[Made], list[str]]:
    """What SAM makes of the events and the URL of a function, and what of them is left to it."""
    made, left = _url(written)
    events = written.properties.get("Events", {})
    if not isinstance(events, dict):
        return made, [*left, "its Events"]
    for name, event in events.items():
        one = event if isinstance(event, dict) else {}
        kind, said = one.get("Type"), one.get("Properties", {})
        make = _MADE.get(kind) if isinstance(kind, str) and not _aliased(written) else None
        more = make(f"{written.address}{name}", said, written) if make and isinstance(said, dict) else []
        if not more:
            left.append(f"its event {name} ({kind if isinstance(kind, str) else '?'})")
        made += [_of_account(each, account) for each in more]
    return made, left


def _aliased(written: Written) -> bool:
    """Whether an alias of the function is invoked, which SAM makes too."""
    return written.properties.get("AutoPublishAlias") is not None


def _url(written: Written) -> tuple[list[Made], list[str]]:
    said = written.properties.get("FunctionUrlConfig")
    if said is None:
        return [], []
    if not isinstance(said, dict) or said.get("AuthType") not in ("NONE", "AWS_IAM") or _aliased(written):
        return [], ["its FunctionUrlConfig"]
    address = f"{written.address}Url"
    made = [Made(address, "AWS::Lambda::Url", {"TargetFunctionArn": written.itself, **said}, {})]
    if said["AuthType"] == "NONE":
        where = written.places.get("FunctionUrlConfig")
        anyone: dict[str, Value] = {
            "Action": "lambda:InvokeFunctionUrl",
            "FunctionName": written.itself,
            "Principal": "*",
            "FunctionUrlAuthType": "NONE",
        }
        places = {} if where is None else {"Principal": where}
        made.append(Made(f"{address}PublicPermissions", "AWS::Lambda::Permission", anyone, places))
        # Since October 2025 a URL asks for both.
        via: dict[str, Value] = {
            "Action": "lambda:InvokeFunction",
            "FunctionName": written.itself,
            "Principal": "*",
            "InvokedViaFunctionUrl": True,
        }
        name = f"{written.address}URLInvokeAllowPublicAccess"
        made.append(Made(name, "AWS::Lambda::Permission", via, dict(places)))
    return made, []


def _of_account(made: Made, account: str | None) -> Made:
    if made.properties.get("SourceAccount") is _ACCOUNT and account:
        made.properties["SourceAccount"] = account
    return made


def _read(address: str, said: Said, written: Written) -> list[Made]:
    """A queue or a stream that the function reads itself."""
    source = next((said[name] for name in dict.fromkeys(_READ.values()) if name in said), None)
    kept = {name: value for name, value in said.items() if name in _MAPPED}
    if source is None or len(kept) + 1 < len(said):
        return []
    properties: dict[str, Value] = {"EventSourceArn": source, "FunctionName": written.itself, **kept}
    return [Made(address, "AWS::Lambda::EventSourceMapping", properties, {})]


def _rule(address: str, said: Said, written: Written) -> list[Made]:
    """A schedule or a pattern of events."""
    renamed = {"Schedule": "ScheduleExpression", "Pattern": "EventPattern"}
    plain = {"Description", "EventBusName", "Name", "RuleName", "State"}
    target = {"Input", "InputPath", "RetryPolicy"}
    if any(name not in renamed and name not in plain and name not in {*target, "Enabled"} for name in said):
        return []
    rule = {renamed.get(name, name): value for name, value in said.items() if name in renamed or name in plain}
    if "RuleName" in rule:
        rule["Name"] = rule.pop("RuleName")
    if "Enabled" in said:
        on = said["Enabled"]
        rule["State"] = ("ENABLED" if on else "DISABLED") if isinstance(on, bool) else Unknown("it may be enabled")
    arn = after_deploy(written.address, "Arn")
    kept = {name: said[name] for name in target if name in said}
    rule["Targets"] = [{"Arn": arn, "Id": f"{address}LambdaTarget", **kept}]
    source = after_deploy(address, "Arn")
    return [
        Made(address, "AWS::Events::Rule", rule, {}),
        _permission(address, written, "events.amazonaws.com", {"SourceArn": source}),
    ]


def _topic(address: str, said: Said, written: Written) -> list[Made]:
    if said.get("Topic") is None or "SqsSubscription" in said:
        return []
    kept = {name: value for name, value in said.items() if name in ("FilterPolicy", "FilterPolicyScope", "Region")}
    endpoint = after_deploy(written.address, "Arn")
    properties: dict[str, Value] = {"Endpoint": endpoint, "Protocol": "lambda", "TopicArn": said["Topic"], **kept}
    return [
        Made(address, "AWS::SNS::Subscription", properties, {}),
        _permission(address, written, "sns.amazonaws.com", {"SourceArn": said["Topic"]}),
    ]


def _bucket(address: str, said: Said, written: Written) -> list[Made]:
    return [_permission(address, written, "s3.amazonaws.com", {"SourceAccount": _ACCOUNT})]


def _permission(address: str, written: Written, principal: str, source: dict[str, Value]) -> Made:
    properties: dict[str, Value] = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": written.itself,
        "Principal": principal,
        **source,
    }
    return Made(f"{address}Permission", "AWS::Lambda::Permission", properties, {})


_MADE: Mapping[str, Callable[[str, Said, Written], list[Made]]] = {
    "CloudWatchEvent": _rule,
    "DynamoDB": _read,
    "EventBridgeRule": _rule,
    "Kinesis": _read,
    "S3": _bucket,
    "SNS": _topic,
    "SQS": _read,
    "Schedule": _rule,
}
