"""The accounts to read, and the way into each: the credentials' own, a role in another, or all of an organization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.errors import CollectError
from soc2gate.facts import dataclass, replace
from soc2gate.live.aws_session import (
    ALL_REGIONS,
    Account,
    Clients,
    Role,
    ShutError,
    check_regions,
    error_code,
    open_account,
    sign_in,
    taken_on,
)
from soc2gate.live.snapshot import Coverage, FailedCall, Part
from soc2gate.live.snapshot_json import failure_reason

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest


@dataclass(frozen=True, slots=True)
class WayIn:
    """How one account is entered."""

    account: str
    """Empty for the credentials' own, where nothing else is read: entering tells."""
    own: bool
    """Whether it is the only account there is to read, so that a closed door ends everything."""
    enter: Callable[[], Account]
    """Raises `ShutError` where the account does not let us in."""


def ways_in(request: AwsRequest) -> list[WayIn]:
    """A way for each account, none entered yet.

    Raises `CollectError` where nobody can sign in at all or an organization does not tell its accounts, `UsageError`
    for a region that cannot be one.
    """
    organization = request.organization
    for entry in request.accounts:
        check_regions(entry.regions)
    check_regions(request.regions)
    check_regions(organization.regions if organization else ())
    session = sign_in(request.profile)
    clients = Clients(session, request.endpoint_url, request.threads)
    if not request.accounts and organization is None:
        return [WayIn("", True, lambda: open_account(clients, request.regions))]
    named = [region for region in request.regions if region != ALL_REGIONS]
    home = next(iter(named), None) or session.region_name or "us-east-1"
    # Who signs in is asked once, before anything else: without working credentials no role is given either.
    ours = open_account(clients, (home,))
    entries = [
        replace(entry, role_arn="") if entry.account == ours.id and not entry.external_id else entry
        for entry in request.accounts
    ]
    if organization is not None:
        given = {entry.account or ours.id for entry in entries}
        entries += [entry for entry in _listed(ours, organization) if (entry.account or ours.id) not in given]
    return [_way(entry, ours, request, home) for entry in entries]


def _way(entry: AccountConfig, ours: Account, request: AwsRequest, home: str) -> WayIn:
    regions = entry.regions or request.regions

    def enter() -> Account:
        if not entry.role_arn:
            return open_account(ours.clients, regions, entry.name)
        session = taken_on(ours.clients, Role(entry.role_arn, entry.external_id), home)
        # A role has no region of its own to fall back on: without any named, all that the account opted into.
        return open_account(
            Clients(session, request.endpoint_url, request.threads), regions or (ALL_REGIONS,), entry.name
        )

    return WayIn(entry.account or ours.id, False, enter)


def _listed(ours: Account, organization: OrganizationConfig) -> list[AccountConfig]:
    """The active accounts of the organization, by the role in each; the one we are in, by our own credentials."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = ours.clients.get("organizations", ours.home).get_paginator("list_accounts").paginate()
        found = pages.build_full_result()["Accounts"]
    except (ClientError, BotoCoreError) as error:
        raise CollectError(
            f"the organization does not tell its accounts: organizations:ListAccounts gave {error_code(error)}",
            hint="it is told to the management account and to delegated administrators; or name the accounts: in "
            "soc2gate.yaml",
        ) from error
    return [
        AccountConfig(
            "" if one["Id"] == ours.id else f"arn:{ours.partition}:iam::{one['Id']}:role/{organization.role_name}",
            organization.external_id,
            str(one.get("Name", "")),
            organization.regions,
        )
        for one in sorted(found, key=lambda one: str(one["Id"]))
        if one.get("Status", "ACTIVE") == "ACTIVE" and one["Id"] not in organization.exclude
    ]


def unread_part(way: WayIn, kinds: Sequence[str], error: ShutError | None, at: str) -> Part:
    """An account that was not entered: nothing in it is known, and nothing of it ever counts as missing.

    Without an error, Ctrl-C came before its turn.
    """
    if error is None:
        unread = tuple(Coverage(kind, "", False, "collecting was stopped") for kind in kinds)
        return Part("aws", way.account, taken_at=at, finished_at=at, coverage=unread, partial=True)
    reason = failure_reason(error.call, error.error) if error.call and error.error else error.message
    return Part(
        provider="aws",
        account=way.account,
        taken_at=at,
        finished_at=at,
        coverage=tuple(Coverage(kind, "", False, reason) for kind in kinds),
        failed_calls=tuple(FailedCall(error.call, kind, "", error.error, reason) for kind in kinds),
    )
