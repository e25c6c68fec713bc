"""From paths a person named to roots: the files that are evaluated together, told apart by format.

Nothing is judged here. What cannot be looked at (a broken file, a link that leaves the scanned folder) is a problem, so
that it reaches the report; what is not ours is counted and left alone.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path

from soc2gate.declared.files import (
    DATA_SUFFIXES,
    TERRAFORM_SUFFIXES,
    as_problem,
    list_files,
    read_bytes,
)
from soc2gate.declared.formats import Sniffed, is_plan, sniff
from soc2gate.declared.options import Limits
from soc2gate.declared.source import Root
from soc2gate.errors import InputError, RefusedError, UsageError
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Problem, Span, Weight
from soc2gate.patterns import regex


@dataclass(frozen=True, slots=True)
class Discovery:
    """What there is to read."""

    roots: tuple[Root, ...]
    """Sorted by format and path."""
    problems: tuple[Problem, ...]
    files_seen: tuple[str, ...]
    """Every file that was looked at, relative to the base."""
    looked: str
    """For people, when nothing was found: where, and at how many files."""
    pointing: frozenset[str] = frozenset()
    """Manifests that say what else is deployed: of Argo CD and Flux."""


@dataclass(slots=True)
class _Found:
    """What the walk gathers."""

    terraform: dict[str, list[str]] = field(default_factory=dict)
    """Folder to its files."""
    plans: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    manifests: dict[str, list[str]] = field(default_factory=dict)
    """Root folder to its files."""
    kustomizations: list[str] = field(default_factory=list)
    charts: dict[str, list[str]] = field(default_factory=dict)
    """Chart folder to its files."""
    problems: list[Problem] = field(default_factory=list)
    pointing: set[str] = field(default_factory=set)
    others: int = 0
    """YAML and JSON files that are not ours."""


def discover(
    paths: Sequence[str],
    base: Path,
    *,
    ignore: Sequence[str] = (),
    explicit_roots: Sequence[str] = (),
    limits: Limits | None = None,
) -> Discovery:
    """Find the roots below `paths`, which are relative to `base` or absolute inside it.

    A Terraform folder that others only call as a module is a root when it is one of `paths` or `explicit_roots`
    itself. Manifests below an explicit root belong to it, all others to the path they were found under; every template
    is a root. A `.tf` file stands for its folder. A plan is read where it is named, never where it merely lies about:
    it tells of the same resources as the code beside it. Raises `UsageError` for a path that does not exist or lies
    outside the base.
    """
    limits = limits or Limits()
    named = [_relative(path, base) for path in dict.fromkeys(paths or (".",))]
    explicit = {posixpath.normpath(path) for path in explicit_roots}
    found = _Found()
    seen: dict[str, str] = {}
    for path in sorted(named, key=lambda name: (name.count("/"), name)):
        if (base / path).is_dir():
            listing = list_files(path, base, ignore)
            found.problems += [problem for problem in listing.problems if problem not in found.problems]
            files: Iterable[str] = listing.files
            explicit.add(path)
            group = path
        else:
            group = posixpath.dirname(path) or "."
            files = [path]
            if not path.endswith(TERRAFORM_SUFFIXES) and _is_plan(path, base):
                found.plans.append(path)
                continue
            if path.endswith(TERRAFORM_SUFFIXES):
                files = _siblings(group, base)
                explicit.add(group)
        for file in files:
            seen.setdefault(file, group)
    for file in sorted(seen):
        _sort_in(file, seen[file], found, base, limits, explicit)
    for chart in found.charts:
        found.charts[chart] = [file for file in seen if chart == "." or file.startswith(f"{chart}/")]
    overlays, taken = _overlay_roots(found, base, limits)
    roots = [
        *_terraform_roots(found.terraform, explicit, base, limits),
        *(Root("terraform-plan", path, (path,)) for path in found.plans),
        *(Root("cloudformation", path, (path,)) for path in found.templates),
        *_manifest_roots(found.manifests, taken),
        *overlays,
        *_chart_roots(found.charts, base, limits),
    ]
    return Discovery(
        roots=tuple(sorted(roots, key=lambda root: (root.format, root.path))),
        problems=tuple(found.problems),
        files_seen=tuple(sorted({*seen, *found.plans})),
        looked=_looked(named, seen, found),
        pointing=frozenset(found.pointing),
    )


def _relative(path: str, base: Path) -> str:
    full = Path(os.path.abspath(base / path))
    if not full.exists():
        raise UsageError(f"there is no file or folder `{path}`", hint=f"paths are relative to {base}")
    if not full.resolve().is_relative_to(base.resolve()):
        raise UsageError(f"`{path}` lies outside {base}", hint="scan from a folder that holds everything to be read")
    try:
        return full.relative_to(os.path.abspath(base)).as_posix()
    except ValueError:
        return full.resolve().relative_to(base.resolve()).as_posix()


def _siblings(folder: str, base: Path) -> list[str]:
    names = sorted(entry.name for entry in os.scandir(base / folder) if entry.is_file())
    return [posixpath.normpath(posixpath.join(folder, name)) for name in names if name.endswith(TERRAFORM_SUFFIXES)]


def _is_plan(path: str, base: Path) -> bool:
    try:
        with open(base / path, "rb") as stream:
            return is_plan(stream.read(65_536))
    except OSError:
        return False  # whoever reads it next says why


def _sort_in(file: str, group: str, found: _Found, base: Path, limits: Limits, explicit: set[str]) -> None:
    if file.endswith(TERRAFORM_SUFFIXES):
        found.terraform.setdefault(posixpath.dirname(file) or ".", []).append(file)
        return
    if not file.endswith(DATA_SUFFIXES) and posixpath.basename(file) != "Kustomization":
        return
    chart = chart_of(file, base)
    if chart is not None:
        found.charts.setdefault(chart, [])
        return
    sniffed = _sniff_file(file, base, limits, found)
    if sniffed is None:
        return
    if sniffed.error is not None:
        found.problems.append(_unreadable(sniffed, sniffed.error))
    elif sniffed.format == "cloudformation":
        found.templates.append(file)
    elif sniffed.format == "kubernetes":
        found.manifests.setdefault(_manifest_root(file, group, explicit), []).append(file)
    elif sniffed.format == "kustomization":
        found.kustomizations.append(file)
    else:
        found.others += 1


def _sniff_file(file: str, base: Path, limits: Limits, found: _Found) -> Sniffed | None:
    try:
        content = read_bytes(file, base, limits)
        if b"argoproj.io/" in content or b".toolkit.fluxcd.io/" in content:
            found.pointing.add(file)
        return sniff(content, file)
    except RefusedError as error:
        # Too big to be read whole: only its beginning says whether that matters.
        with open(base / file, "rb") as stream:
            start = stream.read(65_536)
        if start.lstrip(b"{ \r\n").startswith(b'"schema": "soc2gate.'):
            # What an earlier run left here, by `--output` or as the action's evidence.
            found.others += 1
        elif b"AWSTemplateFormatVersion" in start or b"AWS::" in start or (b"apiVersion" in start and b"kind" in start):
            found.problems.append(as_problem(error, "discover"))
    except InputError as error:
        found.problems.append(as_problem(error, "discover"))
    return None


def _unreadable(sniffed: Sniffed, error: InputError) -> Problem:
    if not sniffed.template:
        return as_problem(error, "discover")
    where = Span(error.path or "", error.line or 1, error.column or 1)
    message = "was not read: another tool fills in its `{{ … }}` or `{% … %}` first"
    return Problem(Weight.GAP, "discover", message, where, "render it and scan the result")


def chart_of(file: str, base: Path) -> str | None:
    """The Helm chart that this file is a part of as helm reads it: not every file beside a chart is."""
    parts = file.split("/")
    if parts[-1] == "Chart.yaml":
        folder = "/".join(parts[:-1]) or "."
        return _outermost(folder, base)
    for index, part in enumerate(parts[:-1]):
        if part in ("templates", "crds", "charts"):
            chart = "/".join(parts[:index]) or "."
            if (base / chart / "Chart.yaml").is_file():
                return _outermost(chart, base)
    return None


def _outermost(chart: str, base: Path) -> str:
    """The chart that this one is unpacked in as a dependency, else itself."""
    folder, name = posixpath.split(chart)
    above, charts = posixpath.split(folder)
    if name and charts == "charts" and (base / (above or ".") / "Chart.yaml").is_file():
        return _outermost(above or ".", base)
    return chart


def _chart_roots(charts: dict[str, list[str]], base: Path, limits: Limits) -> list[Root]:
    """Every chart but those that another one here depends on: they are judged as a part of it."""
    calls = {}
    for chart in charts:
        calls[chart] = _local_modules(chart, [_chart_file(chart)], base, limits, charts=True) & charts.keys()
    called = {target for chart, targets in calls.items() for target in targets - {chart}}
    roots = []
    for chart in charts:
        if chart not in called:
            files = {file for part in _reach({chart}, calls) for file in charts[part]}
            roots.append(Root("helm", chart, tuple(sorted(files))))
    return roots


def _chart_file(chart: str) -> str:
    return posixpath.normpath(posixpath.join(chart, "Chart.yaml"))


def _overlay_roots(found: _Found, base: Path, limits: Limits) -> tuple[list[Root], set[str]]:
    """The kustomizations by which what is deployed differs from the manifests as they stand, and the files that are
    theirs and no manifests of their own.

    One that only lists manifests needs nobody to build it.
    """
    if not found.kustomizations:
        return [], set()
    # Imported here: a folder of Terraform needs no YAML.
    from soc2gate.declared.kubernetes.kustomize import overlays

    roots = []
    graphs, taken = overlays(found.kustomizations, base, limits)
    for graph in graphs:
        if graph.changes or graph.elsewhere or graph.missing:
            roots.append(Root("kustomize", graph.folder, tuple(sorted(graph.files))))
            taken |= graph.files
        else:
            found.problems += [problem for problem in graph.problems if problem not in found.problems]
    return roots, taken


def _manifest_root(file: str, group: str, explicit: set[str]) -> str:
    """The innermost explicit root around the file, else the path it was found under."""
    folder = posixpath.dirname(file)
    while folder:
        if folder in explicit:
            return folder
        folder = posixpath.dirname(folder)
    return group


def _manifest_roots(manifests: dict[str, list[str]], taken: set[str]) -> list[Root]:
    kept = {root: tuple(sorted(set(files) - taken)) for root, files in manifests.items()}
    return [Root("kubernetes", root, files) for root, files in kept.items() if files]


_BESIDE = regex(r"""\brepository["']?\s*:\s*["']?file://([^"'\s]+)""")
"""A chart's dependency on another folder."""
_LOCAL_SOURCE = regex(r"""\bsource["']?\s*[=:]\s*["'](\.\.?(?:/[^"']*)?)["']""")


def _terraform_roots(folders: dict[str, list[str]], explicit: set[str], base: Path, limits: Limits) -> list[Root]:
    calls = {folder: _local_modules(folder, files, base, limits) & folders.keys() for folder, files in folders.items()}
    called = {target for folder, targets in calls.items() for target in targets - {folder}}
    roots = {folder for folder in folders if folder not in called or folder in explicit}
    reached = _reach(roots, calls)
    # Folders that call each other in a circle and nobody else: the first of them stands for the rest, never none.
    for folder in sorted(folders):
        if folder not in reached:
            roots.add(folder)
            reached |= _reach({folder}, calls)
    return [Root("terraform", folder, tuple(sorted(folders[folder]))) for folder in roots]


def reached_folders(root: Root, base: Path, limits: Limits | None = None) -> frozenset[str]:
    """The folders of a Terraform root: its own, and those it calls as local modules, directly or through others."""
    limits = limits or Limits()
    reached: set[str] = set()
    waiting = {root.path}
    while waiting:
        folder = waiting.pop()
        if folder not in reached and (base / folder).is_dir():
            reached.add(folder)
            waiting |= {
                target
                for target in _local_modules(folder, _siblings(folder, base), base, limits)
                # A module outside the base is refused by the reader.
                if target != ".." and not target.startswith("../")
            }
    return frozenset(reached)


def _reach(start: set[str], calls: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        folder = waiting.pop()
        if folder not in reached:
            reached.add(folder)
            waiting += calls[folder]
    return reached


def _local_modules(folder: str, files: list[str], base: Path, limits: Limits, *, charts: bool = False) -> set[str]:
    """Folders that look like they are called as modules. The reader will know; this only chooses where it begins."""
    targets = set()
    for file in files:
        try:
            content = read_bytes(file, base, limits)
        except InputError:
            continue  # the reader will meet it again, and report it
        if not charts and b"source" not in content:
            continue
        for source in (_BESIDE if charts else _LOCAL_SOURCE).findall(content.decode("utf-8", "replace")):
            targets.add(posixpath.normpath(posixpath.join(folder, source)))
    return targets


def _looked(named: list[str], seen: dict[str, str], found: _Found) -> str:
    count = f"{len(seen)} file{'s' if len(seen) != 1 else ''}"
    others = f", {found.others} of them YAML or JSON that is neither a template nor a manifest" if found.others else ""
    return f"{count} under {', '.join(named)}{others}"
