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
_HEIGHT, _LEFT, _TOP = 20, 60, 44
_NARROWEST, _WIDEST, _ROOM = 18, 64, 1000
"""A quarter fills the page as a year does; two years scroll."""
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
    """The map, and what its signs mean. `rows` is in the order to be drawn.

    Each cell is an image with a name of its own, in a group named as its criterion: for who reads by ear.
    """
    weeks = columns(begins, ends)
    cell = max(_NARROWEST, min(_WIDEST, _ROOM // len(weeks)))
    width, height = _LEFT + cell * len(weeks) + 2 * _NARROWEST, _TOP + _HEIGHT * len(rows) + 2
    told = f"{len(rows)} criteria by {len(weeks)} weeks from {begins[:10]} to {ends[:10]}; a table follows"
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape("Heat map, scrolls sideways")}">'
    yield (
        f'<svg class="heat" role="group" aria-label="{escape(told)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">'
    )
    yield from _dates(weeks, cell)
    for number, (name, spans) in enumerate(rows.items()):
        y = _TOP + number * _HEIGHT
        yield f'<g role="group" aria-label="{escape(name)}">'
        yield f'<text class="name" aria-hidden="true" x="{_LEFT - 8}" y="{y + 14}">{escape(name)}</text>'
        yield from _cells(name, spans, weeks, cell, y)
        yield "</g>"
    yield "</svg></div>"
    legend = " ".join(
        f'<li><span class="sign {status}" aria-hidden="true">{SIGNS[status]}</span> {WORDS[status]}</li>'
        for status in reversed(WORST_FIRST)
    )
    yield f'<ul class="legend" aria-label="What the signs mean">{legend}</ul>'


def _dates(weeks: Iterable[tuple[str, str]], cell: int) -> Iterator[str]:
    """Months above, and under them the day that each week begins on."""
    before, drawn = "", -99
    yield '<g aria-hidden="true">'
    for number, (first, _) in enumerate(weeks):
        x = _LEFT + number * cell
        # A name takes some 50 units of room.
        if first[:7] != before and (number - drawn) * cell >= 50:
            yield f'<text class="month" x="{x}" y="{_TOP - 24}">{first[:7]}</text>'
            drawn = number
        before = first[:7]
        yield f'<text class="day" x="{x + (cell - 2) / 2:g}" y="{_TOP - 8}">{first[8:10]}</text>'
    yield "</g>"


def _cells(name: str, spans: Spans, weeks: Sequence[tuple[str, str]], cell: int, y: int) -> Iterator[str]:
    for number, (first, last) in enumerate(weeks):
        status = worst(spans, first, last)
        x = _LEFT + number * cell
        told = f"{escape(name)}, {first[:10]} to {last[:10]}: {WORDS[status]}"
        yield (
            f'<g class="cell {status}" role="img" aria-label="{told}"><title>{told}</title>'
            f'<rect x="{x}" y="{y}" width="{cell - 2}" height="{_HEIGHT - 2}" rx="2"/>'
            f'<text x="{x + (cell - 2) / 2:g}" y="{y + 13}">{SIGNS[status]}</text></g>'
        )
