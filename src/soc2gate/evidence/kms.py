"""Signing with a key that never leaves AWS KMS: an asymmetric P-256 key, named `awskms:///ARN` or `awskms:///alias/NAME`.

Whoever signs needs `kms:GetPublicKey` and `kms:Sign` on the key, and nothing else. Whoever checks needs no AWS: the
public key stands in the file of trusted keys like any other, and the signature is the one that a key file would make.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from soc2gate.errors import UsageError
from soc2gate.evidence import aws
from soc2gate.facts import dataclass

if TYPE_CHECKING:
    from soc2gate.evidence.envelope import TrustedKey

SCHEME = "awskms:"
KEY_SPEC = "ECC_NIST_P256"
ALGORITHM = "ECDSA_SHA_256"
_NAME = re.compile(
    r"(?P<arn>arn:[a-z0-9-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:(?:key|alias)/[A-Za-z0-9/_-]+)"
    r"|alias/[A-Za-z0-9/_-]+|[A-Za-z0-9-]+"
)
_MAKE = "aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256"
_REFUSED = {
    "AccessDeniedException": "whoever signs needs kms:GetPublicKey and kms:Sign on the key",
    "NotFoundException": "is it in this account and region? An ARN names both",
    "DisabledException": "aws kms enable-key",
    "KMSInvalidStateException": "the key is disabled or waits for its deletion",
    "UnsupportedOperationException": f"the key is no asymmetric one; make one: {_MAKE}",
    "InvalidKeyUsageException": f"the key is not for signing; make one: {_MAKE}",
}


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """A private key in KMS, and its public half as KMS gave it."""

    public: TrustedKey
    arn: str
    """Of the key itself: an alias may be pointed at another key while a record is made."""
    client: Any

    def sign(self, message: bytes) -> bytes:
        # The digest is made here: KMS takes 4,096 bytes at most as they are, and a record has more.
        digest = hashlib.sha256(message).digest()
        with aws.refusals(f"KMS does not sign with {self.arn}", _REFUSED):
            answer = self.client.sign(KeyId=self.arn, Message=digest, MessageType="DIGEST", SigningAlgorithm=ALGORITHM)
        signature: bytes = answer["Signature"]
        return signature


def is_kms(name: str) -> bool:
    return name.startswith(SCHEME)


def signer(name: str) -> KmsSigner:
    """The key that `awskms:///…` names, with its public half.

    Raises `UsageError` for a name that is none, a key that is not P-256 for signing, and whatever AWS refuses.
    """
    found = _NAME.fullmatch(name.removeprefix("awskms:///"))
    if not name.startswith("awskms:///") or found is None:
        raise UsageError(
            f"{name} names no key of AWS KMS",
            hint="write awskms:///arn:aws:kms:REGION:ACCOUNT:key/ID, awskms:///alias/NAME or awskms:///ID",
        )
    client = aws.client("kms", found["region"] or "")
    with aws.refusals(f"KMS does not give the public key of {found[0]}", _REFUSED):
        answer = client.get_public_key(KeyId=found[0])
    kind = f"{answer.get('KeyUsage')} {answer.get('KeySpec') or answer.get('CustomerMasterKeySpec')}"
    if kind != f"SIGN_VERIFY {KEY_SPEC}":
        raise UsageError(
            f"{found[0]} is a key for {kind}; records are signed with SIGN_VERIFY {KEY_SPEC}", hint=f"make one: {_MAKE}"
        )
    return KmsSigner(_public(answer["PublicKey"], name), str(answer["KeyId"]), client)


def _public(der: bytes, name: str) -> TrustedKey:
    from cryptography.hazmat.primitives import serialization

    from soc2gate.evidence.envelope import public_key

    try:
        key = serialization.load_der_public_key(der)
    except ValueError:
        raise UsageError(f"what KMS gave for {name} is no public key") from None
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public_key(pem, name)
