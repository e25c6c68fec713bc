"""From changed files to everything they can decide: the roots to judge, and which findings touch the change.

pre-commit passes the files of a commit and nothing else. A file judged without its siblings answers for nothing, so
every root that a changed file takes part in is judged whole: the module's folder, every root that calls it, the root
whose values a tfvars file sets, the manifests that a kustomization names. Only what touches the change is then told.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from soc2gate.declared.discover import Discovery, reached_folders
from soc2gate.declared.files import TERRAFORM_SUFFIXES, read_bytes, read_text
from soc2gate.declared.options import Limits
from soc2gate.declared.source import Root
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Problem, Span, Weight

_VALUES = (".tfvars", ".tfvars.json")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_KUSTOMIZE_FIELDS = ("resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "crds")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A root that changed files may take part in."""

    root: Root
    certain: bool
    """Else it only may read one of them: after reading it is known."""
    values: tuple[str, ...] = ()
    """Changed tfvars files beside this root that nothing names; relative to the base."""


@dataclass(frozen=True, slots=True)
class Widened:
    """What a change calls for."""

    files: tuple[str, ...]
    """The changed files, relative to the base, sorted."""
    candidates: tuple[Candidate, ...]
    problems: tuple[Problem, ...]
    """Of finding the roots, those about changed files."""
    kustomized: frozenset[str] = field(default_factory=frozenset)
    """Files that a changed kustomization names: they change with it."""

    def unchanged(self, files: Iterable[str]) -> bool:
        """Whether none of these files is among the changed."""
        return not {*self.files, *self.kustomized}.intersection(files)

    def is_about(self, problem: Problem) -> bool:
        return _about(problem, self.files)


def widen(
    found: Discovery,
    changed: Iterable[str],
    base: Path,
    var_files: Mapping[str, Sequence[str]],
    limits: Limits | None = None,
) -> Widened:
    """The roots among `found` that the changed files take part in.

    `var_files` holds, by root, the value files that configuration and flags name, relative to the base.
    """
    limits = limits or Limits()
    files = sorted({posixpath.normpath(path) for path in changed})
    kustomized = frozenset(_kustomized(files, base, limits))
    unnamed, unowned = _unnamed_values(files, found.roots, var_files)
    candidates = []
    for root in found.roots:
        if root.format == "terraform":
            candidate = _terraform(root, files, base, var_files.get(root.path, ()), unnamed.get(root.path, ()), limits)
        else:
            candidate = _other(root, {*files, *kustomized}, var_files.get(root.path, ()), found.pointing)
        if candidate is not None:
            candidates.append(candidate)
    problems = [problem for problem in found.problems if _about(problem, files)]
    problems += [
        Problem(
            Weight.GAP,
            "discover",
            "no root is known to load these values: nothing was judged with them",
            Span(file, 1),
            "name the file in soc2gate.yaml: roots: [{path: …, var_files: […]}]",
        )
        for file in unowned
    ]
    return Widened(tuple(files), tuple(candidates), tuple(problems), kustomized)


def _other(root: Root, files: set[str], named: Sequence[str], pointing: frozenset[str]) -> Candidate | None:
    if not files.isdisjoint((*root.files, *named)):
        return Candidate(root, True)
    # What it says is deployed may be what changed.
    return Candidate(root, False) if not pointing.isdisjoint(root.files) else None


def _terraform(
    root: Root, files: Sequence[str], base: Path, named: Sequence[str], unnamed: Sequence[str], limits: Limits
) -> Candidate | None:
    folders = reached_folders(root, base, limits)
    for file in files:
        folder = posixpath.dirname(file) or "."
        ours = folder in folders and file.endswith(TERRAFORM_SUFFIXES)
        if ours or file in named or (folder == root.path and file.endswith(_VALUES)):
            return Candidate(root, True, tuple(unnamed))
    if unnamed:
        return Candidate(root, True, tuple(unnamed))
    others = [file for file in files if not file.endswith((*TERRAFORM_SUFFIXES, *_VALUES))]
    if others and any(_reads_files(folder, base, limits) for folder in sorted(folders)):
        return Candidate(root, False)
    return None


def _reads_files(folder: str, base: Path, limits: Limits) -> bool:
    from soc2gate.declared.terraform.dependence import READS_FILES

    for entry in sorted((base / folder).iterdir()):
        if entry.name.endswith(TERRAFORM_SUFFIXES):
            try:
                content = read_bytes(entry.relative_to(base).as_posix(), base, limits)
            except InputError:
                continue  # the reader will meet it, and report it
            if b"helm_release" in content or READS_FILES.search(content.decode("utf-8", "replace")):
                return True
    return False


def _unnamed_values(
    files: Sequence[str], roots: Iterable[Root], var_files: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[str]], list[str]]:
    """Changed tfvars files that neither Terraform nor the configuration loads, by the root they must be meant for.

    The second answer is those that no root stands out for.
    `prod.tfvars` and `envs/prod.tfvars` are given with `-var-file`: they belong to the nearest root above them.
    """
    terraform = {root.path for root in roots if root.format == "terraform"}
    named = {path for paths in var_files.values() for path in paths}
    owned: dict[str, list[str]] = {}
    unowned: list[str] = []
    for file in files:
        name = posixpath.basename(file)
        automatic = name in ("terraform.tfvars", "terraform.tfvars.json") or name.endswith(
            (".auto.tfvars", ".auto.tfvars.json")
        )
        if not file.endswith(_VALUES) or file in named:
            continue
        folder = posixpath.dirname(file) or "."
        if automatic and folder in terraform:
            continue
        owner = _nearest(folder, terraform)
        if owner is None:
            unowned.append(file)
        else:
            owned.setdefault(owner, []).append(file)
    return owned, unowned


def _nearest(folder: str, roots: Iterable[str]) -> str | None:
    roots = set(roots)
    while folder not in roots:
        if folder == ".":
            # Values kept apart from the code (`vars/prod.tfvars` beside `infra/`): certain where there is one root.
            return next(iter(roots)) if len(roots) == 1 else None
        folder = posixpath.dirname(folder) or "."
    return folder


def _kustomized(files: Iterable[str], base: Path, limits: Limits) -> set[str]:
    """Everything that changed kustomizations name, and what those name in turn."""
    found: set[str] = set()
    waiting = [file for file in files if posixpath.basename(file) in _KUSTOMIZATIONS]
    done: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file in done:
            continue
        done.add(file)
        folder = posixpath.dirname(file)
        for name in _named_by(file, base, limits):
            path = posixpath.normpath(posixpath.join(folder, name))
            if path.startswith("../"):
                continue
            if (base / path).is_dir():
                waiting += [posixpath.join(path, inner) for inner in _KUSTOMIZATIONS if (base / path / inner).is_file()]
            else:
                found.add(path)
    return found


def _named_by(file: str, base: Path, limits: Limits) -> list[str]:
    # Imported here: few changes are about a kustomization, and the hook waits for every import.
    from soc2gate.yaml_lines import load_all

    try:
        documents = load_all(read_text(file, base, limits), file)
    except InputError:
        return []  # gone with the change, or broken and reported where roots are found
    names = []
    for document in documents:
        for key in _KUSTOMIZE_FIELDS if isinstance(document.data, dict) else ():
            assert isinstance(document.data, dict)
            entries = document.data.get(key)
            for entry in entries if isinstance(entries, list) else ():
                name = entry.get("path") if isinstance(entry, dict) else entry
                if isinstance(name, str) and "\n" not in name:
                    names.append(name)
    return names


def _about(problem: Problem, files: Iterable[str]) -> bool:
    """Whether a problem of finding the roots is about a changed file."""
    if not isinstance(problem.where, Span):
        return True
    return problem.where.path in files
