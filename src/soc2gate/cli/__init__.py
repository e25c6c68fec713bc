"""The command line: arguments in, exit code out. One module per command, imported when it is called.

Here stands the project's one broad `except`: what nobody expected is printed with how to report it, and exit code 4.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from soc2gate.errors import Exit, Soc2gateError
from soc2gate.version import __version__

COMMANDS = {
    "scan": "soc2gate.cli.scan:scan",
    "verify": "soc2gate.cli.verify:verify",
    "collect": "soc2gate.cli.collect:collect",
    "inventory": "soc2gate.cli.inventory:inventory",
    "permissions": "soc2gate.cli.permissions:permissions",
    "attest": "soc2gate.cli.attest:attest",
    "report": "soc2gate.cli.report:report",
    "keygen": "soc2gate.cli.keygen:keygen",
    "keys": "soc2gate.cli.keys:keys",
    "rules": "soc2gate.cli.rules:rules",
    "criteria": "soc2gate.cli.criteria:criteria",
    "explain": "soc2gate.cli.explain:explain",
    "baseline": "soc2gate.cli.baseline:baseline",
    "waivers": "soc2gate.cli.waivers:waivers",
    "init": "soc2gate.cli.init:init",
    "config": "soc2gate.cli.config:config",
    "demo": "soc2gate.cli.demo:demo",
    "checkov-path": "soc2gate.cli.checkov_path:checkov_path",
    "completion": "soc2gate.cli.completion:completion",
    "doctor": "soc2gate.cli.doctor:doctor",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    # Modules are imported and go with the process: looking for cycles among them takes a fifth of a scan of one file.
    gc.disable()
    _with_streams()
    code = run(sys.argv[1:] if arguments is None else list(arguments))
    gc.freeze()
    _leave(code)


def _with_streams() -> None:
    """Where standard output or error was closed (`>&-`), what goes there is dropped; files are written all the same."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as above


def _leave(code: int) -> NoReturn:
    """End the process: at once where nobody wants to be asked first.

    Python takes every module apart before it ends, and that is a seventh of what a hook for one file takes; the system
    takes it all back at once. Whoever registered something for the end (coverage, temporary files), whoever measures,
    and whoever still runs in a thread gets Python's own way out.
    """
    threads = sys.modules.get("threading")
    running = threads is not None and threads.active_count() > 1
    # Where Python does not count what is registered, something may be.
    registered = getattr(atexit, "_ncallbacks", lambda: 1)
    if running or registered() or sys.getprofile() or sys.gettrace():
        sys.exit(code)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        # Closed, or nobody reads any more: Python's own way out knows what to say.
        sys.exit(code)
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """As `main`, returning the exit code."""
    # Resources and answers hold no cycles worth looking for: collecting them again and again costs a third of a scan.
    gc.set_threshold(200_000, 50, 50)
    try:
        plain = _plain_scan(arguments)
        if plain is not None:
            return plain()
        # Imported here: a plain scan does without click.
        from soc2gate.cli import commands

        return commands.run(arguments)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # `soc2gate scan | head`: whoever read has gone, and nothing more can be told them. What the gate said they may
        # not have read: never 0, but what a shell says of a program whose reader left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except Soc2gateError as error:
        print(f"soc2gate: {error}", file=sys.stderr)
        return int(error.exit)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            return _bug()
        # A full disk is nobody's bug; what was to be written is not there whole.
        print(
            f"soc2gate: cannot write{f' {error.filename}' if error.filename else ''}: {error.strerror}", file=sys.stderr
        )
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.USAGE)
    except Exception:  # noqa: BLE001 - the one boundary: whatever reaches it is a bug of ours
        return _bug()


def _bug() -> int:
    import traceback

    traceback.print_exc()
    print(
        f"\nsoc2gate {__version__} met something it did not expect. This is a bug of ours, not a finding: nothing\n"
        "was decided. Please report it with the lines above and the input that led to it.",
        file=sys.stderr,
    )
    return int(Exit.BUG)


def _plain_scan(arguments: Sequence[str]) -> Callable[[], int] | None:
    """The scan asked for, where reading the command line takes no more than its words."""
    if arguments[:1] != ["scan"] or "_SOC2GATE_COMPLETE" in os.environ:
        return None
    from soc2gate.cli import flags
    from soc2gate.cli.scan import scan

    return flags.quickly(scan, arguments[1:])
