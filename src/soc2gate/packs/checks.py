"""Mappings of other engines' checks: mappings/checkov.yaml, and mappings/results/*.yaml for what `--results` reads.

Each names the engine, the version that was reviewed, and for every check the control it is about, how far its verdict
is evidence, why, and our rule where one asks the same. `control: none` says that a check was reviewed and serves no
control: its results are counted, as those of checks that nobody reviewed are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from soc2gate.errors import ConfigError
from soc2gate.model.checks import NO_CONTROL, Check, CheckMap
from soc2gate.model.rule import RuleSet, Severity
from soc2gate.packs.loading import builtin, load
from soc2gate.packs.shape import Sheet, Table, digest_of, open_sheet
from soc2gate.yaml_lines import YamlValue

CONFIDENCE = ("high", "medium", "low")
_KEYS = ("engine", "names", "reviewed", "checks")
_CHECK_KEYS = ("control", "rule", "severity", "confidence", "why", "aliases")
_SEVERITIES = tuple(str(severity) for severity in Severity)


def load_checks(packs: Sequence[Path] = ()) -> dict[str, CheckMap]:
    """The reviewed checks of every engine we have a mapping of, by engine; a pack may bring mappings/results/*.yaml.

    Raises one `ConfigError` that lists every mistake.
    """
    ruleset = load(packs)
    errors: list[ConfigError] = []
    found: dict[str, CheckMap] = {}
    for file, shown in _files(packs):
        mapped = read_checks(file, shown, ruleset, errors)
        if mapped is None:
            continue
        if mapped.engine in found:
            errors.append(ConfigError(f"there is a mapping of “{mapped.engine}” already", path=shown))
        found[mapped.engine] = mapped
    if errors:
        raise ConfigError.gather(errors)
    return found


def same_as_ours(packs: Sequence[Path] = ()) -> dict[str, str]:
    """Ids of other engines' checks to the rule of ours that asks the same: what their skip comments stand for."""
    return {
        name: check.rule
        for mapped in load_checks(packs).values()
        for name, check in mapped.checks.items()
        if check.rule and check.confidence == "high"
    }


def _files(packs: Sequence[Path]) -> list[tuple[str, str]]:
    """The mapping files, each with what people are told it is called."""
    base = os.path.join(builtin(), "mappings")
    found = [(os.path.join(base, "checkov.yaml"), "mappings/checkov.yaml")]
    folders = [(os.path.join(base, "results"), "mappings/results")]
    folders += [(str(pack / "mappings" / "results"), f"{pack.as_posix()}/mappings/results") for pack in packs]
    for folder, shown in folders:
        if os.path.isdir(folder):
            names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
            found += [(os.path.join(folder, name), f"{shown}/{name}") for name in names]
    return found


def read_checks(file: str, shown: str, ruleset: RuleSet, errors: list[ConfigError]) -> CheckMap | None:
    """One mapping file; None, with the errors noted, where it cannot be read."""
    sheet = open_sheet(file, shown, errors)
    if sheet is None:
        return None
    top = sheet.table(sheet.document.data, "the mapping")
    sheet.keys(top, _KEYS, "the mapping")
    sheet.require(top, ("engine", "reviewed", "checks"), "the mapping", None, None)
    engine = sheet.text(top, "engine")
    table = sheet.table(top.get("checks") or {}, "“checks”", top, "checks")
    checks: dict[str, Check] = {}
    for check_id in table:
        check, aliases = _check(sheet, table, check_id, ruleset)
        for name in (check_id, *aliases):
            if name in checks:
                sheet.error(table, check_id, f"“{name}” stands here twice")
            checks[name] = check
    errors.extend(sheet.errors)
    return CheckMap(
        engine=engine,
        names=sheet.texts(top, "names") or (engine,),
        reviewed=sheet.text(top, "reviewed"),
        checks=checks,
        digest=digest_of({name: _content(check) for name, check in checks.items()}),
    )


def _check(sheet: Sheet, table: Table, check_id: str, ruleset: RuleSet) -> tuple[Check, tuple[str, ...]]:
    what = f"check {check_id}"
    entry = sheet.table(table[check_id], what, table, check_id)
    sheet.keys(entry, _CHECK_KEYS, what)
    control = sheet.text(entry, "control")
    aliases = sheet.texts(entry, "aliases")
    if control == NO_CONTROL:
        sheet.require(entry, ("why",), what, table, check_id)
        for key in ("rule", "severity", "confidence"):
            if key in entry:
                sheet.error(entry, key, f"{what} serves no control, and has a “{key}”")
        return Check(check_id, NO_CONTROL, sheet.text(entry, "why")), aliases
    sheet.require(entry, ("control", "confidence", "why"), what, table, check_id)
    if control and control not in ruleset.controls:
        sheet.unknown_word(entry, "control", "control", control, (*ruleset.controls, NO_CONTROL))
    return (
        Check(
            id=check_id,
            control=control,
            why=sheet.text(entry, "why"),
            rule=_rule(sheet, entry, what, control, ruleset),
            severity=_severity(sheet, entry, what, table, check_id, ruleset),
            confidence=sheet.one_of(entry, "confidence", CONFIDENCE),
        ),
        aliases,
    )


def _rule(sheet: Sheet, entry: Table, what: str, control: str, ruleset: RuleSet) -> str:
    name = sheet.text(entry, "rule")
    rule = ruleset.rules.get(name)
    if name and rule is None:
        sheet.unknown_word(entry, "rule", "rule", name, ruleset.rules)
    elif rule is not None and control in ruleset.controls and rule.control != control:
        sheet.error(entry, "rule", f"{what} is about {control}, and our rule “{name}” about {rule.control}")
    return name


def _severity(sheet: Sheet, entry: Table, what: str, parent: YamlValue, step: str, ruleset: RuleSet) -> Severity | None:
    """Our rule's where one is named; else the mapping says it."""
    rule = ruleset.rules.get(str(entry.get("rule", "")))
    if "rule" in entry:
        if "severity" in entry:
            sheet.error(entry, "severity", f"{what} weighs what our rule weighs: leave “severity” out")
        return rule.severity if rule is not None else None
    sheet.require(entry, ("severity",), what, parent, step)
    word = sheet.one_of(entry, "severity", _SEVERITIES)
    return Severity[word.upper()] if word else None


def _content(check: Check) -> Mapping[str, object]:
    return {
        "control": check.control,
        "rule": check.rule,
        "severity": str(check.severity),
        "confidence": check.confidence,
        "why": check.why,
    }
