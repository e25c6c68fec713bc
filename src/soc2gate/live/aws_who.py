"""Who changed it, and when: CloudTrail's event history, asked for the resources that code and live state disagree on.

Asked only where somebody wants to know (`verify --who`): CloudTrail takes two questions a second, and reading events is
a permission of its own, `cloudtrail:LookupEvents`. The history goes back ninety days.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from soc2gate.errors import CollectError
from soc2gate.facts import dataclass, field, replace
from soc2gate.live import pace
from soc2gate.live.aws_accounts import enter, ways_in, who_asks
from soc2gate.live.aws_session import Account, error_code
from soc2gate.live.snapshot import GLOBAL
from soc2gate.live.snapshot_json import failure_reason
from soc2gate.model.outcome import Difference, Disagreement
from soc2gate.model.resource import Problem, Weight

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest

ACTION = "cloudtrail:LookupEvents"
MOST = 100
"""Resources asked about in one run: about a minute."""
_PACE = pace.Pace(1.8, 2)
_HOME = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""Partition to the region whose history holds the events of services without regions."""


def with_who(disagreements: Sequence[Disagreement], request: AwsRequest) -> tuple[list[Disagreement], list[Problem]]:
    """The disagreements, each with who changed its resource last, where CloudTrail tells; and what it did not tell.

    That nobody is named never makes a disagreement weigh less. Raises `CollectError` where nobody can sign in.
    """
    places = [item.live_where.region for item in disagreements if item.live_where is not None and _asked(item)]
    if not places:
        return list(disagreements), []
    # One region is enough to sign in by; which ones there are need not be asked again.
    home = next((region for region in places if region not in ("", GLOBAL)), "us-east-1")
    accounts = tuple(replace(entry, regions=()) for entry in request.accounts)
    asking = _Asking(_accounts(replace(request, regions=(home,), accounts=accounts)))
    out = []
    for item in disagreements:
        said = asking.about(item) if _asked(item) else ""
        out.append(replace(item, reason="; ".join(part for part in (item.reason, said) if part)))
    return out, asking.problems()


def _asked(item: Disagreement) -> bool:
    seen = item.live_where
    return (
        item.difference in (Difference.CHANGED, Difference.UNMANAGED)
        and seen is not None
        and seen.provider == "aws"
        and bool(item.uid)
    )


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


@dataclass(slots=True)
class _Asking:
    """Asks once for each resource, and no faster than CloudTrail answers."""

    accounts: Mapping[str, Account]
    known: dict[tuple[str, str, str], str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Account to why it does not tell; it is not asked again."""
    left: int = 0
    bucket: pace.Bucket = field(default_factory=lambda: pace.Bucket(_PACE))

    def about(self, item: Disagreement) -> str:
        seen = item.live_where
        assert seen is not None
        account = self.accounts.get(seen.account)
        if account is None or seen.account in self.failed:
            return ""
        region = seen.region if seen.region not in ("", GLOBAL) else _HOME.get(account.partition, account.home)
        key = (seen.account, region, resource_name(item.uid))
        if key not in self.known:
            if len(self.known) >= MOST:
                self.left += 1
                return ""
            self.known[key] = self._ask(account, region, key[2])
        return self.known[key]

    def _ask(self, account: Account, region: str, name: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        self.bucket()
        client = account.clients.get("cloudtrail", region)
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
        try:
            answer = client.lookup_events(LookupAttributes=wanted, MaxResults=50)
        except (ClientError, BotoCoreError) as error:
            self.failed[account.id] = failure_reason(ACTION, error_code(error))
            return ""
        return spoken(answer.get("Events", []))

    def problems(self) -> list[Problem]:
        told = [
            Problem(
                Weight.NOTE, "collect", f"who changed what in {account} is not told: {reason}", None, f"allow {ACTION}"
            )
            for account, reason in sorted(self.failed.items())
        ]
        if self.left:
            told.append(
                Problem(Weight.NOTE, "collect", f"who changed {self.left} more was not asked: {MOST} are, a run")
            )
        return told


def resource_name(uid: str) -> str:
    """How CloudTrail calls a resource: what stands last in its ARN, or the id itself."""
    if not uid.startswith("arn:"):
        return uid
    return re.split(r"[:/]", uid)[-1]


def spoken(events: Iterable[Mapping[str, Any]]) -> str:
    """`last changed by ada with PutBucketAcl at 2026-…, says CloudTrail`: the newest event that was no reading."""
    changing = [event for event in events if str(event.get("ReadOnly", "")).lower() == "false"]
    if not changing:
        return ""
    newest = max(changing, key=lambda event: event["EventTime"])
    at = newest["EventTime"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    by = newest.get("Username") or "an unnamed principal"
    return f"last changed by {by} with {newest.get('EventName', 'an event')} at {at}, says CloudTrail"
