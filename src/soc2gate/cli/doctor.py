"""`soc2gate doctor`: what is installed here, and a second opinion on how we read Terraform."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc2gate.cli import options
from soc2gate.errors import Exit, InputError, UsageError
from soc2gate.version import __version__

if TYPE_CHECKING:
    from soc2gate.declared.terraform.cross_read import Difference, SecondReader

_NEEDED = ("click", "pyyaml", "msgspec", "jsonschema", "boto3", "cryptography", "rfc8785")
_EXTRAS = {
    "kubernetes": ("kubernetes",),
    "demo": ("moto", "kmock", "kubernetes"),
    "hcl": ("python-hcl2",),
    "timestamps": ("rfc3161-client",),
    "dask": ("distributed",),
}


@click.command(
    epilog="""\b
Examples:
  soc2gate doctor                      versions, and which extras are installed
  soc2gate doctor --cross-read infra   does python-hcl2 read these files as we do?
  soc2gate doctor --install-checkov    an environment of its own for checkov, for `soc2gate scan --checkov`
  soc2gate doctor --find-checkov       the checkov that `--checkov` would run

\b
Exit codes: 0 all is well, 2 asked wrongly or not installed, 3 the two readers differ.
""",
)
@click.option(
    "--cross-read",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Read each HCL file below PATH with the installed hcl2 as well (its JSON form with Python's JSON reader), and "
    "tell where that sees something else.",
)
@click.option("--install-checkov", is_flag=True, help="Make an environment of its own for checkov (a big download).")
@click.option("--find-checkov", is_flag=True, help="Print the command that --checkov would run; exit 2 without one.")
def doctor(cross_read: Path | None, install_checkov: bool, find_checkov: bool) -> int:
    """What is installed, and whether our reader of Terraform agrees with another."""
    if cross_read is not None:
        return _cross_read(cross_read)
    if install_checkov or find_checkov:
        return _checkov(install_checkov)
    from importlib.metadata import PackageNotFoundError, version

    def told(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    click.echo(f"soc2gate {__version__}, Python {platform.python_version()} on {platform.system()}")
    for name in _NEEDED:
        click.echo(f"  {name.ljust(14)} {told(name)}")
    for extra, names in _EXTRAS.items():
        found = {name: told(name) for name in names}
        missing = [name for name, said in found.items() if said == "not installed"]
        state = f"pip install 'soc2gate[{extra}]' brings {', '.join(missing)}" if missing else _listed(found)
        click.echo(f"  extra {extra.ljust(10)} {state}")
    for line in _renderers():
        click.echo(line)
    missing = [name for name in _NEEDED if told(name) == "not installed"]
    if missing:
        click.echo(f"missing: {', '.join(missing)}; install soc2gate again with its dependencies", err=True)
    return int(Exit.INCOMPLETE if missing else Exit.OK)


def _checkov(install: bool) -> int:
    from soc2gate.bridges import checkov_run
    from soc2gate.config import load as load_config

    if install:
        click.echo(f"installing checkov {checkov_run.VERSION} in {checkov_run.home()} …", err=True)
        click.echo(checkov_run.install())
        return int(Exit.OK)
    base = options.repository(())
    click.echo(checkov_run.needed(load_config(Path.cwd(), base=base).checkov_command, base))
    return int(Exit.OK)


def _renderers() -> Iterator[str]:
    """What builds charts and overlays for a scan here."""
    from soc2gate.declared.kubernetes.confined import find_tool

    for what, names in (("Helm charts", ("helm",)), ("kustomize overlays", ("kustomize", "kubectl"))):
        found = next((tool for name in names if (tool := find_tool(name, Path.cwd()))), None)
        missing = f"{' and '.join(names)} not on PATH: a scan will say that it did not look at what they build"
        yield f"  {what}: built by {found}" if found else f"  {what}: {missing}"


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {said}" for name, said in found.items())


def _cross_read(path: Path) -> int:
    from soc2gate.declared.terraform.cross_read import SecondReader

    start = Path(os.path.abspath(path))
    if not start.exists():
        raise UsageError(f"there is no file or folder {path}")
    second = SecondReader()
    base = options.base_of([start])
    files = _files(start, base)
    if not files:
        raise UsageError(f"no HCL file under {path}", hint="it reads .tf, .tofu and .tfvars, and their JSON form")
    found = [difference for file in files for difference in _differences(file, base, second)]
    for difference in found:
        click.echo(f"{difference.path}:{difference.line}: {difference.message}")
    number = f"{len(files)} file{'s' if len(files) != 1 else ''}"
    verdict = f"{len(found)} difference{'s' if len(found) != 1 else ''}" if found else "no difference"
    click.echo(f"{number} read by soc2gate {__version__} and by {second.name}: {verdict}")
    return int(Exit.INCOMPLETE if found else Exit.OK)


def _files(start: Path, base: Path) -> list[str]:
    from soc2gate.declared.files import list_files
    from soc2gate.declared.terraform.cross_read import SUFFIXES

    relative = os.path.relpath(start, base).replace(os.sep, "/")
    names = list_files(relative, base).files if start.is_dir() else (relative,)
    return [name for name in names if name.endswith(SUFFIXES)]


def _differences(file: str, base: Path, second: SecondReader) -> Iterator[Difference]:
    from soc2gate.declared.files import read_text
    from soc2gate.declared.options import Limits
    from soc2gate.declared.terraform.cross_read import Difference, cross_read

    try:
        text = read_text(file, base, Limits())
    except InputError as error:
        yield Difference(file, error.line or 1, f"not compared: {error.message}")
        return
    yield from cross_read(file, text, second)
