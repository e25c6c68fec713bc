"""What there is one of in each region of an account, or in the account, and belongs to no service's own resources.

Live, each exists exactly once, and empty where the API says that nothing is set. Declared, see
`kinds.singletons`.
"""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.describe import Call, Default, Kind, Link, LiveItem, LiveSpelling, Spelling

REGION = "Account::Region"
EBS_DEFAULTS = "Account::EC2::EbsDefaults"
ACCESS_BLOCK = "Account::S3::PublicAccessBlock"


def _live_region(live: LiveItem) -> None:
    live.draft.set("AccountId", live.account)
    live.draft.set("Region", live.region)
    live.draft.identity["id"] = f"{live.account}/{live.region}"


def _live_ebs(live: LiveItem) -> None:
    draft = live.draft
    draft.set("Region", live.region)
    draft.copy("get_ebs_encryption_by_default", "EbsEncryptionByDefault")


_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _live_access_block(live: LiveItem) -> None:
    live.draft.set("AccountId", live.account)
    copy_fields(live.draft, {name: f"get_public_access_block.{name}" for name in _SETTINGS})


KINDS: tuple[Kind, ...] = (
    Kind(
        name=REGION,
        title="AWS region",
        links={
            "Detectors": Link("AWS::GuardDuty::Detector"),
            "Recorders": Link("AWS::Config::ConfigurationRecorder"),
            "Hubs": Link("AWS::SecurityHub::Hub"),
            "Standards": Link("AWS::SecurityHub::Standard"),
            "BackupPlans": Link("AWS::Backup::BackupPlan"),
            "BackupSelections": Link("AWS::Backup::BackupSelection"),
        },
        live=LiveSpelling(None, build=_live_region, tells=("AccountId", "Region")),
        singleton=True,
        # Whether anything is backed up is asked of the region: a selection has no rule of its own.
        shown_by=("AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection"),
    ),
    Kind(
        name=EBS_DEFAULTS,
        title="EBS encryption by default",
        terraform=(
            Spelling(
                "aws_ebs_encryption_by_default",
                fields={"enabled": "EbsEncryptionByDefault"},
                defaults=(
                    Default("EbsEncryptionByDefault", True, "aws_ebs_encryption_by_default turns it on (enabled)"),
                ),
            ),
        ),
        live=LiveSpelling(
            None,
            (
                Call(
                    "ec2",
                    "get_ebs_encryption_by_default",
                    "ec2:GetEbsEncryptionByDefault",
                    result="EbsEncryptionByDefault",
                    into="EbsEncryptionByDefault",
                ),
            ),
            _live_ebs,
            tells=("Region",),
        ),
        singleton=True,
        compared=("EbsEncryptionByDefault",),
    ),
    Kind(
        name=ACCESS_BLOCK,
        title="S3 public access block of the account",
        terraform=(
            Spelling(
                "aws_s3_account_public_access_block",
                fields={
                    "account_id": "AccountId",
                    "block_public_acls": "BlockPublicAcls",
                    "ignore_public_acls": "IgnorePublicAcls",
                    "block_public_policy": "BlockPublicPolicy",
                    "restrict_public_buckets": "RestrictPublicBuckets",
                },
                # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_account_public_access_block
                defaults=tuple(
                    Default(name, False, "aws_s3_account_public_access_block leaves it off") for name in _SETTINGS
                ),
            ),
        ),
        live=LiveSpelling(
            None,
            (
                Call(
                    "s3control",
                    "get_public_access_block",
                    "s3:GetAccountPublicAccessBlock",
                    {"AccountId": "{account}"},
                    result="PublicAccessBlockConfiguration",
                    absent_on=("NoSuchPublicAccessBlockConfiguration",),
                    into="*",
                ),
            ),
            _live_access_block,
            scope="global",
            tells=("AccountId", *_SETTINGS),
        ),
        singleton=True,
        compared=_SETTINGS,
    ),
)
