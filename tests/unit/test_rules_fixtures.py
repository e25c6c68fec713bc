"""Every rule of ours, by the fixtures beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from kinds_support import assert_fits

from soc2gate import packs
from soc2gate.model.rule import RuleSet
from soc2gate.packs import selftest

BASE = Path(packs.builtin()) / "rules"
RULES = sorted(path.parent.name for path in BASE.rglob("rule.yaml"))


@cache
def rules() -> RuleSet:
    return packs.load()


@pytest.mark.parametrize("rule", RULES)
def test_fixtures_hold(rule: str) -> None:
    results = selftest.run(rules(), [BASE], only=[rule])
    broken = [f"{result.path}: {'; '.join(result.messages)}" for result in results if not result.ok]
    assert not broken, "\n".join(broken)
    assert results


@pytest.mark.parametrize("rule", RULES)
def test_every_resource_of_its_fixtures_fits_its_schema(rule: str) -> None:
    """As written in Terraform, CloudFormation or a manifest, or as the API told of it: no property the schema lacks,
    no value of another type."""
    [home] = [path.parent for path in BASE.rglob("rule.yaml") if path.parent.name == rule]
    fixtures, _ = selftest.fixtures_of(rules().rules[rule], str(home))
    seen = 0
    for fixture in fixtures:
        for resource in selftest.read_fixture(fixture)[0]:
            seen += 1
            assert_fits(resource)
    assert seen
