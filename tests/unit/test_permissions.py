"""What must be allowed is said exactly, from what the readers really ask."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from soc2gate import kinds
from soc2gate.live import permissions

EVERY = tuple(name for name in kinds.known_kinds() if kinds.has_live(name))


def soc2gate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "soc2gate", "permissions", *arguments], capture_output=True, text=True, check=False
    )


def statement(*arguments: str) -> dict[str, Any]:
    done = soc2gate(*arguments)
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["Statement"]
    assert isinstance(only, dict)
    return only


def test_aws_own_auditors_policy_allows_every_call() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    document = json.loads(aws_managed_policies_data)["SecurityAudit"]["Document"]
    allowed = [action for one in document["Statement"] for action in one["Action"]]
    asked = set(permissions.actions(EVERY)) - set(permissions.SIGNING_IN)
    beyond = {one for one in asked if not any(fnmatchcase(one.lower(), pattern.lower()) for pattern in allowed)}
    assert len(asked) > 100
    assert beyond == set()


def test_nothing_that_is_asked_for_changes_anything_or_reads_what_is_stored() -> None:
    reading = ("Get", "BatchGet", "List", "Describe", "GET", "GenerateCredentialReport")
    stored = {
        "s3:GetObject",
        "dynamodb:GetItem",
        "secretsmanager:GetSecretValue",
        "sqs:ReceiveMessage",
        "lambda:GetFunction",
    }
    for action in statement()["Action"]:
        assert action.partition(":")[2].startswith(reading), action
        assert "*" not in action
        assert action not in stored


def test_a_rule_needs_only_what_it_reads() -> None:
    some = statement("--rule", "sqs-encrypted")["Action"]
    assert {one for one in some if one not in permissions.SIGNING_IN} >= {"sqs:ListQueues", "sqs:GetQueueAttributes"}
    assert len(some) < 20
    assert set(some) < set(statement()["Action"])
    assert statement("--kind", "AWS::SQS::Queue")["Action"] == some


def test_the_cluster_role_lists_what_is_listed_and_says_what_secrets_take() -> None:
    done = soc2gate("kubernetes")
    role = json.loads(done.stdout)
    assert role["kind"] == "ClusterRole"
    listed = {(group, one) for rule in role["rules"] for group in rule["apiGroups"] for one in rule["resources"]}
    assert {("apps", "deployments"), ("", "pods"), ("rbac.authorization.k8s.io", "clusterrolebindings")} <= listed
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "get"}
    assert ("", "secrets") not in listed or "metadata" in done.stderr


def test_what_is_not_read_or_not_known_is_said() -> None:
    assert soc2gate("kubernetes", "--rule", "sqs-encrypted").returncode == 2
    wrong = soc2gate("--kind", "AWS::S3::Buckett")
    assert wrong.returncode == 2
    assert "AWS::S3::Bucket" in wrong.stderr


def test_who_takes_on_roles_needs_exactly_those(tmp_path: Path) -> None:
    prod = "arn:aws:iam::222222222222:role/reader"
    file = tmp_path / "soc2gate.yaml"
    file.write_text(f"accounts:\n  - role_arn: {prod}\n  - name: own\n")
    assert statement("--assume", "--config", str(file)) == {
        "Sid": "Soc2gateTakesOnRoles",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": [prod],
    }
    file.write_text("organization:\n  role_name: reader\n")
    listing, taking = json.loads(soc2gate("--assume", "--config", str(file)).stdout)["Statement"]
    assert listing["Action"] == ["organizations:ListAccounts"]
    assert taking["Resource"] == ["arn:*:iam::*:role/reader"]
    file.write_text("{}")
    assert soc2gate("--assume", "--config", str(file)).returncode == 2
