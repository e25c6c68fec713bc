"""checkov as a child: found, confined, given a time limit, and asked for JSON.

It sees copies of the files that were judged and nothing else of the repository: a `.checkov.yaml` beside the code can
name Python for checkov to run, and nothing in a scanned repository runs. Its home is an empty folder, it is told not to
call home, its proxies lead nowhere, and no credential of this environment reaches it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from soc2gate.bridges import checkov
from soc2gate.bridges.reported import Places, Report, parse_json
from soc2gate.errors import InputError, UsageError
from soc2gate.facts import dataclass, replace
from soc2gate.model.resource import Problem, Weight

VERSION = "3.3.30"
"""What `doctor --install-checkov` installs: the version whose checks were reviewed."""
SECONDS = 600
_NOWHERE = "http://127.0.0.1:9"
_FRAMEWORKS = {
    "terraform": "terraform",
    "terraform-plan": "terraform_plan",
    "cloudformation": "cloudformation",
    "kubernetes": "kubernetes",
}
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TZ")
_LATER = "soc2gate doctor --install-checkov makes one, checkov in soc2gate.yaml or PATH may name one"


@dataclass(frozen=True, slots=True)
class Task:
    """What checkov is asked about."""

    command: Path
    places: Places
    formats: tuple[str, ...]
    """Of the roots that were read."""
    files: tuple[str, ...]
    """That were read, relative to the base."""
    var_files: tuple[str, ...] = ()
    """Relative to the base."""
    variables: Mapping[str, str] | None = None
    """`TF_VAR_…`, as Terraform would be given them."""
    seconds: int = SECONDS


def home() -> Path:
    """Where `doctor --install-checkov` puts checkov's own environment."""
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "soc2gate" / f"checkov-{VERSION}"


def find(configured: Path | None, repositories: Sequence[Path]) -> Path | None:
    """checkov's command: as configured, else on PATH, else the one that doctor made; None where there is none.

    Raises `UsageError` for a configured one that does not exist, or that the scanned repository itself brings.
    """
    if configured is not None:
        if any(_within(configured, folder) for folder in repositories):
            raise UsageError(
                f"checkov.command: {configured} is inside the scanned repository, and nothing in it runs",
                hint="put its environment elsewhere, or on PATH",
            )
        if not os.access(configured, os.X_OK) or configured.is_dir():
            raise UsageError(f"checkov.command: there is no command {configured}", hint=_LATER)
        return configured
    # A relative folder on PATH stands for one of the repository.
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    found = shutil.which("checkov", path=os.pathsep.join(folders))
    if found:
        return Path(found)
    made = _script(home(), "checkov")
    return made if made.exists() else None


def _within(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) or path.resolve().is_relative_to(folder.resolve())


def needed(configured: Path | None, base: Path, others: Sequence[Path] = ()) -> Path:
    """As `find`; raises `UsageError` where there is none."""
    found = find(configured, (base, *others))
    if found is None:
        raise UsageError("--checkov: there is no checkov here", hint=_LATER)
    return found


def install() -> Path:
    """Make checkov's own environment: it and python-hcl2 own the same package, so it never shares ours.

    Raises `UsageError` where that fails.
    """
    place = home()
    place.parent.mkdir(parents=True, exist_ok=True)
    pip = [str(_script(place, "python")), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    for step in ([sys.executable, "-I", "-m", "venv", "--clear", str(place)], [*pip, f"checkov=={VERSION}"]):
        done = subprocess.run(step, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            shutil.rmtree(place, ignore_errors=True)
            raise UsageError(f"checkov could not be installed: {_last_line(done.stderr)}", hint=" ".join(step))
    return _script(place, "checkov")


def _script(environment: Path, name: str) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin") / (f"{name}.exe" if os.name == "nt" else name)


def run(task: Task) -> Report:
    """checkov's report about these files; where it fails or does not end, a report that says so."""
    frameworks = sorted({_FRAMEWORKS[name] for name in task.formats if name in _FRAMEWORKS})
    if not frameworks:
        return Report(checkov.ENGINE, "", "", ())
    with tempfile.TemporaryDirectory(prefix="soc2gate-checkov-", ignore_cleanup_errors=True) as folder:
        there = Path(folder).resolve()
        for name in ("tree", "home"):
            (there / name).mkdir()
        _copy([*task.files, *task.var_files], task.places.base, there / "tree")
        command = [str(task.command), "-d", str(there / "tree"), "-o", "json", "--skip-download", "--compact"]
        # Never --quiet, which drops what passes.
        command += ["--download-external-modules", "false", "--framework", *frameworks]
        for file in task.var_files:
            command += ["--var-file", str(there / "tree" / file)]
        try:
            told = _output(command, there, task)
            places = replace(task.places, others=(*task.places.others, there / "tree"))
            report = checkov.read(parse_json(told, "checkov"), places)
        except InputError as error:
            hint = error.hint or f"{task.command} -d . -o json shows what it says"
            return Report(checkov.ENGINE, "", "", (), (Problem(Weight.GAP, checkov.ENGINE, error.message, None, hint),))
    return report


def _copy(files: Iterable[str], base: Path, there: Path) -> None:
    for file in dict.fromkeys(files):
        name = os.path.basename(file)
        # What checkov would take for its own configuration is not configuration of ours.
        if name in (".checkov.yaml", ".checkov.yml"):
            continue
        target = there / file
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(base / file, target)
        except OSError:
            # It was there when it was read; what checkov then misses it cannot tell about.
            continue


def _output(command: Sequence[str], there: Path, task: Task) -> str:
    """What it prints. Raises `InputError` where it fails, prints nothing, or does not end in time."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment = {
        **kept,
        **(task.variables or {}),
        "HOME": str(there / "home"),
        "TMPDIR": str(there / "home"),
        "CKV_PARSE_ERROR_FAIL": "true",
        "LOG_LEVEL": "ERROR",
        "PYTHONUTF8": "1",
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "ALL_PROXY": _NOWHERE,
        "NO_PROXY": "",
    }
    with open(there / "out", "w+b") as out, open(there / "err", "w+b") as err:
        try:
            # A session of its own: checkov starts processes, and all of them end with it.
            child = subprocess.Popen(
                command,
                cwd=there / "home",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise InputError(f"checkov could not be started: {error.strerror}: {task.command}") from None
        try:
            code = child.wait(timeout=task.seconds)
        except subprocess.TimeoutExpired:
            hint = "checkov: {timeout: SECONDS} in soc2gate.yaml gives it more time"
            raise InputError(f"checkov did not end within {task.seconds} seconds, and was stopped", hint=hint) from None
        finally:
            _stop(child)
        out.seek(0)
        err.seek(0)
        told = out.read().decode("utf-8", "replace")
        if code not in (0, 1) or not told.strip():
            last = _last_line(err.read().decode("utf-8", "replace"))
            raise InputError(f"checkov failed with exit code {code}" + (f": {last}" if last else ""))
    return told


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End it and everything it started."""
    if os.name == "posix":
        # Where nobody is left in it, the group has ended by itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    child.wait()


def _last_line(said: str) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")[:300]
