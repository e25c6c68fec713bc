"""What a snapshot must not hold, taken out of a resource that is in the normal form already: of a Terraform state, of
what AWS Config recorded. The readers of the API's own answers do the same as they read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from soc2gate.kinds import registry
from soc2gate.kinds.withheld import withheld, withheld_map, withheld_user_data
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.patterns import regex
from soc2gate.schema import lookup

_SHA1 = regex(r"[0-9a-f]{40}")


def withhold(kind: str, properties: dict[str, Value]) -> None:
    """Take out of a kind's properties what is people's own, wherever the kind keeps it."""
    for name in lookup.facts(kind).write_only - set(registry.kind(kind).compared):
        if "." not in name and "[" not in name and properties.get(name) is not None:
            properties[name] = Unknown(f"{name} is written only and not kept", not_null=True)
    change = _KEPT.get(kind)
    if change is not None:
        path, replaced = change
        _at(properties, path.split("."), replaced)


def _at(holder: dict[str, Value], steps: list[str], change: Callable[[Value], Value]) -> None:
    step, rest = steps[0].removesuffix("[*]"), steps[1:]
    value = holder.get(step)
    if value is None or isinstance(value, Unknown):
        return
    if steps[0].endswith("[*]"):
        items = [dict(item) if isinstance(item, dict) else item for item in value] if isinstance(value, list) else []
        for item in items:
            if isinstance(item, dict):
                _at(item, rest, change)
        holder[step] = items if isinstance(value, list) else Unknown("its values are not kept")
    elif rest:
        inner = dict(value) if isinstance(value, dict) else None
        if inner is None:
            holder[step] = Unknown("its values are not kept")
            return
        _at(inner, rest, change)
        holder[step] = inner
    else:
        holder[step] = change(value)


def _variables(value: Value) -> Value:
    if not isinstance(value, dict):
        return Unknown("its values are not kept")
    known = {name: child for name, child in value.items() if not isinstance(child, Unknown)}
    return {**value, **(withheld_map(cast("Json", known)) or {})}


def _named(value: Value) -> Value:
    """Variables as a list of names and values; what names a parameter or a secret holds none."""
    if not isinstance(value, list):
        return Unknown("its values are not kept")
    return [_one_named(item) for item in value]


def _one_named(item: Value) -> Value:
    if not isinstance(item, dict) or item.get("Type") not in (None, "PLAINTEXT"):
        return item
    if isinstance(item.get("Value"), Unknown):
        return item
    return {**item, "Value": withheld(str(item.get("Name")), cast("Json", item.get("Value")))}


def _user_data(value: Value) -> Value:
    if not isinstance(value, str) or _SHA1.fullmatch(value):
        return Unknown("only a hash of user data is told", not_null=True)
    plain = withheld("", value).withheld
    assert plain is not None
    return withheld_user_data(value, Unknown("not judged") if plain.secret is None else plain.secret)


_KEPT: Mapping[str, tuple[str, Callable[[Value], Value]]] = {
    "AWS::Lambda::Function": ("Environment.Variables", _variables),
    "AWS::CodeBuild::Project": ("Environment.EnvironmentVariables", _named),
    "AWS::ECS::TaskDefinition": ("ContainerDefinitions[*].Environment", _named),
    "AWS::EC2::Instance": ("UserData", _user_data),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateData.UserData", _user_data),
    "AWS::AutoScaling::LaunchConfiguration": ("UserData", _user_data),
}
"""Kind to where people's own values stand in it, and what becomes of them."""
