"""Live state that stands in files: our own snapshots, AWS Config's, and what `kubectl get … -A -o json` wrote."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from soc2gate.live.config_kinds import Fields
from soc2gate.live.config_snapshot import is_config_snapshot, parse_file, read_config_snapshots
from soc2gate.live.kubernetes import read_dump
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.value import Json

_GZIP = b"\x1f\x8b"
_LARGEST = 512
"""Bytes that tell our own from the others: it names its schema first."""


def read_files(files: Iterable[Path]) -> Snapshot:
    """One snapshot of several files. Raises `InputError` for what is none of these, or holds an account or cluster
    twice; AWS Config's of several regions are one."""
    found: list[Snapshot] = []
    recorded: list[tuple[Path, Fields]] = []
    for file in files:
        content = _foreign(file)
        if is_config_snapshot(content) and isinstance(content, dict):
            recorded.append((file, content))
        elif _is_dump(content):
            # kubectl does not say when it asked; the file was written then.
            written = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            found.append(read_dump(file.read_text("utf-8"), str(file), taken_at=written))
        else:
            found.append(Snapshot.read(file))
    if recorded:
        found.append(read_config_snapshots(recorded))
    return Snapshot.join(found)


def _foreign(file: Path) -> Json:
    """What a file holds that is not our own; None for ours, and for what cannot be read: its reader says why."""
    try:
        with file.open("rb") as opened:
            start = opened.read(_LARGEST)
        if start[:2] == _GZIP:
            start = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(start, _LARGEST)
    except (OSError, zlib.error):
        return None
    return None if b'"soc2gate.snapshot/' in start else parse_file(file)


def _is_dump(content: Json) -> bool:
    """Whether it is what kubectl writes."""
    return isinstance(content, dict) and isinstance(content.get("items"), list) and "schema" not in content
