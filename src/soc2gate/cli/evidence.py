"""`soc2gate evidence`: what people bring as evidence, recorded by digest beside the evaluation records."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc2gate import expectations, keeping
from soc2gate.cli import options
from soc2gate.cli.attest import anchor_of, signer_of, signing, trusted, trusting
from soc2gate.config import load as load_config
from soc2gate.errors import Exit, UsageError
from soc2gate.suggest import did_you_mean

if TYPE_CHECKING:
    from soc2gate.expectations import Expectations, ExpectedEvidence

_repository = click.option(
    "--repository",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    help="The git repository [here].",
)
_config = click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
_now = click.option("--now", metavar="TIME", help="The clock to use (ISO 8601, UTC) [now].")


@click.group(
    epilog="""\b
Examples:
  soc2gate evidence add --slot board-minutes --file minutes.pdf --dated 2026-09-30 --ledger evidence --key ci.key
  soc2gate evidence add --criterion CC1.2 --file minutes.pdf --valid-until 2026-12-31 --ledger git: --key ci.key
  soc2gate evidence status --ledger evidence --keys ci.pub

\b
Slots stand in soc2gate.yaml:
  evidence:
    board-minutes:
      title: Minutes of the board's security review
      criteria: [CC1.2]
      owner: Ann Lee
      max_age_days: 92
""",
)
def evidence() -> None:
    """What people bring as evidence: minutes, contracts, test reports.

    Only the file's digest is recorded, signed and chained as evaluation records are; the file stays where it is, or is
    copied beside the records with --copy. It goes stale like any other evidence, and `soc2gate report` tells.
    """


@evidence.command(
    "add",
    epilog="""\b
Examples:
  soc2gate evidence add --slot board-minutes --file minutes.pdf --dated 2026-09-30 --ledger evidence --key ci.key
  soc2gate evidence add --control incident-response --file drill.md --valid-until 2027-03-31 --ledger git: --key ci.key
""",
)
@click.option("--slot", default="", help="A slot of soc2gate.yaml: controls, criteria, owner and title are its own.")
@click.option("--control", "controls", multiple=True, help="The control it is for. Repeatable.")
@click.option("--criterion", "criteria", multiple=True, help="The criterion it is for. Repeatable.")
@click.option("--file", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The evidence.")
@click.option("--owner", default="", help="Who brings it and answers for it [the slot's].")
@click.option("--title", default="", help="What it is, in words [the slot's, or the file's name].")
@click.option("--dated", default="", metavar="DATE", help="The day the evidence itself is of [today].")
@click.option("--valid-until", default="", metavar="DATE", help="The last day it counts.")
@click.option("--note", default="", help="Anything else to say.")
@click.option("--copy", is_flag=True, help="Keep a copy beside the records, in files/ of the ledger's directory.")
@signing
@_repository
@_config
@_now
def add(
    slot: str,
    controls: tuple[str, ...],
    criteria: tuple[str, ...],
    file: Path,
    owner: str,
    title: str,
    dated: str,
    valid_until: str,
    note: str,
    copy: bool,
    place: str,
    key_names: tuple[str, ...],
    passphrase_file: Path | None,
    repository: Path,
    config_file: Path | None,
    now: str | None,
) -> int:
    """Record a file as evidence, by its digest.

    What it is for is a slot of soc2gate.yaml, or controls and criteria. It is stale after --valid-until, and when it is
    older than the slot's max_age_days, whichever comes first.
    """
    from soc2gate.evidence.envelope import digest
    from soc2gate.evidence.ledger import Ledger
    from soc2gate.evidence.stores import open_store

    config = load_config(repository, config_file)
    expected = _slot(expectations.of(config), slot) if slot else None
    _check_names(controls, criteria, config.packs)
    if expected is not None:
        controls = controls or expected.controls
        criteria = criteria or expected.criteria
    if not (controls or criteria or slot):
        raise UsageError("evidence is for something: give --slot, --control or --criterion")
    time = options.clock(now)
    dated = _day("--dated", dated) or time[:10]
    _check_days(dated, _day("--valid-until", valid_until), expected, time[:10])
    who = owner or (expected.owner if expected else "")
    if not who:
        raise UsageError("somebody answers for evidence: give --owner, or a --slot that names one")
    asked = keeping.EvidenceRequest(
        file=file,
        slot=slot,
        title=title or (expected.title if expected else "") or file.name,
        controls=controls,
        criteria=criteria,
        owner=who,
        dated=dated,
        valid_until=valid_until,
        note=note,
        copy=copy,
        now=time,
        repository=repository,
        environment=os.environ,
    )
    signers = [signer_of(key, passphrase_file) for key in key_names]
    link, record = keeping.add_evidence(asked, Ledger(open_store(place, repository)), signers)
    click.echo(f"record {link.sequence}: {file.name} for {' '.join((slot, *controls, *criteria)).strip()}")
    click.echo(f"head {link.sequence}:{digest(record)}")
    return int(Exit.OK)


@evidence.command(
    "status",
    epilog="""\b
Examples:
  soc2gate evidence status --ledger evidence --keys ci.pub
  soc2gate evidence status --ledger git: --keys soc2gate-keys.json --now 2027-01-15     how it will stand then
""",
)
@trusting
@_repository
@_config
@_now
def status(
    key_files: tuple[Path, ...],
    place: str | None,
    anchor_text: str | None,
    repository: Path,
    config_file: Path | None,
    now: str | None,
) -> int:
    """Each slot of soc2gate.yaml, and what was recorded for it: fresh, stale or missing.

    The whole ledger is checked first. Exit 3 when a slot's evidence is stale or missing.
    """
    from soc2gate.evidence import manual, reading
    from soc2gate.evidence.ledger import Ledger
    from soc2gate.evidence.stores import open_store

    if place is None:
        raise UsageError("records are read from a ledger: give --ledger")
    config = load_config(repository, config_file)
    time = options.clock(now)
    ledger = Ledger(open_store(place, repository))
    records = ledger.checked(trusted(key_files), anchor_of(anchor_text), reading.essential)
    if not records:
        click.echo(f"there is no record in {place} yet", err=True)
    expected = {name: (slot, time) for name, slot in expectations.of(config).evidence.items()}
    found = manual.standings(manual.pieces_of(records), expected, time, time)
    for slot in found:
        until = f" until {slot.fresh_until[:10]}" if slot.age == manual.FRESH and slot.fresh_until else ""
        about = " ".join((*slot.controls, *slot.criteria))
        click.echo(
            f"{slot.age.ljust(8)} {slot.id}{until}, {slot.owner}: {slot.title}" + (f" ({about})" if about else "")
        )
        for piece in slot.pieces[:1]:
            click.echo(f"         {piece.file} of {piece.dated}, record {piece.record}, sha256 {piece.sha256}")
    if not found:
        click.echo("no slot is configured, and no evidence is recorded: see `soc2gate evidence --help`")
    lacking = [slot for slot in found if slot.expected and slot.age != manual.FRESH]
    return int(Exit.INCOMPLETE if lacking else Exit.OK)


def _slot(expected: Expectations, name: str) -> ExpectedEvidence:
    if name not in expected.evidence:
        known = ", ".join(expected.evidence) or "none: soc2gate.yaml names them under evidence:"
        raise UsageError(
            f"--slot {name}: there is no such slot", hint=did_you_mean(name, expected.evidence) or f"known: {known}"
        )
    return expected.evidence[name]


def _check_names(controls: Sequence[str], criteria: Sequence[str], packs: Sequence[Path]) -> None:
    from soc2gate.packs import load as load_rules

    rules = load_rules(packs)
    for flag, given, known in (("--control", controls, rules.controls), ("--criterion", criteria, rules.criteria)):
        for name in given:
            if name not in known:
                hint = did_you_mean(name, known) or f"known: {', '.join(sorted(known))}"
                raise UsageError(f"{flag} {name}: there is none of that name", hint=hint)


def _check_days(dated: str, valid_until: str, slot: ExpectedEvidence | None, today: str) -> None:
    if dated > today:
        raise UsageError(f"--dated {dated} is in the future")
    if valid_until and valid_until < dated:
        raise UsageError(f"--valid-until {valid_until} is before the day it is dated, {dated}")
    if not valid_until and (slot is None or slot.max_age_days is None):
        raise UsageError("evidence goes stale: give --valid-until, or a slot with max_age_days")


def _day(flag: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise UsageError(f"{flag} {text}: not a date", hint="write it as 2026-12-31") from None
