"""What IAM policies come to, in every way they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from soc2gate.cel.answer import Judged
from soc2gate.cel.conditions import names_one_owner
from soc2gate.cel.policies import allows_anyone, denies_plain_http, grants_admin, grants_escalation
from soc2gate.model.value import OpenList, OpenMap, Ref, Text, Unknown, Value

HIDDEN = Unknown("variable “x” has no default", None, ("var.x",))
BUCKET = Unknown("known after apply", Ref("aws_s3_bucket.b", "arn"), ("aws_s3_bucket.b.arn",), not_null=True)
ACCOUNT = Unknown("the account is chosen at deploy", None, ("AWS::AccountId",), not_null=True)
GITHUB = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


def settled(answer: bool | Unknown | Judged) -> bool | None:
    """None for unknown."""
    if isinstance(answer, Judged):
        answer = answer.answer
    return answer if isinstance(answer, bool) else None


def allow(**parts: Any) -> dict[str, Value]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **parts}


def policy(*statements: Value) -> dict[str, Value]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


# --- allows_anyone


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        (["*"], True),
        ({"AWS": "*"}, True),
        ({"AWS": ["arn:aws:iam::123456789012:root", "*"]}, True),
        ({"AWS": "arn:aws:iam::*:role/x"}, True),
        ({"Federated": "*"}, True),
        ({"Service": "*"}, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
        ({"AWS": "123456789012"}, False),
        ({"AWS": "arn:aws:iam::123456789012:role/*"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, False),
        ({"Federated": "arn:aws:iam::123456789012:saml-provider/corp"}, False),
        ({"Federated": GITHUB}, True),
        ({"Federated": "cognito-identity.amazonaws.com"}, True),
        ({"Federated": "arn:aws:iam::1:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"}, False),
        (HIDDEN, None),
        ({"AWS": HIDDEN}, None),
        ({"AWS": [HIDDEN, "*"]}, True),
        ({"AWS": Text(("arn:aws:iam::", HIDDEN, ":root"))}, False),
        ({"AWS": Unknown("later", Ref("aws_iam_role.r", "arn"), not_null=True)}, False),
        ({"Federated": HIDDEN}, None),
        (OpenMap({"Service": "s3.amazonaws.com"}, HIDDEN, "merged"), None),
        ({}, False),
    ],
)
def test_who_is_anyone(principal: Value, expected: bool | None) -> None:
    assert settled(allows_anyone(policy(allow(Principal=principal)))) is expected


def test_not_principal_with_allow_is_everyone_else() -> None:
    assert settled(allows_anyone(policy(allow(NotPrincipal={"AWS": "arn:aws:iam::123456789012:root"})))) is True


def test_a_policy_on_an_identity_names_no_principal() -> None:
    assert settled(allows_anyone(policy(allow()))) is False


def test_deny_lets_nobody_in() -> None:
    assert settled(allows_anyone(policy(allow(Effect="Deny", Principal="*")))) is False
    assert settled(allows_anyone(policy(allow(Effect=HIDDEN, Principal="*")))) is None


@pytest.mark.parametrize(
    ("condition", "narrow"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}, True),
        ({"StringEquals": {"AWS:SourceAccount": ["123456789012"]}}, True),
        ({"StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3/r-ab12/*"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-a1b2c3/*"]}}, True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, True),
        ({"StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}}, True),
        ({"StringLike": {"aws:userid": ["AROAEXAMPLE:*", "123456789012"]}}, True),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": HIDDEN}}, True),
        ({"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3"}}, False),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}, False),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}, False),
        ({"StringLike": {"aws:PrincipalOrgID": "*"}}, False),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, False),
        ({"StringLike": {"aws:SourceVpce": ["vpce-1a2b3c4d", "vpce-*"]}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:*"}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}, False),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, False),
        ({"StringEquals": {"sts:ExternalId": "42"}}, False),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, False),
        ({}, False),
        (HIDDEN, None),
        ({"StringEquals": HIDDEN}, None),
        ({"StringLike": {"aws:PrincipalOrgID": HIDDEN}}, None),
        ({"StringLike": {"aws:PrincipalOrgID": Text(("o-", HIDDEN))}}, None),
        ({"ArnLike": {"aws:SourceArn": BUCKET}}, True),
        ({"ArnLike": {"aws:SourceArn": Text(("arn:aws:sns:eu-west-1:123456789012:", HIDDEN))}}, True),
        ({"ArnLike": {"aws:SourceArn": Text(("arn:aws:sns:*:*:", HIDDEN))}}, False),
        ({"IpAddress": {"aws:SourceIp": HIDDEN}}, None),
        (OpenMap({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}, HIDDEN, "merged"), True),
        (OpenMap({}, HIDDEN, "merged"), None),
    ],
)
def test_which_conditions_narrow(condition: Value, narrow: bool | None) -> None:
    expected = None if narrow is None else not narrow
    assert settled(allows_anyone(policy(allow(Principal="*", Condition=condition)))) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo-org/*"}}, False),
        ({"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:octo-org/x:ref:refs/heads/main"}}, False),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo*"}}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}, True),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": Text(("repo:octo-org/", HIDDEN, ":*"))}}, False),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": Text(("repo:", HIDDEN, "/x:*"))}}, None),
    ],
)
def test_a_shared_identity_provider_needs_a_condition_on_whose_token_it_is(
    condition: Value, expected: bool | None
) -> None:
    trust = allow(Principal={"Federated": GITHUB}, Action="sts:AssumeRoleWithWebIdentity", Condition=condition)
    assert settled(allows_anyone(policy(trust))) is expected


OPEN = allow(Principal="*")
CLOSED = allow(Principal={"AWS": "arn:aws:iam::123456789012:root"})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (policy(CLOSED, OPEN), True),
        (policy(CLOSED), False),
        ({"Statement": OPEN}, True),
        (OPEN, True),
        ([CLOSED, OPEN], True),
        (json.dumps(policy(OPEN)), True),
        (json.dumps(policy(CLOSED)), False),
        ("", False),
        (None, False),
        ({}, False),
        ("not json", None),
        (HIDDEN, None),
        (Text(('{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "', BUCKET, '/*"}]}')), True),
        (Text(('{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::', HIDDEN, ':root"}}]}')), False),
        (Text(('{"Statement": [{"Effect": "Allow", "Principal": ', HIDDEN, "}]}")), None),
        ({"Statement": HIDDEN}, None),
        (policy(CLOSED, HIDDEN), None),
        (policy(OPEN, HIDDEN), True),
        ({"Statement": OpenList((CLOSED,), (CLOSED,), "dynamic statements")}, False),
        ({"Statement": OpenList((CLOSED,), (OPEN,), "dynamic statements")}, None),
        ({"Statement": OpenList((OPEN,), (HIDDEN,), "dynamic statements")}, True),
        (OpenMap({"Version": "2012-10-17"}, HIDDEN, "merged"), None),
    ],
)
def test_policies_are_read_however_they_are_written(written: Value, expected: bool | None) -> None:
    assert settled(allows_anyone(written)) is expected


# --- denies_plain_http


def deny(**parts: Any) -> dict[str, Value]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **parts,
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Action": ["s3:*"]}, True),
        ({"Action": "*"}, True),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:s3:::b*"}, True),
        ({"Condition": {"Bool": {"AWS:SecureTransport": False}}}, True),
        ({"Condition": {"BoolIfExists": {"aws:SecureTransport": ["false"]}}}, True),
        ({"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}}, True),
        ({"Resource": [BUCKET, Text((BUCKET, "/*"))]}, True),
        ({"Resource": [Text(("arn:aws:s3:::", HIDDEN)), Text(("arn:aws:s3:::", HIDDEN, "/*"))]}, True),
        ({"Effect": "Allow"}, False),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        ({"Action": "s3:GetObject"}, False),
        ({"Resource": "arn:aws:s3:::b"}, False),
        ({"Resource": "arn:aws:s3:::b/*"}, False),
        ({"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/logs/*"]}, False),
        ({"Resource": [BUCKET]}, False),
        ({"Resource": [Text((BUCKET, "/logs/*"))]}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({"Condition": None}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}}, False),
        ({"Condition": HIDDEN}, None),
        ({"Resource": HIDDEN}, None),
        ({"Action": HIDDEN}, None),
        ({"Effect": HIDDEN}, None),
        ({"Condition": {"Bool": {"aws:SecureTransport": HIDDEN}}}, None),
    ],
)
def test_when_a_bucket_policy_insists_on_tls(parts: dict[str, Any], expected: bool | None) -> None:
    assert settled(denies_plain_http(policy(deny(**parts)))) is expected


def test_two_statements_may_cover_the_bucket_and_its_objects_between_them() -> None:
    bucket, objects = deny(Resource="arn:aws:s3:::b"), deny(Resource="arn:aws:s3:::b/*")
    assert settled(denies_plain_http(policy(bucket, objects))) is True
    assert settled(denies_plain_http(policy(bucket, allow()))) is False
    assert settled(denies_plain_http(None)) is False


# --- grants_admin


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"Action": "*", "Resource": "*"}, True),
        ({"Action": ["s3:Get*", "*:*"], "Resource": ["*"]}, True),
        ({"Action": "*", "Resource": "arn:aws:*:*:*:*"}, True),
        ({"Action": None, "NotAction": "s3:DeleteBucket", "Resource": "*"}, True),
        ({"Action": "*", "Resource": None, "NotResource": "arn:aws:s3:::secret"}, True),
        ({"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, True),
        ({"Action": "*", "Resource": "arn:aws:s3:::b"}, False),
        ({"Action": "s3:*", "Resource": "*"}, False),
        ({"Action": "iam:*", "Resource": "*"}, False),
        ({"Action": None, "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}, False),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False),
        ({"Action": HIDDEN, "Resource": "*"}, None),
        ({"Action": "*", "Resource": HIDDEN}, None),
        ({"Action": "*", "Resource": BUCKET}, False),
        ({"Action": "*", "Resource": Text((BUCKET, "/*"))}, False),
        ({"Action": Text((HIDDEN, ":*")), "Resource": "*"}, None),
        ({"Action": Text(("s3:", HIDDEN)), "Resource": "*"}, False),
        ({"Action": "s3:*", "Resource": HIDDEN}, False),
    ],
)
def test_what_full_administration_is(parts: dict[str, Any], expected: bool | None) -> None:
    assert settled(grants_admin(policy(allow(**parts)))) is expected


# --- grants_escalation


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"Action": "*"}, True),
        ({"Action": "iam:*"}, True),
        ({"Action": "iam:Put*Policy"}, True),
        ({"Action": ["IAM:createpolicyversion"]}, True),
        ({"Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::*:role/*"}, True),
        ({"Action": ["iam:PassRole", "lambda:CreateFunction"]}, True),
        ({"Action": None, "NotAction": "s3:*"}, True),
        ({"Action": "iam:PassRole"}, False),
        ({"Action": "lambda:CreateFunction"}, False),
        ({"Action": "iam:Get*"}, False),
        ({"Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::123456789012:role/app"}, False),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role/app-*"}, False),
        ({"Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/${aws:username}"}, False),
        ({"Action": "iam:CreateAccessKey", "Resource": BUCKET}, False),
        (
            {"Action": "iam:AttachRolePolicy", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:x"}}},
            False,
        ),
        ({"Action": None, "NotAction": ["iam:*", "lambda:*", "glue:*"]}, False),
        ({"Effect": "Deny", "Action": "iam:*"}, False),
        # On what is no role, user or policy none of it counts.
        ({"Action": "*", "Resource": "arn:aws:s3:::acme-exports/*"}, False),
        ({"Action": "*", "Resource": "arn:aws:iam::123456789012:*"}, True),
        ({"Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::123456789012:role/team/*"}, False),
        ({"Action": "iam:PutRolePolicy", "Resource": Text(("arn:aws:iam::", ACCOUNT, ":role/*"))}, True),
        ({"Action": "iam:PutRolePolicy", "Resource": Text((HIDDEN, "/app"))}, False),
        ({"Action": "iam:PassRole", "Condition": {"StringLike": {"iam:PassedToService": "*"}}}, False),
        ({"Action": "iam:PutRolePolicy", "Condition": {"StringLike": {"aws:ResourceTag/team": "*"}}}, True),
        ({"Action": "iam:PutRolePolicy", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}, False),
        ({"Action": "iam:PutRolePolicy", "Condition": {"StringEqualsIfExists": {"aws:ResourceTag/team": "a"}}}, True),
        ({"Action": "iam:PutRolePolicy", "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": "x"}}}, True),
        ({"Action": "iam:PutRolePolicy", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, True),
        ({"Action": HIDDEN}, None),
        ({"Action": Text(("iam:", HIDDEN))}, None),
        ({"Action": Text(("s3:", HIDDEN))}, False),
        ({"Action": "iam:PutRolePolicy", "Resource": HIDDEN}, None),
        ({"Action": "iam:PutRolePolicy", "Condition": HIDDEN}, None),
    ],
)
def test_what_lets_a_holder_grant_itself_more(parts: dict[str, Any], expected: bool | None) -> None:
    assert settled(grants_escalation(policy(allow(**parts)))) is expected


def test_rights_from_several_statements_add_up() -> None:
    both = policy(allow(Action="iam:PassRole"), allow(Action="ec2:RunInstances"))
    assert settled(grants_escalation(both)) is True


def test_rights_from_several_policies_add_up() -> None:
    one, other = policy(allow(Action="iam:PassRole")), json.dumps(policy(allow(Action="ec2:RunInstances")))
    assert settled(grants_escalation(one)) is False
    assert settled(grants_escalation([one, other])) is True
    assert settled(grants_escalation([one, HIDDEN])) is None


def test_any_role_can_be_run_by_a_function_of_a_given_name() -> None:
    function = "arn:aws:lambda:eu-west-1:123456789012:function:app-*"
    named = allow(Action="lambda:CreateFunction", Resource=function)
    assert settled(grants_escalation(policy(allow(Action="iam:PassRole"), named))) is True
    bucket = allow(Action="lambda:CreateFunction", Resource="arn:aws:s3:::acme/*")
    assert settled(grants_escalation(policy(allow(Action="iam:PassRole"), bucket))) is False
    passed = {"StringEqualsIfExists": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert settled(grants_escalation(policy(allow(Action="iam:PassRole", Condition=passed), named))) is False


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ({"Action": "iam:*"}, False),
        ({"Action": None, "NotAction": "s3:*"}, False),
        ({"Action": "iam:*", "Resource": None, "NotResource": "arn:aws:iam::*:user/${aws:username}"}, False),
        ({"Action": "iam:PutUserPolicy"}, True),
        ({"Action": "iam:*", "Resource": "arn:aws:iam::123456789012:role/app"}, True),
        ({"Action": "iam:*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}, True),
        ({"Action": HIDDEN}, None),
        ({"Action": "iam:*", "Condition": HIDDEN}, None),
    ],
)
def test_what_is_denied_outright_is_not_handed_out(denied: dict[str, Any], expected: bool | None) -> None:
    both = policy(allow(Action="iam:*"), allow(Effect="Deny", **denied))
    assert settled(grants_escalation(both)) is expected


@pytest.mark.parametrize("question", [allows_anyone, denies_plain_http, grants_admin, grants_escalation])
@pytest.mark.parametrize(
    "odd", [3, True, [1, None], {"Statement": 5}, {"Statement": [{"Effect": 1, "Action": {"a": []}}]}]
)
def test_an_odd_policy_is_judged_and_never_a_crash(question: Callable[[Value], Any], odd: Value) -> None:
    assert settled(question(odd)) is not True


# --- whose an ARN is


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/*", True),
        ("arn:aws:sns:*:123456789012:*", True),
        ("arn:aws:execute-api:eu-west-1:*:a1b2c3/*", False),
        ("arn:aws:s3:::acme-uploads", True),
        ("arn:aws:s3:::acme-uploads/*", True),
        ("arn:aws:s3:::acme-*", False),
        ("*", False),
        ("", False),
        (None, False),
        (BUCKET, True),
        (Text((BUCKET, "/*")), True),
        (
            Text((Unknown("later", Ref("aws_api_gateway_rest_api.a", "execution_arn"), not_null=True), "/*/POST/x")),
            True,
        ),
        (Text(("arn:aws:events:eu-west-1:", ACCOUNT, ":rule/nightly")), True),
        (Text(("arn:aws:events:eu-west-1:", HIDDEN, ":rule/nightly")), None),
        (Text(("arn:aws:events:", HIDDEN, ":123456789012:rule/nightly")), True),
        (HIDDEN, None),
    ],
)
def test_whose_an_arn_is(arn: Value, expected: bool | None) -> None:
    assert settled(names_one_owner(arn)) is expected


@pytest.mark.parametrize("value", [Text((BUCKET, "/*")), Text(("arn:aws:sns:*:", ACCOUNT, ":*"))])
def test_a_source_that_the_code_manages_narrows_whatever_follows_it(value: Value) -> None:
    condition = {"ArnLike": {"aws:SourceArn": value}}
    assert settled(allows_anyone(policy(allow(Principal="*", Condition=condition)))) is False


@pytest.mark.parametrize(
    ("key", "value", "narrow"),
    [
        ("aws:VpceOrgID", "o-a1b2c3d4e5", True),
        ("aws:VpceAccount", "123456789012", True),
        ("aws:SourceVpcArn", "arn:aws:ec2:eu-west-1:123456789012:vpc/*", True),
        ("aws:SourceVpcArn", "arn:aws:ec2:*:*:vpc/*", False),
        ("aws:userid", "AROAEXAMPLEID:*", True),
        ("aws:userid", "AROA*", False),
    ],
)
def test_newer_ways_of_saying_who(key: str, value: str, narrow: bool) -> None:
    condition = {"StringLike": {key: value}}
    assert settled(allows_anyone(policy(allow(Principal="*", Condition=condition)))) is not narrow
