"""Steps into a value: `value.name` and `value[key]`, decided or not."""

from __future__ import annotations

from collections.abc import Callable

from soc2gate.declared.terraform.scope import Context
from soc2gate.declared.terraform.unknowns import Tail, alternatives, derived, inside
from soc2gate.declared.terraform.values import (
    EvaluationError,
    Members,
    TfMap,
    TfSet,
    Val,
    describe,
    to_number,
    to_string,
)
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown


def attribute(value: Val, name: str, context: Context) -> Val:
    """`value.name`."""
    if isinstance(value, Members):
        return value.member(name)
    if isinstance(value, dict):
        if name in value:
            return value[name]
        raise EvaluationError(f"this {'map' if isinstance(value, TfMap) else 'object'} has no element “{name}”")
    if isinstance(value, SPECIAL):
        context.doubts += 1
        if isinstance(value, Unknown):
            return inside(value, "." + name)
        if isinstance(value, OpenMap):
            if name in value.items:
                return value.items[name]
            return inside(value.more, "." + name) if isinstance(value.more, Unknown) and value.more.ref else value.more
        if isinstance(value, Alternatives):
            return surviving(value, lambda option: attribute(option, name, context))
    if isinstance(value, list):
        if name.isdigit():
            return index(value, int(name), context)
        raise EvaluationError(f"a list has no attribute “{name}”; did you mean a splat, “[*].{name}”?")
    raise EvaluationError(f"{describe(value)} has no attribute “{name}”")


def index(value: Val, key: Val, context: Context) -> Val:
    """`value[key]`."""
    if isinstance(key, Alternatives):
        context.doubts += 1
        return surviving(key, lambda option: index(value, option, context))
    if isinstance(key, (Unknown, Text)):
        return _unknown_index(value, key, context)
    if key is None:
        raise EvaluationError("the index is null")
    if isinstance(value, list):
        if isinstance(value, TfSet):
            raise EvaluationError("elements of a set have no index")
        return value[_position(key, len(value))]
    if isinstance(value, (dict, Members)):
        return attribute(value, to_string(key), context)
    if isinstance(value, SPECIAL):
        if isinstance(value, Unknown):
            context.doubts += 1
            return inside(value, f"[{key}]" if isinstance(key, int) else f'["{key}"]')
        if isinstance(value, OpenMap):
            return attribute(value, to_string(key), context)
        if isinstance(value, Alternatives):
            context.doubts += 1
            return surviving(value, lambda option: index(option, key, context))
        if isinstance(value, OpenList):
            return _open_index(value, key, context)
    raise EvaluationError(f"{describe(value)} has no elements to index")


def _position(key: Val, length: int) -> int:
    at = to_number(key)
    if not isinstance(at, int):
        raise EvaluationError("the index is not a whole number")
    if not 0 <= at < length:
        raise EvaluationError(f"the index {at} is outside a list of {length}")
    return at


def _unknown_index(value: Val, key: Unknown | Text, context: Context) -> Val:
    context.doubts += 1
    if isinstance(value, (list, dict)) and value:
        elements = list(value.values()) if isinstance(value, dict) else list(value)
        return alternatives(elements, key.reason, key.depends)
    return derived(value, key)


def _open_index(value: OpenList, key: Val, context: Context) -> Val:
    at = to_number(key)
    if isinstance(value, Tail) and isinstance(at, int) and 0 <= at < len(value.items):
        return value.items[at]
    context.doubts += 1
    candidates = value.more if isinstance(value, Tail) else (*value.items, *value.more)
    if not candidates:
        raise EvaluationError(f"the index {at} is outside the list")
    return alternatives(candidates, value.reason)


def surviving(value: Alternatives, function: Callable[[Val], Val]) -> Val:
    """`function` of each option, those left out for which Terraform would stop with an error."""
    results: list[Val] = []
    failure: EvaluationError | None = None
    for option in value.options:
        try:
            results.append(function(option))
        except EvaluationError as error:
            failure = error
    if not results:
        assert failure is not None
        raise failure
    return alternatives(results, value.reason)
