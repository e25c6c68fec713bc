"""Which properties an expression reads, told from its text alone.

The evidence of an answer says what was looked at to come to it, and leaves out what an earlier `||` made needless. What
a comparison asks is wider: whether a property could matter to a rule at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from soc2gate.cel.parse import parse
from soc2gate.cel.syntax import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Has,
    Index,
    ListLiteral,
    Literal,
    Name,
    Node,
    Select,
    children,
)
from soc2gate.facts import dataclass
from soc2gate.model.rule import Source

Steps: TypeAlias = tuple[str, ...]
"""A property path without its indices: `("SecurityGroupIngress", "CidrIp")`."""

_Env: TypeAlias = Mapping[str, frozenset[Steps]]


@dataclass(frozen=True, slots=True)
class Mention:
    """One property that an expression reads."""

    steps: Steps
    """From the resource down; empty for the resource itself."""
    whole: bool
    """Whether what stands below is read as well; not for a list that is only counted or gone through."""

    def reads(self, steps: Steps) -> bool:
        """Whether the value at `steps` is part of what is read, or has a part that is."""
        shorter = min(len(self.steps), len(steps))
        return self.steps[:shorter] == steps[:shorter] and (self.whole or len(steps) <= len(self.steps))


def mentions(source: Source) -> frozenset[Mention]:
    """Every property of `resource` that the expression reads.

    `"key" in map` reads that key, and of the map itself no more than that it is there.
    """
    found: set[Mention] = set()
    _visit(parse(source), {"resource": frozenset({()})}, True, found)
    return frozenset(found)


def _visit(node: Node, env: _Env, whole: bool, found: set[Mention]) -> None:
    match node:
        case Name() | Select() | Index():
            found.update(Mention(steps, whole) for steps in _places(node, env))
            _visit_owner(node, env, found)
        case Has(operand=operand, field=field):
            found.update(Mention((*steps, field), False) for steps in _places(operand, env))
            _visit_owner(node, env, found)
        case Comprehension(macro=macro, range=over, variable=variable, body=body, condition=condition):
            _visit(over, env, whole and macro == "filter", found)
            inner = {**env, variable: _places(over, env)}
            # What `map` makes may be gone through further on; everything else asks its body for an answer.
            _visit(body, inner, whole or macro != "map", found)
            if condition is not None:
                _visit(condition, inner, True, found)
        case Binary(operator="in", left=Literal(value=str() as key), right=right):
            # In a list the key is an element, and nothing stands below that: it is told with its list.
            found.update(Mention((*steps, key), False) for steps in _places(right, env))
            _visit(right, env, False, found)
        case Call(name="size"):
            for child in children(node):
                _visit(child, env, False, found)
        case Binary(operator="+") | ListLiteral():
            for child in children(node):
                _visit(child, env, whole, found)
        case Conditional(condition=asked, then=then, otherwise=otherwise):
            _visit(asked, env, True, found)
            _visit(then, env, whole, found)
            _visit(otherwise, env, whole, found)
        case _:
            for child in children(node):
                _visit(child, env, True, found)


def _visit_owner(node: Node, env: _Env, found: set[Mention]) -> None:
    """What a selection starts from, where that is more than names: a list made on the way, a key that is computed."""
    while isinstance(node, (Select, Has, Index)):
        if isinstance(node, Index):
            _visit(node.key, env, True, found)
        node = node.operand
    if not isinstance(node, Name):
        _visit(node, env, False, found)


def _places(node: Node, env: _Env) -> frozenset[Steps]:
    """Where the value of an expression stands in the resource; nowhere for what is computed."""
    match node:
        case Name(name=name):
            return env.get(name, frozenset())
        case Select(operand=operand, field=field):
            return frozenset((*steps, field) for steps in _places(operand, env))
        case Index(operand=operand, key=Literal(value=str() as key)):
            return frozenset((*steps, key) for steps in _places(operand, env))
        case Index(operand=operand):
            return _places(operand, env)
        case Conditional(then=then, otherwise=otherwise):
            return _places(then, env) | _places(otherwise, env)
        case Binary(operator="+", left=left, right=right):
            return _places(left, env) | _places(right, env)
        case ListLiteral(items=items):
            return frozenset[Steps]().union(*(_places(item, env) for item in items))
        case Comprehension(macro="filter", range=over):
            return _places(over, env)
        case Comprehension(macro="map", range=over, variable=variable, body=body):
            return _places(body, {**env, variable: _places(over, env)})
        case _:
            return frozenset()
