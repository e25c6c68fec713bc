"""Sections of the page on a period: what people brought, how access was reviewed, and what is in scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from soc2gate.output.html import clean
from soc2gate.output.period_parts import cut, duration, pill, sha, shown, table, tr

Link = Callable[[int], str]
"""A record's number as a link to where its digest stands."""
AGES = {"fresh": "pass", "stale": "high", "missing": "medium", "not_dated": "none"}


def evidence(slots: Sequence[Mapping[str, Any]], ages: Mapping[str, str], record: Link) -> Iterator[str]:
    """Each slot with its newest piece and its history, and the criteria that people alone show."""
    yield '<section aria-labelledby="people"><h2 id="people">Evidence that people bring</h2>'
    yield "<p>Files that no program can make, recorded by digest. They go stale like all other evidence.</p>"
    if slots:
        heads = ["slot", "state", "for", "owner", "newest file", "dated", "valid until", "record", "sha256"]
        yield from table("What is expected, and what was recorded", heads)
        for slot in shown(slots):
            piece = slot["pieces"][0] if slot["pieces"] else {}
            cells = [
                pill(AGES[slot["age"]], slot["age"]),
                clean(" ".join((*slot["controls"], *slot["criteria"]))),
                clean(slot["owner"] or "nobody named"),
                clean(piece.get("file", "")),
                clean(piece.get("dated", "")),
                clean(piece.get("valid_until") or (slot["fresh_until"] or "")[:10]),
                record(piece["record"]) if piece else "",
                sha(piece.get("sha256", "")),
            ]
            extra = "" if slot["expected"] else ' <span class="soft">no slot of soc2gate.yaml</span>'
            yield tr(clean(slot["title"] or slot["slot"]) + extra, cells)
        yield "</tbody></table></div>" + cut(len(slots))
        yield from table("How each slot stood", ["slot", "from", "to", "state", "for"])
        for slot in shown(slots):
            for one in slot["intervals"]:
                cells = [clean(one["begins"]), clean(one["ends"]), pill(AGES[one["status"]], one["status"])]
                yield tr(clean(slot["title"] or slot["slot"]), [*cells, duration(one["seconds"])])
        yield "</tbody></table></div>"
    else:
        yield "<p>No slot is configured, and no evidence was recorded.</p>"
    if ages:
        yield from table("Criteria that people alone show", ["evidence", "criteria"])
        for age in ("fresh", "stale", "missing"):
            named = [name for name, one in ages.items() if one == age]
            if named:
                yield tr(pill(AGES[age], age), [clean(" ".join(named))])
        yield "</tbody></table></div>"
    yield "</section>"


def scope(places: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the configuration names, against what was read."""
    yield '<section aria-labelledby="scope"><h2 id="scope">In scope, and read</h2>'
    named = [place for place in places if place["in_scope"]]
    if not named:
        yield "<p>The configuration names no account, region, cluster or repository that is in scope.</p>"
    if places:
        heads = ["what", "name", "state", "in scope", "read", "first", "last", "not read, and for how long"]
        yield from table("Accounts, regions, clusters and repositories", heads)
        for place in shown(places):
            state = ("pass", "read") if place["reads"] else ("fail", "not read")
            if place["in_scope"] and place["reads"] and place["gaps"]:
                state = ("medium", "read, with gaps")
            elif not place["in_scope"]:
                state = ("none", "not named in scope")
            spans = "; ".join(f"{one['begins'][:10]} to {one['ends'][:10]}" for one in place["in_scope"])
            gaps = "<br>".join(
                f"{clean(one['begins'])} to {clean(one['ends'])} ({duration(one['seconds'])})"
                for one in place["gaps"][:50]
            )
            more = len(place["gaps"]) - 50
            cells = [
                clean(place["name"]), pill(*state), clean(spans), f"{place['reads']} times",
                clean(place["first"] or ""), clean(place["last"] or ""),
                gaps + (f"<br>and {more} more" if more > 0 else ""),
            ]  # fmt: skip
            yield tr(clean(place["what"]), cells)
        yield "</tbody></table></div>" + cut(len(places))
    yield "</section>"


_STATES = {
    "on_time": ("pass", "on time"),
    "late": ("medium", "late"),
    "overdue": ("high", "overdue"),
    "never": ("fail", "never reviewed"),
    "pending": ("none", "not due yet"),
    "gone": ("none", "gone"),
}


def access(said: Mapping[str, Any], record: Link) -> Iterator[str]:
    """Each principal with its privileges and how its reviews stood, and what no review could see."""
    people = said["principals"]
    yield '<section aria-labelledby="access"><h2 id="access">Reviews of access</h2>'
    if not said["reviews"]:
        yield "<p>No review of access is recorded.</p></section>"
        return
    numbers = ", ".join(f"{number} {_STATES[state][1]}" for state, number in said["totals"].items() if number)
    yield (
        f"<p>{len(people)} principals: {clean(numbers)}. A decision counts from when it was recorded, not from the day "
        "that its form says.</p>"
    )
    if said["still_there"]:
        yield f"<p>To be removed, and seen again since: {clean(' '.join(said['still_there']))}</p>"
    heads = [
        "principal",
        "reviewed",
        "most it may do",
        "second factor",
        "last use",
        "reviewer",
        "due",
        "decision",
        "record",
    ]
    yield from table("Who may do what, and who decided", heads)
    order = list(_STATES)
    for one in shown(sorted(people, key=lambda one: (not one["still_there"], -order.index(one["state"]), one["id"]))):
        last = one["decisions"][-1] if one["decisions"] else None
        state = ("fail", "still there") if one["still_there"] else _STATES[one["state"]]
        cells = [
            pill(*state),
            f"{pill(_LEVELS[one['level']], one['level'])} {clean('; '.join(one['privileges']))}",
            clean(one["mfa"]),
            clean(one["last_used"]),
            clean(one["reviewer"] or "nobody named"),
            clean(one["due"]),
            clean(f"{last['decision']} ({last['by']}, {last['on']})" if last else "")
            + (f" {clean(last['note'])}" if last else ""),
            record(last["record"]) if last else "",
        ]
        yield tr(clean(one["id"]), cells)
    yield "</tbody></table></div>" + cut(len(people))
    yield from table(
        "Each pack, and what it could not see", ["record", "seen at", "principals", "decided", "of", "not read"]
    )
    for each in shown(said["reviews"]):
        unread = "; ".join(f"{row['what']} of {row['place']}: {row['reason']}" for row in each["unread"])
        cells = [
            clean(each["observed_at"]),
            str(each["principals"]),
            str(each["decided"]),
            clean(" ".join(each["places"])),
            clean(unread),
        ]
        yield tr(record(each["record"]), cells)
    yield "</tbody></table></div></section>"


_LEVELS = {
    "admin": "critical",
    "escalation": "critical",
    "unknown": "unknown",
    "write": "medium",
    "read": "low",
    "none": "none",
}
