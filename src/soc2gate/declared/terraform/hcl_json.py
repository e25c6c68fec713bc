"""HCL's JSON spelling (`.tf.json`, `.tofu.json`, `.tfvars.json`) read into the same tree.

Without a provider's schema, JSON does not tell a nested block from an attribute that is an object. Objects are read as
blocks, except under names that are maps in practice (`tags`, `variables`, …). https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import re

from soc2gate.declared.terraform.numbers import negative, number
from soc2gate.declared.terraform.tree import (
    Access,
    Attribute,
    Block,
    Body,
    Call,
    Literal,
    Node,
    Object,
    ObjectItem,
    Reference,
    Source,
    Tuple,
)
from soc2gate.errors import InputError, RefusedError

_SPACE = re.compile(r"[ \t\r\n]*").match
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"').match
_NUMBER = re.compile(r"(-?)(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?").match
_WORD = re.compile(r"true|false|null").match
_WORDS = {"true": True, "false": False, "null": None}

LABELS = {
    "resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "check": 1,
    "locals": 0, "terraform": 0, "moved": 0, "import": 0, "removed": 0,
}  # fmt: skip
# Attributes that are maps or objects where an object in JSON would else be taken for a block.
MAPS = frozenset(
    (
        "annotations", "default_tags_map", "environment_variables", "labels", "match_labels", "metadata_options_map",
        "parameters", "providers", "request_parameters", "response_parameters", "secret_variables", "tags", "tags_all",
        "triggers", "variables", "vars", "input", "options_map", "partition_index_map", "default", "for_each", "value",
        "triggers_replace", "string_map", "volume_tags", "data", "binary_data", "string_data", "content_map",
        "manifest",
    )
)  # fmt: skip


def parse_configuration(source: Source, depth: int) -> tuple[Body, list[InputError]]:
    """Read one configuration file."""
    reader = _Reader(source, depth)
    body = Body()
    try:
        for member in reader.document():
            _top_level(member, body, reader)
    except InputError as error:
        return body, [error]
    return body, reader.errors


def parse_values(source: Source, depth: int) -> tuple[Body, list[InputError]]:
    """Read one file of variable values: strings mean themselves."""
    reader = _Reader(source, depth)
    body = Body()
    try:
        for member in reader.document():
            body.attributes[member.name] = Attribute(
                member.name, member.start, member.value.end, reader.plain(member.value)
            )
    except InputError as error:
        return body, [error]
    return body, reader.errors


class _Json:
    """A JSON value and where it stands."""

    __slots__ = ("end", "start", "value")

    def __init__(
        self, start: int, end: int, value: str | int | float | bool | list[_Json] | list[_Member] | None
    ) -> None:
        self.start = start
        self.end = end
        self.value = value
        """A list of `_Member` is an object; `kind` tells an empty one apart."""


class _Array(_Json):
    __slots__ = ()


class _Object(_Json):
    __slots__ = ()


class _Member:
    __slots__ = ("name", "start", "value")

    def __init__(self, name: str, start: int, value: _Json) -> None:
        self.name = name
        self.start = start
        self.value = value


class _Reader:
    """Reads JSON with places, and turns values into expressions."""

    def __init__(self, source: Source, limit: int) -> None:
        self.source = source
        self.text = source.text
        self.limit = limit
        self.depth = 0
        self.errors: list[InputError] = []

    def error(self, message: str, at: int) -> InputError:
        line, column = self.source.position(at)
        return InputError(message, path=self.source.path, line=line, column=column)

    def document(self) -> list[_Member]:
        start = 1 if self.text.startswith("\ufeff") else 0
        value, at = self._value(start)
        at = self._skip(at)
        if at < len(self.text):
            raise self.error(f"expected the end of the file, found “{self.text[at]}”", at)
        return members(value, self)

    def _skip(self, at: int) -> int:
        match = _SPACE(self.text, at)
        return match.end() if match else at

    def _value(self, at: int) -> tuple[_Json, int]:
        at = self._skip(at)
        char = self.text[at : at + 1]
        if char == '"':
            string, end = self._string(at)
            return _Json(at, end, string), end
        if char == "{" or char == "[":
            self.depth += 1
            if self.depth > self.limit:
                line, column = self.source.position(at)
                message = f"values nest deeper than {self.limit} levels"
                raise RefusedError(message, path=self.source.path, line=line, column=column)
            found = self._object(at) if char == "{" else self._array(at)
            self.depth -= 1
            return found
        match = _NUMBER(self.text, at)
        if match is not None:
            sign, whole, fraction, exponent = match.groups()
            try:
                value = number(whole + (fraction or "") + (exponent or ""))
            except (ValueError, OverflowError) as error:
                raise self.error(str(error), at) from error
            return _Json(at, match.end(), negative(value) if sign else value), match.end()
        match = _WORD(self.text, at)
        if match is not None:
            return _Json(at, match.end(), _WORDS[match.group()]), match.end()
        raise self.error(f"expected a JSON value, found {self._found(at)}", at)

    def _found(self, at: int) -> str:
        return f"“{self.text[at]}”" if at < len(self.text) else "the end of the file"

    def _string(self, at: int) -> tuple[str, int]:
        match = _STRING(self.text, at)
        if match is None:
            raise self.error("expected a JSON string, found one that is not closed or has a bad escape", at)
        inner = match.group(1)
        if "\\" in inner:
            import json

            inner = json.loads(match.group())
        return inner, match.end()

    def _object(self, at: int) -> tuple[_Json, int]:
        start = at
        found: list[_Member] = []
        at = self._skip(at + 1)
        if self.text.startswith("}", at):
            return _Object(start, at + 1, found), at + 1
        while True:
            at = self._skip(at)
            if not self.text.startswith('"', at):
                raise self.error(f"expected the name of a member in double quotes, found {self._found(at)}", at)
            name, end = self._string(at)
            colon = self._skip(end)
            if not self.text.startswith(":", colon):
                raise self.error(f"expected “:” after the name, found {self._found(colon)}", colon)
            value, end = self._value(colon + 1)
            found.append(_Member(name, at, value))
            at = self._skip(end)
            if self.text.startswith("}", at):
                return _Object(start, at + 1, found), at + 1
            if not self.text.startswith(",", at):
                raise self.error(f"expected “,” or “}}”, found {self._found(at)}", at)
            at += 1

    def _array(self, at: int) -> tuple[_Json, int]:
        start = at
        found: list[_Json] = []
        at = self._skip(at + 1)
        if self.text.startswith("]", at):
            return _Array(start, at + 1, found), at + 1
        while True:
            value, end = self._value(at)
            found.append(value)
            at = self._skip(end)
            if self.text.startswith("]", at):
                return _Array(start, at + 1, found), at + 1
            if not self.text.startswith(",", at):
                raise self.error(f"expected “,” or “]”, found {self._found(at)}", at)
            at += 1

    def expression(self, value: _Json) -> Node:
        """A value as an expression: strings are templates."""
        if isinstance(value.value, str):
            return self._template(value.start, value.value)
        return self._composed(value, templates=True)

    def plain(self, value: _Json) -> Node:
        """A value as it is: strings are only text."""
        return self._composed(value, templates=False)

    def _composed(self, value: _Json, templates: bool) -> Node:
        make = self.expression if templates else self.plain
        inner = value.value
        if isinstance(value, _Object):
            items = []
            for member in _members_of(value):
                if member.name == "//" and templates:
                    continue
                key = self._template(member.start, member.name) if templates else None
                plain_key = member.name if key is None or isinstance(key, Literal) else key
                if isinstance(key, Literal) and isinstance(key.value, str):
                    plain_key = key.value
                items.append(ObjectItem(member.start, member.value.end, plain_key, make(member.value)))
            return Object(value.start, items)
        if isinstance(value, _Array):
            elements = _elements_of(value)
            return Tuple(value.start, [make(element) for element in elements], [element.end for element in elements])
        assert not isinstance(inner, list)
        return Literal(value.start, inner)

    def _template(self, start: int, text: str) -> Node:
        if "${" not in text and "%{" not in text:
            return Literal(start, text)
        from soc2gate.declared.terraform.hcl import parse_template

        try:
            node = parse_template(Source(self.source.path, text), self.limit)
        except InputError as error:
            raise self.error(f"in the string that starts here: {error.message}", start) from error
        return _moved(node, start)


def _moved(node: Node, start: int) -> Node:
    """The expression of a string, placed at the string."""
    node.start = start
    # Wrapped, so that nobody takes the places inside it for places in the file.
    return Access(start, node, ()) if isinstance(node, (Tuple, Object, Call)) else node


def members(value: _Json, reader: _Reader) -> list[_Member]:
    """The members of an object, or of all objects in an array of them; comments left out."""
    if isinstance(value, _Array):
        return [member for element in _elements_of(value) for member in members(element, reader)]
    if isinstance(value, _Object):
        return [member for member in _members_of(value) if member.name != "//"]
    raise reader.error("expected an object or an array of objects", value.start)


def _members_of(value: _Object) -> list[_Member]:
    assert isinstance(value.value, list)
    return [member for member in value.value if isinstance(member, _Member)]


def _elements_of(value: _Array) -> list[_Json]:
    assert isinstance(value.value, list)
    return [element for element in value.value if isinstance(element, _Json)]


def _top_level(member: _Member, body: Body, reader: _Reader) -> None:
    labels = LABELS.get(member.name)
    if labels is None:
        raise reader.error(f"expected a block type, found “{member.name}”", member.start)
    _blocks(member.name, (), labels, member, member.value, body, reader)


def _blocks(
    type_: str, names: tuple[str, ...], labels: int, member: _Member, value: _Json, body: Body, reader: _Reader
) -> None:
    """Every block that a value under its labels spells."""
    if labels:
        for inner in members(value, reader):
            _blocks(type_, (*names, inner.name), labels - 1, inner, inner.value, body, reader)
        return
    for element in _elements_of(value) if isinstance(value, _Array) else [value]:
        block = Block(type_, names, member.start, reader.source)
        block.end = element.end
        _fill(block, element, type_, reader)
        body.blocks.append(block)


def _fill(block: Block, value: _Json, top: str, reader: _Reader) -> None:
    """Attributes and nested blocks of a body."""
    for member in members(value, reader):
        name, inner = member.name, member.value
        if name == "dynamic" and top in ("resource", "data"):
            for dynamic in members(inner, reader):
                _blocks("dynamic", (dynamic.name,), 0, dynamic, dynamic.value, block.body, reader)
        elif _is_block(name, inner, top):
            _blocks(name, (), 0, member, inner, block.body, reader)
        elif name in block.body.attributes:
            raise reader.error(f"expected each name once, found “{name}” again", member.start)
        else:
            expression = _meta_expression(name, inner, top, reader)
            block.body.attributes[name] = Attribute(name, member.start, inner.end, expression)


def _is_block(name: str, value: _Json, top: str) -> bool:
    """Whether an object (or an array of objects) spells nested blocks."""
    if top in ("locals", "output", "module"):
        return False
    if top == "variable":
        return name == "validation"
    if name in MAPS:
        return False
    if isinstance(value, _Object):
        return True
    elements = _elements_of(value) if isinstance(value, _Array) else []
    return bool(elements) and all(isinstance(element, _Object) for element in elements)


def _meta_expression(name: str, value: _Json, top: str, reader: _Reader) -> Node:
    """An argument's expression; where the language wants a bare reference or a type, the string is read as one."""
    text = value.value
    if isinstance(text, str):
        if (name == "type" and top == "variable") or (name in ("provider", "iterator")):
            from soc2gate.declared.terraform.hcl import parse_expression

            try:
                return _moved(parse_expression(Source(reader.source.path, text), reader.limit), value.start)
            except InputError as error:
                raise reader.error(f"in the string that starts here: {error.message}", value.start) from error
        if top == "variable":
            return Literal(value.start, text)
    if name == "providers" and top == "module" and isinstance(value, _Object):
        items = [
            ObjectItem(member.start, member.value.end, member.name, _reference(member.value))
            for member in _members_of(value)
        ]
        return Object(value.start, items)
    if top == "variable" and name == "default":
        return reader.plain(value)
    return reader.expression(value)


def _reference(value: _Json) -> Node:
    name, _, alias = str(value.value).partition(".")
    return Reference(value.start, name, (alias,) if alias else ())
