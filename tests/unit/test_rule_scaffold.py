"""`rules new` writes a beginning that its author can finish, and nobody can take for finished."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from soc2gate import packs
from soc2gate.cli.rules import rules
from soc2gate.errors import ConfigError, UsageError
from soc2gate.kinds import known_kinds
from soc2gate.packs import selftest
from soc2gate.packs.scaffold import PLACEHOLDER, scaffold, sides_of


def begin(pack: Path, rule_id: str, kind: str, control: str = "data-classification-tags") -> Path:
    arguments = ["new", rule_id, "--kind", kind, "--control", control, "--rules", str(pack)]
    done = CliRunner().invoke(rules, arguments, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    assert done.return_value == 0
    return pack / "rules" / rule_id


def change(file: Path, **swaps: str) -> None:
    text = file.read_text()
    for old, new in swaps.items():
        old = old.replace("_", " ")
        assert old in text, (file, old)
        text = text.replace(old, new)
    file.write_text(text)


def results(pack: Path, rule_id: str) -> list[str]:
    found = selftest.run(packs.load([pack]), [pack / "rules"], only=[rule_id])
    return [f"{Path(result.path).name}: {result.messages}" for result in found if not result.ok]


def test_an_unfinished_rule_is_refused_with_the_properties_there_are(tmp_path: Path) -> None:
    begin(tmp_path, "buckets-tagged", "AWS::S3::Bucket")
    with pytest.raises(ConfigError, match=f"AWS::S3::Bucket has no property “{PLACEHOLDER}”") as refused:
        packs.load([tmp_path])
    assert "“VersioningConfiguration”" in refused.value.hint


def test_a_rule_about_buckets_passes_its_own_test_once_filled_in(tmp_path: Path) -> None:
    home = begin(tmp_path, "buckets-versioned", "AWS::S3::Bucket", "backup")
    change(home / "rule.yaml", **{f"resource.{PLACEHOLDER}": 'resource.VersioningConfiguration.Status == "Enabled"'})
    change(home / "pass.tf", **{"{\n}": "{\n  versioning {\n    enabled = true\n  }\n}"})
    change(home / "unknown.tf", **{"{\n}": "{\n  versioning {\n    enabled = var.value\n  }\n}"})
    change(home / "pass.cfn.yaml", **{"Properties: {}": "Properties: {VersioningConfiguration: {Status: Enabled}}"})
    change(
        home / "unknown.cfn.yaml", **{"Properties: {}": "Properties: {VersioningConfiguration: {Status: !Ref Value}}"}
    )
    change(
        home / "pass.live.json",
        **{'"properties": {}': '"properties": {"VersioningConfiguration": {"Status": "Enabled"}}'},
    )
    assert results(tmp_path, "buckets-versioned") == []


def test_a_rule_about_pods_passes_its_own_test_once_filled_in(tmp_path: Path) -> None:
    home = begin(tmp_path, "pods-have-priority", "Kubernetes::PodTemplate", "capacity")
    change(home / "rule.yaml", **{f"resource.{PLACEHOLDER}": 'resource.spec.priorityClassName != ""'})
    change(home / "pass.k8s.yaml", **{"      containers:": "      priorityClassName: shop\n      containers:"})
    change(home / "rule.yaml", **{"sides: [manifests, live]": "sides: [manifests, live]\nalways_decided: [manifests]"})
    (home / "unknown.k8s.yaml").unlink()
    live = json.loads((home / "pass.live.json").read_text())
    live["resources"][0]["properties"] = {"spec": {"priorityClassName": "shop"}}
    (home / "pass.live.json").write_text(json.dumps(live))
    assert results(tmp_path, "pods-have-priority") == []


@pytest.mark.parametrize("kind", [kind for kind in known_kinds() if sides_of(kind)])
def test_every_kind_can_be_begun_with(kind: str) -> None:
    files = scaffold("some-rule", kind, "backup", "low")
    assert f"kind: {kind}\n" in files["rule.yaml"]
    # A file for each verdict on each side.
    assert len(files) == 1 + 3 * len(sides_of(kind))


@pytest.mark.parametrize(
    ("rule_id", "kind", "control", "said"),
    [
        ("Buckets", "AWS::S3::Bucket", "backup", "no rule id"),
        ("s3-encryption", "AWS::S3::Bucket", "backup", "already"),
        ("buckets-new", "AWS::S3::Buckett", "backup", "Buckett"),
        ("buckets-new", "AWS::S3::Bucket", "backups", "no control"),
        ("policies-new", "AWS::IAM::Policy", "backup", "part of another"),
    ],
)
def test_what_cannot_be_begun_is_refused(tmp_path: Path, rule_id: str, kind: str, control: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        begin(tmp_path, rule_id, kind, control)
    assert list(tmp_path.iterdir()) == []
