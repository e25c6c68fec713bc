"""How a finding and a disagreement are told, said once so that every report says the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from soc2gate.model.outcome import (
    OURS,
    WITHHELD,
    AcceptedUse,
    Also,
    Difference,
    Disagreement,
    EngineUse,
    Evidence,
    Finding,
    History,
    RuleContrast,
    Run,
    Status,
    Verdict,
    Waiver,
    seconds_seen,
)
from soc2gate.model.resource import LiveRef, Problem, Side, Span, Weight, Where, root_of
from soc2gate.model.rule import Severity
from soc2gate.output.quoting import quotable
from soc2gate.output.style import brief, contrasted
from soc2gate.patterns import regex

_MOST_NAMES = 8
STATUS_WORDS = {
    Status.PASS: "pass",
    Status.FAIL: "fail",
    Status.WAIVED: "waived",
    Status.UNKNOWN: "unknown",
    Status.NO_DATA: "no data",
    Status.MANUAL: "manual",
    Status.OUT_OF_SCOPE: "out of scope",
}
# Criteria there is nothing to say about one by one.
QUIET_STATUSES = (
    (Status.NO_DATA, "no data"),
    (Status.MANUAL, "people must show"),
    (Status.OUT_OF_SCOPE, "out of scope"),
)
DIFFERENCE_WORDS = {
    Difference.CHANGED: "changed",
    Difference.MISSING: "missing live",
    Difference.UNMANAGED: "not in code",
    Difference.UNDECIDED: "undecided",
    Difference.UNDECLARED: "undeclared",
}
WEIGHT_WORDS = {Weight.BROKEN: "could not read", Weight.GAP: "could not look", Weight.NOTE: "note"}
DISCLAIMER = "This is an evaluation record. It supports readiness; a licensed CPA firm attests."


class Sources:
    """Lines of the files a run was made from, each read once; a file that has gone since has none."""

    def __init__(self, run: Run) -> None:
        self._base = Path(run.base)
        # A plan is often one line, with everything sensitive in it: never quoted.
        self._read: dict[str, Sequence[str]] = {path: () for form, path in run.roots if form == "terraform-plan"}
        self._withheld = {
            (one.where.path, number)
            for finding in run.findings
            for one in finding.evidence
            if one.value == WITHHELD and isinstance(one.where, Span)
            for number in range(one.where.line, max(one.where.line, one.where.end_line) + 1)
        }

    def line(self, path: str, number: int) -> str | None:
        """One line as it may be shown: without a credential; None where the file is gone or shorter."""
        lines = self.lines(path)
        if not 0 < number <= len(lines):
            return None
        text = lines[number - 1]
        if (path, number) in self._withheld or _may_hold_secret(text):
            return f"{text[: len(text) - len(text.lstrip())]}{WITHHELD}"
        return text

    def lines(self, path: str) -> Sequence[str]:
        lines = self._read.get(path)
        if lines is None:
            try:
                text = (self._base / path).read_text(encoding="utf-8-sig", errors="replace")
                lines = quotable(text.splitlines())
            except OSError:
                lines = ()
            self._read[path] = lines
        return lines

    def around(self, place: Span, margin: int = 2) -> list[tuple[int, str]]:
        """Numbered lines about a place, a few before and after; none where the file is gone or shorter."""
        if self.line(place.path, place.line) is None:
            return []
        numbers = range(max(1, place.line - margin), place.line + margin + 1)
        return [(number, text) for number in numbers if (text := self.line(place.path, number)) is not None]


_TELLTALE = (
    *("pass", "pwd", "secret", "token", "key", "credential", "private", "://"),
    *("akia", "asia", "gh", "glpat", "xox", "_live_", "aiza", "npm_"),
)


def _may_hold_secret(text: str) -> bool:
    lowered = text.lower()
    if not any(word in lowered for word in _TELLTALE):
        return False
    # Imported here: a report without such a line needs none of it.
    from soc2gate.model.credentials import holds_credential

    return holds_credential(text) is not False


def deciding(item: Finding) -> Evidence | None:
    """The evidence whose line a person wants to see: the narrowest place that was written, else the first."""
    written = [one for one in item.evidence if isinstance(one.where, Span) and one.where != item.where]
    return min(written, key=_height) if written else item.evidence[0] if item.evidence else None


def _height(evidence: Evidence) -> int:
    where = evidence.where
    return max(0, where.end_line - where.line) if isinstance(where, Span) else 0


def place(item: Finding) -> Where:
    """Where a person should look first: the line that decided, else the resource's."""
    evidence = deciding(item)
    return evidence.where if evidence is not None and isinstance(evidence.where, Span) else item.where


def fix(fixes: Mapping[str, str], item: Finding) -> str:
    """How to mend it where the finding stands: in this format, or in the running account."""
    if item.side is Side.LIVE:
        name = "live"
    elif item.kind.startswith("Kubernetes::"):
        name = "manifests"
    elif _WRITTEN_IN_TERRAFORM.search(item.address):
        # A plan's findings have no line of Terraform to tell it by.
        name = "terraform"
    else:
        name = "cloudformation"
    return fixes.get(name, "").strip()


_WRITTEN_IN_TERRAFORM = regex(r"(?:^|\.)aws(?:cc)?_\w+\.\w")
"""An address; CloudFormation's logical ids have no dots."""


def spoken(where: Where | None) -> str:
    """A place in a few words: `main.tf:3`, `s3:GetBucketAcl in eu-west-1`."""
    if where is None:
        return ""
    if isinstance(where, Span):
        return f"{where.path}:{where.line}"
    return call(where)


def call(where: LiveRef) -> str:
    scope = f" in {where.region}" if where.region and where.region != "global" else ""
    return f"{where.call}{scope}"


def named(item: Finding) -> str:
    """The rule, or another engine's check with whose it is."""
    return item.rule if item.engine == OURS else f"{item.rule} ({item.engine})"


def differing(run: Run) -> list[tuple[Finding, Also]]:
    """Where another engine says pass and we say fail, or the other way round."""
    settled = {Verdict.PASS.value, Verdict.FAIL.value}
    return [
        (item, other) for item in run.findings for other in item.also if {item.verdict.value, other.verdict} == settled
    ]


def engine_words(run: Run, use: EngineUse) -> list[str]:
    """What became of another engine's results, a line each."""
    where = f", read from {use.source}" if use.source else ""
    beside = [item for item in run.findings if item.engine == use.name]
    failed = sum(item.verdict is Verdict.FAIL for item in beside)
    lines = [
        f"{use.name} {use.version}".rstrip() + where,
        f"{counted(use.told, 'result')} beside ours, {failed} of them failed; {use.covered} about what our rules ask "
        f"too, and ours stand" + (f" ({use.differing} say otherwise)" if use.differing else ""),
    ]
    if use.skipped:
        lines.append(f"{counted(use.skipped, 'result')} skipped by comments, which name nobody who approved")
    for label, held in (("no control of ours is about", use.no_control), ("nobody mapped", use.unmapped)):
        if held:
            number = sum(sum(verdicts.values()) for verdicts in held.values())
            failing = {name: verdicts.get("fail", 0) for name, verdicts in held.items() if verdicts.get("fail")}
            some = sorted(failing.items(), key=lambda pair: (-pair[1], pair[0]))
            names = ", ".join(f"{name} ×{times}" for name, times in some[:_MOST_NAMES])
            more = f" and {len(some) - _MOST_NAMES} more" if len(some) > _MOST_NAMES else ""
            lines.append(
                f"{label} {counted(len(held), 'check')} ({counted(number, 'result')}, only counted)"
                + (f"; failed: {names}{more}" if names else "")
            )
    if use.elsewhere:
        lines.append(f"{counted(use.elsewhere, 'result')} about files outside the paths that were asked")
    return lines


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def contrasted_rule(rule: RuleContrast) -> str:
    """A rule with what it says of each side, `s3-versioning (pass → fail)`; alone where it is about something else."""
    said = contrast(rule)
    return f"{rule.id} ({said})" if said else rule.id


def contrast(rule: RuleContrast) -> str:
    """What a rule says of each side: `pass → fail`."""
    answers = [word(verdict) for verdict in (rule.declared, rule.live) if verdict is not None]
    return " → ".join(answers)


def word(verdict: Verdict | None) -> str:
    return "not asked" if verdict is None else verdict.value.replace("_", " ")


def broken_rules(run: Run, item: Disagreement) -> list[RuleContrast]:
    """The rules that fail on one side, the most serious first; all that read the property where none does."""
    broken = [rule for rule in item.rules if Verdict.FAIL in (rule.declared, rule.live)] or list(item.rules)
    return sorted(broken, key=lambda rule: -(run.rules[rule.id].severity if rule.id in run.rules else 0))


NOT_OPERATING = "the control is not operating"
UNDONE = "the next apply will undo this fix"
_FIXED_LIVE = "fixed live, and not in code"
_BOTH_FAIL = "fails in code and live"
_MEANINGS = (NOT_OPERATING, UNDONE, _FIXED_LIVE, _BOTH_FAIL, "")
"""What a disagreement comes to by its verdicts, the most pressing first."""


def meaning(item: Disagreement) -> str:
    """What the verdicts of both sides come to; empty where no rule answers on both, or all is well on both."""
    answers = {(rule.declared, rule.live) for rule in item.rules}
    if (Verdict.PASS, Verdict.FAIL) in answers:
        return NOT_OPERATING
    if (Verdict.FAIL, Verdict.PASS) in answers:
        # Only what code says is set again, and CloudFormation leaves alone what its template does not change.
        applied = item.kind.startswith("Kubernetes::") or _WRITTEN_IN_TERRAFORM.search(item.address)
        return UNDONE if applied and item.declared is not None else _FIXED_LIVE
    return _BOTH_FAIL if (Verdict.FAIL, Verdict.FAIL) in answers else ""


def meanings(items: Iterable[Disagreement]) -> str:
    """How many controls do not operate, and how many fixes the next apply will undo; empty where there are none."""
    found = [meaning(item) for item in items if item.waiver is None]
    stopped, undone = found.count(NOT_OPERATING), found.count(UNDONE)
    told = [f"{stopped} where {NOT_OPERATING}"] if stopped else []
    return ", ".join([*told, *([f"{undone} where {UNDONE}"] if undone else [])])


def by_weight(item: Disagreement) -> tuple[int, int, str, str, str]:
    """The order of disagreements: the most serious first, then what the verdicts come to."""
    return (-(item.severity or 0), _MEANINGS.index(meaning(item)), item.kind, item.address, item.property or "")


def waiver_words(waiver: Waiver) -> str:
    """Why it was accepted, by whom and until when, as far as it says."""
    told = [
        waiver.owner,
        f"approved by {waiver.approver}" if waiver.approver else "nobody approved it",
        f"until {waiver.expires}" if waiver.expires else "",
        waiver.ticket,
    ]
    return f"{waiver.reason or 'no reason given'} ({', '.join(part for part in told if part)})"


def side_said(item: Disagreement, side: Side) -> str:
    """What one side of a disagreement says, on one line."""
    if item.difference is Difference.MISSING:
        return "exists" if side is Side.DECLARED else "does not exist"
    if item.difference is Difference.UNMANAGED:
        return "nothing" if side is Side.DECLARED else f"exists: {item.uid or item.address}"
    if item.property is None:
        words = {word(rule.declared if side is Side.DECLARED else rule.live) for rule in item.rules}
        return " and ".join(sorted(words))
    declared, live = contrasted(item.declared, item.live)
    value = declared if side is Side.DECLARED else live
    return "not set" if value is None else brief(value)


def answering(item: Finding) -> str:
    """Who answers for a finding, as the configuration says; empty where it says nothing."""
    said = (("{} (code)", item.owner), ("{} (control)", item.control_owner), ("system {}", item.system))
    return ", ".join(words.format(name) for words, name in said if name)


def subject(item: Finding | Disagreement, environments: str = "") -> str:
    """What it is about, and in which environment where its root has several: `aws_s3_bucket.b (prod)`."""
    named = environments or item.environment
    return f"{item.address} ({named})" if named else item.address


def together(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Findings that are the same in several environments once, each with the environments it stands for."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for item in findings:
        alone = () if item.environment else (len(groups),)
        key = (item.rule, root_of(item.root, item.environment), item.kind, item.address, item.message, place(item))
        groups.setdefault((*key, item.verdict, item.severity, item.waiver, *alone), []).append(item)
    return [(items[0], ", ".join(item.environment for item in items)) for items in groups.values()]


def headline(item: Disagreement) -> str:
    """A disagreement in one sentence, led by what its verdicts come to."""
    about = f"{subject(item)} {item.property or ''}".rstrip()
    means = meaning(item)
    led = f"{means[:1].upper()}{means[1:]}: " if means else ""
    if item.difference is Difference.MISSING:
        return f"{led}{about} is declared and does not exist live"
    if item.difference is Difference.UNMANAGED:
        return f"{about} exists live and no code declares it"
    if item.difference is Difference.UNDECIDED:
        return f"{about} could not be compared: {item.reason}"
    if item.difference is Difference.UNDECLARED:
        return f"{about} is {side_said(item, Side.LIVE)} live, and code never says it"
    return f"{led}{about}: code says {side_said(item, Side.DECLARED)}, live is {side_said(item, Side.LIVE)}"


def duration(seconds: int) -> str:
    """`3 d 4 h`, `12 min`: the two largest parts."""
    parts: list[tuple[int, str]] = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        number, seconds = divmod(seconds, size)
        if number or parts:
            parts.append((number, name))
    return " ".join(f"{number} {name}" for number, name in parts[:2] if number) or f"{seconds} s"


def since(run: Run, item: Disagreement) -> str:
    """Since when a disagreement is seen, where earlier looks are kept; empty where they are not."""
    history = run.history
    entry = next((one for one in history.lasting if one.fingerprint == item.fingerprint), None) if history else None
    if history is None or entry is None:
        return ""
    if item.fingerprint in history.new:
        return f"new: first seen {entry.first_seen}" if history.previous else f"first seen {entry.first_seen}"
    return f"for {duration(seconds_seen(entry))}, first seen {entry.first_seen}"


def history_words(history: History) -> str:
    """What became of the disagreements since the look before."""
    if not history.previous:
        return f"first look: {len(history.lasting)} disagreements to follow from here on"
    numbers = [f"{len(history.new)} new", f"{len(history.gone)} gone"]
    numbers.append(f"{len(history.lasting) - len(history.new) - len(history.unlooked)} still there")
    if history.unlooked:
        numbers.append(f"{len(history.unlooked)} could not be looked at")
    return f"disagreements since {history.previous}: {', '.join(numbers)}"


def failing(run: Run) -> list[Finding]:
    """Unwaived failures that no base and no baseline knows, the most serious first, then by place."""
    return [item for item in _open_failures(run) if item.new is not False]


def there_before(run: Run) -> list[Finding]:
    """Unwaived failures that the base or the baseline knows: none of them closes the gate."""
    return [item for item in _open_failures(run) if item.new is False]


def _open_failures(run: Run) -> list[Finding]:
    chosen = [item for item in run.findings if item.verdict is Verdict.FAIL and item.waiver is None]
    return sorted(chosen, key=_finding_order)


def waived(run: Run) -> list[Finding]:
    """Failures and undecided verdicts that someone accepted."""
    chosen = [item for item in run.findings if item.waiver is not None and item.verdict is not Verdict.PASS]
    return sorted(chosen, key=_finding_order)


def undecided(run: Run) -> list[Finding]:
    """Verdicts that what could be read does not settle, and that no base and no baseline knows as such."""
    unknown = [item for item in run.findings if item.verdict is Verdict.UNKNOWN and item.waiver is None]
    chosen = [item for item in unknown if item.new is not False]
    return sorted(chosen, key=_finding_order)


def disagreements(run: Run, *, decided: bool) -> list[Disagreement]:
    """Decided or undecided ones, the most serious first."""
    chosen = [item for item in run.disagreements if (item.difference is not Difference.UNDECIDED) == decided]
    return sorted(chosen, key=by_weight)


def undeclared(run: Run) -> list[Disagreement]:
    """Live properties that code never says, the most serious first."""
    return sorted(run.undeclared, key=by_weight)


def closing(run: Run) -> list[Disagreement]:
    """What a person has to do something about: disagreements, and what code never says where that closes the gate."""
    return [*disagreements(run, decided=True), *(undeclared(run) if run.on_undeclared == "block" else ())]


def accepted_words(use: AcceptedUse) -> list[str]:
    """What became of a file of accepted properties, a line each."""
    lines = [f"{use.known} more accepted in {use.path}"]
    if use.gone:
        some = ", ".join(f"{address} {name}" for address, name in use.gone[:_MOST_NAMES])
        more = f" and {len(use.gone) - _MOST_NAMES} more" if len(use.gone) > _MOST_NAMES else ""
        lines.append(f"no longer so, and still in {use.path}: {some}{more}")
    return lines


def _finding_order(item: Finding) -> tuple[int, str, str, int, str, str]:
    where = item.where
    name, line = (where.path, where.line) if isinstance(where, Span) else (where.uid, 0)
    return (-item.severity, item.side.value, name, line, item.rule, item.address)


def problems(run: Run) -> list[Problem]:
    """What could not be done, the worst first; what the base could not be looked at either is counted apart."""
    chosen = [item for item in run.problems if item.new is not False]
    return sorted(chosen, key=lambda item: [*Weight].index(item.weight))


def undecided_before(run: Run) -> int:
    """How much could not be looked at or decided before either."""
    unread = sum(item.new is False and item.weight is not Weight.NOTE for item in run.problems)
    return unread + sum(item.new is False and item.verdict is Verdict.UNKNOWN for item in run.findings)


def problem_words(problem: Problem) -> str:
    """A problem in one sentence that says how it weighs."""
    weight = WEIGHT_WORDS[problem.weight]
    message = problem_message(problem)
    return message if message.startswith(weight) else f"{weight}: {message}"


def problem_message(problem: Problem) -> str:
    """What could not be done, and in which environment where that is not all of them."""
    return f"{problem.message} ({problem.environment})" if problem.environment else problem.message


def decision_words(run: Run) -> tuple[str, str]:
    """The decision and why: `gate closed (exit 1)`, and its reasons."""
    words = {0: "gate open", 1: "gate closed", 3: "not enough evidence"}
    said = f"{words.get(int(run.decision.exit), 'gate')} (exit {int(run.decision.exit)})"
    return said, "; ".join(run.decision.reasons) or _why_open(run)


def _why_open(run: Run) -> str:
    """Why nothing closes the gate: where findings stand that it is open in spite of, they are counted."""
    failing = [item for item in run.findings if item.verdict is Verdict.FAIL]
    if run.fail_on == "never":
        return "nothing closes it: fail_on is never" if failing else "nothing found"
    high = [item for item in failing if item.severity >= Severity[run.fail_on.upper()]]
    waived = sum(item.waiver is not None for item in high)
    before = sum(item.new is False and item.waiver is None for item in high)
    counts = ([f"{before} known before"] if before else []) + ([f"{waived} waived"] if waived else [])
    if not counts:
        return f"nothing found at or above {run.fail_on}"
    new = "new" if before else "open"
    return f"nothing {new} at or above {run.fail_on}, {' and '.join(counts)}"
