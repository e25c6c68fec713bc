"""A part that is deleted by itself (a flow log, a bucket's policy) is missing: told once, with what that did."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import REGION, Aws, Refusal, signed_in

VPC = 'resource "aws_vpc" "main" {\n  cidr_block = "10.0.0.0/16"\n  tags       = { Name = "main" }\n}\n'
DESTINATION = "arn:aws:s3:::flow-logs"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with signed_in(monkeypatch) as server:
        yield server


def flow_log(name: str, traffic: str = "ALL", tag: str = "", to: str = DESTINATION) -> str:
    tags = f'  tags                 = {{ Name = "{tag}" }}\n' if tag else ""
    return (
        f'resource "aws_flow_log" "{name}" {{\n  vpc_id               = aws_vpc.main.id\n'
        f'  traffic_type         = "{traffic}"\n  log_destination_type = "s3"\n'
        f'  log_destination      = "{to}"\n{tags}}}\n'
    )


def network(aws: Aws, *traffic: str) -> list[str]:
    """A VPC with a flow log for each sort of traffic; their ids."""
    ec2, s3 = aws.client("ec2"), aws.client("s3")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "main"}])
    made = []
    for number, sort in enumerate(traffic):
        bucket = f"flow-logs-{number}" if number else "flow-logs"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made += ec2.create_flow_logs(
            ResourceIds=[vpc],
            ResourceType="VPC",
            TrafficType=sort,
            LogDestinationType="s3",
            LogDestination=f"arn:aws:s3:::{bucket}",
        )["FlowLogIds"]
    return made


def delete(aws: Aws, *flow_logs: str) -> None:
    aws.client("ec2").delete_flow_logs(FlowLogIds=list(flow_logs))


def told(folder: Path, code: str, *rules: str) -> list[dict[str, Any]]:
    (folder / "main.tf").write_text(f'provider "aws" {{\n  region = "{REGION}"\n}}\n{code}')
    only = [part for rule in rules for part in ("--rule", rule)]
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "verify", "--format", "json", *only],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    kinds = ("AWS::EC2::VPC", "AWS::EC2::FlowLog", "AWS::SQS::", "AWS::S3::BucketPolicy", "AWS::Events::")
    return [item for item in report["disagreements"] if item["kind"].startswith(kinds)]


def short(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["difference"], item["address"]) for item in items]


def test_a_deleted_flow_log_is_missing_once_with_what_its_vpc_is_without_it(aws: Aws, tmp_path: Path) -> None:
    (made,) = network(aws, "ALL")
    aws.client("ec2").create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": "main"}])
    code = VPC + flow_log("main", tag="main")
    assert told(tmp_path, code, "vpc-flow-logs") == []
    delete(aws, made)
    (item,) = told(tmp_path, code, "vpc-flow-logs")
    assert (item["difference"], item["kind"], item["address"]) == (
        "missing",
        "AWS::EC2::FlowLog",
        "aws_flow_log.main",
    )
    assert item["rules"] == [{"id": "vpc-flow-logs", "declared": "pass", "live": "fail"}]
    assert item["severity"] == "medium"
    assert item["criteria"]
    assert item["reason"] == "aws_vpc.main is without it"
    assert item["live_where"]["call"] == "ec2:DescribeFlowLogs"


def test_a_flow_log_without_a_name_is_known_by_its_vpc(aws: Aws, tmp_path: Path) -> None:
    (made,) = network(aws, "REJECT")
    assert told(tmp_path, VPC + flow_log("main", "REJECT"), "vpc-flow-logs") == []
    (changed,) = told(tmp_path, VPC + flow_log("main", "ALL"), "vpc-flow-logs")
    assert (changed["difference"], changed["property"]) == ("changed", "TrafficType")
    delete(aws, made)
    assert short(told(tmp_path, VPC + flow_log("main"), "vpc-flow-logs")) == [("missing", "aws_flow_log.main")]


def test_of_two_flow_logs_without_names_the_one_that_says_so_is_gone(aws: Aws, tmp_path: Path) -> None:
    one, _ = network(aws, "ALL", "ALL")
    code = VPC + flow_log("one") + flow_log("two", to="arn:aws:s3:::flow-logs-1")
    assert told(tmp_path, code, "vpc-flow-logs") == []
    delete(aws, one)
    (item,) = told(tmp_path, code, "vpc-flow-logs")
    assert (item["difference"], item["address"]) == ("missing", "aws_flow_log.one")
    assert item["rules"] == [], "the other keeps the VPC as the rule wants it"


def test_which_of_two_flow_logs_is_gone_nobody_says_where_code_does_not_tell_them_apart(
    aws: Aws, tmp_path: Path
) -> None:
    one, _ = network(aws, "ALL", "ALL")
    code = 'variable "to" {}\n' + VPC + flow_log("one", to="${var.to}") + flow_log("two", to="${var.to}")
    assert short(told(tmp_path, code, "vpc-flow-logs")) == [
        ("undecided", "aws_flow_log.one"),
        ("undecided", "aws_flow_log.two"),
    ]
    delete(aws, one)
    items = told(tmp_path, code, "vpc-flow-logs")
    assert short(items) == [("undecided", "aws_flow_log.one"), ("undecided", "aws_flow_log.two")]
    assert items[0]["reason"] == "aws_vpc.main has 1 live where code declares 2, and nothing tells which is this"


def test_a_flow_log_that_code_does_not_declare_stands_for_itself(aws: Aws, tmp_path: Path) -> None:
    made = network(aws, "ALL", "ALL")
    (item,) = told(tmp_path, VPC + flow_log("main", tag="main"), "vpc-flow-logs")[:1]
    assert item["difference"] == "missing"
    aws.client("ec2").create_tags(Resources=[made[0]], Tags=[{"Key": "Name", "Value": "main"}])
    assert short(told(tmp_path, VPC + flow_log("main", tag="main"), "vpc-flow-logs")) == [("unmanaged", made[1])]


@pytest.mark.parametrize(
    ("managed", "expected"),
    [
        ("kinds: [AWS::SQS::Queue]", []),
        ("kinds: [AWS::EC2::FlowLog]", ["unmanaged"]),
        # What is added to a managed whole is managed, and has no tags to say so.
        ("kinds: [AWS::EC2::VPC]", ["unmanaged"]),
        ("tags: {team: shop}", ["unmanaged"]),
    ],
)
def test_a_part_that_somebody_added_is_told_where_its_kind_or_its_wholes_is_managed(
    aws: Aws, tmp_path: Path, managed: str, expected: list[str]
) -> None:
    network(aws, "ALL")
    (tmp_path / "soc2gate.yaml").write_text(f"managed: {{{managed}}}\n")
    items = told(tmp_path, VPC, "vpc-flow-logs")
    assert [item["difference"] for item in items if item["kind"] == "AWS::EC2::FlowLog"] == expected


def test_the_flow_log_of_a_missing_vpc_is_told_with_it(aws: Aws, tmp_path: Path) -> None:
    assert short(told(tmp_path, VPC + flow_log("main", tag="main"), "vpc-flow-logs")) == [("missing", "aws_vpc.main")]


def test_flow_logs_that_may_not_be_listed_are_undecided(aws: Aws, tmp_path: Path) -> None:
    network(aws)
    with aws.refusing(Refusal("Action=DescribeFlowLogs", "UnauthorizedOperation")):
        items = told(tmp_path, VPC + flow_log("main", tag="main"), "vpc-flow-logs")
    assert {item["difference"] for item in items} == {"undecided"}


@pytest.mark.parametrize(
    "code",
    [
        'resource "aws_sqs_queue" "jobs" {\n  name   = "jobs"\n  policy = jsonencode(local.tls)\n}\n',
        'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\nresource "aws_sqs_queue_policy" "jobs" {\n'
        "  queue_url = aws_sqs_queue.jobs.id\n  policy    = jsonencode(local.tls)\n}\n",
    ],
    ids=["written in the queue", "of its own"],
)
def test_a_queue_policy_that_was_taken_away_is_missing_once(aws: Aws, tmp_path: Path, code: str) -> None:
    allowed = (
        'locals {\n  tls = { Version = "2012-10-17", Statement = [{ Effect = "Allow",'
        ' Principal = { AWS = "123456789012" }, Action = "sqs:SendMessage", Resource = "*" }] }\n}\n'
    )
    aws.client("sqs").create_queue(QueueName="jobs", Attributes={"SqsManagedSseEnabled": "true"})
    (item,) = told(tmp_path, allowed + code, "sqs-encrypted")
    assert (item["difference"], item["kind"]) == ("missing", "AWS::SQS::QueuePolicy")


def test_a_deleted_event_rule_is_missing(aws: Aws, tmp_path: Path) -> None:
    code = (
        'resource "aws_cloudwatch_event_rule" "nightly" {\n  name                = "nightly"\n'
        '  schedule_expression = "rate(1 day)"\n}\n'
    )
    aws.client("events").put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    assert told(tmp_path, code, "sqs-encrypted") == []
    aws.client("events").delete_rule(Name="nightly")
    assert short(told(tmp_path, code, "sqs-encrypted")) == [("missing", "aws_cloudwatch_event_rule.nightly")]
