"""`regex()`, `regexall()` and `replace()` with a pattern: Go's regular expressions.

Python's engine does the matching where it surely means the same and surely comes to an end; all else goes to our own
`automaton`, which is slower and always ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from soc2gate.declared.terraform.values import STRING, EvaluationError, TfList, Val, type_of

if TYPE_CHECKING:
    from soc2gate.declared.terraform.functions.automaton import Program

_MOST_TRIES = 1_000_000
_SIMPLE = re.compile(r"(?:[^\\\[\]{}$]|\\[dDwW.\-/+*?()|^\[\]{}$_:]|\[\^?(?:[\w .:/_@,;%=+-]|\\[dDwW.\-/])+\])*+\$?")
"""Patterns that mean the same in both languages (with ASCII classes); `$` only at the very end."""
_cache: dict[str, Program] = {}


class _Match:
    """Where a match and its groups stand."""

    __slots__ = ("bounds", "names", "text")

    def __init__(self, text: str, bounds: list[int], names: dict[str, int]) -> None:
        self.text = text
        self.bounds = bounds
        self.names = names

    def group(self, number: int) -> str | None:
        start, end = self.bounds[2 * number], self.bounds[2 * number + 1]
        return self.text[start:end] if start >= 0 and end >= 0 else None

    @property
    def count(self) -> int:
        return len(self.bounds) // 2 - 1

    @property
    def start(self) -> int:
        return self.bounds[0]

    @property
    def end(self) -> int:
        return self.bounds[1]


_Search = Callable[[int], _Match | None]


def first(pattern: str, value: str) -> Val:
    """The first match: its text, a tuple of its groups, or an object of its named groups."""
    found = _searcher(pattern, value)(0)
    if found is None:
        raise EvaluationError("the pattern does not match")
    return _captured(found)


def every(pattern: str, value: str) -> Val:
    """All matches, in order."""
    found = [_captured(match) for match in _matches(pattern, value)]
    return TfList(found, type_of(found[0]) if found else STRING)


def replace(value: str, pattern: str, by: str) -> str:
    """All matches replaced; `$1` and `${name}` stand for groups, as Go expands them."""
    out: list[str] = []
    at = 0
    for match in _matches(pattern, value):
        out.append(value[at : match.start])
        out.append(_expanded(by, match))
        at = match.end
    out.append(value[at:])
    return "".join(out)


def _matches(pattern: str, value: str) -> list[_Match]:
    """Every match, where Go does not let an empty one follow right after another match."""
    search = _searcher(pattern, value)
    found: list[_Match] = []
    at = 0
    end = -1
    while at <= len(value):
        match = search(at)
        if match is None:
            break
        if match.start < match.end or match.start != end:
            found.append(match)
        at = match.end + 1 if match.end == at else match.end
        end = match.end
    return found


def _captured(match: _Match) -> Val:
    if match.names:
        if len(match.names) != match.count:
            raise EvaluationError("named and unnamed groups cannot be mixed")
        return {name: match.group(number) for name, number in match.names.items()}
    if match.count:
        return [match.group(number) for number in range(1, match.count + 1)]
    return match.group(0)


def _expanded(template: str, match: _Match) -> str:
    def value(reference: re.Match[str]) -> str:
        name = reference.group(1) or reference.group(2)
        if name is None:
            return "$"
        number = int(name) if name.isdigit() else match.names.get(name, -1)
        return (match.group(number) or "") if 0 <= number <= match.count else ""

    return re.sub(r"\$(?:\$|(\w+)|\{(\w+)\})", value, template)


def _searcher(pattern: str, value: str) -> _Search:
    """How to find the first match from a position on."""
    if _is_plain(pattern, value):
        try:
            compiled = re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern, re.ASCII)
        except (re.error, OverflowError, RecursionError):
            pass
        else:
            return lambda at: _found(compiled, value, at)
    program = _cache.get(pattern)
    if program is None:
        if len(_cache) > 200:
            _cache.clear()
        # Imported here: few patterns need it.
        from soc2gate.declared.terraform.functions.automaton import compile_pattern

        program = _cache[pattern] = compile_pattern(pattern)
    ready = program

    def search(at: int) -> _Match | None:
        bounds = ready.search(value, at)
        return None if bounds is None else _Match(value, bounds, ready.names)

    return search


def _found(compiled: re.Pattern[str], value: str, at: int) -> _Match | None:
    match = compiled.search(value, at)
    if match is None:
        return None
    bounds = [edge for number in range(compiled.groups + 1) for edge in match.span(number)]
    return _Match(value, bounds, dict(compiled.groupindex))


def _is_plain(pattern: str, value: str) -> bool:
    """Whether Python's engine means the same by the pattern, and ends soon on this text."""
    if "(?" in pattern.replace("(?:", "").replace("(?P<", "") or _SIMPLE.fullmatch(pattern) is None:
        return False
    if any(double in pattern for double in ("--", "&&", "||", "~~")):
        # Python keeps these for set operations inside classes.
        return False
    loops = len(re.findall(r"[*+]", pattern))
    nested = re.search(r"\)(?:[*+?])", pattern) is not None
    doubled = re.search(r"[*+?][*+]", pattern) is not None
    return not nested and not doubled and len(value) ** loops <= _MOST_TRIES
