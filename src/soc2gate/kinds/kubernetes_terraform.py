"""Terraform's `kubernetes_*` resources, `kubernetes_manifest` and `kubectl_manifest` as the API objects they make.

The provider spells the API's names in snake_case, its lists as repeated blocks in the singular, and writes some
fields whether or not anybody did: those stand here, with their source. What a manifest would say is then brought into
the normal form by the way every manifest goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from soc2gate.facts import dataclass, field, replace
from soc2gate.kinds.kubernetes_api import PREFIX, RESOURCES, ApiResource, find
from soc2gate.kinds.kubernetes_yaml import NotAnObject, object_in
from soc2gate.kinds.respelling import Respelling, camel
from soc2gate.model.resource import Places, RawResource
from soc2gate.model.value import OpenMap, Unknown, Value
from soc2gate.schema.lookup import type_of
from soc2gate.schema.types import ANY, INT, ObjectType, Type

OBJECT = {"kubernetes_manifest": "manifest", "kubectl_manifest": "yaml_body"}
"""Types of which one attribute is the object itself."""
ADDED = {"kubernetes_labels": "labels", "kubernetes_annotations": "annotations"}
"""Types that only add to the metadata of an object, which the same code may declare."""


@dataclass(frozen=True, slots=True)
class Written:
    """One API object that Terraform makes."""

    body: Mapping[str, Value]
    resource: ApiResource
    places: Places
    notes: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict)


def api_resource(type_: str) -> ApiResource | None:
    """`Deployment` for `kubernetes_deployment` and `kubernetes_deployment_v1`; None for what no rule reads."""
    name = _VERSION.sub("", type_.removeprefix("kubernetes_"))
    name = {"daemonset": "daemon_set", "default_service_account": "service_account"}.get(name, name)
    return RESOURCES.get(PREFIX + "".join(word.capitalize() for word in name.split("_")))


_VERSION = re.compile(r"_v[0-9]+((alpha|beta)[0-9]+)?$")


class Terraform:
    """The Terraform resources of one scan that make API objects: some of them are named by others."""

    def __init__(self, resources: Iterable[RawResource]) -> None:
        self._by_address = {(raw.root, raw.address): raw for raw in resources}
        self._adding = [raw for raw in self._by_address.values() if raw.type in ADDED]

    def written(self, raw: RawResource) -> Written | None:
        """The object a resource makes; None for a type that is no kind of ours.

        Raises `NotAnObject` where it is not known, or not, an API object.
        """
        attribute = OBJECT.get(raw.type)
        if attribute is not None:
            return self._given(raw, attribute)
        resource = api_resource(raw.type)
        if resource is None:
            return None
        raw = _with_pod_spec(raw)
        walk = Respelling(raw, _named, finish=_provider_writes, scalar=_scalar, resolve=self._resolver(raw))
        body = walk.structure(raw.body, type_of(resource.kind), "", "")
        body.pop("status", None)
        metadata = body.setdefault("metadata", {})
        if isinstance(metadata, dict):
            if resource.namespaced:
                walk.add(metadata, "metadata", "namespace", "default", _says("default", "metadata"))
            if raw.type.startswith("kubernetes_default_service_account"):
                walk.add(metadata, "metadata", "name", "default", "this resource is the namespace's default account")
        body |= {"apiVersion": _version(resource, body), "kind": resource.name}
        if isinstance(metadata, dict):
            self._add_to(metadata, raw, resource)
        return Written(body, resource, walk.places, walk.notes, walk.defaults)

    def _given(self, raw: RawResource, attribute: str) -> Written | None:
        told = object_in(raw, attribute)
        namespace = raw.body.get("override_namespace")
        body = dict(told.body)
        version, kind = body.get("apiVersion"), body.get("kind")
        if not isinstance(version, str) or not isinstance(kind, str):
            raise NotAnObject("it is not known what kind of object it is")
        resource = find(version, kind)
        if resource is None:
            return None
        resolve = self._resolver(raw)
        body = {key: _resolved(value, resolve) for key, value in body.items()}
        if namespace and resource.namespaced:
            metadata = body.get("metadata")
            body["metadata"] = {**(metadata if isinstance(metadata, dict) else {}), "namespace": namespace}
        return Written(body, resource, told.places, raw.notes)

    def _add_to(self, metadata: dict[str, Value], raw: RawResource, resource: ApiResource) -> None:
        """What resources that only add labels or annotations add to the object that `raw` makes."""
        for adding in self._adding:
            if (adding.root, adding.environment, adding.body.get("kind")) != (
                raw.root,
                raw.environment,
                resource.name,
            ):
                continue
            meant = _names_it(_metadata_of(adding), metadata, self._resolver(adding), resource)
            field, more = ADDED[adding.type], adding.body.get(ADDED[adding.type])
            there = metadata.get(field) or {}
            if meant is False or more is None or not isinstance(there, dict):
                continue
            if meant and isinstance(more, dict) and not adding.uncertain:
                metadata[field] = {**there, **more}
            else:
                reason = adding.uncertain or f"it is not known what {adding.address} adds, or to what"
                metadata[field] = OpenMap(there, Unknown(reason), reason)

    def _resolver(self, raw: RawResource) -> _Resolver:
        return _Resolver(self._by_address, raw.root)


@dataclass(frozen=True, slots=True)
class _Resolver:
    """What a reference to another object's id or name is, where that object is declared beside it."""

    by_address: Mapping[tuple[str, str], RawResource]
    root: str

    def __call__(self, value: Unknown) -> Value:
        ref = value.ref
        other = self.by_address.get((self.root, ref.address)) if ref is not None else None
        if ref is None or other is None:
            return value
        metadata = _metadata_of(other)
        name, namespace = metadata.get("name"), metadata.get("namespace") or "default"
        if ref.attribute in _NAMES:
            return name if name is not None else value
        if ref.attribute in _NAMESPACES:
            return namespace
        resource = api_resource(other.type)
        # https://github.com/hashicorp/terraform-provider-kubernetes/blob/main/kubernetes/structures.go (buildId)
        if ref.attribute == "id" and resource is not None:
            if not resource.namespaced:
                return name if name is not None else value
            if isinstance(name, str) and isinstance(namespace, str):
                return f"{namespace}/{name}"
        return value


def _names_it(
    named: Mapping[str, Value], metadata: Mapping[str, Value], resolve: _Resolver, resource: ApiResource
) -> bool | None:
    """Whether the name and namespace in `named` are those of the object with this metadata; None where not known."""
    answer: bool | None = True
    for key in ("name", *(("namespace",) if resource.namespaced else ())):
        theirs = _resolved(named.get(key) or ("default" if key == "namespace" else None), resolve)
        ours = metadata.get(key)
        if theirs == ours:
            continue
        if isinstance(theirs, str) and isinstance(ours, str):
            return False
        answer = None
    return answer


_NAMES = ("metadata[0].name", "metadata.0.name", "metadata.name", "manifest.metadata.name")
_NAMESPACES = ("metadata[0].namespace", "metadata.0.namespace", "manifest.metadata.namespace")


def _metadata_of(raw: RawResource) -> Mapping[str, Value]:
    body: Value = raw.body.get(OBJECT[raw.type]) if raw.type in OBJECT else dict(raw.body)
    found = body.get("metadata") if isinstance(body, dict) else None
    return _only(found)


def _resolved(value: Value, resolve: _Resolver) -> Value:
    if isinstance(value, Unknown):
        return resolve(value)
    if isinstance(value, dict):
        return {key: _resolved(child, resolve) for key, child in value.items()}
    return [_resolved(child, resolve) for child in value] if isinstance(value, list) else value


_TEMPLATE = "spec[0].template[0]"


def _with_pod_spec(raw: RawResource) -> RawResource:
    """A controller of before 2.0 of the provider, whose template is the pod's spec itself, as it is written since.

    https://github.com/hashicorp/terraform-provider-kubernetes/blob/v1.13.3/kubernetes/resource_kubernetes_replication_controller.go
    """
    spec = _only(raw.body.get("spec"))
    template = _only(spec.get("template"))
    flat: dict[str, Value] = {
        name: value for name, value in template.items() if name not in ("metadata", "spec") and value is not None
    }
    if "spec" in template or "container" not in flat:
        return raw
    whole: dict[str, Value] = {name: value for name, value in template.items() if name == "metadata"}
    whole["spec"] = [dict(flat)]
    places = {
        f"{_TEMPLATE}.spec[0]{path.removeprefix(_TEMPLATE)}" if path.startswith(f"{_TEMPLATE}.") else path: where
        for path, where in raw.places.items()
        if not path.startswith(f"{_TEMPLATE}.metadata")
    }
    outer: dict[str, Value] = {**spec, "template": [whole]}
    body: dict[str, Value] = {**raw.body, "spec": [outer]}
    return replace(raw, body=body, places=places)


def _only(value: Value) -> Mapping[str, Value]:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {}


def _version(resource: ApiResource, body: Mapping[str, Value]) -> str:
    """The API version whose shape the provider's attributes have."""
    spec = body.get("spec")
    if resource.name == "HorizontalPodAutoscaler" and isinstance(spec, dict):
        return "autoscaling/v1" if "targetCPUUtilizationPercentage" in spec else resource.api_version
    if resource.name == "Ingress" and _mentions(spec, "serviceName"):
        return "networking.k8s.io/v1beta1"
    return resource.api_version


def _mentions(value: Value, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_mentions(child, key) for child in value.values())
    return isinstance(value, list) and any(_mentions(child, key) for child in value)


# Where the provider's name is neither the API's in snake_case nor its singular.
_RENAMED: Mapping[tuple[str, str], str] = {
    ("V1Volume", "ceph_fs"): "cephfs",
    ("V1AzureDiskVolumeSource", "data_disk_uri"): "diskURI",
    ("V1RBDVolumeSource", "ceph_monitors"): "monitors",
    ("V1RBDVolumeSource", "rbd_image"): "image",
    ("V1RBDVolumeSource", "rbd_pool"): "pool",
    ("V1RBDVolumeSource", "rados_user"): "user",
    ("V1DaemonSetSpec", "strategy"): "updateStrategy",
    # Of v1beta1.
    ("V1IngressSpec", "backend"): "defaultBackend",
    ("V2HorizontalPodAutoscalerSpec", "target_cpu_utilization_percentage"): "targetCPUUtilizationPercentage",
    # Values that are given in another way; of a Secret the keys alone are kept.
    ("Kubernetes::Secret", "binary_data"): "stringData",
    ("Kubernetes::Secret", "data_wo"): "stringData",
    ("Kubernetes::Secret", "binary_data_wo"): "stringData",
}
_names: dict[str, dict[str, str]] = {}


def _named(attribute: str, kind: ObjectType) -> str | None:
    """The API's property that an attribute or block is: `hostIPC` of `host_ipc`, `containers` of `container`."""
    short = kind.name.rpartition(".")[2]
    known = _names.get(short)
    if known is None:
        known = _names[short] = {name.lower(): name for name in kind.properties}
    renamed = _RENAMED.get((short, attribute))
    if renamed is not None:
        return renamed
    plain = attribute.replace("_", "").lower()
    for spelt in (plain, plain + "s", plain + "es", plain[:-1] + "ies"):
        if spelt in known:
            return known[spelt]
    # Beside the object's own stand the provider's: what to wait for. Within it, it may be newer than our schema.
    return None if kind.name.startswith(PREFIX) else camel(attribute)


_PORTS = frozenset({"port", "targetPort", "servicePort", "maxUnavailable", "maxSurge", "minAvailable"})


def _scalar(value: Value, kind: Type, name: str, within: ObjectType) -> Value:
    if isinstance(value, str):
        if kind is INT and name in ("mode", "defaultMode"):
            # Written in octal: `"0644"`.
            return int(value, 8) if value.isdigit() and not set(value) & set("89") else value
        if kind is ANY and name in _PORTS and value.isdigit():
            return int(value)
    return value


def _says(value: str | bool | int, block: str) -> str:
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"not written: Terraform's kubernetes provider writes {shown} ({block})"


# What the provider sends although nobody wrote it, where that is not what the API server would say itself. By the
# API's type; a structure gets it only where its block stands.
# https://github.com/hashicorp/terraform-provider-kubernetes/tree/v3.2.1/kubernetes: `Default:` in schema_*.go and
# resource_*.go, and the pointers that structures_*.go set without asking whether the attribute is written.
_PROVIDER: Mapping[str, tuple[tuple[str, str | bool | int, str], ...]] = {
    # Said on the pod, so it wins over the service account's own setting.
    "V1PodSpec": (
        ("automountServiceAccountToken", True, "schema_pod_spec.go"),
        ("enableServiceLinks", True, "schema_pod_spec.go"),
        ("shareProcessNamespace", False, "schema_pod_spec.go"),
    ),
    # One block says all four: a container's `run_as_non_root` is false where only the pod's is true.
    "V1SecurityContext": (
        ("allowPrivilegeEscalation", True, "schema_container.go"),
        ("privileged", False, "schema_container.go"),
        ("readOnlyRootFilesystem", False, "schema_container.go"),
        ("runAsNonRoot", False, "structures_container.go"),
    ),
    "V1PodSecurityContext": (("runAsNonRoot", False, "structures_pod.go"),),
    "V1SeccompProfile": (("type", "Unconfined", "schema_container.go"),),
    "V1VolumeMount": (("mountPropagation", "None", "schema_container.go"),),
    "V1ResourceFieldSelector": (("divisor", "1", "schema_container.go"),),
    "V1Toleration": (("operator", "Equal", "schema_pod_spec.go"),),
    "V1TopologySpreadConstraint": (
        ("maxSkew", 1, "schema_pod_spec.go"),
        ("whenUnsatisfiable", "DoNotSchedule", "schema_pod_spec.go"),
    ),
    "V1JobSpec": (
        ("backoffLimit", 6, "schema_job_spec.go"),
        ("completions", 1, "schema_job_spec.go"),
        ("parallelism", 1, "schema_job_spec.go"),
    ),
    "V1CronJobSpec": (("startingDeadlineSeconds", 0, "schema_cron_job_spec_v1.go"),),
    "RbacV1Subject": (("namespace", "default", "schema_rbac.go"),),
    "V1HTTPIngressPath": (("pathType", "ImplementationSpecific", "resource_kubernetes_ingress_v1.go"),),
    "Kubernetes::ServiceAccount": (
        ("automountServiceAccountToken", True, "resource_kubernetes_service_account_v1.go"),
    ),
}


def _provider_writes(out: dict[str, Value], kind: ObjectType, path: str, walk: Respelling) -> None:
    for name in [name for name, value in out.items() if value == []]:
        # An attribute that is an empty list is left out of what is sent.
        del out[name]
    short = kind.name.rpartition(".")[2]
    for name, value, source in _PROVIDER.get(short, ()):
        walk.add(out, path, name, value, _says(value, source))


__all__ = ["NotAnObject", "Terraform", "Written", "api_resource"]
