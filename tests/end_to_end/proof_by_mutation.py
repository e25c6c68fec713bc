"""What the proofs by mutation of an account and of a cluster share: drawing sets of changes, and keeping count."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeAlias, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from soc2gate.model.outcome import Run
from soc2gate.model.resource import Side

RUNS = int(os.environ.get("SOC2GATE_PROOF_RUNS", "6"))
"""Generated sets: an ordinary run makes a few; SOC2GATE_PROOF_RUNS=200 makes as many as it says."""

Told: TypeAlias = tuple[str, str, str, str]
"""Difference, kind, address, property."""

exact_sets = settings(
    max_examples=RUNS,
    derandomize=True,
    deadline=None,
    database=None,
    # A set that fails is told as it is; making it smaller would take a verification for each try.
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


class Change(Protocol):
    """One change by hand."""

    @property
    def action(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def changes(self) -> str: ...
    @property
    def then(self) -> tuple[tuple[str, str], ...]: ...
    def told(self) -> str: ...


C = TypeVar("C", bound=Change)


def sets_of(
    mutations: Sequence[C], parts: Mapping[str, Collection[str]] | None = None
) -> st.SearchStrategy[list[tuple[C, int]]]:
    """A few changes that can be made together; `parts` says what goes with what is deleted, by address."""

    @st.composite
    def drawn(draw: st.DrawFn) -> list[tuple[C, int]]:
        found = draw(
            st.lists(
                st.tuples(st.sampled_from(mutations), st.integers(0, 99_999)),
                min_size=1,
                max_size=6,
                # One change of a property: two of them might undo each other.
                unique_by=lambda pair: (pair[0].kind, pair[0].address, pair[0].changes),
            )
        )
        gone = {mutation.address for mutation, _ in found if mutation.action == "missing"}
        gone |= {part for address in gone for part in (parts or {}).get(address, ())}
        # What is deleted cannot be changed as well.
        kept = [pair for pair in found if pair[0].action == "missing" or pair[0].address not in gone]
        # What is created comes last, so that the names the others find things by are still unique.
        return sorted(kept, key=lambda pair: pair[0].action == "unmanaged")

    return drawn()


def expected(mutation: Change, made: str | None) -> list[Told]:
    """What a report has to tell of a change; `made` is what it created."""
    return [
        (mutation.action, mutation.kind, made or mutation.address, mutation.changes),
        *(("changed", kind, address, "") for kind, address in mutation.then),
    ]


def declared(run: Run) -> dict[str, int]:
    """Kind to how many code declares."""
    side = f"{Side.DECLARED.value}:"
    return {name.removeprefix(side): number for name, number in run.resources.items() if name.startswith(side)}


class Tally:
    """Of all runs together, by kind, and what was wrong."""

    def __init__(self) -> None:
        self.counted: dict[str, Counter[str]] = {
            name: Counter() for name in ("runs", "declared", "made", "matched", "invented", "missed")
        }
        self.wrong: list[str] = []

    def add(
        self, drawn: Sequence[tuple[Change, int]], wanted: set[Told], told: set[Told], populations: Mapping[str, int]
    ) -> None:
        made = f"made: {', '.join(f'{mutation.told()} ({number})' for mutation, number in drawn)}"
        self.counted["runs"][""] += 1
        self.counted["declared"].update(dict(populations) if not self.counted["declared"] else {})
        for name, items in (
            ("made", wanted),
            ("matched", wanted & told),
            ("invented", told - wanted),
            ("missed", wanted - told),
        ):
            self.counted[name].update(item[1] for item in items)
        # For whoever watches a long run with `pytest -s`.
        print(f"run {self.counted['runs']['']}: {'exact' if wanted == told else 'WRONG'}, {made}", flush=True)
        self.wrong += [f"missed: {' '.join(item)}; {made}" for item in sorted(wanted - told)]
        self.wrong += [f"invented: {' '.join(item)}; {made}" for item in sorted(told - wanted)]
