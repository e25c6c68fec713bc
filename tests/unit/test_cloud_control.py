"""Kinds without a reader of ours, through Cloud Control: asked for by name, answered by a stub of botocore's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, running_aws
from botocore.stub import Stubber

from soc2gate import app
from soc2gate.config import Config
from soc2gate.errors import UsageError
from soc2gate.kinds import registry
from soc2gate.live.aws_session import Clients
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.outcome import Difference, Run
from soc2gate.model.resource import LiveRef, Weight
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import Unknown
from soc2gate.packs import load
from soc2gate.request import Request

KIND = "AWS::EFS::AccessPoint"
NOW = "2026-11-21T09:00:00Z"
TEMPLATE = """\
Resources:
  Shared:
    Type: AWS::EFS::AccessPoint
    Properties:
      FileSystemId: fs-0a1b2c3d
      PosixUser: {Uid: "1000", Gid: "1000"}
      AccessPointTags: [{Key: Name, Value: shared}]
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """A process reads what it was asked to read until it ends; other tests ask for nothing of this."""
    yield
    loaded = registry._loaded
    for name in loaded.also:
        del loaded.kinds[name]
        del loaded.spelt["cloudformation", name]
    loaded.also.clear()


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running_aws() as server:
        yield server


@pytest.fixture
def stub(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Cloud Control's client, which moto has not; every other is moto's."""
    for name, value in (("ACCESS_KEY_ID", "testing"), ("SECRET_ACCESS_KEY", "testing"), ("ENDPOINT_URL", aws.url)):
        monkeypatch.setenv(f"AWS_{name}", value)
    client = aws.client("cloudcontrol")
    own = Clients.get

    def get(self: Clients, service: str, region: str) -> Any:
        return client if service == "cloudcontrol" else own(self, service, region)

    monkeypatch.setattr(Clients, "get", get)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def listing(stub: Stubber, *identifiers: str) -> None:
    told = [{"Identifier": one, "Properties": "{}"} for one in identifiers]
    stub.add_response("list_resources", {"TypeName": KIND, "ResourceDescriptions": told}, {"TypeName": KIND})


def resource(stub: Stubber, identifier: str, **properties: Any) -> None:
    arn = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/{identifier}"
    told = {"AccessPointId": identifier, "Arn": arn, "FileSystemId": "fs-0a1b2c3d", **properties}
    answer = {"TypeName": KIND, "ResourceDescription": {"Identifier": identifier, "Properties": json.dumps(told)}}
    stub.add_response("get_resource", answer, {"TypeName": KIND, "Identifier": identifier})


def request(folder: Path, *kinds: str) -> Request:
    (folder / "app.yaml").write_text(TEMPLATE)
    rules = load()
    none = RuleSet({}, rules.controls, rules.criteria, rules.digests)
    return Request((".",), folder, Config(cloud_control=kinds), none, NOW, lambda: NOW, regions=(REGION,))


def collected(folder: Path) -> Snapshot:
    return app.collect(request(folder, KIND), providers=("aws",), asked=(KIND,))


USER = {"Uid": "1000", "Gid": "1000"}
TAGS = [{"Key": "Name", "Value": "shared"}]


def test_what_it_answers_is_the_normal_form_already(stub: Stubber, tmp_path: Path) -> None:
    listing(stub, "fsap-1")
    resource(stub, "fsap-1", PosixUser=USER, AccessPointTags=TAGS)
    snapshot = collected(tmp_path)
    (found,) = snapshot.resources()
    assert found.kind == KIND
    assert found.properties["PosixUser"] == USER
    assert found.tags == {"Name": "shared"}
    assert isinstance(found.where, LiveRef)
    assert found.where.call == "cloudformation:ListResources" or found.where.call.startswith("cloudcontrol:")
    assert snapshot.was_read(KIND, REGION, ACCOUNT)


def compared(folder: Path) -> Run:
    return app.verify(request(folder, KIND), collected(folder))


def told(run: Run) -> set[tuple[Difference, str, str | None]]:
    return {(item.difference, item.address or item.uid, item.property) for item in run.disagreements}


def test_code_is_compared_with_it(stub: Stubber, tmp_path: Path) -> None:
    listing(stub, "fsap-1", "fsap-2")
    resource(stub, "fsap-1", PosixUser={"Uid": "0", "Gid": "0"}, AccessPointTags=TAGS)
    resource(stub, "fsap-2")
    changed, unmanaged = sorted(told(compared(tmp_path)), key=lambda item: item[0].value)
    assert changed == (Difference.CHANGED, "Shared", "PosixUser")
    assert unmanaged[0] is Difference.UNMANAGED
    assert unmanaged[1].endswith("fsap-2")


def test_a_rule_of_ones_own_is_asked_of_the_code_by_a_scan_too(tmp_path: Path) -> None:
    rule = tmp_path / "policy" / "rules" / "efs-no-root"
    rule.mkdir(parents=True)
    (rule / "rule.yaml").write_text(
        "id: efs-no-root\ntitle: Nobody enters as root\nseverity: high\ncontrol: public-exposure\n"
        f"kind: {KIND}\nassert: 'resource.PosixUser.Uid != \"0\"'\nmessage: it is entered as root\n"
        "why: Root may do anything there.\nfix: {cloudformation: Name another user.}\nsides: [cloudformation]\n"
    )
    (tmp_path / "app.yaml").write_text(TEMPLATE.replace('Uid: "1000"', 'Uid: "0"'))
    (tmp_path / "soc2gate.yaml").write_text(f"packs: [policy]\ncloud_control: [{KIND}]\n")
    command = [sys.executable, "-m", "soc2gate", "scan", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    (found,) = [item for item in json.loads(done.stdout)["findings"] if item["rule"] == "efs-no-root"]
    assert (found["verdict"], found["address"]) == ("fail", "Shared")


def test_a_refused_listing_makes_nothing_missing(stub: Stubber, tmp_path: Path) -> None:
    stub.add_client_error("list_resources", "AccessDeniedException", http_status_code=400)
    run = compared(tmp_path)
    assert {item[0] for item in told(run)} == {Difference.UNDECIDED}
    (gap,) = [problem for problem in run.problems if problem.weight is Weight.GAP]
    assert "AccessDeniedException" in gap.message
    assert "cloudformation:ListResources" in gap.hint


def test_a_refused_question_leaves_the_resource_unknown(stub: Stubber, tmp_path: Path) -> None:
    listing(stub, "fsap-1")
    stub.add_client_error("get_resource", "GeneralServiceException", http_status_code=400)
    (found,) = collected(tmp_path).resources()
    assert isinstance(found.properties["PosixUser"], Unknown)


@pytest.mark.parametrize("told", [None, "null", "[]", "{cut off"])
def test_an_answer_that_tells_no_properties_tells_of_none(stub: Stubber, tmp_path: Path, told: str | None) -> None:
    """It did not say that there is no user to act as."""
    listing(stub, "fsap-1")
    described: dict[str, Any] = {"Identifier": "fsap-1"} | ({} if told is None else {"Properties": told})
    stub.add_response("get_resource", {"TypeName": KIND, "ResourceDescription": described})
    (found,) = collected(tmp_path).resources()
    assert isinstance(found.properties["PosixUser"], Unknown)


def test_what_looks_like_a_credential_is_not_kept(stub: Stubber, tmp_path: Path) -> None:
    listing(stub, "fsap-1")
    resource(stub, "fsap-1", AccessPointTags=[{"Key": "note", "Value": "AKIAIOSFODNN7EXAMPL3"}])
    snapshot = collected(tmp_path)
    snapshot.write(tmp_path / "seen.json")
    assert "AKIAIOSFODNN7" not in (tmp_path / "seen.json").read_text()


def test_a_snapshot_that_holds_it_is_read_where_nobody_asks_for_it(stub: Stubber, tmp_path: Path) -> None:
    listing(stub, "fsap-1")
    resource(stub, "fsap-1", PosixUser=USER)
    collected(tmp_path).write(tmp_path / "seen.json")
    command = [sys.executable, "-m", "soc2gate", "verify", "--snapshot", "seen.json", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["disagreements"] == [], done.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("AWS::S3::Bucket", "it has a reader of its own"),
        ("AWS::EC2::EIP", "part of what it belongs to"),
        ("AWS::EFS::AcessPoint", "there is no such kind"),
        ("AWS::IAM::AccessKey", "no way to read it"),
    ],
)
def test_what_is_not_read_so_is_refused(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        app.collect(request(tmp_path, name), providers=("aws",))


def test_its_permissions_are_printed_where_it_is_asked_for(tmp_path: Path) -> None:
    def statements() -> dict[str, list[str]]:
        done = subprocess.run(
            [sys.executable, "-m", "soc2gate", "permissions"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return {one["Sid"]: one["Action"] for one in json.loads(done.stdout)["Statement"]}

    before = statements()
    assert before.keys() == {"Soc2gateReads"}
    (tmp_path / "soc2gate.yaml").write_text(f"cloud_control: [{KIND}]\n")
    assert statements() == before | {
        "Soc2gateAsksCloudControl": [
            "cloudformation:GetResource",
            "cloudformation:ListResources",
            "elasticfilesystem:DescribeAccessPoints",
        ]
    }
