"""The order of knowing: whether a value that is partly unknown can be what another one is."""

from __future__ import annotations

from typing import Any

from soc2gate.declared.terraform.equality import may_be
from soc2gate.declared.terraform.values import TfSet, Val, first_special, to_string
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
    if isinstance(vague, TfSet) and first_special(vague) is not None:
        # Unknown elements may be equal to others, and stand anywhere among them.
        return (
            isinstance(sure, list)
            and all(any(fits(v, each) for v in vague) for each in sure)
            and all(any(fits(v, each) for each in sure) for v in vague)
        )
    if isinstance(vague, list):
        return isinstance(sure, list) and len(vague) == len(sure) and all(map(fits, vague, sure))
    if isinstance(vague, dict):
        return isinstance(sure, dict) and vague.keys() == sure.keys() and all(fits(vague[k], sure[k]) for k in vague)
    if vague is None or sure is None:
        return vague is sure
    # What type a conditional makes of a number or bool depends on its other branch, which may be unknown; the normal
    # form brings either spelling to the type of the schema.
    if isinstance(sure, (list, dict)):
        return False
    return to_string(vague) == (sure if isinstance(sure, str) else to_string(sure))


def _fits_list(items: list[Val], more: list[Val], sure: list[Any]) -> bool:
    """Every item is one of the elements, every other element is like one of the templates; in any order."""
    if not items:
        return all(any(fits(template, element) for template in more) for element in sure)
    return any(
        fits(items[0], element) and _fits_list(items[1:], more, sure[:at] + sure[at + 1 :])
        for at, element in enumerate(sure)
    )
