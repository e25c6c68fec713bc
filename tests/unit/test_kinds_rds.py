"""RDS in the normal form, and what each spelling creates when nobody says."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown

INSTANCE = "AWS::RDS::DBInstance"
CLUSTER = "AWS::RDS::DBCluster"


def terraform(**written: Any) -> Resource:
    return one(normal(tf("aws_db_instance.db", {"identifier": "orders", **written})), INSTANCE)


def cloudformation(**written: Any) -> Resource:
    return one(normal(cfn("Db", INSTANCE, {"DBInstanceIdentifier": "orders", **written})), INSTANCE)


def test_an_instance_is_the_same_in_both_formats() -> None:
    ours = terraform(
        engine="postgres",
        instance_class="db.t3.micro",
        allocated_storage=20,
        username="app",
        password="secret",
        storage_encrypted=True,
        backup_retention_period=7,
        publicly_accessible=False,
        multi_az=True,
        deletion_protection=True,
        iam_database_authentication_enabled=True,
        enabled_cloudwatch_logs_exports=["postgresql"],
        vpc_security_group_ids=["sg-1"],
        db_subnet_group_name="data",
        port=5432,
        maintenance_window="Sun:03:00-Sun:04:00",
        tags={"a": "b"},
    )
    theirs = cloudformation(
        DBInstanceIdentifier="Orders",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage="20",
        MasterUsername="app",
        StorageEncrypted="true",
        BackupRetentionPeriod="7",
        PubliclyAccessible=False,
        MultiAZ=True,
        DeletionProtection=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"],
        VPCSecurityGroups=["sg-1"],
        DBSubnetGroupName="Data",
        Port=5432,
        PreferredMaintenanceWindow="sun:03:00-sun:04:00",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    assert said(ours) == said(theirs)
    assert "secret" not in repr(ours)


def test_unwritten_backup_retention_is_what_each_spelling_creates() -> None:
    assert terraform().properties["BackupRetentionPeriod"] == 0
    assert cloudformation().properties["BackupRetentionPeriod"] == 1


def test_who_may_reach_an_instance_is_written_for_terraform_and_decided_by_the_subnet_group_otherwise() -> None:
    assert terraform().properties["PubliclyAccessible"] is False
    assert "PubliclyAccessible" in terraform().defaults
    assert isinstance(cloudformation().properties["PubliclyAccessible"], Unknown)


@pytest.mark.parametrize(
    "source",
    [
        {"snapshot_identifier": "snap"},
        {"replicate_source_db": ref("aws_db_instance.main.identifier")},
        {"restore_to_point_in_time": [{"source_db_instance_identifier": "main"}]},
        {"snapshot_identifier": var("snapshot")},
    ],
)
def test_what_is_made_from_something_else_takes_after_it(source: dict[str, Any]) -> None:
    made = terraform(**source)
    assert isinstance(made.properties["StorageEncrypted"], Unknown)
    assert isinstance(made.properties["BackupRetentionPeriod"], Unknown)
    assert terraform(storage_encrypted=True, **source).properties["StorageEncrypted"] is True


def test_a_member_of_a_cluster_leaves_storage_to_it() -> None:
    made = normal(
        tf("aws_rds_cluster.c", {"cluster_identifier": "orders", "storage_encrypted": True}),
        tf("aws_rds_cluster_instance.i", {"cluster_identifier": ref("aws_rds_cluster.c.id")}),
    )
    member = one(made, INSTANCE)
    assert member.properties["DBClusterIdentifier"] == "orders"
    assert isinstance(member.properties["StorageEncrypted"], Unknown)
    assert member.properties["PubliclyAccessible"] is False
    assert one(made, CLUSTER).properties["StorageEncrypted"] is True


def test_a_cluster_is_the_same_in_both_formats() -> None:
    ours = one(
        normal(
            tf(
                "aws_rds_cluster.c",
                {
                    "cluster_identifier": "orders",
                    "engine": "aurora-postgresql",
                    "storage_encrypted": True,
                    "vpc_security_group_ids": ["sg-1"],
                },
            )
        ),
        CLUSTER,
    )
    theirs = one(
        normal(
            cfn(
                "C",
                CLUSTER,
                {
                    "DBClusterIdentifier": "orders",
                    "Engine": "aurora-postgresql",
                    "StorageEncrypted": True,
                    "VpcSecurityGroupIds": ["sg-1"],
                },
            )
        ),
        CLUSTER,
    )
    assert said(ours) == said(theirs)
    assert ours.properties["BackupRetentionPeriod"] == 1


@pytest.mark.parametrize(
    ("written", "encrypted"),
    [
        ({}, False),
        ({"engine_mode": "serverless"}, True),
        ({"engine_mode": "provisioned"}, False),
        ({"snapshot_identifier": "s"}, None),
        ({"engine_mode": var("mode")}, None),
    ],
)
def test_unwritten_encryption_of_a_cluster(written: dict[str, Any], encrypted: bool | None) -> None:
    found = one(normal(tf("aws_rds_cluster.c", {"cluster_identifier": "c", **written})), CLUSTER)
    value = found.properties["StorageEncrypted"]
    assert value is encrypted or (encrypted is None and isinstance(value, Unknown))


def test_an_empty_snapshot_name_is_no_snapshot() -> None:
    assert terraform(snapshot_identifier="").properties["StorageEncrypted"] is False
    assert cloudformation(DBSnapshotIdentifier="").properties["BackupRetentionPeriod"] == 1
