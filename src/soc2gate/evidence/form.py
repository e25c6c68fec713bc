"""The parts of a statement that a report reads, checked quickly: there are thousands of records.

`statement.schema.json` is the whole form; checking it takes fifty times as long, and `soc2gate attest verify` does so.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from soc2gate.errors import EvidenceError
from soc2gate.facts import replace

if TYPE_CHECKING:
    from soc2gate.evidence.ledger import Record

Count = Annotated[int, msgspec.Meta(ge=0)]
Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]


class _Form(msgspec.Struct, gc=False):
    """Fields that stand here must be there; others may be."""


class _Criterion(_Form):
    id: str
    status: Literal["pass", "fail", "waived", "unknown", "no_data", "manual", "out_of_scope"]
    fresh_until: Time | None


class _Side(_Form):
    passed: Count = msgspec.field(name="pass")
    fail: Count
    waived: Count
    unknown: Count


class _Population(_Form):
    criteria: list[str]
    declared: _Side
    live: _Side


class _Finding(_Form):
    rule: str
    address: str
    side: Literal["declared", "live"]
    verdict: Literal["fail", "unknown"]
    severity: Literal["low", "medium", "high", "critical"]
    criteria: list[str]
    fingerprint: str
    waived: bool


class _Disagreement(_Form):
    difference: Literal["changed", "missing", "unmanaged", "undecided"]
    address: str
    property: str | None
    severity: Literal["none", "low", "medium", "high", "critical"]
    criteria: list[str]
    fingerprint: str
    waived: bool


class _Waiver(_Form):
    rule: str
    address: str
    approver: str
    expires: str


class _Digest(_Form):
    sha256: str


class _Policy(_Form):
    name: str
    digest: _Digest


class _Evaluator(_Form):
    version: str


class _Scope(_Form):
    paths: list[str]


class _Input(_Form):
    name: str


class _LiveInput(_Form):
    name: str
    regions_asked: list[str]
    regions_read: list[str]
    failed_calls: Count


class _Problem(_Form):
    message: str


class _NotLookedAt(_Form):
    problems: list[_Problem]


class _Time(_Form):
    judged_at: Time
    finished_at: Time


class _Approval(_Form):
    bound: bool


class _Approvals(_Form):
    value: list[_Approval]


class _Value(_Form):
    value: Any


class _Reported(_Form):
    approvals: _Approvals | None = None
    direct_push: _Value | None = None
    bypassed_protection: _Value | None = None


class _Change(_Form):
    reported: _Reported


class _Predicate(_Form):
    time: _Time
    change: _Change
    evaluator: _Evaluator
    policies: list[_Policy]
    scope: _Scope
    inputs: list[_Input]
    criteria: list[_Criterion]
    populations: list[_Population]
    findings: list[_Finding]
    disagreements: list[_Disagreement]
    waivers: list[_Waiver]
    not_looked_at: _NotLookedAt


class Essence:
    """Keeps of each record what a report reads, and of equal parts one: a year of records fits into memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, Any] = {}

    def __call__(self, record: Record) -> Record:
        """The record with the rest left out; raises `EvidenceError` for one of another form."""
        said = record.predicate
        require(said, record.sequence)
        kept = {name: self._one(said[name]) for name in _READ}
        kept["criteria"] = [{name: row[name] for name in ("id", "status", "fresh_until")} for row in said["criteria"]]
        live = [entry for entry in said["inputs"] if entry["name"] != "declared"]
        kept["inputs"] = [{"name": "declared"}, *live]
        envelope = replace(record.envelope, payload={}, message=b"", signatures=())
        return replace(record, predicate=kept, envelope=envelope)

    def _one(self, part: Any) -> Any:
        # Most changes leave most answers as they were.
        return self._known.setdefault(hashlib.sha256(msgspec.json.encode(part)).digest(), part)


_READ = (
    "change", "evaluator", "policies", "scope", "populations",
    "findings", "disagreements", "waivers", "not_looked_at",
)  # fmt: skip


def require(predicate: Any, sequence: int) -> None:
    """Raises `EvidenceError` where a report could not read the predicate, or would read something else in it."""
    try:
        form = msgspec.convert(predicate, _Predicate)
        live = [entry for entry in predicate["inputs"] if entry["name"] != "declared"]
        msgspec.convert(live, list[_LiveInput])
    except msgspec.ValidationError as error:
        raise EvidenceError(f"record {sequence} is not of the form of a statement: {error}") from None
    if not live and any(item.side == "live" for item in form.findings):
        raise EvidenceError(f"record {sequence} has findings of live state, and none was looked at")
