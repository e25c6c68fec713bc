"""`soc2gate demo`: the whole story on a made-up company, on this machine, without an account."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  soc2gate demo                    in ./soc2gate-demo
  soc2gate demo --keep             leave the account and the cluster running until Ctrl-C, to play on
""",
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("soc2gate-demo"))
@click.option("--keep", is_flag=True, help="Leave the made-up account and cluster running until Ctrl-C.")
def demo(folder: Path, keep: bool) -> int:
    """Deploy a made-up company on this machine, change it by hand the way people do, and let verify find it.

    Starts an AWS account (moto) and a Kubernetes API on loopback, with ports of their own; no credentials are read
    and nothing leaves the machine. Exit 0 when the report is exactly what was staged.
    """
    from soc2gate.demo.run import run

    return run(folder, keep=keep)
