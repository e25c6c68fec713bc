"""Type constraints: what the `type` of a variable says."""

from __future__ import annotations

from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.scope import Scope
from soc2gate.declared.terraform.tree import Access, Call, Literal, Node, Object, Reference, Tuple
from soc2gate.declared.terraform.values import ANY, BOOL, NUMBER, STRING, EvaluationError, Type, Val

_PRIMITIVES = {"any": ANY, "string": STRING, "number": NUMBER, "bool": BOOL}


def read_type(node: Node, scope: Scope) -> Type:
    """The type a constraint spells; EvaluationError for what is none. `scope` is for the defaults of `optional()`."""
    if isinstance(node, Access) and not node.steps:
        return read_type(node.base, scope)
    if isinstance(node, Literal) and isinstance(node.value, str):
        # The way of Terraform 0.11: `type = "list"`.
        return _named(node.value)
    if isinstance(node, Reference) and not node.steps:
        return _named(node.root)
    if isinstance(node, Call) and len(node.arguments) == 1:
        (argument,) = node.arguments
        if node.name in ("list", "set", "map"):
            return Type(node.name, read_type(argument, scope))
        if node.name == "tuple" and isinstance(argument, Tuple):
            return Type("tuple", items=tuple([read_type(element, scope) for element in argument.elements]))
        if node.name == "object" and isinstance(argument, Object):
            return _object(argument, scope)
    raise EvaluationError("this is not a type constraint")


def _named(name: str) -> Type:
    if name in ("list", "map", "set"):
        return Type(name, ANY)
    if name in _PRIMITIVES:
        return _PRIMITIVES[name]
    raise EvaluationError(f"there is no type “{name}”")


def _object(node: Object, scope: Scope) -> Type:
    attributes: dict[str, Type] = {}
    optional: dict[str, Val] = {}
    for item in node.items:
        if not isinstance(item.key, str):
            raise EvaluationError("the name of an object's attribute must be a plain name")
        value = item.value
        if isinstance(value, Call) and value.name == "optional":
            if not 1 <= len(value.arguments) <= 2:
                raise EvaluationError("optional() takes a type and perhaps a default")
            attributes[item.key] = read_type(value.arguments[0], scope)
            default = evaluate(value.arguments[1], scope) if len(value.arguments) == 2 else None
            optional[item.key] = convert(default, attributes[item.key])
        else:
            attributes[item.key] = read_type(value, scope)
    return Type("object", attributes=dict(sorted(attributes.items())), optional=optional)
