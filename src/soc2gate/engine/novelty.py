"""What a change brings and what it does away with: the findings of its base against those of its head.

A finding is the same by its fingerprint (rule, side, kind, root, address), so reformatting changes nothing. What was
renamed or moved has another address: it is the same when a `moved` block says so, or when one finding of the rule has
gone, one has come, and both are about the same thing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import CriterionChange, Finding, Resolved, Verdict
from soc2gate.model.resource import Resource
from soc2gate.model.value import Json, as_json

_NAMES = ("name", "arn", "id")
_OPEN = (Verdict.FAIL, Verdict.UNKNOWN)
_Way: TypeAlias = Callable[[Finding], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Novelty:
    """The head's findings, told apart."""

    findings: tuple[Finding, ...]
    """Those that fail or are undecided say whether they are new."""
    before: Mapping[str, Finding]
    """Fingerprint of a finding at the head to the one at the base it is the same as."""
    resolved: tuple[Resolved, ...]
    gone: tuple[Finding, ...]
    """Findings of the base that fail or are undecided there and no longer do."""


def compare(
    base: Sequence[Finding],
    head: Sequence[Finding],
    resources: tuple[Iterable[Resource], Iterable[Resource]],
    moved: Callable[[str, str], str],
) -> Novelty:
    """Tell new findings from old ones. `moved` gives the address at the head of a root's address at the base."""
    before = _same(base, head, resources, moved)
    findings = tuple(
        replace(finding, new=_is_new(finding, before.get(finding.fingerprint))) if finding.verdict in _OPEN else finding
        for finding in head
    )
    left = {was.fingerprint for was in before.values()}
    still = {before[item.fingerprint].fingerprint for item in findings if item.fingerprint in before and _open(item)}
    gone = [item for item in base if _open(item) and item.fingerprint not in still]
    resolved = tuple(
        Resolved(item.rule, item.address, item.criteria, item.severity)
        for item in gone
        # What was undecided and is no more was no failure that somebody mended.
        if item.verdict is Verdict.FAIL or item.fingerprint in left
    )
    return Novelty(findings, before, resolved, tuple(gone))


def _open(finding: Finding) -> bool:
    return finding.verdict in _OPEN


def _is_new(finding: Finding, was: Finding | None) -> bool:
    if was is None or not _open(was):
        return True
    if finding.verdict is Verdict.FAIL and was.verdict is not Verdict.FAIL:
        return True
    return finding.severity > was.severity


def effects(findings: Iterable[Finding], gone: Iterable[Finding]) -> tuple[CriterionChange, ...]:
    """What a change does to each criterion that has or had findings which fail or are undecided, waived ones apart."""
    introduced: Counter[str] = Counter()
    remaining: Counter[str] = Counter()
    resolved: Counter[str] = Counter()
    for item in findings:
        if _open(item) and item.waiver is None:
            (introduced if item.new else remaining).update(item.criteria)
    for item in gone:
        resolved.update(item.criteria)
    names = sorted({*introduced, *remaining, *resolved})
    return tuple(CriterionChange(name, introduced[name], resolved[name], remaining[name]) for name in names)


def _same(
    base: Sequence[Finding],
    head: Sequence[Finding],
    resources: tuple[Iterable[Resource], Iterable[Resource]],
    moved: Callable[[str, str], str],
) -> dict[str, Finding]:
    at_base = {finding.fingerprint: finding for finding in base}
    before = {item.fingerprint: at_base[item.fingerprint] for item in head if item.fingerprint in at_base}
    here = {item.fingerprint for item in head}
    gone = [item for item in base if item.fingerprint not in here]
    if not gone:
        return before
    written = tuple(_properties(side) for side in resources)
    tiers = [_index(gone, key) for key in _ways(written[0], moved)]
    asked = _ways(written[1], lambda root, address: address)
    taken: set[str] = set()
    for item in head:
        if item.fingerprint in before:
            continue
        for number, (tier, key) in enumerate(zip(tiers, asked, strict=True)):
            wanted = key(item)
            candidates = [was for was in tier.get(wanted, ()) if was.fingerprint not in taken] if wanted else []
            # What a `moved` block says holds even where the thing gets another name on the way.
            found = next((was for was in candidates if number == 0 or _names_agree(was, item) is not False), None)
            if found is not None:
                # One finding that went stands for one that came, never for two.
                taken.add(found.fingerprint)
                before[item.fingerprint] = found
                break
    return before


def _ways(written: Mapping[tuple[str, str, str], str], moved: Callable[[str, str], str]) -> list[_Way]:
    """What a finding may be known again by, the surest first; an empty key is none."""

    def about(item: Finding, *more: str) -> tuple[str, ...]:
        return (item.rule, item.side.value, item.kind, *more)

    def by_move(item: Finding) -> tuple[str, ...]:
        return about(item, item.root, moved(item.root, item.address))

    def by_address(item: Finding) -> tuple[str, ...]:
        return about(item, item.address)

    def by_name(item: Finding) -> tuple[str, ...]:
        named = [str(item.identity[key]) for key in _NAMES if isinstance(item.identity.get(key), str)]
        return about(item, _seen(item), *named) if named else ()

    def by_properties(item: Finding) -> tuple[str, ...]:
        found = written.get((item.root, item.kind, item.address))
        return about(item, found) if found is not None else ()

    return [by_move, by_address, by_name, by_properties]


def _index(findings: Iterable[Finding], key: _Way) -> dict[tuple[str, ...], list[Finding]]:
    index: dict[tuple[str, ...], list[Finding]] = {}
    for item in findings:
        index.setdefault(key(item), []).append(item)
    return index


def _names_agree(was: Finding, item: Finding) -> bool | None:
    """Whether both bear the same name; None where neither side's is known."""
    shared = [
        was.identity[key] == item.identity[key]
        for key in _NAMES
        if isinstance(was.identity.get(key), str) and isinstance(item.identity.get(key), str)
    ]
    return all(shared) if shared else None


def _seen(finding: Finding) -> str:
    return json.dumps([[item.path, _plain(as_json(item.value))] for item in finding.evidence], sort_keys=True)


def _properties(resources: Iterable[Resource]) -> dict[tuple[str, str, str], str]:
    return {
        (item.root, item.kind, item.address): json.dumps(
            {key: _plain(as_json(value)) for key, value in item.properties.items()}, sort_keys=True
        )
        for item in resources
    }


def _plain(value: Json) -> Json:
    """Without the addresses that unknown values refer to: those change with a rename."""
    if isinstance(value, dict):
        if "$unknown" in value:
            return "$unknown"
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value
