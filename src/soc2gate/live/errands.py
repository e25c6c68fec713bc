"""The work on AWS accounts as it is handed to another process: a question and its answer, both plain bytes.

`perform` is all that a worker calls, whichever engine it belongs to. It does what `collect_aws` does here, by the same
functions, one step at a time: which accounts there are (`ways`), going into one (`enter`), reading one share (`read`).

No credential travels. A question names roles, and external ids, which are no secrets; whoever answers signs in by its
own identity and takes the roles on itself. The key for digests of withheld values stays where it is as well: a worker
that has another, or another soc2gate, does not fit. What a share gave comes back as a snapshot's document with its
digest, so that what was cut off or changed on the way is refused as a file would be.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from soc2gate import kinds
from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.errors import CollectError, UsageError
from soc2gate.facts import dataclass
from soc2gate.kinds.withheld import KEY, key_name
from soc2gate.live.aws import AwsRequest, read_share
from soc2gate.live.aws_accounts import WayIn, enter, enter_again, ways_in, who_asks
from soc2gate.live.aws_session import Entered, ShutError
from soc2gate.live.aws_shares import Share, readable
from soc2gate.live.snapshot import Part, Snapshot
from soc2gate.live.snapshot_json import read_bytes, written
from soc2gate.version import __version__

_PREPARING = threading.Lock()
"""A worker has several threads, and the descriptions of kinds are loaded at their first use."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: all that another version is sure to understand of a question."""

    version: str
    key: str
    """What the key for digests is called; empty where there is none. It tells nothing of the key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read, and where: the same for all questions of one collection."""

    kinds: tuple[str, ...]
    cloud_control: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    accounts: tuple[AccountConfig, ...] = ()
    organization: OrganizationConfig | None = None
    endpoint_url: str | None = None
    threads: int = 8
    now: str = ""
    """The time to record; empty for the worker's own clock."""


@dataclass(frozen=True, slots=True)
class Question:
    """One errand: with an account, to read one region of it; with a way alone, to enter it; with neither, to tell which
    ways there are. Without anything asked, only whether the worker fits."""

    version: str
    key: str
    asked: Asked | None = None
    way: WayIn | None = None
    account: Entered | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error of ours, as its parts."""

    usage: bool
    message: str
    hint: str
    call: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one errand."""

    at: str
    unfit: str = ""
    """Why this worker cannot answer: `has soc2gate 0.1.0, and 0.2.0 asks`."""
    trouble: Trouble | None = None
    ways: tuple[WayIn, ...] = ()
    account: Entered | None = None
    read: bytes = b""


def question(asked: Asked | None = None, way: WayIn | None = None, share: Share | None = None) -> bytes:
    """The errand, as it travels."""
    told = Question(__version__, key_name(), asked, way)
    if share is not None:
        told = Question(__version__, key_name(), asked, share.way, share.account, share.region)
    return msgspec.msgpack.encode(told)


def answered(given: bytes) -> Answer:
    """The answer that `perform` gave."""
    return msgspec.msgpack.decode(given, type=Answer)


def part_of(answer: Answer, name: str) -> Part:
    """What a share gave. Raises `InputError` where it did not come whole."""
    (part,) = read_bytes(answer.read, Path(name)).parts
    return part


def perform(given: bytes) -> bytes:
    """Do one errand, here: what a worker calls."""
    # First what every version understands.
    unfit = _unfit(msgspec.msgpack.decode(given, type=Asker))
    told = Question("", "") if unfit else msgspec.msgpack.decode(given, type=Question)
    if told.asked is None:
        return msgspec.msgpack.encode(Answer("", unfit))
    at = _clock(told.asked)()
    try:
        return msgspec.msgpack.encode(_done(told, told.asked, at))
    except ShutError as error:
        trouble = Trouble(False, error.message, error.hint, error.call, error.error)
    except (CollectError, UsageError) as error:
        trouble = Trouble(isinstance(error, UsageError), error.message, error.hint)
    return msgspec.msgpack.encode(Answer(at, trouble=trouble))


def _unfit(asker: Asker) -> str:
    if asker.version != __version__:
        return f"has soc2gate {__version__}, and {asker.version} asks"
    try:
        ours = key_name()
    except UsageError as error:
        return f"says: {error.message}"
    if ours != asker.key:
        return f"has {'another' if ours else 'no'} {KEY}, and the one who asks has {'one' if asker.key else 'none'}"
    return ""


def _done(told: Question, asked: Asked, at: str) -> Answer:
    request = AwsRequest(
        kinds=asked.kinds,
        clock=_clock(asked),
        regions=asked.regions,
        endpoint_url=asked.endpoint_url,
        threads=asked.threads,
        accounts=asked.accounts,
        organization=asked.organization,
    )
    asking = who_asks(request)
    if told.way is None:
        return Answer(at, ways=tuple(ways_in(request, asking)))
    if told.account is None:
        return Answer(at, account=enter(told.way, asking).facts)
    account = enter_again(told.way, told.account, asking)
    share = Share(told.way, told.account, told.region)
    with _PREPARING:
        kinds.also_by_cloud_control(asked.cloud_control)
        wanted = readable(asked.kinds)
    part = read_share(share, account, wanted, clock=request.clock, threads=asked.threads)
    return Answer(at, read=written(Snapshot((part,))))


def _clock(asked: Asked) -> Callable[[], str]:
    return lambda: asked.now or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
