"""Which values are equal, as Terraform's `==` has it; None where that is not decided."""

from __future__ import annotations

from collections.abc import Iterable

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.values import Either, EitherMap, Members, TfList, TfMap, TfSet, Val, first_special
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown


def equal(left: Val, right: Val) -> bool | None:
    """Terraform's `==`; None when it is not decided."""
    if isinstance(left, Members):
        left = left.as_object()
    if isinstance(right, Members):
        right = right.as_object()
    if isinstance(left, SPECIAL) or isinstance(right, SPECIAL):
        return _equal_special(left, right)
    if left is None or right is None:
        return left is right
    if isinstance(left, (Either, EitherMap)) or isinstance(right, (Either, EitherMap)):
        return _equal_either(left, right)
    if isinstance(left, list) and isinstance(right, list):
        if left.__class__ is not right.__class__ or not _may_be_one_type(left, right):
            return False
        if len(left) != len(right):
            return None if isinstance(left, TfSet) and first_special([left, right]) is not None else False
        if isinstance(left, TfSet) and first_special([left, right]) is not None:
            return None
        return _all_equal(zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        if left.__class__ is not right.__class__ or left.keys() != right.keys() or not _may_be_one_type(left, right):
            return False
        return _all_equal((left[name], right[name]) for name in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) or isinstance(right, str):
        return isinstance(left, str) and isinstance(right, str) and left == right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return numbers.compare(left, right) == 0
    return False


def _equal_either(left: Val, right: Val) -> bool | None:
    """Where the type of one is not decided, only what is there can tell them apart."""
    if isinstance(left, list) and isinstance(right, list):
        return None if len(left) == len(right) or isinstance(left, TfSet) or isinstance(right, TfSet) else False
    if isinstance(left, dict) and isinstance(right, dict):
        return None if left.keys() == right.keys() else False
    return False


def _may_be_one_type(left: Val, right: Val) -> bool:
    """Whether two collections can have one type; only asked of typed ones, literals compare element by element."""
    if not isinstance(left, (TfList, TfSet, TfMap)):
        return True
    return bool(left.item.has_any() or right.item.has_any() or left.item == right.item)


def _all_equal(pairs: Iterable[tuple[Val, Val]]) -> bool | None:
    answer: bool | None = True
    for a, b in pairs:
        same = equal(a, b)
        if same is False:
            return False
        if same is None:
            answer = None
    return answer


def _equal_special(left: Val, right: Val) -> bool | None:
    if not isinstance(left, SPECIAL):
        left, right = right, left
    if isinstance(left, Alternatives):
        answers = {equal(option, right) for option in left.options}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(right, Alternatives):
        return _equal_special(right, left)
    if isinstance(left, (OpenList, OpenMap)):
        return _equal_open(left, right)
    if isinstance(left, Text):
        return _equal_text(left, right)
    if right is None or right == "":
        return False if left.not_null else None
    if isinstance(right, str) and left.prefix and not right.startswith(left.prefix):
        return False
    if isinstance(right, Text):
        return _equal_text(right, left)
    if isinstance(right, Unknown) and left.ref is not None and left.ref == right.ref:
        return True
    return None


def _equal_text(text: Text, other: Val) -> bool | None:
    if other is None:
        return False
    if isinstance(other, str):
        return None if may_be(text, other) else False
    if isinstance(other, (Text, Unknown)):
        return None
    return False


def may_be(text: Text, plain: str) -> bool:
    """Whether some values of the unknown parts make the text this string."""
    at = 0
    last = len(text.parts) - 1
    for index, part in enumerate(text.parts):
        if isinstance(part, str):
            if index == 0:
                if not plain.startswith(part):
                    return False
                at = len(part)
            elif index == last:
                return plain.endswith(part) and len(plain) - len(part) >= at
            else:
                found = plain.find(part, at)
                if found < 0:
                    return False
                at = found + len(part)
    return True


def _equal_open(left: OpenList | OpenMap, right: Val) -> bool | None:
    if right is None:
        return False
    if isinstance(left, OpenList):
        if isinstance(right, (str, bool, int, float, dict, Text)):
            return False
        return False if isinstance(right, list) and len(right) < len(left.items) else None
    if isinstance(right, (str, bool, int, float, list, Text)):
        return False
    return False if isinstance(right, dict) and not left.items.keys() <= right.keys() else None
