"""A baseline does without git what a diff base does with it: old findings are listed, new ones close."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git_for_tests import Repository, failures
from test_diff_base import RULE, VARIABLES, branch, database, diffed, new

FILE = "soc2gate-baseline.json"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_what_was_there_when_it_was_written_closes_nothing(repository: Repository) -> None:
    repository.write({"main.tf": database()})
    assert repository.scan()[0] == 1
    done = repository.run("baseline")
    assert done.returncode == 0
    assert done.stdout == f"{FILE}: 1 findings, 1 added, 0 gone\n"
    code, result = repository.scan("--baseline", FILE)
    assert code == 0
    assert result["baseline"] == {"path": FILE, "known": 1, "gone": []}
    repository.write({"main.tf": "\n\n# moved down\n" + database(), "more.tf": database("second")})
    code, result = repository.scan("--baseline", FILE)
    assert code == 1
    assert new(result) == {(RULE, "aws_db_instance.second")}


def test_it_holds_resource_and_rule_and_no_line(repository: Repository) -> None:
    repository.write({"infra/main.tf": database()})
    assert repository.run("baseline").returncode == 0
    assert json.loads((repository.folder / FILE).read_text())["findings"] == [
        {"root": "infra", "address": "aws_db_instance.main", "rule": RULE, "verdict": "fail"}
    ]


def test_entries_that_no_longer_occur_are_told_where_somebody_looked(repository: Repository) -> None:
    repository.write({"a/main.tf": database(), "b/main.tf": database()})
    assert repository.run("baseline").returncode == 0
    repository.write({"a/main.tf": database(public="false"), "b/main.tf": database(public="false")})
    _, result = repository.scan("a", "--baseline", FILE)
    assert result["baseline"]["gone"] == [{"rule": RULE, "address": "aws_db_instance.main"}]
    done = repository.run("scan", "--baseline", FILE)
    assert f"2 entries of {FILE} no longer occur" in done.stdout
    assert repository.run("baseline").stdout == f"{FILE}: 0 findings, 0 added, 2 gone\n"


def test_a_scan_of_what_changed_says_of_no_other_entry_that_it_is_gone(repository: Repository) -> None:
    repository.write({"main.tf": database(), "more.tf": database("second")})
    assert repository.run("baseline").returncode == 0
    code, result = repository.scan("--baseline", FILE, "--changed", "more.tf")
    assert code == 0
    assert result["baseline"] == {"path": FILE, "known": 1, "gone": []}


def test_the_same_address_in_another_root_is_new(repository: Repository) -> None:
    repository.write({"a/main.tf": database()})
    assert repository.run("baseline").returncode == 0
    repository.write({"b/main.tf": database()})
    code, result = repository.scan("--baseline", FILE)
    assert code == 1
    assert {item["root"] for item in result["findings"] if item["new"]} == {"b"}


def test_what_was_undecided_and_fails_now_is_new(repository: Repository) -> None:
    repository.write({"main.tf": database(public="var.public"), "variables.tf": 'variable "public" {}\n'})
    assert repository.scan()[0] == 3
    assert repository.run("baseline").returncode == 0
    assert repository.scan("--baseline", FILE)[0] == 0
    repository.write({"variables.tf": VARIABLES.replace("false", "true")})
    code, result = repository.scan("--baseline", FILE)
    assert code == 1
    assert new(result) == {(RULE, "aws_db_instance.main")}


def test_a_waived_finding_is_not_in_it(repository: Repository) -> None:
    comment = f"# soc2gate:waive {RULE} reason=x owner=a approver=b expires=2026-07-01\n"
    repository.write({"main.tf": comment + database()})
    assert repository.run("baseline", "--now", "2026-06-01").stdout == f"{FILE}: 0 findings, 0 added, 0 gone\n"


def test_half_a_repository_makes_no_baseline(repository: Repository) -> None:
    repository.write({"main.tf": database(), "broken.tf": "resource {\n"})
    done = repository.run("baseline")
    assert done.returncode == 3
    assert not (repository.folder / FILE).exists()


@pytest.mark.parametrize("text", ["[]", "{", '{"schema": "soc2gate.baseline/1", "findings": [{"rule": "x"}]}'])
def test_a_file_that_is_no_baseline_is_refused_by_name(repository: Repository, text: str) -> None:
    repository.write({"main.tf": database(), FILE: text})
    done = repository.run("scan", "--baseline", FILE)
    assert done.returncode == 2
    assert done.stderr.startswith(f"soc2gate: {FILE}")


def test_with_a_diff_base_it_is_the_base_s_baseline_that_counts(repository: Repository) -> None:
    repository.commit({"main.tf": database(public="var.public"), "variables.tf": VARIABLES})
    branch(repository, {"variables.tf": VARIABLES.replace("false", "true")})
    assert repository.run("baseline").returncode == 0
    repository.commit({})
    assert repository.scan("--baseline", FILE)[0] == 0
    code, result = diffed(repository, "--baseline", FILE)
    assert code == 1
    assert failures(result) == new(result) == {(RULE, "aws_db_instance.main")}
    assert [(item["what"], item["change"]) for item in result["diff"]["policy_changes"]] == [("baseline", "added")]


def test_verify_holds_what_is_known_of_the_code_and_nothing_that_runs(repository: Repository) -> None:
    from soc2gate.live.snapshot import Snapshot

    code = 'resource "aws_sqs_queue" "q" {\n  name                    = "q"\n  sqs_managed_sse_enabled = %s\n}\n'
    arn = "arn:aws:sqs:eu-west-1:123456789012:q"
    queue = {
        "kind": "AWS::SQS::Queue",
        "region": "eu-west-1",
        "uid": arn,
        "identity": {"arn": arn, "name": "q"},
        "properties": {"QueueName": "q", "SqsManagedSseEnabled": True},
    }
    short = {"schema": "soc2gate.snapshot/1", "provider": "aws", "resources": [queue]}
    live = repository.folder / "live.json.gz"
    Snapshot.parse(json.loads(json.dumps(short)), "live", strict_digest=False).write(live)
    repository.write({"main.tf": code % "false"})
    assert repository.run("baseline", "--rule", "sqs-encrypted").returncode == 0
    asked = ["verify", "--snapshot", "live.json.gz", "--rule", "sqs-encrypted", "--baseline", FILE, "--format", "json"]
    asked += ["--fail-on", "low", "--on-incomplete", "report"]
    result = json.loads(repository.run(*asked).stdout)
    declared = [item for item in result["findings"] if item["side"] == "declared"]
    assert [(item["verdict"], item["new"]) for item in declared] == [("fail", False)]
    # Live state is not in the baseline: what differs from the code closes the gate.
    assert [item["difference"] for item in result["disagreements"]] == ["changed"]
    assert result["decision"]["exit"] == 1
    repository.write({"main.tf": code % "true"})
    assert json.loads(repository.run(*asked).stdout)["decision"]["exit"] == 0
    queue["properties"] = {"QueueName": "q", "SqsManagedSseEnabled": False}
    Snapshot.parse(json.loads(json.dumps(short)), "live", strict_digest=False).write(live)
    repository.write({"main.tf": code % "false"})
    result = json.loads(repository.run(*asked).stdout)
    closing = [item["side"] for item in result["findings"] if item["verdict"] == "fail" and item["new"] is not False]
    assert (closing, result["decision"]["exit"]) == (["live"], 1)
