"""Every byte of what is really kept is held by the signature: an attestation as it is, a head, a piece of evidence.

Of an attestation of a hundred thousand bytes an ordinary run changes every byte that stands outside its payload and
every sixty-first inside; SOC2GATE_PROOF_RUNS=100 changes every one, which takes some minutes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence_support import BAD, GOOD, Place

from soc2gate.errors import EvidenceError
from soc2gate.evidence import envelope
from soc2gate.evidence.envelope import HEAD_TYPE, STATEMENT_TYPE, Envelope, TrustedKey
from soc2gate.evidence.essence import Essence
from soc2gate.evidence.ledger import Record

STRIDE = 1 if int(os.environ.get("SOC2GATE_PROOF_RUNS", "6")) >= 100 else 61
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOON = "2026-06-01T12:00:00Z"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A ledger with an attestation of a commit and a piece of evidence, made by the command."""
    top = tmp_path_factory.mktemp("every_byte")
    made = Place.make(top / "repository")
    made.write(main__tf=GOOD, bastion__tf=BAD)
    made.commit()
    private, public, _ = envelope.generate("p256", None)
    (top / "ci.key").write_bytes(private)
    (top / "ci.pub").write_bytes(public)
    done = made.soc2gate("attest", "--key", "../ci.key", "--ledger", "../ledger", "--now", NOON)
    assert done.code == 1, done.err
    (top / "minutes.pdf").write_bytes(b"minutes")
    done = made.soc2gate(
        "evidence", "add", "--control", "public-exposure", "--file", "../minutes.pdf", "--owner", "Ann",
        "--valid-until", "2027-01-01", "--key", "../ci.key", "--ledger", "../ledger", "--now", NOON,
    )  # fmt: skip
    assert done.code == 0, done.err
    return made


def read(place: Place, name: str) -> tuple[bytes, TrustedKey]:
    top = place.folder.parent
    return (top / "ledger" / name).read_bytes(), envelope.load_trusted(top / "ci.pub")[0]


def refused(data: bytes, kind: str, key: TrustedKey) -> bool:
    """As everyone reads it who opens a record, and before anything in it is looked at."""
    try:
        sealed = envelope.open_envelope(data, kind)
        envelope.signed_by(Envelope({}, kind, sealed.message, sealed.signatures), [key], NOON)
    except EvidenceError:
        return True
    return False


def changes(data: bytes, place: int) -> Iterator[bytes]:
    """One byte of it another, gone, or one more."""
    before, byte, after = data[:place], data[place], data[place + 1 :]
    yield before + bytes([byte ^ (1 << place % 8)]) + after
    # One that could stand there: only the signature can tell.
    yield before + bytes([BASE64[(BASE64.find(byte) + 1) % 64]]) + after
    yield before + after


def test_every_byte_of_an_attestation_counts(place: Place) -> None:
    data, key = read(place, "records/000/000000001.dsse.json")
    assert len(data) > 50_000
    assert not refused(data, STATEMENT_TYPE, key)
    begin = data.index(b'"payload":"') + len(b'"payload":"')
    end = data.index(b'"', begin)
    inside = {*range(begin, end, STRIDE), *range(begin, begin + 8), *range(end - 8, end)}
    outside = {*range(begin), *range(end, len(data))}
    for number in sorted(inside):
        for changed in changes(data, number):
            assert refused(changed, STATEMENT_TYPE, key), number
    for number in outside:
        for bit in range(8):
            changed = data[:number] + bytes([data[number] ^ (1 << bit)]) + data[number + 1 :]
            assert refused(changed, STATEMENT_TYPE, key), (number, bit)
        assert refused(data[:number] + data[number + 1 :], STATEMENT_TYPE, key), number
        assert refused(data[:number] + b" " + data[number:], STATEMENT_TYPE, key), number


@pytest.mark.parametrize(
    ("name", "kind"),
    [("heads/000/000000001.dsse.json", HEAD_TYPE), ("records/000/000000002.dsse.json", STATEMENT_TYPE)],
)
def test_every_bit_of_what_is_small_counts(place: Place, name: str, kind: str) -> None:
    data, key = read(place, name)
    assert not refused(data, kind, key)
    for number in range(len(data)):
        for bit in range(8):
            changed = data[:number] + bytes([data[number] ^ (1 << bit)]) + data[number + 1 :]
            assert refused(changed, kind, key), (number, bit)
        assert refused(data[:number] + data[number + 1 :], kind, key), number
        assert refused(data[:number] + b" " + data[number:], kind, key), number


def test_a_changed_byte_anywhere_ends_a_report_and_a_check(place: Place, tmp_path: Path) -> None:
    """The command itself, at a few places: in the payload, the type, the key's name and the signature."""
    ledger = place.folder.parent / "ledger"
    file = ledger / "records/000/000000001.dsse.json"
    data = file.read_bytes()
    ask = ("attest", "verify", str(tmp_path / "record.json"), "--keys", "../ci.pub")
    for number in (
        20,
        len(data) // 2,
        data.index(b"vnd.in-toto"),
        data.index(b'"keyid":"') + 12,
        data.index(b'"sig"') + 9,
    ):
        changed = data[:number] + bytes([data[number] ^ 1]) + data[number + 1 :]
        (tmp_path / "record.json").write_bytes(changed)
        done = place.soc2gate(*ask)
        assert (done.code, "Traceback" in done.err) == (1, False), done.err
        file.chmod(0o644)
        file.write_bytes(changed)
        done = place.soc2gate("report", "--ledger", "../ledger", "--keys", "../ci.pub")
        file.write_bytes(data)
        assert (done.code, done.out, "record 1" in done.err) == (1, "", True), done.err


def test_what_a_report_reads_is_refused_wherever_a_byte_is_changed(place: Place) -> None:
    """Reading quickly, with all of the genuine record remembered, lets no more through than reading with care."""
    data, key = read(place, "records/000/000000001.dsse.json")
    quick = Essence()
    quick(data, 1)
    for number in range(0, len(data), 997):
        for changed in changes(data, number):
            try:
                record: Record | None = quick(changed, 1)
            except EvidenceError:
                continue
            assert record is not None
            with pytest.raises(EvidenceError):
                envelope.signed_by(record.envelope, [key], NOON)
    assert quick(data, 1).digest == envelope.digest(data)
    assert json.loads(data)["payloadType"] == STATEMENT_TYPE
