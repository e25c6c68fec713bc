"""What the type of a conditional's result is when the branch not taken is unknown.

Terraform gives both results one type: text, where one is a number and the other text. What is written, and the type
that a variable declares, often tell the type of a value that is not known; where they do not, the result has an open
type.
"""

from __future__ import annotations

from soc2gate.declared.terraform.tree import Access, Binary, Call, Conditional, Literal, Node, Template, Unary
from soc2gate.declared.terraform.unknowns import Typed
from soc2gate.declared.terraform.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Either,
    EitherMap,
    TfList,
    TfMap,
    TfSet,
    Type,
    Val,
    to_string,
    type_of,
    unify,
)
from soc2gate.model.value import Alternatives, OpenList, OpenMap

_NUMBERS = "abs ceil floor index length log max min parseint pow signum sum timecmp tonumber"
_BOOLS = "alltrue anytrue can cidrcontains contains endswith fileexists issensitive startswith strcontains tobool"
_STRINGS = """abspath base64decode base64encode base64gzip base64gunzip base64sha256 base64sha512 basename chomp
cidrhost cidrnetmask cidrsubnet dirname file filebase64 filebase64sha256 filemd5 filesha1 filesha256 filesha512 format
formatdate indent join jsonencode lower md5 pathexpand plantimestamp replace sha1 sha256 sha512 strrev substr
textdecodebase64 textencodebase64 timeadd timestamp title tostring trim trimprefix trimspace trimsuffix upper urldecode
urlencode uuid uuidv5 yamlencode"""
_RESULTS = {
    name: kind for names, kind in ((_NUMBERS, NUMBER), (_BOOLS, BOOL), (_STRINGS, STRING)) for name in names.split()
}
"""By function, where every call gives one type."""
_ARITHMETIC = frozenset("+-*/%")


def type_told(node: Node, value: Val) -> Type:
    """The type of an expression: of its value, or as it is written where that is unknown."""
    if isinstance(value, Typed):
        return value.type
    found = type_of(value)
    return _written(node) if found.kind == "any" else found


def _written(node: Node) -> Type:
    if isinstance(node, Literal):
        return ANY if node.value is None else type_of(node.value)
    if isinstance(node, Template):
        return STRING
    if isinstance(node, Unary):
        return BOOL if node.operator == "!" else NUMBER
    if isinstance(node, Binary):
        return NUMBER if node.operator in _ARITHMETIC else BOOL
    if isinstance(node, Access) and not node.steps:
        return _written(node.base)
    if isinstance(node, Call):
        return _RESULTS.get(node.name.removeprefix("core::"), ANY)
    if isinstance(node, Conditional):
        branches = [_written(node.then), _written(node.otherwise)]
        return ANY if ANY in branches else unify(branches) or ANY
    return ANY


def of_open_type(value: Val) -> Val:
    """A value that the other result of a conditional, of which nothing is known, may give another type."""
    if isinstance(value, (bool, int, float)):
        return Alternatives((value, to_string(value)), "the type of a conditional's other result is not known")
    if isinstance(value, (TfList, TfSet, TfMap)) and value.item == STRING:
        return _unordered(value) if isinstance(value, TfSet) else value
    if isinstance(value, TfSet):
        return _unordered([of_open_type(each) for each in value])
    if isinstance(value, TfList):
        return TfList([of_open_type(each) for each in value])
    if isinstance(value, TfMap):
        return TfMap((name, of_open_type(each)) for name, each in value.items())
    if value.__class__ is list:
        return Either([of_open_type(each) for each in value])
    if value.__class__ is dict:
        return EitherMap((name, of_open_type(each)) for name, each in value.items())
    if isinstance(value, OpenList):
        items, more = (tuple([of_open_type(each) for each in part]) for part in (value.items, value.more))
        return value.__class__(items, more, value.reason)
    if isinstance(value, OpenMap):
        named = {name: of_open_type(each) for name, each in value.items.items()}
        return OpenMap(named, of_open_type(value.more), value.reason)
    return value


def _unordered(elements: list[Val]) -> OpenList:
    return OpenList(tuple(elements), (), "the other result of a conditional is not known")
