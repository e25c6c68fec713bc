"""An answer with its evidence: what an expression came to, and the values that decided it.

While an expression runs it leaves a trail, a list of small tuples, and takes back what turned out not to matter. The
trail becomes readable paths only when somebody asks for them: most answers are passes that nobody prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias, Union

from soc2gate.model.value import Alternatives, OpenList, OpenMap, Unknown, Value

Loc: TypeAlias = Union[str, tuple[Any, Union[str, int]], None]
"""Where a value stands: a bound name's own prefix, or (where its parent stands, step); None for computed values."""

VALUE, SIZE, ELEMENT, INSIDE = range(4)
"""What a trail entry tells: a value was read, a list's size mattered, an element decided, a helper looked inside."""

Trail: TypeAlias = list[tuple[int, Loc, Any, Value]]
"""(kind, where, property path below it, value); for `INSIDE` the third is the helper's property names."""

ANY_ELEMENT = -1
"""The step to an element of which it is not known which it is: `[*]`."""


class Looked(NamedTuple):
    """A value that took part in the decision. None: the property is absent."""

    path: str
    """Below the bound name: `SecurityGroupIngress[0].CidrIp`; `SecurityGroupIngress.size()` for a list's length."""
    value: Value


class Witness(NamedTuple):
    """The innermost element that made an `exists` true or an `all` false."""

    path: str
    value: Value


class Judged(NamedTuple):
    """A helper's answer together with the part of the argument that decided it, for the evidence."""

    answer: bool | Unknown
    path: str
    """Below the argument: `Statement[1]`."""
    value: Value


class Answer:
    """What a program says of one set of bindings."""

    __slots__ = ("defect", "trail", "value")

    def __init__(self, value: Value, trail: Trail | None = None, defect: str = "") -> None:
        self.value = value
        """For a condition True, False or `Unknown`."""
        self.defect = defect
        """Set when the answer is unknown by the expression's own fault: a type error or a missing key at run time."""
        self.trail: Trail = [] if trail is None else trail

    @property
    def looked(self) -> tuple[Looked, ...]:
        """What decided, in the order it was read, each path once."""
        out: dict[str, Value] = {}
        for kind, loc, name, value in self.trail:
            if loc is None:
                continue
            base = path_of(loc)
            if kind == ELEMENT:
                # It decided by being there, if nothing inside it was asked.
                if not any(path.startswith(base) for path in out):
                    out[base] = value
            elif kind == INSIDE:
                _look_inside(out, base, name, value)
            elif kind == SIZE and isinstance(value, (list, dict)) and value:
                out.setdefault(join(join(base, name), "size()"), len(value))
            else:
                out.setdefault(join(base, name), value)
        return tuple(Looked(path, value) for path, value in out.items())

    @property
    def witness(self) -> Witness | None:
        for kind, loc, _, value in self.trail:
            if kind == ELEMENT:
                return Witness(path_of(loc), value)
        return None

    @property
    def reason(self) -> str:
        """Why the answer is unknown; empty when it is not."""
        return self.value.reason if isinstance(self.value, Unknown) else ""

    @property
    def depends(self) -> tuple[str, ...]:
        """What would have to be known to settle it: `var.acl`, `aws_kms_key.k.arn`."""
        return self.value.depends if isinstance(self.value, Unknown) else ()

    def __repr__(self) -> str:
        return f"Answer({self.value!r}, looked={self.looked!r}, witness={self.witness!r}, defect={self.defect!r})"


def _look_inside(out: dict[str, Value], base: str, names: tuple[str, ...], value: Value) -> None:
    entries = value.items if isinstance(value, OpenMap) else value
    found = False
    if isinstance(entries, dict):
        for name in names:
            child = entries.get(name)
            if child is not None:
                out.setdefault(join(base, name), child)
                found = True
    if not found:
        out.setdefault(base, value)


def join(base: str, name: str) -> str:
    return f"{base}.{name}" if base and name else base or name


def path_of(loc: Loc) -> str:
    """`SecurityGroupIngress[0].CidrIp`."""
    if loc is None:
        return ""
    if isinstance(loc, str):
        return loc
    parent, step = loc
    base = path_of(parent)
    if isinstance(step, int):
        return f"{base}[*]" if step == ANY_ELEMENT else f"{base}[{step}]"
    return join(base, step)


def choices_in(trail: Trail) -> Iterator[Alternatives]:
    """The undecided choices among the values that were looked at.

    Not those of templates: further elements like one template need not all choose alike.
    """
    for _, loc, _, value in trail:
        if not _in_template(loc):
            yield from alternatives_in(value)


def _in_template(loc: Loc) -> bool:
    while isinstance(loc, tuple):
        if loc[1] == ANY_ELEMENT:
            return True
        loc = loc[0]
    return False


def alternatives_in(value: Value) -> Iterator[Alternatives]:
    """The undecided choices inside a value, outermost first, templates left out."""
    if isinstance(value, Alternatives):
        yield value
    elif isinstance(value, (dict, OpenMap)):
        for child in (value.items if isinstance(value, OpenMap) else value).values():
            yield from alternatives_in(child)
    elif isinstance(value, (list, OpenList)):
        for child in value.items if isinstance(value, OpenList) else value:
            yield from alternatives_in(child)
