"""What is not decided: uncertain instances, open ends, partly known text, alternatives, and policies made of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from terraform_files import reading, resources, value_of

from soc2gate.model.text_json import Held, parse_json_text, spell_json
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Ref, Text, Unknown

UNSET = 'variable "x" {}\nvariable "l" {\n  type = list(string)\n}\n'
WHY = 'variable "x" has no default and no value was given'


def test_a_count_over_an_unknown_gives_one_uncertain_instance(tmp_path: Path) -> None:
    text = (
        UNSET
        + """
resource "aws_s3_bucket" "b" {
  count  = var.x ? 1 : 0
  bucket = "b-${count.index}"
}
resource "aws_s3_bucket_versioning" "v" {
  count  = var.x ? 1 : 0
  bucket = aws_s3_bucket.b[0].id
}
"""
    )
    found = resources(reading(tmp_path, text))
    assert list(found) == ["aws_s3_bucket.b[?]", "aws_s3_bucket_versioning.v[?]"]
    assert found["aws_s3_bucket.b[?]"].uncertain == f"count is not known: {WHY}"
    bucket = found["aws_s3_bucket_versioning.v[?]"].body["bucket"]
    assert isinstance(bucket, Unknown)
    assert bucket.ref == Ref("aws_s3_bucket.b[?]", "id")


def test_certain_instances_stand_beside_the_uncertain_ones(tmp_path: Path) -> None:
    text = UNSET + 'resource "x_y" "c" {\n  count = var.x ? 3 : 1\n}\n'
    text += 'resource "x_y" "e" {\n  for_each = merge({ a = 1 }, var.x)\n  v = each.value\n}\n'
    found = resources(reading(tmp_path, text))
    assert list(found) == ["x_y.c[0]", "x_y.c[?]", 'x_y.e["a"]', "x_y.e[?]"]
    assert not found["x_y.c[0]"].uncertain
    assert not found['x_y.e["a"]'].uncertain


def test_an_unknown_dynamic_block_is_an_open_end_with_what_is_known_of_it(tmp_path: Path) -> None:
    text = (
        UNSET
        + """
resource "aws_security_group" "s" {
  ingress {
    from_port = 80
  }
  dynamic "ingress" {
    for_each = var.l
    content {
      from_port   = 443
      cidr_blocks = [ingress.value]
    }
  }
}
"""
    )
    ingress = resources(reading(tmp_path, text))["aws_security_group.s"].body["ingress"]
    assert isinstance(ingress, OpenList)
    assert ingress.items == ({"from_port": 80},)
    (template,) = ingress.more
    assert isinstance(template, dict)
    assert template["from_port"] == 443


def test_conditionals_over_an_unknown_are_alternatives_unless_they_agree(tmp_path: Path) -> None:
    assert value_of(tmp_path, 'var.x ? "a" : "b"', UNSET) == Alternatives(("a", "b"), WHY)
    assert value_of(tmp_path, 'var.x ? "a" : "a"', UNSET) == "a"
    assert value_of(tmp_path, '"${var.x ? "a" : "b"}-c"', UNSET) == Alternatives(("a-c", "b-c"), WHY)
    assert value_of(tmp_path, "(var.x ? 1 : 2) > 0", UNSET) is True


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("false && var.x", False),
        ("var.x || true", True),
        ('length(concat(["a"], var.l)) > 0', True),
        ('length(concat(["a"], var.l)) == 0', False),
        ('contains(concat(["a"], var.l), "a")', True),
        ('"arn:${var.x}" == ""', False),
        ('startswith("arn:${var.x}", "arn:")', True),
        ('lookup(merge(var.x, { a = 1 }), "a", 2)', 1),
        ('aws_x.y.arn == ""', False),
        ("aws_x.y.id == null", False),
        ('coalesce(aws_x.y.name, "d") == ""', False),
        ("[for v in slice(var.l, 0, 2) : 1]", [1, 1]),
        ("[for k, v in { a = var.x } : k]", ["a"]),
        ('tolist(["b", "a"])[0]', "b"),
        ('substr("abc-${var.x}", 0, 3)', "abc"),
        ('replace("a-b", "_ID_", var.x)', "a-b"),
        ('startswith(replace("a-b-${var.x}", "a-", "c-"), "c-b")', True),
        ("can(1)", True),
    ],
)
def test_what_holds_for_every_value_is_known(tmp_path: Path, expression: str, value: object) -> None:
    assert value_of(tmp_path, expression, UNSET + 'resource "aws_x" "y" {}\n') == value


@pytest.mark.parametrize(
    "expression",
    [
        "var.x && true",
        'contains(concat(["a"], var.l), "b")',
        "length(var.l) > 0",
        'lookup(merge({ a = 1 }, var.x), "a", 2)',
        'coalesce(var.x, "d")',
        "can(tonumber(var.x))",
        'try(var.x.y, "d")',
        "var.l == []",
        'replace(var.x, "b", "c")',
        'replace("a-${var.x}", "/-/", "c")',
        'startswith(replace("a-b${var.x}", "bc", "d"), "a-b")',
        "timestamp()",
        "uuid()",
        "provider::x::y(1)",
        "path.cwd",
    ],
)
def test_what_some_value_would_change_is_not_known(tmp_path: Path, expression: str) -> None:
    assert isinstance(value_of(tmp_path, expression, UNSET), Unknown)


def test_a_placeholder_is_replaced_in_a_text_that_is_partly_known(tmp_path: Path) -> None:
    written = 'replace("${aws_x.y.arn}/_ID_/${aws_x.y.name}-", "_ID_", aws_x.y.id)'
    found = value_of(tmp_path, written, 'resource "aws_x" "y" {}\n')
    assert isinstance(found, Text)
    refs = [part if isinstance(part, str) else part.ref for part in found.parts]
    assert refs == [Ref("aws_x.y", "arn"), "/", Ref("aws_x.y", "id"), "/", Ref("aws_x.y", "name"), "-"]
    # Plain letters may stand in a name as well: it is then another name.
    found = value_of(tmp_path, 'replace("${aws_x.y.arn}/a-", "a", "b")', 'resource "aws_x" "y" {}\n')
    assert isinstance(found, Text)
    assert [part if isinstance(part, str) else part.ref for part in found.parts] == [None, "/b-"]


def test_try_keeps_the_reference_of_a_managed_resource(tmp_path: Path) -> None:
    found = value_of(tmp_path, 'try(aws_x.y.arn, "")', 'resource "aws_x" "y" {}\n')
    assert isinstance(found, Unknown)
    assert found.ref == Ref("aws_x.y", "arn")
    perhaps = value_of(tmp_path, 'try(aws_x.z[0].arn, "")', UNSET + 'resource "aws_x" "z" {\n  count = var.x\n}\n')
    assert isinstance(perhaps, Alternatives)


def test_a_policy_document_is_parsed_policy_with_unknown_leaves(tmp_path: Path) -> None:
    text = """
resource "aws_s3_bucket" "b" {}
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Base"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "p" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    effect    = "Deny"
    actions   = ["s3:A", "s3:B"]
    resources = [aws_s3_bucket.b.arn, "${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
resource "aws_s3_bucket_policy" "p" { policy = data.aws_iam_policy_document.p.json }
"""
    policy = resources(reading(tmp_path, text))["aws_s3_bucket_policy.p"].body["policy"]
    assert isinstance(policy, Text)
    document = parse_json_text(policy)
    assert isinstance(document, dict)
    statements = document["Statement"]
    assert isinstance(statements, list)
    first, second = statements
    assert first == {"Sid": "Base", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    assert isinstance(second, dict)
    assert second["Action"] == ["s3:B", "s3:A"]
    assert second["Principal"] == {"AWS": "*"}
    assert second["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    named = second["Resource"]
    assert isinstance(named, list)
    arn, objects = named
    assert isinstance(arn, Unknown)
    assert arn.ref == Ref("aws_s3_bucket.b", "arn")
    assert isinstance(objects, Text)
    assert str(objects) == "${aws_s3_bucket.b.arn}/*"


def test_an_unknown_source_document_leaves_the_known_statements(tmp_path: Path) -> None:
    text = (
        UNSET
        + """
data "aws_iam_policy_document" "p" {
  source_policy_documents = var.l
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "p" { policy = data.aws_iam_policy_document.p.json }
"""
    )
    policy = resources(reading(tmp_path, text))["aws_iam_policy.p"].body["policy"]
    assert isinstance(policy, Text)
    document = parse_json_text(policy)
    assert isinstance(document, dict)
    statements = document["Statement"]
    assert isinstance(statements, OpenList)
    assert statements.items == ({"Effect": "Allow", "Action": "*", "Resource": "*"},)
    assert statements.more


def test_json_in_a_heredoc_keeps_its_structure() -> None:
    hole = Unknown(WHY)
    text = Text(('{"a": "x-', hole, '", "b": "', hole, '", "c": ', hole, ', "d": ["\\"', hole, '"]}'))
    assert parse_json_text(text) == {"a": Text(("x-", hole)), "b": hole, "c": hole, "d": [Text(('"', hole))]}


def test_an_unknown_key_leaves_the_object_open() -> None:
    hole = Unknown(WHY)
    assert parse_json_text(Text(('{"a": 1, "', hole, ':sub": 2}'))) == OpenMap({"a": 1}, 2, WHY)


@pytest.mark.parametrize("text", ['{"a": ', "{]", "", "NaN", '{"a": 1} x'])
def test_what_is_not_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's own message
        parse_json_text(text)
    with pytest.raises(ValueError):  # noqa: PT011  # as above
        parse_json_text(Text((text or "x", Unknown(WHY))))


def test_json_comes_back_as_it_was_spelled() -> None:
    value = {
        "a": [1, "x<y", None, True],
        "b": Text(("p-", Unknown(WHY))),
        "c": Unknown(WHY),
        "d": OpenList((1,), (Unknown(WHY),), WHY),
        "e": Alternatives(("x", "y"), WHY),
    }
    spelled = spell_json(value)  # type: ignore[arg-type]  # a dict of these is a Value
    assert isinstance(spelled, Text)
    assert any(isinstance(part, Held) for part in spelled.parts)
    assert parse_json_text(spelled) == value


def test_yaml_with_an_unknown_leaf_is_text_known_around_it(tmp_path: Path) -> None:
    made = value_of(tmp_path, 'yamlencode({ a = [1, var.x], b = { c = "d" } })', UNSET)
    assert isinstance(made, Text)
    assert [part for part in made.parts if isinstance(part, str)] == ['"a":\n- 1\n-', '\n"b":\n  "c": "d"\n']


def test_yaml_of_an_open_collection_is_not_known_at_all(tmp_path: Path) -> None:
    assert isinstance(value_of(tmp_path, 'yamlencode({ a = toset(["k", var.x]) })', UNSET), Unknown)


def test_a_number_or_text_counts_the_same_and_a_declared_type_decides_which_it_is(tmp_path: Path) -> None:
    variables = 'variable "open" {}\nvariable "number" {\n  type = number\n}\nvariable "text" {\n  type = string\n}\n'
    assert isinstance(value_of(tmp_path, '(true ? 1 : var.open) == "1"', variables), Alternatives)
    assert value_of(tmp_path, '(true ? 1 : var.number) == "1"', variables) is False
    assert value_of(tmp_path, '(true ? 1 : var.text) == "1"', variables) is True
    found = resources(reading(tmp_path, variables + 'resource "x_y" "z" {\n  count = true ? 2 : var.open\n}\n'))
    assert [(address, each.uncertain) for address, each in found.items()] == [("x_y.z[0]", ""), ("x_y.z[1]", "")]


def test_numbers_in_a_list_with_something_of_unknown_type_may_be_text(tmp_path: Path) -> None:
    variables = 'variable "open" {}\nvariable "number" {\n  type = number\n}\n'
    assert isinstance(value_of(tmp_path, 'tolist([var.open, 1])[1] == "1"', variables), Alternatives)
    assert value_of(tmp_path, 'tolist([var.number, 1])[1] == "1"', variables) is False
    assert value_of(tmp_path, "[for port in tolist([var.open, 22]) : port + 0][1]", variables) == 22
    assert value_of(tmp_path, '"p-${tolist([var.open, 22])[1]}"', variables) == "p-22"
