"""Criterion by week as one inline SVG: each cell has the worst of its week, as colour, sign and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

WORST_FIRST = ("fail", "unknown", "no_data", "waived", "pass")
SIGNS = {"fail": "✕", "unknown": "?", "no_data": "–", "waived": "w", "pass": "✓"}
WORDS = {"fail": "failed", "unknown": "undecided", "no_data": "no data", "waived": "waived", "pass": "held"}
"""Colour alone tells nothing to some readers, and nothing on a black-and-white print."""
_MOST_COLUMNS = 106
_CELL, _LEFT, _TOP = 18, 56, 34
_FORM = "%Y-%m-%dT%H:%M:%SZ"

Spans = Sequence[tuple[str, str, str]]
"""(begins, ends, status), in order."""


def columns(begins: str, ends: str) -> list[tuple[str, str]]:
    """Weeks from the beginning to the end; more of them at once where a period is longer than two years."""
    first, last = (datetime.strptime(time, _FORM) for time in (begins, ends))
    weeks = max(1, -(-int((last - first).total_seconds()) // (7 * 86400)))
    step = timedelta(weeks=-(-weeks // _MOST_COLUMNS))
    out: list[tuple[str, str]] = []
    while first < last or not out:
        until = min(first + step, last)
        out.append((first.strftime(_FORM), until.strftime(_FORM)))
        first += step
    return out


def worst(spans: Spans, begins: str, ends: str) -> str:
    """The worst status that held at any moment between two times."""
    said = {status for first, last, status in spans if first < ends and last > begins}
    return next((status for status in WORST_FIRST if status in said), "no_data")


def render(rows: Mapping[str, Spans], begins: str, ends: str) -> Iterator[str]:
    """The map, and what its signs mean. `rows` is in the order to be drawn."""
    weeks = columns(begins, ends)
    width, height = _LEFT + _CELL * len(weeks) + 2 * _CELL, _TOP + _CELL * len(rows) + 2
    told = f"{len(rows)} criteria by {len(weeks)} weeks from {begins[:10]} to {ends[:10]}; a table follows"
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape("Heat map, scrolls sideways")}">'
    yield (
        f'<svg class="heat" role="img" aria-label="{escape(told)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">'
    )
    yield from _months(weeks)
    for number, (name, spans) in enumerate(rows.items()):
        y = _TOP + number * _CELL
        yield f'<text class="name" x="{_LEFT - 6}" y="{y + 13}">{escape(name)}</text>'
        yield from _cells(name, spans, weeks, y)
    yield "</svg></div>"
    legend = " ".join(
        f'<li><span class="sign {status}" aria-hidden="true">{SIGNS[status]}</span> {WORDS[status]}</li>'
        for status in reversed(WORST_FIRST)
    )
    yield f'<ul class="legend" aria-label="What the signs mean">{legend}</ul>'


def _months(weeks: Iterable[tuple[str, str]]) -> Iterator[str]:
    before, drawn = "", -99
    for number, (first, _) in enumerate(weeks):
        # A name takes the room of three cells.
        if first[:7] != before and number - drawn >= 3:
            yield f'<text class="month" x="{_LEFT + number * _CELL}" y="{_TOP - 8}">{first[:7]}</text>'
            drawn = number
        before = first[:7]


def _cells(name: str, spans: Spans, weeks: Sequence[tuple[str, str]], y: int) -> Iterator[str]:
    for number, (first, last) in enumerate(weeks):
        status = worst(spans, first, last)
        x = _LEFT + number * _CELL
        yield (
            f'<g class="cell {status}"><title>{escape(name)}, {first[:10]} to {last[:10]}: {WORDS[status]}</title>'
            f'<rect x="{x}" y="{y}" width="{_CELL - 2}" height="{_CELL - 2}" rx="2"/>'
            f'<text x="{x + (_CELL - 2) // 2}" y="{y + 12}">{SIGNS[status]}</text></g>'
        )
