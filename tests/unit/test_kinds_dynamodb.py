"""DynamoDB tables in the normal form."""

from __future__ import annotations

from typing import Any

from kinds_support import cfn, normal, one, said, tf, var

from soc2gate.model.resource import Resource
from soc2gate.model.value import Alternatives, OpenList, Unknown

TABLE = "AWS::DynamoDB::Table"
KEYED = {"name": "orders", "hash_key": "id", "attribute": [{"name": "id", "type": "S"}]}


def terraform(**written: Any) -> Resource:
    return one(normal(tf("aws_dynamodb_table.t", {**KEYED, **written})), TABLE)


def test_a_table_is_the_same_in_both_formats() -> None:
    ours = terraform(
        billing_mode="PAY_PER_REQUEST",
        point_in_time_recovery=[{"enabled": True}],
        server_side_encryption=[{"enabled": True, "kms_key_arn": "arn:aws:kms:eu-west-1:1:key/k"}],
        deletion_protection_enabled=True,
        tags={"a": "b"},
    )
    theirs = one(
        normal(
            cfn(
                "T",
                TABLE,
                {
                    "TableName": "orders",
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true"},
                    "SSESpecification": {
                        "SSEEnabled": True,
                        "SSEType": "KMS",
                        "KMSMasterKeyId": "arn:aws:kms:eu-west-1:1:key/k",
                    },
                    "DeletionProtectionEnabled": True,
                    "Tags": [{"Key": "a", "Value": "b"}],
                },
            )
        ),
        TABLE,
    )
    assert said(ours) == said(theirs)


def test_recovery_is_off_unless_written() -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    assert terraform().properties["PointInTimeRecoverySpecification"] == off
    assert one(normal(cfn("T", TABLE, {"KeySchema": []})), TABLE).properties["PointInTimeRecoverySpecification"] == off


def test_a_block_that_may_not_be_there_leaves_recovery_undecided() -> None:
    made = terraform(point_in_time_recovery=OpenList((), ({"enabled": True},), "for_each is unknown"))
    found = made.properties["PointInTimeRecoverySpecification"]
    assert isinstance(found, Alternatives)
    assert {"PointInTimeRecoveryEnabled": False} in found.options
    assert {"PointInTimeRecoveryEnabled": True} in found.options


def test_an_unknown_switch_stays_unknown() -> None:
    found: Any = terraform(point_in_time_recovery=[{"enabled": var("pitr")}]).properties
    assert isinstance(found["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], Unknown)
