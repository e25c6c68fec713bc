"""What a build server is given: a case for each rule and resource, and nothing green that nobody looked at."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
import runs_for_tests as given

from soc2gate.output import junit


def the_cases() -> dict[tuple[str, str, str], ElementTree.Element]:
    top = ElementTree.fromstring(junit.render(given.a_run()))
    return {
        (suite.get("name", ""), case.get("classname", ""), case.get("name", "")): case
        for suite in top
        for case in suite
    }


def test_there_is_a_case_for_each_rule_and_resource() -> None:
    cases = the_cases()
    assert len(cases) == len(given.a_run().findings) - 1 + len(given.a_run().disagreements) + 2
    failure = cases["declared: .", "no-ssh", "aws_security_group.web"].find("failure")
    assert failure is not None
    assert failure.get("message") == "port 22 is open to 0.0.0.0/0"
    assert "fix: Limit `cidr_blocks`." in (failure.text or "")


def test_undecided_denied_and_unread_are_errors() -> None:
    top = ElementTree.fromstring(junit.render(given.a_run()))
    assert top.get("errors") == "4"
    stages = {case.get("classname") for case in top.iter("testcase") if case.find("error") is not None}
    assert stages == {"encrypted", "disagreement.undecided", "problem.terraform", "problem.collect"}


def test_counts_add_up() -> None:
    top = ElementTree.fromstring(junit.render(given.a_run()))
    told = {name: int(top.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}
    assert told == {"tests": 11, "failures": 4, "errors": 4, "skipped": 2}


def test_what_was_accepted_is_skipped_and_says_until_when() -> None:
    skipped = the_cases()["declared: .", "encrypted", "aws_s3_bucket.logs"].find("skipped")
    assert skipped is not None
    assert "approved by grace@example.org, until 2027-01-31" in skipped.get("message", "")


def test_a_case_says_its_file_and_line() -> None:
    case = the_cases()["declared: .", "no-ssh", "aws_security_group.web"]
    assert (case.get("file"), case.get("line")) == ("main.tf", "7")


@pytest.mark.parametrize("text", [given.HOSTILE, "]]><testcase/>", '\x00\x0b\ufffe\ud800 & < "'])
def test_any_name_is_well_formed_xml(text: str) -> None:
    top = ElementTree.fromstring(junit.render(given.hostile(given.a_run(), text)))
    assert {element.tag for element in top.iter()} == {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
    }


def test_a_run_without_findings_is_still_a_document() -> None:
    run = replace(given.a_run(), findings=(), disagreements=(), problems=())
    assert ElementTree.fromstring(junit.render(run)).get("tests") == "0"


def test_what_was_there_before_fails_no_build() -> None:
    top = ElementTree.fromstring(junit.render(given.a_change()))
    assert (top.get("failures"), top.get("errors"), top.get("skipped")) == ("1", "0", "2")
    said = [skipped.get("message", "") for skipped in top.iter("skipped")]
    assert all(message.startswith("there before: ") for message in said)
