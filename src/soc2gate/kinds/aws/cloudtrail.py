"""CloudTrail trails. The API lists a multi-region trail in every region; only the one in its home region counts."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.keys import encryption_keys
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Json

TRAIL = "AWS::CloudTrail::Trail"

# https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudtrail: all of them plain arguments
# with a default of their own, so the next apply brings them back.
_TERRAFORM_DEFAULTS = (
    Default("IsLogging", True, "aws_cloudtrail starts logging (enable_logging defaults to true)"),
    Default("EnableLogFileValidation", False, "aws_cloudtrail leaves validation off"),
    Default("IncludeGlobalServiceEvents", True, "aws_cloudtrail records global services"),
    Default("IsMultiRegionTrail", False, "aws_cloudtrail makes a trail of one region"),
    Default("IsOrganizationTrail", False, "aws_cloudtrail makes a trail of one account"),
)
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html; IsLogging is required there.
_API_DEFAULTS = (
    Default("EnableLogFileValidation", False, "CreateTrail leaves validation off"),
    Default("IncludeGlobalServiceEvents", True, "CreateTrail records global services"),
    Default("IsMultiRegionTrail", False, "CreateTrail makes a trail of one region"),
    Default("IsOrganizationTrail", False, "CreateTrail makes a trail of one account"),
)

_FIELDS = {
    # The registry's property to the API's field: the same answers, in three cases under another name.
    "TrailName": "Name",
    "S3BucketName": "S3BucketName",
    "S3KeyPrefix": "S3KeyPrefix",
    "SnsTopicName": "SnsTopicName",
    "SnsTopicArn": "SnsTopicARN",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "IsOrganizationTrail": "IsOrganizationTrail",
    "EnableLogFileValidation": "LogFileValidationEnabled",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "KMSKeyId": "KmsKeyId",
    "HomeRegion": "HomeRegion",
    "Arn": "TrailARN",
}


def _build_terraform(draft: Draft) -> None:
    draft.set("EventSelectors", draft.each("event_selector", _event_selector))
    draft.set("AdvancedEventSelectors", draft.each("advanced_event_selector", _advanced_selector))
    draft.set("InsightSelectors", draft.each("insight_selector", lambda one: {"InsightType": one.at("insight_type")}))


def _event_selector(block: Block) -> Piece:
    return {
        "ReadWriteType": block.at("read_write_type") or "All",
        "IncludeManagementEvents": block.at("include_management_events") or True,
        "ExcludeManagementEventSources": block.at("exclude_management_event_sources"),
        "DataResources": block.each("data_resource", lambda one: {"Type": one.at("type"), "Values": one.at("values")}),
    }


def _advanced_selector(block: Block) -> Piece:
    names = {
        "Field": "field",
        "Equals": "equals",
        "NotEquals": "not_equals",
        "StartsWith": "starts_with",
        "NotStartsWith": "not_starts_with",
        "EndsWith": "ends_with",
        "NotEndsWith": "not_ends_with",
    }
    return {
        "Name": block.at("name"),
        "FieldSelectors": block.each(
            "field_selector", lambda one: {name: one.at(attribute) for name, attribute in names.items()}
        ),
    }


def _not_a_shadow(item: Mapping[str, Json], region: str) -> bool:
    return item.get("HomeRegion") in (None, region)


def _build_live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("TrailARN"), "name": draft.get("Name")}
    for path, field in _FIELDS.items():
        draft.copy(field, path)
    draft.copy("get_trail_status.IsLogging", "IsLogging")
    draft.copy("get_event_selectors.EventSelectors", "EventSelectors")
    draft.copy("get_event_selectors.AdvancedEventSelectors", "AdvancedEventSelectors")
    tags = draft.get("list_tags")
    if isinstance(tags, list) and tags and isinstance(tags[0], dict):
        draft.set("Tags", draft.made(tags[0].get("TagsList"), "list_tags"))


KINDS: tuple[Kind, ...] = (
    Kind(
        name=TRAIL,
        title="trail",
        terraform=(
            Spelling(
                "aws_cloudtrail",
                fields={
                    "name": "TrailName",
                    "s3_bucket_name": "S3BucketName",
                    "s3_key_prefix": "S3KeyPrefix",
                    "sns_topic_name": "SnsTopicName",
                    "include_global_service_events": "IncludeGlobalServiceEvents",
                    "is_multi_region_trail": "IsMultiRegionTrail",
                    "is_organization_trail": "IsOrganizationTrail",
                    "enable_log_file_validation": "EnableLogFileValidation",
                    "enable_logging": "IsLogging",
                    "cloud_watch_logs_group_arn": "CloudWatchLogsLogGroupArn",
                    "cloud_watch_logs_role_arn": "CloudWatchLogsRoleArn",
                    "kms_key_id": "KMSKeyId",
                },
                build=_build_terraform,
                defaults=_TERRAFORM_DEFAULTS,
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(TRAIL, defaults=_API_DEFAULTS, exports={"Ref": "name", "Arn": "arn"}),
        live=LiveSpelling(
            Call(
                "cloudtrail",
                "describe_trails",
                "cloudtrail:DescribeTrails",
                parameters={"includeShadowTrails": False},
                result="trailList",
            ),
            (
                Call(
                    "cloudtrail",
                    "get_trail_status",
                    "cloudtrail:GetTrailStatus",
                    parameters={"Name": "{TrailARN}"},
                    into="IsLogging",
                ),
                Call(
                    "cloudtrail",
                    "get_event_selectors",
                    "cloudtrail:GetEventSelectors",
                    parameters={"TrailName": "{TrailARN}"},
                    into="EventSelectors,AdvancedEventSelectors",
                ),
                Call(
                    "cloudtrail",
                    "list_tags",
                    "cloudtrail:ListTags",
                    parameters={"ResourceIdList": ["{TrailARN}"]},
                    result="ResourceTagList",
                    into="Tags",
                ),
            ),
            _build_live,
            tells=tuple(_FIELDS),
            keep=_not_a_shadow,
        ),
        names=("TrailName",),
        links={"EncryptionKeys": encryption_keys("KMSKeyId")},
    ),
)
