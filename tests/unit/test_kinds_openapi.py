"""Methods that stand in an API's OpenAPI document: what API Gateway makes of each, and what is left open."""

from __future__ import annotations

import json
from typing import Any

from kinds_support import TF, normal, tf, var

from soc2gate.model.resource import RawResource, Resource
from soc2gate.model.value import OpenMap, Text, Unknown

METHOD = "AWS::ApiGateway::Method"
SCHEMES = {
    "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    "token": {"type": "apiKey", "name": "Authorization", "x-amazon-apigateway-authorizer": {"type": "token"}},
    "odd": {"type": "apiKey", "name": "Authorization", "x-amazon-apigateway-authorizer": {"type": "novel"}},
    "signed": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
    "named": {"type": "apiKey", "x-amazon-apigateway-authtype": "custom"},
    "login": {"type": "oauth2"},
}


def api(body: Any) -> RawResource:
    return tf("aws_api_gateway_rest_api.a", {"name": "a", "body": body})


def methods(body: Any) -> list[Resource]:
    return [resource for resource in normal(api(body)).resources if resource.kind == METHOD]


def asked(operation: Any) -> tuple[object, object]:
    """Authorization and key of one operation in an otherwise whole document."""
    document = {"paths": {"/x": {"get": operation}}, "components": {"securitySchemes": SCHEMES}}
    (method,) = methods(document)
    return method.properties["AuthorizationType"], method.properties["ApiKeyRequired"]


def test_each_scheme_comes_to_what_api_gateway_makes_of_it() -> None:
    assert asked({}) == ("NONE", False)
    assert asked({"security": []}) == ("NONE", False)
    assert asked({"security": [{"key": []}]}) == ("NONE", True)
    assert asked({"security": [{"token": []}]}) == ("CUSTOM", False)
    assert asked({"security": [{"token": [], "key": []}]}) == ("CUSTOM", True)
    assert asked({"security": [{"signed": []}]}) == ("AWS_IAM", False)
    assert asked({"security": [{"login": []}]}) == ("NONE", False)
    assert asked({"x-amazon-apigateway-auth": {"type": "aws_iam"}}) == ("AWS_IAM", False)


def test_what_a_scheme_comes_to_is_unknown_where_the_document_does_not_say() -> None:
    for name in ("odd", "named", "nowhere"):
        assert isinstance(asked({"security": [{name: []}]})[0], Unknown), name
    # One of the alternatives demands nothing.
    assert isinstance(asked({"security": [{"token": []}, {}]})[0], Unknown)
    assert isinstance(asked({"security": var("security")})[0], Unknown)
    assert isinstance(asked(var("operation"))[0], Unknown)
    assert isinstance(asked({"x-amazon-apigateway-auth": var("auth")})[0], Unknown)


def test_a_document_that_is_not_wholly_known_leaves_one_method_open() -> None:
    open_paths = OpenMap({"/x": {"get": {}}}, Unknown("more"), "more")
    partly: tuple[Any, ...] = (
        {"paths": open_paths},
        {"paths": {"/x": {"get": {}}, "/y": var("item")}},
        {"paths": {"/x": {"get": {}}, "/y": {"$ref": "elsewhere.yaml"}}},
    )
    for body in partly:
        known, open_one = sorted(methods(body), key=lambda method: isinstance(method.properties["HttpMethod"], Unknown))
        assert known.properties["HttpMethod"] == "GET"
        assert isinstance(open_one.properties["AuthorizationType"], Unknown)
    unreadable: tuple[Any, ...] = (var("body"), "not: [yaml", "- a list", Text(("{", Unknown("the rest"))))
    for body in unreadable:
        (method,) = methods(body)
        assert isinstance(method.properties["HttpMethod"], Unknown)
        assert isinstance(method.properties["AuthorizationType"], Unknown)


def test_the_document_may_be_json_or_yaml_with_parts_that_are_not_known() -> None:
    arn = Unknown("the function is not deployed")
    for body in (
        Text(('{"paths": {"/x": {"post": {"x-amazon-apigateway-integration": {"uri": "', arn, '"}}}}}')),
        Text(("paths:\n  /x:\n    post:\n      x-amazon-apigateway-integration: {uri: ", arn, "}\n")),
        json.dumps({"paths": {"/x": {"post": {}}}}),
    ):
        (method,) = methods(body)
        assert method.address == "aws_api_gateway_rest_api.a POST /x"
        assert (method.properties["HttpMethod"], method.properties["AuthorizationType"]) == ("POST", "NONE")


def test_an_api_without_a_document_has_nothing_that_is_judged() -> None:
    made = normal(tf("aws_api_gateway_rest_api.a", {"name": "a"}))
    assert made.resources == ()
    assert made.unjudged == {"aws_api_gateway_rest_api": 1}


def test_state_that_knows_the_api_does_not_take_a_method_for_it() -> None:
    raw = api({"paths": {"/x": {"get": {}}}})
    known = RawResource(TF, raw.type, raw.address, raw.root, raw.body, raw.where, raw.places, ids={"id": "a1b2c3"})
    (method,) = [resource for resource in normal(known).resources if resource.kind == METHOD]
    assert method.identity.get("id") != "a1b2c3"
