"""Parts that somebody deleted: a flow log of a VPC, a bucket's policy.

A part comes and goes with its whole, and mostly shows there: a rule about the VPC says something else. But one that is
declared and was taken away by itself is missing, and told as that: once, with what its going changed about the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from soc2gate import kinds
from soc2gate.facts import dataclass
from soc2gate.kinds.describe import Link
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown, Value


@dataclass(frozen=True, slots=True)
class Pair:
    declared: Resource
    live: Resource
    by: str
    """What they were paired by, for people: `name`, `tag Name`."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A declared part that is not there, and what it was part of, which is."""

    part: Resource
    whole: Pair

    def effects(self) -> tuple[str, ...]:
        """The properties of the whole that the part fills, as rules read them: `related.FlowLogs`."""
        links = kinds.kind(self.whole.declared.kind).links
        filled = self.whole.declared.members.get(self.part.address)
        named = [f"related.{name}" for name, link in links.items() if link.kind == self.part.kind]
        # A policy that the whole's own block writes.
        inside = ["related.Policy"] if self.part.address == self.whole.declared.address else []
        return tuple(dict.fromkeys([*named, *([filled] if filled else []), *inside]))


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the declared parts that nothing was found for by name."""

    pairs: tuple[Pair, ...] = ()
    gone: tuple[Gone, ...] = ()
    missing: tuple[Resource, ...] = ()
    """Those whose whole is not declared here."""
    undecided: tuple[tuple[Resource, str], ...] = ()
    doubtful: tuple[Resource, ...] = ()
    """Live parts that may be those."""


def settle(
    unfound: Iterable[tuple[Resource, str]],
    pairs: Iterable[Pair],
    declared: Iterable[Resource],
    free: Iterable[Resource],
) -> Settled:
    """What became of each part in `unfound`, that comes with what it was looked for by, empty where it has no name.

    One without a name is known by its whole: among the live parts of that which nothing else claims (`free`) it is the
    only one, or the only one that says the same. A part of something that is itself missing or undecided is told with
    that.
    """
    unfound = [*unfound]
    if not unfound:
        return Settled()
    wanted = {part.derived_from for part, _ in unfound}
    wholes = _Wholes(
        [pair for pair in pairs if pair.declared.kind in wanted],
        [one for one in declared if one.kind in wanted and not one.partial],
    )
    nameless: dict[int, tuple[Pair, list[Resource]]] = {}
    gone: list[Gone] = []
    missing: list[Resource] = []
    for part, by in unfound:
        whole = wholes.paired(part)
        if whole is not None and by:
            gone.append(Gone(part, whole))
        elif whole is not None:
            nameless.setdefault(id(whole), (whole, []))[1].append(part)
        elif by and not wholes.declares(part):
            missing.append(part)
    found: list[Pair] = []
    undecided: list[tuple[Resource, str]] = []
    doubtful: list[Resource] = []
    unclaimed = _by_whole(free, {part.kind for part, _ in unfound}) if nameless else {}
    for whole, parts in nameless.values():
        # One may name its whole in several ways, and is one all the same.
        named = [one for name in sorted(_own_names(whole.live)) for one in unclaimed.get((parts[0].kind, name), ())]
        theirs = list({id(one): one for one in named}.values())
        paired = [
            Pair(part, live, f"its {kinds.kind(whole.declared.kind).title}") for part, live in _same(parts, theirs)
        ]
        left = [part for part in parts if all(part is not pair.declared for pair in paired)]
        over = [live for live in theirs if all(live is not pair.live for pair in paired)]
        found += paired
        if over and left:
            said = f"{whole.declared.address} has {len(theirs)} live where code declares {len(parts)}"
            undecided += [(part, f"{said}, and nothing tells which is this") for part in left]
            doubtful += over
        else:
            gone += [Gone(part, whole) for part in left]
    return Settled(tuple(found), tuple(gone), tuple(missing), tuple(undecided), tuple(doubtful))


def _same(ours: Sequence[Resource], theirs: Sequence[Resource]) -> list[tuple[Resource, Resource]]:
    """The one beside the other where there is one of each; else those of which each fits the other alone."""
    if len(ours) == len(theirs) == 1:
        return [(ours[0], theirs[0])]
    fits = {(id(one), id(other)) for one in ours for other in theirs if _fits(one, other)}
    alone = []
    for one in ours:
        found = [other for other in theirs if (id(one), id(other)) in fits]
        if len(found) == 1 and sum((id(another), id(found[0])) in fits for another in ours) == 1:
            alone.append((one, found[0]))
    return alone


def _fits(declared: Resource, live: Resource) -> bool:
    """Whether nothing that code says for certain is otherwise in the live one."""
    return all(
        live.properties.get(name) == value
        for name, value in declared.properties.items()
        if isinstance(value, (str, int)) and name in live.properties
    )


_Key: TypeAlias = tuple[str, str, str, str]


class _Wholes:
    """What parts may belong to, found by what it is called: asking each of each is minutes for thousands."""

    def __init__(self, pairs: Iterable[Pair], declared: Iterable[Resource]) -> None:
        self._paired: dict[_Key, Pair] = {}
        for pair in pairs:
            one = pair.declared
            named = (("named", one.kind, one.root, name) for name in _own_names(pair.live))
            for key in (*_keys(one), *named):
                self._paired.setdefault(key, pair)
        self._declared = {key for one in declared for key in _keys(one)}

    def paired(self, part: Resource) -> Pair | None:
        """The pair that a part belongs to."""
        return next((self._paired[key] for key in _keys_of_whole(part) if key in self._paired), None)

    def declares(self, part: Resource) -> bool:
        """Whether code declares what a part belongs to, whatever became of that."""
        return any(key in self._declared for key in _keys_of_whole(part))


def _keys(whole: Resource) -> Iterator[_Key]:
    """What parts may call it: where it stands, what is folded into it, its own names."""
    for address in (whole.address, *whole.members):
        yield "at", whole.kind, whole.root, address
    for name in _own_names(whole):
        yield "named", whole.kind, whole.root, name


def _keys_of_whole(part: Resource) -> Iterator[_Key]:
    yield "at", part.derived_from, part.root, part.address
    for value in _told(part):
        if isinstance(value, Unknown) and value.ref is not None:
            yield "at", part.derived_from, part.root, value.ref.address
        elif isinstance(value, str) and value:
            yield "named", part.derived_from, part.root, value


def _by_whole(free: Iterable[Resource], kinds_of_parts: set[str]) -> dict[tuple[str, str], list[Resource]]:
    """Live parts by kind and by what they say they belong to."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for one in free:
        if one.kind in kinds_of_parts:
            told = (one.identity.get("parent"), *_told(one))
            for name in {value for value in told if isinstance(value, str)}:
                found[one.kind, name].append(one)
    return found


def _told(part: Resource) -> Sequence[Value]:
    """What in a part may name its whole."""
    owners = part.identity.get("owners")
    found = list(owners) if isinstance(owners, list) else []
    found += [part.properties.get(name) for name in kinds.kind(part.kind).names]
    for link in kinds.kind(part.derived_from).links.values():
        if link.kind == part.kind:
            found += _linking(link, part)
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def _linking(link: Link, part: Resource) -> list[Value]:
    if link.reads is not None:
        return [link.reads(part)]
    return [part.properties.get(link.by)] if link.by else []


def _own_names(resource: Resource) -> set[str]:
    keys = ("arn", "id", "name", *kinds.kind(resource.kind).names)
    told = (resource.identity.get(key, resource.properties.get(key)) for key in keys)
    return {value for value in told if isinstance(value, str) and value}
