"""The ledger: nothing is lost, whoever writes at the same time or dies; nothing is removed unnoticed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import Aws, Refusal, running_aws
from evidence_support import GOOD, Place

from soc2gate.errors import EvidenceError
from soc2gate.evidence import envelope
from soc2gate.evidence.envelope import FileSigner, TrustedKey
from soc2gate.evidence.ledger import Anchor, Ledger, Record
from soc2gate.evidence.repository import Repository
from soc2gate.evidence.statement import PREDICATE_TYPE, Link
from soc2gate.evidence.stores import (
    HEADS,
    RECORDS,
    TIMESTAMPS,
    Bucket,
    Directory,
    GitBranch,
    Store,
    name_of,
    open_store,
)
from soc2gate.model.value import Json

WRITER = """\
import sys
from pathlib import Path
from soc2gate.evidence.envelope import load_signer
from soc2gate.evidence.ledger import Ledger
from soc2gate.evidence.stores import open_store
sys.path.insert(0, sys.argv[5])
from test_ledger import small_statement
signer = load_signer(Path(sys.argv[1]), None)
ledger = Ledger(open_store(sys.argv[2], Path(sys.argv[6])))
for number in range(int(sys.argv[3])):
    link, _ = ledger.append(small_statement(f"{sys.argv[4]}-{number}"), [signer])
    print(link.sequence, flush=True)
"""


def small_statement(mark: str, *, commit: str = "c" * 40, tree: str = "d" * 40) -> Any:
    """As much of a statement as the ledger looks at; `mark` tells records apart."""

    def build(link: Link) -> dict[str, Any]:
        return {
            "predicateType": PREDICATE_TYPE,
            "subject": [{"digest": {"gitCommit": commit}}, {"digest": {"gitTree": tree}}],
            "predicate": {
                "mark": mark,
                "time": {"judged_at": "2026-11-21T12:00:00Z", "finished_at": "2026-11-21T12:00:00Z"},
                "record": {
                    "sequence": link.sequence,
                    "previous": {"sha256": link.previous} if link.previous else None,
                },
            },
        }

    return build


def marks(records: list[Record]) -> list[str]:
    return [str(record.predicate["mark"]) for record in records]


@pytest.fixture
def keys(tmp_path: Path) -> tuple[FileSigner, tuple[TrustedKey, ...]]:
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    return envelope.load_signer(tmp_path / "ci.key", None), (envelope.public_key(public, "it"),)


@pytest.fixture(params=["directory", "git", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "directory":
        yield Directory(tmp_path / "ledger")
    elif request.param == "git":
        yield GitBranch(Repository.at(Place.make(tmp_path / "repository").folder))
    else:
        yield request.getfixturevalue("bucket")


@pytest.fixture(scope="module")
def s3_server() -> Iterator[Aws]:
    """S3 over HTTP, as a person's program meets it, deciding in one step who was first, as S3 does."""
    with running_aws() as aws:
        aws.one_at_a_time = threading.Lock()
        yield aws


@pytest.fixture
def s3(s3_server: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return s3_server


@pytest.fixture
def bucket(s3: Aws, tmp_path: Path) -> Bucket:
    return Bucket(made_bucket(s3, tmp_path), "acme/infra", retain_days=30)


def made_bucket(s3: Aws, tmp_path: Path) -> str:
    name = f"evidence-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:16]}"
    s3.client("s3", "us-east-1").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


Keys = tuple[FileSigner, tuple[TrustedKey, ...]]


def filled(store: Store, signer: FileSigner, number: int = 3) -> Ledger:
    ledger = Ledger(store)
    for index in range(number):
        ledger.append(small_statement(str(index), commit=f"{index}" * 40, tree=f"{index % 2}" * 40), [signer])
    return ledger


def test_records_are_kept_in_order_each_naming_the_one_before(store: Store, keys: Keys) -> None:
    signer, trusted = keys
    ledger = filled(store, signer)
    records = ledger.checked(trusted)
    assert marks(records) == ["0", "1", "2"]
    assert [record.link.previous for record in records] == ["", records[0].digest, records[1].digest]
    assert store.sequences(HEADS) == [1, 2, 3]


def test_a_record_is_found_by_its_commit_and_by_its_tree(store: Store, keys: Keys) -> None:
    ledger = filled(store, keys[0])
    assert [record.sequence for record in ledger.find(commit="1" * 40)] == [2]
    assert [record.sequence for record in ledger.find(tree="0" * 40)] == [1, 3]
    assert ledger.find(commit="9" * 40) == []


def test_a_number_that_is_taken_is_never_written_again(store: Store, keys: Keys) -> None:
    ledger = filled(store, keys[0])
    before = store.read(RECORDS, 2)
    assert store.create(2, b"other\n", b"other\n") is False
    assert store.read(RECORDS, 2) == before
    with pytest.raises(EvidenceError, match="record 9 is missing"):
        ledger.store.read(RECORDS, 9)


def directory(tmp_path: Path, keys: Keys, number: int = 3) -> tuple[Path, Ledger]:
    folder = tmp_path / "ledger"
    return folder, filled(Directory(folder), keys[0], number)


def test_a_removed_record_is_noticed_the_last_one_too(tmp_path: Path, keys: Keys) -> None:
    for gone in (1, 2, 3):
        folder, ledger = directory(tmp_path / str(gone), keys)
        (folder / name_of(RECORDS, gone)).unlink()
        with pytest.raises(EvidenceError, match="is missing"):
            ledger.checked(keys[1])


def test_a_head_is_its_records_and_signed_like_it(tmp_path: Path, keys: Keys) -> None:
    folder, ledger = directory(tmp_path, keys)
    head = folder / name_of(HEADS, 3)
    genuine = head.read_bytes()
    private, _, _ = envelope.generate("p256", None)
    (tmp_path / "other.key").write_bytes(private)
    stranger = envelope.load_signer(tmp_path / "other.key", None)
    said: dict[str, Json] = {**envelope.unseal(genuine, envelope.HEAD_TYPE).payload}
    another: dict[str, Json] = {
        **said,
        "record": {"sha256": envelope.digest((folder / name_of(RECORDS, 2)).read_bytes())},
    }
    for document, signer, told in (
        (said, stranger, "not trusted here"),
        (another, keys[0], "the head of record 3 names another record"),
        ({**said, "sequence": 2}, keys[0], "the head of record 3 names another record"),
    ):
        head.unlink()
        head.write_bytes(envelope.seal(document, envelope.HEAD_TYPE, [signer]))
        with pytest.raises(EvidenceError, match=told):
            ledger.checked(keys[1])
    head.unlink()
    head.write_bytes(genuine)
    assert len(ledger.checked(keys[1])) == 3


def test_cutting_off_records_and_heads_alike_is_noticed_by_an_anchor(tmp_path: Path, keys: Keys) -> None:
    folder, ledger = directory(tmp_path, keys)
    newest = ledger.record(3)
    anchor = Anchor.parse(f"3:{newest.digest}")
    assert len(ledger.checked(keys[1], anchor)) == 3
    for what in (RECORDS, HEADS):
        (folder / name_of(what, 3)).unlink()
    assert len(ledger.checked(keys[1])) == 2
    with pytest.raises(EvidenceError, match="ends at record 2"):
        ledger.checked(keys[1], anchor)
    ledger.append(small_statement("another history"), [keys[0]])
    with pytest.raises(EvidenceError, match="rewritten"):
        ledger.checked(keys[1], anchor)


def test_a_changed_swapped_or_foreign_record_is_noticed(tmp_path: Path, keys: Keys) -> None:
    folder, ledger = directory(tmp_path, keys)
    first, second = folder / name_of(RECORDS, 1), folder / name_of(RECORDS, 2)
    one, two = first.read_bytes(), second.read_bytes()

    def becomes(path: Path, data: bytes) -> None:
        path.unlink()
        path.write_bytes(data)

    for path, data, told in (
        (first, two, "does not follow"),
        (second, one, "does not follow"),
        (second, two.replace(b'"sig":"M', b'"sig":"N'), "signature"),
        (second, two[: len(two) // 2], "record 2"),
        (second, b"", "record 2"),
    ):
        becomes(path, data)
        with pytest.raises(EvidenceError, match=told):
            ledger.checked(keys[1])
        becomes(first, one)
        becomes(second, two)
    # Whoever has the key can sign another second record; what follows it still names the first.
    becomes(
        second,
        envelope.seal(small_statement("another")(Link(2, envelope.digest(one))), envelope.STATEMENT_TYPE, [keys[0]]),
    )
    with pytest.raises(EvidenceError, match="record 3 does not follow"):
        ledger.checked(keys[1])
    becomes(second, two)
    other, public, _ = envelope.generate("ed25519", None)
    (tmp_path / "other.key").write_bytes(other)
    stranger = envelope.load_signer(tmp_path / "other.key", None)
    ledger.append(small_statement("strange"), [stranger])
    with pytest.raises(EvidenceError, match="record 4: signed by a key that is not trusted"):
        ledger.checked(keys[1])
    assert len(ledger.checked([*keys[1], envelope.public_key(public, "it")])) == 4


def start(
    keys: Keys, place: str, number: int, mark: str, tmp_path: Path, repository: Path | None = None
) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    repository = repository or tmp_path / "repository"
    arguments = [str(tmp_path / "ci.key"), place, str(number), mark, here, str(repository)]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(params=["directory", "git", "s3"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a ledger, as `--ledger` names it."""
    Place.make(tmp_path / "repository")
    if request.param == "s3":
        return f"s3://{made_bucket(request.getfixturevalue('s3'), tmp_path)}/acme"
    return {"directory": str(tmp_path / "ledger"), "git": "git:"}[request.param]


def test_writers_at_the_same_time_lose_nothing(somewhere: str, tmp_path: Path, keys: Keys) -> None:
    writers = [start(keys, somewhere, 5, f"w{index}", tmp_path) for index in range(4)]
    said = []
    for writer in writers:
        out, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
        said += [int(line) for line in out.split()]
    records = Ledger(open_store(somewhere, tmp_path / "repository")).checked(keys[1])
    assert sorted(said) == list(range(1, 21))
    assert sorted(marks(records)) == sorted(f"w{index}-{number}" for index in range(4) for number in range(5))


def test_a_killed_writer_leaves_no_half_record_and_loses_none(somewhere: str, tmp_path: Path, keys: Keys) -> None:
    ledger = Ledger(open_store(somewhere, tmp_path / "repository"))
    promised = 0
    for round_ in range(4):
        writer = start(keys, somewhere, 10_000, f"r{round_}", tmp_path)
        assert writer.stdout is not None
        first = int(writer.stdout.readline())
        assert first > promised or round_ == 0
        time.sleep(0.03 * (round_ + 1))
        os.kill(writer.pid, signal.SIGKILL)
        rest, _ = writer.communicate()
        lines = rest.split("\n")
        promised = max([first, *(int(line) for line in lines[:-1] if line)])
        # Everything that a writer said it kept is there, whole and in its chain; the next writer goes on.
        assert len(ledger.checked(keys[1])) >= promised
    ledger.append(small_statement("after"), [keys[0]])
    assert marks(ledger.checked(keys[1]))[-1] == "after"


def test_a_put_whose_answer_is_lost_is_kept_once(bucket: Bucket, s3: Aws, keys: Keys) -> None:
    """The client library tries again, and is told that somebody was first: it was itself."""
    s3.lost_answers += [name_of(RECORDS, 2), name_of(HEADS, 2), name_of(TIMESTAMPS, 2)]
    ledger = filled(bucket, keys[0])
    bucket.stamp(2, b"token")
    assert s3.lost_answers == []
    assert marks(ledger.checked(keys[1])) == ["0", "1", "2"]
    assert bucket.sequences(HEADS) == [1, 2, 3]
    assert (bucket.sequences(TIMESTAMPS), bucket.read(TIMESTAMPS, 2)) == ([2], b"token")


def test_a_write_under_way_elsewhere_is_waited_for(bucket: Bucket, s3: Aws, keys: Keys) -> None:
    conflict = Refusal(name_of(RECORDS, 2), "ConditionalRequestConflict", "s3", "409 Conflict", times=1)
    with s3.refusing(conflict):
        ledger = filled(bucket, keys[0])
    assert conflict.times == 0
    assert marks(ledger.checked(keys[1])) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("needle", "code", "told"),
    [
        ("list-type=2", "AccessDenied", "s3:ListBucket"),
        (name_of(RECORDS, 1), "AccessDenied", "s3:PutObject"),
        (name_of(RECORDS, 1), "InvalidRequest", "object lock"),
        (name_of(RECORDS, 1), "ExpiredToken", "sign in first"),
        ("", "NoSuchBucket", "is its name right"),
    ],
)
def test_what_s3_refuses_is_said_in_words(
    bucket: Bucket, s3: Aws, keys: Keys, tmp_path: Path, needle: str, code: str, told: str
) -> None:
    place = Place.make(tmp_path / "repository")
    place.put("main.tf", GOOD)
    place.commit()
    (tmp_path / "ci.pub").write_bytes(keys[1][0].pem)
    with s3.refusing(Refusal(needle, code, "s3")):
        done = place.soc2gate("attest", "--key", "../ci.key", "--ledger", f"s3://{bucket.name}", "--retain-days", "9")
        report = place.soc2gate("report", "--keys", "../ci.pub", "--ledger", f"s3://{bucket.name}")
    assert (done.code, code in done.err, told in done.err) == (2, True, True), done.err
    assert "Traceback" not in done.err + report.err
    assert bucket.sequences(RECORDS) == []


def test_who_reads_while_another_writes_is_not_alarmed(
    store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two looks at the ledger another record may come, with its head."""
    ledger = filled(store, keys[0], 2)
    look = type(store).sequences

    def busy(self: Store, what: str) -> list[int]:
        found = look(self, what)
        monkeypatch.setattr(type(store), "sequences", look)
        ledger.append(small_statement("meanwhile"), [keys[0]])
        monkeypatch.setattr(type(store), "sequences", busy)
        return found

    monkeypatch.setattr(type(store), "sequences", busy)
    assert len(ledger.checked(keys[1])) in (2, 3)
    monkeypatch.undo()
    assert len(ledger.checked(keys[1])) > 3


def test_a_record_without_its_head_is_an_interrupted_writer_and_no_alarm(tmp_path: Path, keys: Keys) -> None:
    folder, ledger = directory(tmp_path, keys)
    (folder / name_of(HEADS, 3)).unlink()
    assert len(ledger.checked(keys[1])) == 3
    shutil.rmtree(folder / HEADS)
    with pytest.raises(EvidenceError, match="heads are missing"):
        ledger.checked(keys[1])


def test_the_branch_is_written_without_touching_work_tree_or_index(tmp_path: Path, keys: Keys) -> None:
    place = Place.make(tmp_path / "repository")
    place.put("main.tf", GOOD)
    place.commit()
    place.put("main.tf", "half done")
    place.put("staged.tf", "staged")
    place.git("add", "staged.tf")
    hook = place.put(".git/hooks/reference-transaction", "#!/bin/sh\ntouch hooked\nexit 1\n")
    hook.chmod(0o755)
    before = (place.git("status", "--porcelain"), place.git("rev-parse", "HEAD"), place.git("write-tree"))
    place.git("config", "commit.gpgsign", "true")
    filled(open_store("git:evidence", place.folder), keys[0])
    assert (place.git("status", "--porcelain"), place.git("rev-parse", "HEAD"), place.git("write-tree")) == before
    assert place.git("rev-list", "--count", "evidence") == "3"
    assert place.git("branch", "--show-current") == "main"
    # It travels as any branch does.
    place.git("clone", "-q", "--branch", "evidence", ".", str(tmp_path / "clone"))
    assert len(Ledger(Directory(tmp_path / "clone")).checked(keys[1])) == 3


def test_a_commit_that_takes_the_last_record_away_is_found(tmp_path: Path, keys: Keys) -> None:
    place = Place.make(tmp_path / "repository")
    ledger = filled(open_store("git:", place.folder), keys[0])
    place.git("switch", "-q", "soc2gate-evidence")
    place.put("README.md", "What this branch is.\n")
    place.commit("a page beside the records harms nobody")
    assert len(ledger.checked(keys[1])) == 3
    place.git("rm", "-q", name_of(RECORDS, 3), name_of(HEADS, 3))
    taken = place.commit("tidy up")
    with pytest.raises(EvidenceError, match=f"000000003.dsse.json was changed or removed by commit {taken[:12]}"):
        ledger.checked(keys[1])
    # Nor is it forgotten once another record has its number.
    ledger.append(small_statement("another third"), [keys[0]])
    with pytest.raises(EvidenceError, match="was changed or removed"):
        ledger.checked(keys[1])


def test_a_record_under_a_delete_marker_is_found(bucket: Bucket, keys: Keys) -> None:
    """Object lock lets anybody with s3:DeleteObject hide an object: its versions are kept, its name is free."""
    import boto3

    ledger = filled(bucket, keys[0])
    assert len(ledger.checked(keys[1])) == 3
    client = boto3.client("s3")
    for what in (RECORDS, HEADS):
        client.delete_object(Bucket=bucket.name, Key=f"{bucket.prefix}/{name_of(what, 3)}")
    assert bucket.sequences(RECORDS) == [1, 2]
    with pytest.raises(EvidenceError, match=r"000000003\.dsse\.json was deleted or written again"):
        ledger.checked(keys[1])
    ledger.append(small_statement("another third"), [keys[0]])
    with pytest.raises(EvidenceError, match="was deleted or written again"):
        ledger.checked(keys[1])


def test_object_lock_refuses_early_deletion(bucket: Bucket, keys: Keys) -> None:
    import boto3
    from botocore.exceptions import ClientError

    filled(bucket, keys[0], 1)
    client = boto3.client("s3")
    key = f"{bucket.prefix}/{name_of(RECORDS, 1)}"
    said = client.head_object(Bucket=bucket.name, Key=key)
    assert said["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket=bucket.name, Key=key, VersionId=said["VersionId"])
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_the_command_finds_a_ledger_that_was_cut_off(tmp_path: Path, keys: Keys) -> None:
    place = Place.make(tmp_path / "repository")
    place.put("main.tf", GOOD)
    place.commit()
    (tmp_path / "ci.pub").write_bytes(keys[1][0].pem)
    heads = []
    for _ in range(2):
        done = place.soc2gate("attest", "--key", "../ci.key", "--ledger", "git:")
        assert done.code == 0, done.err
        heads.append(done.out.splitlines()[-1].removeprefix("head "))
    record = tmp_path / "record.json"
    record.write_text(place.git("cat-file", "blob", f"soc2gate-evidence:{name_of(RECORDS, 1)}") + "\n")
    ask = ("attest", "verify", str(record), "--keys", "../ci.pub", "--ledger", "git:", "--format", "json")
    assert place.soc2gate(*ask, "--anchor", heads[1]).code == 0
    place.git("update-ref", "refs/heads/soc2gate-evidence", "soc2gate-evidence~1")
    assert place.soc2gate(*ask).code == 0
    done = place.soc2gate(*ask, "--anchor", heads[1])
    assert done.code == 1
    assert {row["check"]: row["answer"] for row in json.loads(done.out)["checks"]}["chain"] == "fails"
    assert place.soc2gate(*ask, "--anchor", "newest").code == 2
