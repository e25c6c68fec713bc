"""What points at charts, overlays and folders of manifests: Argo CD, Flux, and Terraform's `helm_release`.

Each tells which path of which repository is deployed with which values. A path of this repository is followed; what
comes from elsewhere is not looked at, and a problem says so.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.declared.kubernetes.kustomize import OVER, kustomization_in
from soc2gate.declared.source import Deployment, Root
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.resource import Problem, RawResource, Reading, Span, Weight, root_of
from soc2gate.model.value import Text, Unknown, Value, as_json, first_unknown

if TYPE_CHECKING:
    from soc2gate.declared.kubernetes.substitution import Substitution

_ARGO = "argoproj.io/"
_FLUX = ".toolkit.fluxcd.io/"


@dataclass(slots=True)
class Pointed:
    """What the pointers of some readings lead to."""

    roots: list[Root] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    """Folders of plain manifests."""
    filled: list[tuple[str, Deployment]] = field(default_factory=list)
    """What a folder of plain manifests is called where something is filled into it, and what."""
    problems: list[Problem] = field(default_factory=list)

    def gap(self, message: str, where: Span, hint: str = "") -> None:
        self.problems.append(Problem(Weight.GAP, "deployments", message, where, hint))


def follow(readings: Iterable[Reading], base: Path, is_ours: Callable[[str], bool]) -> Pointed:
    """Everything that these readings point at; `is_ours` tells whether a URL is this repository's."""
    pointed = Pointed()
    every = list(readings)
    maps = {
        (_text(_at(raw.body, "metadata", "namespace")), _text(_at(raw.body, "metadata", "name"))): raw
        for reading in every
        for raw in reading.resources
        if raw.type == "v1 ConfigMap"
    }
    sources = {
        (str(raw.body.get("kind")), _text(_at(raw.body, "metadata", "name"))): _text(_at(raw.body, "spec", "url"))
        for reading in every
        for raw in reading.resources
        if raw.type.startswith("source.toolkit.fluxcd.io/")
    }
    for reading in every:
        for raw in reading.resources:
            pointer = _Pointer(raw, base, is_ours, sources, pointed, reading.environment, maps)
            if raw.type == "helm_release" and not raw.data:
                pointer.helm_release(root_of(reading.root, reading.environment))
            elif raw.type.startswith(_ARGO):
                pointer.argo()
            elif _FLUX in raw.type:
                pointer.flux()
    return pointed


class _Pointer:
    """One resource that points somewhere."""

    def __init__(
        self,
        raw: RawResource,
        base: Path,
        is_ours: Callable[[str], bool],
        sources: Mapping[tuple[str, str], str],
        into: Pointed,
        environment: str = "",
        maps: Mapping[tuple[str, str], RawResource] | None = None,
    ) -> None:
        self.raw = raw
        self.base = base
        self.is_ours = is_ours
        self.sources = sources
        self.into = into
        self.environment = environment
        self.maps = maps or {}
        self.stand_ins: list[tuple[str, Unknown]] = []
        self.told_in = [raw.where.path]
        """The files that say what is deployed: a change there changes everything that is."""

    # --- Argo CD ------------------------------------------------------------------------------------------------------

    def argo(self) -> None:
        kind = self.raw.type.rpartition(" ")[2]
        if kind == "ApplicationSet":
            self._argo_set()
        elif kind == "Application":
            self._application()

    def _argo_set(self) -> None:
        # Imported here: few repositories have one.
        from soc2gate.declared.kubernetes.application_sets import applications

        made = applications(self._spec(), self.base, self.is_ours)
        for message in made.gaps:
            self._gap(message, "scan the folders that they deploy")
        for body, files in made.applications:
            raw = replace(self.raw, body=body, address=f"{self.raw.address}/{_text(_at(body, 'metadata', 'name'))}")
            pointer = _Pointer(raw, self.base, self.is_ours, self.sources, self.into, self.environment)
            pointer.told_in += files
            pointer._application()

    def _application(self) -> None:
        spec = self._spec()
        many = spec.get("sources")
        sources = [one for one in (many if isinstance(many, list) else [spec.get("source")]) if isinstance(one, dict)]
        named = {f"${_text(one.get('ref'))}": one for one in sources if one.get("ref")}
        for source in sources:
            if source.get("ref") and not source.get("path") and not source.get("chart"):
                continue
            self._argo_source(source, named, _text(_at(spec, "destination", "namespace")))

    def _argo_source(
        self, source: Mapping[str, Value], named: Mapping[str, Mapping[str, Value]], namespace: str
    ) -> None:
        url = _text(source.get("repoURL"))
        if source.get("chart"):
            self._gap(f"chart {_text(source.get('chart'))} of {url} was not looked at", _ELSEWHERE)
            return
        path = self._local(source.get("path"), url)
        if path is None:
            return
        if source.get("plugin"):
            self._gap(f"a plugin renders {path}, which was not looked at", "scan what it renders")
        elif (self.base / path / "Chart.yaml").is_file():
            self._argo_chart(path, source.get("helm"), named, namespace)
        elif kustomization_in(path, self.base):
            said = source.get("kustomize")
            self._overlay(path, namespace, said if isinstance(said, dict) else {})
        else:
            self.into.folders.append(path)

    def _argo_chart(self, path: str, helm: Value, named: Mapping[str, Mapping[str, Value]], namespace: str) -> None:
        said = helm if isinstance(helm, dict) else {}
        values: list[tuple[str, str]] = []
        for given in _listed(said.get("valueFiles")):
            file = self._value_file(_text(given), path, named)
            if file and (self.base / file).is_file():
                values.append((file, ""))
            elif file is not None and said.get("ignoreMissingValueFiles") is not True:
                self._gap(f"its values file {_text(given)} is not there: rendered without it")
        values += [self._inline(said[key]) for key in ("values", "valuesObject") if said.get(key)]
        sets = []
        for entry in _listed(said.get("parameters")):
            if isinstance(entry, dict):
                flag = "--set-string" if _text(entry.get("forceString")).lower() == "true" else "--set"
                sets.append((flag, f"{_text(entry.get('name'))}={_escaped(self._stood(entry.get('value')))}"))
        if said.get("fileParameters"):
            self._gap("its fileParameters were not looked at: rendered without them")
        release = _text(said.get("releaseName")) or _text(_at(self.raw.body, "metadata", "name"))
        self._chart(path, values, sets, release, namespace)

    def _value_file(self, given: str, chart: str, named: Mapping[str, Mapping[str, Value]]) -> str | None:
        """A values file, relative to the base; None where it comes from elsewhere, which is then told."""
        if "://" in given:
            self._gap(f"its values file {given} was not looked at: rendered without it", _ELSEWHERE)
            return None
        head, _, rest = given.partition("/")
        if head in named:
            url = _text(named[head].get("repoURL"))
            if not self.is_ours(url):
                self._gap(f"its values file {given}, of {url}, was not looked at: rendered without it", _ELSEWHERE)
                return None
            return _inside(rest)
        # An absolute path begins where the repository does.
        return _inside(given.lstrip("/") if given.startswith("/") else posixpath.join(chart, given))

    # --- Flux ---------------------------------------------------------------------------------------------------------

    def flux(self) -> None:
        group, kind = self.raw.type.partition("/")[0], self.raw.type.rpartition(" ")[2]
        if group == "kustomize.toolkit.fluxcd.io" and kind == "Kustomization":
            self._flux_kustomization()
        elif group == "helm.toolkit.fluxcd.io" and kind == "HelmRelease":
            self._flux_release()

    def _flux_kustomization(self) -> None:
        spec = self._spec()
        path = self._local(spec.get("path") or ".", self._flux_source(spec.get("sourceRef")))
        if path is None:
            return
        filling = self._substitution(spec.get("postBuild"))
        if kustomization_in(path, self.base):
            fields = ("images", "patches", "components")
            self._overlay(path, _text(spec.get("targetNamespace")), spec, fields, filling)
        elif filling is not None:
            name = f"{path}@{self.raw.address}"
            self.into.filled.append((name, Deployment(path, told_by=self.raw.where, substitution=filling)))
        else:
            self.into.folders.append(path)

    def _substitution(self, said: Value) -> Substitution | None:
        """What `postBuild` fills in: literally, from ConfigMaps that stand here, and from what is not known."""
        if not isinstance(said, dict) or not said:
            return None
        # Imported here: few repositories have one.
        from soc2gate.declared.kubernetes.substitution import Substitution

        known: dict[str, str] = {}
        missing: list[str] = []
        files = {self.raw.where.path}
        own = _text(_at(self.raw.body, "metadata", "namespace"))
        for entry in _listed(said.get("substituteFrom")):
            name = _text(_at(entry, "name"))
            held = self.maps.get((own, name)) if _text(_at(entry, "kind")) == "ConfigMap" else None
            data = held.body.get("data") if held is not None else None
            if held is not None and isinstance(data, dict) and first_unknown(data) is None:
                files.add(held.where.path)
                known |= {key: _text(value) for key, value in data.items()}
            else:
                missing.append(f"{_text(_at(entry, 'kind'))} {name}")
        written = said.get("substitute")
        literal = written if isinstance(written, dict) else {}
        if missing:
            # A later one of them may say otherwise than a ConfigMap that is here.
            known.clear()
        # Another Kustomization may fill in what this one hands on.
        open_ = {key: getattr(first_unknown(value), "reason", "") for key, value in literal.items()}
        open_ = {key: why for key, why in open_.items() if why}
        known |= {key: _text(value) for key, value in literal.items() if key not in open_}
        reason = f"postBuild takes it from {' or '.join(missing)}, which is not here" if missing else ""
        return Substitution(tuple(sorted(known.items())), reason, tuple(sorted(open_.items())), tuple(sorted(files)))

    def _flux_release(self) -> None:
        spec = self._spec()
        chart = _at(spec, "chart", "spec")
        told = chart if isinstance(chart, dict) else {}
        name = _text(told.get("chart"))
        source = told.get("sourceRef")
        if not told or _text(_at(source, "kind")) != "GitRepository":
            what = name or _text(_at(spec, "chartRef", "name"))
            self._gap(f"chart {what} comes from a chart repository and was not looked at", _ELSEWHERE)
            return
        path = self._local(name, self._flux_source(source))
        if path is None:
            return
        values: list[tuple[str, str]] = []
        for given in _listed(told.get("valuesFiles")):
            # Flux reads them from the repository's top.
            file = _inside(_text(given))
            if file and (self.base / file).is_file():
                values.append((file, ""))
            else:
                self._gap(f"its values file {_text(given)} is not there: rendered without it")
        values += self._flux_values(spec.get("valuesFrom"))
        if spec.get("postRenderers"):
            self._gap("its postRenderers were not run: what they change was not looked at")
        if spec.get("values"):
            values.append(self._inline(spec["values"]))
        own = _text(_at(self.raw.body, "metadata", "namespace"))
        target = _text(spec.get("targetNamespace"))
        release = _text(spec.get("releaseName")) or "-".join(
            filter(None, [target, _text(_at(self.raw.body, "metadata", "name"))])
        )
        self._chart(path, values, [], release, target or own)

    def _flux_values(self, wanted: Value) -> Iterator[tuple[str, str]]:
        """Values of ConfigMaps that stand here; of all others, and of Secrets, a gap says that they are not known."""
        own = _text(_at(self.raw.body, "metadata", "namespace"))
        for entry in _listed(wanted):
            name = _text(_at(entry, "name"))
            held = self.maps.get((own, name)) if _text(_at(entry, "kind")) == "ConfigMap" else None
            text = _at(held.body, "data", _text(_at(entry, "valuesKey")) or "values.yaml") if held is not None else None
            if held is None or not isinstance(text, str) or _at(entry, "targetPath"):
                what = f"{_text(_at(entry, 'kind'))} {name}"
                self._gap(f"values that it takes from {what} are not known: rendered without them")
                continue
            self.told_in.append(held.where.path)
            yield f"ConfigMap {name}", text or "{}"

    def _flux_source(self, reference: Value) -> str:
        return self.sources.get((_text(_at(reference, "kind")), _text(_at(reference, "name"))), "")

    # --- Terraform ----------------------------------------------------------------------------------------------------

    def helm_release(self, root: str) -> None:
        body = self.raw.body
        chart = body.get("chart")
        if not isinstance(chart, str):
            self._gap("which chart it installs is not known: it was not looked at")
            return
        path = _inside(posixpath.join(root, chart)) if not chart.startswith("/") else None
        if body.get("repository") or "://" in chart or path is None or not (self.base / path / "Chart.yaml").is_file():
            where = f" of {_text(body.get('repository'))}" if isinstance(body.get("repository"), str) else ""
            self._gap(f"chart {chart}{where} was not looked at", _ELSEWHERE)
            return
        values = []
        given = body.get("values")
        if isinstance(given, list):
            for text in given:
                if isinstance(text, (str, Text)):
                    values += [self._inline(text)] if text else []
                else:
                    self._gap("some of its values are not known: rendered without them")
        elif given is not None:
            self._gap("its values are not known: rendered without them")
        sets = list(self._sets(body))
        namespace = body.get("namespace")
        self._chart(
            path, values, sets, self._stood(body.get("name")), self._stood(namespace) if namespace else "default"
        )

    def _sets(self, body: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
        # The provider lays them over the values in this order.
        for key in ("set", "set_list", "set_sensitive"):
            for entry in _listed(body.get(key)):
                if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                    self._gap(f"one of its `{key}` is not known: rendered without it")
                    continue
                if key == "set_list":
                    value = "{" + ",".join(self._stood(item) for item in _listed(entry.get("value"))) + "}"
                else:
                    value = self._stood(entry.get("value"))
                flag = {"string": "--set-string", "literal": "--set-literal"}.get(_text(entry.get("type")), "--set")
                yield flag, f"{entry['name']}={value}"
            if body.get(key) is not None and not isinstance(body.get(key), list):
                self._gap(f"its `{key}` is not known: rendered without it")

    # --- what they have in common -------------------------------------------------------------------------------------

    def _local(self, given: Value, url: str) -> str | None:
        """A path of this repository, relative to the base; None where it is another's, which is then told."""
        path = _inside(_text(given).removeprefix("./") or ".")
        if url and not self.is_ours(url):
            self._gap(f"{_text(given)} of {url} was not looked at", _ELSEWHERE)
            return None
        if path is None or not (self.base / path).is_dir():
            self._gap(f"{_text(given)} is not in this repository, and was not looked at", _ELSEWHERE)
            return None
        return path

    def _inline(self, value: Value) -> tuple[str, str]:
        """Values that stand in the pointer itself, as YAML."""
        name = f"values of {self.raw.address}"
        if isinstance(value, (str, Text, Unknown)):
            return name, self._stood(value) or "{}"
        return name, json.dumps(as_json(self._stood_in(value)))

    def _stood_in(self, value: Value) -> Value:
        if isinstance(value, dict):
            return {key: self._stood_in(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self._stood_in(child) for child in value]
        return value if first_unknown(value) is None else self._stood(value)

    def _stood(self, value: Value) -> str:
        """The value as text, with a stand-in for each part that is not known."""
        if isinstance(value, Text):
            text = ""
            for part in value.parts:
                # What is not known may begin with the space that YAML wants there.
                space = " " if text.endswith((":", "-")) else ""
                text += part if isinstance(part, str) else space + self._stand_in(part)
            return text
        if isinstance(value, Unknown):
            return self._stand_in(value)
        unknown = first_unknown(value)
        if unknown is not None:
            return self._stand_in(Unknown(getattr(unknown, "reason", "it is not wholly known")))
        return _text(value)

    def _stand_in(self, value: Unknown) -> str:
        text = f"s2g-not-known-{len(self.stand_ins) + 1}"
        self.stand_ins.append((text, value))
        return text

    def _chart(
        self,
        path: str,
        values: Sequence[tuple[str, str]],
        sets: Sequence[tuple[str, str]],
        release: str,
        namespace: str,
    ) -> None:
        if self.stand_ins:
            reasons = ", ".join(dict.fromkeys(value.reason for _, value in self.stand_ins))
            message = f"not all of its values are known ({reasons}): conditions on them in {path} may go another way"
            self._gap(message, "give the values, or scan what it renders")
        deployment = Deployment(
            path, tuple(values), tuple(sets), release, namespace, "", self.raw.where, tuple(self.stand_ins)
        )
        self._add("helm", deployment)

    def _overlay(
        self,
        path: str,
        namespace: str,
        said: Mapping[str, Value],
        fields: Sequence[str] = ("images", "patches", "components"),
        filling: Substitution | None = None,
    ) -> None:
        laid: dict[str, Value] = {}
        for name in fields:
            value = said.get(name)
            if name == "images" and isinstance(value, list):
                value = [_image(entry) if isinstance(entry, str) else entry for entry in value]
            if value and first_unknown(value) is None:
                laid[name] = value
        for name in ("namePrefix", "nameSuffix"):
            if isinstance(said.get(name), str):
                laid[name] = said[name]
        added = laid.pop("components", None)
        components = [self._component(entry, path) for entry in added] if isinstance(added, list) else []
        if any(components):
            laid["components"] = [each for each in components if each]
        if namespace and fields and self.raw.type.startswith("kustomize."):
            laid["namespace"] = namespace
        text = json.dumps(as_json(laid), sort_keys=True) if laid else ""
        self._add("kustomize", Deployment(path, overlay=text, told_by=self.raw.where, substitution=filling))

    def _component(self, entry: Value, path: str) -> str:
        """A component that is added to the kustomization in `path`; empty where it is none of this repository."""
        there = _inside(posixpath.join(path, _text(entry)))
        if "://" in _text(entry) or there is None or not kustomization_in(there, self.base):
            self._gap(f"the component {_text(entry)} that it adds to {path} was not looked at", _ELSEWHERE)
            return ""
        return posixpath.relpath(there, OVER)

    def _add(self, form: str, deployment: Deployment) -> None:
        root = f"{deployment.folder}@{self.raw.address}"
        self.into.roots.append(Root(form, root, tuple(self.told_in), self.environment, deployment))

    def _spec(self) -> Mapping[str, Value]:
        spec = self.raw.body.get("spec")
        return spec if isinstance(spec, dict) else {}

    def _gap(self, message: str, hint: str = "") -> None:
        self.into.gap(f"{self.raw.address}: {message}", self.raw.where, hint)


_ELSEWHERE = "scan it where it stands, or scan what it renders"


def _image(text: str) -> dict[str, Value]:
    """`name=new/name:tag@digest`, as Argo CD writes an image."""
    name, _, new = text.rpartition("=")
    new, _, digest = new.partition("@")
    head, colon, tag = new.rpartition(":")
    plain = head if colon and "/" not in tag else new
    image: dict[str, Value] = {"name": name or plain}
    if name:
        image["newName"] = plain
    if colon and "/" not in tag:
        image["newTag"] = tag
    if digest:
        image["digest"] = digest
    return image


def _escaped(text: str) -> str:
    """A comma would begin the next of helm's values."""
    return text.replace(",", "\\,")


def _inside(path: str) -> str | None:
    path = posixpath.normpath(path or ".")
    return None if path == ".." or path.startswith(("../", "/")) else path


def _at(value: Value | Mapping[str, Value], *steps: str) -> Value:
    found: Value | Mapping[str, Value] = value
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if not isinstance(found, Mapping) else dict(found)


def _listed(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list) else []


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else ""
