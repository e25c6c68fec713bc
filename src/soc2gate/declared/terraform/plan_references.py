"""What a plan's configuration part says that its values do not: what is written, and what it refers to.

A plan lists per argument the names it mentions, not the expression. So a reference is taken for the value itself only
where the argument is one that takes references (`bucket`, `kms_key_id`) and mentions one attribute of one resource.
"""

from __future__ import annotations

import re

from soc2gate.declared.terraform.shown import Table, table, tables, word, words
from soc2gate.declared.terraform.unknowns import computed
from soc2gate.facts import dataclass
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.patterns import regex

_RESOURCE = regex(r"^((?:data\.)?[a-z][\w-]*\.[\w-]+(?:\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\])?)(?:\.([\w-]+))?$")
_TAKES_REFERENCES = regex(
    r"(?:^|_)(?:id|ids|arn|arns|bucket|role|roles|user|users|group|groups|topic|table_name|function_name|queue_url)$"
)
_PARTS_OF_OTHERS = frozenset(("source_arn", "resource", "resources"))
"""Arguments that mostly hold a reference and more: `"${aws_api.arn}/*"`."""
_DEEPEST = 40
REASON = "known after apply"


@dataclass(frozen=True, slots=True)
class Place:
    """A module instance: where its references lead."""

    module: Table
    """Its part of `configuration`."""
    prefix: str
    """`module.web[0].`; empty for the root."""
    call: Table
    """The call's `expressions`."""
    above: Place | None = None


class Configuration:
    """The configuration part of a plan, found by address; every module is looked through once."""

    def __init__(self, told: Table) -> None:
        self.told = told
        self._places: dict[str, Place] = {}
        self._resources: dict[str, dict[tuple[str, str, str], dict[str, Json]]] = {}

    def place(self, module_address: str) -> Place:
        """A module instance."""
        found = self._places.get(module_address)
        if found is None:
            found = self._places[module_address] = _place_of(self.told, module_address)
        return found

    def resource(self, change: Table) -> dict[str, Json]:
        """How a planned resource is written: `expressions`, `provider_config_key`."""
        module = word(change.get("module_address"))
        found = self._resources.get(module)
        if found is None:
            listed = tables(self.place(module).module.get("resources"))
            found = self._resources[module] = {_key(each): each for each in listed}
        return found.get(_key(change), {})


def _key(told: Table) -> tuple[str, str, str]:
    return word(told.get("mode")), word(told.get("type")), word(told.get("name"))


def _place_of(configuration: Table, module_address: str) -> Place:
    """The module instance of an address like `module.web["a"].module.db`."""
    place = Place(table(configuration.get("root_module")), "", {})
    for step in re.findall(r'module\.[\w-]+(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\])?', module_address):
        call = table(table(place.module.get("module_calls")).get(step[7:].partition("[")[0]))
        place = Place(table(call.get("module")), f"{place.prefix}{step}.", table(call.get("expressions")), place)
    return place


def not_known(argument: str, expression: Json, place: Place, index: str) -> Value:
    """An argument that is known after apply, with what it refers to."""
    found: dict[str, tuple[str, str]] = {}
    others = _follow(words(table(expression).get("references")), place, argument, index, found, 0)
    depends = (*found, *others)
    bare = argument not in _PARTS_OF_OTHERS and _TAKES_REFERENCES.search(argument) is not None
    if bare and len(found) == 1 and not others:
        address, attribute = next(iter(found.values()))
        return computed(address, attribute)
    return Unknown(REASON, depends=depends)


def _follow(
    names: list[str], place: Place, argument: str, index: str, found: dict[str, tuple[str, str]], depth: int
) -> list[str]:
    """Gather the attributes of resources that names lead to, through variables and outputs; give the other names."""
    others: list[str] = []
    if depth > _DEEPEST:
        return names
    # Terraform lists `a.b.id`, and then what it is part of: `a.b`.
    leaves = [name for name in dict.fromkeys(names) if not any(_part_of(name, other) for other in names)]
    for name in leaves:
        if name in ("each.key", "count.index"):
            if f"{name}" not in others and not any(leaf.count(".") for leaf in leaves if leaf != name):
                others.append(name)
            continue
        root, _, rest = name.partition(".")
        if root == "var" and place.above is not None:
            inner = words(table(place.call.get(rest.partition(".")[0].partition("[")[0])).get("references"))
            others += _follow(inner, place.above, argument, "", found, depth + 1) if inner else []
        elif root == "module":
            others += _output(rest, place, argument, found, depth)
        elif matched := _RESOURCE.match(name):
            address, attribute = matched.groups()
            if attribute is None:
                # `b[each.key].id` is listed as `b` and `each.key`: the instance is ours, the attribute not told.
                if index and any(key in leaves for key in ("each.key", "count.index")):
                    address += index
                attribute = "arn" if argument.endswith(("arn", "arns")) else "id"
            found[f"{place.prefix}{address}.{attribute}"] = (place.prefix + address, attribute)
        else:
            others.append(name)
    return others


def _output(rest: str, place: Place, argument: str, found: dict[str, tuple[str, str]], depth: int) -> list[str]:
    called, _, output = rest.partition(".")
    name = called.partition("[")[0]
    below = table(table(place.module.get("module_calls")).get(name))
    outputs = table(table(below.get("module")).get("outputs"))
    told = table(table(outputs.get(output.partition(".")[0].partition("[")[0])).get("expression"))
    if not told:
        return [f"{place.prefix}module.{rest}"]
    inside = Place(
        table(below.get("module")), f"{place.prefix}module.{called}.", table(below.get("expressions")), place
    )
    return _follow(words(told.get("references")), inside, argument, "", found, depth + 1)


def _part_of(name: str, other: str) -> bool:
    return other != name and other.startswith((f"{name}.", f"{name}["))


def provider_settings(configuration: Configuration, resource: Table, variables: Table) -> dict[str, Json]:
    """The constant settings of the provider configuration that a resource goes through."""
    key = word(resource.get("provider_config_key"))
    told = table(table(configuration.told.get("provider_config")).get(key))
    return {name: _constant(each, variables) for name, each in table(told.get("expressions")).items()}


def _constant(expression: Json, variables: Table) -> Json:
    told = table(expression)
    if "constant_value" in told:
        return told["constant_value"]
    names = words(told.get("references"))
    if len(names) == 1 and names[0].startswith("var."):
        return table(variables.get(names[0].removeprefix("var."))).get("value")
    return [{k: _constant(v, variables) for k, v in each.items()} for each in tables(expression)] or None
