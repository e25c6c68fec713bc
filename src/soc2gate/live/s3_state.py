"""A Terraform state that lies in a bucket, where somebody says so by naming it: `s3://bucket/key`.

Reading it is the one call that reads what is stored, so it is never made unless it was asked for, takes a permission of
its own (`soc2gate permissions --state s3://…`), and reads that one object. It is kept in memory and nowhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from soc2gate.errors import CollectError, UsageError
from soc2gate.live.aws_session import Clients, error_code, sign_in
from soc2gate.model.resource import StateObject

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest

ACTION = "s3:GetObject"
SCHEME = "s3://"
LARGEST = 1_000_000_000
"""Bytes of a state that are read."""


def split(url: str) -> tuple[str, str]:
    """Bucket and key. Raises `UsageError` where it does not name both."""
    bucket, _, key = url.removeprefix(SCHEME).partition("/")
    if not url.startswith(SCHEME) or not bucket or not key or key.endswith("/"):
        raise UsageError(
            f"{url} does not name a state in a bucket", hint="as in backend “s3”: s3://BUCKET/KEY, with the whole key"
        )
    return bucket, key


def read_object(url: str, request: AwsRequest) -> StateObject:
    """The state at `url`, as whoever the request signs in as. Raises `CollectError` where it cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = split(url)
    session = sign_in(request.profile)
    named = next((region for region in request.regions if region != "all"), None)
    client = Clients(session, request.endpoint_url, 1).get("s3", named or session.region_name or "us-east-1")
    try:
        answer: dict[str, Any] = client.get_object(Bucket=bucket, Key=key)
        if answer["ContentLength"] > LARGEST:
            raise CollectError(f"the state {url} is larger than {LARGEST:,} bytes and was not read")
        content: bytes = answer["Body"].read()
    except (ClientError, BotoCoreError) as error:
        code = error_code(error)
        raise CollectError(
            f"the state {url} cannot be read: {ACTION} gave {code}",
            hint=f"allow it: soc2gate permissions --state {url}"
            if "denied" in code.lower()
            else "check the bucket and the key, as backend “s3” of the code says them",
        ) from error
    written: datetime = answer["LastModified"]
    return StateObject(url, content, written.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
