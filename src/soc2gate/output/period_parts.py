"""Tables, pills, times and durations: what every section of the page on a period is made of.

A table stands whole on a desk and on paper; where a screen is narrow each of its rows becomes a card, with the column's
name before each cell, so that nothing is scrolled away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from soc2gate.facts import dataclass
from soc2gate.output import heatmap
from soc2gate.output.html import clean
from soc2gate.patterns import regex

MOST_ROWS = 2_000
"""A table longer than this is nothing to read; the JSON has all of it, and the page says so."""
STATUS = {**heatmap.WORDS, "manual": "people show it", "record": "the record shows it", "out_of_scope": "out of scope"}
NOTHING = '<span class="soft">–</span>'
AGES = {"fresh": "pass", "stale": "high", "missing": "medium", "not_dated": "none"}


@dataclass(frozen=True, slots=True)
class Row:
    """Cells that are HTML already; `anchor` is what a link leads to."""

    first: str
    cells: Sequence[str]
    anchor: str = ""


def table(caption: str, heads: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """A table of all rows, or of as many as anyone reads; nothing where there is no row.

    What links lead to is never left out.
    """
    if not rows:
        return
    yield f'<div class="rows"><table><caption>{clean(caption)}</caption>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{clean(head)}</th>' for head in heads) + "</tr></thead><tbody>"
    names = [clean(head) for head in heads[1:]]
    most = len(rows) if rows[0].anchor else MOST_ROWS
    for row in rows[:most]:
        anchor = f' id="{row.anchor}"' if row.anchor else ""
        cells = "".join(_cell(name, cell or NOTHING) for name, cell in zip(names, row.cells, strict=True))
        yield f'<tr{anchor}><th scope="row">{row.first}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    if len(rows) > most:
        yield f"<p>{len(rows) - most} more stand in the report's JSON (<code>--format json</code>).</p>"


_MARKUP = regex(r"<[^>]*>")
_LONGEST = 24
"""A word longer than this may be broken anywhere; columns are never made narrower than shorter ones."""


def _cell(name: str, cell: str) -> str:
    longest = max(map(len, _MARKUP.sub(" ", cell).split()), default=0)
    wrapped = ' class="any"' if longest > _LONGEST else ""
    return f'<td{wrapped} data-head="{name}"><div>{cell}</div></td>'


def breaking(text: str) -> str:
    """A name, with room to break it where its parts meet."""
    return _JOINT.sub(r"\g<0><wbr>", clean(text))


_JOINT = regex(r"(?<=[\w\]])(?:::?|[/.\[])(?=\w)")


def section(anchor: str, title: str) -> str:
    """The beginning of a section; whoever begins one ends it."""
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{clean(title)}</h2>'


def pill(state: str, words: str = "") -> str:
    return f'<span class="pill {clean(state)}">{clean(words or STATUS.get(state, state))}</span>'


def sha(text: str) -> str:
    return f'<code class="digest">{clean(text)}</code>' if text else ""


def commit(text: str) -> str:
    return f'<code class="commit">{clean(text[:12])}</code>'


def time(text: str | None) -> str:
    """`2026-07-09 06:30`, in UTC as all of the page."""
    if not text:
        return ""
    return f'<time datetime="{clean(text)}">{clean(text[:10])} {clean(text[11:16])}</time>'


def date(text: str | None) -> str:
    return f'<time datetime="{clean(text[:10])}">{clean(text[:10])}</time>' if text else ""


def duration(number: int) -> str:
    return f'<span class="long">{long(number)}</span>' if number else ""


def long(number: int) -> str:
    """`3 d 4 h`; nothing for no time."""
    for size, name, smaller_size, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if number >= size:
            rest = number % size // smaller_size
            return f"{number // size} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{number // 60} min" if number >= 60 else f"{number} s" if number else ""


def counted(number: int, one: str, many: str = "") -> str:
    """`1 direct push`, `2 direct pushes`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(numbers: Mapping[str, int], words: Mapping[str, str]) -> str:
    """`2 critical, 11 high`: what there is none of is left out."""
    return ", ".join(f"{numbers[name]} {word}" for name, word in words.items() if numbers.get(name))


def place(look: Mapping[str, Any]) -> str:
    """What was looked at: `code`, `code in infra`, or accounts and clusters."""
    if look["side"] == "live":
        return ", ".join(look["places"])
    return "code" if look["paths"] in ([], ["."]) else f"code in {', '.join(look['paths'])}"
