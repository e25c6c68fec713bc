"""The same proofs on a real API server with its controllers, for who has the programs (`real_cluster`).

Every other test run reads what such a server answered once (`test_recorded_cluster.py`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml
from cluster_mutations import MUTATIONS, TOGETHER, Mutation
from cluster_recording import MANIFESTS
from hypothesis import given
from proof_by_mutation import Tally, Told, declared, exact_sets, expected, sets_of
from real_cluster import READER, RealCluster, deploy, missing_programs, real_cluster, settle, write_kubeconfig

from soc2gate import app
from soc2gate.cli import options
from soc2gate.demo.admission import Object
from soc2gate.demo.deployment import write_company
from soc2gate.model.outcome import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(bool(missing_programs()), reason=f"{', '.join(missing_programs())} name no program"),
]

MORE = Path(__file__).parent / "cluster" / "more.yaml"


def documents(folder: Path) -> list[Object]:
    return [body for file in sorted(folder.glob("*.yaml")) for body in yaml.safe_load_all(file.read_text("utf-8"))]


def verified(manifests: Path, kubeconfig: Path) -> Run:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBECONFIG", str(kubeconfig))
        return app.verify(options.request(options.Read(paths=(manifests,))))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RealCluster, Path]]:
    """A cluster with one object of every kind that says little, and one that says much."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(MANIFESTS, folder / "manifests")
    with real_cluster(folder) as cluster:
        deploy(cluster, documents(folder / "manifests"))
        yield cluster, folder


def test_the_printed_cluster_role_lets_everything_be_read_and_a_lack_of_it_is_told(
    desk: tuple[RealCluster, Path],
) -> None:
    cluster, folder = desk
    printed = subprocess.run(
        [sys.executable, "-m", "soc2gate", "permissions", "kubernetes"], capture_output=True, text=True, check=True
    )
    role: Object = yaml.safe_load(printed.stdout)
    kubeconfig = folder / "reader"
    write_kubeconfig(kubeconfig, cluster.url, READER)
    name = role["metadata"]["name"]
    refused = verified(folder / "manifests", kubeconfig)
    assert any("denied (Forbidden)" in problem.message for problem in refused.problems)
    assert {item.difference.value for item in refused.disagreements} == {"undecided"}
    cluster.create(role, "kubectl-create")
    cluster.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}],
        },
        "kubectl-create",
    )
    run = verified(folder / "manifests", kubeconfig)
    assert [problem.message for problem in run.problems if problem.weight.value != "note"] == []
    # Both are in the cluster and in no manifest.
    unmanaged = {item.address for item in run.disagreements if item.difference.value == "unmanaged"}
    group = "rbac.authorization.k8s.io"
    assert unmanaged == {f"{group}/ClusterRole/{name}", f"{group}/ClusterRoleBinding/{name}"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "company"
    write_company(folder)
    shutil.copy(MORE, folder / "kubernetes")
    return folder / "kubernetes"


def done(cluster: RealCluster, mutation: Mutation, number: int) -> list[Told]:
    """Make a change, and what a report has to tell of it: nothing of one that a real server refuses."""
    try:
        return expected(mutation, mutation.make(cluster, number))
    except urllib.error.HTTPError as error:
        # By validation, or by an admission plugin.
        if error.code not in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.FORBIDDEN):
            raise
        print(f"refused: {mutation.told()}")
        return []


def test_the_report_is_exactly_what_was_changed_by_hand_in_a_real_cluster(
    company: Path, tmp_path_factory: pytest.TempPathFactory, record_property: Callable[[str, object], None]
) -> None:
    tally = Tally()

    @exact_sets
    @given(sets_of(MUTATIONS, TOGETHER))
    def one_run(drawn: Sequence[tuple[Mutation, int]]) -> None:
        folder = tmp_path_factory.mktemp("cluster")
        with real_cluster(folder) as cluster:
            deploy(cluster, documents(company))
            wanted = [each for mutation, number in drawn for each in done(cluster, mutation, number)]
            settle(cluster)
            run = verified(company, folder / "kubeconfig")
        told = {(item.difference.value, item.kind, item.address, item.property or "") for item in run.disagreements}
        tally.add(drawn, set(wanted), told, declared(run))

    one_run()
    record_property("proof by real cluster", json.dumps(tally.counted))
    assert not tally.wrong, "\n".join(tally.wrong)
