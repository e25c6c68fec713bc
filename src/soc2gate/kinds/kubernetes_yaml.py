"""The API object that an attribute of `kubernetes_manifest` or `kubectl_manifest` is, as data with its places."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.errors import InputError
from soc2gate.facts import dataclass
from soc2gate.kinds.convert import unknown_like
from soc2gate.kinds.yaml_text import parse_yaml_text
from soc2gate.model.resource import Places, RawResource
from soc2gate.model.value import SPECIAL, Text, Unknown, Value


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


def _from_yaml(text: str | Text) -> Mapping[str, Value]:
    hole = next((part for part in text.parts if isinstance(part, Unknown)), None) if isinstance(text, Text) else None
    try:
        documents = parse_yaml_text(text, "yaml_body")
    except InputError as error:
        why = f", and part of it is not known: {hole.reason}" if hole else ""
        raise NotAnObject(f"its YAML could not be read: {error.message}{why}") from error
    if documents and isinstance(documents[0], dict):
        return documents[0]
    raise NotAnObject(hole.reason if hole and documents else "its YAML is not an object")
