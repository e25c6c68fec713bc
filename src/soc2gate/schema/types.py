"""The types that properties have: what a rule's expression is checked against, and what values are brought to.

Few on purpose. A resource is an `ObjectType`; free-form JSON (policy documents, plug-in parameters, `int-or-string`)
is `ANY`, of which nothing is promised. Recursive types exist (a JSON schema within a custom resource), so an
`ObjectType` is compared and printed by its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, Union

from soc2gate.facts import dataclass, field


@dataclass(frozen=True, slots=True)
class Scalar:
    """One of the constants below; make no others."""

    name: str

    def __str__(self) -> str:
        return self.name


STRING = Scalar("string")
INT = Scalar("int")
DOUBLE = Scalar("double")
BOOL = Scalar("bool")
ANY = Scalar("any")
"""Free-form JSON: any shape, and a missing key is an error rather than an empty value."""


@dataclass(frozen=True, slots=True)
class ListType:
    """A list whose elements share a type."""

    item: Type

    def __str__(self) -> str:
        return f"list of {self.item}"


@dataclass(frozen=True, slots=True)
class MapType:
    """A map with keys the user chooses: labels, environment variables."""

    value: Type

    def __str__(self) -> str:
        return f"map of {self.value}"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A structure with named properties; one that is not listed does not exist."""

    name: str
    """`AWS::S3::Bucket`, or `AWS::S3::Bucket.ServerSideEncryptionRule` for a structure inside it."""
    properties: Mapping[str, Type] = field(compare=False, repr=False)
    required: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


Type: TypeAlias = Union[ObjectType, MapType, ListType, Scalar]


def empty_of(kind: Type) -> bool | int | float | str | list[object] | dict[str, object] | None:
    """What an absent property of this type reads as, as CEL says of messages; None for `ANY`, which has no such."""
    if isinstance(kind, ListType):
        return []
    if isinstance(kind, (MapType, ObjectType)):
        return {}
    if kind is STRING:
        return ""
    if kind is INT:
        return 0
    if kind is DOUBLE:
        return 0.0
    if kind is BOOL:
        return False
    return None


def at(kind: Type, path: str) -> Type | None:
    """The type found at a property path (`Rules[0].Cidr`, `Rules[*].Cidr`, `metadata.labels.app`); None where the
    type has no such place, `ANY` below anything free-form."""
    for step in path.replace("[", ".[").split("."):
        if kind is ANY:
            return ANY
        if step.startswith("["):
            if not isinstance(kind, ListType):
                return None
            kind = kind.item
        elif isinstance(kind, ObjectType):
            found = kind.properties.get(step)
            if found is None:
                return None
            kind = found
        elif isinstance(kind, MapType):
            kind = kind.value
        elif step:
            return None
    return kind
