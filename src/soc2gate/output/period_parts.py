"""Tables, pills and durations: what every section of the page on a period is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from soc2gate.output import heatmap
from soc2gate.output.html import clean, wide

MOST_ROWS = 2_000
"""A table longer than this is nothing to read; the JSON has all of it, and the page says so."""
STATUS = {**heatmap.WORDS, "manual": "people show it", "record": "the record shows it", "out_of_scope": "out of scope"}


def table(caption: str, heads: Sequence[str]) -> Iterator[str]:
    yield from wide(caption)
    yield "<thead><tr>" + "".join(f'<th scope="col">{clean(head)}</th>' for head in heads) + "</tr></thead><tbody>"


def tr(first: str, cells: Iterable[str]) -> str:
    """A row of cells that are HTML already."""
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def pill(state: str, words: str = "") -> str:
    return f'<span class="pill {clean(state)}">{clean(words or STATUS.get(state, state))}</span>'


def sha(text: str) -> str:
    return f'<code class="digest">{clean(text)}</code>'


def shown(rows: Sequence[Any]) -> Sequence[Any]:
    return rows[:MOST_ROWS]


def cut(number: int) -> str:
    return f"<p>{number - MOST_ROWS} more stand in --format json.</p>" if number > MOST_ROWS else ""


def duration(number: int) -> str:
    return f'<span class="long">{long(number)}</span>' if number else ""


def long(number: int) -> str:
    """`3 d 4 h`; nothing for no time."""
    for size, name, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if number >= size:
            rest = number % size // smaller_size
            return f"{number // size} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{number // 60} min" if number >= 60 else f"{number} s" if number else ""
