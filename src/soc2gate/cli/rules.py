"""`soc2gate rules`: what is asked, in full, and the proof that each rule says what it claims."""

from __future__ import annotations

import json
from pathlib import Path

import click

from soc2gate import suggest
from soc2gate.cli.options import choose
from soc2gate.config import load as load_config
from soc2gate.errors import Exit, UsageError
from soc2gate.model.rule import Case, Rule, RuleSet, Severity
from soc2gate.output.style import indent, wrap
from soc2gate.packs import builtin, rules_folder
from soc2gate.packs import load as load_rules

_pack = click.option(
    "--rules", "rule_dirs", multiple=True, type=click.Path(path_type=Path), help="Also the rules in this folder."
)
_config = click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")


def _loaded(rule_dirs: tuple[Path, ...], config_file: Path | None) -> RuleSet:
    config = load_config(Path.cwd(), config_file)
    return load_rules([*config.packs, *rule_dirs])


@click.group(
    epilog="""\b
Examples:
  soc2gate rules list --criterion CC6.6
  soc2gate rules show sg-no-ssh-from-internet
  soc2gate rules test --rules ./policy          prove your own rules with their fixtures
""",
)
def rules() -> None:
    """The rules: list them, read one, test them."""


@rules.command("list")
@_pack
@_config
@click.option("--criterion", help="Only rules that are evidence for this criterion.")
@click.option("--kind", "kind_name", help="Only rules that judge this kind.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_rules(
    rule_dirs: tuple[Path, ...], config_file: Path | None, criterion: str | None, kind_name: str | None, form: str
) -> int:
    """Every rule, a line each."""
    loaded = _loaded(rule_dirs, config_file)
    if criterion and criterion not in loaded.criteria:
        raise UsageError(f"there is no criterion “{criterion}”", hint=suggest.did_you_mean(criterion, loaded.criteria))
    judged = {case.kind for rule in loaded.rules.values() for case in rule.cases}
    if kind_name and kind_name not in judged:
        raise UsageError(f"no rule judges “{kind_name}”", hint=suggest.did_you_mean(kind_name, judged))
    chosen = [
        rule
        for rule in loaded.rules.values()
        if (not criterion or criterion in loaded.criteria_of(rule))
        and (not kind_name or any(case.kind == kind_name for case in rule.cases))
    ]
    if form == "json":
        click.echo(json.dumps([_document(rule, loaded) for rule in chosen], indent=2, ensure_ascii=False))
        return int(Exit.OK)
    width = max((len(rule.id) for rule in chosen), default=0)
    for rule in chosen:
        claimed = " ".join(loaded.criteria_of(rule))
        click.echo(f"{rule.id.ljust(width)}  {str(rule.severity).ljust(8)}  {claimed.ljust(12)}  {rule.title}")
    return int(Exit.OK)


@rules.command("show")
@click.argument("ids", nargs=-1, required=True)
@_pack
@_config
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show_rule(ids: tuple[str, ...], rule_dirs: tuple[Path, ...], config_file: Path | None, form: str) -> int:
    """One rule in full: what it asks, why, what it is evidence for, how to fix it."""
    loaded = _loaded(rule_dirs, config_file)
    chosen = choose(loaded, ids).rules
    if form == "json":
        click.echo(json.dumps([_document(chosen[name], loaded) for name in ids], indent=2, ensure_ascii=False))
        return int(Exit.OK)
    for name in ids:
        show(chosen[name], loaded)
    return int(Exit.OK)


@rules.command("test")
@click.argument("ids", nargs=-1)
@_pack
@_config
def test_rules(ids: tuple[str, ...], rule_dirs: tuple[Path, ...], config_file: Path | None) -> int:
    """Check each rule against its schema, and its verdicts against the fixtures beside it.

    The verdict in a fixture's name must hold for every resource of the rule's kind in it, both ways. Exit 1 when one
    does not.
    """
    from soc2gate.packs.selftest import run

    config = load_config(Path.cwd(), config_file)
    packs = [*config.packs, *rule_dirs]
    loaded = load_rules(packs)
    # Someone's own rules are tested alone; without any, ours are.
    results = run(loaded, [Path(rules_folder(pack)) for pack in packs or [Path(builtin())]], only=ids)
    failed = [result for result in results if not result.ok]
    for result in failed:
        for message in result.messages:
            click.echo(f"{result.path}: {message}")
    click.echo(f"{len({result.rule for result in results})} rules, {len(results)} fixtures, {len(failed)} failed")
    return int(Exit.CLOSED if failed else Exit.OK)


def _document(rule: Rule, loaded: RuleSet) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": str(rule.severity),
        "control": rule.control,
        "criteria": list(loaded.criteria_of(rule)),
        "kinds": [case.kind for case in rule.cases],
        "sides": list(rule.sides),
        "cases": [_case(case) for case in rule.cases],
        "why": rule.why,
        "fix": dict(rule.fix),
        "references": list(rule.references),
        "pack": rule.pack,
        "digest": rule.digest,
    }


def _case(case: Case) -> dict[str, object]:
    return {
        "kind": case.kind,
        "sides": list(case.sides),
        "when": case.when.text if case.when else None,
        "assert": case.assertion.text,
        "severity": [{"when": one.when.text if one.when else None, "level": str(one.level)} for one in case.severity],
    }


def show(rule: Rule, loaded: RuleSet) -> None:
    """Print one rule in full."""
    control = loaded.controls[rule.control]
    click.echo(f"{rule.id}  ({rule.severity})\n{rule.title}\n")
    _said("why", rule.why)
    for case in rule.cases:
        sides = "" if len(case.sides) == 2 else f" ({case.sides[0]})"
        _said("asked of", f"{case.kind}{sides}")
        if case.when:
            _code("when", case.when.text)
        _code("holds if", case.assertion.text)
        if len({level.level for level in case.severity}) > 1:
            _said(
                "severity",
                "; ".join(_level(level.when.text if level.when else "", level.level) for level in case.severity),
            )
    _said("sides", ", ".join(rule.sides))
    _said("control", f"{control.id}: {control.statement}")
    for name in loaded.criteria_of(rule):
        _said(name, control.rationale.get(name, loaded.criteria[name].title))
    for side, text in rule.fix.items():
        _said(f"fix {side}", text)
    for reference in rule.references:
        _said("see", reference)
    click.echo()


def _level(when: str, level: Severity) -> str:
    return f"{level} when {when}" if when else f"otherwise {level}"


def _said(label: str, text: str) -> None:
    for line in indent(wrap(text, 84), f"  {label.ljust(20)}", " " * 22):
        click.echo(line)


def _code(label: str, text: str) -> None:
    # An expression is shown as it was written: its line breaks carry its structure.
    for line in indent(text.strip().splitlines(), f"  {label.ljust(20)}", " " * 22):
        click.echo(line)
