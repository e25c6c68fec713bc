"""`soc2gate report`: what the records say of a period, or of one moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc2gate import attesting
from soc2gate.cli import options
from soc2gate.cli.attest import anchor_of, trusted, trusting
from soc2gate.errors import Exit, UsageError

if TYPE_CHECKING:
    from soc2gate.evidence.period import Report


@click.command(
    epilog="""\b
Examples:
  soc2gate report --ledger git: --keys soc2gate-keys.json --from v1.0 --to main
  soc2gate report --ledger evidence --keys ci.pub --from 2026-07-01 --to 2026-12-31 --anchor 412:9f86…
  soc2gate report --ledger evidence --keys ci.pub --as-of 2026-12-31        one moment
  soc2gate report --ledger evidence --keys ci.pub --from v1.0 --format html --output report.html
""",
)
@trusting
@click.option("--repository", type=click.Path(path_type=Path, file_okay=False), default=Path("."))
@click.option("--branch", default="HEAD", show_default=True, help="The protected branch; its first parents count.")
@click.option("--from", "start", default="", help="The last head before the period: a revision, or a date.")
@click.option("--to", "end", default="", help="The last head of the period: a revision, or a date.")
@click.option("--as-of", "at", help="One moment instead: a revision, or a date.")
@click.option("--late-after", type=click.IntRange(min=0), default=24, show_default=True, help="Hours; 0 for never.")
@click.option("--verify-every", type=click.IntRange(min=1), help="Hours between looks at live state; gaps are named.")
@click.option("--sample", type=click.IntRange(min=1), help="Draw so many commits, the same for the same seed.")
@click.option("--seed", default="", help="For --sample.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
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
    output: Path | None,
) -> int:
    """Tell what the evaluation records say of a period (--from, --to) or of one moment (--as-of).

    The population is every first-parent commit of the branch in the period, whether it has a record or not. The whole
    ledger is checked first; exit 1 when it does not hold, 3 when a change has no record.
    """
    from soc2gate.evidence import period

    if place is None:
        raise UsageError("records are read from a ledger: give --ledger")
    if at is not None and (start or end):
        raise UsageError("--as-of is one moment; --from and --to are a period: give one of them")
    made = attesting.report(
        attesting.ReportRequest(
            folder=repository,
            place=place,
            keys=trusted(key_files),
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
    told = _told(form, made)
    if output is not None:
        options.write_atomically(output, told)
    else:
        click.echo(told, nl=False)
    return int(Exit.INCOMPLETE if made.number(period.UNATTESTED) else Exit.OK)


def _told(form: str, made: Report) -> str:
    import json

    from soc2gate.evidence import telling

    if form == "text":
        return telling.text(made)
    document = telling.document(made)
    if form == "html":
        from soc2gate.output import period_html

        return period_html.render(document)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
