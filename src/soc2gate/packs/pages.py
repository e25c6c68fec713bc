"""The pages that stand beside rules: one for each, an index of them all, and the matrix of criteria and rules.

Everything on a page comes from the rule, its fixtures and the mappings, so that it cannot say something else than what
is judged; `soc2gate rules docs --check` tells which pages no longer do. Pages are for people on the way in from a
finding or an audit: what is asked, why, what it is evidence for, how to mend it, and when the answer is unknown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from soc2gate.cel import HELPERS
from soc2gate.facts import dataclass
from soc2gate.model.outcome import Verdict
from soc2gate.model.rule import Case, Rule, RuleSet, Severity, Strength
from soc2gate.packs import selftest
from soc2gate.packs.rules import find_rule_files

PAGE = "README.md"
_GENERATED = "<!-- Written by `soc2gate rules docs`; change rule.yaml, its fixtures or the mappings instead. -->"
_LANGUAGES = {"tf": "hcl", "json": "json", "yaml": "yaml", "yml": "yaml"}
_SIDES = {
    "terraform": "Terraform",
    "cloudformation": "CloudFormation",
    "manifests": "Kubernetes manifests",
    "live": "Live",
}
_LONGEST_EXAMPLE = 60
"""Lines of a fixture shown on the page; a longer one is a click away."""


@dataclass(frozen=True, slots=True)
class Page:
    """One file to be written."""

    path: Path
    text: str

    @property
    def stale(self) -> bool:
        try:
            return self.path.read_text(encoding="utf-8") != self.text
        except OSError:
            return True


def pages(ruleset: RuleSet, folder: Path, matrix: Path | None = None) -> Iterator[Page]:
    """The pages of the rules below `folder`, their index, and where `matrix` is given the matrix in that folder."""
    homes = {Path(file).parent.name: Path(file).parent for file in find_rule_files(str(folder))}
    chosen = [ruleset.rules[name] for name in sorted(homes) if name in ruleset.rules]
    for rule in chosen:
        yield Page(homes[rule.id] / PAGE, _text(_rule_page(rule, ruleset, homes[rule.id])))
    yield Page(folder / PAGE, _text(_index(chosen, ruleset, folder, homes, matrix)))
    if matrix is not None:
        yield Page(matrix / PAGE, _text([*_matrix(chosen, ruleset, matrix, homes), *_others()]))
    language = folder.parent / "docs" / "rule-language.md"
    if matrix is not None and language.is_file():
        yield Page(language, _with_helpers(language.read_text(encoding="utf-8")))


_HELPERS = re.compile(r"(?<=\n## Helpers\n\n).*?(?=\n## )", re.DOTALL)


def _with_helpers(page: str) -> str:
    """The page about the language, with what each helper says of itself; the rest of it is written by hand."""
    told = (f"- `{one.signature}`: {one.says} *Unknown:* {one.unknown}\n" for one in HELPERS.values())
    return _HELPERS.sub("".join(told).replace("\\", r"\\"), page)


def _text(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n") + "\n"


# One rule.


def _rule_page(rule: Rule, ruleset: RuleSet, home: Path) -> Iterator[str]:
    fixtures, _ = selftest.fixtures_of(rule, str(home))
    yield _GENERATED
    yield f"# {rule.title}\n"
    yield f"`{rule.id}` · {_severities(rule)} · {', '.join(_SIDES[side] for side in rule.sides)}\n"
    if rule.deprecated:
        yield f"**Deprecated:** {rule.deprecated}\n"
    yield f"{_prose(rule.why)}\n"
    yield from _asked(rule, home)
    if rule.choice:
        yield f"## Where tools differ\n\n{_prose(rule.choice)}\n"
    yield from _evidence_for(rule, ruleset)
    yield "## How to mend it\n"
    yield from (f"- **{_SIDES[side]}:** {_prose(text)}" for side, text in rule.fix.items())
    yield ""
    yield from _examples(fixtures)
    yield from _unknowns(rule, ruleset, fixtures)
    if rule.references:
        yield "## See also\n"
        yield from (f"- <{reference}>" for reference in rule.references)


def _severities(rule: Rule) -> str:
    levels = {level.level for case in rule.cases for level in case.severity}
    return " or ".join(str(level) for level in sorted(levels, reverse=True))


def _asked(rule: Rule, home: Path) -> Iterator[str]:
    yield "## What is asked\n"
    yield from (f"{remark}\n" for remark in _remarks(home / "rule.yaml"))
    by_text: dict[tuple[str, str], list[Case]] = {}
    for case in rule.cases:
        by_text.setdefault((case.when.text if case.when else "", case.assertion.text), []).append(case)
    for (when, assertion), cases in by_text.items():
        kinds = ", ".join(f"`{case.kind}`{'' if len(case.sides) == 2 else f' ({case.sides[0]})'}" for case in cases)
        yield f"Of {kinds}{', where' if when else ''}:\n"
        if when:
            yield from _fenced("cel", when)
            yield "it must hold that:\n"
        yield from _fenced("cel", assertion)


def _remarks(file: Path) -> Iterator[str]:
    """The comments in a rule: they tell what was chosen, and where others choose otherwise."""
    block: list[str] = []
    for line in [*file.read_text(encoding="utf-8").splitlines(), ""]:
        if line.lstrip().startswith("#"):
            block.append(line.strip().lstrip("#").strip())
        elif block:
            yield " ".join(block)
            block = []


def _evidence_for(rule: Rule, ruleset: RuleSet) -> Iterator[str]:
    control = ruleset.controls[rule.control]
    yield "## What it is evidence for\n"
    yield f"Control `{control.id}`: {control.statement}\n"
    for name in ruleset.criteria_of(rule):
        criterion = ruleset.criteria[name]
        yield f"- **{name}** ({criterion.title}) {_prose(control.rationale[name])}"
    yield ""


def _examples(fixtures: Sequence[selftest.Fixture]) -> Iterator[str]:
    yield "## Examples\n"
    shown: set[str] = set()
    for side in dict.fromkeys(fixture.side for fixture in fixtures if fixture.side != "live"):
        for verdict in (Verdict.FAIL, Verdict.PASS):
            some = [one.path for one in fixtures if (one.side, one.verdict) == (side, verdict) and _is_short(one.path)]
            if some:
                # `fail.tf` is the plain case; longer names tell of the turn that they show.
                plainest = min(some, key=len)
                shown.add(plainest)
                yield f"{_SIDES[side]}, {verdict.value}:\n"
                text = Path(plainest).read_text(encoding="utf-8")
                yield from _fenced(_LANGUAGES[plainest.rpartition(".")[2]], text)
    rest = [one.path for one in fixtures if one.path not in shown and one.verdict is not Verdict.UNKNOWN]
    yield "The rest of what the rule is tested with:\n" if rest else ""
    yield from (f"- [{Path(path).name}]({Path(path).name}){_caption(path)}" for path in rest)
    yield ""


def _is_short(path: str) -> bool:
    if os.path.isdir(path):
        return False
    return len(Path(path).read_text(encoding="utf-8").splitlines()) <= _LONGEST_EXAMPLE


def _caption(path: str) -> str:
    """What the fixture's own first comment says of it."""
    if os.path.isdir(path) or path.endswith(".json"):
        return ""
    words: list[str] = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        words.append(line.lstrip("#").strip())
    return f": {_prose(' '.join(words))}" if words else ""


def _unknowns(rule: Rule, ruleset: RuleSet, fixtures: Sequence[selftest.Fixture]) -> Iterator[str]:
    unknown = [fixture for fixture in fixtures if fixture.verdict is Verdict.UNKNOWN]
    yield "## When it is unknown\n"
    for side in dict.fromkeys((*rule.sides, *(fixture.side for fixture in unknown))):
        if side in rule.always_decided:
            yield f"- **{_SIDES[side]}:** never; the rule can always be decided there."
        for fixture in unknown:
            if fixture.side == side:
                name = Path(fixture.path).name
                reasons = "; ".join(_reasons(rule, ruleset, fixture))
                yield f"- **{_SIDES[side]}:** [{name}]({name}){_caption(fixture.path)} (“{_prose(reasons)}”)"
    yield ""


def _reasons(rule: Rule, ruleset: RuleSet, fixture: selftest.Fixture) -> list[str]:
    from soc2gate.engine.evaluate import evaluate

    alone = RuleSet({rule.id: rule}, ruleset.controls, ruleset.criteria, ruleset.digests)
    resources, _ = selftest.read_fixture(fixture)
    found = evaluate(alone, resources, now=selftest.NOW)
    return list(dict.fromkeys(finding.reason for finding in found if finding.verdict is Verdict.UNKNOWN))


def _fenced(language: str, text: str) -> Iterator[str]:
    yield f"```{language}"
    yield text.strip("\n")
    yield "```\n"


def _prose(text: str) -> str:
    """One line, whatever it was folded into; what Markdown would take for a tag is kept from it."""
    return " ".join(text.split()).replace("<", "&lt;")


# All of them.


def _index(
    rules: Sequence[Rule], ruleset: RuleSet, folder: Path, homes: dict[str, Path], matrix: Path | None
) -> Iterator[str]:
    yield _GENERATED
    yield "# Rules\n"
    counts = ", ".join(f"{sum(rule.severity is level for rule in rules)} {level}" for level in sorted(Severity)[::-1])
    yield f"{len(rules)} rules: {counts}.\n"
    if matrix is not None:
        yield f"[The same by criterion]({_from(folder, matrix)}/{PAGE})\n"
    areas: dict[str, list[Rule]] = {}
    for rule in rules:
        areas.setdefault(homes[rule.id].parent.relative_to(folder).as_posix(), []).append(rule)
    for area, members in sorted(areas.items()):
        yield f"## {area}\n" if area != "." else ""
        yield "| rule | asks that | severity | criteria | sides |"
        yield "| --- | --- | --- | --- | --- |"
        for rule in members:
            where = (homes[rule.id].relative_to(folder) / PAGE).as_posix()
            criteria = " ".join(ruleset.criteria_of(rule))
            sides = ", ".join(rule.sides)
            yield f"| [{rule.id}]({where}) | {rule.title} | {_severities(rule)} | {criteria} | {sides} |"
        yield ""


def _matrix(rules: Sequence[Rule], ruleset: RuleSet, matrix: Path, homes: dict[str, Path]) -> Iterator[str]:
    yield _GENERATED
    yield "# SOC 2 criteria and the rules that are evidence for them\n"
    yield (
        "The ids are the AICPA's; the words beside them are ours and not the criterion's text. soc2gate supports "
        "readiness, a licensed CPA firm attests: no rule meets a criterion by itself, and the last column says what "
        "people still have to show.\n"
    )
    yield "| criterion | in short | technical evidence | controls | rules | people show |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for criterion in ruleset.criteria.values():
        serving = [rule for rule in rules if criterion.id in ruleset.criteria_of(rule)]
        controls = sorted(control.id for control in ruleset.controls.values() if criterion.id in control.rationale)
        links = [f"[{rule.id}]({_from(matrix, homes[rule.id])}/{PAGE})" for rule in serving]
        evidence = criterion.evidence.value if criterion.evidence is not Strength.NONE else "none: manual"
        cells = (
            criterion.id,
            criterion.title,
            evidence,
            _row(controls),
            _row(links),
            _row(criterion.people_show, "; "),
        )
        yield f"| {' | '.join(cells)} |"


def _others() -> Iterator[str]:
    """What else is mapped: other engines' checks, and other frameworks."""
    # Imported here: the pages of a pack have no such mappings.
    from soc2gate.packs.checks import load_checks
    from soc2gate.packs.frameworks import load_frameworks

    yield "## Checks of other engines\n"
    yield (
        "What their results are to us, reviewed check by check: `checkov.yaml` for `--checkov` and `--checkov-json`, "
        "`results/` for `--results`. Each names a control (or `none`), how far a verdict is evidence, why, and our "
        "rule where one asks the same. A pack of yours may bring `mappings/results/<engine>.yaml` in the same form.\n"
    )
    yield "| engine | reviewed | checks | with a rule of ours | with no control |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for mapped in load_checks().values():
        checks = {check.id: check for check in mapped.checks.values()}.values()
        named, without = sum(bool(check.rule) for check in checks), sum(check.control == "none" for check in checks)
        yield f"| {mapped.engine} | {mapped.reviewed} | {len(checks)} | {named} | {without} |"
    yield "\n## Other frameworks\n"
    yield (
        "`frameworks/` says which of their requirements evidence about our controls serves, and why: identifiers and "
        "our own words only. `soc2gate criteria --framework NAME` shows one, `soc2gate scan --framework NAME` tells of "
        "it after a run.\n"
    )
    yield "| framework | name | requirements |"
    yield "| --- | --- | ---: |"
    for framework in load_frameworks().values():
        yield f"| {framework.title} | `{framework.id}` | {len(framework.requirements)} |"
    yield ""


def _row(items: Sequence[str], separator: str = ", ") -> str:
    return separator.join(items) or "–"


def _from(start: Path, to: Path) -> str:
    return Path(os.path.relpath(to, start)).as_posix()
