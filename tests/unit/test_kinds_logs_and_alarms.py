"""Log groups, metric filters, alarms, and which events all of them together let somebody hear of."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import assert_fits, cfn, normal, one, reading, ref, said, tf, var

from soc2gate.kinds import build_live, link, normalise
from soc2gate.kinds.aws.alarmed_events import EVENTS
from soc2gate.kinds.aws.filter_patterns import NotAPattern, matcher
from soc2gate.model.resource import RawResource, Resource
from soc2gate.model.value import OpenList, Text, Value

GROUP, FILTER, ALARM = "AWS::Logs::LogGroup", "AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm"
SOURCE = "AWS::Logs::DeliverySource"
ROOT = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
TRAIL = "{ ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StopLogging) }"


def live(kind: str, item: dict[str, Any], **answers: Any) -> Resource:
    found = build_live(
        kind,
        item=item,
        answers=answers,
        failures={},
        account="123456789012",
        region="eu-west-1",
        partition="aws",
        seen_at="2026-11-21T09:00:00Z",
        call_names={},
    )
    assert found is not None
    assert_fits(found)
    return found


def test_a_log_group_is_the_same_in_both_formats() -> None:
    body = {"name": "app", "retention_in_days": 400, "kms_key_id": "alias/logs", "tags": {"a": "b"}}
    ours = one(normal(tf("aws_cloudwatch_log_group.g", body)), GROUP)
    properties = {
        "LogGroupName": "app",
        "RetentionInDays": "400",
        "KmsKeyId": "alias/logs",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    theirs = one(normal(cfn("G", GROUP, properties)), GROUP)
    assert said(ours) == said(theirs)


def test_a_delivery_source_and_where_it_delivers_to_is_the_same_in_both_formats() -> None:
    arn, logs = "arn:aws:cloudfront::123456789012:distribution/E1", "arn:aws:logs:us-east-1:123456789012:d:logs"
    ours = one(
        normal(
            tf(
                "aws_cloudwatch_log_delivery_source.s", {"name": "shop", "log_type": "ACCESS_LOGS", "resource_arn": arn}
            ),
            tf(
                "aws_cloudwatch_log_delivery.d",
                {
                    "delivery_source_name": ref("aws_cloudwatch_log_delivery_source.s.name"),
                    "delivery_destination_arn": logs,
                },
            ),
        ),
        SOURCE,
    )
    theirs = one(
        normal(
            cfn("S", SOURCE, {"Name": "shop", "LogType": "ACCESS_LOGS", "ResourceArn": arn}),
            cfn("D", "AWS::Logs::Delivery", {"DeliverySourceName": "shop", "DeliveryDestinationArn": logs}),
        ),
        SOURCE,
    )
    assert said(ours) == said(theirs)
    assert ours.properties["Deliveries"] == [logs]


def test_a_group_for_which_nobody_sets_a_time_keeps_everything_in_every_spelling() -> None:
    written = one(normal(tf("aws_cloudwatch_log_group.g", {"name": "app"})), GROUP)
    template = one(normal(cfn("G", GROUP, {})), GROUP)
    running = live(GROUP, {"logGroupName": "app"}, list_tags_for_resource={})
    assert {found.properties["RetentionInDays"] for found in (written, template, running)} == {0}
    assert "RetentionInDays" in written.defaults


@pytest.mark.parametrize(("name", "managed"), [("/aws/lambda/orders", "AWS"), ("shop/orders", "")])
def test_groups_that_services_make_are_nobody_s_to_declare(name: str, managed: str) -> None:
    assert live(GROUP, {"logGroupName": name}, list_tags_for_resource={}).managed_by == managed


def test_a_metric_filter_is_the_same_in_both_formats() -> None:
    body = {
        "name": "root",
        "pattern": ROOT,
        "log_group_name": "trail",
        "metric_transformation": [
            {"name": "root", "namespace": "Security", "value": "1", "default_value": "0", "dimensions": {"who": "$.x"}}
        ],
    }
    ours = one(normal(tf("aws_cloudwatch_log_metric_filter.f", body)), FILTER)
    properties = {
        "FilterName": "root",
        "FilterPattern": ROOT,
        "LogGroupName": "trail",
        "MetricTransformations": [
            {
                "MetricName": "root",
                "MetricNamespace": "Security",
                "MetricValue": 1,
                "DefaultValue": 0,
                "Dimensions": [{"Key": "who", "Value": "$.x"}],
            }
        ],
    }
    theirs = one(normal(cfn("F", FILTER, properties)), FILTER)
    assert said(ours) == said(theirs)


def test_an_alarm_is_the_same_in_both_formats() -> None:
    body = {
        "alarm_name": "root",
        "namespace": "Security",
        "metric_name": "root",
        "statistic": "Sum",
        "period": 300,
        "evaluation_periods": 1,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "threshold": 1,
        "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        "dimensions": {"who": "root"},
    }
    ours = one(normal(tf("aws_cloudwatch_metric_alarm.a", body)), ALARM)
    properties = {
        "AlarmName": "root",
        "Namespace": "Security",
        "MetricName": "root",
        "Statistic": "Sum",
        "Period": "300",
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1,
        "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        "Dimensions": [{"Name": "who", "Value": "root"}],
    }
    theirs = one(normal(cfn("A", ALARM, properties)), ALARM)
    assert said(ours) == said(theirs)


# Filter patterns


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventName = "StopLogging" }', True),
        ("{$.eventName=StopLogging}", True),
        ("{ $.eventName = Stop* }", True),
        ("{ $.eventName = %^(Stop|Delete)% }", True),
        ("{ $.eventName = stoplogging }", False),
        ("{ $.eventName != StopLogging }", False),
        ("{ $.nothing != StopLogging }", False),
        ("{ $.userIdentity.type = AssumedRole && $.errorCode NOT EXISTS }", True),
        ("{ ($.eventName = X || $.eventName = StopLogging) && $.eventSource = cloudtrail* }", True),
        ("{ $.eventName = StopLogging && ($.eventName = X || $.eventName = Y) }", False),
        ("{ $.eventName EXISTS }", True),
        ("{ $.readOnly IS FALSE }", True),
        ("{ $.readOnly = false }", True),
        ("{ $.managementEvent IS TRUE && $.readOnly IS NULL }", False),
        ("{ $.eventVersion >= 1 }", False),
        ("", True),
        ("StopLogging", True),
        ("?DeleteTrail ?StopLogging", True),
        ("StopLogging -AssumedRole", False),
        ('"cloudtrail.amazonaws.com" DeleteTrail', False),
    ],
)
def test_a_pattern_matches_what_cloudwatch_says_it_does(pattern: str, matches: bool) -> None:
    (event,) = [event for event in EVENTS["trail-change"] if event["eventName"] == "StopLogging"]
    assert matcher(pattern)(event) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.eventName = ",
        "{ $.eventName StopLogging }",
        "{ eventName = X }",
        "[ip, user]",
        "{ $.a = 1 } x",
        "{ $.a = %(% }",
        "{ " + "(" * 60 + "$.a = 1" + ")" * 60 + " }",
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(NotAPattern):
        matcher(pattern)


# From the trail to the alarm


def chain(
    *, pattern: Value = ROOT, group: Value = None, actions: Any = ("arn:alerts",), feeds: Value = None, **alarm: Any
) -> list[RawResource]:
    ours = ref("aws_cloudwatch_log_group.trail.name")
    arn = Text((ref("aws_cloudwatch_log_group.trail.arn"), ":*"))
    return [
        tf("aws_cloudwatch_log_group.trail", {"name_prefix": "trail-"}),
        tf("aws_cloudtrail.t", {"name": "t", "cloud_watch_logs_group_arn": arn if feeds is None else feeds}),
        tf(
            "aws_cloudwatch_log_metric_filter.f",
            {
                "name": "f",
                "pattern": pattern,
                "log_group_name": ours if group is None else group,
                "metric_transformation": [{"name": "m", "namespace": "N", "value": "1"}],
            },
        ),
        tf(
            "aws_cloudwatch_metric_alarm.a",
            {"alarm_name": "a", "metric_name": "m", "namespace": "N", "alarm_actions": actions, **alarm},
            **({"uncertain": alarm.pop("uncertain")} if "uncertain" in alarm else {}),
        ),
    ]


def alarmed(resources: list[RawResource]) -> Value:
    made = normalise([reading(*resources)], owns_account={"infra": True})
    return one(made, "Account::Account").properties["AlarmedEvents"]


def test_an_event_is_heard_of_through_the_whole_chain() -> None:
    assert alarmed(chain(actions=["arn:alerts"])) == ["root-use"]
    assert alarmed(chain(actions=["arn:alerts"], pattern=TRAIL)) == ["trail-change"]
    assert alarmed(chain(actions=["arn:alerts"], pattern="")) == list(EVENTS)


@pytest.mark.parametrize(
    "broken",
    [
        {"actions": []},
        {"actions": ["arn:alerts"], "actions_enabled": False},
        {"actions": ["arn:alerts"], "metric_name": "other"},
        {"actions": ["arn:alerts"], "namespace": "Other"},
        {"actions": ["arn:alerts"], "feeds": ""},
        {"actions": ["arn:alerts"], "pattern": "{ $.userIdentity.type = Root && $.eventName = ConsoleLogin }"},
        {"actions": ["arn:alerts"], "pattern": "{ $.eventName = StopLogging }"},
        {"actions": ["arn:alerts"], "group": ref("aws_cloudwatch_log_group.other.name")},
    ],
)
def test_a_chain_with_a_broken_link_lets_nobody_hear(broken: dict[str, Any]) -> None:
    assert alarmed(chain(**broken)) == []


@pytest.mark.parametrize(
    "doubt",
    [
        {"actions": var("topics")},
        {"actions": ["arn:alerts"], "actions_enabled": var("on")},
        {"actions": ["arn:alerts"], "metric_name": var("metric")},
        {"actions": ["arn:alerts"], "feeds": var("group")},
        {"actions": ["arn:alerts"], "group": "trail"},
        {"actions": ["arn:alerts"], "pattern": var("pattern")},
        {"actions": ["arn:alerts"], "pattern": "[not, json]"},
        {"actions": ["arn:alerts"], "uncertain": "count is not known"},
    ],
)
def test_a_link_that_is_not_known_leaves_the_event_open(doubt: dict[str, Any]) -> None:
    found = alarmed(chain(**doubt))
    assert isinstance(found, OpenList)
    assert found.items == ()
    assert "root-use" in found.more


def test_a_group_is_known_by_its_name_in_a_literal_arn_too() -> None:
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:audit:*"
    assert alarmed(chain(actions=["arn:alerts"], feeds=arn, group="audit")) == ["root-use"]
    assert alarmed(chain(actions=["arn:alerts"], feeds=arn, group="other")) == []


def test_an_alarm_on_a_metric_in_a_query_counts() -> None:
    query = [{"id": "m1", "metric": [{"metric_name": "m", "namespace": "N", "period": 300, "stat": "Sum"}]}]
    found = alarmed(chain(actions=["arn:alerts"], metric_name=None, namespace=None, metric_query=query))
    assert found == ["root-use"]


def test_where_alarms_were_not_read_nothing_is_known_of_them() -> None:
    from soc2gate.kinds import Unread

    account = live("Account::Account", {})
    (found,) = link([account], [Unread("", "cloudwatch:DescribeAlarms was denied", ALARM)])
    assert found.properties["AlarmedEvents"] == OpenList((), tuple(EVENTS), "cloudwatch:DescribeAlarms was denied")
    (found,) = link([account])
    assert found.properties["AlarmedEvents"] == []


def test_the_trail_of_an_organisation_feeds_a_group_that_we_cannot_see() -> None:
    arn = "arn:aws:logs:eu-west-1:210987654321:log-group:trail:*"
    trail = live("AWS::CloudTrail::Trail", {"TrailARN": "arn:trail", "Name": "org", "CloudWatchLogsLogGroupArn": arn})
    found = link([live("Account::Account", {}), trail])
    value = found[0].properties["AlarmedEvents"]
    assert isinstance(value, OpenList)
    assert "account 210987654321, which was not read" in value.reason
