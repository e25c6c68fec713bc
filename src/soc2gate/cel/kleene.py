"""Kleene's three-valued logic: an unknown operand decides nothing, and a settled one may decide without it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from soc2gate.model.value import Unknown

Tri: TypeAlias = bool | Unknown


def conjunction(answers: Iterable[Tri]) -> Tri:
    """Kleene's “and”."""
    unknown: Unknown | None = None
    for answer in answers:
        if answer is False:
            return False
        if isinstance(answer, Unknown):
            unknown = unknown or answer
    return True if unknown is None else unknown


def disjunction(answers: Iterable[Tri]) -> Tri:
    """Kleene's “or”."""
    unknown: Unknown | None = None
    for answer in answers:
        if answer is True:
            return True
        if isinstance(answer, Unknown):
            unknown = unknown or answer
    return False if unknown is None else unknown


def negation(answer: Tri) -> Tri:
    return not answer if isinstance(answer, bool) else answer
