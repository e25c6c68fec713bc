"""EFS file systems, with their backup policies and resource policies."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import choose, policy_document
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.value import Value

FILE_SYSTEM = "AWS::EFS::FileSystem"


def _terraform(draft: Draft) -> None:
    draft.set(
        "LifecyclePolicies",
        draft.each(
            "lifecycle_policy",
            lambda block: {
                "TransitionToIA": block.at("transition_to_ia"),
                "TransitionToArchive": block.at("transition_to_archive"),
                "TransitionToPrimaryStorageClass": block.at("transition_to_primary_storage_class"),
            },
        ),
    )


def _cloudformation(draft: Draft) -> None:
    draft.set("FileSystemPolicy", draft.convert("FileSystemPolicy", policy_document))


def _backup_policy(draft: Draft) -> Piece:
    return draft.one("backup_policy", lambda block: {"Status": block.at("status")})


def _policy(draft: Draft) -> Piece:
    return draft.convert("policy", policy_document)


_SETTLED: dict[Value, Value] = {
    "ENABLED": "ENABLED",
    "ENABLING": "ENABLED",
    "DISABLED": "DISABLED",
    "DISABLING": "DISABLED",
}
"""What a status on its way is on its way to."""


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("FileSystemArn"), "id": draft.get("FileSystemId")}
    same = ("FileSystemId", "Encrypted", "KmsKeyId", "PerformanceMode", "ThroughputMode", "AvailabilityZoneName")
    copy_fields(draft, {path: path for path in same})
    copy_fields(draft, {"ProvisionedThroughputInMibps": "ProvisionedThroughputInMibps"})
    protection = "FileSystemProtection.ReplicationOverwriteProtection"
    copy_fields(draft, {protection: protection})
    status = draft.convert("describe_backup_policy.Status", lambda told: choose(told, _SETTLED, told))
    if status is not None:
        draft.set("BackupPolicy.Status", status)
    draft.set("FileSystemPolicy", draft.convert("describe_file_system_policy", policy_document))
    copy_tags(draft, path="FileSystemTags")


# https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html, of `Encrypted` and `Backup`. Neither the provider
# nor CloudFormation sends what is not written.
_DEFAULTS = (
    Default("Encrypted", False, "EFS creates an unencrypted file system through its API", kept=False),
    Default(
        "BackupPolicy",
        {"Status": "DISABLED"},
        "EFS backs nothing up unless told to",
        when=absent("AvailabilityZoneName"),
        kept=False,
    ),
    Default("BackupPolicy", {"Status": "ENABLED"}, "EFS backs up One Zone file systems by itself", kept=False),
    Default("PerformanceMode", "generalPurpose", "EFS creates for general purpose", kept=False),
    Default("ThroughputMode", "bursting", "EFS creates with bursting throughput", kept=False),
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=FILE_SYSTEM,
        title="EFS file system",
        terraform=(
            Spelling(
                "aws_efs_file_system",
                fields={
                    "encrypted": "Encrypted",
                    "kms_key_id": "KmsKeyId",
                    "performance_mode": "PerformanceMode",
                    "throughput_mode": "ThroughputMode",
                    "provisioned_throughput_in_mibps": "ProvisionedThroughputInMibps",
                    "availability_zone_name": "AvailabilityZoneName",
                    "protection.replication_overwrite": "FileSystemProtection.ReplicationOverwriteProtection",
                },
                build=_terraform,
                defaults=_DEFAULTS,
                exports={"id": "id", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            FILE_SYSTEM,
            build=_cloudformation,
            defaults=_DEFAULTS,
            exports={"Ref": "id", "FileSystemId": "id", "Arn": "arn"},
        ),
        companions=(
            Companion(
                "aws_efs_backup_policy",
                FILE_SYSTEM,
                "file_system_id",
                "BackupPolicy",
                _backup_policy,
                id_is_target=True,
            ),
            Companion(
                "aws_efs_file_system_policy",
                FILE_SYSTEM,
                "file_system_id",
                "FileSystemPolicy",
                _policy,
                id_is_target=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call(
                "efs", "describe_file_systems", "elasticfilesystem:DescribeFileSystems", result="FileSystems"
            ),
            details=(
                Call(
                    "efs",
                    "describe_backup_policy",
                    "elasticfilesystem:DescribeBackupPolicy",
                    {"FileSystemId": "{FileSystemId}"},
                    result="BackupPolicy",
                    absent_on=("PolicyNotFound",),
                    into="BackupPolicy",
                ),
                Call(
                    "efs",
                    "describe_file_system_policy",
                    "elasticfilesystem:DescribeFileSystemPolicy",
                    {"FileSystemId": "{FileSystemId}"},
                    result="Policy",
                    absent_on=("PolicyNotFound",),
                    into="FileSystemPolicy",
                ),
            ),
            build=_live,
        ),
    ),
)
