"""Terraform's values and types, as far as Python's own do not tell them apart.

A Python list is a tuple and a dict is an object, as literals are; `TfList`, `TfSet` and `TfMap` are the collections
whose elements all have one type. Numbers are in `numbers.py`. What is not decided is one of `soc2gate.model.value`'s
special values. Which values are equal, how they convert and what type several share follows go-cty.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from soc2gate.declared.terraform import numbers
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown, Value

if TYPE_CHECKING:
    from abc import ABC as _Abstract
else:
    # Every value is asked whether it is one of these, and an abstract class takes four times as long to answer.
    _Abstract = object

Val: TypeAlias = Any
"""A `Value`, or one of this package's own (`TfList`, `TfSet`, `TfMap`, `Exact`, `Members`) anywhere inside it."""


DEEPEST_VALUE = 500


class EvaluationError(InputError):
    """An expression that Terraform would refuse too; contained where it was written."""


class UnsupportedError(Exception):
    """Something that Terraform can evaluate and we cannot: the value is unknown, and no error in the configuration."""


class TfList(list[Any]):
    """A list whose elements have one type."""

    __slots__ = ("item",)

    def __init__(self, elements: Iterable[Val] = (), item: Type | None = None) -> None:
        super().__init__(elements)
        self.item = item or ANY


class TfSet(list[Any]):
    """A set: no element twice, in the order Terraform iterates it."""

    __slots__ = ("item",)

    def __init__(self, elements: Iterable[Val] = (), item: Type | None = None) -> None:
        super().__init__(elements)
        self.item = item or ANY


class Either(list[Any]):
    """A tuple, or the list that a conditional makes of it: the type of the other result is not known."""

    __slots__ = ()


class EitherMap(dict[str, Any]):
    """An object, or the map that a conditional makes of it."""

    __slots__ = ()


class TfMap(dict[str, Any]):
    """A map whose values have one type."""

    __slots__ = ("item",)

    def __init__(self, items: Mapping[str, Val] | Iterable[tuple[str, Val]] = (), item: Type | None = None) -> None:
        super().__init__(items)
        self.item = item or ANY


class Members(_Abstract):
    """Something whose members are worked out when asked for: a resource instance, a called module."""

    __slots__ = ()

    @abstractmethod
    def member(self, name: str) -> Val:
        """The value of one attribute or output; EvaluationError when there can be none."""

    @abstractmethod
    def as_object(self) -> Val:
        """All that is known of it at once: a dict or an OpenMap."""


class Type:
    """A type, or a type constraint (`any` inside, optional attributes)."""

    __slots__ = ("attributes", "defaults", "item", "items", "kind", "optional")

    def __init__(
        self,
        kind: str,
        item: Type | None = None,
        items: tuple[Type, ...] = (),
        attributes: Mapping[str, Type] | None = None,
        optional: Mapping[str, Val] | None = None,
    ) -> None:
        self.kind = kind
        """`any`, `string`, `number`, `bool`, `list`, `set`, `map`, `tuple`, `object`."""
        self.item = item
        """Of a list, set or map."""
        self.items = items
        """Of a tuple."""
        self.attributes = attributes or {}
        """Of an object."""
        self.optional = optional or {}
        """Of an object constraint: attributes that may be left out, with what they are then."""

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Type)
            and self.kind == other.kind
            and self.item == other.item
            and self.items == other.items
            and self.attributes == other.attributes
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.item, self.items, tuple(self.attributes)))

    def has_any(self) -> bool:
        """Whether some part of the type is left open."""
        if self.kind == "any":
            return True
        if self.item is not None:
            return self.item.has_any()
        return any(part.has_any() for part in (*self.items, *self.attributes.values()))

    def __str__(self) -> str:
        if self.item is not None:
            return f"{self.kind} of {self.item}"
        return self.kind


ANY, STRING, NUMBER, BOOL = Type("any"), Type("string"), Type("number"), Type("bool")


def type_of(value: Val) -> Type:
    """The type Terraform sees; `any` where the value is not decided enough to tell."""
    kind = value.__class__
    if kind is str or kind is Text:
        return STRING
    if kind is bool:
        return BOOL
    if kind is int or kind is numbers.Exact or kind is float:
        return NUMBER
    if kind is list:
        return Type("tuple", items=tuple([type_of(element) for element in value]))
    if kind is TfList:
        return Type("list", value.item)
    if kind is TfSet:
        return Type("set", value.item)
    if kind is TfMap:
        return Type("map", value.item)
    if kind is dict:
        return Type("object", attributes={name: type_of(child) for name, child in sorted(value.items())})
    if kind is Alternatives:
        if None in value.options:
            # A null need not have a type.
            return ANY
        types = {type_of(option) for option in value.options}
        if len(types) > 1 and any(each.kind in ("number", "bool") for each in types):
            # A number, or the text that a conditional makes of it.
            return ANY
        return unify(types) or ANY
    return ANY


def element_types(value: list[Any]) -> Iterable[Type]:
    """The types of what a list, set or tuple holds; that of its elements also where it has none."""
    if isinstance(value, (TfList, TfSet)) and value.item.kind != "any":
        return (value.item,)
    return map(type_of, value)


def unify(types: Iterable[Type]) -> Type | None:
    """The type that all of `types` can become, or None. `any` among them leaves the answer open where it matters."""
    wanted: list[Type] = []
    for each in types:
        if each not in wanted:
            wanted.append(each)
    known = [each for each in wanted if each.kind != "any"]
    if not known:
        return ANY
    if len(known) == 1:
        return known[0]
    kinds = {each.kind for each in known}
    if kinds <= {"string", "number", "bool"}:
        return STRING if "string" in kinds else None
    if kinds <= {"tuple", "list", "set"}:
        return _unify_sequences(known, kinds)
    if kinds <= {"object", "map"}:
        return _unify_objects(known, kinds)
    return None


def _unify_sequences(known: list[Type], kinds: set[str]) -> Type | None:
    if kinds == {"tuple"} and len({len(each.items) for each in known}) == 1:
        columns = [unify(column) for column in zip(*(each.items for each in known), strict=True)]
        return None if None in columns else Type("tuple", items=tuple([c for c in columns if c is not None]))
    if "set" in kinds and len(kinds) > 1:
        # cty takes the type that the other values can be converted to, each on its own.
        candidates = [each for each in known if each.kind == ("list" if "list" in kinds else "set")]
        return candidates[0] if len(candidates) == 1 else None
    inner = [part for each in known for part in (each.items if each.kind == "tuple" else (each.item or ANY,))]
    item = unify(inner)
    return None if item is None else Type("set" if kinds == {"set"} else "list", item)


def _unify_objects(known: list[Type], kinds: set[str]) -> Type | None:
    if kinds == {"object"} and len({tuple(each.attributes) for each in known}) == 1:
        merged: dict[str, Type] = {}
        for name in known[0].attributes:
            both = unify(each.attributes[name] for each in known)
            if both is None:
                return None
            merged[name] = both
        return Type("object", attributes=merged)
    inner: list[Type] = []
    for each in known:
        inner.extend(each.attributes.values() if each.kind == "object" else (each.item or ANY,))
    item = unify(inner)
    return None if item is None else Type("map", item)


def to_string(value: Val) -> str:
    """A known primitive as text; EvaluationError for anything else."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (int, float)):
        return numbers.spell(value)
    raise EvaluationError(f"string required, but this is {describe(value)}")


def to_number(value: Val) -> numbers.Number:
    """A known number, or text that spells one."""
    if isinstance(value, bool):
        raise EvaluationError("number required, but this is a bool")
    if isinstance(value, (int, numbers.Exact)):
        return value
    if isinstance(value, float):
        return numbers.from_float(value)
    if isinstance(value, str):
        parsed = _number_told(value)
        if parsed is None:
            raise EvaluationError("number required, but this text does not spell one")
        return parsed
    raise EvaluationError(f"number required, but this is {describe(value)}")


def _number_told(text: str) -> numbers.Number | None:
    """The number that a text spells; None for what Terraform takes for none, such as ` 1`, `0x1`, `1_000` and `1e`."""
    sign = text[:1] if text[:1] in ("-", "+") else ""
    digits = text[len(sign) :]
    if not digits.strip(".") or digits[-1] in "eE+-" or digits[0] not in "0123456789.":
        return None
    if not set(digits) <= set("0123456789.eE+-"):
        return None
    try:
        parsed = numbers.number(digits if digits[0] != "." else "0" + digits)
    except (ValueError, OverflowError):
        return None
    return numbers.negative(parsed) if sign == "-" else parsed


def to_bool(value: Val) -> bool:
    """A known bool, or text that spells one."""
    if isinstance(value, bool):
        return value
    if value == "true" or value == "1":
        return True
    if value == "false" or value == "0":
        return False
    raise EvaluationError(f"bool required, but this is {describe(value)}")


def describe(value: Val) -> str:
    """What kind of value this is, for an error message; never the value itself."""
    if value is None:
        return "null"
    kind = type_of(value).kind
    if kind == "any":
        return "an object" if isinstance(value, (Members, OpenMap)) else "a list"
    return ("an " if kind == "object" else "a ") + kind


def first_special(value: Val) -> Any:
    """The first part that is not decided, or None."""
    if isinstance(value, SPECIAL):
        return value
    if isinstance(value, list):
        for child in value:
            found = first_special(child)
            if found is not None:
                return found
    elif isinstance(value, dict):
        for child in value.values():
            found = first_special(child)
            if found is not None:
                return found
    # Members count as decided: asking all of them could run in a circle, and most callers only pass them on.
    return None


def opened(value: Val) -> Val:
    """The value with everything in it spelled out that works out its members when asked."""
    if isinstance(value, Members):
        return opened(value.as_object())
    if value.__class__ is list or value.__class__ is dict:
        children = value if isinstance(value, list) else value.values()
        if any(isinstance(child, (Members, list, dict)) for child in children):
            if isinstance(value, list):
                return [opened(child) for child in value]
            return {name: opened(child) for name, child in value.items()}
    return value


def weigh(value: Val, most: int) -> int:
    """How many parts a value has, those counted again that stand in it again; RefusedError beyond `most`."""
    count = 0
    depth = 0
    level: list[Any] = [value]
    while level:
        below: list[Any] = []
        for each in level:
            count += len(each)
            for child in each.values() if isinstance(each, dict) else each:
                if isinstance(child, (list, dict)):
                    below.append(child)  # noqa: PERF401  # two loops at once are no clearer
            if count > most:
                raise RefusedError(f"a value of more than {most} parts")
        level = below
        depth += 1
        if depth > DEEPEST_VALUE:
            raise RefusedError(f"a value that nests deeper than {DEEPEST_VALUE} levels")
    return count


def plain(value: Val) -> Value:
    """The value as the rest of soc2gate knows values: nothing of this module's own is left in it."""
    kind = value.__class__
    if kind is str or kind is bool or kind is int or value is None:
        return value  # type: ignore[no-any-return]
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {name: plain(child) for name, child in value.items()}
    if isinstance(value, float):
        return float(value)
    if isinstance(value, OpenList):
        return OpenList(tuple([plain(v) for v in value.items]), tuple([plain(v) for v in value.more]), value.reason)
    if isinstance(value, OpenMap):
        return OpenMap({k: plain(v) for k, v in value.items.items()}, plain(value.more), value.reason)
    if isinstance(value, Alternatives):
        return Alternatives(tuple([plain(v) for v in value.options]), value.reason)
    if isinstance(value, Members):
        return plain(value.as_object())
    if kind is not Unknown and isinstance(value, Unknown):
        return Unknown(value.reason, value.ref, value.depends, value.not_null, value.prefix)
    return value  # type: ignore[no-any-return]
