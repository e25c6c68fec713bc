"""AWS Config: the recorder of a region, and the channel it delivers by."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.completing import known_true
from soc2gate.kinds.describe import Call, Companion, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece

RECORDER = "AWS::Config::ConfigurationRecorder"
CHANNEL = "AWS::Config::DeliveryChannel"

_GROUP = {
    "AllSupported": "all_supported",
    "IncludeGlobalResourceTypes": "include_global_resource_types",
    "ResourceTypes": "resource_types",
}


def _terraform_recorder(draft: Draft) -> None:
    _default_name(draft)
    draft.set("RecordingGroup", draft.one("recording_group", _group))
    draft.set(
        "RecordingMode",
        draft.one(
            "recording_mode",
            lambda block: {
                "RecordingFrequency": block.at("recording_frequency"),
                "RecordingModeOverrides": block.each(
                    "recording_mode_override",
                    lambda one: {
                        "Description": one.at("description"),
                        "RecordingFrequency": one.at("recording_frequency"),
                        "ResourceTypes": one.at("resource_types"),
                    },
                ),
            },
        ),
    )


def _group(block: Block) -> Piece:
    group: dict[str, Piece] = {name: block.at(attribute) for name, attribute in _GROUP.items()}
    group["ExclusionByResourceTypes"] = block.one(
        "exclusion_by_resource_types", lambda one: {"ResourceTypes": one.at("resource_types")}
    )
    group["RecordingStrategy"] = block.one("recording_strategy", lambda one: {"UseOnly": one.at("use_only")})
    return group


def _default_name(draft: Draft) -> None:
    # A status finds its recorder by name, so the name is there before other defaults are.
    if draft.get("name") is None and draft.get("Name") is None:
        draft.set("Name", "default")


def _live_recorder(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"name": draft.get("name"), "arn": draft.get("arn")}
    copy_fields(draft, {"Name": "name", "RoleARN": "roleARN", "ResourceARN": "arn"})
    for path, field in (("RecordingGroup", "recordingGroup"), ("RecordingMode", "recordingMode")):
        told = draft.get(field)
        if isinstance(told, dict):
            looked_at(draft, path, field)
            draft.set(path, _capital(told))
    if "describe_configuration_recorder_status" in live.answers:
        recording = draft.get("describe_configuration_recorder_status[0].recording") is True
        draft.set("Recording", draft.made(recording, "describe_configuration_recorder_status"))


def _capital(told: Mapping[str, Piece]) -> dict[str, Piece]:
    """The API's names as the registry has them: the same, with a capital letter."""
    out: dict[str, Piece] = {}
    for key, value in told.items():
        if isinstance(value, Mapping):
            value = _capital(value)
        elif isinstance(value, list):
            value = [_capital(item) if isinstance(item, Mapping) else item for item in value]
        if value not in ([], {}):
            out[key[:1].upper() + key[1:]] = value
    return out


def _live_channel(live: LiveItem) -> None:
    draft = live.draft
    draft.identity["name"] = draft.get("name")
    copy_fields(
        draft,
        {
            "Name": "name",
            "S3BucketName": "s3BucketName",
            "S3KeyPrefix": "s3KeyPrefix",
            "S3KmsKeyArn": "s3KmsKeyArn",
            "SnsTopicARN": "snsTopicARN",
            "ConfigSnapshotDeliveryProperties.DeliveryFrequency": "configSnapshotDeliveryProperties.deliveryFrequency",
        },
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=RECORDER,
        title="configuration recorder",
        terraform=(
            Spelling(
                "aws_config_configuration_recorder",
                fields={"name": "Name", "role_arn": "RoleARN"},
                build=_terraform_recorder,
                defaults=(
                    Default("StartedOnCreate", False, "aws_config_configuration_recorder does not start it"),
                    Default(
                        "Recording",
                        False,
                        "aws_config_configuration_recorder_status starts a recorder, and there is none for this one",
                        kept=False,
                    ),
                ),
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            RECORDER,
            build=_default_name,
            defaults=(
                # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-config-configurationrecorder.html
                Default(
                    "StartedOnCreate", True, "CloudFormation starts a recorder as soon as there is a delivery channel"
                ),
                Default("Recording", False, "nothing starts the recorder", when=known_true("StartedOnCreate", False)),
            ),
            exports={"Ref": "name"},
        ),
        companions=(
            Companion(
                "aws_config_configuration_recorder_status",
                RECORDER,
                "name",
                "Recording",
                lambda draft: draft.at("is_enabled"),
                id_is_target=True,
            ),
        ),
        links={"DeliveryChannels": Link(CHANNEL)},
        live=LiveSpelling(
            enumerate=Call(
                "config",
                "describe_configuration_recorders",
                "config:DescribeConfigurationRecorders",
                result="ConfigurationRecorders",
            ),
            details=(
                Call(
                    "config",
                    "describe_configuration_recorder_status",
                    "config:DescribeConfigurationRecorderStatus",
                    {"ConfigurationRecorderNames": ["{name}"]},
                    result="ConfigurationRecordersStatus",
                    into="Recording",
                ),
            ),
            build=_live_recorder,
        ),
        names=("Name",),
        # Ours, and readable on both sides.
        compared=("Recording",),
    ),
    Kind(
        name=CHANNEL,
        title="delivery channel of AWS Config",
        terraform=(
            Spelling(
                "aws_config_delivery_channel",
                fields={
                    "name": "Name",
                    "s3_bucket_name": "S3BucketName",
                    "s3_key_prefix": "S3KeyPrefix",
                    "s3_kms_key_arn": "S3KmsKeyArn",
                    "sns_topic_arn": "SnsTopicARN",
                    "snapshot_delivery_properties.delivery_frequency": (
                        "ConfigSnapshotDeliveryProperties.DeliveryFrequency"
                    ),
                },
                build=_default_name,
                exports={"id": "name", "name": "name"},
            ),
        ),
        cloudformation=Spelling(CHANNEL, build=_default_name, exports={"Ref": "name"}),
        live=LiveSpelling(
            enumerate=Call(
                "config", "describe_delivery_channels", "config:DescribeDeliveryChannels", result="DeliveryChannels"
            ),
            build=_live_channel,
        ),
        names=("Name",),
    ),
)
