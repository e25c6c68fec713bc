"""What people change in a running account is what `verify` reports: all of it, and nothing else.

The demo company's deployment is the base. Each run copies it by fork, makes a random set of changes through the AWS
API, and verifies the copy. The ordinary run makes a few such sets; SOC2GATE_PROOF_RUNS=200 makes as many as it says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from forked_account import Copy, in_a_copy, keep_service_models
from hypothesis import given
from live_mutations import MUTATIONS, Mutation
from proof_by_mutation import RUNS, Tally, Told, declared, exact_sets, expected, sets_of

from soc2gate import app
from soc2gate.cli import options
from soc2gate.demo.deployment import Deployment, deployed
from soc2gate.model.outcome import Disagreement
from soc2gate.request import Request

pytestmark = [
    pytest.mark.slow,
    # A copy is made by fork.
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork a process"),
]

Drawn: TypeAlias = Sequence[tuple[Mutation, int]]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, Request]]:
    """The untouched deployment, verified once so that every copy begins warm."""
    undo = keep_service_models()
    try:
        with deployed(tmp_path_factory.mktemp("proof") / "company", changed=False) as deployment:
            request = _request(deployment.folder)
            run = app.verify(request)
            assert [told(item) for item in run.disagreements] == []
            yield deployment, request
    finally:
        undo()


def _request(folder: Path) -> Request:
    # The cluster is a process's event loop, and a fork has none of it: the account alone is copied.
    return options.request(options.Read(paths=(folder / "terraform", folder / "cloudformation")))


def told(item: Disagreement) -> Told:
    """A disagreement as people would name it: AWS sets a top-level property as one."""
    top = (item.property or "").split(".")[0].split("[")[0]
    return item.difference.value, item.kind, item.address, top


def verified(request: Request, drawn: Drawn) -> Callable[[Copy], dict[str, Any]]:
    """Make the changes in a copy and verify it: what should be told, and what was."""

    def do(copy: Copy) -> dict[str, Any]:
        wanted = [each for mutation, number in drawn for each in expected(mutation, mutation.make(copy, number))]
        run = app.verify(request)
        return {"expected": wanted, "told": [told(item) for item in run.disagreements], "populations": declared(run)}

    return do


@pytest.mark.timeout(600 + 15 * RUNS)
def test_the_report_is_exactly_what_was_changed_by_hand(
    company: tuple[Deployment, Request], record_property: Callable[[str, object], None]
) -> None:
    deployment, request = company
    tally = Tally()

    @exact_sets
    @given(
        sets_of(MUTATIONS, {mutation.address: mutation.takes_along for mutation in MUTATIONS if mutation.takes_along})
    )
    def one_run(drawn: Drawn) -> None:
        answer = in_a_copy(deployment, verified(request, drawn))
        wanted, reported = ({tuple(item) for item in answer[name]} for name in ("expected", "told"))
        tally.add(drawn, wanted, reported, answer["populations"])

    one_run()
    record_property("proof by mutation", json.dumps(tally.counted))
    assert not tally.wrong, "\n".join(tally.wrong)


def test_there_are_changes_of_every_sort_to_draw_from() -> None:
    """Few changes, or changes of few kinds, would prove little."""
    assert len(MUTATIONS) >= 100
    assert len({mutation.kind for mutation in MUTATIONS}) >= 20
    assert {mutation.action for mutation in MUTATIONS} == {"changed", "missing", "unmanaged"}
