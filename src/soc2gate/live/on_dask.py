"""dask.distributed as the engine: each errand is a task, which the scheduler gives to a worker.

A worker that dies is dask's affair: the scheduler gives its tasks to others. After several deaths dask gives up on a
task, and on whatever else stood on the same workers at the time; so each of those is tried once more, with nothing of
ours beside it. What still ends its workers then, is what ends them.

Tasks and answers are bytes. dask unpickles tasks in its workers, so whoever reaches the scheduler can run anything in
them, as the identity that they have: that is dask's way, and why it is to be reached through a closed network or TLS
(`dask+tls://`, with the certificates that dask's own configuration names).
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from soc2gate.errors import CollectError, UsageError
from soc2gate.facts import dataclass, field
from soc2gate.live import errands
from soc2gate.live.aws_shares import readable
from soc2gate.live.elsewhere import FIT, EngineGoneError, Undone, collect_elsewhere
from soc2gate.version import __version__

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest, Tell
    from soc2gate.live.snapshot import Snapshot

INSTALL = "pip install 'soc2gate[dask]'"
_SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
_PORT = 8786
_CONNECT = "15s"
PATIENCE = 120.0
"""Seconds without any worker until nothing more is hoped for: a cluster that grows on demand starts machines first."""
_LOOK = 5.0
"""Seconds between one look whether there are workers and the next."""


def address(url: str) -> str:
    """The scheduler's address as dask spells it. Raises `UsageError` for a URL that names none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
    except ValueError:
        parts, port = urlsplit(""), _PORT
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise UsageError(
            f"--engine: “{url}” names no scheduler",
            hint="dask://HOST:8786, as `dask scheduler` tells its address (dask+tls:// with TLS)",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{_SCHEMES[parts.scheme]}://{host}:{port}"


def collect_on_dask(
    url: str, request: AwsRequest, cloud_control: Sequence[str], progress: Tell | None = None
) -> Snapshot:
    """Read the accounts by the workers of a scheduler: the snapshot that `collect_aws` gives.

    Raises what that raises, `UsageError` where the extra is missing or the workers do not fit, `CollectError` where
    there are none.
    """
    asked = errands.Asked(
        kinds=request.kinds,
        cloud_control=tuple(cloud_control),
        regions=request.regions,
        accounts=request.accounts,
        organization=request.organization,
        endpoint_url=request.endpoint_url,
        threads=request.threads,
        now=request.now,
    )
    with engine(url) as dask:
        return collect_elsewhere(dask, asked, readable(request.kinds), request.clock, progress)


@contextmanager
def engine(url: str) -> Iterator[Dask]:
    """The engine, connected, all workers that it has now known to fit.

    Raises `UsageError` where the extra is missing or a worker does not fit, `CollectError` where the scheduler cannot
    be reached.
    """
    where = address(url)
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--engine dask://… needs dask.distributed, which is not installed", hint=INSTALL) from error
    with _quiet():
        try:
            client = Client(where, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CollectError(
                f"the dask scheduler at {where} cannot be reached: {error}",
                hint="start one with `dask scheduler`, and workers with `dask worker`; or collect without --engine",
            ) from error
        made = Dask(client, where)
        try:
            made.check()
            yield made
        finally:
            made.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """What dask logs of lost connections, with its own insides, we say ourselves, once."""
    names = ("distributed", "tornado", "asyncio")
    loud = [
        log
        for name, log in logging.root.manager.loggerDict.items()
        if name.partition(".")[0] in names and isinstance(log, logging.Logger) and not log.disabled
    ]
    for log in loud:
        log.disabled = True
    try:
        yield
    finally:
        for log in loud:
            log.disabled = False


@dataclass(slots=True)
class Dask:
    """A client, and what it was given to do."""

    client: Any
    """dask's; not typed."""
    where: str
    _tasks: dict[str, tuple[bytes, Any]] = field(default_factory=dict)
    """Name to the question and the future of what is under way."""
    _done: queue.SimpleQueue[tuple[str, Any]] = field(default_factory=queue.SimpleQueue)
    _suspects: list[tuple[str, bytes]] = field(default_factory=list)
    """What dask gave up, as the workers that had it died: guilty, or beside the one that is."""
    _alone: str = ""
    """The suspect that is tried again."""
    _seen: float = field(default_factory=time.monotonic)
    """When there last was a worker."""
    _looked: float = 0.0

    def check(self) -> None:
        """Ask each worker that there is whether it fits. Raises `UsageError` where one does not, `CollectError` where
        the scheduler is lost."""
        try:
            told: dict[str, bytes | Exception] = self.client.run(errands.perform, errands.question(), on_error="return")
        except OSError as error:
            raise EngineGoneError(f"the dask scheduler at {self.where} was lost: {error}") from error
        for name, answer in sorted(told.items()):
            # One that is gone between two words is nobody: what it was given others will do.
            why = "" if isinstance(answer, OSError) else _unfit(answer)
            if why:
                raise UsageError(f"the worker {name} {why}", hint=FIT)

    def give(self, name: str, question: bytes) -> None:
        # Keys that differ in each run: dask would answer from what it remembers.
        key = f"soc2gate-collect-{name}-{time.time_ns():x}"
        future = self.client.submit(errands.perform, question, key=key, pure=False)
        self._tasks[name] = (question, future)
        future.add_done_callback(lambda ended: self._done.put((name, ended)))

    def take(self) -> tuple[str, bytes | Undone]:
        while True:
            if self._suspects and not self._tasks:
                self._alone, question = self._suspects.pop()
                self.give(self._alone, question)
            try:
                name, future = self._done.get(timeout=1.0)
            except queue.Empty:
                self._look()
                continue
            question, _ = self._tasks.pop(name)
            outcome = self._outcome(future)
            future.release()
            if outcome is not None:
                return name, outcome
            if name == self._alone:
                return name, Undone("whichever worker began it died, also when it had nothing else to do")
            self._suspects.append((name, question))

    def close(self) -> None:
        """Let go of the scheduler, and of what is still to be done there: what already runs ends by itself."""
        if self.client.status == "running" and self._tasks:
            self.client.cancel([future for _, future in self._tasks.values()])
        self.client.close(timeout=5)

    def _outcome(self, future: Any) -> bytes | Undone | None:
        """What a task came to; None where its workers died. Raises `EngineGoneError`."""
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        self._seen = time.monotonic()
        error = future.exception() if future.status == "error" else None
        if error is None:
            try:
                given: bytes = future.result()
                return given
            except (CancelledError, OSError) as lost:
                raise EngineGoneError(f"the dask scheduler at {self.where} was lost") from lost
            except KilledWorker:
                # The worker died that held the answer, and so did those that were to find it again.
                return None
        if isinstance(error, KilledWorker):
            return None
        if "deserialization of the task graph" in str(error):
            # It calls nothing of ours, but looks up what it is to have called.
            raise UsageError(
                f"the dask scheduler at {self.where} has no soc2gate, or another than {__version__}",
                hint=f"scheduler and workers run in the same environment: {INSTALL} there",
            )
        return Undone(f"its worker {_unfit(error)}")

    def _look(self) -> None:
        """See whether there still is anybody. Raises `EngineGoneError` where there is not."""
        if self.client.status != "running":
            raise EngineGoneError(f"the dask scheduler at {self.where} was lost")
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        try:
            workers = self.client.nthreads()
        except OSError:
            # Its status will tell.
            return
        if workers:
            self._seen = now
        elif now - self._seen > PATIENCE:
            raise EngineGoneError(f"the dask scheduler at {self.where} has had no worker for {now - self._seen:.0f} s")


def _unfit(answer: bytes | Exception) -> str:
    """Why a worker that gave this cannot be asked; empty where it can."""
    if isinstance(answer, bytes):
        return errands.answered(answer).unfit
    # What an import met comes as itself or, out of dask's own words, as text.
    told = f"{type(answer).__name__}: {answer}"
    if "No module named 'soc2gate'" in told:
        return "has no soc2gate"
    if "soc2gate" in told and any(word in told for word in ("ModuleNotFoundError", "ImportError", "AttributeError")):
        return f"has another soc2gate than {__version__}"
    return f"failed: {told}"
