"""Our rules and mappings as one JSON file, so that a scan need not read two hundred YAML files to ask ten questions.

`rules/index.json` is generated (`make index`), committed, and never trusted blindly: in a checkout it counts only while
the sha256 of every rule and mapping file is the one it was made from, and an edited rule is read from its YAML. In an
installed package the files cannot have been edited, and are not looked at. Only for our own pack: a user's is small.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from soc2gate.model.rule import Case, Control, Criterion, Rule, RuleSet, Severity, SeverityCase, Source, Strength

NAME = "index.json"
_MAPPINGS = ("soc2-2017.yaml", "controls.yaml")


def read(base: str, *, trusted: bool) -> RuleSet | None:
    """What the index says, or None where there is none or the files have changed since.

    `trusted` skips the comparison with the files.
    """
    try:
        with open(os.path.join(base, "rules", NAME), encoding="utf-8") as file:
            told: Any = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or (not trusted and told.get("files") != files_digest(base)):
        return None
    return RuleSet(
        rules={entry["id"]: _rule(entry) for entry in told["rules"]},
        controls={entry["id"]: _control(entry) for entry in told["controls"]},
        criteria={entry["id"]: _criterion(entry) for entry in told["criteria"]},
        digests=told["digests"],
    )


def write(ruleset: RuleSet, base: str) -> None:
    """Write the index of what was just read from the YAML files below `base`."""
    told = {
        "files": files_digest(base),
        "digests": dict(ruleset.digests),
        "rules": [_of_rule(rule) for rule in ruleset.rules.values()],
        "controls": [_of_control(control) for control in ruleset.controls.values()],
        "criteria": [_of_criterion(criterion) for criterion in ruleset.criteria.values()],
    }
    # A line per entry: a change of one rule shows as one line.
    parts = [f'"files": {json.dumps(told["files"])}', f'"digests": {json.dumps(told["digests"])}']
    for key in ("rules", "controls", "criteria"):
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in told[key])
        parts.append(f'"{key}": [\n{lines}\n]')
    (Path(base) / "rules" / NAME).write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


def rewrite() -> None:
    """Write the checkout's index again: what `make index` runs."""
    from soc2gate.packs.loading import builtin
    from soc2gate.packs.reading import read_builtin

    write(read_builtin(builtin()), builtin())


def files_digest(base: str) -> str:
    """sha256 over the path and content of every rule and mapping file."""
    digest = hashlib.sha256()
    for path in _files(base):
        with open(os.path.join(base, path), "rb") as file:
            digest.update(f"{path}\0{hashlib.sha256(file.read()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(base: str) -> Iterable[str]:
    """rules/<provider>/<service>/<rule-id>/rule.yaml and the mappings; relative, with `/`, sorted."""
    found = []
    for provider in _folders(os.path.join(base, "rules")):
        for service in _folders(os.path.join(base, "rules", provider)):
            found += [
                f"rules/{provider}/{service}/{rule}/rule.yaml"
                for rule in _folders(os.path.join(base, "rules", provider, service))
            ]
    return sorted(path for path in found if os.path.exists(os.path.join(base, path))) + [
        f"mappings/{name}" for name in _MAPPINGS
    ]


def _folders(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def _of_rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "control": rule.control,
        "cases": [_of_case(case) for case in rule.cases],
        "message": rule.message,
        "message_at": rule.message_at,
        "why": rule.why,
        "fix": dict(rule.fix),
        "path": rule.path,
        "line": rule.line,
        "digest": rule.digest,
        "pack": rule.pack,
        "references": rule.references,
        "always_decided": rule.always_decided,
        "vacuous_ok": rule.vacuous_ok,
        "sides": rule.sides,
        "deprecated": rule.deprecated,
        "choice": rule.choice,
    }


def _rule(told: Mapping[str, Any]) -> Rule:
    path = told["path"]
    line, column = told["message_at"]
    return Rule(
        id=told["id"],
        title=told["title"],
        control=told["control"],
        cases=tuple(_case(case, path) for case in told["cases"]),
        message=told["message"],
        message_at=(line, column),
        why=told["why"],
        fix=told["fix"],
        path=path,
        line=told["line"],
        digest=told["digest"],
        pack=told["pack"],
        references=tuple(told["references"]),
        always_decided=tuple(told["always_decided"]),
        vacuous_ok=told["vacuous_ok"],
        sides=tuple(told["sides"]),
        deprecated=told["deprecated"],
        choice=told["choice"],
    )


def _of_case(case: Case) -> dict[str, object]:
    return {
        "kind": case.kind,
        "assert": _of_source(case.assertion),
        "when": _of_source(case.when),
        "sides": case.sides,
        "severity": [[_of_source(level.when), str(level.level)] for level in case.severity],
    }


def _case(told: Mapping[str, Any], path: str) -> Case:
    assertion = _source(told["assert"], path)
    assert assertion is not None
    return Case(
        kind=told["kind"],
        assertion=assertion,
        when=_source(told["when"], path),
        sides=tuple(told["sides"]),
        severity=tuple(SeverityCase(_source(when, path), Severity[level.upper()]) for when, level in told["severity"]),
    )


def _of_source(source: Source | None) -> list[object] | None:
    return None if source is None else [source.text, source.line, source.column]


def _source(told: list[Any] | None, path: str) -> Source | None:
    return None if told is None else Source(told[0], path, told[1], told[2])


def _of_control(control: Control) -> dict[str, object]:
    return {
        "id": control.id,
        "statement": control.statement,
        "criteria": control.criteria,
        "rationale": dict(control.rationale),
        "evidence": control.evidence,
        "max_age_days": control.max_age_days,
        "exceptions": dict(control.exceptions),
    }


def _control(told: Mapping[str, Any]) -> Control:
    return Control(
        id=told["id"],
        statement=told["statement"],
        criteria=tuple(told["criteria"]),
        rationale=told["rationale"],
        evidence=told["evidence"],
        max_age_days=told["max_age_days"],
        exceptions={rule: tuple(criteria) for rule, criteria in told["exceptions"].items()},
    )


def _of_criterion(criterion: Criterion) -> dict[str, object]:
    return {
        "id": criterion.id,
        "category": criterion.category,
        "title": criterion.title,
        "evidence": criterion.evidence.value,
        "tool_shows": criterion.tool_shows,
        "people_show": criterion.people_show,
    }


def _criterion(told: Mapping[str, Any]) -> Criterion:
    return Criterion(
        id=told["id"],
        category=told["category"],
        title=told["title"],
        evidence=Strength(told["evidence"]),
        tool_shows=told["tool_shows"],
        people_show=tuple(told["people_show"]),
    )
