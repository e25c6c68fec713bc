"""`soc2gate collect`: read live state into a snapshot, to compare later or elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from soc2gate import app, opted, suggest
from soc2gate.cli import options, progress
from soc2gate.errors import Exit, UsageError
from soc2gate.kinds import known_kinds


@click.command(
    epilog="""\b
Examples:
  soc2gate collect --region eu-west-1 --output live.json.gz
  soc2gate collect --provider kubernetes --context prod --output cluster.json.gz
  soc2gate verify --snapshot live.json.gz --snapshot cluster.json.gz     later, without credentials
  soc2gate collect --engine dask://scheduler:8786 --region all    the accounts of soc2gate.yaml, by a cluster's workers
""",
)
@click.option(
    "--provider",
    "providers",
    multiple=True,
    type=click.Choice(["aws", "kubernetes"]),
    help="What to read [aws]. Repeatable.",
)
@click.option("--kind", "asked", multiple=True, help="Read only this kind (AWS::S3::Bucket). Repeatable.")
@options.living
@click.option(
    "--engine",
    metavar="dask://HOST:PORT",
    help="Have AWS accounts read by the workers of this dask scheduler, a task for each account and region; with "
    "dask+tls:// by TLS, as dask's own configuration says. Needs the extra: pip install 'soc2gate[dask]', here, in the "
    "scheduler and in the workers.",
)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
@click.option("--now", metavar="TIME", help="The time to record (ISO 8601, UTC).")
@click.option(
    "--output",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("soc2gate-snapshot.json.gz"),
    show_default=True,
    help="Where to write; compressed when the name ends in .gz.",
)
def collect(
    providers: tuple[str, ...],
    asked: tuple[str, ...],
    live: options.Live,
    engine: str | None,
    config_file: Path | None,
    now: str | None,
    output: Path,
) -> int:
    """Read the live account or cluster into a snapshot file.

    Makes only calls that change nothing. The snapshot says when and as whom it was taken, which regions were asked
    and read, and which calls failed; it holds no secret values. Exit 3 when something could not be looked at.

    Values of environment variables and user data are judged and not kept. With a key in the environment variable
    SOC2GATE_DIGEST_KEY (16 bytes or more) a digest of each is, so that verify with the same key can compare them.

    With --engine no credential leaves this machine, and none is needed here: each worker signs in by its own identity
    (an instance's or a pod's role, its environment) and takes on the roles of accounts: and organization: itself. A
    worker that dies loses nothing; an account or region that no worker could read is reported as not looked at. When
    the scheduler is lost, or on Ctrl-C, what was read so far is written, marked partial.
    """
    if engine is not None:
        _check_engine(engine, providers, live)
    request = options.request(options.Read(config_file=config_file, now=now), live=live)
    opted.allow_cloud_control(request)
    for name in asked:
        if name not in known_kinds():
            raise UsageError(f"there is no kind “{name}”", hint=suggest.did_you_mean(name, known_kinds()))
    with progress.shown() as told:
        snapshot = app.collect(request, providers=providers or ("aws",), asked=asked, progress=told, engine=engine)
    snapshot.write(output)
    resources = sum(len(part.resources) for part in snapshot.parts)
    info = snapshot.info
    click.echo(f"{output}: {resources} resources of {info.account}, {info.calls} calls, {snapshot.digest}")
    if info.regions_asked:
        # A cluster has none.
        click.echo(f"regions asked: {' '.join(info.regions_asked)}; read: {' '.join(info.regions_read)}")
    gaps = [problem for problem in snapshot.problems() if problem.weight.value != "note"]
    for problem in gaps:
        click.echo(problem.message + (f"\n  {problem.hint}" if problem.hint else ""), err=True)
    return int(Exit.INCOMPLETE if gaps else Exit.OK)


def _check_engine(engine: str, providers: tuple[str, ...], live: options.Live) -> None:
    """Raises `UsageError` for what does not go with an engine."""
    from soc2gate.live import on_dask

    on_dask.address(engine)
    if live.profile is not None:
        raise UsageError(
            "--profile is of this machine, and with --engine the workers sign in by their own identity",
            hint="give the workers the identity (a role, AWS_PROFILE in their environment) and name roles in accounts:",
        )
    if providers and "aws" not in providers:
        raise UsageError("--engine is for AWS accounts; a cluster is read from here", hint="leave --engine out")
