"""The report on a period, told: as JSON for machines, and as text for the person who has to answer for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from soc2gate.evidence.controls import NOT_DATED, ControlStanding, Gap
from soc2gate.evidence.deviations import Deviation
from soc2gate.evidence.origin import CHANGE_FIELDS
from soc2gate.evidence.period import ATTESTED, BY_TREE, UNATTESTED, Asked, Member, Report
from soc2gate.evidence.standing import Interval, long, seconds
from soc2gate.evidence.telling_people import (
    access,
    access_lines,
    by_name,
    evidence_lines,
    interval,
    manual_line,
    scope,
    scope_lines,
    slots,
)
from soc2gate.model.value import Json
from soc2gate.version import __version__

MOST_GAPS = 20
"""So many stand in the text; the other formats have all of them."""
SCHEMA = "soc2gate.report/1"
DISCLAIMER = "This report tells what evaluation records say. It supports readiness; a licensed CPA firm attests."


def document(report: Report) -> dict[str, Json]:
    """Everything in the report, in a stable order."""
    window = report.window
    before = window.line[window.first - 1].commit if window.first else None
    criteria = by_name(report, "criteria", {name: found[-1].status for name, found in report.criteria.items()})
    controls = by_name(report, "controls", {name: one.intervals[-1].status for name, one in report.controls.items()})
    return {
        "schema": SCHEMA,
        "note": DISCLAIMER,
        "made_by": {"name": "soc2gate", "version": __version__},
        "asked": _asked(report.asked),
        "period": {
            "after": before,
            "to": window.line[-1].commit,
            "begins": window.begins,
            "ends": window.ends,
        },
        "population": {
            "commits": len(report.members),
            **{state: report.number(state) for state in (ATTESTED, BY_TREE, UNATTESTED)},
            "late": sum(bool(member.late) for member in report.members),
            "never_recorded_after": [change.commit for change in window.beyond],
            "reported": reported(report),
            "members": [_member(member) for member in report.members],
        },
        "off_branch": [
            {"record": record.sequence, "commit": record.commit, "at": record.finished_at}
            for record in report.off_branch
        ],
        "criteria": {
            name: {**_criterion(found), "manual_evidence": criteria.get(name)}
            for name, found in report.criteria.items()
        },
        "controls": {
            name: {**_control(one, report.digests), "manual_evidence": controls.get(name)}
            for name, one in report.controls.items()
        },
        "manual_evidence": slots(report),
        "access_review": access(report),
        "gaps": [_gap(one) for one in report.gaps],
        "deviations": [_deviation(item, window.ends) for item in report.deviations],
        "waivers": [dict(row) for row in report.waivers],
        "policy_changes": [dict(row) for row in report.policy_changes],
        "scope": scope(report),
        "verifications": {
            "every_hours": report.verify_every_hours or None,
            "expected": report.verifications_expected if report.verify_every_hours else None,
            "done": len(report.verifications),
            "at": list(report.verifications),
            "gaps": [interval(gap) for gap in report.verification_gaps],
        },
        "live_scope": {name: _scope(dict(scope)) for name, scope in report.live_scope.items()},
        "not_looked_at": dict(report.not_looked_at),
        "turned_back": [
            {"record": one.record, "at": one.at, "after": one.after, "after_at": one.after_at}
            for one in report.turned_back
        ],
        "sample": list(report.sample),
        "sample_seed": report.seed if report.sample else None,
        "anchored_at": report.anchored_at or None,
        "records": {str(number): digest for number, digest in sorted(report.digests.items())},
    }


def _asked(asked: Asked) -> dict[str, Json]:
    return {
        "repository": asked.repository or None,
        "branch": asked.branch,
        "from": asked.start or None,
        "to": asked.end or None,
        "as_of": asked.at or None,
        "late_after_hours": asked.late_after_hours,
        "verify_every_hours": asked.verify_every_hours or None,
        "sample": asked.sample or None,
    }


def reported(report: Report) -> dict[str, Json]:
    """Of how many changes a workflow reported each thing: of the others nobody knows, which is not a no."""
    said = Counter(name for member in report.members for name in member.reported)
    return {name: said[name] for name in CHANGE_FIELDS}


def _member(member: Member) -> dict[str, Json]:
    return {
        "commit": member.change.commit,
        "tree": member.change.tree,
        "parents": member.change.parents,
        "committed_at": member.change.time,
        "state": member.state,
        "records": list(member.records),
        "late": member.late,
        "remarks": list(member.remarks),
    }


def _control(one: ControlStanding, digests: Mapping[int, str]) -> dict[str, Json]:
    return {
        "statement": one.statement,
        "criteria": list(one.criteria),
        "rules": list(one.rules),
        "owner": one.owner or None,
        "max_age_days": one.max_age_days,
        "severity": one.severity,
        "evidence": {
            "age": one.age,
            "newest": [
                {
                    "side": look.slot[0],
                    "paths": [one for one in look.slot[1:] if not one.startswith("live:")],
                    "places": [one.removeprefix("live:") for one in look.slot[1:] if one.startswith("live:")],
                    "record": look.record,
                    "sha256": digests.get(look.record, ""),
                    "seen_at": look.at,
                    "fresh_until": look.fresh_until or None,
                    "answers": dict(look.answers),
                }
                for look in one.looks
            ],
        },
        **_criterion(one.intervals),
    }


def _gap(gap: Gap) -> dict[str, Json]:
    return {
        "what": gap.what,
        "told": gap.told,
        "control": gap.control or None,
        "owner": gap.owner or None,
        "criteria": list(gap.criteria),
        "severity": gap.severity,
        "exposure": gap.exposure,
        "since": gap.since,
        "seconds": gap.seconds,
    }


def _criterion(found: Sequence[Interval]) -> dict[str, Json]:
    spent: Counter[str] = Counter()
    for one in found:
        spent[one.status] += seconds(one.begins, one.ends)
    return {
        "at_end": found[-1].status,
        "seconds": {status: spent[status] for status in sorted(spent)},
        "intervals": [interval(one) for one in found if one.begins < one.ends],
    }


def _deviation(item: Deviation, ends: str) -> dict[str, Json]:
    return {
        "what": item.what,
        "told": item.told,
        "severity": item.severity,
        "criteria": list(item.criteria),
        "control": item.control or None,
        "side": item.side,
        "fingerprint": item.fingerprint,
        "opened": item.opened,
        "opened_by": item.opened_by,
        "closed": item.closed or None,
        "closed_by": item.closed_by or None,
        "closed_as": item.closed_as or "open",
        "seconds": seconds(item.opened, item.closed or ends),
    }


def _scope(scope: dict[str, Json]) -> dict[str, Json]:
    asked, read = scope["regions_asked"], scope["regions_read"]
    assert isinstance(asked, list)
    assert isinstance(read, list)
    return {**scope, "regions_never_read": [region for region in asked if region not in read]}


def text(report: Report) -> str:
    """The report for people: what is missing first, then how each criterion stood."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterable[str]:
    window = report.window
    yield f"Evaluation records from {window.begins} to {window.ends}"
    yield DISCLAIMER
    yield ""
    late = sum(bool(member.late) for member in report.members)
    yield (
        f"{len(report.members)} changes reached the branch: {report.number(ATTESTED)} attested, "
        f"{report.number(BY_TREE)} attested by the same tree, {report.number(UNATTESTED)} without a record; {late} late"
    )
    for member in report.members:
        yield from _told(member)
    if report.members:
        said = reported(report)
        yield (
            f"reported by the workflow: direct pushes of {said['direct_push']}, bypassed protection of"
            f" {said['bypassed_protection']}, approvals of {said['approvals']} changes; of the others nobody says"
        )
    for one in report.turned_back:
        yield (
            f"record {one.record} says {one.at}, and was made after record {one.after}, which says {one.after_at}:"
            " what it tells of that time was not told then"
        )
    if window.beyond:
        yield (
            f"{len(window.beyond)} more follow the last head that was recorded by then, and have no record: nobody"
            " says whether they reached the branch in this period"
        )
        yield from (f"  {change.commit[:12]}" for change in window.beyond)
    if report.off_branch:
        yield f"records of commits that are not on the branch: {len(report.off_branch)}"
    yield ""
    yield from _criteria_lines(report)
    yield ""
    yield from _control_lines(report)
    yield ""
    yield from _gap_lines(report)
    yield from evidence_lines(report)
    yield from access_lines(report)
    yield from _deviation_lines(report)
    for row in report.waivers:
        yield f"waived: {row['rule']} on {row['address']}, approved by {row['approver']}, until {row['expires']}"
    for row in report.policy_changes:
        yield f"changed at {row['at']}: {row['what']} {str(row['before'])[:12]} → {str(row['after'])[:12]}"
    expected = f", {report.verifications_expected} expected" if report.verify_every_hours else ""
    yield f"live state was looked at {len(report.verifications)} times{expected}"
    for gap in report.verification_gaps:
        yield f"  not between {gap.begins} and {gap.ends} ({long(seconds(gap.begins, gap.ends))})"
    for name, seen in report.live_scope.items():
        never = [region for region in seen["regions_asked"] if region not in seen["regions_read"]]
        read = f"regions read: {' '.join(seen['regions_read']) or 'none'}" if seen["regions_asked"] else "read"
        yield f"  {name.removeprefix('live:')}, {read}" + (f", never {' '.join(never)}" if never else "")
    yield from scope_lines(report)
    if not report.anchored_at:
        yield "no head was given: records that were cut off at the end of the ledger would not be noticed (--anchor)"
    for message, number in report.not_looked_at.items():
        yield f"not looked at, in {number} records: {message}"
    if report.sample:
        yield f"sample, by the smallest sha256 of “{report.seed}:COMMIT”:"
        yield from (f"  {commit}" for commit in report.sample)


def _told(member: Member) -> Iterable[str]:
    said = []
    if member.state == UNATTESTED:
        said.append("no record")
    if member.late:
        said.append(f"late: {member.late}")
    said += member.remarks
    if said:
        yield f"  {member.change.commit[:12]}  {'; '.join(said)}"


def _criteria_lines(report: Report) -> Iterable[str]:
    whole = seconds(report.window.begins, report.window.ends)
    manual = []
    for name, found in report.criteria.items():
        if {one.status for one in found} <= {"manual", "out_of_scope", "no_data"} and found[-1].status != "no_data":
            manual.append(name)
            continue
        spent: Counter[str] = Counter()
        for one in found:
            spent[one.status] += seconds(one.begins, one.ends)
        shares = ", ".join(f"{status} {long(spent[status])}" for status in sorted(spent) if spent[status])
        yield f"{name.ljust(6)} {found[-1].status.ljust(8)} {shares if whole else ''}".rstrip()
    if manual:
        yield f"shown by people, or out of scope: {' '.join(manual)}"
    yield from manual_line(by_name(report, "criteria", {name: report.criteria[name][-1].status for name in manual}))


def _control_lines(report: Report) -> Iterable[str]:
    """Each control with rules: how it stood, how old its evidence is, and who answers for it."""
    asked = [one for one in report.controls.values() if one.age != NOT_DATED]
    width = max((len(one.id) for one in asked), default=0)
    for one in asked:
        spent: Counter[str] = Counter()
        for span in one.intervals:
            spent[span.status] += seconds(span.begins, span.ends)
        shares = ", ".join(f"{status} {long(spent[status])}" for status in sorted(spent) if spent[status])
        owner = f"  {one.owner}" if one.owner else ""
        evidence = f"evidence {one.age}"
        yield f"{one.id.ljust(width)} {one.intervals[-1].status.ljust(8)} {evidence.ljust(16)} {shares}{owner}".rstrip()
    others = [one.id for one in report.controls.values() if one.age == NOT_DATED]
    if others:
        yield f"shown by people or by the record itself, or out of scope: {' '.join(others)}"


def _gap_lines(report: Report) -> Iterable[str]:
    if not report.gaps:
        return
    yield f"to look at first ({len(report.gaps)} gaps)"
    for gap in report.gaps[:MOST_GAPS]:
        about = f"{gap.control}: " if gap.control else ""
        owner = f", {gap.owner}" if gap.owner else ""
        yield f"  {gap.severity.ljust(8)} {gap.exposure.ljust(8)} {about}{gap.told} ({long(gap.seconds)}{owner})"
    if len(report.gaps) > MOST_GAPS:
        yield f"  and {len(report.gaps) - MOST_GAPS} more: --format json, html or csv has all of them"
    yield ""


def _deviation_lines(report: Report) -> Iterable[str]:
    still = sum(not item.closed for item in report.deviations)
    yield f"exceptions: {len(report.deviations)}, open at the end: {still}"
    for item in report.deviations:
        until = f"{item.closed_as} {item.closed}" if item.closed else "open"
        length = long(seconds(item.opened, item.closed or report.window.ends))
        yield f"  {item.severity.ljust(8)} {item.told}: since {item.opened}, {until} ({length})"
