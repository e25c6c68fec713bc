"""Who answers for a finding: for the code by its path, for the control by its name; and which system it is part of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from soc2gate.declared.files import ignore_matcher
from soc2gate.facts import replace
from soc2gate.model.outcome import Finding
from soc2gate.model.resource import Span


def with_owners(
    findings: Sequence[Finding],
    *,
    owners: Mapping[str, str],
    control_owners: Mapping[str, str],
    systems: Mapping[str, Sequence[str]],
) -> Sequence[Finding]:
    """Findings that name who answers for them, as the configuration says.

    Of the patterns that fit a path the last counts, as in CODEOWNERS; a system holds what any of its patterns fits.
    """
    owner_of = _last([(ignore_matcher([pattern]), owner) for pattern, owner in owners.items()])
    system_of = _last([(ignore_matcher(patterns), name) for name, patterns in systems.items()])
    return [
        replace(
            finding,
            owner=owner_of(finding.where.path) if isinstance(finding.where, Span) else "",
            control_owner=control_owners.get(finding.control, ""),
            system=system_of(finding.where.path) if isinstance(finding.where, Span) else "",
        )
        for finding in findings
    ]


def _last(patterns: Iterable[tuple[Callable[[str], bool], str]]) -> Callable[[str], str]:
    reversed_ = list(patterns)[::-1]
    known: dict[str, str] = {}

    def found(path: str) -> str:
        if path not in known:
            known[path] = next((said for fits, said in reversed_ if fits(path)), "")
        return known[path]

    return found
