"""What a snapshot must not hold is judged, replaced, and compared by a digest that only the same key makes."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from aws_for_tests import ACCOUNT, REGION, Aws, running_aws

KEY = {"SOC2GATE_DIGEST_KEY": "correct-horse-battery-staple"}
OTHER_KEY = {"SOC2GATE_DIGEST_KEY": "another-horse-another-staple"}
PASSWORD = "hunter2-hunter2"
SCRIPT = "#!/bin/sh\nexport DB_HOST=shop-database\n"
MAIN = f"""\
resource "aws_sqs_queue" "jobs" {{
  name = "jobs"
}}
resource "aws_lambda_function" "orders" {{
  function_name = "orders"
  role          = "arn:aws:iam::{ACCOUNT}:role/orders"
  handler       = "orders.handle"
  runtime       = "python3.12"
  filename      = "orders.zip"
  environment {{
    variables = {{
      LEVEL       = "info"
      DB_PASSWORD = "{PASSWORD}"
      QUEUE       = "prefix-${{aws_sqs_queue.jobs.name}}"
    }}
  }}
}}
resource "aws_launch_template" "web" {{
  name      = "web"
  user_data = base64encode({json.dumps(SCRIPT)})
}}
resource "aws_ecs_task_definition" "web" {{
  family                = "web"
  container_definitions = jsonencode([{{
    name = "web", image = "nginx", memory = 64, essential = true
    environment = [{{ name = "REGION_NAME", value = "northern" }}]
  }}])
}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running_aws() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Iterator[Aws]:
    """What runs is what the code says."""
    import base64

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("orders.py", "")
    trust = '{"Version":"2012-10-17","Statement":[]}'
    role = server.client("iam").create_role(RoleName="orders", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    server.client("lambda").create_function(
        FunctionName="orders",
        Role=role,
        Runtime="python3.12",
        Handler="orders.handle",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"LEVEL": "info", "DB_PASSWORD": PASSWORD, "QUEUE": "prefix-jobs"}},
    )
    server.client("sqs").create_queue(QueueName="jobs")
    server.client("ec2").create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"UserData": base64.b64encode(SCRIPT.encode()).decode()}
    )
    register(server, "northern")
    yield server
    server.reset()


def register(aws: Aws, value: str) -> None:
    container = {
        "name": "web",
        "image": "nginx",
        "memory": 64,
        "essential": True,
        "environment": [{"name": "REGION_NAME", "value": value}],
    }
    aws.client("ecs").register_task_definition(family="web", containerDefinitions=[container])


def change(aws: Aws) -> None:
    """One secret value, one harmless one, the user data and a container's variable."""
    aws.client("lambda").update_function_configuration(
        FunctionName="orders",
        Environment={"Variables": {"LEVEL": "debug", "DB_PASSWORD": PASSWORD + "3", "QUEUE": "prefix-jobs"}},
    )
    aws.client("ec2").create_launch_template_version(
        LaunchTemplateName="web", LaunchTemplateData={"UserData": "ZWNobw=="}
    )
    register(aws, "southern")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit({"main.tf": MAIN})
    return made


def keys(aws: Aws) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def collected(repository: Repository, aws: Aws, more: dict[str, str]) -> str:
    done = repository.run("collect", "--region", REGION, "--output", "seen.json", more=keys(aws) | more)
    assert (repository.folder / "seen.json").exists(), done.stderr
    return (repository.folder / "seen.json").read_text()


def compared(repository: Repository, more: dict[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """The report, and what it says of values that are not kept."""
    done = repository.run("verify", "--snapshot", "seen.json", "--format", "json", more=more)
    assert done.stdout, done.stderr
    about = ("Environment", "LaunchTemplateData", "ContainerDefinitions")
    found = [item for item in json.loads(done.stdout)["disagreements"] if (item["property"] or "").startswith(about)]
    # What an image brings along is not known in code either.
    return done.stdout, [item for item in found if not item["property"].endswith("BlockDeviceMappings")]


def told(found: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(item["difference"], item["address"], item["property"]) for item in found}


FUNCTION = "aws_lambda_function.orders"
TEMPLATE, TASK = "aws_launch_template.web", "aws_ecs_task_definition.web"


def test_with_one_key_on_both_sides_equal_values_are_equal(repository: Repository, aws: Aws) -> None:
    text = collected(repository, aws, KEY)
    assert not [one for one in (PASSWORD, "prefix-jobs", "northern", "shop-database") if one in text]
    report, found = compared(repository, KEY)
    assert found == []
    assert any("by digests of the key" in problem["message"] for problem in json.loads(report)["problems"])


def test_with_one_key_on_both_sides_a_change_is_found_and_not_shown(repository: Repository, aws: Aws) -> None:
    change(aws)
    text = collected(repository, aws, KEY)
    report, found = compared(repository, KEY)
    assert told(found) == {
        ("changed", FUNCTION, "Environment.Variables"),
        ("changed", TEMPLATE, "LaunchTemplateData.UserData"),
        ("changed", TASK, "ContainerDefinitions[0].Environment[0].Value"),
    }
    for kept in (text, report):
        assert not [one for one in (PASSWORD, "debug", "southern", "northern", "ZWNobw") if one in kept]


@pytest.mark.parametrize(
    ("collecting", "comparing", "why"),
    [
        ({}, KEY, "no digest of it was taken"),
        (KEY, {}, "there is no key here"),
        (KEY, OTHER_KEY, "its digest was taken with another key"),
    ],
)
def test_without_the_same_key_it_is_undecided_and_says_why(
    repository: Repository, aws: Aws, collecting: dict[str, str], comparing: dict[str, str], why: str
) -> None:
    change(aws)
    collected(repository, aws, collecting)
    report, found = compared(repository, comparing)
    notes = [
        problem["message"] for problem in json.loads(report)["problems"] if "were taken with" in problem["message"]
    ]
    assert len(notes) == (1 if collecting else 0)
    assert {(difference, address) for difference, address, _ in told(found)} == {
        ("undecided", address) for address in (FUNCTION, TEMPLATE, TASK)
    }
    assert all(why in item["reason"] for item in found)
    # The rule about credentials in them was answered when they were read: nothing of its weight is left open.
    assert {item["severity"] for item in found} == {"none"}


def test_rules_answer_as_if_the_value_were_there(repository: Repository, aws: Aws) -> None:
    collected(repository, aws, {})
    done = repository.run("verify", "--snapshot", "seen.json", "--rule", "lambda-env-no-secrets", "--format", "json")
    verdicts = {item["side"]: item["verdict"] for item in json.loads(done.stdout)["findings"]}
    assert verdicts == {"declared": "fail", "live": "fail"}
    assert PASSWORD not in done.stdout


def test_a_key_that_can_be_guessed_is_refused(repository: Repository, aws: Aws) -> None:
    done = repository.run(
        "collect", "--region", REGION, "--output", "seen.json", more=keys(aws) | {"SOC2GATE_DIGEST_KEY": "short"}
    )
    assert done.returncode == 2
    assert "too short" in done.stderr
    assert "openssl rand" in done.stderr
    assert not (repository.folder / "seen.json").exists()


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          env: [{name: DB_PASSWORD, value: %s}]
"""


def dumped(repository: Repository, password: str) -> None:
    """What kubectl would write of the deployment; credentials in it as they stand in the cluster.

    It lies among the code, and is not taken for it.
    """
    import yaml

    (repository.folder / "seen.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(DEPLOYMENT % password)]})
    )


@pytest.mark.parametrize(
    ("running", "key", "expected"),
    [(PASSWORD, KEY, set()), (PASSWORD + "3", KEY, {"changed"}), (PASSWORD + "3", {}, {"undecided"})],
)
def test_in_a_cluster_rules_answer_and_values_compare_alike(
    tmp_path: Path, running: str, key: dict[str, str], expected: set[str]
) -> None:
    repository = Repository(tmp_path / "cluster")
    repository.commit({"web.yaml": DEPLOYMENT % PASSWORD})
    dumped(repository, running)
    done = repository.run(
        "verify", "--snapshot", "seen.json", "--rule", "k8s-no-secrets-in-env", "--format", "json", more=key
    )
    result = json.loads(done.stdout)
    assert {item["verdict"] for item in result["findings"] if item["side"] == "live"} == {"fail"}
    about = {item["difference"] for item in result["disagreements"] if "env" in (item["property"] or "")}
    assert about == expected
    assert "hunter2" not in done.stdout
