"""Looking again: what is new since the last look, what is gone, and for how long the rest has been there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aws_for_tests import running_aws

CODE = """\
resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = true
}
"""
QUEUE = "AWS::SQS::Queue"
SCHEMA = Path(__file__).parents[2] / "src" / "soc2gate" / "json_schemas" / "result.schema.json"

Look = Callable[..., tuple[int, dict[str, Any]]]


def queue(name: str, *, encrypted: bool) -> dict[str, Any]:
    return {
        "kind": QUEUE,
        "region": "eu-west-1",
        "uid": f"arn:aws:sqs:eu-west-1:123456789012:{name}",
        "identity": {"name": name, "account": "123456789012", "region": "eu-west-1"},
        "properties": {"QueueName": name, "SqsManagedSseEnabled": encrypted},
    }


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """One look at a day of November, at live state that the test makes up."""
    from soc2gate.live.snapshot import Snapshot

    (tmp_path / "main.tf").write_text(CODE)
    (tmp_path / "soc2gate.yaml").write_text(f"managed:\n  kinds: [{QUEUE}]\n")

    def look(day: int, *live: dict[str, Any], unread: bool = False, more: tuple[str, ...] = ()) -> Any:
        content: dict[str, Any] = {
            "schema": "soc2gate.snapshot/1",
            "provider": "aws",
            "account": "123456789012",
            "resources": list(live),
        }
        if unread:
            content["failed_calls"] = [{"kind": QUEUE, "call": "sqs:ListQueues", "error": "AccessDenied"}]
        Snapshot.parse(content, "s", strict_digest=False).write(tmp_path / "live.json")
        command = ["verify", "--snapshot", "live.json", "--history", "seen.json", "--format", "json"]
        command += [
            "--rule",
            "sqs-encrypted",
            "--now",
            f"2026-11-{day:02}T09:00:00Z",
            "--on-incomplete",
            "report",
            "--fail-on",
            "low",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "soc2gate", *command, *more],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(report, json.loads(SCHEMA.read_text()))
        return done.returncode, report

    return look


def test_first_and_last_seen_are_kept_between_looks(look: Look) -> None:
    _, first = look(1, queue("jobs", encrypted=False))
    assert first["history"]["previous"] is None
    assert {one["new"] for one in first["history"]["disagreements"]} == {True}
    _, second = look(4, queue("jobs", encrypted=False), queue("by-hand", encrypted=True))
    assert second["history"]["previous"] == "2026-11-01T09:00:00Z"
    there = {
        (one["address"].rpartition(":")[2], one["new"], one["seconds"]) for one in second["history"]["disagreements"]
    }
    assert ("aws_sqs_queue.jobs", False, 3 * 86400) in there
    assert ("by-hand", True, 0) in there
    told = {item["fingerprint"] for item in second["disagreements"]}
    assert {one["fingerprint"] for one in second["history"]["disagreements"]} <= told
    _, third = look(5, queue("jobs", encrypted=True), queue("by-hand", encrypted=True))
    assert {one["address"] for one in third["history"]["gone"]} == {"aws_sqs_queue.jobs"}
    assert third["history"]["gone"][0]["last_seen"] == "2026-11-04T09:00:00Z"


def test_only_new_closes_on_what_the_last_look_did_not_see(look: Look) -> None:
    only_new = ("--only-new",)
    assert look(1, queue("jobs", encrypted=False), more=only_new)[0] == 1
    code, again = look(2, queue("jobs", encrypted=False), more=only_new)
    assert code == 0, again["decision"]
    assert again["disagreements"], "what is known is still told"
    assert look(3, queue("jobs", encrypted=False), queue("other", encrypted=False), more=only_new)[0] == 1


def test_what_cannot_be_looked_at_is_not_gone(look: Look) -> None:
    look(1, queue("jobs", encrypted=False))
    _, blind = look(2, unread=True)
    assert blind["history"]["gone"] == []
    assert {one["looked"] for one in blind["history"]["disagreements"]} == {False}
    _, seeing = look(3, queue("jobs", encrypted=False))
    assert {one["first_seen"] for one in seeing["history"]["disagreements"]} == {"2026-11-01T09:00:00Z"}
    assert not any(one["new"] for one in seeing["history"]["disagreements"])


def test_the_file_holds_no_value(look: Look, tmp_path: Path) -> None:
    look(1, queue("jobs", encrypted=False))
    kept = json.loads((tmp_path / "seen.json").read_text())
    assert kept["schema"] == "soc2gate.history/1"
    assert {*kept["disagreements"][0]} == {
        "fingerprint",
        "kind",
        "address",
        "difference",
        "property",
        "account",
        "region",
        "first_seen",
        "last_seen",
    }


def test_text_says_for_how_long(look: Look, tmp_path: Path) -> None:
    look(1, queue("jobs", encrypted=False))
    command = ["verify", "--snapshot", "live.json", "--history", "seen.json", "--now", "2026-11-03T13:00:00Z"]
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", *command, "--rule", "sqs-encrypted"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "for 2 d 4 h, first seen 2026-11-01T09:00:00Z" in done.stdout
    assert "disagreements since 2026-11-01T09:00:00Z: 0 new, 0 gone" in done.stdout


def test_a_damaged_history_is_told_and_not_overwritten(look: Look, tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text("{}")
    (tmp_path / "live.json").write_text('{"schema": "soc2gate.snapshot/1"}')
    from soc2gate.live.snapshot import Snapshot

    Snapshot(()).write(tmp_path / "live.json")
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "verify", "--snapshot", "live.json", "--history", "seen.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "seen.json: is no history" in done.stderr
    assert (tmp_path / "seen.json").read_text() == "{}"


def test_watch_looks_again_until_it_is_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.tf").write_text(CODE)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with running_aws() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        command = ["verify", "--watch", "1s", "--region", "eu-west-1", "--rule", "sqs-encrypted", "--fail-on", "low"]
        command += ["--history", "seen.json", "--format", "text", "--only-new", "--on-incomplete", "report"]
        aws.client("sqs").create_queue(QueueName="jobs", Attributes={"SqsManagedSseEnabled": "true"})
        running = subprocess.Popen(
            [sys.executable, "-m", "soc2gate", *command], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        try:
            seen = tmp_path / "seen.json"
            give_up = time.monotonic() + 90
            while not seen.exists() and time.monotonic() < give_up:
                time.sleep(0.1)
            assert json.loads(seen.read_text())["disagreements"] == []
            aws.client("sqs").create_queue(QueueName="by-hand")
            while not json.loads(seen.read_text())["disagreements"] and time.monotonic() < give_up:
                time.sleep(0.1)
            running.send_signal(signal.SIGTERM)
            said, _ = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode in (0, 1)
    assert "1 new" in said
    assert "by-hand" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--watch", "soon"), "“soon” is no span of time"),
        (("--watch", "15m", "--snapshot", "s.json"), "goes with none of --snapshot, --live-state and --now"),
        (("--only-new",), "--only-new needs what the last look saw"),
    ],
)
def test_what_cannot_be_watched_is_said(tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "verify", *given],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
