"""Which rules read which property of which kind: their own, of resources linked to theirs, and of parts of a whole.

A rule about VPCs reads its flow logs' `TrafficType`, a rule about network ACL entries reads an ACL's `Entries`: where
those differ, the rule is concerned, though it asks nothing of a flow log or of an ACL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from soc2gate import kinds
from soc2gate.cel.mentions import Mention, Steps, mentions
from soc2gate.facts import dataclass
from soc2gate.kinds.kubernetes_api import POD_TEMPLATE, RESOURCES

if TYPE_CHECKING:
    from soc2gate.model.rule import Case, RuleSet


@dataclass(frozen=True, slots=True)
class Reading:
    """What one rule reads of a kind."""

    rule: str
    mentions: frozenset[Mention]
    about: str
    """The kind that the rule is about."""

    def reads(self, steps: Steps) -> bool:
        return any(mention.reads(steps) for mention in self.mentions)


class Readings:
    """Everything that is read of one kind."""

    def __init__(self, each: Iterable[Reading]) -> None:
        self.each = tuple(each)
        # Thousands of resources of a kind are asked about the same few dozen places.
        self._of: dict[Steps, tuple[Reading, ...]] = {}

    def of(self, steps: Steps) -> tuple[Reading, ...]:
        """Those that read the value at `steps`, or a part of it."""
        found = self._of.get(steps)
        if found is None:
            found = self._of[steps] = tuple(one for one in self.each if one.reads(steps))
        return found


class Reads:
    """What a rule set reads, told kind by kind as somebody asks."""

    def __init__(self, rules: RuleSet) -> None:
        self._of_case: dict[str, list[tuple[str, frozenset[Mention]]]] = defaultdict(list)
        for rule in rules.rules.values():
            for case in rule.cases:
                self._of_case[case.kind].append((rule.id, _of(case)))
        self._linked: dict[str, list[Reading]] | None = None
        self._known: dict[tuple[str, str], Readings] = {}

    def of(self, kind: str, whole: str = "") -> Readings:
        """What is read of a kind; of one that is part of a `whole` also what rules about that read of it."""
        found = self._known.get((kind, whole))
        if found is None:
            found = self._known[kind, whole] = Readings(self._gathered(kind, whole))
        return found

    def _gathered(self, kind: str, whole: str) -> Iterator[Reading]:
        for rule, read in self._of_case.get(kind, ()):
            yield Reading(rule, read, kind)
        yield from self._by_links().get(kind, ())
        for part, path in _parts_of(kind):
            for rule, read in self._of_case.get(part, ()):
                own = (one for one in read if one.steps[:1] != ("related",))
                yield Reading(rule, frozenset(Mention((*path, *one.steps), one.whole) for one in own), part)
        if kind == POD_TEMPLATE and whole in RESOURCES:
            above = tuple(step for step in RESOURCES[whole].template.split(".") if step)
            for rule, read in self._of_case.get(whole, ()):
                inside = frozenset(_below(above, read))
                if inside:
                    yield Reading(rule, inside, whole)

    def _by_links(self) -> Mapping[str, Sequence[Reading]]:
        if self._linked is None:
            self._linked = defaultdict(list)
            for kind, cases in self._of_case.items():
                for rule, read in cases:
                    for link, inside in _through_links(read).items():
                        described = kinds.kind(kind).links.get(link)
                        if described is not None and described.kind != kind:
                            self._linked[described.kind].append(Reading(rule, frozenset(inside), kind))
        return self._linked


def _of(case: Case) -> frozenset[Mention]:
    conditions = (case.assertion, case.when, *(level.when for level in case.severity))
    return frozenset[Mention]().union(*(mentions(source) for source in conditions if source is not None))


def _through_links(read: Iterable[Mention]) -> Mapping[str, set[Mention]]:
    found: dict[str, set[Mention]] = defaultdict(set)
    for mention in read:
        if mention.steps[:1] == ("related",) and len(mention.steps) > 2:
            found[mention.steps[1]].add(Mention(mention.steps[2:], mention.whole))
    return found


def _below(above: Steps, read: Iterable[Mention]) -> Iterator[Mention]:
    for mention in read:
        if mention.steps[: len(above)] == above and len(mention.steps) > len(above):
            yield Mention(mention.steps[len(above) :], mention.whole)


def _parts_of(kind: str) -> Iterator[tuple[str, Steps]]:
    """Kinds of parts that stand in a property of this kind, and the property."""
    for part, path in kinds.kind(kind).parts.items():
        yield part, tuple(path.split("."))
