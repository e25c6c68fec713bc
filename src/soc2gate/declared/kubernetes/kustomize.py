"""What kustomizations name, read without running kustomize: which folders belong together, and what is a patch.

A patch looks like a manifest and is none: it holds a part of an object that stands elsewhere. Judged on its own it
would fail, or pass, for nothing. And what a kustomization fetches from elsewhere has to be known before it is run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from soc2gate.declared.files import as_problem, read_text
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Problem, Span, Weight
from soc2gate.yaml_lines import Document, Step, YamlValue, load_all

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
CHANGES = (
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "components",
    "configMapGenerator",
    "secretGenerator",
    "generators",
    "transformers",
    "helmCharts",
    "helmChartInflationGenerator",
    "images",
    "replacements",
    "replicas",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "vars",
)
_BUILT = ("resources", "bases", "components", "generators", "transformers", "validators")
"""Fields that name files, or folders with a kustomization in them."""
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_ELSEWHERE = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*:|[\w.-]+@[\w.-]+:|[\w-]+(?:\.[\w-]+)+/[^/]+/)|\?(?:ref|version|timeout|submodules)="
)
"""How git hosts and servers are named: a scheme, `git@host:`, `github.com/owner/`, `?ref=`."""


@dataclass(frozen=True, slots=True)
class Named:
    """A path that a kustomization names."""

    field: str
    entry: str
    path: str
    """Relative to the base."""
    steps: tuple[Step, ...]
    """Where in the kustomization it stands."""


@dataclass(slots=True)
class Graph:
    """A kustomization and everything that it builds on."""

    folder: str
    documents: dict[str, Document] = field(default_factory=dict)
    """Every kustomization file, the first one first."""
    files: set[str] = field(default_factory=set)
    """Every file that takes part; relative to the base."""
    resources: list[str] = field(default_factory=list)
    """Those of them that hold objects."""
    patches: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """Files that secrets would be made of and that are not there, as they should be."""
    elsewhere: list[tuple[Named, Span]] = field(default_factory=list)
    """What would be fetched."""
    missing: list[tuple[Named, Span]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def file(self) -> str:
        return next(iter(self.documents), posixpath.join(self.folder, NAMES[0]))

    @property
    def changes(self) -> tuple[str, ...]:
        """Fields by which what is deployed differs from the manifests as they stand."""
        used = {name for document in self.documents.values() for name in CHANGES if _field(document, name)}
        return tuple(name for name in CHANGES if name in used)

    @property
    def folders(self) -> set[str]:
        return {posixpath.dirname(file) or "." for file in self.documents}

    def place(self, *names: str) -> Span:
        """Where the first of these fields stands, else the kustomization."""
        for document in self.documents.values():
            for name in names:
                if _field(document, name):
                    return document.place((name,))
        return Span(self.file, 1)


def kustomization_in(folder: str, base: Path) -> str:
    """The kustomization file of a folder; empty where there is none."""
    paths = (posixpath.normpath(posixpath.join(folder, name)) for name in NAMES)
    return next((path for path in paths if (base / path).is_file()), "")


OVER = ".soc2gate-overlay"
"""The folder of what a deployment lays over a kustomization; paths in it begin here."""


def graph_of(folder: str, base: Path, limits: Limits, components: Iterable[str] = ()) -> Graph:
    """Everything that the kustomization in `folder` builds on, with components that a deployment adds to it.

    What is wrong with it becomes problems.
    """
    graph = Graph(folder)
    waiting = [folder, *components]
    while waiting:
        current = waiting.pop(0)
        file = kustomization_in(current, base)
        if not file or file in graph.documents:
            continue
        graph.files.add(file)
        try:
            documents = load_all(read_text(file, base, limits), file)
        except InputError as error:
            graph.problems.append(as_problem(error, "kustomize"))
            continue
        if not documents:
            continue
        graph.documents[file] = documents[0]
        for named in _named(documents[0], current):
            waiting += _sorted_in(named, documents[0], graph, base)
    return graph


def _sorted_in(named: Named, document: Document, graph: Graph, base: Path) -> Iterator[str]:
    where = document.place(named.steps)
    if named.path.startswith(("../", "/")) or named.path == "..":
        message = f"names {named.entry}, outside the folder that is scanned"
        graph.problems.append(Problem(Weight.BROKEN, "kustomize", message, where, "it was not read"))
        graph.missing.append((named, where))
    elif _ELSEWHERE.search(named.entry):
        graph.elsewhere.append((named, where))
    elif (base / named.path).is_dir():
        if kustomization_in(named.path, base):
            yield named.path
        else:
            graph.missing.append((named, where))
    elif (base / named.path).is_file():
        graph.files.add(named.path)
        if named.field in ("resources", "bases"):
            graph.resources.append(named.path)
        elif named.field in _PATCHES:
            graph.patches.append(named.path)
    elif named.field == "secretGenerator":
        graph.secrets.add(named.path)
    else:
        graph.missing.append((named, where))


def _field(document: Document, name: str) -> YamlValue:
    return document.data.get(name) if isinstance(document.data, dict) else None


def _named(document: Document, folder: str) -> Iterator[Named]:
    for field_, entry, steps in _entries(document):
        path = entry if entry.startswith("/") else posixpath.normpath(posixpath.join(folder, entry))
        yield Named(field_, entry, path, steps)


def _entries(document: Document) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
    """Every path that a kustomization names: field, as it is written, where."""
    for name in (*_BUILT, *_FILES):
        for index, entry in _listed(_field(document, name)):
            # Patches and generators may also stand there themselves.
            if isinstance(entry, str) and "\n" not in entry and not entry.lstrip().startswith("{"):
                yield name, entry, (name, index)
    for name in _WITH_PATH:
        for index, entry in _listed(_field(document, name)):
            if isinstance(entry, dict) and isinstance(entry.get("path"), str):
                yield name, str(entry["path"]), (name, index, "path")
    for name in ("configMapGenerator", "secretGenerator"):
        for index, entry in _listed(_field(document, name)):
            for key in ("files", "envs", "env") if isinstance(entry, dict) else ():
                assert isinstance(entry, dict)
                given = entry.get(key)
                for path in given if isinstance(given, list) else [given]:
                    if isinstance(path, str):
                        yield name, path.rpartition("=")[2] if key == "files" else path, (name, index, key)
    schema = _field(document, "openapi")
    if isinstance(schema, dict) and isinstance(schema.get("path"), str):
        yield "openapi", str(schema["path"]), ("openapi", "path")


def _listed(value: YamlValue) -> Iterable[tuple[int, YamlValue]]:
    return enumerate(value) if isinstance(value, list) else ()


def is_component(graph: Graph) -> bool:
    """Whether it only ever takes part in others."""
    document = graph.documents.get(graph.file)
    return document is not None and _field(document, "kind") == "Component"


def overlays(files: Iterable[str], base: Path, limits: Limits) -> tuple[list[Graph], set[str]]:
    """The kustomizations among `files` that no other of them builds on, and the patches of all of them."""
    made = {
        folder: graph_of(folder, base, limits) for folder in sorted({posixpath.dirname(file) or "." for file in files})
    }
    called = {name for folder, graph in made.items() for name in graph.folders - {folder}}
    tops = [graph for folder, graph in made.items() if folder not in called and not is_component(graph)]
    return tops, {path for graph in made.values() for path in graph.patches}
