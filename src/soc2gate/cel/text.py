"""What can be said of a string of which only parts are known.

A partly known string is a row of literals with gaps between them: `"arn:aws:s3:::" gap "/*"`. A question about it is
answered when every filling of the gaps gives the same answer, and unknown otherwise.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from soc2gate.model.value import Text, Unknown
from soc2gate.patterns import regex


class Shape(NamedTuple):
    """`literals[0] gap literals[1] gap … literals[n]`; empty literals where gaps touch the ends or one another."""

    literals: tuple[str, ...]
    least: tuple[int, ...]
    """How many characters each gap holds at least: 0 or 1."""
    without: tuple[str, ...]
    """The characters that each gap is known not to hold."""

    @property
    def shortest(self) -> int:
        return sum(map(len, self.literals)) + sum(self.least)


def shape_of(value: Text | Unknown) -> Shape:
    """The row of literals and gaps; an `Unknown` is one gap, after the prefix it is known to have."""
    parts = value.parts if isinstance(value, Text) else (value,)
    literals, least, without = [""], [], []
    for part in parts:
        if isinstance(part, str):
            literals[-1] += part
        else:
            literals[-1] += part.prefix
            least.append(1 if part.not_null and not part.prefix else 0)
            without.append(part.without)
            literals.append("")
    return Shape(tuple(literals), tuple(least), tuple(without))


def unknown_part(value: Text | Unknown) -> Unknown:
    """What an answer about `value` that is not settled says: the reason, and nothing that holds of the string only."""
    if isinstance(value, Text):
        return Unknown(value.reason, None, value.depends)
    return bare(value)


def bare(unknown: Unknown) -> Unknown:
    """The same reason for a value derived from `unknown`, of which its reference and its prefix no longer hold."""
    if unknown.ref is None and not unknown.not_null and not unknown.prefix:
        return unknown
    depends = unknown.depends
    if not depends and unknown.ref is not None:
        depends = (str(unknown.ref),)
    return Unknown(unknown.reason, None, depends)


def could_be(shape: Shape, text: str) -> bool:
    """Whether some filling of the gaps gives exactly `text`."""
    first, *rest = shape.literals
    if not rest:
        return first == text
    *middle, last = rest
    if len(text) < shape.shortest or not text.startswith(first) or not text.endswith(last):
        return False
    # Leftmost matches leave the most room for what follows, so they decide without going back.
    at, end = len(first), len(text) - len(last)
    for gap, literal in zip(shape.least, middle, strict=False):
        found = text.find(literal, at + gap, end)
        if found < 0:
            return False
        at = found + len(literal)
    return at + shape.least[-1] <= end


Outcome: TypeAlias = bool | None
"""None: some fillings say yes, some say no."""


def equals(value: Text | Unknown, other: str | Text | Unknown) -> Outcome:
    shape = shape_of(value)
    if isinstance(other, str):
        return None if could_be(shape, other) else False
    against = shape_of(other)
    heads = _agree(shape.literals[0], against.literals[0])
    tails = _agree(shape.literals[-1][::-1], against.literals[-1][::-1])
    return None if heads and tails else False


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def starts_with(value: Text | Unknown, prefix: str) -> Outcome:
    first = shape_of(value).literals[0]
    if first.startswith(prefix):
        return True
    return None if prefix.startswith(first) else False


def ends_with(value: Text | Unknown, suffix: str) -> Outcome:
    shape = shape_of(value)
    if shape.literals[-1].endswith(suffix):
        return True
    return None if _could_end(shape, len(shape.literals) - 1, suffix) else False


def _could_end(shape: Shape, at: int, suffix: str) -> bool:
    """Whether some filling ends with `suffix`, from the literal `at` on to the left."""
    literal = shape.literals[at]
    if len(suffix) <= len(literal):
        return literal.endswith(suffix)
    if not suffix.endswith(literal):
        return False
    if at == 0:
        return False
    left = suffix[: len(suffix) - len(literal)]
    # The gap before it takes as much of what is left as it may hold.
    most = len(left)
    forbidden = shape.without[at - 1]
    for taken in range(most + 1):
        if taken and left[-taken] in forbidden:
            return False
        if taken == most:
            return True
        if taken >= shape.least[at - 1] and _could_end(shape, at - 1, left[: most - taken]):
            return True
    return False


def contains(value: Text | Unknown, part: str) -> Outcome:
    return True if any(part in literal for literal in shape_of(value).literals) else None


_ANCHORED_TEXT = regex(r"\^((?:[A-Za-z0-9 _:/@,;=!#%&~'\"<>-]|\\[^A-Za-z0-9])+)")
_LOOKS_BEYOND = regex(r"\\[AbBZz]|\$")


def matches(value: Text | Unknown, pattern: re.Pattern[str]) -> Outcome:
    """Whether the pattern is found somewhere in the text.

    A match inside a literal stays one whatever fills the gaps, unless the pattern speaks of the ends of the text. One
    that begins with `^` and plain characters is refuted by another beginning.
    """
    literals = shape_of(value).literals
    source = pattern.pattern
    if "^" not in source and not _LOOKS_BEYOND.search(source):
        return True if any(pattern.search(literal) for literal in literals) else None
    if not source.startswith("^") or "|" in source:
        return None
    if not _LOOKS_BEYOND.search(source) and pattern.match(literals[0]):
        return True
    plain = _ANCHORED_TEXT.match(source)
    if plain is None:
        return None
    beginning = re.sub(r"\\(.)", r"\1", plain[1])
    if source[plain.end() : plain.end() + 1] in ("?", "*", "{"):
        beginning = beginning[:-1]
    return None if _agree(beginning, literals[0]) else False


def join(left: str | Text | Unknown, right: str | Text | Unknown) -> str | Text:
    """`left + right`, keeping what is known of both."""
    parts: list[str | Unknown] = []
    for side in (left, right):
        for part in side.parts if isinstance(side, Text) else (side,):
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            elif part != "":
                parts.append(part)
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else Text(tuple(parts))


def mapped(value: Text, change: str) -> Text:
    """`lower` or `upper` of what is known."""
    parts: list[str | Unknown] = []
    for part in value.parts:
        if isinstance(part, str):
            parts.append(recased(part, change))
        else:
            parts.append(
                Unknown(part.reason, None, part.depends, not_null=part.not_null, prefix=recased(part.prefix, change))
            )
    return Text(tuple(parts))


_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LOWER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def recased(text: str, change: str) -> str:
    """ASCII letters only, as CEL's `lowerAscii` and `upperAscii` say."""
    return text.translate(_UPPER if change == "lower" else _LOWER)
