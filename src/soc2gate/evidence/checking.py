"""What can be checked of a record without running anything again, each check with its own answer.

`holds`, `fails`, or `not_checked` with what was missing: a check that could not be made is never one that holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soc2gate.errors import EvidenceError, Exit, InputError, UsageError
from soc2gate.evidence import kept
from soc2gate.evidence.envelope import TrustedKey, signed_by
from soc2gate.evidence.standing import seconds
from soc2gate.evidence.statement import check_totals
from soc2gate.facts import dataclass, field
from soc2gate.model.value import Json

if TYPE_CHECKING:
    from soc2gate.evidence.ledger import Anchor, Ledger, Record
    from soc2gate.evidence.repository import Repository
    from soc2gate.evidence.timestamps import Authority, Stamp

HOLDS, FAILS, NOT_CHECKED = "holds", "fails", "not_checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a record, and its answer."""

    name: str
    answer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a record must say to be accepted, beyond being genuine."""

    keys: tuple[str, ...] = ()
    """Ids of the keys that may sign; empty for every trusted one."""
    signatures: int = 1
    workflow: str = ""
    """As the CI service reports it: `acme/infra/.github/workflows/soc2gate.yml@refs/heads/main`."""
    commands: tuple[str, ...] = ()
    """`verify` where live state must have been looked at."""
    gate: str = ""
    """`open`."""
    criteria: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Criterion to the statuses that are accepted."""
    stamped_within_hours: int = 0
    """How soon after it was finished an authority must have seen it; 0 asks for no timestamp."""


def exit_of(checks: Sequence[Check]) -> Exit:
    """Closed on a check that fails, incomplete on one that could not be made."""
    answers = {check.answer for check in checks}
    return Exit.CLOSED if FAILS in answers else Exit.INCOMPLETE if NOT_CHECKED in answers else Exit.OK


def ask(name: str, question: Callable[[], str]) -> Check:
    """Ask, and take an `EvidenceError` for a no."""
    try:
        return Check(name, HOLDS, question())
    except EvidenceError as error:
        return Check(name, FAILS, error.message + (f" ({error.hint})" if error.hint else ""))


def check_signature(record: Record, keys: Sequence[TrustedKey]) -> Check:
    def question() -> str:
        signers = signed_by(record.envelope, keys, record.finished_at)
        return "signed by " + ", ".join(f"{key.keyid[:16]} {key.owner}".strip() for key in signers)

    return ask("signature", question)


def check_schema(record: Record) -> Check:
    def question() -> str:
        if not record.is_evaluation:
            kept.require(record.envelope.payload)
            return "fits kept.schema.json"
        require_schema([record])
        return "fits statement.schema.json"

    return ask("schema", question)


def require_schema(records: Iterable[Record]) -> None:
    """Raises `EvidenceError` for the first statement that does not have the form of one."""
    import jsonschema

    folder = Path(__file__).parent.parent / "json_schemas"
    validator = jsonschema.Draft202012Validator(json.loads((folder / "statement.schema.json").read_text("utf-8")))
    for record in records:
        error = jsonschema.exceptions.best_match(validator.iter_errors(dict(record.envelope.payload)))
        if error is not None:
            place = "/".join(str(step) for step in error.absolute_path)
            which = f"record {record.sequence}: " if record.sequence else ""
            raise EvidenceError(f"{which}the statement does not fit its schema at {place}: {error.message[:200]}")


def check_numbers(record: Record) -> Check:
    def question() -> str:
        check_totals(record.predicate)
        return f"{record.predicate['totals']['evaluations']} evaluations add up"

    return ask("totals", question)


def check_subjects(record: Record, repository: Repository) -> Check:
    """Whether commit and tree belong together, and the commit is what the record says of it."""

    def question() -> str:
        commit = repository.commit(record.commit)
        if commit.tree != record.tree:
            raise EvidenceError(f"commit {record.commit} has the tree {commit.tree}, the record says {record.tree}")
        change = record.predicate["change"]
        if change["commit_sha256"] != commit.sha256 or change["parents"] != list(commit.parents):
            raise EvidenceError(f"commit {record.commit} is not the one that was recorded")
        return f"commit {record.commit[:12]} has tree {record.tree[:12]}"

    return ask("subjects", question)


def check_chain(record: Record, ledger: Ledger, keys: Sequence[TrustedKey], anchor: Anchor | None) -> Check:
    def question() -> str:
        records = ledger.checked(keys, anchor)
        number = record.link.sequence
        if number > len(records) or records[number - 1].digest != record.digest:
            raise EvidenceError(f"the ledger's record {number} is not this one")
        anchored = f", anchored at {anchor.sequence}" if anchor else "; no --anchor: a cut-off end would not be noticed"
        return f"record {number} of {len(records)}, unbroken{anchored}"

    return ask("chain", question)


def check_freshness(record: Record, now: str) -> Check:
    """Whether the evidence is still young enough at `now`, criterion by criterion."""

    def question() -> str:
        served = [row for row in record.predicate["criteria"] if row["fresh_until"] is not None]
        stale = [f"{row['id']} since {row['fresh_until']}" for row in served if row["fresh_until"] < now]
        if stale:
            raise EvidenceError(f"stale at {now}: {', '.join(stale)}")
        return f"fresh at {now} for {len(served)} criteria"

    return ask("freshness", question)


def check_timestamp(
    record: Record, token: bytes, keys: Sequence[TrustedKey], authorities: Sequence[Authority]
) -> tuple[Check, Stamp | None]:
    """Whether an authority that is trusted saw this very record, after it was made and while its keys were valid."""
    from soc2gate.evidence import timestamps

    if not authorities:
        missing = "no timestamp authority is trusted: soc2gate keys add CERTIFICATE, and give that file with --keys"
        return Check("timestamp", NOT_CHECKED, missing), None
    found: list[Stamp] = []

    def question() -> str:
        stamp = timestamps.check(token, record.digest, authorities)
        after = seconds(record.finished_at, stamp.time)
        if after < -_CLOCKS_APART:
            raise EvidenceError(f"made at {stamp.time}, before the record was: it says {record.finished_at}")
        # A key that is retired signs what it likes with whatever time; what an authority saw since then is none of it.
        signed_by(record.envelope, keys, stamp.time)
        found.append(stamp)
        who = f"{stamp.authority.id[:16]} {stamp.authority.owner}".strip()
        return f"there at {stamp.time}, {max(after, 0)} seconds after it was finished, says {who}"

    try:
        return ask("timestamp", question), found[0] if found else None
    except ImportError:
        missing = f"rfc3161-client is not installed: {timestamps.INSTALL}"
        return Check("timestamp", NOT_CHECKED, missing), None


_CLOCKS_APART = 300
"""Seconds that the clock of whoever signs may be ahead of the authority's."""


def check_policy(
    record: Record,
    keys: Sequence[TrustedKey],
    policy: Policy,
    stamped: tuple[Check, Stamp | None] | None = None,
) -> Check:
    """Whether the record says what a policy demands; `stamped` is what its timestamp said, where it has one."""
    hours = policy.stamped_within_hours
    if hours and stamped is not None and stamped[0].answer == NOT_CHECKED:
        return Check("policy", NOT_CHECKED, "it asks for a timestamp, and that was not checked")

    def question() -> str:
        if not record.is_evaluation:
            raise EvidenceError(f"a policy is about evaluation records, this is a {record.kind}")
        stamp = stamped[1] if stamped is not None else None
        if hours and stamp is None:
            raise EvidenceError(f"no timestamp that holds, the policy asks for one within {hours} hours")
        if hours and stamp is not None and seconds(record.finished_at, stamp.time) > hours * 3600:
            raise EvidenceError(
                f"stamped at {stamp.time}, the policy asks for {hours} hours after {record.finished_at}"
            )
        signers = signed_by(record.envelope, keys, record.finished_at)
        accepted = [key for key in signers if not policy.keys or key.keyid in policy.keys]
        if len(accepted) < policy.signatures:
            raise EvidenceError(f"{len(accepted)} accepted signatures, the policy asks for {policy.signatures}")
        said = record.predicate["invocation"]
        if policy.workflow and said["workflow"] != policy.workflow:
            raise EvidenceError(f"made by the workflow “{said['workflow']}”, the policy asks for “{policy.workflow}”")
        if policy.commands and said["command"] not in policy.commands:
            raise EvidenceError(f"made by {said['command']}, the policy asks for {' or '.join(policy.commands)}")
        gate = record.predicate["decision"]["gate"]
        if policy.gate and gate != policy.gate:
            raise EvidenceError(f"the gate was {gate}, the policy asks for {policy.gate}")
        statuses = {row["id"]: row["status"] for row in record.predicate["criteria"]}
        for criterion, wanted in policy.criteria.items():
            found = statuses.get(criterion, "not in the record")
            if found not in wanted:
                raise EvidenceError(f"{criterion} is {found}, the policy asks for {' or '.join(wanted)}")
        return "the policy is met"

    return ask("policy", question)


def compare(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> list[Check]:
    """What a record says against what the same commit gives now: what went in first, for it explains what came out."""
    checks = [
        _same("program", recorded["evaluator"], again["evaluator"], _program),
        *(
            _same(before["name"], before["digest"], after["digest"], _digests)
            for before, after in zip(recorded["policies"], again["policies"], strict=True)
        ),
        _same("inputs", _inputs(recorded), _inputs(again), _digests),
        *_renderers(recorded.get("renderers"), again.get("renderers") or {}),
    ]
    if recorded["result"] == again["result"]:
        return [*checks, Check("result", HOLDS, recorded["result"]["digest"]["sha256"])]
    told = "; ".join(_what_differs(recorded, again)) or "messages and evidence only, no verdict"
    causes = [check.name for check in checks if check.answer == FAILS]
    why = f"; changed since: {', '.join(causes)}" if causes else "; nothing that went in has changed"
    return [*checks, Check("result", FAILS, told + why)]


def exit_of_reproduction(checks: Sequence[Check]) -> Exit:
    """Equal inputs and an equal result; a newer program may give it. Of another snapshot it is another record's."""
    decisive = {check.answer for check in checks if check.name in ("inputs", "result")}
    return Exit.OK if decisive == {HOLDS} else Exit.CLOSED


def _same(name: str, before: Any, after: Any, tell: Callable[[Any], str]) -> Check:
    if before == after:
        return Check(name, HOLDS, tell(before))
    return Check(name, FAILS, f"recorded {tell(before)}, here {tell(after)}")


def _renderers(before: Mapping[str, str] | None, after: Mapping[str, str]) -> list[Check]:
    """Whether the same helm and kustomize built charts and overlays; earlier programs did not record which."""
    if before is None or not (before or after):
        return []
    return [_same("renderers", before, after, _versions)]


def _versions(value: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(value.items())) or "none"


def _program(value: Any) -> str:
    return f"{value['version']} ({value['digest']['sha256'][:12]})"


def _digests(value: Any) -> str:
    return " ".join(str(item)[:12] for item in value.values())


def _inputs(predicate: Mapping[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["digest"]["sha256"] for entry in predicate["inputs"]}


def _what_differs(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    out = []
    for what in ("findings", "disagreements"):
        before = {(item["fingerprint"], item.get("verdict"), item["waived"]): item for item in recorded[what]}
        after = {(item["fingerprint"], item.get("verdict"), item["waived"]): item for item in again[what]}
        for word, keys in (("no longer", before.keys() - after.keys()), ("new", after.keys() - before.keys())):
            shown = [_named((before | after)[key]) for key in sorted(keys, key=str)]
            if shown:
                more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
                out.append(f"{word} among the {what}: {', '.join(shown[:3])}{more}")
    statuses = {row["id"]: row["status"] for row in again["criteria"]}
    out += [
        f"{row['id']} was {row['status']}, is {statuses.get(row['id'], 'gone')}"
        for row in recorded["criteria"]
        if statuses.get(row["id"]) != row["status"]
    ]
    if recorded["totals"] != again["totals"]:
        out.append(f"{recorded['totals']['evaluations']} evaluations, now {again['totals']['evaluations']}")
    return out


def _named(item: Mapping[str, Any]) -> str:
    told = item.get("rule") or item.get("difference")
    return f"{told} on {item['address']}"


def load_policy(path: Path) -> Policy:
    """A policy in YAML. Raises `UsageError` for an unknown key: one that is misspelt would accept everything."""
    from soc2gate import yaml_lines
    from soc2gate.suggest import did_you_mean

    try:
        data: Any = yaml_lines.load(path.read_text("utf-8"), str(path)).data
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise UsageError(f"cannot read the policy {path}: {error}") from None
    known = ("keys", "signatures", "workflow", "commands", "gate", "criteria", "stamped_within_hours")
    if not isinstance(data, dict):
        raise UsageError(f"{path}: a policy is a mapping of {', '.join(known)}")
    for key in data:
        if key not in known:
            raise UsageError(f"{path}: unknown key “{key}”", hint=did_you_mean(str(key), known))
    criteria = data.get("criteria", {})
    signatures, hours = data.get("signatures", 1), data.get("stamped_within_hours", 0)
    if not isinstance(criteria, dict) or not isinstance(signatures, int) or signatures < 1:
        raise UsageError(f"{path}: criteria maps a criterion to statuses, signatures is a number from 1")
    if not isinstance(hours, int) or hours < 0:
        raise UsageError(f"{path}: stamped_within_hours is a number of hours")
    return Policy(
        keys=_texts(data.get("keys", [])),
        signatures=signatures,
        workflow=str(data.get("workflow", "")),
        commands=_texts(data.get("commands", [])),
        gate=str(data.get("gate", "")),
        criteria={str(name): _texts(wanted) for name, wanted in criteria.items()},
        stamped_within_hours=hours,
    )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)
