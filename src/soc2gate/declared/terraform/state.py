"""State, as `terraform show -json` and `terraform state pull` write it: which live thing each address stands for.

Beside code only what identifies a resource is taken (its id and arn); every other attribute is left where it is,
secrets included. Where a state is itself the live side (`soc2gate.state_as_live`), all of it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from soc2gate.declared.files import as_problem, read_bytes
from soc2gate.declared.options import Limits
from soc2gate.declared.terraform.expansion import quoted
from soc2gate.declared.terraform.shown import Table, check_version, decode_shown, identifying, table, tables, word
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.resource import Problem, RawResource, Reading, StateObject
from soc2gate.model.value import Json

Identities: TypeAlias = Mapping[str, Mapping[str, str]]
"""Address to what the provider calls it: `id`, `arn`."""

_RAW_VERSION = 4


@dataclass(frozen=True, slots=True)
class State:
    """What one state file told."""

    path: str
    """Its name in the report."""
    identities: Identities = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_state(file: Path | StateObject, shown: str, limits: Limits | None = None) -> State:
    """Read a state of either form; `shown` is its name in the report. A broken one is a *broken* problem."""
    try:
        data = decode_shown(_bytes(file, limits), shown)
        found = {address: ids for address, ids in _identities(data, shown) if ids}
    except InputError as error:
        error.path = shown
        return State(shown, problems=(as_problem(error, "terraform"),))
    return State(shown, found)


def _bytes(file: Path | StateObject, limits: Limits | None) -> bytes:
    if isinstance(file, StateObject):
        return file.content
    limits = limits or Limits()
    file = file.resolve()
    return read_bytes(file.name, file.parent, replace(limits, file_bytes=limits.plan_bytes))


def identified(reading: Reading, state: State) -> Reading:
    """The same reading, its resources with the ids that state knows them by, and the state's own problems."""
    resources = tuple(_identified(raw, state.identities.get(raw.address)) for raw in reading.resources)
    # Of the ids alone: the file holds every secret.
    told = json.dumps(state.identities, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()
    return replace(
        reading,
        resources=resources,
        problems=(*reading.problems, *state.problems),
        files=tuple(sorted({*reading.files, state.path})),
        digests={**reading.digests, state.path: digest},
    )


def _identified(raw: RawResource, ids: Mapping[str, str] | None) -> RawResource:
    return raw if ids is None or raw.data else replace(raw, ids={**raw.ids, **ids})


@dataclass(frozen=True, slots=True)
class Stored:
    """One managed resource as a state holds it."""

    address: str
    type: str
    values: Table
    hidden: Table
    """What of the values is sensitive: name to True, or to the same of a structure's own."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that one state file holds, secrets included: not to be kept."""

    resources: tuple[Stored, ...]
    serial: str = ""
    """Which writing of this state it is; empty where it does not say."""


def read_content(file: Path | StateObject, shown: str, limits: Limits | None = None) -> Content:
    """Read a state of either form with the values of its managed resources. Raises `InputError` for a broken one."""
    try:
        data = decode_shown(_bytes(file, limits), shown)
        serial = data.get("serial")
        return Content(tuple(_stored(data, shown)), str(serial) if isinstance(serial, int) else "")
    except InputError as error:
        error.path = shown
        raise


def _identities(data: Table, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    for stored in _stored(data, path):
        yield stored.address, identifying(stored.type, stored.values, stored.hidden)


def _stored(data: Table, path: str) -> Iterator[Stored]:
    if "encrypted_data" in data:
        hint = "let OpenTofu decrypt it: tofu show -json > state.json"
        raise InputError("is a state that OpenTofu encrypted", path=path, line=1, hint=hint)
    if "planned_values" in data or "resource_changes" in data:
        raise InputError("is a plan, not a state", path=path, line=1, hint=f"scan it: soc2gate scan {path}")
    if "format_version" in data or "values" in data:
        check_version(data, path, "states")
        yield from _of_module(table(table(data.get("values")).get("root_module")))
        return
    version = data.get("version")
    if "lineage" not in data and "serial" not in data:
        hint = "write it with: terraform show -json > state.json"
        raise InputError("is not a Terraform state", path=path, line=1, hint=hint)
    if version != _RAW_VERSION:
        hint = "let Terraform 0.12 or later write it: terraform state pull > state.json"
        message = f"has version {version!r}; state files of version {_RAW_VERSION} are read"
        raise InputError(message, path=path, line=1, hint=hint)
    for resource in tables(data.get("resources")):
        if resource.get("mode") == "managed":
            yield from _of_instances(resource)


def _of_module(module: Table) -> Iterator[Stored]:
    waiting = [module]
    while waiting:
        current = waiting.pop()
        waiting += tables(current.get("child_modules"))
        for each in tables(current.get("resources")):
            if each.get("mode") == "managed" and not each.get("deposed_key"):
                hidden = table(each.get("sensitive_values"))
                yield Stored(word(each.get("address")), word(each.get("type")), table(each.get("values")), hidden)


def _of_instances(resource: Table) -> Iterator[Stored]:
    type_ = word(resource.get("type"))
    module = word(resource.get("module"))
    address = f"{module}.{type_}.{word(resource.get('name'))}".lstrip(".")
    for instance in tables(resource.get("instances")):
        if "deposed" in instance:
            continue
        attributes = table(instance.get("attributes"))
        hidden: dict[str, Json] = dict.fromkeys(_sensitive(instance), True)
        yield Stored(address + _index(instance.get("index_key")), type_, attributes, hidden)


def _sensitive(instance: Table) -> Iterator[str]:
    """The top-level attributes that are, or hold, something sensitive: `[[{"type": "get_attr", "value": "x"}]]`."""
    marks = instance.get("sensitive_attributes")
    for path in marks if isinstance(marks, list) else ():
        for step in tables(path)[:1]:
            yield word(step.get("value"))


def _index(key: Json) -> str:
    if isinstance(key, str):
        return f"[{quoted(key)}]"
    return f"[{key}]" if isinstance(key, int) else ""
