"""`soc2gate rules`: what is asked, in full, and the proof that each rule says what it claims."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from soc2gate import suggest
from soc2gate.cli.options import choose, named_config
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
    config = load_config(Path.cwd(), named_config(config_file))
    return load_rules([*config.packs, *rule_dirs])


@click.group(
    epilog="""\b
Examples:
  soc2gate rules list --criterion CC6.6
  soc2gate rules show sg-no-ssh-from-internet
  soc2gate rules test --rules ./policy          prove your own rules with their fixtures
  soc2gate rules docs --rules ./policy          write a page for each of them
  soc2gate rules new buckets-tagged --kind AWS::S3::Bucket --control data-classification-tags
""",
)
def rules() -> None:
    """The rules: list them, read one, test them."""


@rules.command(
    "list",
    epilog="""\b
Examples:
  soc2gate rules list
  soc2gate rules list --criterion CC6.6
  soc2gate rules list --kind AWS::S3::Bucket --format json
""",
)
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


@rules.command(
    "show",
    epilog="""\b
Examples:
  soc2gate rules show s3-encryption
  soc2gate rules show s3-encryption s3-versioning --format json
""",
)
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


@rules.command(
    "test",
    epilog="""\b
Examples:
  soc2gate rules test                                     ours
  soc2gate rules test s3-encryption
  soc2gate rules test --rules ./policy                    your own
""",
)
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


@rules.command(
    "new",
    epilog="""\b
Examples:
  soc2gate rules new queue-encrypted --rules ./policy --kind AWS::SQS::Queue --control encryption-at-rest
""",
)
@click.argument("rule_id", metavar="ID")
@click.option("--kind", required=True, help="What it judges: AWS::S3::Bucket, Kubernetes::PodTemplate, …")
@click.option("--control", required=True, help="The control it is evidence for; `soc2gate criteria` lists them.")
@click.option(
    "--severity", type=click.Choice([str(severity) for severity in Severity]), default="medium", show_default=True
)
@click.option(
    "--rules",
    "pack",
    type=click.Path(path_type=Path),
    default=Path("policy"),
    show_default=True,
    help="The pack to put it in.",
)
@_config
def new_rule(rule_id: str, kind: str, control: str, severity: str, pack: Path, config_file: Path | None) -> int:
    """Begin a rule: its folder, with everything that `rules test` will ask for."""
    from soc2gate.kinds import known_kinds
    from soc2gate.packs.rules import RULE_ID
    from soc2gate.packs.scaffold import scaffold, sides_of

    known = load_rules(load_config(Path.cwd(), config_file).packs)
    if not RULE_ID.fullmatch(rule_id):
        raise UsageError(f"“{rule_id}” is no rule id", hint="lower-case words and digits joined by “-”")
    if kind not in known_kinds():
        hint = suggest.did_you_mean(kind, known_kinds())
        raise UsageError(f"no kind that can be read is called “{kind}”", hint=hint)
    if not sides_of(kind):
        raise UsageError(
            f"{kind} is told of only as part of another kind", hint="begin with that, and add it under `for`"
        )
    if control not in known.controls:
        hint = suggest.did_you_mean(control, known.controls)
        raise UsageError(f"there is no control “{control}”", hint=hint)
    home = pack / "rules" / rule_id
    if rule_id in known.rules or home.exists():
        raise UsageError(f"there is a rule “{rule_id}” already", hint="ids are never used twice")
    home.mkdir(parents=True)
    for name, text in scaffold(rule_id, kind, control, severity).items():
        (home / name).write_text(text, encoding="utf-8")
        click.echo(f"wrote {home / name}")
    click.echo(f"fill in rule.yaml and the fixtures, then: soc2gate rules test --rules {pack} {rule_id}")
    return int(Exit.OK)


@rules.command(
    "docs",
    epilog="""\b
Examples:
  soc2gate rules docs --rules ./policy
  soc2gate rules docs --rules ./policy --check            in CI: exit 1 when a page is stale
""",
)
@_pack
@_config
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is missing or out of date.")
def document_rules(rule_dirs: tuple[Path, ...], config_file: Path | None, check: bool) -> int:
    """Write the page of each rule, their index and the matrix of criteria.

    A README.md beside every rule.yaml, one above them all, and one in the pack's mappings/ where it has that folder.
    """
    from soc2gate.packs.pages import pages

    config = load_config(Path.cwd(), config_file)
    packs = [*config.packs, *rule_dirs]
    loaded = load_rules(packs)
    if not packs and not (Path(builtin()) / "pyproject.toml").is_file():
        # In a wheel our rules stand inside the package, which is nobody's to write into.
        raise UsageError("the pages of our own rules are written in soc2gate's repository", hint="--rules DIR")
    stale = []
    for pack in packs or [Path(builtin())]:
        mappings = pack / "mappings"
        for page in pages(loaded, Path(rules_folder(pack)), mappings if mappings.is_dir() else None):
            if page.stale:
                stale.append(page.path)
                if not check:
                    page.path.write_text(page.text, encoding="utf-8")
    for path in stale:
        shown = os.path.relpath(path)
        click.echo(f"{shown} is out of date; run `soc2gate rules docs`" if check else f"wrote {shown}")
    click.echo(f"{len(stale)} pages {'out of date' if check else 'written'}")
    return int(Exit.CLOSED if check and stale else Exit.OK)


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
        "choice": rule.choice,
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
    if rule.choice:
        _said("chosen", rule.choice)
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
