"""Who may invoke a function: the statements of its resource policy, one permission each.

Terraform's provider writes one by itself for a function URL that asks for no signature. Live, the policy of the
function itself is read; one that was put on a version or an alias is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Json, Value

PERMISSION = "AWS::Lambda::Permission"

_FIELDS = {
    "function_name": "FunctionName",
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
    function, statement = draft.get("function_name"), draft.get("statement_id")
    if isinstance(function, str) and isinstance(statement, str):
        # The function may be named by its ARN, with or without a version.
        draft.identity["id"] = f"{function.partition(':function:')[2].partition(':')[0] or function}/{statement}"


def _function_url(draft: Draft) -> None:
    """The provider lets everybody in where the URL asks for no signature, and adds nothing where it does."""

    # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/function_url.go
    def principal(kind: Value) -> Value:
        return "*" if kind == "NONE" else None

    told = map_value(draft.get("authorization_type"), principal)
    draft.exists = told is not None
    draft.copy("function_name", "FunctionName")
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
    name, statement = draft.get("within.FunctionName"), draft.get("Sid")
    draft.identity["id"] = f"{name}/{statement}"
    copy_fields(draft, {"FunctionName": "within.FunctionName", **{path: path for path in _LIVE}})


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
            enumerate=Call(
                "lambda",
                "get_policy",
                "lambda:GetPolicy",
                {"FunctionName": "{within.FunctionName}"},
                result="Policy",
                # The function has no policy.
                absent_on=("ResourceNotFoundException",),
            ),
            within=Call("lambda", "list_functions", "lambda:ListFunctions", result="Functions"),
            split=_permissions,
            build=_live,
        ),
        # The function's: judged for itself, and there because of the function.
        part_of="AWS::Lambda::Function",
    ),
)
