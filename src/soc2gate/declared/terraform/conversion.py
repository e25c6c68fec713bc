"""How a value becomes one of a wanted type, as go-cty's `convert` does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from soc2gate.declared.terraform.set_elements import distinct, in_any_order, make_set
from soc2gate.declared.terraform.told_types import of_open_type
from soc2gate.declared.terraform.unknowns import Typed
from soc2gate.declared.terraform.values import (
    ANY,
    EvaluationError,
    Members,
    TfList,
    TfMap,
    TfSet,
    Type,
    Val,
    describe,
    to_bool,
    to_number,
    to_string,
    type_of,
    unify,
)
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown


def convert(value: Val, wanted: Type) -> Val:
    """The value as `wanted`, or EvaluationError; what is not decided stays so, as far as its own type allows."""
    kind = wanted.kind
    if kind == "any" or value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, Alternatives):
        options = distinct([convert(option, wanted) for option in value.options])
        return options[0] if len(options) == 1 else Alternatives(tuple(options), value.reason)
    if isinstance(value, Members):
        return convert(value.as_object(), wanted)
    return _CONVERSIONS[kind](value, wanted)


def _as_string(value: Val, wanted: Type) -> Val:
    return value if isinstance(value, Text) else to_string(value)


def _as_number(value: Val, wanted: Type) -> Val:
    if isinstance(value, Text):
        return Unknown(value.reason, depends=value.depends)
    return to_number(value)


def _as_bool(value: Val, wanted: Type) -> Val:
    if isinstance(value, Text):
        return Unknown(value.reason, depends=value.depends)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise EvaluationError("bool required, but this is a number")
    return to_bool(value)


def _as_list(value: Val, wanted: Type) -> Val:
    item = wanted.item or ANY
    if isinstance(value, OpenList):
        return _open(value, lambda element: convert(element, item))
    if not isinstance(value, list):
        raise EvaluationError(f"list required, but this is {describe(value)}")
    elements, item = one_type(value, item)
    if isinstance(value, TfSet) and any(isinstance(element, SPECIAL) for element in value) and len(value) > 1:
        return in_any_order(elements, "the order of a set with unknown elements")
    return TfList(elements, item)


def _as_set(value: Val, wanted: Type) -> Val:
    item = wanted.item or ANY
    if isinstance(value, OpenList):
        converted = _open(value, lambda element: convert(element, item))
        return OpenList(tuple(distinct(converted.items)), converted.more, converted.reason)
    if not isinstance(value, list):
        raise EvaluationError(f"set required, but this is {describe(value)}")
    elements, item = one_type(value, item)
    return make_set(elements, item)


def _open(value: OpenList, change: Callable[[Val], Val]) -> OpenList:
    return value.__class__(
        tuple([change(v) for v in value.items]), tuple([change(v) for v in value.more]), value.reason
    )


def one_type(elements: list[Any], item: Type) -> tuple[list[Val], Type]:
    """The elements as `item`, or as the type they share where `item` is open."""
    if item.has_any():
        types = [type_of(element) for element in elements]
        shared = unify(types)
        if shared is None:
            raise EvaluationError("all list elements must have the same type")
        if item.kind == "any":
            if shared.kind in ("number", "bool") and ANY in types:
                declared = [each.type if isinstance(each, Typed) else type_of(each) for each in elements]
                if ANY in declared:
                    # One that turns out to be text makes text of all the others.
                    return [of_open_type(element) for element in elements], ANY
                shared = unify(declared) or shared
            item = shared
    return [convert(element, item) for element in elements], item


def _as_map(value: Val, wanted: Type) -> Val:
    item = wanted.item or ANY
    if isinstance(value, OpenMap):
        return OpenMap({k: convert(v, item) for k, v in value.items.items()}, convert(value.more, item), value.reason)
    if not isinstance(value, dict):
        raise EvaluationError(f"map required, but this is {describe(value)}")
    if isinstance(value, TfMap) and value.item == item:
        return value
    elements, item = one_type(list(value.values()), item)
    return TfMap(zip(value, elements, strict=True), item)


def _as_object(value: Val, wanted: Type) -> Val:
    if isinstance(value, OpenMap):
        return _open_object(value, wanted)
    if not isinstance(value, dict):
        raise EvaluationError(f"object required, but this is {describe(value)}")
    result: dict[str, Val] = {}
    for name, attribute in wanted.attributes.items():
        given = value.get(name)
        if given is None and name in wanted.optional:
            given = wanted.optional[name]
        elif name not in value:
            raise EvaluationError(f"attribute “{name}” is required")
        elif isinstance(given, Unknown) and name in wanted.optional and wanted.optional[name] is not None:
            # It may be null, and then the default stands.
            given = Unknown(given.reason, given.ref, given.depends, given.not_null, given.prefix)
        try:
            result[name] = convert(given, attribute)
        except EvaluationError as error:
            raise EvaluationError(f"attribute “{name}”: {error.message}") from error
    return result


def _open_object(value: OpenMap, wanted: Type) -> Val:
    result: dict[str, Val] = {}
    for name, attribute in wanted.attributes.items():
        result[name] = convert(value.items.get(name, value.more), attribute)
    return result


def _as_tuple(value: Val, wanted: Type) -> Val:
    if not isinstance(value, list) or isinstance(value, TfSet) or len(value) != len(wanted.items):
        if isinstance(value, OpenList):
            return value
        raise EvaluationError(f"tuple of {len(wanted.items)} elements required, but this is {describe(value)}")
    return [convert(element, item) for element, item in zip(value, wanted.items, strict=True)]


_CONVERSIONS: Mapping[str, Callable[[Val, Type], Val]] = {
    "string": _as_string,
    "number": _as_number,
    "bool": _as_bool,
    "list": _as_list,
    "set": _as_set,
    "map": _as_map,
    "object": _as_object,
    "tuple": _as_tuple,
}
