"""A policy's statements and their parts, each of which may be one or a list, known or not."""

from __future__ import annotations

import re
from collections.abc import Callable

from soc2gate.cel.answer import Judged
from soc2gate.cel.kleene import Tri, conjunction, disjunction
from soc2gate.cel.operations import opened, unknown_of
from soc2gate.facts import dataclass
from soc2gate.model.text_json import parse_json_text
from soc2gate.model.value import OpenList, OpenMap, Text, Unknown, Value


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy."""

    fields: dict[str, Value]
    missing: Unknown | None = None
    """What stands for a field that is not there: nothing, unless the statement may hold more than was decided."""

    def get(self, name: str) -> Value:
        found = self.fields.get(name)
        return self.missing if found is None and name not in self.fields else found


@dataclass(frozen=True, slots=True)
class Members:
    """What a field holds that may be one value or a list of them."""

    items: tuple[Value, ...]
    more: tuple[Value, ...] = ()
    """Templates: zero or more further members like each."""
    reason: str = ""


def members(value: Value) -> Members:
    """The values of a field, whether it is written as one or as a list."""
    if value is None:
        return Members(())
    if isinstance(value, (list, OpenList)):
        value = opened(value)
        return Members(value.items, value.more, value.reason) if isinstance(value, OpenList) else Members(tuple(value))
    if isinstance(value, Text):
        return Members((value,))
    blocked = unknown_of(value)
    if blocked is not None and not isinstance(value, OpenMap):
        # One value or a list of any: nothing is sure to be in it, and what is keeps what is known of it.
        return Members((), (value if isinstance(value, Unknown) else blocked,), blocked.reason)
    return Members((value,))


_PLACES = frozenset({"AWS::AccountId", "AWS::Region", "AWS::StackName", "AWS::StackId"})
_PLACE_SOURCES = re.compile(r"(?:^|\.)data\.aws_(?:caller_identity|region|partition)\.")


def is_managed(value: Value) -> bool:
    """Whether a value is the ARN, id or name of a resource that the code manages, or of the account, the region or the
    stack it is deployed to: whatever it turns out to be, it is a name of its own and no wildcard."""
    if not isinstance(value, Unknown):
        return False
    if value.ref is None:
        return len(value.depends) == 1 and value.depends[0] in _PLACES
    return value.not_null or _PLACE_SOURCES.search(value.ref.address) is not None


def any_member(value: Value, question: Callable[[Value], Tri]) -> Tri:
    """Whether some member is so. A further member that would be may not exist."""
    found = members(value)
    answer = disjunction(question(item) for item in found.items)
    if answer is True:
        return True
    further = disjunction(question(item) for item in found.more)
    if further is True:
        further = Unknown(found.reason)
    return disjunction((answer, further))


def all_members(value: Value, question: Callable[[Value], Tri]) -> Tri:
    """Whether every member is so."""
    found = members(value)
    answer = conjunction(question(item) for item in found.items)
    further = conjunction(question(item) for item in found.more)
    if further is False:
        further = Unknown(found.reason)
    return conjunction((answer, further))


def statement_of(value: Value) -> Statement | Unknown:
    if isinstance(value, dict):
        return Statement(value)
    if isinstance(value, OpenMap):
        return Statement(dict(value.items), Unknown(value.reason))
    return unknown_of(value) or Unknown("a statement of the policy is not an object")


def read_policy(policy: Value) -> Value:
    """A policy as data; JSON text is parsed. An unknown where it cannot be."""
    if not isinstance(policy, (str, Text)):
        return policy
    if policy == "":
        return None
    try:
        return parse_json_text(policy)
    except ValueError:
        return unknown_of(policy) or Unknown("the policy is not valid JSON")


def any_statement(policy: Value, question: Callable[[Statement], Tri]) -> Tri | Judged:
    """Whether some statement of the policy is so, with the statement that decided or blocked."""
    policy = read_policy(policy)
    found = _statements(policy)
    if isinstance(found, Unknown):
        return found
    many = isinstance(policy, (list, OpenList)) or _is_list(policy)
    base = "" if isinstance(policy, (list, OpenList)) else "Statement"
    blocked: Judged | None = None
    for i, value in enumerate(found.items):
        statement = statement_of(value)
        answer = statement if isinstance(statement, Unknown) else question(statement)
        judged = Judged(answer, f"{base}[{i}]" if many else base, value)
        if answer is True:
            return judged
        if isinstance(answer, Unknown):
            blocked = blocked or judged
    for value in found.more:
        statement = statement_of(value)
        answer = statement if isinstance(statement, Unknown) else question(statement)
        if answer is not False:
            may = answer if isinstance(answer, Unknown) else Unknown(found.reason)
            blocked = blocked or Judged(may, f"{base}[*]", value)
    return False if blocked is None else blocked


def every_statement(policy: Value) -> Members | Unknown:
    """The statements themselves, for questions that take several together: of one policy, or of a list of policies."""
    found = _statements(read_policy(policy))
    if isinstance(found, Unknown) or not any(_is_policy(value) for value in (*found.items, *found.more)):
        return found
    items: list[Value] = []
    more: list[Value] = []
    reason = found.reason
    for values, sure in ((found.items, True), (found.more, False)):
        for value in values:
            inner = every_statement(value) if _is_policy(value) else Members((value,))
            if isinstance(inner, Unknown):
                more.append(inner)
                reason = reason or inner.reason
                continue
            (items if sure else more).extend(inner.items)
            more.extend(inner.more)
            reason = reason or inner.reason
    return Members(tuple(items), tuple(more), reason)


def _is_policy(value: Value) -> bool:
    """Whether a member of a list is a policy of its own rather than a statement."""
    if isinstance(value, OpenMap):
        value = dict(value.items)
    return isinstance(value, (str, Text)) or (isinstance(value, dict) and "Statement" in value)


def _is_list(policy: Value) -> bool:
    if isinstance(policy, OpenMap):
        policy = dict(policy.items)
    return isinstance(policy, dict) and isinstance(policy.get("Statement"), (list, OpenList))


def _statements(policy: Value) -> Members | Unknown:
    if policy is None:
        return Members(())
    if isinstance(policy, (list, OpenList)):
        return members(policy)
    if isinstance(policy, dict):
        if "Statement" not in policy and "Effect" in policy:
            return Members((policy,))
        return members(policy.get("Statement"))
    if isinstance(policy, OpenMap):
        if "Statement" in policy.items:
            return members(policy.items["Statement"])
        return Unknown(policy.reason)
    return unknown_of(policy) or Unknown("the policy is not an object")
