"""What SARIF results name: rules with their help, the kinds of disagreement, and the criteria as a taxonomy.

Code scanning shows one severity per descriptor. A rule that weighs differently from case to case has one descriptor
for its highest level, under its own id, and one for each lower level in use: `s3-encryption/low`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, overload

from soc2gate.facts import dataclass
from soc2gate.model.outcome import CheckWords, Difference, Run
from soc2gate.model.rule import Criterion, Rule, Severity
from soc2gate.model.value import Json

TAXONOMY = "SOC 2 TSC 2017"
_MOST_TAGS = 20
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
}
"""In the middle of the bands that code scanning cuts at 9.0, 7.0 and 4.0; a string, as it reads no number."""
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_FIX_WORDS = {
    "terraform": "In Terraform",
    "cloudformation": "In CloudFormation",
    "manifests": "In manifests",
    "live": "In the running account or cluster",
}


@dataclass(frozen=True, slots=True)
class _DifferenceWords:
    id: str
    title: str
    why: str


DIFFERENCES: Mapping[Difference, _DifferenceWords] = {
    Difference.CHANGED: _DifferenceWords(
        "disagreement-changed",
        "Live state differs from what the code says",
        "Someone changed it outside the code, or the code was never applied. Apply the code, or change the code to "
        "what is meant.",
    ),
    Difference.MISSING: _DifferenceWords(
        "disagreement-missing",
        "Declared, and does not exist live",
        "The code promises something that is not there. Apply the code, or remove the declaration.",
    ),
    Difference.UNMANAGED: _DifferenceWords(
        "disagreement-unmanaged",
        "Exists live, and no code declares it",
        "Nobody reviewed it and no gate looks at it. Declare it, delete it, or name what manages it in soc2gate.yaml.",
    ),
    Difference.UNDECLARED: _DifferenceWords(
        "undeclared-property",
        "Live, read by rules, and never said in code",
        "Nobody reviewed it. Write it into the code, take it away, or accept it with --accept-undeclared.",
    ),
    Difference.UNDECIDED: _DifferenceWords("disagreement-undecided", "Could not be compared", ""),
}


def level(severity: Severity | None) -> str:
    """SARIF's word; a disagreement that no rule reads is a note."""
    return _LEVELS[severity] if severity is not None else "note"


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The descriptors of a run, in the order results number them."""

    bodies: Sequence[dict[str, Json]]
    _index: Mapping[tuple[str, Severity | None], int]

    @classmethod
    def of(cls, run: Run, used: Iterable[tuple[str, Severity | None]]) -> Descriptors:
        """Every rule that was asked, at its highest level, and then every other level in use."""
        criteria = {item.criterion.id: number for number, item in enumerate(run.criteria)}
        bodies: list[dict[str, Json]] = []
        index: dict[tuple[str, Severity | None], int] = {}
        for rule in run.rules.values():
            index[rule.id, rule.severity] = len(bodies)
            bodies.append(_of_rule(run, rule, rule.severity, rule.id, criteria))
        by_id = {words.id: words for words in DIFFERENCES.values()}
        checks = {name: (use.name, words) for use in run.engines for name, words in use.checks.items()}
        for name, severity in sorted(set(used), key=lambda pair: (pair[0], -(pair[1] or 0))):
            if (name, severity) in index:
                continue
            index[name, severity] = len(bodies)
            numbered = f"{name}/{severity if severity is not None else 'none'}"
            if name in run.rules and severity is not None:
                bodies.append(_of_rule(run, run.rules[name], severity, numbered, criteria))
            elif name in checks:
                # Its mapping gives it one severity.
                bodies.append(_of_check(*checks[name], name, severity))
            else:
                words = by_id.get(name) or _DifferenceWords(name, name, "")
                bodies.append(_of_difference(words, numbered, severity))
        return cls(bodies, index)

    @overload
    def index(self, name: str, severity: Severity | None) -> int: ...

    @overload
    def index(self, name: str, severity: Severity | None, *, add: Literal[False]) -> int | None: ...

    def index(self, name: str, severity: Severity | None, *, add: bool = True) -> int | None:
        """The number of a descriptor; with `add=False` None for one that no result named."""
        return self._index[name, severity] if add else self._index.get((name, severity))


def _of_rule(run: Run, rule: Rule, severity: Severity, name: str, numbers: Mapping[str, int]) -> dict[str, Json]:
    control = run.controls.get(rule.control)
    criteria = control.exceptions.get(rule.id, control.criteria) if control else ()
    tags = ["security", *(f"soc2/{criterion}" for criterion in criteria), f"control/{rule.control}"]
    links = [reference for reference in rule.references if reference.startswith("https://")]
    body = _descriptor(name, rule.title, rule.why, severity, tags[:_MOST_TAGS])
    body["help"] = {"text": _help(run, rule, criteria, markdown=False), "markdown": _help(run, rule, criteria)}
    if links:
        body["helpUri"] = links[0]
    known = [criterion for criterion in criteria if criterion in numbers]
    if known:
        body["relationships"] = [
            {
                "target": {
                    "id": criterion,
                    "index": numbers[criterion],
                    "toolComponent": {"name": TAXONOMY, "index": 0},
                },
                "kinds": ["relevant"],
            }
            for criterion in known
        ]
    return body


def _of_difference(words: _DifferenceWords, name: str, severity: Severity | None) -> dict[str, Json]:
    body = _descriptor(name, words.title, words.why or words.title, severity, ["security", "soc2/disagreement"])
    body["help"] = {"text": words.why or words.title, "markdown": words.why or words.title}
    return body


def _of_check(engine: str, words: CheckWords, name: str, severity: Severity | None) -> dict[str, Json]:
    """Another engine's check, with why it is evidence and how far."""
    tags = ["security", f"engine/{engine}"]
    body = _descriptor(name, words.name or name, words.why, severity, tags, precision=words.confidence)
    text = f"{words.why} Asked by {engine}; confidence: {words.confidence}."
    body["help"] = {"text": text, "markdown": text}
    if words.guideline.startswith("https://"):
        body["helpUri"] = words.guideline
    return body


def _descriptor(
    name: str, title: str, why: str, severity: Severity | None, tags: list[str], *, precision: str = "very-high"
) -> dict[str, Json]:
    properties: dict[str, Json] = {"tags": list(tags), "precision": precision}
    if severity is not None:
        properties["security-severity"] = _SECURITY_SEVERITY[severity]
        properties["severity"] = str(severity)
    return {
        "id": name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why.strip() or title},
        "defaultConfiguration": {"level": level(severity)},
        "properties": properties,
    }


def _help(run: Run, rule: Rule, criteria: Sequence[str], *, markdown: bool = True) -> str:
    """Why, how to mend it in every format, and which criteria it is evidence for."""
    heading, bullet = ("## ", "- ") if markdown else ("", "")
    titles = {item.criterion.id: item.criterion.title for item in run.criteria}
    parts = [rule.why.strip()]
    if rule.fix:
        parts.append(f"{heading}How to fix it")
        for side, text in rule.fix.items():
            words = _FIX_WORDS.get(side, side)
            parts.append((f"**{words}**: " if markdown else f"{words}: ") + " ".join(text.split()))
    if criteria:
        parts.append(f"{heading}Evidence for")
        parts.append("\n".join(f"{bullet}{criterion}: {titles.get(criterion, '')}" for criterion in criteria))
    links = [f"{bullet}<{link}>" if markdown else link for link in rule.references if link.startswith("https://")]
    if links:
        parts.append("\n".join(links))
    return "\n\n".join(parts)


def taxonomy(criteria: Sequence[Criterion]) -> dict[str, Json]:
    """The criteria, in the order descriptors and results number them; ids are AICPA's, the words are ours."""
    return {
        "name": TAXONOMY,
        "version": "2017",
        "organization": "AICPA",
        "shortDescription": {"text": "Trust Services Criteria; the ids are AICPA's, the words are a paraphrase"},
        "isComprehensive": True,
        "taxa": [
            {
                "id": criterion.id,
                "shortDescription": {"text": criterion.title},
                "properties": {"category": criterion.category, "evidence": criterion.evidence.value},
            }
            for criterion in criteria
        ],
    }
