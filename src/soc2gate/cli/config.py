"""`soc2gate config`: what is configured, and whether it is right."""

from __future__ import annotations

import json
import posixpath
from dataclasses import fields
from pathlib import Path

import click

from soc2gate import expectations
from soc2gate.cli.options import base_of, clock, named_config
from soc2gate.config import Config
from soc2gate.config import load as load_config
from soc2gate.engine import waivers
from soc2gate.errors import ConfigError, Exit
from soc2gate.model.resource import Span
from soc2gate.model.rule import RuleSet
from soc2gate.packs import load as load_rules
from soc2gate.suggest import did_you_mean

_file = click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")


def _load(config_file: Path | None) -> Config:
    here = Path.cwd()
    return load_config(here, named_config(config_file), base=base_of([here]))


@click.group(
    epilog="""\b
Examples:
  soc2gate config check     every mistake in soc2gate.yaml and in your packs, with file and line
  soc2gate config show      the settings in force, defaults included
  soc2gate config schema    the JSON Schema, for an editor that completes keys
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
    base = base_of([Path.cwd()])
    named = [root.path for root in settings.roots]
    named += [
        posixpath.normpath(posixpath.join(root.path, file))
        for root in settings.roots
        for name in ("", *root.environments)
        for file in root.of(name).var_files
    ]
    missing = [path for path in dict.fromkeys(named) if not (base / path).exists()]
    if missing:
        raise ConfigError(
            f"roots: there is no file or folder {', '.join(missing)}",
            path=settings.path,
            hint="paths are relative to the configuration file",
        )
    _check_controls(settings, rules)
    _check_evidence(settings, rules)
    _check_waivers(settings, rules)
    where = settings.path or "no soc2gate.yaml: defaults"
    click.echo(f"{where}: {len(settings.roots)} roots, {len(settings.waivers)} waivers, {len(rules.rules)} rules")
    return int(Exit.OK)


def _check_controls(settings: Config, rules: RuleSet) -> None:
    """Refuse an owner of a control that does not exist."""
    wrong = [name for name in settings.control_owners if name not in rules.controls]
    if wrong:
        hint = did_you_mean(wrong[0], rules.controls) or f"known: {', '.join(sorted(rules.controls))}"
        raise ConfigError(f"control_owners: there is no control “{wrong[0]}”", path=settings.path, hint=hint)


def _check_evidence(settings: Config, rules: RuleSet) -> None:
    """Refuse a slot for evidence of a control or criterion that does not exist: nobody would ever see it filled."""
    for slot in expectations.of(settings).evidence.values():
        for what, named, known in (
            ("control", slot.controls, rules.controls),
            ("criterion", slot.criteria, rules.criteria),
        ):
            for name in named:
                if name not in known:
                    hint = did_you_mean(name, known) or f"known: {', '.join(sorted(known))}"
                    message = f"evidence.{slot.id}: there is no {what} “{name}”"
                    raise ConfigError(message, path=settings.path, hint=hint)
        if not (slot.controls or slot.criteria):
            raise ConfigError(f"evidence.{slot.id} is for no control and no criterion", path=settings.path)


def _check_waivers(settings: Config, rules: RuleSet) -> None:
    """Refuse a waiver that can never count, tell those that are over or soon will be."""
    terms = waivers.Terms(clock(None)[:10], rules.rules.keys(), settings.max_waiver_days)
    judged = waivers.judge(settings.waivers, (), terms)
    over = [item.waiver.rule in rules.rules and (item.days_left or 0) < 0 for item in judged]
    wrong = [item for item, past in zip(judged, over, strict=True) if item.why_not and not past]
    if wrong:
        raise ConfigError.gather([_error(item) for item in wrong])
    for note in waivers.notes(judged):
        place = f"{note.where.path}:{note.where.line}: " if isinstance(note.where, Span) else ""
        click.echo(f"{place}{note.message}" + (f"\n  {note.hint}" if note.hint else ""), err=True)


def _error(item: waivers.Judged) -> ConfigError:
    message = f"the waiver of {item.waiver.rule} does not count: {item.why_not}"
    place = item.waiver.where
    if not isinstance(place, Span):
        return ConfigError(message, hint=item.hint)
    return ConfigError(message, path=place.path, line=place.line, column=place.column, hint=item.hint)


@config.command("schema")
def schema() -> int:
    """Print the JSON Schema of soc2gate.yaml, for an editor."""
    from importlib.resources import files

    click.echo(files("soc2gate").joinpath("json_schemas/config.schema.json").read_text("utf-8"), nl=False)
    return int(Exit.OK)


@config.command("show")
@_file
def show(config_file: Path | None) -> int:
    """Print the settings in force as JSON."""
    settings = _load(config_file)
    shown = {field.name: getattr(settings, field.name) for field in fields(settings) if field.name != "written"}
    promised = expectations.of(settings)
    # Made only where they are asked for, so that a scan need not know them.
    shown |= {field.name: getattr(promised, field.name) for field in fields(promised)}
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=_plain))
    return int(Exit.OK)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]  # dataclasses
