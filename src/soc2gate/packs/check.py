"""Whether the expressions of rules make sense: every property exists, every type fits, no `all` passes on nothing.

A scan compiles only what it asks; this compiles everything. `soc2gate rules test` and the loading of a user's pack
come through here, and so does the test that keeps our own pack right.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate import cel, kinds
from soc2gate.errors import ConfigError
from soc2gate.model.rule import Case, Rule, RuleSet, Source
from soc2gate.schema import Type


def check(ruleset: RuleSet, only: tuple[str, ...] = ()) -> list[ConfigError]:
    """Everything wrong with the expressions of these rules (of all of them unless `only` names some), by place.

    Each error stands for itself, with path, line, column, the text under a caret and “did you mean”.
    """
    errors: list[ConfigError] = []
    for rule in ruleset.rules.values():
        if only and rule.id not in only:
            continue
        found: list[ConfigError] = []
        for case in rule.cases:
            _check_case(rule, case, found)
        # One message serves all cases: what is wrong for two kinds is told once.
        errors.extend({str(error): error for error in found}.values())
    return errors


def _check_case(rule: Rule, case: Case, errors: list[ConfigError]) -> None:
    scope = {"resource": kinds.type_of(case.kind)}
    _compile(case.assertion, scope, rule.vacuous_ok, errors, given=case.when)
    for condition in (case.when, *(level.when for level in case.severity)):
        if condition is not None:
            _compile(condition, scope, True, errors)
    try:
        cel.compile_template(Source(rule.message, rule.path, *rule.message_at), scope)
    except ConfigError as error:
        errors.extend(_apart(error))


def _compile(
    source: Source,
    scope: Mapping[str, Type],
    vacuous_ok: bool,
    errors: list[ConfigError],
    *,
    given: Source | None = None,
) -> None:
    try:
        cel.compile(source, scope, vacuous_ok=vacuous_ok, given=given)
    except ConfigError as error:
        errors.extend(_apart(error))


def _apart(error: ConfigError) -> list[ConfigError]:
    """A gathered error as the errors it gathered."""
    own = ConfigError(error.message, path=error.path, line=error.line, column=error.column, hint=error.hint)
    return [own, *error.others]
