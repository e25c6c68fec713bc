"""What a repository holds, for a first configuration: roots, their value files, accounts, regions, owners.

Hints and no more: everything found here is written where a person reads it and corrects it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from soc2gate.declared.discover import Discovery, discover
from soc2gate.declared.files import list_files, read_text
from soc2gate.declared.kubernetes.deployments import by_convention
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field

_REGION = re.compile(r'\bregion\s*=\s*"([a-z]{2}(?:-[a-z]+)+-\d)"')
_ACCOUNT = re.compile(r'\b(?:allowed_account_ids\s*=\s*\[\s*"|arn:aws[\w-]*:iam::)(\d{12})\b')
_CODEOWNERS = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_ASIDE = frozenset(("example", "examples", "test", "tests", "fixtures", "testdata"))


@dataclass(frozen=True, slots=True)
class SurveyedRoot:
    """One Terraform root as it seems to be meant."""

    path: str
    value_files: tuple[str, ...]
    """Those only a flag would load, relative to the root; the one that looks like production first."""
    account: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    roots: tuple[SurveyedRoot, ...]
    templates: tuple[str, ...]
    manifests: int
    """Files that hold Kubernetes objects."""
    charts: Mapping[str, Mapping[str, str]]
    """Helm charts: folder to environments, each with its value file relative to the chart."""
    overlays: tuple[str, ...]
    """Folders that kustomize builds."""
    aside: tuple[str, ...]
    """Folders whose configuration looks like examples or tests."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Path pattern to owner, as CODEOWNERS has it."""


def survey(base: Path) -> Survey:
    """Look through everything below `base`."""
    found: Discovery = discover((".",), base)
    files = list_files(".", base).files
    roots = [root for root in found.roots if root.format == "terraform"]
    taken = {root.path for root in roots}
    return Survey(
        roots=tuple(_root(root.path, root.files, files, taken, base) for root in roots),
        templates=tuple(root.path for root in found.roots if root.format == "cloudformation"),
        manifests=sum(len(root.files) for root in found.roots if root.format == "kubernetes"),
        charts={root.path: _environments(root.path, base) for root in found.roots if root.format == "helm"},
        overlays=tuple(root.path for root in found.roots if root.format == "kustomize"),
        aside=tuple(sorted({folder for root in found.roots if (folder := _aside(root.path))})),
        owners=_owners(base),
    )


def _root(path: str, own: Sequence[str], files: Sequence[str], roots: set[str], base: Path) -> SurveyedRoot:
    text = "".join(_text(file, base) for file in own)
    accounts = sorted(set(_ACCOUNT.findall(text)))
    return SurveyedRoot(
        path,
        _value_files(path, files, roots),
        accounts[0] if len(accounts) == 1 else "",
        tuple(sorted(set(_REGION.findall(text)))),
    )


def _environments(chart: str, base: Path) -> dict[str, str]:
    return {name: posixpath.relpath(file, chart) for name, file in sorted(by_convention(chart, base).items())}


def _value_files(root: str, files: Sequence[str], roots: set[str]) -> tuple[str, ...]:
    found = []
    for file in files:
        name = posixpath.basename(file)
        if not name.endswith((".tfvars", ".tfvars.json")) or ".auto.tfvars" in name:
            continue
        if name.startswith("terraform.tfvars") or _owner(posixpath.dirname(file) or ".", roots) != root:
            continue
        found.append(posixpath.relpath(file, root))
    return tuple(sorted(found, key=lambda name: ("prod" not in name, name)))


def _owner(folder: str, roots: set[str]) -> str | None:
    while folder not in roots:
        if folder == ".":
            return None
        folder = posixpath.dirname(folder) or "."
    return folder


def _aside(path: str) -> str:
    """The folder of examples or tests that a root stands in."""
    parts = path.split("/")
    at = next((index for index, part in enumerate(parts) if part in _ASIDE), None)
    return "" if at is None else "/".join(parts[: at + 1])


def _owners(base: Path) -> dict[str, str]:
    file = next((name for name in _CODEOWNERS if (base / name).is_file()), None)
    owners = {}
    for line in _text(file, base).splitlines() if file else ():
        words = line.partition("#")[0].split()
        if len(words) >= 2 and not words[0].startswith("["):
            owners[words[0]] = words[1]
    return owners


def _text(file: str, base: Path) -> str:
    try:
        return read_text(file, base, Limits())
    except InputError:
        return ""  # a scan will say what is wrong with it
