"""What an expression says of values that are not, or not wholly, known: design section 5, case by case."""

from __future__ import annotations

import pytest

from soc2gate import cel
from soc2gate.cel import Answer
from soc2gate.model.rule import Source
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Ref, Text, Unknown, Value
from soc2gate.schema.types import ANY, BOOL, INT, STRING, ListType, MapType, ObjectType

RULE = ObjectType("Kind.Rule", {"Cidr": STRING, "Port": INT})
KIND = ObjectType(
    "Kind",
    {
        "Name": STRING,
        "Port": INT,
        "On": BOOL,
        "Names": ListType(STRING),
        "Rules": ListType(RULE),
        "Tags": MapType(STRING),
        "Inner": ObjectType("Kind.Inner", {"On": BOOL, "Level": INT}),
        "Any": ANY,
    },
)
HIDDEN = Unknown("variable “x” has no default", None, ("var.x",))
ARN = Unknown("known after apply", Ref("aws_kms_key.k", "arn"), ("aws_kms_key.k.arn",), not_null=True)


def ask(text: str, **properties: Value) -> Answer:
    return cel.compile(Source(text, "rule.yaml", 1), {"resource": KIND}, vacuous_ok=True).run({"resource": properties})


def says(text: str, **properties: Value) -> bool | None:
    """None for unknown."""
    answer = ask(text, **properties).value
    assert isinstance(answer, (bool, Unknown))
    return answer if isinstance(answer, bool) else None


def test_an_unknown_keeps_its_reason_and_what_it_depends_on() -> None:
    answer = ask("resource.Name == 'a'", Name=HIDDEN)
    assert (answer.reason, answer.depends, answer.defect) == ("variable “x” has no default", ("var.x",), "")
    assert answer.looked == (("Name", HIDDEN),)


def test_what_a_reference_promises_does_not_pass_to_what_is_inside_it() -> None:
    assert says("has(resource.Inner)", Inner=ARN) is True
    assert says("has(resource.Inner.On)", Inner=ARN) is None
    assert says("resource.Inner.Level == 0", Inner=ARN) is None
    assert ask("resource.Inner.On", Inner=ARN).depends == ("aws_kms_key.k.arn",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has(resource.Name)", True),
        ("resource.Name != ''", True),
        ("resource.Name == ''", False),
        ("size(resource.Name) > 0", True),
        ("size(resource.Name) == 0", False),
        ("size(resource.Name) > 1", None),
        ("resource.Name == 'a'", None),
        ("resource.Name in ['', 'a']", None),
        ("resource.Name in ['']", False),
    ],
)
def test_a_value_that_is_surely_there_is_not_empty(text: str, expected: bool | None) -> None:
    assert says(text, Name=ARN) is expected


@pytest.mark.parametrize("text", ["has(resource.Name)", "resource.Name != ''", "size(resource.Name) > 0"])
def test_a_variable_without_default_may_be_empty(text: str) -> None:
    assert says(text, Name=HIDDEN) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.Name == 'x'", False),
        ("resource.Name == 'arn:aws:s3:::b'", None),
        ("resource.Name.startsWith('arn:aws:')", True),
        ("resource.Name.startsWith('http')", False),
        ("resource.Name.startsWith('arn:aws:s3')", None),
        ("resource.Name.endsWith('x')", None),
        ("resource.Name.contains('aws')", True),
        ("resource.Name.matches('^arn:')", True),
        ("resource.Name.matches('^http')", False),
        ("resource.Name.matches('s3')", None),
    ],
)
def test_a_known_beginning_decides_where_it_can(text: str, expected: bool | None) -> None:
    assert says(text, Name=Unknown("later", prefix="arn:aws:")) is expected
    assert says(text, Name=Text(("arn:aws:", HIDDEN))) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.Name == 'logs-1-b'", None),
        ("resource.Name == 'logs-b'", False),
        ("resource.Name == 'logs--b'", None),
        ("resource.Name == ''", False),
        ("resource.Name != ''", True),
        ("has(resource.Name)", True),
        ("size(resource.Name) >= 7", True),
        ("size(resource.Name) > 7", None),
        ("resource.Name.endsWith('-b')", True),
        ("resource.Name.endsWith('-c')", False),
        ("resource.Name.contains('zz')", None),
        ("resource.Name.matches('s-.*-b$')", None),
        ("resource.Name.lowerAscii().startsWith('logs')", True),
        ("resource.Name + '!' == 'x'", False),
        ("('a' + resource.Name).startsWith('alogs-')", True),
        ("resource.Name in ['a', 'b']", False),
        ("resource.Name < 'a'", None),
        ("resource.Name == resource.Name", None),
    ],
)
def test_the_known_parts_of_a_text_decide_where_they_can(text: str, expected: bool | None) -> None:
    assert says(text, Name=Text(("logs-", HIDDEN, "-b"))) is expected


def test_two_texts_with_different_ends_differ() -> None:
    one, other = Text(("a", HIDDEN)), Text(("b", HIDDEN))
    assert says("resource.Name == resource.Any", Name=one, Any=other) is False
    assert says("resource.Name == resource.Any", Name=one, Any=Text((HIDDEN, "c"))) is None


OPEN = OpenList(({"Port": 443},), ({"Port": 80, "Cidr": HIDDEN},), "rules come from var.rules")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.Rules.exists(r, r.Port == 443)", True),
        ("resource.Rules.exists(r, r.Port == 22)", False),
        ("resource.Rules.exists(r, r.Port == 80)", None),
        ("resource.Rules.exists(r, r.Cidr == 'x')", None),
        ("resource.Rules.all(r, r.Port == 80)", False),
        ("resource.Rules.all(r, r.Port > 22)", True),
        ("resource.Rules.all(r, r.Port > 100)", None),
        ("resource.Rules.exists_one(r, r.Port == 443)", True),
        ("resource.Rules.exists_one(r, r.Port == 80)", None),
        ("size(resource.Rules) == 1", None),
        ("size(resource.Rules) > 0", True),
        ("size(resource.Rules) < 1", False),
        ("resource.Rules == []", False),
        ("resource.Rules[0].Port == 443", None),
        ("has(resource.Rules)", True),
        ("resource.Rules.filter(r, r.Port == 22) == []", True),
        ("resource.Rules.map(r, r.Port).exists(p, p == 443)", True),
        ("resource.Rules.map(r, r.Port).exists(p, p == 22)", False),
        ("(resource.Rules + resource.Rules).exists(r, r.Port == 22)", False),
    ],
)
def test_a_list_with_an_open_end(text: str, expected: bool | None) -> None:
    assert says(text, Rules=OPEN) is expected


def test_an_open_end_of_which_nothing_is_known() -> None:
    rules = OpenList((), (HIDDEN,), "count is not known")
    assert says("resource.Rules.exists(r, r.Port == 22)", Rules=rules) is None
    assert says("resource.Rules.exists(r, true)", Rules=rules) is None
    assert says("resource.Rules.all(r, r.Port == 22)", Rules=rules) is None
    assert says("size(resource.Rules) > 0", Rules=rules) is None
    assert says("has(resource.Rules)", Rules=rules) is None


def test_membership_in_an_open_list_is_true_or_undecided_where_a_further_element_may_match() -> None:
    names = OpenList(("a",), (Text(("x-", HIDDEN)),), "open")
    assert says("'a' in resource.Names", Names=names) is True
    assert says("'x-1' in resource.Names", Names=names) is None
    assert says("'b' in resource.Names", Names=OpenList(("a",), (HIDDEN,), "open")) is None


def test_an_open_map() -> None:
    tags = OpenMap({"a": "1", "gone": None}, HIDDEN, "merged with var.tags")
    assert says("'a' in resource.Tags && resource.Tags['a'] == '1'", Tags=tags) is True
    assert says("'b' in resource.Tags", Tags=tags) is None
    assert says("'gone' in resource.Tags", Tags=tags) is False
    assert says("resource.Tags['b'] == '1'", Tags=tags) is None
    assert says("resource.Tags == {'b': '1'}", Tags=tags) is False
    assert says("size(resource.Tags) > 0", Tags=tags) is True
    assert says("resource.Tags.exists(k, k == 'a')", Tags=tags) is True
    inner = OpenMap({"Level": 3}, HIDDEN, "a block that may say more")
    assert says("resource.Inner.Level == 3", Inner=inner) is True
    assert says("resource.Inner.On", Inner=inner) is None
    assert ask("resource.Inner.On", Inner=inner).reason == "a block that may say more"


def test_a_key_whose_value_may_be_null_may_be_absent() -> None:
    assert says("'a' in resource.Tags", Tags={"a": HIDDEN}) is None
    assert says("'a' in resource.Tags", Tags={"a": ARN}) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.Name in ['ALL', 'REJECT']", True),
        ("resource.Name == 'ALL' || resource.Name == 'REJECT'", True),
        ("resource.Name == 'ALL'", None),
        ("resource.Name == 'ACCEPT'", False),
        ("resource.Name != ''", True),
        ("size(resource.Name) > 2", True),
        ("[resource.Name].all(n, n.matches('^[A-Z]+$'))", True),
    ],
)
def test_alternatives_stand_where_the_verdicts_agree(text: str, expected: bool | None) -> None:
    assert says(text, Name=Alternatives(("ALL", "REJECT"), "AllowedValues")) is expected


def test_an_absent_alternative_reads_as_an_absent_property() -> None:
    maybe = Alternatives((None, {"On": True}), "condition “IsProd” is not decided")
    assert says("resource.Inner.On || resource.Inner.Level == 0", Inner=maybe) is True
    assert says("resource.Inner.On", Inner=maybe) is None
    assert says("has(resource.Inner)", Inner=maybe) is None
    assert says("resource.Name == ''", Name=Alternatives((None, ""), "either")) is True
    assert ask("resource.Inner.On", Inner=maybe).reason == "condition “IsProd” is not decided"


def test_an_element_that_may_be_absent_may_not_be_there() -> None:
    maybe: Value = Alternatives((None, {"Port": 22}), "condition")
    assert says("resource.Rules.exists(r, true)", Rules=[maybe]) is None
    assert says("size(resource.Rules) == 1", Rules=[maybe]) is None
    assert says("size(resource.Rules) <= 1", Rules=[maybe]) is True
    assert says("resource.Rules.all(r, r.Port == 22)", Rules=[maybe]) is True
    assert says("resource.Rules.exists(r, r.Port == 80)", Rules=[maybe]) is False


def test_alternatives_inside_a_helper_s_argument_are_tried_too() -> None:
    rule: Value = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "CidrIp": Alternatives(("0.0.0.0/0", "::/0"), "either"),
    }
    asked = cel.compile(Source("open_to_internet(resource)", "rule.yaml", 1), {"resource": ANY})
    assert asked.run({"resource": rule}).value is True


def test_further_elements_like_one_template_need_not_choose_alike() -> None:
    rules = OpenList((), ({"Port": Alternatives((22, 80), "either")},), "open")
    both = "resource.Rules.exists(r, r.Port == 22) && resource.Rules.exists(r, r.Port == 80)"
    assert says(both, Rules=rules) is None
    assert says("resource.Rules.exists(r, r.Port == 443)", Rules=rules) is False


def test_many_alternatives_end_in_unknown_and_not_in_a_long_wait() -> None:
    options = [Alternatives(("a", "b"), f"choice {i}") for i in range(40)]
    assert says("resource.Names.all(n, n == 'a')", Names=list(options)) is None


def test_a_settled_operand_absorbs_an_unknown_one() -> None:
    assert says("resource.On && false", On=HIDDEN) is False
    assert says("true || resource.On", On=HIDDEN) is True
    assert says("resource.On && true", On=HIDDEN) is None
    assert says("resource.Rules.exists(r, r.Port == 22)", Rules=[HIDDEN, {"Port": 22}]) is True
    assert says("resource.Rules.all(r, r.Port == 22)", Rules=[HIDDEN, {"Port": 80}]) is False


def test_a_choice_that_is_not_decided_does_not_matter_where_both_results_agree() -> None:
    assert says("resource.On ? resource.Port == 0 : resource.Name == ''", On=HIDDEN) is True
    assert says("resource.On ? resource.Port == 0 : resource.Name == 'a'", On=HIDDEN) is None


def test_a_whole_list_that_is_unknown() -> None:
    assert says("resource.Rules.exists(r, r.Port == 22)", Rules=HIDDEN) is None
    assert says("(resource.Rules + [resource.Rules[0]]).exists(r, true)", Rules=HIDDEN) is True
    assert says("resource.Names + ['a'] == []", Names=HIDDEN) is False
