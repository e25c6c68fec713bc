"""Numbers as Terraform has them: one type, kept as a binary float of 512 bits.

Whole numbers are Python's; what is not whole is an `Exact`, a float that also remembers the 512 bits, so that
`0.1 + 0.2` is 0.3 and `1 / 3` prints as Terraform prints it. https://github.com/zclconf/go-cty (primitive_type.go)
"""

from __future__ import annotations

import math

BITS = 512
_MOST_DIGITS = 4000
_MOST_EXPONENT = 5_000
_MOST_BITS = 13_000
"""Python refuses to spell numbers of more than some 14,000 bits."""


class Exact(float):
    """A number that is not whole: `mantissa * 2 ** -scale`, beside the float that is nearest to it."""

    __slots__ = ("mantissa", "scale")
    mantissa: int
    scale: int

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Exact):
            return self.mantissa == other.mantissa and self.scale == other.scale
        return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.mantissa, self.scale))


Number = int | Exact


def number(text: str) -> Number:
    """The number a literal spells; ValueError when it spells none, OverflowError when it is too big to handle."""
    if text.isdigit() and len(text) < 150:
        return int(text)
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(text)} digits is too long")
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    if abs(int(exponent or 0)) > _MOST_EXPONENT:
        raise ValueError(f"the exponent of {text} is too big")
    power = int(exponent or 0) - len(fraction)
    digits = int(whole + fraction)
    return ratio(digits * 10**power, 1) if power >= 0 else ratio(digits, 10**-power)


def from_float(value: float) -> Number:
    """The number that a decimal spelling of this float would give."""
    text = _spelled_power(abs(value)) or repr(abs(value))
    return number(text) if value >= 0 else negative(number(text))


def _spelled_power(value: float) -> str:
    """The spelling of a power of two, to which Go takes the numbers below to be no nearer than those above it."""
    if math.frexp(value)[0] != 0.5 or 2**-52 <= value < 2**53:
        return ""
    numerator, denominator = value.as_integer_ratio()
    up, down = math.ulp(value).as_integer_ratio()
    for places in range(17):
        text = f"{value:.{places}e}"
        near = number(text) if isinstance(number(text), int) else None
        if near is not None and 2 * abs(near * denominator - numerator) * down <= up * denominator:
            return text
    return ""


def ratio(numerator: int, denominator: int) -> Number:
    """numerator / denominator, rounded to the nearest number of 512 bits (half to even)."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    sign = -1 if numerator < 0 else 1
    numerator = abs(numerator)
    if numerator.bit_length() > 4 * _MOST_BITS or denominator.bit_length() > 4 * _MOST_BITS:
        raise OverflowError("the number is too big")
    quotient, rest = divmod(numerator, denominator)
    if not rest and quotient.bit_length() <= BITS:
        return sign * quotient
    scale = BITS + 1 - (numerator.bit_length() - denominator.bit_length())
    if scale >= 0:
        quotient, rest = divmod(numerator << scale, denominator)
    else:
        quotient, rest = divmod(numerator, denominator << -scale)
    # One or two bits too many: drop them, rounding half to even.
    extra = quotient.bit_length() - BITS
    if extra > 0:
        dropped = quotient & ((1 << extra) - 1)
        half = 1 << (extra - 1)
        quotient >>= extra
        scale -= extra
        if dropped > half or (dropped == half and (rest or quotient & 1)):
            quotient += 1
    return _scaled(sign * quotient, scale)


def _scaled(mantissa: int, scale: int) -> Number:
    """mantissa * 2 ** -scale in lowest terms."""
    if -scale > _MOST_BITS:
        raise OverflowError("the number is too big")
    if scale <= 0:
        return mantissa << -scale
    if not mantissa:
        return 0
    zeros = (mantissa & -mantissa).bit_length() - 1
    if zeros >= scale:
        return mantissa >> scale
    mantissa >>= zeros
    scale -= zeros
    try:
        near = mantissa / (1 << scale)
    except OverflowError:
        near = math.inf if mantissa > 0 else -math.inf
    exact = Exact(near)
    exact.mantissa = mantissa
    exact.scale = scale
    return exact


def parts(value: Number | float) -> tuple[int, int]:
    """A number as numerator and (power of two) denominator."""
    if isinstance(value, Exact):
        return value.mantissa, 1 << value.scale
    if isinstance(value, float):
        return value.as_integer_ratio()
    return value, 1


def negative(value: Number) -> Number:
    if isinstance(value, Exact):
        return _scaled(-value.mantissa, value.scale)
    return -value


def add(left: Number, right: Number) -> Number:
    a, b = parts(left)
    c, d = parts(right)
    return ratio(a * d + c * b, b * d)


def multiply(left: Number, right: Number) -> Number:
    a, b = parts(left)
    c, d = parts(right)
    return ratio(a * c, b * d)


def divide(left: Number, right: Number) -> Number:
    """ZeroDivisionError on zero."""
    a, b = parts(left)
    c, d = parts(right)
    return ratio(a * d, b * c)


def modulo(left: Number, right: Number) -> Number:
    """The rest that has the sign of `left`; by zero it is `left`, as cty has it."""
    if not right:
        return left
    a, b = parts(divide(left, right))
    whole = -(-a // b) if a < 0 else a // b
    return add(left, negative(multiply(right, whole)))


def compare(left: Number | float, right: Number | float) -> int:
    """Below, at or above zero as `left` is below, equal to or above `right`."""
    a, b = parts(left)
    c, d = parts(right)
    x, y = a * d, c * b
    return (x > y) - (x < y)


def floor(value: Number) -> int:
    a, b = parts(value)
    return a // b


def ceil(value: Number) -> int:
    a, b = parts(value)
    return -(-a // b)


def spell(value: Number | float) -> str:
    """The shortest decimal that means this number, never with an exponent: what `tostring()` gives."""
    if isinstance(value, float) and not isinstance(value, Exact):
        value = from_float(value)
    if not isinstance(value, Exact):
        return str(value)
    sign = "-" if value.mantissa < 0 else ""
    mantissa, scale = abs(value.mantissa), value.scale
    # Neighbours are half a unit of the last of 512 bits away; everything is scaled to whole numbers.
    shift = BITS - mantissa.bit_length() + 1
    middle, unit_scale = mantissa << shift, scale + shift
    even = not (mantissa << (shift - 1)) & 1
    # mantissa * 2**-scale = middle * 2**-unit_scale; the bounds are middle - 1 and middle + 1.
    first = _leading_power(middle, unit_scale)
    for count in range(1, 400):
        power = first - count + 1
        up = 10**-power if power < 0 else 1
        down = 10**power if power > 0 else 1
        low, rest = divmod(middle * up, down << unit_scale)
        below = _inside(low, middle, unit_scale, up, down, even)
        above = _inside(low + 1, middle, unit_scale, up, down, even)
        if below or above:
            if below and above:
                low += 2 * rest >= down << unit_scale
            elif above:
                low += 1
            return sign + _placed(low, power)
    raise AssertionError("a number of 512 bits has fewer than 400 digits")


def _leading_power(middle: int, scale: int) -> int:
    """The power of ten of the first digit of middle * 2**-scale."""
    if middle >> scale:
        return len(str(middle >> scale)) - 1
    guess = math.floor((middle.bit_length() - scale) * math.log10(2)) - 1
    while middle * 10**-guess >= 10 << scale:
        guess += 1
    while middle * 10**-guess < 1 << scale:
        guess -= 1
    return guess


def _inside(digits: int, middle: int, scale: int, up: int, down: int, even: bool) -> bool:
    """Whether digits * down / up rounds to middle * 2**-scale."""
    candidate = digits * down << scale
    low, high = (middle - 1) * up, (middle + 1) * up
    return low <= candidate <= high if even else low < candidate < high


def _placed(digits: int, power: int) -> str:
    """digits * 10**power in positional notation."""
    if power >= 0:
        return str(digits * 10**power)
    text = str(digits).rjust(1 - power, "0")
    whole, fraction = text[:power], text[power:].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
