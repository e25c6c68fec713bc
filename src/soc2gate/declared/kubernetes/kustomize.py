"""What a kustomization.yaml says that we need to know without running kustomize: which files are patches.

A patch looks like a manifest and is none: it holds a part of an object that stands elsewhere. Judged on its own it
would fail, or pass, for nothing.
"""

from __future__ import annotations

import posixpath

from soc2gate.facts import dataclass
from soc2gate.yaml_lines import YamlValue

_CHANGES = (
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "components",
    "configMapGenerator",
    "secretGenerator",
    "generators",
    "transformers",
    "helmCharts",
    "images",
    "replacements",
    "replicas",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "vars",
)


@dataclass(frozen=True, slots=True)
class Kustomization:
    patches: tuple[str, ...]
    """Files that are patches, relative to the base."""
    changes: tuple[str, ...]
    """Fields by which what is deployed differs from the manifests as they stand."""


def read_kustomization(data: YamlValue, path: str) -> Kustomization:
    """`data` is the document of the kustomization at `path` (relative to the base)."""
    if not isinstance(data, dict):
        return Kustomization((), ())
    folder = posixpath.dirname(path)
    found: list[str] = []
    for field in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        entries = data.get(field)
        for entry in entries if isinstance(entries, list) else ():
            name = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(name, str) and "\n" not in name:
                found.append(posixpath.normpath(posixpath.join(folder, name)))
    return Kustomization(tuple(found), tuple(field for field in _CHANGES if data.get(field)))
