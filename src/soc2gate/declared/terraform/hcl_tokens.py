"""The words of HCL: a cursor over one file's text that knows the token it stands on.

There is no token list. The parser asks for the next token when it wants one, so it may read a whole attribute line or
a template at once where that is quicker, and newlines count or do not count as the surrounding brackets say.
"""

from __future__ import annotations

import re
import unicodedata

from soc2gate.declared.terraform.tree import Source
from soc2gate.errors import InputError, RefusedError
from soc2gate.patterns import regex

IDENTIFIER = r"[^\W\d][\w-]*"

# Kinds of token are the numbers of the groups that match them.
NAME, NUMBER, STRING, HEREDOC, OPERATOR, QUOTE, NEWLINE, END = range(1, 9)

_COMMENT = r"/\*(?s:.*?)\*/|(?:\#|//)[^\n]*+"
_TOKEN = (
    rf"(?:({IDENTIFIER})"
    r"|(\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+)"
    r'|"([^"\\$%\n]*+)"'
    rf"|(<<-?{IDENTIFIER}\r?\n)"
    r"|(==|!=|<=|>=|&&|\|\||=>|\.\.\.|::|~\}|/(?![*/])|[-+*%<>!?:=.,{}()\[\]])"
    r'|(")'
    r"|(\n)"
    r"|(\Z))"
)
_LINEWISE = re.compile(rf"(?:[ \t\r]++|{_COMMENT})*+{_TOKEN}").match
_FREE = re.compile(rf"(?:[ \t\r\n]++|{_COMMENT})*+{_TOKEN}").match

_ESCAPE = regex(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\$\$(?=\{)|%%(?=\{)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Cursor:
    """Where the parser stands in one file."""

    __slots__ = ("_ascii", "_match", "depth", "end", "kind", "limit", "source", "start", "text", "value")

    def __init__(self, source: Source, limit: int) -> None:
        self.source = source
        self.text = source.text
        self.limit = limit
        """How deep expressions and blocks may nest."""
        self.depth = 0
        self.kind = NEWLINE
        self.value = ""
        self.start = 0
        """Where the current token's text starts; a STRING's opening quote stands one before."""
        self.end = 0
        self._match = _LINEWISE
        # cty keeps every string in normalization form C; for most files there is nothing to do.
        self._ascii = source.text.isascii()

    def advance(self) -> None:
        """Go to the next token."""
        match = self._match(self.text, self.end)
        if match is None:
            raise self._no_token()
        kind = match.lastindex
        assert kind is not None
        self.kind = kind
        self.value = match.group(kind)
        self.start = match.start(kind)
        self.end = match.end()

    def move_to(self, offset: int) -> None:
        """Go to the token at or after `offset`."""
        self.end = offset
        self.advance()

    def free_of_lines(self, free: bool) -> bool:
        """From the next token on, let newlines count (or not); answers how it was, to be put back."""
        was = self._match is _FREE
        self._match = _FREE if free else _LINEWISE
        return was

    def is_operator(self, text: str) -> bool:
        return self.kind == OPERATOR and self.value == text

    def take(self, operator: str) -> bool:
        """Step over this operator if it is the current token."""
        if self.kind == OPERATOR and self.value == operator:
            self.advance()
            return True
        return False

    def expect(self, operator: str, why: str) -> None:
        """Step over this operator, or say what stood there instead."""
        if not self.take(operator):
            raise self.error(f"expected “{operator}” {why}, found {self.found()}")

    def name(self, what: str) -> str:
        """Step over a name and answer it."""
        if self.kind != NAME:
            raise self.error(f"expected {what}, found {self.found()}")
        value = self.value
        self.advance()
        return value

    def found(self) -> str:
        """The current token, for an error message."""
        if self.kind == END:
            return "the end of the file"
        if self.kind == NEWLINE:
            return "the end of the line"
        if self.kind in (STRING, QUOTE, HEREDOC):
            return "a string" if self.kind != HEREDOC else "a heredoc"
        return f"“{self.value}”"

    def error(self, message: str, offset: int | None = None, hint: str = "") -> InputError:
        """An error at the current token, or at `offset`."""
        line, column = self.source.position(self.start if offset is None else offset)
        return InputError(message, path=self.source.path, line=line, column=column, hint=hint)

    def deeper(self) -> None:
        """Count one more level of nesting; leave by `self.depth -= 1`."""
        self.depth += 1
        if self.depth > self.limit:
            line, column = self.source.position(self.start)
            raise RefusedError(
                f"expressions and blocks nest deeper than {self.limit} levels",
                path=self.source.path,
                line=line,
                column=column,
            )

    def unescaped(self, text: str, offset: int) -> str:
        """The content of a quoted string with its escapes resolved."""
        if "\\" in text or "{" in text:

            def replace(match: re.Match[str]) -> str:
                escape = match.group(1)
                if escape is None:
                    return match.group()[0]
                if escape in _ESCAPES:
                    return _ESCAPES[escape]
                if escape[0] in "uU" and len(escape) > 1:
                    return self._code_point(escape, offset + match.start())
                raise self.error(
                    f"“\\{escape}” is not an escape sequence",
                    offset + match.start(),
                    "write a backslash as “\\\\”",
                )

            text = _ESCAPE.sub(replace, text)
        return self.normalized(text)

    def normalized(self, text: str) -> str:
        """The text as cty keeps it."""
        if self._ascii and text.isascii():
            return text
        return unicodedata.normalize("NFC", text)

    def _code_point(self, escape: str, offset: int) -> str:
        code = int(escape[1:], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self.error(f"“\\{escape}” is not a character", offset)
        return chr(code)

    def _no_token(self) -> InputError:
        # Only white space, comments and the offending character can stand between `end` and the error.
        blank = re.compile(rf"(?:[ \t\r\n]++|{_COMMENT})*+").match(self.text, self.end)
        at = blank.end() if blank else self.end
        self.start = at
        if self.text.startswith("/*", at):
            return self.error(
                "a comment that starts here is never closed: expected “*/”, found the end of the file", at
            )
        char = self.text[at : at + 1]
        hint = "write strings in double quotes" if char == "'" else ""
        if char == "<":
            hint = "a heredoc starts with “<<NAME” at the end of its line"
        return self.error(f"expected an expression or an operator, found the character “{char}”", at, hint)
