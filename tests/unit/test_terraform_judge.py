"""Real Terraform judges what is made at random: expressions with every function, and whole roots.

Addresses must be equal; a value we call known must be Terraform's, in its type; what we leave open although Terraform
is certain is counted, and the share stands at the end of the test run. SOC2GATE_EXPLORE=1 judges other cases each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import pytest
from terraform_grammar import EDGES, NAMES, conversion, expression
from terraform_oracle import differences, plan, root_of, unplannable
from terraform_order import fits

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.terraform import read
from soc2gate.declared.terraform.values import first_special
from soc2gate.model.value import as_json

pytestmark = pytest.mark.oracle

EXPLORING = bool(os.environ.get("SOC2GATE_EXPLORE"))
MOST_UNKNOWN = 0.01
Record = Callable[[str, object], None]


def seed(number: int) -> int:
    """The same cases in every run, unless somebody looks further."""
    return SystemRandom().getrandbits(48) if EXPLORING else number


@pytest.mark.parametrize("batch", range(4))
def test_generated_expressions_have_terraforms_values(batch: int, tmp_path: Path, record_property: Record) -> None:
    first = seed(batch * 1000)
    expressions = []
    for number in range(first, first + 1000):
        random = Random(number)
        expressions.append(expression(random, random.choice("snblm"), random.randint(1, 3), EDGES, "local."))
    infinite = unplannable(expressions, tmp_path, NAMES)
    judged = [text for at, text in enumerate(expressions) if at not in infinite]
    assert len(judged) > 980
    open_ones: list[str] = []
    wrong, undecided = differences(judged, tmp_path, NAMES, open_ones)
    record_property("judged by Terraform", [len(judged) - undecided - len(wrong), undecided, len(wrong)])
    assert not wrong, f"seed {first}:\n" + "\n".join(wrong)
    assert undecided / len(judged) < MOST_UNKNOWN, f"seed {first}:\n" + "\n".join(open_ones)


def test_generated_values_become_terraforms_in_any_type(tmp_path: Path, record_property: Record) -> None:
    first = seed(0)
    judged = [conversion(Random(number)) for number in range(first, first + 1000)]
    wrong, undecided = differences(judged, tmp_path, NAMES)
    record_property("judged by Terraform", [len(judged) - undecided - len(wrong), undecided, len(wrong)])
    assert not wrong, f"seed {first}:\n" + "\n".join(wrong)
    assert undecided / len(judged) < MOST_UNKNOWN


class _Maker:
    """A root made at random: resources and modules, repeated in every way, that pass values to each other."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def made(self, kind: str, depth: int = 2) -> str:
        return f'try({expression(self.random, kind, depth, names="local.")}, "failed")'

    def repeated(self) -> tuple[str, list[str]]:
        """A `count` or `for_each`, and what may be said of it inside."""
        form = self.random.randrange(5)
        if form == 0:
            number = expression(self.random, "n", 2, names="local.")
            return f"  count = try(max(0, min(3, floor({number}))), 1)\n", ["count.index", '"i${count.index}"']
        if form == 1:
            elements = expression(self.random, "l", 2, names="local.")
            return (
                f"  for_each = try(toset([for x in {elements} : tostring(x) if x != null]), toset([]))\n",
                ["each.key", "each.value", '"%{ for c in split("", each.key) }${c}.%{ endfor }"'],
            )
        if form == 2:
            pairs = expression(self.random, "m", 2, names="local.")
            return f"  for_each = try({{ for k, v in {pairs} : k => jsonencode(v) }}, {{}})\n", [
                "each.key",
                "each.value",
            ]
        return "", ["1"]

    def resources(self, names: list[str]) -> str:
        text = ""
        for at in range(self.random.randint(1, 4)):
            head, inside = self.repeated()
            parts = [self.random.choice(inside), self.made("s"), self.made(self.random.choice("nblm"))]
            if names:
                parts.append(self.random.choice(names))
            text += f'resource "terraform_data" "r{at}" {{\n{head}  input = [{", ".join(parts)}]\n}}\n'
            names.append(f"jsonencode([for x in flatten([terraform_data.r{at}[*].input]) : x])" if not head else "null")
        return text

    def module(self, folder: Path, depth: int) -> None:
        """A module with inputs of several types, resources, outputs, and modules of its own."""
        folder.mkdir()
        text = NAMES
        for name, type_, default in (
            ("a", "string", '"d"'),
            ("b", "list(string)", '["x"]'),
            ("c", "object({ k = optional(number, 3), l = optional(list(bool), [true]) })", "{}"),
        ):
            text += f'variable "{name}" {{\n  type = {type_}\n  default = {default}\n}}\n'
        text += self.body(folder, depth, ["var.a", "var.b", "var.c", "var.c.k", 'join("-", var.b)'])
        text += f'output "one" {{\n  value = {self.made("s")}\n}}\n'
        text += 'output "two" {\n  value = { a = var.a, n = length(var.b), k = var.c.k }\n}\n'
        (folder / "main.tf").write_text(text, encoding="utf-8")

    def body(self, folder: Path, depth: int, names: list[str]) -> str:
        text = self.resources(names)
        for at in range(self.random.randint(1, 2) if depth else 0):
            self.module(folder / f"m{at}", depth - 1)
            head, inside = self.repeated()
            given = self.random.choice(inside)
            text += f'module "m{at}" {{\n  source = "./m{at}"\n{head}  a = try(tostring({given}), "t")\n'
            text += f"  b = try([for x in {expression(self.random, 'l', 1, names='local.')} : tostring(x)], [])\n"
            text += f"  c = {self.random.choice(['{}', '{ k = 7 }', '{ l = [false] }', '{ k = null }'])}\n}}\n"
            text += f'resource "terraform_data" "of_m{at}" {{\n  input = jsonencode(module.m{at})\n}}\n'
        return text


def _instances(module: dict[str, Any]) -> dict[str, Any]:
    found = {each["address"]: each["values"].get("input") for each in module.get("resources", [])}
    for child in module.get("child_modules", []):
        found.update(_instances(child))
    return found


@pytest.mark.parametrize("number", range(12))
def test_generated_roots_have_terraforms_instances_and_values(
    number: int, tmp_path: Path, record_property: Record
) -> None:
    first = seed(number)
    maker = _Maker(Random(first))
    maker.module(tmp_path / "root", 2)
    root = tmp_path / "root"
    theirs = _instances(plan(root)["planned_values"]["root_module"])
    found = read(root_of(root, root), root, ReadOptions())
    ours = {resource.address: resource.body.get("input") for resource in found.resources}
    assert sorted(ours) == sorted(theirs), f"seed {first}"
    wrong = []
    undecided = 0
    for address, value in ours.items():
        if first_special(value) is not None:
            undecided += 1
            if not fits(value, theirs[address]):
                wrong.append(f"{address}: {as_json(value)} {theirs[address]}")
        elif as_json(value) != theirs[address]:
            wrong.append(f"{address}: {as_json(value)} {theirs[address]}")
    record_property("judged by Terraform", [len(ours) - undecided - len(wrong), undecided, len(wrong)])
    assert not wrong, f"seed {first}:\n" + "\n".join(wrong)
    assert undecided <= max(1, len(ours) // 20)
