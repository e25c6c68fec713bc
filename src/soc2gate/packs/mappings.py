"""What rules are evidence for: criteria (soc2-2017.yaml) and controls (controls.yaml, and the user's own).

A rule names one control; a control names the criteria it serves, and says why for each. The criteria are SOC 2's and
ours alone to list; a user's pack adds controls, never criteria, and does not rewrite a control of ours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from soc2gate.errors import ConfigError
from soc2gate.model.rule import Control, Criterion, Rule, Strength
from soc2gate.packs.shape import Sheet, Table, open_sheet
from soc2gate.suggest import did_you_mean

CATEGORIES = ("Security", "Availability", "Confidentiality", "Processing Integrity", "Privacy")
EVIDENCE = ("rules", "record", "people")
"""Where evidence of a control comes from: what rules find, the record of runs and changes, or people alone."""

_CRITERION_KEYS = ("category", "title", "evidence", "tool_shows", "people_show")
_CONTROL_KEYS = ("statement", "criteria", "rationale", "exceptions", "evidence", "max_age_days")


def read_criteria(file: str, shown: str, errors: list[ConfigError]) -> dict[str, Criterion]:
    """The criteria of one file, in its order."""
    sheet = open_sheet(file, shown, errors)
    if sheet is None:
        return {}
    top = sheet.table(sheet.document.data, "the mapping")
    sheet.keys(top, ("framework", "notice", "criteria"), "the mapping")
    sheet.require(top, ("criteria",), "the mapping", None, None)
    table = sheet.table(top.get("criteria") or {}, "“criteria”", top, "criteria")
    found = {criterion_id: _criterion(sheet, table, criterion_id) for criterion_id in table}
    errors.extend(sheet.errors)
    return found


def _criterion(sheet: Sheet, table: Table, criterion_id: str) -> Criterion:
    entry = sheet.table(table[criterion_id], f"criterion {criterion_id}", table, criterion_id)
    what = f"criterion {criterion_id}"
    sheet.keys(entry, _CRITERION_KEYS, what)
    sheet.require(entry, ("category", "title", "evidence"), what, table, criterion_id)
    strength = sheet.one_of(entry, "evidence", [strength.value for strength in Strength])
    return Criterion(
        id=criterion_id,
        category=sheet.one_of(entry, "category", CATEGORIES),
        title=sheet.text(entry, "title"),
        evidence=Strength(strength) if strength else Strength.NONE,
        tool_shows=sheet.text(entry, "tool_shows"),
        people_show=sheet.texts(entry, "people_show"),
    )


def find_control_files(folder: str) -> list[str]:
    """The mapping files of a user's pack, in a fixed order."""
    if not os.path.isdir(folder):
        return []
    names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
    return [os.path.join(folder, name) for name in names]


def read_controls(
    file: str,
    shown: str,
    errors: list[ConfigError],
    criteria: Mapping[str, Criterion],
    known: Mapping[str, Control],
    rules: Mapping[str, Rule],
) -> dict[str, Control]:
    """The controls of one file. `known` are those that stand already; `rules` are all rules, for the exceptions."""
    sheet = open_sheet(file, shown, errors)
    if sheet is None:
        return {}
    top = sheet.table(sheet.document.data, "the mapping")
    sheet.keys(top, ("controls",), "the mapping")
    table = sheet.table(top.get("controls") or {}, "“controls”", top, "controls")
    controls: dict[str, Control] = {}
    for control_id in table:
        if control_id in known:
            sheet.error(
                table,
                control_id,
                f"there is a control “{control_id}” already",
                "a rule may name a control of ours; one that claims something else needs a control of its own",
            )
            continue
        controls[control_id] = _control(sheet, table, control_id, criteria, rules)
    errors.extend(sheet.errors)
    return controls


def _control(
    sheet: Sheet, table: Table, control_id: str, criteria: Mapping[str, Criterion], rules: Mapping[str, Rule]
) -> Control:
    entry = sheet.table(table[control_id], f"control {control_id}", table, control_id)
    what = f"control {control_id}"
    sheet.keys(entry, _CONTROL_KEYS, what)
    sheet.require(entry, ("statement", "criteria", "rationale", "evidence", "max_age_days"), what, table, control_id)
    own = sheet.some_of(entry, "criteria", tuple(criteria))
    exceptions = _exceptions(sheet, entry, criteria, rules, control_id)
    claimed = {*own, *(criterion for some in exceptions.values() for criterion in some)}
    return Control(
        id=control_id,
        statement=sheet.text(entry, "statement"),
        criteria=own,
        rationale=_rationale(sheet, entry, claimed, control_id),
        evidence=sheet.one_of(entry, "evidence", EVIDENCE),
        max_age_days=sheet.number(entry, "max_age_days"),
        exceptions=exceptions,
    )


def _exceptions(
    sheet: Sheet,
    entry: Table,
    criteria: Mapping[str, Criterion],
    rules: Mapping[str, Rule],
    control_id: str,
) -> Mapping[str, tuple[str, ...]]:
    if entry.get("exceptions") is None:
        return {}
    table = sheet.table(entry["exceptions"], "“exceptions”", entry, "exceptions")
    out: dict[str, tuple[str, ...]] = {}
    for rule_id in table:
        rule = rules.get(rule_id)
        if rule is None:
            sheet.error(table, rule_id, f"exceptions: there is no rule “{rule_id}”", did_you_mean(rule_id, rules))
        elif rule.control != control_id:
            sheet.error(table, rule_id, f"exceptions: rule “{rule_id}” belongs to control “{rule.control}”")
        out[rule_id] = sheet.some_of(table, rule_id, tuple(criteria))
    return out


def _rationale(sheet: Sheet, entry: Table, claimed: set[str], control_id: str) -> Mapping[str, str]:
    if entry.get("rationale") is None:
        return {}
    table = sheet.table(entry["rationale"], "“rationale”", entry, "rationale")
    for criterion in sorted(claimed - set(table)):
        sheet.error(entry, "rationale", f"control {control_id} does not say why it serves {criterion}")
    for criterion in table:
        if criterion not in claimed:
            sheet.error(
                table, criterion, f"control {control_id} gives a reason for {criterion}, which it does not claim"
            )
    return {criterion: sheet.text(table, criterion).strip() for criterion in table}
