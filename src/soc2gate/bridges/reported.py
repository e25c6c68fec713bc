"""What other engines report, in one shape: a result of one check about one place."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from soc2gate.errors import InputError, UsageError
from soc2gate.facts import dataclass
from soc2gate.model.resource import LiveRef, Problem

Json: TypeAlias = Any
"""What a stranger's JSON holds: nothing is certain of it, and every reader asks before it takes."""

MOST_BYTES = 500_000_000
PASS, FAIL, UNKNOWN, SKIPPED = "pass", "fail", "unknown", "skipped"


@dataclass(frozen=True, slots=True)
class Reported:
    """One result of another engine."""

    check: str
    verdict: str
    """`pass`, `fail`, `unknown`, `skipped`."""
    name: str = ""
    """What the check asks, in the engine's words."""
    address: str = ""
    """The resource as the engine names it; empty where it names only a line."""
    type: str = ""
    path: str = ""
    """Relative to the base; empty for a live result."""
    line: int = 1
    end_line: int = 1
    reason: str = ""
    """Why it was skipped or not decided."""
    guideline: str = ""
    live: LiveRef | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one engine reports."""

    engine: str
    """As the mapping calls it, or as it calls itself where there is none."""
    version: str
    source: str
    """The file it was read from; empty where the engine was run."""
    results: tuple[Reported, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files that results name may be: engines name them from where they were run."""

    base: Path
    asked: tuple[str, ...]
    """The paths that were scanned, relative to the base."""
    others: tuple[Path, ...] = ()
    """Where the same files stand besides: the work tree that `base` is a copy of, the folder results were made in."""

    def relative(self, names: Sequence[str]) -> str:
        """The file that one of these names means, relative to the base; as the last one says it where none is here."""
        for name in names:
            for found in self._candidates(name):
                if found and not found.startswith("../") and (self.base / found).is_file():
                    return found
        return next((posixpath.normpath(name).lstrip("/") for name in reversed(names) if name), "")

    def _candidates(self, name: str) -> Iterator[str]:
        bare = posixpath.normpath(name) if name else ""
        if bare.startswith("/"):
            for folder in (self.base, *self.others):
                root = folder.as_posix().rstrip("/") + "/"
                if bare.startswith(root):
                    yield bare[len(root) :]
        bare = bare.lstrip("/")
        yield bare
        for path in self.asked:
            inside = path if (self.base / path).is_dir() else posixpath.dirname(path)
            yield posixpath.normpath(posixpath.join(inside, bare))

    def holds(self, path: str) -> bool:
        """Whether a file is among the paths that were asked."""
        return any(asked == "." or path == asked or path.startswith(f"{asked}/") for asked in self.asked)


def read_json(file: Path) -> Json:
    """What a results file holds. Raises `UsageError` where there is none, `InputError` where it is no JSON."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(f"is larger than {MOST_BYTES // 1_000_000} MB", path=str(file))
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"there is no file {file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", path=str(file)) from None
    return parse_json(text, str(file))


def parse_json(text: str, shown: str) -> Json:
    """The JSON of a text. Raises `InputError` with the place where it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"is no JSON: {error.msg}", path=shown, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise InputError("is nested too deeply", path=shown) from None


def table(value: Json) -> Mapping[str, Json]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str:
    """The value if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def number(value: Json, otherwise: int = 1) -> int:
    """The value if it is a whole number of 1 or more."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else otherwise
