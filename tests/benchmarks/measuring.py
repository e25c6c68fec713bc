"""Whole processes, measured by the time the processor gave them: little depends on what else the machine does."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FINISHED = (0, 1, 3)
"""Exit codes of a scan that came to an answer; checkov has 0 and 1."""


@dataclass(frozen=True)
class Measured:
    """The best of several runs: whatever disturbs a run makes it slower, never faster."""

    cpu: float
    """Seconds, children included."""
    wall: float
    peak_mb: float
    code: int

    @property
    def finished(self) -> bool:
        return self.code in FINISHED


def run_once(command: Sequence[str], cwd: Path, limit: float | None = None) -> Measured:
    """One run; one that takes longer than `limit` seconds is ended, and has code -9."""
    # As installed: with bytecode, which the first of the runs may have to write.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    if limit is not None:
        while process.returncode is None and time.perf_counter() - start < limit:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                return _measured(start, status, usage)
            time.sleep(0.05)
        process.kill()
    _, status, usage = os.wait4(process.pid, 0)
    return _measured(start, status, usage)


def _measured(start: float, status: int, usage: object) -> Measured:
    cpu = usage.ru_utime + usage.ru_stime  # type: ignore[attr-defined]  # resource.struct_rusage has no public name
    peak: int = usage.ru_maxrss  # type: ignore[attr-defined]  # as above
    return Measured(cpu, time.perf_counter() - start, peak / 1024, os.waitstatus_to_exitcode(status))


def best(runs: Sequence[Measured]) -> Measured:
    fastest = min(runs, key=lambda run: run.cpu)
    return Measured(fastest.cpu, min(run.wall for run in runs), fastest.peak_mb, fastest.code)


def measure(command: Sequence[str], cwd: Path, times: int) -> Measured:
    return best([run_once(command, cwd) for _ in range(times)])


def interleaved(commands: Mapping[str, Sequence[str]], cwd: Path, times: Mapping[str, int]) -> dict[str, Measured]:
    """The best of each, run in turns, so that a slow minute of the machine meets all of them."""
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for turn in range(max(times.values())):
        for name, command in commands.items():
            # Whoever runs less often is spread over the turns.
            if len(runs[name]) * max(times.values()) <= turn * times[name] and len(runs[name]) < times[name]:
                runs[name].append(run_once(command, cwd))
    return {name: best(done) for name, done in runs.items()}
