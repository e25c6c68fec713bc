"""`count` and `for_each`: how many instances a block has, and what tells them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from soc2gate.declared.terraform.access import surviving
from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.scope import Scope
from soc2gate.declared.terraform.tree import Block
from soc2gate.declared.terraform.unknowns import Tail, derived
from soc2gate.declared.terraform.values import NUMBER, EvaluationError, Members, TfSet, Val, describe, to_number
from soc2gate.errors import RefusedError
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Unknown

if TYPE_CHECKING:
    from soc2gate.declared.terraform.modules import Module

Make = Callable[[Scope, str, str], Any]
"""Makes one instance: its scope, the end of its address (`[0]`), why it is uncertain."""


class Expansion:
    """The instances of one block, and what a reference to the block is worth."""

    __slots__ = ("instances", "value")

    def __init__(self, value: Val, instances: list[Any]) -> None:
        self.value = value
        self.instances = instances


def expand(module: Module, block: Block, address: str, make: Make) -> Expansion:
    """All instances of a block. Where their number is not decided, one stands for those that may be: `address[?]`."""
    attributes = block.body.attributes
    for name, expansion in (("count", _counted), ("for_each", _for_each)):
        attribute = attributes.get(name)
        if attribute is None:
            continue
        try:
            return expansion(module, evaluate(attribute.value, module.scope), make)
        except (EvaluationError, RefusedError) as error:
            source = block.overrides.get(name, block.source)
            module.run.failed(f"{name} of {address}", error, source.span(attribute.start, attribute.end))
            return expansion(module, Unknown(f"{name} could not be evaluated: {error.message}"), make)
    instance = make(module.scope, "", "")
    return Expansion(instance, [instance])


def _counted(module: Module, count: Val, make: Make) -> Expansion:
    uncertain = ""
    if isinstance(count, Alternatives):
        # A number and the text that spells it count the same.
        count = surviving(count, lambda option: convert(option, NUMBER))
    if isinstance(count, SPECIAL):
        least = 0
        if isinstance(count, Alternatives) and all(_is_whole(option) for option in count.options):
            least = min(to_whole(option) for option in count.options)
        uncertain = f"count is not known: {derived(count).reason}"
    else:
        least = to_whole(count)
    if least > module.run.limits.range_items:
        raise RefusedError(f"a count of {least} is beyond the limit of {module.run.limits.range_items}")
    scopes = [module.scope.inner(count={"index": at}) for at in range(least)]
    instances = [make(scope, f"[{at}]", "") for at, scope in enumerate(scopes)]
    if not uncertain:
        return Expansion(instances, instances)
    index = Unknown(uncertain, depends=("count.index",))
    perhaps = make(module.scope.inner(count={"index": index}), "[?]", uncertain)
    return Expansion(Tail(tuple(instances), (perhaps,), uncertain), [*instances, perhaps])


def _is_whole(value: Val) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def to_whole(value: Val) -> int:
    """A count: a whole number, not below zero."""
    if value is None:
        raise EvaluationError("the count is null")
    number = to_number(value)
    if not isinstance(number, int) or number < 0:
        raise EvaluationError("the count must be a whole number, not below zero")
    return number


def _for_each(module: Module, collection: Val, make: Make) -> Expansion:
    if isinstance(collection, Members):
        collection = collection.as_object()
    keys, more, reason = _keys(collection)
    if len(keys) > module.run.limits.range_items:
        raise RefusedError(f"for_each over {len(keys)} elements is beyond the limit of {module.run.limits.range_items}")
    found: dict[str, Any] = {}
    for key in sorted(keys):
        scope = module.scope.inner(each={"key": key, "value": keys[key]})
        found[key] = make(scope, f"[{quoted(key)}]", "")
    if not more:
        return Expansion(found, list(found.values()))
    uncertain = f"for_each is not known: {reason}"
    unknown = Unknown(uncertain, depends=("each.key",))
    template: tuple[Val, Val] = more[0] if len(more) == 1 else (unknown, unknown)
    each = {"key": unknown if template[0] is None else template[0], "value": template[1]}
    perhaps = make(module.scope.inner(each=each), "[?]", uncertain)
    return Expansion(OpenMap(found, perhaps, uncertain), [*found.values(), perhaps])


def _keys(collection: Val) -> tuple[dict[str, Val], list[tuple[Val, Val]], str]:
    """Certain keys with their values, templates for further ones, and why there may be further ones."""
    if isinstance(collection, dict):
        return collection, [], ""
    if isinstance(collection, TfSet):
        return _set_keys(list(collection), [])
    if isinstance(collection, OpenMap):
        return dict(collection.items), [(None, collection.more)], collection.reason
    if isinstance(collection, OpenList):
        keys, more, reason = _set_keys(list(collection.items), list(collection.more))
        return keys, more, reason or collection.reason
    if isinstance(collection, Alternatives):
        return _alternative_keys(collection)
    if isinstance(collection, Unknown):
        value = Unknown(collection.reason, depends=collection.depends)
        return {}, [(None, value)], collection.reason
    if collection is None:
        raise EvaluationError("for_each is null")
    raise EvaluationError(f"for_each must be a map or a set of strings, but this is {describe(collection)}")


def _set_keys(certain: list[Val], perhaps: list[Val]) -> tuple[dict[str, Val], list[tuple[Val, Val]], str]:
    keys: dict[str, Val] = {}
    more: list[tuple[Val, Val]] = []
    reason = ""
    for element in (*certain, *perhaps):
        if isinstance(element, SPECIAL):
            more.append((element, element))
            reason = reason or derived(element).reason
        elif not isinstance(element, str):
            raise EvaluationError(f"for_each must be a map or a set of strings, but it holds {describe(element)}")
        else:
            keys[element] = element
    uncertain = [element for element in perhaps if isinstance(element, str) and element not in certain]
    for element in uncertain:
        keys.pop(element, None)
        more.append((element, element))
    return keys, more, reason


def _alternative_keys(collection: Alternatives) -> tuple[dict[str, Val], list[tuple[Val, Val]], str]:
    """Keys that every alternative has are certain, with one of their values."""
    from soc2gate.declared.terraform.unknowns import alternatives

    keyed = [_keys(option) for option in collection.options if option is not None]
    shared = set.intersection(*[set(keys) for keys, _, _ in keyed]) if keyed else set()
    certain = {key: alternatives([keys[key] for keys, _, _ in keyed], collection.reason) for key in sorted(shared)}
    rest: dict[str, list[Val]] = {}
    more: list[tuple[Val, Val]] = []
    for keys, open_ends, _ in keyed:
        more.extend(open_ends)
        for key, value in keys.items():
            if key not in shared:
                rest.setdefault(key, []).append(value)
    more.extend((key, alternatives(values, collection.reason)) for key, values in rest.items())
    return certain, more, collection.reason


def quoted(key: str) -> str:
    """An instance key as Terraform spells it in an address."""
    from soc2gate.model.text_json import spell_json_string

    if (
        key.isprintable()
        and '"' not in key
        and "\\" not in key
        and "<" not in key
        and ">" not in key
        and "&" not in key
    ):
        return f'"{key}"'
    return spell_json_string(key).replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
