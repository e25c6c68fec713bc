"""What git knows: trees of other commits, who wrote a line, where a branch left another.

The git command is used (libraries fail on SHA-256 repositories), with nothing of the environment that could point it
elsewhere: a hook runs us with `GIT_DIR` and `GIT_INDEX_FILE` set. Nothing is ever written to the repository, and
neither its hooks nor its monitors run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from soc2gate.errors import UsageError
from soc2gate.facts import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a line, and when."""

    name: str
    email: str
    date: str
    """ISO date."""


def git(base: Path, *arguments: str, given: bytes | None = None) -> bytes | None:
    """What a git command says in the folder `base`; None where it fails or there is no git."""
    safely = ["-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"]
    command = ["git", "-C", os.fspath(base), *safely, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # A partial clone would otherwise go and fetch what is missing: a scan opens no socket.
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        if given is None and hasattr(os, "posix_spawnp"):
            return _answer(command, environment)
        # Imported here: importing it takes longer than git takes to answer, and a hook asks git one question.
        import subprocess

        done = subprocess.run(command, env=environment, input=given, capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _answer(command: list[str], environment: dict[str, str]) -> bytes | None:
    """What a command prints that is asked nothing more; None where it fails."""
    reading, writing = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    streams = [(os.POSIX_SPAWN_DUP2, theirs, number) for number, theirs in enumerate((nothing, writing, nothing))]
    try:
        process = os.posix_spawnp(command[0], command, environment, file_actions=streams)
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
        os.close(nothing)
    with open(reading, "rb") as answer:
        told = answer.read()
    try:
        _, status = os.waitpid(process, 0)
    except ChildProcessError:
        # Whoever started us ignores the end of children, and so nobody learns how this one ended; as subprocess does,
        # what it said is taken for its answer.
        status = 0
    return told if status == 0 else None


def said(base: Path, *arguments: str) -> str:
    """As `git`, one line of text; empty where it fails."""
    answer = git(base, *arguments)
    return os.fsdecode(answer).strip() if answer is not None else ""


def is_shallow(base: Path) -> bool:
    return said(base, "rev-parse", "--is-shallow-repository") == "true"


def authors(base: Path, path: str, lines: Iterable[int], revision: str = "") -> dict[int, Author]:
    """Who wrote these lines of a file; absent are lines not yet committed, and those a shallow clone cannot tell."""
    wanted = sorted(set(lines))
    ranges = [argument for line in wanted for argument in ("-L", f"{line},{line}")]
    answer = git(base, "blame", "--line-porcelain", *ranges, *([revision] if revision else []), "--", path)
    if answer is None:
        return {}
    shallow = is_shallow(base)
    found: dict[int, Author] = {}
    number = 0
    known: dict[str, str] = {}
    for line in answer.decode("utf-8", "replace").split("\n"):
        key, _, value = line.partition(" ")
        if line.startswith("\t"):
            # The oldest commit of a shallow clone stands for all before it: it tells nothing.
            cut_off = shallow and "boundary" in known
            if known.get("author-mail") != "<not.committed.yet>" and not cut_off:
                date = _date(known.get("author-time", "0"))
                found[number] = Author(known.get("author", ""), known.get("author-mail", "").strip("<>"), date)
            known = {}
        elif not known:
            if not line:
                break
            # commit, the line then, the line now
            number = int(value.split(" ")[1])
            known = {"commit": key}
        else:
            known[key] = value
    return found


def _date(seconds: str) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def commit_of(base: Path, revision: str) -> str:
    """The commit a revision names; empty where there is none here."""
    return said(base, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def merge_base(base: Path, one: str, other: str) -> str:
    """The commit two branches last had in common; empty where this clone does not know one."""
    return said(base, "merge-base", one, other)


@dataclass(frozen=True, slots=True)
class Tree:
    """A commit's files, written out."""

    commit: str
    folder: Path
    blobs: Mapping[str, str]
    """Path to the id of its content."""


def write_tree(repository: Path, commit: str, folder: Path, largest: int) -> Tree:
    """Write the files of a commit below `folder`, as git holds them: no filter, attribute or hook has a say.

    `git archive` would leave out what `.gitattributes` tells it to, and so would let a change hide itself. A file
    beyond `largest` bytes is written empty at its size: readers refuse it by its size. Raises `UsageError` for objects
    that this clone does not have.
    """
    listing = git(repository, "ls-tree", "-r", "-z", "--long", "--full-tree", commit)
    if listing is None:
        raise _not_here(commit)
    blobs: dict[str, str] = {}
    links: dict[str, str] = {}
    wanted: list[tuple[str, str]] = []
    for entry in filter(None, listing.split(b"\0")):
        about, _, name = entry.partition(b"\t")
        mode, kind, identity, size = about.decode("ascii").split()
        path = os.fsdecode(name)
        if kind != "blob" or not _is_plain(path):
            continue
        blobs[path] = identity
        full = folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        if mode == "120000":
            links[path] = identity
        elif int(size) > largest:
            with open(full, "wb") as file:
                file.truncate(int(size))
        else:
            wanted.append((path, identity))
    for path, content in _contents(repository, wanted, commit):
        (folder / path).write_bytes(content)
    # Last, so that nothing is ever written through one.
    for path, content in _contents(repository, list(links.items()), commit):
        os.symlink(os.fsdecode(content), folder / path)
    return Tree(commit, folder, blobs)


def _is_plain(path: str) -> bool:
    """Whether a path leads to where it says; git makes no other, somebody else's tool might."""
    return not any(part in ("", ".", "..") or part.casefold() == ".git" for part in path.split("/"))


def _contents(repository: Path, wanted: list[tuple[str, str]], commit: str) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        answer = git(repository, "cat-file", "--batch", given="".join(f"{blob}\n" for _, blob in some).encode())
        if answer is None:
            raise _not_here(commit)
        at = 0
        for path, _ in some:
            end = answer.index(b"\n", at)
            words = answer[at:end].split(b" ")
            if len(words) != 3:
                raise _not_here(commit)
            size = int(words[2])
            yield path, answer[end + 1 : end + 1 + size]
            at = end + 1 + size + 1


def _not_here(commit: str) -> UsageError:
    return UsageError(
        f"the files of commit {commit[:12]} are not in this clone",
        hint="fetch them first: a shallow or partial clone leaves them out (actions/checkout: fetch-depth: 0)",
    )
