"""What Flux fills in and what an ApplicationSet makes, where people meet it: the files of a commit, a change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git_for_tests import Repository, failures

RULE = "k8s-no-host-network"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec:\n  hostNetwork: {}\n  containers: []\n"
)


def flux(host: str) -> str:
    """JSON, which is YAML."""
    spec = {"path": "./apps", "sourceRef": {}, "postBuild": {"substitute": {"host": host}}}
    named = {"name": "prod", "namespace": "flux-system"}
    return json.dumps(
        {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": named} | {"spec": spec}
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def told(result: object) -> set[str]:
    assert isinstance(result, dict)
    return {address for rule, address in failures(result) if rule == RULE}


def test_a_change_of_what_flux_fills_in_counts_for_what_it_is_filled_into(repository: Repository) -> None:
    repository.commit({"apps/pod.yaml": POD.format("${host}"), "clusters/flux.yaml": flux("false")})
    assert told(repository.scan()[1]) == set()
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit({"clusters/flux.yaml": flux("true")})
    _, result = repository.scan("--diff-base", "main")
    assert told({"findings": [item for item in result["findings"] if item["new"]]}) == {"Pod/shop/web"}
    assert told(repository.scan("--changed", "clusters/flux.yaml")[1]) == {"Pod/shop/web"}
    assert told(repository.scan("--changed", "apps/pod.yaml")[1]) == {"Pod/shop/web"}


def test_a_folder_that_a_changed_set_begins_to_deploy_is_judged(repository: Repository) -> None:
    def application_set(path: str) -> str:
        generator = {"git": {"repoURL": "", "directories": [{"path": path}]}}
        template = {"metadata": {"name": "{{path.basename}}"}, "spec": {"source": {"path": "{{path}}"}}}
        spec = {"generators": [generator], "template": template}
        return json.dumps(
            {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "all"}, "spec": spec}
        )

    kustomization = {"apps/web/kustomization.yaml": "resources: [pod.yaml]\n", "apps/web/pod.yaml": POD.format("true")}
    repository.commit({**kustomization, "argo/set.yaml": application_set("none/*")})
    report = ("--on-incomplete", "report")
    assert told(repository.scan(*report, "argo")[1]) == set()
    repository.commit({"argo/set.yaml": application_set("apps/*")})
    assert told(repository.scan(*report, "argo")[1]) == {"Pod/shop/web"}


@pytest.mark.helm
def test_a_changed_file_of_parameters_counts_for_the_chart_they_are_given_to(
    repository: Repository, kubernetes_tools: str
) -> None:
    generator = {"git": {"repoURL": "", "files": [{"path": "clusters/*.json"}]}}
    helm = {"valuesObject": {"host": "{{host}}"}}
    template = {"metadata": {"name": "{{path.filename}}"}, "spec": {"source": {"path": "web", "helm": helm}}}
    spec = {"generators": [generator], "template": template}
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "all"}}
    repository.commit(
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
            "web/templates/pod.yaml": POD.format("{{ .Values.host }}"),
            "argo/set.yaml": json.dumps(head | {"spec": spec}),
            "clusters/eu.json": json.dumps({"host": "false"}),
        }
    )
    tools = {"PATH": kubernetes_tools}
    assert told(repository.scan("--changed", "clusters/eu.json", more=tools)[1]) == set()
    repository.commit({"clusters/eu.json": json.dumps({"host": "true"})})
    assert told(repository.scan("--changed", "clusters/eu.json", more=tools)[1]) == {"Pod/shop/web"}
