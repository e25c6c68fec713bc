"""What Terraform marks as sensitive, and what looks like a secret beside it, is in no output of any command."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

import plans

SECRET = "hunter2-Zq9"
MAIN = f"""\
variable "default" {{
  default   = "{SECRET}-default"
  sensitive = true
}}
resource "aws_db_instance" "main" {{
  engine              = "postgres"
  password            = "{SECRET}-literal"
  publicly_accessible = true
  username            = var.default
  identifier          = "db-${{var.given}}"
  storage_encrypted   = false
  tags                = {{ a = sensitive("{SECRET}-function"), b = local.part }}
  description         = module.inner.told
}}
variable "given" {{
  sensitive = true
}}
locals {{
  part = "${{var.given}}-x"
}}
resource "aws_ecs_task_definition" "web" {{
  family                = "web"
  container_definitions = jsonencode([{{
    name = "a", image = "b", environment = [{{ name = "DB_PASSWORD", value = "{SECRET}-environment" }}]
  }}])
}}
module "inner" {{
  source = "./inner"
  key    = var.given
}}
output "shown" {{
  value     = var.given
  sensitive = true
}}
"""
INNER = """\
variable "key" {}
output "told" {
  value     = "<${var.key}>"
  sensitive = true
}
"""
FILES = {
    "infra/main.tf": MAIN,
    "infra/inner/main.tf": INNER,
    "infra/terraform.tfvars": f'given = "{SECRET}-tfvars"\n',
    "k8s/pod.yaml": f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop}}
spec:
  hostNetwork: true
  containers:
    - name: web
      image: web
      env:
        - name: DB_PASSWORD
          value: {SECRET}-pod
      securityContext: {{privileged: true}}
""",
}
FORMATS = ("text", "json", "sarif", "junit", "markdown", "html")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path / "repository")
    found.commit(FILES)
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_holds_a_secret(repository: Repository, form: str) -> None:
    done = repository.run("scan", "--format", form, "--verbose" if form == "text" else "--fail-on=high")
    assert done.returncode == 1
    assert "aws_db_instance.main" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_neither_does_a_record_nor_a_baseline_nor_the_configuration(repository: Repository) -> None:
    assert repository.run("keygen", "--no-passphrase").returncode == 0
    done = repository.run("attest", "--key", "soc2gate.key", "--output", "record.json")
    assert done.returncode == 1, done.stderr
    record = json.loads((repository.folder / "record.json").read_text("utf-8"))
    statement = base64.b64decode(record["payload"]).decode()
    assert "aws_db_instance.main" in statement
    assert SECRET not in statement + done.stdout + done.stderr
    repository.run("baseline")
    assert SECRET not in (repository.folder / "soc2gate-baseline.json").read_text("utf-8")
    for command in (("explain", "rds-not-public"), ("waivers",), ("config", "show")):
        told = repository.run(*command)
        assert SECRET not in told.stdout + told.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_a_plan_with_its_configuration_elsewhere_tells_lines_and_no_secret(repository: Repository, form: str) -> None:
    code = plans.CODE.replace('variable "db_password" {', f'variable "db_password" {{\n  default = "{SECRET}-default"')
    repository.write({"out/plan.json": json.dumps(plans.plan()), "code/main.tf": code})
    done = repository.run("scan", "out/plan.json", "--root", "code", "--format", form)
    assert done.returncode == 1, done.stderr
    assert "code/main.tf" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert plans.SECRET not in done.stdout + done.stderr


def test_the_folder_of_a_plan_is_checked(repository: Repository) -> None:
    repository.write({"out/plan.json": json.dumps(plans.plan()), "code/main.tf": plans.CODE})
    _, result = repository.scan("out/plan.json", "--root", "code")
    group = next(item for item in result["findings"] if item["address"] == "aws_security_group.web")
    assert plans.CODE.splitlines()[group["where"]["line"] - 1].startswith('resource "aws_security_group" "web"')
    _, other = repository.scan("out/plan.json", "--root", "infra/inner")
    assert any("is not in “infra/inner”" in problem["message"] for problem in other["problems"])
    for arguments, said in (
        (("out/plan.json", "--root", "gone"), "there is no folder gone"),
        (("infra", "--root", "code"), "--root goes with a plan"),
        (("out/plan.json", "--root", "/"), "is outside"),
    ):
        done = repository.run("scan", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
