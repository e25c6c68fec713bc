"""Who changed what, and when, as far as the cluster or CloudTrail tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import REGION, Aws, Refusal, running_aws
from cluster_for_tests import running_cluster

from soc2gate.kinds import kubernetes_managers as managers

CONTAINER: dict[str, Any] = {"name": "web", "image": "nginx:1.27", "securityContext": {"privileged": True}}
WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "uid-web",
        "managedFields": [
            {
                "manager": "kubectl-client-side-apply",
                "operation": "Update",
                "time": "2026-11-01T09:00:00Z",
                "fieldsV1": {
                    "f:spec": {
                        "f:replicas": {},
                        "f:template": {
                            "f:spec": {
                                "f:containers": {
                                    'k:{"name":"web"}': {
                                        ".": {},
                                        "f:image": {},
                                        "f:name": {},
                                        "f:securityContext": {"f:privileged": {}},
                                    }
                                }
                            }
                        },
                    }
                },
            },
            {
                "manager": "kubectl-edit",
                "operation": "Update",
                "time": "2026-11-20T22:13:00Z",
                "fieldsV1": {
                    "f:spec": {
                        "f:template": {
                            "f:spec": {
                                "f:containers": {'k:{"name":"web"}': {"f:securityContext": {"f:privileged": {}}}}
                            }
                        }
                    }
                },
            },
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                "subresource": "status",
                "time": "2026-11-21T08:00:00Z",
                "fieldsV1": {"f:spec": {"f:replicas": {}}},
            },
        ],
    },
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "sidecar", "image": "envoy:1"}, CONTAINER]},
        },
    },
}
EDITED = "changed by kubectl-edit at 2026-11-20T22:13:00Z"
APPLIED = "changed by kubectl-client-side-apply at 2026-11-01T09:00:00Z"


def test_the_last_manager_of_a_path_is_named() -> None:
    notes = managers.changes(WEB)
    privileged = "spec.template.spec.containers[1].securityContext.privileged"
    assert managers.who(notes, privileged) == EDITED
    assert managers.who(notes, "spec.template.spec.containers[1].securityContext") == EDITED
    assert managers.who(notes, "spec.template.spec.containers[1].image") == APPLIED
    assert managers.who(notes, "spec.replicas") == APPLIED, "status is nobody's change"
    assert managers.who(notes, "spec.template.spec.containers[0].image") == ""
    template = managers.below(notes, "spec.template")
    assert managers.who(template, "spec.containers[1].securityContext.privileged") == EDITED


def test_an_object_without_managers_names_nobody() -> None:
    assert managers.changes({"metadata": {"name": "x"}}) == {}
    odd: dict[str, Any] = {
        "metadata": {"managedFields": ["x", {"manager": "m", "time": "t", "fieldsV1": {"k:{": {}, "f:gone": {}}}]}
    }
    assert managers.changes(odd) == {}


def test_a_disagreement_with_a_cluster_says_who(tmp_path: Path) -> None:
    declared = json.loads(json.dumps(WEB))
    del declared["metadata"]["managedFields"], declared["metadata"]["uid"]
    declared["spec"]["template"]["spec"]["containers"][1]["securityContext"]["privileged"] = False
    code = tmp_path / "code"
    code.mkdir()
    (code / "web.yaml").write_text(json.dumps(declared))
    with running_cluster(tmp_path) as cluster:
        cluster.api.add("apps/v1/deployments", WEB)
        done = subprocess.run(
            [sys.executable, "-m", "soc2gate", "verify", ".", "--rule", "k8s-no-privileged", "--format", "json"],
            cwd=code,
            env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    reasons = {item["property"]: item["reason"] for item in json.loads(done.stdout)["disagreements"]}
    (path,) = [path for path in reasons if path and path.endswith("privileged")]
    assert EDITED in reasons[path]


# CloudTrail


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with running_aws() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        server.client("sqs").create_queue(QueueName="jobs", Attributes={"SqsManagedSseEnabled": "false"})
        yield server


def verified(folder: Path, *more: str) -> dict[str, Any]:
    (folder / "main.tf").write_text(
        'resource "aws_sqs_queue" "jobs" {\n  name                    = "jobs"\n  sqs_managed_sse_enabled = true\n}\n'
    )
    command = ["verify", "--region", REGION, "--rule", "sqs-encrypted", "--format", "json", *more]
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def event(name: str, at: int, *, reading: bool = False) -> dict[str, object]:
    return {"EventName": name, "EventTime": at, "Username": "ada", "ReadOnly": str(reading).lower()}


def test_cloudtrail_is_asked_only_where_somebody_wants_to_know(aws: Aws, tmp_path: Path) -> None:
    verified(tmp_path)
    assert not [told for told in aws.requests if "LookupEvents" in told]


def test_a_disagreement_with_an_account_says_who(aws: Aws, tmp_path: Path) -> None:
    events = [
        event("GetQueueAttributes", 1763715600, reading=True),
        event("CreateQueue", 1763000000),
        event("SetQueueAttributes", 1763712000),
    ]
    with aws.refusing(Refusal("LookupEvents", json.dumps({"Events": events}), "answer", "200 OK")):
        report = verified(tmp_path, "--who")
    reasons = [item["reason"] for item in report["disagreements"] if item["address"] == "aws_sqs_queue.jobs"]
    assert reasons
    said = "last changed by ada with SetQueueAttributes at 2025-11-21T08:00:00Z, says CloudTrail"
    assert all(reason.endswith(said) for reason in reasons)
    (asked,) = {told for told in aws.requests if "LookupEvents" in told}
    assert '"AttributeValue": "jobs"' in asked


def test_a_history_that_may_not_be_read_is_a_remark_and_hides_nothing(aws: Aws, tmp_path: Path) -> None:
    with aws.refusing(Refusal("LookupEvents", "AccessDeniedException", "json", "400 Bad Request")):
        report = verified(tmp_path, "--who")
    assert report["disagreements"]
    (remark,) = [problem for problem in report["problems"] if "who changed what" in problem["message"]]
    assert remark["weight"] == "note"
    assert remark["hint"] == "allow cloudtrail:LookupEvents"


def test_the_permission_is_printed_where_it_is_asked_for() -> None:
    def allowed(*more: str) -> list[str]:
        command = [sys.executable, "-m", "soc2gate", "permissions", "--kind", "AWS::SQS::Queue", *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        actions: list[str] = json.loads(done.stdout)["Statement"][0]["Action"]
        return actions

    assert "cloudtrail:LookupEvents" not in allowed()
    assert set(allowed("--who")) == {*allowed(), "cloudtrail:LookupEvents"}
