"""A signed record cannot be changed, and no key, algorithm or type stands in for another."""

from __future__ import annotations

import base64
import json
import string
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as SecondEnvelope
from securesystemslib.signer._key import SSlibKey

from soc2gate.errors import EvidenceError, UsageError
from soc2gate.evidence import envelope, plain
from soc2gate.evidence.envelope import HEAD_TYPE, STATEMENT_TYPE, FileSigner, Sealed, TrustedKey
from soc2gate.evidence.ledger import Record

NOON = "2026-11-21T12:00:00Z"
DOCUMENT: dict[str, Any] = {"_type": "x", "text": "größer ☃", "list": [1, True, None], "nested": {"b": 1, "a": 2}}


# Its signatures are the same every time, and as long.
_PRIVATE = ed25519.Ed25519PrivateKey.generate()
SIGNER = FileSigner(_PRIVATE, envelope.key_id(_PRIVATE.public_key()))


def key_pair(folder: Path, kind: str) -> tuple[FileSigner, TrustedKey]:
    private, public, _ = envelope.generate(kind, b"open sesame")
    (folder / f"{kind}.key").write_bytes(private)
    (folder / f"{kind}.pub").write_bytes(public)
    return envelope.load_signer(folder / f"{kind}.key", b"open sesame"), envelope.load_trusted(folder / f"{kind}.pub")[
        0
    ]


@pytest.fixture(params=["p256", "ed25519"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[FileSigner, TrustedKey]:
    return key_pair(tmp_path, request.param)


def accepted(data: bytes, *keys: TrustedKey, at: str = NOON) -> bool:
    try:
        envelope.signed_by(envelope.unseal(data, STATEMENT_TYPE), keys, at)
    except EvidenceError:
        return False
    return True


def test_what_was_sealed_is_read_back_and_its_signer_known(pair: tuple[FileSigner, TrustedKey]) -> None:
    signer, key = pair
    opened = envelope.unseal(envelope.seal(DOCUMENT, STATEMENT_TYPE, [signer]), STATEMENT_TYPE)
    assert opened.payload == DOCUMENT
    assert envelope.signed_by(opened, [key], NOON) == (key,)


def test_every_single_byte_change_is_refused(pair: tuple[FileSigner, TrustedKey]) -> None:
    signer, key = pair
    data = envelope.seal(DOCUMENT, STATEMENT_TYPE, [signer])
    assert accepted(data, key)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytes([data[place] ^ (1 << bit)])
            assert not accepted(data[:place] + changed + data[place + 1 :], key), (place, bit)
        assert not accepted(data[:place] + data[place + 1 :], key), f"without byte {place}"
        assert not accepted(data[:place] + b" " + data[place:], key), f"a space before byte {place}"
    assert not accepted(data + b"\n", key)


def test_another_spelling_of_the_same_content_is_refused(pair: tuple[FileSigner, TrustedKey]) -> None:
    signer, key = pair
    data = envelope.seal(DOCUMENT, STATEMENT_TYPE, [signer])
    whole = json.loads(data)
    assert not accepted(json.dumps(whole).encode() + b"\n", key)
    twice = data.replace(b'{"payload":', b'{"payload":"e30=","payload":', 1)
    assert not accepted(twice, key)
    # A payload that is signed and not canonical: two readers might see two things in it.
    loose = json.dumps({"a": 1}).encode()
    message = envelope.pre_authentication(STATEMENT_TYPE, loose)
    signature = base64.b64encode(signer.sign(message)).decode()
    made: dict[str, Any] = {
        "payload": base64.b64encode(loose).decode(),
        "payloadType": STATEMENT_TYPE,
        "signatures": [{"keyid": signer.keyid, "sig": signature}],
    }
    assert not accepted(envelope.canonical(made) + b"\n", key)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["payload", "payloadType", "signatures", "keyid", "sig"]), inner), max_leaves=8,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_a_file_holds_it_is_refused_in_words(data: bytes) -> None:
    for given_bytes in (data, data + b"\n"):
        with pytest.raises(EvidenceError):
            Record.parse(given_bytes)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(["subject", "predicate", "predicateType"]), st.none() | st.lists(st.none())))
def test_a_signed_statement_of_another_form_is_refused_in_words(document: dict[str, Any]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    signer = FileSigner(private, envelope.key_id(private.public_key()))
    document |= {"predicateType": "urn:soc2gate:control-evaluation:1"}
    with pytest.raises(EvidenceError):
        Record.parse(envelope.seal(document, STATEMENT_TYPE, [signer]))


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_the_quick_reader_of_envelopes_takes_what_the_careful_one_takes(data: st.DataObject) -> None:
    """It lets nothing in, and what both take they read alike: bits after base64's end, escapes, a member twice."""
    document = data.draw(st.sampled_from([{}, {"a": "?"}, {"a": "??"}, {"a": "???"}]))
    sealed = envelope.seal(document, STATEMENT_TYPE, [SIGNER])
    pieces = [
        b'"',
        b"\\",
        b'\\"',
        b",",
        b'"payload":"",',
        b"{",
        b"}",
        b" ",
        b"\\u0041",
        b"=",
        b"A",
        b"-",
        b"_",
        b"\xc3\xa9",
    ]
    for _ in range(data.draw(st.integers(1, 3))):
        place, cut = data.draw(st.integers(0, len(sealed))), data.draw(st.integers(0, 6))
        sealed = sealed[:place] + data.draw(st.sampled_from([*pieces, b""])) + sealed[place + cut :]
    try:
        careful: object = envelope._taken_apart(sealed)
    except EvidenceError:
        careful = None
    quick = plain.read(sealed)
    if quick is not None:
        assert (
            Sealed(quick.payload, quick.payloadType, tuple((one.keyid, one.sig) for one in quick.signatures)) == careful
        )


@pytest.mark.parametrize("place", range(-8, 0))
def test_no_byte_stands_for_another_in_base64(place: int) -> None:
    """All 256, in each place of the last two groups of four: both readers take the 64 of base64, and nothing else."""
    before, after = envelope.seal({"a": "????"}, STATEMENT_TYPE, [SIGNER]).split(b'","payloadType"', 1)
    good = {byte for byte in range(256) if chr(byte) in string.ascii_letters + string.digits + "+/"}
    taken: dict[int, bytes] = {}
    for byte in range(256):
        changed = before[:place] + bytes([byte]) + before[len(before) + place + 1 :]
        line = changed + b'","payloadType"' + after
        quick = plain.read(line)
        if quick is not None:
            taken[byte] = quick.payload
        try:
            assert envelope._taken_apart(line).payload == taken.get(byte)
        except EvidenceError:
            assert byte not in taken
    assert set(taken) == good
    assert len(set(taken.values())) == len(good)


def test_depth_and_size_end_in_a_clear_error() -> None:
    for data in (b"[" * 100_000 + b"\n", b'{"a":1e999}\n', b'{"a":12345678901234567890}\n', b'{"a":"\xff"}\n'):
        with pytest.raises(EvidenceError):
            envelope.unseal(data, STATEMENT_TYPE)


def test_a_ledger_head_is_never_taken_for_a_statement(pair: tuple[FileSigner, TrustedKey]) -> None:
    signer, _ = pair
    head = envelope.seal(DOCUMENT, HEAD_TYPE, [signer])
    with pytest.raises(EvidenceError, match="ledger-head"):
        envelope.unseal(head, STATEMENT_TYPE)
    # Nor by changing the type afterwards: it is part of what is signed.
    whole = json.loads(head)
    whole["payloadType"] = STATEMENT_TYPE
    assert not accepted(envelope.canonical(whole) + b"\n", pair[1])


def test_keys_of_two_kinds_do_not_stand_in_for_each_other(tmp_path: Path) -> None:
    first, first_key = key_pair(tmp_path, "p256")
    second, second_key = key_pair(tmp_path, "ed25519")
    one = json.loads(envelope.seal(DOCUMENT, STATEMENT_TYPE, [first]))
    for signature, claimed, key in ((first, second, second_key), (second, first, first_key)):
        made = json.loads(envelope.seal(DOCUMENT, STATEMENT_TYPE, [signature]))
        assert made["payload"] == one["payload"]
        made["signatures"][0]["keyid"] = claimed.keyid
        assert not accepted(envelope.canonical(made) + b"\n", key)
    assert not accepted(envelope.seal(DOCUMENT, STATEMENT_TYPE, [first]), second_key)


def test_a_signature_nobody_knows_is_not_ignored(tmp_path: Path) -> None:
    first, first_key = key_pair(tmp_path, "p256")
    second, second_key = key_pair(tmp_path, "ed25519")
    both = envelope.seal(DOCUMENT, STATEMENT_TYPE, [first, second])
    assert accepted(both, first_key, second_key)
    assert not accepted(both, first_key)
    turned = json.loads(both) | {"signatures": json.loads(both)["signatures"][::-1]}
    assert not accepted(envelope.canonical(turned) + b"\n", first_key, second_key), "the same, in another file"
    unsigned = json.loads(both) | {"signatures": []}
    assert not accepted(envelope.canonical(unsigned) + b"\n", first_key, second_key)
    doubled = json.loads(envelope.seal(DOCUMENT, STATEMENT_TYPE, [first]))
    doubled["signatures"] *= 2
    assert not accepted(envelope.canonical(doubled) + b"\n", first_key)


def test_a_retired_key_counts_for_its_own_time_only(tmp_path: Path) -> None:
    signer, key = key_pair(tmp_path, "p256")
    entry = envelope.trust_entry((tmp_path / "p256.pub").read_bytes(), "CI", "2026-01-01T00:00:00Z")
    entry["valid_until"] = "2026-06-30T23:59:59Z"
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"schema": envelope.KEYS_SCHEMA, "keys": [entry]}))
    (trusted,) = envelope.load_trusted(keys)
    assert (trusted.keyid, trusted.owner) == (key.keyid, "CI")
    data = envelope.seal(DOCUMENT, STATEMENT_TYPE, [signer])
    assert accepted(data, trusted, at="2026-06-30T23:59:59Z")
    assert not accepted(data, trusted, at="2026-07-01T00:00:00Z")
    assert not accepted(data, trusted, at="2025-12-31T23:59:59Z")


@pytest.mark.parametrize(
    "change",
    [{"id": "0" * 64}, {"public": "no key"}, {"valid_until": "soon"}, {"role": "admin"}, {"owner": 7}],
)
def test_a_file_of_trusted_keys_that_lies_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    key_pair(tmp_path, "p256")
    entry = envelope.trust_entry((tmp_path / "p256.pub").read_bytes(), "CI", "") | change
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"schema": envelope.KEYS_SCHEMA, "keys": [entry]}))
    with pytest.raises(UsageError):
        envelope.load_trusted(keys)


def test_other_keys_are_refused(tmp_path: Path) -> None:
    others: list[rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
    ]
    for number, key in enumerate(others):
        file = tmp_path / f"{number}.key"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        with pytest.raises(UsageError, match="neither P-256 nor Ed25519"):
            envelope.load_signer(file, None)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(UsageError, match="neither P-256 nor Ed25519"):
            envelope.public_key(public, "it")


def test_an_encrypted_key_opens_by_its_passphrase_alone(tmp_path: Path) -> None:
    key_pair(tmp_path, "p256")
    assert b"ENCRYPTED" in (tmp_path / "p256.key").read_bytes()
    for wrong in (None, b"guess"):
        with pytest.raises(UsageError):
            envelope.load_signer(tmp_path / "p256.key", wrong)


def test_the_key_id_is_what_openssl_and_sha256sum_print(tmp_path: Path) -> None:
    for kind in envelope.KEY_TYPES:
        _, key = key_pair(tmp_path, kind)
        command = f"openssl pkey -pubin -in {kind}.pub -outform DER | sha256sum"
        said = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert said.split()[0] == key.keyid


def test_a_second_implementation_accepts_the_envelope_and_refuses_a_changed_one(
    pair: tuple[FileSigner, TrustedKey],
) -> None:
    signer, key = pair
    data = envelope.seal(DOCUMENT, STATEMENT_TYPE, [signer])
    theirs = SSlibKey.from_crypto(key.public, keyid=key.keyid)
    assert set(SecondEnvelope.from_dict(json.loads(data)).verify([theirs], 1)) == {key.keyid}
    changed = json.loads(data)
    changed["payload"] = base64.b64encode(envelope.canonical({**DOCUMENT, "text": "other"})).decode()
    with pytest.raises(Exception, match="do not match threshold"):
        SecondEnvelope.from_dict(changed).verify([theirs], 1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=400)
@given(st.dictionaries(st.text(max_size=4), json_values, max_size=4), st.booleans())
def test_the_quick_reader_takes_nothing_but_what_rfc_8785_spells(document: dict[str, Any], ascii_only: bool) -> None:
    """Whatever spelling is accepted is the library's own; and what the library spells is accepted, fractions apart."""
    for data in (
        json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only).encode("utf-8", "replace"),
        json.dumps(document, separators=(",", ":"), ensure_ascii=ascii_only).encode("utf-8", "replace"),
    ):
        try:
            read = envelope._document(data, "it")
        except EvidenceError:
            continue
        assert envelope.canonical(read) == data
    try:
        spelled = envelope.canonical(document)
        whole = json.loads(spelled, parse_float=envelope._no_number)
        envelope.canonical(whole)
    except ValueError:
        return
    if whole == document:
        assert envelope._document(spelled, "it") == document
