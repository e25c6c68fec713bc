"""How long code and live state have disagreed: what `verify` saw before, kept in a small file beside the snapshots.

A disagreement that was there at the last look keeps the time it was first seen. One that is not there now is gone,
unless it could not be looked at: then it stays, last seen when it was.

    {"schema": "soc2gate.history/1", "time": "2026-11-21T09:00:00Z",
     "disagreements": [{"fingerprint": "…", "kind": "AWS::S3::Bucket", "address": "aws_s3_bucket.logs",
                        "difference": "changed", "property": "VersioningConfiguration.Status",
                        "account": "123456789012", "region": "eu-west-1",
                        "first_seen": "2026-11-20T09:00:00Z", "last_seen": "2026-11-21T09:00:00Z"}],
     "failing": ["…"]}

`failing` holds the fingerprints of what failed a rule. No value of any resource stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from soc2gate.errors import InputError
from soc2gate.facts import replace
from soc2gate.model.outcome import Difference, Disagreement, Finding, History, Lasting, Verdict
from soc2gate.model.value import Json

SCHEMA = "soc2gate.history/1"
_TEXTS = ("fingerprint", "kind", "address", "difference", "property", "account", "region", "first_seen", "last_seen")
_AGAIN = "remove it to begin anew: times that it held are lost"

Unread = Callable[[str, str, str], str | None]
"""(kind, region, account) to why that could not be looked at now; None when it was."""


def read(path: Path) -> History:
    """What the last look left; an empty one where there was none. Raises `InputError` for a file that is no history."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return History(str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=str(path)) from error
    try:
        document: Json = json.loads(text)
    except ValueError as error:
        raise InputError(f"is not JSON ({error})", path=str(path), hint=_AGAIN) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"is no history: its schema is not {SCHEMA}", path=str(path), hint=_AGAIN)
    entries, failing = document.get("disagreements"), document.get("failing")
    if not isinstance(entries, list) or not isinstance(failing, list):
        raise InputError("is no whole history", path=str(path), hint=_AGAIN)
    return History(
        str(path),
        time=str(document.get("time", "")),
        lasting=tuple(_lasting(entry, path) for entry in entries),
        failing=tuple(str(one) for one in failing),
    )


def _lasting(entry: Json, path: Path) -> Lasting:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in _TEXTS):
        raise InputError("holds an entry that is none", path=str(path), hint=_AGAIN)
    return Lasting(*(str(entry[name]) for name in _TEXTS))


def written(history: History) -> str:
    """The file's text."""
    entries: list[Json] = [{name: getattr(entry, name) for name in _TEXTS} for entry in history.lasting]
    document = {"schema": SCHEMA, "time": history.time, "disagreements": entries, "failing": list(history.failing)}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def follow(
    before: History,
    disagreements: Sequence[Disagreement],
    findings: Iterable[Finding],
    *,
    now: str,
    unread: Unread,
) -> History:
    """What is there now, with since when; what is new since `before`, and what is gone."""
    known = {entry.fingerprint: entry for entry in before.lasting}
    here: dict[str, Lasting] = {}
    for item in disagreements:
        if item.difference is not Difference.UNDECIDED:
            old = known.get(item.fingerprint)
            here[item.fingerprint] = replace(old, last_seen=now) if old is not None else _first(item, now)
    undecided = {(item.kind, item.address) for item in disagreements if item.difference is Difference.UNDECIDED}
    left = [entry for entry in before.lasting if entry.fingerprint not in here]
    unlooked = [
        entry
        for entry in left
        if (entry.kind, entry.address) in undecided or unread(entry.kind, entry.region, entry.account) is not None
    ]
    kept = [*here.values(), *unlooked]
    return History(
        before.path,
        time=now,
        previous=before.time,
        lasting=tuple(sorted(kept, key=lambda entry: (entry.kind, entry.address, entry.property, entry.fingerprint))),
        new=tuple(sorted(here.keys() - known.keys())),
        gone=tuple(entry for entry in left if entry not in unlooked),
        unlooked=tuple(entry.fingerprint for entry in unlooked),
        failing=tuple(sorted({item.fingerprint for item in findings if item.verdict is Verdict.FAIL})),
    )


def _first(item: Disagreement, now: str) -> Lasting:
    seen = item.live_where
    return Lasting(
        item.fingerprint,
        item.kind,
        item.address,
        item.difference.value,
        item.property or "",
        seen.account if seen else "",
        seen.region if seen else "",
        now,
        now,
    )


def marked(findings: Iterable[Finding], before: History) -> list[Finding]:
    """Findings with whether they are new since the last look; what a baseline knows stays known."""
    known = set(before.failing)
    return [
        item
        if item.new is False or item.verdict is not Verdict.FAIL
        else replace(item, new=item.fingerprint not in known)
        for item in findings
    ]


def only_new(disagreements: Iterable[Disagreement], history: History) -> list[Disagreement]:
    """Those that close the gate where only what is new does: the new ones, and what could not be decided."""
    new = set(history.new)
    return [item for item in disagreements if item.difference is Difference.UNDECIDED or item.fingerprint in new]
