"""The report on a period in NIST's OSCAL 1.1: assessment results, and a plan of action with milestones (POA&M).

A criterion is `satisfied` only where it held at every moment of the period: what failed and was mended, was waived, was
undecided or had no data is `not-satisfied`, with how long. Nothing is said of criteria that people show. All ids
come from what they name, so that the same report has the same bytes.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from soc2gate.errors import UsageError
from soc2gate.output.period_parts import place
from soc2gate.version import __version__

OSCAL_VERSION = "1.1.3"
_SPACE = uuid.UUID("6b3f2c1e-5a0d-4c57-9a4e-8f1d2b7c9e30")
_NAMESPACE = "urn:soc2gate:oscal"
_UNJUDGED = ("manual", "out_of_scope", "record")


def assessment_results(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a report as `assessment-results`."""
    period = document["period"]
    judged = [name for name, row in document["criteria"].items() if row["at_end"] not in _UNJUDGED]
    observations = [_observation(name, row, document) for name, row in _observed(document)]
    findings = [_finding(name, document["criteria"][name], document) for name in judged]
    risks = [_deviation_risk(row, document) for row in document["deviations"]]
    selection: dict[str, Any] = {"description": "Every criterion that the records hold technical evidence of."}
    result = {
        "uuid": _id(document, "result"),
        "title": _title(document),
        "description": _population(document),
        "start": period["begins"],
        "end": period["ends"],
        "reviewed-controls": {
            "control-selections": [
                selection | ({"include-controls": [{"control-id": name} for name in judged]} if judged else {})
            ]
        },
        **_some("observations", observations),
        **_some("risks", risks),
        **_some("findings", findings),
    }
    plan = _id(document, "plan")
    return {
        "assessment-results": {
            "uuid": _id(document, "assessment-results"),
            "metadata": _metadata(document),
            "import-ap": {"href": f"#{plan}"},
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "Rules and mappings named in each record",
                        "description": "No other plan was written: each record names by digest what was asked.",
                    }
                ]
            },
        }
    }


def plan_of_action(document: Mapping[str, Any]) -> dict[str, Any]:
    """The gaps of a report as `plan-of-action-and-milestones`; raises `UsageError` where there is none."""
    if not document["gaps"]:
        raise UsageError("nothing is open at the end: OSCAL has no plan of action without an item")
    items, risks = [], []
    told_before: Counter[tuple[str, ...]] = Counter()
    for gap in document["gaps"]:
        key = (gap["what"], gap["control"] or "", gap["told"], gap["since"])
        # Two places of one name, opened by one record, are two gaps.
        again = [str(told_before[key])] if told_before[key] else []
        told_before[key] += 1
        risk = _id(document, "gap", *key, *again)
        about = f"{gap['control']}: {gap['told']}" if gap["control"] else gap["told"]
        who = gap["owner"] or "nobody named"
        told = f"Open since {gap['since']}, {gap['seconds']} seconds at the end of the period; owner: {who}."
        props = [_prop("severity", gap["severity"]), _prop("exposure", gap["exposure"]), _prop("kind", gap["what"])]
        risks.append(
            {
                "uuid": risk,
                "title": _line(about),
                "description": _line(told),
                "statement": _line(f"Concerns {' '.join(gap['criteria']) or 'no criterion'}."),
                "props": props,
                "status": "open",
            }
        )
        items.append(
            {
                "uuid": _id(document, "item", risk),
                "title": _line(about),
                "description": _line(told),
                "props": props,
                "related-risks": [{"risk-uuid": risk}],
            }
        )
    return {
        "plan-of-action-and-milestones": {
            "uuid": _id(document, "poam"),
            "metadata": _metadata(document),
            "system-id": {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": _id(document, "system")},
            "risks": risks,
            "poam-items": items,
        }
    }


def _metadata(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": _title(document),
        "last-modified": document["period"]["ends"],
        "version": document["period"]["to"],
        "oscal-version": OSCAL_VERSION,
        "props": [_prop("tool", f"soc2gate {__version__}")],
        "remarks": document["note"],
    }


def _title(document: Mapping[str, Any]) -> str:
    return f"Evaluation records, {document['period']['begins'][:10]} to {document['period']['ends'][:10]}"


def _population(document: Mapping[str, Any]) -> str:
    people = document["population"]
    return (
        f"{people['commits']} changes reached the branch: {people['attested']} attested, {people['attested_by_tree']} "
        f"attested by the same tree, {people['unattested']} without a record, {people['late']} late."
    )


def _observed(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Controls that some record holds evidence of."""
    return ((name, row) for name, row in document["controls"].items() if row["evidence"]["newest"])


def _observation(name: str, row: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    newest = row["evidence"]["newest"]
    untils = [look["fresh_until"] for look in newest if look["fresh_until"]]
    return {
        "uuid": _id(document, "observation", name),
        "title": _line(name),
        "description": _line(row["statement"] or f"The control {name}."),
        "props": [
            _prop("owner", row["owner"] or "nobody named"),
            _prop("evidence-age", row["evidence"]["age"]),
            _prop("status-at-end", row["at_end"]),
        ],
        "methods": ["TEST"],
        "relevant-evidence": [
            {
                "href": f"urn:sha256:{look['sha256']}",
                "description": _line(f"Record {look['record']} of {place(look)}, seen at {look['seen_at']}."),
            }
            for look in newest
        ],
        "collected": max(look["seen_at"] for look in newest),
        **({"expires": min(untils)} if untils else {}),
    }


def _finding(name: str, row: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    said = {one["status"] for one in row["intervals"]} | {row["at_end"]}
    held = said == {"pass"}
    reason = "pass" if held else "fail" if "fail" in said else "other"
    spent = ", ".join(f"{status} for {number} seconds" for status, number in row["seconds"].items() if number)
    supporting = [control for control, one in _observed(document) if name in one["criteria"]]
    return {
        "uuid": _id(document, "finding", name),
        "title": name,
        "description": f"At the end of the period: {row['at_end']}. During it: {spent or 'one moment'}.",
        "target": {
            "type": "objective-id",
            "target-id": name,
            "status": {"state": "satisfied" if held else "not-satisfied", "reason": reason},
        },
        **_some(
            "related-observations",
            [{"observation-uuid": _id(document, "observation", control)} for control in supporting],
        ),
        **_some(
            "related-risks",
            [{"risk-uuid": _deviation_id(one, document)} for one in document["deviations"] if name in one["criteria"]],
        ),
    }


def _deviation_risk(row: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    until = f"{row['closed_as']} at {row['closed']}" if row["closed"] else "open at the end"
    return {
        "uuid": _deviation_id(row, document),
        "title": _line(row["told"]),
        "description": _line(f"Opened at {row['opened']} by record {row['opened_by']}, {until}."),
        "statement": _line(f"Concerns {' '.join(row['criteria']) or 'no criterion'}."),
        "props": [_prop("severity", row["severity"]), _prop("closed-as", row["closed_as"])],
        # A waiver accepts a risk, and a record that could not look again has not closed it.
        "status": {"resolved": "closed", "waived": "deviation-approved"}.get(row["closed_as"], "open"),
    }


def _deviation_id(row: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    return _id(document, "deviation", row["what"], row["fingerprint"], row["side"], str(row["opened_by"]), row["told"])


def _id(document: Mapping[str, Any], *names: str) -> str:
    period = document["period"]
    return str(uuid.uuid5(_SPACE, "\0".join([period["to"], period["begins"], period["ends"], *names])))


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": _line(value)}


def _line(text: str) -> str:
    """One line that is not empty, as OSCAL wants titles and values."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split()) or "–"


def _some(name: str, values: list[Any]) -> dict[str, Any]:
    """OSCAL has no empty lists."""
    return {name: values} if values else {}
