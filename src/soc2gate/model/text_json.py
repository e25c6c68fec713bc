"""JSON text of which some parts are unknown, as data.

Policy documents are written as text with references inside (`"${aws_s3_bucket.b.arn}/*"`), in heredocs, `jsonencode`
and `Fn::Sub`. The parts that are not known keep their place in the structure; everything around them is plain data.
"""

from __future__ import annotations

import json
import re

from soc2gate.model.value import OpenMap, Text, Unknown, Value

# Private-use characters, which no configuration contains: an unknown part inside a JSON string, and one that stands
# where a whole value should.
_INSIDE = "\ue000{}\ue001"
_BARE = '"\ue002{}\ue001"'
_MARK = re.compile("[\ue000\ue002](\\d+)\ue001")


def parse_json_text(value: str | Text) -> Value:
    """Parse JSON text into data.

    An unknown part inside a string makes that string a `Text` (or the `Unknown` itself, where it is all of it); a bare
    one stands for a value; in a key it makes the object an `OpenMap`. Raises `ValueError` where it is not JSON.
    """
    if isinstance(value, str):
        data: Value = _load(value)
        return data
    unknowns: list[Unknown] = []
    out: list[str] = []
    inside = False
    for part in value.parts:
        if isinstance(part, Unknown):
            out.append((_INSIDE if inside else _BARE).format(len(unknowns)))
            unknowns.append(part)
        else:
            out.append(part)
            inside = _ends_inside(part, inside)
    return _put_back(_load("".join(out)), unknowns)


def _load(text: str) -> Value:
    try:
        data: Value = json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    return data


def _ends_inside(text: str, inside: bool) -> bool:
    """Whether a JSON string is still open after `text`."""
    i = 0
    while i < len(text):
        if inside and text[i] == "\\":
            i += 1
        elif text[i] == '"':
            inside = not inside
        i += 1
    return inside


def _put_back(data: Value, unknowns: list[Unknown]) -> Value:
    if isinstance(data, str):
        return _text(data, unknowns)
    if isinstance(data, list):
        return [_put_back(item, unknowns) for item in data]
    if isinstance(data, dict):
        known = {key: _put_back(item, unknowns) for key, item in data.items() if not _MARK.search(key)}
        if len(known) == len(data):
            return known
        return _with_unknown_keys(known, data, unknowns)
    return data


def _with_unknown_keys(known: dict[str, Value], data: dict[str, Value], unknowns: list[Unknown]) -> OpenMap:
    keys = [key for key in data if _MARK.search(key)]
    reasons = [_text(key, unknowns) for key in keys]
    reason = next((found.reason for found in reasons if isinstance(found, (Unknown, Text))), "a key is not known")
    more = _put_back(data[keys[0]], unknowns) if len(keys) == 1 else Unknown(reason)
    return OpenMap(known, more, reason)


def _text(text: str, unknowns: list[Unknown]) -> Value:
    parts: list[str | Unknown] = []
    end = 0
    for mark in _MARK.finditer(text):
        if mark.start() > end:
            parts.append(text[end : mark.start()])
        parts.append(unknowns[int(mark.group(1))])
        end = mark.end()
    if not parts:
        return text
    if end < len(text):
        parts.append(text[end:])
    if len(parts) == 1:
        return parts[0]
    return Text(tuple(parts))
