"""What an expression looks like once parsed, and how an error points back into the file it was written in.

Nodes are compared by identity, so that the checker can hang types on them without changing them. `at` and `end` are
offsets into the source text.
"""

from __future__ import annotations

from typing import TypeAlias, Union

from soc2gate.errors import ConfigError
from soc2gate.facts import dataclass
from soc2gate.model.rule import Source


@dataclass(eq=False)
class Literal:
    value: bool | int | float | str | None
    at: int
    end: int


@dataclass(eq=False)
class Name:
    name: str
    at: int
    end: int


@dataclass(eq=False)
class Select:
    """`operand.field`; `at` and `end` are those of the field, where an error points."""

    operand: Node
    field: str
    at: int
    end: int


@dataclass(eq=False)
class Has:
    """`has(operand.field)`."""

    operand: Node
    field: str
    at: int
    end: int


@dataclass(eq=False)
class Index:
    operand: Node
    key: Node
    at: int
    end: int


@dataclass(eq=False)
class ListLiteral:
    items: tuple[Node, ...]
    at: int
    end: int


@dataclass(eq=False)
class MapLiteral:
    entries: tuple[tuple[Node, Node], ...]
    at: int
    end: int


@dataclass(eq=False)
class Unary:
    """`!` or `-`."""

    operator: str
    operand: Node
    at: int
    end: int


@dataclass(eq=False)
class Binary:
    """Every operator between two operands but `&&` and `||`; `at` and `end` are the operator's own."""

    operator: str
    left: Node
    right: Node
    at: int
    end: int


@dataclass(eq=False)
class Logic:
    """`&&` or `||` over two or more operands, flattened: the order they are asked in changes no answer."""

    operator: str
    operands: tuple[Node, ...]
    at: int
    end: int


@dataclass(eq=False)
class Conditional:
    condition: Node
    then: Node
    otherwise: Node
    at: int
    end: int


@dataclass(eq=False)
class Call:
    """`name(arguments)`, or `target.name(arguments)` where `target` is set."""

    name: str
    target: Node | None
    arguments: tuple[Node, ...]
    at: int
    end: int


@dataclass(eq=False)
class Comprehension:
    """`range.all(variable, body)` and its kin. `map` has its result in `body` and may have a `condition`."""

    macro: str
    range: Node
    variable: str
    body: Node
    condition: Node | None
    at: int
    end: int


Node: TypeAlias = Union[
    Literal,
    Name,
    Select,
    Has,
    Index,
    ListLiteral,
    MapLiteral,
    Unary,
    Binary,
    Logic,
    Conditional,
    Call,
    Comprehension,
]

MACROS = ("all", "exists", "exists_one", "filter", "map")


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside this one, in the order they were written."""
    match node:
        case Literal() | Name():
            return ()
        case Select(operand=operand) | Has(operand=operand) | Unary(operand=operand):
            return (operand,)
        case Index(operand=operand, key=key):
            return (operand, key)
        case ListLiteral(items=items):
            return items
        case MapLiteral(entries=entries):
            return tuple(part for entry in entries for part in entry)
        case Binary(left=left, right=right):
            return (left, right)
        case Logic(operands=operands):
            return operands
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case Comprehension(range=over, body=body, condition=condition):
            return (over, body) if condition is None else (over, condition, body)


def start_of(node: Node) -> int:
    """Where the text of the whole node begins, which is before `at` for what has an operand on its left."""
    first = children(node)
    return min((node.at, *(start_of(child) for child in first)))


def describe(node: Node) -> str:
    """The node as a person would write it: names and selections; `(…)` for anything longer."""
    match node:
        case Name(name=name):
            return name
        case Select(operand=operand, field=field):
            return f"{describe(operand)}.{field}"
        case _:
            return "(…)"


def error_at(source: Source, at: int, end: int, message: str, hint: str = "") -> ConfigError:
    """A `ConfigError` that names the line and column in the file and shows the place with a caret.

    `source` says where the text starts; its further lines are taken to stand below one another, as a block scalar's do.
    """
    before = source.text[:at]
    line_start = before.rfind("\n") + 1
    line_end = source.text.find("\n", at)
    text = source.text[line_start : line_end if line_end >= 0 else len(source.text)]
    offset = at - line_start
    width = max(1, min(end, line_start + len(text)) - at)
    # Long expressions stand on one line; the part around the place is enough.
    cut = max(0, offset - 80)
    shown = ("…" if cut else "") + text[cut : cut + 160].rstrip()
    indent = " " * (offset - cut + (1 if cut else 0))
    lines = [hint] if hint else []
    lines += ["  " + shown, "  " + indent + "^" + "~" * (width - 1)]
    return ConfigError(
        message,
        path=source.path,
        line=source.line + before.count("\n"),
        column=source.column + offset,
        hint="\n  ".join(lines),
    )
