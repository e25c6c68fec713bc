"""`soc2gate init` and `soc2gate config`: a beginning that is read back, and mistakes told with their line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git_for_tests import Repository

REPOSITORY = {
    "infra/main.tf": 'provider "aws" {\n  region = "eu-west-1"\n  allowed_account_ids = ["123456789012"]\n}\n'
    'module "db" {\n  source = "../modules/db"\n}\n',
    "infra/envs/dev.tfvars": "a = 1\n",
    "infra/envs/prod.tfvars": "a = 2\n",
    "modules/db/main.tf": 'resource "aws_sqs_queue" "q" {}\n',
    "examples/small/main.tf": 'resource "aws_sqs_queue" "q" {}\n',
    "k8s/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {containers: []}\n",
    "stack.yaml": "Resources:\n  B:\n    Type: AWS::S3::Bucket\n",
    ".github/CODEOWNERS": "# who\n/infra/ @acme/platform @acme/other\n*.yaml @acme/apps\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_it_writes_what_it_finds_and_what_it_writes_is_in_force(repository: Repository) -> None:
    repository.commit(REPOSITORY)
    done = repository.run("init", "--scope", "availability")
    assert done.returncode == 0, done.stderr
    text = (repository.folder / "soc2gate.yaml").read_text()
    assert "{name: prod, var_files: [envs/prod.tfvars]}" in text.replace('"', "")
    assert "#   - examples/" in text
    shown = json.loads(repository.run("config", "show").stdout)
    assert shown["scope"] == ["Security", "Availability"]
    assert shown["regions"] == ["eu-west-1"]
    assert shown["owners"] == {"/infra/": "@acme/platform", "*.yaml": "@acme/apps"}
    assert shown["max_waiver_days"] == 180
    infra = next(root for root in shown["roots"] if root["path"] == "infra")
    assert (infra["account"], infra["var_files"], infra["regions"]) == ("123456789012", [], ["eu-west-1"])
    environments = {name: said["var_files"] for name, said in infra["environments"].items()}
    assert environments == {"prod": ["envs/prod.tfvars"], "dev": ["envs/dev.tfvars"]}
    assert [root["path"] for root in shown["roots"]] == ["examples/small", "infra"]
    assert repository.run("config", "check").returncode == 0
    assert repository.scan()[0] in (0, 1)


def test_value_files_that_are_no_environments_stand_as_a_remark(repository: Repository) -> None:
    repository.commit(REPOSITORY)
    repository.git("mv", "infra/envs/dev.tfvars", "infra/envs/common.tfvars")
    text = repository.run("init", "--print").stdout
    assert "found beside it, for other deployments: envs/common.tfvars" in text


def test_it_never_writes_over_what_is_there_unless_told(repository: Repository) -> None:
    repository.commit({**REPOSITORY, "soc2gate.yaml": "fail_on: low\n"})
    done = repository.run("init")
    assert done.returncode == 2
    assert "soc2gate.yaml is there already" in done.stderr
    assert repository.run("init", "--print").stdout.startswith("# What soc2gate knows")
    assert (repository.folder / "soc2gate.yaml").read_text() == "fail_on: low\n"
    assert repository.run("init", "--force").returncode == 0
    assert json.loads(repository.run("config", "show").stdout)["fail_on"] == "high"


def test_an_empty_repository_and_odd_names_give_a_file_that_is_read_back(repository: Repository) -> None:
    assert repository.run("init").returncode == 0
    assert repository.run("config", "check").returncode == 0
    odd = {'in: "fra" #1/main.tf': 'resource "aws_sqs_queue" "q" {}\n', "2026/main.tf": "locals {\n  a = 1\n}\n"}
    repository.commit(odd)
    assert repository.run("init", "--force").returncode == 0
    shown = json.loads(repository.run("config", "show").stdout)
    assert [root["path"] for root in shown["roots"]] == ["2026", 'in: "fra" #1']


def test_the_schema_is_printed_for_editors(repository: Repository) -> None:
    assert json.loads(repository.run("config", "schema").stdout)["title"] == "soc2gate configuration"


def test_a_waiver_that_can_never_count_is_a_mistake_with_its_line(repository: Repository) -> None:
    entry = "address: '*', reason: r, owner: o, approver: a"
    lines = [
        "max_waiver_days: 30",
        "waivers:",
        f"- {{rule: s3-versionning, {entry}, expires: 2026-01-01}}",
        f"- {{rule: s3-versioning, {entry}, expires: 2999-01-01}}",
        f"- {{rule: s3-versioning, {entry}, expires: 2020-01-01}}",
    ]
    repository.commit({"soc2gate.yaml": "\n".join(lines) + "\n"})
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert "soc2gate.yaml:3:" in done.stderr
    assert "did you mean “s3-versioning”?" in done.stderr
    assert "soc2gate.yaml:4:" in done.stderr
    assert "the configuration allows 30" in done.stderr
    del lines[2:4]
    repository.commit({"soc2gate.yaml": "\n".join(lines) + "\n"})
    done = repository.run("config", "check")
    assert done.returncode == 0
    assert "soc2gate.yaml:3: the waiver of s3-versioning on * does not count: it expired on 2020-01-01" in done.stderr


def test_a_root_that_is_not_there_is_a_mistake(repository: Repository) -> None:
    repository.commit({"soc2gate.yaml": "roots: [{path: infrastructure}]\n"})
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert "there is no file or folder infrastructure" in done.stderr


def test_a_chart_is_written_with_the_environments_that_lie_beside_it(repository: Repository) -> None:
    repository.commit(
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
            "charts/web/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
            "charts/web/values-prod.yaml": "a: 1\n",
        }
    )
    assert "1 Helm chart and 0 overlays" in repository.run("init").stdout
    assert repository.run("config", "check").returncode == 0
    shown = json.loads(repository.run("config", "show").stdout)
    environments = shown["roots"][0]["environments"]
    assert {name: said["var_files"] for name, said in environments.items()} == {
        "default": [],
        "prod": ["values-prod.yaml"],
    }


def test_value_files_that_are_not_there_are_a_mistake(repository: Repository) -> None:
    repository.commit(
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
            "soc2gate.yaml": "roots:\n- path: web\n  environments: [{name: prod, var_files: [values-prod.yaml]}]\n",
        }
    )
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert "soc2gate.yaml:3:43: roots: in web there is no file values-prod.yaml" in done.stderr


def test_the_example_of_a_waiver_that_it_writes_is_none(repository: Repository) -> None:
    repository.commit(REPOSITORY)
    assert "soc2gate:waive RULE" in repository.run("init", "--print").stdout
    repository.run("init")
    assert repository.run("waivers").stdout == "0 waivers, 0 count\n"


def test_what_the_configuration_names_and_is_not_there_is_told_with_its_line(repository: Repository) -> None:
    written = (
        "fail_on: high\nroots:\n  - path: infra\n    environments:\n"
        "      - {name: prod, var_files: [envs/prd.tfvars]}\n"
        "  - path: modules/dbs\ncontrol_owners:\n  encryption-at-rst: platform\n"
    )
    repository.commit({**REPOSITORY, "soc2gate.yaml": written})
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "soc2gate: soc2gate.yaml:5:34: roots: in infra there is no file envs/prd.tfvars",
        "  did you mean “prod.tfvars”?",
        "soc2gate.yaml:6:11: roots: there is no file or folder modules/dbs",
        "  did you mean “db”?",
        "soc2gate.yaml:8:3: control_owners: there is no control “encryption-at-rst”",
        "  did you mean “encryption-at-rest”?",
    ]
