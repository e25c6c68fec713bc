"""Kubernetes manifests as they stand: objects, places, identities, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2gate.declared.kubernetes import read
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.model.resource import Reading, Span, Weight
from soc2gate.model.value import Unknown


def reading(base: Path, **files: str) -> Reading:
    names = []
    for name, text in files.items():
        file = name.replace("_", ".")
        (base / file).write_text(text, "utf-8")
        names.append(file)
    return read(Root("kubernetes", ".", tuple(sorted(names))), base, ReadOptions())


DEPLOYMENT = """\
# The shop
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: web
        securityContext:
          privileged: true

---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
"""


def test_every_document_is_a_resource_with_places(tmp_path: Path) -> None:
    found = reading(tmp_path, a_yaml=DEPLOYMENT)
    web, shop = found.resources
    assert (web.format, web.type, web.address, web.root) == (
        "kubernetes",
        "apps/v1 Deployment",
        "Deployment/shop/web",
        ".",
    )
    assert (shop.type, shop.address) == ("v1 Namespace", "Namespace/shop")
    assert (web.where, shop.where) == (Span("a.yaml", 2, 1, 11), Span("a.yaml", 14, 1, 17))
    assert web.places["spec.template.spec.containers[0].securityContext.privileged"] == Span("a.yaml", 11, 11, 11)
    assert (web.account, web.region) == (None, None)
    assert web.body["metadata"] == {"name": "web", "namespace": "shop"}
    assert (found.problems, found.unread) == ((), ())


def test_lists_are_their_items_with_their_own_places(tmp_path: Path) -> None:
    pod = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s"}}'
    found = reading(
        tmp_path,
        a_json='{"apiVersion": "v1", "kind": "List", "items": [\n' + pod % "a" + ",\n" + pod % "b" + "]}",
        b_yaml="apiVersion: v1\nkind: PodList\nitems:\n- metadata:\n    name: c\n",
    )
    assert [(resource.address, resource.type, resource.where.line) for resource in found.resources] == [
        ("Pod/a", "v1 Pod", 2),
        ("Pod/b", "v1 Pod", 3),
        ("Pod/c", "v1 Pod", 4),
    ]
    assert found.resources[1].places["metadata.name"] == Span("a.json", 3, 50, 3)
    assert found.resources[2].places["metadata.name"] == Span("b.yaml", 5, 5, 5)


def test_a_name_the_cluster_makes_up_is_unknown(tmp_path: Path) -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: load-}\n---\n" * 2
    first, second = reading(tmp_path, a_yaml=text).resources
    assert first.address == "Job/load-*"
    assert second.address == "Job/load-*@a.yaml:5"
    assert first.body["metadata"] == {
        "generateName": "load-",
        "name": Unknown("the cluster makes the name up from `generateName`", not_null=True, prefix="load-"),
    }


def test_secret_values_are_never_kept(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n"
        "    kubectl.kubernetes.io/last-applied-configuration: '{hunter2}'\n    team: web\n"
        "data: {password: aHVudGVyMg==}\nstringData:\n  token: hunter2\n"
    )
    (secret,) = reading(tmp_path, a_yaml=text).resources
    assert secret.body["stringData"] == {"token": Unknown("secret data is not kept", not_null=True)}
    assert "hunter2" not in repr(secret)
    assert "aHVudGVyMg" not in repr(secret)
    assert "team" in repr(secret.body)


def test_one_identity_twice_is_noted_and_both_are_kept(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    found = reading(tmp_path, a_yaml=pod, b_yaml=pod)
    assert [resource.address for resource in found.resources] == ["Pod/a", "Pod/a@b.yaml:1"]
    (problem,) = found.problems
    assert problem.weight is Weight.NOTE
    assert problem.message == "Pod/a stands twice, first in a.yaml:1; both are judged"


@pytest.mark.parametrize(
    "text",
    [
        "just: data\n",
        "- a\n",
        "",
        "apiVersion: v1\nkind: Config\nusers: [{user: {token: hunter2}}]\n",
        "apiVersion: v1\nkind: 3\nmetadata: {name: x}\n",
    ],
)
def test_what_is_no_object_is_passed_over(tmp_path: Path, text: str) -> None:
    found = reading(tmp_path, a_yaml=text)
    assert (found.resources, found.problems) == ((), ())


def test_an_object_without_metadata_is_noted(tmp_path: Path) -> None:
    found = reading(tmp_path, a_yaml="kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n")
    assert [(problem.weight, problem.message) for problem in found.problems] == [
        (Weight.NOTE, "kind.x-k8s.io/v1alpha4 Cluster has no `metadata`: it is no object a cluster would hold")
    ]


def test_an_object_without_a_name_is_a_gap(tmp_path: Path) -> None:
    found = reading(tmp_path, a_yaml="kind: Pod\napiVersion: v1\nmetadata: {labels: {a: b}}\n")
    assert [(problem.weight, problem.message) for problem in found.problems] == [(Weight.GAP, "v1 Pod has no name")]
    assert found.resources[0].address == "Pod/*"


def test_a_broken_manifest_is_broken_and_the_others_are_read(tmp_path: Path) -> None:
    found = reading(tmp_path, a_yaml="apiVersion: v1\nkind: [\n", b_yaml=DEPLOYMENT)
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert isinstance(problem.where, Span)
    assert (problem.where.path, problem.where.line) == ("a.yaml", 3)
    assert len(found.resources) == 2
    assert found.unread


def test_a_manifest_another_tool_fills_in_is_a_gap(tmp_path: Path) -> None:
    found = reading(tmp_path, a_yaml="apiVersion: v1\nkind: Pod\nmetadata: {{ .Values.metadata }}\n")
    assert [problem.weight for problem in found.problems] == [Weight.GAP]
    assert found.unread


def test_a_tag_no_cluster_knows_is_unknown_and_a_gap(tmp_path: Path) -> None:
    found = reading(tmp_path, a_yaml="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: !vault secret/x\n")
    assert found.resources[0].body["spec"] == Unknown("tag `!vault` is not one that a cluster knows")
    assert [problem.weight for problem in found.problems] == [Weight.GAP]


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    found = reading(tmp_path, a_yaml="apiVersion: v1\nkind: Pod\n" + bomb)
    assert [problem.message for problem in found.problems] == ["aliases stand for more than 100,000 nodes"]
