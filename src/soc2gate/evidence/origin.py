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

CHANGE_FIELDS = ("pull_request", "approvals", "merged_by", "bypassed_protection", "signature_verified", "direct_push")
"""What a workflow may report of a change; `approvals` is a list of `{by, at, commit}`."""


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

    Every value is `{"value", "origin"}`. An approval carries `bound`: whether it was given to this very commit.
    Raises `UsageError` for a file that is not what it should be.
    """
    said = _of_event(environment)
    if file is not None:
        said |= {name: (value, BY_FILE) for name, value in _read(file, "--change").items()}
    for name in said:
        if name not in CHANGE_FIELDS:
            raise UsageError(f"--change {file}: unknown field “{name}”", hint=f"known here: {', '.join(CHANGE_FIELDS)}")
    out: dict[str, Json] = {}
    for name in CHANGE_FIELDS:
        if name in said:
            value, origin = said[name]
            out[name] = {"value": _bound(value, commit) if name == "approvals" else value, "origin": origin}
    return out


def _bound(approvals: Json, commit: str) -> Json:
    if not isinstance(approvals, list) or not all(isinstance(one, dict) for one in approvals):
        raise UsageError("--change: approvals is a list of {by, at, commit}")
    out: list[Json] = []
    for one in approvals:
        assert isinstance(one, dict)
        out.append({**{key: str(value) for key, value in one.items()}, "bound": one.get("commit") == commit})
    return out


def _of_event(environment: Mapping[str, str]) -> dict[str, tuple[Json, str]]:
    path = environment.get("GITHUB_EVENT_PATH", "")
    if environment.get("GITHUB_ACTIONS") != "true" or not path or not Path(path).is_file():
        return {}
    pull = _read(Path(path), "GITHUB_EVENT_PATH").get("pull_request")
    if not isinstance(pull, dict):
        return {}
    said: dict[str, tuple[Json, str]] = {"pull_request": (str(pull.get("html_url", "")), BY_EVENT)}
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
