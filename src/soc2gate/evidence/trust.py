"""The file of trusted keys as people change it: a key is added, and retired when another takes its place.

It belongs under version control, where every change of trust has an author and a review. An entry is never removed:
what was signed while a key was trusted stays genuine, and what it signs afterwards is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from soc2gate.errors import UsageError
from soc2gate.evidence.envelope import KEYS_SCHEMA, check_span, load_trusted
from soc2gate.model.value import Json


def added(path: Path, entry: dict[str, Json], what: str = "keys") -> str:
    """The file's new text, with one more entry; raises `UsageError` where it is no such file, or has that one."""
    check_span(str(entry["valid_from"]), str(entry["valid_until"]), "the new entry")
    document = _document(path)
    entries = _entries(document, what)
    same = [one for one in entries if one["id"] == entry["id"] and one["valid_from"] == entry["valid_from"]]
    if same:
        raise UsageError(f"{path} has {entry['id']} from {entry['valid_from'] or 'always'} on already")
    document[what] = [*entries, entry]
    return _text(document)


def retired(path: Path, begins_with: str, at: str) -> tuple[str, str]:
    """The file's new text, with the end of one key's or authority's time, and its whole id.

    Raises `UsageError` where that names none or several, or it is retired earlier already: trust does not come back.
    """
    document = _document(path)
    entries = [one for what in ("keys", "authorities") for one in _entries(document, what)]
    found = [one for one in entries if str(one["id"]).startswith(begins_with)]
    names = {str(one["id"]) for one in found}
    if len(names) != 1:
        told = f"{len(names)} entries begin with" if names else "no entry has"
        raise UsageError(f"{path}: {told} the id {begins_with}", hint="`soc2gate keys list` shows them")
    current = [one for one in found if not one.get("valid_until") or str(one["valid_until"]) > at]
    if not current:
        raise UsageError(f"{path}: {begins_with} is retired since {found[-1]['valid_until']} already")
    for one in current:
        if one.get("valid_from") and str(one["valid_from"]) > at:
            raise UsageError(f"{path}: {begins_with} is valid from {one['valid_from']} on, which is after {at}")
        one["valid_until"] = at
    return _text(document), names.pop()


def _document(path: Path) -> dict[str, Json]:
    if not path.exists():
        return {"schema": KEYS_SCHEMA, "keys": []}
    # Refuses what is not such a file before anything is written over it.
    load_trusted(path)
    data = path.read_bytes()
    if data.lstrip().startswith(b"-----BEGIN"):
        raise UsageError(f"{path} is one public key in PEM, not a file of trusted keys", hint="name a new file")
    return cast("dict[str, Json]", json.loads(data))


def _entries(document: dict[str, Json], what: str) -> list[dict[str, Json]]:
    return cast("list[dict[str, Json]]", document.get(what, []))


def _text(document: dict[str, Json]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
