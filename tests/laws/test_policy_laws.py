"""The questions about IAM policies agree with an evaluator that does what IAM's documentation says, request by request.

The evaluator here is naive: it matches patterns character by character, tries every stranger, every action and every
resource of a small world, and knows nothing of how the helpers go about it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soc2gate.cel.answer import Judged
from soc2gate.cel.policies import allows_anyone, grants_admin, grants_escalation
from soc2gate.model.value import Text, Unknown

Policy = dict[str, Any]


def settled(answer: bool | Unknown | Judged) -> bool | None:
    if isinstance(answer, Judged):
        answer = answer.answer
    return answer if isinstance(answer, bool) else None


# --- the naive evaluator


def matches(pattern: str, text: str) -> bool:
    """`*` is any text, `?` one character."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and matches(pattern[1:], text[1:])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def acts_on(statement: Policy, action: str, resource: str) -> bool:
    if "Action" in statement:
        named = any(matches(one.lower(), action.lower()) for one in listed(statement["Action"]))
    else:
        named = not any(matches(one.lower(), action.lower()) for one in listed(statement["NotAction"]))
    if "Resource" in statement:
        return named and any(matches(one, resource) for one in listed(statement["Resource"]))
    return named and not any(matches(one, resource) for one in listed(statement["NotResource"]))


@dataclass(frozen=True)
class Stranger:
    """Somebody outside, and what a request of theirs carries."""

    account: str
    context: Mapping[str, str] = field(default_factory=dict)


ANONYMOUS = Stranger("", {"aws:SourceIp": "203.0.113.7"})
OTHERS = (
    ANONYMOUS,
    Stranger(
        "999999999999",
        {
            "aws:SourceIp": "203.0.113.7",
            "aws:PrincipalArn": "arn:aws:iam::999999999999:role/stranger",
            "aws:PrincipalAccount": "999999999999",
            "aws:PrincipalOrgID": "o-stranger99",
            "aws:SourceArn": "arn:aws:sns:us-east-1:999999999999:stranger",
            "aws:SourceAccount": "999999999999",
            "aws:SourceVpc": "vpc-0stranger",
            "aws:SourceVpce": "vpce-0stranger",
        },
    ),
    Stranger("999999999999", {"aws:SourceIp": "203.0.113.7", "aws:SourceArn": "arn:aws:s3:::stranger-bucket"}),
)


def holds(operator: str, wanted: list[str], actual: str | None) -> bool:
    name, optional = operator, False
    if name.startswith(("ForAllValues:", "ForAnyValue:")):
        qualifier, name = name.split(":")
        if actual is None:
            return qualifier == "ForAllValues"
    if name.endswith("IfExists"):
        name, optional = name.removesuffix("IfExists"), True
    negated = "Not" in name
    if actual is None:
        return optional or negated
    found = any(compared(name.replace("Not", ""), one, actual) for one in wanted)
    return found is not negated


def compared(name: str, wanted: str, actual: str) -> bool:
    match name:
        case "StringEquals":
            return wanted == actual
        case "StringEqualsIgnoreCase":
            return wanted.lower() == actual.lower()
        case "StringLike" | "ArnLike" | "ArnEquals":
            return matches(wanted, actual)
        case "IpAddress":
            return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)
    raise AssertionError(name)


def lets_in(statement: Policy) -> bool:
    """Whether some stranger meets it. Each condition is tried by itself: strangers arrange their requests as they like,
    so that only one which none of them can meet keeps them out."""
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" in statement:
        named = True
    else:
        principal = statement["Principal"]
        names = [principal] if isinstance(principal, str) else listed(principal.get("AWS", []))
        # `Principal` knows no wildcard but the whole `*`.
        named = "*" in names
    return named and all(
        any(holds(operator, listed(wanted), who.context.get(key)) for who in OTHERS)
        for operator, block in statement.get("Condition", {}).items()
        for key, wanted in block.items()
    )


# --- policies of a small world

OURS = "123456789012"
NARROW = {
    "aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-a1b2*"],
    "aws:PrincipalAccount": [OURS],
    "aws:SourceAccount": [OURS, "210987654321"],
    "aws:SourceVpc": ["vpc-0a1b2c3d"],
    "aws:SourceVpce": ["vpce-0a1b2c3d", "vpce-0a1b*"],
    "aws:PrincipalArn": [f"arn:aws:iam::{OURS}:role/app", f"arn:aws:iam::{OURS}:*", f"arn:aws:iam::{OURS}:role/*"],
    "aws:SourceArn": [f"arn:aws:sns:*:{OURS}:*", "arn:aws:s3:::acme-logs", "arn:aws:s3:::acme-logs/*"],
}
WIDE = {
    "aws:PrincipalOrgID": ["o-*", "*"],
    "aws:PrincipalAccount": ["*", "????????????"],
    "aws:SourceAccount": ["*"],
    "aws:SourceVpc": ["vpc-*"],
    "aws:SourceVpce": ["*"],
    "aws:PrincipalArn": ["*", "arn:aws:iam::*:role/*", "arn:*"],
    "aws:SourceArn": ["arn:aws:sns:*:*:*", "arn:aws:s3:::*", "*"],
}
ADDRESSES = ["198.51.100.0/24", "10.0.0.0/8", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"]


@st.composite
def conditions(draw: st.DrawFn) -> Policy:
    out: Policy = {}
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.integers(0, 4)) == 0:
            operator, key = draw(st.sampled_from(["IpAddress", "NotIpAddress"])), "aws:SourceIp"
            values = draw(st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=2))
            if operator == "NotIpAddress" or set(values) & {"0.0.0.0/1", "128.0.0.0/1"}:
                # Half of the internet is the internet to us, wherever the one stranger here happens to sit.
                operator, values = "NotIpAddress", ["10.0.0.0/8"]
        else:
            key = draw(st.sampled_from(sorted(NARROW)))
            arn = key.endswith("Arn")
            bases = ["StringLike", "ArnLike", "ArnEquals"] if arn else ["StringEquals", "StringLike"]
            base = draw(st.sampled_from(bases))
            pool = NARROW[key] + WIDE[key]
            if base == "StringEquals":
                pool = [one for one in pool if "*" not in one and "?" not in one]
            values = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2))
            operator = base
            if draw(st.booleans()) and draw(st.booleans()):
                operator = base.replace("String", "StringNot").replace("Arn", "ArnNot")
            if draw(st.integers(0, 3)) == 0:
                operator += "IfExists"
            elif operator == base and draw(st.integers(0, 5)) == 0:
                # Not of the negated: some of those nobody can meet, whoever it is.
                operator = f"{draw(st.sampled_from(['ForAllValues', 'ForAnyValue']))}:{operator}"
        out.setdefault(operator, {})[key] = values if len(values) > 1 else values[0]
    return out


principals = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": [f"arn:aws:iam::{OURS}:root", "*"]},
        {"AWS": f"arn:aws:iam::{OURS}:root"},
        {"AWS": OURS},
    ]
)


@st.composite
def resource_statements(draw: st.DrawFn) -> Policy:
    made: Policy = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])), "Action": "s3:GetObject"}
    if draw(st.integers(0, 9)) == 0:
        made["NotPrincipal"] = {"AWS": f"arn:aws:iam::{OURS}:root"}
    else:
        made["Principal"] = draw(principals)
    condition = draw(conditions())
    if condition:
        made["Condition"] = condition
    return made


def policies(statements: st.SearchStrategy[Policy]) -> st.SearchStrategy[Policy]:
    one = statements.map(lambda statement: {"Statement": statement})
    return st.one_of(one, st.lists(statements, min_size=1, max_size=3).map(lambda found: {"Statement": found}))


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(resource_statements()))
def test_who_is_let_in_is_who_a_naive_evaluator_lets_in(policy: Policy) -> None:
    expected = any(map(lets_in, listed(policy["Statement"])))
    assert settled(allows_anyone(policy)) is expected


# --- what is handed out

ACTIONS = [
    "*",
    "*:*",
    "s3:*",
    "iam:*",
    "iam:Put*",
    "iam:Create*",
    "i*",
    "?am:*",
    "IAM:PASSROLE",
    "iam:PassRole",
    "iam:Get*",
]
ACTIONS += [
    "lambda:*",
    "lambda:Create*",
    "lambda:CreateFunction",
    "ec2:Run*",
    "ec2:RunInstances",
    "?*",
    "*Role*",
    "glue:*",
]
ACTIONS += ["iam:Attach*", "iam:A*", "iam:U*", "iam:S*", "iam:P*", "iam:C*", "sts:AssumeRole"]
RESOURCES = ["*", "arn:aws:*", "arn:*", "arn:aws:iam::*:*", f"arn:aws:iam::{OURS}:role/*", f"arn:aws:iam::{OURS}:*"]
RESOURCES += [
    "arn:aws:s3:::*",
    "arn:aws:s3:::acme/*",
    f"arn:aws:iam::{OURS}:role/app",
    f"arn:aws:iam::{OURS}:role/app-*",
]
RESOURCES += [
    "arn:aws:lambda:*:*:function:*",
    f"arn:aws:lambda:eu-west-1:{OURS}:function:app-*",
    "arn:aws:*:*:*:*",
    "**",
]
RESOURCES += [f"arn:aws:iam::{OURS}:user/*", f"arn:aws:iam::{OURS}:role/team/*", "arn:aws:iam::*:policy/*", "a*", "?*"]


def several(pool: list[str]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(pool), st.lists(st.sampled_from(pool), min_size=1, max_size=3))


@st.composite
def identity_statements(draw: st.DrawFn) -> Policy:
    made: Policy = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(several(ACTIONS))
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(several(RESOURCES))
    return made


# Names that none of the patterns above has.
THINGS = {
    "role": (f"arn:aws:iam::{OURS}:role/victim", f"arn:aws:iam::{OURS}:role/deep/admin"),
    "user": (f"arn:aws:iam::{OURS}:user/victim", f"arn:aws:iam::{OURS}:user/deep/boss"),
    "group": (f"arn:aws:iam::{OURS}:group/victim", f"arn:aws:iam::{OURS}:group/deep/admins"),
    "policy": (f"arn:aws:iam::{OURS}:policy/victim", f"arn:aws:iam::{OURS}:policy/deep/mine"),
    "function": (f"arn:aws:lambda:eu-west-1:{OURS}:function:victim", f"arn:aws:lambda:eu-west-1:{OURS}:function:other"),
    "devEndpoint": (
        f"arn:aws:glue:eu-west-1:{OURS}:devEndpoint/victim",
        f"arn:aws:glue:eu-west-1:{OURS}:devEndpoint/b",
    ),
}
TAKEOVERS = [("iam:AddUserToGroup", "group"), ("iam:AttachGroupPolicy", "group"), ("iam:PutGroupPolicy", "group")]
TAKEOVERS += [("iam:AttachRolePolicy", "role"), ("iam:PutRolePolicy", "role"), ("iam:UpdateAssumeRolePolicy", "role")]
TAKEOVERS += [("iam:AttachUserPolicy", "user"), ("iam:PutUserPolicy", "user"), ("iam:CreateAccessKey", "user")]
TAKEOVERS += [
    ("iam:CreateLoginProfile", "user"),
    ("iam:UpdateLoginProfile", "user"),
    ("glue:UpdateDevEndpoint", "devEndpoint"),
]
TAKEOVERS += [("iam:CreatePolicyVersion", "policy"), ("iam:SetDefaultPolicyVersion", "policy")]
TAKEOVERS += [("lambda:UpdateFunctionCode", "function")]
RUNNERS = {
    "lambda:CreateFunction": [f"arn:aws:lambda:eu-west-1:{OURS}:function:{name}" for name in ("victim", "app-1", "x")],
    "ec2:RunInstances": [f"arn:aws:ec2:eu-west-1:{OURS}:instance/i-1", f"arn:aws:ec2:eu-west-1:{OURS}:volume/v-2"],
    "glue:CreateJob": [f"arn:aws:glue:eu-west-1:{OURS}:job/j"],
    "ecs:RegisterTaskDefinition": [f"arn:aws:ecs:eu-west-1:{OURS}:task-definition/t:1"],
    "autoscaling:CreateLaunchConfiguration": [f"arn:aws:autoscaling:eu-west-1:{OURS}:launchConfiguration:u:x/y"],
}


def may(policy: Policy, action: str, resource: str) -> bool:
    effects = {one["Effect"] for one in listed(policy["Statement"]) if acts_on(one, action, resource)}
    return effects == {"Allow"}


def ways(policy: Policy) -> Iterator[bool]:
    for action, kind in TAKEOVERS:
        yield all(may(policy, action, one) for one in THINGS[kind])
    if all(may(policy, "iam:PassRole", one) for one in THINGS["role"]):
        for action, things in RUNNERS.items():
            yield any(may(policy, action, one) for one in things)


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(identity_statements()))
def test_escalation_is_what_a_naive_evaluator_finds(policy: Policy) -> None:
    assert settled(grants_escalation(policy)) is any(ways(policy))


EVERYTHING = ["s3:GetObject", "iam:CreateUser", "ec2:RunInstances", "kms:Decrypt", "newservice:Whatever"]
EVERYWHERE = [
    f"arn:aws:iam::{OURS}:role/x",
    "arn:aws:s3:::b/k",
    f"arn:aws:kms:eu-west-1:{OURS}:key/k",
    "arn:aws:sns:us-east-1:1:t",
]


def is_admin(statement: Policy) -> bool:
    """Every action, or all but some that leave a way of IAM's to take the rest, on whatever there is."""
    if statement["Effect"] != "Allow":
        return False
    if "Action" in statement:
        actions = any(
            all(matches(one.lower(), action.lower()) for action in EVERYTHING) for one in listed(statement["Action"])
        )
    else:
        excepted = listed(statement["NotAction"])
        actions = any(
            not any(matches(one.lower(), action.lower()) for one in excepted)
            for action, _ in TAKEOVERS
            if action.startswith("iam:")
        )
    if "NotResource" in statement:
        return actions
    return actions and any(all(matches(one, thing) for thing in EVERYWHERE) for one in listed(statement["Resource"]))


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(identity_statements()))
def test_administration_is_what_a_naive_evaluator_finds(policy: Policy) -> None:
    assert settled(grants_admin(policy)) is any(map(is_admin, listed(policy["Statement"])))


# --- knowing less never gives another answer


HIDDEN = Unknown("variable “x” has no default", None, ("var.x",))


def forget(value: Any, draw: Callable[..., Any]) -> Any:
    """The value with some of its texts not, or only partly, known."""
    if isinstance(value, dict):
        return {key: child if key in ("Effect",) else forget(child, draw) for key, child in value.items()}
    if isinstance(value, list):
        return [forget(child, draw) for child in value]
    if not isinstance(value, str) or draw(st.integers(0, 3)):
        return value
    at = draw(st.integers(0, len(value)))
    return HIDDEN if at == 0 else Text((value[:at], HIDDEN))


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.one_of(policies(identity_statements()), policies(resource_statements())))
def test_what_is_decided_of_a_policy_half_known_holds_when_it_is_known(data: st.DataObject, policy: Policy) -> None:
    known = dict(policy)
    less = forget(known, data.draw)
    for question in (allows_anyone, grants_admin, grants_escalation):
        told = settled(question(less))
        if told is not None:
            assert told is settled(question(known)), (question.__name__, less)
