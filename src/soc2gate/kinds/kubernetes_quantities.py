"""Amounts as Kubernetes writes them: `1024Mi` and `1Gi` are one amount, and so are `1000m` and `1`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from soc2gate.patterns import regex

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
# At most 400 digits, and an exponent that stays below a thousand: a manifest must not make us compute 10 ** 999999999.
_QUANTITY = regex(r"([+-]?)(\d{1,200}(?:\.\d{0,200})?|\.\d{1,200})([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,3}|)")


@lru_cache(maxsize=4096)
def normalise_quantity(written: str | int | float) -> str:
    """One spelling for each amount: the shortest of the decimal and the binary one.

    Text that is no quantity comes back as it was: the API server refuses it, and it is not ours to guess.
    """
    text = written if isinstance(written, str) else repr(written)
    amount = parse_quantity(text)
    if amount is None:
        return text
    if amount == 0:
        return "0"
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    decimal, binary = _decimal(amount), _binary(amount)
    return sign + (binary if binary and len(binary) < len(decimal) else decimal)


def parse_quantity(text: str) -> Fraction | None:
    """The amount; None for text that is no quantity."""
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return None
    sign, number, suffix = found.groups()
    amount = Fraction(number if not number.endswith(".") else number[:-1])
    if suffix in _BINARY:
        amount *= 2 ** _BINARY[suffix]
    elif suffix in _DECIMAL:
        amount *= Fraction(10) ** _DECIMAL[suffix]
    else:
        amount *= Fraction(10) ** int(suffix[1:])
    return -amount if sign == "-" else amount


def _decimal(amount: Fraction) -> str:
    for suffix, power in sorted(_DECIMAL.items(), key=lambda item: -item[1]):
        scaled = amount / Fraction(10) ** power
        if scaled.denominator == 1:
            return f"{scaled.numerator}{suffix}"
    # Finer than a billionth: the API server rounds up (Quantity's documentation, "no fractional digits").
    nano = amount * 10**9
    return f"{-(-nano.numerator // nano.denominator)}n"


def _binary(amount: Fraction) -> str:
    for suffix, power in sorted(_BINARY.items(), key=lambda item: -item[1]):
        scaled = amount / 2**power
        if scaled.denominator == 1:
            return f"{scaled.numerator}{suffix}"
    return ""
