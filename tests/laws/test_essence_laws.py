"""A record read quickly, among many, says what the same record says when it is read whole and alone."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from soc2gate.errors import EvidenceError
from soc2gate.evidence import envelope, form
from soc2gate.evidence.envelope import STATEMENT_TYPE, FileSigner
from soc2gate.evidence.essence import Essence
from soc2gate.evidence.form import Rows
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.standing import Board, Slot, Tally
from soc2gate.facts import replace

_PRIVATE = ec.generate_private_key(ec.SECP256R1())
SIGNER = FileSigner(_PRIVATE, envelope.key_id(_PRIVATE.public_key()))
SIDE = {"pass": 1, "fail": 0, "waived": 0, "unknown": 0, "not_applicable": 0, "judged": 1, "resources": 1}


def statement() -> dict[str, Any]:
    """One with every member, and more than one row where there are rows."""
    time = "2026-03-01T10:00:00Z"
    rows = [{"rule": f"r{n}", "control": "c", "severity": "low", "criteria": ["CC6.6"], "declared": SIDE, "live": SIDE}
            for n in range(3)]  # fmt: skip
    finding = {
        "rule": "r", "address": "a", "side": "declared", "verdict": "fail", "severity": "low", "criteria": [],
        "fingerprint": "f", "waived": False, "control": "c",
    }  # fmt: skip
    live = {"name": "live:aws:1", "regions_asked": ["x"], "regions_read": [], "failed_calls": 0, "observed_at": time}
    predicate = {
        "time": {"judged_at": time, "started_at": time, "finished_at": time},
        "change": {"author": {"name": "größe"}, "reported": {"direct_push": {"value": True, "origin": "x"}}},
        "evaluator": {"version": "1", "digest": {"sha256": "1" * 64}},
        "policies": [{"name": "rules", "digest": {"sha256": "2" * 64}}],
        "scope": {"paths": ["."]},
        "inputs": [{"name": "declared", "files": ["a.tf"]}, live],
        "criteria": [
            {"id": "CC6.6", "status": "pass", "fresh_until": "2026-03-08T10:00:00Z"},
            {"id": "CC1.1", "status": "manual", "fresh_until": None},
            {"id": "CC6.1", "status": "fail", "fresh_until": "2026-03-05T10:00:00Z"},
        ],
        "controls": [
            {"id": "c", "statement": "s", "criteria": [], "evidence": "rules", "max_age_days": 7, "owner": ""}
        ],
        "populations": rows,
        "findings": [finding, {**finding, "fingerprint": "g"}],
        "disagreements": [],
        "waivers": [{"rule": "r", "address": "a", "approver": "b", "expires": "2027-01-01"}],
        "not_looked_at": {"problems": [{"message": "denied"}]},
        "record": {"sequence": 1, "previous": None},
        "repository": "",
        "result": {"digest": {"sha256": "3" * 64}},
    }
    made = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"gitCommit": "c" * 40}}, {"digest": {"gitTree": "d" * 40}}],
        "predicateType": "urn:soc2gate:control-evaluation:1",
        "predicate": predicate,
    }
    # What is one in it must be many: each is changed apart.
    return copy.deepcopy(made)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [one for key, child in below for one in [(*path, key), *places(child, (*path, key))]]


PLACES = places(statement())
OTHERS: st.SearchStrategy[Any] = st.sampled_from(
    [None, 7, -1, 2**53 - 1, "other", "2026-09-09T09:09:09Z", "2026-09-09T09:09:0٩Z", "1" * 30, [], {}, [[]], True,
     {"fresh_until": "2026-03-08T10:00:00Z"}, ["\U0001f600", {"é": 1, "e": 2}]]
)  # fmt: skip


@st.composite
def changed(draw: Callable[..., Any]) -> dict[str, Any]:
    """A statement, some of whose values are others, are left out, stand twice or stand there besides."""
    made = statement()
    for _ in range(draw(st.integers(0, 2))):
        *steps, last = draw(st.sampled_from(PLACES))
        target: Any = made
        try:
            for step in steps:
                target = target[step]
            how = draw(st.sampled_from(["set", "set", "drop", "twice", "more"]))
            if how == "set":
                target[last] = copy.deepcopy(draw(OTHERS))
            elif how == "drop":
                del target[last]
            elif how == "twice" and isinstance(target, list):
                target.append(copy.deepcopy(target[last]))
            elif isinstance(target, dict):
                target["zz"] = copy.deepcopy(draw(OTHERS))
        except (KeyError, IndexError, TypeError):
            continue
    return made


def read_whole(data: bytes, sequence: int) -> Record:
    """As everything but a report reads it."""
    record = Record.parse(data, sequence)
    form.require(record.predicate)
    return record


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, Rows | tuple) else value


def as_told(record: Record) -> dict[str, Any]:
    """What a report reads of a record, in one spelling."""
    said = record.predicate
    kept = {name: plain(value) for name, value in said.items() if name in REPORTED}
    rows = said["criteria"]
    kept["criteria"] = [{name: row[name] for name in ("id", "status", "fresh_until")} for row in rows]
    kept["inputs"] = [entry for entry in said["inputs"] if entry["name"] != "declared"]
    kept["change"] = said["change"]["reported"]
    return kept


REPORTED = (
    "evaluator", "policies", "scope", "populations", "findings", "disagreements", "waivers", "not_looked_at",
    "controls", "repository",
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(changed(), min_size=1, max_size=4))
def test_a_record_among_many_says_what_it_says_alone(statements: list[dict[str, Any]]) -> None:
    among = Essence()
    for number, made in enumerate([*statements, *statements], start=1):
        data = envelope.seal(made, STATEMENT_TYPE, [SIGNER])
        try:
            alone = read_whole(data, number)
        except EvidenceError:
            with pytest.raises(EvidenceError):
                among(data, number)
            continue
        read = among(data, number)
        assert as_told(read) == as_told(alone)
        for name in ("sequence", "digest", "commit", "tree", "judged_at", "finished_at", "link", "kind"):
            assert getattr(read, name) == getattr(alone, name), name
        assert read.envelope.message == alone.envelope.message
        assert read.envelope.signatures == alone.envelope.signatures


NAMES = sorted(statement()["predicate"])


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.booleans())
# Between the two halves of the place in the ledger stand members that may be missing from the statement itself.
@example("record", {"repository", "result"}, {"repository", "result"}, False)
def test_a_member_inside_another_is_not_taken_for_one_of_the_statement(
    outer: str, inside: set[str], gone: set[str], listed: bool
) -> None:
    """Where a member ends is guessed by how the next one begins, and that may stand further in as well."""
    odd = statement()
    said = odd["predicate"]
    nested = {name: said[name] for name in inside}
    own = said[outer]
    said[outer] = (
        [*own, nested] if isinstance(own, list) and listed else {**(own if isinstance(own, dict) else {}), **nested}
    )
    odd["predicate"] = {name: value for name, value in said.items() if name not in gone or name == outer}
    among = Essence()
    for number, made in enumerate([statement(), odd, statement(), odd], start=1):
        data = envelope.seal(made, STATEMENT_TYPE, [SIGNER])
        try:
            alone = read_whole(data, number)
        except EvidenceError:
            with pytest.raises(EvidenceError):
                among(data, number)
        else:
            assert as_told(among(data, number)) == as_told(alone)


@pytest.mark.parametrize(
    ("row", "zz", "fresh_until"),
    [
        (0, {"fresh_until": "2026-03-02T10:00:00Z"}, "2026-03-08T10:00:00Z"),
        (1, {"fresh_until": "2026-03-02T10:00:00Z"}, None),
        (1, 'x"fresh_until":"2026-03-02T10:00:00Z', None),
        (2, None, "2026-03-08T10:00:0٩Z"),
        (2, None, "2026-03-08"),
        (0, None, ""),
    ],
)
def test_the_time_of_a_criterion_is_its_own(row: int, zz: Any, fresh_until: str | None) -> None:
    """Times are cut out of the text: nothing else that is named like one is taken for one, nor another spelling."""
    odd = statement()
    odd["predicate"]["criteria"][row] |= {"fresh_until": fresh_until, "zz": zz}
    many = [statement(), odd, odd, statement()]
    among = Essence()
    for number, made in enumerate(many, start=1):
        data = envelope.seal(made, STATEMENT_TYPE, [SIGNER])
        try:
            alone = read_whole(data, number)
        except EvidenceError:
            with pytest.raises(EvidenceError):
                among(data, number)
        else:
            assert as_told(among(data, number)) == as_told(alone)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_payload_spelled_otherwise_is_refused_among_many_too(data: st.DataObject) -> None:
    """It is signed, so nothing but its spelling can be held against it."""
    among = Essence()
    made = statement()
    among(envelope.seal(made, STATEMENT_TYPE, [SIGNER]), 1)
    payload = envelope.canonical(made)
    place = data.draw(st.integers(0, len(payload)))
    piece = data.draw(st.sampled_from([b" ", b"\\u0061", b",", b'"zz":1,', b"{", b"}", b"[", b"]", b"0", b'"', b""]))
    changed = payload[:place] + piece + payload[place + data.draw(st.integers(0, 3)) :]
    sealed = sealed_as(changed)
    try:
        read_whole(sealed, 2)
    except EvidenceError:
        with pytest.raises(EvidenceError):
            among(sealed, 2)
    else:
        among(sealed, 2)


def sealed_as(payload: bytes) -> bytes:
    signature = SIGNER.sign(envelope.pre_authentication(STATEMENT_TYPE, payload))
    whole: dict[str, Any] = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": STATEMENT_TYPE,
        "signatures": [{"keyid": SIGNER.keyid, "sig": base64.b64encode(signature).decode()}],
    }
    return envelope.canonical(whole) + b"\n"


# --- the tally --------------------------------------------------------------------------------------------------------

WORDS = ("fail", "unknown", "waived", "pass")


def side_statuses(populations: Sequence[Mapping[str, Any]]) -> tuple[dict[Any, str], dict[Any, str]]:
    """By each criterion and side the worst word that any of its rules has a number for; and the same by control."""
    found: tuple[dict[Any, set[str]], dict[Any, set[str]]] = ({}, {})
    for row in populations:
        for side in ("declared", "live"):
            words = {word for word in WORDS if row[side][word]}
            best = next((word for word in WORDS if word in words), None)
            for which, names in enumerate((row["criteria"], [row["control"]] if row["control"] else [])):
                for name in names:
                    found[which].setdefault((name, side), set()).update({best} if best else ())
    first, second = ({key: min(said, key=WORDS.index) for key, said in one.items() if said} for one in found)
    return first, second


numbers = st.fixed_dictionaries({word: st.integers(0, 1) for word in WORDS})
population_rows = st.fixed_dictionaries(
    {
        "criteria": st.lists(st.sampled_from(["CC6.1", "CC6.6", "CC7.1"]), max_size=3),
        "control": st.sampled_from(["", "a", "b"]),
        "declared": numbers,
        "live": numbers,
    }
)


@settings(deadline=None)
@given(st.lists(population_rows, min_size=1, max_size=6), st.data())
def test_a_tally_kept_over_many_records_is_the_tally_of_each(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    tally = Tally()
    told: list[list[dict[str, Any]]] = []
    for _ in range(data.draw(st.integers(1, 60))):
        again = data.draw(st.integers(0, 1)) and told
        populations = data.draw(st.sampled_from(told) if again else st.lists(st.sampled_from(rows), max_size=8))
        told.append(populations)
        assert tally.of(populations) == side_statuses(populations)


_LOOKS: list[dict[str, Slot]] = [
    {"declared": ("declared", ".")},
    {"declared": ("declared", "."), "live": ("live", ".", "live:aws:1")},
    {"declared": ("declared", "."), "live": ("live", ".", "live:aws:1", "live:aws:2")},
]
_VERDICTS = st.sampled_from(["pass", "fail", "unknown", "waived"])
_WORDS = st.one_of(_VERDICTS, st.sampled_from(["manual", "out_of_scope"]))


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_what_equal_records_only_prolong_stands_as_if_each_were_told_anew(data: st.DataObject) -> None:
    """Board by board: one is told the very parts of the record before where they are equal, the other only copies."""
    names = ["CC6.1", "CC6.6", "CC7.1"]
    shared = [
        tuple(sorted((name, data.draw(_WORDS), data.draw(st.integers(-1, 1))) for name in names)) for _ in range(3)
    ]
    statuses = [
        {(name, side): data.draw(_VERDICTS) for name in names for side in ("declared", "live")} for _ in range(2)
    ]
    record = Record.of(statement(), envelope.Envelope({}, "", b"", ()), 1, "")
    kept, anew = Board(), Board()
    hour = 0
    for number in range(1, data.draw(st.integers(2, 25))):
        hour += data.draw(st.integers(0, 6))
        now = replace(record, sequence=number, finished_at=_at(hour))
        times = tuple(_at(max(0, hour + data.draw(st.integers(-2, 12)))) for _ in range(2))
        which, side = data.draw(st.sampled_from(shared)), data.draw(st.sampled_from(statuses))
        looks = data.draw(st.sampled_from(_LOOKS))
        kept.tell(now, Rows(which, times), looks, side)
        anew.tell(now, Rows((*which,), times), looks, side)
    begins, ends = _at(data.draw(st.integers(0, hour))), _at(hour + data.draw(st.integers(0, 15)))
    assert kept.intervals(begins, ends) == anew.intervals(begins, ends)


def _at(hour: int) -> str:
    return f"2026-03-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"
