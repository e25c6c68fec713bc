"""The parts of a report about people: evidence they brought, reviews of access, and what they said is in scope.

`telling` tells the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from soc2gate.evidence import manual, reviews
from soc2gate.evidence.manual import SlotStanding
from soc2gate.evidence.period import Report
from soc2gate.evidence.standing import Interval, long, seconds
from soc2gate.model.value import Json


def interval(one: Interval) -> dict[str, Json]:
    said: dict[str, Json] = {
        "begins": one.begins,
        "ends": one.ends,
        "status": one.status,
        "seconds": seconds(one.begins, one.ends),
    }
    return {**said, "record": one.record} if one.record else said


def slots(report: Report) -> list[Json]:
    """Each slot, with how it stood and every piece that was recorded for it."""
    return [
        {
            "slot": slot.id,
            "title": slot.title,
            "controls": list(slot.controls),
            "criteria": list(slot.criteria),
            "owner": slot.owner or None,
            "max_age_days": slot.max_age_days,
            "expected": slot.expected,
            "age": slot.age,
            "fresh_until": slot.fresh_until or None,
            "intervals": [interval(one) for one in slot.intervals if one.begins < one.ends],
            "pieces": [
                {
                    "record": piece.record,
                    "record_sha256": report.digests.get(piece.record, ""),
                    "file": piece.file,
                    "sha256": piece.sha256,
                    "owner": piece.owner,
                    "dated": piece.dated,
                    "valid_until": piece.valid_until or None,
                    "fresh_until": piece.fresh_until(slot.max_age_days) or None,
                    "recorded_at": piece.recorded_at,
                    "place": piece.place,
                    "copied": piece.copied,
                    "note": piece.note,
                }
                for piece in slot.pieces
            ],
        }
        for slot in report.slots
    ]


def by_name(report: Report, what: str, status_at_end: Mapping[str, str]) -> dict[str, str]:
    """Control or criterion (`controls`, `criteria`) to how its manual evidence stands.

    Those that people alone show have one whether a slot names them or not: then it is `missing`.
    """
    out = {name: manual.MISSING for name, status in status_at_end.items() if status == "manual"}
    of: dict[str, list[SlotStanding]] = {}
    for slot in report.slots:
        for name in getattr(slot, what):
            of.setdefault(name, []).append(slot)
    return {**out, **{name: manual.age_of(found) for name, found in of.items()}}


def access(report: Report) -> dict[str, Json]:
    """Each principal that a pack ever named, with how its reviews stood; and every pack."""
    begins, ends = report.window.begins, report.window.ends
    rows: list[Json] = []
    for one in report.access.principals:
        decisions: list[Json] = [
            {
                "record": each.record,
                "record_sha256": report.digests.get(each.record, ""),
                "decision": each.decision,
                "by": each.by,
                "on": each.on,
                "recorded_at": each.recorded_at,
                "due": each.due,
                "late": each.late,
                "note": each.note,
            }
            for each in one.decisions
        ]
        names = ("type", "level", "privileges", "mfa", "last_used", "reviewer", "every_days")
        rows.append(
            {
                "id": one.id,
                "unique_id": one.unique_id,
                "place": one.place,
                **{name: one.said[name] for name in names},
                "state": one.state(begins, ends),
                "due": one.due,
                "first_seen": one.first_seen,
                "last_seen": one.last_seen,
                "gone_at": one.gone_at or None,
                "still_there": one.still_there,
                "decisions": decisions,
            }
        )
    return {
        "totals": dict(reviews.counted(report.access, begins, ends)),
        "still_there": [one.id for one in report.access.principals if one.still_there],
        "principals": rows,
        "reviews": [
            {
                "record": each.record,
                "record_sha256": report.digests.get(each.record, ""),
                "recorded_at": each.recorded_at,
                "observed_at": each.observed_at,
                "pack": each.pack,
                "principals": each.principals,
                "decided": each.decided,
                "opened_by": each.opened_by or None,
                "places": list(each.places),
                "unread": [dict(row) for row in each.unread],
            }
            for each in report.access.reviews
        ],
    }


_REVIEWED = {
    reviews.ON_TIME: "reviewed on time",
    reviews.LATE: "reviewed late",
    reviews.OVERDUE: "overdue",
    reviews.NEVER: "never reviewed",
    reviews.PENDING: "not due yet",
    reviews.GONE: "gone",
}


def access_lines(report: Report) -> Iterator[str]:
    """How many principals were reviewed on time, late or never, and by name those that need a word."""
    if not report.access.reviews:
        yield "access: no review is recorded (`soc2gate access-review --help`)"
        return
    begins, ends = report.window.begins, report.window.ends
    found = reviews.counted(report.access, begins, ends)
    numbers = ", ".join(f"{number} {_REVIEWED[state]}" for state, number in found.items() if number)
    yield f"access of {len(report.access.principals)} principals: {numbers}"
    for one in report.access.principals:
        state = one.state(begins, ends)
        if one.still_there and one.last is not None:
            yield f"  still there: {one.id}, to be removed by {one.last.by} on {one.last.on}, seen {one.last_seen}"
        elif state in (reviews.NEVER, reviews.OVERDUE, reviews.LATE):
            who = one.said["reviewer"] or "nobody named"
            yield f"  {state.ljust(8)} {one.id} ({one.said['level']}), due {one.due}, {who}"
    for each in report.access.reviews:
        if not each.opened_by:
            yield f"  record {each.record}: the pack that was decided on was not recorded when it was made (--key)"
    last = reviews.latest(report.access.reviews)
    for row in last.unread if last is not None else ():
        yield f"  not read: {row['what']} of {row['place']}: {row['reason']}"


def evidence_lines(report: Report) -> Iterator[str]:
    """What people brought, and what they were to bring."""
    if not report.slots:
        yield "evidence that people bring: no slot is configured, none is recorded (`soc2gate evidence --help`)"
        return
    yield f"evidence that people bring ({len(report.slots)} slots)"
    for slot in report.slots:
        about = " ".join((*slot.controls, *slot.criteria))
        until = f" until {slot.fresh_until}" if slot.age == manual.FRESH and slot.fresh_until else ""
        newest = (
            f": {slot.pieces[0].file} of {slot.pieces[0].dated}, record {slot.pieces[0].record}" if slot.pieces else ""
        )
        extra = "" if slot.expected else " (no slot of soc2gate.yaml)"
        yield f"  {slot.age.ljust(8)} {slot.id} ({about}), {slot.owner}{until}{newest}{extra}"


def manual_line(ages: Mapping[str, str]) -> Iterable[str]:
    """Which criteria that people show have fresh evidence, and which have none: one line an age."""
    for age in (manual.FRESH, manual.STALE, manual.MISSING):
        named = [name for name, one in ages.items() if one == age]
        if named:
            yield f"  evidence {age}: {' '.join(named)}"


def scope(report: Report) -> list[Json]:
    """Each account, region, cluster and repository that was in scope or was read."""
    return [
        {
            "what": place.what,
            "name": place.name,
            "in_scope": [{"begins": begins, "ends": ends} for begins, ends in place.spans],
            "reads": place.reads,
            "first": place.first or None,
            "last": place.last or None,
            "gaps": [interval(gap) for gap in place.gaps],
        }
        for place in report.places
    ]


def scope_lines(report: Report) -> Iterator[str]:
    """What was in scope against what was read, gaps by name with their duration."""
    named = [place for place in report.places if place.in_scope]
    if not named:
        yield "in scope: soc2gate.yaml names no account, region, cluster or repository (`in_scope:`)"
    else:
        unread = sum(not place.reads for place in named)
        yield f"in scope: {len(named)} accounts, regions, clusters and repositories, {unread} of them not read"
    for place in report.places:
        if not place.in_scope:
            yield f"  read, and not named in scope: {place.what} {place.name}"
            continue
        for gap in place.gaps:
            length = long(seconds(gap.begins, gap.ends))
            yield f"  {place.what} {place.name} was not read between {gap.begins} and {gap.ends} ({length})"
