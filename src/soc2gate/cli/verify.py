"""`soc2gate verify`: judge code and live state with the same rules, and say where they disagree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soc2gate import app, opted
from soc2gate.cli import options, progress, watching
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass, replace
from soc2gate.model.outcome import Run

if TYPE_CHECKING:
    from soc2gate.comparing import Looked
    from soc2gate.live.snapshot import Snapshot
    from soc2gate.request import Request


@dataclass(frozen=True, slots=True)
class Against:
    """What code is compared with, as flags say it."""

    snapshot_files: tuple[Path, ...] = ()
    states: tuple[str, ...] = ()
    live_states: tuple[str, ...] = ()
    save_snapshot: Path | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """What was seen before, and when to look again, as flags say it."""

    looks: Path | None = None
    only_new: bool = False
    watch: str | None = None


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What becomes of live properties that code never says, as flags say it."""

    undeclared_file: Path | None = None
    accept_undeclared: bool = False
    on_undeclared: str | None = None


def against(command: Callable[..., int]) -> Any:
    flags = [
        click.option(
            "--snapshot",
            "snapshot_files",
            multiple=True,
            type=click.Path(path_type=Path, dir_okay=False),
            help="Compare with this snapshot (from `soc2gate collect`), with one that AWS Config delivered to its "
            "bucket, or with what `kubectl get deployments,… -A -o json` wrote, instead of reading live state. "
            "Repeatable.",
        ),
        click.option(
            "--state",
            "states",
            multiple=True,
            metavar="FILE|s3://BUCKET/KEY",
            help="Terraform state of the code: pair by the ids it tells (only ids are kept). One in a bucket is read "
            "there, which takes a permission of its own (soc2gate permissions --state s3://…). Repeatable.",
        ),
        click.option(
            "--live-state",
            "live_states",
            multiple=True,
            metavar="FILE|s3://BUCKET/KEY",
            help="Compare with what Terraform saw, as this state holds it (terraform show -json, or terraform state "
            "pull), instead of reading live state: no credentials, and as old as the last refresh. What Terraform "
            "does not manage, or its state does not tell, is undecided. Repeatable; it pairs as --state does.",
        ),
        click.option(
            "--save-snapshot",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Keep what was collected in this file.",
        ),
    ]
    return options.grouped(command, "against", Against, flags)


def since(command: Callable[..., int]) -> Any:
    flags = [
        click.option(
            "--history",
            "looks",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Keep here when each disagreement was first and last seen, and tell what is new and what is gone "
            "since the last look [beside --save-snapshot: live.json.gz has live.history.json]. It holds addresses "
            "and times, no values.",
        ),
        click.option(
            "--only-new",
            is_flag=True,
            help="Close only on disagreements and findings that the last look did not see; all are listed. Needs a "
            "history.",
        ),
        click.option(
            "--watch",
            metavar="TIME",
            help="Look again every TIME (90s, 15m, 6h) until Ctrl-C or SIGTERM; leaves with the last look's exit code.",
        ),
    ]
    return options.grouped(command, "since", Since, flags)


def unsaid(command: Callable[..., int]) -> Any:
    flags = [
        click.option(
            "--undeclared-baseline",
            "undeclared_file",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Live properties that rules read and code never says are told beside the disagreements; not those "
            "that this file accepts, unless they changed since. It holds names and digests, no values. No waiver "
            "covers them: a waiver accepts that a rule fails.",
        ),
        click.option(
            "--accept-undeclared",
            is_flag=True,
            help="Write that file with what is found now [soc2gate-undeclared.json]. What cannot be looked at stays "
            "accepted.",
        ),
        click.option(
            "--on-undeclared",
            type=click.Choice(("block", "report")),
            help="Whether such properties close the gate, from --fail-on up, or are only told [report]: code "
            "promises nothing of them, and a rule that fails for one closes it anyway.",
        ),
    ]
    return options.grouped(command, "unsaid", Unsaid, flags)


@click.command(
    epilog="""\b
Examples:
  soc2gate verify --region eu-west-1               code here against the account your credentials reach
  soc2gate verify infra --profile audit            with a read-only profile (SecurityAudit is enough)
  soc2gate verify --snapshot live.json.gz          against a snapshot, without credentials
  soc2gate verify --save-snapshot live.json.gz     and keep what was seen
  soc2gate verify infra --state state.json         pair by the ids in terraform show -json
  soc2gate verify infra --live-state state.json    against what Terraform saw last, without credentials
  soc2gate verify infra --state s3://states/prod.tfstate    the same by the state in its bucket
  soc2gate verify out/plan.json --root infra       what Terraform would apply (terraform show -json) against what runs
  soc2gate verify infra --environment prod         as configured for prod, against prod's account
  soc2gate verify --snapshot prod.json --snapshot test.json    environments in two accounts, each read by itself
  soc2gate verify k8s --context prod               manifests against a cluster
  soc2gate verify k8s --snapshot dump.json         against what kubectl get -A -o json wrote
  soc2gate verify --snapshot 123456789012_Config_eu-west-1_ConfigSnapshot_….json.gz    against AWS Config's
  soc2gate verify --results prowler.ocsf.json      with what Prowler found in the account beside ours
  soc2gate verify --accept-undeclared              write soc2gate-undeclared.json: what code never says, accepted
  soc2gate verify --undeclared-baseline soc2gate-undeclared.json --on-undeclared block
                                                   close on what came since
  soc2gate verify --watch 15m --only-new           look again and again; close on what is new
  soc2gate verify --save-snapshot seen/live.json.gz --only-new
                                                   the same once, under cron: seen/live.history.json keeps the times
  soc2gate verify infra --suggest infra/found.tf   and write Terraform for what runs and no code declares
  soc2gate verify --snapshot live.json.gz --suggest found/
                                                   the same without credentials, a file for each kind
""",
)
@options.reading
@options.living
@against
@since
@click.option(
    "--who",
    is_flag=True,
    help="Ask CloudTrail's history of ninety days who changed what differs in AWS, deleted what is missing, created "
    "what no code declares; an event that only may have done it is told as such. Takes a permission of its own "
    "(soc2gate permissions --who) and a second or two a resource. A cluster tells it without being asked (a dump: "
    "kubectl get --show-managed-fields), but not who deleted an object.",
)
@click.option(
    "--suggest",
    metavar="FILE.tf|FOLDER",
    type=click.Path(path_type=Path),
    help="Write Terraform that brings unmanaged resources into code, each with its import block, and manifests for "
    "objects of a cluster; and what would bring code in line with what was changed by hand (as comments, at the file "
    "and line that say otherwise). There may be no code yet: an empty folder will do. What is written reads back equal "
    "to what runs; what does not is left out and named. No secret is written: a variable stands for it. Needs the "
    "extra: pip install 'soc2gate[hcl]'.",
)
@click.option(
    "--baseline",
    "baseline_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Of the code, close only on what this file (from `soc2gate baseline`) does not hold; live findings and "
    "differences close all the same.",
)
@unsaid
@options.beside
@options.judging
def verify(
    read: options.Read,
    live: options.Live,
    against: Against,
    since: Since,
    who: bool,
    suggest: Path | None,
    baseline_file: Path | None,
    unsaid: Unsaid,
    beside: options.Beside,
    judge: options.Judge,
) -> int:
    """Compare code with what is running: the account and the cluster.

    Only calls that change no resource are made. Live state is read from the account and the cluster that your
    credentials and kubeconfig reach, or from a snapshot. Each environment of soc2gate.yaml is looked for in its own
    account and regions; what belongs to an account that was not read is undecided, never missing. A CloudFormation
    template is paired by the stack it is deployed as: the one that soc2gate.yaml names (roots: stack), or the only
    one with its logical ids. Values that a snapshot must not hold (environment variables, user data) are compared by
    digests where SOC2GATE_DIGEST_KEY holds the key they were collected with, and are undecided elsewhere.
    """
    looks = since.looks or _beside(against.save_snapshot)
    pause = None if since.watch is None else watching.pause(since.watch)
    if pause is not None and (against.snapshot_files or against.live_states or read.now):
        raise UsageError("--watch looks at what runs now: it goes with none of --snapshot, --live-state and --now")
    if against.save_snapshot is not None and (against.snapshot_files or against.live_states):
        raise UsageError(
            "--save-snapshot keeps what is collected: it goes with neither --snapshot nor --live-state",
            hint="for what was seen before: --history FILE",
        )
    if unsaid.accept_undeclared and pause is not None:
        raise UsageError("--accept-undeclared accepts what one look finds: it does not go with --watch")
    if since.only_new and looks is None and pause is None:
        raise UsageError("--only-new needs what the last look saw", hint="add --history FILE or --save-snapshot FILE")

    suggesting = None if suggest is None else _Suggesting(suggest)

    def look(kept: Path | None) -> Run:
        # Made for each look: in between, the code and its configuration may have changed.
        request = options.request(read, judge=judge, live=live, baseline_file=baseline_file, beside=beside)
        request = replace(request, who=who, looks=kept, only_new=since.only_new, not_code=against.snapshot_files)
        request = replace(request, into_code=suggest is not None)
        request = opted.with_fetched_states(_with_states(_with_undeclared(request, unsaid), against))
        snapshot = _read(against, request)
        with progress.shown() as told:
            return app.verify(
                request,
                snapshot,
                progress=told,
                keep=None if against.save_snapshot is None else _keeper(against.save_snapshot),
                accept=_accepter(request.undeclared) if unsaid.accept_undeclared and request.undeclared else None,
                then=suggesting,
            )

    def tell(run: Run) -> int:
        code = options.tell(run, judge)
        if run.history is not None:
            # After the telling: a look that nobody was told of has not been.
            watching.keep(run.history)
        return code

    if pause is None:
        return tell(look(looks))
    return watching.again_and_again(look, tell, pause, looks)


_ACCEPTED = "soc2gate-undeclared.json"


def _beside(snapshot: Path | None) -> Path | None:
    """Where what was seen before is kept, beside a snapshot that is kept."""
    if snapshot is None:
        return None
    return snapshot.with_name(f"{snapshot.name.removesuffix('.gz').removesuffix('.json')}.history.json")


def _with_states(request: Request, against: Against) -> Request:
    """With the states that pair what code declares with what runs."""
    given = (*(("--state", one) for one in against.states), *(("--live-state", one) for one in against.live_states))
    return replace(
        request,
        states=tuple(_state_file(flag, file) for flag, file in given if not file.startswith("s3://")),
        state_urls=tuple(dict.fromkeys(file for _, file in given if file.startswith("s3://"))),
    )


def _state_file(flag: str, given: str) -> Path:
    path = Path(os.path.abspath(given))
    if not path.is_file():
        raise UsageError(f"{flag}: there is no file {given}", hint="write one with: terraform show -json > state.json")
    return path


def _with_undeclared(request: Request, unsaid: Unsaid) -> Request:
    file = unsaid.undeclared_file and Path(os.path.abspath(unsaid.undeclared_file))
    file = file or request.config.undeclared_baseline
    if file is None and unsaid.accept_undeclared:
        file = Path.cwd() / _ACCEPTED
    return replace(request, undeclared=file, on_undeclared=unsaid.on_undeclared or request.config.on_undeclared)


def _accepter(file: Path) -> Callable[[str], None]:
    def accept(text: str) -> None:
        options.write_atomically(file, text)
        click.echo(f"wrote {file}", err=True)

    return accept


def _read(against: Against, request: Request) -> Snapshot | None:
    """Live state as files hold it; None where there are none, and it has to be collected."""
    from soc2gate.live.files import read_files
    from soc2gate.live.snapshot import Snapshot

    found = [read_files(against.snapshot_files)] if against.snapshot_files else []
    if against.live_states:
        from soc2gate.state_as_live import read_states

        files = [request.fetched.get(one) or Path(one) for one in against.live_states]
        found.append(read_states(files, request.base))
    return Snapshot.join(found) if found else None


def _keeper(file: Path) -> Callable[[Snapshot], None]:
    def keep(snapshot: Snapshot) -> None:
        snapshot.write(file)

    return keep


class _Suggesting:
    """Writes what would bring live state into code, and says so."""

    def __init__(self, target: Path) -> None:
        # Refused before anything is looked at: collecting takes minutes.
        from soc2gate import into_code
        from soc2gate.into_code.hcl import writer

        into_code.check_target(target)
        self._writer = writer()
        self._target = target

    def __call__(self, looked: Looked) -> None:
        from soc2gate import into_code

        found = into_code.suggestions(looked, self._writer)
        files = into_code.write(found, self._target)
        where = str(self._target) if self._target.is_dir() else ", ".join(map(str, files))
        said = [
            f"{found.whole} unmanaged resources that read back equal",
            f"{found.partial} in part",
            f"{len(found.refused)} kinds not at all",
            f"{found.changed} changed properties",
        ]
        click.echo(f"suggested in {where}: {', '.join(said)}" if files else "nothing to suggest", err=True)
        for why in found.refused:
            click.echo(f"  not written: {why}", err=True)
