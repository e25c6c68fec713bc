"""GitLab's two reports: what its documentation requires of each entry, and nothing that stands in no file."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from typing import Any

import jsonschema
import runs_for_tests as given

from soc2gate.model.outcome import Verdict
from soc2gate.output import gitlab, told


def failing() -> list[str]:
    return [item.fingerprint for item in told.failing(given.a_run()) if hasattr(told.place(item), "path")]


def test_code_quality_has_what_gitlab_asks_for() -> None:
    entries: list[dict[str, Any]] = json.loads(gitlab.render_quality(given.a_run()))
    assert [entry["fingerprint"] for entry in entries] == failing()
    for entry in entries:
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["description"]
        assert entry["check_name"]
        assert entry["location"]["lines"]["begin"] >= 1
        assert not entry["location"]["path"].startswith(("/", "./"))


def test_the_security_report_has_what_gitlab_asks_for() -> None:
    report: dict[str, Any] = json.loads(gitlab.render_sast(given.a_run()))
    scan = report["scan"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", report["version"])
    assert scan["type"] == "sast"
    for part in ("analyzer", "scanner"):
        assert {"id", "name", "version", "vendor"} <= scan[part].keys()
    for moment in ("start_time", "end_time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", scan[moment])
    assert len(report["vulnerabilities"]) == len(failing())
    for item in report["vulnerabilities"]:
        assert uuid.UUID(item["id"])
        assert item["severity"] in ("Info", "Unknown", "Low", "Medium", "High", "Critical")
        assert len(item["name"]) <= 255
        assert all({"type", "name", "value"} <= one.keys() for one in item["identifiers"])
        assert item["location"]["start_line"] >= 1


def text(least: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": least, **more}


def fields(needed: str, **more: Any) -> dict[str, Any]:
    """An object with these fields and no other: a field that we made up would be ignored without a word."""
    return {"type": "object", "required": needed.split(), "properties": more, "additionalProperties": False}


TOOL = fields("id name version vendor", id=text(1), name=text(1), version=text(1), vendor=fields("name", name=text(1)))
MOMENT = text(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$")
LINE = {"type": "integer", "minimum": 1}
SAST = fields(
    "scan version vulnerabilities",
    version={"enum": ["15.0.2"]},
    scan=fields(
        "analyzer end_time scanner start_time status type messages",
        analyzer=TOOL,
        scanner=TOOL,
        start_time=MOMENT,
        end_time=MOMENT,
        status={"enum": ["success", "failure"]},
        type={"enum": ["sast"]},
        messages={
            "type": "array",
            "items": fields("level value", level={"enum": ["info", "warn", "fatal"]}, value=text(1)),
        },
    ),
    vulnerabilities={
        "type": "array",
        "items": fields(
            "id identifiers location",
            id=text(1),
            name=text(maxLength=255),
            description=text(maxLength=1_048_576),
            severity={"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
            solution=text(maxLength=7000),
            identifiers={
                "type": "array",
                "minItems": 1,
                "items": fields("type name value", type=text(1), name=text(1), value=text(1)),
            },
            location=fields("file start_line end_line", file=text(1), start_line=LINE, end_line=LINE),
        ),
    },
)
"""What GitLab's schemas 15.0.2 to 15.2.1 demand of the fields that we write, and that we write no other."""


def test_nothing_that_a_run_holds_breaks_gitlabs_schema() -> None:
    run = given.a_run()
    long = tuple(replace(item, message="x" * 2_000_000, address="a" * 9000) for item in run.findings)
    empty = tuple(replace(item, message="", address="") for item in run.findings)
    for findings in (run.findings, long, empty):
        jsonschema.validate(json.loads(gitlab.render_sast(replace(run, findings=findings))), SAST)


def test_what_could_not_be_looked_at_is_no_successful_scan() -> None:
    run = given.a_run()
    scan = json.loads(gitlab.render_sast(run))["scan"]
    assert scan["status"] == "failure"
    assert len(scan["messages"]) == len([one for one in told.problems(run) if one.weight.value != "note"])
    assert json.loads(gitlab.render_sast(replace(run, problems=())))["scan"]["status"] == "success"


def test_what_the_base_knows_is_not_introduced() -> None:
    run = given.a_run()
    old = tuple(replace(item, new=False) if item.verdict is Verdict.FAIL else item for item in run.findings)
    known = replace(run, findings=old)
    assert json.loads(gitlab.render_quality(known)) == json.loads(gitlab.render_sast(known))["vulnerabilities"] == []


def test_a_name_is_no_markup() -> None:
    run = given.a_run()
    bad = "[x](https://evil.example) <img src=x>"
    named = replace(run, findings=tuple(replace(item, address=bad) for item in run.findings))
    for item in json.loads(gitlab.render_sast(named))["vulnerabilities"]:
        assert "](" not in item["description"]
        assert "<img" not in item["description"]
