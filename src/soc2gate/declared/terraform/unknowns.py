"""Making and combining values that are not decided.

The one rule: what is said to be known must be what Terraform would give for every value of the unknowns. Beyond that,
as much as possible is kept: the reference, the literal parts of a text, the elements that are there for certain.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from soc2gate.declared.terraform.set_elements import identity
from soc2gate.declared.terraform.values import ANY, EvaluationError, Members, Type, Val, first_special
from soc2gate.facts import dataclass
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Ref, Text, Unknown

MOST_OPTIONS = 12
"""More alternatives than this say no more than “unknown”."""
_MOST_DEPENDS = 40

_ALWAYS_THERE = frozenset(("id", "arn", "name", "bucket", "endpoint", "dns_name", "self_link", "key_id", "domain_name"))


class Tail(OpenList):
    """An OpenList whose `items` are the first elements, in this order; only its end is open."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Count(Unknown):
    """An unknown whole number with a known lower bound: the length of an open list."""

    least: int = 0


@dataclass(frozen=True, slots=True)
class Typed(Unknown):
    """An unknown of known type: a variable that declares one."""

    type: Type = ANY


def computed(address: str, attribute: str, reason: str = "known after apply") -> Unknown:
    """An attribute that the provider fills in."""
    ref = Ref(address, attribute)
    last = attribute.rpartition(".")[2]
    sure = last in _ALWAYS_THERE or last.endswith(("_arn", "_id"))
    return Unknown(reason, ref, (f"{address}.{attribute}",), not_null=sure and "[" not in attribute)


def inside(value: Unknown, step: str) -> Unknown:
    """Something within an unknown; `step` is `.name` or `[0]`."""
    if value.ref is not None:
        return computed(value.ref.address, value.ref.attribute + step, value.reason)
    return Unknown(value.reason, depends=value.depends)


def derived(*values: Val, reason: str = "") -> Unknown:
    """What is computed from these values, at least one of which is not decided."""
    depends: dict[str, None] = {}
    first = reason
    for special in _specials(values):
        if not first:
            first = special.reason
        if isinstance(special, (Unknown, Text)):
            for name in special.depends:
                depends[name] = None
        if len(depends) > _MOST_DEPENDS:
            break
    return Unknown(first or "not decided", depends=tuple(depends))


def _specials(values: Iterable[Val]) -> Iterable[Unknown | Text | OpenList | OpenMap | Alternatives]:
    for value in values:
        if isinstance(value, SPECIAL):
            yield value
            if isinstance(value, OpenList):
                yield from _specials((*value.items, *value.more))
            elif isinstance(value, OpenMap):
                yield from _specials((*value.items.values(), value.more))
            elif isinstance(value, Alternatives):
                yield from _specials(value.options)
        elif isinstance(value, list):
            yield from _specials(value)
        elif isinstance(value, dict):
            yield from _specials(value.values())
        elif isinstance(value, Members):
            yield from _specials((value.as_object(),))


def alternatives(options: Iterable[Val], reason: str, depends: tuple[str, ...] = ()) -> Val:
    """One of these; plainly the one if they are all equal, plainly unknown if one of them is."""
    distinct: dict[object, Val] = {}
    for option in options:
        for each in option.options if isinstance(option, Alternatives) else (option,):
            distinct.setdefault(identity(each), each)
    found = list(distinct.values())
    if len(found) == 1:
        return found[0]
    if len(found) > MOST_OPTIONS or any(isinstance(each, Unknown) and each.ref is None for each in found):
        all_depends = dict.fromkeys(depends)
        for each in found:
            all_depends.update(dict.fromkeys(derived(each).depends))
        return Unknown(reason, depends=tuple(all_depends))
    return Alternatives(tuple(found), reason)


def each_way(function: Callable[..., Val], values: Sequence[Val]) -> Val:
    """`function` of every combination of the alternatives among `values`; unknown when there are too many.

    A combination for which Terraform would stop with an error is none; all of them are an EvaluationError.
    """
    choices = [value.options if isinstance(value, Alternatives) else (value,) for value in values]
    count = 1
    for choice in choices:
        count *= len(choice)
    reason = next(value.reason for value in values if isinstance(value, Alternatives))
    if count > MOST_OPTIONS:
        return derived(*values)
    results: list[Val] = []
    failure: EvaluationError | None = None
    for combination in itertools.product(*choices):
        try:
            results.append(function(*combination))
        except EvaluationError as error:
            failure = error
    if not results:
        assert failure is not None
        raise failure
    return alternatives(results, reason)


def text(parts: Iterable[str | Unknown | Text]) -> str | Text | Unknown:
    """Parts put together: a plain string when none is unknown, the unknown itself when there is nothing else."""
    joined: list[str | Unknown] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, str) and joined and isinstance(joined[-1], str):
                joined[-1] += piece
            elif piece != "":
                joined.append(piece)
    if not joined:
        return ""
    if len(joined) == 1:
        return joined[0]
    return Text(tuple(joined))


def is_vague(value: Val) -> bool:
    """Whether anything in the value is not decided."""
    return first_special(value) is not None
