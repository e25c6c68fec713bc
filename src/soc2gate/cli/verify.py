"""`soc2gate verify`: judge code and live state with the same rules, and say where they disagree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc2gate import app
from soc2gate.cli import options, progress

if TYPE_CHECKING:
    from soc2gate.live.snapshot import Snapshot


@click.command(
    epilog="""\b
Examples:
  soc2gate verify --region eu-west-1               code here against the account your credentials reach
  soc2gate verify infra --profile audit            with a read-only profile (SecurityAudit is enough)
  soc2gate verify --snapshot live.json.gz          against a snapshot, without credentials
  soc2gate verify --save-snapshot live.json.gz     and keep what was seen
  soc2gate verify infra --state state.json         pair by the ids in terraform show -json
  soc2gate verify infra --environment prod         as configured for prod, against prod's account
  soc2gate verify k8s --context prod               manifests against a cluster
  soc2gate verify --results prowler.ocsf.json      with what Prowler found in the account beside ours
""",
)
@options.reading
@options.living
@click.option(
    "--snapshot",
    "snapshot_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare with this snapshot (from `soc2gate collect`) instead of reading live state. Repeatable.",
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Terraform state of the code: pair by the ids it tells (only ids are read). Repeatable.",
)
@click.option(
    "--save-snapshot", type=click.Path(path_type=Path, dir_okay=False), help="Keep what was collected in this file."
)
@click.option(
    "--baseline",
    "baseline_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Of the code, close only on what this file (from `soc2gate baseline`) does not hold; live findings and "
    "differences close all the same.",
)
@options.beside
@options.judging
def verify(
    paths: tuple[Path, ...],
    config_file: Path | None,
    rule_dirs: tuple[Path, ...],
    only: tuple[str, ...],
    var_files: tuple[str, ...],
    environments: tuple[str, ...],
    plan_root: Path | None,
    variables: tuple[str, ...],
    now: str | None,
    regions: tuple[str, ...],
    context: str | None,
    profile: str | None,
    snapshot_files: tuple[Path, ...],
    save_snapshot: Path | None,
    states: tuple[Path, ...],
    baseline_file: Path | None,
    checkov: bool,
    checkov_json: tuple[Path, ...],
    results: tuple[Path, ...],
    fail_on: str | None,
    on_incomplete: str | None,
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    frameworks: tuple[str, ...],
    verbose: bool,
) -> int:
    """Compare code with what is running: the account and the cluster.

    Only calls that change no resource are made. Live state is read from the account and the cluster that your
    credentials and kubeconfig reach, or from a snapshot.
    """
    from soc2gate.live.snapshot import Snapshot

    request = options.request(
        paths=paths,
        config_file=config_file,
        rule_dirs=rule_dirs,
        only=only,
        var_files=var_files,
        variables=variables,
        environments=environments,
        plan_root=plan_root,
        now=now,
        fail_on=fail_on,
        on_incomplete=on_incomplete,
        regions=regions,
        context=context,
        profile=profile,
        states=states,
        baseline_file=baseline_file,
        others=options.others(checkov, checkov_json, results),
        frameworks=frameworks,
    )
    snapshot = Snapshot.join(Snapshot.read(file) for file in snapshot_files) if snapshot_files else None
    with progress.shown() as told:
        run = app.verify(
            request, snapshot, progress=told, keep=None if save_snapshot is None else _keeper(save_snapshot)
        )
    return options.tell(run, formats=formats, outputs=outputs, verbose=verbose)


def _keeper(file: Path) -> Callable[[Snapshot], None]:
    def keep(snapshot: Snapshot) -> None:
        snapshot.write(file)

    return keep
