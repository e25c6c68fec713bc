"""`soc2gate baseline`: write down what is found today, so that only what comes later closes the gate."""

from __future__ import annotations

from pathlib import Path

import click

from soc2gate import app
from soc2gate.cli import options
from soc2gate.engine import baseline as baselines
from soc2gate.errors import Exit


@click.command(
    epilog="""\b
Examples:
  soc2gate baseline                                    write soc2gate-baseline.json
  soc2gate scan --baseline soc2gate-baseline.json      close on what it does not hold
  soc2gate baseline infra --output infra-baseline.json
""",
)
@options.reading
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("soc2gate-baseline.json"),
    show_default=True,
    help="Where to write.",
)
def baseline(
    read: options.Read,
    output: Path,
) -> int:
    """Write what fails or is undecided today: resource and rule, no line numbers.

    Entries that no longer occur are left out of it, and `scan --baseline` names them. Waived findings are not in it: a
    waiver ends, and then its finding is to close the gate. Exit 3 when something could not be read: a baseline of half
    the code would let the other half in later.
    """
    request = options.request(
        read,
    )
    run = app.scan(request)
    broken = [problem for problem in run.problems if problem.weight.value == "broken"]
    for problem in broken:
        click.echo(f"could not be read: {problem.message}", err=True)
    if broken:
        return int(Exit.INCOMPLETE)
    before = baselines.read(output, str(output)).entries if output.exists() else {}
    options.write_atomically(output, baselines.render(run.findings))
    after = baselines.read(output, str(output)).entries
    added, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    click.echo(f"{output}: {len(after)} findings, {added} added, {gone} gone")
    return int(Exit.OK)
