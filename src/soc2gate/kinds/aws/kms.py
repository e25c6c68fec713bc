"""KMS keys. AWS's own keys (`aws/s3`) are left out: nobody declares them, and nobody can set anything on them."""

from __future__ import annotations

from soc2gate.facts import replace
from soc2gate.kinds.completing import known_true
from soc2gate.kinds.convert import policy_document
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Neighbours, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.resource import Resource, Side, place_of
from soc2gate.model.value import Text, Unknown, Value

KEY = "AWS::KMS::Key"
_ALIAS = "identity.alias"
"""A key has no name of its own; what people call it by is an alias, and that is unique in account and region."""

# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
_DEFAULT_POLICY: Value = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {
                "AWS": Text(
                    (
                        Unknown("the partition is decided by the account", prefix="arn:aws"),
                        ":iam::",
                        Unknown("the account is the one it is deployed to", not_null=True),
                        ":root",
                    )
                )
            },
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}

# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html; the provider's arguments have the same ones.
_DEFAULTS = (
    Default("Enabled", True, "a new key is enabled"),
    Default("EnableKeyRotation", False, "a new key does not rotate"),
    # https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
    Default("RotationPeriodInDays", 365, "KMS rotates once a year", when=known_true("EnableKeyRotation"), kept=False),
    Default("KeySpec", "SYMMETRIC_DEFAULT", "a new key is symmetric"),
    Default("KeyUsage", "ENCRYPT_DECRYPT", "a new key encrypts and decrypts"),
    Default("MultiRegion", False, "a new key is of one region"),
    Default("KeyPolicy", _DEFAULT_POLICY, "the default key policy lets the account's IAM policies decide", kept=False),
)
_ORIGIN = Default("Origin", "AWS_KMS", "KMS makes the key material")


def _build_replica(draft: Draft) -> None:
    """`primary` is no name of the key; `_as_its_primary` looks for what it names."""
    terraform = draft.format == "terraform" and not draft.type.startswith("awscc_")
    primary = draft.get("primary_key_arn" if terraform else "PrimaryKeyArn")
    if primary is not None:
        draft.identity["primary"] = primary
    (_build_terraform if terraform else _build_cloudformation)(draft)


def _build_terraform(draft: Draft) -> None:
    draft.set("KeyPolicy", draft.convert("policy", policy_document))
    if draft.type == "aws_kms_external_key":
        draft.set("Origin", "EXTERNAL")
    elif draft.get("custom_key_store_id") is not None:
        draft.set(
            "Origin",
            draft.made(
                "AWS_CLOUDHSM" if draft.get("xks_key_id") is None else "EXTERNAL_KEY_STORE", "custom_key_store_id"
            ),
        )


def _build_cloudformation(draft: Draft) -> None:
    draft.set("KeyPolicy", draft.convert("KeyPolicy", policy_document))
    draft.properties.pop("PrimaryKeyArn", None)


# A replica shares its material with the key it is a replica of, and so what that is and how it rotates.
# https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
_SHARED = ("EnableKeyRotation", "RotationPeriodInDays", "KeySpec", "KeyUsage")
_OF_PRIMARY = Unknown("decided by the key it is a replica of", not_null=True)
_REPLICA_DEFAULTS = (
    Default("Enabled", True, "a new replica is enabled"),
    Default("MultiRegion", True, "a replica is of several regions"),
    Default("Origin", "AWS_KMS", "KMS makes the key material"),
    *(Default(path, _OF_PRIMARY, "its primary key decides") for path in _SHARED),
    *(default for default in _DEFAULTS if default.path == "KeyPolicy"),
)


def _as_its_primary(key: Resource, neighbours: Neighbours) -> Resource:
    """What the primary key decides, where the same code declares that."""
    if key.side is Side.LIVE or _OF_PRIMARY not in [key.properties.get(path) for path in _SHARED]:
        return key
    named = key.identity.get("primary")
    if not isinstance(named, Unknown) or named.ref is None:
        return key
    primary = neighbours.at(KEY, named.ref.address)
    if primary is None or primary.uncertain:
        return key
    told = {path: primary.properties[path] for path in _SHARED if path in primary.properties}
    return replace(
        key,
        # A period that the primary does not write is a year, and the rules read it so.
        properties={**{name: value for name, value in key.properties.items() if name not in _SHARED}, **told},
        places={**key.places, **{path: place_of(primary.places, path, primary.where) for path in told}},
        notes={**key.notes, **dict.fromkeys(told, f"as {primary.address}, which it is a replica of")},
    )


def _build_live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"id": draft.get("KeyId"), "arn": draft.get("KeyArn")}
    if "describe_key" in live.failures:
        # AWS's own keys are listed too; which this is, cannot be told.
        draft.managed_by = live.failures["describe_key"]
    aliases = draft.get("list_aliases")
    names = sorted(
        str(name)
        for alias in (aliases if isinstance(aliases, list) else [])
        if (name := _alias_name(alias)) is not None
    )
    # Aliases under aws/ are AWS's alone, so they tell as well where the manager may not be asked.
    draft.exists = draft.get("describe_key.KeyManager") != "AWS" and not any(
        name.startswith("alias/aws/") for name in names
    )
    if names:
        draft.identity["alias"] = names[0]
    draft.copy("KeyId", "KeyId")
    draft.copy("KeyArn", "Arn")
    for name in ("Description", "KeyUsage", "KeySpec", "Enabled", "MultiRegion", "Origin", "KeyState", "KeyManager"):
        draft.copy(f"describe_key.{name}", name)
    if "get_key_rotation_status" in live.answers:
        # KMS refuses the question for keys that cannot rotate: they do not.
        rotates = draft.at("get_key_rotation_status.KeyRotationEnabled")
        draft.set("EnableKeyRotation", rotates or False)
        draft.copy("get_key_rotation_status.RotationPeriodInDays", "RotationPeriodInDays")
    draft.set("KeyPolicy", draft.convert("get_key_policy", policy_document))
    draft.set(
        "Tags",
        draft.each("list_resource_tags", lambda tag: {"Key": tag.at("TagKey"), "Value": tag.at("TagValue")}),
    )


def _alias_name(alias: Value) -> Value:
    return alias.get("AliasName") if isinstance(alias, dict) else None


def _call(operation: str, action: str, into: str, result: str, *absent: str, **more: str) -> Call:
    return Call(
        service="kms",
        operation=operation,
        action=f"kms:{action}",
        parameters={"KeyId": "{KeyId}", **more},
        result=result,
        absent_on=absent,
        into=into,
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=KEY,
        title="KMS key",
        terraform=(
            Spelling(
                "aws_kms_key",
                fields={
                    "description": "Description",
                    "key_usage": "KeyUsage",
                    "customer_master_key_spec": "KeySpec",
                    "is_enabled": "Enabled",
                    "enable_key_rotation": "EnableKeyRotation",
                    "rotation_period_in_days": "RotationPeriodInDays",
                    "multi_region": "MultiRegion",
                    "deletion_window_in_days": "PendingWindowInDays",
                    "bypass_policy_lockout_safety_check": "BypassPolicyLockoutSafetyCheck",
                },
                build=_build_terraform,
                defaults=(*_DEFAULTS, _ORIGIN),
                exports={"id": "id", "key_id": "id", "arn": "arn"},
            ),
            Spelling(
                "aws_kms_external_key",
                fields={
                    "description": "Description",
                    "enabled": "Enabled",
                    "multi_region": "MultiRegion",
                    "deletion_window_in_days": "PendingWindowInDays",
                    "bypass_policy_lockout_safety_check": "BypassPolicyLockoutSafetyCheck",
                },
                build=_build_terraform,
                defaults=(
                    # It is disabled until somebody imports key material, which code may do or not.
                    Default("Enabled", Unknown("decided by whether key material was imported"), "its key material"),
                    *(default for default in _DEFAULTS if default.path != "Enabled"),
                ),
                exports={"id": "id", "arn": "arn"},
            ),
            Spelling(
                "aws_kms_replica_key",
                fields={
                    "description": "Description",
                    "enabled": "Enabled",
                    "deletion_window_in_days": "PendingWindowInDays",
                    "bypass_policy_lockout_safety_check": "BypassPolicyLockoutSafetyCheck",
                },
                build=_build_replica,
                defaults=_REPLICA_DEFAULTS,
                exports={"id": "id", "key_id": "id", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            KEY,
            build=_build_cloudformation,
            defaults=(*_DEFAULTS, _ORIGIN),
            exports={"Ref": "id", "KeyId": "id", "Arn": "arn"},
        ),
        also_cloudformation=(
            Spelling(
                "AWS::KMS::ReplicaKey",
                build=_build_replica,
                defaults=_REPLICA_DEFAULTS,
                exports={"Ref": "id", "KeyId": "id", "Arn": "arn"},
            ),
        ),
        companions=(
            Companion(
                "aws_kms_key_policy",
                KEY,
                target="key_id",
                into="KeyPolicy",
                build=lambda draft: draft.convert("policy", policy_document),
            ),
            Companion("aws_kms_alias", KEY, target="target_key_id", into=_ALIAS, build=lambda d: d.at("name")),
            Companion("AWS::KMS::Alias", KEY, target="TargetKeyId", into=_ALIAS, build=lambda d: d.at("AliasName")),
        ),
        live=LiveSpelling(
            Call("kms", "list_keys", "kms:ListKeys", result="Keys"),
            (
                _call("describe_key", "DescribeKey", "*", "KeyMetadata"),
                _call(
                    "get_key_rotation_status",
                    "GetKeyRotationStatus",
                    "EnableKeyRotation,RotationPeriodInDays",
                    "",
                    # Asymmetric, HMAC, imported and key-store keys; and keys that wait for deletion.
                    "UnsupportedOperationException",
                    "KMSInvalidStateException",
                ),
                _call("get_key_policy", "GetKeyPolicy", "KeyPolicy", "Policy", PolicyName="default"),
                _call("list_resource_tags", "ListResourceTags", "Tags", "Tags"),
                _call("list_aliases", "ListAliases", _ALIAS, "Aliases"),
            ),
            _build_live,
            tells=("Description", "KeyUsage", "KeySpec", "Enabled", "MultiRegion", "Origin", "KeyState", "KeyManager"),
        ),
        names=("alias",),
        concludes=_as_its_primary,
        # The schema calls the period write-only; GetKeyRotationStatus tells it.
        compared=("RotationPeriodInDays",),
    ),
)
