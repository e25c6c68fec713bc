"""Snapshots of databases, of instances and of clusters alike: ours, as no registry has them.

Code that takes one does not say whether it is encrypted: the database it is taken of does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from soc2gate.facts import replace
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.aws.rds import CLUSTER, INSTANCE
from soc2gate.kinds.convert import unknown_like
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Neighbours, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.resource import Resource, Side, place_of
from soc2gate.model.value import Unknown, Value

SNAPSHOT = "Account::RDS::Snapshot"

_DATABASES = (INSTANCE, CLUSTER, "AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster")
_SOURCES = ("db_instance_identifier", "db_cluster_identifier")
_COPIED = ("source_db_snapshot_identifier", "source_db_cluster_snapshot_identifier")
_DECIDED_ELSEWHERE = Unknown("not written: the database or the snapshot it is made from decides")


def _terraform(draft: Draft, name: str) -> None:
    draft.copy(name, "SnapshotIdentifier")
    for attribute in (*_SOURCES, *_COPIED):
        draft.copy(attribute, "SourceIdentifier")
    key = draft.get("kms_key_id")
    if key not in (None, ""):
        draft.copy("kms_key_id", "KmsKeyId")
        # A copy that names a key is encrypted with it.
        draft.set("Encrypted", unknown_like(key) if isinstance(key, Unknown) and not key.not_null else True)
    draft.copy("shared_accounts", "RestorableBy")
    draft.set("SnapshotType", "manual")


def _conclude(snapshot: Resource, neighbours: Neighbours) -> Resource:
    """What code does not say of a snapshot, where it declares what the snapshot is made from."""
    if snapshot.side is Side.LIVE:
        return snapshot
    databases = [other for kind in _DATABASES for other in neighbours.of(kind)]
    found = _as_its_source(snapshot, databases)
    if found is not snapshot:
        return found
    originals = [_as_its_source(other, databases) for other in _made_from(snapshot, neighbours.of(SNAPSHOT))]
    return _as_its_source(snapshot, originals)


def _as_its_source(snapshot: Resource, others: Sequence[Resource]) -> Resource:
    """Encrypted as what it is made from, where it does not say so itself."""
    if not isinstance(snapshot.properties.get("Encrypted"), Unknown):
        return snapshot
    for source in _made_from(snapshot, others):
        path = "Encrypted" if source.kind == SNAPSHOT else "StorageEncrypted"
        found = source.properties.get(path)
        if isinstance(found, bool):
            return replace(
                snapshot,
                properties={**snapshot.properties, "Encrypted": found},
                places={**snapshot.places, "Encrypted": place_of(source.places, path, source.where)},
                notes={**snapshot.notes, "Encrypted": f"as {source.address}, which it is made from"},
            )
    return snapshot


def _made_from(snapshot: Resource, others: Sequence[Resource]) -> Iterator[Resource]:
    named = snapshot.properties.get("SourceIdentifier")
    for other in others:
        if other is snapshot or other.uncertain:
            continue
        if isinstance(named, Unknown):
            found = named.ref is not None and named.ref.address == other.address
        else:
            found = named is not None and named in [other.properties.get(key) for key in _NAMES]
        if found:
            yield other


_NAMES = ("DBInstanceIdentifier", "DBClusterIdentifier", "SnapshotIdentifier")


def _live(live: LiveItem) -> None:
    draft = live.draft
    cluster = "DBClusterSnapshotIdentifier" in live.item
    word = "DBCluster" if cluster else "DB"
    draft.identity |= {
        "arn": draft.get(f"{word}SnapshotArn"),
        "name": draft.get(f"{word}SnapshotIdentifier"),
    }
    copy_fields(
        draft,
        {
            "SnapshotIdentifier": f"{word}SnapshotIdentifier",
            "SnapshotArn": f"{word}SnapshotArn",
            "SourceIdentifier": "DBClusterIdentifier" if cluster else "DBInstanceIdentifier",
            "SnapshotType": "SnapshotType",
            "Engine": "Engine",
            "Encrypted": "StorageEncrypted" if cluster else "Encrypted",
            "KmsKeyId": "KmsKeyId",
        },
    )
    operation = "describe_db_cluster_snapshot_attributes" if cluster else "describe_db_snapshot_attributes"
    if operation in live.answers:
        draft.set("RestorableBy", draft.made(_restorers(draft.get(operation)), operation))
    copy_tags(draft, "TagList")
    if draft.get("SnapshotType") in ("automated", "awsbackup"):
        draft.managed_by = "AWS"


def _restorers(attributes: Value) -> Value:
    """The accounts in the attribute `restore`; `all` is everyone."""
    if not isinstance(attributes, list):
        return []
    for attribute in attributes:
        if isinstance(attribute, dict) and attribute.get("AttributeName") == "restore":
            return attribute.get("AttributeValues") or []
    return []


def _shared(kind: str, word: str) -> Call:
    return Call(
        "rds",
        f"describe_{kind}_snapshot_attributes",
        f"rds:Describe{word}SnapshotAttributes",
        {f"{word}SnapshotIdentifier": f"{{{word}SnapshotIdentifier}}"},
        result=f"{word}SnapshotAttributesResult.{word}SnapshotAttributes",
        into="RestorableBy",
        needs=f"{word}SnapshotIdentifier",
    )


def _spelling(type_: str, name: str) -> Spelling:
    return Spelling(
        type_,
        build=partial(_terraform, name=name),
        defaults=(
            Default("Encrypted", _DECIDED_ELSEWHERE, "what it is made from decides"),
            Default("RestorableBy", [], f"{type_} shares with nobody"),
        ),
        exports={"id": "name", name: "SnapshotIdentifier"},
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=SNAPSHOT,
        title="database snapshot",
        terraform=(
            _spelling("aws_db_snapshot", "db_snapshot_identifier"),
            _spelling("aws_db_cluster_snapshot", "db_cluster_snapshot_identifier"),
            # The APIs of DocumentDB and Neptune are RDS's own; live, their snapshots are listed among its.
            _spelling("aws_docdb_cluster_snapshot", "db_cluster_snapshot_identifier"),
            _spelling("aws_neptune_cluster_snapshot", "db_cluster_snapshot_identifier"),
            _spelling("aws_db_snapshot_copy", "target_db_snapshot_identifier"),
            _spelling("aws_rds_cluster_snapshot_copy", "target_db_cluster_snapshot_identifier"),
        ),
        live=LiveSpelling(
            enumerate=Call(
                "rds",
                "describe_db_snapshots",
                "rds:DescribeDBSnapshots",
                {"MaxRecords": 100},
                result="DBSnapshots",
                needs="DBSnapshotIdentifier",
            ),
            also=(
                Call(
                    "rds",
                    "describe_db_cluster_snapshots",
                    "rds:DescribeDBClusterSnapshots",
                    {"MaxRecords": 100},
                    result="DBClusterSnapshots",
                    needs="DBClusterSnapshotIdentifier",
                ),
            ),
            details=(_shared("db", "DB"), _shared("db_cluster", "DBCluster")),
            build=_live,
        ),
        names=("SnapshotIdentifier",),
        concludes=_conclude,
    ),
)
