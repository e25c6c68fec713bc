"""Through which a spelling is written down: reads a raw body, writes properties, and keeps their places.

One `Draft` works for Terraform, CloudFormation, manifests and live items. A builder asks for `draft.at("bucket")` (a
value that remembers where it was written), puts such pieces together into the shape of the normal form, and calls
`draft.set("BucketName", piece)`: the places of everything inside come along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union, cast

from soc2gate.kinds.convert import one_of, unknown_like
from soc2gate.model.resource import Problem, Weight, place_of
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Ref, Special, Unknown, Value

if TYPE_CHECKING:
    from soc2gate.kinds.describe import Kind, Spelling
    from soc2gate.model.resource import Places, RawResource, Where


class At:
    """A value on its way to a property, and the place in the raw body that it comes from."""

    __slots__ = ("path", "source", "value")

    def __init__(self, value: Value, path: str, source: Draft) -> None:
        self.value = value
        self.path = path
        self.source = source

    def __repr__(self) -> str:
        return f"At({self.value!r}, {self.path!r})"


class Structure(dict[str, "Piece"]):
    """What a builder made of one block: it stands where the block does, and its parts where theirs do."""

    __slots__ = ("block",)

    def __init__(self, parts: Mapping[str, Piece], block: Block) -> None:
        super().__init__(parts)
        self.block = block


Piece: TypeAlias = Union[bool, int, float, str, Special, At, Sequence["Piece"], Mapping[str, "Piece"], None]
"""A value under construction: plain data and unknowns, with places. `None` inside a mapping is left out."""


_NOTHING: dict[str, Any] = {}
"""Stands where nothing is written; never written into."""
_PLAIN = (bool, int, float, str, *SPECIAL)


class Block:
    """A part of a raw body, with its path: attributes by name, nested blocks one by one."""

    __slots__ = ("body", "path", "source")

    def __init__(self, body: Mapping[str, Value], path: str, source: Draft) -> None:
        self.body = body
        self.path = path
        self.source = source

    def get(self, path: str) -> Value:
        """The value at a dotted path; a step onto a single nested block goes through it. None where nothing stands."""
        if "." not in path and "[" not in path:
            return self.body.get(path)
        return self._walk(path)[0]

    def at(self, path: str) -> At | None:
        """`get`, remembering the place; None where nothing stands."""
        if "." not in path and "[" not in path:
            value = self.body.get(path)
            return None if value is None else At(value, f"{self.path}.{path}" if self.path else path, self.source)
        value, place = self._walk(path)
        return None if value is None else At(value, place, self.source)

    def made(self, value: Value, path: str) -> At | None:
        """A value computed from what stands at `path`: its place is there."""
        return None if value is None else At(value, self._walk(path)[1], self.source)

    def convert(self, path: str, convert: Callable[[Value], Value]) -> At | None:
        """`at`, converted: `block.convert("policy", policy_document)`."""
        value, place = self._walk(path)
        made = convert(value) if value is not None else None
        return None if made is None else At(made, place, self.source)

    def _walk(self, path: str) -> tuple[Value, str]:
        if "." not in path and "[" not in path:
            return self.body.get(path), f"{self.path}.{path}" if self.path else path
        value: Value = cast("dict[str, Value]", self.body)
        place = self.path
        for step in path.replace("[", ".[").split("."):
            if step.startswith("["):
                value, place = _element(value, int(step[1:-1])), place + step
                continue
            if isinstance(value, (list, OpenList)):
                place += "[0]"
            value = _child(value, step)
            place = f"{place}.{step}" if place else step
            if value is None:
                break
        return value, place

    def each(self, name: str, build: Callable[[Block], Piece]) -> Piece:
        """The blocks (or objects in a list) at `name`, built one by one; None where there are none written.

        An open list stays open with its templates built too; a block that builds to None is left out.
        """
        value, place = self._walk(name)
        return self._each(
            value, place, lambda block: [made] if (made := _standing(build(block), block)) is not None else []
        )

    def flat(self, name: str, build: Callable[[Block], Sequence[Piece]]) -> Piece:
        """`each` where one block makes several elements, or none."""
        value, place = self._walk(name)
        return self._each(value, place, lambda block: [_standing(made, block) for made in build(block)])

    def _each(self, value: Value, place: str, build: Callable[[Block], Sequence[Piece]]) -> Piece:
        if value is None:
            return None
        if isinstance(value, dict):
            return list(build(Block(value, place, self.source)))
        if isinstance(value, list):
            return [made for i, item in enumerate(value) for made in self._built(item, f"{place}[{i}]", build)]
        if isinstance(value, OpenList):
            items = [m for i, item in enumerate(value.items) for m in self._built(item, f"{place}[{i}]", build)]
            start = len(value.items)
            more = [m for i, item in enumerate(value.more) for m in self._built(item, f"{place}[{start + i}]", build)]
            return open_list(items, more, value.reason)
        if isinstance(value, Alternatives):
            return alternatives([self._each(option, place, build) for option in value.options], value.reason)
        return unknown_like(value)

    def _built(self, item: Value, place: str, build: Callable[[Block], Sequence[Piece]]) -> Sequence[Piece]:
        if isinstance(item, dict):
            return build(Block(item, place, self.source))
        if isinstance(item, OpenMap):
            return build(Block(item.items, place, self.source))
        if isinstance(item, Alternatives):
            options = [self._built(option, place, build) for option in item.options]
            if all(len(option) == 1 for option in options):
                return [alternatives([option[0] for option in options], item.reason)]
        return [] if item is None else [unknown_like(item)]

    def one(self, name: str, build: Callable[[Block], Piece]) -> Piece:
        """The single block at `name`; None where it is not written, alternatives where it may not be."""
        value, place = self._walk(name)
        return self._one(value, place, build)

    def _one(self, value: Value, place: str, build: Callable[[Block], Piece]) -> Piece:
        if value is None:
            return None
        if isinstance(value, dict):
            block = Block(value, place, self.source)
            return _standing(build(block), block)
        if isinstance(value, list):
            return self._one(value[0], f"{place}[0]", build) if value else None
        if isinstance(value, OpenList):
            if value.items:
                return self._one(value.items[0], f"{place}[0]", build)
            return alternatives([None, *(self._one(t, f"{place}[0]", build) for t in value.more)], value.reason)
        if isinstance(value, Alternatives):
            return alternatives([self._one(option, place, build) for option in value.options], value.reason)
        return unknown_like(value)


def _standing(made: Piece, block: Block) -> Piece:
    """A structure with the place of the block it was made of."""
    return Structure(made, block) if type(made) is dict else made


def _child(value: Value, step: str) -> Value:
    """One attribute of a value, through a single nested block and through what is not known."""
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list):
        return _child(value[0], step) if value else None
    if isinstance(value, Unknown):
        return unknown_like(value)
    if isinstance(value, Alternatives):
        return one_of((_child(option, step) for option in value.options), value.reason)
    if isinstance(value, OpenList):
        if value.items:
            return _child(value.items[0], step)
        return one_of((None, *(_child(template, step) for template in value.more)), value.reason)
    if isinstance(value, OpenMap):
        return value.items[step] if step in value.items else unknown_like(value)
    return None


def _element(value: Value, index: int) -> Value:
    if isinstance(value, (list, OpenList)):
        items = value if isinstance(value, list) else value.items
        if index < len(items):
            return items[index]
        return unknown_like(value) if isinstance(value, OpenList) else None
    if isinstance(value, Alternatives):
        return one_of((_element(option, index) for option in value.options), value.reason)
    return unknown_like(value) if isinstance(value, Unknown) else None


def open_list(items: Sequence[Piece], more: Sequence[Piece], reason: str) -> Piece:
    """An open list of pieces."""
    # The pieces inside become values when the list is settled; nobody sees the list before that.
    return OpenList(cast("tuple[Value, ...]", tuple(items)), cast("tuple[Value, ...]", tuple(more)), reason)


def alternatives(options: Sequence[Piece], reason: str) -> Piece:
    """Alternatives of pieces; the piece itself where there is one only."""
    if len(options) == 1:
        return options[0]
    return Alternatives(cast("tuple[Value, ...]", tuple(options)), reason)


class Draft(Block):
    """One resource on its way into the normal form."""

    __slots__ = (
        "account",
        "address",
        "calls",
        "data",
        "defaults",
        "environment",
        "exists",
        "format",
        "identity",
        "ids",
        "initial",
        "kind",
        "managed_by",
        "members",
        "notes",
        "partial",
        "places",
        "problems",
        "properties",
        "raw_notes",
        "raw_places",
        "region",
        "related",
        "root",
        "spelling",
        "tags",
        "type",
        "uncertain",
        "where",
    )

    def __init__(
        self, kind: Kind, spelling: Spelling | None, body: Mapping[str, Value], where: Where, *, writes: bool = True
    ) -> None:
        super().__init__(body, "", self)
        self.kind = kind
        self.spelling = spelling
        self.where = where
        self.format = ""
        self.type = ""
        self.address = ""
        self.root = ""
        self.environment = ""
        self.account: Value = None
        self.region: Value = None
        self.uncertain = ""
        self.data = False
        self.exists = True
        """A builder sets it false where what it read says there is no such resource (a bucket without a policy)."""
        self.raw_places: Places = _NOTHING
        self.raw_notes: Mapping[str, str] = _NOTHING
        self.ids: Mapping[str, str] = _NOTHING
        """What state or a plan tells of attributes that only deploying decides."""
        self.calls: Mapping[str, Where] = _NOTHING
        """Live: operation to where its answer was seen."""
        # A companion is only read. There are as many of them as resources, and a dozen empty dicts each would take
        # longer than reading them.
        self.properties: dict[str, Value] = {} if writes else _NOTHING
        self.related: dict[str, Value] = {} if writes else _NOTHING
        self.places: MutableMapping[str, Where] = {} if writes else _NOTHING
        self.identity: dict[str, Value] = {} if writes else _NOTHING
        self.defaults: dict[str, str] = {} if writes else _NOTHING
        self.initial: dict[str, str] = {} if writes else _NOTHING
        self.notes: dict[str, str] = {} if writes else _NOTHING
        self.members: dict[str, str] = {} if writes else _NOTHING
        self.tags: dict[str, Value] = {} if writes else _NOTHING
        self.problems: list[Problem] = []
        self.partial = False
        self.managed_by = ""

    @classmethod
    def of(cls, kind: Kind, spelling: Spelling | None, raw: RawResource, *, writes: bool = True) -> Draft:
        """A draft over a declared resource; one that does not write is a companion, from which parts are read."""
        draft = cls(kind, spelling, raw.body, raw.where, writes=writes)
        draft.format = raw.format
        draft.type = raw.type
        draft.address = raw.address
        draft.root = raw.root
        draft.environment = raw.environment
        draft.account = raw.account
        draft.region = raw.region
        draft.uncertain = raw.uncertain
        draft.data = raw.data
        draft.raw_places = raw.places
        draft.raw_notes = raw.notes
        draft.ids = raw.ids
        return draft

    def ref(self, attribute: str, prefix: str = "") -> Unknown:
        """This resource's own computed attribute: not known before it is deployed, and certainly there then."""
        name = f"{self.address}.{attribute}"
        return Unknown(f"{name} is known after it is deployed", Ref(self.address, attribute), (name,), True, prefix)

    def set(self, path: str, piece: Piece, written_at: str = "") -> None:
        """Write a property (`related.<Link>` for a link, `identity.<key>` for identity); None writes nothing.

        `written_at` is the raw path of a piece that does not know its own. Structures on the way are made.
        """
        if piece is None:
            return
        if written_at and not isinstance(piece, At):
            piece = At(cast("Value", piece), written_at, self)
        value = self.settle(piece, path)
        if value is None:
            return
        into, steps = self._within(path)
        for step in steps[:-1]:
            below = into.get(step)
            if below is not None and not isinstance(below, dict):
                return  # not known as a whole already: nothing more to say of a part of it
            # A copy: what stands there may be the reader's own.
            below = into[step] = dict(below or {})
            into = below
        into[steps[-1]] = value

    def overwrite(self, path: str, value: Value) -> None:
        """Replace whatever stands at a path, structures on the way included where they are no structures."""
        into, steps = self._within(path)
        for step in steps[:-1]:
            below = into.get(step)
            below = into[step] = dict(below) if isinstance(below, dict) else {}
            into = below
        into[steps[-1]] = value

    def copy(self, attribute: str, path: str) -> None:
        """Write a property from an attribute as it stands."""
        self.set(path, self.at(attribute))

    def value(self, path: str) -> Value:
        """A property written so far."""
        into, steps = self._within(path)
        value: Value = into
        for step in steps:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value

    def _within(self, path: str) -> tuple[dict[str, Value], list[str]]:
        """Which of properties, links and identity a path leads into, and its steps from there."""
        steps = path.split(".")
        if steps[0] == "related":
            return self.related, steps[1:]
        if steps[0] == "identity":
            return self.identity, steps[1:]
        return self.properties, steps

    def settle(self, piece: Piece, path: str) -> Value:
        """A piece as a plain value; the places of its parts are noted under `path`."""
        if isinstance(piece, At):
            self.note_place(piece, path)
            return piece.value
        if isinstance(piece, Mapping):
            if isinstance(piece, Structure):
                self._note_block(piece.block, path)
            out: dict[str, Value] = {}
            for key, child in piece.items():
                made = self.settle(child, f"{path}.{key}")
                if made is not None:
                    out[key] = made
            return out
        if isinstance(piece, OpenList):
            items = tuple(self.settle(item, f"{path}[{i}]") for i, item in enumerate(piece.items))
            start = len(items)
            more = tuple(self.settle(item, f"{path}[{start + i}]") for i, item in enumerate(piece.more))
            return OpenList(items, more, piece.reason)
        if isinstance(piece, Alternatives):
            return one_of((self.settle(option, path) for option in piece.options), piece.reason)
        if piece is None or isinstance(piece, _PLAIN):
            return piece
        return [self.settle(child, f"{path}[{i}]") for i, child in enumerate(piece)]

    def _note_block(self, block: Block, path: str) -> None:
        source = block.source
        if source.calls:
            self.places[path] = source.calls.get(block.path.partition(".")[0].partition("[")[0], source.where)
        else:
            where = source.raw_places.get(block.path)
            if where is not None:
                self.places[path] = where

    def note_place(self, at: At, path: str) -> None:
        """Remember where the value that now stands at `path` was written, and every part of it that has its own."""
        source = at.source
        if source.calls:
            self.places[path] = source.calls.get(at.path.partition(".")[0].partition("[")[0], source.where)
            return
        self.places[path] = source.raw_places.get(at.path) or place_of(source.raw_places, at.path, source.where)
        value = at.value
        if isinstance(value, (dict, list, OpenList, OpenMap, Alternatives)):
            _note_parts(value, at.path, path, source.raw_places, self.places)
        for raw_path, text in source.raw_notes.items():
            if raw_path == at.path or (raw_path.startswith(at.path) and raw_path[len(at.path)] in ".["):
                self.notes[path + raw_path[len(at.path) :]] = text
            elif at.path.startswith(raw_path) and at.path[len(raw_path)] in ".[":
                self.notes[path] = text

    def problem(self, message: str, path: str = "", hint: str = "") -> None:
        """Something in this resource could not be understood; `path` is a property written so far."""
        where = place_of(self.places, path, self.where) if path else self.where
        self.problems.append(Problem(Weight.GAP, self.format or "collect", f"{self.address}: {message}", where, hint))


def _note_parts(value: Value, raw: str, path: str, raw_places: Places, places: MutableMapping[str, Where]) -> None:
    if isinstance(value, OpenMap):
        value = dict(value.items)
    if isinstance(value, dict):
        for key, child in value.items():
            where = raw_places.get(f"{raw}.{key}")
            if where is not None:
                places[f"{path}.{key}"] = where
            if isinstance(child, (dict, list)):
                _note_parts(child, f"{raw}.{key}", f"{path}.{key}", raw_places, places)
    elif isinstance(value, (list, OpenList)):
        items = value if isinstance(value, list) else (*value.items, *value.more)
        for i, child in enumerate(items):
            where = raw_places.get(f"{raw}[{i}]")
            if where is not None:
                places[f"{path}[{i}]"] = where
            if isinstance(child, (dict, list)):
                _note_parts(child, f"{raw}[{i}]", f"{path}[{i}]", raw_places, places)
    elif isinstance(value, Alternatives):
        for option in value.options:
            _note_parts(option, raw, path, raw_places, places)
