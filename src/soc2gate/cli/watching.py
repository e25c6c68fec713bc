"""Looking again and again: `soc2gate verify --watch`."""

from __future__ import annotations

import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.cli import options
from soc2gate.engine import history
from soc2gate.errors import CollectError, Exit, UsageError
from soc2gate.model.outcome import History, Run

if TYPE_CHECKING:
    from types import FrameType

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def pause(given: str) -> int:
    """Seconds of `90s`, `15m`, `6h`. Raises `UsageError` for anything else."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", given)
    if found is None:
        raise UsageError(f"--watch: “{given}” is no span of time", hint="90s, 15m, 6h or 1d")
    return int(found[1]) * _SECONDS[found[2]]


def keep(seen: History) -> None:
    """Write the history in one step."""
    options.write_atomically(Path(seen.path), history.written(seen))


def again_and_again(
    look: Callable[[Path | None], Run], tell: Callable[[Run], int], seconds: int, looks: Path | None
) -> int:
    """Look, tell, wait; until somebody stops it. The exit code is the last look's.

    A look that fails for want of a network or of credentials is told, and the next one tries again. Without a file for
    the history, one that goes with the process says what is new.
    """
    with tempfile.TemporaryDirectory(prefix="soc2gate-") as folder:
        kept = looks or Path(folder) / "history.json"
        # What ends a service ends this as Ctrl-C does: with what is known by then.
        before = signal.signal(signal.SIGTERM, _stop)
        code = int(Exit.INCOMPLETE)
        try:
            while True:
                began = time.monotonic()
                try:
                    run = look(kept)
                except CollectError as error:
                    print(f"soc2gate: {error}", file=sys.stderr)
                    code = int(Exit.INCOMPLETE)
                else:
                    code = tell(run)
                    sys.stdout.flush()
                    if any(snapshot.partial for snapshot in run.snapshots):
                        # Ctrl-C while reading: that look is told, and no other begins.
                        return code
                time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            return code
        finally:
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
