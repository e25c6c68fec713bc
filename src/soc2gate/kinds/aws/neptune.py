"""Neptune clusters."""

from __future__ import annotations

from soc2gate.kinds.aws import rds_family
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft

CLUSTER = "AWS::Neptune::DBCluster"

_FIELDS = {
    "cluster_identifier": "DBClusterIdentifier",
    "engine_version": "EngineVersion",
    "storage_encrypted": "StorageEncrypted",
    "kms_key_arn": "KmsKeyId",
    "backup_retention_period": "BackupRetentionPeriod",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "deletion_protection": "DeletionProtection",
    "enable_cloudwatch_logs_exports": "EnableCloudwatchLogsExports",
    "iam_database_authentication_enabled": "IamAuthEnabled",
    "neptune_cluster_parameter_group_name": "DBClusterParameterGroupName",
    "neptune_instance_parameter_group_name": "DBInstanceParameterGroupName",
    "neptune_subnet_group_name": "DBSubnetGroupName",
    "port": "DBPort",
    "preferred_backup_window": "PreferredBackupWindow",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "replication_source_identifier": "SourceDBClusterIdentifier",
    "global_cluster_identifier": "GlobalClusterIdentifier",
    "snapshot_identifier": "SnapshotIdentifier",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
    "serverless_v2_scaling_configuration.min_capacity": "ServerlessScalingConfiguration.MinCapacity",
    "serverless_v2_scaling_configuration.max_capacity": "ServerlessScalingConfiguration.MaxCapacity",
}


def _terraform(draft: Draft) -> None:
    rds_family.name_it(draft)
    rds_family.drop_empty_sources(draft)
    rds_family.lower(draft, "PreferredMaintenanceWindow")


def _cloudformation(draft: Draft) -> None:
    rds_family.drop_empty_sources(draft)
    rds_family.lower(draft, "DBClusterIdentifier", "DBSubnetGroupName", "PreferredMaintenanceWindow")


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("DBClusterArn"), "name": draft.get("DBClusterIdentifier")}
    same = (
        "DBClusterIdentifier",
        "EngineVersion",
        "StorageEncrypted",
        "KmsKeyId",
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
        "DeletionProtection",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
    )
    elsewhere = {
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "IamAuthEnabled": "IAMDatabaseAuthenticationEnabled",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
        "DBPort": "Port",
    }
    copy_fields(draft, {path: path for path in same} | elsewhere)
    rds_family.copy_security_groups(draft)
    rds_family.lower(draft, "PreferredMaintenanceWindow")
    copy_tags(draft, "TagList")


# https://docs.aws.amazon.com/neptune/latest/apiref/API_CreateDBCluster.html
def _defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        *rds_family.ENCRYPTION,
        rds_family.backups(creator, kept=kept),
        Default("DeletionProtection", False, f"{creator} creates without deletion protection", kept=False),
        Default("IamAuthEnabled", False, f"{creator} creates without IAM authentication", kept=False),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=CLUSTER,
        title="Neptune cluster",
        terraform=(
            Spelling(
                "aws_neptune_cluster",
                fields=_FIELDS,
                build=_terraform,
                defaults=_defaults("aws_neptune_cluster", kept=True),
                exports={"id": "name", "cluster_identifier": "DBClusterIdentifier", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            CLUSTER,
            build=_cloudformation,
            defaults=_defaults("Neptune", kept=False),
            exports={"Ref": "name"},
        ),
        live=LiveSpelling(
            enumerate=rds_family.LIST_CLUSTERS, build=_live, keep=lambda item, region: item.get("Engine") == "neptune"
        ),
        names=("DBClusterIdentifier",),
        # Minor upgrades move it.
        ignored=("EngineVersion",),
        unordered=("EnableCloudwatchLogsExports", "VpcSecurityGroupIds"),
    ),
)
