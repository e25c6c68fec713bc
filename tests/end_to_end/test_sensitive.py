"""What Terraform marks as sensitive, and what looks like a secret beside it, is in no output of any command."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

import plans
from aws_for_tests import REGION, Aws, running_aws

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


ROLE = "arn:aws:iam::123456789012:role/web"
DEPLOYED = f"""\
resource "aws_db_instance" "main" {{
  identifier        = "main"
  engine            = "postgres"
  instance_class    = "db.t3.medium"
  allocated_storage = 20
  username          = "app"
  password          = "{SECRET}-literal"
}}
resource "aws_lambda_function" "web" {{
  function_name = "web"
  role          = "{ROLE}"
  environment {{
    variables = {{ DB_PASSWORD = "{SECRET}-lambda" }}
  }}
}}
"""
STATE = {
    "version": 4,
    "terraform_version": "1.9.0",
    "serial": 3,
    "lineage": "x",
    "outputs": {"shown": {"value": f"{SECRET}-output", "type": "string", "sensitive": True}},
    "resources": [
        {
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "main",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [
                {
                    "schema_version": 1,
                    "attributes": {"id": "db-X", "identifier": "main", "password": f"{SECRET}-state"},
                    "sensitive_attributes": [[{"type": "get_attr", "value": "password"}]],
                }
            ],
        }
    ],
}


def running_secrets(aws: Aws) -> None:
    """Resources that hold a secret each, wherever AWS gives it back to whoever asks."""
    aws.client("rds").create_db_instance(
        DBInstanceIdentifier="main",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword=f"{SECRET}-running",
    )
    aws.client("secretsmanager").create_secret(Name="api", SecretString=f"{SECRET}-secret")
    container = {
        "name": "web",
        "image": "web",
        "memory": 64,
        "environment": [{"name": "DB_PASSWORD", "value": f"{SECRET}-task"}],
    }
    aws.client("ecs").register_task_definition(family="web", containerDefinitions=[container])
    aws.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("web.py", "")
    aws.client("lambda").create_function(
        FunctionName="web",
        Role=ROLE,
        Runtime="python3.13",
        Handler="web.main",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"DB_PASSWORD": f"{SECRET}-lambda"}},
    )
    data = f"#!/bin/sh\nexport DB_PASSWORD={SECRET}-data\n"
    aws.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"UserData": base64.b64encode(data.encode()).decode(), "InstanceType": "t3.micro"},
    )


def readable(file: Path) -> str:
    """All that a file says, what is packed or signed in it too."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        content = gzip.decompress(content)
    text = content.decode("utf-8")
    if ".dsse" in file.name:
        text += base64.b64decode(json.loads(text)["payload"]).decode("utf-8")
    return text


def leaks(text: str) -> bool:
    """Whether the secret stands there, as it is or spelled in base64 at any offset."""
    spelled = [base64.b64encode(b"-" * shift + SECRET.encode()).decode()[4:-4] for shift in range(3)]
    return any(each in text for each in (SECRET, *spelled))


def test_no_snapshot_and_no_record_of_the_ledger_holds_one(repository: Repository) -> None:
    with running_aws() as aws:
        running_secrets(aws)
        reach = {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        repository.commit({**dict.fromkeys(FILES), "infra/main.tf": DEPLOYED, "state/state.json": json.dumps(STATE)})
        for command in (
            ("collect", "--region", REGION, "--output", "live.json.gz"),
            ("verify", "infra", "--region", REGION, "--state", "state/state.json", "--save-snapshot", "seen.json"),
        ):
            done = repository.run(*command, more=reach)
            assert not leaks(done.stdout + done.stderr)
    for name in ("live.json.gz", "seen.json"):
        told = readable(repository.folder / name)
        assert all(kind in told for kind in ("AWS::RDS::DBInstance", "AWS::Lambda::Function")), name
        assert not leaks(told), name
    assert repository.run("keygen", "--no-passphrase").returncode == 0
    done = repository.run("attest", "--key", "soc2gate.key", "--ledger", "evidence", "--snapshot", "live.json.gz")
    assert not leaks(done.stdout + done.stderr)
    kept = [file for file in (repository.folder / "evidence").rglob("*") if file.is_file()]
    records = [file for file in kept if ".dsse" in file.name]
    assert records, done.stderr
    assert any("aws_db_instance.main" in readable(file) for file in records)
    assert [file for file in kept if leaks(readable(file))] == []
