"""What a report says of a period: every change by name, every moment of a criterion, nothing greener than it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from evidence_support import BAD, GOOD, Place
from hypothesis import given, settings
from hypothesis import strategies as st

from soc2gate.errors import EvidenceError
from soc2gate.evidence import envelope, form, telling
from soc2gate.evidence.envelope import Envelope
from soc2gate.evidence.form import Rows
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.period import Report, Window, report
from soc2gate.evidence.repository import Change
from soc2gate.evidence.standing import Interval
from soc2gate.evidence.statement import Link
from soc2gate.packs import load as load_rules

VERDICTS = ("pass", "fail", "waived", "unknown", "not_applicable")


def day(number: int, hour: int = 0) -> str:
    return f"2026-03-{number:02d}T{hour:02d}:00:00Z"


def record(
    sequence: int,
    commit: str,
    at: str,
    *,
    code: str = "",
    live: str = "",
    said: str = "",
    until: str = day(31),
    findings: list[dict[str, Any]] | None = None,
    disagreements: list[dict[str, Any]] | None = None,
    reported: dict[str, Any] | None = None,
    rules: str = "r1",
    paths: tuple[str, ...] = (".",),
    tree: str = "",
) -> Record:
    """One rule that serves CC6.6; `code` and `live` are its verdicts, `said` is the record's own word for CC6.6."""
    sides = {
        side: {name: int(name == verdict) for name in VERDICTS} | {"resources": int(bool(verdict)), "judged": 1}
        for side, verdict in (("declared", code), ("live", live))
    }
    inputs: list[dict[str, Any]] = [{"name": "declared"}]
    if live:
        regions = {"regions_asked": ["eu-west-1", "us-east-1"], "regions_read": ["eu-west-1"], "failed_calls": 2}
        inputs.append({"name": "live:aws:1", **regions})
    predicate = {
        "scope": {"paths": list(paths)},
        "inputs": inputs,
        "criteria": [
            {"id": "CC6.6", "status": said or "", "fresh_until": until},
            {"id": "CC1.1", "status": "manual", "fresh_until": None},
        ],
        "populations": [{"rule": "ssh", "criteria": ["CC6.6"], **sides}],
        "findings": findings or [],
        "disagreements": disagreements or [],
        "policies": [{"name": "rules", "digest": {"sha256": rules}}],
        "evaluator": {"version": "1"},
        "waivers": [],
        "not_looked_at": {"problems": []},
        "change": {"reported": {name: {"value": value, "origin": "x"} for name, value in (reported or {}).items()}},
    }
    nothing = Envelope({}, "", b"", ())
    return Record(sequence, "", nothing, predicate, commit, tree or f"tree-{commit}", at, at, Link(sequence, ""))


def told(records: list[Record], *commits: str, begins: str = day(1), ends: str = day(20), first: int = 0,
         **more: Any) -> Report:  # fmt: skip
    line = tuple(Change(commit, f"tree-{commit}", 1, day(1)) for commit in commits)
    return report(records, Window(line, first, begins, ends), **{"late_after_hours": 0, **more})


def of(made: Report, criterion: str = "CC6.6") -> list[tuple[str, str, str]]:
    found = made.criteria[criterion]
    return [(one.begins[8:10], one.ends[8:10], one.status) for one in found if one.begins < one.ends]


def finding(
    fingerprint: str = "f", verdict: str = "fail", side: str = "declared", waived: bool = False
) -> dict[str, Any]:
    return {
        "rule": "ssh", "address": "sg.a", "side": side, "verdict": verdict, "severity": "high",
        "criteria": ["CC6.6"], "fingerprint": fingerprint, "waived": waived,
    }  # fmt: skip


def test_how_a_criterion_stood_is_told_for_every_moment() -> None:
    made = told(
        [
            record(1, "a", day(3), code="pass"),
            record(2, "b", day(5), code="fail"),
            record(3, "c", day(8), code="waived"),
            record(4, "d", day(9), code="pass"),
        ],
        "a", "b", "c", "d",
    )  # fmt: skip
    assert of(made) == [
        ("01", "03", "no_data"),
        ("03", "05", "pass"),
        ("05", "08", "fail"),
        ("08", "09", "waived"),
        ("09", "20", "pass"),
    ]
    assert of(made, "CC1.1")[-1] == ("03", "20", "manual")


def test_evidence_that_went_stale_is_no_data_and_not_a_pass() -> None:
    made = told([record(1, "a", day(3), code="pass", until=day(10)), record(2, "b", day(15), code="pass")], "a", "b")
    assert of(made) == [
        ("01", "03", "no_data"),
        ("03", "10", "pass"),
        ("10", "15", "no_data"),
        ("15", "20", "pass"),
    ]


def test_a_scan_of_code_does_not_make_a_failing_account_green() -> None:
    made = told(
        [
            record(1, "a", day(3), code="pass", live="fail"),
            record(2, "b", day(5), code="pass"),
            record(3, "b", day(9), code="pass", live="pass"),
        ],
        "a", "b",
    )  # fmt: skip
    assert of(made)[1:] == [("03", "09", "fail"), ("09", "20", "pass")]


def test_an_account_not_looked_at_any_more_is_no_data() -> None:
    made = told(
        [record(1, "a", day(3), code="pass", live="pass", until=day(7)), record(2, "b", day(5), code="pass")], "a", "b"
    )
    assert of(made)[1:] == [("03", "07", "pass"), ("07", "20", "no_data")]


def test_what_a_record_could_not_see_in_full_is_unknown() -> None:
    made = told([record(1, "a", day(3), code="pass", said="unknown")], "a")
    assert of(made)[-1] == ("03", "20", "unknown")


def test_a_late_record_of_an_old_commit_does_not_change_how_things_stand() -> None:
    made = told([record(1, "b", day(4), code="fail"), record(2, "a", day(6), code="pass")], "a", "b")
    assert of(made)[-1] == ("04", "20", "fail")
    late = {member.change.commit: member.late for member in made.members}
    assert "after record 1 of a later commit" in late["a"]
    assert late["b"] == ""


def test_lateness_by_the_clock_is_told_apart() -> None:
    made = told([record(1, "a", day(4), code="pass")], "a", late_after_hours=24)
    assert "the commit says" in made.members[0].late
    assert told([record(1, "a", day(1, 23), code="pass")], "a", late_after_hours=24).members[0].late == ""


def test_a_squashed_commit_is_attested_by_its_tree_and_a_stranger_is_off_the_branch() -> None:
    made = told(
        [record(1, "pr-head", day(3), code="pass", tree="tree-b"), record(2, "other", day(4), code="fail")], "a", "b"
    )
    assert [(member.change.commit, member.state) for member in made.members] == [
        ("a", "unattested"),
        ("b", "attested_by_tree"),
    ]
    assert [one.commit for one in made.off_branch] == ["other"]
    assert of(made)[-1] == ("03", "20", "pass")


def test_bypasses_and_direct_pushes_are_named() -> None:
    reported = {"direct_push": True, "bypassed_protection": True, "approvals": [{"by": "x", "bound": False}]}
    made = told([record(1, "a", day(3), reported=reported), record(2, "b", day(4))], "a", "b")
    assert made.members[0].remarks == ("direct push", "protection bypassed", "approved before its last change")
    assert made.members[1].remarks == ()


def test_every_failure_is_told_those_fixed_quickly_too() -> None:
    made = told(
        [
            record(1, "a", day(3), code="fail", findings=[finding("quick"), finding("long")]),
            record(2, "b", day(3, 1), code="fail", findings=[finding("long")]),
            record(3, "c", day(6), code="fail", findings=[finding("long", waived=True), finding("lost")]),
            record(4, "d", day(7), code="unknown", findings=[finding("lost", "unknown")]),
            record(5, "e", day(9), code="fail", findings=[finding("new")]),
        ],
        "a", "b", "c", "d", "e",
    )  # fmt: skip
    rows = [(item.fingerprint, item.opened, item.closed, item.closed_as) for item in made.deviations]
    assert rows == [
        ("quick", day(3), day(3, 1), "resolved"),
        ("long", day(3), day(6), "waived"),
        ("lost", day(6), day(7), "undecided"),
        ("new", day(9), "", ""),
    ]


def test_a_live_failure_is_closed_only_by_looking_again() -> None:
    changed = {
        "difference": "changed", "address": "sg.a", "property": "Ingress", "severity": "high",
        "criteria": ["CC6.6"], "fingerprint": "d", "waived": False,
    }  # fmt: skip
    records = [
        record(1, "a", day(3), live="fail", findings=[finding(side="live")], disagreements=[changed]),
        record(2, "b", day(4), code="pass"),
        record(3, "c", day(5), code="pass", paths=("other",), live="pass"),
    ]
    assert all(not item.closed for item in told(records, "a", "b", "c").deviations)
    records.append(record(4, "c", day(6), live="pass"))
    assert [(item.what, item.closed) for item in told(records, "a", "b", "c").deviations] == [
        ("finding", day(6)),
        ("disagreement", day(6)),
    ]


def test_what_was_open_before_the_period_is_told_and_what_was_closed_before_is_not() -> None:
    records = [
        record(1, "a", day(2), code="fail", findings=[finding("early"), finding("open")]),
        record(2, "b", day(3), code="fail", findings=[finding("open")]),
        record(3, "c", day(12), code="pass"),
    ]
    made = told(records, "a", "b", "c", first=2, begins=day(10))
    assert [item.fingerprint for item in made.deviations] == ["open"]
    assert of(made) == [("10", "12", "fail"), ("12", "20", "pass")]


def test_changed_rules_and_unread_regions_are_named() -> None:
    made = told([record(1, "a", day(3), live="pass"), record(2, "b", day(4), live="pass", rules="r2")], "a", "b")
    assert [(row["what"], row["at"], row["before"], row["after"]) for row in made.policy_changes] == [
        ("rules", day(4), "r1", "r2")
    ]
    scope: Any = telling.document(made)["live_scope"]
    assert scope["live:aws:1"]["regions_never_read"] == ["us-east-1"]
    assert scope["live:aws:1"]["failed_calls"] == 4


def test_every_gap_between_verifications_has_its_duration() -> None:
    records = [
        record(1, "a", day(2), live="pass"),
        record(2, "a", day(3), live="pass"),
        record(3, "a", day(9), live="pass"),
    ]
    made = told(records, "a", ends=day(9, 5), verify_every_hours=30)
    assert [(gap.begins, gap.ends) for gap in made.verification_gaps] == [(day(3), day(9))]
    assert told([], "a", verify_every_hours=30).verification_gaps == (Interval(day(1), day(20), "no_verification"),)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(2, 25),
            st.sampled_from(["pass", "fail", "waived", "unknown", ""]),
            st.sampled_from(["pass", "fail", "unknown", ""]),
            st.integers(1, 28),
        ),
        max_size=6,
    )
)
def test_intervals_cover_the_period_once_and_pass_needs_fresh_evidence(steps: list[tuple[int, str, str, int]]) -> None:
    records = [
        record(number, "a", day(at), code=code, live=live, until=day(min(28, at + age)))
        for number, (at, code, live, age) in enumerate(sorted(steps), start=1)
    ]
    made = told([record(99, "a", day(28)), *records], "a", ends=day(27))
    found = [one for one in made.criteria.get("CC6.6", ()) if one.begins < one.ends]
    for before, after in pairwise(found):
        assert before.ends == after.begins
        assert before.status != after.status
    if found:
        assert (found[0].begins, found[-1].ends) == (day(1), day(27))
    for one in found:
        for number in range(int(one.begins[8:10]), int(one.ends[8:10])):
            fresh = [at for at, *said, age in steps if "pass" in said and at <= number < min(28, at + age)]
            assert fresh or one.status != "pass", number


@given(
    st.lists(
        st.tuples(
            st.integers(2, 25),
            st.sampled_from(["pass", "pass", "pass", "fail", "unknown"]),
            st.sampled_from(["pass", "", ""]),
            st.integers(1, 28),
        ),
        max_size=12,
    )
)
def test_a_year_read_with_equal_parts_shared_tells_what_plain_records_tell(
    steps: list[tuple[int, str, str, int]],
) -> None:
    records = [
        record(number, "a", day(at), code=code, live=live, until=day(min(31, at + age)))
        for number, (at, code, live, age) in enumerate(sorted(steps), start=1)
    ]
    known: dict[str, Any] = {}
    shared = []
    for one in records:
        said = dict(one.predicate)
        rows = Rows((("CC6.6", "", 0), ("CC1.1", "manual", -1)), (said["criteria"][0]["fresh_until"],))
        said["populations"] = known.setdefault(str(said["populations"]), said["populations"])
        said["criteria"] = Rows(known.setdefault("rows", rows.shared), rows.times)
        shared.append(replace(one, predicate=said))
    assert told(shared, "a", ends=day(27)).criteria == told(records, "a", ends=day(27)).criteria


# --- controls ---------------------------------------------------------------------------------------------------------


CONTROL = {
    "id": "public-exposure", "statement": "Nothing is open.", "criteria": ["CC6.6"], "evidence": "rules",
    "max_age_days": 7, "owner": "Platform team",
}  # fmt: skip


def of_controls(one: Record, *described: dict[str, Any], problems: int = 0, observed_at: str = "") -> Record:
    """The same record with its rule under the control public-exposure, described or not."""
    said = dict(one.predicate)
    said["populations"] = [{**row, "control": "public-exposure", "severity": "high"} for row in said["populations"]]
    said["findings"] = [{**row, "control": "public-exposure"} for row in said["findings"]]
    said["not_looked_at"] = {"problems": [{"message": "denied"}] * problems}
    if observed_at:
        said["inputs"] = [*said["inputs"][:1], *({**row, "observed_at": observed_at} for row in said["inputs"][1:])]
    if described:
        said["controls"] = list(described)
    return replace(one, predicate=said)


def stood(made: Report, control: str = "public-exposure") -> list[tuple[str, str, str]]:
    found = made.controls[control].intervals
    return [(one.begins[8:10], one.ends[8:10], one.status) for one in found if one.begins < one.ends]


def test_a_control_goes_stale_at_its_own_age_and_its_owner_is_named() -> None:
    made = told([of_controls(record(1, "a", day(3), code="pass"), CONTROL)], "a")
    assert stood(made) == [("01", "03", "no_data"), ("03", "10", "pass"), ("10", "20", "no_data")]
    control = made.controls["public-exposure"]
    assert (control.owner, control.age) == ("Platform team", "stale")
    assert [(look.record, look.at, look.fresh_until) for look in control.looks] == [(1, day(3), day(10))]
    assert [(gap.what, gap.owner, gap.severity, gap.since) for gap in made.gaps] == [
        ("stale", "Platform team", "high", day(10))
    ]


def test_evidence_is_as_old_as_the_snapshot_it_rests_on() -> None:
    seen = of_controls(record(1, "a", day(5), live="pass"), CONTROL, observed_at=day(2))
    assert stood(told([seen], "a")) == [("01", "05", "no_data"), ("05", "09", "pass"), ("09", "20", "no_data")]


def test_a_record_that_describes_no_controls_is_fresh_as_long_as_their_criteria() -> None:
    made = told([of_controls(record(1, "a", day(3), code="pass", until=day(12)))], "a")
    assert stood(made) == [("01", "03", "no_data"), ("03", "12", "pass"), ("12", "20", "no_data")]
    assert made.controls["public-exposure"].max_age_days is None


def test_a_control_is_not_green_where_something_was_not_looked_at_and_nothing_says_it_was_not_its_own() -> None:
    for said, problems, expected in (("unknown", 1, "unknown"), ("fail", 1, "unknown"), ("pass", 1, "pass"),
                                     ("fail", 0, "pass")):  # fmt: skip
        one = of_controls(record(1, "a", day(3), code="pass", said=said), CONTROL, problems=problems)
        assert stood(told([one], "a", ends=day(4)))[-1] == ("03", "04", expected), said


def test_a_control_without_any_evidence_is_missing_and_one_that_people_show_is_not_dated() -> None:
    people = {**CONTROL, "id": "malware-protection", "evidence": "people"}
    made = told([of_controls(record(1, "a", day(3)), CONTROL, people)], "a", ends=day(4))
    assert {name: one.age for name, one in made.controls.items()} == {
        "public-exposure": "missing",
        "malware-protection": "not_dated",
    }
    assert [gap.what for gap in made.gaps] == ["missing"]


def test_gaps_come_by_severity_then_exposure_then_age() -> None:
    def open_at(address: str, severity: str, control: str) -> dict[str, Any]:
        return {**finding(address), "address": address, "severity": severity, "control": control}

    early = [open_at("old", "high", "backup"), open_at("mild", "medium", "public-exposure")]
    late = [*early, open_at("open", "high", "public-exposure"), open_at("young", "high", "backup")]
    made = told(
        [
            record(1, "a", day(3), code="fail", findings=early),
            record(2, "b", day(5), code="fail", findings=[*late, open_at("worst", "critical", "backup")]),
        ],
        "a", "b",
    )  # fmt: skip
    assert [gap.told.split()[2] for gap in made.gaps] == ["worst", "open", "old", "young", "mild"]
    assert made.gaps[2].seconds == 17 * 86400


# --- the installed command, on real repositories ---------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place.make(tmp_path / "repository")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    return made


def change(place: Place, text: str, hour: int, attest: bool = True) -> str:
    date = f"2026-03-01T{hour:02d}:00:00Z"
    place.put("main.tf", text)
    commit = place.commit(GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    if attest:
        done = place.soc2gate("attest", "--key", "../ci.key", "--ledger", "../ledger", "--now", date)
        assert done.code in (0, 1), done.err
    return commit


ASK = ("report", "--ledger", "../ledger", "--keys", "../ci.pub")


def test_a_period_is_told_from_real_records(place: Place) -> None:
    place.put("soc2gate.yaml", "control_owners:\n  public-exposure: Platform team\n")
    first = change(place, GOOD, 1)
    bad = change(place, BAD, 2)
    unseen = change(place, BAD + "\n", 3, attest=False)
    change(place, GOOD + "\n", 5)
    done = place.soc2gate(*ASK, "--from", first, "--to", "main", "--format", "json", "--sample", "2", "--seed", "x")
    assert done.code == 3, done.err
    made = json.loads(done.out)
    states = {row["commit"]: row["state"] for row in made["population"]["members"]}
    assert states[bad] == "attested"
    assert states[unseen] == "unattested"
    assert first not in states
    criterion = made["criteria"]["CC6.6"]
    assert criterion["seconds"]["fail"] == 3 * 3600
    (deviation,) = [row for row in made["deviations"] if row["told"].startswith("sg-no-ssh")]
    assert (deviation["closed_as"], deviation["seconds"]) == ("resolved", 3 * 3600)
    assert len(made["sample"]) == 2
    control = made["controls"]["public-exposure"]
    assert control["seconds"]["fail"] == 3 * 3600
    assert control["evidence"]["age"] == "missing", "nothing is left that its rules could judge"
    told_in_text = place.soc2gate(*ASK, "--from", first, "--to", "main").out
    assert "Platform team" in told_in_text
    assert f"{unseen[:12]}  no record" in told_in_text
    moment = json.loads(place.soc2gate(*ASK, "--as-of", bad, "--format", "json").out)
    assert moment["criteria"]["CC6.6"]["at_end"] == "fail"
    assert moment["population"]["commits"] == 1
    control = moment["controls"]["public-exposure"]
    (newest,) = control["evidence"]["newest"]
    record_file = place.folder.parent / f"ledger/records/000/{newest['record']:09d}.dsse.json"
    assert newest["sha256"] == hashlib.sha256(record_file.read_bytes()).hexdigest()
    assert (control["owner"], control["evidence"]["age"]) == ("Platform team", "fresh")
    by_date = json.loads(place.soc2gate(*ASK, "--as-of", "2026-03-01T04:00:00Z", "--format", "json").out)
    assert by_date["period"]["to"] == bad
    dates = json.loads(
        place.soc2gate(*ASK, "--from", "2026-03-01T01:30:00Z", "--to", "2026-03-02", "--format", "json").out
    )
    assert [row["commit"] for row in dates["population"]["members"]] == list(states)


def test_nothing_is_told_of_a_ledger_that_does_not_hold(place: Place) -> None:
    change(place, GOOD, 1)
    change(place, BAD, 2)
    record_file = place.folder.parent / "ledger/records/000/000000001.dsse.json"
    record_file.chmod(0o644)
    record_file.write_bytes(record_file.read_bytes().replace(b'"sig":"M', b'"sig":"N'))
    done = place.soc2gate(*ASK)
    assert (done.code, done.out) == (1, "")
    assert "record 1" in done.err


def test_a_rewritten_branch_and_a_shallow_clone_are_refused(place: Place, tmp_path: Path) -> None:
    gone = change(place, GOOD, 1)
    place.put("main.tf", BAD)
    place.git("add", "-A")
    place.git("commit", "-q", "--amend", "-m", "forced")
    done = place.soc2gate(*ASK, "--from", gone)
    assert done.code == 2
    assert "rewritten" in done.err
    whole = json.loads(place.soc2gate(*ASK, "--format", "json").out)
    assert [row["commit"] for row in whole["off_branch"]] == [gone]
    change(place, GOOD, 2)
    place.git("clone", "-q", "--depth", "1", f"file://{place.folder}", str(tmp_path / "shallow"))
    done = Place(tmp_path / "shallow").soc2gate(*ASK)
    assert done.code == 2
    assert "shallow" in done.err


FORBIDDEN = ("compliant", "certified", "certificate", "certify")


def without_the_catalogue(text: str) -> str:
    """Rules and controls may speak of TLS certificates; what is said of a company may not."""
    catalogue = load_rules(())
    for quoted in (*catalogue.rules, *(control.statement for control in catalogue.controls.values())):
        text = text.replace(quoted, "")
    return text


def test_nothing_we_print_or_sign_says_more_than_a_record_can(place: Place) -> None:
    change(place, BAD, 1)
    change(place, GOOD, 2)
    record_file = "../ledger/records/000/000000001.dsse.json"
    said = [place.soc2gate(*command).out for command in (
        ("attest", "--help"), ("attest", "find", "--help"), ("attest", "verify", "--help"),
        ("attest", "reproduce", "--help"), ("report", "--help"),
        ("keygen", "--help"), ASK, ("evidence", "--help"), ("evidence", "add", "--help"),
        ("evidence", "status", "--help"), ("access-review", "--help"), ("access-review", "record", "--help"),
        (*ASK, "--format", "json"),
        (*ASK, "--format", "html"), (*ASK, "--format", "csv"), (*ASK, "--format", "oscal"),
        (*ASK, "--format", "oscal-poam"),
        ("attest", "verify", record_file, "--keys", "../ci.pub", "--ledger", "../ledger"),
        ("attest", "reproduce", record_file, "--keys", "../ci.pub"),
    )]  # fmt: skip
    assert all(said)
    opened = envelope.unseal((place.folder / record_file).read_bytes(), envelope.STATEMENT_TYPE)
    said.append(json.dumps(opened.payload))
    schemas = Path(envelope.__file__).parent.parent / "json_schemas"
    said += [
        (schemas / name).read_text("utf-8") for name in ("statement.md", "statement.schema.json", "kept.schema.json")
    ]
    for text in map(without_the_catalogue, said):
        assert not [word for word in FORBIDDEN if word in text.lower()], text[:200]
    assert telling.DISCLAIMER in said[6]


def paths_of(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, of a list only the first element."""
    below = node.items() if isinstance(node, dict) else enumerate(node[:1]) if isinstance(node, list) else ()
    return [one for key, child in below for one in [(*path, key), *paths_of(child, (*path, key))]]


def test_a_signed_record_of_another_form_ends_the_report_in_words_or_changes_nothing(place: Place) -> None:
    commit = change(place, BAD, 1)
    path = place.folder.parent / "ledger/records/000/000000001.dsse.json"
    genuine = Record.parse(path.read_bytes(), 1)
    line = (Change(commit, genuine.tree, 0, "2026-03-01T01:00:00Z"),)
    asked = Window(line, 0, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    refused = 0
    places = paths_of(genuine.predicate)
    assert len(places) > 100
    predicate: Any = genuine.predicate
    for *steps, last in places:
        target = predicate
        for step in steps:
            target = target[step]
        right = target[last]
        wrongs: list[Any] = [None, 7, "other", [], {}, [[]]]
        for wrong in wrongs:
            target[last] = wrong
            try:
                form.require(predicate)
            except EvidenceError:
                refused += 1
                continue
            telling.text(report([genuine], asked))
            telling.document(report([genuine], asked))
        target[last] = right
    assert refused > len(places)


def with_cluster(one: Record) -> Record:
    """The same look, with a cluster read beside the account."""
    entry = {"name": "live:kubernetes:prod", "regions_asked": [], "regions_read": [], "failed_calls": 0}
    return replace(one, predicate={**one.predicate, "inputs": [*one.predicate["inputs"], entry]})


def test_an_account_that_is_read_with_a_cluster_from_now_on_is_the_same_account() -> None:
    live = finding("f", side="live")
    made = told(
        [
            record(1, "a", day(3), live="fail", findings=[live], until=day(10)),
            with_cluster(record(2, "b", day(5), live="fail", findings=[live], until=day(30))),
            with_cluster(record(3, "b", day(7), live="pass", until=day(30))),
            record(4, "c", day(9), live="pass", until=day(30)),
        ],
        "a", "b", "c",
    )  # fmt: skip
    # Seen by both, and gone when both were looked at again: once, and closed.
    assert [(item.opened, item.closed) for item in made.deviations] == [(day(3), day(7))]
    assert of(made)[1:] == [("03", "07", "fail"), ("07", "20", "pass")]


def test_less_that_is_looked_at_later_says_nothing_of_the_rest() -> None:
    live = finding("f", side="live")
    made = told(
        [
            with_cluster(record(1, "a", day(3), live="fail", findings=[live])),
            record(2, "b", day(5), live="pass"),
        ],
        "a", "b",
    )  # fmt: skip
    assert [item.closed for item in made.deviations] == [""]
    assert of(made)[-1] == ("03", "20", "fail")


def test_stale_evidence_is_a_gap_from_when_it_went_stale() -> None:
    made = told([of_controls(record(1, "a", day(3), code="fail"), {**CONTROL, "max_age_days": 7})], "a")
    gap = next(gap for gap in made.gaps if gap.what == "stale")
    assert (gap.since, gap.seconds) == (day(10), 10 * 86400)


def test_controls_that_nobody_answers_for_are_one_gap_by_name() -> None:
    made = told([of_controls(record(1, "a", day(3), code="pass"), {**CONTROL, "owner": ""})], "a")
    (gap,) = (gap for gap in made.gaps if gap.what == "owner")
    assert (gap.told, gap.since) == ("nobody is named as owner of public-exposure", day(1))
    owned = told([of_controls(record(1, "a", day(3), code="pass"), CONTROL)], "a")
    assert "owner" not in {gap.what for gap in owned.gaps}
