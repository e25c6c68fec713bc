"""Laws of evaluating templates: nothing ends in a crash, and learning a parameter never overturns what was known."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from soc2gate.declared.cloudformation import read
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.model.resource import Reading
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value

PARAMETERS = {
    "Env": {"Type": "String", "AllowedValues": ["dev", "prod"]},
    "Free": {"Type": "String"},
    "Set": {"Type": "String", "Default": "dev"},
    "List": {"Type": "CommaDelimitedList", "Default": "dev,prod"},
}
CONDITIONS = {
    "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
    "Given": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Free"}, ""]}]},
    "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "Given"}]},
    "Either": {"Fn::Or": [{"Condition": "Prod"}, {"Condition": "Given"}]},
    "Same": {"Fn::Equals": [{"Fn::Sub": "a-${Free}-${Env}"}, "a-x-prod"]},
}
MAPPINGS = {"M": {"dev": {"k": "1"}, "prod": {"k": "2"}}}

names = st.sampled_from(["Env", "Free", "Set", "List", "It", "Nothing", "AWS::Region", "AWS::NoValue", "Prod", "M"])
scalars = st.sampled_from(
    ["dev", "prod", "k", "", "a,b", "${Env}-x", "${Free}.${Set}", "{{resolve:ssm:a}}"]
) | st.integers(-1, 3)


def calls(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=3)
    functions = [
        "Join",
        "Select",
        "Split",
        "If",
        "FindInMap",
        "Sub",
        "Base64",
        "Length",
        "ToJsonString",
        "Cidr",
        "GetAtt",
    ]
    return (
        lists
        | st.dictionaries(st.sampled_from(["a", "b", "Fn::Transform"]), inner, max_size=2)
        | st.builds(lambda name: {"Ref": name}, names)
        | st.builds(lambda name, value: {f"Fn::{name}": value}, st.sampled_from(functions), inner)
        | st.builds(lambda name, a, b: {"Fn::If": [name, a, b]}, st.sampled_from([*CONDITIONS, "Typo"]), inner, inner)
        | st.builds(lambda text, parts: {"Fn::Join": [text, parts]}, st.sampled_from(["", ","]), lists)
        | st.builds(lambda index, parts: {"Fn::Select": [index, parts]}, st.integers(0, 2), lists)
        | st.builds(lambda text: {"Fn::Sub": text}, st.sampled_from(["${Env}-${Set}", "x${Free}", "${It.Arn}/*"]))
        | st.builds(lambda name: {"Fn::FindInMap": ["M", {"Ref": name}, "k"]}, names)
    )


expressions = st.recursive(scalars, calls, max_leaves=10)


def evaluate(expression: Any, variables: dict[str, str]) -> Reading:
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": PARAMETERS,
        "Conditions": CONDITIONS,
        "Mappings": MAPPINGS,
        "Resources": {"It": {"Type": "AWS::X::Y", "Properties": {"P": expression}}},
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "t.json").write_text(json.dumps(template), "utf-8")
        return read(Root("cloudformation", "t.json", ("t.json",)), Path(folder), ReadOptions(variables=variables))


def admits(before: Value, after: Value) -> bool:
    """Whether what was known before leaves room for what is known after."""
    if isinstance(before, Unknown):
        return True
    if isinstance(after, Alternatives):
        return all(admits(before, option) for option in after.options)
    if isinstance(before, Alternatives):
        return any(admits(option, after) for option in before.options)
    if isinstance(before, Text):
        return isinstance(after, (str, Text, Unknown, Alternatives))
    if isinstance(before, OpenList):
        items = after.items if isinstance(after, OpenList) else after
        return isinstance(items, (list, tuple)) and len(items) >= len(before.items)
    if isinstance(before, OpenMap):
        return isinstance(after, (OpenMap, dict))
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(admits, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return all(admits(before.get(key), after.get(key)) for key in before.keys() | after.keys())
    return type(before) is type(after) and before == after


@settings(deadline=None)
@given(expressions)
def test_any_expression_is_evaluated_or_named(expression: Any) -> None:
    reading = evaluate(expression, {})
    assert [resource.address for resource in reading.resources] == ["It"]
    for problem in reading.problems:
        assert problem.where is not None


@settings(deadline=None, max_examples=300)
@given(expressions, st.sampled_from(["dev", "prod"]), st.sampled_from(["", "x", "prod"]))
def test_learning_a_parameter_never_overturns_what_was_known(expression: Any, env: str, free: str) -> None:
    before = evaluate(expression, {})
    after = evaluate(expression, {"Env": env, "Free": free})
    # A value that makes the template wrong (no such key in a mapping) could never have been deployed.
    assume({problem.message for problem in after.problems} <= {problem.message for problem in before.problems})
    values = [reading.resources[0].body.get("P") for reading in (before, after)]
    assert admits(*values), values
