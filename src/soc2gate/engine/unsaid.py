"""What a live resource has that rules read and its code never says: neither written, nor given by another resource,
nor what the service makes of leaving it out.

No promise of the code is broken by it, so it is no disagreement. It is what nobody reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from soc2gate import kinds
from soc2gate.cel.mentions import Steps
from soc2gate.engine.differences import Difference, Spelling, Walk, says_something, unsaid
from soc2gate.engine.reads import Reading
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Resource
from soc2gate.model.value import Alternatives, OpenList, Unknown, Value

_USER_MAPS = (("metadata", "annotations"), ("metadata", "labels"))
"""Controllers and tools write what they like in these: only what a rule names is told."""


class Elsewhere:
    """What resources that stand for a companion alone say: what it belongs to is not known, and may be any of its
    kind."""

    def __init__(self, declared: Iterable[Resource]) -> None:
        self._by_kind: dict[str, list[Resource]] = {}
        for resource in declared:
            if resource.partial:
                self._by_kind.setdefault(resource.kind, []).append(resource)

    def says(self, live: Resource, top: str, value: Value) -> bool:
        """Whether they say all of a live resource's property, or something that is not known of it."""
        left = list(value) if isinstance(value, list) else [value]
        for other in self._by_kind.get(live.kind, ()):
            if top not in {re.split(r"[.\[]", path, maxsplit=1)[0] for path in other.members.values()}:
                continue
            name = other.identity.get("name")
            if isinstance(name, str) and name not in (live.identity.get("name"), live.identity.get("id")):
                continue
            said = other.properties.get(top)
            known = said.items if isinstance(said, OpenList) else said if isinstance(said, list) else [said]
            if any(isinstance(item, Unknown) for item in known):
                return True
            left = [item for item in left if item not in known]
        return not left


def unsaid_of(
    declared: Resource,
    live: Resource,
    *,
    readings: Sequence[Reading],
    spelling: Spelling,
    walk: Walk,
    elsewhere: Elsewhere,
) -> list[Difference]:
    """Each property that code leaves unsaid and live state has otherwise than creating it gives, at the highest place
    that is unsaid; its `note` says what creating gives, where that is known."""
    finder = _Finder(declared, live, readings, spelling, walk, _left(declared))
    found = finder.within(declared.properties, live.properties, "", "", ())
    return [leaf for leaf in found if not elsewhere.says(live, re.split(r"[.\[]", leaf.path)[0], leaf.live)]


def _left(declared: Resource) -> frozenset[str]:
    """Paths of what something else decides where code leaves it unsaid: the service, or what a default's condition
    asks about (a replica is as its source is)."""
    described = kinds.kind(declared.kind)
    type_ = declared.spelling.partition(" ")[2]
    spellings = (*described.terraform, *((described.cloudformation,) if described.cloudformation else ()))
    conditional = (
        default.path
        for spelling in spellings
        if not type_ or spelling.type == type_
        for default in spelling.defaults
        if default.when is not None
    )
    left = (one.path for one in described.left if one.when is None or one.when(declared.properties))
    return frozenset((*left, *conditional))


@dataclass(frozen=True, slots=True)
class _Finder:
    """One descent over a pair, live state leading; paths come with indices, with `[*]`, and as bare steps."""

    declared: Resource
    live: Resource
    readings: Sequence[Reading]
    spelling: Spelling
    walk: Walk
    left: frozenset[str]
    read: dict[Steps, bool] = field(default_factory=dict)

    def within(
        self, ours: Mapping[str, Value], theirs: Mapping[str, Value], path: str, pattern: str, steps: Steps
    ) -> Iterator[Difference]:
        for name in self._names(ours, theirs, steps):
            here = f"{path}.{name}" if path else name
            form = f"{pattern}.{name}" if pattern else name
            below = (*steps, name)
            if form in self.spelling.ignored or form in self.spelling.settings or not self._is_read(below):
                # Of named settings the API tells all: what the service gave those that code leaves out is its own.
                continue
            said, found = ours.get(name), theirs.get(name)
            if isinstance(found, OpenList):
                # More may exist than was seen; what was seen is certain.
                found = list(found.items)
            if isinstance(found, (Unknown, Alternatives)):
                # What could not be looked at is told as that.
                continue
            if here in self.declared.initial:
                yield from self._otherwise_than_created(here, form, said, found)
            elif unsaid(said):
                if form not in self.left:
                    yield from self._told(here, below, found)
            elif isinstance(said, dict) and isinstance(found, dict) and "Statement" not in said:
                yield from self.within(said, found, here, form, below)
            elif isinstance(said, list) and isinstance(found, list):
                yield from self._elements(said, found, here, form, below)

    def _names(self, ours: Mapping[str, Value], theirs: Mapping[str, Value], steps: Steps) -> Iterable[str]:
        if steps:
            return dict.fromkeys((*theirs, *ours))
        # What the live reader does not look at is not compared.
        return dict.fromkeys((*theirs, *(name for name in ours if name in self.live.places)))

    def _elements(
        self, ours: list[Value], theirs: list[Value], path: str, pattern: str, steps: Steps
    ) -> Iterator[Difference]:
        if not any(isinstance(item, dict) for item in ours):
            return
        for index, other in self.walk.partners(pattern, ours, theirs):
            said, found = ours[index], theirs[other]
            if isinstance(said, dict) and isinstance(found, dict):
                yield from self.within(said, found, f"{path}[{index}]", f"{pattern}[*]", steps)

    def _otherwise_than_created(self, path: str, pattern: str, given: Value, found: Value) -> Iterator[Difference]:
        """What creating gives stands on the declared side though nobody wrote it: told where it is so no more."""
        if any(True for _ in self.walk.value(path, pattern, given, found)) or (
            given == [] and isinstance(found, list) and found
        ):
            yield Difference(path, None, found, note=f"not in code: {self.declared.initial[path]}")

    def _told(self, path: str, steps: Steps, found: Value) -> Iterator[Difference]:
        if steps[-2:] in _USER_MAPS and isinstance(found, dict):
            for key, value in found.items():
                if any(mention.steps == (*steps, key) for one in self.readings for mention in one.mentions):
                    yield Difference(f"{path}.{key}", None, value)
        elif self._says(steps, found):
            yield Difference(path, None, found)

    def _says(self, steps: Steps, found: Value) -> bool:
        """Whether something that a rule reads stands in a live value."""
        if not says_something(found):
            return False
        if isinstance(found, dict) and not any(
            mention.steps == steps[: len(mention.steps)] and mention.reads(steps)
            for one in self.readings
            for mention in one.mentions
        ):
            return any(self._is_read((*steps, key)) and self._says((*steps, key), found[key]) for key in found)
        return True

    def _is_read(self, steps: Steps) -> bool:
        known = self.read.get(steps)
        if known is None:
            known = self.read[steps] = any(one.reads(steps) for one in self.readings)
        return known
