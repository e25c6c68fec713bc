"""DocumentDB clusters."""

from __future__ import annotations

from soc2gate.kinds.aws import rds_family
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft

CLUSTER = "AWS::DocDB::DBCluster"

_FIELDS = {
    "cluster_identifier": "DBClusterIdentifier",
    "engine_version": "EngineVersion",
    "storage_encrypted": "StorageEncrypted",
    "storage_type": "StorageType",
    "kms_key_id": "KmsKeyId",
    "backup_retention_period": "BackupRetentionPeriod",
    "deletion_protection": "DeletionProtection",
    "enabled_cloudwatch_logs_exports": "EnableCloudwatchLogsExports",
    "db_cluster_parameter_group_name": "DBClusterParameterGroupName",
    "db_subnet_group_name": "DBSubnetGroupName",
    "master_username": "MasterUsername",
    "manage_master_user_password": "ManageMasterUserPassword",
    "port": "Port",
    "preferred_backup_window": "PreferredBackupWindow",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "global_cluster_identifier": "GlobalClusterIdentifier",
    "snapshot_identifier": "SnapshotIdentifier",
    "restore_to_point_in_time.source_cluster_identifier": "SourceDBClusterIdentifier",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
    "serverless_v2_scaling_configuration.min_capacity": "ServerlessV2ScalingConfiguration.MinCapacity",
    "serverless_v2_scaling_configuration.max_capacity": "ServerlessV2ScalingConfiguration.MaxCapacity",
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
        "StorageType",
        "KmsKeyId",
        "BackupRetentionPeriod",
        "DeletionProtection",
        "MasterUsername",
        "Port",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
    )
    elsewhere = {
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
    }
    copy_fields(draft, {path: path for path in same} | elsewhere)
    managed = draft.get("MasterUserSecret") is not None
    draft.set("ManageMasterUserPassword", draft.made(managed, "MasterUserSecret"))
    rds_family.copy_security_groups(draft)
    rds_family.lower(draft, "PreferredMaintenanceWindow")
    copy_tags(draft, "TagList")


# https://docs.aws.amazon.com/documentdb/latest/developerguide/API_CreateDBCluster.html
def _defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        *rds_family.ENCRYPTION,
        rds_family.backups(creator, kept=kept),
        Default("DeletionProtection", False, f"{creator} creates without deletion protection", kept=False),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=CLUSTER,
        title="DocumentDB cluster",
        terraform=(
            Spelling(
                "aws_docdb_cluster",
                fields=_FIELDS,
                build=_terraform,
                defaults=_defaults("aws_docdb_cluster", kept=True),
                exports={"id": "name", "cluster_identifier": "DBClusterIdentifier", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            CLUSTER,
            build=_cloudformation,
            defaults=_defaults("DocumentDB", kept=False),
            exports={"Ref": "name", "Id": "name"},
        ),
        live=LiveSpelling(
            enumerate=rds_family.LIST_CLUSTERS, build=_live, keep=lambda item, region: item.get("Engine") == "docdb"
        ),
        names=("DBClusterIdentifier",),
        # Minor upgrades move it.
        ignored=("EngineVersion",),
        unordered=("EnableCloudwatchLogsExports", "VpcSecurityGroupIds"),
    ),
)
