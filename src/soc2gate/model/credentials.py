"""What looks like a credential in plain text: for rules that ask, and for reports that must not repeat one."""

from __future__ import annotations

import re

from soc2gate.model.value import Unknown
from soc2gate.patterns import regex

_NAME = r"""(?i:[A-Za-z0-9_-]{0,40}
        (?:passw(?:or)?d|pwd|secret|token|api_?key|access_?key|private_?key|credentials?)
        (?![A-Za-z0-9_]*_(?:name|arn|id|path|file|url|ref|ttl|days|length)s?\b)
        (?![A-Za-z0-9_]*(?-i:(?:Name|Arn|ARN|Id|ID|Path|File|Url|URL|Ref|Ttl|TTL|Days|Length)s?)\b)[A-Za-z0-9_]{0,40})"""
_VALUE = r"""["']?(?!arn:|ssm:|[a-z0-9]+://|true\b|false\b|null\b|none\b|/)[^\s"'$<{(%,;/][^\s"'$<{(%,;]{5}"""

CREDENTIAL = regex(
    rf"""(?:^|[^A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{{16}}
    | -----BEGIN[ ](?:[A-Z]+[ ])?PRIVATE[ ]KEY
    | gh[pousr]_[A-Za-z0-9]{{36}} | github_pat_[A-Za-z0-9_]{{40}} | glpat-[A-Za-z0-9_-]{{20}}
    | xox[abprs]-[A-Za-z0-9-]{{10}} | [rs]k_live_[A-Za-z0-9]{{16}} | AIza[A-Za-z0-9_-]{{35}} | npm_[A-Za-z0-9]{{36}}
    | ://[^\s:/@$<{{]+:[^\s:/@$<{{]{{3,}}@
    | (?<![:/])\b{_NAME}["']?[ \t]*[=:][ \t]*{_VALUE}
    # Named and given as a call's arguments: PHP's define('DB_PASSWORD', '…').
    | \b(?i:define|set[A-Za-z]{{0,20}}|putenv)[ \t]*\([ \t]*["']{_NAME}["'][ \t]*,[ \t]*(?=["']){_VALUE}
    """,
    re.VERBOSE,
)
_BASE64 = regex(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")


def holds_credential(value: str) -> bool | Unknown:
    """Whether a text holds one, in plain sight or base64-encoded; unknown where it cannot be unpacked."""
    if CREDENTIAL.search(value):
        return True
    if not _BASE64.fullmatch(value):
        return False
    # Imported here: only text that looks encoded pays for it.
    import base64
    import binascii

    try:
        decoded = base64.b64decode(value, validate=False)
    except binascii.Error:
        return False
    text = readable(decoded)
    return text if isinstance(text, Unknown) else bool(CREDENTIAL.search(text))


_GZIP = b"\x1f\x8b"
_MOST = 1_000_000
"""User data is at most 16 KB as it is sent; this much of it unpacked is looked at."""


def readable(data: bytes) -> str | Unknown:
    """What user data says: it may be compressed. Unknown where it cannot be unpacked, or is too long when it is."""
    if not data.startswith(_GZIP):
        return data.decode("utf-8", "replace")
    import zlib

    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = unpacking.decompress(data, _MOST)
    except zlib.error:
        return Unknown("it is compressed, and cannot be unpacked")
    if unpacking.unconsumed_tail or not unpacking.eof:
        return Unknown(f"it is compressed, and more than {_MOST} bytes long")
    return text.decode("utf-8", "replace")
