"""Where a Terraform spelling takes each property from, found out by running it.

A spelling is a table and a function, and both only ever read a body through a `Draft`, which notes for every property
the place it came from. So a body in which everything the provider takes is written, with places that are paths, tells
the whole spelling: each property, and the argument it was read from. Nothing is declared a second time.

Builders look at values too (`if enabled is True`), so one body does not show everything: `STYLES` fills it in several
ways, and `without` leaves arguments out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from soc2gate.facts import dataclass
from soc2gate.kinds.describe import Companion, Kind, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.kinds.normalise import write_down
from soc2gate.model.resource import Places, RawResource, Span
from soc2gate.model.value import Unknown, Value
from soc2gate.schema.terraform import Argument, Taken, arguments

STYLES = ("unknown", "plain", "off")
"""How the body is filled: with what is not known (which converters let through), with plain values and every switch
on, and with every switch off."""

_NOWHERE = Span("", 1)


@dataclass(frozen=True, slots=True)
class Trace:
    """What a spelling makes of a body in which everything is written."""

    made: Mapping[str, Value]
    """Property to what stood there; what has no place of its own is the spelling's constant."""
    places: Mapping[str, str]
    """Property path to the path in the body that it came from: `Rules[0].Days` → `rule[0].expiration[0].days`."""
    taken: Mapping[str, Taken]
    """What the type takes."""


class _Everywhere(dict[str, object]):
    """Places in which every path stands, at itself."""

    def get(self, key: str, default: object = None) -> str:
        return key


def trace_spelling(kind: Kind, spelling: Spelling, style: str, without: frozenset[str] = frozenset()) -> Trace | None:
    """What a resource type makes of the kind; None where its builder cannot read such a body."""
    taken = arguments(spelling.type)
    raw = _raw(spelling.type, taken, style, without)
    try:
        draft = write_down(kind, spelling, raw)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        # What it was given is not what its author had in mind: another style may be.
        return None
    made = {**draft.properties, **{f"related.{name}": value for name, value in draft.related.items()}}
    return Trace(made, _paths(draft), taken)


def trace_companion(
    companion: Companion, kind: Kind, style: str, without: frozenset[str] = frozenset()
) -> Trace | None:
    """What a companion adds to the kind; None where its builder cannot read such a body, or adds nothing."""
    taken = arguments(companion.type)
    source = Draft.of(kind, None, _raw(companion.type, taken, style, without), writes=False)
    holder = Draft(kind, None, {}, _NOWHERE)
    try:
        if companion.when is not None and companion.when(source) is False:
            return None
        made = holder.settle(companion.build(source), companion.into)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return None
    return None if made is None else Trace({companion.into: made}, _paths(holder), taken)


def _paths(draft: Draft) -> Mapping[str, str]:
    return {path: place for path, place in cast("Mapping[str, object]", draft.places).items() if isinstance(place, str)}


def _raw(type_: str, taken: Mapping[str, Taken], style: str, without: frozenset[str]) -> RawResource:
    body = _body(taken, style, without, "")
    return RawResource("terraform", type_, f"{type_}.traced", ".", body, _NOWHERE, cast("Places", _Everywhere()))


def _body(taken: Mapping[str, Taken], style: str, without: frozenset[str], path: str) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for name, what in taken.items():
        here = f"{path}.{name}" if path else name
        # `tags_all` is what the provider makes of `tags`; nobody writes it.
        if here in without or name == "tags_all":
            continue
        if isinstance(what, Argument):
            out[name] = _filled(what.type, style, here)
        else:
            out[name] = [_body(what.arguments, style, without, here)]
    return out


def _filled(type_: str, style: str, path: str) -> Value:
    if type_.startswith("["):
        return [_filled(type_[1:], style, path)]
    if style == "unknown":
        return Unknown(f"{path} is traced", not_null=True)
    if type_.startswith("{"):
        return {"traced": _filled(type_[1:], style, path)}
    return {"n": 1, "b": style == "plain"}.get(type_, path)
