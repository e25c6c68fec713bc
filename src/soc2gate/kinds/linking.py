"""Links: what belongs to a resource though it is a resource of its own, for rules to read as `resource.related.X`.

The same step for both sides. A linked resource that may not exist, or of which it is not known whom it belongs to,
leaves the link open: `exists` over it is then true or unknown, never false for certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from soc2gate.facts import dataclass, field, replace
from soc2gate.kinds import registry
from soc2gate.kinds.describe import Link
from soc2gate.kinds.targets import Targets, block_of, elements
from soc2gate.model.resource import LiveRef, Resource, Side, Where
from soc2gate.model.value import Alternatives, OpenList, Unknown, Value


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of the world that was not read, so that what is not there may be."""

    root: str
    """`Resource.root`; empty for all of them."""
    reason: str
    kind: str = ""
    """The one kind that could not be listed there; empty for any."""


@dataclass(slots=True)
class _Belonging:
    """What was found to belong to one resource by one link."""

    certain: list[Resource]
    possible: list[tuple[Resource, str]]
    unseen: str = ""
    """Why what it names is not among what was read; empty where it is."""


def link(resources: Iterable[Resource], unread: Sequence[Unread] = ()) -> list[Resource]:
    """The same resources in the same order, those of kinds with links with `related` filled in."""
    everything = list(resources)
    by_kind: dict[str, list[Resource]] = {}
    for resource in everything:
        by_kind.setdefault(resource.kind, []).append(resource)
    world = _World(by_kind)
    changed: dict[int, Resource] = {}
    for name, owners in by_kind.items():
        for link_name, described in registry.kind(name).links.items():
            found = _belonging(name, owners, described, by_kind.get(described.kind, []), world)
            for owner in owners:
                if owner.partial:
                    continue
                belonging = found.get(id(owner), _Belonging([], []))
                reason = _unread(owner, described.kind, unread)
                current = changed.get(id(owner), owner)
                changed[id(owner)] = _related(current, link_name, described, belonging, reason)
    for name, owners in by_kind.items():
        concludes = registry.kind(name).concludes
        if concludes is None:
            continue
        for owner in owners:
            if not owner.partial:
                changed[id(owner)] = concludes(changed.get(id(owner), owner), _Around(owner, world))
    return [changed.get(id(resource), resource) for resource in everything]


_OWN = ("arn", "Arn", "Ref")
"""Attributes that are a resource's own name, and nobody else's."""

_MOST_DOUBTFUL = 16
"""Linked resources of unknown owner that are told apart, for each root."""


@dataclass(slots=True)
class _World:
    """All resources by kind, and what is looked up in them, made when somebody first asks."""

    by_kind: Mapping[str, Sequence[Resource]]
    by_root: dict[str, dict[str, list[Resource]]] = field(default_factory=dict)
    by_address: dict[str, dict[tuple[str, str], Resource]] = field(default_factory=dict)
    kinds_at: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def is_another(self, value: Value, root: str, kind: str) -> bool:
        """Whether a value certainly is some resource's of another kind: a topic's ARN where a queue's may stand."""
        # Any other attribute may well name one: `aws_vpc_ipv4_cidr_block_association.a.vpc_id`.
        if not isinstance(value, Unknown) or value.ref is None:
            return False
        # What awscc calls `id` is what a template's `Ref` gives.
        by_id = value.ref.attribute == "id" and value.ref.address.rpartition(".")[0].rpartition(".")[2].startswith(
            "awscc_"
        )
        if value.ref.attribute not in _OWN and not by_id:
            return False
        if not self.kinds_at:
            for name, others in self.by_kind.items():
                for other in others:
                    self.kinds_at.setdefault((other.root, other.address), set()).add(name)
        found = self.kinds_at.get((root, value.ref.address))
        if found is not None:
            return kind not in found
        block = block_of(value.ref.address)
        if len(block) < 2 or not block[-2].startswith(("aws_", "awscc_")):
            return False
        spelt = registry.spelt("terraform", block[-2])
        return spelt is None or all(one.name != kind for one, _ in (*spelt.owns, *spelt.parts))

    def in_root(self, kind: str, root: str) -> Sequence[Resource]:
        found = self.by_root.get(kind)
        if found is None:
            found = self.by_root[kind] = {}
            for other in self.by_kind.get(kind, ()):
                found.setdefault(other.root, []).append(other)
        return found.get(root, ())

    def at(self, kind: str, root: str, address: str) -> Resource | None:
        found = self.by_address.get(kind)
        if found is None:
            others = self.by_kind.get(kind, ())
            found = self.by_address[kind] = {(other.root, other.address): other for other in others}
        return found.get((root, address))


@dataclass(frozen=True, slots=True)
class _Around:
    """The neighbours of one resource."""

    owner: Resource
    world: _World

    def of(self, kind: str) -> Sequence[Resource]:
        if self.owner.side is Side.DECLARED:
            return self.world.in_root(kind, self.owner.root)
        return [other for other in self.world.by_kind.get(kind, ()) if _same_place(self.owner, other) is not False]

    def at(self, kind: str, address: str) -> Resource | None:
        return self.world.at(kind, self.owner.root, address)


def _belonging(
    name: str, owners: list[Resource], described: Link, linked: list[Resource], world: _World
) -> dict[int, _Belonging]:
    out: dict[int, _Belonging] = {id(owner): _Belonging([], []) for owner in owners}
    if described.find is not None:
        by_root: dict[str, list[Resource]] = {}
        for other in linked:
            by_root.setdefault(other.root, []).append(other)
        for owner in owners:
            for other in described.find(owner, by_root.get(owner.root, [])):
                _add(out[id(owner)], other, described, described.doubt(owner, other) if described.doubt else "")
        return out
    if described.to is not None:
        _follow(described, owners, linked, out)
        return out
    if not described.by and described.reads is None:
        for owner in owners:
            for other in linked:
                if (same := _same_place(owner, other)) is not False:
                    _add(out[id(owner)], other, described, "" if same else f"{other.address} may be in another region")
        return out
    targets: Targets[Resource] = Targets()
    for owner in owners:
        if not owner.partial:
            targets.add(owner, owner.root, owner.address, _names(owner))
    naming = _Naming(name, described, targets, out)
    for other in linked:
        for value in _told(described, other):
            if not world.is_another(value, other.root, name):
                naming.add(other, value)
    return out


def _told(described: Link, other: Resource) -> list[Value]:
    """What in a linked resource may name the one it belongs to."""
    if described.reads is None:
        return [other.properties.get(described.by)]
    told, reason = elements(described.reads(other))
    return [value for value in [*told, Unknown(reason) if reason else None] if value is not None]


@dataclass(frozen=True, slots=True)
class _Naming:
    """Linked resources find the one that they name."""

    kind: str
    described: Link
    targets: Targets[Resource]
    out: Mapping[int, _Belonging]
    doubtful: Counter[str] = field(default_factory=Counter)

    def add(self, other: Resource, value: Value) -> None:
        """Take in that `other` names something by this value."""
        named = self.targets.find(value, other.root)
        # Written under a condition that is not known: it may name nothing.
        doubt = value.reason if isinstance(value, Alternatives) and None in value.options else ""
        for owner in named.certain:
            _add(self.out[id(owner)], other, self.described, doubt)
        for owner in named.possible:
            _add(self.out[id(owner)], other, self.described, f"{other.address} may belong to another {self.kind}")
        # What stands for a resource that is declared elsewhere says one thing of it, and nothing of the rest.
        if not named.unknown or other.partial:
            return
        doubt = f"{other.address} may belong to this: {named.unknown}"
        self.doubtful[other.root] += 1
        # Each may belong to every one: ten thousand of either would make a hundred million of both.
        number = self.doubtful[other.root]
        for owner in self.targets.in_root(other.root) if number <= _MOST_DOUBTFUL + 1 else ():
            if number <= _MOST_DOUBTFUL:
                _add(self.out[id(owner)], other, self.described, doubt)
            else:
                self.out[id(owner)].unseen = f"{doubt}, and others like it"


def _follow(
    described: Link, owners: Sequence[Resource], linked: Sequence[Resource], out: Mapping[int, _Belonging]
) -> None:
    """Fill in the resource that each owner names."""
    assert described.to is not None
    targets: Targets[Resource] = Targets()
    for other in linked:
        if not other.partial:
            targets.add(other, other.root, other.address, _names(other))
    for owner in owners:
        value = described.to(owner)
        if value is None:
            continue
        belonging = out[id(owner)]
        named = targets.find(value, owner.root)
        for other in named.certain:
            _add(belonging, other, described, "")
        for other in named.possible:
            _add(belonging, other, described, f"it is not known whether {other.address} is meant")
        if named.unknown or named.external:
            title = registry.kind(described.kind).title
            belonging.unseen = named.unknown or f"the {title} that it names is not declared here"


def _add(belonging: _Belonging, other: Resource, described: Link, doubt: str) -> None:
    holds = described.when(other.properties) if described.when else True
    if holds is False:
        return
    doubt = doubt or other.uncertain or ("" if holds else f"it is not known whether {other.address} belongs here")
    if doubt:
        belonging.possible.append((other, doubt))
    else:
        belonging.certain.append(other)


def _names(owner: Resource) -> list[Value]:
    kind = registry.kind(owner.kind)
    keys = ("id", "arn", "name", *kind.names)
    return [value for key in keys if isinstance(value := owner.identity.get(key, owner.properties.get(key)), str)]


def _same_place(owner: Resource, other: Resource) -> bool | None:
    """Whether both are of one account, and of one region where the owner is of any; None where code does not decide."""
    if owner.side is Side.DECLARED:
        if owner.root != other.root:
            return False
        region, theirs = owner.identity.get("region"), other.identity.get("region")
        if theirs == region or _is_of_account(owner):
            return True
        return False if isinstance(region, str) and isinstance(theirs, str) else None
    if _is_of_account(owner):
        return owner.root.rpartition(":")[0] == other.root.rpartition(":")[0]
    return owner.root == other.root


def _is_of_account(owner: Resource) -> bool:
    live = registry.kind(owner.kind).live
    return live is None or live.scope == "global"


def _unread(owner: Resource, kind: str, unread: Sequence[Unread]) -> str:
    for part in unread:
        if part.kind in ("", kind) and (not part.root or part.root == owner.root or _covers(part.root, owner)):
            return part.reason
    return ""


def _covers(root: str, owner: Resource) -> bool:
    """A region's gap is a gap of its account: `aws:1:eu-west-1` of what belongs to `aws:1:global`."""
    return owner.root.endswith(":global") and root.rpartition(":")[0] == owner.root.rpartition(":")[0]


def _related(owner: Resource, name: str, described: Link, found: _Belonging, unread: str) -> Resource:
    places: dict[str, Where] = dict(owner.places)
    certain: list[Value] = []
    path = f"related.{name}"
    if isinstance(owner.where, LiveRef):
        # Where nothing belongs to it, this is the call that would have said so.
        places[path] = replace(owner.where, call=registry.listing_call(described.kind) or owner.where.call)
    for other in found.certain:
        _note_places(places, f"{path}[{len(certain)}]" if described.many else path, other)
        certain.append(dict(other.properties))
    templates: list[Value] = []
    for other, _ in found.possible:
        _note_places(places, f"{path}[{len(certain) + len(templates)}]" if described.many else path, other)
        templates.append(dict(other.properties))
    reason = unread or next((doubt for _, doubt in found.possible), "") or found.unseen
    value: Value
    if unread:
        templates.append(Unknown(unread))
    if found.unseen and described.many:
        templates.append(Unknown(found.unseen))
    if described.many:
        value = OpenList(tuple(certain), tuple(templates), reason) if templates else certain
    elif certain:
        value = certain[0]
    else:
        value = Unknown(reason) if reason else None
    related: Mapping[str, Value] = {**owner.related, **({} if value is None else {name: value})}
    return replace(owner, related=related, places=places)


def _note_places(places: dict[str, Where], path: str, other: Resource) -> None:
    places[path] = other.where
    for inner, where in other.places.items():
        places[f"{path}.{inner}"] = where
