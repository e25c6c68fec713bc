"""Waivers in real repositories: who accepted what, until when, and what does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from git_for_tests import NOW, Repository, failures

BUCKET = 'resource "aws_s3_bucket" "logs" {{\n  bucket = "logs"\n{inside}}}\n'
TERMS = 'reason="rebuilt daily" owner=ops approver=carol expires=2026-08-01 ticket=OPS-7'
RULE = "s3-versioning"
ENTRY = {
    "rule": RULE,
    "address": "aws_s3_bucket.*",
    "reason": "rebuilt daily",
    "owner": "ops",
    "approver": "carol",
    "expires": "2026-08-01",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def bucket(inside: str = "", above: str = "") -> str:
    return above + BUCKET.format(inside=inside)


def waived(result: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {item["rule"]: item["waiver"] for item in result["findings"] if item["waiver"]}


def told(result: dict[str, Any]) -> str:
    return "\n".join(problem["message"] for problem in result["problems"] if problem["stage"] == "waivers")


@pytest.mark.parametrize(
    "code",
    [
        bucket(above=f"# soc2gate:waive {RULE} {TERMS}\n"),
        bucket(above=f"// soc2gate:waive {RULE} {TERMS}\n# second line\n"),
        bucket(above=f"/* soc2gate:waive {RULE} {TERMS} */\n"),
        bucket(inside=f"  # soc2gate:waive {RULE} {TERMS}\n"),
        bucket().replace('"logs" {', f'"logs" {{ # soc2gate:waive {RULE} {TERMS}'),
    ],
)
def test_a_comment_on_above_or_in_the_resource_waives_that_rule_and_no_other(repository: Repository, code: str) -> None:
    repository.commit({"main.tf": code})
    _, result = repository.scan()
    assert set(waived(result)) == {RULE}
    assert waived(result)[RULE] == {
        "reason": "rebuilt daily",
        "owner": "ops",
        "approver": "carol",
        "expires": "2026-08-01",
        "ticket": "OPS-7",
        "source": "inline",
    }
    assert ("s3-encryption", "aws_s3_bucket.logs") in failures(result)


def test_a_comment_beside_one_resource_says_nothing_of_its_neighbour(repository: Repository) -> None:
    other = bucket().replace("logs", "other")
    repository.commit({"main.tf": bucket(above=f"# soc2gate:waive {RULE} {TERMS}\n") + "\n" + other})
    _, result = repository.scan()
    assert (RULE, "aws_s3_bucket.other") in failures(result)
    assert (RULE, "aws_s3_bucket.logs") not in failures(result)


def test_text_that_only_looks_like_a_comment_waives_nothing(repository: Repository) -> None:
    inside = f"  tags = {{\n    note = <<-EOT\n      # soc2gate:waive {RULE} {TERMS}\n    EOT\n  }}\n"
    repository.commit({"main.tf": bucket(inside=inside)})
    assert waived(repository.scan()[1]) == {}


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        (f'{RULE} reason="x" owner=ops expires=2026-08-01', "it has no approver"),
        (f"{RULE} {TERMS} because", "found “because”"),
        (f"{RULE} {TERMS} until=2027-01-01", "there is no “until” in a waiver"),
        (f"{RULE} {TERMS.replace('2026-08-01', '2026-02-30')}", "“2026-02-30” is no date"),
        (f"{RULE} {TERMS.replace('2026-08-01', '2026-05-31')}", "it expired on 2026-05-31"),
        (f"s3-versionning {TERMS}", "there is no rule “s3-versionning”"),
        (f"s3-* {TERMS}", "it is of one rule, and “s3-*” is none"),
        (f"* {TERMS}", "it is of one rule, and “*” is none"),
        (TERMS, "it does not begin with the rule's id"),
    ],
)
def test_a_waiver_that_is_malformed_or_over_counts_for_nothing_and_says_why(
    repository: Repository, comment: str, why: str
) -> None:
    repository.commit({"main.tf": bucket(above=f"# soc2gate:waive {comment}\n")})
    code, result = repository.scan()
    assert code == 1
    assert waived(result) == {}
    assert why in told(result)


def test_a_waiver_tells_two_weeks_ahead_that_it_ends_and_holds_on_its_last_day(repository: Repository) -> None:
    last_day = TERMS.replace("2026-08-01", NOW[:10])
    repository.commit({"main.tf": bucket(above=f"# soc2gate:waive {RULE} {last_day}\n")})
    _, result = repository.scan()
    assert set(waived(result)) == {RULE}
    assert "expires today, on 2026-06-01" in told(result)
    in_two_weeks = TERMS.replace("2026-08-01", "2026-06-15")
    repository.commit({"main.tf": bucket(above=f"# soc2gate:waive {RULE} {in_two_weeks}\n")})
    assert "expires in 14 days" in told(repository.scan()[1])
    later = TERMS.replace("2026-08-01", "2026-06-16")
    repository.commit({"main.tf": bucket(above=f"# soc2gate:waive {RULE} {later}\n")})
    assert told(repository.scan()[1]) == ""


def test_who_wrote_a_waiver_cannot_approve_it(repository: Repository) -> None:
    comment = f"# soc2gate:waive {RULE} {TERMS}\n"
    repository.commit({"main.tf": bucket(above=comment)}, author="carol")
    _, result = repository.scan()
    assert waived(result) == {}
    assert "its approver carol is who wrote it" in told(result)
    repository.commit({"main.tf": bucket()}, author="carol")
    repository.commit({"main.tf": bucket(above=comment)}, author="dave")
    assert set(waived(repository.scan()[1])) == {RULE}


def test_configuration_limits_how_long_and_where_a_waiver_may_be(repository: Repository) -> None:
    files: dict[str, str | None] = {"main.tf": bucket(above=f"# soc2gate:waive {RULE} {TERMS}\n")}
    repository.commit({**files, "soc2gate.yaml": "max_waiver_days: 60\n"})
    _, result = repository.scan()
    assert waived(result) == {}
    assert "it lasts 61 days more, and the configuration allows 60" in told(result)
    repository.commit({"soc2gate.yaml": "max_waiver_days: 61\n"})
    assert set(waived(repository.scan()[1])) == {RULE}
    repository.commit({"soc2gate.yaml": "inline_waivers: false\n"})
    _, result = repository.scan()
    assert waived(result) == {}
    assert "inline waivers are forbidden by the configuration" in told(result)


def test_files_that_the_configuration_names_hold_waivers_too(repository: Repository) -> None:
    entries = json.dumps({"waivers": [ENTRY]})
    repository.commit({"main.tf": bucket(), "soc2gate.yaml": "waiver_files: [w.yaml]\n", "w.yaml": entries + "\n"})
    _, result = repository.scan()
    assert waived(result)[RULE]["source"] == "configuration"
    repository.commit({"w.yaml": json.dumps({"waivers": [{**ENTRY, "aproved": "x"}]}) + "\n"})
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert "w.yaml:1:" in done.stderr
    assert "aproved" in done.stderr


def test_a_template_says_it_in_its_metadata_in_yaml_and_in_json(repository: Repository) -> None:
    metadata = {"soc2gate": {"waive": [{key: ENTRY[key] for key in ENTRY if key != "address"}]}}
    resources = {"Resources": {"Logs": {"Type": "AWS::S3::Bucket", "Metadata": metadata}, "Other": {}}}
    resources["Resources"]["Other"] = {"Type": "AWS::S3::Bucket"}
    repository.commit({"one.json": json.dumps(resources) + "\n"})
    _, result = repository.scan()
    assert set(waived(result)) == {RULE}
    assert (RULE, "Other") in failures(result)
    repository.commit(
        {
            "one.json": None,
            "two.yaml": "Resources:\n  Logs:\n    Type: AWS::S3::Bucket\n"
            "    Metadata:\n      soc2gate:\n        waive:\n"
            "        - {rule: s3-versioning, reason: rebuilt, owner: ops, approver: carol, expires: 2026-08-01}\n"
            f"  # soc2gate:waive {RULE} {TERMS}\n  Other:\n    Type: AWS::S3::Bucket\n",
        }
    )
    _, result = repository.scan()
    assert set(waived(result)) == {RULE}
    assert {rule for rule, _ in failures(result)}.isdisjoint({RULE})


def test_a_manifest_says_it_in_an_annotation(repository: Repository) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  annotations:\n"
        f"    soc2gate.dev/waive: |\n      k8s-no-privileged {TERMS}\n"
        "spec:\n  containers:\n  - name: web\n    image: web:1\n    securityContext: {privileged: true}\n"
    )
    repository.commit({"pod.yaml": pod, "other.yaml": pod.replace("web", "api").replace("k8s-no-p", "k8s-no-q")})
    _, result = repository.scan()
    assert waived(result)["k8s-no-privileged"]["ticket"] == "OPS-7"
    assert ("k8s-no-privileged", "Pod/shop/api") in failures(result)
    assert "there is no rule “k8s-no-qrivileged”" in told(result)


def test_terraform_in_json_says_it_under_its_comment_key(repository: Repository) -> None:
    body = {"//": f"soc2gate:waive {RULE} {TERMS}", "bucket": "logs"}
    text = json.dumps({"resource": {"aws_s3_bucket": {"logs": body, "other": {"bucket": "other"}}}}, indent=2)
    repository.commit({"main.tf.json": text + "\n"})
    _, result = repository.scan()
    assert set(waived(result)) == {RULE}
    assert (RULE, "aws_s3_bucket.other") in failures(result)


@pytest.mark.parametrize(
    ("comment", "tool"),
    [
        ("#checkov:skip=CKV_AWS_21:rebuilt daily", "checkov"),
        ("#checkov:skip=MY_OWN_7", "checkov"),
        ("# bridgecrew:skip=CKV_AWS_21: rebuilt daily", "checkov"),
        ("#tfsec:ignore:aws-s3-enable-versioning", "tfsec"),
        ("#tfsec:ignore:aws-s3-enable-versioning:exp:2026-12-31", "tfsec"),
        ("#trivy:ignore:AVD-AWS-0090", "trivy"),
        ("#trivy:ignore:avd-aws-0090 trivy:ignore:other", "trivy"),
        ("#trivy:ignore:aws-s3-enable-versioning", "trivy"),
        ("# kics-scan disable=my-kics-id", "kics"),
        ("# kics-scan disable=11111111-2222-4333-8444-555555555555,my-kics-id", "kics"),
    ],
)
def test_other_tools_skip_comments_count_only_where_the_configuration_accepts_them(
    repository: Repository, comment: str, tool: str
) -> None:
    repository.commit({"main.tf": bucket(above=comment + "\n")})
    code, result = repository.scan()
    assert code == 1
    assert waived(result) == {}
    assert f"of {tool} waive" in told(result)
    config = (
        f"accept_foreign_skips: true\nforeign_skips: {{my-kics-id: {RULE}, AVD-AWS-0090: {RULE}, MY_OWN_7: {RULE}}}\n"
    )
    repository.commit({"soc2gate.yaml": config})
    _, result = repository.scan()
    assert waived(result)[RULE]["source"] == tool
    assert waived(result)[RULE]["approver"] == ""


def test_where_git_does_not_answer_it_is_said_that_nobody_checked_the_approver(repository: Repository) -> None:
    repository.commit({"main.tf": bucket(above=f"# soc2gate:waive {RULE} {TERMS}\n")})
    assert "git does not answer" not in told(repository.scan("--now", NOW)[1])
    # As in a container job that runs as somebody else than who checked the files out.
    (repository.folder / ".git" / "HEAD").write_text("damaged\n")
    _, result = repository.scan("--now", NOW)
    assert "nobody checked that the approver of a waiver is not who wrote it" in told(result)


def test_the_configuration_accepts_the_skips_of_the_tools_it_names(repository: Repository) -> None:
    above = "#tfsec:ignore:aws-s3-enable-versioning\n"
    repository.commit({"main.tf": bucket(above=above), "soc2gate.yaml": "accept_foreign_skips: [checkov]\n"})
    code, result = repository.scan()
    assert (code, waived(result)) == (1, {})
    listed = repository.run("waivers").stdout
    assert "does not count: nobody is named who approved it" in listed
    repository.commit({"soc2gate.yaml": "accept_foreign_skips: [checkov, tfsec]\n"})
    assert waived(repository.scan()[1])[RULE]["source"] == "tfsec"
    repository.commit({"soc2gate.yaml": "accept_foreign_skips: [tfsek]\n"})
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert "soc2gate.yaml:1:24: accept_foreign_skips[0] must be one of checkov, tfsec" in done.stderr
    assert "did you mean “tfsec”?" in done.stderr


def test_a_skip_that_names_no_rule_never_counts(repository: Repository) -> None:
    code = bucket(above="# kics-scan ignore-block\n", inside="  #tfsec:ignore:*\n")
    repository.commit({"main.tf": code, "soc2gate.yaml": "accept_foreign_skips: true\n"})
    _, result = repository.scan()
    assert waived(result) == {}
    assert "skip comment of kics waives nothing" in told(result)


def test_all_are_listed_with_age_owner_and_expiry(repository: Repository) -> None:
    entries = json.dumps({"waivers": [ENTRY]})
    code = bucket(above=f"# soc2gate:waive {RULE} {TERMS}\n", inside="  #checkov:skip=CKV_AWS_21\n")
    repository.commit({"main.tf": code, "soc2gate.yaml": entries + "\n"})
    done = repository.run("waivers", "--format", "json", "--now", NOW)
    listed = json.loads(done.stdout)
    assert [(item["source"], item["counts"]) for item in listed] == [
        ("configuration", True),
        ("inline", True),
        ("checkov", False),
    ]
    assert all(item["author"] == "dev" and isinstance(item["age_days"], int) for item in listed)
    assert {item["owner"] for item in listed} == {"ops", ""}
    assert listed[1]["days_left"] == 61
    text = repository.run("waivers", "--now", NOW).stdout
    assert "owner ops, approved by carol" in text
    assert "expires 2026-08-01 (61 days left), OPS-7" in text
    assert text.endswith("3 waivers, 2 count\n")


def test_a_hostile_file_takes_no_longer_to_look_through_than_it_is_long(repository: Repository) -> None:
    import time

    from soc2gate.declared.written_waivers import read_waivers

    def seconds(times: int) -> float:
        texts = ("<<A\n", '"\\"', "/*", '#soc2gate:waive x="', "'")
        repository.write({f"{i}.tf": "# soc2gate:waive\n" + text * times for i, text in enumerate(texts)})
        best = float("inf")
        for _ in range(3):
            # Our own work, at its best: what else the machine does is not what is measured.
            start = time.process_time()
            read_waivers([f"{i}.tf" for i in range(len(texts))], repository.folder)
            best = min(best, time.process_time() - start)
        return best

    # Ten times as long takes some ten times as long; what grows with the square would take a hundred.
    assert seconds(40_000) < 50 * seconds(4_000)


TEMPLATE = """\
Resources:
  Q:
    Type: AWS::SQS::Queue
    Metadata:
      team: shop
    Properties: {SqsManagedSseEnabled: false}
"""
MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    team: shop
spec:
  containers:
    - {name: web, image: "web:1", securityContext: {privileged: true}}
"""


def test_the_author_of_metadata_is_who_wrote_the_waiver_in_it(tmp_path: Path) -> None:
    """And not who wrote the block that it was put into."""
    repository = Repository(tmp_path / "repository")
    repository.commit({"stack.yaml": TEMPLATE, "pod.yaml": MANIFEST}, author="bob")
    said = "reason: old, owner: ops, approver: eve, expires: 2026-12-31"
    ours = f"      soc2gate:\n        waive:\n          - {{rule: sqs-encrypted, {said}}}\n"
    line = "    soc2gate.dev/waive: k8s-no-privileged reason=old owner=ops approver=eve expires=2026-12-31\n"
    repository.commit(
        {
            "stack.yaml": TEMPLATE.replace("      team: shop\n", "      team: shop\n" + ours),
            "pod.yaml": MANIFEST.replace("    team: shop\n", "    team: shop\n" + line),
        },
        author="eve",
    )
    done = repository.run("waivers", "--format", "json", "--now", NOW)
    listed = {item["rule"]: item for item in json.loads(done.stdout)}
    assert {rule: item["author"] for rule, item in listed.items()} == {
        "sqs-encrypted": "eve",
        "k8s-no-privileged": "eve",
    }
    assert {item["why_not"] for item in listed.values()} == {"its approver eve is who wrote it"}
