"""Kinesis data streams."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft

STREAM = "AWS::Kinesis::Stream"

_DESCRIBED = "describe_stream_summary."


def _terraform(draft: Draft) -> None:
    if draft.get("name") is None:
        draft.set("Name", draft.ref("name", "terraform-"))
    # A key alone does not encrypt: the provider looks at it only where the type says KMS.
    if draft.get("encryption_type") not in (None, "NONE"):
        draft.copy("encryption_type", "StreamEncryption.EncryptionType")
        draft.copy("kms_key_id", "StreamEncryption.KeyId")
    draft.copy("stream_mode_details.stream_mode", "StreamModeDetails.StreamMode")


def _live(live: LiveItem) -> None:
    draft = live.draft
    name = live.item["value"]
    arn = draft.get(_DESCRIBED + "StreamARN")
    draft.identity |= {
        "name": draft.get("value"),
        "arn": arn or f"arn:{live.partition}:kinesis:{live.region}:{live.account}:stream/{name}",
    }
    draft.set("Name", draft.at("value"))
    copy_fields(
        draft,
        {
            "RetentionPeriodHours": _DESCRIBED + "RetentionPeriodHours",
            "StreamModeDetails.StreamMode": _DESCRIBED + "StreamModeDetails.StreamMode",
        },
    )
    if draft.value("StreamModeDetails.StreamMode") != "ON_DEMAND":
        # AWS decides how many shards a stream on demand has.
        draft.copy(_DESCRIBED + "OpenShardCount", "ShardCount")
    looked_at(draft, "StreamEncryption", _DESCRIBED)
    if draft.get(_DESCRIBED + "EncryptionType") == "KMS":
        draft.copy(_DESCRIBED + "EncryptionType", "StreamEncryption.EncryptionType")
        draft.copy(_DESCRIBED + "KeyId", "StreamEncryption.KeyId")
    copy_tags(draft, "list_tags_for_stream")


def _defaults(*, kept: bool) -> tuple[Default, ...]:
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
    return (
        Default("RetentionPeriodHours", 24, "Kinesis keeps records for 24 hours", kept=kept),
        Default(
            "StreamModeDetails", {"StreamMode": "PROVISIONED"}, "Kinesis creates with provisioned shards", kept=False
        ),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=STREAM,
        title="Kinesis stream",
        terraform=(
            Spelling(
                "aws_kinesis_stream",
                fields={
                    "name": "Name",
                    "shard_count": "ShardCount",
                    "retention_period": "RetentionPeriodHours",
                    "shard_level_metrics": "DesiredShardLevelMetrics",
                    "max_record_size_in_kib": "MaxRecordSizeInKiB",
                },
                build=_terraform,
                defaults=_defaults(kept=True),
                exports={"id": "arn", "arn": "arn", "name": "Name"},
            ),
        ),
        cloudformation=Spelling(STREAM, defaults=_defaults(kept=False), exports={"Ref": "name", "Arn": "arn"}),
        live=LiveSpelling(
            # The listing gives bare names; each is the item's `value`.
            enumerate=Call("kinesis", "list_streams", "kinesis:ListStreams", result="StreamNames"),
            details=(
                Call(
                    "kinesis",
                    "describe_stream_summary",
                    "kinesis:DescribeStreamSummary",
                    {"StreamName": "{value}"},
                    result="StreamDescriptionSummary",
                    into="StreamEncryption,RetentionPeriodHours,StreamModeDetails,ShardCount",
                ),
                Call(
                    "kinesis",
                    "list_tags_for_stream",
                    "kinesis:ListTagsForStream",
                    {"StreamName": "{value}"},
                    result="Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("Name",),
    ),
)
