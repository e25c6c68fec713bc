"""Each control of the page on a period: an overview, and then what an auditor asks of one of them, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from soc2gate.output.html import clean, fact
from soc2gate.output.period_parts import (
    AGES,
    STATUS,
    Row,
    breaking,
    duration,
    listed,
    pill,
    place,
    section,
    sha,
    table,
    time,
)

Link = Callable[[int], str]
ANSWERS = {**STATUS, "not_applicable": "not applicable"}


def controls(said: Mapping[str, Any], record: Link) -> Iterator[str]:
    """All of them by name, and each with its evidence, its exceptions and how it stood."""
    yield section("controls", "Controls")
    rows = said["controls"]
    if not rows:
        yield "<p>No record of the period says how a control stood.</p>"
    yield from table(
        "Each control at the end of the period",
        ["control", "at the end", "evidence", "owner", "criteria", "open exceptions", "held for"],
        [_overview(name, row, said) for name, row in rows.items()],
    )
    for name, row in rows.items():
        yield from _control(name, row, said, record)
    yield "</section>"


def link(name: str | None, known: Mapping[str, Any]) -> str:
    """A control's name as a link to its part of the page."""
    if not name or name not in known:
        return clean(name or "")
    return f'<a href="#control-{clean(name)}">{clean(name)}</a>'


def _overview(name: str, row: Mapping[str, Any], said: Mapping[str, Any]) -> Row:
    age = row["evidence"]["age"]
    still = sum(one["control"] == name and one["closed_as"] == "open" for one in said["deviations"])
    return Row(
        link(name, said["controls"]),
        [
            pill(row["at_end"]),
            pill(AGES[age], age) if age != "not_dated" else "",
            clean(row["owner"] or "nobody named"),
            clean(" ".join(row["criteria"])),
            str(still) if row["rules"] else "",
            duration(row["seconds"].get("pass", 0)),
        ],
    )


def _control(name: str, row: Mapping[str, Any], said: Mapping[str, Any], record: Link) -> Iterator[str]:
    evidence, people = row["evidence"], row["manual_evidence"]
    yield f'<article class="item" id="control-{clean(name)}" aria-labelledby="title-{clean(name)}">'
    yield f'<div class="head"><h3 id="title-{clean(name)}">{clean(name)}</h3>{pill(row["at_end"])}'
    if evidence["age"] != "not_dated":
        yield pill(AGES[evidence["age"]], f"evidence {evidence['age']}")
    yield "</div>"
    yield f"<p>{clean(row['statement'])}</p>" if row["statement"] else ""
    yield "<dl>"
    yield fact("owner", row["owner"] or "nobody named")
    yield fact("criteria", " ".join(row["criteria"]))
    yield fact("rules", " ".join(row["rules"]))
    yield fact("evidence", f"may be {row['max_age_days']} days old" if row["max_age_days"] is not None else "")
    yield fact("brought by people", people or "")
    yield fact("gaps", "; ".join(_gaps(name, said["gaps"])))
    yield "</dl>"
    yield from table(
        f"Newest evidence of {name}",
        ["of", "record", "seen", "fresh until", "answers of its rules", "sha256 of the record"],
        [
            Row(
                clean(place(look)),
                [record(look["record"]), time(look["seen_at"]), time(look["fresh_until"]),
                 clean(listed(look["answers"], ANSWERS)), sha(look["sha256"])],
            )
            for look in evidence["newest"]
        ],
    )  # fmt: skip
    if row["rules"]:
        yield from table(
            f"How {name} stood", ["from", "to", "status", "for", "said by record"], _stood(row["intervals"], record)
        )
    yield from table(
        f"Exceptions of {name}",
        EXCEPTION_HEADS,
        [exception(one, record) for one in said["deviations"] if one["control"] == name],
    )
    yield "</article>"


def _gaps(name: str, gaps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is open of a control beside its exceptions, which have a table."""
    for gap in gaps:
        if gap["control"] == name and gap["what"] not in ("finding", "disagreement"):
            yield gap["told"]


def _stood(intervals: Sequence[Mapping[str, Any]], record: Link) -> list[Row]:
    return [
        Row(
            time(one["begins"]),
            [time(one["ends"]), pill(one["status"]), duration(one["seconds"]),
             record(one["record"]) if one.get("record") else "no fresh evidence"],
        )
        for one in intervals
    ]  # fmt: skip


ENDS = {
    "open": ("fail", "open"),
    "resolved": ("pass", "resolved"),
    "waived": ("waived", "waived"),
    "undecided": ("unknown", "out of sight"),
    "not_asked": ("unknown", "no longer asked"),
}
"""How an exception stands at the end."""
EXCEPTION_HEADS = ("what", "severity", "opened", "by record", "closed", "how", "for")


def exception(row: Mapping[str, Any], record: Link) -> Row:
    """A failure or a disagreement, from the record that saw it first to the one that no longer did."""
    closed = time(row["closed"]) + (f", record {record(row['closed_by'])}" if row["closed_by"] else "")
    state, word = ENDS[row["closed_as"]]
    return Row(
        breaking(row["told"]),
        [
            pill(row["severity"], row["severity"]),
            time(row["opened"]),
            record(row["opened_by"]),
            closed,
            pill(state, word),
            duration(row["seconds"]),
        ],
    )
