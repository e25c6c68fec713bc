"""Rules and mappings from their YAML files: ours when they have changed since the index, and always the user's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from soc2gate.errors import ConfigError
from soc2gate.model.rule import Control, Criterion, Rule, RuleSet
from soc2gate.packs.loading import rules_folder
from soc2gate.packs.mappings import find_control_files, read_controls, read_criteria
from soc2gate.packs.rules import find_rule_files, read_rules
from soc2gate.packs.shape import digest_of
from soc2gate.suggest import did_you_mean

OURS = "soc2gate"


def read_builtin(base: str) -> RuleSet:
    """Our rules and mappings from the YAML files below `base`. Raises one `ConfigError` that lists every mistake."""
    errors: list[ConfigError] = []
    rules = read_rules(os.path.join(base, "rules"), "rules", OURS, errors, {})
    criteria = read_criteria(os.path.join(base, "mappings", "soc2-2017.yaml"), "mappings/soc2-2017.yaml", errors)
    path = os.path.join(base, "mappings", "controls.yaml")
    controls = read_controls(path, "mappings/controls.yaml", errors, criteria, {}, rules)
    errors.extend(_without_control(rules, controls))
    if errors:
        raise ConfigError.gather(errors)
    return RuleSet(rules, controls, criteria, _digests(rules, controls, criteria))


def extended(ours: RuleSet, extra: Sequence[Path]) -> RuleSet:
    """Our rules with those of the user's packs. Raises one `ConfigError` that lists every mistake."""
    if not extra:
        return ours
    errors: list[ConfigError] = []
    rules, criteria, controls = dict(ours.rules), dict(ours.criteria), dict(ours.controls)
    theirs: dict[str, Rule] = {}
    for pack in extra:
        theirs |= _read_pack(pack, errors, {**rules, **theirs}, criteria, controls)
    everything = {**rules, **theirs}
    errors.extend(_without_control(theirs, controls))
    ruleset = RuleSet(everything, controls, criteria, _digests(everything, controls, criteria))
    if theirs and not errors:
        # Imported here: a scan with our rules alone compiles only what it asks.
        from soc2gate.packs.check import check

        errors.extend(check(ruleset, only=tuple(theirs)))
    if errors:
        raise ConfigError.gather(errors)
    return ruleset


def _read_pack(
    pack: Path,
    errors: list[ConfigError],
    known: Mapping[str, Rule],
    criteria: Mapping[str, Criterion],
    controls: dict[str, Control],
) -> dict[str, Rule]:
    """One pack's rules; its controls are added to `controls`."""
    shown = pack.as_posix()
    if not pack.is_dir():
        errors.append(ConfigError(f"there is no rule pack “{shown}”: not a directory"))
        return {}
    folder, inside = rules_folder(pack), "rules" if (pack / "rules").is_dir() else ""
    files = find_control_files(str(pack / "mappings"))
    if not files and next(find_rule_files(folder), None) is None:
        hint = "a pack holds rules/<rule-id>/rule.yaml, or mappings/*.yaml with controls"
        errors.append(ConfigError(f"“{shown}” holds no rule and no mapping", hint=hint))
    rules = read_rules(folder, "/".join(filter(None, (shown, inside))), pack.resolve().name, errors, known)
    for file in files:
        told = f"{shown}/mappings/{os.path.basename(file)}"
        controls |= read_controls(file, told, errors, criteria, controls, {**known, **rules})
    return rules


def _without_control(rules: Mapping[str, Rule], controls: Mapping[str, Control]) -> list[ConfigError]:
    return [
        ConfigError(
            f"rule “{rule.id}” names the control “{rule.control}”, which no mapping describes",
            path=rule.path,
            line=rule.line,
            hint=did_you_mean(rule.control, controls),
        )
        for rule in rules.values()
        if rule.control not in controls
    ]


def _digests(
    rules: Mapping[str, Rule], controls: Mapping[str, Control], criteria: Mapping[str, Criterion]
) -> dict[str, str]:
    # By id, so that neither the folder a rule stands in nor the order of files plays a part.
    return {
        "rules": digest_of({rule.id: rule.digest for rule in rules.values()}),
        "mappings": digest_of(
            {
                "controls": {control.id: _content_of_control(control) for control in controls.values()},
                "criteria": {criterion.id: _content_of_criterion(criterion) for criterion in criteria.values()},
            }
        ),
    }


def _content_of_control(control: Control) -> dict[str, object]:
    return {
        "statement": control.statement,
        "criteria": control.criteria,
        "rationale": dict(control.rationale),
        "evidence": control.evidence,
        "max_age_days": control.max_age_days,
        "exceptions": dict(control.exceptions),
    }


def _content_of_criterion(criterion: Criterion) -> dict[str, object]:
    return {
        "category": criterion.category,
        "title": criterion.title,
        "evidence": criterion.evidence.value,
        "tool_shows": criterion.tool_shows,
        "people_show": criterion.people_show,
    }
