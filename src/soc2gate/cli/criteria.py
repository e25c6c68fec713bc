"""`soc2gate criteria`: the 61 criteria, what a tool can show of each, and what people must still show."""

from __future__ import annotations

import json
from pathlib import Path

import click

from soc2gate import suggest
from soc2gate.errors import Exit, UsageError
from soc2gate.model.rule import Criterion, RuleSet
from soc2gate.output.style import indent, wrap
from soc2gate.packs import load as load_rules


@click.command(
    epilog="""\b
Examples:
  soc2gate criteria                  all of them, a line each
  soc2gate criteria CC6.6            one, with the rules and controls that are evidence for it
  soc2gate criteria --format json
  soc2gate criteria --frameworks     other frameworks, by our controls
  soc2gate criteria --framework pci-dss-4.0 8.3.6
""",
)
@click.argument("ids", nargs=-1)
@click.option("--rules", "rule_dirs", multiple=True, type=click.Path(path_type=Path), help="Also your own pack.")
@click.option("--frameworks", "listed", is_flag=True, help="List the other frameworks there are mappings to.")
@click.option(
    "--framework", "framework", metavar="NAME", help="The requirements of another framework, by our controls."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def criteria(ids: tuple[str, ...], rule_dirs: tuple[Path, ...], listed: bool, framework: str | None, form: str) -> int:
    """The SOC 2 criteria (2017 Trust Services Criteria), and how far technical evidence carries each.

    Ids only are AICPA's; the words are ours. `none` means that no honest technical evidence exists: people show it.
    """
    rules = load_rules(list(rule_dirs))
    if listed or framework is not None:
        return _frameworks(rules, list(rule_dirs), framework, ids, form)
    for name in ids:
        if name not in rules.criteria:
            raise UsageError(f"there is no criterion “{name}”", hint=suggest.did_you_mean(name, rules.criteria))
    chosen = [rules.criteria[name] for name in ids] or list(rules.criteria.values())
    if form == "json":
        click.echo(json.dumps([_document(item, rules) for item in chosen], indent=2, ensure_ascii=False))
    elif ids:
        for item in chosen:
            show(item, rules)
    else:
        for item in chosen:
            number = len(_rules_for(item, rules))
            told = f"{number} rules" if number else ""
            click.echo(f"{item.id.ljust(6)} {item.evidence.value.ljust(8)} {told.ljust(9)} {item.title}")
    return int(Exit.OK)


def _frameworks(rules: RuleSet, packs: list[Path], name: str | None, ids: tuple[str, ...], form: str) -> int:
    from soc2gate.packs.frameworks import load_frameworks

    found = load_frameworks(packs, [name] if name else [])
    for wanted in ids:
        known = [requirement for framework in found.values() for requirement in framework.requirements]
        if wanted not in known:
            raise UsageError(f"there is no requirement “{wanted}”", hint=suggest.did_you_mean(wanted, known))
    if form == "json":
        told = [
            {
                "id": framework.id,
                "title": framework.title,
                "notice": framework.notice,
                "requirements": [
                    {"id": one.id, "title": one.title, "controls": dict(one.controls)}
                    for one in framework.requirements.values()
                    if not ids or one.id in ids
                ],
            }
            for framework in found.values()
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return int(Exit.OK)
    for framework in found.values():
        number = len(framework.requirements)
        click.echo(f"{framework.id.ljust(20)} {framework.title}  ({number} requirements that our controls serve)")
        for one in framework.requirements.values() if name else ():
            if not ids or one.id in ids:
                click.echo(f"\n{one.id}  {one.title}")
                for control, why in one.controls.items():
                    _said(control, why)
        if name:
            click.echo(f"\n{framework.notice}")
    return int(Exit.OK)


def _rules_for(item: Criterion, rules: RuleSet) -> list[str]:
    return [rule.id for rule in rules.rules.values() if item.id in rules.criteria_of(rule)]


def _document(item: Criterion, rules: RuleSet) -> dict[str, object]:
    return {
        "id": item.id,
        "category": item.category,
        "title": item.title,
        "evidence": item.evidence.value,
        "tool_shows": item.tool_shows,
        "people_show": list(item.people_show),
        "rules": _rules_for(item, rules),
        "controls": [control.id for control in rules.controls.values() if item.id in control.criteria],
    }


def show(item: Criterion, rules: RuleSet) -> None:
    """Print one criterion with what is evidence for it."""
    click.echo(f"{item.id}  {item.title}  ({item.category}; technical evidence: {item.evidence.value})")
    if item.tool_shows:
        _said("a tool shows", item.tool_shows)
    _said("people show", ", ".join(item.people_show) or "nothing more")
    for control in rules.controls.values():
        if item.id in control.criteria:
            _said(control.id, control.rationale.get(item.id, control.statement))
    _said("rules", ", ".join(_rules_for(item, rules)) or "none")
    click.echo()


def _said(label: str, text: str) -> None:
    for line in indent(wrap(text, 84), f"  {label.ljust(24)}", " " * 26):
        click.echo(line)
