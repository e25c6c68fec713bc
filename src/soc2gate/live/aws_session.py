"""Signing in to AWS: who asks, of which account, in which regions."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from soc2gate.errors import CollectError, UsageError
from soc2gate.facts import dataclass, field
from soc2gate.live import pace
from soc2gate.version import __version__

ALL_REGIONS = "all"
"""Asked as a region: every region the account has opted into."""

_REGION = re.compile(r"^[a-z]{2}(-[a-z]+)+-\d{1,2}$")
_SIGN_IN = "sign in first (aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"


@dataclass(slots=True)
class Clients:
    """One boto3 client per service and region: making one costs 30 to 500 ms, and clients are safe across threads."""

    session: Any
    """boto3's; not typed, as its stubs know services by literal names only."""
    endpoint_url: str | None
    threads: int
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, service: str, region: str) -> Any:
        """The client, made at its first use. Raises botocore's errors for an unknown service or region."""
        from botocore.config import Config

        # Sessions are not safe across threads, so the making is one at a time.
        with self._lock:
            client = self._made.get((service, region))
            if client is None:
                config = Config(
                    retries={"mode": "adaptive", "max_attempts": 6},
                    connect_timeout=10,
                    read_timeout=60,
                    max_pool_connections=max(self.threads, 10),
                    user_agent_extra=f"soc2gate/{__version__}",
                    # With an endpoint of one's own, `bucket.localhost` would have to resolve.
                    s3={"addressing_style": "path"} if self._has_own_endpoint() else {},
                )
                client = self.session.client(
                    service, region_name=region, endpoint_url=self.endpoint_url or None, config=config
                )
                if service == "s3control" and self._has_own_endpoint():
                    client.meta.events.register("before-sign.s3-control", without_account_in_host)
                if service in pace.PACES:
                    # Counts pages and retries too, as AWS does.
                    client.meta.events.register(
                        f"before-send.{client.meta.service_model.service_id.hyphenize()}",
                        pace.Bucket(pace.PACES[service]),
                    )
                self._made[service, region] = client
            return client

    def offered(self, service: str, region: str) -> bool:
        """Whether a service may be had in a region, as far as botocore knows: where it knows nothing, it may."""
        if self._has_own_endpoint():
            return True
        partition = self.session.get_partition_for_region(region)
        known = self.session.get_available_regions(service, partition)
        return not known or region in known

    def forget(self) -> None:
        """Let go of every client; one that is asked for again is made again."""
        with self._lock:
            self._made.clear()

    def _has_own_endpoint(self) -> bool:
        import os

        return bool(self.endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_S3"))


def without_account_in_host(request: Any, **_: Any) -> None:
    """S3 Control puts the account before the host's name; with an endpoint of one's own, `123….localhost` would have to
    resolve. The account is in a header too."""
    scheme, _, rest = request.url.partition("://")
    account, dot, host = rest.partition(".")
    if dot and account.isdigit() and len(account) == _ACCOUNT_DIGITS:
        request.url = f"{scheme}://{host}"


_ACCOUNT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Entered:
    """What an account says of itself once somebody is in: facts, which another process can be told."""

    id: str
    partition: str
    caller: str
    home: str
    """The region through which services without regions are asked."""
    regions: tuple[str, ...]
    notes: tuple[str, ...]
    searched: bool
    """Whether the regions are all there are, to find those in use."""


@dataclass(frozen=True, slots=True)
class Account(Entered):
    """The account that answers, and as whom we ask."""

    clients: Clients

    @property
    def facts(self) -> Entered:
        """Without clients: they take some megabytes, and belong to one process."""
        return Entered(self.id, self.partition, self.caller, self.home, self.regions, self.notes, self.searched)


class ShutError(CollectError):
    """One account cannot be entered: its role is not given, its regions are not told."""

    def __init__(self, message: str, *, hint: str = "", call: str = "", error: str = "") -> None:
        super().__init__(message, hint=hint)
        self.call = call
        """`sts:AssumeRole`."""
        self.error = error
        """The API's own code."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role to take on in another account."""

    arn: str
    external_id: str = ""


def sign_in(profile: str | None) -> Any:
    """boto3's session for a profile, or for what the environment says. Raises `CollectError` where there is none."""
    import boto3
    import botocore.session
    from botocore.exceptions import BotoCoreError, ProfileNotFound

    try:
        return _with_models(botocore.session.Session(), profile_name=profile)
    except ProfileNotFound as error:
        known = ", ".join(boto3.session.Session().available_profiles) or "none"
        raise CollectError(f"there is no AWS profile “{profile}”", hint=f"profiles here: {known}") from error
    except BotoCoreError as error:
        raise CollectError(f"AWS's configuration cannot be read: {error}") from error


def check_regions(regions: tuple[str, ...]) -> None:
    """Raises `UsageError` for one that cannot be a region."""
    for region in regions:
        if region != ALL_REGIONS and not _REGION.match(region):
            raise UsageError(
                f"“{region}” is no AWS region", hint="regions look like eu-west-1; `all` is every one in use"
            )


def taken_on(clients: Clients, role: Role, home: str) -> Any:
    """boto3's session in the role, renewed as long as it is used. Raises `ShutError` where it is not given."""
    import botocore.session
    from botocore.credentials import RefreshableCredentials
    from botocore.exceptions import BotoCoreError, ClientError

    given = {"ExternalId": role.external_id} if role.external_id else {}

    def renewed() -> dict[str, str]:
        answer = clients.get("sts", home).assume_role(RoleArn=role.arn, RoleSessionName="soc2gate", **given)
        keys = answer["Credentials"]
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }

    try:
        first = renewed()
    except (ClientError, BotoCoreError) as error:
        code = error_code(error)
        raise ShutError(
            f"the role {role.arn} cannot be taken on: sts:AssumeRole gave {code}",
            hint="its trust policy must name who asks (and the external id); soc2gate permissions --assume prints what"
            " who asks needs",
            call="sts:AssumeRole",
            error=code,
        ) from error
    inner = botocore.session.Session()
    # boto3 has no public door for credentials that renew themselves; botocore's own guides use this one.
    inner._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
        metadata=first, refresh_using=renewed, method="sts-assume-role"
    )
    return _with_models(inner, region_name=home)


_models: list[Any] = []
"""What botocore has read of its descriptions of services, once there is any."""
_MAKING = threading.Lock()


def _with_models(inner: Any, **given: Any) -> Any:
    """boto3's session around one of botocore's that reads no description anew which another has read.

    Each session would parse those of all services again: half a second for a dozen, and every account has a session of
    its own, every share of one elsewhere too.
    """
    import boto3

    with _MAKING:
        if _models:
            inner.register_component("data_loader", _models[0])
        made = boto3.session.Session(botocore_session=inner, **given)
        # Where to look for descriptions was the first question that a profile which does not exist could not answer.
        inner.get_scoped_config()
        loader = inner.get_component("data_loader")
        # Each session adds boto3's own folder once more.
        loader.search_paths[:] = dict.fromkeys(loader.search_paths)
        _models[:] = [loader]
    return made


def open_account(clients: Clients, regions: tuple[str, ...], name: str = "") -> Account:
    """Find out who we are, and settle the regions.

    Without regions, the one the profile or environment names; where they name none, every region the account has
    opted into. Raises `ShutError` without working credentials.
    """
    session = clients.session
    named = tuple(region for region in regions if region != ALL_REGIONS)
    home = next(iter(named), None) or session.region_name or "us-east-1"
    caller, account, partition = _identity(clients, home)
    notes: tuple[str, ...] = (f"account {account} is called {name}",) if name else ()
    searched = ALL_REGIONS in regions or (not named and not session.region_name)
    if searched:
        named, closed = _opted_in(clients, home)
        if closed:
            notes = (*notes, f"not opted into, so that nothing can be there: {', '.join(closed)}")
    elif not named:
        named = (home,)
        note = f"only {home} was read, the region your AWS configuration names; --region all reads every one in use"
        notes = (*notes, note)
    return Account(account, partition, caller, home, tuple(dict.fromkeys(named)), notes, searched, clients)


def entered_again(clients: Clients, known: Entered) -> Account:
    """The account that somebody else has entered, by credentials of our own.

    Raises `ShutError` where these do not work, and where they are of another account: what stands in that must never
    be told of this one.
    """
    caller, account, _ = _identity(clients, known.home)
    if account != known.id:
        raise ShutError(f"the credentials there are of {account}, and {known.id} was to be read")
    return Account(known.id, known.partition, caller, known.home, known.regions, known.notes, known.searched, clients)


def _identity(clients: Clients, region: str) -> tuple[str, str, str]:
    """Caller ARN, account id, partition."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        NoCredentialsError,
        PartialCredentialsError,
    )

    try:
        answer = clients.get("sts", region).get_caller_identity()
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise ShutError("there are no AWS credentials here", hint=_SIGN_IN) from error
    except EndpointConnectionError as error:
        raise ShutError(
            f"AWS cannot be reached: {error}", hint="check the network, the region and AWS_ENDPOINT_URL"
        ) from error
    except ClientError as error:
        code = error_code(error)
        hint = (
            _SIGN_IN if "expired" in code.lower() or "token" in code.lower() else "check which credentials are in use"
        )
        raise ShutError(
            f"AWS does not accept these credentials: sts:GetCallerIdentity gave {code}",
            hint=hint,
            call="sts:GetCallerIdentity",
            error=code,
        ) from error
    except BotoCoreError as error:
        raise ShutError(f"signing in to AWS failed: {error}", hint=_SIGN_IN) from error
    arn = str(answer["Arn"])
    return arn, str(answer["Account"]), arn.split(":")[1]


def _opted_in(clients: Clients, home: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The regions the account can have something in, and those it cannot, as it never opted into them."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = clients.get("ec2", home).describe_regions(AllRegions=True)
    except (ClientError, BotoCoreError) as error:
        code = error_code(error)
        raise ShutError(
            f"the regions in use cannot be found: ec2:DescribeRegions gave {code}",
            hint="name them with --region",
            call="ec2:DescribeRegions",
            error=code,
        ) from error
    closed = {one["RegionName"] for one in answer["Regions"] if one.get("OptInStatus") == "not-opted-in"}
    every = {str(one["RegionName"]) for one in answer["Regions"]}
    return tuple(sorted(every - closed)), tuple(sorted(closed))


def error_code(error: Exception) -> str:
    """The API's error code, or the client library's name for what went wrong."""
    response: Mapping[str, Any] = getattr(error, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", "")) or type(error).__name__
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # A proxy's bare 403 comes without a code of AWS's; botocore then gives the number or an empty code.
    return "AccessDenied" if status == 403 and code in ("", "403", "Forbidden", "ClientError", "Unknown") else code
