"""Kubernetes objects in the normal form, from manifests and from a running cluster.

An object becomes a resource of its own kind (`Kubernetes::Deployment`), and a workload also gives the pod template in
it as a `Kubernetes::PodTemplate`, addressed as the workload, so that a rule about pods is written once for all of
them. `normalise_manifests` then ties together what belongs together: a namespace with its workloads and network
policies, a workload with its disruption budgets. Live objects are tied by the links that the kinds name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from soc2gate.facts import dataclass, replace
from soc2gate.kinds.convert import unknown_like
from soc2gate.kinds.describe import Kind, Link, Spelling
from soc2gate.kinds.kubernetes_api import NAMESPACE, POD_TEMPLATE, PREFIX, RESOURCES, ApiResource, find
from soc2gate.kinds.kubernetes_control_plane import (
    API_SERVER,
    api_servers,
    configured_by_kubeadm,
    is_configuration,
    with_files,
)
from soc2gate.kinds.kubernetes_links import account_of, budgets_of, in_namespace, link_declared, named
from soc2gate.model.resource import Places, Problem, RawResource, Reading, Resource, Side, Weight, Where, place_of
from soc2gate.model.value import Unknown, Value

T = TypeVar("T")

CHOSEN_AT_APPLY = Unknown("no namespace is written: kubectl chooses it when it applies the manifest", not_null=True)


@dataclass(frozen=True, slots=True)
class Manifests:
    """What manifests came to: resources in the normal form, linked."""

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    unjudged: Mapping[str, int]
    """Types that are no kind of ours (custom resources, storage classes), with how many objects."""


def normalise_manifests(readings: Sequence[Reading], terraform: Sequence[RawResource] = ()) -> Manifests:
    """Every manifest that was read, in the normal form and linked across all readings of the scan.

    Of readings of other formats only `terraform` is looked at: their resources that make API objects. Order follows
    the readings; a namespace that manifests name and none declares stands after everything else.
    """
    resources: list[Resource] = []
    problems: list[Problem] = []
    unjudged: dict[str, int] = {}
    theirs = {raw.root for raw in terraform}
    unread = {reading.root: reading.unread for reading in readings if reading.root in theirs and reading.unread}
    rendered = {reading.root for reading in readings if reading.rendered}
    configuration: list[RawResource] = []
    for reading in readings:
        if reading.format != "kubernetes":
            continue
        unread[reading.root] = reading.unread
        for raw in reading.resources:
            if is_configuration(raw.type):
                configuration.append(raw)
                server = configured_by_kubeadm(raw)
                resources += [server] if server is not None else []
                continue
            told = from_manifest(raw)
            if told is None:
                unjudged[raw.type] = unjudged.get(raw.type, 0) + 1
                continue
            resources += told[0]
            problems += told[1]
    resources = with_files(resources, configuration)
    if terraform:
        resources += _from_terraform(terraform, problems, unjudged)
    return Manifests(tuple(link_declared(resources, unread, rendered)), tuple(problems), dict(sorted(unjudged.items())))


def _from_terraform(
    terraform: Sequence[RawResource], problems: list[Problem], unjudged: dict[str, int]
) -> list[Resource]:
    # Imported here: most scans of manifests have none of it.
    from soc2gate.kinds.kubernetes_terraform import NotAnObject, Terraform

    spelt = Terraform(terraform)
    out: list[Resource] = []
    for raw in terraform:
        try:
            written = spelt.written(raw)
        except NotAnObject as reason:
            message = f"{raw.address} was not judged: {reason}"
            problems.append(Problem(Weight.GAP, "kubernetes", message, raw.where, "settle it, or scan a plan"))
            continue
        if written is None:
            unjudged[raw.type] = unjudged.get(raw.type, 0) + 1
            continue
        made, refused = from_object(
            written.body,
            resource=written.resource,
            side=Side.DECLARED,
            where=raw.where,
            places=written.places,
            root=raw.root,
            address=raw.address,
            notes=written.notes,
            uncertain=raw.uncertain,
            spelling=f"terraform {raw.type}",
            defaults=written.defaults,
        )
        out += made
        problems += refused
    return out


def spelling_type(type_: str) -> str:
    """The type a manifest's type is judged as: `apps/v1 Deployment` for `extensions/v1beta1 Deployment`."""
    api_version, _, name = type_.rpartition(" ")
    resource = find(api_version, name)
    return f"{resource.api_version} {resource.name}" if resource is not None else type_


def from_manifest(raw: RawResource) -> tuple[list[Resource], list[Problem]] | None:
    """`from_object` of a manifest that was read; None for a type that is no kind of ours."""
    resource = find(*raw.type.rpartition(" ")[::2])
    if resource is None:
        return None
    return from_object(
        raw.body,
        resource=resource,
        side=Side.DECLARED,
        where=raw.where,
        places=raw.places,
        root=raw.root,
        address=raw.address,
        notes=raw.notes,
        uncertain=raw.uncertain,
    )


def from_object(
    body: Mapping[str, Value],
    *,
    side: Side,
    where: Where,
    places: Places | None = None,
    root: str = "",
    address: str = "",
    resource: ApiResource | None = None,
    notes: Mapping[str, str] | None = None,
    uncertain: str = "",
    managed_by: str = "",
    account: str = "",
    spelling: str = "",
    defaults: Mapping[str, str] | None = None,
) -> tuple[list[Resource], list[Problem]]:
    """An API object in the normal form, and what in it the API server would refuse.

    The first resource is the object; what is part of it (a workload's pod template) follows. Both lists are empty for
    a type that is no kind of ours. `resource` spares the look-up where the type is known (items of a list do not say
    it); `address` is the uid (`apps/Deployment/shop/web`) where none is given; `account` names the cluster; `spelling`
    is given where a tool spells the object, and `defaults` where it says more than was written.
    """
    from soc2gate.kinds.kubernetes_objects import normal_object

    if resource is None:
        resource = find(str(body.get("apiVersion", "")), str(body.get("kind", "")))
        if resource is None:
            return [], []
    made = normal_object(body, resource, live=side is Side.LIVE)
    properties = dict(made.properties)
    name, namespace = _settle_metadata(properties, resource, side)
    uid = _uid(resource, namespace, name)
    identity: dict[str, Value] = {"group": resource.group, "kind": resource.name, "id": uid, "name": name}
    if resource.namespaced:
        identity["namespace"] = namespace
    if account:
        identity["account"] = account
    address = address or (uid if isinstance(uid, str) else f"{resource.name}/{name if isinstance(name, str) else '*'}")
    places = places or {}
    finished = Resource(
        kind=resource.kind,
        address=address,
        side=side,
        properties=properties,
        where=where,
        places=places,
        root=root,
        spelling=spelling or ("manifest" if side is Side.DECLARED else "api"),
        identity=identity,
        defaults={**made.defaults, **defaults} if defaults else made.defaults,
        notes={**notes, **made.notes} if notes else made.notes,
        uncertain=uncertain,
        tags=_labels(properties),
        managed_by=managed_by,
    )
    problems = [
        Problem(
            Weight.GAP,
            "kubernetes" if side is Side.DECLARED else "collect",
            f"{address}: {reason}",
            place_of(places, path, where),
            "the API server refuses it" if side is Side.DECLARED else "",
        )
        for path, reason in made.refused
    ]
    return [finished, *_parts(finished)], problems


def _labels(properties: Mapping[str, Value]) -> Mapping[str, Value]:
    """Labels are to a cluster what tags are to an account: scopes and inventories go by them."""
    metadata = properties.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _settle_metadata(properties: dict[str, Value], resource: ApiResource, side: Side) -> tuple[Value, Value]:
    """The object's name and namespace; in the properties too a namespace that is not written is unknown."""
    found = properties.get("metadata")
    metadata = dict(found) if isinstance(found, dict) else {}
    name = metadata.get("name")
    if name is None:
        start = metadata.get("generateName")
        if isinstance(start, str):
            name = Unknown("the API server makes the name from generateName", not_null=True, prefix=start)
        else:
            name = Unknown("no name is written", not_null=True)
        metadata["name"] = name
    else:
        metadata.pop("generateName", None)
    if not resource.namespaced:
        metadata.pop("namespace", None)
        namespace: Value = None
    else:
        namespace = metadata.get("namespace") or None
        if namespace is None and side is Side.DECLARED:
            namespace = metadata["namespace"] = CHOSEN_AT_APPLY
    if not isinstance(found, Unknown):
        properties["metadata"] = metadata
    return name, namespace


def _uid(resource: ApiResource, namespace: Value, name: Value) -> Value:
    if isinstance(name, str) and (isinstance(namespace, str) or namespace is None):
        return resource.uid(namespace or "", name)
    if not isinstance(name, str):
        return Unknown("its name is not known", not_null=True)
    return Unknown(unknown_like(namespace).reason, not_null=True)


def pod_templates(resource: Resource) -> Sequence[Resource]:
    """The pod template in a workload, as a resource of its own; nothing for other kinds.

    Addressed as the workload, with the lines and defaults of the part that it is. `metadata.namespace` is the
    workload's, where its pods will run.
    """
    api = RESOURCES.get(resource.kind)
    if api is None or not api.template:
        return ()
    inside = api.template
    template: Value = dict(resource.properties)
    if inside != ".":
        for step in inside.split("."):
            template = template.get(step) if isinstance(template, dict) else template
    if not isinstance(template, dict):
        reason = template.reason if isinstance(template, Unknown) else "no pod template is written"
        template = {"metadata": Unknown(reason), "spec": Unknown(reason)}
    metadata = template.get("metadata")
    namespace = named(resource, "namespace")
    if metadata is None or isinstance(metadata, dict):
        metadata = {**(metadata or {}), "namespace": namespace} if namespace is not None else metadata or {}
    prefix = "" if inside == "." else f"{inside}."
    return (
        replace(
            resource,
            kind=POD_TEMPLATE,
            # The API refuses pods without: what the code leaves out, or we did not make out, is not known to be empty.
            properties={
                "metadata": metadata,
                "spec": template.get("spec", Unknown("spec is required and not written")),
            },
            places=_below(resource.places, prefix),
            identity={**resource.identity, "workload": _workload(resource)},
            related={},
            defaults=_below(resource.defaults, prefix),
            notes=_notes_below(resource.notes, inside),
            derived_from=resource.kind,
            members={},
        ),
    )


def _notes_below(notes: Mapping[str, str], inside: str) -> Mapping[str, str]:
    if not notes or inside == ".":
        return notes
    # Imported here: only live objects say who set what.
    from soc2gate.kinds import kubernetes_managers

    return {**_below(notes, f"{inside}."), **kubernetes_managers.below(notes, inside)}


def _parts(resource: Resource) -> Sequence[Resource]:
    """The resources of other kinds that an object is at the same time."""
    templates = pod_templates(resource)
    return (*templates, *api_servers(resource)) if resource.kind == "Kubernetes::Pod" else templates


def _workload(resource: Resource) -> Value:
    """What a template is matched by: two workloads of one name are two, and the namespace may not be known."""
    name = named(resource, "name")
    kind = resource.kind.removeprefix(PREFIX)
    return f"{kind}/{name}" if isinstance(name, str) else name


def _below(mapping: Mapping[str, T], prefix: str) -> Mapping[str, T]:
    """What stands below `prefix`, by the path from there."""
    if not prefix:
        return mapping
    cut = len(prefix)
    return {path[cut:]: value for path, value in mapping.items() if path.startswith(prefix)}


# Names are compared by matching. The API version is the one the object was asked in.
_IGNORED = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
# Verbs, resources and their like are sets to the authorizer.
_RULE_SETS = tuple(f"rules[*].{key}" for key in ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs"))

_TITLES = {
    "PodTemplate": "pod template",
    "ServiceAccount": "service account",
    "StatefulSet": "stateful set",
    "DaemonSet": "daemon set",
    "ReplicaSet": "replica set",
    "ReplicationController": "replication controller",
    "CronJob": "cron job",
    "ConfigMap": "config map",
    "PersistentVolumeClaim": "persistent volume claim",
    "LimitRange": "limit range",
    "ResourceQuota": "resource quota",
    "NetworkPolicy": "network policy",
    "PodDisruptionBudget": "disruption budget",
    "HorizontalPodAutoscaler": "autoscaler",
    "RoleBinding": "role binding",
    "ClusterRole": "cluster role",
    "ClusterRoleBinding": "cluster role binding",
    "ApiServer": "API server",
}
_UNORDERED: Mapping[str, tuple[str, ...]] = {
    "Role": _RULE_SETS,
    "ClusterRole": _RULE_SETS,
    # Whoever is named is bound; nothing reads the order.
    "RoleBinding": ("subjects",),
    "ClusterRoleBinding": ("subjects",),
    "NetworkPolicy": ("spec.policyTypes",),
    "PersistentVolumeClaim": ("spec.accessModes",),
}
# A policy's rule without `from` is for everybody, a peer without a namespace selector for its own namespace.
_WHOLE: Mapping[str, tuple[str, ...]] = {
    "NetworkPolicy": (
        "spec.podSelector",
        "spec.ingress[*]",
        "spec.ingress[*].from[*].namespaceSelector",
        "spec.egress[*]",
        "spec.egress[*].to[*].namespaceSelector",
    ),
    "PodDisruptionBudget": ("spec.selector",),
    "Service": ("spec.selector",),
}
_IGNORED_MORE: Mapping[str, tuple[str, ...]] = {
    # The values of a Secret are stored nowhere, so there is nothing to compare.
    "Secret": ("data",),
    # The token controller of clusters before 1.24 writes them.
    "ServiceAccount": ("secrets",),
}
_BUDGETS = {"DisruptionBudgets": Link("Kubernetes::PodDisruptionBudget", find=budgets_of)}
_LINKS: Mapping[str, Mapping[str, Link]] = {
    "Namespace": {
        "Workloads": Link(POD_TEMPLATE, find=in_namespace),
        "NetworkPolicies": Link("Kubernetes::NetworkPolicy", find=in_namespace),
    },
    "Deployment": _BUDGETS,
    "StatefulSet": _BUDGETS,
    "PodTemplate": {"ServiceAccounts": Link("Kubernetes::ServiceAccount", find=account_of)},
}


def _ignored(api: ApiResource) -> tuple[str, ...]:
    if api.template == ".":
        template: tuple[str, ...] = ("metadata", "spec")
    else:
        template = (api.template,) if api.template else ()
    # The template is compared as the Kubernetes::PodTemplate that it is: once, under the rules that read it.
    return (*_IGNORED, *template, *_IGNORED_MORE.get(api.name, ()))


def _kind(api: ApiResource) -> Kind:
    return Kind(
        name=api.kind,
        title=_TITLES.get(api.name, api.name.lower()),
        manifest=Spelling(f"{api.api_version} {api.name}"),
        links=_LINKS.get(api.name, {}),
        names=("name",),
        unordered=_UNORDERED.get(api.name, ()),
        whole=_WHOLE.get(api.name, ()),
        ignored=_ignored(api),
        derives=_parts if api.template else None,
    )


KINDS: tuple[Kind, ...] = (
    *(_kind(api) for api in RESOURCES.values()),
    Kind(name=POD_TEMPLATE, title="pod template", links=_LINKS["PodTemplate"], names=("workload",), ignored=_IGNORED),
    # What its pod says is compared as the pod's template.
    Kind(
        name=API_SERVER,
        title="API server",
        names=("name",),
        ignored=(*_IGNORED, "metadata", "arguments", "auditPolicy", "encryptionConfiguration"),
    ),
)

__all__ = [
    "KINDS",
    "NAMESPACE",
    "Manifests",
    "from_manifest",
    "from_object",
    "normalise_manifests",
    "pod_templates",
    "spelling_type",
]
