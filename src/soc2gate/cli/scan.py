"""`soc2gate scan`: judge the code alone."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from soc2gate import app
from soc2gate.cli import flags as click
from soc2gate.cli import options
from soc2gate.errors import UsageError
from soc2gate.model.outcome import Run
from soc2gate.request import Request


@click.command(
    epilog="""\b
Examples:
  soc2gate scan                                  this folder
  soc2gate scan infra/ k8s/                      these folders
  soc2gate scan infra --var-file prod.tfvars     as production would be
  soc2gate scan infra --var-file prod=prod.tfvars --var-file test=test.tfvars
                                                 each apart, and findings say which (or roots: environments: in
                                                 soc2gate.yaml; --environment prod takes only that one)
  soc2gate scan plan.json                        what Terraform would apply: terraform show -json tfplan
  soc2gate scan out/plan.json --root infra       findings point at the lines of the code it was made from
  soc2gate scan --fail-on critical               close the gate on critical findings only
  soc2gate scan --format json --output r.json    for a machine
  soc2gate scan --rules ./policy                 with your own rules beside ours
  soc2gate scan --diff-base origin/main          close on what this branch brings, list what was there
  soc2gate scan --checkov                        with what checkov finds beside ours, told once where we ask the same
  soc2gate scan --results trivy.sarif            with what another tool found (Trivy, KICS, tfsec, cfn-lint, Prowler)
  soc2gate scan --changed infra/main.tf          what this file has a part in (pre-commit passes its files so)
""",
)
@options.reading
@click.option(
    "--changed",
    is_flag=True,
    help="PATHS are changed files: judge the modules around them and those that call them, tell what touches them.",
)
@click.option(
    "--diff-base",
    metavar="REV",
    help="Judge the commit HEAD against where it left REV, by the gate of that commit: close on what is new. `auto` "
    "takes what CI says.",
)
@click.option(
    "--baseline",
    "baseline_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Close only on what this file (from `soc2gate baseline`) does not hold.",
)
@options.beside
@options.judging
def scan(
    read: options.Read,
    changed: bool,
    diff_base: str | None,
    baseline_file: Path | None,
    beside: options.Beside,
    judge: options.Judge,
) -> int:
    """Judge Terraform, CloudFormation and Kubernetes configuration, before it deploys.

    Opens no socket and needs no credentials. PATHS are files or folders; without any, this folder.
    """
    if changed and diff_base is not None:
        raise UsageError("--changed and --diff-base ask different questions", hint="leave one of them out")

    step: Callable[[str], None] | None = None

    def request(copy: Path | None = None) -> Request:
        return options.request(
            read,
            judge=judge,
            changed=changed,
            baseline_file=baseline_file,
            copy=copy,
            beside=beside,
            step=step,
        )

    def tell(run: Run) -> int:
        return options.tell(run, judge)

    with contextlib.ExitStack() as watched:
        if sys.stderr.isatty():
            # Imported here: where nobody watches, as in a hook, there is nothing to show.
            from soc2gate.cli import progress

            step = watched.enter_context(progress.of_steps())
        if diff_base is not None:
            from soc2gate.cli import diff

            named = diff.Named(read.rule_dirs, baseline_file)
            with diff.judged(diff_base, options.repository(read.paths), request, named, environment=os.environ) as run:
                watched.close()
                return tell(run)
        if changed:
            from soc2gate.change import scan_changed

            asked = request()
            # Without any, nothing changed: not the folder here, which PATHS stand for otherwise.
            run = scan_changed(asked, asked.paths if read.paths else ())
        else:
            run = app.scan(request())
    return tell(run)
