"""The main job on the demo company: what people changed by hand is found, all of it and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from soc2gate import packs
from soc2gate.demo.deployment import Deployment, deployed, write_company
from soc2gate.demo.expected import STAGED, deviations

pytestmark = pytest.mark.slow


def soc2gate(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The installed command, with a person's cloud settings out of reach."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUBE"))}
    return subprocess.run(
        [sys.executable, "-m", "soc2gate", *arguments],
        cwd=folder,
        env=clean | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
    )


def verified(deployment: Deployment, *more: str) -> tuple[int, dict[str, Any]]:
    done = soc2gate(
        "verify", ".", "--format", "json", *more, folder=deployment.folder, environment=deployment.environment
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """The folder, exit code and report of `verify` after the changes by hand."""
    folder = tmp_path_factory.mktemp("changed") / "company"
    with deployed(folder, changed=True) as deployment:
        code, report = verified(deployment, "--save-snapshot", "live.json.gz")
    return folder, code, report


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    with deployed(tmp_path_factory.mktemp("untouched") / "company", changed=False) as deployment:
        return verified(deployment)


def named(disagreement: dict[str, Any]) -> tuple[str, str, str, str | None]:
    return (
        disagreement["difference"],
        disagreement["kind"],
        disagreement["address"],
        disagreement["property"],
    )


def test_exactly_the_staged_changes_are_reported(changed: tuple[Path, int, dict[str, Any]]) -> None:
    folder, _, report = changed
    expected = {(item.difference, item.kind, item.address, item.property) for item in STAGED}
    assert {named(found) for found in report["disagreements"]} == expected
    assert deviations(report, folder) == []


def test_the_gate_is_closed(changed: tuple[Path, int, dict[str, Any]]) -> None:
    _, code, report = changed
    assert code == 1
    assert report["decision"]["exit"] == 1


def test_the_denied_call_is_named_as_could_not_look(changed: tuple[Path, int, dict[str, Any]]) -> None:
    _, _, report = changed
    gaps = [problem for problem in report["problems"] if problem["weight"] == "gap"]
    assert [gap for gap in gaps if "s3:GetBucketVersioning" in gap["message"] and "invoices" in json.dumps(gap)]
    [undecided] = [found for found in report["disagreements"] if found["difference"] == "undecided"]
    assert "s3:GetBucketVersioning" in undecided["reason"]
    verdicts = [
        finding["verdict"]
        for finding in report["findings"]
        if finding["rule"] == "s3-versioning" and finding["side"] == "live" and "invoices" in json.dumps(finding)
    ]
    assert verdicts == ["unknown"]


def test_nothing_but_the_denied_call_could_not_be_looked_at(changed: tuple[Path, int, dict[str, Any]]) -> None:
    _, _, report = changed
    told = [problem["message"] for problem in report["problems"] if problem["weight"] != "note"]
    assert [message for message in told if "GetBucketVersioning" not in message] == []


def test_the_snapshot_tells_the_same_story_without_the_account(changed: tuple[Path, int, dict[str, Any]]) -> None:
    folder, code, report = changed
    again = [
        soc2gate(
            "verify", ".", "--snapshot", "live.json.gz", "--format", "json", "--now", report["time"], folder=folder
        )
        for _ in range(2)
    ]
    assert again[0].returncode == code, again[0].stderr
    assert again[0].stdout == again[1].stdout
    assert json.loads(again[0].stdout)["disagreements"] == report["disagreements"]


def test_on_the_untouched_deployment_there_is_no_disagreement_at_all(untouched: tuple[int, dict[str, Any]]) -> None:
    _, report = untouched
    assert [named(found) for found in report["disagreements"]] == []


def test_on_the_untouched_deployment_everything_could_be_looked_at(untouched: tuple[int, dict[str, Any]]) -> None:
    _, report = untouched
    assert [problem for problem in report["problems"] if problem["weight"] != "note"] == []


def test_the_code_keeps_every_rule(untouched: tuple[int, dict[str, Any]]) -> None:
    _, report = untouched
    failing = {
        (finding["rule"], finding["severity"], finding["address"])
        for finding in report["findings"]
        if finding["verdict"] == "fail" and finding["side"] == "declared"
    }
    assert failing == set()


def test_the_code_leaves_no_rule_undecided(untouched: tuple[int, dict[str, Any]]) -> None:
    _, report = untouched
    undecided = {
        (finding["rule"], finding["side"], finding["address"], finding["reason"])
        for finding in report["findings"]
        if finding["verdict"] == "unknown"
    }
    assert undecided == set()


def test_every_demo_rule_has_something_to_judge(untouched: tuple[int, dict[str, Any]]) -> None:
    _, report = untouched
    judged = {
        side: {finding["rule"] for finding in report["findings"] if finding["side"] == side and _decided(finding)}
        for side in ("declared", "live")
    }
    everything = {finding["rule"] for finding in report["findings"]}
    assert len(everything) >= 30
    assert everything - judged["live"] == set()
    # Some only the account can answer: whether the root user has a second factor.
    live_only = {rule.id for rule in packs.load().rules.values() if rule.sides == ("live",)}
    assert everything - live_only - judged["declared"] == set()


def _decided(finding: dict[str, Any]) -> bool:
    return finding["verdict"] in ("pass", "fail")


def test_the_code_alone_scans_open(tmp_path: Path) -> None:
    write_company(tmp_path)
    done = soc2gate("scan", ".", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_demo_command_ends_well_in_an_empty_folder(tmp_path: Path) -> None:
    done = soc2gate("demo", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exit 1, the gate is closed" in done.stdout
    assert "The report is exactly what was staged" in done.stdout
    left = {path.name for path in (tmp_path / "soc2gate-demo").iterdir()}
    assert {
        "terraform",
        "cloudformation",
        "kubernetes",
        "soc2gate.yaml",
        "report.json",
        "report.html",
        "live.json.gz",
    } <= left
    # They would point to ports that something else may open.
    assert not left & {"kubeconfig", "environment.sh"}
    replayed = soc2gate("verify", "soc2gate-demo", "--snapshot", "soc2gate-demo/live.json.gz", folder=tmp_path)
    assert replayed.returncode == 1, replayed.stdout + replayed.stderr
    again = soc2gate("demo", folder=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_kept_demo_can_be_asked_from_another_terminal_until_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "soc2gate", "demo", "mine", "--keep"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as kept:
        assert kept.stdout is not None
        told = []
        for line in kept.stdout:
            told.append(line)
            if line.startswith("Ctrl-C here ends them"):
                break
        settings = (tmp_path / "mine" / "environment.sh").read_text().splitlines()
        environment = dict(line.removeprefix("export ").split("=", 1) for line in settings)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        asked = soc2gate("verify", "../mine", "--format", "json", folder=elsewhere, environment=environment)
        kept.send_signal(signal.SIGINT)
        told += list(kept.stdout)
        assert kept.wait(timeout=60) == 0, "".join(told)
    assert asked.returncode == 1, asked.stderr
    assert len(json.loads(asked.stdout)["disagreements"]) == len(STAGED)
    assert not (tmp_path / "mine" / "kubeconfig").exists()
    assert not (tmp_path / "mine" / "environment.sh").exists()


def test_a_folder_of_something_else_is_refused_with_2(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("")
    done = soc2gate("demo", ".", folder=tmp_path)
    assert done.returncode == 2
    assert "not a folder of the demo" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["main.tf"]
