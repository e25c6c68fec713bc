"""Checks an expression against the types of what it names, before any resource is asked.

A rule that names a property its kind does not have would never find anything; it is refused here, with the place and a
suggestion. All errors of one expression are gathered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from soc2gate.cel.functions import HELPERS, Helper
from soc2gate.cel.language import CONVERSIONS, FUNCTIONS, METHODS, safe_pattern
from soc2gate.cel.syntax import (
    MACROS,
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
    describe,
    error_at,
    start_of,
)
from soc2gate.errors import ConfigError
from soc2gate.facts import dataclass, field
from soc2gate.model.rule import Source
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType, Type
from soc2gate.suggest import did_you_mean

NUMBERS = (INT, DOUBLE)


@dataclass(slots=True)
class Checked:
    """What the checker found out: the type of every node, and the compiled patterns of `matches`."""

    type: Type
    types: dict[Node, Type]
    patterns: dict[Node, re.Pattern[str]]


def check(source: Source, node: Node, scope: Mapping[str, Type]) -> Checked:
    """Types for every node; one `ConfigError` with all errors where the expression cannot be meant."""
    checker = _Checker(source, dict(scope))
    found = checker.visit(node)
    if checker.errors:
        raise ConfigError.gather(checker.errors)
    return Checked(found, checker.types, checker.patterns)


def comparable(left: Type, right: Type) -> bool:
    """Whether `==` between the two can ever be true."""
    if left is ANY or right is ANY or left == right:
        return True
    if left in NUMBERS and right in NUMBERS:
        return True
    if isinstance(left, ListType) and isinstance(right, ListType):
        return comparable(left.item, right.item)
    if isinstance(left, MapType) and isinstance(right, MapType):
        return comparable(left.value, right.value)
    structures = (MapType, ObjectType)
    return isinstance(left, structures) and isinstance(right, structures)


@dataclass(slots=True)
class _Checker:
    source: Source
    scope: dict[str, Type]
    types: dict[Node, Type] = field(default_factory=dict)
    patterns: dict[Node, re.Pattern[str]] = field(default_factory=dict)
    errors: list[ConfigError] = field(default_factory=list)

    def fail(self, node: Node, message: str, hint: str = "") -> Type:
        """Notes an error; what is wrong is then taken to be anything, so that it is told once."""
        self.errors.append(error_at(self.source, node.at, node.end, message, hint))
        return ANY

    def visit(self, node: Node) -> Type:
        found = self._type_of(node)
        self.types[node] = found
        return found

    def _type_of(self, node: Node) -> Type:
        match node:
            case Literal(value=value):
                return _literal_type(value)
            case Name():
                return self._name(node)
            case Select(operand=operand, field=name):
                return self._property(node, self.visit(operand), name)
            case Has(operand=operand, field=name):
                self._property(node, self.visit(operand), name)
                return BOOL
            case Index():
                return self._index(node)
            case ListLiteral(items=items):
                return ListType(_joined([self.visit(item) for item in items]))
            case MapLiteral():
                return self._map(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Logic():
                for operand in node.operands:
                    self.want(operand, BOOL, f"“{node.operator}” joins conditions")
                return BOOL
            case Conditional():
                self.want(node.condition, BOOL, "“?” asks a condition")
                return _joined([self.visit(node.then), self.visit(node.otherwise)])
            case Call():
                return self._call(node)
            case Comprehension():
                return self._comprehension(node)

    def want(self, node: Node, wanted: Type, why: str) -> None:
        found = self.visit(node)
        if not _fits(found, wanted):
            begin = start_of(node)
            text = f"{why}, and this is {_a(found)}"
            self.errors.append(error_at(self.source, begin, node.end, text))

    def _name(self, node: Name) -> Type:
        found = self.scope.get(node.name)
        if found is not None:
            return found
        hint = did_you_mean(node.name, self.scope)
        first = next((kind for kind in self.scope.values() if isinstance(kind, ObjectType)), None)
        if not hint and first is not None and node.name in first.properties:
            hint = f"did you mean “resource.{node.name}”?"
        return self.fail(node, f"nothing is called “{node.name}” here", hint or f"there is {_listed(self.scope)}")

    def _property(self, node: Select | Has, owner: Type, name: str) -> Type:
        if owner is ANY:
            return ANY
        if isinstance(owner, MapType):
            return owner.value
        if isinstance(owner, ObjectType):
            found = owner.properties.get(name)
            if found is not None:
                return found
            names = sorted(owner.properties)
            hint = did_you_mean(name, names) or f"it has {_some(names)}"
            return self.fail(node, f"{owner.name} has no property “{name}”", hint)
        hint = ""
        if isinstance(owner, ListType):
            hint = f"ask its elements: {describe(node.operand)}.exists(element, element.{name} …)"
        elif name in METHODS or name in ("size", *MACROS):
            hint = f"a function is called with parentheses: {name}(…)"
        return self.fail(node, f"{describe(node.operand)} is {_a(owner)}, which has no properties", hint)

    def _index(self, node: Index) -> Type:
        owner, key = self.visit(node.operand), self.visit(node.key)
        if owner is ANY:
            return ANY
        if isinstance(owner, ListType):
            if not _fits(key, INT):
                return self.fail(node.key, f"a list is indexed by an int, and this is {_a(key)}")
            return owner.item
        if not isinstance(owner, (MapType, ObjectType)):
            return self.fail(node, f"{describe(node.operand)} is {_a(owner)}, which has no elements")
        if not _fits(key, STRING):
            return self.fail(node.key, f"keys are strings, and this is {_a(key)}")
        if isinstance(owner, MapType):
            return owner.value
        if isinstance(node.key, Literal):
            named = Select(node.operand, str(node.key.value), node.key.at, node.key.end)
            return self._property(named, owner, named.field)
        return self.fail(node.key, f"a property of {owner.name} is named, not computed")

    def _map(self, node: MapLiteral) -> Type:
        seen: set[object] = set()
        for key, _ in node.entries:
            self.want(key, STRING, "keys are strings")
            if isinstance(key, Literal):
                if key.value in seen:
                    self.fail(key, f"the key “{key.value}” stands here twice")
                seen.add(key.value)
        return MapType(_joined([self.visit(value) for _, value in node.entries]))

    def _unary(self, node: Unary) -> Type:
        if node.operator == "!":
            self.want(node.operand, BOOL, "“!” turns a condition around")
            return BOOL
        found = self.visit(node.operand)
        if found is not ANY and found not in NUMBERS:
            return self.fail(node, f"“-” wants a number, and this is {_a(found)}")
        return found

    def _binary(self, node: Binary) -> Type:
        left, right = self.visit(node.left), self.visit(node.right)
        match node.operator:
            case "==" | "!=":
                return self._equality(node, left, right)
            case "in":
                return self._membership(node, left, right)
            case "<" | "<=" | ">" | ">=":
                ordered = (INT, DOUBLE, STRING, BOOL, ANY)
                if left not in ordered or right not in ordered or not comparable(left, right):
                    self.fail(node, f"{_a(left)} and {_a(right)} have no order", _quoted_number(node, left, right))
                return BOOL
            case _:
                return self._sum(node, left, right)

    def _equality(self, node: Binary, left: Type, right: Type) -> Type:
        for side, other in ((node.left, right), (node.right, left)):
            if isinstance(side, Literal) and side.value is None and other is not ANY:
                self.fail(node, "an absent property reads as empty, never as null", "has(resource.Name) tells presence")
                return BOOL
        if not comparable(left, right):
            hint = _quoted_number(node, left, right)
            if BOOL in (left, right) and STRING in (left, right):
                hint = "true and false stand without quotes"
            self.fail(node, f"this compares {_a(left)} with {_a(right)}", hint)
        return BOOL

    def _membership(self, node: Binary, left: Type, right: Type) -> Type:
        if isinstance(right, ListType):
            if not comparable(left, right.item):
                self.fail(node, f"this looks for {_a(left)} in a {right}")
        elif isinstance(right, MapType):
            if not _fits(left, STRING):
                self.fail(node, f"keys are strings, and this is {_a(left)}")
        elif isinstance(right, ObjectType):
            self.fail(node, f"“in” does not look into {_a(right)}", "has(resource.Name) tells presence")
        elif right is not ANY:
            hint = "text.contains(part) looks for a part of a string" if right is STRING else ""
            self.fail(node, f"“in” looks into lists and maps, and this is {_a(right)}", hint)
        return BOOL

    def _sum(self, node: Binary, left: Type, right: Type) -> Type:
        operator = node.operator
        if left is ANY or right is ANY:
            other = right if left is ANY else left
            fits = (*NUMBERS, ANY, STRING) if operator == "+" else (*NUMBERS, ANY)
            if other in fits or (operator == "+" and isinstance(other, ListType)):
                return ANY
        elif left in NUMBERS and right in NUMBERS:
            if left is not right:
                hint = "both of one kind: 2.0 in place of 2, or double(value)"
                return self.fail(node, f"“{operator}” does not mix {_a(left)} and {_a(right)}", hint)
            if operator != "%" or left is INT:
                return left
        elif operator == "+" and left is right is STRING:
            return STRING
        elif operator == "+" and isinstance(left, ListType) and isinstance(right, ListType):
            return ListType(_joined([left.item, right.item]))
        return self.fail(node, f"“{operator}” does not apply to {_a(left)} and {_a(right)}")

    def _call(self, node: Call) -> Type:
        if node.target is not None:
            return self._method(node, node.target)
        if node.name == "size":
            return self._size(node, node.arguments)
        helper = HELPERS.get(node.name)
        if helper is not None:
            found = [self.visit(argument) for argument in node.arguments]
            self._arity(node, [name for name, _ in helper.parameters])
            for argument, type_, (name, wanted) in zip(node.arguments, found, helper.parameters, strict=False):
                if not _fits(type_, wanted) and not (wanted is STRING and type_ is ANY):
                    text = f"{node.name}: “{name}” is {_a(wanted)}, and this is {_a(type_)}"
                    self.errors.append(error_at(self.source, start_of(argument), argument.end, text))
            if node.arguments and helper.reads:
                self._read_by(helper, node.arguments[0], found[0])
            return helper.result
        if node.name in CONVERSIONS:
            self._arity(node, ["value"])
            for argument in node.arguments:
                self._convertible(node, argument)
            return CONVERSIONS[node.name].result
        for argument in node.arguments:
            self.visit(argument)
        known = sorted({*HELPERS, *CONVERSIONS, *FUNCTIONS, "size", "has"})
        hint = did_you_mean(node.name, known)
        if node.name in METHODS or node.name in MACROS:
            hint = f"it is asked of a value: value.{node.name}(…)"
        return self.fail(node, f"there is no function “{node.name}”", hint or f"there is {_listed(known)}")

    def _read_by(self, helper: Helper, argument: Node, found: Type) -> None:
        """What a helper asks of a structure, that structure has to have."""
        if found is ANY or isinstance(found, MapType):
            return
        if isinstance(found, ObjectType) and any(name in found.properties for name in helper.reads):
            return
        called = describe(argument)
        hint = ""
        if isinstance(found, ListType):
            hint = f"ask its elements: {called}.exists(element, {helper.name}(element …))"
        text = f"{helper.name} reads {_listed(helper.reads, 'or')}, and {called} is {_a(found)}"
        self.errors.append(error_at(self.source, start_of(argument), argument.end, text, hint))

    def _convertible(self, node: Call, argument: Node) -> None:
        found = self.visit(argument)
        accepts = CONVERSIONS[node.name].accepts
        if found is not ANY and accepts and found not in accepts:
            self.fail(node, f"{node.name}() takes {_listed(map(str, accepts), 'or')}, and this is {_a(found)}")

    def _arity(self, node: Call, names: list[str]) -> None:
        if len(node.arguments) != len(names):
            wanted = f"{node.name}({', '.join(names)})"
            self.fail(node, f"{wanted} takes {_count(len(names))}, and this gives {len(node.arguments)}")

    def _size(self, node: Call, arguments: tuple[Node, ...]) -> Type:
        self._arity(node, ["value"])
        for argument in arguments:
            found = self.visit(argument)
            if found is not ANY and found is not STRING and not isinstance(found, (ListType, MapType)):
                self.fail(node, f"size() counts characters, elements or keys, and this is {_a(found)}")
        return INT

    def _method(self, node: Call, target: Node) -> Type:
        owner = self.visit(target)
        if node.name == "size":
            if node.arguments:
                return self.fail(node, "value.size() takes nothing")
            self.types.pop(target, None)
            return self._size(Call("size", None, (target,), node.at, node.end), (target,))
        method = METHODS.get(node.name)
        known = sorted({*METHODS, *MACROS, "size"})
        meant = did_you_mean(node.name, known) if method is None else ""
        # Of a macro whose name is misspelt, the element has a name of its own: nothing is wrong with that.
        for argument in node.arguments if not any(f"“{macro}”" in meant for macro in MACROS) else ():
            self.visit(argument)
        if method is None:
            hint = meant
            if node.name in HELPERS:
                hint = f"it is called with the value inside: {node.name}({describe(target)})"
            return self.fail(node, f"there is no function “{node.name}” to ask of a value", hint)
        if not _fits(owner, STRING):
            return self.fail(node, f"“{node.name}” is asked of a string, and {describe(target)} is {_a(owner)}")
        if len(node.arguments) != method.arguments:
            return self.fail(
                node, f"“{node.name}” takes {_count(method.arguments)}, and this gives {len(node.arguments)}"
            )
        for argument in node.arguments:
            if not _fits(self.types[argument], STRING):
                self.fail(argument, f"“{node.name}” takes a string, and this is {_a(self.types[argument])}")
        if node.name == "matches":
            self._pattern(node)
        return method.result

    def _pattern(self, node: Call) -> None:
        argument = node.arguments[0]
        if not isinstance(argument, Literal):
            self.fail(argument, "the pattern of “matches” is a literal string", "a computed pattern cannot be checked")
            return
        try:
            self.patterns[node] = safe_pattern(str(argument.value))
        except ValueError as error:
            self.fail(argument, f"this pattern cannot be used: {error}", "patterns are written as RE2 reads them")

    def _comprehension(self, node: Comprehension) -> Type:
        over = self.visit(node.range)
        item: Type = ANY
        if isinstance(over, ListType):
            item = over.item
        elif isinstance(over, MapType):
            item = STRING
        elif over is not ANY:
            self.fail(node, f"“{node.macro}” goes through a list or a map, and {describe(node.range)} is {_a(over)}")
        if node.variable in self.scope:
            self.fail(node, f"“{node.variable}” already names something else", "give the element a name of its own")
        hidden = self.scope.get(node.variable)
        self.scope[node.variable] = item
        if node.condition is not None:
            self.want(node.condition, BOOL, "the second argument of “map” chooses elements")
        if node.macro == "map":
            result: Type = ListType(self.visit(node.body))
        else:
            self.want(node.body, BOOL, f"“{node.macro}” asks a condition of each element")
            result = ListType(item) if node.macro == "filter" else BOOL
        if hidden is None:
            del self.scope[node.variable]
        else:
            self.scope[node.variable] = hidden
        return result


def _fits(found: Type, wanted: Type) -> bool:
    return found is ANY or wanted is ANY or found == wanted


def _literal_type(value: object) -> Type:
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return DOUBLE
    return STRING if isinstance(value, str) else ANY


def _joined(types: list[Type]) -> Type:
    """The type that all of them are, or `ANY`."""
    if not types:
        return ANY
    first = types[0]
    if all(other == first for other in types):
        return first
    return DOUBLE if all(other in NUMBERS for other in types) else ANY


def _a(found: Type) -> str:
    if isinstance(found, ObjectType):
        return f"a structure ({found.name})"
    name = "value of any type" if found is ANY else str(found)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _count(number: int) -> str:
    return "one argument" if number == 1 else f"{number or 'no'} arguments"


def _listed(names: object, last: str = "and") -> str:
    words = [f"“{name}”" for name in names]  # type: ignore[attr-defined]  # any iterable of names
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _some(names: list[str]) -> str:
    return (
        _listed(names)
        if len(names) <= _MOST_NAMES
        else f"{_listed(names[:_MOST_NAMES])}, and {len(names) - _MOST_NAMES} more"
    )


_MOST_NAMES = 40


def _quoted_number(node: Binary, left: Type, right: Type) -> str:
    for side, other in ((node.left, right), (node.right, left)):
        if isinstance(side, Literal) and isinstance(side.value, str) and other in NUMBERS:
            return "numbers stand without quotes"
        if isinstance(side, Literal) and isinstance(side.value, (int, float)) and other is STRING:
            return "this property is a string: put the number in quotes"
    return ""
