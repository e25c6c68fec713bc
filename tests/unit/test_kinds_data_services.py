"""File systems, caches, streams, search, warehouses, brokers and secrets in the normal form."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown


def terraform(type_: str, kind: str, **written: Any) -> Resource:
    return one(normal(tf(f"{type_}.x", written)), kind)


def cloudformation(kind: str, **written: Any) -> Resource:
    return one(normal(cfn("X", kind, written)), kind)


# EFS

FILE_SYSTEM = "AWS::EFS::FileSystem"


def test_a_file_system_is_the_same_in_both_formats() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}
    ours = one(
        normal(
            tf(
                "aws_efs_file_system.x",
                {
                    "encrypted": True,
                    "kms_key_id": "alias/files",
                    "throughput_mode": "elastic",
                    "lifecycle_policy": [{"transition_to_ia": "AFTER_30_DAYS"}],
                    "protection": [{"replication_overwrite": "DISABLED"}],
                    "tags": {"team": "a"},
                },
            ),
            tf(
                "aws_efs_backup_policy.x",
                {"file_system_id": ref("aws_efs_file_system.x.id"), "backup_policy": [{"status": "ENABLED"}]},
            ),
            tf(
                "aws_efs_file_system_policy.x",
                {
                    "file_system_id": ref("aws_efs_file_system.x.id"),
                    "policy": '{"Version": "2012-10-17", "Statement": '
                    '[{"Effect": "Deny", "Principal": "*", "Action": "*"}]}',
                },
            ),
        ),
        FILE_SYSTEM,
    )
    theirs = cloudformation(
        FILE_SYSTEM,
        Encrypted="true",
        KmsKeyId="alias/files",
        ThroughputMode="elastic",
        LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}],
        FileSystemProtection={"ReplicationOverwriteProtection": "DISABLED"},
        BackupPolicy={"Status": "ENABLED"},
        FileSystemPolicy=policy,
        FileSystemTags=[{"Key": "team", "Value": "a"}],
    )
    assert said(ours) == said(theirs)


@pytest.mark.parametrize(("zone", "status"), [({}, "DISABLED"), ({"availability_zone_name": "eu-west-1a"}, "ENABLED")])
def test_backups_that_nobody_wrote_are_on_in_one_zone_only(zone: dict[str, Any], status: str) -> None:
    found = terraform("aws_efs_file_system", FILE_SYSTEM, **zone)
    assert found.properties["BackupPolicy"] == {"Status": status}


def test_backups_depend_on_a_zone_that_is_not_known() -> None:
    found = terraform("aws_efs_file_system", FILE_SYSTEM, availability_zone_name=var("zone"))
    assert isinstance(found.properties["BackupPolicy"], Unknown)
