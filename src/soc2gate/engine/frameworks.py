"""What a run says of another framework's requirements, through the controls that serve them.

A requirement fails where a finding about one of its controls does, and passes where all that was asked passed and all
was looked at. With nothing asked it has no data, or is people's to show where no rule is about its controls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from soc2gate.model.checks import Framework, Requirement
from soc2gate.model.outcome import OURS, Finding, FrameworkStatus, RequirementStatus, Status, Verdict


def statuses(
    frameworks: Iterable[Framework], findings: Iterable[Finding], asked: Collection[str], *, unread: bool
) -> tuple[FrameworkStatus, ...]:
    """A status for every requirement; `asked` are the controls that rules are about, `unread` says that part of the
    code was not read."""
    tally: dict[str, Counter[str]] = {}
    for finding in findings:
        if finding.engine != OURS and finding.verdict is Verdict.PASS:
            continue
        word = "waived" if finding.waiver and finding.verdict is not Verdict.PASS else finding.verdict.value
        tally.setdefault(finding.control, Counter())[word] += 1
    return tuple(
        FrameworkStatus(
            framework.id,
            framework.title,
            framework.notice,
            tuple(_status(one, tally, asked, unread) for one in framework.requirements.values()),
        )
        for framework in frameworks
    )


def _status(
    requirement: Requirement, tally: dict[str, Counter[str]], asked: Collection[str], unread: bool
) -> RequirementStatus:
    counted: Counter[str] = Counter()
    for control in requirement.controls:
        counted.update(tally.get(control, Counter()))
    if counted["fail"]:
        status = Status.FAIL
    elif counted["unknown"] or (unread and counted["pass"]):
        status = Status.UNKNOWN
    elif counted["waived"]:
        status = Status.WAIVED
    elif counted["pass"]:
        status = Status.PASS
    else:
        status = Status.NO_DATA if any(control in asked for control in requirement.controls) else Status.MANUAL
    return RequirementStatus(
        requirement.id,
        requirement.title,
        status,
        tuple(requirement.controls),
        counted["pass"],
        counted["fail"],
        counted["unknown"],
        counted["waived"],
    )
