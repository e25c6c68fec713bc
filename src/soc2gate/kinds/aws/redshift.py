"""Redshift clusters and where their audit logs go."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Unknown, Value

CLUSTER = "AWS::Redshift::Cluster"

_FIELDS = {
    "cluster_identifier": "ClusterIdentifier",
    "database_name": "DBName",
    "master_username": "MasterUsername",
    "node_type": "NodeType",
    "number_of_nodes": "NumberOfNodes",
    "encrypted": "Encrypted",
    "kms_key_id": "KmsKeyId",
    "publicly_accessible": "PubliclyAccessible",
    "elastic_ip": "ElasticIp",
    "enhanced_vpc_routing": "EnhancedVpcRouting",
    "cluster_subnet_group_name": "ClusterSubnetGroupName",
    "cluster_parameter_group_name": "ClusterParameterGroupName",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
    "iam_roles": "IamRoles",
    "automated_snapshot_retention_period": "AutomatedSnapshotRetentionPeriod",
    "manual_snapshot_retention_period": "ManualSnapshotRetentionPeriod",
    "allow_version_upgrade": "AllowVersionUpgrade",
    "availability_zone": "AvailabilityZone",
    "port": "Port",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "manage_master_password": "ManageMasterPassword",
    "snapshot_identifier": "SnapshotIdentifier",
}


def _log_fields(block: Block) -> Piece:
    return {
        "BucketName": block.at("bucket_name"),
        "S3KeyPrefix": block.at("s3_key_prefix"),
        "LogDestinationType": block.at("log_destination_type"),
        "LogExports": block.at("log_exports"),
    }


def _logging_block(block: Block) -> Piece:
    """The provider's `logging` block, until version 5."""
    enabled = block.get("enable")
    if enabled is True:
        return _log_fields(block)
    return None if enabled in (None, False) else Unknown("whether logging is enabled is not decided by the files")


def _terraform(draft: Draft) -> None:
    draft.set("LoggingProperties", draft.one("logging", _logging_block))
    kind = draft.at("cluster_type") or draft.made(_type_of(draft.get("number_of_nodes")), "number_of_nodes")
    draft.set("ClusterType", kind)
    _settle(draft)


def _type_of(nodes: Value) -> Value:
    return map_value(1 if nodes is None else nodes, lambda count: "single-node" if str(count) == "1" else "multi-node")


def _settle(draft: Draft) -> None:
    """Redshift keeps names and windows in lower case; an empty name names nothing."""
    for path in ("ClusterIdentifier", "ClusterSubnetGroupName", "PreferredMaintenanceWindow"):
        value = draft.properties.get(path)
        if value is not None:
            draft.properties[path] = map_value(value, lambda plain: str(plain).lower())
    if draft.properties.get("SnapshotIdentifier") == "":
        del draft.properties["SnapshotIdentifier"]


def _live(live: LiveItem) -> None:
    draft = live.draft
    name = live.item["ClusterIdentifier"]
    draft.identity |= {
        "name": draft.get("ClusterIdentifier"),
        "arn": f"arn:{live.partition}:redshift:{live.region}:{live.account}:cluster:{name}",
    }
    unread = ("ClusterParameterGroupName", "ElasticIp", "IamRoles", "ManageMasterPassword", "Port")
    told = [path for path in _FIELDS.values() if path not in (*unread, "SnapshotIdentifier", "VpcSecurityGroupIds")]
    copy_fields(draft, {path: path for path in told})
    copy_fields(
        draft,
        {
            "ClusterParameterGroupName": "ClusterParameterGroups[0].ParameterGroupName",
            "ElasticIp": "ElasticIpStatus.ElasticIp",
            "Port": "Endpoint.Port",
        },
    )
    for path, field, key in (
        ("VpcSecurityGroupIds", "VpcSecurityGroups", "VpcSecurityGroupId"),
        ("IamRoles", "IamRoles", "IamRoleArn"),
    ):
        listed = draft.get(field)
        looked_at(draft, path, field)
        values: Value = [entry[key] for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        draft.set(path, draft.made(values, field))
    draft.set("ClusterType", draft.made(_type_of(draft.get("NumberOfNodes")), "NumberOfNodes"))
    status = "describe_logging_status."
    if draft.get(status + "LoggingEnabled") is True:
        copy_fields(
            draft,
            {
                f"LoggingProperties.{name}": status + name
                for name in ("BucketName", "S3KeyPrefix", "LogDestinationType", "LogExports")
            },
        )
    _settle(draft)
    copy_tags(draft)


# https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html, of `Encrypted` and
# `PubliclyAccessible`; what is restored takes its encryption from the snapshot.
_FROM_SNAPSHOT = Default(
    "Encrypted", Unknown("not written: the snapshot it is restored from decides"), "the snapshot decides"
)
_API = (
    Default("Encrypted", True, "Redshift encrypts new clusters", when=absent("SnapshotIdentifier"), kept=False),
    _FROM_SNAPSHOT,
    Default("PubliclyAccessible", False, "Redshift creates a private cluster", kept=False),
)
# https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade: both changed sides there.
_PROVIDER = (
    Default(
        "Encrypted",
        Unknown("not written: version 5 of the AWS provider creates without encryption, version 6 with it"),
        "the version of the provider decides",
        when=absent("SnapshotIdentifier"),
    ),
    _FROM_SNAPSHOT,
    Default(
        "PubliclyAccessible",
        Unknown("not written: version 5 of the AWS provider creates a public cluster, version 6 a private one"),
        "the version of the provider decides",
    ),
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=CLUSTER,
        title="Redshift cluster",
        terraform=(
            Spelling(
                "aws_redshift_cluster",
                fields=_FIELDS,
                build=_terraform,
                defaults=_PROVIDER,
                exports={"id": "name", "cluster_identifier": "ClusterIdentifier", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(CLUSTER, build=_settle, defaults=_API, exports={"Ref": "name"}),
        companions=(
            Companion(
                "aws_redshift_logging",
                CLUSTER,
                "cluster_identifier",
                "LoggingProperties",
                _log_fields,
                id_is_target=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call(
                "redshift", "describe_clusters", "redshift:DescribeClusters", {"MaxRecords": 100}, result="Clusters"
            ),
            details=(
                Call(
                    "redshift",
                    "describe_logging_status",
                    "redshift:DescribeLoggingStatus",
                    {"ClusterIdentifier": "{ClusterIdentifier}"},
                    into="LoggingProperties",
                ),
            ),
            build=_live,
        ),
        names=("ClusterIdentifier",),
    ),
)
