"""What comes out: findings, disagreements, the decision, and the finished run that reports are made from."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

from soc2gate.errors import Exit
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import LiveRef, Problem, Side, Where
from soc2gate.model.rule import Control, Criterion, Rule, Severity
from soc2gate.model.value import Value


class Verdict(enum.Enum):
    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


WITHHELD = "(withheld: it looks like a credential)"
"""Stands in evidence for what must not be copied from a file into a report."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value a verdict rests on."""

    path: str
    """`SecurityGroupIngress[0].CidrIp`."""
    value: Value
    where: Where
    note: str = ""
    """`default of variable "port"`, `not set: aws_db_instance creates 0`."""


CONFIGURED = "configuration"
OURS = "soc2gate"
"""The engine that asked; another's name where its results are told beside ours."""


@dataclass(frozen=True, slots=True)
class Also:
    """What another engine says of the same, where a rule of ours asks it too."""

    engine: str
    check: str
    verdict: str
    """`pass`, `fail`, `unknown`, `skipped`."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding someone accepted, with a name and an end."""

    rule: str
    address: str
    reason: str
    owner: str
    approver: str
    expires: str
    """ISO date."""
    where: Where | None = None
    ticket: str = ""
    source: str = CONFIGURED
    """`configuration`, `inline`, or the tool whose skip comment it was (`checkov`, `tfsec`, `trivy`, `kics`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer about one resource."""

    rule: str
    control: str
    criteria: tuple[str, ...]
    severity: Severity
    verdict: Verdict
    side: Side
    kind: str
    address: str
    identity: Mapping[str, Value]
    root: str
    where: Where
    message: str
    evidence: Sequence[Evidence]
    fingerprint: str
    """Stable under reformatting and moves within a file: rule, side, root, address and witness, no line numbers."""
    reason: str = ""
    """For `unknown`: why, and what would settle it."""
    uncertain: str = ""
    waiver: Waiver | None = None
    new: bool | None = None
    """Whether it stands against a base or a baseline that knows nothing of it; None when there is neither."""
    engine: str = OURS
    """Whose verdict it is; `rule` is the id of that engine's check."""
    also: tuple[Also, ...] = ()
    """What other engines say of the same; ours is the verdict that counts."""
    owner: str = ""
    """Who answers for the code it stands in, as the configuration says; empty where it says nothing."""
    control_owner: str = ""
    """Who answers for the control."""
    system: str = ""
    """The system it is part of."""
    environment: str = ""
    """The set of values its root was evaluated with, where there are several; `root` names it too."""


class Difference(enum.Enum):
    CHANGED = "changed"
    MISSING = "missing"
    """Declared, not live."""
    UNMANAGED = "unmanaged"
    """Live, not declared."""
    UNDECIDED = "undecided"
    """One side could not be read; counted apart."""
    UNDECLARED = "undeclared"
    """Live, in a resource that is declared, read by rules, and never said in code: a tier of its own."""


DISAGREEING = tuple(one for one in Difference if one is not Difference.UNDECLARED)
"""What a disagreement can be; a property that code never says contradicts nothing."""


@dataclass(frozen=True, slots=True)
class RuleContrast:
    """A rule that reads the differing property, and what it says of each side (None: not asked there; on both, where it
    reads this as part of another resource)."""

    id: str
    declared: Verdict | None
    live: Verdict | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One place where code and live state differ."""

    kind: str
    address: str
    """The declared address; the uid for an unmanaged resource."""
    uid: str
    difference: Difference
    property: str | None
    declared: Value
    live: Value
    declared_where: Where | None
    live_where: LiveRef | None
    rules: tuple[RuleContrast, ...]
    criteria: tuple[str, ...]
    severity: Severity | None
    """The highest of the rules concerned; None where no rule cares, which never closes the gate."""
    reason: str
    fingerprint: str
    waiver: Waiver | None = None
    environment: str = ""
    """As a finding's, where code declares it."""


class Status(enum.Enum):
    """What the run says of a criterion."""

    PASS = "pass"
    FAIL = "fail"
    WAIVED = "waived"
    UNKNOWN = "unknown"
    NO_DATA = "no_data"
    MANUAL = "manual"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class CriterionStatus:
    criterion: Criterion
    status: Status
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    waived: int = 0
    not_applicable: int = 0
    disagreements: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    exit: Exit
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """Where live state came from, for reports: no resource data."""

    digest: str
    taken_at: str
    provider: str
    account: str
    caller: str
    regions_asked: tuple[str, ...]
    regions_read: tuple[str, ...]
    calls: int
    failed_calls: int
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """What a run that was asked only about changed files left out."""

    files: tuple[str, ...]
    """Relative to the base, sorted."""
    elsewhere: int
    """Findings that fail or are undecided in what was judged, and that no changed file has a part in."""


class Effect(enum.Enum):
    """What a change does to a criterion."""

    IMPROVES = "improves"
    WORSENS = "worsens"
    MIXED = "mixed"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True)
class CriterionChange:
    """What a change does to one criterion, in findings that fail or are undecided."""

    id: str
    introduced: int
    resolved: int
    remaining: int

    @property
    def effect(self) -> Effect:
        if self.introduced:
            return Effect.MIXED if self.resolved else Effect.WORSENS
        return Effect.IMPROVES if self.resolved else Effect.LEAVES


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A change to what decides the gate, told because it does not count before it is merged."""

    what: str
    """`configuration`, `pack`, `waiver`, `baseline`."""
    change: str
    """`added`, `changed`, `removed`."""
    path: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A finding of the base that the change does away with."""

    rule: str
    address: str
    criteria: tuple[str, ...]
    severity: Severity


@dataclass(frozen=True, slots=True)
class Diff:
    """What a change was compared with, and what it does."""

    base: str
    """The commit: the merge base."""
    head: str
    asked: str
    """As the person named the base."""
    criteria: tuple[CriterionChange, ...]
    """Only those that had or have findings that fail or are undecided."""
    resolved: tuple[Resolved, ...]
    policy: tuple[PolicyChange, ...]


@dataclass(frozen=True, slots=True)
class BaselineUse:
    """A baseline file, and what became of its entries."""

    path: str
    known: int
    """Findings that it holds."""
    gone: tuple[tuple[str, str], ...]
    """Rule and address of entries that no longer occur."""


@dataclass(frozen=True, slots=True)
class AcceptedUse:
    """A file of accepted undeclared properties, and what became of its entries."""

    path: str
    known: int
    """Undeclared properties that it holds."""
    gone: tuple[tuple[str, str], ...]
    """Address and property of entries that no longer occur."""


@dataclass(frozen=True, slots=True)
class CheckWords:
    """What is to be said of another engine's check."""

    name: str
    why: str
    """Why it is evidence about its control, as the mapping has it."""
    confidence: str
    guideline: str = ""


@dataclass(frozen=True, slots=True)
class EngineUse:
    """Another engine's results, and what became of them."""

    name: str
    version: str
    source: str
    """The file they were read from; empty where the engine was run."""
    reviewed: str
    """The version whose checks the mapping was reviewed against; empty where there is no mapping."""
    told: int
    """Results that stand as findings of their own."""
    covered: int
    """Results about what a rule of ours was asked of the same resource: ours stands."""
    differing: int
    """Those of them whose verdict is another."""
    skipped: int
    """Results that a comment in the code skipped."""
    elsewhere: int
    """Results about files outside the paths that were asked."""
    unmapped: Mapping[str, Mapping[str, int]]
    """Checks nobody reviewed: how many results of each verdict."""
    no_control: Mapping[str, Mapping[str, int]]
    """Checks that were reviewed and serve no control."""
    checks: Mapping[str, CheckWords]
    """Of the checks whose results are told."""


@dataclass(frozen=True, slots=True)
class RequirementStatus:
    """What a run says of one requirement of another framework."""

    id: str
    title: str
    status: Status
    """Of the findings about its controls; never `out_of_scope`."""
    controls: tuple[str, ...]
    passed: int
    failed: int
    unknown: int
    waived: int


@dataclass(frozen=True, slots=True)
class FrameworkStatus:
    """What a run says of another framework, by our controls."""

    id: str
    title: str
    notice: str
    requirements: tuple[RequirementStatus, ...]


@dataclass(frozen=True, slots=True)
class Lasting:
    """One disagreement over several looks."""

    fingerprint: str
    kind: str
    address: str
    difference: str
    property: str
    account: str
    region: str
    first_seen: str
    last_seen: str
    """ISO 8601, UTC."""


def seconds_seen(entry: Lasting) -> int:
    """How long it has been seen; 0 for one look, or for times that are none."""
    # Imported here: few runs keep a history.
    from datetime import datetime

    try:
        first, last = (datetime.fromisoformat(time) for time in (entry.first_seen, entry.last_seen))
    except ValueError:
        return 0
    return max(0, int((last - first).total_seconds()))


@dataclass(frozen=True, slots=True)
class History:
    """What repeated looks at live state saw."""

    path: str
    time: str = ""
    """Of the look it tells of; empty before the first."""
    previous: str = ""
    """Of the look before; empty where there was none."""
    lasting: tuple[Lasting, ...] = ()
    """Every disagreement that is there, as far as could be looked."""
    new: tuple[str, ...] = ()
    """Fingerprints of those that the look before did not see."""
    gone: tuple[Lasting, ...] = ()
    unlooked: tuple[str, ...] = ()
    """Fingerprints of those that were there before and could not be looked at now."""
    failing: tuple[str, ...] = ()
    """Fingerprints of the findings that fail."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished evaluation: everything reporters and evidence may see. Ordered, so equal input gives equal bytes."""

    command: str
    """`scan` or `verify`."""
    tool: Mapping[str, str]
    """`name`, `version`."""
    time: str
    """ISO 8601, UTC; from outside (`--now`)."""
    paths: tuple[str, ...]
    roots: tuple[tuple[str, str], ...]
    """(format, root) of each root read, once however often it was evaluated."""
    digests: Mapping[str, str]
    """`rules`, `mappings`, `config`, `inputs`, `snapshots`, `result`: sha256 each."""
    findings: tuple[Finding, ...]
    disagreements: tuple[Disagreement, ...]
    problems: tuple[Problem, ...]
    criteria: tuple[CriterionStatus, ...]
    decision: Decision
    rules: Mapping[str, Rule]
    controls: Mapping[str, Control]
    resources: Mapping[str, int]
    """Population: `declared`/`live` → how many resources; `declared:AWS::S3::Bucket` → of that kind."""
    files: tuple[str, ...] = ()
    snapshots: tuple[SnapshotInfo, ...] = ()
    fail_on: str = "high"
    on_incomplete: str = "block"
    unjudged: Mapping[str, int] = field(default_factory=dict)
    """Resource types we read and have no kind for, with how many: looked at by no rule."""
    base: str = "."
    """The folder the paths are relative to; reporters read source lines below it."""
    changed: ChangedFiles | None = None
    """Set when only findings that touch changed files are told."""
    diff: Diff | None = None
    baseline: BaselineUse | None = None
    engines: tuple[EngineUse, ...] = ()
    """Other engines whose results are told beside ours."""
    frameworks: tuple[FrameworkStatus, ...] = ()
    """Other frameworks that were asked for."""
    renderers: Mapping[str, str] = field(default_factory=dict)
    """The tools that built charts and overlays (`helm`, `kubectl`, `kustomize`) to their versions."""
    history: History | None = None
    """Set when what earlier looks saw is kept."""
    undeclared: tuple[Disagreement, ...] = ()
    """Live properties that rules read and code never says, but for those that are accepted."""
    on_undeclared: str = "report"
    """Whether they close the gate (`block`) or are only told."""
    accepted: AcceptedUse | None = None
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Root to the environments it was evaluated for; only roots that have some."""

    def check(self, finding: Finding) -> CheckWords | None:
        """What is to be said of the check behind another engine's finding."""
        used = next((one for one in self.engines if one.name == finding.engine), None)
        return used.checks.get(finding.rule) if used else None
