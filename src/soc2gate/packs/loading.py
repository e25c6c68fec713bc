"""Packs → `RuleSet`: ours, then the user's, and one error that lists all that is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from soc2gate.model.rule import RuleSet
from soc2gate.packs import index


def builtin() -> str:
    """The directory that holds our `rules/` and `mappings/`: inside the package in a wheel, else the checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "_data")
    return inside if os.path.isdir(inside) else os.path.dirname(os.path.dirname(package))


def load(extra: Sequence[Path] = ()) -> RuleSet:
    """Our rules, controls and criteria, and those of the user's packs.

    Each of `extra` is a directory with `rules/` or `mappings/` in it, or one that holds rule folders itself. Raises
    one `ConfigError` that lists every mistake. Expressions of ours are not compiled here (a test does that), those of
    the user's packs are, so that a misspelt property is told before anything is scanned.
    """
    base = builtin()
    ours = index.read(base, trusted=os.path.basename(base) == "_data")
    if ours is not None and not extra:
        return ours
    # Imported here: with an index and no packs, a scan reads no YAML of ours.
    from soc2gate.packs import reading

    return reading.extended(ours or reading.read_builtin(base), extra)


def rules_folder(pack: Path) -> str:
    """Where a pack's rule folders stand: in its `rules/`, or in itself."""
    return str(pack / "rules" if (pack / "rules").is_dir() else pack)
