"""Which elements a set has and in what order, as go-cty keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.values import TfList, TfMap, TfSet, Type, Val, first_special
from soc2gate.model.value import OpenList, Text, Unknown


def in_any_order(elements: Iterable[Val], reason: str) -> OpenList:
    """The elements of a set of which some are not known: these may be equal to others, unless they are attributes of
    resources."""
    certain: list[Val] = []
    perhaps: list[Val] = []
    for element in elements:
        apart = first_special(element) is None or (isinstance(element, (Unknown, Text)) and _has_refs(element))
        (certain if apart else perhaps).append(element)
    return OpenList(tuple(certain), tuple(perhaps), reason)


def make_set(elements: Iterable[Val], item: Type) -> Val:
    """A set of elements of one type; an OpenList when unknown elements may be equal to others."""
    known: list[Val] = []
    vague: list[Val] = []
    for element in distinct(elements):
        (vague if first_special(element) is not None else known).append(element)
    known.sort(key=set_order)
    if len(vague) <= 1 or all(isinstance(each, (Unknown, Text)) and _has_refs(each) for each in vague):
        return TfSet(known + vague, item)
    reason = next(special.reason for special in map(first_special, vague) if special is not None)
    return OpenList(tuple(known), tuple(vague), reason)


def _has_refs(value: Unknown | Text) -> bool:
    if isinstance(value, Unknown):
        return value.ref is not None
    return all(part.ref is not None for part in value.parts if isinstance(part, Unknown))


def distinct(elements: Iterable[Val]) -> list[Val]:
    seen: dict[Any, Val] = {}
    for element in elements:
        seen.setdefault(identity(element), element)
    return list(seen.values())


def identity(value: Val) -> Any:
    """A hashable stand-in that is equal exactly for equal values (and for one and the same unknown)."""
    kind = value.__class__
    if kind is str or value is None:
        return value
    if kind is bool:
        return ("bool", value)
    if kind is int or kind is numbers.Exact:
        return ("number", value)
    if isinstance(value, list):
        return ("list", *[identity(element) for element in value])
    if isinstance(value, dict):
        return ("map", *[(name, identity(value[name])) for name in sorted(value)])
    if kind is Text:
        return ("text", *[part if isinstance(part, str) else identity(part) for part in value.parts])
    if isinstance(value, Unknown) and value.ref is not None:
        return ("ref", value.ref)
    return ("self", id(value))


def set_order(value: Val) -> tuple[int, Any]:
    """Sorts as cty iterates a set: strings by code point, numbers by size, anything else by its hash text."""
    if value is None:
        return (9, "")
    if isinstance(value, str):
        return (0, value)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, (int, float)):
        return (2, _Sortable(value))
    return (3, _hash_text(value))


class _Sortable:
    __slots__ = ("number",)

    def __init__(self, number: numbers.Number | float) -> None:
        self.number = number

    def __lt__(self, other: _Sortable) -> bool:
        return numbers.compare(self.number, other.number) < 0


def _hash_text(value: Val) -> str:
    """What cty sorts elements of composed types by (set_internals.go, makeSetHashBytes)."""
    if value is None:
        return "~"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return numbers.spell(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    if isinstance(value, list):
        inner = "".join(_hash_text(element) + ";" for element in value)
        return f"[{inner}]" if isinstance(value, (TfList, TfSet)) else f"<{inner}>"
    if isinstance(value, TfMap):
        return "{" + "".join(f"{_hash_text(k)}:{_hash_text(value[k])};" for k in sorted(value)) + "}"
    if isinstance(value, dict):
        return "<" + "".join(_hash_text(value[name]) + ";" for name in sorted(value)) + ">"
    return "?"
