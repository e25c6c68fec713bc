"""What is printed from a tree is read back as that tree, whatever white space and comments stand between its words."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from soc2gate.declared.terraform.hcl import LEVELS, parse
from soc2gate.declared.terraform.tree import (
    Access,
    Binary,
    Body,
    Call,
    Conditional,
    ForObject,
    ForTuple,
    Literal,
    Node,
    Object,
    Reference,
    Source,
    Splat,
    SplatItem,
    Template,
    Tuple,
    Unary,
)

Shape = tuple[Any, ...]
NAMES = ("a", "b_c", "x-y", "each", "ünï")
TEXTS = ("", "x", "a b", 'q"uo\\te', "$", "100%", "${no}", "%{no}", "line\nbreak", "tab\t", "é😀")


class Writer:
    """Makes a random shape and its text at once."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def space(self, lines: bool) -> str:
        choices = ["", " ", "  ", "\t", "/* c */", " /* a\nb */ "]
        if lines:
            choices += ["\n", "\n  ", " # c\n", "// c\n", "\r\n"]
        return self.random.choice(choices)

    def expression(self, depth: int, lines: bool) -> tuple[str, Shape]:
        makers = [self.literal, self.reference]
        if depth > 0:
            makers += [self.sequence, self.object, self.call, self.binary, self.conditional, self.unary, self.template]
            makers += [self.for_tuple, self.for_object, self.splat, self.index, self.grouped]
        return self.random.choice(makers)(depth - 1, lines)

    def literal(self, depth: int, lines: bool) -> tuple[str, Shape]:
        value = self.random.choice([*TEXTS, 0, 7, 123456789, True, False, None])
        if isinstance(value, str):
            return quoted(value), ("literal", value)
        if isinstance(value, bool):
            return ("true" if value else "false"), ("literal", value)
        return "null" if value is None else str(value), ("literal", value)

    def reference(self, depth: int, lines: bool) -> tuple[str, Shape]:
        names = [self.random.choice(NAMES) for _ in range(self.random.randint(1, 4))]
        return ".".join(names), ("reference", names[0], tuple(names[1:]))

    def _many(self, depth: int, lines: bool) -> list[tuple[str, Shape]]:
        return [self.expression(depth, lines) for _ in range(self.random.randint(0, 3))]

    def sequence(self, depth: int, lines: bool) -> tuple[str, Shape]:
        parts = self._many(depth, True)
        inner = ("," + self.space(True)).join(text + self.space(True) for text, _ in parts)
        comma = "," if parts and self.random.random() < 0.3 else ""
        return f"[{self.space(True)}{inner}{comma}{self.space(True)}]", ("tuple", *[shape for _, shape in parts])

    def object(self, depth: int, lines: bool) -> tuple[str, Shape]:
        text, items = "{" + self.random.choice(["", " ", "\n"]), []
        for at in range(self.random.randint(0, 3)):
            key = f"k{at}"
            value, shape = self.expression(depth, False)
            spelled = self.random.choice([key, f'"{key}"'])
            text += f"{spelled}{self.random.choice([' = ', '=', ' : ', ': '])}{value}"
            text += self.random.choice([",", ", ", "\n", " # c\n", ",\n"])
            items.append((key, shape))
        return text + "}", ("object", *items)

    def call(self, depth: int, lines: bool) -> tuple[str, Shape]:
        parts = self._many(depth, True)
        spread = bool(parts) and self.random.random() < 0.2
        inner = ("," + self.space(True)).join(text + self.space(True) for text, _ in parts)
        name = self.random.choice(["f", "provider::x::f"])
        dots = "..." if spread else ""
        return f"{name}({self.space(True)}{inner}{dots})", ("call", name, spread, *[shape for _, shape in parts])

    def binary(self, depth: int, lines: bool) -> tuple[str, Shape]:
        operator = self.random.choice(sorted(LEVELS))
        left, left_shape = self.grouped(depth, True)
        right, right_shape = self.grouped(depth, True)
        return f"{left} {operator} {right}", ("binary", operator, left_shape, right_shape)

    def conditional(self, depth: int, lines: bool) -> tuple[str, Shape]:
        texts, shapes = zip(*(self.grouped(depth, True) for _ in range(3)), strict=True)
        return f"{texts[0]} ? {texts[1]} : {texts[2]}", ("conditional", *shapes)

    def unary(self, depth: int, lines: bool) -> tuple[str, Shape]:
        operator = self.random.choice("-!")
        text, shape = self.grouped(depth, True)
        return operator + text, ("unary", operator, shape)

    def grouped(self, depth: int, lines: bool) -> tuple[str, Shape]:
        text, shape = self.expression(depth, True)
        return f"({self.space(True)}{text}{self.space(True)})", shape

    def template(self, depth: int, lines: bool) -> tuple[str, Shape]:
        text, shape = self.expression(depth, True)
        # “$” right before “${” would make an escape of it.
        before = self.random.choice([each for each in TEXTS if each and each[-1] not in "$%"])
        after = self.random.choice(TEXTS[1:])
        spelled = quoted(before)[:-1] + "${" + self.space(True) + text + self.space(True) + "}" + quoted(after)[1:]
        return spelled, ("template", before, shape, after)

    def for_tuple(self, depth: int, lines: bool) -> tuple[str, Shape]:
        collection, collection_shape = self.expression(depth, True)
        result, result_shape = self.expression(depth, True)
        condition, condition_shape = self.expression(depth, True)
        with_condition = self.random.random() < 0.5
        tail = f"{self.space(True)} if {condition}" if with_condition else ""
        text = f"[for {self.space(True)}k, v in {collection} : {result}{tail}{self.space(True)}]"
        return text, ("for", collection_shape, result_shape, condition_shape if with_condition else None)

    def for_object(self, depth: int, lines: bool) -> tuple[str, Shape]:
        collection, collection_shape = self.expression(depth, True)
        key, key_shape = self.expression(depth, True)
        result, result_shape = self.expression(depth, True)
        group = self.random.random() < 0.3
        text = (
            f"{{{self.space(True)}for v in {collection} : {key} => {result}{'...' if group else ''}{self.space(True)}}}"
        )
        return text, ("for object", collection_shape, key_shape, result_shape, group)

    def splat(self, depth: int, lines: bool) -> tuple[str, Shape]:
        base, shape = self.grouped(depth, True)
        star = self.random.choice(["[*]", ".*"])
        return f"{base}{star}.name", ("splat", shape, ("access", ("item",), ("name",)))

    def index(self, depth: int, lines: bool) -> tuple[str, Shape]:
        base, shape = self.grouped(depth, True)
        key, key_shape = self.expression(depth, True)
        return f"{base}[{self.space(True)}{key}{self.space(True)}].n", ("access", shape, (key_shape, "n"))

    def body(self, depth: int) -> tuple[str, Shape]:
        text, attributes, blocks = "", [], []
        for at in range(self.random.randint(0, 3)):
            value, shape = self.expression(3, False)
            before, after = self.random.choice(["", "  ", "# c\n"]), self.random.choice(["", " ", " # c"])
            text += f"{before}n{at} = {value}{after}\n"
            attributes.append((f"n{at}", shape))
        for _ in range(self.random.randint(0, 2) if depth else 0):
            inner, shape = self.body(depth - 1)
            labels = [self.random.choice(["one", "two"]) for _ in range(self.random.randint(0, 2))]
            text += f"block {' '.join(f'{chr(34)}{label}{chr(34)}' for label in labels)} {{\n{inner}}}\n"
            blocks.append((tuple(labels), shape))
        return text, (tuple(attributes), tuple(blocks))


def quoted(value: str) -> str:
    """A string as HCL writes it."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"), ("${", "$${"), ("%{", "%%{")):
        value = value.replace(plain, escaped)
    return f'"{value}"'


def shape_of(node: Node) -> Shape:
    """A tree without places; a parenthesis leaves no trace."""
    if isinstance(node, Access):
        base = shape_of(node.base)
        if not node.steps:
            return base
        return ("access", base, tuple(step if isinstance(step, str) else shape_of(step) for step in node.steps))
    if isinstance(node, Literal):
        return ("literal", node.value)
    if isinstance(node, Reference):
        return ("reference", node.root, node.steps)
    if isinstance(node, Tuple):
        return ("tuple", *map(shape_of, node.elements))
    if isinstance(node, Object):
        return ("object", *[(item.key, shape_of(item.value)) for item in node.items])
    if isinstance(node, Call):
        return ("call", node.name, node.spread, *map(shape_of, node.arguments))
    if isinstance(node, Binary):
        return ("binary", node.operator, shape_of(node.left), shape_of(node.right))
    if isinstance(node, Conditional):
        return ("conditional", shape_of(node.condition), shape_of(node.then), shape_of(node.otherwise))
    if isinstance(node, Unary):
        return ("unary", node.operator, shape_of(node.operand))
    if isinstance(node, Template):
        return ("template", *[part if isinstance(part, str) else shape_of(part) for part in node.parts])
    if isinstance(node, ForTuple):
        condition = None if node.condition is None else shape_of(node.condition)
        return ("for", shape_of(node.collection), shape_of(node.result), condition)
    if isinstance(node, ForObject):
        return ("for object", shape_of(node.collection), shape_of(node.name), shape_of(node.result), node.group)
    if isinstance(node, Splat):
        return ("splat", shape_of(node.base), shape_of(node.each))
    assert isinstance(node, SplatItem)
    return ("item",)


def shape_of_body(body: Body) -> Shape:
    attributes = tuple((name, shape_of(attribute.value)) for name, attribute in body.attributes.items())
    return attributes, tuple((block.labels, shape_of_body(block.body)) for block in body.blocks)


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 2**63))
def test_what_is_printed_is_read_back(seed: int) -> None:
    text, shape = Writer(Random(seed)).body(3)
    body, errors = parse(Source("main.tf", text), 200)
    assert not errors, f"{errors[0]}\n{text}"
    assert shape_of_body(body) == shape, text


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**63))
def test_every_node_starts_where_its_text_starts(seed: int) -> None:
    text, _ = Writer(Random(seed)).body(1)
    body, _ = parse(Source("main.tf", text), 200)
    for name, attribute in body.attributes.items():
        assert text[attribute.start :].startswith(name)
        assert text[attribute.start : attribute.end].rstrip() == text[attribute.start : attribute.end]
        assert attribute.value.start >= attribute.start
