"""Accepted findings: a waiver has a name, a reason, an approver and an end, or it does not count.

Where it is written makes no difference: soc2gate.yaml, a file that names, a comment beside the code. Every one that
does not count says why, and every one that soon will not says so two weeks ahead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from soc2gate.declared.git import Author
from soc2gate.declared.written_waivers import INLINE, Written
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.outcome import CONFIGURED, Disagreement, Finding, Verdict, Waiver
from soc2gate.model.resource import Problem, Span, Weight
from soc2gate.suggest import did_you_mean

NOTICE_DAYS = 14
_OURS = re.compile(r"[a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a waiver has to meet."""

    today: str
    """ISO date."""
    rules: Collection[str] = ()
    """The rules there are; empty when only some of them are asked, and then none is called unknown."""
    longest: int | None = None
    """Days from today that an expiry may lie ahead."""
    inline: bool = True
    """Whether comments and metadata may waive."""
    accepts: Callable[[str], bool] = lambda tool: False
    """Whether this tool's skip comments count, though nobody approved them."""
    foreign: Mapping[str, str] = field(default_factory=dict)
    """Other tools' ids to the rules of ours that ask the same."""
    author_of: Callable[[Waiver], Author | None] = lambda waiver: None


@dataclass(frozen=True, slots=True)
class Judged:
    """A waiver, and whether it counts."""

    waiver: Waiver
    why_not: str = ""
    """Empty when it counts."""
    hint: str = ""
    days_left: int | None = None
    written: Written | None = None
    """Where it stands, for one that is bound to its place rather than to an address pattern."""
    author: Author | None = None

    @property
    def counts(self) -> bool:
        return not self.why_not


def judge(configured: Iterable[Waiver], written: Iterable[Written], terms: Terms) -> list[Judged]:
    """Every waiver with whether it counts under these terms."""
    judged = [_judged(waiver, None, terms) for waiver in configured]
    judged += [_judged(item.waiver, item, terms) for item in written]
    return judged


def _judged(waiver: Waiver, written: Written | None, terms: Terms) -> Judged:
    foreign = waiver.source not in (CONFIGURED, INLINE)
    left = _days_left(waiver.expires, terms.today)
    author = terms.author_of(waiver)
    if foreign:
        rule = _ours(waiver.rule, terms.foreign)
        why_not, hint = _foreign_refused(waiver, rule, left, terms)
        return Judged(
            replace(waiver, rule=rule) if rule and not why_not else waiver, why_not, hint, left, written, author
        )
    why_not, hint = _refused(waiver, written, left, author, terms)
    return Judged(waiver, why_not, hint, left, written, author)


def _ours(name: str, foreign: Mapping[str, str]) -> str:
    """The rule of ours that another tool's id stands for. Trivy reads `AVD-AWS-0090` and `avd-aws-0090` alike."""
    if name in foreign:
        return foreign[name]
    spelled = {known.casefold(): rule for known, rule in foreign.items()}
    return spelled.get(name.casefold(), "")


def _foreign_refused(waiver: Waiver, rule: str, left: int | None, terms: Terms) -> tuple[str, str]:
    if not terms.accepts(waiver.source):
        hint = f"write it as `# soc2gate:waive …`, or say accept_foreign_skips: [{waiver.source}] in soc2gate.yaml"
        return "nobody is named who approved it", hint
    if waiver.rule == "*":
        return "it names no rule", "write it as `# soc2gate:waive RULE …`"
    if not rule or (terms.rules and rule not in terms.rules):
        return f"no rule of ours is known for {waiver.rule}", "name one in soc2gate.yaml under foreign_skips"
    if waiver.expires and (left is None or left < 0):
        return f"it expired on {waiver.expires}", ""
    return "", ""


def _refused(
    waiver: Waiver, written: Written | None, left: int | None, author: Author | None, terms: Terms
) -> tuple[str, str]:
    if written is not None and not terms.inline:
        return "inline waivers are forbidden by the configuration", "write it in soc2gate.yaml, under waivers"
    if written is not None and written.wrong:
        return written.wrong, '# soc2gate:waive RULE reason="…" owner=… approver=… expires=YYYY-MM-DD ticket=…'
    if re.search(r"[*?]", waiver.rule):
        hint = "write one waiver for each rule; an address may hold *"
        return f"it is of one rule, and “{waiver.rule}” is none", hint
    # Our ids are lower-case words with hyphens; any other is of another engine, which this run may not have asked.
    if terms.rules and waiver.rule not in terms.rules and _OURS.fullmatch(waiver.rule):
        return f"there is no rule “{waiver.rule}”", did_you_mean(waiver.rule, terms.rules)
    if left is None:
        return f"“{waiver.expires}” is no date", "write it as YYYY-MM-DD"
    # The day named is the last on which it holds.
    if left < 0:
        return f"it expired on {waiver.expires}", f"fix the finding, or ask {waiver.approver} to renew it"
    if terms.longest is not None and left > terms.longest:
        return f"it lasts {left} days more, and the configuration allows {terms.longest}", "choose an earlier expiry"
    if author is not None and _same(waiver.approver, author):
        return f"its approver {waiver.approver} is who wrote it", "somebody else has to approve it"
    return "", ""


def _days_left(expires: str, today: str) -> int | None:
    from datetime import date

    try:
        return (date.fromisoformat(expires) - date.fromisoformat(today)).days
    except ValueError:
        return None


def _same(approver: str, author: Author) -> bool:
    """Whether the approver is the author, as a name, an address, or a handle that begins it."""
    told = approver.casefold().strip().removeprefix("@")
    email = author.email.casefold()
    names = {author.name.casefold(), email, email.partition("@")[0]} - {""}
    return told in names or (bool(email) and f"<{email}>" in told)


def apply_to_findings(findings: Iterable[Finding], judged: Sequence[Judged]) -> list[Finding]:
    """Findings with their waiver attached; only what fails or is undecided needs one."""
    counting = [item for item in judged if item.counts]
    if not counting:
        return list(findings)
    return [
        replace(finding, waiver=next((item.waiver for item in counting if _meets(item, finding)), None))
        if finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN) and finding.waiver is None
        else finding
        for finding in findings
    ]


def beside(finding: Finding, counting: Iterable[Judged]) -> Waiver | None:
    """The waiver that stands beside the finding's code, whatever its verdict."""
    return next((item.waiver for item in counting if item.written is not None and _meets(item, finding)), None)


def _meets(item: Judged, finding: Finding) -> bool:
    if item.waiver.rule != finding.rule:
        return False
    if item.written is None:
        return covers(item.waiver.address, finding.address)
    return _stands_by(item.written, finding)


def _stands_by(written: Written, finding: Finding) -> bool:
    """Whether a waiver stands in or above the finding's resource, or on or above a line it rests on."""
    where = finding.where
    if not isinstance(where, Span):
        return False
    if written.address:
        bare = finding.address.partition("@")[0]
        return where.path == written.path and bare == written.address
    if where.path == written.path:
        inside = where.line <= written.line <= max(where.line, where.end_line)
        if inside or written.target == where.line:
            return True
    return any(
        isinstance(evidence.where, Span)
        and evidence.where.path == written.path
        and evidence.where.line in (written.line, written.target)
        for evidence in finding.evidence
    )


def apply_to_disagreements(
    disagreements: Iterable[Disagreement], judged: Sequence[Judged], findings: Iterable[Finding]
) -> list[Disagreement]:
    """Disagreements with their waiver attached. One waiver must cover every rule the disagreement breaks.

    A waiver written beside the code is about the address whose finding it waives.
    """
    configured = [item for item in judged if item.counts and item.written is None]
    bound = {
        (item.rule, item.address): item.waiver
        for item in findings
        if item.waiver is not None and item.waiver.source != CONFIGURED
    }
    if not configured and not bound:
        return list(disagreements)
    waived = []
    for item in disagreements:
        broken = {contrast.id for contrast in item.rules if Verdict.FAIL in (contrast.declared, contrast.live)}
        found = [_waiver_for(rule, item.address, configured, bound) for rule in sorted(broken)]
        covered = bool(found) and all(waiver is not None for waiver in found)
        waived.append(replace(item, waiver=found[0]) if covered else item)
    return waived


def _waiver_for(
    rule: str, address: str, configured: Sequence[Judged], bound: Mapping[tuple[str, str], Waiver]
) -> Waiver | None:
    for item in configured:
        if item.waiver.rule == rule and covers(item.waiver.address, address):
            return item.waiver
    return bound.get((rule, address))


def notes(judged: Iterable[Judged]) -> list[Problem]:
    """What is to be said of waivers: which do not count and why, and which will not for much longer."""
    found = []
    foreign: Counter[str] = Counter()
    first: dict[str, Waiver] = {}
    for item in judged:
        waiver = item.waiver
        if item.why_not and waiver.source not in (CONFIGURED, INLINE):
            foreign[waiver.source] += 1
            first.setdefault(waiver.source, waiver)
        elif item.why_not:
            text = f"the waiver of {_named(waiver)} does not count: {item.why_not}"
            found.append(Problem(Weight.NOTE, "waivers", text, waiver.where, item.hint))
        elif item.days_left is not None and item.days_left <= NOTICE_DAYS:
            when = "today" if item.days_left == 0 else f"in {item.days_left} day{'s' if item.days_left != 1 else ''}"
            text = f"the waiver of {_named(waiver)} expires {when}, on {waiver.expires}"
            hint = f"fix the finding, or ask {waiver.approver} to renew it" if waiver.approver else ""
            found.append(Problem(Weight.NOTE, "waivers", text, waiver.where, hint))
    for tool, number in foreign.items():
        text = f"{number} skip comment{'s' if number != 1 else ''} of {tool} waive{'s' if number == 1 else ''} nothing"
        hint = "soc2gate waivers lists them, and says why"
        found.append(Problem(Weight.NOTE, "waivers", text, first[tool].where, hint))
    return found


def _named(waiver: Waiver) -> str:
    rule = waiver.rule or "nothing"
    return f"{rule} on {waiver.address}" if waiver.address else rule


def covers(pattern: str, address: str) -> bool:
    """Whether an address pattern (`*` and `?`) names an address."""
    # `[0]` in an address is an index, not a character class.
    return fnmatchcase(address, pattern.replace("[", "[[]"))
