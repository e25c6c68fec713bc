"""Kind → type and facts, read from the generated data the first time a kind is asked for.

The data says types in a short notation: `s` string, `i` int, `d` double, `b` bool, `*` free-form JSON, `[x` list of x,
`{x` map of x, `#Name` a structure of the same file, `@Kind` another kind. AWS kinds have one file each; Kubernetes
kinds share one, because nine of them contain the same pod.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from soc2gate.facts import dataclass
from soc2gate.schema import ours
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType, Type

DATA = os.path.join(os.path.dirname(__file__), "data")
_SCALARS: Mapping[str, Type] = {"s": STRING, "i": INT, "d": DOUBLE, "b": BOOL, "*": ANY}


class UnknownKind(KeyError):
    """No schema of that name; the message is the name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the schema says of a kind's properties, as property paths with `[*]` for list elements (`Rules[*].Id`)."""

    read_only: frozenset[str]
    write_only: frozenset[str]
    unordered: frozenset[str]
    """Lists whose order the schema says is of no meaning."""
    required: frozenset[str]
    """At every depth: `Rules[*].Id` is required of each rule that exists."""
    primary_identifier: tuple[str, ...]
    tags: str
    """The property that holds tags; empty where the kind has none."""
    ours: frozenset[str]
    """Properties that AWS's schema lacks and we added: never written in code."""
    origin: str
    """`AWS CloudFormation registry (cfn-lint 1.58.0)`, `kubernetes client 37.0.1`, `ours`."""


if TYPE_CHECKING:
    from typing import TypedDict

    class _Raw(TypedDict, total=False):
        origin: str
        p: dict[str, str]
        r: list[str]
        definitions: dict[str, dict[str, dict[str, str] | list[str]]]
        facts: dict[str, list[str]]


_types: dict[str, ObjectType] = {}
_facts: dict[str, Facts] = {}
_files: dict[str, _Raw] = {}
_index: dict[str, str] = {}
_reads: dict[str, list[str]] = {}


def kinds() -> tuple[str, ...]:
    """Every kind there is a type for, sorted."""
    return tuple(sorted({*_files_by_kind(), *ours.KINDS, *ours.KUBERNETES}))


def type_of(kind: str) -> ObjectType:
    """The kind's properties, ours included.

    Raises `UnknownKind` for a name that no schema has.
    """
    found = _types.get(kind)
    if found is None:
        found = _types[kind] = _build(kind)
    return found


def facts(kind: str) -> Facts:
    """What the schema says of the kind's properties.

    Raises `UnknownKind` for a name that no schema has.
    """
    found = _facts.get(kind)
    if found is None:
        found = _facts[kind] = _read_facts(kind)
    return found


def reads(kind: str) -> tuple[str, ...]:
    """The IAM actions by which Cloud Control lists and reads a kind for its caller; empty where the registry tells
    none."""
    if not _reads:
        _reads.update(json.loads(_text("reads.json")))
    return tuple(_reads.get(kind, ()))


def related(kind: str) -> dict[str, Type]:
    """The types of what rules may read as `resource.related.<Link>`; empty where the kind has no links."""
    return {name: _Builder(kind, {}).type(text) for name, text in ours.RELATED.get(kind, {}).items()}


def rule_type(kind: str, links: Mapping[str, Type] | None = None) -> ObjectType:
    """What a rule sees as `resource`: the kind's properties, and `related` with its links (`links`, or `related`'s)."""
    base = type_of(kind)
    under = related(kind) if links is None else dict(links)
    if not under:
        return base
    properties = {**base.properties, "related": ObjectType(f"{kind}.related", under)}
    return ObjectType(kind, properties, base.required)


def _files_by_kind() -> dict[str, str]:
    if not _index:
        _index.update(json.loads(_text("index.json")))
    return _index


def _text(name: str) -> str:
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return file.read()


def _file(name: str) -> _Raw:
    found = _files.get(name)
    if found is None:
        loaded: _Raw = json.loads(_text(name))
        found = _files[name] = loaded
    return found


class _Builder:
    """Makes types from the notation; structures are made once, so that recursive ones can refer to themselves."""

    def __init__(self, kind: str, definitions: Mapping[str, tuple[Mapping[str, str], frozenset[str]]]) -> None:
        self.kind = kind
        self.definitions = definitions
        self.made: dict[str, ObjectType] = {}

    def type(self, text: str) -> Type:
        head = text[0]
        if head in _SCALARS and len(text) == 1:
            return _SCALARS[head]
        if head == "[":
            return ListType(self.type(text[1:]))
        if head == "{":
            return MapType(self.type(text[1:]))
        if head == "@":
            return type_of(text[1:])
        return self.structure(text[1:])

    def structure(self, name: str) -> ObjectType:
        found = self.made.get(name)
        if found is None:
            properties, required = self.definitions[name]
            inside: dict[str, Type] = {}
            found = self.made[name] = ObjectType(f"{self.kind}.{name}" if name else self.kind, inside, required)
            for key, text in properties.items():
                inside[key] = self.type(text)
        return found


def _build(kind: str) -> ObjectType:
    if kind in ours.KINDS:
        return _Builder(kind, {n: (p, frozenset()) for n, p in ours.KINDS[kind].items()}).structure("")
    if kind.startswith("Kubernetes::"):
        return _kubernetes(kind)
    raw = _file(_file_of(kind))
    definitions = {"": (raw.get("p", {}), frozenset(raw.get("r", ())))} | _definitions(raw)
    for name, extra in ours.EXTRA.get(kind, {}).items():
        properties, required = definitions.get(name, ({}, frozenset()))
        definitions[name] = ({**properties, **extra}, required)
    return _Builder(kind, definitions).structure("")


def _file_of(kind: str) -> str:
    name = _files_by_kind().get(kind)
    if name is None:
        raise UnknownKind(kind)
    return name


def _definitions(raw: _Raw) -> dict[str, tuple[Mapping[str, str], frozenset[str]]]:
    out: dict[str, tuple[Mapping[str, str], frozenset[str]]] = {}
    for name, entry in raw.get("definitions", {}).items():
        properties, required = entry["p"], entry.get("r", ())
        assert isinstance(properties, dict)
        out[name] = (properties, frozenset(required))
    return out


_kubernetes_structures: list[_Builder] = []


def _kubernetes(kind: str) -> ObjectType:
    # One builder for all of them: the pod is made once, and a Deployment's pod type is the Pod's.
    if not _kubernetes_structures:
        raw = _file("kubernetes.json")
        _kubernetes_structures.append(_Builder("Kubernetes", _definitions(raw)))
    builder = _kubernetes_structures[0]
    own = ours.KUBERNETES.get(kind)
    if own is not None:
        return ObjectType(kind, {name: builder.type(text) for name, text in own[""].items()})
    _file_of(kind)
    name = f"V{_version(kind)}{kind.removeprefix('Kubernetes::')}"
    made = builder.structure(name)
    return ObjectType(kind, made.properties, made.required)


def _version(kind: str) -> str:
    return "2" if kind == "Kubernetes::HorizontalPodAutoscaler" else "1"


def _read_facts(kind: str) -> Facts:
    if kind in ours.KINDS:
        return Facts(
            frozenset(),
            frozenset(),
            frozenset(),
            frozenset(),
            ours.UNIQUE.get(kind, ()),
            "Tags" if "Tags" in ours.KINDS[kind][""] else "",
            frozenset(ours.KINDS[kind][""]),
            "ours",
        )
    if kind.startswith("Kubernetes::"):
        return _kubernetes_facts(kind)
    raw = _file(_file_of(kind))
    told = raw.get("facts", {})
    extra = ours.EXTRA.get(kind, {})
    return Facts(
        frozenset(told.get("read_only", ())),
        frozenset(told.get("write_only", ())),
        frozenset(told.get("unordered", ())),
        frozenset(told.get("required", ())),
        tuple(told.get("primary_identifier", ())),
        "".join(told.get("tags", ())),
        frozenset(extra.get("", {})),
        raw.get("origin", ""),
    )


def _kubernetes_facts(kind: str) -> Facts:
    made = type_of(kind)
    own = kind in ours.KUBERNETES
    return Facts(
        frozenset(path for path in ours.READ_ONLY_METADATA if path != "status" or "status" in made.properties),
        frozenset({"stringData"} if "stringData" in made.properties else ()),
        frozenset(),
        made.required,
        ("metadata.namespace", "metadata.name"),
        "metadata.labels",
        frozenset(),
        "ours" if own else _file("kubernetes.json").get("origin", ""),
    )
