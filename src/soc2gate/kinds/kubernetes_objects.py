"""One API object in the normal form: what two honest descriptions of the same object have in common.

A single walk along the object's type drops what the API server writes for itself, brings values to their types,
spells quantities one way and fills the API server's defaults in. Declared and live objects take the same walk: an API
server that is older than a field leaves the field out and behaves as its default says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.facts import dataclass, field
from soc2gate.kinds.convert import coerce
from soc2gate.kinds.kubernetes_api import ApiResource
from soc2gate.kinds.kubernetes_defaults import BY_KIND, COMPUTED, EMPTY, Filled, Object, constants
from soc2gate.kinds.kubernetes_quantities import normalise_quantity
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, Unknown, Value
from soc2gate.schema.lookup import type_of
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType, Scalar, Type

# The API server's and the controllers' own bookkeeping. Owners are used while collecting and then dropped: the uid in
# them differs in every cluster.
_DROPPED: Mapping[str, frozenset[str]] = {
    "V1ObjectMeta": frozenset(
        {
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "managedFields",
            "selfLink",
            "ownerReferences",
            "finalizers",
            "clusterName",
        }
    ),
    # Claim templates come back from the API with these three.
    "V1PersistentVolumeClaim": frozenset({"apiVersion", "kind", "status"}),
    # Mirrors serviceAccountName, for clients from before Kubernetes 1.0; taken over below where it stands alone.
    "V1PodSpec": frozenset({"serviceAccount"}),
    "V1NamespaceSpec": frozenset({"finalizers"}),
}
_DROPPED_ANNOTATIONS = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        # `kubectl rollout restart` writes the time here: an act, not a state anybody declares.
        "kubectl.kubernetes.io/restartedAt",
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.daemonset.template.generation",
        "control-plane.alpha.kubernetes.io/leader",
        "autoscaling.alpha.kubernetes.io/conditions",
        "autoscaling.alpha.kubernetes.io/current-metrics",
        "pv.kubernetes.io/bind-completed",
        "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/storage-provisioner",
        "volume.beta.kubernetes.io/storage-provisioner",
        "volume.kubernetes.io/selected-node",
    }
)
# Written by the job controller into a job's own selector and template.
_JOB_LABELS = frozenset(
    {
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
    }
)
_QUANTITIES: Mapping[str, frozenset[str]] = {
    "V1ResourceRequirements": frozenset({"limits", "requests"}),
    "V1VolumeResourceRequirements": frozenset({"limits", "requests"}),
    "V1PodSpec": frozenset({"overhead"}),
    "V1EmptyDirVolumeSource": frozenset({"sizeLimit"}),
    "V1ResourceFieldSelector": frozenset({"divisor"}),
    "V1ResourceQuotaSpec": frozenset({"hard"}),
    "V1LimitRangeItem": frozenset({"default", "defaultRequest", "max", "min", "maxLimitRequestRatio"}),
    "V2MetricTarget": frozenset({"averageValue", "value"}),
}
_SHAPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    dict: "map",
    list: "list",
}
SECRET_VALUE = Unknown("the value of a Secret is never stored", not_null=True)


@dataclass(frozen=True, slots=True)
class NormalObject:
    """What the walk made of one object."""

    properties: Mapping[str, Value]
    defaults: Mapping[str, str]
    notes: Mapping[str, str]
    refused: tuple[tuple[str, str], ...] = ()
    """Property path and what is wrong there: the API server would refuse it, and the value is unknown."""


def normal_object(body: Mapping[str, Value], resource: ApiResource, *, live: bool) -> NormalObject:
    """The object in the normal form; `body` is left as it was."""
    walk = _Walk(required=not live)
    body = _converted(body, resource)
    properties = walk.structure({key: value for key, value in body.items() if key != "status"}, resource.kind)
    properties["apiVersion"] = resource.api_version
    properties["kind"] = resource.name
    by_kind = BY_KIND.get(resource.kind)
    if by_kind is not None:
        by_kind(properties, walk.filled)
    tidy = _TIDY.get(resource.kind)
    if tidy is not None:
        tidy(properties, live)
    return NormalObject(properties, walk.filled.paths, walk.notes, tuple(walk.refused))


@dataclass(slots=True)
class _Walk:
    """One pass over one object along its type."""

    required: bool
    """Whether a required property that is not there is unknown: in code it is, in the API's answer it is absent."""
    filled: Filled = field(default_factory=Filled)
    notes: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def structure(self, body: Mapping[str, Value], kind: str) -> Object:
        return self.object(body, type_of(kind), "")

    def object(self, body: Mapping[str, Value], kind: ObjectType, path: str) -> Object:
        name = kind.name.rpartition(".")[2]
        dropped = _DROPPED.get(name)
        quantities = _QUANTITIES.get(name)
        types = kind.properties
        out: Object = {}
        for key, child in body.items():
            if child is None or (dropped is not None and key in dropped):
                continue
            inner = types.get(key)
            if inner is None:
                # Newer than our schema, or misspelt: rules cannot name it, and the API server may well keep it.
                out[key] = child
                continue
            if quantities is not None and key in quantities:
                child = _quantities(child)
            out[key] = self.value(child, inner, f"{path}.{key}" if path else key)
        special = _SPECIAL.get(name)
        if special is not None:
            special(body, out)
        self.defaults(out, name, path)
        if self.required:
            for key in kind.required:
                if key not in out:
                    out[key] = Unknown(f"{key} is required and not written")
        return out

    def defaults(self, out: Object, name: str, path: str) -> None:
        for key, value, words in constants(name):
            if key not in out:
                out[key] = value
                self.filled.paths[f"{path}.{key}" if path else key] = words
        for key in EMPTY.get(name, ()):
            self.filled.set(out, path, key, {}, "part of every such object")
        computed = COMPUTED.get(name)
        if computed is not None:
            computed(out, path, self.filled)

    def value(self, value: Value, kind: Type, path: str) -> Value:
        # The common cases first: every leaf of every object passes here.
        shape = type(value)
        if value is None:
            # One of several alternatives: it may be left out.
            return None
        if kind is STRING:
            if shape is str:
                return value
        elif kind is ANY or isinstance(value, SPECIAL):
            return self.partly(value, kind, path)
        elif kind is BOOL:
            if shape is bool:
                return value
        elif kind is INT:
            if shape is int:
                return value
        elif isinstance(kind, ObjectType):
            if isinstance(value, dict):
                return self.object(value, kind, path)
            return self.refuse(value, kind, path)
        elif isinstance(kind, ListType):
            if isinstance(value, list):
                # A bare `-` in YAML reaches the API server as an empty structure.
                return [self.value({} if e is None else e, kind.item, f"{path}[{i}]") for i, e in enumerate(value)]
            return self.refuse(value, kind, path)
        elif isinstance(kind, MapType):
            if isinstance(value, dict):
                inner = kind.value
                return {k: self.value(v, inner, f"{path}.{k}") for k, v in value.items() if v is not None}
            return self.refuse(value, kind, path)
        if isinstance(value, SPECIAL):
            return value
        if isinstance(value, (dict, list)):
            return self.refuse(value, kind, path)
        made = coerce(value, kind, path, lambda _path, _reason: None, False)
        if isinstance(made, Unknown):
            return self.refuse(value, kind, path)
        if made is not value:
            # The value itself is not repeated: it may be a secret in an environment variable.
            self.notes[path] = f"written as a {_SHAPES[shape]}, where the API server wants a {_wanted(kind)}"
        return made

    def partly(self, value: Value, kind: Type, path: str) -> Value:
        """What is not wholly decided, as Terraform may leave it: each part that is known takes the same walk."""
        if isinstance(value, OpenList) and isinstance(kind, ListType):
            start = len(value.items)
            items = tuple(self.value(e, kind.item, f"{path}[{i}]") for i, e in enumerate(value.items))
            more = tuple(self.value(e, kind.item, f"{path}[{start + i}]") for i, e in enumerate(value.more))
            return OpenList(items, more, value.reason)
        if isinstance(value, Alternatives):
            return Alternatives(tuple(self.value(option, kind, path) for option in value.options), value.reason)
        return value

    def refuse(self, value: Value, kind: Type, path: str) -> Unknown:
        reason = f"{path} should be a {_wanted(kind)}, and is a {_SHAPES[type(value)]}"
        self.refused.append((path, reason))
        return Unknown(reason)


def _wanted(kind: Type) -> str:
    if isinstance(kind, ListType):
        return "list"
    if isinstance(kind, Scalar):
        return {STRING: "string", BOOL: "boolean", INT: "whole number", DOUBLE: "number"}.get(kind, str(kind))
    return "map"


def _quantities(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _quantities(child) for key, child in value.items()}
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return normalise_quantity(value)
    return value


def _metadata(body: Mapping[str, Value], out: Object) -> None:
    annotations = out.get("annotations")
    if isinstance(annotations, dict) and not _DROPPED_ANNOTATIONS.isdisjoint(annotations):
        kept = {key: value for key, value in annotations.items() if key not in _DROPPED_ANNOTATIONS}
        if kept:
            out["annotations"] = kept
        else:
            del out["annotations"]


def _pod_spec(body: Mapping[str, Value], out: Object) -> None:
    older = body.get("serviceAccount")
    if older and not out.get("serviceAccountName"):
        out["serviceAccountName"] = older


# What a structure needs besides its type, before its defaults.
_SPECIAL: Mapping[str, Callable[[Mapping[str, Value], Object], None]] = {
    "V1ObjectMeta": _metadata,
    "V1PodSpec": _pod_spec,
}


def _tidy_pod(properties: Object, live: bool) -> None:
    """What admission and the scheduler add to every pod that runs."""
    spec = properties.get("spec")
    if not live or not isinstance(spec, dict):
        return
    spec.pop("nodeName", None)
    if "priorityClassName" not in spec:
        for key in ("priority", "preemptionPolicy"):
            spec.pop(key, None)
    tokens = {
        str(volume["name"])
        for volume in _objects(spec.get("volumes"))
        if str(volume.get("name", "")).startswith("kube-api-access-") and "projected" in volume
    }
    _without(spec, "volumes", lambda volume: volume.get("name") in tokens)
    for name in ("containers", "initContainers", "ephemeralContainers"):
        for container in _objects(spec.get(name)):
            _without(container, "volumeMounts", lambda mount: mount.get("name") in tokens)
    _without(spec, "tolerations", _is_default_toleration)


def _is_default_toleration(toleration: Object) -> bool:
    """Of the DefaultTolerationSeconds admission plug-in."""
    return (
        toleration.get("key") in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
        and toleration.get("effect") == "NoExecute"
        and toleration.get("operator") == "Exists"
        and toleration.get("tolerationSeconds") == 300
    )


def _tidy_job(properties: Object, live: bool) -> None:
    spec = properties.get("spec")
    if not live or not isinstance(spec, dict):
        return
    if spec.get("manualSelector") is not True:
        spec.pop("selector", None)
    template = spec.get("template")
    for owner in (properties, template):
        metadata = owner.get("metadata") if isinstance(owner, dict) else None
        labels = metadata.get("labels") if isinstance(metadata, dict) else None
        if isinstance(metadata, dict) and isinstance(labels, dict):
            kept = {key: value for key, value in labels.items() if key not in _JOB_LABELS}
            if kept:
                metadata["labels"] = kept
            else:
                del metadata["labels"]


def _tidy_cluster_role(properties: Object, live: bool) -> None:
    if not live and properties.get("aggregationRule"):
        properties["rules"] = Unknown("the cluster gathers these rules from other roles (aggregationRule)")


_TIDY: Mapping[str, Callable[[Object, bool], None]] = {
    "Kubernetes::Pod": _tidy_pod,
    "Kubernetes::Job": _tidy_job,
    "Kubernetes::ClusterRole": _tidy_cluster_role,
}


def _objects(value: Value) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _without(owner: Object, key: str, unwanted: Callable[[Object], bool]) -> None:
    items = owner.get(key)
    if not isinstance(items, list):
        return
    kept = [item for item in items if not (isinstance(item, dict) and unwanted(item))]
    if kept:
        owner[key] = kept
    elif items:
        del owner[key]


def _converted(body: Mapping[str, Value], resource: ApiResource) -> Mapping[str, Value]:
    """Older API versions whose objects have another shape in the current one, and Secrets without their values."""
    if resource.name == "Secret":
        return _secret(body)
    version = body.get("apiVersion")
    spec = body.get("spec")
    if not isinstance(version, str) or not isinstance(spec, dict):
        return body
    if resource.name == "Ingress" and version.endswith("/v1beta1"):
        return {**body, "spec": _ingress_v1(spec)}
    if resource.name == "HorizontalPodAutoscaler" and version == "autoscaling/v1":
        return {**body, "spec": _autoscaler_v2(spec)}
    return body


def _secret(body: Mapping[str, Value]) -> Mapping[str, Value]:
    """Keys stay, values never: neither snapshot nor report may hold them. The walk does not see them either."""
    data: Object = {}
    unknown: Value = None
    for name in ("data", "stringData"):
        part = body.get(name)
        if isinstance(part, dict):
            data.update(dict.fromkeys(part, SECRET_VALUE))
        elif part is not None:
            unknown = SECRET_VALUE
    out = {key: value for key, value in body.items() if key not in ("data", "stringData")}
    if unknown is not None or data:
        out["data"] = unknown if unknown is not None else dict(sorted(data.items()))
    return out


def _ingress_v1(spec: Object) -> Object:
    out = dict(spec)
    if "backend" in out:
        out["defaultBackend"] = _backend_v1(out.pop("backend"))
    elif "defaultBackend" in out:
        # Terraform's `kubernetes_ingress` has the older shape under the newer name.
        out["defaultBackend"] = _backend_v1(out["defaultBackend"])
    rules = out.get("rules")
    if isinstance(rules, list):
        out["rules"] = [_ingress_rule_v1(rule) if isinstance(rule, dict) else rule for rule in rules]
    return out


def _ingress_rule_v1(rule: Object) -> Object:
    http = rule.get("http")
    paths = http.get("paths") if isinstance(http, dict) else None
    if not isinstance(http, dict) or not isinstance(paths, list):
        return rule
    made: list[Value] = [
        {"pathType": "ImplementationSpecific", **path, "backend": _backend_v1(path.get("backend"))}
        if isinstance(path, dict)
        else path
        for path in paths
    ]
    return {**rule, "http": {**http, "paths": made}}


def _backend_v1(backend: Value) -> Value:
    if not isinstance(backend, dict) or "serviceName" not in backend:
        return backend
    out = {key: value for key, value in backend.items() if key not in ("serviceName", "servicePort")}
    port = backend.get("servicePort")
    number: Value = {"name": port} if isinstance(port, str) else {"number": port}
    return {**out, "service": {"name": backend["serviceName"], "port": number}}


def _autoscaler_v2(spec: Object) -> Object:
    out = dict(spec)
    target = out.pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        wanted: Value = {"type": "Utilization", "averageUtilization": target}
        out["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": wanted}}]
    return out
