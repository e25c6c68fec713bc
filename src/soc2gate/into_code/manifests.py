"""One live object of a cluster as the manifest that somebody would have written of it.

The normal form of an object is the API's own, so little is to be found out: what the cluster chose is taken away, then
every field that the API server would write by itself, one after the other, as long as what is left reads as the object
that runs. Values of Secrets, and whatever else looks like one, are never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, TypeAlias, Union

from soc2gate import kinds
from soc2gate.engine.read_back import not_the_same
from soc2gate.facts import dataclass, replace
from soc2gate.into_code.resources import is_secret
from soc2gate.kinds.inverting import Left
from soc2gate.kinds.kubernetes import from_object
from soc2gate.model.resource import Problem, Resource, Side, Span
from soc2gate.model.value import SPECIAL, Json, Unknown, Value
from soc2gate.schema.lookup import type_of
from soc2gate.schema.types import ObjectType, Type, at

Steps: TypeAlias = tuple[Union[str, int], ...]

_HERE = Span("suggested.yaml", 1)
_KEPT = ("apiVersion", "kind", "apiGroup", "emptyDir")
"""Keys that are written though the API server would know: without them nobody else does."""
_SECRET = "a secret, which is never written"

CHOSEN: Mapping[str, tuple[Steps, ...]] = {
    # https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec
    "Kubernetes::Service": (
        ("spec", "clusterIP"),
        ("spec", "clusterIPs"),
        ("spec", "ipFamilies"),
        ("spec", "healthCheckNodePort"),
        ("spec", "ports", "nodePort"),
    ),
    # The token controller of clusters before 1.24 writes them.
    "Kubernetes::ServiceAccount": (("secrets",),),
    # https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
    "Kubernetes::PersistentVolumeClaim": (("spec", "volumeName"),),
}
"""Kind to what the cluster chooses where nobody does; steps into lists are left out."""
_HEADLESS = "None"
"""The address of a Service that wants none: that is somebody's choice."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What brings one object into code."""

    live: Resource
    """What is to be written: without what the cluster chose, and without secrets."""
    body: Mapping[str, Value]
    left: tuple[Left, ...]
    """What is not written, each with its reason."""
    chosen: tuple[str, ...]
    """What is left to the cluster."""

    refused: ClassVar[str] = ""
    """Never: every object can be written, though not all of it may."""

    @property
    def complete(self) -> bool:
        """Whether it reads back equal to all that runs, but for what the cluster chose."""
        return not self.left


def manifest(live: Resource) -> Manifest:
    """The manifest of a live object."""
    chosen: list[str] = []
    left: list[Left] = []
    properties = _without_chosen(live, chosen)
    properties = {key: _writable(value, key, left, live.kind) for key, value in properties.items()}
    wanted = replace(live, properties={key: value for key, value in properties.items() if value is not None})
    body: dict[str, Value] = {key: wanted.properties[key] for key in _in_order(wanted.properties)}
    differing = _differing(body, wanted)
    if not differing:
        body = _minimal(body, wanted)
    known = {one.path for one in left}
    left += [Left(path, reason) for path, reason in sorted(differing.items()) if path not in known]
    return Manifest(wanted, body, tuple(left), tuple(chosen))


def same(declared: Sequence[Resource], wanted: Resource) -> dict[str, str]:
    """Property to why an object that was read, and the parts it comes with, do not say what is wanted."""
    derives = kinds.kind(wanted.kind).derives
    parts = derives(wanted) if derives is not None else ()
    out: dict[str, str] = {}
    for one in (wanted, *parts):
        found = next((made for made in declared if made.kind == one.kind), None)
        if found is None:
            return {"the text": "it does not read as this kind"}
        out |= not_the_same(found, one)
    return out


def _differing(body: Mapping[str, Value], wanted: Resource) -> dict[str, str]:
    made, problems = _read(body, wanted)
    return {"the text": problems[0].message} if problems else same(made, wanted)


def _read(body: Mapping[str, Value], wanted: Resource) -> tuple[list[Resource], list[Problem]]:
    return from_object(body, side=Side.DECLARED, where=_HERE, root=wanted.root)


def _in_order(properties: Mapping[str, Value]) -> list[str]:
    """As everybody writes them."""
    first = [key for key in ("apiVersion", "kind", "metadata", "spec") if key in properties]
    return [*first, *(key for key in properties if key not in first)]


def _without_chosen(live: Resource, chosen: list[str]) -> dict[str, Value]:
    properties: Value = dict(live.properties)
    spec = live.properties.get("spec")
    headless = isinstance(spec, dict) and spec.get("clusterIP") == _HEADLESS
    for steps in CHOSEN.get(live.kind, ()):
        if headless and steps[-1] in ("clusterIP", "clusterIPs"):
            continue
        less = _less(properties, steps)
        if less != properties:
            chosen.append(".".join(map(str, steps)))
            properties = less
    aggregated = "aggregationRule" in live.properties
    assert isinstance(properties, dict)
    if aggregated and properties.pop("rules", None) is not None:
        chosen.append("rules")
    return properties


def _less(value: Value, steps: Steps) -> Value:
    """A value without what stands at some steps, in every element of the lists on the way."""
    if isinstance(value, list):
        return [_less(item, steps) for item in value]
    if not isinstance(value, dict) or steps[0] not in value:
        return value
    if len(steps) == 1:
        return {key: child for key, child in value.items() if key != steps[0]}
    return {key: _less(child, steps[1:]) if key == steps[0] else child for key, child in value.items()}


def _writable(value: Value, path: str, left: list[Left], kind: str) -> Value:
    """A value without what may not be written, or is not known; None where nothing is left of it."""
    if kind == "Kubernetes::Secret" and path.partition(".")[0] == "data":
        names = sorted(value) if isinstance(value, dict) else [""]
        left += [Left(f"{path}.{name}" if name else path, _SECRET) for name in names]
        return None
    if isinstance(value, SPECIAL):
        left.append(Left(path, value.reason if isinstance(value, Unknown) else "it is not wholly known"))
        return None
    if isinstance(value, str) and is_secret(value, path.rpartition(".")[2]):
        left.append(Left(path, _SECRET))
        return None
    if isinstance(value, dict):
        made = {key: _writable(child, f"{path}.{key}", left, kind) for key, child in value.items()}
        return {key: child for key, child in made.items() if child is not None or value[key] is None}
    if isinstance(value, list):
        items = [_writable(item, f"{path}[{index}]", left, kind) for index, item in enumerate(value)]
        return [item for item in items if item is not None]
    return value


def _minimal(body: dict[str, Value], wanted: Resource) -> dict[str, Value]:
    """The body without what reads the same when nobody writes it."""
    whole = _read(body, wanted)[0][0].properties
    for steps in list(_leaves_first(body)):
        if steps[-1] in _KEPT or _is_required(wanted.kind, steps):
            continue
        tried = _taken_away(body, steps)
        assert isinstance(tried, dict)
        if _read(tried, wanted)[0][0].properties == whole:
            body = tried
    return body


def _is_required(kind: str, steps: Steps) -> bool:
    """Whether the API's schema wants it written: kubectl asks for it before any server fills it in."""
    found: Type | None = type_of(kind)
    for step in steps[:-1]:
        found = at(found, f"[{step}]" if isinstance(step, int) else step) if found is not None else None
    return isinstance(found, ObjectType) and steps[-1] in found.required


def _leaves_first(value: Value, at: Steps = ()) -> Iterator[Steps]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves_first(child, (*at, key))
            yield (*at, key)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _leaves_first(child, (*at, index))


def _taken_away(value: Value, steps: Steps) -> Value:
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        return [_taken_away(item, rest) if index == step else item for index, item in enumerate(value)]
    if not isinstance(value, dict) or step not in value:
        return value
    if not rest:
        return {key: child for key, child in value.items() if key != step}
    return {key: _taken_away(child, rest) if key == step else child for key, child in value.items()}


_NUMBER_LIKE = re.compile(r"[-+.]?\d[\d_.,:eExXoOa-fA-F+-]*")
"""What some reader of YAML takes for a number: `1e3` is none to PyYAML, and is one to the API server."""


def yaml_of(body: Mapping[str, Value]) -> str:
    """An object as YAML: texts of several lines as blocks, and no text that reads as something else."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Ours alone: representers are kept by the class."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else '"' if not value or _NUMBER_LIKE.fullmatch(value) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    # An alias would say that two parts are one; they only look alike.
    Dumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]  # PyYAML's way to say so
    plain = {key: _plain(value) for key, value in body.items()}
    made: str = yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return made


def _plain(value: Value) -> Json:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    assert not isinstance(value, SPECIAL)
    return value


__all__ = ["CHOSEN", "Manifest", "manifest", "same", "yaml_of"]
