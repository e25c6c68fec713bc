"""Functions that hash text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.values import EvaluationError


def digest(algorithm: str, data: bytes) -> str:
    """The hash in hexadecimal."""
    import hashlib

    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def digest_base64(algorithm: str, data: bytes) -> str:
    """The hash in base64."""
    import base64
    import hashlib

    return base64.b64encode(hashlib.new(algorithm, data, usedforsecurity=False).digest()).decode("ascii")


def _of_text(function: Callable[[str, bytes], str], algorithm: str) -> Callable[[str], str]:
    return lambda value: function(algorithm, value.encode("utf-8", "surrogatepass"))


_NAMESPACES = {
    "dns": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "url": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
    "oid": "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
    "x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}


def _uuid5(namespace: str, name: str) -> str:
    import uuid

    try:
        space = uuid.UUID(_NAMESPACES.get(namespace, namespace))
    except ValueError as error:
        raise EvaluationError("the namespace is neither a UUID nor dns, url, oid or x500") from error
    return str(uuid.uuid5(space, name))


TABLE: Mapping[str, Function] = {
    "md5": Function(_of_text(digest, "md5"), "s"),
    "sha1": Function(_of_text(digest, "sha1"), "s"),
    "sha256": Function(_of_text(digest, "sha256"), "s"),
    "sha512": Function(_of_text(digest, "sha512"), "s"),
    "base64sha256": Function(_of_text(digest_base64, "sha256"), "s"),
    "base64sha512": Function(_of_text(digest_base64, "sha512"), "s"),
    "uuidv5": Function(_uuid5, "ss"),
}
