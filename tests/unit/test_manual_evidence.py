"""Evidence that people bring: recorded by digest, signed and chained like all evidence, and stale like all evidence."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from evidence_support import GOOD, Done, Place
from test_period_package import checked

from soc2gate.evidence import envelope
from soc2gate.evidence.manual import FRESH, MISSING, STALE, Piece, standings
from soc2gate.expectations import ExpectedEvidence

SCHEMA = json.loads(
    (Path(envelope.__file__).parent.parent / "json_schemas" / "kept.schema.json").read_text(encoding="utf-8")
)
CONFIG = """\
evidence:
  board-minutes:
    title: Minutes of the board
    criteria: [CC1.2]
    owner: Ann Lee
    max_age_days: 92
  drill:
    title: Restore drill
    controls: [backup]
    owner: Bob Ray
"""
LEDGER = ("--ledger", "../ledger")
SIGN = (*LEDGER, "--key", "../ci.key")
READ = (*LEDGER, "--keys", "../ci.pub")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place.make(tmp_path / "repository")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    made.write(main__tf=GOOD, soc2gate__yaml=CONFIG)
    made.put("docs/minutes.pdf", "we met")
    attest(made, 1)
    return made


def attest(place: Place, month: int) -> str:
    date = f"2026-{month:02d}-01T00:00:00Z"
    commit = place.commit(GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    done = place.soc2gate("attest", *SIGN, "--now", date)
    assert done.code in (0, 1), done.err
    return commit


def add(place: Place, *more: str, now: str = "2026-01-20") -> Done:
    return place.soc2gate("evidence", "add", "--file", "docs/minutes.pdf", *SIGN, "--now", now, *more)


def statement(place: Place, number: int) -> dict[str, Any]:
    path = place.folder.parent / f"ledger/records/000/{number:09d}.dsse.json"
    return dict(envelope.unseal(path.read_bytes(), envelope.STATEMENT_TYPE).payload)


def report(place: Place, *more: str) -> dict[str, Any]:
    done = place.soc2gate("report", *READ, "--format", "json", *more)
    assert done.code in (0, 3), done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def slot(said: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in said["manual_evidence"] if one["slot"] == name)


def test_a_piece_names_the_file_by_digest_and_takes_the_rest_from_its_slot(place: Place) -> None:
    done = add(place, "--slot", "board-minutes", "--dated", "2026-01-15")
    assert done.code == 0, done.err
    said = statement(place, 2)
    jsonschema.validate(said, SCHEMA)
    sha256 = hashlib.sha256(b"we met").hexdigest()
    assert said["subject"] == [{"name": "minutes.pdf", "digest": {"sha256": sha256}}]
    evidence = said["predicate"]["evidence"]
    assert (evidence["criteria"], evidence["owner"], evidence["dated"]) == (["CC1.2"], "Ann Lee", "2026-01-15")
    assert (evidence["place"], evidence["copied"]) == ("docs/minutes.pdf", False)
    assert "we met" not in json.dumps(said)


def test_it_goes_stale_by_its_slot_or_by_its_own_term_whichever_comes_first(place: Place) -> None:
    assert add(place, "--slot", "board-minutes", "--dated", "2026-01-15").code == 0
    assert add(place, "--slot", "drill", "--valid-until", "2026-02-10").code == 0
    attest(place, 6)
    said = report(place, "--from", "2026-01-01", "--to", "2026-06-01T00:00:00Z")
    minutes, drill = slot(said, "board-minutes"), slot(said, "drill")
    assert [(one["begins"][:10], one["status"]) for one in minutes["intervals"]] == [
        ("2026-01-01", "missing"),
        ("2026-01-20", "fresh"),
        ("2026-04-18", "stale"),
    ]
    assert [(one["begins"][:10], one["status"]) for one in drill["intervals"]][1:] == [
        ("2026-01-20", "fresh"),
        ("2026-02-11", "stale"),
    ]
    assert (said["criteria"]["CC1.2"]["manual_evidence"], said["controls"]["backup"]["manual_evidence"]) == (
        "stale",
        "stale",
    )
    assert said["criteria"]["CC1.2"]["at_end"] == "manual"
    gaps = [(gap["told"], gap["owner"], gap["since"][:10]) for gap in said["gaps"] if gap["what"] == "evidence"]
    assert gaps == [
        ("Restore drill: the evidence that people bring is stale", "Bob Ray", "2026-02-11"),
        ("Minutes of the board: the evidence that people bring is stale", "Ann Lee", "2026-04-18"),
    ]


def test_what_was_promised_and_never_brought_is_missing_by_name(place: Place) -> None:
    said = report(place)
    assert {one["slot"]: one["age"] for one in said["manual_evidence"]} == {
        "board-minutes": "missing",
        "drill": "missing",
    }
    # A criterion that people show and nobody brought anything for is missing as well, and no gap was promised for it.
    assert said["criteria"]["CC1.1"]["manual_evidence"] == "missing"
    assert said["criteria"]["CC6.1"]["manual_evidence"] is None
    text = place.soc2gate("report", *READ).out
    assert "missing  board-minutes (CC1.2), Ann Lee" in text


def test_a_slot_that_was_dropped_in_the_period_is_still_told(place: Place) -> None:
    attest(place, 2)
    place.write(soc2gate__yaml="evidence:\n  drill:\n    controls: [backup]\n    owner: Bob Ray\n")
    attest(place, 3)
    assert slot(report(place, "--from", "2026-01-15", "--to", "2026-03-02T00:00:00Z"), "board-minutes")["expected"]
    after = report(place, "--from", "2026-03-02", "--to", "2026-03-03T00:00:00Z")
    assert [one["slot"] for one in after["manual_evidence"]] == ["drill"]


def test_evidence_for_no_slot_is_shown_as_what_nobody_expected(place: Place) -> None:
    done = add(place, "--criterion", "CC1.4", "--owner", "Eve", "--valid-until", "2026-12-31")
    assert done.code == 0, done.err
    attest(place, 2)
    said = report(place)
    found = slot(said, "CC1.4")
    assert (found["expected"], found["age"], found["pieces"][0]["owner"]) == (False, "fresh", "Eve")
    assert said["criteria"]["CC1.4"]["manual_evidence"] == "fresh"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--slot", "bord-minutes"), "did you mean “board-minutes”"),
        (("--criterion", "CC1.22", "--owner", "x", "--valid-until", "2027-01-01"), "CC1.22"),
        (("--control", "backups", "--owner", "x", "--valid-until", "2027-01-01"), "did you mean “backup”"),
        (("--criterion", "CC1.2", "--valid-until", "2027-01-01"), "--owner"),
        (("--criterion", "CC1.2", "--owner", "x"), "goes stale"),
        (("--slot", "drill"), "goes stale"),
        (("--slot", "board-minutes", "--dated", "2027-01-01"), "in the future"),
        (("--slot", "board-minutes", "--valid-until", "2025-01-01"), "before the day it is dated"),
        (("--slot", "board-minutes", "--dated", "15.1.2026"), "2026-12-31"),
        (("--slot", "board-minutes", "--file", "no.pdf"), "cannot read no.pdf"),
        ((), "--slot, --control or --criterion"),
    ],
)
def test_what_would_not_be_evidence_is_refused_in_words(place: Place, more: tuple[str, ...], told: str) -> None:
    done = add(place, *more)
    assert (done.code, told in done.err) == (2, True), done.err
    assert not (place.folder.parent / "ledger/records/000/000000002.dsse.json").exists()


def test_the_status_says_what_is_lacking_now(place: Place) -> None:
    assert place.soc2gate("evidence", "status", *READ, "--now", "2026-01-21").code == 3
    add(place, "--slot", "board-minutes")
    add(place, "--slot", "drill", "--valid-until", "2026-03-01")
    done = place.soc2gate("evidence", "status", *READ, "--now", "2026-03-01T23:00:00Z")
    assert (done.code, done.out.count("fresh")) == (0, 2), done.out
    assert place.soc2gate("evidence", "status", *READ, "--now", "2026-03-02").code == 3


def test_a_record_of_evidence_is_checked_like_any_other_and_its_file_with_it(place: Place) -> None:
    add(place, "--slot", "drill", "--valid-until", "2026-03-01")
    file = "../ledger/records/000/000000002.dsse.json"
    verify = ("attest", "verify", file, *READ, "--now", "2026-02-01")
    done = place.soc2gate(*verify)
    assert (done.code, done.out.count("holds")) == (0, 5), done.out
    # Past its term, with its file changed, and where a gate asks for an evaluation.
    assert place.soc2gate(*verify[:-1], "2026-03-02").code == 1
    place.put("policy.yaml", "gate: open\n")
    asked = place.soc2gate(*verify, "--policy", "policy.yaml")
    assert (asked.code, "a policy is about evaluation records" in asked.out) == (1, True)
    place.put("docs/minutes.pdf", "we never met")
    changed = place.soc2gate(*verify)
    assert (changed.code, "not at hand" in changed.out) == (3, True), changed.out
    done = place.soc2gate("attest", "reproduce", file, "--keys", "../ci.pub")
    assert (done.code, "nothing in it was judged" in done.err) == (2, True)


def test_it_is_found_by_its_control_and_does_not_shadow_what_was_judged(place: Place, tmp_path: Path) -> None:
    add(place, "--slot", "drill", "--valid-until", "2026-12-31")
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    found = place.soc2gate("attest", "find", *LEDGER, "--control", "backup", environment=cache)
    assert "urn:soc2gate:manual-evidence:1" in found.out
    at = place.soc2gate("attest", "find", *LEDGER, "--at", "2026-02-01", "--format", "json", environment=cache)
    assert [row["record"] for row in json.loads(at.out)["records"]] == [1]


@pytest.mark.parametrize("copy", [True, False])
def test_the_package_holds_the_file_where_it_is_at_hand_and_still_the_one(place: Place, copy: bool) -> None:
    outside = place.folder.parent / "minutes.pdf"
    outside.write_text("we met elsewhere")
    done = add(place, "--slot", "board-minutes", "--file", "../minutes.pdf", *(["--copy"] if copy else []))
    assert done.code == 0, done.err
    assert statement(place, 2)["predicate"]["evidence"]["place"] == ""
    attest(place, 2)
    zipped = ("report", *READ, "--format", "zip", "--key", "../ci.key", "--output", "../out.zip")
    done = place.soc2gate(*zipped)
    name = f"evidence/{hashlib.sha256(b'we met elsewhere').hexdigest()[:16]}-minutes.pdf"
    with zipfile.ZipFile(place.folder.parent / "out.zip") as archive:
        assert (name in archive.namelist()) == copy
    assert ("not at hand" in done.err) != copy
    if not copy:
        assert place.soc2gate(*zipped, "--files", "..").code == 0
        with zipfile.ZipFile(place.folder.parent / "out.zip") as archive:
            assert archive.read(name) == b"we met elsewhere"
            archive.extractall(place.folder.parent / "out")
        code, said = checked(place.folder.parent / "out")
        assert (code, said.splitlines()[-1]) == (0, "genuine")
        outside.write_text("we met somewhere else")
        assert "not at hand" in place.soc2gate(*zipped, "--files", "..").err


def test_it_may_stand_on_a_branch_where_no_copy_is_kept(place: Place) -> None:
    on_branch = (
        "evidence",
        "add",
        "--slot",
        "board-minutes",
        "--file",
        "docs/minutes.pdf",
        "--ledger",
        "git:",
        "--key",
    )
    assert place.soc2gate(*on_branch, "../ci.key").code == 0
    done = place.soc2gate(*on_branch, "../ci.key", "--copy")
    assert (done.code, "directory" in done.err) == (2, True)


def test_a_changed_or_removed_piece_is_noticed(place: Place) -> None:
    add(place, "--slot", "board-minutes")
    attest(place, 2)
    file = place.folder.parent / "ledger/records/000/000000002.dsse.json"
    file.chmod(0o644)
    file.write_text(file.read_text().replace("A", "B", 1))
    assert place.soc2gate("report", *READ).code == 1
    file.unlink()
    done = place.soc2gate("report", *READ)
    assert (done.code, "record 2 is missing" in done.err) == (1, True)


def test_configuration_that_names_a_control_nobody_has_is_told(place: Place) -> None:
    place.write(soc2gate__yaml="evidence:\n  drill:\n    controls: [bakup]\n    owner: Bob\n")
    done = place.soc2gate("config", "check")
    assert (done.code, "did you mean “backup”" in done.err) == (2, True), done.err


def test_a_later_piece_takes_over_where_the_one_before_ends() -> None:
    def piece(number: int, dated: str, until: str, recorded: str) -> Piece:
        return Piece(
            number, "s", "", (), ("CC1.2",), "f", "0" * 64, "o", dated, until, f"{recorded}T00:00:00Z", "", False, ""
        )

    pieces = [piece(1, "2026-01-01", "2026-02-28", "2026-01-05"), piece(2, "2026-02-20", "", "2026-03-10")]
    expected = {"s": (ExpectedEvidence("s", max_age_days=60), "2026-01-01T00:00:00Z")}
    (found,) = standings(pieces, expected, "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z")
    assert [(one.begins[:10], one.status, one.record) for one in found.intervals if one.begins < one.ends] == [
        ("2026-01-01", MISSING, 0),
        ("2026-01-05", FRESH, 1),
        ("2026-03-01", STALE, 1),
        ("2026-03-10", FRESH, 2),
        ("2026-04-22", STALE, 2),
    ]
    assert found.age == STALE


def test_help_teaches_by_example(place: Place) -> None:
    for command in (("evidence",), ("evidence", "add"), ("evidence", "status")):
        said = place.soc2gate(*command, "--help").out
        assert "soc2gate evidence" in said.partition("Examples:")[2]
