"""Brings the company's manifests into the cluster as `kubectl apply` would, next to what every cluster has.

Plain HTTP and PyYAML: nothing here knows soc2gate's readers. The cluster fills in the defaults; the controllers'
work (replica sets, pods) is done here, because a reader must cope with it and must not call it unmanaged.
"""

from __future__ import annotations

import hashlib
import json
import urllib.request
from pathlib import Path
from typing import Any

from soc2gate.demo.admission import Object, served_kind
from soc2gate.facts import dataclass

NAMESPACE = "shop"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The API over HTTP."""

    url: str

    def create(self, body: Object, manager: str) -> Object:
        """Store a new object in the name of `manager`, as `kubectl create` does."""
        resource = served_kind(body)
        return self._ask("POST", _collection(resource.path, body["metadata"].get("namespace", "")), body, manager)

    def patch(self, path: str, change: Object, manager: str) -> Object:
        """A JSON merge patch: lists are replaced whole."""
        return self._ask("PATCH", path, change, manager)

    def read(self, path: str) -> Object:
        return self._ask("GET", path)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: Object | None = None, manager: str = "") -> Object:
        request = urllib.request.Request(
            f"{self.url}{path}" + (f"?fieldManager={manager}" if manager else ""),
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/merge-patch+json" if method == "PATCH" else "application/json"},
            method=method,
        )
        with self._open(request) as answer:
            found: Object = json.load(answer)
            return found

    def _open(self, request: urllib.request.Request) -> Any:
        # No proxy: the cluster is on this machine.
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)


def seed_cluster(url: str, manifests: Path) -> Cluster:
    """Deploy `manifests` into the empty cluster at `url`."""
    import yaml

    cluster = Cluster(url)
    _bootstrap(cluster)
    documents = [
        document
        for file in sorted(manifests.glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]
    for document in sorted(documents, key=lambda found: str(found["kind"]) != "Namespace"):
        create_applied(cluster, document)
        if document["kind"] == "Namespace":
            _furnish(cluster, document["metadata"]["name"])
    roll_out(cluster, "web")
    return cluster


def create_applied(cluster: Cluster, document: Object) -> None:
    """Create the object that a manifest says, as `kubectl apply` does where there is none yet."""
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(document) + "\n"}
    metadata = document["metadata"]
    annotated = metadata | {"annotations": metadata.get("annotations", {}) | applied}
    cluster.create(document | {"metadata": annotated}, "kubectl-client-side-apply")


def deployment_path(name: str) -> str:
    """Where the API has one of the shop's deployments."""
    return f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}"


def roll_out(cluster: Cluster, name: str) -> None:
    """What the controllers do after a deployment changed: a new replica set with new pods, the old pods gone."""
    deployment = cluster.read(deployment_path(name))
    spec = deployment["spec"]
    for old in cluster.read(_collection("/api/v1/pods", NAMESPACE))["items"]:
        if old["metadata"]["labels"].get("app") == name:
            cluster.delete(f"/api/v1/namespaces/{NAMESPACE}/pods/{old['metadata']['name']}")
    for old in cluster.read(_collection("/apis/apps/v1/replicasets", NAMESPACE))["items"]:
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets/{old['metadata']['name']}"
        cluster.patch(path, {"spec": {"replicas": 0}}, "kube-controller-manager")

    generation = hashlib.sha256(json.dumps(spec["template"], sort_keys=True).encode()).hexdigest()[:10]
    labels = spec["template"]["metadata"]["labels"] | {"pod-template-hash": generation}
    revision = 1 + len(cluster.read(_collection("/apis/apps/v1/replicasets", NAMESPACE))["items"])
    numbered = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": str(revision)}}}
    cluster.patch(deployment_path(name), numbered, "kube-controller-manager")
    replica_set = cluster.create(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": _owned(f"{name}-{generation}", labels, "Deployment", deployment),
            "spec": {
                "replicas": spec["replicas"],
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec["template"]["spec"]},
            },
        },
        "kube-controller-manager",
    )
    for number in range(spec["replicas"]):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": _owned(f"{name}-{generation}-{number}", labels, "ReplicaSet", replica_set),
            "spec": spec["template"]["spec"],
        }
        cluster.create(pod, "kube-controller-manager")


def _owned(name: str, labels: Object, kind: str, owner: Object) -> Object:
    return {
        "name": name,
        "namespace": NAMESPACE,
        "labels": labels,
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": kind,
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }


def _collection(path: str, namespace: str) -> str:
    """`/apis/apps/v1/deployments` of one namespace."""
    if not namespace:
        return path
    before, plural = path.rsplit("/", 1)
    return f"{before}/namespaces/{namespace}/{plural}"


# ---- what every cluster has


def _bootstrap(cluster: Cluster) -> None:
    for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
        # Whoever set the cluster up closed the namespace that nobody is to use.
        labels = {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}} if name == "default" else {}
        metadata = {"name": name, **labels}
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, "kube-apiserver")
        _furnish(cluster, name)
    cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {"ports": [{"name": "https", "port": 443, "targetPort": 6443}], "clusterIP": "10.96.0.1"},
        },
        "kube-apiserver",
    )
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    reading = [{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]}]
    _create_rbac(cluster, "ClusterRole", "cluster-admin", {"rules": everything})
    _create_rbac(cluster, "ClusterRole", "view", {"rules": reading})
    masters = {"kind": "Group", "name": "system:masters"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    _create_rbac(cluster, "ClusterRoleBinding", "cluster-admin", {"roleRef": role, "subjects": [masters]})


def _create_rbac(cluster: Cluster, kind: str, name: str, rest: Object) -> None:
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        },
    }
    cluster.create(body | rest, "kube-apiserver")


def _furnish(cluster: Cluster, namespace: str) -> None:
    """What the controllers put into every namespace."""
    for kind, name in (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")):
        body: Object = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}}
        if kind == "ServiceAccount":
            # Kubernetes says nothing here, which means true; the company's admission policy does.
            body["automountServiceAccountToken"] = False
        if kind == "ConfigMap":
            body["data"] = {"ca.crt": "-----BEGIN CERTIFICATE-----\n(the cluster's own)\n-----END CERTIFICATE-----\n"}
        cluster.create(body, "kube-controller-manager")
