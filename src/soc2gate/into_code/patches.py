"""Objects of a cluster in files of YAML: a manifest for what no code declares, a patch for what was changed by hand.

The text is read again, as Terraform's is: what does not read back as was meant is said where it stands.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from soc2gate.declared.kubernetes import read
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.engine.parts import Pair
from soc2gate.facts import dataclass, replace
from soc2gate.into_code.changes import Evidence, differs, evidence_of, headline, is_manifest, paths_of, why_not
from soc2gate.into_code.manifests import Manifest, manifest, same, yaml_of
from soc2gate.into_code.text import comment, fails
from soc2gate.kinds import kubernetes
from soc2gate.kinds.inverting import Left
from soc2gate.model.outcome import Difference, Disagreement, Finding
from soc2gate.model.resource import Span
from soc2gate.model.value import Value
from soc2gate.yaml_lines.document import Step, split_path

_BY_NAME = ("containers", "initContainers", "ephemeralContainers", "volumes", "env")
"""Lists whose elements a patch may name one by one; others it replaces.
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/"""


def checked(manifests: Sequence[Manifest]) -> list[Manifest]:
    """The same, with what the text of them does not say after all."""
    text = "---\n".join(yaml_of(one.body) for one in manifests)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "suggested.yaml").write_text(text, encoding="utf-8")
        reading = read(Root("kubernetes", ".", ("suggested.yaml",)), Path(folder), ReadOptions())
    made = kubernetes.normalise_manifests([reading]).resources
    out = []
    for one in manifests:
        found = same([it for it in made if it.identity.get("id") == one.live.identity.get("id")], one.live)
        known = {left.path for left in one.left}
        more = [Left(path, reason) for path, reason in sorted(found.items()) if path not in known]
        out.append(replace(one, left=(*one.left, *more)))
    return out


def text_of(one: Manifest, failing: Sequence[str]) -> str:
    """A manifest with a comment that says what it is, and what it lacks."""
    live = one.live
    lines = [f"{live.kind} {live.address}", f"cluster {live.identity.get('account')}"]
    lines += fails(failing)
    if one.complete:
        lines.append("It reads back equal to what runs.")
    else:
        lines.append("Not complete. Left out, or not the same as what runs:")
        lines += [f"  {left.path}: {left.reason}" for left in one.left]
    if one.chosen:
        lines.append(f"Left to the cluster, which chose it: {', '.join(one.chosen)}")
    return f"---\n{comment(lines)}{yaml_of(one.body)}"


@dataclass(frozen=True, slots=True)
class Patch:
    """What one declared object would have to say."""

    pair: Pair
    told: tuple[Disagreement, ...]
    body: Mapping[str, Value]
    """A strategic merge patch; null takes a field away. Empty where nothing is to be written."""
    refused: tuple[Left, ...]


def patches(
    disagreements: Iterable[Disagreement], pairs: Sequence[Pair], findings: Iterable[Finding]
) -> Iterator[Patch]:
    """For every object whose manifest says otherwise than what runs, what it would have to say."""
    by_resource = {(pair.declared.kind, pair.declared.address, pair.declared.environment): pair for pair in pairs}
    changed: dict[tuple[str, str, str], list[Disagreement]] = {}
    for one in disagreements:
        key = (one.kind, one.address, one.environment)
        if one.difference is Difference.CHANGED and key in by_resource and is_manifest(by_resource[key]):
            changed.setdefault(key, []).append(one)
    evidence = evidence_of(findings)
    for key, told in changed.items():
        yield _patch(by_resource[key], told, evidence)


def _patch(pair: Pair, told: Sequence[Disagreement], evidence: Evidence) -> Patch:
    whole = manifest(pair.live)
    declared, live, written = (
        dict(one) for one in (pair.declared.properties, pair.live.properties, whole.live.properties)
    )
    body: dict[str, Value] = {}
    refused: list[Left] = []
    for one in told:
        why = why_not(one)
        for path in paths_of(one, pair, evidence):
            steps = split_path(path)
            fragment = _fragment(steps, declared, written)
            if not why and fragment == _fragment(steps, declared, live):
                body = _merged(body, fragment)
            else:
                hidden = [
                    left.reason for left in whole.left if path.startswith(left.path) or left.path.startswith(path)
                ]
                refused.append(
                    Left(path, why or next(iter(hidden), "the cluster chose it, or it is not to be written"))
                )
    return Patch(pair, tuple(told), body, tuple(refused))


def _fragment(steps: Sequence[Step], declared: Value, live: Value) -> dict[str, Value]:
    """The live value at a path, with what stands around it and nothing else."""
    name, rest = str(steps[0]), steps[1:]
    theirs = live.get(name) if isinstance(live, dict) else None
    ours = declared.get(name) if isinstance(declared, dict) else None
    if not rest or theirs is None:
        return {name: theirs}
    if isinstance(rest[0], int):
        item = ours[rest[0]] if isinstance(ours, list) and rest[0] < len(ours) else None
        found = _named_alike(item, theirs) if name in _BY_NAME and len(rest) > 1 else None
        if found is None or not isinstance(item, dict):
            return {name: theirs}
        return {name: [{"name": item["name"], **_fragment(rest[1:], item, found)}]}
    return {name: _fragment(rest, ours, theirs)}


def _named_alike(item: Value, others: Value) -> Value:
    name = item.get("name") if isinstance(item, dict) else None
    named = others if isinstance(others, list) and name else []
    alike = [one for one in named if isinstance(one, dict) and one.get("name") == name]
    return alike[0] if len(alike) == 1 else None


def _merged(one: Value, other: Value) -> dict[str, Value]:
    """Two fragments as one."""
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    out = dict(one)
    for key, value in other.items():
        there = out.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            out[key] = _merged(there, value)
        elif isinstance(there, list) and isinstance(value, list) and key in _BY_NAME:
            alike = {id(item): _named_alike(item, value) for item in there}
            kept = [item if alike[id(item)] is None else _merged(item, alike[id(item)]) for item in there]
            out[key] = [*kept, *(item for item in value if _named_alike(item, there) is None)]
        else:
            out[key] = value
    return out


def patch_text(patch: Patch) -> str:
    """A patch as a comment: where, what differs, and the YAML."""
    lines = [headline(patch.told[0])]
    lines += [differs(one, one.property or "what its rules read") for one in patch.told]
    lines += [f"Not written: {left.path}: {left.reason}." for left in patch.refused]
    if not patch.body:
        return comment(lines)
    where = patch.told[0].declared_where
    file = where.path if isinstance(where, Span) else "FILE"
    lines.append(f"As a patch (kubectl patch --local -o yaml -f {file} --patch-file …); null takes a field away:")
    code = "".join(f"#   {line}".rstrip() + "\n" for line in yaml_of(patch.body).rstrip("\n").split("\n"))
    return f"{comment(lines)}#\n{code}"
