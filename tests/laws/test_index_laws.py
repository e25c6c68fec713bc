"""The index is the records and nothing else: kept over a life or built anew, it is the same and finds the same."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_essence_laws import SIGNER, statement

from soc2gate.evidence import envelope
from soc2gate.evidence.envelope import STATEMENT_TYPE
from soc2gate.evidence.index import Wanted, find

COMMITS = ("c" * 40, "c1" + "d" * 38, "e" * 40)
TREES = ("a" * 40, "b" * 40)
CONTROLS = ("backup", "logging", "public-exposure")


class InMemory:
    """A ledger's records, as a store gives them."""

    def __init__(self) -> None:
        self.records: dict[int, bytes] = {}

    def sequences(self, what: str) -> list[int]:
        return sorted(self.records)

    def read(self, what: str, sequence: int) -> bytes:
        return self.records[sequence]

    def read_all(self, what: str, numbers: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
        return ((number, self.records[number]) for number in (numbers or self.sequences(what)))

    def create(self, sequence: int, record: bytes, head: bytes) -> bool:
        self.records[sequence] = record
        return True

    def stamp(self, sequence: int, token: bytes) -> None:
        raise NotImplementedError


facts = st.tuples(
    st.sampled_from(COMMITS), st.sampled_from(TREES), st.integers(1, 9), st.sets(st.sampled_from(CONTROLS))
)  # fmt: skip


def sealed(fact: tuple[str, str, int, set[str]]) -> bytes:
    commit, tree, day, controls = fact
    made: dict[str, Any] = statement()
    made["subject"] = [{"digest": {"gitCommit": commit}}, {"digest": {"gitTree": tree}}]
    row = made["predicate"]["populations"][0]
    made["predicate"]["populations"] = [{**row, "control": control} for control in sorted(controls)]
    time = f"2026-03-{day:02d}T10:00:00Z"
    made["predicate"]["time"] = {"judged_at": time, "started_at": time, "finished_at": time}
    return envelope.seal(made, STATEMENT_TYPE, [SIGNER])


def content(index: Path) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(index)) as base:
        return [base.execute(f"select * from {table} order by 1, 2").fetchall() for table in ("records", "controls")]


def expected(ledger: Sequence[tuple[str, str, int, set[str]]], wanted: Wanted) -> list[int]:
    """By looking at all of them."""
    fits = [
        number
        for number, (commit, tree, day, controls) in enumerate(ledger, start=1)
        if commit.startswith(wanted.commit)
        and tree.startswith(wanted.tree)
        and (not wanted.control or wanted.control in controls)
        and (not wanted.at or f"2026-03-{day:02d}T10:00:00Z" <= wanted.at)
    ]
    if wanted.at:
        return sorted(fits, key=lambda number: (ledger[number - 1][2], number))[-1:]
    return fits[::-1]


wishes = st.builds(
    Wanted,
    st.sampled_from(["", "c", "c1", *COMMITS, "f" * 40]),
    st.sampled_from(["", "a", *TREES]),
    st.sampled_from(["", *CONTROLS, "none"]),
    st.sampled_from(["", "2026-03-05T00:00:00Z", "2026-03-09T23:00:00Z"]),
)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.lists(facts, max_size=4), wishes, st.booleans()), min_size=1, max_size=5))
def test_an_index_kept_is_the_index_built_anew_and_finds_what_looking_finds(
    steps: list[tuple[list[tuple[str, str, int, set[str]]], Wanted, bool]],
) -> None:
    store, ledger = InMemory(), []
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(scratch) / "kept.sqlite"
        for more, wanted, broken in steps:
            for fact in more:
                ledger.append(fact)
                store.create(len(ledger), sealed(fact), b"")
            if broken and kept.exists():
                # Cut off in the middle of what it knows.
                kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
            assert [record.sequence for record in find(store, kept, wanted)] == expected(ledger, wanted)
        anew = Path(scratch) / "anew.sqlite"
        find(store, anew, Wanted("0"))
        assert content(kept) == content(anew)
