"""The parts of a statement that a report reads, checked quickly: there are thousands of records.

`statement.schema.json` is the whole form; checking it takes fifty times as long, and `soc2gate attest verify` does so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, cast

import msgspec

from soc2gate.errors import EvidenceError
from soc2gate.evidence.envelope import STATEMENT_TYPE, Envelope, digest, open_envelope, value_of
from soc2gate.evidence.kept import TYPES
from soc2gate.evidence.kept import require as require_kept
from soc2gate.evidence.ledger import Record
from soc2gate.facts import dataclass, replace

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
    controls: list[_Control] | None = None


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
        kind = value_of(parts.get("predicateType", b"null"), "the record's type")
        if kind in TYPES:
            # Few, and a report reads all of them.
            whole = cast("dict[str, Any]", value_of(sealed.payload, "the payload"))
            require_kept(whole)
            envelope = Envelope({}, sealed.payload_type, sealed.message, sealed.signatures)
            return Record.of(whole, envelope, sequence, digest(data))
        statement = {name: self._read(name, part) for name, part in parts.items() if name != "predicate"}
        said = {name: self._read(name, part) for name, part in _parts(parts.get("predicate", b"{}")).items()}
        _require_whole(said)
        envelope = Envelope({}, sealed.payload_type, sealed.message, sealed.signatures)
        record = Record.of({**statement, "predicate": said}, envelope, sequence, digest(data))
        live = [entry for entry in said["inputs"] if entry["name"] != "declared"]
        kept = {name: said[name] for name in (*_READ, *_OPTIONAL) if name in said}
        kept["inputs"] = [{"name": "declared"}, *live]
        return replace(record, predicate=kept)

    def _read(self, name: str, part: bytes) -> Any:
        if name == "criteria":
            return self._criteria(part)
        key = (name, part)
        if key in self._known:
            return self._known[key]
        value = value_of(part, f"the record's {name}")
        _require_part(name, value)
        if name not in _ALWAYS_NEW:
            self._known[key] = value
        return value

    def _criteria(self, part: bytes) -> Rows:
        """The criteria, of which mostly nothing but the times is new; those are cut out before looking for the rest."""
        first, *rest = part.split(_FRESH)
        times = tuple(piece[:20].decode("latin-1") for piece in rest)
        for time in dict.fromkeys(times):
            if _TIME.fullmatch(time) is None:
                # Said by those who read the whole of it.
                _require_part("criteria", value_of(part, "the record's criteria"))
        rest_key = _FRESH.join([first, *(piece[20:] for piece in rest)])
        key = ("criteria", rest_key)
        if key not in self._known:
            value = value_of(part, "the record's criteria")
            _require_part("criteria", value)
            numbers = iter(range(len(times)))
            self._known[key] = tuple(
                (row["id"], row["status"], -1 if row["fresh_until"] is None else next(numbers))
                for row in cast("list[dict[str, Any]]", value)
            )
        return Rows(self._known[key], times)


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


# Inside a JSON text the quotes would be escaped: this is the name of a member wherever it stands.
_FRESH = b'"fresh_until":"'
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_READ = (
    "criteria", "change", "evaluator", "policies", "scope", "populations",
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
    "controls": list[_Control],
    "repository": str,
}
_OPTIONAL = ("controls", "repository")
"""Newer than the first records."""
_ALWAYS_NEW = {"time", "change", "record", "subject", "result", "inputs"}
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
        if name not in predicate and name not in _OPTIONAL:
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
