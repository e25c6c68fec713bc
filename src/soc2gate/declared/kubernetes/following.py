"""Reading charts and overlays in every way they are deployed, and what they in turn point at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from soc2gate.declared import git
from soc2gate.declared.discover import discover
from soc2gate.declared.kubernetes.deployments import not_pointed_at
from soc2gate.declared.kubernetes.pointers import Pointed, follow
from soc2gate.declared.source import Deployment, Root
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.resource import Problem, Reading, Span, Weight

_DEEPEST = 8
"""Applications that deploy Applications that deploy Applications."""


@dataclass(slots=True)
class Followed:
    """Everything that is deployed from this repository as far as it says so itself."""

    read: list[tuple[Root, Reading]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def followed(
    first: Sequence[tuple[Root, Reading]],
    built: Sequence[Root],
    base: Path,
    *,
    read: Callable[[Root], Reading],
    ways_of: Callable[[Root], list[Root]],
    repository: Path | None = None,
    ignore: Sequence[str] = (),
) -> Followed:
    """What was read first with all that it leads to, and the charts and overlays that nothing points at.

    `repository` is where git is asked whose a URL is, when `base` is a copy.
    """
    found = Followed(list(first))
    ours = Remotes(repository or base)
    seen: dict[str, list[Deployment | None]] = {root.name: [root.deployment] for root, _ in first}
    newest: Sequence[tuple[Root, Reading]] = first
    alone = [way for root in built for way in ways_of(root)]
    for _ in range(_DEEPEST):
        pointed = follow([reading for _, reading in newest], base, ours.has)
        led = [*pointed.roots, *_folders(pointed, found, base, ignore)]
        refilled = _refilled(led, newest)
        found.problems += [problem for problem in pointed.problems if not refilled(problem.where)]
        wanted = _not_read([root for root in led if not refilled(_told_by(root))], seen)
        if not wanted and alone:
            # What nothing pointed at so far is deployed as it stands, and may point on.
            wanted = _not_read(not_pointed_at(alone, [root for root, _ in found.read]), seen)
            alone = []
        if not wanted:
            break
        newest = [(root, read(root)) for root in wanted]
        found.read += newest
    else:
        message = f"what is deployed points at more than {_DEEPEST} others in a row; the rest was not looked at"
        found.problems.append(Problem(Weight.GAP, "deployments", message, None))
    found.read = _once(found.read)
    return found


def _not_read(roots: Iterable[Root], seen: dict[str, list[Deployment | None]]) -> list[Root]:
    """Those that were not read yet, each by a name of its own: two that are called alike may deploy differently."""
    out = []
    for root in roots:
        deployment = root.deployment and replace(root.deployment, told_by=None)
        before = seen.setdefault(root.name, [])
        if deployment not in before:
            before.append(deployment)
            out.append(root if len(before) == 1 else replace(root, path=f"{root.path}#{len(before)}"))
    return out


def _told_by(root: Root) -> Span | None:
    return root.deployment.told_by if root.deployment is not None else None


def _refilled(led: Sequence[Root], newest: Sequence[tuple[Root, Reading]]) -> Callable[[object], bool]:
    """Whether what points on from a place is about to be read again, with something filled in that is missing now."""
    filled_before = {file for root, _ in newest if _fills(root) for file in root.files}
    filling = [root for root in led if _fills(root)]
    # One that is filled in by itself has to stay, or nobody would fill it in.
    own = {where.path for root in filling if (where := _told_by(root)) is not None and where.path in root.files}
    again = {file for root in filling for file in root.files} - filled_before - own
    return lambda where: isinstance(where, Span) and where.path in again


def _fills(root: Root) -> bool:
    return root.format == "kubernetes" and root.deployment is not None and root.deployment.substitution is not None


def _folders(pointed: Pointed, found: Followed, base: Path, ignore: Sequence[str]) -> list[Root]:
    """Plain manifests that somebody deploys and that were not among what was to be scanned."""
    known = {file for _, reading in found.read for file in reading.files}
    roots = []
    for folder in dict.fromkeys(pointed.folders):
        there = discover((folder,), base, ignore=ignore)
        for root in there.roots:
            # Manifests that were read already are judged already, whoever deploys them.
            files = tuple(file for file in root.files if file not in known)
            if root.format == "kubernetes" and files:
                roots.append(replace(root, files=files))
            elif root.format in ("helm", "kustomize"):
                roots.append(root)
        found.problems += [problem for problem in there.problems if problem not in found.problems]
    for name, deployment in pointed.filled:
        there = discover((deployment.folder,), base, ignore=ignore)
        # Charts and overlays below it are built by others, and nothing is filled into them here.
        roots += [
            replace(root, path=name, deployment=deployment) if root.format == "kubernetes" else root
            for root in there.roots
        ]
    return roots


def _once(read: Sequence[tuple[Root, Reading]]) -> list[tuple[Root, Reading]]:
    """Without what was judged as it stands before something was found to deploy it."""
    rendered = [
        root for root, reading in read if root.deployment is not None and root.deployment.told_by and reading.resources
    ]
    deployed = {root.folder for root in rendered}
    filled = {file for root in rendered if root.format == "kubernetes" for file in root.files}
    if filled:
        read = [(root, reading if root.deployment else _without(reading, filled)) for root, reading in read]
    kept = {root.name for root in rendered}
    # A chart that only another one's pointer made known stays, whatever points at it.
    return [
        (root, reading)
        for root, reading in read
        if root.format not in ("helm", "kustomize") or root.folder not in deployed or root.name in kept
    ]


def _without(reading: Reading, files: set[str]) -> Reading:
    """What was read of other files: what stands in these is judged as it is filled in."""
    if reading.format != "kubernetes" or files.isdisjoint(reading.files):
        return reading
    return replace(reading, resources=tuple(raw for raw in reading.resources if raw.where.path not in files))


class Remotes:
    """Whose a repository's URL is."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._known: set[str] | None = None

    def has(self, url: str) -> bool:
        """Whether this is one of the names of this repository; where git tells none, any may be."""
        if self._known is None:
            told = git.git(self._repository, "config", "--get-regexp", r"^remote\..*\.(url|pushurl)$") or b""
            lines = told.decode("utf-8", "replace").splitlines()
            self._known = {_plain(line.partition(" ")[2]) for line in lines}
        return not self._known or _plain(url) in self._known


def _plain(url: str) -> str:
    """`git@host:owner/name.git` and `https://user@host/owner/name` as `host/owner/name`."""
    url = url.strip().lower().rstrip("/").removesuffix(".git")
    scheme, separator, rest = url.partition("://")
    if not separator:
        host, _, path = scheme.rpartition("@")[2].partition(":")
        return f"{host}/{path}" if path else url
    host, _, path = rest.partition("/")
    return f"{host.rpartition('@')[2].partition(':')[0]}/{path}"
