"""The gate: one decision from everything that was found, and from everything that could not be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from soc2gate.errors import Exit
from soc2gate.model.outcome import Decision, Difference, Disagreement, Finding, Verdict
from soc2gate.model.resource import Problem, Weight
from soc2gate.model.rule import Severity


def decide(
    findings: Iterable[Finding],
    disagreements: Iterable[Disagreement],
    problems: Iterable[Problem],
    *,
    fail_on: Severity | None,
    on_incomplete: str = "block",
) -> Decision:
    """Close on failures, then on what could not be looked at; say which.

    `fail_on` is the lowest severity that closes the gate, None for never: then failures leave it open, and missing
    evidence still does not. `on_incomplete: report` counts gaps in the reasons without closing on them; input that
    could not be read closes it always.
    """
    disagreements = list(disagreements)
    # What the base or a baseline knows already is listed, and closes nothing.
    findings = [finding for finding in findings if finding.new is not False]
    problems = [problem for problem in problems if problem.new is not False]
    closing = [] if fail_on is None else _closing(findings, disagreements, fail_on)
    gaps = _gaps(findings, disagreements, problems, fail_on or Severity.HIGH)
    broken = sum(problem.weight is Weight.BROKEN for problem in problems)
    reasons = [*closing]
    if broken:
        reasons.append(_count(broken, "input could not be read", "inputs could not be read"))
    reasons += gaps
    if closing:
        return Decision(Exit.CLOSED, tuple(reasons))
    if broken or (gaps and on_incomplete == "block"):
        return Decision(Exit.INCOMPLETE, tuple(reasons))
    return Decision(Exit.OK, tuple(reasons))


def _closing(findings: Sequence[Finding], disagreements: Sequence[Disagreement], threshold: Severity) -> list[str]:
    reasons = []
    for side, spoken in (("declared", "in code"), ("live", "in live state")):
        failed = sum(
            finding.verdict is Verdict.FAIL
            and finding.waiver is None
            and finding.severity >= threshold
            and finding.side.value == side
            for finding in findings
        )
        if failed:
            new = "new " if any(finding.new for finding in findings) else ""
            spoken_of = _count(failed, f"{new}finding {spoken}", f"{new}findings {spoken}")
            reasons.append(f"{spoken_of} at {threshold} or above")
    differing = sum(
        item.difference is not Difference.UNDECIDED
        and item.waiver is None
        and item.severity is not None
        and item.severity >= threshold
        for item in disagreements
    )
    if differing:
        reasons.append(_count(differing, "disagreement", "disagreements") + f" at {threshold} or above")
    return reasons


def _gaps(
    findings: Sequence[Finding],
    disagreements: Sequence[Disagreement],
    problems: Sequence[Problem],
    threshold: Severity,
) -> list[str]:
    reasons = []
    unread = sum(problem.weight is Weight.GAP for problem in problems)
    if unread:
        reasons.append(_count(unread, "place could not be looked at", "places could not be looked at"))
    unknown = sum(
        finding.verdict is Verdict.UNKNOWN and finding.waiver is None and finding.severity >= threshold
        for finding in findings
    )
    if unknown:
        reasons.append(_count(unknown, "verdict is unknown", "verdicts are unknown") + f" at {threshold} or above")
    undecided = sum(
        item.difference is Difference.UNDECIDED
        and item.waiver is None
        and item.severity is not None
        and item.severity >= threshold
        and not _judged_alike(item)
        for item in disagreements
    )
    if undecided:
        reasons.append(_count(undecided, "pair is undecided", "pairs are undecided") + f" at {threshold} or above")
    return reasons


def _judged_alike(item: Disagreement) -> bool:
    """Whether every rule that reads the property was able to judge it on both sides, and says the same of both.

    No control hangs on such a property: a function's environment, of whose values a snapshot keeps only whether they
    look like credentials, is listed as not compared and closes nothing.
    """
    return bool(item.property and item.rules) and all(
        rule.declared is rule.live and rule.declared not in (None, Verdict.UNKNOWN) for rule in item.rules
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
