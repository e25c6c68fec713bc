"""Who changed what, and when, as far as the cluster or CloudTrail tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
