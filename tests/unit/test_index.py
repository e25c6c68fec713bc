"""The index says where to look and nothing else: broken, old or forged, the records have the last word."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from evidence_support import BAD, GOOD, Place
from test_period import change

from soc2gate.evidence import envelope


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Place.make(tmp_path / "repository")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    return made


def found(place: Place, *asked: str, code: int = 0) -> list[dict[str, Any]]:
    done = place.soc2gate("attest", "find", "--ledger", "../ledger", "--format", "json", *asked)
    assert done.code == code, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)["records"]
    return rows


def numbers(place: Place, *asked: str, code: int = 0) -> list[int]:
    return [row["record"] for row in found(place, *asked, code=code)]


def index_of(place: Place) -> Path:
    (file,) = (place.folder.parent / "cache/soc2gate").glob("*.sqlite")
    return file


def test_records_are_found_by_commit_tree_control_and_time(place: Place) -> None:
    good = change(place, GOOD, 1)
    bad = change(place, BAD, 3)
    (row,) = found(place, "--commit", good[:8], "--keys", "../ci.pub")
    record_file = place.folder.parent / "ledger" / row["file"]
    assert (row["record"], row["commit"], row["signature"]) == (1, good, "holds")
    assert row["sha256"] == hashlib.sha256(record_file.read_bytes()).hexdigest()
    assert numbers(place, "--tree", place.git("rev-parse", "HEAD^{tree}")) == [2]
    # Of the two only the second had a security group to judge.
    assert numbers(place, "--control", "public-exposure") == [2]
    assert numbers(place, "--at", "2026-03-01T02:00:00Z") == [1]
    assert numbers(place, "--at", "2026-03-02") == [2]
    assert numbers(place, "--control", "public-exposure", "--at", "2026-03-01T02:00:00Z", code=3) == []
    change(place, GOOD + "\n", 5)
    assert numbers(place, "--at", "2026-03-02") == [3], "a record made since is found too"
    assert numbers(place, "--commit", bad) == [2]
    done = place.soc2gate("attest", "find", "--ledger", "../ledger")
    assert (done.code, "--commit" in done.err) == (2, True)


def test_a_broken_a_forged_and_a_foreign_index_are_made_again(place: Place) -> None:
    good = change(place, GOOD, 1)
    bad = change(place, BAD, 2)
    assert numbers(place, "--commit", good) == [1]
    index_of(place).write_bytes(b"no database" * 500)
    assert numbers(place, "--commit", good) == [1]
    base = sqlite3.connect(index_of(place))
    with base:
        base.execute("update records set commit_id = ? where number = 2", (good,))
    base.close()
    assert numbers(place, "--commit", good) == [1], "record 2 is of another commit, whatever the index says"
    assert numbers(place, "--commit", bad) == [2]
    shutil.rmtree(place.folder.parent / "ledger")
    assert place.soc2gate("attest", "--key", "../ci.key", "--ledger", "../ledger").code in (0, 1)
    assert numbers(place, "--commit", bad) == [1]
    assert numbers(place, "--commit", good, code=3) == []


def test_without_a_cache_folder_it_finds_all_the_same(place: Place) -> None:
    good = change(place, GOOD, 1)
    (place.folder.parent / "cache").write_text("a file, where a folder should be")
    assert numbers(place, "--commit", good) == [1]
