"""Templates of HCL: quoted strings, heredocs and whole template files, with what is interpolated into them.

The awkward part is white space. Strip markers (`~`) trim only the neighbouring piece of literal text, and Terraform's
scanner cuts literal text of heredocs and files into lines, so a marker never reaches beyond its line. `<<-` takes away
the indentation that all lines share, where a line that starts with an interpolation has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from soc2gate.declared.terraform.hcl_tokens import NAME, Cursor
from soc2gate.declared.terraform.tree import Literal, Node, Template, TemplateFor, TemplateIf
from soc2gate.patterns import regex

if TYPE_CHECKING:
    from soc2gate.declared.terraform.hcl import Parser

_QUOTED = regex(r'(?:[^"\\$%\n]++|\\[^\n]|\$\$\{|%%\{|[$%](?!\{))++')
_LINE = regex(r"(?:[^$%\n]++|\$\$\{|%%\{|[$%](?!\{))*+\n?")
# What Go's unicode.IsSpace says; str.strip() takes a few separators more.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class _Sequence:
    """One `${ … }` or `%{ … }`, with its strip markers."""

    __slots__ = ("directive", "expression", "names", "start", "strip_left", "strip_right")

    def __init__(self, start: int) -> None:
        self.start = start
        self.directive = ""
        """`if`, `else`, `endif`, `for`, `endfor`; empty for an interpolation."""
        self.expression: Node | None = None
        self.names: tuple[str | None, str] = (None, "")
        self.strip_left = False
        self.strip_right = False


_Part = str | _Sequence


def quoted(parser: Parser, opening: int) -> Node:
    """The string whose opening quote stands at `opening`; leaves `parser.end` past the closing quote."""
    text = parser.text
    parts: list[_Part] = []
    at = opening + 1
    while True:
        match = _QUOTED.match(text, at)
        if match is not None:
            parts.append(parser.unescaped(match.group(), at))
            at = match.end()
        char = text[at : at + 1]
        if char == '"':
            parser.end = at + 1
            return _built(parser, opening, parts)
        if char in ("", "\n"):
            raise parser.error(
                'the string that starts here is not closed: expected “"” on the same line, found '
                + ("the end of the line" if char else "the end of the file"),
                opening,
                "text over several lines is written as a heredoc",
            )
        if char == "\\":
            raise parser.error("expected a character after “\\”, found the end of the line", at)
        parts.append(_sequence(parser, at))
        at = parser.end


def heredoc(parser: Parser, opening: int, header: str) -> Node:
    """The heredoc whose `<<NAME` line is `header`; leaves `parser.end` before the newline after its closing name."""
    text = parser.text
    flush = header[2] == "-"
    marker = header[3 if flush else 2 :].rstrip()
    parts: list[_Part] = []
    at = opening + len(header)
    at_line_start = True
    while True:
        match = _LINE.match(text, at)
        assert match is not None
        piece = match.group()
        if at_line_start and piece.endswith("\n") and piece.strip(SPACES) == marker:
            parser.end = match.end() - (2 if piece.endswith("\r\n") else 1)
            break
        if piece:
            parts.append(_plain(parser, piece))
        at = match.end()
        if piece.endswith("\n"):
            at_line_start = True
            continue
        if at >= len(text):
            raise parser.error(
                f"the heredoc that starts here is not closed: expected a line “{marker}”, found the end of the file",
                opening,
                "the closing line must end with a newline" if piece.strip() == marker else "",
            )
        parts.append(_sequence(parser, at))
        at = parser.end
        at_line_start = False
    return _built(parser, opening, parts, _without_indent if flush else None)


def whole(parser: Parser) -> Node:
    """A whole file as one template, as `templatefile()` reads it."""
    text = parser.text
    parts: list[_Part] = []
    at = 0
    while at < len(text):
        match = _LINE.match(text, at)
        assert match is not None
        if match.group():
            parts.append(_plain(parser, match.group()))
            at = match.end()
        else:
            parts.append(_sequence(parser, at))
            at = parser.end
    return _built(parser, 0, parts)


def _plain(parser: Parser, piece: str) -> str:
    """Literal text outside quotes: no backslash escapes, only `$${` and `%%{`."""
    if "{" in piece:
        piece = piece.replace("$${", "${").replace("%%{", "%{")
    return parser.normalized(piece)


def _sequence(parser: Parser, at: int) -> _Sequence:
    """The interpolation or directive that starts at `at`; leaves `parser.end` past its closing brace."""
    sequence = _Sequence(at)
    interpolation = parser.text[at] == "$"
    parser.start = at
    parser.deeper()
    sequence.strip_left = parser.text.startswith("~", at + 2)
    was = parser.free_of_lines(True)
    parser.move_to(at + 3 if sequence.strip_left else at + 2)
    if interpolation:
        sequence.expression = parser.expression()
    else:
        _directive(parser, sequence)
    if parser.is_operator("~}"):
        sequence.strip_right = True
    elif not parser.is_operator("}"):
        what = "interpolation “${”" if interpolation else "directive “%{”"
        raise parser.error(f"expected “}}” to close the {what}, found {parser.found()}")
    parser.free_of_lines(was)
    parser.depth -= 1
    return sequence


def _directive(parser: Parser, sequence: _Sequence) -> None:
    if parser.kind != NAME or parser.value not in ("if", "else", "endif", "for", "endfor"):
        raise parser.error(f"expected if, else, endif, for or endfor after “%{{”, found {parser.found()}")
    sequence.directive = parser.value
    parser.advance()
    if sequence.directive == "if":
        sequence.expression = parser.expression()
    elif sequence.directive == "for":
        sequence.names = parser.loop_names()
        sequence.expression = parser.expression()


def _built(
    parser: Parser, start: int, parts: list[_Part], indent: Callable[[list[_Part]], list[_Part]] | None = None
) -> Node:
    _strip(parts)
    if indent is not None:
        parts = indent(parts)
    if all(isinstance(part, str) for part in parts):
        return Literal(start, "".join(part for part in parts if isinstance(part, str)))
    if len(parts) == 1 and isinstance(parts[0], _Sequence) and not parts[0].directive:
        assert parts[0].expression is not None
        return parts[0].expression
    return _Nester(parser, parts).until(start, ())


def _strip(parts: list[_Part]) -> None:
    for index, part in enumerate(parts):
        if isinstance(part, str):
            continue
        if part.strip_left and index:
            before = parts[index - 1]
            if isinstance(before, str):
                parts[index - 1] = before.rstrip(SPACES)
        if part.strip_right and index + 1 < len(parts):
            after = parts[index + 1]
            if isinstance(after, str):
                parts[index + 1] = after.lstrip(SPACES)


def _without_indent(parts: list[_Part]) -> list[_Part]:
    """Take away the white space that every line starts with, as hclsyntax's flushHeredocTemplateParts does."""
    shared: int | None = None
    indented: list[int] = []
    line_start = True
    for index, part in enumerate(parts):
        if line_start:
            line_start = False
            spaces: int | None = 0
            if isinstance(part, str):
                trimmed = part.lstrip(SPACES)
                if not trimmed and part.endswith("\n"):
                    # A blank line says nothing about the indentation.
                    spaces = None
                else:
                    spaces = len(part) - len(trimmed)
                    indented.append(index)
            if spaces is not None and (shared is None or spaces < shared):
                shared = spaces
        if isinstance(part, str) and part.endswith("\n"):
            line_start = True
    if not shared:
        return parts
    result = list(parts)
    for index in indented:
        part = result[index]
        assert isinstance(part, str)
        result[index] = part[shared:]
    return result


class _Nester:
    """Turns the flat run of parts into nested directives."""

    def __init__(self, parser: Cursor, parts: list[_Part]) -> None:
        self.parser = parser
        self.parts = parts
        self.at = 0
        self.stopped_by = ""

    def until(self, start: int, stops: tuple[str, ...]) -> Template:
        """Parts up to one of the directives `stops`, or to the end when there are none."""
        out: list[str | Node] = []
        self.parser.start = start
        self.parser.deeper()
        while self.at < len(self.parts):
            part = self.parts[self.at]
            self.at += 1
            if isinstance(part, str):
                if part:
                    out.append(part)
            elif part.directive in stops:
                self.stopped_by = part.directive
                self.parser.depth -= 1
                return Template(start, out)
            else:
                out.append(self._node(part))
        if stops:
            raise self.parser.error(
                f"expected “%{{ {stops[-1]} }}” to close the directive that starts here, found the end of the template",
                start,
            )
        self.parser.depth -= 1
        return Template(start, out)

    def _node(self, part: _Sequence) -> Node:
        expression = part.expression
        if not part.directive:
            assert expression is not None
            return expression
        if part.directive == "if":
            assert expression is not None
            then = self.until(part.start, ("else", "endif"))
            otherwise = Template(part.start, [])
            if self.stopped_by == "else":
                otherwise = self.until(part.start, ("endif",))
            return TemplateIf(part.start, expression, then, otherwise)
        if part.directive == "for":
            assert expression is not None
            body = self.until(part.start, ("endfor",))
            return TemplateFor(part.start, part.names[0], part.names[1], expression, body)
        raise self.parser.error(f"“%{{ {part.directive} }}” has nothing to close here", part.start)
