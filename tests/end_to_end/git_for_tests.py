"""Real git repositories, and the installed command run in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOW = "2026-06-01T12:00:00Z"


def environment() -> dict[str, str]:
    """A person's settings out of reach: git's, and the cloud's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KUBE", "GIT_", "CI_"))}
    for name in [name for name in clean if name.startswith("GITHUB_")]:
        del clean[name]
    return clean | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Repository:
    """A git repository to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str, author: str = "dev") -> str:
        identity = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", author), ("EMAIL", f"{author}@example.org"))
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment() | identity, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[str, str | None], author: str = "dev") -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change", author=author)
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "soc2gate", *arguments],
            cwd=self.folder,
            env=environment() | dict(more or {}),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def scan(self, *arguments: str, more: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Exit code and result of `soc2gate scan`."""
        done = self.run("scan", "--now", NOW, "--format", "json", *arguments, more=more)
        assert done.stdout.startswith("{"), done.stdout + done.stderr
        return done.returncode, json.loads(done.stdout)


def failures(result: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Rule and address of what fails and nobody waived."""
    return {
        (item["rule"], item["address"])
        for item in result["findings"]
        if item["verdict"] == "fail" and item["waiver"] is None
    }
