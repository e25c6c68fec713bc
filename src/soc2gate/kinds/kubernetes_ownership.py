"""Who brought a live object about: a controller, Kubernetes itself, or a person.

What a controller makes is its owner's business and judged there. What every cluster brings along is nobody's to
declare. Names and labels are checked as narrowly as they are documented, so that nobody hides behind them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from soc2gate.facts import dataclass
from soc2gate.kinds.kubernetes_api import ApiResource, find
from soc2gate.model.value import Json
from soc2gate.patterns import regex

KUBERNETES = "Kubernetes"

# https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
_SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
_BOOTSTRAP_ROLES = frozenset({"cluster-admin", "admin", "edit", "view"})
_BOOTSTRAP_LABEL = ("kubernetes.io/bootstrapping", "rbac-defaults")
# Certificates that controllers publish in every namespace: Kubernetes', and OpenShift's of its service authority (its
# documentation, "Securing service traffic using service serving certificate secrets").
_PUBLISHED = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})
_TOKEN_SECRET = regex(r".+-token-[a-z0-9]{5}")


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller that an object says it belongs to."""

    api_version: str
    kind: str
    name: str
    uid: str

    @property
    def resource(self) -> ApiResource | None:
        return find(self.api_version, self.kind)


def controller_of(body: Mapping[str, Json]) -> Owner | None:
    """The owner that manages the object (`controller: true`); None where there is none."""
    references = _metadata(body).get("ownerReferences")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict) and reference.get("controller") is True:
            return Owner(
                str(reference.get("apiVersion", "")),
                str(reference.get("kind", "")),
                str(reference.get("name", "")),
                str(reference.get("uid", "")),
            )
    return None


def belongs_to_known(body: Mapping[str, Json], uids: Collection[str]) -> bool:
    """Whether a controller that was read (`uids`) manages the object: then it is judged there and not again."""
    owner = controller_of(body)
    return owner is not None and owner.uid in uids


def managed_by(body: Mapping[str, Json], resource: ApiResource, unread: Mapping[str, str]) -> str:
    """What brought the object where people do not declare such things; empty where it is a person's to declare.

    `unread` holds the kinds that could not be listed: an owner among them may well be there.
    """
    owner = controller_of(body)
    if owner is not None:
        known = owner.resource
        if known is None:
            return f"{owner.kind} {owner.name}"
        if known.kind in unread:
            return f"{owner.kind} {owner.name}, which was not read"
    metadata = _metadata(body)
    name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace", ""))
    if namespace in _SYSTEM_NAMESPACES:
        return KUBERNETES
    return _brought_along(resource.name, namespace, name, metadata)


def _brought_along(kind: str, namespace: str, name: str, metadata: Mapping[str, Json]) -> str:
    if kind == "Namespace":
        return KUBERNETES if name == "default" or name in _SYSTEM_NAMESPACES else ""
    if kind == "ServiceAccount":
        return KUBERNETES if name == "default" else ""
    if kind == "ConfigMap":
        return KUBERNETES if name in _PUBLISHED else ""
    if kind == "Service":
        return KUBERNETES if (namespace, name) == ("default", "kubernetes") else ""
    if kind == "Secret":
        return _secret(name, metadata)
    if kind in ("ClusterRole", "ClusterRoleBinding"):
        return _cluster_role(name, metadata)
    return ""


def _cluster_role(name: str, metadata: Mapping[str, Json]) -> str:
    # The prefix is reserved: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
    if name.startswith(("system:", "kubeadm:")):
        return KUBERNETES
    labels = metadata.get("labels")
    key, value = _BOOTSTRAP_LABEL
    labelled = isinstance(labels, dict) and labels.get(key) == value
    # The label alone proves nothing: whoever makes a binding can write it.
    return KUBERNETES if labelled and name in _BOOTSTRAP_ROLES else ""


def _secret(name: str, metadata: Mapping[str, Json]) -> str:
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and "kubernetes.io/service-account.uid" in annotations:
        # Made by the token controller of clusters before 1.24, named after the account.
        return KUBERNETES if _TOKEN_SECRET.fullmatch(name) else ""
    labels = metadata.get("labels")
    if name.startswith("sh.helm.release.v1.") and isinstance(labels, dict) and labels.get("owner") == "helm":
        return "Helm"
    return ""


def _metadata(body: Mapping[str, Json]) -> Mapping[str, Json]:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
