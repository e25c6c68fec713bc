"""Flux's postBuild: what it fills in is judged, and what only a Secret tells is unknown in just that place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_charts import objects, part, read, told, tree
from test_pointers import URL, repository, tools

from soc2gate.declared.kubernetes.substitution import Substitution
from soc2gate.model.resource import Span
from soc2gate.model.value import Text, Unknown

__all__ = ["repository", "tools"]

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: "${space:=shop}"}
spec:
  replicas: ${replicas}
  template:
    spec:
      hostNetwork: "${host}"
      containers:
      - name: web
        image: "${registry}/web:${tag:-1.0}"
        args: ["$${HOME}", "${nothing}", "$plain"]
"""


def flux(post_build: dict[str, Any], path: str = "./apps") -> str:
    source = {"kind": "GitRepository", "name": "shop"}
    spec = {"path": path, "sourceRef": source, "postBuild": post_build}
    named = {"name": "prod", "namespace": "flux-system"}
    parts: list[dict[str, Any]] = [
        {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "spec": {"url": URL}},
        {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "spec": spec},
    ]
    parts[0]["metadata"] = {"name": "shop", "namespace": "flux-system"}
    parts[1]["metadata"] = named
    return "---\n".join(json.dumps(one) + "\n" for one in parts)


LITERAL = {"substitute": {"replicas": "3", "host": "true", "registry": "registry.example.org", "space": "live"}}


def test_literal_values_are_filled_in_with_the_type_that_yaml_gives_them(repository: Path) -> None:
    found = read(tree(repository, {"apps/web.yaml": DEPLOYMENT, "clusters/flux.yaml": flux(LITERAL)}))
    assert told(found) == []
    # It is judged as it is deployed, and not as it stands beside that.
    deployments = {key: raw for key, raw in objects(found).items() if "Deployment/" in key[1]}
    assert list(deployments) == [("apps@Kustomization/flux-system/prod", "Deployment/live/web")]
    (raw,) = deployments.values()
    assert part(raw.body, "metadata", "namespace") == "live"
    assert part(raw.body, "spec", "replicas") == 3
    assert part(raw.body, "spec", "template", "spec", "hostNetwork") is True
    container = part(raw.body, "spec", "template", "spec", "containers", 0)
    assert container["image"] == "registry.example.org/web:1.0"
    assert container["args"] == ["${HOME}", None, "$plain"]
    assert raw.where.path == "apps/web.yaml"
    assert [place.line for place in [raw.places["spec.replicas"]] if isinstance(place, Span)] == [5]


def test_what_a_secret_tells_is_unknown_in_just_that_place(repository: Path) -> None:
    post_build = {"substitute": {"replicas": "3"}, "substituteFrom": [{"kind": "Secret", "name": "s"}]}
    found = read(tree(repository, {"apps/web.yaml": DEPLOYMENT, "clusters/flux.yaml": flux(post_build)}))
    assert told(found) == []
    raw = objects(found)["apps@Kustomization/flux-system/prod", "Deployment/${space:=shop}/web"]
    assert part(raw.body, "spec", "replicas") == 3
    host = part(raw.body, "spec", "template", "spec", "hostNetwork")
    assert isinstance(host, Unknown)
    assert host.reason == "${host}: postBuild takes it from Secret s, which is not here"
    image = part(raw.body, "spec", "template", "spec", "containers", 0)["image"]
    assert isinstance(image, Text)
    assert image.parts[1] == "/web:"


def test_a_configmap_of_this_repository_tells_and_what_is_literal_counts_more(repository: Path) -> None:
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\n"
        "data: {replicas: '9', host: 'false', registry: r.example.org}\n"
    )
    post_build = {"substitute": {"replicas": "3"}, "substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
    files = {"apps/web.yaml": DEPLOYMENT, "clusters/flux.yaml": flux(post_build) + "---\n" + config}
    raw = objects(read(tree(repository, files)))["apps@Kustomization/flux-system/prod", "Deployment/shop/web"]
    assert part(raw.body, "spec", "replicas") == 3
    assert part(raw.body, "spec", "template", "spec", "hostNetwork") is False


def test_a_source_that_is_not_here_may_say_otherwise_than_a_configmap_that_is(repository: Path) -> None:
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\n"
        "data: {host: 'false', replicas: '9'}\n"
    )
    # A Secret may be called as a ConfigMap is.
    sources = [{"kind": "ConfigMap", "name": "vars"}, {"kind": "Secret", "name": "vars"}]
    written = flux({"substitute": {"replicas": "3", "space": "live"}, "substituteFrom": sources})
    files = {"apps/web.yaml": DEPLOYMENT, "clusters/flux.yaml": written + "---\n" + config}
    raw = objects(read(tree(repository, files)))["apps@Kustomization/flux-system/prod", "Deployment/live/web"]
    host = part(raw.body, "spec", "template", "spec", "hostNetwork")
    assert isinstance(host, Unknown)
    assert host.reason == "${host}: postBuild takes it from Secret vars, which is not here"
    assert part(raw.body, "spec", "replicas") == 3


@pytest.mark.parametrize("where", ["annotations", "labels"])
def test_an_object_that_forbids_it_stays_as_it_is(repository: Path, where: str) -> None:
    mark = f"{{{where}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}, name: w,"
    marked = DEPLOYMENT.replace("{name: web,", mark)
    files = {"apps/web.yaml": marked, "clusters/flux.yaml": flux(LITERAL)}
    (raw,) = [raw for key, raw in objects(read(tree(repository, files))).items() if "Deployment/" in key[1]]
    assert part(raw.body, "spec", "replicas") == "${replicas}"


def nested(post_build: dict[str, Any]) -> dict[str, str]:
    """A Kustomization that deploys another, which hands on what it is given."""
    inner = {"substitute": {"host": "${host}", "replicas": "3", "space": "${space:-live}"}}
    child = json.loads(flux(inner, "./web").split("---\n")[1])
    child["metadata"]["name"] = "web"
    return {
        "clusters/flux.yaml": flux(post_build),
        "apps/web.yaml": json.dumps(child),
        "web/web.yaml": DEPLOYMENT,
    }


@pytest.mark.parametrize("paths", [["."], ["clusters"]])
def test_what_a_parent_does_not_know_its_children_do_not_know_either(repository: Path, paths: list[str]) -> None:
    base = tree(repository, nested({"substituteFrom": [{"kind": "Secret", "name": "s"}]}))
    (raw,) = [raw for key, raw in objects(read(base, paths=paths)).items() if "Deployment/" in key[1]]
    host = part(raw.body, "spec", "template", "spec", "hostNetwork")
    assert isinstance(host, Unknown)
    assert host.reason == "${host}: ${host}: postBuild takes it from Secret s, which is not here"
    assert part(raw.body, "spec", "replicas") == 3


@pytest.mark.parametrize("paths", [["."], ["clusters"]])
def test_children_are_deployed_with_what_their_parent_fills_in(repository: Path, paths: list[str]) -> None:
    base = tree(repository, nested({"substitute": {"host": "true"}}))
    (raw,) = [raw for key, raw in objects(read(base, paths=paths)).items() if "Deployment/" in key[1]]
    assert part(raw.body, "spec", "template", "spec", "hostNetwork") is True


def test_a_child_of_two_parents_is_deployed_twice(repository: Path) -> None:
    files = nested({"substitute": {"host": "true"}})
    other = flux({"substitute": {"host": "false"}}).replace('"prod"', '"test"')
    found = read(tree(repository, {**files, "clusters/test.yaml": other}))
    deployed = {key: raw for key, raw in objects(found).items() if "Deployment/" in key[1]}
    hosts = {root: part(raw.body, "spec", "template", "spec", "hostNetwork") for (root, _), raw in deployed.items()}
    assert hosts == {
        "web@Kustomization/flux-system/web": True,
        "web@Kustomization/flux-system/web#2": False,
    }


def test_what_fills_in_itself_stays(repository: Path) -> None:
    files = {"clusters/flux.yaml": flux({"substitute": {"host": "true"}}, "./"), "apps/web.yaml": DEPLOYMENT}
    found = read(tree(repository, files))
    (raw,) = [raw for key, raw in objects(found).items() if "Deployment/" in key[1]]
    assert part(raw.body, "spec", "template", "spec", "hostNetwork") is True


@pytest.mark.helm
@pytest.mark.usefixtures("tools")
def test_an_overlay_is_filled_in_after_it_is_built(repository: Path) -> None:
    files = {
        "apps/web.yaml": DEPLOYMENT,
        "apps/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: ${prefix}-\n",
        "clusters/flux.yaml": flux({"substitute": {**LITERAL["substitute"], "prefix": "p"}}),
    }
    found = read(tree(repository, files))
    assert told(found) == []
    raw = objects(found)["apps@Kustomization/flux-system/prod", "Deployment/live/p-web"]
    assert part(raw.body, "spec", "replicas") == 3
    assert raw.where.path == "apps/web.yaml"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${a}", 1),
        ("'${a}'", "'1'"),
        ("${a}${b}", "1x"),
        ("${empty:-other}", "other"),
        ("${empty-other}", None),
        ("${absent-other}", "other"),
        ("${absent}", None),
        ("$${a}", "${a}"),
        ("${a:0:1}", Unknown("${a}: what postBuild makes of it is not worked out here")),
        ("$a ${ {a}", "$a ${ {a}"),
    ],
)
def test_holes_are_filled_as_flux_fills_them(text: str, filled: object) -> None:
    substitution = Substitution((("a", "1"), ("b", "x"), ("empty", "")))
    assert substitution.settle(substitution.filled({"x": text})["x"]) == filled  # type: ignore[arg-type]
