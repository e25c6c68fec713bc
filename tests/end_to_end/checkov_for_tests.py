"""checkov as tests use it: the real one, in an environment of its own that nothing of ours is in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


@cache
def checkov() -> Path:
    """checkov's command: that of `.venv-checkov`, here or in the clone this work tree belongs to, made on first use."""
    for folder in (REPOSITORY, _clone()):
        if (found := folder / ".venv-checkov" / "bin" / "checkov").exists():
            return found
    home = REPOSITORY / ".venv-checkov"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "checkov"], check=True)
    return home / "bin" / "checkov"


def _clone() -> Path:
    asked = ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"]
    done = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True)
    return Path(done.stdout.strip()).parent if done.returncode == 0 else REPOSITORY


def python(script: str) -> Any:
    """What a script prints as JSON when checkov's own Python runs it."""
    command = [str(checkov().parent / "python"), "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LOG_LEVEL": "ERROR"})
    return json.loads(done.stdout)


def run(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """checkov's results for a folder, one of each framework; none where it found nothing to look at."""
    command = [str(checkov()), "-d", str(folder), "-o", "json", "--skip-download", "--compact", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, "LOG_LEVEL": "ERROR"})
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    if isinstance(told, list):
        return told
    return [told] if "results" in told else []
