"""Clones that know nothing of each other keep one ledger on a branch of their remote, and lose nothing."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from evidence_support import GOOD, Place
from test_ledger import Keys, keys, marks, small_statement, start

from soc2gate.errors import EvidenceError
from soc2gate.evidence.ledger import Ledger
from soc2gate.evidence.repository import Repository
from soc2gate.evidence.stores import GitBranch, open_store

__all__ = ["keys"]
LEDGER = "git:evidence@origin"
BRANCH = "refs/heads/evidence"


@pytest.fixture
def remote(tmp_path: Path) -> Place:
    return Place.make(tmp_path / "remote.git", "--bare")


def clone(remote: Place, name: str) -> Place:
    folder = remote.folder.parent / name
    remote.git("clone", "-q", str(remote.folder), str(folder))
    return Place(folder)


def ledger_of(place: Place) -> Ledger:
    return Ledger(open_store(LEDGER, place.folder))


def kept(remote: Place, keys: Keys) -> list[str]:
    """What an auditor finds who asks the remote itself."""
    return marks(Ledger(GitBranch(Repository.at(remote.folder), BRANCH)).checked(keys[1]))


def test_clones_that_push_at_the_same_time_lose_nothing(remote: Place, tmp_path: Path, keys: Keys) -> None:
    places = [clone(remote, "one"), clone(remote, "two")]
    # Two processes in each clone: they race for the clone's refs too.
    writers = [
        start(keys, LEDGER, 4, f"w{index}", tmp_path, places[index % 2].folder)
        for index in range(4)
    ]  # fmt: skip
    said = []
    for writer in writers:
        out, err = writer.communicate(timeout=300)
        assert writer.returncode == 0, err
        said += [int(line) for line in out.split()]
    assert sorted(said) == list(range(1, 17)), "each was told a number of its own"
    assert sorted(kept(remote, keys)) == sorted(f"w{index}-{number}" for index in range(4) for number in range(4))
    assert marks(ledger_of(places[0]).checked(keys[1])) == marks(ledger_of(places[1]).checked(keys[1]))


def test_a_clone_killed_while_it_writes_loses_nothing_it_promised(remote: Place, tmp_path: Path, keys: Keys) -> None:
    for round_ in range(3):
        place = clone(remote, f"round{round_}")
        writer = start(keys, LEDGER, 10_000, f"r{round_}", tmp_path, place.folder)
        assert writer.stdout is not None
        promised = int(writer.stdout.readline())
        time.sleep(0.05 * round_)
        os.kill(writer.pid, signal.SIGKILL)
        rest, _ = writer.communicate()
        promised = max([promised, *(int(line) for line in rest.split("\n")[:-1])])
        assert len(kept(remote, keys)) >= promised
    other = clone(remote, "other")
    ledger_of(other).append(small_statement("after"), [keys[0]])
    assert kept(remote, keys)[-1] == "after"


def test_a_push_whose_answer_is_lost_is_kept_once(remote: Place, keys: Keys) -> None:
    """The branch moved, and then the other side died: it is looked up, and not written again."""
    place = clone(remote, "one")
    hook = remote.put("hooks/post-receive", "#!/bin/sh\necho died >> died\nkill -9 $PPID\n")
    hook.chmod(0o755)
    assert ledger_of(place).append(small_statement("lost"), [keys[0]])[0].sequence == 1
    assert (remote.folder / "died").exists()
    hook.unlink()
    ledger_of(place).append(small_statement("next"), [keys[0]])
    assert kept(remote, keys) == ["lost", "next"]


def test_a_remote_that_refuses_is_told_in_words_and_nothing_is_kept(remote: Place, tmp_path: Path, keys: Keys) -> None:
    hook = remote.put("hooks/pre-receive", "#!/bin/sh\necho evidence is not for you >&2\nexit 1\n")
    hook.chmod(0o755)
    place = clone(remote, "one")
    place.put("main.tf", GOOD)
    place.commit()
    done = place.soc2gate("attest", "--key", "../ci.key", "--ledger", LEDGER)
    assert (done.code, "evidence is not for you" in done.err, "Traceback" in done.err) == (2, True, False), done.err
    hook.unlink()
    done = place.soc2gate("attest", "--key", "../ci.key", "--ledger", LEDGER)
    assert (done.code, "record 1," in done.out) == (0, True), done.err
    assert place.git("for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main", "none of the ledger's"
    done = place.soc2gate("attest", "--key", "../ci.key", "--ledger", "git:evidence@upstream")
    assert (done.code, "it knows origin" in done.err) == (2, True)
    (tmp_path / "ci.pub").write_bytes(keys[1][0].pem)
    found = place.soc2gate("attest", "find", "--commit", place.git("rev-parse", "HEAD"), "--ledger", LEDGER)
    assert (found.code, "records/000/000000001.dsse.json" in found.out) == (0, True), found.err
    place.git("push", "-q", "origin", "HEAD:refs/heads/main")
    other = clone(remote, "two")
    report = other.soc2gate("report", "--ledger", LEDGER, "--keys", "../ci.pub", "--branch", "origin/main",
                            "--format", "json")  # fmt: skip
    assert report.code == 0, report.err
    assert list(json.loads(report.out)["records"]) == ["1"]


def test_a_branch_that_was_deleted_or_rewritten_is_no_new_ledger(remote: Place, keys: Keys) -> None:
    place = clone(remote, "one")
    for mark in ("a", "b"):
        ledger_of(place).append(small_statement(mark), [keys[0]])
    newest = remote.git("rev-parse", BRANCH)
    remote.git("update-ref", BRANCH, f"{newest}~1")
    with pytest.raises(EvidenceError, match="was rewritten"):
        ledger_of(place).append(small_statement("c"), [keys[0]])
    remote.git("update-ref", "-d", BRANCH)
    with pytest.raises(EvidenceError, match="is gone from origin"):
        ledger_of(place).append(small_statement("c"), [keys[0]])
    place.git("push", "-q", "origin", f"{newest}:{BRANCH}")
    ledger_of(place).append(small_statement("c"), [keys[0]])
    assert kept(remote, keys) == ["a", "b", "c"]
