"""`soc2gate completion`: the script that lets a shell complete commands, flags and rule ids."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from soc2gate.errors import Exit

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog="""\b
Examples:
  eval "$(soc2gate completion bash)"                                    in ~/.bashrc
  eval "$(soc2gate completion zsh)"                                     in ~/.zshrc
  soc2gate completion fish > ~/.config/fish/completions/soc2gate.fish
""",
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print a completion script for your shell."""
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, "soc2gate", "_SOC2GATE_COMPLETE").source())
    return int(Exit.OK)
