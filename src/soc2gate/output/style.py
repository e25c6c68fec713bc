"""How text is laid out and coloured; colour only where a person looks and has not said no."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from soc2gate.errors import Exit
from soc2gate.facts import dataclass
from soc2gate.model.outcome import Status
from soc2gate.model.rule import Severity
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value

_SEVERITY = {Severity.CRITICAL: "1;31", Severity.HIGH: "31", Severity.MEDIUM: "33", Severity.LOW: "36"}
_STATUS = {Status.PASS: "32", Status.FAIL: "31", Status.UNKNOWN: "33", Status.WAIVED: "36"}


# Colours are marked with characters that Unicode reserves, and become escapes last of all: by then every escape that
# stood in a name or a value has been made visible.
_START, _MIDDLE, _END = _MARKS = "\ufdd0\ufdd1\ufdd2"
_DECISION = {Exit.OK: "1;32", Exit.CLOSED: "1;31"}
_CODES = frozenset({"1", "2", "1;4", "1;33", *_SEVERITY.values(), *_STATUS.values(), *_DECISION.values()})


@dataclass(frozen=True, slots=True)
class Style:
    """ANSI escapes, or none."""

    color: bool = False

    def _paint(self, code: str, text: str) -> str:
        return f"{_START}{code}{_MIDDLE}{text}{_END}" if self.color and code else text

    def shown(self, line: str) -> str:
        """A line as a terminal gets it: our colours, and nothing of what a stranger wrote to command it."""
        if line.isprintable():
            # Nothing to paint and nothing to hide: most lines of a long report.
            return line
        clean = "".join(char if char.isprintable() or char in _MARKS else repr(char)[1:-1] for char in line)
        if not self.color:
            return "".join(char for char in clean if char not in _MARKS)
        for code in _CODES:
            clean = clean.replace(f"{_START}{code}{_MIDDLE}", f"\x1b[{code}m")
        clean = clean.replace(_END, "\x1b[0m")
        return "".join(char for char in clean if char not in _MARKS)

    def bold(self, text: str) -> str:
        return self._paint("1", text)

    def dim(self, text: str) -> str:
        return self._paint("2", text) if text else ""

    def heading(self, text: str) -> str:
        return self._paint("1;4", text)

    def severity(self, level: Severity) -> str:
        return self._paint(_SEVERITY[level], str(level).ljust(8))

    def status(self, status: Status, text: str) -> str:
        return self._paint(_STATUS.get(status, ""), text)

    def decision(self, code: Exit, text: str) -> str:
        return self._paint(_DECISION.get(code, "1;33"), text)


def brief(value: Value) -> str:
    """A value on one line, as a person would write it; what is not known says so."""
    if isinstance(value, Unknown):
        return str(value.ref) if value.ref else f"unknown ({value.reason})"
    if isinstance(value, Text):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, OpenList):
        return "[" + ", ".join([*(brief(item) for item in value.items), "…"]) + "]"
    if isinstance(value, OpenMap):
        return "{" + ", ".join([*(f"{key}: {brief(item)}" for key, item in value.items.items()), "…"]) + "}"
    if isinstance(value, Alternatives):
        return " or ".join("nothing" if option is None else brief(option) for option in value.options)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {brief(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(brief(item) for item in value) + "]"
    if value is None:
        return "not set"
    return json.dumps(value, ensure_ascii=False)


def clip(text: str, width: int) -> str:
    """At most `width` characters of one line; control characters of a hostile name are made visible."""
    clean = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return clean if len(clean) <= width else clean[: max(1, width - 1)] + "…"


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width`; never breaks a word, an address or a path."""
    return list(_wrapped(text, width))


@lru_cache(maxsize=1000)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    # Kept, because a thousand findings of one rule say one title.
    flat = " ".join(text.split())
    return tuple(textwrap.wrap(flat, max(20, width), break_long_words=False, break_on_hyphens=False)) or ("",)


def indent(lines: Iterable[str], first: str, rest: str) -> Iterator[str]:
    """Prefix the first line with one text and the others with another."""
    for number, line in enumerate(lines):
        yield (rest if number else first) + line


def table(rows: Sequence[tuple[str, str, str]], width: int, style: Style) -> Iterator[str]:
    """Label, value and place per row; a place that does not fit beside its value stands below it."""
    label_width = max(len(row[0]) for row in rows)
    values = [clip(row[1], width - label_width - 4) for row in rows]
    value_width = max(map(len, values))
    beside = label_width + value_width + 6 + max(len(row[2]) for row in rows) <= width
    for (label, _, place), value in zip(rows, values, strict=True):
        if beside:
            yield f"  {style.dim(label.ljust(label_width))}  {value.ljust(value_width)}  {style.dim(place)}".rstrip()
        else:
            yield f"  {style.dim(label.ljust(label_width))}  {value}"
            if place:
                yield f"  {' ' * label_width}  {style.dim(place)}"


def contrasted(declared: Value, live: Value) -> tuple[Value, Value]:
    """Both values without what they have in common, so that a person sees the difference."""
    if isinstance(declared, dict) and isinstance(live, dict):
        ours: dict[str, Value] = {}
        theirs: dict[str, Value] = {}
        for key in dict.fromkeys([*declared, *live]):
            left, right = declared.get(key), live.get(key)
            if left == right:
                continue
            left, right = contrasted(left, right)
            if key in declared:
                ours[key] = left
            if key in live:
                theirs[key] = right
        return ours, theirs
    if isinstance(declared, list) and isinstance(live, list) and len(declared) == len(live) == 1:
        left, right = contrasted(declared[0], live[0])
        return [left], [right]
    return declared, live
