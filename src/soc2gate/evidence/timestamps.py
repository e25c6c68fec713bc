"""RFC 3161 timestamps: somebody else's word that a record was there at a time.

All times inside a record are its signer's own. A timestamp is a token of an authority over the sha256 of the record's
file, so it changes no byte of it, and stands beside: `record.dsse.json.tsr`, or `timestamps/` in the ledger. It is
checked offline by the authority's certificate in the file of trusted keys; certificates must be valid at the token's
time, not today.

Reading and checking tokens is rfc3161-client's work (of Trail of Bits; sigstore's Python client relies on it), which
checks certificates by OpenSSL. It is an extra: who stamps nothing needs none of it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soc2gate.errors import CollectError, EvidenceError, UsageError
from soc2gate.evidence.envelope import check_span
from soc2gate.facts import dataclass
from soc2gate.model.value import Json

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

SUFFIX = ".tsr"
INSTALL = "pip install 'soc2gate[timestamps]'"
MOST_BYTES = 100_000
"""A token with a whole chain of certificates has about six thousand."""
_ATTEMPTS = 3
_SECONDS = 30
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """A timestamp authority that someone decided to trust, and for which time."""

    id: str
    """The sha256 of the certificate in DER."""
    certificate: bytes
    """In PEM: the root that the chain of its own certificate ends in, as `openssl ts -verify -CAfile` takes it."""
    owner: str = ""
    valid_from: str = ""
    valid_until: str = ""

    def holds_at(self, moment: str) -> bool:
        return (not self.valid_from or self.valid_from <= moment) and (
            not self.valid_until or moment <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token that holds says."""

    time: str
    """When the authority saw the record, ISO 8601, UTC, cut to the second."""
    authority: Authority


def ask(url: str, record: bytes) -> bytes:
    """An authority's token over a record, as it answered.

    Raises `UsageError` without the library or with another URL than http or https, and `CollectError` where no token
    over these bytes is to be had.
    """
    require(url)
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder(data=record, hash_algorithm=HashAlgorithm.SHA256).build()
    token = _posted(url, request.as_bytes())
    try:
        answer = _parsed(token)
        if answer.tst_info.nonce != request.nonce:
            raise EvidenceError("it answers another request: its nonce is not ours")
        _check_imprint(answer, hashlib.sha256(record).hexdigest())
    except EvidenceError as error:
        raise CollectError(f"what {url} answered is no timestamp of the record: {error.message}") from None
    return token


def require(url: str) -> None:
    """Raises `UsageError` where no authority can be asked: better before a record is made than after."""
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"--timestamp {url}: the URL of a timestamp authority begins with https:// or http://")
    try:
        import rfc3161_client  # noqa: F401 - whether it is there
    except ImportError:
        raise UsageError("timestamps need rfc3161-client, which is not installed", hint=INSTALL) from None


def check(token: bytes, sha256: str, authorities: Sequence[Authority]) -> Stamp:
    """What a token says of the record of this digest; raises `EvidenceError` where it does not hold.

    Not every byte of a token is signed: certificates that it brings along beside its own are not. A token that is
    accepted says the same, whatever stands there. `ImportError` without the library: a check that cannot be made.
    """
    import rfc3161_client
    from cryptography import x509

    answer = _parsed(token)
    _check_imprint(answer, sha256)
    moment = _moment(answer)
    said = "no authority that is trusted here made it"
    for authority in authorities:
        root = x509.load_pem_x509_certificate(authority.certificate)
        verifier = rfc3161_client.VerifierBuilder().add_root_certificate(root).build()
        try:
            verifier.verify(answer, bytes.fromhex(sha256))
        except (rfc3161_client.VerificationError, x509.InvalidVersion, ValueError) as error:
            said = f"{said}; by {authority.id[:16]}: {error}"
            continue
        if not authority.holds_at(moment):
            span = f"from {authority.valid_from or 'always'} until {authority.valid_until or 'always'}"
            # It may stand there for another time as well.
            said = f"the authority {authority.id[:16]} is trusted {span}, the token is of {moment}"
            continue
        return Stamp(moment, authority)
    raise EvidenceError(said)


def load_authorities(paths: Iterable[Path]) -> tuple[Authority, ...]:
    """The authorities in files of trusted keys; a public key in PEM names none. Raises `UsageError`."""
    found = []
    for path in paths:
        data = path.read_bytes()
        if data.lstrip().startswith(b"-----BEGIN"):
            continue
        entries = json.loads(data).get("authorities", [])
        if not isinstance(entries, list):
            raise UsageError(f"{path}: authorities is a list")
        found += [_authority(entry, path) for entry in entries]
    return tuple(found)


def entry_of(pem: bytes, owner: str, valid_from: str, valid_until: str, told: str) -> dict[str, Json]:
    """What stands in a file of trusted keys for an authority."""
    text, name = _certificate(pem, told)
    return {"id": name, "owner": owner, "certificate": text, "valid_from": valid_from, "valid_until": valid_until}


def is_certificate(data: bytes) -> bool:
    return b"-----BEGIN CERTIFICATE-----" in data


def _authority(entry: Any, path: Path) -> Authority:
    fields = ("id", "certificate", "owner", "valid_from", "valid_until")
    if not isinstance(entry, dict) or set(entry) - set(fields) or not all(isinstance(v, str) for v in entry.values()):
        raise UsageError(f"{path}: an authority has {', '.join(fields)}, each of them text")
    text, name = _certificate(entry.get("certificate", "").encode(), f"an authority of {path}")
    if entry.get("id") != name:
        raise UsageError(f"{path}: the authority with id {entry.get('id')} is in truth {name}")
    span = entry.get("valid_from", ""), entry.get("valid_until", "")
    check_span(*span, str(path))
    return Authority(name, text.encode(), entry.get("owner", ""), *span)


def _certificate(pem: bytes, told: str) -> tuple[str, str]:
    """One certificate as PEM and its sha256; raises `UsageError` for none, or several."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        (certificate,) = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise UsageError(f"{told} is not one certificate in PEM") from None
    if certificate.issuer != certificate.subject:
        raise UsageError(
            f"{told} was issued by {certificate.issuer.rfc4514_string()}",
            hint="give the root that the chain ends in, as `openssl ts -verify -CAfile` takes it",
        )
    name = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), name


def _posted(url: str, question: bytes) -> bytes:
    import urllib.error
    import urllib.request

    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    said = ""
    for attempt in range(_ATTEMPTS):
        time.sleep(attempt)
        request = urllib.request.Request(url, question, headers)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                data: bytes = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            said = f"HTTP {error.code}"
            if error.code < 500:
                break
        except (OSError, ValueError) as error:
            said = str(getattr(error, "reason", error))
        else:
            if len(data) > MOST_BYTES:
                said = f"more than {MOST_BYTES:,} bytes"
                break
            return data
    raise CollectError(f"the timestamp authority {url} gave no token: {said}")


def _parsed(token: bytes) -> TimeStampResponse:
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        answer = decode_timestamp_response(token)
        told = ", ".join(answer.status_string)
        if PKIStatus(answer.status) is not PKIStatus.GRANTED:
            raise EvidenceError(f"the authority granted none: {told or f'status {answer.status}'}")
        # Only now is the token inside read.
        _moment(answer)
    except ValueError as error:
        raise EvidenceError(f"not a timestamp token: {error}") from None
    return answer


def _moment(answer: TimeStampResponse) -> str:
    return answer.tst_info.gen_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_imprint(answer: TimeStampResponse, sha256: str) -> None:
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message.hex() != sha256:
        raise EvidenceError("it is of other bytes: its imprint is not the sha256 of the record's file")
