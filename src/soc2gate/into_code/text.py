"""The suggested resources as files: each with its import block, a comment that says what it is and what it lacks.

The text itself is read again before anybody gets it: what does not read back as was meant is said where it stands.
"""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from soc2gate import kinds
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform import read
from soc2gate.engine.read_back import not_the_same
from soc2gate.facts import dataclass, replace
from soc2gate.into_code.hcl import Writer, bare
from soc2gate.into_code.references import Referring, with_references
from soc2gate.into_code.resources import Block, Suggested, Variable, identifier
from soc2gate.kinds.inverting import Left
from soc2gate.model.resource import Resource
from soc2gate.model.value import Value

MARK = "# Written by soc2gate verify --suggest"
"""How a file of ours begins: only such a file is ever written over."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource runs, and the provider configuration that reaches it."""

    account: str
    region: str

    @property
    def alias(self) -> str:
        """The provider's alias: `a123456789012_eu_west_1`."""
        return f"a{identifier(self.account)}_{identifier(self.region)}".replace("ar_", "a")


def place_of(live: Resource) -> Place:
    """Where a live resource runs; what is global is reached through any region of its account."""
    account, region = live.identity.get("account"), live.identity.get("region")
    return Place(str(account or ""), "" if region in (None, "global") or not isinstance(region, str) else region)


class Text:
    """Writes suggestions as text."""

    def __init__(self, writer: Writer, suggested: Sequence[Suggested]) -> None:
        self._writer = writer
        places = {place_of(one.live) for one in suggested if one.blocks}
        everywhere = {place for place in places if place.region} or places
        self.places = sorted(everywhere, key=lambda place: (place.account, place.region))
        referring = with_references(suggested)
        self.suggested = self._checked(referring)

    def _checked(self, referring: Referring) -> list[Suggested]:
        """The same, with what the text of them does not say after all."""
        text = "\n".join([self.providers(), *map(self._blocks, referring.suggested)])
        place = self.places[0] if self.places else Place("", "")
        made, problem = _read(text, place)
        out = []
        for one in referring.suggested:
            if one.blocks:
                declared = made.get((one.live.kind, one.blocks[0].address))
                found = _differing(declared, one, referring.known, problem)
                known = {left.path for left in one.left}
                more = [Left(path, reason) for path, reason in sorted(found.items()) if path not in known]
                one = replace(one, left=(*one.left, *more))
            out.append(one)
        return out

    def of(self, one: Suggested, failing: Sequence[str] = ()) -> str:
        """One resource: a comment, its blocks, their import blocks and its variables; `failing` are the rules that it
        fails."""
        live = one.live
        region = live.identity.get("region") or "global"
        lines = [f"{live.kind} {live.address}", f"account {live.identity.get('account')}, {region}"]
        if one.refused:
            return comment([*lines, f"Not written: {one.refused}."])
        lines += fails(failing)
        if one.complete:
            lines.append("It reads back equal to everything that soc2gate read of it.")
        elif one.left:
            lines.append("Not complete. Left out, or not the same as what runs:")
            lines += [f"  {left.path}: {left.reason}" for left in one.left]
        if one.variables:
            lines.append("To be filled in, and so not compared:")
            lines += [f"  var.{variable.name}: {variable.why}" for variable in one.variables]
        for block in one.blocks:
            if not block.import_id:
                lines.append(f"The id to import {block.address} by is not among what was read: {block.source}")
        return comment(lines) + self._blocks(one)

    def _blocks(self, one: Suggested) -> str:
        alias = place_of(one.live)
        if not alias.region and self.places:
            alias = next((place for place in self.places if place.account == alias.account), self.places[0])
        provider: dict[str, Value] = {"provider": bare(f"aws.{alias.alias}")} if len(self.places) > 1 else {}
        texts = [text for block in one.blocks for text in self._block(block, provider)]
        return "\n".join([*texts, *(self._variable(variable) for variable in one.variables)])

    def _block(self, block: Block, provider: Mapping[str, Value]) -> Iterator[str]:
        yield self._writer.block("resource", [block.type, block.name], {**provider, **block.body})
        if block.import_id:
            yield self._writer.import_block(block.address, block.import_id, provider)

    def _variable(self, variable: Variable) -> str:
        body: dict[str, Value] = {"description": variable.why}
        if variable.secret:
            body |= {"type": bare("string"), "sensitive": True}
        return self._writer.block("variable", [variable.name], body)

    def providers(self) -> str:
        """Provider configurations, where what is suggested runs in several places; else nothing."""
        if len(self.places) < 2:
            return ""
        said = comment(["Where these resources run. Give each account's provider what it signs in with."])
        bodies: list[dict[str, Value]] = [
            {"alias": place.alias, "region": place.region, "allowed_account_ids": [place.account]}
            for place in self.places
        ]
        return said + "\n".join(self._writer.block("provider", ["aws"], body) for body in bodies)


def fails(rules: Sequence[str]) -> list[str]:
    """A line for a resource that is not as it should be: written into code, it is so on purpose."""
    return [f"As it runs, it fails {', '.join(rules)}."] if rules else []


def comment(lines: Sequence[str]) -> str:
    """Lines as a comment; nothing in them can end it."""
    out: list[str] = []
    for line in lines:
        plain = "".join(char if char.isprintable() else "�" for char in line)
        indent = " " * (len(plain) - len(plain.lstrip()))
        out += textwrap.wrap(
            plain, 116, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "".join(f"# {line}".rstrip() + "\n" for line in out)


def _read(text: str, place: Place) -> tuple[dict[tuple[str, str], Resource], str]:
    """What our own reader makes of the text, by kind and address, and its first problem with it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "suggested.tf").write_text(text, encoding="utf-8")
        options = ReadOptions(account=place.account or None, region=place.region or None)
        reading = read(Root("terraform", ".", ("suggested.tf",)), Path(folder), options)
    made = {(one.kind, one.address): one for one in kinds.normalise([reading]).resources}
    return made, next((problem.message for problem in reading.problems), "")


def _differing(declared: Resource | None, one: Suggested, known: Mapping[str, str], problem: str) -> dict[str, str]:
    """What our own reader finds different, but for what a person has to fill in."""
    if problem or declared is None:
        return {"the text": problem or "it does not read as this kind"}
    filled_in = tuple(f'"{variable.name}"' for variable in one.variables)
    found = not_the_same(declared, one.live, known)
    return {path: reason for path, reason in found.items() if not any(name in reason for name in filled_in)}
