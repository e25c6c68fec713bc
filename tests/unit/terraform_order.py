"""The order of knowing: whether a value that is partly unknown can be what another one is."""

from __future__ import annotations

from typing import Any

from soc2gate.declared.terraform.values import Val, may_be
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown


def fits(vague: Val, sure: Any) -> bool:
    """Whether `sure` (plain data) is one of the values that `vague` allows."""
    if isinstance(vague, Unknown):
        return not (vague.not_null and (sure is None or sure == "")) and (
            not vague.prefix or (isinstance(sure, str) and sure.startswith(vague.prefix))
        )
    if isinstance(vague, Text):
        return isinstance(sure, str) and may_be(vague, sure)
    if isinstance(vague, Alternatives):
        return any(fits(option, sure) for option in vague.options)
    if isinstance(vague, OpenList):
        return isinstance(sure, list) and _fits_list(list(vague.items), list(vague.more), sure)
    if isinstance(vague, OpenMap):
        return (
            isinstance(sure, dict)
            and all(name in sure and fits(value, sure[name]) for name, value in vague.items.items())
            and all(fits(vague.more, value) for name, value in sure.items() if name not in vague.items)
        )
    if isinstance(vague, list):
        return isinstance(sure, list) and len(vague) == len(sure) and all(map(fits, vague, sure))
    if isinstance(vague, dict):
        return isinstance(sure, dict) and vague.keys() == sure.keys() and all(fits(vague[k], sure[k]) for k in vague)
    if isinstance(vague, bool) or isinstance(sure, bool):
        return vague is sure
    return bool(vague == sure)


def _fits_list(items: list[Val], more: list[Val], sure: list[Any]) -> bool:
    """Every item is one of the elements, every other element is like one of the templates; in any order."""
    rest = list(sure)
    for item in items:
        at = next((at for at, element in enumerate(rest) if fits(item, element)), None)
        if at is None:
            return False
        del rest[at]
    return all(any(fits(template, element) for template in more) for element in rest)
