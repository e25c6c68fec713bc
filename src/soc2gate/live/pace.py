"""How fast a service may be asked: below what AWS documents, so that nobody else in the account is throttled by us.

botocore's adaptive retries slow down once AWS has refused a call, and by then a deployment may have been refused as
well. Services whose quotas are low are therefore asked slowly from the start; the others have room for thousands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from soc2gate.facts import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """A token bucket's size."""

    second: float
    """Calls a second, in one region of one account."""
    burst: int
    """Calls that may come at once after a pause."""


PACES: Mapping[str, Pace] = {
    # "Amazon API Gateway quotas": 10 requests a second with a burst of 40, all management calls of an account together.
    "apigateway": Pace(8, 30),
    "apigatewayv2": Pace(8, 30),
    # "Quotas in AWS CloudTrail": 10 a second; LookupEvents has a pace of its own, kept where it is called.
    "cloudtrail": Pace(8, 8),
    # "Lambda quotas": 15 a second for the control plane without GetFunction and GetPolicy.
    "lambda": Pace(12, 15),
    # "CloudWatch Logs quotas": 5 to 10 a second for the Describe calls.
    "logs": Pace(5, 10),
}


class Bucket:
    """Called before each request of one client; waits until it may go."""

    def __init__(
        self,
        pace: Pace,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pace = pace
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._due = 0.0
        """When the bucket was, or will be, empty but for what has been taken."""

    def __call__(self, **_: Any) -> None:
        """As botocore calls its handlers; answering nothing lets the request go."""
        each = 1 / self._pace.second
        with self._lock:
            now = self._now()
            # Full after a pause, and never fuller than the burst.
            self._due = max(self._due, now - self._pace.burst * each) + each
            wait = self._due - now
        if wait > 0:
            self._sleep(wait)
