"""A second opinion on our reading of HCL: the installed `hcl2` reads the same file, and both must see the same.

For people who ask how far they can trust a parser of our own. `hcl2` is python-hcl2, or checkov's fork of an old
version that answers to the same name and wraps every value in a list. Block types, labels, argument names and literals
are compared; expressions are spelled too differently. Never on the way of a scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.hcl import parse
from soc2gate.declared.terraform.tree import Block, Body, Literal, Node, Object, Source, Tuple
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass

SUFFIXES = (".tf", ".tofu", ".tfvars", ".tf.json", ".tofu.json", ".tfvars.json")
_META = re.compile(r"^__\w+__$")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two readers do not see the same."""

    path: str
    line: int
    message: str


class SecondReader:
    """The installed `hcl2`."""

    def __init__(self) -> None:
        """Raises `UsageError` where none is installed."""
        from importlib.metadata import packages_distributions, version

        try:
            import hcl2
            from lark.exceptions import LarkError
        except ImportError:
            message = "no second reader is installed: there is no module hcl2"
            raise UsageError(message, hint="pip install 'soc2gate[hcl]'") from None
        self._loads = hcl2.loads
        # What it raises is not only its grammar's: odd input ends in whatever its transformer met.
        self._errors = (LarkError, ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)
        names = sorted(set(packages_distributions().get("hcl2", ())))
        self.name = " and ".join(f"{name} {version(name)}" for name in names) or "hcl2 of no known distribution"

    def read(self, text: str) -> dict[str, Any] | str:
        """The file as it reads it, or why it cannot."""
        try:
            return dict(self._loads(text))
        except self._errors as error:
            return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def cross_read(path: str, text: str, second: SecondReader) -> list[Difference]:
    """Where our reading of one file and the second reader's part.

    hcl2 knows nothing of HCL's JSON form: there Python's own JSON reader is the second.
    """
    if path.endswith(".json"):
        from soc2gate.declared.terraform.cross_read_json import cross_read_json

        return [Difference(path, line, message) for line, message in cross_read_json(path, text)]
    # It knows no byte order mark, and insists on a newline at the end.
    text = text.removeprefix("\ufeff")
    source = Source(path, text)
    body, errors = parse(source, Limits().depth)
    theirs = second.read(text if text.endswith("\n") else f"{text}\n")
    if isinstance(theirs, str):
        if errors:
            return []
        return [Difference(path, 1, f"we read it, and the second reader does not: {theirs}")]
    if errors:
        first = errors[0]
        return [Difference(path, first.line or 1, f"the second reader reads it, and we do not: {first.message}")]
    return [Difference(path, source.position(at)[0], message) for at, message in _bodies(body, theirs, "", 0)]


def _bodies(ours: Body, theirs: dict[str, Any], place: str, start: int) -> Iterator[tuple[int, str]]:
    others = {_bare(name): value for name, value in theirs.items() if not _META.match(name)}
    blocks: dict[str, list[Block]] = {}
    for block in ours.blocks:
        blocks.setdefault(block.type, []).append(block)
    for name in sorted(others.keys() - blocks.keys() - ours.attributes.keys()):
        yield start, f"{place}{name}: only the second reader sees it"
    for name, attribute in ours.attributes.items():
        if name not in others:
            yield attribute.start, f"{place}{name}: the second reader does not see it"
        else:
            yield from _values(attribute.value, others[name], f"{place}{name}")
    for name, mine in blocks.items():
        found = others.get(name, [])
        found = found if isinstance(found, list) else [found]
        if len(found) != len(mine):
            yield mine[0].start, f"{place}{name}: {len(mine)} blocks, and {len(found)} for the second reader"
            continue
        for block, other in zip(mine, found, strict=True):
            yield from _blocks(block, other, f"{place}{name}")


def _blocks(block: Block, theirs: Any, place: str) -> Iterator[tuple[int, str]]:
    for label in block.labels:
        names = [name for name in theirs if not _META.match(name)] if isinstance(theirs, dict) else []
        if [_bare(name) for name in names] != [label]:
            said = ", ".join(map(_bare, names)) or "none"
            yield block.start, f"{place}: the label “{label}” is {said} for the second reader"
            return
        theirs = theirs[names[0]]
        place += f" {label}"
    if isinstance(theirs, dict):
        yield from _bodies(block.body, theirs, f"{place}: ", block.start)
    else:
        yield block.start, f"{place}: a block, and {_shown(theirs)} for the second reader"


def _values(node: Node, theirs: Any, place: str) -> Iterator[tuple[int, str]]:
    theirs = _unwrapped(node, theirs)
    if isinstance(theirs, str) and ("${" in theirs or "%{" in theirs or _bare(theirs).startswith("<<")):
        return  # an expression, or text of which the second reader gives the spelling
    if isinstance(node, Literal):
        if not _same(node.value, theirs):
            yield node.start, f"{place}: {_shown(node.value)}, and {_shown(theirs)} for the second reader"
    elif isinstance(node, Tuple):
        if not isinstance(theirs, list) or len(theirs) != len(node.elements):
            yield node.start, f"{place}: {len(node.elements)} elements, and {_shown(theirs)} for the second reader"
            return
        for at, (element, other) in enumerate(zip(node.elements, theirs, strict=True)):
            yield from _values(element, other, f"{place}[{at}]")
    elif isinstance(node, Object):
        yield from _objects(node, theirs, place)


def _objects(node: Object, theirs: Any, place: str) -> Iterator[tuple[int, str]]:
    if not isinstance(theirs, dict):
        yield node.start, f"{place}: an object, and {_shown(theirs)} for the second reader"
        return
    others = {_bare(str(name)): value for name, value in theirs.items() if not _META.match(str(name))}
    if len(others) != len(node.items):
        yield node.start, f"{place}: {len(node.items)} keys, and {len(others)} for the second reader"
        return
    for item in node.items:
        key = item.key.value if isinstance(item.key, Literal) else item.key
        if isinstance(key, Node) or "${" in str(key):
            continue
        if str(key) not in others:
            yield item.start, f"{place}: the second reader does not see the key “{key}”"
        else:
            yield from _values(item.value, others[str(key)], f"{place}.{key}")


def _unwrapped(node: Node, theirs: Any) -> Any:
    """Without the list that checkov's fork puts around every value."""
    if not isinstance(theirs, list) or len(theirs) != 1:
        return theirs
    if not isinstance(node, Tuple):
        return theirs[0]
    nested = len(node.elements) == 1 and isinstance(node.elements[0], Tuple)
    return theirs[0] if isinstance(theirs[0], list) and not nested else theirs


def _bare(text: str) -> str:
    """Without the quotes that python-hcl2 keeps since version 8."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _same(mine: object, theirs: Any) -> bool:
    if isinstance(mine, str):
        return isinstance(theirs, str) and mine in (theirs, _bare(theirs), _unescaped(_bare(theirs)))
    if isinstance(mine, bool) or isinstance(theirs, bool) or mine is None:
        return mine is theirs or theirs == str(mine).lower() or (mine is None and theirs == "null")
    return isinstance(theirs, (int, float)) and isinstance(mine, (int, float)) and float(mine) == float(theirs)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: _SIMPLE[m[3]] if m[3] else chr(int(m[1] or m[2], 16)), text)


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
