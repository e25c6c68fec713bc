"""`soc2gate scan`: judge the code alone."""

from __future__ import annotations

from pathlib import Path

import click

from soc2gate import app
from soc2gate.cli import options


@click.command(
    epilog="""\b
Examples:
  soc2gate scan                                  this folder
  soc2gate scan infra/ k8s/                      these folders
  soc2gate scan infra --var-file prod.tfvars     as production would be
  soc2gate scan plan.json                        what Terraform would apply: terraform show -json tfplan
  soc2gate scan --fail-on critical               close the gate on critical findings only
  soc2gate scan --format json --output r.json    for a machine
  soc2gate scan --rules ./policy                 with your own rules beside ours
""",
)
@options.reading
@options.judging
def scan(
    paths: tuple[Path, ...],
    config_file: Path | None,
    rule_dirs: tuple[Path, ...],
    only: tuple[str, ...],
    var_files: tuple[str, ...],
    variables: tuple[str, ...],
    now: str | None,
    fail_on: str | None,
    on_incomplete: str | None,
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    verbose: bool,
) -> int:
    """Judge Terraform, CloudFormation and Kubernetes configuration, before it deploys.

    Opens no socket and needs no credentials. PATHS are files or folders; without any, this folder.
    """
    request = options.request(
        paths=paths,
        config_file=config_file,
        rule_dirs=rule_dirs,
        only=only,
        var_files=var_files,
        variables=variables,
        now=now,
        fail_on=fail_on,
        on_incomplete=on_incomplete,
    )
    return options.tell(app.scan(request), formats=formats, outputs=outputs, verbose=verbose)
