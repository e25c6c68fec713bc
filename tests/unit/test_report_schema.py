"""The report's JSON is a contract: every report fits its schema, and whatever does not fit is noticed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from evidence_support import Place
from jsonschema import Draft202012Validator

import soc2gate
from soc2gate.cli.config import SCHEMAS
from soc2gate.evidence.telling import SCHEMA

if TYPE_CHECKING:
    from quarter import Quarter

MAPS = ("criteria", "controls", "seconds", "live_scope", "not_looked_at", "records")
"""Whose keys are names, and may be any."""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As the command prints it."""
    done = Place(tmp_path_factory.mktemp("schema")).soc2gate("config", "schema", "report")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.fixture(scope="module")
def said(quarter: Quarter) -> dict[str, Any]:
    return quarter.document()


def complaints(schema: dict[str, Any], document: dict[str, Any]) -> list[str]:
    validator = jsonschema_rs.validator_for(schema)
    return [f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in validator.iter_errors(document)]


def test_it_is_a_schema_with_a_version_that_reports_name(schema: dict[str, Any], said: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["$id"], schema["properties"]["schema"]["const"]) == ("urn:soc2gate:schema:report:1", SCHEMA)
    assert said["schema"] == SCHEMA


def test_every_schema_of_the_package_is_printed() -> None:
    folder = Path(soc2gate.__file__).parent / "json_schemas"
    assert {f"{name}.schema.json" for name in SCHEMAS} == {path.name for path in folder.glob("*.schema.json")}


def test_reports_of_every_shape_fit(quarter: Quarter, schema: dict[str, Any], said: dict[str, Any]) -> None:
    assert complaints(schema, said) == []
    read = ("report", "--ledger", "../ledger", "--keys", "../keys.json")
    first, last = quarter.commits["opened"], quarter.commits["more"]
    for asked in (
        ("--as-of", "2026-08-14"),
        ("--as-of", first),
        ("--from", first, "--to", last, "--late-after", "0"),
        ("--to", "2026-06-30"),
        ("--verify-every", "24"),
    ):
        done = quarter.place.soc2gate(*read, *asked, "--format", "json")
        assert done.code in (0, 3), done.err
        assert complaints(schema, json.loads(done.out)) == [], asked


def smaller(node: Any) -> Any:
    """The same with one element of each list and of each map: the one that says most."""
    if isinstance(node, dict):
        return {
            key: smaller(_one(child) if key in MAPS and isinstance(child, dict) and child else child)
            for key, child in node.items()
        }
    if isinstance(node, list):
        return [smaller(max(node, key=lambda one: len(json.dumps(one))))] if node else []
    return node


def _one(named: dict[str, Any]) -> dict[str, Any]:
    most = max(named, key=lambda name: len(json.dumps(named[name])))
    return {most: named[most]}


def objects(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where an object stands whose keys the schema names."""
    if isinstance(node, dict):
        if not path or path[-1] not in MAPS:
            yield path
        for key, child in node.items():
            yield from objects(child, (*path, key))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from objects(child, (*path, number))


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def test_nothing_may_be_missing_added_or_of_another_type_anywhere(schema: dict[str, Any], said: dict[str, Any]) -> None:
    small = smaller(said)
    # What three months do not hold: a call that was denied, and a record that was dated back.
    review = small["access_review"]["reviews"][0]
    review["unread"] = [{"place": "aws:123456789012", "what": "users", "reason": "iam:… was denied"}]
    at_noon, before = "2026-07-02T12:00:00Z", "2026-07-01T12:00:00Z"
    small["turned_back"] = [{"record": 3, "at": before, "after": 2, "after_at": at_noon}]
    valid = jsonschema_rs.validator_for(schema).is_valid
    assert valid(small), complaints(schema, small)
    found = list(objects(small))
    # Every kind of object that the schema describes is looked at.
    assert len(found) == len(_described(schema)), (len(found), len(_described(schema)))
    unnoticed = []
    for path in found:
        for key in at(small, path):
            without, other = copy.deepcopy(small), copy.deepcopy(small)
            del at(without, path)[key]
            # Nothing of ours is a list of a list.
            at(other, path)[key] = [[]]
            # An interval that no record began names none.
            may_go = key == "record" and "intervals" in path
            unnoticed += [f"without {(*path, key)}"] if valid(without) and not may_go else []
            unnoticed += [f"another type at {(*path, key)}"] if valid(other) else []
        more = copy.deepcopy(small)
        at(more, path)["said_too"] = 1
        unnoticed += [f"more in {path}"] if valid(more) else []
    assert unnoticed == []


def _described(node: Any) -> list[dict[str, Any]]:
    """Every object of the schema that has named keys."""
    if isinstance(node, list):
        return [one for child in node for one in _described(child)]
    if not isinstance(node, dict):
        return []
    here = [node] if node.get("type") == "object" and "properties" in node else []
    assert all(one["additionalProperties"] is False for one in here)
    return [*here, *(one for child in node.values() for one in _described(child))]
