"""Lambda functions.

Of their environment a live reading keeps the names only, and whether a value looks like a credential: people put
secrets there.
"""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.convert import coerce
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.kinds.withheld import withheld_map
from soc2gate.model.value import Unknown, Value
from soc2gate.schema.types import STRING, MapType

FUNCTION = "AWS::Lambda::Function"
_DESTINATIONS = "related.FailureDestinations"

_FIELDS = {
    "function_name": "FunctionName",
    "description": "Description",
    "role": "Role",
    "handler": "Handler",
    "runtime": "Runtime",
    "package_type": "PackageType",
    "architectures": "Architectures",
    "memory_size": "MemorySize",
    "timeout": "Timeout",
    "kms_key_arn": "KmsKeyArn",
    "layers": "Layers",
    "code_signing_config_arn": "CodeSigningConfigArn",
    "ephemeral_storage.size": "EphemeralStorage.Size",
    "tracing_config.mode": "TracingConfig.Mode",
    "dead_letter_config.target_arn": "DeadLetterConfig.TargetArn",
    "vpc_config.subnet_ids": "VpcConfig.SubnetIds",
    "vpc_config.security_group_ids": "VpcConfig.SecurityGroupIds",
}


def _terraform(draft: Draft) -> None:
    # -1 is the provider's word for no reservation.
    if draft.get("reserved_concurrent_executions") != -1:
        draft.copy("reserved_concurrent_executions", "ReservedConcurrentExecutions")
    draft.set("Environment.Variables", draft.convert("environment.variables", _texts))


def _cloudformation(draft: Draft) -> None:
    variables = draft.convert("Environment.Variables", _texts)
    if variables is not None:
        draft.overwrite("Environment.Variables", variables.value)


def _texts(variables: Value) -> Value:
    """The variables as Lambda takes them, texts all; the registry says nothing of their type."""
    return coerce(variables, MapType(STRING), "Environment.Variables", lambda path, message: None)


def _one(draft: Draft, path: str) -> Piece:
    """Where failed calls go, as a list of one; nothing where no such place is written."""
    destination = draft.at(path)
    return None if destination is None else [destination]


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("FunctionArn"), "name": draft.get("FunctionName")}
    copy_fields(
        draft,
        {
            "Arn": "FunctionArn",
            "FunctionName": "FunctionName",
            "Description": "Description",
            "Role": "Role",
            "Handler": "Handler",
            "Runtime": "Runtime",
            "PackageType": "PackageType",
            "Architectures": "Architectures",
            "MemorySize": "MemorySize",
            "Timeout": "Timeout",
            "KmsKeyArn": "KMSKeyArn",
            "EphemeralStorage": "EphemeralStorage",
            "TracingConfig": "TracingConfig",
            "DeadLetterConfig": "DeadLetterConfig",
            "VpcConfig.SubnetIds": "VpcConfig.SubnetIds",
            "VpcConfig.SecurityGroupIds": "VpcConfig.SecurityGroupIds",
        },
    )
    draft.set("Layers", draft.each("Layers", lambda layer: layer.at("Arn")))
    _live_environment(live)
    if "list_function_event_invoke_configs" in live.answers:
        found = draft.each(
            "list_function_event_invoke_configs",
            lambda config: config.at("DestinationConfig.OnFailure.Destination"),
        )
        draft.set(_DESTINATIONS, found if found is not None else [])
    copy_tags(draft, "list_tags")


def _live_environment(live: LiveItem) -> None:
    draft = live.draft
    looked_at(draft, "Environment", "Environment")
    environment = live.item.get("Environment")
    if not isinstance(environment, dict):
        return
    error = environment.get("Error")
    if isinstance(error, dict):
        # It is encrypted with a key that we may not use.
        code = error.get("ErrorCode") or "an error"
        draft.set("Environment", Unknown(f"the function's environment could not be decrypted ({code})"))
        return
    variables = withheld_map(environment.get("Variables"))
    if variables:
        draft.set("Environment", {"Variables": draft.made(variables, "Environment")})


# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    return (
        Default("PackageType", "Zip", "Lambda takes a function for a zip archive", kept=kept),
        Default("MemorySize", 128, "Lambda gives a function 128 MB", kept=kept),
        Default("Timeout", 3, "Lambda ends a function after 3 seconds", kept=kept),
        Default("TracingConfig", {"Mode": "PassThrough"}, "Lambda traces only what its caller does", kept=False),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=FUNCTION,
        title="function",
        terraform=(
            Spelling(
                "aws_lambda_function",
                fields=_FIELDS,
                build=_terraform,
                defaults=_defaults(kept=True),
                exports={"id": "name", "function_name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            FUNCTION, build=_cloudformation, defaults=_defaults(kept=False), exports={"Ref": "name", "Arn": "arn"}
        ),
        companions=(
            Companion(
                "aws_lambda_function_event_invoke_config",
                FUNCTION,
                target="function_name",
                into=_DESTINATIONS,
                build=lambda draft: _one(draft, "destination_config.on_failure.destination"),
                many=True,
            ),
            Companion(
                "AWS::Lambda::EventInvokeConfig",
                FUNCTION,
                target="FunctionName",
                into=_DESTINATIONS,
                build=lambda draft: _one(draft, "DestinationConfig.OnFailure.Destination"),
                many=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call("lambda", "list_functions", "lambda:ListFunctions", result="Functions"),
            details=(
                Call(
                    "lambda",
                    "list_function_event_invoke_configs",
                    "lambda:ListFunctionEventInvokeConfigs",
                    {"FunctionName": "{FunctionName}"},
                    result="FunctionEventInvokeConfigs",
                    into=_DESTINATIONS,
                ),
                Call(
                    "lambda",
                    "list_tags",
                    "lambda:ListTags",
                    {"Resource": "{FunctionArn}"},
                    result="Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("FunctionName",),
        # Sets to Lambda.
        unordered=("Architectures", "VpcConfig.SubnetIds", "VpcConfig.SecurityGroupIds"),
    ),
)
