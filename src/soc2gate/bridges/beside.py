"""Whatever else a person wants told beside our findings: run or read, mapped, joined."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from soc2gate.bridges import Asked, checkov, ocsf, sarif
from soc2gate.bridges.joining import Joined, Terms, join
from soc2gate.bridges.reported import Places, Report, read_json
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field
from soc2gate.model.checks import CheckMap
from soc2gate.model.outcome import Finding
from soc2gate.model.resource import Problem, Resource, Weight


@dataclass(frozen=True, slots=True)
class Subject:
    """What was judged, for other engines to be asked about it."""

    places: Places
    formats: tuple[str, ...]
    files: tuple[str, ...]
    resources: Sequence[Resource]
    var_files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runner:
    """How checkov is run."""

    command: Path | None = None
    """As configured."""
    seconds: int = 0
    """0 takes the usual limit."""


def beside(asked: Asked, findings: Sequence[Finding], subject: Subject, runner: Runner, terms: Terms) -> Joined:
    """Our findings with other engines' beside them.

    Raises `UsageError` for a file that does not exist, and where checkov is asked for and not there.
    """
    reports: list[Report] = []
    if asked.checkov:
        reports.append(_checkov(subject, runner))
    for file in asked.checkov_json:
        reports += _read(file, subject.places, only_checkov=True)
    for file in asked.results:
        reports += _read(file, subject.places)
    return join(reports, findings, subject.resources, subject.places, terms)


def digest_of(asked: Asked, maps: Mapping[str, CheckMap]) -> dict[str, str]:
    """What went in besides: the mappings of other engines, and the files that were read."""
    digests = {"checks": hashlib.sha256("\n".join(maps[name].digest for name in sorted(maps)).encode()).hexdigest()}
    files = [*asked.checkov_json, *asked.results]
    if files:
        told = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()]
        digests["results"] = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return digests


def _checkov(subject: Subject, runner: Runner) -> Report:
    # Imported here: reading a file needs no child process.
    from soc2gate.bridges import checkov_run

    task = checkov_run.Task(
        command=checkov_run.needed(runner.command, subject.places.base, subject.places.others),
        places=subject.places,
        formats=subject.formats,
        files=subject.files,
        var_files=subject.var_files,
        variables=subject.variables,
        seconds=runner.seconds or checkov_run.SECONDS,
    )
    return checkov_run.run(task)


def _read(file: Path, places: Places, *, only_checkov: bool = False) -> list[Report]:
    """The reports in a file; one that cannot be read is told as such, and what else was asked is still told."""
    shown = _shown(file, places)
    try:
        told = read_json(file)
        if not only_checkov and sarif.is_sarif(told):
            return sarif.read(told, places, source=shown)
        if not only_checkov and ocsf.is_ocsf(told):
            return [ocsf.read(told, source=shown)]
        return [checkov.read(told, places, source=shown)]
    except InputError as error:
        message, hint = f"{shown}: {error.message}", error.hint
        if not only_checkov and error.line == 0:
            message, hint = f"{shown}: is neither SARIF nor OCSF nor checkov's JSON", "soc2gate scan --help names each"
        if error.line:
            message = f"{shown}:{error.line}:{error.column}: {error.message}"
        return [Report("results", "", shown, (), (Problem(Weight.BROKEN, "results", message, None, hint),))]


def _shown(file: Path, places: Places) -> str:
    for folder in (places.base, *places.others):
        if file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    return file.as_posix()
