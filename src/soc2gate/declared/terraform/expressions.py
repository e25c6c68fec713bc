"""What an expression means: the tree and a scope in, a value out.

Nothing here knows about files, resources or modules; a `Place` answers names. Where something is not decided, the
evaluator works out what holds for every value it may have, and counts a *doubt* for every operation that would fail
for some of them: `try()` and `can()` need to know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.access import attribute, index, surviving
from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.operators import operate, truth
from soc2gate.declared.terraform.scope import Context, Scope
from soc2gate.declared.terraform.set_elements import in_any_order
from soc2gate.declared.terraform.told_types import of_open_type, type_told
from soc2gate.declared.terraform.tree import (
    Access,
    Binary,
    Call,
    Conditional,
    ForObject,
    ForTuple,
    Literal,
    Node,
    Object,
    Reference,
    Splat,
    SplatItem,
    Step,
    Template,
    TemplateFor,
    TemplateIf,
    Tuple,
    Unary,
)
from soc2gate.declared.terraform.unknowns import Tail, alternatives, derived, each_way, text
from soc2gate.declared.terraform.values import (
    EvaluationError,
    Members,
    TfList,
    TfSet,
    Type,
    Val,
    describe,
    first_special,
    to_bool,
    to_number,
    to_string,
    type_of,
    unify,
)
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown

_SPLAT_ITEM = "*"


def evaluate(node: Node, scope: Scope) -> Val:
    """The value of an expression. EvaluationError where Terraform would refuse it for certain."""
    return _EVALUATORS[node.__class__](node, scope)


def _literal(node: Literal, scope: Scope) -> Val:
    return node.value


def _reference(node: Reference, scope: Scope) -> Val:
    steps = node.steps
    if node.root in scope.names:
        value, used = scope.names[node.root], 0
    else:
        value, used = scope.place.resolve(node.root, steps, scope)
    for step in steps[used:] if used else steps:
        value = _step(value, step, scope)
    return value


def _access(node: Access, scope: Scope) -> Val:
    value = evaluate(node.base, scope)
    for step in node.steps:
        value = _step(value, step, scope)
    return value


def _step(value: Val, step: Step, scope: Scope) -> Val:
    if isinstance(step, str):
        return attribute(value, step, scope.context)
    return index(value, evaluate(step, scope), scope.context)


# Operators


def _unary(node: Unary, scope: Scope) -> Val:
    return _unary_of(node.operator, evaluate(node.operand, scope), scope)


def _unary_of(operator: str, value: Val, scope: Scope) -> Val:
    if isinstance(value, SPECIAL):
        scope.context.doubts += 1
        if isinstance(value, Alternatives):
            return surviving(value, lambda option: _unary_of(operator, option, scope))
        if isinstance(value, (Unknown, Text)):
            return derived(value)
    if value is None:
        raise EvaluationError(f"the operand of “{operator}” is null")
    if operator == "!":
        return not to_bool(value)
    return numbers.negative(to_number(value))


def _binary(node: Binary, scope: Scope) -> Val:
    # Chains lean to the left and may be long; walking down them here costs no depth.
    spine: list[Binary] = []
    left: Node = node
    while isinstance(left, Binary):
        spine.append(left)
        left = left.left
    value: Val = None
    failed: EvaluationError | None = None
    try:
        value = evaluate(left, scope)
    except EvaluationError as error:
        failed = error
    for each in reversed(spine):
        logical = each.operator in ("&&", "||")
        if failed is not None and not logical:
            break
        try:
            if logical:
                value = _logical(each.operator, value, failed, each.right, scope)
                failed = None
            else:
                value = operate(each.operator, value, evaluate(each.right, scope), scope.context)
        except EvaluationError as error:
            failed = error
    if failed is not None:
        raise failed
    return value


def _logical(operator: str, left: Val, failed: EvaluationError | None, right: Node, scope: Scope) -> Val:
    """One side that settles the answer excuses that the other could not be evaluated, or is null."""
    absorbing = operator == "||"
    if failed is None and left is None:
        failed = EvaluationError(f"an operand of “{operator}” is null")
    if failed is not None:
        other = _truth(evaluate(right, scope), operator, scope)
        if other is absorbing:
            return absorbing
        if not isinstance(other, Unknown):
            raise failed
        scope.context.doubts += 1
        return Unknown(failed.message, depends=other.depends)
    left = _truth(left, operator, scope)
    if left is absorbing:
        if isinstance(right, (Literal, Tuple, Object)) and evaluate(right, scope) is not None:
            # What can never be a bool is an error wherever it stands.
            _truth(evaluate(right, scope), operator, scope)
        return absorbing
    if not isinstance(left, Unknown):
        return _truth(evaluate(right, scope), operator, scope)
    try:
        other = _truth(evaluate(right, scope), operator, scope)
    except EvaluationError as error:
        # The left side may settle it.
        scope.context.doubts += 1
        return Unknown(error.message, depends=left.depends)
    if other is absorbing:
        return absorbing
    return derived(left, other) if isinstance(other, Unknown) else Unknown(left.reason, depends=left.depends)


def _truth(value: Val, operator: str, scope: Scope) -> bool | Unknown:
    if isinstance(value, SPECIAL):
        scope.context.doubts += 1
        if isinstance(value, (Unknown, Text)):
            return derived(value)
        if isinstance(value, Alternatives):
            return truth(value)
    if value is None:
        raise EvaluationError(f"an operand of “{operator}” is null")
    return to_bool(value)


def _conditional(node: Conditional, scope: Scope) -> Val:
    condition = truth(evaluate(node.condition, scope))
    if isinstance(condition, Unknown):
        return _undecided_conditional(node, condition, scope)
    chosen, other = (node.then, node.otherwise) if condition else (node.otherwise, node.then)
    value = evaluate(chosen, scope)
    if value is None or isinstance(value, Unknown):
        # Nothing the other branch may be would change these.
        return value
    if isinstance(other, Literal) and (other.value is None or type_of(other.value) == type_of(value)):
        return value
    if isinstance(other, Template) and isinstance(value, (str, Text)):
        return value
    doubts = scope.context.doubts
    try:
        aside = evaluate(other, scope)
    except EvaluationError:
        # An error in the branch not taken is none, and then nothing is known of its type; of what is made of parts,
        # Terraform still knows some.
        return value if isinstance(other, (Call, Reference, Access)) else of_open_type(value)
    finally:
        scope.context.doubts = doubts
    if first_special(aside) is not None or first_special(value) is not None:
        # Were it of another type than the other branch, the conditional would be an error.
        scope.context.doubts += 1
        theirs = type_told(other, aside)
        if theirs.kind == "any":
            return of_open_type(value)
        return _of_both_types(value, theirs, in_order=condition)
    return _as_both(value, aside, in_order=condition)


def _as_both(value: Val, other: Val, in_order: bool = True) -> Val:
    """The value in the type that both branches share, as a conditional's result is."""
    if isinstance(value, Members) or isinstance(other, Members):
        return value
    return _of_both_types(value, type_of(other), in_order)


def _of_both_types(value: Val, theirs: Type, in_order: bool) -> Val:
    mine = type_of(value)
    if mine == theirs or theirs.kind == "any" or mine.kind == "any":
        return value
    shared = unify((mine, theirs) if in_order else (theirs, mine))
    if shared is None:
        raise EvaluationError(f"the results of a conditional must have one type, but they are {mine} and {theirs}")
    return convert(value, shared)


def _undecided_conditional(node: Conditional, condition: Unknown, scope: Scope) -> Val:
    values: list[Val] = []
    scope.context.doubts += 1
    for branch in (node.then, node.otherwise):
        try:
            values.append(evaluate(branch, scope))
        except EvaluationError as error:
            values.append(Unknown(error.message, depends=condition.depends))
    then, otherwise = values
    try:
        options = [_as_both(then, otherwise), _as_both(otherwise, then)]
    except EvaluationError:
        options = [then, otherwise]
    return alternatives(options, condition.reason, condition.depends)


# Texts


def _template(node: Template, scope: Scope) -> Val:
    parts: list[str] = []
    for part in node.parts:
        if part.__class__ is str:
            parts.append(part)
            continue
        value = evaluate(part, scope)  # type: ignore[arg-type]  # the class was asked just above
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, (*SPECIAL, Members)):
            return _vague_template(node, scope)
        else:
            parts.append(_interpolated(value))
    joined = "".join(parts)
    scope.context.made_text(len(joined))
    return joined


def _interpolated(value: Val) -> str:
    if value is None:
        raise EvaluationError("null cannot stand in a string template")
    return to_string(value)


def _vague_template(node: Template, scope: Scope) -> Val:
    scope.context.doubts += 1
    values: list[Val] = []
    for part in node.parts:
        value: Val = part if isinstance(part, str) else evaluate(part, scope)
        if isinstance(value, (OpenList, OpenMap, Members)):
            raise EvaluationError(f"string required, but this is {describe(value)}")
        values.append(value if isinstance(value, SPECIAL) else _interpolated(value))
    if any(isinstance(value, Alternatives) for value in values):
        return each_way(lambda *each: text(_text_part(part) for part in each), values)
    return text(values)


def _text_part(value: Val) -> Val:
    return value if isinstance(value, (Unknown, Text)) else _interpolated(value)


def _template_if(node: TemplateIf, scope: Scope) -> Val:
    condition = truth(evaluate(node.condition, scope))
    if isinstance(condition, Unknown):
        scope.context.doubts += 1
        options = [_template(node.then, scope), _template(node.otherwise, scope)]
        return alternatives(options, condition.reason, condition.depends)
    return _template(node.then if condition else node.otherwise, scope)


def _template_for(node: TemplateFor, scope: Scope) -> Val:
    collection = evaluate(node.collection, scope)
    if isinstance(collection, SPECIAL) and not isinstance(collection, Tail):
        scope.context.doubts += 1
        return derived(collection)
    parts: list[Val] = []
    for known, value, inner in _loop(collection, node.key, node.value, scope):
        if not known:
            return derived(collection)
        del value
        parts.append(_template(node.body, inner))
    if any(isinstance(part, Alternatives) for part in parts):
        return each_way(lambda *each: text(each), parts)
    return text(parts)


# Collections


def _tuple(node: Tuple, scope: Scope) -> Val:
    return [evaluate(element, scope) for element in node.elements]


def _object(node: Object, scope: Scope) -> Val:
    result: dict[str, Val] = {}
    vague: Val = None
    for item in node.items:
        if item.key.__class__ is Reference:
            raise EvaluationError("a key with a dot in it must be in quotes, or in parentheses to be evaluated")
        key: Val = item.key if isinstance(item.key, str) else evaluate(item.key, scope)
        value = evaluate(item.value, scope)
        if isinstance(key, str):
            result[key] = value
        elif isinstance(key, SPECIAL):
            scope.context.doubts += 1
            vague = derived(key)
            # The key may be one that is there already.
            result = {name: alternatives((each, value), vague.reason) for name, each in result.items()}
        elif key is None:
            raise EvaluationError("a key of the object is null")
        else:
            result[to_string(key)] = value
    return result if vague is None else OpenMap(result, vague, vague.reason)


def _loop(collection: Val, key_name: str | None, value_name: str, scope: Scope) -> Iterator[tuple[bool, Val, Scope]]:
    """Each element with a scope that names it; the flag is false for a template of further elements."""
    inner = scope.inner()
    names = inner.names
    spend = scope.context.spend
    for known, key, value in elements_of(collection, scope.context):
        spend(1)
        if key_name is not None:
            names[key_name] = key
        names[value_name] = value
        yield known, value, inner


def elements_of(collection: Val, context: Context) -> Iterator[tuple[bool, Val, Val]]:
    """What iterating a collection gives: whether the element is there for certain, key, value."""
    if isinstance(collection, TfSet):
        for element in collection:
            yield True, element, element
    elif isinstance(collection, list):
        for position, element in enumerate(collection):
            yield True, position, element
    elif isinstance(collection, dict):
        for name in sorted(collection):
            yield True, name, collection[name]
    elif isinstance(collection, Members):
        yield from elements_of(collection.as_object(), context)
    elif isinstance(collection, SPECIAL):
        context.doubts += 1
        yield from _open_elements(collection)
    elif collection is None:
        raise EvaluationError("null cannot be iterated")
    else:
        raise EvaluationError(f"{describe(collection)} cannot be iterated")


def _open_elements(collection: Any) -> Iterator[tuple[bool, Val, Val]]:
    if isinstance(collection, OpenList):
        ordered = isinstance(collection, Tail)
        for position, element in enumerate(collection.items):
            yield True, position if ordered else Unknown(collection.reason), element
        for element in collection.more:
            yield False, Unknown(collection.reason), element
    elif isinstance(collection, OpenMap):
        for name in sorted(collection.items):
            yield True, name, collection.items[name]
        yield False, Unknown(collection.reason), collection.more
    elif isinstance(collection, Text):
        raise EvaluationError("a string cannot be iterated")
    elif isinstance(collection, Alternatives):
        for option in collection.options:
            if isinstance(option, (Unknown, OpenList, OpenMap)):
                yield False, derived(collection), derived(collection)
            elif isinstance(option, list):
                for position, element in enumerate(option):
                    yield False, element if isinstance(option, TfSet) else position, element
            elif isinstance(option, dict):
                for name in sorted(option):
                    yield False, name, option[name]
    else:
        unknown = Unknown(collection.reason, depends=collection.depends)
        yield False, unknown, unknown


def _for_tuple(node: ForTuple, scope: Scope) -> Val:
    collection = evaluate(node.collection, scope)
    _check_condition(node, collection, scope)
    items: list[Val] = []
    more: list[Val] = []
    ordered = True
    for known, _, inner in _loop(collection, node.key, node.value, scope):
        try:
            keep = True if node.condition is None else truth(evaluate(node.condition, inner))
            if keep is False:
                continue
            value = evaluate(node.result, inner)
        except EvaluationError as error:
            if known:
                raise
            keep, value = Unknown(error.message), Unknown(error.message)
        if known and keep is True:
            items.append(value)
            ordered = ordered and not more
        else:
            more.append(value)
    if isinstance(collection, TfSet) and len(collection) > 1 and (special := first_special(collection)) is not None:
        # Where its elements stand is not known, and which of them are one.
        return in_any_order([*items, *more], special.reason)
    if not more and not isinstance(collection, SPECIAL):
        return items
    return _opened(items, more, collection, ordered)


def _check_condition(node: ForTuple | ForObject, collection: Val, scope: Scope) -> None:
    """Where there is nothing to ask a condition about, Terraform still looks whether it can hold of anything."""
    if node.condition is None or collection or not isinstance(collection, (list, dict)):
        return
    inner = scope.inner()
    for name in (node.key, node.value):
        if name is not None:
            inner.names[name] = Unknown("the collection is empty")
    doubts = scope.context.doubts
    truth(evaluate(node.condition, inner))
    scope.context.doubts = doubts


def _opened(items: list[Val], more: list[Val], collection: Val, ordered: bool) -> Val:
    special = first_special(collection)
    reason = special.reason if special is not None else next((v.reason for v in map(first_special, more) if v), "")
    if isinstance(collection, OpenMap) or (isinstance(collection, OpenList) and not isinstance(collection, Tail)):
        ordered = False
    if not more and ordered:
        return items
    return (Tail if ordered else OpenList)(tuple(items), tuple(more), reason or "a condition is not decided")


def _for_object(node: ForObject, scope: Scope) -> Val:
    collection = evaluate(node.collection, scope)
    _check_condition(node, collection, scope)
    result: dict[str, Val] = {}
    vague: list[Val] = []
    reason = ""
    for known, _, inner in _loop(collection, node.key, node.value, scope):
        try:
            keep = True if node.condition is None else truth(evaluate(node.condition, inner))
            if keep is False:
                continue
            name = evaluate(node.name, inner)
            value = evaluate(node.result, inner)
            if name is None:
                raise EvaluationError("a key of the for expression is null")
        except EvaluationError as error:
            if known:
                raise
            keep, name, value = False, Unknown(error.message), Unknown(error.message)
        if not known or keep is not True or isinstance(name, SPECIAL):
            special = first_special([collection, keep, name])
            reason = reason or (special.reason if special is not None else "")
            vague.append(value)
            continue
        key = to_string(name)
        if node.group:
            result.setdefault(key, []).append(value)
        elif key in result:
            raise EvaluationError(f"two elements of the for expression have the key “{key}”")
        else:
            result[key] = value
    if not vague:
        return result
    scope.context.doubts += 1
    return _opened_map(result, vague, reason, node.group)


def _opened_map(result: dict[str, Val], vague: list[Val], reason: str, group: bool) -> Val:
    if group:
        template: Val = OpenList((), tuple(vague), reason)
        grown = {name: OpenList(tuple(values), tuple(vague), reason) for name, values in result.items()}
        return OpenMap(grown, template, reason)
    return OpenMap(result, vague[0] if len(vague) == 1 else alternatives(vague, reason), reason)


def _splat(node: Splat, scope: Scope) -> Val:
    return _splat_over(evaluate(node.base, scope), node.each, scope)


def _splat_over(base: Val, each: Node, scope: Scope) -> Val:
    if base is None:
        return []
    inner = scope.inner()

    def apply(element: Val) -> Val:
        inner.names[_SPLAT_ITEM] = element
        return evaluate(each, inner)

    if isinstance(base, list):
        if not base and isinstance(each, Access) and isinstance(each.steps[0], str):
            _check_attribute(base, each.steps[0])
        results = [apply(element) for element in base]
        if isinstance(base, (TfList, TfSet)):
            return convert(TfList(results), type_of(TfList(())))
        return results
    if isinstance(base, OpenList):
        return base.__class__(tuple(map(apply, base.items)), tuple(map(apply, base.more)), base.reason)
    if isinstance(base, Unknown):
        scope.context.doubts += 1
        return base if isinstance(each, SplatItem) else derived(base)
    if isinstance(base, Alternatives):
        return surviving(base, lambda option: _splat_over(option, each, scope))
    return [apply(base)]


def _check_attribute(base: list[Val], name: str) -> None:
    """Elements of a list that has none have a type all the same."""
    if isinstance(base, (TfList, TfSet)) and base.item.kind in ("string", "number", "bool", "list", "set", "tuple"):
        raise EvaluationError(f"an element that is a {base.item} has no attribute “{name}”")


def _splat_item(node: SplatItem, scope: Scope) -> Val:
    return scope.names[_SPLAT_ITEM]


def _call(node: Call, scope: Scope) -> Val:
    # Imported when first called: configurations without functions do not pay for two hundred of them.
    from soc2gate.declared.terraform.functions import call

    return call(node, scope)


_EVALUATORS: Mapping[type[Node], Callable[[Any, Scope], Val]] = {
    Literal: _literal,
    Reference: _reference,
    Access: _access,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Template: _template,
    TemplateIf: _template_if,
    TemplateFor: _template_for,
    Tuple: _tuple,
    Object: _object,
    ForTuple: _for_tuple,
    ForObject: _for_object,
    Splat: _splat,
    SplatItem: _splat_item,
    Call: _call,
}
