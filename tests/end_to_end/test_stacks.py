"""Templates that name nothing, paired with what their stacks made of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws

TEMPLATE = """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  News:
    Type: AWS::SNS::Topic
"""
LONE = """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running_aws() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Iterator[Aws]:
    yield server
    server.reset()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def deploy(aws: Aws, name: str, template: str = TEMPLATE, region: str = REGION) -> dict[str, str]:
    """Logical ids to what they became."""
    client = aws.client("cloudformation", region)
    client.create_stack(StackName=name, TemplateBody=template)
    listed = client.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in listed}


def verified(repository: Repository, aws: Aws, files: dict[str, str], *arguments: str) -> dict[str, Any]:
    repository.commit(files)
    keys = {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    done = repository.run("verify", "--region", REGION, "--format", "json", *arguments, more=keys)
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def told(result: dict[str, Any], *differences: str) -> set[tuple[str, str, str | None]]:
    """What each disagreement is about; what a rule does not read is left out."""
    return {
        (item["difference"], item["address"] or item["uid"], item["property"])
        for item in result["disagreements"]
        if not differences or item["difference"] in differences
    }


CONFIGURED = "roots: [{path: app.yaml, stack: %s}]\n"


def test_what_has_no_name_is_found_by_the_stack_that_made_it(repository: Repository, aws: Aws) -> None:
    made = deploy(aws, "shop-prod")
    files = {"app.yaml": TEMPLATE, "soc2gate.yaml": CONFIGURED % "shop-prod"}
    assert told(verified(repository, aws, files), "changed", "missing", "unmanaged", "undecided") == set()
    aws.client("sqs").set_queue_attributes(QueueUrl=made["Jobs"], Attributes={"VisibilityTimeout": "5"})
    aws.client("sns").delete_topic(TopicArn=made["News"])
    aws.client("sqs").create_queue(QueueName="by-hand")
    assert told(verified(repository, aws, files)) == {
        ("changed", "Jobs", "VisibilityTimeout"),
        ("missing", "News", None),
        ("unmanaged", f"arn:aws:sqs:{REGION}:{ACCOUNT}:by-hand", None),
    }


def test_a_stack_with_the_same_logical_ids_needs_no_setting(repository: Repository, aws: Aws) -> None:
    made = deploy(aws, "whatever")
    deploy(aws, "another", "Resources: {Jobs: {Type: AWS::SNS::Topic}}")
    aws.client("sqs").set_queue_attributes(QueueUrl=made["Jobs"], Attributes={"VisibilityTimeout": "5"})
    found = verified(repository, aws, {"app.yaml": TEMPLATE})
    assert ("changed", "Jobs", "VisibilityTimeout") in told(found)
    assert told(found, "missing", "undecided") == set()


def test_two_stacks_of_one_template_are_used_for_neither(repository: Repository, aws: Aws) -> None:
    deploy(aws, "one")
    deploy(aws, "two")
    found = verified(repository, aws, {"app.yaml": TEMPLATE})
    assert told(found, "changed", "missing", "unmanaged") == set()
    assert {item["address"] for item in found["disagreements"] if item["difference"] == "undecided"} >= {"Jobs", "News"}
    (note,) = (problem for problem in found["problems"] if "may be deployed as any of" in problem["message"])
    assert "stack: NAME" in note["hint"]
    chosen = verified(repository, aws, {"soc2gate.yaml": CONFIGURED % "one"})
    assert {kind for kind, _, _ in told(chosen)} == {"unmanaged"}


def test_one_logical_id_alone_is_no_proof(repository: Repository, aws: Aws) -> None:
    deploy(aws, "somebody-elses", LONE)
    assert {kind for kind, _, _ in told(verified(repository, aws, {"app.yaml": LONE}))} == {"undecided"}
    deploy(aws, "app", LONE)
    assert {kind for kind, _, _ in told(verified(repository, aws, {"app.yaml": LONE}))} == {"unmanaged"}


def test_what_a_stack_does_not_hold_yet_is_missing(repository: Repository, aws: Aws) -> None:
    deploy(aws, "shop", LONE)
    files = {"app.yaml": TEMPLATE, "soc2gate.yaml": CONFIGURED % "shop"}
    assert told(verified(repository, aws, files), "missing", "undecided") == {
        ("missing", "News", None),
        ("missing", "Orders", None),
    }


def test_a_stack_that_is_not_there_is_told(repository: Repository, aws: Aws) -> None:
    found = verified(repository, aws, {"app.yaml": LONE, "soc2gate.yaml": CONFIGURED % "shop"})
    assert told(found) == {("missing", "Jobs", None)}
    assert any("there is no stack shop" in problem["message"] for problem in found["problems"])


def test_stacks_that_may_not_be_read_make_nothing_missing(repository: Repository, aws: Aws) -> None:
    deploy(aws, "shop", LONE)
    files = {"app.yaml": LONE, "soc2gate.yaml": CONFIGURED % "shop"}
    for refused in ("Action=ListStacks", "Action=ListStackResources"):
        with aws.refusing(Refusal(refused, "AccessDenied", "query")):
            found = verified(repository, aws, files)
        assert {kind for kind, _, _ in told(found)} == {"undecided"}, refused
        assert any("cloudformation:" in problem["message"] for problem in found["problems"])


def test_each_environment_has_its_own_stack(repository: Repository, aws: Aws) -> None:
    test, prod = deploy(aws, "shop-test"), deploy(aws, "shop-prod")
    aws.client("sqs").set_queue_attributes(QueueUrl=prod["Jobs"], Attributes={"VisibilityTimeout": "5"})
    settings = (
        "roots:\n  - path: app.yaml\n    environments:\n"
        "      - {name: test, stack: shop-test}\n      - {name: prod, stack: shop-prod}\n"
    )
    found = verified(repository, aws, {"app.yaml": TEMPLATE, "soc2gate.yaml": settings})
    (changed,) = found["disagreements"]
    assert (changed["environment"], changed["address"], changed["property"]) == ("prod", "Jobs", "VisibilityTimeout")
    assert test["Jobs"] != prod["Jobs"]
    assert changed["uid"].rpartition(":")[2] == prod["Jobs"].rpartition("/")[2]


def test_a_snapshot_keeps_what_stacks_made(repository: Repository, aws: Aws) -> None:
    made = deploy(aws, "shop")
    aws.client("sqs").set_queue_attributes(QueueUrl=made["Jobs"], Attributes={"VisibilityTimeout": "5"})
    files = {"app.yaml": TEMPLATE, "soc2gate.yaml": CONFIGURED % "shop"}
    live = verified(repository, aws, files, "--save-snapshot", "seen.json")
    kept = verified(repository, aws, {}, "--snapshot", "seen.json")
    assert told(kept) == told(live) == {("changed", "Jobs", "VisibilityTimeout")}


COMPOSITE = """\
Resources:
  Wall:
    Type: AWS::WAFv2::WebACL
    Properties: {Scope: REGIONAL, DefaultAction: {Allow: {}}, Description: ours, VisibilityConfig: {}}
  Live:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !ImportValue api, StageName: !ImportValue stage, TracingEnabled: true}
  Logs:
    Type: AWS::S3::Bucket
  Shared:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument: {Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*"}]}
"""


def stack_of(resources: list[tuple[str, str, str]]) -> dict[str, Any]:
    arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/1"
    return {
        "kind": "Account::CloudFormation::Stack",
        "region": REGION,
        "uid": arn,
        "identity": {"arn": arn, "name": "shop", "account": ACCOUNT, "region": REGION},
        "managed_by": "CloudFormation",
        "properties": {
            "StackName": "shop",
            "Resources": [
                {"LogicalResourceId": logical_id, "ResourceType": type_, "PhysicalResourceId": physical}
                for logical_id, type_, physical in resources
            ],
        },
    }


def seen(kind: str, identity: dict[str, str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "region": REGION,
        "uid": identity.get("arn") or identity["name"],
        "identity": {"account": ACCOUNT, "region": REGION, **identity},
        "properties": properties,
    }


def test_ids_of_several_parts_and_names_of_other_resources_are_followed(repository: Repository, aws: Aws) -> None:
    acl = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/wall-x/7"
    stage = f"arn:aws:apigateway:{REGION}::/restapis/a1/stages/live"
    allowing = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    snapshot: dict[str, Any] = {
        "schema": "soc2gate.snapshot/1",
        "account": ACCOUNT,
        "resources": [
            stack_of(
                [
                    ("Wall", "AWS::WAFv2::WebACL", "wall-x|7|REGIONAL"),
                    ("Live", "AWS::ApiGateway::Stage", "a1|live"),
                    ("Logs", "AWS::S3::Bucket", "shop-logs-x"),
                    ("Shared", "AWS::S3::BucketPolicy", "shop-logs-x"),
                ]
            ),
            seen(
                "AWS::WAFv2::WebACL",
                {"arn": acl, "id": acl, "name": "wall-x"},
                {"Id": "7", "Name": "wall-x", "Scope": "REGIONAL", "Description": "theirs"},
            ),
            seen(
                "AWS::ApiGateway::Stage",
                {"arn": stage},
                {"RestApiId": "a1", "StageName": "live", "TracingEnabled": False},
            ),
            seen(
                "AWS::S3::Bucket",
                {"arn": "arn:aws:s3:::shop-logs-x", "name": "shop-logs-x"},
                {"BucketName": "shop-logs-x"},
            ),
            seen(
                "AWS::S3::BucketPolicy", {"name": "shop-logs-x"}, {"Bucket": "shop-logs-x", "PolicyDocument": allowing}
            ),
        ],
    }
    from soc2gate.live.snapshot_json import digest_of

    files = {
        "app.yaml": COMPOSITE,
        "soc2gate.yaml": CONFIGURED % "shop",
        "seen.json": json.dumps({**snapshot, "digest": digest_of(snapshot)}),
    }
    found = verified(repository, aws, files, "--snapshot", "seen.json")
    assert told(found, "missing", "unmanaged") == set()
    assert {(address, path) for _, address, path in told(found, "changed")} == {
        ("Wall", "Description"),
        ("Live", "TracingEnabled"),
        ("Shared", "PolicyDocument"),
    }
