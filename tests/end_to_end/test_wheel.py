"""What people install is what we tested: the built wheel, in an environment that holds nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from soc2gate.live.snapshot import Snapshot
from soc2gate.model.value import Json

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.wheel, pytest.mark.slow]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    # Built from a copy, so that a build never leaves anything in the work tree.
    copy = out / "source"
    shutil.copytree(
        REPOSITORY,
        copy,
        ignore=shutil.ignore_patterns(
            ".git", ".venv*", "*_cache", ".hypothesis", "__pycache__", "dist", "soc2gate-demo"
        ),
    )
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin"


def _install(bin_: Path, *what: str) -> None:
    subprocess.run(
        [str(bin_ / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what], check=True
    )


def _run(bin_: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "KUBE"))}
    return subprocess.run(
        [str(bin_ / "soc2gate"), *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=300
    )


def test_the_wheel_carries_rules_mappings_schemas_and_the_demo_company(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "soc2gate/_data/rules/aws/s3/s3-encryption/rule.yaml",
        "soc2gate/_data/mappings/soc2-2017.yaml",
        "soc2gate/_data/mappings/controls.yaml",
        "soc2gate/json_schemas/result.schema.json",
        "soc2gate/schema/terraform.json",
    ):
        assert wanted in names
    assert any(name.startswith("soc2gate/demo/company/") and name.endswith(".tf") for name in names)
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_without_the_extra_scans_and_names_the_extra_for_the_demo(wheel: Path, tmp_path: Path) -> None:
    bin_ = _environment(tmp_path / "venv")
    _install(bin_, str(wheel))
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "aws_sqs_queue" "q" {\n  sqs_managed_sse_enabled = true\n}\n')
    scanned = _run(bin_, folder, "scan")
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = _run(bin_, empty, "demo")
    assert refused.returncode == 2
    assert "soc2gate[demo]" in refused.stderr
    assert not list(empty.iterdir())


def test_the_demo_runs_from_the_wheel_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    bin_ = _environment(tmp_path / "venv")
    _install(bin_, f"{wheel}[demo]")
    folder = tmp_path / "empty"
    folder.mkdir()
    shown = _run(bin_, folder, "demo")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "exit 1" in shown.stdout


def test_terraform_is_suggested_from_the_wheel_and_its_extra_alone(wheel: Path, tmp_path: Path) -> None:
    bucket: Json = {
        "kind": "AWS::S3::Bucket",
        "region": "eu-west-1",
        "uid": "arn:aws:s3:::data",
        "identity": {"name": "data", "arn": "arn:aws:s3:::data", "account": "123456789012", "region": "eu-west-1"},
        "properties": {"BucketName": "data"},
    }
    document: Json = {
        "schema": "soc2gate.snapshot/1",
        "provider": "aws",
        "account": "123456789012",
        "taken_at": "2026-11-21T09:00:00Z",
        "resources": [bucket],
    }
    Snapshot.parse(document, "live", strict_digest=False).write(tmp_path / "live.json")
    bin_ = _environment(tmp_path / "venv")
    _install(bin_, str(wheel))
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = ("verify", ".", "--snapshot", str(tmp_path / "live.json"), "--suggest", "found.tf")
    refused = _run(bin_, empty, *arguments)
    assert refused.returncode == 2
    assert "soc2gate[hcl]" in refused.stderr
    _install(bin_, f"{wheel}[hcl]")
    done = _run(bin_, empty, *arguments)
    assert "1 unmanaged resources that read back equal" in done.stderr, done.stdout + done.stderr
    assert 'resource "aws_s3_bucket" "data"' in (empty / "found.tf").read_text()


@pytest.mark.checkov
def test_soc2gate_and_checkov_install_together_and_both_work(wheel: Path, tmp_path: Path) -> None:
    bin_ = _environment(tmp_path / "venv")
    _install(bin_, str(wheel), "checkov")
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(
        'resource "aws_ebs_volume" "v" {\n  availability_zone = "eu-west-1a"\n  size = 8\n}\n'
    )
    ours = _run(bin_, folder, "scan")
    assert ours.returncode == 1
    assert "ebs-volume-encrypted" in ours.stdout
    theirs = subprocess.run(
        [str(bin_ / "checkov"), "-d", str(folder), "--skip-download", "--compact", "-o", "json"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert '"failed_checks"' in theirs.stdout
