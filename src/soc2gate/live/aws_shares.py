"""The work on AWS accounts in shares, and the snapshot put together from what each share gave.

A *share* is one region of one account, or what belongs to no region. Whoever reads it, a thread here or a worker
elsewhere, gives a part of that share alone; `Gathering` makes one part per account of them. So the same accounts come
to the same snapshot, whoever read them. A share that nobody could read is unread, with the reason, and spoils no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from soc2gate import kinds
from soc2gate.facts import dataclass, field
from soc2gate.kinds.describe import Kind
from soc2gate.live.aws_accounts import WayIn
from soc2gate.live.aws_session import Entered, ShutError
from soc2gate.live.snapshot import GLOBAL, CallCount, Coverage, FailedCall, Part, Snapshot
from soc2gate.live.snapshot_json import failure_reason
from soc2gate.model.resource import LiveRef, Resource
from soc2gate.version import __version__

STOPPED = "collecting was stopped"

_WORLDWIDE = {"aws": "us-east-1"}
"""Partition to the region where AWS keeps what belongs to none; the others have no CloudFront of this sort."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read, everywhere."""

    kinds: tuple[Kind, ...]
    """The kinds to list: those asked for, their owners where they are part of another, and what their links need."""
    part_of: Mapping[str, str]
    """Which kinds are read as part of which."""
    notes: tuple[str, ...]
    """A remark on those that have no live spelling."""

    @property
    def names(self) -> list[str]:
        return sorted({*(kind.name for kind in self.kinds), *self.part_of})

    def asked_in(self, region: str, partition: str) -> list[tuple[Kind, str]]:
        """The kinds of one share, each with the region whose endpoint answers where that is another.

        Kinds of services without regions are asked once, and so is what a kind has that belongs to no region.
        """
        asked: list[tuple[Kind, str]] = []
        for kind in self.kinds:
            live = kind.live
            assert live is not None
            if (live.scope == "global") == (region == GLOBAL) and (
                live.enumerate is not None or live.worldwide is None
            ):
                asked.append((kind, ""))
            if live.worldwide is not None and region == GLOBAL and partition in _WORLDWIDE:
                asked.append((kind, _WORLDWIDE[partition]))
        return asked

    def coverage(self, region: str, looked: Iterable[tuple[str, str]]) -> tuple[Coverage, ...]:
        """Kinds and why each was not read, as what was read in a region; a kind that is part of another was read where
        its owner was."""
        names: dict[str, list[str]] = {}
        for name, owner in self.part_of.items():
            names.setdefault(owner, []).append(name)
        return tuple(
            Coverage(name, region, not reason, reason)
            for owner, reason in looked
            for name in (owner, *names.get(owner, ()))
        )


def readable(names: Sequence[str]) -> Wanted:
    """What has to be read to know of these kinds."""
    wanted: dict[str, Kind] = {}
    part_of: dict[str, str] = {}
    without: list[str] = []
    pending = sorted({name for name in names if not name.startswith("Kubernetes::")}, reverse=True)
    asked = set(pending)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        found = kinds.kind(name)
        if found.live is not None:
            wanted[name] = found
            pending.extend(link.kind for link in found.links.values())
        elif found.part_of:
            part_of[name] = found.part_of
            pending.append(found.part_of)
        elif name in asked:
            without.append(name)
    notes = (f"not read live, as soc2gate has no reader for it yet: {', '.join(without)}",) if without else ()
    return Wanted(tuple(wanted[name] for name in sorted(wanted)), part_of, notes)


@dataclass(frozen=True, slots=True)
class Share:
    """What is read as one: a region of an account, or `global`."""

    way: WayIn
    account: Entered
    region: str


@dataclass(slots=True)
class Gathering:
    """What came of each account so far."""

    wanted: Wanted
    ways: Sequence[WayIn]
    _shut: dict[WayIn, Part] = field(default_factory=dict)
    _entered: dict[WayIn, Entered] = field(default_factory=dict)
    _shares: dict[WayIn, dict[Share, Part | None]] = field(default_factory=dict)
    """Of each account that was entered, its shares, with what was read."""

    def shut_out(self, way: WayIn, error: ShutError, at: str) -> None:
        """An account that does not let us in: nothing in it is known, and nothing of it ever counts as missing."""
        unread = [(name, "") for name in self.wanted.names]
        self._shut[way] = _unread(way.account, unread, _why(error), at, error)

    def not_entered(self, way: WayIn, reason: str, at: str, *, partial: bool = False) -> None:
        """An account that nobody came to."""
        unread = [(name, "") for name in self.wanted.names]
        self._shut[way] = _unread(way.account, unread, reason, at, partial=partial)

    def let_in(self, way: WayIn, account: Entered) -> list[Share]:
        """The shares of an account that was entered."""
        places = (GLOBAL, *account.regions)
        shares = [Share(way, account, place) for place in places if self.wanted.asked_in(place, account.partition)]
        self._entered[way] = account
        self._shares[way] = dict.fromkeys(shares)
        return shares

    def take(self, share: Share, part: Part) -> None:
        """What a share gave."""
        self._shares[share.way][share] = part

    def miss(
        self, share: Share, reason: str, at: str, *, error: ShutError | None = None, partial: bool = False
    ) -> None:
        """A share that could not be read."""
        asked = self.wanted.asked_in(share.region, share.account.partition)
        names = [entry.kind for entry in self.wanted.coverage(share.region, ((kind.name, "") for kind, _ in asked))]
        unread = [(name, share.region) for name in names]
        self.take(share, _unread(share.account.id, unread, _why(error) or reason, at, error, partial=partial))

    def snapshot(self, at: str, left: str = STOPPED) -> Snapshot:
        """All there is. What nobody came to is unread, by the reason `left`, and its part partial."""
        for shares in self._shares.values():
            for share in [share for share, part in shares.items() if part is None]:
                self.miss(share, left, at, partial=True)
        for way in self.ways:
            # Of credentials whose own account nobody knows there is nothing to tell, once another was read.
            if way not in self._shut and way not in self._entered and (way.account or not self._entered):
                self.not_entered(way, left, at, partial=True)
        whole = [
            self._whole(account, [part for part in self._shares[way].values() if part is not None], at)
            for way, account in self._entered.items()
        ]
        parts = sorted([*whole, *self._shut.values()], key=lambda part: part.account)
        return Snapshot(tuple(parts), {"name": "soc2gate", "version": __version__})

    def _whole(self, account: Entered, parts: Sequence[Part], at: str) -> Part:
        """One part of an account's shares."""
        made: Counter[tuple[str, str]] = Counter()
        failed: Counter[tuple[str, str]] = Counter()
        for count in (count for part in parts for count in part.calls):
            made[count.call, count.region] += count.made
            failed[count.call, count.region] += count.failed
        read = {region for part in parts for region in part.regions_read}
        coverage = [entry for part in parts for entry in part.coverage]
        resources = [resource for part in parts for resource in part.resources]
        # One who signs in as a machine has another name on each.
        callers = dict.fromkeys(part.caller for part in parts if part.caller)
        return Part(
            provider="aws",
            account=account.id,
            caller=", ".join(callers) or account.caller,
            taken_at=min((part.taken_at for part in parts), default=at),
            finished_at=max((part.finished_at for part in parts), default=at),
            regions_asked=account.regions,
            regions_read=tuple(region for region in account.regions if region in read),
            coverage=tuple(sorted(coverage, key=lambda entry: (entry.kind, entry.region))),
            calls=tuple(
                CallCount(call, region, made[call, region], failed[call, region]) for call, region in sorted(made)
            ),
            failed_calls=tuple(
                sorted(
                    (one for part in parts for one in part.failed_calls),
                    key=lambda f: (f.kind, f.region, f.uid, f.call, f.property),
                )
            ),
            resources=tuple(sorted(resources, key=lambda r: (r.kind, r.root, r.address))),
            partial=any(part.partial for part in parts),
            notes=(*account.notes, *_empty_regions(account, coverage, resources), *self.wanted.notes),
        )


def region_of(resource: Resource) -> str:
    return resource.where.region if isinstance(resource.where, LiveRef) else ""


def _empty_regions(account: Entered, coverage: Iterable[Coverage], resources: Iterable[Resource]) -> tuple[str, ...]:
    """A remark on the regions that were looked through and hold nothing but what AWS brings along itself."""
    if not account.searched:
        return ()
    unread = {entry.region for entry in coverage if not entry.read}
    used = {
        region_of(resource)
        for resource in resources
        if not resource.managed_by and not kinds.kind(resource.kind).singleton
    }
    empty = [region for region in account.regions if region not in unread | used]
    return (f"looked through and found empty: {', '.join(empty)}",) if empty else ()


def _why(error: ShutError | None) -> str:
    if error is None:
        return ""
    return failure_reason(error.call, error.error) if error.call and error.error else error.message


def _unread(
    account: str,
    names: Sequence[tuple[str, str]],
    reason: str,
    at: str,
    error: ShutError | None = None,
    *,
    partial: bool = False,
) -> Part:
    """A part of which nothing was read: kinds, each with the region it was to be read in."""
    # What failed without a call of ours (no credentials) is told by the coverage.
    failed = [
        FailedCall(error.call, kind, region, error.error, reason)
        for kind, region in names
        if error is not None and error.call
    ]
    return Part(
        provider="aws",
        account=account,
        taken_at=at,
        finished_at=at,
        coverage=tuple(Coverage(kind, region, False, reason) for kind, region in names),
        failed_calls=tuple(failed),
        partial=partial,
    )
