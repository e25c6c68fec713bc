"""A record signed by AWS KMS is one that a key file could have made; what KMS does not do well leaves no record."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from evidence_support import GOOD, Done, Place

from soc2gate.errors import UsageError
from soc2gate.evidence import envelope, kms

MOST_RAW = 4096
"""KMS signs no longer message as it stands (https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html)."""


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """moto over HTTP, its Sign brought to what AWS documents: a digest is signed, and not hashed once more.

    moto 5.2 reads MessageType and forgets it (https://github.com/getmoto/moto/pull/10202).
    """
    from moto.kms.responses import KmsResponse

    def sign(self: Any) -> str:
        message: bytes = self._get_param("Message")
        kind = self._get_param("MessageType") or "RAW"
        assert len(message) <= MOST_RAW
        assert kind == "RAW" or len(message) == 32, "Digest is invalid length for algorithm ECDSA_SHA_256."
        key = self.kms_backend.describe_key(self._get_param("KeyId"))
        algorithm = ec.ECDSA(Prehashed(hashes.SHA256()) if kind == "DIGEST" else hashes.SHA256())
        signature = key.private_key.private_key.sign(message, algorithm)
        return json.dumps({"KeyId": key.arn, "Signature": base64.b64encode(signature).decode()})

    with pytest.MonkeyPatch.context() as patch, running_aws() as server:
        patch.setattr(KmsResponse, "sign", sign)
        yield server


@pytest.fixture
def signed_in(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return aws


@pytest.fixture
def place(tmp_path: Path, signed_in: Aws) -> Place:
    made = Place.make(tmp_path / "repository")
    made.put("infra/main.tf", GOOD)
    made.commit("queue")
    return made


def key(aws: Aws, spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY") -> str:
    made: str = aws.client("kms").create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
    return made


def attest(place: Place, name: str, *more: str) -> Done:
    return place.soc2gate("attest", "--key", name, "--ledger", "../ledger", *more)


def nothing_written(place: Place) -> bool:
    return not list(place.folder.parent.glob("ledger/*/*/*"))


def test_a_record_signed_by_kms_is_checked_without_aws(place: Place, signed_in: Aws) -> None:
    arn = key(signed_in)
    done = place.soc2gate("keys", "add", f"awskms:///{arn}", "--trust", "../keys.json", "--owner", "CI",
                          "--from", "2026-01-01")  # fmt: skip
    assert done.code == 0, done.err
    assert attest(place, f"awskms:///{arn}", "--output", "../record.json").code == 0
    assert (place.folder.parent / "record.json").stat().st_size > MOST_RAW
    offline = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": ""}
    check = ("attest", "verify", "../record.json", "--keys", "../keys.json", "--ledger", "../ledger")
    checked = place.soc2gate(*check, environment=offline)
    assert checked.code == 0, checked.out + checked.err
    assert "CI" in checked.out


def test_openssl_alone_accepts_what_kms_signed(place: Place, signed_in: Aws, tmp_path: Path) -> None:
    signer = kms.signer(f"awskms:///{key(signed_in)}")
    message = b"x" * 50_000
    (tmp_path / "key.pem").write_bytes(signer.public.pem)
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "signature").write_bytes(signer.sign(message))
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", "key.pem", "-outform", "DER"], cwd=tmp_path,
                         capture_output=True, check=True).stdout  # fmt: skip
    assert signer.public.keyid == hashlib.sha256(der).hexdigest()


def test_what_is_asked_of_aws_is_a_digest_by_the_keys_arn(signed_in: Aws) -> None:
    """By botocore's own idea of the API, with a key of ours in the place of KMS's."""
    import boto3
    from botocore.stub import Stubber

    private = ec.generate_private_key(ec.SECP256R1())
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    message = envelope.pre_authentication(envelope.STATEMENT_TYPE, b"{}" * MOST_RAW)
    hashed = hashlib.sha256(message).digest()
    signature = private.sign(hashed, ec.ECDSA(Prehashed(hashes.SHA256())))
    public = envelope.TrustedKey(envelope.key_id(private.public_key()), private.public_key())
    client: Any = boto3.client("kms")
    signer = kms.KmsSigner(public, arn, client)
    with Stubber(client) as stub:
        asked = {"KeyId": arn, "Message": hashed, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
        stub.add_response("sign", {"KeyId": arn, "Signature": signature}, asked)
        assert envelope.signed(message, signer) == signature
        stub.assert_no_pending_responses()


def test_a_signature_that_does_not_fit_the_key_leaves_no_record(
    place: Place, signed_in: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a service that hashes the digest once more, as moto does."""
    from moto.kms.responses import KmsResponse

    def sign(self: Any) -> str:
        backend_key = self.kms_backend.describe_key(self._get_param("KeyId"))
        signature = backend_key.private_key.sign(self._get_param("Message"), "ECDSA_SHA_256")
        return json.dumps({"KeyId": backend_key.arn, "Signature": base64.b64encode(signature).decode()})

    monkeypatch.setattr(KmsResponse, "sign", sign)
    done = attest(place, f"awskms:///{key(signed_in)}", "--output", "../record.json")
    assert done.code == 1
    assert "does not fit the key" in done.err
    assert nothing_written(place)
    assert not (place.folder.parent / "record.json").exists()


def test_an_alias_names_a_key_and_the_record_its_public_half(place: Place, signed_in: Aws) -> None:
    arn = key(signed_in)
    signed_in.client("kms").create_alias(AliasName="alias/soc2gate", TargetKeyId=arn)
    assert attest(place, "awskms:///alias/soc2gate").code == 0
    by_arn = kms.signer(f"awskms:///{arn}").public.keyid
    (record,) = (place.folder.parent / "ledger/records").glob("*/*")
    assert [one["keyid"] for one in json.loads(record.read_bytes())["signatures"]] == [by_arn]


def test_a_key_file_and_kms_sign_one_record(place: Place, signed_in: Aws, tmp_path: Path) -> None:
    private, public, _ = envelope.generate("ed25519", None)
    (tmp_path / "own.key").write_bytes(private)
    (tmp_path / "own.pub").write_bytes(public)
    name = f"awskms:///{key(signed_in)}"
    assert attest(place, name, "--key", "../own.key", "--output", "../record.json").code == 0
    assert place.soc2gate("keys", "add", name, "--trust", "../keys.json", "--from", "2026-01-01").code == 0
    (tmp_path / "policy.yaml").write_text("signatures: 2\n")
    ask = ("attest", "verify", "../record.json", "--policy", "../policy.yaml", "--ledger", "../ledger")
    assert place.soc2gate(*ask, "--keys", "../keys.json", "--keys", "../own.pub").code == 0
    assert place.soc2gate(*ask, "--keys", "../keys.json").code == 1


@pytest.mark.parametrize(
    ("spec", "usage", "told"),
    [
        ("RSA_2048", "SIGN_VERIFY", "SIGN_VERIFY RSA_2048"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "ENCRYPT_DECRYPT RSA_2048"),
        ("ECC_NIST_P384", "SIGN_VERIFY", "SIGN_VERIFY ECC_NIST_P384"),
        ("ECC_SECG_P256K1", "SIGN_VERIFY", "SIGN_VERIFY ECC_SECG_P256K1"),
    ],
)
def test_a_key_for_something_else_is_refused(place: Place, signed_in: Aws, spec: str, usage: str, told: str) -> None:
    done = attest(place, f"awskms:///{key(signed_in, spec, usage)}")
    assert done.code == 2
    assert told in done.err
    assert "aws kms create-key" in done.err
    assert nothing_written(place)


@pytest.mark.parametrize(
    ("call", "code", "hint"),
    [
        ("TrentService.GetPublicKey", "AccessDeniedException", "kms:GetPublicKey and kms:Sign"),
        ("TrentService.Sign", "AccessDeniedException", "kms:GetPublicKey and kms:Sign"),
        ("TrentService.Sign", "DisabledException", "enable-key"),
        ("TrentService.Sign", "KMSInvalidStateException", "disabled or waits"),
        ("TrentService.Sign", "ExpiredTokenException", "sign in first"),
        ("TrentService.Sign", "KeyUnavailableException", ""),
    ],
)
def test_what_aws_refuses_is_said_and_nothing_is_written(
    place: Place, signed_in: Aws, call: str, code: str, hint: str
) -> None:
    name = f"awskms:///{key(signed_in)}"
    with signed_in.refusing(Refusal(call, code, "json", "400 Bad Request")):
        done = attest(place, name)
    assert (done.code, nothing_written(place)) == (2, True)
    assert code in done.err
    assert hint in done.err
    assert "Traceback" not in done.err


def test_who_is_not_signed_in_is_told_so(place: Place, signed_in: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"awskms:///{key(signed_in)}"
    for nobody in ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, {"AWS_PROFILE": "nobody"}):
        done = place.soc2gate("attest", "--key", name, "--output", "../r.json", environment=nobody)
        assert (done.code, "sign in first" in done.err) == (2, True), done.err
    missing = place.soc2gate("attest", "--key", "awskms:///alias/nowhere", "--output", "../r.json")
    assert (missing.code, "NotFoundException" in missing.err) == (2, True)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    done = place.soc2gate("attest", "--key", "awskms:///alias/x", "--output", "../r.json")
    assert (done.code, "AWS_REGION" in done.err) == (2, True), done.err
    assert attest(place, name).code == 0, "an ARN names its region"


@pytest.mark.parametrize(
    "name", ["awskms:", "awskms://alias/x", "awskms:///", "awskms:///a b", "awskms:///arn:aws:s3:::x"]
)
def test_a_name_that_names_no_key_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="names no key"):
        kms.signer(name)
