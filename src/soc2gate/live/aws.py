"""Reading an AWS account: the calls that the kinds declare, made once each, into a snapshot.

A *share* is one region (or `global`) of one account (aws_shares.py); a *unit* is one kind in it. Its listing is one
task for the pool; each listed item with its detail calls is another. Whatever a call answers is kept: what it could
not, too. A listing that fails leaves its unit unread, so that nothing of that kind is ever called missing there; a
detail call that fails makes the property it feeds unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.facts import dataclass, field
from soc2gate.kinds.describe import Call, Kind, calls_of
from soc2gate.live.aws_accounts import enter, ways_in, who_asks
from soc2gate.live.aws_build import Seen, build
from soc2gate.live.aws_calls import Calls, Failure
from soc2gate.live.aws_session import Account, ShutError
from soc2gate.live.aws_shares import STOPPED, Gathering, Share, Wanted, readable, region_of
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import GLOBAL, FailedCall, Part, Snapshot
from soc2gate.model.resource import Resource
from soc2gate.model.value import Json

Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """What to read of which accounts, as whom."""

    kinds: tuple[str, ...]
    clock: Callable[[], str]
    """Now, in ISO 8601 and UTC; from outside, so that a run can be repeated."""
    regions: tuple[str, ...] = ()
    """Empty: the one that the profile or environment names, else all in use. `all`: every one opted into."""
    profile: str | None = None
    endpoint_url: str | None = None
    """Another endpoint for every service; AWS_ENDPOINT_URL in the environment does the same, as boto3 has it."""
    threads: int = 8
    accounts: tuple[AccountConfig, ...] = ()
    """Empty, and no organization: the one account that the credentials are of."""
    organization: OrganizationConfig | None = None
    now: str = ""
    """The time that `clock` always tells, where somebody said which it is: clocks elsewhere have to be told."""


def collect_aws(request: AwsRequest, progress: Tell | None = None) -> Snapshot:
    """Read the account, or the accounts: one part of the snapshot for each.

    Ctrl-C ends early with what was read so far, marked partial. An account whose role is not given leaves a part that
    says so, and the others are read. Raises `CollectError` when nothing can be asked at all (no credentials, no
    network) and `UsageError` for a region that cannot be one.
    """
    wanted = readable(request.kinds)
    asking = who_asks(request)
    gathering = Gathering(wanted, ways_in(request, asking))
    steps = _Steps(progress)

    def starting() -> Iterator[_Collector]:
        for way in gathering.ways:
            taken_at = request.clock()
            try:
                account = enter(way, asking)
            except ShutError as error:
                if way.own:
                    raise
                gathering.shut_out(way, error, taken_at)
                continue
            shares = gathering.let_in(way, account.facts)
            collectors = [_collector(share, account, wanted, taken_at, steps) for share in shares]
            steps.total += sum(len(collector.units) for collector in collectors)
            yield from collectors

    for collector in _run(starting(), request.threads):
        gathering.take(collector.share, collector.part(request.clock()))
    return gathering.snapshot(request.clock())


def read_share(share: Share, account: Account, wanted: Wanted, *, clock: Callable[[], str], threads: int) -> Part:
    """What one share gives, read by itself."""
    collector = _collector(share, account, wanted, clock(), _Steps(None))
    _run(iter([collector]), threads)
    return collector.part(clock())


def _collector(share: Share, account: Account, wanted: Wanted, taken_at: str, steps: _Steps) -> _Collector:
    calls = Calls(account.clients, account.home, account.id, account.partition)
    asked = wanted.asked_in(share.region, account.partition)
    units = [_Unit(kind, share.region, asked_in=endpoint) for kind, endpoint in asked]
    return _Collector(share, account, wanted, calls, taken_at, steps, units)


@dataclass(slots=True)
class _Unit:
    """One kind in one region."""

    kind: Kind
    region: str
    reason: str = "not read"
    """Why it was not read; empty once it was."""
    waiting: int = 0
    """Items whose details are still being asked."""
    asked_in: str = ""
    """The region whose endpoint answers, where that is not the unit's own."""

    @property
    def endpoint(self) -> str:
        return self.asked_in or self.region

    @property
    def listing(self) -> Call | None:
        live = self.kind.live
        assert live is not None
        return live.worldwide if self.asked_in else live.enumerate


@dataclass(slots=True)
class _Outcome:
    """What one item came to."""

    resources: Sequence[Resource]
    failed: Sequence[FailedCall]


@dataclass(slots=True)
class _Steps:
    """How far all accounts together have come."""

    tell: Tell | None
    done: int = 0
    total: int = 0
    resources: int = 0


@dataclass(slots=True)
class _Collector:
    """What the units of one share give. Only the main thread touches its lists."""

    share: Share
    account: Account
    wanted: Wanted
    calls: Calls
    taken_at: str
    steps: _Steps
    units: list[_Unit]
    resources: list[Resource] = field(default_factory=list)
    failed: list[FailedCall] = field(default_factory=list)
    stopped: bool = False
    done: int = 0
    """Units that are read, or known not to be."""

    def stop(self) -> None:
        """Whatever is not read by now will not be."""
        for unit in self.units:
            if unit.waiting or unit.reason == "not read":
                unit.reason = STOPPED
                self.stopped = True

    def part(self, finished_at: str) -> Part:
        """What was read, of this share alone; `Gathering` puts it in order."""
        read = any(not unit.reason for unit in self.units) and self.share.region != GLOBAL
        return Part(
            provider="aws",
            account=self.account.id,
            caller=self.account.caller,
            taken_at=self.taken_at,
            finished_at=finished_at,
            regions_asked=() if self.share.region == GLOBAL else (self.share.region,),
            regions_read=(self.share.region,) if read else (),
            coverage=self.wanted.coverage(self.share.region, ((unit.kind.name, unit.reason) for unit in self.units)),
            calls=self.calls.counts(),
            failed_calls=tuple(self.failed),
            resources=tuple(self.resources),
            partial=self.stopped,
        )

    def _list(self, unit: _Unit) -> list[Mapping[str, Json]] | Failure:
        live = unit.kind.live
        assert live is not None
        listing = unit.listing
        if listing is None:
            return [{}]
        found = self._held(listing, live.within, unit.endpoint)
        for further in live.also:
            if isinstance(found, Failure):
                return found
            more = self._held(further, further.within, unit.endpoint)
            found = more if isinstance(more, Failure) else [*found, *more]
        if isinstance(found, Failure):
            return found
        if live.split is not None:
            found = [part for item in found for part in live.split(item)]
        return [item for item in found if live.keep is None or live.keep(item, unit.region)]

    def _held(self, call: Call, within: Call | None, region: str) -> list[Mapping[str, Json]] | Failure:
        """What a call lists, each item with its holder where it can be listed only one holder at a time."""
        if within is None:
            return self._items(call, region, {})
        holders = self._held(within, within.within, region)
        if isinstance(holders, Failure):
            return holders
        found: list[Mapping[str, Json]] = []
        for holder in holders:
            held: dict[str, Json] = {"within": dict(holder)}
            items = self._items(call, region, held)
            if isinstance(items, Failure):
                # Without one holder's list nobody can say of anything that it is missing.
                return items
            found += [{**item, **held} for item in items]
        return found

    def _items(self, call: Call, region: str, known: Mapping[str, Json]) -> list[Mapping[str, Json]] | Failure:
        answer = self.calls.ask(call, region, known)
        if isinstance(answer, Failure):
            return answer
        listed = answer if isinstance(answer, list) else [] if answer is None else [answer]
        items: list[Mapping[str, Json]] = [item if isinstance(item, dict) else {"value": item} for item in listed]
        return items if call.only is None else [item for item in items if call.only(item)]

    def _is(self, call: Call, failure: Failure, unit: _Unit) -> bool:
        return self.calls.name(call, unit.endpoint) == failure.call

    def _start(
        self, unit: _Unit, listed: list[Mapping[str, Json]] | Failure, pool: ThreadPoolExecutor
    ) -> list[Future[_Outcome]]:
        live = unit.kind.live
        assert live is not None
        if isinstance(listed, Failure):
            asked = next((call for call in calls_of(live) if self._is(call, listed, unit)), unit.listing)
            assert asked is not None
            unit.reason = listed.reason
            self.failed.append(
                FailedCall(
                    call=listed.call,
                    kind=unit.kind.name,
                    region=unit.region,
                    error=listed.error,
                    reason=listed.reason,
                    action=asked.action if asked.action != listed.call else "",
                )
            )
            self.done += 1
            self._step(unit)
            return []
        unit.reason = ""
        unit.waiting = len(listed)
        self.done += not listed
        self.steps.total += len(listed)
        self._step(unit)
        return [pool.submit(self._ask_details, unit, item) for item in listed]

    def _ask_details(self, unit: _Unit, item: Mapping[str, Json]) -> _Outcome:
        live = unit.kind.live
        assert live is not None
        answers: dict[str, Json] = {}
        names: dict[str, str] = {}
        failures: list[tuple[Call, Failure]] = []
        for call in live.details:
            if call.needs and call.needs not in item:
                continue
            answer = self.calls.ask(call, unit.endpoint, item)
            names[call.operation] = self.calls.name(call, unit.endpoint)
            if isinstance(answer, Failure):
                failures.append((call, answer))
            else:
                answers[call.operation] = answer
        if live.enumerate is not None:
            names[live.enumerate.operation] = self.calls.name(live.enumerate, unit.endpoint)
            for further in live.also:
                if further.needs in item:
                    names[live.enumerate.operation] = self.calls.name(further, unit.endpoint)
        resource = build(
            Seen(
                unit.kind,
                unit.region,
                item,
                answers,
                {call.operation: failure.reason for call, failure in failures},
                names,
                self.account.id,
                self.account.partition,
            ),
            self.taken_at,
        )
        if resource is None:
            return _Outcome((), ())
        if unit.kind.part_of in {other.name for other in self.wanted.kinds}:
            # The owner asked the same and tells of it.
            return _Outcome((resource,), ())
        failed = tuple(
            FailedCall(
                call=failure.call,
                kind=unit.kind.name,
                region=region_of(resource),
                error=failure.error,
                reason=failure.reason,
                uid=resource.address,
                property=call.into,
                action=call.action if call.action != failure.call else "",
            )
            for call, failure in failures
        )
        return _Outcome((resource,), failed)

    def _take(self, unit: _Unit, outcome: _Outcome) -> None:
        unit.waiting -= 1
        self.done += not unit.waiting
        self.resources.extend(outcome.resources)
        self.failed.extend(outcome.failed)
        self.steps.resources += len(outcome.resources)
        self._step(unit)

    def _step(self, unit: _Unit) -> None:
        steps = self.steps
        steps.done += 1
        if steps.tell is not None:
            steps.tell(
                Progress("aws", self.account.id, unit.region, unit.kind.name, steps.done, steps.total, steps.resources)
            )


_AHEAD = 4
"""Further shares are begun, and accounts entered, while fewer tasks than this wait for each thread: an organization has
hundreds, and the clients of one take some megabytes."""


def _run(starting: Iterator[_Collector], threads: int) -> list[_Collector]:
    """The shares that were begun, with what was read of them; after Ctrl-C that is not all.

    All accounts and regions share one pool: none waits for the slowest of another.
    """
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="soc2gate-aws")
    listings: dict[Future[list[Mapping[str, Json]] | Failure], tuple[_Collector, _Unit]] = {}
    items: dict[Future[_Outcome], tuple[_Collector, _Unit]] = {}
    begun: list[_Collector] = []
    reading: list[_Collector] = []
    stopped = False
    more = True
    try:
        while more or listings or items:
            while more and len(listings) + len(items) < _AHEAD * threads:
                collector = next(starting, None)
                if collector is None:
                    more = False
                    break
                begun.append(collector)
                reading.append(collector)
                for unit in collector.units:
                    listings[pool.submit(collector._list, unit)] = (collector, unit)
            both: list[Future[Any]] = [*listings, *items]
            wait(both, return_when=FIRST_COMPLETED)
            for listing in [future for future in listings if future.done()]:
                collector, unit = listings.pop(listing)
                for item in collector._start(unit, listing.result(), pool):
                    items[item] = (collector, unit)
            for item in [future for future in items if future.done()]:
                collector, unit = items.pop(item)
                collector._take(unit, item.result())
            reading = _let_go(reading)
    except KeyboardInterrupt:
        stopped = True
        for collector in begun:
            collector.stop()
    finally:
        pool.shutdown(wait=not stopped, cancel_futures=True)
    return begun


def _let_go(reading: list[_Collector]) -> list[_Collector]:
    """Forget the answers of shares that are read, and the clients of accounts: an organization's would fill the
    memory."""
    left = [collector for collector in reading if collector.done < len(collector.units)]
    for collector in reading:
        if collector.done == len(collector.units):
            collector.calls.forget()
            if all(other.account is not collector.account for other in left):
                collector.account.clients.forget()
    return left
