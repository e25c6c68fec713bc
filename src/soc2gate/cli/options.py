"""Flags that several commands share, and how they become a `Request`."""

from __future__ import annotations

import functools
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from soc2gate import plugins, suggest
from soc2gate.bridges import Asked
from soc2gate.cli import flags as click
from soc2gate.config import Config
from soc2gate.config import load as load_config
from soc2gate.engine.baseline import Baseline
from soc2gate.engine.baseline import read as read_baseline
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass
from soc2gate.model.outcome import Run
from soc2gate.model.rule import RuleSet, Severity
from soc2gate.packs import load as load_rules
from soc2gate.request import Request

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Read:
    """What is read and by which rules, as the flags of `reading` say it."""

    paths: tuple[Path, ...] = ()
    config_file: Path | None = None
    rule_dirs: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    plan_root: Path | None = None
    variables: tuple[str, ...] = ()
    now: str | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """Which live state is read, as the flags of `living` say it."""

    regions: tuple[str, ...] = ()
    context: str | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """What closes the gate and how the result is told, as the flags of `judging` say it."""

    fail_on: str | None = None
    on_incomplete: str | None = None
    formats: tuple[str, ...] = ()
    outputs: tuple[Path, ...] = ()
    frameworks: tuple[str, ...] = ()
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """Which other engines are heard, as the flags of `beside` say it."""

    checkov: bool = False
    checkov_json: tuple[Path, ...] = ()
    results: tuple[Path, ...] = ()


LEVELS = ["critical", "high", "medium", "low", "never"]
ON_INCOMPLETE = ["block", "report"]


def grouped(command: Command, name: str, group: type[Any], flags: Sequence[Callable[[Any], Any]]) -> Any:
    """The command with these flags, of which it is given the values as one thing."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        values = {each: given.pop(each) for each in group.__slots__}
        return command(**given, **{name: group(**values)})

    made: Any = gathered
    for option in reversed(flags):
        made = option(made)
    return made


def reading(command: Command) -> Command:
    """Flags about what is read and by which rules."""
    flags = [
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
        click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            help="Use this soc2gate.yaml. Environment: SOC2GATE_CONFIG.",
        ),
        click.option(
            "--rules",
            "rule_dirs",
            multiple=True,
            type=click.Path(path_type=Path),
            help="Also ask the rules in this folder (your own pack). Repeatable.",
        ),
        click.option("--rule", "only", multiple=True, help="Ask only this rule. Repeatable."),
        click.option(
            "--var-file",
            "var_files",
            multiple=True,
            metavar="[ENV=]FILE",
            help="Terraform variable file. With a name before it (prod=prod.tfvars) for that environment only: "
            "each environment is evaluated apart, and findings say which. Repeatable.",
        ),
        click.option(
            "--environment",
            "environments",
            multiple=True,
            metavar="NAME",
            help="Of the environments that soc2gate.yaml or --var-file name, only this. Repeatable [all].",
        ),
        click.option(
            "--root",
            "plan_root",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="The folder a plan was made from, so that findings point at its lines [the plan's own folder].",
        ),
        click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A variable or parameter."),
        click.option("--now", metavar="TIME", help="The clock to judge by (ISO 8601, UTC), to repeat a run."),
    ]
    return cast(Command, grouped(command, "read", Read, flags))


def judging(command: Command) -> Command:
    """Flags about what closes the gate and how the result is told."""
    flags = [
        click.option(
            "--fail-on",
            type=click.Choice(LEVELS),
            help="Lowest severity that closes the gate [high]. Environment: SOC2GATE_FAIL_ON.",
        ),
        click.option(
            "--on-incomplete",
            type=click.Choice(ON_INCOMPLETE),
            help="Whether what could not be looked at closes the gate (exit 3) or is only counted [block]. "
            "Environment: SOC2GATE_ON_INCOMPLETE.",
        ),
        click.option(
            "--format",
            "formats",
            multiple=True,
            type=click.Choice(list(plugins.REPORTERS)),
            help="How to tell the result [by --output's name, else text]. Repeatable, each with its own --output.",
        ),
        click.option(
            "--output",
            "outputs",
            multiple=True,
            type=click.Path(path_type=Path, dir_okay=False),
            help="Write there instead of standard output. Repeatable.",
        ),
        click.option(
            "--framework",
            "frameworks",
            multiple=True,
            metavar="NAME",
            help="Also tell of another framework, by our controls (soc2gate criteria --frameworks). Repeatable.",
        ),
        click.option("--verbose", "-v", is_flag=True, help="List every undecided verdict."),
    ]
    return cast(Command, grouped(command, "judge", Judge, flags))


def beside(command: Command) -> Command:
    """Flags about other engines whose results are told beside ours."""
    kind = click.Path(path_type=Path, dir_okay=False)
    flags = [
        click.option(
            "--checkov",
            is_flag=True,
            help="Run checkov too, in an environment of its own, and tell what it finds beside ours.",
        ),
        click.option(
            "--checkov-json",
            "checkov_json",
            multiple=True,
            type=kind,
            help="Tell what this file (from `checkov -o json`) holds beside ours. Repeatable.",
        ),
        click.option(
            "--results",
            multiple=True,
            type=kind,
            help="Tell what another tool found beside ours: SARIF of any tool, Prowler's OCSF JSON. Repeatable.",
        ),
    ]
    return cast(Command, grouped(command, "beside", Beside, flags))


def others(beside: Beside) -> Asked:
    """Whose results are wanted; raises `UsageError` for a file that does not exist."""
    for flag, files in (("--checkov-json", beside.checkov_json), ("--results", beside.results)):
        for file in files:
            if not file.is_file():
                raise UsageError(f"{flag}: there is no file {file}")
    absolute = [tuple(Path(os.path.abspath(file)) for file in files) for files in (beside.checkov_json, beside.results)]
    return Asked(beside.checkov, *absolute)


def living(command: Command) -> Command:
    """Flags about live state."""
    flags = [
        click.option("--region", "regions", multiple=True, help="AWS region to read. Repeatable."),
        click.option("--context", help="kubeconfig context to read [the current one]."),
        click.option("--profile", help="AWS profile to use."),
    ]
    return cast(Command, grouped(command, "live", Live, flags))


def request(
    read: Read,
    *,
    live: Live | None = None,
    judge: Judge | None = None,
    beside: Beside | None = None,
    changed: bool = False,
    baseline_file: Path | None = None,
    copy: Path | None = None,
    step: Callable[[str], None] | None = None,
) -> Request:
    """Flags over configuration over defaults. Of `changed` files some may be gone.

    With a `copy` of the repository as it was at another commit, configuration and packs are those of the copy.

    Raises `UsageError` for paths that do not exist, an unknown rule or a malformed variable; `ConfigError` for a
    configuration or pack that is wrong.
    """
    live, judge = live or Live(), judge or Judge()
    asked = [Path(os.path.abspath(path)) for path in read.paths] or [Path.cwd()]
    for path in asked:
        if not path.exists() and not changed:
            raise UsageError(f"there is no file or folder {path}")
    base = base_of(asked)
    # Which files changed must not decide whose configuration counts.
    start = Path.cwd() if changed else asked[0] if asked[0].is_dir() else asked[0].parent
    packs = tuple(Path(os.path.abspath(folder)) for folder in read.rule_dirs)
    policy = _Policy(start, named_config(read.config_file), packs, baseline_file)
    if copy is not None:
        policy = policy.inside(base, copy)
    config = load_config(policy.start, policy.config_file, base=copy or base)
    level = judge.fail_on or from_environment("SOC2GATE_FAIL_ON", LEVELS) or config.fail_on
    on_incomplete = judge.on_incomplete or from_environment("SOC2GATE_ON_INCOMPLETE", ON_INCOMPLETE)
    common, of_environments = _var_files(read.var_files, base)
    _check_environments(read.environments, config, of_environments)
    packs = (*config.packs, *policy.packs)
    return Request(
        paths=tuple(os.path.relpath(path, base).replace(os.sep, "/") for path in asked),
        base=base,
        config=config,
        rules=choose(load_rules(packs), read.only),
        now=clock(read.now),
        clock=(lambda: clock(read.now)),
        now_given=read.now is not None,
        fail_on=None if level == "never" else Severity[level.upper()],
        on_incomplete=on_incomplete or config.on_incomplete,
        var_files=common,
        environment_files=of_environments,
        only_environments=read.environments,
        code=_plan_root(read.plan_root, asked, base) if read.plan_root is not None else None,
        variables=_pairs(read.variables),
        environment={name: value for name, value in os.environ.items() if name.startswith("TF_VAR_")},
        regions=live.regions,
        context=live.context,
        profile=live.profile,
        narrowed=bool(read.only),
        baseline=_baseline(policy.baseline_file, copy or base),
        packs=packs,
        others=Asked() if beside is None else others(beside),
        frameworks=judge.frameworks,
        step=step,
        work_tree=base if copy is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Policy:
    """Where the files are that decide the gate."""

    start: Path
    """The folder that the configuration is looked for from."""
    config_file: Path | None
    packs: tuple[Path, ...]
    baseline_file: Path | None

    def inside(self, base: Path, copy: Path) -> _Policy:
        """The same in a copy of the repository; what the copy does not have yet decides nothing."""
        config_file, baseline_file = self.config_file, self.baseline_file
        if config_file is not None:
            moved = inside(config_file, base, copy)
            config_file = moved if moved.exists() or not moved.is_relative_to(copy) else None
        if baseline_file is not None:
            moved = inside(baseline_file, base, copy)
            # One that is nowhere is told, as it is without a copy.
            baseline_file = moved if moved.exists() or not baseline_file.exists() else None
        packs = (inside(pack, base, copy) for pack in self.packs)
        return _Policy(
            inside(self.start, base, copy), config_file, tuple(pack for pack in packs if pack.exists()), baseline_file
        )


def named_config(given: Path | None) -> Path | None:
    """The configuration file that the flag names, else the environment."""
    named = os.environ.get("SOC2GATE_CONFIG")
    return Path(named) if given is None and named else given


def from_environment(name: str, choices: Sequence[str]) -> str | None:
    """A setting of the environment: it gives way to a flag, and soc2gate.yaml gives way to it."""
    given = os.environ.get(name)
    if given and given not in choices:
        raise UsageError(f"{name}: there is no “{given}”", hint=f"one of {', '.join(choices)}")
    return given or None


def _baseline(file: Path | None, base: Path) -> Baseline | None:
    if file is None:
        return None
    full = Path(os.path.abspath(file))
    return read_baseline(full, full.relative_to(base).as_posix() if full.is_relative_to(base) else str(file))


def inside(path: Path, base: Path, copy: Path) -> Path:
    """A path below `base`, in the copy of it; any other stays."""
    full = Path(os.path.abspath(path))
    return copy / full.relative_to(base) if full.is_relative_to(base) else full


def _plan_root(given: Path, asked: Sequence[Path], base: Path) -> str:
    if not any(path.is_file() for path in asked):
        raise UsageError("--root goes with a plan", hint="soc2gate scan out/plan.json --root infra")
    full = Path(os.path.abspath(given))
    if not full.is_dir():
        raise UsageError(f"--root: there is no folder {given}")
    if not full.is_relative_to(base):
        raise UsageError(
            f"--root: {given} is outside {base}, and nothing outside it is read",
            hint="start soc2gate in a folder that holds both the plan and the code",
        )
    return full.relative_to(base).as_posix()


def _var_files(given: Sequence[str], base: Path) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The variable files that hold everywhere, and those of each environment: `prod=prod.tfvars`."""
    common: list[str] = []
    of_environments: dict[str, tuple[str, ...]] = {}
    for each in given:
        name, equals, file = each.partition("=")
        if not equals or os.path.isfile(each):
            common.append(_var_file(each, base))
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise UsageError(f"--var-file {each}: “{name}” is no name of an environment", hint="prod=prod.tfvars")
        else:
            of_environments[name] = (*of_environments.get(name, ()), _var_file(file, base))
    return tuple(common), of_environments


def _check_environments(asked: Sequence[str], config: Config, given: Mapping[str, object]) -> None:
    known = [*dict.fromkeys(name for root in config.roots for name in root.environments), *given]
    for name in asked:
        if name not in known:
            hint = suggest.did_you_mean(name, known) or (
                f"known here: {', '.join(dict.fromkeys(known))}"
                if known
                else "name it in soc2gate.yaml (roots: environments:), or as --var-file prod=prod.tfvars"
            )
            raise UsageError(f"there is no environment “{name}”", hint=hint)


def _var_file(given: str, base: Path) -> str:
    path = os.path.abspath(given)
    if not os.path.isfile(path):
        raise UsageError(f"--var-file: there is no file {given}")
    relative = os.path.relpath(path, base).replace(os.sep, "/")
    if relative.startswith("../"):
        raise UsageError(
            f"--var-file: {given} is outside {base}, and nothing outside it is read",
            hint="start soc2gate in a folder that holds both the code and the file",
        )
    return relative


def repository(paths: Sequence[Path]) -> Path:
    """The folder nothing is read outside of, for paths as given."""
    return base_of([Path(os.path.abspath(path)) for path in paths] or [Path.cwd()])


def base_of(paths: Sequence[Path]) -> Path:
    """The folder nothing is read outside of: the repository that holds the paths, else this folder, else theirs."""
    common = Path(os.path.commonpath(paths))
    start = common if common.is_dir() else common.parent
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    here = Path.cwd()
    return here if start == here or here in start.parents else start


def choose(rules: RuleSet, only: Sequence[str]) -> RuleSet:
    """The rules named, or all; raises `UsageError` for one that does not exist, with what was probably meant."""
    if not only:
        return rules
    for name in only:
        if name not in rules.rules:
            raise UsageError(f"there is no rule “{name}”", hint=suggest.did_you_mean(name, rules.rules))
    from soc2gate.facts import replace

    return replace(rules, rules={name: rule for name, rule in rules.rules.items() if name in only})


def clock(now: str | None) -> str:
    """The time a run is judged at, as `2026-11-21T09:00:00Z`."""
    if now is None:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # Imported here: a scan that nobody repeats does without.
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        raise UsageError(f"--now: “{now}” is not a time", hint="write it as 2026-11-21T09:00:00Z") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pairs(variables: Sequence[str]) -> Mapping[str, str]:
    pairs = {}
    for given in variables:
        name, equals, value = given.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {given}: a variable is given as NAME=VALUE")
        pairs[name] = value
    return pairs


def tell(run: Run, judge: Judge) -> int:
    """Write the result in every format asked for, and return the exit code.

    A file goes with the format that its name ends in, if that was asked for, else with the next that is free; one
    format may go without a file, to standard output.
    """
    chosen = list(judge.formats) or [plugins.SUFFIXES.get(path.suffix, "text") for path in judge.outputs] or ["text"]
    if len(judge.outputs) > len(chosen):
        raise UsageError("more --output than --format", hint="give one --format for each --output")
    for name, target in _paired(chosen, judge.outputs):
        if target is None:
            click.echo(_rendered(run, name, color=_colored(), verbose=judge.verbose), nl=False)
        else:
            write_atomically(target, _rendered(run, name, color=False, verbose=judge.verbose))
            click.echo(f"wrote {target}", err=True)
    if len(judge.outputs) >= len(chosen) and "text" not in chosen:
        # Everything went to files: the decision still reaches the person.
        click.echo(f"exit {int(run.decision.exit)}: {'; '.join(run.decision.reasons) or 'nothing found'}", err=True)
    return int(run.decision.exit)


def _paired(formats: Sequence[str], outputs: Sequence[Path]) -> list[tuple[str, Path | None]]:
    """Each format with its file: `--format text --format html --output report.html` writes HTML there."""
    taken: dict[int, Path] = {}
    unnamed = []
    for path in outputs:
        said = plugins.SUFFIXES.get(path.suffix)
        fitting = (said, *plugins.ALSO.get(path.suffix, ()))
        free = [index for index, name in enumerate(formats) if name in fitting and index not in taken]
        if free:
            taken[free[0]] = path
        else:
            unnamed.append(path)
    for path in unnamed:
        taken[next(index for index in range(len(formats)) if index not in taken)] = path
    return [(name, taken.get(index)) for index, name in enumerate(formats)]


def _rendered(run: Run, name: str, *, color: bool, verbose: bool) -> str:
    render = plugins.load(plugins.REPORTERS[name])
    # Only text is laid out for a terminal; the other formats are the same wherever they go.
    told: str = render(run, color=color, verbose=verbose) if name == "text" else render(run)
    # What UTF-8 cannot hold, such as a file's name that is none, is written as JSON and people would: \udcff.
    return told.encode("utf-8", "backslashreplace").decode()


def _colored() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def write_atomically(path: Path, text: str) -> None:
    """Write in one step, so that nobody ever reads half a report.

    A link stays, and what it leads to is written; a device or pipe (`/dev/stdout`) is written to and never replaced.
    Raises `UsageError` where the folder cannot be written.
    """
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """As `write_atomically`, of what is no text."""
    path = path.resolve() if path.is_symlink() and path.is_file() else path
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
