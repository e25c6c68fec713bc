"""Keys and credentials: whose key encrypts, and what should not stand in plain text."""

from __future__ import annotations

import re

from soc2gate.cel import text
from soc2gate.cel.operations import unknown_of
from soc2gate.model.value import Text, Unknown, Value
from soc2gate.patterns import regex

# --- whose key

_AWS_ALIAS = "alias/aws/"
_KEY_TYPE = regex(r"(?:^|\.)aws(?:cc)?_kms_(?:key|replica_key|external_key|replica_external_key|alias)\.")
_DATA_SOURCE = regex(r"(?:^|\.)data\.[a-z0-9_]+\.")


def customer_key(value: Value) -> bool | Unknown:
    """Whether a KMS key named by id, ARN or alias is the customer's own; absent and `alias/aws/…` are not."""
    if value is None or value == "":
        return False
    if isinstance(value, str):
        return not (value.startswith(_AWS_ALIAS) or ":" + _AWS_ALIAS in value)
    blocked = unknown_of(value)
    if isinstance(value, Unknown):
        return True if _is_managed_key(value) else text.bare(value)
    if isinstance(value, Text):
        answer = _by_known_part(text.shape_of(value).literals)
        return text.unknown_part(value) if answer is None else answer
    return blocked or Unknown("this is not the name of a key")


def _is_managed_key(value: Unknown) -> bool:
    """An attribute of a key or alias that the same code manages. A data source may have found one of AWS's own."""
    if value.ref is None:
        return False
    address = value.ref.address
    if "." not in address:
        # CloudFormation's logical ids carry no type; what a template makes and names as a key is the customer's.
        return value.not_null
    return bool(_KEY_TYPE.search(address)) and not _DATA_SOURCE.search(address)


def _by_known_part(literals: tuple[str, ...]) -> bool | None:
    for i, literal in enumerate(literals):
        start = 0 if i == 0 and literal.startswith("alias/") else literal.find(":alias/") + 1
        if start or (i == 0 and literal.startswith("alias/")):
            named = literal[start:]
            if named.startswith(_AWS_ALIAS):
                return False
            return None if _AWS_ALIAS.startswith(named) else True
        if ":key/" in literal:
            return True
    return None


# --- what should not stand in plain text

_SECRET = regex(
    r"""(?:^|[^A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}
    | -----BEGIN[ ](?:[A-Z]+[ ])?PRIVATE[ ]KEY
    | gh[pousr]_[A-Za-z0-9]{36} | github_pat_[A-Za-z0-9_]{40} | glpat-[A-Za-z0-9_-]{20}
    | xox[abprs]-[A-Za-z0-9-]{10} | [rs]k_live_[A-Za-z0-9]{16} | AIza[A-Za-z0-9_-]{35} | npm_[A-Za-z0-9]{36}
    | ://[^\s:/@$<{]+:[^\s:/@$<{]{3,}@
    | (?<![:/])\b(?i:[A-Za-z0-9_-]{0,40}
        (?:passw(?:or)?d|pwd|secret|token|api_?key|access_?key|private_?key|credentials?)
        (?![A-Za-z0-9_]*_(?:name|arn|id|path|file|url|ref|ttl|days|length)s?\b)[A-Za-z0-9_]{0,40})
      ["']?[ \t]*[=:][ \t]*["']?(?!arn:|ssm:|true\b|false\b|null\b|none\b|/)[^\s"'$<{(%,;/][^\s"'$<{(%,;]{5}
    """,
    re.VERBOSE,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")
_SENSITIVE = regex(r"passw|secret|token|private|credential|access_key|connection_string", re.IGNORECASE)


def looks_like_secret(value: Value) -> bool | Unknown:
    """Whether a text holds what looks like a credential, in plain sight or base64-encoded (user data)."""
    if value is None or value == "":
        return False
    if isinstance(value, str):
        return _holds_secret(value)
    blocked = unknown_of(value)
    parts = value.parts if isinstance(value, Text) else (value,)
    # What stands before a later part is not known, so a match must not begin where the part does.
    if any(isinstance(part, str) and _SECRET.search(part, 1 if i else 0) for i, part in enumerate(parts)):
        return True
    if all(isinstance(part, str) or _is_harmless(part) for part in parts):
        return False
    return blocked or Unknown("this is not a text")


def _is_harmless(part: Value) -> bool:
    """An identifier of a resource that the same code manages is not a credential, whatever it turns out to be."""
    return (
        isinstance(part, Unknown)
        and part.ref is not None
        and part.not_null
        and not _SENSITIVE.search(part.ref.attribute)
    )


def _holds_secret(value: str) -> bool:
    if _SECRET.search(value):
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
    return bool(_SECRET.search(decoded.decode("utf-8", "replace")))
