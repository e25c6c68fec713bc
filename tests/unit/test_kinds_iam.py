"""Roles, users and groups hold their policies, whoever writes them."""

from __future__ import annotations

import json
from typing import Any

from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.cel.text import ends_with
from soc2gate.kinds import build_live
from soc2gate.model.value import OpenList, Text, Unknown

ROLE, USER, GROUP = "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"
MANAGED, INLINE = "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def role(**body: Any) -> Any:
    return tf("aws_iam_role.app", {"name": "app", "assume_role_policy": json.dumps(TRUST), **body})


def test_a_role_in_both_formats_is_the_same() -> None:
    ours = one(
        normal(
            role(description="the app", tags={"Team": "x"}),
            tf(
                "aws_iam_role_policy.read",
                {"name": "read", "role": ref("aws_iam_role.app.id"), "policy": json.dumps(READ)},
            ),
            tf("aws_iam_role_policy_attachment.a", {"role": "app", "policy_arn": ADMIN}),
        ),
        ROLE,
    )
    theirs = one(
        normal(
            cfn(
                "App",
                ROLE,
                {
                    "RoleName": "app",
                    "Description": "the app",
                    "AssumeRolePolicyDocument": TRUST,
                    "ManagedPolicyArns": [ADMIN],
                    "Tags": [{"Key": "Team", "Value": "x"}],
                },
            ),
            cfn("Read", INLINE, {"PolicyName": "read", "PolicyDocument": READ, "Roles": [ref("App.Ref")]}),
        ),
        ROLE,
    )
    assert said(ours) == said(theirs)
    assert said(ours)["MaxSessionDuration"] == 3600
    assert ours.members == {
        "aws_iam_role_policy.read": "Policies[0]",
        "aws_iam_role_policy_attachment.a": "ManagedPolicyArns[0]",
    }


def test_an_inline_policy_of_a_declared_role_is_not_judged_twice() -> None:
    made = normal(
        cfn("App", ROLE, {"AssumeRolePolicyDocument": TRUST}),
        cfn("Read", INLINE, {"PolicyName": "read", "PolicyDocument": READ, "Roles": [ref("App.Ref")]}),
    )
    assert [r.kind for r in made.resources] == [ROLE]


def test_an_inline_policy_of_a_stranger_stands_for_itself() -> None:
    for resource in (
        cfn("Read", INLINE, {"PolicyName": "read", "PolicyDocument": READ, "Roles": ["elsewhere"]}),
        tf("aws_iam_role_policy.r", {"name": "read", "role": "elsewhere", "policy": json.dumps(READ)}),
        cfn("R", "AWS::IAM::RolePolicy", {"PolicyName": "read", "PolicyDocument": READ, "RoleName": "elsewhere"}),
    ):
        (found,) = normal(resource).resources
        assert (found.kind, found.partial, found.derived_from) == (INLINE, False, ROLE)
        assert said(found) == {"PolicyName": "read", "PolicyDocument": READ, "Roles": ["elsewhere"]}


def test_inline_policy_of_an_unknown_role_leaves_every_role_open() -> None:
    made = normal(
        role(), tf("aws_iam_role_policy.r", {"name": "read", "role": var("role"), "policy": json.dumps(READ)})
    )
    policies = one(made, ROLE).properties["Policies"]
    assert isinstance(policies, OpenList)
    assert policies.items == ()
    assert policies.more == ({"PolicyName": "read", "PolicyDocument": READ},)
    assert one(made, INLINE).properties["PolicyDocument"] == READ


def test_an_attachment_to_a_stranger_stands_as_a_partial_role() -> None:
    found = one(
        normal(tf("aws_iam_role_policy_attachment.a", {"role": "elsewhere", "policy_arn": ADMIN})), ROLE, partial=True
    )
    arns = found.properties["ManagedPolicyArns"]
    assert isinstance(arns, OpenList)
    assert arns.items == (ADMIN,)


def test_an_own_policy_is_certainly_not_one_of_aws_s() -> None:
    made = normal(
        role(),
        tf("aws_iam_policy.read", {"name": "read", "policy": json.dumps(READ)}, account="123456789012"),
        tf("aws_iam_role_policy_attachment.a", {"role": "app", "policy_arn": ref("aws_iam_policy.read.arn")}),
    )
    found = one(made, ROLE)
    arns = found.properties["ManagedPolicyArns"]
    assert isinstance(arns, list)
    (arn,) = arns
    assert isinstance(arn, Text)
    assert ends_with(arn, ":iam::aws:policy/AdministratorAccess") is False


def test_a_part_that_cannot_hold_a_letter_is_no_name() -> None:
    account = Unknown("the account", not_null=True, without="aws:/")
    name = Unknown("the name", without=":/")
    for parts, may in (
        (("arn:aws:iam::", account, ":policy/", name), False),
        (("arn:aws:iam::", name, ":policy/", name), None),
        (("arn:aws:iam::aws:policy/", name), None),
        (("arn:aws:iam::aws:policy", name), False),
        ((name, ":iam::aws:policy/AdministratorAccess"), True),
        ((Unknown("all of it"),), None),
        ((Unknown("all of it", without=":"),), False),
    ):
        value = Text(parts)
        assert ends_with(value, ":iam::aws:policy/AdministratorAccess") is may, parts


def test_policy_attachment_reaches_each_holder_it_lists() -> None:
    made = normal(
        role(),
        tf("aws_iam_user.u", {"name": "u"}),
        tf("aws_iam_group.g", {"name": "g"}),
        tf(
            "aws_iam_policy_attachment.a",
            {"name": "a", "roles": ["app"], "users": ["u"], "groups": ["g"], "policy_arn": ADMIN},
        ),
        tf("aws_iam_user_group_membership.m", {"user": "u", "groups": ["g"]}),
    )
    for kind in (ROLE, USER, GROUP):
        assert one(made, kind).properties["ManagedPolicyArns"] == [ADMIN]
    assert one(made, USER).properties["Groups"] == ["g"]


def test_a_managed_policy_that_lists_roles_is_attached_to_them() -> None:
    made = normal(
        cfn("App", ROLE, {"AssumeRolePolicyDocument": TRUST}),
        cfn("Read", MANAGED, {"ManagedPolicyName": "read", "PolicyDocument": READ, "Roles": [ref("App.Ref"), "other"]}),
    )
    assert len(made.resources) == 2
    arns = one(made, ROLE).properties["ManagedPolicyArns"]
    assert isinstance(arns, list)
    (arn,) = arns
    assert str(arn).endswith(":policy/read")


def test_required_properties_that_are_left_out_are_unknown() -> None:
    found = one(normal(tf("aws_iam_role.app", {"name": "app"})), ROLE)
    assert isinstance(found.properties["AssumeRolePolicyDocument"], Unknown)


def live(kind: str, item: dict[str, Any], **answers: Any) -> Any:
    return build_live(
        kind,
        item=item,
        answers=answers,
        failures={},
        account="123456789012",
        region="global",
        partition="aws",
        seen_at="2026-11-21T09:00:00Z",
        call_names={
            "get_account_authorization_details": "iam:GetAccountAuthorizationDetails",
            "get_role": "iam:GetRole",
        },
    )


def test_the_live_role_equals_the_declared_one() -> None:
    found = live(
        ROLE,
        {
            "RoleName": "app",
            "Path": "/",
            "Arn": "arn:aws:iam::123456789012:role/app",
            "RoleId": "AROA1",
            "AssumeRolePolicyDocument": TRUST,
            "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": READ}],
            "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}],
            "Tags": [{"Key": "Team", "Value": "x"}],
        },
        get_role={"Description": "the app", "MaxSessionDuration": 3600},
    )
    declared = one(
        normal(
            role(description="the app", tags={"Team": "x"}, managed_policy_arns=[ADMIN]),
            tf("aws_iam_role_policy.r", {"name": "read", "role": "app", "policy": json.dumps(READ)}),
        ),
        ROLE,
    )
    computed = {"Arn", "RoleId"}
    assert {k: v for k, v in found.properties.items() if k not in computed} == said(declared)
    assert found.managed_by == ""


def test_service_linked_roles_belong_to_aws() -> None:
    found = live(ROLE, {"RoleName": "AWSServiceRoleForRDS", "Path": "/aws-service-role/rds.amazonaws.com/"})
    assert found.managed_by == "AWS"


def test_a_live_managed_policy_is_its_default_version() -> None:
    found = live(
        MANAGED,
        {
            "PolicyName": "read",
            "Arn": "arn:aws:iam::123456789012:policy/read",
            "Path": "/",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": False, "Document": TRUST},
                {"VersionId": "v2", "IsDefaultVersion": True, "Document": READ},
            ],
        },
    )
    assert found.properties["PolicyDocument"] == READ
