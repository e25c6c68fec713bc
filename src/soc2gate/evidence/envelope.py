"""The signed envelope around every record: DSSE, with keys that an auditor can check by openssl alone.

A record is one line of RFC 8785 canonical JSON: `{"payload": …, "payloadType": …, "signatures": […]}`. Only that one
spelling is accepted, of the envelope and of the payload inside it, so that no byte can be changed without being
noticed, and two readers never see different things in one file. (Of each ECDSA signature anyone can compute a twin that
fits as well; the chain and timestamps name the file, and notice that too.)

The key decides the algorithm; nothing in an envelope does. A key is named by the sha256 of its public half (DER,
SubjectPublicKeyInfo), which is what `openssl pkey -pubin -outform DER | sha256sum` prints.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from soc2gate.errors import EvidenceError, UsageError
from soc2gate.facts import dataclass
from soc2gate.model.value import Json

if TYPE_CHECKING:
    import msgspec
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
        EllipticCurveSignatureAlgorithm,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

STATEMENT_TYPE = "application/vnd.in-toto+json"
HEAD_TYPE = "application/vnd.soc2gate.ledger-head+json"
KEYS_SCHEMA = "soc2gate.keys/1"
KEY_TYPES = ("p256", "ed25519")
MAX_BYTES = 100_000_000
"""An envelope may not be larger; one of 100,000 findings has about a third of that."""


class Signer(Protocol):
    """Whatever holds a private key: a file, or a service that never lets it out."""

    @property
    def public(self) -> TrustedKey:
        """Its public half."""

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A private key from a PEM file."""

    key: EllipticCurvePrivateKey | Ed25519PrivateKey
    keyid: str

    @property
    def public(self) -> TrustedKey:
        return TrustedKey(self.keyid, self.key.public_key())

    def sign(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric import ec

        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, _ecdsa())
        return self.key.sign(message)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that someone decided to trust, and for which time."""

    keyid: str
    public: EllipticCurvePublicKey | Ed25519PublicKey
    owner: str = ""
    valid_from: str = ""
    """ISO 8601, UTC; empty for always."""
    valid_until: str = ""

    def verifies(self, signature: bytes, message: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            if self.kind == "p256":
                cast("EllipticCurvePublicKey", self.public).verify(signature, message, _ecdsa())
            else:
                cast("Ed25519PublicKey", self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def kind(self) -> str:
        """`p256` or `ed25519`."""
        return "p256" if hasattr(self.public, "curve") else "ed25519"

    @property
    def pem(self) -> bytes:
        """As openssl reads it."""
        from cryptography.hazmat.primitives import serialization

        return self.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes the key again: the library's keys do not travel."""
        return _again, (self.pem, self.owner, self.valid_from, self.valid_until)

    def holds_at(self, time: str) -> bool:
        """Times are all `2026-11-21T09:00:00Z`, which sort as text."""
        return (not self.valid_from or self.valid_from <= time) and (not self.valid_until or time <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope whose form was checked; whether it is signed by anyone we trust was not, yet."""

    payload: Mapping[str, Json]
    payload_type: str
    message: bytes
    """What is signed: type and payload, each with its length before it."""
    signatures: tuple[tuple[str, bytes], ...]
    """(key id, signature)."""


@functools.cache
def _ecdsa() -> EllipticCurveSignatureAlgorithm:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.ECDSA(hashes.SHA256())


def canonical(document: Json) -> bytes:
    """RFC 8785: the one spelling of a JSON document."""
    import rfc8785

    # A JSON document is a JSON document; the library names the same type in its own words.
    return rfc8785.dumps(cast("dict[str, str]", document))


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """DSSE's PAE: the lengths keep a type and a payload from being read as another pair."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def seal(document: Mapping[str, Json], payload_type: str, signers: Sequence[Signer]) -> bytes:
    """The record as it is kept: one line, signed by each of `signers`."""
    payload = canonical(dict(document))
    message = pre_authentication(payload_type, payload)
    signatures: list[Json] = [
        {"keyid": signer.public.keyid, "sig": base64.b64encode(signed(message, signer)).decode()}
        for signer in sorted(signers, key=lambda signer: signer.public.keyid)
    ]
    whole: dict[str, Json] = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": signatures,
    }
    return canonical(whole) + b"\n"


def signed(message: bytes, signer: Signer) -> bytes:
    """The signature, once it was checked: a record that nobody can check must never be kept.

    A service may hold another key than it said, or hash once more what was hashed. Raises `EvidenceError`.
    """
    signature = signer.sign(message)
    if not signer.public.verifies(signature, message):
        raise EvidenceError(
            f"the signature that was made does not fit the key {signer.public.keyid}: nothing was written",
            hint="the signer signed something else, or with another key than its public half",
        )
    return signature


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope taken apart, its payload still as the bytes that were signed."""

    payload: bytes
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def message(self) -> bytes:
        return pre_authentication(self.payload_type, self.payload)


def unseal(data: bytes, payload_type: str) -> Envelope:
    """Take an envelope and its payload apart; its signatures are not looked at here.

    Raises `EvidenceError` for anything but the one spelling of an envelope of this type.
    """
    sealed = open_envelope(data, payload_type)
    content = _document(sealed.payload, "the payload")
    return Envelope(content, payload_type, sealed.message, sealed.signatures)


def open_envelope(data: bytes, payload_type: str) -> Sealed:
    """Take an envelope apart without reading its payload; raises what `unseal` raises of the envelope."""
    from soc2gate.evidence import plain

    quick = plain.read(data) if len(data) <= MAX_BYTES else None
    if quick is not None:
        sealed = Sealed(quick.payload, quick.payloadType, tuple((one.keyid, one.sig) for one in quick.signatures))
    else:
        sealed = _taken_apart(data)
    if sealed.payload_type != payload_type:
        raise EvidenceError(f"the envelope holds {sealed.payload_type!r}, not {payload_type!r}")
    if not sealed.signatures:
        raise EvidenceError("the envelope is not signed")
    if len({keyid for keyid, _ in sealed.signatures}) != len(sealed.signatures):
        raise EvidenceError("one key signs twice: two signatures of one key are one")
    if list(sealed.signatures) != sorted(sealed.signatures):
        raise EvidenceError("the signatures are not in the order of their keys: the envelope was changed")
    return sealed


def _taken_apart(data: bytes) -> Sealed:
    """The same, member by member, with a word for whatever is wrong."""
    whole = _document(data.removesuffix(b"\n"), "the envelope")
    if not data.endswith(b"\n"):
        raise EvidenceError("the envelope does not end in a newline: it was cut short or changed")
    if set(whole) != {"payload", "payloadType", "signatures"}:
        raise EvidenceError("not a DSSE envelope: it needs payload, payloadType and signatures, and nothing else")
    kind = whole["payloadType"]
    if not isinstance(kind, str):
        raise EvidenceError(f"the envelope's type is {kind!r}, which is no text")
    given = whole["signatures"]
    if not isinstance(given, list):
        raise EvidenceError("the envelope is not signed")
    signatures = []
    for item in given:
        if not isinstance(item, dict) or set(item) != {"keyid", "sig"} or not isinstance(item["keyid"], str):
            raise EvidenceError("a signature needs keyid and sig, and nothing else")
        signatures.append((item["keyid"], _from_base64(item["sig"], "a signature")))
    return Sealed(_from_base64(whole["payload"], "the payload"), kind, tuple(signatures))


def signed_by(envelope: Envelope, keys: Iterable[TrustedKey], at: str) -> tuple[TrustedKey, ...]:
    """Who signed. Every signature must be good and by a key that is trusted at that time.

    Raises `EvidenceError` otherwise: a signature that nobody here can check is not ignored, it is a question.
    """
    known: dict[str, list[TrustedKey]] = {}
    for key in keys:
        known.setdefault(key.keyid, []).append(key)
    signers = []
    for keyid, signature in envelope.signatures:
        entries = known.get(keyid)
        if entries is None:
            raise EvidenceError(f"signed by a key that is not trusted here: {keyid[:64]}")
        if not entries[0].verifies(signature, envelope.message):
            raise EvidenceError(f"the signature of {keyid} does not fit: the record or the signature was changed")
        # One key may stand there for several times, or in several files: each of them was given to be trusted.
        held = next((key for key in entries if key.holds_at(at)), None)
        if held is None:
            spans = "; ".join(
                f"from {key.valid_from or 'always'} until {key.valid_until or 'always'}" for key in entries
            )
            raise EvidenceError(f"the key {keyid} was not valid at {at}", hint=f"valid {spans}")
        signers.append(held)
    return tuple(signers)


def digest(data: bytes) -> str:
    """What names a record: the sha256 of its file, as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


def generate(kind: str, passphrase: bytes | None) -> tuple[bytes, bytes, str]:
    """A new key pair: private PEM (PKCS 8), public PEM, key id."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    key: EllipticCurvePrivateKey | Ed25519PrivateKey = (
        ec.generate_private_key(ec.SECP256R1()) if kind == "p256" else ed25519.Ed25519PrivateKey.generate()
    )
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    public = key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, pem, key_id(public)


def key_id(public: EllipticCurvePublicKey | Ed25519PublicKey) -> str:
    """The sha256 of the key in DER."""
    from cryptography.hazmat.primitives import serialization

    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def load_signer(path: Path, passphrase: bytes | None) -> FileSigner:
    """The private key in a PEM file. Raises `UsageError` for a wrong passphrase or a key that is not for this."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise UsageError(f"cannot read the key {path}: {error.strerror}") from None
    except TypeError:
        hint = "it is encrypted: set SOC2GATE_PASSPHRASE" if passphrase is None else "it is not encrypted"
        raise UsageError(f"cannot open the key {path}", hint=hint) from None
    except ValueError:
        raise UsageError(f"cannot open the key {path}: not a private key in PEM, or a wrong passphrase") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return FileSigner(key, key_id(key.public_key()))
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return FileSigner(key, key_id(key.public_key()))
    raise UsageError(f"the key {path} is neither P-256 nor Ed25519", hint="make one: soc2gate keygen")


def public_key(pem: bytes, told: str) -> TrustedKey:
    """A trusted key of a PEM; raises `UsageError` for anything but a P-256 or Ed25519 public key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError:
        raise UsageError(f"{told} is not a public key in PEM") from None
    if isinstance(key, ed25519.Ed25519PublicKey):
        return TrustedKey(key_id(key), key)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return TrustedKey(key_id(key), key)
    raise UsageError(f"{told} is neither P-256 nor Ed25519")


def _again(pem: bytes, *rest: str) -> TrustedKey:
    key = public_key(pem, "a trusted key")
    return TrustedKey(key.keyid, key.public, *rest)


def load_trusted(path: Path) -> tuple[TrustedKey, ...]:
    """Trusted keys: a public key in PEM, or a file of several with the times they hold.

    Raises `UsageError` where the file is something else, or names a key by another key's id.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the keys {path}: {error.strerror}") from None
    if data.lstrip().startswith(b"-----BEGIN"):
        return (public_key(data, str(path)),)
    try:
        document = json.loads(data)
        entries = document["keys"] if document["schema"] == KEYS_SCHEMA else None
        unknown = set(document) - {"schema", "keys", "authorities"}
    except (ValueError, KeyError, TypeError, RecursionError):
        entries, unknown = None, set()
    if not isinstance(entries, list):
        raise UsageError(f"{path} is neither a public key in PEM nor a {KEYS_SCHEMA} file")
    if unknown:
        raise UsageError(f"{path}: unknown in a {KEYS_SCHEMA} file: {', '.join(sorted(unknown))}")
    return tuple(_trusted(entry, path) for entry in entries)


def trust_entry(public: bytes, owner: str, valid_from: str, valid_until: str = "") -> dict[str, Json]:
    """What stands in a file of trusted keys for one key."""
    key = public_key(public, "the new key")
    return {
        "id": key.keyid,
        "owner": owner,
        "public": public.decode(),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def _trusted(entry: Json, path: Path) -> TrustedKey:
    fields = {"id", "public", "owner", "valid_from", "valid_until"}
    if not isinstance(entry, dict) or set(entry) - fields or not all(isinstance(one, str) for one in entry.values()):
        raise UsageError(f"{path}: a key has {', '.join(sorted(fields))}, each of them text")
    text = {name: str(entry.get(name, "")) for name in fields}
    key = public_key(text["public"].encode(), f"a key of {path}")
    if text["id"] != key.keyid:
        raise UsageError(f"{path}: the key with id {text['id']} is in truth {key.keyid}")
    check_span(text["valid_from"], text["valid_until"], str(path))
    return TrustedKey(key.keyid, key.public, text["owner"], text["valid_from"], text["valid_until"])


def check_span(valid_from: str, valid_until: str, told: str) -> None:
    """Raises `UsageError` for a time that is none, or that ends before it begins."""
    for time in filter(None, (valid_from, valid_until)):
        try:
            # They are compared as text, so only one spelling of a time will do.
            same = datetime.strptime(time, _TIME).strftime(_TIME) == time
        except ValueError:
            same = False
        if not same:
            raise UsageError(f"{told}: “{time}” is not a time", hint="write it as 2026-11-21T09:00:00Z")
    if valid_from and valid_until and valid_until < valid_from:
        raise UsageError(f"{told}: its time ends ({valid_until}) before it begins ({valid_from})")


_TIME = "%Y-%m-%dT%H:%M:%SZ"


def _document(data: bytes, told: str) -> dict[str, Json]:
    document = value_of(data, told)
    if not isinstance(document, dict):
        raise EvidenceError(f"{told} is not a JSON object")
    return document


def value_of(data: bytes, told: str) -> Json:
    """The JSON value that `data` spells, in the one spelling of RFC 8785; raises `EvidenceError` for any other."""
    if len(data) > MAX_BYTES:
        raise EvidenceError(f"{told} is larger than {MAX_BYTES:,} bytes")
    if _is_plain(data):
        # A report reads thousands of records: what msgspec reads and spells again as it stands is canonical, as long
        # as nothing is in it where the two might differ. Whatever else is left to the readers below.
        try:
            plain: Json = _plain_decoder().decode(data)
            if _spelled_plainly(plain) == data:
                return plain
        except (ValueError, RecursionError):
            pass
    try:
        document: Json = json.loads(data, parse_float=_no_number, parse_int=_whole, parse_constant=_no_number)
        spelled = canonical(document)
    except (ValueError, RecursionError):
        # rfc8785 says what it cannot spell by a ValueError of its own; bytes that are no UTF-8 are one too.
        raise EvidenceError(f"{told} is not JSON that RFC 8785 can spell") from None
    if spelled != data:
        raise EvidenceError(f"{told} is not spelled as RFC 8785 says: it was changed after it was written")
    return document


@functools.cache
def _plain_decoder() -> msgspec.json.Decoder[Json]:
    import msgspec

    return msgspec.json.Decoder(float_hook=_no_number)


def _spelled_plainly(document: Json) -> bytes:
    import msgspec

    return msgspec.json.encode(document, order="sorted")


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > _LARGEST:
        raise ValueError(text)
    return number


def _no_number(text: str) -> float:
    """Records hold whole numbers only: fractions have spellings that not every reader agrees on."""
    raise ValueError(text)


# RFC 8785 spells no whole number beyond what a double holds exactly.
_LARGEST = 2**53 - 1
_BEYOND_BASIC = re.compile(rb"[\xf0-\xff]")
# As a digest may have so many digits in a row, where a number may begin is looked at too.
_LONG_NUMBER = re.compile(rb"(?:^|[\[:,-])[0-9]{16}")
_DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))


def _is_plain(data: bytes) -> bool:
    """Whether nothing is in it where two JSON libraries might differ.

    Keys beyond the basic plane (4 bytes in UTF-8) sort in two ways; a number of 16 digits or more may be too large.
    """
    if b"0" * 16 in data.translate(_DIGITS) and _LONG_NUMBER.search(data) is not None:
        return False
    return data.isascii() or _BEYOND_BASIC.search(data) is None


def _from_base64(value: Json, told: str) -> bytes:
    try:
        if not isinstance(value, str):
            raise ValueError
        data = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        raise EvidenceError(f"{told} is not base64") from None
    # Two spellings can decode to the same bytes: the bits after the last one are free.
    last = base64.b64encode(data[max(0, len(data) - 1) // 3 * 3 :]).decode()
    if len(value) != (len(data) + 2) // 3 * 4 or value[-4:] != last:
        raise EvidenceError(f"{told} is not spelled as base64 spells it")
    return data
