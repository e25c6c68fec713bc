"""Terraform's functions: how a call is made, and the forms that look at their arguments unevaluated.

Each module of this package holds one family as a table, name to `Function`. Functions of providers, and those whose
answer depends on the time or on chance, are unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.functions import (
    collections,
    encoding,
    formatting,
    hashes,
    network,
    numeric,
    sets,
    text,
    times,
)
from soc2gate.declared.terraform.functions.files import FILE_FUNCTIONS, render
from soc2gate.declared.terraform.functions.signature import Function, apply
from soc2gate.declared.terraform.scope import Scope
from soc2gate.declared.terraform.tree import Access, Call, Node, Reference, Source
from soc2gate.declared.terraform.types import read_type
from soc2gate.declared.terraform.unknowns import alternatives, derived
from soc2gate.declared.terraform.values import EvaluationError, Val, first_special, to_string
from soc2gate.model.value import SPECIAL, OpenList, Unknown

FUNCTIONS: Mapping[str, Function] = {
    **collections.TABLE,
    **sets.TABLE,
    **text.TABLE,
    **formatting.TABLE,
    **numeric.TABLE,
    **encoding.TABLE,
    **hashes.TABLE,
    **network.TABLE,
    **times.TABLE,
}

UNDECIDED: Mapping[str, str] = {
    "timestamp": "the time of the run decides it",
    "plantimestamp": "the time of the run decides it",
    "uuid": "it is random",
    "bcrypt": "it is salted at random",
    "rsadecrypt": "it decrypts a secret",
}


def call(node: Call, scope: Scope) -> Val:
    """The value of a function call."""
    name = node.name.removeprefix("core::")
    form = _FORMS.get(name)
    if form is not None:
        if node.spread:
            raise EvaluationError(f"{name}() does not take a spread argument here")
        return form(node, scope)
    arguments = _arguments(node, scope)
    if arguments is None:
        scope.context.doubts += 1
        return derived(*(_evaluated(argument, scope) for argument in node.arguments))
    function = FUNCTIONS.get(name)
    if function is not None:
        return apply(name, function, arguments, scope.context)
    in_files = FILE_FUNCTIONS.get(name)
    if in_files is not None:
        return in_files(arguments, scope)
    scope.context.doubts += 1
    if "::" in name:
        return derived(*arguments, reason=f"the provider decides what {name}() is")
    if name in UNDECIDED:
        return derived(*arguments, reason=f"{name}(): {UNDECIDED[name]}")
    raise _no_such_function(name)


def _arguments(node: Call, scope: Scope) -> list[Val] | None:
    """The arguments' values, the last one spread out; None when it is not decided how many there are."""
    values = [evaluate(argument, scope) for argument in node.arguments]
    if node.spread:
        last = values.pop()
        if isinstance(last, SPECIAL):
            return None
        if not isinstance(last, list):
            raise EvaluationError(f"the argument before “...” of {node.name}() must be a list")
        values.extend(last)
    return values


def _evaluated(node: Node, scope: Scope) -> Val:
    return evaluate(node, scope)


def _no_such_function(name: str) -> EvaluationError:
    from soc2gate.suggest import did_you_mean

    return EvaluationError(f"there is no function “{name}”", hint=did_you_mean(name, function_names()))


def function_names() -> list[str]:
    """Every function there is, of Terraform and of OpenTofu."""
    return [*FUNCTIONS, *FILE_FUNCTIONS, *_FORMS, *UNDECIDED]


def _try(node: Call, scope: Scope) -> Val:
    if not node.arguments:
        raise EvaluationError("try() needs at least one argument")
    possible: list[Val] = []
    failures: list[str] = []
    context = scope.context
    before = context.doubts
    for argument in node.arguments:
        doubts = context.doubts
        try:
            value = evaluate(argument, scope)
        except EvaluationError as error:
            failures.append(error.message)
            continue
        possible.append(value)
        if context.doubts == doubts:
            # Nothing in it could fail, so nothing after it is looked at.
            break
    if not possible:
        raise EvaluationError("no argument of try() could be evaluated: " + "; ".join(failures))
    if len(possible) == 1:
        return possible[0]
    context.doubts = max(context.doubts, before + 1)
    special = next((found for found in map(first_special, possible) if found is not None), None)
    return alternatives(
        possible, special.reason if special is not None else "try() may fall back", derived(*possible).depends
    )


def _can(node: Call, scope: Scope) -> Val:
    if len(node.arguments) != 1:
        raise EvaluationError("can() takes 1 argument")
    doubts = scope.context.doubts
    try:
        value = evaluate(node.arguments[0], scope)
    except EvaluationError:
        return False
    if scope.context.doubts == doubts:
        return True
    return derived(
        value, reason="" if first_special(value) is not None else "it is not decided whether this can be evaluated"
    )


def _sensitive(node: Call, scope: Scope) -> Val:
    if len(node.arguments) != 1:
        raise EvaluationError("sensitive() takes 1 argument")
    value = evaluate(node.arguments[0], scope)
    if value is None or isinstance(value, (Unknown, OpenList)):
        return value
    # What is marked as secret is never kept.
    return Unknown("marked by sensitive()", not_null=value not in ("", [], {}))


def _templatestring(node: Call, scope: Scope) -> Val:
    if len(node.arguments) != 2:
        raise EvaluationError("templatestring() takes 2 arguments")
    if not isinstance(node.arguments[0], (Reference, Access)):
        raise EvaluationError("templatestring() takes a template by reference, not written in place")
    template, variables = (evaluate(argument, scope) for argument in node.arguments)
    if isinstance(template, SPECIAL):
        scope.context.doubts += 1
        return derived(template, variables)
    return render(Source("", to_string(template)), variables, scope)


def _nonsensitive(node: Call, scope: Scope) -> Val:
    if len(node.arguments) != 1:
        raise EvaluationError("nonsensitive() takes 1 argument")
    return evaluate(node.arguments[0], scope)


def _issensitive(node: Call, scope: Scope) -> Val:
    # Providers mark attributes of their resources, and no file says which.
    scope.context.doubts += 1
    return Unknown("what providers mark as sensitive is not known")


def _convert(node: Call, scope: Scope) -> Val:
    """Terraform's, since 1.15: the type stands there as in a variable's block."""
    if len(node.arguments) != 2:
        raise EvaluationError("convert() takes 2 arguments")
    value = evaluate(node.arguments[0], scope)
    if first_special(value) is not None:
        scope.context.doubts += 1
    return convert(value, read_type(node.arguments[1], scope))


_FORMS: Mapping[str, Callable[[Call, Scope], Val]] = {
    "try": _try,
    "can": _can,
    "convert": _convert,
    "sensitive": _sensitive,
    # OpenTofu's: what is not sensitive becomes so, and what is we know no more of.
    "flip_sensitive": _sensitive,
    "nonsensitive": _nonsensitive,
    "issensitive": _issensitive,
    "ephemeralasnull": _nonsensitive,
    "templatestring": _templatestring,
}
