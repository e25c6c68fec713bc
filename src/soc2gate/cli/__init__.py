"""The command line: arguments in, exit code out. One module per command, imported when it is called.

Here stands the project's one broad `except`: what nobody expected is printed with how to report it, and exit code 4.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence

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
    "evidence": "soc2gate.cli.evidence:evidence",
    "access-review": "soc2gate.cli.access_review:access_review",
    "keygen": "soc2gate.cli.keygen:keygen",
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
    code = run(sys.argv[1:] if arguments is None else list(arguments))
    gc.freeze()
    sys.exit(code)


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
        # `soc2gate scan | head`: whoever read has gone; nothing more can be told them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    except Soc2gateError as error:
        print(f"soc2gate: {error}", file=sys.stderr)
        return int(error.exit)
    except Exception:  # noqa: BLE001 - the one boundary: whatever reaches it is a bug of ours
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
