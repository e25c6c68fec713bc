"""A second opinion on our reading of HCL's JSON form: Python's own JSON reader sees the same file.

Ours keeps places and tells blocks from arguments; what stands where, under which name and with which literal value has
to be the same. Strings with a template in them are expressions, and left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.hcl_json import LABELS, parse_configuration, parse_values
from soc2gate.declared.terraform.tree import Block, Body, Literal, Node, Object, Source, Tuple

_COMMENT = "//"


def cross_read_json(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Line and message of each difference."""
    source = Source(path, text.removeprefix("\ufeff"))
    values = path.endswith(".tfvars.json")
    body, errors = (parse_values if values else parse_configuration)(source, Limits().depth)
    try:
        theirs = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        if not errors:
            yield 1, f"we read it, and Python's JSON reader does not: {error}"
        return
    if errors:
        # What is no JSON object, or stands twice, is no configuration although it is JSON.
        return
    found = _body(body, theirs, "") if values else _configuration(body, theirs)
    for at, message in found:
        yield source.position(at)[0], message


def _configuration(body: Body, theirs: Any) -> Iterator[tuple[int, str]]:
    mine: dict[tuple[str, ...], list[Block]] = {}
    for block in body.blocks:
        mine.setdefault((block.type, *block.labels), []).append(block)
    others: dict[tuple[str, ...], list[Any]] = {}
    for part in _objects(theirs):
        for name, value in part.items():
            for key, content in _labelled((name,), value, LABELS.get(name, 0)):
                others.setdefault(key, []).append(content)
    for key in sorted(others.keys() - mine.keys() - {(_COMMENT,)}):
        yield 0, f"{' '.join(key)}: only Python's JSON reader sees it"
    for key, blocks in mine.items():
        contents = others.get(key, [])
        if len(contents) != len(blocks):
            message = f"{' '.join(key)}: {len(blocks)} blocks, and {len(contents)} for Python's JSON reader"
            yield blocks[0].start, message
            continue
        for block, content in zip(blocks, contents, strict=True):
            yield from _body(block.body, content, " ".join(key))


def _labelled(key: tuple[str, ...], value: Any, labels: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The blocks under a type: a name for each label, and a list where there are several."""
    for part in _objects(value):
        if labels == 0:
            yield key, part
            continue
        for name, inner in part.items():
            if name != _COMMENT:
                yield from _labelled((*key, name), inner, labels - 1)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]


def _body(body: Body, theirs: Any, place: str) -> Iterator[tuple[int, str]]:
    blocks: dict[str, list[Block]] = {}
    for block in body.blocks:
        blocks.setdefault(block.type, []).append(block)
    known = {*blocks, *body.attributes, _COMMENT}
    for name in theirs:
        if name not in known and theirs[name] not in (None, [], {}):
            yield 0, f"{place}.{name}: only Python's JSON reader sees it"
    for name, attribute in body.attributes.items():
        yield from _value(attribute.value, theirs.get(name), f"{place}.{name}", attribute.start)
    for name, mine in blocks.items():
        if name == "dynamic":
            continue  # spelled with a label of its own
        parts = _objects(theirs.get(name))
        if len(parts) != len(mine):
            yield mine[0].start, f"{place}.{name}: {len(mine)} blocks, and {len(parts)} for Python's JSON reader"
            continue
        for block, part in zip(mine, parts, strict=True):
            yield from _body(block.body, part, f"{place}.{name}")


def _value(node: Node, theirs: Any, place: str, start: int) -> Iterator[tuple[int, str]]:
    if isinstance(theirs, str) and ("${" in theirs or "%{" in theirs or not isinstance(node, Literal)):
        return
    if isinstance(node, Literal):
        if not _same(node.value, theirs):
            yield start, f"{place}: {node.value!r}, and {theirs!r} for Python's JSON reader"
    elif isinstance(node, Tuple):
        if not isinstance(theirs, list) or len(theirs) != len(node.elements):
            yield start, f"{place}: {len(node.elements)} elements, and another number for Python's JSON reader"
            return
        for at, (element, other) in enumerate(zip(node.elements, theirs, strict=True)):
            yield from _value(element, other, f"{place}[{at}]", start)
    elif isinstance(node, Object):
        if not isinstance(theirs, dict) or len(theirs) != len(node.items):
            yield start, f"{place}: {len(node.items)} keys, and another number for Python's JSON reader"
            return
        for item, other in zip(node.items, theirs.values(), strict=True):
            yield from _value(item.value, other, place, start)


def _same(mine: object, theirs: Any) -> bool:
    if isinstance(mine, bool) or isinstance(theirs, bool) or mine is None or isinstance(mine, str):
        return type(mine) is type(theirs) and mine == theirs
    return isinstance(mine, (int, float)) and isinstance(theirs, (int, float)) and float(mine) == float(theirs)
