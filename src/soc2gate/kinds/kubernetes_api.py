"""The Kubernetes resource types we know: what the API calls them, and under which older names they were written.

The manifest side goes from `apiVersion` and `kind` to our kind, the live side from our kind to the path that lists it.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.facts import dataclass

PREFIX = "Kubernetes::"


@dataclass(frozen=True, slots=True)
class ApiResource:
    """One resource type, as the API serves it."""

    name: str
    """The `kind` of its objects: `Deployment`."""
    group: str
    """Empty for the core group."""
    version: str
    plural: str
    namespaced: bool = True
    template: str = ""
    """For workloads: the path of their pod template, `.` where the object itself is one."""

    @property
    def kind(self) -> str:
        return PREFIX + self.name

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Lists every object in every namespace."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.plural}"

    @property
    def call(self) -> str:
        """`list deployments.apps`: how reports name the call, and what RBAC calls the permission."""
        return f"list {self.plural}.{self.group}" if self.group else f"list {self.plural}"

    def uid(self, namespace: str, name: str) -> str:
        """`apps/Deployment/shop/web`; parts that do not apply are left out."""
        return "/".join(part for part in (self.group, self.name, namespace, name) if part)


_RBAC = "rbac.authorization.k8s.io"
_ALL = (
    ApiResource("Namespace", "", "v1", "namespaces", namespaced=False),
    ApiResource("Pod", "", "v1", "pods", template="."),
    ApiResource("Deployment", "apps", "v1", "deployments", template="spec.template"),
    ApiResource("StatefulSet", "apps", "v1", "statefulsets", template="spec.template"),
    ApiResource("DaemonSet", "apps", "v1", "daemonsets", template="spec.template"),
    ApiResource("ReplicaSet", "apps", "v1", "replicasets", template="spec.template"),
    ApiResource("ReplicationController", "", "v1", "replicationcontrollers", template="spec.template"),
    ApiResource("Job", "batch", "v1", "jobs", template="spec.template"),
    ApiResource("CronJob", "batch", "v1", "cronjobs", template="spec.jobTemplate.spec.template"),
    ApiResource("Service", "", "v1", "services"),
    ApiResource("ServiceAccount", "", "v1", "serviceaccounts"),
    ApiResource("ConfigMap", "", "v1", "configmaps"),
    ApiResource("Secret", "", "v1", "secrets"),
    ApiResource("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims"),
    ApiResource("LimitRange", "", "v1", "limitranges"),
    ApiResource("ResourceQuota", "", "v1", "resourcequotas"),
    ApiResource("Ingress", "networking.k8s.io", "v1", "ingresses"),
    ApiResource("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies"),
    ApiResource("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
    ApiResource("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers"),
    ApiResource("Role", _RBAC, "v1", "roles"),
    ApiResource("RoleBinding", _RBAC, "v1", "rolebindings"),
    ApiResource("ClusterRole", _RBAC, "v1", "clusterroles", namespaced=False),
    ApiResource("ClusterRoleBinding", _RBAC, "v1", "clusterrolebindings", namespaced=False),
)

RESOURCES: Mapping[str, ApiResource] = {resource.kind: resource for resource in _ALL}
"""By our kind's name."""

POD_TEMPLATE = "Kubernetes::PodTemplate"
NAMESPACE = "Kubernetes::Namespace"

# Groups that types moved out of: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
_MOVED = {
    ("extensions", name): group
    for group, names in {
        "apps": ("Deployment", "DaemonSet", "ReplicaSet"),
        "networking.k8s.io": ("Ingress", "NetworkPolicy"),
    }.items()
    for name in names
}
_BY_GROUP = {(resource.group, resource.name): resource for resource in _ALL}


def find(api_version: str, name: str) -> ApiResource | None:
    """The resource type that `apiVersion` and `kind` mean; None for custom resources and types no rule reads.

    The version within a group does not matter: the API server serves one object under all of them.
    """
    group = api_version.rpartition("/")[0]
    return _BY_GROUP.get((_MOVED.get((group, name), group), name))


def path_in_workload(kind: str, path: str) -> str:
    """Where a pod template's property stands in the workload it is part of: `spec.template.spec.hostPID`."""
    resource = RESOURCES.get(kind)
    if resource is None or resource.template in ("", ".") or not path:
        return path
    return f"{resource.template}.{path}"
