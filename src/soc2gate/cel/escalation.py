"""Ways in which a policy's holder can grant itself more than the policy says.

The list follows the published research on IAM privilege escalation (Rhino Security Labs, “AWS IAM Privilege Escalation
Methods”; Bishop Fox, “IAM Vulnerable”), kept to grants that suffice by themselves on a resource of the holder's choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from soc2gate.cel import text
from soc2gate.cel.kleene import Tri, conjunction, disjunction, negation
from soc2gate.cel.operations import unknown_of
from soc2gate.cel.statements import Statement, any_member, is_managed
from soc2gate.model.value import OpenMap, Text, Unknown, Value
from soc2gate.patterns import regex

_ALONE = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "lambda:UpdateFunctionCode",
    "glue:UpdateDevEndpoint",
)
_WITH_PASS_ROLE = (
    "autoscaling:CreateLaunchConfiguration",
    "cloudformation:CreateStack",
    "codebuild:CreateProject",
    "datapipeline:CreatePipeline",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition",
    "glue:CreateDevEndpoint",
    "glue:CreateJob",
    "lambda:CreateFunction",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "ssm:StartAutomationExecution",
    "states:CreateStateMachine",
)
"""What runs code, or changes things, as a role that is handed to it."""

_LIMITING_KEYS = regex(
    r"iam:(?:permissionsboundary|policyarn|passedtoservice|associatedresourcearn|resourcetag/.*)|aws:resourcetag/.*"
)
"""Condition keys that take the choice of what is changed or handed over from the holder."""

_WIDE = regex(r"(?:.*[:/])?\*+", re.DOTALL)

Grant = tuple[Statement, Unknown | None]
"""A statement that allows something, with the reason why it may not stand there."""


def some_way(grants: Sequence[Grant]) -> Tri:
    """Whether any way is open."""
    alone = disjunction(_granted(grants, action) for action in _ALONE)
    if alone is True:
        return True
    passing = _granted(grants, "iam:PassRole")
    if passing is False:
        return alone
    running = disjunction(_granted(grants, action) for action in _WITH_PASS_ROLE)
    return disjunction((alone, conjunction((passing, running))))


def _granted(grants: Sequence[Grant], action: str) -> Tri:
    return disjunction(_grants(statement, doubt, action) for statement, doubt in grants)


def _grants(statement: Statement, doubt: Unknown | None, action: str) -> Tri:
    named = disjunction(
        (
            any_member(statement.get("Action"), lambda pattern: covers(pattern, action)),
            _left_by(statement.get("NotAction"), action),
        )
    )
    if named is False:
        return False
    answer = conjunction((named, _is_free(statement), negation(_is_limited(statement.get("Condition")))))
    return doubt if answer is True and doubt is not None else answer


def _left_by(not_action: Value, action: str) -> Tri:
    if not_action is None:
        return False
    return negation(any_member(not_action, lambda pattern: covers(pattern, action)))


def covers(pattern: Value, action: str) -> Tri:
    """Whether an action pattern (`iam:*`, `iam:Put*Policy`) covers an action; case does not matter."""
    wanted = action.lower()
    if isinstance(pattern, str):
        return _like(pattern.lower(), wanted)
    blocked = unknown_of(pattern)
    if isinstance(pattern, (Text, Unknown)):
        literals = text.shape_of(pattern).literals
        head = re.split(r"[*?]", literals[0].lower(), maxsplit=1)[0]
        tail = re.split(r"[*?]", literals[-1].lower())[-1]
        if not wanted.startswith(head) or not wanted.endswith(tail):
            return False
    return blocked or False


def _like(pattern: str, wanted: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == wanted
    expression = re.sub(r"\\\*(?:\\\*)*", ".*", re.escape(pattern)).replace(r"\?", ".")
    return re.fullmatch(expression, wanted) is not None


def _is_free(statement: Statement) -> Tri:
    """Whether the holder chooses the resource: every one, or every one of a type."""
    if statement.get("NotResource") is not None and statement.get("Resource") is None:
        excepted = statement.get("NotResource")
        return excepted if isinstance(excepted, Unknown) else True
    return any_member(statement.get("Resource"), _is_wide)


def _is_wide(resource: Value) -> Tri:
    """`*`, or nothing but `*` after the type: `arn:aws:iam::*:role/*`. A prefix (`role/app-*`) is a choice made."""
    if isinstance(resource, str):
        return bool(_WIDE.fullmatch(resource))
    if is_managed(resource):
        return False
    if isinstance(resource, Text):
        last = text.shape_of(resource).literals[-1]
        if last.strip("*"):
            return bool(_WIDE.fullmatch(last))
    return unknown_of(resource) or False


def _is_limited(condition: Value) -> Tri:
    if condition is None or condition == []:
        return False
    if not isinstance(condition, (dict, OpenMap)):
        return unknown_of(condition) or False
    answers: list[Tri] = [Unknown(condition.reason)] if isinstance(condition, OpenMap) else []
    for block in (condition.items if isinstance(condition, OpenMap) else condition).values():
        if isinstance(block, OpenMap):
            answers.append(Unknown(block.reason))
        if isinstance(block, (dict, OpenMap)):
            keys = block.items if isinstance(block, OpenMap) else block
            answers += [bool(_LIMITING_KEYS.fullmatch(key.lower())) for key in keys]
        elif block is not None:
            answers.append(unknown_of(block) or False)
    return disjunction(answers)
