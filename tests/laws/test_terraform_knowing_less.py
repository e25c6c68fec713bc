"""Knowing less never changes what is known: an expression over unknowns gives a value that allows the real one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from terraform_order import fits

from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.hcl import parse_expression
from soc2gate.declared.terraform.scope import Context, Scope
from soc2gate.declared.terraform.tree import Source, Step
from soc2gate.declared.terraform.values import STRING, EvaluationError, TfList, TfMap, TfSet, Val, opened, plain
from soc2gate.errors import RefusedError
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, as_json

REAL: dict[str, Val] = {
    "s": "arn:aws:s3:::b",
    "e": "",
    "n": 3,
    "b": True,
    "f": False,
    "t": ["x", "y", "x"],
    "l": TfList(["p", "", "q"], STRING),
    "u": TfSet(["g", "h"], STRING),
    "m": TfMap({"a": "1", "k": "2"}, STRING),
    "o": {"a": "v", "list": ["i"], "flag": True},
    "z": None,
}
WHY = "a reason"
VAGUE: dict[str, list[Val]] = {
    "s": [Text(("arn:", Unknown(WHY))), Unknown(WHY, not_null=True), Alternatives(("x", "arn:aws:s3:::b"), WHY)],
    "n": [Alternatives((3, 0), WHY)],
    "b": [Alternatives((True, False), WHY)],
    "t": [["x", Unknown(WHY), "x"], OpenList(("x",), ("y", "x"), WHY), OpenList((), (Unknown(WHY),), WHY)],
    "l": [OpenList(("q",), (Unknown(WHY),), WHY), Alternatives((["p", "", "q"], []), WHY)],
    "u": [OpenList(("g",), (Unknown(WHY),), WHY)],
    "m": [OpenMap({"k": "2"}, Unknown(WHY), WHY), {"a": Unknown(WHY), "k": "2"}],
    "o": [{"a": "v", "list": Unknown(WHY), "flag": Unknown(WHY)}, OpenMap({"a": "v"}, Unknown(WHY), WHY)],
}


class _Nothing:
    def resolve(self, root: str, steps: tuple[Step, ...], scope: Scope) -> tuple[Val, int]:
        raise EvaluationError(f"no {root}")


GRAMMAR: dict[str, tuple[str, ...]] = {
    "s": (
        '"x"',
        '"arn:"',
        '""',
        "s",
        "e",
        "s",
        "o.a",
        "z",
        '"${{s}}-${{s}}"',
        '"${{n}}"',
        "({b} ? {s} : {s})",
        "upper({s})",
        'trimprefix({s}, "arn:")',
        'trimprefix({s}, "x")',
        'trimsuffix({s}, ":b")',
        "trimspace({s})",
        "substr({s}, 0, 2)",
        "substr({s}, 0, -1)",
        "substr({s}, {n}, 3)",
        'replace({s}, "a", {s})',
        'format("%s/%s", {s}, {n})',
        'format("%v", {l})',
        "join({s}, {l})",
        'coalesce({s}, {s}, "d")',
        "try({s}, {s})",
        "try({l}[5], {s})",
        'lookup({m}, "a", {s})',
        'lookup({m}, "q", {s})',
        "lookup({m}, s, {s})",
        "element({l}, {n})",
        "{l}[0]",
        "{l}[1]",
        "{l}[n]",
        '{m}["a"]',
        "{m}[s]",
        "one(slice({l}, 0, 1))",
        "one([for x in {l} : x if x == {s}])",
        "jsonencode({s})",
        "jsonencode({l})",
        "jsonencode({m})",
        "jsonencode([{b}, {n}])",
        "jsondecode(jsonencode({{q = {s}}})).q",
        "jsondecode(jsonencode([{l}]))[0][0]",
        "yamlencode({l})",
        "tostring({n})",
        "tostring({b})",
        '"%{{ if {b} }}y%{{ else }}${{s}}%{{ endif }}"',
        '"%{{ for x in {l} }}${{x}},%{{ endfor }}"',
        "sha1({s})",
        "title({s})",
        "trim({s}, {s})",
        'regex("[a-z]+", {s})',
    ),
    "n": (
        "0",
        "1",
        "n",
        "2.5",
        "({n} + {n})",
        "({n} * {n})",
        "({n} - {n})",
        "({b} ? {n} : {n})",
        "length({s})",
        "length({l})",
        "length({m})",
        "max({n}, {n})",
        "-{n}",
        "try(tonumber({s}), {n})",
        "try(index({l}, {s}), {n})",
        "floor({n})",
    ),
    "b": (
        "true",
        "false",
        "b",
        "f",
        "o.flag",
        "({s} == {s})",
        '({s} != "")',
        "({s} != null)",
        '({s} == "x")',
        "({l} == {l})",
        "({m} == {m})",
        "({l} == [])",
        "({n} < {n})",
        "({n} > {n})",
        "({n} <= {n})",
        "({n} == {n})",
        "({n} != {n})",
        "({b} && {b})",
        "({b} || {b})",
        "!{b}",
        "contains({l}, {s})",
        "startswith({s}, {s})",
        "endswith({s}, {s})",
        "strcontains({s}, {s})",
        "can({s})",
        "can({l}[1])",
        "can({m}.a)",
        "can(tonumber({s}))",
        "alltrue([{b}, {b}])",
        "anytrue([for x in {l} : x == {s}])",
        "({b} == {b})",
        "(length({l}) > 0)",
        "(length({m}) == 0)",
    ),
    "l": (
        "t",
        "l",
        "u",
        "[]",
        '["x"]',
        "t",
        "l",
        "o.list",
        "[{s}, {s}]",
        "concat({l}, {l})",
        '[for x in {l} : "${{x}}!"]',
        "[for x in {l} : x if x != {s}]",
        '[for i, x in {l} : "${{i}}" if {b}]',
        '[for k, v in {m} : "${{k}}=${{v}}"]',
        "{l}[*]",
        "{s}[*]",
        "z[*]",
        "compact({l})",
        "distinct({l})",
        "reverse({l})",
        "sort({l})",
        "slice({l}, 0, 1)",
        "slice({l}, 0, {n})",
        "flatten([{l}, [{l}]])",
        "tolist({l})",
        "toset({l})",
        "setunion({l}, {l})",
        "setsubtract({l}, {l})",
        "setintersection({l}, {l})",
        "keys({m})",
        "values({m})",
        'split(",", {s})',
        "coalescelist({l}, {l})",
        "try({l}, {l})",
        "({b} ? {l} : l)",
        'formatlist("%s.x", {l})',
        'formatlist("%s-%s", {l}, {s})',
        "chunklist({l}, 2)",
        "[for p in setproduct({l}, {l}) : p[0]]",
        "[for x in [{m}, {m}] : x.a]",
        "[{m}, {m}][*].a",
        "matchkeys({l}, {l}, {l})",
        "[for x in {l} : upper(x)]",
        "flatten([for k, v in {m} : [k, v]])",
        "jsondecode(jsonencode({l}))",
        "merge({m}, {m})[*]",
    ),
    "m": (
        "m",
        "o",
        "{{}}",
        "{{a = 1}}",
        "m",
        "{{a = {s}, c = {n}}}",
        "{{({s}) = {s}, w = 1}}",
        "{{w = 1, ({s}) = {s}}}",
        "merge({m}, {m})",
        "merge({m}, {{a = {s}}})",
        "merge({{a = {s}}}, {m}, z)",
        '{{for x in {l} : x => "v${{x}}"}}',
        "{{for x in {l} : x => x...}}",
        "{{for i, x in {l} : i => x}}",
        "{{for k, v in {m} : k => v if k != {s}}}",
        "{{for k, v in {m} : v => k...}}",
        "zipmap({l}, {l})",
        "tomap({m})",
        "({b} ? {m} : m)",
        "try({m}, {m})",
        "jsondecode(jsonencode({m}))",
        "transpose({{a = {l}}})",
    ),
}


def expression(random: Random, kind: str, depth: int) -> str:
    """An expression of one kind (string, number, bool, list, map)."""
    choices = GRAMMAR[kind] if depth else tuple(text for text in GRAMMAR[kind] if "{" not in text)
    text = random.choice(choices)
    return (
        re.sub(r"(?<!\{)\{([snblm])\}", lambda match: expression(random, match.group(1), depth - 1), text)
        .replace("{{", "{")
        .replace("}}", "}")
    )


def value_of(text: str, names: dict[str, Val]) -> Val:
    """The value of an expression under these names."""
    node = parse_expression(Source("test", text), 200)
    return opened(evaluate(node, Scope(_Nothing(), Context(Limits()), dict(names))))


@settings(max_examples=3000, deadline=None, derandomize=True)
@given(st.integers(0, 2**63), st.sampled_from("snblm"), st.integers(1, 3))
def test_an_expression_over_unknowns_allows_what_it_gives_when_all_is_known(seed: int, kind: str, depth: int) -> None:
    random = Random(seed)
    text = expression(random, kind, depth)
    try:
        real = value_of(text, REAL)
    except (EvaluationError, RefusedError):
        return
    less: dict[str, Val] = dict(REAL)
    for name in random.sample(sorted(VAGUE), random.randint(1, 3)):
        less[name] = random.choice([Unknown(WHY), *VAGUE[name]])
    try:
        vague = value_of(text, less)
    except (EvaluationError, RefusedError) as error:
        raise AssertionError(f"{text}: fails where it need not: {error}\n{less}") from error
    sure = as_json(plain(real))
    assert fits(vague, sure), f"{text}\n  real: {sure}\n  less: {plain(vague)}\n{less}"
