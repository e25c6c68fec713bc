"""Stands in for people's own values that a snapshot must not hold: environment variables and user data, above all.

Such a value is judged where it is read and replaced at once. What remains says whether it looked like a credential
beside its name, so that rules answer as they would have, and nobody can read it from a file. With a key in
SOC2GATE_DIGEST_KEY it also keeps a digest, by which whoever has the same key can tell whether code says the same.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable
from itertools import islice, product

from soc2gate.errors import UsageError
from soc2gate.model.credentials import holds_credential
from soc2gate.model.value import Json, Ref, Text, Unknown, Value, Withheld
from soc2gate.patterns import regex

KEY = "SOC2GATE_DIGEST_KEY"
REASON = "its value is not kept: it is somebody's own, or a secret"
HIDDEN = Unknown("not shown: it is somebody's own, or a secret", not_null=True)
"""Stands in a report for what code says beside it."""
_SHORTEST = 16
"""Bytes. A digest of a short value can be found by trying; the key is all that stands against it."""
_MOST_SPELLINGS = 256
_SHA1 = regex(r"[0-9a-f]{40}")


def digest_key() -> bytes | None:
    """The key that digests are made with; None where there is none. Raises `UsageError` for one that is too short."""
    key = os.environ.get(KEY, "").encode()
    if not key:
        return None
    if len(key) < _SHORTEST:
        raise UsageError(
            f"{KEY} is too short to keep anything from being guessed: {_SHORTEST} bytes at least",
            hint=f"make one and keep it with your secrets: export {KEY}=$(openssl rand -hex 32)",
        )
    return key


def key_name() -> str:
    """What the key is called where digests are kept: it tells nothing of the key. Empty where there is none."""
    key = digest_key()
    return _name(key) if key is not None else ""


def withheld(name: str, value: Json) -> Unknown:
    """What is kept of the value of `name`; of a text that has no name, `name` is empty."""
    text = value if isinstance(value, str) else str(value)
    return _kept(text.encode("utf-8", "surrogatepass"), holds_credential(f"{name}={text}" if name else text))


def withheld_user_data(encoded: str, holds_secret: bool | Unknown) -> Unknown:
    """What is kept of user data, which is encoded as the API gives it: its digest is of what it says."""
    return _kept(_decoded(encoded) or encoded.encode(), holds_secret)


def _kept(content: bytes, secret: bool | Unknown) -> Unknown:
    judged = None if isinstance(secret, Unknown) else secret
    return Unknown(REASON, not_null=bool(content), withheld=Withheld(judged, _digest(content)))


def withheld_map(variables: Json) -> dict[str, Value] | None:
    """Variables by name, each value replaced; None where there are none."""
    if not isinstance(variables, dict):
        return None
    return {name: withheld(name, value) for name, value in sorted(variables.items())}


def differs(declared: Value, live: Withheld, resolve: Callable[[Ref], frozenset[str] | None], path: str) -> str | bool:
    """Whether code says another value than the one that is withheld; why that cannot be told, as text."""
    if not live.digest:
        return f"{REASON}, and no digest of it was taken"
    key = digest_key()
    if key is None:
        return f"{REASON}, and there is no key here to compare its digest"
    if live.digest.partition(":")[0] != _name(key):
        return f"{REASON}, and its digest was taken with another key"
    if path.endswith("UserData") and isinstance(declared, str) and _SHA1.fullmatch(declared):
        return "Terraform's plan tells only a hash of user data"
    spellings = _spellings(declared, resolve)
    if spellings is None:
        return f"{REASON}, and what code says is not wholly known"
    return not any(hmac.compare_digest(_digest(text), live.digest) for one in spellings for text in _forms(one, path))


def _forms(text: str, path: str) -> Iterable[bytes]:
    """User data is written plain or encoded, as whoever writes it likes."""
    yield text.encode("utf-8", "surrogatepass")
    if path.endswith("UserData"):
        decoded = _decoded(text)
        if decoded is not None:
            yield decoded


def _decoded(text: str) -> bytes | None:
    import base64
    import binascii

    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _spellings(declared: Value, resolve: Callable[[Ref], frozenset[str] | None]) -> list[str] | None:
    """The texts that a declared value may come to; None where that is not known."""
    if isinstance(declared, bool):
        return [str(declared).lower()]
    if isinstance(declared, (int, float, str)):
        return [str(declared)]
    parts = declared.parts if isinstance(declared, Text) else (declared,)
    choices: list[list[str]] = []
    for part in parts:
        if isinstance(part, str):
            choices.append([part])
        elif isinstance(part, Unknown) and part.ref is not None and (known := resolve(part.ref)) is not None:
            choices.append(sorted(known))
        else:
            return None
    return ["".join(chosen) for chosen in islice(product(*choices), _MOST_SPELLINGS)]


def _digest(value: bytes) -> str:
    """`KEY:DIGEST`, the key by a name that tells nothing of it; empty without a key."""
    key = digest_key()
    return f"{_name(key)}:{hmac.new(key, value, hashlib.sha256).hexdigest()}" if key is not None else ""


def _name(key: bytes) -> str:
    return hmac.new(key, b"soc2gate: the name of this key", hashlib.sha256).hexdigest()[:8]


def without_credentials(value: Value) -> Value:
    """The same value with every text that looks like a credential withheld: in an environment variable, an argument, a
    config map, wherever people left one in plain sight."""
    if isinstance(value, str):
        return withheld("", value) if holds_credential(value) is True else value
    if isinstance(value, list):
        return [without_credentials(item) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Value] = {key: without_credentials(child) for key, child in value.items()}
    for named, said in (("name", "value"), ("Name", "Value")):
        name, text = out.get(named), out.get(said)
        if isinstance(name, str) and isinstance(text, str) and _gives_away(name, text):
            out[said] = withheld(name, text)
    data = out.get("data")
    if isinstance(data, dict):
        out["data"] = {
            key: withheld(key, child) if isinstance(child, str) and _gives_away(key, child) else child
            for key, child in data.items()
        }
    return out


def _gives_away(name: str, text: str) -> bool:
    """`DB_PASSWORD` and `hunter2!` are harmless apart."""
    return holds_credential(f"{name}={text}") is True
