"""Functions over lists, maps and objects. Most of them keep what is certain when part of an argument is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.equality import equal
from soc2gate.declared.terraform.functions.signature import Function, machine_int
from soc2gate.declared.terraform.set_elements import identity, in_any_order
from soc2gate.declared.terraform.unknowns import Count, Tail, alternatives, derived, inside, is_vague
from soc2gate.declared.terraform.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    EvaluationError,
    TfList,
    TfMap,
    TfSet,
    Type,
    UnsupportedError,
    Val,
    describe,
    element_types,
    first_special,
    to_number,
    to_string,
    type_of,
    unify,
)
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown


def _not_null(value: Val) -> None:
    if value is None:
        raise EvaluationError("an argument is null")


def _list_or_special(value: Val) -> Val:
    _not_null(value)
    if isinstance(value, (list, OpenList, Unknown)):
        return value
    raise EvaluationError(f"list, set or tuple required, but this is {describe(value)}")


def _map_or_special(value: Val) -> Val:
    _not_null(value)
    if isinstance(value, (dict, OpenMap, Unknown)):
        return value
    raise EvaluationError(f"map or object required, but this is {describe(value)}")


def _length(value: Val) -> Val:
    _not_null(value)
    if isinstance(value, str):
        from soc2gate.declared.terraform.functions.text import graphemes

        return len(graphemes(value))
    if isinstance(value, TfSet) and len(value) > 1 and is_vague(value):
        return Count(derived(value).reason, depends=derived(value).depends, least=1)
    if isinstance(value, (list, dict)):
        return len(value)
    if isinstance(value, (OpenList, OpenMap)):
        found = derived(value)
        return Count(found.reason, depends=found.depends, least=len(value.items))
    if isinstance(value, (Unknown, Text)):
        found = derived(value)
        return Count(found.reason, depends=found.depends, least=1 if isinstance(value, Text) else 0)
    raise EvaluationError("a string, list, set, tuple, map or object is required")


_MOST_TEMPLATES = 30


class _Gathering:
    """Elements put one after another, some of them certain, some perhaps."""

    def __init__(self) -> None:
        self.items: list[Val] = []
        self.more: list[Val] = []
        self.ordered = True
        self.reason = ""

    def add(self, element: Val) -> None:
        self.items.append(element)
        self.ordered = self.ordered and not self.more

    def add_perhaps(self, template: Val, reason: str) -> None:
        if len(self.more) >= _MOST_TEMPLATES:
            # So many say no more than that anything may come.
            self.more = [derived(template, *self.more)]
        elif template not in self.more:
            self.more.append(template)
        self.reason = self.reason or reason

    def close_with(self, value: OpenList) -> None:
        """After the elements of an open list: what else it may hold."""
        self.ordered = self.ordered and isinstance(value, Tail)
        for template in value.more:
            self.add_perhaps(template, value.reason)
        self.reason = self.reason or value.reason

    def add_all(self, value: Val) -> None:
        """The elements of a list, open or not, or of an unknown one."""
        if isinstance(value, list):
            for element in value:
                self.add(element)
        elif isinstance(value, OpenList):
            for element in value.items:
                self.add(element)
            self.close_with(value)
        else:
            self.add_perhaps(inside(value, "[*]") if value.ref is None else derived(value), value.reason)

    def result(self, make: Callable[[list[Val]], Val] = list) -> Val:
        if not self.more and self.ordered:
            return make(self.items)
        return (Tail if self.ordered else OpenList)(tuple(self.items), tuple(self.more), self.reason)


def _concat(*lists: Val) -> Val:
    for each in lists:
        _not_null(each)
        if isinstance(each, TfSet) or not isinstance(each, (list, OpenList, Unknown)):
            raise EvaluationError(f"list or tuple required, but this is {describe(each)}")
    gathering = _Gathering()
    if all(isinstance(each, list) for each in lists):
        gathering.items = [element for each in lists for element in each]
    else:
        for each in lists:
            gathering.add_all(each)
    if all(isinstance(each, TfList) for each in lists):
        shared = unify(each.item for each in lists)
        if shared is not None:
            return gathering.result(lambda items: convert(items, Type("list", shared)))
    return gathering.result()


def _flatten(value: Val) -> Val:
    gathering = _Gathering()

    def walk(each: Val) -> None:
        if isinstance(each, list):
            for element in each:
                walk(element)
        elif isinstance(each, OpenList):
            for element in each.items:
                walk(element)
            gathering.ordered = gathering.ordered and isinstance(each, Tail)
            for template in each.more:
                for leaf in _leaves(template):
                    gathering.add_perhaps(leaf, each.reason)
            gathering.reason = gathering.reason or each.reason
        elif isinstance(each, Alternatives):
            for option in each.options:
                for leaf in _leaves(option):
                    gathering.add_perhaps(leaf, each.reason)
            gathering.reason = gathering.reason or each.reason
            gathering.ordered = False
        elif isinstance(each, Unknown) and not each.not_null:
            # It may be a list of any length.
            gathering.add_perhaps(derived(each), each.reason)
        else:
            gathering.add(each)

    walk(_list_or_special(value))
    return gathering.result()


def _leaves(template: Val) -> list[Val]:
    if isinstance(template, list):
        return [leaf for element in template for leaf in _leaves(element)]
    if isinstance(template, OpenList):
        return [leaf for element in (*template.items, *template.more) for leaf in _leaves(element)]
    return [template]


def _compact(value: Val) -> Val:
    gathering = _Gathering()
    if isinstance(_list_or_special(value), Unknown):
        gathering.add_all(value)
        return gathering.result()
    for element in value if isinstance(value, list) else value.items:
        if isinstance(element, Unknown) and not element.not_null:
            gathering.add_perhaps(element, element.reason)
        elif isinstance(element, SPECIAL):
            if isinstance(element, Text) and not any(isinstance(part, str) for part in element.parts):
                gathering.add_perhaps(element, element.reason)
            else:
                gathering.add(element)
        elif element is not None and to_string(element):
            gathering.add(to_string(element))
    if isinstance(value, OpenList):
        gathering.close_with(value)
    return gathering.result(lambda items: TfList(items, STRING))


def _distinct(value: Val) -> Val:
    if isinstance(_list_or_special(value), Unknown):
        return derived(value)
    gathering = _Gathering()
    seen: set[object] = set()
    source = value if isinstance(value, list) else [*value.items]
    if value.__class__ is list:
        shared = unify(map(type_of, value))
        if shared is None:
            raise EvaluationError("all elements must have the same type")
        source = [convert(element, shared) for element in value]
    for element in source:
        key = identity(element)
        if key in seen:
            continue
        seen.add(key)
        special = first_special(element)
        if special is not None and len(source) > 1 and getattr(special, "ref", None) is None:
            gathering.add_perhaps(element, special.reason)
        else:
            gathering.add(element)
    if isinstance(value, OpenList):
        gathering.close_with(value)
    return gathering.result(lambda items: TfList(items, unify(map(type_of, items)) or ANY))


def _merge(*maps: Val) -> Val:
    items: dict[str, Val] = {}
    open_reason = ""
    more: list[Val] = []
    for each in maps:
        if each is None:
            continue
        _map_or_special(each)
        if isinstance(each, dict):
            items.update(each)
            continue
        open_reason = open_reason or each.reason
        template = each.more if isinstance(each, OpenMap) else derived(each)
        # Any of its further keys may be one that is here already.
        items = {name: alternatives((value, template), each.reason) for name, value in items.items()}
        more.append(template)
        if isinstance(each, OpenMap):
            items.update(each.items)
    if open_reason:
        return OpenMap(items, alternatives(more, open_reason), open_reason)
    types = [type_of(each) for each in maps if each is not None]
    if len(types) == len(maps) > 0 and types[0].kind == "map" and all(each == types[0] for each in types):
        return TfMap(items, types[0].item)
    return items


def _keys(value: Val) -> Val:
    _map_or_special(value)
    if isinstance(value, dict):
        names = sorted(value)
        return TfList(names, STRING) if isinstance(value, TfMap) else names
    if isinstance(value, OpenMap):
        return OpenList(tuple(sorted(value.items)), (Unknown(value.reason),), value.reason)
    return derived(value)


def _values(value: Val) -> Val:
    _map_or_special(value)
    if isinstance(value, dict):
        found = [value[name] for name in sorted(value)]
        return TfList(found, value.item) if isinstance(value, TfMap) else found
    if isinstance(value, OpenMap):
        return OpenList(tuple([value.items[name] for name in sorted(value.items)]), (value.more,), value.reason)
    return derived(value)


def _lookup(value: Val, key: Val, *otherwise: Val) -> Val:
    _map_or_special(value)
    if isinstance(value, Unknown) or isinstance(key, SPECIAL):
        return derived(value, key, *otherwise)
    name = to_string(key)
    items = value if isinstance(value, dict) else value.items
    if name in items:
        found = items[name]
        if otherwise and isinstance(value, TfMap):
            convert(otherwise[0], value.item)
        return found
    if isinstance(value, OpenMap):
        return alternatives((value.more, *otherwise), value.reason)
    if otherwise:
        if isinstance(value, TfMap) and value.item.kind != "any":
            return convert(otherwise[0], value.item)
        return otherwise[0]
    raise EvaluationError(f"the map has no element “{name}”")


def _element(value: Val, at: Val) -> Val:
    _list_or_special(value)
    if isinstance(value, TfSet):
        raise EvaluationError("elements of a set have no index")
    if isinstance(at, SPECIAL):
        candidates = list(value) if isinstance(value, list) else []
        return alternatives(candidates, at.reason, derived(at).depends) if candidates else derived(value, at)
    position = machine_int(to_number(at))
    if isinstance(value, Unknown):
        return derived(value) if position else inside(value, "[0]")
    if isinstance(value, OpenList):
        if isinstance(value, Tail) and 0 <= position < len(value.items):
            return value.items[position]
        return alternatives((*value.items, *value.more), value.reason)
    if not value:
        raise EvaluationError("the list is empty")
    return value[position % len(value)]


def _contains(value: Val, wanted: Val) -> Val:
    _list_or_special(value)
    if isinstance(value, Unknown):
        return derived(value, wanted)
    _not_null(wanted)
    answers = [equal(element, wanted) for element in (value if isinstance(value, list) else value.items)]
    if True in answers:
        return True
    perhaps = [equal(template, wanted) for template in value.more] if isinstance(value, OpenList) else []
    return False if not any(answer is not False for answer in (*answers, *perhaps)) else derived(value, wanted)


def _index(value: list[Val], wanted: Val) -> Val:
    for at, element in enumerate(value):
        if equal(element, wanted):
            return at
    raise EvaluationError("the list has no such element")


def _coalesce(*values: Val) -> Val:
    shared = unify(type_of(value) for value in values if value is not None)
    if shared is None:
        raise EvaluationError("all arguments must have the same type")
    possible: list[Val] = []
    for value in values:
        if value is None or (value == "" and isinstance(value, str)):
            continue
        possible.append(convert(value, shared))
        if not _may_be_empty(value):
            break
    if not possible:
        raise EvaluationError("no argument is neither null nor an empty string")
    special = next((found for found in map(first_special, possible) if found is not None), None)
    return alternatives(possible, special.reason if special is not None else "", derived(*possible).depends)


def _may_be_empty(value: Val) -> bool:
    if isinstance(value, Text):
        return not any(isinstance(part, str) for part in value.parts)
    return isinstance(value, Unknown) and not value.not_null


def _coalescelist(*values: Val) -> Val:
    for value in values:
        _list_or_special(value)
        if isinstance(value, TfSet):
            raise EvaluationError("list or tuple required, but this is a set")
    for value in values:
        if isinstance(value, Unknown) or (isinstance(value, OpenList) and not value.items):
            return derived(*values)
        if isinstance(value, OpenList) or value:
            return value
    raise EvaluationError("no argument is a list with elements")


def _one(value: Val) -> Val:
    _list_or_special(value)
    if isinstance(value, Unknown):
        return derived(value)
    if isinstance(value, OpenList):
        if len(value.items) == 1:
            return value.items[0]
        if value.items:
            raise EvaluationError("the list has more than one element")
        return alternatives((*value.more, None), value.reason)
    if len(value) > 1 and not (isinstance(value, TfSet) and is_vague(value)):
        raise EvaluationError("the list has more than one element")
    if len(value) > 1:
        return derived(value)
    return value[0] if value else None


def _zipmap(names: Val, values: Val) -> Val:
    _list_or_special(names)
    _list_or_special(values)
    if not isinstance(names, list) or is_vague(names) or isinstance(values, OpenList):
        return derived(names, values)
    keys = [to_string(name) for name in names]
    if isinstance(values, Unknown):
        return {key: inside(values, f"[{at}]") for at, key in enumerate(keys)}
    if isinstance(values, TfSet):
        raise EvaluationError("list or tuple required, but the values are a set")
    if len(keys) != len(values):
        raise EvaluationError(f"{len(keys)} keys do not go with {len(values)} values")
    if isinstance(values, TfList):
        return TfMap(zip(keys, values, strict=True), values.item)
    return dict(zip(keys, values, strict=True))


def _slice(value: Val, start: Val, end: Val) -> Val:
    _list_or_special(value)
    if isinstance(value, TfSet):
        raise EvaluationError("elements of a set have no index")
    if isinstance(start, SPECIAL) or isinstance(end, SPECIAL):
        return derived(value, start, end)
    first, last = to_number(start), to_number(end)
    if not isinstance(first, int) or not isinstance(last, int) or first < 0 or last < first:
        raise EvaluationError("the end must be a whole number at or after the start")
    if isinstance(value, Unknown):
        if last - first > 1000:
            return derived(value)
        # Were it shorter, Terraform would stop: so these elements exist.
        return [inside(value, f"[{at}]") for at in range(first, last)]
    if isinstance(value, OpenList):
        if isinstance(value, Tail) and last <= len(value.items):
            return list(value.items[first:last])
        return derived(value)
    if last > len(value):
        raise EvaluationError(f"the end {last} is outside a list of {len(value)}")
    part = value[first:last]
    return TfList(part, value.item) if isinstance(value, TfList) else part


def _reverse(value: Val) -> Val:
    _list_or_special(value)
    if isinstance(value, list):
        turned = value[::-1]
        return TfList(turned, value.item) if isinstance(value, (TfList, TfSet)) else turned
    if isinstance(value, OpenList):
        return OpenList(value.items[::-1], value.more, value.reason)
    return derived(value)


def _sort(value: Val) -> Val:
    _list_or_special(value)
    _simple(value)
    if isinstance(value, list) and not is_vague(value):
        return TfList(sorted([to_string(element) for element in value]), STRING)
    if isinstance(value, TfSet):
        return in_any_order(value, derived(value).reason)
    if isinstance(value, list):
        return OpenList(tuple(value), (), derived(value).reason)
    if isinstance(value, OpenList):
        return OpenList(value.items, value.more, value.reason)
    return derived(value)


def _chunklist(value: Val, size: Val) -> Val:
    _list_or_special(value)
    unordered = isinstance(value, TfSet) and len(value) > 1 and is_vague(value)
    if not isinstance(value, list) or isinstance(size, SPECIAL) or unordered:
        return derived(value, size)
    count = machine_int(to_number(size))
    if count < 0:
        raise EvaluationError("the size of chunks must be a whole number, not below zero")
    if not value:
        return TfList((), type_of(TfList(())))
    item = unify(element_types(value))
    if item is None:
        raise EvaluationError("all list elements must have the same type")
    step = count or len(value)
    chunks = [TfList([convert(v, item) for v in value[at : at + step]], item) for at in range(0, len(value), step)]
    return TfList(chunks, Type("list", item))


def _matchkeys(values: list[Val], keys: list[Val], wanted: list[Val]) -> Val:
    if len(values) != len(keys):
        raise EvaluationError("there must be as many keys as values")
    item, shared = unify(element_types(values)), unify((*element_types(keys), *element_types(wanted)))
    if item is None or shared is None:
        raise EvaluationError("keys and what is searched for must have the same type")
    sought = {identity(convert(each, shared)) for each in wanted}
    found = [value for value, key in zip(values, keys, strict=True) if identity(convert(key, shared)) in sought]
    return TfList([convert(value, item) for value in found], item)


def _simple(value: Val) -> None:
    """Refuse lists and sets of what can be no string or bool, also where they have no elements."""
    if isinstance(value, (TfList, TfSet)) and value.item.kind in ("list", "set", "map", "tuple", "object"):
        raise EvaluationError(f"the elements must be strings, numbers or bools, but they are {value.item}")


def _transpose(value: dict[str, Val]) -> Val:
    turned: dict[str, list[str]] = {}
    for name in sorted(value):
        elements = value[name]
        if not isinstance(elements, list):
            raise EvaluationError(f"each value must be a list of strings, but “{name}” is {describe(elements)}")
        _simple(elements)
        for each in elements:
            turned.setdefault(to_string(each), []).append(name)
    item = Type("list", STRING)
    return TfMap({name: TfList(sorted(turned[name]), STRING) for name in sorted(turned)}, item)


def _all_true(value: Val) -> Val:
    return _quantified(value, settles=False)


def _any_true(value: Val) -> Val:
    return _quantified(value, settles=True)


def _quantified(value: Val, settles: bool) -> Val:
    _list_or_special(value)
    _simple(value)
    if isinstance(value, Unknown):
        return derived(value)
    elements = value if isinstance(value, list) else value.items
    open_end = isinstance(value, OpenList) and bool(value.more)
    answers = [None if isinstance(element, SPECIAL) else bool(convert(element, BOOL)) for element in elements]
    open_end = open_end or None in answers
    if settles in answers:
        return settles
    return derived(value) if open_end else not settles


def _typed_nulls(value: Val) -> None:
    """Terraform makes no list of objects and a null that has no type; whether one has, is not kept here."""
    if value.__class__ is list and None in value:
        shared = unify(map(type_of, value))
        if shared is not None and shared.kind not in ("any", "string", "number", "bool"):
            raise UnsupportedError("whether a null without a type may stand among them is not decided here")


def _tolist(value: Val) -> Val:
    _typed_nulls(value)
    return convert(value, Type("list", ANY))


def _toset(value: Val) -> Val:
    _typed_nulls(value)
    return convert(value, Type("set", ANY))


def _tomap(value: Val) -> Val:
    return convert(value, Type("map", ANY))


def _tostring(value: Val) -> Val:
    return convert(value, STRING)


def _tonumber(value: Val) -> Val:
    return convert(value, NUMBER)


def _tobool(value: Val) -> Val:
    return convert(value, BOOL)


def _sum(value: list[Val]) -> Val:
    if not value:
        raise EvaluationError("the list is empty")
    total: numbers.Number = 0
    for element in value:
        if element is None:
            raise EvaluationError("an element is null")
        total = numbers.add(total, to_number(element))
    return total


TABLE: Mapping[str, Function] = {
    "length": Function(_length, "v", vague=True),
    "concat": Function(_concat, "v*", vague=True),
    "flatten": Function(_flatten, "v", vague=True),
    "compact": Function(_compact, "v", vague=True),
    "distinct": Function(_distinct, "v", vague=True),
    "merge": Function(_merge, "v*", vague=True),
    "keys": Function(_keys, "v", vague=True),
    "values": Function(_values, "v", vague=True),
    "lookup": Function(_lookup, "vvv?", vague=True),
    "element": Function(_element, "vv", vague=True),
    "contains": Function(_contains, "vv", vague=True),
    "index": Function(_index, "lv"),
    "coalesce": Function(_coalesce, "vv*", vague=True),
    "coalescelist": Function(_coalescelist, "vv*", vague=True),
    "one": Function(_one, "v", vague=True),
    "zipmap": Function(_zipmap, "vv", vague=True),
    "slice": Function(_slice, "vvv", vague=True),
    "reverse": Function(_reverse, "v", vague=True),
    "sort": Function(_sort, "v", vague=True),
    "chunklist": Function(_chunklist, "vv", vague=True),
    "matchkeys": Function(_matchkeys, "lll"),
    "transpose": Function(_transpose, "m"),
    "alltrue": Function(_all_true, "v", vague=True),
    "anytrue": Function(_any_true, "v", vague=True),
    "sum": Function(_sum, "l"),
    "tolist": Function(_tolist, "v", vague=True),
    "toset": Function(_toset, "v", vague=True),
    "tomap": Function(_tomap, "v", vague=True),
    "tostring": Function(_tostring, "v", vague=True),
    "tonumber": Function(_tonumber, "v", vague=True),
    "tobool": Function(_tobool, "v", vague=True),
}
