"""`soc2gate waivers`: what was accepted, by whom, and for how long still."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from soc2gate import finishing, reading
from soc2gate.cli import options
from soc2gate.declared.files import list_files
from soc2gate.declared.written_waivers import Written, built_waivers
from soc2gate.engine.waivers import Judged
from soc2gate.errors import Exit
from soc2gate.model.outcome import CONFIGURED
from soc2gate.model.resource import Span
from soc2gate.request import Request


@click.command(
    epilog="""\b
Examples:
  soc2gate waivers                   all of them: those that count, and why the others do not
  soc2gate waivers infra             those written below infra, and those of the configuration
  soc2gate waivers --format json
""",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Use this soc2gate.yaml.")
@click.option("--rules", "rule_dirs", multiple=True, type=click.Path(path_type=Path), help="Also your own pack.")
@click.option("--now", metavar="TIME", help="The day to judge by (ISO 8601, UTC).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def waivers(
    paths: tuple[Path, ...], config_file: Path | None, rule_dirs: tuple[Path, ...], now: str | None, form: str
) -> int:
    """List every waiver: of soc2gate.yaml, of the files it names, and written beside the code.

    Other tools' skip comments are listed too. Age and author are what git tells of the line. A
    waiver holds in every environment that its code is evaluated for.
    """
    request = options.request(options.Read(paths=paths, config_file=config_file, rule_dirs=rule_dirs, now=now))
    files: set[str] = set()
    for path in request.paths:
        if (request.base / path).is_dir():
            files.update(list_files(path, request.base, request.config.ignore_paths).files)
        else:
            files.add(path)
    # A comment in the configuration stands beside no code: it is an example, as `soc2gate init` writes one.
    files -= {request.config.path}
    judged = finishing.judged_waivers(request, sorted(files), _built(request))
    today = date.fromisoformat(request.now[:10])
    if form == "json":
        click.echo(json.dumps([_document(item, today) for item in judged], indent=2, ensure_ascii=False))
        return int(Exit.OK)
    for item in judged:
        _show(item, today)
    counting = sum(item.counts for item in judged)
    number = f"{len(judged)} waiver{'' if len(judged) == 1 else 's'}"
    click.echo(f"{number}, {counting} count{'s' if counting == 1 else ''}")
    return int(Exit.OK)


def _built(request: Request) -> list[Written]:
    """The waivers in what helm and kustomize build, under the names that are deployed."""
    found = reading.find(request)
    if not any(root.format in ("helm", "kustomize") for root in found.roots):
        return []
    return built_waivers(reading.read_roots(found.roots, request).readings)


def _document(item: Judged, today: date) -> dict[str, object]:
    waiver, place = item.waiver, item.waiver.where
    return {
        "rule": waiver.rule,
        "address": waiver.address or (item.written.address if item.written else ""),
        "source": waiver.source,
        "where": {"path": place.path, "line": place.line} if isinstance(place, Span) else None,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "expires": waiver.expires,
        "days_left": item.days_left,
        "ticket": waiver.ticket,
        "author": item.author.name if item.author else None,
        "age_days": (today - date.fromisoformat(item.author.date)).days if item.author else None,
        "counts": item.counts,
        "why_not": item.why_not,
    }


def _show(item: Judged, today: date) -> None:
    waiver, place = item.waiver, item.waiver.where
    where = f"{place.path}:{place.line}" if isinstance(place, Span) else ""
    about = waiver.address or (item.written.address if item.written else "") or "the resource there"
    click.echo(f"{waiver.rule or '?'}  {about}" + ("" if waiver.source == CONFIGURED else f"  ({waiver.source})"))
    age = f"{(today - date.fromisoformat(item.author.date)).days} days old" if item.author else "age unknown"
    ends = waiver.expires or "never"
    if item.days_left is not None:
        ends += f" ({item.days_left} days left)" if item.days_left >= 0 else " (over)"
    people = f"owner {waiver.owner or 'nobody'}, approved by {waiver.approver or 'nobody'}"
    click.echo(f"  {where}  {people}, {age}, expires {ends}" + (f", {waiver.ticket}" if waiver.ticket else ""))
    if waiver.reason:
        click.echo(f"  {waiver.reason}")
    if item.why_not:
        click.echo(f"  does not count: {item.why_not}")
