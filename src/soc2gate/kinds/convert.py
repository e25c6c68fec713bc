"""What happens to values on their way into the normal form: brought to the schema's type, mapped, taken apart.

Every helper lets what is not known through: an `Unknown` stays unknown with its reason, `Alternatives` are converted
one by one, an `OpenList` keeps its open end with its templates converted as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from soc2gate.model.text_json import parse_json_text
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown, Value
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType, Type

Complain = Callable[[str, str], None]
"""Takes the property path and what is wrong with the value there."""

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


def unknown_like(value: Value, otherwise: str = "not decided by the files") -> Unknown:
    """An unknown that says why `value` is not known, without claiming to be what `value` is."""
    if isinstance(value, Unknown):
        return Unknown(value.reason, depends=value.depends)
    if isinstance(value, Text):
        return Unknown(value.reason, depends=value.depends)
    if isinstance(value, (OpenList, OpenMap, Alternatives)):
        return Unknown(value.reason)
    return Unknown(otherwise)


def one_of(options: Iterable[Value], reason: str) -> Value:
    """`Alternatives` without repetition, flattened; the value itself where only one is left."""
    kept: list[Value] = []
    for option in options:
        for inner in option.options if isinstance(option, Alternatives) else (option,):
            if not any(same(inner, other) for other in kept):
                kept.append(inner)
    return kept[0] if len(kept) == 1 else Alternatives(tuple(kept), reason)


def same(a: Value, b: Value) -> bool:
    """Whether two values are certainly the same; Python's `True == 1` is not."""
    return type(a) is type(b) and a == b


def plain_copy(value: Value) -> Value:
    """A copy whose structures and lists can be written into."""
    if isinstance(value, dict):
        return {key: plain_copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [plain_copy(child) for child in value]
    if isinstance(value, OpenList):
        items, more = (tuple(plain_copy(child) for child in part) for part in (value.items, value.more))
        return OpenList(items, more, value.reason)
    if isinstance(value, Alternatives):
        return Alternatives(tuple(plain_copy(option) for option in value.options), value.reason)
    return value


def map_value(value: Value, convert: Callable[[Value], Value]) -> Value:
    """Convert plain data; unknowns stay as they are, alternatives are converted each, None stays absent."""
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, Alternatives):
        return one_of((map_value(option, convert) for option in value.options), value.reason)
    if isinstance(value, SPECIAL):
        return unknown_like(value)
    return convert(value)


def choose(value: Value, table: Mapping[Value, Value], otherwise: Value = None) -> Value:
    """Look a plain value up; `otherwise` is what a value that is not in the table becomes."""
    return map_value(value, lambda plain: table.get(plain, otherwise) if not isinstance(plain, (list, dict)) else None)


def map_list(value: Value, convert: Callable[[Value], Value]) -> Value:
    """Convert each element; one that converts to None is left out. A single value counts as a list of one."""
    return flat_map(value, lambda element: [converted] if (converted := convert(element)) is not None else [])


def flat_map(value: Value, convert: Callable[[Value], list[Value]]) -> Value:
    """Turn each element into several; templates of an open list become as many templates."""
    if value is None:
        return None
    if isinstance(value, list):
        return [made for element in value for made in convert(element)]
    if isinstance(value, OpenList):
        return OpenList(
            tuple(made for element in value.items for made in convert(element)),
            tuple(made for template in value.more for made in convert(template)),
            value.reason,
        )
    if isinstance(value, Unknown):
        return Unknown(value.reason, depends=value.depends)
    if isinstance(value, Alternatives):
        return one_of((flat_map(option, convert) for option in value.options), value.reason)
    return list(convert(value))


def as_list(value: Value) -> Value:
    """A single value as a list of one; None as no list."""
    return flat_map(value, lambda element: [element])


def policy_document(value: Value) -> Value:
    """A policy as data, from JSON text or data; text that is not JSON is unknown, as the provider would refuse it."""
    if isinstance(value, Alternatives):
        return one_of((policy_document(option) for option in value.options), value.reason)
    if isinstance(value, (str, Text)):
        if not value:
            return None
        try:
            return parse_json_text(value)
        except ValueError:
            if isinstance(value, Text):
                return unknown_like(value)
            return Unknown("the policy is not valid JSON")
    return value


def protocol(value: Value) -> Value:
    """An IP protocol in the API's spelling: `tcp` for 6 and `TCP`, `-1` for all."""

    def convert(plain: Value) -> Value:
        text = str(plain).strip().lower()
        return _PROTOCOLS.get(text, text)

    return map_value(value, convert)


def tag_list(tags: Value) -> Value:
    """Tags as the registry has them, `[{Key, Value}]` sorted by key, from a map."""
    if tags is None:
        return None
    if isinstance(tags, dict):
        return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
    if isinstance(tags, OpenMap):
        items: list[Value] = [{"Key": key, "Value": tags.items[key]} for key in sorted(tags.items)]
        more: Value = {"Key": Unknown(tags.reason), "Value": tags.more}
        return OpenList(tuple(items), (more,), tags.reason)
    if isinstance(tags, Alternatives):
        return one_of((tag_list(option) for option in tags.options), tags.reason)
    return unknown_like(tags)


def tag_map(tags: Value) -> dict[str, Value]:
    """The tags that are known to be there, by key; `aws:*` left out, which only AWS itself sets."""
    if isinstance(tags, OpenMap):
        tags = dict(tags.items)
    if isinstance(tags, OpenList):
        tags = list(tags.items)
    if isinstance(tags, dict):
        return {key: value for key, value in tags.items() if not key.startswith("aws:") and value is not None}
    out: dict[str, Value] = {}
    if isinstance(tags, list):
        for tag in tags:
            if isinstance(tag, dict):
                key = tag.get("Key", tag.get("key"))
                if isinstance(key, str) and not key.startswith("aws:"):
                    out[key] = tag.get("Value", tag.get("value"))
    return out


def without_aws_tags(tags: Value) -> Value:
    """A live list of tags without those only AWS itself sets."""
    if not isinstance(tags, list):
        return tags
    return [
        tag
        for tag in tags
        if not (isinstance(tag, dict) and isinstance(key := tag.get("Key"), str) and key.startswith("aws:"))
    ]


def coerce(value: Value, kind: Type, path: str, complain: Complain, fill_required: bool = True) -> Value:
    """Bring a value to its type in the schema: `"true"` to true, `22` to `"22"`.

    Returns the very same object where nothing had to change. A structure's required property that is not there
    becomes unknown (unless `fill_required` is off, as for live answers). What cannot be brought to the type is told to
    `complain` and becomes unknown.
    """
    # Written for speed: every leaf of every resource passes here, and nearly all of them already fit.
    if kind is ANY or value is None:
        return value
    shape = type(value)
    if kind is STRING:
        if shape is str or shape is Unknown or shape is Text:
            return value
    elif kind is BOOL:
        if shape is bool or shape is Unknown:
            return value
    elif kind is INT:
        if shape is int or shape is Unknown:
            return value
    elif isinstance(kind, ObjectType):
        if shape is dict:
            return _coerce_object(cast("dict[str, Value]", value), kind, path, complain, fill_required)
    elif isinstance(kind, ListType) and shape is list:
        item = kind.item
        elements = cast("list[Value]", value)
        if item is STRING and all(type(element) is str for element in elements):
            return value
        made = [coerce(element, item, f"{path}[{i}]", complain, fill_required) for i, element in enumerate(elements)]
        return value if all(a is b for a, b in zip(made, elements, strict=True)) else made
    if isinstance(value, SPECIAL):
        return _coerce_special(value, kind, path, complain, fill_required)
    if isinstance(kind, ListType):
        # CloudFormation and Terraform's JSON take one element where several may stand.
        return [coerce(value, kind.item, f"{path}[0]", complain, fill_required)]
    if isinstance(kind, MapType) and isinstance(value, dict):
        return {key: coerce(v, kind.value, f"{path}.{key}", complain, fill_required) for key, v in value.items()}
    if isinstance(value, (dict, list)) or isinstance(kind, (ObjectType, MapType)):
        return _refuse(value, kind, path, complain)
    return _coerce_scalar(value, kind, path, complain)


def _coerce_object(
    value: dict[str, Value], kind: ObjectType, path: str, complain: Complain, fill_required: bool
) -> Value:
    types = kind.properties
    changed: dict[str, Value] | None = None
    for key, child in value.items():
        inner = types.get(key)
        if inner is None:
            continue
        made = coerce(child, inner, f"{path}.{key}" if path else key, complain, fill_required)
        if made is not child:
            if changed is None:
                changed = dict(value)
            changed[key] = made
    if fill_required and path:
        for key in kind.required:
            if value.get(key) is None:
                if changed is None:
                    changed = dict(value)
                changed[key] = Unknown(f"{key} is required and not written")
    return value if changed is None else changed


def _coerce_special(value: Value, kind: Type, path: str, complain: Complain, fill_required: bool) -> Value:
    if isinstance(value, Alternatives):
        made = [coerce(option, kind, path, complain, fill_required) for option in value.options]
        if all(a is b for a, b in zip(made, value.options, strict=True)):
            return value
        return one_of(made, value.reason)
    if isinstance(value, OpenList) and isinstance(kind, ListType):
        return OpenList(
            tuple(coerce(v, kind.item, f"{path}[{i}]", complain, fill_required) for i, v in enumerate(value.items)),
            tuple(coerce(v, kind.item, f"{path}[*]", complain, fill_required) for v in value.more),
            value.reason,
        )
    if isinstance(value, OpenMap) and isinstance(kind, MapType):
        items = {k: coerce(v, kind.value, f"{path}.{k}", complain, fill_required) for k, v in value.items.items()}
        return OpenMap(items, coerce(value.more, kind.value, f"{path}.*", complain, fill_required), value.reason)
    if isinstance(value, OpenMap) and isinstance(kind, ObjectType):
        return value
    if isinstance(value, Unknown):
        return value
    return unknown_like(value)


def _coerce_scalar(value: bool | int | float | str, kind: Type, path: str, complain: Complain) -> Value:
    if kind is STRING:
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if kind is BOOL:
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        return _refuse(value, kind, path, complain)
    if isinstance(value, bool):
        return _refuse(value, kind, path, complain)
    try:
        number = float(value)
    except ValueError:
        return _refuse(value, kind, path, complain)
    if kind is DOUBLE:
        return number
    return int(number) if number.is_integer() else _refuse(value, kind, path, complain)


def _refuse(value: Value, kind: Type, path: str, complain: Complain) -> Unknown:
    shown = repr(value) if isinstance(value, (str, bool, int, float)) else f"a {type(value).__name__}"
    reason = f"{path} should be of type {kind}, and is {shown}"
    complain(path, reason)
    return Unknown(reason)
