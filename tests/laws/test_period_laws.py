"""The population of a period is what plain git says, whatever the history looks like."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from soc2gate.evidence.envelope import Envelope
from soc2gate.evidence.ledger import Record
from soc2gate.evidence.period import ATTESTED, BY_TREE, UNATTESTED, drawn, report, window
from soc2gate.evidence.repository import Repository
from soc2gate.evidence.statement import Link

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["commit", "empty", "merge", "squash", "revert", "amend", "reset"]),
        # Days from the year 2026 on: back-dated and future commits are all here.
        st.integers(-4000, 4000),
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


def git(folder: Path, *arguments: str, days: int = 0, data: str | None = None) -> str:
    date = f"{1767225600 + 86400 * days} +0200"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_NAME": "a" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "a@example.org" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_DATE": date for who in ("AUTHOR", "COMMITTER")},
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True, input=data or ""
    )
    return done.stdout.strip()


class History:
    """A branch that is made by plumbing alone, which is quick: one commit a step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        git(folder, "init", "-q", "-b", "main")
        self.heads: list[str] = []
        self.number = 0

    def tree(self) -> str:
        self.number += 1
        blob = git(self.folder, "hash-object", "-w", "--stdin", data=str(self.number))
        return git(self.folder, "mktree", data=f"100644 blob {blob}\tmain.tf\n")

    def commit(self, tree: str, *parents: str, days: int) -> str:
        given = [word for parent in parents for word in ("-p", parent)]
        return git(self.folder, "commit-tree", tree, *given, "-m", str(self.number), days=days)

    def step(self, kind: str, days: int) -> None:
        head = self.heads[-1:] or []
        old = f"{head[0]}^{{tree}}" if head else ""
        if kind == "reset" and head:
            # A force push: the branch stands on an earlier commit again.
            line = git(self.folder, "rev-list", "--first-parent", head[0]).split()
            new = line[min(1, len(line) - 1)]
        elif kind == "amend" and head:
            parents = git(self.folder, "rev-list", "--parents", "-n", "1", head[0]).split()[1:]
            new = self.commit(self.tree(), *parents, days=days)
        elif kind in ("merge", "squash") and head:
            side = self.commit(self.tree(), head[0], days=days - 1)
            parents = [head[0], side] if kind == "merge" else head
            new = self.commit(f"{side}^{{tree}}", *parents, days=days)
        elif kind == "empty" and head:
            new = self.commit(old, head[0], days=days)
        elif kind == "revert" and len(self.heads) > 1:
            new = self.commit(f"{self.heads[-2]}^{{tree}}", head[0], days=days)
        else:
            new = self.commit(self.tree(), *head, days=days)
        self.heads.append(new)


def record(sequence: int, commit: str, tree: str) -> Record:
    """A record with nothing judged in it: the population does not depend on what was found."""
    time = f"2026-06-01T00:{sequence // 60:02d}:{sequence % 60:02d}Z"
    predicate = {
        "scope": {"paths": ["."]},
        "inputs": [{"name": "declared"}],
        "criteria": [],
        "populations": [],
        "findings": [],
        "disagreements": [],
        "policies": [],
        "evaluator": {"version": "1"},
        "waivers": [],
        "not_looked_at": {"problems": []},
        "change": {"reported": {}},
    }
    nothing = Envelope({}, "", b"", ())
    return Record(sequence, f"{sequence:064d}", nothing, predicate, commit, tree, time, time, Link(sequence, ""))


@settings(deadline=None, max_examples=25)
@given(STEPS, st.data())
def test_the_population_is_what_plain_git_says(steps: list[tuple[str, int, bool]], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        history = History(Path(scratch))
        records: list[Record] = []
        for kind, days, attested in steps:
            history.step(kind, days)
            head = history.heads[-1]
            if attested:
                records.append(record(len(records) + 1, head, git(history.folder, "rev-parse", f"{head}^{{tree}}")))
        end = history.heads[-1]
        git(history.folder, "update-ref", "refs/heads/main", end)
        line = git(history.folder, "rev-list", "--first-parent", end).split()
        start = data.draw(st.sampled_from(["", *line]))
        asked = [end, *([f"^{start}"] if start else [])]
        # With --first-parent, exclusion follows first parents only since git 2.29: what is left out is the line.
        expected = list(reversed(line[: line.index(start)] if start else line))
        assert set(git(history.folder, "rev-list", "--first-parent", *asked).split()) <= set(expected)

        made = report(records, window(Repository.at(history.folder), records, start, "main"))

        assert [member.change.commit for member in made.members] == expected
        recorded = {one.commit for one in records}
        trees = {one.tree for one in records}
        for member in made.members:
            tree = git(history.folder, "rev-parse", f"{member.change.commit}^{{tree}}")
            exact = member.change.commit in recorded
            assert member.state == (ATTESTED if exact else BY_TREE if tree in trees else UNATTESTED)
            assert bool(member.records) == (member.state != UNATTESTED)
        # Every record of the branch's own commits is accounted for, every other is named as off the branch.
        off = {one.sequence for one in made.off_branch}
        in_line = {
            one.sequence for one in records if one.commit in line or one.tree in {m.tree for m in made.window.line}
        }
        assert off.isdisjoint(in_line)
        since, until = made.window.since, made.window.until or "9999"
        inside = {one.sequence for one in records if since <= one.finished_at <= until}
        assert inside - in_line == off


@given(st.lists(st.text("0123456789abcdef", min_size=8, max_size=8), unique=True), st.integers(0, 9), st.text())
def test_a_sample_depends_on_its_seed_and_on_nothing_else(commits: list[str], number: int, seed: str) -> None:
    first = drawn(commits, number, seed)
    assert first == drawn(list(reversed(commits)), number, seed)
    assert len(first) == min(number, len(commits))
    assert set(first) <= set(commits)
    assert drawn(commits, number + 1, seed)[:number] == first
