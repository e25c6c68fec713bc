"""Which events somebody is told of: from a trail through its log group and a metric filter to an alarm that acts.

A chain of four resources, none of which shows anything alone. A filter is asked by matching its pattern against the
events themselves, so that it does not matter how it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.cel.kleene import Tri, conjunction, disjunction
from soc2gate.cel.operations import equal, unknown_of
from soc2gate.facts import dataclass, replace
from soc2gate.kinds.aws.filter_patterns import Event, NotAPattern, matcher
from soc2gate.kinds.describe import Neighbours
from soc2gate.model.resource import Resource, Side
from soc2gate.model.value import Alternatives, Json, OpenList, Ref, Text, Unknown, Value

TRAIL, GROUP = "AWS::CloudTrail::Trail", "AWS::Logs::LogGroup"
FILTER, ALARM = "AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm"
LINKS = ("Trails", "LogGroups", "MetricFilters", "Alarms")
"""The account's links to them, which tell whether all of them were read."""


def _event(source: str, name: str, *, who: str = "AssumedRole", **more: Json) -> Event:
    return {
        "eventVersion": "1.11",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsConsoleSignIn" if source == "signin" else "AwsApiCall",
        "eventCategory": "Management",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "Mozilla/5.0",
        "readOnly": False,
        "managementEvent": True,
        "recipientAccountId": "123456789012",
        "userIdentity": {"type": who, "accountId": "123456789012", "principalId": "AIDACKCEVSQ6C2EXAMPLE"},
        **more,
    }


# The calls that change what an IAM policy allows, or for whom: those of the CIS AWS Foundations Benchmark.
_POLICY_CALLS = tuple(
    [f"{verb}{whose}Policy" for verb in ("Delete", "Put", "Attach", "Detach") for whose in ("Group", "Role", "User")]
    + ["CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"]
)
# Those that make a trail record less or elsewhere. Creating and starting one takes nothing away.
_TRAIL_CALLS = ("UpdateTrail", "DeleteTrail", "StopLogging")

EVENTS: Mapping[str, tuple[Event, ...]] = {
    # Signing in is not all that root can do: it may have access keys.
    "root-use": (
        _event("signin", "ConsoleLogin", who="Root", responseElements={"ConsoleLogin": "Success"}),
        _event("ec2", "RunInstances", who="Root"),
    ),
    "policy-change": tuple(_event("iam", name) for name in _POLICY_CALLS),
    "trail-change": tuple(_event("cloudtrail", name) for name in _TRAIL_CALLS),
    "failed-sign-in": (
        _event(
            "signin",
            "ConsoleLogin",
            who="IAMUser",
            errorMessage="Failed authentication",
            responseElements={"ConsoleLogin": "Failure"},
        ),
    ),
}
"""What is asked after, each with examples: an event counts as watched when all of its examples are."""


def conclude(account: Resource, neighbours: Neighbours) -> Resource:
    """The account with `AlarmedEvents`."""
    unread = next(
        (value.reason for name in LINKS if isinstance(value := account.related.get(name), OpenList) and _open(value)),
        "",
    )
    watchers = list(_watchers(account, neighbours))
    certain: list[str] = []
    possible: list[str] = []
    reason = unread
    for name, examples in EVENTS.items():
        answer = conjunction(_watched(example, watchers) for example in examples)
        if answer is True:
            certain.append(name)
        elif isinstance(answer, Unknown) or unread:
            possible.append(name)
            reason = answer.reason if isinstance(answer, Unknown) else reason
    told: Value = OpenList(tuple(certain), tuple(possible), reason) if possible else [*certain]
    places = {**account.places, "AlarmedEvents": account.where}
    for i, name in enumerate(certain):
        example = EVENTS[name][0]
        places[f"AlarmedEvents[{i}]"] = next(
            watcher.filter.where for watcher in watchers if watcher.heard is True and _matches(watcher, example) is True
        )
    return replace(account, properties={**account.properties, "AlarmedEvents": told}, places=places)


def _open(value: OpenList) -> bool:
    """Whether something was not read, rather than that one of them may not exist."""
    return any(isinstance(template, Unknown) for template in value.more)


@dataclass(frozen=True, slots=True)
class _Watcher:
    """A metric filter, and whether what it counts is fed by a trail and heard by an alarm."""

    filter: Resource
    heard: Tri


def _watched(event: Event, watchers: Sequence[_Watcher]) -> Tri:
    return disjunction(conjunction((watcher.heard, _matches(watcher, event))) for watcher in watchers)


def _matches(watcher: _Watcher, event: Event) -> Tri:
    pattern = watcher.filter.properties.get("FilterPattern")
    if isinstance(pattern, Alternatives):
        answers = {_asked(option, event) for option in pattern.options if isinstance(option, str)}
        return answers.pop() if len(answers) == 1 else Unknown(pattern.reason)
    if isinstance(pattern, str):
        return _asked(pattern, event)
    return unknown_of(pattern) or False


def _asked(pattern: str, event: Event) -> Tri:
    try:
        return matcher(pattern)(event)
    except NotAPattern as error:
        return Unknown(f"the filter pattern is not understood: {error}")


def _watchers(account: Resource, neighbours: Neighbours) -> Iterator[_Watcher]:
    groups = {(group.root, group.address): group for group in neighbours.of(GROUP)}
    fed = [(trail, _target(trail, groups)) for trail in neighbours.of(TRAIL) if not trail.partial]
    alarms = [alarm for alarm in neighbours.of(ALARM) if not alarm.partial]
    for found in neighbours.of(FILTER):
        if found.partial:
            continue
        named = _group(found.properties.get("LogGroupName"), found, groups)
        feeds = disjunction(
            conjunction((_sure(trail), _same(named, target, account))) for trail, target in fed if target is not None
        )
        listens = disjunction(conjunction((_sure(alarm), _acts(alarm), _hears(alarm, found))) for alarm in alarms)
        yield _Watcher(found, conjunction((_sure(found), feeds, listens)))
    if account.side is Side.LIVE:
        for trail, target in fed:
            owner = target.split(":")[0] if isinstance(target, str) else ""
            if owner and owner != account.root.split(":")[1]:
                # The trail of an organisation feeds a group of the account that manages it.
                reason = f"{trail.address} feeds a log group of account {owner}, which was not read"
                yield _Watcher(replace(trail, properties={"FilterPattern": Unknown(reason)}), True)


def _sure(resource: Resource) -> Tri:
    return Unknown(resource.uncertain) if resource.uncertain else True


# A log group is named by its account (where that is told) and name, or by the resource that the code declares.
_Group = str | Ref | Unknown | None


def _target(trail: Resource, groups: Mapping[tuple[str, str], Resource]) -> _Group:
    """The log group that a trail feeds; None where it feeds none."""
    arn = trail.properties.get("CloudWatchLogsLogGroupArn")
    if arn is None or arn == "":
        return None
    if isinstance(arn, str):
        parts = arn.split(":")
        return f"{parts[4]}:{parts[6]}" if len(parts) > 6 else Unknown("this is not the ARN of a log group")
    if isinstance(arn, Text):
        return _in_text(arn, trail, groups)
    return _group(arn, trail, groups)


def _in_text(arn: Text, trail: Resource, groups: Mapping[tuple[str, str], Resource]) -> _Group:
    """`${aws_cloudwatch_log_group.trail.arn}:*`, or the group's name after `:log-group:`."""
    first = arn.parts[0]
    if isinstance(first, Unknown) and first.ref is not None and arn.parts[1:] == (":*",):
        return _group(first, trail, groups)
    for i, part in enumerate(arn.parts):
        if isinstance(part, str) and ":log-group:" in part:
            name = part.partition(":log-group:")[2]
            if name:
                return ":" + name.partition(":")[0] if ":" in name or i == len(arn.parts) - 1 else Unknown(arn.reason)
            following = arn.parts[i + 1] if i + 1 < len(arn.parts) else None
            return _group(following, trail, groups)
    return Unknown(arn.reason)


def _group(value: Value, owner: Resource, groups: Mapping[tuple[str, str], Resource]) -> _Group:
    if isinstance(value, str):
        return ":" + value
    if isinstance(value, Unknown) and value.ref is not None:
        declared = groups.get((owner.root, value.ref.address))
        name = declared.properties.get("LogGroupName") if declared else None
        return ":" + name if isinstance(name, str) else Ref(value.ref.address, "")
    return unknown_of(value) or Unknown("the log group is not named")


def _same(one: _Group, other: _Group, account: Resource) -> Tri:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return one if isinstance(one, Unknown) else other if isinstance(other, Unknown) else False
    if isinstance(one, str) and isinstance(other, str):
        ours = account.identity.get("account")
        owners = {owner for owner in (one.partition(":")[0], other.partition(":")[0]) if owner}
        if isinstance(ours, str) and owners - {ours}:
            return False
        return one.partition(":")[2] == other.partition(":")[2]
    if isinstance(one, Ref) and isinstance(other, Ref):
        return one == other
    return Unknown("a log group's name is known after it is deployed")


def _acts(alarm: Resource) -> Tri:
    """Whether the alarm tells anybody."""
    enabled = alarm.properties.get("ActionsEnabled")
    actions = alarm.properties.get("AlarmActions")
    some: Tri
    if isinstance(actions, list):
        some = disjunction(action != "" for action in actions)
    elif isinstance(actions, OpenList):
        some = True if actions.items else Unknown(actions.reason)
    else:
        some = unknown_of(actions) or False
    return conjunction((equal(enabled, True) if enabled is not None else True, some))


def _hears(alarm: Resource, found: Resource) -> Tri:
    """Whether the alarm is about a metric that the filter counts."""
    counted = found.properties.get("MetricTransformations")
    if not isinstance(counted, list):
        return unknown_of(counted) or False
    metrics = list(_metrics(alarm))
    return disjunction(
        conjunction((equal(space, one.get("MetricNamespace")), equal(name, one.get("MetricName"))))
        for one in counted
        if isinstance(one, dict)
        for space, name in metrics
    )


def _metrics(alarm: Resource) -> Iterator[tuple[Value, Value]]:
    if alarm.properties.get("MetricName") is not None:
        yield alarm.properties.get("Namespace"), alarm.properties["MetricName"]
    queries = alarm.properties.get("Metrics")
    if isinstance(queries, (Unknown, OpenList, Alternatives)):
        yield Unknown(queries.reason), Unknown(queries.reason)
    for query in queries if isinstance(queries, list) else ():
        stat = query.get("MetricStat") if isinstance(query, dict) else None
        metric = stat.get("Metric") if isinstance(stat, dict) else None
        if isinstance(metric, dict):
            yield metric.get("Namespace"), metric.get("MetricName")
