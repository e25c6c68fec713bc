"""What services could not deliver: where EventBridge, SNS and stream readers of Lambda leave what failed.

They tell which queues hold what failed elsewhere, and need no dead-letter queue of their own. No rule asks these kinds
themselves, and they are not compared with live state.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.convert import map_list, one_of, policy_document
from soc2gate.kinds.describe import Call, Companion, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.kinds.targets import elements
from soc2gate.model.resource import Resource
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown, Value

RULE = "AWS::Events::Rule"
SUBSCRIPTION = "AWS::SNS::Subscription"
MAPPING = "AWS::Lambda::EventSourceMapping"

# ---- which queue an ARN names


def queue_of(arn: Value) -> Value:
    """The queue that an ARN names, by its name where it tells that; None where it is a topic's, or none at all."""
    if isinstance(arn, Alternatives):
        return one_of((queue_of(option) for option in arn.options), arn.reason)
    if isinstance(arn, (str, Text)):
        parts = [arn] if isinstance(arn, str) else list(arn.parts)
        fields = "".join(part if isinstance(part, str) else "?" for part in parts).split(":")
        if fields[0] == "arn" and len(fields) > 2 and fields[2] not in ("sqs", "?"):
            return None
        last = parts[-1]
        if isinstance(last, str) and ":" in last:
            return last.rpartition(":")[2]
    return arn or None


def redriven(policy: Value) -> Value:
    """The queue in a redrive policy."""
    if isinstance(policy, Alternatives):
        return one_of((redriven(option) for option in policy.options), policy.reason)
    return queue_of(policy.get("deadLetterTargetArn") if isinstance(policy, dict) else policy)


def _inside(value: Value, *path: str) -> Value:
    for step in path:
        if isinstance(value, Alternatives):
            return one_of((_inside(option, *path[path.index(step) :]) for option in value.options), value.reason)
        if isinstance(value, dict):
            value = value.get(step)
    return value


def _of_function(function: Resource) -> Value:
    """The queues that calls which nobody waits for end in, when they fail."""
    queue = queue_of(_inside(function.properties.get("DeadLetterConfig"), "TargetArn"))
    found, reason = elements(function.related.get("FailureDestinations") or [])
    named = [name for name in (queue, *map(queue_of, found)) if name is not None]
    return OpenList(tuple(named), (Unknown(reason),), reason) if reason else list(named)


def _of_rule(rule: Resource) -> Value:
    return map_list(rule.properties.get("Targets"), lambda target: queue_of(_inside(target, "DeadLetterConfig", "Arn")))


FAILED_LINKS: Mapping[str, Link] = {
    "FailedCalls": Link("AWS::Lambda::Function", reads=_of_function),
    "FailedEvents": Link(RULE, reads=_of_rule),
    "FailedMessages": Link(SUBSCRIPTION, reads=lambda one: redriven(one.properties.get("RedrivePolicy"))),
    "FailedRecords": Link(
        MAPPING,
        reads=lambda one: queue_of(_inside(one.properties.get("DestinationConfig"), "OnFailure", "Destination")),
    ),
}
"""What a queue may be told by that others leave there."""


# ---- EventBridge


def _terraform_rule(draft: Draft) -> None:
    draft.set("EventPattern", draft.convert("event_pattern", policy_document))


def _terraform_target(draft: Draft) -> Piece:
    return [
        {
            "Id": draft.at("target_id"),
            "Arn": draft.at("arn"),
            "RoleArn": draft.at("role_arn"),
            "DeadLetterConfig": draft.one("dead_letter_config", lambda block: {"Arn": block.at("arn")}),
        }
    ]


def _live_rule(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("Arn"), "name": draft.get("Name")}
    same = ("Arn", "Name", "Description", "EventBusName", "ScheduleExpression", "State", "RoleArn")
    copy_fields(draft, {name: name for name in same})
    looked_at(draft, "Targets", "list_targets_by_rule")
    draft.set("Targets", draft.each("list_targets_by_rule", _live_target))


def _live_target(target: Block) -> Piece:
    dead_letters = target.at("DeadLetterConfig.Arn")
    return {
        "Id": target.at("Id"),
        "Arn": target.at("Arn"),
        "RoleArn": target.at("RoleArn"),
        "DeadLetterConfig": {"Arn": dead_letters} if dead_letters else None,
    }


# ---- SNS


def _subscription(draft: Draft) -> None:
    for path in ("RedrivePolicy", "FilterPolicy", "DeliveryPolicy"):
        attribute = path if draft.format != "terraform" else f"{path.removesuffix('Policy').lower()}_policy"
        draft.set(path, draft.convert(attribute, policy_document))


def _live_subscription(live: LiveItem) -> None:
    draft = live.draft
    draft.identity["arn"] = draft.get("SubscriptionArn")
    copy_fields(draft, {"TopicArn": "TopicArn", "Protocol": "Protocol", "Arn": "SubscriptionArn"})
    looked_at(draft, "RedrivePolicy", "get_subscription_attributes")
    draft.set("RedrivePolicy", draft.convert("get_subscription_attributes.RedrivePolicy", policy_document))


# ---- Lambda


def _live_mapping(live: LiveItem) -> None:
    draft = live.draft
    draft.identity["id"] = draft.get("UUID")
    copy_fields(
        draft,
        {
            "Id": "UUID",
            "FunctionName": "FunctionArn",
            "EventSourceArn": "EventSourceArn",
            "DestinationConfig.OnFailure.Destination": "DestinationConfig.OnFailure.Destination",
        },
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=RULE,
        title="event rule",
        terraform=(
            Spelling(
                "aws_cloudwatch_event_rule",
                fields={
                    "name": "Name",
                    "description": "Description",
                    "event_bus_name": "EventBusName",
                    "schedule_expression": "ScheduleExpression",
                    "role_arn": "RoleArn",
                    "state": "State",
                },
                build=_terraform_rule,
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(RULE, exports={"Arn": "arn"}),
        companions=(
            Companion(
                "aws_cloudwatch_event_target",
                RULE,
                target="rule",
                into="Targets",
                build=_terraform_target,
                many=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call(
                "events",
                "list_rules",
                "events:ListRules",
                {"EventBusName": "{within.Name}"},
                result="Rules",
                # Deleted between the two calls.
                absent_on=("ResourceNotFoundException",),
            ),
            within=Call("events", "list_event_buses", "events:ListEventBuses", result="EventBuses"),
            details=(
                Call(
                    "events",
                    "list_targets_by_rule",
                    "events:ListTargetsByRule",
                    {"Rule": "{Name}", "EventBusName": "{within.Name}"},
                    result="Targets",
                    absent_on=("ResourceNotFoundException",),
                    into="Targets",
                ),
            ),
            build=_live_rule,
        ),
        part_of="AWS::Events::EventBus",
        missed=True,
        names=("Name",),
        ignored=(
            "Name",
            "Description",
            "EventBusName",
            "EventPattern",
            "ScheduleExpression",
            "RoleArn",
            "State",
            "Tags",
            "Targets",
        ),
    ),
    Kind(
        name=SUBSCRIPTION,
        title="subscription",
        terraform=(
            Spelling(
                "aws_sns_topic_subscription",
                fields={
                    "topic_arn": "TopicArn",
                    "protocol": "Protocol",
                    "endpoint": "Endpoint",
                    "raw_message_delivery": "RawMessageDelivery",
                    "filter_policy_scope": "FilterPolicyScope",
                    "subscription_role_arn": "SubscriptionRoleArn",
                },
                build=_subscription,
                exports={"id": "arn", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(SUBSCRIPTION, build=_subscription, exports={"Ref": "arn", "Arn": "arn"}),
        live=LiveSpelling(
            enumerate=Call("sns", "list_subscriptions", "sns:ListSubscriptions", result="Subscriptions"),
            details=(
                Call(
                    "sns",
                    "get_subscription_attributes",
                    "sns:GetSubscriptionAttributes",
                    {"SubscriptionArn": "{SubscriptionArn}"},
                    result="Attributes",
                    absent_on=("NotFound",),
                    into="RedrivePolicy",
                ),
            ),
            build=_live_subscription,
            # One that nobody has confirmed has no ARN yet, and delivers nothing.
            keep=lambda item, region: str(item.get("SubscriptionArn")).startswith("arn:"),
        ),
        # One that nobody has confirmed yet is not listed by its ARN: what is not found may be waiting.
        part_of="AWS::SNS::Topic",
        # Nor is it read whom a message goes to: a person's address, or a link with a token.
        ignored=(
            "TopicArn",
            "Protocol",
            "Endpoint",
            "RedrivePolicy",
            "FilterPolicy",
            "FilterPolicyScope",
            "DeliveryPolicy",
            "RawMessageDelivery",
            "SubscriptionRoleArn",
        ),
    ),
    Kind(
        name=MAPPING,
        title="event source",
        terraform=(
            Spelling(
                "aws_lambda_event_source_mapping",
                fields={
                    "event_source_arn": "EventSourceArn",
                    "function_name": "FunctionName",
                    "enabled": "Enabled",
                    "batch_size": "BatchSize",
                    "destination_config.on_failure.destination_arn": "DestinationConfig.OnFailure.Destination",
                },
                exports={"id": "id", "uuid": "id"},
            ),
        ),
        cloudformation=Spelling(MAPPING, exports={"Ref": "id", "Id": "id"}),
        live=LiveSpelling(
            enumerate=Call(
                "lambda",
                "list_event_source_mappings",
                "lambda:ListEventSourceMappings",
                result="EventSourceMappings",
            ),
            build=_live_mapping,
            tells=("DestinationConfig",),
        ),
        part_of="AWS::Lambda::Function",
        missed=True,
        ignored=("FunctionName", "EventSourceArn", "Enabled", "BatchSize", "DestinationConfig", "Tags"),
    ),
)
