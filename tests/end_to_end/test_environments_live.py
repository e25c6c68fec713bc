"""Several environments compared with what runs: each is looked for in its own account and region."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from aws_for_tests import ACCOUNT, Aws, running_aws

MAIN = """\
variable "encrypted" {
  type = bool
}
resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = var.encrypted
}
resource "aws_sqs_queue" "mail" {
  name                    = "mail"
  sqs_managed_sse_enabled = true
}
"""
CONFIGURED = """\
roots:
  - path: infra
    environments:
      - name: prod
        regions: [eu-west-1]
        account: "{prod}"
        variables: {{encrypted: true}}
      - name: test
        regions: [us-east-1]
        account: "{test}"
        variables: {{encrypted: false}}
"""
OTHER = "444455556666"
RULE = "sqs-encrypted"
JOBS, MAIL = "aws_sqs_queue.jobs", "aws_sqs_queue.mail"


def seed(aws: Aws) -> None:
    """In each region a queue of the same name; `mail` is in one of them only."""
    ireland, virginia = aws.client("sqs", "eu-west-1"), aws.client("sqs", "us-east-1")
    ireland.create_queue(QueueName="jobs", Attributes={"SqsManagedSseEnabled": "false"})
    ireland.create_queue(QueueName="mail", Attributes={"SqsManagedSseEnabled": "true"})
    virginia.create_queue(QueueName="jobs", Attributes={"SqsManagedSseEnabled": "false"})


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running_aws() as server:
        seed(server)
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def credentials(aws: Aws, key: str = "testing", secret: str = "testing", token: str = "") -> dict[str, str]:
    found = {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    return found | ({"AWS_SESSION_TOKEN": token} if token else {})


def verified(repository: Repository, aws: Aws, test_account: str, *arguments: str) -> dict[str, Any]:
    """The result of comparing both environments, or what the arguments say."""
    repository.commit({"infra/main.tf": MAIN, "soc2gate.yaml": CONFIGURED.format(prod=ACCOUNT, test=test_account)})
    done = repository.run("verify", "--rule", RULE, "--format", "json", *arguments, more=credentials(aws))
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def told(result: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Environment, difference and the resource."""
    return {(item["environment"], item["difference"], item["address"]) for item in result["disagreements"]}


def test_each_environment_is_compared_with_its_own_region(repository: Repository, aws: Aws) -> None:
    result = verified(repository, aws, ACCOUNT)
    (snapshot,) = result["snapshots"]
    assert snapshot["regions_read"] == ["eu-west-1", "us-east-1"]
    # In code, production's queue is encrypted; what runs in either region is not, as the code of test says.
    assert told(result) == {("prod", "changed", JOBS), ("test", "missing", MAIL)}
    (changed,) = (item for item in result["disagreements"] if item["difference"] == "changed")
    assert (changed["uid"], changed["declared"], changed["live"]) == (
        f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs",
        True,
        False,
    )
    assert changed["rules"] == [{"id": RULE, "declared": "pass", "live": "fail"}]


def test_one_environment_alone_asks_only_its_own_region(repository: Repository, aws: Aws) -> None:
    result = verified(repository, aws, ACCOUNT, "--environment", "prod")
    assert [each["regions_asked"] for each in result["snapshots"]] == [["eu-west-1"]]
    assert told(result) == {("prod", "changed", JOBS)}


def test_what_belongs_to_an_account_that_was_not_read_is_not_called_missing(repository: Repository, aws: Aws) -> None:
    result = verified(repository, aws, OTHER)
    mine = {item for item in told(result) if item[0]}
    assert mine == {("prod", "changed", JOBS), ("test", "undecided", JOBS), ("test", "undecided", MAIL)}
    reasons = {item["reason"] for item in result["disagreements"] if item["environment"] == "test"}
    assert reasons == {f"could not look: {OTHER} was not read"}


def test_two_accounts_are_compared_by_a_snapshot_of_each(repository: Repository, aws: Aws) -> None:
    role = f"arn:aws:iam::{OTHER}:role/audit"
    lent = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="audit")["Credentials"]
    theirs = credentials(aws, lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])
    for name, region, ours in (("prod", "eu-west-1", credentials(aws)), ("test", "us-east-1", theirs)):
        done = repository.run("collect", "--region", region, "--output", f"{name}.json", more=ours)
        assert (repository.folder / f"{name}.json").exists(), done.stderr
    result = verified(repository, aws, OTHER, "--snapshot", "prod.json", "--snapshot", "test.json")
    assert [each["account"] for each in result["snapshots"]] == [ACCOUNT, OTHER]
    assert {item for item in told(result) if item[0]} == {
        ("prod", "changed", JOBS),
        ("test", "missing", JOBS),
        ("test", "missing", MAIL),
    }
