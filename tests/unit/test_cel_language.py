"""The language rules are written in: what expressions mean, and what a wrong one is told."""

from __future__ import annotations

import pytest

from soc2gate import cel
from soc2gate.cel.language import safe_pattern
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Source
from soc2gate.model.value import Unknown, Value
from soc2gate.schema.types import ANY, BOOL, DOUBLE, INT, STRING, ListType, MapType, ObjectType

KIND = ObjectType(
    "AWS::Test::Thing",
    {
        "Name": STRING,
        "Port": INT,
        "Ratio": DOUBLE,
        "Open": BOOL,
        "Names": ListType(STRING),
        "Needed": ListType(STRING),
        "Rules": ListType(ObjectType("AWS::Test::Thing.Rule", {"Cidr": STRING, "Ports": ListType(INT)})),
        "Tags": MapType(STRING),
        "Policy": ANY,
        "Inner": ObjectType("AWS::Test::Thing.Inner", {"On": BOOL, "Deep": ObjectType("Deep", {"Level": INT})}),
    },
    frozenset(["Needed"]),
)
SCOPE = {"resource": KIND}


def value(text: str, **properties: Value) -> Value:
    return (
        cel.compile(Source(text, "rule.yaml", 1), SCOPE, returns=ANY, vacuous_ok=True)
        .run({"resource": properties})
        .value
    )


def refusal(text: str, *, line: int = 1, column: int = 1) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        cel.compile(Source(text, "rules/x/rule.yaml", line, column), SCOPE)
    return caught.value


MEANINGS: list[tuple[str, Value]] = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("-7 / 2", -3),
    ("-7 % 2", -1),
    ("7.0 / 2.0", 3.5),
    ("0x1F", 31),
    ("3u", 3),
    ("1e3", 1000.0),
    (".5", 0.5),
    ("-9223372036854775808", -(2**63)),
    ("1 == 1.0", True),
    ("1 < 1.5", True),
    ("'a' + \"b\"", "ab"),
    (r"'\n\x41\u00e9\101\''", "\nAéA'"),
    (r"r'\d'", r"\d"),
    ("'''a'b'''", "a'b"),
    ("[1, 2] + [3]", [1, 2, 3]),
    ("{'a': 1}['a']", 1),
    ("{'a': 1}.a", 1),
    ("'a' in {'a': 1}", True),
    ("2 in [1, 2.0]", True),
    ("true ? 1 : 2", 1),
    ("size('é😀')", 2),
    ("'abc'.size()", 3),
    ("[1, 2, 3].exists_one(x, x > 2)", True),
    ("[1, 2, 3].filter(x, x > 1)", [2, 3]),
    ("[1, 2].map(x, x * 2)", [2, 4]),
    ("[1, 2].map(x, x > 1, x * 2)", [4]),
    ("{'a': 1}.all(k, k == 'a')", True),
    ("int('-5') + int(2.9)", -3),
    ("double('1.5')", 1.5),
    ("string(1.0) + string(true)", "1true"),
    ("bool('t')", True),
    ("' A b '.trim().lowerAscii()", "a b"),
    ("'É'.lowerAscii()", "É"),
    ("'a,b'.split(',')", ["a", "b"]),
    ("'arn:aws'.startsWith('arn:') && 'x'.endsWith('') && 'abc'.contains('b')", True),
    ("'a1'.matches('^[a-z][0-9]$')", True),
    ("'a\\n'.matches('a$')", False),
    ("dyn(1) == 'a'", False),
    ("null == null", True),
    ("{'a': {'b': [1]}} == {'a': {'b': [1.0]}}", True),
    ("[true] == dyn([1])", False),
    ("1 + 1 // a remark\n == 2", True),
    ("false && resource.Policy.x == 1", False),
    ("resource.Policy.x == 1 && false", False),
    ("[0, 1].exists(x, 4 / x == 4)", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MEANINGS)
def test_expressions_mean_what_cel_says(text: str, expected: Value) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.oracle
@pytest.mark.parametrize("text", [text for text, _ in MEANINGS])
def test_google_s_engine_reads_them_the_same(text: str) -> None:
    from cel_expr_python import cel as google
    from cel_expr_python.ext import ext_strings

    environment = google.NewEnv(variables={"resource": google.Type.DYN}, extensions=[ext_strings.ExtStrings()])
    try:
        asked = environment.compile(text)
    except RuntimeError:
        # Stricter about numbers: it wants dyn() around one that meets another type.
        asked = environment.compile(text, disable_check=True)
    assert asked.eval(data={"resource": {"Policy": {}}}).plain_value() == value(text)


def test_an_absent_property_reads_as_the_empty_value_of_its_type() -> None:
    assert value("resource.Name == '' && resource.Port == 0 && resource.Ratio == 0.0 && !resource.Open") is True
    assert value("resource.Names == [] && size(resource.Tags) == 0 && resource.Inner == {}") is True
    assert value("resource.Inner.Deep.Level") == 0
    assert value("resource.Policy == null") is True
    assert value("resource.Name == ''", Name=None) is True


def test_has_tells_presence() -> None:
    assert value("has(resource.Name)") is False
    assert value("has(resource.Name)", Name=None) is False
    assert value("has(resource.Name)", Name="") is True
    assert value("has(resource.Inner.Deep.Level)") is False
    assert value("has(resource.Inner.On)", Inner={"On": False}) is True


def test_a_structure_equals_one_that_differs_in_empty_parts_only() -> None:
    assert value("resource.Inner == {}", Inner={"Deep": {}}) is True
    assert value("resource.Inner == {}", Inner={"On": False}) is False


def test_a_double_that_json_writes_as_an_int_is_still_a_double() -> None:
    assert value("resource.Ratio / 2.0", Ratio=7) == 3.5
    assert value("resource.Ratio > 0.5", Ratio=1) is True


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("resource.Policy.x == 1", "no key “x”"),
        ("resource.Tags['a'] == 'b'", "no key “a”"),
        ("resource.Tags.a == 'b'", "no key “a”"),
        ("resource.Names[0] == 'b'", "no element 0 in a list of 0"),
        ("1 / resource.Port == 1", "division by zero"),
        ("9223372036854775807 + 1 > 0", "the result does not fit into 64 bits"),
        ("int(resource.Name) == 1", "“” is no int"),
        ("resource.Policy.y > 'a'", "int and string have no order"),
        ("resource.Policy.y && true", "a condition is wanted, not int"),
    ],
)
def test_a_fault_at_run_time_is_unknown_and_a_defect(text: str, reason: str) -> None:
    asked = cel.compile(Source(text, "rule.yaml", 1), SCOPE)
    answer = asked.run({"resource": {"Policy": {"y": 1}, "Tags": {}}})
    assert isinstance(answer.value, Unknown)
    assert answer.reason == answer.defect == reason


def test_data_of_another_type_than_the_schema_says_is_a_defect_and_never_just_unequal() -> None:
    answer = cel.compile(Source("resource.Port != 22", "rule.yaml", 1), SCOPE).run({"resource": {"Port": "22"}})
    assert answer.defect == "this compares int with string"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resource.Nmae == ''", "AWS::Test::Thing has no property “Nmae”"),
        ("resource.Inner.Onn", "AWS::Test::Thing.Inner has no property “Onn”"),
        ("resource.Rules.exists(r, r.Cdir == '')", "AWS::Test::Thing.Rule has no property “Cdir”"),
        ("has(resource.Nmae)", "AWS::Test::Thing has no property “Nmae”"),
        ("resource['Nmae'] == ''", "AWS::Test::Thing has no property “Nmae”"),
        ("rsource.Name == ''", "nothing is called “rsource” here"),
        ("resource.Port == '22'", "this compares an int with a string"),
        ("resource.Open == 'true'", "this compares a bool with a string"),
        ("resource.Name == null", "an absent property reads as empty, never as null"),
        ("resource.Name > 1", "a string and an int have no order"),
        ("resource.Name && true", "“&&” joins conditions, and this is a string"),
        ("!resource.Port", "“!” turns a condition around, and this is an int"),
        ("resource.Port", "this comes to int, and bool is wanted"),
        ("resource.Port in resource.Names", "this looks for an int in a list of string"),
        ("'a' in resource.Name", "“in” looks into lists and maps, and this is a string"),
        ("'On' in resource.Inner", "“in” does not look into a structure (AWS::Test::Thing.Inner)"),
        ("resource.Names.Name == ''", "resource.Names is a list of string, which has no properties"),
        ("resource.Name + 1 == ''", "“+” does not apply to a string and an int"),
        ("covers_prt(resource, 22)", "there is no function “covers_prt”"),
        ("covers_port(resource)", "covers_port(rule, port) takes 2 arguments, and this gives 1"),
        ("covers_port(resource, 'a')", "covers_port: “port” is an int, and this is a string"),
        ("resource.Name.startsWith()", "“startsWith” takes one argument, and this gives 0"),
        ("resource.Name.startswith('a')", "there is no function “startswith” to ask of a value"),
        ("resource.Port.startsWith('a')", "“startsWith” is asked of a string, and resource.Port is an int"),
        ("size(resource.Port) > 0", "size() counts characters, elements or keys, and this is an int"),
        ("resource.Name.exists(x, true)", "“exists” goes through a list or a map, and resource.Name is a string"),
        ("resource.Names.exists(resource, true)", "“resource” already names something else"),
        ("resource.Names.exists(x.y, true)", "“exists” begins with a name for the element: list.exists(element, …)"),
        ("resource.Names.exists(x)", "“exists” takes a name and an expression: list.exists(element, …)"),
        ("has(resource)", "has() asks for one property: has(resource.Name)"),
        ("resource.Name.matches(resource.Name)", "the pattern of “matches” is a literal string"),
        ("resource.Name.matches('(a+)+')", "this pattern cannot be used: it repeats something that is itself repeated"),
        ("{'a': 1, 'a': 2} == {}", "the key “a” stands here twice"),
        ("resource.Name == 'a", "this string has no end"),
        (r"resource.Name == '\d'", r"“\d” is no escape"),
        ("resource.Name = 'a'", "“=” means nothing in an expression"),
        ("resource.Open and true", "unexpected “and”: expected an operator, or the end"),
        ("resource.Open &&", "the expression ends too early: expected a value"),
        ("resource.Port == 99999999999999999999", "this number does not fit into 64 bits"),
        ("b'a' == b'a'", "bytes are not part of the language rules are written in"),
        ("while", "“while” is a reserved word"),
        ("", "the expression ends too early: expected a value"),
    ],
)  # fmt: skip
def test_a_wrong_expression_is_refused_by_name(text: str, message: str) -> None:
    assert refusal(text).message == message


def test_a_refusal_shows_line_column_caret_and_suggestion() -> None:
    error = refusal("resource.Nmae == ''", line=9, column=24)
    assert str(error) == (
        "rules/x/rule.yaml:9:33: AWS::Test::Thing has no property “Nmae”\n"
        "  did you mean “Name”?\n"
        "    resource.Nmae == ''\n"
        "             ^~~~"
    )


def test_places_are_right_on_later_lines_of_an_expression() -> None:
    error = refusal("resource.Open &&\n  resource.Prot == 1", line=5, column=7)
    assert (error.line, error.column) == (6, 18)


def test_all_errors_of_an_expression_are_told_at_once() -> None:
    error = refusal("resource.Nmae == '' && resource.Prot == 1")
    assert [error.message, *(other.message for other in error.others)] == [
        "AWS::Test::Thing has no property “Nmae”",
        "AWS::Test::Thing has no property “Prot”",
    ]


def test_a_misspelt_macro_is_the_only_thing_that_is_wrong() -> None:
    error = refusal("resource.Rules.exist(r, r.Cidr == '')")
    assert error.message == "there is no function “exist” to ask of a value"
    assert error.hint.startswith("did you mean “exists”?")
    assert not error.others


def test_a_helper_is_not_asked_of_what_has_nothing_that_it_reads() -> None:
    for text in ("covers_port(resource.Inner, 22)", "covers_port(resource.Name, 22)"):
        assert "covers_port reads “IpProtocol”" in refusal(text).message
    error = refusal("open_to_internet(resource.Names)")
    assert error.hint.startswith("ask its elements: resource.Names.exists(element, open_to_internet(element …))")


def test_a_property_named_without_its_resource_is_suggested() -> None:
    assert "did you mean “resource.Name”?" in refusal("Name == ''").hint


@pytest.mark.parametrize(
    "text",
    [
        "resource.Names.all(n, n != '')",
        "resource.Open && resource.Names.all(n, n != '')",
        "resource.Rules.all(r, size(r.Ports) > 0 && r.Ports.all(p, p > 1))",
        "size(resource.Rules) > 0 && resource.Rules.all(r, r.Ports.all(p, p > 1))",
        "(resource.Names + resource.Names).all(n, n != '')",
        "resource.Tags.all(k, k != '')",
        "[].all(x, x == 1)",
        "!resource.Names.exists(n, n == '') && resource.Names.all(n, n != '')",
    ],
)
def test_all_over_a_list_that_may_be_empty_needs_a_guard(text: str) -> None:
    assert "is true of an empty list" in refusal(text).message
    cel.compile(Source(text, "rule.yaml", 1), SCOPE, vacuous_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "size(resource.Names) > 0 && resource.Names.all(n, n != '')",
        "resource.Names.size() >= 1 && resource.Open && resource.Names.all(n, n != '')",
        "resource.Names != [] && resource.Names.all(n, n != '')",
        "resource.Names.exists(n, n == 'a') && resource.Names.all(n, n != '')",
        "size(resource.Names) == 0 || resource.Names.all(n, n != '')",
        "size(resource.Rules) > 0 && resource.Rules.all(r, size(r.Ports) > 0 && r.Ports.all(p, p > 1))",
        "resource.Needed.all(n, n != '')",
        "(resource.Needed + resource.Names).all(n, n != '')",
        "['a', resource.Name].all(n, n != '')",
        "resource.Names.filter(n, n != '').all(n, n == 'x')",
        "!resource.Names.all(n, n != '')",
    ],
)
def test_a_guarded_all_is_accepted(text: str) -> None:
    cel.compile(Source(text, "rule.yaml", 1), SCOPE)


def test_the_condition_under_which_a_rule_applies_guards_too() -> None:
    when = Source("size(resource.Names) > 0", "rule.yaml", 1)
    cel.compile(Source("resource.Names.all(n, n != '')", "rule.yaml", 2), SCOPE, given=when)


@pytest.mark.parametrize("text", ["(" * 300 + "1" + ")" * 300, "!" * 5000 + "true", "resource" + ".Inner" * 5000])
def test_nesting_without_end_is_refused_and_not_a_crash(text: str) -> None:
    assert "more than" in refusal(text).message


@pytest.mark.parametrize("pattern", ["(a+)+", "(a*b?)*", "((a|b)+c){2,}", r"(a)\1", "(?=a)", "(?<!a)b", "(", "a{2,1}"])
def test_patterns_that_are_slow_or_not_re2_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        safe_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["^a+b*$", "(ab)+", "(a+)?b", "[+*]+", r"\(a+\)+", "(?i)a", "(?:ab|c)+", "a{2}b{1,3}"]
)
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    safe_pattern(pattern)
