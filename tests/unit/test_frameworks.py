"""Other frameworks by our controls: what the mappings may say, and that nothing in them hangs loose."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import soc2gate
from soc2gate import packs
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Strength
from soc2gate.packs.checks import load_checks
from soc2gate.packs.frameworks import load_frameworks, read_framework

SCHEMAS = Path(soc2gate.__file__).parent / "json_schemas"
NAMES = ["gdpr", "hipaa-security-rule", "iso27001-2022", "nist-csf-2.0", "pci-dss-4.0"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "soc2gate", *arguments], cwd=folder, capture_output=True, text=True)


def test_every_requirement_names_controls_that_exist_and_says_why() -> None:
    controls = packs.load().controls
    found = load_frameworks()
    assert sorted(found) == NAMES
    for framework in found.values():
        assert "not its text" in framework.notice
        for one in framework.requirements.values():
            assert one.controls, one.id
            assert set(one.controls) <= set(controls), one.id
            assert all(len(why.split()) >= 3 for why in one.controls.values()), one.id


def test_an_unknown_control_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(
        "framework: f\ntitle: t\nnotice: n\nrequirements:\n  R1:\n    title: t\n    controls:\n      mfaa: x\n"
    )
    errors: list[ConfigError] = []
    read_framework(str(file), "f.yaml", packs.load(), errors)
    assert [str(error) for error in errors] == ["f.yaml:8:7: controls: there is no “mfaa”\n  did you mean “mfa”?"]


def test_a_run_tells_of_a_framework_through_its_controls(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n')
    done = run(tmp_path, "scan", "--framework", "iso27001-2022", "--framework", "gdpr", "--format", "json")
    result = json.loads(done.stdout)
    jsonschema.validate(result, json.loads((SCHEMAS / "result.schema.json").read_text()))
    told = {one["id"]: {item["id"]: item for item in one["requirements"]} for one in result["frameworks"]}
    assert sorted(told) == ["gdpr", "iso27001-2022"]
    backup = told["iso27001-2022"]["A.8.13"]
    assert (backup["status"], backup["controls"]) == ("fail", ["backup"])
    # Nothing in the code is about it, and nothing technical ever is.
    assert told["iso27001-2022"]["A.8.5"]["status"] == "no_data"
    assert told["gdpr"]["Art. 44"]["status"] == "manual"
    assert json.loads(run(tmp_path, "scan", "--format", "json").stdout)["frameworks"] == []
    assert "ISO/IEC 27001:2022, ANNEX A" in run(tmp_path, "scan", "--framework", "iso27001-2022").stdout


def test_a_framework_that_does_not_exist_is_asked_wrongly(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {}\n')
    done = run(tmp_path, "scan", "--framework", "iso27001")
    assert done.returncode == 2
    assert "there is no framework “iso27001”" in done.stderr


def test_criteria_and_explain_tell_of_them(tmp_path: Path) -> None:
    assert "pci-dss-4.0" in run(tmp_path, "criteria", "--frameworks").stdout
    one = json.loads(run(tmp_path, "criteria", "--framework", "pci-dss-4.0", "8.3.6", "--format", "json").stdout)
    assert list(one[0]["requirements"][0]["controls"]) == ["password-policy"]
    assert "164.312(d)" in run(tmp_path, "explain", "mfa").stdout


@pytest.mark.parametrize("folder", ["", "results", "frameworks"])
def test_our_mappings_fit_the_schema_that_editors_use(folder: str) -> None:
    from soc2gate import yaml_lines

    schema = json.loads((SCHEMAS / "mapping.schema.json").read_text())
    for file in sorted((Path(packs.builtin()) / "mappings" / folder).glob("*.yaml")):
        jsonschema.validate(yaml_lines.load(file.read_text(), file.name).data, schema)


def test_nothing_is_an_orphan() -> None:
    """Every control with evidence of rules has a rule, every rule a control, every criterion something to say."""
    known = packs.load()
    with_rules = {rule.control for rule in known.rules.values()}
    wanted = {control.id for control in known.controls.values() if control.evidence == "rules"}
    assert wanted <= with_rules
    assert with_rules <= set(known.controls)
    claimed = {one for rule in known.rules.values() for one in known.criteria_of(rule)}
    for criterion in known.criteria.values():
        assert criterion.evidence is Strength.NONE or criterion.tool_shows or criterion.id in claimed, criterion.id
    # No framework and no engine leaves a control of rules out altogether.
    served = {
        control for one in load_frameworks().values() for item in one.requirements.values() for control in item.controls
    }
    assert {control for control in known.controls if control != "processing-controls"} - served <= {
        "data-classification-tags",
    }
    assert {check.control for one in load_checks().values() for check in one.checks.values()} >= with_rules - {"mfa"}
