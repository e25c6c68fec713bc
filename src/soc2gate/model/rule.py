"""Rules, controls and criteria as they were written: data with no behaviour."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from soc2gate.facts import dataclass, field


class Severity(enum.IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """An expression's text and where it stands, so that an error can point into the file."""

    text: str
    path: str
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class SeverityCase:
    when: Source | None
    level: Severity


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule asks of one kind."""

    kind: str
    assertion: Source
    when: Source | None = None
    """False means not applicable."""
    sides: tuple[str, ...] = ("declared", "live")
    severity: tuple[SeverityCase, ...] = ()
    """Ordered; the first whose `when` holds counts. The last has none."""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: str
    control: str
    cases: tuple[Case, ...]
    message: str
    """A template: `{…}` holds an expression over `resource` and `witness`."""
    why: str
    fix: Mapping[str, str]
    path: str
    line: int
    digest: str
    """sha256 of the rule file."""
    pack: str = "soc2gate"
    references: tuple[str, ...] = ()
    always_decided: tuple[str, ...] = ()
    """Sides (`terraform`, `cloudformation`, `manifests`, `live`) on which the rule is never unknown."""
    vacuous_ok: bool = False
    sides: tuple[str, ...] = ()
    """Where the catalogue says it can be asked: `terraform`, `cloudformation`, `manifests`, `live`."""
    deprecated: str = ""
    choice: str = ""
    """What was chosen where public tools disagree, and why; empty where they do not."""
    message_at: tuple[int, int] = (0, 0)
    """Line and column of the message's first character."""

    @property
    def severity(self) -> Severity:
        """The highest it can reach: what missing and unmanaged resources of its kinds weigh."""
        return max(level.level for case in self.cases for level in case.severity)


class Strength(enum.Enum):
    """What technical evidence can carry of a criterion."""

    STRONG = "strong"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Control:
    id: str
    statement: str
    criteria: tuple[str, ...]
    rationale: Mapping[str, str]
    """Criterion id to why evidence about this control serves it."""
    evidence: str
    """`rules`, `record` or `people`."""
    max_age_days: int
    exceptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Rule id to the criteria it claims instead of the control's own."""


@dataclass(frozen=True, slots=True)
class Criterion:
    id: str
    category: str
    title: str
    """Our own paraphrase, never AICPA's text."""
    evidence: Strength
    tool_shows: str
    people_show: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything one run asks: rules, what they are evidence for, and the digests that name it."""

    rules: Mapping[str, Rule]
    controls: Mapping[str, Control]
    criteria: Mapping[str, Criterion]
    digests: Mapping[str, str]
    """`rules` and `mappings`: sha256 over the canonical content, whichever directory they came from."""

    def criteria_of(self, rule: Rule) -> tuple[str, ...]:
        """The SOC 2 criteria this rule is evidence for: its exception in the control, else the control's."""
        control = self.controls[rule.control]
        return control.exceptions.get(rule.id, control.criteria)
