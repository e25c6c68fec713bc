"""Intrinsic functions of their arguments alone: `Fn::Join`, `Fn::Select` and their like."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.declared.cloudformation.text import join_parts, json_text, one_of, scalar_text
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value, first_unknown
from soc2gate.yaml_lines import YamlValue


class BadCallError(Exception):
    """A function is written in a way CloudFormation would refuse; the message says what was expected."""


def derived(value: Value, *, not_null: bool = False) -> Unknown:
    """An unknown that was computed from one; it depends on the same and is not the attribute itself any more."""
    found = first_unknown(value)
    if isinstance(found, (Unknown, Text)):
        return Unknown(found.reason, depends=found.depends, not_null=not_null)
    return Unknown(found.reason if found is not None else "it is not known", not_null=not_null)


def pair(argument: Value, name: str, shape: str) -> tuple[Value, Value]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise BadCallError(f"{name} expects {shape}")
    return argument[0], argument[1]


def each(value: Value, function: Callable[[Value], Value]) -> Value:
    """The function of every alternative, where there are several."""
    if isinstance(value, Alternatives):
        return one_of([function(option) for option in value.options], value.reason)
    return function(value)


def join(argument: Value) -> Value:
    delimiter, items = pair(argument, "Fn::Join", "a delimiter and a list")
    if not isinstance(delimiter, str):
        raise BadCallError("Fn::Join expects its delimiter to be text")

    def joined(values: Value) -> Value:
        if isinstance(values, (Unknown, OpenList)):
            return derived(values)
        if not isinstance(values, list):
            raise BadCallError("Fn::Join expects a list to join")
        parts: list[Value] = []
        for value in values:
            parts += [delimiter, value] if parts else [value]
        try:
            return join_parts(parts)
        except ValueError as error:
            raise BadCallError(f"Fn::Join: {error}") from None

    return each(items, joined)


def select(argument: Value) -> Value:
    index, items = pair(argument, "Fn::Select", "an index and a list")
    text = scalar_text(index)
    if text is None:
        return derived(index)
    if not text.isdigit():
        raise BadCallError(f"Fn::Select expects an index, found `{text}`")
    number = int(text)

    def selected(values: Value) -> Value:
        if isinstance(values, OpenList) and number < len(values.items) and not values.more:
            return values.items[number]
        if isinstance(values, (Unknown, OpenList, Text)):
            return derived(values, not_null=isinstance(values, Unknown) and values.not_null)
        if not isinstance(values, list):
            raise BadCallError("Fn::Select expects a list to select from")
        if number >= len(values):
            raise BadCallError(f"Fn::Select asks for element {number} of a list of {len(values)}")
        return values[number]

    return each(items, selected)


def split(argument: Value) -> Value:
    delimiter, text = pair(argument, "Fn::Split", "a delimiter and a text")
    if not isinstance(delimiter, str) or not delimiter:
        raise BadCallError("Fn::Split expects its delimiter to be text")

    def parts(value: Value) -> Value:
        if isinstance(value, (Unknown, Text)):
            return derived(value, not_null=isinstance(value, Unknown) and value.not_null)
        known = scalar_text(value)
        if known is None:
            raise BadCallError("Fn::Split expects a text to split")
        return list(known.split(delimiter))

    return each(text, parts)


def base64(argument: Value) -> Value:
    def encoded(value: Value) -> Value:
        if isinstance(value, Text):
            # Nobody can encode around a part that is not known. It is user data, of which rules ask what it says, so
            # that what is known of it is worth more than that it will be encoded.
            return value
        if isinstance(value, Unknown):
            return derived(value, not_null=value.not_null)
        text = scalar_text(value)
        if text is None:
            raise BadCallError("Fn::Base64 expects a text")
        from base64 import b64encode

        return b64encode(text.encode()).decode()

    return each(argument, encoded)


def cidr(argument: Value) -> Value:
    if not isinstance(argument, list) or len(argument) not in (2, 3):
        raise BadCallError("Fn::Cidr expects an address block, a count and the number of host bits")
    if first_unknown(argument) is not None:
        return derived(argument, not_null=True)
    # Imported here: few templates compute address blocks.
    import ipaddress

    block, count, *bits = (scalar_text(part) or "" for part in argument)
    try:
        network = ipaddress.ip_network(block, strict=False)
        host_bits = int(bits[0]) if bits else 8
        wanted = int(count)
        if not 1 <= wanted <= 256:
            raise BadCallError(f"Fn::Cidr makes 1 to 256 blocks, not {wanted}")
        subnets = network.subnets(new_prefix=network.max_prefixlen - host_bits)
        found: list[Value] = [str(subnet) for subnet, _ in zip(subnets, range(wanted), strict=False)]
    except ValueError as error:
        raise BadCallError(f"Fn::Cidr: {error}") from None
    if len(found) < wanted:
        raise BadCallError(f"Fn::Cidr: {block} does not hold {wanted} such blocks")
    return found


def get_azs(argument: Value) -> Value:
    return Unknown("the region's availability zones are known at deploy", depends=("Fn::GetAZs",), not_null=True)


def length(argument: Value) -> Value:
    def counted(value: Value) -> Value:
        if isinstance(value, (Unknown, OpenList)):
            return derived(value, not_null=True)
        if not isinstance(value, list):
            raise BadCallError("Fn::Length expects a list")
        return len(value)

    return each(argument, counted)


def to_json_string(argument: Value) -> Value:
    try:
        return json_text(argument)
    except ValueError:
        return derived(argument, not_null=True)


FUNCTIONS: Mapping[str, Callable[[Value], Value]] = {
    "Fn::Base64": base64,
    "Fn::Cidr": cidr,
    "Fn::GetAZs": get_azs,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::ToJsonString": to_json_string,
}


def find_in_map(mappings: YamlValue, argument: Value) -> list[Value]:
    """`Fn::FindInMap`: every value it can be. Keys that are not known may be any that the mapping has."""
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        raise BadCallError("Fn::FindInMap expects a mapping's name and two keys")
    name, *keys = argument[:3]
    default: list[Value] = []
    if len(argument) == 4:
        extra = argument[3]
        if not isinstance(extra, dict) or "DefaultValue" not in extra:
            raise BadCallError("Fn::FindInMap expects `DefaultValue` after its keys")
        default = [extra["DefaultValue"]]
    if not isinstance(name, str):
        return [derived(name)]
    table = mappings.get(name) if isinstance(mappings, dict) else None
    if not isinstance(table, dict):
        if default:
            return default
        raise BadCallError(f"Fn::FindInMap: the template has no mapping `{name}`")
    found: list[Value] = []
    missing = False
    for key in _candidates(keys[0], table):
        inner = table.get(key)
        for second in _candidates(keys[1], inner) if isinstance(inner, dict) else ():
            if isinstance(inner, dict) and second in inner:
                found.append(_literal(inner[second]))
            else:
                missing = True
        missing = missing or not isinstance(inner, dict)
    certain = isinstance(keys[0], str) and isinstance(keys[1], str)
    if default and (missing or not certain):
        found += default
    if not found:
        shown = " / ".join("…" if (text := scalar_text(key)) is None else text or "``" for key in keys)
        raise BadCallError(f"Fn::FindInMap: mapping `{name}` has no {shown}")
    return found


def _candidates(key: Value, table: Mapping[str, YamlValue]) -> list[str]:
    if isinstance(key, Alternatives):
        return [text for option in key.options for text in _candidates(option, table)]
    if isinstance(key, (Unknown, Text)):
        return list(table)
    text = scalar_text(key)
    if text is None:
        raise BadCallError("Fn::FindInMap expects its keys to be texts")
    return [text]


def _literal(value: YamlValue) -> Value:
    if isinstance(value, list):
        return [_literal(part) for part in value]
    if isinstance(value, dict):
        return {key: _literal(part) for key, part in value.items()}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return Unknown("a mapping may hold no functions")


def open_map(items: dict[str, Value], reason: str) -> OpenMap:
    """A mapping that something we do not run may add to."""
    return OpenMap(items, Unknown(reason), reason)
