"""The use cases around evaluation records, each readable as a page: attest a commit, check a record, do it again.

They stand above `app`, which judges: a record is made of a finished run and of what git knows of the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.app import scan, verify
from soc2gate.config import load as load_config
from soc2gate.declared.inputs import inputs_digest
from soc2gate.errors import EvidenceError, UsageError
from soc2gate.evidence import checking, origin, statement
from soc2gate.evidence.repository import Repository
from soc2gate.evidence.statement import Occasion
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.outcome import Run
from soc2gate.model.rule import Severity
from soc2gate.model.value import Json
from soc2gate.packs import load as load_rules
from soc2gate.request import Request

if TYPE_CHECKING:
    from soc2gate.evidence.checking import Check, Policy
    from soc2gate.evidence.envelope import TrustedKey
    from soc2gate.evidence.ledger import Anchor, Ledger, Record
    from soc2gate.evidence.manual import Piece
    from soc2gate.evidence.period import Report
    from soc2gate.evidence.statement import Link
    from soc2gate.evidence.timestamps import Authority
    from soc2gate.live.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class AttestRequest:
    """What a record is to be made of. Everything else comes from the commit itself."""

    folder: Path
    """Anywhere in the repository."""
    revision: str
    clock: Callable[[], str]
    paths: tuple[str, ...] = (".",)
    """Relative to the repository's top."""
    now: str = ""
    """The clock rules judge by; empty for the time it is done."""
    snapshot: Snapshot | None = None
    fail_on: str | None = None
    """None takes what the commit's configuration says."""
    on_incomplete: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Read for who started the run; nothing in it reaches a verdict."""
    change_file: Path | None = None


def attest(
    asked: AttestRequest, keep: Callable[[Callable[[Link], dict[str, Json]]], tuple[Link, bytes]]
) -> tuple[Run, Link, bytes]:
    """Judge a commit (and live state, given a snapshot) and make the evaluation record of it.

    `keep` signs and keeps what the statement builder gives it, and answers with the record's place and bytes. Raises
    what `scan` and `verify` raise, and `EvidenceError` where the record cannot be made.
    """
    run, occasion = evaluate_commit(asked)
    link, record = keep(lambda link: statement.build(run, occasion, link))
    return run, link, record


def evaluate_commit(asked: AttestRequest) -> tuple[Run, Occasion]:
    """Judge a commit's own tree, with its own configuration and rule packs: the work tree plays no part.

    Variables come from the configuration alone, never from this machine's environment, so that anybody can do it again.
    """
    repository = Repository.at(asked.folder)
    commit = repository.commit(repository.resolve(asked.revision))
    started = asked.clock()
    with repository.written(commit.tree) as tree:
        first = tree.folder / asked.paths[0]
        config = load_config(first if first.is_dir() else first.parent, base=tree.folder)
        level = asked.fail_on or config.fail_on
        request = Request(
            paths=asked.paths,
            base=tree.folder,
            config=config,
            rules=load_rules(config.packs),
            now=asked.now or started,
            clock=asked.clock,
            fail_on=None if level == "never" else Severity[level.upper()],
            on_incomplete=asked.on_incomplete or config.on_incomplete,
            unread=tree.problems,
            # Who wrote a waiver is in the commit's history; the scratch tree has none.
            history=(repository.folder, commit.id),
            repeatable=True,
            of_commit=True,
        )
        run = scan(request) if asked.snapshot is None else verify(request, asked.snapshot)
    blobs = {entry.path: entry.id for entry in repository.tree(commit.tree)}
    occasion = Occasion(
        commit=commit,
        uri=repository.uri(),
        config_blob=blobs.get(config.path, ""),
        evaluator_digest=_evaluator_digest(),
        started_at=started,
        finished_at=asked.clock(),
        invocation=origin.invocation(asked.environment),
        change=origin.reported_change(asked.environment, asked.change_file, commit.id),
        control_owners=config.control_owners,
    )
    return run, occasion


def check_attestation(
    record: Record,
    keys: Sequence[TrustedKey],
    *,
    now: str,
    repository: Repository | None = None,
    ledger: Ledger | None = None,
    anchor: Anchor | None = None,
    policy: Policy | None = None,
    snapshot: Snapshot | None = None,
    token: bytes | None = None,
    authorities: Sequence[Authority] = (),
) -> list[Check]:
    """Everything that can be checked of a record without judging again, in the order an auditor would.

    Nothing inside the record is looked at before its signature holds.
    """
    first = [checking.check_signature(record, keys)]
    if first[0].answer == checking.HOLDS:
        first.append(checking.check_schema(record))
    if first[-1].answer != checking.HOLDS:
        return first
    if not record.is_evaluation:
        stamp = [] if token is None else [checking.check_timestamp(record, token, keys, authorities)[0]]
        return [*first, *_checks_of_kept(record, now, repository, ledger, keys, anchor, policy), *stamp]
    checks = [*first, checking.check_numbers(record)]
    if repository is None:
        missing = "no repository: run it inside a clone"
        checks += [checking.Check(name, checking.NOT_CHECKED, missing) for name in ("subjects", "inputs")]
    else:
        found: Repository = repository
        checks.append(checking.check_subjects(record, found))
        if checks[-1].answer == checking.HOLDS:
            checks.append(checking.ask("inputs", lambda: _check_inputs(record, found)))
    live = [entry for entry in record.predicate["inputs"] if entry["name"] != "declared"]
    if live and snapshot is None:
        missing = "the record rests on live state: give its snapshot with --snapshot"
        checks.append(checking.Check("snapshot", checking.NOT_CHECKED, missing))
    elif live and snapshot is not None:
        given = snapshot
        checks.append(checking.ask("snapshot", lambda: _check_snapshot(live, given)))
    checks.append(_check_chain(record, ledger, keys, anchor))
    checks.append(checking.check_freshness(record, now))
    stamped = None
    if token is not None:
        stamped = checking.check_timestamp(record, token, keys, authorities)
        checks.append(stamped[0])
    if policy is not None:
        checks.append(checking.check_policy(record, keys, policy, stamped))
    return checks


def _check_chain(
    record: Record, ledger: Ledger | None, keys: Sequence[TrustedKey], anchor: Anchor | None
) -> checking.Check:
    if ledger is None:
        return checking.Check("chain", checking.NOT_CHECKED, "no ledger: give it with --ledger")
    return checking.check_chain(record, ledger, keys, anchor)


def _checks_of_kept(
    record: Record,
    now: str,
    repository: Repository | None,
    ledger: Ledger | None,
    keys: Sequence[TrustedKey],
    anchor: Anchor | None,
    policy: Policy | None,
) -> list[checking.Check]:
    """What can be checked of a record that is about a file and no commit."""
    from soc2gate.evidence import kept, manual

    checks = []
    if record.kind == kept.MANUAL_TYPE:
        piece = manual.Piece.of(record)
        top = None if repository is None else repository.top()
        store = ledger.store if ledger is not None else None
        found = manual.at_hand(piece, store, top)
        told = f"{piece.file} has the sha256 {piece.sha256[:16]}"
        missing = f"{piece.file} is not at hand: its sha256 is {piece.sha256}"
        checks.append(
            checking.Check("file", checking.HOLDS, told)
            if found is not None
            else checking.Check("file", checking.NOT_CHECKED, missing)
        )
    checks.append(_check_chain(record, ledger, keys, anchor))
    if record.kind == kept.MANUAL_TYPE:
        checks.append(checking.ask("freshness", lambda: _check_term(manual.Piece.of(record), now)))
    if policy is not None:
        checks.append(checking.check_policy(record, keys, policy))
    return checks


def _check_term(piece: Piece, now: str) -> str:
    until = piece.fresh_until(None)
    if until and until <= now:
        raise EvidenceError(f"stale at {now}: it was valid until {piece.valid_until}")
    return f"valid at {now}" + (f", until {piece.valid_until}" if until else "; it names no end")


def _check_inputs(record: Record, repository: Repository) -> str:
    """Whether the files that were read, and the configuration, are those of the tree."""
    files = record.predicate["inputs"][0]["files"]
    with repository.written(record.tree) as tree:
        top = tree.folder.resolve()
        for file in files:
            # A link inside the tree may lead to another name of it; nothing may lead out of it.
            place = (tree.folder / file).resolve()
            if not place.is_relative_to(top) or not place.is_file():
                raise EvidenceError(f"{file} was read and is not in the tree")
        found = inputs_digest(tree.folder, files).removeprefix("sha256:")
    if found != record.predicate["inputs"][0]["digest"]["sha256"]:
        raise EvidenceError("the files of the tree are not those that were read")
    config = next(entry for entry in record.predicate["policies"] if entry["name"] == "config")
    blob = config["digest"].get("gitBlob")
    if blob and blob not in {entry.id for entry in repository.tree(record.tree)}:
        raise EvidenceError(f"the configuration {blob} is not in the tree")
    return f"{len(files)} files and the configuration are the tree's"


def _check_snapshot(live: Sequence[Mapping[str, Json]], snapshot: Snapshot) -> str:
    for entry in live:
        if entry["digest"] != {"sha256": snapshot.digest.removeprefix("sha256:")}:
            raise EvidenceError(f"this is not the snapshot that {entry['name']} was read from")
    return f"{len(live)} accounts and clusters are the snapshot's"


def reproduce(record: Record, asked: AttestRequest) -> tuple[Run, list[Check]]:
    """Judge the record's commit again, with its clock and its snapshot, and say what differs and why.

    Raises `UsageError` when the record rests on live state and no snapshot is given.
    """
    said = record.predicate
    if not record.is_evaluation:
        raise UsageError(f"this is a {record.kind}: nothing in it was judged, so nothing can be judged again")
    live = [entry for entry in said["inputs"] if entry["name"] != "declared"]
    if live and asked.snapshot is None:
        raise UsageError(
            "the record rests on live state, which has changed since", hint="give its snapshot with --snapshot FILE"
        )
    run, occasion = evaluate_commit(
        replace(
            asked,
            revision=record.commit,
            paths=tuple(said["scope"]["paths"]),
            now=record.judged_at,
            snapshot=asked.snapshot if live else None,
            fail_on=said["decision"]["fail_on"],
            on_incomplete=said["decision"]["on_incomplete"],
        )
    )
    again = statement.build(run, occasion, record.link)["predicate"]
    assert isinstance(again, dict)
    return run, checking.compare(said, again)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """Which period of which branch, and whose records count."""

    folder: Path
    """Anywhere in the repository."""
    place: str
    """The ledger, as `--ledger` names it."""
    keys: Sequence[TrustedKey]
    anchor: Anchor | None = None
    branch: str = "HEAD"
    start: str = ""
    end: str = ""
    at: str | None = None
    """One moment instead of a period."""
    late_after_hours: int = 24
    verify_every_hours: int = 0
    sample: int = 0
    seed: str = ""


def report(asked: ReportRequest) -> Report:
    """What a ledger says of a period, once every record in it is signed, in its form and in its chain.

    Raises `EvidenceError` when one is not: nothing is told of a ledger that does not hold.
    """
    # Imported here: attesting a commit needs none of it.
    from soc2gate import keeping
    from soc2gate.evidence import controls, manual, period, reading, reviews, scope
    from soc2gate.evidence.ledger import Ledger
    from soc2gate.evidence.stores import open_kept

    repository = Repository.at(asked.folder)
    ledger = Ledger(open_kept(asked.place, asked.folder))
    everything = ledger.checked(asked.keys, asked.anchor, reading.essential)
    records = [record for record in everything if record.is_evaluation]
    if asked.at is not None:
        window = period.moment(repository, records, asked.at, asked.branch)
    else:
        window = period.window(repository, records, asked.start, asked.end, asked.branch)
    line = {change.commit for change in window.line}
    landed = [record for record in records if record.commit in line]
    promised = keeping.promised(repository, landed, window.line[-1].tree, window.begins, window.ends)
    hours = asked.verify_every_hours or promised.last.in_scope.verify_every_hours
    made = period.report(
        records,
        window,
        late_after_hours=asked.late_after_hours,
        verify_every_hours=hours,
        sample=asked.sample,
        seed=asked.seed,
    )
    slots = manual.standings(manual.pieces_of(everything), promised.slots(window.ends), window.begins, window.ends)
    access = reviews.read(everything, window.ends)
    places = scope.places(promised.turns, records, window.begins, window.ends, hours)
    more = (
        *manual.gaps(slots, window.ends),
        *reviews.gaps(access, window.begins, window.ends),
        *scope.gaps(places, window.ends),
    )
    before = window.line[window.first - 1].commit if window.first else ""
    to = window.line[-1].commit
    return replace(
        made,
        asked=period.Asked(
            repository=repository.uri(),
            branch=asked.branch,
            start=period.settled(asked.start, before) if asked.start else "",
            end="" if asked.at is not None else period.settled(asked.end, to, last=True),
            at="" if asked.at is None else period.settled(asked.at, to, last=True),
            late_after_hours=asked.late_after_hours,
            verify_every_hours=asked.verify_every_hours,
            sample=asked.sample,
        ),
        digests={record.sequence: record.digest for record in everything},
        anchored_at=asked.anchor.sequence if asked.anchor is not None else 0,
        slots=slots,
        access=access,
        places=places,
        gaps=tuple(controls.by_rank([*made.gaps, *more])),
        not_looked_at={**made.not_looked_at, **dict.fromkeys(promised.unread, 1)},
    )


def _evaluator_digest() -> str:
    """What names this program: the sha256 of its files' digests. Rules and mappings have digests of their own."""
    package = Path(__file__).parent
    files = (path.relative_to(package) for path in package.rglob("*") if path.is_file())
    names = sorted(file.as_posix() for file in files if not {"__pycache__", "_data"} & set(file.parts))
    return inputs_digest(package, names).removeprefix("sha256:")
