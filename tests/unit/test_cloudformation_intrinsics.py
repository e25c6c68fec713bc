"""Intrinsic functions: what is computed, what stays unknown and why, and what is written wrongly."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from soc2gate.declared.cloudformation import read
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.model.resource import RawResource, Reading
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Ref, Text, Unknown, Value

HEAD = """\
Parameters:
  Name: {Type: String, Default: web}
  Count: {Type: Number, Default: "3"}
  Free: {Type: String}
  Env: {Type: String, AllowedValues: [dev, prod]}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
  Ports: {Type: List<Number>, Default: "80,443"}
  Password: {Type: String, NoEcho: true, Default: hunter2}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/ami}
  Subnet: {Type: 'AWS::EC2::Subnet::Id'}
Mappings:
  Regions:
    eu-west-1: {Ami: ami-1, Zones: [a, b], Same: x}
    us-east-1: {Ami: ami-2, Zones: [c], Same: x}
Conditions:
  IsWeb: !Equals [!Ref Name, web]
  NotWeb: !Not [!Condition IsWeb]
  Prod: !Equals [!Ref Env, prod]
  Staging: !Equals [!Ref Env, staging]
  Both: !And [!Condition IsWeb, !Condition Prod]
  Either: !Or [!Condition IsWeb, !Condition Prod]
  Neither: !And [!Condition NotWeb, !Condition Prod]
  HasSubnet: !Not [!Equals [!Ref Subnet, ""]]
  HasFree: !Not [!Equals [!Ref Free, ""]]
  Circle: !Not [!Condition Round]
  Round: !Not [!Condition Circle]
  Odd: !Foo [a]
Resources:
  Key: {Type: AWS::KMS::Key}
  It:
    Type: AWS::X::Y
    Properties:
      P: """
FREE = Unknown('parameter "Free" has no default', depends=("param.Free",))
KEY = Unknown("known after deploy", Ref("Key", "Ref"), ("Key.Ref",), not_null=True)
KEY_ARN = Unknown("known after deploy", Ref("Key", "Arn"), ("Key.Arn",), not_null=True)


def template(base: Path, written: str, options: ReadOptions | None = None) -> Reading:
    (base / "t.yaml").write_text(HEAD + written + "\n", "utf-8")
    return read(Root("cloudformation", "t.yaml", ("t.yaml",)), base, options or ReadOptions())


def resource(base: Path, written: str, options: ReadOptions | None = None) -> RawResource:
    found = template(base, written, options)
    assert found.problems == ()
    return found.resources[-1]


def evaluate(base: Path, written: str, options: ReadOptions | None = None) -> Value:
    return resource(base, written, options).body.get("P")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref Name", "web"),
        ("{Ref: Name}", "web"),
        ("!Ref Count", 3),
        ("!Ref Zones", ["a", "b", "c"]),
        ("!Ref Ports", [80, 443]),
        ("!Ref AWS::Partition", "aws"),
        ("!Sub '${Name}.${AWS::URLSuffix}'", "web.amazonaws.com"),
        ("!Sub '${!Name} ${ Name } ${Count}'", "${Name} web 3"),
        ("!Sub ['${a}-${Name}', {a: !Ref Count}]", "3-web"),
        ("{'Fn::Sub': '${Name}'}", "web"),
        ("!Join ['-', [a, !Ref Name, 1, true, 1.5]]", "a-web-1-true-1.5"),
        ("!Join [',', !Ref Zones]", "a,b,c"),
        ("!Join ['', [a, !Ref AWS::NoValue, b]]", "ab"),
        ("!Select [1, [a, b]]", "b"),
        ("!Select ['1', !Ref Zones]", "b"),
        ("!Split ['/', a/b]", ["a", "b"]),
        ("!Select [0, !Split ['.', !Sub '${Name}.x']]", "web"),
        ("!FindInMap [Regions, eu-west-1, Ami]", "ami-1"),
        ("!FindInMap [Regions, eu-west-1, Zones]", ["a", "b"]),
        ("!FindInMap [Regions, nowhere, Ami, {DefaultValue: none}]", "none"),
        ("!FindInMap [Regions, !Ref AWS::Region, Same]", "x"),
        ("!Base64 abc", base64.b64encode(b"abc").decode()),
        ("{'Fn::Base64': !Sub 'x${Name}'}", base64.b64encode(b"xweb").decode()),
        ("!Cidr [10.0.0.0/16, 2, 8]", ["10.0.0.0/24", "10.0.1.0/24"]),
        ("!Length [a, b]", 2),
        ("!ToJsonString {a: [1, x, true]}", '{"a":[1,"x",true]}'),
        ("!If [IsWeb, a, b]", "a"),
        ("!If [NotWeb, a, b]", "b"),
        ("!If [Staging, a, b]", "b"),
        ("!If [Either, a, b]", "a"),
        ("!If [Neither, a, b]", "b"),
        ("!If [HasSubnet, a, b]", "a"),
        ("!If [Prod, same, same]", "same"),
        ("[a, !If [NotWeb, b, !Ref AWS::NoValue], c]", ["a", "c"]),
        ("{a: !If [IsWeb, !Ref AWS::NoValue, 1], b: 2}", {"b": 2}),
        ("!Ref AWS::NoValue", None),
        ("{Condition: {Bool: {x: y}}}", {"Condition": {"Bool": {"x": "y"}}}),
        ("{Ref: [not, a, call]}", {"Ref": ["not", "a", "call"]}),
        ("2012-10-17", "2012-10-17"),
    ],
)
def test_what_the_template_decides_is_computed(tmp_path: Path, written: str, value: Value) -> None:
    assert evaluate(tmp_path, written) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref Free", FREE),
        ("!Ref Key", KEY),
        ("!GetAtt Key.Arn", KEY_ARN),
        ("!GetAtt [Key, Arn]", KEY_ARN),
        ("{'Fn::GetAtt': [Key, Arn]}", KEY_ARN),
        (
            "!GetAtt Key.Outputs.A.B",
            Unknown("known after deploy", Ref("Key", "Outputs.A.B"), ("Key.Outputs.A.B",), True),
        ),
        ("!Sub '${Key.Arn}'", KEY_ARN),
        ("!Sub '${Key.Arn}/*'", Text((KEY_ARN, "/*"))),
        ("!Sub 'a${Key}b${Name}c'", Text(("a", KEY, "bwebc"))),
        ("!Join ['', ['arn:', !Ref Key, '/*']]", Text(("arn:", KEY, "/*"))),
        ("!ToJsonString {a: !Ref Key}", Text(('{"a":"', KEY, '"}'))),
        ("!Ref Env", Alternatives(("dev", "prod"), 'parameter "Env" has no default')),
        (
            "!If [Prod, 7, 1]",
            Alternatives((7, 1), 'condition Prod is not decided: parameter "Env" has no default'),
        ),
        (
            "!If [Both, 7, !Ref AWS::NoValue]",
            Alternatives(
                (7, None),
                'condition Both is not decided: condition Prod is not decided: parameter "Env" has no default',
            ),
        ),
        ("!Sub 'x-${Env}'", Alternatives(("x-dev", "x-prod"), 'parameter "Env" has no default')),
        (
            "!FindInMap [Regions, !Ref AWS::Region, Ami]",
            Alternatives(("ami-1", "ami-2"), "the region is chosen at deploy"),
        ),
        ("!Select [0, !Ref Zones]", "a"),
        ("!Split [',', !Ref Free]", Unknown(FREE.reason, depends=FREE.depends)),
        ("!Select [0, !Split [':', !GetAtt Key.Arn]]", Unknown(KEY.reason, depends=("Key.Arn",), not_null=True)),
        ("!Join [',', !Split [',', !Ref Free]]", Unknown(FREE.reason, depends=FREE.depends)),
        ("!Base64 {Ref: Free}", Unknown(FREE.reason, depends=FREE.depends)),
        (
            "!ImportValue shared-vpc",
            Unknown("export `shared-vpc` of another stack", depends=("export.shared-vpc",), not_null=True),
        ),
        (
            "!Ref Password",
            Unknown('parameter "Password" is NoEcho: its value is not kept', depends=("param.Password",)),
        ),
        ("!Ref Image", Unknown('parameter "Image" is looked up in SSM `/aws/ami` at deploy', depends=("param.Image",))),
        ("!Ref Subnet", Unknown('parameter "Subnet" has no default', depends=("param.Subnet",), not_null=True)),
        ("!Ref AWS::Region", Unknown("the region is chosen at deploy", depends=("AWS::Region",), not_null=True)),
        (
            "!GetAZs ''",
            Unknown("the region's availability zones are known at deploy", depends=("Fn::GetAZs",), not_null=True),
        ),
        (
            "'{{resolve:secretsmanager:db:SecretString:password}}'",
            Unknown(
                "secret `db:SecretString:password` is looked up when the stack is deployed",
                depends=("resolve:secretsmanager:db:SecretString:password",),
                not_null=True,
            ),
        ),
        (
            "!Sub 'a-{{resolve:ssm:${Key}}}'",
            Text(
                (
                    "a-",
                    Unknown(
                        "SSM parameter `…` is looked up when the stack is deployed",
                        depends=("resolve:ssm:…",),
                        not_null=True,
                    ),
                )
            ),
        ),
    ],
)
def test_what_it_does_not_decide_stays_unknown_with_its_reason(tmp_path: Path, written: str, value: Value) -> None:
    found = evaluate(tmp_path, written)
    assert found == value


def test_an_element_that_may_not_exist_leaves_the_list_open(tmp_path: Path) -> None:
    found = resource(tmp_path, "[a, !If [Prod, {x: 1}, !Ref AWS::NoValue], b]")
    value = found.body["P"]
    assert isinstance(value, OpenList)
    assert (value.items, value.more) == (("a", "b"), ({"x": 1},))
    assert found.places["P[*].x"]
    assert "P[1]" in found.places


def test_dropped_elements_move_the_places_of_those_behind_them(tmp_path: Path) -> None:
    branches = "\n          - IsWeb\n          - {x: 1}\n          - {y: 1}"
    written = f"\n        - !If [NotWeb, a, !Ref AWS::NoValue]\n        - !If{branches}"
    found = resource(tmp_path, written)
    assert found.body == {"P": [{"x": 1}]}
    first = HEAD.count("\n") + 3
    assert [getattr(found.places[path], "line", 0) for path in ("P[0]", "P[0].x")] == [first, first + 2]
    assert "P[1]" not in found.places
    assert "P[0].y" not in found.places


def test_both_branches_of_an_open_choice_have_places(tmp_path: Path) -> None:
    found = resource(tmp_path, "!If [Prod, {x: 1}, {y: 2}]")
    assert {"P", "P.x", "P.y"} <= set(found.places)


def test_account_and_region_come_from_the_configuration(tmp_path: Path) -> None:
    options = ReadOptions(account="123456789012", region="cn-north-1")
    written = "!Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q'"
    assert evaluate(tmp_path, written, options) == "arn:aws-cn:sqs:cn-north-1:123456789012:q"


def test_given_parameters_win_and_are_told(tmp_path: Path) -> None:
    found = resource(tmp_path, "!Sub '${Name}-${Free}'", ReadOptions(variables={"Name": "a", "Free": "b"}))
    assert found.body == {"P": "a-b"}
    assert found.notes == {"P": "parameter Name as given, parameter Free as given"}


def test_secret_parameters_are_never_kept_even_when_given(tmp_path: Path) -> None:
    for options in (ReadOptions(), ReadOptions(variables={"Password": "hunter2"})):
        assert "hunter2" not in repr(template(tmp_path, "!Sub 'x${Password}'", options))


def test_a_default_that_decides_a_condition_is_told(tmp_path: Path) -> None:
    assert resource(tmp_path, "!If [IsWeb, 1, 2]").notes == {"P": "default of parameter Name"}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("!Ref Nothing", "`Nothing` is no parameter or resource of this template"),
        ("!GetAtt Nothing.Arn", "`Nothing` is no resource of this template"),
        ("!GetAtt Key", "Fn::GetAtt expects a resource and one of its attributes"),
        ("!Ref AWS::Moon", "AWS::Moon is not a pseudo parameter"),
        ("!Select [5, [a]]", "Fn::Select asks for element 5 of a list of 1"),
        ("!Select [x, [a]]", "Fn::Select expects an index, found `x`"),
        ("!Join [a]", "Fn::Join expects a delimiter and a list"),
        ("!Join ['', [[a]]]", "Fn::Join: a list or a mapping cannot be part of a text"),
        ("!Sub [a]", "Fn::Sub expects a text, or a text and a mapping"),
        ("!Sub '${Zones}'", "Fn::Sub: a list or a mapping cannot be part of a text"),
        ("!If [Typo, a, b]", "the template has no condition `Typo`"),
        ("!If [IsWeb, a]", "Fn::If expects a condition's name and two values"),
        ("!FindInMap [Regions, eu-west-9, Ami]", "Fn::FindInMap: mapping `Regions` has no eu-west-9 / Ami"),
        ("!FindInMap [Typo, a, b]", "Fn::FindInMap: the template has no mapping `Typo`"),
        ("!Cidr [nonsense, 2, 8]", "Fn::Cidr: 'nonsense' does not appear to be an IPv4 or IPv6 network"),
        ("!Cidr [10.0.0.0/24, 9, 8]", "Fn::Cidr: 10.0.0.0/24 does not hold 9 such blocks"),
        ("!Transform {Name: Ours}", "macro Ours was not run: what it makes was not looked at"),
        ("!Nonsense x", "Fn::Nonsense is not a function that soc2gate knows here"),
    ],
)
def test_a_function_written_wrongly_is_unknown_and_a_gap_with_its_line(
    tmp_path: Path, written: str, message: str
) -> None:
    found = template(tmp_path, written)
    assert [(problem.message, getattr(problem.where, "line", 0)) for problem in found.problems] == [
        (message, HEAD.count("\n") + 1)
    ]
    assert found.resources[-1].body["P"] == Unknown(message)


@pytest.mark.parametrize("name", ["Circle", "Odd"])
def test_a_condition_written_wrongly_is_undecided_and_a_gap(tmp_path: Path, name: str) -> None:
    found = template(tmp_path, f"!If [{name}, a, b]")
    value = found.resources[-1].body["P"]
    assert isinstance(value, Alternatives)
    assert value.options == ("a", "b")
    assert found.problems


def test_a_mapping_that_a_macro_adds_to_stays_open(tmp_path: Path) -> None:
    found = template(tmp_path, "{a: 1, 'Fn::Transform': {Name: Ours}}")
    value = found.resources[-1].body["P"]
    assert isinstance(value, OpenMap)
    assert value.items == {"a": 1}
    assert len(found.problems) == 1


def test_names_that_a_macro_may_make_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  B:\n    Type: AWS::X::Y\n"
        "    Properties: {P: !GetAtt FunctionRole.Arn}\n"
    )
    found = read(Root("cloudformation", "t.yaml", ("t.yaml",)), tmp_path, ReadOptions())
    assert found.problems == ()
    assert found.resources[0].body["P"] == Unknown("FunctionRole is made by a macro", depends=("FunctionRole",))


def asking(base: Path, kind: str, properties: str) -> Value:
    """An attribute of another resource of the template."""
    written = f"!GetAtt Other.Range\n  Other: {{Type: '{kind}', Properties: {{{properties}}}}}"
    (it,) = [found for found in template(base, written).resources if found.address == "It"]
    return it.body["P"]


def test_an_attribute_that_is_a_property_is_what_the_template_says(tmp_path: Path) -> None:
    assert asking(tmp_path, "AWS::A::B", "Range: !Ref Name") == "web"
    later = Unknown("known after deploy", Ref("Other", "Range"), ("Other.Range",), not_null=True)
    # What nobody knows, what goes round in circles, and what a resource of somebody's own answers.
    assert asking(tmp_path, "AWS::A::B", "Range: !Ref Free") == later
    assert asking(tmp_path, "AWS::A::B", "Range: !Ref Password") == later
    assert asking(tmp_path, "AWS::A::B", "Range: !GetAtt Other.Range") == later
    assert asking(tmp_path, "Custom::B", "Range: a") == later
    assert asking(tmp_path, "AWS::CloudFormation::CustomResource", "Range: a") == later
