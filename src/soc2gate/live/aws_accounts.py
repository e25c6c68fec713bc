"""The accounts to read, and the way into each: the credentials' own, a role in another, or all of an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.errors import CollectError
from soc2gate.facts import dataclass, replace
from soc2gate.live.aws_session import (
    ALL_REGIONS,
    Account,
    Clients,
    Entered,
    Role,
    check_regions,
    entered_again,
    error_code,
    open_account,
    sign_in,
    taken_on,
)

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest


@dataclass(frozen=True, slots=True)
class WayIn:
    """How one account is entered: facts, by which another process goes in too."""

    account: str
    """Empty for the credentials' own, where nothing else is read: entering tells."""
    own: bool
    """Whether it is the only account there is to read, so that a closed door ends everything."""
    entry: AccountConfig
    home: str = ""
    """The region where a role is asked for."""


def who_asks(request: AwsRequest) -> Clients:
    """As whom everything begins. Raises `CollectError` without credentials, `UsageError` for a region that cannot be
    one."""
    for entry in request.accounts:
        check_regions(entry.regions)
    check_regions(request.regions)
    check_regions(request.organization.regions if request.organization else ())
    return Clients(sign_in(request.profile), request.endpoint_url, request.threads)


def ways_in(request: AwsRequest, asking: Clients) -> list[WayIn]:
    """A way for each account, none entered yet.

    Raises `CollectError` where nobody can sign in at all or an organization does not tell its accounts.
    """
    organization = request.organization
    if not request.accounts and organization is None:
        return [WayIn("", True, AccountConfig(regions=request.regions))]
    named = [region for region in request.regions if region != ALL_REGIONS]
    home = next(iter(named), None) or asking.session.region_name or "us-east-1"
    # Who signs in is asked once, before anything else: without working credentials no role is given either.
    ours = open_account(asking, (home,))
    entries = [
        replace(entry, role_arn="") if entry.account == ours.id and not entry.external_id else entry
        for entry in request.accounts
    ]
    if organization is not None:
        given = {entry.account or ours.id for entry in entries}
        entries += [entry for entry in _listed(ours, organization) if (entry.account or ours.id) not in given]
    every = [
        WayIn(entry.account or ours.id, False, replace(entry, regions=entry.regions or request.regions), home)
        for entry in entries
    ]
    return list(dict.fromkeys(every))


def enter(way: WayIn, asking: Clients) -> Account:
    """Go in, and settle the regions. Raises `ShutError` where the account does not let us in."""
    entry = way.entry
    if not entry.role_arn:
        return open_account(asking, entry.regions, entry.name)
    # A role has no region of its own to fall back on: without any named, all that the account opted into.
    return open_account(in_role(way, asking), entry.regions or (ALL_REGIONS,), entry.name)


def enter_again(way: WayIn, known: Entered, asking: Clients) -> Account:
    """Go in where somebody has been before. Raises `ShutError` where the account does not let us in."""
    return entered_again(in_role(way, asking) if way.entry.role_arn else asking, known)


def in_role(way: WayIn, asking: Clients) -> Clients:
    """Clients in the role that leads in. Raises `ShutError` where it is not given."""
    session = taken_on(asking, Role(way.entry.role_arn, way.entry.external_id), way.home)
    return Clients(session, asking.endpoint_url, asking.threads)


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
