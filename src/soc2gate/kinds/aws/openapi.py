"""The methods that an OpenAPI document gives a REST API, as API Gateway imports them.

Each becomes a method resource of its own, as if it had been written apart. What the document does not decide is one
method of which nothing is known: a rule then says so of the API, where silence would read as no methods.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.errors import InputError
from soc2gate.facts import dataclass, replace
from soc2gate.kinds.convert import unknown_like
from soc2gate.kinds.yaml_text import parse_yaml_text
from soc2gate.model.resource import RawResource, Span, place_of
from soc2gate.model.text_json import parse_json_text
from soc2gate.model.value import SPECIAL, OpenMap, Ref, Text, Unknown, Value

_VERBS = {verb: verb.upper() for verb in ("get", "put", "post", "delete", "options", "head", "patch")} | {
    "x-amazon-apigateway-any-method": "ANY"
}
_SIGNED, _AUTHORIZER = "x-amazon-apigateway-authtype", "x-amazon-apigateway-authorizer"
_BY_AUTHORIZER: Mapping[Value, Value] = {
    "token": "CUSTOM",
    "request": "CUSTOM",
    "cognito_user_pools": "COGNITO_USER_POOLS",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a method demands of its caller."""

    authorization: Value = "NONE"
    key: Value = False


@dataclass(frozen=True, slots=True)
class _Method:
    verb: Value
    asked: _Asked
    path: str = ""
    """As the document writes it; empty where that is not known."""
    place: str = ""
    """Where it stands in the document."""


def methods_of(raw: RawResource, attribute: str, elsewhere: Sequence[str] = ()) -> Sequence[RawResource]:
    """The methods in the document at `attribute`; any of `elsewhere` names one that is kept in another place."""
    body = raw.body.get(attribute)
    if body is None or body == "":
        named = next((name for name in elsewhere if raw.body.get(name) is not None), "")
        if not named:
            return ()
        found = [_undecided(f"what {named} names was not read: the API's methods stand there")]
        attribute = named
    else:
        found = list(_methods(_document(body)))
    return [_resource(raw, attribute, method) for method in found]


def _resource(raw: RawResource, attribute: str, method: _Method) -> RawResource:
    where = place_of(raw.places, f"{attribute}.{method.place}" if method.place else attribute, raw.where)
    named = f" {method.verb} {method.path}" if method.path and isinstance(method.verb, str) else ""
    return replace(
        raw,
        address=raw.address + (named or (f" {method.path}" if method.path else "")),
        body={
            "RestApiId": Unknown(f"{raw.address} is known after it is deployed", Ref(raw.address, "id"), not_null=True),
            "HttpMethod": method.verb,
            "AuthorizationType": method.asked.authorization,
            "ApiKeyRequired": method.asked.key,
        },
        where=where if isinstance(where, Span) else raw.where,
        places={},
        notes={},
        # State knows the API by these, and not its methods.
        ids={},
    )


def _document(body: Value) -> Value:
    """The document as data; an `Unknown` that says why where it cannot be read."""
    if not isinstance(body, (str, Text)):
        return body
    try:
        return parse_json_text(body)
    except ValueError:
        # YAML then, of which JSON with a comment or a comma too many is a kind.
        pass
    try:
        documents = parse_yaml_text(body, "body")
    except InputError as error:
        known = isinstance(body, str)
        return Unknown(f"the API's document could not be read: {error.message}") if known else unknown_like(body)
    return documents[0] if documents else None


def _undecided(reason: str, path: str = "", place: str = "", verb: Value = None) -> _Method:
    unknown = Unknown(reason)
    return _Method(unknown if verb is None else verb, _Asked(unknown, unknown), path, place)


def _methods(document: Value) -> Iterator[_Method]:
    known, reason = _known(document)
    paths = known.get("paths")
    if paths is not None:
        below, why = _known(paths)
        for path, item in below.items():
            yield from _of_path(known, path, item)
        reason = reason or why
    if reason:
        yield _undecided(reason)


def _known(value: Value) -> tuple[Mapping[str, Value], str]:
    """The entries of a mapping that are known, and why there may be others; empty where there are none."""
    if isinstance(value, dict):
        return value, ""
    if isinstance(value, OpenMap):
        return value.items, value.reason
    if isinstance(value, SPECIAL):
        return {}, unknown_like(value).reason
    return {}, "the API's document is not an OpenAPI document"


def _of_path(document: Mapping[str, Value], path: str, item: Value) -> Iterator[_Method]:
    place = f"paths.{path}"
    operations, reason = _known(item)
    for name, operation in operations.items():
        verb = _VERBS.get(name.lower())
        if verb is not None:
            settings, why = _known(operation)
            asked = _asked(document, settings)
            if why and asked.authorization == "NONE":
                asked = replace(asked, authorization=Unknown(why))
            yield _Method(verb, asked, path, f"{place}.{name}")
    if "$ref" in operations:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
        reason = reason or "its methods stand in another place (`$ref`), which API Gateway does not follow"
    if reason:
        yield _undecided(reason, path, place)


def _asked(document: Mapping[str, Value], operation: Mapping[str, Value]) -> _Asked:
    """What an operation demands.

    `security` of the document as a whole is not among it: API Gateway applies what stands at the operation alone
    (https://github.com/amazon-archives/aws-apigateway-importer/issues/204).
    """
    told = operation.get("x-amazon-apigateway-auth")
    if told is not None:
        kind = told.get("type") if isinstance(told, dict) else unknown_like(told)
        if kind != "NONE":
            return _Asked(kind.upper() if isinstance(kind, str) else unknown_like(kind), False)
    demands = operation.get("security")
    if demands is None:
        return _Asked()
    if not isinstance(demands, list):
        unknown = unknown_like(demands, "`security` is not a list")
        return _Asked(unknown, unknown)
    asked = _Asked()
    for demand in demands:
        names, reason = _known(demand)
        if reason or not names:
            unknown = Unknown(reason or "one of the alternatives in `security` demands nothing")
            return _Asked(unknown, unknown)
        for name in names:
            asked = _both(asked, _by_scheme(document, name))
    return asked


def _both(one: _Asked, other: _Asked) -> _Asked:
    return _Asked(
        one.authorization if other.authorization == "NONE" else other.authorization,
        one.key if other.key is False else other.key,
    )


def _by_scheme(document: Mapping[str, Value], name: str) -> _Asked:
    """What a security scheme comes to, of Swagger 2 or OpenAPI 3."""
    schemes = document.get("securityDefinitions")
    if schemes is None:
        components, reason = _known(document.get("components") or {})
        schemes = components.get("securitySchemes", Unknown(reason) if reason else {})
    known, reason = _known(schemes)
    scheme = known.get(name)
    if scheme is None:
        unknown = Unknown(reason or f"the document has no security scheme `{name}`")
        return _Asked(unknown)
    if not isinstance(scheme, dict):
        return _Asked(unknown_like(scheme))
    signed = scheme.get(_SIGNED)
    # Any word that begins so is AWS's own: the caller signs its requests.
    if isinstance(signed, str) and signed.lower().startswith("aws"):
        return _Asked("AWS_IAM")
    authorizer = scheme.get(_AUTHORIZER)
    if authorizer is not None:
        kind = authorizer.get("type") if isinstance(authorizer, dict) else unknown_like(authorizer)
        found = _BY_AUTHORIZER.get(kind.lower() if isinstance(kind, str) else "")
        return _Asked(found or unknown_like(kind, f"the authorizer of `{name}` is of no type that is known"))
    return _without_authorizer(name, scheme)


def _without_authorizer(name: str, scheme: Mapping[str, Value]) -> _Asked:
    if scheme.get("type") == "apiKey" and _SIGNED not in scheme:
        header = scheme.get("name")
        if isinstance(header, str) and header.lower() == "x-api-key":
            return _Asked(key=True)
    elif isinstance(scheme.get("type"), str) and _SIGNED not in scheme:
        # `http`, `oauth2` and `openIdConnect` alone are nothing to a REST API: it warns, and imports an open method.
        # https://help.qlik.com/talend/en-US/api-designer-user-guide/Cloud/api-gateway-compatibility-mode
        return _Asked()
    return _Asked(Unknown(f"security scheme `{name}` names no authorizer in the document"))
