"""From a property back to the arguments that say it: a trace, read the other way round.

The live value is laid upon what the spelling makes of a body with everything in it. Where the two have the same shape,
each part's place in the body is where the value has to be written; each element of a list gets a block of its own.
What does not fit is told by its path, never guessed away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from soc2gate.facts import dataclass, field
from soc2gate.kinds.tracing import Trace
from soc2gate.model.value import SPECIAL, OpenList, Special, Unknown, Value
from soc2gate.schema.terraform import Argument, NestedBlock, Taken

_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")


class JsonText(str):
    """JSON text that is written as `jsonencode(…)`, with what it says."""

    __slots__ = ("said",)
    said: Value

    def __new__(cls, said: Value) -> JsonText:
        made = super().__new__(cls, json.dumps(said))
        made.said = said
        return made


@dataclass(frozen=True, slots=True)
class Left:
    """A part of a property that could not be written."""

    path: str
    reason: str


@dataclass(slots=True)
class Inverse:
    """The arguments that say a property, and what they leave unsaid."""

    written: list[tuple[str, Value]] = field(default_factory=list)
    """Paths in the body, in order, with what stands there."""
    left: list[Left] = field(default_factory=list)

    def add(self, other: Inverse) -> None:
        """Take in what another part needs."""
        self.written += other.written
        self.left += other.left


def invert(trace: Trace, name: str, value: Value) -> Inverse:
    """What has to be written so that the property `name` reads as `value`."""
    if name not in trace.made:
        return Inverse(left=[Left(name, "no argument that soc2gate reads says it")])
    return _Inverting(trace).value(value, trace.made[name], name, {})


def unsaid(value: Value) -> bool:
    """What need not be written, since leaving it out says the same."""
    return value is None or value == "" or value == {}


class _Inverting:
    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._blocks: dict[str, int] = {}
        """Block path to how many of them were begun."""

    def value(self, wanted: Value, template: Value, path: str, bound: Mapping[str, str]) -> Inverse:
        """`bound` says which block of its own a block of the template stands for."""
        if unsaid(wanted):
            return Inverse()
        if isinstance(wanted, SPECIAL):
            return Inverse(left=[Left(path, _why_unknown(wanted))])
        place = self._trace.places.get(path)
        what = self._taken(place) if place is not None else None
        if isinstance(template, str) and wanted == template != place:
            return Inverse()  # the argument says it by standing there: `vpc_id` that a VPC is watched
        if isinstance(what, Argument) and place is not None:
            return self._argument(wanted, what, place, path, bound)
        if isinstance(template, dict) and isinstance(wanted, dict):
            return self._structure(wanted, template, path, bound)
        if isinstance(template, (list, OpenList)) and isinstance(wanted, list):
            elements = template if isinstance(template, list) else [*template.items, *template.more]
            return self._list(wanted, elements, path, bound)
        if place is None and not isinstance(template, SPECIAL) and wanted == template:
            return Inverse()  # the spelling says it by itself
        return Inverse(left=[Left(path, "no argument that soc2gate reads says this")])

    def _structure(
        self, wanted: Mapping[str, Value], template: Mapping[str, Value], path: str, bound: Mapping[str, str]
    ) -> Inverse:
        out = Inverse()
        for key, child in wanted.items():
            here = f"{path}.{key}"
            if key in template:
                out.add(self.value(child, template[key], here, bound))
            elif not unsaid(child):
                reason = (
                    _why_unknown(child) if isinstance(child, SPECIAL) else "no argument that soc2gate reads says it"
                )
                out.left.append(Left(here, reason))
        return out

    def _list(
        self, wanted: Sequence[Value], templates: Sequence[Value], path: str, bound: Mapping[str, str]
    ) -> Inverse:
        out = Inverse()
        used: set[int] = set()
        for index, element in enumerate(wanted):
            best: tuple[Inverse, int, dict[str, int]] | None = None
            before = dict(self._blocks)
            for number, template in enumerate(templates):
                here = f"{path}[{number}]"
                if number in used and not self._repeats(here, template):
                    continue
                self._blocks = dict(before)
                made = self._element(element, template, here, bound)
                if made is None:
                    continue
                if best is None or len(made.left) < len(best[0].left):
                    best = (made, number, self._blocks)
                if not made.left:
                    break
            self._blocks = before
            if best is None:
                out.left.append(Left(f"{path}[{index}]", "no further block can say this"))
                continue
            made, number, self._blocks = best
            used.add(number)
            out.written += made.written
            out.left += [
                Left(f"{path}[{index}]{left.path.removeprefix(f'{path}[{number}]')}", left.reason) for left in made.left
            ]
        return out

    def _repeats(self, path: str, template: Value) -> bool:
        """Whether a template may be used again: each use has a block of its own, or adds to a list."""
        place = self._trace.places.get(path, "")
        if isinstance(self._taken(place), NestedBlock) or self._is_element(place):
            return True
        inside = template.keys() if isinstance(template, dict) else ()
        return any(self._is_element(self._trace.places.get(f"{path}.{key}", "")) for key in inside)

    def _is_element(self, place: str) -> bool:
        what = self._taken(place)
        return place.endswith("]") and isinstance(what, Argument)

    def _element(self, wanted: Value, template: Value, path: str, bound: Mapping[str, str]) -> Inverse | None:
        place = self._trace.places.get(path)
        if place is None or not isinstance(what := self._taken(place), NestedBlock):
            return self.value(wanted, template, path, bound)
        block = _concrete(place, bound).rpartition("[")[0]
        number = self._blocks.get(block, 0)
        if number and not what.many:
            return None
        self._blocks[block] = number + 1
        own = f"{block}[{number}]"
        made = self.value(wanted, template, path, {**bound, place: own})
        made.written.insert(0, (own, {}))
        return made

    def _argument(self, wanted: Value, what: Argument, place: str, path: str, bound: Mapping[str, str]) -> Inverse:
        at = _concrete(place, bound)
        if what.type.startswith("[") and at.endswith("]"):
            at, wanted = at.rpartition("[")[0], [wanted]
        made = as_argument(wanted, what.type)
        if made is None:
            return Inverse(left=[Left(path, f"{_plain(place)} takes something else")])
        return Inverse([(at, made)])

    def _taken(self, place: str) -> Taken | None:
        return taken_at(self._trace.taken, place)


def taken_at(taken: Mapping[str, Taken], place: str) -> Taken | None:
    """What stands at a path of a body: an argument or a block; None where the provider takes nothing."""
    found: Taken | None = None
    for name, _ in _STEP.findall(place):
        if isinstance(found, Argument):
            return None  # inside a map or an object
        found = (taken if found is None else found.arguments).get(name)
        if found is None:
            return None
    return found


def _concrete(place: str, bound: Mapping[str, str]) -> str:
    """A path of the traced body, in the blocks that are really written."""
    best = max((block for block in bound if place == block or place.startswith(f"{block}.")), key=len, default="")
    return bound[best] + place[len(best) :] if best else place


def as_argument(value: Value, type_: str) -> Value:
    """A value as an argument of this type takes it; None where it does not fit."""
    if isinstance(value, SPECIAL):
        return None
    if type_ == "*":
        return value
    if type_.startswith("["):
        made = [as_argument(item, type_[1:]) for item in (value if isinstance(value, list) else [value])]
        return None if None in made else made
    if type_.startswith("{"):
        table = _as_map(value)
        fitted = {key: as_argument(item, type_[1:]) for key, item in table.items()} if table is not None else None
        return None if fitted is None or None in fitted.values() else fitted
    if type_ == "s":
        return JsonText(value) if isinstance(value, (dict, list)) else _text(value)
    if isinstance(value, (dict, list)):
        return None
    if type_ == "b":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    return _number(value)


def _as_map(value: Value) -> Mapping[str, Value] | None:
    """A map, also where the normal form has a list of names and values."""
    if isinstance(value, dict):
        return value
    out: dict[str, Value] = {}
    for item in value if isinstance(value, list) else (None,):
        if not isinstance(item, dict) or not isinstance(key := item.get("Key", item.get("Name")), str):
            return None
        out[key] = item.get("Value", "")
    return out


def _text(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _number(value: Value) -> Value:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return value
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def put(body: dict[str, Value], path: str, value: Value) -> bool:
    """Write one argument into a body, making blocks on the way. False where something else stands there already."""
    steps = _STEP.findall(path)
    for name, index in steps[:-1]:
        body = _block(body, name, int(index[1:-1] or 0) if index else 0)
    name, index = steps[-1]
    if index:
        _block(body, name, int(index[1:-1]))
        return True
    there = body.get(name)
    if there is None:
        body[name] = list(value) if isinstance(value, list) else value
        return True
    if isinstance(there, list) and isinstance(value, list):
        there += [item for item in value if item not in there]
        return True
    return type(there) is type(value) and there == value


def _block(body: dict[str, Value], name: str, index: int) -> dict[str, Value]:
    blocks = body.setdefault(name, [])
    assert isinstance(blocks, list)
    while len(blocks) <= index:
        blocks.append({})
    block = blocks[index]
    assert isinstance(block, dict)
    return block


def _plain(place: str) -> str:
    return re.sub(r"\[\d+\]", "", place)


def _why_unknown(value: Special) -> str:
    return value.reason if isinstance(value, Unknown) else "it is not wholly known"
