"""Mappings of other engines' checks: what they may say, and that ours say it of controls and rules that exist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import cfnlint
import pytest

from soc2gate import packs
from soc2gate.errors import ConfigError
from soc2gate.model.checks import NO_CONTROL
from soc2gate.packs.checks import load_checks, read_checks, same_as_ours

AWAITED = Path(__file__).parent / "awaited_rules.txt"
HEAD = 'engine: other\nreviewed: "1.0"\nchecks:\n'


def errors_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "other.yaml"
    file.write_text(HEAD + text)
    errors: list[ConfigError] = []
    read_checks(str(file), "other.yaml", packs.load(), errors)
    return [str(error) for error in errors]


def test_every_check_says_where_it_belongs_and_why() -> None:
    ruleset = packs.load()
    for mapped in load_checks().values():
        assert mapped.reviewed, mapped.engine
        for name, check in mapped.checks.items():
            assert len(check.why.split()) >= 4, name
            if check.control == NO_CONTROL:
                assert (check.rule, check.severity) == ("", None), name
                continue
            assert check.control in ruleset.controls, name
            assert check.severity is not None, name
            assert check.confidence in ("high", "medium", "low"), name
            if check.rule:
                assert ruleset.rules[check.rule].control == check.control, name


def test_no_check_waits_for_a_rule_that_has_landed(pytestconfig: pytest.Config) -> None:
    """Once a rule stands that asks what another engine asks, its mapping names it; --update-golden writes it there."""
    rules = packs.load().rules
    waiting = [line.split() for line in AWAITED.read_text().splitlines() if not line.startswith("#")]
    landed = {check: rule for check, rule in waiting if rule in rules}
    if landed and pytestconfig.getoption("--update-golden"):
        _name_them(landed)
        landed = {}
    assert landed == {}, "mappings/ does not name them yet: pytest --update-golden writes them"


def _name_them(landed: Mapping[str, str]) -> None:
    mappings = Path(packs.builtin()) / "mappings"
    for mapping in (mappings / "checkov.yaml", *sorted((mappings / "results").glob("*.yaml"))):
        text = mapping.read_text()
        for check, rule in landed.items():
            text = re.sub(rf"(?m)^(  {check}: \{{control: [\w-]+), severity: \w+,", rf"\1, rule: {rule},", text)
        mapping.write_text(text)
    kept = [line for line in AWAITED.read_text().splitlines() if line.split()[0] not in landed]
    AWAITED.write_text("\n".join(kept) + "\n")


def test_a_check_whose_ground_a_rule_covers_weighs_what_the_rule_weighs() -> None:
    mapped = load_checks()["checkov"].checks["CKV_AWS_24"]
    assert (mapped.rule, mapped.severity) == (
        "sg-no-ssh-from-internet",
        packs.load().rules["sg-no-ssh-from-internet"].severity,
    )


def test_skip_comments_stand_only_for_checks_that_ask_the_same() -> None:
    same = same_as_ours()
    assert same["CKV_AWS_21"] == "s3-versioning"
    # It asks for TLS and for a token besides; who skips it may mean the token alone.
    assert "CKV_AWS_31" not in same


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "  X_1: {control: backups, severity: low, confidence: high, why: because}\n",
            "4:9: control: there is no “backups”",
        ),
        ("  X_1: {control: backup, rule: s3-versionin, confidence: high, why: because}\n", "did you mean"),
        ("  X_1: {control: backup, rule: s3-encryption, confidence: high, why: because}\n", "about encryption-at-rest"),
        ("  X_1: {control: backup, confidence: high, why: because}\n", "has no “severity”"),
        (
            "  X_1: {control: backup, rule: s3-versioning, severity: low, confidence: high, why: b}\n",
            "leave “severity”",
        ),
        ("  X_1: {control: backup, severity: low, confidence: sure, why: because}\n", "confidence: there is no “sure”"),
        ("  X_1: {control: backup, severity: low, confidence: high}\n", "has no “why”"),
        ("  X_1: {control: none, severity: low, why: because}\n", "serves no control, and has a “severity”"),
        ("  X_1: {control: none, why: because, reason: x}\n", "has no key “reason”"),
        (
            "  X_1: {control: none, why: because}\n  X_2: {control: none, why: because, aliases: [X_1]}\n",
            "“X_1” stands here twice",
        ),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_its_place(tmp_path: Path, entry: str, said: str) -> None:
    errors = errors_of(tmp_path, entry)
    assert any(said in error for error in errors), errors
    assert all(error.startswith("other.yaml:") for error in errors)


def test_a_mapping_that_is_right_is_taken(tmp_path: Path) -> None:
    assert errors_of(tmp_path, "  X_1: {control: backup, severity: low, confidence: high, why: because}\n") == []


def test_every_rule_of_cfn_lint_that_is_mapped_is_one() -> None:
    from cfnlint.rules import RulesCollection

    rules = RulesCollection(include_rules=["I"], include_experimental=True)
    rules.create_from_directory(str(Path(cfnlint.__file__).parent / "rules"))
    assert set(load_checks()["cfn-lint"].checks) <= {rule.id for rule in rules.all_rules.values()}
