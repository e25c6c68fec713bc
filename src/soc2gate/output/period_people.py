"""The sections of the page on a period that are about people: what evidence they brought."""

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
