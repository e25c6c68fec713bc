"""HCL's native syntax: what is read, where it stands, and how well an error says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from terraform_files import reading, resources, value_of

from soc2gate.declared.terraform.hcl import parse
from soc2gate.declared.terraform.tree import Block, Source
from soc2gate.model.resource import Span, Weight


def test_every_block_attribute_and_list_element_knows_its_place(tmp_path: Path) -> None:
    text = """# first line
resource "aws_security_group" "ssh" {
  name = "ssh"

  ingress {
    cidr_blocks = [
      "10.0.0.0/8",
      "0.0.0.0/0",
    ]
  }
  tags = {
    Name = "x"
  }
}
"""
    resource = resources(reading(tmp_path, text))["aws_security_group.ssh"]
    assert resource.where == Span("main.tf", 2, 1, 14)
    assert resource.places["name"] == Span("main.tf", 3, 3)
    assert resource.places["ingress[0]"] == Span("main.tf", 5, 3, 10)
    assert resource.places["ingress[0].cidr_blocks"] == Span("main.tf", 6, 5, 9)
    assert resource.places["ingress[0].cidr_blocks[1]"] == Span("main.tf", 8, 7)
    assert resource.places["tags.Name"] == Span("main.tf", 12, 5)


def test_places_inside_jsonencode_follow_the_json(tmp_path: Path) -> None:
    text = """resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Statement = [
      { Action = "*" },
      { Action = ["a",
                  "b"] },
    ]
  })
}
"""
    places = resources(reading(tmp_path, text))["aws_iam_policy.p"].places
    assert places["policy.Statement[0].Action"] == Span("main.tf", 4, 9)
    assert places["policy.Statement[1].Action[1]"] == Span("main.tf", 6, 19)


def test_a_file_with_crlf_and_a_byte_order_mark_reads_like_any_other(tmp_path: Path) -> None:
    text = '\ufeffresource "a_b" "c" {\r\n  x = "y" # note\r\n  z = <<-E\r\n    one\r\n    E\r\n}\r\n'
    resource = resources(reading(tmp_path, text))["a_b.c"]
    assert resource.body == {"x": "y", "z": "one\r\n"}
    assert resource.places["z"] == Span("main.tf", 3, 3, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\tb\\u00e9\\U0001F600\\"\\\\"', 'a\tbé😀"\\'),
        ('"$${x} %%{y} 100%"', "${x} %{y} 100%"),
        ("<<E\na\n  b\nE", "a\n  b\n"),
        ("<<-E\n    a\n      b\n\n    c\n  E", "a\n  b\n\nc\n"),
        ('"%{ for x in ["a", "b"] ~}  ${x},  %{~ endfor }"', "a,b,"),
        ("<<E\n%{ if true ~}\n  yes\n%{ else }no%{ endif ~}\nE", "  yes\n"),
        ('"${"${"deep"}"}"', "deep"),
        ("1.5e3", 1500),
        ('[for i, x in ["a", "b"] : "${i}${x}" if x != "a"]', ["1b"]),
        ('{for x in ["a", "bb", "cc"] : length(x) => x...}', {"1": ["a"], "2": ["bb", "cc"]}),
        ("[{a = [1, 2]}, {a = [3]}][*].a[0]", [1, 3]),
        ("[{a = 1}].*.a", [1]),
        ("[[1, 2], [3]][0][1]", 2),
        ("true ? false ? 1 : 2 : 3", 2),
        ("-2 * 3 + 10 % 4", -4),
        ('{ a = 1, "b" : 2, ("c") = 3 }', {"a": 1, "b": 2, "c": 3}),
        ("max([1, 5, 3]...)", 5),
        ("(1 /* in */ +\n 2)", 3),
    ],
)
def test_expressions_mean_what_terraform_says(tmp_path: Path, text: str, value: object) -> None:
    assert value_of(tmp_path, text) == value


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ('a "b" "c" {\n  x = \n}\n', 2, 7, "expected an expression, found the end of the line"),
        ('a "b" "c" {\n  x = "y\n}\n', 2, 7, "not closed"),
        ('a "b" "c" {\n  x = [1, 2\n}\n', 3, 1, "expected “]” or “,” after an element of the list, found “}”"),
        ('a "b" "c" {\n  x = 1 y = 2\n}\n', 2, 9, "expected the end of the line after the value of “x”, found “y”"),
        ("a {\n  x = 1\n  x = 2\n}\n", 3, 3, "“x” is set twice: expected it only once, found it first on line 2"),
        ("a {\n", 2, 1, "expected “}” to close the block, found the end of the file"),
        ("a\n{\n}\n", 1, 2, "expected “=” or “{” after “a”, found the end of the line"),
        ("a { b = 1, c = 2 }\n", 1, 10, "expected “}” to close the block “a”, found “,”"),
        ("a {\n  x = 'y'\n}\n", 2, 7, "found the character “'”"),
        ('a {\n  x = "\\q"\n}\n', 2, 8, "“\\q” is not an escape sequence"),
        ("a {\n  x = <<E\n", 2, 7, "expected a line “E”"),
        ('a {\n  x = upper("y"\n}\n', 3, 1, "to close the call of “upper”"),
        ("}\n", 1, 1, "nothing to close"),
        ('a {\n  x = "${1"\n}\n', 2, 11, "expected"),
        ("/* never\n", 1, 1, "never closed"),
        ("a {\n  x = y.0.1\n}\n", 2, 9, "whole number as an index"),
        ("a {\n  x = 1 = 2\n}\n", 2, 9, "found “=”"),
    ],
)
def test_an_error_names_line_column_what_stood_there_and_what_was_expected(
    text: str, line: int, column: int, said: str
) -> None:
    _, errors = parse(Source("main.tf", text), 200)
    assert said in errors[0].message
    assert (errors[0].line, errors[0].column) == (line, column)


def test_a_broken_block_does_not_hide_the_other_blocks_or_files(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        {
            "a.tf": 'resource "x_a" "one" {}\nresource "x_a" "bad" {\n  y = [1\n}\n\nresource "x_a" "two" {}\n',
            "b.tf": 'resource "x_b" "three" {}\n',
        },
    )
    assert sorted(resources(found)) == ["x_a.one", "x_a.two", "x_b.three"]
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert problem.where == Span("a.tf", 4, 1)
    assert found.unread


def test_an_unclosed_block_loses_only_itself(tmp_path: Path) -> None:
    found = reading(tmp_path, 'resource "x_a" "bad" {\n  y = 1\n\nresource "x_a" "good" {\n  y = 2\n}\n')
    assert list(resources(found)) == ["x_a.good"]
    assert [problem.weight for problem in found.problems] == [Weight.BROKEN]


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.tf").write_bytes(b'resource "x_a" "b" {\n  y = "\xff"\n}\n')
    found = reading(tmp_path, {"good.tf": 'resource "x_a" "c" {}\n'})
    assert list(resources(found)) == ["x_a.c"]
    assert found.problems[0].where == Span("bad.tf", 2, 8)


def test_labels_may_be_words_or_strings_with_escapes() -> None:
    body, errors = parse(Source("x", 'a b "c\\"d" {}\n'), 200)
    assert not errors
    block: Block = body.blocks[0]
    assert block.labels == ("b", 'c"d')
