"""People's credentials, who may call what, builds, notebooks, web ACLs and desktops, read over HTTP."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal
from kinds_support import assert_fits

from soc2gate.live import aws_calls
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.snapshot import Snapshot
from soc2gate.live.snapshot_json import document
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown, Withheld

NOW = "2026-11-21T09:00:00Z"
USER, ROOT, FUNCTION = "AWS::IAM::User", "Account::IAM::Root", "AWS::Lambda::Function"
PERMISSION, METHOD = "AWS::Lambda::Permission", "AWS::ApiGateway::Method"
PROJECT, NOTEBOOK = "AWS::CodeBuild::Project", "AWS::SageMaker::NotebookInstance"
ACL, WORKSPACE = "AWS::WAFv2::WebACL", "AWS::WorkSpaces::Workspace"


def collect(aws: Aws, *kinds: str) -> Snapshot:
    snapshot = collect_aws(AwsRequest(kinds, lambda: NOW, regions=(REGION,), endpoint_url=aws.url))
    for resource in snapshot.resources():
        assert_fits(resource)
    return snapshot


def only(snapshot: Snapshot, kind: str) -> Resource:
    (found,) = [resource for resource in snapshot.resources() if resource.kind == kind]
    return found


def written(snapshot: Snapshot) -> str:
    return json.dumps(document(snapshot))


# People


def test_a_person_is_as_the_credential_report_has_them(aws: Aws) -> None:
    iam = aws.client("iam")
    for name in ("alice", "deploy"):
        iam.create_user(UserName=name)
    iam.create_login_profile(UserName="alice", Password="Correct-horse-9")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="alice", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    key = iam.create_access_key(UserName="deploy")["AccessKey"]
    aws.requests.clear()
    snapshot = collect(aws, USER)
    users = {str(r.identity["name"]): r.properties for r in snapshot.resources() if r.kind == USER}
    assert (users["alice"]["PasswordEnabled"], users["alice"]["MFAEnabled"], users["alice"]["AccessKeys"]) == (
        True,
        True,
        [],
    )
    assert (users["deploy"]["PasswordEnabled"], users["deploy"]["MFAEnabled"]) == (False, False)
    keys: Any = users["deploy"]["AccessKeys"]
    assert [sorted(one) for one in keys] == [["Active", "LastRotated"]]
    asked = [request for request in aws.requests if "CredentialReport" in request]
    assert sum("Action=GetCredentialReport" in request for request in asked) == 1, "one report is everybody's"
    assert sum("Action=GenerateCredentialReport" in request for request in asked) >= 2, "asked again until it was there"
    assert key["AccessKeyId"] not in written(snapshot)


@pytest.mark.parametrize("operation", ["GenerateCredentialReport", "GetCredentialReport"])
def test_without_the_report_nothing_of_people_is_decided(aws: Aws, operation: str) -> None:
    aws.client("iam").create_user(UserName="alice")
    with aws.refusing(Refusal(f"Action={operation}", "AccessDenied", "query")):
        snapshot = collect(aws, USER)
    told = only(snapshot, USER).properties
    reason = f"iam:{operation} was denied (AccessDenied)"
    for name in ("MFAEnabled", "PasswordEnabled", "PasswordLastUsed", "PasswordLastChanged", "AccessKeys"):
        assert told[name] == Unknown(reason)
    assert any(reason.partition(" ")[2] in problem.message for problem in snapshot.problems())


def test_a_report_that_is_never_done_is_waited_for_and_then_told(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_calls, "_PATIENCE", (0, 0))
    aws.client("iam").create_user(UserName="alice")
    with aws.answering(Refusal("Action=GenerateCredentialReport", "STARTED")):
        told = only(collect(aws, USER), USER).properties
    assert told["MFAEnabled"] == Unknown("iam:GenerateCredentialReport was not done after a minute")


def test_the_root_user_is_told_of_by_the_account_summary(aws: Aws) -> None:
    found = only(collect(aws, ROOT), ROOT)
    told = found.properties
    assert (told["MFAEnabled"], told["AccessKeysPresent"], told["PasswordPresent"]) == (False, False, True)
    assert found.address == f"arn:aws:iam::{ACCOUNT}:root"
    with aws.refusing(Refusal("Action=GetAccountSummary", "AccessDenied", "query")):
        told = only(collect(aws, ROOT), ROOT).properties
    assert told["MFAEnabled"] == told["AccessKeysPresent"] == Unknown("iam:GetAccountSummary was denied (AccessDenied)")


# Functions


def function(aws: Aws, name: str = "orders", **variables: str) -> str:
    iam = aws.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("orders.py", "def handle(event, context): ...")
    made = aws.client("lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.12",
        Handler="orders.handle",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": variables},
    )
    arn: str = made["FunctionArn"]
    return arn


def test_of_an_environment_no_value_is_kept(aws: Aws) -> None:
    function(aws, DB_PASSWORD="correct-horse-battery", LOG_LEVEL="chatty", DB_SECRET_ARN="arn:aws:secretsmanager:x")
    snapshot = collect(aws, FUNCTION)
    environment: Any = only(snapshot, FUNCTION).properties["Environment"]
    assert {name: value.withheld for name, value in environment["Variables"].items()} == {
        "DB_PASSWORD": Withheld(secret=True),
        "DB_SECRET_ARN": Withheld(secret=False),
        "LOG_LEVEL": Withheld(secret=False),
    }
    assert not [value for value in ("correct-horse", "chatty", "secretsmanager:x") if value in written(snapshot)]


def test_a_function_without_an_environment_has_none(aws: Aws) -> None:
    function(aws)
    found = only(collect(aws, FUNCTION), FUNCTION)
    assert "Environment" not in found.properties
    assert "Environment" in found.places, "it was looked at"


def test_a_permission_for_each_statement_of_a_functions_policy(aws: Aws) -> None:
    arn = function(aws)
    function(aws, "hello")
    client = aws.client("lambda")
    client.add_permission(
        FunctionName="orders",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    client.add_permission(
        FunctionName="orders",
        StatementId="uploads",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::uploads",
        SourceAccount=ACCOUNT,
    )
    found = {str(r.identity["id"]): r for r in collect(aws, PERMISSION).resources() if r.kind == PERMISSION}
    assert set(found) == {"orders/url", "orders/uploads"}
    uploads = found["orders/uploads"].properties
    assert (uploads["FunctionName"], uploads["Principal"]) == ("orders", "s3.amazonaws.com")
    assert (uploads["SourceArn"], uploads["SourceAccount"]) == ("arn:aws:s3:::uploads", ACCOUNT)
    assert found["orders/url"].properties["Principal"] == "*"
    assert arn.endswith("orders")


def test_a_version_and_an_alias_have_policies_of_their_own(aws: Aws) -> None:
    """moto keeps one policy for a function and all its versions: answers by their qualifiers stand in for it."""
    function(aws)
    client = aws.client("lambda")
    version = client.publish_version(FunctionName="orders")["Version"]
    client.create_alias(FunctionName="orders", Name="live", FunctionVersion=version)
    statement = {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction"}
    policy = json.dumps({"Policy": json.dumps({"Statement": [statement]})})
    none = Refusal("/functions/orders/policy", "ResourceNotFoundException", "json", "404 Not Found")
    for needle, name in ((f"Qualifier={version}", f"orders:{version}/all"), ("Qualifier=live", "orders:live/all")):
        with aws.refusing(Refusal(needle, policy, "answer", "200 OK"), none):
            found = [one for one in collect(aws, PERMISSION).resources() if one.kind == PERMISSION]
        assert [one.identity["id"] for one in found] == [name]
        assert found[0].properties["Principal"] == "*"
    with aws.refusing(Refusal("Qualifier=live", "AccessDeniedException", "json"), none):
        assert "GetPolicy" in str(collect(aws, PERMISSION).why_unread(PERMISSION, REGION))


def test_a_policy_that_may_not_be_read_leaves_permissions_unread(aws: Aws) -> None:
    function(aws)
    with aws.refusing(Refusal("/functions/orders/policy", "AccessDeniedException", "json")):
        snapshot = collect(aws, PERMISSION)
    assert snapshot.why_unread(PERMISSION, REGION) == "lambda:GetPolicy was denied (AccessDeniedException)"


# Methods


def test_the_methods_of_every_path_of_an_api(aws: Aws) -> None:
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="shop")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    path = gateway.create_resource(restApiId=api, parentId=root, pathPart="orders")["id"]
    gateway.put_method(restApiId=api, resourceId=path, httpMethod="GET", authorizationType="AWS_IAM")
    gateway.put_method(restApiId=api, resourceId=path, httpMethod="POST", authorizationType="NONE", apiKeyRequired=True)
    found = {str(r.properties["HttpMethod"]): r for r in collect(aws, METHOD).resources() if r.kind == METHOD}
    assert set(found) == {"GET", "POST"}
    assert found["GET"].properties["AuthorizationType"] == "AWS_IAM"
    assert found["POST"].properties["ApiKeyRequired"] is True
    assert found["POST"].identity["id"] == f"agm-{api}-{path}-POST"
    assert found["POST"].properties["ResourceId"] == path


# Builds


def test_a_build_project_without_the_values_of_its_environment(aws: Aws) -> None:
    aws.client("codebuild").create_project(
        name="shop",
        source={"type": "S3", "location": "bucket/source.zip"},
        artifacts={"type": "S3", "location": "bucket", "encryptionDisabled": True},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "i",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                {"name": "NPM_TOKEN", "value": "9f86d081884c7d659a2feaa0", "type": "PLAINTEXT"},
                {"name": "STAGE", "value": "orchard"},
                {"name": "DB_PASSWORD", "value": "/shop/db", "type": "PARAMETER_STORE"},
            ],
        },
        serviceRole=f"arn:aws:iam::{ACCOUNT}:role/service-role/build",
        tags=[{"key": "team", "value": "a"}],
    )
    snapshot = collect(aws, PROJECT)
    found = only(snapshot, PROJECT)
    artifacts: Any = found.properties["Artifacts"]
    assert (artifacts["Type"], artifacts["EncryptionDisabled"]) == ("S3", True)
    environment: Any = found.properties["Environment"]
    token, stage, password = [one["Value"] for one in environment["EnvironmentVariables"]]
    assert (token.withheld, stage.withheld) == (Withheld(secret=True), Withheld(secret=False))
    assert password == "/shop/db", "the name of a parameter is no secret"
    assert not [value for value in ("9f86d081", "orchard") if value in written(snapshot)]
    assert (found.identity["name"], found.tags) == ("shop", {"team": "a"})


def test_a_project_that_may_not_be_read_is_undecided(aws: Aws) -> None:
    aws.client("codebuild").create_project(
        name="shop",
        source={"type": "S3", "location": "bucket/source.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=f"arn:aws:iam::{ACCOUNT}:role/service-role/build",
    )
    with aws.refusing(Refusal("BatchGetProjects", "AccessDeniedException", "json")):
        told = only(collect(aws, PROJECT), PROJECT).properties
    reason = Unknown("codebuild:BatchGetProjects was denied (AccessDeniedException)")
    assert told["Name"] == "shop"
    assert told["Artifacts"] == told["Environment"] == reason


# Notebooks


def test_a_notebook_with_its_network_and_key(aws: Aws) -> None:
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="research",
        InstanceType="ml.t3.medium",
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/research",
        KmsKeyId="k",
        DirectInternetAccess="Disabled",
        SubnetId="subnet-1",
        SecurityGroupIds=["sg-1"],
        Tags=[{"Key": "team", "Value": "a"}],
    )
    found = only(collect(aws, NOTEBOOK), NOTEBOOK)
    told = found.properties
    assert (told["DirectInternetAccess"], told["KmsKeyId"], told["SubnetId"]) == ("Disabled", "k", "subnet-1")
    assert (found.identity["name"], found.tags) == ("research", {"team": "a"})
    with aws.refusing(Refusal("DescribeNotebookInstance", "AccessDeniedException", "json")):
        told = only(collect(aws, NOTEBOOK), NOTEBOOK).properties
    assert isinstance(told["KmsKeyId"], Unknown)


# Web ACLs

_VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}


def acl(aws: Aws, name: str, scope: str, region: str = REGION) -> str:
    made = aws.client("wafv2", region).create_web_acl(
        Name=name, Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=_VISIBLE
    )
    arn: str = made["Summary"]["ARN"]
    return arn


def test_web_acls_of_the_region_and_of_cloudfront(aws: Aws) -> None:
    shop = acl(aws, "shop", "REGIONAL")
    site = acl(aws, "site", "CLOUDFRONT", "us-east-1")
    aws.client("wafv2", "us-east-1").put_logging_configuration(
        LoggingConfiguration={"ResourceArn": site, "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-site"]}
    )
    snapshot = collect(aws, ACL)
    found = {str(r.identity["name"]): r for r in snapshot.resources() if r.kind == ACL}
    assert set(found) == {"shop", "site"}
    assert (found["shop"].address, found["shop"].identity["region"]) == (shop, REGION)
    assert (found["site"].properties["Scope"], found["site"].identity["region"]) == ("CLOUDFRONT", "global")
    assert found["shop"].related["LoggingConfigurations"] == []
    logging: Any = found["site"].related["LoggingConfigurations"]
    assert [one["LogDestinationConfigs"] for one in logging] == [["arn:aws:s3:::aws-waf-logs-site"]]
    assert snapshot.was_read(ACL, REGION)
    assert snapshot.was_read(ACL, "global")
    assert not snapshot.was_read(ACL, "us-east-1"), "reading CloudFront's says nothing of that region's own"


def test_what_cloudfront_hides_is_not_taken_for_the_regions(aws: Aws) -> None:
    acl(aws, "shop", "REGIONAL")
    with aws.refusing(Refusal("CLOUDFRONT", "AccessDeniedException", "json")):
        snapshot = collect(aws, ACL)
    assert snapshot.why_unread(ACL, "global") == "wafv2:ListWebACLs was denied (AccessDeniedException)"
    assert snapshot.was_read(ACL, REGION)
    assert [r.identity["name"] for r in snapshot.resources()] == ["shop"]


@pytest.mark.parametrize(("listed", "word"), [("WebACLs", "NextMarker"), ("EventBuses", "NextToken")])
def test_more_than_one_page_holds(listed: str, word: str) -> None:
    asked: list[dict[str, Any]] = []

    def ask(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return {listed: ["a", "b"], word: "b"} if word not in parameters else {listed: ["c"]}

    assert aws_calls._all_pages(ask, {"Scope": "REGIONAL"})[listed] == ["a", "b", "c"]
    assert [one.get(word) for one in asked] == [None, "b"]


def test_a_log_that_may_not_be_asked_for_is_unknown(aws: Aws) -> None:
    acl(aws, "shop", "REGIONAL")
    with aws.refusing(Refusal("GetLoggingConfiguration", "AccessDeniedException", "json")):
        found = only(collect(aws, ACL), ACL)
    reason = "wafv2:GetLoggingConfiguration was denied (AccessDeniedException)"
    assert found.related["LoggingConfigurations"] == Unknown(reason)


# Desktops


def test_a_workspace_and_its_volumes(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    directory = aws.client("ds").create_directory(
        Name="corp.example.com",
        Password="Correct-horse-9",
        Size="Small",
        VpcSettings={"VpcId": vpc, "SubnetIds": subnets},
    )["DirectoryId"]
    client = aws.client("workspaces")
    client.register_workspace_directory(DirectoryId=directory)
    client.create_workspaces(
        Workspaces=[
            {
                "DirectoryId": directory,
                "UserName": "alice",
                "BundleId": "wsb-bh8rsxt14",
                "VolumeEncryptionKey": "k",
                "UserVolumeEncryptionEnabled": True,
                "RootVolumeEncryptionEnabled": False,
                "Tags": [{"Key": "team", "Value": "a"}],
            }
        ]
    )
    found = only(collect(aws, WORKSPACE), WORKSPACE)
    told = found.properties
    assert (told["UserVolumeEncryptionEnabled"], told["RootVolumeEncryptionEnabled"]) == (True, False)
    assert (told["UserName"], found.tags) == ("alice", {"team": "a"})
