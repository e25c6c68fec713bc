"""The parts of a statement that a report reads, checked quickly: there are thousands of records.

`statement.schema.json` is the whole form; checking it takes fifty times as long, and `soc2gate attest verify` does so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

from soc2gate.errors import EvidenceError
from soc2gate.facts import dataclass

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
    rule: str = ""
    control: str = ""
    severity: Literal["none", "low", "medium", "high", "critical"] = "none"


class _Control(_Form):
    id: str
    statement: str
    criteria: list[str]
    evidence: Literal["rules", "record", "people"]
    max_age_days: Count
    owner: str


class _Finding(_Form):
    rule: str
    address: str
    side: Literal["declared", "live"]
    verdict: Literal["fail", "unknown"]
    severity: Literal["low", "medium", "high", "critical"]
    criteria: list[str]
    fingerprint: str
    waived: bool
    control: str = ""


class _Disagreement(_Form):
    difference: Literal["changed", "missing", "unmanaged", "undecided"]
    address: str
    property: str | None
    severity: Literal["none", "low", "medium", "high", "critical"]
    criteria: list[str]
    fingerprint: str
    waived: bool
    kind: str = ""


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
    observed_at: Time | None = None
    calls: Count = 0
    kinds: dict[str, Count] = {}


class _Problem(_Form):
    message: str
    weight: str = ""
    stage: str = ""


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


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a statement's criteria, as a report reads them, with what most records share kept once."""

    shared: tuple[tuple[str, str, int], ...]
    """Criterion, its status, and the place of its time; -1 for none."""
    times: tuple[str, ...]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Rows:
        """The same of plain rows."""
        shared = []
        times: list[str] = []
        for row in rows:
            time = row["fresh_until"]
            shared.append((row["id"], row["status"], len(times) if time else -1))
            times += [time] if time else []
        return cls(tuple(shared), tuple(times))

    def __iter__(self) -> Iterator[dict[str, str | None]]:
        for name, status, place in self.shared:
            yield {"id": name, "status": status, "fresh_until": None if place < 0 else self.times[place]}


_FORMS: dict[str, Any] = {
    "time": _Time,
    "change": _Change,
    "evaluator": _Evaluator,
    "scope": _Scope,
    "not_looked_at": _NotLookedAt,
    "repository": str,
    "policies": list[_Policy],
    "inputs": list[_Input],
    "criteria": list[_Criterion],
    "populations": list[_Population],
    "findings": list[_Finding],
    "disagreements": list[_Disagreement],
    "waivers": list[_Waiver],
    "controls": list[_Control],
}
OPTIONAL = ("controls", "repository")
"""Newer than the first records."""


def require(predicate: Mapping[str, Any]) -> None:
    """Raises `EvidenceError` where a report could not read the predicate, or would read something else in it."""
    for name, value in predicate.items():
        require_part(name, value)
    require_whole(predicate)


def require_part(name: str, value: Any) -> None:
    """Raises `EvidenceError` for a member of a predicate that does not have its form."""
    if name not in _FORMS:
        return
    try:
        msgspec.convert(value, _FORMS[name])
        if name == "inputs":
            _require_live(value)
    except msgspec.ValidationError as error:
        raise EvidenceError(f"not of the form of a statement: {name}: {error}") from None


class _Own(_Form):
    time: _Time
    change: _Change
    inputs: list[_Input]


def require_own(predicate: Mapping[str, Any]) -> None:
    """The same for the members that are new in every record, all at once."""
    try:
        msgspec.convert(predicate, _Own)
        _require_live(predicate["inputs"])
    except msgspec.ValidationError as error:
        raise EvidenceError(f"not of the form of a statement: {error}") from None


def _require_live(inputs: list[Any]) -> None:
    live = [entry for entry in inputs if entry["name"] != "declared"]
    if live:
        msgspec.convert(live, list[_LiveInput])


def require_row(name: str, row: Any) -> None:
    """The same for one row of a member that is a list."""
    try:
        msgspec.convert([row], _FORMS[name])
    except msgspec.ValidationError as error:
        raise EvidenceError(f"not of the form of a statement: {name}: {error}") from None


def require_whole(predicate: Mapping[str, Any]) -> None:
    """Raises `EvidenceError` where a member is missing, or two of them cannot both be true."""
    for name in _FORMS:
        if name not in predicate and name not in OPTIONAL:
            raise EvidenceError(f"not of the form of a statement: it has no {name}")
    live = any(entry["name"] != "declared" for entry in predicate["inputs"])
    if not live and any(row["side"] == "live" for row in predicate["findings"]):
        raise EvidenceError("not of the form of a statement: findings of live state, and none was looked at")
