"""What GitLab shows in a merge request: its code quality report and its SAST report.

Both are about places in the repository, so what is only live stays in the other reports. Accepted findings and those
that the base knows are left out: GitLab compares the reports of two branches itself, and would call them introduced. A
scan that could not look at everything says so in the SAST report's messages.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from soc2gate.model.outcome import Finding, Run
from soc2gate.model.resource import Span, Weight
from soc2gate.model.rule import Severity
from soc2gate.model.value import Json
from soc2gate.output import told
from soc2gate.output.markdown import plain

_QUALITY = {Severity.CRITICAL: "blocker", Severity.HIGH: "critical", Severity.MEDIUM: "major", Severity.LOW: "minor"}
_SCHEMA = "15.0.2"
"""https://gitlab.com/gitlab-org/security-products/security-report-schemas"""
_MOST = 1_048_576
"""Characters of a description; GitLab refuses the whole report for one that is longer."""


def render_quality(run: Run) -> str:
    """`artifacts: reports: codequality`: one entry for each failure."""
    entries: list[Json] = [
        {
            "description": f"{item.rule}: {told.subject(item)}: {item.message} ({', '.join(item.criteria)})",
            "check_name": item.rule,
            "fingerprint": item.fingerprint,
            "severity": _QUALITY[item.severity],
            "location": {"path": place.path, "lines": {"begin": place.line, "end": place.end_line or place.line}},
        }
        for item, place in _placed(run)
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def render_sast(run: Run) -> str:
    """`artifacts: reports: sast`: what fails as vulnerabilities, what could not be looked at as messages."""
    about: dict[str, Json] = {
        "id": "soc2gate",
        "name": "soc2gate",
        "version": run.tool["version"],
        "vendor": {"name": "soc2gate"},
    }
    time = run.time.removesuffix("Z")
    unlooked = [problem for problem in told.problems(run) if problem.weight is not Weight.NOTE]
    report: dict[str, Json] = {
        "version": _SCHEMA,
        "scan": {
            "analyzer": about,
            "scanner": about,
            "type": "sast",
            "start_time": time,
            "end_time": time,
            "status": "failure" if any(problem.weight is Weight.BROKEN for problem in unlooked) else "success",
            "messages": [
                {"level": "warn", "value": f"{told.spoken(item.where)}: {told.problem_words(item)}".removeprefix(": ")}
                for item in unlooked
            ],
        },
        "vulnerabilities": [_vulnerability(run, item, place) for item, place in _placed(run)],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _vulnerability(run: Run, item: Finding, place: Span) -> Json:
    rule = run.rules.get(item.rule)
    # GitLab reads Markdown here, and a resource's name is a stranger's.
    description = [plain(f"{told.subject(item)}: {item.message}")]
    identifiers: list[Json] = [{"type": "soc2gate", "name": item.rule, "value": item.rule}]
    identifiers += [{"type": "soc2", "name": f"SOC 2 {name}", "value": name} for name in item.criteria]
    entry: dict[str, Json] = {
        # The same finding has the same id, whenever it is found.
        "id": str(uuid.UUID(item.fingerprint)),
        "name": (rule.title if rule is not None else item.rule)[:255],
        "severity": str(item.severity).capitalize(),
        "identifiers": identifiers,
        "location": {"file": place.path, "start_line": place.line, "end_line": place.end_line or place.line},
    }
    if rule is not None:
        description.append(plain(rule.why))
        solution = told.fix(rule.fix, item)
        if solution:
            entry["solution"] = solution[:7000]
    entry["description"] = "\n\n".join(description)[:_MOST]
    return entry


def _placed(run: Run) -> Iterator[tuple[Finding, Span]]:
    """New failures that stand in a file, each with the place that decided."""
    for item in told.failing(run):
        deciding = told.place(item)
        place = deciding if isinstance(deciding, Span) else item.where
        if isinstance(place, Span):
            yield item, place
