"""Blocks of which a `dynamic` block, or a plan, makes none: they are not written, whatever the resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from soc2gate import packs
from soc2gate.declared import terraform
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.facts import replace
from soc2gate.kinds import normalise
from soc2gate.model.resource import RawResource, Reading
from soc2gate.model.value import Value

FIXTURES = Path(packs.builtin()) / "rules"
Steps = tuple[str, ...]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[RawResource]:
    """Every Terraform resource in the fixtures of our rules."""
    found: list[RawResource] = []
    for number, file in enumerate(sorted(FIXTURES.rglob("*.tf"))):
        folder = tmp_path_factory.mktemp(f"root{number}")
        (folder / "main.tf").write_bytes(file.read_bytes())
        reading = terraform.read(Root("terraform", ".", ("main.tf",)), folder, ReadOptions())
        found += [raw for raw in reading.resources if not raw.data and raw.type.startswith("aws_")]
    return found


def blocks(body: Mapping[str, Value], path: Steps = ()) -> Iterator[Steps]:
    for name, value in body.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield (*path, name)
            for one in value:
                if isinstance(one, dict):
                    yield from blocks(one, (*path, name))


def with_none(body: Mapping[str, Value], path: Steps) -> dict[str, Value] | None:
    """The body with no block at `path`; None where one stands there, or nothing that it would stand in."""
    name, *rest = path
    value = body.get(name)
    if not rest:
        return None if value is not None else {**body, name: []}
    if not isinstance(value, list):
        return None
    made = [with_none(one, tuple(rest)) if isinstance(one, dict) else None for one in value]
    whole: list[Value] = [one for one in made if one is not None]
    return {**body, name: whole} if whole and len(whole) == len(value) else None


def said(raw: RawResource) -> dict[tuple[str, str], str]:
    made = normalise([Reading("terraform", raw.root, (raw,), files=("main.tf",))])
    return {(one.kind, one.address): repr(_kept([one.properties, one.related])) for one in made.resources}


def _kept(value: object) -> object:
    """Without what is empty: a list of none says as much as no list."""
    if isinstance(value, Mapping):
        return {key: kept for key, child in value.items() if (kept := _kept(child)) not in ([], {}, None)}
    return [_kept(child) for child in value] if isinstance(value, list) else value


def test_a_block_of_which_there_are_none_is_not_written(written: list[RawResource]) -> None:
    known: dict[str, set[Steps]] = defaultdict(set)
    for raw in written:
        known[raw.type].update(blocks(raw.body))
    asked: set[tuple[str, Steps]] = set()
    changed: list[str] = []
    for raw in written:
        for path in sorted(known[raw.type]):
            body = with_none(raw.body, path) if (raw.type, path) not in asked else None
            if body is not None:
                asked.add((raw.type, path))
                if said(raw) != said(replace(raw, body=body)):
                    changed.append(f"{raw.type}: {'.'.join(path)}")
    assert changed == []
    assert len(asked) > 50
