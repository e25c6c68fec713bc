"""Ask every rule of every resource of its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload

from soc2gate import cel, kinds
from soc2gate.facts import dataclass
from soc2gate.model.outcome import WITHHELD, Evidence, Finding, Verdict
from soc2gate.model.resource import Resource, place_of
from soc2gate.model.rule import Case, Rule, RuleSet, Severity, Source
from soc2gate.model.value import Unknown, Value


@dataclass(frozen=True, slots=True)
class _Question:
    """One case of one rule, compiled."""

    rule: Rule
    case: Case
    when: cel.Program | None
    assertion: cel.Program
    message: cel.Template
    severity: tuple[tuple[cel.Program | None, Severity], ...]
    criteria: tuple[str, ...]
    about_secrets: bool
    """Whether it asks what looks like a credential: then what it looked at may be one."""


class Questions:
    """A rule set, compiled kind by kind as resources of that kind turn up: a rule nobody needs costs nothing."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._cases: dict[tuple[str, str], list[tuple[Rule, Case]]] = {}
        self._compiled: dict[tuple[str, str], tuple[_Question, ...]] = {}
        for rule in rules.rules.values():
            for case in rule.cases:
                for side in case.sides:
                    self._cases.setdefault((case.kind, side), []).append((rule, case))

    def about(self, kind: str, side: str) -> tuple[_Question, ...]:
        """What is asked of resources of `kind` on `side`; raises `ConfigError` where a rule does not compile."""
        key = (kind, side)
        found = self._compiled.get(key)
        if found is None:
            found = tuple(self._compile(rule, case) for rule, case in self._cases.get(key, ()))
            self._compiled[key] = found
        return found

    def _compile(self, rule: Rule, case: Case) -> _Question:
        scope = {"resource": kinds.type_of(case.kind)}
        return _Question(
            rule=rule,
            case=case,
            when=cel.compile(case.when, scope, vacuous_ok=True) if case.when else None,
            assertion=cel.compile(case.assertion, scope, vacuous_ok=rule.vacuous_ok, given=case.when),
            message=cel.compile_template(_message_source(rule), scope),
            severity=tuple(
                (cel.compile(level.when, scope, vacuous_ok=True) if level.when else None, level.level)
                for level in case.severity
            ),
            criteria=self._rules.criteria_of(rule),
            about_secrets="looks_like_secret" in case.assertion.text,
        )


def _message_source(rule: Rule) -> Source:
    return Source(rule.message, rule.path, rule.line)


def evaluate(rules: RuleSet, resources: Iterable[Resource], *, now: str = "") -> list[Finding]:
    """Every rule's finding about every resource of its kind, in a stable order.

    `now` (ISO 8601, UTC) is what `days_until` and `days_since` count from; it comes from outside so that a run can be
    performed again.
    """
    questions = Questions(rules)
    findings: list[Finding] = []
    for resource in resources:
        asked = questions.about(resource.kind, resource.side.value)
        if asked:
            bindings: Mapping[str, Value] = {"resource": {**resource.properties, "related": dict(resource.related)}}
            answers = (_ask(question, resource, bindings, now) for question in asked)
            findings.extend(finding for finding in answers if finding is not None)
    findings.sort(key=_order)
    return findings


def _order(finding: Finding) -> tuple[str, str, str, str, str]:
    return (finding.side.value, finding.root, finding.address, finding.kind, finding.rule)


def _ask(question: _Question, resource: Resource, bindings: Mapping[str, Value], now: str) -> Finding | None:
    verdict, answer = _verdict(question, bindings, now)
    if resource.partial and verdict is not Verdict.FAIL:
        # It stands for a resource we cannot see: what it lacks proves nothing, what it adds can only break.
        return None
    rule = question.rule
    reason = ""
    message = rule.title
    if verdict is Verdict.FAIL:
        message = question.message.render(bindings, answer.witness if answer else None, now)
    elif verdict is Verdict.UNKNOWN:
        # Imported here: many runs have nothing undecided.
        from soc2gate.engine.settling import explained

        value = answer.value if answer else None
        reason = explained(answer.reason, value.depends if isinstance(value, Unknown) else ()) if answer else ""
        message = f"not decided: {reason}"
    return Finding(
        rule=rule.id,
        control=rule.control,
        criteria=question.criteria,
        severity=_severity(question, bindings, now),
        verdict=verdict,
        side=resource.side,
        kind=resource.kind,
        address=resource.address,
        identity=resource.identity,
        root=resource.root,
        where=resource.where,
        message=message,
        evidence=_evidence_of(verdict, resource, answer, question.about_secrets) if answer else (),
        fingerprint=fingerprint(rule.id, resource.side.value, resource.kind, resource.root, resource.address),
        reason=reason,
        uncertain=resource.uncertain,
        environment=resource.environment,
    )


def _verdict(question: _Question, bindings: Mapping[str, Value], now: str) -> tuple[Verdict, cel.Answer | None]:
    """`!when || assert` in Kleene logic, except that a false `when` is not applicable rather than a pass."""
    condition = question.when.run(bindings, now) if question.when else None
    if condition is not None and condition.value is False:
        return Verdict.NOT_APPLICABLE, None
    answer = question.assertion.run(bindings, now)
    if answer.value is True:
        return Verdict.PASS, answer
    if condition is not None and condition.value is not True:
        return Verdict.UNKNOWN, condition
    if answer.value is False:
        return Verdict.FAIL, answer
    return Verdict.UNKNOWN, answer


def _severity(question: _Question, bindings: Mapping[str, Value], now: str) -> Severity:
    """The first level whose condition holds; while one is undecided, the highest that may still apply."""
    possible: list[Severity] = []
    for when, level in question.severity:
        if when is None:
            possible.append(level)
            break
        value = when.run(bindings, now).value
        if value is False:
            continue
        possible.append(level)
        if value is True:
            break
    return max(possible, default=Severity.LOW)


class _LaterEvidence(Sequence[Evidence]):
    """Evidence that is made when somebody reads it.

    Most answers are passes, and only a report for machines tells what they rest on: making it costs as much as asking.
    """

    __slots__ = ("_made", "_of")

    def __init__(self, resource: Resource, answer: cel.Answer, about_secrets: bool) -> None:
        self._of: tuple[Resource, cel.Answer, bool] | None = (resource, answer, about_secrets)
        self._made: tuple[Evidence, ...] = ()

    def _all(self) -> tuple[Evidence, ...]:
        if self._of is not None:
            self._made = _evidence(*self._of)
            self._of = None
        return self._made

    @overload
    def __getitem__(self, index: int) -> Evidence: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Evidence, ...]: ...
    def __getitem__(self, index: int | slice) -> Evidence | tuple[Evidence, ...]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, _LaterEvidence) else other)

    __hash__ = None  # type: ignore[assignment]  # what compares by content and is made later has none

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[type, tuple[tuple[Evidence, ...]]]:
        return tuple, (self._all(),)


def _evidence_of(verdict: Verdict, resource: Resource, answer: cel.Answer, about_secrets: bool) -> Sequence[Evidence]:
    if verdict is Verdict.PASS:
        return _LaterEvidence(resource, answer, about_secrets)
    return _evidence(resource, answer, about_secrets)


def _evidence(resource: Resource, answer: cel.Answer, about_secrets: bool) -> tuple[Evidence, ...]:
    seen: dict[str, Evidence] = {}
    for looked in answer.looked:
        if looked.path not in seen:
            value = looked.value
            if about_secrets and _is_credential(looked.path, value, seen):
                value = WITHHELD
            seen[looked.path] = Evidence(
                path=looked.path,
                value=value,
                where=place_of(resource.places, looked.path, resource.where),
                note=_note(resource, looked.path),
            )
    return tuple(seen.values())


def _is_credential(path: str, value: Value, seen: Mapping[str, Evidence]) -> bool:
    """Whether a text looks like a credential, by itself or beside its name: `DB_PASSWORD` and `hunter2!`."""
    # Imported here: few rules ask about credentials, and a scan without one needs none of it.
    from soc2gate.cel.secrets import looks_like_secret

    if not isinstance(value, str):
        return False
    holder, _, last = path.rpartition(".")
    if value == last:
        # Of a map's entries a rule reads the keys; what the entry holds is what it was asked about.
        return True
    named = {"value": "name", "Value": "Name"}.get(last)
    found = seen.get(f"{holder}.{named}") if named else None
    name = found.value if found is not None else last
    return looks_like_secret(value) is True or looks_like_secret(f"{name}={value}") is True


def _note(resource: Resource, path: str) -> str:
    """Why the value stands there although nobody wrote it here, looked up by its path and then by its ancestors'."""
    if not resource.defaults and not resource.notes:
        return ""
    while path:
        found = resource.defaults.get(path) or resource.notes.get(path)
        if found:
            return found
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return ""


def fingerprint(*parts: str) -> str:
    """Names one finding or disagreement across runs: no line numbers, so reformatting and moving keep it."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
