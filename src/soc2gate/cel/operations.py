"""What operators and functions make of values that may not be (wholly) known.

Everything here is asked off the fast path: the compiled expression settles plain scalars itself. Answers are plain
values, or an `Unknown` that says why. A `Fault` is an `Unknown` that is the rule's own doing (a type error, a missing
key): it blocks in the same way, and is reported as a defect of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from soc2gate.cel import text
from soc2gate.cel.kleene import conjunction
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value

INT_LOW, INT_HIGH = -(2**63), 2**63 - 1


class Fault(Exception):
    """A value the rule cannot ask this of. Caught where the operation stands, and turned into an unknown."""


def unknown_of(value: Value) -> Unknown | None:
    """The unknown that stands for a value of which the operation can make nothing; None for plain data."""
    cls = value.__class__
    if cls is Unknown:
        return text.bare(value)  # type: ignore[arg-type]  # narrowed by its class, which mypy does not follow
    if isinstance(value, Text):
        return text.unknown_part(value)
    if isinstance(value, (OpenList, OpenMap, Alternatives)):
        return Unknown(value.reason)
    return None


def name_of(value: Value) -> str:
    """What a person calls the type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "double"
        case str() | Text():
            return "string"
        case list() | OpenList():
            return "list"
        case dict() | OpenMap():
            return "map"
        case _:
            return "unknown"


# --- equality


def equal(left: Value, right: Value) -> bool | Unknown:
    """CEL's equality: across types it is false, numbers compare by value, and unknown parts decide where they can."""
    if isinstance(left, (Unknown, Alternatives)):
        return _equal_to_unknown(left, right)
    if isinstance(right, (Unknown, Alternatives)):
        return _equal_to_unknown(right, left)
    if isinstance(left, Text):
        return _equal_to_text(left, right)
    if isinstance(right, Text):
        return _equal_to_text(right, left)
    if isinstance(left, (list, OpenList)) and isinstance(right, (list, OpenList)):
        return _equal_lists(left, right)
    if isinstance(left, (dict, OpenMap)) and isinstance(right, (dict, OpenMap)):
        return _equal_maps(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return left.__class__ is right.__class__ and left == right


def _equal_to_unknown(left: Unknown | Alternatives, right: Value) -> bool | Unknown:
    if isinstance(left, Alternatives):
        # An absent option reads as the empty value of a type that is not known here; splitting the case settles it.
        answers = [equal(option, right) if option is not None else None for option in left.options]
        first = answers[0] if answers else None
        return first if isinstance(first, bool) and all(a is first for a in answers) else Unknown(left.reason)
    if isinstance(right, (str, Text, Unknown)):
        if right == "" and left.not_null:
            return False
        if text.equals(left, right) is False:
            return False
    elif left.not_null and (right is None or right == [] or right == {}):
        return False
    return text.bare(left)


def _equal_to_text(left: Text, right: Value) -> bool | Unknown:
    if not isinstance(right, (str, Text)):
        return False
    answer = text.equals(left, right)
    return text.unknown_part(left) if answer is None else answer


def _equal_lists(left: list[Value] | OpenList, right: list[Value] | OpenList) -> bool | Unknown:
    left, right = opened(left), opened(right)
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return False
        return conjunction(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(right, OpenList):
        left, right = right, left
    assert isinstance(left, OpenList)
    if isinstance(right, list):
        # Where the further elements stand is not known, so only a count or a stranger refutes.
        if len(right) < len(left.items):
            return False
        if any(all(equal(item, other) is False for other in right) for item in left.items):
            return False
    return Unknown(left.reason)


def opened(value: list[Value] | OpenList) -> list[Value] | OpenList:
    """The list, with elements that may be absent (`None` among their alternatives) told apart as templates."""
    items = value.items if isinstance(value, OpenList) else value
    if not any(item.__class__ is Alternatives for item in items):
        return value
    certain: list[Value] = []
    more: list[Value] = list(value.more) if isinstance(value, OpenList) else []
    reason = value.reason if isinstance(value, OpenList) else ""
    for item in items:
        if isinstance(item, Alternatives) and None in item.options:
            more.append(Alternatives(tuple(option for option in item.options if option is not None), item.reason))
            reason = reason or item.reason
        else:
            certain.append(item)
    return OpenList(tuple(certain), tuple(more), reason) if more else certain


def _equal_maps(left: dict[str, Value] | OpenMap, right: dict[str, Value] | OpenMap) -> bool | Unknown:
    ours = left.items if isinstance(left, OpenMap) else left
    others = right.items if isinstance(right, OpenMap) else right
    answers: list[bool | Unknown] = [Unknown(side.reason) for side in (left, right) if isinstance(side, OpenMap)]
    for key in {**ours, **others}:
        one, other = ours.get(key), others.get(key)
        if one is not None and other is not None:
            answers.append(equal(one, other))
        elif (key in ours or isinstance(left, dict)) and (key in others or isinstance(right, dict)):
            there = is_there(other if one is None else one)
            answers.append(not there if isinstance(there, bool) else there)
    return conjunction(answers)


def keys_of(table: dict[str, Value] | OpenMap) -> tuple[list[str], list[tuple[str, Unknown]]]:
    """The keys that are there, and those that may be: None means absent, and an unknown may be None."""
    certain: list[str] = []
    possible: list[tuple[str, Unknown]] = []
    for key, value in (table.items if isinstance(table, OpenMap) else table).items():
        there = is_there(value)
        if isinstance(there, Unknown):
            possible.append((key, there))
        elif there:
            certain.append(key)
    return certain, possible


def pruned(value: Value) -> Value:
    """A structure as CEL compares messages: absent, empty list and empty map are one and the same."""
    if isinstance(value, dict):
        return {key: child for key, child in ((k, pruned(v)) for k, v in value.items()) if child not in (None, [], {})}
    if isinstance(value, OpenMap):
        return OpenMap(
            {
                key: child
                for key, child in ((k, pruned(v)) for k, v in value.items.items())
                if child not in (None, [], {})
            },
            value.more,
            value.reason,
        )
    if isinstance(value, list):
        return [pruned(child) for child in value]
    return value


# --- order, arithmetic


def ordered(operator: Callable[[object, object], bool], left: Value, right: Value) -> bool | Unknown:
    """`<` and its kin, for what the fast path did not settle."""
    blocked = unknown_of(left) or unknown_of(right)
    if blocked is not None:
        return blocked
    numbers = (int, float)
    if isinstance(left, bool) is isinstance(right, bool) and (
        (isinstance(left, numbers) and isinstance(right, numbers)) or (isinstance(left, str) and isinstance(right, str))
    ):
        if left.__class__ is not right.__class__ and isinstance(left, numbers) and isinstance(right, numbers):
            # An int beside a double is compared as one, as CEL's own engines do; Python would tell more apart.
            return operator(float(left), float(right))
        return operator(left, right)
    raise Fault(f"{name_of(left)} and {name_of(right)} have no order")


def add(left: Value, right: Value) -> Value:
    """`+` on numbers, strings and lists."""
    if isinstance(left, (list, OpenList)) and isinstance(right, (list, OpenList)):
        return _concatenate(left, right)
    if isinstance(left, (str, Text)) and isinstance(right, (str, Text)):
        return text.join(left, right)
    return arithmetic("+", left, right)


def _concatenate(left: list[Value] | OpenList, right: list[Value] | OpenList) -> list[Value] | OpenList:
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    items: tuple[Value, ...] = ()
    more: tuple[Value, ...] = ()
    reason = ""
    for side in (left, right):
        if isinstance(side, OpenList):
            items, more, reason = items + side.items, more + side.more, reason or side.reason
        else:
            items += tuple(side)
    return OpenList(items, more, reason)


def arithmetic(operator: str, left: Value, right: Value, exact: bool = False) -> int | float | Unknown:
    """`+ - * / %` on numbers: 64-bit integers, and doubles. `exact`: the property is a double though an int stands
    there, as JSON writes them."""
    blocked = unknown_of(left) or unknown_of(right)
    if blocked is not None:
        return blocked
    if (
        isinstance(left, bool)
        or isinstance(right, bool)
        or not isinstance(left, (int, float))
        or not isinstance(right, (int, float))
    ):
        raise Fault(f"“{operator}” does not apply to {name_of(left)} and {name_of(right)}")
    if exact or isinstance(left, float) or isinstance(right, float):
        return _floats(operator, float(left), float(right))
    if operator in "/%" and right == 0:
        raise Fault("division by zero")
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    else:
        # CEL truncates towards zero, Python rounds down.
        quotient = abs(left) // abs(right) * (1 if (left < 0) is (right < 0) else -1)
        result = quotient if operator == "/" else left - quotient * right
    if not INT_LOW <= result <= INT_HIGH:
        raise Fault("the result does not fit into 64 bits")
    return result


def _floats(operator: str, left: float, right: float) -> float:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "%":
        raise Fault("“%” applies to integers only")
    if right == 0.0:
        if left == 0.0 or left != left:
            return float("nan")
        negative = (left < 0) is not (str(right)[0] == "-")
        return float("-inf") if negative else float("inf")
    return left / right


# --- membership, size, index


def member(left: Value, right: Value) -> bool | Unknown:
    """`in`: an equal element of a list, or a key of a map."""
    if isinstance(right, (dict, OpenMap)):
        return _key_of(left, right)
    if not isinstance(right, (list, OpenList)):
        blocked = unknown_of(right)
        if blocked is not None:
            return blocked
        raise Fault(f"“in” looks into lists and maps, not into {name_of(right)}")
    unknown: Unknown | None = None
    for item in right.items if isinstance(right, OpenList) else right:
        answer = equal(left, item)
        if answer is True:
            return True
        if answer is not False and unknown is None:
            unknown = answer
    if unknown is None and isinstance(right, OpenList) and any(equal(left, more) is not False for more in right.more):
        unknown = Unknown(right.reason)
    return False if unknown is None else unknown


def _key_of(key: Value, table: dict[str, Value] | OpenMap) -> bool | Unknown:
    entries = table.items if isinstance(table, OpenMap) else table
    if isinstance(key, str):
        if key in entries:
            return is_there(entries[key])
        return Unknown(table.reason) if isinstance(table, OpenMap) else False
    if isinstance(key, (Text, Unknown)):
        if isinstance(table, OpenMap) or any(text.equals(key, name) is not False for name in entries):
            return text.unknown_part(key)
        return False
    return unknown_of(key) or False


def size(value: Value) -> int | Unknown:
    known = least_size(value)
    if known is not None:
        return known[1]
    if isinstance(value, dict):
        return len(keys_of(value)[0])
    if isinstance(value, (str, list)):
        return len(value)
    raise Fault(f"{name_of(value)} has no size")


def least_size(value: Value) -> tuple[int, Unknown] | None:
    """How large a partly known value is at least, and why no more is known; None when its size is known."""
    if isinstance(value, (Text, Unknown)):
        shortest = text.shape_of(value).shortest
        if isinstance(value, Unknown) and value.not_null:
            shortest = max(1, shortest)
        return shortest, text.unknown_part(value)
    if isinstance(value, (list, OpenList)):
        value = opened(value)
        return (len(value.items), Unknown(value.reason)) if isinstance(value, OpenList) else None
    if isinstance(value, (dict, OpenMap)):
        certain, possible = keys_of(value)
        if isinstance(value, OpenMap):
            return len(certain), Unknown(value.reason)
        return (len(certain), possible[0][1]) if possible else None
    return (0, Unknown(value.reason)) if isinstance(value, Alternatives) else None


def index(value: Value, key: Value) -> Value:
    """`value[key]`; a missing key is a fault, and so is an index outside the list."""
    blocked = unknown_of(key)
    if blocked is not None:
        return blocked
    if isinstance(value, list):
        value = opened(value)
    if isinstance(value, list):
        if isinstance(key, float) and key.is_integer():
            key = int(key)
        if not isinstance(key, int) or isinstance(key, bool):
            raise Fault(f"a list is indexed by an int, not by {name_of(key)}")
        if 0 <= key < len(value):
            return value[key]
        raise Fault(f"no element {key} in a list of {len(value)}")
    if isinstance(value, (dict, OpenMap)):
        return select(value, key) if isinstance(key, str) else _no_such_key(key)
    blocked = unknown_of(value)
    if blocked is not None:
        # An open list too: where its further elements stand is not known.
        return blocked
    raise Fault(f"{name_of(value)} has no elements")


def _no_such_key(key: Value) -> Value:
    raise Fault(f"keys are strings, not {name_of(key)}")


def select(value: Value, name: str) -> Value:
    """A key of a free-form map."""
    if isinstance(value, dict):
        found = value.get(name)
        if found is None and name not in value:
            raise Fault(f"no key “{name}”")
        return found
    if isinstance(value, OpenMap):
        if name in value.items:
            return value.items[name]
        return Unknown(value.reason)
    blocked = unknown_of(value)
    if blocked is not None:
        return blocked
    raise Fault(f"{name_of(value)} has no property “{name}”")


def has(value: Value, name: str) -> bool | Unknown:
    """Whether the property is there. None is not; a value nobody knows may be."""
    if value is None:
        return False
    if isinstance(value, dict):
        return is_there(value.get(name))
    if isinstance(value, OpenMap):
        return is_there(value.items[name]) if name in value.items else Unknown(value.reason)
    blocked = unknown_of(value)
    if blocked is not None:
        return blocked
    raise Fault(f"{name_of(value)} has no property “{name}”")


def is_there(value: Value) -> bool | Unknown:
    if value is None:
        return False
    if isinstance(value, Unknown):
        return True if value.not_null else text.bare(value)
    if isinstance(value, (OpenList, OpenMap)):
        return True if value.items else Unknown(value.reason)
    if isinstance(value, Alternatives):
        answers = [is_there(option) for option in value.options]
        first = answers[0] if answers else None
        return first if isinstance(first, bool) and all(a is first for a in answers) else Unknown(value.reason)
    return True


# --- conversions and strings


def to_int(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return _convert(value, "int")
    if isinstance(value, str):
        if not re.fullmatch(r"-?\d+", value, re.ASCII):
            raise Fault(f"“{value}” is no int")
        value = int(value)
    elif isinstance(value, float):
        if not INT_LOW < value < INT_HIGH:
            raise Fault("this double does not fit into 64 bits")
        value = int(value)
    if not INT_LOW <= value <= INT_HIGH:
        raise Fault("this number does not fit into 64 bits")
    return value


def to_uint(value: Value) -> Value:
    number = to_int(value)
    if isinstance(number, int) and number < 0:
        raise Fault("an unsigned number is not negative")
    return number


def to_double(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return _convert(value, "double")
    try:
        return float(value)
    except ValueError as error:
        raise Fault(f"“{value}” is no double") from error


def to_string(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, Text, Unknown)):
        # What is not known stays what it is: whose attribute, and how it begins.
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return _convert(value, "string")


_BOOLS = {"true": True, "True": True, "TRUE": True, "t": True, "1": True}
_BOOLS |= {"false": False, "False": False, "FALSE": False, "f": False, "0": False}


def to_bool(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value in _BOOLS:
            return _BOOLS[value]
        raise Fault(f"“{value}” is no bool")
    return _convert(value, "bool")


def to_dyn(value: Value) -> Value:
    return value


def _convert(value: Value, wanted: str) -> Unknown:
    blocked = unknown_of(value)
    if blocked is None:
        raise Fault(f"{name_of(value)} cannot become {wanted}")
    return blocked


def _on_text(
    value: Value, part: Value, plain: Callable[[str, str], bool], partly: Callable[[Text | Unknown, str], bool | None]
) -> bool | Unknown:
    if isinstance(value, str) and isinstance(part, str):
        return plain(value, part)
    if isinstance(part, str) and isinstance(value, (Text, Unknown)):
        answer = partly(value, part)
        return text.unknown_part(value) if answer is None else answer
    for side in (value, part):
        if unknown_of(side) is None and not isinstance(side, str):
            raise Fault(f"a string is wanted here, not {name_of(side)}")
    blocked = unknown_of(value) or unknown_of(part)
    assert blocked is not None
    return blocked


def starts_with(value: Value, part: Value) -> Value:
    return _on_text(value, part, str.startswith, text.starts_with)


def ends_with(value: Value, part: Value) -> Value:
    return _on_text(value, part, str.endswith, text.ends_with)


def contains(value: Value, part: Value) -> Value:
    return _on_text(value, part, str.__contains__, text.contains)


def matches(value: Value, pattern: re.Pattern[str]) -> bool | Unknown:
    if isinstance(value, str):
        return pattern.search(value) is not None
    if isinstance(value, (Text, Unknown)):
        answer = text.matches(value, pattern)
        return text.unknown_part(value) if answer is None else answer
    blocked = unknown_of(value)
    if blocked is None:
        raise Fault(f"“matches” is asked of a string, not of {name_of(value)}")
    return blocked


def _string_only(value: Value, change: Callable[[str], Value]) -> Value:
    if isinstance(value, str):
        return change(value)
    blocked = unknown_of(value)
    if blocked is None:
        raise Fault(f"a string is wanted here, not {name_of(value)}")
    return blocked


def lower_ascii(value: Value) -> Value:
    return (
        text.mapped(value, "lower")
        if isinstance(value, Text)
        else _string_only(value, lambda s: text.recased(s, "lower"))
    )


def upper_ascii(value: Value) -> Value:
    return (
        text.mapped(value, "upper")
        if isinstance(value, Text)
        else _string_only(value, lambda s: text.recased(s, "upper"))
    )


def trim(value: Value) -> Value:
    return _string_only(value, str.strip)


def split(value: Value, separator: Value) -> Value:
    if isinstance(separator, str):
        return _string_only(value, lambda s: list(s.split(separator)) if separator else list(s))
    return unknown_of(separator) or _string_only(separator, lambda _: [])
