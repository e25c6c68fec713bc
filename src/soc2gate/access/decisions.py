"""What reviewers decided, read back from the table they filled in.

Only the decision is theirs: who it is about and what that one may do is taken from the pack, which the table names by
digest. Everything wrong with a table is told at once, with its line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from soc2gate.access.pack import DECISIONS, Pack, plain
from soc2gate.errors import ConfigError
from soc2gate.model.value import Json
from soc2gate.suggest import did_you_mean

NEEDED = ("principal", "decision", "decided_by", "decided_on", "pack")


def read(data: bytes, told: str, pack: Pack, today: str) -> dict[str, Mapping[str, str]]:
    """Principal to what was decided; who is left empty is undecided. Raises `ConfigError` with every mistake."""
    reader = _reader(data, told)
    lacking = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if lacking:
        raise ConfigError(f"has no column {', '.join(lacking)}: not the table of an access review", path=told, line=1)
    checker = _Checker(told, pack, today)
    for row in reader:
        checker.take(reader.line_num, {name: plain((cell or "").strip()) for name, cell in row.items() if name})
    if checker.errors:
        raise ConfigError.gather(checker.errors)
    return checker.decided


def _reader(data: bytes, told: str) -> csv.DictReader[str]:
    try:
        # Spreadsheets write a mark at the start, and in some countries a semicolon between cells.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8: save it as CSV UTF-8", path=told) from None
    first = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text), delimiter=max((",", ";", "\t"), key=first.count))


def is_begun(data: bytes, told: str) -> bool:
    """Whether somebody has begun to fill in the table."""
    return any((row.get("decision") or "").strip() for row in _reader(data, told))


class _Checker:
    def __init__(self, told: str, pack: Pack, today: str) -> None:
        self.told = told
        self.pack = pack
        self.today = today
        self.known = {row["id"] for row in pack.principals}
        self.decided: dict[str, Mapping[str, str]] = {}
        self.errors: list[ConfigError] = []
        self.seen: set[str] = set()

    def take(self, line: int, row: Mapping[str, str]) -> None:
        if not any(row.values()):
            return
        who = row["principal"]
        if row["pack"] != self.pack.digest:
            self.wrong(line, f"is of another pack ({row['pack'][:16] or 'none'}, not {self.pack.digest[:16]})")
        elif who not in self.known:
            self.wrong(line, f"“{who}” is not in the pack", did_you_mean(who, self.known))
        elif who in self.seen:
            self.wrong(line, f"“{who}” stands here twice")
        elif row["decision"]:
            self._decide(line, who, row)
        elif row["decided_by"] or row["decided_on"]:
            self.wrong(line, f"“{who}” has a reviewer or a date and no decision", f"one of {', '.join(DECISIONS)}")
        self.seen.add(who)

    def _decide(self, line: int, who: str, row: Mapping[str, str]) -> None:
        decision, by, on = row["decision"].lower(), row["decided_by"], row["decided_on"]
        if decision not in DECISIONS:
            self.wrong(
                line,
                f"“{row['decision']}” is no decision",
                did_you_mean(decision, DECISIONS) or f"one of {', '.join(DECISIONS)}",
            )
        elif not by:
            self.wrong(line, f"“{who}”: who decided? decided_by is empty")
        elif not _is_day(on):
            self.wrong(line, f"“{who}”: decided_on “{on}” is not a date", "write it as 2026-09-30")
        elif not self.pack.document["made_at"][:10] <= on <= self.today:
            self.wrong(line, f"“{who}”: {on} is before the pack was made, or in the future")
        elif decision == "change" and not row.get("note"):
            self.wrong(line, f"“{who}”: change what? the note is empty")
        else:
            self.decided[who] = {"decision": decision, "by": by, "on": on, "note": row.get("note", "")}

    def wrong(self, line: int, message: str, hint: str = "") -> None:
        self.errors.append(ConfigError(message, path=self.told, line=line, hint=hint))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def review(pack: Pack, decided: Mapping[str, Mapping[str, str]]) -> dict[str, Json]:
    """What is recorded of a pack: each principal as it was, and what was decided of it, if anything was."""
    said = pack.document
    names = ("id", "unique_id", "type", "level", "privileges", "mfa", "last_used", "reviewer", "due", "every_days")
    principals: list[Json] = []
    for row in pack.principals:
        one: Mapping[str, Any] = decided.get(row["id"], {})
        principals.append(
            {
                **{name: row[name] for name in names},
                "decision": one.get("decision"),
                "decided_by": one.get("by", ""),
                "decided_on": one.get("on"),
                "note": one.get("note", ""),
            }
        )
    return {
        "pack": pack.digest,
        **{name: said[name] for name in ("made_at", "observed_at", "snapshots", "places", "unread")},
        "principals": principals,
    }
