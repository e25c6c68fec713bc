"""Neptune clusters."""

from __future__ import annotations

from soc2gate.kinds.aws import rds_family
from soc2gate.kinds.describe import Default, Kind, Spelling

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
                build=rds_family.terraform,
                defaults=_defaults("aws_neptune_cluster", kept=True),
                exports={"id": "name", "cluster_identifier": "DBClusterIdentifier", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            CLUSTER,
            build=rds_family.cloudformation,
            defaults=_defaults("Neptune", kept=False),
            exports={"Ref": "name"},
        ),
        live=rds_family.live(
            "neptune",
            {
                "CopyTagsToSnapshot": "CopyTagsToSnapshot",
                "IamAuthEnabled": "IAMDatabaseAuthenticationEnabled",
                "DBPort": "Port",
            },
        ),
        names=("DBClusterIdentifier",),
        # Minor upgrades move it.
        ignored=("EngineVersion",),
        unordered=("EnableCloudwatchLogsExports", "VpcSecurityGroupIds"),
    ),
)
