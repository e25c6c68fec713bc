"""`soc2gate inventory`: every asset that code declares or that runs, for whoever asks what there is."""

from __future__ import annotations

from pathlib import Path

import click

from soc2gate import app, opted, reading
from soc2gate.cli import options, progress
from soc2gate.errors import Exit, UsageError
from soc2gate.facts import replace
from soc2gate.model.resource import Weight


@click.command(
    epilog="""\b
Examples:
  soc2gate inventory                                    what code declares; no account, no credentials
  soc2gate inventory --snapshot live.json.gz            with what runs, from a snapshot
  soc2gate inventory infra --live --region eu-west-1    with what runs now
  soc2gate inventory --format csv --output assets.csv   for a spreadsheet
  soc2gate inventory --classification data-class        your own tag for how much an asset matters
""",
)
@options.reading
@options.living
@click.option("--live", "look", is_flag=True, help="Read the account and the cluster that the code deploys to.")
@click.option(
    "--snapshot",
    "snapshot_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="What runs, as `soc2gate collect` or `verify --save-snapshot` wrote it. Repeatable.",
)
@click.option(
    "--classification",
    "classification",
    multiple=True,
    metavar="TAG",
    help="A tag that says how much an asset matters [classification, data-classification, confidentiality, "
    "sensitivity, criticality]. Repeatable.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), help="How to tell it [by --output's name, or text]."
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there.")
def inventory(
    read: options.Read,
    live: options.Live,
    look: bool,
    snapshot_files: tuple[Path, ...],
    classification: tuple[str, ...],
    form: str | None,
    output: Path | None,
) -> int:
    """List every asset: kind, address, account, region, owner, classification tags, and whether both sides know it.

    From code alone, or with what runs (--snapshot, --live): then each asset is matched, missing (declared, not live),
    unmanaged (live, not declared) or undecided with the reason. The owner is who `owners:` of soc2gate.yaml names for
    the file, else the tag `owner`, `team` or `contact`. Exit 3 when something could not be looked at.
    """
    from soc2gate import inventory as assets
    from soc2gate.live.files import read_files

    if look and snapshot_files:
        raise UsageError("--live and --snapshot are two answers to one question", hint="give one of them")
    if live != options.Live() and not look:
        raise UsageError("--region, --context and --profile say what to read live", hint="add --live")
    request = options.request(
        read,
        live=live,
    )
    request = replace(request, not_code=snapshot_files)
    opted.allow_cloud_control(request)
    snapshot = read_files(snapshot_files) if snapshot_files else None
    if look:
        with progress.shown() as told:
            snapshot = app.look(request, reading.read_declared(request), progress=told)
    taken = assets.take(request, snapshot, classification)
    chosen = form or {".json": "json", ".csv": "csv"}.get(output.suffix if output else "", "text")
    if chosen == "json":
        text = assets.as_json(taken, request.now)
    else:
        text = assets.as_csv(taken) if chosen == "csv" else assets.as_text(taken)
    if output is None:
        click.echo(text.encode("utf-8", "backslashreplace").decode(), nl=False)
    else:
        options.write_atomically(output, text)
        click.echo(f"wrote {output}: {len(taken.assets)} assets", err=True)
    gaps = [problem for problem in taken.problems if problem.weight is not Weight.NOTE]
    for problem in gaps:
        click.echo(f"could not look everywhere: {problem.message}", err=True)
    return int(Exit.INCOMPLETE if gaps else Exit.OK)
