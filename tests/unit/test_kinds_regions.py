"""What an account and its regions have one of, in code: where it is declared, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from kinds_support import assert_fits, cfn, normal, one, reading, ref, said, tf, var

from soc2gate import packs
from soc2gate.engine.evaluate import evaluate
from soc2gate.kinds import Normalised, normalise, registry
from soc2gate.kinds.singletons import SHOWING
from soc2gate.model.outcome import Verdict
from soc2gate.model.resource import RawResource, Resource
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import Unknown, Value

REGION = "Account::Region"
EBS = "Account::EC2::EbsDefaults"
BLOCK = "Account::S3::PublicAccessBlock"
DETECTOR = "AWS::GuardDuty::Detector"
HUB = "AWS::SecurityHub::Hub"
STANDARD = "AWS::SecurityHub::Standard"
RECORDER = "AWS::Config::ConfigurationRecorder"
CHANNEL = "AWS::Config::DeliveryChannel"
PLAN = "AWS::Backup::BackupPlan"
SELECTION = "AWS::Backup::BackupSelection"
IMAGE = "Account::EC2::Image"


def owned(*resources: RawResource, unread: tuple[str, ...] = ()) -> Normalised:
    """The root that owns its account."""
    root = reading(*resources, unread=unread)
    made = normalise([root], owns_account={root.root: True})
    for resource in made.resources:
        assert_fits(resource)
    return made


def of_kind(made: Normalised, kind: str) -> dict[str, Resource]:
    return {resource.address: resource for resource in made.resources if resource.kind == kind}


def verdicts(made: Normalised, rule: str) -> dict[str, Verdict]:
    ours = packs.load()
    alone = RuleSet({rule: ours.rules[rule]}, ours.controls, ours.criteria, ours.digests)
    return {finding.address: finding.verdict for finding in evaluate(alone, made.resources)}


def bucket(region: Value, name: str = "b") -> RawResource:
    return tf(f"aws_s3_bucket.{name}", {"bucket": name}, region=region)


def plan(**more: Any) -> RawResource:
    rule = {"rule_name": "daily", "target_vault_name": "Default", "schedule": "cron(0 3 * * ? *)"}
    return tf("aws_backup_plan.p", {"name": "daily", "rule": [rule]}, **more)


def selection(**more: Any) -> RawResource:
    body = {"name": "all", "iam_role_arn": "arn:aws:iam::1:role/b", "plan_id": ref("aws_backup_plan.p.id")}
    return tf("aws_backup_selection.s", {**body, "resources": more.pop("resources", ["*"])}, **more)


# Where there is one


def test_a_root_that_owns_its_account_declares_each_region_its_providers_manage() -> None:
    made = owned(bucket("eu-west-1"), bucket("us-east-1", "c"), bucket("eu-west-1", "d"))
    assert set(of_kind(made, REGION)) == {"AWS region eu-west-1", "AWS region us-east-1"}
    assert verdicts(made, "ebs-default-encryption") == {
        "EBS encryption by default eu-west-1": Verdict.FAIL,
        "EBS encryption by default us-east-1": Verdict.FAIL,
    }
    assert verdicts(made, "s3-account-public-access-block") == {
        "S3 public access block of the account": Verdict.FAIL,
    }
    assert set(verdicts(made, "backup-plan-exists").values()) == {Verdict.FAIL}


def test_what_code_writes_for_a_region_is_that_regions_alone() -> None:
    made = owned(bucket("us-east-1"), tf("aws_ebs_encryption_by_default.this", {}, region="eu-west-1"))
    assert verdicts(made, "ebs-default-encryption") == {
        "aws_ebs_encryption_by_default.this": Verdict.PASS,
        "EBS encryption by default us-east-1": Verdict.FAIL,
    }


def test_nobody_is_asked_about_regions_of_an_account_that_is_not_theirs() -> None:
    made = normal(bucket("eu-west-1"))
    assert {resource.kind for resource in made.resources} == {"AWS::S3::Bucket"}


def test_what_was_not_read_may_have_set_it() -> None:
    made = owned(bucket("eu-west-1"), unread=('module "guards" is not installed',))
    for rule in (
        "ebs-default-encryption",
        "s3-account-public-access-block",
        "backup-plan-exists",
        "iam-password-policy",
    ):
        assert set(verdicts(made, rule).values()) == {Verdict.UNKNOWN}, rule


def test_a_region_that_is_not_known_is_a_region_all_the_same() -> None:
    made = owned(bucket(var("region")), plan(region=var("region")), selection(region=var("region")))
    assert verdicts(made, "backup-plan-exists") == {"AWS region": Verdict.PASS}
    elsewhere = owned(bucket("eu-west-1"), plan(region=var("region")), selection(region=var("region")))
    assert verdicts(elsewhere, "backup-plan-exists")["AWS region eu-west-1"] is Verdict.UNKNOWN


def test_a_backup_plan_shows_that_its_region_is_meant() -> None:
    alone = normal(plan(region="eu-west-1", line=7))
    assert verdicts(alone, "backup-plan-exists") == {"AWS region eu-west-1": Verdict.FAIL}
    (shown,) = of_kind(alone, REGION).values()
    assert shown.where == of_kind(alone, PLAN)["aws_backup_plan.p"].where
    both = normal(plan(region="eu-west-1"), selection(region="eu-west-1"))
    assert verdicts(both, "backup-plan-exists") == {"AWS region eu-west-1": Verdict.PASS}
    assert not of_kind(both, EBS), "which says nothing of the rest of the account"
    apart = owned(bucket("us-east-1"), plan(region="eu-west-1"), selection(region="eu-west-1"))
    assert verdicts(apart, "backup-plan-exists") == {
        "AWS region eu-west-1": Verdict.PASS,
        "AWS region us-east-1": Verdict.FAIL,
    }


def test_the_kinds_that_show_a_singleton_are_the_ones_the_singletons_name() -> None:
    named = {kind for name in registry.KINDS for kind in registry.kind(name).shown_by}
    assert named == set(SHOWING)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [(["*"], Verdict.PASS), ([], Verdict.FAIL), (var("arns"), Verdict.UNKNOWN)],
)
def test_a_selection_has_to_select(resources: Value, expected: Verdict) -> None:
    assert set(verdicts(normal(plan(), selection(resources=resources)), "backup-plan-exists").values()) == {expected}


# Both formats


def test_a_detector_is_the_same_in_both_formats() -> None:
    terraform = one(
        normal(
            tf(
                "aws_guardduty_detector.d",
                {
                    "enable": "true",
                    "finding_publishing_frequency": "ONE_HOUR",
                    "datasources": [
                        {
                            "s3_logs": [{"enable": True}],
                            "kubernetes": [{"audit_logs": [{"enable": False}]}],
                            "malware_protection": [
                                {"scan_ec2_instance_with_findings": [{"ebs_volumes": [{"enable": True}]}]}
                            ],
                        }
                    ],
                    "tags": {"team": "a"},
                },
            ),
            tf(
                "aws_guardduty_detector_feature.f",
                {
                    "detector_id": ref("aws_guardduty_detector.d.id"),
                    "name": "RUNTIME_MONITORING",
                    "status": "ENABLED",
                    "additional_configuration": [{"name": "EKS_ADDON_MANAGEMENT", "status": "DISABLED"}],
                },
            ),
        ),
        DETECTOR,
    )
    sources = {
        "S3Logs": {"Enable": True},
        "Kubernetes": {"AuditLogs": {"Enable": False}},
        "MalwareProtection": {"ScanEc2InstanceWithFindings": {"EbsVolumes": "true"}},
    }
    feature = {
        "Name": "RUNTIME_MONITORING",
        "Status": "ENABLED",
        "AdditionalConfiguration": [{"Name": "EKS_ADDON_MANAGEMENT", "Status": "DISABLED"}],
    }
    cloudformation = one(
        normal(
            cfn(
                "D",
                DETECTOR,
                {
                    "Enable": "true",
                    "FindingPublishingFrequency": "ONE_HOUR",
                    "DataSources": sources,
                    "Features": [feature],
                    "Tags": [{"Key": "team", "Value": "a"}],
                },
            )
        ),
        DETECTOR,
    )
    assert said(terraform) == said(cloudformation)


def test_a_detector_is_on_unless_terraform_says_otherwise_and_cloudformation_has_to_say() -> None:
    assert one(normal(tf("aws_guardduty_detector.d", {})), DETECTOR).properties["Enable"] is True
    assert isinstance(one(normal(cfn("D", DETECTOR, {})), DETECTOR).properties["Enable"], Unknown)


def test_a_hub_and_its_standards_are_the_same_in_both_formats() -> None:
    arn = "arn:aws:securityhub:eu-west-1::standards/cis-aws-foundations-benchmark/v/3.0.0"
    terraform = normal(
        tf("aws_securityhub_account.h", {"enable_default_standards": False, "auto_enable_controls": "false"}),
        tf("aws_securityhub_standards_subscription.s", {"standards_arn": arn}),
    )
    cloudformation = normal(
        cfn("H", HUB, {"EnableDefaultStandards": "false", "AutoEnableControls": False}),
        cfn("S", STANDARD, {"StandardsArn": arn}),
    )
    for kind in (HUB, STANDARD):
        assert said(one(terraform, kind)) == said(one(cloudformation, kind))
    for made in (terraform, cloudformation):
        assert len(_list(one(made, HUB).related["Standards"])) == 1


def _list(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def test_a_recorder_and_its_channel_are_the_same_in_both_formats() -> None:
    group = {
        "all_supported": False,
        "resource_types": ["AWS::EC2::Instance"],
        "recording_strategy": [{"use_only": "X"}],
    }
    mode = {
        "recording_frequency": "DAILY",
        "recording_mode_override": [
            {"recording_frequency": "CONTINUOUS", "resource_types": ["AWS::EC2::Instance"], "description": "d"}
        ],
    }
    terraform = normal(
        tf(
            "aws_config_configuration_recorder.r",
            {"role_arn": "arn:r", "recording_group": [group], "recording_mode": [mode]},
        ),
        tf(
            "aws_config_delivery_channel.c",
            {"s3_bucket_name": "b", "snapshot_delivery_properties": [{"delivery_frequency": "One_Hour"}]},
        ),
    )
    cloudformation = normal(
        cfn(
            "R",
            RECORDER,
            {
                "RoleARN": "arn:r",
                "StartedOnCreate": False,
                "RecordingGroup": {
                    "AllSupported": "false",
                    "ResourceTypes": ["AWS::EC2::Instance"],
                    "RecordingStrategy": {"UseOnly": "X"},
                },
                "RecordingMode": {
                    "RecordingFrequency": "DAILY",
                    "RecordingModeOverrides": [
                        {
                            "RecordingFrequency": "CONTINUOUS",
                            "ResourceTypes": ["AWS::EC2::Instance"],
                            "Description": "d",
                        }
                    ],
                },
            },
        ),
        cfn(
            "C",
            CHANNEL,
            {"S3BucketName": "b", "ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": "One_Hour"}},
        ),
    )
    for kind in (RECORDER, CHANNEL):
        assert said(one(terraform, kind)) == said(one(cloudformation, kind))
    assert one(terraform, RECORDER).properties["Name"] == "default"


@pytest.mark.parametrize("name", ["default", ref("aws_config_configuration_recorder.r.name")])
def test_a_status_starts_the_recorder_it_names(name: Value) -> None:
    recorder = tf("aws_config_configuration_recorder.r", {"role_arn": "arn:r"})
    started = normal(recorder, tf("aws_config_configuration_recorder_status.s", {"name": name, "is_enabled": True}))
    assert one(started, RECORDER).properties["Recording"] is True


def test_plans_and_selections_are_the_same_in_both_formats() -> None:
    rule = {
        "rule_name": "daily",
        "target_vault_name": "main",
        "schedule": "cron(0 3 * * ? *)",
        "lifecycle": [{"delete_after": 35, "cold_storage_after": 5}],
        "copy_action": [{"destination_vault_arn": "arn:v", "lifecycle": [{"delete_after": 7}]}],
    }
    terraform = normal(
        tf("aws_backup_plan.p", {"name": "daily", "rule": [rule]}),
        tf(
            "aws_backup_selection.s",
            {
                "name": "tagged",
                "plan_id": "p-1",
                "iam_role_arn": "arn:r",
                "resources": ["*"],
                "not_resources": ["arn:n"],
                "selection_tag": [{"type": "STRINGEQUALS", "key": "k", "value": "v"}],
                "condition": [{"string_equals": [{"key": "aws:ResourceTag/a", "value": "b"}]}],
            },
        ),
    )
    cloudformation = normal(
        cfn(
            "P",
            PLAN,
            {
                "BackupPlan": {
                    "BackupPlanName": "daily",
                    "BackupPlanRule": [
                        {
                            "RuleName": "daily",
                            "TargetBackupVault": "main",
                            "ScheduleExpression": "cron(0 3 * * ? *)",
                            "Lifecycle": {"DeleteAfterDays": 35, "MoveToColdStorageAfterDays": 5},
                            "CopyActions": [
                                {"DestinationBackupVaultArn": "arn:v", "Lifecycle": {"DeleteAfterDays": 7}}
                            ],
                        }
                    ],
                }
            },
        ),
        cfn(
            "S",
            SELECTION,
            {
                "BackupPlanId": "p-1",
                "BackupSelection": {
                    "SelectionName": "tagged",
                    "IamRoleArn": "arn:r",
                    "Resources": ["*"],
                    "NotResources": ["arn:n"],
                    "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "k", "ConditionValue": "v"}],
                    "Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/a", "ConditionValue": "b"}]},
                },
            },
        ),
    )
    for kind in (PLAN, SELECTION):
        assert said(one(terraform, kind)) == said(one(cloudformation, kind))


# What Terraform alone writes


@pytest.mark.parametrize(
    ("body", "expected"),
    [({}, True), ({"enabled": "false"}, False)],
)
def test_encryption_by_default_is_on_where_it_is_written(body: Mapping[str, Value], expected: bool) -> None:
    made = one(normal(tf("aws_ebs_encryption_by_default.this", body)), EBS)
    assert made.properties["EbsEncryptionByDefault"] is expected


def test_what_the_accounts_block_leaves_out_is_off() -> None:
    made = one(normal(tf("aws_s3_account_public_access_block.this", {"block_public_acls": True})), BLOCK)
    assert said(made) == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }


def test_a_launch_permission_counts_against_an_image_built_elsewhere() -> None:
    shared = tf("aws_ami_launch_permission.p", {"image_id": "ami-1", "group": "all"})
    found = one(normal(shared), IMAGE, partial=True)
    assert verdicts(normal(shared), "ami-not-public") == {found.address: Verdict.FAIL}
    private = tf("aws_ami_launch_permission.p", {"image_id": "ami-1", "account_id": "210987654321"})
    assert verdicts(normal(private), "ami-not-public") == {}
