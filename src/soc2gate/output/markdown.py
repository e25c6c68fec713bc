"""Markdown for a job summary, a pull request's comment or an issue: the decision first, then what to do about it.

A job summary above 1 MiB is not shown at all, so lists are cut to fit and say how much was cut. Names and values come
from whoever wrote the code: none of them can become a link, a mention, an image or a table cell of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from soc2gate.model.outcome import OURS, Disagreement, Finding, Run, Status, Verdict
from soc2gate.model.resource import Side, Weight
from soc2gate.output import summary, told
from soc2gate.output.style import clip
from soc2gate.patterns import regex

MOST_BYTES = 1_000_000
"""GitHub drops a step's summary above 1,048,576; the rest is for whatever the caller adds."""
_MOST_CELL = 300
_MOST_VALUE = 160


def render(run: Run, *, most_bytes: int = MOST_BYTES) -> str:
    """The run as Markdown of at most `most_bytes` bytes of UTF-8."""
    compared = run.diff is not None or run.baseline is not None
    sections = [
        _Section("", _head(run)),
        _Section("SOC 2 criteria", _criteria(run)),
        _Section("What this change does", _change(run), "lines"),
        _Section("Code and live state disagree", _disagreements(run), "disagreements"),
        _Section("Live, and never said in code", _undeclared(run), "properties"),
        _Section("New findings" if compared else "Findings", _findings(run), "findings"),
        _Section("Other engines", _engines(run)),
        _Section("Could not look", _unlooked(run), "places"),
        _Section("There before", _there_before(run), "findings"),
        _Section("Accepted", _waived(run), "waivers"),
    ]
    foot = f"\n{told.DISCLAIMER}\n"
    budget = most_bytes - len(foot.encode())
    parts = []
    for section in sections:
        text = section.within(budget)
        budget -= len(text.encode())
        parts.append(text)
    return "".join(parts) + foot


class _Section:
    """A heading and its rows, the most important first."""

    def __init__(self, title: str, rows: Iterable[str], what: str = "lines") -> None:
        self.title = title
        self.rows = list(rows)
        self.what = what

    def within(self, budget: int) -> str:
        """As many rows as fit, and how many were left out; nothing when there are none."""
        if not self.rows:
            return ""
        head = f"\n## {self.title}\n\n" if self.title else ""
        note_room = 120
        used = len(head.encode()) + note_room
        kept = []
        for row in self.rows:
            used += len(row.encode()) + 1
            if used > budget:
                break
            kept.append(row)
        left = len(self.rows) - len(kept)
        if left:
            kept.append(f"\n{left} more {self.what} were left out for size; the full report has them.")
        text = head + "\n".join(kept) + "\n"
        return text if len(text.encode()) <= budget else ""


def _head(run: Run) -> Iterator[str]:
    said, reasons = told.decision_words(run)
    yield f"# soc2gate {run.command}: {said}"
    yield ""
    yield f"{plain(reasons)}."
    yield ""
    counts = summary.counts(run)
    for side in Side:
        number = run.resources.get(side.value, 0)
        if number:
            answers = counts.findings[side.value]
            yield (
                f"- {number} {side.value} resources: {answers['fail']} failed, {answers['unknown']} undecided, "
                f"{answers['waived']} waived, {answers['pass']} passed"
            )
    for info in run.snapshots:
        yield f"- live state of {code(info.account)} ({info.provider}), seen {info.taken_at} as {code(info.caller)}"


def _criteria(run: Run) -> Iterator[str]:
    quiet = {status for status, _ in told.QUIET_STATUSES}
    shown = [item for item in run.criteria if item.status not in quiet]
    if shown:
        yield "| criterion | status | failed | undecided | waived | passed | disagreements | what it asks |"
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"
    for item in shown:
        cells = [item.failed, item.unknown, item.waived, item.passed, item.disagreements]
        numbers = " | ".join(str(number) if number else "" for number in cells)
        status = (
            f"**{told.STATUS_WORDS[item.status]}**" if item.status is Status.FAIL else told.STATUS_WORDS[item.status]
        )
        yield f"| {item.criterion.id} | {status} | {numbers} | {plain(item.criterion.title)} |"
    for status_, label in told.QUIET_STATUSES:
        ids = [item.criterion.id for item in run.criteria if item.status is status_]
        if ids:
            yield ""
            yield f"{label[:1].upper()}{label[1:]}: {' '.join(ids)}"


def _disagreements(run: Run) -> Iterator[str]:
    """A table; undecided ones stand with what could not be looked at."""
    decided = told.disagreements(run, decided=True)
    if decided:
        yield "| severity | difference | what | code says | live is | rules | criteria |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
    for item in decided:
        yield _disagreement(run, item)


def _disagreement(run: Run, item: Disagreement) -> str:
    subject = code(told.subject(item)) + (f" {code(item.property)}" if item.property else "")
    waived = " (waived)" if item.waiver else ""
    rules = ", ".join(told.contrasted_rule(rule) for rule in told.broken_rules(run, item)[:6])
    means = told.meaning(item)
    sides = []
    for side, where in ((Side.DECLARED, item.declared_where), (Side.LIVE, item.live_where)):
        place = told.spoken(where)
        sides.append(code(clip(told.side_said(item, side), _MOST_VALUE)) + (f"<br>{code(place)}" if place else ""))
    if item.reason:
        sides[1] += f"<br>{plain(item.reason)}"
    cells = [
        f"{item.severity or 'none'}{waived}",
        told.DIFFERENCE_WORDS[item.difference],
        subject,
        *sides,
        (f"**{plain(means)}**: " if means else "") + plain(rules),
        " ".join(item.criteria),
    ]
    return "| " + " | ".join(cells) + " |"


def _undeclared(run: Run) -> Iterator[str]:
    """What live state has, rules read and code never says."""
    found = told.undeclared(run)
    if found:
        yield "| severity | what | live is | rules | criteria |"
        yield "| --- | --- | --- | --- | --- |"
    for item in found:
        place = told.spoken(item.live_where)
        live = code(clip(told.side_said(item, Side.LIVE), _MOST_VALUE)) + (f"<br>{code(place)}" if place else "")
        cells = [
            str(item.severity or "none"),
            f"{code(told.subject(item))} {code(item.property or '')}",
            live + (f"<br>{plain(item.reason)}" if item.reason else ""),
            plain(", ".join(told.contrasted_rule(rule) for rule in told.broken_rules(run, item)[:6])),
            " ".join(item.criteria),
        ]
        yield "| " + " | ".join(cells) + " |"
    if run.accepted is not None and (found or run.accepted.gone):
        yield ""
        for line in told.accepted_words(run.accepted):
            yield f"- {plain(line)}"


def _change(run: Run) -> Iterator[str]:
    """What the change does to each criterion, and to the gate itself."""
    if run.diff is None:
        return
    diff = run.diff
    yield f"Compared with {code(diff.base[:12])}, where {code(diff.head[:12])} left {code(diff.asked)}."
    yield ""
    if diff.criteria:
        yield "| criterion | effect | new | resolved | as before |"
        yield "| --- | --- | ---: | ---: | ---: |"
    for one in diff.criteria:
        yield f"| {one.id} | {one.effect.value} | {one.introduced} | {one.resolved} | {one.remaining} |"
    if not diff.criteria:
        yield "No criterion gains or loses a finding."
    yield ""
    for gone in diff.resolved:
        yield f"- resolved: {code(gone.rule)} of {code(gone.address)}"
    for policy in diff.policy:
        detail = f": {plain(policy.detail)}" if policy.detail else ""
        yield f"- **policy {policy.change}**, counts once it is merged: {policy.what} {code(policy.path)}{detail}"


def _there_before(run: Run) -> Iterator[str]:
    """Not the change's doing, so it closes no gate; listed, so that nobody forgets it."""
    for item in told.there_before(run):
        place = code(told.spoken(told.place(item)))
        yield f"- {item.severity}: {_named(item)} of {code(told.subject(item))} at {place}"


def _findings(run: Run) -> Iterator[str]:
    failing = told.failing(run)
    if failing:
        yield "| severity | rule | where | what | fix | criteria |"
        yield "| --- | --- | --- | --- | --- | --- |"
    for item in failing:
        yield _finding(run, item)


def _finding(run: Run, item: Finding) -> str:
    rule = run.rules.get(item.rule)
    mend = " ".join(told.fix(rule.fix, item).split()) if rule is not None else ""
    where = f"{code(told.spoken(told.place(item)))}<br>{code(told.subject(item))}"
    answering = told.answering(item)
    where += f"<br>{plain(answering)}" if answering else ""
    cells = [str(item.severity), _named(item), where, plain(item.message), plain(mend), " ".join(item.criteria)]
    return "| " + " | ".join(cells) + " |"


def _named(item: Finding) -> str:
    return code(item.rule) + (f" ({plain(item.engine)})" if item.engine != OURS else "")


def _engines(run: Run) -> Iterator[str]:
    """What became of other engines' results, and where they say the opposite of ours."""
    for use in run.engines:
        first, *more = told.engine_words(run, use)
        yield f"- {plain(first)}"
        for line in more:
            yield f"  - {plain(line)}"
    for item, other in told.differing(run):
        said = f"{code(item.rule)} says {item.verdict.value}, {code(other.check)} {plain(other.verdict)}"
        yield f"- {code(item.address)}: {said}"


def _unlooked(run: Run) -> Iterator[str]:
    """Everything that was not decided, with its reason: no summary is green on what nobody looked at."""
    for problem in told.problems(run):
        if problem.weight is not Weight.NOTE:
            where = told.spoken(problem.where)
            hint = f" ({plain(problem.hint)})" if problem.hint else ""
            yield f"- {plain(told.problem_words(problem))}{f' at {code(where)}' if where else ''}{hint}"
    for difference in told.disagreements(run, decided=False):
        yield f"- {plain(told.headline(difference))}"
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for item in told.undecided(run):
        reasons.setdefault((told.spoken(told.place(item)), told.subject(item), item.reason), []).append(
            told.named(item)
        )
    for (place, address, reason), rules in reasons.items():
        yield f"- undecided: {code(address)} at {code(place)}: {plain(reason)} ({plain(', '.join(rules))})"
    before = told.undecided_before(run)
    if before:
        yield f"- {before} could not be looked at or decided before this change either"
    if run.unjudged:
        named = ", ".join(f"{name} ×{number}" for name, number in sorted(run.unjudged.items()))
        yield f"- no rule looks at {sum(run.unjudged.values())} resources: {plain(named)}"


def _waived(run: Run) -> Iterator[str]:
    accepted: Sequence[Finding] = [item for item in told.waived(run) if item.verdict in (Verdict.FAIL, Verdict.UNKNOWN)]
    for item in accepted:
        assert item.waiver is not None
        yield f"- {_named(item)} of {code(told.subject(item))}: {plain(told.waiver_words(item.waiver))}"


_SPECIAL = regex(r"[\\`*_{}\[\]<>#!|~&$]")


def plain(text: str) -> str:
    """Text that stays text: no markup, link, mention, image or cell comes out of it."""
    flat = clip(" ".join(text.split()), _MOST_CELL)
    # Entities, not backslashes: they mean the same in a table, in HTML and in CommonMark.
    inert = _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", flat)
    # Mentions, and addresses that are made into links, are found after markup is read: a space nobody sees parts them.
    return inert.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")


def code(text: str) -> str:
    """The text in code type: copied and pasted it is the text itself, but for a bar, which would end a table's cell."""
    flat = clip(" ".join(text.split()), _MOST_CELL).replace("|", "\u2502")
    if not flat:
        return ""
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    space = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{space}{flat}{space}{fence}"
