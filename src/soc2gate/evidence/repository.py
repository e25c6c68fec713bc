"""What git itself knows of a commit, and its tree as files in a scratch place: tracked content only.

The tree is written from its blobs, byte for byte. `git archive` would leave out what `.gitattributes` marks
`export-ignore`, and `git checkout` would run the filters that a machine has configured: either way the repository or
the machine would decide what is looked at.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from soc2gate.errors import EvidenceError, UsageError
from soc2gate.facts import dataclass
from soc2gate.model.resource import Problem, Span, Weight


@dataclass(frozen=True, slots=True)
class Person:
    """Author or committer, as the commit names them: anyone can write any name there."""

    name: str
    email: str
    time: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit object, read."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    signature: str
    """`openpgp`, `ssh`, `x509` or `none`: that a signature stands there, not that it is good."""
    sha256: str
    """Of the commit object as `git cat-file commit` prints it; the commit's own id may be SHA-1."""


@dataclass(frozen=True, slots=True)
class Change:
    """A commit on a branch's first-parent line: one change that reached it."""

    commit: str
    tree: str
    parents: int
    time: str
    """The committer's date, as the commit says it."""


@dataclass(frozen=True, slots=True)
class TreeFile:
    """An entry of a tree."""

    mode: str
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A local git repository, asked only through the git command, which also reads SHA-256 repositories."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> Repository:
        """The repository that holds `folder`; raises `UsageError` outside one."""
        try:
            top = _git(folder, "rev-parse", "--absolute-git-dir").decode().strip()
        except EvidenceError as error:
            raise UsageError(f"{folder} is not in a git repository", hint="attesting needs a commit") from error
        return cls(Path(top))

    def resolve(self, revision: str) -> str:
        """The full id of the commit that `revision` names; raises `UsageError` for none."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
        except EvidenceError:
            raise UsageError(f"there is no commit “{revision}” in {self.folder}") from None

    def top(self) -> Path | None:
        """The work tree's top folder; None where there is none."""
        if self.folder.name == ".git":
            return self.folder.parent.resolve()
        linked = self.folder / "gitdir"
        # Of a linked work tree: the file names its `.git`.
        return Path(linked.read_text("utf-8").strip()).parent.resolve() if linked.is_file() else None

    def run(self, *arguments: str, data: bytes | None = None, environment: Mapping[str, str] | None = None) -> str:
        return self.raw(*arguments, data=data, environment=environment).decode("utf-8", "surrogateescape")

    def raw(self, *arguments: str, data: bytes | None = None, environment: Mapping[str, str] | None = None) -> bytes:
        return _git(self.folder, *arguments, data=data, environment=environment)

    def over_network(self, *arguments: str) -> str:
        """What git says after it spoke with a remote, signed in as the machine is; it never waits for a password."""
        own = {name: os.environ[name] for name in _NETWORK if name in os.environ}
        return self.run(*arguments, environment={**own, "GIT_TERMINAL_PROMPT": "0"})

    def commit(self, commit: str) -> Commit:
        """The commit's own content; raises `EvidenceError` when it is not here."""
        raw = self.raw("cat-file", "commit", commit)
        head, _, _ = raw.partition(b"\n\n")
        fields: list[tuple[str, str]] = []
        for line in head.decode("utf-8", "replace").split("\n"):
            name, _, value = line.partition(" ")
            # A line that begins with a space goes on with the one before: signatures have many.
            if name:
                fields.append((name, value))
        first = dict(reversed(fields))
        return Commit(
            id=commit,
            tree=first["tree"],
            parents=tuple(value for name, value in fields if name == "parent"),
            author=_person(first.get("author", "")),
            committer=_person(first.get("committer", "")),
            signature=_signature(first.get("gpgsig", first.get("gpgsig-sha256", ""))),
            sha256=hashlib.sha256(raw).hexdigest(),
        )

    def first_parents(self, commit: str) -> tuple[Change, ...]:
        """The first-parent line up to a commit, oldest first. Raises `UsageError` in a shallow clone."""
        if self.run("rev-parse", "--is-shallow-repository").strip() == "true":
            raise UsageError("the clone is shallow: its history is cut off", hint="git fetch --unshallow")
        # Not `git log`, which a machine's configuration may teach to say more, or otherwise.
        out = self.run("rev-list", "--first-parent", "--format=%H %T %ct %P", "--end-of-options", commit)
        changes = []
        for line in out.splitlines():
            if line.startswith("commit "):
                continue
            name, tree, seconds, *parents = line.split(" ")
            changes.append(Change(name, tree, len([one for one in parents if one]), _time(seconds)))
        return tuple(reversed(changes))

    def tree(self, tree: str) -> tuple[TreeFile, ...]:
        """Every entry below a tree, by path."""
        out = self.raw("ls-tree", "-r", "-z", "--full-tree", tree)
        files = []
        for line in filter(None, out.split(b"\0")):
            meta, _, path = line.partition(b"\t")
            mode, _, rest = meta.decode().partition(" ")
            files.append(TreeFile(mode, rest.split()[-1], os.fsdecode(path)))
        return tuple(files)

    def blobs(self, ids: list[str]) -> Iterator[bytes]:
        """The contents of blobs, in order, through one git process."""
        command = ["git", *_SAFE, "cat-file", "--batch"]
        with tempfile.TemporaryFile() as asked:
            # A file, not a pipe: git may answer while we would still be asking, and both would wait for ever.
            asked.write("".join(f"{one}\n" for one in ids).encode())
            asked.seek(0)
            quiet = subprocess.DEVNULL
            git = subprocess.Popen(
                command, cwd=self.folder, env=_environment(), stdin=asked, stdout=subprocess.PIPE, stderr=quiet
            )
        with git:
            assert git.stdout is not None
            for one in ids:
                header = git.stdout.readline().split()
                if len(header) != 3:
                    raise EvidenceError(f"the object {one} is not in this repository", hint="fetch it: git fetch")
                yield git.stdout.read(int(header[2]))
                git.stdout.read(1)

    def uri(self) -> str:
        """Where the repository says it comes from, without the credentials that may stand in it; empty for nowhere."""
        try:
            url = self.run("config", "--get", "remote.origin.url").strip()
        except EvidenceError:
            return ""
        if "://" not in url:
            return url.rpartition("@")[2]
        # Up to the last @, for a password may hold one; and what follows a ? may be a token.
        return "git+" + re.sub(r"^([^/]*://)[^/]*@", r"\1", url).partition("?")[0]

    @contextmanager
    def written(self, tree: str) -> Iterator[WrittenTree]:
        """The tree as files in a scratch folder that is gone afterwards."""
        scratch = Path(tempfile.mkdtemp(prefix="soc2gate-"))
        try:
            yield self._write(tree, scratch / "tree")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _write(self, tree: str, folder: Path) -> WrittenTree:
        folder.mkdir()
        # Not a repository, and not part of one that may hold the scratch folder: what git ignores there plays no part.
        (folder / ".git").write_text("gitdir: none\n", encoding="utf-8")
        entries = self.tree(tree)
        problems = []
        links = []
        files = [entry for entry in entries if entry.mode != "160000"]
        for entry, content in zip(files, self.blobs([entry.id for entry in files]), strict=True):
            target = _inside(entry.path, folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode == "120000":
                links.append((target, content))
                continue
            try:
                with target.open("xb") as out:
                    out.write(content)
            except FileExistsError:
                raise EvidenceError(
                    f"{entry.path} stands twice in the tree, or as two names that this disk holds one"
                ) from None
        # Last, so that no file is ever written through a link.
        for target, content in links:
            os.symlink(os.fsdecode(content), target)
        for entry in entries:
            if entry.mode == "160000":
                (folder / entry.path).mkdir(parents=True, exist_ok=True)
                message = f"the submodule {entry.path} is not part of the tree and was not looked at"
                problems.append(Problem(Weight.GAP, "git", message, Span(entry.path, 1), "attest its own repository"))
        return WrittenTree(folder, tuple(problems), tuple(entry.path for entry in files))


@dataclass(frozen=True, slots=True)
class WrittenTree:
    """A tree as files."""

    folder: Path
    problems: tuple[Problem, ...]
    """What is named in the tree and stands elsewhere: submodules."""
    files: tuple[str, ...]


# Neither can a repository's own configuration name a program to run, nor does a replaced object stand for the real one.
_SAFE = ("--no-replace-objects", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


# How a machine signs in where a remote asks it to.
_NETWORK = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH")


def _environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    # A hook runs us with git's variables set; they name another repository or index.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **(more or {})}


def _git(
    folder: Path, *arguments: str, data: bytes | None = None, environment: Mapping[str, str] | None = None
) -> bytes:
    try:
        done = subprocess.run(
            ["git", *_SAFE, *arguments],
            cwd=folder,
            env=_environment(environment),
            input=b"" if data is None else data,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror}", hint="install git") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise EvidenceError(f"git {arguments[0]}: {said or f'exit {done.returncode}'}")
    return done.stdout


def _person(line: str) -> Person:
    """`Ann Lee <ann@example.org> 1700000000 +0100`."""
    match = re.fullmatch(r"(.*?) ?<(.*?)>(?: (-?\d+) [+-]\d+)?.*", line)
    if match is None:
        return Person(line, "", "")
    name, email, seconds = match.groups()
    return Person(name, email, _time(seconds or ""))


def _time(seconds: str) -> str:
    """Seconds since 1970 as UTC; empty for what is no time: anyone can write any number into a commit."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


def _signature(first_line: str) -> str:
    for mark, name in (("PGP", "openpgp"), ("SSH", "ssh"), ("SIGNED MESSAGE", "x509")):
        if mark in first_line:
            return name
    return "none"


def _inside(path: str, folder: Path) -> Path:
    """Where a tree's path goes; raises `EvidenceError` for one that git itself would refuse to check out."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or "\\" in path:
        raise EvidenceError(f"the tree holds a path that cannot be written: {path!r}")
    return folder / path
