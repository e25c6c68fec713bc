"""`soc2gate explain`: whatever a report names, said in full: a rule with an example, a criterion, a control."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from soc2gate import suggest
from soc2gate.cli import criteria, rules
from soc2gate.cli.options import named_config
from soc2gate.config import Config
from soc2gate.config import load as load_config
from soc2gate.errors import Exit, UsageError
from soc2gate.model.rule import Control, Rule, RuleSet
from soc2gate.output.style import indent, wrap
from soc2gate.packs import builtin
from soc2gate.packs import load as load_rules
from soc2gate.packs.frameworks import load_frameworks

_EXAMPLES = (".tf", ".cfn.yaml", ".k8s.yaml")
"""Fixtures as they are spelled in each format; the first there is is shown."""
_MOST_LINES = 24


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    known = load_rules([])
    names = {**{one.id: one.title for one in known.rules.values()}, **{c.id: c.title for c in known.criteria.values()}}
    return [CompletionItem(name, help=title) for name, title in names.items() if name.startswith(incomplete)]


@click.command(
    epilog="""\b
Examples:
  soc2gate explain sg-no-ssh-from-internet    what it asks, why, how to fix it, and what fails and passes
  soc2gate explain CC6.6                      what a tool can show of it, and what people must show
  soc2gate explain encryption-at-rest         the control between the two
""",
)
@click.argument("names", nargs=-1, required=True, metavar="RULE|CRITERION|CONTROL...", shell_complete=_complete)
@click.option(
    "--rules", "rule_dirs", multiple=True, type=click.Path(path_type=Path), help="Also the rules in this folder."
)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
def explain(names: tuple[str, ...], rule_dirs: tuple[Path, ...], config_file: Path | None) -> int:
    """Say what a rule, a criterion or a control means."""
    config = load_config(Path.cwd(), named_config(config_file))
    known = load_rules([*config.packs, *rule_dirs])
    criteria_by_name = {name.upper(): item for name, item in known.criteria.items()}
    for name in names:
        if name not in known.rules and name.upper() not in criteria_by_name and name not in known.controls:
            choices = [*known.rules, *known.criteria, *known.controls]
            raise UsageError(
                f"there is no rule, criterion or control “{name}”", hint=suggest.did_you_mean(name, choices)
            )
    for name in names:
        if name in known.rules:
            rules.show(known.rules[name], known)
            _answers(config, known.rules[name].control)
            _examples(known.rules[name])
        elif name.upper() in criteria_by_name:
            criteria.show(criteria_by_name[name.upper()], known)
        else:
            _control(known.controls[name], known, config)
    return int(Exit.OK)


def _examples(rule: Rule) -> None:
    """What fails and what passes, from the fixtures that prove the rule."""
    for verdict, heading in (("fail", "fails"), ("pass", "passes")):
        # Ours are named from where our rules stand; a pack's own from where the person does.
        found = _example((Path(builtin()) / rule.path if rule.pack == "soc2gate" else Path(rule.path)).parent, verdict)
        if not found:
            continue
        click.echo(f"  {heading}:")
        for line in found[:_MOST_LINES]:
            click.echo(f"    {line}".rstrip())
        if len(found) > _MOST_LINES:
            click.echo(f"    … {len(found) - _MOST_LINES} more lines")
        click.echo()


def _example(folder: Path, verdict: str) -> Sequence[str]:
    for suffix in _EXAMPLES:
        for path in sorted(folder.glob(f"{verdict}*{suffix}"), key=lambda path: (len(path.name), path.name)):
            return path.read_text(encoding="utf-8").splitlines()
    return []


def _answers(config: Config, control: str) -> None:
    """Who the configuration says answers for a control."""
    if control in config.control_owners:
        _said("owner", f"{config.control_owners[control]}, for the control {control}")
        click.echo()


def _control(control: Control, known: RuleSet, config: Config) -> None:
    click.echo(f"{control.id}  ({', '.join(control.criteria) or 'no criterion'})\n{control.statement}\n")
    _said("evidence", f"{control.evidence}, at most {control.max_age_days} days old")
    for criterion, why in control.rationale.items():
        _said(criterion, why)
    if control.id in config.control_owners:
        _said("owner", config.control_owners[control.id])
    _said("rules", ", ".join(rule.id for rule in known.rules.values() if rule.control == control.id) or "none")
    for framework in load_frameworks().values():
        served = [one.id for one in framework.requirements.values() if control.id in one.controls]
        if served:
            _said(framework.id, ", ".join(served))
    click.echo()


def _said(label: str, text: str) -> None:
    for line in indent(wrap(text, 84), f"  {label.ljust(20)}", " " * 22):
        click.echo(line)
