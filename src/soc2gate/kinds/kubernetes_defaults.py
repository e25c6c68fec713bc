"""What the API server writes into an object where nobody wrote anything.

Kubernetes defaults each structure by its type, so the tables are by type too, in the names of the API definitions
(`V1Container`). Only constants and what follows from the object itself stand here; what the cluster chooses (cluster
IPs, node ports, IP families) stays free. The source of every entry is the `defaults.go` of its API group, as of
Kubernetes 1.33: https://github.com/kubernetes/kubernetes/tree/v1.33.0/pkg/apis (`core/v1/defaults.go`, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

from soc2gate.model.value import SPECIAL, Unknown, Value

Object: TypeAlias = dict[str, Value]


class Filled:
    """The defaults set while one object is brought into the normal form: path to the words for the evidence."""

    __slots__ = ("paths",)

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def set(self, into: Object, path: str, key: str, value: Value, source: str) -> None:
        """Write a default unless something stands there."""
        if key not in into:
            into[key] = value
            self.paths[f"{path}.{key}" if path else key] = told(value, source)

    def inside(self, into: Object, path: str, key: str) -> Object | None:
        """The structure at `key`, made where nothing stands; None where it is not known."""
        found = into.setdefault(key, {})
        return found if isinstance(found, dict) else None


@cache
def constants(name: str) -> tuple[tuple[str, str | int | bool, str], ...]:
    """The constants of a structure: key, value, and the words for the evidence."""
    return tuple((key, value, told(value, source)) for key, value, source in CONSTANTS.get(name, ()))


def told(value: Value, source: str) -> str:
    """`not written: the API server sets 600 (apps/v1)`."""
    shown = str(value).lower() if isinstance(value, bool) else "{}" if value == {} else value
    return f"not written: the API server sets {shown} ({source})"


_CORE = "core/v1 defaults"
_APPS = "apps/v1 defaults"
_BATCH = "batch/v1 defaults"
_NETWORK = "networking.k8s.io/v1 defaults"
_RBAC = "rbac.authorization.k8s.io/v1 defaults"

CONSTANTS: Mapping[str, tuple[tuple[str, str | int | bool, str], ...]] = {
    "V1DeploymentSpec": (
        ("replicas", 1, _APPS),
        ("revisionHistoryLimit", 10, _APPS),
        ("progressDeadlineSeconds", 600, _APPS),
    ),
    "V1StatefulSetSpec": (
        ("replicas", 1, _APPS),
        ("revisionHistoryLimit", 10, _APPS),
        ("podManagementPolicy", "OrderedReady", _APPS),
    ),
    "V1DaemonSetSpec": (("revisionHistoryLimit", 10, _APPS),),
    "V1ReplicaSetSpec": (("replicas", 1, _APPS),),
    "V1ReplicationControllerSpec": (("replicas", 1, _CORE),),
    "V1CronJobSpec": (
        ("concurrencyPolicy", "Allow", _BATCH),
        ("suspend", False, _BATCH),
        ("successfulJobsHistoryLimit", 3, _BATCH),
        ("failedJobsHistoryLimit", 1, _BATCH),
    ),
    "V1PodSpec": (
        ("dnsPolicy", "ClusterFirst", _CORE),
        ("restartPolicy", "Always", _CORE),
        ("schedulerName", "default-scheduler", _CORE),
        ("terminationGracePeriodSeconds", 30, _CORE),
    ),
    # Ephemeral containers too: our schema has one type for both.
    "V1Container": (
        ("terminationMessagePath", "/dev/termination-log", _CORE),
        ("terminationMessagePolicy", "File", _CORE),
    ),
    "V1ContainerPort": (("protocol", "TCP", _CORE),),
    "V1Probe": (
        ("timeoutSeconds", 1, _CORE),
        ("periodSeconds", 10, _CORE),
        ("successThreshold", 1, _CORE),
        ("failureThreshold", 3, _CORE),
    ),
    "V1HTTPGetAction": (("path", "/", _CORE), ("scheme", "HTTP", _CORE)),
    "V1SecretVolumeSource": (("defaultMode", 0o644, _CORE),),
    "V1ConfigMapVolumeSource": (("defaultMode", 0o644, _CORE),),
    "V1DownwardAPIVolumeSource": (("defaultMode", 0o644, _CORE),),
    "V1ProjectedVolumeSource": (("defaultMode", 0o644, _CORE),),
    "V1ServiceAccountTokenProjection": (("expirationSeconds", 3600, _CORE),),
    "V1ObjectFieldSelector": (("apiVersion", "v1", _CORE),),
    "V1ResourceFieldSelector": (("divisor", "0", _CORE),),
    "V1ISCSIVolumeSource": (("iscsiInterface", "default", _CORE),),
    "V1PersistentVolumeClaimSpec": (("volumeMode", "Filesystem", _CORE),),
    "V1ServiceSpec": (("sessionAffinity", "None", _CORE), ("type", "ClusterIP", _CORE)),
    "V1ServicePort": (("protocol", "TCP", _CORE),),
    "V1NetworkPolicyPort": (("protocol", "TCP", _NETWORK),),
    "V1RoleRef": (("apiGroup", "rbac.authorization.k8s.io", _RBAC),),
    "V2HorizontalPodAutoscalerSpec": (("minReplicas", 1, "autoscaling/v2 defaults"),),
    "V1PodFailurePolicyOnPodConditionsPattern": (("status", "True", _BATCH),),
}

EMPTY: Mapping[str, tuple[str, ...]] = {
    # Structures that the API always writes, if only as `{}`.
    "V1PodSpec": ("securityContext",),
    "V1Container": ("resources",),
    "V1NetworkPolicySpec": ("podSelector",),
}


def _strategy(into: Object, path: str, filled: Filled, key: str, rolling: Mapping[str, Value]) -> None:
    strategy = filled.inside(into, path, key)
    if strategy is None:
        return
    filled.set(strategy, f"{path}.{key}", "type", "RollingUpdate", _APPS)
    if strategy["type"] == "RollingUpdate":
        inner = filled.inside(strategy, f"{path}.{key}", "rollingUpdate")
        if inner is not None:
            for name, value in rolling.items():
                filled.set(inner, f"{path}.{key}.rollingUpdate", name, value, _APPS)


def _deployment(into: Object, path: str, filled: Filled) -> None:
    _strategy(into, path, filled, "strategy", {"maxUnavailable": "25%", "maxSurge": "25%"})


def _daemon_set(into: Object, path: str, filled: Filled) -> None:
    _strategy(into, path, filled, "updateStrategy", {"maxUnavailable": 1, "maxSurge": 0})


def _stateful_set(into: Object, path: str, filled: Filled) -> None:
    _strategy(into, path, filled, "updateStrategy", {"partition": 0})
    policy = filled.inside(into, path, "persistentVolumeClaimRetentionPolicy")
    if policy is not None:
        for key in ("whenDeleted", "whenScaled"):
            filled.set(policy, f"{path}.persistentVolumeClaimRetentionPolicy", key, "Retain", _APPS)


def _container(into: Object, path: str, filled: Filled) -> None:
    if "imagePullPolicy" in into:
        return
    image = into.get("image")
    if isinstance(image, SPECIAL):
        into["imagePullPolicy"] = Unknown(f"follows from the tag of the image, and {image.reason}", not_null=True)
        return
    # core/v1 SetDefaults_Container: the tag decides; none, without a digest, means latest.
    policy = "Always" if isinstance(image, str) and image_tag(image) == "latest" else "IfNotPresent"
    filled.set(into, path, "imagePullPolicy", policy, _CORE)


def image_tag(image: str) -> str:
    """The tag an image reference means: `latest` where it has neither tag nor digest, empty where only a digest."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or ("" if digest else "latest")


def _volume(into: Object, path: str, filled: Filled) -> None:
    if set(into) <= {"name"}:
        filled.set(into, path, "emptyDir", {}, _CORE)


def _service(into: Object, path: str, filled: Filled) -> None:
    kind = into.get("type")
    if not isinstance(kind, str):
        return
    if kind in ("NodePort", "LoadBalancer"):
        filled.set(into, path, "externalTrafficPolicy", "Cluster", _CORE)
    if kind != "ExternalName":
        filled.set(into, path, "internalTrafficPolicy", "Cluster", _CORE)
        # Set by the registry, not by defaults.go: pkg/registry/core/service/storage/alloc.go. Headless services without
        # selector get another policy.
        if into.get("clusterIP") != "None" or into.get("selector"):
            filled.set(into, path, "ipFamilyPolicy", "SingleStack", "service registry")
    if kind == "LoadBalancer":
        filled.set(into, path, "allocateLoadBalancerNodePorts", True, _CORE)
    if into.get("sessionAffinity") == "ClientIP":
        affinity = filled.inside(into, path, "sessionAffinityConfig")
        client = filled.inside(affinity, f"{path}.sessionAffinityConfig", "clientIP") if affinity is not None else None
        if client is not None:
            filled.set(client, f"{path}.sessionAffinityConfig.clientIP", "timeoutSeconds", 10800, _CORE)


def _service_port(into: Object, path: str, filled: Filled) -> None:
    port = into.get("port")
    if port is not None and not into.get("targetPort"):
        into.pop("targetPort", None)
        if isinstance(port, SPECIAL):
            into["targetPort"] = port
        else:
            filled.set(into, path, "targetPort", port, _CORE)


def _network_policy(into: Object, path: str, filled: Filled) -> None:
    if into.get("policyTypes"):
        return
    into.pop("policyTypes", None)
    egress = into.get("egress")
    if isinstance(egress, SPECIAL):
        into["policyTypes"] = Unknown(f"follows from egress, and {egress.reason}", not_null=True)
        return
    types: list[Value] = ["Ingress", "Egress"] if egress else ["Ingress"]
    filled.set(into, path, "policyTypes", types, _NETWORK)


def _subject(into: Object, path: str, filled: Filled) -> None:
    if into.get("kind") in ("User", "Group"):
        filled.set(into, path, "apiGroup", "rbac.authorization.k8s.io", _RBAC)


COMPUTED: Mapping[str, Callable[[Object, str, Filled], None]] = {
    "V1DeploymentSpec": _deployment,
    "V1DaemonSetSpec": _daemon_set,
    "V1StatefulSetSpec": _stateful_set,
    "V1Container": _container,
    "V1Volume": _volume,
    "V1ServiceSpec": _service,
    "V1ServicePort": _service_port,
    "V1NetworkPolicySpec": _network_policy,
    "RbacV1Subject": _subject,
}
"""What follows from the structure it stands in; asked after its constants are there."""


def _pod(into: Object, filled: Filled) -> None:
    """Pods alone, not the templates of workloads: SetDefaults_Pod, and the ServiceAccount admission plug-in."""
    spec = filled.inside(into, "", "spec")
    if spec is None:
        return
    filled.set(spec, "spec", "enableServiceLinks", True, _CORE)
    filled.set(spec, "spec", "serviceAccountName", "default", "ServiceAccount admission")
    for name in ("containers", "initContainers"):
        containers = spec.get(name)
        for index, container in enumerate(containers if isinstance(containers, list) else ()):
            if isinstance(container, dict):
                _requests(container, f"spec.{name}[{index}]", filled)
                if spec.get("hostNetwork") is True:
                    _host_ports(container, f"spec.{name}[{index}]", filled)


def _requests(container: Object, path: str, filled: Filled) -> None:
    resources = container.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    if not isinstance(resources, dict) or not isinstance(limits, dict) or not limits:
        return
    requests = filled.inside(resources, f"{path}.resources", "requests")
    if requests is not None:
        for key, value in limits.items():
            filled.set(requests, f"{path}.resources.requests", key, value, _CORE)


def _host_ports(container: Object, path: str, filled: Filled) -> None:
    ports = container.get("ports")
    for index, port in enumerate(ports if isinstance(ports, list) else ()):
        if isinstance(port, dict) and "containerPort" in port:
            filled.set(port, f"{path}.ports[{index}]", "hostPort", port["containerPort"], _CORE)


def _job(into: Object, filled: Filled) -> None:
    """Jobs alone, not the job templates of cron jobs: SetDefaults_Job."""
    spec = filled.inside(into, "", "spec")
    if spec is None:
        return
    if "completions" not in spec and "parallelism" not in spec:
        filled.set(spec, "spec", "completions", 1, _BATCH)
    filled.set(spec, "spec", "parallelism", 1, _BATCH)
    if "backoffLimitPerIndex" not in spec:
        filled.set(spec, "spec", "backoffLimit", 6, _BATCH)
    filled.set(spec, "spec", "completionMode", "NonIndexed", _BATCH)
    filled.set(spec, "spec", "suspend", False, _BATCH)
    replacement = "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed"
    filled.set(spec, "spec", "podReplacementPolicy", replacement, _BATCH)


def _namespace(into: Object, filled: Filled) -> None:
    metadata = filled.inside(into, "", "metadata")
    labels = filled.inside(metadata, "metadata", "labels") if metadata is not None else None
    name = metadata.get("name") if metadata is not None else None
    if labels is not None and isinstance(name, str):
        filled.set(labels, "metadata.labels", "kubernetes.io/metadata.name", name, _CORE)


def _secret(into: Object, filled: Filled) -> None:
    filled.set(into, "", "type", "Opaque", _CORE)


def _replication_controller(into: Object, filled: Filled) -> None:
    spec = into.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    metadata = template.get("metadata") if isinstance(template, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    if isinstance(spec, dict) and isinstance(labels, dict) and not spec.get("selector"):
        spec.pop("selector", None)
        filled.set(spec, "spec", "selector", dict(labels), _CORE)


BY_KIND: Mapping[str, Callable[[Object, Filled], None]] = {
    "Kubernetes::Pod": _pod,
    "Kubernetes::Job": _job,
    "Kubernetes::Namespace": _namespace,
    "Kubernetes::Secret": _secret,
    "Kubernetes::ReplicationController": _replication_controller,
}
"""What a kind gets as a whole, and structures of the same type inside other kinds do not; asked last."""
