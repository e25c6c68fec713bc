"""Stands in for people's own values that a snapshot must not hold: environment variables, above all.

Such a value is judged where it is read and replaced at once. What remains says only whether it looked like a
credential beside its name, so that rules answer as they would have, and nobody can read it from a file.
"""

from __future__ import annotations

from soc2gate.cel.secrets import looks_like_secret
from soc2gate.model.value import Json

SECRET = "credential=withheld-by-soc2gate"
"""Looks like a credential itself, whatever name stands before it."""
HARMLESS = "(not kept)"
"""Looks like none, even after the name `PASSWORD`."""


def marker(name: str, value: Json) -> str:
    """What is kept of a variable's value."""
    text = value if isinstance(value, str) else str(value)
    return SECRET if looks_like_secret(f"{name}={text}") is True else HARMLESS


def withheld_map(variables: Json) -> dict[str, str] | None:
    """Variables by name, each value replaced; None where there are none."""
    if not isinstance(variables, dict):
        return None
    return {name: marker(name, value) for name, value in sorted(variables.items())}
