"""JUnit XML, which every build server shows: one test case for each rule and resource, and for each disagreement.

Not decided is an *error*, never a pass; what could not be read is a suite of its own, so that a green page means that
everything was looked at. Accepted findings and rules that do not apply are *skipped*.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as xml

from soc2gate.model.outcome import Disagreement, Finding, Run, Verdict
from soc2gate.model.resource import Problem, Span, Weight, Where
from soc2gate.output import told
from soc2gate.output.style import brief


def render(run: Run) -> str:
    """The run as JUnit XML: a suite per root and side, then disagreements, then what could not be read."""
    top = xml.Element("testsuites", name=f"soc2gate {run.command}")
    groups: dict[str, list[xml.Element]] = {}
    for item in run.findings:
        groups.setdefault(f"{item.side.value}: {_clean(item.root or '.')}", []).append(_case(run, item))
    for name, cases in sorted(groups.items()):
        _suite(top, run, name, cases)
    differing = [*run.disagreements, *(run.undeclared if run.on_undeclared == "block" else ())]
    if differing:
        _suite(top, run, "disagreements", [_disagreement(item) for item in differing])
    _suite(
        top, run, "could not look", [_problem(item) for item in told.problems(run) if item.weight is not Weight.NOTE]
    )
    for count in ("tests", "failures", "errors", "skipped"):
        top.set(count, str(sum(int(suite.get(count, "0")) for suite in top)))
    xml.indent(top, space=" ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.tostring(top, encoding="unicode")}\n'


def _suite(top: xml.Element, run: Run, name: str, cases: Iterable[xml.Element]) -> None:
    held = list(cases)
    if not held:
        return
    suite = xml.SubElement(top, "testsuite", name=name, timestamp=run.time.removesuffix("Z"), time="0")
    suite.set("tests", str(len(held)))
    for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in held)))
    suite.extend(held)


def _case(run: Run, item: Finding) -> xml.Element:
    case = _element(told.named(item), item.address, told.place(item))
    if item.verdict is Verdict.PASS:
        return case
    if item.verdict is Verdict.NOT_APPLICABLE:
        xml.SubElement(case, "skipped", message="the rule does not apply to it")
        return case
    if item.waiver is not None:
        xml.SubElement(case, "skipped", message=_clean(f"waived: {told.waiver_words(item.waiver)}"))
        return case
    if item.new is False:
        # What a change brings is its author's to mend; what was there is told, and fails no build of theirs.
        said = item.message if item.verdict is Verdict.FAIL else f"not decided: {item.reason}"
        xml.SubElement(case, "skipped", message=_clean(f"there before: {said}"))
        return case
    if item.verdict is Verdict.UNKNOWN:
        _told(case, "error", "not decided", item.reason, [item.reason, told.spoken(told.place(item))])
        return case
    rule = run.rules.get(item.rule)
    lines = [item.message, told.spoken(told.place(item))]
    lines += [f"seen: {evidence.path} = {brief(evidence.value)}" for evidence in item.evidence]
    if rule is not None:
        lines += [f"wanted: {rule.title}", f"fix: {' '.join(told.fix(rule.fix, item).split())}"]
    lines.append(f"evidence for {' '.join(item.criteria)}")
    _told(case, "failure", str(item.severity), item.message, lines)
    return case


def _disagreement(item: Disagreement) -> xml.Element:
    name = f"{told.subject(item)} {item.property or ''}".rstrip()
    case = _element(f"disagreement.{item.difference.value}", name, item.declared_where or item.live_where)
    lines = [told.headline(item), item.reason, told.spoken(item.declared_where), told.spoken(item.live_where)]
    lines += [f"{rule.id}: {told.contrast(rule)}".removesuffix(": ") for rule in item.rules]
    if item.waiver is not None:
        xml.SubElement(case, "skipped", message=_clean(f"waived: {told.waiver_words(item.waiver)}"))
    elif item.difference.value == "undecided":
        _told(case, "error", "undecided", item.reason, lines)
    else:
        _told(case, "failure", str(item.severity) if item.severity else "none", told.headline(item), lines)
    return case


def _problem(item: Problem) -> xml.Element:
    case = _element(f"problem.{item.stage}", item.message, item.where)
    _told(case, "error", item.weight.value, told.problem_words(item), [item.message, item.hint])
    return case


def _element(group: str, name: str, where: Where | None) -> xml.Element:
    case = xml.Element("testcase", classname=_clean(group), name=_clean(name), time="0")
    if isinstance(where, Span):
        case.set("file", _clean(where.path))
        case.set("line", str(where.line))
    return case


def _told(case: xml.Element, tag: str, kind: str, message: str, lines: Iterable[str]) -> None:
    element = xml.SubElement(case, tag, type=kind, message=_clean(message))
    element.text = "\n".join(_clean(line) for line in lines if line)


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold in any spelling; they are made visible."""
    flat = " ".join(text.split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in flat)
