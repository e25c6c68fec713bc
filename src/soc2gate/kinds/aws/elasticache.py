"""ElastiCache: replication groups (Valkey, Redis), and clusters that stand alone (Memcached, a single Redis node)."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Alternatives, Unknown, Value

GROUP = "AWS::ElastiCache::ReplicationGroup"
CLUSTER = "AWS::ElastiCache::CacheCluster"


def _lowered(draft: Draft, *paths: str) -> None:
    """ElastiCache keeps names, engines and windows in lower case."""
    for path in (*paths, "Engine", "CacheSubnetGroupName", "PreferredMaintenanceWindow"):
        value = draft.properties.get(path)
        if value is not None:
            draft.properties[path] = map_value(value, lambda plain: str(plain).lower())


# Replication groups

_GROUP_FIELDS = {
    "replication_group_id": "ReplicationGroupId",
    "description": "ReplicationGroupDescription",
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "node_type": "CacheNodeType",
    "num_cache_clusters": "NumCacheClusters",
    "num_node_groups": "NumNodeGroups",
    "replicas_per_node_group": "ReplicasPerNodeGroup",
    "at_rest_encryption_enabled": "AtRestEncryptionEnabled",
    "kms_key_id": "KmsKeyId",
    "transit_encryption_enabled": "TransitEncryptionEnabled",
    "transit_encryption_mode": "TransitEncryptionMode",
    "automatic_failover_enabled": "AutomaticFailoverEnabled",
    "multi_az_enabled": "MultiAZEnabled",
    "snapshot_retention_limit": "SnapshotRetentionLimit",
    "snapshot_window": "SnapshotWindow",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "data_tiering_enabled": "DataTieringEnabled",
    "global_replication_group_id": "GlobalReplicationGroupId",
    "maintenance_window": "PreferredMaintenanceWindow",
    "parameter_group_name": "CacheParameterGroupName",
    "port": "Port",
    "security_group_ids": "SecurityGroupIds",
    "subnet_group_name": "CacheSubnetGroupName",
    "user_group_ids": "UserGroupIds",
}


def _terraform_group(draft: Draft) -> None:
    # Names from before version 5 of the provider.
    for old, new, path in (
        ("replication_group_description", "description", "ReplicationGroupDescription"),
        ("number_cache_clusters", "num_cache_clusters", "NumCacheClusters"),
    ):
        if draft.get(new) is None:
            draft.copy(old, path)
    if isinstance(draft.get("cluster_mode"), str):
        draft.copy("cluster_mode", "ClusterMode")
    elif draft.get("cluster_mode") is not None:
        draft.copy("cluster_mode.num_node_groups", "NumNodeGroups")
        draft.copy("cluster_mode.replicas_per_node_group", "ReplicasPerNodeGroup")
    _settle_group(draft)


def _settle_group(draft: Draft) -> None:
    # A credential: neither asked nor compared.
    draft.properties.pop("AuthToken", None)
    _lowered(draft, "ReplicationGroupId")


def _live_group(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ARN"), "name": draft.get("ReplicationGroupId")}
    same = (
        "ReplicationGroupId",
        "Engine",
        "CacheNodeType",
        "KmsKeyId",
        "TransitEncryptionEnabled",
        "TransitEncryptionMode",
        "SnapshotRetentionLimit",
        "SnapshotWindow",
        "AutoMinorVersionUpgrade",
        "UserGroupIds",
    )
    copy_fields(draft, {path: path for path in same})
    copy_fields(
        draft,
        {
            "ReplicationGroupDescription": "Description",
            "GlobalReplicationGroupId": "GlobalReplicationGroupInfo.GlobalReplicationGroupId",
        },
    )
    for path, field in (("MultiAZEnabled", "MultiAZ"), ("AutomaticFailoverEnabled", "AutomaticFailover")):
        draft.set(path, draft.made(draft.get(field) in ("enabled", "enabling"), field))
    # Some groups are encrypted though the flag says no: https://docs.aws.amazon.com/AmazonElastiCache/latest/
    # APIReference/API_ReplicationGroup.html tells by the type of encryption.
    kind = draft.get("StorageEncryptionType")
    encrypted = draft.get("AtRestEncryptionEnabled") is True or (isinstance(kind, str) and kind.startswith("sse-"))
    draft.set("AtRestEncryptionEnabled", draft.made(encrypted, "AtRestEncryptionEnabled"))
    copy_tags(draft, "list_tags_for_resource")
    _lowered(draft, "ReplicationGroupId")


_own = absent("GlobalReplicationGroupId")


def _own_valkey(properties: Mapping[str, Value]) -> bool | None:
    """Whether the group is no part of a global datastore, and runs Valkey; Redis is what runs where nobody says."""
    engine = properties.get("Engine")
    if isinstance(engine, (Unknown, Alternatives)):
        return None
    return _own(properties) if engine == "valkey" else False


def _inherited(path: str) -> Default:
    return Default(path, Unknown("not written: the global datastore it belongs to decides"), "the datastore decides")


# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html; the provider and
# CloudFormation send only what is written.
_GROUP = (
    Default("AtRestEncryptionEnabled", True, "ElastiCache encrypts Valkey", when=_own_valkey, kept=False),
    Default("AtRestEncryptionEnabled", False, "ElastiCache leaves Redis unencrypted", when=_own, kept=False),
    _inherited("AtRestEncryptionEnabled"),
    Default("TransitEncryptionEnabled", False, "ElastiCache creates without TLS", when=_own, kept=False),
    _inherited("TransitEncryptionEnabled"),
    Default("MultiAZEnabled", False, "ElastiCache creates in one zone", kept=False),
    Default("SnapshotRetentionLimit", 0, "ElastiCache takes no backups", kept=False),
)


def _tags_of(arn: str) -> Call:
    return Call(
        "elasticache",
        "list_tags_for_resource",
        "elasticache:ListTagsForResource",
        {"ResourceName": arn},
        result="TagList",
        into="Tags",
    )


REPLICATION_GROUP = Kind(
    name=GROUP,
    title="cache replication group",
    terraform=(
        Spelling(
            "aws_elasticache_replication_group",
            fields=_GROUP_FIELDS,
            build=_terraform_group,
            defaults=_GROUP,
            exports={"id": "name", "replication_group_id": "ReplicationGroupId", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(GROUP, build=_settle_group, defaults=_GROUP, exports={"Ref": "name"}),
    live=LiveSpelling(
        enumerate=Call(
            "elasticache",
            "describe_replication_groups",
            "elasticache:DescribeReplicationGroups",
            {"MaxRecords": 100},
            result="ReplicationGroups",
        ),
        details=(_tags_of("{ARN}"),),
        build=_live_group,
    ),
    names=("ReplicationGroupId",),
)


# Clusters

_CLUSTER_FIELDS = {
    "cluster_id": "ClusterName",
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "node_type": "CacheNodeType",
    "num_cache_nodes": "NumCacheNodes",
    "az_mode": "AZMode",
    "availability_zone": "PreferredAvailabilityZone",
    "preferred_availability_zones": "PreferredAvailabilityZones",
    "maintenance_window": "PreferredMaintenanceWindow",
    "parameter_group_name": "CacheParameterGroupName",
    "port": "Port",
    "replication_group_id": "ReplicationGroupId",
    "security_group_ids": "VpcSecurityGroupIds",
    "snapshot_retention_limit": "SnapshotRetentionLimit",
    "subnet_group_name": "CacheSubnetGroupName",
    "transit_encryption_enabled": "TransitEncryptionEnabled",
}


def _settle_cluster(draft: Draft) -> None:
    _lowered(draft, "ClusterName")


def _live_cluster(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ARN"), "name": draft.get("CacheClusterId")}
    same = (
        "Engine",
        "EngineVersion",
        "CacheNodeType",
        "NumCacheNodes",
        "PreferredMaintenanceWindow",
        "CacheSubnetGroupName",
        "SnapshotRetentionLimit",
        "TransitEncryptionEnabled",
        "ReplicationGroupId",
    )
    copy_fields(draft, {path: path for path in same} | {"ClusterName": "CacheClusterId"})
    # The API tells the mode by its effect: the zone, or that there are several.
    zone = draft.get("PreferredAvailabilityZone")
    draft.set("AZMode", draft.made("cross-az" if zone == "Multiple" else "single-az", "PreferredAvailabilityZone"))
    group = draft.get("ReplicationGroupId")
    if isinstance(group, str) and group:
        draft.managed_by = group
    copy_tags(draft, "list_tags_for_resource")
    _lowered(draft, "ClusterName")


# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheCluster.html, of `AZMode`
_CLUSTER = (
    Default(
        "AZMode", "single-az", "ElastiCache keeps to one zone", when=absent("PreferredAvailabilityZones"), kept=False
    ),
    Default("AZMode", Unknown("not written: the zones that are preferred decide"), "the zones decide"),
    Default("ReplicationGroupId", "", "what stands alone belongs to no group", kept=False),
    Default("SnapshotRetentionLimit", 0, "ElastiCache takes no backups", kept=False),
)

CACHE_CLUSTER = Kind(
    name=CLUSTER,
    title="cache cluster",
    terraform=(
        Spelling(
            "aws_elasticache_cluster",
            fields=_CLUSTER_FIELDS,
            build=_settle_cluster,
            defaults=_CLUSTER,
            exports={"id": "name", "cluster_id": "ClusterName", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(CLUSTER, build=_settle_cluster, defaults=_CLUSTER, exports={"Ref": "name"}),
    live=LiveSpelling(
        enumerate=Call(
            "elasticache",
            "describe_cache_clusters",
            "elasticache:DescribeCacheClusters",
            {"MaxRecords": 100},
            result="CacheClusters",
        ),
        details=(_tags_of("{ARN}"),),
        build=_live_cluster,
    ),
    names=("ClusterName",),
    # Minor upgrades move it.
    ignored=("EngineVersion",),
)

KINDS: tuple[Kind, ...] = (REPLICATION_GROUP, CACHE_CLUSTER)
