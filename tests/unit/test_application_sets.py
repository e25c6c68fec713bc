"""Argo CD's ApplicationSets: what the files decide is judged, and what only Argo CD knows is a gap that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_charts import FILES as CHART
from test_charts import objects, read, told, tree
from test_overlays import FILES as OVERLAY
from test_pointers import URL, repository, tools

__all__ = ["repository", "tools"]


def pod(name: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: a}}]}}\n"


APPS = {"apps/web/pod.yaml": pod("web"), "apps/api/pod.yaml": pod("api"), "apps/old/pod.yaml": pod("old")}


def application_set(generators: list[dict[str, Any]], source: dict[str, Any], name: str, **more: Any) -> str:
    """JSON, which is YAML."""
    template = {
        "metadata": {"name": name},
        "spec": {"source": {"repoURL": URL, **source}, "destination": {"namespace": "shop", "name": "{{name}}"}},
    }
    return json.dumps(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "ApplicationSet",
            "metadata": {"name": "all", "namespace": "argocd"},
            "spec": {"generators": generators, "template": template, **more},
        }
    )


def git(**what: Any) -> dict[str, Any]:
    return {"git": {"repoURL": URL, "revision": "HEAD", **what}}


def judged(base: Path, written: str, files: dict[str, str]) -> tuple[set[tuple[str, str]], list[str]]:
    """What is judged because of the set, and what is said of it."""
    found = read(tree(base, {**files, "argo/set.yaml": written}), paths=["argo"])
    keys = {key for key in objects(found) if not key[1].startswith("ApplicationSet")}
    return keys, [message.removeprefix("ApplicationSet/argocd/all: ") for _, message in told(found)]


@pytest.mark.parametrize(
    ("path", "go"), [("{{path}}", False), ("{{ .path.path }}", True), ("apps/{{index .path.segments 1}}", True)]
)
def test_folders_of_this_repository_are_followed_less_those_left_out(repository: Path, path: str, go: bool) -> None:
    generator = git(directories=[{"path": "apps/*"}, {"path": "apps/old", "exclude": True}])
    name = "{{.path.basename}}" if go else "{{path.basename}}"
    written = application_set([generator], {"path": path}, name, goTemplate=go)
    assert judged(repository, written, APPS) == ({("apps/web", "Pod/web"), ("apps/api", "Pod/api")}, [])


@pytest.mark.helm
@pytest.mark.usefixtures("tools")
def test_a_list_tells_charts_and_overlays_their_values(repository: Path) -> None:
    elements = [
        {"stage": "prod", "path": "web", "file": "prod.yaml"},
        {"stage": "test", "path": "web", "file": "t.yaml"},
    ]
    source = {"path": "{{path}}", "helm": {"valueFiles": ["{{file}}"], "releaseName": "shop-{{stage}}"}}
    files = {**CHART, "web/prod.yaml": "replicas: 5\n", "web/t.yaml": "replicas: 1\n"}
    written = application_set([{"list": {"elements": elements}}], source, "web-{{stage}}")
    found = read(tree(repository, {**files, "argo/set.yaml": written}), paths=["argo"])
    assert told(found) == []
    replicas = {key: raw.body["spec"]["replicas"] for key, raw in objects(found).items() if "Deployment" in key[1]}  # type: ignore[index,call-overload]
    assert replicas == {
        ("web@ApplicationSet/argocd/all/web-prod", "Deployment/shop/shop-prod"): 5,
        ("web@ApplicationSet/argocd/all/web-test", "Deployment/shop/shop-test"): 1,
    }


@pytest.mark.helm
@pytest.mark.usefixtures("tools")
def test_what_a_cluster_decides_is_unknown_and_what_it_does_not_is_judged(repository: Path) -> None:
    written = application_set([{"clusters": {}}], {"path": "overlays/prod"}, "{{name}}-web")
    keys, said = judged(repository, written, OVERLAY)
    assert keys == {("overlays/prod@ApplicationSet/argocd/all/web", "Deployment/shop/prod-web")}
    assert said == []
    written = application_set([{"clusters": {}}], {"path": "overlays/{{name}}"}, "{{name}}-web")
    keys, said = judged(repository, written, OVERLAY)
    assert keys == set()
    gap = "the Applications whose source needs {{name}}, of clusters that only Argo CD knows, were not looked at"
    assert said == [gap]


def test_a_matrix_crosses_its_halves_and_the_second_may_use_the_first(repository: Path) -> None:
    stages = {"list": {"elements": [{"stage": "prod"}, {"stage": "test"}]}}
    files = {f"{stage}/{name}/pod.yaml": pod(name) for stage, name in (("prod", "a"), ("prod", "b"), ("test", "a"))}
    matrix = {"matrix": {"generators": [stages, git(directories=[{"path": "{{stage}}/*"}])]}}
    written = application_set([matrix], {"path": "{{path}}"}, "{{stage}}-{{path.basename}}")
    keys, said = judged(repository, written, files)
    assert keys == {("prod/a", "Pod/a"), ("prod/b", "Pod/b"), ("test/a", "Pod/a")}
    assert said == []


def test_files_of_this_repository_give_parameters(repository: Path) -> None:
    files = {
        **APPS,
        "clusters/eu/config.json": '{"app": {"path": "apps/web"}}',
        "clusters/us/config.yaml": "app: {path: apps/api}\n",
    }
    written = application_set(
        [git(files=[{"path": "clusters/*/config.*"}])], {"path": "{{app.path}}"}, "{{path.basename}}"
    )
    assert judged(repository, written, files) == ({("apps/web", "Pod/web"), ("apps/api", "Pod/api")}, [])


@pytest.mark.parametrize(
    ("generator", "source", "more", "said"),
    [
        ({"pullRequest": {}}, "apps/web", {}, "the Applications of its pullRequest generator were not looked at"),
        (
            {"git": {"repoURL": "https://github.com/acme/other", "directories": [{"path": "*"}]}},
            "{{path}}",
            {},
            "what its git generator finds in https://github.com/acme/other was not looked at",
        ),
        (
            {"list": {"elements": [{"a": "b"}]}},
            "apps/{{b}}",
            {},
            "the Applications whose source needs {{b}}, of what is not known here, were not looked at",
        ),
        (
            {"list": {"elements": [{"a": "web"}]}},
            "apps/{{ .a | lower }}",
            {"goTemplate": True},
            "the Applications whose source needs {{ .a | lower }}, of what is not known here, were not looked at",
        ),
        (
            {"matrix": {"generators": [{"list": {"elements": [{"a": "b"}]}}] * 3}},
            "apps/web",
            {},
            "the Applications of its matrix generator were not looked at",
        ),
        (
            {"list": {"elementsYaml": "a: web\n"}},
            "apps/web",
            {},
            "the elements that its elementsYaml gives were not looked at",
        ),
    ],
    ids=["pull-requests", "another-repository", "unknown-parameter", "function", "halves", "no-list"],
)
def test_what_only_argo_knows_is_a_gap(
    repository: Path, generator: dict[str, Any], source: str, more: dict[str, Any], said: str
) -> None:
    written = application_set([generator], {"path": source}, "x", **more)
    assert judged(repository, written, APPS) == (set(), [said])


def test_one_of_several_sources_that_is_not_known_is_a_gap(repository: Path) -> None:
    sources = [{"repoURL": URL, "path": "apps/web"}, {"repoURL": URL, "path": "apps/{{name}}"}]
    written = application_set([{"clusters": {}}], {}, "{{name}}").replace(
        json.dumps({"source": {"repoURL": URL}})[1:-1], json.dumps({"sources": sources})[1:-1]
    )
    keys, said = judged(repository, written, APPS)
    assert keys == set()
    assert said == [
        "the Applications whose source needs {{name}}, of clusters that only Argo CD knows, were not looked at"
    ]


def test_folders_whose_names_begin_with_a_dot_are_passed_over(repository: Path) -> None:
    files = {**APPS, "apps/.hidden/pod.yaml": pod("hidden")}
    written = application_set([git(directories=[{"path": "apps/*"}])], {"path": "{{path}}"}, "{{path.basename}}")
    keys, said = judged(repository, written, files)
    assert {address for _, address in keys} == {"Pod/web", "Pod/api", "Pod/old"}
    assert said == []


def test_a_generators_own_template_says_what_differs(repository: Path) -> None:
    # Argo CD writes every field of a template back, and those that say nothing change nothing.
    own = {"metadata": {"name": ""}, "spec": {"project": "", "source": {"repoURL": "", "path": "apps/api"}}}
    generators = [{"list": {"elements": [{"a": "b"}], "template": own}}]
    keys, said = judged(repository, application_set(generators, {"path": "apps/web"}, "x"), APPS)
    assert (keys, said) == ({("apps/api", "Pod/api")}, [])


@pytest.mark.parametrize("name", ["{{ .name | lower }}", "web", '{{ printf "%s" .name }}-{{.name}}'])
def test_names_that_are_not_worked_out_are_not_taken_for_one_name(repository: Path, name: str) -> None:
    elements = [{"name": "web"}, {"name": "api"}]
    written = application_set([{"list": {"elements": elements}}], {"path": "apps/{{.name}}"}, name, goTemplate=True)
    every = {("apps/web", "Pod/web"), ("apps/api", "Pod/api")}
    # Argo CD refuses a second Application of one name.
    assert judged(repository, written, APPS) == (every if "{{" in name else {("apps/web", "Pod/web")}, [])


def test_a_patch_or_a_selector_is_told_beside_what_is_judged(repository: Path) -> None:
    generator = git(directories=[{"path": "apps/web"}]) | {"selector": {"matchLabels": {"a": "b"}}}
    written = application_set([generator], {"path": "{{path}}"}, "x", templatePatch="spec: {}\n")
    keys, said = judged(repository, written, APPS)
    assert keys == {("apps/web", "Pod/web")}
    assert len(said) == 2


def test_a_set_that_makes_endless_applications_ends(repository: Path) -> None:
    many = {"list": {"elements": [{"n": str(number)} for number in range(200)]}}
    renamed = {"list": {"elements": [{"m": str(number)} for number in range(200)]}}
    written = application_set([{"matrix": {"generators": [many, renamed]}}], {"path": "apps/web"}, "{{n}}-{{m}}")
    _, said = judged(repository, written, APPS)
    assert said == ["it makes more than 500 Applications; the rest was not looked at"]
