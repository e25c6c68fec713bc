"""Argo CD's ApplicationSets: the Applications that they make of this repository.

A list stands in the set itself, and git's folders and files stand here: what those generators make is decided by the
files alone. Clusters, pull requests and other hosts' repositories only Argo CD knows. An Application whose source hangs
on such a thing is not guessed; where only its cluster does, what it deploys is known all the same.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from soc2gate.declared.files import list_files, read_text
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field
from soc2gate.model.value import Value
from soc2gate.yaml_lines import YamlValue, load

_MOST = 500
"""Applications of one set."""
_HOLE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_FIELD = re.compile(r"((?:\.[A-Za-z_]\w*)+)")
_INDEX = re.compile(r"index\s+((?:\.[A-Za-z_]\w*)+)\s+(?:(\d+)|\"([^\"]*)\")")
_NOT_SLUG = re.compile(r"[^a-z0-9.-]+")


@dataclass(slots=True)
class Made:
    """What a set makes."""

    applications: list[tuple[dict[str, Value], tuple[str, ...]]] = field(default_factory=list)
    """Each with the files whose content gave its parameters."""
    gaps: list[str] = field(default_factory=list)
    """What of it is not known, in words."""

    def gap(self, message: str) -> None:
        if message not in self.gaps:
            self.gaps.append(message)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One set of parameters that a generator gives."""

    known: Mapping[str, Value]
    template: Value = None
    """What the generator lays over the set's own template."""
    clusters: bool = False
    """Whether more parameters come from clusters, which only Argo CD knows."""
    files: tuple[str, ...] = ()
    """Whose content they are."""


def applications(spec: Mapping[str, Value], base: Path, is_ours: Callable[[str], bool]) -> Made:
    """The Applications of a set; `is_ours` tells whether a URL is this repository's."""
    return _Set(spec, base, is_ours).made()


class _Set:
    """One ApplicationSet."""

    def __init__(self, spec: Mapping[str, Value], base: Path, is_ours: Callable[[str], bool]) -> None:
        self.spec = spec
        self.base = base
        self.is_ours = is_ours
        self.go = spec.get("goTemplate") is True
        self.found = Made()
        self._files: tuple[str, ...] | None = None

    def made(self) -> Made:
        if self.spec.get("templatePatch"):
            self.found.gap("what its templatePatch changes was not looked at")
        names: set[str] = set()
        every = chain.from_iterable(self._choices(each, {}) for each in _listed(self.spec.get("generators")))
        for number, choice in enumerate(every):
            if number == _MOST:
                self.found.gap(f"it makes more than {_MOST} Applications; the rest was not looked at")
                break
            application = self._application(choice)
            name = str(_at(application, "metadata", "name") or "")
            # Argo CD refuses a second one of the same name; which name one with a hole has, is not known.
            if application and (name not in names or any(_holes(name))):
                names.add(name)
                self.found.applications.append((_named(application), choice.files))
        return self.found

    # --- generators ---------------------------------------------------------------------------------------------------

    def _choices(self, generator: Value, outer: Mapping[str, Value]) -> Iterator[_Choice]:
        """The parameters of one generator; `outer` are those of the other half of a matrix."""
        said = generator if isinstance(generator, dict) else {}
        if said.get("selector"):
            self.found.gap("which of its parameters a selector keeps was not looked at: nothing was left out")
        kind = next((name for name in said if name != "selector"), "")
        body = said.get(kind)
        told = body if isinstance(body, dict) else {}
        if kind == "list":
            yield from self._of_list(told)
        elif kind == "git":
            yield from self._of_git(told, outer)
        elif kind == "matrix":
            yield from self._of_matrix(told)
        elif kind == "clusters":
            yield _Choice(self._with_values({}, told, outer), told.get("template"), clusters=True)
        else:
            self.found.gap(f"the Applications of its {kind or 'empty'} generator were not looked at")

    def _of_list(self, told: Mapping[str, Value]) -> Iterator[_Choice]:
        elements = told.get("elements")
        written = told.get("elementsYaml")
        if isinstance(written, str):
            elements = _plain(self._loaded(written, "elementsYaml")) if "{{" not in written else None
            if not isinstance(elements, list):
                self.found.gap("the elements that its elementsYaml gives were not looked at")
        for element in _listed(elements):
            if isinstance(element, dict):
                yield _Choice(element if self.go else _flat(element), told.get("template"))

    def _of_git(self, told: Mapping[str, Value], outer: Mapping[str, Value]) -> Iterator[_Choice]:
        url = str(told.get("repoURL") or "")
        if "{{" in url or not self.is_ours(url):
            self.found.gap(f"what its git generator finds in {url} was not looked at")
            return
        prefix = str(told.get("pathParamPrefix") or "")
        # A folder's `*` is within one name; a file's goes across them, unless Argo CD is told otherwise.
        for path in self._found(told.get("directories"), outer, self._folders(), "[^/]*"):
            yield _Choice(self._with_values(self._path(path, prefix), told, outer), told.get("template"))
        for path in self._found(told.get("files"), outer, self._names(), ".*"):
            content = _plain(self._loaded(path, path, file=True))
            for entry in content if isinstance(content, list) else [content]:
                if isinstance(entry, dict):
                    own = entry if self.go else _flat(entry)
                    params = {**own, **self._path(posixpath.dirname(path), prefix, posixpath.basename(path))}
                    yield _Choice(self._with_values(params, told, outer), told.get("template"), files=(path,))

    def _of_matrix(self, told: Mapping[str, Value]) -> Iterator[_Choice]:
        halves = _listed(told.get("generators"))
        if len(halves) != 2:
            self.found.gap("the Applications of its matrix generator were not looked at")
            return
        for first in self._choices(halves[0], {}):
            for second in self._choices(halves[1], first.known):
                template = _laid_over(_laid_over(told.get("template"), first.template), second.template)
                clusters = first.clusters or second.clusters
                yield _Choice({**first.known, **second.known}, template, clusters, (*first.files, *second.files))

    def _found(self, wanted: Value, outer: Mapping[str, Value], there: tuple[str, ...], star: str) -> list[str]:
        """The paths that the patterns name and none leaves out."""
        named: list[re.Pattern[str]] = []
        left: list[re.Pattern[str]] = []
        for entry in _listed(wanted):
            pattern = self._filled(str(_at(entry, "path") or ""), outer)
            if "{{" in pattern:
                self.found.gap(f"which paths {pattern} names is not known: they were not looked at")
                continue
            (left if _at(entry, "exclude") is True else named).append(_glob(pattern, star))
        return [
            path
            for path in there
            if any(pattern.fullmatch(path) for pattern in named)
            and not any(pattern.fullmatch(path) for pattern in left)
        ]

    def _names(self) -> tuple[str, ...]:
        if self._files is None:
            self._files = list_files(".", self.base).files
        return self._files

    def _folders(self) -> tuple[str, ...]:
        """Every folder with something in it; Argo CD passes over those whose name begins with a dot."""
        folders: set[str] = set()
        for name in self._names():
            folder = posixpath.dirname(name)
            while folder and folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        return tuple(sorted(name for name in folders if not any(part.startswith(".") for part in name.split("/"))))

    def _loaded(self, text: str, shown: str, *, file: bool = False) -> YamlValue:
        try:
            return load(read_text(text, self.base, Limits()) if file else text, shown).data
        except InputError as error:
            self.found.gap(f"{shown} could not be read: {error.message}")
            return None

    def _path(self, folder: str, prefix: str, filename: str = "") -> dict[str, Value]:
        """What a path is called in templates, as both languages spell it."""
        segments: list[Value] = [*folder.split("/")] if folder else []
        told: dict[str, Value] = {"basename": posixpath.basename(folder)}
        if filename:
            told["filename"] = filename
        told |= {f"{name}Normalized": _slug(str(value)) for name, value in told.items()}
        if self.go:
            path: dict[str, Value] = {"path": folder, "segments": segments, **told}
            return {prefix: {"path": path}} if prefix else {"path": path}
        before = f"{prefix}.path" if prefix else "path"
        flat: dict[str, Value] = {before: folder}
        flat |= {f"{before}.{name}": value for name, value in told.items()}
        return flat | {f"{before}[{number}]": segment for number, segment in enumerate(segments)}

    def _with_values(
        self, params: dict[str, Value], told: Mapping[str, Value], outer: Mapping[str, Value]
    ) -> dict[str, Value]:
        """With the `values` that a generator adds; each may use the parameters."""
        values = told.get("values")
        if not isinstance(values, dict):
            return params
        filled: dict[str, Value] = {
            key: self._filled(str(value), {**outer, **params}) for key, value in values.items() if value is not None
        }
        return {**params, **({"values": filled} if self.go else {f"values.{key}": v for key, v in filled.items()})}

    # --- the template -------------------------------------------------------------------------------------------------

    def _application(self, choice: _Choice) -> dict[str, Value]:
        """One Application; empty where what it deploys is not known."""
        laid = _laid_over(self.spec.get("template"), choice.template)
        made = self._filled_in(laid, choice.known)
        if not isinstance(made, dict):
            return {}
        spec = made.get("spec")
        told = spec if isinstance(spec, dict) else {}
        open_ = next(_holes([told.get("source"), told.get("sources")]), "")
        if open_:
            whose = "clusters that only Argo CD knows" if choice.clusters else "what is not known here"
            self.found.gap(f"the Applications whose source needs {open_}, of {whose}, were not looked at")
            return {}
        destination = told.get("destination")
        if isinstance(destination, dict):
            # A namespace that only the cluster decides is one that nothing says.
            kept = {key: value for key, value in destination.items() if not any(_holes(value))}
            made = {**made, "spec": {**told, "destination": kept}}
        return made

    def _filled_in(self, value: Value, known: Mapping[str, Value]) -> Value:
        if isinstance(value, dict):
            return {self._filled(key, known): self._filled_in(child, known) for key, child in value.items()}
        if isinstance(value, list):
            return [self._filled_in(child, known) for child in value]
        return self._filled(value, known) if isinstance(value, str) else value

    def _filled(self, text: str, known: Mapping[str, Value]) -> str:
        """The text with what is known of it; a hole whose filling is not stays one."""

        def filling(match: re.Match[str]) -> str:
            value = self._looked_up(match.group(1), known)
            return match.group() if value is None else value

        return _HOLE.sub(filling, text) if "{{" in text else text

    def _looked_up(self, expression: str, known: Mapping[str, Value]) -> str | None:
        if not self.go:
            return _said(known.get(expression))
        step: str | int | None = None
        found = _FIELD.fullmatch(expression)
        if found is None and (found := _INDEX.fullmatch(expression)) is not None:
            step = int(found[2]) if found[2] is not None else found[3]
        if found is None:
            # Functions and conditions: what they give is not worked out here.
            return None
        value = _at(known, *found[1].strip(".").split("."))
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        elif step is not None:
            value = _at(value, step)
        return _said(value)


def _named(application: dict[str, Value]) -> dict[str, Value]:
    """With a name that is no template any more: what is not known of it is left out."""
    metadata = application.get("metadata")
    name = _at(metadata, "name")
    if not isinstance(metadata, dict) or not isinstance(name, str):
        return application
    return {**application, "metadata": {**metadata, "name": _slug(_HOLE.sub("", name))}}


def _said(value: Value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


def _holes(value: Value) -> Iterator[str]:
    """Every hole that is left in a value."""
    if isinstance(value, str):
        yield from (match.group() for match in _HOLE.finditer(value))
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _holes(key)
            yield from _holes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _holes(child)


def _flat(element: Mapping[str, Value], before: str = "") -> dict[str, Value]:
    """Nested parameters by their dotted names, as the older of the two template languages knows them."""
    flat: dict[str, Value] = {}
    for key, value in element.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            numbered: dict[str, Value] = {str(number): child for number, child in enumerate(value)}
            flat |= _flat(numbered, f"{before}{key}.")
        else:
            flat[f"{before}{key}"] = value
    return flat


def _laid_over(under: Value, over: Value) -> Value:
    """A generator's own template over the set's, key by key."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _laid_over(under.get(key), value) for key, value in over.items()}}
    return under if over in (None, "", [], {}) else over


def _glob(pattern: str, star: str) -> re.Pattern[str]:
    """`apps/*`, `clusters/**/config.json`; `star` is what a `*` stands for."""
    text = pattern.removeprefix("./").strip("/")
    special = {"**/": "(?:.*/)?" if star == ".*" else f"{star}/", "**": star, "*": star, "?": "[^/]"}
    parts = re.findall(r"\*\*/?|\*|\?|[^*?]+", text)
    return re.compile("".join(special.get(part) or re.escape(part) for part in parts))


def _slug(text: str) -> str:
    return _NOT_SLUG.sub("-", text.lower()).strip("-.")


def _plain(value: YamlValue) -> Value:
    """What a YAML file says, less the tags that no parameter has."""
    if isinstance(value, dict):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value if isinstance(value, (str, int, float, bool)) else None


def _at(value: object, *steps: str) -> Value:
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value  # type: ignore[return-value]  # what stands in a mapping of values is one


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
