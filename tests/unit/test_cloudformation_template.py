"""What reading one template gives: resources with places, and everything that was not looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2gate.declared.cloudformation import read
from soc2gate.declared.options import Limits, ReadOptions
from soc2gate.declared.source import Root
from soc2gate.model.resource import Reading, Span, Weight
from soc2gate.model.value import Ref, Unknown


def reading(base: Path, text: str, options: ReadOptions | None = None, name: str = "t.yaml") -> Reading:
    (base / name).write_text(text, "utf-8")
    return read(Root("cloudformation", name, (name,)), base, options or ReadOptions())


TEMPLATE = """\
Parameters:
  Port: {Type: Number, Default: 443}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Metadata: {x: y}
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: aws:kms
              KMSMasterKeyID: !GetAtt Key.Arn

  Key:
    Type: AWS::KMS::Key
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      SecurityGroupIngress:
        - FromPort: !Ref Port
          CidrIp: 0.0.0.0/0
        - {CidrIp: 10.0.0.0/8}
"""


def test_a_resource_keeps_its_type_address_lines_and_properties(tmp_path: Path) -> None:
    found = reading(tmp_path, TEMPLATE, ReadOptions(account="123456789012", region="eu-west-1"))
    bucket, key, _ = found.resources
    assert (bucket.format, bucket.type, bucket.address, bucket.root) == (
        "cloudformation",
        "AWS::S3::Bucket",
        "Bucket",
        "t.yaml",
    )
    assert bucket.where == Span("t.yaml", 4, 3, 13)
    assert (bucket.account, bucket.region) == ("123456789012", "eu-west-1")
    assert bucket.body == {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": Unknown(
                            "known after deploy", Ref("Key", "Arn"), depends=("Key.Arn",), not_null=True
                        ),
                    }
                }
            ]
        }
    }
    assert (key.body, key.where) == ({}, Span("t.yaml", 15, 3, 16))
    assert (found.problems, found.unread, found.files) == ((), (), ("t.yaml",))


def test_every_property_and_element_has_its_own_line(tmp_path: Path) -> None:
    found = reading(tmp_path, TEMPLATE)
    bucket, _, group = found.resources
    by_default = "BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault"
    assert bucket.places[by_default] == Span("t.yaml", 11, 13, 13)
    assert bucket.places[f"{by_default}.KMSMasterKeyID"] == Span("t.yaml", 13, 15, 13)
    assert group.places["SecurityGroupIngress[0]"] == Span("t.yaml", 21, 11, 22)
    assert group.places["SecurityGroupIngress[1].CidrIp"] == Span("t.yaml", 23, 12, 23)
    assert group.notes == {"SecurityGroupIngress[0].FromPort": "default of parameter Port"}


def test_json_templates_read_the_same_with_tabs_and_lines(tmp_path: Path) -> None:
    document = {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Key": "a", "Value": "b"}]}}}}
    found = reading(tmp_path, json.dumps(document, indent="\t"), name="t.json")
    (bucket,) = found.resources
    assert bucket.body == {"Tags": [{"Key": "a", "Value": "b"}]}
    assert bucket.places["Tags[0].Value"] == Span("t.json", 9, 7, 9)
    assert bucket.where == Span("t.json", 3, 3, 13)


CONDITIONAL = """\
Parameters:
  Env: {Type: String}
  Size: {Type: String, Default: small}
Conditions:
  Small: !Equals [!Ref Size, small]
  Big: !Not [!Condition Small]
  Prod: !Equals [!Ref Env, prod]
Resources:
  Kept: {Type: AWS::S3::Bucket, Condition: Small}
  Dropped: {Type: AWS::S3::Bucket, Condition: Big}
  Perhaps: {Type: AWS::S3::Bucket, Condition: Prod}
  Wrong: {Type: AWS::S3::Bucket, Condition: Typo}
"""


def test_conditions_keep_drop_or_leave_a_resource_uncertain(tmp_path: Path) -> None:
    found = reading(tmp_path, CONDITIONAL)
    assert {resource.address: resource.uncertain for resource in found.resources} == {
        "Kept": "",
        "Perhaps": 'condition Prod is not decided: parameter "Env" has no default',
        "Wrong": "the template has no condition `Typo`",
    }
    assert [(problem.message, getattr(problem.where, "line", 0)) for problem in found.problems] == [
        ("the template has no condition `Typo`", 12)
    ]


def test_given_parameters_decide_conditions(tmp_path: Path) -> None:
    found = reading(tmp_path, CONDITIONAL, ReadOptions(variables={"Env": "prod", "Size": "big"}))
    assert [resource.address for resource in found.resources if not resource.uncertain] == ["Dropped", "Perhaps"]


def test_outputs_and_exports_are_told(tmp_path: Path) -> None:
    text = TEMPLATE + (
        "Outputs:\n"
        "  Name: {Value: !Ref Bucket, Export: {Name: shared-name}}\n"
        "  Other: {Value: !Sub 'x-${Port}', Export: {Name: !Sub '${AWS::StackName}-x'}}\n"
    )
    outputs = reading(tmp_path, text).outputs
    assert list(outputs) == ["Name", "export.shared-name", "Other"]
    assert outputs["Other"] == "x-443"


@pytest.mark.parametrize(
    ("resources", "message", "read_anyway"),
    [
        ("F: {Type: 'AWS::Serverless::Api'}", "SAM resources were not looked at: F (Api)", 0),
        (
            "N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: n.yaml}}",
            "nested stack N was not read",
            1,
        ),
        ("'Fn::ForEach::L': [x, [a], {'${x}': {}}]", "resources of Fn::ForEach::L were not looked at", 0),
        (
            "M: {Type: 'Org::Team::Thing::MODULE'}",
            "module M (Org::Team::Thing::MODULE) was not read: it lives in the account's registry",
            0,
        ),
        ("R: {Type: !Rain::Module x.yml}", "resource R was not looked at: another tool fills in its `Type`", 0),
        (
            "P: {Type: 'AWS::S3::Bucket', Properties: {'Fn::Transform': {Name: 'AWS::Include'}}}",
            "resource P was not looked at: its properties are not decided",
            0,
        ),
    ],
)
def test_what_was_not_looked_at_is_a_gap(tmp_path: Path, resources: str, message: str, read_anyway: int) -> None:
    found = reading(tmp_path, f"AWSTemplateFormatVersion: 2010-09-09\nResources:\n  {resources}\n")
    assert message in found.unread
    problem = next(problem for problem in found.problems if problem.message == message)
    assert (problem.weight, getattr(problem.where, "line", 0)) == (Weight.GAP, 3)
    assert len(found.resources) == read_anyway


@pytest.mark.parametrize(
    ("transform", "told"),
    [
        ("AWS::LanguageExtensions", False),
        ("[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]", False),
        ("Ours", True),
        ("[{Name: Ours}]", True),
    ],
)
def test_a_macro_over_the_template_is_a_gap(tmp_path: Path, transform: str, told: bool) -> None:
    found = reading(tmp_path, f"Transform: {transform}\nResources:\n  B: {{Type: 'AWS::S3::Bucket'}}\n")
    expected = "macro Ours was not run: the template is judged as it stands"
    assert [problem.message for problem in found.problems] == ([expected] if told else [])
    assert len(found.resources) == 1


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("Resources:\n  A: b: c", 2, 7, "mapping values are not allowed"),
        (
            "Resources:\n  A:\n    Type: AWS::S3::Bucket\n  A:\n    Type: AWS::S3::Bucket",
            4,
            3,
            "stands here a second time",
        ),
        ("AWSTemplateFormatVersion: 2010-09-09\nResources: []\n", 2, 1, "needs `Resources`"),
        ("AWSTemplateFormatVersion: 2010-09-09\n", 1, 1, "needs `Resources`"),
        ("a: 1", 1, 1, "is no CloudFormation template"),
        ("AWSTemplateFormatVersion: 2010-09-09\nResources:\n  A: {Properties: {}}\n", 3, 3, "resource A has no `Type`"),
        ("Resources: \x07", 1, 12, "U+0007"),
    ],
)
def test_a_broken_template_is_a_broken_problem(tmp_path: Path, text: str, line: int, column: int, message: str) -> None:
    found = reading(tmp_path, text)
    (problem,) = found.problems
    assert problem.weight is Weight.BROKEN
    assert message in problem.message
    assert isinstance(problem.where, Span)
    assert (problem.where.path, problem.where.line, problem.where.column) == ("t.yaml", line, column)
    assert found.unread


def test_limits_and_wrong_bytes_are_problems(tmp_path: Path) -> None:
    assert (
        "larger than 10 bytes"
        in reading(tmp_path, TEMPLATE, ReadOptions(limits=Limits(file_bytes=10))).problems[0].message
    )
    (tmp_path / "t.yaml").write_bytes(b"Resources:\n  a: \xff")
    found = read(Root("cloudformation", "t.yaml", ("t.yaml",)), tmp_path, ReadOptions())
    assert found.problems[0].where == Span("t.yaml", 2, 6)
    assert "is not UTF-8 text: byte 0xff" in found.problems[0].message


def test_the_deepest_template_that_is_allowed_is_read(tmp_path: Path) -> None:
    for opened, closed in (("{a: ", "}"), ("[", "]"), ("!If [C, ", ", x]"), ('{"Fn::Join": ["", ', "]}")):
        depth = 190 if opened[0] != '{"Fn' and "Fn" not in opened else 95
        text = "Conditions: {C: !Equals [a, a]}\nResources:\n  B:\n    Type: AWS::X::Y\n    Properties:\n      P: "
        found = reading(tmp_path, text + opened * depth + "x" + closed * depth)
        assert not [problem for problem in found.problems if problem.weight is Weight.BROKEN]
