"""Secrets: what they are encrypted with and whether they rotate. Their values are never read."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.keys import encryption_keys
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.value import Json

SECRET = "AWS::SecretsManager::Secret"


def _terraform(draft: Draft) -> None:
    if draft.get("name") is None:
        prefix = draft.get("name_prefix")
        draft.set("Name", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    if draft.get("kms_key_id") != "":
        draft.copy("kms_key_id", "KmsKeyId")
    draft.set(
        "ReplicaRegions",
        draft.each("replica", lambda block: {"Region": block.at("region"), "KmsKeyId": block.at("kms_key_id")}),
    )
    # Until version 4 of the provider; a dynamic block may come to none.
    draft.set("RotationEnabled", draft.one("rotation_rules", lambda block: True), "rotation_rules")


def _cloudformation(draft: Draft) -> None:
    # Neither is asked or compared, and the text is what the secret keeps.
    for path in ("SecretString", "GenerateSecretString"):
        draft.properties.pop(path, None)
    if draft.properties.get("KmsKeyId") == "":
        del draft.properties["KmsKeyId"]


def _rotates(draft: Draft) -> Piece:
    """That a schedule is there is what turns rotation on."""
    return draft.made(True, "secret_id" if draft.format == "terraform" else "SecretId")


def _nothing(draft: Draft) -> Piece:
    return None


def _own(item: Mapping[str, Json], region: str) -> bool:
    """Whether this is a secret of ours, and the secret itself.

    A replica is told by its primary, which rotates for both. What RDS and others keep for themselves is part of theirs:
    they rotate it, and its key is chosen on the database.
    """
    return item.get("PrimaryRegion") in (None, "", region) and not item.get("OwningService")


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ARN"), "name": draft.get("Name")}
    copy_fields(draft, {path: path for path in ("Name", "Description", "KmsKeyId", "OwningService", "Type")})
    looked_at(draft, "RotationEnabled", "RotationEnabled")
    draft.set("RotationEnabled", draft.made(draft.get("RotationEnabled") is True, "RotationEnabled"))
    draft.set(
        "ReplicaRegions",
        draft.each(
            "describe_secret.ReplicationStatus",
            lambda block: {"Region": block.at("Region"), "KmsKeyId": block.at("KmsKeyId")},
        ),
    )
    copy_tags(draft)


# Code writes secrets of its own.
_DEFAULTS = (
    Default("RotationEnabled", False, "a secret rotates only by a schedule", kept=False),
    Default("OwningService", "", "what code writes belongs to no other service", kept=False),
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=SECRET,
        title="secret",
        terraform=(
            Spelling(
                "aws_secretsmanager_secret",
                fields={"name": "Name", "description": "Description", "type": "Type"},
                build=_terraform,
                defaults=_DEFAULTS,
                exports={"id": "arn", "arn": "arn", "name": "Name"},
            ),
        ),
        cloudformation=Spelling(SECRET, build=_cloudformation, defaults=_DEFAULTS, exports={"Ref": "arn", "Id": "arn"}),
        companions=(
            Companion(
                "aws_secretsmanager_secret_rotation",
                SECRET,
                "secret_id",
                "RotationEnabled",
                _rotates,
                id_is_target=True,
            ),
            Companion("AWS::SecretsManager::RotationSchedule", SECRET, "SecretId", "RotationEnabled", _rotates),
            # It says nothing of the secret, and its `Ref` is the secret's: schedules name it instead.
            Companion(
                "AWS::SecretsManager::SecretTargetAttachment",
                SECRET,
                "SecretId",
                "RotationEnabled",
                _nothing,
                id_is_target=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call("secretsmanager", "list_secrets", "secretsmanager:ListSecrets", result="SecretList"),
            details=(
                Call(
                    "secretsmanager",
                    "describe_secret",
                    "secretsmanager:DescribeSecret",
                    {"SecretId": "{ARN}"},
                    into="ReplicaRegions",
                ),
            ),
            build=_live,
            keep=_own,
        ),
        names=("Name",),
        links={"EncryptionKeys": encryption_keys("KmsKeyId")},
        # Ours, and what both sides tell.
        compared=("RotationEnabled",),
    ),
)
