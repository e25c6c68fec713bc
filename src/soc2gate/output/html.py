"""One page that stands alone: no network, no font, no picture; to be read, printed, sent and kept.

Everything is in the page before its script runs; the script only hides what a filter leaves out. Names and values come
from whoever wrote the code or holds the account: all of them are escaped, and a content security policy allows no
script but ours, by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from soc2gate.errors import Exit
from soc2gate.model.outcome import OURS, Disagreement, Finding, Run
from soc2gate.model.resource import Side, Span
from soc2gate.model.rule import Severity
from soc2gate.output import summary, told
from soc2gate.output.style import brief

_MOST_VALUE = 2_000
_DECISIONS = {Exit.OK: "open", Exit.CLOSED: "closed"}


def render(run: Run) -> str:
    """The run as one HTML document."""
    return "\n".join(_Page(run).lines()) + "\n"


def asset(name: str) -> str:
    """A style or script of the package."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """As a content security policy names what it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def clean(text: str) -> str:
    """Text as HTML text or attribute; what a browser would not show, or would use to reorder, is made visible."""
    if text.isprintable():
        return escape(text)
    return escape("".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text))


class _Page:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.sources = told.Sources(run)
        self.disagreements = told.disagreements(run, decided=True)
        self.uncompared = told.disagreements(run, decided=False)
        self.failing = told.failing(run)
        self.undecided = told.undecided(run)
        self.waived = told.waived(run)
        self.before = told.there_before(run)
        self.problems = told.problems(run)

    def lines(self) -> Iterator[str]:
        style, script = asset("page.css"), asset("page.js")
        said, reasons = told.decision_words(self.run)
        policy = (
            f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        )
        yield "<!doctype html>"
        yield '<html lang="en">'
        yield "<head>"
        yield '<meta charset="utf-8">'
        yield f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield '<meta name="referrer" content="no-referrer">'
        yield f"<title>soc2gate {clean(self.run.command)}: {clean(said)}</title>"
        yield f"<style>{style}</style>"
        yield "</head>"
        yield "<body>"
        yield '<a class="skip" href="#content">Skip to the report</a>'
        yield from self._header(said, reasons)
        yield '<main id="content" tabindex="-1">'
        yield from self._criteria()
        yield from self._change()
        yield from self._filters()
        yield from self._disagreements()
        yield from self._undeclared()
        yield from self._findings()
        yield from self._unlooked()
        yield from self._accepted()
        yield from self._facts()
        yield "</main>"
        yield f"<footer><p>{clean(told.DISCLAIMER)}</p></footer>"
        yield f"<script>{script}</script>"
        yield "</body>"
        yield "</html>"

    # --- the decision ---------------------------------------------------------------------------------------------

    def _header(self, said: str, reasons: str) -> Iterator[str]:
        run = self.run
        state = _DECISIONS.get(run.decision.exit, "incomplete")
        counts = summary.counts(run)
        yield "<header>"
        yield f"<h1>soc2gate {clean(run.command)}</h1>"
        yield f'<p class="soft">{clean(", ".join(run.paths))} at {clean(run.time)}</p>'
        yield f'<div class="decision {state}" role="status">'
        yield f'<p class="said">{clean(said[:1].upper() + said[1:])}</p>'
        yield f"<p>{clean(reasons)}</p>"
        for side in Side:
            number = run.resources.get(side.value, 0)
            if number:
                answers = counts.findings[side.value]
                yield (
                    f'<p class="soft">{number} {side.value} resources: {answers["fail"]} failed, '
                    f"{answers['unknown']} undecided, {answers['waived']} waived, {answers['pass']} passed</p>"
                )
        yield "</div>"
        yield '<nav aria-label="Sections"><ul>'
        for anchor, title, held in self._sections():
            yield f'<li><a href="#{anchor}">{title}</a> <span class="soft">{held}</span></li>'
        yield "</ul></nav>"
        yield "</header>"

    def _sections(self) -> Iterator[tuple[str, str, str]]:
        yield "criteria", "Criteria", ""
        if self.run.diff is not None:
            yield "change", "The change", ""
        if self.run.command == "verify":
            yield "disagreements", "Disagreements", str(len(self.disagreements))
        yield "findings", "Findings", str(len(self.failing))
        unlooked = len(self.problems) + len(self.undecided) + len(self.uncompared)
        yield "unlooked", "Not decided", str(unlooked)
        if self.waived:
            yield "accepted", "Accepted", str(len(self.waived))
        yield "facts", "The run", ""

    def _criteria(self) -> Iterator[str]:
        quiet = {status for status, _ in told.QUIET_STATUSES}
        shown = [item for item in self.run.criteria if item.status not in quiet]
        yield '<section aria-labelledby="criteria"><h2 id="criteria">SOC 2 criteria</h2>'
        if shown:
            yield from wide("What this run says of each criterion it has evidence for")
            heads = ["failed", "undecided", "waived", "passed", "disagreements"]
            numbers = "".join(f'<th scope="col" class="number">{head}</th>' for head in heads)
            yield (
                '<thead><tr><th scope="col">criterion</th><th scope="col">status</th>'
                f'{numbers}<th scope="col">what it asks</th></tr></thead><tbody>'
            )
            for item in shown:
                cells = [item.failed, item.unknown, item.waived, item.passed, item.disagreements]
                row = "".join(f'<td class="number">{number}</td>' for number in cells)
                status = item.status.value
                yield (
                    f'<tr><th scope="row">{clean(item.criterion.id)}</th>'
                    f'<td><span class="pill {status}">{told.STATUS_WORDS[item.status]}</span></td>{row}'
                    f"<td>{clean(item.criterion.title)}</td></tr>"
                )
            yield "</tbody></table></div>"
        for status_, label in told.QUIET_STATUSES:
            ids = [item.criterion.id for item in self.run.criteria if item.status is status_]
            if ids:
                yield f'<p class="soft">{label[:1].upper()}{label[1:]}: {clean(" ".join(ids))}</p>'
        yield "</section>"

    # --- what is filtered -----------------------------------------------------------------------------------------

    def _filters(self) -> Iterator[str]:
        criteria = [
            item.criterion.id for item in self.run.criteria if item.failed or item.disagreements or item.unknown
        ]
        yield '<form id="filters" class="filters" aria-label="Filter what is shown below" hidden>'
        yield '<label>Text <input type="search" name="text" autocomplete="off"></label>'
        yield _select("severity", "Severity", [str(level) for level in reversed(Severity)] + ["none"])
        yield _select("side", "Side", [side.value for side in Side])
        yield _select("criterion", "Criterion", criteria)
        if self.run.engines:
            yield _select("engine", "Engine", [OURS, *dict.fromkeys(_word(use.name) for use in self.run.engines)])
        yield '<button type="reset">Show all</button>'
        yield '<p id="count" class="soft" role="status" aria-live="polite"></p>'
        yield "</form>"

    def _disagreements(self) -> Iterator[str]:
        if self.run.command != "verify":
            return
        yield '<section aria-labelledby="disagreements">'
        number = len(self.disagreements)
        title = f"Code and live state disagree ({number})" if number else "Code and live state agree"
        yield f'<h2 id="disagreements">{title}</h2>'
        for item in self.disagreements:
            yield from self._disagreement(item)
        yield "</section>"

    def _undeclared(self) -> Iterator[str]:
        found = told.undeclared(self.run)
        accepted = self.run.accepted
        if not found and accepted is None:
            return
        yield '<section aria-labelledby="undeclared">'
        yield f'<h2 id="undeclared">Live, and never said in code ({len(found)})</h2>'
        for item in found:
            yield from self._disagreement(item)
        for line in told.accepted_words(accepted) if accepted is not None else ():
            yield f'<p class="soft">{clean(line)}</p>'
        yield "</section>"

    def _disagreement(self, item: Disagreement) -> Iterator[str]:
        severity = str(item.severity) if item.severity else "none"
        yield _open(severity, "declared live", item.criteria)
        yield '<div class="head">' + _pill(severity)
        subject = clean(told.subject(item)) + (f" <code>{clean(item.property)}</code>" if item.property else "")
        yield f"<h3>{told.DIFFERENCE_WORDS[item.difference]}: {subject}</h3>"
        yield (f'<span class="pill waived">waived until {clean(item.waiver.expires)}</span>' if item.waiver else "")
        yield "</div>"
        if means := told.meaning(item):
            yield f"<p><strong>{clean(means[:1].upper() + means[1:])}</strong></p>"
        if item.reason:
            yield f"<p>{clean(_cut(item.reason))}</p>"
        yield '<div class="sides">'
        for side, label, where in (
            (Side.DECLARED, "The code says", item.declared_where),
            (Side.LIVE, "Live is", item.live_where),
        ):
            place = told.spoken(where)
            yield f"<div><h4>{label}{f' <code>{clean(place)}</code>' if place else ''}</h4>"
            yield f'<p class="value">{clean(_cut(told.side_said(item, side)))}</p>'
            if isinstance(where, Span):
                yield self._excerpt(where, margin=1)
            yield "</div>"
        yield "</div>"
        yield "<dl>"
        if item.rules:
            rules = ", ".join(told.contrasted_rule(rule) for rule in told.broken_rules(self.run, item))
            yield fact("rules", rules)
        yield fact("criteria", " ".join(item.criteria))
        yield fact("uid", item.uid if item.uid != item.address else "")
        yield "</dl></article>"

    def _findings(self) -> Iterator[str]:
        compared = self.run.diff is not None or self.run.baseline is not None
        title = "New findings" if compared else "Findings"
        yield f'<section aria-labelledby="findings"><h2 id="findings">{title} ({len(self.failing)})</h2>'
        if not self.failing:
            yield "<p>No finding is new.</p>" if compared else "<p>No rule failed.</p>"
        for item in self.failing:
            yield from self._finding(item)
        if self.before:
            yield f"<h3>There before ({len(self.before)})</h3>"
        for item in self.before:
            yield _open(str(item.severity), item.side.value, item.criteria, item.engine)
            yield f'<div class="head">{_pill(str(item.severity))}<h4>{clean(told.named(item))}</h4>'
            yield f"<code>{clean(told.spoken(told.place(item)))}</code> <span>{clean(told.subject(item))}</span></div>"
            yield "</article>"
        yield "</section>"

    def _change(self) -> Iterator[str]:
        """What a change does to each criterion, and to the gate itself."""
        diff = self.run.diff
        if diff is None:
            return
        yield '<section aria-labelledby="change"><h2 id="change">What this change does</h2>'
        said = f"Compared with {diff.base[:12]}, where {diff.head[:12]} left {diff.asked}."
        yield f'<p class="soft">{clean(said)}</p>'
        if diff.criteria:
            heads = ("new", "resolved", "as before")
            numbers = "".join(f'<th scope="col" class="number">{head}</th>' for head in heads)
            yield from wide("Findings that fail or are undecided, by criterion")
            yield '<thead><tr><th scope="col">criterion</th><th scope="col">effect</th>'
            yield f"{numbers}</tr></thead><tbody>"
            for one in diff.criteria:
                cells = (one.introduced, one.resolved, one.remaining)
                row = "".join(f'<td class="number">{cell}</td>' for cell in cells)
                yield f'<tr><th scope="row">{clean(one.id)}</th><td>{one.effect.value}</td>{row}</tr>'
            yield "</tbody></table></div>"
        else:
            yield "<p>No criterion gains or loses a finding.</p>"
        lines = [f"resolved: {gone.rule} of {gone.address}" for gone in diff.resolved]
        for policy in diff.policy:
            detail = f": {policy.detail}" if policy.detail else ""
            lines.append(f"policy {policy.change}, counts once it is merged: {policy.what} {policy.path}{detail}")
        if lines:
            yield "<ul>" + "".join(f"<li>{clean(line)}</li>" for line in lines) + "</ul>"
        yield "</section>"

    def _finding(self, item: Finding) -> Iterator[str]:
        place = told.place(item)
        rule = self.run.rules.get(item.rule)
        yield _open(str(item.severity), item.side.value, item.criteria, item.engine)
        yield f'<div class="head">{_pill(str(item.severity))}<h3>{clean(item.rule)}</h3>'
        engine = "" if item.engine == OURS else f' <span class="pill">{clean(item.engine)}</span>'
        yield f'<span class="soft">{item.side.value}</span>{engine}</div>'
        yield f"<p>{clean(_cut(item.message))}</p>"
        yield f"<p><code>{clean(told.spoken(place))}</code> {clean(told.subject(item))}</p>"
        if isinstance(place, Span):
            yield self._excerpt(place, margin=2)
        yield "<dl>"
        for evidence in item.evidence[:6]:
            note = f" ({evidence.note})" if evidence.note else ""
            yield fact("seen", f"{evidence.path} = {_cut(brief(evidence.value))}{note}")
        if rule is not None:
            yield fact("wanted", rule.title)
            yield fact("why", rule.why)
            yield fact("fix", told.fix(rule.fix, item))
        check = self.run.check(item)
        if check is not None:
            yield fact("why", f"{check.why} (confidence: {check.confidence})")
            yield fact("guide", check.guideline)
        for other in item.also:
            yield fact("also", f"{other.engine} {other.check} says {other.verdict}")
        yield fact("criteria", " ".join(item.criteria))
        yield fact("owner", told.answering(item))
        yield fact("note", f"judged as if created: {item.uncertain}" if item.uncertain else "")
        yield "</dl></article>"

    def _excerpt(self, place: Span, *, margin: int) -> str:
        lines = self.sources.around(place, margin)
        if not lines:
            return ""
        width = len(str(lines[-1][0]))
        told_lines = "".join(
            f"<span{' class=hit' if number == place.line else ''}><i>{str(number).rjust(width)} │ </i>"
            f"{clean(text.expandtabs(4)[:400])}\n</span>"
            for number, text in lines
        )
        return f'<pre tabindex="0" role="group" aria-label="{clean(place.path)}, line {place.line}">{told_lines}</pre>'

    # --- what was not decided, what was accepted --------------------------------------------------------------------

    def _unlooked(self) -> Iterator[str]:
        yield '<section aria-labelledby="unlooked"><h2 id="unlooked">Not decided</h2>'
        if not (self.problems or self.undecided or self.uncompared or told.undecided_before(self.run)):
            yield "<p>Everything that was asked could be looked at.</p>"
        if self.problems:
            yield "<ul>"
            for problem in self.problems:
                where = f" <code>{clean(told.spoken(problem.where))}</code>" if problem.where else ""
                hint = f'<br><span class="soft">{clean(problem.hint)}</span>' if problem.hint else ""
                yield f"<li>{clean(told.problem_words(problem))}{where}{hint}</li>"
            yield "</ul>"
        for other in self.uncompared:
            yield _open(str(other.severity) if other.severity else "none", "declared live", other.criteria)
            subject = f"{clean(told.subject(other))} <code>{clean(other.property or '')}</code>"
            yield f"<h3>could not be compared: {subject}</h3>"
            yield f"<p>{clean(other.reason)}</p></article>"
        for item in self.undecided:
            yield _open(str(item.severity), item.side.value, item.criteria, item.engine)
            yield f'<div class="head">{_pill(str(item.severity))}<h3>undecided: {clean(told.named(item))}</h3></div>'
            yield f"<p><code>{clean(told.spoken(told.place(item)))}</code> {clean(told.subject(item))}</p>"
            yield f"<p>{clean(_cut(item.reason))}</p></article>"
        before = told.undecided_before(self.run)
        if before:
            yield f'<p class="soft">{before} could not be looked at or decided before this change either.</p>'
        if self.run.unjudged:
            named = ", ".join(f"{name} ×{number}" for name, number in sorted(self.run.unjudged.items()))
            yield f'<p class="soft">No rule looks at {sum(self.run.unjudged.values())} resources: {clean(named)}</p>'
        yield "</section>"

    def _accepted(self) -> Iterator[str]:
        if not self.waived:
            return
        yield f'<section aria-labelledby="accepted"><h2 id="accepted">Accepted ({len(self.waived)})</h2>'
        yield from wide("Findings somebody accepted, with a name and an end")
        yield "<thead><tr>"
        yield "".join(
            f'<th scope="col">{head}</th>' for head in ("rule", "where", "reason", "owner", "approver", "until")
        )
        yield "</tr></thead><tbody>"
        for item in self.waived:
            assert item.waiver is not None
            waiver = item.waiver
            cells = [told.subject(item), waiver.reason, waiver.owner, waiver.approver, waiver.expires]
            yield (
                f'<tr><th scope="row">{clean(told.named(item))}</th>'
                + "".join(f"<td>{clean(one)}</td>" for one in cells)
                + "</tr>"
            )
        yield "</tbody></table></div></section>"

    def _facts(self) -> Iterator[str]:
        run = self.run
        yield '<section aria-labelledby="facts"><h2 id="facts">The run</h2><div class="run"><dl>'
        yield fact("tool", f"{run.tool['name']} {run.tool['version']}")
        yield fact("gate", f"fails on {run.fail_on}; what could not be looked at: {run.on_incomplete}")
        yield fact("files", str(len(run.files)))
        for info in run.snapshots:
            regions = f", regions {' '.join(info.regions_read)}" if info.regions_read else ""
            said = f"{info.provider} {info.account}{regions}, {info.calls} calls, {info.failed_calls} failed"
            yield fact("live state", f"{said}, seen {info.taken_at} as {info.caller}")
        for use in run.engines:
            yield fact("other engine", ". ".join(told.engine_words(run, use)))
        for name, value in run.digests.items():
            yield fact(f"digest of {name}", value)
        yield "</dl></div></section>"


def wide(caption: str) -> Iterator[str]:
    """The beginning of a table that may be wider than the page: reached and scrolled by keyboard too."""
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{clean(caption)}">'
    yield f"<table><caption>{clean(caption)}</caption>"


def _open(severity: str, sides: str, criteria: Iterable[str], engine: str = OURS) -> str:
    whose = "" if engine == OURS else f' data-engine="{clean(_word(engine))}"'
    return (
        f'<article class="item" data-severity="{clean(severity)}" data-side="{clean(sides)}" '
        f'data-criterion="{clean(" ".join(criteria))}"{whose}>'
    )


def _word(name: str) -> str:
    """A name as one of the words that filters look for."""
    return "-".join(name.split())


def _pill(severity: str) -> str:
    return f'<span class="pill {severity}">{severity}</span>'


def _select(name: str, label: str, choices: Iterable[str]) -> str:
    options = "".join(f'<option value="{clean(choice)}">{clean(choice)}</option>' for choice in choices)
    return f'<label>{label} <select name="{name}"><option value="">all</option>{options}</select></label>'


def fact(name: str, text: str) -> str:
    """A name and its value, left out where there is none."""
    return f"<dt>{clean(name)}</dt><dd>{clean(' '.join(text.split()))}</dd>" if text.strip() else ""


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_VALUE else text[: _MOST_VALUE - 1] + "…"
