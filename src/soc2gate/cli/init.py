"""`soc2gate init`: look at the repository and write a soc2gate.yaml that explains itself."""

from __future__ import annotations

from pathlib import Path

import click

from soc2gate.cli import options
from soc2gate.config import CATEGORIES, NAMES
from soc2gate.config import load as load_config
from soc2gate.declared.survey import survey
from soc2gate.errors import Exit, UsageError
from soc2gate.starter import starter


@click.command(
    epilog="""\b
Examples:
  soc2gate init                                              Security only, the category every report has
  soc2gate init --scope Availability --scope Confidentiality
  soc2gate init --print                                      look before writing
""",
)
@click.option(
    "--scope",
    "scope",
    multiple=True,
    type=click.Choice(CATEGORIES[1:], case_sensitive=False),
    help="A category in scope beside Security. Repeatable.",
)
@click.option("--print", "only_print", is_flag=True, help="Print it and write nothing.")
@click.option("--force", is_flag=True, help="Write over the file that is there.")
def init(scope: tuple[str, ...], only_print: bool, force: bool) -> int:
    """Write soc2gate.yaml from what is found here: roots, value files, accounts, regions, owners.

    It is a beginning: everything found stands where you read it, everything else stands there as a comment.
    """
    here = Path.cwd()
    base = options.base_of([here])
    found = survey(base)
    chosen = {"Security", *scope}
    text = starter(found, [category for category in CATEGORIES if category in chosen])
    if only_print:
        click.echo(text, nl=False)
        return int(Exit.OK)
    there = next((base / name for name in NAMES if (base / name).exists()), None)
    if there is not None and not force:
        raise UsageError(f"{there.name} is there already", hint="--print shows a new one, --force writes over it")
    target = there or base / NAMES[0]
    options.write_atomically(target, text)
    # Whatever odd names a repository holds, what is written must be read back.
    load_config(base, target, base=base)
    click.echo(
        f"wrote {target.relative_to(base)}: {_count(len(found.roots), 'Terraform root')}, "
        f"{_count(len(found.templates), 'template')}, {_count(found.manifests, 'manifest file')} and "
        f"{_count(len(found.owners), 'owner')} found; nothing in it is more than a suggestion"
    )
    if found.charts or found.overlays:
        built = f"{_count(len(found.charts), 'Helm chart')} and {_count(len(found.overlays), 'overlay')}"
        click.echo(
            f"{built}: a scan has them built by helm, and by kubectl or kustomize, where they are on PATH "
            "(soc2gate doctor tells)"
        )
    click.echo("next: soc2gate config check, then soc2gate scan")
    return int(Exit.OK)


def _count(number: int, one: str) -> str:
    return f"{number} {one}" + ("" if number == 1 else "s")
