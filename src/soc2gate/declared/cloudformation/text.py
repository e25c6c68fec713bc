"""Text made of known and unknown parts, as `Fn::Sub` and `Fn::Join` make it, and references that deploying resolves."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence

from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value

MOST_OPTIONS = 16
"""More alternatives than this are one unknown: judging each would cost more than it tells."""


def scalar_text(value: Value) -> str | None:
    """A scalar as CloudFormation writes it into text; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return None


def join_parts(values: Sequence[Value]) -> Value:
    """One text out of scalars, texts and unknowns. Raises `ValueError` where a part can be no text."""
    if any(isinstance(value, Alternatives) for value in values):
        return _join_each(values)
    parts: list[str | Unknown] = []
    for value in values:
        if isinstance(value, Unknown):
            parts.append(value)
        elif isinstance(value, Text):
            parts += value.parts
        else:
            text = scalar_text(value)
            if text is None:
                raise ValueError("a list or a mapping cannot be part of a text")
            parts.append(text)
    return with_references(parts)


def _join_each(values: Sequence[Value]) -> Value:
    options = [value.options if isinstance(value, Alternatives) else (value,) for value in values]
    reason = next(value.reason for value in values if isinstance(value, Alternatives))
    count = 1
    for choice in options:
        count *= len(choice)
    if count > MOST_OPTIONS:
        return join_parts([Unknown(value.reason) if isinstance(value, Alternatives) else value for value in values])
    return one_of(
        [join_parts(["" if part is None else part for part in row]) for row in itertools.product(*options)], reason
    )


def one_of(options: Sequence[Value], reason: str) -> Value:
    """The options as one value: themselves where they are one, `Alternatives` of few, an unknown of many."""
    flat: list[Value] = []
    for option in options:
        for part in option.options if isinstance(option, Alternatives) else (option,):
            if not any(_same(part, known) for known in flat):
                flat.append(part)
    if len(flat) == 1:
        return flat[0]
    if len(flat) > MOST_OPTIONS:
        return Unknown(reason)
    return Alternatives(tuple(flat), reason)


def _same(left: Value, right: Value) -> bool:
    # In Python `True == 1`; in a template they are two values.
    return type(left) is type(right) and left == right


_REFERENCE = re.compile("\\{\\{resolve:([a-z-]+):([^}]*)\\}\\}")
_MARK = re.compile("\ue000(\\d+)\ue001")
_SERVICES = {"ssm": "SSM parameter", "ssm-secure": "SSM parameter", "secretsmanager": "secret"}


def with_references(parts: Sequence[str | Unknown]) -> Value:
    """The parts as one value, with `{{resolve:…}}` turned into the unknown that it is before deploying."""
    unknowns: list[Unknown] = []

    def mark(unknown: Unknown) -> str:
        unknowns.append(unknown)
        return f"\ue000{len(unknowns) - 1}\ue001"

    def resolve(found: re.Match[str]) -> str:
        service, name = found.group(1), _MARK.sub("…", found.group(2))
        what = _SERVICES.get(service, service)
        reason = f"{what} `{name}` is looked up when the stack is deployed"
        return mark(Unknown(reason, depends=(f"resolve:{service}:{name}",), not_null=True))

    text = "".join(part if isinstance(part, str) else mark(part) for part in parts)
    if "{{resolve:" in text:
        text = _REFERENCE.sub(resolve, text)
    out: list[str | Unknown] = []
    for index, piece in enumerate(_MARK.split(text)):
        if index % 2:
            out.append(unknowns[int(piece)])
        elif piece:
            out.append(piece)
    if not out:
        return ""
    return out[0] if len(out) == 1 else Text(tuple(out))


def json_text(value: Value) -> Value:
    """`Fn::ToJsonString`. Raises `ValueError` where the shape itself is not known."""
    return with_references(list(_json_parts(value)))


def _json_parts(value: Value) -> Iterator[str | Unknown]:
    if isinstance(value, Unknown):
        yield from ('"', value, '"')
    elif isinstance(value, Text):
        yield '"'
        for part in value.parts:
            yield json.dumps(part)[1:-1] if isinstance(part, str) else part
        yield '"'
    elif isinstance(value, dict):
        yield "{"
        for index, (key, child) in enumerate(value.items()):
            yield f"{', ' if index else ''}{json.dumps(key)}: ".replace(", ", ",").replace(": ", ":")
            yield from _json_parts(child)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for index, child in enumerate(value):
            if index:
                yield ","
            yield from _json_parts(child)
        yield "]"
    elif isinstance(value, (OpenList, OpenMap, Alternatives)):
        raise ValueError("its shape is not known")
    else:
        yield json.dumps(value)
