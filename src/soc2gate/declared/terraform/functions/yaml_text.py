"""`yamlencode()` and `yamldecode()`, as go-cty-yaml writes and reads YAML 1.2's core schema."""

from __future__ import annotations

import re
from typing import Any

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.values import EvaluationError, TfSet, Val, first_special, to_string
from soc2gate.model.text_json import spell_json_string
from soc2gate.model.value import SPECIAL, Text, Unknown

_MOST_NODES = 100_000
_DEEPEST = 200
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")


def encode(value: Val) -> str:
    """YAML in blocks; strings and keys in double quotes, as Terraform writes them."""
    lines: list[str] = []
    _block(value, "", lines)
    text = "\n".join(lines) + "\n"
    # A plain scalar alone could go on, so its document is closed.
    return text + "...\n" if value is None or isinstance(value, (bool, int, float)) else text


def encode_partly(value: Val) -> Text | None:
    """The same with parts that are not known; None where more than single values is open.

    What an unknown value looks like is its own: it may be quoted, and a collection begins on the next line. So the
    space before it is part of what is not known.
    """
    left: list[Unknown] = []
    marked = _marked(value, left)
    if marked is None:
        return None
    parts: list[str | Unknown] = []
    for index, text in enumerate(_MARK.split(encode(marked))):
        # Between the marks stand their numbers.
        parts.append(left[int(text)] if index % 2 else text)
    return Text(tuple(part for part in parts if part != ""))


class _Marked(float):
    """Stands for an unknown value while the text around it is written."""

    number = 0


_MARK = re.compile(" ?\0([0-9]+)\0")


def _marked(value: Val, left: list[Unknown]) -> Val:
    """The value with a mark for each unknown part; None where that cannot be."""
    if isinstance(value, dict):
        found = {name: _marked(child, left) for name, child in value.items()}
        return None if any(found[name] is None and value[name] is not None for name in found) else found
    if isinstance(value, (Unknown, Text)):
        mark = _Marked(0.0)
        mark.number = len(left)
        left.append(value if isinstance(value, Unknown) else Unknown(value.reason, depends=value.depends))
        return mark
    if isinstance(value, TfSet):
        # Where an unknown element stands among the others is not known either.
        return value if first_special(value) is None else None
    if isinstance(value, list):
        items = [_marked(child, left) for child in value]
        return None if any(new is None and old is not None for new, old in zip(items, value, strict=True)) else items
    return None if isinstance(value, SPECIAL) or (isinstance(value, str) and "\0" in value) else value


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
    if isinstance(value, _Marked):
        return f"\0{value.number}\0"
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

    loader = getattr(yaml, "CLoader", yaml.Loader)
    try:
        builder = _Builder(list(yaml.parse(text, Loader=loader)))
        return builder.document()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = getattr(error, "problem", None)
        raise EvaluationError(f"the text is not YAML{': ' + problem if problem else ''}") from error


class _Builder:
    """Turns PyYAML's events into values, with an end to what aliases may expand to."""

    def __init__(self, events: list[Any]) -> None:
        self.events = events
        self.at = 0
        self.nodes = 0
        self.depth = 0
        self.anchors: dict[str, Val] = {}

    def document(self) -> Val:
        kinds = [type(event).__name__ for event in self.events]
        if kinds.count("DocumentStartEvent") != 1:
            raise EvaluationError("the text must hold exactly one YAML document")
        self.at = kinds.index("DocumentStartEvent") + 1
        return self.value()

    def value(self) -> Val:
        event = self.events[self.at]
        self.at += 1
        kind = type(event).__name__
        if kind == "AliasEvent":
            if event.anchor not in self.anchors:
                raise EvaluationError(f"the YAML names an anchor “{event.anchor}” that is not complete")
            self._count(self.anchors[event.anchor])
            return self.anchors[event.anchor]
        self._count(None)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise EvaluationError(f"the YAML nests deeper than {_DEEPEST} levels")
        built: Val
        if kind == "ScalarEvent":
            built = _scalar_value(event)
        elif kind == "SequenceStartEvent":
            built = []
            while type(self.events[self.at]).__name__ != "SequenceEndEvent":
                built.append(self.value())
            self.at += 1
        else:
            built = self._mapping()
        self.depth -= 1
        if event.anchor:
            self.anchors[event.anchor] = built
        return built

    def _count(self, value: Val) -> None:
        """Count the nodes of a value again each time an alias repeats it."""
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise EvaluationError("the YAML has too many nodes")
        if isinstance(value, (list, dict)):
            for child in value if isinstance(value, list) else value.values():
                self._count(child)

    def _mapping(self) -> dict[str, Val]:
        built: dict[str, Val] = {}
        while type(self.events[self.at]).__name__ != "MappingEndEvent":
            event = self.events[self.at]
            merge = type(event).__name__ == "ScalarEvent" and event.value == "<<" and not event.style
            name = self.value()
            child = self.value()
            if merge:
                for each in child if isinstance(child, list) else [child]:
                    if not isinstance(each, dict):
                        raise EvaluationError("what “<<” names in the YAML is not a mapping")
                    for inner, value in each.items():
                        built.setdefault(inner, value)
                continue
            if name is None or isinstance(name, (list, dict)):
                raise EvaluationError("a key of the YAML is not text")
            built[to_string(name)] = child
        self.at += 1
        return built


def _scalar_value(event: Any) -> Val:
    value: str = event.value
    tag = event.tag
    if tag is None or tag == "!":
        return value if event.style or tag == "!" else _plain(value)
    short = tag.removeprefix("tag:yaml.org,2002:")
    if short == "str":
        return value
    if short in ("int", "float", "bool", "null", "timestamp"):
        return _plain(value)
    raise EvaluationError(f"the YAML tag “{tag}” is not supported")


_WORDS: dict[str, Val] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_STAMP = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d?):(\d\d?)(?:\.\d*)?[ \t]*(Z|[-+]\d\d(?::\d\d)?)?)?$"
)


def _plain(value: str) -> Val:
    if value in _WORDS:
        return _WORDS[value]
    stamp = _STAMP.match(value)
    if stamp is not None:
        return _stamp(stamp)
    sign = value[:1] if value[:1] in ("-", "+") else ""
    digits = value[len(sign) :]
    parsed: numbers.Number | None = None
    if re.match(r"0o[0-7]+$", digits):
        parsed = int(digits[2:], 8)
    elif re.match(r"0x[0-9a-fA-F]+$", digits):
        parsed = int(digits[2:], 16)
    elif _FLOAT.match(value):
        parsed = numbers.number(digits if digits[0] != "." else "0" + digits)
    if parsed is None:
        return value
    return numbers.negative(parsed) if sign == "-" else parsed


def _stamp(match: re.Match[str]) -> str:
    year, month, day, hour, minute, second, zone = match.groups()
    date = f"{year}-{int(month):02d}-{int(day):02d}"
    if hour is None:
        return f"{date}T00:00:00Z"
    zone = zone or "Z"
    return f"{date}T{int(hour):02d}:{int(minute):02d}:{int(second):02d}{zone if len(zone) != 3 else zone + ':00'}"
