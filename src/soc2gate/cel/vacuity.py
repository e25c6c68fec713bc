"""`all` over a list that may be empty is true of nothing at all: a rule must say that this is meant.

An absent optional list reads as empty, so `resource.Rules.all(…)` would pass a resource that has no rules. The loader
asks for a guard: `size(resource.Rules) > 0 && resource.Rules.all(…)`.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.cel.syntax import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Name,
    Node,
    Select,
    Unary,
    children,
    describe,
    error_at,
)
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Source
from soc2gate.schema.types import ListType, MapType, ObjectType, Type


def refuse_vacuous(source: Source, node: Node, types: Mapping[Node, Type], *, given: Node | None) -> None:
    """`ConfigError` for every `all` that an empty optional list makes true without a guard.

    A guard is a comparison of the list's size (or of the list with `[]`), or an `exists` over it, joined to the `all`
    by `&&` or `||` somewhere around it, or in `given`, the condition under which all of this is asked.
    """
    found: list[ConfigError] = []
    _visit(source, node, types, _guards(given) if given else frozenset(), True, found)
    if found:
        raise ConfigError.gather(found)


def _visit(
    source: Source,
    node: Node,
    types: Mapping[Node, Type],
    guarded: frozenset[str],
    positive: bool,
    found: list[ConfigError],
) -> None:
    """`positive`: whether this being true helps the whole to be true. `!list.all(…)` over nothing is false: no harm."""
    if isinstance(node, Unary) and node.operator == "!":
        _visit(source, node.operand, types, guarded, not positive, found)
        return
    if isinstance(node, Logic):
        guarded = guarded.union(*(_guards(operand) for operand in node.operands))
    elif isinstance(node, Conditional):
        guarded = guarded | _guards(node.condition)
    if isinstance(node, Comprehension) and node.macro == "all" and positive:
        unsure = _may_be_empty(node.range, types, guarded)
        if unsure is not None:
            text = _written(unsure) or describe(unsure)
            hint = f"ask size({text}) > 0 && … first, or say `vacuous: ok` where none is fine"
            message = f"“all” is true of an empty list, and {text} may be empty"
            found.append(error_at(source, node.at, node.end, message, hint))
    for child in children(node):
        _visit(source, child, types, guarded, positive, found)


def _may_be_empty(node: Node, types: Mapping[Node, Type], guarded: frozenset[str]) -> Node | None:
    """The part of a range that lets it be empty; None where something is sure to be in it, or the author chose."""
    if isinstance(node, Binary) and node.operator == "+":
        left = _may_be_empty(node.left, types, guarded)
        return left and _may_be_empty(node.right, types, guarded)
    if isinstance(node, ListLiteral):
        return None if node.items else node
    if isinstance(node, Comprehension) and node.macro == "map":
        return _may_be_empty(node.range, types, guarded)
    if not isinstance(node, Select) or not isinstance(types[node], (ListType, MapType)):
        # `filter(…).all(…)` says “each that …”, and free-form data has no schema to be optional in.
        return None
    owner = types[node.operand]
    if isinstance(owner, ObjectType) and node.field in owner.required and not isinstance(types[node], MapType):
        return None
    return None if _written(node) in guarded else node


def _guards(node: Node | None) -> frozenset[str]:
    """The lists whose size this condition speaks of, as they are written."""
    if node is None:
        return frozenset()
    if isinstance(node, Logic):
        return frozenset().union(*(_guards(operand) for operand in node.operands))
    if isinstance(node, Comprehension) and node.macro in ("exists", "exists_one"):
        return frozenset({_written(node.range)}) - {""}
    if isinstance(node, Binary) and node.operator in ("==", "!=", "<", "<=", ">", ">="):
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, Call) and side.name == "size" and isinstance(other, Literal):
                return frozenset({_written(side.target or side.arguments[0])}) - {""}
            if isinstance(other, ListLiteral) and not other.items:
                return frozenset({_written(side)}) - {""}
    return frozenset()


def _written(node: Node) -> str:
    """A selection as it is written; empty for anything else."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Select):
        owner = _written(node.operand)
        return f"{owner}.{node.field}" if owner else ""
    if isinstance(node, Index) and isinstance(node.key, Literal):
        owner = _written(node.operand)
        return f"{owner}[{node.key.value!r}]" if owner else ""
    return ""
