"""Our two pod security rules decide as Kubernetes' own admission does: its test pods, judged by us.

The pods are upstream's (see the head of each file), for the version that the rules name. When the rules move to a newer
one, so do the files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2gate import packs
from soc2gate.engine.evaluate import evaluate
from soc2gate.model.outcome import Verdict
from soc2gate.model.rule import RuleSet
from soc2gate.packs import selftest
from soc2gate.packs.selftest import Fixture

PODS = Path(__file__).with_name("pod_security_standards")


@pytest.mark.parametrize(
    ("level", "wanted", "count"),
    [
        ("baseline", Verdict.PASS, 15),
        ("baseline", Verdict.FAIL, 34),
        ("restricted", Verdict.PASS, 23),
        ("restricted", Verdict.FAIL, 76),
    ],
)
def test_every_upstream_pod_is_judged_as_upstream_judges_it(level: str, wanted: Verdict, count: int) -> None:
    ours = packs.load()
    rule = ours.rules[f"k8s-pod-security-{level}"]
    alone = RuleSet({rule.id: rule}, ours.controls, ours.criteria, ours.digests)
    fixture = Fixture(rule.id, str(PODS / f"{level}.{wanted.value}.yaml"), "manifests", wanted)
    resources, _ = selftest.read_fixture(fixture)
    verdicts = {f"{finding.address}": finding.verdict for finding in evaluate(alone, resources, now=selftest.NOW)}
    assert len(verdicts) == count
    assert {address for address, verdict in verdicts.items() if verdict is not wanted} == set()


def test_what_restricted_lets_pass_baseline_lets_pass() -> None:
    ours = packs.load()
    rule = ours.rules["k8s-pod-security-baseline"]
    alone = RuleSet({rule.id: rule}, ours.controls, ours.criteria, ours.digests)
    resources, _ = selftest.read_fixture(
        Fixture(rule.id, str(PODS / "restricted.pass.yaml"), "manifests", Verdict.PASS)
    )
    assert {finding.verdict for finding in evaluate(alone, resources, now=selftest.NOW)} == {Verdict.PASS}
