"""`yamlencode()` and `yamldecode()`, as go-cty-yaml writes and reads YAML 1.2's core schema."""

from __future__ import annotations

import re
from typing import Any

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.values import EvaluationError, TfSet, Val, to_string
from soc2gate.model.text_json import spell_json_string

_MOST_NODES = 100_000
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*$", re.ASCII)


def encode(value: Val) -> str:
    """YAML in blocks; strings and keys in double quotes, as Terraform writes them."""
    lines: list[str] = []
    _block(value, "", lines)
    return "\n".join(lines) + "\n"


def _block(value: Val, indent: str, lines: list[str]) -> None:
    if isinstance(value, dict) and value:
        for name in sorted(value):
            child = value[name]
            head = f"{indent}{spell_json_string(name)}:"
            if isinstance(child, (dict, list)) and child:
                lines.append(head)
                _block(child, indent if isinstance(child, list) else indent + "  ", lines)
            else:
                _scalar_line(head + " ", child, indent + "  ", lines)
    elif isinstance(value, list) and value:
        for child in value:
            if isinstance(child, (dict, list)) and child:
                inner: list[str] = []
                _block(child, indent + "  ", inner)
                inner[0] = f"{indent}- {inner[0][len(indent) + 2 :]}"
                lines.extend(inner)
            else:
                _scalar_line(f"{indent}- ", child, indent + "  ", lines)
    else:
        _scalar_line(indent, value, indent + "  ", lines)


def _scalar_line(head: str, value: Val, indent: str, lines: list[str]) -> None:
    if isinstance(value, str) and "\n" in value:
        body = value.rstrip("\n")
        ends = len(value) - len(body)
        mark = "|-" if ends == 0 else "|" if ends == 1 else "|+"
        if body[:1] in (" ", "\n", ""):
            mark = mark[0] + "2" + mark[1:]
        lines.append(head + mark)
        kept = value[:-1] if ends else value
        lines.extend((indent + line) if line else "" for line in kept.split("\n"))
    else:
        lines.append(head + _scalar(value))


def _scalar(value: Val) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return spell_json_string(value).replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, (list, TfSet)):
        return "[]"
    return to_string(value)


def decode(text: str) -> Val:
    """The value of one YAML document; mappings are objects and sequences tuples."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        node = yaml.compose(text, Loader=loader)
        builder = _Builder()
        return builder.build(node) if node is not None else None
    except (yaml.YAMLError, RecursionError) as error:
        problem = getattr(error, "problem", None)
        raise EvaluationError(f"the text is not YAML{': ' + problem if problem else ''}") from error


class _Builder:
    """Turns PyYAML's nodes into values, with an end to what aliases may expand to."""

    def __init__(self) -> None:
        self.nodes = 0
        self.open: set[int] = set()

    def build(self, node: Any) -> Val:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise EvaluationError("the YAML has too many nodes")
        if node.id == "scalar":
            return self._scalar(node)
        if id(node) in self.open:
            raise EvaluationError("the YAML contains itself")
        self.open.add(id(node))
        built: Val
        if node.id == "sequence":
            built = [self.build(child) for child in node.value]
        else:
            built = self._mapping(node)
        self.open.discard(id(node))
        return built

    def _mapping(self, node: Any) -> dict[str, Val]:
        built: dict[str, Val] = {}
        for key, child in node.value:
            if key.id == "scalar" and key.value == "<<" and key.style is None:
                merged = self.build(child)
                for each in merged if isinstance(merged, list) else [merged]:
                    for name, value in each.items():
                        built.setdefault(name, value)
                continue
            name = self.build(key)
            if name is None or isinstance(name, (list, dict)):
                raise EvaluationError("a key of the YAML is not text")
            built[to_string(name)] = self.build(child)
        return built

    def _scalar(self, node: Any) -> Val:
        value: str = node.value
        tag = node.tag or ""
        if tag == "tag:yaml.org,2002:str" and node.style is not None:
            return value
        if tag and not tag.startswith("tag:yaml.org,2002:"):
            raise EvaluationError(f"the YAML tag “{tag}” is not supported")
        if node.style is not None:
            return value
        return _plain(value)


def _plain(value: str) -> Val:
    if value in ("", "~", "null", "Null", "NULL"):
        return None
    if value in ("true", "True", "TRUE"):
        return True
    if value in ("false", "False", "FALSE"):
        return False
    sign = value[:1] if value[:1] in ("-", "+") else ""
    digits = value[len(sign) :]
    parsed: numbers.Number | None = None
    if _INTEGER.match(value):
        parsed = numbers.number(digits.replace("_", ""))
    elif re.match(r"0o[0-7]+$", digits):
        parsed = int(digits[2:], 8)
    elif re.match(r"0x[0-9a-fA-F]+$", digits):
        parsed = int(digits[2:], 16)
    elif _FLOAT.match(value):
        parsed = numbers.number(digits if digits[0] != "." else "0" + digits)
    if parsed is None:
        return value
    return numbers.negative(parsed) if sign == "-" else parsed
