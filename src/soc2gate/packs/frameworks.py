"""Other frameworks by our controls: mappings/frameworks/*.yaml, ours and a pack's.

A requirement names the controls whose evidence serves it, each with why. A control that does not exist is refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from soc2gate.errors import ConfigError, UsageError
from soc2gate.model.checks import Framework, Requirement
from soc2gate.model.rule import RuleSet
from soc2gate.packs.loading import builtin, load
from soc2gate.packs.shape import Sheet, Table, open_sheet
from soc2gate.suggest import did_you_mean

_KEYS = ("framework", "title", "notice", "requirements")


def load_frameworks(packs: Sequence[Path] = (), names: Sequence[str] = ()) -> dict[str, Framework]:
    """The frameworks of these names, or all. Raises `UsageError` for a name that none has."""
    ruleset = load(packs)
    errors: list[ConfigError] = []
    found: dict[str, Framework] = {}
    folders = [(os.path.join(builtin(), "mappings", "frameworks"), "mappings/frameworks")]
    folders += [(str(pack / "mappings" / "frameworks"), f"{pack.as_posix()}/mappings/frameworks") for pack in packs]
    for folder, shown in folders:
        files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for file in files:
            if file.endswith((".yaml", ".yml")):
                framework = read_framework(os.path.join(folder, file), f"{shown}/{file}", ruleset, errors)
                if framework is not None:
                    found[framework.id] = framework
    if errors:
        raise ConfigError.gather(errors)
    for name in names:
        if name not in found:
            hint = did_you_mean(name, found) or f"there are: {', '.join(found)}"
            raise UsageError(f"there is no framework “{name}”", hint=hint)
    return {name: framework for name, framework in found.items() if not names or name in names}


def read_framework(file: str, shown: str, ruleset: RuleSet, errors: list[ConfigError]) -> Framework | None:
    """One mapping file; None, with the errors noted, where it cannot be read."""
    sheet = open_sheet(file, shown, errors)
    if sheet is None:
        return None
    top = sheet.table(sheet.document.data, "the mapping")
    sheet.keys(top, _KEYS, "the mapping")
    sheet.require(top, _KEYS, "the mapping", None, None)
    table = sheet.table(top.get("requirements") or {}, "“requirements”", top, "requirements")
    requirements = {name: _requirement(sheet, table, name, ruleset) for name in table}
    errors.extend(sheet.errors)
    return Framework(sheet.text(top, "framework"), sheet.text(top, "title"), sheet.text(top, "notice"), requirements)


def _requirement(sheet: Sheet, table: Table, name: str, ruleset: RuleSet) -> Requirement:
    what = f"requirement {name}"
    entry = sheet.table(table[name], what, table, name)
    sheet.keys(entry, ("title", "controls"), what)
    sheet.require(entry, ("title", "controls"), what, table, name)
    controls = sheet.table(entry.get("controls") or {}, "“controls”", entry, "controls")
    for control in controls:
        if control not in ruleset.controls:
            sheet.unknown_word(controls, control, "controls", control, ruleset.controls)
    return Requirement(
        name, sheet.text(entry, "title"), {control: sheet.text(controls, control) for control in controls}
    )
