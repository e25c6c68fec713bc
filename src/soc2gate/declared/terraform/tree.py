"""The syntax tree of Terraform's language: what both spellings (HCL and JSON) are read into.

Nothing here knows what an expression means. Every node keeps the offset where it starts, so that places are worked
out only for the few that a report shows. The classes are plain on purpose: a big root makes a million of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from soc2gate.model.resource import Span


class Source:
    """One file's text, and the lines its offsets stand on."""

    __slots__ = ("_starts", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        """Relative to where the scan started."""
        self.text = text
        self._starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        starts = self._starts
        if starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The place from `start` up to (not including) `end`; `end_line` stays 0 on a single line."""
        line, column = self.position(start)
        last = self.position(max(start, end - 1))[0]
        return Span(self.path, line, column, last if last != line else 0)


_NO_OVERRIDES: Mapping[str, Source] = MappingProxyType({})


class Node:
    """An expression, and the offset of its first character."""

    __slots__ = ("start",)
    start: int


class Literal(Node):
    """A string, number, bool or null as written, escapes resolved."""

    __slots__ = ("value",)

    def __init__(self, start: int, value: str | int | float | bool | None) -> None:
        self.start = start
        self.value = value


class Template(Node):
    """Text with interpolations and directives in it; a lone `"${x}"` is just `x` and never comes as a Template."""

    __slots__ = ("parts",)

    def __init__(self, start: int, parts: list[str | Node]) -> None:
        self.start = start
        self.parts = parts


class TemplateIf(Node):
    """`%{ if … }…%{ else }…%{ endif }` inside a Template."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, start: int, condition: Node, then: Template, otherwise: Template) -> None:
        self.start = start
        self.condition = condition
        self.then = then
        self.otherwise = otherwise


class TemplateFor(Node):
    """`%{ for key, value in … }…%{ endfor }` inside a Template."""

    __slots__ = ("body", "collection", "key", "value")

    def __init__(self, start: int, key: str | None, value: str, collection: Node, body: Template) -> None:
        self.start = start
        self.key = key
        self.value = value
        self.collection = collection
        self.body = body


Step: TypeAlias = str | Node
"""One step of a path: the name after a dot, or the expression between brackets."""


class Reference(Node):
    """`root.step[step]…`: what a name leads to."""

    __slots__ = ("root", "steps")

    def __init__(self, start: int, root: str, steps: tuple[Step, ...]) -> None:
        self.start = start
        self.root = root
        self.steps = steps


class Access(Node):
    """Steps into something that is not a plain name: `f(x).name[0]`."""

    __slots__ = ("base", "steps")

    def __init__(self, start: int, base: Node, steps: tuple[Step, ...]) -> None:
        self.start = start
        self.base = base
        self.steps = steps


class Splat(Node):
    """`base[*].rest` and `base.*.rest`; `each` says what becomes of one element, written over a SplatItem."""

    __slots__ = ("base", "each")

    def __init__(self, start: int, base: Node, each: Node) -> None:
        self.start = start
        self.base = base
        self.each = each


class SplatItem(Node):
    """The element that the innermost Splat is at."""

    __slots__ = ()

    def __init__(self, start: int) -> None:
        self.start = start


class Call(Node):
    """`name(arguments…)`; `spread` when the last argument is followed by `...`."""

    __slots__ = ("arguments", "name", "spread")

    def __init__(self, start: int, name: str, arguments: list[Node], spread: bool) -> None:
        self.start = start
        self.name = name
        self.arguments = arguments
        self.spread = spread


class Unary(Node):
    """`-x` or `!x`."""

    __slots__ = ("operand", "operator")

    def __init__(self, start: int, operator: str, operand: Node) -> None:
        self.start = start
        self.operator = operator
        self.operand = operand


class Binary(Node):
    """`left operator right`; chains lean to the left."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, start: int, operator: str, left: Node, right: Node) -> None:
        self.start = start
        self.operator = operator
        self.left = left
        self.right = right


class Conditional(Node):
    """`condition ? then : otherwise`."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, start: int, condition: Node, then: Node, otherwise: Node) -> None:
        self.start = start
        self.condition = condition
        self.then = then
        self.otherwise = otherwise


class Tuple(Node):
    """`[a, b]`; `ends` holds where each element ends."""

    __slots__ = ("elements", "ends")

    def __init__(self, start: int, elements: list[Node], ends: list[int]) -> None:
        self.start = start
        self.elements = elements
        self.ends = ends


class Object(Node):
    """`{ key = value }`; a key written as a bare word is its text, any other key is an expression."""

    __slots__ = ("items",)

    def __init__(self, start: int, items: list[ObjectItem]) -> None:
        self.start = start
        self.items = items


class ObjectItem:
    """One `key = value` of an Object, from the key's first character to the value's last."""

    __slots__ = ("end", "key", "start", "value")

    def __init__(self, start: int, end: int, key: str | Node, value: Node) -> None:
        self.start = start
        self.end = end
        self.key = key
        self.value = value


class ForTuple(Node):
    """`[for key, value in collection : result if condition]`."""

    __slots__ = ("collection", "condition", "key", "result", "value")

    def __init__(
        self, start: int, key: str | None, value: str, collection: Node, result: Node, condition: Node | None
    ) -> None:
        self.start = start
        self.key = key
        self.value = value
        self.collection = collection
        self.result = result
        self.condition = condition


class ForObject(Node):
    """`{for key, value in collection : name => result... if condition}`; `group` is the `...`."""

    __slots__ = ("collection", "condition", "group", "key", "name", "result", "value")

    def __init__(
        self,
        start: int,
        names: tuple[str | None, str],
        collection: Node,
        item: tuple[Node, Node, bool],
        condition: Node | None,
    ) -> None:
        self.start = start
        self.key, self.value = names
        self.collection = collection
        self.name, self.result, self.group = item
        self.condition = condition


class Attribute:
    """`name = value` in a body."""

    __slots__ = ("end", "name", "start", "value")

    def __init__(self, name: str, start: int, end: int, value: Node) -> None:
        self.name = name
        self.start = start
        self.end = end
        self.value = value


class Block:
    """`type "label" … { body }`, from the first character of the type to past the closing brace."""

    __slots__ = ("body", "end", "labels", "overrides", "source", "start", "type")

    def __init__(self, type_: str, labels: tuple[str, ...], start: int, source: Source) -> None:
        self.type = type_
        self.labels = labels
        self.start = start
        self.end = start
        self.source = source
        self.body = Body()
        self.overrides: Mapping[str, Source] = _NO_OVERRIDES
        """Attributes that an override file wrote, with that file."""


class Body:
    """What stands between braces, or in a whole file: attributes by name, blocks in order."""

    __slots__ = ("attributes", "blocks")

    def __init__(self) -> None:
        self.attributes: dict[str, Attribute] = {}
        self.blocks: list[Block] = []

    def block(self, type_: str) -> Block | None:
        """The first block of a type."""
        return next((block for block in self.blocks if block.type == type_), None)


def where_of(block: Block) -> Span:
    """Where a block stands, from its type to its closing brace."""
    return block.source.span(block.start, block.end)
