"""Whole processes, measured by the time the processor gave them: little depends on what else the machine does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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


_STARTER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(json.dumps([usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024, status]))
"""
"""A process begins with the memory of the one that starts it, and its peak counts that: so a small one starts it."""


def run_once(command: Sequence[str], cwd: Path, limit: float | None = None) -> Measured:
    """One run; one that takes longer than `limit` seconds is ended, and has code -9."""
    # As installed: with bytecode, which the first of the runs may have to write.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    starter = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _STARTER, *command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        told, _ = starter.communicate(timeout=limit)
    except subprocess.TimeoutExpired as expired:
        os.killpg(starter.pid, signal.SIGKILL)
        starter.wait()
        return Measured(expired.timeout, expired.timeout, 0, -signal.SIGKILL)
    cpu, wall, peak_mb, status = json.loads(told)
    return Measured(cpu, wall, peak_mb, os.waitstatus_to_exitcode(status))


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
