"""Laws of comparing: nothing differs from itself, and what is only spelling is no difference."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from soc2gate.engine.differences import Difference, Spelling, differences
from soc2gate.model.value import Alternatives, OpenList, Ref, Text, Unknown, Value

NOTHING = Spelling(ignored=frozenset(), unordered=frozenset())
KEYS = st.text("abcNK", min_size=1, max_size=4)
PLAIN: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 99) | st.text("ab1/:", max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PROPERTIES = st.dictionaries(KEYS, PLAIN, max_size=5)


def found(declared: dict[str, Value], live: dict[str, Value], spelling: Spelling = NOTHING) -> list[Difference]:
    return list(differences(declared, live, read=lambda name: True, spelling=spelling, resolve=lambda ref: None))


@given(PROPERTIES)
def test_nothing_differs_from_itself(properties: dict[str, Value]) -> None:
    assert found(properties, properties) == []


@given(PROPERTIES, st.dictionaries(st.text("xyz", min_size=1), PLAIN))
def test_what_code_leaves_unsaid_is_not_compared(declared: dict[str, Value], more: dict[str, Value]) -> None:
    assert found(declared, {**more, **declared}) == []


@given(st.lists(st.dictionaries(KEYS, st.integers(), min_size=1), max_size=4), st.randoms())
def test_a_set_has_no_order(items: list[Value], random: object) -> None:
    shuffled = sorted(items, key=lambda item: hash(json.dumps(item)))
    spelling = Spelling(ignored=frozenset(), unordered=frozenset({"Rules"}))
    assert found({"Rules": items}, {"Rules": shuffled}, spelling) == []


@given(PROPERTIES, KEYS)
def test_a_denied_call_is_undecided_never_a_change(properties: dict[str, Value], key: str) -> None:
    live: dict[str, Value] = {name: Unknown("s3:GetX was denied (AccessDenied)") for name in properties}
    assert all(item.reason for item in found(properties, live))


@given(PLAIN.filter(lambda value: value not in (None, "", {})))
def test_an_undecided_declared_value_is_never_a_change(live: Value) -> None:
    asked = Unknown("variable has no default", depends=("var.x",))
    assert [item.reason for item in found({"P": asked}, {"P": live})] == ["variable has no default"]


def test_a_removed_setting_is_a_change() -> None:
    declared: dict[str, Value] = {"Block": {"BlockPublicAcls": True}}
    assert [item.path for item in found(declared, {})] == ["Block"]


def test_a_setting_that_is_off_does_not_differ_from_none() -> None:
    assert found({"Block": {"Enabled": False}, "Count": 0}, {}) == []


def test_a_property_the_reader_does_not_look_at_is_not_compared() -> None:
    gaps = differences({"P": 1}, {}, read=lambda name: False, spelling=NOTHING, resolve=lambda ref: None)
    assert list(gaps) == []


def test_an_extra_element_of_a_set_is_a_change() -> None:
    declared: Value = [{"FromPort": 443, "CidrIp": "10.0.0.0/8"}]
    live: Value = [{"FromPort": 22, "CidrIp": "0.0.0.0/0"}, {"FromPort": 443, "CidrIp": "10.0.0.0/8"}]
    spelling = Spelling(ignored=frozenset(), unordered=frozenset({"Ingress"}))
    assert [item.path for item in found({"Ingress": declared}, {"Ingress": live}, spelling)] == ["Ingress"]


def test_an_empty_list_that_was_written_closes() -> None:
    assert [item.path for item in found({"Ingress": []}, {"Ingress": [{"FromPort": 22}]})] == ["Ingress"]


def test_numbers_and_booleans_in_quotes_are_spelling() -> None:
    assert found({"Port": "22", "On": "true"}, {"Port": 22, "On": True}) == []


def test_policies_differ_by_meaning_not_by_layout() -> None:
    declared: Value = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
            {"Sid": "b", "Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": ["*"]},
        ],
    }
    live: Value = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
                "Action": ["s3:*"],
                "Resource": "*",
            },
            {"Sid": "", "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["*"]},
        ],
    }
    assert found({"Policy": declared}, {"Policy": json.dumps(live)}) == []
    weaker = json.loads(json.dumps(live).replace("Deny", "Allow"))
    assert [item.path for item in found({"Policy": declared}, {"Policy": weaker})] == ["Policy"]


def test_a_reference_reads_as_what_it_is_paired_with() -> None:
    key = Unknown("known after apply", ref=Ref("aws_kms_key.k", "arn"), not_null=True)

    def against(live: str) -> list[str]:
        return [
            item.path
            for item in differences(
                {"KmsKeyId": key, "Policy": Text(("prefix/", key))},
                {"KmsKeyId": live, "Policy": f"prefix/{live}"},
                read=lambda name: True,
                spelling=NOTHING,
                resolve=lambda ref: frozenset({"arn:k", "k"}) if ref.address == "aws_kms_key.k" else None,
            )
        ]

    assert against("arn:k") == []
    assert against("k") == []
    assert against("arn:other") == ["KmsKeyId", "Policy"]


def test_known_parts_of_a_text_must_stand_in_live_state() -> None:
    text = Text(("arn:aws:s3:::", Unknown("known after apply", ref=Ref("aws_s3_bucket.b", "id")), "/*"))
    assert found({"R": text}, {"R": "arn:aws:s3:::logs/*"}) == []
    assert [item.path for item in found({"R": text}, {"R": "arn:aws:s3:::logs"})] == ["R"]


def test_one_of_several_alternatives_must_be_live() -> None:
    either = Alternatives((True, False), "depends on condition Prod")
    assert found({"P": either}, {"P": False}) == []
    assert [item.path for item in found({"P": Alternatives((1, 2), "x")}, {"P": 3})] == ["P"]


def test_alternatives_that_may_leave_it_unsaid_or_unknown_are_undecided_never_a_change() -> None:
    maybe = Alternatives((None, "aws:kms"), "count depends on var.n")
    assert found({"P": maybe}, {"P": "aws:kms"}) == []
    assert found({"P": maybe}, {}) == []
    assert [item.reason for item in found({"P": maybe}, {"P": "AES256"})] == ["count depends on var.n"]
    unsure = Alternatives(("a", Unknown("no default", depends=("var.x",))), "depends on condition Prod")
    assert [item.reason for item in found({"P": unsure}, {"P": "b"})] == ["depends on condition Prod"]


def test_elements_that_only_the_unknown_keeps_apart_are_undecided_never_a_change() -> None:
    port = Unknown("no default", depends=("var.port",))
    declared: Value = [{"Port": port, "Cidr": "10.0.0.0/8"}, {"Port": 443, "Cidr": "10.1.0.0/16"}]
    live: Value = [{"Port": 443, "Cidr": "10.1.0.0/16"}, {"Port": 22, "Cidr": "10.0.0.0/8"}]
    spelling = Spelling(ignored=frozenset(), unordered=frozenset({"Ingress"}))
    assert [item.reason for item in found({"Ingress": declared}, {"Ingress": live}, spelling)] == ["no default"]
    other: Value = [{"Port": 443, "Cidr": "10.1.0.0/16"}, {"Port": 22, "Cidr": "0.0.0.0/0"}]
    assert [item.reason for item in found({"Ingress": declared}, {"Ingress": other}, spelling)] == [""]


def test_an_open_list_must_hold_what_is_known_and_decides_nothing_more() -> None:
    items = OpenList(({"P": 1},), ({"P": 2, "C": Unknown("var", depends=("var.c",))},), "depends on var.c")
    assert found({"L": items}, {"L": [{"P": 1}]}) == []
    assert [item.path for item in found({"L": items}, {"L": []})] == ["L"]
    assert [item.reason for item in found({"L": items}, {"L": [{"P": 1}, {"P": 3}]})] == [""]
