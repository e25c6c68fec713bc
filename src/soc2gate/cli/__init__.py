"""The command line: arguments in, exit code out. One module per command, imported when it is called.

Here stands the project's one broad `except`: what nobody expected is printed with how to report it, and exit code 4.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from soc2gate import suggest
from soc2gate.errors import Exit, Soc2gateError
from soc2gate.version import __version__

_COMMANDS = {
    "scan": "soc2gate.cli.scan:scan",
    "verify": "soc2gate.cli.verify:verify",
    "collect": "soc2gate.cli.collect:collect",
    "attest": "soc2gate.cli.attest:attest",
    "report": "soc2gate.cli.report:report",
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


class _Commands(click.Group):
    """Commands by name, imported on use: `soc2gate scan` never pays for boto3."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        dotted = _COMMANDS.get(name)
        if dotted is None:
            return None
        from importlib import import_module

        module, attribute = dotted.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _COMMANDS:
            hint = suggest.did_you_mean(name, _COMMANDS)
            raise click.UsageError(f"there is no command “{name}”" + (f"; {hint}" if hint else ""), ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
Examples:
  soc2gate scan                       judge the code in this folder; no account, no credentials
  soc2gate verify --region eu-west-1  the same rules asked of code and of the running account
  soc2gate rules show s3-encryption   what a rule asks, why, and how to fix it
  soc2gate demo                       the whole story on a made-up company, on this machine

\b
Exit codes: 0 the gate is open, 1 it is closed, 2 asked wrongly, 3 not enough evidence, 4 a bug of ours.
""",
)
@click.version_option(__version__, prog_name="soc2gate")
def soc2gate() -> None:
    """One set of SOC 2 rules, asked of infrastructure code and of what is running.

    Reads Terraform, CloudFormation and Kubernetes configuration before it deploys, and the live AWS account and
    cluster while they run; says where the two disagree, and what it could not look at. It supports readiness; a
    licensed CPA firm attests.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """As `main`, returning the exit code."""
    # Resources and answers hold no cycles worth looking for: collecting them again and again costs a third of a scan.
    gc.set_threshold(200_000, 50, 50)
    try:
        answer = soc2gate.main(list(arguments), prog_name="soc2gate", standalone_mode=False)
        return int(answer) if isinstance(answer, int) else int(Exit.OK)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return int(Exit.USAGE)
    except click.ClickException as error:
        error.show()
        return int(Exit.USAGE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
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
