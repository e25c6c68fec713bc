"""What a template's parameters are worth before anybody deploys it."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.declared.cloudformation.text import one_of, scalar_text
from soc2gate.facts import dataclass
from soc2gate.model.value import Unknown, Value
from soc2gate.yaml_lines import YamlValue


@dataclass(frozen=True, slots=True)
class Parameter:
    value: Value
    note: str = ""
    """What the evidence says of a value that somebody may still choose otherwise."""


def read_parameter(name: str, declared: YamlValue, given: Mapping[str, str]) -> Parameter:
    """The parameter as given, by default, as one of its allowed values, or unknown with the reason."""
    body = declared if isinstance(declared, dict) else {}
    kind = body.get("Type")
    kind = kind if isinstance(kind, str) else "String"
    depends = (f"param.{name}",)
    if body.get("NoEcho") in (True, "true", "True"):
        return Parameter(Unknown(f'parameter "{name}" is NoEcho: its value is not kept', depends=depends))
    if kind.startswith("AWS::SSM::Parameter::"):
        held = scalar_text(given.get(name) or _plain(body.get("Default")))
        named = f" `{held}`" if held else ""
        return Parameter(Unknown(f'parameter "{name}" is looked up in SSM{named} at deploy', depends=depends))
    if name in given:
        return Parameter(_typed(given[name], kind), f"parameter {name} as given")
    if body.get("Default") is not None:
        return Parameter(_typed(body["Default"], kind), f"default of parameter {name}")
    reason = f'parameter "{name}" has no default'
    allowed = body.get("AllowedValues")
    if isinstance(allowed, list) and allowed and all(scalar_text(_plain(option)) is not None for option in allowed):
        return Parameter(one_of([_typed(option, kind) for option in allowed], reason))
    return Parameter(Unknown(reason, depends=depends, not_null=_cannot_be_empty(kind)))


def _cannot_be_empty(kind: str) -> bool:
    # CloudFormation checks such a parameter against the account: a key pair, a subnet, an image that exists.
    return kind.startswith(("AWS::", "List<AWS::")) or kind == "Number"


def _plain(value: YamlValue) -> Value:
    return value if isinstance(value, (str, int, float, bool)) else None


def _typed(written: YamlValue, kind: str) -> Value:
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        element = "Number" if kind == "List<Number>" else "String"
        if isinstance(written, list):
            return [_typed(part, element) for part in written]
        text = scalar_text(_plain(written)) or ""
        return [_typed(part.strip(), element) for part in text.split(",")] if text else []
    text = scalar_text(_plain(written)) or ""
    return _number(text) if kind == "Number" else text


def _number(text: str) -> Value:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
