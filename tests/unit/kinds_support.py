"""What tests of `kinds` share: raw resources written in one line, and a check against the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soc2gate.kinds import Normalised, normalise, type_of
from soc2gate.model.resource import RawResource, Reading, Resource, Span
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Ref, Text, Unknown, Value
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType, Type

TF = "terraform"
CFN = "cloudformation"


def ref(name: str) -> Unknown:
    """`aws_s3_bucket.b.id` as the Terraform reader yields it; `Bucket.Arn` as CloudFormation's does."""
    address, attribute = name.rsplit(".", 1)
    return Unknown(f"{name} is known after apply", Ref(address, attribute), (name,), not_null=True)


def var(name: str) -> Unknown:
    """A variable without a default."""
    return Unknown(f'variable "{name}" has no default', depends=(f"var.{name}",))


def tf(address: str, body: Mapping[str, Any], **more: Any) -> RawResource:
    """A Terraform resource; its first line is told apart from others' by the address."""
    block = address.split("[")[0].split(".")
    places = {path: Span("main.tf", line, 1) for path, line in more.pop("lines", {}).items()}
    where = Span("main.tf", more.pop("line", 1), 1, 99)
    return RawResource(TF, block[-2], address, more.pop("root", "infra"), body, where, places, **more)


def cfn(address: str, type_: str, body: Mapping[str, Any], **more: Any) -> RawResource:
    places = {path: Span("stack.yaml", line, 1) for path, line in more.pop("lines", {}).items()}
    return RawResource(CFN, type_, address, "stack.yaml", body, Span("stack.yaml", 1, 1, 99), places, **more)


def reading(*resources: RawResource, unread: tuple[str, ...] = ()) -> Reading:
    first = resources[0]
    return Reading(first.format, first.root, resources, unread=unread, files=(first.where.path,))


def normal(*resources: RawResource, unread: tuple[str, ...] = ()) -> Normalised:
    """Normalised as one root; everything in it fits its schema."""
    made = normalise([reading(*resources, unread=unread)])
    for resource in made.resources:
        assert_fits(resource)
    return made


def one(made: Normalised, kind: str, *, partial: bool = False) -> Resource:
    """The only resource of a kind."""
    (found,) = [r for r in made.resources if r.kind == kind and r.partial is partial]
    return found


def said(resource: Resource) -> dict[str, Value]:
    """The properties without those that only deploying tells."""
    return {key: value for key, value in resource.properties.items() if not isinstance(value, Unknown)}


def assert_fits(resource: Resource) -> None:
    """Every property exists in the schema and has its type; an unknown fits any."""
    _fits(dict(resource.properties), type_of(resource.kind), resource.kind)


def _fits(value: Value, kind: Type, path: str) -> None:
    if kind is ANY or isinstance(value, Unknown):
        return
    if isinstance(value, Alternatives):
        for option in value.options:
            if option is not None:
                _fits(option, kind, path)
        return
    if isinstance(kind, ObjectType):
        assert isinstance(value, dict), f"{path} should be {kind}, and is {value!r}"
        for key, child in value.items():
            assert key in kind.properties, f"{path} has no property {key}"
            _fits(child, kind.properties[key], f"{path}.{key}")
    elif isinstance(kind, ListType):
        assert isinstance(value, (list, OpenList)), f"{path} should be {kind}, and is {value!r}"
        for child in value if isinstance(value, list) else (*value.items, *value.more):
            _fits(child, kind.item, f"{path}[]")
    elif isinstance(kind, MapType):
        assert isinstance(value, (dict, OpenMap)), f"{path} should be {kind}, and is {value!r}"
        for child in (value if isinstance(value, dict) else value.items).values():
            _fits(child, kind.value, f"{path}.*")
    else:
        plain = {STRING: (str, Text), INT: (int,), DOUBLE: (float, int), BOOL: (bool,)}[kind]
        assert isinstance(value, plain), f"{path} should be {kind}, and is {value!r}"
        assert kind is BOOL or not isinstance(value, bool), f"{path} should be {kind}, and is {value!r}"
        assert kind is STRING or not isinstance(value, SPECIAL)
