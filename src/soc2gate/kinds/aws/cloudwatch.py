"""CloudWatch alarms on metrics."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Value

ALARM = "AWS::CloudWatch::Alarm"

_FIELDS = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
    "comparison_operator": "ComparisonOperator",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
    "evaluation_periods": "EvaluationPeriods",
    "extended_statistic": "ExtendedStatistic",
    "metric_name": "MetricName",
    "namespace": "Namespace",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "threshold_metric_id": "ThresholdMetricId",
    "treat_missing_data": "TreatMissingData",
    "unit": "Unit",
}


def _dimensions(block: Block, path: str) -> Piece:
    def convert(plain: Value) -> Value:
        return [{"Name": key, "Value": plain[key]} for key in sorted(plain)] if isinstance(plain, dict) else None

    return block.convert(path, lambda value: map_value(value, convert))


def _terraform(draft: Draft) -> None:
    draft.set("Dimensions", _dimensions(draft, "dimensions"))
    draft.set("Metrics", draft.each("metric_query", _query))


def _query(block: Block) -> Piece:
    return {
        "Id": block.at("id"),
        "AccountId": block.at("account_id"),
        "Expression": block.at("expression"),
        "Label": block.at("label"),
        "Period": block.at("period"),
        "ReturnData": block.at("return_data"),
        "MetricStat": block.one(
            "metric",
            lambda metric: {
                "Metric": {
                    "MetricName": metric.at("metric_name"),
                    "Namespace": metric.at("namespace"),
                    "Dimensions": _dimensions(metric, "dimensions"),
                },
                "Period": metric.at("period"),
                "Stat": metric.at("stat"),
                "Unit": metric.at("unit"),
            },
        ),
    }


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"name": draft.get("AlarmName"), "arn": draft.get("AlarmArn")}
    draft.copy("AlarmArn", "Arn")
    copy_fields(draft, {path: path for path in (*_FIELDS.values(), "Dimensions", "Metrics")})


def _defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        Default("ActionsEnabled", True, f"{creator} lets alarms act", kept=kept),
        Default("TreatMissingData", "missing", "no data is neither good nor bad", kept=kept),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=ALARM,
        title="alarm",
        terraform=(
            Spelling(
                "aws_cloudwatch_metric_alarm",
                fields=_FIELDS,
                build=_terraform,
                defaults=_defaults("aws_cloudwatch_metric_alarm", kept=True),
                exports={"id": "name", "alarm_name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            ALARM, defaults=_defaults("CloudWatch", kept=False), exports={"Ref": "name", "Arn": "arn"}
        ),
        live=LiveSpelling(
            enumerate=Call(
                "cloudwatch",
                "describe_alarms",
                "cloudwatch:DescribeAlarms",
                {"AlarmTypes": ["MetricAlarm"]},
                result="MetricAlarms",
            ),
            build=_live,
        ),
        names=("AlarmName",),
        unordered=("AlarmActions", "OKActions", "InsufficientDataActions"),
    ),
)
