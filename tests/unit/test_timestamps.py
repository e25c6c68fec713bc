"""An authority's word that a record was there: kept beside it, checked offline, never taken for more than it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence_support import GOOD, Done, Place
from tsa_for_tests import Tsa, authority, serving

from soc2gate.errors import CollectError, EvidenceError, UsageError
from soc2gate.evidence import envelope, timestamps
from soc2gate.evidence.ledger import Ledger
from soc2gate.evidence.stores import TIMESTAMPS, name_of, open_store

DOCS = Path(__file__).parents[2] / "docs" / "evidence.md"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tsa]:
    with serving(authority(tmp_path_factory.mktemp("authorities") / "tsa")) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, tsa: Tsa) -> Place:
    made = Place.make(tmp_path / "repository")
    made.put("infra/main.tf", GOOD)
    made.commit("queue")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    assert made.soc2gate("keys", "add", "../ci.pub", "--trust", "../keys.json", "--from", "2026-01-01").code == 0
    trusted = made.soc2gate("keys", "add", str(tsa.root), "--trust", "../keys.json", "--owner", "Test TSA")
    assert trusted.code == 0, trusted.err
    return made


def attest(place: Place, tsa: Tsa, *more: str, ledger: str = "../ledger") -> Done:
    return place.soc2gate("attest", "--key", "../ci.key", "--ledger", ledger, "--output", "../record.json",
                          "--timestamp", tsa.url, *more)  # fmt: skip


def verify(place: Place, *more: str, keys: str = "../keys.json", record: str = "../record.json") -> Done:
    return place.soc2gate(
        "attest", "verify", record, "--keys", keys, "--ledger", "../ledger", "--format", "json", *more
    )


def answer(done: Done, name: str = "timestamp") -> tuple[str, str]:
    (row,) = [row for row in json.loads(done.out)["checks"] if row["check"] == name]
    return row["answer"], row["detail"]


def test_a_stamped_record_is_the_same_record_with_a_token_beside_it(place: Place, tsa: Tsa) -> None:
    done = attest(place, tsa)
    assert done.code == 0, done.err
    folder = place.folder.parent
    assert (folder / "ledger/timestamps/000/000000001.tsr").read_bytes() == (folder / "record.json.tsr").read_bytes()
    checked = verify(place)
    assert checked.code == 0, checked.out
    assert answer(checked)[0] == "holds"
    assert "Test TSA" in answer(checked)[1]
    (folder / "record.json.tsr").unlink()
    assert answer(verify(place))[0] == "holds", "the ledger's own"
    (folder / "ledger/timestamps/000/000000001.tsr").unlink()
    plain = verify(place)
    assert (plain.code, "timestamp" in plain.out) == (0, False), "timestamps are optional"


@pytest.mark.parametrize("ledger", ["git:", "../ledger"])
def test_a_ledger_keeps_tokens_without_its_records_noticing(place: Place, tsa: Tsa, ledger: str) -> None:
    for _ in range(2):
        assert attest(place, tsa, ledger=ledger).code == 0
    store = (
        open_store(ledger, place.folder) if ledger == "git:" else open_store(str(place.folder / ledger), place.folder)
    )
    assert store.sequences(TIMESTAMPS) == [1, 2]
    records = Ledger(store).checked(envelope.load_trusted(place.folder.parent / "keys.json"))
    for record in records:
        given = timestamps.load_authorities([place.folder.parent / "keys.json"])
        assert (
            timestamps.check(store.read(TIMESTAMPS, record.sequence), record.digest, given).time >= record.finished_at
        )
    store.stamp(1, b"another")
    assert store.read(TIMESTAMPS, 1) != b"another"


def test_openssl_alone_checks_a_timestamp_by_the_documented_recipe(place: Place, tsa: Tsa) -> None:
    assert attest(place, tsa).code == 0
    recipe = re.search(r"^```sh\n(openssl ts .*?)^```", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert recipe

    def follow(record: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", "RECORD": record, "ROOT": str(tsa.root)}
        return subprocess.run(
            ["sh", "-eu", "-c", recipe[1]], cwd=place.folder.parent, env=environment, capture_output=True, text=True
        )

    genuine = follow("record.json")
    assert (genuine.returncode, "Verification: OK" in genuine.stdout + genuine.stderr) == (0, True), genuine.stderr
    assert re.search(r"Time stamp: \w+ +\d+ .* GMT", genuine.stdout)
    (place.folder.parent / "other.json").write_bytes((place.folder.parent / "record.json").read_bytes() + b"\n")
    (place.folder.parent / "other.json.tsr").write_bytes((place.folder.parent / "record.json.tsr").read_bytes())
    assert follow("other.json").returncode != 0


def test_a_token_of_another_record_or_of_nobody_is_refused(place: Place, tsa: Tsa, tmp_path: Path) -> None:
    assert attest(place, tsa).code == 0
    (tmp_path / "first.tsr").write_bytes((tmp_path / "record.json.tsr").read_bytes())
    assert attest(place, tsa).code == 0
    assert answer(verify(place, "--timestamp", "../first.tsr"))[0] == "fails"
    assert "other bytes" in answer(verify(place, "--timestamp", "../first.tsr"))[1]
    for junk in (b"", b"0", b"not a token", (tmp_path / "first.tsr").read_bytes()[:-1]):
        (tmp_path / "junk.tsr").write_bytes(junk)
        done = verify(place, "--timestamp", "../junk.tsr")
        assert (done.code, answer(done)[0]) == (1, "fails"), done.err
    assert verify(place, "--timestamp", "../nowhere.tsr").code == 2


def test_an_authority_counts_when_it_is_trusted_and_for_its_time(place: Place, tsa: Tsa, tmp_path: Path) -> None:
    assert attest(place, tsa).code == 0
    done = verify(place, keys="../ci.pub")
    assert (done.code, answer(done)[0]) == (3, "not_checked")
    assert "no timestamp authority is trusted" in answer(done)[1]
    other = authority(tmp_path / "other")
    assert place.soc2gate("keys", "add", str(other.root), "--trust", "../others.json").code == 0
    done = verify(place, "--keys", "../others.json", keys="../ci.pub")
    assert (done.code, answer(done)[0]) == (1, "fails")
    listed = json.loads(place.soc2gate("keys", "list", "--trust", "../keys.json", "--format", "json").out)["keys"]
    (name,) = [row["id"] for row in listed if row["type"] == "timestamps"]
    assert place.soc2gate("keys", "retire", name, "--trust", "../keys.json", "--at", "2026-01-02").code == 0
    done = verify(place)
    assert (done.code, answer(done)[0]) == (1, "fails")
    assert "is trusted from always until 2026-01-02" in answer(done)[1]
    # It may be trusted again from another day on.
    again = ("keys", "add", str(tsa.root), "--trust", "../keys.json", "--from", "2026-02-01")
    assert place.soc2gate(*again).code == 0
    assert answer(verify(place))[0] == "holds"


def test_a_certificate_out_of_its_time_stamps_nothing(tmp_path: Path) -> None:
    made = authority(tmp_path / "expired", days="-1")
    (tmp_path / "record").write_bytes(b"the record")
    token = made.answer(question(tmp_path / "record"))
    trusted = timestamps.Authority("0" * 64, made.root.read_bytes())
    with pytest.raises(EvidenceError, match="certificate has expired"):
        timestamps.check(token, envelope.digest(b"the record"), [trusted])


def question(file: Path, digest: str = "-sha256") -> bytes:
    """As openssl asks, without a nonce of ours."""
    command = ["openssl", "ts", "-query", "-data", str(file), digest, "-cert", "-out", f"{file}.tsq"]
    subprocess.run(command, check=True, capture_output=True)
    return file.with_name(f"{file.name}.tsq").read_bytes()


def test_only_the_root_of_a_chain_is_an_authority(place: Place, tsa: Tsa, tmp_path: Path) -> None:
    done = place.soc2gate("keys", "add", str(tsa.folder / "tsa.pem"), "--trust", "../keys.json")
    assert (done.code, "give the root" in done.err) == (2, True)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(tsa.root.read_bytes() * 2)
    done = place.soc2gate("keys", "add", str(bundle), "--trust", "../keys.json")
    assert (done.code, "not one certificate" in done.err) == (2, True)
    assert place.soc2gate("keys", "add", str(tsa.root), "--trust", "../keys.json").code == 2, "it is there already"


def test_a_record_of_the_future_was_not_there_when_it_was_stamped(place: Place, tsa: Tsa) -> None:
    assert attest(place, tsa, "--now", "2031-01-01T00:00:00Z").code == 0
    assert answer(verify(place))[0] == "fails"
    assert "before the record was" in answer(verify(place))[1]


def test_what_a_retired_key_signs_with_an_old_date_is_caught_by_its_timestamp(place: Place, tsa: Tsa) -> None:
    listed = json.loads(place.soc2gate("keys", "list", "--trust", "../keys.json", "--format", "json").out)["keys"]
    (name,) = [row["id"] for row in listed if row["type"] == "p256"]
    assert place.soc2gate("keys", "retire", name, "--trust", "../keys.json", "--at", "2026-06-30").code == 0
    assert attest(place, tsa, "--now", "2026-06-01T00:00:00Z").code == 0
    done = verify(place)
    assert answer(done, "signature")[0] == "holds", "by the record's own word"
    assert answer(done)[0] == "fails"
    assert "was not valid at" in answer(done)[1]


def test_a_policy_can_demand_a_timestamp_soon_after(place: Place, tsa: Tsa, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("stamped_within_hours: 24\n")
    ask = ("--policy", "../policy.yaml")
    assert attest(place, tsa).code == 0
    assert answer(verify(place, *ask), "policy")[0] == "holds"
    assert answer(verify(place, *ask, keys="../ci.pub"), "policy")[0] == "not_checked"
    for token in (tmp_path / "record.json.tsr", tmp_path / "ledger" / name_of(TIMESTAMPS, 1)):
        token.unlink()
    done = verify(place, *ask)
    assert (done.code, answer(done, "policy")[0]) == (1, "fails")
    assert attest(place, tsa, "--now", "2026-02-01T00:00:00Z").code == 0
    assert answer(verify(place), "timestamp")[0] == "holds"
    assert "stamped at" in answer(verify(place, *ask), "policy")[1]
    policy.write_text("stamped_within_hours: soon\n")
    assert verify(place, *ask).code == 2


def test_no_token_is_said_and_the_record_is_kept(place: Place, tsa: Tsa) -> None:
    # A real answer that grants nothing: it takes no such digest.
    refused = tsa.answer(question(place.folder.parent / "ci.pub", "-sha512"))
    for number, instead in enumerate(
        ([(404, b"")], [(200, b"hello")], [(500, b"")] * 3, [(200, b"x" * 200_000)], [(200, refused)]), start=1
    ):
        tsa.instead[:] = instead
        done = attest(place, tsa)
        assert done.code == 3, (instead[0][0], done.out, done.err)
        assert "the record is kept, without a timestamp" in done.err
        assert "Traceback" not in done.err
        assert len(list((place.folder.parent / "ledger/records/000").iterdir())) == number
        assert not (place.folder.parent / "ledger/timestamps").exists()
    tsa.instead[:] = [(503, b"")]
    assert attest(place, tsa).code == 0, "asked again"
    nobody = Tsa(tsa.folder, "http://127.0.0.1:9/tsa")
    assert attest(place, nobody).code == 3
    assert attest(place, Tsa(tsa.folder, "file:///etc/passwd")).code == 2
    unsigned = place.soc2gate("attest", "--predicate", "../p.json", "--timestamp", tsa.url)
    assert (unsigned.code, "not stamped either" in unsigned.err) == (2, True)


def test_an_answer_to_another_question_is_refused(tsa: Tsa, tmp_path: Path) -> None:
    (tmp_path / "record").write_bytes(b"the record")
    tsa.instead[:] = [(200, tsa.answer(question(tmp_path / "record")))]
    with pytest.raises(CollectError, match="nonce"):
        timestamps.ask(tsa.url, b"the record")


def test_whatever_byte_of_a_token_is_changed_it_says_the_same_or_nothing(tsa: Tsa, tmp_path: Path) -> None:
    """Certificates that a token brings along are not signed by it; what it says is."""
    record = b"the record"
    token = timestamps.ask(tsa.url, record)
    trusted = [timestamps.Authority("0" * 64, tsa.root.read_bytes())]
    said = timestamps.check(token, envelope.digest(record), trusted)
    refused = 0
    for place in range(len(token)):
        for bit in (1, 0x80):
            changed = token[:place] + bytes([token[place] ^ bit]) + token[place + 1 :]
            try:
                assert timestamps.check(changed, envelope.digest(record), trusted) == said, (place, bit)
            except EvidenceError:
                refused += 1
    assert refused > len(token)


def test_without_the_library_nothing_is_stamped_and_nothing_is_said_to_hold(place: Place, tsa: Tsa) -> None:
    assert attest(place, tsa).code == 0
    (place.folder.parent / "blocked").mkdir()
    (place.folder.parent / "blocked/rfc3161_client.py").write_text("raise ImportError('not installed')\n")
    blocked = {"PYTHONPATH": ":".join([str(place.folder.parent / "blocked"), *sys.path])}
    here = ("attest", "verify", "../record.json", "--keys", "../keys.json", "--ledger", "../ledger", "--format", "json")
    done = place.soc2gate(*here, environment=blocked)
    assert (done.code, answer(done)[0]) == (3, "not_checked")
    assert "soc2gate[timestamps]" in answer(done)[1]
    done = place.soc2gate("attest", "--key", "../ci.key", "--output", "../new.json", "--timestamp", tsa.url,
                          environment=blocked)  # fmt: skip
    assert (done.code, "soc2gate[timestamps]" in done.err) == (2, True)
    assert not (place.folder.parent / "new.json").exists()


@pytest.mark.parametrize(
    "change", [{"id": "0" * 64}, {"certificate": "none"}, {"valid_until": "soon"}, {"role": "admin"}, {"owner": 7}]
)
def test_a_file_that_lies_about_an_authority_is_refused(tsa: Tsa, tmp_path: Path, change: dict[str, object]) -> None:
    entry = timestamps.entry_of(tsa.root.read_bytes(), "", "", "", "it") | change
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"schema": envelope.KEYS_SCHEMA, "keys": [], "authorities": [entry]}))
    with pytest.raises(UsageError):
        timestamps.load_authorities([file])


def test_a_word_that_is_misspelt_in_the_file_of_trusted_keys_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"schema": envelope.KEYS_SCHEMA, "keys": [], "authority": []}))
    with pytest.raises(UsageError, match="authority"):
        envelope.load_trusted(file)
