"""Which files there are to look at, and their text; nothing outside the base is ever opened.

Inside a git work tree one `git ls-files` answers, so that what git ignores is not looked at; elsewhere, and where git
knows nothing of a folder that a person named, the folder is walked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from soc2gate.declared.options import Limits
from soc2gate.errors import InputError, RefusedError
from soc2gate.facts import dataclass
from soc2gate.model.resource import Problem, Span, Weight
from soc2gate.patterns import regex

SKIPPED = frozenset((".git", ".terraform", ".terragrunt-cache", "node_modules", ".venv", "venv", "__pycache__"))
TERRAFORM_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")
DATA_SUFFIXES = (".yaml", ".yml", ".json", ".template")
"""What may hold a CloudFormation template or Kubernetes manifests; which of them does, the content says."""
READ_SUFFIXES = (*TERRAFORM_SUFFIXES, *DATA_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Listing:
    """Files below one folder: POSIX, relative to the base, sorted."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def list_files(folder: str, base: Path, ignore: Sequence[str] = ()) -> Listing:
    """Every file below `folder` that is not ignored, by git or by one of the `ignore` patterns.

    A link is followed when it stays inside the base; one that leaves it is a *broken* problem naming it. Links to
    folders that are looked at under their own name anyway are not followed.
    """
    ignored = ignore_matcher(ignore)
    names = _git_files(folder, base) or sorted(_walk(folder, base))
    root = base.resolve()
    files: list[str] = []
    problems: list[Problem] = []
    for name in names:
        if ignored(name) or SKIPPED.intersection(name.split("/")):
            continue
        full = base / name
        if os.path.islink(full):
            problem = _bad_link(name, full, root)
            if problem:
                problems.append(problem)
                continue
        if os.path.isdir(full):
            # A submodule, a repository inside this one, or a link to a folder.
            files += [inner for inner in _inner(name, full, base, folder) if not ignored(inner)]
        elif os.path.isfile(full):
            files.append(name)
    return Listing(tuple(sorted(set(files))), tuple(problems))


def read_bytes(path: str, base: Path, limits: Limits) -> bytes:
    """The file's bytes. Raises `RefusedError` beyond the limit or outside the base, `InputError` when unreadable."""
    full = os.path.join(base, path)
    try:
        real = os.path.realpath(full)
        if not real.startswith(_inside(base)):
            raise RefusedError(f"leads outside the folder that is scanned, to {real}", path=path)
        if os.stat(full).st_size > limits.file_bytes:
            raise RefusedError(f"is larger than {limits.file_bytes:,} bytes and was not read", path=path)
        with open(full, "rb", buffering=0) as file:
            return file.readall()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=path) from None


@lru_cache(maxsize=8)
def _inside(base: Path) -> str:
    """How the real path of everything inside the base begins."""
    return os.path.join(os.path.realpath(base), "")


def decode(content: bytes, path: str) -> str:
    """Text of UTF-8, or of UTF-16 that says so. Raises `InputError` with the line of the first wrong byte."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        message = f"is not {encoding.upper()} text: byte 0x{content[error.start]:02x}"
        raise InputError(message, path=path, line=line, column=column) from None


def read_text(path: str, base: Path, limits: Limits) -> str:
    """The file as text; raises what `read_bytes` and `decode` raise."""
    return decode(read_bytes(path, base, limits), path)


def as_problem(error: InputError, stage: str) -> Problem:
    """A file that could not be read, for the report."""
    where = Span(error.path, error.line or 1, error.column or 1) if error.path is not None else None
    return Problem(Weight.BROKEN, stage, error.message, where, error.hint)


def _git_files(folder: str, base: Path) -> list[str]:
    """What git tracks or would track below the folder; empty where git does not answer or knows nothing of it."""
    if not any((above / ".git").exists() for above in (base, *base.resolve().parents)):
        return []
    # Imported here: a folder outside git needs none of it.
    from soc2gate.declared.git import git

    told = git(base, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", f":(literal){folder}")
    return sorted({os.fsdecode(name).rstrip("/") for name in (told or b"").split(b"\0") if name})


def _walk(folder: str, base: Path) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            entries = sorted(os.scandir(base / current), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            name = entry.name if current == "." else f"{current}/{entry.name}"
            if entry.name in SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(name)
            else:
                yield name


def _bad_link(name: str, full: Path, root: Path) -> Problem | None:
    """What is wrong with a link to a folder or to a file of a format we read; None where nothing is."""
    # Editors leave locks that are links to nothing: `.#main.tf`.
    if full.name.startswith(".#") or not (full.name.endswith(READ_SUFFIXES) or full.is_dir()):
        return None
    where = Span(name, 1)
    try:
        target = full.resolve(strict=True)
    except (OSError, RuntimeError):
        return Problem(Weight.BROKEN, "discover", "is a link that leads to nothing", where)
    if target.is_relative_to(root):
        return None
    message = f"is a link that leaves the folder that is scanned, to {target}"
    return Problem(Weight.BROKEN, "discover", message, where, "what it leads to was not read")


def _inner(name: str, full: Path, base: Path, folder: str) -> Iterator[str]:
    if os.path.islink(full):
        target, seen = full.resolve(), (base / folder).resolve()
        if target.is_relative_to(seen) or seen.is_relative_to(target):
            return
    yield from (inner for inner in _walk(name, base) if not os.path.islink(base / inner))


def ignore_matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Patterns as in .gitignore, less negation: `legacy/`, `*.bak.yaml`, `envs/**/test`, `/top`."""
    parts = [_as_regex(pattern) for pattern in patterns if pattern.strip("./")]
    if not parts:
        return lambda name: False
    matcher = re.compile("|".join(parts))
    return lambda name: matcher.match(name) is not None


_GLOB = regex(r"\*\*/?|\*|\?|[^*?]+")


def _as_regex(pattern: str) -> str:
    bare = pattern.removeprefix("./").strip("/")
    # A pattern with a slash before its end stands for a path from the base, any other for a name anywhere.
    start = "" if "/" in pattern.removeprefix("./").rstrip("/") else "(?:.*/)?"
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(special.get(part) or re.escape(part) for part in _GLOB.findall(bare))
    return f"{start}{body}(?:/.*)?$"
