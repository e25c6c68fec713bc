"""What a real Kubernetes API server answers of objects that were deployed from manifests is what the manifests say.

The answers in `recorded_cluster/` are its own, byte for byte of each value: defaults, bookkeeping, status, what its
controllers made. For every kind that is read there are an object that says the least and one that says much.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from cluster_recording import MANIFESTS, Answer, Question, recorded, replayed, served
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from proof_by_mutation import declared
from real_cluster import ADMIN, write_kubeconfig

from soc2gate import app
from soc2gate.cli import options
from soc2gate.demo.admission import Object
from soc2gate.kinds.kubernetes_api import RESOURCES
from soc2gate.model.outcome import Difference, Run

DOCUMENTS: list[Object] = [
    body for file in sorted(MANIFESTS.glob("*.yaml")) for body in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]


def called(body: Object) -> str:
    metadata = body["metadata"]
    return "/".join(part for part in (body["kind"], metadata.get("namespace", ""), metadata["name"]) if part)


def verified(answers: Mapping[Question, Answer], folder: Path) -> Run:
    """The manifests against a server that answers so."""
    with served(replayed(dict(answers))) as url, pytest.MonkeyPatch.context() as environment:
        write_kubeconfig(folder / "kubeconfig", url, ADMIN)
        environment.setenv("KUBECONFIG", str(folder / "kubeconfig"))
        shutil.copytree(MANIFESTS, folder / "desk")
        return app.verify(options.request(options.Read(paths=(folder / "desk",))))


def objects(answers: Mapping[Question, Answer]) -> dict[str, Object]:
    """What the server stores, by kind, namespace and name."""
    found: dict[str, Object] = {}
    kinds = {resource.path: resource.name for resource in RESOURCES.values()}
    for (path, _), (_, body) in answers.items():
        if (kind := kinds.get(path.partition("?")[0])) is not None:
            found |= {called(item | {"kind": kind}): item for item in body["items"]}
    return found


UNDECIDED = {
    # The cluster gathers the rules of an aggregated role.
    ("undecided", "ClusterRole/desk-all", "rules"),
    # Two rules wait for the autoscaler's choice.
    ("undecided", "Deployment/desk/bare", None),
    # Of a Secret only the metadata is read.
    ("undecided", "Secret/desk/bare", "type"),
    ("undecided", "Secret/desk/full", "type"),
}


def test_every_kind_that_is_read_was_declared_and_recorded(tmp_path: Path) -> None:
    run = verified(recorded(), tmp_path)
    assert {kind for kind in RESOURCES if not declared(run).get(kind)} == set()


def test_nothing_disagrees_with_what_a_real_server_made_of_the_manifests(tmp_path: Path) -> None:
    run = verified(recorded(), tmp_path)
    assert {(item.difference.value, item.address, item.property) for item in run.disagreements} == UNDECIDED
    assert [problem.message for problem in run.problems if problem.weight.value != "note"] == []


Step: TypeAlias = str | int
QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|[KMG]i)?")
NOT_COMPARED = {
    # Asked for, and chosen by the autoscaler.
    ("StatefulSet/desk/full", ("spec", "replicas")),
    # The old name of serviceAccountName, which the server writes too.
    ("Deployment/desk/full", ("spec", "template", "spec", "serviceAccount")),
    # Gathered from other roles.
    ("ClusterRole/desk-part", ("metadata", "labels", "desk")),
}
"""Leaves of the manifests that may differ in a cluster without anything being wrong, each for a reason."""


def leaves(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Where the values stand that are neither maps nor lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def comparable(body: Object) -> list[tuple[Step, ...]]:
    """The leaves of a manifest that say more than which object it is."""
    whose = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
    found = [path for path in leaves(body) if path not in whose and (called(body), path) not in NOT_COMPARED]
    # Of a Secret only the metadata is read.
    return [path for path in found if body["kind"] != "Secret" or path[0] == "metadata"]


LEAVES = {called(body): found for body in DOCUMENTS if (found := comparable(body))}


def other(value: Any) -> Any:
    """Another value of the same sort."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and QUANTITY.fullmatch(value):
        return "77"
    return f"{value}x"


def change(body: Any, path: tuple[Step, ...], declared: Any) -> None:
    """Another value at the path; what the server leaves out because it is the default is written."""
    for step in path[:-1]:
        body, declared = body.setdefault(step, {}) if isinstance(body, dict) else body[step], declared[step]
    last = path[-1]
    stored = body.get(last, declared[last]) if isinstance(body, dict) else body[last]
    body[last] = other(stored)


@given(st.fixed_dictionaries({name: st.sampled_from(found) for name, found in sorted(LEAVES.items())}))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
def test_one_leaf_changed_in_every_object_is_told_of_every_object(drawn: dict[str, tuple[Step, ...]]) -> None:
    answers = recorded()
    stored = objects(answers)
    for body in DOCUMENTS:
        if (path := drawn.get(called(body))) is not None:
            change(stored[called(body)], path, body)
    with tempfile.TemporaryDirectory() as folder:
        run = verified(answers, Path(folder))
    told = {item.address for item in run.disagreements if item.difference is Difference.CHANGED and item.property}
    assert {name: drawn[name] for name in sorted(drawn.keys() - told)} == {}
    assert told <= drawn.keys()


@pytest.mark.parametrize(
    ("name", "steps", "more"),
    [
        ("NetworkPolicy/desk/bare", ("podSelector",), {"matchLabels": {"app": "full"}}),
        ("NetworkPolicy/desk/full", ("ingress", 1), {"from": [{"podSelector": {}}]}),
        ("NetworkPolicy/desk/full", ("ingress", 0, "from", 0, "podSelector"), {"matchLabels": {"app": "db"}}),
        ("NetworkPolicy/desk/full", ("egress", 0, "to", 0), {"namespaceSelector": {}}),
        ("PodDisruptionBudget/desk/full", ("selector", "matchLabels"), {"tier": "front"}),
        ("Service/desk/full", ("selector",), {"tier": "front"}),
    ],
)
def test_a_selector_that_somebody_narrowed_or_widened_is_told_though_nothing_written_was_changed(
    name: str, steps: tuple[Step, ...], more: Object, tmp_path: Path
) -> None:
    answers = recorded()
    inner: Any = objects(answers)[name]["spec"]
    for step in steps:
        inner = inner[step]
    inner |= more
    changed = [item for item in verified(answers, tmp_path).disagreements if item.difference is Difference.CHANGED]
    told = [item for item in changed if item.property]
    assert [item.address for item in told] == [name]
    assert told[0].reason.startswith("live also has")
