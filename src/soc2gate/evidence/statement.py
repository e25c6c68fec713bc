"""The evaluation record: an in-toto Statement that says of one commit what was asked, of what, with which answer.

It is made from a finished `Run` and from what git knows of the commit, and says as plainly what was *not* looked at.
`json_schemas/statement.schema.json` is its form and `json_schemas/statement.md` explains every field to an auditor.
All numbers are whole and all times UTC, so that the canonical form is the same everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from soc2gate.errors import EvidenceError
from soc2gate.evidence.repository import Commit, Person
from soc2gate.facts import dataclass, field
from soc2gate.model.outcome import DISAGREEING, Disagreement, Finding, Run, Verdict, Waiver
from soc2gate.model.resource import Problem, Side, Span, Weight
from soc2gate.model.rule import Rule
from soc2gate.model.value import Json

STATEMENT_FORM = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:soc2gate:control-evaluation:1"
EVALUATOR = "urn:soc2gate:evaluator"
VERDICTS = ("pass", "fail", "waived", "unknown", "not_applicable")


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a record in its ledger: its number, and the record before it by digest."""

    sequence: int = 1
    previous: str = ""
    """sha256 of the previous record's file; empty for the first."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What surrounds a run: the commit it judged, and who says they ran it."""

    commit: Commit
    uri: str
    config_blob: str
    """git's id of the configuration file at the commit; empty without one."""
    evaluator_digest: str
    """sha256 over the files of the installed program."""
    started_at: str
    finished_at: str
    invocation: Mapping[str, Json]
    change: Mapping[str, Json]
    control_owners: Mapping[str, str] = field(default_factory=dict)
    """Control to who answers for it, as the commit's configuration says."""


def build(run: Run, occasion: Occasion, link: Link) -> dict[str, Json]:
    """The statement, ready to be sealed."""
    commit = occasion.commit
    return {
        "_type": STATEMENT_FORM,
        # Two subjects: a digest set matches if any of its fields does, and a squash keeps the tree, not the commit.
        "subject": [
            {"name": "commit", "digest": {"gitCommit": commit.id}},
            {"name": "tree", "digest": {"gitTree": commit.tree}},
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "evaluator": {
                "id": EVALUATOR,
                "version": run.tool["version"],
                "digest": {"sha256": occasion.evaluator_digest},
            },
            "time": {"judged_at": run.time, "started_at": occasion.started_at, "finished_at": occasion.finished_at},
            "repository": occasion.uri,
            "change": _change(commit, occasion.change),
            "invocation": {**occasion.invocation, "command": run.command},
            "policies": _policies(run, occasion),
            "scope": {
                "categories": _once(
                    item.criterion.category for item in run.criteria if item.status.value != "out_of_scope"
                ),
                "paths": list(run.paths),
                "roots": [{"format": form, "path": path} for form, path in run.roots],
            },
            "renderers": dict(run.renderers),
            "inputs": [_declared_input(run, commit), *_live_inputs(run)],
            "decision": {
                "gate": "open" if run.decision.exit == 0 else "closed",
                "exit": int(run.decision.exit),
                "reasons": list(run.decision.reasons),
                "fail_on": run.fail_on,
                "on_incomplete": run.on_incomplete,
            },
            "totals": _totals(run),
            "criteria": _criteria(run),
            "controls": _controls(run, occasion.control_owners),
            "populations": _populations(run),
            "findings": [_finding(item) for item in run.findings if item.verdict in (Verdict.FAIL, Verdict.UNKNOWN)],
            "disagreements": [_disagreement(item) for item in run.disagreements],
            "waivers": _waivers(run),
            "not_looked_at": _not_looked_at(run),
            "result": {"digest": {"sha256": _bare(run.digests["result"])}},
            "record": {"sequence": link.sequence, "previous": {"sha256": link.previous} if link.previous else None},
        },
    }


def _change(commit: Commit, reported: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "origin": "git",
        "parents": list(commit.parents),
        "author": _person(commit.author),
        "committer": _person(commit.committer),
        "signature": commit.signature,
        "commit_sha256": commit.sha256,
        "reported": dict(reported),
    }


def _person(person: Person) -> dict[str, Json]:
    return {"name": person.name, "email": person.email, "time": person.time}


def _policies(run: Run, occasion: Occasion) -> list[Json]:
    config: dict[str, Json] = {"sha256": _bare(run.digests["config"])}
    if occasion.config_blob:
        config["gitBlob"] = occasion.config_blob
    return [
        {"name": "rules", "digest": {"sha256": _bare(run.digests["rules"])}},
        {"name": "mappings", "digest": {"sha256": _bare(run.digests["mappings"])}},
        {"name": "config", "digest": config},
    ]


def _declared_input(run: Run, commit: Commit) -> dict[str, Json]:
    return {
        "name": "declared",
        "digest": {"gitTree": commit.tree, "sha256": _bare(run.digests["inputs"])},
        "files": list(run.files),
        "resources": run.resources.get(Side.DECLARED.value, 0),
        "kinds": _kinds(run, Side.DECLARED),
    }


def _live_inputs(run: Run) -> Iterable[Json]:
    for info in run.snapshots:
        yield {
            "name": f"live:{info.provider}:{info.account}",
            "digest": {"sha256": _bare(info.digest)},
            "observed_at": info.taken_at,
            "caller": info.caller,
            "regions_asked": list(info.regions_asked),
            "regions_read": list(info.regions_read),
            "calls": info.calls,
            "failed_calls": info.failed_calls,
            "complete": not info.partial,
            "kinds": _kinds(run, Side.LIVE, kubernetes=info.provider == "kubernetes"),
        }


def _kinds(run: Run, side: Side, kubernetes: bool | None = None) -> dict[str, Json]:
    prefix = f"{side.value}:"
    named = {name.removeprefix(prefix): number for name, number in run.resources.items() if name.startswith(prefix)}
    return {
        kind: number
        for kind, number in sorted(named.items())
        if kubernetes is None or kind.startswith("Kubernetes::") == kubernetes
    }


def word(finding: Finding) -> str:
    """The one place of a finding in every total: its verdict, or `waived`."""
    return "waived" if finding.waiver and finding.verdict is not Verdict.PASS else finding.verdict.value


def _totals(run: Run) -> dict[str, Json]:
    counted = Counter(word(item) for item in run.findings)
    differences = Counter("waived" if item.waiver else item.difference.value for item in run.disagreements)
    return {
        "evaluations": len(run.findings),
        **{name: counted[name] for name in VERDICTS},
        "disagreements": {name: differences[name] for name in (*(one.value for one in DISAGREEING), "waived")},
    }


def _criteria(run: Run) -> list[Json]:
    ages = _max_ages(run)
    observed = min([run.time, *(info.taken_at for info in run.snapshots if info.taken_at)])
    return [
        {
            "id": item.criterion.id,
            "category": item.criterion.category,
            "status": item.status.value,
            "evidence": item.criterion.evidence.value,
            "pass": item.passed,
            "fail": item.failed,
            "waived": item.waived,
            "unknown": item.unknown,
            "not_applicable": item.not_applicable,
            "disagreements": item.disagreements,
            "fresh_until": later(observed, ages[item.criterion.id]) if item.criterion.id in ages else None,
        }
        for item in run.criteria
    ]


def _controls(run: Run, owners: Mapping[str, str]) -> list[Json]:
    # No time in here: of most records this part is byte for byte that of the one before, and readers keep it once.
    return [
        {
            "id": control.id,
            "statement": control.statement,
            "criteria": list(control.criteria),
            "evidence": control.evidence,
            "max_age_days": control.max_age_days,
            "owner": owners.get(control.id, ""),
        }
        for control in sorted(run.controls.values(), key=lambda control: control.id)
    ]


def _max_ages(run: Run) -> dict[str, int]:
    """Criterion id to the days its evidence may be old: the shortest of the controls whose rules serve it."""
    ages: dict[str, int] = {}
    for rule in run.rules.values():
        for criterion in _claimed(run, rule):
            age = run.controls[rule.control].max_age_days
            ages[criterion] = min(age, ages.get(criterion, age))
    return ages


def _claimed(run: Run, rule: Rule) -> tuple[str, ...]:
    control = run.controls[rule.control]
    return control.exceptions.get(rule.id, control.criteria)


def later(time: str, days: int = 0, *, hours: int = 0) -> str:
    """`time` and so many days and hours, in the same spelling; raises `ValueError` for what is no time."""
    moment = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ") + timedelta(days=days, hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _populations(run: Run) -> list[Json]:
    counted: dict[tuple[str, Side], Counter[str]] = {}
    for item in run.findings:
        counted.setdefault((item.rule, item.side), Counter())[word(item)] += 1
    rows: list[Json] = []
    for rule in sorted(run.rules.values(), key=lambda rule: rule.id):
        row: dict[str, Json] = {
            "rule": rule.id,
            "control": rule.control,
            "criteria": list(_claimed(run, rule)),
            "severity": str(rule.severity),
            "digest": {"sha256": _bare(rule.digest)},
        }
        for side in Side:
            verdicts = counted.get((rule.id, side), Counter())
            number = sum(verdicts.values())
            row[side.value] = {
                "resources": number,
                "judged": number - verdicts["not_applicable"],
                **{name: verdicts[name] for name in VERDICTS},
            }
        rows.append(row)
    return rows


def _finding(item: Finding) -> dict[str, Json]:
    place = f"{item.where.path}:{item.where.line}" if isinstance(item.where, Span) else item.where.call
    return {
        "rule": item.rule,
        "control": item.control,
        "criteria": list(item.criteria),
        "severity": str(item.severity),
        "verdict": item.verdict.value,
        "side": item.side.value,
        "kind": item.kind,
        "root": item.root,
        "address": item.address,
        "place": place,
        "reason": item.reason,
        "fingerprint": item.fingerprint,
        "waived": item.waiver is not None,
    }


def _disagreement(item: Disagreement) -> dict[str, Json]:
    return {
        "kind": item.kind,
        "address": item.address,
        "uid": item.uid,
        "difference": item.difference.value,
        "property": item.property,
        "criteria": list(item.criteria),
        "severity": str(item.severity) if item.severity else "none",
        "rules": _once(contrast.id for contrast in item.rules),
        "reason": item.reason,
        "fingerprint": item.fingerprint,
        "waived": item.waiver is not None,
    }


def _waivers(run: Run) -> list[Json]:
    """Each waiver that changed something, with what it covers."""
    covered: dict[tuple[str, ...], list[str]] = {}
    waived = [(item.waiver, item.fingerprint) for item in run.findings]
    waived += [(item.waiver, item.fingerprint) for item in run.disagreements]
    for waiver, fingerprint in waived:
        if waiver is not None:
            covered.setdefault(_waiver_key(waiver), []).append(fingerprint)
    names = ("rule", "address", "reason", "owner", "approver", "expires", "ticket")
    rows: list[Json] = []
    for key, fingerprints in sorted(covered.items()):
        row: dict[str, Json] = dict(zip(names, key, strict=True))
        row["covers"] = _once(fingerprints)
        rows.append(row)
    return rows


def _waiver_key(waiver: Waiver) -> tuple[str, ...]:
    return (
        waiver.rule,
        waiver.address,
        waiver.reason,
        waiver.owner,
        waiver.approver,
        waiver.expires,
        waiver.ticket,
    )


def _not_looked_at(run: Run) -> dict[str, Json]:
    return {
        "problems": [_problem(item) for item in run.problems if item.weight is not Weight.NOTE],
        "kinds_without_rules": dict(sorted(run.unjudged.items())),
        "manual_criteria": [item.criterion.id for item in run.criteria if item.status.value == "manual"],
        "out_of_scope": [item.criterion.id for item in run.criteria if item.status.value == "out_of_scope"],
        "rules_without_resources": _once(sorted(set(run.rules) - {item.rule for item in run.findings})),
        "live": "see inputs" if run.snapshots else "no account and no cluster was looked at",
    }


def _problem(item: Problem) -> dict[str, Json]:
    place = ""
    if isinstance(item.where, Span):
        place = f"{item.where.path}:{item.where.line}"
    elif item.where is not None:
        place = ":".join(filter(None, (item.where.provider, item.where.account, item.where.region)))
    return {"weight": item.weight.value, "stage": item.stage, "message": item.message, "place": place}


def _once(values: Iterable[str]) -> list[Json]:
    return list(dict.fromkeys(values))


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")


def check_totals(predicate: Mapping[str, Json]) -> None:
    """Whether the numbers of a statement that fits its schema agree with each other.

    Raises `EvidenceError` with the first that does not: a record is one account of one run, told several times.
    """
    totals = _table(predicate["totals"])
    populations = [_table(row) for row in _rows(predicate["populations"])]
    for name in ("evaluations", *VERDICTS):
        column = "resources" if name == "evaluations" else name
        added = sum(_number(_table(row[side.value])[column]) for row in populations for side in Side)
        if added != totals[name]:
            raise EvidenceError(f"the totals do not add up: {name} is {totals[name]}, the populations hold {added}")
    if sum(_number(totals[name]) for name in VERDICTS) != totals["evaluations"]:
        raise EvidenceError("the totals do not add up: the verdicts are not as many as the evaluations")
    findings = Counter((str(row["verdict"]), bool(row["waived"])) for row in map(_table, _rows(predicate["findings"])))
    for name in ("fail", "unknown"):
        if findings[(name, False)] != totals[name]:
            raise EvidenceError(f"{totals[name]} verdicts are {name}, but {findings[(name, False)]} are listed")
    differences = Counter(
        "waived" if row["waived"] else str(row["difference"]) for row in map(_table, _rows(predicate["disagreements"]))
    )
    for name, number in _table(totals["disagreements"]).items():
        if differences[name] != number:
            raise EvidenceError(f"{number} disagreements are {name}, but {differences[name]} are listed")
    decision = _table(predicate["decision"])
    if (decision["gate"] == "open") != (decision["exit"] == 0):
        raise EvidenceError("the decision says one thing in words and another in its exit code")
    for row in map(_table, _rows(predicate["criteria"])):
        if row["status"] == "pass" and (row["fail"] or row["unknown"] or not row["pass"]):
            raise EvidenceError(f"criterion {row['id']} is said to pass, against its own numbers")


def _table(value: Json) -> Mapping[str, Json]:
    assert isinstance(value, dict)
    return value


def _rows(value: Json) -> list[Json]:
    assert isinstance(value, list)
    return value


def _number(value: Json) -> int:
    assert isinstance(value, int)
    return value
