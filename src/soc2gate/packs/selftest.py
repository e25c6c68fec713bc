"""Proves rules by the fixtures beside them: what a file's name says must hold of every resource of the rule's kind.

A fixture is a file named by its verdict and its format:

    pass.tf   fail-ipv6.tf   unknown-from-variable.tf   pass.tf.json     Terraform
    fail.cfn.yaml   not-applicable-signing-key.cfn.json                 CloudFormation
    pass.k8s.yaml                                                       Kubernetes manifests
    fail.live.json                                                      a snapshot excerpt, failed calls included

A rule about manifests may have Terraform fixtures too: `kubernetes_deployment` makes the same object. A folder named by
its verdict (`fail-module/`) is a Terraform root of several files. Both ways: a resource with another verdict breaks the
fixture, and so does a file without a resource of the kind. Each side the rule names needs a `pass` and a `fail`, and an
`unknown` unless the rule says `always_decided` there.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.errors import ConfigError, InputError, UsageError
from soc2gate.facts import dataclass
from soc2gate.model.outcome import Finding, Verdict
from soc2gate.model.resource import Problem, Resource, Side, Span, Weight
from soc2gate.model.rule import Rule, RuleSet
from soc2gate.packs.rules import find_rule_files
from soc2gate.suggest import did_you_mean

if TYPE_CHECKING:
    from soc2gate.declared.source import Reader

NOW = "2026-01-01T00:00:00Z"
"""What fixtures count days from."""

_NAME = re.compile(
    r"(?P<verdict>pass|fail|unknown|not-applicable)(-[a-z0-9]+)*"
    r"\.(?P<format>tf|tf\.json|cfn\.yaml|cfn\.yml|cfn\.json|k8s\.yaml|k8s\.yml|k8s\.json|live\.json)"
)
_FOLDER = re.compile(r"(?P<verdict>pass|fail|unknown|not-applicable)(-[a-z0-9]+)*")
_SIDES = {"tf": "terraform", "cfn": "cloudformation", "k8s": "manifests", "live": "live"}
_FORMATS = {"terraform": "terraform", "cloudformation": "cloudformation", "manifests": "kubernetes"}
_NOT_FIXTURES = frozenset({"rule.yaml", "README.md"})


@dataclass(frozen=True, slots=True)
class FixtureResult:
    """What became of one fixture, or of one that is missing."""

    rule: str
    path: str
    """The fixture; the rule's folder where one is missing."""
    side: str
    """`terraform`, `cloudformation`, `manifests`, `live`; empty where the name says none."""
    expected: str
    """`pass`, `fail`, `unknown`, `not-applicable`."""
    ok: bool
    messages: tuple[str, ...] = ()
    """What is wrong, with the resource and what was seen."""


@dataclass(frozen=True, slots=True)
class Fixture:
    """One example of a rule."""

    rule: str
    path: str
    side: str
    verdict: Verdict
    of_account: bool = False
    """Whether the rule asks the account itself in code, so that the fixture's root has to own one."""


def run(ruleset: RuleSet, rule_dirs: Sequence[Path], only: Sequence[str] = ()) -> list[FixtureResult]:
    """Judge every fixture of the rules below `rule_dirs` (of `only` these), and name the fixtures that are missing.

    Raises `UsageError` for an id in `only` that has no folder there, `ConfigError` where a rule's expressions do not
    compile.
    """
    from soc2gate.packs.check import check

    folders = {os.path.basename(os.path.dirname(file)): os.path.dirname(file) for file in _rule_files(rule_dirs)}
    for rule_id in only:
        if rule_id not in folders:
            raise UsageError(f"there is no rule “{rule_id}” to test", hint=did_you_mean(rule_id, folders))
    chosen = tuple(sorted(rule_id for rule_id in (only or folders) if rule_id in ruleset.rules))
    errors = check(ruleset, only=chosen) if chosen else []
    if errors:
        raise ConfigError.gather(errors)
    return [result for rule_id in chosen for result in _test_rule(ruleset, ruleset.rules[rule_id], folders[rule_id])]


def fixtures_of(rule: Rule, folder: str) -> tuple[list[Fixture], list[FixtureResult]]:
    """The fixtures beside a rule, and a failed result for every file that is none."""
    of_account = any(case.kind == "Account::Account" and "declared" in case.sides for case in rule.cases)
    found: list[Fixture] = []
    strange: list[FixtureResult] = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name, path = entry.name, Path(entry.path).as_posix()
        if name in _NOT_FIXTURES or name.startswith("."):
            continue
        match = _FOLDER.fullmatch(name) if entry.is_dir() else _NAME.fullmatch(name)
        if match is None:
            message = "the name says no verdict and format: pass-….tf, fail-….cfn.yaml, unknown-….live.json"
            strange.append(FixtureResult(rule.id, path, "", "", False, (message,)))
            continue
        side = "terraform" if entry.is_dir() else _SIDES[match["format"].partition(".")[0]]
        found.append(Fixture(rule.id, path, side, Verdict(match["verdict"].replace("-", "_")), of_account))
    return found, strange


def _rule_files(rule_dirs: Iterable[Path]) -> Iterator[str]:
    for folder in rule_dirs:
        yield from find_rule_files(str(folder))


def _test_rule(ruleset: RuleSet, rule: Rule, folder: str) -> list[FixtureResult]:
    fixtures, results = fixtures_of(rule, folder)
    alone = RuleSet({rule.id: rule}, ruleset.controls, ruleset.criteria, ruleset.digests)
    results += [_test_fixture(alone, rule, fixture) for fixture in fixtures]
    results += _missing(rule, folder, fixtures)
    return results


def _missing(rule: Rule, folder: str, fixtures: Sequence[Fixture]) -> Iterator[FixtureResult]:
    shown = {(fixture.side, fixture.verdict) for fixture in fixtures}
    for side in rule.sides:
        for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN):
            if (side, verdict) in shown or (verdict is Verdict.UNKNOWN and side in rule.always_decided):
                continue
            message = f"no fixture shows “{verdict.value}” on {side}"
            if verdict is Verdict.UNKNOWN:
                message += f"; where it cannot be, the rule says `always_decided: [{side}]`"
            yield FixtureResult(rule.id, Path(folder).as_posix(), side, verdict.value, False, (message,))


def _test_fixture(alone: RuleSet, rule: Rule, fixture: Fixture) -> FixtureResult:
    messages: list[str] = []
    if not _asked(rule, fixture.side):
        messages.append(f"the rule is not asked on {fixture.side}: its sides are {', '.join(rule.sides)}")
    elif fixture.verdict is Verdict.UNKNOWN and fixture.side in rule.always_decided:
        messages.append(f"the rule says `always_decided: [{fixture.side}]`, and this is to show the opposite")
    else:
        messages += _judge(alone, rule, fixture)
    expected = fixture.verdict.value.replace("_", "-")
    return FixtureResult(rule.id, fixture.path, fixture.side, expected, not messages, tuple(messages))


def _asked(rule: Rule, side: str) -> bool:
    """Whether the rule is asked of what stands in such a fixture. Terraform makes API objects, too."""
    return side in rule.sides or (side == "terraform" and "manifests" in rule.sides)


def _judge(alone: RuleSet, rule: Rule, fixture: Fixture) -> Iterator[str]:
    from soc2gate.engine.evaluate import evaluate

    try:
        resources, problems = read_fixture(fixture)
    except InputError as error:
        yield f"cannot be read: {error}"
        return
    for problem in problems:
        if problem.weight is Weight.BROKEN:
            yield f"cannot be read: {problem.message}"
    side = Side.LIVE if fixture.side == "live" else Side.DECLARED
    findings = [finding for finding in evaluate(alone, resources, now=NOW) if finding.side is side]
    if not findings:
        kinds = ", ".join(sorted({case.kind for case in rule.cases if side.value in case.sides}))
        yield f"holds no resource of the rule's kind ({kinds})"
    for finding in findings:
        if finding.verdict is not fixture.verdict:
            yield _told(finding)


def _told(finding: Finding) -> str:
    where = f" (line {finding.where.line})" if isinstance(finding.where, Span) else ""
    said = f"{finding.address}{where} is “{finding.verdict.value.replace('_', '-')}”"
    if finding.verdict is Verdict.UNKNOWN:
        return f"{said}: {finding.reason}"
    if finding.verdict is Verdict.FAIL:
        return f"{said}: {finding.message}"
    seen = ", ".join(f"{evidence.path} = {evidence.value!r}" for evidence in finding.evidence)
    return f"{said}{f': {seen}' if seen else ''}"


def read_fixture(fixture: Fixture) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
    """The fixture's resources in the normal form, as a scan or a snapshot would give them.

    Raises `InputError` where a snapshot excerpt is none.
    """
    if fixture.side == "live":
        from soc2gate.live.snapshot import Snapshot

        snapshot = Snapshot.read(Path(fixture.path), strict_digest=False)
        return snapshot.resources(), snapshot.problems()
    # A root of its own: the fixtures beside it are no part of it.
    with tempfile.TemporaryDirectory(prefix="soc2gate-") as folder:
        base = Path(folder).resolve()
        if os.path.isdir(fixture.path):
            shutil.copytree(fixture.path, base, dirs_exist_ok=True)
        else:
            shutil.copy(fixture.path, base)
        return _read_declared(fixture.side, base, fixture.of_account)


def _read_declared(side: str, base: Path, owns_account: bool) -> tuple[tuple[Resource, ...], tuple[Problem, ...]]:
    from soc2gate import kinds
    from soc2gate.declared.options import ReadOptions
    from soc2gate.declared.source import Root

    files = tuple(sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file()))
    # Modules below a root are its own to find.
    top = tuple(name for name in files if "/" not in name)
    path = top[0] if side == "cloudformation" else "."
    reading = _reader(side)(Root(_FORMATS[side], path, top), base, ReadOptions())
    # As soc2gate.yaml says it of a root: no format writes the account itself.
    normal = kinds.normalise([reading], owns_account={reading.root: owns_account})
    return normal.resources, (*reading.problems, *normal.problems)


def _reader(side: str) -> Reader:
    if side == "terraform":
        from soc2gate.declared import terraform

        return terraform.read
    if side == "cloudformation":
        from soc2gate.declared import cloudformation

        return cloudformation.read
    from soc2gate.declared import kubernetes

    return kubernetes.read
