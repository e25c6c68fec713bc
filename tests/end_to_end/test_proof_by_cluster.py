"""What people change in a running cluster is what `verify` reports: all of it, and nothing else.

The cluster is an API over HTTP that completes what it stores as a real one does (`soc2gate.demo.admission`, from the
API reference); it holds the demo company and one object of every other kind that is read. Each run has a cluster of its
own, makes a random set of changes and verifies it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cluster_mutations import MUTATIONS, TOGETHER, Mutation
from hypothesis import given
from proof_by_mutation import RUNS, Tally, Told, declared, exact_sets, expected, sets_of

from soc2gate import app
from soc2gate.cli import options
from soc2gate.demo.cluster import ClusterServer
from soc2gate.demo.deployment import write_company
from soc2gate.demo.seed_cluster import seed_cluster
from soc2gate.demo.servers import write_kubeconfig
from soc2gate.model.outcome import Run

pytestmark = pytest.mark.slow

MORE = Path(__file__).parent / "cluster" / "more.yaml"


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    company = tmp_path_factory.mktemp("proof") / "company"
    write_company(company)
    shutil.copy(MORE, company / "kubernetes")
    return company / "kubernetes"


def verified(manifests: Path, drawn: Sequence[tuple[Mutation, int]]) -> tuple[list[Told], Run]:
    """A cluster made from the manifests and changed by hand: what should be told, and what was."""
    server = ClusterServer()
    server.start()
    try:
        kubeconfig = manifests.parent / "kubeconfig"
        write_kubeconfig(kubeconfig, server.url)
        cluster = seed_cluster(server.url, manifests)
        wanted = [each for mutation, number in drawn for each in expected(mutation, mutation.make(cluster, number))]
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("KUBECONFIG", str(kubeconfig))
            return wanted, app.verify(options.request(options.Read(paths=(manifests,))))
    finally:
        server.stop()


def told(run: Run) -> set[Told]:
    return {(item.difference.value, item.kind, item.address, item.property or "") for item in run.disagreements}


def test_nothing_disagrees_in_a_cluster_that_nobody_touched(manifests: Path) -> None:
    _, run = verified(manifests, ())
    assert told(run) == set()
    assert [problem.message for problem in run.problems if problem.weight.value != "note"] == []
    assert len(declared(run)) >= 18


@pytest.mark.timeout(300 + 15 * RUNS)
def test_the_report_is_exactly_what_was_changed_by_hand(
    manifests: Path, record_property: Callable[[str, object], None]
) -> None:
    tally = Tally()

    @exact_sets
    @given(sets_of(MUTATIONS, TOGETHER))
    def one_run(drawn: Sequence[tuple[Mutation, int]]) -> None:
        wanted, run = verified(manifests, drawn)
        tally.add(drawn, set(wanted), told(run), declared(run))

    one_run()
    record_property("proof by cluster", json.dumps(tally.counted))
    assert not tally.wrong, "\n".join(tally.wrong)


def test_there_are_changes_of_every_sort_to_draw_from() -> None:
    """Few changes, or changes of few kinds, would prove little."""
    assert len(MUTATIONS) >= 60
    assert len({mutation.kind for mutation in MUTATIONS}) >= 18
    assert {mutation.action for mutation in MUTATIONS} == {"changed", "missing", "unmanaged"}
