"""`soc2gate report`: what the records say of a period, or of one moment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc2gate import attesting
from soc2gate.cli import options
from soc2gate.cli.attest import anchor_of, signer_of, trusted, trusting
from soc2gate.errors import Exit, UsageError

if TYPE_CHECKING:
    from soc2gate.evidence.envelope import Signer, TrustedKey
    from soc2gate.evidence.period import Report
    from soc2gate.evidence.stores import Store

FORMATS = ("text", "json", "html", "csv", "zip", "oscal", "oscal-poam")


@click.command(
    epilog="""\b
Examples:
  soc2gate report --ledger git: --keys soc2gate-keys.json --from v1.0 --to main
  soc2gate report --ledger evidence --keys ci.pub --from 2026-07-01 --to 2026-12-31 --anchor 412:9f86…
  soc2gate report --ledger evidence --keys ci.pub --as-of 2026-12-31        one moment
  soc2gate report --ledger evidence --keys ci.pub --from v1.0 --format html --output report.html
  soc2gate report --ledger evidence --keys ci.pub --from v1.0 --format csv       controls to requirements
  soc2gate report --ledger evidence --keys ci.pub --from v1.0 --format oscal     NIST's assessment results; oscal-poam
  soc2gate report --ledger evidence --keys ci.pub --from v1.0 --format zip --key ci.key --output for-the-auditor.zip
""",
)
@trusting
@click.option("--repository", type=click.Path(path_type=Path, file_okay=False), default=Path("."))
@click.option("--branch", default="HEAD", show_default=True, help="The protected branch; its first parents count.")
@click.option("--from", "start", default="", help="The last head before the period: a revision, or a date (its start).")
@click.option("--to", "end", default="", help="The last head of the period: a revision, or a date (all of it).")
@click.option("--as-of", "at", help="One moment instead: a revision, or a date (its end).")
@click.option("--late-after", type=click.IntRange(min=0), default=24, show_default=True, help="Hours; 0 for never.")
@click.option("--verify-every", type=click.IntRange(min=1), help="Hours between looks at live state; gaps are named.")
@click.option("--sample", type=click.IntRange(min=1), help="Draw so many commits, the same for the same seed.")
@click.option("--seed", default="", help="For --sample.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--key", "key_name", metavar="KEY", help="Private key: a file, or awskms:///ARN; signs a zip.")
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is used.")
@click.option(
    "--files",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where files that people brought are, for a zip. Repeatable.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there.")
def report(
    key_files: tuple[Path, ...],
    place: str | None,
    anchor_text: str | None,
    repository: Path,
    branch: str,
    start: str,
    end: str,
    at: str | None,
    late_after: int,
    verify_every: int | None,
    sample: int | None,
    seed: str,
    form: str,
    key_name: str | None,
    passphrase_file: Path | None,
    folders: tuple[Path, ...],
    output: Path | None,
) -> int:
    """Tell what the evaluation records say of a period (--from, --to) or of one moment (--as-of).

    The population is every first-parent commit of the branch in the period, whether it has a record or not. The whole
    ledger is checked first; exit 1 when it does not hold, 3 when a change has no record.
    """
    from soc2gate.evidence import period
    from soc2gate.evidence.stores import open_store as open_place

    if place is None:
        raise UsageError("records are read from a ledger: give --ledger")
    if at is not None and (start or end):
        raise UsageError("--as-of is one moment; --from and --to are a period: give one of them")
    if form == "zip" and (key_name is None or output is None):
        raise UsageError("a package is signed and kept: give --key and --output with --format zip")
    keys = trusted(key_files)
    made = attesting.report(
        attesting.ReportRequest(
            folder=repository,
            place=place,
            keys=keys,
            anchor=anchor_of(anchor_text),
            branch=branch,
            start=start,
            end=end,
            at=at,
            late_after_hours=late_after,
            verify_every_hours=verify_every or 0,
            sample=sample or 0,
            seed=seed,
        )
    )
    if form == "zip" and key_name is not None and output is not None:
        store = open_place(place, repository)
        found, missing = _brought(made, store, repository, folders)
        number = _pack(made, store, keys, signer_of(key_name, passphrase_file), output, found)
        click.echo(f"wrote {output}: {number} files and their signed digests", err=True)
        for name in missing:
            click.echo(f"not at hand, so not packed: {name} (give its folder with --files)", err=True)
    elif output is not None:
        options.write_atomically(output, _told(form, made))
    else:
        click.echo(_told(form, made), nl=False)
    return int(Exit.INCOMPLETE if made.number(period.UNATTESTED) or made.window.beyond else Exit.OK)


def _told(form: str, made: Report) -> str:
    import json

    from soc2gate.evidence import telling

    if form == "text":
        return telling.text(made)
    document = telling.document(made)
    if form == "html":
        from soc2gate.output import period_html

        return period_html.render(document)
    if form == "csv":
        from soc2gate.output import period_csv
        from soc2gate.packs.frameworks import load_frameworks

        return period_csv.render(document, load_frameworks().values())
    if form in ("oscal", "oscal-poam"):
        from soc2gate.output import oscal

        document = oscal.assessment_results(document) if form == "oscal" else oscal.plan_of_action(document)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _brought(
    made: Report, store: Store, repository: Path, folders: Sequence[Path]
) -> tuple[dict[str, bytes], list[str]]:
    """The files that people brought, as far as they are at hand and still those that were recorded; and the others."""
    from soc2gate.evidence import manual
    from soc2gate.evidence.repository import Repository

    top = Repository.at(repository).top()
    found: dict[str, bytes] = {}
    missing = []
    for piece in (piece for slot in made.slots for piece in slot.pieces):
        data = manual.at_hand(piece, store, top, folders)
        if data is None:
            missing.append(f"{piece.file}, sha256 {piece.sha256}, of record {piece.record}")
        else:
            found[f"{piece.sha256[:16]}-{manual.plain_name(piece.file)}"] = data
    return found, missing


def _pack(
    made: Report,
    store: Store,
    keys: Sequence[TrustedKey],
    signer: Signer,
    output: Path,
    evidence: dict[str, bytes],
) -> int:
    from soc2gate.evidence import package, telling
    from soc2gate.output import period_csv

    said = telling.document(made)
    documents = {f"report.{form}": _told(form, made) for form in ("html", "json")}
    documents["controls.csv"] = _told("csv", made)
    documents["population.csv"] = period_csv.render_population(said)
    documents["access-review.csv"] = period_csv.render_access(said)
    documents["oscal-assessment-results.json"] = _told("oscal", made)
    if said["gaps"]:
        # OSCAL has no plan of action without an item.
        documents["oscal-plan-of-action.json"] = _told("oscal-poam", made)
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as target:
            number = package.write(target, store, made.digests, keys, documents, signer, evidence)
        temporary.replace(output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return number
