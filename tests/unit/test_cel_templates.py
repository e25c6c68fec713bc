"""Messages with expressions in braces."""

from __future__ import annotations

import pytest

from soc2gate.cel import Witness, compile_template
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Source
from soc2gate.model.value import Alternatives, Text, Unknown, Value
from soc2gate.schema.types import BOOL, INT, STRING, ListType, ObjectType

KIND = ObjectType("Kind", {"Name": STRING, "Port": INT, "Open": BOOL, "Names": ListType(STRING)})
HIDDEN = Unknown("variable")


def render(text: str, witness: Value | Witness = None, **properties: Value) -> str:
    return compile_template(Source(text, "rule.yaml", 1), {"resource": KIND}).render({"resource": properties}, witness)


@pytest.mark.parametrize(
    ("text", "properties", "expected"),
    [
        ("no braces", {}, "no braces"),
        ("{resource.Name}", {"Name": "a"}, "a"),
        ("port {resource.Port}", {"Port": 22}, "port 22"),
        ("kept {resource.Port} days", {}, "kept 0 days"),
        ("{resource.Open}", {}, "false"),
        ("{resource.Names}", {"Names": ["a", "b"]}, "a, b"),
        ("{{resource}} {size('}') + size({'a': 1})}", {}, "{resource} 2"),
        ("{resource.Name}", {"Name": HIDDEN}, "unknown"),
        ("{resource.Name}", {"Name": Text(("logs-", HIDDEN))}, "logs-unknown"),
        ("{resource.Name}", {"Name": Alternatives(("a", "b"), "either")}, "a or b"),
        ("{resource.Open ? 'open' : 'closed'}", {"Open": True}, "open"),
    ],
)
def test_values_print_as_people_write_them(text: str, properties: dict[str, Value], expected: str) -> None:
    assert render(text, **properties) == expected


def test_the_witness_may_be_asked_for_anything_and_absent_fields_are_not_printed() -> None:
    rule: dict[str, Value] = {"IpProtocol": "tcp", "CidrIpv6": "::/0"}
    assert render("open to {source(witness)}", rule) == "open to ::/0"
    assert render("open to {source(witness)}", Witness("Rules[0]", rule)) == "open to ::/0"
    assert render("{witness.CidrIp}|{witness.A.B}|{witness['C']}", rule) == "||"
    assert render("{witness.CidrIp}") == ""
    assert render("{witness}", "0.0.0.0/0") == "0.0.0.0/0"


def test_rendering_never_raises() -> None:
    assert render("{1 / 0} {witness.a.b > 3} {resource.Names[7]}") == "unknown unknown unknown"


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("port {resource.Prot}", "Kind has no property “Prot”", 16),
        ("port {resource.Port", "this brace is not closed", 6),
        ("port } open", "this brace closes nothing", 6),
        ("{}", "the expression ends too early: expected a value", 2),
        ("{'a}", "this brace is not closed", 1),
    ],
)
def test_a_wrong_message_is_refused_with_its_place(text: str, message: str, column: int) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_template(Source(text, "rule.yaml", 4), {"resource": KIND})
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, 4, column)
