"""What a Kubernetes API server writes into the objects it stores: identity, bookkeeping, and the defaults of a kind.

From the API reference of Kubernetes 1.33 (kubernetes.io/docs/reference/kubernetes-api) and from objects read back from
real clusters. A manifest of a Deployment with a dozen leaves comes back with some thirty more; whoever compares code
with a cluster has to live with that, so the demo's cluster does it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

from soc2gate.facts import dataclass

Object: TypeAlias = dict[str, Any]
"""An API object as JSON has it; Kubernetes' own schema types it."""


@dataclass(frozen=True, slots=True)
class Served:
    """One resource of the API."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Where all objects of it are listed."""
        return f"/apis/{self.group_version}/{self.plural}" if self.group else f"/api/{self.version}/{self.plural}"


def _group(group: str, version: str, namespaced: bool, *kinds: str) -> list[Served]:
    return [Served(group, version, _plural(kind), kind, namespaced) for kind in kinds]


def _plural(kind: str) -> str:
    word = kind.lower()
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("s") else "s")


# Everything a reader may ask a usual cluster for: an API server answers an empty list, not 404, where there is nothing.
# Namespace comes first: the server answers about it apart from the others.
SERVED: tuple[Served, ...] = (
    *_group("", "v1", False, "Namespace", "Node", "PersistentVolume"),
    *_group("", "v1", True, "ConfigMap", "Event", "LimitRange", "PersistentVolumeClaim", "Pod"),
    *_group("", "v1", True, "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service"),
    *_group("", "v1", True, "ServiceAccount"),
    Served("", "v1", "endpoints", "Endpoints"),
    *_group("apps", "v1", True, "ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    *_group("batch", "v1", True, "CronJob", "Job"),
    *_group("autoscaling", "v2", True, "HorizontalPodAutoscaler"),
    *_group("networking.k8s.io", "v1", True, "Ingress", "NetworkPolicy"),
    *_group("networking.k8s.io", "v1", False, "IngressClass"),
    *_group("policy", "v1", True, "PodDisruptionBudget"),
    *_group("rbac.authorization.k8s.io", "v1", True, "Role", "RoleBinding"),
    *_group("rbac.authorization.k8s.io", "v1", False, "ClusterRole", "ClusterRoleBinding"),
    *_group("storage.k8s.io", "v1", False, "StorageClass"),
    *_group("scheduling.k8s.io", "v1", False, "PriorityClass"),
    *_group("apiextensions.k8s.io", "v1", False, "CustomResourceDefinition"),
    *_group("admissionregistration.k8s.io", "v1", False, "ValidatingAdmissionPolicy"),
    *_group("admissionregistration.k8s.io", "v1", False, "ValidatingWebhookConfiguration"),
    *_group("admissionregistration.k8s.io", "v1", False, "MutatingWebhookConfiguration"),
)


def served(group: str, version: str, plural: str) -> Served | None:
    """The resource at this place of the API, or None where the server has none."""
    return next((r for r in SERVED if (r.group, r.version, r.plural) == (group, version, plural)), None)


def served_kind(body: Object) -> Served:
    """The resource an object says it is. Raises LookupError for one that the server does not have."""
    for resource in SERVED:
        if (resource.group_version, resource.kind) == (body["apiVersion"], body["kind"]):
            return resource
    raise LookupError(f"the demo's cluster serves no {body['apiVersion']} {body['kind']}")


def admit(body: Object, manager: str, version: int) -> Object:
    """The object as stored after `manager` created it; `body` is not changed."""
    stored = dict(_filled(body))
    now = _now()
    uid = hashlib.sha256(f"{body['kind']}/{_name(body)}".encode()).hexdigest()
    stored["metadata"] |= {
        "uid": f"{uid[:8]}-{uid[8:12]}-4{uid[13:16]}-8{uid[17:20]}-{uid[20:32]}",
        "creationTimestamp": now,
        "resourceVersion": str(version),
        "managedFields": [_managed(stored, manager, "Update", now)],
    }
    if "spec" in stored and stored["kind"] not in ("Service", "Namespace", "Pod"):
        stored["metadata"]["generation"] = 1
    return stored


def touch(before: Object, change: Object, manager: str, version: int) -> Object:
    """`change` as a JSON merge patch by `manager`, with the bookkeeping and the defaults of what it brings."""
    after = _filled(merged(before, change))
    now = _now()
    patch: Object = {key: value for key, value in after.items() if key in change}
    earlier = [entry for entry in before["metadata"].get("managedFields", []) if entry["manager"] != manager]
    patch["metadata"] = change.get("metadata", {}) | {
        "resourceVersion": str(version),
        "managedFields": [*earlier, _managed(change, manager, "Update", now, before)],
    }
    if "generation" in before["metadata"] and after.get("spec") != before.get("spec"):
        patch["metadata"]["generation"] = before["metadata"]["generation"] + 1
    return patch


def merged(before: Any, change: Any) -> Any:
    """A JSON merge patch, as RFC 7396 has it."""
    if not isinstance(change, dict) or not isinstance(before, dict):
        return change
    after = dict(before)
    for key, value in change.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = merged(after.get(key), value)
    return after


def _managed(written: Object, manager: str, operation: str, now: str, before: Object | None = None) -> Object:
    # A real server lists every field; the top two levels are enough to say who changed what.
    fields: dict[str, Object] = {
        f"f:{part}": {f"f:{key}": {} for key in written[part]} if isinstance(written[part], dict) else {}
        for part in written
        if part not in ("apiVersion", "kind", "metadata", "status")
    }
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": (before or written)["apiVersion"],
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(body: Object) -> str:
    return f"{body['metadata'].get('namespace', '')}/{body['metadata']['name']}"


def _filled(body: Object) -> Object:
    """A copy with the defaults of its kind."""
    filled: Object = _copied(body)
    fill = _DEFAULTS.get(body["kind"])
    if fill is not None:
        fill(filled)
    return filled


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_copied(child) for child in value]
    return value


def _fill(into: Object, defaults: Object) -> None:
    for key, value in defaults.items():
        into.setdefault(key, value)


def _fill_namespace(body: Object) -> None:
    body["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = body["metadata"]["name"]
    _fill(body, {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})


def _fill_deployment(body: Object) -> None:
    spec = body["spec"]
    _fill(
        spec,
        {
            "replicas": 1,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        },
    )
    _fill_pod_spec(spec["template"]["spec"])
    # The deployment controller numbers the roll-outs, and reports.
    body["metadata"].setdefault("annotations", {}).setdefault("deployment.kubernetes.io/revision", "1")
    count = spec["replicas"]
    _fill(body, {"status": {"replicas": count, "readyReplicas": count, "updatedReplicas": count}})


def _fill_stateful_set(body: Object) -> None:
    spec = body["spec"]
    _fill(
        spec,
        {
            "replicas": 1,
            "podManagementPolicy": "OrderedReady",
            "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
    )
    _fill_pod_spec(spec["template"]["spec"])
    _fill(body, {"status": {"replicas": spec["replicas"], "readyReplicas": spec["replicas"]}})


def _fill_daemon_set(body: Object) -> None:
    spec = body["spec"]
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    _fill(spec, {"revisionHistoryLimit": 10, "updateStrategy": rolling})
    _fill_pod_spec(spec["template"]["spec"])
    body["metadata"].setdefault("annotations", {}).setdefault("deprecated.daemonset.template.generation", "1")
    _fill(body, {"status": {"desiredNumberScheduled": 3, "numberReady": 3}})


def _fill_job(body: Object) -> None:
    spec = body["spec"]
    uid = hashlib.sha256(_name(body).encode()).hexdigest()[:8]
    # The controller tells its pods by a label of its own.
    labels = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": body["metadata"]["name"]}
    spec.setdefault("selector", {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
    spec["template"].setdefault("metadata", {}).setdefault("labels", {}).update(labels)
    _fill_job_spec(spec)
    _fill(body, {"status": {"active": 1}})


def _fill_job_spec(spec: Object) -> None:
    _fill(
        spec,
        {
            "backoffLimit": 6,
            "completionMode": "NonIndexed",
            "completions": 1,
            "manualSelector": False,
            "parallelism": 1,
            "podReplacementPolicy": "TerminatingOrFailed",
            "suspend": False,
        },
    )
    _fill_pod_spec(spec["template"]["spec"])


def _fill_cron_job(body: Object) -> None:
    spec = body["spec"]
    _fill(
        spec,
        {"concurrencyPolicy": "Allow", "failedJobsHistoryLimit": 1, "successfulJobsHistoryLimit": 3, "suspend": False},
    )
    template = spec["jobTemplate"]["spec"]["template"]
    template.setdefault("metadata", {"creationTimestamp": None})
    _fill_pod_spec(template["spec"])
    _fill(body, {"status": {"lastScheduleTime": _now()}})


def _fill_claim(body: Object) -> None:
    volume = f"pvc-{hashlib.sha256(_name(body).encode()).hexdigest()[:8]}"
    _fill(body["spec"], {"storageClassName": "standard", "volumeMode": "Filesystem", "volumeName": volume})
    _fill(body, {"status": {"phase": "Bound"}})


def _fill_scaler(body: Object) -> None:
    target = {"type": "Utilization", "averageUtilization": 80}
    _fill(
        body["spec"],
        {"minReplicas": 1, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]},
    )
    _fill(body, {"status": {"currentReplicas": 2, "desiredReplicas": 2}})


def _fill_limit_range(body: Object) -> None:
    # A maximum is the default of who says nothing.
    for limit in body["spec"]["limits"]:
        limit.setdefault("default", dict(limit.get("max", {})))
        limit.setdefault("defaultRequest", dict(limit["default"]))


def _fill_replica_set(body: Object) -> None:
    _fill_pod_spec(body["spec"]["template"]["spec"])
    _fill(body, {"status": {"replicas": body["spec"]["replicas"]}})


def _fill_pod(body: Object) -> None:
    spec = body["spec"]
    _fill_pod_spec(spec)
    _fill(
        spec,
        {"enableServiceLinks": True, "nodeName": "node-1", "preemptionPolicy": "PreemptLowerPriority", "priority": 0},
    )
    _fill(body, {"status": {"phase": "Running", "qosClass": "Burstable"}})


def _fill_pod_spec(spec: Object) -> None:
    _fill(
        spec,
        {
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    )
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in _containers(spec):
        latest = ":" not in container["image"].rsplit("/", 1)[-1]
        _fill(
            container,
            {
                "imagePullPolicy": "Always" if latest else "IfNotPresent",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            },
        )
        for port in container.get("ports", []):
            port.setdefault("protocol", "TCP")
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if probe in container:
                _fill_probe(container[probe])


def _containers(spec: Object) -> Iterator[Object]:
    yield from spec.get("initContainers", [])
    yield from spec.get("containers", [])


def _fill_probe(probe: Object) -> None:
    _fill(probe, {"failureThreshold": 3, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1})
    if "httpGet" in probe:
        probe["httpGet"].setdefault("scheme", "HTTP")


def _fill_service(body: Object) -> None:
    address = "10.96." + ".".join(str(byte) for byte in hashlib.sha256(_name(body).encode()).digest()[:2])
    spec = body["spec"]
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
    _fill(
        spec,
        {
            "type": "ClusterIP",
            "clusterIP": address,
            "clusterIPs": [spec.get("clusterIP", address)],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "sessionAffinity": "None",
        },
    )
    _fill(body, {"status": {"loadBalancer": {}}})


def _fill_network_policy(body: Object) -> None:
    spec = body["spec"]
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if "egress" in spec else ["Ingress"])
    for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
        for port in rule.get("ports", []):
            port.setdefault("protocol", "TCP")


def _fill_binding(body: Object) -> None:
    body["roleRef"].setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in body.get("subjects", []):
        if subject["kind"] in ("User", "Group"):
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


_DEFAULTS: dict[str, Callable[[Object], None]] = {
    "ClusterRoleBinding": _fill_binding,
    "CronJob": _fill_cron_job,
    "DaemonSet": _fill_daemon_set,
    "Deployment": _fill_deployment,
    "HorizontalPodAutoscaler": _fill_scaler,
    "Job": _fill_job,
    "LimitRange": _fill_limit_range,
    "Namespace": _fill_namespace,
    "NetworkPolicy": _fill_network_policy,
    "PersistentVolumeClaim": _fill_claim,
    "Pod": _fill_pod,
    "ReplicaSet": _fill_replica_set,
    "RoleBinding": _fill_binding,
    "Service": _fill_service,
    "StatefulSet": _fill_stateful_set,
}
