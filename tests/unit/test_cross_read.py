"""A second reader of HCL: silent where both see the same, loud where they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from soc2gate.cli import run
from soc2gate.declared.terraform.cross_read import SecondReader, cross_read

TEXT = """\
# a comment
resource "aws_x" "b" {
  name  = "a${var.x}"
  plain = "say \\"hi\\"\\tand \\u00e9"
  n     = -1
  big   = 1.50
  on    = true
  none  = null
  list  = ["a", 2, [1], var.y]
  map   = { a = 1, "b c" = "x", (var.k) = 2, "${var.z}" = 3 }
  text  = <<-EOT
    hi
  EOT
  rule { port = 22 }
  rule { port = 443 }
  dynamic "more" {
    for_each = var.a
    content { a = [[1, 2]] }
  }
}
locals { a = "x" }
locals { b = 2 }
"""


class Other(SecondReader):
    """A reader that gives what the test says."""

    def __init__(self, answer: dict[str, Any] | str) -> None:
        self.answer = answer
        self.name = "other 1"

    def read(self, text: str) -> dict[str, Any] | str:
        return self.answer


def told(text: str, answer: dict[str, Any] | str) -> list[tuple[int, str]]:
    return [(found.line, found.message) for found in cross_read("main.tf", text, Other(answer))]


@pytest.mark.oracle
def test_python_hcl2_sees_what_we_see() -> None:
    second = SecondReader()
    assert "python-hcl2" in second.name
    assert cross_read("main.tf", TEXT, second) == []
    answer = second.read(TEXT)
    assert isinstance(answer, dict)
    (found,) = cross_read("main.tf", TEXT, Other({**answer, "extra": [{}]}))
    assert found.message == "extra: only the second reader sees it"


SMALL = 'resource "aws_x" "b" {\n  name = "x"\n  ports = [22]\n  tags = { a = "b" }\n  rule { n = 1 }\n}\n'
PLAIN: dict[str, Any] = {
    "resource": [{"aws_x": {"b": {"name": "x", "ports": [22], "tags": {"a": "b"}, "rule": [{"n": 1}]}}}]
}
FORK: dict[str, Any] = {
    "resource": [
        {
            "aws_x": {
                "b": {
                    "name": ["x"],
                    "ports": [[22]],
                    "tags": [{"a": "b"}],
                    "rule": [{"n": [1], "__start_line__": 5}],
                    "__start_line__": 1,
                    "__end_line__": 6,
                }
            }
        }
    ]
}


@pytest.mark.parametrize("answer", [PLAIN, FORK], ids=["older python-hcl2", "checkov's fork"])
def test_other_shapes_of_the_same_are_the_same(answer: dict[str, Any]) -> None:
    assert told(SMALL, answer) == []


def changed(**arguments: Any) -> dict[str, Any]:
    body = {**PLAIN["resource"][0]["aws_x"]["b"], **arguments}
    return {"resource": [{"aws_x": {"b": {name: value for name, value in body.items() if value is not ...}}}]}


@pytest.mark.parametrize(
    ("answer", "line", "message"),
    [
        (changed(name="y"), 2, "name: 'x', and 'y' for the second reader"),
        (changed(name=...), 2, "name: the second reader does not see it"),
        (changed(ports=[22, 23]), 3, "ports: 1 elements, and a list of 2"),
        (changed(ports=[True]), 3, "ports[0]: 22, and True"),
        (changed(tags={"c": "b"}), 4, "does not see the key “a”"),
        (changed(tags="b"), 4, "tags: an object, and 'b'"),
        (changed(tags={}), 4, "1 keys, and 0"),
        (changed(rule=[{"n": 1}, {"n": 1}]), 5, "rule: 1 blocks, and 2"),
        (changed(rule=[{"n": 2}]), 5, "n: 1, and 2"),
        ({"resource": [{"aws_y": {"b": {}}}]}, 1, "the label “aws_x” is aws_y"),
        ({}, 1, "resource: 1 blocks, and 0"),
        ("UnexpectedToken: at line 1", 1, "we read it, and the second reader does not: UnexpectedToken"),
    ],
)
def test_a_difference_names_its_line_and_both_readings(answer: dict[str, Any] | str, line: int, message: str) -> None:
    ((found, text),) = told(SMALL, answer)
    assert found == line
    assert message in text


def test_a_file_that_only_the_other_reads_is_a_difference_and_one_that_neither_reads_is_none() -> None:
    broken = 'resource "a" {\n  x = = 1\n}\n'
    ((line, message),) = told(broken, {})
    assert line == 2
    assert message.startswith("the second reader reads it, and we do not")
    assert told(broken, "UnexpectedToken") == []


@pytest.mark.oracle
def test_the_command_leaves_with_3_on_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(TEXT, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["doctor", "--cross-read", "."]) == 0
    assert "1 file read by soc2gate" in (out := capsys.readouterr().out)
    assert "python-hcl2" in out
    monkeypatch.setattr(SecondReader, "read", lambda self, text: {})
    assert run(["doctor", "--cross-read", "main.tf"]) == 3
    assert "main.tf:2: resource: 1 blocks, and 0 for the second reader" in capsys.readouterr().out
    assert run(["doctor", "--cross-read", "nowhere"]) == 2


def test_doctor_tells_versions_and_extras(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("soc2gate ")
    assert "msgspec" in out
    assert "extra hcl" in out


JSON_FORM = """{
  "//": "a comment",
  "resource": {"aws_x": {"a": [
    {"name": "n${var.x}", "plain": "p", "size": 1.50, "on": true, "tags": {"k": "v"},
     "rule": [{"port": 1}, {"port": 2}]},
    {"name": "two", "list": [1, "b", null]}
  ], "b": {"one": {"deep": {"er": 1}}}}},
  "locals": {"k": "x", "l": [1, {"a": 2}]},
  "variable": {"v": {"type": "string", "default": 7}},
  "module": [{"m": {"source": "./m"}}]
}"""


@pytest.mark.parametrize(
    ("name", "text"), [("main.tf.json", JSON_FORM), ("x.tfvars.json", '{"a": [1, {"b": "c"}], "d": 1e3, "e": null}')]
)
def test_the_json_form_is_read_as_pythons_reader_reads_it(name: str, text: str) -> None:
    assert cross_read(name, text, Other("never asked")) == []


def test_a_difference_in_the_json_form_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's reader is given another text than ours: everything that was changed is told."""
    import json

    changed = JSON_FORM
    for old, new in (
        ('"p"', '"q"'),
        (', {"port": 2}', ""),
        ('"l": [1, ', '"l": ['),
        ('"m": {', '"n": {'),
        ("1.50", "2"),
    ):
        assert old in changed
        changed = changed.replace(old, new)
    seen = json.loads(changed)
    monkeypatch.setattr(json, "loads", lambda text: seen)
    told = [found.message for found in cross_read("main.tf.json", JSON_FORM, Other("never asked"))]
    for said in ("aws_x a.plain", "aws_x a.rule", "aws_x a.size", "locals.l", "module n", "module m"):
        assert any(said in message for message in told), (said, told)


def test_doctor_reads_json_files_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf.json").write_text(JSON_FORM, encoding="utf-8")
    assert run(["doctor", "--cross-read", str(tmp_path)]) == 0
    assert "1 file read by soc2gate" in capsys.readouterr().out
