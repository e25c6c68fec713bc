"""The report in OSCAL: valid by NIST's schema and models, and never `satisfied` for what did not hold all the time."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from test_period import CONTROL, day, finding, of_controls, record, told

from soc2gate.errors import UsageError
from soc2gate.evidence import telling
from soc2gate.output import oscal

if TYPE_CHECKING:
    from quarter import Quarter


@pytest.fixture(autouse=True, scope="module")
def somewhere_else(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package unpacks its models, 160 MB of them, below the folder it is used in."""
    before, folder = os.getcwd(), tmp_path_factory.mktemp("oscal")
    os.chdir(folder)
    yield
    os.chdir(before)
    shutil.rmtree(folder)


HOSTILE = "\x00\n</title> <script>x</script> \u202e`[a](javascript:x)"


def document(*codes: str, name: str = "sg.a", **more: Any) -> dict[str, Any]:
    records = []
    for number, code in enumerate(codes, start=1):
        rows = [{**finding(), "address": name, "control": "public-exposure"}] if code == "fail" else []
        one = record(number, "a", day(2 + number), code=code, findings=rows, until=day(31))
        records.append(of_controls(one, {**CONTROL, "owner": name, "max_age_days": 40}))
    return telling.document(told(records, "a", **{"begins": day(3), "ends": day(20), **more}))


def complaints(made: dict[str, Any]) -> list[Any]:
    """What NIST's model of this version has against a document."""
    from oscal import OSCAL

    content = OSCAL.loads(json.dumps(made))
    assert content.oscal_version in ("1.1.3", "v1.1.3")
    content.validate()
    # Every phase was really gone through: without its models the package would wave everything by.
    assert content._support.get_metaschema_index(content.oscal_version, content.model)["nodes"]
    errors: list[Any] = content.validation_errors
    return errors


SCHEMAS = {
    "assessment-results": "oscal_assessment-results_schema.json",
    "plan-of-action-and-milestones": "oscal_poam_schema.json",
}


def schema_complaints(made: dict[str, Any]) -> list[str]:
    """What NIST's JSON Schema of this version, as released, has against a document."""
    (model,) = made
    schema = json.loads((Path(__file__).parent / "oscal_schemas" / SCHEMAS[model]).read_text("utf-8"))
    assert f"/oscal/{made[model]['metadata']['oscal-version']}/" in schema["$id"]
    # Python's own jsonschema cannot compile NIST's patterns (`\\p{L}`).
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(made)]


@pytest.mark.parametrize("name", ["sg.a", HOSTILE])
def test_what_is_written_is_valid_by_nists_schema(name: str) -> None:
    for codes in (("pass", "fail"), ("pass",), ("fail", "waived"), ("unknown",), ("",), ("pass", "fail", "pass")):
        said = document(*codes, name=name)
        assert schema_complaints(oscal.assessment_results(said)) == [], codes
        if said["gaps"]:
            assert schema_complaints(oscal.plan_of_action(said)) == [], codes


KINDS = {
    "finding", "disagreement", "failing", "stale", "missing", "undecided", "owner", "evidence", "access", "scope",
}  # fmt: skip


@pytest.fixture(scope="module")
def everything(quarter: Quarter) -> dict[str, Any]:
    """A report that holds a gap of every kind: the quarter's, and those that only another moment of it has."""
    said = quarter.document()
    kinds = {gap["what"] for gap in said["gaps"]}
    # Months after the last look all evidence is stale.
    assert kinds >= KINDS - {"stale", "failing"}
    read = ("report", "--ledger", "../ledger", "--keys", "../keys.json", "--as-of")
    later = json.loads(quarter.report("json", *read, "2026-12-24"))
    stale = next(gap for gap in later["gaps"] if gap["what"] == "stale")
    # A record that counts a failure and tells none.
    counted: dict[str, Any] = telling.document(
        told([of_controls(record(1, "a", day(3), code="fail"), CONTROL)], "a", ends=day(5))
    )
    failing = next(gap for gap in counted["gaps"] if gap["what"] == "failing")
    return {**said, "gaps": [*said["gaps"], stale, failing]}


def test_every_kind_of_gap_is_valid_by_nists_schema_and_models(everything: dict[str, Any]) -> None:
    assert {gap["what"] for gap in everything["gaps"]} == KINDS
    results, plan = oscal.assessment_results(everything), oscal.plan_of_action(everything)
    for made in (results, plan):
        assert schema_complaints(made) == []
        assert complaints(made) == []
    items = plan["plan-of-action-and-milestones"]["poam-items"]
    assert len(items) == len(everything["gaps"])
    kinds = {prop["value"] for item in items for prop in item["props"] if prop["name"] == "kind"}
    assert kinds == KINDS


def test_no_two_things_have_one_id_and_every_reference_leads_somewhere(everything: dict[str, Any]) -> None:
    twice = {**everything, "gaps": [*everything["gaps"], everything["gaps"][0]]}
    for made in (oscal.assessment_results(twice), oscal.plan_of_action(twice)):
        text = json.dumps(made)
        names = re.findall(r'"uuid": "([^"]+)"', text)
        assert len(names) == len(set(names))
        led = re.findall(r'"(?:risk|observation|finding)-uuid": "([^"]+)"', text)
        assert led
        assert set(led) <= set(names)


def test_the_schema_does_notice_what_is_wrong() -> None:
    made = oscal.assessment_results(document("pass", "fail"))
    made["assessment-results"]["results"][0]["findings"] = []
    made["assessment-results"]["results"][0]["risks"][0]["status"] = " "
    made["assessment-results"]["uuid"] = "1"
    made["assessment-results"]["metadata"]["last-modified"] = "yesterday"
    del made["assessment-results"]["import-ap"]
    told = " ".join(schema_complaints(made))
    for place in ("findings", "risks/0/status", "uuid", "last-modified", "import-ap"):
        assert place in told, place


@pytest.mark.parametrize("name", ["sg.a", HOSTILE])
def test_what_is_written_is_valid_by_nists_models(name: str) -> None:
    said = document("pass", "fail", name=name)
    assert complaints(oscal.assessment_results(said)) == []
    assert complaints(oscal.plan_of_action(said)) == []
    assert complaints(oscal.assessment_results(document("pass"))) == []


def test_the_models_do_notice_what_is_wrong() -> None:
    made = oscal.assessment_results(document("pass", "fail"))
    del made["assessment-results"]["results"][0]["risks"][0]["statement"]
    made["assessment-results"]["results"][0]["observations"][0]["collected"] = "yesterday"
    assert {error["error-type"] for error in complaints(made)} >= {"missing-required", "invalid-type"}


def states(said: dict[str, Any]) -> dict[str, str]:
    rows = oscal.assessment_results(said)["assessment-results"]["results"][0]["findings"]
    return {row["target"]["target-id"]: row["target"]["status"]["state"] for row in rows}


@pytest.mark.parametrize(
    ("codes", "state"),
    [(("pass",), "satisfied"), (("pass", "fail", "pass"), "not-satisfied"), (("pass", "waived"), "not-satisfied"),
     (("unknown",), "not-satisfied"), (("",), "not-satisfied")],
)  # fmt: skip
def test_a_criterion_is_satisfied_only_if_it_held_all_the_time(codes: tuple[str, ...], state: str) -> None:
    # Of what people show, nothing is said.
    assert states(document(*codes)) == {"CC6.6": state}


def test_time_before_the_first_record_is_not_satisfied() -> None:
    assert states(document("pass", begins=day(1))) == {"CC6.6": "not-satisfied"}


def test_every_gap_is_an_item_and_nothing_open_is_no_plan() -> None:
    said = document("pass", "fail")
    items = oscal.plan_of_action(said)["plan-of-action-and-milestones"]["poam-items"]
    assert len(items) == len(said["gaps"]) == 1
    with pytest.raises(UsageError):
        oscal.plan_of_action(document("pass"))


def test_the_same_report_has_the_same_bytes() -> None:
    assert oscal.assessment_results(document("fail")) == oscal.assessment_results(document("fail"))
