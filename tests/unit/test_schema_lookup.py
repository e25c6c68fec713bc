"""The schemas: types and facts of every kind, from generated data and what we add."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2gate import schema
from soc2gate.schema import ANY, BOOL, INT, STRING, ListType, MapType, ObjectType, generate, lookup, ours
from soc2gate.schema.types import at, empty_of


def property_of(kind: str, path: str) -> object:
    return at(schema.type_of(kind), path)


def test_every_kind_has_a_type_and_facts() -> None:
    for kind in schema.kinds():
        assert schema.type_of(kind).properties, kind
        assert schema.facts(kind).origin, kind


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("AWS::EC2::Volume", "Encrypted", BOOL),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress[0].FromPort", INT),
        ("AWS::EC2::Instance", "MetadataOptions.HttpTokens", STRING),
        ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.MetadataOptions.HttpTokens", STRING),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument", ANY),
        ("AWS::IAM::Role", "Policies[*].PolicyDocument.Statement", ANY),
        ("AWS::DynamoDB::Table", "KeySchema[0].AttributeName", STRING),
        ("AWS::Lambda::Function", "Environment.Variables.HOME", ANY),
        ("AWS::S3::Bucket", "LoggingConfiguration.TargetObjectKeyFormat.PartitionedPrefix.PartitionDateSource", STRING),
        ("Kubernetes::Deployment", "spec.template.spec.containers[0].securityContext.privileged", BOOL),
        ("Kubernetes::CronJob", "spec.jobTemplate.spec.template.spec.hostPID", BOOL),
        ("Kubernetes::Deployment", "metadata.labels.app", STRING),
        ("Kubernetes::NetworkPolicy", "spec.ingress[0].ports[0].port", ANY),
        ("Kubernetes::PodTemplate", "spec.initContainers[0].name", STRING),
        ("Account::IAM::PasswordPolicy", "MinimumPasswordLength", INT),
        ("AWS::KMS::Key", "KeyManager", STRING),
    ],
)
def test_properties_have_the_type_the_provider_says(kind: str, path: str, expected: object) -> None:
    assert property_of(kind, path) == expected


@pytest.mark.parametrize(
    ("kind", "path"),
    [("AWS::EC2::Volume", "Encripted"), ("AWS::EC2::Volume", "Encrypted.Deep"), ("Kubernetes::Pod", "spec.hostIpc")],
)
def test_what_does_not_exist_has_no_type(kind: str, path: str) -> None:
    assert property_of(kind, path) is None


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(schema.UnknownKind, match="AWS::S3::Buckett"):
        schema.type_of("AWS::S3::Buckett")
    with pytest.raises(schema.UnknownKind):
        schema.facts("Kubernetes::Deploymint")


def test_facts_name_paths_that_exist() -> None:
    for kind in schema.kinds():
        facts = schema.facts(kind)
        for path in (*facts.read_only, *facts.write_only, *facts.unordered, *facts.required, facts.tags or "metadata"):
            if path not in ("metadata",):
                assert property_of(kind, path) is not None, (kind, path)


def test_facts_tell_what_is_noise_to_the_comparison() -> None:
    bucket = schema.facts("AWS::S3::Bucket")
    assert "Arn" in bucket.read_only
    assert "AccessControl" in bucket.write_only
    assert "LifecycleConfiguration.Rules[*].Transition" in bucket.write_only
    assert bucket.primary_identifier == ("BucketName",)
    assert bucket.tags == "Tags"
    assert "Tags" in bucket.unordered
    group = schema.facts("AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress[*].IpProtocol" in group.required
    assert "stringData" in schema.facts("Kubernetes::Secret").write_only
    assert "metadata.uid" in schema.facts("Kubernetes::Deployment").read_only


def test_what_we_add_is_marked_and_hides_nothing_of_the_schema() -> None:
    for kind, structures in ours.EXTRA.items():
        raw = lookup._file(lookup._file_of(kind))
        for name, properties in structures.items():
            theirs = raw["p"] if not name else raw["definitions"].get(name, {}).get("p", {})
            assert not set(properties) & set(theirs), (kind, name)
        assert set(structures[""]) <= schema.facts(kind).ours


def test_recursive_structures_are_one_type() -> None:
    transition = schema.type_of("AWS::WAFv2::WebACL")
    statement = at(transition, "Rules[0].Statement")
    nested = at(transition, "Rules[0].Statement.NotStatement.Statement")
    assert isinstance(statement, ObjectType)
    assert statement == nested
    assert "NotStatement" in repr(sorted(statement.properties))
    assert repr(statement).count("ObjectType") == 1


def test_a_rule_sees_links_under_related() -> None:
    vpc = schema.rule_type("AWS::EC2::VPC")
    assert at(vpc, "related.FlowLogs[0].TrafficType") == STRING
    assert at(schema.rule_type("AWS::S3::Bucket"), "related.Policy") == ANY
    assert at(schema.rule_type("AWS::EC2::Volume"), "related") is None
    chosen = schema.rule_type("AWS::EC2::Volume", {"Snapshots": ListType(STRING)})
    assert at(chosen, "related.Snapshots[0]") == STRING


def test_absent_reads_as_the_empty_value_of_the_type() -> None:
    assert empty_of(STRING) == ""
    assert empty_of(BOOL) is False
    assert empty_of(INT) == 0
    assert empty_of(ListType(STRING)) == []
    assert empty_of(MapType(STRING)) == {}
    assert empty_of(ANY) is None


def test_asking_for_one_kind_reads_no_other() -> None:
    # The whole point of one file a kind: a scan of buckets pays for buckets.
    lookup._types.pop("AWS::SQS::Queue", None)
    before = set(lookup._files)
    schema.type_of("AWS::SQS::Queue")
    assert set(lookup._files) - before <= {"aws-sqs-queue.json"}


def test_the_data_is_what_the_generator_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cfnlint")
    pytest.importorskip("kubernetes")
    committed = {path.name: path.read_text(encoding="utf-8") for path in Path(lookup.DATA).glob("*.json")}
    origin = json.loads(committed["aws-s3-bucket.json"])["origin"]
    monkeypatch.setattr(generate, "DATA", tmp_path / "data")
    generate.main()
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "data").glob("*.json")}
    if json.loads(written["aws-s3-bucket.json"])["origin"] != origin:
        pytest.skip(f"another cfn-lint is installed than the data was made from ({origin})")
    if json.loads(written["kubernetes.json"])["origin"] != json.loads(committed["kubernetes.json"])["origin"]:
        pytest.skip("another kubernetes client is installed than the data was made from")
    assert written == committed
