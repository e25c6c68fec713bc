"""CloudWatch log groups, and the filters that count what is written to them."""

from __future__ import annotations

from soc2gate.kinds.aws.keys import encryption_keys
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Value

GROUP = "AWS::Logs::LogGroup"
FILTER = "AWS::Logs::MetricFilter"

_FOREVER = 0
"""`RetentionInDays` of a group that keeps everything: Terraform's spelling; the API and the registry say nothing."""

_SERVICE_MADE = ("/aws/", "API-Gateway-Execution-Logs_", "RDSOSMetrics")
"""Groups that services make for themselves when nobody made them before."""


def _named(draft: Draft, path: str) -> None:
    if draft.get("name") is None:
        prefix = draft.get("name_prefix")
        draft.set(path, draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))


def _terraform_group(draft: Draft) -> None:
    _named(draft, "LogGroupName")
    if draft.get("kms_key_id") != "":
        draft.copy("kms_key_id", "KmsKeyId")


def _cloudformation_group(draft: Draft) -> None:
    if draft.get("KmsKeyId") == "":
        del draft.properties["KmsKeyId"]


def _live_group(live: LiveItem) -> None:
    draft = live.draft
    name = str(live.item["logGroupName"])
    arn = f"arn:{live.partition}:logs:{live.region}:{live.account}:log-group:{name}"
    draft.identity |= {"name": name, "arn": arn}
    draft.set("Arn", f"{arn}:*")
    copy_fields(
        draft,
        {
            "LogGroupName": "logGroupName",
            "KmsKeyId": "kmsKeyId",
            "LogGroupClass": "logGroupClass",
            "DeletionProtectionEnabled": "deletionProtectionEnabled",
            "BearerTokenAuthenticationEnabled": "bearerTokenAuthenticationEnabled",
        },
    )
    draft.set("RetentionInDays", draft.at("retentionInDays") or _FOREVER)
    copy_tags(draft, "list_tags_for_resource")
    if name.startswith(_SERVICE_MADE):
        draft.managed_by = "AWS"


def _terraform_filter(draft: Draft) -> None:
    draft.set("MetricTransformations", draft.each("metric_transformation", _transformation))


def _transformation(block: Block) -> Piece:
    return {
        "MetricName": block.at("name"),
        "MetricNamespace": block.at("namespace"),
        "MetricValue": block.at("value"),
        "DefaultValue": block.at("default_value"),
        "Unit": block.at("unit"),
        "Dimensions": block.convert("dimensions", lambda value: map_value(value, _dimensions)),
    }


def _dimensions(plain: Value) -> Value:
    return [{"Key": key, "Value": plain[key]} for key in sorted(plain)] if isinstance(plain, dict) else None


def _live_filter(live: LiveItem) -> None:
    draft = live.draft
    group, name = str(live.item["logGroupName"]), str(live.item["filterName"])
    # A filter has no ARN, and its name is unique in its group only.
    draft.identity |= {
        "name": name,
        "id": f"arn:{live.partition}:logs:{live.region}:{live.account}:log-group:{group}:metric-filter:{name}",
    }
    draft.copy("logGroupName", "LogGroupName")
    draft.copy("filterName", "FilterName")
    # An empty pattern counts every line.
    draft.set("FilterPattern", draft.at("filterPattern") or "")
    draft.set(
        "MetricTransformations",
        draft.each(
            "metricTransformations",
            lambda one: {
                "MetricName": one.at("metricName"),
                "MetricNamespace": one.at("metricNamespace"),
                "MetricValue": one.at("metricValue"),
                "DefaultValue": one.at("defaultValue"),
                "Unit": one.at("unit"),
                "Dimensions": one.convert("dimensions", lambda value: map_value(value, _dimensions)),
            },
        ),
    )
    if group.startswith(_SERVICE_MADE):
        draft.managed_by = "AWS"


def _defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        Default("RetentionInDays", _FOREVER, f"{creator} keeps logs for ever", kept=kept),
        Default("LogGroupClass", "STANDARD", "CloudWatch makes groups of the standard class", kept=False),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=GROUP,
        title="log group",
        terraform=(
            Spelling(
                "aws_cloudwatch_log_group",
                fields={
                    "name": "LogGroupName",
                    "retention_in_days": "RetentionInDays",
                    "log_group_class": "LogGroupClass",
                    "deletion_protection_enabled": "DeletionProtectionEnabled",
                    "bearer_token_authentication_enabled": "BearerTokenAuthenticationEnabled",
                },
                build=_terraform_group,
                defaults=_defaults("aws_cloudwatch_log_group", kept=True),
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            GROUP,
            build=_cloudformation_group,
            defaults=_defaults("CloudWatch", kept=False),
            exports={"Ref": "name", "Arn": "arn"},
        ),
        links={"EncryptionKeys": encryption_keys("KmsKeyId")},
        live=LiveSpelling(
            enumerate=Call("logs", "describe_log_groups", "logs:DescribeLogGroups", result="logGroups"),
            details=(
                Call(
                    "logs",
                    "list_tags_for_resource",
                    "logs:ListTagsForResource",
                    {"resourceArn": "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}"},
                    result="tags",
                    into="Tags",
                ),
            ),
            build=_live_group,
        ),
        names=("LogGroupName",),
    ),
    Kind(
        name=FILTER,
        title="log metric filter",
        terraform=(
            Spelling(
                "aws_cloudwatch_log_metric_filter",
                fields={"name": "FilterName", "pattern": "FilterPattern", "log_group_name": "LogGroupName"},
                build=_terraform_filter,
                exports={"id": "name", "name": "name"},
            ),
        ),
        cloudformation=Spelling(FILTER, exports={"Ref": "name"}),
        live=LiveSpelling(
            enumerate=Call("logs", "describe_metric_filters", "logs:DescribeMetricFilters", result="metricFilters"),
            build=_live_filter,
            tells=("LogGroupName", "FilterName", "FilterPattern", "MetricTransformations"),
        ),
        names=("FilterName",),
    ),
)
