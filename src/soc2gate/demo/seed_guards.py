"""What guards the demo's account as a whole: closed defaults, detection, and backups.

Like `seed_account`, whose clients it uses, it says a second time what the company's Terraform says.
"""

from __future__ import annotations

from typing import Any, Protocol

from soc2gate.demo.seed_common import NAME, OFFICES, TAGS
from soc2gate.demo.servers import ACCOUNT, REGION


class HasClients(Protocol):
    """What is needed of an account here."""

    def client(self, service: str) -> Any:
        """boto3's client."""


def guard(account: HasClients, vpc: str, *, volume: str) -> None:
    """Close what AWS leaves open, and switch on what watches and keeps; `volume` is the ARN of what is backed up."""
    ec2 = account.client("ec2")
    _remove_default_vpc(ec2, vpc)
    _close_default_group(ec2, vpc)
    _narrow_default_acl(ec2, vpc)
    ec2.enable_ebs_encryption_by_default()
    _block_public_access(account.client("s3control"))
    _watch(account)
    _back_up(account, volume)


def _tags(name: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (TAGS | {"Name": name}).items()]


def _remove_default_vpc(ec2: Any, ours: str) -> None:
    """Nobody uses the network that every account begins with."""
    (vpc,) = [found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"] if found["IsDefault"]]
    (acl,), (own,) = (
        ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [one]}])["NetworkAcls"] for one in (vpc, ours)
    )
    for association in acl["Associations"]:
        # Both go with the subnet in AWS. The simulation keeps them, and an ACL that is in use cannot be deleted.
        ec2.replace_network_acl_association(
            AssociationId=association["NetworkAclAssociationId"], NetworkAclId=own["NetworkAclId"]
        )
        ec2.delete_subnet(SubnetId=association["SubnetId"])
    ec2.delete_network_acl(NetworkAclId=acl["NetworkAclId"])
    ec2.delete_vpc(VpcId=vpc)


def _close_default_group(ec2: Any, vpc: str) -> None:
    here = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    for permissions, revoke in (
        (group["IpPermissions"], ec2.revoke_security_group_ingress),
        (group["IpPermissionsEgress"], ec2.revoke_security_group_egress),
    ):
        if permissions:
            revoke(GroupId=group["GroupId"], IpPermissions=permissions)
    ec2.create_tags(Resources=[group["GroupId"]], Tags=_tags(f"{NAME}-default"))


def _narrow_default_acl(ec2: Any, vpc: str) -> None:
    """The entries 100, which let everything in and out, are there from the start."""
    (acl,) = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    offices = [(50 + number, "allow", 22, office) for number, office in enumerate(OFFICES)]
    for number, action, port, block in (*offices, (90, "deny", 22, "0.0.0.0/0"), (91, "deny", 3389, "0.0.0.0/0")):
        ec2.create_network_acl_entry(
            NetworkAclId=acl["NetworkAclId"],
            RuleNumber=number,
            RuleAction=action,
            Protocol="6",
            PortRange={"From": port, "To": port},
            CidrBlock=block,
            Egress=False,
        )
    ec2.create_tags(Resources=[acl["NetworkAclId"]], Tags=_tags(NAME))


def _block_public_access(s3control: Any) -> None:
    from soc2gate.live.aws_session import without_account_in_host

    s3control.meta.events.register("before-sign.s3-control", without_account_in_host)
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=dict.fromkeys(names, True))


def _watch(account: HasClients) -> None:
    account.client("guardduty").create_detector(
        Enable=True, FindingPublishingFrequency="FIFTEEN_MINUTES", Tags=dict(TAGS)
    )
    securityhub = account.client("securityhub")
    securityhub.enable_security_hub(EnableDefaultStandards=True)
    # AWS subscribes the hub to its own standards; the simulation does not.
    standard = f"arn:aws:securityhub:{REGION}::standards/aws-foundational-security-best-practices/v/1.0.0"
    securityhub.batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": standard}])
    config = account.client("config")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": NAME,
            "roleARN": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    config.put_delivery_channel(
        DeliveryChannel={"name": NAME, "s3BucketName": f"{NAME}-cloudtrail", "s3KeyPrefix": "config"}
    )
    config.start_configuration_recorder(ConfigurationRecorderName=NAME)


def _back_up(account: HasClients, volume: str) -> None:
    iam, backup = account.client("iam"), account.client("backup")
    role = iam.create_role(
        RoleName=f"{NAME}-backup",
        AssumeRolePolicyDocument=(
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
            '"Principal": {"Service": "backup.amazonaws.com"}}]}'
        ),
        MaxSessionDuration=3600,
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )["Role"]["Arn"]
    iam.attach_role_policy(
        RoleName=f"{NAME}-backup",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    )
    backup.create_backup_vault(BackupVaultName=NAME, BackupVaultTags=dict(TAGS))
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": NAME,
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    plan = backup.create_backup_plan(
        BackupPlan={"BackupPlanName": f"{NAME}-daily", "Rules": [rule]}, BackupPlanTags=dict(TAGS)
    )["BackupPlanId"]
    backup.create_backup_selection(
        BackupPlanId=plan,
        BackupSelection={
            "SelectionName": "data",
            "IamRoleArn": role,
            "Resources": [volume, f"arn:aws:dynamodb:*:*:table/{NAME}-*"],
        },
    )
