"""Knowing less never changes what is known: an expression over unknowns gives a value that allows the real one."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from terraform_order import fits

from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.expressions import Context, Scope, evaluate
from soc2gate.declared.terraform.hcl import parse_expression
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


def _text(inner: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    s, n, b, seq, m = inner["s"], inner["n"], inner["b"], inner["l"], inner["m"]
    return st.one_of(
        st.sampled_from(['"x"', '"arn:"', '""', "s", "e", "s", "o.a", "z"]),
        st.builds('"${{{}}}-${{{}}}"'.format, s, s),
        st.builds('"${{{}}}"'.format, n),
        st.builds("({} ? {} : {})".format, b, s, s),
        st.builds("upper({})".format, s),
        st.builds("trimprefix({}, {})".format, s, st.sampled_from(['"arn:"', '"x"'])),
        st.builds("trimsuffix({}, {})".format, s, st.sampled_from(['":b"', '"x"'])),
        st.builds("trimspace({})".format, s),
        st.builds("substr({}, 0, {})".format, s, st.sampled_from(["2", "10", "-1"])),
        st.builds('replace({}, "a", {})'.format, s, s),
        st.builds('format("%s/%s", {}, {})'.format, s, n),
        st.builds("join({}, {})".format, s, seq),
        st.builds('coalesce({}, {}, "d")'.format, s, s),
        st.builds("try({}, {})".format, s, s),
        st.builds("try({}[5], {})".format, seq, s),
        st.builds("lookup({}, {}, {})".format, m, st.sampled_from(['"a"', '"q"', "s"]), s),
        st.builds("element({}, {})".format, seq, n),
        st.builds("{}[{}]".format, seq, st.sampled_from(["0", "1", "n"])),
        st.builds('{}["a"]'.format, m),
        st.builds("one(slice({}, 0, 1))".format, seq),
        st.builds("jsonencode({})".format, st.one_of(s, n, b, seq, m)),
        st.builds("jsondecode(jsonencode({{q = {}}})).q".format, s),
        st.builds("yamlencode({})".format, seq),
        st.builds("tostring({})".format, st.one_of(n, b, s)),
        st.builds('"%{{ if {} }}y%{{ else }}${{{}}}%{{ endif }}"'.format, b, s),
        st.builds('"%{{ for x in {} }}${{x}},%{{ endfor }}"'.format, seq),
    )


def _number(inner: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    n, b, s, seq, m = inner["n"], inner["b"], inner["s"], inner["l"], inner["m"]
    return st.one_of(
        st.sampled_from(["0", "1", "n", "2.5"]),
        st.builds("({} + {})".format, n, n),
        st.builds("({} * {})".format, n, n),
        st.builds("({} ? {} : {})".format, b, n, n),
        st.builds("length({})".format, st.one_of(s, seq, m)),
        st.builds("max({}, {})".format, n, n),
        st.builds("-{}".format, n),
        st.builds("try(tonumber({}), {})".format, s, n),
    )


def _bool(inner: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    n, b, s, seq, m = inner["n"], inner["b"], inner["s"], inner["l"], inner["m"]
    return st.one_of(
        st.sampled_from(["true", "false", "b", "f", "o.flag"]),
        st.builds("({} == {})".format, s, s),
        st.builds("({} != {})".format, s, st.sampled_from(['""', "null", '"x"'])),
        st.builds("({} == {})".format, seq, seq),
        st.builds("({} == {})".format, m, m),
        st.builds("({} == [])".format, seq),
        st.builds("({} {} {})".format, n, st.sampled_from(["<", ">", "<=", ">=", "==", "!="]), n),
        st.builds("({} && {})".format, b, b),
        st.builds("({} || {})".format, b, b),
        st.builds("!{}".format, b),
        st.builds("contains({}, {})".format, seq, s),
        st.builds("startswith({}, {})".format, s, s),
        st.builds("endswith({}, {})".format, s, s),
        st.builds("strcontains({}, {})".format, s, s),
        st.builds("can({})".format, st.one_of(s, n, seq, m)),
        st.builds("can({}[1])".format, seq),
        st.builds("alltrue([{}, {}])".format, b, b),
        st.builds("anytrue([for x in {} : x == {}])".format, seq, s),
        st.builds("({} == null)".format, s),
    )


def _list(inner: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    n, b, s, seq, m = inner["n"], inner["b"], inner["s"], inner["l"], inner["m"]
    return st.one_of(
        st.sampled_from(["t", "l", "u", "[]", '["x"]', "t", "l", "o.list"]),
        st.builds("[{}, {}]".format, s, s),
        st.builds("concat({}, {})".format, seq, seq),
        st.builds('[for x in {} : "${{x}}!"]'.format, seq),
        st.builds("[for x in {} : x if x != {}]".format, seq, s),
        st.builds('[for i, x in {} : "${{i}}" if {}]'.format, seq, b),
        st.builds('[for k, v in {} : "${{k}}=${{v}}"]'.format, m),
        st.builds("{}[*]".format, st.one_of(seq, s)),
        st.builds("compact({})".format, seq),
        st.builds("distinct({})".format, seq),
        st.builds("reverse({})".format, seq),
        st.builds("sort({})".format, seq),
        st.builds("slice({}, 0, {})".format, seq, st.sampled_from(["1", "2", "n"])),
        st.builds("flatten([{}, [{}]])".format, seq, seq),
        st.builds("tolist({})".format, seq),
        st.builds("toset({})".format, seq),
        st.builds("setunion({}, {})".format, seq, seq),
        st.builds("setsubtract({}, {})".format, seq, seq),
        st.builds("keys({})".format, m),
        st.builds("values({})".format, m),
        st.builds('split(",", {})'.format, s),
        st.builds("coalescelist({}, {})".format, seq, seq),
        st.builds("try({}, {})".format, seq, seq),
        st.builds("({} ? {} : {})".format, b, seq, seq),
        st.builds('formatlist("%s.x", {})'.format, seq),
        st.builds("chunklist({}, 2)".format, seq),
        st.builds("[for p in setproduct({}, {}) : p[0]]".format, seq, seq),
    )


def _map(inner: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    n, b, s, seq, m = inner["n"], inner["b"], inner["s"], inner["l"], inner["m"]
    return st.one_of(
        st.sampled_from(["m", "o", "{}", "{a = 1}", "m"]),
        st.builds("{{a = {}, c = {}}}".format, s, n),
        st.builds("{{({}) = {}, w = 1}}".format, s, s),
        st.builds("merge({}, {})".format, m, m),
        st.builds("merge({}, {{a = {}}})".format, m, s),
        st.builds('{{for x in {} : x => "v${{x}}"}}'.format, seq),
        st.builds("{{for x in {} : x => x...}}".format, seq),
        st.builds("{{for k, v in {} : k => v if k != {}}}".format, m, s),
        st.builds("zipmap({}, {})".format, seq, seq),
        st.builds("tomap({})".format, m),
        st.builds("({} ? {} : {})".format, b, m, m),
        st.builds("try({}, {})".format, m, m),
    )


def _expressions(depth: int) -> dict[str, st.SearchStrategy[str]]:
    if depth == 0:
        return {
            "s": st.sampled_from(['"x"', "s", "e", "o.a"]),
            "n": st.sampled_from(["1", "n"]),
            "b": st.sampled_from(["b", "f", "true"]),
            "l": st.sampled_from(["t", "l", "u", '["x"]']),
            "m": st.sampled_from(["m", "o", "{a = 1}"]),
        }
    inner = _expressions(depth - 1)
    return {"s": _text(inner), "n": _number(inner), "b": _bool(inner), "l": _list(inner), "m": _map(inner)}


EXPRESSIONS = st.one_of(*_expressions(3).values())


def value_of(text: str, names: dict[str, Val]) -> Val:
    """The value of an expression under these names."""
    node = parse_expression(Source("test", text), 200)
    return opened(evaluate(node, Scope(_Nothing(), Context(Limits()), dict(names))))


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, st.data())
def test_an_expression_over_unknowns_allows_what_it_gives_when_all_is_known(text: str, data: st.DataObject) -> None:
    try:
        real = value_of(text, REAL)
    except (EvaluationError, RefusedError):
        return
    less: dict[str, Val] = dict(REAL)
    for name in data.draw(st.sets(st.sampled_from(sorted(VAGUE)), min_size=1)):
        choices = [Unknown(WHY), *VAGUE[name]]
        less[name] = choices[data.draw(st.integers(0, len(choices) - 1))]
    try:
        vague = value_of(text, less)
    except (EvaluationError, RefusedError) as error:
        raise AssertionError(f"{text}: fails where it need not: {error}") from error
    sure = as_json(plain(real))
    assert fits(plain(vague), sure), f"{text}\n  real: {sure}\n  less: {plain(vague)}"
