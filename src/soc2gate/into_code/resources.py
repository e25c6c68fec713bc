"""One live resource as Terraform: written property by property, read by our own reader, and held against what runs.

Only what reads back equal is kept. A property of which no way of writing it does is left out and named, with the
reason; nothing is written that merely looks right.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from soc2gate import kinds
from soc2gate.cel.secrets import looks_like_secret
from soc2gate.engine.read_back import not_the_same, told
from soc2gate.facts import dataclass, field, replace
from soc2gate.into_code.hcl import is_blocks
from soc2gate.into_code.pieces import Beside, Piece, Traces, said_together, ways
from soc2gate.kinds.describe import Spelling
from soc2gate.kinds.inverting import Left, put, unsaid
from soc2gate.kinds.terraform_imports import BESIDE, GATHERED, IMPORTS, ITSELF, NOT_CODE, UNTOLD
from soc2gate.model.resource import RawResource, Reading, Resource, Span
from soc2gate.model.value import Ref, Unknown, Value
from soc2gate.schema.terraform import Argument, Taken, arguments

_HERE = Span("suggested.tf", 1)
_WITHHELD = "credential=withheld-by-soc2gate"
"""Stands for a value that was not kept, until a variable does."""
_MOST_TRIES = 24
"""Ways to say another property that are tried for the sake of one."""
_TELLING = ("PolicyName", "RuleNumber", "IpProtocol", "FromPort")
"""What tells an element of a list from others: a resource for it is called by these."""
_NOTHING: tuple[Value, ...] = (False, 0, "", [])
"""Values that are worth trying to leave out, one by one."""
_UNREAD = "the provider needs it, and it is not among what was read"
_SECRET = "a secret, or a value that soc2gate does not keep"


@dataclass(frozen=True, slots=True)
class Block:
    """One `resource` block, and the id by which it is imported."""

    type: str
    name: str
    body: Mapping[str, Value]
    """Lists of maps are nested blocks; an `Unknown` stands for the reference that it is."""
    import_id: str
    """Empty where the id is not among what was read."""
    source: str
    """Where the provider documents the id."""

    @property
    def address(self) -> str:
        """`aws_s3_bucket.logs`."""
        return f"{self.type}.{self.name}"


@dataclass(frozen=True, slots=True)
class Variable:
    """What a person has to fill in: a secret, or what nobody could read."""

    name: str
    why: str
    secret: bool


@dataclass(frozen=True, slots=True)
class Suggested:
    """What brings one live resource into code."""

    live: Resource
    """What is to be written: all that runs, without the settings that no argument says."""
    blocks: tuple[Block, ...] = ()
    left: tuple[Left, ...] = ()
    """Properties that are not written, each with its reason."""
    variables: tuple[Variable, ...] = ()
    refused: str = ""
    """Why nothing could be written at all."""

    @property
    def complete(self) -> bool:
        """Whether all of it reads back equal, and nobody has anything to fill in."""
        return bool(self.blocks) and not self.left and not self.variables


def suggest(live: Resource, name: str) -> Suggested:
    """Terraform for a live resource; `name` is what the resource is to be called in code."""
    kind = kinds.kind(live.kind)
    spellings = [spelling for spelling in kind.terraform if spelling.type in IMPORTS]
    if not spellings:
        return Suggested(live, refused=NOT_CODE.get(live.kind, "soc2gate knows no Terraform type to import it as"))
    found: Suggested | None = None
    for spelling in spellings:
        made = Writing(live, spelling, name).suggestion()
        if found is None or len(made.left) < len(found.left):
            found = made
        if not made.left:
            break
    assert found is not None
    return found


@dataclass(slots=True)
class _Assembled:
    """The bodies that some pieces come to."""

    own: dict[str, Value] = field(default_factory=dict)
    beside: list[tuple[Beside, str, dict[str, Value]]] = field(default_factory=list)
    """With the name of each, and its body."""
    clashes: dict[str, str] = field(default_factory=dict)
    """Property to why what it needs cannot stand beside what others need."""


class Writing:
    """The search for one resource in one spelling."""

    def __init__(self, live: Resource, spelling: Spelling, name: str) -> None:
        self.kind = kinds.kind(live.kind)
        self.spelling = spelling
        self.name = name
        self.address = f"{spelling.type}.{name}"
        self.traces = Traces(self.kind, spelling)
        self._unsaid: list[Left] = []
        self.live = self._sayable(live)
        # What is not compared has to be written all the same: a policy's topic.
        self._more = {
            path: value for path in self.kind.ignored if (value := self.live.properties.get(path)) is not None
        }
        self.wanted = {name: value for name, value in {**told(self.live), **self._more}.items() if not unsaid(value)}

    def _sayable(self, live: Resource) -> Resource:
        """The resource without those of its settings that no argument says: of them, the API tells every one."""
        properties = {name: _marked(value) for name, value in live.properties.items()}
        for path in self.kind.settings:
            listed = properties.get(path)
            kept: list[Value] = []
            for setting in listed if isinstance(listed, list) else ():
                found = next(ways(self.traces, path, [setting]), None)
                if found is not None and found.written and not found.left:
                    kept.append(setting)
                elif not isinstance(setting, dict):
                    self._unsaid.append(Left(path, getattr(setting, "reason", "it is not wholly known")))
                elif setting.get("Value") not in (None, "", "false", False):
                    self._unsaid.append(
                        Left(f"{path}: {setting.get('Key')}", "no argument that soc2gate reads says it")
                    )
            if isinstance(listed, list):
                properties[path] = kept
        return replace(live, properties=properties)

    def suggestion(self) -> Suggested:
        """The best that was found."""
        pieces = self._without_what_goes_without_saying(self.search())
        return self._finished(pieces, self.differing(pieces))

    def search(self) -> dict[str, Piece]:
        """For each property the first way of writing it that reads back equal; those without one are not there."""
        pieces: dict[str, Piece] = {}
        for name, value in self.wanted.items():
            piece = next(iter(ways(self.traces, name, value)), None)
            if piece is not None:
                pieces[name] = piece
        for name in sorted(self.differing(pieces).keys() & self.wanted.keys()):
            pieces = self._better(pieces, name)
        for name in sorted(self.differing(pieces).keys() & pieces.keys()):
            without = {other: piece for other, piece in pieces.items() if other != name}
            if not self._needed(pieces[name]):
                pieces = without
        return pieces

    def _better(self, pieces: dict[str, Piece], name: str) -> dict[str, Piece]:
        bad = self.differing(pieces)
        for piece in ways(self.traces, name, self.wanted[name]):
            tried = {**pieces, name: piece}
            found = self.differing(tried)
            if name not in found and found.keys() <= bad.keys():
                return tried
        # What says another property may say this one too, if it is said by another argument.
        together = sorted(said_together(self.traces, name) & pieces.keys())
        others = ((other, piece) for other in together for piece in ways(self.traces, other, self.wanted[other]))
        for other, piece in itertools.islice(others, _MOST_TRIES):
            tried = {**pieces, other: piece}
            tried.pop(name, None)
            found = self.differing(tried)
            if name not in found and found.keys() <= bad.keys():
                return tried
        return pieces

    def _without_what_goes_without_saying(self, pieces: dict[str, Piece]) -> dict[str, Piece]:
        """The pieces without what the spelling's creation defaults say by themselves."""
        bad = self.differing(pieces).keys()
        # A name is told even where a resource without one would read as itself.
        kept = {*self._more, *self.kind.names}
        kept |= {name for name, value in self.wanted.items() if value in self.live.identity.values()}
        bare = {name: piece for name, piece in pieces.items() if piece.beside or self._needed(piece)}
        unlike = self.differing(bare).keys()
        spared = {name: piece for name, piece in pieces.items() if name in bare or name in unlike or name in kept}
        if self.differing(spared).keys() <= bad:
            pieces = spared
        for name, piece in pieces.items():
            for place in [path for path, value in piece.written if value in _NOTHING and value is not None]:
                less = replace(pieces[name], written=tuple(one for one in pieces[name].written if one[0] != place))
                if name not in kept and self.differing({**pieces, name: less}).keys() <= bad:
                    pieces = {**pieces, name: less}
        return pieces

    def _needed(self, piece: Piece) -> bool:
        """Whether the resource cannot stand without it: what it says in part is better than nothing."""
        taken = arguments(self.spelling.type)
        return any(
            getattr(taken.get(path.partition("[")[0].partition(".")[0]), "required", False) for path, _ in piece.written
        )

    def differing(self, pieces: Mapping[str, Piece]) -> dict[str, str]:
        """Property to why it does not read back equal."""
        assembled = self._assembled(pieces)
        raws = [self._raw(self.spelling.type, self.name, assembled.own)]
        raws += [self._raw(beside.companion.type, name, body) for beside, name, body in assembled.beside]
        made = kinds.normalise([Reading("terraform", ".", tuple(raws))])
        declared = next(
            (one for one in made.resources if one.kind == self.live.kind and one.address == self.address), None
        )
        if declared is None:
            return dict.fromkeys(self.wanted, "it does not read as this kind")
        return {**not_the_same(declared, self.live), **assembled.clashes}

    def beside(self, piece: Piece, address: str) -> Iterator[tuple[Block, Value]]:
        """The resources beside this one that say a piece, each with what it says; in code this one is at `address`."""
        assembled = self._assembled({"": piece})
        for beside, name, body in assembled.beside:
            target = Unknown("", None, (f"{address}.{self._attribute()}",), not_null=True)
            whole: dict[str, Value] = {**body, beside.companion.target: [target] if beside.companion.plural else target}
            yield Block(beside.companion.type, name, without_secrets(whole, name), "", ""), beside.element

    def _raw(self, type_: str, name: str, body: Mapping[str, Value]) -> RawResource:
        account, region = self.live.identity.get("account"), self.live.identity.get("region")
        return RawResource(
            "terraform", type_, f"{type_}.{name}", ".", body, _HERE, {}, account, None if region == "global" else region
        )

    def _assembled(self, pieces: Mapping[str, Piece]) -> _Assembled:
        out = _Assembled()
        for property_, piece in pieces.items():
            for path, value in piece.written:
                if not put(out.own, path, value):
                    out.clashes[property_] = f"{path} says something else already"
            for beside in piece.beside:
                body: dict[str, Value] = {beside.companion.target: self._target(beside)}
                for path, value in beside.written:
                    put(body, path, value)
                out.beside.append((beside, self._name_of(beside, out), body))
        _as_the_provider_has_it(self.spelling.type, out.own, self.live.identity.get("id"))
        return out

    def _target(self, beside: Beside) -> Value:
        attribute = self._attribute()
        own = Unknown("", Ref(self.address, attribute), (f"{self.address}.{attribute}",), not_null=True)
        return [own] if beside.companion.plural else own

    def _attribute(self) -> str:
        exports = self.spelling.exports
        return "id" if "id" in exports else next(iter(exports), "id")

    def _name_of(self, beside: Beside, so_far: _Assembled) -> str:
        if not beside.companion.many:
            return self.name
        element = beside.element
        told = [element.get(key) for key in _TELLING] if isinstance(element, dict) else [element]
        said = "_".join(str(one) for one in told if one is not None)
        name = identifier(f"{self.name}_{said.rpartition('/')[2]}")
        taken = {other for _, other, _ in so_far.beside}
        return next(one for one in _numbered(name) if one not in taken)

    def _finished(self, pieces: Mapping[str, Piece], bad: Mapping[str, str]) -> Suggested:
        assembled = self._assembled(pieces)
        placeholders = _Placeholders(f"{self.spelling.type.removeprefix('aws_')}_{self.name}")
        found: list[tuple[str, str, dict[str, Value], Value]] = [(self.spelling.type, self.name, assembled.own, None)]
        found += [(one.companion.type, name, body, one.element) for one, name, body in assembled.beside]
        blocks = []
        for type_, name, body, element in found:
            complete = placeholders.in_body(body)
            placeholders.add_missing(complete, arguments(type_), "")
            for argument in UNTOLD.get(type_, ()):
                if argument not in complete:
                    complete[argument] = placeholders.untold(argument)
            told_by = IMPORTS[type_]
            id_ = told_by.of(self.live.identity, self.live.properties, element)
            blocks.append(Block(type_, name, complete, id_, told_by.source))
        left = [Left(name, self._why(name, reason)) for name, reason in sorted(bad.items())]
        left += [*self._unsaid, *placeholders.blocks_unread]
        return Suggested(self.live, tuple(blocks), tuple(left), tuple(placeholders.variables))

    def _why(self, name: str, reason: str) -> str:
        if name not in self.wanted:
            return f"left out, it reads as something that does not run ({reason})"
        for piece in ways(self.traces, name, self.wanted[name]):
            if piece.left:
                first = piece.left[0]
                return first.reason if first.path == name else f"{first.path}: {first.reason}"
            break
        return "its spelling is computed, and cannot be read backwards" if reason.startswith(name) else reason


def _marked(value: Value) -> Value:
    """A value with a mark in the place of whatever was not kept of it."""
    if isinstance(value, Unknown) and value.withheld is not None:
        return _WITHHELD
    if isinstance(value, dict):
        return {key: _marked(child) for key, child in value.items()}
    return [_marked(child) for child in value] if isinstance(value, list) else value


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def identifier(text: str) -> str:
    """A name that Terraform takes, from what a resource is called."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()
    return name if name[:1].isalpha() else f"r_{name}" if name else "unnamed"


def _as_the_provider_has_it(type_: str, body: dict[str, Value], own: Value) -> None:
    """What has to stand beside what was written, and in which blocks."""
    for name in GATHERED.get(type_, ()):
        blocks = body.get(name)
        if isinstance(blocks, list):
            body[name] = _gathered([block for block in blocks if isinstance(block, dict)], *ITSELF[type_], own)
    for name, more in BESIDE.get(type_, {}).items():
        blocks = body.get(name)
        for one in blocks if isinstance(blocks, list) else ():
            if isinstance(one, dict):
                for argument, value in more.items():
                    one.setdefault(argument, value)


def _gathered(blocks: Sequence[dict[str, Value]], peers: str, switch: str, own: Value) -> list[Value]:
    """Blocks that say the same but for their lists, as one."""
    out: dict[str, dict[str, Value]] = {}
    for block in blocks:
        plain: dict[str, Value] = {name: value for name, value in block.items() if not isinstance(value, list)}
        into = out.setdefault(repr(sorted(plain.items(), key=str)), plain)
        for name, value in block.items():
            if not isinstance(value, list):
                continue
            others = [item for item in value if name != peers or item != own]
            if len(others) < len(value):
                into[switch] = True
            if others:
                there = into.get(name)
                into[name] = [*(there if isinstance(there, list) else ()), *others]
    return [*out.values()]


class _Placeholders:
    """Variables in the place of secrets, and of what the provider insists on and nobody read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.variables: list[Variable] = []
        self.blocks_unread: list[Left] = []
        """Blocks that must stand, of which not even the arguments are known that must."""

    def in_body(self, body: Mapping[str, Value], under: str = "") -> dict[str, Value]:
        """The body without its secrets."""
        return {name: self._value(value, name, f"{under}_{name}" if under else name) for name, value in body.items()}

    def _value(self, value: Value, name: str, path: str) -> Value:
        if isinstance(value, dict):
            return {
                key: self._variable(f"{path}_{key}", _SECRET, secret=True)
                if isinstance(item, str) and is_secret(item, key)
                else self._value(item, key, f"{path}_{key}")
                for key, item in value.items()
            }
        if is_blocks(value):
            assert isinstance(value, list)
            blocks: Sequence[Value] = value
            return [
                self.in_body(one, path if len(blocks) == 1 else f"{path}_{i}")
                for i, one in enumerate(blocks)
                if isinstance(one, dict)
            ]
        if isinstance(value, list):
            return [self._value(one, name, f"{path}_{i}") for i, one in enumerate(value)]
        if isinstance(value, str) and is_secret(value):
            return self._variable(path, _SECRET, secret=True)
        return value

    def add_missing(self, body: dict[str, Value], taken: Mapping[str, Taken], under: str) -> None:
        """Write a variable for each argument that must stand and does not."""
        for name, what in taken.items():
            path = f"{under}_{name}" if under else name
            value = body.get(name)
            if isinstance(what, Argument):
                if what.required and value is None:
                    body[name] = self.untold(path)
            elif isinstance(value, list):
                for one in value:
                    if isinstance(one, dict):
                        self.add_missing(one, what.arguments, path)
            elif what.required:
                made: dict[str, Value] = {}
                self.add_missing(made, what.arguments, path)
                if made:
                    body[name] = [made]
                else:
                    self.blocks_unread.append(Left(f"{name} (block)", _UNREAD))

    def untold(self, path: str) -> Unknown:
        """A variable for what nobody read."""
        return self._variable(path, _UNREAD, secret=False)

    def _variable(self, path: str, why: str, *, secret: bool) -> Unknown:
        names = {variable.name for variable in self.variables}
        name = next(one for one in _numbered(f"{self._name}_{identifier(path)}") if one not in names)
        self.variables.append(Variable(name, why, secret))
        return Unknown(why, None, (f"var.{name}",))


def without_secrets(body: Mapping[str, Value], name: str) -> dict[str, Value]:
    """A body with variables in the place of its secrets, which are named after `name`."""
    return _Placeholders(name).in_body(body)


def is_secret(value: str, name: str = "") -> bool:
    """Whether a text is a credential, or stands for a value that was not kept; `name` is one that a person gave it."""
    return value == _WITHHELD or looks_like_secret(f"{name}={value}" if name else value) is True
