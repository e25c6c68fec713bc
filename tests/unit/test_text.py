"""The report in a terminal, whole, and inert whatever things are called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import runs_for_tests as given

from soc2gate.output import text


def test_the_report_reads_like_this(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden("report.txt", text.render(given.a_run(tmp_path), width=110))


def test_a_change_reads_like_this(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden("report-change.txt", text.render(given.a_change(tmp_path), width=110))


def test_colour_changes_no_word(tmp_path: Path) -> None:
    plain = text.render(given.a_run(tmp_path), width=110)
    assert re.sub(r"\x1b\[[\d;]*m", "", text.render(given.a_run(tmp_path), width=110, color=True)) == plain
    assert "\x1b[" not in plain


def test_a_name_cannot_command_the_terminal() -> None:
    hostile = given.hostile(given.a_run(), "x\x1b]0;owned\x07\x1b[2J\r\u202e\ufdd08\ufdd1y")
    assert {char for char in text.render(hostile, width=110) if not char.isprintable()} == {"\n"}
    coloured = re.sub(r"\x1b\[(1|2|3\d|0|1;3\d|1;4)m", "", text.render(hostile, width=110, color=True))
    assert {char for char in coloured if not char.isprintable()} == {"\n"}
