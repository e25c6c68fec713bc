"""Reading data services over HTTP as moto has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws
from kinds_support import assert_fits

from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.model.resource import LiveRef, Resource, place_of
from soc2gate.model.value import Unknown


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running_aws() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Aws]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield server
    server.reset()


def read(aws: Aws, kind: str) -> dict[str, Resource]:
    """What the reader finds of a kind, by name or id; everything fits the schema."""
    request = AwsRequest((kind,), lambda: "2026-11-21T09:00:00Z", regions=(REGION,), endpoint_url=aws.url)
    found = [resource for resource in collect_aws(request).resources() if resource.kind == kind]
    for resource in found:
        assert_fits(resource)
    return {str(resource.identity.get("name") or resource.identity["id"]): resource for resource in found}


def call_for(resource: Resource, path: str) -> str:
    where = place_of(resource.places, path, resource.where)
    assert isinstance(where, LiveRef)
    return where.call


def test_file_systems(aws: Aws) -> None:
    efs = aws.client("efs")
    kept = efs.create_file_system(CreationToken="a", Encrypted=True, Backup=True, Tags=[{"Key": "team", "Value": "a"}])[
        "FileSystemId"
    ]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}
    efs.put_file_system_policy(FileSystemId=kept, Policy=json.dumps(policy))
    bare = efs.create_file_system(CreationToken="b")["FileSystemId"]
    found = read(aws, "AWS::EFS::FileSystem")
    first, second = found[kept], found[bare]
    assert first.identity["arn"] == f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{kept}"
    assert (first.properties["Encrypted"], second.properties["Encrypted"]) == (True, False)
    assert first.properties["BackupPolicy"] == {"Status": "ENABLED"}
    assert first.properties["FileSystemPolicy"] == policy
    assert first.properties["FileSystemTags"] == [{"Key": "team", "Value": "a"}]
    assert first.tags == {"team": "a"}
    assert "BackupPolicy" not in second.properties
    assert call_for(second, "BackupPolicy") == "efs:DescribeBackupPolicy"


def test_a_backup_policy_that_may_not_be_read_is_unknown(aws: Aws) -> None:
    aws.client("efs").create_file_system(CreationToken="a", Encrypted=True)
    with aws.refusing(Refusal("/backup-policy", "AccessDeniedException", "json")):
        (found,) = read(aws, "AWS::EFS::FileSystem").values()
    assert isinstance(found.properties["BackupPolicy"], Unknown)
    assert found.properties["Encrypted"] is True
