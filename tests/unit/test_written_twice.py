"""The same resource in Terraform and in CloudFormation: equal properties, for every kind that both can spell.

The pairs are in `written_twice.yaml`. Both are read by the real readers; whatever the template writes, at whatever
depth, must stand in what the Terraform configuration comes to. (What nobody wrote may differ: the two create different
defaults, which have tests of their own.)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kinds_support import assert_fits

from soc2gate.declared import cloudformation, terraform
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.kinds import normalise, registry
from soc2gate.kinds.completing import facts_of
from soc2gate.model.resource import Resource
from soc2gate.model.value import Value

Pair = dict[str, Any]


class _Plain(yaml.SafeLoader):
    """Dates stay text, as in templates (`Version: 2012-10-17`)."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PAIRS: list[Pair] = yaml.load(  # a safe loader, but for its dates
    Path(__file__).with_name("written_twice.yaml").read_text(encoding="utf-8"), _Plain
)


def from_terraform(text: str, kind: str, folder: Path) -> Resource:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    reading = terraform.read(Root("terraform", ".", ("main.tf",)), folder, ReadOptions())
    return only(normalise([reading]).resources, kind)


def from_cloudformation(properties: Any, kind: str, folder: Path) -> Resource:
    template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
    (folder / "stack.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    reading = cloudformation.read(Root("cloudformation", "stack.yaml", ("stack.yaml",)), folder, ReadOptions())
    return only(normalise([reading]).resources, kind)


def only(resources: tuple[Resource, ...], kind: str) -> Resource:
    for resource in resources:
        assert_fits(resource)
    (found,) = [resource for resource in resources if resource.kind == kind]
    return found


def leaves(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something plain is written."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(value, list):
            value = value[int(step)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return sorted(value, key=repr) if isinstance(value, list) else value


def both(pair: Pair, folder: Path) -> tuple[Resource, Resource]:
    return (
        from_terraform(pair["terraform"], pair["kind"], folder),
        from_cloudformation(pair["cloudformation"], pair["kind"], folder),
    )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair["kind"]))
def test_what_a_template_says_terraform_says_the_same(pair: Pair, tmp_path: Path) -> None:
    ours, theirs = both(pair, tmp_path)
    written = list(leaves(pair["cloudformation"]))
    assert written
    for path in written:
        assert at(theirs.properties, path) == at(ours.properties, path), path
        assert at(theirs.properties, path) is not None, path


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if "also" in pair], ids=lambda pair: str(pair["kind"]))
def test_a_former_name_of_a_type_is_the_same_type(pair: Pair, tmp_path: Path) -> None:
    now = from_terraform(pair["terraform"], pair["kind"], tmp_path)
    for name, others in pair["also"].items():
        for other in others:
            then = from_terraform(pair["terraform"].replace(f'"{name}"', f'"{other}"'), pair["kind"], tmp_path)
            assert then.properties.keys() == now.properties.keys()
            for path in leaves(pair["cloudformation"]):
                assert at(then.properties, path) == at(now.properties, path)


def test_every_kind_that_both_spell_is_here() -> None:
    spelt = {
        kind
        for kind in registry.KINDS
        if kind.startswith("AWS::") and registry.kind(kind).terraform and registry.kind(kind).cloudformation
    }
    # And those that a resource forms where what it belongs to is declared elsewhere.
    spelt |= {part.stands_as for kind in spelt for part in registry.kind(kind).companions if part.stands_as}
    assert spelt == {pair["kind"] for pair in PAIRS}
    assert all(facts_of(kind) for kind in spelt)
