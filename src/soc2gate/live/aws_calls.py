"""One read operation of AWS, from its description to plain data: parameters, pages, errors.

Asked once per region and parameters, however many kinds want it: buckets and bucket policies share their calls.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from soc2gate.facts import dataclass, field
from soc2gate.kinds.describe import Call
from soc2gate.live.aws_session import Clients, error_code
from soc2gate.live.snapshot import GLOBAL, CallCount
from soc2gate.live.snapshot_json import failure_reason
from soc2gate.model.value import Json

READS = ("batch_get_", "describe_", "get_", "list_", "lookup_", "search_")
"""What our operations' names begin with; `generate_credential_report` is the one exception, and changes nothing."""
SECRET_READS = frozenset(
    {"get_secret_value", "get_object", "get_item", "get_parameter", "get_parameters", "get_records"}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that gave no answer."""

    call: str
    """`s3:GetBucketVersioning`."""
    error: str
    reason: str


Answer = Json | Failure

_PATIENCE = (0.3, 0.7, 1, 2, 3, 3, 5, 5, 10, 10, 20)
"""Seconds between one question whether something is ready and the next: a minute in all. AWS needs a few seconds."""

_NAME = re.compile(r"\{([A-Za-z_.]+)\}")


@dataclass(slots=True)
class Calls:
    """Makes calls, remembers their answers, and counts them."""

    clients: Clients
    home: str
    account: str
    partition: str
    _answers: dict[tuple[str, ...], Future[Answer]] = field(default_factory=dict)
    _made: Counter[tuple[str, str]] = field(default_factory=Counter)
    _failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, call: Call, region: str, item: Mapping[str, Json]) -> Answer:
        """The wanted part of the answer; None where the API said absent; a `Failure` for every other error."""
        parameters = {name: self._fill(value, item, region) for name, value in call.parameters.items()}
        key = (call.service, call.operation, region, repr(sorted(parameters.items())), *call.absent_on)
        with self._lock:
            known = self._answers.get(key)
            if known is None:
                mine: Future[Answer] = Future()
                self._answers[key] = mine
        if known is None:
            try:
                mine.set_result(self._make(call, region, parameters))
            finally:
                if not mine.done():
                    # Whoever waits for this answer must not wait for ever; the error itself goes to who asked.
                    mine.cancel()
            known = mine
        answer = known.result()
        return answer if isinstance(answer, Failure) or answer is None else dig(answer, call.result)

    def name(self, call: Call, region: str) -> str:
        """The operation as AWS spells it: `rds:DescribeDBInstances`."""
        client = self.clients.get(call.service, self._client_region(region))
        return f"{call.service}:{client.meta.method_to_api_mapping[call.operation]}"

    def forget(self) -> None:
        """Let go of answers; how often what was called stays known."""
        with self._lock:
            self._answers.clear()

    def counts(self) -> tuple[CallCount, ...]:
        """How often each operation was called, and failed, by region."""
        return tuple(
            CallCount(call, region, made, self._failed[call, region])
            for (call, region), made in sorted(self._made.items())
        )

    def _client_region(self, region: str) -> str:
        return self.home if region == GLOBAL else region

    def _make(self, call: Call, region: str, parameters: dict[str, Any]) -> Answer:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if not call.operation.startswith(READS) and call.operation != "generate_credential_report":
            raise ValueError(f"{call.service}.{call.operation} may change something, and is never called")
        if call.operation in SECRET_READS:
            raise ValueError(f"{call.service}.{call.operation} reads what we must not hold, and is never called")
        if call.after is not None:
            unready = self._prepare(call.after, region)
            if unready is not None:
                return unready
        client = self.clients.get(call.service, self._client_region(region))
        name = self.name(call, region)
        try:
            if client.can_paginate(call.operation):
                answer = client.get_paginator(call.operation).paginate(**parameters).build_full_result()
            else:
                answer = _all_pages(getattr(client, call.operation), parameters)
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            # The last is an answer that is none: a proxy's page, a server that broke.
            code = error_code(error)
            absent = code in call.absent_on or self._nowhere(code, call.service, region)
            self._count(name, region, failed=not absent)
            return None if absent else Failure(name, code, failure_reason(name, code))
        self._count(name, region, failed=False)
        return plain({key: value for key, value in answer.items() if key != "ResponseMetadata"})

    def _nowhere(self, code: str, service: str, region: str) -> bool:
        """Whether a call found no host since the service is not offered in the region at all: nothing can be there."""
        return code == "EndpointConnectionError" and region != GLOBAL and not self.clients.offered(service, region)

    def _prepare(self, call: Call, region: str) -> Failure | None:
        """Wait until what a call fetches is there; why it is not, where that takes too long or may not be asked."""
        for pause in (*_PATIENCE, 0.0):
            answer = self._make(call, region, dict(call.parameters))
            if isinstance(answer, Failure):
                return answer
            if isinstance(answer, dict) and answer.get("State") == "COMPLETE":
                return None
            time.sleep(pause)
        name = self.name(call, region)
        return Failure(name, "InProgress", f"{name} was not done after a minute")

    def _count(self, name: str, region: str, *, failed: bool) -> None:
        with self._lock:
            self._made[name, region] += 1
            if failed:
                self._failed[name, region] += 1

    def _fill(self, value: Json, item: Mapping[str, Json], region: str) -> Json:
        """A parameter with its `{Name}`s filled in; one that is nothing but a name keeps the type of what it names."""
        if isinstance(value, list):
            return [self._fill(one, item, region) for one in value]
        if isinstance(value, dict):
            return {name: self._fill(one, item, region) for name, one in value.items()}
        if not isinstance(value, str) or "{" not in value:
            return value
        known = {**item, "account": self.account, "region": region, "partition": self.partition}
        whole = _NAME.fullmatch(value)
        if whole:
            return dig(known, whole[1])
        return _NAME.sub(lambda found: str(dig(known, found[1])), value)


def _all_pages(ask: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer of an operation that boto3 has no paginator for: it goes on while it gives a marker to ask the
    next page with (WAF a `NextMarker`, EventBridge a `NextToken`)."""
    answer: dict[str, Any] = ask(**parameters)
    word = next((word for word in ("NextMarker", "NextToken") if answer.get(word)), "")
    marker = answer.get(word)
    while marker:
        page = ask(**parameters, **{word: marker})
        for name, found in page.items():
            if isinstance(found, list):
                answer.setdefault(name, []).extend(found)
        # An empty page can repeat the marker it was asked with.
        marker = page.get(word) if page.get(word) != marker else None
    return answer


def plain(value: Any) -> Json:
    """boto3's answer as plain data: times as ISO 8601 in UTC, bytes as text."""
    if isinstance(value, dict):
        return {str(key): plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(child) for child in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def dig(value: Json, path: str) -> Json:
    """What stands at a dotted path. Lists on the way are joined: `Reservations.Instances` is every instance."""
    if not path:
        return value
    here = value
    for name in path.split("."):
        if isinstance(here, list):
            joined: list[Json] = []
            for child in here:
                found = child.get(name) if isinstance(child, dict) else None
                joined.extend(found if isinstance(found, list) else [] if found is None else [found])
            here = joined
        elif isinstance(here, dict):
            here = here.get(name)
        else:
            return None
    return here
