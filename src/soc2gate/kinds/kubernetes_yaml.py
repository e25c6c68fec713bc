"""The API object that an attribute of `kubernetes_manifest` or `kubectl_manifest` is, as data with its places.

YAML with parts that are not known is still YAML: `image: ${var.image}` makes one leaf unknown, not the object.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.errors import InputError
from soc2gate.facts import dataclass
from soc2gate.kinds.convert import unknown_like
from soc2gate.model.resource import Places, RawResource
from soc2gate.model.value import SPECIAL, OpenMap, Text, Unknown, Value
from soc2gate.yaml_lines import Tagged, YamlValue, load_all


class NotAnObject(Exception):
    """What stands there is not known to be an API object, or is none; the message says why."""


@dataclass(frozen=True, slots=True)
class Given:
    """An object, and where its parts were written."""

    body: Mapping[str, Value]
    places: Places


def object_in(raw: RawResource, attribute: str) -> Given:
    """The object at an attribute: data, or YAML in a text. Raises `NotAnObject`."""
    value = raw.body.get(attribute)
    if isinstance(value, (str, Text)):
        body = _from_yaml(value)
        where = raw.places.get(attribute, raw.where)
        return Given(body, dict.fromkeys(body, where))
    if isinstance(value, SPECIAL):
        raise NotAnObject(unknown_like(value).reason)
    if not isinstance(value, dict):
        raise NotAnObject(f"`{attribute}` is not an object")
    start = f"{attribute}."
    places = {path[len(start) :]: where for path, where in raw.places.items() if path.startswith(start)}
    return Given(value, places)


def _from_yaml(text: str | Text) -> dict[str, Value]:
    parts = text.parts if isinstance(text, Text) else (text,)
    literal = "".join(part for part in parts if isinstance(part, str))
    mark = next(char for char in map(chr, range(0xE000, 0xF8FF)) if char not in literal)
    holes = [part for part in parts if isinstance(part, Unknown)]
    numbers = iter(range(len(holes)))
    marked = "".join(part if isinstance(part, str) else f"{mark}{next(numbers)}{mark}" for part in parts)
    try:
        documents = [document for document in load_all(marked, "yaml_body") if document.data is not None]
    except InputError as error:
        why = f", and part of it is not known: {holes[0].reason}" if holes else ""
        raise NotAnObject(f"its YAML could not be read: {error.message}{why}") from error
    data = documents[0].data if documents else None
    if not isinstance(data, dict):
        raise NotAnObject("its YAML is not an object")
    filled = _filled(data, mark, holes)
    if not isinstance(filled, dict):
        raise NotAnObject(holes[0].reason if holes else "its YAML is not an object")
    return filled


def _filled(value: YamlValue, mark: str, holes: list[Unknown]) -> Value:
    if isinstance(value, dict):
        if any(mark in key for key in value):
            known = {key: _filled(child, mark, holes) for key, child in value.items() if mark not in key}
            return OpenMap(known, Unknown(holes[0].reason), holes[0].reason)
        return {key: _filled(child, mark, holes) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, mark, holes) for child in value]
    if isinstance(value, Tagged):
        return Unknown(f"tag `!{value.tag}` is not one that a cluster knows")
    if isinstance(value, str) and mark in value:
        # `literal mark number mark literal mark number mark …`
        pieces = value.split(mark)
        parts = [holes[int(piece)] if i % 2 else piece for i, piece in enumerate(pieces)]
        kept = tuple(part for part in parts if part != "")
        only = kept[0]
        return only if len(kept) == 1 and isinstance(only, Unknown) else Text(kept)
    return value
