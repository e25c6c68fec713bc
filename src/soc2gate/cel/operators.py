"""Functions that apply operators: plain scalars are settled here, everything else in `operations`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from soc2gate.cel import operations
from soc2gate.cel.environment import FAULTS, TRAIL, Env, Eval, fault, guarded, undecided
from soc2gate.cel.syntax import ListLiteral, Literal, Node
from soc2gate.model.value import Alternatives, OpenList, Text, Unknown, Value

ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
SIZE_ORDER = {**ORDER, "==": operator.eq, "!=": operator.ne}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SCALARS = (str, int, bool, float)


class Constant:
    """A literal's function, which those around it may look into instead of calling it."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __call__(self, env: Env) -> Value:
        return self.value


# --- logic


def negation(condition: Eval) -> Eval:
    def ask(env: Env) -> Any:
        value = condition(env)
        if value is True:
            return False
        return True if value is False else undecided(env, value)

    return ask


def minus(number: Eval) -> Eval:
    return lambda env: guarded(env, operations.arithmetic, "-", 0, number(env))


def logic(conditions: tuple[Eval, ...], stop: bool) -> Eval:
    """`||` stops at true, `&&` at false; what stood before it then did not matter."""

    def ask(env: Env) -> Any:
        trail = env[TRAIL]
        start = len(trail)
        unknown = None
        for condition in conditions:
            here = len(trail)
            value = condition(env)
            if value is stop:
                if here != start:
                    del trail[start:here]
                return stop
            if value is not True and value is not False and unknown is None:
                unknown = undecided(env, value)
        return (not stop) if unknown is None else unknown

    return ask


def conditional(condition: Eval, then: Eval, otherwise: Eval) -> Eval:
    def choose(env: Env) -> Any:
        value = condition(env)
        if value is True:
            return then(env)
        if value is False:
            return otherwise(env)
        unknown = undecided(env, value)
        if not any(unknown is wrong for wrong in env[FAULTS]):
            # Whichever it will be, the answer may be the same.
            one, other = then(env), otherwise(env)
            if one is other and (one is True or one is False):
                return one
        return unknown

    return choose


# --- comparison


def equality(left: Eval, right: Eval, *, negate: bool, strict: bool, prune: bool) -> Eval:
    def ask(env: Env) -> Any:
        one, other = left(env), right(env)
        cls = one.__class__
        if cls is other.__class__ and cls in _SCALARS:
            return (one == other) is not negate
        return slowly(env, one, other)

    constant = right.value if isinstance(right, Constant) else None
    constant_class = constant.__class__

    def ask_constant(env: Env) -> Any:
        one = left(env)
        if one.__class__ is constant_class:
            return (one == constant) is not negate
        return slowly(env, one, constant)

    def slowly(env: Env, one: Value, other: Value) -> Any:
        if strict and operations.unknown_of(one) is None and operations.unknown_of(other) is None:
            names = {operations.name_of(one), operations.name_of(other)}
            if len(names) > 1 and names != {"int", "double"}:
                # The schema says they are of one type; the data does not. Heterogeneous `false` would hide that.
                return fault(env, f"this compares {' with '.join(sorted(names))}")
        if prune:
            one, other = operations.pruned(one), operations.pruned(other)
        answer = operations.equal(one, other)
        return answer if answer.__class__ is Unknown else answer is not negate

    return ask_constant if constant is not None else ask


def membership(left: Eval, right: Eval, written: Node) -> Eval:
    constants: frozenset[object] = frozenset()
    if isinstance(written, ListLiteral):
        values = [item.value for item in written.items if isinstance(item, Literal) and isinstance(item.value, str)]
        if len(values) == len(written.items):
            constants = frozenset(values)

    def ask(env: Env) -> Any:
        return guarded(env, operations.member, left(env), right(env))

    def ask_constants(env: Env) -> Any:
        value = left(env)
        if value.__class__ is str:
            return value in constants
        return guarded(env, operations.member, value, right(env))

    return ask_constants if constants else ask


def order(compare: Callable[[Any, Any], bool], left: Eval, right: Eval) -> Eval:
    def ask(env: Env) -> Any:
        one, other = left(env), right(env)
        cls = one.__class__
        if cls is other.__class__ and (cls is int or cls is str):
            return compare(one, other)
        return guarded(env, operations.ordered, compare, one, other)

    constant = right.value if isinstance(right, Constant) else None
    constant_class = constant.__class__

    def ask_constant(env: Env) -> Any:
        one = left(env)
        if one.__class__ is constant_class:
            return compare(one, constant)
        return guarded(env, operations.ordered, compare, one, constant)

    return ask_constant if constant_class in (int, str) else ask


def size_order(which: str, value: Eval, number: Any) -> Eval:
    compare = SIZE_ORDER[which]
    # With the size known to be at least `least`: settled as soon as no size from there on answers otherwise.
    settled = {">": True, ">=": True, "!=": True, "<": False, "<=": False, "==": False}[which]
    beyond = {
        ">": operator.gt,
        ">=": operator.ge,
        "!=": operator.gt,
        "<": operator.ge,
        "<=": operator.gt,
        "==": operator.gt,
    }[which]

    def ask(env: Env) -> Any:
        asked = value(env)
        if asked.__class__ is str or (asked.__class__ is list and Alternatives not in map(type, asked)):
            return compare(len(asked), number)
        known = operations.least_size(asked)
        if known is None:
            size = guarded(env, operations.size, asked)
            return size if isinstance(size, Unknown) else guarded(env, operations.ordered, compare, size, number)
        least, unknown = known
        return settled if beyond(least, number) else unknown

    return ask


# --- arithmetic


def total(left: Eval, right: Eval, *, strings: bool, lists: bool) -> Eval:
    def add(env: Env) -> Any:
        one, other = left(env), right(env)
        # What stands for a string or a list is one, whatever it turns out to be: the known half is kept.
        if strings:
            one, other = _as_text(one), _as_text(other)
        elif lists:
            one, other = _as_list(one), _as_list(other)
        return guarded(env, operations.add, one, other)

    return add


def _as_text(value: Value) -> Value:
    return Text((value,)) if value.__class__ is Unknown else value


def _as_list(value: Value) -> Value:
    return OpenList((), (value,), value.reason) if isinstance(value, Unknown) else value


def arithmetic(which: str, left: Eval, right: Eval, *, exact: bool) -> Eval:
    def compute(env: Env) -> Any:
        return guarded(env, operations.arithmetic, which, left(env), right(env), exact)

    return compute
