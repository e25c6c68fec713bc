"""The JSON result: a contract, described by `json_schemas/result.schema.json`.

Keys are always present; lists are in a stable order; nothing in it depends on the machine it was made on.
"""

from __future__ import annotations

import json

from soc2gate.model.outcome import (
    BaselineUse,
    CriterionStatus,
    Diff,
    Disagreement,
    EngineUse,
    Evidence,
    Finding,
    FrameworkStatus,
    History,
    Lasting,
    RuleContrast,
    Run,
    SnapshotInfo,
    Status,
    Waiver,
    seconds_seen,
)
from soc2gate.model.resource import LiveRef, Problem, Span, Where, root_of
from soc2gate.model.value import Json, as_json
from soc2gate.output import summary

SCHEMA = "soc2gate.result/1"


def render(run: Run) -> str:
    """The run as JSON, two spaces of indentation, a newline at the end."""
    told = _document(run, [])
    # A finding is spelled as soon as it is made: those of twenty thousand resources as plain data take a gigabyte.
    spelled = {"findings": [_spelled(finding(item), "\n    ") for item in run.findings]}
    members = [
        f"\n  {_quoted(name)}: {_listed(spelled[name]) if name in spelled else _spelled(value, _TOP)}"
        for name, value in told.items()
    ]
    return "{" + ",".join(members) + "\n}\n"


_TOP = "\n  "
_quoted = json.encoder.encode_basestring


def _listed(elements: list[str]) -> str:
    return "[\n    " + ",\n    ".join(elements) + "\n  ]" if elements else "[]"


def _spelled(value: Json, pad: str) -> str:
    """As `json.dumps` with two spaces of indentation spells it, which takes three times as long; `pad` is a line end
    with the indentation of the value."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        if not value:
            return "{}"
        inner = pad + "  "
        return "{" + ",".join([f"{inner}{_quoted(k)}: {_spelled(v, inner)}" for k, v in value.items()]) + pad + "}"
    if isinstance(value, (list, tuple)):
        if not value:
            return "[]"
        inner = pad + "  "
        return "[" + ",".join([inner + _spelled(each, inner) for each in value]) + pad + "]"
    return json.dumps(value)


def canonical_result(run: Run) -> str:
    """What came out, without anything that two runs over one input may differ in: what the result's digest is of."""
    spell = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
    # Finding by finding, so that all of them never stand beside each other as plain data.
    parts = {
        "criteria": (criterion(item) for item in run.criteria),
        "disagreements": (disagreement(item) for item in run.disagreements),
        "findings": (finding(item) for item in run.findings),
        "problems": (problem(item) for item in run.problems),
    }
    told = {name: f"[{','.join(map(spell, items))}]" for name, items in parts.items()}
    told["decision"] = spell(_decision(run))
    if run.undeclared:
        told["undeclared"] = spell([disagreement(item) for item in run.undeclared])
    return "{" + ",".join(f'"{name}":{told[name]}' for name in sorted(told)) + "}"


def document(run: Run) -> dict[str, Json]:
    """The run as the contract's plain data."""
    return _document(run, [finding(item) for item in run.findings])


def _document(run: Run, findings: list[Json]) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "tool": dict(run.tool),
        "command": run.command,
        "time": run.time,
        "paths": list(run.paths),
        "roots": [
            {"format": name, "path": path, "environments": list(run.environments.get(path, ()))}
            for name, path in run.roots
        ],
        "digests": dict(run.digests),
        "summary": _summary(run),
        "criteria": [criterion(item) for item in run.criteria],
        "findings": findings,
        "disagreements": [disagreement(item) for item in run.disagreements],
        "undeclared": _undeclared(run) if run.command == "verify" else None,
        "problems": [problem(item) for item in run.problems],
        "snapshots": [_snapshot(item) for item in run.snapshots],
        "changed": {"files": list(run.changed.files), "elsewhere": run.changed.elsewhere} if run.changed else None,
        "diff": _diff(run.diff) if run.diff else None,
        "baseline": _baseline(run.baseline) if run.baseline else None,
        "engines": [_engine(item) for item in run.engines],
        "renderers": dict(run.renderers),
        "frameworks": [_framework(item) for item in run.frameworks],
        "history": _history(run.history) if run.history else None,
        "decision": _decision(run),
    }


def _undeclared(run: Run) -> dict[str, Json]:
    used = run.accepted
    gone: list[Json] = [{"address": address, "property": name} for address, name in used.gone] if used else []
    return {
        "on_undeclared": run.on_undeclared,
        "properties": [disagreement(item) for item in run.undeclared],
        "baseline": {"path": used.path, "known": used.known, "gone": gone} if used else None,
    }


def _history(item: History) -> dict[str, Json]:
    new = set(item.new)
    unlooked = set(item.unlooked)
    return {
        "path": item.path,
        "previous": item.previous or None,
        "disagreements": [
            {**_lasting(one), "new": one.fingerprint in new, "looked": one.fingerprint not in unlooked}
            for one in item.lasting
        ],
        "gone": [_lasting(one) for one in item.gone],
    }


def _lasting(item: Lasting) -> dict[str, Json]:
    return {
        "fingerprint": item.fingerprint,
        "kind": item.kind,
        "address": item.address,
        "difference": item.difference,
        "property": item.property or None,
        "first_seen": item.first_seen,
        "last_seen": item.last_seen,
        "seconds": seconds_seen(item),
    }


def _decision(run: Run) -> dict[str, Json]:
    return {
        "exit": int(run.decision.exit),
        "reasons": list(run.decision.reasons),
        "fail_on": run.fail_on,
        "on_incomplete": run.on_incomplete,
    }


def _summary(run: Run) -> dict[str, Json]:
    counts = summary.counts(run)
    return {
        "resources": dict(run.resources),
        "unjudged": dict(run.unjudged),
        "files": len(run.files),
        "findings": {side: dict(verdicts) for side, verdicts in counts.findings.items()},
        "failures": {side: dict(levels) for side, levels in counts.failures.items()},
        "disagreements": dict(counts.disagreements),
        "problems": dict(counts.problems),
        "criteria": {status.value: counts.criteria.get(status, 0) for status in Status},
    }


def criterion(item: CriterionStatus) -> dict[str, Json]:
    return {
        "id": item.criterion.id,
        "category": item.criterion.category,
        "title": item.criterion.title,
        "status": item.status.value,
        "evidence": item.criterion.evidence.value,
        "pass": item.passed,
        "fail": item.failed,
        "unknown": item.unknown,
        "waived": item.waived,
        "not_applicable": item.not_applicable,
        "disagreements": item.disagreements,
    }


def finding(item: Finding) -> dict[str, Json]:
    return {
        "rule": item.rule,
        "control": item.control,
        "criteria": list(item.criteria),
        "severity": str(item.severity),
        "verdict": item.verdict.value,
        "side": item.side.value,
        "kind": item.kind,
        "address": item.address,
        "root": root_of(item.root, item.environment),
        "environment": item.environment,
        "identity": {key: as_json(value) for key, value in sorted(item.identity.items())},
        "where": where(item.where),
        "message": item.message,
        "reason": item.reason,
        "uncertain": item.uncertain,
        "evidence": [_evidence(one) for one in item.evidence],
        "fingerprint": item.fingerprint,
        "waiver": _waiver(item.waiver),
        "new": item.new,
        "engine": item.engine,
        "also": [{"engine": one.engine, "check": one.check, "verdict": one.verdict} for one in item.also],
        "owner": item.owner,
        "control_owner": item.control_owner,
        "system": item.system,
    }


def _evidence(item: Evidence) -> dict[str, Json]:
    return {"path": item.path, "value": as_json(item.value), "where": where(item.where), "note": item.note}


def disagreement(item: Disagreement) -> dict[str, Json]:
    return {
        "kind": item.kind,
        "address": item.address,
        "uid": item.uid,
        "difference": item.difference.value,
        "property": item.property,
        "declared": as_json(item.declared),
        "live": as_json(item.live),
        "declared_where": where(item.declared_where),
        "live_where": where(item.live_where),
        "rules": [_contrast(one) for one in item.rules],
        "criteria": list(item.criteria),
        "severity": str(item.severity) if item.severity else "none",
        "reason": item.reason,
        "fingerprint": item.fingerprint,
        "environment": item.environment,
        "waiver": _waiver(item.waiver),
    }


def _contrast(item: RuleContrast) -> dict[str, Json]:
    return {
        "id": item.id,
        "declared": item.declared.value if item.declared else None,
        "live": item.live.value if item.live else None,
    }


def problem(item: Problem) -> dict[str, Json]:
    return {
        "weight": item.weight.value,
        "stage": item.stage,
        "message": item.message,
        "where": where(item.where),
        "hint": item.hint,
        "new": item.new,
        "environment": item.environment,
    }


def where(place: Where | None) -> dict[str, Json] | None:
    """A place in a file, or the call that saw it."""
    if place is None:
        return None
    if isinstance(place, Span):
        return {
            "path": place.path,
            "line": place.line,
            "column": place.column,
            "end_line": place.end_line or place.line,
        }
    return _live(place)


def _live(place: LiveRef) -> dict[str, Json]:
    return {
        "provider": place.provider,
        "account": place.account,
        "region": place.region,
        "uid": place.uid,
        "call": place.call,
        "seen_at": place.seen_at,
    }


def _waiver(item: Waiver | None) -> dict[str, Json] | None:
    if item is None:
        return None
    return {
        "reason": item.reason,
        "owner": item.owner,
        "approver": item.approver,
        "expires": item.expires,
        "ticket": item.ticket,
        "source": item.source,
    }


def _snapshot(item: SnapshotInfo) -> dict[str, Json]:
    return {
        "digest": item.digest,
        "taken_at": item.taken_at,
        "provider": item.provider,
        "account": item.account,
        "caller": item.caller,
        "regions_asked": list(item.regions_asked),
        "regions_read": list(item.regions_read),
        "calls": item.calls,
        "failed_calls": item.failed_calls,
        "partial": item.partial,
    }


def _diff(item: Diff) -> dict[str, Json]:
    return {
        "base": item.base,
        "head": item.head,
        "asked": item.asked,
        "criteria": [
            {
                "id": one.id,
                "effect": one.effect.value,
                "introduced": one.introduced,
                "resolved": one.resolved,
                "remaining": one.remaining,
            }
            for one in item.criteria
        ],
        "resolved": [
            {"rule": one.rule, "address": one.address, "criteria": list(one.criteria), "severity": str(one.severity)}
            for one in item.resolved
        ],
        "policy_changes": [
            {"what": one.what, "change": one.change, "path": one.path, "detail": one.detail} for one in item.policy
        ],
    }


def _framework(item: FrameworkStatus) -> dict[str, Json]:
    return {
        "id": item.id,
        "title": item.title,
        "notice": item.notice,
        "requirements": [
            {
                "id": one.id,
                "title": one.title,
                "status": one.status.value,
                "controls": list(one.controls),
                "pass": one.passed,
                "fail": one.failed,
                "unknown": one.unknown,
                "waived": one.waived,
            }
            for one in item.requirements
        ],
    }


def _engine(item: EngineUse) -> dict[str, Json]:
    return {
        "name": item.name,
        "version": item.version,
        "source": item.source,
        "reviewed": item.reviewed,
        "told": item.told,
        "covered": item.covered,
        "differing": item.differing,
        "skipped": item.skipped,
        "elsewhere": item.elsewhere,
        "unmapped": {name: dict(verdicts) for name, verdicts in item.unmapped.items()},
        "no_control": {name: dict(verdicts) for name, verdicts in item.no_control.items()},
        "checks": {
            name: {"name": one.name, "why": one.why, "confidence": one.confidence, "guideline": one.guideline}
            for name, one in item.checks.items()
        },
    }


def _baseline(item: BaselineUse) -> dict[str, Json]:
    gone: list[Json] = [{"rule": rule, "address": address} for rule, address in item.gone]
    return {"path": item.path, "known": item.known, "gone": gone}
