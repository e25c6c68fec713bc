"""Helm charts: rendered by real helm, confined, and found at the lines of their templates."""

from __future__ import annotations

import http.server
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from soc2gate import reading
from soc2gate.config import Config
from soc2gate.declared.kubernetes import confined
from soc2gate.declared.kubernetes.helm_lines import template_lines
from soc2gate.declared.options import Limits, ReadOptions
from soc2gate.declared.source import Root
from soc2gate.model.resource import RawResource, Span
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import Text, Unknown
from soc2gate.reading import ReadRoots
from soc2gate.request import Request

CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
DEPLOYMENT = """\
{{- /* what the shop runs on */}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: "nginx:{{ .Values.tag }}"
          {{- with .Values.securityContext }}
          securityContext:
            {{- toYaml . | nindent 12 }}
          {{- end }}
"""
VALUES = "replicas: 2\ntag: '1.27'\nsecurityContext:\n  privileged: false\n"
FILES = {"web/Chart.yaml": CHART, "web/values.yaml": VALUES, "web/templates/deployment.yaml": DEPLOYMENT}

helm = pytest.mark.helm


def tree(base: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return base


def request_of(base: Path, config: Config | None = None, paths: Sequence[str] = (".",)) -> Request:
    now = "2026-06-01T12:00:00Z"
    rules = RuleSet({}, {}, {}, {})
    return Request(tuple(paths), base, config or Config(), rules, now, lambda: now)


def read(base: Path, config: Config | None = None, paths: Sequence[str] = (".",)) -> ReadRoots:
    request = request_of(base, config, paths)
    return reading.read_roots(reading.find(request).roots, request)


def objects(read: ReadRoots) -> dict[tuple[str, str], RawResource]:
    return {(reading.root, raw.address): raw for reading in read.readings for raw in reading.resources}


def told(read: ReadRoots) -> list[tuple[str, str]]:
    problems = [*read.problems, *(problem for reading in read.readings for problem in reading.problems)]
    return [(problem.weight.value, problem.message) for problem in problems]


def part(value: object, *steps: str | int) -> Any:
    """What stands in an object at a path."""
    for step in steps:
        value = cast(Any, value)[step]
    return value


@pytest.fixture
def tools(kubernetes_tools: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", kubernetes_tools)


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))


@helm
@pytest.mark.usefixtures("tools")
def test_a_chart_is_judged_as_helm_renders_it(tmp_path: Path) -> None:
    found = read(tree(tmp_path, FILES))
    assert told(found) == []
    raw = objects(found)["web", "Deployment/web"]
    container = part(raw.body, "spec", "template", "spec", "containers", 0)
    assert container == {"name": "web", "image": "nginx:1.27", "securityContext": {"privileged": False}}


@helm
@pytest.mark.usefixtures("tools")
def test_every_part_of_an_object_stands_at_its_line_of_the_template(tmp_path: Path) -> None:
    raw = objects(read(tree(tmp_path, FILES)))["web", "Deployment/web"]
    path = "web/templates/deployment.yaml"
    lines = DEPLOYMENT.split("\n")

    def line(part: str) -> str:
        place = raw.places[part]
        assert isinstance(place, Span)
        assert place.path == path
        return lines[place.line - 1].strip()

    assert (raw.where.path, raw.where.line) == (path, 2)
    assert line("spec.replicas") == "replicas: {{ .Values.replicas }}"
    assert line("spec.template.spec.containers[0].image") == 'image: "nginx:{{ .Values.tag }}"'
    assert line("spec.template.spec.containers[0].securityContext") == "securityContext:"
    assert line("spec.template.spec.containers[0].securityContext.privileged") == "{{- toYaml . | nindent 12 }}"
    assert line("metadata.name") == "name: {{ .Release.Name }}"
    assert line("spec.template.metadata.labels") == "labels:"


def test_lines_that_a_loop_makes_again_stand_where_the_loop_has_them() -> None:
    template = "a:\n{{- range .Values.names }}\n  - name: {{ . }}\n    size: 1\n{{- end }}\nz: 1\n"
    rendered = "a:\n  - name: x\n    size: 1\n  - name: y\n    size: 1\nz: 1\n"
    assert template_lines(template, rendered)[:6] == [1, 3, 4, 3, 4, 6]


@helm
@pytest.mark.usefixtures("tools")
def test_a_namespace_that_nobody_chose_is_not_known(tmp_path: Path) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": "{name: c}"}
    text = "".join(f"{key}: {value}\n" for key, value in config.items())
    files = {**FILES, "web/templates/c.yaml": text + "data:\n  host: db.{{ .Release.Namespace }}.svc\n"}
    found = objects(read(tree(tmp_path, files)))
    assert "namespace" not in part(found["web", "Deployment/web"].body, "metadata")
    host = part(found["web", "ConfigMap/c"].body, "data", "host")
    assert isinstance(host, Text)
    assert [part for part in host.parts if isinstance(part, str)] == ["db.", ".svc"]


@helm
@pytest.mark.usefixtures("tools")
def test_each_environment_with_values_beside_the_chart_is_judged(tmp_path: Path) -> None:
    files = {
        **FILES,
        "web/values-prod.yaml": "replicas: 5\n",
        "web/environments/dev.yaml": "replicas: 1\n",
        "web/ci/test-values.yaml": "replicas: 9\n",
    }
    found = objects(read(tree(tmp_path, files)))
    assert {root: part(raw.body, "spec", "replicas") for (root, _), raw in found.items()} == {
        "web": 2,
        "web (dev)": 1,
        "web (prod)": 5,
    }


@helm
@pytest.mark.usefixtures("tools")
def test_configured_environments_are_judged_and_no_others(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            **FILES,
            "web/values-old.yaml": "replicas: 9\n",
            "live/prod.yaml": "replicas: 5\n",
            "soc2gate.yaml": "roots:\n- path: web\n  namespace: shop\n"
            "  environments: [{name: prod, var_files: [../live/prod.yaml]}]\n",
        },
    )
    from soc2gate.config import load

    found = read(tmp_path, load(tmp_path, base=tmp_path))
    assert list(objects(found)) == [("web (prod)", "Deployment/shop/web")]
    assert found.readings[0].files == (
        "live/prod.yaml",
        "web/Chart.yaml",
        "web/templates/deployment.yaml",
        "web/values.yaml",
    )


@pytest.mark.usefixtures("no_tools")
def test_without_helm_a_chart_is_a_gap_that_says_what_was_not_looked_at(tmp_path: Path) -> None:
    found = read(tree(tmp_path, FILES))
    assert told(found) == [
        ("gap", "Helm chart web was not rendered: there is no helm on PATH: 1 template not looked at")
    ]
    assert found.readings[0].unread


@helm
@pytest.mark.usefixtures("tools")
def test_a_chart_that_cannot_be_rendered_says_where(tmp_path: Path) -> None:
    files = {**FILES, "web/templates/bad.yaml": 'a: 1\nb: {{ required "a password is needed" .Values.password }}\n'}
    found = read(tree(tmp_path, files))
    ((weight, message),) = told(found)
    assert weight == "gap"
    assert "a password is needed" in message
    where = found.readings[0].problems[0].where
    assert isinstance(where, Span)
    assert (where.path, where.line) == ("web/templates/bad.yaml", 2)


@helm
@pytest.mark.usefixtures("tools")
def test_a_chart_beside_this_one_that_it_depends_on_is_part_of_it(tmp_path: Path) -> None:
    files = {
        **FILES,
        "web/Chart.yaml": CHART + "dependencies:\n- name: db\n  version: '*'\n  repository: file://../db\n",
        "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "db/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: db\n",
    }
    found = read(tree(tmp_path, files))
    assert told(found) == []
    assert sorted(objects(found)) == [("web", "Deployment/web"), ("web", "Pod/db")]
    assert objects(found)["web", "Pod/db"].where == Span("db/templates/pod.yaml", 1, 1, 4)


@helm
@pytest.mark.usefixtures("tools")
def test_a_dependency_that_is_not_there_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    more = "dependencies:\n- name: redis\n  version: 1.x\n  repository: https://charts.example.org\n"
    found = read(tree(tmp_path, {**FILES, "web/Chart.yaml": CHART + more}))
    why = "its dependency redis (https://charts.example.org) is not in charts/, and was not looked at"
    assert told(found) == [("gap", f"Helm chart web: {why}")]
    assert list(objects(found)) == [("web", "Deployment/web")]


@helm
@pytest.mark.usefixtures("tools")
def test_a_library_chart_installs_nothing(tmp_path: Path) -> None:
    found = read(tree(tmp_path, {**FILES, "web/Chart.yaml": CHART + "type: library\n"}))
    assert (told(found), objects(found)) == ([], {})


# --- confinement ------------------------------------------------------------------------------------------------------


@helm
@pytest.mark.usefixtures("tools")
def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, {"secret.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: outside}\n"})
    base = tree(tmp_path / "repository", FILES)
    os.symlink("../../../secret.yaml", base / "web/templates/link.yaml")
    found = read(base)
    assert list(objects(found)) == [("web", "Deployment/web")]
    assert any(weight == "broken" and "leaves the folder that is scanned" in message for weight, message in told(found))


@helm
@pytest.mark.usefixtures("tools")
def test_templates_see_nothing_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2G_SECRET", "hunter2")
    probe = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: probe}\ndata:\n"
        '  file: {{ .Files.Get "../../secret" | quote }}\n'
        '  passwd: {{ .Files.Get "/etc/passwd" | quote }}\n'
        '  address: {{ getHostByName "localhost" | quote }}\n'
        '  pods: {{ lookup "v1" "Pod" "default" "" | toJson | quote }}\n'
    )
    tree(tmp_path, {"secret": "hunter2"})
    found = objects(read(tree(tmp_path / "repository", {**FILES, "web/templates/probe.yaml": probe})))
    assert found["web", "ConfigMap/probe"].body["data"] == {"file": "", "passwd": "", "address": "", "pods": "{}"}


@helm
@pytest.mark.usefixtures("tools")
def test_a_template_without_an_end_is_stopped(tmp_path: Path) -> None:
    loop = "a: {{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}\n"
    base = tree(tmp_path, {**FILES, "web/templates/loop.yaml": loop})
    request = request_of(base)
    (root,) = reading.find(request).roots
    options = replace(reading.options_for(root, request), limits=Limits(render_seconds=1))
    from soc2gate.declared.kubernetes.helm import read as read_chart

    read = read_chart(root, base, options)
    assert "it was stopped" in read.problems[0].message
    assert read.resources == ()


@helm
@pytest.mark.usefixtures("tools")
def test_a_chart_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    from soc2gate.declared.kubernetes.helm import read as read_chart

    base = tree(tmp_path, FILES)
    reading = read_chart(Root("helm", "web", ()), base, ReadOptions(limits=Limits(rendered_bytes=100)))
    assert [problem.weight.value for problem in reading.problems] == ["broken"]
    assert "100 bytes" in reading.problems[0].message


def test_a_program_in_the_scanned_folder_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tmp_path / "repository" / "bin"
    tree(tmp_path, {"repository/bin/helm": "#!/bin/sh\ntouch /tmp/ran\n", "tools/helm": "#!/bin/sh\n"})
    for folder in (ours, tmp_path / "tools"):
        (folder / "helm").chmod(0o755)
    os.symlink(ours / "helm", tmp_path / "helm")
    monkeypatch.chdir(ours)
    monkeypatch.setenv("PATH", os.pathsep.join([str(ours), ".", "", str(tmp_path), str(tmp_path / "tools")]))
    assert confined.find_tool("helm", tmp_path / "repository") == tmp_path / "tools" / "helm"


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that tells who asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"apiVersion: v1\nkind: Pod\nmetadata: {name: fetched}\n")

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}", asked
        made.shutdown()
        thread.join()


@helm
@pytest.mark.usefixtures("tools")
def test_what_a_kustomization_would_fetch_is_a_gap_and_nobody_is_asked(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    tree(
        tmp_path,
        {
            "app/kustomization.yaml": f"resources:\n- {url}/pod.yaml\n- pod.yaml\nnamePrefix: x-\n",
            "app/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: here}\n",
        },
    )
    found = read(tmp_path)
    assert list(objects(found)) == [("app", "Pod/x-here")]
    assert told(found) == [("gap", f"kustomization names {url}/pod.yaml, which was not looked at")]
    assert asked == []


@helm
@pytest.mark.usefixtures("tools")
def test_a_child_that_asks_the_network_all_the_same_gets_no_answer(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    if not confined._without_network():
        pytest.skip("this kernel gives no network namespaces to us; what would be fetched is refused before")
    tree(tmp_path, {"kustomization.yaml": f"resources:\n- {url}/pod.yaml\n"})
    tool = confined.find_tool("kubectl")
    assert tool is not None
    with confined.copied(tmp_path, Limits()) as copy:
        copy.add("kustomization.yaml")
        ran = confined.run(tool, ["kustomize", "."], copy)
    assert ran.error
    assert asked == []
    # The same without being confined does ask: the test would notice.
    subprocess.run([str(tool), "kustomize", str(tmp_path)], capture_output=True, check=False)
    assert asked


def test_unknown_stays_unknown_in_what_is_rendered() -> None:
    from soc2gate.declared.kubernetes.stand_ins import StandIns

    arn = Unknown("known after apply", not_null=True)
    stand_ins = StandIns([("s2g-not-known-1", arn)], known_namespace=True)
    assert stand_ins.settle({"a": "s2g-not-known-1", "b": ["x/s2g-not-known-1"]}) == {
        "a": arn,
        "b": [Text(("x/", arn))],
    }
