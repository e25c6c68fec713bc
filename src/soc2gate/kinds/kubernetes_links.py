"""What belongs together in a cluster though nothing refers to it: by namespace, and by label selector.

The live side hands whole clusters to the finders, one at a time. Manifests are harder: a namespace may be named and
declared nowhere, its policies may stand in another folder, and two folders may be two clusters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from soc2gate.facts import dataclass, field, replace
from soc2gate.kinds.kubernetes_api import NAMESPACE, POD_TEMPLATE
from soc2gate.kinds.targets import Key, key_of
from soc2gate.model.resource import Resource, Side, Span, Where
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, Unknown, Value

_POLICY = "Kubernetes::NetworkPolicy"
_BUDGET = "Kubernetes::PodDisruptionBudget"
_AUTOSCALER = "Kubernetes::HorizontalPodAutoscaler"
_ACCOUNT = "Kubernetes::ServiceAccount"
_DEFAULT_ACCOUNT = "default"
_BUDGETED = frozenset({"Kubernetes::Deployment", "Kubernetes::StatefulSet"})
_SCALED = _BUDGETED | {"Kubernetes::ReplicaSet", "Kubernetes::ReplicationController"}
_MOST_OPTIONS = 100
Home: TypeAlias = Key | None
CHOSEN = "Namespace/(chosen at apply)"
"""The address of the namespace that manifests without one are applied to."""

_NAMED_ONLY = Unknown(
    "the namespace is named by manifests that were read and declared by none of them",
    depends=("the namespace's own manifest",),
    not_null=True,
)


def in_namespace(namespace: Resource, others: Sequence[Resource]) -> Sequence[Resource]:
    """Of `others`, those in the namespace."""
    name = named(namespace, "name")
    return [other for other in others if isinstance(name, str) and named(other, "namespace") == name]


def named(resource: Resource, key: str) -> Value:
    """The object's `name` or `namespace`. A live resource written by hand in a fixture says it in the object only."""
    found = resource.identity.get(key)
    return found if found is not None else _at(resource.properties, "metadata", key)


def budgets_of(workload: Resource, budgets: Sequence[Resource]) -> Sequence[Resource]:
    """Of `budgets`, those that select the workload's pods."""
    home = named(workload, "namespace")
    here = [budget for budget in budgets if isinstance(home, str) and named(budget, "namespace") == home]
    if not here:
        return []
    labels = _at(workload.properties, "spec", "template", "metadata", "labels")
    return [budget for budget in here if selects(_at(budget.properties, "spec", "selector"), labels)]


def account_of(template: Resource, accounts: Sequence[Resource]) -> Sequence[Resource]:
    """Of `accounts`, the service account that the template's pods run as."""
    wanted, home = _account_name(template), named(template, "namespace")
    return [
        account
        for account in accounts
        if isinstance(home, str) and named(account, "namespace") == home and named(account, "name") == wanted
    ]


def _account_name(template: Resource) -> Value:
    return _at(template.properties, "spec", "serviceAccountName") or _DEFAULT_ACCOUNT


def selects(selector: Value, labels: Value) -> bool | None:
    """Whether a label selector matches labels; None where one of them is not known.

    An empty selector matches everything and an absent one nothing, as in policy/v1.
    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    if selector is None:
        return False
    if labels is None:
        labels = {}
    if not isinstance(selector, dict) or not isinstance(labels, dict):
        return None
    wanted, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not isinstance(wanted, dict) or not isinstance(expressions, list):
        return None
    answers = [_equal(labels.get(key), value) for key, value in wanted.items()]
    answers += [_holds(expression, labels) for expression in expressions]
    if False in answers:
        return False
    return None if None in answers else True


def _equal(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    return left == right


def _holds(expression: Value, labels: Mapping[str, Value]) -> bool | None:
    if not isinstance(expression, dict):
        return None
    key, operator, values = (expression.get(name) for name in ("key", "operator", "values"))
    if not isinstance(key, str):
        return None
    label = labels.get(key)
    if operator in ("Exists", "DoesNotExist"):
        return (label is not None) is (operator == "Exists")
    if not isinstance(values, list) or operator not in ("In", "NotIn") or isinstance(label, Unknown):
        return None
    return (label in values) is (operator == "In")


def _at(properties: Mapping[str, Value], *steps: str) -> Value:
    value: Value = dict(properties)
    for step in steps:
        if isinstance(value, Unknown):
            return value
        value = value.get(step) if isinstance(value, dict) else None
    return value


def link_declared(
    resources: Sequence[Resource], unread: Mapping[str, Sequence[str]], rendered: Collection[str] = ()
) -> list[Resource]:
    """Manifests with `related` filled, and the namespaces that they name and do not declare.

    `unread` says of each root why parts of it were not read: what could stand there leaves the links open. In
    `rendered` roots a resource belongs with its root, not with the folder of the file that it was made of.
    """
    scan = _Scan(resources, unread, rendered)
    namespaces = [*(r for r in resources if r.kind == NAMESPACE), *scan.undeclared()]
    changed = {id(old): scan.with_neighbours(old) for old in namespaces}
    for old in resources:
        if old.kind in _BUDGETED:
            changed[id(old)] = scan.with_budgets(old)
        if old.kind == POD_TEMPLATE:
            changed[id(old)] = scan.with_account(old)
        if old.kind in _SCALED:
            changed[id(old)] = scan.with_autoscaler(changed.get(id(old), old))
    known = {id(old) for old in resources}
    return [
        *(changed.get(id(resource), resource) for resource in resources),
        *(changed[id(resource)] for resource in namespaces if id(resource) not in known),
    ]


@dataclass(slots=True)
class _Found:
    """What belongs to one resource by one link: for certain, and perhaps, with the doubt."""

    certain: list[Resource] = field(default_factory=list)
    possible: list[Resource] = field(default_factory=list)
    doubt: str = ""


class _Scan:
    """All manifests of a scan, by kind and namespace.

    Folders are looked at together, because people keep policies apart from workloads, unless two declare the same
    object: then they are variants (one for each cluster), and what one has proves nothing about the other.
    """

    def __init__(
        self, resources: Sequence[Resource], unread: Mapping[str, Sequence[str]], rendered: Collection[str]
    ) -> None:
        self._rendered = frozenset(rendered)
        self._unread = {root: reasons[0] for root, reasons in unread.items() if reasons}
        self._named: dict[tuple[str, str], list[Resource]] = {}
        self._nameless: dict[tuple[str, str], list[Resource]] = {}
        """By kind and root, what stands in a namespace that is not known."""
        self._declared: dict[str, list[Resource]] = {}
        self._declared_unnamed: dict[str, set[Home]] = {}
        self._naming: dict[str, dict[str, Resource]] = {}
        folders_of: dict[tuple[str, str], set[str]] = {}
        for resource in resources:
            name, namespace = resource.identity.get("name"), resource.identity.get("namespace")
            if resource.kind == NAMESPACE:
                if isinstance(name, str):
                    self._declared.setdefault(name, []).append(resource)
                else:
                    self._declared_unnamed.setdefault(resource.root, set()).add(_home(resource))
                continue
            uid = resource.identity.get("id")
            if isinstance(uid, str):
                folders_of.setdefault((resource.kind, uid), set()).add(self._folder(resource))
            if isinstance(namespace, str):
                self._named.setdefault((resource.kind, namespace), []).append(resource)
                self._naming.setdefault(namespace, {}).setdefault(self._folder(resource), resource)
            elif namespace is not None:
                self._nameless.setdefault((resource.kind, resource.root), []).append(resource)
        self._doubled: dict[str, set[tuple[str, str]]] = {}
        for key, folders in folders_of.items():
            if len(folders) > 1:
                for folder in folders:
                    self._doubled.setdefault(folder, set()).add(key)

    def undeclared(self) -> list[Resource]:
        """The namespaces that manifests name or leave to be chosen, as resources."""
        out: list[Resource] = []
        for name, by_folder in self._naming.items():
            there = list(self._declared.get(name, ()))
            for first in by_folder.values():
                if not any(self._together(first, other) for other in there):
                    taken = any(other.root == first.root for other in there)
                    address = f"Namespace/{name}" + (_place(first) if taken else "")
                    there.append(_namespace(first, name, address))
                    out.append(there[-1])
        return out + list(self._unnamed())

    def _unnamed(self) -> Iterator[Resource]:
        """Namespaces that hold workloads, and nothing tells their names."""
        for (kind, root), found in self._nameless.items():
            homes = {_home(workload): workload for workload in reversed(found)} if kind == POD_TEMPLATE else {}
            for home, first in reversed(homes.items()):
                if home is not None and home in self._declared_unnamed.get(root, ()):
                    continue
                namespace = first.identity.get("namespace")
                address = f"Namespace/({_why(namespace)})" if _from_terraform(first) else CHOSEN
                yield _namespace(first, namespace, address)

    def with_neighbours(self, namespace: Resource) -> Resource:
        """The namespace with its workloads and network policies."""
        linked = _related(namespace, "Workloads", self._in(POD_TEMPLATE, namespace), places=False)
        return _related(linked, "NetworkPolicies", self._in(_POLICY, namespace), places=True)

    def with_budgets(self, workload: Resource) -> Resource:
        """The workload with the disruption budgets that select its pods."""
        labels = _at(workload.properties, "spec", "template", "metadata", "labels")
        home = workload.identity.get("namespace")
        found = _Found()
        if isinstance(home, str):
            candidates = [(budget, "") for budget in self._seen_from(workload, (_BUDGET, home))]
            elsewhere = self._nameless.get((_BUDGET, workload.root), [])
            candidates += [(budget, f"the namespace of {budget.address} is not written") for budget in elsewhere]
        else:
            candidates = self._beside(workload, _BUDGET)
        for budget, doubt in candidates:
            matches = selects(_at(budget.properties, "spec", "selector"), labels)
            if matches is None:
                doubt = doubt or f"it is not known which pods {budget.address} selects"
            if matches is not False:
                _add(found, budget, doubt)
        self._doubt(found, workload)
        return _related(workload, "DisruptionBudgets", found, places=True)

    def with_account(self, template: Resource) -> Resource:
        """The pod template with the service account that its pods run as."""
        wanted, home = _account_name(template), template.identity.get("namespace")
        if isinstance(home, str):
            nearby = [(account, "") for account in self._seen_from(template, (_ACCOUNT, home))]
            elsewhere = self._nameless.get((_ACCOUNT, template.root), [])
            nearby += [(account, f"the namespace of {account.address} is not written") for account in elsewhere]
        else:
            nearby = self._beside(template, _ACCOUNT)
        found = _Found()
        for account, doubt in nearby:
            if account.identity.get("name") == wanted:
                _add(found, account, doubt)
        if not found.certain:
            # A namespace holds one of a name: what was not read can add none.
            self._doubt(found, template)
        if not found.certain and wanted != _DEFAULT_ACCOUNT:
            # It must be somewhere, or no pod would start. The default account needs nobody to write it.
            found.doubt = found.doubt or f"no manifest that was read declares its service account {wanted}"
        return _related(template, "ServiceAccounts", found, places=True)

    def with_autoscaler(self, workload: Resource) -> Resource:
        """The workload with the replicas that its autoscaler may choose, whatever the manifest says of them."""
        home, name = (workload.identity.get(key) for key in ("namespace", "name"))
        wanted = {"kind": workload.identity.get("kind"), "name": name}
        if isinstance(home, str):
            scalers = self._seen_from(workload, (_AUTOSCALER, home))
        else:
            scalers = [scaler for scaler, doubt in self._beside(workload, _AUTOSCALER) if not doubt]
        spec = workload.properties.get("spec")
        for scaler in scalers:
            target = _at(scaler.properties, "spec", "scaleTargetRef")
            if isinstance(target, dict) and isinstance(spec, dict) and wanted.items() <= target.items():
                defaults = {path: why for path, why in workload.defaults.items() if path != "spec.replicas"}
                properties = {**workload.properties, "spec": {**spec, "replicas": _replicas(scaler)}}
                return replace(workload, properties=properties, defaults=defaults)
        return workload

    def _in(self, kind: str, namespace: Resource) -> _Found:
        found = _Found()
        name = namespace.identity.get("name")
        nameless = self._nameless.get((kind, namespace.root), [])
        if isinstance(name, str):
            for resource in self._seen_from(namespace, (kind, name)):
                _add(found, resource, "")
            if kind == _POLICY:
                for resource in nameless:
                    _add(found, resource, f"the namespace of {resource.address} is not written")
            self._doubt(found, namespace)
        elif _from_terraform(namespace):
            for resource in nameless:
                _add(found, resource, _another(namespace, resource))
            found.doubt = f"which namespace this is, and what else is in it, is not known: {_why(name)}"
        else:
            folders = {self._folder(workload) for workload in self._nameless.get((POD_TEMPLATE, namespace.root), [])}
            for resource in nameless:
                # One folder is applied at once, so what is in it shares the namespace that is chosen then.
                apart = kind == _POLICY and folders != {self._folder(resource)}
                _add(found, resource, "folders may be applied to different namespaces" if apart else "")
            found.doubt = "which namespace this is, and what else is in it, is chosen when the manifests are applied"
        return found

    def _beside(self, owner: Resource, kind: str) -> list[tuple[Resource, str]]:
        """What else in the root is in a namespace that is not known, each with the doubt whether it is the same."""
        return [(other, _another(owner, other)) for other in self._nameless.get((kind, owner.root), [])]

    def _doubt(self, found: _Found, owner: Resource) -> None:
        """What was not read may belong to it, whichever folder it is in."""
        reason = self._unread.get(owner.root) or next(iter(self._unread.values()), "")
        found.doubt = found.doubt or reason

    def _seen_from(self, owner: Resource, key: tuple[str, str]) -> Iterable[Resource]:
        return [resource for resource in self._named.get(key, []) if self._together(owner, resource)]

    def _together(self, one: Resource, other: Resource) -> bool:
        if not self._doubled:
            return True
        left, right = self._folder(one), self._folder(other)
        if left == right:
            return True
        ours, theirs = self._doubled.get(left), self._doubled.get(right)
        return ours is None or theirs is None or ours.isdisjoint(theirs)

    def _folder(self, resource: Resource) -> str:
        # Terraform's root is applied at once, whichever folders its modules are in; so is what a tool renders.
        if resource.root in self._rendered or _from_terraform(resource) or not isinstance(resource.where, Span):
            return resource.root
        return resource.where.path.rpartition("/")[0]


def _place(resource: Resource) -> str:
    """Keeps addresses apart as the manifest reader does."""
    return f"@{resource.where.path}:{resource.where.line}" if isinstance(resource.where, Span) else ""


def _from_terraform(resource: Resource) -> bool:
    return resource.spelling.startswith("terraform")


def _home(resource: Resource) -> Home:
    """What an unknown namespace is told apart by. Manifests of one root share the one that is chosen for them; what
    Terraform says names a variable or a resource."""
    if not _from_terraform(resource):
        return None
    return key_of(resource.identity.get("name" if resource.kind == NAMESPACE else "namespace"))


def _another(owner: Resource, other: Resource) -> str:
    """Why an unknown namespace may not be the owner's; empty where it is the same."""
    if _home(owner) == _home(other):
        return ""
    return f"it is not known whether {other.address} is in the same namespace"


def _why(value: Value) -> str:
    return value.reason if isinstance(value, SPECIAL) else "not decided by the files"


def _replicas(scaler: Resource) -> Value:
    reason = f"{scaler.address} chooses the number of replicas"
    least, most = (_at(scaler.properties, "spec", key) for key in ("minReplicas", "maxReplicas"))
    if not isinstance(least, int) or not isinstance(most, int) or not 0 <= most - least <= _MOST_OPTIONS:
        return Unknown(reason, not_null=True)
    return least if least == most else Alternatives(tuple(range(least, most + 1)), reason)


def _add(found: _Found, resource: Resource, doubt: str) -> None:
    doubt = doubt or resource.uncertain
    if doubt:
        found.possible.append(resource)
        found.doubt = found.doubt or doubt
    else:
        found.certain.append(resource)


def _related(owner: Resource, name: str, found: _Found, *, places: bool) -> Resource:
    """`owner` with a link filled in. The lines inside linked resources come along where `places` asks for them."""
    where: dict[str, Where] = dict(owner.places)
    both = [*found.certain, *found.possible]
    for index, other in enumerate(both):
        path = f"related.{name}[{index}]"
        where[path] = other.where
        if places:
            where |= {f"{path}.{inner}": place for inner, place in other.places.items()}
    certain: list[Value] = [dict(other.properties) for other in found.certain]
    value: Value = certain
    if found.doubt:
        more: list[Value] = [dict(other.properties) for other in found.possible]
        value = OpenList(tuple(certain), (*more, Unknown(found.doubt)), found.doubt)
    return replace(owner, related={**owner.related, name: value}, places=where)


def _namespace(first: Resource, name: Value, address: str) -> Resource:
    """A namespace that `first` is the first to name, or to leave open."""
    return Resource(
        kind=NAMESPACE,
        address=address,
        side=Side.DECLARED,
        properties={
            "apiVersion": "v1",
            "kind": "Namespace",
            # Every namespace has labels, and may have annotations.
            "metadata": {"name": name, "labels": _NAMED_ONLY, "annotations": replace(_NAMED_ONLY, not_null=False)},
        },
        where=first.where,
        places={"metadata.name": first.places.get("metadata.namespace", first.where)},
        root=first.root,
        spelling=first.spelling,
        identity={
            "group": "",
            "kind": "Namespace",
            "id": f"Namespace/{name}" if isinstance(name, str) else name,
            "name": name,
        },
        # Not a thing of its own in code: where the cluster lacks it, the workloads in it are what is missing.
        derived_from=NAMESPACE,
    )
