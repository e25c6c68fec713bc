"""The report in a terminal, whole, and inert whatever things are called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import runs_for_tests as given

from soc2gate.facts import replace
from soc2gate.model.outcome import Difference, RuleContrast, Verdict
from soc2gate.model.rule import Severity
from soc2gate.output import text, told


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


PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("address", "declared", "verdicts", "means"),
    [
        ("aws_s3_bucket.logs", "kms", [(PASS, FAIL)], told.NOT_OPERATING),
        ("aws_s3_bucket.logs", "kms", [(FAIL, PASS), (PASS, FAIL)], told.NOT_OPERATING),
        ("aws_s3_bucket.logs", "none", [(FAIL, PASS)], told.UNDONE),
        # Nothing sets again what code does not say, nor CloudFormation what its template does not change.
        ("aws_s3_bucket.logs", None, [(FAIL, PASS)], "fixed live, and not in code"),
        ("LogsBucket", "none", [(FAIL, PASS)], "fixed live, and not in code"),
        ("aws_s3_bucket.logs", "kms", [(FAIL, FAIL)], "fails in code and live"),
        ("aws_s3_bucket.logs", "kms", [(PASS, UNKNOWN), (PASS, PASS), (None, FAIL)], ""),
    ],
)
def test_what_the_verdicts_of_both_sides_come_to(
    address: str, declared: str | None, verdicts: list[tuple[Verdict | None, Verdict]], means: str
) -> None:
    rules = tuple(RuleContrast(f"rule-{number}", *pair) for number, pair in enumerate(verdicts))
    assert told.meaning(replace(given.CHANGED, address=address, declared=declared, rules=rules)) == means


def test_a_control_that_does_not_operate_is_told_before_other_disagreements_of_its_weight() -> None:
    run = given.a_run()
    low = replace(given.CHANGED, severity=Severity.LOW, fingerprint="7" * 32)
    plain = replace(given.CHANGED, address="aws_a.first", rules=(), fingerprint="8" * 32)
    stray = replace(given.UNMANAGED, severity=Severity.CRITICAL, fingerprint="9" * 32)
    ordered = told.disagreements(replace(run, disagreements=(plain, low, stray, given.CHANGED)), decided=True)
    assert ordered == [stray, given.CHANGED, plain, low]
    assert told.meanings(ordered) == "2 where the control is not operating"
    gone = replace(given.CHANGED, difference=Difference.MISSING, property=None)
    said = "The control is not operating: aws_s3_bucket.logs is declared and does not exist live"
    assert told.headline(gone) == said
