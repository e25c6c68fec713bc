"""DMS replication instances."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Value

INSTANCE = "AWS::DMS::ReplicationInstance"

_FIELDS = {
    "replication_instance_id": "ReplicationInstanceIdentifier",
    "replication_instance_class": "ReplicationInstanceClass",
    "publicly_accessible": "PubliclyAccessible",
    "allocated_storage": "AllocatedStorage",
    "allow_major_version_upgrade": "AllowMajorVersionUpgrade",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "availability_zone": "AvailabilityZone",
    "dns_name_servers": "DnsNameServers",
    "engine_version": "EngineVersion",
    "kms_key_arn": "KmsKeyId",
    "multi_az": "MultiAZ",
    "network_type": "NetworkType",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "replication_subnet_group_id": "ReplicationSubnetGroupIdentifier",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
}


def _lowered(draft: Draft) -> None:
    """DMS keeps identifiers and windows in lower case, however they are written."""
    for path in ("ReplicationInstanceIdentifier", "ReplicationSubnetGroupIdentifier", "PreferredMaintenanceWindow"):
        value = draft.properties.get(path)
        if value is not None:
            draft.properties[path] = map_value(value, lambda plain: str(plain).lower())


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ReplicationInstanceArn"), "name": draft.get("ReplicationInstanceIdentifier")}
    unread = ("AllowMajorVersionUpgrade", "ReplicationSubnetGroupIdentifier", "VpcSecurityGroupIds")
    copy_fields(draft, {path: path for path in _FIELDS.values() if path not in unread})
    copy_fields(
        draft,
        {"ReplicationSubnetGroupIdentifier": "ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier"},
    )
    groups = draft.get("VpcSecurityGroups")
    listed = groups if isinstance(groups, list) else []
    ids: Value = [group["VpcSecurityGroupId"] for group in listed if isinstance(group, dict)]
    looked_at(draft, "VpcSecurityGroupIds", "VpcSecurityGroups")
    draft.set("VpcSecurityGroupIds", draft.made(ids, "VpcSecurityGroups"))
    _lowered(draft)


KINDS: tuple[Kind, ...] = (
    Kind(
        name=INSTANCE,
        title="DMS replication instance",
        terraform=(
            Spelling(
                "aws_dms_replication_instance",
                fields=_FIELDS,
                build=_lowered,
                # The provider sends false for what is not written, and calls it computed.
                defaults=(
                    Default(
                        "PubliclyAccessible",
                        False,
                        "aws_dms_replication_instance creates a private instance",
                        kept=False,
                    ),
                    Default("MultiAZ", False, "DMS creates one instance in one zone", kept=False),
                ),
                exports={"id": "name", "replication_instance_arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            INSTANCE,
            build=_lowered,
            # https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html
            defaults=(
                Default("PubliclyAccessible", True, "DMS creates a public instance", kept=False),
                Default("MultiAZ", False, "DMS creates one instance in one zone", kept=False),
            ),
            exports={"Ref": "arn"},
        ),
        live=LiveSpelling(
            enumerate=Call(
                "dms",
                "describe_replication_instances",
                "dms:DescribeReplicationInstances",
                {"MaxRecords": 100},
                result="ReplicationInstances",
            ),
            build=_live,
        ),
        names=("ReplicationInstanceIdentifier",),
        # Minor upgrades move it.
        ignored=("EngineVersion",),
        unordered=("VpcSecurityGroupIds",),
    ),
)
