"""Rules as files → `Rule`: finds rule.yaml files in a pack, reads them, and says everything that is wrong at once.

A pack is a directory with `rules/` and `mappings/`. Ours comes first, the user's packs add to it. Reading checks what
a file says by itself: keys, words, kinds, and that the folder bears the rule's id. Whether its expressions name
properties that exist is `check.py`'s part, because it needs the schemas: a scan compiles only what it asks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from soc2gate import schema
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Case, Rule, Severity, SeverityCase, Source
from soc2gate.packs.shape import Sheet, Table, digest_of, open_sheet
from soc2gate.yaml_lines import YamlValue

FORMATS = ("terraform", "cloudformation", "manifests", "live")
"""Where a rule can be asked, and the words `sides`, `fix` and `always_decided` use."""
SIDES = ("declared", "live")
SEVERITIES = tuple(str(severity) for severity in Severity)

_CASE_KEYS = ("kind", "sides", "when", "assert", "severity")
_RULE_KEYS = (
    *(
        "id",
        "title",
        "severity",
        "control",
        "kind",
        "for",
        "when",
        "assert",
        "message",
        "why",
        "choice",
        "fix",
        "sides",
    ),
    *("references", "always_decided", "vacuous", "deprecated"),
)
RULE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def find_rule_files(folder: str) -> Iterator[str]:
    """Every rule.yaml below a folder, in a fixed order. Links are not followed."""
    for where, inside, files in os.walk(folder):
        inside.sort()
        inside[:] = [name for name in inside if not name.startswith(".")]
        if "rule.yaml" in files:
            yield os.path.join(where, "rule.yaml")


def read_rules(
    folder: str, shown: str, pack: str, errors: list[ConfigError], known: Mapping[str, Rule]
) -> dict[str, Rule]:
    """The rules below `folder`, by id. Mistakes go to `errors`; a rule with one is left out.

    `shown` is what people are told the folder is called; `known` are the rules that stand already.
    """
    rules: dict[str, Rule] = {}
    for file in find_rule_files(folder):
        path = "/".join([shown, *os.path.relpath(file, folder).split(os.sep)]) if shown else file
        sheet = open_sheet(file, path, errors)
        if sheet is None:
            continue
        rule = read_rule(sheet, pack)
        other = known.get(rule.id) or rules.get(rule.id)
        if other is not None:
            sheet.error(
                sheet.document.data,
                "id",
                f"there is a rule “{rule.id}” already: {other.path}",
                "give yours an id of its own; ours are not replaced, findings are waived in soc2gate.yaml",
            )
        elif rule.id and rule.id != os.path.basename(os.path.dirname(file)):
            folder_name = os.path.basename(os.path.dirname(file))
            sheet.error(sheet.document.data, "id", f"rule “{rule.id}” stands in a folder called “{folder_name}”")
        if sheet.errors:
            errors.extend(sheet.errors)
        else:
            rules[rule.id] = rule
    return rules


def read_rule(sheet: Sheet, pack: str) -> Rule:
    """One rule file; what is wrong with it stands in `sheet.errors` afterwards."""
    top = sheet.table(sheet.document.data, "a rule")
    sheet.keys(top, _RULE_KEYS, "a rule")
    sheet.require(top, ("id", "title", "severity", "control", "message", "why", "fix"), "the rule", None, None)
    rule_id = sheet.text(top, "id")
    if rule_id and not RULE_ID.fullmatch(rule_id):
        sheet.error(top, "id", f"“{rule_id}” is no rule id", "lower-case words and digits joined by “-”")
    formats = sheet.some_of(top, "sides", FORMATS)
    cases = _cases(sheet, top, formats)
    message = sheet.source(top, "message")
    return Rule(
        id=rule_id,
        title=sheet.text(top, "title"),
        control=sheet.text(top, "control"),
        cases=cases,
        message=message.text if message else "",
        why=sheet.text(top, "why").strip(),
        choice=sheet.text(top, "choice").strip(),
        fix=_fix(sheet, top),
        path=sheet.path,
        line=sheet.line(top, "id") if "id" in top else 1,
        digest=digest_of(_plain(top)),
        pack=pack,
        references=sheet.texts(top, "references"),
        always_decided=sheet.some_of(top, "always_decided", FORMATS),
        vacuous_ok=sheet.one_of(top, "vacuous", ("ok",)) == "ok",
        sides=formats or _usual_sides(cases),
        deprecated=sheet.text(top, "deprecated"),
        message_at=(message.line, message.column) if message else (0, 0),
    )


def _cases(sheet: Sheet, top: Table, formats: tuple[str, ...]) -> tuple[Case, ...]:
    # At the top of a rule `sides` names formats; a case is asked on the sides that those are of.
    usual = tuple(
        side for side in SIDES if not formats or any((name == "live") == (side == "live") for name in formats)
    )
    if "for" not in top:
        sheet.require(top, ("kind", "assert"), "the rule", None, None)
        case = _case(sheet, top, usual, ())
        return (case,) if case else ()
    for key in ("kind", "when", "assert"):
        if key in top:
            sheet.error(top, key, f"“{key}” stands beside “for”", "move it into each entry of “for”")
    entries = top["for"]
    if not isinstance(entries, list) or not entries:
        sheet.error(top, "for", "“for” must be a list of cases, each with “kind” and “assert”")
        return ()
    severity = _severity(sheet, top)
    cases: list[Case] = []
    for index, entry in enumerate(entries):
        table = sheet.table(entry, "a case", entries, index)
        sheet.keys(table, _CASE_KEYS, "a case")
        sheet.require(table, ("kind", "assert"), "this case", entries, index)
        case = _case(sheet, table, sheet.some_of(table, "sides", SIDES) or usual, severity)
        if case is None:
            continue
        if any(case.kind == other.kind and set(case.sides) & set(other.sides) for other in cases):
            sheet.error(table, "kind", f"{case.kind} has a case already on this side")
        cases.append(case)
    return tuple(cases)


def _case(sheet: Sheet, table: Table, sides: tuple[str, ...], severity: tuple[SeverityCase, ...]) -> Case | None:
    kind = sheet.text(table, "kind")
    if kind and kind not in _kinds():
        sheet.unknown_word(table, "kind", "kind", kind, _kinds())
    assertion = sheet.source(table, "assert")
    when = sheet.source(table, "when")
    own = _severity(sheet, table) if "severity" in table else severity
    if assertion is None or not own:
        return None
    return Case(kind=kind, assertion=assertion, when=when, sides=sides, severity=own)


def _severity(sheet: Sheet, table: Table) -> tuple[SeverityCase, ...]:
    """`severity: high`, or a list of `{when, level}` whose last entry has no `when`."""
    told = table.get("severity")
    if not isinstance(told, list):
        level = sheet.one_of(table, "severity", SEVERITIES)
        return (SeverityCase(None, Severity[level.upper()]),) if level else ()
    out: list[SeverityCase] = []
    for index, entry in enumerate(told):
        case = sheet.table(entry, "a severity", told, index)
        sheet.keys(case, ("when", "level"), "a severity")
        sheet.require(case, ("level",), "this severity", told, index)
        level = sheet.one_of(case, "level", SEVERITIES)
        when: Source | None = sheet.source(case, "when")
        last = index == len(told) - 1
        if last and when is not None:
            sheet.error(told, index, "the last severity must stand without “when”: it is what is left")
        elif not last and when is None:
            sheet.error(told, index, "only the last severity may stand without “when”")
        if level:
            out.append(SeverityCase(when, Severity[level.upper()]))
    return tuple(out)


def _fix(sheet: Sheet, top: Table) -> Mapping[str, str]:
    if top.get("fix") is None:
        return {}
    table = sheet.table(top["fix"], "“fix”", top, "fix")
    sheet.keys(table, FORMATS, "“fix”")
    return {key: sheet.text(table, key).strip() for key in FORMATS if key in table}


def _usual_sides(cases: Sequence[Case]) -> tuple[str, ...]:
    """Where a rule that does not say can be asked, from its kinds."""
    kubernetes = any(case.kind.startswith("Kubernetes::") for case in cases)
    declared = ("manifests",) if kubernetes else ("terraform", "cloudformation")
    asked = {side for case in cases for side in case.sides}
    return (*(declared if "declared" in asked else ()), *(("live",) if "live" in asked else ()))


_names: list[frozenset[str]] = []


def _kinds() -> frozenset[str]:
    if not _names:
        _names.append(frozenset(schema.kinds()))
    return _names[0]


def _plain(value: YamlValue) -> dict[str, object]:
    # `!Tag` has no meaning in a rule; such a file has an error noted already, and its digest is never used.
    return (
        {key: repr(child) if not _is_plain(child) else child for key, child in value.items()}
        if isinstance(value, dict)
        else {}
    )


def _is_plain(value: YamlValue) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(child) for child in value.values())
    if isinstance(value, list):
        return all(_is_plain(child) for child in value)
    return value is None or isinstance(value, (bool, int, float, str))
