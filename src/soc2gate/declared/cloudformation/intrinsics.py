"""Evaluates a template's values: intrinsic functions, references and pseudo parameters, long form and short.

What the template alone decides is computed; what it does not stays as an `Unknown` with its reason, a `Text` with
unknown parts, or `Alternatives`. A function that is written wrongly is an unknown too, and a *gap* with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from soc2gate.declared.cloudformation.conditions import Truth, Undecided, all_of, any_of, equal, negated
from soc2gate.declared.cloudformation.functions import (
    FUNCTIONS,
    BadCallError,
    derived,
    find_in_map,
    open_map,
    pair,
)
from soc2gate.declared.cloudformation.parameters import Parameter, read_parameter
from soc2gate.declared.cloudformation.text import join_parts, one_of, with_references
from soc2gate.declared.options import ReadOptions
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Problem, Weight
from soc2gate.model.value import Alternatives, OpenList, Ref, Unknown, Value, is_known
from soc2gate.yaml_lines import Document, Step, Tagged, YamlValue

At: TypeAlias = tuple[YamlValue, Step]
"""Where a value stands: its container in the document, and its key or index there."""


@dataclass(slots=True)
class Record:
    """What evaluating one resource notes down, by property path."""

    table: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


_SUB = re.compile(r"\$\{(!?)\s*([^{}]*?)\s*\}")
_DECIDED_AT_DEPLOY = {
    "AWS::StackName": "the stack's name is chosen at deploy",
    "AWS::StackId": "the stack's id is known after deploy",
    "AWS::NotificationARNs": "the stack's notification topics are chosen at deploy",
    "AWS::AccountId": "the account is chosen at deploy",
    "AWS::Region": "the region is chosen at deploy",
}
# One object each: `kinds` takes two names made of the very same unknowns for the same name.
_PSEUDO = {
    name: Unknown(reason, depends=(name,), not_null=name != "AWS::NotificationARNs")
    for name, reason in _DECIDED_AT_DEPLOY.items()
}


class Evaluator:
    """Evaluates the values of one template. Problems gather in `problems`, places and notes in `record`."""

    def __init__(self, document: Document, options: ReadOptions) -> None:
        self.document = document
        self.options = options
        data = document.data if isinstance(document.data, dict) else {}
        self.data = data
        self.resources = _section(data, "Resources")
        self.declared = _section(data, "Parameters")
        self.macros = bool(data.get("Transform"))
        """A macro may add resources, so a name that is not there is not necessarily wrong."""
        self.parameters: dict[str, Parameter] = {}
        self.conditions: dict[str, tuple[Truth, dict[str, None]] | None] = {}
        """None while it is being evaluated."""
        self.asking: set[tuple[str, str]] = set()
        """Attributes that are being looked up in the properties they may be."""
        self.found: dict[Problem, None] = {}
        self.record = Record()
        self.used: dict[str, None] = {}
        """Remarks on what the function at hand has used: parameter defaults."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(self.found)

    def gap(self, message: str, at: At, hint: str = "") -> None:
        problem = Problem(Weight.GAP, "cloudformation", message, self.document.span(*at), hint)
        self.found[problem] = None

    def value(self, node: YamlValue, at: At, path: str | None = None) -> Value:
        """The value of a node; None where it is `AWS::NoValue`. Places below `path` are noted where one is given."""
        if isinstance(node, str):
            return with_references([node]) if "{{resolve:" in node else node
        if isinstance(node, list):
            return self.sequence(node, path)
        call = call_of(node)
        if call is not None:
            return self.function(*call, at, path)
        return self.mapping(node, path) if isinstance(node, dict) else _scalar(node)

    def mapping(self, node: dict[str, YamlValue], path: str | None) -> Value:
        out: dict[str, Value] = {}
        opened = ""
        for key, child in node.items():
            if key.startswith("Fn::"):
                opened = f"{key} is not evaluated"
                self.gap(f"{key} was not evaluated: what it adds was not looked at", (node, key))
                continue
            name = None
            if path is not None:
                name = f"{path}.{key}" if path else key
                self.record.table.setdefault(name, self.document.lines(node, key))
            value = self.value(child, (node, key), name)
            if value is not None:
                out[key] = value
        return open_map(out, opened) if opened else out

    def sequence(self, node: list[YamlValue], path: str | None) -> Value:
        out: list[Value] = []
        perhaps: list[Value] = []
        reason = ""
        for index, child in enumerate(node):
            at: At = (node, index)
            if path is None or call_of(child) is None:
                name = None if path is None else f"{path}[{len(out)}]"
                value = self.value(child, at, name)
                inner = Record()
            else:
                with self._apart() as inner:
                    value = self.value(child, at, "")
            if value is None:
                continue
            certain = not (isinstance(value, Alternatives) and None in value.options)
            if isinstance(value, Alternatives) and not certain:
                reason = value.reason
                perhaps.append(one_of([option for option in value.options if option is not None], reason))
            else:
                out.append(value)
            if path is not None:
                # Elements that may not exist have no index of their own; evidence calls them `[*]`.
                self._keep(inner, f"{path}[{len(out) - 1}]" if certain else f"{path}[*]", self.document.lines(*at))
        return OpenList(tuple(out), tuple(perhaps), reason) if perhaps else out

    @contextmanager
    def _apart(self) -> Iterator[Record]:
        outer, self.record = self.record, Record()
        try:
            yield self.record
        finally:
            self.record = outer

    def _keep(self, inner: Record, path: str, lines: tuple[int, int, int]) -> None:
        self.record.table.setdefault(path, lines)
        for name, place in inner.table.items():
            self.record.table.setdefault(_below(path, name), place)
        for name, note in inner.notes.items():
            self.record.notes.setdefault(_below(path, name), note)

    def function(self, name: str, argument: YamlValue, at: At, path: str | None) -> Value:
        outer, self.used = self.used, {}
        try:
            result = self.apply(name, argument, at, path)
        except BadCallError as error:
            self.gap(f"{error}", at)
            result = Unknown(f"{error}")
        if self.used and path is not None:
            self.record.notes.setdefault(path, ", ".join(self.used))
        outer.update(self.used)
        self.used = outer
        return result

    def apply(self, name: str, argument: YamlValue, at: At, path: str | None) -> Value:
        if name == "Ref":
            return self.ref(argument)
        if name == "Fn::GetAtt":
            return self.get_att(argument)
        if name == "Fn::Sub":
            return self.sub(argument)
        if name == "Fn::If":
            return self.choose(argument, path)
        if name == "Fn::FindInMap":
            keys = self.value(argument, at)
            return one_of(find_in_map(self.data.get("Mappings"), keys), derived(keys).reason)
        if name == "Fn::ImportValue":
            exported = self.value(argument, at)
            shown = exported if isinstance(exported, str) else "…"
            reason = f"export `{shown}` of another stack"
            return Unknown(
                reason, depends=(f"export.{shown}",) if shown != "…" else derived(exported).depends, not_null=True
            )
        if name == "Fn::Transform":
            first = argument[0] if isinstance(argument, list) and argument else argument
            macro = first.get("Name") if isinstance(first, dict) else None
            raise BadCallError(f"macro {macro or 'Fn::Transform'} was not run: what it makes was not looked at")
        plain = FUNCTIONS.get(name)
        if plain is None:
            raise BadCallError(f"{name} is not a function that soc2gate knows here")
        return plain(self.value(argument, at))

    def ref(self, argument: YamlValue) -> Value:
        if not isinstance(argument, str):
            raise BadCallError("Ref expects the name of a parameter or a resource")
        if argument.startswith("AWS::"):
            return self.pseudo(argument)
        if argument in self.declared:
            return self.parameter(argument)
        return self.attribute(argument, "Ref")

    def parameter(self, name: str) -> Value:
        known = self.parameters.get(name)
        if known is None:
            known = self.parameters[name] = read_parameter(name, self.declared[name], self.options.variables)
        if known.note:
            self.used[known.note] = None
        return known.value

    def pseudo(self, name: str) -> Value:
        region = self.options.region or ""
        if name == "AWS::NoValue":
            return None
        if name == "AWS::Partition":
            return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        if name == "AWS::URLSuffix":
            return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        if name == "AWS::Region" and region:
            return region
        if name == "AWS::AccountId" and self.options.account:
            return self.options.account
        if name not in _DECIDED_AT_DEPLOY:
            raise BadCallError(f"{name} is not a pseudo parameter")
        return _PSEUDO[name]

    def attribute(self, logical_id: str, attribute: str) -> Value:
        """What a resource will answer once it exists."""
        if logical_id not in self.resources:
            if self.macros:
                return Unknown(f"{logical_id} is made by a macro", depends=(logical_id,))
            what = "no parameter or resource" if attribute == "Ref" else "no resource"
            raise BadCallError(f"`{logical_id}` is {what} of this template")
        written = self.written(logical_id, attribute)
        if written is not None:
            return written
        return after_deploy(logical_id, attribute)

    def written(self, logical_id: str, attribute: str) -> Value:
        """An attribute that is a property of the same name, where the template says it: `Vpc.CidrBlock`."""
        body = self.resources[logical_id]
        kind = body.get("Type") if isinstance(body, dict) else None
        properties = body.get("Properties") if isinstance(body, dict) else None
        if not isinstance(kind, str) or not isinstance(properties, dict) or attribute not in properties:
            return None
        # What these answer is their own affair, whatever they are given.
        if not kind.startswith("AWS::") or kind.startswith("AWS::CloudFormation::") or kind.endswith("::MODULE"):
            return None
        if (logical_id, attribute) in self.asking:
            return None
        self.asking.add((logical_id, attribute))
        try:
            value = self.value(properties[attribute], (properties, attribute))
        finally:
            self.asking.discard((logical_id, attribute))
        return value if is_known(value) else None

    def get_att(self, argument: YamlValue) -> Value:
        if isinstance(argument, list) and len(argument) > 1 and isinstance(argument[0], str):
            names = [self.value(part, (argument, index)) for index, part in enumerate(argument)]
            known = [name for name in names if isinstance(name, str)]
            if len(known) < len(names):
                return Unknown("known after deploy", depends=(argument[0],), not_null=True)
            return self.attribute(known[0], ".".join(known[1:]))
        logical_id, dot, attribute = argument.partition(".") if isinstance(argument, str) else ("", "", "")
        if not dot or not attribute:
            raise BadCallError("Fn::GetAtt expects a resource and one of its attributes")
        return self.attribute(logical_id, attribute)

    def sub(self, argument: YamlValue) -> Value:
        given: dict[str, Value] = {}
        template = argument
        if isinstance(argument, list) and len(argument) == 2:
            template, variables = argument
            if isinstance(variables, dict):
                given = {name: self.value(child, (variables, name)) for name, child in variables.items()}
        if isinstance(template, Tagged) or call_of(template) is not None:
            raise BadCallError("Fn::Sub expects a text as it stands, and another tool fills in this one")
        if not isinstance(template, str):
            raise BadCallError("Fn::Sub expects a text, or a text and a mapping")
        pieces = _SUB.split(template)
        parts: list[Value] = [pieces[0]]
        for literal, name, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            if literal:
                parts.append("${" + name + "}")
            elif name in given:
                parts.append(given[name])
            else:
                parts.append(self.get_att(name) if "." in name else self.ref(name))
            parts.append(text)
        try:
            return join_parts(["" if part is None else part for part in parts])
        except ValueError as error:
            raise BadCallError(f"Fn::Sub: {error}") from None

    def choose(self, argument: YamlValue, path: str | None) -> Value:
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
            raise BadCallError("Fn::If expects a condition's name and two values")
        truth = self.condition(argument[0])
        if isinstance(truth, Undecided):
            options = [self.value(argument[index], (argument, index), path) for index in (1, 2)]
            return one_of(options, truth.reason)
        index = 1 if truth else 2
        return self.value(argument[index], (argument, index), path)

    def condition(self, name: str) -> Truth:
        """A condition by its name; raises `BadCallError` where the template has none of that name."""
        if name not in self.conditions:
            section = _section(self.data, "Conditions")
            if name not in section:
                raise BadCallError(f"the template has no condition `{name}`")
            self.conditions[name] = None
            outer, self.used = self.used, {}
            truth = self.truth(section[name], (section, name))
            if isinstance(truth, Undecided):
                truth = Undecided(f"condition {name} is not decided: {truth.reason}")
            self.conditions[name] = truth, self.used
            self.used = outer
        known = self.conditions[name]
        if known is None:
            raise BadCallError(f"condition `{name}` depends on itself")
        self.used.update(known[1])
        return known[0]

    def truth(self, node: YamlValue, at: At) -> Truth:
        """What a condition's expression says; one that is written wrongly is undecided, and a gap."""
        try:
            return self._truth(node, at)
        except BadCallError as error:
            self.gap(str(error), at)
            return Undecided(str(error))

    def _truth(self, node: YamlValue, at: At) -> Truth:
        if isinstance(node, dict) and list(node) == ["Condition"]:
            node = Tagged("Condition", node["Condition"])
        call = call_of(node)
        if call is None:
            raise BadCallError("a condition expects Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition")
        name, argument = call
        if name == "Condition" and isinstance(argument, str):
            return self.condition(argument)
        if not isinstance(argument, list):
            raise BadCallError(f"{name} expects a list")
        if name == "Fn::Equals":
            return equal(
                *pair([self.value(part, (argument, i)) for i, part in enumerate(argument)], name, "two values")
            )
        truths = [self.truth(part, (argument, index)) for index, part in enumerate(argument)]
        if name == "Fn::And" and truths:
            return all_of(truths)
        if name == "Fn::Or" and truths:
            return any_of(truths)
        if name == "Fn::Not" and len(truths) == 1:
            return negated(truths[0])
        raise BadCallError(f"{name} with {len(truths)} operands is not a condition")


def after_deploy(logical_id: str, attribute: str) -> Unknown:
    """What a resource answers that only its creation decides."""
    reference = Ref(logical_id, attribute)
    return Unknown("known after deploy", reference, (str(reference),), not_null=True)


def call_of(node: YamlValue) -> tuple[str, YamlValue] | None:
    """Function and argument of a node that is a call, in either form, by the function's long name."""
    if isinstance(node, Tagged):
        return (node.tag if node.tag in ("Ref", "Condition") else f"Fn::{node.tag}"), node.value
    if isinstance(node, dict) and len(node) == 1:
        (name, argument), *_ = node.items()
        if name == "Ref" and isinstance(argument, str):
            return name, argument
        if name.startswith("Fn::") and not name.startswith("Fn::ForEach"):
            return name, argument
    return None


def _section(data: dict[str, YamlValue], name: str) -> dict[str, YamlValue]:
    section = data.get(name)
    return section if isinstance(section, dict) else {}


def _scalar(node: YamlValue) -> Value:
    return node if node is None or isinstance(node, (bool, int, float)) else None


def _below(path: str, name: str) -> str:
    return path + name if not name or name.startswith("[") else f"{path}.{name}"
