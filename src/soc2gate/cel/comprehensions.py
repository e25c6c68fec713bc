"""`all`, `exists`, `exists_one`, `filter` and `map`, over lists and maps of which not everything may be known.

A list that may hold more than was decided comes with templates of what further elements are like. A known element
settles `exists` or `all`; a template can only keep them from being settled, for there may be no such element.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from soc2gate.cel import operations
from soc2gate.cel.answer import ANY_ELEMENT, ELEMENT, SIZE, Loc, Trail
from soc2gate.cel.closures import Builder
from soc2gate.cel.environment import QUIET, TRAIL, Env, Eval, Locate, fault, undecided
from soc2gate.cel.syntax import Binary, Comprehension, ListLiteral, Node, children
from soc2gate.facts import dataclass, field
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Unknown, Value

KEPT = 20
"""How many trail entries a comprehension leaves when no single element decided."""


@dataclass(slots=True)
class Spread:
    """The elements of a list or map, each with the place it came from."""

    items: list[tuple[Value, Loc]] = field(default_factory=list)
    more: list[tuple[Value, Loc]] = field(default_factory=list)
    """Templates: zero or more further elements like each."""
    reason: str = ""
    """Why there may be more."""
    blocked: Unknown | None = None
    """Set when it is not even known which list it is."""

    def as_value(self) -> Value:
        if self.blocked is not None:
            return self.blocked
        if self.more:
            return OpenList(tuple(v for v, _ in self.items), tuple(v for v, _ in self.more), self.reason)
        return [value for value, _ in self.items]


def spread_of(env: Env, value: Value, loc: Loc) -> Spread:
    """The elements of any value that a comprehension may go through; a map's are its keys."""

    def at(step: int | str) -> Loc:
        return None if loc is None else (loc, step)

    if isinstance(value, (list, OpenList)):
        spread = Spread()
        for i, item in enumerate(value.items if isinstance(value, OpenList) else value):
            if isinstance(item, Alternatives) and None in item.options:
                spread.more.append((Alternatives(tuple(o for o in item.options if o is not None), item.reason), at(i)))
                spread.reason = spread.reason or item.reason
            else:
                spread.items.append((item, at(i)))
        if isinstance(value, OpenList):
            spread.more += [(template, at(ANY_ELEMENT)) for template in value.more]
            spread.reason = value.reason
        return spread
    if isinstance(value, (dict, OpenMap)):
        certain, possible = operations.keys_of(value)
        spread = Spread([(key, at(key)) for key in certain], [(key, at(key)) for key, _ in possible])
        spread.reason = possible[0][1].reason if possible else ""
        if isinstance(value, OpenMap):
            spread.more.append((Unknown(value.reason), at(ANY_ELEMENT)))
            spread.reason = value.reason
        return spread
    blocked = operations.unknown_of(value)
    return Spread(blocked=blocked or fault(env, f"{operations.name_of(value)} has no elements"))


def build(builder: Builder, node: Comprehension) -> Eval:
    """The function for any of the five."""
    if node.macro in ("filter", "map"):
        spread = _chosen(builder, node)
        return lambda env: spread(env).as_value()
    hidden = builder.slots.get(node.variable)
    where = builder.locate(node.range)
    over = builder.build(node.range, SIZE) if where else None
    spread_range = _spread(builder, node.range)
    slot = builder.bind(node.variable)
    body = builder.build(node.body)
    _unbind(builder, node.variable, hidden)
    if node.macro == "exists_one":
        return _exists_one(spread_range, slot, body)
    nested = _nests(node.body)
    general = _Quantifier(slot, body, node.macro == "exists", nested)
    if over is None or where is None:
        return _quantified_spread(spread_range, general)
    return _quantified_list(over, where, general)


def _unbind(builder: Builder, variable: str, hidden: int | None) -> None:
    if hidden is None:
        del builder.slots[variable]
    else:
        builder.slots[variable] = hidden


def _nests(node: Node) -> bool:
    return isinstance(node, Comprehension) or any(_nests(child) for child in children(node))


# --- where elements come from


def _spread(builder: Builder, node: Node) -> Callable[[Env], Spread]:
    """Elements with the places they came from, through list literals, `a + b`, `filter` and `map`."""
    if isinstance(node, ListLiteral):
        parts = [(builder.build(item, QUIET), builder.locate(item)) for item in node.items]
        return lambda env: Spread([(value(env), where(env) if where else None) for value, where in parts])
    if isinstance(node, Binary) and node.operator == "+":
        return _joined(_spread(builder, node.left), _spread(builder, node.right))
    if isinstance(node, Comprehension) and node.macro in ("filter", "map"):
        return _chosen(builder, node)
    where = builder.locate(node)
    value = builder.build(node, SIZE)
    if where is None:
        return lambda env: spread_of(env, value(env), None)
    return lambda env: spread_of(env, value(env), where(env))


def _joined(left: Callable[[Env], Spread], right: Callable[[Env], Spread]) -> Callable[[Env], Spread]:
    def join(env: Env) -> Spread:
        out = Spread()
        for side in (left(env), right(env)):
            out.items += side.items
            out.more += side.more
            out.reason = out.reason or side.reason
            if side.blocked is not None:
                # Nothing is known of this half; the other half still counts.
                out.more.append((side.blocked, None))
                out.reason = out.reason or side.blocked.reason
        return out

    return join


def _chosen(builder: Builder, node: Comprehension) -> Callable[[Env], Spread]:
    """`filter`, and `map` with or without a condition."""
    hidden = builder.slots.get(node.variable)
    source = _spread(builder, node.range)
    slot = builder.bind(node.variable)
    maps = node.macro == "map"
    condition = builder.build(node.body) if not maps else builder.build(node.condition) if node.condition else None
    body = builder.build(node.body, QUIET) if maps else None
    where: Locate | None = builder.locate(node.body) if maps else None
    _unbind(builder, node.variable, hidden)

    def result(env: Env, loc: Loc, value: Value) -> tuple[Value, Loc]:
        return (value, loc) if body is None else (body(env), where(env) if where else None)

    def choose(env: Env) -> Spread:
        spread = source(env)
        if spread.blocked is not None:
            return spread
        out = Spread(reason=spread.reason)
        trail: Trail = env[TRAIL]
        begin = len(trail)
        for elements, certain in ((spread.items, True), (spread.more, False)):
            for value, loc in elements:
                env[slot], env[slot + 1] = value, loc
                kept = True if condition is None else condition(env)
                if kept is False:
                    continue
                chosen = result(env, loc, value)
                if kept is True:
                    (out.items if certain else out.more).append(chosen)
                else:
                    # It may or may not be chosen: zero or one more like it.
                    out.more.append(chosen)
                    out.reason = out.reason or undecided(env, kept).reason
        # What chose is a sample in the evidence, and witness of nothing.
        trail[begin:] = [entry for entry in trail[begin : begin + KEPT] if entry[0] != ELEMENT]
        return out

    return choose


# --- quantifiers


@dataclass(slots=True)
class _Quantifier:
    """`exists` (stops at true) or `all` (stops at false) over elements of any origin."""

    slot: int
    body: Eval
    stop: bool
    nested: bool
    """The body has comprehensions of its own, whose witnesses must not outlive an element that did not decide."""

    def ask(self, env: Env, spread: Spread, mark: int) -> Any:
        if spread.blocked is not None:
            return spread.blocked
        trail, slot, stop = env[TRAIL], self.slot, self.stop
        begin = len(trail)
        unknown: Unknown | None = None
        kept: Trail = []
        for elements, certain in ((spread.items, True), (spread.more, False)):
            for value, loc in elements:
                env[slot], env[slot + 1] = value, loc
                here = len(trail)
                answer = self.body(env)
                if answer is stop:
                    if certain:
                        del trail[mark:here]
                        trail.append((ELEMENT, loc, "", value))
                        return stop
                    answer = Unknown(spread.reason)
                if answer is not True and answer is not False:
                    unknown = unknown or undecided(env, answer)
                    kept += trail[here:]
                if here > begin + KEPT:
                    del trail[here:]
        return self.finish(trail, begin, kept, unknown)

    def finish(self, trail: Trail, begin: int, kept: Trail, unknown: Unknown | None) -> bool | Unknown:
        """No element settled it: what blocked stays in the trail, or a sample of what was seen."""
        if unknown is not None:
            trail[begin:] = kept[:KEPT]
        if self.nested:
            trail[begin:] = [entry for entry in trail[begin:] if entry[0] != ELEMENT]
        return (not self.stop) if unknown is None else unknown


def _quantified_spread(spread_range: Callable[[Env], Spread], general: _Quantifier) -> Eval:
    """The elements come from several places, or from none."""

    def ask(env: Env) -> Any:
        mark = len(env[TRAIL])
        return general.ask(env, spread_range(env), mark)

    return ask


def _quantified_list(over: Eval, where: Locate, general: _Quantifier) -> Eval:
    """The common case: a property that is a plain list."""
    slot, body, stop = general.slot, general.body, general.stop
    place = slot + 1

    def ask(env: Env) -> Any:
        trail = env[TRAIL]
        mark = len(trail)
        items = over(env)
        loc = where(env)
        if items.__class__ is not list:
            return general.ask(env, spread_of(env, items, loc), mark)
        begin = len(trail)
        unknown: Unknown | None = None
        kept: Trail = []
        for index, value in enumerate(items):
            if value.__class__ is Alternatives:
                # It may be absent, which only the general case knows how to ask.
                del trail[begin:]
                return general.ask(env, spread_of(env, items, loc), mark)
            env[slot] = value
            env[place] = (loc, index)
            here = len(trail)
            answer = body(env)
            if answer is stop:
                del trail[mark:here]
                trail.append((ELEMENT, env[place], "", value))
                return stop
            if answer is not True and answer is not False:
                unknown = unknown or undecided(env, answer)
                kept += trail[here:]
            if here > begin + KEPT:
                del trail[here:]
        if unknown is None and not general.nested:
            return not stop
        return general.finish(trail, begin, kept, unknown)

    return ask


def _exists_one(spread_range: Callable[[Env], Spread], slot: int, body: Eval) -> Eval:
    def ask(env: Env) -> Any:
        spread = spread_range(env)
        if spread.blocked is not None:
            return spread.blocked
        trail: Trail = env[TRAIL]
        begin = len(trail)
        found: Any = None
        count = 0
        unknown: Unknown | None = None
        for elements, certain in ((spread.items, True), (spread.more, False)):
            for value, loc in elements:
                env[slot], env[slot + 1] = value, loc
                answer = body(env)
                if answer is True and certain:
                    count += 1
                    found = (ELEMENT, loc, "", value)
                elif answer is not False:
                    unknown = unknown or (Unknown(spread.reason) if answer is True else undecided(env, answer))
        del trail[begin + KEPT :]
        trail[begin:] = [entry for entry in trail[begin:] if entry[0] != ELEMENT]
        if count > 1:
            return False
        if unknown is not None:
            return unknown
        if found is not None:
            trail.append(found)
        return count == 1

    return ask
