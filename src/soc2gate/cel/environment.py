"""What a compiled expression runs in: a list of slots, and how a fault becomes an unknown in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from soc2gate.cel import operations
from soc2gate.cel.answer import Loc
from soc2gate.cel.operations import Fault
from soc2gate.model.value import Unknown, Value

Env: TypeAlias = list[Any]
Eval: TypeAlias = Callable[[Env], Any]
Locate: TypeAlias = Callable[[Env], Loc]

TRAIL, NOW, FAULTS, FIRST_NAME = range(4)
QUIET = -1
"""In place of a trail entry's kind: leave none."""

NOTHING = object()
"""The default of a key in a free-form map, where absence is a fault."""


def fault(env: Env, message: str) -> Unknown:
    """An unknown that is the rule's own doing, noted as such."""
    found = Unknown(message)
    env[FAULTS].append(found)
    return found


def undecided(env: Env, value: Value) -> Unknown:
    """What stands for a condition that is neither true nor false."""
    if value.__class__ is Unknown:
        return value
    blocked = operations.unknown_of(value)
    return fault(env, f"a condition is wanted, not {operations.name_of(value)}") if blocked is None else blocked


def guarded(env: Env, function: Callable[..., Value], *arguments: Any) -> Value:
    """The operation's answer, or the unknown that its fault is."""
    try:
        return function(*arguments)
    except Fault as wrong:
        return fault(env, str(wrong))
