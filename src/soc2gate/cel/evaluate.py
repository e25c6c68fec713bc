"""Rules' expressions, compiled once and asked of every resource: three-valued, with the evidence for each answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from soc2gate.cel.answer import ELEMENT, Answer, Trail, choices_in
from soc2gate.cel.check import Checked, check
from soc2gate.cel.closures import Builder
from soc2gate.cel.environment import FAULTS, FIRST_NAME, NOW, TRAIL, Env, Eval, fault
from soc2gate.cel.operations import name_of, unknown_of
from soc2gate.cel.parse import parse
from soc2gate.cel.syntax import Node, error_at, start_of
from soc2gate.cel.text import bare
from soc2gate.cel.vacuity import refuse_vacuous
from soc2gate.model.rule import Source
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Unknown, Value
from soc2gate.schema.types import ANY, BOOL, Type

_MOST_CASES = 64
"""How many combinations of undecided alternatives are tried before the answer stays unknown."""


def compile(  # noqa: A001  # what CEL calls it; read as `cel.compile`
    source: Source,
    scope: Mapping[str, Type],
    *,
    returns: Type = BOOL,
    vacuous_ok: bool = False,
    given: Source | None = None,
) -> Program:
    """Parses, checks and compiles an expression over the names in `scope`.

    `returns`: what the expression must come to; `ANY` for anything. `vacuous_ok`: `all` over a list that may be empty
    is meant. `given`: another condition that holds where this one is asked (a rule's `when`), whose size guards count.
    Raises `ConfigError` with path, line, column and a caret for the first error, the others gathered behind it.
    """
    node = parse(source)
    checked = check(source, node, scope)
    if returns is not ANY and checked.type is not ANY and checked.type != returns:
        raise error_at(source, start_of(node), node.end, f"this comes to {checked.type}, and {returns} is wanted")
    if not vacuous_ok:
        refuse_vacuous(source, node, checked.types, given=parse(given) if given else None)
    return Program(source, node, checked, list(scope), returns=returns)


class Program:
    """A compiled expression. Asking it changes nothing; one program may be asked by several threads."""

    __slots__ = ("_blank", "_condition", "_eval", "_names", "source", "type")

    def __init__(
        self,
        source: Source,
        node: Node,
        checked: Checked,
        names: Sequence[str],
        *,
        returns: Type = ANY,
        lenient: bool = False,
    ) -> None:
        builder = Builder(checked, list(names), lenient=lenient)
        self.source = source
        self.type = checked.type
        self._condition = checked.type is BOOL or returns is BOOL
        self._eval: Eval = builder.build(node)
        self._names = tuple(names)
        self._blank: Env = [None] * builder.size
        for i, name in enumerate(names):
            # Paths are relative to the resource; whatever else is bound says its name.
            self._blank[FIRST_NAME + 2 * i + 1] = "" if name == "resource" else name

    def run(self, bindings: Mapping[str, Value], now: str = "") -> Answer:
        """Asks the expression of these values; a name that is not bound is absent. Never raises.

        `now` is the time of the run, ISO 8601, for `days_until` and `days_since`.
        """
        return self._run(bindings, now, _MOST_CASES)

    def _run(self, bindings: Mapping[str, Value], now: str, cases: int) -> Answer:
        env = self._blank.copy()
        trail: Trail = []
        faults: list[Unknown] = []
        env[TRAIL], env[NOW], env[FAULTS] = trail, now, faults
        slot = FIRST_NAME
        for name in self._names:
            env[slot] = bindings.get(name)
            slot += 2
        value = self._eval(env)
        if value is True or value is False:
            return Answer(value, trail)
        if value.__class__ is not Unknown:
            blocked = unknown_of(value)
            if blocked is None and self._condition:
                blocked = fault(env, f"a condition is wanted, not {name_of(value)}")
            if blocked is None or not self._condition:
                # A text with unknown parts, an open list: an answer where no condition is asked.
                return Answer(value, trail)
            value = blocked
        defect = value.reason if any(value is wrong for wrong in faults) else ""
        answer = Answer(bare(value) if self._condition else value, trail, defect)
        return self._by_cases(answer, bindings, now, cases)

    def _by_cases(self, answer: Answer, bindings: Mapping[str, Value], now: str, cases: int) -> Answer:
        """The answer that every alternative gives; `answer`, an unknown, where they differ or there are none."""
        trail = answer.trail
        choice = next(choices_in(trail), None)
        if choice is None or not 0 < len(choice.options) <= cases:
            return answer
        left = cases // len(choice.options)
        answers = [self._run(replaced(bindings, choice, option), now, left) for option in choice.options]
        first = answers[0].value
        if isinstance(first, bool) and all(other.value is first for other in answers):
            elements = [entry for entry in answers[0].trail if entry[0] == ELEMENT]
            return Answer(first, [entry for entry in trail if entry[0] != ELEMENT] + elements)
        if all(isinstance(other.value, bool) for other in answers):
            return Answer(Unknown(choice.reason), trail)
        return answer


def replaced(bindings: Mapping[str, Value], choice: Alternatives, option: Value) -> dict[str, Value]:
    """The bindings with this one choice made, wherever it stands."""
    return {name: _replaced(value, choice, option) for name, value in bindings.items()}


def _replaced(value: Value, choice: Alternatives, option: Value) -> Value:
    if value is choice:
        return option
    if isinstance(value, dict):
        return {key: _replaced(child, choice, option) for key, child in value.items()}
    if isinstance(value, list):
        # An element that turns out absent was never in the list.
        return [_replaced(child, choice, option) for child in value if child is not choice or option is not None]
    if isinstance(value, OpenList):
        items = [_replaced(child, choice, option) for child in value.items if child is not choice or option is not None]
        more = [_replaced(child, choice, option) for child in value.more if child is not choice or option is not None]
        return OpenList(tuple(items), tuple(more), value.reason)
    if isinstance(value, OpenMap):
        entries = {key: _replaced(child, choice, option) for key, child in value.items.items()}
        return OpenMap(entries, _replaced(value.more, choice, option), value.reason)
    if isinstance(value, Alternatives):
        return Alternatives(tuple(_replaced(child, choice, option) for child in value.options), value.reason)
    return value
