"""Cognito user pools."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.convert import tag_map
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling

POOL = "AWS::Cognito::UserPool"


def _live(live: LiveItem) -> None:
    draft = live.draft
    pool = live.item.get("Id")
    draft.identity |= {
        "id": draft.get("Id"),
        "arn": f"arn:{live.partition}:cognito-idp:{live.region}:{live.account}:userpool/{pool}",
    }
    draft.copy("Id", "UserPoolId")
    draft.copy("Name", "UserPoolName")
    if "describe_user_pool" in live.answers:
        same = ("MfaConfiguration", "DeletionProtection", "AutoVerifiedAttributes", "UsernameAttributes")
        copy_fields(draft, {name: f"describe_user_pool.{name}" for name in (*same, "AliasAttributes", "UserPoolTags")})
        draft.tags = tag_map(draft.get("describe_user_pool.UserPoolTags"))


# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    return (
        Default("MfaConfiguration", "OFF", "Cognito asks for a password alone", kept=kept),
        Default("DeletionProtection", "INACTIVE", "Cognito lets a pool be deleted", kept=kept),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=POOL,
        title="user pool",
        terraform=(
            Spelling(
                "aws_cognito_user_pool",
                fields={
                    "name": "UserPoolName",
                    "mfa_configuration": "MfaConfiguration",
                    "deletion_protection": "DeletionProtection",
                    "auto_verified_attributes": "AutoVerifiedAttributes",
                    "username_attributes": "UsernameAttributes",
                    "alias_attributes": "AliasAttributes",
                },
                defaults=_defaults(kept=True),
                exports={"id": "id", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            POOL, defaults=_defaults(kept=False), exports={"Ref": "id", "UserPoolId": "id", "Arn": "arn"}
        ),
        live=LiveSpelling(
            enumerate=Call(
                "cognito-idp", "list_user_pools", "cognito-idp:ListUserPools", {"MaxResults": 60}, result="UserPools"
            ),
            details=(
                Call(
                    "cognito-idp",
                    "describe_user_pool",
                    "cognito-idp:DescribeUserPool",
                    {"UserPoolId": "{Id}"},
                    result="UserPool",
                    into="MfaConfiguration,DeletionProtection,AutoVerifiedAttributes,UsernameAttributes,"
                    "AliasAttributes,UserPoolTags",
                ),
            ),
            build=_live,
        ),
        names=("UserPoolName",),
        # Sets to Cognito.
        unordered=("AutoVerifiedAttributes", "UsernameAttributes", "AliasAttributes"),
    ),
)
