"""Pair what code declares with what runs.

By ids that state, a plan or a CloudFormation stack gave, then by the names a kind says are unique, then by the `Name`
tag. A live resource
claimed twice, or a declared one with two candidates, is undecided with the reason: a wrong pair would invent
disagreements and hide real ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from soc2gate import kinds, schema
from soc2gate.engine import parts as of_wholes
from soc2gate.engine.parts import Gone, Pair
from soc2gate.engine.stacks import Deployed, Deployment
from soc2gate.facts import dataclass
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown, Value

Coverage: TypeAlias = Callable[[str, str, str], str]
"""(kind, account, region) to why the live side could not be read there; empty when it was."""


_PLACE = ("account", "region", "namespace")
"""What a resource's identity says of where it stands."""


@dataclass(frozen=True, slots=True)
class Unpaired:
    """A resource of which it cannot be said whether the other side has it."""

    resource: Resource
    reason: str


@dataclass(frozen=True, slots=True)
class Matching:
    pairs: tuple[Pair, ...]
    missing: tuple[Resource, ...]
    unmanaged: tuple[Resource, ...]
    undecided: tuple[Unpaired, ...]
    parts: tuple[Resource, ...] = ()
    """Live resources that are part of another (a bucket's policy, a workload's pod template) and that no code declares:
    what they mean depends on what became of the whole."""
    gone: tuple[Gone, ...] = ()
    """Declared parts that are not there, of what is."""
    partial: tuple[Resource, ...] = ()
    """Declared resources that stand for a companion alone, whatever it may belong to."""


def match(
    declared: Iterable[Resource],
    live: Iterable[Resource],
    *,
    coverage: Coverage,
    asked: Callable[[str], bool],
    deployed: Deployment | None = None,
) -> Matching:
    """Pair both sides kind by kind.

    `asked(kind)` tells whether live state of that kind was asked for at all; kinds that were not take no part.
    `deployed` is what CloudFormation made of the resources of templates.
    Singletons, partial resources and Terraform's uncertain ones are never missing; what AWS or a controller brings by
    itself is never unmanaged.
    """
    declared = list(declared)
    ours = _by_kind(r for r in declared if not r.partial and asked(r.kind))
    theirs = _by_kind(r for r in live if asked(r.kind))
    pairs: list[Pair] = []
    missing: list[Resource] = []
    unmanaged: list[Resource] = []
    undecided: list[Unpaired] = []
    parts: list[Resource] = []
    unfound: list[tuple[Resource, str]] = []
    for name in sorted({*ours, *theirs}):
        declared_here, live_here = ours.get(name, []), theirs.get(name, [])
        if kinds.kind(name).singleton:
            found = _match_singletons(declared_here, live_here, coverage)
        else:
            found = _match_kind(declared_here, _Live(name, live_here), coverage, deployed or {}, unfound)
        pairs += found.pairs
        missing += found.missing
        unmanaged += found.unmanaged
        undecided += found.undecided
        parts += found.parts
    partial = tuple(resource for resource in declared if resource.partial and asked(resource.kind))
    settled = of_wholes.settle(unfound, pairs, declared, parts)
    claimed = {id(live) for live in (*(pair.live for pair in settled.pairs), *settled.doubtful)}
    return Matching(
        pairs=(*pairs, *settled.pairs),
        missing=(*missing, *settled.missing),
        unmanaged=tuple(unmanaged),
        undecided=(*undecided, *(Unpaired(resource, reason) for resource, reason in settled.undecided)),
        parts=tuple(part for part in parts if id(part) not in claimed),
        gone=settled.gone,
        partial=partial,
    )


def _by_kind(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    grouped: dict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        grouped[resource.kind].append(resource)
    return grouped


class _Live:
    """The live resources of one kind, found by what they are called: asking each about each is hours for thousands."""

    def __init__(self, kind: str, resources: Sequence[Resource]) -> None:
        self.kind = kind
        self.resources = resources
        self._physical: dict[str, list[int]] | None = None
        self._found: dict[tuple[str, str], dict[str, list[int]]] = {}

    def identified(self, key: str, wanted: str) -> list[int]:
        """Indices of those whose identity says `wanted`."""
        return self._by("identity", key, lambda resource: resource.identity.get(key), wanted)

    def named(self, key: str, wanted: str, declared: Resource) -> list[int]:
        """Indices of those of the same place whose identity or property `key` is `wanted`."""
        return self._near(declared, self._by("name", key, lambda resource: _key(resource, key), wanted))

    def tagged(self, wanted: str, declared: Resource) -> list[int]:
        """Indices of those of the same place with this `Name` tag."""
        return self._near(declared, self._by("tag", "Name", lambda resource: resource.tags.get("Name"), wanted))

    def physical(self, place: Deployed) -> list[int]:
        """Indices of those that CloudFormation calls by this physical id, where it made it."""
        if self._physical is None:
            self._physical = defaultdict(list)
            for index, resource in enumerate(self.resources):
                for name in _physical_ids(resource):
                    self._physical[name].append(index)
        return [
            index
            for index in self._physical.get(_without_host(place.physical), ())
            if self.resources[index].identity.get("account") in (place.account, None)
            and self.resources[index].identity.get("region") in (place.region, "global", None)
        ]

    def owned_by(self, name: str, declared: Resource) -> list[int]:
        """Indices of the parts, in the same place, of what has this name."""
        return self._near(declared, self.identified("name", name))

    def _near(self, declared: Resource, found: Iterable[int]) -> list[int]:
        return [index for index in found if _same_place(declared, self.resources[index])]

    def _by(self, what: str, key: str, value: Callable[[Resource], object], wanted: str) -> list[int]:
        if (what, key) not in self._found:
            self._found[what, key] = _indexed(map(value, self.resources))
        return self._found[what, key].get(wanted, [])


def _indexed(values: Iterable[object]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        if isinstance(value, str) and value:
            found[value].append(index)
    return found


def _physical_ids(resource: Resource) -> set[str]:
    """What CloudFormation may call it: its own id, arn or name, or the parts of its identifier with bars between them
    (`public|1a2b…|REGIONAL`)."""
    found = {value for key in ("arn", "id", "name", "url") if isinstance(value := resource.identity.get(key), str)}
    parts = [_identifying(resource, name) for name in schema.facts(resource.kind).primary_identifier]
    known = [part for part in parts if isinstance(part, str) and part]
    found |= set(known)
    if len(known) == len(parts) > 1:
        found.add("|".join(known))
    return {_without_host(value) for value in found} - {""}


def _without_host(name: str) -> str:
    """A queue's URL without the host: one queue has several, and older stacks say older ones."""
    return name.partition("://")[2].partition("/")[2] if name.startswith(("https://", "http://")) else name


def _identifying(resource: Resource, name: str) -> Value:
    """A part of the kind's identifier; some kinds keep it as what they are known by, and not as a property."""
    value = resource.properties.get(name)
    return resource.identity.get(name.lower()) if value is None else value


def _match_kind(
    ours: Sequence[Resource],
    live: _Live,
    coverage: Coverage,
    deployed: Deployment,
    unfound: list[tuple[Resource, str]],
) -> Matching:
    """Pairs of one kind; `unfound` takes in the parts that are missing where their whole is there."""
    theirs = live.resources
    claims: dict[int, list[tuple[Resource, str]]] = defaultdict(list)
    undecided: list[Unpaired] = []
    missing: list[Resource] = []
    nameless: list[Resource] = []
    adrift: list[Resource] = []
    for resource in ours:
        if "owners" in resource.identity:
            owned = [*_owned(resource, live)]
            for index in owned:
                claims[index].append((resource, "owner"))
            if not owned:
                _look_closer(resource, "owner", coverage, undecided, unfound)
            continue
        candidates, by = _candidates(resource, live, deployed)
        if len(candidates) == 1:
            claims[candidates[0]].append((resource, by))
        elif candidates:
            uids = ", ".join(_uid(theirs[index]) for index in candidates)
            undecided.append(Unpaired(resource, f"{len(candidates)} live resources have this {by}: {uids}"))
            for index in candidates:
                claims[index] += []
        elif resource.derived_from:
            if _look_closer(resource, by, coverage, undecided, unfound) and kinds.kind(resource.kind).owned:
                adrift.append(resource)
        elif reason := _unreadable(resource, coverage):
            undecided.append(Unpaired(resource, f"could not look: {reason}"))
        elif not by:
            nameless.append(resource)
        elif not resource.uncertain:
            missing.append(resource)
    pairs: list[Pair] = []
    for index, claimants in claims.items():
        if len(claimants) == 1:
            pairs.append(Pair(claimants[0][0], theirs[index], claimants[0][1]))
        elif claimants:
            names = ", ".join(resource.address for resource, _ in claimants)
            undecided += [
                Unpaired(resource, f"{_uid(theirs[index])} is claimed by {names}") for resource, _ in claimants
            ]
    adrift_places, nameless_places = _by_place(adrift), _by_place(nameless)
    free = [resource for index, resource in enumerate(theirs) if index not in claims and not resource.managed_by]
    parts = tuple(
        # Of a policy whose queue is not known any live one may be it.
        part
        for part in free
        if part.derived_from and not any(_same_place(other, part) for other in adrift_places)
    )
    undecided += [Unpaired(resource, _nameless_reason(resource)) for resource in (*nameless, *adrift)]
    unmanaged = []
    for resource in free:
        if resource.derived_from:
            continue
        # While a declared resource has no name to go by, any live one of its kind in reach may be it.
        owner = next((other for other in nameless_places if _same_place(other, resource)), None)
        if owner is None:
            unmanaged.append(resource)
        else:
            undecided.append(Unpaired(resource, f"may be {owner.address}, which has no name to match by"))
    return Matching(tuple(pairs), tuple(missing), tuple(unmanaged), tuple(undecided), parts)


def _look_closer(
    resource: Resource,
    by: str,
    coverage: Coverage,
    undecided: list[Unpaired],
    unfound: list[tuple[Resource, str]],
) -> bool:
    """What is to be said of a part that was not found; whether it could be looked for."""
    reason = _unreadable(resource, coverage)
    if reason:
        undecided.append(Unpaired(resource, f"could not look: {reason}"))
    elif kinds.kind(resource.kind).missed and not resource.uncertain:
        unfound.append((resource, by))
    return not reason


def _match_singletons(ours: Sequence[Resource], theirs: Sequence[Resource], coverage: Coverage) -> Matching:
    """Pair what an account or a region has one of by where it is; none is ever missing or unmanaged.

    Only where code writes one: what owning the account implies is judged, and says nothing to be compared.
    """
    pairs: list[Pair] = []
    undecided: list[Unpaired] = []
    for resource in ours:
        if not resource.places:
            continue
        found = [live for live in theirs if _same_place(resource, live)]
        if len(found) == 1:
            pairs.append(Pair(resource, found[0], "place"))
        elif found:
            reason = f"code does not say which of {len(found)} accounts or regions this is of"
            undecided.append(Unpaired(resource, reason))
        elif reason := _unreadable(resource, coverage):
            undecided.append(Unpaired(resource, f"could not look: {reason}"))
    return Matching(tuple(pairs), (), (), tuple(undecided))


def _by_place(resources: Iterable[Resource]) -> list[Resource]:
    """The first of each place: the others stand for no place more."""
    first: dict[tuple[str, ...], Resource] = {}
    for resource in resources:
        first.setdefault(tuple(repr(resource.identity.get(part)) for part in _PLACE), resource)
    return list(first.values())


def _owned(resource: Resource, live: _Live) -> Iterator[int]:
    """The live parts of everything that a declared part belongs to: one policy may be that of several queues."""
    owners = resource.identity["owners"]
    names = {owner for owner in owners if isinstance(owner, str)} if isinstance(owners, list) else set()
    yield from sorted(index for name in names for index in live.owned_by(name, resource))


def _nameless_reason(resource: Resource) -> str:
    names = kinds.kind(resource.kind).names
    if names:
        return f"{' and '.join(names)} not known before it is deployed, and no Name tag: nothing to match it by"
    return "this kind has no unique name, and there is no Name tag: nothing to match it by"


def _candidates(resource: Resource, live: _Live, deployed: Deployment) -> tuple[list[int], str]:
    """Indices of live resources it may be, and what was compared; an empty second part means nothing could be."""
    tried = ""
    place = deployed.get((resource.root, resource.address)) if not resource.derived_from else None
    if place is not None:
        found = live.physical(place) if place.physical else []
        if found:
            return found, f"id in stack {place.stack}"
        # What a stack does not hold was not deployed; an id that no live resource shows may be one we cannot compare.
        if place.certain and (not place.physical or _shows_physical_ids(resource)):
            tried = f"id in stack {place.stack}"
    for key in ("arn", "id"):
        given = resource.identity.get(key)
        if not isinstance(given, str) or not given:
            continue
        tried = tried or key
        found = live.identified(key, given)
        if len(found) == 1:
            return found, key
    for key in kinds.kind(resource.kind).names:
        wanted = _named_by_stack(_key(resource, key), resource, deployed)
        if not isinstance(wanted, str) or not wanted:
            continue
        tried = tried or _spoken(key)
        found = live.named(key, wanted, resource)
        if found:
            return found, _spoken(key)
    wanted = resource.tags.get("Name")
    if isinstance(wanted, str) and wanted:
        tried = tried or "tag Name"
        found = live.tagged(wanted, resource)
        if found:
            return found, "tag Name"
    return [], tried


def _shows_physical_ids(resource: Resource) -> bool:
    """Whether live resources of the kind carry what CloudFormation calls theirs."""
    spelling = kinds.kind(resource.kind).cloudformation
    return spelling is not None and spelling.exports.get("Ref", "")[:1].islower()


def _named_by_stack(value: Value, resource: Resource, deployed: Deployment) -> Value:
    """A name that is another resource's of the same template: `Bucket: !Ref Logs`."""
    if not isinstance(value, Unknown) or value.ref is None or value.ref.attribute != "Ref":
        return value
    place = deployed.get((resource.root, value.ref.address))
    return place.physical if place is not None and place.physical else value


def _key(resource: Resource, key: str) -> Value:
    found = resource.identity.get(key)
    return found if found is not None else resource.properties.get(key)


def _spoken(key: str) -> str:
    return key if key[:1].islower() else f"property {key}"


def _same_place(declared: Resource, live: Resource) -> bool:
    """Account, region and namespace agree as far as both are known."""
    for part in _PLACE:
        ours, theirs = declared.identity.get(part), live.identity.get(part)
        if isinstance(ours, str) and isinstance(theirs, str) and ours and theirs and ours != theirs:
            # A global service is deployed through some region and lives in none.
            if part == "region" and theirs == "global":
                continue
            return False
    return True


def _unreadable(resource: Resource, coverage: Coverage) -> str:
    account, region = (resource.identity.get(part) for part in ("account", "region"))
    return coverage(
        resource.kind,
        account if isinstance(account, str) else "",
        region if isinstance(region, str) else "",
    )


def _uid(resource: Resource) -> str:
    for key in ("arn", "id", "name"):
        found = resource.identity.get(key)
        if isinstance(found, str) and found:
            return found
    return resource.address
