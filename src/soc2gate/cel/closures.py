"""From a checked tree to nested functions: the evaluator's fast path.

Each node becomes a function of an environment, a list of slots: the trail, the time of the run, the faults met, and a
pair (value, where it stands) per name. Nothing raises on the way but a `Fault`, where the rule itself is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from soc2gate.cel import operations, operators, reads
from soc2gate.cel.answer import INSIDE, SIZE, VALUE, Judged
from soc2gate.cel.check import Checked
from soc2gate.cel.environment import (
    FIRST_NAME,
    NOTHING,
    NOW,
    QUIET,
    TRAIL,
    Env,
    Eval,
    Locate,
    fault,
    guarded,
    undecided,
)
from soc2gate.cel.functions import HELPERS, Helper
from soc2gate.cel.language import CONVERSIONS, METHODS
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
from soc2gate.model.value import OpenMap, Value
from soc2gate.schema.types import BOOL, DOUBLE, INT, STRING, ListType, ObjectType, empty_of


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
                return operators.Constant(value)
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
                return operators.negation(self.build(node.operand))
            case Unary():
                return operators.minus(self.build(node.operand))
            case Binary():
                return self._binary(node)
            case Logic(operator=which, operands=operands):
                return operators.logic(tuple(self.build(operand) for operand in operands), which == "||")
            case Conditional():
                return operators.conditional(
                    self.build(node.condition), self.build(node.then), self.build(node.otherwise)
                )
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
            return reads.located(self.locate(node.operand), lambda env: node.field)
        if isinstance(node, Index):
            return reads.located(self.locate(node.operand), self.build(node.key, QUIET))
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
        return None if self.lenient else NOTHING

    def _select(self, node: Select, record: int) -> Eval:
        steps: list[tuple[str, Any]] = []
        root: Node = node
        while isinstance(root, Select):
            steps.insert(0, (root.field, self._default(root)))
            root = root.operand
        if isinstance(root, Name):
            slot = self.slots[root.name]
            if len(steps) == 1 and steps[0][1] is not NOTHING:
                return reads.read_one(slot, *steps[0], record)
            return reads.read_chain(slot, tuple(steps), record)
        return reads.read_from(self.build(root, QUIET), self.locate(root), tuple(steps), record)

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
                return operators.equality(
                    left,
                    right,
                    negate=node.operator == "!=",
                    strict=left_type in scalars and right_type in scalars,
                    prune=isinstance(left_type, ObjectType) or isinstance(right_type, ObjectType),
                )
            case "in":
                return operators.membership(left, right, node.right)
            case "<" | "<=" | ">" | ">=":
                return operators.order(operators.ORDER[node.operator], left, right)
            case "+":
                return operators.total(
                    left,
                    right,
                    strings=left_type is STRING and right_type is STRING,
                    lists=isinstance(left_type, ListType),
                )
            case _:
                return operators.arithmetic(node.operator, left, right, exact=DOUBLE in (left_type, right_type))

    def _size_comparison(self, node: Binary) -> Eval | None:
        """`size(value) > 0` is settled by what is known of the value, where its size is not."""
        if node.operator not in operators.SIZE_ORDER:
            return None
        for call, number, which in (
            (node.left, node.right, node.operator),
            (node.right, node.left, operators.MIRRORED[node.operator]),
        ):
            if isinstance(call, Call) and call.name == "size" and isinstance(number, Literal):
                asked = call.target or call.arguments[0]
                return operators.size_order(which, self.build(asked, SIZE), number.value)
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
        function: Callable[..., Any] = helper.load()
        names, timed = helper.reads, helper.timed

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
                env[TRAIL].append((INSIDE, where(env), names, value))
            return answer

        return ask
