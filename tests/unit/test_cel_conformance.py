"""The CEL specification, section by section, for the part of it that rules are written in.

`SPECIFIED` is a table of ours, derived from the language definition (github.com/google/cel-spec, doc/langdef.md).
With `SOC2GATE_CEL_SPEC` set to the folder of the specification's own simple tests (`tests/simple/testdata`), those are
run as well: every one of them agrees, or is about a part that rules do not have, or stands in `DIFFERENT` with the
reason.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from cel_spec import NotOurs, cases, run

from soc2gate import cel
from soc2gate.cel import HELPERS
from soc2gate.cel.language import CONVERSIONS, FUNCTIONS, METHODS
from soc2gate.cel.syntax import MACROS
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Source
from soc2gate.model.value import Unknown, Value
from soc2gate.schema.types import ANY

ERROR = object()
"""An error at run time: unknown, with the expression named as the cause, so that nothing passes on it."""
REFUSED = object()
"""An error that shows before anything runs."""

SPECIFIED: dict[str, list[tuple[str, object]]] = {
    "values: numbers": [
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", REFUSED),
        ("0xFF", 255),
        ("-0x10", -16),
        ("1.5e-3", 0.0015),
        (".25", 0.25),
        ("1e400 > 1.0", True),
    ],
    "values: strings": [
        (r"'\u00e9' == 'é'", True),
        (r"'\U0001F600' == '😀'", True),
        (r"'\x41\101' == 'AA'", True),
        (r"r'\n' == '\\n'", True),
        ("'''it's'''", "it's"),
        ('"""a"b"""', 'a"b'),
        (r"'\q'", REFUSED),
        (r"'\ud800'", REFUSED),
        ("size('e\u0301')", 2),
    ],
    "syntax: precedence and association": [
        ("1 + 2 * 3 - 4", 3),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 5", 2),
        ("2 * 3 % 4", 2),
        ("!true || true", True),
        ("--1", 1),
        ("!!true", True),
        ("true ? 1 : false ? 2 : 3", 1),
        ("false ? 1 : false ? 2 : 3", 3),
        ("true || false && false", True),
        ("1 < 2 == true", True),
        ("1 in [1] == true", True),
        ("[1, 2,][1]", 2),
        ("{'a': 1,}.a", 1),
        ("1 // a remark\n + 1", 2),
    ],
    "syntax: reserved words": [
        ("let == 1", REFUSED),
        ("{'package': 1}.package", 1),
        ("{'in': 1}['in']", 1),
        ("{'a-b': 1}.`a-b`", 1),
        ("if", REFUSED),
    ],
    "logic: commutative, and absorbing errors": [
        ("false && 1 / 0 == 1", False),
        ("1 / 0 == 1 && false", False),
        ("true || 1 / 0 == 1", True),
        ("1 / 0 == 1 || true", True),
        ("true && 1 / 0 == 1", ERROR),
        ("1 / 0 == 1 || false", ERROR),
        ("1 / 0 == 1 && 1 / 0 == 2", ERROR),
        ("!(1 / 0 == 1)", ERROR),
        ("true ? 1 : 1 / 0", 1),
        ("false ? 1 / 0 : 2", 2),
        ("1 / 0 == 1 ? 1 : 2", ERROR),
        ("'true' && true", REFUSED),
        ("1 ? 2 : 3", REFUSED),
    ],
    "equality": [
        ("1 == 1.0", True),
        ("dyn(1) == dyn('1')", False),
        ("dyn(1) != dyn('1')", True),
        ("dyn(true) == dyn(1)", False),
        ("null == null", True),
        ("dyn(null) == dyn(0)", False),
        ("[1, 2] == [1, 2]", True),
        ("[1, 2] == [2, 1]", False),
        ("[[1]] == [[1.0]]", True),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", True),
        ("{'a': 1} == {'a': 1, 'b': 2}", False),
        ("[] == []", True),
        ("'A' == 'a'", False),
    ],
    "order": [
        ("'a' < 'b'", True),
        ("'Z' < 'a'", True),
        ("'' < 'a'", True),
        ("'\U0001f600' > '\uffff'", True),
        ("false < true", True),
        ("1 < 1.5", True),
        ("2.0 >= 2", True),
        ("dyn(9223372036854775807) < 9223372036854775808.0", False),
        ("dyn(1) < dyn('2')", ERROR),
        ("1 < '2'", REFUSED),
        ("[1] < [2]", REFUSED),
    ],
    "arithmetic": [
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 % -2", 1),
        ("1 / 0", ERROR),
        ("1 % 0", ERROR),
        ("1.0 / 0.0 > 1e300", True),
        ("9223372036854775807 + 1", ERROR),
        ("-9223372036854775808 - 1", ERROR),
        ("5000000000 * 5000000000", ERROR),
        ("-(-9223372036854775808)", ERROR),
        ("-9223372036854775808 / -1", ERROR),
        ("0.1 + 0.2 == 0.3", False),
        ("1 + 1.0", REFUSED),
        ("5.0 % 2.0", REFUSED),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("'a' + 1", REFUSED),
    ],
    "lists": [
        ("[1, 2, 3][0]", 1),
        ("[1, 2, 3][3]", ERROR),
        ("[1, 2, 3][-1]", ERROR),
        ("[1, 2, 3][dyn(1.0)]", 2),
        ("[1, 2, 3][dyn(1.5)]", ERROR),
        ("2 in [1, 2]", True),
        ("'a' in []", False),
        ("dyn(1) in [dyn('1'), 1.0]", True),
        ("size([])", 0),
        ("[1, 2].size()", 2),
    ],
    "maps": [
        ("{'a': 1}['a']", 1),
        ("{'a': 1}['b']", ERROR),
        ("{'a': 1}.b", ERROR),
        ("'b' in {'a': 1}", False),
        ("has({'a': 1}.a)", True),
        ("has({'a': 1}.b)", False),
        ("size({'a': 1, 'b': 2})", 2),
        ("{'a': 1, 'a': 2}", REFUSED),
        ("{1: 'a'}", REFUSED),
    ],
    "macros": [
        ("[1, 2].all(x, x > 0)", True),
        ("[1, 0].all(x, 1 / x > 0)", ERROR),
        ("[0, -1].all(x, 1 / x > 0)", False),
        ("[].all(x, x > 0)", True),
        ("[].exists(x, x > 0)", False),
        ("[0, 1].exists(x, 1 / x > 0)", True),
        ("[0, -1].exists(x, 1 / x > 0)", ERROR),
        ("[1, 2, 1].exists_one(x, x == 1)", False),
        ("[1, 2].exists_one(x, x == 1)", True),
        ("[].exists_one(x, x == 1)", False),
        ("[1, 2, 3].filter(x, x % 2 == 1)", [1, 3]),
        ("[1, 2].map(x, x + 1)", [2, 3]),
        ("[1, 2, 3].map(x, x > 1, x * 10)", [20, 30]),
        ("{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", True),
        ("{'a': 1, 'b': 2}.exists(k, k == 'b')", True),
        ("{'b': 1, 'a': 2}.filter(k, k == 'a')", ["a"]),
        ("[1].exists(x, [2].exists(y, y > x))", True),
        ("[1].all(1, true)", REFUSED),
        ("has(1)", REFUSED),
    ],
    "strings": [
        ("'abc'.startsWith('ab')", True),
        ("'abc'.endsWith('bc')", True),
        ("'abc'.contains('')", True),
        ("'abc'.matches('b')", True),
        ("'abc'.matches('^b')", False),
        ("'a\\nb'.matches('a.b')", False),
        (r"'a.b'.matches('a\\.b')", True),
        ("matches('abc', '^a.c$')", True),
        ("'ÀBc'.lowerAscii()", "Àbc"),
        ("'àbc'.upperAscii()", "àBC"),
        ("' \\t a \\n'.trim()", "a"),
        ("'a,b,'.split(',')", ["a", "b", ""]),
        ("''.split(',')", [""]),
        ("'ab'.split('')", ["a", "b"]),
        ("'a'.frob()", REFUSED),
    ],
    "conversions": [
        ("int('-42')", -42),
        ("int(2.9)", 2),
        ("int(-2.9)", -2),
        ("int('2.9')", ERROR),
        ("int(1e30)", ERROR),
        ("double('1e3')", 1000.0),
        ("double(3)", 3.0),
        ("double('x')", ERROR),
        ("string(42)", "42"),
        ("string(1.5)", "1.5"),
        ("string(true)", "true"),
        ("bool('true')", True),
        ("bool('TRUE')", True),
        ("bool('yes')", ERROR),
        ("int(true)", REFUSED),
        ("dyn([1])[0]", 1),
    ],
    "where ours differs: see docs/rule-language.md": [
        # Data says “nothing” with null: such a key is absent.
        ("'a' in {'a': null}", False),
        ("has({'a': null}.a)", False),
        # JSON has one kind of number.
        ("dyn(1) + dyn(1.5)", 2.5),
        # A name means one thing.
        ("[1].exists(x, [2].exists(x, x == 2))", REFUSED),
        # A pattern is checked when the rule is loaded, and so must be known then.
        ("'a'.matches('a' + 'b')", REFUSED),
    ],
    "what is left out is refused by name": [
        ("b'abc'", REFUSED),
        (".a", REFUSED),
        ("Message{field: 1}", REFUSED),
        ("timestamp('2026-01-01T00:00:00Z')", REFUSED),
        ("type(1) == int", REFUSED),
        ("[1, 2].map(x, y, x > 1, y)", REFUSED),
    ],
}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [pytest.param(*case, id=f"{section}: {case[0]}") for section, found in SPECIFIED.items() for case in found],
)
def test_the_language_means_what_the_specification_says(expression: str, wanted: Value) -> None:
    source = Source(expression, "rule.yaml", 1)
    if wanted is REFUSED:
        with pytest.raises(ConfigError) as refused:
            cel.compile(source, {}, returns=ANY, vacuous_ok=True)
        assert "^" in str(refused.value)
        return
    answer = cel.compile(source, {}, returns=ANY, vacuous_ok=True).run({})
    if wanted is ERROR:
        assert isinstance(answer.value, Unknown)
        assert answer.defect
    else:
        assert (type(answer.value), answer.value) == (type(wanted), wanted)


# An element of which an operation fails is an unknown element. Where CEL gives the whole list up, ours keeps what is
# known of the rest, as it does when a part of the data is unknown: the two must not differ, or learning a value could
# overturn a verdict.
DIFFERENT = {
    "macros/exists_one/list_no_shortcircuit",
    "macros/filter/list_no_shortcircuit",
    "macros/map/list_error",
}
FOLDER = os.environ.get("SOC2GATE_CEL_SPEC", "")


@pytest.mark.skipif(not FOLDER, reason="SOC2GATE_CEL_SPEC does not name cel-spec's tests/simple/testdata")
def test_the_specifications_own_tests_agree() -> None:
    absent: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    agreed = 0
    for case in cases(Path(FOLDER)):
        try:
            found = run(case)
        except NotOurs as part:
            absent[str(part)] += 1
            continue
        if found:
            wrong[case.name] = f"{case.expression}: {found}"
        else:
            agreed += 1
    print(f"{agreed} agree, {sum(absent.values())} are about what rules do not have: {absent.most_common()}")
    assert set(wrong) == DIFFERENT, wrong
    assert agreed > 550


PAGE = (Path(__file__).parents[2] / "docs" / "rule-language.md").read_text(encoding="utf-8")


def test_the_page_about_the_language_names_all_there_is() -> None:
    for helper in HELPERS.values():
        assert f"- `{helper.signature}`: {helper.says} *Unknown:* {helper.unknown}\n" in PAGE, "write this line again"
    for name in (*METHODS, *CONVERSIONS, *FUNCTIONS, *MACROS):
        assert name in PAGE
