"""In which ways charts and overlays are deployed: by the configuration, by convention, by what points at them.

A chart says little until somebody installs it. Value files beside it tell for which environments; an Argo CD
Application, a Flux HelmRelease or Terraform's `helm_release` tell it outright, and then that is what is judged.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from soc2gate.declared.source import Deployment, Root

_BESIDE = re.compile(r"(?:values[-._](?P<after>.+)|(?P<before>.+)[-._]values)\.ya?ml")
_FOLDERS = ("values", "environments", "envs", "env")


def ways(root: Root, base: Path, environments: Mapping[str, Sequence[str]]) -> list[Root]:
    """A chart once for each environment; any other root as it is.

    `environments` is what the configuration says of it: name to value files, relative to the chart. Without it, the
    value files beside the chart tell them (`values-prod.yaml`, `environments/prod.yaml`), and the chart is judged with
    its own values too: nobody said that it is never installed so.
    """
    if root.format != "helm" or root.deployment is not None:
        return [root]
    found = {name: [file] for name, file in by_convention(root.path, base).items()}
    if environments:
        given = {name: [_below(root, file) for file in files] for name, files in environments.items()}
        every = {**found, **given}
        return [_way(root, name, files, every) for name, files in sorted(given.items())]
    itself = replace(root, files=_apart(root, (), found))
    return [itself, *(_way(root, name, files, found) for name, files in sorted(found.items()))]


def _below(root: Root, file: str) -> str:
    return posixpath.normpath(posixpath.join(root.path, file))


def _way(root: Root, name: str, files: Sequence[str], every: Mapping[str, Sequence[str]]) -> Root:
    deployment = Deployment(root.path, values=tuple((file, "") for file in files))
    return replace(root, path=f"{root.path}@{name}", files=_apart(root, files, every), deployment=deployment)


def _apart(root: Root, own: Sequence[str], every: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The chart's files without the values of other environments."""
    others = {file for files in every.values() for file in files}
    return tuple(sorted({*(set(root.files) - others), *own}))


def by_convention(chart: str, base: Path) -> dict[str, str]:
    """Environment to its value file, relative to the base, as the files beside a chart tell."""
    found: dict[str, str] = {}
    for name in _names(base / chart):
        match = _BESIDE.fullmatch(name)
        if match is not None:
            found.setdefault(match["after"] or match["before"], posixpath.normpath(posixpath.join(chart, name)))
    for folder in _FOLDERS:
        for name in _names(base / chart / folder):
            stem, suffix = posixpath.splitext(name)
            if suffix in (".yaml", ".yml"):
                found.setdefault(stem, posixpath.normpath(posixpath.join(chart, folder, name)))
    return found


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.is_file()) if folder.is_dir() else []


def not_pointed_at(roots: Iterable[Root], pointed: Iterable[Root]) -> list[Root]:
    """The charts and overlays among `roots` that nothing else deploys: those are judged as it deploys them."""
    deployed = {root.folder for root in pointed if root.deployment is not None}
    return [root for root in roots if root.folder not in deployed]
