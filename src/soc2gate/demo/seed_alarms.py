"""The alarms on the audit trail: the log group that it feeds, what is counted there, and who is told."""

from __future__ import annotations

from soc2gate.demo.seed_common import (
    ALERTS_ARN,
    LOG_GROUP_ARN,
    NAME,
    TAGS,
    Account,
    allow,
    assumed_by,
    policy,
    tag_list,
)
from soc2gate.demo.servers import ACCOUNT


def create_alarms(account: Account) -> None:
    """The log group that the trail feeds, what is counted in it, and who is told."""
    key = account.keys["data"]
    logs = account.client("logs")
    logs.create_log_group(logGroupName=f"{NAME}-trail", kmsKeyId=key, tags=TAGS)
    logs.put_retention_policy(logGroupName=f"{NAME}-trail", retentionInDays=400)
    iam = account.client("iam")
    iam.create_role(
        RoleName=f"{NAME}-trail-to-logs",
        AssumeRolePolicyDocument=assumed_by("cloudtrail.amazonaws.com", "sts:AssumeRole"),
        MaxSessionDuration=3600,
        Tags=tag_list(TAGS),
    )
    iam.put_role_policy(
        RoleName=f"{NAME}-trail-to-logs",
        PolicyName="write-logs",
        PolicyDocument=policy(allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{LOG_GROUP_ARN}:*")),
    )
    sns = account.client("sns")
    sns.create_topic(Name=f"{NAME}-security-alerts", Attributes={"KmsMasterKeyId": key}, Tags=tag_list(TAGS))
    publish = {
        "Sid": "AlarmsOfThisAccountPublish",
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": ALERTS_ARN,
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    sns.set_topic_attributes(TopicArn=ALERTS_ARN, AttributeName="Policy", AttributeValue=policy(publish))
    sns.subscribe(TopicArn=ALERTS_ARN, Protocol="email", Endpoint="on-call@harbourline.example")
    for name, pattern in _watched().items():
        _create_alarm(account, name, pattern)


def _watched() -> dict[str, str]:
    """Metric to the filter pattern that counts it."""
    whose = ("Group", "Role", "User")
    policies = [f"{verb}{one}Policy" for verb in ("Attach", "Delete", "Detach", "Put") for one in whose]
    policies += ["CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion"]
    trails = ["CreateTrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail"]
    return {
        "failed-sign-in": '{ ($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed authentication") }',
        "policy-change": _any_call(policies),
        "root-use": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
        '&& $.eventType != "AwsServiceEvent" }',
        "trail-change": _any_call(trails),
    }


def _any_call(names: list[str]) -> str:
    return "{ " + " || ".join(f'($.eventName = "{name}")' for name in names) + " }"


def _create_alarm(account: Account, name: str, pattern: str) -> None:
    account.client("logs").put_metric_filter(
        logGroupName=f"{NAME}-trail",
        filterName=f"{NAME}-{name}",
        filterPattern=pattern,
        metricTransformations=[{"metricName": name, "metricNamespace": "Harbourline/Security", "metricValue": "1"}],
    )
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{NAME}-{name}",
        AlarmDescription=f"Seen in the audit trail: {name}",
        Namespace="Harbourline/Security",
        MetricName=name,
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1,
        TreatMissingData="notBreaching",
        AlarmActions=[ALERTS_ARN],
        Tags=tag_list(TAGS),
    )
