"""Reads Kubernetes manifests: every object of every document, as it stands.

Nothing is filled in here; what the API server would default is the business of `kinds`. Secret values are dropped
where they are read, so that no report, snapshot or statement can hold one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from soc2gate.declared.files import as_problem, read_text
from soc2gate.declared.formats import is_object
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.errors import InputError
from soc2gate.model.resource import Places, Problem, RawResource, Reading, Span, Weight
from soc2gate.model.value import Unknown, Value
from soc2gate.yaml_lines import Document, Step, Tagged, YamlValue, load_all

_MARKERS = re.compile(r"\{\{|\{%|<%")
_FOR_CLIENTS = frozenset(("Config", "Kustomization", "Component"))
"""Kinds of client-side files: a kubeconfig (which holds credentials) and kustomizations."""
_CONFIGURATION = {
    ("kubeadm.k8s.io", "ClusterConfiguration"): "kubernetes",
    ("apiserver.config.k8s.io", "EncryptionConfiguration"): "encryption",
    ("audit.k8s.io", "Policy"): "audit",
}
"""Read by the control plane from files: no API objects, so they have no metadata and need none. With what they are
called where they do not say (`kubernetes` is kubeadm's own name for a cluster without one)."""
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def read(root: Root, base: Path, options: ReadOptions) -> Reading:
    """Read the manifests of `root`. An address is `Deployment/shop/web`, without a namespace `Deployment/web`."""
    reader = Objects(root.path)
    substitution = root.deployment.substitution if root.deployment is not None else None
    for file in root.files:
        try:
            text = read_text(file, base, options.limits)
            documents = load_all(text, file, depth=options.limits.depth, alias_nodes=options.limits.alias_nodes)
        except InputError as error:
            reader.not_read(file, error, base)
            continue
        for document in documents:
            for path, data in objects_in(document.data):
                if substitution is None or not substitution.fills(data):
                    reader.take(document, path, data)
                else:
                    reader.take(document, path, substitution.filled(data), only=substitution.settle)
    return Reading(
        format="kubernetes",
        root=root.path,
        resources=tuple(reader.resources),
        problems=tuple(reader.problems),
        unread=tuple(reader.unread),
        files=root.files if substitution is None else tuple(sorted({*root.files, *substitution.files})),
        rendered=substitution is not None,
    )


def objects_in(data: YamlValue, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], dict[str, YamlValue]]]:
    """The objects of a document, those inside a `List` one by one."""
    if not isinstance(data, dict):
        return
    kind, items = data.get("kind"), data.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        # Elements of a typed list (`PodList`) leave out what the list says of them all.
        common = {"apiVersion": data.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
        for index, item in enumerate(items):
            whole = {**common, **item} if isinstance(item, dict) and not is_object(item) else item
            yield from objects_in(whole, (*path, "items", index))
    elif is_object(data):
        yield path, data


Placing: TypeAlias = Callable[[Document, tuple[Step, ...]], tuple[Span, Places]]
"""Where an object of a document stands, and where its parts do."""


def as_written(document: Document, path: tuple[Step, ...]) -> tuple[Span, Places]:
    """Where an object stands in the very text that was read."""
    where = document.place(path) if path else Span(document.path, document.line, 1, document.end_line)
    return where, document.places(path)


class Objects:
    """The objects of one root while they are gathered."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.resources: list[RawResource] = []
        self.problems: list[Problem] = []
        self.unread: list[str] = []
        self.addresses: dict[str, Span] = {}

    def not_read(self, file: str, error: InputError, base: Path) -> None:
        problem = as_problem(error, "kubernetes")
        if _is_template(base / file):
            message = "was not read: another tool fills in its `{{ … }}` or `{% … %}` first"
            problem = Problem(Weight.GAP, "kubernetes", message, problem.where, "render it and scan the result")
        self.problems.append(problem)
        self.unread.append(f"{file} {problem.message}")

    def take(
        self,
        document: Document,
        path: tuple[Step, ...],
        data: dict[str, YamlValue],
        placed: Placing = as_written,
        only: Callable[[Value], Value] | None = None,
    ) -> None:
        """Keep an object; `only` says what a value is where text stands in for what is not known."""
        version, kind = data["apiVersion"], data["kind"]
        metadata = data.get("metadata")
        if not isinstance(version, str) or not isinstance(kind, str) or _is_for_clients(version, kind):
            return
        where, places = placed(document, path)
        configuration = _CONFIGURATION.get((version.rpartition("/")[0], kind))
        if configuration and not isinstance(metadata, dict):
            metadata = {"name": data.get("clusterName") or configuration}
        if not isinstance(metadata, dict):
            message = f"{version} {kind} has no `metadata`: it is no object a cluster would hold"
            self.problems.append(Problem(Weight.NOTE, "kubernetes", message, where))
            return
        body = {key: self._plain(value, document.path, where) for key, value in data.items()}
        if only is not None:
            body = {key: only(value) for key, value in body.items()}
        if kind == "Secret":
            _drop_secrets(body)
        if configuration:
            body = {key: _without_keys(value) for key, value in body.items()}
        name = metadata.get("name")
        shown = name if isinstance(name, str) else ""
        if not shown:
            body["metadata"], shown = self._generated(body.get("metadata"), metadata, f"{version} {kind}", where)
        self.resources.append(
            RawResource(
                format="kubernetes",
                type=f"{version} {kind}",
                address=self._address(kind, metadata.get("namespace"), shown, where),
                root=self.root,
                body=body,
                where=where,
                places=places,
            )
        )

    def _generated(self, body: Value, metadata: dict[str, YamlValue], what: str, where: Span) -> tuple[Value, str]:
        """Metadata without a name: the cluster makes one up, or nobody has written it."""
        prefix = metadata.get("generateName")
        start = prefix if isinstance(prefix, str) else ""
        if start:
            reason = "the cluster makes the name up from `generateName`"
        else:
            reason = "`metadata.name` is not written"
            self.problems.append(Problem(Weight.GAP, "kubernetes", f"{what} has no name", where))
        name = Unknown(reason, not_null=True, prefix=start)
        return {**(body if isinstance(body, dict) else {}), "name": name}, f"{start}*"

    def _address(self, kind: str, namespace: YamlValue, name: str, where: Span) -> str:
        address = f"{kind}/{namespace}/{name}" if isinstance(namespace, str) and namespace else f"{kind}/{name}"
        first = self.addresses.setdefault(address, where)
        if first is where or name.endswith("*"):
            return address if first is where else f"{address}@{where.path}:{where.line}"
        message = f"{address} stands twice, first in {first.path}:{first.line}; both are judged"
        self.problems.append(Problem(Weight.NOTE, "kubernetes", message, where))
        return f"{address}@{where.path}:{where.line}"

    def _plain(self, value: YamlValue, path: str, where: Span) -> Value:
        if isinstance(value, dict):
            return {key: self._plain(child, path, where) for key, child in value.items()}
        if isinstance(value, list):
            return [self._plain(child, path, where) for child in value]
        if isinstance(value, Tagged):
            reason = f"tag `!{value.tag}` is not one that a cluster knows"
            self.problems.append(Problem(Weight.GAP, "kubernetes", reason, where))
            return Unknown(reason)
        return value


def _is_for_clients(version: str, kind: str) -> bool:
    # Flux calls what it deploys from a Kustomization too, and that is an object.
    return kind in _FOR_CLIENTS and ".toolkit.fluxcd.io/" not in version


def _drop_secrets(body: dict[str, Value]) -> None:
    for field in ("data", "stringData"):
        values = body.get(field)
        if isinstance(values, dict):
            body[field] = {key: Unknown("secret data is not kept", not_null=True) for key in values}
        elif values is not None:
            body[field] = Unknown("secret data is not kept", not_null=True)
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        annotations[_LAST_APPLIED] = Unknown("secret data is not kept", not_null=True)


def _without_keys(value: Value) -> Value:
    """An EncryptionConfiguration holds the keys themselves, each beside its name as `secret`."""
    if isinstance(value, dict):
        dropped = Unknown("secret data is not kept", not_null=True)
        return {key: dropped if key == "secret" else _without_keys(child) for key, child in value.items()}
    return [_without_keys(child) for child in value] if isinstance(value, list) else value


def _is_template(full: Path) -> bool:
    try:
        return _MARKERS.search(full.read_text("utf-8", errors="replace")) is not None
    except OSError:
        return False
