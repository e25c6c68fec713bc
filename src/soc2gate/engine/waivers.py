"""Accepted findings: a waiver has a name, a reason, an approver and an end, or it does not count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from soc2gate.model.outcome import Disagreement, Finding, Verdict, Waiver
from soc2gate.model.resource import Problem, Weight


def apply_to_findings(findings: Iterable[Finding], waivers: Sequence[Waiver], *, today: str) -> list[Finding]:
    """Findings with their waiver attached; only what fails or is undecided needs one."""
    if not waivers:
        return list(findings)
    return [
        replace(finding, waiver=_waiver_for({finding.rule}, finding.address, waivers, today))
        if finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN)
        else finding
        for finding in findings
    ]


def apply_to_disagreements(
    disagreements: Iterable[Disagreement], waivers: Sequence[Waiver], *, today: str
) -> list[Disagreement]:
    """Disagreements with their waiver attached. One waiver must cover every rule the disagreement breaks."""
    if not waivers:
        return list(disagreements)
    waived = []
    for item in disagreements:
        broken = {contrast.id for contrast in item.rules if Verdict.FAIL in (contrast.declared, contrast.live)}
        found = [_waiver_for({rule}, item.address, waivers, today) for rule in sorted(broken)]
        covered = bool(found) and all(waiver is not None for waiver in found)
        waived.append(replace(item, waiver=found[0]) if covered else item)
    return waived


def expired(waivers: Iterable[Waiver], *, today: str) -> list[Problem]:
    """A note for each waiver that has run out, so that nobody wonders why the gate closed."""
    return [
        Problem(
            Weight.NOTE,
            "waivers",
            f"the waiver of {waiver.rule} on {waiver.address} expired on {waiver.expires} and no longer counts",
            waiver.where,
            f"fix the finding, or ask {waiver.approver} to renew it",
        )
        for waiver in waivers
        if waiver.expires < today
    ]


def _waiver_for(rules: set[str], address: str, waivers: Sequence[Waiver], today: str) -> Waiver | None:
    for waiver in waivers:
        # ISO dates compare as text; the day named is the last on which it holds.
        if waiver.rule in rules and waiver.expires >= today and covers(waiver.address, address):
            return waiver
    return None


def covers(pattern: str, address: str) -> bool:
    """Whether an address pattern (`*` and `?`) names an address."""
    # `[0]` in an address is an index, not a character class.
    return fnmatchcase(address, pattern.replace("[", "[[]"))
