"""`soc2gate demo`, step by step: deploy the company, change it by hand, ask `verify`, and check what it reports.

`verify` runs as the installed command in a process of its own, the way a person or a pipeline would run it.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import click

from soc2gate.demo.changes import CHANGES
from soc2gate.demo.deployment import Deployment, deployed
from soc2gate.demo.expected import STAGED, deviations
from soc2gate.errors import Exit

REPORT = "report.json"
PAGE = "report.html"
SNAPSHOT = "live.json.gz"
SETTINGS = "environment.sh"

Verify: TypeAlias = Callable[[Deployment], int]
"""Asks `verify` about a deployment: leaves the JSON result in its folder as `report.json`, returns the exit code."""

_DECISIONS: Mapping[int, str] = {
    Exit.OK: "the gate is open",
    Exit.CLOSED: "the gate is closed",
    Exit.INCOMPLETE: "not enough evidence",
}


def run(folder: Path, *, keep: bool = False, verify: Verify | None = None) -> int:
    """The whole demo in `folder`; returns 0 exactly when the report is what was staged, else 4.

    With `keep`, the account and the cluster stay until Ctrl-C. Raises `UsageError` where the extra is not installed
    or the folder holds something else.
    """
    _say(f"Writing the company Harbourline into {folder}, and starting its account and cluster on this machine …")
    with deployed(folder, changed=True) as deployment:
        _say("Deployed. Since then, by hand:")
        for change in CHANGES:
            _say(f"  - {change.told}")
        _say("")
        (folder / REPORT).unlink(missing_ok=True)
        code = (verify or ask_verify)(deployment)
        outcome = _judge(folder, code)
        if keep:
            _keep(deployment)
    _forget(folder)
    _tell_how_to_go_on(folder)
    return outcome


def ask_verify(deployment: Deployment) -> int:
    """Run `soc2gate verify` on the deployment, telling its report to the person, to `report.json` and to a page."""
    command = [sys.executable, "-m", "soc2gate", "verify", str(deployment.folder)]
    command += ["--format", "json", "--output", str(deployment.folder / REPORT), "--format", "text"]
    command += ["--format", "html", "--output", str(deployment.folder / PAGE)]
    command += ["--save-snapshot", str(deployment.folder / SNAPSHOT)]
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode


def _judge(folder: Path, code: int) -> int:
    _say("")
    _say(f"That is what verify says of Harbourline: exit {code}, {_DECISIONS.get(code, 'which it should not say')}.")
    try:
        report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        _say("It left no report, so the demo failed.")
        return int(Exit.BUG)
    found = deviations(report, folder)
    if report["decision"]["exit"] != code:
        found.append(f"the report says exit {report['decision']['exit']}, the command left with {code}")
    if not found:
        hidden = sum(staged.difference == "undecided" for staged in STAGED)
        _say(
            f"The report is exactly what was staged: {len(CHANGES)} changes, {len(STAGED) - hidden} disagreements and "
            f"{hidden} that could not be compared, no other."
        )
        return int(Exit.OK)
    _say("The report is not what was staged, which is a bug of ours:")
    for deviation in found:
        _say(f"  - {deviation}")
    return int(Exit.BUG)


def _keep(deployment: Deployment) -> None:
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(deployment.environment.items())]
    (deployment.folder / SETTINGS).write_text("".join(lines), encoding="utf-8")
    folder = shlex.quote(str(deployment.folder))
    _say("")
    _say("The account and the cluster go on running. In another terminal:")
    _say(f"  . {folder}/{SETTINGS}")
    _say(f"  soc2gate verify {folder}")
    _say("Ctrl-C here ends them.")
    try:
        _wait()
    except KeyboardInterrupt:
        _say("")


def _wait() -> None:
    import signal
    import threading

    # A shell that starts us in the background has interrupts ignored, and `kill` asks for the same end as Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    threading.Event().wait()


def _forget(folder: Path) -> None:
    """Nothing may point to ports that are closed, and that something else may open."""
    for name in (SETTINGS, "kubeconfig"):
        (folder / name).unlink(missing_ok=True)


def _tell_how_to_go_on(folder: Path) -> None:
    name = shlex.quote(str(folder))
    _say("")
    _say(f"Everything is in {folder}; {PAGE} there is the same report as a page. To play on:")
    for command, what in (
        (f"soc2gate scan {name}", "judge the code alone; change a line and ask again"),
        (
            f"soc2gate verify {name} --snapshot {name}/{SNAPSHOT}",
            "compare it with what was running, without an account",
        ),
        (f"gunzip -c {name}/{SNAPSHOT} | python -m json.tool", "read what was running"),
        ("soc2gate demo some/new/folder --keep", "leave account and cluster running, to change them yourself"),
    ):
        _say(f"  {command}")
        _say(f"      {what}")


def _say(text: str) -> None:
    click.echo(text)
