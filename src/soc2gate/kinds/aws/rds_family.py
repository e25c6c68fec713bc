"""What Neptune and DocumentDB share: clusters that RDS's own API tells of, made afresh or from something else."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import looked_at
from soc2gate.kinds.completing import absent
from soc2gate.kinds.describe import Call, Default
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


def drop_empty_sources(draft: Draft) -> None:
    """An empty name, as parameters have for “none”, names nothing."""
    for path in SOURCES:
        if draft.properties.get(path) == "":
            del draft.properties[path]


def lower(draft: Draft, *paths: str) -> None:
    """The API keeps identifiers and windows in lower case, however they are written."""
    for path in paths:
        value = draft.properties.get(path)
        if isinstance(value, str):
            draft.properties[path] = value.lower()


def name_it(draft: Draft) -> None:
    """A cluster without a name of its own is given one, which only deploying tells."""
    if draft.get("cluster_identifier") is None:
        prefix = draft.get("cluster_identifier_prefix")
        draft.set("DBClusterIdentifier", draft.ref("cluster_identifier", prefix if isinstance(prefix, str) else "tf-"))


def copy_security_groups(draft: Draft) -> None:
    """The ids of the groups in a live cluster's list."""
    groups = draft.get("VpcSecurityGroups")
    listed = groups if isinstance(groups, list) else []
    ids: Value = [group["VpcSecurityGroupId"] for group in listed if isinstance(group, dict)]
    looked_at(draft, "VpcSecurityGroupIds", "VpcSecurityGroups")
    draft.set("VpcSecurityGroupIds", draft.made(ids, "VpcSecurityGroups"))
