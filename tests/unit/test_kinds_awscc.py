"""The awscc provider's spelling: the registry's own names in snake_case, and nothing else of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kinds_support import assert_fits, normal, one, reading, ref, tf

from soc2gate import packs
from soc2gate.declared import cloudformation, terraform
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.engine.evaluate import evaluate
from soc2gate.kinds import normalise, registry
from soc2gate.kinds.awscc import attribute_name, type_name
from soc2gate.model.outcome import Verdict
from soc2gate.model.resource import RawResource, Resource
from soc2gate.model.text_json import spell_json
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Ref, Text, Unknown, Value
from soc2gate.schema import lookup
from soc2gate.schema.types import ANY, STRING, ListType, MapType, ObjectType, Type

FIXTURES = sorted((Path(packs.builtin()) / "rules").rglob("*.cfn.yaml"))


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("Arn", "arn"),
        ("GlobalReplicationGroupDescription", "global_replication_group_description"),
        ("S3Bucket", "s3_bucket"),
        ("AWS99Thing", "aws99_thing"),
        ("CloudWatchLogsLogGroupArn", "cloudwatch_logs_log_group_arn"),
        ("CNAMEs", "cnames"),
        ("KMSMasterKeyID", "kms_master_key_id"),
        ("SSEAlgorithm", "sse_algorithm"),
        ("DBInstanceIdentifier", "db_instance_identifier"),
        ("EnableIAMDatabaseAuthentication", "enable_iam_database_authentication"),
        ("CidrIpv6", "cidr_ipv_6"),
    ],
)
def test_property_names_are_the_providers(name: str, attribute: str) -> None:
    assert attribute_name(name) == attribute


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("AWS::S3::Bucket", "awscc_s3_bucket"),
        ("AWS::S3::BucketPolicy", "awscc_s3_bucket_policy"),
        ("AWS::RDS::DBInstance", "awscc_rds_db_instance"),
        ("AWS::EC2::VPC", "awscc_ec2_vpc"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "awscc_elasticloadbalancingv2_load_balancer"),
        ("AWS::CloudFront::Distribution", "awscc_cloudfront_distribution"),
        ("AWS::OpenSearchService::Domain", "awscc_opensearchservice_domain"),
        ("AWS::IAM::ManagedPolicy", "awscc_iam_managed_policy"),
        ("AWS::DynamoDB::Table", "awscc_dynamodb_table"),
        ("AWS::MSK::Cluster", "awscc_msk_cluster"),
        ("AWS::EC2::SecurityGroupIngress", "awscc_ec2_security_group_ingress"),
        ("AWS::ECR::Repository", "awscc_ecr_repository"),
    ],
)
def test_type_names_are_the_providers(kind: str, type_: str) -> None:
    assert type_name(kind) == type_
    assert registry.spelt("terraform", type_) is not None


def respelled(value: Value, kind: Type, *, in_text: bool = False) -> Value:
    """What a template says, as the provider would have it written; free-form JSON becomes text."""
    if kind is ANY and isinstance(value, (dict, list)) and not in_text:
        return spell_json(respelled(value, kind, in_text=True))
    if isinstance(value, Unknown):
        if value.ref is None:
            return value
        attribute = "id" if value.ref.attribute == "Ref" else attribute_name(value.ref.attribute)
        return Unknown(value.reason, Ref(value.ref.address, attribute), value.depends, value.not_null, value.prefix)
    if isinstance(value, Text):
        parts = [part if isinstance(part, str) else respelled(part, kind) for part in value.parts]
        return Text(tuple(part for part in parts if isinstance(part, (str, Unknown))))
    if isinstance(value, Alternatives):
        options = tuple(respelled(option, kind, in_text=in_text) for option in value.options)
        return Alternatives(options, value.reason)
    if isinstance(value, OpenList):
        inner = kind.item if isinstance(kind, ListType) else ANY
        items, more = (tuple(respelled(v, inner, in_text=in_text) for v in part) for part in (value.items, value.more))
        return OpenList(items, more, value.reason)
    if isinstance(value, list):
        inner = kind.item if isinstance(kind, ListType) else ANY
        return [respelled(item, inner, in_text=in_text) for item in value]
    if isinstance(value, dict):
        of = kind.properties if isinstance(kind, ObjectType) else {}
        inner = kind.value if isinstance(kind, MapType) else ANY
        return {
            attribute_name(key) if isinstance(kind, ObjectType) else key: respelled(
                child, of.get(key, inner), in_text=in_text
            )
            for key, child in value.items()
        }
    return value


ADDRESSED = "awscc_"


def addressed(value: Any, types: dict[str, str]) -> Any:
    """The same with references to addresses as Terraform has them, a type before each name."""
    if isinstance(value, Unknown):
        if value.ref is None or value.ref.address not in types:
            return value
        ref = Ref(f"{types[value.ref.address]}.{value.ref.address}", value.ref.attribute)
        return Unknown(value.reason, ref, value.depends, value.not_null, value.prefix)
    if isinstance(value, Text):
        return Text(tuple(addressed(part, types) for part in value.parts))
    if isinstance(value, Alternatives):
        return Alternatives(tuple(addressed(option, types) for option in value.options), value.reason)
    if isinstance(value, OpenList):
        items, more = (tuple(addressed(v, types) for v in part) for part in (value.items, value.more))
        return OpenList(items, more, value.reason)
    if isinstance(value, list):
        return [addressed(item, types) for item in value]
    return {key: addressed(child, types) for key, child in value.items()} if isinstance(value, dict) else value


def logical(address: str) -> str:
    """The template's name for what has this address."""
    return address.rpartition(".")[2] if address.startswith(ADDRESSED) else address


def by_awscc(raw: RawResource, types: dict[str, str] | None = None) -> RawResource:
    try:
        of = lookup.type_of(raw.type)
    except lookup.UnknownKind:
        of = ObjectType(raw.type, dict.fromkeys(raw.body, STRING))
    types = types or {}
    body = addressed(respelled(dict(raw.body), of), types)
    assert isinstance(body, dict)
    address = f"{types[raw.address]}.{raw.address}" if raw.address in types else raw.address
    return RawResource(
        "terraform", type_name(raw.type), address, raw.root, body, raw.where, {}, uncertain=raw.uncertain
    )


def plain(value: Value) -> Any:
    """Comparable: of what is not known, what it is a reference to."""
    if isinstance(value, Unknown):
        return ("unknown", logical(value.ref.address) if value.ref else "", value.not_null)
    if isinstance(value, Text):
        return tuple(plain(part) for part in value.parts)
    if isinstance(value, (OpenList, Alternatives)):
        parts = value.options if isinstance(value, Alternatives) else (*value.items, "…", *value.more)
        return [type(value).__name__, *map(plain, parts)]
    if isinstance(value, OpenMap):
        return ["OpenMap", plain(dict(value.items))]
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list) else value


def judged(resources: tuple[Resource, ...]) -> dict[tuple[str, str], Any]:
    return {
        (resource.kind, logical(resource.address)): (plain(dict(resource.properties)), plain(dict(resource.related)))
        for resource in resources
    }


KINDS_SEEN: set[str] = set()


def test_every_template_of_the_rules_fixtures_is_the_same_in_awscc() -> None:
    """The same resources, respelled: every property and every link is equal."""
    for path in FIXTURES:
        read = cloudformation.read(Root("cloudformation", path.name, (path.name,)), path.parent, ReadOptions())
        theirs = [raw for raw in read.resources if registry.spelt("cloudformation", raw.type) is not None]
        if len(theirs) != len(read.resources) or not theirs:
            continue
        types = {raw.address: type_name(raw.type) for raw in theirs}
        ours = [by_awscc(raw, types) for raw in theirs]
        left, right = normalise([read]).resources, normalise([reading(*ours)]).resources
        assert judged(left) == judged(right), path
        for resource in right:
            assert_fits(resource)
        KINDS_SEEN.update(raw.type for raw in theirs)
    with_kinds = {kind for kind in registry.KINDS if kind.startswith("AWS::")}
    assert len(KINDS_SEEN & with_kinds) >= 40, sorted(with_kinds - KINDS_SEEN)


HCL = """
resource "awscc_kms_key" "k" {
  enable_key_rotation = true
}

resource "awscc_s3_bucket" "b" {
  bucket_name = "acme-orders"
  bucket_encryption = {
    server_side_encryption_configuration = [{
      server_side_encryption_by_default = {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = awscc_kms_key.k.arn
      }
    }]
  }
  tags = [{ key = "team", value = "orders" }]
}

resource "awscc_s3_bucket_policy" "b" {
  bucket = awscc_s3_bucket.b.id
  policy_document = jsonencode({
    Statement = [{
      Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${awscc_s3_bucket.b.arn}/*"
    }]
  })
}

resource "aws_s3_bucket_versioning" "b" {
  bucket = awscc_s3_bucket.b.bucket_name
  versioning_configuration { status = "Enabled" }
}

resource "awscc_dynamodb_table" "t" {
  key_schema = jsonencode([{ AttributeName = "id", KeyType = "HASH" }])
  point_in_time_recovery_specification = { point_in_time_recovery_enabled = true }
}
"""


def test_a_root_of_both_providers_is_one_account(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(HCL, encoding="utf-8")
    made = normalise([terraform.read(Root("terraform", ".", ("main.tf",)), tmp_path, ReadOptions())])
    for resource in made.resources:
        assert_fits(resource)
    bucket = one(made, "AWS::S3::Bucket")
    assert bucket.spelling == "terraform awscc_s3_bucket"
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket.tags == {"team": "orders"}
    assert bucket.places["BucketEncryption.ServerSideEncryptionConfiguration[0]"].line == 9  # type: ignore[union-attr]
    table = one(made, "AWS::DynamoDB::Table")
    assert table.properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    verdicts = {(one.rule, one.address): one.verdict for one in evaluate(packs.load(), made.resources)}
    assert verdicts["s3-policy-no-anonymous", "awscc_s3_bucket_policy.b"] is Verdict.FAIL
    assert verdicts["s3-encryption", "awscc_s3_bucket.b"] is Verdict.PASS
    assert verdicts["s3-versioning", "awscc_s3_bucket.b"] is Verdict.PASS
    assert verdicts["kms-rotation", "awscc_kms_key.k"] is Verdict.PASS


def test_what_is_not_read_may_hold_either_providers_part() -> None:
    made = normal(tf("awscc_s3_bucket.b", {"bucket_name": "x"}), unread=('module "m" is not installed',))
    assert isinstance(one(made, "AWS::S3::Bucket").properties["VersioningConfiguration"], Unknown)


def test_a_rule_of_its_own_belongs_to_its_group() -> None:
    made = normal(
        tf("awscc_ec2_security_group.g", {"group_description": "web"}),
        tf(
            "awscc_ec2_security_group_ingress.ssh",
            {
                "group_id": ref("awscc_ec2_security_group.g.group_id"),
                "ip_protocol": "tcp",
                "from_port": 22,
                "to_port": 22,
                "cidr_ip": "0.0.0.0/0",
            },
        ),
    )
    group = one(made, "AWS::EC2::SecurityGroup")
    rules = group.properties["SecurityGroupIngress"]
    assert isinstance(rules, list)
    assert isinstance(rules[0], dict)
    assert rules[0]["CidrIp"] == "0.0.0.0/0"


def test_a_type_nobody_judges_is_counted() -> None:
    assert normal(tf("awscc_chatbot_slack_channel.c", {"x": 1})).unjudged == {"awscc_chatbot_slack_channel": 1}
