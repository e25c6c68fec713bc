"""The rules' own test: fixtures say what a rule answers, both ways, and what is not shown is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2gate import packs
from soc2gate.errors import ConfigError, UsageError
from soc2gate.packs import selftest
from soc2gate.packs.selftest import FixtureResult

RULE = """\
id: queues-keep-messages
title: Queues keep messages for a week
severity: low
control: processing-controls
kind: AWS::SQS::Queue
sides: [cloudformation]
when: "!resource.FifoQueue"
assert: resource.MessageRetentionPeriod >= 604800
message: messages are kept for {resource.MessageRetentionPeriod} seconds
why: A weekend is longer than a day.
fix: {cloudformation: Set `MessageRetentionPeriod`.}
"""


def template(retention: str, extra: str = "") -> str:
    return (
        "Parameters:\n  Retention: {Type: Number}\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
        f"    Properties: {{MessageRetentionPeriod: {retention}, FifoQueue: false}}\n{extra}"
    )


PASS, FAIL, UNKNOWN = template("1209600"), template("60"), template("!Ref Retention")


def results(tmp_path: Path, fixtures: dict[str, str], rule: str = RULE) -> dict[str, FixtureResult]:
    folder = tmp_path / "rules" / "queues-keep-messages"
    folder.mkdir(parents=True)
    (folder / "rule.yaml").write_text(rule, encoding="utf-8")
    for name, text in fixtures.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = selftest.run(packs.load([tmp_path]), [tmp_path], only=["queues-keep-messages"])
    return {Path(result.path).name + (f" {result.expected}" if not result.ok else ""): result for result in found}


def test_fixtures_that_hold_are_all_right(tmp_path: Path) -> None:
    found = results(
        tmp_path,
        {"pass.cfn.yaml": PASS, "fail-a-minute.cfn.yaml": FAIL, "unknown.cfn.yaml": UNKNOWN, "README.md": "About it"},
    )
    assert sorted(found) == ["fail-a-minute.cfn.yaml", "pass.cfn.yaml", "unknown.cfn.yaml"]
    assert all(result.ok for result in found.values())


def test_one_resource_with_another_verdict_breaks_a_fixture(tmp_path: Path) -> None:
    second = "  Short:\n    Type: AWS::SQS::Queue\n    Properties: {MessageRetentionPeriod: 60, FifoQueue: false}\n"
    found = results(tmp_path, {"pass.cfn.yaml": template("1209600", second), "fail.cfn.yaml": FAIL})
    broken = found["pass.cfn.yaml pass"]
    assert broken.messages == ("Short (line 7) is “fail”: messages are kept for 60 seconds",)


def test_a_pass_where_a_fail_was_promised_shows_what_was_seen(tmp_path: Path) -> None:
    found = results(tmp_path, {"fail.cfn.yaml": PASS, "pass.cfn.yaml": PASS})
    assert "MessageRetentionPeriod = 1209600" in found["fail.cfn.yaml fail"].messages[0]


def test_not_applicable_is_no_pass(tmp_path: Path) -> None:
    fifo = template("60").replace("FifoQueue: false", "FifoQueue: true")
    found = results(tmp_path, {"pass.cfn.yaml": fifo, "not-applicable-fifo.cfn.yaml": fifo})
    assert "is “not-applicable”" in found["pass.cfn.yaml pass"].messages[0]
    assert found["not-applicable-fifo.cfn.yaml"].ok


def test_a_fixture_without_a_resource_of_the_kind_proves_nothing(tmp_path: Path) -> None:
    found = results(tmp_path, {"pass.cfn.yaml": "Resources:\n  T:\n    Type: AWS::SNS::Topic\n"})
    assert "holds no resource of the rule's kind (AWS::SQS::Queue)" in found["pass.cfn.yaml pass"].messages


def test_a_broken_fixture_is_no_evidence(tmp_path: Path) -> None:
    found = results(tmp_path, {"fail.cfn.yaml": FAIL + "  Other: [\n"})
    assert any("cannot be read" in message for message in found["fail.cfn.yaml fail"].messages)


def test_missing_fixtures_are_named(tmp_path: Path) -> None:
    found = results(tmp_path, {"pass.cfn.yaml": PASS})
    missing = [result.messages[0] for result in found.values() if not result.ok]
    assert "no fixture shows “fail” on cloudformation" in missing
    assert any(message.startswith("no fixture shows “unknown” on cloudformation; where") for message in missing)


def test_always_decided_needs_no_unknown_and_allows_none(tmp_path: Path) -> None:
    sure = RULE + "always_decided: [cloudformation]\n"
    found = results(tmp_path / "a", {"pass.cfn.yaml": PASS, "fail.cfn.yaml": FAIL}, sure)
    assert all(result.ok for result in found.values())
    found = results(tmp_path / "b", {"pass.cfn.yaml": PASS, "fail.cfn.yaml": FAIL, "unknown.cfn.yaml": UNKNOWN}, sure)
    assert "always_decided" in found["unknown.cfn.yaml unknown"].messages[0]


@pytest.mark.parametrize("name", ["passes.cfn.yaml", "pass.yaml", "fail-Upper.cfn.yaml", "broken.live.json"])
def test_a_file_that_is_no_fixture_is_pointed_out(tmp_path: Path, name: str) -> None:
    found = results(tmp_path, {"pass.cfn.yaml": PASS, name: PASS})
    assert any(
        "the name says no verdict and format" in result.messages[0] for result in found.values() if not result.ok
    )


def test_a_fixture_on_a_side_the_rule_is_not_asked_on_is_pointed_out(tmp_path: Path) -> None:
    found = results(tmp_path, {"pass.cfn.yaml": PASS, "pass.live.json": "{}"})
    assert "the rule is not asked on live" in found["pass.live.json pass"].messages[0]


def test_an_unknown_rule_is_answered_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean “s3-encryption”"):
        selftest.run(packs.load(), [Path(packs.builtin()) / "rules"], only=["s3-encription"])


def test_a_rule_whose_expression_is_wrong_is_told_before_its_fixtures(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean “MessageRetentionPeriod”"):
        results(tmp_path, {}, RULE.replace("assert: resource.MessageRetention", "assert: resource.MesageRetention"))
