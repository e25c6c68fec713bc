"""Messages with expressions in braces: `port 22 is open to {source(witness)}`."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.cel.answer import Witness
from soc2gate.cel.check import check
from soc2gate.cel.evaluate import Program
from soc2gate.cel.parse import parse
from soc2gate.cel.syntax import error_at
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Source
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value
from soc2gate.schema.types import ANY, Type

_UNKNOWN = "unknown"


class Template:
    """A compiled message: literal text and programs in turn."""

    __slots__ = ("_parts", "source")

    def __init__(self, source: Source, parts: tuple[str | Program, ...]) -> None:
        self.source = source
        self._parts = parts

    def render(self, bindings: Mapping[str, Value], witness: Value | Witness = None, now: str = "") -> str:
        """The message for these values. Never raises: what is not known prints as `unknown`, what is absent as nothing.

        `witness`: the element that decided, or the `Witness` an answer carries.
        """
        if isinstance(witness, Witness):
            witness = witness.value
        bound = {**bindings, "witness": witness}
        return "".join(part if isinstance(part, str) else printed(part.run(bound, now).value) for part in self._parts)


def compile_template(source: Source, scope: Mapping[str, Type]) -> Template:
    """A message over the names in `scope` and `witness`, of which any property may be asked.

    `{{` and `}}` stand for braces. Raises `ConfigError` with line, column and caret, all errors gathered.
    """
    names = {**scope, "witness": scope.get("witness", ANY)}
    parts: list[str | Program] = []
    errors: list[ConfigError] = []
    for text, at in _pieces(source):
        if at is None:
            parts.append(text)
            continue
        inner = _inside(source, at, text)
        try:
            node = parse(inner)
            parts.append(Program(inner, node, check(inner, node, names), list(names), lenient=True))
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise ConfigError.gather(errors)
    return Template(source, tuple(parts))


def _pieces(source: Source) -> list[tuple[str, int | None]]:
    """Literal text (None), and the text between braces with its offset."""
    text = source.text
    out: list[tuple[str, int | None]] = []
    literal, at = "", 0
    while at < len(text):
        char = text[at]
        if char in "{}" and text[at : at + 2] == char * 2:
            literal, at = literal + char, at + 2
        elif char == "{":
            end = _closing(source, at)
            if literal:
                out.append((literal, None))
            out.append((text[at + 1 : end], at + 1))
            literal, at = "", end + 1
        elif char == "}":
            raise error_at(source, at, at + 1, "this brace closes nothing", "“}}” prints a brace")
        else:
            literal, at = literal + char, at + 1
    if literal:
        out.append((literal, None))
    return out


def _closing(source: Source, opening: int) -> int:
    """The offset of the brace that closes the one at `opening`, past strings and map literals."""
    text = source.text
    depth, at, quote = 0, opening, ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    raise error_at(source, opening, opening + 1, "this brace is not closed", "“{{” prints a brace")


def _inside(source: Source, at: int, text: str) -> Source:
    """The expression as a source of its own, at its own place."""
    before = source.text[:at]
    return Source(text, source.path, source.line + before.count("\n"), source.column + at - before.rfind("\n") - 1)


def printed(value: Value) -> str:
    """A value as a message shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case Unknown():
            return _UNKNOWN
        case Text(parts=parts):
            return "".join(part if isinstance(part, str) else part.prefix + _UNKNOWN for part in parts)
        case Alternatives(options=options):
            return " or ".join(dict.fromkeys(printed(option) or "nothing" for option in options))
        case list():
            return ", ".join(printed(item) for item in value)
        case OpenList(items=items):
            return ", ".join([*(printed(item) for item in items), _UNKNOWN])
        case dict():
            return ", ".join(f"{key}: {printed(child)}" for key, child in value.items() if child is not None)
        case OpenMap(items=entries):
            return ", ".join([*(f"{key}: {printed(child)}" for key, child in entries.items()), _UNKNOWN])
