"""`soc2gate access-review`: who may do what, for people to review; and what they decided, kept as evidence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc2gate import app, expectations, keeping
from soc2gate.cli import options, progress
from soc2gate.cli.attest import anchor_of, ledger_at, signer_of, signing, trusted
from soc2gate.errors import Exit, UsageError

if TYPE_CHECKING:
    from soc2gate.access.pack import Pack
    from soc2gate.evidence.ledger import Ledger
    from soc2gate.evidence.reviews import AccessReviews
    from soc2gate.live.snapshot import Snapshot
    from soc2gate.model.value import Json
    from soc2gate.request import Request

JSON_NAME, CSV_NAME = "access-review.json", "access-review.csv"

_repository = click.option(
    "--repository",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    help="The git repository, for a ledger on a branch of it [here].",
)


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  soc2gate access-review --snapshot live.json.gz --output review        from a snapshot; writes review/access-review.csv
  soc2gate access-review --live --provider aws --provider kubernetes --output review
  soc2gate access-review --snapshot live.json.gz --output review --ledger evidence --keys ci.pub --key ci.key
                                         knows earlier decisions, and records that the review was opened
  soc2gate access-review record review/access-review.csv --ledger evidence --key ci.key
                                         what people filled in: keep, remove or change; by whom; on which day

\b
Reviewers and days stand in soc2gate.yaml; the last pattern that fits a principal counts:
  access_review:
    every_days: 90
    reviewers:
      - {match: "*", reviewer: Security team}
      - {match: "arn:aws:iam::*:role/deploy-*", reviewer: Platform team, every_days: 30}
      - {match: "prod:ServiceAccount:*", reviewer: Platform team}
""",
)
@click.option(
    "--snapshot",
    "snapshot_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Live state, from `soc2gate collect`, or what `kubectl get -A -o json` wrote. Repeatable.",
)
@click.option("--live", "look", is_flag=True, help="Read the account or the cluster now.")
@click.option(
    "--provider",
    "providers",
    multiple=True,
    type=click.Choice(["aws", "kubernetes"]),
    help="For --live: what to read [aws]. Repeatable.",
)
@options.living
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
@click.option("--now", metavar="TIME", help="The clock to use (ISO 8601, UTC) [now].")
@click.option(
    "--ledger",
    "place",
    metavar="PLACE",
    help="Where earlier reviews are: a directory, git:BRANCH[@REMOTE] or s3://bucket/prefix.",
)
@click.option(
    "--keys",
    "trusted_files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Public keys that earlier reviews are trusted by. Repeatable.",
)
@click.option("--anchor", "anchor_text", metavar="NUMBER:DIGEST", help="The newest head that you kept elsewhere.")
@click.option(
    "--key",
    "key_names",
    multiple=True,
    metavar="KEY",
    help="Private key (a file, or awskms:///ARN): records that the review was opened. Repeatable.",
)
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is used.")
@_repository
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("access-review"),
    show_default=True,
    help="The folder to write access-review.csv and access-review.json to.",
)
@click.pass_context
def access_review(
    called: click.Context,
    snapshot_files: tuple[Path, ...],
    look: bool,
    providers: tuple[str, ...],
    live: options.Live,
    config_file: Path | None,
    now: str | None,
    place: str | None,
    trusted_files: tuple[Path, ...],
    anchor_text: str | None,
    key_names: tuple[str, ...],
    passphrase_file: Path | None,
    repository: Path,
    output: Path,
) -> int | None:
    """Write a pack for a review of access: each IAM and RBAC principal with privileges, second factor, keys, last use,
    reviewer and due date, and room for a decision.

    What could not be read is told as unknown, never left out. Exit 1 when somebody who was to be removed is still
    there, 3 when part could not be read.
    """
    if called.invoked_subcommand is not None:
        return None
    from soc2gate.access import pack as packs
    from soc2gate.live.files import read_files

    if bool(snapshot_files) == look:
        raise UsageError("access is that of a running account or cluster: give --snapshot, or --live")
    if place is not None and not trusted_files:
        raise UsageError("earlier reviews are trusted by their signatures: give --keys")
    if key_names and place is None:
        raise UsageError("a review is recorded in a ledger: give --ledger")
    request = options.request(options.Read(config_file=config_file, now=now), live=live)
    snapshot = _collected(request, providers) if look else read_files(snapshot_files)
    ledger = ledger_at(place, repository)
    known = _known(ledger, trusted_files, anchor_text)
    asked = expectations.of(request.config).access_review
    made = packs.make(snapshot, asked, request.now, known)
    _refuse_filled_in(output / CSV_NAME)
    options.write_atomically(output / JSON_NAME, made.text)
    options.write_atomically(output / CSV_NAME, packs.as_csv(made))
    if ledger is not None and key_names:
        from soc2gate.access import decisions

        _record(
            decisions.review(made, {}),
            [(JSON_NAME, made.text.encode())],
            request.now,
            ledger,
            key_names,
            passphrase_file,
        )
    _tell(made, output)
    return int(Exit.CLOSED if made.still_there else Exit.INCOMPLETE if made.document["unread"] else Exit.OK)


@access_review.command(
    "record",
    epilog="""\b
Examples:
  soc2gate access-review record review/access-review.csv --ledger evidence --key ci.key
  soc2gate access-review record filled-in.csv --pack review/access-review.json --ledger git: --key ci.key

\b
Columns to fill in: decision (keep, remove, change), decided_by, decided_on (2026-09-30), note (needed for change).
Whoever is left empty stays undecided, and may be handed in later.
""",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--pack",
    "pack_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The pack's JSON [access-review.json beside FILE].",
)
@signing
@_repository
@click.option("--now", metavar="TIME", help="The clock to use (ISO 8601, UTC) [now].")
def record(
    file: Path,
    pack_file: Path | None,
    place: str,
    key_names: tuple[str, ...],
    passphrase_file: Path | None,
    repository: Path,
    now: str | None,
) -> int:
    """Keep what reviewers decided as signed evidence.

    Only the decisions are read from FILE; who they are about, and what those may do, is taken from the pack. Exit 3
    when some principals are still undecided.
    """
    from soc2gate.access import decisions, pack

    beside = pack_file or file.with_name(JSON_NAME)
    text = _bytes(beside, "give the pack's JSON with --pack").decode("utf-8", "replace")
    made = pack.load(text, str(beside))
    data = _bytes(file, "")
    time = options.clock(now)
    decided = decisions.read(data, str(file), made, time[:10])
    if not decided:
        raise UsageError(f"{file}: no decision is filled in", hint="the column is `decision`: keep, remove or change")
    subjects = [(JSON_NAME, text.encode()), (file.name, data)]
    ledger = ledger_at(place, repository)
    assert ledger is not None
    _record(decisions.review(made, decided), subjects, time, ledger, key_names, passphrase_file)
    words = [one["decision"] for one in decided.values()]
    click.echo(", ".join(f"{words.count(word)} {word}" for word in pack.DECISIONS))
    left = [row["id"] for row in made.principals if row["id"] not in decided]
    for name in left[:20]:
        click.echo(f"undecided: {name}", err=True)
    if len(left) > 20:
        click.echo(f"and {len(left) - 20} more", err=True)
    return int(Exit.INCOMPLETE if left else Exit.OK)


def _collected(request: Request, providers: tuple[str, ...]) -> Snapshot:
    from soc2gate.access import aws, kubernetes

    with progress.shown() as told:
        return app.collect(
            request, providers=providers or ("aws",), asked=(*aws.KINDS, *kubernetes.KINDS), progress=told
        )


def _known(ledger: Ledger | None, keys: tuple[Path, ...], anchor: str | None) -> AccessReviews | None:
    from soc2gate.evidence import reading, reviews

    if ledger is None:
        return None
    return reviews.read(ledger.checked(trusted(keys), anchor_of(anchor), reading.essential))


def _record(
    review: dict[str, Json],
    subjects: list[tuple[str, bytes]],
    now: str,
    ledger: Ledger,
    key_names: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:
    from soc2gate.evidence.envelope import digest

    signers = [signer_of(key, passphrase_file) for key in key_names]
    link, data = keeping.keep_review(review, subjects, now, os.environ, ledger, signers)
    click.echo(f"record {link.sequence}")
    click.echo(f"head {link.sequence}:{digest(data)}")


def _bytes(file: Path, hint: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", hint=hint) from None


def _refuse_filled_in(file: Path) -> None:
    from soc2gate.access import decisions

    if file.is_file() and decisions.is_begun(_bytes(file, ""), str(file)):
        raise UsageError(
            f"{file} has decisions in it", hint="record them first, or write the new pack elsewhere with --output"
        )


def _tell(made: Pack, output: Path) -> None:
    said = made.document
    levels = [row["level"] for row in made.principals]
    told = ", ".join(f"{levels.count(level)} {level}" for level in dict.fromkeys(sorted(levels)))
    click.echo(
        f"{output / CSV_NAME}: {len(levels)} principals of {', '.join(said['places'])}" + (f" ({told})" if told else "")
    )
    for what, number in said["left_out"].items():
        click.echo(f"left out: {number} {what}")
    nobody = sum(not row["reviewer"] for row in made.principals)
    if nobody:
        click.echo(f"{nobody} have no reviewer: name one under access_review: in soc2gate.yaml", err=True)
    for row in made.still_there:
        click.echo(f"{row['id']} {row['remark']}", err=True)
    for one in said["unread"]:
        click.echo(f"not read: {one['what']} of {one['place']}: {one['reason']}", err=True)
