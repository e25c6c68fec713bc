"""Where the parts of a built object were written: in the base, in a patch, or in a kustomization."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from soc2gate.declared.files import read_text
from soc2gate.declared.kubernetes.kustomize import Graph
from soc2gate.declared.kubernetes.manifests import Placing, objects_in
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError
from soc2gate.model.resource import Span, Where
from soc2gate.yaml_lines import Document, Step, YamlValue, load_all, split_path

ORIGIN = "config.kubernetes.io/origin"
_SAID_BY = (
    ("image", ("images",)),
    ("replicas", ("replicas",)),
    ("namespace", ("namespace",)),
    ("name", ("namePrefix", "nameSuffix")),
    ("labels", ("labels", "commonLabels")),
    ("matchLabels", ("labels", "commonLabels")),
    ("annotations", ("commonAnnotations",)),
)
"""The part of an object that a field of a kustomization sets."""
_ABSENT = object()


class Origins:
    """What every object of one overlay was made of."""

    def __init__(self, graph: Graph, built: str, base: Path, limits: Limits, otherwise: Span) -> None:
        self._graph = graph
        self._built = built
        self._base = base
        self._limits = limits
        self._otherwise = otherwise
        self._documents: dict[str, list[Document]] = {}
        self._patches: list[_Patch] | None = None

    def placing(self, data: dict[str, YamlValue], told: str) -> Placing:
        """Places a built object, of which kustomize tells this."""
        source = self._source(data, told)
        configured = self._configured(told)

        def placed(document: Document, path: tuple[Step, ...]) -> tuple[Span, Mapping[str, Where]]:
            whole = source.whole() if source is not None else configured
            return whole, _Places(data, document.places(path), source, self, whole)

        return placed

    def patches(self) -> list[_Patch]:
        """Every patch of the overlay, the outermost first: it has the last word."""
        if self._patches is None:
            self._patches = [*self._patch_files(), *self._patch_texts()]
        return self._patches

    def said_by(self, path: str) -> Span | None:
        """The field of a kustomization that sets what stands at `path`."""
        steps = [step for step in split_path(path) if isinstance(step, str)]
        for name, fields in _SAID_BY:
            if name in steps[-2:]:
                for document in self._graph.documents.values():
                    data = document.data if isinstance(document.data, dict) else {}
                    for field in fields:
                        if data.get(field):
                            return document.place((field,))
        return None

    def _source(self, data: dict[str, YamlValue], told: str) -> _Source | None:
        """The object as it stands in the file that it comes from."""
        path = self._path(told, "path")
        if not path:
            return None
        found = [
            _Source(document, steps, body)
            for document in self._read(path)
            for steps, body in objects_in(document.data)
            if body.get("kind") == data.get("kind")
        ]
        name = _name(data)
        exact = [source for source in found if _name(source.body) == name]
        within = [source for source in found if (inner := _name(source.body)) and inner in name]
        return next(iter([*exact, *within, *found]), None)

    def _configured(self, told: str) -> Span:
        path = self._path(told, "configuredIn")
        return Span(path, 1) if path else self._otherwise

    def _path(self, told: str, key: str) -> str:
        """A path that kustomize tells, relative to what was built; empty for one that is not ours."""
        line = next((line for line in told.split("\n") if line.startswith(f"{key}:")), "")
        path = line.partition(":")[2].strip().strip("'\"")
        full = posixpath.normpath(posixpath.join(self._built, path)) if path else ""
        return full if full in self._graph.files else ""

    def _read(self, path: str) -> list[Document]:
        if path not in self._documents:
            try:
                self._documents[path] = load_all(read_text(path, self._base, self._limits), path)
            except InputError:
                self._documents[path] = []  # kustomize met it too, and could not build
        return self._documents[path]

    def _patch_files(self) -> Iterator[_Patch]:
        for path in self._graph.patches:
            for document in self._read(path):
                yield _Patch(document, document.data, None)

    def _patch_texts(self) -> Iterator[_Patch]:
        """Patches that are written inside a kustomization, as text."""
        for file, document in self._graph.documents.items():
            data = document.data if isinstance(document.data, dict) else {}
            for field, key in (("patches", "patch"), ("patchesJson6902", "patch"), ("patchesStrategicMerge", None)):
                entries = data.get(field)
                for index, entry in enumerate(entries if isinstance(entries, list) else ()):
                    text = entry.get(key) if isinstance(entry, dict) and key else entry
                    steps: tuple[Step, ...] = (field, index, key) if key else (field, index)
                    if isinstance(text, str) and (key or "\n" in text):
                        yield from self._written_inside(text, file, document, steps)

    def _written_inside(self, text: str, file: str, document: Document, steps: tuple[Step, ...]) -> Iterator[_Patch]:
        try:
            inner = load_all(text, file)
        except InputError:
            return
        first = document.text_place(steps, 0)
        for part in inner:
            yield _Patch(part, part.data, (first.line - 1, first.column - 1))


class _Source:
    """An object as it stands in a file."""

    def __init__(self, document: Document, steps: tuple[Step, ...], body: dict[str, YamlValue]) -> None:
        self._document = document
        self._steps = steps
        self.body = body

    def whole(self) -> Span:
        if self._steps:
            return self._document.place(self._steps)
        return Span(self._document.path, self._document.line, 1, self._document.end_line)

    def place(self, steps: tuple[Step, ...]) -> Span:
        return self._document.place((*self._steps, *steps))


class _Patch:
    """One patch: a part of an object, or a list of operations."""

    def __init__(self, document: Document, data: YamlValue, before: tuple[int, int] | None) -> None:
        self._document = document
        self._data = data
        self._before = before
        """Lines and columns before the text that it is; None for a file."""

    def place(self, data: dict[str, YamlValue], path: str) -> Span | None:
        """Where it sets what stands at `path` of the built object."""
        if isinstance(self._data, list):
            return self._operation(path)
        if not isinstance(self._data, dict) or self._data.get("kind") != data.get("kind"):
            return None
        inner = _name(self._data)
        if inner and inner not in _name(data):
            return None
        found = _translated(data, self._data, path)
        if found is None or _at(self._data, found) != _at(data, tuple(split_path(path))):
            return None
        return self._moved(self._document.place(found))

    def _operation(self, path: str) -> Span | None:
        wanted = "/" + "/".join(str(step) for step in split_path(path))
        for index, entry in enumerate(self._data if isinstance(self._data, list) else ()):
            told = entry.get("path") if isinstance(entry, dict) else None
            if isinstance(told, str):
                told = told.replace("~1", "/").replace("~0", "~").removesuffix("/-")
                if wanted == told or wanted.startswith(f"{told}/"):
                    return self._moved(self._document.place((index,)))
        return None

    def _moved(self, place: Span) -> Span:
        if self._before is None:
            return place
        lines, columns = self._before
        end = place.end_line + lines if place.end_line else 0
        return Span(place.path, place.line + lines, place.column + columns, end)


class _Places(Mapping[str, Where]):
    """The places of one built object. Found when asked for: most never are."""

    def __init__(
        self,
        data: dict[str, YamlValue],
        built: Mapping[str, Where],
        source: _Source | None,
        origins: Origins,
        whole: Span,
    ) -> None:
        self._data = data
        self._built = built
        self._source = source
        self._origins = origins
        self._whole = whole

    def __getitem__(self, key: str) -> Where:
        if key not in self._built:
            raise KeyError(key)
        steps = tuple(split_path(key))
        value = _at(self._data, steps)
        source = self._source
        if source is not None:
            there = _translated(self._data, source.body, key)
            if there is not None and _at(source.body, there) == value:
                return source.place(there)
        for patch in self._origins.patches():
            place = patch.place(self._data, key)
            if place is not None:
                return place
        said = self._origins.said_by(key)
        if said is not None:
            return said
        while steps and source is not None:
            # What holds it stands in the base at least.
            steps = steps[:-1]
            near = _translated_steps(self._data, source.body, steps)
            if near:
                return source.place(near)
        return self._whole

    def __contains__(self, key: object) -> bool:
        return key in self._built

    def __iter__(self) -> Iterator[str]:
        return iter(self._built)

    def __len__(self) -> int:
        return len(self._built)


def _name(data: Mapping[str, YamlValue]) -> str:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def _step(data: YamlValue, step: Step) -> object:
    if isinstance(step, str):
        return data.get(step, _ABSENT) if isinstance(data, dict) else _ABSENT
    return data[step] if isinstance(data, list) and step < len(data) else _ABSENT


def _at(data: YamlValue, steps: tuple[Step, ...]) -> object:
    for step in steps:
        inner = _step(data, step)
        if inner is _ABSENT:
            return _ABSENT
        data = inner  # type: ignore[assignment]  # nothing but a value is left
    return data


def _translated(built: YamlValue, other: YamlValue, path: str) -> tuple[Step, ...] | None:
    return _translated_steps(built, other, tuple(split_path(path)))


def _translated_steps(built: YamlValue, other: YamlValue, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
    """The same path in another version of the object: elements of lists are the same when their names are."""
    found: list[Step] = []
    for step in steps:
        if isinstance(step, str):
            if not isinstance(built, dict) or not isinstance(other, dict) or step not in other or step not in built:
                return None
            built, other = built[step], other[step]
            found.append(step)
            continue
        if not isinstance(built, list) or not isinstance(other, list) or step >= len(built):
            return None
        built = built[step]
        name = built.get("name") if isinstance(built, dict) else None
        index = next(
            (i for i, item in enumerate(other) if name and isinstance(item, dict) and item.get("name") == name), None
        )
        if index is None:
            if name or step >= len(other):
                return None
            index = step
        other = other[index]
        found.append(index)
    return tuple(found)
