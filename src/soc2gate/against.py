"""`scan --diff-base`: a change judged against the commit it starts from.

Both are read as git holds them, the work tree is not touched. The gate is the base's: its configuration, its packs and
its waivers judge both sides, so that no change opens its own gate; what a change does to them is told. Old findings are
listed, new ones close.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from soc2gate import finishing, reading
from soc2gate.bridges import Asked
from soc2gate.bridges.joining import Joined
from soc2gate.declared.git import Tree
from soc2gate.declared.options import Limits
from soc2gate.declared.source import Root
from soc2gate.declared.written_waivers import Written, read_waivers, with_built
from soc2gate.engine import novelty, waivers
from soc2gate.engine.evaluate import evaluate
from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import OURS, Diff, Finding, PolicyChange, Run, Verdict, Waiver
from soc2gate.model.resource import Problem, Span, Weight
from soc2gate.reading import Declared
from soc2gate.request import Request


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two trees of one repository, and how the second is to be judged by the first."""

    repository: Path
    asked: str
    base: Tree
    head: Tree
    policy: tuple[str, ...]
    """Files and folders that decide the gate, relative to the repository: configuration, packs, waiver files."""
    baseline: str = ""
    """The baseline file, relative to the repository."""


def scan_against(request: Request, comparison: Comparison, notes: Sequence[Problem] = ()) -> Run:
    """Judge both trees by the base's gate and close on what is new.

    `request` holds the base's configuration and rules; its paths are looked up in either tree. Raises what `scan`
    raises for rules and configuration.
    """
    at_base = replace(request, base=comparison.base.folder, history=(comparison.repository, comparison.base.commit))
    at_head = replace(request, base=comparison.head.folder, history=(comparison.repository, comparison.head.commit))
    before, after = _declared(at_base), _declared(at_head)
    old: Sequence[Finding] = evaluate(request.rules, before.resources, now=request.now)
    new: Sequence[Finding] = evaluate(request.rules, after.resources, now=request.now)
    joined = None
    if request.others:
        old, joined = _others(at_base, at_head, (before, old), (after, new))
        new = joined.findings
    found = novelty.compare(
        old,
        new,
        (before.resources, after.resources),
        _moves(after.roots, comparison.head.folder),
    )
    judged = finishing.judged_waivers(at_base, before.files, before.written)
    findings = _waived_beside_the_code(found, old, judged)
    # Once more with the waivers attached: what a change introduces and leaves is counted without what is waived.
    told = waivers.apply_to_findings(findings, [item for item in judged if item.written is None])
    diff = Diff(
        base=comparison.base.commit,
        head=comparison.head.commit,
        asked=comparison.asked,
        criteria=tuple(one for one in novelty.effects(told, found.gone) if one.id in _in_scope(request)),
        resolved=found.resolved,
        policy=tuple(_policy_changes(comparison, before, after)),
    )
    problems = _told_apart(before.problems, after.problems, comparison)
    return finishing.finish(
        at_head,
        "scan",
        replace(after, problems=tuple(problems)),
        finishing.Found(
            findings,
            problems=notes,
            joined=None if joined is None else replace(joined, findings=tuple(findings)),
        ),
        diff=diff,
        judged=[item for item in judged if item.written is None or not item.counts],
    )


def _in_scope(request: Request) -> set[str]:
    return {item.id for item in request.rules.criteria.values() if item.category in request.config.scope}


def _others(
    at_base: Request,
    at_head: Request,
    before: tuple[Declared, Sequence[Finding]],
    after: tuple[Declared, Sequence[Finding]],
) -> tuple[Sequence[Finding], Joined]:
    """Both sides with what other engines find; a file of results is about the head alone, and so all of it is new.

    A skip that the base does not have beside the same code waives nothing: no change opens its own gate.
    """
    old = before[1]
    if at_base.others.checkov:
        old = finishing.join_others(replace(at_base, others=Asked(checkov=True)), *before).findings
    joined = finishing.join_others(at_head, *after)
    skipped = {item.fingerprint for item in old if item.engine != OURS and item.waiver is not None}
    findings = tuple(
        replace(item, waiver=None) if item.engine != OURS and item.fingerprint not in skipped else item
        for item in joined.findings
    )
    return old, replace(joined, findings=findings)


def _declared(request: Request) -> Declared:
    """What a tree holds under the paths; a path that it does not have holds nothing."""
    paths = tuple(path for path in request.paths if (request.base / path).exists())
    if not paths:
        return reading.normalised(request, (), (), ())
    here = replace(request, paths=paths)
    found = reading.find(here)
    read = reading.read_roots(found.roots, here)
    return reading.normalised(here, read.roots, read.readings, [*found.problems, *read.problems])


def _waived_beside_the_code(
    found: novelty.Novelty, old: Sequence[Finding], judged: Sequence[waivers.Judged]
) -> list[Finding]:
    """The head's findings, each with the waiver that the base has beside the code of the same finding."""
    counting = [item for item in judged if item.counts and item.written is not None]
    by_base = {item.fingerprint: waiver for item in old if (waiver := waivers.beside(item, counting)) is not None}
    findings = []
    for item in found.findings:
        was = found.before.get(item.fingerprint)
        waiver = by_base.get(was.fingerprint) if was is not None else None
        waived = waiver is not None and item.verdict in (Verdict.FAIL, Verdict.UNKNOWN)
        findings.append(replace(item, waiver=waiver) if waived else item)
    return findings


def _moves(roots: Iterable[Root], folder: Path) -> Callable[[str, str], str]:
    """Where `moved` blocks say that an address of a root went."""
    terraform = {root.path for root in roots if root.format == "terraform"}
    if not terraform:
        return lambda root, address: address
    from soc2gate.declared.terraform.moves import Moves

    moves = Moves(folder, Limits())
    return lambda root, address: moves.moved(root, address) if root in terraform else address


def _told_apart(before: Sequence[Problem], after: Sequence[Problem], comparison: Comparison) -> list[Problem]:
    """Problems that say whether they are new: old is what the base says too, about a file that is the same there."""
    known = {_key(problem) for problem in before}
    base, head = comparison.base.blobs, comparison.head.blobs
    changed = {path for path in {*base, *head} if base.get(path) != head.get(path)}

    def is_new(problem: Problem) -> bool:
        if _key(problem) not in known:
            return True
        if not isinstance(problem.where, Span):
            return False
        if problem.stage not in ("discover", "helm", "kustomize"):
            return problem.where.path in changed
        # A chart or an overlay is not looked at as a whole: whatever changes below it has not been seen.
        folder = posixpath.dirname(problem.where.path)
        return any(not folder or path.startswith(f"{folder}/") for path in changed)

    return [replace(problem, new=is_new(problem)) for problem in after]


def _key(problem: Problem) -> tuple[Weight, str, str, str]:
    path = problem.where.path if isinstance(problem.where, Span) else ""
    return problem.weight, problem.stage, problem.message, path


# --- what the change does to the gate itself ----------------------------------------------------------------------


def _policy_changes(comparison: Comparison, before: Declared, after: Declared) -> list[PolicyChange]:
    changes = []
    base, head = comparison.base.blobs, comparison.head.blobs
    for path in sorted({*base, *head}):
        if base.get(path) == head.get(path):
            continue
        what = "baseline" if path == comparison.baseline else _policy_file(path, comparison.policy)
        if not what and posixpath.basename(path) == "pyproject.toml" and _configures(path, comparison):
            what = "configuration"
        if what:
            change = "added" if path not in base else "removed" if path not in head else "changed"
            changes.append(PolicyChange(what, change, path, _detail(what, path, comparison)))
    old = _written(before, comparison.base.folder)
    new = _written(after, comparison.head.folder)
    changes += [_waiver_change("added", key, new[key]) for key in new if key not in old]
    changes += [_waiver_change("removed", key, old[key]) for key in old if key not in new]
    return changes


def _configures(path: str, comparison: Comparison) -> bool:
    """Whether a pyproject.toml holds settings of ours on either side, and they differ."""
    import tomllib

    sides = []
    for tree in (comparison.base, comparison.head):
        try:
            data = tomllib.loads((tree.folder / path).read_text("utf-8")) if path in tree.blobs else {}
        except (OSError, ValueError):
            return True  # what cannot be read may say anything
        tools = data.get("tool")
        sides.append(tools.get("soc2gate") if isinstance(tools, dict) else None)
    return sides[0] != sides[1]


def _policy_file(path: str, policy: Sequence[str]) -> str:
    if posixpath.basename(path) in ("soc2gate.yaml", "soc2gate.yml"):
        return "configuration"
    for place in policy:
        if path == place or path.startswith(f"{place}/"):
            return "configuration" if path == place else "pack"
    return ""


def _detail(what: str, path: str, comparison: Comparison) -> str:
    """The top-level settings that differ; empty for what is not settings or cannot be read."""
    from soc2gate.errors import InputError
    from soc2gate.yaml_lines import load

    if what != "configuration" or path.endswith(".toml"):
        return ""
    sides: list[Mapping[str, object]] = []
    for tree in (comparison.base, comparison.head):
        try:
            data = load((tree.folder / path).read_text("utf-8"), path).data if path in tree.blobs else {}
        except (InputError, OSError, UnicodeDecodeError):
            return "cannot be read"
        sides.append(data if isinstance(data, dict) else {})
    old, new = sides
    return ", ".join(key for key in sorted({*old, *new}) if old.get(key) != new.get(key))


def _written(declared: Declared, folder: Path) -> dict[tuple[str, Waiver], Written]:
    """Waivers beside the code, without the lines they stand on."""
    written = with_built(read_waivers(declared.files, folder), declared.written)
    return {(item.path, replace(item.waiver, where=None)): item for item in written}


def _waiver_change(change: str, key: tuple[str, Waiver], item: Written) -> PolicyChange:
    path, waiver = key
    about = f"{waiver.rule or '?'} ({waiver.source})" + (f" on {item.address}" if item.address else "")
    return PolicyChange("waiver", change, path, about + (f", until {waiver.expires}" if waiver.expires else ""))


def policy_places(request: Request, folder: Path, more: Iterable[Path]) -> tuple[str, ...]:
    """What decides the gate, relative to the tree in `folder`: the configuration, packs and waiver files in it."""
    config = request.config
    named = [*config.packs, *config.waiver_files, *more]
    inside = [os.path.relpath(path, folder).replace(os.sep, "/") for path in named if path.is_relative_to(folder)]
    return tuple(sorted({*inside, *([config.path] if config.path else [])}))
