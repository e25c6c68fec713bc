"""Where a ledger's records are kept: a directory, a git branch, or an S3 bucket with object lock.

Every store only ever adds: record number N is created or it is not, in one step, and never written again. Writers do
not wait for each other: two that want the same number find out when they create it, and the loser takes the next.

    records/000/000000412.dsse.json     the records, a thousand to a folder
    heads/000/000000412.dsse.json       a signed line per record: so many there were, the last had this digest
    timestamps/000/000000412.tsr        an authority's token over the record, where one was asked for
"""

from __future__ import annotations

import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from soc2gate.errors import EvidenceError, UsageError
from soc2gate.evidence.repository import Repository
from soc2gate.facts import dataclass, field

RECORDS = "records"
HEADS = "heads"
TIMESTAMPS = "timestamps"
BRANCH = "refs/heads/soc2gate-evidence"
_NOT_FIRST = ("PreconditionFailed", "ConditionalRequestConflict")
"""What S3 answers when another writer was first, or is writing now."""
_NAME = re.compile(r"(?:(?:records|heads)/\d+/(\d+)\.dsse\.json|timestamps/\d+/(\d+)\.tsr)")


class Store(Protocol):
    """What a ledger needs of a place."""

    def sequences(self, what: str) -> list[int]:
        """The numbers there are of `records`, `heads` or `timestamps`, sorted."""

    def read(self, what: str, sequence: int) -> bytes:
        """One of them; raises `EvidenceError` where it is missing."""

    def read_all(self, what: str, numbers: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
        """Those with these numbers, or all of them, in order, each with its number."""

    def create(self, sequence: int, record: bytes, head: bytes) -> bool:
        """Add a record and its head; False when another writer was first. Raises when the place cannot be written."""

    def stamp(self, sequence: int, token: bytes) -> None:
        """Add the timestamp of a record; one that is there stays as it is."""

    def check_kept(self) -> None:
        """Raises `EvidenceError` where the place itself remembers that something was taken away or written again."""


def _s3_client() -> Any:
    from soc2gate.evidence import aws

    return aws.client("s3")


def name_of(what: str, sequence: int) -> str:
    """`records/000/000000412.dsse.json`."""
    return f"{what}/{sequence // 1000:03d}/{sequence:09d}.{'tsr' if what == TIMESTAMPS else 'dsse.json'}"


def open_store(place: str, repository: Path, *, retain_days: int = 0) -> Store:
    """The store that `place` names: `git:`, `git:BRANCH`, `git:BRANCH@REMOTE`, `s3://bucket/prefix`, else a directory.

    `retain_days` is for S3: how long nobody may delete a record. Raises `UsageError` for a branch outside a repository.
    """
    if place.startswith("git:"):
        branch, _, remote = place.removeprefix("git:").partition("@")
        ref = f"refs/heads/{branch}" if branch else BRANCH
        if remote:
            from soc2gate.evidence.remote_branch import open_branch

            return open_branch(Repository.at(repository), ref, remote)
        return GitBranch(Repository.at(repository), ref)
    if place.startswith("s3://"):
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        return Bucket(bucket, prefix.strip("/"), retain_days)
    return Directory(Path(place))


def open_kept(place: str, repository: Path) -> Store:
    """The store that `place` names, for reading; raises `UsageError` for one that holds nothing.

    A name that was mistyped, or a branch that was not fetched, is no ledger in which nothing was ever recorded.
    """
    store = open_store(place, repository)
    if not any(store.sequences(what) for what in (RECORDS, HEADS)):
        raise UsageError(f"there is no record in {place}", hint=_where_from(place))
    return store


def _where_from(place: str) -> str:
    if not place.startswith("git:"):
        return "is its name right? A ledger begins with its first record"
    branch, _, remote = place.removeprefix("git:").partition("@")
    if remote:
        return f"is its name right? git ls-remote {remote}"
    branch = branch or BRANCH.removeprefix("refs/heads/")
    return f"is the branch fetched? git fetch origin {branch}:{branch}, or git:{branch}@origin"


class _OneByOne(ABC):
    """A place that takes each file by itself; the record first, for a head without one would be an alarm."""

    __slots__ = ()

    @abstractmethod
    def sequences(self, what: str) -> list[int]: ...

    @abstractmethod
    def read(self, what: str, sequence: int) -> bytes: ...

    @abstractmethod
    def _add(self, name: str, data: bytes) -> bool: ...

    def read_all(self, what: str, numbers: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
        return ((number, self.read(what, number)) for number in (self.sequences(what) if numbers is None else numbers))

    def create(self, sequence: int, record: bytes, head: bytes) -> bool:
        if not self._add(name_of(RECORDS, sequence), record):
            return False
        self._add(name_of(HEADS, sequence), head)
        return True

    def stamp(self, sequence: int, token: bytes) -> None:
        self._add(name_of(TIMESTAMPS, sequence), token)


@dataclass(frozen=True, slots=True)
class Directory(_OneByOne):
    """Records as files. A reader never meets half of one: each gets its name when all of it is on the disk."""

    folder: Path

    def sequences(self, what: str) -> list[int]:
        try:
            with os.scandir(self.folder / what) as folders:
                named = [entry.name for entry in folders if entry.is_dir()]
            return _numbers(f"{what}/{name}/{file}" for name in named for file in os.listdir(self.folder / what / name))
        except FileNotFoundError:
            return []
        except OSError as error:
            # What may not be read is not empty.
            raise UsageError(f"cannot read {self.folder / what}: {error.strerror}") from None

    def read(self, what: str, sequence: int) -> bytes:
        try:
            # A text, not a path: of thousands of records, taking it apart costs as much as reading.
            with open(f"{self.folder}/{name_of(what, sequence)}", "rb", buffering=0) as file:
                return file.read()
        except OSError as error:
            raise _missing(what, sequence, str(self.folder)) from error

    def check_kept(self) -> None:
        """A folder remembers nothing."""

    def _add(self, name: str, data: bytes) -> bool:
        target = self.folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            number, temporary = tempfile.mkstemp(prefix=".unfinished-", dir=target.parent)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(temporary, 0o444)
                # A link is made or refused in one step, and unlike a rename never replaces what stands there.
                os.link(temporary, target)
            except FileExistsError:
                return False
            finally:
                os.unlink(temporary)
            _sync_folder(target.parent)
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror}") from error
        return True


@dataclass(frozen=True, slots=True)
class GitBranch:
    """Records on a branch of their own, written through git's object store: work tree and index are never touched."""

    repository: Repository
    ref: str = BRANCH

    def sequences(self, what: str) -> list[int]:
        tip = self._tip()
        return self._sequences(tip, what) if tip else []

    def _sequences(self, tip: str, what: str) -> list[int]:
        names = self.repository.run("ls-tree", "-r", "--name-only", "-z", "--full-tree", tip, f"{what}/")
        return _numbers(names.split("\0"))

    def read(self, what: str, sequence: int) -> bytes:
        try:
            return self.repository.raw("cat-file", "blob", f"{self.ref}:{name_of(what, sequence)}")
        except EvidenceError as error:
            raise _missing(what, sequence, self.ref) from error

    def read_all(self, what: str, numbers: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
        numbers = self.sequences(what) if numbers is None else numbers
        # One git for all of them: a year of records would be as many processes.
        names = [f"{self.ref}:{name_of(what, number)}" for number in numbers]
        return zip(numbers, self.repository.blobs(names), strict=True)

    def create(self, sequence: int, record: bytes, head: bytes) -> bool:
        tip = self._tip()
        there = self._sequences(tip, RECORDS) if tip else []
        if there and there[-1] >= sequence:
            return False
        return self._add(tip, {name_of(RECORDS, sequence): record, name_of(HEADS, sequence): head}, sequence)

    def stamp(self, sequence: int, token: bytes) -> None:
        for _ in range(_MOST_RACES):
            tip = self._tip()
            if sequence in self._sequences(tip, TIMESTAMPS) or self._add(
                tip, {name_of(TIMESTAMPS, sequence): token}, sequence
            ):
                return
        raise EvidenceError(f"no place for the timestamp of record {sequence}: others write without end")

    def check_kept(self) -> None:
        tip = self._tip()
        if not tip:
            return
        added = len(self._sequences(tip, RECORDS)) + len(self._sequences(tip, TIMESTAMPS))
        if int(self.repository.run("rev-list", "--count", tip)) == added:
            # One commit for each, so none is left that could have taken something away.
            return
        commits = self.repository.run("rev-list", tip)
        told = self.repository.run(
            "diff-tree", "--stdin", "-m", "-r", "--no-renames", "--diff-filter=a", "--name-only", data=commits.encode()
        )
        commit = ""
        for line in told.splitlines():
            if _NAME.fullmatch(line):
                raise EvidenceError(f"{line} was changed or removed by commit {commit[:12]} of {self.ref}")
            commit = line

    def _add(self, tip: str, files: Mapping[str, bytes], sequence: int) -> bool:
        """Add files to the branch; False when it is no longer where it was read."""
        return self._move(tip, self._commit(tip, files, sequence))

    def _commit(self, tip: str, files: Mapping[str, bytes], sequence: int) -> str:
        git = self.repository
        with tempfile.TemporaryDirectory(prefix="soc2gate-") as scratch:
            own = {"GIT_INDEX_FILE": os.path.join(scratch, "index")}
            if tip:
                git.run("read-tree", tip, environment=own)
            for name, data in files.items():
                blob = git.run("hash-object", "-w", "--stdin", data=data).strip()
                git.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", environment=own)
            tree = git.run("write-tree", environment=own).strip()
        parents = ["-p", tip] if tip else []
        return git.run("commit-tree", tree, *parents, "-m", f"Record {sequence}", environment=_WRITER).strip()

    def _move(self, tip: str, commit: str) -> bool:
        try:
            # Only if the branch still is where it was read: another writer's record is never lost. 40 or 64 zeros
            # say that it must not exist yet.
            self.repository.run("update-ref", self.ref, commit, tip or "0" * len(commit))
        except EvidenceError as error:
            if self._tip() == tip and "cannot lock" not in error.message:
                raise
            return False
        return True

    def _tip(self) -> str:
        try:
            return self.repository.run("rev-parse", "--verify", "--quiet", self.ref).strip()
        except EvidenceError:
            return ""


@dataclass(frozen=True, slots=True)
class Bucket(_OneByOne):
    """Records as S3 objects that nobody, the account's root included, can delete before their time."""

    name: str
    prefix: str = ""
    retain_days: int = 0
    """0 leaves retention to the bucket's own default."""
    client: Any = field(default_factory=_s3_client, compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes a client of its own."""
        return Bucket, (self.name, self.prefix, self.retain_days)

    def sequences(self, what: str) -> list[int]:
        with self._asking("list", f"{what}/"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=self._key(f"{what}/")
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return _numbers(key.removeprefix(f"{self.prefix}/") if self.prefix else key for key in keys)

    def read(self, what: str, sequence: int) -> bytes:
        try:
            return self._read(name_of(what, sequence))
        except self.client.exceptions.NoSuchKey as error:
            raise _missing(what, sequence, f"s3://{self.name}") from error

    def _read(self, name: str) -> bytes:
        with self._asking("read", name, "NoSuchKey"):
            data: bytes = self.client.get_object(Bucket=self.name, Key=self._key(name))["Body"].read()
        return data

    def check_kept(self) -> None:
        """Object lock keeps every version; a delete marker only hides one, and then its name can be written again."""
        seen: set[str] = set()
        with self._asking("list the versions of", ""):
            for page in self.client.get_paginator("list_object_versions").paginate(
                Bucket=self.name, Prefix=self._key("")
            ):
                named = [(item["Key"], item["Key"] in seen) for item in page.get("Versions", ())]
                named += [(item["Key"], True) for item in page.get("DeleteMarkers", ())]
                for key, touched in named:
                    name = key.removeprefix(self._key(""))
                    if touched and _NAME.fullmatch(name):
                        raise EvidenceError(
                            f"{name} was deleted or written again in s3://{self.name}",
                            hint=f"aws s3api list-object-versions --bucket {self.name} --prefix {key}",
                        )
                    seen.add(key)

    def _add(self, name: str, data: bytes) -> bool:
        lock: dict[str, Any] = {}
        if self.retain_days:
            until = datetime.now(UTC) + timedelta(days=self.retain_days)
            lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        try:
            with self._asking("write", name, *_NOT_FIRST):
                self.client.put_object(
                    Bucket=self.name,
                    Key=self._key(name),
                    Body=data,
                    ContentType="application/json" if name.endswith("json") else "application/timestamp-reply",
                    # S3 refuses a put that carries a lock without a checksum, and answers 412 to a second creation.
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                    **lock,
                )
        except self.client.exceptions.ClientError as error:
            # When the network lost the answer to a first try and the client library tried again, what stands there is
            # our own. A 409 says that another write of this name is under way: nothing may stand there yet.
            return error.response["Error"]["Code"] == _NOT_FIRST[0] and self._read(name) == data
        return True

    def _asking(self, what: str, name: str, *but: str) -> AbstractContextManager[None]:
        from soc2gate.evidence import aws

        hints = {
            "AccessDenied": "who adds to a ledger needs s3:ListBucket, s3:GetObject and s3:PutObject, with"
            " --retain-days also s3:PutObjectRetention; who checks one s3:ListBucketVersions",
            "NoSuchBucket": "is its name right? soc2gate creates none",
            "InvalidRequest": "--retain-days needs a bucket with object lock",
        }
        return aws.refusals(f"cannot {what} s3://{self.name}/{self._key(name)}", hints, but)

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name


_MOST_RACES = 1000
"""How often a timestamp is tried for a place on the branch."""
# commit-tree wants somebody; who ran it stands in the record, and is signed there.
_WRITER: Mapping[str, str] = {
    "GIT_AUTHOR_NAME": "soc2gate",
    "GIT_AUTHOR_EMAIL": "soc2gate@localhost",
    "GIT_COMMITTER_NAME": "soc2gate",
    "GIT_COMMITTER_EMAIL": "soc2gate@localhost",
}


def _numbers(names: Iterable[str]) -> list[int]:
    return sorted(int(found[1] or found[2]) for found in map(_NAME.fullmatch, names) if found)


def _missing(what: str, sequence: int, place: str) -> EvidenceError:
    return EvidenceError(f"{what.removesuffix('s')} {sequence} is missing from {place}")


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk when its folder is."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
