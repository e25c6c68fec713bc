"""Digests of what was read: they name a run's input, so that somebody else can tell it was the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def inputs_digest(base: Path, files: Iterable[str], known: Mapping[str, str] | None = None) -> str:
    """One digest over files and their names: of `sha256sum`'s lines, in the order of the names.

    `known` digests stand for files whose content must not be digested in the clear.
    """
    known = known or {}
    lines = []
    for file in sorted(files):
        if file in known:
            lines.append(f"{known[file]}  {file}\n")
            continue
        try:
            content = (base / file).read_bytes()
        except OSError:
            # It was there when it was read; the digest says it is gone rather than leaving it out.
            content = b""
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {file}\n")
    return sha256("".join(lines))


def sha256(text: str) -> str:
    """The digest of a text, as records spell it."""
    # A file's name need not be UTF-8.
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
