"""`soc2gate config`: what is configured, and whether it is right."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import click

from soc2gate.cli.options import base_of
from soc2gate.config import Config
from soc2gate.config import load as load_config
from soc2gate.errors import Exit
from soc2gate.packs import load as load_rules

_file = click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")


def _load(config_file: Path | None) -> Config:
    here = Path.cwd()
    return load_config(here, config_file, base=base_of([here]))


@click.group(
    epilog="""\b
Examples:
  soc2gate config check     every mistake in soc2gate.yaml and in your packs, with file and line
  soc2gate config show      the settings in force, defaults included
""",
)
def config() -> None:
    """The configuration: soc2gate.yaml, or [tool.soc2gate] in pyproject.toml."""


@config.command("check")
@_file
def check(config_file: Path | None) -> int:
    """Read the configuration and the packs it names; exit 2 with every mistake."""
    settings = _load(config_file)
    rules = load_rules(settings.packs)
    where = settings.path or "no soc2gate.yaml: defaults"
    click.echo(f"{where}: {len(settings.roots)} roots, {len(settings.waivers)} waivers, {len(rules.rules)} rules")
    return int(Exit.OK)


@config.command("show")
@_file
def show(config_file: Path | None) -> int:
    """Print the settings in force as JSON."""
    settings = _load(config_file)
    shown = {field.name: getattr(settings, field.name) for field in fields(settings) if field.name != "written"}
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=_plain))
    return int(Exit.OK)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]  # dataclasses
