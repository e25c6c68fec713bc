"""AWS as a place to keep records and keys: one way of saying what it refused.

Imported by what uses boto3, never by a scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from soc2gate.errors import UsageError

SIGN_IN = "sign in first (AWS_PROFILE, aws sso login, a role in CI), and name a region (AWS_REGION)"
_SIGNING_IN = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "NoRegionError")
"""The client library's names for not being signed in; a token that expired says so in its code."""


def client(service: str, region: str = "") -> Any:
    """A client with boto3's own retries; raises `UsageError` where nobody is signed in, or no region is known."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client
    with refusals(f"cannot ask AWS {service}"):
        return make(service, region_name=region or None, config=Config(retries={"mode": "standard"}))


@contextmanager
def refusals(what: str, hints: Mapping[str, str] | None = None, but: Sequence[str] = ()) -> Iterator[None]:
    """Turns whatever AWS or its client library says into a `UsageError` of `what`; `hints` by error code.

    A `ClientError` with a code of `but` is an answer, and is left to the caller.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = code_of(error)
        if code in but:
            raise
        signed_out = code in _SIGNING_IN or "expired" in code.lower()
        hint = SIGN_IN if signed_out else (hints or {}).get(code, "")
        told = code if isinstance(error, ClientError) else f"{code}: {error}"
        raise UsageError(f"{what}: {told}", hint=hint) from error


def code_of(error: Exception) -> str:
    """AWS's own code, or the name that the client library has for what went wrong."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", "")) or type(error).__name__
