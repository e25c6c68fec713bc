"""Hostile and broken input: refused by name, with its place, and soon."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from terraform_files import reading, resources, written

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.terraform import read
from soc2gate.model.resource import Span, Weight
from soc2gate.model.value import Unknown

DEEP = 10_000
GOOD = 'resource "x_y" "good" {}\n'


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n  a = " + "(" * DEEP + "1" + ")" * DEEP + "\n}\n",
        "locals {\n  a = " + "[" * DEEP + "1" + "]" * DEEP + "\n}\n",
        "locals {\n  a = " + "{a=" * DEEP + "1" + "}" * DEEP + "\n}\n",
        'resource "x_y" "bad" {\n' + "b {\n" * DEEP + "}\n" * DEEP + "}\n",
        "locals {\n  a = " + "!" * DEEP + "true\n}\n",
        "locals {\n  a = " + "true ? 1 : " * DEEP + "2\n}\n",
        "locals {\n  a = " + '"${' * DEEP + "1" + '}"' * DEEP + "\n}\n",
        'locals {\n  a = "' + "%{ if true }" * DEEP + "%{ endif }" * DEEP + '"\n}\n',
        "locals {\n  a = " + "abs(" * DEEP + "1" + ")" * DEEP + "\n}\n",
        "locals {\n  a = x" + "[*]" * DEEP + "\n}\n",
        "locals {\n" + "".join(f"  a{at} = local.a{at + 1}\n" for at in range(DEEP)) + f"  a{DEEP} = 1\n}}\n"
        'resource "x_y" "bad" {\n  v = local.a0\n}\n',
    ],
)
def test_deep_nesting_ends_in_a_clear_problem_within_a_second(tmp_path: Path, text: str) -> None:
    limit = sys.getrecursionlimit()
    began = time.process_time()
    found = reading(tmp_path, {"bad.tf": text, "good.tf": GOOD})
    assert time.process_time() - began < 1.5
    assert "x_y.good" in resources(found)
    broken = [problem for problem in found.problems if problem.weight is Weight.BROKEN]
    assert broken
    assert isinstance(broken[0].where, Span)
    assert broken[0].where.path == "bad.tf"
    assert sys.getrecursionlimit() == limit


def test_deep_json_ends_in_a_clear_problem(tmp_path: Path) -> None:
    found = reading(tmp_path, {"bad.tf.json": '{"locals": {"a": ' + "[" * DEEP + "]" * DEEP + "}}", "good.tf": GOOD})
    assert [problem.weight for problem in found.problems] == [Weight.BROKEN]
    assert "x_y.good" in resources(found)


def test_long_chains_of_operators_are_no_nesting(tmp_path: Path) -> None:
    found = reading(tmp_path, 'resource "x_y" "z" {\n  v = ' + "1 + " * DEEP + "1\n}\n")
    assert found.resources[0].body["v"] == DEEP + 1


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("range(1000000)", "range() of more than"),
        ("setproduct(range(1000), range(1000))", "setproduct() of more than"),
        ('format("%9999d", 1)', "format() wider than"),
        ("local.doubled", "a value of more than"),
        ("local.text", "a text of more than"),
    ],
)
def test_what_would_grow_without_end_is_refused_with_its_place(tmp_path: Path, expression: str, said: str) -> None:
    doubling = "".join(f"  d{at + 1} = [local.d{at}, local.d{at}]\n" for at in range(40))
    texts = "".join(f'  t{at + 1} = "${{local.t{at}}}${{local.t{at}}}"\n' for at in range(40))
    text = f'locals {{\n  d0 = [1]\n{doubling}  doubled = local.d40\n  t0 = "xx"\n{texts}  text = local.t40\n}}\n'
    found = reading(tmp_path, text + f'resource "x_y" "z" {{\n  v = {expression}\n  w = 1\n}}\n')
    assert found.resources[0].body["w"] == 1
    assert any(said in problem.message and problem.where for problem in found.problems)
    assert all(problem.weight is Weight.BROKEN for problem in found.problems)


def test_a_huge_count_is_refused(tmp_path: Path) -> None:
    found = reading(tmp_path, 'resource "x_y" "z" {\n  count = 1000000000\n}\n')
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert problem.where == Span("main.tf", 2, 3)


@pytest.mark.parametrize(
    "expression",
    ['file("/etc/passwd")', 'file("../secret")', 'templatefile("../../x", {})', 'fileexists("~/.ssh/id_rsa")',
     'fileset("..", "*")', 'filebase64("link")', 'file("folder/link/x")'],
)  # fmt: skip
def test_files_outside_the_scan_are_refused_by_name(tmp_path: Path, expression: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("secret")
    inside = written(tmp_path / "inside", {"main.tf": f'resource "x_y" "z" {{\n  v = {expression}\n}}\n'})
    (inside / "link").symlink_to(outside / "x")
    (inside / "folder").mkdir()
    (inside / "folder" / "link").symlink_to(outside)
    found = reading(inside, {})
    assert isinstance(found.resources[0].body["v"], Unknown)
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert problem.where == Span("main.tf", 2, 3)
    assert expression.split('"')[1] in problem.message


@pytest.mark.parametrize("source", ["../outside", "/tmp", "./link"])
def test_module_sources_outside_the_scan_are_refused_by_name(tmp_path: Path, source: str) -> None:
    written(tmp_path / "outside", {"main.tf": 'resource "x_y" "secret" {}\n'})
    inside = written(tmp_path / "inside", {"main.tf": f'module "m" {{\n  source = "{source}"\n}}\n'})
    (inside / "link").symlink_to(tmp_path / "outside")
    found = reading(inside, {})
    assert not found.resources
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert "module “m”" in problem.message or 'module "m"' in problem.message
    assert found.unread


def test_a_missing_file_is_a_gap(tmp_path: Path) -> None:
    found = reading(tmp_path, 'resource "x_y" "z" {\n  v = file("built/later.zip")\n}\n')
    (problem,) = found.problems
    assert problem.weight is Weight.GAP
    assert "built/later.zip" in problem.message


def test_a_module_that_calls_itself_is_refused(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n' + GOOD,
        "m/main.tf": 'module "again" {\n  source = "../m"\n}\n',
    }
    found = reading(tmp_path, files)
    assert "x_y.good" in resources(found)
    assert "calls itself" in found.problems[0].message


def test_a_pattern_that_would_take_for_ever_is_not_tried(tmp_path: Path) -> None:
    began = time.process_time()
    text = 'resource "x_y" "z" {\n  a = can(regex("(a+)+$", "' + "a" * 60 + '!"))\n'
    text += '  b = can(regex("' + "(.*)" * 12 + 'x", "' + "a" * 300 + '!"))\n}\n'
    found = reading(tmp_path, text)
    assert time.process_time() - began < 2
    assert len(found.resources) == 1


def test_a_value_that_does_not_fit_its_type_is_a_gap(tmp_path: Path) -> None:
    text = 'variable "n" {\n  type    = number\n  default = "many"\n}\nresource "x_y" "z" {\n  v = var.n\n}\n'
    found = reading(tmp_path, text)
    assert [problem.weight for problem in found.problems] == [Weight.GAP]
    assert isinstance(found.resources[0].body["v"], Unknown)


def test_a_missing_variables_file_is_broken(tmp_path: Path) -> None:
    found = reading(tmp_path, GOOD, ReadOptions(var_files=("prod.tfvars",)))
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert problem.where == Span("prod.tfvars", 1)


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    from terraform_oracle import root_of

    written(tmp_path, 'variable "x" {}\nresource "a_b" "c" {\n  v = { b = var.x, a = toset(["z", "y"]) }\n}\n')
    first = read(root_of(tmp_path, tmp_path), tmp_path, ReadOptions())
    second = read(root_of(tmp_path, tmp_path), tmp_path, ReadOptions())
    assert repr(first.resources[0].body) == repr(second.resources[0].body)


def test_a_set_of_files_that_a_link_or_its_pattern_leads_out_of_is_not_known_to_be_empty(tmp_path: Path) -> None:
    written(tmp_path, {"outside/secret.txt": "x", "root/inside/a.txt": "y"})
    (tmp_path / "root" / "linked").symlink_to(tmp_path / "outside")
    text = 'resource "x_y" "z" {\n  up = fileset(".", "../outside/*")\n  through = fileset(".", "linked/*")\n'
    text += '  all = fileset(".", "**")\n  here = fileset(".", "*.tf")\n  in = fileset("inside", "*")\n}\n'
    body = resources(reading(tmp_path, {"root/main.tf": text}, root="root"))["x_y.z"].body
    for name in ("up", "through", "all"):
        value = body[name]
        assert isinstance(value, Unknown), name
        assert "lead" in value.reason or "link" in value.reason
    assert (body["here"], body["in"]) == (["main.tf"], ["a.txt"])
