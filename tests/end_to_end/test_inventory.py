"""The list of assets that an auditor asks for first."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CODE = """\
resource "aws_s3_bucket" "logs" {
  bucket = "logs"
  tags   = { DataClassification = "internal", team = "platform" }
}

resource "aws_s3_bucket" "gone" {
  bucket = "gone"
}
"""
BUCKET = "AWS::S3::Bucket"
SNAPSHOT = {
    "schema": "soc2gate.snapshot/1",
    "provider": "aws",
    "account": "123456789012",
    "taken_at": "2026-11-21T09:00:00Z",
    "resources": [
        {
            "kind": BUCKET,
            "region": "eu-west-1",
            "uid": f"arn:aws:s3:::{name}",
            "identity": {"name": name, "account": "123456789012", "region": "eu-west-1"},
            "tags": tags,
            "properties": {"BucketName": name},
        }
        for name, tags in (
            ("logs", {"DataClassification": "secret"}),
            ("by-hand", {"owner": "ada"}),
            ('=cmd("x")', {}),
        )
    ],
}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def soc2gate(tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "soc2gate", "inventory", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ},
        )

    (tmp_path / "main.tf").write_text(CODE)
    return run


@pytest.fixture
def snapshot(tmp_path: Path) -> str:
    from soc2gate.live.snapshot import Snapshot

    content: Any = SNAPSHOT
    Snapshot.parse(content, "s", strict_digest=False).write(tmp_path / "live.json.gz")
    return "live.json.gz"


def assets(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {item["address"] or item["uid"]: item for item in json.loads(done.stdout)["assets"]}


def test_code_alone_is_an_inventory_too(soc2gate: Run) -> None:
    done = soc2gate("--format", "json")
    assert done.returncode == 0, done.stderr
    found = assets(done)
    assert found["aws_s3_bucket.logs"] == {
        "kind": BUCKET,
        "address": "aws_s3_bucket.logs",
        "uid": "",
        "account": "",
        "region": "",
        "environment": "",
        "owner": "platform",
        "classification": {"DataClassification": "internal"},
        "matched": "not compared",
        "where": "main.tf:1",
    }
    assert len(found) == 2


def test_with_what_runs_each_asset_says_whether_both_sides_know_it(soc2gate: Run, snapshot: str) -> None:
    done = soc2gate("--snapshot", snapshot, "--format", "json")
    found = assets(done)
    assert {name: item["matched"] for name, item in found.items()} == {
        "aws_s3_bucket.logs": "matched",
        "aws_s3_bucket.gone": "missing",
        "arn:aws:s3:::by-hand": "unmanaged",
        'arn:aws:s3:::=cmd("x")': "unmanaged",
    }
    logs = found["aws_s3_bucket.logs"]
    assert logs["uid"] == "arn:aws:s3:::logs"
    assert (logs["account"], logs["region"]) == ("123456789012", "eu-west-1")
    assert logs["classification"] == {"DataClassification": "secret"}, "what runs is what is"
    assert found["arn:aws:s3:::by-hand"]["owner"] == "ada"
    assert json.loads(done.stdout)["counts"] == {"matched": 1, "missing": 1, "unmanaged": 2}


def test_the_configuration_says_who_answers_for_a_file(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "soc2gate.yaml").write_text('owners:\n  "*.tf": grace\n')
    assert {item["owner"] for item in assets(soc2gate("--format", "json")).values()} == {"grace"}


def test_a_spreadsheet_gets_no_formula(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "main.tf").write_text(CODE.replace('"platform"', '"=HYPERLINK(1)"'))
    done = soc2gate("--output", "assets.csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "assets.csv").read_text())))
    assert {row["owner"] for row in rows} == {"", "'=HYPERLINK(1)"}
    assert {row["classification"] for row in rows} == {"", "DataClassification=internal"}


def test_text_counts_what_it_lists(soc2gate: Run, snapshot: str) -> None:
    done = soc2gate("--snapshot", snapshot)
    assert done.stdout.endswith("4 assets: 1 matched, 1 missing, 2 unmanaged\n")
    assert "aws_s3_bucket.logs · arn:aws:s3:::logs · matched · 123456789012 eu-west-1 · owner platform" in done.stdout


def test_what_could_not_be_looked_at_is_said(tmp_path: Path, soc2gate: Run) -> None:
    (tmp_path / "broken.tf").write_text('resource "aws_s3_bucket" {')
    done = soc2gate("--format", "json")
    assert done.returncode == 3
    assert "broken.tf" in done.stdout


def test_reading_live_is_asked_for(soc2gate: Run) -> None:
    done = soc2gate("--region", "eu-west-1")
    assert done.returncode == 2
    assert "add --live" in done.stderr
