"""Argo CD, Flux and Terraform's `helm_release` say what is deployed: paths of this repository are followed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from test_charts import FILES as CHART
from test_charts import objects, part, read, told, tree
from test_overlays import FILES as OVERLAY

from soc2gate.model.resource import RawResource
from soc2gate.model.value import Text

pytestmark = [pytest.mark.helm, pytest.mark.usefixtures("tools")]

URL = "https://github.com/acme/shop"


@pytest.fixture
def tools(kubernetes_tools: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", kubernetes_tools)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone, by another spelling of its URL."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    remote = ["remote", "add", "origin", "git@github.com:acme/shop.git"]
    subprocess.run(["git", "-C", str(tmp_path), *remote], check=True)
    return tmp_path


def application(source: str, name: str = "web") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
        f"metadata: {{name: {name}, namespace: argocd}}\n"
        "spec:\n  destination: {namespace: shop}\n" + source
    )


def replicas(raw: RawResource) -> object:
    return part(raw.body, "spec", "replicas")


def test_an_application_tells_the_chart_its_values_release_and_namespace(repository: Path) -> None:
    source = (
        f"  source:\n    repoURL: {URL}\n    path: web\n    helm:\n"
        "      valueFiles: [prod.yaml]\n      values: 'tag: \"2\"'\n"
        "      parameters: [{name: replicas, value: '7'}]\n"
    )
    files = {**CHART, "web/prod.yaml": "replicas: 5\ntag: '1'\n", "argo/web.yaml": application(source)}
    found = read(tree(repository, files))
    assert told(found) == []
    root = "web@Application/argocd/web"
    deployment = objects(found)[root, "Deployment/shop/web"]
    assert replicas(deployment) == 7
    assert "nginx:2" in str(deployment.body)
    # As it is deployed, and not with the chart's own values beside it.
    assert [key for key in objects(found) if key[1].startswith("Deployment")] == [(root, "Deployment/shop/web")]


def test_an_application_tells_an_overlay_or_a_folder(repository: Path) -> None:
    kustomize = "    kustomize: {images: ['nginx=registry.example.org/nginx:1.2']}\n"
    files = {
        **OVERLAY,
        "plain/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: plain}\n",
        "argo/prod.yaml": application(f"  source:\n    repoURL: {URL}\n    path: overlays/prod\n" + kustomize, "prod"),
        "argo/plain.yaml": application(f"  source:\n    repoURL: {URL}\n    path: plain\n", "plain"),
    }
    found = read(tree(repository, files), paths=["argo"])
    assert told(found) == []
    addresses = {key: raw for key, raw in objects(found).items() if "Application/" not in key[1]}
    assert set(addresses) == {
        ("overlays/prod@Application/argocd/prod", "Deployment/shop/prod-web"),
        ("plain", "Pod/plain"),
    }
    assert "registry.example.org/nginx:1.2" in str([raw.body for raw in addresses.values()])


def test_another_repository_is_a_gap_that_names_it(repository: Path) -> None:
    source = "  source:\n    repoURL: https://github.com/acme/other\n    path: web\n"
    chart = "  source:\n    repoURL: https://charts.example.org\n    chart: redis\n    targetRevision: 1.0.0\n"
    files = {**CHART, "argo/a.yaml": application(source), "argo/b.yaml": application(chart, "redis")}
    found = read(tree(repository, files))
    assert told(found) == [
        ("gap", "Application/argocd/web: web of https://github.com/acme/other was not looked at"),
        ("gap", "Application/argocd/redis: chart redis of https://charts.example.org was not looked at"),
    ]
    # Nothing of ours deploys the chart beside it: it is judged as it stands.
    assert ("web", "Deployment/web") in objects(found)


def test_applications_may_deploy_applications(repository: Path) -> None:
    outer = application(f"  source:\n    repoURL: {URL}\n    path: apps\n", "all")
    inner = application(f"  source:\n    repoURL: {URL}\n    path: web\n")
    found = read(tree(repository, {**CHART, "argo/all.yaml": outer, "apps/web.yaml": inner}), paths=["argo"])
    assert told(found) == []
    assert ("web@Application/argocd/web", "Deployment/shop/web") in objects(found)


def test_flux_tells_paths_charts_and_values(repository: Path) -> None:
    flux = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
        "metadata: {name: shop, namespace: flux-system}\nspec: {url: 'ssh://git@github.com/acme/shop'}\n---\n"
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: prod, namespace: flux-system}\n"
        "spec:\n  path: ./overlays/prod\n  sourceRef: {kind: GitRepository, name: shop}\n  targetNamespace: live\n---\n"
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
        "spec:\n  values: {replicas: 4}\n  chart:\n    spec:\n      chart: ./web\n"
        "      sourceRef: {kind: GitRepository, name: shop}\n---\n"
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: redis, namespace: shop}\n"
        "spec:\n  chart:\n    spec:\n      chart: redis\n      sourceRef: {kind: HelmRepository, name: bitnami}\n"
    )
    found = read(tree(repository, {**CHART, **OVERLAY, "clusters/flux.yaml": flux}))
    assert told(found) == [
        ("gap", "HelmRelease/shop/redis: chart redis comes from a chart repository and was not looked at")
    ]
    built = objects(found)
    assert ("overlays/prod@Kustomization/flux-system/prod", "Deployment/live/prod-web") in built
    assert replicas(built["web@HelmRelease/shop/web", "Deployment/shop/web"]) == 4
    assert len([key for key in built if key[1].startswith("Deployment/")]) == 2


FLUX = (
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
    f"metadata: {{name: shop, namespace: flux-system}}\nspec: {{url: '{URL}'}}\n---\n"
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    "metadata: {name: prod, namespace: flux-system}\n"
    "spec:\n  path: ./overlays/prod\n  sourceRef: {kind: GitRepository, name: shop}\n"
)
COMPONENT = {
    "components/open/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\n"
        "patches:\n- target: {kind: Deployment}\n"
        '  patch: \'[{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true}]\'\n'
    ),
    "components/open/extra.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: extra}\n",
}


def test_components_that_a_deployment_adds_are_built_in(repository: Path) -> None:
    flux = FLUX + "  components: [../../components/open]\n"
    found = read(tree(repository, {**OVERLAY, **COMPONENT, "clusters/flux.yaml": flux}))
    assert told(found) == []
    root = "overlays/prod@Kustomization/flux-system/prod"
    built = {key: raw for key, raw in objects(found).items() if key[0] == root}
    assert {address for _, address in built} == {"Deployment/shop/prod-web", "Pod/extra"}
    deployment = built[root, "Deployment/shop/prod-web"]
    assert part(deployment.body, "spec", "template", "spec", "hostNetwork") is True
    assert built[root, "Pod/extra"].where.path == "components/open/extra.yaml"


def test_components_of_elsewhere_are_gaps_that_name_them(repository: Path) -> None:
    flux = FLUX + "  components: [../gone, ../../../outside, 'https://example.org/x']\n"
    found = read(tree(repository, {**OVERLAY, "clusters/flux.yaml": flux}))
    where = "that it adds to overlays/prod was not looked at"
    assert told(found) == [
        ("gap", f"Kustomization/flux-system/prod: the component {name} {where}")
        for name in ("../gone", "../../../outside", "https://example.org/x")
    ]
    assert ("overlays/prod@Kustomization/flux-system/prod", "Deployment/shop/prod-web") in objects(found)


def test_a_release_takes_values_from_a_configmap_that_stands_here(repository: Path) -> None:
    release = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
        "metadata: {name: shop, namespace: shop}\nspec: {url: 'ssh://git@github.com/acme/shop'}\n---\n"
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
        "spec:\n  values: {tag: '9'}\n  valuesFrom:\n  - {kind: ConfigMap, name: web-values}\n"
        "  - {kind: Secret, name: web-secret}\n  chart:\n    spec:\n      chart: ./web\n"
        "      sourceRef: {kind: GitRepository, name: shop}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-values, namespace: shop}\n"
        "data:\n  values.yaml: |\n    replicas: 6\n    tag: '1'\n"
    )
    found = read(tree(repository, {**CHART, "clusters/flux.yaml": release}))
    gap = "HelmRelease/shop/web: values that it takes from Secret web-secret are not known: rendered without them"
    assert told(found) == [("gap", gap)]
    deployment = objects(found)["web@HelmRelease/shop/web", "Deployment/shop/web"]
    assert replicas(deployment) == 6
    # What stands in the release itself counts more.
    assert "nginx:9" in str(deployment.body)


def test_terraform_installs_a_chart_with_values_and_sets(tmp_path: Path) -> None:
    terraform = """\
resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = "{}"
}
resource "helm_release" "web" {
  name      = "shop"
  namespace = "live"
  chart     = "${path.module}/../web"
  values    = [yamlencode({ replicas = 3, tag = aws_iam_role.web.arn })]
  set {
    name  = "securityContext.privileged"
    value = true
  }
}
resource "helm_release" "redis" {
  name       = "redis"
  repository = "https://charts.example.org"
  chart      = "redis"
}
"""
    found = read(tree(tmp_path, {**CHART, "infra/main.tf": terraform}))
    messages = told(found)
    assert ("gap", "helm_release.redis: chart redis of https://charts.example.org was not looked at") in messages
    assert any("helm_release.web: not all of its values are known" in message for _, message in messages)
    deployment = objects(found)["web@helm_release.web", "Deployment/live/shop"]
    assert replicas(deployment) == 3
    container = part(deployment.body, "spec", "template", "spec", "containers", 0)
    assert container["securityContext"] == {"privileged": True}
    assert isinstance(container["image"], Text)
    assert container["image"].parts[0] == "nginx:"


def test_without_helm_a_chart_that_is_pointed_at_is_counted_whole(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said “0 templates not looked at”."""
    monkeypatch.setenv("PATH", "")
    source = f"  source:\n    repoURL: {URL}\n    path: web\n"
    found = read(tree(repository, {**CHART, "argo/web.yaml": application(source)}), paths=["argo"])
    (_, message) = told(found)[0]
    assert message.endswith("was not rendered: there is no helm on PATH: 1 template not looked at")
