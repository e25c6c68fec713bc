"""The installed command as people meet it: what it prints, what it leaves with, and what it does with bad input."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from soc2gate.cli import commands

OPEN_SSH = """\
variable "ports" {
  default = [22]
}

resource "aws_security_group" "web" {
  name = "web"

  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
"""
ENCRYPTED_QUEUE = (
    'resource "aws_sqs_queue" "q" {\n  name                    = "q"\n  sqs_managed_sse_enabled = true\n}\n'
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def soc2gate(tmp_path: Path) -> Run:
    """The command, run in an empty folder that the test fills."""

    def run(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).parent / "soc2gate"), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def failing(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["rule"], item["address"]) for item in report["findings"] if item["verdict"] == "fail"]


def test_a_finding_names_rule_line_value_and_fix(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    done = soc2gate("scan")
    assert done.returncode == 1
    for wanted in (
        "sg-no-ssh-from-internet",
        "main.tf:14",
        'cidr_blocks = ["0.0.0.0/0"]',
        "aws_security_group.web",
        "CC6.6",
        "fix",
    ):
        assert wanted in done.stdout
    assert done.stdout.splitlines()[-1].startswith("gate closed (exit 1): 1 finding in code at high or above")


def test_evidence_says_where_a_value_is_only_a_default(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "days" {\n  default = 1\n}\nlocals {\n  kept = var.days\n}\n'
        'resource "aws_db_instance" "d" {\n  backup_retention_period = local.kept\n}\n'
    )
    assert 'BackupRetentionPeriod = 1  (default of variable "days")' in soc2gate("scan").stdout
    assert "default of variable" not in soc2gate("scan", "--var", "days=2").stdout


def test_variables_come_from_files_flags_and_the_environment(
    tmp_path: Path, soc2gate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(
        'variable "days" {}\nresource "aws_db_instance" "d" {\n  backup_retention_period = var.days\n}\n'
    )
    (tmp_path / "prod.tfvars").write_text("days = 14\n")

    def verdict(*flags: str) -> str:
        report = result(soc2gate("scan", "infra", "--format", "json", "--rule", "rds-backup-retention", *flags))
        return str(report["findings"][0]["verdict"])

    assert verdict() == "unknown"
    assert verdict("--var-file", "prod.tfvars") == "pass"
    assert verdict("--var-file", "prod.tfvars", "--var", "days=1") == "fail"
    (tmp_path / "soc2gate.yaml").write_text("roots:\n  - path: infra\n    var_files: [../prod.tfvars]\n")
    assert verdict() == "pass"
    (tmp_path / "soc2gate.yaml").unlink()
    monkeypatch.setenv("TF_VAR_days", "7")
    assert verdict() == "pass"
    assert "there is no file" in soc2gate("scan", "infra", "--var-file", "nope.tfvars").stderr


def test_every_finding_and_evidence_value_carries_its_line(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    (finding,) = [
        item for item in result(soc2gate("scan", "--format", "json"))["findings"] if item["verdict"] == "fail"
    ]
    assert finding["where"] == {"path": "main.tf", "line": 5, "column": 1, "end_line": 17}
    lines = {item["path"]: item["where"]["line"] for item in finding["evidence"]}
    assert lines["SecurityGroupIngress[0].CidrIp"] == 14
    assert lines["SecurityGroupIngress[0].FromPort"] == 11


def test_the_json_result_keeps_its_contract(tmp_path: Path, soc2gate: Run) -> None:
    import jsonschema

    schema = json.loads((Path(__file__).parents[2] / "src/soc2gate/json_schemas/result.schema.json").read_text())
    (tmp_path / "main.tf").write_text(
        OPEN_SSH + 'variable "acl" {}\nresource "aws_ebs_volume" "v" {\n  encrypted = var.acl\n}\n'
    )
    (tmp_path / "broken.tf").write_text("resource {")
    report = result(soc2gate("scan", "--format", "json"))
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    assert {item["verdict"] for item in report["findings"]} >= {"fail", "unknown"}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    runs = {soc2gate("scan", "--format", "json", "--now", "2026-11-21T09:00:00Z").stdout for _ in range(2)}
    assert len(runs) == 1


def test_a_clean_folder_leaves_the_gate_open(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    done = soc2gate("scan")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("gate open (exit 0)")


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("broken.tf", 'resource "aws_sqs_queue" "q" {\n  name = \n}\n', "broken.tf:2:"),
        ("broken.yaml", "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  Q: [unclosed\n", "broken.yaml:"),
        ("broken.json", '{"AWSTemplateFormatVersion": "2010-09-09",\n "Resources": {"Q": }\n}\n', "broken.json:2:"),
        ("twice.yaml", "apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: a}\n", "twice.yaml:3:"),
    ],
)
def test_a_broken_file_is_told_with_its_place_and_hides_nothing_else(
    tmp_path: Path, soc2gate: Run, name: str, text: str, place: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "good.tf").write_text(ENCRYPTED_QUEUE)
    done = soc2gate("scan")
    assert done.returncode == 3, done.stdout + done.stderr
    assert place in done.stdout
    assert "input could not be read" in done.stdout
    report = result(soc2gate("scan", "--format", "json"))
    assert "aws_sqs_queue.q" in {item["address"] for item in report["findings"]}
    (tmp_path / "bad.tf").write_text(OPEN_SSH)
    assert soc2gate("scan").returncode == 1


def test_broken_input_is_not_silenced_by_report_mode(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "broken.tf").write_text("resource {")
    assert soc2gate("scan", "--on-incomplete", "report").returncode == 3


def test_a_missing_module_is_a_gap_that_report_mode_only_counts(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text('module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n')
    blocked, told = soc2gate("scan"), soc2gate("scan", "--on-incomplete", "report")
    assert (blocked.returncode, told.returncode) == (3, 0)
    assert "were not looked at" in told.stdout
    assert "main.tf:1" in told.stdout
    assert "could not be looked at" in told.stdout.splitlines()[-1]


@pytest.mark.parametrize("files", [{}, {"README.md": "hello"}, {"values.yaml": "replicas: 3\n"}])
def test_nothing_to_scan_is_asked_wrongly(tmp_path: Path, soc2gate: Run, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = soc2gate("scan")
    assert done.returncode == 2
    assert "nothing to scan" in done.stderr
    assert done.stdout == ""


def test_a_folder_that_does_not_exist_is_asked_wrongly(soc2gate: Run) -> None:
    done = soc2gate("scan", "infra")
    assert (done.returncode, "there is no file or folder" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["scna"], "did you mean “scan”?"),
        (["scan", "--formatt", "json"], "--format"),
        (["scan", "--rule", "s3-encrypton"], "did you mean “s3-encryption”?"),
        (["rules", "show", "sg-no-ssh"], "did you mean “sg-no-ssh-from-internet”?"),
        (["criteria", "CC66"], "did you mean “CC6.6”?"),
        (["collect", "--kind", "AWS::S3::Buket"], "did you mean “AWS::S3::Bucket”?"),
        (["scan", "--now", "yesterday"], "2026-11-21T09:00:00Z"),
        (["scan", "--var", "region"], "NAME=VALUE"),
    ],
)
def test_asking_wrongly_is_answered_with_what_was_probably_meant(
    tmp_path: Path, soc2gate: Run, arguments: list[str], hint: str
) -> None:
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    done = soc2gate(*arguments)
    assert done.returncode == 2
    assert hint in done.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('module "m" {\n  source = "../../outside"\n}\n', "../../outside"),
        (
            'locals {\n  x = file("/etc/hostname")\n}\nresource "aws_sqs_queue" "q" {\n  name = local.x\n}\n',
            "/etc/hostname",
        ),
        ('resource "aws_sqs_queue" "q" {\n  name = file("../../../secret")\n}\n', "../../../secret"),
    ],
)
def test_what_leaves_the_root_is_refused_by_name(tmp_path: Path, soc2gate: Run, text: str, named: str) -> None:
    (tmp_path / "main.tf").write_text(text)
    done = soc2gate("scan")
    assert done.returncode == 3, done.stdout
    assert named in done.stdout


def test_a_link_that_leaves_the_root_is_refused_by_name(tmp_path: Path, soc2gate: Run) -> None:
    inside = tmp_path / "repository"
    inside.mkdir()
    (tmp_path / "outside.tf").write_text(OPEN_SSH)
    (inside / "main.tf").write_text(ENCRYPTED_QUEUE)
    (inside / "link.tf").symlink_to(tmp_path / "outside.tf")
    subprocess.run(["git", "init", "-q", str(inside)], check=True)
    done = soc2gate("scan", "repository")
    assert done.returncode == 3
    assert "link.tf" in done.stdout
    assert "sg-no-ssh-from-internet" not in done.stdout


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bomb.yaml", "AWSTemplateFormatVersion: 2010-09-09\n" + BOMB),
        ("deep.yaml", "apiVersion: v1\nkind: Pod\nspec: " + "[" * 10_000 + "]" * 10_000 + "\n"),
        (
            "deep.json",
            '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": ' + '{"a":' * 10_000 + "1" + "}" * 10_001,
        ),
        ("deep.tf", "locals {\n  x = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n}\n"),
        ("deep-list.tf", "locals {\n  x = " + "[" * 10_000 + "]" * 10_000 + "\n}\n"),
    ],
)
def test_a_bomb_ends_in_a_clear_error_within_a_second(tmp_path: Path, soc2gate: Run, name: str, text: str) -> None:
    (tmp_path / "good.tf").write_text(ENCRYPTED_QUEUE)
    soc2gate("scan")  # start-up, and bytecode, are not what is measured
    (tmp_path / name).write_text(text)
    start = time.perf_counter()
    done = soc2gate("scan")
    elapsed = time.perf_counter() - start
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"{name}:" in done.stdout
    assert "Traceback" not in done.stderr
    assert elapsed < 3, "a second of work, with room for starting Python on a busy machine"


def test_configuration_is_read_and_its_mistakes_are_all_told_at_once(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    (tmp_path / "soc2gate.yaml").write_text("fail_on: critical\n")
    assert soc2gate("scan").returncode == 0
    assert soc2gate("scan", "--fail-on", "high").returncode == 1
    (tmp_path / "soc2gate.yaml").write_text("fail_onn: critical\non_incomplete: maybe\n")
    done = soc2gate("scan")
    assert done.returncode == 2
    assert "soc2gate.yaml:1" in done.stderr
    assert "did you mean “fail_on”?" in done.stderr
    assert "soc2gate.yaml:2" in done.stderr


def test_a_waiver_in_the_configuration_opens_the_gate_until_it_expires(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    (tmp_path / "soc2gate.yaml").write_text(
        "waivers:\n  - rule: sg-no-ssh-from-internet\n    address: aws_security_group.*\n    reason: bastion\n"
        "    owner: web\n    approver: security\n    expires: 2026-12-31\n"
    )
    assert soc2gate("scan", "--now", "2026-12-31T23:00:00Z").returncode == 0
    done = soc2gate("scan", "--now", "2027-01-01T00:00:00Z")
    assert done.returncode == 1
    assert "expired on 2026-12-31" in done.stdout


def _pack(folder: Path, assertion: str) -> None:
    rule = folder / "rules" / "queue-keeps-messages"
    rule.mkdir(parents=True)
    (rule / "rule.yaml").write_text(
        "id: queue-keeps-messages\ntitle: Queues keep messages for at least a day\nseverity: high\n"
        f"control: processing-controls\nkind: AWS::SQS::Queue\nassert: {assertion}\n"
        "message: messages are dropped after {resource.MessageRetentionPeriod} seconds\nwhy: They are needed.\n"
        "fix:\n  terraform: Set `message_retention_seconds`.\nsides: [terraform]\n"
    )
    (rule / "pass.tf").write_text('resource "aws_sqs_queue" "q" {\n  message_retention_seconds = 86400\n}\n')
    (rule / "fail.tf").write_text('resource "aws_sqs_queue" "q" {\n  message_retention_seconds = 60\n}\n')
    (rule / "unknown.tf").write_text(
        'variable "s" {}\nresource "aws_sqs_queue" "q" {\n  message_retention_seconds = var.s\n}\n'
    )


def test_a_pack_of_ones_own_is_tested_and_asked_like_ours(tmp_path: Path, soc2gate: Run) -> None:
    _pack(tmp_path / "policy", "resource.MessageRetentionPeriod >= 86400")
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE.replace("}\n", "  message_retention_seconds = 60\n}\n"))
    tested = soc2gate("rules", "test", "--rules", "policy")
    assert (tested.returncode, tested.stdout) == (0, "1 rules, 3 fixtures, 0 failed\n"), tested.stderr
    asked = soc2gate("scan", "main.tf", "--rules", "policy")
    assert asked.returncode == 1
    assert "messages are dropped after 60 seconds" in asked.stdout
    (tmp_path / "soc2gate.yaml").write_text("packs: [./policy]\n")
    assert "queue-keeps-messages" in soc2gate("rules", "list").stdout


def test_a_rule_that_names_a_property_its_kind_does_not_have_is_refused(tmp_path: Path, soc2gate: Run) -> None:
    _pack(tmp_path / "policy", "resource.MessageRetentionPeriode >= 86400")
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    done = soc2gate("scan", "--rules", "policy")
    assert done.returncode == 2
    assert "rule.yaml:6:18" in done.stderr
    assert "did you mean “MessageRetentionPeriod”?" in done.stderr


def test_a_fixture_that_does_not_hold_fails_the_rules_test(tmp_path: Path, soc2gate: Run) -> None:
    _pack(tmp_path / "policy", "resource.MessageRetentionPeriod >= 30")
    done = soc2gate("rules", "test", "--rules", "policy")
    assert done.returncode == 1
    assert "fail.tf" in done.stdout


def test_our_own_rules_hold_their_fixtures(soc2gate: Run) -> None:
    done = soc2gate("rules", "test")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "command", ["", "scan", "verify", "collect", "rules", "rules test", "criteria", "config", "demo", "doctor"]
)
def test_help_teaches_by_example(soc2gate: Run, command: str) -> None:
    done = soc2gate(*command.split(), "--help")
    assert done.returncode == 0
    assert command == "rules test" or "Examples:" in done.stdout


def every_command() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command and the words that call it, those of groups included."""

    def below(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                yield from below((*words, name), child)

    return below(("soc2gate",), commands.soc2gate)


def test_every_command_has_examples_and_each_example_can_be_typed() -> None:
    known = dict(every_command())
    assert len(known) > 30
    tried = 0
    for words, command in known.items():
        assert "Examples:" in (command.epilog or ""), words
        # The lines of an example; what follows two blanks says what it does.
        for line in re.findall(r"^  (soc2gate .*)$", command.epilog or "", re.MULTILINE):
            typed = shlex.split(line.split("   ")[0].split("  ")[0].split(" | ")[0].split(" > ")[0])
            called = max((path for path in known if tuple(typed[: len(path)]) == path), key=len)
            flags = {flag for one in known[called].params for flag in [*one.opts, *one.secondary_opts]}
            given = {word.partition("=")[0] for word in typed[len(called) :] if word.startswith("-")}
            assert given <= flags | {"--help", "--version"}, line
            tried += 1
    assert tried > 80


def test_output_goes_to_files_whole_or_not_at_all(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    done = soc2gate("scan", "--format", "json", "--output", "out/r.json", "--format", "text")
    assert done.returncode == 1
    assert "sg-no-ssh-from-internet" in done.stdout
    assert json.loads((tmp_path / "out" / "r.json").read_text())["decision"]["exit"] == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["r.json"]
    assert soc2gate("scan", "--output", "/proc/none/r.json").returncode == 2


def test_output_to_a_device_or_through_a_link_writes_there_and_replaces_neither(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    (tmp_path / "kept.json").write_text("old")
    (tmp_path / "latest.json").symlink_to("kept.json")
    assert soc2gate("scan", "--output", "latest.json").returncode == 1
    assert (tmp_path / "latest.json").is_symlink()
    assert json.loads((tmp_path / "kept.json").read_text())["decision"]["exit"] == 1
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    assert soc2gate("scan", "--format", "json", "--output", "pipe").returncode == 1
    told, _ = reader.communicate(timeout=10)
    assert json.loads(told)["decision"]["exit"] == 1
    assert (tmp_path / "pipe").is_fifo()


def test_a_report_that_nobody_could_read_never_looks_like_an_open_gate(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)

    def scanned(redirection: str) -> subprocess.CompletedProcess[str]:
        command = f"{sys.executable} -m soc2gate scan --format json {redirection}"
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    gone = scanned("| true")
    assert gone.returncode != 0
    assert "Traceback" not in gone.stderr
    full = scanned("> /dev/full")
    assert full.returncode == 2
    assert full.stderr == "soc2gate: cannot write: No space left on device\n"
    assert scanned(">&-").returncode == 1
    assert scanned("--output r.json >&- 2>&-").returncode == 1
    assert json.loads((tmp_path / "r.json").read_text())["decision"]["exit"] == 1


def test_verify_without_credentials_says_what_to_do(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    done = soc2gate("verify", "--region", "eu-west-1")
    assert done.returncode == 3
    assert "credentials" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("damage", ["cut", "changed", "other"])
def test_a_damaged_snapshot_is_refused_by_name(tmp_path: Path, soc2gate: Run, damage: str) -> None:
    from soc2gate.live.snapshot import Part, Snapshot

    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    file = tmp_path / "live.json"
    Snapshot((Part("aws", "123456789012", taken_at="2026-11-21T09:00:00Z"),)).write(file)
    text = file.read_text()
    file.write_text(
        {"cut": text[: len(text) // 2], "changed": text.replace("123456789012", "999999999999"), "other": "{}"}[damage]
    )
    done = soc2gate("verify", "--snapshot", "live.json")
    assert done.returncode == 3
    assert "live.json" in done.stderr
    assert "Traceback" not in done.stderr


PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.15.5",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "aws_sqs_queue.q",
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "q",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"name": "q", "sqs_managed_sse_enabled": False, "kms_master_key_id": None},
                "after_unknown": {"arn": True, "id": True},
                "after_sensitive": {},
            },
        }
    ],
    "configuration": {
        "root_module": {
            "resources": [
                {
                    "mode": "managed",
                    "type": "aws_sqs_queue",
                    "name": "q",
                    "expressions": {
                        "name": {"constant_value": "q"},
                        "sqs_managed_sse_enabled": {"constant_value": False},
                    },
                }
            ]
        }
    },
}


def test_a_plan_is_scanned_where_it_is_named(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    done = soc2gate("scan", "plan.json", "--fail-on", "low")
    assert done.returncode == 1, done.stderr
    assert "aws_sqs_queue.q" in done.stdout
    assert soc2gate("scan").returncode == 2


def test_verify_takes_a_state_and_refuses_one_that_is_not_there(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    arn = "arn:aws:sqs:eu-west-1:123456789012:q"
    instance = {"attributes": {"id": "https://sqs/q", "arn": arn}}
    state = {
        "version": 4,
        "serial": 1,
        "lineage": "x",
        "resources": [{"mode": "managed", "type": "aws_sqs_queue", "name": "q", "instances": [instance]}],
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    from soc2gate.live.snapshot import Snapshot

    queue = {
        "kind": "AWS::SQS::Queue",
        "region": "eu-west-1",
        "uid": arn,
        "identity": {"arn": arn, "name": "q"},
        "properties": {"QueueName": "q", "SqsManagedSseEnabled": False},
    }
    short = {"schema": "soc2gate.snapshot/1", "provider": "aws", "resources": [queue]}
    Snapshot.parse(json.loads(json.dumps(short)), "live", strict_digest=False).write(tmp_path / "live.json.gz")
    done = soc2gate("verify", "main.tf", "--snapshot", "live.json.gz", "--state", "state.json", "--format", "json")
    told = json.loads(done.stdout)
    assert [item["property"] for item in told["disagreements"]] == ["SqsManagedSseEnabled"], done.stderr
    done = soc2gate("verify", "--snapshot", "live.json.gz", "--state", "gone.json")
    assert done.returncode == 2
    assert "there is no file gone.json" in done.stderr
    done = soc2gate("verify", "--snapshot", "live.json.gz", "--live-state", "gone.json")
    assert "--live-state: there is no file gone.json" in done.stderr


@pytest.mark.parametrize("flag", ["--snapshot", "--live-state"])
def test_what_was_not_collected_is_not_kept(tmp_path: Path, soc2gate: Run, flag: str) -> None:
    """It was left unwritten without a word."""
    done = soc2gate("verify", flag, "live.json", "--save-snapshot", "kept.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--save-snapshot keeps what is collected: it goes with neither --snapshot nor --live-state" in done.stderr


def test_a_flag_counts_more_than_the_environment_and_that_more_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    (tmp_path / "soc2gate.yaml").write_text("fail_on: low\non_incomplete: report\n")
    (tmp_path / "other.yaml").write_text("fail_on: critical\n")

    def judged(*arguments: str, **environment: str) -> tuple[str, str]:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "soc2gate"), "scan", "main.tf", "--format", "json", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )
        if not done.stdout:
            return str(done.returncode), done.stderr
        said = json.loads(done.stdout)["decision"]
        return said["fail_on"], said["on_incomplete"]

    assert judged() == ("low", "report")
    assert judged(SOC2GATE_FAIL_ON="medium", SOC2GATE_ON_INCOMPLETE="block") == ("medium", "block")
    assert judged("--fail-on", "high", SOC2GATE_FAIL_ON="medium") == ("high", "report")
    assert judged(SOC2GATE_CONFIG="other.yaml") == ("critical", "block")
    assert judged("--config", "soc2gate.yaml", SOC2GATE_CONFIG="other.yaml") == ("low", "report")
    code, said = judged(SOC2GATE_FAIL_ON="hihg")
    assert code == "2"
    assert "SOC2GATE_FAIL_ON: there is no “hihg”" in said
    shown = subprocess.run([sys.executable, "-m", "soc2gate", "scan", "--help"], capture_output=True, text=True).stdout
    for name in ("SOC2GATE_CONFIG", "SOC2GATE_FAIL_ON", "SOC2GATE_ON_INCOMPLETE"):
        assert name in shown


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """What a person sees on standard error."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "soc2gate", "scan", *arguments]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while read := os.read(ours, 4096):
            seen += read
    except OSError:
        pass  # Linux says so that the other end is closed
    os.close(ours)
    child.wait(60)
    return seen.decode()


def test_a_long_run_says_on_a_terminal_what_it_is_doing(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "main.tf").write_text(ENCRYPTED_QUEUE)
    slow = tmp_path / "checkov"
    slow.write_text("#!/bin/sh\nsleep 4\n")
    slow.chmod(0o755)
    (repository / "soc2gate.yaml").write_text(f"checkov: {{command: {slow}}}\n")
    seen = on_a_terminal(repository, "--checkov")
    assert "soc2gate: asking checkov … 3 s" in seen
    # The line is gone when the result is told.
    assert seen.endswith("\r" + " " * 79 + "\r")
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "scan", "--checkov"], cwd=repository, capture_output=True, text=True
    )
    assert done.stderr == ""


def test_a_short_run_shows_no_progress(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(ENCRYPTED_QUEUE)
    assert on_a_terminal(tmp_path, "main.tf", "--rule", "sqs-encrypted") == ""


def test_what_is_registered_for_the_end_is_still_done(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(OPEN_SSH)
    script = (
        "import atexit, sys; sys.argv = ['soc2gate', 'scan', '--format', 'json'];"
        "atexit.register(lambda: print('measured', file=sys.stderr));"
        "from soc2gate.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert json.loads(done.stdout)["decision"]["exit"] == 1
    assert done.stderr == "measured\n"
