"""A Terraform state in its bucket is read where somebody names it, and nowhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws

MAIN = """\
resource "aws_sqs_queue" "jobs" {
  name_prefix                = "jobs-"
  visibility_timeout_seconds = 60
}
"""
URL = "s3://states/shop/prod.tfstate"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """A queue, and the state that made it in a bucket."""
    with running_aws() as server:
        url = server.client("sqs").create_queue(QueueName="jobs-2026", Attributes={"VisibilityTimeout": "5"})[
            "QueueUrl"
        ]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs-2026"
        attributes = {"id": url, "url": url, "arn": arn, "name": "jobs-2026", "visibility_timeout_seconds": 60}
        queue = {
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "jobs",
            "instances": [{"attributes": {**attributes, "policy": "hunter2-hunter2"}}],
        }
        state = {"version": 4, "serial": 7, "lineage": "a", "resources": [queue]}
        s3 = server.client("s3")
        s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="states", Key="shop/prod.tfstate", Body=json.dumps(state).encode())
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit({"main.tf": MAIN})
    return made


def keys(aws: Aws) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def verified(repository: Repository, aws: Aws, *arguments: str) -> dict[str, Any]:
    done = repository.run("verify", "--region", REGION, "--format", "json", *arguments, more=keys(aws))
    assert done.stdout, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def told(result: dict[str, Any]) -> set[tuple[str, str, str | None]]:
    """What is said of the code; the bucket of the state is nobody's here."""
    return {
        (item["difference"], item["address"], item["property"])
        for item in result["disagreements"]
        if item["difference"] != "unmanaged"
    }


CHANGED = ("changed", "aws_sqs_queue.jobs", "VisibilityTimeout")


def test_the_state_in_the_bucket_pairs_as_a_file_does(repository: Repository, aws: Aws) -> None:
    aws.requests.clear()
    assert CHANGED not in told(verified(repository, aws))
    assert not [one for one in aws.requests if "prod.tfstate" in one], "nobody named it"
    assert told(verified(repository, aws, "--state", URL)) == {CHANGED}
    assert len([one for one in aws.requests if "prod.tfstate" in one]) == 1


def test_the_configuration_may_name_it_and_a_scan_reads_it_not(repository: Repository, aws: Aws) -> None:
    repository.commit({"soc2gate.yaml": f"roots: [{{path: ., state: '{URL}'}}]\n"})
    assert told(verified(repository, aws)) == {CHANGED}
    aws.requests.clear()
    done = repository.run("scan", more=keys(aws))
    assert done.returncode in (0, 1), done.stderr
    assert aws.requests == []


def test_it_may_be_the_live_side_itself(repository: Repository, aws: Aws) -> None:
    result = verified(repository, aws, "--live-state", URL)
    assert not [item for item in told(result) if item[0] != "undecided"], "it says what Terraform wrote"
    (note,) = [item["message"] for item in result["problems"] if "what Terraform saw" in item["message"]]
    assert URL in note


def test_a_record_is_made_without_it(repository: Repository, aws: Aws) -> None:
    """Whoever reproduces a record has no credentials for the bucket."""
    repository.commit({"soc2gate.yaml": f"roots: [{{path: ., state: '{URL}'}}]\n"})
    repository.run("collect", "--region", REGION, "--output", "../seen.json", more=keys(aws))
    repository.commit({})
    aws.requests.clear()
    given = ("--snapshot", "../seen.json", "--predicate", "../record.json")
    done = repository.run("attest", *given, more=keys(aws))
    assert aws.requests == [], done.stderr
    assert (repository.folder.parent / "record.json").exists(), done.stderr


def test_its_permission_is_printed_only_where_it_is_named(repository: Repository, aws: Aws) -> None:
    def statements(*arguments: str) -> list[dict[str, Any]]:
        done = repository.run("permissions", *arguments)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["Statement"]
        return found

    (reading,) = statements()
    assert "s3:GetObject" not in reading["Action"]
    own = {
        "Sid": "Soc2gateReadsState",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::states/shop/prod.tfstate"],
    }
    assert statements("--state", URL) == [reading, own]
    repository.commit({"soc2gate.yaml": f"roots: [{{path: ., state: '{URL}'}}]\n"})
    assert statements() == [reading, own]


def test_what_cannot_be_read_ends_with_what_to_do(repository: Repository, aws: Aws) -> None:
    with aws.refusing(Refusal("prod.tfstate", "AccessDenied", "s3")):
        done = repository.run("verify", "--state", URL, more=keys(aws))
    assert done.returncode == 3
    assert f"allow it: soc2gate permissions --state {URL}" in done.stderr
    missing = repository.run("verify", "--state", "s3://states/other.tfstate", more=keys(aws))
    assert (missing.returncode, "NoSuchKey" in missing.stderr) == (3, True)
    wrong = repository.run("verify", "--state", "s3://states", more=keys(aws))
    assert (wrong.returncode, "s3://BUCKET/KEY" in wrong.stderr) == (2, True)
