"""Ways in which a policy's holder can grant itself more than the policy says.

The list follows the published research on IAM privilege escalation (Rhino Security Labs, “AWS IAM Privilege Escalation
Methods”; Bishop Fox, “IAM Vulnerable”; DataDog, “pathfinding.cloud”), kept to grants that suffice by themselves on a
resource of the holder's choice. What a statement without a condition denies is taken off; one with a condition may not
hold when it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.cel.arns import covers_all, like, may_reach, widest
from soc2gate.cel.kleene import Tri, conjunction, disjunction, negation
from soc2gate.cel.operations import equal, unknown_of
from soc2gate.cel.statements import Statement, any_member
from soc2gate.model.value import OpenMap, Unknown, Value
from soc2gate.patterns import regex


def _named(service: str, kind: str) -> tuple[str, str]:
    """Two resources of a kind that have nothing in common but that."""
    place = "arn:aws:iam::123456789012" if service == "iam" else f"arn:aws:{service}:eu-west-1:123456789012"
    between = ":" if service == "lambda" else "/"
    deeper = "/q8/" if service == "iam" else between
    return f"{place}:{kind}{between}zq1", f"{place}:{kind}{deeper}w7"


_ROLE, _USER, _GROUP = _named("iam", "role"), _named("iam", "user"), _named("iam", "group")
_POLICY, _FUNCTION, _ENDPOINT = _named("iam", "policy"), _named("lambda", "function"), _named("glue", "devEndpoint")

ALONE: Mapping[str, tuple[str, str]] = {
    "iam:AddUserToGroup": _GROUP,
    "iam:AttachGroupPolicy": _GROUP,
    "iam:AttachRolePolicy": _ROLE,
    "iam:AttachUserPolicy": _USER,
    "iam:CreateAccessKey": _USER,
    "iam:CreateLoginProfile": _USER,
    "iam:CreatePolicyVersion": _POLICY,
    "iam:PutGroupPolicy": _GROUP,
    "iam:PutRolePolicy": _ROLE,
    "iam:PutUserPolicy": _USER,
    "iam:SetDefaultPolicyVersion": _POLICY,
    "iam:UpdateAssumeRolePolicy": _ROLE,
    "iam:UpdateLoginProfile": _USER,
    "lambda:UpdateFunctionCode": _FUNCTION,
    "glue:UpdateDevEndpoint": _ENDPOINT,
}
"""Actions that suffice alone where their holder chooses what they are done to, and two of those things."""
_WITH_PASS_ROLE = (
    "apprunner:CreateService",
    "autoscaling:CreateLaunchConfiguration",
    "batch:RegisterJobDefinition",
    "bedrock-agentcore:CreateAgentRuntime",
    "bedrock-agentcore:CreateBrowser",
    "bedrock-agentcore:CreateCodeInterpreter",
    "bedrock-agentcore:CreateHarness",
    "braket:CreateJob",
    "cloudformation:CreateStack",
    "cloudformation:CreateStackSet",
    "cloudformation:UpdateStackSet",
    "codebuild:CreateProject",
    "cognito-identity:SetIdentityPoolRoles",
    "datapipeline:CreatePipeline",
    "ec2:RequestSpotInstances",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition",
    "ecs:RunTask",
    "ecs:StartTask",
    "elasticmapreduce:RunJobFlow",
    "emr-serverless:StartJobRun",
    "gamelift:CreateFleet",
    "glue:CreateDevEndpoint",
    "glue:CreateJob",
    "glue:CreateSession",
    "glue:UpdateJob",
    "imagebuilder:CreateInfrastructureConfiguration",
    "kinesisanalytics:CreateApplication",
    "lambda:CreateFunction",
    "omics:StartRun",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "scheduler:CreateSchedule",
    "ssm:StartAutomationExecution",
    "states:CreateStateMachine",
)
"""What runs code, or changes things, as a role that is handed to it."""

_LIMITING_KEYS = regex(
    r"iam:(?:permissionsboundary|policyarn|passedtoservice|associatedresourcearn|resourcetag/.*)|aws:resourcetag/.*"
)
"""Condition keys that take the choice of what is changed or handed over from the holder."""
_ALWAYS_THERE = frozenset({"iam:passedtoservice", "iam:policyarn"})
"""Of these, those that no request is without: `IfExists` asks no less of them."""
_POSITIVE = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"},
)

Grant = tuple[Statement, Unknown | None]
"""A statement, with the reason why it may not stand there."""


def some_way(statements: Sequence[Grant]) -> Tri:
    """Whether any way is open."""
    alone = disjunction(_granted(statements, action, chosen) for action, chosen in ALONE.items())
    if alone is True:
        return True
    passing = _granted(statements, "iam:PassRole", _ROLE)
    if passing is False:
        return alone
    # Whatever is run may have a name of its own: one is enough to run it as any role.
    running = disjunction(_granted(statements, action, None) for action in _WITH_PASS_ROLE)
    return disjunction((alone, conjunction((passing, running))))


def _granted(statements: Sequence[Grant], action: str, chosen: tuple[str, str] | None) -> Tri:
    """Whether an action is allowed, on whichever resource the holder chooses, or (without `chosen`) on some."""
    allowed = disjunction(
        _weighed((equal(statement.get("Effect"), "Allow"), *_allows(statement, action, chosen)), doubt)
        for statement, doubt in statements
    )
    if allowed is False:
        return False
    denied = disjunction(
        _weighed((equal(statement.get("Effect"), "Deny"), *_denies(statement, action, chosen)), doubt)
        for statement, doubt in statements
    )
    return conjunction((allowed, negation(denied)))


def _weighed(parts: Sequence[Tri], doubt: Unknown | None) -> Tri:
    answer = conjunction(parts)
    return doubt if answer is True and doubt is not None else answer


def _allows(statement: Statement, action: str, chosen: tuple[str, str] | None) -> Iterator[Tri]:
    yield _names(statement, action)
    resource, excepted = statement.get("Resource"), statement.get("NotResource")
    if excepted is not None and resource is None:
        samples = chosen or _anything(action)
        yield negation(any_member(excepted, lambda pattern: covers_all(pattern, samples)))
    elif chosen is None:
        yield any_member(resource, lambda pattern: may_reach(pattern, action.partition(":")[0]))
    else:
        yield any_member(resource, lambda pattern: covers_all(pattern, chosen))
    yield negation(_is_limited(statement.get("Condition")))


def _denies(statement: Statement, action: str, chosen: tuple[str, str] | None) -> Iterator[Tri]:
    yield _names(statement, action)
    samples = chosen or _anything(action)
    resource, excepted = statement.get("Resource"), statement.get("NotResource")
    if excepted is not None and resource is None:
        yield negation(any_member(excepted, lambda pattern: covers_all(pattern, samples)))
    else:
        yield any_member(resource, lambda pattern: covers_all(pattern, samples))
    condition = statement.get("Condition")
    yield condition in (None, {}, []) or (condition if isinstance(condition, Unknown) else False)


def _anything(action: str) -> tuple[str, str]:
    place = f"arn:aws:{action.partition(':')[0]}:eu-west-1:123456789012"
    return f"{place}:zq1/w7", f"{place}:q8:v6"


def _names(statement: Statement, action: str) -> Tri:
    return disjunction(
        (
            any_member(statement.get("Action"), lambda pattern: covers(pattern, action)),
            _left_by(statement.get("NotAction"), action),
        )
    )


def _left_by(not_action: Value, action: str) -> Tri:
    if not_action is None:
        return False
    return negation(any_member(not_action, lambda pattern: covers(pattern, action)))


def covers(pattern: Value, action: str) -> Tri:
    """Whether an action pattern (`iam:*`, `iam:Put*Policy`) covers an action; case does not matter."""
    wide, doubt = widest(pattern)
    if not wide or not like(wide.lower(), action.lower()):
        return (doubt or False) if not wide else False
    return True if doubt is None else doubt


def _is_limited(condition: Value) -> Tri:
    """Whether some condition, all of which must hold, leaves the holder no choice."""
    if condition is None or condition == []:
        return False
    if not isinstance(condition, (dict, OpenMap)):
        return unknown_of(condition) or False
    answers: list[Tri] = [Unknown(condition.reason)] if isinstance(condition, OpenMap) else []
    for operator, block in (condition.items if isinstance(condition, OpenMap) else condition).items():
        if isinstance(block, OpenMap):
            answers.append(Unknown(block.reason))
        if isinstance(block, (dict, OpenMap)):
            keys = block.items if isinstance(block, OpenMap) else block
            answers += [_limits(operator.lower(), key.lower(), values) for key, values in keys.items()]
        elif block is not None:
            answers.append(unknown_of(block) or False)
    return disjunction(answers)


def _limits(operator: str, key: str, values: Value) -> Tri:
    qualifier, _, name = operator.rpartition(":")
    bare = name.removesuffix("ifexists")
    if bare not in _POSITIVE or not _LIMITING_KEYS.fullmatch(key):
        return False
    # Where the key is missing, both of these hold.
    if (bare != name or qualifier == "forallvalues") and key not in _ALWAYS_THERE:
        return False
    if bare.endswith("like"):
        return negation(any_member(values, _is_anything))
    return True


def _is_anything(value: Value) -> Tri:
    wide, doubt = widest(value)
    if wide.strip("*"):
        return False
    return doubt or bool(wide)
