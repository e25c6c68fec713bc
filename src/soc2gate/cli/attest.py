"""`soc2gate attest`: a signed evaluation record of a commit; checking one; doing it again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from soc2gate import attesting
from soc2gate.cli import options
from soc2gate.cli.keygen import passphrase
from soc2gate.errors import CollectError, EvidenceError, Exit, UsageError

if TYPE_CHECKING:
    from soc2gate.evidence.checking import Check
    from soc2gate.evidence.envelope import Signer, TrustedKey
    from soc2gate.evidence.ledger import Anchor, Ledger, Record
    from soc2gate.evidence.repository import Repository
    from soc2gate.evidence.statement import Link
    from soc2gate.live.snapshot import Snapshot
    from soc2gate.model.value import Json

Command = TypeVar("Command", bound=Callable[..., Any])

_repository = click.option(
    "--repository",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    help="The git repository [here].",
)
_snapshots = click.option(
    "--snapshot",
    "snapshot_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Live state, from `soc2gate collect`. Repeatable.",
)
_now = click.option("--now", metavar="TIME", help="The clock to judge by (ISO 8601, UTC).")


def trusting(command: Command) -> Command:
    """Flags about the ledger and whose signatures count."""
    for option in reversed(
        [
            click.option(
                "--keys",
                "key_files",
                multiple=True,
                required=True,
                type=click.Path(path_type=Path, dir_okay=False),
                help="A trusted public key (PEM), or a file of trusted keys. Repeatable.",
            ),
            click.option(
                "--ledger", "place", metavar="PLACE", help="A directory, git:BRANCH[@REMOTE] or s3://bucket/prefix."
            ),
            click.option(
                "--anchor",
                "anchor_text",
                metavar="NUMBER:DIGEST",
                help="The newest head that you kept elsewhere; catches a ledger that was cut off.",
            ),
        ]
    ):
        command = option(command)
    return command


def signing(command: Command) -> Command:
    """Flags about where a record of what people bring or decide is kept, and who signs it."""
    for option in reversed(
        [
            click.option(
                "--ledger",
                "place",
                required=True,
                metavar="PLACE",
                help="A directory, git:BRANCH[@REMOTE] or s3://bucket/prefix.",
            ),
            click.option(
                "--key",
                "key_names",
                multiple=True,
                required=True,
                metavar="KEY",
                help="Private key: a file, or awskms:///ARN. Repeatable.",
            ),
            click.option(
                "--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is used."
            ),
        ]
    ):
        command = option(command)
    return command


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  soc2gate attest --key ci.key --ledger evidence                      the commit HEAD, judged from its own tree
  soc2gate attest --key ci.key --ledger git: --snapshot live.json.gz  with live state; kept on a branch of its own
  soc2gate attest --key awskms:///alias/soc2gate --ledger s3://evidence/infra   signed by AWS KMS, kept in a bucket
  soc2gate attest --key ci.key --ledger git: --timestamp https://tsa.example.org   with an authority's word on when
  soc2gate attest --predicate predicate.json                          unsigned, for another signer (actions/attest)
  soc2gate attest verify evidence/records/000/000000001.dsse.json --keys ci.pub --ledger evidence
  soc2gate attest find --ledger evidence --commit 1f3a9c2                where the record of a commit is
  soc2gate attest reproduce record.dsse.json --keys ci.pub            judge the commit again and compare
""",
)
@_repository
@click.option("--commit", "revision", default="HEAD", show_default=True, help="The commit to judge.")
@click.option("--path", "paths", multiple=True, help="A folder of the repository [all of it]. Repeatable.")
@_snapshots
@click.option(
    "--key",
    "key_names",
    multiple=True,
    metavar="KEY",
    help="Private key: a file, or awskms:///ARN (awskms:///alias/NAME) for one in AWS KMS. Repeatable: each signs.",
)
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is used.")
@click.option(
    "--ledger", "place", metavar="PLACE", help="Keep it in a directory, git:BRANCH[@REMOTE] or s3://bucket/prefix."
)
@click.option("--retain-days", type=click.IntRange(min=1), help="S3: how long nobody may delete it (object lock).")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Also, or only, write the record here.")
@click.option(
    "--predicate",
    "predicate_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also, or only, write the record's predicate here, unsigned: for another signer.",
)
@click.option(
    "--timestamp",
    "authority",
    metavar="URL",
    help="Ask this RFC 3161 authority for a timestamp of the record, kept beside it.",
)
@click.option("--change", "change_file", type=click.Path(path_type=Path), help="What the workflow knows of the change.")
@click.option("--fail-on", type=click.Choice(options.LEVELS), help="Lowest severity that closes the gate.")
@click.option("--on-incomplete", type=click.Choice(["block", "report"]), help="Whether gaps close the gate.")
@_now
@click.pass_context
def attest(
    context: click.Context,
    repository: Path,
    revision: str,
    paths: tuple[str, ...],
    snapshot_files: tuple[Path, ...],
    key_names: tuple[str, ...],
    passphrase_file: Path | None,
    place: str | None,
    retain_days: int | None,
    output: Path | None,
    predicate_file: Path | None,
    authority: str | None,
    change_file: Path | None,
    fail_on: str | None,
    on_incomplete: str | None,
    now: str | None,
) -> int | None:
    """Judge a commit and write a signed evaluation record of it.

    Reads the commit's tree from git, with its own configuration: neither the work tree nor variables of this machine
    play a part, so that anybody can judge the same again. Leaves with the gate's exit code.
    """
    if context.invoked_subcommand is not None:
        return None
    if not key_names and (predicate_file is None or place is not None or output is not None):
        raise UsageError("a record is signed: give --key", hint="make one: soc2gate keygen")
    if authority is not None:
        if not key_names:
            raise UsageError("what is not signed is not stamped either: give --key with --timestamp")
        from soc2gate.evidence import timestamps

        timestamps.require(authority)
    if place is None and output is None and predicate_file is None:
        raise UsageError("nowhere to write to: give --ledger or --output")
    asked = attesting.AttestRequest(
        folder=repository,
        revision=revision,
        clock=lambda: options.clock(now),
        paths=_paths(paths),
        now=options.clock(now) if now else "",
        snapshot=_snapshot(snapshot_files),
        fail_on=fail_on or options.from_environment("SOC2GATE_FAIL_ON", options.LEVELS),
        on_incomplete=on_incomplete or options.from_environment("SOC2GATE_ON_INCOMPLETE", options.ON_INCOMPLETE),
        environment=os.environ,
        change_file=change_file,
    )
    built: list[dict[str, Json]] = []
    kept = _keeper(key_names, passphrase_file, place, repository, retain_days or 0)

    def keep(build: Callable[[Link], dict[str, Json]]) -> tuple[Link, bytes]:
        def once(link: Link) -> dict[str, Json]:
            # A ledger that somebody else wrote to meanwhile asks again: the last one is what it holds.
            built[:] = [build(link)]
            return built[0]

        return kept(once)

    run, link, record = attesting.attest(asked, keep)
    if predicate_file is not None:
        text = json.dumps(built[0]["predicate"], indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        options.write_atomically(predicate_file, text)
    _told(run, link, record, output)
    if authority is not None and not _stamped(authority, link, record, output, ledger_at(place, repository)):
        return int(run.decision.exit or Exit.INCOMPLETE)
    return int(run.decision.exit)


def _stamped(url: str, link: Link, record: bytes, output: Path | None, ledger: Ledger | None) -> bool:
    """Keep an authority's token beside the record; False where it gave none, and the record stays without."""
    from soc2gate.evidence import timestamps

    try:
        token = timestamps.ask(url, record)
    except CollectError as error:
        click.echo(f"soc2gate: {error}\n  the record is kept, without a timestamp", err=True)
        return False
    if ledger is not None:
        ledger.store.stamp(link.sequence, token)
    if output is not None:
        options.write_bytes_atomically(output.with_name(output.name + timestamps.SUFFIX), token)
    click.echo(f"timestamp by {url}")
    return True


def _keeper(
    key_names: tuple[str, ...], passphrase_file: Path | None, place: str | None, repository: Path, retain_days: int
) -> Callable[[Callable[[Link], dict[str, Json]]], tuple[Link, bytes]]:
    from soc2gate.evidence import envelope
    from soc2gate.evidence.ledger import Ledger
    from soc2gate.evidence.statement import Link as First
    from soc2gate.evidence.stores import open_store

    signers = [signer_of(name, passphrase_file) for name in key_names]
    if len({signer.public.keyid for signer in signers}) != len(signers):
        raise UsageError("one key is given twice: two signatures of one key are one", hint="give each --key once")
    ledger = Ledger(open_store(place, repository, retain_days=retain_days)) if place is not None else None

    def keep(build: Callable[[Link], dict[str, Json]]) -> tuple[Link, bytes]:
        if ledger is not None:
            return ledger.append(build, signers)
        if not signers:
            build(First())
            return First(), b""
        return First(), envelope.seal(build(First()), envelope.STATEMENT_TYPE, signers)

    return keep


def signer_of(name: str, passphrase_file: Path | None) -> Signer:
    """The private key in a file or in AWS KMS; raises `UsageError` for one that cannot be read, opened or used."""
    from soc2gate.evidence import kms
    from soc2gate.evidence.envelope import load_signer

    if kms.is_kms(name):
        return kms.signer(name)
    file = Path(name)
    try:
        encrypted = b"ENCRYPTED" in file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the key {file}: {error.strerror}") from None
    return load_signer(file, passphrase(passphrase_file) if encrypted else None)


def _told(run: Any, link: Link, record: bytes, output: Path | None) -> None:
    from soc2gate.evidence.envelope import digest

    if output is not None:
        options.write_atomically(output, record.decode())
    gate = "open" if run.decision.exit == 0 else "closed"
    nothing = "nothing found" if run.roots else "nothing was judged, for the commit holds no infrastructure code"
    click.echo(f"gate {gate}, exit {int(run.decision.exit)}: {'; '.join(run.decision.reasons) or nothing}")
    if not record:
        click.echo(f"predicate, unsigned; result {run.digests['result']}")
        return
    click.echo(f"record {link.sequence}, result {run.digests['result']}")
    # This line is the anchor: kept elsewhere, it tells later that nothing was cut off.
    click.echo(f"head {link.sequence}:{digest(record)}")


@attest.command(
    "verify",
    epilog="""\b
Examples:
  soc2gate attest verify record.dsse.json --keys soc2gate-keys.json
  soc2gate attest verify record.dsse.json --keys soc2gate-keys.json --ledger git:evidence --anchor 42:9f86d0…
  soc2gate attest verify record.dsse.json --keys soc2gate-keys.json --repository . --snapshot live.json.gz
""",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@trusting
@_repository
@_snapshots
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="What it must say to be accepted.")
@click.option(
    "--timestamp",
    "token_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Its RFC 3161 timestamp [FILE.tsr, or the ledger's].",
)
@click.option("--now", metavar="TIME", help="When freshness is asked for (ISO 8601, UTC) [now].")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(
    file: Path,
    key_files: tuple[Path, ...],
    place: str | None,
    anchor_text: str | None,
    repository: Path,
    snapshot_files: tuple[Path, ...],
    policy_file: Path | None,
    token_file: Path | None,
    now: str | None,
    form: str,
) -> int:
    """Check a record: signature, form, totals, subjects, inputs, chain, freshness, timestamp, policy. Offline.

    Exit 1 when a check fails, 3 when one could not be made (no repository, no ledger, no snapshot), 0 when all hold.
    """
    from soc2gate.evidence import checking, timestamps

    anchor = anchor_of(anchor_text)
    if anchor is not None and place is None:
        raise UsageError("an anchor is compared with a ledger: give --ledger too")
    record, keys, ledger = read_record(file), trusted(key_files), ledger_at(place, repository, kept=True)
    token = _token(record, file, token_file, ledger)
    checks = attesting.check_attestation(
        record,
        keys,
        now=options.clock(now),
        repository=_repository_at(repository),
        ledger=ledger,
        anchor=anchor,
        policy=checking.load_policy(policy_file) if policy_file else None,
        snapshot=_snapshot(snapshot_files),
        token=token,
        authorities=timestamps.load_authorities(key_files) if token is not None else (),
    )
    show(checks, form)
    return int(checking.exit_of(checks))


def _token(record: Record, file: Path, named: Path | None, ledger: Ledger | None) -> bytes | None:
    """The record's timestamp: the file that was named, the one beside it, or the ledger's; None where there is none."""
    from soc2gate.evidence.stores import TIMESTAMPS
    from soc2gate.evidence.timestamps import SUFFIX

    beside = named or file.with_name(file.name + SUFFIX)
    if named is not None or beside.exists():
        try:
            return beside.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read the timestamp {beside}: {error.strerror}") from None
    number = record.link.sequence
    if ledger is not None and number in ledger.store.sequences(TIMESTAMPS):
        return ledger.store.read(TIMESTAMPS, number)
    return None


@attest.command(
    "reproduce",
    epilog="""\b
Examples:
  soc2gate attest reproduce record.dsse.json --keys soc2gate-keys.json      in the clone it was made in
  soc2gate attest reproduce record.dsse.json --keys soc2gate-keys.json --repository ../shop --snapshot live.json.gz
""",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--keys",
    "key_files",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A trusted public key (PEM), or a file of trusted keys. Repeatable.",
)
@_repository
@_snapshots
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def reproduce(
    file: Path, key_files: tuple[Path, ...], repository: Path, snapshot_files: tuple[Path, ...], form: str
) -> int:
    """Judge the record's commit again, with its clock and its snapshot, and compare the results.

    Exit 0 when the result is the same, 1 when it is not; then what went in tells why.
    """
    from soc2gate.evidence import checking

    record = read_record(file)
    genuine = [checking.check_signature(record, trusted(key_files))]
    if genuine[0].answer == checking.HOLDS:
        genuine.append(checking.check_schema(record))
    if genuine[-1].answer != checking.HOLDS:
        show(genuine, form)
        return int(Exit.CLOSED)
    given = _snapshot(snapshot_files)
    asked = attesting.AttestRequest(
        folder=repository, revision=record.commit, clock=lambda: record.judged_at, snapshot=given
    )
    _, checks = attesting.reproduce(record, asked)
    show([*genuine, *checks], form)
    return int(checking.exit_of_reproduction(checks))


@attest.command(
    "find",
    epilog="""\b
Examples:
  soc2gate attest find --ledger evidence --commit 1f3a9c2          by how its id begins
  soc2gate attest find --ledger git: --tree 9be1…                  a squash merge keeps the tree
  soc2gate attest find --ledger evidence --control backup --at 2026-06-30 --keys ci.pub
""",
)
@click.option(
    "--ledger", "place", required=True, metavar="PLACE", help="A directory, git:BRANCH[@REMOTE] or s3://bucket/prefix."
)
@_repository
@click.option("--commit", default="", help="A commit's id, or how it begins.")
@click.option("--tree", default="", help="A tree's id, or how it begins.")
@click.option("--control", default="", help="Only records in which its rules judged something.")
@click.option("--at", default="", metavar="TIME", help="Only the newest by then: a date, or a time (ISO 8601, UTC).")
@click.option(
    "--keys",
    "key_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Check signatures by these public keys. Repeatable.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def find(
    place: str,
    repository: Path,
    commit: str,
    tree: str,
    control: str,
    at: str,
    key_files: tuple[Path, ...],
    form: str,
) -> int:
    """Find records in a ledger, newest first.

    An index in the user's cache folder makes this quick. It only says where to look: every record shown is read from
    the ledger. `soc2gate attest verify` checks one. Exit 1 when a signature fails, 3 when there is no such record.
    """
    from soc2gate.evidence import checking, index
    from soc2gate.evidence.stores import name_of, open_kept

    if not (commit or tree or control or at):
        raise UsageError("nothing to look for: give --commit, --tree, --control or --at")
    for name, value in (("--commit", commit), ("--tree", tree)):
        if value and not re.fullmatch(r"[0-9a-f]{4,64}", value):
            raise UsageError(f"{name} {value}: an id is four or more of 0-9 and a-f")
    keys = trusted(key_files)
    wanted = index.Wanted(commit, tree, control, _moment(at) if at else "")
    rows = []
    for record in index.find(open_kept(place, repository), index.place_of(_named(place, repository)), wanted):
        signature = checking.check_signature(record, keys).answer if keys else checking.NOT_CHECKED
        # What people brought was not judged, and is about no commit.
        gate = record.predicate["decision"]["gate"] if record.is_evaluation else None
        rows.append(
            {
                "record": record.sequence,
                "kind": record.kind,
                "finished_at": record.finished_at,
                "commit": record.commit,
                "tree": record.tree,
                "gate": gate,
                "sha256": record.digest,
                "file": name_of("records", record.sequence),
                "signature": signature,
            }
        )
    if form == "json":
        click.echo(json.dumps({"schema": "soc2gate.found/1", "records": rows}, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            about = f"commit {row['commit']}  tree {row['tree']}  gate {row['gate']}"
            said = f"{row['record']}  {row['finished_at']}  {about if row['gate'] else row['kind']}"
            click.echo(f"{said}  signature {str(row['signature']).replace('_', ' ')}")
            click.echo(f"  {row['file']}  sha256 {row['sha256']}")
    if any(row["signature"] == checking.FAILS for row in rows):
        return int(Exit.CLOSED)
    return int(Exit.OK if rows else Exit.INCOMPLETE)


def show(checks: list[Check], form: str) -> None:
    """Each check and its answer, a line each."""
    if form == "json":
        import json

        rows = [{"check": check.name, "answer": check.answer, "detail": check.detail} for check in checks]
        click.echo(json.dumps({"schema": "soc2gate.checks/1", "checks": rows}, indent=2, ensure_ascii=False))
        return
    for check in checks:
        click.echo(f"{check.answer.replace('_', ' ').ljust(12)} {check.name.ljust(10)} {check.detail}")


def read_record(file: Path) -> Record:
    """Raises `UsageError` for a file that cannot be read, `EvidenceError` for one that is no record."""
    from soc2gate.evidence.ledger import Record as Read

    try:
        return Read.parse(file.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    except EvidenceError as error:
        raise EvidenceError(f"{file}: {error.message}", hint=error.hint) from None


def trusted(files: tuple[Path, ...]) -> tuple[TrustedKey, ...]:
    from soc2gate.evidence.envelope import load_trusted

    return tuple(key for file in files for key in load_trusted(file))


def anchor_of(text: str | None) -> Anchor | None:
    from soc2gate.evidence.ledger import Anchor as Parsed

    try:
        return Parsed.parse(text) if text else None
    except ValueError:
        raise UsageError(f"--anchor {text}: not a head", hint="`soc2gate attest` prints one: head 412:9f86…") from None


def ledger_at(place: str | None, repository: Path, *, kept: bool = False) -> Ledger | None:
    """The ledger that `--ledger` names, if it names one; `kept` raises `UsageError` for one without a record."""
    from soc2gate.evidence.ledger import Ledger as Opened
    from soc2gate.evidence.stores import open_kept, open_store

    return Opened((open_kept if kept else open_store)(place, repository)) if place is not None else None


def _repository_at(folder: Path) -> Repository | None:
    """None outside a repository: then what needs one is said not to be checked."""
    from soc2gate.evidence.repository import Repository as Found

    try:
        return Found.at(folder)
    except UsageError:
        return None


def _snapshot(files: tuple[Path, ...]) -> Snapshot | None:
    if not files:
        return None
    from soc2gate.live.snapshot import Snapshot as Read

    return Read.join(Read.read(file) for file in files)


def _paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if os.path.isabs(path) or ".." in path.split("/"):
            raise UsageError(f"--path {path}: a path inside the repository, from its top")
    return tuple(os.path.normpath(path) for path in paths) or (".",)


def _named(place: str, repository: Path) -> str:
    """A name that means this ledger from wherever it is asked."""
    if place.startswith("s3://"):
        return place
    folder = repository.resolve()
    return f"{folder} {place}" if place.startswith("git:") else str(Path(place).resolve())


def _moment(at: str) -> str:
    try:
        return options.clock(at)
    except UsageError:
        raise UsageError(f"--at {at}: not a time", hint="write it as 2026-11-21 or 2026-11-21T09:00:00Z") from None
