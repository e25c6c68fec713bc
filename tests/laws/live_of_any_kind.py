"""Live resources of every kind that can be written, made from what their spellings read and the schema's types.

They are no resource that AWS would make; what is asked of them is only that what is written says what they say.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from soc2gate.engine.compare import spelling_of
from soc2gate.kinds import registry
from soc2gate.kinds.describe import Kind
from soc2gate.kinds.inverting import unsaid
from soc2gate.kinds.terraform_imports import IMPORTS
from soc2gate.kinds.tracing import STYLES, Trace, trace_companion, trace_spelling
from soc2gate.model.value import OpenList
from soc2gate.schema.lookup import type_of
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, ListType, MapType, ObjectType, Type, at

WRITABLE = sorted(
    name for name, kind in registry.KINDS.items() if any(one.type in IMPORTS for one in registry.kind(name).terraform)
)
IDENTITY = {"name": "it", "id": "it-0a1b2c3d", "arn": "arn:aws:iam::123456789012:role/it", "url": "https://q/1/it"}
TEXTS = ("one", "Enabled", "Disabled", "ENABLED", "tcp", "AES256", "arn:aws:iam::123456789012:role/r", "10.0.0.0/8")

Leaf = Callable[[Type, str], Any]
"""A value of a type, at a path."""
Keep = Callable[[str], bool]
"""Whether the part at a path is to be there."""


def properties(name: str, leaf: Leaf, keep: Keep) -> dict[str, Any]:
    """Properties of a kind, in the shape that its spelling makes of them."""
    kind = registry.kind(name)
    out: dict[str, Any] = {}
    for trace in _traces(kind):
        for property_, template in trace.made.items():
            if "." in property_ or property_ in out or property_ in spelling_of(name).ignored:
                continue
            type_ = at(type_of(name), property_)
            if type_ is not None and (property_ in kind.names or keep(property_)):
                value = _shaped(template, type_, property_, leaf, keep)
                if not unsaid(value) and value != []:
                    out[property_] = value
    return out


def _traces(kind: Kind) -> Iterator[Trace]:
    spelling = next(one for one in kind.terraform if one.type in IMPORTS)
    for style in STYLES:
        found = [trace_spelling(kind, spelling, style)]
        found += [trace_companion(one, kind, style) for one in kind.companions if one.type in IMPORTS]
        yield from filter(None, found)


def _shaped(template: Any, type_: Type, path: str, leaf: Leaf, keep: Keep) -> Any:
    if isinstance(type_, ObjectType):
        inside = template if isinstance(template, Mapping) else {}
        made = {
            key: _shaped(child, type_.properties[key], f"{path}.{key}", leaf, keep)
            for key, child in inside.items()
            if key in type_.properties and (key in type_.required or keep(f"{path}.{key}"))
        }
        return {key: value for key, value in made.items() if not unsaid(value) and value != []}
    if isinstance(type_, ListType):
        items = [*template.items, *template.more] if isinstance(template, OpenList) else template
        first = items[0] if isinstance(items, list) and items else None
        one = _shaped(first, type_.item, f"{path}[0]", leaf, keep)
        return [] if unsaid(one) else [one]
    if isinstance(type_, MapType):
        return {"key": _shaped(None, type_.value, f"{path}.key", leaf, keep)}
    return leaf(type_, path)


def plain(type_: Type, path: str) -> Any:
    """The same value at the same path, always."""
    return value_of(type_, 0, "one")


def value_of(type_: Type, number: int, text: str) -> Any:
    """A value of a type that has no parts."""
    if type_ is BOOL:
        return number % 2 == 0
    if type_ is INT:
        return 1 + number
    if type_ is DOUBLE:
        return 1.5 + number
    if type_ is ANY:
        statement = {"Effect": "Allow", "Action": f"s3:Get{number}", "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": [statement]}
    return text


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything that has no parts."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from leaves(child, (*path, index))
    else:
        yield path


def changed(value: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The same with another value at a path."""
    out = copy.deepcopy(value)
    here: Any = out
    for step in path[:-1]:
        here = here[step]
    old = here[path[-1]]
    here[path[-1]] = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, (int, float)) else f"{old}2"
    return out
