"""Reading the code: from the paths of a request to every declared resource in the normal form.

Files → roots (once for each environment) → readings → resources, with whatever could not be read beside them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from soc2gate import kinds, plugins
from soc2gate.config import RootConfig
from soc2gate.declared.discover import Discovery, discover
from soc2gate.declared.environments import evaluations, problems_of, told_apart
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Reader, Root
from soc2gate.declared.written_waivers import Written, built_waivers
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.resource import (
    Problem,
    RawResource,
    Reading,
    Resource,
    StateObject,
    Weight,
    evaluation,
    root_of,
)
from soc2gate.request import Request


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything the code says."""

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    roots: tuple[Root, ...]
    files: tuple[str, ...]
    unjudged: Mapping[str, int]
    unread: bool
    """Part of the code was not read, so anything might stand there."""
    digests: Mapping[str, str]
    """File to the sha256 of what was read of it, where its own bytes hold secrets."""
    renderers: Mapping[str, str] = field(default_factory=dict)
    """The tools that built charts and overlays, to their versions."""
    written: tuple[Written, ...] = ()
    """Waivers in what those tools built: a template's own text does not show them."""


def read_declared(request: Request) -> Declared:
    """Find the roots under the paths, read each, and bring everything into the normal form.

    Raises `UsageError` when no Terraform, CloudFormation or Kubernetes file stands under the paths, but for a commit
    that is judged whatever is in it, and for an account that is to be brought into code.
    """
    found = find(request)
    nothing = not found.roots and not any(problem.weight is Weight.BROKEN for problem in found.problems)
    if nothing and not (request.of_commit or request.into_code):
        where = ", ".join(request.paths)
        raise UsageError(
            f"nothing to scan: no Terraform, CloudFormation or Kubernetes file under {where} ({found.looked})",
            hint="give the folder that holds your infrastructure code: soc2gate scan infra/",
        )
    read = read_roots(found.roots, request)
    return normalised(request, read.roots, read.readings, [*found.problems, *read.problems])


def find(request: Request) -> Discovery:
    """The roots under the paths of a request, each once for every environment it is to be evaluated for."""
    found = discover(
        request.paths,
        request.base,
        ignore=(*request.config.ignore_paths, *_of_packs(request), *_of_live_state(request)),
        explicit_roots=tuple(root.path for root in request.config.roots),
    )
    return replace(found, roots=evaluations(found.roots, lambda root: environments_of(root, request)))


def _of_packs(request: Request) -> list[str]:
    """The rule folders of configured packs: what stands in them are examples of rules, not anybody's infrastructure."""
    inside = (pack / "rules" for pack in request.config.packs if pack.is_relative_to(request.base))
    return [f"/{folder.relative_to(request.base).as_posix()}/" for folder in inside]


def _of_live_state(request: Request) -> list[str]:
    inside = (file.resolve() for file in request.not_code)
    base = request.base.resolve()
    return [f"/{file.relative_to(base).as_posix()}" for file in inside if file.is_relative_to(base)]


def environments_of(root: Root, request: Request) -> list[str]:
    """The environments a root is evaluated for; empty where it has none, and is evaluated once."""
    named = list(_said_of(root, request).environments)
    if root.format == "terraform":
        named += [name for name in request.environment_files if name not in named]
    wanted = request.only_environments
    return [name for name in named if not wanted or name in wanted]


def normalised(
    request: Request, roots: Sequence[Root], readings: Sequence[Reading], problems: Iterable[Problem]
) -> Declared:
    """What was read of the roots, in the normal form; `problems` are those of finding the roots."""
    readings = _with_states(list(readings), request)
    owned = {root.name: True for root in roots if _said_of(root, request).owns_account}
    normal = kinds.normalise(readings, owns_account=owned)
    problems = [
        *request.unread,
        *_plugin_problems(request),
        *problems,
        *problems_of(readings),
        *normal.problems,
    ]
    return Declared(
        resources=tuple(normal.resources),
        problems=tuple(problems),
        roots=tuple(roots),
        files=tuple(sorted({file for reading in readings for file in reading.files})),
        digests={file: digest for reading in readings for file, digest in reading.digests.items()},
        renderers=dict(sorted({reading.renderer for reading in readings if reading.renderer[0]})),
        written=tuple(built_waivers(readings)),
        unjudged=normal.unjudged,
        unread=bool(request.unread)
        or any(reading.unread for reading in readings)
        or any(problem.weight is Weight.BROKEN for problem in problems),
    )


def _plugin_problems(request: Request) -> list[Problem]:
    """Plugins that the configuration lists are not read by this version; what they would read was not looked at."""
    return [
        Problem(Weight.GAP, "plugins", f"plugin {name} was not loaded: this version reads none", None, "remove it")
        for name in request.config.plugins
    ]


@dataclass(slots=True)
class ReadRoots:
    """Roots with what was read of them: those that were found, and those that they point at."""

    roots: list[Root] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_roots(roots: Sequence[Root], request: Request, read_one: Callable[[Root], Reading] | None = None) -> ReadRoots:
    """Read roots, and whatever charts, overlays and manifests of this repository they say is deployed.

    `read_one` reads a root in another way than `read_root`.
    """
    one = read_one or (lambda root: read_root(root, request))
    built = [root for root in roots if root.format in ("helm", "kustomize")]
    first = [root for root in roots if root.format not in ("helm", "kustomize")]
    read = ReadRoots(first, [one(root) for root in first])
    if not built and not any(points(raw) for reading in read.readings for raw in reading.resources):
        return read
    # Imported here: most repositories have neither charts nor overlays.
    from soc2gate.declared.kubernetes.following import followed

    found = followed(
        list(zip(read.roots, read.readings, strict=True)),
        built,
        request.base,
        read=one,
        ways_of=lambda root: _ways(root, request),
        repository=request.history[0] if request.history else None,
        ignore=request.config.ignore_paths,
    )
    return ReadRoots([root for root, _ in found.read], [reading for _, reading in found.read], found.problems)


def _ways(root: Root, request: Request) -> list[Root]:
    from soc2gate.declared.kubernetes.deployments import ways

    said = _said_of(replace(root, environment=""), request)
    every = [file for name in ("", *said.environments) for file in said.of(name).var_files]
    here = [posixpath.normpath(posixpath.join(root.path, file)) for file in every]
    own = [posixpath.normpath(posixpath.join(root.path, file)) for file in _said_of(root, request).var_files]
    return ways(root, request.base, own, here, request.only_environments)


def points(raw: RawResource) -> bool:
    """Whether a resource says that something else of the repository is deployed."""
    return raw.type == "helm_release" or raw.type.startswith("argoproj.io/") or ".toolkit.fluxcd.io/" in raw.type


def read_root(root: Root, request: Request) -> Reading:
    """Read one root with what configuration and flags say of it."""
    request.doing(f"reading {root.name}")
    reader: Reader = plugins.load(plugins.READERS[root.format])
    reading = reader(root, request.base, options_for(root, request))
    return told_apart(reading, root.environment) if root.environment else reading


def options_for(root: Root, request: Request) -> ReadOptions:
    """What configuration and flags say of one root."""
    said = _said_of(root, request)
    # A folder that manifests are in says nothing about variables; flags hold for every root that is scanned.
    given = (*request.var_files, *request.environment_files.get(root.environment, ()))
    return ReadOptions(
        var_files=(*said.var_files, *(posixpath.relpath(file, root.path) for file in given)),
        variables={**said.variables, **request.variables},
        environment=request.environment,
        workspace=said.workspace or "default",
        code=request.code,
        account=said.account,
        region=said.regions[0] if len(said.regions) == 1 else None,
        namespace=said.namespace,
        repository=request.history[0] if request.history else None,
    )


def _said_of(root: Root, request: Request) -> RootConfig:
    """What the configuration says of a root in its environment; of a plan, of the folder that the plan stands in."""
    paths = [root.path, root.folder]
    if root.format == "terraform-plan":
        paths.append(request.code or posixpath.dirname(root.path) or ".")
    found = (entry for path in paths for entry in request.config.roots if entry.path == path)
    return (next(found, None) or RootConfig(root.path)).of(root.environment)


def _with_states(readings: list[Reading], request: Request) -> list[Reading]:
    """The readings with the ids that state files tell.

    Raises `UsageError` where it is not clear which root a state is of.
    """
    configured: dict[str, Path | StateObject | None] = {
        evaluation(root.path, name): root.of(name).state or request.fetched.get(root.of(name).state_url)
        for root in request.config.roots
        for name in ("", *root.environments)
    }
    configured = {name: state for name, state in configured.items() if state is not None}
    if not configured and not request.states and not request.fetched:
        return readings
    # Imported here: few runs have a state.
    from soc2gate.declared.terraform.state import identified, read_state

    files: dict[int, list[Path | StateObject]] = {}
    for state in request.states:
        files.setdefault(_root_of_state(state, readings, request.base), []).append(state)
    for url in request.state_urls:
        if url in request.fetched:
            files.setdefault(_root_of_state(url, readings, request.base), []).append(request.fetched[url])
    for index, reading in enumerate(readings):
        folder = reading.root if reading.format != "terraform-plan" else posixpath.dirname(reading.root) or "."
        if reading.format.startswith("terraform") and (file := configured.get(folder)) is not None:
            files.setdefault(index, []).append(file)
    out = list(readings)
    for index, states in files.items():
        for file in dict.fromkeys(states):
            shown = file.url if isinstance(file, StateObject) else posixpath.relpath(file, request.base)
            out[index] = identified(out[index], read_state(file, shown))
    return out


def _root_of_state(state: Path | str, readings: Sequence[Reading], base: Path) -> int:
    """Which root a state given by hand is of: the only one there is, else the one whose folder it stands in."""
    ours = [index for index, reading in enumerate(readings) if reading.format.startswith("terraform")]
    if len(ours) > 1 and isinstance(state, Path):
        folder = posixpath.relpath(state.parent, base)
        paths = {index: root_of(readings[index].root, readings[index].environment) for index in ours}
        ours = [index for index in ours if folder in (paths[index], posixpath.dirname(paths[index]))]
    if len(ours) != 1:
        raise UsageError(
            f"--state {state}: it is not clear which Terraform root this is the state of",
            hint="name one root, or say it in soc2gate.yaml: roots: [{path: infra, state: infra/state.json}]",
        )
    return ours[0]
