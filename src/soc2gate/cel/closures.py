"""From a checked tree to nested functions: the evaluator's fast path.

Each node becomes a function of an environment, a list of slots: the trail, the time of the run, the faults met, and a
pair (value, where it stands) per name. Plain scalars are settled here; everything else goes to `operations`. Nothing
raises on the way but a `Fault`, where the rule itself is wrong.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from soc2gate.cel import operations
from soc2gate.cel.answer import INSIDE, SIZE, VALUE, Loc
from soc2gate.cel.check import Checked
from soc2gate.cel.functions import HELPERS, Helper
from soc2gate.cel.language import CONVERSIONS, METHODS
from soc2gate.cel.operations import Fault
from soc2gate.cel.statements import Judged
from soc2gate.cel.syntax import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Node,
    Select,
    Unary,
)
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value
from soc2gate.schema.types import BOOL, DOUBLE, INT, STRING, ListType, ObjectType, empty_of

Env: TypeAlias = list[Any]
Eval: TypeAlias = Callable[[Env], Any]
Locate: TypeAlias = Callable[[Env], Loc]

TRAIL, NOW, FAULTS, FIRST_NAME = range(4)
QUIET = -1
"""In place of a trail entry's kind: leave none."""

_NOTHING = object()
"""The default of a key in a free-form map, where absence is a fault."""
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SIZE_ORDER = {**_ORDER, "==": operator.eq, "!=": operator.ne}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SCALARS = (str, int, bool, float)


def fault(env: Env, message: str) -> Unknown:
    """An unknown that is the rule's own doing, noted as such."""
    found = Unknown(message)
    env[FAULTS].append(found)
    return found


def undecided(env: Env, value: Value) -> Unknown:
    """What stands for a condition that is neither true nor false."""
    if value.__class__ is Unknown:
        return value
    blocked = operations.unknown_of(value)
    return fault(env, f"a condition is wanted, not {operations.name_of(value)}") if blocked is None else blocked


def guarded(env: Env, function: Callable[..., Value], *arguments: Any) -> Value:
    """The operation's answer, or the unknown that its fault is."""
    try:
        return function(*arguments)
    except Fault as wrong:
        return fault(env, str(wrong))


class Builder:
    """Turns nodes into functions; knows which slot each name has."""

    def __init__(self, checked: Checked, names: list[str], *, lenient: bool = False) -> None:
        self.checked = checked
        self.lenient = lenient
        """A missing key reads as null instead of being a fault: messages are printed whatever is there."""
        self.slots = {name: FIRST_NAME + 2 * i for i, name in enumerate(names)}
        self.size = FIRST_NAME + 2 * len(names)

    def build(self, node: Node, record: int = VALUE) -> Eval:
        """The function that computes `node`; `record` says what trail entry a property it reads leaves."""
        match node:
            case Literal(value=value):
                return lambda env: value
            case Name():
                return self._name(node, record)
            case Select():
                return self._select(node, record)
            case Has():
                return self._has(node)
            case Index():
                return self._index(node, record)
            case ListLiteral(items=items):
                parts = [self.build(item, record) for item in items]
                return lambda env: [part(env) for part in parts]
            case MapLiteral(entries=entries):
                return self._map([(self.build(key), self.build(value, record)) for key, value in entries])
            case Unary(operator="!"):
                return _negation(self.build(node.operand))
            case Unary():
                return _minus(self.build(node.operand))
            case Binary():
                return self._binary(node)
            case Logic(operator=which, operands=operands):
                return _logic(tuple(self.build(operand) for operand in operands), which == "||")
            case Conditional():
                return _conditional(self.build(node.condition), self.build(node.then), self.build(node.otherwise))
            case Call():
                return self._call(node)
            case Comprehension():
                # Imported here: comprehensions are built from what stands in this module.
                from soc2gate.cel import comprehensions

                return comprehensions.build(self, node)

    def bind(self, name: str) -> int:
        """A pair of slots for an element's name; the caller restores `slots` after the body is built."""
        self.slots[name] = self.size
        self.size += 2
        return self.slots[name]

    # --- places

    def locate(self, node: Node) -> Locate | None:
        """Says where the node's value stands; None for what is computed."""
        if isinstance(node, Name):
            slot = self.slots[node.name] + 1
            return lambda env: env[slot]
        if isinstance(node, Select):
            return _located(self.locate(node.operand), lambda env: node.field)
        if isinstance(node, Index):
            return _located(self.locate(node.operand), self.build(node.key, QUIET))
        return None

    # --- names and properties

    def _name(self, node: Name, record: int) -> Eval:
        slot = self.slots[node.name]
        if record == QUIET or isinstance(self.checked.types[node], ObjectType):
            return lambda env: env[slot]

        def read(env: Env) -> Any:
            value: Value = env[slot]
            env[TRAIL].append((record, env[slot + 1], "", value))
            return value

        return read

    def _default(self, node: Select) -> Any:
        owner = self.checked.types[node.operand]
        if isinstance(owner, ObjectType):
            return empty_of(owner.properties[node.field])
        return None if self.lenient else _NOTHING

    def _select(self, node: Select, record: int) -> Eval:
        steps: list[tuple[str, Any]] = []
        root: Node = node
        while isinstance(root, Select):
            steps.insert(0, (root.field, self._default(root)))
            root = root.operand
        if isinstance(root, Name):
            slot = self.slots[root.name]
            if len(steps) == 1 and steps[0][1] is not _NOTHING:
                return _read_one(slot, *steps[0], record)
            return _read_chain(slot, tuple(steps), record)
        return _read_from(self.build(root, QUIET), self.locate(root), tuple(steps), record)

    def _has(self, node: Has) -> Eval:
        owner = self.build(node.operand, QUIET)
        where = self.locate(node.operand)
        field = node.field

        def ask(env: Env) -> Any:
            value = owner(env)
            if where is not None:
                entries = value.items if isinstance(value, OpenMap) else value
                seen = entries.get(field) if isinstance(entries, dict) else value
                env[TRAIL].append((VALUE, where(env), field, seen))
            return guarded(env, operations.has, value, field)

        return ask

    def _index(self, node: Index, record: int) -> Eval:
        if isinstance(self.checked.types[node.operand], ObjectType):
            assert isinstance(node.key, Literal)
            named = Select(node.operand, str(node.key.value), node.at, node.end)
            return self._select(named, record)
        owner, key = self.build(node.operand, QUIET), self.build(node.key)
        where = self.locate(node) if record != QUIET else None
        lenient = self.lenient

        def read(env: Env) -> Any:
            value, asked = owner(env), key(env)
            if lenient and isinstance(value, dict) and isinstance(asked, str):
                found = value.get(asked)
            else:
                found = guarded(env, operations.index, value, asked)
            if where is not None:
                env[TRAIL].append((record, where(env), "", found))
            return found

        return read

    def _map(self, entries: list[tuple[Eval, Eval]]) -> Eval:
        def make(env: Env) -> Any:
            out: dict[str, Value] = {}
            for key, value in entries:
                name = key(env)
                if name.__class__ is not str:
                    return undecided(env, name) if operations.unknown_of(name) else fault(env, "keys are strings")
                out[name] = value(env)
            return out

        return make

    # --- operators

    def _binary(self, node: Binary) -> Eval:
        sized = self._size_comparison(node)
        if sized is not None:
            return sized
        types = self.checked.types
        left_type, right_type = types[node.left], types[node.right]
        left, right = self.build(node.left), self.build(node.right)
        match node.operator:
            case "==" | "!=":
                scalars = (STRING, INT, DOUBLE, BOOL)
                return _equality(
                    left,
                    right,
                    negate=node.operator == "!=",
                    strict=left_type in scalars and right_type in scalars,
                    prune=isinstance(left_type, ObjectType) or isinstance(right_type, ObjectType),
                )
            case "in":
                return _membership(left, right, node.right)
            case "<" | "<=" | ">" | ">=":
                return _order(_ORDER[node.operator], left, right)
            case "+":
                return _sum(left, right, strings=left_type is STRING and right_type is STRING, lists=_lists(left_type))
            case _:
                return _arithmetic(node.operator, left, right, exact=DOUBLE in (left_type, right_type))

    def _size_comparison(self, node: Binary) -> Eval | None:
        """`size(value) > 0` is settled by what is known of the value, where its size is not."""
        if node.operator not in _SIZE_ORDER:
            return None
        for call, number, which in (
            (node.left, node.right, node.operator),
            (node.right, node.left, _MIRRORED[node.operator]),
        ):
            if isinstance(call, Call) and call.name == "size" and isinstance(number, Literal):
                asked = call.target or call.arguments[0]
                return _size_order(which, self.build(asked, SIZE), number.value)
        return None

    # --- calls

    def _call(self, node: Call) -> Eval:
        if node.name == "size":
            asked = self.build(node.target or node.arguments[0], SIZE)
            return lambda env: guarded(env, operations.size, asked(env))
        if node.target is not None:
            return self._method(node, node.target)
        if node.name in CONVERSIONS:
            convert, value = CONVERSIONS[node.name].function, self.build(node.arguments[0])
            return lambda env: guarded(env, convert, value(env))
        return self._helper(HELPERS[node.name], node.arguments)

    def _method(self, node: Call, target: Node) -> Eval:
        value = self.build(target)
        if node.name == "matches":
            pattern = self.checked.patterns[node]
            return lambda env: guarded(env, operations.matches, value(env), pattern)
        function = METHODS[node.name].function
        arguments = [self.build(argument) for argument in node.arguments]
        if not arguments:
            return lambda env: guarded(env, function, value(env))
        part = arguments[0]
        return lambda env: guarded(env, function, value(env), part(env))

    def _helper(self, helper: Helper, arguments: tuple[Node, ...]) -> Eval:
        where = self.locate(arguments[0])
        first = self.build(arguments[0], QUIET if where else VALUE)
        rest = tuple(self.build(argument) for argument in arguments[1:])
        function: Callable[..., Any] = helper.function
        reads, timed = helper.reads, helper.timed

        def ask(env: Env) -> Any:
            value = first(env)
            if rest:
                answer = function(value, *[argument(env) for argument in rest])
            else:
                answer = function(env[NOW], value) if timed else function(value)
            if answer.__class__ is Judged:
                answer, path, value = answer
                if where is not None:
                    env[TRAIL].append((VALUE, where(env), path, value))
            elif where is not None:
                env[TRAIL].append((INSIDE, where(env), reads, value))
            return answer

        return ask


def _lists(found: object) -> bool:
    return isinstance(found, ListType)


def _located(parent: Locate | None, step: Callable[[Env], Any]) -> Locate | None:
    if parent is None:
        return None

    def where(env: Env) -> Loc:
        key = step(env)
        return (parent(env), key) if isinstance(key, (str, int)) else None

    return where


# --- reading properties


def _step(env: Env, value: Any, field: str, default: Any) -> Any:
    """One selection off the fast path; absent is `default`."""
    if value.__class__ is dict:
        found = value.get(field, _NOTHING)
        if found is _NOTHING:
            return fault(env, f"no key “{field}”") if default is _NOTHING else default
        return default if found is None and default is not _NOTHING else found
    if value is None and default is not _NOTHING:
        return default
    if isinstance(value, OpenMap):
        found = value.items.get(field, _NOTHING)
        if found is _NOTHING:
            return Unknown(value.reason)
        return default if found is None and default is not _NOTHING else found
    if isinstance(value, Alternatives):
        # Noted without a place: no evidence, but a choice that can be split.
        env[TRAIL].append((VALUE, None, "", value))
    return guarded(env, operations.select, value, field)


def _read_one(slot: int, field: str, default: Any, record: int) -> Eval:
    def read(env: Env) -> Any:
        value = env[slot]
        if value.__class__ is dict:
            value = value.get(field)
            env[TRAIL].append((record, env[slot + 1], field, value))
            return default if value is None else value
        value = _step(env, value, field, default)
        env[TRAIL].append((record, env[slot + 1], field, value))
        return value

    def read_quietly(env: Env) -> Any:
        value = env[slot]
        if value.__class__ is dict:
            value = value.get(field)
            return default if value is None else value
        return _step(env, value, field, default)

    return read_quietly if record == QUIET else read


def _read_chain(slot: int, steps: tuple[tuple[str, Any], ...], record: int) -> Eval:
    suffix = ".".join(field for field, _ in steps)
    *through, (last, default) = steps

    def read(env: Env) -> Any:
        owner = env[slot]
        for field, empty in through:
            if owner.__class__ is dict:
                found = owner.get(field)
                if found is not None:
                    owner = found
                    continue
            owner = _step(env, owner, field, empty)
        value = seen = owner.get(last) if owner.__class__ is dict else None
        if value is None:
            value = _step(env, owner, last, default)
            if value.__class__ is Unknown or owner.__class__ is OpenMap:
                seen = value
        if record != QUIET:
            env[TRAIL].append((record, env[slot + 1], suffix, seen))
        return value

    return read


def _read_from(owner: Eval, where: Locate | None, steps: tuple[tuple[str, Any], ...], record: int) -> Eval:
    """Selections from what is computed first: `list[0].Name`."""
    suffix = ".".join(field for field, _ in steps)
    silent = record == QUIET or where is None

    def read(env: Env) -> Any:
        value = owner(env)
        for field, default in steps:
            value = _step(env, value, field, default)
        if not silent:
            assert where is not None
            env[TRAIL].append((record, where(env), suffix, value))
        return value

    return read


# --- logic


def _negation(condition: Eval) -> Eval:
    def ask(env: Env) -> Any:
        value = condition(env)
        if value is True:
            return False
        return True if value is False else undecided(env, value)

    return ask


def _minus(number: Eval) -> Eval:
    return lambda env: guarded(env, operations.arithmetic, "-", 0, number(env))


def _logic(conditions: tuple[Eval, ...], stop: bool) -> Eval:
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


def _conditional(condition: Eval, then: Eval, otherwise: Eval) -> Eval:
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


def _equality(left: Eval, right: Eval, *, negate: bool, strict: bool, prune: bool) -> Eval:
    def ask(env: Env) -> Any:
        one, other = left(env), right(env)
        cls = one.__class__
        if cls is other.__class__ and cls in _SCALARS:
            return (one == other) is not negate
        return slowly(env, one, other)

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

    return ask


def _membership(left: Eval, right: Eval, written: Node) -> Eval:
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


def _order(compare: Callable[[Any, Any], bool], left: Eval, right: Eval) -> Eval:
    def ask(env: Env) -> Any:
        one, other = left(env), right(env)
        cls = one.__class__
        if cls is other.__class__ and (cls is int or cls is str):
            return compare(one, other)
        return guarded(env, operations.ordered, compare, one, other)

    return ask


def _size_order(which: str, value: Eval, number: Any) -> Eval:
    compare = _SIZE_ORDER[which]
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


def _sum(left: Eval, right: Eval, *, strings: bool, lists: bool) -> Eval:
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


def _arithmetic(which: str, left: Eval, right: Eval, *, exact: bool) -> Eval:
    def compute(env: Env) -> Any:
        one, other = left(env), right(env)
        try:
            return operations.arithmetic(which, one, other, exact=exact)
        except Fault as wrong:
            return fault(env, str(wrong))

    return compute
