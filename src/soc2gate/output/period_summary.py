"""The first part of the page on a period: what somebody with two minutes has to know, in numbers that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from soc2gate.output.html import clean
from soc2gate.output.period_controls import ENDS
from soc2gate.output.period_parts import breaking, counted, listed, long, pill, section
from soc2gate.output.period_people import STATES

MOST_FIRST = 5
SEVERITIES = {name: name for name in ("critical", "high", "medium", "low", "none")}
AGE_WORDS = {"fresh": "fresh", "stale": "stale", "missing": "missing"}
KINDS = {
    "finding": ("open failure", "open failures"),
    "disagreement": ("open disagreement", "open disagreements"),
    "failing": ("control whose rules fail", "controls whose rules fail"),
    "stale": ("control with stale evidence", "controls with stale evidence"),
    "missing": ("control with nothing to judge", "controls with nothing to judge"),
    "undecided": ("control that is undecided", "controls that are undecided"),
    "owner": ("list of controls without an owner", "lists of controls without an owner"),
    "evidence": ("slot whose evidence is stale or missing", "slots whose evidence is stale or missing"),
    "access": ("principal to be reviewed or removed", "principals to be reviewed or removed"),
    "scope": ("place in scope that was not read", "places in scope that were not read"),
}
"""What gaps are: one of them, several of them."""


def remarked(said: Mapping[str, Any], word: str) -> int:
    return sum(word in member["remarks"] for member in said["population"]["members"])


def summary(said: Mapping[str, Any], judged: Mapping[str, Any]) -> Iterator[str]:
    """`judged` are the criteria with technical evidence."""
    people = said["population"]
    still = sum(row["closed_as"] == "open" for row in said["deviations"])
    ages = _ages(said)
    dated = sum(ages.values())
    held = sum(row["at_end"] == "pass" for row in judged.values())
    beyond = people["never_recorded_after"]
    state = "incomplete" if people["unattested"] or beyond else "closed" if still else "open"
    yield section("summary", "Summary")
    yield f'<div class="decision {state}"><p class="said">{_recorded(people)}</p>'
    yield (
        f"<p>At the end {held} of {len(judged)} criteria with technical evidence hold by the records, "
        f"{counted(still, 'exception')} {'is' if still == 1 else 'are'} open, and the evidence of {ages['fresh']} of "
        f"{counted(dated, 'control')} is fresh. {len(said['gaps'])} gaps are listed, worst first.</p>"
    )
    yield '</div><div class="cards">'
    yield from _card("Changes", _changes(said))
    yield from _card("Criteria and controls at the end", _controls(said, judged, ages))
    yield from _card("Exceptions", _exceptions(said))
    yield from _card("Looks at what runs", _looks(said))
    yield from _card("What people bring and decide", _people(said))
    yield "</div>"
    yield from _first(said)
    yield "</section>"


def _recorded(people: Mapping[str, Any]) -> str:
    """The first thing to know: whether anything reached the branch that nobody recorded."""
    missing, beyond = people["unattested"], len(people["never_recorded_after"])
    if missing:
        verb = "has" if missing == 1 else "have"
        return f"{missing} of {counted(people['commits'], 'change')} {verb} no record"
    if beyond:
        return f"{counted(beyond, 'change')} after the last recorded head {'has' if beyond == 1 else 'have'} no record"
    if not people["commits"]:
        return "No change reached the branch"
    if people["commits"] == 1:
        return "The one change has a record"
    return f"Every one of {people['commits']} changes has a record"


def _card(title: str, lines: Iterator[str]) -> Iterator[str]:
    name = "card-" + title.split()[0].lower()
    yield f'<section aria-labelledby="{name}"><h3 id="{name}">{clean(title)}</h3><ul>'
    for number, line in enumerate(lines):
        yield f'<li class="first">{line}</li>' if not number else f"<li>{line}</li>"
    yield "</ul></section>"


def _big(number: int, words: str) -> str:
    return f"<b>{number}</b> {clean(words)}"


def _changes(said: Mapping[str, Any]) -> Iterator[str]:
    people = said["population"]
    yield _big(
        people["commits"], "change reached the branch" if people["commits"] == 1 else "changes reached the branch"
    )
    yield _big(people["attested"], "attested by a record of their own")
    yield _big(people["attested_by_tree"], "attested by a record of the same tree")
    yield _big(people["unattested"], "without a record")
    pushes, bypasses = remarked(said, "direct push"), remarked(said, "protection bypassed")
    yield clean(
        f"{people['late']} recorded late, {counted(pushes, 'direct push', 'direct pushes')}, "
        f"{counted(bypasses, 'bypass', 'bypasses')} of protection"
    )


def _ages(said: Mapping[str, Any]) -> Counter[str]:
    """Controls that rules show, by the age of their evidence."""
    ages = Counter(row["evidence"]["age"] for row in said["controls"].values())
    del ages["not_dated"]
    return ages


def _controls(said: Mapping[str, Any], judged: Mapping[str, Any], ages: Counter[str]) -> Iterator[str]:
    held = sum(row["at_end"] == "pass" for row in judged.values())
    yield _big(held, f"of {counted(len(judged), 'criterion', 'criteria')} with technical evidence hold")
    others = len(said["criteria"]) - len(judged)
    yield _big(others, "criteria are shown by people, or out of scope")
    dated = counted(sum(ages.values()), "control")
    yield _big(ages["fresh"], f"of {dated} that rules show have fresh evidence")
    yield clean(f"{ages['stale']} stale, {ages['missing']} with nothing to judge")
    unowned = sum(not row["owner"] and row["evidence"]["age"] != "not_dated" for row in said["controls"].values())
    yield clean(f"{unowned} of them without an owner")


def _exceptions(said: Mapping[str, Any]) -> Iterator[str]:
    rows = said["deviations"]
    ends = Counter(row["closed_as"] for row in rows)
    yield _big(len(rows), "exception" if len(rows) == 1 else "exceptions")
    yield clean(listed(ends, {name: word for name, (_, word) in ENDS.items()})) or "none"
    levels = Counter(row["severity"] for row in rows if row["closed_as"] == "open")
    yield clean(f"of those open: {listed(levels, SEVERITIES) or 'none'}")
    yield clean(counted(len(said["waivers"]), "waiver"))


def _looks(said: Mapping[str, Any]) -> Iterator[str]:
    looks = said["verifications"]
    expected = f", {looks['expected']} expected" if looks["every_hours"] else ""
    yield _big(len(looks["at"]), f"{'look' if len(looks['at']) == 1 else 'looks'} at live state{expected}")
    if looks["gaps"]:
        longest = max(gap["seconds"] for gap in looks["gaps"])
        yield clean(f"{counted(len(looks['gaps']), 'time')} longer apart than promised, up to {long(longest)}")
    places = [place for place in said["scope"] if place["in_scope"]]
    unread = sum(not place["reads"] for place in places)
    late = sum(bool(place["reads"] and place["gaps"]) for place in places)
    yield _big(len(places), f"{'place' if len(places) == 1 else 'places'} in scope")
    yield clean(f"{len(places) - unread - late} read as promised, {late} with gaps, {unread} not at all")


def _people(said: Mapping[str, Any]) -> Iterator[str]:
    slots = said["manual_evidence"]
    yield _big(len(slots), f"{'slot' if len(slots) == 1 else 'slots'} for evidence that people bring")
    yield clean(listed(Counter(slot["age"] for slot in slots), AGE_WORDS) or "none was brought")
    review = said["access_review"]
    yield _big(len(review["principals"]), "principals whose access is reviewed")
    yield clean(listed(review["totals"], {state: words for state, (_, words) in STATES.items()}) or "no review")
    if review["still_there"]:
        yield clean(f"{len(review['still_there'])} to be removed and still there")


def _first(said: Mapping[str, Any]) -> Iterator[str]:
    if not said["gaps"]:
        return
    yield '<h3>To look at first</h3><ol class="first-gaps">'
    for gap in said["gaps"][:MOST_FIRST]:
        yield f"<li>{pill(gap['severity'], gap['severity'])} {about(gap)}, {owner(gap)}, {since(gap)}</li>"
    yield '</ol><p><a href="#gaps">All gaps, worst first</a></p>'


def about(gap: Mapping[str, Any]) -> str:
    """What is open, with the control it is about where its words need it."""
    ours = gap["what"] in ("stale", "missing", "failing", "undecided")
    return breaking(f"{gap['control']}: {gap['told']}" if ours else gap["told"])


def owner(gap: Mapping[str, Any]) -> str:
    return clean(gap["owner"] or "nobody named")


def since(gap: Mapping[str, Any]) -> str:
    return clean(f"for {long(gap['seconds'])}" if gap["seconds"] else "since the end of the period")


def kinds(gaps: Sequence[Mapping[str, Any]]) -> str:
    """How many gaps of what."""
    found = Counter(gap["what"] for gap in gaps)
    return clean(", ".join(counted(found[name], *words) for name, words in KINDS.items() if found[name]))
