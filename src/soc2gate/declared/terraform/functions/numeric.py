"""Functions over numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.numbers import Number
from soc2gate.declared.terraform.values import NUMBER, EvaluationError, TfList, Val
from soc2gate.errors import RefusedError

MOST_RANGE = 1024
"""Terraform itself refuses a longer range()."""


def _abs(value: Number) -> Number:
    return numbers.negative(value) if numbers.compare(value, 0) < 0 else value


def _signum(value: int) -> int:
    return (value > 0) - (value < 0)


def _max(*values: Number) -> Number:
    best = values[0]
    for value in values[1:]:
        if numbers.compare(value, best) > 0:
            best = value
    return best


def _min(*values: Number) -> Number:
    best = values[0]
    for value in values[1:]:
        if numbers.compare(value, best) < 0:
            best = value
    return best


def _log(value: Number, base: Number) -> Val:
    try:
        return _from_float(math.log(float(value)) / math.log(float(base)))
    except (ValueError, ZeroDivisionError) as error:
        raise EvaluationError("the logarithm does not exist") from error


def _pow(value: Number, power: Number) -> Val:
    # Terraform computes with 64 bits here.
    try:
        return _from_float(math.pow(float(value), float(power)))
    except (ValueError, OverflowError) as error:
        raise EvaluationError("the result is too big") from error


def _from_float(value: float) -> Val:
    if not math.isfinite(value):
        raise EvaluationError("the result is not a number")
    return numbers.from_float(value)


def _parse_int(value: Val, base: int) -> int:
    if not isinstance(value, str):
        raise EvaluationError("the first argument must be a string")
    if not 2 <= base <= 62:
        raise EvaluationError("the base must be from 2 to 62")
    digits = value.lstrip("+-") if value[:1] in "+-" else value
    number = 0
    if not digits or len(digits) > 4000:
        raise EvaluationError("the text does not spell a whole number of that base")
    for char in digits:
        worth = _digit(char, base)
        if worth >= base:
            raise EvaluationError("the text does not spell a whole number of that base")
        number = number * base + worth
    return -number if value.startswith("-") else number


def _digit(char: str, base: int) -> int:
    if "0" <= char <= "9":
        return ord(char) - ord("0")
    if "a" <= char <= "z":
        return ord(char) - ord("a") + 10
    if "A" <= char <= "Z":
        return ord(char) - ord("A") + (36 if base > 36 else 10)
    return 99


def _range(*values: Number) -> Val:
    start: Number = 0
    step: Number | None = None
    if len(values) == 1:
        end = values[0]
    else:
        start, end = values[:2]
        step = values[2] if len(values) == 3 else None
    if step is None:
        step = 1 if numbers.compare(start, end) <= 0 else -1
    if numbers.compare(start, end) == 0:
        return TfList((), NUMBER)
    if not step:
        raise EvaluationError("the step is zero")
    upwards = numbers.compare(step, 0) > 0
    if upwards != (numbers.compare(start, end) < 0):
        raise EvaluationError("the step leads away from the end")
    found: list[Number] = []
    while numbers.compare(start, end) < 0 if upwards else numbers.compare(start, end) > 0:
        if len(found) >= MOST_RANGE:
            raise RefusedError(f"range() of more than {MOST_RANGE} numbers")
        found.append(start)
        start = numbers.add(start, step)
    return TfList(found, NUMBER)


TABLE: Mapping[str, Function] = {
    "abs": Function(_abs, "n"),
    "ceil": Function(numbers.ceil, "n"),
    "floor": Function(numbers.floor, "n"),
    "log": Function(_log, "nn"),
    "max": Function(_max, "nn*"),
    "min": Function(_min, "nn*"),
    "parseint": Function(_parse_int, "vi"),
    "pow": Function(_pow, "nn"),
    "signum": Function(_signum, "i"),
    "range": Function(_range, "nn?n?"),
}
