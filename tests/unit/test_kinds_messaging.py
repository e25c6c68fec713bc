"""Queues and topics in the normal form, and their policies wherever these are written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.kinds import registry
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown

QUEUE = "AWS::SQS::Queue"
QUEUE_POLICY = "AWS::SQS::QueuePolicy"
TOPIC = "AWS::SNS::Topic"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}


def test_a_queue_is_the_same_in_both_formats() -> None:
    ours = one(
        normal(
            tf(
                "aws_sqs_queue.q",
                {
                    "name": "jobs",
                    "kms_master_key_id": "alias/jobs",
                    "visibility_timeout_seconds": 60,
                    "redrive_policy": json.dumps({"deadLetterTargetArn": "arn:dlq", "maxReceiveCount": 5}),
                    "tags": {"a": "b"},
                },
            )
        ),
        QUEUE,
    )
    theirs = one(
        normal(
            cfn(
                "Q",
                QUEUE,
                {
                    "QueueName": "jobs",
                    "KmsMasterKeyId": "alias/jobs",
                    "VisibilityTimeout": "60",
                    "RedrivePolicy": {"deadLetterTargetArn": "arn:dlq", "maxReceiveCount": 5},
                    "Tags": [{"Key": "a", "Value": "b"}],
                },
            )
        ),
        QUEUE,
    )
    assert said(ours) == said(theirs)


@pytest.mark.parametrize(
    ("written", "managed"),
    [
        ({}, True),
        ({"kms_master_key_id": "alias/k"}, False),
        ({"kms_master_key_id": ""}, True),
        ({"sqs_managed_sse_enabled": False}, False),
        ({"kms_master_key_id": var("key")}, None),
    ],
)
def test_a_new_queue_is_encrypted_unless_code_says_otherwise(written: dict[str, Any], managed: bool | None) -> None:
    found = one(normal(tf("aws_sqs_queue.q", {"name": "jobs", **written})), QUEUE)
    value = found.properties["SqsManagedSseEnabled"]
    assert value is managed or (managed is None and isinstance(value, Unknown))
    if written.get("kms_master_key_id") == "":
        assert "KmsMasterKeyId" not in found.properties


def test_a_redrive_policy_of_its_own_is_part_of_its_queue() -> None:
    found = one(
        normal(
            tf("aws_sqs_queue.q", {"name": "jobs"}),
            tf(
                "aws_sqs_queue_redrive_policy.r",
                {"queue_url": ref("aws_sqs_queue.q.id"), "redrive_policy": '{"maxReceiveCount": 3}'},
            ),
        ),
        QUEUE,
    )
    assert found.properties["RedrivePolicy"] == {"maxReceiveCount": 3}


def test_a_queue_policy_stands_for_itself_wherever_it_is_written() -> None:
    written = json.dumps(POLICY)
    inline = normal(tf("aws_sqs_queue.q", {"name": "jobs", "policy": written}, lines={"policy": 4}))
    separate = normal(
        tf("aws_sqs_queue.q", {"name": "jobs"}),
        tf("aws_sqs_queue_policy.p", {"queue_url": ref("aws_sqs_queue.q.url"), "policy": written}),
    )
    stack = normal(
        cfn("Q", QUEUE, {"QueueName": "jobs"}),
        cfn("P", QUEUE_POLICY, {"Queues": [ref("Q.Ref")], "PolicyDocument": POLICY}),
    )
    for made in (inline, separate, stack):
        found = one(made, QUEUE_POLICY)
        assert found.properties["PolicyDocument"] == POLICY
        assert len(found.properties["Queues"]) == 1  # type: ignore[arg-type]
    assert one(inline, QUEUE_POLICY).places["PolicyDocument"].line == 4  # type: ignore[union-attr]
    assert one(inline, QUEUE).related["Policy"] == POLICY


def test_a_topic_is_the_same_in_both_formats() -> None:
    ours = one(normal(tf("aws_sns_topic.t", {"name": "alerts", "kms_master_key_id": "alias/k"})), TOPIC)
    theirs = one(normal(cfn("T", TOPIC, {"TopicName": "alerts", "KmsMasterKeyId": "alias/k"})), TOPIC)
    assert said(ours) == said(theirs)


def test_a_topic_policy_stands_for_itself_wherever_it_is_written() -> None:
    written = json.dumps(POLICY)
    inline = normal(tf("aws_sns_topic.t", {"name": "alerts", "policy": written}))
    separate = normal(tf("aws_sns_topic_policy.p", {"arn": ref("aws_sns_topic.t.arn"), "policy": written}))
    stack = normal(cfn("P", TOPIC_POLICY, {"Topics": ["arn:t"], "PolicyDocument": POLICY}))
    for made in (inline, separate, stack):
        assert one(made, TOPIC_POLICY).properties["PolicyDocument"] == POLICY


def test_an_inline_policy_is_the_policy_of_its_topic_or_queue() -> None:
    stack = normal(
        cfn("T", TOPIC, {"TopicName": "alerts"}),
        cfn("TP", "AWS::SNS::TopicInlinePolicy", {"TopicArn": ref("T.Ref"), "PolicyDocument": POLICY}),
        cfn("Q", QUEUE, {"QueueName": "jobs"}),
        cfn("QP", "AWS::SQS::QueueInlinePolicy", {"Queue": ref("Q.Ref"), "PolicyDocument": POLICY}),
    )
    for kind, owner in ((TOPIC_POLICY, "alerts"), (QUEUE_POLICY, "jobs")):
        found = one(stack, kind)
        assert (found.properties["PolicyDocument"], found.identity["owners"]) == (POLICY, [owner])


def test_a_policy_knows_whose_it_is_however_its_queues_are_named() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/failed"
    stack = normal(
        cfn("Q", QUEUE, {"QueueName": "jobs"}),
        cfn("P", QUEUE_POLICY, {"Queues": [ref("Q.Ref"), url], "PolicyDocument": POLICY}),
    )
    assert one(stack, QUEUE_POLICY).identity["owners"] == ["jobs", "failed"]
    inline = normal(tf("aws_sns_topic.t", {"name": "alerts", "policy": json.dumps(POLICY)}))
    assert one(inline, TOPIC_POLICY).identity["owners"] == ["alerts"]
    elsewhere = normal(tf("aws_sns_topic_policy.p", {"arn": var("topic"), "policy": json.dumps(POLICY)}))
    assert "owners" not in one(elsewhere, TOPIC_POLICY).identity


def redrive(target: Any) -> dict[str, Any]:
    return {"RedrivePolicy": {"deadLetterTargetArn": target, "maxReceiveCount": 5}}


@pytest.mark.parametrize(
    "target",
    [
        ref("Failed.Arn"),
        "arn:aws:sqs:eu-west-1:123456789012:failed",
        Text(("arn:aws:sqs:", var("region"), ":123456789012:failed")),
    ],
)
def test_a_dead_letter_queue_is_known_by_the_queues_that_name_it(target: Any) -> None:
    stack = normal(cfn("Failed", QUEUE, {"QueueName": "failed"}), cfn("Jobs", QUEUE, redrive(target)))
    found = {resource.address: resource.related["Sources"] for resource in stack.resources}
    assert isinstance(found["Failed"], list)
    assert len(found["Failed"]) == 1
    assert found["Jobs"] == []


def test_a_queue_that_some_unknown_queue_may_name_may_be_one() -> None:
    stack = normal(cfn("Failed", QUEUE, {"QueueName": "failed"}), cfn("Jobs", QUEUE, redrive(var("target"))))
    found = {resource.address: resource.related["Sources"] for resource in stack.resources}
    assert isinstance(found["Failed"], OpenList)
    written = Alternatives(({"deadLetterTargetArn": ref("Failed.Arn")}, None), "a condition is not known")
    stack = normal(cfn("Failed", QUEUE, {"QueueName": "failed"}), cfn("Jobs", QUEUE, {"RedrivePolicy": written}))
    found = {resource.address: resource.related["Sources"] for resource in stack.resources}
    assert found["Jobs"] == []
    assert isinstance(found["Failed"], OpenList)
    assert (found["Failed"].items, found["Failed"].reason) == ((), "a condition is not known")


NAMED = "arn:aws:{}:eu-west-1:123456789012:failed"
FUNCTION = "AWS::Lambda::Function"


@pytest.mark.parametrize(("service", "holds"), [("sqs", 1), ("sns", 0)])
def test_what_fails_in_a_function_ends_in_the_queue_it_names_and_not_in_the_one_called_like_a_topic(
    service: str, holds: int
) -> None:
    target = {"DeadLetterConfig": {"TargetArn": NAMED.format(service)}}
    stack = normal(cfn("Failed", QUEUE, {"QueueName": "failed"}), cfn("Mail", FUNCTION, target))
    calls = one(stack, QUEUE).related["FailedCalls"]
    assert isinstance(calls, list)
    assert len(calls) == holds


@pytest.mark.parametrize(
    ("called", "destination"), [("mail", var("destination")), (var("function"), NAMED.format("sqs"))]
)
def test_where_a_function_sends_failures_may_not_be_known_and_then_any_queue_may_be_it(
    called: Any, destination: Any
) -> None:
    elsewhere = {"DestinationConfig": {"OnFailure": {"Destination": destination}}, "Qualifier": "$LATEST"}
    stack = normal(
        cfn("Failed", QUEUE, {"QueueName": "failed"}),
        cfn("Mail", FUNCTION, {"FunctionName": "mail"}),
        cfn("Async", "AWS::Lambda::EventInvokeConfig", {"FunctionName": called, **elsewhere}),
    )
    assert isinstance(one(stack, QUEUE).related["FailedCalls"], OpenList)


def test_a_subscription_that_nobody_confirmed_is_none_yet() -> None:
    live = registry.kind("AWS::SNS::Subscription").live
    assert live is not None
    assert live.keep is not None
    assert not live.keep({"SubscriptionArn": "PendingConfirmation", "TopicArn": NAMED.format("sns")}, "eu-west-1")
    assert live.keep({"SubscriptionArn": f"{NAMED.format('sns')}:1", "TopicArn": NAMED.format("sns")}, "eu-west-1")
