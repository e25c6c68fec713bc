"""What there is one of in a region or an account, and EC2's guards, read over HTTP and judged."""

from __future__ import annotations

import base64
from typing import Any

from aws_for_tests import ACCOUNT, REGION, Aws, Refusal
from kinds_support import assert_fits

from soc2gate import packs
from soc2gate.engine.evaluate import evaluate
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.outcome import Verdict
from soc2gate.model.resource import Resource
from soc2gate.model.rule import RuleSet

NOW = "2026-11-21T09:00:00Z"
OTHER = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/x"
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def collect(aws: Aws, *kinds: str, regions: tuple[str, ...] = (REGION,)) -> Snapshot:
    snapshot = collect_aws(AwsRequest(kinds, lambda: NOW, regions=regions, endpoint_url=aws.url))
    for resource in snapshot.resources():
        assert_fits(resource)
    return snapshot


def of_kind(snapshot: Snapshot, kind: str) -> list[Resource]:
    return [resource for resource in snapshot.resources() if resource.kind == kind]


def verdicts(snapshot: Snapshot, rule: str) -> dict[str, Verdict]:
    """What a rule says of each resource, by its region and, where that is not all, its own name."""
    ours = packs.load()
    alone = RuleSet({rule: ours.rules[rule]}, ours.controls, ours.criteria, ours.digests)
    return {finding.address: finding.verdict for finding in evaluate(alone, snapshot.resources(), now=NOW)}


def region(name: str = REGION) -> str:
    return f"{ACCOUNT}/{name}"


# Regions


def test_there_is_exactly_one_of_each_region_that_was_asked_for(aws: Aws) -> None:
    snapshot = collect(aws, "Account::Region", regions=(REGION, OTHER))
    told = [
        (found.properties["Region"], found.properties["AccountId"]) for found in of_kind(snapshot, "Account::Region")
    ]
    assert sorted(told) == [(REGION, ACCOUNT), (OTHER, ACCOUNT)]


def test_guardduty_is_asked_region_by_region(aws: Aws) -> None:
    guardduty = aws.client("guardduty")
    detector = guardduty.create_detector(Enable=True, FindingPublishingFrequency="ONE_HOUR", Tags={"team": "a"})
    snapshot = collect(aws, "Account::Region", regions=(REGION, OTHER))
    assert verdicts(snapshot, "guardduty-enabled") == {region(): PASS, region(OTHER): FAIL}
    (found,) = of_kind(snapshot, "AWS::GuardDuty::Detector")
    told = {"Id": detector["DetectorId"], "Enable": True, "FindingPublishingFrequency": "ONE_HOUR"}
    assert {name: found.properties[name] for name in told} == told
    assert found.tags == {"team": "a"}
    guardduty.update_detector(DetectorId=detector["DetectorId"], Enable=False)
    assert verdicts(collect(aws, "Account::Region"), "guardduty-enabled") == {region(): FAIL}
    with aws.refusing(Refusal(f"/detector/{detector['DetectorId']}", "AccessDeniedException", "json")):
        assert verdicts(collect(aws, "Account::Region"), "guardduty-enabled") == {region(): UNKNOWN}


def test_config_has_to_record_and_not_only_to_be_there(aws: Aws) -> None:
    config = aws.client("config")
    aws.client("s3").create_bucket(Bucket="acme-config", CreateBucketConfiguration={"LocationConstraint": REGION})
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "main",
            "roleARN": ROLE,
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    config.put_delivery_channel(DeliveryChannel={"name": "main", "s3BucketName": "acme-config"})
    assert verdicts(collect(aws, "Account::Region"), "config-recorder") == {region(): FAIL}
    config.start_configuration_recorder(ConfigurationRecorderName="main")
    snapshot = collect(aws, "Account::Region", "AWS::Config::DeliveryChannel")
    assert verdicts(snapshot, "config-recorder") == {region(): PASS}
    (recorder,) = of_kind(snapshot, "AWS::Config::ConfigurationRecorder")
    told = {
        "Name": "main",
        "RoleARN": ROLE,
        "Recording": True,
        "RecordingGroup": {
            "AllSupported": True,
            "IncludeGlobalResourceTypes": True,
            "RecordingStrategy": {"UseOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
        },
    }
    assert {name: recorder.properties[name] for name in told} == told
    (channel,) = of_kind(snapshot, "AWS::Config::DeliveryChannel")
    assert channel.properties == {"Name": "main", "S3BucketName": "acme-config"}
    with aws.refusing(Refusal("DescribeConfigurationRecorderStatus", "AccessDeniedException", "json")):
        assert verdicts(collect(aws, "Account::Region"), "config-recorder") == {region(): UNKNOWN}


def test_security_hub_has_to_judge_by_something(aws: Aws) -> None:
    assert verdicts(collect(aws, "Account::Region"), "securityhub-enabled") == {region(): FAIL}
    securityhub = aws.client("securityhub")
    securityhub.enable_security_hub(EnableDefaultStandards=False)
    with aws.refusing(Refusal("/standards/get", "InvalidAccessException", "json")):
        assert verdicts(collect(aws, "Account::Region"), "securityhub-enabled") == {region(): FAIL}
    with aws.refusing(Refusal("/standards/get", "AccessDeniedException", "json")):
        assert verdicts(collect(aws, "Account::Region"), "securityhub-enabled") == {region(): UNKNOWN}
    standard = f"arn:aws:securityhub:{REGION}::standards/cis-aws-foundations-benchmark/v/3.0.0"
    securityhub.batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": standard}])
    snapshot = collect(aws, "Account::Region")
    assert verdicts(snapshot, "securityhub-enabled") == {region(): PASS}
    (found,) = of_kind(snapshot, "AWS::SecurityHub::Standard")
    assert found.properties["StandardsArn"] == standard


def test_a_backup_plan_has_to_select_something(aws: Aws) -> None:
    backup = aws.client("backup")
    assert verdicts(collect(aws, "Account::Region"), "backup-plan-exists") == {region(): FAIL}
    backup.create_backup_vault(BackupVaultName="main")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "main", "ScheduleExpression": "cron(0 3 * * ? *)"}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [rule]})["BackupPlanId"]
    assert verdicts(collect(aws, "Account::Region"), "backup-plan-exists") == {region(): FAIL}
    empty = {"SelectionName": "empty", "IamRoleArn": ROLE, "Resources": []}
    backup.create_backup_selection(BackupPlanId=plan, BackupSelection=empty)
    assert verdicts(collect(aws, "Account::Region"), "backup-plan-exists") == {region(): FAIL}
    tagged = {"ConditionType": "STRINGEQUALS", "ConditionKey": "Backup", "ConditionValue": "daily"}
    made = backup.create_backup_selection(
        BackupPlanId=plan, BackupSelection={"SelectionName": "tagged", "IamRoleArn": ROLE, "ListOfTags": [tagged]}
    )["SelectionId"]
    snapshot = collect(aws, "Account::Region")
    assert verdicts(snapshot, "backup-plan-exists") == {region(): PASS}
    (found,) = [
        selection.properties["BackupSelection"]
        for selection in of_kind(snapshot, "AWS::Backup::BackupSelection")
        if selection.properties["SelectionId"] == made
    ]
    assert found == {"SelectionName": "tagged", "IamRoleArn": ROLE, "ListOfTags": [tagged]}
    for needle in (f"/plans/{plan}/selections/{made}", f"/plans/{plan}/selections/ "):
        with aws.refusing(Refusal(needle, "AccessDeniedException", "json")):
            assert verdicts(collect(aws, "Account::Region"), "backup-plan-exists") == {region(): UNKNOWN}


def test_encryption_by_default_is_asked_region_by_region(aws: Aws) -> None:
    aws.client("ec2").enable_ebs_encryption_by_default()
    kind = "Account::EC2::EbsDefaults"
    snapshot = collect(aws, kind, regions=(REGION, OTHER))
    told = {found.properties["Region"]: found.properties["EbsEncryptionByDefault"] for found in of_kind(snapshot, kind)}
    assert told == {REGION: True, OTHER: False}
    with aws.refusing(Refusal("Action=GetEbsEncryptionByDefault", "UnauthorizedOperation")):
        assert set(verdicts(collect(aws, kind), "ebs-default-encryption").values()) == {UNKNOWN}


def test_an_account_without_a_public_access_block_has_nothing_on(aws: Aws) -> None:
    from soc2gate.live.aws_session import without_account_in_host

    kind, rule = "Account::S3::PublicAccessBlock", "s3-account-public-access-block"
    assert set(verdicts(collect(aws, kind), rule).values()) == {FAIL}
    s3control = aws.client("s3control")
    s3control.meta.events.register("before-sign.s3-control", without_account_in_host)
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=dict.fromkeys(names, True))
    snapshot = collect(aws, kind)
    assert set(verdicts(snapshot, rule).values()) == {PASS}
    (found,) = of_kind(snapshot, kind)
    assert found.properties == {"AccountId": ACCOUNT, **dict.fromkeys(names, True)}
    with aws.refusing(Refusal("/v20180820/configuration/publicAccessBlock", "AccessDenied", "s3")):
        assert set(verdicts(collect(aws, kind), rule).values()) == {UNKNOWN}


# EC2


def network(aws: Aws) -> tuple[str, str]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]


def test_entries_of_an_acl_are_judged_in_their_order(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc, _ = network(aws)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]

    def add(number: int, action: str, protocol: str = "-1", **ports: Any) -> None:
        ec2.create_network_acl_entry(
            NetworkAclId=acl,
            RuleNumber=number,
            RuleAction=action,
            Protocol=protocol,
            CidrBlock="0.0.0.0/0",
            Egress=False,
            **ports,
        )

    add(100, "allow")
    rule = "nacl-no-admin-port-from-internet"
    address = f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-acl/{acl} ingress 100"
    assert verdicts(collect(aws, "AWS::EC2::NetworkAclEntry"), rule)[address] is FAIL
    add(90, "deny", "6", PortRange={"From": 22, "To": 22})
    assert verdicts(collect(aws, "AWS::EC2::NetworkAclEntry"), rule)[address] is FAIL
    add(91, "deny", "6", PortRange={"From": 3389, "To": 3389})
    snapshot = collect(aws, "AWS::EC2::NetworkAclEntry")
    assert verdicts(snapshot, rule)[address] is PASS
    (found,) = [one for one in of_kind(snapshot, "AWS::EC2::NetworkAcl") if one.identity["id"] == acl]
    entries: Any = found.properties["Entries"]
    assert entries[0] == {
        "RuleNumber": 100,
        "Protocol": -1,
        "RuleAction": "allow",
        "CidrBlock": "0.0.0.0/0",
        "Egress": False,
    }
    assert all(entry["RuleNumber"] < 32767 for entry in entries), "the last entries are AWS's own"
    defaults = [one for one in of_kind(snapshot, "AWS::EC2::NetworkAcl") if one.managed_by]
    assert defaults
    assert acl not in {one.identity["id"] for one in defaults}


def test_instances_tell_whether_their_user_data_holds_a_secret_and_not_the_secret(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    _, subnet = network(aws)
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def run(script: str, **more: Any) -> str:
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, UserData=script, **more)
        return f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{made['Instances'][0]['InstanceId']}"

    clean = run("#!/bin/bash\nsystemctl start shop\n", Monitoring={"Enabled": True})
    leaking = run("#!/bin/bash\nexport DB_PASSWORD=hunter2hunter2\n")
    snapshot = collect(aws, "AWS::EC2::Instance", "AWS::EC2::Subnet")
    assert verdicts(snapshot, "ec2-userdata-no-secrets") == {clean: PASS, leaking: FAIL}
    assert verdicts(snapshot, "ec2-detailed-monitoring") == {clean: PASS, leaking: FAIL}
    assert verdicts(snapshot, "ec2-no-public-ip") == {clean: PASS, leaking: PASS}
    assert "hunter2" not in repr(snapshot)
    with aws.refusing(Refusal("Action=DescribeInstanceAttribute", "UnauthorizedOperation")):
        denied = collect(aws, "AWS::EC2::Instance")
    assert set(verdicts(denied, "ec2-userdata-no-secrets").values()) == {UNKNOWN}


def test_templates_and_configurations_tell_their_volumes(aws: Aws) -> None:
    ec2, autoscaling = aws.client("ec2"), aws.client("autoscaling")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    secret = base64.b64encode(b"#!/bin/bash\nexport DB_PASSWORD=hunter2hunter2\n").decode()
    root = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 20}}
    data = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 100}}
    for name, mappings, more in (("good", [root], {}), ("bad", [root, data], {"UserData": secret}), ("plain", [], {})):
        ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={"ImageId": image, "BlockDeviceMappings": mappings, **more},
        )
    common = {"ImageId": image, "InstanceType": "t3.micro"}
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="old",
        BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"Encrypted": False}}],
        **common,
    )
    kinds = ("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration")
    snapshot = collect(aws, *kinds)
    name_of = {found.address: found.identity["name"] for kind in kinds for found in of_kind(snapshot, kind)}
    told = verdicts(snapshot, "launch-template-volumes-encrypted")
    assert {name_of[address]: verdict for address, verdict in told.items()} == {
        "good": PASS,
        "bad": FAIL,
        "plain": UNKNOWN,
        "old": FAIL,
    }
    told = verdicts(snapshot, "ec2-userdata-no-secrets")
    assert {name_of[address]: verdict for address, verdict in told.items()} == {
        "good": PASS,
        "bad": FAIL,
        "plain": PASS,
    }
    (old,) = of_kind(snapshot, "AWS::AutoScaling::LaunchConfiguration")
    assert "UserData" not in old.properties
    assert secret not in repr(snapshot)


def test_default_groups_and_subnets_are_judged_as_aws_makes_them(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    snapshot = collect(aws, "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet")
    told = verdicts(snapshot, "sg-default-closed")
    assert set(told.values()) == {FAIL}
    assert set(verdicts(snapshot, "subnet-no-auto-public-ip").values()) == {FAIL}, "of the default VPC"
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": False})
    closed = collect(aws, "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet")
    assert set(verdicts(closed, "sg-default-closed").values()) == {PASS}
    assert set(verdicts(closed, "subnet-no-auto-public-ip").values()) == {PASS}


# What is shared


def test_only_the_accounts_own_snapshots_are_read(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    kept, shared = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2))
    ec2.modify_snapshot_attribute(
        SnapshotId=shared, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
    )
    snapshot = collect(aws, "Account::EC2::Snapshot")
    told = verdicts(snapshot, "ebs-snapshot-not-public")
    prefix = f"arn:aws:ec2:{REGION}::snapshot/"
    assert told == {prefix + kept: PASS, prefix + shared: FAIL}, "and none of the thousand that others share"
    with aws.refusing(Refusal("Action=DescribeSnapshotAttribute", "UnauthorizedOperation")):
        assert set(verdicts(collect(aws, "Account::EC2::Snapshot"), "ebs-snapshot-not-public").values()) == {UNKNOWN}


def test_only_the_accounts_own_images_are_read(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    kept, shared = (ec2.create_image(InstanceId=instance, Name=name)["ImageId"] for name in ("kept", "shared"))
    ec2.modify_image_attribute(ImageId=shared, Attribute="launchPermission", OperationType="add", UserGroups=["all"])
    snapshot = collect(aws, "Account::EC2::Image")
    prefix = f"arn:aws:ec2:{REGION}::image/"
    assert verdicts(snapshot, "ami-not-public") == {prefix + kept: PASS, prefix + shared: FAIL}
    assert {found.managed_by for found in of_kind(snapshot, "Account::EC2::Image")} != {""}, "never unmanaged"
