"""The parts of a statement that a report reads, checked quickly: there are thousands of records.

`statement.schema.json` is the whole form; checking it takes fifty times as long, and `soc2gate attest verify` does so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec

from soc2gate.errors import EvidenceError
from soc2gate.evidence.envelope import STATEMENT_TYPE, Envelope, digest, open_envelope, value_of
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
    """Reads of each record what a report needs, and keeps of equal parts one: a year of records fits into memory.

    Most changes leave most answers as they were, so most parts of a statement are byte for byte those of the one
    before. Each is read, and its spelling and its form are checked, when its bytes are new.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Any] = {}

    def __call__(self, data: bytes, sequence: int) -> Record:
        """A record with the rest left out; its signatures and the chain are not looked at here.

        Raises `EvidenceError` for what is no evaluation record, or is one of another form or spelling.
        """
        sealed = open_envelope(data, STATEMENT_TYPE)
        parts = _parts(sealed.payload)
        statement = {name: self._read(name, part) for name, part in parts.items() if name != "predicate"}
        said = {name: self._read(name, part) for name, part in _parts(parts.get("predicate", b"{}")).items()}
        _require_whole(said)
        envelope = Envelope({}, sealed.payload_type, sealed.message, sealed.signatures)
        record = Record.of({**statement, "predicate": said}, envelope, sequence, digest(data))
        live = [entry for entry in said["inputs"] if entry["name"] != "declared"]
        kept = {name: said[name] for name in _READ}
        kept["criteria"] = [{name: row[name] for name in ("id", "status", "fresh_until")} for row in said["criteria"]]
        kept["inputs"] = [{"name": "declared"}, *live]
        return replace(record, predicate=kept)

    def _read(self, name: str, part: bytes) -> Any:
        key = (name, part)
        if key in self._known:
            return self._known[key]
        value = value_of(part, f"the record's {name}")
        _require_part(name, value)
        if name not in _ALWAYS_NEW:
            self._known[key] = value
        return value


_READ = (
    "change", "evaluator", "policies", "scope", "populations",
    "findings", "disagreements", "waivers", "not_looked_at",
)  # fmt: skip
_FORMS: dict[str, Any] = {
    "time": _Time,
    "change": _Change,
    "evaluator": _Evaluator,
    "policies": list[_Policy],
    "scope": _Scope,
    "inputs": list[_Input],
    "criteria": list[_Criterion],
    "populations": list[_Population],
    "findings": list[_Finding],
    "disagreements": list[_Disagreement],
    "waivers": list[_Waiver],
    "not_looked_at": _NotLookedAt,
}
_ALWAYS_NEW = {"time", "change", "record", "subject", "result", "inputs", "criteria"}
"""Not worth remembering: every record has its own."""


def require(predicate: Mapping[str, Any]) -> None:
    """Raises `EvidenceError` where a report could not read the predicate, or would read something else in it."""
    for name, value in predicate.items():
        _require_part(name, value)
    _require_whole(predicate)


def _require_part(name: str, value: Any) -> None:
    if name not in _FORMS:
        return
    try:
        msgspec.convert(value, _FORMS[name])
        if name == "inputs":
            msgspec.convert([entry for entry in value if entry["name"] != "declared"], list[_LiveInput])
    except msgspec.ValidationError as error:
        raise EvidenceError(f"not of the form of a statement: {name}: {error}") from None


def _require_whole(predicate: Mapping[str, Any]) -> None:
    for name in _FORMS:
        if name not in predicate:
            raise EvidenceError(f"not of the form of a statement: it has no {name}")
    live = any(entry["name"] != "declared" for entry in predicate["inputs"])
    if not live and any(row["side"] == "live" for row in predicate["findings"]):
        raise EvidenceError("not of the form of a statement: findings of live state, and none was looked at")


def _parts(document: bytes) -> dict[str, bytes]:
    """The members of a JSON object as the bytes they are spelled in; raises `EvidenceError` for another spelling."""
    try:
        parts = {name: bytes(part) for name, part in _MEMBERS.decode(document).items()}
    except (ValueError, RecursionError):
        parts = {}
    spelled = b",".join(b'"%s":%s' % (name.encode(), part) for name, part in sorted(parts.items()))
    if not all(map(str.isidentifier, parts)) or not all(map(str.isascii, parts)) or b"{%s}" % spelled != document:
        # Names of ours are plain words. Whatever else this may be is said by the reader that takes its time.
        value_of(document, "the payload")
        raise EvidenceError("not an evaluation record: its statement does not have that form")
    return parts


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
