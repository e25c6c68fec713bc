"""What every command does with what it found: other engines, waivers, baseline, criteria, the decision, digests."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from soc2gate import version
from soc2gate.declared import git
from soc2gate.declared.git import Author
from soc2gate.declared.inputs import inputs_digest, sha256
from soc2gate.declared.source import Root
from soc2gate.declared.written_waivers import INLINE, Written, read_waivers, with_built
from soc2gate.engine import baseline, criteria, gate, waivers
from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import (
    AcceptedUse,
    BaselineUse,
    ChangedFiles,
    Decision,
    Diff,
    Disagreement,
    Finding,
    FrameworkStatus,
    History,
    Run,
    Waiver,
)
from soc2gate.model.resource import (
    Problem,
    Resource,
    Side,
    Span,
    Weight,
)
from soc2gate.reading import Declared
from soc2gate.request import Request

if TYPE_CHECKING:
    from soc2gate.bridges.joining import Joined
    from soc2gate.live.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Found:
    """What a command found, before anybody says what of it counts."""

    findings: Sequence[Finding]
    live: Sequence[Resource] = ()
    disagreements: Sequence[Disagreement] = ()
    undeclared: Sequence[Disagreement] = ()
    accepted: AcceptedUse | None = None
    problems: Sequence[Problem] = ()
    """Beside those of reading the code."""
    snapshot: Snapshot | None = None
    unread_kinds: Sequence[str] = ()
    joined: Joined | None = None
    """What other engines found, where they were asked already."""


def finish(
    request: Request,
    command: str,
    declared: Declared,
    found: Found,
    *,
    changed: ChangedFiles | None = None,
    diff: Diff | None = None,
    judged: Sequence[waivers.Judged] | None = None,
) -> Run:
    """Other engines' results, waivers, criteria, decision, digests: the same for every command."""
    if request.others and found.joined is None:
        found = replace(found, joined=join_others(request, declared, found.findings, found.live, changed))
    if judged is None:
        judged = judged_waivers(request, declared.files, declared.written)
    found = _waived(found, judged)
    told = [*declared.problems, *found.problems, *(found.joined.problems if found.joined else ())]
    told += [*waivers.notes(judged), *_unanswered(request, judged)]
    findings, used = _beyond_the_baseline(request, declared, found.findings, changed)
    found = replace(found, findings=_with_owners(request, findings), problems=told)
    found, closing, followed = _since_the_last_look(request, found)
    decision = gate.decide(
        found.findings,
        closing,
        told,
        fail_on=request.fail_on,
        on_incomplete=request.on_incomplete,
        undeclared=found.undeclared if request.on_undeclared == "block" else (),
    )
    run = replace(
        _run(request, command, declared, found, decision),
        changed=changed,
        diff=diff,
        baseline=used,
        history=followed,
    )
    return replace(run, digests=_digests(run, request, declared, found.snapshot))


def _waived(found: Found, judged: Sequence[waivers.Judged]) -> Found:
    """With the findings of other engines among ours, and each with the waiver that covers it."""
    findings = waivers.apply_to_findings(found.joined.findings if found.joined else found.findings, judged)
    disagreements = waivers.apply_to_disagreements(found.disagreements, judged, findings)
    return replace(found, findings=findings, disagreements=disagreements)


def _beyond_the_baseline(
    request: Request, declared: Declared, findings: Sequence[Finding], changed: ChangedFiles | None
) -> tuple[Sequence[Finding], BaselineUse | None]:
    if request.baseline is None:
        return findings, None
    return baseline.apply(
        findings,
        request.baseline,
        roots=[] if changed else [root.name for root in declared.roots],
        everything="." in request.paths and changed is None,
    )


def _since_the_last_look(request: Request, found: Found) -> tuple[Found, Sequence[Disagreement], History | None]:
    """What closes, and what is remembered, where looks are remembered: with `only_new` only what is new closes."""
    if request.looks is None or found.snapshot is None:
        return found, found.disagreements, None
    # Imported here: few runs keep a history.
    from soc2gate.engine import history

    before = history.read(request.looks)
    followed = history.follow(
        before, found.disagreements, found.findings, now=request.now, unread=found.snapshot.why_unread
    )
    if not request.only_new:
        return found, found.disagreements, followed
    marked = replace(found, findings=history.marked(found.findings, before))
    return marked, history.only_new(found.disagreements, followed), followed


def _run(request: Request, command: str, declared: Declared, found: Found, decision: Decision) -> Run:
    return Run(
        command=command,
        tool={"name": "soc2gate", "version": version.__version__},
        time=request.now,
        paths=request.paths,
        roots=tuple(dict.fromkeys((root.format, root.path) for root in declared.roots)),
        digests={},
        findings=tuple(found.findings),
        disagreements=tuple(found.disagreements),
        problems=tuple(found.problems),
        criteria=criteria.statuses(
            request.rules,
            found.findings,
            found.disagreements,
            scope=request.config.scope,
            unread_kinds=found.unread_kinds,
            unread=declared.unread,
        ),
        decision=decision,
        rules=request.rules.rules,
        controls=request.rules.controls,
        resources=_population([*declared.resources, *found.live]),
        files=declared.files,
        snapshots=found.snapshot.infos if found.snapshot else (),
        fail_on=str(request.fail_on) if request.fail_on else "never",
        on_incomplete=request.on_incomplete,
        unjudged=declared.unjudged,
        base=str(request.base),
        engines=found.joined.engines if found.joined else (),
        frameworks=_frameworks(request, found.findings, declared.unread) if request.frameworks else (),
        renderers=declared.renderers,
        environments=_environments(declared.roots),
        undeclared=tuple(found.undeclared),
        on_undeclared=request.on_undeclared,
        accepted=found.accepted,
    )


def _with_owners(request: Request, findings: Sequence[Finding]) -> Sequence[Finding]:
    config = request.config
    if not (config.owners or config.control_owners or config.systems):
        return findings
    # Imported here: few name any.
    from soc2gate.engine.ownership import with_owners

    return with_owners(findings, owners=config.owners, control_owners=config.control_owners, systems=config.systems)


def _frameworks(request: Request, findings: Sequence[Finding], unread: bool) -> tuple[FrameworkStatus, ...]:
    # Imported here: few runs ask for another framework.
    from soc2gate.engine import frameworks
    from soc2gate.packs.frameworks import load_frameworks

    chosen = load_frameworks(request.packs, request.frameworks).values()
    asked = {rule.control for rule in request.rules.rules.values()}
    return frameworks.statuses(chosen, findings, asked, unread=unread)


def join_others(
    request: Request,
    declared: Declared,
    findings: Sequence[Finding],
    live: Sequence[Resource] = (),
    changed: ChangedFiles | None = None,
) -> Joined:
    """Our findings with those of the other engines that were asked for, of changed files alone where only they count.

    Raises `UsageError` for results that do not exist, and where checkov is asked for and not there.
    """
    # Imported here: only who asks for other engines pays for them.
    from soc2gate.bridges import beside
    from soc2gate.bridges.joining import Terms
    from soc2gate.bridges.reported import Places
    from soc2gate.packs.checks import load_checks

    request.doing("asking checkov" if request.others.checkov else "reading the results of other engines")
    formats = tuple(dict.fromkeys(root.format for root in declared.roots))
    roots = {root.path for root in declared.roots}
    named = [(entry.path, file) for entry in request.config.roots if entry.path in roots for file in entry.var_files]
    subject = beside.Subject(
        places=Places(
            request.base,
            changed.files if changed else request.paths,
            (request.work_tree,) if request.work_tree else (),
        ),
        formats=formats,
        files=declared.files,
        resources=[*declared.resources, *live],
        var_files=(*(posixpath.normpath(posixpath.join(*pair)) for pair in named), *request.var_files),
        variables={
            **request.environment,
            **{f"TF_VAR_{name}": value for name, value in request.variables.items()},
        },
    )
    config = request.config
    terms = Terms(request.rules, load_checks(request.packs), request.narrowed, config.accepts_skips_of)
    runner = beside.Runner(config.checkov_command, config.checkov_seconds)
    return beside.beside(request.others, findings, subject, runner, terms)


def judged_waivers(request: Request, files: Iterable[str], built: Sequence[Written] = ()) -> list[waivers.Judged]:
    """The waivers of the configuration, those written in these files and those in what a tool built of them."""
    config = request.config
    written = with_built(read_waivers(files, request.base), built)
    if not written and not config.waivers:
        return []
    terms = waivers.Terms(
        today=request.now[:10],
        rules=() if request.narrowed else request.rules.rules.keys(),
        longest=config.max_waiver_days,
        inline=config.inline_waivers,
        accepts=config.accepts_skips_of,
        foreign=_foreign(request, written),
        author_of=_authors(request, [*config.waivers, *(item.waiver for item in written)]),
    )
    return waivers.judge(config.waivers, written, terms)


def _unanswered(request: Request, judged: Sequence[waivers.Judged]) -> list[Problem]:
    """A note where git would know who wrote a waiver that counts, and does not answer: it may be its approver."""
    if not any(item.counts and item.waiver.approver for item in judged) or any(item.author for item in judged):
        return []
    repository = request.history[0] if request.history else request.base
    here = any((folder / ".git").exists() for folder in (repository, *repository.resolve().parents))
    if not here or git.said(repository, "rev-parse", "--git-dir"):
        return []
    text = "git does not answer here: nobody checked that the approver of a waiver is not who wrote it"
    hint = f"is git installed, and may it read this? git config --global --add safe.directory {repository.resolve()}"
    return [Problem(Weight.NOTE, "waivers", text, None, hint)]


def _foreign(request: Request, written: Iterable[Written]) -> Mapping[str, str]:
    """Other tools' ids to our rules: what the mappings know, and what the configuration says instead."""
    told = request.config.foreign_skips
    if not request.config.accept_foreign_skips or all(item.waiver.source == INLINE for item in written):
        return told
    # Imported here: only skip comments of other tools ask for their mappings.
    from soc2gate.packs.checks import same_as_ours

    return {**same_as_ours(request.packs), **told}


def _authors(request: Request, written: Iterable[Waiver]) -> Callable[[Waiver], Author | None]:
    """Who wrote a waiver, as git tells: its approver has to be somebody else."""
    lines: dict[str, list[int]] = {}
    for waiver in written:
        if isinstance(waiver.where, Span):
            lines.setdefault(waiver.where.path, []).append(waiver.where.line)
    repository, revision = request.history or (request.base, "")
    found = {path: git.authors(repository, path, numbers, revision) for path, numbers in lines.items()}

    def author_of(waiver: Waiver) -> Author | None:
        place = waiver.where
        return found.get(place.path, {}).get(place.line) if isinstance(place, Span) else None

    return author_of


def _environments(roots: Iterable[Root]) -> dict[str, tuple[str, ...]]:
    """Root to the environments it was evaluated for; roots without any are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for root in roots:
        if root.environment:
            found[root.path] = (*found.get(root.path, ()), root.environment)
    return found


def _population(resources: Iterable[Resource]) -> dict[str, int]:
    """How many resources stand on each side, in all and by kind; parts of a resource are not counted again."""
    counted: Counter[str] = Counter()
    for resource in resources:
        if not resource.partial and not resource.derived_from:
            counted[resource.side.value] += 1
            counted[f"{resource.side.value}:{resource.kind}"] += 1
    for side in Side:
        counted.setdefault(side.value, 0)
    return dict(sorted(counted.items()))


class _Digests(Mapping[str, str]):
    """What names a run: everything that went in, and what came out.

    What came out is digested when somebody reads it: that takes the whole run as JSON, a third of a big scan, and a
    report for people does not tell it.
    """

    def __init__(self, run: Run, given: Mapping[str, str]) -> None:
        self._run = run
        self._known = {**given, "result": ""}

    def __getitem__(self, name: str) -> str:
        if name == "result" and not self._known[name]:
            # A reporter makes the canonical form, so that the digest is of what people read.
            from soc2gate.output.json import canonical_result

            self._known[name] = sha256(canonical_result(self._run))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _digests(run: Run, request: Request, declared: Declared, snapshot: Snapshot | None) -> Mapping[str, str]:
    given = {
        **{name: f"sha256:{digest.removeprefix('sha256:')}" for name, digest in request.rules.digests.items()},
        "config": sha256(request.config.canonical()),
        "inputs": inputs_digest(request.base, run.files, declared.digests),
        **({"snapshots": snapshot.digest} if snapshot else {}),
        **_digests_of_others(request),
    }
    return _Digests(run, given)


def _digests_of_others(request: Request) -> dict[str, str]:
    if not request.others:
        return {}
    from soc2gate.bridges.beside import digest_of
    from soc2gate.packs.checks import load_checks

    told = digest_of(request.others, load_checks(request.packs))
    return {name: f"sha256:{digest}" for name, digest in told.items()}
