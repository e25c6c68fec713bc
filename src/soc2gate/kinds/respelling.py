"""Providers that spell another model's names in Terraform's way: one walk along the type instead of a table per kind.

`kubernetes_deployment` is the API's Deployment and `awscc_s3_bucket` the registry's bucket, with `snake_case` names
and Terraform's shapes. The walk gives every name and shape back, and remembers where each value was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from soc2gate.facts import dataclass, field
from soc2gate.kinds.convert import coerce, one_of, unknown_like
from soc2gate.model.resource import RawResource, Where
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown, Value
from soc2gate.schema.types import ANY, ListType, MapType, ObjectType, Type

Named: TypeAlias = Callable[[str, ObjectType], "str | None"]
"""The property that an attribute of a structure means; None where it is none of the model's."""


@dataclass(slots=True)
class Respelling:
    """One resource on its way from Terraform's names to the model's."""

    raw: RawResource
    named: Named
    finish: Callable[[dict[str, Value], ObjectType, str, Respelling], None] | None = None
    """What the provider adds to a structure; asked with the structure's path when everything written is in it."""
    scalar: Callable[[Value, Type, str, ObjectType], Value] | None = None
    """A leaf the provider spells in another type (`"0644"`): the value, its type, its property, the structure."""
    resolve: Callable[[Unknown], Value] | None = None
    """What a reference to another resource's attribute is, where that is declared."""
    places: dict[str, Where] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    """Property path to why the provider writes it."""

    def structure(self, body: Mapping[str, Value], kind: ObjectType, path: str, written: str) -> dict[str, Value]:
        """The structure with the model's names; what is none of them is left out at the top, kept camelCased below."""
        out: dict[str, Value] = {}
        for attribute, child in body.items():
            if child is None:
                continue
            name = self.named(attribute, kind)
            if name is None:
                continue
            inner = kind.properties.get(name, ANY)
            below = f"{path}.{name}" if path else name
            source = f"{written}.{attribute}" if written else attribute
            made = self.value(child, inner, below, source, kind, name)
            if made is not None:
                out[name] = made
        if self.finish is not None:
            self.finish(out, kind, path, self)
        return out

    def value(self, value: Value, kind: Type, path: str, written: str, within: ObjectType, name: str) -> Value:
        """One value along its type; its place is noted, and so is every part's."""
        self._note(path, written)
        if isinstance(value, Unknown) and self.resolve is not None:
            value = self.resolve(value)
        if (
            self.scalar is not None
            and isinstance(value, (str, Text))
            and isinstance(kind, (ListType, ObjectType, MapType))
        ):
            value = self.scalar(value, kind, name, within)
        if isinstance(value, Alternatives):
            return one_of((self.value(o, kind, path, written, within, name) for o in value.options), value.reason)
        if isinstance(kind, ListType):
            return self._list(value, kind, path, written, within, name)
        if isinstance(value, (list, OpenList)) and isinstance(kind, (ObjectType, MapType)):
            return self._single(value, kind, path, written, within, name)
        if isinstance(value, dict):
            if isinstance(kind, ObjectType):
                return self.structure(value, kind, path, written)
            inner = kind.value if isinstance(kind, MapType) else ANY
            return {
                key: self.value(child, inner, f"{path}.{key}", f"{written}.{key}", within, name)
                for key, child in value.items()
                if child is not None
            }
        if isinstance(value, OpenMap) and isinstance(kind, (ObjectType, MapType)):
            return self._open_map(value, kind, path, written, within, name)
        if self.scalar is not None and not isinstance(value, (list, dict)):
            value = self.scalar(value, kind, name, within)
        if isinstance(value, (SPECIAL, list, dict)):
            return value
        return _converted(value, kind)

    def _list(self, value: Value, kind: ListType, path: str, written: str, within: ObjectType, name: str) -> Value:
        def each(items: list[Value] | tuple[Value, ...], start: int) -> list[Value]:
            return [
                self.value(item, kind.item, f"{path}[{start + i}]", f"{written}[{start + i}]", within, name)
                for i, item in enumerate(items)
            ]

        if isinstance(value, list):
            return each(value, 0)
        if isinstance(value, OpenList):
            return OpenList(tuple(each(value.items, 0)), tuple(each(value.more, len(value.items))), value.reason)
        if isinstance(value, Unknown):
            return value
        return unknown_like(value) if isinstance(value, SPECIAL) else each([value], 0)

    def _single(
        self, value: list[Value] | OpenList, kind: Type, path: str, written: str, within: ObjectType, name: str
    ) -> Value:
        """A nested block of which at most one may stand: Terraform has a list of them, the model the structure."""
        items = value if isinstance(value, list) else value.items
        if items:
            return self.value(items[0], kind, path, f"{written}[0]", within, name)
        if isinstance(value, list):
            return None
        made = (self.value(template, kind, path, f"{written}[0]", within, name) for template in value.more)
        return one_of((None, *made), value.reason)

    def _open_map(
        self, value: OpenMap, kind: ObjectType | MapType, path: str, written: str, within: ObjectType, name: str
    ) -> Value:
        if isinstance(kind, ObjectType):
            return OpenMap(self.structure(value.items, kind, path, written), unknown_like(value), value.reason)
        items = {
            key: self.value(child, kind.value, f"{path}.{key}", f"{written}.{key}", within, name)
            for key, child in value.items.items()
        }
        return OpenMap(items, value.more, value.reason)

    def _note(self, path: str, written: str) -> None:
        where = self.raw.places.get(written)
        if where is not None:
            self.places[path] = where
        note = self.raw.notes.get(written)
        if note is not None:
            self.notes[path] = note

    def add(self, into: dict[str, Value], path: str, name: str, value: Value, words: str) -> None:
        """Write what the provider writes where nobody did."""
        if name not in into:
            into[name] = value
            self.defaults[f"{path}.{name}" if path else name] = words


def _converted(value: Value, kind: Type) -> Value:
    """A leaf in the model's type, as Terraform converts it; one that cannot be is left for the model to refuse."""
    if kind is ANY or isinstance(kind, (ObjectType, ListType, MapType)):
        return value
    made = coerce(value, kind, "", lambda _path, _reason: None, False)
    return value if isinstance(made, Unknown) else made


def camel(name: str) -> str:
    """`camelCase` of `snake_case`, for what the model's type does not know."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
