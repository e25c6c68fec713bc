"""What the AWS provider takes in a resource: its arguments, their types, and which of them are blocks.

From the provider's own schema (`terraform.json`, written by `kinds.generate_terraform`). Reading code
needs none of it; writing code does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TypeAlias, Union

from soc2gate.facts import dataclass, field
from soc2gate.model.value import Json


@dataclass(frozen=True, slots=True)
class Argument:
    """A plain argument."""

    type: str
    """`s` text, `n` number, `b` true or false, `[s` a list of texts, `{s` a map of texts, `*` anything."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """An argument that is written as a block."""

    arguments: Mapping[str, Taken]
    many: bool = False
    required: bool = False


Taken: TypeAlias = Union[Argument, NestedBlock]


@dataclass(slots=True)
class _Loaded:
    version: str = ""
    raw: dict[str, Json] = field(default_factory=dict)
    types: dict[str, Mapping[str, Taken]] = field(default_factory=dict)


_loaded = _Loaded()


def provider() -> str:
    """Which provider's schema this is: `hashicorp/aws 6.62.0`."""
    _load()
    return _loaded.version


def arguments(type_: str) -> Mapping[str, Taken]:
    """What a resource type takes; empty for a type that is not known."""
    found = _loaded.types.get(type_)
    if found is None:
        _load()
        found = _loaded.types[type_] = _taken(_loaded.raw.get(type_))
    return found


def _load() -> None:
    if _loaded.raw:
        return
    with open(os.path.join(os.path.dirname(__file__), "terraform.json"), encoding="utf-8") as file:
        document = json.load(file)
    _loaded.version = str(document["made_from"]).partition(": ")[2]
    _loaded.raw.update(document["types"])


def _taken(raw: Json) -> dict[str, Taken]:
    out: dict[str, Taken] = {}
    for name, said in raw.items() if isinstance(raw, dict) else ():
        if isinstance(said, str):
            out[name] = Argument(said.removesuffix("!"), said.endswith("!"))
        elif isinstance(said, dict):
            out[name] = NestedBlock(_taken(said["block"]), said.get("many") is True, said.get("required") is True)
    return out
