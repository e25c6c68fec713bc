"""Controls to requirements as a table: one row for each requirement that a control serves, with how it stood."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from soc2gate.model.checks import Framework

STATUSES = ("pass", "fail", "waived", "unknown", "no_data")
COLUMNS = (
    "framework", "requirement", "requirement_at_end", "control", "statement", "owner", "rules", "at_end",
    *(f"seconds_{status}" for status in STATUSES),
    "evidence_age", "max_age_days", "newest_record", "newest_sha256", "seen_at", "fresh_until", "open_gaps",
)  # fmt: skip
FRAMEWORK = "SOC 2 2017"


def render(document: Mapping[str, Any], frameworks: Iterable[Framework] = ()) -> str:
    """The document of a report as CSV (RFC 4180).

    The SOC 2 criteria of a control are those the records name. Requirements of other frameworks are as this program
    maps them today, and have no status: evidence of a control serves one, and by itself never meets it.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for control, row in document["controls"].items():
        gaps = sum(gap["control"] == control for gap in document["gaps"])
        for criterion in row["criteria"]:
            at_end = document["criteria"].get(criterion, {}).get("at_end", "")
            cells = {"requirement": criterion, "requirement_at_end": at_end, **_control(control, row, gaps)}
            writer.writerow({name: _inert(str(cell)) for name, cell in cells.items()})
        for framework in frameworks:
            for requirement, one in framework.requirements.items():
                if control in one.controls:
                    cells = {**_control(control, row, gaps), "framework": framework.id, "requirement": requirement}
                    writer.writerow({name: _inert(str(cell)) for name, cell in cells.items()})
    return out.getvalue()


def _control(name: str, row: Mapping[str, Any], gaps: int) -> dict[str, Any]:
    newest: Mapping[str, Any] = max(row["evidence"]["newest"], key=lambda look: look["record"], default={})
    return {
        "framework": FRAMEWORK,
        "control": name,
        "statement": row["statement"],
        "owner": row["owner"] or "",
        "rules": " ".join(row["rules"]),
        "at_end": row["at_end"],
        **{f"seconds_{status}": row["seconds"].get(status, 0) for status in STATUSES},
        "evidence_age": row["evidence"]["age"],
        "max_age_days": "" if row["max_age_days"] is None else row["max_age_days"],
        "newest_record": newest.get("record", ""),
        "newest_sha256": newest.get("sha256", ""),
        "seen_at": newest.get("seen_at", ""),
        "fresh_until": newest.get("fresh_until") or "",
        "open_gaps": gaps,
    }


POPULATION_COLUMNS = (
    "commit", "committed_at", "tree", "parents", "state", "records", "late", "remarks", "in_sample",
)  # fmt: skip


def render_population(document: Mapping[str, Any]) -> str:
    """Every change of the period as CSV, oldest first: what a sample is drawn from."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(POPULATION_COLUMNS)
    drawn = set(document["sample"])
    for one in document["population"]["members"]:
        named = (one[name] for name in ("commit", "committed_at", "tree", "parents", "state"))
        records = " ".join(map(str, one["records"]))
        cells = (*named, records, one["late"], "; ".join(one["remarks"]), one["commit"] in drawn)
        writer.writerow([_inert(str(cell)) for cell in cells])
    return out.getvalue()


ACCESS_COLUMNS = (
    "principal", "type", "place", "level", "privileges", "mfa", "last_used", "reviewer", "state", "still_there", "due",
    "decision", "decided_by", "decided_on", "recorded_at", "note", "record", "record_sha256",
)  # fmt: skip


def render_access(document: Mapping[str, Any]) -> str:
    """The reviews of access in a report as CSV: a row for each decision, and one for each principal without any."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(ACCESS_COLUMNS)
    for one in document["access_review"]["principals"]:
        first = [
            one["id"], one["type"], one["place"], one["level"], "; ".join(one["privileges"]), one["mfa"],
            one["last_used"], one["reviewer"], one["state"], one["still_there"],
        ]  # fmt: skip
        for each in one["decisions"] or [{}]:
            names = ("decision", "by", "on", "recorded_at", "note", "record", "record_sha256")
            said = [each.get("due", one["due"]), *(each.get(name, "") for name in names)]
            writer.writerow([_inert(str(cell)) for cell in (*first, *said)])
    return out.getvalue()


def _inert(cell: str) -> str:
    """A name that a spreadsheet would run as a formula is text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
