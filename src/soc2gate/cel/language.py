"""The functions of the language itself (the domain's own are in `functions`), and the patterns `matches` takes."""

from __future__ import annotations

import re
from collections.abc import Callable

from soc2gate.cel import operations
from soc2gate.facts import dataclass
from soc2gate.model.value import Value
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, Type


@dataclass(frozen=True, slots=True)
class Conversion:
    """`int(value)` and its kin."""

    result: Type
    accepts: tuple[Type, ...]
    """Empty: anything."""
    function: Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class Method:
    """A function asked of a string: `text.startsWith(part)`."""

    result: Type
    arguments: int
    function: Callable[..., Value]


CONVERSIONS = {
    "int": Conversion(INT, (INT, DOUBLE, STRING), operations.to_int),
    "uint": Conversion(INT, (INT, DOUBLE, STRING), operations.to_uint),
    "double": Conversion(DOUBLE, (INT, DOUBLE, STRING), operations.to_double),
    "string": Conversion(STRING, (INT, DOUBLE, STRING, BOOL), operations.to_string),
    "bool": Conversion(BOOL, (BOOL, STRING), operations.to_bool),
    "dyn": Conversion(ANY, (), operations.to_dyn),
}

METHODS = {
    "startsWith": Method(BOOL, 1, operations.starts_with),
    "endsWith": Method(BOOL, 1, operations.ends_with),
    "contains": Method(BOOL, 1, operations.contains),
    "matches": Method(BOOL, 1, operations.matches),
    "lowerAscii": Method(STRING, 0, operations.lower_ascii),
    "upperAscii": Method(STRING, 0, operations.upper_ascii),
    "trim": Method(STRING, 0, operations.trim),
    "split": Method(ListType(STRING), 1, operations.split),
}

FUNCTIONS: tuple[str, ...] = ("size", "has")


def safe_pattern(pattern: str) -> re.Pattern[str]:
    """A compiled pattern that means what RE2 says and takes about linear time; `ValueError` says why it cannot.

    Python's engine goes back where RE2 does not, so what makes that costly is refused: repetition inside repetition,
    back-references and look-around (RE2 has neither).
    """
    if re.search(r"(?<!\\)(?:\\\\)*(?:\\[1-9]|\(\?P=|\(\?<?[=!]|\(\?\()", pattern):
        raise ValueError("it refers back or looks around")
    if _nests_repetition(pattern):
        raise ValueError("it repeats something that is itself repeated")
    try:
        return re.compile(_end_anchored(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _nests_repetition(pattern: str) -> bool:
    inside = [False]
    closed = False
    for token in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.", pattern, re.DOTALL):
        repeats = token in ("*", "+") or (token[0] == "{" and "," in token)
        if repeats:
            if closed:
                return True
            inside[-1] = True
        was_closed, closed = closed, False
        if token == "(":
            inside.append(False)
        elif token == ")" and len(inside) > 1:
            closed = inside.pop()
            inside[-1] = inside[-1] or closed
        elif token == "?" and was_closed:
            # `(a+)?` is asked once; `(a+)?*` is no pattern.
            closed = False
    return False


def _end_anchored(pattern: str) -> str:
    """`$` and `\\z` as RE2 reads them: the end of the text, where Python also stops before a last line break."""
    tokens = re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL)
    return "".join(r"\Z" if token in ("$", r"\z") else token for token in tokens)
