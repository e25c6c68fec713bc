"""A snapshot says what was seen, what was not, and that nobody changed it since."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import soc2gate
from soc2gate.errors import InputError
from soc2gate.live.snapshot import CallCount, Coverage, FailedCall, Part, Snapshot
from soc2gate.live.snapshot_json import decode, encode
from soc2gate.model.resource import LiveRef, Resource, Side, Weight, place_of
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value

DENIED = "s3:GetBucketVersioning was denied (AccessDenied)"


def bucket(name: str = "logs", region: str = "eu-west-1", /, **properties: Value) -> Resource:
    seen = LiveRef("aws", "123456789012", region, f"arn:aws:s3:::{name}", "s3:ListBuckets", "2026-11-21T09:00:00Z")
    return Resource(
        kind="AWS::S3::Bucket",
        address=seen.uid,
        side=Side.LIVE,
        properties={"BucketName": name, **properties},
        where=seen,
        places={"VersioningConfiguration": LiveRef(**{**_fields(seen), "call": "s3:GetBucketVersioning"})},
        root=f"aws:123456789012:{region}",
        spelling="api",
        identity={"name": name},
        tags={"$owner": "ops"},
    )


def _fields(seen: LiveRef) -> dict[str, str]:
    return {name: getattr(seen, name) for name in LiveRef.__slots__}


def snapshot(*resources: Resource) -> Snapshot:
    part = Part(
        provider="aws",
        account="123456789012",
        caller="arn:aws:iam::123456789012:user/ci",
        taken_at="2026-11-21T09:00:00Z",
        finished_at="2026-11-21T09:00:09Z",
        regions_asked=("eu-west-1", "us-east-1"),
        regions_read=("eu-west-1",),
        coverage=(
            Coverage("AWS::EC2::Volume", "eu-west-1"),
            Coverage("AWS::EC2::Volume", "us-east-1", False, "ec2:DescribeVolumes was denied (UnauthorizedOperation)"),
            Coverage("AWS::S3::Bucket", "global"),
        ),
        calls=(CallCount("s3:ListBuckets", "global", 1),),
        failed_calls=(
            FailedCall(
                "ec2:DescribeVolumes",
                "AWS::EC2::Volume",
                "us-east-1",
                "UnauthorizedOperation",
                "ec2:DescribeVolumes was denied (UnauthorizedOperation)",
            ),
            FailedCall(
                "s3:GetBucketVersioning",
                "AWS::S3::Bucket",
                "eu-west-1",
                "AccessDenied",
                DENIED,
                "arn:aws:s3:::logs",
                "VersioningConfiguration",
            ),
        ),
        resources=resources,
    )
    return Snapshot((part,), {"name": "soc2gate", "version": "0.1.0"})


@pytest.mark.parametrize("name", ["live.json", "live.json.gz"])
def test_what_was_written_is_read_back(tmp_path: Path, name: str) -> None:
    given = snapshot(bucket(VersioningConfiguration=Unknown(DENIED), Tags=[{"Key": "a", "Value": "b"}]))
    given.write(tmp_path / name)
    read = Snapshot.read(tmp_path / name)
    assert read == given
    assert read.digest == given.digest
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_the_same_snapshot_is_the_same_bytes(tmp_path: Path) -> None:
    one, other = bucket("a"), bucket("b")
    snapshot(one, other).write(tmp_path / "one.gz")
    snapshot(other, one).write(tmp_path / "other.gz")
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "other.gz").read_bytes()


VALUES: list[Value] = [
    Unknown("denied"),
    Unknown("set, and withheld", not_null=True),
    OpenList((1, "a"), (Unknown("x"), {"Port": 443}), "cut off"),
    OpenMap({"$a": 1}, Unknown("y"), "why"),
    Alternatives(("a", None), "cannot tell"),
    Text(("arn:", Unknown("z"))),
    {"$unknown": "a key somebody chose", "$$": {"$list": []}},
    [None, True, 0, 1.5, "", {}, []],
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_every_value_survives_the_file(value: Value) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_a_tag_named_like_our_marker_stays_a_tag(tmp_path: Path) -> None:
    given = snapshot(bucket(Meta={"$unknown": "pass me"}))
    given.write(tmp_path / "s.json")
    assert Snapshot.read(tmp_path / "s.json").parts[0].resources[0].properties["Meta"] == {"$unknown": "pass me"}


def test_a_changed_snapshot_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    snapshot(bucket(VersioningConfiguration={"Status": "Suspended"})).write(path)
    path.write_text(path.read_text().replace("Suspended", "Enabled"))
    with pytest.raises(InputError, match="was changed after it was written") as refused:
        Snapshot.read(path)
    assert refused.value.path == str(path)
    assert "collect" in refused.value.hint


def test_reformatting_does_not_change_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    given = snapshot(bucket(VersioningConfiguration=Unknown(DENIED)))
    given.write(path)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4, sort_keys=True))
    assert Snapshot.read(path) == given


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_a_cut_off_snapshot_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    snapshot(bucket()).write(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cut off"):
        Snapshot.read(path)


def test_a_file_that_is_no_snapshot_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    cases = {
        "[]": "names no schema",
        '{"schema": "soc2gate.snapshot/2"}': "this version reads soc2gate.snapshot/1",
        '{"schema": "soc2gate.snapshot/1"}': "carries no digest",
        "[" * 100_000: "nested too deeply",
        "\x00": "is not JSON",
    }
    for text, told in cases.items():
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            Snapshot.read(path)
    path.write_bytes(b"\xff\xfe{}x")
    with pytest.raises(InputError):
        Snapshot.read(path)
    path.write_bytes(gzip.compress(b"{}")[:2] + b"garbage")
    with pytest.raises(InputError, match="damaged gzip"):
        Snapshot.read(path)
    with pytest.raises(InputError, match="cannot be read"):
        Snapshot.read(tmp_path / "none.json")


def test_a_misspelled_field_of_a_fixture_is_named_with_a_suggestion(tmp_path: Path) -> None:
    path = tmp_path / "fail.live.json"
    path.write_text(
        '{"schema": "soc2gate.snapshot/1", "resources": [{"kind": "AWS::S3::Bucket", "uid": "a", "propertys": {}}]}'
    )
    with pytest.raises(InputError, match="“propertys”") as refused:
        Snapshot.read(path, strict_digest=False)
    assert refused.value.hint == "did you mean “properties”?"


def fixture_form(tmp_path: Path, **fields: object) -> Snapshot:
    path = tmp_path / "unknown.live.json"
    path.write_text(json.dumps({"schema": "soc2gate.snapshot/1", "provider": "aws", **fields}))
    return Snapshot.read(path, strict_digest=False)


def test_a_fixture_needs_no_more_than_its_resources(tmp_path: Path) -> None:
    read = fixture_form(
        tmp_path, resources=[{"kind": "AWS::S3::Bucket", "uid": "arn:aws:s3:::b", "properties": {"BucketName": "b"}}]
    )
    (found,) = read.resources()
    assert found.properties == {"BucketName": "b"}
    assert found.side is Side.LIVE
    assert found.root == "aws:123456789012:us-east-1"
    assert read.was_read("AWS::EC2::Volume", "eu-west-1")
    assert read.problems() == ()


def test_a_failed_call_makes_its_property_unknown(tmp_path: Path) -> None:
    failed = {"kind": "AWS::S3::Bucket", "uid": "b", "call": "s3:GetBucketVersioning", "error": "AccessDenied"}
    read = fixture_form(
        tmp_path,
        resources=[{"kind": "AWS::S3::Bucket", "uid": "b", "properties": {"A": {"C": 1}}}],
        failed_calls=[
            {**failed, "property": "VersioningConfiguration"},
            {**failed, "property": "A.B"},
            {**failed, "property": "related.Policy"},
        ],
    )
    (found,) = read.resources()
    assert found.properties == {"A": {"B": Unknown(DENIED), "C": 1}, "VersioningConfiguration": Unknown(DENIED)}
    assert found.related["Policy"] == Unknown(DENIED)
    (problem,) = read.problems()
    assert problem.weight is Weight.GAP
    assert problem.message == f"could not look: s3:GetBucketVersioning of b {DENIED.partition(' ')[2]}"


def test_a_denied_list_is_unread_and_not_empty() -> None:
    given = snapshot(bucket())
    assert given.was_read("AWS::S3::Bucket", "eu-west-1")
    assert given.was_read("AWS::EC2::Volume", "eu-west-1")
    denied = "ec2:DescribeVolumes was denied (UnauthorizedOperation)"
    assert given.why_unread("AWS::EC2::Volume", "us-east-1") == denied
    assert given.why_unread("AWS::EC2::Volume") == denied, "its region is not known, so it may be there"
    assert given.why_unread("AWS::EC2::Volume", "eu-north-1") == "eu-north-1 was not asked of 123456789012"
    assert given.why_unread("AWS::EC2::VPC", "eu-west-1") == "AWS::EC2::VPC was not asked of 123456789012"
    assert given.why_unread("AWS::S3::Bucket", "eu-west-1", "999999999999") == "999999999999 was not read"
    assert given.why_unread("Kubernetes::Pod") == "no cluster was read that could hold it"


def test_problems_name_the_call_the_place_and_the_permission() -> None:
    problems = snapshot(bucket()).problems()
    assert [problem.message for problem in problems] == [
        "could not look: ec2:DescribeVolumes in us-east-1 was denied (UnauthorizedOperation)",
        "could not look: s3:GetBucketVersioning of arn:aws:s3:::logs in eu-west-1 was denied (AccessDenied)",
    ]
    assert problems[0].hint == "allow ec2:DescribeVolumes to arn:aws:iam::123456789012:user/ci"


def test_each_property_knows_the_call_that_saw_it(tmp_path: Path) -> None:
    snapshot(bucket()).write(tmp_path / "s.json")
    (found,) = Snapshot.read(tmp_path / "s.json").resources()
    place = place_of(found.places, "VersioningConfiguration.Status", found.where)
    assert isinstance(place, LiveRef)
    assert place.call == "s3:GetBucketVersioning"
    assert place_of(found.places, "BucketName", found.where) == found.where


def test_two_snapshots_of_one_account_cannot_be_joined() -> None:
    with pytest.raises(InputError, match="two snapshots hold aws 123456789012"):
        Snapshot.join([snapshot(bucket()), snapshot()])


def test_an_account_and_a_cluster_stand_in_one_snapshot(tmp_path: Path) -> None:
    cluster = Snapshot((Part("kubernetes", "prod", taken_at="2026-11-21T08:00:00Z"),))
    both = Snapshot.join([cluster, snapshot(bucket())])
    both.write(tmp_path / "both.json")
    read = Snapshot.read(tmp_path / "both.json")
    assert [info.provider for info in read.infos] == ["aws", "kubernetes"]
    assert read.info.taken_at == "2026-11-21T08:00:00Z"
    assert read.info.account == "123456789012, prod"
    assert {info.digest for info in read.infos} == {read.digest}


def validator() -> Any:
    import jsonschema

    text = (Path(soc2gate.__file__).parent / "json_schemas" / "snapshot.schema.json").read_text()
    return jsonschema.Draft202012Validator(json.loads(text))


def test_what_is_written_keeps_to_the_published_schema(tmp_path: Path) -> None:
    whole: dict[str, Value] = {f"P{n}": value for n, value in enumerate(VALUES)}
    snapshot(bucket(**whole)).write(tmp_path / "s.json")
    validator().validate(json.loads((tmp_path / "s.json").read_text()))


def test_every_live_fixture_keeps_to_the_published_schema() -> None:
    check = validator()
    fixtures = sorted((Path(__file__).parents[2] / "rules").rglob("*.live.json"))
    assert fixtures
    for fixture in fixtures:
        check.validate(json.loads(fixture.read_text()))
        Snapshot.read(fixture, strict_digest=False)


def test_what_the_reader_refuses_the_schema_refuses_too() -> None:
    check = validator()
    part = {"provider": "aws", "account": "1", "taken_at": "", "coverage": []}
    whole = {"schema": "soc2gate.snapshot/1", "digest": "sha256:" + "0" * 64, "tool": {}, "parts": [part]}
    check.validate(whole)
    for wrong in (
        {**whole, "schema": "soc2gate.snapshot/2"},
        {**whole, "resource": []},
        {**whole, "parts": [{**part, "provider": "azure"}]},
        {**whole, "parts": [{**part, "resources": [{"kind": "AWS::S3::Bucket", "uid": "b", "propertys": {}}]}]},
        {**whole, "parts": [{**part, "resources": [{"kind": "Bucket", "uid": "b"}]}]},
    ):
        assert not check.is_valid(wrong), wrong
