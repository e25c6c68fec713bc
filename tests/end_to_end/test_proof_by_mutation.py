"""What people change in a running account is what `verify` reports: all of it, and nothing else.

The demo company's deployment is the base. Each run copies it by fork, makes a random set of changes through the AWS
API, and verifies the copy. The ordinary run makes a few such sets; SOC2GATE_PROOF_RUNS=200 makes as many as it says.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from forked_account import Copy, in_a_copy, keep_service_models
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from live_mutations import MUTATIONS, Mutation

from soc2gate import app
from soc2gate.cli import options
from soc2gate.demo.deployment import Deployment, deployed
from soc2gate.model.outcome import Disagreement, Run
from soc2gate.model.resource import Side
from soc2gate.request import Request

pytestmark = [
    pytest.mark.slow,
    # A copy is made by fork.
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork a process"),
]

RUNS = int(os.environ.get("SOC2GATE_PROOF_RUNS", "6"))

Told: TypeAlias = tuple[str, str, str, str]
"""Difference, kind, address, top-level property."""
Drawn: TypeAlias = Sequence[tuple[Mutation, int]]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, Request]]:
    """The untouched deployment, verified once so that every copy begins warm."""
    undo = keep_service_models()
    try:
        with deployed(tmp_path_factory.mktemp("proof") / "company", changed=False) as deployment:
            request = _request(deployment.folder)
            run = app.verify(request)
            assert [told(item) for item in (*run.disagreements, *run.undeclared)] == []
            yield deployment, request
    finally:
        undo()


def _request(folder: Path) -> Request:
    # The cluster is a process's event loop, and a fork has none of it: the account alone is copied.
    return options.request(
        paths=(folder / "terraform", folder / "cloudformation"),
        config_file=None,
        rule_dirs=(),
        only=(),
        var_files=(),
        variables=(),
        environments=(),
        plan_root=None,
        now=None,
        fail_on=None,
        on_incomplete=None,
        regions=(),
        context=None,
        profile=None,
        states=(),
        baseline_file=None,
    )


def told(item: Disagreement) -> Told:
    """A disagreement as people would name it: AWS sets a top-level property as one."""
    top = (item.property or "").split(".")[0].split("[")[0]
    return item.difference.value, item.kind, item.address, top


def verified(request: Request, drawn: Drawn) -> Callable[[Copy], dict[str, Any]]:
    """Make the changes in a copy and verify it: what should be told, and what was."""

    def do(copy: Copy) -> dict[str, Any]:
        # What is created comes last, so that the names the others find things by are still unique.
        ordered = sorted(drawn, key=lambda pair: pair[0].action == "unmanaged")
        expected = []
        for mutation, number in ordered:
            made = mutation.make(copy, number)
            expected.append((mutation.action, mutation.kind, made or mutation.address, mutation.changes))
            expected += [("changed", kind, address, "") for kind, address in mutation.then]
        run = app.verify(request)
        return {
            "expected": expected,
            "told": [told(item) for item in (*run.disagreements, *run.undeclared)],
            "populations": _counts(run),
        }

    return do


def _counts(run: Run) -> dict[str, int]:
    return {name: number for name, number in run.resources.items() if name.startswith(f"{Side.DECLARED.value}:")}


@st.composite
def changes(draw: st.DrawFn) -> Drawn:
    """A few changes that can be made to one account together."""
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 99_999)),
            min_size=1,
            max_size=6,
            # One change of a property: two of them might undo each other.
            unique_by=lambda pair: (pair[0].kind, pair[0].address, pair[0].changes),
        )
    )
    gone = {mutation.address for mutation, _ in drawn if mutation.action == "missing"}
    parts = {part for mutation, _ in drawn for part in mutation.takes_along}
    return [
        pair
        for pair in drawn
        # What is deleted cannot be changed as well.
        if pair[0].action == "missing" or (pair[0].address not in gone and pair[0].address not in parts)
    ]


@pytest.mark.timeout(600 + 15 * RUNS)
def test_the_report_is_exactly_what_was_changed_by_hand(
    company: tuple[Deployment, Request], record_property: Callable[[str, object], None]
) -> None:
    deployment, request = company
    tally: dict[str, Counter[str]] = {
        name: Counter() for name in ("runs", "declared", "made", "matched", "invented", "missed")
    }
    wrong: list[str] = []

    @settings(
        max_examples=RUNS,
        derandomize=True,
        deadline=None,
        database=None,
        # A set that fails is told as it is; making it smaller would take a verification for each try.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(changes())
    def one_run(drawn: Drawn) -> None:
        answer = in_a_copy(deployment, verified(request, drawn))
        expected, reported = ({tuple(item) for item in answer[name]} for name in ("expected", "told"))
        _count(tally, answer, expected, reported)
        made = f"made: {_names(drawn)}"
        tally["runs"][""] += 1
        # For whoever watches a long run with `pytest -s`.
        print(f"run {tally['runs']['']}: {'exact' if expected == reported else 'WRONG'}, {made}", flush=True)
        wrong.extend(f"missed: {' '.join(item)}; {made}" for item in sorted(expected - reported))
        wrong.extend(f"invented: {' '.join(item)}; {made}" for item in sorted(reported - expected))

    one_run()
    record_property("proof by mutation", json.dumps(tally))
    assert not wrong, "\n".join(wrong)


def _names(drawn: Drawn) -> str:
    return ", ".join(f"{mutation.told()} ({number})" for mutation, number in drawn)


def _count(tally: dict[str, Counter[str]], answer: dict[str, Any], expected: set[Any], reported: set[Any]) -> None:
    for name, number in answer["populations"].items():
        tally["declared"][name.split(":", 1)[1]] = number
    for name, items in (
        ("made", expected),
        ("matched", expected & reported),
        ("invented", reported - expected),
        ("missed", expected - reported),
    ):
        tally[name].update(item[1] for item in items)


def test_there_are_changes_of_every_sort_to_draw_from() -> None:
    """Few changes, or changes of few kinds, would prove little."""
    assert len(MUTATIONS) >= 100
    assert len({mutation.kind for mutation in MUTATIONS}) >= 20
    assert {mutation.action for mutation in MUTATIONS} == {"changed", "missing", "unmanaged", "undeclared"}
