"""Running helm and kustomize on files of a stranger: on a copy, with nothing of ours in reach, and not for ever.

Both are template engines that a person trusts with their cluster; here they get a folder with copies of the files they
need and nothing else: no home, no configuration, no plugin, no credentials, no program on PATH. Where the kernel lets
us, they get no network either; elsewhere every proxy leads nowhere, and what would be fetched was refused before.
"""

from __future__ import annotations

import contextlib
import json
import os
import posixpath
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from soc2gate.declared.files import SKIPPED
from soc2gate.declared.options import Limits
from soc2gate.errors import InputError, RefusedError
from soc2gate.facts import dataclass, field
from soc2gate.patterns import regex

_MOST_FILES = 20_000
_NOWHERE = "http://127.0.0.1:9"
"""The discard port: whatever is sent there is refused at once."""
_MEMORY = 8 * 1024**3
"""Address space. Go reserves much more than it uses; a template without an end meets this before the machine does."""


def find_tool(name: str, *scanned: Path) -> Path | None:
    """The program on PATH; one that stands in a folder that is scanned is a stranger's, and is passed over."""
    ours = [folder.resolve() for folder in scanned]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidate = Path(folder) / name
        # `.` or nothing on PATH would find it wherever we stand.
        if not os.path.isabs(folder) or not candidate.is_file() or not os.access(candidate, os.X_OK):
            continue
        places = (candidate.parent.resolve(), candidate.resolve())
        if not any(place.is_relative_to(each) for place in places for each in ours if each != Path(each.anchor)):
            return candidate
    return None


@dataclass(slots=True)
class Copy:
    """Files of the scanned folder under the same names in a scratch folder, for one run of a tool."""

    base: Path
    scratch: Path
    limits: Limits
    files: set[str] = field(default_factory=set)
    """What was copied, relative to the base."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Links that lead outside, with where to: not copied."""
    size: int = 0

    @property
    def work(self) -> Path:
        return self.scratch / "work"

    def add(self, path: str, target: str = "") -> None:
        """Copy a file, or a folder with all that is in it, to its own name or to `target`.

        Raises `RefusedError` beyond the limits, `InputError` for what is not there.
        """
        for file in sorted(self._below(path)):
            name = posixpath.join(target, posixpath.relpath(file, path)) if target else file
            self._file(file, posixpath.normpath(name))

    def write(self, path: str, text: str) -> None:
        """Put a file of ours there, in place of a copy if there is one."""
        full = self.work / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8")

    def _below(self, path: str) -> Iterator[str]:
        waiting, seen = [path], set()
        while waiting:
            current = waiting.pop()
            full = self.base / current
            resolved = full.resolve()
            if not resolved.is_relative_to(self.base.resolve()):
                self.left_out[current] = str(resolved)
            elif full.is_dir():
                # A link may lead to a folder that holds it.
                if resolved not in seen:
                    seen.add(resolved)
                    names = sorted(set(os.listdir(full)) - SKIPPED)
                    waiting += [posixpath.normpath(posixpath.join(current, name)) for name in names]
            else:
                yield current

    def _file(self, file: str, target: str) -> None:
        full = self.base / file
        try:
            self.size += full.stat().st_size
            if self.size > self.limits.rendered_bytes or len(self.files) >= _MOST_FILES:
                raise RefusedError(
                    f"holds more than {self.limits.rendered_bytes:,} bytes or {_MOST_FILES:,} files", path=file
                )
            there = self.work / target
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(full, there)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", path=file) from None
        self.files.add(file)


@contextmanager
def copied(base: Path, limits: Limits) -> Iterator[Copy]:
    """A scratch folder, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="soc2gate-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder).resolve()
        for name in ("home", "tmp", "work"):
            (scratch / name).mkdir()
        yield Copy(base, scratch, limits)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a tool gave."""

    text: str
    error: str
    """Why it gave nothing, in the tool's words; empty when all went well."""


# Some builds of kubectl log an error, with the time and the number of the process: no two runs would tell the same.
_LOGGED = regex(r"^[EF]\d{4} [\d:.]+ +\d+ [\w.-]+:\d+\] (?:\"command failed\" err=)?", re.MULTILINE)


def run(tool: Path, arguments: Sequence[str], copy: Copy) -> Ran:
    """Run a tool in the scratch folder, within the limits of time, memory and output."""
    limits = copy.limits
    output, errors = copy.scratch / "output", copy.scratch / "errors"
    with open(output, "wb") as out, open(errors, "wb") as err:
        child = subprocess.Popen(
            [*_without_network(), str(tool), *arguments],
            cwd=copy.work,
            env=_environment(copy.scratch),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        _limit(child.pid, limits)
        try:
            # The kernel counts the time it works; this is for one that waits, or a system that does not count.
            code = child.wait(limits.render_seconds * 4)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        finally:
            # Its children too, should it have any.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    said = errors.read_bytes()[:20_000].decode("utf-8", "replace")
    if code in (-signal.SIGKILL, -signal.SIGXCPU):
        return Ran(
            "", f"it was stopped: it took longer than {limits.render_seconds} seconds or more memory than it may"
        )
    if code == -signal.SIGXFSZ or output.stat().st_size > limits.rendered_bytes:
        return Ran("", f"it was stopped: it gave more than {limits.rendered_bytes:,} bytes")
    if code != 0:
        return Ran("", _LOGGED.sub("", said.strip()) or f"it ended with exit code {code}")
    return Ran(output.read_text("utf-8", errors="replace"), "")


_ASKED = {"helm": ("version", "--template", "{{.Version}}"), "kubectl": ("version", "--client", "-o", "json")}


@cache
def version(tool: Path) -> str:
    """What a tool says its version is; kubectl with that of the kustomize inside it."""
    with copied(Path(tool.anchor), Limits()) as copy:
        told = run(tool, _ASKED.get(tool.name, ("version",)), copy).text.strip()
    if tool.name == "kubectl":
        try:
            said = json.loads(told)
            return f"{said['clientVersion']['gitVersion']} with kustomize {said.get('kustomizeVersion') or 'unknown'}"
        except (ValueError, KeyError, TypeError):
            return "unknown"
    return told.partition("\n")[0][:100] or "unknown"


def _environment(scratch: Path) -> Mapping[str, str]:
    home = scratch / "home"
    return {
        "HOME": str(home),
        "PATH": str(home / "no-programs"),
        "TMPDIR": str(scratch / "tmp"),
        "LANG": "C.UTF-8",
        "KUBECONFIG": str(home / "no-cluster"),
        "HELM_CACHE_HOME": str(home),
        "HELM_CONFIG_HOME": str(home),
        "HELM_DATA_HOME": str(home),
        "HELM_PLUGINS": str(home / "no-plugins"),
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        "NO_PROXY": "",
        # One thread of work is what its time is counted by, on a machine of any size.
        "GOMAXPROCS": "2",
    }


@cache
def _without_network() -> tuple[str, ...]:
    """A prefix that gives the child a network of its own, with nothing in it; empty where that is not allowed."""
    unshare = shutil.which("unshare", path="/usr/bin:/bin:/usr/sbin:/sbin") if sys.platform == "linux" else None
    if unshare is None:
        return ()
    prefix = (unshare, "--user", "--map-current-user", "--net")
    tried = subprocess.run([*prefix, "true"], stdin=subprocess.DEVNULL, capture_output=True)
    return prefix if tried.returncode == 0 else ()


def _limit(pid: int, limits: Limits) -> None:
    if sys.platform != "linux":
        return  # nowhere else can a process limit another; the wait above still ends
    import resource

    wanted = {
        resource.RLIMIT_CPU: limits.render_seconds,
        resource.RLIMIT_FSIZE: limits.rendered_bytes + 1,
        resource.RLIMIT_AS: _MEMORY,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in wanted.items():
        # It may have ended already, or be held to less than this.
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            resource.prlimit(pid, which, (most, most))
