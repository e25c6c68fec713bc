"""Where everything in a resource was written, worked out only when somebody asks.

A report shows a few places of a few resources, so the reader keeps just what is needed to find them: the block, and
which of its nested blocks became which element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from soc2gate.declared.terraform.tree import Access, Block, Body, Call, Node, Object, Source, Tuple
from soc2gate.model.resource import Span

Trace: TypeAlias = list[tuple[str, Block, Body]]
"""For every element of a nested block: its path (`ingress[0]`), the block it was written as, its body."""

META_ATTRIBUTES = frozenset(("count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection"))
META_BLOCKS = frozenset(("lifecycle", "provisioner", "connection", "timeouts"))


class LazyPlaces(Mapping[str, Span]):
    """Path to place, in the order of the file."""

    __slots__ = ("_block", "_found", "_trace")

    def __init__(self, block: Block, trace: Trace) -> None:
        self._block = block
        self._trace = trace
        self._found: dict[str, Span] | None = None

    def _places(self) -> dict[str, Span]:
        found = self._found
        if found is None:
            found = {}
            block = self._block
            for name, attribute in block.body.attributes.items():
                if name not in META_ATTRIBUTES:
                    source = block.overrides.get(name, block.source)
                    found[name] = source.span(attribute.start, attribute.end)
                    _inside(attribute.value, name, source, found)
            for path, written, body in self._trace:
                found[path] = written.source.span(written.start, written.end)
                for name, attribute in body.attributes.items():
                    found[f"{path}.{name}"] = written.source.span(attribute.start, attribute.end)
                    _inside(attribute.value, f"{path}.{name}", written.source, found)
            self._found = found
        return found

    def __getitem__(self, path: str) -> Span:
        return self._places()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places())

    def __len__(self) -> int:
        return len(self._places())


def _inside(node: Node, path: str, source: Source, found: dict[str, Span]) -> None:
    """Places of what a literal holds; of a jsonencode() call, those of the JSON's members under the same paths."""
    if isinstance(node, Access) and not node.steps and node.base.start > node.start:
        # A parenthesis. (What a string of JSON configuration holds starts where the string does: its inner places
        # would be those of the string's text.)
        _inside(node.base, path, source, found)
    elif isinstance(node, Tuple):
        for at, (element, end) in enumerate(zip(node.elements, node.ends, strict=True)):
            inner = f"{path}[{at}]"
            found[inner] = source.span(element.start, end)
            _inside(element, inner, source, found)
    elif isinstance(node, Object):
        for item in node.items:
            if isinstance(item.key, str):
                inner = f"{path}.{item.key}"
                found[inner] = source.span(item.start, item.end)
                _inside(item.value, inner, source, found)
    elif isinstance(node, Call) and node.name == "jsonencode" and len(node.arguments) == 1:
        _inside(node.arguments[0], path, source, found)
