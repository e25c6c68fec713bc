"""Fixtures are only as good as what they notice: each small change to a rule's condition must break one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from soc2gate import packs
from soc2gate.engine.evaluate import evaluate
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Rule, RuleSet, Source
from soc2gate.packs import selftest

BASE = Path(packs.builtin()) / "rules"
FOLDERS = {path.parent.name: path.parent for path in sorted(BASE.rglob("rule.yaml"))}

SWAPS = (
    (r"&&", "||"),
    (r"\|\|", "&&"),
    (r"==", "!="),
    (r"!=", "=="),
    (r">=", ">"),
    (r"<=", "<"),
    (r">(?!=)", ">="),
    (r"<(?!=)", "<="),
    (r"\.exists\(", ".all("),
    (r"\.all\(", ".exists("),
    (r"!(?!=)", ""),
    (r'"[^"]*"', '"x"'),
)

SAME = {
    # A bucket has one encryption rule: that some rule or that each rule asks for KMS is the same thing.
    ("s3-encryption", ".exists( → .all("),
    # Only one action answers a plain request: those that may stand before it need HTTPS.
    ("elbv2-https", ".exists( → .all("),
    # An ACL's entries are known by their numbers: no two of one direction have the same.
    ("nacl-no-admin-port-from-internet", "< → <="),
}
"""Changes that change no verdict, each for a reason."""


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """The expression with one thing changed, and what that was."""
    for pattern, swap in SWAPS:
        for found in re.finditer(pattern, text):
            yield text[: found.start()] + swap + text[found.end() :], f"{found[0]} → {swap}"
    for found in re.finditer(r"\b\d+\b", text):
        for number in (int(found[0]) + 1, int(found[0]) - 1):
            yield text[: found.start()] + str(number) + text[found.end() :], f"{found[0]} → {number}"


def changed_rules(rule: Rule) -> Iterator[tuple[Rule, str, str]]:
    for index, case in enumerate(rule.cases):
        for field, source in (("assertion", case.assertion), ("when", case.when)):
            for text, change in mutants(source.text) if source else ():
                other = Source(text, rule.path, rule.line)
                changed = replace(case, assertion=other) if field == "assertion" else replace(case, when=other)
                cases = (*rule.cases[:index], changed, *rule.cases[index + 1 :])
                # The guard against empty lists is another's test.
                yield replace(rule, cases=cases, vacuous_ok=True), f"{case.kind}, {field}", change


@cache
def ruleset() -> RuleSet:
    return packs.load()


@pytest.mark.parametrize("rule_id", FOLDERS)
def test_every_change_to_the_condition_is_noticed_by_a_fixture(rule_id: str) -> None:
    ours = ruleset()
    rule = ours.rules[rule_id]
    fixtures, _ = selftest.fixtures_of(rule, str(FOLDERS[rule_id]))
    shown = [(fixture.verdict, selftest.read_fixture(fixture)[0]) for fixture in fixtures]

    def unnoticed(changed: Rule) -> bool:
        alone = RuleSet({rule_id: changed}, ours.controls, ours.criteria, ours.digests)
        try:
            return all(
                finding.verdict is verdict
                for verdict, resources in shown
                for finding in evaluate(alone, resources, now=selftest.NOW)
            )
        except ConfigError:
            return False

    survivors = [
        f"{where}: {change}"
        for changed, where, change in changed_rules(rule)
        if (rule_id, change) not in SAME and unnoticed(changed)
    ]
    assert survivors == []
