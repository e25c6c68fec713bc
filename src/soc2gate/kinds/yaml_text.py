"""YAML inside text of which parts are unknown, as `model.text_json` is for JSON.

YAML with parts that are not known is still YAML: `image: ${var.image}` makes one leaf unknown, not the document.
"""

from __future__ import annotations

from soc2gate.model.text_json import Held
from soc2gate.model.value import OpenMap, Text, Unknown, Value
from soc2gate.yaml_lines import Tagged, YamlValue, load_all


def parse_yaml_text(text: str | Text, name: str) -> list[Value]:
    """The documents that the text spells, with unknown leaves; `name` stands for a file in errors.

    Raises `InputError` where it is no YAML. An empty document is left out.
    """
    parts = text.parts if isinstance(text, Text) else (text,)
    literal = "".join(part for part in parts if isinstance(part, str))
    mark = next(char for char in map(chr, range(0xE000, 0xF8FF)) if char not in literal)
    holes = [part for part in parts if isinstance(part, Unknown)]
    numbers = iter(range(len(holes)))
    marked = "".join(part if isinstance(part, str) else f"{mark}{next(numbers)}{mark}" for part in parts)
    documents = load_all(marked, name)
    return [_filled(document.data, mark, holes) for document in documents if document.data is not None]


def _filled(value: YamlValue, mark: str, holes: list[Unknown]) -> Value:
    if isinstance(value, dict):
        if any(mark in key for key in value):
            known = {key: _filled(child, mark, holes) for key, child in value.items() if mark not in key}
            return OpenMap(known, Unknown(holes[0].reason), holes[0].reason)
        return {key: _filled(child, mark, holes) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, mark, holes) for child in value]
    if isinstance(value, Tagged):
        return Unknown(f"tag `!{value.tag}` is not one that is known there")
    if isinstance(value, str) and mark in value:
        # `literal mark number mark literal mark number mark …`
        pieces = value.split(mark)
        parts = [holes[int(piece)] if i % 2 else piece for i, piece in enumerate(pieces)]
        kept = tuple(part for part in parts if part != "")
        if len(kept) == 1 and isinstance(only := kept[0], Unknown):
            return only.value if isinstance(only, Held) else only
        return Text(kept)
    return value
