"""SNS topics and their policies."""

from __future__ import annotations

from collections.abc import Sequence

from soc2gate.facts import replace
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.aws.policies import belonging_to, derived_policy
from soc2gate.kinds.convert import policy_document
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown, Value

TOPIC = "AWS::SNS::Topic"
POLICY = "AWS::SNS::TopicPolicy"


def _terraform(draft: Draft) -> None:
    prefix = draft.get("name_prefix")
    if draft.get("name") is None:
        draft.set("TopicName", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    if draft.get("kms_master_key_id") != "":
        draft.copy("kms_master_key_id", "KmsMasterKeyId")
    draft.set("related.Policy", draft.convert("policy", policy_document))


def _cloudformation(draft: Draft) -> None:
    if draft.get("KmsMasterKeyId") == "":
        del draft.properties["KmsMasterKeyId"]


_ATTRIBUTES = {
    name: f"get_topic_attributes.{name}"
    for name in (
        "KmsMasterKeyId",
        "DisplayName",
        "FifoTopic",
        "ContentBasedDeduplication",
        "FifoThroughputScope",
        "SignatureVersion",
        "TracingConfig",
    )
}


def _live(live: LiveItem) -> None:
    draft = live.draft
    arn = str(live.item["TopicArn"])
    name = arn.rpartition(":")[2]
    draft.identity |= {"name": name, "arn": arn}
    draft.set("TopicName", draft.made(name, "TopicArn"))
    draft.set("TopicArn", draft.at("TopicArn"))
    copy_fields(draft, _ATTRIBUTES)
    copy_tags(draft, "list_tags_for_resource")


def _terraform_policy(draft: Draft) -> None:
    arn = draft.at("arn")
    draft.set("Topics", None if arn is None else [arn])
    draft.set("PolicyDocument", draft.convert("policy", policy_document))


def _cloudformation_policy(draft: Draft) -> None:
    draft.set("PolicyDocument", draft.convert("PolicyDocument", policy_document))


def _inline_policy(draft: Draft) -> None:
    """A policy that names its one topic, and replaces the policy that it has."""
    arn = draft.properties.pop("TopicArn", None)
    draft.set("Topics", None if arn is None else [draft.at("TopicArn")])
    _cloudformation_policy(draft)


def _live_policy(live: LiveItem) -> None:
    draft = live.draft
    arn = str(live.item["TopicArn"])
    name = arn.rpartition(":")[2]
    draft.identity |= {"name": name, "id": f"{arn}/policy", "parent": arn}
    draft.set("Topics", [draft.at("TopicArn")])
    if "get_topic_attributes" in live.failures:
        draft.uncertain = live.failures["get_topic_attributes"]
        return
    draft.set("PolicyDocument", draft.convert("get_topic_attributes.Policy", policy_document))
    draft.exists = draft.value("PolicyDocument") is not None
    if _is_default(draft.value("PolicyDocument")):
        draft.managed_by = "AWS"


def _is_default(document: Value) -> bool:
    """Whether this is the policy that SNS gives every new topic."""
    return isinstance(document, dict) and document.get("Id") == "__default_policy_ID"


def _policies(topic: Resource) -> Sequence[Resource]:
    arn = topic.identity.get("arn") or Unknown("the topic's ARN is known after it is deployed", not_null=True)
    return derived_policy(topic, POLICY, {"Topics": [arn]})


_LIST = Call("sns", "list_topics", "sns:ListTopics", result="Topics")
_ASK = Call(
    "sns",
    "get_topic_attributes",
    "sns:GetTopicAttributes",
    {"TopicArn": "{TopicArn}"},
    result="Attributes",
    into=",".join(_ATTRIBUTES),
)
_FIFO = Default("FifoTopic", False, "SNS creates a standard topic")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=TOPIC,
        title="SNS topic",
        terraform=(
            Spelling(
                "aws_sns_topic",
                fields={
                    "name": "TopicName",
                    "display_name": "DisplayName",
                    "fifo_topic": "FifoTopic",
                    "content_based_deduplication": "ContentBasedDeduplication",
                    "fifo_throughput_scope": "FifoThroughputScope",
                    "signature_version": "SignatureVersion",
                    "tracing_config": "TracingConfig",
                },
                build=_terraform,
                defaults=(_FIFO,),
                exports={"id": "arn", "arn": "arn", "name": "TopicName"},
            ),
        ),
        cloudformation=Spelling(
            TOPIC,
            build=_cloudformation,
            defaults=(_FIFO,),
            exports={"Ref": "arn", "TopicArn": "arn", "TopicName": "TopicName"},
        ),
        live=LiveSpelling(
            enumerate=_LIST,
            details=(
                _ASK,
                Call(
                    "sns",
                    "list_tags_for_resource",
                    "sns:ListTagsForResource",
                    {"ResourceArn": "{TopicArn}"},
                    result="Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("TopicName",),
        # Subscriptions are resources of their own everywhere but in CloudFormation's shorthand.
        ignored=("Subscription",),
        derives=_policies,
    ),
    Kind(
        name=POLICY,
        title="topic policy",
        terraform=(Spelling("aws_sns_topic_policy", build=_terraform_policy),),
        cloudformation=Spelling(POLICY, build=_cloudformation_policy),
        also_cloudformation=(Spelling("AWS::SNS::TopicInlinePolicy", build=_inline_policy),),
        live=LiveSpelling(_LIST, (replace(_ASK, into="PolicyDocument"),), _live_policy),
        part_of=TOPIC,
        owned=True,
        concludes=belonging_to(TOPIC, "Topics"),
        # Live, each topic tells of its own policy; which it belongs to is what they are paired by.
        ignored=("Topics",),
    ),
)
