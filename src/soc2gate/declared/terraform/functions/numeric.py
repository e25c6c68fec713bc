"""Functions over numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.numbers import Number
from soc2gate.declared.terraform.values import NUMBER, EvaluationError, TfList, UnsupportedError, Val
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
    of_value, of_base = _natural_log(float(value)), _natural_log(float(base))
    if of_base == 0:
        return _from_float(math.nan if of_value == 0 else math.copysign(math.inf, of_value))
    return _from_float(of_value / of_base)


def _natural_log(value: float) -> float:
    """As Go computes it, to the last digit: https://go.dev/src/math/log.go."""
    if value <= 0 or math.isinf(value):
        return math.nan if value < 0 else -math.inf if value == 0 else value
    fraction, exponent = math.frexp(value)
    if fraction < math.sqrt(2) / 2:
        fraction, exponent = fraction * 2, exponent - 1
    f = fraction - 1
    s = f / (2 + f)
    s2 = s * s
    s4 = s2 * s2
    odd = s2 * (
        6.666666666666735130e-01
        + s4 * (2.857142874366239149e-01 + s4 * (1.818357216161805012e-01 + s4 * 1.479819860511658591e-01))
    )
    even = s4 * (3.999999999940941908e-01 + s4 * (2.222219843214978396e-01 + s4 * 1.531383769920937332e-01))
    half = 0.5 * f * f
    low = exponent * 1.90821492927058770002e-10
    return exponent * 6.93147180369123816490e-01 - ((half - (s * (half + (odd + even)) + low)) - f)


def _pow(value: Number, power: Number) -> Val:
    # Terraform computes with 64 bits here.
    try:
        return _from_float(_power(float(value), float(power)))
    except OverflowError:
        return _from_float(math.inf)


def _power(x: float, y: float) -> float:
    """As Go computes it, to the last digit: https://go.dev/src/math/pow.go."""
    if y == 0 or x == 1:
        return 1.0
    if x == 0:
        return math.inf if y < 0 else 0.0
    fraction, whole = math.modf(abs(y))
    if fraction and x < 0:
        return math.nan
    if abs(y) == 0.5:
        return math.sqrt(x) if y > 0 else 1 / math.sqrt(x)
    if fraction:
        raise UnsupportedError("the last digits of a power that is not whole are Terraform's own")
    if whole >= 2**63:
        return 1.0 if x == -1 else 0.0 if (abs(x) < 1) == (y > 0) else math.inf
    result, exponent = 1.0, 0
    mantissa, scale = math.frexp(x)
    times = int(whole)
    while times:
        if abs(scale) > 1 << 12:
            exponent += scale
            break
        if times & 1:
            result, exponent = result * mantissa, exponent + scale
        mantissa, scale = mantissa * mantissa, scale * 2
        if mantissa < 0.5:
            mantissa, scale = mantissa * 2, scale - 1
        times >>= 1
    if y < 0:
        result, exponent = 1 / result, -exponent
    return math.ldexp(result, exponent)


def _from_float(value: float) -> Val:
    if math.isnan(value):
        raise EvaluationError("the result is not a number")
    if math.isinf(value):
        # Terraform goes on with it, and compares it: never written down, so not worth a kind of number of its own.
        raise UnsupportedError("the result is infinite")
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
