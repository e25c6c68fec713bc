"""Keys and credentials: whose key encrypts, and what should not stand in plain text."""

from __future__ import annotations

import re

from soc2gate.cel import text
from soc2gate.cel.operations import unknown_of
from soc2gate.model.credentials import CREDENTIAL, holds_credential
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


def says_customer_key(value: Value) -> bool | Unknown:
    """Whether an alias says that the key is the customer's own; an ARN or an id of a key does not say whose it is."""
    if isinstance(value, str) and value and not value.rpartition(":")[2].startswith("alias/"):
        return Unknown("the ARN or id of a key does not say who manages it, and its own region was not read with it")
    return customer_key(value)


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

_SENSITIVE = regex(r"passw|secret|token|private|credential|access_key|connection_string", re.IGNORECASE)


def looks_like_secret(value: Value) -> bool | Unknown:
    """Whether a text holds what looks like a credential, in plain sight or base64-encoded (user data)."""
    if value is None or value == "":
        return False
    if isinstance(value, str):
        return holds_credential(value)
    blocked = unknown_of(value)
    parts = value.parts if isinstance(value, Text) else (value,)
    if any(isinstance(part, Unknown) and part.withheld is not None and part.withheld.secret for part in parts):
        return True
    # What stands before a later part is not known, so a match must not begin where the part does.
    if any(isinstance(part, str) and CREDENTIAL.search(part, 1 if i else 0) for i, part in enumerate(parts)):
        return True
    doubtful = next((part for part in parts if not isinstance(part, str) and not _is_harmless(part)), None)
    if doubtful is None:
        return False
    return doubtful if isinstance(doubtful, Unknown) else blocked or Unknown("this is not a text")


def _is_harmless(part: Value) -> bool:
    """An identifier of a resource that the same code manages is not a credential, whatever it turns out to be; nor is
    what CloudFormation says of the stack (`AWS::Region`)."""
    if not isinstance(part, Unknown):
        return False
    if part.withheld is not None:
        return part.withheld.secret is False
    if part.ref is None:
        return bool(part.depends) and all(name.startswith("AWS::") for name in part.depends)
    return part.not_null and not _SENSITIVE.search(part.ref.attribute)
