"""Credentials, permissions, methods, build projects, notebooks, web ACLs and desktops in the normal form."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.kinds import build_live
from soc2gate.kinds.withheld import withheld
from soc2gate.model.resource import Resource
from soc2gate.model.value import OpenList, Ref, Text, Unknown

USER, ROOT = "AWS::IAM::User", "Account::IAM::Root"
PERMISSION, METHOD = "AWS::Lambda::Permission", "AWS::ApiGateway::Method"
PROJECT, NOTEBOOK = "AWS::CodeBuild::Project", "AWS::SageMaker::NotebookInstance"
ACL, WORKSPACE = "AWS::WAFv2::WebACL", "AWS::WorkSpaces::Workspace"


def made(type_: str, kind: str, body: dict[str, Any]) -> Resource:
    return one(normal(tf(f"{type_}.x", body)), kind)


def template(kind: str, body: dict[str, Any]) -> Resource:
    return one(normal(cfn("X", kind, body)), kind)


def live(kind: str, item: dict[str, Any], failures: dict[str, str] | None = None, **answers: Any) -> Any:
    return build_live(
        kind,
        item=item,
        answers=answers,
        failures=failures or {},
        account="123456789012",
        region="eu-west-1",
        partition="aws",
        seen_at="2026-11-21T09:00:00Z",
        call_names={},
    )


# What a snapshot may not hold


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "correct-horse-battery", True),
        ("WHO", "AKIAIOSFODNN7EXAMPL3", True),
        ("LOG_LEVEL", "info", False),
        ("DB_PASSWORD", "/shop/db/password", False),
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:x", False),
        ("TOKEN", "", False),
    ],
)
def test_what_is_withheld_reads_as_the_value_did_and_holds_none_of_it(name: str, value: str, secret: bool) -> None:
    from soc2gate.cel.secrets import looks_like_secret

    kept = withheld(name, value)
    assert looks_like_secret(Text((f"{name}=", kept))) is looks_like_secret(f"{name}={value}") is secret
    assert not value or value not in repr(kept)


# People

HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated\n"
)
ALICE = "arn:aws:iam::123456789012:user/alice"


def credentials(row: str, report: str | None = None) -> Any:
    text = report if report is not None else f"{HEAD}alice,{ALICE},2024-01-01T00:00:00+00:00,{row}\n"
    found = live(USER, {"UserName": "alice", "Arn": ALICE, "Path": "/"}, get_credential_report=text)
    names = ("MFAEnabled", "PasswordEnabled", "PasswordLastUsed", "PasswordLastChanged", "AccessKeys")
    return {name: found.properties[name] for name in names if name in found.properties}


def test_the_credential_report_tells_of_a_user() -> None:
    row = (
        "true,2026-11-01T00:00:00+00:00,2026-01-01T00:00:00+00:00,N/A,true,"
        "true,2026-02-01T00:00:00+00:00,N/A,N/A,N/A,"
        "false,2025-02-01T00:00:00+00:00,2025-03-01T00:00:00+00:00,eu-west-1,s3,false,N/A,false,N/A"
    )
    assert credentials(row) == {
        "MFAEnabled": True,
        "PasswordEnabled": True,
        "PasswordLastUsed": "2026-11-01T00:00:00+00:00",
        "PasswordLastChanged": "2026-01-01T00:00:00+00:00",
        "AccessKeys": [
            {"Active": True, "LastRotated": "2026-02-01T00:00:00+00:00"},
            {"Active": False, "LastRotated": "2025-02-01T00:00:00+00:00", "LastUsed": "2025-03-01T00:00:00+00:00"},
        ],
    }


@pytest.mark.parametrize("never", ["no_information", "N/A", "not_supported"])
def test_what_was_never_used_has_no_date(never: str) -> None:
    keys = "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A"
    row = f"true,{never},2026-01-01T00:00:00+00:00,N/A,false,{keys},false,N/A,false,N/A"
    found = credentials(row)
    assert "PasswordLastUsed" not in found
    assert found["AccessKeys"] == []


def test_somebody_newer_than_the_report_is_not_decided() -> None:
    found = credentials("", report=HEAD)
    assert set(found) == {"MFAEnabled", "PasswordEnabled", "PasswordLastUsed", "PasswordLastChanged", "AccessKeys"}
    assert all(isinstance(value, Unknown) and "older than this user" in value.reason for value in found.values())


def test_a_root_user_without_a_password_is_told_apart() -> None:
    summary = {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0}
    found = live(ROOT, {}, get_account_summary=summary)
    assert (found.properties["MFAEnabled"], found.properties["AccessKeysPresent"]) == (False, False)
    assert found.properties["PasswordPresent"] is True, "only where the summary says so there is none"
    managed = live(ROOT, {}, get_account_summary={**summary, "AccountPasswordPresent": 0})
    assert managed.properties["PasswordPresent"] is False
    assert found.address == "arn:aws:iam::123456789012:root"


def test_a_summary_that_leaves_something_out_is_not_decided() -> None:
    found = live(ROOT, {}, get_account_summary={"AccountMFAEnabled": 1})
    assert found.properties["MFAEnabled"] is True
    assert isinstance(found.properties["AccessKeysPresent"], Unknown)


# Who may invoke


def test_a_permission_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_lambda_permission",
        PERMISSION,
        {
            "statement_id": "uploads",
            "function_name": "orders",
            "action": "lambda:InvokeFunction",
            "principal": "s3.amazonaws.com",
            "source_arn": "arn:aws:s3:::uploads",
            "source_account": "123456789012",
        },
    )
    theirs = template(
        PERMISSION,
        {
            "FunctionName": "orders",
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
            "SourceArn": "arn:aws:s3:::uploads",
            "SourceAccount": "123456789012",
        },
    )
    assert said(ours) == said(theirs)
    assert ours.identity["id"] == "orders/uploads"
    assert ours.derived_from == "AWS::Lambda::Function"


@pytest.mark.parametrize("name", ["arn:aws:lambda:eu-west-1:1:function:orders", "orders"])
def test_a_function_named_by_its_arn_is_the_same_function(name: str) -> None:
    body = {"statement_id": "s", "function_name": name, "action": "a", "principal": "1"}
    assert made("aws_lambda_permission", PERMISSION, body).identity["id"] == "orders/s"
    aliased = made("aws_lambda_permission", PERMISSION, {**body, "function_name": f"{name}:live"})
    assert aliased.identity["id"] == "orders:live/s"
    assert said(aliased)["FunctionName"] == "orders:live"
    qualified = made("aws_lambda_permission", PERMISSION, {**body, "qualifier": "live"})
    assert (qualified.identity, said(qualified)) == (aliased.identity, said(aliased))


def test_an_alias_of_a_function_that_is_not_deployed_yet_keeps_its_name() -> None:
    function = Unknown("known after apply", Ref("aws_lambda_function.orders", "function_name"))
    body = {"function_name": function, "qualifier": "live", "action": "a", "principal": "1"}
    assert made("aws_lambda_permission", PERMISSION, body).properties["FunctionName"] == Text((function, ":live"))


def test_a_url_without_signatures_lets_everybody_in() -> None:
    found = made("aws_lambda_function_url", PERMISSION, {"function_name": "orders", "authorization_type": "NONE"})
    assert said(found) == {
        "FunctionName": "orders",
        "Action": "lambda:InvokeFunctionUrl",
        "FunctionUrlAuthType": "NONE",
        "Principal": "*",
    }
    signed = tf("aws_lambda_function_url.x", {"function_name": "orders", "authorization_type": "AWS_IAM"})
    assert normal(signed).resources == ()
    asked = {"function_name": "orders", "authorization_type": var("auth")}
    assert isinstance(made("aws_lambda_function_url", PERMISSION, asked).properties["Principal"], Unknown)


# Methods


def test_a_method_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_api_gateway_method",
        METHOD,
        {"rest_api_id": "a", "resource_id": "r", "http_method": "GET", "authorization": "AWS_IAM"},
    )
    theirs = template(
        METHOD, {"RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET", "AuthorizationType": "AWS_IAM"}
    )
    assert said(ours) == said(theirs)


def test_a_template_that_says_nothing_of_authorization_asks_for_none() -> None:
    assert template(METHOD, {"RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET"}).properties[
        "AuthorizationType"
    ] == ("NONE")
    body = {"rest_api_id": "a", "resource_id": "r", "http_method": "GET"}
    assert isinstance(made("aws_api_gateway_method", METHOD, body).properties["AuthorizationType"], Unknown)


# Builds


def test_a_build_project_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_codebuild_project",
        PROJECT,
        {
            "name": "shop",
            "description": "d",
            "service_role": "arn:aws:iam::1:role/b",
            "build_timeout": 20,
            "artifacts": [{"type": "S3", "location": "b", "encryption_disabled": True}],
            "secondary_artifacts": [{"type": "S3", "location": "c", "artifact_identifier": "x"}],
            "environment": [
                {
                    "type": "LINUX_CONTAINER",
                    "compute_type": "BUILD_GENERAL1_SMALL",
                    "image": "i",
                    "environment_variable": [
                        {"name": "A", "value": "1"},
                        {"name": "B", "value": "/b", "type": "PARAMETER_STORE"},
                    ],
                }
            ],
            "source": [{"type": "GITHUB", "location": "https://x"}],
            "logs_config": [{"cloudwatch_logs": [{"status": "ENABLED", "group_name": "g"}]}],
            "vpc_config": [{"vpc_id": "v", "subnets": ["s"], "security_group_ids": ["g"]}],
            "tags": {"a": "b"},
        },
    )
    theirs = template(
        PROJECT,
        {
            "Name": "shop",
            "Description": "d",
            "ServiceRole": "arn:aws:iam::1:role/b",
            "TimeoutInMinutes": 20,
            "Artifacts": {"Type": "S3", "Location": "b", "EncryptionDisabled": True},
            "SecondaryArtifacts": [{"Type": "S3", "Location": "c", "ArtifactIdentifier": "x"}],
            "Environment": {
                "Type": "LINUX_CONTAINER",
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "Image": "i",
                "EnvironmentVariables": [
                    {"Name": "A", "Value": "1"},
                    {"Name": "B", "Value": "/b", "Type": "PARAMETER_STORE"},
                ],
            },
            "Source": {"Type": "GITHUB", "Location": "https://x"},
            "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": "g"}},
            "VpcConfig": {"VpcId": "v", "Subnets": ["s"], "SecurityGroupIds": ["g"]},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    assert said(ours) == said(theirs)
    environment: Any = ours.properties["Environment"]
    assert [one["Type"] for one in environment["EnvironmentVariables"]] == ["PLAINTEXT", "PARAMETER_STORE"]
    secondary: Any = ours.properties["SecondaryArtifacts"]
    assert secondary[0]["EncryptionDisabled"] is False


# Notebooks


def test_a_notebook_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_sagemaker_notebook_instance",
        NOTEBOOK,
        {
            "name": "research",
            "role_arn": "r",
            "instance_type": "ml.t3.medium",
            "kms_key_id": "k",
            "subnet_id": "s",
            "security_groups": ["g"],
            "instance_metadata_service_configuration": [{"minimum_instance_metadata_service_version": "2"}],
            "tags": {"a": "b"},
        },
    )
    theirs = template(
        NOTEBOOK,
        {
            "NotebookInstanceName": "research",
            "RoleArn": "r",
            "InstanceType": "ml.t3.medium",
            "KmsKeyId": "k",
            "SubnetId": "s",
            "SecurityGroupIds": ["g"],
            "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    assert said(ours) == said(theirs)
    assert ours.properties["DirectInternetAccess"] == "Enabled"


# Web ACLs


def test_a_web_acl_and_its_log_in_both_formats() -> None:
    ours = one(
        normal(
            tf("aws_wafv2_web_acl.x", {"name": "shop", "scope": "REGIONAL", "description": "d"}),
            tf(
                "aws_wafv2_web_acl_logging_configuration.x",
                {"resource_arn": ref("aws_wafv2_web_acl.x.arn"), "log_destination_configs": ["arn:aws:s3:::l"]},
            ),
        ),
        ACL,
    )
    theirs = one(
        normal(
            cfn("X", ACL, {"Name": "shop", "Scope": "REGIONAL", "Description": "d"}),
            cfn(
                "L",
                "AWS::WAFv2::LoggingConfiguration",
                {"ResourceArn": ref("X.Arn"), "LogDestinationConfigs": ["arn:aws:s3:::l"]},
            ),
        ),
        ACL,
    )
    assert said(ours) == said(theirs)
    for found in (ours, theirs):
        told: Any = found.related["LoggingConfigurations"]
        assert [one["LogDestinationConfigs"] for one in told] == [["arn:aws:s3:::l"]]


def test_a_log_of_some_web_acl_leaves_each_open() -> None:
    found = one(
        normal(
            tf("aws_wafv2_web_acl.x", {"name": "shop", "scope": "REGIONAL"}),
            tf(
                "aws_wafv2_web_acl_logging_configuration.x",
                {"resource_arn": var("acl"), "log_destination_configs": ["arn:aws:s3:::l"]},
            ),
        ),
        ACL,
    )
    assert isinstance(found.related["LoggingConfigurations"], OpenList)


def test_a_web_acl_of_cloudfront_belongs_to_no_region() -> None:
    body = {"name": "site", "scope": "CLOUDFRONT"}
    acl = one(normal(tf("aws_wafv2_web_acl.x", body, region="us-east-1")), ACL)
    assert acl.identity["region"] == "global"
    assert one(normal(tf("aws_wafv2_web_acl.x", {**body, "scope": "REGIONAL"}, region="us-east-1")), ACL).identity[
        "region"
    ] == ("us-east-1")


# Desktops


def test_a_workspace_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_workspaces_workspace",
        WORKSPACE,
        {
            "directory_id": "d",
            "bundle_id": "b",
            "user_name": "alice",
            "root_volume_encryption_enabled": True,
            "volume_encryption_key": "k",
            "workspace_properties": [{"running_mode": "AUTO_STOP", "root_volume_size_gib": 80}],
            "tags": {"a": "b"},
        },
    )
    theirs = template(
        WORKSPACE,
        {
            "DirectoryId": "d",
            "BundleId": "b",
            "UserName": "alice",
            "RootVolumeEncryptionEnabled": True,
            "VolumeEncryptionKey": "k",
            "WorkspaceProperties": {"RunningMode": "AUTO_STOP", "RootVolumeSizeGib": 80},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    assert said(ours) == said(theirs)
    assert ours.properties["UserVolumeEncryptionEnabled"] is False


# A function's environment


def test_the_values_of_a_functions_environment_are_texts() -> None:
    function = "AWS::Lambda::Function"
    body = {"FunctionName": "f", "Role": "r", "Code": {}, "Environment": {"Variables": {"SIZE": 10, "ON": True}}}
    assert template(function, body).properties["Environment"] == {"Variables": {"SIZE": "10", "ON": "true"}}


def test_an_environment_that_could_not_be_decrypted_is_not_decided() -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "no"}
    item = {
        "FunctionName": "f",
        "FunctionArn": "arn:aws:lambda:eu-west-1:1:function:f",
        "Environment": {"Error": error},
    }
    found = live("AWS::Lambda::Function", item)
    assert found.properties["Environment"] == Unknown(
        "the function's environment could not be decrypted (AccessDeniedException)"
    )
