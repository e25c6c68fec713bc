"""Every format, from the installed command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from soc2gate.plugins import REPORTERS

BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'


def soc2gate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "soc2gate", *arguments], cwd=folder, capture_output=True, timeout=60)


@pytest.mark.parametrize("name", list(REPORTERS))
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.tf").write_text(BUCKET)
    told = [soc2gate(tmp_path, "scan", "--format", name, "--now", "2026-11-21T09:00:00Z") for _ in range(2)]
    assert told[0].returncode == 1, told[0].stderr
    assert told[0].stdout == told[1].stdout != b""


@pytest.mark.parametrize("name", list(REPORTERS))
def test_a_file_name_that_is_not_utf_8_is_told_in_every_format(tmp_path: Path, name: str) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.tf", "w") as file:
        file.write(BUCKET)
    told = soc2gate(tmp_path, "scan", "--format", name)
    assert told.returncode == 1, told.stderr
    assert b"caf" in told.stdout
    if name in ("json", "sarif"):
        json.loads(told.stdout)
    assert soc2gate(tmp_path, "scan", "--format", name, "--output", "report").returncode == 1


def test_the_name_of_the_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BUCKET)
    soc2gate(tmp_path, "scan", "--output", "r.html", "--output", "r.sarif", "--output", "r.md", "--output", "r.xml")
    starts = {path.suffix: path.read_text(encoding="utf-8")[:10] for path in tmp_path.glob("r.*")}
    assert starts == {".html": "<!doctype ", ".sarif": '{\n  "$sche', ".md": "# soc2gate", ".xml": "<?xml vers"}


@pytest.mark.parametrize("formats", [("text", "json"), ("json", "text")])
def test_a_file_goes_with_the_format_that_its_name_says(tmp_path: Path, formats: tuple[str, str]) -> None:
    (tmp_path / "main.tf").write_text(BUCKET)
    asked = [word for name in formats for word in ("--format", name)]
    told = soc2gate(tmp_path, "scan", *asked, "--output", "r.json")
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["command"] == "scan"
    assert b"SOC 2 CRITERIA" in told.stdout
