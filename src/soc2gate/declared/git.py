"""What git knows: trees of other commits, who wrote a line, where a branch left another.

The git command is used (libraries fail on SHA-256 repositories), with nothing of the environment that could point it
elsewhere: a hook runs us with `GIT_DIR` and `GIT_INDEX_FILE` set. Nothing is ever written to the repository, and
neither its hooks nor its monitors run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a line, and when."""

    name: str
    email: str
    date: str
    """ISO date."""


def git(base: Path, *arguments: str, given: bytes | None = None) -> bytes | None:
    """What a git command says in the folder `base`; None where it fails or there is no git."""
    # Imported here: a scan of a folder outside git needs none of it.
    import subprocess

    command = ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # A partial clone would otherwise go and fetch what is missing: a scan opens no socket.
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(command, cwd=base, env=environment, input=given, capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


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
