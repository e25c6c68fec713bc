"""`format()` and `formatlist()`, with Go's verbs as Terraform narrows them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.functions.encoding import json_encode
from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.unknowns import derived, text
from soc2gate.declared.terraform.values import (
    STRING,
    EvaluationError,
    TfList,
    Val,
    first_special,
    to_bool,
    to_number,
    to_string,
)
from soc2gate.errors import RefusedError
from soc2gate.model.value import SPECIAL, OpenList, Text, Unknown

_VERB = re.compile(r"%(?:(%)|([-+# 0]*)(\d+)?(?:\.(\d*))?(?:\[(\d+)\])?(#)?([a-zA-Z]))|%")
_WIDEST = 1024


def format_text(template: Val, *arguments: Val) -> Val:
    """`format()`: unknown arguments leave a hole where they would stand."""
    if template is None:
        raise EvaluationError("an argument is null")
    template = convert(template, STRING)
    if not isinstance(template, str):
        return derived(template, *arguments)
    parts: list[Val] = []
    at = 0
    following = 0
    used: set[int] = set()
    chosen = False
    for match in _VERB.finditer(template):
        parts.append(template[at : match.start()])
        at = match.end()
        percent, flags, width, precision, position, _, verb = match.groups()
        if percent:
            parts.append("%")
            continue
        if verb is None:
            raise EvaluationError(f"the format has no verb after the “%” at offset {match.start()}")
        index = int(position) - 1 if position else following
        chosen = chosen or bool(position)
        following = index + 1
        if not 0 <= index < len(arguments):
            raise EvaluationError(f"the format asks for argument {index + 1}, which is not there")
        used.add(index)
        parts.append(_formatted(verb, flags or "", width, precision, arguments[index], match.group(6) is not None))
    parts.append(template[at:])
    if not chosen and len(used) < len(arguments):
        raise EvaluationError(f"the format uses {len(used)} of {len(arguments)} arguments")
    return text(parts)


def _formatted(verb: str, flags: str, width: str | None, precision: str | None, value: Val, sharp: bool) -> Val:
    if int(width or 0) > _WIDEST or int(precision or 0) > _WIDEST:
        raise RefusedError(f"format() wider than {_WIDEST} characters")
    if isinstance(value, SPECIAL) or first_special(value) is not None:
        if verb == "v" and not isinstance(value, SPECIAL) and not width:
            return json_encode(value)
        if verb in ("s", "v") and isinstance(value, Text) and not width and precision is None and "#" not in flags:
            return value
        if verb in ("s", "v") and isinstance(value, Unknown) and not width and precision is None and "#" not in flags:
            return value
        return derived(value)
    if verb == "v":
        return _pad(_default(value, "#" in flags or sharp), flags.replace("0", ""), width)
    if verb == "t":
        return _pad("true" if to_bool(_there(value)) else "false", flags.replace("0", ""), width)
    if verb in ("s", "q"):
        return _string(verb, flags, width, precision, to_string(_there(value)))
    if verb in "bdoxX":
        return _whole(verb, flags, width, to_number(_there(value)))
    if verb in "eEfFgG":
        return _fraction(verb, flags, width, precision, to_number(_there(value)))
    raise EvaluationError(f"the format verb “%{verb}” is not supported")


def _there(value: Val) -> Val:
    if value is None:
        raise EvaluationError("an argument of the format is null")
    return value


def _default(value: Val, quoted: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and not quoted:
        return value
    if quoted or isinstance(value, (str, list, dict)):
        return str(json_encode(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        negative = numbers.compare(value, 0) < 0
        number = to_number(value)
        return ("-" if negative else "") + _shortest(numbers.negative(number) if negative else number, "g")
    return to_string(value)


def _string(verb: str, flags: str, width: str | None, precision: str | None, value: str) -> str:
    if precision is not None:
        from soc2gate.declared.terraform.functions.text import graphemes

        value = "".join(graphemes(value)[: int(precision or 0)])
    if verb == "q":
        value = str(json_encode(value))
    return _pad(value, flags.replace("0", ""), width)


def _whole(verb: str, flags: str, width: str | None, value: numbers.Number) -> str:
    if not isinstance(value, int):
        raise EvaluationError(f"a whole number is required for “%{verb}”")
    digits = format(abs(value), verb)
    if "#" in flags and verb in "xXo":
        digits = {"x": "0x", "X": "0X", "o": "0"}[verb] + digits
    return _signed(digits, value < 0, flags, width)


def _fraction(verb: str, flags: str, width: str | None, precision: str | None, value: numbers.Number) -> str:
    negative = numbers.compare(value, 0) < 0
    size = numbers.negative(value) if negative else value
    if verb in "fF":
        digits = _fixed(size, int(precision or 0) if precision is not None else 6)
    elif verb in "eE":
        digits = format(float(size), f".{int(precision or 0) if precision is not None else 6}{verb}")
    elif precision is not None:
        digits = _without_zeros(format(float(size), f".{int(precision or 0) or 1}{verb}"))
    else:
        digits = _shortest(size, verb)
    return _signed(digits, negative, flags, width)


def _fixed(value: numbers.Number, places: int) -> str:
    numerator, denominator = numbers.parts(value)
    scaled, rest = divmod(numerator * 10**places, denominator)
    if rest * 2 > denominator or (rest * 2 == denominator and scaled & 1):
        scaled += 1
    if not places:
        return str(scaled)
    text_ = str(scaled).rjust(places + 1, "0")
    return f"{text_[:-places]}.{text_[-places:]}"


def _shortest(value: numbers.Number, verb: str) -> str:
    spelled = numbers.spell(value)
    whole, _, fraction = spelled.partition(".")
    exponent = len(whole) - 1 if whole != "0" else -(len(fraction) - len(fraction.lstrip("0")) + 1)
    if spelled == "0" or -4 <= exponent < 6:
        return spelled
    digits = (whole + fraction).strip("0") if whole != "0" else fraction.strip("0")
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{mantissa}{'e' if verb == 'g' else 'E'}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _without_zeros(digits: str) -> str:
    return digits


def _signed(digits: str, negative: bool, flags: str, width: str | None) -> str:
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if width and "0" in flags and "-" not in flags:
        return sign + digits.rjust(int(width) - len(sign), "0")
    return _pad(sign + digits, flags, width)


def _pad(value: str, flags: str, width: str | None) -> str:
    if not width:
        return value
    return value.ljust(int(width)) if "-" in flags else value.rjust(int(width))


def _format_list(template: Val, *arguments: Val) -> Val:
    if template is None:
        raise EvaluationError("an argument is null")
    lists = [argument for argument in arguments if isinstance(argument, list)]
    if any(isinstance(argument, OpenList) for argument in arguments):
        return _format_open(template, *arguments)
    if any(isinstance(argument, Unknown) for argument in arguments) and not lists:
        return derived(*arguments)
    lengths = {len(each) for each in lists}
    if len(lengths) > 1:
        raise EvaluationError("the lists have different lengths")
    count = lengths.pop() if lengths else 1
    rows: list[Val] = []
    for at in range(count):
        row = [argument[at] if isinstance(argument, list) else argument for argument in arguments]
        rows.append(format_text(template, *row))
    return TfList(rows, STRING)


def _format_open(template: Val, *arguments: Val) -> Val:
    opened = [argument for argument in arguments if isinstance(argument, OpenList)]
    if len(opened) != 1 or any(isinstance(argument, list) for argument in arguments):
        return derived(template, *arguments)

    def one(element: Val) -> Val:
        return format_text(template, *[element if isinstance(a, OpenList) else a for a in arguments])

    value = opened[0]
    return value.__class__(tuple(map(one, value.items)), tuple(map(one, value.more)), value.reason)


TABLE: Mapping[str, Function] = {
    "format": Function(format_text, "vv*", vague=True),
    "formatlist": Function(_format_list, "vv*", vague=True),
}
