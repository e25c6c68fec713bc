"""Parts that somebody deleted: a flow log of a VPC, a bucket's policy.

A part comes and goes with its whole, and mostly shows there: a rule about the VPC says something else. But one that is
declared and was taken away by itself is missing, and told as that: once, with what its going changed about the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

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
    wholes = _Wholes(pairs, declared)
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
    free = [*free]
    for whole, parts in nameless.values():
        theirs = [live for live in free if live.kind == parts[0].kind and _is_of(live, whole.live)]
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


class _Wholes:
    """What parts may belong to."""

    def __init__(self, pairs: Iterable[Pair], declared: Iterable[Resource]) -> None:
        self._paired: dict[tuple[str, str, str], Pair] = {}
        self._by_kind: dict[tuple[str, str], list[Pair]] = defaultdict(list)
        for pair in pairs:
            one = pair.declared
            self._paired[one.kind, one.root, one.address] = pair
            self._by_kind[one.kind, one.root].append(pair)
        self._declared = {(one.kind, one.root, one.address): one for one in declared if not one.partial}

    def paired(self, part: Resource) -> Pair | None:
        """The pair that a part belongs to."""
        for pair in self._by_kind.get((part.derived_from, part.root), ()):
            if _belongs(part, pair.declared) or _names(part) & _own_names(pair.live):
                return pair
        return None

    def declares(self, part: Resource) -> bool:
        """Whether code declares what a part belongs to, wherever that is."""
        return any(
            kind == part.derived_from and root == part.root and _belongs(part, one)
            for (kind, root, _), one in self._declared.items()
        )


def _belongs(part: Resource, whole: Resource) -> bool:
    if part.address == whole.address or part.address in whole.members:
        return True
    if any(isinstance(value, Unknown) and value.ref and value.ref.address == whole.address for value in _told(part)):
        return True
    return bool(_names(part) & _own_names(whole))


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


def _names(part: Resource) -> set[str]:
    return {value for value in _told(part) if isinstance(value, str) and value}


def _own_names(resource: Resource) -> set[str]:
    keys = ("arn", "id", "name", *kinds.kind(resource.kind).names)
    told = (resource.identity.get(key, resource.properties.get(key)) for key in keys)
    return {value for value in told if isinstance(value, str) and value}


def _is_of(live: Resource, whole: Resource) -> bool:
    return live.identity.get("parent") in _own_names(whole) or bool(_names(live) & _own_names(whole))
