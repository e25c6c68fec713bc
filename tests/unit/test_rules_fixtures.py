"""Every rule of ours, by the fixtures beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

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
