"""Which line of a chart's template a rendered line came from.

Helm names the template of every document and says no more. But what a template does not compute it copies, with its
indentation: a rendered line is looked for among the lines that could have made it (same key, same depth, the literal
parts in place), in the order of the file. What a value brought as a whole (`toYaml`, `include`) stands where it was
asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence

from soc2gate.facts import dataclass
from soc2gate.model.resource import Span, Where
from soc2gate.yaml_lines import Document, Step

_ACTION = re.compile(r"\{\{.*?\}\}")
_KEY = re.compile(r"""(?P<lead>(?:\s|-\s)*)(?P<key>"[^"{]+"|'[^'{]+'|[^\s"'{:#][^:{]*?)\s*:(?=\s|$)""")
_CONTROL = re.compile(r"\{\{-?\s*(?:if|else|end|range|with|define|block|template|/\*|\$\w+\s*:?=)")
_MOST_LOOKALIKES = 200
"""Lines of one spelling that are told apart; more are generated lists, and their first lines do."""


@dataclass(frozen=True, slots=True)
class _Line:
    depth: int
    """The column of its key."""
    key: str
    fits: re.Pattern[str] | None
    """What the line renders as; None when it has no action in it."""
    text: str


def template_lines(template: str, rendered: str) -> list[int]:
    """For each line of the rendered text the number of the template's line, from 1."""
    lines = template.split("\n")
    written = {number: line for number, text in enumerate(lines) if (line := _written(text)) is not None}
    by_key: dict[tuple[int, str], list[int]] = {}
    for number, line in written.items():
        by_key.setdefault((line.depth, line.key), []).append(number)
    made = [_made(text) for text in rendered.split("\n")]
    candidates = [
        [number for number in by_key.get((line.depth, line.key), ())[:_MOST_LOOKALIKES] if _fits(written[number], line)]
        if line is not None
        else []
        for line in made
    ]
    chosen = _in_order(candidates)
    found: list[int] = []
    parents: list[tuple[int, int]] = []
    for index, line in enumerate(made):
        if line is None:
            # A blank line, a comment, an element of a list: it goes with the line before it.
            found.append(found[-1] if found else 0)
            continue
        while parents and parents[-1][0] >= line.depth:
            parents.pop()
        above = parents[-1][1] if parents else -1
        at = chosen.get(index)
        if at is None and candidates[index]:
            # A loop makes the same lines again.
            at = next((number for number in candidates[index] if number > above), candidates[index][0])
        if at is None:
            at = _asked_for(lines, above)
        found.append(max(at, 0))
        parents.append((line.depth, found[-1]))
    return [number + 1 for number in found]


def _written(text: str) -> _Line | None:
    match = _KEY.match(text)
    if match is None:
        return None
    literal = _ACTION.split(text.rstrip())
    pattern = re.compile(".*".join(map(re.escape, literal)) + "$") if len(literal) > 1 else None
    return _Line(len(match["lead"]), match["key"], pattern, text.rstrip())


def _made(text: str) -> _Line | None:
    match = _KEY.match(text)
    return _Line(len(match["lead"]), match["key"], None, text.rstrip()) if match is not None else None


def _fits(written: _Line, made: _Line) -> bool:
    # An action may trim the spaces before it, or give nothing and leave the key alone.
    return written.text == made.text if written.fits is None else written.fits.match(made.text) is not None


def _in_order(candidates: Sequence[Sequence[int]]) -> dict[int, int]:
    """The longest run of lines that keeps the template's order."""
    tails: list[int] = []
    links: list[tuple[int, int]] = []  # at each length: the line, and where in `made` it stands
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for index, numbers in enumerate(candidates):
        # Backwards, so that one rendered line takes one template line.
        for number in sorted(numbers, reverse=True):
            at = bisect_left(tails, number)
            before[index, number] = links[at - 1] if at else None
            if at == len(tails):
                tails.append(number)
                links.append((index, number))
            else:
                tails[at] = number
                links[at] = (index, number)
    chosen: dict[int, int] = {}
    step = links[-1] if links else None
    while step is not None:
        chosen[step[0]] = step[1]
        step = before[step]
    return chosen


def _asked_for(lines: Sequence[str], above: int) -> int:
    """The line below `above` that asks for a whole value, else `above` itself."""
    for number in range(above + 1, min(above + 4, len(lines))):
        text = lines[number].strip()
        if text.startswith("{{") and _CONTROL.match(text) is None:
            return number
        if not text.startswith("{{"):
            break
    return above


def column_of(lines: Sequence[str], number: int) -> int:
    """Where the text of a line begins, from 1."""
    if not 0 < number <= len(lines):
        return 1
    text = lines[number - 1]
    match = _KEY.match(text)
    return len(match["lead"] if match is not None else text[: len(text) - len(text.lstrip())]) + 1


class Moved(Mapping[str, Where]):
    """Places in a text, as places in the text that it was made of."""

    __slots__ = ("_moved", "_places")

    def __init__(self, places: Mapping[str, Where], moved: Callable[[Span], Span]) -> None:
        self._places = places
        self._moved = moved

    def __getitem__(self, key: str) -> Where:
        place = self._places[key]
        return self._moved(place) if isinstance(place, Span) else place

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class InTemplate:
    """Places objects of one rendered document in its template."""

    def __init__(self, path: str, template: str, rendered: str) -> None:
        self._path = path
        self._template = template
        self._rendered = rendered
        self._lines: list[str] = []
        self._numbers: list[int] | None = None

    def __call__(self, document: Document, path: tuple[Step, ...]) -> tuple[Span, Mapping[str, Where]]:
        where = document.place(path) if path else Span(document.path, document.line, 1, document.end_line)
        return self._moved(where), Moved(document.places(path), self._moved)

    def _moved(self, place: Span) -> Span:
        if self._numbers is None:
            # Made when somebody asks for a place: of most objects nobody does.
            self._lines = self._template.split("\n")
            self._numbers = template_lines(self._template, self._rendered)
        numbers = self._numbers
        first = numbers[min(place.line, len(numbers)) - 1]
        last = numbers[min(max(place.end_line, place.line), len(numbers)) - 1]
        # The end of a loop stands before its beginning was reached again.
        return Span(self._path, first, column_of(self._lines, first), max(first, last))
