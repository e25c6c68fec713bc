"""What Neptune and DocumentDB share: clusters that RDS's own API tells of, made afresh or from something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.completing import absent
from soc2gate.kinds.describe import Call, Default, LiveItem, LiveSpelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Unknown, Value

# RDS answers for all three, and is asked once.
LIST_CLUSTERS = Call("rds", "describe_db_clusters", "rds:DescribeDBClusters", {"MaxRecords": 100}, result="DBClusters")

SOURCES = ("SnapshotIdentifier", "SourceDBClusterIdentifier", "GlobalClusterIdentifier")
"""From where a cluster may take its encryption, instead of from what is written."""

# For Terraform and CloudFormation alike: none of them sends what is not written, and encryption is for life.
ENCRYPTION = (
    Default("StorageEncrypted", False, "the API creates unencrypted storage", when=absent(*SOURCES), kept=False),
    Default(
        "StorageEncrypted",
        Unknown("not written: the snapshot, the source or the global cluster it is made from decides"),
        "what it is made from decides",
    ),
)


def backups(creator: str, *, kept: bool) -> Default:
    """How long backups are kept where nobody says."""
    return Default("BackupRetentionPeriod", 1, f"{creator} keeps backups for 1 day", kept=kept)


def terraform(draft: Draft) -> None:
    """What both Terraform spellings have to settle."""
    # A cluster without a name of its own is given one, which only deploying tells.
    if draft.get("cluster_identifier") is None:
        prefix = draft.get("cluster_identifier_prefix")
        draft.set("DBClusterIdentifier", draft.ref("cluster_identifier", prefix if isinstance(prefix, str) else "tf-"))
    _drop_empty_sources(draft)
    _lower(draft, "PreferredMaintenanceWindow")


def cloudformation(draft: Draft) -> None:
    """What both CloudFormation spellings have to settle."""
    _drop_empty_sources(draft)
    _lower(draft, "DBClusterIdentifier", "DBSubnetGroupName", "PreferredMaintenanceWindow")


_LIVE_FIELDS = {
    **{
        path: path
        for path in (
            "DBClusterIdentifier",
            "EngineVersion",
            "StorageEncrypted",
            "KmsKeyId",
            "BackupRetentionPeriod",
            "DeletionProtection",
            "PreferredBackupWindow",
            "PreferredMaintenanceWindow",
        )
    },
    "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
    "DBClusterParameterGroupName": "DBClusterParameterGroup",
    "DBSubnetGroupName": "DBSubnetGroup",
}


def live(engine: str, own: Mapping[str, str], settle: Callable[[Draft], None] | None = None) -> LiveSpelling:
    """How RDS tells of one engine's clusters; `own` are the engine's own properties and where RDS has them."""

    def build(item: LiveItem) -> None:
        draft = item.draft
        draft.identity |= {"arn": draft.get("DBClusterArn"), "name": draft.get("DBClusterIdentifier")}
        copy_fields(draft, {**_LIVE_FIELDS, **own})
        if settle is not None:
            settle(draft)
        _copy_security_groups(draft)
        _lower(draft, "PreferredMaintenanceWindow")
        copy_tags(draft, "TagList")

    return LiveSpelling(
        # RDS answers for all of them, and is asked once.
        enumerate=LIST_CLUSTERS,
        build=build,
        keep=lambda item, region: item.get("Engine") == engine,
    )


def _drop_empty_sources(draft: Draft) -> None:
    """An empty name, as parameters have for “none”, names nothing."""
    for path in SOURCES:
        if draft.properties.get(path) == "":
            del draft.properties[path]


def _lower(draft: Draft, *paths: str) -> None:
    """The API keeps identifiers and windows in lower case, however they are written."""
    for path in paths:
        value = draft.properties.get(path)
        if isinstance(value, str):
            draft.properties[path] = value.lower()


def _copy_security_groups(draft: Draft) -> None:
    """The ids of the groups in a live cluster's list."""
    groups = draft.get("VpcSecurityGroups")
    listed = groups if isinstance(groups, list) else []
    ids: Value = [group["VpcSecurityGroupId"] for group in listed if isinstance(group, dict)]
    looked_at(draft, "VpcSecurityGroupIds", "VpcSecurityGroups")
    draft.set("VpcSecurityGroupIds", draft.made(ids, "VpcSecurityGroups"))
