"""Live state that stands in files: our own snapshots, and what `kubectl get … -A -o json` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from soc2gate.live.kubernetes import read_dump
from soc2gate.live.snapshot import Snapshot

_LARGEST = 512
"""Bytes that tell the two apart: kubectl writes `apiVersion` and `items` first."""


def read_files(files: Iterable[Path]) -> Snapshot:
    """One snapshot of several files. Raises `InputError` for what is neither, or holds an account or cluster twice."""
    return Snapshot.join(_read(file) for file in files)


def _read(file: Path) -> Snapshot:
    if not _is_dump(file):
        return Snapshot.read(file)
    # kubectl does not say when it asked; the file was written then.
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return read_dump(file.read_text("utf-8"), str(file), taken_at=written)


def _is_dump(file: Path) -> bool:
    """Whether it is JSON as kubectl writes it. What cannot be read is left to the snapshot's reader, which says why."""
    try:
        text = file.read_text("utf-8")
        content = json.loads(text) if '"soc2gate.snapshot/' not in text[:_LARGEST] else None
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and isinstance(content.get("items"), list) and "schema" not in content
