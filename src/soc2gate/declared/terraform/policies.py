"""`aws_iam_policy_document`: the JSON its provider writes from the block, unknown parts kept where they stand.

Order of keys, one-element lists as plain strings and reversed sorting are the provider's (internal/service/iam,
policy_model.go and policy_document_data_source.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.unknowns import derived
from soc2gate.declared.terraform.values import STRING, EvaluationError, Val, opened, plain
from soc2gate.model.text_json import Held, parse_json_text, spell_json, spell_json_string
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown, Value

_LISTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)
_PRINCIPALS = (("principals", "Principal"), ("not_principals", "NotPrincipal"))
_ORDER = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")


def policy_document(body: Mapping[str, Val]) -> tuple[Val, Val]:
    """The attributes `json` and `minified_json` of a document's block."""
    document = _document(body)
    parts: list[str | Unknown] = []
    _pretty(document, "", parts)
    return _joined(parts), _compact(document)


def _document(body: Mapping[str, Val]) -> dict[str, Value]:
    version = body.get("version")
    merged = _Merged()
    for source in _texts(body, "source_json", "source_policy_documents"):
        merged.append_all(_parsed(source))
    merged.append_all({"Statement": _statements(body.get("statement"))})
    identifier = body.get("policy_id")
    if identifier is not None and identifier != "":
        merged.identifier = plain(identifier)
    if version is not None:
        merged.version = plain(version)
    for override in _texts(body, "override_json", "override_policy_documents"):
        merged.override_all(_parsed(override))
    document: dict[str, Value] = {"Version": merged.version if merged.version is not None else "2012-10-17"}
    if merged.identifier is not None:
        document["Id"] = merged.identifier
    if merged.open:
        document["Statement"] = OpenList(tuple(merged.statements), tuple(merged.open), merged.reason)
    elif merged.statements:
        document["Statement"] = merged.statements
    return document


class _Merged:
    """Statements of several documents, put together by their `Sid`."""

    def __init__(self) -> None:
        self.statements: list[Value] = []
        self.open: list[Value] = []
        """Templates of statements that unknown documents may hold."""
        self.reason = ""
        self.version: Value = None
        self.identifier: Value = None

    def append_all(self, document: Value) -> None:
        """Another document's statements after these."""
        for statement in self._of(document):
            self.statements.append(statement)

    def override_all(self, document: Value) -> None:
        """Another document's statements, each in the place of the one with its `Sid`."""
        unknown = len(self.open)
        for statement in self._of(document):
            sid = statement.get("Sid") if isinstance(statement, dict) else None
            at = next(
                (i for i, s in enumerate(self.statements) if sid and isinstance(s, dict) and s.get("Sid") == sid), None
            )
            if at is None:
                self.statements.append(statement)
            else:
                self.statements[at] = statement
        if len(self.open) > unknown:
            # What is unknown may replace any statement that has a Sid.
            kept: list[Value] = []
            for statement in self.statements:
                replaceable = isinstance(statement, dict) and statement.get("Sid")
                (self.open if replaceable else kept).append(statement)
            self.statements = kept

    def _of(self, document: Value) -> list[Value]:
        if isinstance(document, dict):
            self.version = document.get("Version", self.version)
            self.identifier = document.get("Id", self.identifier)
            statements = document.get("Statement")
            if statements is None:
                return []
            if isinstance(statements, list):
                return statements
            if isinstance(statements, OpenList):
                self.open.extend(statements.more)
                self.reason = self.reason or statements.reason
                return list(statements.items)
            return [statements]
        special = document if isinstance(document, SPECIAL) else Unknown("a policy document that is no object")
        self.open.append(derived(special))
        self.reason = self.reason or special.reason
        return []


def _texts(body: Mapping[str, Val], single: str, several: str) -> list[Val]:
    """The JSON texts given under the old name and the new; an unknown list is one unknown text."""
    found: list[Val] = []
    for name in (single, several):
        value = body.get(name)
        if isinstance(value, list):
            found.extend(element for element in value if element is not None and element != "")
        elif isinstance(value, OpenList):
            found.extend((*value.items, *(derived(value) for _ in value.more[:1])))
        elif value is not None and value != "":
            found.append(value)
    return found


def _parsed(text: Val) -> Value:
    text = convert(text, STRING)
    if isinstance(text, (str, Text)):
        try:
            return parse_json_text(text)
        except ValueError as error:
            if isinstance(text, Text):
                return derived(text)
            raise EvaluationError(f"a policy document is not JSON: {error}") from error
    if isinstance(text, Alternatives):
        return derived(text)
    return plain(text)


def _statements(value: Val) -> Value:
    if isinstance(value, list):
        return [_statement(element) for element in value]
    if isinstance(value, OpenList):
        more = tuple([_statement(element) for element in value.more])
        return OpenList(tuple([_statement(element) for element in value.items]), more, value.reason)
    return [] if value is None else plain(value)


def _statement(element: Val) -> Value:
    if not isinstance(element, dict):
        return plain(opened(element))
    statement: dict[str, Value] = {}
    sid = element.get("sid")
    if sid is not None and sid != "":
        statement["Sid"] = plain(sid)
    effect = element.get("effect")
    statement["Effect"] = "Allow" if effect is None else plain(effect)
    for name, spelled in _LISTS:
        strings = _strings(element.get(name))
        if strings is not None:
            statement[spelled] = strings
    for name, spelled in _PRINCIPALS:
        principals = _principals(element.get(name))
        if principals is not None:
            statement[spelled] = principals
    conditions = _conditions(element.get("condition"))
    if conditions is not None:
        statement["Condition"] = conditions
    return statement


def _strings(value: Val) -> Value:
    """A set of strings as the provider writes it: a string when there is one, else sorted backwards."""
    if value is None:
        return None
    if not isinstance(value, list):
        return plain(value)
    texts: list[Any] = [convert(element, STRING) for element in value]
    known = sorted({text for text in texts if isinstance(text, str)}, reverse=True)
    vague: list[Value] = [plain(text) for text in texts if not isinstance(text, str) and text is not None]
    strings: list[Value] = [*known, *vague]
    if not strings:
        return None
    return strings[0] if len(strings) == 1 and not isinstance(strings[0], Unknown) else strings


def _principals(value: Val) -> Value:
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        return plain(value)
    merged: dict[str, Value] = {}
    for element in value:
        kind = element.get("type") if isinstance(element, dict) else element
        if not isinstance(kind, str):
            return derived(kind) if isinstance(kind, SPECIAL) else Unknown("a principal without a type")
        identifiers = _strings(element.get("identifiers"))
        if kind == "*" and identifiers == "*" and len(value) == 1:
            return "*"
        merged[kind] = _together(merged.get(kind), identifiers)
    return merged


def _together(first: Value, second: Value) -> Value:
    if first is None:
        return second
    if second is None:
        return first
    if isinstance(first, (OpenList, Alternatives)) or isinstance(second, (OpenList, Alternatives)):
        return derived(first, second)
    together: list[Value] = list(first) if isinstance(first, list) else [first]
    together.extend(second if isinstance(second, list) else [second])
    return together


def _conditions(value: Val) -> Value:
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        return plain(value) if not isinstance(value, OpenList) else Unknown(value.reason)
    merged: dict[str, dict[str, Value]] = {}
    vague: Unknown | None = None
    for element in value:
        test, variable = element.get("test"), element.get("variable")
        if not isinstance(test, str) or not isinstance(variable, str):
            vague = derived(test, variable, reason="a condition is not known")
            continue
        values = _strings(element.get("values"))
        merged.setdefault(test, {})[variable] = _together(merged.get(test, {}).get(variable), values)
    result: dict[str, Value] = {test: dict(sorted(variables.items())) for test, variables in sorted(merged.items())}
    return result if vague is None else OpenMap(result, vague, vague.reason)


def _pretty(value: Value, indent: str, parts: list[str | Unknown]) -> None:
    """JSON as Go's MarshalIndent writes it, statements in the provider's order of keys."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        names = [name for name in _ORDER if name in value] if "Effect" in value else []
        names += [name for name in value if name not in names]
        for at, name in enumerate(names):
            parts.append(("{\n" if not at else ",\n") + inner + spell_json_string(name) + ": ")
            _pretty(value[name], inner, parts)
        parts.append("\n" + indent + "}")
    elif isinstance(value, list) and value:
        for at, child in enumerate(value):
            parts.append(("[\n" if not at else ",\n") + inner)
            _pretty(child, inner, parts)
        parts.append("\n" + indent + "]")
    elif isinstance(value, (OpenList, OpenMap, Alternatives)):
        parts.append(Held(value.reason, value=value))
    else:
        spelled = spell_json(value)
        parts.extend(spelled.parts if isinstance(spelled, Text) else (spelled,))


def _compact(document: dict[str, Value]) -> Val:
    return spell_json(document)


def _joined(parts: Iterable[str | Unknown]) -> str | Text:
    joined: list[str | Unknown] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined[0] if len(joined) == 1 and isinstance(joined[0], str) else Text(tuple(joined))
