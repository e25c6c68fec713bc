"""What an unquoted scalar means: YAML 1.1 as CloudFormation and kubectl read it, less its surprises."""

from __future__ import annotations

import re

_WORDS: dict[str, bool | None] = {
    **{word: True for text in ("true", "yes", "on") for word in (text, text.capitalize(), text.upper())},
    **{word: False for text in ("false", "no", "off") for word in (text, text.capitalize(), text.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NUMBER_START = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)$")
_BASED = re.compile(r"[-+]?0(?:b[01_]*[01]|x[0-9a-fA-F_]*[0-9a-fA-F]|o?[0-7]{1,7})$")
# Octal ends at seven digits: file modes are meant; twelve digits are an account id that lacks its quotation marks.
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*|(?=[eE])))(?:[eE][-+]?[0-9]+)?$")
LONGEST_NUMBER = 300
"""Longer digits stay text: nobody means them, and Python refuses to convert very long ones."""


def plain(text: str) -> bool | int | float | str | None:
    """An unquoted scalar as the type it has in YAML 1.1."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START or len(text) > LONGEST_NUMBER:
        return text
    digits = text.replace("_", "")
    if _DECIMAL.match(text):
        return int(digits)
    if _BASED.match(text):
        sign, bare = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
        base = {"b": 2, "x": 16, "o": 8}.get(bare[1], 8)
        return sign * int(bare if base != 8 else bare.replace("o", ""), base)
    if _FLOAT.match(text):
        number = float(digits)
        return number if abs(number) != float("inf") else text
    return text
