"""Whose signatures count, and for which time: the file of trusted keys, changed as people change it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evidence_support import GOOD, Done, Place

from soc2gate.evidence import envelope


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place.make(tmp_path / "repository")
    made.put("main.tf", GOOD)
    made.commit()
    for name, kind in (("old", "p256"), ("new", "ed25519")):
        private, public, _ = envelope.generate(kind, None)
        (tmp_path / f"{name}.key").write_bytes(private)
        (tmp_path / f"{name}.pub").write_bytes(public)
    return made


def keyid(place: Place, name: str) -> str:
    return envelope.load_trusted(place.folder.parent / f"{name}.pub")[0].keyid


def said(done: Done) -> str:
    assert done.code == 0, done.err
    return done.out


def attest(place: Place, now: str, *keys: str) -> Done:
    named = [word for key in keys for word in ("--key", f"../{key}.key")]
    return place.soc2gate("attest", *named, "--ledger", "../ledger", "--now", now)


def verify(place: Place, number: int, now: str = "2026-07-02") -> Done:
    record = f"../ledger/records/000/{number:09d}.dsse.json"
    trusting = ("--keys", "soc2gate-keys.json", "--ledger", "../ledger")
    return place.soc2gate("attest", "verify", record, *trusting, "--now", now)


def test_a_key_is_rotated_and_records_of_both_hold_each_for_its_time(place: Place) -> None:
    assert place.soc2gate("keys", "add", "../old.pub", "--owner", "Platform CI", "--from", "2026-01-01").code == 0
    said(attest(place, "2026-06-30T10:00:00Z", "old"))
    assert place.soc2gate("keys", "add", "../new.pub", "--owner", "Platform CI", "--from", "2026-07-01").code == 0
    said(attest(place, "2026-07-01T10:00:00Z", "old", "new"))
    retired = said(place.soc2gate("keys", "retire", keyid(place, "old")[:8], "--at", "2026-07-01T12:00:00Z"))
    assert keyid(place, "old") in retired
    said(attest(place, "2026-07-01T13:00:00Z", "new"))
    for number in (1, 2, 3):
        done = verify(place, number)
        assert (done.code, "record" in done.out) == (0, True), done.out + done.err
    # Whoever still has the old key signs nothing that counts, and the new one counts for nothing before its time.
    said(attest(place, "2026-07-01T14:00:00Z", "old"))
    assert "was not valid at 2026-07-01T14:00:00Z" in verify(place, 4).out
    assert "was not valid at 2026-07-01T14:00:00Z" in verify(place, 3).out, "in the chain as well"
    listed = json.loads(said(place.soc2gate("keys", "list", "--format", "json")))["keys"]
    assert [(row["type"], row["valid_from"], row["valid_until"]) for row in listed] == [
        ("p256", "2026-01-01T00:00:00Z", "2026-07-01T12:00:00Z"),
        ("ed25519", "2026-07-01T00:00:00Z", ""),
    ]


def test_a_retired_key_finds_no_place_in_the_chain_for_a_record_of_the_past(place: Place) -> None:
    place.soc2gate("keys", "add", "../old.pub", "--from", "2026-01-01")
    place.soc2gate("keys", "add", "../new.pub", "--from", "2026-01-01")
    place.soc2gate("keys", "retire", keyid(place, "old")[:8], "--at", "2026-07-01")
    said(attest(place, "2026-06-30T23:30:00Z", "old"))
    said(attest(place, "2026-07-01T00:10:00Z", "new"))
    # Another writer was quicker; and one that is still trusted may come late.
    said(attest(place, "2026-06-30T23:40:00Z", "old"))
    said(attest(place, "2026-05-01T00:00:00Z", "new"))
    assert verify(place, 4, now="2026-05-02").code == 0
    said(attest(place, "2026-07-03T00:00:00Z", "new"))
    said(attest(place, "2026-06-30T23:50:00Z", "old"))
    done = verify(place, 6, now="2026-06-30")
    assert (done.code, "holds        signature" in done.out) == (1, True), "by itself it says nothing wrong"
    assert "record 6 says 2026-06-30T23:50:00Z, and follows one of 2026-07-03T00:00:00Z: the key" in done.out
    report = place.soc2gate("report", "--ledger", "../ledger", "--keys", "soc2gate-keys.json")
    assert (report.code, "was not valid at 2026-07-02T23:00:00Z" in report.err) == (1, True), report.err


def test_several_signatures_each_of_a_key_of_its_own(place: Place) -> None:
    done = attest(place, "2026-06-30T10:00:00Z", "old", "old")
    assert (done.code, "given twice" in done.err) == (2, True)
    assert not (place.folder.parent / "ledger").exists()


def test_trust_does_not_come_back(place: Place) -> None:
    place.soc2gate("keys", "add", "../old.pub", "--from", "2026-01-01")
    name = keyid(place, "old")
    for wrong, told in (
        (("retire", "ffffffff"), "no entry has"),
        (("retire", name, "--at", "2025-01-01"), "valid from"),
        (("retire", name, "--at", "soon"), "--at soon: not a time"),
        (("add", "../old.pub", "--from", "2026-01-01"), "already"),
        (("add", "../new.pub", "--from", "2026-02-01", "--until", "2026-01-01"), "before it begins"),
        (("add", "../old.key"), "not a public key"),
        (("add", "../nothing.pub"), "cannot read"),
    ):
        before = (place.folder / "soc2gate-keys.json").read_bytes()
        done = place.soc2gate("keys", *wrong)
        assert (done.code, told in done.err) == (2, True), (wrong, done.err)
        assert (place.folder / "soc2gate-keys.json").read_bytes() == before
    assert place.soc2gate("keys", "retire", name, "--at", "2026-03-01").code == 0
    assert place.soc2gate("keys", "retire", name, "--at", "2026-04-01").code == 2
    # Earlier than it was: a key that leaked before anyone knew.
    assert place.soc2gate("keys", "retire", name, "--at", "2026-02-01").code == 0
    (trusted,) = envelope.load_trusted(place.folder / "soc2gate-keys.json")
    assert trusted.valid_until == "2026-02-01T00:00:00Z"


def test_a_time_is_spelled_in_one_way(place: Place) -> None:
    entry = envelope.trust_entry((place.folder.parent / "old.pub").read_bytes(), "", "2026-01-01T00:00:00Z")
    for time in ("2026-13-01T00:00:00Z", "2026-01-01 00:00:00Z", "2026-1-01T00:00:000Z", "9999"):
        text = json.dumps({"schema": envelope.KEYS_SCHEMA, "keys": [{**entry, "valid_until": time}]})
        (place.folder / "soc2gate-keys.json").write_text(text)
        done = place.soc2gate("keys", "list")
        assert (done.code, "is not a time" in done.err) == (2, True), time
