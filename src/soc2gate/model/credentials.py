"""What looks like a credential in plain text: for rules that ask, and for reports that must not repeat one."""

from __future__ import annotations

import re

CREDENTIAL = re.compile(
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


def holds_credential(value: str) -> bool:
    """Whether a text holds one, in plain sight or base64-encoded."""
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
    return bool(CREDENTIAL.search(decoded.decode("utf-8", "replace")))
