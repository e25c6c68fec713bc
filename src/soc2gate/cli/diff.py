"""`--diff-base`: which commit a change starts from, and both trees written out to be read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from soc2gate.cli import options
from soc2gate.declared import git
from soc2gate.declared.options import Limits
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass
from soc2gate.model.outcome import Run
from soc2gate.model.resource import Problem, Weight
from soc2gate.request import Request


@dataclass(frozen=True, slots=True)
class Named:
    """Files and folders that flags name and that decide the gate."""

    packs: Sequence[Path] = ()
    baseline: Path | None = None


@contextmanager
def judged(
    asked: str,
    repository: Path,
    make_request: Callable[[Path], Request],
    named: Named,
    *,
    environment: Mapping[str, str],
) -> Iterator[Run]:
    """The run of a change against its base; the trees stay until the report is written.

    `make_request` is given a copy of the base's tree, and takes configuration and packs from there. Raises `UsageError`
    where there is no repository or no base.
    """
    from soc2gate.against import Comparison, policy_places, scan_against

    if not (repository / ".git").exists():
        raise UsageError("--diff-base needs a git repository", hint="start soc2gate inside one")
    if not git.said(repository, "rev-parse", "--git-dir"):
        hint = f"is git here, and may it read this? git config --global --add safe.directory {repository}"
        raise UsageError(f"git does not answer in {repository}", hint=hint)
    head = git.commit_of(repository, "HEAD")
    if not head:
        raise UsageError("--diff-base needs a commit: this repository has none yet")
    revision = automatic_base(repository, environment) if asked == "auto" else asked
    base = _base(repository, revision, head)
    with tempfile.TemporaryDirectory(prefix="soc2gate-", ignore_cleanup_errors=True) as folder:
        largest = Limits().file_bytes
        # Resolved, so that links inside it are seen to stay inside it (macOS keeps temporary folders behind one).
        there = Path(folder).resolve()
        if there.is_relative_to(repository.resolve()):
            # The copies would be read with the work tree's own .gitignore and configuration around them.
            raise UsageError(f"temporary files go to {there}, inside the repository", hint="set TMPDIR elsewhere")
        trees = {}
        for name, commit in (("base", base), ("head", head)):
            (there / name).mkdir()
            trees[name] = git.write_tree(repository, commit, there / name, largest)
        request = make_request(there / "base")
        packs = [options.inside(path, repository, there / "base") for path in named.packs]
        policy = policy_places(request, there / "base", packs)
        baseline = ""
        if named.baseline is not None:
            baseline = os.path.relpath(os.path.abspath(named.baseline), repository).replace(os.sep, "/")
        comparison = Comparison(repository, revision, trees["base"], trees["head"], policy, baseline)
        yield scan_against(request, comparison, _notes(repository, base, head, revision))


def _notes(repository: Path, base: str, head: str, revision: str) -> list[Problem]:
    notes = []
    if base == head:
        text = f"{revision} is the commit that is judged, or a later one: there is no change to compare"
        notes.append(Problem(Weight.NOTE, "diff", text))
    if git.said(repository, "status", "--porcelain", "--untracked-files=no"):
        text = "changes that are not committed were not looked at: what is judged is HEAD"
        notes.append(Problem(Weight.NOTE, "diff", text, None, "soc2gate scan judges the files as they stand"))
    return notes


def _base(repository: Path, revision: str, head: str) -> str:
    """The commit where the change starts. A shallow clone may not hold it, and then nothing is guessed."""
    shallow = git.is_shallow(repository)
    deepen = "this clone is shallow: fetch more of it (git fetch --unshallow; actions/checkout: fetch-depth: 0)"
    commit = git.commit_of(repository, revision)
    if not commit:
        hint = deepen if shallow else f"fetch it (git fetch origin {revision.removeprefix('origin/')}), or name another"
        raise UsageError(f"there is no commit “{revision}” here to compare with", hint=hint)
    base = git.merge_base(repository, commit, head)
    if not base:
        hint = deepen if shallow else "the two share no history"
        raise UsageError(f"where HEAD left “{revision}” is not in this clone", hint=hint)
    return base


def automatic_base(repository: Path, environment: Mapping[str, str]) -> str:
    """What CI says that a change is to be compared with, else the branch that others start from.

    Raises `UsageError` where nothing says it.
    """
    candidates = [environment.get("S2G_EVENT_BASE", ""), *_github(environment)]
    # GitLab's: the second is zeros in a merge request, and what stood there before a push.
    candidates += [environment.get(f"CI_{name}", "") for name in ("MERGE_REQUEST_DIFF_BASE_SHA", "COMMIT_BEFORE_SHA")]
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CHANGE_TARGET"):
        branch = environment.get(name, "")
        candidates += [f"origin/{branch}", branch] if branch else []
    # A branch that was not there before has a base of zeros.
    named = [name for name in candidates if name.strip("0")]
    for name in named:
        if git.commit_of(repository, name):
            return name
    if named:
        # What CI names is what counts: another base would be a guess, and `_base` says what to fetch.
        return named[0]
    head = git.said(repository, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    for name in (head, "origin/main", "origin/master", "main", "master"):
        if name and git.commit_of(repository, name):
            return name
    raise UsageError("--diff-base auto: nothing says what to compare with", hint="name it: --diff-base origin/main")


def _github(environment: Mapping[str, str]) -> list[str]:
    """The base of the event a workflow runs for."""
    file = environment.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(file).read_text("utf-8")) if file else {}
    except (OSError, ValueError):
        return []
    found = []
    for path in (("pull_request", "base", "sha"), ("merge_group", "base_sha"), ("before",)):
        value = event
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            found.append(value)
    return found
