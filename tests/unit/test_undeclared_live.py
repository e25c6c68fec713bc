"""What code never says, and what accepts it: its own baseline, and no waiver."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import REGION, Aws, signed_in

CODE = """resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = true
}
"""
WAIVER = """waivers:
  - {rule: sqs-encrypted, address: "*", reason: known, owner: ada, approver: grace, expires: 2027-01-31}
"""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with signed_in(monkeypatch) as server:
        queue = server.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        attributes = {"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "alias/by-hand"}
        server.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes=attributes)
        yield server


def verified(folder: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    (folder / "main.tf").write_text(CODE)
    command = ["verify", "--region", REGION, "--rule", "sqs-encrypted", "--fail-on", "low", "--format", "json", *more]
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert report["disagreements"] == []
    return done.returncode, report["undeclared"]["properties"]


def test_no_waiver_covers_what_code_never_says_and_its_baseline_does(aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "soc2gate.yaml").write_text(WAIVER)
    code, (told,) = verified(tmp_path, "--on-undeclared", "block")
    assert (code, told["property"], told["waiver"]) == (1, "KmsMasterKeyId", None)
    verified(tmp_path, "--accept-undeclared")
    accepted = ("--undeclared-baseline", "soc2gate-undeclared.json", "--on-undeclared", "block")
    assert verified(tmp_path, *accepted) == (0, [])
