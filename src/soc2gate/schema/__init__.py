"""The resource schemas we use: types for rules, facts for the comparison. Generated data and what we add to it."""

from soc2gate.schema.lookup import Facts, UnknownKind, facts, kinds, related, rule_type, type_of
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType, Scalar, Type

__all__ = [
    "ANY",
    "BOOL",
    "DOUBLE",
    "INT",
    "STRING",
    "Facts",
    "ListType",
    "MapType",
    "ObjectType",
    "Scalar",
    "Type",
    "UnknownKind",
    "facts",
    "kinds",
    "related",
    "rule_type",
    "type_of",
]
