"""SQS queues and their policies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from soc2gate.facts import replace
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.aws.policies import belonging_to, derived_policy
from soc2gate.kinds.aws.undelivered import FAILED_LINKS, redriven
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import policy_document
from soc2gate.kinds.describe import Call, Companion, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown

QUEUE = "AWS::SQS::Queue"
POLICY = "AWS::SQS::QueuePolicy"


def _terraform(draft: Draft) -> None:
    prefix = draft.get("name_prefix")
    if draft.get("name") is None:
        draft.set("QueueName", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    if draft.get("kms_master_key_id") != "":
        draft.copy("kms_master_key_id", "KmsMasterKeyId")
    for attribute, path in (("redrive_policy", "RedrivePolicy"), ("redrive_allow_policy", "RedriveAllowPolicy")):
        draft.set(path, draft.convert(attribute, policy_document))
    draft.set("related.Policy", draft.convert("policy", policy_document))


def _cloudformation(draft: Draft) -> None:
    if draft.get("KmsMasterKeyId") == "":
        del draft.properties["KmsMasterKeyId"]
    for path in ("RedrivePolicy", "RedriveAllowPolicy"):
        draft.set(path, draft.convert(path, policy_document))


def _redrive(draft: Draft, attribute: str) -> Piece:
    return draft.convert(attribute, policy_document)


_ATTRIBUTES = {
    name: f"get_queue_attributes.{name}"
    for name in (
        "KmsMasterKeyId",
        "SqsManagedSseEnabled",
        "KmsDataKeyReusePeriodSeconds",
        "VisibilityTimeout",
        "MessageRetentionPeriod",
        "MaximumMessageSize",
        "DelaySeconds",
        "ReceiveMessageWaitTimeSeconds",
        "FifoQueue",
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoThroughputLimit",
    )
}


def _identify(live: LiveItem) -> str:
    url = str(live.item["value"])
    name = url.rpartition("/")[2]
    arn = live.draft.get("get_queue_attributes.QueueArn")
    live.draft.identity |= {
        "name": name,
        "url": url,
        "arn": arn if isinstance(arn, str) else f"arn:{live.partition}:sqs:{live.region}:{live.account}:{name}",
    }
    return name


def _live(live: LiveItem) -> None:
    draft = live.draft
    name = _identify(live)
    draft.set("QueueName", draft.made(name, "value"))
    draft.set("QueueUrl", draft.at("value"))
    copy_fields(draft, _ATTRIBUTES)
    for path in ("RedrivePolicy", "RedriveAllowPolicy"):
        draft.set(path, draft.convert(f"get_queue_attributes.{path}", policy_document))
    draft.set("related.Policy", draft.convert("get_queue_attributes.Policy", policy_document))
    copy_tags(draft, "list_queue_tags")


def _terraform_policy(draft: Draft) -> None:
    url = draft.at("queue_url")
    draft.set("Queues", None if url is None else [url])
    draft.set("PolicyDocument", draft.convert("policy", policy_document))


def _cloudformation_policy(draft: Draft) -> None:
    draft.set("PolicyDocument", draft.convert("PolicyDocument", policy_document))


def _inline_policy(draft: Draft) -> None:
    """A policy that names its one queue, and replaces the policy that it has."""
    url = draft.properties.pop("Queue", None)
    draft.set("Queues", None if url is None else [draft.at("Queue")])
    _cloudformation_policy(draft)


def _live_policy(live: LiveItem) -> None:
    draft = live.draft
    _identify(live)
    queue = draft.identity.pop("arn")
    draft.identity |= {"parent": queue, "id": f"{queue}/policy"}
    draft.set("Queues", [draft.at("value")])
    if "get_queue_attributes" in live.failures:
        draft.uncertain = live.failures["get_queue_attributes"]
        return
    draft.set("PolicyDocument", draft.convert("get_queue_attributes.Policy", policy_document))
    draft.exists = draft.value("PolicyDocument") is not None


def _policies(queue: Resource) -> Sequence[Resource]:
    url = queue.identity.get("url") or Unknown("the queue's URL is known after it is deployed", not_null=True)
    return derived_policy(queue, POLICY, {"Queues": [url]})


# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
# SSE-SQS is what a queue is created with since October 2022, and off where a KMS key is named.
_ENCRYPTION = (
    Default(
        "SqsManagedSseEnabled",
        True,
        "SQS encrypts new queues with its own keys",
        when=absent("KmsMasterKeyId"),
        kept=False,
    ),
    Default("SqsManagedSseEnabled", False, "the queue is encrypted with a KMS key instead", kept=False),
)


def _settings(*, kept: bool) -> tuple[Default, ...]:
    return (
        Default("VisibilityTimeout", 30, "SQS hides a received message for 30 seconds", kept=kept),
        Default("MessageRetentionPeriod", 345600, "SQS keeps messages for 4 days", kept=kept),
        Default("DelaySeconds", 0, "SQS delivers at once", kept=kept),
        Default("ReceiveMessageWaitTimeSeconds", 0, "SQS answers a receive at once", kept=kept),
    )


_LIST = Call("sqs", "list_queues", "sqs:ListQueues", {"MaxResults": 1000}, result="QueueUrls")
_ASK = Call(
    "sqs",
    "get_queue_attributes",
    "sqs:GetQueueAttributes",
    {"QueueUrl": "{value}", "AttributeNames": ["All"]},
    result="Attributes",
    into=",".join([*_ATTRIBUTES, "RedrivePolicy", "RedriveAllowPolicy"]),
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=QUEUE,
        title="SQS queue",
        terraform=(
            Spelling(
                "aws_sqs_queue",
                fields={
                    "name": "QueueName",
                    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
                    "kms_data_key_reuse_period_seconds": "KmsDataKeyReusePeriodSeconds",
                    "visibility_timeout_seconds": "VisibilityTimeout",
                    "message_retention_seconds": "MessageRetentionPeriod",
                    "max_message_size": "MaximumMessageSize",
                    "delay_seconds": "DelaySeconds",
                    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
                    "fifo_queue": "FifoQueue",
                    "content_based_deduplication": "ContentBasedDeduplication",
                    "deduplication_scope": "DeduplicationScope",
                    "fifo_throughput_limit": "FifoThroughputLimit",
                },
                build=_terraform,
                defaults=(*_ENCRYPTION, *_settings(kept=True)),
                exports={"id": "url", "url": "url", "arn": "arn", "name": "QueueName"},
            ),
        ),
        cloudformation=Spelling(
            QUEUE,
            build=_cloudformation,
            defaults=(*_ENCRYPTION, *_settings(kept=False)),
            exports={"Ref": "url", "QueueUrl": "url", "Arn": "arn", "QueueName": "QueueName"},
        ),
        companions=tuple(
            Companion(
                f"aws_sqs_queue_{attribute}",
                QUEUE,
                "queue_url",
                path,
                partial(_redrive, attribute=attribute),
                id_is_target=True,
            )
            for attribute, path in (("redrive_policy", "RedrivePolicy"), ("redrive_allow_policy", "RedriveAllowPolicy"))
        ),
        live=LiveSpelling(
            enumerate=_LIST,
            details=(
                _ASK,
                Call(
                    "sqs", "list_queue_tags", "sqs:ListQueueTags", {"QueueUrl": "{value}"}, result="Tags", into="Tags"
                ),
            ),
            build=_live,
        ),
        names=("QueueName",),
        links={"Sources": Link(QUEUE, reads=lambda one: redriven(one.properties.get("RedrivePolicy"))), **FAILED_LINKS},
        derives=_policies,
    ),
    Kind(
        name=POLICY,
        title="queue policy",
        terraform=(Spelling("aws_sqs_queue_policy", build=_terraform_policy),),
        cloudformation=Spelling(POLICY, build=_cloudformation_policy),
        also_cloudformation=(Spelling("AWS::SQS::QueueInlinePolicy", build=_inline_policy),),
        live=LiveSpelling(_LIST, (replace(_ASK, into="PolicyDocument"),), _live_policy),
        part_of=QUEUE,
        missed=True,
        owned=True,
        concludes=belonging_to(QUEUE, "Queues"),
        # Live, each queue tells of its own policy; which it belongs to is what they are paired by.
        ignored=("Queues",),
    ),
)
