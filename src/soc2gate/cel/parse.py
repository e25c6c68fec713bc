"""From an expression's text to its tree: the part of CEL that rules are written in.

The grammar is that of the CEL specification (github.com/google/cel-spec, doc/langdef.md) without messages, bytes and
leading dots. What is left out is refused with its name, never read as something else.
"""

from __future__ import annotations

import re

from soc2gate.cel.syntax import (
    MACROS,
    Binary,
    Call,
    Comprehension,
    Conditional,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Name,
    Node,
    Select,
    Unary,
    error_at,
)
from soc2gate.errors import ConfigError
from soc2gate.facts import dataclass
from soc2gate.model.rule import Source
from soc2gate.patterns import regex

_DEPTH_LIMIT = 40
"""The specification asks for 12 nested levels at least (a level costs ten frames of the stack here)."""

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*)+)
    | (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<int>(?:0[xX][0-9a-fA-F]+|\d+)[uU]?)
    | (?P<string>[rRbB]{0,2}(?:'''|\"\"\"|'|\"))
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<quoted>`[^`\n]+`)
    | (?P<operator>&&|\|\||[=!<>]=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_RESERVED = frozenset(
    [
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import"),
        *("let", "loop", "package", "namespace", "return", "var", "void", "while"),
    ]
)
_RELATIONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "in"])
_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip
_ESCAPE = regex(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)


@dataclass(slots=True)
class _Token:
    kind: str
    """`float`, `int`, `string`, `name`, `quoted`, `operator` or `end`."""
    text: str
    value: str | int | float
    at: int
    end: int


def parse(source: Source) -> Node:
    """The tree of an expression; `ConfigError` with line, column and caret where the text is not one."""
    parser = _Parser(source)
    node = parser.expression()
    rest = parser.token
    if rest.kind != "end":
        raise parser.unexpected("an operator, or the end")
    return node


def _tokens(source: Source) -> list[_Token]:
    text, at, out = source.text, 0, []
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise error_at(source, at, at + 1, f"“{text[at]}” means nothing in an expression", _token_hint(text, at))
        kind = str(found.lastgroup)
        word = found.group()
        if kind == "string":
            token = _string(source, at, word)
            out.append(token)
            at = token.end
            continue
        if kind != "space":
            value: str | int | float = word
            if kind == "float":
                value = float(word)
            elif kind == "int":
                value = int(word.rstrip("uU"), 0) if word[:2] in ("0x", "0X") else int(word.rstrip("uU"))
            elif kind == "quoted":
                value = word[1:-1]
            out.append(_Token(kind, word, value, at, found.end()))
        at = found.end()
    out.append(_Token("end", "", "", len(text), len(text)))
    return out


def _token_hint(text: str, at: int) -> str:
    if text[at] in "&|":
        return f"“{text[at] * 2}” joins conditions"
    if text[at] == "=":
        return "“==” compares"
    if text[at] in "“”‘’":
        return "strings stand in straight quotes"
    return ""


def _string(source: Source, at: int, opening: str) -> _Token:
    quote = opening.lstrip("rRbB")
    prefix = opening[: len(opening) - len(quote)].lower()
    if "b" in prefix:
        raise error_at(source, at, at + len(opening), "bytes are not part of the language rules are written in")
    text = source.text
    start = end = at + len(opening)
    while not text.startswith(quote, end):
        if end >= len(text) or (text[end] == "\n" and len(quote) == 1):
            raise error_at(source, at, at + len(opening), "this string has no end", f"it began with {quote}")
        end += 2 if text[end] == "\\" and not prefix and end + 1 < len(text) else 1
    raw = text[start:end]
    return _Token("string", opening, raw if prefix else _unescape(source, raw, start), at, end + len(quote))


def _unescape(source: Source, raw: str, start: int) -> str:
    def replace(found: re.Match[str]) -> str:
        digits = found[1] or found[2] or found[3]
        if digits or found[4]:
            code = int(digits, 16) if digits else int(found[4], 8)
            if code < 0x110000 and not 0xD800 <= code < 0xE000:
                return chr(code)
        elif found[5] in _ESCAPES:
            return _ESCAPES[found[5]]
        at = start + found.start()
        hint = "a backslash is written twice; r'…' leaves backslashes alone"
        raise error_at(source, at, start + found.end(), f"“{found[0]}” is no escape", hint)

    return _ESCAPE.sub(replace, raw) if "\\" in raw else raw


class _Parser:
    """Recursive descent with one token of look-ahead; its state is the position."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = _tokens(source)
        self.position = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.tokens[self.position]
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, operator: str) -> _Token | None:
        token = self.token
        if token.kind == "operator" and token.text == operator:
            return self.take()
        return None

    def need(self, operator: str, why: str) -> _Token:
        found = self.accept(operator)
        if found is None:
            raise self.unexpected(f"“{operator}” {why}")
        return found

    def unexpected(self, wanted: str) -> ConfigError:
        token = self.token
        if token.kind == "end":
            message, at = (
                f"the expression ends too early: expected {wanted}",
                max(0, len(self.source.text.rstrip()) - 1),
            )
            return error_at(self.source, at, at + 1, message)
        hint = "“==” compares" if token.text == "=" else ""
        return error_at(self.source, token.at, token.end, f"unexpected “{token.text}”: expected {wanted}", hint)

    # From here on one method per level of precedence, loosest first.

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            token = self.token
            raise error_at(self.source, token.at, token.end, f"more than {_DEPTH_LIMIT} expressions inside one another")
        node = self.logic("||")
        question = self.accept("?")
        if question:
            then = self.logic("||")
            self.need(":", "between the two results of “?”")
            node = Conditional(node, then, self.expression(), question.at, question.end)
        self.depth -= 1
        return node

    def logic(self, operator: str) -> Node:
        inner = self.relation if operator == "&&" else lambda: self.logic("&&")
        operands = [inner()]
        first = self.token
        while self.accept(operator):
            operands.append(inner())
        if len(operands) == 1:
            return operands[0]
        return Logic(operator, tuple(operands), first.at, first.end)

    def relation(self) -> Node:
        node = self.sum()
        while (self.token.kind, self.token.text) in _RELATION_TOKENS:
            token = self.take()
            node = Binary(token.text, node, self.sum(), token.at, token.end)
        return node

    def sum(self) -> Node:
        node = self.product()
        while token := self.accept("+") or self.accept("-"):
            node = Binary(token.text, node, self.product(), token.at, token.end)
        return node

    def product(self) -> Node:
        node = self.unary()
        while token := self.accept("*") or self.accept("/") or self.accept("%"):
            node = Binary(token.text, node, self.unary(), token.at, token.end)
        return node

    def unary(self) -> Node:
        signs = []
        while token := self.accept("!") or self.accept("-"):
            signs.append(token)
        if len(signs) > _DEPTH_LIMIT:
            raise error_at(self.source, signs[0].at, signs[-1].end, f"more than {_DEPTH_LIMIT} signs in a row")
        minus = bool(signs) and signs[-1].text == "-" and self.token.kind in ("int", "float")
        if minus:
            # `-9223372036854775808` is a number of its own: its absolute value is out of range.
            sign, number = signs.pop(), self.take()
            node = self.member(self.number(number, sign))
        else:
            node = self.member(self.primary())
        for sign in reversed(signs):
            node = Unary(sign.text, node, sign.at, sign.end)
        return node

    def member(self, node: Node) -> Node:
        length = 0
        while True:
            length += 1
            if length > _DEPTH_LIMIT:
                raise error_at(
                    self.source, self.token.at, self.token.end, f"more than {_DEPTH_LIMIT} selections in a row"
                )
            if self.accept("."):
                name = self.take()
                if name.kind not in ("name", "quoted"):
                    self.position -= name.kind != "end"
                    raise self.unexpected("a property or function name after “.”")
                if name.kind == "name" and self.accept("("):
                    node = self.method(node, name)
                else:
                    node = Select(node, str(name.value), name.at, name.end)
            elif bracket := self.accept("["):
                key = self.expression()
                end = self.need("]", "after the index").end
                node = Index(node, key, bracket.at, end)
            else:
                return node

    def method(self, target: Node, name: _Token) -> Node:
        if name.text in MACROS:
            return self.comprehension(target, name)
        return Call(name.text, target, self.arguments(), name.at, name.end)

    def comprehension(self, over: Node, name: _Token) -> Node:
        variable = self.token
        arguments = self.arguments()
        counts = (2, 3) if name.text == "map" else (2,)
        if len(arguments) not in counts:
            message = f"“{name.text}” takes a name and an expression: list.{name.text}(element, …)"
            raise error_at(self.source, name.at, name.end, message)
        if not isinstance(arguments[0], Name):
            message = f"“{name.text}” begins with a name for the element: list.{name.text}(element, …)"
            raise error_at(self.source, variable.at, variable.end, message)
        condition = arguments[1] if len(arguments) == 3 else None
        return Comprehension(name.text, over, arguments[0].name, arguments[-1], condition, name.at, name.end)

    def arguments(self) -> tuple[Node, ...]:
        """The rest of a call whose `(` was taken."""
        if self.accept(")"):
            return ()
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        self.need(")", "after the arguments")
        return tuple(found)

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "string":
            return Literal(token.value, token.at, token.end)
        if token.kind in ("int", "float"):
            return self.number(token, None)
        if token.kind == "name":
            return self.name(token)
        if token.kind == "operator":
            if token.text == "(":
                node = self.expression()
                self.need(")", "to close the parenthesis")
                return node
            if token.text == "[":
                return self.list_literal(token)
            if token.text == "{":
                return self.map_literal(token)
            self.position -= 1
        elif token.kind == "quoted":
            self.position -= 1
        raise self.unexpected("a value")

    def number(self, token: _Token, sign: _Token | None) -> Node:
        assert isinstance(token.value, (int, float))
        value = -token.value if sign else token.value
        at = sign.at if sign else token.at
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise error_at(self.source, at, token.end, "this number does not fit into 64 bits")
        return Literal(value, at, token.end)

    def name(self, token: _Token) -> Node:
        constants = {"true": True, "false": False, "null": None}
        if token.text in constants:
            return Literal(constants[token.text], token.at, token.end)
        if token.text in _RESERVED or token.text == "in":
            raise error_at(self.source, token.at, token.end, f"“{token.text}” is a reserved word")
        if not self.accept("("):
            return Name(token.text, token.at, token.end)
        arguments = self.arguments()
        if token.text == "matches" and len(arguments) == 2:
            # The specification has it both ways: matches(text, pattern).
            return Call(token.text, arguments[0], arguments[1:], token.at, token.end)
        if token.text != "has":
            return Call(token.text, None, arguments, token.at, token.end)
        if len(arguments) == 1 and isinstance(arguments[0], Select):
            asked = arguments[0]
            return Has(asked.operand, asked.field, asked.at, asked.end)
        hint = 'for a key of a map: "key" in map'
        raise error_at(self.source, token.at, token.end, "has() asks for one property: has(resource.Name)", hint)

    def list_literal(self, opening: _Token) -> Node:
        items: list[Node] = []
        while not (closing := self.accept("]")):
            items.append(self.expression())
            if not self.accept(","):
                closing = self.need("]", "or “,” in a list")
                break
        return ListLiteral(tuple(items), opening.at, closing.end)

    def map_literal(self, opening: _Token) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not (closing := self.accept("}")):
            key = self.expression()
            self.need(":", "between a key and its value")
            entries.append((key, self.expression()))
            if not self.accept(","):
                closing = self.need("}", "or “,” in a map")
                break
        return MapLiteral(tuple(entries), opening.at, closing.end)


_RELATION_TOKENS = frozenset(("name" if word == "in" else "operator", word) for word in _RELATIONS)
