"""What collecting says while it works."""

from __future__ import annotations

from soc2gate.facts import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step done; the total grows while listings come in."""

    provider: str
    account: str
    region: str
    kind: str
    done: int
    total: int
    resources: int
    """How many were read so far."""
