"""JSON inside text of which parts are unknown.

A policy that names `"${aws_s3_bucket.b.arn}/*"` is still a policy: readers write it as a `Text` whose unknown parts
stand inside JSON strings, or bare where a whole JSON value is unknown, and `parse_json_text` gives the structure back.
"""

from __future__ import annotations

import json

from soc2gate.facts import dataclass
from soc2gate.model.value import SPECIAL, Alternatives, OpenMap, Text, Unknown, Value

_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Held(Unknown):
    """Stands bare in JSON text for a value that text cannot spell: an unknown, an open list or map, alternatives."""

    value: Value = None


def parse_json_text(value: str | Text) -> Value:
    """The JSON that the text spells, with unknown leaves; ValueError when it is not JSON.

    An unknown part inside a JSON string makes that string a Text (or is the value, when there is nothing else in the
    string). One that stands for a whole JSON value is that value. An object with an unknown key is an OpenMap.
    """
    if isinstance(value, str):
        return _load(value)
    mark = _unused_character(value)
    text, holes = _with_marks(value, mark)
    return _Filler(mark, holes).fill(_load(text))


def spell_json(value: Value) -> str | Text:
    """Compact JSON with sorted keys, as Terraform's jsonencode() spells it, unknown parts kept in their places."""
    parts: list[str | Unknown] = []
    _spell(value, parts)
    joined: list[str | Unknown] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    if len(joined) == 1 and isinstance(joined[0], str):
        return joined[0]
    return Text(tuple(joined))


def spell_json_string(text: str) -> str:
    """One JSON string, escaped as Go's encoder does it for HTML's sake."""
    quoted = json.dumps(text, ensure_ascii=False)
    if "<" in quoted or ">" in quoted or "&" in quoted:
        quoted = quoted.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    if "\u2028" in quoted or "\u2029" in quoted:
        quoted = quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return quoted


def _load(text: str) -> Value:
    def no_constant(name: str) -> Value:
        raise ValueError(f"{name} is not JSON")

    try:
        loaded: Value = json.loads(text, parse_constant=no_constant)
    except RecursionError as error:
        raise ValueError("the JSON nests too deep") from error
    _check_depth(loaded)
    return loaded


def _check_depth(value: Value) -> None:
    """ValueError for JSON that nests so deep that walking it would run out of stack."""
    level: list[Value] = [value]
    for _ in range(_DEEPEST):
        below: list[Value] = []
        for each in level:
            if isinstance(each, list):
                below.extend(each)
            elif isinstance(each, dict):
                below.extend(each.values())
        if not below:
            return
        level = below
    raise ValueError("the JSON nests too deep")


def _unused_character(value: Text) -> str:
    literal = "".join(part for part in value.parts if isinstance(part, str))
    return next(char for char in map(chr, range(0xE000, 0xF8FF)) if char not in literal)


def _with_marks(value: Text, mark: str) -> tuple[str, list[Unknown]]:
    """JSON in which every unknown part is `mark number mark`, quoted with a `!` where it stands bare."""
    out: list[str] = []
    holes: list[Unknown] = []
    in_string = False
    for part in value.parts:
        if isinstance(part, str):
            escaped = False
            for char in part:
                if escaped:
                    escaped = False
                elif char == "\\":
                    escaped = in_string
                elif char == '"':
                    in_string = not in_string
            if escaped:
                raise ValueError("an unknown part stands inside an escape sequence")
            out.append(part)
            continue
        name = f"{mark}{len(holes)}{mark}"
        out.append(name if in_string else f'"!{name}"')
        holes.append(part)
    return "".join(out), holes


class _Filler:
    """Puts the unknown parts back into loaded JSON."""

    def __init__(self, mark: str, holes: list[Unknown]) -> None:
        self.mark = mark
        self.holes = holes

    def fill(self, value: Value) -> Value:
        if isinstance(value, str):
            return self._text(value) if self.mark in value else value
        if isinstance(value, list):
            return [self.fill(child) for child in value]
        if isinstance(value, dict):
            known = {key: self.fill(child) for key, child in value.items() if self.mark not in key}
            vague = [self.fill(child) for key, child in value.items() if self.mark in key]
            if not vague:
                return known
            reason = next(self._text(key) for key in value if self.mark in key)
            why = reason.reason if isinstance(reason, SPECIAL) else "a key is not known"
            more = vague[0] if len(vague) == 1 else Alternatives(tuple(vague), why)
            return OpenMap(known, more, why)
        return value

    def _text(self, value: str) -> Value:
        if value.startswith("!" + self.mark) and value.count(self.mark) == 2 and value.endswith(self.mark):
            hole = self.holes[int(value[2:-1])]
            return hole.value if isinstance(hole, Held) else hole
        pieces = value.split(self.mark)
        parts: list[str | Unknown] = []
        for at, piece in enumerate(pieces):
            if at % 2:
                parts.append(self.holes[int(piece)])
            elif piece:
                parts.append(piece)
        return parts[0] if len(parts) == 1 else Text(tuple(parts))


def _spell(value: Value, parts: list[str | Unknown]) -> None:
    if isinstance(value, str):
        parts.append(spell_json_string(value))
    elif value is None or isinstance(value, (bool, int, float)):
        parts.append(_spell_scalar(value))
    elif isinstance(value, list):
        parts.append("[")
        for at, child in enumerate(value):
            if at:
                parts.append(",")
            _spell(child, parts)
        parts.append("]")
    elif isinstance(value, dict):
        parts.append("{")
        for at, key in enumerate(sorted(value)):
            parts.append(("," if at else "") + spell_json_string(key) + ":")
            _spell(value[key], parts)
        parts.append("}")
    elif isinstance(value, Text):
        parts.append('"')
        parts.extend(spell_json_string(part)[1:-1] if isinstance(part, str) else part for part in value.parts)
        parts.append('"')
    else:
        # The text of the JSON is not the text of the value, so this is a part of its own kind, without a reference.
        parts.append(Held(value.reason, depends=value.depends if isinstance(value, Unknown) else (), value=value))


def _spell_scalar(value: bool | int | float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
