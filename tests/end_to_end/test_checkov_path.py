"""`checkov-path`: our rules inside the real checkov, with our verdicts on the rules' own fixtures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import checkov_for_tests
import pytest

from soc2gate import packs

SUFFIXES = {"terraform": ".tf", "cloudformation": ".cfn.yaml", "kubernetes": ".k8s.yaml"}
FIXTURES = ("pass", "fail")
SAID = {"pass": "passed", "fail": "failed"}

pytestmark = pytest.mark.checkov


def soc2gate(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "soc2gate", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


@pytest.fixture
def checks(tmp_path: Path) -> str:
    return soc2gate(tmp_path, "checkov-path", "--output", str(tmp_path / "cache")).strip()


def fixtures(framework: str, into: Path) -> None:
    """The plainest fixtures of every rule, each in a folder of its own."""
    for rule in packs.load().rules.values():
        for verdict in FIXTURES:
            file = Path(packs.builtin(), rule.path).parent / f"{verdict}{SUFFIXES[framework]}"
            if file.is_file():
                folder = into / rule.id / verdict
                folder.mkdir(parents=True)
                shutil.copy(file, folder)


def told(part: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    """Rule, file and resource to what checkov says: `passed` or `failed`."""
    found = {}
    for verdict in ("passed", "failed"):
        for one in part["results"][f"{verdict}_checks"]:
            resource = one["resource"]
            if part["check_type"] == "cloudformation":
                resource = resource.partition(".")[2]
            if part["check_type"] == "kubernetes":
                resource = "/".join(resource.split(".")[:3])
            found[one["check_id"], one["file_path"].lstrip("/"), resource] = verdict
    return found


@pytest.mark.parametrize("framework", list(SUFFIXES))
def test_checkov_says_of_our_fixtures_what_we_say(framework: str, tmp_path: Path, checks: str) -> None:
    tree = tmp_path / "tree"
    fixtures(framework, tree)
    result = json.loads(soc2gate(tree, "scan", ".", "--format", "json", "--fail-on", "never"))
    (part,) = checkov_for_tests.run(tree, "--framework", framework, "--external-checks-dir", checks)
    theirs = told(part)
    compared, missing = 0, set()
    for item in result["findings"]:
        path, address = item["where"]["path"], item["address"].partition("@")[0]
        if item["rule"] != path.split("/")[0] or item["verdict"] not in ("pass", "fail"):
            continue
        # checkov leaves a `for_each` that it cannot follow as one resource, and has none for a part of a resource.
        names = [address, address.replace("/", "/default/", 1), re.split(r"[\[ ]", address)[0]]
        said = next((theirs[key] for name in names if (key := (item["rule"], path, name)) in theirs), None)
        if said is None:
            # An account is no resource of any file.
            if item["kind"] != "Account::Region":
                missing.add(item["rule"])
        else:
            assert said == SAID[item["verdict"]], (path, address)
            compared += 1
    assert compared > 40
    assert missing == set()


def test_a_rule_has_its_id_severity_guideline_and_message_there(tmp_path: Path, checks: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "main.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n')
    (tree / "stack.yaml").write_text("Resources:\n  B:\n    Type: AWS::S3::Bucket\n")
    parts = checkov_for_tests.run(tree, "--external-checks-dir", checks)
    found = {
        part["check_type"]: one
        for part in parts
        for one in part["results"]["failed_checks"]
        if one["check_id"] == "s3-versioning"
    }
    rule = packs.load().rules["s3-versioning"]
    for one in found.values():
        assert one["severity"] == "MEDIUM"
        assert one["guideline"] == rule.references[0]
        assert one["check_name"] == f"{rule.title}: objects that are overwritten or deleted are gone"
        assert one["check_result"]["message"] == "objects that are overwritten or deleted are gone"
    assert sorted(found) == ["cloudformation", "terraform"]
    assert found["terraform"]["details"] == ["objects that are overwritten or deleted are gone"]


def test_what_we_cannot_decide_is_no_pass_there(tmp_path: Path, checks: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "main.tf").write_text(
        'variable "p" {}\n\nresource "aws_db_instance" "d" {\n  publicly_accessible = var.p\n}\n'
    )
    parts = checkov_for_tests.run(tree, "--external-checks-dir", checks)
    held = [one for part in parts for name in ("passed_checks", "failed_checks") for one in part["results"][name]]
    assert {one["check_id"] for one in held if one["check_id"].startswith("rds-")} & {"rds-not-public"} == set()
    assert any(one["check_id"] == "rds-encrypted" for one in held)


def test_the_same_rules_are_the_same_folder(tmp_path: Path, checks: str) -> None:
    assert soc2gate(tmp_path, "checkov-path", "--output", str(tmp_path / "cache")).strip() == checks
    assert sorted(file.name for file in Path(checks).iterdir()) == [
        "__init__.py",
        "soc2gate_rules.data",
        "soc2gate_rules_for_checkov.py",
    ]


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - {name: web, image: "web:1", securityContext: {privileged: true}}
"""


def test_one_rule_is_chosen_by_a_name_that_checkov_takes_for_a_check(tmp_path: Path, checks: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "pod.yaml").write_text(POD)
    (tree / "main.tf").write_text('resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n')
    chosen = ("--check", "soc2gate_k8s-no-privileged,soc2gate_s3-versioning")
    parts = checkov_for_tests.run(tree, "--external-checks-dir", checks, *chosen)
    failed = {(one["check_id"], one["resource"]) for part in parts for one in part["results"]["failed_checks"]}
    assert failed == {("k8s-no-privileged", "Pod.shop.web"), ("s3-versioning", "aws_s3_bucket.b")}
    # checkov takes a word without an underscore for a namespace to look at: that is why ours have one.
    assert checkov_for_tests.run(tree, "--external-checks-dir", checks, "--check", "k8s-no-privileged") == []
