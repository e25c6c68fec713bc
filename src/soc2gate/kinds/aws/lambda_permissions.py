"""Who may invoke a function: the statements of its resource policy, one permission each.

Terraform's provider writes one by itself for a function URL that asks for no signature. A version and an alias of a
function have policies of their own: theirs is a permission of `name:version`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Json, Text, Unknown, Value

PERMISSION = "AWS::Lambda::Permission"

_FIELDS = {
    "action": "Action",
    "principal": "Principal",
    "principal_org_id": "PrincipalOrgID",
    "source_arn": "SourceArn",
    "source_account": "SourceAccount",
    "event_source_token": "EventSourceToken",
    "function_url_auth_type": "FunctionUrlAuthType",
    "invoked_via_function_url": "InvokedViaFunctionUrl",
}


def _terraform(draft: Draft) -> None:
    _name(draft)
    function, statement = draft.value("FunctionName"), draft.get("statement_id")
    if isinstance(function, str) and isinstance(statement, str):
        draft.identity["id"] = f"{function}/{statement}"


def _name(draft: Draft) -> None:
    """The function, with the version or alias that the permission is for."""
    function, qualifier = draft.get("function_name"), draft.get("qualifier")
    if isinstance(function, str):
        # It may be named by its ARN, with or without a version.
        function = function.partition(":function:")[2] or function
    if qualifier and isinstance(function, (str, Unknown)) and isinstance(qualifier, (str, Unknown)):
        function = _joined(function, ":", qualifier)
    draft.set("FunctionName", draft.made(function, "function_name"))


def _joined(*parts: str | Unknown) -> Value:
    if all(isinstance(part, str) for part in parts):
        return "".join(map(str, parts))
    out: list[str | Unknown] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        else:
            out.append(part)
    return Text(tuple(out))


def _function_url(draft: Draft) -> None:
    """The provider lets everybody in where the URL asks for no signature, and adds nothing where it does."""

    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/function_url.go
    def principal(kind: Value) -> Value:
        return "*" if kind == "NONE" else None

    told = map_value(draft.get("authorization_type"), principal)
    draft.exists = told is not None
    _name(draft)
    draft.copy("authorization_type", "FunctionUrlAuthType")
    draft.set("Action", "lambda:InvokeFunctionUrl")
    draft.set("Principal", draft.made(told, "authorization_type"))


# Live

_EQUAL = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
_KEYS = {
    # The schema has a property each for what AddPermission can write; its neighbours say as much about who it is.
    "aws:sourcearn": "SourceArn",
    "aws:principalarn": "SourceArn",
    "aws:sourceaccount": "SourceAccount",
    "aws:principalaccount": "SourceAccount",
    "aws:principalorgid": "PrincipalOrgID",
    "aws:sourceorgid": "PrincipalOrgID",
    "lambda:eventsourcetoken": "EventSourceToken",
    "lambda:functionurlauthtype": "FunctionUrlAuthType",
}


def _permissions(item: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The permissions in a function's policy: an item each, in the words of the registry."""
    # Imported here: code is read far more often than accounts.
    import json

    try:
        policy = json.loads(str(item.get("value")))
    except ValueError:
        return ()
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    out: list[Mapping[str, Json]] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        limits = _limits(statement.get("Condition"))
        arns = limits.pop("SourceArn", None)
        for principal in _principals(statement):
            for arn in arns if isinstance(arns, list) else [arns]:
                told = {"Sid": statement.get("Sid"), "Action": _first(statement.get("Action")), "Principal": principal}
                out.append({**told, **limits, "SourceArn": arn, "within": item.get("within")})
    return out


def _principals(statement: Mapping[str, Json]) -> Iterator[str]:
    principal = statement.get("Principal")
    if "NotPrincipal" in statement:
        yield "*"
    for named in principal.values() if isinstance(principal, dict) else [principal]:
        for one in named if isinstance(named, list) else [named]:
            if isinstance(one, str):
                yield one


def _limits(condition: Json) -> dict[str, Json]:
    out: dict[str, Json] = {}
    for operator, block in condition.items() if isinstance(condition, dict) else ():
        for key, values in block.items() if isinstance(block, dict) and operator.lower() in _EQUAL else ():
            path = _KEYS.get(key.lower())
            if path is not None:
                # Any of several is one that was named; of ARNs each may be wide.
                out[path] = values if path == "SourceArn" else _first(values)
    return out


def _first(value: Json) -> Json:
    return value[0] if isinstance(value, list) and value else value


def _live(live: LiveItem) -> None:
    draft = live.draft
    alias, version = draft.get("within.AliasArn"), draft.get("within.Version")
    function = draft.get("within.within.FunctionName" if alias else "within.FunctionName")
    qualifier = draft.get("within.Name") if alias else "" if version in (None, _LATEST) else version
    name = f"{function}:{qualifier}" if qualifier else str(function)
    draft.identity["id"] = f"{name}/{draft.get('Sid')}"
    draft.set("FunctionName", draft.made(name, "within"))
    copy_fields(draft, {path: path for path in _LIVE})


_LATEST = "$LATEST"
"""The version that a function's own policy is for."""
_FUNCTIONS = Call("lambda", "list_functions", "lambda:ListFunctions", result="Functions")
_VERSIONS = Call(
    "lambda",
    "list_functions",
    "lambda:ListFunctions",
    {"FunctionVersion": "ALL"},
    result="Functions",
    only=lambda version: version.get("Version") != _LATEST,
)
_ALIASES = Call(
    "lambda",
    "list_aliases",
    "lambda:ListAliases",
    {"FunctionName": "{within.FunctionName}"},
    result="Aliases",
    # Deleted between the two calls.
    absent_on=("ResourceNotFoundException",),
    within=_FUNCTIONS,
)


def _policy(function: str, qualifier: str = "", within: Call | None = None) -> Call:
    return Call(
        "lambda",
        "get_policy",
        "lambda:GetPolicy",
        {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})},
        result="Policy",
        # There is no policy.
        absent_on=("ResourceNotFoundException",),
        within=within,
    )


_LIVE = ("Action", "Principal", *dict.fromkeys(_KEYS.values()))

KINDS: tuple[Kind, ...] = (
    Kind(
        name=PERMISSION,
        title="function permission",
        terraform=(
            Spelling("aws_lambda_permission", fields=_FIELDS, build=_terraform),
            Spelling("aws_lambda_function_url", build=_function_url),
        ),
        cloudformation=Spelling(PERMISSION),
        live=LiveSpelling(
            enumerate=_policy("{within.FunctionName}"),
            within=_FUNCTIONS,
            also=(
                _policy("{within.FunctionName}", "{within.Version}", _VERSIONS),
                _policy("{within.within.FunctionName}", "{within.Name}", _ALIASES),
            ),
            split=_permissions,
            build=_live,
        ),
        # The function's: judged for itself, and there because of the function.
        part_of="AWS::Lambda::Function",
    ),
)
