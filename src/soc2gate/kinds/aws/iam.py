"""IAM roles, users, groups and managed policies.

An inline policy is part of the role, user or group that holds it, whichever resource writes it: the rules about what
policies grant read it there, once. Only where its holder is not declared does it stand as an `AWS::IAM::Policy`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping

from soc2gate.facts import replace
from soc2gate.kinds.aws.iam_credentials import REPORT, write_credentials
from soc2gate.kinds.convert import policy_document, unknown_like
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Text, Unknown, Value

ROLE, USER, GROUP = "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"
MANAGED, INLINE = "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"

_PATH = Default("Path", "/", "IAM creates it under /")
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ROLE_DEFAULTS = (_PATH, Default("MaxSessionDuration", 3600, "a new role's sessions last an hour"))


def _name(attribute: str, path: str) -> Callable[[Draft], None]:
    """Write a name, or what is known of the one the provider makes up."""

    def build(draft: Draft) -> None:
        if draft.get(attribute) is not None:
            draft.copy(attribute, path)
            return
        prefix = draft.get(f"{attribute}_prefix")
        draft.set(path, draft.ref(attribute, prefix if isinstance(prefix, str) else ""))

    return build


_ROLE_NAME, _USER_NAME, _GROUP_NAME = _name("name", "RoleName"), _name("name", "UserName"), _name("name", "GroupName")
_POLICY_NAME = _name("name", "ManagedPolicyName")


def _build_role(draft: Draft) -> None:
    _ROLE_NAME(draft)
    draft.set("AssumeRolePolicyDocument", draft.convert("assume_role_policy", policy_document))
    draft.set("Policies", draft.each("inline_policy", _inline_block))


def _inline_block(block: Block) -> Piece:
    # A block without a name or policy is how the provider spells "no inline policies".
    if block.get("policy") is None:
        return None
    return {"PolicyName": block.at("name"), "PolicyDocument": block.convert("policy", policy_document)}


def _build_managed(draft: Draft) -> None:
    _POLICY_NAME(draft)
    draft.set("PolicyDocument", draft.convert("policy", policy_document))
    draft.identity["arn"] = _customer_arn(draft, draft.get("path"), draft.value("ManagedPolicyName"))


def _build_managed_cloudformation(draft: Draft) -> None:
    draft.set("PolicyDocument", draft.convert("PolicyDocument", policy_document))
    draft.identity["arn"] = _customer_arn(draft, draft.get("Path"), draft.get("ManagedPolicyName"))


_ACCOUNT = Unknown("the account it is deployed to", not_null=True, without=string.ascii_letters + ":/")


def _no_path(part: Value) -> str | Unknown:
    """Part of a name, which holds neither a colon nor a slash."""
    if isinstance(part, str):
        return part
    known = part if isinstance(part, Unknown) else unknown_like(part)
    return replace(known, without=":/")


def _customer_arn(draft: Draft, path: Value, name: Value) -> Value:
    """The arn a managed policy of ours will have: enough of it to tell that it is none of AWS's own."""
    folder = path or "/"
    parts: list[str | Unknown] = [
        Unknown("the partition is that of the account", not_null=True, prefix="arn:aws"),
        ":iam::",
        draft.account if isinstance(draft.account, str) else _ACCOUNT,
        ":policy",
        folder if isinstance(folder, str) else replace(unknown_like(folder), without=":"),
        *(_no_path(part) for part in (name.parts if isinstance(name, Text) else [name or draft.ref("name")])),
    ]
    merged: list[str | Unknown] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return Text(tuple(merged))


def _build_holder_cloudformation(draft: Draft) -> None:
    draft.set("AssumeRolePolicyDocument", draft.convert("AssumeRolePolicyDocument", policy_document))
    draft.set("Policies", draft.each("Policies", _inline_cloudformation))


def _inline_cloudformation(block: Block) -> Piece:
    return {
        "PolicyName": block.at("PolicyName"),
        "PolicyDocument": block.convert("PolicyDocument", policy_document),
    }


def _inline_terraform(draft: Draft) -> Piece:
    name = draft.at("name")
    return [
        {
            "PolicyName": name if name is not None else draft.ref("name"),
            "PolicyDocument": draft.convert("policy", policy_document),
        }
    ]


def _inline_of(draft: Draft) -> Piece:
    return [_inline_cloudformation(draft)]


def _attached(attribute: str) -> Callable[[Draft], Piece]:
    def build(draft: Draft) -> Piece:
        arn = draft.at(attribute)
        return None if arn is None else [arn]

    return build


def _own_arn(draft: Draft) -> Piece:
    """The arn of a managed policy that lists whom it is attached to."""
    return [_customer_arn(draft, draft.get("Path"), draft.get("ManagedPolicyName"))]


def _group_names(draft: Draft) -> Piece:
    value = draft.get("groups")
    if isinstance(value, list):
        return [draft.made(name, f"groups[{i}]") for i, name in enumerate(value)]
    return draft.at("groups")


def _companions(kind: str, word: str, plural: str) -> tuple[Companion, ...]:
    """What attaches policies to a role, user or group; the three are spelled alike."""
    title, names = word.capitalize(), f"{word.capitalize()}s"
    return (
        Companion(
            f"aws_iam_{word}_policy",
            kind,
            target=word,
            into="Policies",
            build=_inline_terraform,
            many=True,
            stands_as=INLINE,
            stands_with=names,
        ),
        Companion(
            f"aws_iam_{word}_policy_attachment",
            kind,
            target=word,
            into="ManagedPolicyArns",
            build=_attached("policy_arn"),
            many=True,
        ),
        Companion(
            "aws_iam_policy_attachment",
            kind,
            target=plural,
            into="ManagedPolicyArns",
            build=_attached("policy_arn"),
            many=True,
            plural=True,
        ),
        Companion(
            INLINE,
            kind,
            target=names,
            into="Policies",
            build=_inline_of,
            many=True,
            plural=True,
            stands_as=INLINE,
            stands_with=names,
        ),
        Companion(
            f"AWS::IAM::{title}Policy",
            kind,
            target=f"{title}Name",
            into="Policies",
            build=_inline_of,
            many=True,
            stands_as=INLINE,
            stands_with=names,
        ),
        Companion(
            MANAGED,
            kind,
            target=names,
            into="ManagedPolicyArns",
            build=_own_arn,
            many=True,
            plural=True,
            # What it allows is judged on itself; that it is put on a user is wrong, whoever declares the user.
            silent=word != "user",
        ),
    )


def _details(kind: str, result: str) -> Call:
    # One call lists all of a sort with their inline and attached policies; asking one by one takes five calls each.
    return Call(
        "iam",
        "get_account_authorization_details",
        "iam:GetAccountAuthorizationDetails",
        parameters={"Filter": [kind]},
        result=result,
    )


def _build_held(live: LiveItem, word: str) -> None:
    """What roles, users and groups have in common."""
    draft = live.draft
    draft.identity |= {"name": draft.get(f"{word}Name"), "arn": draft.get("Arn"), "id": draft.get(f"{word}Id")}
    draft.copy(f"{word}Name", f"{word}Name")
    draft.copy("Path", "Path")
    draft.copy("Arn", "Arn")
    draft.set(
        "Policies",
        draft.each(
            f"{word}PolicyList",
            lambda one: {
                "PolicyName": one.at("PolicyName"),
                "PolicyDocument": one.convert("PolicyDocument", policy_document),
            },
        ),
    )
    draft.set("ManagedPolicyArns", draft.each("AttachedManagedPolicies", lambda one: one.at("PolicyArn")))
    draft.copy("PermissionsBoundary.PermissionsBoundaryArn", "PermissionsBoundary")


def _build_live_role(live: LiveItem) -> None:
    draft = live.draft
    _build_held(live, "Role")
    draft.copy("RoleId", "RoleId")
    draft.copy("Tags", "Tags")
    draft.set("AssumeRolePolicyDocument", draft.convert("AssumeRolePolicyDocument", policy_document))
    draft.copy("get_role.Description", "Description")
    draft.copy("get_role.MaxSessionDuration", "MaxSessionDuration")
    path = str(live.item.get("Path"))
    if path.startswith(("/aws-service-role/", "/aws-reserved/")):
        draft.managed_by = "AWS"


def _build_live_user(live: LiveItem) -> None:
    _build_held(live, "User")
    live.draft.copy("GroupList", "Groups")
    live.draft.copy("Tags", "Tags")
    write_credentials(live)


def _build_live_group(live: LiveItem) -> None:
    _build_held(live, "Group")


def _build_live_managed(live: LiveItem) -> None:
    draft = live.draft
    # A policy's arn ends in its name; not every answer repeats it.
    name = draft.at("PolicyName") or draft.made(str(live.item.get("Arn")).rpartition("/")[2], "Arn")
    draft.set("ManagedPolicyName", name)
    draft.identity |= {
        "name": draft.value("ManagedPolicyName"),
        "arn": draft.get("Arn"),
        "id": draft.get("PolicyId"),
    }
    fields: Mapping[str, str] = {
        "Path": "Path",
        "Arn": "PolicyArn",
        "PolicyId": "PolicyId",
        "DefaultVersionId": "DefaultVersionId",
        "AttachmentCount": "AttachmentCount",
        "IsAttachable": "IsAttachable",
    }
    for field, path in fields.items():
        draft.copy(field, path)
    versions = draft.get("PolicyVersionList")
    for i, version in enumerate(versions if isinstance(versions, list) else ()):
        if isinstance(version, dict) and version.get("IsDefaultVersion") is True:
            document = draft.convert(f"PolicyVersionList[{i}].Document", policy_document)
            draft.set("PolicyDocument", document)


_HELD_TELLS = ("Arn", "ManagedPolicyArns", "Path", "Policies", "PermissionsBoundary")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=ROLE,
        title="IAM role",
        terraform=(
            Spelling(
                "aws_iam_role",
                fields={
                    "description": "Description",
                    "path": "Path",
                    "max_session_duration": "MaxSessionDuration",
                    "permissions_boundary": "PermissionsBoundary",
                    "managed_policy_arns": "ManagedPolicyArns",
                },
                build=_build_role,
                defaults=_ROLE_DEFAULTS,
                exports={"id": "name", "name": "name", "arn": "arn", "unique_id": "id"},
            ),
        ),
        cloudformation=Spelling(
            ROLE,
            build=_build_holder_cloudformation,
            defaults=_ROLE_DEFAULTS,
            exports={"Ref": "name", "Arn": "arn", "RoleId": "id"},
        ),
        companions=_companions(ROLE, "role", "roles"),
        live=LiveSpelling(
            _details("Role", "RoleDetailList"),
            (
                Call(
                    "iam",
                    "get_role",
                    "iam:GetRole",
                    parameters={"RoleName": "{RoleName}"},
                    result="Role",
                    into="Description,MaxSessionDuration",
                ),
            ),
            _build_live_role,
            scope="global",
            tells=("RoleName", "RoleId", "AssumeRolePolicyDocument", "Tags", *_HELD_TELLS),
        ),
        names=("RoleName",),
    ),
    Kind(
        name=USER,
        title="IAM user",
        terraform=(
            Spelling(
                "aws_iam_user",
                fields={"path": "Path", "permissions_boundary": "PermissionsBoundary"},
                build=_USER_NAME,
                defaults=(_PATH,),
                exports={"id": "name", "name": "name", "arn": "arn", "unique_id": "id"},
            ),
        ),
        cloudformation=Spelling(
            USER, build=_build_holder_cloudformation, defaults=(_PATH,), exports={"Ref": "name", "Arn": "arn"}
        ),
        companions=(
            *_companions(USER, "user", "users"),
            Companion(
                "aws_iam_user_group_membership", USER, target="user", into="Groups", build=_group_names, many=True
            ),
            Companion(
                "aws_iam_group_membership",
                USER,
                target="users",
                into="Groups",
                build=_attached("group"),
                many=True,
                plural=True,
            ),
            Companion(
                "AWS::IAM::UserToGroupAddition",
                USER,
                target="Users",
                into="Groups",
                build=_attached("GroupName"),
                many=True,
                plural=True,
            ),
        ),
        live=LiveSpelling(
            _details("User", "UserDetailList"),
            (REPORT,),
            build=_build_live_user,
            scope="global",
            tells=("UserName", "Groups", "Tags", *_HELD_TELLS),
        ),
        names=("UserName",),
    ),
    Kind(
        name=GROUP,
        title="IAM group",
        terraform=(
            Spelling(
                "aws_iam_group",
                fields={"path": "Path"},
                build=_GROUP_NAME,
                defaults=(_PATH,),
                exports={"id": "name", "name": "name", "arn": "arn", "unique_id": "id"},
            ),
        ),
        cloudformation=Spelling(
            GROUP, build=_build_holder_cloudformation, defaults=(_PATH,), exports={"Ref": "name", "Arn": "arn"}
        ),
        companions=_companions(GROUP, "group", "groups"),
        live=LiveSpelling(
            _details("Group", "GroupDetailList"),
            build=_build_live_group,
            scope="global",
            tells=("GroupName", "Arn", "ManagedPolicyArns", "Path", "Policies"),
        ),
        names=("GroupName",),
    ),
    Kind(
        name=MANAGED,
        title="managed policy",
        terraform=(
            Spelling(
                "aws_iam_policy",
                fields={"description": "Description", "path": "Path"},
                build=_build_managed,
                defaults=(_PATH,),
                exports={"id": "arn", "arn": "arn", "name": "name", "policy_id": "id"},
            ),
        ),
        cloudformation=Spelling(
            MANAGED,
            build=_build_managed_cloudformation,
            defaults=(_PATH,),
            exports={"Ref": "arn", "PolicyArn": "arn", "PolicyId": "id"},
        ),
        live=LiveSpelling(
            _details("LocalManagedPolicy", "Policies"),
            build=_build_live_managed,
            scope="global",
            tells=("ManagedPolicyName", "Path", "PolicyDocument"),
        ),
        names=("ManagedPolicyName",),
        # Whom it is attached to is told on the roles, users and groups.
        ignored=("Groups", "Roles", "Users"),
    ),
    Kind(
        name=INLINE,
        title="inline policy",
        part_of=ROLE,
    ),
)
