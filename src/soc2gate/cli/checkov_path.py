"""`soc2gate checkov-path`: our rules inside checkov."""

from __future__ import annotations

import os
from pathlib import Path

import click

from soc2gate.cli.options import named_config
from soc2gate.config import load as load_config
from soc2gate.errors import Exit
from soc2gate.packs import load as load_rules


@click.command(
    name="checkov-path",
    epilog="""\b
Examples:
  checkov -d infra --external-checks-dir "$(soc2gate checkov-path)"
  checkov -d infra --external-checks-dir "$(soc2gate checkov-path)" --check soc2gate_s3-encryption
  soc2gate checkov-path --rules ./policy         with your own rules among them

\b
In --check and --skip-check our ids begin with soc2gate_: for manifests, checkov takes a word without _ for a namespace.

\b
checkov asks soc2gate in soc2gate's own environment: the two need not share one. What soc2gate cannot decide is no
result in checkov, which has no word for it; `soc2gate scan` says why.
""",
)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
@click.option(
    "--rules", "rule_dirs", multiple=True, type=click.Path(path_type=Path), help="Also the rules in this folder."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the folder below this one [~/.cache/soc2gate].",
)
def checkov_path(config_file: Path | None, rule_dirs: tuple[Path, ...], output: Path | None) -> int:
    """Print a folder for `checkov --external-checks-dir`: every rule, for Terraform, CloudFormation and Kubernetes.

    The rules appear in checkov with their id, severity, guideline and message, and answer as `soc2gate scan` does.
    """
    from soc2gate.bridges import checkov_path as folder

    config = load_config(Path.cwd(), named_config(config_file))
    packs = [Path(os.path.abspath(pack)) for pack in (*config.packs, *rule_dirs)]
    arguments = [word for pack in packs for word in ("--rules", str(pack))]
    if config_file is not None:
        arguments += ["--config", str(Path(os.path.abspath(config_file)))]
    click.echo(folder.write(load_rules(packs), Path(os.path.abspath(output or folder.home())), arguments))
    return int(Exit.OK)
