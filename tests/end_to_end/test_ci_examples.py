"""The examples that people copy: pinned, with the least permissions, asking only for what there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((REPOSITORY / "docs/examples/github").glob("*.yml"))
OURS = REPOSITORY / ".github/workflows/ci.yml"
ACTION: dict[str, Any] = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))


def steps_of(path: Path) -> list[dict[str, Any]]:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [*WORKFLOWS, OURS], ids=lambda path: str(path.name))
def test_a_workflow_is_pinned_and_grants_nothing_by_default(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "write-all" not in str(job["permissions"])
        assert job["timeout-minutes"] <= 60
    for step in steps_of(path):
        # Our own workflow runs the action of the commit it tests.
        ours = path == OURS and step.get("uses") == "./"
        assert "uses" not in step or ours or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])


def test_our_own_repository_is_gated_by_our_own_action_and_the_gate_is_open() -> None:
    (step,) = [step for step in steps_of(OURS) if step.get("uses") == "./"]
    assert set(step["with"]) <= set(ACTION["inputs"])
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "scan", "--format", "json", "--now", "2026-11-22T00:00:00Z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    result = json.loads(done.stdout)
    assert done.returncode == 0, result["decision"]
    # It is no empty gate: the demo's company is judged.
    assert result["summary"]["resources"]["declared"] > 30
    assert {root["format"] for root in result["roots"]} == {"terraform", "cloudformation", "kubernetes"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_gives_inputs_and_reads_outputs_that_the_action_has(path: Path) -> None:
    ours = [step for step in steps_of(path) if "soc2gate@" in step.get("uses", "")]
    assert len(ours) == 1
    assert set(ours[0]["with"]) <= set(ACTION["inputs"])
    read = set(re.findall(r"steps\.soc2gate\.outputs\.([\w-]+)", path.read_text(encoding="utf-8")))
    assert read
    assert read <= set(ACTION["outputs"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_runs_no_expression_and_its_scripts_parse(path: Path) -> None:
    for step in steps_of(path):
        script = step.get("run", "")
        assert "${{" not in script
        assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True).stderr == ""


def test_the_gate_runs_always_and_in_the_merge_queue() -> None:
    # YAML 1.1 reads the key `on` as true.
    triggers = yaml.safe_load((REPOSITORY / "docs/examples/github/gate.yml").read_text(encoding="utf-8"))[True]
    assert {"pull_request", "merge_group"} <= set(triggers)
    assert triggers["pull_request"] is None


def test_the_pages_links_lead_somewhere() -> None:
    page = REPOSITORY / "docs/continuous-integration.md"
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_format_is_in_the_pages_table() -> None:
    from soc2gate.plugins import REPORTERS

    page = (REPOSITORY / "docs/continuous-integration.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w[\w-]*)` \|", page, re.MULTILINE)) == set(REPORTERS)


def test_the_gitlab_job_writes_each_report_where_it_says(tmp_path: Path) -> None:
    job = yaml.safe_load((REPOSITORY / "docs/examples/gitlab/gitlab-ci.yml").read_text(encoding="utf-8"))["soc2gate"]
    (command,) = job["script"]
    for folder in ("infra", "k8s"):
        (tmp_path / folder).mkdir()
    git = ["git", "-C", str(tmp_path), "-c", "user.name=dev", "-c", "user.email=dev@example.org"]
    base = ""
    for text in ("", 'resource "aws_sqs_queue" "q" {\n  sqs_managed_sse_enabled = true\n}\n'):
        (tmp_path / "infra/main.tf").write_text(text)
        for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "change"]):
            subprocess.run([*git, *arguments], check=True)
        head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        base = base or head
    assert job["variables"]["GIT_DEPTH"] == 0
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=tmp_path,
        env=os.environ | {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_BEFORE_SHA": "0" * 40},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "gate open (exit 0)" in done.stdout
    written = {name: (tmp_path / name).read_text(encoding="utf-8")[:40] for name in job["artifacts"]["paths"]}
    assert written["soc2gate.html"].startswith("<!doctype html>")
    files = job["artifacts"]["reports"]
    quality, sast = (json.loads((tmp_path / files[name]).read_text("utf-8")) for name in ("codequality", "sast"))
    assert {entry["check_name"] for entry in quality} >= {"sqs-dead-letter-queue"}
    assert len(sast["vulnerabilities"]) == len(quality)
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).read_text(encoding="utf-8").startswith("<?xml")


def test_the_jenkins_stage_writes_the_reports_that_it_publishes(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs/examples/jenkins/Jenkinsfile").read_text(encoding="utf-8")
    (command,) = re.findall(r"sh '([^']+)'", text)
    for folder in ("infra", "k8s"):
        (tmp_path / folder).mkdir()
    (tmp_path / "infra/main.tf").write_text('resource "aws_sqs_queue" "q" {\n  sqs_managed_sse_enabled = true\n}\n')
    done = subprocess.run([sys.executable, "-m", *command.split()], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    published = [*re.findall(r"junit '([^']+)'", text), *re.findall(r"artifacts: '([^']+)'", text)]
    assert sorted(published) == sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    assert text.count("{") == text.count("}")


def test_the_container_file_builds_from_what_there_is_and_runs_as_nobody() -> None:
    text = (REPOSITORY / "docs/examples/container/Containerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line.split(None, 1) for line in joined.splitlines() if line and not line.startswith("#")]
    assert {word for word, _ in lines} <= {"FROM", "COPY", "RUN", "USER", "ENV", "WORKDIR", "ENTRYPOINT"}
    stages = re.findall(r"^FROM \S+ AS (\w+)$", joined, re.MULTILINE)
    assert set(re.findall(r"--from=(\w+)", joined)) <= set(stages)
    (constraint,) = re.findall(r"--constraint /source/(\S+)", joined)
    assert (REPOSITORY / constraint).is_file()
    assert lines[-1][0] == "ENTRYPOINT"
    last_stage = [word for word, _ in lines[max(n for n, (word, _) in enumerate(lines) if word == "FROM") :]]
    assert "USER" in last_stage
    for file in ("docs/examples/gitlab/gitlab-ci.yml", "docs/examples/jenkins/Jenkinsfile"):
        # Both run the image that this file is said to build, in the version that is released.
        from soc2gate.version import __version__

        assert f"soc2gate:{__version__}" in (REPOSITORY / file).read_text(encoding="utf-8")
