"""An unknown finding says why, and what would settle it."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2gate import packs
from soc2gate.engine.evaluate import evaluate
from soc2gate.engine.settling import explained, settled_by
from soc2gate.model.outcome import Verdict
from soc2gate.model.rule import RuleSet
from soc2gate.packs import selftest

BASE = Path(packs.builtin()) / "rules"
FOLDERS = {path.parent.name: path.parent for path in sorted(BASE.rglob("rule.yaml"))}


@pytest.mark.parametrize(
    ("reason", "depends", "said"),
    [
        (
            'variable "acl" has no default and no value was given',
            ("var.acl",),
            'variable "acl" has no default and no value was given: pass --var-file, or --var acl=…',
        ),
        (
            'condition Prod is not decided: parameter "Stage" has no default',
            (),
            'condition Prod is not decided: parameter "Stage" has no default: pass --var Stage=…',
        ),
        (
            "known after apply",
            ("aws_kms_key.k.arn",),
            "aws_kms_key.k.arn is known after apply: scan a plan, or let verify judge what runs",
        ),
        (
            'module "vpc" (terraform-aws-modules/vpc/aws) is not installed',
            (),
            'module "vpc" (terraform-aws-modules/vpc/aws) is not installed: '
            "run terraform init -backend=false, and scan again",
        ),
        ("nobody has said anything of it", (), "nobody has said anything of it"),
    ],
)
def test_a_reason_ends_with_what_would_settle_it(reason: str, depends: tuple[str, ...], said: str) -> None:
    assert explained(reason, depends) == said


def test_every_unknown_in_the_rules_fixtures_says_what_would_settle_it() -> None:
    ruleset = packs.load()
    silent: dict[str, str] = {}
    seen = 0
    for rule_id, folder in FOLDERS.items():
        rule = ruleset.rules[rule_id]
        alone = RuleSet({rule_id: rule}, ruleset.controls, ruleset.criteria, ruleset.digests)
        for fixture in selftest.fixtures_of(rule, str(folder))[0]:
            if fixture.verdict is not Verdict.UNKNOWN:
                continue
            for finding in evaluate(alone, selftest.read_fixture(fixture)[0], now=selftest.NOW):
                if finding.verdict is Verdict.UNKNOWN:
                    seen += 1
                    if not settled_by(finding.reason):
                        silent[fixture.path] = finding.reason
    assert not silent, "\n".join(f"{path}: {reason}" for path, reason in silent.items())
    assert seen > 150
