"""HCL's native syntax (`.tf`, `.tofu`, `.tfvars`) read into the tree.

Written by hand because it has to be quick and has to say well what is wrong: most lines of real configuration are
`name = "text"`, `name = other.name` or the head of a block, and one regular expression takes such a line whole. All
else goes token by token through a precedence-climbing parser. The grammar follows Terraform's own reader
(hashicorp/hcl, package hclsyntax), also where it is stricter than it would need to be.
"""

from __future__ import annotations

import re

from soc2gate.declared.terraform.hcl_lines import (
    BLANK,
    CLOSE_GROUP,
    EQUALS_GROUP,
    KEYWORD_GROUP,
    LABELS_GROUP,
    NAME_GROUP,
    PATH_GROUP,
    STRING_GROUP,
    find_labels,
    match_item,
    match_rest_of_line,
    object_item,
    one_string,
    strings_only,
)
from soc2gate.declared.terraform.hcl_templates import heredoc, quoted, whole
from soc2gate.declared.terraform.hcl_tokens import (
    END,
    HEREDOC,
    NAME,
    NEWLINE,
    NUMBER,
    OPERATOR,
    QUOTE,
    STRING,
    Cursor,
)
from soc2gate.declared.terraform.numbers import Number, number
from soc2gate.declared.terraform.tree import (
    Access,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    ForObject,
    ForTuple,
    Literal,
    Node,
    Object,
    ObjectItem,
    Reference,
    Source,
    Splat,
    SplatItem,
    Step,
    Tuple,
    Unary,
)
from soc2gate.errors import InputError

LEVELS = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_KEYWORDS = {"true": True, "false": False, "null": None}

_TOP_LEVEL = re.compile(
    r"^(?:resource|data|ephemeral|module|variable|locals|output|provider|terraform|moved|import|removed|check|action)\b"
    r"[^=\n]*\{",
    re.MULTILINE,
)
_MOST_ERRORS = 20


def parse(source: Source, depth: int) -> tuple[Body, list[InputError]]:
    """Read one file. A broken block is reported and left out; reading goes on at the next block that starts a line."""
    body = Body()
    errors: list[InputError] = []
    parser = Parser(source, depth)
    at = 1 if source.text.startswith("\ufeff") else 0
    while len(errors) < _MOST_ERRORS:
        try:
            parser.body(body, at, top=True)
            break
        except InputError as error:
            errors.append(error)
        resume = _TOP_LEVEL.search(source.text, parser.item_start + 1)
        if resume is None:
            break
        at = resume.start()
        parser.restart()
    return body, errors


def parse_expression(source: Source, depth: int) -> Node:
    """Read text that is one expression: the value of `-var` for a list, an expression inside JSON."""
    parser = Parser(source, depth)
    parser.free_of_lines(True)
    parser.advance()
    node = parser.expression()
    if parser.kind != END:
        raise parser.error(f"expected the end of the expression, found {parser.found()}")
    return node


def parse_template(source: Source, depth: int) -> Node:
    """Read text that is one template: what `templatefile()` names, a string inside JSON."""
    return whole(Parser(source, depth))


class Parser(Cursor):
    """The grammar, over the cursor that knows the words."""

    __slots__ = ("item_start",)

    def __init__(self, source: Source, depth: int) -> None:
        super().__init__(source, depth)
        self.item_start = 0
        """Where the top-level block or attribute starts that is being read."""

    def restart(self) -> None:
        """Forget the nesting that an error left behind."""
        self.depth = 0
        self.free_of_lines(False)

    # Bodies

    def body(self, body: Body, at: int, top: bool = False) -> int:
        """Fill `body` with what stands from `at` to the closing brace; answers the offset past that brace."""
        text = self.text
        attributes = body.attributes
        while True:
            match = match_item(text, at)
            if match is None:
                if self._slow_item(body, at, top):
                    return self.end
                at = self.end
                continue
            shape = match.lastindex
            if shape == CLOSE_GROUP:
                if top:
                    self.item_start = self.start = match.start(CLOSE_GROUP)
                    raise self.error("expected a block or an attribute, found “}” with nothing to close")
                return match.end()
            start = match.start(NAME_GROUP)
            if top:
                self.item_start = start
            name = match.group(NAME_GROUP)
            if shape == LABELS_GROUP:
                at = self._block(body, name, match.group(LABELS_GROUP), start, match.end())
                continue
            if name in attributes:
                raise self._repeated(attributes[name], start)
            at = match.end()
            if shape is not None and shape != EQUALS_GROUP:
                end = match.end(shape) + (shape == STRING_GROUP)
                attributes[name] = Attribute(name, start, end, self._simple(match))
                continue
            self.move_to(at)
            value, end = self._ended_expression()
            if self.kind not in (NEWLINE, END):
                raise self.error(f"expected the end of the line after the value of “{name}”, found {self.found()}")
            attributes[name] = Attribute(name, start, end, value)
            at = self.end

    def _simple(self, match: re.Match[str]) -> Node:
        """The value that SIMPLE matched; its groups have the same numbers in an attribute and in an object's item."""
        group = shape = match.lastindex or 0
        text = match.group(group)
        if shape == STRING_GROUP:
            return Literal(match.start(group) - 1, self.normalized(text))
        if shape == PATH_GROUP:
            root, *steps = text.split(".")
            return Reference(match.start(group), root, tuple(steps))
        if shape == KEYWORD_GROUP:
            return Literal(match.start(group), _KEYWORDS[text])
        return Literal(match.start(group), self._number(text, match.start(group)))

    def _block(self, body: Body, type_: str, labels: str, start: int, at: int) -> int:
        """Read the block whose opening brace ends at `at`; answers the offset after its line."""
        names = tuple([quoted or bare for quoted, bare in find_labels(labels)]) if labels else ()
        block = Block(type_, names, start, self.source)
        self.start = start
        self.deeper()
        line = match_rest_of_line(self.text, at)
        if line is not None:
            at = self.body(block.body, line.end())
        else:
            at = self._one_line_body(block, at)
        self.depth -= 1
        block.end = at
        rest = match_rest_of_line(self.text, at)
        if rest is None:
            self.move_to(at)
            raise self.error(f"expected the end of the line after the block “{type_}”, found {self.found()}")
        body.blocks.append(block)
        return rest.end()

    def _one_line_body(self, block: Block, at: int) -> int:
        """`type { name = value }`: one attribute at most, as HCL has it."""
        self.move_to(at)
        if self.is_operator("}"):
            return self.end
        start = self.start
        name = self.name("the name of an attribute or “}”")
        if self.kind == STRING or self.kind == NAME or self.is_operator("{"):
            raise self.error("expected “=”: a block on one line cannot hold another block", start)
        self.expect("=", f"after “{name}”")
        value, end = self._ended_expression()
        block.body.attributes[name] = Attribute(name, start, end, value)
        if not self.is_operator("}"):
            raise self.error(
                f"expected “}}” to close the block “{block.type}”, found {self.found()}",
                hint="a block on one line holds one attribute",
            )
        return self.end

    def _slow_item(self, body: Body, at: int, top: bool) -> bool:
        """What the quick expression did not match: the end, odd labels, or an error. True at the end of the file."""
        blank = re.compile(BLANK).match(self.text, at)
        self.move_to(blank.end() if blank else at)
        if top:
            self.item_start = self.start
        if self.kind == END:
            if not top:
                raise self.error("expected “}” to close the block, found the end of the file")
            return True
        start = self.start
        name = self.name("a block or an attribute")
        labels: list[str] = []
        while self.kind in (NAME, STRING, QUOTE):
            if self.kind == QUOTE:
                label = quoted(self, self.start)
                if not isinstance(label, Literal) or not isinstance(label.value, str):
                    raise self.error("expected a label without interpolation", label.start)
                labels.append(label.value)
                self.advance()
            else:
                labels.append(self.value)
                self.advance()
        if not self.is_operator("{"):
            if labels or self.kind not in (NEWLINE, END):
                raise self.error(f"expected “{{” or “=” after “{name}”, found {self.found()}")
            raise self.error(
                f"expected “=” or “{{” after “{name}”, found {self.found()}",
                hint="a block's opening brace stands on the line of its type",
            )
        spelled = " ".join(f'"{label}"' for label in labels if not re.search(r'["\\$%\n]', label))
        end = self._block(body, name, spelled, start, self.end)
        body.blocks[-1].labels = tuple(labels)
        self.end = end
        return False

    def _repeated(self, first: Attribute, start: int) -> InputError:
        line = self.source.position(first.start)[0]
        return self.error(f"“{first.name}” is set twice: expected it only once, found it first on line {line}", start)

    # Expressions

    def _ended_expression(self) -> tuple[Node, int]:
        """An expression and the offset where its last token ends."""
        node = self.expression()
        return node, self._end_of_last(self.start)

    def _end_of_last(self, at: int) -> int:
        """The end of what stands before `at`, white space left out (a comment may count as part of it)."""
        text = self.text
        if self.kind == STRING:
            at -= 1
        while at and text[at - 1] in " \t\r\n":
            at -= 1
        return at

    def expression(self) -> Node:
        """A whole expression, conditional included; the current token is its first."""
        self.deeper()
        node = self._operand()
        if self.kind == OPERATOR:
            level = LEVELS.get(self.value)
            if level is not None:
                node = self._binary(node, 1)
            if self.kind == OPERATOR and self.value == "?":
                self.advance()
                then = self.expression()
                self.expect(":", "between the two results of the conditional")
                node = Conditional(node.start, node, then, self.expression())
        self.depth -= 1
        return node

    def _binary(self, left: Node, lowest: int) -> Node:
        while self.kind == OPERATOR:
            operator = self.value
            level = LEVELS.get(operator)
            if level is None or level < lowest:
                break
            self.advance()
            right = self._operand()
            while self.kind == OPERATOR and LEVELS.get(self.value, 0) > level:
                right = self._binary(right, LEVELS[self.value])
            left = Binary(left.start, operator, left, right)
        return left

    def _operand(self) -> Node:
        """A term with the unary operators before it and the steps after it."""
        kind = self.kind
        if kind == NAME:
            start, name = self.start, self.value
            self.advance()
            if self.kind == OPERATOR:
                if self.value == "(" or self.value == "::":
                    return self._steps(self._call(start, name))
                if name not in _KEYWORDS and (self.value == "." or self.value == "["):
                    return self._steps(Reference(start, name, ()))
            if name in _KEYWORDS:
                return self._steps(Literal(start, _KEYWORDS[name]))
            return Reference(start, name, ())
        if kind == OPERATOR and (self.value == "-" or self.value == "!"):
            start, operator = self.start, self.value
            self.deeper()
            self.advance()
            operand = self._operand()
            self.depth -= 1
            return Unary(start, operator, operand)
        return self._steps(self._term())

    def _term(self) -> Node:
        kind, start = self.kind, self.start
        if kind == STRING:
            node: Node = Literal(start - 1, self.normalized(self.value))
            self.advance()
            return node
        if kind == NUMBER:
            node = Literal(start, self._number(self.value, start))
            self.advance()
            return node
        if kind == QUOTE:
            node = quoted(self, start)
            self.advance()
            return node
        if kind == HEREDOC:
            node = heredoc(self, start, self.value)
            self.advance()
            return node
        if kind == OPERATOR:
            if self.value == "(":
                was = self.free_of_lines(True)
                self.advance()
                node = self.expression()
                self._close(")", was, "to close the parenthesis")
                # A parenthesis ends what a splat before it reaches: it must not look like a plain path any more.
                return Access(start, node, ())
            if self.value == "[":
                return self._tuple(start)
            if self.value == "{":
                return self._object(start)
        raise self.error(f"expected an expression, found {self.found()}")

    def _number(self, text: str, at: int) -> Number:
        try:
            return number(text)
        except (ValueError, OverflowError) as error:
            raise self.error(f"expected a number, found one that is too big: {error}", at) from error

    def _close(self, operator: str, lines_were_free: bool, why: str) -> None:
        """Step over a closing bracket; from the token after it on, newlines count as they did before."""
        if not self.is_operator(operator):
            raise self.error(f"expected “{operator}” {why}, found {self.found()}")
        self.free_of_lines(lines_were_free)
        self.advance()

    def _steps(self, base: Node) -> Node:
        """The `.name`, `[index]` and splat steps after a term."""
        steps: list[Step] = []
        while self.kind == OPERATOR:
            if self.value == ".":
                self.advance()
                if self.kind == NAME:
                    steps.append(self.value)
                    self.advance()
                elif self.kind == NUMBER:
                    steps.extend(self._legacy_index())
                elif self.is_operator("*"):
                    self.advance()
                    base, steps = Splat(base.start, _stepped(base, steps), self._attribute_splat()), []
                else:
                    raise self.error(f"expected the name of an attribute after “.”, found {self.found()}")
            elif self.value == "[":
                was = self.free_of_lines(True)
                self.advance()
                if self.is_operator("*"):
                    start = self.start
                    self.advance()
                    self._close("]", was, "after “[*”")
                    self.deeper()
                    each = self._steps(SplatItem(start))
                    self.depth -= 1
                    return Splat(base.start, _stepped(base, steps), each)
                index = self.expression()
                self._close("]", was, "to close the index")
                steps.append(index)
            else:
                break
        return _stepped(base, steps)

    def _attribute_splat(self) -> Node:
        """The steps that `.*` applies to each element: only names and numbers after dots."""
        item = SplatItem(self.start)
        steps: list[Step] = []
        while self.is_operator("."):
            self.advance()
            if self.kind == NAME:
                steps.append(self.value)
                self.advance()
            elif self.kind == NUMBER:
                steps.extend(self._legacy_index())
            else:
                raise self.error(f"expected the name of an attribute after “.”, found {self.found()}")
        return _stepped(item, steps)

    def _legacy_index(self) -> list[Step]:
        """`.0` as an index."""
        if not self.value.isdigit():
            raise self.error(
                f"expected a whole number as an index, found {self.found()}", hint="write indexes in brackets: “[0][1]”"
            )
        steps: list[Step] = [Literal(self.start, self._number(self.value, self.start))]
        self.advance()
        return steps

    def _call(self, start: int, name: str) -> Node:
        while self.take("::"):
            name += "::" + self.name("the rest of a function's name after “::”")
        if not self.is_operator("("):
            raise self.error(f"expected “(” after the function “{name}”, found {self.found()}")
        was = self.free_of_lines(True)
        self.advance()
        arguments: list[Node] = []
        spread = False
        while not self.is_operator(")"):
            arguments.append(self.expression())
            if self.take("..."):
                spread = True
                break
            if not self.take(","):
                break
        self._close(")", was, f"to close the call of “{name}”")
        return Call(start, name, arguments, spread)

    def _tuple(self, start: int) -> Node:
        strings = strings_only.match(self.text, start)
        if strings is not None:
            found = list(one_string.finditer(self.text, start, strings.end()))
            literals: list[Node] = [Literal(match.start(), self.normalized(match.group(1))) for match in found]
            self.move_to(strings.end())
            return Tuple(start, literals, [match.end() for match in found])
        was = self.free_of_lines(True)
        self.advance()
        if self.kind == NAME and self.value == "for":
            return self._for_tuple(start, was)
        elements: list[Node] = []
        ends: list[int] = []
        while not self.is_operator("]"):
            node, end = self._ended_expression()
            elements.append(node)
            ends.append(end)
            if not self.take(","):
                break
        self._close("]", was, "or “,” after an element of the list")
        return Tuple(start, elements, ends)

    def _for_tuple(self, start: int, was: bool) -> Node:
        self.advance()
        key, value = self.loop_names()
        collection = self.expression()
        self.expect(":", "after the collection of the for expression")
        result = self.expression()
        if self.is_operator("=>"):
            raise self.error("expected “]”, found “=>”: a for expression in square brackets has no keys")
        condition = self._for_condition()
        self._close("]", was, "to close the for expression")
        return ForTuple(start, key, value, collection, result, condition)

    def loop_names(self) -> tuple[str | None, str]:
        """`value in` or `key, value in`."""
        key: str | None = None
        value = self.name("the name of a variable after “for”")
        if self.take(","):
            key, value = value, self.name("the name of a second variable after “,”")
        if self.kind != NAME or self.value != "in":
            raise self.error(f"expected “in” after the names of the for expression, found {self.found()}")
        self.advance()
        return key, value

    def _for_condition(self) -> Node | None:
        if self.kind == NAME and self.value == "if":
            self.advance()
            return self.expression()
        return None

    def _object(self, start: int) -> Node:
        # Whether this is a for expression is asked across newlines; between items newlines count.
        was = self.free_of_lines(True)
        at = self.end
        self.advance()
        if self.kind == NAME and self.value == "for":
            return self._for_object(start, was)
        self.free_of_lines(False)
        items: list[ObjectItem] = []
        text = self.text
        while True:
            match = object_item.match(text, at)
            if match is not None:
                group = match.lastindex or 0
                if group == CLOSE_GROUP:
                    break
                key: str | None = match.group(2)
                begin = match.start(2)
                if key is None:
                    key = self.normalized(match.group(3))
                    begin = match.start(3) - 1
                at = match.end()
                if group > 3:
                    items.append(
                        ObjectItem(begin, match.end(group) + (group == STRING_GROUP), key, self._simple(match))
                    )
                    continue
                self.move_to(at)
                value, end = self._ended_expression()
                items.append(ObjectItem(begin, end, key, value))
            else:
                self.move_to(at)
                while self.kind == NEWLINE:
                    self.advance()
                items.append(self._object_item())
            at = self._after_item()
        self.free_of_lines(was)
        self.move_to(match.end())
        return Object(start, items)

    def _after_item(self) -> int:
        """Where to read on after the value of an object's item."""
        if self.kind == NEWLINE or self.is_operator(","):
            return self.end
        if self.is_operator("}"):
            return self.start
        raise self.error(f"expected “,”, “}}” or the end of the line after the value, found {self.found()}")

    def _object_item(self) -> ObjectItem:
        start = self.start
        if self.kind == STRING or self.kind == QUOTE:
            start -= self.kind == STRING
        bare = self.kind == NAME
        node = self.expression()
        key: str | Node = node
        if bare:
            if isinstance(node, Reference):
                # `aws.east = …` is read (module providers are spelled so) and refused when it is evaluated.
                key = node if node.steps else node.root
            elif isinstance(node, Literal):
                key = self.text[start : start + 5].rstrip("=: \t")
                key = {None: "null", True: "true", False: "false"}.get(node.value, key)  # type: ignore[arg-type]
        elif isinstance(node, Literal) and isinstance(node.value, str):
            key = node.value
        if not (self.is_operator("=") or self.is_operator(":")):
            raise self.error(f"expected “=” after the key, found {self.found()}")
        self.advance()
        value, end = self._ended_expression()
        return ObjectItem(start, end, key, value)

    def _for_object(self, start: int, was: bool) -> Node:
        self.advance()
        names = self.loop_names()
        collection = self.expression()
        self.expect(":", "after the collection of the for expression")
        name = self.expression()
        self.expect("=>", "between key and value of the for expression")
        result = self.expression()
        group = self.take("...")
        condition = self._for_condition()
        self._close("}", was, "to close the for expression")
        return ForObject(start, names, collection, (name, result, group), condition)


def _stepped(base: Node, steps: list[Step]) -> Node:
    if not steps:
        return base
    if isinstance(base, Reference):
        return Reference(base.start, base.root, (*base.steps, *steps))
    return Access(base.start, base, tuple(steps))
