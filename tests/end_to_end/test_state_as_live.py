"""Terraform's state as the live side: what it tells is compared, and what it does not tell is never green."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import Repository

ACCOUNT, REGION = "123456789012", "eu-west-1"
MAIN = """\
resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 60
  sqs_managed_sse_enabled    = true
}
resource "aws_s3_bucket" "logs" {
  bucket_prefix = "logs-"
}
resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::123456789012:role/orders"
  handler       = "orders.handle"
  runtime       = "python3.12"
  filename      = "orders.zip"
  environment {
    variables = { DB_PASSWORD = "hunter2-hunter2" }
  }
}
"""
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"


def instance(type_: str, called: str, /, **values: Any) -> dict[str, Any]:
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    one = {"schema_version": 0, "attributes": values, "sensitive_attributes": []}
    return {"mode": "managed", "type": type_, "name": called, "provider": provider, "instances": [one]}


def queue(**changed: Any) -> dict[str, Any]:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs"
    told = {
        "arn": QUEUE,
        "id": url,
        "url": url,
        "name": "jobs",
        "name_prefix": "",
        "visibility_timeout_seconds": 60,
        "sqs_managed_sse_enabled": True,
        "kms_master_key_id": "",
        "policy": "",
        "tags": None,
        "tags_all": {},
    }
    return instance("aws_sqs_queue", "jobs", **{**told, **changed})


def bucket() -> dict[str, Any]:
    return instance(
        "aws_s3_bucket",
        "logs",
        id="logs-2026",
        arn="arn:aws:s3:::logs-2026",
        bucket="logs-2026",
        bucket_prefix="logs-",
        region=REGION,
        # As it was read when the bucket was made, before versioning was turned on.
        versioning=[{"enabled": False, "mfa_delete": False}],
        tags_all={},
    )


def versioning(status: str = "Enabled") -> dict[str, Any]:
    told = [{"status": status, "mfa_delete": ""}]
    return instance(
        "aws_s3_bucket_versioning", "logs", id="logs-2026", bucket="logs-2026", versioning_configuration=told
    )


def function(password: str = "hunter2-hunter2") -> dict[str, Any]:
    return instance(
        "aws_lambda_function",
        "orders",
        id="orders",
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders",
        function_name="orders",
        role=f"arn:aws:iam::{ACCOUNT}:role/orders",
        handler="orders.handle",
        runtime="python3.12",
        environment=[{"variables": {"DB_PASSWORD": password}}],
        tags_all={},
    )


def state(*resources: dict[str, Any]) -> str:
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.9.0",
            "serial": 7,
            "lineage": "a",
            "outputs": {},
            "resources": [*resources],
        }
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit({"main.tf": MAIN})
    return made


def verified(repository: Repository, *resources: dict[str, Any], more: dict[str, str] | None = None) -> dict[str, Any]:
    file = repository.folder / "state.json"
    file.write_text(state(*resources))
    os.utime(file, (1_780_000_000, 1_780_000_000))
    done = repository.run("verify", "--live-state", "state.json", "--format", "json", more=more)
    assert done.stdout, done.stderr
    assert "hunter" not in done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def told(result: dict[str, Any], *but: str) -> set[tuple[str, str, str | None]]:
    return {
        (item["difference"], item["address"] or item["uid"], item["property"])
        for item in result["disagreements"]
        if item["difference"] not in but
    }


EVERYTHING = (queue(), bucket(), versioning(), function())


def test_what_terraform_wrote_and_saw_agrees_without_credentials(repository: Repository) -> None:
    result = verified(repository, *EVERYTHING)
    assert told(result, "undecided") == set()
    assert result["summary"]["resources"]["live"] == 3
    (snapshot,) = result["snapshots"]
    assert (snapshot["account"], snapshot["caller"]) == (ACCOUNT, "Terraform state")


def test_a_refreshed_state_shows_what_was_changed_by_hand(repository: Repository) -> None:
    result = verified(repository, queue(sqs_managed_sse_enabled=False), bucket(), versioning("Suspended"), function())
    assert told(result, "undecided") == {
        ("changed", "aws_sqs_queue.jobs", "SqsManagedSseEnabled"),
        ("changed", "aws_s3_bucket.logs", "VersioningConfiguration.Status"),
    }
    (contrast,) = [
        contrast for item in result["disagreements"] for contrast in item["rules"] if contrast["id"] == "sqs-encrypted"
    ]
    assert (contrast["declared"], contrast["live"]) == ("pass", "fail")


def test_what_the_state_does_not_tell_is_never_a_pass(repository: Repository) -> None:
    result = verified(repository, *EVERYTHING)
    verdicts = {(item["rule"], item["kind"]): item["verdict"] for item in result["findings"] if item["side"] == "live"}
    # Nobody asked the account whether the bucket has these: its state holds neither.
    for rule in ("s3-encryption", "s3-block-public-acls", "s3-tls-only", "s3-access-logging"):
        assert verdicts[rule, "AWS::S3::Bucket"] == "unknown", rule
    assert verdicts["s3-versioning", "AWS::S3::Bucket"] == "pass"
    assert verdicts["lambda-env-no-secrets", "AWS::Lambda::Function"] == "fail"
    assert result["decision"]["exit"] in (1, 3)


def test_what_is_not_in_the_state_is_undecided_and_what_left_the_code_is_unmanaged(repository: Repository) -> None:
    result = verified(
        repository,
        queue(),
        queue()
        | {
            "name": "old",
            "instances": queue(arn=f"{QUEUE}-old", id="https://x/old", url="https://x/old", name="jobs-old")[
                "instances"
            ],
        },
    )
    missing = {item["address"]: item["reason"] for item in result["disagreements"] if item["property"] is None}
    assert "tells only of what Terraform manages" in missing["aws_s3_bucket.logs"]
    assert ("unmanaged", f"{QUEUE}-old", None) in told(result)
    assert not [item for item in told(result) if item[0] == "missing"]


def test_its_age_and_what_it_cannot_tell_are_said(repository: Repository) -> None:
    result = verified(repository, *EVERYTHING, instance("aws_glue_job", "etl", id="etl"))
    messages = [problem["message"] for problem in result["problems"]]
    assert any("serial 7, written 2026-05-28T" in message and "what changed since" in message for message in messages)
    assert any("were not looked at" in message and "aws_glue_job" in message for message in messages)
    (gap,) = [message for message in messages if message.startswith("could not look")]
    assert "only of what Terraform manages" in gap


def test_a_value_that_must_not_be_kept_is_compared_by_its_digest(repository: Repository) -> None:
    key = {"SOC2GATE_DIGEST_KEY": "correct-horse-battery-staple"}
    same = verified(repository, *EVERYTHING, more=key)
    assert not [item for item in told(same) if (item[2] or "").startswith("Environment")]
    other = verified(repository, queue(), bucket(), versioning(), function("hunter3-hunter3"), more=key)
    assert ("changed", "aws_lambda_function.orders", "Environment.Variables.DB_PASSWORD") in told(other)


def test_what_terraform_show_writes_is_read_as_well(repository: Repository) -> None:
    values = queue(visibility_timeout_seconds=5)["instances"][0]["attributes"]
    one = {
        "address": "aws_sqs_queue.jobs",
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "jobs",
        "values": values,
        "sensitive_values": {"policy": True},
    }
    shown = {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {"resources": [one]}}}
    (repository.folder / "shown.json").write_text(json.dumps(shown))
    done = repository.run("verify", "--live-state", "shown.json", "--format", "json")
    assert ("changed", "aws_sqs_queue.jobs", "VisibilityTimeout") in told(json.loads(done.stdout))


def test_what_is_no_state_is_refused(repository: Repository) -> None:
    repository.write({"plan.json": '{"format_version": "1.2", "planned_values": {}}'})
    done = repository.run("verify", "--live-state", "plan.json")
    assert done.returncode != 0
    assert "is a plan, not a state" in done.stderr


ROLE = """\
resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.web.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_role_policy" "jobs" {
  name   = "jobs"
  role   = aws_iam_role.web.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }]
  })
}
"""


def policy(*actions: str) -> str:
    said = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    return json.dumps({"Version": "2012-10-17", "Statement": said})


def role(*attached: str, inline: str = policy("sqs:SendMessage")) -> tuple[dict[str, Any], ...]:
    """As the provider writes it after a refresh: the role tells what is attached to it, and so does each attachment."""
    service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [service]})
    read = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    return (
        instance(
            "aws_iam_role",
            "web",
            id="web",
            name="web",
            arn=f"arn:aws:iam::{ACCOUNT}:role/web",
            assume_role_policy=trust,
            managed_policy_arns=[read, *attached],
            inline_policy=[{"name": "jobs", "policy": inline}],
        ),
        instance("aws_iam_role_policy_attachment", "read", id="web-1", role="web", policy_arn=read),
        instance(
            "aws_iam_role_policy", "jobs", id="web:jobs", role="web", name="jobs", policy=policy("sqs:SendMessage")
        ),
    )


def test_what_a_role_and_its_attachments_both_tell_is_there_once(repository: Repository) -> None:
    repository.commit({"main.tf": ROLE})
    assert told(verified(repository, *role()), "undecided") == set()
    # What the role itself told before its policy was written anew is older than what the policy tells.
    assert told(verified(repository, *role(inline=policy("sqs:*"))), "undecided") == set()


def test_what_was_attached_by_hand_stands_in_the_refreshed_role_alone(repository: Repository) -> None:
    repository.commit({"main.tf": ROLE})
    result = verified(repository, *role("arn:aws:iam::aws:policy/AdministratorAccess"))
    assert told(result, "undecided") == {("changed", "aws_iam_role.web", "ManagedPolicyArns")}


def test_rules_that_name_their_group_by_its_id_are_the_groups(repository: Repository) -> None:
    """In code they refer to it; a state holds ids, and the group's own list is as old as the group."""
    group = "sg-0a1b2c3d4e5f6a7b8"
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group}"
    open_to_all = {"from_port": 22, "to_port": 22, "ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"}
    result = verified(
        repository,
        instance("aws_security_group", "web", id=group, arn=arn, name="web", vpc_id="vpc-1", ingress=[], egress=[]),
        instance("aws_vpc_security_group_ingress_rule", "ssh", id="sgr-1", security_group_id=group, **open_to_all),
    )
    verdicts = {item["rule"]: item["verdict"] for item in result["findings"] if item["side"] == "live"}
    assert verdicts["sg-no-ssh-from-internet"] == "fail"


def recorder(called: str, **more: Any) -> dict[str, Any]:
    recording = [{"all_supported": True, "include_global_resource_types": False}]
    return instance(
        "aws_config_configuration_recorder",
        called,
        id="default",
        name="default",
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/config",
        recording_group=recording,
        **more,
    )


def test_one_state_may_hold_the_same_name_in_several_regions(repository: Repository) -> None:
    """Every region's recorder is called `default`, and before version 6 the provider writes no region."""
    here = recorder("here", region=REGION), recorder("there", region="us-east-1")
    assert verified(repository, *here)["summary"]["resources"]["live"] == 2
    assert verified(repository, recorder("here"), recorder("there"))["summary"]["resources"]["live"] == 2


def test_the_same_resource_in_two_states_is_refused(repository: Repository) -> None:
    for name in ("one.json", "other.json"):
        (repository.folder / name).write_text(state(queue()))
    done = repository.run("verify", "--live-state", "one.json", "--live-state", "other.json")
    assert done.returncode not in (0, 1)
    assert f"two states hold {QUEUE}" in done.stderr


def test_what_it_does_not_tell_is_not_called_a_matter_of_deploying(repository: Repository) -> None:
    """It was deployed: what a scan would call known later, a state leaves out."""
    instance_ = instance(
        "aws_instance", "web", id="i-0a1b2c3d4e5f6a7b8", arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i"
    )
    result = verified(repository, queue(), bucket(), versioning(), function(), *role(), instance_)
    reasons = {item["reason"] for item in result["findings"] if item["side"] == "live" and item["verdict"] == "unknown"}
    assert reasons
    assert not [reason for reason in reasons if "after it is deployed" in reason or "is required and not" in reason]


def test_a_bucket_that_keeps_no_versions_is_told_and_not_whether_it_ever_did(repository: Repository) -> None:
    """The provider reads suspended and never turned on as the same."""
    told_itself = bucket()
    assert verdict_of(verified(repository, told_itself), "s3-versioning") == {"fail"}
    repository.commit({"main.tf": MAIN.replace('"Enabled"', '"Suspended"')})
    assert told(verified(repository, told_itself), "undecided") == set()
    # Nothing says that it was ever asked for, so that there is nothing that nobody reviewed.
    repository.commit({"main.tf": 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs-2026"\n}\n'})
    assert verified(repository, told_itself)["undeclared"]["properties"] == []


def verdict_of(result: dict[str, Any], rule: str) -> set[str]:
    return {item["verdict"] for item in result["findings"] if item["side"] == "live" and item["rule"] == rule}


def test_what_an_older_terraform_wrote_and_what_belongs_elsewhere_is_said(repository: Repository) -> None:
    flat = instance("aws_sqs_queue", "old")
    flat["instances"] = [{"schema_version": 0, "attributes_flat": {"id": "https://x/old", "name": "old"}}]
    result = verified(repository, queue(), flat, versioning())
    assert result["summary"]["resources"]["live"] == 1
    notes = [problem["message"] for problem in result["problems"] if "were not looked at" in problem["message"]]
    assert [note.rpartition(": ")[2] for note in notes] == ["aws_s3_bucket_versioning", "aws_sqs_queue"]
