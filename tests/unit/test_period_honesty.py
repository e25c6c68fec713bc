"""What a sceptical auditor tries first: no report looks better for what was left out, dated back, or not read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from evidence_support import BAD, GOOD, Place
from test_period import ASK, change, place  # noqa: F401 - a fixture


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
    assert unseen[1][:12] in place.soc2gate(*ASK, "--as-of", "2026-04-30", "--format", "html").out
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
