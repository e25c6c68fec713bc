"""The gate closes on failures, then on what could not be looked at, and says which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from soc2gate.engine.gate import decide
from soc2gate.errors import Exit
from soc2gate.model.outcome import Difference, Disagreement, Finding, RuleContrast, Verdict, Waiver
from soc2gate.model.resource import Problem, Side, Span, Weight
from soc2gate.model.rule import Severity

FAILED = Finding(
    rule="r",
    control="c",
    criteria=("CC6.1",),
    severity=Severity.HIGH,
    verdict=Verdict.FAIL,
    side=Side.DECLARED,
    kind="AWS::S3::Bucket",
    address="aws_s3_bucket.b",
    identity={},
    root=".",
    where=Span("main.tf", 1),
    message="",
    evidence=(),
    fingerprint="0" * 32,
)
CHANGED = Disagreement(
    kind="AWS::S3::Bucket",
    address="aws_s3_bucket.b",
    uid="arn:aws:s3:::b",
    difference=Difference.CHANGED,
    property="BucketEncryption",
    declared=None,
    live=None,
    declared_where=None,
    live_where=None,
    rules=(),
    criteria=(),
    severity=Severity.HIGH,
    reason="",
    fingerprint="1" * 32,
)
GAP = Problem(Weight.GAP, "terraform", "module not installed")
BROKEN = Problem(Weight.BROKEN, "terraform", "not HCL")
WAIVER = Waiver("r", "*", "why", "owner", "approver", "2999-01-01")


def test_a_failure_at_the_threshold_closes() -> None:
    assert decide([FAILED], [], [], fail_on=Severity.HIGH).exit is Exit.CLOSED


def test_a_failure_below_the_threshold_leaves_it_open() -> None:
    assert decide([FAILED], [], [], fail_on=Severity.CRITICAL).exit is Exit.OK


def test_a_waived_failure_leaves_it_open() -> None:
    assert decide([replace(FAILED, waiver=WAIVER)], [], [], fail_on=Severity.HIGH).exit is Exit.OK


def test_a_disagreement_that_no_rule_cares_about_never_closes() -> None:
    assert decide([], [replace(CHANGED, severity=None)], [], fail_on=Severity.LOW).exit is Exit.OK


def test_a_disagreement_closes_by_the_rules_that_read_it() -> None:
    assert decide([], [CHANGED], [], fail_on=Severity.HIGH).exit is Exit.CLOSED


def test_an_undecided_pair_is_missing_evidence_not_a_failure() -> None:
    undecided = replace(CHANGED, difference=Difference.UNDECIDED)
    assert decide([], [undecided], [], fail_on=Severity.HIGH).exit is Exit.INCOMPLETE
    assert decide([], [undecided], [], fail_on=Severity.HIGH, on_incomplete="report").exit is Exit.OK


def test_an_unknown_verdict_at_the_threshold_is_missing_evidence() -> None:
    unknown = replace(FAILED, verdict=Verdict.UNKNOWN)
    assert decide([unknown], [], [], fail_on=Severity.HIGH).exit is Exit.INCOMPLETE
    assert decide([unknown], [], [], fail_on=Severity.CRITICAL).exit is Exit.OK


def test_broken_input_is_missing_evidence_whatever_was_asked() -> None:
    assert decide([], [], [BROKEN], fail_on=Severity.HIGH, on_incomplete="report").exit is Exit.INCOMPLETE
    assert decide([], [], [BROKEN], fail_on=None).exit is Exit.INCOMPLETE


def test_findings_outweigh_broken_input_and_both_are_told() -> None:
    decision = decide([FAILED], [], [BROKEN, GAP], fail_on=Severity.HIGH)
    assert decision.exit is Exit.CLOSED
    assert decision.reasons == (
        "1 finding in code at high or above",
        "1 input could not be read",
        "1 place could not be looked at",
    )


def test_fail_on_never_turns_failures_into_0_but_not_missing_evidence() -> None:
    assert decide([FAILED], [CHANGED], [], fail_on=None).exit is Exit.OK
    assert decide([FAILED], [CHANGED], [GAP], fail_on=None).exit is Exit.INCOMPLETE


def test_a_gap_that_is_only_reported_is_still_counted() -> None:
    decision = decide([], [], [GAP], fail_on=Severity.HIGH, on_incomplete="report")
    assert decision.exit is Exit.OK
    assert decision.reasons == ("1 place could not be looked at",)


@pytest.mark.parametrize(
    ("declared", "live", "code"),
    [
        (Verdict.PASS, Verdict.PASS, Exit.OK),
        (Verdict.FAIL, Verdict.FAIL, Exit.OK),
        (Verdict.PASS, Verdict.UNKNOWN, Exit.INCOMPLETE),
        (Verdict.UNKNOWN, Verdict.UNKNOWN, Exit.INCOMPLETE),
        (Verdict.PASS, None, Exit.INCOMPLETE),
    ],
)
def test_an_undecided_property_closes_unless_its_rules_judged_both_sides_alike(
    declared: Verdict, live: Verdict | None, code: Exit
) -> None:
    undecided = replace(
        CHANGED, difference=Difference.UNDECIDED, reason="not kept", rules=(RuleContrast("r", declared, live),)
    )
    assert decide([], [undecided], [], fail_on=Severity.HIGH).exit is code
    pair = replace(undecided, property=None)
    assert decide([], [pair], [], fail_on=Severity.HIGH).exit is Exit.INCOMPLETE
