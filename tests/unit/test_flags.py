"""A plain scan reads its command line without click, and reads it as click does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMPARE = """\
import sys
from soc2gate.cli import flags
from soc2gate.cli.scan import scan
assert "click" not in sys.modules
arguments = sys.argv[1:]
taken = {}
scan.function = lambda **given: taken.update(given) or 0
plain = flags.quickly(scan, arguments)
if plain is None:
    print("left to click")
    sys.exit()
plain()
import click
told = flags.in_click(scan).make_context("scan", list(arguments)).params
assert told == taken, (told, taken)
print(sorted((name, value) for name, value in taken.items() if value))
"""

PLAIN = [
    [],
    ["."],
    ["infra", "web"],
    ["gone"],
    ["--changed", "infra/main.tf", "infra/gone.tf"],
    ["--fail-on", "low", "."],
    ["--fail-on=low", "--fail-on", "never"],
    [".", "--format", "json", "--format=text", "--output", "out.json", "-v"],
    ["--verbose", "--now", "2026-01-01T00:00:00Z"],
    ["--var", "a=b=c", "--var=d=--e", "--var", "-f", "--var-file", "a.tfvars"],
    ["--rules", "infra", "--rule", "s3-encryption", "--config", "soc2gate.yaml"],
    ["--on-incomplete", "report", "--diff-base", "origin/main", "--baseline", "b.json"],
]

LEFT_TO_CLICK = [
    ["--help"],
    ["--fail-on", "nothing"],
    ["--fail-on"],
    ["--no-such-flag", "x"],
    ["--changed=yes"],
    ["-vx"],
    ["-"],
    ["--", "--odd-name"],
    ["--output", "infra"],
    [""],
    ["--config="],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("infra", "web"):
        (tmp_path / name).mkdir()
    (tmp_path / "infra" / "main.tf").write_text("")
    return tmp_path


def told(folder: Path, arguments: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", COMPARE, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_a_plain_command_line_says_the_same_with_and_without_click(folder: Path, arguments: list[str]) -> None:
    assert told(folder, arguments) != "left to click"


@pytest.mark.parametrize("arguments", LEFT_TO_CLICK, ids=" ".join)
def test_whatever_is_not_plain_is_left_to_click(folder: Path, arguments: list[str]) -> None:
    assert told(folder, arguments) == "left to click"


def test_every_flag_of_scan_can_be_read_without_click(folder: Path) -> None:
    script = """\
import sys
from soc2gate.cli.scan import scan
unusual = [one.names for one in scan.parameters if one.unusual]
assert not unusual, f"flags.py cannot read {unusual}, and every scan would pay for click"
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=folder)


def test_what_click_would_do_to_a_character_is_done(folder: Path) -> None:
    script = (
        "import sys; from soc2gate.cli import flags; flags.echo('\\x1b[31mred\\x1b[0m'); flags.echo('plain', nl=False)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout == "red\nplain"
