"""What a run says of each SOC 2 criterion. Never `pass` where part of what could fail it was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from soc2gate.model.outcome import OURS, CriterionStatus, Difference, Disagreement, Finding, Status, Verdict
from soc2gate.model.rule import Criterion, RuleSet, Strength


def statuses(
    rules: RuleSet,
    findings: Iterable[Finding],
    disagreements: Iterable[Disagreement],
    *,
    scope: Collection[str],
    unread_kinds: Collection[str] = (),
    unread: bool = False,
) -> tuple[CriterionStatus, ...]:
    """One status per criterion, in the order of the mapping.

    `scope` holds the trust services categories that are in scope. `unread_kinds` are kinds whose live list could not
    be read; `unread` says that part of the code was not read, so that anything might stand there: either turns a
    pass into unknown.
    """
    tally: Mapping[str, Counter[str]] = {criterion: Counter() for criterion in rules.criteria}
    for finding in findings:
        if finding.engine != OURS and finding.verdict is Verdict.PASS:
            # Told, and no evidence: others pass what they cannot resolve, and a criterion is never green on that.
            continue
        word = "waived" if finding.waiver and finding.verdict is not Verdict.PASS else finding.verdict.value
        for criterion in finding.criteria:
            tally[criterion][word] += 1
    for item in disagreements:
        if item.difference is not Difference.UNDECIDED and item.waiver is None:
            for criterion in item.criteria:
                tally[criterion]["disagreements"] += 1
    served: set[str] = set()
    hidden: set[str] = set()
    for rule in rules.rules.values():
        claimed = rules.criteria_of(rule)
        served.update(claimed)
        if unread or any(case.kind in unread_kinds for case in rule.cases):
            hidden.update(claimed)
    return tuple(
        _status(criterion, tally[criterion.id], scope, criterion.id in served, criterion.id in hidden)
        for criterion in rules.criteria.values()
    )


def _status(
    criterion: Criterion, tally: Counter[str], scope: Collection[str], served: bool, hidden: bool
) -> CriterionStatus:
    if criterion.category not in scope:
        status = Status.OUT_OF_SCOPE
    elif tally["fail"]:
        status = Status.FAIL
    elif tally["unknown"] or (hidden and tally["pass"]):
        status = Status.UNKNOWN
    elif tally["waived"]:
        status = Status.WAIVED
    elif tally["pass"]:
        status = Status.PASS
    elif served and criterion.evidence is not Strength.NONE:
        status = Status.NO_DATA
    else:
        status = Status.MANUAL
    return CriterionStatus(
        criterion=criterion,
        status=status,
        passed=tally["pass"],
        failed=tally["fail"],
        unknown=tally["unknown"],
        waived=tally["waived"],
        not_applicable=tally["not_applicable"],
        disagreements=tally["disagreements"],
    )
