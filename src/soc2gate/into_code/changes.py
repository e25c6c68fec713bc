"""What would bring code in line with a change that was made by hand: arguments, at the place in code that says
otherwise.

Only where that is a good idea: what fails live and passes in code is not to be written into code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from soc2gate import kinds
from soc2gate.engine import differences as spelled
from soc2gate.engine.compare import spelling_of
from soc2gate.engine.parts import Pair
from soc2gate.facts import dataclass
from soc2gate.into_code.hcl import Writer
from soc2gate.into_code.pieces import Piece, arguments_of, ways
from soc2gate.into_code.resources import Block, Writing, identifier, without_secrets
from soc2gate.into_code.text import comment
from soc2gate.kinds.describe import Kind, Spelling
from soc2gate.kinds.inverting import put, unsaid
from soc2gate.kinds.terraform_imports import IMPORTS, OF_PARTS
from soc2gate.kinds.tracing import STYLES
from soc2gate.model.outcome import Difference, Disagreement, Finding, RuleContrast, Verdict
from soc2gate.model.resource import Side, Span
from soc2gate.model.value import Value

_TERRAFORM = "terraform "


@dataclass(frozen=True, slots=True)
class Change:
    """One property of one declared resource, as it runs."""

    disagreement: Disagreement
    name: str
    """The top-level property."""
    arguments: Mapping[str, Value]
    """What its block is to say; empty where the change is to take something away, or could not be written."""
    holder: str
    """The Terraform type whose block that is."""
    blocks: tuple[Block, ...]
    """Resources to add beside it, with the ids to import them by."""
    removed: tuple[str, ...]
    """Arguments that are to go."""
    refused: str
    """Why nothing is written."""


def changes(
    disagreements: Iterable[Disagreement], pairs: Sequence[Pair], findings: Iterable[Finding]
) -> Iterator[Change]:
    """What every changed resource would have to say in code, in the order of the disagreements."""
    evidence = evidence_of(findings)
    by_resource = {(pair.declared.kind, pair.declared.address, pair.declared.environment): pair for pair in pairs}
    told: set[tuple[str, str, str]] = set()
    for one in disagreements:
        pair = by_resource.get((one.kind, one.address, one.environment))
        if one.difference is not Difference.CHANGED or pair is None or is_manifest(pair):
            continue
        for name in dict.fromkeys(map(_top, paths_of(one, pair, evidence))):
            key = (one.kind, f"{pair.declared.root}:{one.address}", name)
            if key not in told:
                told.add(key)
                yield _change(one, pair, name)


def is_manifest(pair: Pair) -> bool:
    """Whether a declared resource is an object in a file of its own (`patches`), and not in Terraform."""
    return pair.declared.kind.startswith("Kubernetes::") and not pair.declared.spelling.startswith(_TERRAFORM)


Evidence: TypeAlias = Mapping[tuple[str, str, str, str], Finding]
"""Root, address, kind and rule to what a rule found live."""


def evidence_of(findings: Iterable[Finding]) -> Evidence:
    """What every live verdict rests on."""
    return {
        (finding.root, finding.address, finding.kind, finding.rule): finding
        for finding in findings
        if finding.side is Side.LIVE
    }


def paths_of(one: Disagreement, pair: Pair, evidence: Evidence) -> list[str]:
    """What a disagreement is about; where only verdicts differ, the properties that the live ones rest on."""
    if one.property:
        return [one.property]
    live = pair.live
    found = [evidence.get((live.root, live.address, live.kind, contrast.id)) for contrast in one.rules]
    paths = [item.path.removeprefix("resource.") for finding in found if finding for item in finding.evidence]
    return list(dict.fromkeys(filter(None, paths)))


def _top(path: str) -> str:
    steps = re.split(r"[.\[]", path)
    return ".".join(steps[:2]) if steps[0] == "related" else steps[0]


def is_live_fix(contrast: RuleContrast) -> bool:
    """Whether somebody repaired live what code still gets wrong."""
    return contrast.declared is Verdict.FAIL and contrast.live is Verdict.PASS


def why_not(one: Disagreement) -> str:
    """Why what runs is not to be written into code; empty where it may be."""
    broken = [
        contrast.id for contrast in one.rules if contrast.live is Verdict.FAIL and contrast.declared is Verdict.PASS
    ]
    return f"what runs fails {', '.join(broken)} and code passes: the next apply repairs it" if broken else ""


def _change(one: Disagreement, pair: Pair, name: str) -> Change:
    if why := why_not(one):
        return _refused(one, name, why)
    if not pair.declared.spelling.startswith(_TERRAFORM):
        return _refused(one, name, f"{pair.declared.spelling} is not Terraform: change it where it is written")
    kind = kinds.kind(one.kind)
    if name.startswith("related.") and name.removeprefix("related.") in kind.links:
        return _refused(one, name, "that is a resource of its own")
    type_ = pair.declared.spelling.removeprefix(_TERRAFORM)
    spelling = next((spelling for spelling in kind.terraform if spelling.type == type_), None)
    if spelling is None:
        return _refused(one, name, f"soc2gate cannot write {type_}")
    return _written(one, pair, name, kind, spelling)


def _refused(one: Disagreement, name: str, why: str) -> Change:
    return Change(one, name, {}, "", (), (), why)


def _written(one: Disagreement, pair: Pair, name: str, kind: Kind, spelling: Spelling) -> Change:
    label = one.address.rpartition(".")[2].partition("[")[0]
    writing = Writing(pair.live, spelling, identifier(label))
    holders = [_type(address) for address, path in pair.declared.members.items() if _top(path) == name]
    wanted = writing.wanted.get(name)
    if unsaid(wanted) or wanted == []:
        return Change(one, name, {}, holders[0] if holders else spelling.type, (), _to_remove(writing, name), "")
    pieces = writing.search()
    besides = {*IMPORTS, *holders}
    for piece in ways(writing.traces, name, wanted, besides):
        if not _fits(piece, holders, spelling, kind, name):
            continue
        if name in writing.differing({**pieces, name: piece}):
            continue
        return _as_change(one, pair, name, writing, piece, holders)
    return _refused(one, name, writing.differing(pieces).get(name) or "no way to write it reads back equal")


def _fits(piece: Piece, holders: Sequence[str], spelling: Spelling, kind: Kind, name: str) -> bool:
    """Whether a piece is written where code already says the property; anywhere, where code does not."""
    if holders:
        return bool(piece.beside) and all(part.companion.type in holders for part in piece.beside)
    return True


def _type(address: str) -> str:
    return re.sub(r"^(module\.[^.]+\.)+", "", address).partition(".")[0]


def _as_change(
    one: Disagreement, pair: Pair, name: str, writing: Writing, piece: Piece, holders: Sequence[str]
) -> Change:
    declared = pair.declared.properties.get(name)
    if not piece.beside:
        body: dict[str, Value] = {}
        for path, value in piece.written:
            put(body, path, value)
        return Change(one, name, without_secrets(body, writing.name), writing.spelling.type, (), (), "")
    many = piece.beside[0].companion.many
    if holders and not many:
        body = {}
        for path, value in piece.beside[0].written:
            put(body, path, value)
        return Change(one, name, without_secrets(body, writing.name), holders[0], (), (), "")
    extra = [part for part in piece.beside if not (many and _has(one.kind, name, declared, part.element))]
    blocks = []
    for block, element in writing.beside(Piece(beside=tuple(extra)), one.address):
        told_by = IMPORTS.get(block.type) or OF_PARTS.get(block.type)
        id_ = told_by.of(pair.live.identity, pair.live.properties, element) if told_by else ""
        blocks.append(Block(block.type, block.name, block.body, id_, told_by.source if told_by else ""))
    return Change(one, name, {}, piece.beside[0].companion.type, tuple(blocks), _lost(one, name, declared, pair), "")


def _has(kind: str, name: str, declared: Value, element: Value) -> bool:
    """Whether a declared list has an element that runs."""
    return any(_same(kind, name, item, element) for item in (declared if isinstance(declared, list) else ()))


def _same(kind: str, name: str, one: Value, other: Value) -> bool:
    found = spelled.differences(
        {name: [one]}, {name: [other]}, read=lambda _: True, spelling=spelling_of(kind), resolve=lambda ref: None
    )
    return not any(True for _ in found)


def _lost(one: Disagreement, name: str, declared: Value, pair: Pair) -> tuple[str, ...]:
    """The companions in code that say an element which does not run any more."""
    live = pair.live.properties.get(name)
    gone = []
    for index, item in enumerate(declared if isinstance(declared, list) else ()):
        if any(_same(one.kind, name, item, other) for other in (live if isinstance(live, list) else ())):
            continue
        at = f"{name}[{index}]"
        where = pair.declared.places.get(at)
        said = next((address for address, path in pair.declared.members.items() if path == at), at)
        gone.append(f"{said} ({where.path}:{where.line})" if isinstance(where, Span) else said)
    return tuple(gone)


def _to_remove(writing: Writing, name: str) -> tuple[str, ...]:
    for style in STYLES:
        trace = writing.traces.own(style)
        found = arguments_of(trace, name) if trace is not None else []
        if found:
            return tuple(dict.fromkeys(path.partition(".")[0] for path in found))
    return ()


def headline(one: Disagreement) -> str:
    """Where code says otherwise, and of what."""
    where = one.declared_where
    place = f"{where.path}:{where.line}  " if isinstance(where, Span) else ""
    return f"{place}{one.address} ({one.kind} {one.uid})"


def differs(one: Disagreement, name: str) -> str:
    """What is not the same, and whether somebody repaired it."""
    fixed = [contrast.id for contrast in one.rules if is_live_fix(contrast)]
    told = f", a live fix: code fails {', '.join(fixed)}, and what runs passes" if fixed else ""
    return f"{name} is not the same live{told}"


def told(change: Change, writer: Writer) -> str:
    """A change as a comment: where, what differs, and the HCL."""
    lines = [headline(change.disagreement), differs(change.disagreement, change.name)]
    if change.refused:
        return comment([*lines, f"Not written: {change.refused}."])
    hcl = ""
    if change.removed:
        lines.append(f"Take away: {', '.join(change.removed)}")
    elif not change.arguments and not change.blocks:
        lines.append(f"Take the {change.holder} away that says it.")
    if change.arguments:
        lines.append(f"In the {change.holder} block, in place of what stands there:")
        # The braces are python-hcl2's; what stands between them is what is to be written.
        block = writer.block("x", [], change.arguments).rstrip("\n").split("\n")
        hcl = "\n".join(line[2:] for line in block[1:-1])
    for block_ in change.blocks:
        hcl += "\n" if hcl else ""
        hcl += writer.block("resource", [block_.type, block_.name], block_.body)
        if block_.import_id:
            hcl += "\n" + writer.import_block(block_.address, block_.import_id)
        else:
            lines.append(f"The id to import {block_.address} by is not among what was read.")
    code = "".join(f"#   {line}".rstrip() + "\n" for line in hcl.rstrip("\n").split("\n")) if hcl else ""
    return comment(lines) + (f"#\n{code}" if code else "")
