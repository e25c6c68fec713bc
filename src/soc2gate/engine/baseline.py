"""A baseline: the findings there were when soc2gate came, so that the gate closes on new ones from the first day.

It names resource and rule and no lines, so that it survives edits; what it names and nobody finds any more is told, so
that it only ever gets shorter. Nobody approved what stands in it: that is what a waiver is for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from soc2gate.errors import ConfigError
from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import BaselineUse, Finding, Verdict
from soc2gate.model.resource import Side
from soc2gate.model.value import Json

SCHEMA = "soc2gate.baseline/1"
_OPEN = (Verdict.FAIL, Verdict.UNKNOWN)
_KEYS = ("address", "root", "rule", "verdict")

Key: TypeAlias = tuple[str, str, str]
"""Root, address, rule."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings a team knows of."""

    path: str
    """As reports call it."""
    entries: Mapping[Key, Verdict]


def read(file: Path, shown: str) -> Baseline:
    """A baseline file; raises `ConfigError` for one that is none."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=shown) from None
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise ConfigError(f"is no JSON: {error}", path=shown, line=line, hint="soc2gate baseline writes one") from None
    listed = data.get("findings") if isinstance(data, dict) and data.get("schema") == SCHEMA else None
    if not isinstance(listed, list):
        raise ConfigError(f"expected a baseline, `{SCHEMA}`", path=shown, hint="soc2gate baseline writes one")
    entries: dict[Key, Verdict] = {}
    for number, entry in enumerate(listed):
        if not isinstance(entry, dict) or sorted(entry) != list(_KEYS) or entry["verdict"] not in ("fail", "unknown"):
            raise ConfigError(f"findings[{number}] needs {', '.join(_KEYS)}, and nothing else", path=shown)
        entries[str(entry["root"]), str(entry["address"]), str(entry["rule"])] = Verdict(entry["verdict"])
    return Baseline(shown, entries)


def render(findings: Iterable[Finding]) -> str:
    """The baseline of what fails or is undecided and nobody waived, sorted, so that it changes only where they do."""
    keys = {_key(item): item.verdict for item in findings if item.verdict in _OPEN and item.waiver is None}
    listed: list[Json] = [
        {"root": root, "address": address, "rule": rule, "verdict": verdict.value}
        for (root, address, rule), verdict in sorted(keys.items(), key=lambda item: item[0])
    ]
    return json.dumps({"schema": SCHEMA, "findings": listed}, indent=2, ensure_ascii=False) + "\n"


def apply(
    findings: Iterable[Finding], baseline: Baseline, *, roots: Iterable[str], everything: bool
) -> tuple[list[Finding], BaselineUse]:
    """Findings that say whether they are new, and what became of the entries.

    Findings about live state are none of its business.

    An entry is gone only where somebody looked: in one of the `roots` that were judged, or when `everything` was.
    """
    marked: list[Finding] = []
    met: set[Key] = set()
    known = 0
    for item in findings:
        # What runs is no inheritance of the code: it is mended or waived, and a baseline is written of code alone.
        if item.verdict not in _OPEN or item.side is Side.LIVE:
            marked.append(item)
            continue
        key = _key(item)
        held = baseline.entries.get(key)
        met.add(key)
        # What was undecided when the baseline was written and fails now is new.
        old = held is Verdict.FAIL or (held is Verdict.UNKNOWN and item.verdict is Verdict.UNKNOWN)
        known += old
        marked.append(replace(item, new=item.new is not False and not old))
    looked = set(roots)
    gone = sorted(key for key in baseline.entries if key not in met and (everything or key[0] in looked))
    return marked, BaselineUse(baseline.path, known, tuple((rule, address) for _, address, rule in gone))


def _key(finding: Finding) -> Key:
    # Which manifests are read together depends on the folders a person names; an object's name does not.
    root = "" if finding.kind.startswith("Kubernetes::") else finding.root
    return root, finding.address, finding.rule
