"""One root, several sets of values: each is an evaluation of its own, and what is found says in which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import Repository
from jsonschema import Draft202012Validator

import soc2gate

RULE = "rds-not-public"
SCHEMA = Path(soc2gate.__file__).parent / "json_schemas" / "result.schema.json"

ROOT = {
    "infra/main.tf": """\
variable "public" {
  type    = bool
  default = false
}
variable "name" {}
variable "size" {
  default = 20
}
provider "aws" {
  region = "eu-west-1"
}
resource "aws_db_instance" "main" {
  identifier              = "${var.name}-${terraform.workspace}"
  engine                  = "postgres"
  instance_class          = "db.t3.medium"
  allocated_storage       = var.size
  username                = "app"
  storage_encrypted       = true
  backup_retention_period = 14
  publicly_accessible     = var.public
}
resource "aws_db_instance" "always" {
  identifier              = "always"
  engine                  = "postgres"
  instance_class          = "db.t3.medium"
  allocated_storage       = 20
  username                = "app"
  storage_encrypted       = true
  backup_retention_period = 14
  publicly_accessible     = true
}
""",
    "infra/prod.tfvars": 'name = "p"\n',
    "infra/test.tfvars": 'name   = "t"\npublic = true\n',
}
CONFIGURED = """\
roots:
  - path: infra
    environments:
      - name: prod
        var_files: [prod.tfvars]
        account: "111122223333"
        workspace: production
      - name: test
        var_files: [test.tfvars]
        variables: {size: 30}
        account: "444455556666"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def failing(result: dict[str, Any]) -> set[tuple[str, str]]:
    """Address and environment of what fails the rule."""
    return {
        (item["address"], item["environment"])
        for item in result["findings"]
        if item["rule"] == RULE and item["verdict"] == "fail"
    }


NAMED = ("infra", "--rule", RULE, "--var-file", "prod=infra/prod.tfvars", "--var-file", "test=infra/test.tfvars")
ALWAYS, MAIN = "aws_db_instance.always", "aws_db_instance.main"


def test_each_named_set_of_values_is_evaluated_apart(repository: Repository) -> None:
    repository.commit(ROOT)
    code, result = repository.scan(*NAMED)
    assert code == 1
    assert failing(result) == {(ALWAYS, "prod"), (ALWAYS, "test"), (MAIN, "test")}
    assert {item["root"] for item in result["findings"]} == {"infra"}
    assert result["roots"] == [{"format": "terraform", "path": "infra", "environments": ["prod", "test"]}]
    assert not list(Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(result))
    fingerprints = [item["fingerprint"] for item in result["findings"]]
    assert len(set(fingerprints)) == len(fingerprints)


def test_a_variable_file_without_a_name_holds_for_every_environment_and_loses_to_its_own(
    repository: Repository,
) -> None:
    repository.commit(
        {**ROOT, "infra/common.tfvars": 'public = true\nname = "x"\n', "infra/off.tfvars": "public = false"}
    )
    both = (
        "--var-file",
        "infra/common.tfvars",
        "--var-file",
        "a=infra/off.tfvars",
        "--var-file",
        "b=infra/prod.tfvars",
    )
    _, result = repository.scan("infra", "--rule", RULE, *both)
    assert failing(result) == {(ALWAYS, "a"), (ALWAYS, "b"), (MAIN, "b")}
    # Without names they are Terraform's -var-file: one evaluation, later ones win.
    _, result = repository.scan(
        "infra", "--rule", RULE, "--var-file", "infra/common.tfvars", "--var-file", "infra/off.tfvars"
    )
    assert failing(result) == {(ALWAYS, "")}


def test_environments_of_the_configuration_have_values_account_and_workspace(repository: Repository) -> None:
    repository.commit({**ROOT, "soc2gate.yaml": CONFIGURED})
    code, result = repository.scan("--rule", RULE)
    assert code == 1
    assert failing(result) == {(ALWAYS, "prod"), (ALWAYS, "test"), (MAIN, "test")}
    identities = {
        (item["environment"], item["identity"]["name"], item["identity"]["account"])
        for item in result["findings"]
        if item["address"] == MAIN
    }
    assert identities == {("prod", "p-production", "111122223333"), ("test", "t-default", "444455556666")}


def test_one_environment_can_be_chosen_and_its_fingerprints_stay(repository: Repository) -> None:
    repository.commit({**ROOT, "soc2gate.yaml": CONFIGURED})
    _, both = repository.scan("--rule", RULE)
    _, prod = repository.scan("--rule", RULE, "--environment", "prod")
    assert failing(prod) == {(ALWAYS, "prod")}
    theirs = {item["fingerprint"] for item in both["findings"] if item["environment"] == "prod"}
    assert {item["fingerprint"] for item in prod["findings"]} == theirs
    wrong = repository.run("scan", "--environment", "prd")
    assert wrong.returncode == 2
    assert "did you mean “prod”?" in wrong.stderr


def test_the_gate_closes_on_what_one_environment_alone_fails(repository: Repository) -> None:
    safe = {**ROOT, "infra/main.tf": ROOT["infra/main.tf"].replace("publicly_accessible     = true", "")}
    repository.commit(safe)
    assert repository.scan(*NAMED, "--environment", "prod")[0] == 0
    assert repository.scan(*NAMED)[0] == 1


def test_the_report_tells_what_environments_share_once(repository: Repository) -> None:
    repository.commit(ROOT)
    text = repository.run("scan", *NAMED).stdout
    assert text.count("aws_db_instance.always (prod, test)") == 1
    assert "aws_db_instance.main (test)" in text
    assert "aws_db_instance.main (prod)" not in text
    for form, count in (("markdown", 1), ("html", 1), ("sarif", 1), ("junit", 0)):
        told = repository.run("scan", *NAMED, "--format", form).stdout
        assert told.count("aws_db_instance.main (test)") >= count, form
        assert count or "declared: infra (test)" in told


def test_what_one_environment_could_not_read_names_it(repository: Repository) -> None:
    broken = {**ROOT, "infra/bad.tfvars": "name = \n", "infra/extra.tf": 'module "gone" {\n  source = "./gone"\n}\n'}
    repository.commit(broken)
    code, result = repository.scan(
        "infra", "--var-file", "prod=infra/prod.tfvars", "--var-file", "bad=infra/bad.tfvars"
    )
    assert code == 1  # a finding closes before what could not be read
    told = {(item["where"]["path"], item["environment"]) for item in result["problems"] if item["weight"] == "broken"}
    assert told == {("infra/bad.tfvars", "bad"), ("infra/extra.tf", "")}


def test_a_baseline_and_a_base_know_the_environment(repository: Repository) -> None:
    first = repository.commit({**ROOT, "soc2gate.yaml": CONFIGURED})
    assert repository.run("baseline", "--rule", RULE).returncode == 0
    assert repository.scan("--rule", RULE, "--baseline", "soc2gate-baseline.json")[0] == 0
    repository.commit({"infra/prod.tfvars": 'name   = "p"\npublic = true\n'})
    code, result = repository.scan("--rule", RULE, "--baseline", "soc2gate-baseline.json")
    assert code == 1
    new = {(item["address"], item["environment"]) for item in result["findings"] if item["new"]}
    assert new == {(MAIN, "prod")}
    code, result = repository.scan("--rule", RULE, "--diff-base", first)
    assert code == 1
    assert {(item["address"], item["environment"]) for item in result["findings"] if item["new"]} == {(MAIN, "prod")}


def test_a_changed_value_file_tells_what_it_decides_in_its_environment(repository: Repository) -> None:
    repository.commit({**ROOT, "soc2gate.yaml": CONFIGURED})
    _, result = repository.scan("--rule", RULE, "--changed", "infra/test.tfvars")
    assert failing(result) == {(MAIN, "test")}


def test_mistakes_in_naming_are_told(repository: Repository) -> None:
    repository.commit({**ROOT, "soc2gate.yaml": CONFIGURED.replace("name: test", "name: prod")})
    twice = repository.run("scan")
    assert twice.returncode == 2
    assert "soc2gate.yaml:8:9: two environments of infra are called “prod”" in twice.stderr
    odd = repository.run("scan", "infra", "--var-file", "a b=infra/prod.tfvars", "--config", "none.yaml")
    assert odd.returncode == 2
    gone = repository.run("scan", "--var-file", "prod=gone.tfvars")
    assert gone.returncode == 2


def test_a_waiver_beside_the_code_holds_in_every_environment(repository: Repository) -> None:
    comment = f'  # soc2gate:waive {RULE} reason="a test" owner=ops approver=carol expires=2026-08-31\n'
    head = 'resource "aws_db_instance" "always" {\n'
    repository.commit({**ROOT, "infra/main.tf": ROOT["infra/main.tf"].replace(head, head + comment)})
    _, result = repository.scan(*NAMED)
    waived = {(item["address"], item["environment"]) for item in result["findings"] if item["waiver"]}
    assert waived == {(ALWAYS, "prod"), (ALWAYS, "test")}
