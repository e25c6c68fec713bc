"""What a sceptical auditor tries first: no report looks better for what was left out, dated back, or not read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from evidence_support import BAD, GOOD, Place
from test_period import ASK, change, day, finding, place, record, told  # noqa: F401 - a fixture

from soc2gate.evidence import telling
from soc2gate.evidence.ledger import Record


def asked(place: Place, *more: str) -> tuple[int, dict[str, Any]]:  # noqa: F811
    done = place.soc2gate(*ASK, *more, "--format", "json")
    assert done.code in (0, 3), done.err
    return done.code, json.loads(done.out)


def test_changes_after_the_last_recorded_head_are_not_passed_over(place: Place) -> None:  # noqa: F811
    """The pipeline was switched off in March: a report on April must not say that nothing happened."""
    change(place, GOOD, 1)
    unseen = [change(place, GOOD + "\n" * number, 1 + number, attest=False) for number in (1, 2)]
    code, made = asked(place, "--from", "2026-04-01", "--to", "2026-04-30")
    assert code == 3
    assert made["population"]["commits"] == 0
    assert made["population"]["never_recorded_after"] == unseen
    text = place.soc2gate(*ASK, "--from", "2026-04-01", "--to", "2026-04-30").out
    assert "2 more follow the last head" in text
    assert unseen[1][:12] in text
    page = place.soc2gate(*ASK, "--as-of", "2026-04-30", "--format", "html").out
    assert unseen[1][:12] in page
    assert "2 changes after the last recorded head have no record" in page
    # Once a later head is recorded, they lie between two recorded heads.
    change(place, GOOD + "\n" * 5, 9)
    code, made = asked(place, "--from", "2026-03-01T04:00:00Z", "--to", "2026-04-30")
    states = [row["state"] for row in made["population"]["members"]]
    assert (states, made["population"]["never_recorded_after"]) == (["unattested"] * 2 + ["attested"], [])


def test_attesting_the_first_head_again_hides_nothing_of_the_period(place: Place) -> None:  # noqa: F811
    first = change(place, GOOD, 1)
    change(place, BAD, 2)
    last = change(place, GOOD + "\n", 5)
    before = asked(place, "--from", first, "--to", last)[1]
    for again in (first, last):
        done = place.soc2gate(
            "attest", "--key", "../ci.key", "--ledger", "../ledger", "--commit", again, "--now", "2026-03-09T00:00:00Z"
        )
        assert done.code == 0, done.err
    after = asked(place, "--from", first, "--to", last)[1]
    assert before["period"]["begins"] == after["period"]["begins"] == "2026-03-01T01:00:00Z"
    assert [row["told"] for row in before["deviations"]] == [row["told"] for row in after["deviations"]] != []
    # A head that is still the newest was looked at again: that does go on.
    assert after["period"]["ends"] == "2026-03-09T00:00:00Z"
    earlier = asked(place, "--from", first, "--to", f"{last}^")[1]
    assert earlier["period"]["ends"] == "2026-03-01T02:00:00Z"


@pytest.mark.parametrize(
    ("start", "end", "begins", "ends"),
    [
        ("2026-03-01", "2026-03-02", "2026-03-01T00:00:00Z", "2026-03-02T23:59:59Z"),
        ("2026-03-01T01:30:00+02:00", "2026-03-02T12:00:00-05:00", "2026-02-28T23:30:00Z", "2026-03-02T17:00:00Z"),
    ],
)
def test_a_day_is_meant_whole_and_a_time_by_its_own_zone(
    place: Place,  # noqa: F811
    start: str,
    end: str,
    begins: str,
    ends: str,
) -> None:
    change(place, GOOD, 1)
    period = asked(place, "--from", start, "--to", end)[1]["period"]
    assert (period["begins"], period["ends"]) == (begins, ends)


GAP = {"weight": "gap", "stage": "terraform", "message": "a module is missing", "place": ""}
BROKEN = GAP | {"weight": "broken", "message": "a file cannot be read"}
DENIED = GAP | {"stage": "collect", "message": "could not look"}
SIDE = {"pass": 0, "fail": 0, "waived": 0, "unknown": 0, "not_applicable": 0}


def seen(number: int, *, problems: list[dict[str, str]], status: str = "fail", judged: int = 1, **more: Any) -> Record:
    """A record in which `judged` resources were judged by the rule on each side."""
    made = record(number, "abcdef"[number - 1], day(number + 1), said=status, **more)
    made.predicate["not_looked_at"]["problems"] = problems
    for row in made.predicate["populations"]:
        row["declared"] = row["live"] = SIDE | {"pass": judged}
    return made


@pytest.mark.parametrize(
    ("problems", "status", "judged", "side", "word"),
    [
        # Nothing was left out, or nothing that could fail this criterion.
        ([], "fail", 0, "declared", "resolved"),
        ([BROKEN], "pass", 0, "declared", "resolved"),
        # As many as before were judged: it was put right in its place.
        ([GAP], "fail", 1, "declared", "resolved"),
        ([GAP], "no_data", 0, "declared", "undecided"),
        ([BROKEN], "fail", 1, "declared", "undecided"),
        # What was not looked at in the account says nothing of code, and the other way round.
        ([DENIED], "fail", 0, "declared", "resolved"),
        ([DENIED], "fail", 0, "live", "undecided"),
        ([BROKEN], "fail", 0, "live", "resolved"),
    ],
)
def test_a_failure_that_went_out_of_sight_is_not_resolved(
    problems: list[dict[str, str]], status: str, judged: int, side: str, word: str
) -> None:
    first = seen(1, problems=[], live="fail", findings=[finding(side=side)])
    second = seen(2, problems=problems, status=status, judged=judged, live="fail")
    (deviation,) = told([first, second], "a", "b").deviations
    assert (deviation.closed, deviation.closed_as) == (day(3), word)
    if word == "undecided":
        back = seen(3, problems=[], live="fail", findings=[finding(side=side)])
        (deviation,) = told([first, second, back], "a", "b", "c").deviations
        assert (deviation.opened, deviation.closed, deviation.closed_as) == (day(2), "", ""), "it was there all along"
        looked = [seen(3, problems=problems, status=status, judged=0, live="fail"), seen(4, problems=[], live="pass")]
        (deviation,) = told([first, second, *looked], "a", "b", "c", "d").deviations
        assert (deviation.closed, deviation.closed_by, deviation.closed_as) == (day(5), 4, "resolved")


# A rule of another tool stands in a record only where that tool said something: its pack is not ours.
@pytest.mark.parametrize(("pack", "word"), [("r2", "not_asked"), ("r1", "resolved")])
def test_a_failure_whose_rule_was_taken_out_is_not_resolved(pack: str, word: str) -> None:
    first = record(1, "a", day(2), code="fail", findings=[finding()])
    second = record(2, "b", day(3), rules=pack)
    second.predicate["populations"][0]["rule"] = "another"
    (deviation,) = told([first, second], "a", "b").deviations
    assert (deviation.closed, deviation.closed_as) == (day(3), word)


def test_a_difference_that_went_out_of_sight_is_not_resolved() -> None:
    changed = {
        "difference": "changed", "address": "sg.a", "property": "Ingress", "severity": "high", "kind": "K",
        "criteria": ["CC6.6"], "fingerprint": "d", "waived": False,
    }  # fmt: skip
    first = seen(1, problems=[], live="fail", disagreements=[changed])
    first.predicate["inputs"][1]["kinds"] = {"K": 2}
    for kinds, word in (({"K": 2}, "resolved"), ({"K": 1, "L": 5}, "undecided")):
        second = seen(2, problems=[DENIED], live="fail")
        second.predicate["inputs"][1]["kinds"] = kinds
        (deviation,) = told([first, second], "a", "b").deviations
        assert deviation.closed_as == word


def test_attesting_one_snapshot_often_is_one_look_and_one_without_an_answer_is_none() -> None:
    records = [record(number, "a", day(number + 1), live="pass") for number in (1, 2, 3)]
    for one in records:
        one.predicate["inputs"][1]["observed_at"] = day(2)
    assert told(records, "a", ends=day(9), verify_every_hours=48).verifications == (day(2),)
    records[2].predicate["inputs"][1] |= {"observed_at": day(4), "regions_read": []}
    made = told(records, "a", ends=day(9), verify_every_hours=48)
    assert made.verifications == (day(2),)
    assert [(gap.begins, gap.ends) for gap in made.verification_gaps] == [(day(2), day(9))]


def test_of_what_no_workflow_reported_nothing_is_said() -> None:
    records = [
        record(1, "a", day(2), reported={"direct_push": False}),
        record(2, "b", day(3), reported={"direct_push": True, "approvals": [{"bound": True}]}),
    ]
    made = telling.document(told(records, "a", "b", "c"))
    population: Any = made["population"]
    assert population["reported"] == {
        "pull_request": 0, "final_commit": 0, "approvals": 1, "merged_by": 0, "bypassed_protection": 0,
        "signature_verified": 0, "direct_push": 2,
    }  # fmt: skip
    text = telling.text(told(records, "a", "b", "c"))
    assert "direct pushes of 2, bypassed protection of 0, approvals of 1 changes; of the others nobody says" in text


def test_a_record_that_is_dated_back_is_named(place: Place) -> None:  # noqa: F811
    change(place, GOOD, 1)
    change(place, GOOD + "\n", 9)
    said = asked(place)[1]
    assert (said["turned_back"], said["anchored_at"]) == ([], None)
    assert "no head was given: records that were cut off at the end of the ledger" in place.soc2gate(*ASK).out
    head = f"2:{said['records']['2']}"
    assert asked(place, "--anchor", head)[1]["anchored_at"] == 2
    assert "no head was given" not in place.soc2gate(*ASK, "--anchor", head).out
    change(place, GOOD + "\n\n", 2)
    (row,) = asked(place, "--sample", "1", "--seed", "spring")[1]["turned_back"]
    assert row == {"record": 3, "at": "2026-03-01T02:00:00Z", "after": 2, "after_at": "2026-03-01T09:00:00Z"}
    done = place.soc2gate(*ASK, "--sample", "1", "--seed", "spring")
    assert "record 3 says 2026-03-01T02:00:00Z, and was made after record 2" in done.out
    assert "“spring:COMMIT”" in done.out
    page = place.soc2gate(*ASK, "--sample", "1", "--seed", "spring", "--format", "html").out
    assert "spring:COMMIT" in page
    assert 'says <time datetime="2026-03-01T02:00:00Z">' in page
