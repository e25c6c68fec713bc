"""Several accounts over HTTP: each by its role, none spoiling another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal

from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.errors import CollectError, ConfigError
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.resource import Weight

NOW = "2026-11-21T09:00:00Z"
QUEUE = "AWS::SQS::Queue"
PROD, TEST = "222222222222", "333333333333"


def role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/soc2gate-reader"


@pytest.fixture
def aws(aws: Aws) -> Aws:
    for account in (ACCOUNT, PROD, TEST):
        inside(aws, account).create_queue(QueueName=f"of-{account}")
    return aws


def inside(aws: Aws, account: str) -> Any:
    import boto3

    keys = aws.client("sts").assume_role(RoleArn=role(account), RoleSessionName="seed")["Credentials"]
    return boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def collect(aws: Aws, *accounts: AccountConfig, progress: Any = None, **more: Any) -> Snapshot:
    more = {"regions": (REGION,), **more}
    request = AwsRequest((QUEUE,), lambda: NOW, endpoint_url=aws.url, accounts=accounts, threads=2, **more)
    return collect_aws(request, progress)


def queues(snapshot: Snapshot) -> set[tuple[object, object]]:
    return {(one.identity["account"], one.identity["name"]) for one in snapshot.resources() if one.kind == QUEUE}


def test_each_account_is_read_in_its_role_as_a_part_of_its_own(aws: Aws) -> None:
    snapshot = collect(aws, AccountConfig(), AccountConfig(role(PROD), "id-7", "prod"), AccountConfig(role(TEST)))
    assert [part.account for part in snapshot.parts] == [ACCOUNT, PROD, TEST]
    assert queues(snapshot) == {(account, f"of-{account}") for account in (ACCOUNT, PROD, TEST)}
    assert f"account {PROD} is called prod" in snapshot.parts[1].notes
    assert any("AssumeRole" in told and "ExternalId=id-7" in told and PROD in told for told in aws.requests)
    assert "assumed-role/soc2gate-reader" in snapshot.parts[1].caller


def test_a_role_that_is_not_given_is_a_gap_of_that_account_alone(aws: Aws) -> None:
    with aws.refusing(Refusal(f"iam%3A%3A{PROD}", "AccessDenied", "query")):
        snapshot = collect(aws, AccountConfig(role(PROD)), AccountConfig(role(TEST)))
    assert queues(snapshot) == {(TEST, f"of-{TEST}")}
    (gap,) = [problem for problem in snapshot.problems() if problem.weight is Weight.GAP]
    assert gap.message == "could not look: sts:AssumeRole was denied (AccessDenied)"
    assert getattr(gap.where, "account", "") == PROD
    assert snapshot.why_unread(QUEUE, REGION, PROD) == "sts:AssumeRole was denied (AccessDenied)"
    assert snapshot.why_unread(QUEUE, REGION, TEST) is None
    assert snapshot.why_unread(QUEUE) is not None, "whatever may be in either account is not missing"


def test_the_snapshot_keeps_what_every_account_said(aws: Aws, tmp_path: Path) -> None:
    with aws.refusing(Refusal(f"iam%3A%3A{PROD}", "AccessDenied", "query")):
        snapshot = collect(aws, AccountConfig(role(PROD)), AccountConfig(role(TEST)))
    snapshot.write(tmp_path / "s.json.gz")
    again = Snapshot.read(tmp_path / "s.json.gz")
    assert again.digest == snapshot.digest
    assert again.why_unread(QUEUE, REGION, PROD) == "sts:AssumeRole was denied (AccessDenied)"


def test_an_account_has_regions_of_its_own(aws: Aws) -> None:
    snapshot = collect(aws, AccountConfig(role(PROD), regions=("eu-central-1",)), AccountConfig(role(TEST)))
    assert [part.regions_read for part in snapshot.parts] == [("eu-central-1",), (REGION,)]


def test_an_organization_tells_its_accounts(aws: Aws) -> None:
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = {
        name: organizations.create_account(AccountName=name, Email=f"{name}@example.org")["CreateAccountStatus"][
            "AccountId"
        ]
        for name in ("one", "two", "left-out")
    }
    inside(aws, made["one"]).create_queue(QueueName="q")
    wanted = OrganizationConfig("soc2gate-reader", exclude=(made["left-out"],))
    snapshot = collect(aws, organization=wanted)
    assert {part.account for part in snapshot.parts} == {ACCOUNT, made["one"], made["two"]}
    assert queues(snapshot) == {(ACCOUNT, f"of-{ACCOUNT}"), (made["one"], "q")}


def test_an_organization_that_tells_nothing_ends_it(aws: Aws) -> None:
    with (
        aws.refusing(Refusal("ListAccounts", "AccessDeniedException", "json", "400 Bad Request")),
        pytest.raises(CollectError, match="ListAccounts gave AccessDeniedException"),
    ):
        collect(aws, organization=OrganizationConfig("r"))


def test_ctrl_c_marks_what_was_not_entered(aws: Aws) -> None:
    def impatient(step: Progress) -> None:
        if step.resources:
            raise KeyboardInterrupt

    snapshot = collect(aws, AccountConfig(role(PROD)), AccountConfig(role(TEST)), progress=impatient)
    assert {part.account for part in snapshot.parts} == {PROD, TEST}
    assert snapshot.info.partial


def test_without_credentials_of_its_own_nothing_is_read(aws: Aws) -> None:
    with (
        aws.refusing(Refusal("GetCallerIdentity", "InvalidClientTokenId", "query")),
        pytest.raises(CollectError, match="does not accept these credentials"),
    ):
        collect(aws, AccountConfig(role(PROD)))


def test_the_configuration_names_accounts(tmp_path: Path) -> None:
    from soc2gate.config import load

    file = tmp_path / "soc2gate.yaml"
    file.write_text(
        f"accounts:\n  - name: prod\n    role_arn: {role(PROD)}\n    external_id: id-7\n    regions: [eu-west-1]\n"
        "organization:\n  role_name: reader\n  exclude: [111111111111]\n"
    )
    config = load(tmp_path, file)
    assert config.accounts == (AccountConfig(role(PROD), "id-7", "prod", ("eu-west-1",)),)
    assert config.organization == OrganizationConfig("reader", exclude=("111111111111",))
    file.write_text("accounts:\n  - role_arn: prod\n")
    with pytest.raises(ConfigError, match=r"soc2gate\.yaml:2:15: accounts\[0\]\.role_arn must be the ARN of a role"):
        load(tmp_path, file)
    file.write_text(f"accounts:\n  - role_arn: {role(PROD)}\n  - role_arn: {role(PROD)}\n")
    with pytest.raises(ConfigError, match=rf"soc2gate\.yaml:3.*two entries of accounts lead to {PROD}"):
        load(tmp_path, file)


def test_the_installed_command_reads_the_accounts_that_the_configuration_names(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    (tmp_path / "main.tf").write_text(f'resource "aws_sqs_queue" "q" {{\n  name = "of-{PROD}"\n}}\n')
    (tmp_path / "soc2gate.yaml").write_text(
        f"regions: [{REGION}]\naccounts:\n  - role_arn: {role(PROD)}\n  - role_arn: {role(TEST)}\n"
        f"managed:\n  kinds: [{QUEUE}]\n"
    )

    def soc2gate(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "soc2gate", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    with aws.refusing(Refusal(f"iam%3A%3A{TEST}", "AccessDenied", "query")):
        done = soc2gate("verify", "--rule", "sqs-encrypted", "--save-snapshot", "live.json.gz", "--format", "json")
    report = json.loads(done.stdout)
    assert "sts:AssumeRole was denied" in str(report["problems"])
    assert {one["account"] for one in report["snapshots"]} == {PROD, TEST}
    listed = soc2gate("inventory", "--snapshot", "live.json.gz", "--format", "json")
    assert listed.returncode == 3, "one account was not looked at"
    (queue,) = [one for one in json.loads(listed.stdout)["assets"] if one["kind"] == QUEUE]
    assert (queue["account"], queue["matched"]) == (PROD, "matched")
