"""SAM's functions and tables are judged as what SAM makes of them; what is left to SAM is a gap that names it.

What is expected here is what AWS's own translator (aws-sam-translator 1.115) makes of the same templates.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cloudformation_template import reading

from soc2gate.model.resource import RawResource, Reading, Span
from soc2gate.model.value import Alternatives, OpenList, Ref, Unknown

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def template(tmp_path: Path, properties: dict[str, Any], kind: str = "Function", **more: Any) -> Reading:
    body = {"Type": f"AWS::Serverless::{kind}", "Properties": properties}
    whole = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": body}, **more}
    return reading(tmp_path, yaml.safe_dump(whole))


def by_address(found: Reading) -> dict[str, RawResource]:
    return {raw.address: raw for raw in found.resources}


def messages(found: Reading) -> list[str]:
    return [problem.message for problem in found.problems]


def test_a_function_is_one_of_lambda_with_a_role_of_its_own(tmp_path: Path) -> None:
    said = {
        "CodeUri": "src/",
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Tracing": "Active",
        "Tags": {"team": "web"},
        "Environment": {"Variables": {"A": "1"}},
    }
    found = template(tmp_path, said)
    function, role = found.resources
    assert (function.address, function.type) == ("F", "AWS::Lambda::Function")
    assert function.body == {
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "TracingConfig": {"Mode": "Active"},
        "Tags": [{"Key": "team", "Value": "web"}],
        "Environment": {"Variables": {"A": "1"}},
        "Code": Unknown("SAM uploads the code", not_null=True),
        "Role": Unknown("known after deploy", Ref("FRole", "Arn"), ("FRole.Arn",), not_null=True),
    }
    assert (role.address, role.type) == ("FRole", "AWS::IAM::Role")
    assert role.body["ManagedPolicyArns"] == [BASIC, "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"]
    assert "Policies" not in role.body
    assert (messages(found), found.unread) == ([], ())


def test_globals_count_for_every_function_and_what_it_says_itself_counts_more(tmp_path: Path) -> None:
    shared = {
        "Runtime": "python3.8",
        "Timeout": 3,
        "Layers": ["a"],
        "Environment": {"Variables": {"A": "1", "B": "1"}},
    }
    own = {"Runtime": "python3.12", "Layers": ["b"], "Environment": {"Variables": {"B": "2"}}}
    body = by_address(template(tmp_path, own, Globals={"Function": shared}))["F"].body
    assert (body["Runtime"], body["Timeout"], body["Layers"]) == ("python3.12", 3, ["a", "b"])
    assert body["Environment"] == {"Variables": {"A": "1", "B": "2"}}


def test_policies_of_the_role_are_read_where_they_are_written_out(tmp_path: Path) -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policies = ["AdministratorAccess", "arn:aws:iam::123456789012:policy/own", BASIC.rpartition("/")[2], document]
    role = by_address(template(tmp_path, {"Policies": policies}))["FRole"]
    managed = [BASIC, "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::123456789012:policy/own"]
    assert role.body["ManagedPolicyArns"] == managed
    assert role.body["Policies"] == [{"PolicyName": "FRolePolicy3", "PolicyDocument": document}]
    named = by_address(template(tmp_path, {"Policies": "AWSLambdaKinesisExecutionRole"}))["FRole"].body
    policies_of_it = named["ManagedPolicyArns"]
    assert isinstance(policies_of_it, list)
    assert isinstance(policies_of_it[1], Alternatives)


def test_policies_of_which_some_may_be_left_out_are_not_all_known(tmp_path: Path) -> None:
    text = (
        "Transform: AWS::Serverless-2016-10-31\nParameters: {P: {Type: String}}\n"
        "Conditions: {C: !Equals [!Ref P, x]}\n"
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      Policies: [ReadOnlyAccess, !If [C, AdministratorAccess, !Ref 'AWS::NoValue']]\n"
    )
    role = by_address(reading(tmp_path, text))["FRole"].body
    assert role["ManagedPolicyArns"] == [BASIC, "arn:aws:iam::aws:policy/ReadOnlyAccess"]
    assert isinstance(role["Policies"], OpenList)


def test_a_role_that_is_named_is_not_made(tmp_path: Path) -> None:
    found = template(tmp_path, {"Role": "arn:aws:iam::123456789012:role/own", "Policies": ["AdministratorAccess"]})
    assert list(by_address(found)) == ["F"]
    assert found.resources[0].body["Role"] == "arn:aws:iam::123456789012:role/own"


@pytest.mark.parametrize(
    ("properties", "left"),
    [
        (
            {"Policies": [{"DynamoDBReadPolicy": {"TableName": "t"}}]},
            "the policy template DynamoDBReadPolicy of its role",
        ),
        ({"Events": {"E": {"Type": "Api", "Properties": {}}}}, "its event E (Api)"),
        (
            {"Events": {"E": {"Type": "SNS", "Properties": {"Topic": "t", "SqsSubscription": True}}}},
            "its event E (SNS)",
        ),
        ({"Events": {"E": {"Type": "SQS", "Properties": {"Queue": "q", "Unheard": 1}}}}, "its event E (SQS)"),
        ({"Events": "x"}, "its Events"),
        ({"AutoPublishAlias": "live"}, "its AutoPublishAlias"),
        (
            {"AutoPublishAlias": "live", "Events": {"E": {"Type": "S3"}}},
            "its AutoPublishAlias, its event E (S3)",
        ),
        ({"FunctionUrlConfig": {"AuthType": "x"}}, "its FunctionUrlConfig"),
        ({"EventInvokeConfig": "x"}, "its EventInvokeConfig"),
    ],
)
def test_what_is_left_to_sam_is_a_gap_that_names_it(tmp_path: Path, properties: dict[str, Any], left: str) -> None:
    found = template(tmp_path, properties)
    assert messages(found) == [f"SAM resources were not looked at: F (Function): {left}"]
    assert found.unread == tuple(messages(found))
    assert "F" in by_address(found)


@pytest.mark.parametrize(
    "properties",
    [{"Policies": [{"S3CrudPolicy": {"BucketName": "b"}}]}, {"Events": {"E": {"Type": "MSK", "Properties": {}}}}],
)
def test_a_role_with_policies_that_were_not_read_has_an_open_end(tmp_path: Path, properties: dict[str, Any]) -> None:
    policies = by_address(template(tmp_path, properties))["FRole"].body["Policies"]
    assert isinstance(policies, OpenList)
    assert (policies.items, len(policies.more)) == ((), 1)


F_REF = Unknown("known after deploy", Ref("F", "Ref"), ("F.Ref",), not_null=True)
F_ARN = Unknown("known after deploy", Ref("F", "Arn"), ("F.Arn",), not_null=True)
RULE_ARN = Unknown("known after deploy", Ref("FE", "Arn"), ("FE.Arn",), not_null=True)
INVOKE = {"Action": "lambda:InvokeFunction", "FunctionName": F_REF}


@pytest.mark.parametrize(
    ("event", "made"),
    [
        (
            {"Type": "SQS", "Properties": {"Queue": "arn:q", "BatchSize": 5}},
            {"FE": {"EventSourceArn": "arn:q", "FunctionName": F_REF, "BatchSize": 5}},
        ),
        (
            {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)", "Enabled": False}},
            {
                "FE": {
                    "ScheduleExpression": "rate(1 day)",
                    "State": "DISABLED",
                    "Targets": [{"Arn": F_ARN, "Id": "FELambdaTarget"}],
                },
                "FEPermission": {**INVOKE, "Principal": "events.amazonaws.com", "SourceArn": RULE_ARN},
            },
        ),
        (
            {"Type": "SNS", "Properties": {"Topic": "arn:t"}},
            {
                "FE": {"Endpoint": F_ARN, "Protocol": "lambda", "TopicArn": "arn:t"},
                "FEPermission": {**INVOKE, "Principal": "sns.amazonaws.com", "SourceArn": "arn:t"},
            },
        ),
        (
            {"Type": "S3", "Properties": {"Bucket": "b", "Events": "s3:ObjectCreated:*"}},
            {
                "FEPermission": {
                    **INVOKE,
                    "Principal": "s3.amazonaws.com",
                    "SourceAccount": Unknown("the account is chosen at deploy", not_null=True),
                }
            },
        ),
    ],
    ids=["queue", "schedule", "topic", "bucket"],
)
def test_events_say_who_may_invoke_it_and_what_it_reads(
    tmp_path: Path, event: dict[str, Any], made: dict[str, Any]
) -> None:
    found = template(tmp_path, {"Role": "arn:r", "Events": {"E": event}})
    assert {address: raw.body for address, raw in by_address(found).items() if address != "F"} == made
    assert messages(found) == []


def test_a_url_without_authorization_lets_everybody_in(tmp_path: Path) -> None:
    found = by_address(template(tmp_path, {"Role": "arn:r", "FunctionUrlConfig": {"AuthType": "NONE"}}))
    assert found["FUrl"].body == {"TargetFunctionArn": F_REF, "AuthType": "NONE"}
    assert found["FUrlPublicPermissions"].body["Principal"] == "*"
    signed = by_address(template(tmp_path, {"Role": "arn:r", "FunctionUrlConfig": {"AuthType": "AWS_IAM"}}))
    assert list(signed) == ["F", "FUrl"]


def test_failed_events_go_where_the_function_says(tmp_path: Path) -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:failed"
    said = {
        "DeadLetterQueue": {"Type": "SQS", "TargetArn": queue},
        "EventInvokeConfig": {"MaximumRetryAttempts": 1, "DestinationConfig": {"OnFailure": {"Type": "SNS"}}},
    }
    made = by_address(template(tmp_path, said))
    assert made["F"].body["DeadLetterConfig"] == {"TargetArn": queue}
    assert made["FEventInvokeConfig"].body == {
        "FunctionName": Unknown("known after deploy", Ref("F", "Ref"), ("F.Ref",), not_null=True),
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": {"Destination": Unknown("SAM makes it", not_null=True)}},
    }
    inline = made["FRole"].body["Policies"]
    assert isinstance(inline, list)
    assert [policy["PolicyName"] for policy in inline if isinstance(policy, dict)] == [
        "DeadLetterQueuePolicy",
        "FEventInvokeConfigOnFailureSNSPolicy",
    ]


def test_a_simple_table_is_one_of_dynamodb(tmp_path: Path) -> None:
    found = template(tmp_path, {"TableName": "t", "SSESpecification": {"SSEEnabled": True}}, "SimpleTable")
    (table,) = found.resources
    assert (table.type, table.body) == (
        "AWS::DynamoDB::Table",
        {
            "TableName": "t",
            "SSESpecification": {"SSEEnabled": True},
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    keyed = template(tmp_path, {"PrimaryKey": {"Name": "n", "Type": "Number"}}, "SimpleTable").resources[0].body
    assert keyed["AttributeDefinitions"] == [{"AttributeName": "n", "AttributeType": "N"}]


def test_values_keep_their_lines_those_of_globals_too(tmp_path: Path) -> None:
    text = (
        "Transform: AWS::Serverless-2016-10-31\n"
        "Globals:\n  Function:\n    Runtime: python3.12\n    Tracing: Active\n"
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Environment:\n"
        "        Variables: {A: b}\n"
    )
    function = by_address(reading(tmp_path, text))["F"]
    lines = {
        path: place.line
        for path in ("Runtime", "TracingConfig", "Environment.Variables.A")
        if isinstance(place := function.places[path], Span)
    }
    assert lines == {"Runtime": 4, "TracingConfig": 5, "Environment.Variables.A": 11}


def test_a_secret_in_globals_and_an_administrator_are_found_by_a_scan(tmp_path: Path) -> None:
    shared = {"Environment": {"Variables": {"KEY": "AKIAZ7QX3KDM4NRT5WYB"}}, "Runtime": "python3.12"}
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Policies": "AdministratorAccess"}}
    whole = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": shared},
        "Resources": {"F": function},
    }
    (tmp_path / "template.json").write_text(json.dumps(whole))
    command = [sys.executable, "-m", "soc2gate", "scan", "--format", "json"]
    result = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout)
    failed = {(item["rule"], item["address"]) for item in result["findings"] if item["verdict"] == "fail"}
    assert {("lambda-env-no-secrets", "F"), ("iam-no-full-admin", "FRole")} <= failed
    assert result["problems"] == []
