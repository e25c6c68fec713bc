"""`soc2gate keygen`: a key to sign evaluation records with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from soc2gate.cli.options import clock, write_atomically
from soc2gate.errors import Exit, UsageError

PASSPHRASE = "SOC2GATE_PASSPHRASE"


@click.command(
    epilog="""\b
Examples:
  soc2gate keygen --output ci                          writes ci.key (encrypted) and ci.pub, asks for a passphrase
  soc2gate keygen --output ci --trust soc2gate-keys.json --owner "Platform CI"
                                                       and adds it to the keys that your repository trusts
  soc2gate keys add awskms:///alias/soc2gate --trust soc2gate-keys.json
                                                       no key file at all: a key that never leaves AWS KMS
""",
)
@click.option("--output", "name", default="soc2gate", show_default=True, help="Write NAME.key and NAME.pub.")
@click.option("--type", "kind", type=click.Choice(["p256", "ed25519"]), default="p256", show_default=True)
@click.option("--passphrase-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is used.")
@click.option("--no-passphrase", is_flag=True, help="Leave the private key unencrypted.")
@click.option("--trust", type=click.Path(path_type=Path, dir_okay=False), help="Add the public key to this file.")
@click.option("--owner", default="", help="Who answers for the key; stands in the file of trusted keys.")
@click.option("--now", metavar="TIME", help="From when the key is trusted (ISO 8601, UTC) [now].")
def keygen(
    name: str,
    kind: str,
    passphrase_file: Path | None,
    no_passphrase: bool,
    trust: Path | None,
    owner: str,
    now: str | None,
) -> int:
    """Make a P-256 or Ed25519 key pair for signing records.

    The passphrase comes from --passphrase-file, from the variable SOC2GATE_PASSPHRASE, or is asked for.
    """
    from soc2gate.evidence import envelope

    private_file, public_file = Path(f"{name}.key"), Path(f"{name}.pub")
    for file in (private_file, public_file):
        if file.exists():
            raise UsageError(f"{file} exists; a key is never overwritten", hint="choose another --output")
    secret = None if no_passphrase else passphrase(passphrase_file, new=True)
    if not no_passphrase and not secret:
        raise UsageError(
            "no passphrase given", hint=f"set {PASSPHRASE}, or say --no-passphrase to leave the key unencrypted"
        )
    private, public, keyid = envelope.generate(kind, secret)
    _write_private(private_file, private)
    public_file.write_bytes(public)
    click.echo(f"key {keyid}\nprivate: {private_file}\npublic:  {public_file}")
    if trust is not None:
        from soc2gate.evidence import trust as trusting

        write_atomically(trust, trusting.added(trust, envelope.trust_entry(public, owner, clock(now))))
        click.echo(f"trusted: {trust}")
    return int(Exit.OK)


def passphrase(file: Path | None, *, new: bool = False) -> bytes | None:
    """The passphrase from a file, the environment or the person, in this order; None where nobody gives one."""
    if file is not None:
        try:
            return file.read_bytes().splitlines()[0]
        except (OSError, IndexError):
            raise UsageError(f"there is no passphrase in {file}") from None
    if os.environ.get(PASSPHRASE):
        return os.environ[PASSPHRASE].encode()
    if sys.stdin.isatty():
        asked: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
        return asked.encode()
    return None


def _write_private(file: Path, pem: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Only its owner may read it, from the first byte on.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
