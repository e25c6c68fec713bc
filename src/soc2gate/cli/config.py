"""`soc2gate config`: what is configured, and whether it is right."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from soc2gate import expectations
from soc2gate.cli.options import base_of, clock, named_config
from soc2gate.config import Config
from soc2gate.config import load as load_config
from soc2gate.config_files import KeyPath, read_settings, standing
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
  soc2gate config schema    the JSON Schema, for an editor that completes keys; also of every document of ours
""",
)
def config() -> None:
    """The configuration: soc2gate.yaml, or [tool.soc2gate] in pyproject.toml."""


@config.command(
    "check",
    epilog="""\b
Examples:
  soc2gate config check
  soc2gate config check --config deploy/soc2gate.yaml
""",
)
@_file
def check(config_file: Path | None) -> int:
    """Read the configuration and the packs it names; exit 2 with every mistake."""
    settings = _load(config_file)
    rules = load_rules(settings.packs)
    base = base_of([Path.cwd()])
    wrong = [
        *_missing(settings, base),
        *_unknown_controls(settings, rules, base),
        *_wrong_evidence(settings, rules, base),
    ]
    if wrong:
        raise ConfigError.gather(wrong)
    _check_waivers(settings, rules)
    where = settings.path or "no soc2gate.yaml: defaults"
    counted = (
        f"{number} {one}{'' if number == 1 else 's'}"
        for number, one in (
            (len(settings.roots), "root"),
            (len(settings.waivers), "waiver"),
            (len(rules.rules), "rule"),
        )
    )
    click.echo(f"{where}: {', '.join(counted)}")
    return int(Exit.OK)


def _missing(settings: Config, base: Path) -> Iterator[ConfigError]:
    """Roots and value files that are not there."""
    for root in settings.roots:
        files = [file for name in ("", *root.environments) for file in root.of(name).var_files]
        if not (base / root.path).exists():
            yield _pointing(settings, base, root.path, "roots: there is no file or folder", base / root.path)
            continue
        for file in dict.fromkeys(files):
            full = base / posixpath.normpath(posixpath.join(root.path, file))
            if not full.exists():
                yield _pointing(settings, base, file, f"roots: in {root.path} there is no file", full)


def _pointing(settings: Config, base: Path, text: str, said: str, full: Path) -> ConfigError:
    """A path that leads nowhere, with the place where it is written and what may have been meant."""
    path, line, column = _place_of(settings, base, text)
    beside = sorted(entry.name for entry in full.parent.iterdir()) if full.parent.is_dir() else []
    hint = did_you_mean(full.name, beside) or "paths are relative to this file, those of value files to their root"
    return ConfigError(f"{said} {text}", path=path, line=line, column=column, hint=hint)


def _place_of(settings: Config, base: Path, text: str, key: KeyPath = ()) -> tuple[str, int, int]:
    """Where a text stands in the configuration file, or a key of it; its first line where it is spelled otherwise."""
    file = next((folder / settings.path for folder in (base, Path.cwd()) if (folder / settings.path).is_file()), None)
    if file is None:
        return settings.path, 0, 0
    data, places = read_settings(file, settings.path)
    found = key or next(standing(data.get("roots"), text, ("roots",)), ("roots",))
    return settings.path, *(places.key(found) if key else places.value(found))


def _unknown_controls(settings: Config, rules: RuleSet, base: Path) -> Iterator[ConfigError]:
    """Owners of controls that do not exist."""
    for name in settings.control_owners:
        if name not in rules.controls:
            hint = did_you_mean(name, rules.controls) or f"known: {', '.join(sorted(rules.controls))}"
            path, line, column = _place_of(settings, base, name, ("control_owners", name))
            message = f"control_owners: there is no control “{name}”"
            yield ConfigError(message, path=path, line=line, column=column, hint=hint)


def _wrong_evidence(settings: Config, rules: RuleSet, base: Path) -> Iterator[ConfigError]:
    """Slots for evidence of a control or criterion that does not exist: nobody would ever see them filled."""
    for slot in expectations.of(settings).evidence.values():
        path, line, column = _place_of(settings, base, slot.id, ("evidence", slot.id))
        for what, named, known in (
            ("control", slot.controls, rules.controls),
            ("criterion", slot.criteria, rules.criteria),
        ):
            for name in named:
                if name not in known:
                    hint = did_you_mean(name, known) or f"known: {', '.join(sorted(known))}"
                    message = f"evidence.{slot.id}: there is no {what} “{name}”"
                    yield ConfigError(message, path=path, line=line, column=column, hint=hint)
        if not (slot.controls or slot.criteria):
            message = f"evidence.{slot.id} is for no control and no criterion"
            yield ConfigError(message, path=path, line=line, column=column)


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


SCHEMAS = ("config", "rule", "mapping", "snapshot", "result", "statement", "kept", "access-pack", "report")
"""In `json_schemas/`: each has a version in its `$id` where a document of ours names one."""


@config.command(
    "schema",
    epilog="""\b
Examples:
  soc2gate config schema > soc2gate.schema.json        soc2gate.yaml, for an editor
  soc2gate config schema report                        what `soc2gate report --format json` writes
  soc2gate config schema result                        what `soc2gate scan --format json` writes
  soc2gate config schema statement                     the evaluation record that `soc2gate attest` signs
  soc2gate config schema kept                          records of what people brought and decided
""",
)
@click.argument("name", type=click.Choice(SCHEMAS), default="config")
def schema(name: str) -> int:
    """Print a JSON Schema (2020-12): that of soc2gate.yaml, or that of a document that soc2gate writes or reads."""
    from importlib.resources import files

    click.echo(files("soc2gate").joinpath(f"json_schemas/{name}.schema.json").read_text("utf-8"), nl=False)
    return int(Exit.OK)


@config.command(
    "show",
    epilog="""\b
Examples:
  soc2gate config show
  soc2gate config show | jq .roots
""",
)
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
