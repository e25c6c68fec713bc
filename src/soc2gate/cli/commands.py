"""The commands, as click knows them: their names, their help, and what a wrong command line is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from soc2gate import suggest
from soc2gate.cli import COMMANDS, flags
from soc2gate.errors import Exit
from soc2gate.version import __version__


class _Commands(click.Group):
    """Commands by name, imported on use: `soc2gate scan` never pays for boto3."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        dotted = COMMANDS.get(name)
        if dotted is None:
            return None
        from importlib import import_module

        module, attribute = dotted.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return flags.in_click(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            hint = suggest.did_you_mean(name, COMMANDS)
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


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code. Raises what the command raises."""
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
    except click.Abort:
        print("stopped", file=sys.stderr)
        return 130
