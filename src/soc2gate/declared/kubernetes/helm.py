"""Helm charts: rendered by helm itself, confined, and judged as what it would install.

The objects stand in the chart's templates, at the lines they were made of. A chart that cannot be rendered (there is
no helm here, a dependency is not in it, a required value is not set) is a gap that says what was not looked at.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from soc2gate.declared.files import list_files, read_text
from soc2gate.declared.kubernetes import confined
from soc2gate.declared.kubernetes.confined import Copy
from soc2gate.declared.kubernetes.deployments import by_convention
from soc2gate.declared.kubernetes.helm_lines import InTemplate
from soc2gate.declared.kubernetes.manifests import Objects, objects_in
from soc2gate.declared.kubernetes.stand_ins import NAMESPACE, StandIns
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Deployment, Root
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.resource import Problem, Reading, Span, Weight
from soc2gate.yaml_lines import YamlValue, load, load_all

_SOURCE = re.compile(r"^---\n# Source: (?P<path>[^\n]+)\n", re.MULTILINE)
_FAILED_AT = re.compile(r"\(?(?P<path>[^\s():]+/templates/[^\s():]+):(?P<line>\d+)(?::(?P<column>\d+))?\)?")


def read(root: Root, base: Path, options: ReadOptions) -> Reading:
    """What helm makes of a chart. An address is as in manifests: `Deployment/shop/web`, `Deployment/web`."""
    chart = _Chart(root, base, options)
    try:
        return chart.reading()
    except (InputError, RefusedError) as error:
        weight = Weight.BROKEN if isinstance(error, RefusedError) else Weight.GAP
        where = Span(error.path, error.line or 1, error.column or 1) if error.path else chart.place
        return chart.not_looked_at(error.message, error.hint, where=where, weight=weight)


class _Chart:
    """One chart in one deployment, on its way from files to objects."""

    def __init__(self, root: Root, base: Path, options: ReadOptions) -> None:
        self.root = root
        self.base = base
        self.options = options
        self.deployment = root.deployment or _configured(root, options)
        self.folder = self.deployment.folder
        self.place = self.deployment.told_by or Span(_join(self.folder, "Chart.yaml"), 1)
        self.problems: list[Problem] = []
        self.unread: list[str] = []
        self.files: set[str] = set(root.files)
        self.renderer = ("", "")
        self.copied: frozenset[str] = frozenset()
        self.homes: dict[str, str] = {}
        """Folders of the copy that stand elsewhere in the repository: dependencies on charts beside this one."""

    def reading(self) -> Reading:
        tool = confined.find_tool("helm", self.base, *filter(None, [self.options.repository]))
        if tool is None:
            hint = f"put helm on PATH, or scan what it renders: helm template {self.folder} --output-dir rendered"
            return self.not_looked_at("was not rendered: there is no helm on PATH", hint)
        self.renderer = ("helm", confined.version(tool))
        with confined.copied(self.base, self.options.limits) as copy:
            copy.add(self.folder)
            name = self._prepare(copy)
            if not name:
                return self._finished(Objects(self.root.path))
            arguments = self._arguments(copy, name)
            self.copied = frozenset(copy.files)
            used = {path for path, text in self.deployment.values if not text}
            # What other environments set takes no part in this one.
            self.files |= copy.files - (set(by_convention(self.folder, self.base).values()) - used)
            ran = confined.run(tool, arguments, copy)
            self._links(copy)
        if ran.error:
            return self.not_looked_at(*self._failure(ran.error, name))
        return self._finished(self._objects(ran.text, name))

    # --- what helm is given -------------------------------------------------------------------------------------------

    def _prepare(self, copy: Copy) -> str:
        """Bring together what the chart depends on; its name, or nothing for a library, which installs nothing."""
        path = _join(self.folder, "Chart.yaml")
        about = load(read_text(path, self.base, self.options.limits), path)
        data = about.data
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            raise InputError("is no chart: it has no name", path=path, line=1)
        if data.get("type") == "library":
            return ""
        listed = data.get("dependencies")
        kept: list[YamlValue] = []
        left: list[str] = []
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            why = self._depends(entry, copy)
            if not why:
                kept.append(entry)
                continue
            left.append(why)
            where = about.place(("dependencies", index))
            hint = f"run `helm dependency build {self.folder}` before the scan"
            self._gap(f"Helm chart {self.folder}: {why}, and was not looked at", where, hint)
        if left:
            # helm refuses to render at all while one is missing; the rest is judged without it.
            copy.write(path, json.dumps({**data, "dependencies": kept}))
        return str(data["name"])

    def _depends(self, entry: YamlValue, copy: Copy) -> str:
        """Whether a dependency is there; else why not."""
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            return "a dependency has no name"
        name = str(entry["name"])
        beside = _join(self.folder, "charts")
        there = any(
            file.startswith((f"{beside}/{name}/", f"{beside}/{name}-"))
            for file in copy.files
            if file.startswith(beside)
        )
        if there:
            return ""
        source = entry.get("repository")
        if not isinstance(source, str) or not source.startswith("file://"):
            return f"its dependency {name} ({source or 'no repository'}) is not in charts/"
        home = posixpath.normpath(posixpath.join(self.folder, source.removeprefix("file://")))
        if home.startswith(("../", "/")) or not (self.base / home / "Chart.yaml").is_file():
            return f"its dependency {name} is not in {home}"
        copy.add(home, f"{beside}/{name}")
        self.homes[f"{beside}/{name}"] = home
        return ""

    def _arguments(self, copy: Copy, name: str) -> list[str]:
        deployment = self.deployment
        namespace = deployment.namespace or self.options.namespace or NAMESPACE
        # A name that begins with a dash would be a flag.
        release = deployment.release.lstrip("-") or name
        arguments = [
            "template",
            release,
            f"./{self.folder}",
            "--namespace",
            namespace,
            "--include-crds",
            "--skip-tests",
        ]
        for number, (path, text) in enumerate(deployment.values):
            if text:
                path = f".values-{number}.yaml"
                copy.write(path, text)
            else:
                copy.add(path)
            arguments += ["--values", f"./{path}"]
        for flag, value in deployment.sets:
            arguments.append(f"{flag}={value}")
        return arguments

    def _links(self, copy: Copy) -> None:
        for path, target in copy.left_out.items():
            message = f"is a link that leaves the folder that is scanned, to {target}"
            self.problems.append(
                Problem(Weight.BROKEN, "helm", message, Span(path, 1), "what it leads to was not read")
            )
            self.unread.append(f"{path} {message}")

    # --- what it gives ------------------------------------------------------------------------------------------------

    def _objects(self, text: str, name: str) -> Objects:
        objects = Objects(self.root.path)
        stand_ins = StandIns(self.deployment.stand_ins, known_namespace=bool(self._namespace()))
        for source, rendered in _documents(text):
            template = self._template(source, name)
            shown = template or self.place.path
            try:
                documents = load_all(rendered, shown)
            except InputError as error:
                where = Span(shown, self.place.line if not template else 1)
                self._gap(f"what helm makes of {source} is no YAML: {error.message}", where)
                continue
            placed = self._placing(template, rendered)
            for document in documents:
                for path, data in objects_in(document.data):
                    objects.take(document, path, stand_ins.without_namespace(data), placed, stand_ins.settle)
        return objects

    def _namespace(self) -> str:
        return self.deployment.namespace or self.options.namespace

    def _placing(self, template: str, rendered: str) -> Callable[..., tuple[Span, Mapping[str, Span]]]:
        if not template:
            return lambda document, path: (self.place, {})
        text = read_text(template, self.base, self.options.limits)
        return InTemplate(template, text, rendered)  # type: ignore[return-value]  # all of its places are spans

    def _template(self, source: str, name: str) -> str:
        """The file of the repository that a document was made of; empty where it came in an archive."""
        path = _join(self.folder, source.removeprefix(f"{name}/"))
        for there, home in self.homes.items():
            if path.startswith(f"{there}/"):
                path = home + path[len(there) :]
        # Helm's word is a comment in its output, and a template can write such a comment too.
        return path if path in self.copied else ""

    def _failure(self, said: str, name: str) -> tuple[str, str, Span]:
        first = next((line for line in said.split("\n") if line.startswith("Error:")), said.split("\n")[0])
        message = first.removeprefix("Error:").strip()
        found = _FAILED_AT.search(message)
        where = self.place
        if found is not None and (template := self._template(found["path"], name)):
            where = Span(template, int(found["line"]), int(found["column"] or 1))
        hint = "name the values it is deployed with: roots: [{path: …, var_files: [values-prod.yaml]}]"
        return f"could not be rendered: {message[:500]}", hint, where

    def not_looked_at(
        self, message: str, hint: str = "", where: Span | None = None, weight: Weight = Weight.GAP
    ) -> Reading:
        # What points at a chart names the chart, and not its files.
        templates = sum("/templates/" in f"/{file}" for file in list_files(self.folder, self.base).files)
        counted = f": {templates} template{'s' if templates != 1 else ''} not looked at"
        text = f"Helm chart {self._told()} {message}{counted}"
        self.problems.append(Problem(weight, "helm", text, where or self.place, hint))
        self.unread.append(text)
        return self._finished(Objects(self.root.path))

    def _told(self) -> str:
        """The chart, and with which values."""
        files = [path for path, text in self.deployment.values if not text]
        return f"{self.folder} with {', '.join(files)}" if files else self.folder

    def _gap(self, message: str, where: Span, hint: str = "") -> None:
        self.problems.append(Problem(Weight.GAP, "helm", message, where, hint))
        self.unread.append(message)

    def _finished(self, objects: Objects) -> Reading:
        return Reading(
            format="kubernetes",
            root=self.root.path,
            resources=tuple(objects.resources),
            problems=(*self.problems, *objects.problems),
            unread=(*self.unread, *objects.unread),
            files=tuple(sorted(self.files)),
            rendered=True,
            renderer=self.renderer,
        )


def _configured(root: Root, options: ReadOptions) -> Deployment:
    """How the configuration says that a chart is installed."""
    # Flags hold for every root that is scanned, and Terraform's own values are none of a chart's.
    files = [file for file in options.var_files if ".tfvars" not in posixpath.basename(file)]
    sets = tuple(("--set-string", f"{name}={value}") for name, value in sorted(options.variables.items()))
    return Deployment(root.path, tuple((_join(root.path, file), "") for file in files), sets)


def _documents(text: str) -> Iterator[tuple[str, str]]:
    """Each document of helm's output with the template that it names."""
    found = list(_SOURCE.finditer(text))
    for match, after in zip(found, [*found[1:], None], strict=True):
        yield match["path"].strip(), text[match.end() : after.start() if after is not None else len(text)]


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))
