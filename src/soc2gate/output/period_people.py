"""Sections of the page on a period: what people brought, how access was reviewed, and what is in scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from soc2gate.output.html import clean
from soc2gate.output.period_parts import (
    AGES,
    Row,
    breaking,
    counted,
    date,
    duration,
    listed,
    pill,
    section,
    sha,
    table,
    time,
)

Link = Callable[[int], str]
"""A record's number as a link to where its digest stands."""
MOST_GAPS = 50
"""Of one place: who looks every day and misses every second has more than anyone reads."""


def evidence(slots: Sequence[Mapping[str, Any]], ages: Mapping[str, str], record: Link) -> Iterator[str]:
    """Each slot with its newest piece and its history, and the criteria that people alone show."""
    yield section("people", "Evidence that people bring")
    yield "<p>Files that no program can make, recorded by digest. They go stale like all other evidence.</p>"
    if not slots:
        yield "<p>No slot is configured, and no evidence was recorded.</p>"
    heads = ["slot", "at the end", "for", "owner", "newest file", "dated", "counts until", "record"]
    yield from table("What is expected, and what was recorded", heads, [_slot(slot, record) for slot in slots])
    yield from table(
        "How each slot stood",
        ["slot", "from", "to", "state", "for"],
        [
            Row(
                clean(slot["title"] or slot["slot"]),
                [time(one["begins"]), time(one["ends"]), pill(AGES[one["status"]], one["status"]),
                 duration(one["seconds"])],
            )
            for slot in slots
            for one in slot["intervals"]
        ],
    )  # fmt: skip
    named = {age: [name for name, one in ages.items() if one == age] for age in ("fresh", "stale", "missing")}
    yield from table(
        "Criteria that people alone show, by how their evidence stands at the end",
        ["evidence", "criteria", "how many"],
        [Row(pill(AGES[age], age), [clean(" ".join(of)), str(len(of))]) for age, of in named.items() if of],
    )
    yield "</section>"


def _slot(slot: Mapping[str, Any], record: Link) -> Row:
    piece = slot["pieces"][0] if slot["pieces"] else None
    extra = "" if slot["expected"] else ' <span class="soft">(no slot of soc2gate.yaml)</span>'
    newest = ["nothing was recorded", "", "", ""]
    if piece is not None:
        file = f'{clean(piece["file"])}<br><span class="soft">sha256</span> {sha(piece["sha256"])}'
        # Fresh until the midnight after the last day that counts.
        until = _day_before(piece["fresh_until"]) if piece["fresh_until"] else "no end"
        newest = [file, date(piece["dated"]), until, record(piece["record"])]
    return Row(
        clean(slot["title"] or slot["slot"]) + extra,
        [
            pill(AGES[slot["age"]], slot["age"]),
            clean(" ".join((*slot["controls"], *slot["criteria"]))),
            clean(slot["owner"] or "nobody named"),
            *newest,
        ],
    )


def _day_before(moment: str) -> str:
    from datetime import date as day
    from datetime import timedelta

    return date((day.fromisoformat(moment[:10]) - timedelta(days=1)).isoformat())


def scope(places: Sequence[Mapping[str, Any]], period: Mapping[str, Any]) -> Iterator[str]:
    """What the configuration names, against what was read."""
    yield section("scope", "In scope, and read")
    named = [place for place in places if place["in_scope"]]
    if named:
        unread = sum(not place["reads"] for place in named)
        yield f"<p>{counted(len(named), 'place')} in scope, {unread} of them never read in this period.</p>"
    else:
        yield "<p>The configuration names no account, region, cluster or repository that is in scope.</p>"
    heads = ["place", "state", "read", "first", "last", "gaps", "longest", "in scope"]
    yield from table("Accounts, regions, clusters and repositories", heads, [_place(one, period) for one in places])
    yield from table(
        "Each time that a place in scope was not read",
        ["place", "from", "to", "for"],
        [
            Row(_name(place), [time(one["begins"]), time(one["ends"]), duration(one["seconds"]) or "one moment"])
            for place in places
            for one in place["gaps"][:MOST_GAPS]
        ],
    )
    for place in places:
        if len(place["gaps"]) > MOST_GAPS:
            yield f"<p>{_name(place)}: {len(place['gaps']) - MOST_GAPS} more gaps stand in the report's JSON.</p>"
    yield "</section>"


def _name(place: Mapping[str, Any]) -> str:
    return f"{clean(place['what'])} {clean(place['name'])}"


def _place(place: Mapping[str, Any], period: Mapping[str, Any]) -> Row:
    state = ("pass", "read") if place["reads"] else ("fail", "not read")
    if place["in_scope"] and place["reads"] and place["gaps"]:
        state = ("medium", "read, with gaps")
    elif not place["in_scope"]:
        state = ("none", "not named in scope")
    whole = [{"begins": period["begins"], "ends": period["ends"]}]
    spans = "; ".join(f"{date(one['begins'])} to {date(one['ends'])}" for one in place["in_scope"])
    longest = max((one["seconds"] for one in place["gaps"]), default=0)
    return Row(
        _name(place),
        [
            pill(*state),
            counted(place["reads"], "time") if place["reads"] else "never",
            time(place["first"]),
            time(place["last"]),
            str(len(place["gaps"])) if place["in_scope"] else "",
            duration(longest),
            "the whole period" if place["in_scope"] == whole else spans,
        ],
    )


STATES = {
    "never": ("fail", "never reviewed"),
    "overdue": ("high", "overdue"),
    "late": ("medium", "reviewed late"),
    "pending": ("none", "not due yet"),
    "on_time": ("pass", "reviewed on time"),
    "gone": ("none", "gone"),
}
"""What to look at first."""
_LEVELS = {
    "admin": "critical",
    "escalation": "critical",
    "unknown": "unknown",
    "write": "medium",
    "read": "low",
    "none": "none",
}


def access(said: Mapping[str, Any], record: Link) -> Iterator[str]:
    """Each principal with its privileges and how its reviews stood, and what no review could see."""
    people = said["principals"]
    yield section("access", "Reviews of access")
    if not said["reviews"]:
        yield "<p>No review of access is recorded.</p></section>"
        return
    numbers = listed(said["totals"], {state: words for state, (_, words) in STATES.items()})
    yield (
        f"<p>{counted(len(people), 'principal')}: {clean(numbers)}. A decision counts from when it was recorded, not "
        "from the day that its form says.</p>"
    )
    if said["still_there"]:
        yield f"<p>To be removed, and seen again since: {clean(' '.join(said['still_there']))}</p>"
    order = list(STATES)
    yield from table(
        "Who may do what, and who decided",
        ["principal", "review", "most it may do", "second factor", "last use", "to be reviewed by", "last decision"],
        [
            _principal(one, record)
            for one in sorted(people, key=lambda one: (not one["still_there"], order.index(one["state"]), one["id"]))
        ],
    )
    yield from table(
        "Each record of a review, and what its pack could not see",
        ["record", "recorded", "what was seen", "of", "principals", "decided", "not read"],
        [
            Row(
                record(each["record"]),
                [
                    time(each["recorded_at"]),
                    time(each["observed_at"]),
                    clean(" ".join(each["places"])),
                    str(each["principals"]),
                    str(each["decided"]) if each["decided"] else "none: the review was opened",
                    clean("; ".join(f"{row['what']} of {row['place']}: {row['reason']}" for row in each["unread"]))
                    or "nothing: all was read",
                ],
            )
            for each in said["reviews"]
        ],
    )
    yield "</section>"


def _principal(one: Mapping[str, Any], record: Link) -> Row:
    last = one["decisions"][-1] if one["decisions"] else None
    state = ("fail", "still there") if one["still_there"] else STATES[one["state"]]
    # What its level says by itself need not be said twice.
    privileges = "; ".join(one["privileges"]).removeprefix(f"{one['level']}: ")
    decided = ""
    if last is not None:
        note = f": {last['note']}" if last["note"] else ""
        decided = clean(f"{last['decision']} ({last['by']}, {last['on']}){note}") + f", record {record(last['record'])}"
    return Row(
        breaking(one["id"]),
        [
            pill(*state),
            f"{pill(_LEVELS[one['level']], one['level'])} {clean(privileges)}",
            clean(one["mfa"]),
            clean(one["last_used"]),
            f"{clean(one['reviewer'] or 'nobody named')}<br>by {date(one['due'])}",
            decided or "nobody decided",
        ],
    )
