"""SARIF 2.1.0 for code scanning: failures and disagreements as results, on the one line that decided.

A pull request shows an alert only where all of its lines are part of the change, so regions are narrow. GitHub tells
alerts apart by `partialFingerprints.primaryLocationLineHash`, which holds our fingerprint, and refuses a whole file
over one result without a file: what exists only live is put at the top of a file that was read, and says so. What was
not decided is no alert: it stands as a notification of the invocation, as problems do.

Format: OASIS SARIF 2.1.0 (errata 01); limits: GitHub's “SARIF support for code scanning”.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from soc2gate.facts import dataclass
from soc2gate.model.outcome import OURS, Difference, Disagreement, Finding, Run, Verdict, Waiver
from soc2gate.model.resource import LiveRef, Side, Span, Weight, Where
from soc2gate.model.rule import Severity
from soc2gate.model.value import Json
from soc2gate.output import told
from soc2gate.output.sarif_rules import DIFFERENCES, TAXONOMY, Descriptors, level, taxonomy
from soc2gate.patterns import regex

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "%SRCROOT%"

MOST_RESULTS = 25_000
"""A run with more is refused."""
KEPT_RESULTS = 5_000
"""Code scanning keeps the most severe ones, and drops the others without a word."""
MOST_BYTES = 10_000_000
"""Gzipped; a larger upload is refused."""
_MOST_RELATED = 20
_MOST_NOTIFICATIONS = 1_000


@dataclass(frozen=True, slots=True)
class _Result:
    """One result, not yet numbered: which descriptor it names is settled when all are known."""

    rule: str
    severity: Severity | None
    body: dict[str, Json]
    order: tuple[bool, int, str, int, str, str]
    criteria: tuple[str, ...] = ()


def render(run: Run) -> str:
    """The run as SARIF, two spaces of indentation, within the limits of code scanning."""
    results = _results(run)
    keep = min(len(results), MOST_RESULTS)
    while True:
        text = json.dumps(document(run, results[:keep], left_out=len(results) - keep), indent=2)
        size = len(gzip.compress(text.encode(), compresslevel=6, mtime=0))
        if size <= MOST_BYTES or keep == 0:
            return text + "\n"
        # Results are most of the file; aim a little below the limit, and always get smaller.
        keep = min(keep - 1, int(keep * MOST_BYTES / size * 0.95))


def document(run: Run, results: Sequence[_Result] | None = None, *, left_out: int = 0) -> dict[str, Json]:
    """The run as SARIF's plain data, with these results (all of them where none are given)."""
    chosen = _results(run) if results is None else results
    rules = Descriptors.of(run, [(item.rule, item.severity) for item in chosen])
    criteria = [item.criterion for item in run.criteria]
    taxa = {criterion.id: number for number, criterion in enumerate(criteria)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": run.tool["name"],
                        "semanticVersion": run.tool["version"],
                        "shortDescription": {"text": "SOC 2 rules asked of infrastructure code and of what is running"},
                        "supportedTaxonomies": [{"name": TAXONOMY, "index": 0}],
                        "rules": list(rules.bodies),
                    }
                },
                "taxonomies": [taxonomy(criteria)],
                "automationDetails": {"id": _category(run)},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {BASE: {"description": {"text": "The folder that all paths are relative to."}}},
                "invocations": [_invocation(run, chosen, rules, left_out)],
                "results": [_numbered(item, rules, taxa) for item in chosen],
                "properties": {"decision": _decision(run), "digests": dict(run.digests)},
            }
        ],
    }


def _results(run: Run) -> list[_Result]:
    """Failures and disagreements: what is new first, then the most serious, then by place.

    What code never says is an alert only where it closes the gate.
    """
    results = [_of_disagreement(run, item) for item in told.closing(run)]
    covered = _covered(run)
    for item in [*told.failing(run), *told.there_before(run), *told.waived(run)]:
        if item.verdict is not Verdict.FAIL:
            continue
        # Told once: a live failure that a disagreement carries stands there, beside the line that promised otherwise.
        if item.side is Side.LIVE and (item.rule, item.address) in covered and item.waiver is None:
            continue
        results.append(_of_finding(run, item))
    return sorted(results, key=lambda result: result.order)


def _covered(run: Run) -> set[tuple[str, str]]:
    """Rule and uid of live failures that an unwaived disagreement names."""
    return {
        (rule.id, item.uid)
        for item in run.disagreements
        if item.waiver is None and item.difference is not Difference.UNDECIDED
        for rule in item.rules
        if rule.live is Verdict.FAIL
    }


def _of_finding(run: Run, item: Finding) -> _Result:
    rule = run.rules.get(item.rule) if item.engine == OURS else None
    place = told.place(item)
    related = _related(item, place)
    body: dict[str, Json] = {
        "level": level(item.severity),
        "message": {"text": _message(f"{told.subject(item)}: {item.message or (rule.title if rule else item.rule)}")},
        "locations": [_location(run, place, item.address, item.kind)],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"primaryLocationLineHash": item.fingerprint},
        **_suppressions(item.waiver, item.where),
        **({} if item.new is None else {"baselineState": "new" if item.new else "unchanged"}),
        "properties": {
            "side": item.side.value,
            "kind": item.kind,
            "address": item.address,
            **({"environment": item.environment} if item.environment else {}),
            "severity": str(item.severity),
            "control": item.control,
            "criteria": list(item.criteria),
            **({"engine": item.engine} if item.engine != OURS else {}),
            **({"uncertain": item.uncertain} if item.uncertain else {}),
            **({"owner": item.owner} if item.owner else {}),
            **({"controlOwner": item.control_owner} if item.control_owner else {}),
            **_seen(item.where),
        },
    }
    order = _order(item.severity, place, item.rule, item.fingerprint, new=item.new is not False)
    return _Result(item.rule, item.severity, body, order)


def _related(item: Finding, place: Where) -> list[Json]:
    """The resource as a whole, and the other values the verdict rests on."""
    places: dict[tuple[str, int], tuple[Span, str]] = {}
    if isinstance(item.where, Span) and item.where != place:
        places[item.where.path, item.where.line] = (item.where, f"the resource: {item.address}")
    for evidence in item.evidence:
        where = evidence.where
        if isinstance(where, Span) and where != place:
            places.setdefault((where.path, where.line), (where, evidence.path))
    return [
        {
            "id": number,
            "physicalLocation": _physical(where, narrow=False),
            "message": {"text": _message(said)},
        }
        for number, (where, said) in enumerate(list(places.values())[:_MOST_RELATED], 1)
    ]


def _of_disagreement(run: Run, item: Disagreement) -> _Result:
    place = item.declared_where or item.live_where
    seen = f" ({told.call(item.live_where)})" if item.live_where is not None else ""
    # The contrast of what differs says it already; a reason adds to it where one stands.
    reason = f". {item.reason[:1].upper()}{item.reason[1:]}" if item.reason else ""
    rules = ", ".join(f"{rule.id} {told.contrast(rule)}".rstrip() for rule in told.broken_rules(run, item)[:8])
    text = f"{told.headline(item)}{seen}{reason}" + (f". Rules: {rules}" if rules else "")
    name = DIFFERENCES[item.difference].id
    body: dict[str, Json] = {
        "level": level(item.severity),
        "message": {"text": _message(text)},
        "locations": [_location(run, place, item.address, item.kind)],
        "partialFingerprints": {"primaryLocationLineHash": item.fingerprint},
        **_suppressions(item.waiver, place),
        "properties": {
            "difference": item.difference.value,
            "kind": item.kind,
            "address": item.address,
            **({"environment": item.environment} if item.environment else {}),
            "uid": item.uid,
            "property": item.property,
            "severity": str(item.severity) if item.severity else "none",
            "rules": [rule.id for rule in item.rules],
            "criteria": list(item.criteria),
            **_seen(item.live_where),
        },
    }
    return _Result(name, item.severity, body, _order(item.severity, place, name, item.fingerprint), item.criteria)


def _order(
    severity: Severity | None, place: Where | None, rule: str, fingerprint: str, *, new: bool = True
) -> tuple[bool, int, str, int, str, str]:
    """What is new first, then the most serious: the limits cut from the end."""
    path, line = (place.path, place.line) if isinstance(place, Span) else ("", 0)
    return (not new, -(severity or 0), path, line, rule, fingerprint)


def _numbered(item: _Result, rules: Descriptors, taxa: Mapping[str, int]) -> dict[str, Json]:
    index = rules.index(item.rule, item.severity)
    component: Json = {"name": TAXONOMY, "index": 0}
    referred: list[Json] = [
        {"id": criterion, "index": taxa[criterion], "toolComponent": component}
        for criterion in item.criteria
        if criterion in taxa
    ]
    return {
        "ruleId": rules.bodies[index]["id"],
        "ruleIndex": index,
        **item.body,
        **({"taxa": referred} if referred else {}),
    }


# --- places ---------------------------------------------------------------------------------------------------------


def _location(run: Run, place: Where | None, address: str, kind: str) -> dict[str, Json]:
    """A line of a file, with the resource's name; what no file declares stands at the top of a file that was read."""
    logical: Json = [{"fullyQualifiedName": address, "kind": "resource", "properties": {"kind": kind}}]
    if isinstance(place, Span):
        return {"physicalLocation": _physical(place, narrow=True), "logicalLocations": logical}
    anchor = Span(_anchor(run, kind), 1)
    return {
        "physicalLocation": _physical(anchor, narrow=True),
        "logicalLocations": logical,
        "message": {"text": "No line declares it; code scanning needs a file, and this one was read."},
    }


def _anchor(run: Run, kind: str) -> str:
    """A file that was read: one that declares a resource of this kind, else of its provider, else the first."""
    kubernetes = kind.startswith("Kubernetes::")
    declared = [(item.kind, item.where.path) for item in run.findings if isinstance(item.where, Span)]
    same = [path for other, path in declared if other == kind]
    near = [path for other, path in declared if other.startswith("Kubernetes::") == kubernetes]
    return min(same or near or run.files or ["soc2gate.yaml"])


def _physical(place: Span, *, narrow: bool) -> dict[str, Json]:
    region: dict[str, Json] = {"startLine": max(1, place.line), "startColumn": max(1, place.column)}
    if narrow:
        # Without an end column a region reaches the end of its end line.
        region["endLine"] = max(1, place.line)
    elif place.end_line > place.line:
        region["endLine"] = place.end_line
    return {
        "artifactLocation": {"uri": quote(place.path.encode("utf-8", "surrogatepass")), "uriBaseId": BASE},
        "region": region,
    }


def _seen(place: Where | None) -> dict[str, Json]:
    """Which call saw it, without the time: a file made twice is the same file."""
    if not isinstance(place, LiveRef):
        return {}
    return {
        "seen": {
            "provider": place.provider,
            "account": place.account,
            "region": place.region,
            "uid": place.uid,
            "call": place.call,
            "seen_at": place.seen_at,
        }
    }


def _suppressions(waiver: Waiver | None, where: Where | None) -> dict[str, Json]:
    if waiver is None:
        return {}
    inside = isinstance(waiver.where, Span) and isinstance(where, Span) and waiver.where.path == where.path
    suppression: dict[str, Json] = {
        "kind": "inSource" if inside else "external",
        "status": "accepted",
        "justification": told.waiver_words(waiver),
    }
    if isinstance(waiver.where, Span):
        suppression["location"] = {"physicalLocation": _physical(waiver.where, narrow=False)}
    return {"suppressions": [suppression]}


_LINK = regex(r"\](?=\()")


def _message(text: str) -> str:
    """Text without the form `[words](target)`, which SARIF reads as a link: a resource's name must not become one."""
    clean = "".join(char if char.isprintable() else repr(char)[1:-1] for char in " ".join(text.split()))
    return _LINK.sub("] ", clean)


# --- the run itself ---------------------------------------------------------------------------------------------------


def _category(run: Run) -> str:
    """Tells uploads apart: code scanning closes the alerts of an earlier upload of the same category."""
    paths = "+".join(path for path in run.paths if path != ".")
    return "/".join(part for part in ("soc2gate", run.command, paths) if part) + "/"


def _decision(run: Run) -> dict[str, Json]:
    return {"exit": int(run.decision.exit), "reasons": list(run.decision.reasons), "fail_on": run.fail_on}


def _invocation(run: Run, results: Sequence[_Result], rules: Descriptors, left_out: int) -> dict[str, Json]:
    broken = any(problem.weight is Weight.BROKEN for problem in run.problems)
    told_of = [*_cut_notes(results, left_out), *_problems(run), *_undecided(run, rules)]
    if len(told_of) > _MOST_NOTIFICATIONS:
        more = len(told_of) - _MOST_NOTIFICATIONS
        told_of[_MOST_NOTIFICATIONS:] = [
            _note("warning", f"{more} more notifications were left out; text has them all")
        ]
    return {
        "executionSuccessful": not broken,
        "exitCode": int(run.decision.exit),
        "endTimeUtc": run.time,
        "toolExecutionNotifications": list(told_of),
    }


def _cut_notes(results: Sequence[_Result], left_out: int) -> Iterable[dict[str, Json]]:
    if left_out:
        yield _note("error", f"{left_out} results were left out, the least severe: code scanning's limits refuse more")
    if len(results) > KEPT_RESULTS:
        more = len(results) - KEPT_RESULTS
        yield _note("warning", f"code scanning keeps {KEPT_RESULTS} results; the last {more} here will not be shown")


def _problems(run: Run) -> Iterable[dict[str, Json]]:
    levels = {Weight.BROKEN: "error", Weight.GAP: "warning", Weight.NOTE: "note"}
    for problem in run.problems:
        hint = f" ({problem.hint})" if problem.hint else ""
        yield _note(levels[problem.weight], told.problem_words(problem) + hint, problem.where)


def _undecided(run: Run, rules: Descriptors) -> Iterable[dict[str, Json]]:
    for item in told.undecided(run):
        said = f"not decided: {told.named(item)} of {told.subject(item)}: {item.reason}"
        note = _note("warning", said, told.place(item))
        index = rules.index(item.rule, item.severity, add=False)
        if index is not None:
            note["associatedRule"] = {"id": rules.bodies[index]["id"], "index": index}
        yield note
    for other in told.disagreements(run, decided=False):
        yield _note("warning", told.headline(other), other.declared_where)


def _note(level_: str, text: str, where: Where | None = None) -> dict[str, Json]:
    note: dict[str, Json] = {"level": level_, "message": {"text": _message(text)}}
    if isinstance(where, Span):
        note["locations"] = [{"physicalLocation": _physical(where, narrow=True)}]
    return note
