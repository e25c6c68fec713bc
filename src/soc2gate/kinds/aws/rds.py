"""RDS instances and clusters.

Neptune and DocumentDB answer the same API calls; their engines are left to their own kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Alternatives, Json, Unknown, Value

INSTANCE = "AWS::RDS::DBInstance"
CLUSTER = "AWS::RDS::DBCluster"

Condition = Callable[[Mapping[str, Value]], bool | None]

_OTHER_ENGINES = ("neptune", "docdb")


def _ours(item: Mapping[str, Json], region: str) -> bool:
    return item.get("Engine") not in _OTHER_ENGINES


def _lower(value: Value) -> Value:
    """RDS keeps identifiers in lower case, however they are written."""
    return map_value(value, lambda plain: str(plain).lower())


def _lowered(draft: Draft, *paths: str) -> None:
    for path in paths:
        value = draft.properties.get(path)
        if isinstance(value, str):
            draft.properties[path] = value.lower()


def _written(*paths: str) -> Condition:
    """Whether one of these properties is written; not known where that is not."""
    nowhere = absent(*paths)

    def holds(properties: Mapping[str, Value]) -> bool | None:
        none = nowhere(properties)
        return None if none is None else not none

    return holds


# Instances

# From where an instance may take its storage and settings, instead of from what is written.
_SOURCES = (
    "DBSnapshotIdentifier",
    "DBClusterSnapshotIdentifier",
    "SourceDBInstanceIdentifier",
    "SourceDBClusterIdentifier",
    "SourceDbiResourceId",
    "SourceDBInstanceAutomatedBackupsArn",
    "DBClusterIdentifier",
)
_INHERITED = Unknown("not written: the snapshot, the source or the cluster it is made from decides")


def _created_afresh(path: str, value: Value, source: str, *, kept: bool = True) -> tuple[Default, Default]:
    """A default that holds for an instance that is not made from another."""
    return (
        Default(path, value, source, when=absent(*_SOURCES), kept=kept),
        Default(path, _INHERITED, "what it is made from decides", when=_written(*_SOURCES)),
    )


_FIELDS = {
    "identifier": "DBInstanceIdentifier",
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "instance_class": "DBInstanceClass",
    "allocated_storage": "AllocatedStorage",
    "max_allocated_storage": "MaxAllocatedStorage",
    "storage_type": "StorageType",
    "storage_encrypted": "StorageEncrypted",
    "storage_throughput": "StorageThroughput",
    "iops": "Iops",
    "kms_key_id": "KmsKeyId",
    "backup_retention_period": "BackupRetentionPeriod",
    "publicly_accessible": "PubliclyAccessible",
    "multi_az": "MultiAZ",
    "deletion_protection": "DeletionProtection",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "iam_database_authentication_enabled": "EnableIAMDatabaseAuthentication",
    "enabled_cloudwatch_logs_exports": "EnableCloudwatchLogsExports",
    "db_subnet_group_name": "DBSubnetGroupName",
    "vpc_security_group_ids": "VPCSecurityGroups",
    "db_name": "DBName",
    "port": "Port",
    "username": "MasterUsername",
    "manage_master_user_password": "ManageMasterUserPassword",
    "monitoring_interval": "MonitoringInterval",
    "monitoring_role_arn": "MonitoringRoleArn",
    "performance_insights_enabled": "EnablePerformanceInsights",
    "performance_insights_kms_key_id": "PerformanceInsightsKMSKeyId",
    "performance_insights_retention_period": "PerformanceInsightsRetentionPeriod",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "replicate_source_db": "SourceDBInstanceIdentifier",
    "snapshot_identifier": "DBSnapshotIdentifier",
    "parameter_group_name": "DBParameterGroupName",
    "option_group_name": "OptionGroupName",
    "availability_zone": "AvailabilityZone",
    "ca_cert_identifier": "CACertificateIdentifier",
    "license_model": "LicenseModel",
    "backup_window": "PreferredBackupWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "network_type": "NetworkType",
    "character_set_name": "CharacterSetName",
    "timezone": "Timezone",
}


def _terraform_instance(draft: Draft) -> None:
    if draft.get("db_name") is None:
        # Until version 4 of the provider.
        draft.copy("name", "DBName")
    _name_it(draft, "identifier", "DBInstanceIdentifier")
    if draft.get("replicate_source_db") is None:
        restored = Unknown("restored to a point in time", not_null=True)
        # A dynamic block may come to none.
        draft.set(
            "SourceDBInstanceAutomatedBackupsArn",
            draft.one("restore_to_point_in_time", lambda block: restored),
            "restore_to_point_in_time",
        )
    _drop_empty(draft, _SOURCES)
    _lowered(draft, "PreferredMaintenanceWindow")


def _drop_empty(draft: Draft, paths: tuple[str, ...]) -> None:
    """An empty name, as parameters have for “none”, names nothing."""
    for path in paths:
        if draft.properties.get(path) == "":
            del draft.properties[path]


def _name_it(draft: Draft, attribute: str, path: str) -> None:
    if draft.get(attribute) is None:
        prefix = draft.get(f"{attribute}_prefix")
        draft.set(path, draft.ref(attribute, prefix if isinstance(prefix, str) else "tf-"))


def _cloudformation_instance(draft: Draft) -> None:
    _drop_empty(draft, _SOURCES)
    _lowered(
        draft,
        "DBInstanceIdentifier",
        "DBSubnetGroupName",
        "DBParameterGroupName",
        "DBClusterIdentifier",
        "PreferredMaintenanceWindow",
    )


def _live_instance(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("DBInstanceArn"), "name": draft.get("DBInstanceIdentifier")}
    copy_fields(
        draft,
        {
            **{path: path for path in _FIELDS.values() if path not in _TOLD_ELSEWHERE},
            "DBClusterIdentifier": "DBClusterIdentifier",
            "PromotionTier": "PromotionTier",
            "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
            "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
            "DBSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
            "EnablePerformanceInsights": "PerformanceInsightsEnabled",
            "PerformanceInsightsKMSKeyId": "PerformanceInsightsKMSKeyId",
            "SourceDBInstanceIdentifier": "ReadReplicaSourceDBInstanceIdentifier",
            "SourceDBClusterIdentifier": "ReadReplicaSourceDBClusterIdentifier",
            "DBParameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
            "OptionGroupName": "OptionGroupMemberships[0].OptionGroupName",
            "Port": "Endpoint.Port",
        },
    )
    draft.set("VPCSecurityGroups", draft.made(_group_ids(draft), "VpcSecurityGroups"))
    managed = draft.get("MasterUserSecret") is not None
    draft.set("ManageMasterUserPassword", draft.made(managed, "MasterUserSecret"))
    _lowered(draft, "PreferredMaintenanceWindow")
    copy_tags(draft, "TagList")


_TOLD_ELSEWHERE = frozenset(
    {
        "DBSnapshotIdentifier",  # told at creation and never again
        "DBParameterGroupName",
        "DBSubnetGroupName",
        "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication",
        "EnablePerformanceInsights",
        "ManageMasterUserPassword",
        "OptionGroupName",
        "PerformanceInsightsKMSKeyId",
        "Port",
        "SourceDBInstanceIdentifier",
        "VPCSecurityGroups",
    }
)
"""Properties whose field in the API has another name."""


def _group_ids(draft: Draft) -> Value:
    groups = draft.get("VpcSecurityGroups")
    listed = groups if isinstance(groups, list) else []
    return [group["VpcSecurityGroupId"] for group in listed if isinstance(group, dict)]


# https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/db_instance, and what its schema sets
_TERRAFORM_INSTANCE = (
    # Optional and computed: the provider sends 0 when it creates, and reverts nothing.
    *_created_afresh("BackupRetentionPeriod", 0, "aws_db_instance creates 0", kept=False),
    *_created_afresh("StorageEncrypted", False, "aws_db_instance creates unencrypted storage"),
    *_created_afresh("MultiAZ", False, "RDS creates one instance in one zone", kept=False),
    Default("PubliclyAccessible", False, "aws_db_instance creates a private instance"),
    Default("DeletionProtection", False, "aws_db_instance creates without deletion protection"),
    Default("AutoMinorVersionUpgrade", True, "aws_db_instance turns minor upgrades on"),
    Default("CopyTagsToSnapshot", False, "aws_db_instance copies no tags"),
    Default("EnableIAMDatabaseAuthentication", False, "aws_db_instance creates without IAM authentication"),
    Default("EnablePerformanceInsights", False, "aws_db_instance creates without Performance Insights"),
    Default("MonitoringInterval", 0, "aws_db_instance creates without enhanced monitoring"),
)

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
_API_INSTANCE = (
    *_created_afresh("BackupRetentionPeriod", 1, "RDS keeps backups for 1 day", kept=False),
    *_created_afresh("StorageEncrypted", False, "RDS creates unencrypted storage", kept=False),
    *_created_afresh("MultiAZ", False, "RDS creates one instance in one zone", kept=False),
    Default(
        "PubliclyAccessible",
        Unknown("not written: whether the subnet group's VPC has an internet gateway decides"),
        "the subnet group decides",
    ),
    Default("DeletionProtection", False, "RDS creates without deletion protection", kept=False),
    Default("AutoMinorVersionUpgrade", True, "RDS turns minor upgrades on", kept=False),
    Default("CopyTagsToSnapshot", False, "RDS copies no tags", kept=False),
    Default("EnableIAMDatabaseAuthentication", False, "RDS creates without IAM authentication", kept=False),
    Default("EnablePerformanceInsights", False, "RDS creates without Performance Insights", kept=False),
    Default("MonitoringInterval", 0, "RDS creates without enhanced monitoring", kept=False),
)

_MEMBER_FIELDS = {
    "identifier": "DBInstanceIdentifier",
    "cluster_identifier": "DBClusterIdentifier",
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "instance_class": "DBInstanceClass",
    "publicly_accessible": "PubliclyAccessible",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "availability_zone": "AvailabilityZone",
    "ca_cert_identifier": "CACertificateIdentifier",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "db_parameter_group_name": "DBParameterGroupName",
    "db_subnet_group_name": "DBSubnetGroupName",
    "monitoring_interval": "MonitoringInterval",
    "monitoring_role_arn": "MonitoringRoleArn",
    "performance_insights_enabled": "EnablePerformanceInsights",
    "performance_insights_kms_key_id": "PerformanceInsightsKMSKeyId",
    "promotion_tier": "PromotionTier",
}
_MEMBER = (
    Default("PubliclyAccessible", False, "aws_rds_cluster_instance creates a private instance", kept=False),
    Default("AutoMinorVersionUpgrade", True, "aws_rds_cluster_instance turns minor upgrades on"),
    Default("CopyTagsToSnapshot", False, "aws_rds_cluster_instance copies no tags"),
    Default("MonitoringInterval", 0, "aws_rds_cluster_instance creates without enhanced monitoring"),
    Default("StorageEncrypted", _INHERITED, "the cluster decides"),
    Default("BackupRetentionPeriod", _INHERITED, "the cluster decides"),
)

DB_INSTANCE = Kind(
    name=INSTANCE,
    title="RDS instance",
    terraform=(
        Spelling(
            "aws_db_instance",
            fields=_FIELDS,
            build=_terraform_instance,
            defaults=_TERRAFORM_INSTANCE,
            exports={"identifier": "DBInstanceIdentifier", "arn": "arn", "id": "id"},
        ),
        Spelling(
            "aws_rds_cluster_instance",
            fields=_MEMBER_FIELDS,
            build=lambda draft: _name_it(draft, "identifier", "DBInstanceIdentifier"),
            defaults=_MEMBER,
            exports={"id": "name", "identifier": "DBInstanceIdentifier", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(
        INSTANCE,
        build=_cloudformation_instance,
        defaults=_API_INSTANCE,
        exports={"Ref": "name", "DBInstanceArn": "arn"},
    ),
    live=LiveSpelling(
        enumerate=Call(
            "rds", "describe_db_instances", "rds:DescribeDBInstances", {"MaxRecords": 100}, result="DBInstances"
        ),
        build=_live_instance,
        keep=_ours,
    ),
    names=("DBInstanceIdentifier",),
    # `8.0` asks for any 8.0.x, and minor upgrades move it.
    ignored=("EngineVersion",),
    unordered=("EnableCloudwatchLogsExports", "VPCSecurityGroups"),
)


# Clusters

_CLUSTER_FIELDS = {
    "cluster_identifier": "DBClusterIdentifier",
    "engine": "Engine",
    "engine_mode": "EngineMode",
    "engine_version": "EngineVersion",
    "storage_encrypted": "StorageEncrypted",
    "kms_key_id": "KmsKeyId",
    "backup_retention_period": "BackupRetentionPeriod",
    "backtrack_window": "BacktrackWindow",
    "deletion_protection": "DeletionProtection",
    "iam_database_authentication_enabled": "EnableIAMDatabaseAuthentication",
    "enabled_cloudwatch_logs_exports": "EnableCloudwatchLogsExports",
    "db_subnet_group_name": "DBSubnetGroupName",
    "db_cluster_parameter_group_name": "DBClusterParameterGroupName",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
    "database_name": "DatabaseName",
    "master_username": "MasterUsername",
    "manage_master_user_password": "ManageMasterUserPassword",
    "port": "Port",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "preferred_backup_window": "PreferredBackupWindow",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "snapshot_identifier": "SnapshotIdentifier",
    "replication_source_identifier": "ReplicationSourceIdentifier",
    "global_cluster_identifier": "GlobalClusterIdentifier",
    "storage_type": "StorageType",
    "allocated_storage": "AllocatedStorage",
    "iops": "Iops",
    "db_cluster_instance_class": "DBClusterInstanceClass",
}

_CLUSTER_SOURCES = (
    "SnapshotIdentifier",
    "SourceDBClusterIdentifier",
    "SourceDbClusterResourceId",
    "ReplicationSourceIdentifier",
    "GlobalClusterIdentifier",
)


def _terraform_cluster(draft: Draft) -> None:
    _name_it(draft, "cluster_identifier", "DBClusterIdentifier")
    if draft.get("restore_to_point_in_time") is not None:
        draft.copy("restore_to_point_in_time.source_cluster_identifier", "SourceDBClusterIdentifier")
    _drop_empty(draft, _CLUSTER_SOURCES)
    _lowered(draft, "PreferredMaintenanceWindow")


def _cloudformation_cluster(draft: Draft) -> None:
    _drop_empty(draft, _CLUSTER_SOURCES)
    _lowered(
        draft,
        "DBClusterIdentifier",
        "DBSubnetGroupName",
        "DBClusterParameterGroupName",
        "PreferredMaintenanceWindow",
    )


def _live_cluster(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("DBClusterArn"), "name": draft.get("DBClusterIdentifier")}
    elsewhere = {
        "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "DBSubnetGroupName": "DBSubnetGroup",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
    }
    unread = ("SnapshotIdentifier", "GlobalClusterIdentifier", "ManageMasterUserPassword", "VpcSecurityGroupIds")
    same = {path: path for path in _CLUSTER_FIELDS.values() if path not in (*elsewhere, *unread)}
    copy_fields(draft, same | elsewhere)
    draft.set("VpcSecurityGroupIds", draft.made(_group_ids(draft), "VpcSecurityGroups"))
    managed = draft.get("MasterUserSecret") is not None
    draft.set("ManageMasterUserPassword", draft.made(managed, "MasterUserSecret"))
    _lowered(draft, "PreferredMaintenanceWindow")
    copy_tags(draft, "TagList")


def _made_anew(properties: Mapping[str, Value]) -> bool | None:
    """Whether nothing the cluster is made from decides its encryption; serverless (first version) always encrypts."""
    mode = properties.get("EngineMode")
    if isinstance(mode, (Unknown, Alternatives)):
        return None
    return absent(*_CLUSTER_SOURCES)(properties) if mode != "serverless" else False


def _serverless(properties: Mapping[str, Value]) -> bool | None:
    mode = properties.get("EngineMode")
    return None if isinstance(mode, (Unknown, Alternatives)) else mode == "serverless"


_CLUSTER_ENCRYPTION = (
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless.html
    Default("StorageEncrypted", True, "Aurora Serverless v1 always encrypts", when=_serverless),
    Default("StorageEncrypted", False, "RDS creates unencrypted storage", when=_made_anew),
    Default("StorageEncrypted", _INHERITED, "what it is made from decides", when=_written(*_CLUSTER_SOURCES)),
)


def _cluster_defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        Default("BackupRetentionPeriod", 1, f"{creator} keeps backups for 1 day", kept=kept),
        Default("DeletionProtection", False, f"{creator} creates without deletion protection", kept=kept),
        Default("CopyTagsToSnapshot", False, f"{creator} copies no tags", kept=kept),
        Default("EnableIAMDatabaseAuthentication", False, f"{creator} creates without IAM authentication", kept=kept),
        *_CLUSTER_ENCRYPTION,
    )


DB_CLUSTER = Kind(
    name=CLUSTER,
    title="RDS cluster",
    terraform=(
        Spelling(
            "aws_rds_cluster",
            fields=_CLUSTER_FIELDS,
            build=_terraform_cluster,
            defaults=_cluster_defaults("aws_rds_cluster", kept=True),
            exports={"id": "name", "cluster_identifier": "DBClusterIdentifier", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(
        CLUSTER,
        build=_cloudformation_cluster,
        defaults=_cluster_defaults("RDS", kept=False),
        exports={"Ref": "name", "DBClusterArn": "arn"},
    ),
    live=LiveSpelling(
        enumerate=Call(
            "rds", "describe_db_clusters", "rds:DescribeDBClusters", {"MaxRecords": 100}, result="DBClusters"
        ),
        build=_live_cluster,
        keep=_ours,
    ),
    names=("DBClusterIdentifier",),
    # `8.0` asks for any 8.0.x, and minor upgrades move it.
    ignored=("EngineVersion",),
    unordered=("EnableCloudwatchLogsExports", "VpcSecurityGroupIds"),
)

KINDS: tuple[Kind, ...] = (DB_INSTANCE, DB_CLUSTER)
