"""Ids to import by, as the provider's documentation of each type has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from soc2gate.kinds import registry
from soc2gate.kinds.terraform_imports import IMPORTS, NOT_CODE, OF_PARTS
from soc2gate.model.value import Value
from soc2gate.schema import terraform
from soc2gate.schema.lookup import type_of

LIVE: Mapping[str, Any] = {
    "arn": "arn:aws:x:eu-west-1:123456789012:it",
    "id": "it-1",
    "name": "it",
    "url": "https://sqs.eu-west-1.amazonaws.com/123456789012/it",
    "parent": "arn:aws:sns:eu-west-1:123456789012:topic",
    "account": "123456789012",
    "revision": 7,
}


@pytest.mark.parametrize(
    ("type_", "properties", "element", "id_"),
    [
        ("aws_s3_bucket", {"BucketName": "b"}, None, "b"),
        ("aws_s3_bucket_versioning", {"BucketName": "b"}, None, "b"),
        ("aws_cloudtrail", {}, None, LIVE["arn"]),
        ("aws_kms_key", {}, None, "it-1"),
        ("aws_kms_alias", {}, "alias/it", "alias/it"),
        ("aws_sqs_queue", {}, None, LIVE["url"]),
        ("aws_api_gateway_stage", {"RestApiId": "abc", "StageName": "prod"}, None, "abc/prod"),
        ("aws_apigatewayv2_stage", {"ApiId": "abc", "StageName": "$default"}, None, "abc/$default"),
        ("aws_backup_selection", {"BackupPlanId": "plan", "SelectionId": "sel"}, None, "plan|sel"),
        ("aws_cloudwatch_log_metric_filter", {"LogGroupName": "/g", "FilterName": "f"}, None, "/g:f"),
        ("aws_iam_role_policy", {"RoleName": "r"}, {"PolicyName": "p+q"}, "r:p+q"),
        (
            "aws_iam_role_policy_attachment",
            {"RoleName": "r"},
            "arn:aws:iam::aws:policy/A",
            "r/arn:aws:iam::aws:policy/A",
        ),
        ("aws_iam_user_group_membership", {"UserName": "u"}, "g", "u/g"),
        ("aws_wafv2_web_acl", {"Scope": "REGIONAL"}, None, "it-1/it/REGIONAL"),
        ("aws_securityhub_account", {}, None, "123456789012"),
        ("aws_sns_topic_policy", {}, None, LIVE["arn"]),
        ("aws_ecs_task_definition", {}, None, f"{LIVE['arn']}:7"),
    ],
)
def test_an_id_is_spelt_as_the_provider_asks_for_it(
    type_: str, properties: dict[str, Any], element: Any, id_: str
) -> None:
    assert IMPORTS[type_].of(LIVE, properties, element) == id_


@pytest.mark.parametrize(
    ("type_", "properties", "element"),
    [
        ("aws_s3_bucket", {}, None),
        ("aws_api_gateway_stage", {"RestApiId": "abc"}, None),
        ("aws_backup_selection", {"BackupPlanId": "plan", "SelectionId": ""}, None),
        ("aws_iam_role_policy", {"RoleName": "r"}, {}),
        ("aws_iam_role_policy", {"RoleName": "r"}, None),
        ("aws_kms_alias", {}, None),
    ],
)
def test_an_id_of_which_a_part_is_not_known_is_not_made(type_: str, properties: dict[str, Any], element: Any) -> None:
    assert IMPORTS[type_].of(LIVE, properties, element) == ""


def test_an_entry_of_an_acl_is_named_by_number_protocol_and_direction() -> None:
    entry: dict[str, Value] = {"RuleNumber": 100, "Protocol": 6, "Egress": False, "CidrBlock": "10.0.0.0/8"}
    assert OF_PARTS["aws_network_acl_rule"].of({"id": "acl-1"}, {}, entry) == "acl-1:100:6:false"
    assert OF_PARTS["aws_network_acl_rule"].of({"id": "acl-1"}, {}, {"RuleNumber": 100}) == ""


def test_every_part_of_an_id_is_something_that_a_reader_tells() -> None:
    """A misspelt property would be an id that is never known: nobody would notice."""
    unknown = []
    for type_, said in {**IMPORTS, **OF_PARTS}.items():
        kinds = {
            name
            for name in registry.KINDS
            if type_ in {one.type for one in registry.kind(name).terraform}
            or type_ in {one.type for one in registry.kind(name).companions}
        }
        assert kinds, type_
        for keys in re.findall(r"\{([\w|]+)\}", said.id):
            told = {key for kind in kinds for key in type_of(kind).properties} | {*LIVE, "element"}
            unknown += [(type_, key) for key in keys.split("|") if key not in told]
    assert unknown == []


def test_every_type_that_is_read_can_be_looked_up_before_it_is_written() -> None:
    """`python -m soc2gate.kinds.generate_terraform` has to run again when a spelling is added."""
    assert {type_ for type_ in registry.TERRAFORM if not terraform.arguments(type_)} == set()


def test_every_kind_is_written_or_says_why_not() -> None:
    written = {name for name in registry.KINDS if any(one.type in IMPORTS for one in registry.kind(name).terraform)}
    silent = {
        name
        for name in registry.KINDS
        if name not in written
        and name not in NOT_CODE
        and registry.kind(name).live is not None
        # What each account, region or stack has exactly one of is never unmanaged.
        and not registry.kind(name).singleton
    }
    assert {name for name in silent if not name.startswith("Kubernetes::")} == set()
    assert not written & NOT_CODE.keys()
