"""What an account, and each of its regions, has one of: when code counts as declaring it.

A root that owns its account (soc2gate.yaml says so) declares the password policy, the public access block, each region,
whether or not it writes a word about them: what it leaves out is left as AWS makes it. Any other root declares one only
where it writes it, or something that shows it is about that (a backup plan, for what a region backs up). Whatever was
not read may have written it, so that what is not there is then unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from soc2gate.kinds import registry
from soc2gate.kinds.completing import facts_of
from soc2gate.kinds.describe import Kind
from soc2gate.model.resource import Reading, Resource, Side, Span, Where
from soc2gate.model.value import Unknown, Value

SHOWING = frozenset({"AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection"})
"""All that some singleton is shown by (`Kind.shown_by`). It stands here too, so that a scan that meets none of them
imports no singleton's module; a test holds the two together."""


def account_kinds(
    readings: Sequence[Reading], resources: Sequence[Resource], owns_account: Mapping[str, bool]
) -> list[Resource]:
    """The singletons that roots declare without writing them; `resources` are those they write."""
    showing = {resource.root for resource in resources if resource.kind in SHOWING and not resource.partial}
    wanted = {root for root, owned in owns_account.items() if owned} | showing
    if not wanted:
        return []
    by_root: dict[str, list[Resource]] = {root: [] for root in wanted}
    for resource in resources:
        if resource.root in wanted and not resource.partial:
            by_root[resource.root].append(resource)
    out: list[Resource] = []
    for reading in readings:
        if reading.root in wanted and reading.format != "kubernetes":
            ours = by_root[reading.root]
            out += _all(reading, ours) if owns_account.get(reading.root) else _shown(reading, ours)
    return out


def _all(reading: Reading, ours: Sequence[Resource]) -> Iterator[Resource]:
    where = Span(next(iter(reading.files), reading.root), 1)
    for kind in _singletons():
        written = [_region(resource) for resource in ours if resource.kind == kind.name]
        for place in _places(kind, reading):
            if not any(_same(region, place) for region in written):
                yield _singleton(kind, reading, place, where)


def _shown(reading: Reading, ours: Sequence[Resource]) -> Iterator[Resource]:
    for kind in _singletons():
        showing = [resource for resource in ours if resource.kind in kind.shown_by]
        for place in _distinct(_region(resource) for resource in showing) if showing else ():
            first = next(resource for resource in showing if _same(_region(resource), place))
            yield _singleton(kind, reading, place, first.where)


def _singletons() -> Iterator[Kind]:
    for name in registry.KINDS:
        if name.startswith("Account::"):
            kind = registry.kind(name)
            # What nothing in code can say anything about is not declared by silence (the root user's second factor).
            said = kind.terraform or kind.cloudformation or kind.links or kind.shown_by
            if kind.singleton and kind.live is not None and said:
                yield kind


def _places(kind: Kind, reading: Reading) -> list[Value]:
    """The regions that there is one in; nowhere in particular where there is one for the account."""
    if kind.live is not None and kind.live.scope == "global":
        return [None]
    return _distinct(raw.region for raw in reading.resources if not raw.data and raw.type.startswith(("aws", "AWS::")))


def _distinct(values: Iterable[Value]) -> list[Value]:
    out: list[Value] = []
    for value in values:
        if not any(_same(value, other) for other in out):
            out.append(value)
    return out or [None]


def _region(resource: Resource) -> Value:
    return resource.identity.get("region") if _by_region(resource.kind) else None


def _by_region(name: str) -> bool:
    live = registry.kind(name).live
    return live is None or live.scope != "global"


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


def _singleton(kind: Kind, reading: Reading, region: Value, where: Where) -> Resource:
    accounts = {raw.account for raw in reading.resources if isinstance(raw.account, str)}
    account: Value = Unknown("the code does not say which account this is")
    if len(accounts) == 1:
        (account,) = accounts
    properties: dict[str, Value] = {}
    if reading.unread:
        told = facts_of(kind.name).type.properties
        properties = {name: Unknown(reading.unread[0]) for name in told if name != "related"}
    if isinstance(region, str) and "Region" in facts_of(kind.name).type.properties:
        properties["Region"] = region
    return Resource(
        kind=kind.name,
        address=f"{kind.title} {region}" if isinstance(region, str) else kind.title,
        side=Side.DECLARED,
        properties=properties,
        where=where,
        places={},
        root=reading.root,
        spelling=reading.format,
        identity={"account": account} | ({} if region is None else {"region": region}),
        environment=reading.environment,
    )
