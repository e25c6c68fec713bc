"""A dask cluster of real processes, as `dask scheduler` and `dask worker` start them, beside a moto server."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_READY = 60
"""Seconds until a process must have said where it is."""


@dataclass
class Cluster:
    """A scheduler, and the workers that were started for it."""

    folder: Path
    """What each process says stands here."""
    environment: dict[str, str]
    scheduler: subprocess.Popen[bytes] | None = None
    address: str = ""
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.address.replace("tcp://", "dask://").replace("tls://", "dask+tls://")

    def start(self, *arguments: str, **more: str) -> None:
        log = self.folder / "scheduler.log"
        words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *arguments)
        self.scheduler = self._run(log, more, *words)
        self.address = _said(log, r"Scheduler at:\s+(\S+)", self.scheduler)

    def work(self, count: int = 1, *arguments: str, **more: str) -> list[Path]:
        """Start workers with one thread each; their logs. They may take a second until they are there."""
        logs = [self.folder / f"worker-{len(self.workers) + n}.log" for n in range(count)]
        words = ("worker", self.address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder))
        self.workers += [self._run(log, more, *words, *arguments) for log in logs]
        return logs

    def _run(self, log: Path, more: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *words]
        with log.open("wb") as out:
            return subprocess.Popen(command, env={**self.environment, **more}, stdout=out, stderr=out)

    def stop(self) -> None:
        """At once: taking leave of a scheduler takes them seconds, and one may be gone."""
        for process in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started: a nanny's worker would outlive it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        mine = psutil.Process(process.pid)
        for one in (mine, *mine.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


def there(*logs: Path) -> None:
    """Wait until these workers have found their scheduler."""
    for log in logs:
        _said(log, r"Registered to:\s+(\S+)", None)


def _said(log: Path, pattern: str, process: subprocess.Popen[bytes] | None) -> str:
    give_up = time.monotonic() + _READY
    while time.monotonic() < give_up:
        found = re.search(pattern, log.read_text())
        if found:
            return found[1]
        assert process is None or process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"nothing like {pattern} in {_READY} s:\n{log.read_text()}")


@contextmanager
def running(folder: Path, environment: dict[str, str], *arguments: str) -> Iterator[Cluster]:
    """A cluster without workers, until it is left."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, environment)
    try:
        cluster.start(*arguments)
        yield cluster
    finally:
        cluster.stop()


def environment(**more: str) -> dict[str, str]:
    """Ours, without anybody's AWS identity."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DASK_"))}
    return {**clean, "AWS_EC2_METADATA_DISABLED": "true", **more}
