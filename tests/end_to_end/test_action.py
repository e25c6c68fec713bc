"""The action as a runner runs it: the step of action.yml, its environment made from an event, its output read back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import checkov_for_tests
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "run")

BAD = """\
resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
GOOD = """\
resource "aws_sqs_queue" "q" {
  sqs_managed_sse_enabled = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:dead"
    maxReceiveCount     = 5
  })
}
"""
NONE: Mapping[str, str] = {}
ZEROS = "0" * 40


@dataclass
class Step:
    """What one run of the step left behind."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    commands: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    """Workflow commands the runner obeys: name, properties, message."""

    def of(self, level: str) -> list[tuple[dict[str, str], str]]:
        return [(properties, message) for name, properties, message in self.commands if name == level]


def resolved(text: str, context: Mapping[str, Any]) -> str:
    """`${{ a.b || c.d }}` as GitHub evaluates it: the first that is not empty."""

    def value(expression: str) -> str:
        for path in expression.split("||"):
            at: Any = context
            for name in path.strip().split("."):
                at = at.get(name) if isinstance(at, Mapping) else None
            if at not in (None, "", False):
                return str(at)
        return ""

    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: value(found[1]), text)


def commands_in(log: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Commands as the runner reads them: after any blanks, none while they are stopped."""
    stopped = ""
    for line in log.splitlines():
        found = re.match(r"\s*::(?P<name>[\w-]+)(?: (?P<properties>.*?))?::(?P<message>.*)$", line)
        if stopped:
            if line.strip() == f"::{stopped}::":
                stopped = ""
            continue
        if not found:
            # Commands of the older form may stand anywhere in a line that is none of the newer.
            assert "##[" not in line
            continue
        if found["name"] == "stop-commands":
            stopped = found["message"]
            continue
        pairs = [pair.split("=", 1) for pair in (found["properties"] or "").split(",") if pair]
        yield found["name"], {name: unescaped(text) for name, text in pairs}, unescaped(found["message"])


def unescaped(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def outputs_in(text: str) -> dict[str, str]:
    return {found[1]: found[3] for found in re.finditer(r"(?ms)^([\w-]+)<<(\S+)\n(.*?)\n\2$", text)}


class Runner:
    """A workspace with a repository, and the step run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "work"
        self.temp = folder / "temp"
        self.tools = folder / "tools"
        for made in (self.workspace, self.temp, self.tools):
            made.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        # The version of this checkout, already on the machine, so that no test but one downloads anything.
        shim = self.tools / "soc2gate"
        shim.write_text(f"#!{sys.executable}\nfrom soc2gate.cli import main\nmain()\n")
        shim.chmod(0o755)

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.workspace, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str]) -> str:
        for name, text in files.items():
            (self.workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (self.workspace / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def run(
        self,
        event_name: str,
        event: Mapping[str, Any],
        inputs: Mapping[str, str] = NONE,
        *,
        installed: bool = True,
        more: Mapping[str, str] = NONE,
    ) -> Step:
        given = {name: str(spec.get("default", "")) for name, spec in ACTION["inputs"].items()}
        given |= inputs
        assert set(given) == set(ACTION["inputs"])
        context = {"inputs": given, "github": {"event": event, "event_name": event_name}}
        paths = {name: self.folder / name for name in ("output", "summary", "event.json")}
        for path in paths.values():
            path.write_text("")
        paths["event.json"].write_text(json.dumps(event))
        environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}" if installed else os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": os.environ.get("PYTHONPATH", "") if installed else "",
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_ACTION_PATH": str(REPOSITORY),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(paths["event.json"]),
            "GITHUB_OUTPUT": str(paths["output"]),
            "GITHUB_STEP_SUMMARY": str(paths["summary"]),
            "RUNNER_TEMP": str(self.temp),
            **{name: resolved(text, context) for name, text in STEP["env"].items()},
            **more,
        }
        script = self.folder / "step.sh"
        script.write_text(STEP["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=500,
        )
        outputs, summary = paths["output"].read_text(), paths["summary"].read_text()
        return Step(done.returncode, done.stdout, outputs_in(outputs), summary, list(commands_in(done.stdout)))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def event_of(name: str, before: str, head: str) -> dict[str, Any]:
    """The parts of GitHub's payload that the action reads, in the shape it comes."""
    sides: dict[str, dict[str, Any]] = {"base": {"sha": before, "ref": "main"}, "head": {"sha": head, "ref": "change"}}
    events: dict[str, dict[str, Any]] = {
        "push": {"before": before, "after": head},
        "pull_request": {"pull_request": sides},
        "fork": {"pull_request": {**sides, "head": {**sides["head"], "repo": {"fork": True}}}},
        "merge_group": {"merge_group": {"base_sha": before, "head_sha": head}},
    }
    return events[name]


@pytest.mark.parametrize("name", ["push", "pull_request", "fork", "merge_group"])
def test_a_new_gap_closes_the_gate_on_every_event(runner: Runner, name: str) -> None:
    before = runner.commit({"queue.tf": GOOD})
    head = runner.commit({"infra/main.tf": BAD})
    step = runner.run("pull_request" if name == "fork" else name, event_of(name, before, head))
    assert step.code == 1, step.log
    assert step.outputs["result"] == "fail"
    assert int(step.outputs["new-findings"]) == int(step.outputs["total-findings"]) == 1
    assert step.outputs["sarif-file"] == "soc2gate.sarif"
    assert json.loads((runner.workspace / "soc2gate.sarif").read_text())["version"] == "2.1.0"
    ((where, message),) = step.of("error")
    assert (where["file"], where["line"]) == ("infra/main.tf", "7")
    assert where["title"].startswith("sg-no-ssh-from-internet (")
    assert message.startswith("aws_security_group.web: port 22 is open to 0.0.0.0/0")
    assert "# soc2gate scan: gate closed (exit 1)" in step.summary
    assert "| CC6.6 | **fail** |" in step.summary
    assert Path(step.outputs["report-md"]).read_text() == step.summary


@pytest.mark.parametrize("name", ["push", "pull_request", "merge_group"])
def test_clean_code_opens_it(runner: Runner, name: str) -> None:
    before = runner.commit({})
    head = runner.commit({"queue.tf": GOOD})
    step = runner.run(name, event_of(name, before, head))
    assert step.code == 0, step.log
    assert step.outputs["result"] == "pass"
    assert (step.of("error"), step.of("warning")) == ([], [])


@pytest.mark.parametrize("name", ["push", "pull_request", "fork", "merge_group"])
def test_an_old_gap_is_listed_and_closes_nothing(runner: Runner, name: str) -> None:
    before = runner.commit({"main.tf": BAD})
    head = runner.commit({"queue.tf": GOOD})
    step = runner.run("pull_request" if name == "fork" else name, event_of(name, before, head))
    assert step.code == 0, step.log
    assert (step.outputs["new-findings"], step.outputs["total-findings"]) == ("0", "1")
    assert "## There before" in step.summary


def test_new_findings_are_annotated_first(runner: Runner) -> None:
    before = runner.commit({"a.tf": "".join(BAD.replace('"web"', f'"old{number}"') for number in range(12))})
    head = runner.commit({"z.tf": BAD.replace('"web"', '"fresh"')})
    step = runner.run("pull_request", event_of("pull_request", before, head))
    assert step.code == 1, step.log
    assert (step.outputs["new-findings"], step.outputs["total-findings"]) == ("1", "13")
    assert step.of("error")[0][0]["file"] == "z.tf"
    assert len(step.of("error")) == 10


def test_a_base_that_was_not_fetched_is_no_open_gate(runner: Runner) -> None:
    head = runner.commit({"main.tf": GOOD})
    step = runner.run("pull_request", event_of("pull_request", "1" * 40, head))
    assert (step.code, step.outputs["result"]) == (2, "error")
    assert "there is no commit" in step.log


def test_the_first_push_of_a_branch_has_nothing_before_it(runner: Runner) -> None:
    head = runner.commit({"main.tf": BAD})
    step = runner.run("push", event_of("push", ZEROS, head))
    assert step.code == 1, step.log


def test_what_cannot_be_read_is_incomplete(runner: Runner) -> None:
    head = runner.commit({"main.tf": 'resource "aws_sqs_queue" {\n', "queue.tf": GOOD})
    step = runner.run("push", event_of("push", ZEROS, head))
    assert (step.code, step.outputs["result"]) == (3, "incomplete")
    assert "could not read" in step.summary


def test_every_output_of_the_action_comes_from_the_step_and_has_no_other(runner: Runner) -> None:
    runner.commit({"main.tf": BAD})
    step = runner.run("push", {})
    declared = {re.search(r"outputs\.([\w-]+)", one["value"])[1] for one in ACTION["outputs"].values()}  # type: ignore[index]
    assert set(step.outputs) <= declared == set(ACTION["outputs"])


def test_inputs_reach_the_script_through_the_environment_only() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) if "uses" in step else step["shell"] == "bash"


HOSTILE = [
    "::error::owned",
    "##[error]owned",
    "x::set-output name=result::pass",
    "::stop-commands::x",
    "%0A::error::owned",
    "\\n::error::owned",
    "$(touch owned) `touch owned`",
]


def test_a_hostile_resource_gives_no_command(runner: Runner) -> None:
    manifests = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": text, "namespace": text},
            "spec": {"containers": [{"name": f"c\n{text}", "image": "i", "securityContext": {"privileged": True}}]},
        }
        for text in HOSTILE
    ]
    runner.commit({"::error::owned.yaml": yaml.safe_dump_all(manifests), "pods.yaml": yaml.safe_dump_all(manifests)})
    step = runner.run("push", {}, {"fail-on": "low"})
    assert step.code == 1, step.log
    assert {name for name, _, _ in step.commands} <= {"error", "warning", "notice"}
    assert [message for _, properties, message in step.commands if "title" not in properties] == []
    assert "pass" not in step.outputs["result"]
    assert not (runner.workspace / "owned").exists()


def test_a_hostile_work_tree_runs_nothing(runner: Runner) -> None:
    trap = "open('owned', 'w')\n"
    names = ["json.py", "venv.py", "pip.py", "subprocess.py", "secrets.py", "sitecustomize.py", "soc2gate.py"]
    runner.commit({"main.tf": GOOD} | dict.fromkeys(names, trap))
    step = runner.run("push", {})
    assert step.code == 0, step.log
    assert not (runner.workspace / "owned").exists()


def test_annotations_are_ten_of_a_level_and_the_rest_are_counted(runner: Runner) -> None:
    runner.commit({"main.tf": "".join(BAD.replace('"web"', f'"web{number}"') for number in range(14))})
    step = runner.run("push", {})
    assert len(step.of("error")) == 10
    assert [message for _, message in step.of("notice")] == [
        "4 more are in the job summary; GitHub shows 10 of a level"
    ]


def test_annotations_and_summary_can_be_left_out(runner: Runner) -> None:
    runner.commit({"main.tf": BAD})
    step = runner.run("push", {}, {"annotations": "false", "summary": "false", "sarif-file": ""})
    assert (step.code, step.commands, step.summary) == (1, [], "")
    assert "sarif-file" not in step.outputs
    assert not (runner.workspace / "soc2gate.sarif").exists()


def test_only_the_criteria_asked_for_close_the_gate(runner: Runner) -> None:
    runner.commit({"main.tf": BAD})
    assert runner.run("push", {}, {"criteria": "A1.2, CC6.8"}).code == 0
    assert runner.run("push", {}, {"criteria": "CC6.6"}).code == 1


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"command": "attest", "evidence-dir": ""}, "name a folder for it in evidence-dir"),
        ({"command": "attest", "config": "other.yaml"}, "leave config empty with command attest"),
        ({"evidence-dir": ".."}, "a folder of the workspace"),
        ({"evidence-dir": "."}, "name a folder of its own"),
        ({"evidence-dir": "held"}, "there is something in held already"),
        ({"evidence-dir": "link/evidence"}, "and no link"),
        ({"command": "scan; touch owned"}, "the input command is scan, verify or attest"),
        ({"fail-on": "severe"}, "one of critical, high"),
        ({"annotations": "yes"}, "true or false"),
        ({"version": "latest"}, "one exact version"),
        ({"version": "0.1.0; touch owned"}, "one exact version"),
        ({"criteria": "CC66"}, "there is no criterion “CC66”"),
        ({"criteria": "CC1.1"}, "no rule is evidence for CC1.1"),
        ({"paths": "infra\n--fail-on=never"}, "no result"),
        ({"paths": "nowhere"}, "no result"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_said(runner: Runner, inputs: dict[str, str], said: str) -> None:
    (runner.workspace / "link").symlink_to(runner.folder)
    runner.commit({"main.tf": BAD, "held/predicate.json": "{}"})
    step = runner.run("push", {}, inputs)
    assert step.code == 2, step.log
    assert any(said in message for _, message in step.of("error")), step.log
    assert step.outputs.get("result", "error") == "error"
    assert not (runner.workspace / "owned").exists()


@pytest.mark.slow
@pytest.mark.wheel
def test_nothing_installed_beforehand(runner: Runner) -> None:
    runner.commit({"main.tf": BAD, "venv.py": "open('owned', 'w')\n", "pip.py": "open('owned', 'w')\n"})
    step = runner.run("push", {}, installed=False)
    assert (step.code, step.outputs["result"]) == (1, "fail"), step.log
    assert not (runner.workspace / "owned").exists()
    assert [path.name for path in runner.temp.glob("soc2gate-*.*")] == [f"soc2gate-{released()}"]


# --- evidence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["push", "pull_request", "fork", "merge_group"])
def test_attest_writes_the_predicate_of_the_commit_and_gates_on_the_change(runner: Runner, name: str) -> None:
    before = runner.commit({"main.tf": BAD})
    head = runner.commit({"queue.tf": GOOD})
    event = "pull_request" if name == "fork" else name
    inputs = {"command": "attest", "sarif-file": "soc2gate-evidence/soc2gate.sarif"}
    step = runner.run(event, event_of(name, before, head), inputs)
    # The old gap closes nothing, and stands in the record.
    assert (step.code, step.outputs["result"], step.outputs["new-findings"]) == (0, "pass", "0"), step.log
    assert step.outputs["evidence-dir"] == "soc2gate-evidence"
    assert step.outputs["statement-file"] == "soc2gate-evidence/predicate.json"
    predicate = json.loads((runner.workspace / step.outputs["statement-file"]).read_text())
    assert predicate["decision"]["gate"] == "closed"
    assert [finding["rule"] for finding in predicate["findings"]] == ["sg-no-ssh-from-internet"]
    assert [entry["name"] for entry in predicate["inputs"]] == ["declared"]
    names = ["predicate.json", "report.json", "report.md", "soc2gate.sarif"]
    assert sorted(path.name for path in (runner.workspace / "soc2gate-evidence").iterdir()) == names


def test_a_new_gap_closes_the_gate_of_attest_and_leaves_evidence(runner: Runner) -> None:
    before = runner.commit({"queue.tf": GOOD})
    head = runner.commit({"main.tf": BAD})
    step = runner.run("pull_request", event_of("pull_request", before, head), {"command": "attest"})
    assert (step.code, step.outputs["result"]) == (1, "fail"), step.log
    assert (runner.workspace / step.outputs["statement-file"]).exists()


def test_a_key_in_the_environment_signs_the_record_and_is_not_left_behind(runner: Runner) -> None:
    runner.commit({"main.tf": GOOD})
    soc2gate = str(runner.tools / "soc2gate")
    subprocess.run([soc2gate, "keygen", "--no-passphrase", "--output", "ci"], cwd=runner.folder, check=True)
    key = (runner.folder / "ci.key").read_text()
    step = runner.run("push", {}, {"command": "attest"}, more={"SOC2GATE_KEY": key})
    assert step.code == 0, step.log
    record = runner.workspace / "soc2gate-evidence" / "record.dsse.json"
    checked = subprocess.run(
        [soc2gate, "attest", "verify", str(record), "--keys", str(runner.folder / "ci.pub")],
        cwd=runner.workspace,
        capture_output=True,
        text=True,
    )
    # 3: without a ledger there is no chain to check.
    assert (checked.returncode, "holds        signature" in checked.stdout) == (3, True), checked.stdout
    left = [
        path
        for path in runner.temp.rglob("*")
        if path.is_file() and "PRIVATE KEY" in path.read_text("utf-8", "replace")
    ]
    assert (left, "PRIVATE KEY" in step.log) == ([], False)


def test_a_record_that_cannot_be_made_is_an_error_never_a_pass(runner: Runner) -> None:
    runner.commit({"main.tf": GOOD})
    step = runner.run("push", {}, {"command": "attest"}, more={"SOC2GATE_KEY": "no key"})
    assert (step.code, step.outputs["result"]) == (4, "error")
    assert any("wrote no evaluation record" in message for _, message in step.of("error"))


def test_a_scan_leaves_its_reports_as_evidence(runner: Runner) -> None:
    runner.commit({"main.tf": GOOD})
    step = runner.run("push", {})
    assert step.outputs["evidence-dir"] == "soc2gate-evidence"
    assert "statement-file" not in step.outputs
    names = sorted(path.name for path in (runner.workspace / "soc2gate-evidence").iterdir())
    assert names == ["report.json", "report.md"]


def released() -> str:
    return re.search(r'__version__ = "(.*)"', (REPOSITORY / "src/soc2gate/version.py").read_text())[1]  # type: ignore[index]


@pytest.mark.parametrize("name", ["push", "pull_request"])
def test_a_baseline_holds_what_was_accepted(runner: Runner, name: str) -> None:
    (runner.workspace / "main.tf").write_text(BAD)
    written = subprocess.run(
        [str(runner.tools / "soc2gate"), "baseline"], cwd=runner.workspace, capture_output=True, text=True, check=True
    )
    (baseline,) = [path.name for path in runner.workspace.iterdir() if "baseline" in path.name]
    before = runner.commit({})
    head = runner.commit({"queue.tf": GOOD})
    step = runner.run(name, event_of(name, before, head), {"baseline": baseline})
    assert step.code == 0, step.log + written.stdout
    assert (step.outputs["new-findings"], step.outputs["total-findings"]) == ("0", "1")


def checkov_result(*failed: str) -> str:
    records = [
        {
            "check_id": check,
            "check_name": f"name of {check}",
            "check_result": {"result": "FAILED"},
            "file_path": "/main.tf",
            "file_line_range": [1, 3],
            "resource": "aws_athena_database.d",
        }
        for check in failed
    ]
    held = {"passed_checks": [], "failed_checks": records, "skipped_checks": [], "parsing_errors": []}
    return json.dumps({"check_type": "terraform", "results": held, "summary": {"checkov_version": "3.3.30"}})


def test_a_file_of_checkovs_results_counts_too(runner: Runner) -> None:
    code = 'resource "aws_athena_database" "d" {\n  name = "d"\n}\n' + GOOD
    runner.commit({"main.tf": code, "checkov.json": checkov_result("CKV_AWS_77")})
    step = runner.run("push", event_of("push", ZEROS, ""), {"checkov": "checkov.json", "fail-on": "medium"})
    assert step.code == 1, step.log
    assert [message for _, message in step.of("warning")] == ["aws_athena_database.d: name of CKV_AWS_77 (CC6.1)"]
    assert "| medium | `CKV_AWS_77` (checkov) |" in step.summary


def test_checkov_is_asked_where_it_is_installed_and_only_there(runner: Runner) -> None:
    runner.commit({"queue.tf": GOOD})
    nowhere = runner.run("push", event_of("push", ZEROS, ""), {"checkov": "auto"})
    assert nowhere.code == 0, nowhere.log
    assert [message for _, message in nowhere.of("notice")] == [
        "checkov is not installed here: its checks were not asked"
    ]


@pytest.mark.checkov
def test_checkov_that_is_installed_is_run(runner: Runner) -> None:
    (runner.tools / "checkov").symlink_to(checkov_for_tests.checkov())
    runner.commit({"main.tf": 'resource "aws_athena_database" "d" {\n  name = "d"\n}\n'})
    step = runner.run("push", event_of("push", ZEROS, ""), {"checkov": "auto", "fail-on": "medium"})
    assert step.code == 1, step.log
    assert "CKV_AWS_77" in step.summary
