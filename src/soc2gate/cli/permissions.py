"""`soc2gate permissions`: what reading live state needs to be allowed, for whoever grants it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from soc2gate import opted, sides, suggest
from soc2gate.cli import options
from soc2gate.errors import Exit, UsageError
from soc2gate.kinds import has_live, known_kinds


@click.command(
    epilog="""\b
Examples:
  soc2gate permissions > policy.json            an IAM policy for all that the rules read
  soc2gate permissions --rule s3-encryption     for one rule
  soc2gate permissions --kind AWS::S3::Bucket   for one kind
  soc2gate permissions --state s3://states/prod.tfstate    with reading Terraform's state from its bucket
  soc2gate permissions --assume                 for who takes on the roles that soc2gate.yaml names (accounts:)
  soc2gate permissions kubernetes | kubectl apply -f -
""",
)
@click.argument("provider", type=click.Choice(["aws", "kubernetes"]), default="aws")
@click.option("--rule", "only", multiple=True, help="What this rule reads. Repeatable.")
@click.option("--kind", "asked", multiple=True, help="What reading this kind takes. Repeatable.")
@click.option(
    "--rules", "rule_dirs", multiple=True, type=click.Path(path_type=Path), help="Also the rules in this folder."
)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
@click.option(
    "--assume",
    is_flag=True,
    help="In place of what reading takes in each account: what whoever signs in needs, to take on the roles that "
    "accounts: and organization: of soc2gate.yaml name.",
)
@click.option(
    "--state",
    "states",
    multiple=True,
    metavar="s3://BUCKET/KEY",
    help="With what reading this Terraform state takes, and those that soc2gate.yaml names (roots: state). Repeatable.",
)
@click.option("--who", is_flag=True, help="With what `verify --who` asks of CloudTrail.")
def permissions(
    provider: str,
    only: tuple[str, ...],
    asked: tuple[str, ...],
    rule_dirs: tuple[Path, ...],
    config_file: Path | None,
    assume: bool,
    states: tuple[str, ...],
    who: bool,
) -> int:
    """Print the least that must be allowed for `collect` and `verify`: an IAM policy, or a Kubernetes ClusterRole.

    Only what reads; nothing in it can change anything, and nothing reads what is stored in buckets, tables, queues or
    secrets, but the Terraform states that you name. AWS's managed policy SecurityAudit includes all of the rest, but
    what Cloud Control takes where soc2gate.yaml asks for it (cloud_control:).
    Whatever is not allowed is reported as not looked at, never as fine.
    """
    request = options.request(options.Read(config_file=config_file, rule_dirs=rule_dirs, only=only))
    opted.allow_cloud_control(request)
    for name in asked:
        if name not in known_kinds():
            raise UsageError(f"there is no kind “{name}”", hint=suggest.did_you_mean(name, known_kinds()))
    # Imported here: the flags of other commands are completed without the live side.
    from soc2gate.live import permissions as least

    if assume:
        if provider != "aws":
            raise UsageError("--assume is about AWS accounts")
        document = least.assuming(request.config.accounts, request.config.organization)
        if not document["Statement"]:
            raise UsageError(
                "no role is taken on: soc2gate.yaml names neither accounts: nor organization:",
                hint="accounts: [{name: prod, role_arn: arn:aws:iam::123456789012:role/soc2gate-reader}]",
            )
        click.echo(json.dumps(document, indent=2))
        return int(Exit.OK)
    if only or not asked:
        # Without a rule named, what code declares is compared as well where no rule reads it.
        asked += tuple(sides.live_kinds(request.rules) if only else filter(has_live, known_kinds()))
    every = {*states, *opted.state_urls(request)} if provider == "aws" else set()
    document = least.iam_policy(asked, who=who, states=every) if provider == "aws" else least.cluster_role(asked)
    if not (document.get("Statement") or document.get("rules")):
        raise UsageError(f"none of these is read from {provider}")
    click.echo(json.dumps(document, indent=2))
    if every:
        click.echo(
            "note: a state holds secrets, and reading one reads them all; only ids are kept of it. Where its bucket"
            " encrypts with a key of yours, kms:Decrypt on that key is needed as well.",
            err=True,
        )
    if provider == "kubernetes" and "secrets" in json.dumps(document):
        click.echo(
            "note: of Secrets only metadata is asked for, but RBAC has no word for that: whoever may list them may read"
            " them. Without it, what rules ask of Secrets is reported as not looked at.",
            err=True,
        )
    return int(Exit.OK)
