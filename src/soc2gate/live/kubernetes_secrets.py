"""Keeps credentials that people left in plain sight out of snapshots.

What looks like one (in an environment variable, an argument, a config map) is judged and replaced: rules that ask
whether it is a credential still answer, and the credential is not copied into a file.
"""

from __future__ import annotations

from soc2gate.cel.secrets import looks_like_secret
from soc2gate.kinds.withheld import withheld
from soc2gate.model.value import Value


def without_credentials(value: Value) -> Value:
    """The same value with every text that looks like a credential withheld."""
    if isinstance(value, str):
        return withheld("", value) if looks_like_secret(value) is True else value
    if isinstance(value, list):
        return [without_credentials(item) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Value] = {key: without_credentials(child) for key, child in value.items()}
    name, text = out.get("name"), out.get("value")
    if isinstance(name, str) and isinstance(text, str) and _gives_away(name, text):
        out["value"] = withheld(name, text)
    data = out.get("data")
    if isinstance(data, dict):
        out["data"] = {
            key: withheld(key, child) if isinstance(child, str) and _gives_away(key, child) else child
            for key, child in data.items()
        }
    return out


def _gives_away(name: str, text: str) -> bool:
    """`DB_PASSWORD` and `hunter2!` are harmless apart."""
    return looks_like_secret(f"{name}={text}") is True
