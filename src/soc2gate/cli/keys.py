"""`soc2gate keys`: whose signatures count, in a file under version control."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from soc2gate.cli import options
from soc2gate.errors import Exit, UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


def _file(command: Command) -> Command:
    return click.option(
        "--trust",
        "file",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("soc2gate-keys.json"),
        show_default=True,
        help="The file of trusted keys.",
    )(command)


@click.group(
    epilog="""\b
Examples:
  soc2gate keys add ci.pub --owner "Platform CI"            from now on, what ci.key signs counts
  soc2gate keys add awskms:///alias/soc2gate --owner CI     the public half of a key in AWS KMS
  soc2gate keys add tsa-root.pem --owner "Example TSA"      a timestamp authority, by the root of its certificates
  soc2gate keys list                                        who is trusted, and for which time
  soc2gate keys retire 1f3a9c2                              what it signs from now on is refused; what it signed stays
""",
)
def keys() -> None:
    """Keep the file of trusted keys: whose signatures count, and for which time.

    Keep it under version control: then every change of trust has an author and a review. Key rotation is `add` for the
    new key and `retire` for the old one; records of both hold, each for the time of its key.
    """


@keys.command(
    "add",
    epilog="""\b
Examples:
  soc2gate keys add ci.pub --owner "release pipeline"
  soc2gate keys add ci.pub --from 2026-01-01T00:00:00Z --until 2026-12-31T23:59:59Z
""",
)
@click.argument("key")
@_file
@click.option("--owner", default="", help="Who answers for it.")
@click.option("--from", "begins", metavar="TIME", help="From when on it is trusted (ISO 8601, UTC) [now].")
@click.option("--until", "ends", metavar="TIME", help="Until when [it is retired].")
def add(key: str, file: Path, owner: str, begins: str | None, ends: str | None) -> int:
    """Trust KEY: a public key in PEM, awskms:///ARN for the public half of one in AWS KMS, or a certificate.

    A certificate is that of a timestamp authority: the root that its chain ends in.
    """
    from soc2gate.evidence import envelope, kms, timestamps, trust

    if kms.is_kms(key):
        public = kms.signer(key).public.pem
    else:
        public = _read(Path(key))
    if timestamps.is_certificate(public):
        # An authority is trusted for what it stamped before, too: its certificates have times of their own.
        span = _time("--from", begins) if begins else "", _time("--until", ends) if ends else ""
        authority = timestamps.entry_of(public, owner, *span, key)
        options.write_atomically(file, trust.added(file, authority, "authorities"))
        click.echo(f"timestamp authority {authority['id']}\ntrusted: {file}")
        return int(Exit.OK)
    public = envelope.public_key(public, key).pem
    entry = envelope.trust_entry(public, owner, _time("--from", begins), _time("--until", ends) if ends else "")
    options.write_atomically(file, trust.added(file, entry))
    click.echo(f"key {entry['id']}\ntrusted: {file}")
    return int(Exit.OK)


@keys.command(
    "retire",
    epilog="""\b
Examples:
  soc2gate keys retire 3f9a
  soc2gate keys retire 3f9a --at 2026-06-30T00:00:00Z
""",
)
@click.argument("key")
@_file
@click.option("--at", "at", metavar="TIME", help="Since when it no longer counts (ISO 8601, UTC) [now].")
def retire(key: str, file: Path, at: str | None) -> int:
    """End the time of the key whose id begins with KEY. What it signed before stays genuine."""
    from soc2gate.evidence import trust

    if not file.exists():
        raise UsageError(f"there is no {file}", hint="name the file of trusted keys with --trust")
    moment = _time("--at", at)
    text, whole = trust.retired(file, key, moment)
    options.write_atomically(file, text)
    click.echo(f"key {whole}\nvalid until {moment}: {file}")
    return int(Exit.OK)


@keys.command(
    "list",
    epilog="""\b
Examples:
  soc2gate keys list
  soc2gate keys list --format json
""",
)
@_file
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(file: Path, form: str) -> int:
    """List who is trusted, and for which time."""
    from soc2gate.evidence.envelope import load_trusted
    from soc2gate.evidence.timestamps import load_authorities

    known = [(key.keyid, key.kind, key.owner, key.valid_from, key.valid_until) for key in load_trusted(file)]
    known += [(one.id, "timestamps", one.owner, one.valid_from, one.valid_until) for one in load_authorities([file])]
    names = ("id", "type", "owner", "valid_from", "valid_until")
    rows = [dict(zip(names, one, strict=True)) for one in known]
    if form == "json":
        click.echo(json.dumps({"schema": "soc2gate.trusted/1", "keys": rows}, indent=2, ensure_ascii=False))
        return int(Exit.OK)
    for row in rows:
        span = f"from {row['valid_from'] or 'always'} until {row['valid_until'] or 'it is retired'}"
        click.echo(f"{row['id']}  {row['type']}  {span}  {row['owner']}".rstrip())
    return int(Exit.OK)


def _time(flag: str, given: str | None) -> str:
    try:
        return options.clock(given)
    except UsageError as error:
        raise UsageError(f"{flag} {given}: not a time", hint=error.hint) from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the key {file}: {error.strerror}") from None
