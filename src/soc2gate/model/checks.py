"""Checks of other engines: the control each is about, and the rule of ours that asks the same."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.facts import dataclass, field
from soc2gate.model.rule import Severity

NO_CONTROL = "none"
"""What a mapping says of a check that was reviewed and serves no control."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of another engine, reviewed."""

    id: str
    control: str
    """`none` for one that was reviewed and serves no control."""
    why: str
    """Why it belongs there, or why nowhere."""
    rule: str = ""
    """Our rule that asks the same of the same resource."""
    severity: Severity | None = None
    """Our rule's, where one is named; None for a check without a control."""
    confidence: str = ""
    """`high`, `medium`, `low`: how far the check's verdict is evidence about the control."""


@dataclass(frozen=True, slots=True)
class CheckMap:
    """The reviewed checks of one engine."""

    engine: str
    names: tuple[str, ...]
    """What the engine calls itself in results."""
    reviewed: str
    """The version whose checks were read."""
    checks: Mapping[str, Check]
    """By id, and by every other id that means the same."""
    digest: str

    def find(self, name: str) -> Check | None:
        return self.checks.get(name)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of another framework, and our controls that serve it."""

    id: str
    title: str
    """Our own words, never the framework's text."""
    controls: Mapping[str, str]
    """Control id to why evidence about it serves the requirement."""


@dataclass(frozen=True, slots=True)
class Framework:
    """Another framework, by our controls."""

    id: str
    title: str
    notice: str
    requirements: Mapping[str, Requirement] = field(default_factory=dict)
