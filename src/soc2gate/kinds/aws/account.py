"""The AWS account itself, and what there is one of per account: they are ours, no registry has them.

Live, each exists exactly once, and empty where the API says that nothing is set: an account without a password policy
fails the rule about it. Declared, one exists only where code writes it or soc2gate.yaml says the root owns the account.
"""

from __future__ import annotations

from soc2gate.kinds.describe import Call, Default, Kind, Link, LiveItem, LiveSpelling, Neighbours, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.resource import Resource

_PASSWORD_POLICY = "Account::IAM::PasswordPolicy"

# https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_account_password_policy: what the
# provider computes is left as it is, so only the two arguments with a default of their own come back by themselves.
_DEFAULTS = (
    Default("MinimumPasswordLength", 6, "aws_iam_account_password_policy asks for six characters"),
    Default("AllowUsersToChangePassword", True, "aws_iam_account_password_policy lets users change their password"),
    Default("RequireSymbols", False, "a new policy requires no symbols", kept=False),
    Default("RequireNumbers", False, "a new policy requires no numbers", kept=False),
    Default("RequireUppercaseCharacters", False, "a new policy requires no upper case", kept=False),
    Default("RequireLowercaseCharacters", False, "a new policy requires no lower case", kept=False),
    Default("MaxPasswordAge", 0, "passwords of a new policy do not expire", kept=False),
    Default("PasswordReusePrevention", 0, "a new policy lets passwords be used again", kept=False),
    Default("HardExpiry", False, "a new policy has no hard expiry", kept=False),
)


def _build_account(live: LiveItem) -> None:
    live.draft.set("AccountId", live.account)
    live.draft.identity["id"] = live.account


_WATCHES = {
    "Trails": "AWS::CloudTrail::Trail",
    "LogGroups": "AWS::Logs::LogGroup",
    "MetricFilters": "AWS::Logs::MetricFilter",
    "Alarms": "AWS::CloudWatch::Alarm",
}


def _alarmed_events(account: Resource, neighbours: Neighbours) -> Resource:
    # Imported here: a look at the account's other settings needs none of it.
    from soc2gate.kinds.aws.alarmed_events import conclude

    return conclude(account, neighbours)


def _build_policy(live: LiveItem) -> None:
    draft: Draft = live.draft
    for name in _POLICY_FIELDS:
        draft.copy(f"get_account_password_policy.{name}", name)


_POLICY_FIELDS = (
    "MinimumPasswordLength",
    "RequireSymbols",
    "RequireNumbers",
    "RequireUppercaseCharacters",
    "RequireLowercaseCharacters",
    "AllowUsersToChangePassword",
    "ExpirePasswords",
    "MaxPasswordAge",
    "PasswordReusePrevention",
    "HardExpiry",
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name="Account::Account",
        title="AWS account",
        links={name: Link(kind) for name, kind in _WATCHES.items()},
        concludes=_alarmed_events,
        live=LiveSpelling(None, build=_build_account, scope="global", tells=("AccountId",)),
        singleton=True,
    ),
    Kind(
        name=_PASSWORD_POLICY,
        title="account password policy",
        terraform=(
            Spelling(
                "aws_iam_account_password_policy",
                fields={
                    "minimum_password_length": "MinimumPasswordLength",
                    "require_symbols": "RequireSymbols",
                    "require_numbers": "RequireNumbers",
                    "require_uppercase_characters": "RequireUppercaseCharacters",
                    "require_lowercase_characters": "RequireLowercaseCharacters",
                    "allow_users_to_change_password": "AllowUsersToChangePassword",
                    "max_password_age": "MaxPasswordAge",
                    "password_reuse_prevention": "PasswordReusePrevention",
                    "hard_expiry": "HardExpiry",
                },
                defaults=_DEFAULTS,
            ),
        ),
        live=LiveSpelling(
            None,
            (
                Call(
                    "iam",
                    "get_account_password_policy",
                    "iam:GetAccountPasswordPolicy",
                    result="PasswordPolicy",
                    absent_on=("NoSuchEntity", "NoSuchEntityException"),
                    into="*",
                ),
            ),
            _build_policy,
            scope="global",
            tells=_POLICY_FIELDS,
        ),
        singleton=True,
        # ExpirePasswords follows from MaxPasswordAge, and code cannot write it.
        compared=tuple(name for name in _POLICY_FIELDS if name != "ExpirePasswords"),
    ),
)
