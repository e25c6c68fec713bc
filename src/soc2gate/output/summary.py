"""The counts every reporter prints, made once so that they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from soc2gate.facts import dataclass
from soc2gate.model.outcome import DISAGREEING, Run, Status, Verdict
from soc2gate.model.resource import Side, Weight
from soc2gate.model.rule import Severity


@dataclass(frozen=True, slots=True)
class Counts:
    findings: Mapping[str, Mapping[str, int]]
    """Side to verdict to number; a waived failure counts as `waived`."""
    failures: Mapping[str, Mapping[str, int]]
    """Side to severity to number of unwaived failures."""
    disagreements: Mapping[str, int]
    """Difference to number, `waived` apart."""
    problems: Mapping[str, int]
    criteria: Mapping[Status, int]


def counts(run: Run) -> Counts:
    """Everything countable about a run."""
    words = [*(verdict.value for verdict in Verdict), "waived"]
    findings = {side.value: dict.fromkeys(words, 0) for side in Side}
    failures = {side.value: {str(level): 0 for level in reversed(Severity)} for side in Side}
    for item in run.findings:
        waived = item.waiver is not None and item.verdict is not Verdict.PASS
        findings[item.side.value]["waived" if waived else item.verdict.value] += 1
        if item.verdict is Verdict.FAIL and not waived:
            failures[item.side.value][str(item.severity)] += 1
    disagreements = dict.fromkeys([*(difference.value for difference in DISAGREEING), "waived"], 0)
    for difference in run.disagreements:
        disagreements["waived" if difference.waiver else difference.difference.value] += 1
    problems = dict.fromkeys([weight.value for weight in Weight], 0)
    for problem in run.problems:
        problems[problem.weight.value] += 1
    return Counts(findings, failures, disagreements, problems, Counter(item.status for item in run.criteria))
