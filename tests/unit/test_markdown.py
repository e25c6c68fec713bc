"""What a job summary is given: the decision first, small enough to be shown, and inert whatever things are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import runs_for_tests as given

from soc2gate.model.rule import Severity
from soc2gate.output import markdown


def test_the_report_reads_like_this(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden("report.md", markdown.render(given.a_run(tmp_path)))


def test_a_hostile_name_becomes_no_link_mention_image_or_tag() -> None:
    text = markdown.render(given.hostile(given.a_run(), given.HOSTILE_MARKDOWN))
    outside = "".join(part for line in text.splitlines() for part in outside_code(line))
    for markup in ("](", "<b>", "![", "@admin", "https://evil"):
        assert markup not in outside, markup


def outside_code(line: str) -> list[str]:
    """What of a line a renderer reads as Markdown: everything that no code span holds."""
    parts, rest = [], line
    while "`" in rest:
        before, _, after = rest.partition("`")
        fence = "`" * (1 + len(after) - len(after.lstrip("`")))
        parts.append(before)
        inside = after.lstrip("`")
        at = 0
        while True:
            at = inside.find(fence, at)
            assert at >= 0, f"a code span is left open: {line}"
            end = at + len(fence)
            if inside[end : end + 1] != "`" and inside[at - 1] != "`":
                break
            at = end + len(inside[end:]) - len(inside[end:].lstrip("`"))
        rest = inside[end:]
    return [*parts, rest]


@pytest.mark.parametrize("text", ["a|b", "a\\|b", "a\nb", "| --- |"])
def test_a_name_cannot_add_a_cell_or_a_row(text: str) -> None:
    def shape(run_text: str) -> list[int]:
        return [line.count("|") for line in run_text.splitlines() if line.startswith("|")]

    plain = markdown.render(given.hostile(given.a_run(), "x"))
    assert shape(markdown.render(given.hostile(given.a_run(), text))) == shape(plain)


def test_a_summary_of_twenty_thousand_findings_is_under_a_mebibyte_and_says_what_is_missing() -> None:
    finding = replace(given.SSH, severity=Severity.LOW, message="ü" * 400)
    run = replace(given.a_run(), findings=(*[finding] * 20_000, given.SSH))
    text = markdown.render(run)
    assert len(text.encode()) <= markdown.MOST_BYTES < 1_048_576
    assert "more findings were left out for size" in text
    assert text.index("| critical | `no-ssh`") < text.index("| low | `no-ssh`")
    assert text.endswith("a licensed CPA firm attests.\n")


def test_what_could_not_be_looked_at_is_in_it() -> None:
    text = markdown.render(given.a_run())
    assert "## Could not look" in text
    assert "- could not read: not HCL: a block is not closed at `old.tf:3`" in text
    assert "undecided: `aws_security_group.web` at `main.tf:7`: var.cidr has no value" in text.replace("&#95;", "_")


def test_a_change_reads_like_this(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    golden("report-change.md", markdown.render(given.a_change(tmp_path)))
