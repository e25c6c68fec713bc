"""`scan --checkov` with the real checkov: its findings beside ours, and nothing in the repository runs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import checkov_for_tests
import jsonschema
import pytest
from git_for_tests import Repository, failures

import soc2gate

SCHEMA = Path(soc2gate.__file__).parent / "json_schemas" / "result.schema.json"
MAIN = """\
module "orders" {
  source = "./queue"
  name   = "orders"
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_144:one region is enough
  bucket = "logs"
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket              = aws_s3_bucket.logs.id
  block_public_acls   = true
  block_public_policy = true
}

resource "aws_instance" "web" {
  ami           = "ami-1"
  instance_type = "t3.micro"
  ebs_optimized = false
}
"""
QUEUE = 'variable "name" {}\n\nresource "aws_sqs_queue" "q" {\n  name = var.name\n}\n'
STACK = "Resources:\n  Audit:\n    Type: AWS::SQS::Queue\n    Properties: {KmsMasterKeyId: alias/mine}\n"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "web:latest", securityContext: {privileged: true}}
"""

pytestmark = pytest.mark.checkov


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def path() -> dict[str, str]:
    """A PATH that has checkov on it."""
    return {"PATH": f"{checkov_for_tests.checkov().parent}{os.pathsep}{os.environ['PATH']}"}


def scan(repository: Repository, *arguments: str, more: dict[str, str]) -> tuple[int, dict[str, Any]]:
    code, result = repository.scan("--checkov", *arguments, more=more)
    jsonschema.validate(result, json.loads(SCHEMA.read_text("utf-8")))
    return code, result


def theirs(result: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(item["rule"], item["address"]): item for item in result["findings"] if item["engine"] == "checkov"}


def also(result: dict[str, Any], rule: str, address: str) -> dict[str, str]:
    found = [item for item in result["findings"] if (item["rule"], item["address"]) == (rule, address)]
    assert len(found) == 1
    return {item["check"]: item["verdict"] for item in found[0]["also"]}


def test_its_findings_stand_beside_ours_and_what_we_ask_too_is_told_once(
    repository: Repository, path: dict[str, str]
) -> None:
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE, "stack.yaml": STACK, "k8s/web.yaml": WEB})
    code, result = scan(repository, more=path)
    found = theirs(result)
    assert code == 1
    # Only checkov asks it: mapped to control, criteria and a severity of the mapping's.
    plain = found["CKV_AWS_8", "aws_instance.web"]
    assert (plain["verdict"], plain["control"], plain["criteria"]) == ("fail", "encryption-at-rest", ["CC6.1"])
    assert (plain["kind"], plain["where"]["path"]) == ("AWS::EC2::Instance", "main.tf")
    assert found["CKV_K8S_40", "Deployment/shop/web"]["verdict"] == "fail"
    # We ask it too: of the bucket itself, through a companion, inside a module, in a template, in a manifest.
    assert also(result, "s3-versioning", "aws_s3_bucket.logs") == {"CKV_AWS_21": "fail"}
    assert also(result, "s3-block-public-acls", "aws_s3_bucket.logs") == {"CKV_AWS_53": "pass"}
    assert also(result, "sqs-encrypted", "module.orders.aws_sqs_queue.q") == {"CKV_AWS_27": "fail"}
    assert also(result, "sqs-encrypted", "Audit") == {"CKV_AWS_27": "pass"}
    assert also(result, "k8s-no-privileged", "Deployment/shop/web") == {"CKV_K8S_16": "fail"}
    covered = {"CKV_AWS_21", "CKV_AWS_53", "CKV_AWS_27", "CKV_K8S_16"}
    assert covered.isdisjoint(rule for rule, _ in found)


def test_what_became_of_every_result_is_counted(repository: Repository, path: dict[str, str]) -> None:
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE})
    _, result = scan(repository, more=path)
    (engine,) = result["engines"]
    assert (engine["name"], engine["version"], engine["source"]) == ("checkov", engine["reviewed"], "")
    assert engine["told"] == len(theirs(result))
    assert engine["covered"] == sum(len(item["also"]) for item in result["findings"])
    # A queue that says nothing is encrypted by SQS itself; checkov does not know.
    assert engine["differing"] >= 1
    assert engine["no_control"]["CKV_AWS_135"] == {"fail": 1}
    assert engine["unmapped"] == {}
    counted = sum(sum(verdicts.values()) for verdicts in engine["no_control"].values())
    asked = checkov_for_tests.run(repository.folder, "--framework", "terraform")
    results = [one for part in asked for held in ("passed_checks", "failed_checks") for one in part["results"][held]]
    skipped = [one for part in asked for one in part["results"]["skipped_checks"]]
    assert engine["told"] + engine["covered"] + counted == len(results) + len(skipped)
    assert engine["skipped"] == len(skipped) == 1


def test_a_skip_is_a_waiver_that_nobody_approved(repository: Repository, path: dict[str, str]) -> None:
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE})
    _, result = scan(repository, more=path)
    skipped = theirs(result)["CKV_AWS_144", "aws_s3_bucket.logs"]
    assert (skipped["verdict"], skipped["waiver"]) == ("unknown", None)
    assert "nobody who approved: one region is enough" in skipped["reason"]
    repository.commit({"soc2gate.yaml": "accept_foreign_skips: true\n"})
    _, result = scan(repository, more=path)
    waiver = theirs(result)["CKV_AWS_144", "aws_s3_bucket.logs"]["waiver"]
    assert (waiver["source"], waiver["reason"], waiver["approver"]) == ("checkov", "one region is enough", "")


def test_a_file_that_checkov_cannot_parse_is_a_problem_and_no_pass(
    repository: Repository, path: dict[str, str]
) -> None:
    # Fine for Terraform and for us; checkov's parser refuses it.
    odd = 'resource "aws_sqs_queue" "q" {\n  name = "${"a"}${"b"}"\n  tags = { for k, v in { a = 1 } : k => v... }\n'
    repository.commit({"odd/main.tf": odd, "main.tf": 'resource "aws_sqs_queue" "r" {\n  name = "r"\n}\n'})
    code, result = scan(repository, more=path)
    assert code == 3
    told = [item for item in result["problems"] if item["stage"] == "checkov"]
    assert [(item["weight"], item["where"]["path"]) for item in told] == [("gap", "odd/main.tf")]


def test_nothing_that_the_repository_brings_runs(repository: Repository, path: dict[str, str], tmp_path: Path) -> None:
    """A `.checkov.yaml` beside the code can name Python for checkov to load."""
    mark = tmp_path / "ran"
    evil = f"open({str(mark)!r}, 'w').close()\n"
    config = "external-checks-dir: [checks]\nkind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: []}\n"
    files = {"checks/__init__.py": "", "checks/evil.py": evil, ".checkov.yaml": config, ".checkov.yml": config}
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE, **files})
    scan(repository, more={**path, "HOME": str(repository.folder)})
    assert not mark.exists()


def test_checkov_that_the_repository_brings_is_refused(repository: Repository) -> None:
    repository.commit({"main.tf": MAIN, "soc2gate.yaml": "checkov: {command: ./checkov}\n", "checkov": "#!/bin/sh\n"})
    done = repository.run("scan", "--checkov")
    assert done.returncode == 2
    assert "inside the scanned repository, and nothing in it runs" in done.stderr


def test_a_change_is_judged_by_what_it_adds_to_checkovs_findings(repository: Repository, path: dict[str, str]) -> None:
    """And a skip that comes with it waives nothing: no change opens its own gate."""
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE, "soc2gate.yaml": "accept_foreign_skips: true\n"})
    repository.git("checkout", "--quiet", "-b", "feature")
    more = 'resource "aws_instance" "{name}" {{\n  {skip}\n  ami = "ami-1"\n  instance_type = "t3.micro"\n}}\n'
    skip = "#checkov:skip=CKV_AWS_8:it is fine"
    repository.commit({"more.tf": more.format(name="new", skip="") + more.format(name="quiet", skip=skip)})
    code, result = scan(repository, "--diff-base", "main", more=path)
    found = theirs(result)
    assert code == 1
    assert found["CKV_AWS_8", "aws_instance.web"]["new"] is False
    assert found["CKV_AWS_8", "aws_instance.new"]["new"] is True
    quiet = found["CKV_AWS_8", "aws_instance.quiet"]
    assert (quiet["new"], quiet["verdict"], quiet["waiver"]) == (True, "unknown", None)
    old = found["CKV_AWS_144", "aws_s3_bucket.logs"]
    assert (old["new"], old["waiver"]["source"]) == (False, "checkov")


def test_its_passes_make_no_criterion_green(repository: Repository, path: dict[str, str]) -> None:
    """checkov passes what it cannot resolve."""
    code = 'resource "aws_cloudwatch_metric_alarm" "a" {\n  alarm_name = "a"\n  actions_enabled = true\n}\n'
    repository.commit({"main.tf": code})
    _, result = scan(repository, more=path)
    assert theirs(result)["CKV_AWS_319", "aws_cloudwatch_metric_alarm.a"]["verdict"] == "pass"
    assert {item["id"]: item["status"] for item in result["criteria"]}["CC7.2"] == "no_data"


def test_every_report_says_whose_finding_it_is(repository: Repository, path: dict[str, str], tmp_path: Path) -> None:
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE})
    formats = {"text": "r.txt", "sarif": "r.sarif", "markdown": "r.md", "junit": "r.xml", "html": "r.html"}
    asked = [word for name, file in formats.items() for word in ("--format", name, "--output", str(tmp_path / file))]
    assert repository.run("scan", "--checkov", *asked, more=path).returncode == 1
    told = {name: (tmp_path / file).read_text() for name, file in formats.items()}
    for name in ("text", "junit"):
        assert "CKV_AWS_8 (checkov)" in told[name], name
    assert "`CKV_AWS_8` (checkov)" in told["markdown"]
    assert '<span class="pill">checkov</span>' in told["html"]
    assert "sqs-encrypted says pass, CKV_AWS_27 fail" in told["text"]
    run = json.loads(told["sarif"])["runs"][0]
    one = next(item for item in run["results"] if item["ruleId"] == "CKV_AWS_8")
    assert one["properties"]["engine"] == "checkov"
    assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["properties"]["tags"] == ["security", "engine/checkov"]


def test_checkov_is_given_its_time_and_no_more(repository: Repository, tmp_path: Path) -> None:
    slow = tmp_path / "checkov"
    left = tmp_path / "left"
    slow.write_text(f"#!/bin/sh\n(sleep 6; touch {left}) &\nsleep 60\n")
    slow.chmod(0o755)
    repository.commit({"main.tf": MAIN, "soc2gate.yaml": f"checkov: {{command: {slow}, timeout: 1}}\n"})
    begun = time.monotonic()
    code, result = repository.scan("--checkov")
    assert time.monotonic() - begun < 30
    assert code == 3
    assert "checkov did not end within 1 seconds, and was stopped" in [item["message"] for item in result["problems"]]
    time.sleep(7)
    # What it started ended with it.
    assert not left.exists()


def test_checkov_sees_no_credential_of_ours_and_only_what_was_judged(repository: Repository, tmp_path: Path) -> None:
    spy = tmp_path / "checkov"
    seen = tmp_path / "seen"
    spy.write_text(
        f'#!/bin/sh\nenv > {seen}\nfind $2 -type f >> {seen}\necho \'{{"passed": 0, "checkov_version": "1"}}\'\n'
    )
    spy.chmod(0o755)
    files = {"main.tf": MAIN, "queue/main.tf": QUEUE, "secret.env": "TOKEN=1\n"}
    repository.commit({**files, "soc2gate.yaml": f"checkov: {{command: {spy}}}\n"})
    repository.scan("--checkov", more={"BC_API_KEY": "key", "GITHUB_TOKEN": "token", "HOME": str(tmp_path)})
    told = seen.read_text()
    assert "key" not in told.split()
    assert "BC_API_KEY" not in told
    assert "GITHUB_TOKEN" not in told
    assert "queue/main.tf" in told
    assert "secret.env" not in told
    assert "CKV_PARSE_ERROR_FAIL=true" in told


def test_what_checkov_does_not_say_is_not_enough_evidence(repository: Repository, tmp_path: Path) -> None:
    broken = tmp_path / "checkov"
    broken.write_text("#!/bin/sh\necho 'Traceback: it broke' >&2\nexit 2\n")
    broken.chmod(0o755)
    queue = 'resource "aws_sqs_queue" "q" {\n  name = "q"\n  sqs_managed_sse_enabled = true\n}\n'
    repository.commit({"main.tf": queue, "soc2gate.yaml": f"checkov: {{command: {broken}}}\n"})
    code, result = repository.scan("--checkov")
    assert code == 3
    assert "checkov failed with exit code 2: Traceback: it broke" in [item["message"] for item in result["problems"]]


def test_without_checkov_the_command_says_how_to_get_it(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"main.tf": MAIN})
    nowhere = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = repository.run("scan", "--checkov", more=nowhere)
    assert done.returncode == 2
    assert "there is no checkov here" in done.stderr
    assert "doctor --install-checkov" in done.stderr


def test_doctor_makes_an_environment_that_the_next_scan_finds(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE})
    # checkov itself is installed; what it needs is taken from the environment that all tests use, for it is a lot.
    here = {"PATH": "/usr/bin:/bin", "XDG_DATA_HOME": str(tmp_path / "data"), "PIP_NO_DEPS": "1"}
    done = repository.run("doctor", "--install-checkov", more=here)
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.strip())
    assert made.is_relative_to(tmp_path / "data" / "soc2gate")
    (ours,) = made.parents[1].glob("lib/python*/site-packages")
    (needed,) = checkov_for_tests.checkov().parents[1].glob("lib/python*/site-packages")
    (ours / "needed.pth").write_text(f"{needed}\n")
    assert repository.run("doctor", "--find-checkov", more=here).stdout.strip() == str(made)
    code, result = scan(repository, more=here)
    (engine,) = result["engines"]
    assert (code, engine["version"]) == (1, engine["reviewed"])
    assert made.parents[1].name == f"checkov-{engine['version']}"
    assert ("CKV_AWS_8", "aws_instance.web") in theirs(result)


def test_what_cannot_be_installed_leaves_nothing_behind(repository: Repository, tmp_path: Path) -> None:
    here = {"XDG_DATA_HOME": str(tmp_path / "data"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    done = repository.run("doctor", "--install-checkov", more=here)
    assert done.returncode == 2
    assert "checkov could not be installed: ERROR: No matching distribution found" in done.stderr
    assert list((tmp_path / "data" / "soc2gate").iterdir()) == []


def test_a_plain_scan_asks_no_other_engine(repository: Repository) -> None:
    repository.commit({"main.tf": MAIN, "queue/main.tf": QUEUE})
    _, result = repository.scan()
    assert result["engines"] == []
    assert {item["engine"] for item in result["findings"]} == {"soc2gate"}
    assert failures(result)
