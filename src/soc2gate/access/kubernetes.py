"""The principals of a cluster: whom its role bindings name, with what the bound roles come to.

A cluster knows no people: who stands behind a user or a group, whether with a second factor, and when they last came,
its sign-in knows and the API does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.access.principals import Found, Principal, Unread, seen_in, text_of, worst
from soc2gate.cel.statements import members
from soc2gate.live.snapshot import Part
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown, Value

ROLE, CLUSTER_ROLE = "Kubernetes::Role", "Kubernetes::ClusterRole"
BINDING, CLUSTER_BINDING = "Kubernetes::RoleBinding", "Kubernetes::ClusterRoleBinding"
KINDS = (BINDING, CLUSTER_BINDING, ROLE, CLUSTER_ROLE)
_TITLES = {
    ROLE: "roles",
    CLUSTER_ROLE: "cluster roles",
    BINDING: "role bindings",
    CLUSTER_BINDING: "cluster role bindings",
}
_NOT_TOLD = "the cluster does not tell"
_CREATES_PODS = {
    "pods", "deployments", "daemonsets", "statefulsets", "replicasets", "replicationcontrollers", "jobs",
    "cronjobs", "*",
}  # fmt: skip
_READING = {"get", "list", "watch"}


def principals(part: Part, resources: Sequence[Resource]) -> Found:
    """Every subject that a binding of one cluster names; `resources` are the snapshot's, linked."""
    ours = [one for one in resources if one.kind in KINDS and seen_in(one) == part.account]
    roles = {(one.kind, _namespace(one), _name(one)): one for one in ours if one.kind in (ROLE, CLUSTER_ROLE)}
    grants: dict[tuple[str, str], list[tuple[str, tuple[str, ...]]]] = {}
    unread = [
        Unread(f"kubernetes:{part.account}", _TITLES[kind], reason)
        for kind in KINDS
        for reason in [part.why_unread(kind)]
        if reason is not None
    ]
    for binding in ours:
        if binding.kind not in (BINDING, CLUSTER_BINDING):
            continue
        subjects = binding.properties.get("subjects")
        if isinstance(subjects, Unknown):
            unread.append(Unread(f"kubernetes:{part.account}", f"subjects of {binding.address}", subjects.reason))
            continue
        granted = _granted(part, binding, roles)
        for subject in members(subjects).items:
            if isinstance(subject, dict):
                grants.setdefault(_subject(subject, binding), []).append(granted)
    found = [
        Principal(
            id=f"{part.account}:{kind}:{name}",
            type=kind,
            place=f"kubernetes:{part.account}",
            name=name,
            level=worst({level for level, _ in given}),
            privileges=tuple(dict.fromkeys(word for _, words in given for word in words)),
            mfa=_NOT_TOLD,
            last_used=_NOT_TOLD,
        )
        for (kind, name), given in grants.items()
    ]
    return Found(tuple(sorted(found, key=lambda one: one.id)), tuple(unread))


def _metadata(resource: Resource, key: str) -> str:
    metadata = resource.properties.get("metadata")
    return text_of(metadata.get(key)) if isinstance(metadata, dict) else ""


def _name(resource: Resource) -> str:
    return _metadata(resource, "name")


def _namespace(resource: Resource) -> str:
    return _metadata(resource, "namespace")


def _subject(subject: Mapping[str, Value], binding: Resource) -> tuple[str, str]:
    kind, name = text_of(subject.get("kind")), text_of(subject.get("name"))
    if kind == "ServiceAccount":
        return kind, f"{text_of(subject.get('namespace')) or _namespace(binding)}/{name}"
    # A service account may be bound by the user name that its tokens sign in with.
    if kind == "User" and name.startswith("system:serviceaccount:") and name.count(":") == 3:
        return "ServiceAccount", "/".join(name.split(":")[2:])
    return kind, name


def _granted(
    part: Part, binding: Resource, roles: Mapping[tuple[str, str, str], Resource]
) -> tuple[str, tuple[str, ...]]:
    """The most that a binding gives, and that in words."""
    reference = binding.properties.get("roleRef")
    said = reference if isinstance(reference, dict) else {}
    kind, name = text_of(said.get("kind")), text_of(said.get("name"))
    namespace = _namespace(binding) if binding.kind == BINDING else ""
    where = f" in {namespace}" if namespace else ""
    by = f"by {kind} {name}{where} ({'RoleBinding' if namespace else 'ClusterRoleBinding'} {_name(binding)})"
    role = roles.get((f"Kubernetes::{kind}", namespace if kind == "Role" else "", name))
    if role is None:
        reason = part.why_unread(f"Kubernetes::{kind}")
        if reason is None:
            return "none", (f"nothing: the {kind} {name} does not exist", by)
        return "unknown", (f"unknown: the {kind} {name} was not read ({reason})", by)
    rules = role.properties.get("rules")
    if isinstance(rules, Unknown):
        return "unknown", (f"unknown: {rules.reason}", by)
    told = [_rule(one, where) for one in members(rules).items if isinstance(one, dict)]
    return worst({level for level, _ in told}), (*(word for _, words in told for word in words), by)


def _rule(rule: Mapping[str, Value], where: str) -> tuple[str, tuple[str, ...]]:
    groups, resources, verbs = (set(_texts(rule.get(key))) for key in ("apiGroups", "resources", "verbs"))
    limited = bool(list(_texts(rule.get("resourceNames"))))
    if "*" in groups and "*" in resources and "*" in verbs:
        return "admin", (f"admin: every verb on everything{where}",)
    words = []
    level = "read" if verbs <= _READING else "write"
    if _escalates(groups, resources, verbs):
        level = "escalation"
        words.append(f"escalation: {' '.join(sorted(verbs))} on {' '.join(sorted(resources))}{where}")
    core = bool({"", "*"} & groups)
    if core and {"secrets", "*"} & resources and {"get", "list", "watch", "*"} & verbs:
        words.append(f"reads secrets{' that it names' if limited else ''}{where}")
    if core and {"pods/exec", "pods/attach", "*", "pods/*", "*/*"} & resources and {"create", "get", "*"} & verbs:
        words.append(f"runs commands in pods{where}")
    if _CREATES_PODS & resources and {"create", "patch", "update", "*"} & verbs:
        words.append(f"runs pods, with any service account of their namespace{where}")
    if not resources:
        # Addresses of the API server that are no resources: /healthz, /metrics.
        resources = set(_texts(rule.get("nonResourceURLs")))
    words.append(f"{'read' if verbs <= _READING else 'write'}: {' '.join(sorted(resources))}{where}")
    return level, tuple(words)


def _escalates(groups: set[str], resources: set[str], verbs: set[str]) -> bool:
    """As the rule k8s-rbac-no-escalation asks."""
    roles = {"rbac.authorization.k8s.io", "*"} & groups and {"roles", "clusterroles", "*"} & resources
    if roles and {"escalate", "bind", "*"} & verbs:
        return True
    people = {"users", "groups", "serviceaccounts", "uids", "*"} & resources or any(
        one.startswith("userextras/") for one in resources
    )
    return bool({"", "authentication.k8s.io", "*"} & groups and people and {"impersonate", "*"} & verbs)


def _texts(value: Value) -> Iterator[str]:
    return (one for one in members(value).items if isinstance(one, str))
