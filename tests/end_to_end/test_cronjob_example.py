"""The CronJob that people copy keeps the rules that it checks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from soc2gate.cli.verify import verify

EXAMPLE = Path(__file__).parents[2] / "docs/examples/kubernetes/verify-cronjob.yaml"


def documents() -> dict[str, dict[str, Any]]:
    return {one["kind"]: one for one in yaml.safe_load_all(EXAMPLE.read_text(encoding="utf-8"))}


def soc2gate(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "soc2gate", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_example_passes_our_own_rules(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    done = soc2gate("scan", "--fail-on", "low", "--format", "json", folder=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 0, report["decision"]
    asked = {item["rule"] for item in report["findings"] if item["verdict"] == "pass"}
    assert asked >= {
        "k8s-run-as-non-root",
        "k8s-read-only-root",
        "k8s-no-token-automount",
        "k8s-rbac-no-secret-read",
        "k8s-rbac-no-wildcards",
        "k8s-pod-security-restricted",
        "k8s-network-policy",
    }


def test_its_role_is_what_we_print_without_secrets(tmp_path: Path) -> None:
    printed = json.loads(soc2gate("permissions", "kubernetes", folder=tmp_path).stdout)
    for rule in printed["rules"]:
        rule["resources"] = [name for name in rule["resources"] if name != "secrets"]
    assert documents()["ClusterRole"] == printed


def test_its_command_line_is_one_that_verify_takes(tmp_path: Path) -> None:
    pod = documents()["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    command, _, *flags = container["args"]
    assert command == "verify"
    # An empty folder: the flags are understood, and then there is nothing to look at.
    flags = [flag.replace("/seen", str(tmp_path / "seen")) for flag in flags]
    (tmp_path / "code").mkdir()
    done = soc2gate("verify", str(tmp_path / "code"), *flags, folder=tmp_path)
    assert done.returncode == 2
    assert "nothing to scan" in done.stderr
    assert "--watch" in CliRunner().invoke(verify, ["--help"]).output
