"""Whether a CloudWatch Logs filter pattern matches an event: the pattern is read as the service reads it.

JSON patterns (`{ ($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed*") }`) and plain terms, as
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html describes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

from soc2gate.cel.language import safe_pattern
from soc2gate.model.value import Json

Event: TypeAlias = Mapping[str, Json]
Matcher: TypeAlias = Callable[[Event], bool]

_MISSING = object()
_DEEPEST = 50
"""Parentheses inside parentheses; CloudWatch's own patterns have at most 1024 characters."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<operator>&&|\|\||!=|<=|>=|=|<|>|\(|\)|\{|\})
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<expression>%[^%]*%)
    | (?P<path>\$[A-Za-z0-9_.\-\[\]*'"]*)
    | (?P<word>[^\s()=!<>&|{}"]+)
    )""",
    re.VERBOSE,
)


class NotAPattern(ValueError):
    """The text is no filter pattern that we can read; the message says where."""


@cache
def matcher(pattern: str) -> Matcher:
    """The pattern as a question to an event.

    Raises `NotAPattern`.
    """
    text = pattern.strip()
    if not text:
        return lambda event: True
    if not text.startswith("{"):
        return _terms(text)
    reader = _Reader(_tokens(text))
    reader.expect("{")
    found = reader.either(0)
    reader.expect("}")
    if reader.rest:
        raise NotAPattern(f"“{reader.rest[0][1]}” follows the pattern")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            if not text[at:].strip():
                break
            raise NotAPattern(f"“{text[at : at + 20].strip()}” is not understood")
        out.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return out


class _Reader:
    """Reads a JSON pattern from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens

    def take(self) -> tuple[str, str]:
        if not self.rest:
            raise NotAPattern("the pattern ends too early")
        return self.rest.pop(0)

    def next_is(self, text: str) -> bool:
        return bool(self.rest) and self.rest[0] == ("operator", text)

    def expect(self, text: str) -> None:
        if self.take() != ("operator", text):
            raise NotAPattern(f"“{text}” is missing")

    def either(self, depth: int) -> Matcher:
        if depth > _DEEPEST:
            raise NotAPattern("it nests too deep")
        found = [self.both(depth)]
        while self.next_is("||"):
            self.take()
            found.append(self.both(depth))
        return lambda event: any(one(event) for one in found)

    def both(self, depth: int) -> Matcher:
        found = [self.one(depth)]
        while self.next_is("&&"):
            self.take()
            found.append(self.one(depth))
        return lambda event: all(one(event) for one in found)

    def one(self, depth: int) -> Matcher:
        if self.next_is("("):
            self.take()
            inside = self.either(depth + 1)
            self.expect(")")
            return inside
        kind, path = self.take()
        if kind != "path":
            raise NotAPattern(f"“{path}” stands where a property (`$.…`) should")
        kind, operator = self.take()
        if kind == "word":
            return self.state(path, operator.upper())
        kind, value = self.take()
        if operator not in _COMPARISONS:
            raise NotAPattern(f"“{operator}” is no comparison")
        return _comparison(path, operator, kind, value)

    def state(self, path: str, word: str) -> Matcher:
        if word == "EXISTS":
            return lambda event: _value(event, path) is not _MISSING
        following = self.take()[1].upper()
        if (word, following) == ("NOT", "EXISTS"):
            return lambda event: _value(event, path) is _MISSING
        wanted: dict[str, Json] = {"TRUE": True, "FALSE": False, "NULL": None}
        if word != "IS" or following not in wanted:
            raise NotAPattern(f"“{word} {following}” is not understood")
        return lambda event: _value(event, path) is wanted[following]


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _comparison(path: str, operator: str, kind: str, text: str) -> Matcher:
    compare = _COMPARISONS[operator]
    if kind == "quoted":
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    number = _number(text) if kind == "word" else None
    if kind == "expression":
        try:
            expression = safe_pattern(text[1:-1])
        except ValueError as error:
            raise NotAPattern(f"“{text}” is no regular expression: {error}") from error
    else:
        expression = re.compile(".*".join(re.escape(part) for part in text.split("*")) + r"\Z", re.DOTALL)

    def matches(event: Event) -> bool:
        value = _value(event, path)
        if value is _MISSING or isinstance(value, (dict, list)) or value is None:
            return False
        if number is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
            return compare(float(value), number)
        said = str(value).lower() if isinstance(value, bool) else str(value)
        found = bool(expression.search(said) if kind == "expression" else expression.match(said))
        return found if operator == "=" else not found if operator == "!=" else False

    return matches


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _value(event: Event, path: str) -> object:
    """What stands at `$.userIdentity.type` or `$['eventName']`; `_MISSING` where nothing does."""
    value: object = event
    for step in re.findall(r"[^.\[\]'\"$]+", path):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return _MISSING
    return value


def _terms(text: str) -> Matcher:
    """Words that all have to stand in the line; with `?` one of them, with `-` none."""
    if text.startswith("["):
        # For lines with columns. An event of CloudTrail is one JSON text.
        raise NotAPattern("a pattern for columns says nothing of JSON")
    words = [
        (mark, quoted or word)
        for mark, quoted, word in re.findall(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))', text)
        if quoted or word
    ]

    def matches(event: Event) -> bool:
        line = json.dumps(event)
        wanted = [word for mark, word in words if not mark]
        either = [word for mark, word in words if mark == "?"]
        if any(mark == "-" and word in line for mark, word in words):
            return False
        if wanted:
            return all(word in line for word in wanted)
        return not either or any(word in line for word in either)

    return matches
