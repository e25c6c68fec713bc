"""State tells which live resource an address stands for; nothing else of it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soc2gate.app import verify
from soc2gate.config import Config, RootConfig
from soc2gate.declared.terraform.state import read_state
from soc2gate.errors import UsageError
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.outcome import Difference, Run
from soc2gate.model.resource import Weight
from soc2gate.packs import load
from soc2gate.request import Request

NOW = "2026-11-21T09:00:00Z"
SECRET = "correct-horse-battery"
CODE = """\
provider "aws" {
  region = "eu-west-1"
}
resource "aws_vpc" "net" {
  for_each   = { a = "10.0.0.0/16", b = "10.1.0.0/16" }
  cidr_block = each.value
}
"""
VALUES = {
    "a": {"id": "vpc-0a", "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a", "cidr_block": "10.0.0.0/16"},
    "b": {"id": "vpc-0b", "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0b", "cidr_block": "10.1.0.0/16"},
}
RAW: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.15.5",
    "serial": 3,
    "lineage": "b2c5",
    "outputs": {"password": {"value": SECRET, "sensitive": True}},
    "resources": [
        {
            "mode": "managed",
            "type": "aws_vpc",
            "name": "net",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [
                {"index_key": key, "schema_version": 1, "attributes": values, "sensitive_attributes": []}
                for key, values in VALUES.items()
            ],
        },
        {
            "module": "module.db[0]",
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "main",
            "instances": [
                {"deposed": "0001", "attributes": {"id": "old"}},
                {
                    "attributes": {"id": "db-X", "identifier": "main", "arn": "arn:aws:rds:x", "password": SECRET},
                    "sensitive_attributes": [
                        [{"type": "get_attr", "value": "password"}],
                        [{"type": "get_attr", "value": "arn"}],
                    ],
                },
            ],
        },
        {"mode": "data", "type": "aws_vpc", "name": "other", "instances": [{"attributes": {"id": "vpc-other"}}]},
    ],
}
SHOWN: dict[str, Any] = {
    "format_version": "1.0",
    "terraform_version": "1.15.5",
    "values": {
        "root_module": {
            "resources": [
                {"address": f'aws_vpc.net["{key}"]', "mode": "managed", "type": "aws_vpc", "values": values}
                for key, values in VALUES.items()
            ],
            "child_modules": [
                {
                    "address": "module.db[0]",
                    "resources": [
                        {
                            "address": "module.db[0].aws_db_instance.main",
                            "mode": "managed",
                            "type": "aws_db_instance",
                            "values": {"id": "db-X", "identifier": "main", "arn": "arn:aws:rds:x", "password": SECRET},
                            "sensitive_values": {"password": True, "arn": True},
                        }
                    ],
                }
            ],
        }
    },
}


def live(folder: Path) -> Snapshot:
    """Both networks, listed the other way round, the second with a range nobody wrote."""
    ranges = {"vpc-0b": "10.1.0.0/16", "vpc-0a": "10.9.0.0/16"}
    listed = [
        {
            "kind": "AWS::EC2::VPC",
            "region": "eu-west-1",
            "uid": f"arn:aws:ec2:eu-west-1:123456789012:vpc/{id_}",
            "call": "ec2:DescribeVpcs",
            "identity": {"id": id_, "arn": f"arn:aws:ec2:eu-west-1:123456789012:vpc/{id_}"},
            "properties": {"VpcId": id_, "CidrBlock": block},
        }
        for id_, block in ranges.items()
    ]
    file = folder / "live.json"
    file.write_text(json.dumps({"schema": "soc2gate.snapshot/1", "provider": "aws", "resources": listed}), "utf-8")
    return Snapshot.read(file, strict_digest=False)


def verified(folder: Path, *states: Path, config: Config | None = None, paths: tuple[str, ...] = ("infra",)) -> Run:
    (folder / "infra").mkdir(exist_ok=True)
    (folder / "infra" / "main.tf").write_text(CODE, "utf-8")
    request = Request(paths, folder, config or Config(), load(), NOW, lambda: NOW, states=states)
    return verify(request, live(folder))


def saved(folder: Path, content: dict[str, Any], name: str = "state.json") -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content), "utf-8")
    return file


def changed(run: Run) -> list[tuple[str, str | None, object]]:
    return [(d.address, d.property, d.live) for d in run.disagreements if d.difference is Difference.CHANGED]


def test_without_state_nothing_pairs_what_has_no_name(tmp_path: Path) -> None:
    run = verified(tmp_path)
    assert {item.difference for item in run.disagreements if "aws_vpc" in item.address} == {Difference.UNDECIDED}


@pytest.mark.parametrize("content", [RAW, SHOWN], ids=["raw, version 4", "terraform show -json"])
def test_ids_of_the_state_pair_code_with_what_runs(tmp_path: Path, content: dict[str, Any]) -> None:
    run = verified(tmp_path, saved(tmp_path, content))
    assert changed(run) == [('aws_vpc.net["a"]', "CidrBlock", "10.9.0.0/16")]
    assert not [item for item in run.disagreements if item.difference is Difference.UNDECIDED]


def test_a_state_named_in_the_configuration_counts_for_its_root(tmp_path: Path) -> None:
    config = Config(roots=(RootConfig("infra", state=saved(tmp_path, RAW)),))
    assert changed(verified(tmp_path, config=config)) == [('aws_vpc.net["a"]', "CidrBlock", "10.9.0.0/16")]


def test_the_digest_of_what_went_in_tells_another_state_and_no_secret(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        run = verified(tmp_path, saved(tmp_path, json.loads(text)))
        assert "state.json" in run.files
        return run.digests["inputs"]

    text = json.dumps(RAW)
    assert digest(text.replace(SECRET, "other")) == digest(text)
    assert digest(text.replace("vpc-0a", "vpc-0c")) != digest(text)


def test_what_the_state_knows_and_nobody_runs_is_missing(tmp_path: Path) -> None:
    text = json.dumps(RAW).replace("vpc-0b", "vpc-gone")
    run = verified(tmp_path, saved(tmp_path, json.loads(text)))
    found = {item.address: item.difference for item in run.disagreements}
    assert found['aws_vpc.net["b"]'] is Difference.MISSING


@pytest.mark.parametrize("content", [RAW, SHOWN], ids=["raw, version 4", "terraform show -json"])
def test_only_what_identifies_is_taken_and_nothing_sensitive(tmp_path: Path, content: dict[str, Any]) -> None:
    state = read_state(saved(tmp_path, content), "state.json")
    assert not state.problems
    assert state.identities["module.db[0].aws_db_instance.main"] == {"id": "db-X", "identifier": "main"}
    assert state.identities['aws_vpc.net["a"]']["id"] == "vpc-0a"
    assert "data.aws_vpc.other" not in state.identities
    assert SECRET not in repr(state)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ({**RAW, "version": 3}, "has version 3", "terraform state pull"),
        ({**SHOWN, "format_version": "2.1"}, "has format_version '2.1'", "terraform show -json"),
        ({"format_version": "1.2", "planned_values": {}}, "is a plan, not a state", "soc2gate scan state.json"),
        ({"serial": 1, "lineage": "x", "encrypted_data": "x"}, "OpenTofu encrypted", "tofu show -json"),
        ({"name": "x"}, "is not a Terraform state", "terraform show -json"),
    ],
)
def test_a_file_that_is_no_state_says_what_it_is_and_what_to_do(
    tmp_path: Path, content: dict[str, Any], message: str, hint: str
) -> None:
    run = verified(tmp_path, saved(tmp_path, content))
    (problem,) = [problem for problem in run.problems if problem.weight is Weight.BROKEN]
    assert message in problem.message
    assert hint in problem.hint
    assert "state.json" in str(problem.where)
    assert run.decision.exit == 3


def test_a_truncated_state_names_the_place(tmp_path: Path) -> None:
    file = saved(tmp_path, RAW)
    file.write_text(file.read_text("utf-8")[:-20], "utf-8")
    (problem,) = read_state(file, "state.json").problems
    assert "not whole JSON" in problem.message


def test_with_several_roots_a_state_belongs_to_the_one_it_stands_in(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "main.tf").write_text('resource "aws_sqs_queue" "q" {}\n', "utf-8")
    file = saved(tmp_path, RAW, "infra/state.json")
    assert changed(verified(tmp_path, file, paths=("infra", "other")))
    with pytest.raises(UsageError, match="not clear which Terraform root"):
        verified(tmp_path, saved(tmp_path, RAW), paths=("infra", "other"))


def test_an_id_is_stronger_than_a_name(tmp_path: Path) -> None:
    from test_compare import paired, queue

    from soc2gate.model.resource import Side

    ours = queue(Side.DECLARED, "orders")
    ours = replace(ours, identity={**ours.identity, "arn": f"arn:aws:x:eu-west-1:{123456789012}:renamed"})
    named, identified = queue(Side.LIVE, "orders"), queue(Side.LIVE, "renamed")
    (pair,) = paired([ours], [named, identified]).pairs
    assert (pair.live, pair.by) == (identified, "arn")
