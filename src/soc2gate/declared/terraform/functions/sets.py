"""Functions over sets, and the products of collections."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.set_elements import identity, make_set
from soc2gate.declared.terraform.unknowns import derived
from soc2gate.declared.terraform.values import (
    ANY,
    EvaluationError,
    TfList,
    TfSet,
    Type,
    Val,
    describe,
    element_types,
    first_special,
    type_of,
    unify,
)
from soc2gate.errors import RefusedError
from soc2gate.model.value import OpenList, Unknown

MOST_PRODUCTS = 10_000


def _sets(values: tuple[Val, ...]) -> tuple[list[list[Val]], Type]:
    """All arguments as lists of elements of one type."""
    item = unify(type_ for value in values for type_ in element_types(value))
    if item is None:
        raise EvaluationError("all elements must have the same type")
    return [list(convert(value, Type("set", item))) for value in values], item


def _union(*values: Val) -> Val:
    for value in values:
        if value is None:
            raise EvaluationError("an argument is null")
        if not isinstance(value, (list, OpenList, Unknown)):
            raise EvaluationError(f"set required, but this is {describe(value)}")
    if all(isinstance(value, list) for value in values) and first_special(list(values)) is None:
        sets, item = _sets(values)
        return make_set([element for each in sets for element in each], item)
    certain = [e for v in values for e in (v if isinstance(v, list) else v.items if isinstance(v, OpenList) else ())]
    perhaps = [t for v in values if isinstance(v, OpenList) for t in v.more]
    perhaps += [derived(v) for v in values if isinstance(v, Unknown)]
    joined = make_set(certain, ANY)
    if not perhaps:
        return joined
    reason = derived(*values).reason
    if isinstance(joined, OpenList):
        return OpenList(joined.items, (*joined.more, *perhaps), reason)
    return OpenList(tuple(joined), tuple(perhaps), reason)


def _intersection(*values: list[Val]) -> Val:
    sets, item = _sets(values)
    shared = [element for element in sets[0] if all(_within(element, other) for other in sets[1:])]
    return make_set(shared, item)


def _subtract(left: list[Val], right: list[Val]) -> Val:
    (mine, theirs), item = _sets((left, right))
    return make_set([element for element in mine if not _within(element, theirs)], item)


def _within(element: Val, others: list[Val]) -> bool:
    wanted = identity(element)
    return any(identity(other) == wanted for other in others)


def _product(*values: Val) -> Val:
    for value in values:
        if value is None:
            raise EvaluationError("an argument is null")
        if isinstance(value, (Unknown, OpenList)):
            return derived(*values)
        if not isinstance(value, list):
            raise EvaluationError(f"list or set required, but this is {describe(value)}")
    count = 1
    for value in values:
        count *= len(value)
    if count > MOST_PRODUCTS:
        raise RefusedError(f"setproduct() of more than {MOST_PRODUCTS} elements")
    columns: list[list[Val]] = []
    types: list[Type] = []
    for value in values:
        item = value.item if isinstance(value, (TfList, TfSet)) and value.item.kind != "any" else None
        item = item or unify(type_of(element) for element in value)
        if item is None and count:
            raise EvaluationError("all elements of a list must have the same type")
        item = item or ANY
        columns.append([convert(element, item) for element in value])
        types.append(item)
    rows: list[Val] = [list(row) for row in itertools.product(*columns)]
    row_type = Type("tuple", items=tuple(types))
    if any(isinstance(value, TfSet) for value in values):
        return make_set(rows, row_type)
    return TfList(rows, row_type)


TABLE: Mapping[str, Function] = {
    "setunion": Function(_union, "vv*", vague=True),
    "setintersection": Function(_intersection, "ll*"),
    "setsubtract": Function(_subtract, "ll"),
    "setproduct": Function(_product, "vvv*", vague=True),
}
