"""What stands in a resource although nobody wrote it: creation defaults, and what only deploying decides.

A property that is left out reads as what this spelling would create. Where the schema requires it or the provider
computes it, it is unknown instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from soc2gate.facts import dataclass
from soc2gate.kinds.convert import Complain, coerce, one_of, plain_copy
from soc2gate.kinds.describe import Default
from soc2gate.kinds.draft import Draft
from soc2gate.model.resource import Resource, Side
from soc2gate.model.value import Alternatives, OpenList, Unknown, Value
from soc2gate.schema import lookup
from soc2gate.schema.types import ListType, ObjectType


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What the schema says of a kind, in the form that every resource of it needs."""

    type: ObjectType
    unwritten: Mapping[str, Value]
    """For each required or computed property, what it reads as where nobody wrote it."""
    tags: str
    """The property that holds tags; empty where there is none."""
    tags_are_list: bool


_facts: dict[str, KindFacts] = {}


def facts_of(kind: str) -> KindFacts:
    """The schema's facts about a kind, read once."""
    found = _facts.get(kind)
    if found is None:
        type_ = lookup.type_of(kind)
        told = lookup.facts(kind)
        unwritten: dict[str, Value] = {
            name: Unknown(f"{name} is required and not written") for name in sorted(type_.required)
        }
        for name in sorted(told.read_only):
            if name in type_.properties:
                unwritten[name] = Unknown(f"{name} is known after it is deployed", not_null=True)
        # What the provider alone tells (`ours`: a key's state) is as unknown as what it computes.
        for name in sorted(told.ours if not told.origin.startswith("ours") else ()):
            # It depends on nothing a person could tell, so the comparison leaves it alone.
            unwritten[name] = Unknown(f"{name} is known after it is deployed", depends=(name,))
        tags = told.tags if told.tags in type_.properties else ""
        found = _facts[kind] = KindFacts(
            type_, unwritten, tags, bool(tags) and isinstance(type_.properties[tags], ListType)
        )
    return found


def fill_defaults(draft: Draft, defaults: tuple[Default, ...]) -> None:
    """Write the creation defaults of what is left out, each with its source."""
    copied: set[str] = set()
    for default in defaults:
        path = default.path
        if "." not in path and "[" not in path:
            # The common case, kept short: every default of every resource passes here.
            current = draft.properties.get(path)
            if current is None or isinstance(current, (Alternatives, list, OpenList)):
                _fill(draft, draft.properties, path, path, default)
            continue
        top = path.partition(".")[0].partition("[")[0]
        if top not in draft.properties:
            continue
        if top not in copied:
            # What stands there may be the reader's own, or another default's value.
            copied.add(top)
            draft.properties[top] = plain_copy(draft.properties[top])
        for holder, name, place in _holders(draft.properties, path.split("."), ""):
            _fill(draft, holder, name, place, default)


def _holders(value: Value, steps: list[str], place: str) -> Iterator[tuple[dict[str, Value], str, str]]:
    """The structures in which the last step of a path stands or would stand."""
    if isinstance(value, Alternatives):
        for option in value.options:
            yield from _holders(option, steps, place)
        return
    if not isinstance(value, dict):
        return
    step = steps[0]
    here = f"{place}.{step}" if place else step
    if len(steps) == 1:
        yield value, step, here
        return
    if not step.endswith("[*]"):
        yield from _holders(value.get(step), steps[1:], here)
        return
    name, here = step[:-3], here[:-3]
    inside = value.get(name)
    items = (*inside.items, *inside.more) if isinstance(inside, OpenList) else inside
    for i, item in enumerate(items if isinstance(items, (list, tuple)) else ()):
        yield from _holders(item, steps[1:], f"{here}[{i}]")


def _fill(draft: Draft, holder: dict[str, Value], name: str, place: str, default: Default) -> None:
    current = holder.get(name)
    if default.value != [] and draft.format == "terraform":
        # Blocks of which a dynamic block, or a plan, makes none are not written; of some that is not known.
        if isinstance(current, OpenList) and not current.items:
            current = Alternatives((None, current), current.reason)
        elif current == []:
            current = None
    if isinstance(current, Alternatives) and None in current.options:
        if default.when is None or default.when(draft.properties):
            others = [option for option in current.options if option is not None]
            holder[name] = one_of([default.value, *others], current.reason)
        return
    if current is not None:
        return
    holds = default.when(draft.properties) if default.when else True
    if holds is None:
        holder[name] = Unknown(f"not written, and it is not known whether {default.source}")
    elif holds:
        holder[name] = default.value
        if isinstance(default.value, Unknown):
            return
        if default.kept:
            draft.defaults[place] = default.source
        else:
            draft.initial[place] = default.source
            draft.notes.setdefault(place, default.source)


def complete(draft: Draft, side: Side) -> Resource:
    """The finished resource: brought to the schema's types, and with what is not decided marked so."""
    facts = facts_of(draft.kind.name)
    complain = _complainer(draft)
    written = draft.properties
    properties = coerce(dict(written), facts.type, "", complain, side is Side.DECLARED)
    assert isinstance(properties, dict)
    if side is Side.DECLARED:
        missing = _rest_of_partial(draft, facts) if draft.partial else facts.unwritten
        properties = {**missing, **properties}
    return Resource(
        kind=draft.kind.name,
        address=draft.address,
        side=side,
        properties=properties,
        where=draft.where,
        places=draft.places,
        root=draft.root,
        spelling=_spelling(draft),
        identity=draft.identity,
        related=draft.related,
        defaults=draft.defaults,
        initial=draft.initial,
        notes=draft.notes,
        uncertain=draft.uncertain,
        partial=draft.partial,
        derived_from=draft.kind.part_of,
        members=draft.members,
        tags=draft.tags,
        managed_by=draft.managed_by,
        environment=draft.environment,
    )


def _complainer(draft: Draft) -> Complain:
    return lambda path, message: draft.problem(message, path)


def _rest_of_partial(draft: Draft, facts: KindFacts) -> dict[str, Value]:
    """Everything a partial resource does not tell is unknown: it may prove a rule broken, never kept."""
    reason = f"{draft.address} belongs to a resource that is not declared here ({draft.kind.title})"
    return dict.fromkeys(facts.type.properties, Unknown(reason))


def _spelling(draft: Draft) -> str:
    if draft.format == "terraform":
        return f"terraform {draft.type}"
    if draft.spelling is not None and draft.spelling.type.startswith("awscc_"):
        return f"terraform {draft.spelling.type}"
    return {"kubernetes": "manifest", "": "api"}.get(draft.format, draft.format)


def known_true(path: str, wanted: Value = True) -> Callable[[Mapping[str, Value]], bool | None]:
    """For `Default.when`: whether a property has a value; not known where the property is not."""

    def holds(properties: Mapping[str, Value]) -> bool | None:
        value = properties.get(path)
        if isinstance(value, (Unknown, Alternatives)):
            return None
        return value == wanted

    return holds


def absent(*paths: str) -> Callable[[Mapping[str, Value]], bool | None]:
    """For `Default.when`: whether none of these top-level properties is written; not known where one may not be."""

    def holds(properties: Mapping[str, Value]) -> bool | None:
        values = [properties.get(path) for path in paths]
        if any(isinstance(value, Unknown) and not value.not_null for value in values):
            return None
        if any(isinstance(value, Alternatives) and None in value.options for value in values):
            return None
        return all(value is None for value in values)

    return holds
