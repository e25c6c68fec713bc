"""The ways in which one property of a live resource may be written: arguments of its own type, or a resource beside it.

Each way is found by reading the spelling backwards (`kinds.inverting`), and none is believed: the caller lets our
reader read what was written, and takes the first that says the same as what runs.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Container, Iterator

from soc2gate.facts import dataclass, field
from soc2gate.kinds.describe import Companion, Kind, Spelling
from soc2gate.kinds.inverting import Inverse, JsonText, Left, invert, taken_at
from soc2gate.kinds.terraform_imports import ALONE, IMPORTS
from soc2gate.kinds.tracing import STYLES, Trace, trace_companion, trace_spelling
from soc2gate.model.value import Value
from soc2gate.schema.terraform import Argument

_MOST_GUESSES = 48
"""Combinations that are tried for arguments whose conversion cannot be read backwards."""
_MOST_WAYS = 160
"""Ways that are tried for one property: one of many arguments, each of which might be missing, has thousands."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A resource that says one part of another."""

    companion: Companion
    written: tuple[tuple[str, Value], ...]
    element: Value
    """What it says; the element where it adds to a list."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One way to write one property."""

    written: tuple[tuple[str, Value], ...] = ()
    """Arguments of the resource itself."""
    beside: tuple[Beside, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(slots=True)
class Traces:
    """Traces of one kind's spelling and companions, each made once."""

    kind: Kind
    spelling: Spelling
    _made: dict[tuple[str, str, str, frozenset[str]], Trace | None] = field(default_factory=dict)

    def own(self, style: str, without: frozenset[str] = frozenset()) -> Trace | None:
        """The resource type's own."""
        key = (self.spelling.type, "", style, without)
        if key not in self._made:
            self._made[key] = trace_spelling(self.kind, self.spelling, style, without)
        return self._made[key]

    def of(self, companion: Companion, style: str, without: frozenset[str] = frozenset()) -> Trace | None:
        """A companion's."""
        key = (companion.type, companion.into, style, without)
        if key not in self._made:
            self._made[key] = trace_companion(companion, self.kind, style, without)
        return self._made[key]


def ways(traces: Traces, name: str, value: Value, besides: Container[str] = IMPORTS) -> Iterator[Piece]:
    """The ways to write a property, likelier ones first; `besides` are the types that may stand beside the resource."""
    tried: list[Piece] = []
    for piece in itertools.islice(_all_ways(traces, name, value, besides), _MOST_WAYS):
        if piece not in tried:
            tried.append(piece)
            yield piece


def _all_ways(traces: Traces, name: str, value: Value, besides: Container[str]) -> Iterator[Piece]:
    companions = [
        companion
        for companion in traces.kind.companions
        if companion.into == name and companion.type in besides and companion.type != traces.spelling.type
    ]
    for style in STYLES:
        for companion in companions:
            piece = _by_companion(traces, companion, style, value)
            if piece is not None:
                yield piece
        trace = traces.own(style)
        if trace is not None:
            yield from _by_trace(trace, name, value)
    for style in STYLES:
        # The builder may look for an argument first that does not take the value: as if there were no such argument.
        trace = traces.own(style)
        without: frozenset[str] = frozenset()
        while trace is not None and (found := frozenset(arguments_of(trace, name))):
            for argument in sorted(found):
                narrowed = traces.own(style, without | {argument})
                if narrowed is not None and name in narrowed.made:
                    yield from _by_trace(narrowed, name, value)
            without |= found
            trace = traces.own(style, without)


def said_together(traces: Traces, name: str) -> set[str]:
    """The properties that are read from an argument that a property is read from too."""
    out: set[str] = set()
    for trace in filter(None, map(traces.own, STYLES)):
        its = set(arguments_of(trace, name))
        out |= {other for other in trace.made if its.intersection(arguments_of(trace, other))}
    return out - {name}


def _by_trace(trace: Trace, name: str, value: Value) -> Iterator[Piece]:
    found = invert(trace, name, value)
    yield Piece(tuple(found.written), left=tuple(found.left))
    yield from (Piece(tuple(written)) for written in _guesses(trace, name, found))


def _guesses(trace: Trace, name: str, found: Inverse) -> Iterator[list[tuple[str, Value]]]:
    """The same arguments with other values, for builders that convert: `enabled = false` for `Suspended`."""
    places = dict(found.written)
    for left in found.left:
        place = trace.places.get(left.path)
        if place is not None:
            places.setdefault(place, None)
    options: list[list[tuple[str, Value]]] = []
    for place, value in places.items():
        what = _argument_at(trace, place)
        options.append([(place, guess) for guess in _values_for(what, value)] if what is not None else [(place, value)])
    for combination in itertools.islice(itertools.product(*options), _MOST_GUESSES):
        if list(combination) != found.written:
            yield list(combination)


def _argument_at(trace: Trace, place: str) -> Argument | None:
    what = taken_at(trace.taken, place)
    return what if isinstance(what, Argument) else None


def _values_for(what: Argument, value: Value) -> list[Value]:
    if what.type == "b":
        return [value, not value] if isinstance(value, bool) else [True, False]
    if what.type == "s" and isinstance(value, str) and len(value) < 80:
        kebab = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", value).lower()
        return list(dict.fromkeys((value, kebab, value.lower(), value.upper())))
    if isinstance(value, list):
        return [value, _inner_texts(value)]
    return [value]


def _inner_texts(value: list[Value]) -> list[Value]:
    """The texts of structures that hold nothing else: `audit` of `{"Type": "audit"}`."""
    said = [item.said if isinstance(item, JsonText) else item for item in value]
    return [next(iter(one.values())) if isinstance(one, dict) and len(one) == 1 else one for one in said]


def arguments_of(trace: Trace, name: str) -> list[str]:
    """The paths, without indices, of the arguments that a property is read from."""
    under = (f"{name}.", f"{name}[")
    places = [place for path, place in trace.places.items() if path == name or path.startswith(under)]
    return list(dict.fromkeys(re.sub(r"\[\d+\]", "", place) for place in places))


def _by_companion(traces: Traces, companion: Companion, style: str, value: Value) -> Piece | None:
    """A resource for the whole property, or one for each element."""
    if companion.many and not isinstance(value, list):
        return None
    beside: list[Beside] = []
    left: list[Left] = []
    for element in value if companion.many and isinstance(value, list) else (value,):
        trace = traces.of(companion, style)
        if trace is None:
            return None
        said: Value = [element] if companion.many else element
        found = invert(trace, companion.into, said)
        if _crowded(companion.type, found.written):
            alone = frozenset(
                f"{block}.{argument}" for block, names in ALONE[companion.type].items() for argument in names
            )
            trace = traces.of(companion, style, alone)
            if trace is None:
                return None
            found = invert(trace, companion.into, said)
            found.written = _without_and(companion.type, found.written)
        if not found.written:
            return None
        beside.append(Beside(companion, tuple(found.written), element))
        left += found.left
    return Piece(beside=tuple(beside), left=tuple(left))


def _without_and(type_: str, written: list[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """Conditions under an `and` of their own stand for themselves where there is one only."""
    under = Counter(path.rpartition(".")[0] for path, _ in written)
    alone = {name for names in ALONE.get(type_, {}).values() for name in names}
    out = []
    for path, value in written:
        block, _, name = path.rpartition(".")
        single = block.endswith(".and[0]") and under[block] == 1 and name in alone
        out.append((f"{block.removesuffix('.and[0]')}.{name}" if single else path, value))
    return out


def _crowded(type_: str, written: list[tuple[str, Value]]) -> bool:
    """Whether arguments stand together of which the provider takes one only."""
    for block, names in ALONE.get(type_, {}).items():
        seen: dict[str, set[str]] = {}
        for path, _ in written:
            plain = re.sub(r"\[\d+\]", "", path)
            for name in names:
                if plain == f"{block}.{name}" or plain.startswith(f"{block}.{name}."):
                    holder = path.rpartition(f".{name}")[0]
                    own = path[: len(holder) + 1] + path[len(holder) + 1 :].partition(".")[0]
                    seen.setdefault(holder, set()).add(own)
        if any(len(found) > 1 for found in seen.values()):
            return True
    return False
