"""A scan imports what it needs and nothing else: that is what makes the hook feel instant."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HEAVY = {
    "boto3",
    "botocore",
    "jsonschema",
    "kubernetes",
    "rich",
    "moto",
    "cryptography",
    "rfc8785",
    "asyncio",
    "pydantic",
}

LIST_MODULES = """\
import sys, io, contextlib
from soc2gate.cli import run
with contextlib.redirect_stdout(io.StringIO()):
    code = run(sys.argv[1:])
assert code in (0, 1, 3), code
print("\\n".join(sorted(sys.modules)))
"""


def modules_of(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "q" {\n  sqs_managed_sse_enabled = true\n}\n')
    return tmp_path


def test_scanning_terraform_imports_exactly_these_modules(folder: Path, golden: Callable[[str, str], None]) -> None:
    modules = modules_of(folder, "scan")
    ours = sorted(name for name in modules if name.startswith("soc2gate"))
    # A package that starts with an underscore is the C half of its neighbour, or what the environment itself adds.
    installed = sys.stdlib_module_names | {"soc2gate", "__main__"}
    # What Cython leaves behind is part of the C half of yaml.
    installed |= {"cython_runtime"}
    others = sorted({name.split(".")[0] for name in modules} - installed - {n for n in modules if n.startswith("_")})
    golden("scan-imports.txt", "\n".join([*others, "", *ours]) + "\n")


def test_a_plain_scan_does_without_click(folder: Path) -> None:
    assert "click" not in modules_of(folder, "scan", "--on-incomplete", "report", "--format", "text", "main.tf")


def test_a_scan_defines_its_facts_without_the_costly_dataclasses(folder: Path) -> None:
    # `from soc2gate.facts import dataclass` is the same to type checkers, at a tenth of the price.
    assert "dataclasses" not in modules_of(folder, "scan")


@pytest.mark.parametrize("name", ["main.tf", "stack.yaml", "stack.json", "web.yaml"])
def test_scanning_any_format_stays_away_from_heavy_packages(tmp_path: Path, name: str) -> None:
    contents = {
        "main.tf": 'resource "aws_s3_bucket" "b" {}\n',
        "stack.yaml": "Resources:\n  B:\n    Type: AWS::S3::Bucket\n",
        "stack.json": '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}\n',
        "web.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
        "spec: {containers: [{name: c, image: i}]}\n",
    }
    (tmp_path / name).write_text(contents[name])
    roots = {module.split(".")[0] for module in modules_of(tmp_path, "scan")}
    assert roots & HEAVY == set()


def test_asking_for_the_version_reads_no_rule_and_no_yaml(folder: Path) -> None:
    script = LIST_MODULES.replace("code in (0, 1, 3)", "code == 0")
    done = subprocess.run([sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=True)
    assert {"yaml", "soc2gate.packs", "soc2gate.kinds", "soc2gate.app"}.isdisjoint(done.stdout.split())
