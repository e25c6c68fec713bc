"""Conditions in three-valued logic: true, false, or unknown with the reason."""

from __future__ import annotations

from typing import TypeAlias

from soc2gate.declared.cloudformation.text import scalar_text
from soc2gate.facts import dataclass
from soc2gate.model.value import Alternatives, Text, Unknown, Value, is_known


@dataclass(frozen=True, slots=True)
class Undecided:
    """A condition the template alone does not settle."""

    reason: str


Truth: TypeAlias = bool | Undecided


def all_of(truths: list[Truth]) -> Truth:
    """`Fn::And`: one false settles it."""
    if any(truth is False for truth in truths):
        return False
    return next((truth for truth in truths if isinstance(truth, Undecided)), True)


def any_of(truths: list[Truth]) -> Truth:
    """`Fn::Or`: one true settles it."""
    if any(truth is True for truth in truths):
        return True
    return next((truth for truth in truths if isinstance(truth, Undecided)), False)


def negated(truth: Truth) -> Truth:
    return truth if isinstance(truth, Undecided) else not truth


def equal(left: Value, right: Value) -> Truth:
    """`Fn::Equals`: compares as CloudFormation does, scalars by their text."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Alternatives):
            answers = [equal(option, other) for option in one.options]
            return answers[0] if all(answer == answers[0] for answer in answers) else Undecided(one.reason)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (Unknown, Text)):
            return False if _cannot_equal(one, other) else Undecided(one.reason)
    texts = scalar_text(left), scalar_text(right)
    if texts[0] is not None and texts[1] is not None:
        return texts[0] == texts[1]
    if is_known(left) and is_known(right):
        return left == right
    return Undecided("it compares values that are not known")


def _cannot_equal(one: Unknown | Text, other: Value) -> bool:
    text = scalar_text(other)
    if text is None:
        return False
    if isinstance(one, Unknown):
        return (one.not_null and text == "") or not text.startswith(one.prefix)
    first, last = one.parts[0], one.parts[-1]
    shortest = sum(len(part) for part in one.parts if isinstance(part, str))
    return (
        (isinstance(first, str) and not text.startswith(first))
        or (isinstance(last, str) and not text.endswith(last))
        or len(text) < shortest
    )
