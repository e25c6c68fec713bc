"""DocumentDB clusters."""

from __future__ import annotations

from soc2gate.kinds.aws import rds_family
from soc2gate.kinds.describe import Default, Kind, Spelling
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


def _secret(draft: Draft) -> None:
    managed = draft.get("MasterUserSecret") is not None
    draft.set("ManageMasterUserPassword", draft.made(managed, "MasterUserSecret"))


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
                build=rds_family.terraform,
                defaults=_defaults("aws_docdb_cluster", kept=True),
                exports={"id": "name", "cluster_identifier": "DBClusterIdentifier", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            CLUSTER,
            build=rds_family.cloudformation,
            defaults=_defaults("DocumentDB", kept=False),
            exports={"Ref": "name", "Id": "name"},
        ),
        live=rds_family.live(
            "docdb", {"StorageType": "StorageType", "MasterUsername": "MasterUsername", "Port": "Port"}, _secret
        ),
        names=("DBClusterIdentifier",),
        # Minor upgrades move it.
        ignored=("EngineVersion",),
        unordered=("EnableCloudwatchLogsExports", "VpcSecurityGroupIds"),
    ),
)
