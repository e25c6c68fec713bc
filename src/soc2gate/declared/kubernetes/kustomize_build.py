"""Overlays: built by kustomize itself (alone or inside kubectl), confined, and judged as what they would deploy.

kustomize says of each object which file it came from when a kustomization asks for it; the copy that is built asks. A
value stands in the base's file where that has it, in the patch that changed it, else in the kustomization.
"""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any

from soc2gate.declared.kubernetes import confined
from soc2gate.declared.kubernetes.confined import Copy
from soc2gate.declared.kubernetes.kustomize import OVER, Graph, graph_of
from soc2gate.declared.kubernetes.kustomize_lines import ORIGIN, Origins
from soc2gate.declared.kubernetes.manifests import Objects, objects_in
from soc2gate.declared.kubernetes.manifests import read as read_manifests
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Deployment, Root
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.resource import Problem, Reading, Span, Weight
from soc2gate.yaml_lines import Step, YamlValue, load_all


def read(root: Root, base: Path, options: ReadOptions) -> Reading:
    """What kustomize builds of an overlay; without it, the manifests as they stand, and a gap that says so."""
    overlay = _Overlay(root, base, options)
    try:
        return overlay.reading()
    except (InputError, RefusedError) as error:
        where = Span(error.path, error.line or 1, error.column or 1) if error.path else overlay.place
        weight = Weight.BROKEN if isinstance(error, RefusedError) else Weight.GAP
        overlay.problem(weight, f"kustomization {overlay.folder} was not built: {error.message}", where, error.hint)
        return overlay.as_it_stands()


class _Overlay:
    """One overlay on its way from files to objects."""

    def __init__(self, root: Root, base: Path, options: ReadOptions) -> None:
        self.root = root
        self.base = base
        self.options = options
        self.deployment = root.deployment or Deployment(root.path)
        self.folder = self.deployment.folder
        self.laid: dict[str, Any] = json.loads(self.deployment.overlay or "{}")
        added = [posixpath.normpath(posixpath.join(OVER, path)) for path in self.laid.get("components", ())]
        self.graph: Graph = graph_of(self.folder, base, options.limits, added)
        self.place = self.deployment.told_by or self.graph.place()
        self.problems: list[Problem] = list(self.graph.problems)
        self.unread: list[str] = [problem.message for problem in self.problems]
        self.renderer = ("", "")

    def reading(self) -> Reading:
        found = self._tool()
        if found is None:
            changes = ", ".join(self.graph.changes)
            message = "kustomize was not run, for there is none on PATH: manifests are judged as they stand"
            self.problem(
                Weight.GAP,
                message + (f", without {changes}" if changes else ""),
                self.graph.place(*self.graph.changes),
                f"put kubectl or kustomize on PATH, or scan what it builds: kubectl kustomize {self.folder}",
            )
            return self.as_it_stands()
        tool, command = found
        self.renderer = (tool.name, confined.version(tool))
        with confined.copied(self.base, self.options.limits) as copy:
            self._prepare(copy)
            built = self._lay_over(copy)
            ran = confined.run(tool, [command, f"./{built}"], copy)
            for path, target in copy.left_out.items():
                message = f"is a link that leaves the folder that is scanned, to {target}"
                self.problem(Weight.BROKEN, message, Span(path, 1), "what it leads to was not read")
        if ran.error:
            message = ran.error.split("\n")[0].removeprefix("error:").removeprefix("Error:").strip()
            message = message.replace(f"{copy.work}/", "")[:500]
            hint = "manifests are judged as they stand"
            self.problem(Weight.GAP, f"kustomization {self.folder} could not be built: {message}", self.place, hint)
            return self.as_it_stands()
        return self._finished(self._objects(ran.text, built))

    def _tool(self) -> tuple[Path, str] | None:
        for name, command in (("kustomize", "build"), ("kubectl", "kustomize")):
            tool = confined.find_tool(name, self.base, *filter(None, [self.options.repository]))
            if tool is not None:
                return tool, command
        return None

    # --- what kustomize is given --------------------------------------------------------------------------------------

    def _prepare(self, copy: Copy) -> None:
        """The files that take part, without what would be fetched, asking where every object comes from."""
        for file in sorted(self.graph.files):
            copy.add(file)
        for path in sorted(self.graph.secrets):
            copy.write(path, "soc2gate=keeps-no-secrets\n")
        left: dict[str, set[tuple[Step, ...]]] = {}
        for named, where in self.graph.elsewhere:
            left.setdefault(where.path, set()).add(named.steps)
            hint = "bring it into the repository, or scan what it builds: kubectl kustomize " + self.folder
            self.problem(Weight.GAP, f"kustomization names {named.entry}, which was not looked at", where, hint)
        for named, where in self.graph.missing:
            if not named.path.startswith(("../", "/")):
                wrong = "has no kustomization" if (self.base / named.path).is_dir() else "is not there"
                self.problem(Weight.GAP, f"kustomization names {named.entry}, which {wrong}", where)
        charts = [name for name in self.graph.changes if name.startswith("helmChart")]
        for file, document in self.graph.documents.items():
            data = document.data
            if not isinstance(data, dict):
                continue
            changed = _without(data, left.get(file, set()))
            for name in charts:
                if changed.pop(name, None):
                    message = f"its {name} are not rendered, and were not looked at"
                    self.problem(Weight.GAP, message, document.place((name,)), "scan what they render")
            if file == self.graph.file:
                asked = changed.get("buildMetadata")
                changed["buildMetadata"] = sorted({*(asked if isinstance(asked, list) else ()), "originAnnotations"})
            copy.write(file, json.dumps(changed))

    def _lay_over(self, copy: Copy) -> str:
        """The folder to build: the overlay, or what a deployment lays over it."""
        if not self.laid:
            return self.folder
        said = {**self.laid, "resources": [posixpath.relpath(self.folder, OVER)]}
        said["buildMetadata"] = ["originAnnotations"]
        copy.write(f"{OVER}/kustomization.yaml", json.dumps(said))
        return OVER

    # --- what it gives ------------------------------------------------------------------------------------------------

    def _objects(self, text: str, built: str) -> Objects:
        objects = Objects(self.root.path)
        origins = Origins(self.graph, built, self.base, self.options.limits, self.place)
        for document in load_all(text, self.graph.file):
            for path, data in objects_in(document.data):
                origin, bare = _origin(data)
                placed = origins.placing(bare, origin)
                filling = self.deployment.substitution
                if filling is None or not filling.fills(bare):
                    objects.take(document, path, bare, placed)
                else:
                    objects.take(document, path, filling.filled(bare), placed, filling.settle)
        return objects

    def as_it_stands(self) -> Reading:
        """The manifests that take part, as nobody patched them."""
        files = tuple(sorted({*self.graph.resources} - {*self.graph.patches}))
        standing = Root("kubernetes", self.root.path, files, deployment=self.root.deployment)
        plain = read_manifests(standing, self.base, self.options)
        return Reading(
            format="kubernetes",
            root=self.root.path,
            resources=plain.resources,
            problems=(*self.problems, *plain.problems),
            unread=(*self.unread, *plain.unread),
            files=self._files(),
            renderer=self.renderer,
        )

    def _files(self) -> tuple[str, ...]:
        filling = self.deployment.substitution
        return tuple(sorted({*self.graph.files, *self.root.files, *(filling.files if filling else ())}))

    def _finished(self, objects: Objects) -> Reading:
        return Reading(
            format="kubernetes",
            root=self.root.path,
            resources=tuple(objects.resources),
            problems=(*self.problems, *objects.problems),
            unread=tuple(self.unread),
            files=self._files(),
            rendered=True,
            renderer=self.renderer,
        )

    def problem(self, weight: Weight, message: str, where: Span, hint: str = "") -> None:
        self.problems.append(Problem(weight, "kustomize", message, where, hint))
        self.unread.append(message)


def _without(data: dict[str, YamlValue], left: set[tuple[Step, ...]]) -> dict[str, YamlValue]:
    """A kustomization without these list elements, named as (field, index, …)."""
    dropped = {steps[:2] for steps in left}
    return {
        name: [child for index, child in enumerate(value) if (name, index) not in dropped]
        if isinstance(value, list)
        else value
        for name, value in data.items()
    }


def _origin(data: dict[str, YamlValue]) -> tuple[str, dict[str, YamlValue]]:
    """Where an object comes from, and the object without the note that says so."""
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(annotations, dict) or ORIGIN not in annotations:
        return "", data
    told = str(annotations[ORIGIN])
    kept = {key: value for key, value in annotations.items() if key != ORIGIN}
    bare = {key: value for key, value in metadata.items() if key != "annotations"}
    return told, {**data, "metadata": {**bare, **({"annotations": kept} if kept else {})}}
