"""What people do to a running cluster past its manifests, each with what `verify` has to say of it.

Made through the Kubernetes API; nothing here knows soc2gate's readers. The number that comes with a change chooses its
value, so that a change is not always the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from soc2gate.demo.admission import Object
from soc2gate.demo.seed_cluster import Cluster
from soc2gate.facts import dataclass

Make: TypeAlias = Callable[[Cluster, int], "str | None"]
"""Makes a change; what it created, by the name that a report has for it."""

_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change by hand."""

    action: str
    """`changed`, `missing` (deleted) or `unmanaged` (created): what a report calls it."""
    kind: str
    address: str
    """In the manifests; empty for what is created."""
    changes: str
    """The property it changes, or the list that it changes an element of; empty where a whole object comes or goes."""
    make: Make
    then: tuple[tuple[str, str], ...] = ()
    """(kind, address) of other objects of which a rule says something else because of it."""

    def told(self) -> str:
        return f"{self.action} {self.kind} {self.address} {self.changes}".strip()


def _path(group: str, plural: str, name: str, namespace: str = "shop") -> str:
    base = f"/apis/{group}" if group else "/api/v1"
    return f"{base}/namespaces/{namespace}/{plural}/{name}" if namespace else f"{base}/{plural}/{name}"


def _patch(path: str, change: Callable[[int], Object]) -> Make:
    def make(cluster: Cluster, n: int) -> None:
        cluster.patch(path, change(n), "kubectl-edit")

    return make


def _delete(path: str) -> Make:
    def make(cluster: Cluster, n: int) -> None:
        cluster.delete(path)

    return make


def _delete_with_its_own(path: str) -> Make:
    """As the garbage collector does: what the object owns goes with it."""

    def make(cluster: Cluster, n: int) -> None:
        gone = {cluster.read(path)["metadata"]["uid"]}
        cluster.delete(path)
        for collection in ("/apis/apps/v1/namespaces/shop/replicasets", "/api/v1/namespaces/shop/pods"):
            for found in cluster.read(collection)["items"]:
                metadata = found["metadata"]
                if gone & {owner["uid"] for owner in metadata.get("ownerReferences", [])}:
                    gone.add(metadata["uid"])
                    cluster.delete(f"{collection}/{metadata['name']}")

    return make


def _container(path: str, within: tuple[str, ...], change: Callable[[Object, int], None]) -> Make:
    """A change of a workload's first container; the list is written whole, as a merge patch has to."""

    def make(cluster: Cluster, n: int) -> None:
        spec: Any = cluster.read(path)["spec"]
        for step in within:
            spec = spec[step]
        containers = spec["template"]["spec"]["containers"]
        change(containers[0], n)
        patch: Object = {"template": {"spec": {"containers": containers}}}
        for step in reversed(within):
            patch = {step: patch}
        cluster.patch(path, {"spec": patch}, "kubectl-edit")

    return make


def _pod(path: str, within: tuple[str, ...], change: Callable[[int], Object]) -> Make:
    def patch(n: int) -> Object:
        made: Object = {"template": {"spec": change(n)}}
        for step in reversed(within):
            made = {step: made}
        return {"spec": made}

    return _patch(path, patch)


def _workload(kind: str, name: str, group: str, plural: str, within: tuple[str, ...] = ()) -> list[Mutation]:
    path, address = _path(group, plural, name), f"{kind}/shop/{name}"
    spec = ".".join(("spec", *within, "template.spec"))
    first = f"{spec}.containers[0]"

    def image(container: Object, n: int) -> None:
        container["image"] = f"registry.example.com/by-hand:{n}"

    def writable(container: Object, n: int) -> None:
        container["securityContext"]["readOnlyRootFilesystem"] = False

    def gaining(container: Object, n: int) -> None:
        container["securityContext"]["allowPrivilegeEscalation"] = True

    def keeping(container: Object, n: int) -> None:
        container["securityContext"]["capabilities"] = {"drop": ["NET_RAW"]}

    def larger(container: Object, n: int) -> None:
        container["resources"]["limits"]["memory"] = f"{300 + n % 900}Mi"

    changes: list[tuple[str, Make]] = [
        *(
            (f"{first}.{told}", _container(path, within, change))
            for told, change in (
                ("image", image),
                ("securityContext.readOnlyRootFilesystem", writable),
                ("securityContext.allowPrivilegeEscalation", gaining),
                ("securityContext.capabilities.drop[0]", keeping),
                ("resources.limits.memory", larger),
            )
        ),
        (
            f"{spec}.securityContext.runAsNonRoot",
            _pod(path, within, lambda n: {"securityContext": {"runAsNonRoot": False}}),
        ),
        (
            f"{spec}.securityContext.runAsUser",
            _pod(path, within, lambda n: {"securityContext": {"runAsUser": n % 9999}}),
        ),
        (
            f"{spec}.automountServiceAccountToken",
            _pod(path, within, lambda n: {"automountServiceAccountToken": True}),
        ),
        (f"{spec}.serviceAccountName", _pod(path, within, lambda n: {"serviceAccountName": f"other-{n}"})),
    ]
    return [
        *(Mutation("changed", f"Kubernetes::{kind}", address, told, make) for told, make in changes),
        Mutation("missing", f"Kubernetes::{kind}", address, "", _delete_with_its_own(path)),
    ]


# ---- what is created


def _create(body: Callable[[str], Object], address: str) -> Make:
    def make(cluster: Cluster, n: int) -> str:
        name = f"by-hand-{n}"
        cluster.create(body(name), "kubectl-create")
        return address.format(name=name)

    return make


def _object(version: str, kind: str, name: str, *, namespace: str = "shop", **rest: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _pod_spec(name: str) -> Object:
    return {"containers": [{"name": name, "image": "busybox:1.36"}]}


_CREATED: dict[str, tuple[str, Callable[[str], Object]]] = {
    "Pod": ("Pod/shop/{name}", lambda name: _object("v1", "Pod", name, spec=_pod_spec(name))),
    "Deployment": (
        "apps/Deployment/shop/{name}",
        lambda name: _object(
            "apps/v1",
            "Deployment",
            name,
            spec={
                "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": _pod_spec(name)},
            },
        ),
    ),
    "ServiceAccount": ("ServiceAccount/shop/{name}", lambda name: _object("v1", "ServiceAccount", name)),
    "ConfigMap": ("ConfigMap/shop/{name}", lambda name: _object("v1", "ConfigMap", name, data={"a": "b"})),
    "Service": (
        "Service/shop/{name}",
        lambda name: _object("v1", "Service", name, spec={"selector": {"app": name}, "ports": [{"port": 80}]}),
    ),
    "Role": (
        f"{_RBAC}/Role/shop/{{name}}",
        lambda name: _object(
            f"{_RBAC}/v1", "Role", name, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
        ),
    ),
    "ClusterRoleBinding": (
        f"{_RBAC}/ClusterRoleBinding/{{name}}",
        lambda name: _object(
            f"{_RBAC}/v1",
            "ClusterRoleBinding",
            name,
            namespace="",
            roleRef={"apiGroup": _RBAC, "kind": "ClusterRole", "name": "cluster-admin"},
            subjects=[{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
        ),
    ),
}

_NAMED: dict[str, tuple[str, str]] = {
    # Kind to path and address, of what is deleted whole.
    "PodDisruptionBudget": (_path("policy/v1", "poddisruptionbudgets", "web"), "PodDisruptionBudget/shop/web"),
    "Service": (_path("", "services", "web"), "Service/shop/web"),
    "RoleBinding": (_path(f"{_RBAC}/v1", "rolebindings", "release"), "RoleBinding/shop/release"),
    "Ingress": (_path("networking.k8s.io/v1", "ingresses", "web"), "Ingress/shop/web"),
    "ResourceQuota": (_path("", "resourcequotas", "quota"), "ResourceQuota/shop/quota"),
    "ClusterRole": (_path(f"{_RBAC}/v1", "clusterroles", "look-at-nodes", ""), "ClusterRole/look-at-nodes"),
}

_THEN = {"PodDisruptionBudget": (("Kubernetes::Deployment", "Deployment/shop/web"),)}

TOGETHER = {"PodDisruptionBudget/shop/web": ("Deployment/shop/web",)}
"""What is not drawn with what is deleted: a rule that reads the replicas too is told where they changed, and once."""

_CHANGED: tuple[tuple[str, str, str, str, Callable[[int], Object]], ...] = (
    (
        "Deployment",
        "Deployment/shop/web",
        "spec.replicas",
        _path("apps/v1", "deployments", "web"),
        lambda n: {"spec": {"replicas": 3 + n % 5}},
    ),
    (
        "Namespace",
        "Namespace/shop",
        "metadata.labels.pod-security.kubernetes.io/enforce",
        _path("", "namespaces", "shop", ""),
        lambda n: {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": ("baseline", "privileged")[n % 2]}}},
    ),
    (
        "ServiceAccount",
        "ServiceAccount/shop/web",
        "automountServiceAccountToken",
        _path("", "serviceaccounts", "web"),
        lambda n: {"automountServiceAccountToken": True},
    ),
    (
        "Role",
        "Role/shop/release",
        "rules",
        _path(f"{_RBAC}/v1", "roles", "release"),
        lambda n: {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
    ),
    (
        "RoleBinding",
        "RoleBinding/shop/release",
        "subjects",
        _path(f"{_RBAC}/v1", "rolebindings", "release"),
        lambda n: {"subjects": [{"kind": "User", "name": f"eve-{n}"}]},
    ),
    (
        "ClusterRoleBinding",
        "ClusterRoleBinding/support-view",
        "subjects",
        _path(f"{_RBAC}/v1", "clusterrolebindings", "support-view", ""),
        lambda n: {"subjects": [{"kind": "Group", "name": "system:authenticated"}]},
    ),
    (
        "ClusterRole",
        "ClusterRole/look-at-nodes",
        "rules[0].resources[0]",
        _path(f"{_RBAC}/v1", "clusterroles", "look-at-nodes", ""),
        lambda n: {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]},
    ),
    (
        "NetworkPolicy",
        "NetworkPolicy/shop/allow-web",
        "spec.ingress[0].ports[0].port",
        _path("networking.k8s.io/v1", "networkpolicies", "allow-web"),
        lambda n: {
            "spec": {
                "ingress": [
                    {
                        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
                        "ports": [{"protocol": "TCP", "port": 1 + n % 8000}],
                    }
                ]
            }
        },
    ),
    (
        "PodDisruptionBudget",
        "PodDisruptionBudget/shop/web",
        "spec.maxUnavailable",
        _path("policy/v1", "poddisruptionbudgets", "web"),
        lambda n: {"spec": {"maxUnavailable": 2 + n % 7}},
    ),
    (
        "Service",
        "Service/shop/web",
        "spec.ports[0].port",
        _path("", "services", "web"),
        lambda n: {
            "spec": {"ports": [{"name": "http", "port": 81 + n % 900, "targetPort": "http", "protocol": "TCP"}]}
        },
    ),
    (
        "ConfigMap",
        "ConfigMap/shop/web",
        "data.ORDERS_QUEUE",
        _path("", "configmaps", "web"),
        lambda n: {"data": {"ORDERS_QUEUE": f"other-{n}"}},
    ),
    (
        "CronJob",
        "CronJob/shop/nightly",
        "spec.schedule",
        _path("batch/v1", "cronjobs", "nightly"),
        lambda n: {"spec": {"schedule": f"{n % 60} 4 * * *"}},
    ),
    (
        "HorizontalPodAutoscaler",
        "HorizontalPodAutoscaler/shop/queue",
        "spec.maxReplicas",
        _path("autoscaling/v2", "horizontalpodautoscalers", "queue"),
        lambda n: {"spec": {"maxReplicas": 7 + n % 30}},
    ),
    (
        "Ingress",
        "Ingress/shop/web",
        "spec.tls[0].secretName",
        _path("networking.k8s.io/v1", "ingresses", "web"),
        lambda n: {"spec": {"tls": [{"hosts": ["shop.example.com"], "secretName": f"other-{n}"}]}},
    ),
    (
        "LimitRange",
        "LimitRange/shop/bounds",
        "spec.limits[0].max.memory",
        _path("", "limitranges", "bounds"),
        lambda n: {"spec": {"limits": [{"type": "Container", "max": {"memory": f"{2 + n % 9}Gi"}}]}},
    ),
    (
        "ResourceQuota",
        "ResourceQuota/shop/quota",
        "spec.hard.pods",
        _path("", "resourcequotas", "quota"),
        lambda n: {"spec": {"hard": {"pods": str(41 + n % 90)}}},
    ),
    (
        "PersistentVolumeClaim",
        "PersistentVolumeClaim/shop/data",
        "spec.resources.requests.storage",
        _path("", "persistentvolumeclaims", "data"),
        lambda n: {"spec": {"resources": {"requests": {"storage": f"{11 + n % 90}Gi"}}}},
    ),
)

MUTATIONS: tuple[Mutation, ...] = (
    *_workload("Deployment", "web", "apps/v1", "deployments"),
    *_workload("StatefulSet", "queue", "apps/v1", "statefulsets"),
    *_workload("DaemonSet", "agent", "apps/v1", "daemonsets"),
    *_workload("CronJob", "nightly", "batch/v1", "cronjobs", ("jobTemplate", "spec")),
    *(
        Mutation("changed", f"Kubernetes::{kind}", address, told, _patch(path, change))
        for kind, address, told, path, change in _CHANGED
    ),
    *(
        Mutation("missing", f"Kubernetes::{kind}", address, "", _delete(path), _THEN.get(kind, ()))
        for kind, (path, address) in _NAMED.items()
    ),
    *(
        Mutation("unmanaged", f"Kubernetes::{kind}", "", "", _create(body, address))
        for kind, (address, body) in _CREATED.items()
    ),
)
