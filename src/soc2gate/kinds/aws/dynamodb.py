"""DynamoDB tables."""

from __future__ import annotations

from soc2gate.kinds.aws.keys import encryption_keys
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.completing import known_true
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Value

TABLE = "AWS::DynamoDB::Table"


def _terraform(draft: Draft) -> None:
    draft.set("KeySchema", _keys(draft))
    draft.set(
        "AttributeDefinitions",
        draft.each("attribute", lambda block: {"AttributeName": block.at("name"), "AttributeType": block.at("type")}),
    )
    draft.set("GlobalSecondaryIndexes", draft.each("global_secondary_index", _index))
    draft.set("LocalSecondaryIndexes", draft.each("local_secondary_index", _index))
    if draft.get("read_capacity") is not None or draft.get("write_capacity") is not None:
        draft.copy("read_capacity", "ProvisionedThroughput.ReadCapacityUnits")
        draft.copy("write_capacity", "ProvisionedThroughput.WriteCapacityUnits")
    draft.set(
        "SSESpecification",
        draft.one(
            "server_side_encryption",
            lambda block: {
                "SSEEnabled": block.at("enabled"),
                "SSEType": block.made("KMS" if block.get("enabled") is True else None, "enabled"),
                "KMSMasterKeyId": block.at("kms_key_arn"),
            },
        ),
    )
    draft.set(
        "PointInTimeRecoverySpecification",
        draft.one(
            "point_in_time_recovery",
            lambda block: {
                "PointInTimeRecoveryEnabled": block.at("enabled"),
                "RecoveryPeriodInDays": block.at("recovery_period_in_days"),
            },
        ),
    )
    draft.set(
        "TimeToLiveSpecification",
        draft.one("ttl", lambda block: {"AttributeName": block.at("attribute_name"), "Enabled": block.at("enabled")}),
    )
    if draft.get("stream_enabled") is not False:
        draft.copy("stream_view_type", "StreamSpecification.StreamViewType")


def _keys(block: Block) -> Piece:
    keys: list[Piece] = [
        {"AttributeName": name, "KeyType": role}
        for attribute, role in (("hash_key", "HASH"), ("range_key", "RANGE"))
        if (name := block.at(attribute)) is not None
    ]
    return keys or None


def _index(block: Block) -> Piece:
    return {
        "IndexName": block.at("name"),
        "KeySchema": _keys(block),
        "Projection": {
            "ProjectionType": block.at("projection_type"),
            "NonKeyAttributes": block.at("non_key_attributes"),
        },
    }


def _live(live: LiveItem) -> None:
    draft = live.draft
    name = live.item["value"]
    table = "describe_table."
    arn = draft.get(table + "TableArn")
    draft.identity |= {
        "name": draft.get("value"),
        "arn": arn or f"arn:{live.partition}:dynamodb:{live.region}:{live.account}:table/{name}",
    }
    draft.set("TableName", draft.at("value"))
    if "describe_table" in live.answers:
        copy_fields(
            draft,
            {
                "AttributeDefinitions": table + "AttributeDefinitions",
                "KeySchema": table + "KeySchema",
                "DeletionProtectionEnabled": table + "DeletionProtectionEnabled",
                "TableClass": table + "TableClassSummary.TableClass",
                "StreamSpecification.StreamViewType": table + "StreamSpecification.StreamViewType",
            },
        )
        draft.set(
            "BillingMode", draft.made(draft.get(table + "BillingModeSummary.BillingMode") or "PROVISIONED", table[:-1])
        )
        for path in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            draft.set(path, draft.each(table + path, _live_index))
            looked_at(draft, path, table[:-1])
        draft.set("SSESpecification", _encryption(draft))
        for path in ("StreamSpecification", "ProvisionedThroughput"):
            looked_at(draft, path, table[:-1])
        if draft.value("BillingMode") == "PROVISIONED":
            for units in ("ReadCapacityUnits", "WriteCapacityUnits"):
                draft.copy(f"{table}ProvisionedThroughput.{units}", f"ProvisionedThroughput.{units}")
    _recovery(draft)
    _time_to_live(draft)
    copy_tags(draft, "list_tags_of_resource")


def _live_index(block: Block) -> Piece:
    return {
        "IndexName": block.at("IndexName"),
        "KeySchema": block.at("KeySchema"),
        "Projection": {
            "ProjectionType": block.at("Projection.ProjectionType"),
            "NonKeyAttributes": block.at("Projection.NonKeyAttributes"),
        },
    }


def _encryption(draft: Draft) -> Piece:
    described = "describe_table.SSEDescription"
    enabled = draft.get(f"{described}.Status") in ("ENABLED", "ENABLING", "UPDATING")
    if not enabled:
        # Without a description the table is encrypted with a key that AWS owns; the registry calls that not enabled.
        return {"SSEEnabled": draft.made(False, "describe_table")}
    return {
        "SSEEnabled": draft.made(True, described),
        "SSEType": draft.at(f"{described}.SSEType"),
        "KMSMasterKeyId": draft.at(f"{described}.KMSMasterKeyArn"),
    }


def _recovery(draft: Draft) -> None:
    described = "describe_continuous_backups.PointInTimeRecoveryDescription"
    status = draft.get(f"{described}.PointInTimeRecoveryStatus")
    if isinstance(status, str):
        draft.set(
            "PointInTimeRecoverySpecification",
            {
                "PointInTimeRecoveryEnabled": draft.made(status == "ENABLED", described),
                "RecoveryPeriodInDays": draft.at(f"{described}.RecoveryPeriodInDays"),
            },
        )


def _time_to_live(draft: Draft) -> None:
    described = "describe_time_to_live.TimeToLiveDescription"
    status = draft.get(f"{described}.TimeToLiveStatus")
    if status in ("ENABLED", "ENABLING"):
        draft.set(
            "TimeToLiveSpecification",
            {"AttributeName": draft.at(f"{described}.AttributeName"), "Enabled": draft.made(True, described)},
        )


_PROVISIONED: Value = "PROVISIONED"


def _defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        # The blocks are computed in the provider: what others turn on stays on.
        Default(
            "PointInTimeRecoverySpecification",
            {"PointInTimeRecoveryEnabled": False},
            f"{creator} creates without point-in-time recovery",
            kept=False,
        ),
        Default(
            "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
            False,
            "DynamoDB leaves point-in-time recovery off",
            kept=False,
        ),
        Default("SSESpecification", {"SSEEnabled": False}, "DynamoDB encrypts with a key that AWS owns", kept=False),
        Default("DeletionProtectionEnabled", False, f"{creator} creates without deletion protection", kept=kept),
        Default("BillingMode", _PROVISIONED, "DynamoDB bills provisioned capacity", kept=kept),
        Default("SSESpecification.SSEType", "KMS", "the one type there is", when=_encrypted, kept=False),
    )


_encrypted = known_true("SSESpecification", {"SSEEnabled": True})

_ARN = "arn:{partition}:dynamodb:{region}:{account}:table/{value}"

KINDS: tuple[Kind, ...] = (
    Kind(
        name=TABLE,
        title="DynamoDB table",
        terraform=(
            Spelling(
                "aws_dynamodb_table",
                fields={
                    "name": "TableName",
                    "billing_mode": "BillingMode",
                    "deletion_protection_enabled": "DeletionProtectionEnabled",
                    "table_class": "TableClass",
                },
                build=_terraform,
                defaults=_defaults("aws_dynamodb_table", kept=True),
                exports={"id": "name", "name": "TableName", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            TABLE,
            defaults=_defaults("DynamoDB", kept=False),
            exports={"Ref": "name", "Arn": "arn"},
        ),
        live=LiveSpelling(
            # The listing gives bare names; each is the item's `value`.
            enumerate=Call("dynamodb", "list_tables", "dynamodb:ListTables", result="TableNames"),
            details=(
                Call(
                    "dynamodb",
                    "describe_table",
                    "dynamodb:DescribeTable",
                    {"TableName": "{value}"},
                    result="Table",
                    into="SSESpecification,DeletionProtectionEnabled,BillingMode,KeySchema,AttributeDefinitions,"
                    "ProvisionedThroughput,StreamSpecification,TableClass,GlobalSecondaryIndexes,LocalSecondaryIndexes",
                ),
                Call(
                    "dynamodb",
                    "describe_continuous_backups",
                    "dynamodb:DescribeContinuousBackups",
                    {"TableName": "{value}"},
                    result="ContinuousBackupsDescription",
                    into="PointInTimeRecoverySpecification",
                ),
                Call(
                    "dynamodb",
                    "describe_time_to_live",
                    "dynamodb:DescribeTimeToLive",
                    {"TableName": "{value}"},
                    into="TimeToLiveSpecification",
                ),
                Call(
                    "dynamodb",
                    "list_tags_of_resource",
                    "dynamodb:ListTagsOfResource",
                    {"ResourceArn": _ARN},
                    result="Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("TableName",),
        links={"EncryptionKeys": encryption_keys("SSESpecification.KMSMasterKeyId")},
        # Attributes and keys are told by name, in any order.
        unordered=(
            "AttributeDefinitions",
            "KeySchema",
            *(
                f"{path}[*].{part}"
                for path in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
                for part in ("KeySchema", "Projection.NonKeyAttributes")
            ),
        ),
    ),
)
