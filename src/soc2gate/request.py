"""What a person asked for: flags, environment and configuration brought together, before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from soc2gate.bridges import Asked
from soc2gate.config import Config
from soc2gate.engine.baseline import Baseline
from soc2gate.facts import dataclass, field
from soc2gate.model.resource import Problem, StateObject
from soc2gate.model.rule import RuleSet, Severity


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for, flags and configuration already brought together."""

    paths: tuple[str, ...]
    """Files and folders, relative to `base`."""
    base: Path
    """Nothing outside it is read; every place in the report is relative to it."""
    config: Config
    rules: RuleSet
    now: str
    """ISO 8601, UTC: the clock rules judge by."""
    clock: Callable[[], str]
    """The time to record when live state is seen."""
    now_given: bool = False
    """Somebody said which time it is, to repeat a run: then it is the time everywhere."""
    fail_on: Severity | None = Severity.HIGH
    on_incomplete: str = "block"
    var_files: tuple[str, ...] = ()
    """Relative to `base`; they hold for every root."""
    environment_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Environment to variable files, relative to `base`: every Terraform root is evaluated for each of them."""
    only_environments: tuple[str, ...] = ()
    """Of the environments there are, these; empty for all."""
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    context: str | None = None
    """The kubeconfig context; None takes the current one."""
    profile: str | None = None
    code: str | None = None
    """The folder that plans were made from, relative to `base`; None for the folder that each stands in."""
    unread: tuple[Problem, ...] = ()
    """What is known from the start not to be under the paths, though it belongs there: submodules of a tree."""
    narrowed: bool = False
    """Only some of the rules there are are asked."""
    baseline: Baseline | None = None
    history: tuple[Path, str] | None = None
    """Where git is asked who wrote what (a repository and a revision), when `base` is a copy of a tree."""
    looks: Path | None = None
    """Where what earlier looks at live state saw is kept; None for nowhere."""
    who: bool = False
    """Ask CloudTrail who changed what differs."""
    undeclared: Path | None = None
    """The file that accepts live properties which code never says; None for none."""
    on_undeclared: str = "report"
    only_new: bool = False
    """Close only on what the look before did not see."""
    states: tuple[Path, ...] = ()
    """State files, absolute: the ids they tell pair what code declares with what runs."""
    state_urls: tuple[str, ...] = ()
    """The same of states in buckets (`s3://bucket/key`); fetched by `verify` alone."""
    fetched: Mapping[str, StateObject] = field(default_factory=dict)
    """URL to what was fetched, also of those that the configuration names."""
    repeatable: bool = False
    """Nothing may be fetched: whoever does it again has to come to the same without anybody's credentials."""
    of_commit: bool = False
    """A commit is to be judged, also one that holds no infrastructure code."""
    into_code: bool = False
    """What runs is to be brought into code, of which there may be none yet."""
    not_code: tuple[Path, ...] = ()
    """Files of live state that may stand among the code: what kubectl wrote is made of manifests too."""
    packs: tuple[Path, ...] = ()
    """Every pack that counts, those of the configuration included."""
    others: Asked = field(default_factory=Asked)
    """Other engines whose results are told beside ours."""
    work_tree: Path | None = None
    """The folder that `base` is a copy of: results of other engines name its files."""
    frameworks: tuple[str, ...] = ()
    """Other frameworks to tell of, by our controls."""
    step: Callable[[str], None] | None = None
    """Told what is being done, where somebody watches."""

    def doing(self, what: str) -> None:
        if self.step is not None:
            self.step(what)
