"""`scan --changed`: judge everything that changed files take part in, and tell what touches them.

This is what the pre-commit hook runs. Nothing is judged by halves: a changed file brings its whole root with it, and
every root that calls the module it belongs to.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from soc2gate import finishing, reading
from soc2gate.declared.changed import Candidate, Widened, widen
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.engine.evaluate import evaluate
from soc2gate.facts import replace
from soc2gate.model.outcome import ChangedFiles, Finding, Run, Verdict
from soc2gate.model.resource import Reading, Span
from soc2gate.reading import Declared
from soc2gate.request import Request

_WEIGHT = {Verdict.NOT_APPLICABLE: 0, Verdict.PASS: 1, Verdict.UNKNOWN: 2, Verdict.FAIL: 3}


def scan_changed(request: Request, changed: Sequence[str]) -> Run:
    """Judge the roots that the changed files (relative to the base) take part in.

    Findings and the decision are about what touches a changed file: where the resource stands, where a value it rests
    on was written, the module calls that lead to it, and whatever else its expressions lead to. With nothing relevant
    among the files the gate is open. Raises what `scan` raises for rules and configuration.
    """
    whole = replace(request, paths=(".",))
    found = reading.find(whole)
    named: dict[str, list[str]] = {}
    for root in found.roots:
        files = reading.options_for(root, request).var_files
        named.setdefault(root.path, []).extend(posixpath.normpath(posixpath.join(root.path, file)) for file in files)
    widened = widen(found, changed, request.base, named)
    told: dict[tuple[str, ...], Finding] = {}
    elsewhere: dict[tuple[str, ...], Finding] = {}
    declared: Declared | None = None
    for values in _passes(widened.candidates):
        part, readings = _judged(whole, widened, values)
        touching = _Touching(widened, request, values, part.roots, readings)
        for finding in evaluate(request.rules, part.resources, now=request.now):
            _worst(finding, told if touching.touches(finding) else elsewhere)
        declared = part if declared is None else _joined(declared, part)
    if declared is None:
        declared = reading.normalised(whole, (), (), widened.problems)
    left = [key for key, item in elsewhere.items() if _open(item) and key not in told]
    findings = sorted(told.values(), key=lambda item: (item.side.value, item.root, item.address, item.kind, item.rule))
    return finishing.finish(
        replace(request, paths=widened.files),
        "scan",
        declared,
        finishing.Found(findings),
        changed=ChangedFiles(widened.files, len(left)),
    )


def _passes(candidates: Sequence[Candidate]) -> Iterator[dict[Root, tuple[str, ...]]]:
    """What to read, and how often: once, and again for each further tfvars file that only `-var-file` would load.

    Two such files of one root stand for two deployments; judged together, the later would hide what the earlier sets.
    """
    for number in range(max((max(1, len(each.values)) for each in candidates), default=0)):
        yield {
            each.root: each.values[number : number + 1]
            for each in candidates
            if number == 0 or number < len(each.values)
        }


def _judged(request: Request, widened: Widened, values: dict[Root, tuple[str, ...]]) -> tuple[Declared, list[Reading]]:
    """One pass in the normal form, and what was read for it."""
    certain = {each.root: each.certain for each in widened.candidates}
    read = reading.read_roots(
        list(values), request, lambda root: reading.read_root(root, _with_values(request, values.get(root, ())))
    )
    kept = [
        (root, reading)
        for root, reading in zip(read.roots, read.readings, strict=True)
        # A root that others made known is there for the files that it was read from.
        if certain.get(root, False) or not widened.unchanged(reading.files)
    ]
    problems = [*widened.problems, *(problem for problem in read.problems if widened.is_about(problem))]
    readings = [reading for _, reading in kept]
    return reading.normalised(request, [root for root, _ in kept], readings, problems), readings


def _with_values(request: Request, files: Iterable[str]) -> Request:
    return replace(request, var_files=(*request.var_files, *files))


def _joined(first: Declared, second: Declared) -> Declared:
    """Two passes as one: the resources of the first are counted, the problems of both."""
    return replace(
        first,
        problems=tuple(dict.fromkeys((*first.problems, *second.problems))),
        files=tuple(sorted({*first.files, *second.files})),
        renderers={**first.renderers, **second.renderers},
        written=tuple(dict.fromkeys((*first.written, *second.written))),
        unread=first.unread or second.unread,
    )


def _worst(finding: Finding, into: dict[tuple[str, ...], Finding]) -> None:
    key = (finding.fingerprint,)
    held = into.get(key)
    if held is None or _WEIGHT[finding.verdict] > _WEIGHT[held.verdict]:
        into[key] = finding


def _open(finding: Finding) -> bool:
    return finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN)


class _Touching:
    """Which findings changed files have a part in."""

    def __init__(
        self,
        widened: Widened,
        request: Request,
        values: dict[Root, tuple[str, ...]],
        roots: Iterable[Root],
        readings: Iterable[Reading],
    ) -> None:
        self._changed: Collection[str] = frozenset(widened.files) | widened.kustomized
        self._roots = {root.name: root for root in roots if root.format == "terraform"}
        self._options = {
            root.name: reading.options_for(root, _with_values(request, values.get(root, ()))) for root in roots
        }
        self._base = request.base
        self._files_read = {reading.root: frozenset(reading.files) for reading in readings}
        # Values, helpers and patches take part in every object of a chart or overlay; a template only in its own.
        self._throughout = {
            reading.root: frozenset(reading.files) - {raw.where.path for raw in reading.resources}
            for reading in readings
            if reading.rendered
        }
        self._dependence: dict[str, _Deciding] = {}

    def touches(self, finding: Finding) -> bool:
        spans = [finding.where, *(evidence.where for evidence in finding.evidence)]
        seen = frozenset((span.path, span.line) for span in spans if isinstance(span, Span))
        if any(path in self._changed for path, _ in seen):
            return True
        if finding.root in self._throughout:
            return _open(finding) and not self._throughout[finding.root].isdisjoint(self._changed)
        root = self._roots.get(finding.root)
        if root is None or not _open(finding):
            # What passes is only counted: following where every value comes from would cost more than it tells.
            return False
        deciding = self._dependence.get(root.name)
        if deciding is None:
            deciding = _Deciding(root, self._base, self._options[root.name])
            self._dependence[root.name] = deciding
        files, reads_files = deciding.of(finding.address, seen)
        if not files.isdisjoint(self._changed):
            return True
        others = {file for file in self._changed if not file.endswith((".tf", ".tofu", ".tfvars"))}
        return reads_files and not others.isdisjoint(self._files_read.get(root.name, ()))


class _Deciding:
    """The files that decide each resource of one root, with room to follow long chains."""

    def __init__(self, root: Root, base: Path, options: ReadOptions) -> None:
        # Imported here: only a finding in an untouched file asks for it.
        from soc2gate.declared.terraform import room_for_recursion
        from soc2gate.declared.terraform.dependence import Dependence

        self._room = room_for_recursion
        with self._room():
            self._dependence = Dependence(root, base, options)

    def of(self, address: str, seen: frozenset[tuple[str, int]]) -> tuple[frozenset[str], bool]:
        with self._room():
            return self._dependence.deciding(address, seen)
