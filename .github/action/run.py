"""Run soc2gate as a step of a GitHub workflow: annotations, job summary, outputs, and its exit code.

Called by entry.sh as `run.py PATH_OF_SOC2GATE`, with the action's inputs in S2G_* variables. The standard library only.
Whatever a stranger named a resource or wrote in a file reaches this step's output; GitHub reads commands there. So the
report is printed with commands stopped, and what our own commands carry is escaped.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

COMMANDS = ("scan", "verify", "attest")
LEVELS = ("critical", "high", "medium", "low", "never")
RESULTS = {0: "pass", 1: "fail", 3: "incomplete"}
ANNOTATION = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "none": "notice"}
MOST_ANNOTATIONS = 10
"""Of each level in one step; GitHub drops the rest without a word."""
MOST_SUMMARY = 1_048_576
BUNDLED = ("report.json", "report.md", "live.json.gz", "predicate.json", "record.dsse.json")


class Refused(Exception):
    """An input that cannot be: exit 2."""


def main(soc2gate: str, environment: Mapping[str, str]) -> int:
    """The step; returns its exit code."""
    inputs = {name: environment.get(f"S2G_{name}", "").strip() for name in NAMES}
    folder = Path(tempfile.mkdtemp(prefix="soc2gate-", dir=environment.get("RUNNER_TEMP") or None))
    try:
        check(inputs)
        evidence = evidence_folder(inputs)
        arguments = command_line(soc2gate, inputs, folder)
    except Refused as refused:
        say("error", str(refused), title="soc2gate")
        write_outputs(environment, {"result": "error"})
        return 2
    code = run_stopped(arguments)
    report = read_report(folder / "report.json")
    if report is not None and inputs["ANNOTATIONS"] == "true":
        annotate(report)
    if report is None:
        say("error", f"soc2gate ended with exit code {code} and no result; its log says why", title="soc2gate")
    elif evidence is not None and not bundle(evidence, folder, soc2gate, inputs, environment):
        say("error", "soc2gate wrote no evaluation record; its log says why", title="soc2gate")
        code, report = 4, None
    if inputs["SUMMARY"] == "true":
        write_summary(environment, folder / "report.md")
    write_outputs(environment, outputs_of(report, code, inputs, folder, evidence))
    return code


NAMES = (
    "COMMAND",
    "PATHS",
    "CONFIG",
    "CRITERIA",
    "FAIL_ON",
    "DIFF_BASE",
    "BASELINE",
    "CHECKOV",
    "SARIF",
    "EVIDENCE_DIR",
    "ANNOTATIONS",
    "SUMMARY",
    "EVENT_BASE",
)


def check(inputs: Mapping[str, str]) -> None:
    """Raises `Refused` for an input that this version does not take."""
    command = inputs["COMMAND"]
    if command not in COMMANDS:
        raise Refused(f"the input command is scan, verify or attest, not “{command}”")
    if command == "attest" and not inputs["EVIDENCE_DIR"]:
        raise Refused("command attest writes evidence: name a folder for it in evidence-dir")
    if command == "attest" and inputs["CONFIG"]:
        raise Refused("a record is made by the commit's own configuration: leave config empty with command attest")
    if inputs["FAIL_ON"] not in LEVELS:
        raise Refused(f"the input fail-on is one of {', '.join(LEVELS)}, not “{inputs['FAIL_ON']}”")
    for name in ("ANNOTATIONS", "SUMMARY"):
        if inputs[name] not in ("true", "false"):
            raise Refused(f"the input {name.lower()} is true or false, not “{inputs[name]}”")


def command_line(soc2gate: str, inputs: Mapping[str, str], folder: Path) -> list[str]:
    """What to run; raises `Refused` for a criterion that does not exist."""
    # What is attested is the commit as a whole; what closes the gate is, as in a scan, what the change brings.
    command = "scan" if inputs["COMMAND"] == "attest" else inputs["COMMAND"]
    arguments = [soc2gate, command, "--fail-on", inputs["FAIL_ON"]]
    if command == "verify" and inputs["EVIDENCE_DIR"]:
        arguments += ["--save-snapshot", str(folder / "live.json.gz")]
    if inputs["CONFIG"]:
        arguments += ["--config", inputs["CONFIG"]]
    for rule in rules_of(soc2gate, inputs):
        arguments += ["--rule", rule]
    base = diff_base(soc2gate, inputs)
    if base:
        arguments += ["--diff-base", base]
    if inputs["BASELINE"]:
        arguments += ["--baseline", inputs["BASELINE"]]
    if inputs["CHECKOV"] == "auto":
        arguments += ["--checkov"] if has_checkov(soc2gate) else []
    elif inputs["CHECKOV"] not in ("", "off"):
        arguments += ["--checkov-json", inputs["CHECKOV"]]
    arguments += ["--format", "json", "--output", str(folder / "report.json")]
    arguments += ["--format", "markdown", "--output", str(folder / "report.md")]
    if inputs["SARIF"]:
        arguments += ["--format", "sarif", "--output", inputs["SARIF"]]
    arguments += ["--format", "text"]
    # After the dashes a path that begins with one is a path.
    return [*arguments, "--", *paths_of(inputs)]


def paths_of(inputs: Mapping[str, str]) -> list[str]:
    return [path for path in map(str.strip, inputs["PATHS"].splitlines()) if path]


# --- evidence ---------------------------------------------------------------------------------------------------------


def evidence_folder(inputs: Mapping[str, str]) -> Path | None:
    """Where the bundle goes: a folder of the workspace that the repository has no file in, or it would be in there too.

    Raises `Refused` for any other.
    """
    if not inputs["EVIDENCE_DIR"]:
        return None
    workspace = Path.cwd().resolve()
    folder = workspace / inputs["EVIDENCE_DIR"]
    if folder.resolve() != Path(os.path.abspath(folder)) or not folder.resolve().is_relative_to(workspace):
        raise Refused("the input evidence-dir is a folder of the workspace, and no link")
    if folder.resolve() == workspace or (folder.exists() and (not folder.is_dir() or is_held(folder))):
        raise Refused(f"evidence-dir: there is something in {inputs['EVIDENCE_DIR']} already; name a folder of its own")
    for name in BUNDLED:
        # Of an earlier step of this job.
        (folder / name).unlink(missing_ok=True)
    return folder


def is_held(folder: Path) -> bool:
    """Whether the repository has files there; outside a repository, whether anybody has."""
    asked = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--", str(folder)]
    done = subprocess.run(asked, capture_output=True)
    return bool(done.stdout) if done.returncode == 0 else any(folder.iterdir())


def bundle(
    evidence: Path, folder: Path, soc2gate: str, inputs: Mapping[str, str], environment: Mapping[str, str]
) -> bool:
    """Put together what the run leaves as evidence; False where a record was asked for and could not be made."""
    evidence.mkdir(parents=True, exist_ok=True)
    for name in BUNDLED:
        if (folder / name).exists():
            shutil.copyfile(folder / name, evidence / name)
    if inputs["COMMAND"] != "attest":
        return True
    predicate = evidence / "predicate.json"
    # With the name in one word, a path that begins with a dash is a path.
    arguments = [soc2gate, "attest", "--fail-on", inputs["FAIL_ON"], "--predicate", str(predicate)]
    arguments += [f"--path={path}" for path in paths_of(inputs)]
    key = folder / "signing.key"
    try:
        if environment.get("SOC2GATE_KEY"):
            with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(environment["SOC2GATE_KEY"].strip() + "\n")
            arguments += ["--key", str(key), "--output", str(evidence / "record.dsse.json")]
        code = run_stopped(arguments)
    finally:
        key.unlink(missing_ok=True)
    # Its own exit is about the whole commit: an old gap closes nothing here, and is in the record.
    return code in RESULTS and predicate.exists()


def has_checkov(soc2gate: str) -> bool:
    """Whether `--checkov` would find one; where it would not, the log says so and the gate is soc2gate's alone."""
    asked = [soc2gate, "doctor", "--find-checkov"]
    done = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        say("notice", "checkov is not installed here: its checks were not asked", title="soc2gate")
    return done.returncode == 0


def diff_base(soc2gate: str, inputs: Mapping[str, str]) -> str:
    """The commit to compare with: the event's base for `auto`, nothing where there is none."""
    asked = inputs["DIFF_BASE"]
    if asked != "auto":
        return asked
    base = inputs["EVENT_BASE"]
    # The first push of a branch comes with forty zeros: there is nothing before it.
    if inputs["COMMAND"] == "verify" or not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", base) or set(base) == {"0"}:
        return ""
    # The input `version` may name a release that cannot compare; it then gates on everything, which is never too open.
    told = subprocess.run([soc2gate, "scan", "--help"], capture_output=True, text=True, encoding="utf-8")
    if "--diff-base" not in told.stdout:
        say("notice", "this version compares with no base: it gates on all findings, new and old", title="soc2gate")
        return ""
    return base


def rules_of(soc2gate: str, inputs: Mapping[str, str]) -> list[str]:
    """The rules that are evidence for the criteria asked for; none means all."""
    rules: dict[str, None] = {}
    for criterion in filter(None, map(str.strip, inputs["CRITERIA"].split(","))):
        asked = [soc2gate, "rules", "list", "--criterion", criterion, "--format", "json"]
        if inputs["CONFIG"]:
            asked += ["--config", inputs["CONFIG"]]
        done = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if done.returncode != 0:
            raise Refused(done.stderr.strip() or f"criterion {criterion} cannot be looked up")
        found = [rule["id"] for rule in json.loads(done.stdout)]
        if not found:
            raise Refused(f"no rule is evidence for {criterion}: nothing would be asked, and the gate would be open")
        rules |= dict.fromkeys(found)
    return list(rules)


def run_stopped(arguments: list[str]) -> int:
    """Run it with workflow commands stopped: nothing it prints can be one."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        return subprocess.run(arguments, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT).returncode
    finally:
        # On a line of its own, whatever the last line was.
        print(f"\n::{token}::", flush=True)


def read_report(path: Path) -> dict[str, Any] | None:
    """The JSON result, None where there is none: asked wrongly, or a bug of ours."""
    if not path.exists():
        return None
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


# --- annotations ------------------------------------------------------------------------------------------------------


def annotate(report: Mapping[str, Any]) -> None:
    """New findings first, then the most severe; at most ten of each level, and how many more there are."""
    shown: dict[str, int] = {}
    left = 0
    for item in sorted([*failures(report), *differences(report)], key=order):
        level = ANNOTATION[item["severity"]]
        if shown.get(level, 0) >= MOST_ANNOTATIONS - (level == "notice"):
            left += 1
            continue
        shown[level] = shown.get(level, 0) + 1
        place = narrowest(item)
        where = {"file": place["path"], "line": place["line"], "col": place["column"]} if place else {}
        say(level, item["said"], title=item["title"], **where)
    if left:
        # One notice is kept free for this.
        say(
            "notice",
            f"{left} more are in the job summary; GitHub shows {MOST_ANNOTATIONS} of a level",
            title="soc2gate",
        )


def failures(report: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for item in report["findings"]:
        if item["verdict"] == "fail" and item["waiver"] is None:
            said = f"{item['address']}: {item['message']} ({', '.join(item['criteria'])})"
            yield {**item, "title": f"{item['rule']} ({item['severity']})", "said": said}


def differences(report: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for item in report["disagreements"]:
        if item["difference"] != "undecided" and item["waiver"] is None:
            rules = ", ".join(rule["id"] for rule in item["rules"])
            said = f"{item['address']} {item['property'] or ''}: {item['difference']}" + (
                f" ({rules})" if rules else ""
            )
            title = f"code and live state differ ({item['severity']})"
            yield {**item, "where": item["declared_where"], "evidence": [], "title": title, "said": said}


def order(item: Mapping[str, Any]) -> tuple[bool, int, str, int]:
    place = narrowest(item)
    rank = [*LEVELS, "none"].index(item["severity"])
    return (not is_new(item), rank, place["path"] if place else "", place["line"] if place else 0)


def is_new(item: Mapping[str, Any]) -> bool:
    """Everything is new where the result was compared with no base."""
    return item.get("new") is not False


def narrowest(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """The place in a file that decided: a pull request shows an annotation only beside lines that it changes."""
    whole = item["where"]
    written = [one["where"] for one in item["evidence"] if "path" in one["where"] and one["where"] != whole]
    if written:
        found: dict[str, Any] = min(written, key=lambda place: place["end_line"] - place["line"])
        return found
    return whole if whole and "path" in whole else None


def say(level: str, message: str, **properties: str | int) -> None:
    """A workflow command that says exactly this."""
    told = ",".join(f"{name}={escape(str(value), also=':,')}" for name, value in properties.items())
    print(f"::{level} {told}::{escape(message)}", flush=True)


def escape(text: str, also: str = "") -> str:
    """As @actions/core does it: the percent sign first, then what ends a line or a property."""
    for char in "%\r\n" + also:
        text = text.replace(char, f"%{ord(char):02X}")
    # A terminal's own commands have no business in a log.
    return "".join(char if char.isprintable() else " " for char in text)


# --- summary and outputs ----------------------------------------------------------------------------------------------


def write_summary(environment: Mapping[str, str], report: Path) -> None:
    """Add the Markdown report to the job summary, if there is one and it fits."""
    target = environment.get("GITHUB_STEP_SUMMARY")
    if not target or not report.exists():
        return
    text = report.read_bytes()
    held = Path(target).stat().st_size if Path(target).exists() else 0
    if held + len(text) > MOST_SUMMARY:
        text = b"soc2gate: the job summary is full; the report is in the step's log\n"
    with open(target, "ab") as summary:
        summary.write(text)


def outputs_of(
    report: Mapping[str, Any] | None, code: int, inputs: Mapping[str, str], folder: Path, evidence: Path | None
) -> dict[str, str]:
    """What the next steps may use."""
    outputs = {"result": RESULTS.get(code, "error") if report is not None else "error"}
    if report is None:
        return outputs
    found = list(failures(report))
    outputs["total-findings"] = str(len(found))
    outputs["new-findings"] = str(sum(map(is_new, found)))
    if inputs["COMMAND"] == "verify":
        outputs["disagreement-count"] = str(len(list(differences(report))))
    if inputs["SARIF"]:
        outputs["sarif-file"] = inputs["SARIF"]
    outputs["report-md"] = str(folder / "report.md")
    if evidence is not None:
        outputs["evidence-dir"] = inputs["EVIDENCE_DIR"]
        if (evidence / "predicate.json").exists():
            outputs["statement-file"] = str(Path(inputs["EVIDENCE_DIR"]) / "predicate.json")
    return outputs


def write_outputs(environment: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Each output between marks that no value can hold."""
    target = environment.get("GITHUB_OUTPUT")
    if not target:
        return
    with open(target, "a", encoding="utf-8") as file:
        for name, value in outputs.items():
            mark = f"soc2gate-{secrets.token_hex(16)}"
            file.write(f"{name}<<{mark}\n{value}\n{mark}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
