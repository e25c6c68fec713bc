"""The report people read in a terminal: what failed, where code and live state differ, what could not be checked.

Most serious first, then by file. Each finding names the rule, the line, what was seen, what was wanted and how to fix
it; the last line is the decision.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from soc2gate.model.outcome import ChangedFiles, Difference, Disagreement, Finding, Run, Status, Verdict
from soc2gate.model.resource import Problem, Side, Span, Weight
from soc2gate.model.rule import Severity
from soc2gate.output import summary, text_change, told
from soc2gate.output.style import Style, brief, clip, indent, table, wrap


def render(run: Run, *, color: bool = False, width: int = 0, verbose: bool = False) -> str:
    """The whole report; `verbose` lists passes and unknown verdicts below the threshold too.

    Raises nothing for a source file that has gone since: the line is then left out.
    """
    report = _Report(run, Style(color), width or _columns(), verbose)
    return "\n".join(map(report.style.shown, report.lines())) + "\n"


def _columns() -> int:
    """The terminal's width, else 110: as shutil tells it, whose import brings three kinds of compression."""
    try:
        told = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        told = 0
    if told > 0:
        return told
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 110 if sys.__stdout__ else 110
    except (ValueError, OSError):
        return 110


_MOST_UNDECLARED = 20


class _Report:
    def __init__(self, run: Run, style: Style, width: int, verbose: bool) -> None:
        self.run = run
        self.style = style
        self.width = max(60, min(width, 140))
        self.verbose = verbose
        self.sources = told.Sources(run)
        self.fixes: set[str] = set()
        """Fixes already printed: forty buckets need the words once."""

    def lines(self) -> Iterator[str]:
        if self.run.command == "verify":
            yield from self._disagreements()
        yield from self._findings()
        yield from self._engines()
        yield from self._unchecked()
        if self.run.changed is None or self.run.roots:
            yield from self._criteria()
        yield from self._frameworks()
        yield from text_change.effects(self.run, self.style)
        yield from self._closing()

    # --- findings -------------------------------------------------------------------------------------------------

    def _findings(self) -> Iterator[str]:
        # Where both sides are read, a live failure of a paired resource is told once, as a disagreement's live value.
        failing = told.failing(self.run)
        level: Severity | None = None
        for item, environments in told.together(failing):
            if item.severity is not level:
                level = item.severity
                number = sum(other.severity is level for other in failing)
                yield self.style.heading(f"{str(level).upper()} ({number})")
                yield ""
            yield from self._finding(item, environments)
            yield ""
        yield from text_change.already_there(self.run, self.style, self.verbose)
        waived = [item for item in self.run.findings if item.waiver is not None and item.verdict is not Verdict.PASS]
        if waived:
            yield self.style.heading(f"WAIVED ({len(waived)})")
            for item, environments in told.together(waived):
                assert item.waiver is not None
                yield f"  {told.named(item)}  {told.subject(item, environments)}: {told.waiver_words(item.waiver)}"
            yield ""

    def _finding(self, item: Finding, environments: str) -> Iterator[str]:
        style = self.style
        deciding = told.deciding(item)
        place = deciding.where if deciding else item.where
        if isinstance(place, Span) and not isinstance(item.where, Span):
            place = item.where
        yield f"{style.severity(item.severity)} {style.bold(told.named(item))}  {item.message}"
        yield f"  {style.dim(told.spoken(place))}  {told.subject(item, environments)}" + style.dim(
            f"  {' '.join(item.criteria)}"
        )
        if isinstance(place, Span):
            yield from self._quote(place)
        for evidence in item.evidence[:4]:
            yield f"  {style.dim('seen')}   {evidence.path} = {clip(brief(evidence.value), self.width - 20)}" + (
                style.dim(f"  ({evidence.note})") if evidence.note else ""
            )
        rule = self.run.rules.get(item.rule)
        if rule is not None:
            yield from indent(wrap(rule.title, self.width - 9), f"  {style.dim('wanted')} ", "         ")
            fix = told.fix(rule.fix, item)
            if fix and fix in self.fixes:
                yield f"  {style.dim('fix    as above')}"
            elif fix:
                self.fixes.add(fix)
                yield from indent(wrap(fix, self.width - 9), f"  {style.dim('fix')}    ", "         ")
        check = self.run.check(item)
        if check is not None:
            why = f"{check.why} (confidence: {check.confidence})"
            yield from indent(wrap(why, self.width - 9), f"  {style.dim('why')}    ", "         ")
            if check.guideline:
                yield f"  {style.dim('guide')}  {check.guideline}"
        answering = told.answering(item)
        if answering:
            yield f"  {style.dim('owner')}  {answering}"
        if item.uncertain:
            yield f"  {style.dim('note')}   judged as if created: {item.uncertain}"

    # --- other engines ----------------------------------------------------------------------------------------------

    def _engines(self) -> Iterator[str]:
        if not self.run.engines:
            return
        yield self.style.heading("OTHER ENGINES")
        for use in self.run.engines:
            first, *more = told.engine_words(self.run, use)
            yield f"  {self.style.bold(first)}"
            for line in more:
                yield from indent(wrap(line, self.width - 6), "    ", "      ")
        differing = told.differing(self.run)
        shown = differing if self.verbose else differing[:10]
        for item, other in shown:
            said = f"{item.address}: {item.rule} says {item.verdict.value}, {other.check} {other.verdict}"
            yield from indent(wrap(said, self.width - 6), "    ", "      ")
        if len(shown) < len(differing):
            yield self.style.dim(f"    and {len(differing) - len(shown)} more that differ; --verbose lists them")
        yield ""

    def _quote(self, place: Span) -> Iterator[str]:
        line = self.sources.line(place.path, place.line)
        if line is not None:
            text = line.rstrip().expandtabs(2)
            number = str(place.line)
            yield f"  {self.style.dim(number + ' │')} {clip(text, self.width - len(number) - 6)}"

    # --- disagreements --------------------------------------------------------------------------------------------

    def _disagreements(self) -> Iterator[str]:
        decided = [item for item in self.run.disagreements if item.difference is not Difference.UNDECIDED]
        undecided = [item for item in self.run.disagreements if item.difference is Difference.UNDECIDED]
        number = len(decided)
        yield self.style.heading(f"CODE AND LIVE STATE DISAGREE ({number})" if number else "CODE AND LIVE STATE AGREE")
        yield ""
        if counted := told.meanings(decided):
            yield from indent(wrap(counted, self.width - 2), "  ", "  ")
            yield ""
        decided.sort(key=told.by_weight)
        for item in decided:
            yield from self._disagreement(item)
            yield ""
        yield from self._undeclared()
        if undecided:
            yield self.style.heading(f"COULD NOT BE COMPARED ({len(undecided)})")
            yield ""
            for item in undecided:
                yield from self._undecided(item)
            yield ""

    def _undeclared(self) -> Iterator[str]:
        found = told.undeclared(self.run)
        if found:
            yield self.style.heading(f"LIVE, AND NEVER SAID IN CODE ({len(found)})")
            yield ""
        shown = found if self.verbose else found[:_MOST_UNDECLARED]
        for item in shown:
            yield from self._disagreement(item)
            yield ""
        if len(shown) < len(found):
            yield self.style.dim(f"and {len(found) - len(shown)} more; --verbose lists them")
            yield ""

    def _disagreement(self, item: Disagreement) -> Iterator[str]:
        style = self.style
        level = style.severity(item.severity) if item.severity else style.dim("none    ")
        waived = style.dim(f"  waived until {item.waiver.expires}") if item.waiver else ""
        head = f"{level} {style.bold(told.DIFFERENCE_WORDS[item.difference])}  {told.subject(item)}"
        yield head + (f"  {style.bold(item.property)}" if item.property else "") + waived
        rows = []
        if item.declared_where is not None or item.difference is not Difference.UNMANAGED:
            rows.append(("declared", told.side_said(item, Side.DECLARED), told.spoken(item.declared_where)))
        else:
            rows.append(("declared", "nothing", ""))
        rows.append(("live", told.side_said(item, Side.LIVE), told.spoken(item.live_where)))
        yield from table(rows, self.width, style)
        if means := told.meaning(item):
            yield f"  {style.dim('means')}     {style.bold(means) if means == told.NOT_OPERATING else means}"
        if item.reason:
            yield from indent(wrap(item.reason, self.width - 12), f"  {style.dim('note')}      ", "            ")
        broken = told.broken_rules(self.run, item)
        if broken:
            named = [told.contrasted_rule(rule) for rule in broken[:8]]
            said = ", ".join(named) + (f" and {len(broken) - 8} more" if len(broken) > 8 else "")
            yield from indent(wrap(said, self.width - 12), f"  {style.dim('rules')}     ", "            ")
        if item.criteria:
            yield f"  {style.dim('criteria')}  {' '.join(item.criteria)}"
        if since := told.since(self.run, item):
            yield f"  {style.dim('lasting')}   {since}"

    def _undecided(self, item: Disagreement) -> Iterator[str]:
        where = told.spoken(item.declared_where or item.live_where)
        subject = f"{told.subject(item)}  {item.property or ''}".rstrip()
        yield f"  {self.style.bold(subject)}  {self.style.dim(where)}"
        yield from indent(wrap(item.reason, self.width - 4), "    ", "    ")
        if item.rules:
            yield f"    {self.style.dim('rules')} {', '.join(rule.id for rule in item.rules)}" + (
                f"  {self.style.dim('criteria')} {' '.join(item.criteria)}" if item.criteria else ""
            )

    # --- what could not be checked ----------------------------------------------------------------------------------

    def _unchecked(self) -> Iterator[str]:
        # What the base could not be looked at either is counted, not told again.
        told = [item for item in self.run.problems if item.new is not False]
        broken = [item for item in told if item.weight is Weight.BROKEN]
        gaps = [item for item in told if item.weight is Weight.GAP]
        notes = [item for item in told if item.weight is Weight.NOTE]
        if broken:
            yield self.style.heading(f"COULD NOT READ ({len(broken)})")
            yield from self._problems(broken)
        if gaps:
            yield self.style.heading(f"COULD NOT LOOK ({len(gaps)})")
            yield from self._problems(gaps)
        unknown = [item for item in self.run.findings if item.verdict is Verdict.UNKNOWN and item.waiver is None]
        unknown = [item for item in unknown if item.new is not False]
        if unknown:
            yield self.style.heading(f"NOT DECIDED ({len(unknown)})")
            yield from self._unknown(unknown)
        if notes:
            yield self.style.heading(f"NOTES ({len(notes)})")
            yield from self._problems(notes)
        if self.run.unjudged:
            number = sum(self.run.unjudged.values())
            types = sorted(self.run.unjudged.items(), key=lambda item: (-item[1], item[0]))
            named = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in types[:12])
            more = f" and {len(types) - 12} more types" if len(types) > 12 else ""
            text = f"No rule looks at {number} resources: {named}{more}."
            yield from wrap(text, self.width)
            yield ""

    def _problems(self, problems: Iterable[Problem]) -> Iterator[str]:
        for item in problems:
            # A live problem names its call in the message.
            place = f"{told.spoken(item.where)}:{item.where.column}" if isinstance(item.where, Span) else ""
            message = told.problem_message(item).removeprefix("could not look: ")
            text = f"{self.style.dim(place)}  {message}" if place else message
            yield from indent([text], "  ", "    ")
            if item.hint:
                yield from indent([self.style.dim(line) for line in item.hint.splitlines()], "    ", "    ")
        yield ""

    def _unknown(self, unknown: Sequence[Finding]) -> Iterator[str]:
        """Grouped by resource and reason: one missing variable leaves many rules undecided."""
        groups: dict[tuple[str, str, str], list[Finding]] = {}
        for item, environments in told.together(unknown):
            deciding = told.deciding(item)
            place = told.spoken(deciding.where if deciding else item.where)
            groups.setdefault((place, told.subject(item, environments), item.reason), []).append(item)
        shown = list(groups.items()) if self.verbose else list(groups.items())[:20]
        for (place, address, reason), items in shown:
            rules = ", ".join(map(told.named, items))
            yield f"  {self.style.dim(place)}  {address}"
            yield from indent(wrap(f"{rules}: {reason}", self.width - 4), "    ", "    ")
        if len(shown) < len(groups):
            yield self.style.dim(f"  and {len(groups) - len(shown)} more places; --verbose lists them")
        yield ""

    # --- criteria and decision --------------------------------------------------------------------------------------

    def _criteria(self) -> Iterator[str]:
        yield self.style.heading("SOC 2 CRITERIA")
        shown = [item for item in self.run.criteria if item.status not in (Status.MANUAL, Status.OUT_OF_SCOPE)]
        for item in shown:
            if item.status is Status.NO_DATA:
                continue
            counted = [
                f"{number} {word}"
                for number, word in (
                    (item.failed, "failed"),
                    (item.unknown, "unknown"),
                    (item.waived, "waived"),
                    (item.passed, "passed"),
                    (item.disagreements, "disagreements" if item.disagreements != 1 else "disagreement"),
                )
                if number
            ]
            status = self.style.status(item.status, told.STATUS_WORDS[item.status].ljust(8))
            title = clip(item.criterion.title, max(20, self.width - 60))
            yield f"  {item.criterion.id.ljust(6)} {status} {title}  {self.style.dim(', '.join(counted))}"
        for quiet, label in told.QUIET_STATUSES:
            ids = [item.criterion.id for item in self.run.criteria if item.status is quiet]
            if ids:
                text = f"{label}: {' '.join(ids)}"
                yield from indent([self.style.dim(line) for line in wrap(text, self.width - 2)], "  ", "    ")
        yield ""

    def _frameworks(self) -> Iterator[str]:
        for framework in self.run.frameworks:
            yield self.style.heading(framework.title.upper())
            for item in framework.requirements:
                if item.status in (Status.NO_DATA, Status.MANUAL):
                    continue
                status = self.style.status(item.status, told.STATUS_WORDS[item.status].ljust(8))
                counted = f"{item.failed} failed, {item.unknown} unknown, {item.passed} passed"
                yield f"  {item.id.ljust(12)} {status} {clip(item.title, self.width - 60)}  {self.style.dim(counted)}"
            yield from indent(wrap(framework.notice, self.width - 2), "  ", "  ")
            yield ""

    def _closing(self) -> Iterator[str]:
        counts = summary.counts(self.run)
        sides = []
        for side in Side:
            number = self.run.resources.get(side.value, 0)
            if number:
                answers = counts.findings[side.value]
                sides.append(
                    f"{number} {side.value} resources: {answers['fail']} failed, {answers['unknown']} unknown, "
                    f"{answers['waived']} waived, {answers['pass']} passed"
                )
        yield from sides
        if self.run.changed is not None:
            yield self._scope(self.run.changed)
        if self.run.history is not None:
            yield told.history_words(self.run.history)
        if self.run.accepted is not None:
            yield from (f"never said in code: {line}" for line in told.accepted_words(self.run.accepted))
        said, reasons = told.decision_words(self.run)
        yield self.style.decision(self.run.decision.exit, said) + f": {reasons}"

    def _scope(self, changed: ChangedFiles) -> str:
        number = len(changed.files)
        files = f"{number} changed file{'s' if number != 1 else ''}"
        if not self.run.roots and not self.run.problems:
            return f"nothing in {files} is configuration that soc2gate judges"
        more = f"; {changed.elsewhere} other findings around them are left for `soc2gate scan`"
        return f"told: what touches {files}" + (more if changed.elsewhere else "")
