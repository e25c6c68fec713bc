"""Reads the CEL specification's own simple tests (github.com/google/cel-spec, tests/simple/testdata/*.textproto).

Protocol buffers' text format, as far as those files use it, and what a test means for the part of CEL that rules are
written in. Nothing of the specification is copied here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soc2gate import cel
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Source
from soc2gate.model.value import Unknown, Value
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, Type

FILES = (
    *("basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros"),
    *("namespace", "parse", "plumbing", "string", "string_ext"),
)
"""The files about the language itself and about strings; the others are about protocol buffers, timestamps and
extensions that rules do not have."""

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[A-Za-z0-9_.+-]+)|(?P<mark>.)""",
    re.VERBOSE,
)
Message = dict[str, list[Any]]


class _TextFormat:
    """Recursive descent; its state is the position."""

    def __init__(self, text: str) -> None:
        self.tokens = [(found.lastgroup, found.group()) for found in _TOKEN.finditer(text) if found.lastgroup]
        self.at = 0

    def message(self, closing: str = "") -> Message:
        out: Message = {}
        while self.at < len(self.tokens):
            kind, word = self.take()
            if word == closing:
                break
            if word == "[":
                word = self.bracketed()
            elif kind == "mark":
                continue
            self.accept(":")
            if self.accept("["):
                while not self.accept("]"):
                    out.setdefault(word, []).append(self.value())
                    self.accept(",")
            else:
                out.setdefault(word, []).append(self.value())
        return out

    def bracketed(self) -> str:
        """The name of an extension, or of the type inside an `Any`."""
        name = ""
        while not self.accept("]"):
            name += self.take()[1]
        return name

    def value(self) -> Any:
        if self.accept("{"):
            return self.message("}")
        kind, word = self.take()
        if kind != "string":
            return word
        parts = [word]
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "string":
            parts.append(self.take()[1])
        # Escapes are C's, in bytes; bytes that are no text stay bytes.
        raw = b"".join(ast.literal_eval("b" + _ascii(part)) for part in parts)
        try:
            return _String(raw.decode("utf-8"))
        except UnicodeDecodeError:
            return raw

    def take(self) -> tuple[str | None, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, word: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at] == ("mark", word)
        self.at += found
        return found


class _String(str):
    """A quoted string, told from a bare word."""

    __slots__ = ()


def _ascii(quoted: str) -> str:
    """The literal with everything beyond ASCII, and escapes of code points, as bytes in UTF-8."""

    def code(found: re.Match[str]) -> str:
        digits = found[1] or found[2]
        return _hex(chr(int(digits, 16)).encode("utf-8", "surrogatepass")) if digits else found.group()

    quoted = re.sub(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)", code, quoted)
    return "".join(char if char.isascii() else _hex(char.encode("utf-8")) for char in quoted)


def _hex(raw: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in raw)


@dataclass(frozen=True, slots=True)
class Case:
    """One test of the specification."""

    name: str
    expression: str
    value: Any
    """The text-format value; None where an error is wanted."""
    bindings: Message
    types: Message
    container: str
    checked: bool
    macros: bool

    def __str__(self) -> str:
        return self.name


def cases(folder: Path) -> Iterator[Case]:
    for name in FILES:
        text = (folder / f"{name}.textproto").read_text(encoding="utf-8")
        for section in _TextFormat(text).message()["section"]:
            for test in section.get("test", []):
                yield _case(f"{name}/{section['name'][0]}/{test['name'][0]}", test)


def _case(name: str, test: Message) -> Case:
    typed = test.get("typed_result", [{}])[0]
    value = test.get("value") or typed.get("result")
    wants_error = "eval_error" in test or "any_eval_errors" in test
    return Case(
        name,
        test["expr"][0],
        None if wants_error else (value or [{"bool_value": ["true"]}])[0],
        {entry["key"][0]: entry.get("value", [{}]) for entry in test.get("bindings", [])},
        {decl["name"][0]: decl.get("ident", [{}]) for decl in test.get("type_env", [])},
        test.get("container", [""])[0],
        test.get("disable_check") != ["true"] or test.get("check_only") == ["true"],
        test.get("disable_macros") != ["true"],
    )


class NotOurs(Exception):
    """The test is about a part of CEL that rules do not have; the message names it."""


# What rules do not have, by what an expression or a value of such a test looks like.
_ABSENT = (
    (r"(?<![\w.])[bB][rR]?[\"']|(?<![\w.])[rR][bB][\"']|\bbytes\(", "bytes"),
    (r"\b\d+[uU]\b|0[xX][0-9a-fA-F]+[uU]\b|\buint\b", "unsigned numbers"),
    (r"\btimestamp\(|\bduration\(|google\.protobuf\.(Timestamp|Duration)", "timestamps and durations"),
    (r"\btype\(|\bgoogle\.|TestAllTypes|cel\.expr|proto[23]|NullValue", "protocol buffers"),
    (r"\b[A-Z]\w*(\.\w+)*\s*\{", "messages"),
    (r"(?<![\w.)\]}'])\.[A-Za-z]", "names with a leading dot"),
    (r"\?\.|\[\?|optional\.", "optional values"),
)
_STRINGS = re.compile(r"""r?(\"\"\"|''')(?:.|\n)*?\1|r"[^"\n]*"|r'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
_FUNCTIONS = re.compile(r"\.(charAt|indexOf|lastIndexOf|join|replace|substring|quote|format|reverse)\(|strings\.quote")
_VALUES = {"bytes_value": "bytes", "uint64_value": "unsigned numbers", "object_value": "protocol buffers"}
_VALUES |= {"type_value": "types as values", "enum_value": "protocol buffers"}


_KEYS = re.compile(r"[{,]\s*(?:-?\d[\w.]*|true|false)\s*:")


def why_absent(case: Case) -> str:
    """The part of CEL a test needs and rules do not have; empty where there is none."""
    if re.search(r"\.split\([^()]*, -?\d+\)", case.expression):
        return "the string function split with a limit"
    found = _FUNCTIONS.search(case.expression)
    if found is not None:
        return f"the string function {found[1] or 'quote'}"
    if case.container or not case.macros:
        return "containers, and an evaluator without macros"
    bare = _STRINGS.sub("''", case.expression)
    for pattern, what in _ABSENT:
        text = case.expression if what == "bytes" else bare
        if re.search(pattern, text):
            return what
    if _KEYS.search(bare) or bare == "7 in {}":
        return "maps with keys that are no strings"
    if any("." in name for name in (*case.bindings, *case.types)):
        return "names with dots in them"
    told = repr([case.value, case.bindings, case.types])
    return next((what for name, what in _VALUES.items() if name in told), "")


def run(case: Case) -> str:
    """What is wrong; empty where the answer is the specification's. Raises `NotOurs`."""
    absent = why_absent(case)
    if absent:
        raise NotOurs(absent)
    scope: dict[str, Type] = {name: _type(decl[0].get("type", [{}])[0]) for name, decl in case.types.items()}
    bindings = {name: _value(value[0].get("value", [{}])[0]) for name, value in case.bindings.items()}
    scope = {**dict.fromkeys(bindings, ANY), **scope}
    try:
        program = cel.compile(Source(case.expression, "spec", 1), scope, returns=ANY, vacuous_ok=True)
    except ConfigError as error:
        # An error that shows before anything runs is an error too. Rules are always checked before they run.
        if case.value is not None and not case.checked:
            raise NotOurs("an evaluator that does not check types first") from error
        return "" if case.value is None else f"refused: {error.message}"
    answer = program.run(bindings).value
    if isinstance(answer, Unknown):
        return "" if case.value is None else f"unknown: {answer.reason}"
    if case.value is None:
        return f"{answer!r} where an error is wanted"
    wanted = _value(case.value)
    return "" if _same(answer, wanted) else f"{answer!r} where {wanted!r} is wanted"


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, float) and isinstance(right, float) and left != left:
        return right != right
    return type(left) is type(right) and left == right


def _value(told: Message) -> Value:
    kind, values = next(iter(told.items()), ("null_value", ["NULL_VALUE"]))
    value: Any = values[0]
    if kind == "list_value":
        return [_value(item) for item in value.get("values", [])]
    if kind == "map_value":
        entries = [(_value(entry["key"][0]), _value(entry["value"][0])) for entry in value.get("entries", [])]
        return {str(key): inner for key, inner in entries}
    if kind == "int64_value":
        return int(value)
    if kind == "double_value":
        return float(value)
    plain: dict[str, Value] = {"bool_value": value == "true", "null_value": None, "string_value": str(value)}
    return plain[kind]


def _type(told: Message) -> Type:
    if "map_type" in told:
        return MapType(_type(told["map_type"][0]["value_type"][0]))
    if "list_type" in told:
        return ListType(_type(told["list_type"][0]["elem_type"][0]))
    return {"INT64": INT, "STRING": STRING, "BOOL": BOOL, "DOUBLE": DOUBLE}.get(told.get("primitive", [""])[0], ANY)
