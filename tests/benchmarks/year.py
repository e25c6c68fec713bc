"""A year of evidence: what a report over it costs. `python tests/benchmarks/year.py FOLDER [--commits 20000]`.

The folder is filled once: a git repository with a first-parent line of so many commits, and a ledger with a signed
record of each and a verification of live state after every tenth. The records are those of the demo's company: a real
record of each of a few states, given every commit's ids and times and signed anew. Then `soc2gate report` is run as a
person runs it, and its processor time, wall time and memory (all processes together, shared pages once) are printed.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from soc2gate.evidence import envelope
from soc2gate.evidence.ledger import HEAD_SCHEMA
from soc2gate.evidence.stores import HEADS, RECORDS, name_of

COMPANY = Path(envelope.__file__).parents[1] / "demo" / "company"
BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
SNAPSHOT: dict[str, Any] = {
    "schema": "soc2gate.snapshot/1",
    "tool": {"name": "soc2gate", "version": "0.1.0"},
    "parts": [
        {
            "provider": "aws",
            "account": "123456789012",
            "caller": "arn:aws:iam::123456789012:role/audit",
            "taken_at": "2025-11-01T00:00:00Z",
            "finished_at": "2025-11-01T00:00:00Z",
            "partial": False,
            "regions_asked": ["eu-west-1"],
            "regions_read": ["eu-west-1"],
            "coverage": [{"kind": "AWS::SQS::Queue", "region": "eu-west-1", "read": True}],
            "calls": [{"call": "sqs:ListQueues", "region": "eu-west-1", "made": 1, "failed": 0}],
            "failed_calls": [],
            "resources": [],
        }
    ],
}


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def make(folder: Path, commits: int) -> None:
    """The repository and its ledger."""
    folder.mkdir(parents=True)
    private, public, _ = envelope.generate("p256", None)
    (folder / "ci.key").write_bytes(private)
    (folder / "ci.pub").write_bytes(public)
    states = list(_states(folder))
    moments = [BEGIN + timedelta(seconds=index * 31_000_000 // commits) for index in range(commits)]
    made = _history(folder / "repository", moments)
    signer = envelope.load_signer(folder / "ci.key", None)
    previous, number = "", 0
    for index, (commit, tree, parents, sha256) in enumerate(made):
        # Mostly the same state as before; a change of it every two hundred commits.
        which = (index // 200) % (len(states) - 1)
        for state in (states[which], *([states[-1]] if index % 10 == 9 else [])):
            number += 1
            at = moments[index] + timedelta(seconds=30 if state is states[which] else 600)
            said = _placed(state, commit, tree, parents, sha256, iso(at), number, previous)
            record = _sealed(said, envelope.STATEMENT_TYPE, signer)
            previous = envelope.digest(record)
            head = {"schema": HEAD_SCHEMA, "sequence": number, "record": {"sha256": previous}}
            _keep(folder / "ledger" / name_of(RECORDS, number), record)
            _keep(folder / "ledger" / name_of(HEADS, number), _sealed(head, envelope.HEAD_TYPE, signer))


def _keep(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _sealed(document: dict[str, Any], kind: str, signer: envelope.FileSigner) -> bytes:
    # As `envelope.seal`, without the slow and sure speller: readers accept nothing but RFC 8785, and will say.
    payload = msgspec.json.encode(document, order="sorted")
    signature = signer.sign(envelope.pre_authentication(kind, payload))
    whole = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"keyid": signer.keyid, "sig": base64.b64encode(signature).decode()}],
    }
    return msgspec.json.encode(whole, order="sorted") + b"\n"


def _states(folder: Path) -> Iterator[dict[str, Any]]:
    """Real statements: the company, the company with something fixed, a small part of it, and live state."""
    place = folder / "company"
    shutil.copytree(COMPANY, place)
    (folder / "live.json").write_text(json.dumps(SNAPSHOT))
    _git(place, "init", "-q", "-b", "main")
    paths = sorted(path for path in place.rglob("*.tf"))
    for index, more in enumerate(([], [], [], ["--snapshot", "../live.json"])):
        if index == 1:
            paths[0].unlink()
        if index == 2:
            paths[1].unlink()
        _git(place, "add", "-A")
        _git(place, "commit", "-q", "--allow-empty", "-m", "state")
        command = [sys.executable, "-m", "soc2gate", "attest", "--key", "../ci.key", "--output", "../state.json", *more]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        assert done.returncode in (0, 1, 3), done.stderr
        whole = json.loads((folder / "state.json").read_bytes())
        said: dict[str, Any] = json.loads(base64.b64decode(whole["payload"]))
        yield said


def _placed(
    state: dict[str, Any], commit: str, tree: str, parents: list[str], sha256: str, at: str, number: int, previous: str
) -> dict[str, Any]:
    said = {**state, "subject": copy.deepcopy(state["subject"])}
    said["subject"][0]["digest"]["gitCommit"] = commit
    said["subject"][1]["digest"]["gitTree"] = tree
    old = state["predicate"]
    fresh = iso(datetime.fromisoformat(at) + timedelta(days=7))
    said["predicate"] = {
        **old,
        "time": {"judged_at": at, "started_at": at, "finished_at": at},
        "change": {**old["change"], "parents": parents, "commit_sha256": sha256},
        "criteria": [{**row, "fresh_until": fresh if row["fresh_until"] else None} for row in old["criteria"]],
        "inputs": [
            {**one, **({"observed_at": at} if "observed_at" in one else {"digest": {**one["digest"], "gitTree": tree}})}
            for one in old["inputs"]
        ],
        "result": {"digest": {"sha256": hashlib.sha256(at.encode()).hexdigest()}},
        "record": {"sequence": number, "previous": {"sha256": previous} if previous else None},
    }
    return said


def _history(folder: Path, moments: list[datetime]) -> Iterator[tuple[str, str, list[str], str]]:
    """Commit, tree, parents and sha256 of each commit of a line."""
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    told = []
    for index, moment in enumerate(moments):
        data = f"change {index}\n"
        who = f"Ann Lee <ann@example.org> {int(moment.timestamp())} +0000"
        told.append(f"commit refs/heads/main\nmark :{index + 1}\ncommitter {who}\ndata {len(data)}\n{data}")
        told.append(f"from :{index}\n" if index else "")
        told.append(f"M 100644 inline infra/{index % 50}.tf\ndata {len(data)}\n{data}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input="".join(told).encode(), check=True)
    line = subprocess.run(["git", "rev-list", "--reverse", "--first-parent", "--format=%H %T %P", "main"], cwd=folder,
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    for row in line.splitlines():
        if not row.startswith("commit "):
            commit, tree, *parents = row.split(" ")
            parents = [one for one in parents if one]
            yield commit, tree, parents, hashlib.sha256(commit.encode()).hexdigest()


def _git(folder: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "Ann"}
    environment = {**os.environ, **who, "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def measure(folder: Path, *more: str) -> None:
    """One report, as a person runs it."""
    command = [sys.executable, "-m", "soc2gate", "report", "--ledger", "../ledger", "--keys", "../ci.pub", *more]
    begun, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, cwd=folder / "repository", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    peak = [0]
    watch = threading.Thread(target=_watch, args=(process, peak))
    watch.start()
    said = process.communicate()[0].decode()
    watch.join()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    wall = time.perf_counter() - begun
    name = " ".join(more) or "text"
    print(f"{name}: {wall:.1f} s wall, {cpu:.1f} s CPU, {peak[0] / 1024:.0f} MB, exit {process.returncode}", flush=True)
    print("  " + "\n  ".join(said.splitlines()[:3])[:300])


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_pss, _family(process.pid))))
        time.sleep(0.1)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _pss(pid: int) -> int:
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("more", nargs="*", help="Further arguments of `soc2gate report`, after --.")
    asked = parser.parse_args()
    if not asked.folder.exists():
        begun = time.perf_counter()
        make(asked.folder, asked.commits)
        print(f"made in {time.perf_counter() - begun:.0f} s")
    for _ in range(asked.times):
        measure(asked.folder, *asked.more)


if __name__ == "__main__":
    main()
