"""Who changed it, and when: CloudTrail's event history, asked for the resources that code and live state disagree on.

Asked only where somebody wants to know (`verify --who`): CloudTrail takes two questions a second, and reading events is
a permission of its own, `cloudtrail:LookupEvents`. The history goes back ninety days. What an event proves is decided
in `cloudtrail`; where nothing names who did it, the report says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from soc2gate import kinds
from soc2gate.errors import CollectError
from soc2gate.facts import dataclass, field, replace
from soc2gate.live import cloudtrail, pace
from soc2gate.live.aws_accounts import enter, ways_in, who_asks
from soc2gate.live.aws_session import Account, error_code
from soc2gate.live.snapshot import GLOBAL
from soc2gate.live.snapshot_json import failure_reason
from soc2gate.model.outcome import Difference, Disagreement
from soc2gate.model.resource import LiveRef, Problem, Resource, Side, Weight

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest

ACTION = "cloudtrail:LookupEvents"
MOST = 150
"""Questions in one run: a minute and a half."""
_PAGES = 4
"""Of fifty events each, looked through for one name of a resource; those that only read come between."""
_PLACES = 3
"""Regions in which a missing resource is asked about, where code does not say which it was."""
_PACE = pace.Pace(1.8, 2)
_HOME = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""Partition to the region whose history holds the events of services without regions."""
_ASKED = (Difference.CHANGED, Difference.MISSING, Difference.UNMANAGED, Difference.UNDECLARED)


def with_who(
    disagreements: Sequence[Disagreement],
    request: AwsRequest,
    resources: Iterable[Resource] = (),
    looked: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[list[Disagreement], list[Problem]]:
    """The disagreements, each with who changed, deleted or created its resource, or why nobody is named; and what
    could not be asked.

    `resources` are both sides, for the names they have; `looked` says of each account in which regions it was read. The
    gravest are asked about first. That nobody is named never
    makes a disagreement weigh less. Raises `CollectError` where nobody can sign in.
    """
    asked = [item for item in disagreements if _asked(item)]
    if not asked:
        return list(disagreements), []
    places = [item.live_where.region for item in asked if item.live_where is not None]
    # One region is enough to sign in by; which ones there are need not be asked again.
    home = next((region for region in places if region not in ("", GLOBAL)), "us-east-1")
    accounts = tuple(replace(entry, regions=()) for entry in request.accounts)
    asking = _Asking(_accounts(replace(request, regions=(home,), accounts=accounts)), _identities(resources), looked)
    told = {id(item): asking.about(item) for item in sorted(asked, key=lambda item: -(item.severity or 0))}
    return [_saying(item, told.get(id(item), "")) for item in disagreements], asking.problems()


def _saying(item: Disagreement, said: str) -> Disagreement:
    return replace(item, reason="; ".join(part for part in (item.reason, said) if part)) if said else item


def _asked(item: Disagreement) -> bool:
    return item.difference in _ASKED and item.live_where is not None and item.live_where.provider == "aws"


def _accounts(request: AwsRequest) -> dict[str, Account]:
    found = {}
    asking = who_asks(request)
    for way in ways_in(request, asking):
        try:
            account = enter(way, asking)
        except CollectError:
            # Collecting said so already.
            if way.own:
                raise
            continue
        found[account.id] = account
    return found


Identities = Mapping[tuple[Side, str, str, str], Resource]


def _identities(resources: Iterable[Resource]) -> Identities:
    """Both sides, by what a disagreement says of them: kind, address (live: uid), environment."""
    found = {}
    for one in resources:
        name = one.where.uid if isinstance(one.where, LiveRef) else one.address
        found[one.side, one.kind, name, one.environment] = one
    return found


@dataclass(slots=True)
class _History:
    """What was heard of one name in one region."""

    events: list[cloudtrail.Event] = field(default_factory=list)
    pages: int = 0
    more: str = ""
    """CloudTrail's token for what is older; empty where there is nothing, or nothing was asked yet."""


@dataclass(slots=True)
class _Asking:
    """Asks once for each name, and no faster than CloudTrail answers."""

    accounts: Mapping[str, Account]
    resources: Identities
    looked: Mapping[str, Sequence[str]]
    histories: dict[tuple[str, str, str], _History] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Account to why it does not tell; it is not asked again."""
    made: int = 0
    """Questions so far."""
    left: int = 0
    bucket: pace.Bucket = field(default_factory=lambda: pace.Bucket(_PACE))

    def about(self, item: Disagreement) -> str:
        seen = item.live_where
        assert seen is not None
        account = self.accounts.get(seen.account)
        if account is None or seen.account in self.failed:
            return ""
        resource = self._resource(item)
        names = names_of(item.uid, resource)
        if not names:
            # Only a declared resource has no uid: it is missing.
            return "who deleted it is not known: neither code nor state tells a name that CloudTrail would know it by"
        regions = _regions(seen, item, account, self.looked.get(account.id, ()))
        if not 0 < len(regions) <= _PLACES:
            return "who deleted it is not known: code does not say in which region it was"
        wanted = cloudtrail.Wanted(item.difference, item.kind, item.property or "", names)
        said = self._said(account, regions, wanted)
        if said is None:
            self.left += not self.failed.get(account.id)
            return ""
        return said.text

    def _resource(self, item: Disagreement) -> Resource | None:
        if item.difference is Difference.MISSING:
            return self.resources.get((Side.DECLARED, item.kind, item.address, item.environment))
        return self.resources.get((Side.LIVE, item.kind, item.uid, ""))

    def _said(self, account: Account, regions: Sequence[str], wanted: cloudtrail.Wanted) -> cloudtrail.Said | None:
        """What the history says once it is settled, or has been looked through; None where it could not be asked."""
        histories = {(account.id, region, name): _History() for region in regions for name in wanted.names}
        for key in histories:
            histories[key] = self.histories.setdefault(key, histories[key])
        for page in range(1, _PAGES + 1):
            for (_, region, name), history in histories.items():
                if history.pages >= page or (history.pages and not history.more):
                    continue
                if self.made >= MOST or not self._ask(account, region, name, history):
                    return None
            events = {event.id or event: event for history in histories.values() for event in history.events}
            newest = sorted(events.values(), key=lambda event: event.at, reverse=True)
            said = cloudtrail.answer(newest, wanted)
            if said.settled or not any(history.more for history in histories.values()):
                return said
        return replace(said, text=f"{said.text}, as far as {_PAGES * 50} events of it go back")

    def _ask(self, account: Account, region: str, name: str, history: _History) -> bool:
        """Hear the next page of a history; false where the account does not tell."""
        from botocore.exceptions import BotoCoreError, ClientError

        self.bucket()
        self.made += 1
        client = account.clients.get("cloudtrail", region)
        wanted: dict[str, Any] = {"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": name}]}
        try:
            answer = client.lookup_events(
                **wanted, MaxResults=50, **({"NextToken": history.more} if history.more else {})
            )
        except (ClientError, BotoCoreError) as error:
            self.failed[account.id] = failure_reason(ACTION, error_code(error))
            return False
        history.events += cloudtrail.read(answer.get("Events", []))
        history.pages += 1
        history.more = str(answer.get("NextToken") or "")
        return True

    def problems(self) -> list[Problem]:
        told = [
            Problem(
                Weight.NOTE, "collect", f"who changed what in {account} is not told: {reason}", None, f"allow {ACTION}"
            )
            for account, reason in sorted(self.failed.items())
        ]
        if self.left:
            text = (
                f"who changed {self.left} more was not asked: CloudTrail takes two questions a second, a run has {MOST}"
            )
            told.append(Problem(Weight.NOTE, "collect", text))
        return told


def _regions(seen: LiveRef, item: Disagreement, account: Account, looked: Sequence[str]) -> tuple[str, ...]:
    """Whose histories may hold the events: each region has its own."""
    home = _HOME.get(account.partition, account.home)
    live = kinds.kind(item.kind).live
    if seen.region == GLOBAL:
        return (home,)
    if item.difference is Difference.MISSING and live is not None and live.scope == "global":
        # A role is deleted where services without regions are, a bucket where it stood.
        return tuple(dict.fromkeys(region for region in (seen.region, home) if region))
    # What code gives no region was looked for wherever the account was read.
    return (seen.region,) if seen.region else tuple(looked)


def names_of(uid: str, resource: Resource | None) -> tuple[str, ...]:
    """What CloudTrail may call a resource: its ARN, what stands last in it, its id, or the names that its kind goes by.

    Services differ: an S3 event names the bucket, one of KMS the key's ARN, one of EC2 the id.
    """
    return tuple(dict.fromkeys(_names(uid, resource)))


def _names(uid: str, resource: Resource | None) -> Iterator[str]:
    told: list[object] = [uid]
    if resource is not None:
        told += [resource.identity.get(key) for key in ("arn", "id", "name")]
        told += [resource.identity.get(key, resource.properties.get(key)) for key in kinds.kind(resource.kind).names]
    for one in told:
        if isinstance(one, str) and one:
            if one.startswith("arn:"):
                yield re.split(r"[:/]", one)[-1]
            yield one
