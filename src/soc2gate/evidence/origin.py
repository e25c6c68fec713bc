"""Who, when and how: what the surroundings of a run say, each value marked with where it comes from.

None of it was checked by us. A CI service tells a job who started it through variables that the job could change; a
workflow can hand over what its own API calls found. An auditor weighs a value by its origin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from soc2gate.errors import UsageError
from soc2gate.model.value import Json

BY_VARIABLES = "reported by the CI service's variables"
BY_EVENT = "reported by the CI event payload"
BY_FILE = "reported by the workflow's change file"

CHANGE_FIELDS: Mapping[str, type] = {
    "pull_request": str,
    "final_commit": str,
    "approvals": list,
    "merged_by": str,
    "bypassed_protection": bool,
    "signature_verified": bool,
    "direct_push": bool,
}
"""What a workflow may report of a change; `approvals` is a list of `{by, at, commit}`, `final_commit` what was approved
last of a pull request: its head, which a merge or a squash makes another commit of."""
_FORMS = {str: "text", bool: "true or false", list: "a list of {by, at, commit}"}


def invocation(environment: Mapping[str, str]) -> dict[str, Json]:
    """How the run was started, from the variables of GitHub Actions or GitLab CI; on a desk nothing is said."""
    said = environment.get
    if said("GITHUB_ACTIONS") == "true":
        server, repository, run = (
            said("GITHUB_SERVER_URL", ""),
            said("GITHUB_REPOSITORY", ""),
            said("GITHUB_RUN_ID", ""),
        )
        return {
            "origin": BY_VARIABLES,
            "uri": f"{server}/{repository}/actions/runs/{run}/attempts/{said('GITHUB_RUN_ATTEMPT', '1')}",
            "trigger": said("GITHUB_EVENT_NAME", ""),
            "actor": said("GITHUB_ACTOR", ""),
            "workflow": said("GITHUB_WORKFLOW_REF", ""),
            "ref": said("GITHUB_REF", ""),
            "runner": said("RUNNER_ENVIRONMENT", ""),
        }
    if said("GITLAB_CI") == "true":
        return {
            "origin": BY_VARIABLES,
            "uri": said("CI_JOB_URL", ""),
            "trigger": said("CI_PIPELINE_SOURCE", ""),
            "actor": said("GITLAB_USER_LOGIN", ""),
            "workflow": said("CI_CONFIG_REF_URI", ""),
            "ref": said("CI_COMMIT_REF_NAME", ""),
            "runner": said("CI_RUNNER_DESCRIPTION", ""),
        }
    return {"origin": "none", "uri": "", "trigger": "", "actor": "", "workflow": "", "ref": "", "runner": ""}


def reported_change(environment: Mapping[str, str], file: Path | None, commit: str) -> dict[str, Json]:
    """What is said of the change behind `commit`: from the workflow's file, else from the event payload.

    Every value is `{"value", "origin"}`. An approval carries `bound`: whether it was given to this very commit, or to
    what the pull request was in the end. Raises `UsageError` for a file that is not what it should be.
    """
    said = _of_event(environment)
    if file is not None:
        said |= {name: (value, BY_FILE) for name, value in _read(file, "--change").items()}
    for name, (value, _) in said.items():
        if name not in CHANGE_FIELDS:
            raise UsageError(f"--change {file}: unknown field “{name}”", hint=f"known here: {', '.join(CHANGE_FIELDS)}")
        if not isinstance(value, CHANGE_FIELDS[name]):
            # A report asks whether it is true: "true", as a shell writes it, would be passed over.
            form = _FORMS[CHANGE_FIELDS[name]]
            raise UsageError(f"--change {file}: {name} is {form}", hint="leave out what is not known")
    final = said["final_commit"][0] if "final_commit" in said else commit
    out: dict[str, Json] = {}
    for name in CHANGE_FIELDS:
        if name in said:
            value, origin = said[name]
            out[name] = {"value": _bound(value, (commit, final)) if name == "approvals" else value, "origin": origin}
    return out


def _bound(approvals: Json, commits: tuple[Json, ...]) -> Json:
    out: list[Json] = []
    for one in approvals if isinstance(approvals, list) else ():
        if not isinstance(one, dict) or not all(isinstance(value, str) for value in one.values()):
            raise UsageError("--change: approvals is a list of {by, at, commit}, each of them text")
        out.append({**one, "bound": one.get("commit") in commits})
    return out


def _of_event(environment: Mapping[str, str]) -> dict[str, tuple[Json, str]]:
    path = environment.get("GITHUB_EVENT_PATH", "")
    if environment.get("GITHUB_ACTIONS") != "true" or not path or not Path(path).is_file():
        return {}
    pull = _read(Path(path), "GITHUB_EVENT_PATH").get("pull_request")
    if not isinstance(pull, dict):
        return {}
    said: dict[str, tuple[Json, str]] = {"pull_request": (str(pull.get("html_url", "")), BY_EVENT)}
    head = pull.get("head")
    if isinstance(head, dict) and isinstance(head.get("sha"), str):
        said["final_commit"] = (head["sha"], BY_EVENT)
    merged_by = pull.get("merged_by")
    if isinstance(merged_by, dict) and isinstance(merged_by.get("login"), str):
        said["merged_by"] = (merged_by["login"], BY_EVENT)
    return said


def _read(file: Path, told: str) -> dict[str, Json]:
    try:
        document: Json = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise UsageError(f"{told} {file} is not a readable JSON file") from None
    if not isinstance(document, dict):
        raise UsageError(f"{told} {file} is not a JSON object")
    return document
