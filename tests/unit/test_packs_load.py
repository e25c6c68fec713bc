"""Rule packs: what is read, what is refused and in which words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from soc2gate import packs
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Severity
from soc2gate.packs.check import check

RULE = """\
id: buckets-have-names
title: Buckets have names
severity: low
control: data-classification-tags
kind: AWS::S3::Bucket
assert: resource.BucketName != ""
message: the bucket has no name
why: Nobody finds it again.
fix:
  terraform: Set `bucket`.
"""


def write_rule(pack: Path, text: str = RULE, name: str = "buckets-have-names", folder: str = "rules") -> Path:
    path = pack / folder / name / "rule.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return pack


def refused(pack: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        packs.load([pack])
    return str(caught.value)


def test_our_pack_loads_and_its_expressions_are_right() -> None:
    rules = packs.load()
    assert len(rules.rules) >= 30
    assert [str(error) for error in check(rules)] == []


def test_a_pack_of_the_users_extends_ours(tmp_path: Path) -> None:
    rules = packs.load([write_rule(tmp_path / "policy")])
    mine = rules.rules["buckets-have-names"]
    assert mine.pack == "policy"
    assert mine.severity is Severity.LOW
    assert mine.sides == ("terraform", "cloudformation", "live")
    assert rules.criteria_of(mine) == ("C1.1",)
    assert "s3-encryption" in rules.rules


def test_a_directory_of_rule_folders_is_a_pack_too(tmp_path: Path) -> None:
    write_rule(tmp_path, folder="storage")
    assert "buckets-have-names" in packs.load([tmp_path]).rules


def test_a_pack_may_bring_controls_of_its_own(tmp_path: Path) -> None:
    write_rule(tmp_path, RULE.replace("data-classification-tags", "naming"))
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "ours.yaml").write_text(
        "controls:\n  naming:\n    statement: Things have names.\n    criteria: [CC2.1]\n"
        "    rationale: {CC2.1: Names are information.}\n    evidence: rules\n    max_age_days: 31\n",
        encoding="utf-8",
    )
    rules = packs.load([tmp_path])
    assert rules.criteria_of(rules.rules["buckets-have-names"]) == ("CC2.1",)


def test_a_misspelt_property_is_refused_with_place_and_suggestion(tmp_path: Path) -> None:
    said = refused(write_rule(tmp_path / "policy", RULE.replace("resource.BucketName", "resource.BuketName")))
    assert f"{tmp_path.as_posix()}/policy/rules/buckets-have-names/rule.yaml:6:18: " in said
    assert "BuketName" in said
    assert "did you mean “BucketName”?" in said


def test_a_misspelt_property_in_the_message_is_refused_at_its_place(tmp_path: Path) -> None:
    said = refused(write_rule(tmp_path, RULE.replace("the bucket has no name", "'{resource.BuketName} is no name'")))
    assert "rule.yaml:7:21: " in said


def test_an_expression_below_a_block_sign_is_pointed_into(tmp_path: Path) -> None:
    block = '|-\n  resource.BucketName != "" &&\n    resource.Buket != ""'
    said = refused(write_rule(tmp_path, RULE.replace('resource.BucketName != ""', block)))
    assert "rule.yaml:8:14: " in said


def test_all_over_a_list_that_may_be_empty_needs_a_word(tmp_path: Path) -> None:
    text = RULE.replace('resource.BucketName != ""', 'resource.Tags.all(tag, tag.Value != "")')
    assert "vacuous" in refused(write_rule(tmp_path / "a", text))
    packs.load([write_rule(tmp_path / "b", text + "vacuous: ok\n")])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title:", "tittle:", ["rule.yaml:2:1: a rule has no key “tittle”", "did you mean “title”?", "has no “title”"]),
        ("severity: low", "severity: lo", ["rule.yaml:3:1: severity: there is no “lo”", "did you mean “low”?"]),
        ("AWS::S3::Bucket", "AWS::S3::Buckets", ["rule.yaml:5:1", "did you mean “AWS::S3::Bucket”?"]),
        ("data-classification-tags", "backups", ["names the control “backups”", "did you mean “backup”?"]),
        ("terraform:", "terrafrom:", ["“fix” has no key “terrafrom”", "did you mean “terraform”?"]),
        ("id: buckets-have-names", "id: other", ["rule “other” stands in a folder called “buckets-have-names”"]),
        ("id: buckets-have-names", "id: s3-encryption", ["there is a rule “s3-encryption” already: rules/aws/s3"]),
        ("id: buckets-have-names", "id: Bucket_Names", ["“Bucket_Names” is no rule id"]),
        ("kind: AWS::S3::Bucket", "for: []", ["“for” must be a list of cases"]),
        ("kind: AWS", "for: [{kind: AWS::S3::Bucket}]\nkind: AWS", ["this case has no “assert”", "beside “for”"]),
        ("title: Buckets have names", "title: [a]", ["“title” must be text, not a list"]),
        ('resource.BucketName != ""', "{a: b}", ["“assert” must be an expression in quotes, not a mapping"]),
        ('resource.BucketName != ""', "resource.BucketName = ''", ["rule.yaml:6:29"]),
        ('resource.BucketName != ""', "resource.Tags > 1", ["rule.yaml:6:"]),
        ("severity: low", "severity: [{level: low}, {level: high}]", ["only the last severity may stand without"]),
        ("severity: low", 'severity: [{level: low, when: "true"}]', ["the last severity must stand without “when”"]),
        ("why: Nobody finds it again.\n", "", ["the rule has no “why”"]),
        ("why: Nobody finds it again.", "why: x\nwhy: y", ["rule.yaml:9:1", "why"]),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in RULE
    text = refused(write_rule(tmp_path, RULE.replace(old, new, 1)))
    for part in said:
        assert part in text


def test_all_mistakes_of_all_packs_come_at_once(tmp_path: Path) -> None:
    write_rule(tmp_path / "one", RULE.replace("severity: low", "severity: lo"))
    write_rule(tmp_path / "two", RULE.replace("why:", "because:"))
    with pytest.raises(ConfigError) as caught:
        packs.load([tmp_path / "one", tmp_path / "two", tmp_path / "missing"])
    text = str(caught.value)
    assert "one/rules" in text
    assert "two/rules" in text
    assert "missing" in text
    assert len(caught.value.others) >= 3


def test_the_same_rule_twice_is_refused_across_packs(tmp_path: Path) -> None:
    first, second = write_rule(tmp_path / "one"), write_rule(tmp_path / "two")
    with pytest.raises(ConfigError, match="there is a rule “buckets-have-names” already"):
        packs.load([first, second])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("controls:\n  backup: {}\n", "there is a control “backup” already"),
        ("controls:\n  a: {statement: b}\n", "control a has no “criteria”"),
        ("control: {}\n", "did you mean “controls”?"),
        (
            "controls:\n  a: {statement: b, criteria: [CC6.11], rationale: {}, evidence: rules, max_age_days: 1}\n",
            "criteria: there is no “CC6.11”",
        ),
        (
            "controls:\n  a: {statement: b, criteria: [CC6.1], rationale: {}, evidence: rules, max_age_days: 1}\n",
            "does not say why it serves CC6.1",
        ),
        (
            "controls:\n  a: {statement: b, criteria: [], rationale: {CC6.1: c}, evidence: rule, max_age_days: 0}\n",
            "gives a reason for CC6.1, which it does not claim",
        ),
        (
            "controls:\n  a:\n    statement: b\n    criteria: [CC6.1]\n    rationale: {CC6.1: c}\n    evidence: rules\n"
            "    max_age_days: 1\n    exceptions: {s3-encription: [CC6.1]}\n",
            "did you mean “s3-encryption”?",
        ),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, text: str, said: str) -> None:
    write_rule(tmp_path)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "own.yaml").write_text(text, encoding="utf-8")
    assert said in refused(tmp_path)


def test_a_pack_with_nothing_in_it_is_refused(tmp_path: Path) -> None:
    assert "holds no rule and no mapping" in refused(tmp_path)


def test_digests_know_content_and_nothing_else(tmp_path: Path) -> None:
    plain = packs.load([write_rule(tmp_path / "here")])
    moved = packs.load([write_rule(tmp_path / "there", folder="rules/deep")])
    lines = RULE.splitlines(keepends=True)
    shuffled = packs.load([write_rule(tmp_path / "order", "# a remark\n" + "".join([*lines[3:], *lines[:3]]))])
    changed = packs.load([write_rule(tmp_path / "other", RULE.replace("low", "high"))])
    assert plain.digests == moved.digests == shuffled.digests
    assert plain.digests["rules"] != changed.digests["rules"]
    assert plain.digests["mappings"] == changed.digests["mappings"]
    assert packs.load().digests["rules"] != plain.digests["rules"]


def test_rules_come_in_an_order_of_their_own(tmp_path: Path) -> None:
    assert list(packs.load().rules) == list(packs.load().rules)


def json_schema(name: str) -> Any:
    import jsonschema

    folder = Path(packs.__file__).parent.parent / "json_schemas"
    loaded = json.loads((folder / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


def test_our_files_fit_the_json_schemas_that_editors_use() -> None:
    from soc2gate import yaml_lines

    base = Path(packs.builtin())
    rule_schema, mapping_schema = json_schema("rule.schema.json"), json_schema("mapping.schema.json")
    files = sorted((base / "rules").rglob("rule.yaml"))
    assert files
    for path in files:
        rule_schema.validate(yaml_lines.load(path.read_text(encoding="utf-8"), str(path)).data)
    for name in ("soc2-2017.yaml", "controls.yaml"):
        path = base / "mappings" / name
        mapping_schema.validate(yaml_lines.load(path.read_text(encoding="utf-8"), str(path)).data)


def test_the_json_schema_refuses_what_the_loader_refuses(tmp_path: Path) -> None:
    from soc2gate import yaml_lines

    validator = json_schema("rule.schema.json")
    assert validator.is_valid(yaml_lines.load(RULE, "rule.yaml").data)
    for old, new in [("title:", "tittle:"), ("low", "lo"), ("AWS::S3", "AWS.S3"), ("why: Nobody finds it again.", "")]:
        assert not validator.is_valid(yaml_lines.load(RULE.replace(old, new, 1), "rule.yaml").data), new


def test_packs_survive_being_copied_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a wheel, where rules/ and mappings/ stand inside the package.
    from soc2gate.packs import loading as module

    here = packs.load()
    shutil.copytree(Path(packs.builtin()) / "rules", tmp_path / "rules")
    shutil.copytree(Path(packs.builtin()) / "mappings", tmp_path / "mappings")
    monkeypatch.setattr(module, "builtin", lambda: str(tmp_path))
    there = packs.load()
    assert there.digests == here.digests
    assert [rule.path for rule in there.rules.values()] == [rule.path for rule in here.rules.values()]
