"""Kustomize overlays: built by real kustomize, confined, and found in bases, patches and kustomizations."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_charts import objects, part, read, told, tree

from soc2gate.model.resource import Span
from soc2gate.model.value import Unknown

helm = pytest.mark.helm

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: side
          image: side
        - name: web
          image: nginx
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          securityContext:
            privileged: true
"""
FILES = {
    "base/deployment.yaml": BASE,
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "overlays/prod/patch.yaml": PATCH,
    "overlays/prod/kustomization.yaml": (
        "resources: [../../base]\nnamePrefix: prod-\nnamespace: shop\n"
        "replicas:\n- name: web\n  count: 3\npatches:\n- path: patch.yaml\n"
    ),
}


@pytest.fixture
def tools(kubernetes_tools: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", kubernetes_tools)


@pytest.fixture
def no_tools(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("empty")))


@helm
@pytest.mark.usefixtures("tools")
def test_an_overlay_is_judged_as_kustomize_builds_it_and_its_base_as_part_of_it(tmp_path: Path) -> None:
    found = read(tree(tmp_path, FILES))
    assert told(found) == []
    ((key, raw),) = objects(found).items()
    assert key == ("overlays/prod", "Deployment/shop/prod-web")
    assert raw.body["metadata"] == {"name": "prod-web", "namespace": "shop"}
    assert found.readings[0].files == tuple(sorted(FILES))


@helm
@pytest.mark.usefixtures("tools")
def test_values_stand_in_the_base_the_patch_or_the_kustomization(tmp_path: Path) -> None:
    raw = objects(read(tree(tmp_path, FILES)))["overlays/prod", "Deployment/shop/prod-web"]

    def at(path: str) -> tuple[str, int]:
        place = raw.places[path]
        assert isinstance(place, Span)
        return place.path, place.line

    containers = part(raw.body, "spec", "template", "spec", "containers")
    web = next(index for index, item in enumerate(containers) if item["name"] == "web")
    assert (raw.where.path, raw.where.line) == ("base/deployment.yaml", 1)
    assert at(f"spec.template.spec.containers[{web}].image") == ("base/deployment.yaml", 17)
    assert at(f"spec.template.spec.containers[{web}].securityContext.privileged") == ("overlays/prod/patch.yaml", 11)
    assert at("spec.replicas") == ("overlays/prod/kustomization.yaml", 4)
    assert at("metadata.namespace") == ("overlays/prod/kustomization.yaml", 3)
    assert at("metadata.name") == ("overlays/prod/kustomization.yaml", 2)


@helm
@pytest.mark.usefixtures("tools")
def test_patches_written_as_operations_or_inside_the_kustomization_are_places_too(tmp_path: Path) -> None:
    kustomization = (
        "resources: [deployment.yaml]\n"
        "patches:\n"
        "- target: {kind: Deployment}\n"
        "  patch: |\n"
        "    - op: add\n"
        "      path: /spec/template/spec/hostNetwork\n"
        "      value: true\n"
        "- patch: |-\n"
        "    apiVersion: apps/v1\n"
        "    kind: Deployment\n"
        "    metadata: {name: web}\n"
        "    spec:\n"
        "      paused: true\n"
    )
    found = read(tree(tmp_path, {"deployment.yaml": BASE, "kustomization.yaml": kustomization}))
    raw = objects(found)[".", "Deployment/web"]
    assert raw.places["spec.template.spec.hostNetwork"] == Span("kustomization.yaml", 5, 7, 7)
    paused = raw.places["spec.paused"]
    assert isinstance(paused, Span)
    assert (paused.path, paused.line) == ("kustomization.yaml", 13)


@helm
@pytest.mark.usefixtures("tools")
def test_secrets_that_are_kept_elsewhere_do_not_stop_the_build(tmp_path: Path) -> None:
    more = "secretGenerator:\n- name: s\n  envs: [.env.secret]\n"
    found = read(tree(tmp_path, {"d.yaml": BASE, "kustomization.yaml": "resources: [d.yaml]\n" + more}))
    assert told(found) == []
    (secret,) = (raw for raw in objects(found).values() if raw.type == "v1 Secret")
    assert [type(value) for value in part(secret.body, "data").values()] == [Unknown]
    assert secret.where.path == "kustomization.yaml"


@helm
@pytest.mark.usefixtures("tools")
def test_an_overlay_that_cannot_be_built_is_a_gap_and_its_manifests_are_judged_as_they_stand(tmp_path: Path) -> None:
    files = {**FILES, "overlays/prod/patch.yaml": PATCH.replace("name: web\nspec", "name: gone\nspec")}
    found = read(tree(tmp_path, files))
    ((weight, message),) = told(found)
    assert weight == "gap"
    assert message.startswith("kustomization overlays/prod could not be built: ")
    assert "/tmp/" not in message
    assert list(objects(found)) == [("overlays/prod", "Deployment/web")]


def test_what_a_tool_logs_of_its_failure_is_told_without_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kubectl of Google's SDK says it."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    tool = tmp_path / "bin" / "kubectl"
    tool.parent.mkdir()
    line = 'E$(/bin/date "+%m%d %H:%M:%S.%N")   $$ run.go:72] \\"command failed\\" err=\\"no matches for Id\\"'
    tool.write_text(f'#!/bin/sh\necho "{line}" >&2\nexit 1\n')
    tool.chmod(0o755)
    found = read(tree(tmp_path / "code", FILES))
    assert told(found) == [("gap", 'kustomization overlays/prod could not be built: "no matches for Id"')]


@helm
@pytest.mark.usefixtures("tools")
def test_a_folder_without_a_kustomization_is_said_to_have_none(tmp_path: Path) -> None:
    files = {"base/web.yaml": BASE, "over/kustomization.yaml": "resources: [../base]\nnamePrefix: a-\n"}
    messages = [message for _, message in told(read(tree(tmp_path, files)))]
    assert messages[0] == "kustomization names ../base, which has no kustomization"


@pytest.mark.usefixtures("no_tools")
def test_without_kustomize_manifests_are_judged_as_they_stand_and_a_gap_says_without_what(tmp_path: Path) -> None:
    found = read(tree(tmp_path, FILES))
    assert told(found) == [
        (
            "gap",
            "kustomize was not run, for there is none on PATH: manifests are judged as they stand, without patches, "
            "replicas, namePrefix, namespace",
        )
    ]
    assert list(objects(found)) == [("overlays/prod", "Deployment/web")]


@pytest.mark.usefixtures("no_tools")
def test_a_kustomization_that_only_lists_manifests_needs_no_kustomize(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if name.startswith("base/")}
    found = read(tree(tmp_path, files))
    assert (told(found), list(objects(found))) == ([], [(".", "Deployment/web")])


@helm
@pytest.mark.usefixtures("tools")
def test_a_base_outside_the_repository_is_broken(tmp_path: Path) -> None:
    tree(tmp_path, {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": BASE})
    repository = tmp_path / "repository"
    found = read(tree(repository, {"app/kustomization.yaml": "resources: [../../base]\nnamePrefix: x-\n"}))
    assert ("broken", "names ../../base, outside the folder that is scanned") in told(found)
    assert objects(found) == {}


@helm
@pytest.mark.usefixtures("tools")
def test_charts_that_a_kustomization_would_render_are_a_gap(tmp_path: Path) -> None:
    more = "helmCharts:\n- name: redis\n  repo: https://charts.example.org\n"
    found = read(tree(tmp_path, {"d.yaml": BASE, "kustomization.yaml": "resources: [d.yaml]\n" + more}))
    assert told(found) == [("gap", "its helmCharts are not rendered, and were not looked at")]
    assert list(objects(found)) == [(".", "Deployment/web")]
