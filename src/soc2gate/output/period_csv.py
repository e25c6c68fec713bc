"""Controls to requirements as a table: one row for each requirement that a control serves, with how it stood."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

STATUSES = ("pass", "fail", "waived", "unknown", "no_data")
COLUMNS = (
    "framework", "requirement", "requirement_at_end", "control", "statement", "owner", "rules", "at_end",
    *(f"seconds_{status}" for status in STATUSES),
    "evidence_age", "max_age_days", "newest_record", "newest_sha256", "seen_at", "fresh_until", "open_gaps",
)  # fmt: skip
FRAMEWORK = "SOC 2 2017"


def render(document: Mapping[str, Any]) -> str:
    """The document of a report as CSV (RFC 4180)."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for control, row in document["controls"].items():
        gaps = sum(gap["control"] == control for gap in document["gaps"])
        for criterion in row["criteria"]:
            at_end = document["criteria"].get(criterion, {}).get("at_end", "")
            cells = {"requirement": criterion, "requirement_at_end": at_end, **_control(control, row, gaps)}
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


def _inert(cell: str) -> str:
    """A name that a spreadsheet would run as a formula is text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
