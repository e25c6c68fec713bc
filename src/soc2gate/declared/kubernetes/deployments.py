"""In which ways charts and overlays are deployed: by the configuration, by convention, by what points at them.

A chart says little until somebody installs it. Value files beside it tell for which environments; an Argo CD
Application, a Flux HelmRelease or Terraform's `helm_release` tell it outright, and then that is what is judged.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from soc2gate.declared.source import Deployment, Root
from soc2gate.facts import replace

_BESIDE = re.compile(r"(?:values[-._](?P<after>.+)|(?P<before>.+)[-._]values)\.ya?ml")
_FOLDERS = ("values", "environments", "envs", "env")


def ways(root: Root, base: Path, own: Sequence[str], others: Sequence[str], wanted: Sequence[str]) -> list[Root]:
    """A chart once for each environment; any other root as it is.

    What the configuration says of a chart has made a root for each environment already: `own` are the value files it
    names for this one, `others` all that it names. Where it says nothing, the value files beside the chart tell the
    environments (`values-prod.yaml`, `environments/prod.yaml`), less those not `wanted`, and the chart is judged with
    its own values too: nobody said that it is never installed so.
    """
    if root.format != "helm" or root.deployment is not None:
        return [root]
    beside = by_convention(root.path, base)
    foreign = {*others, *beside.values()}
    if root.environment or own:
        return [replace(root, files=_apart(root, own, foreign))]
    found = [
        replace(
            root,
            files=_apart(root, [file], foreign),
            environment=name,
            deployment=Deployment(root.path, values=((file, ""),)),
        )
        for name, file in sorted(beside.items())
        if not wanted or name in wanted
    ]
    itself = replace(root, files=_apart(root, (), foreign))
    return found if wanted else [itself, *found]


def _apart(root: Root, own: Sequence[str], every: Iterable[str]) -> tuple[str, ...]:
    """The chart's files without the values of other environments."""
    return tuple(sorted({*(set(root.files) - set(every)), *own}))


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
