"""API Gateway: methods and stages of REST APIs, stages of HTTP and WebSocket APIs, and custom domains.

A method may stand for itself, or in the OpenAPI document of its API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.aws.openapi import methods_of
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.model.value import Json, Unknown

METHOD = "AWS::ApiGateway::Method"
STAGE = "AWS::ApiGateway::Stage"
STAGE_V2 = "AWS::ApiGatewayV2::Stage"
DOMAIN = "AWS::ApiGateway::DomainName"


def _live_stage(live: LiveItem) -> None:
    draft = live.draft
    api, name = draft.get("within.id"), draft.get("stageName")
    draft.identity["arn"] = f"arn:{live.partition}:apigateway:{live.region}::/restapis/{api}/stages/{name}"
    copy_fields(
        draft,
        {
            "RestApiId": "within.id",
            "StageName": "stageName",
            "DeploymentId": "deploymentId",
            "Description": "description",
            "TracingEnabled": "tracingEnabled",
            "CacheClusterEnabled": "cacheClusterEnabled",
            "ClientCertificateId": "clientCertificateId",
            "AccessLogSetting.DestinationArn": "accessLogSettings.destinationArn",
            "AccessLogSetting.Format": "accessLogSettings.format",
        },
    )
    copy_tags(draft, "tags")


def _live_stage_v2(live: LiveItem) -> None:
    draft = live.draft
    api, name = draft.get("within.ApiId"), draft.get("StageName")
    draft.identity["arn"] = f"arn:{live.partition}:apigateway:{live.region}::/apis/{api}/stages/{name}"
    same = ("StageName", "DeploymentId", "Description", "AutoDeploy", "ClientCertificateId", "Tags")
    copy_fields(
        draft,
        {
            "ApiId": "within.ApiId",
            **{name: name for name in same},
            "AccessLogSettings.DestinationArn": "AccessLogSettings.DestinationArn",
            "AccessLogSettings.Format": "AccessLogSettings.Format",
        },
    )


def _live_domain(live: LiveItem) -> None:
    draft = live.draft
    name = draft.get("domainName")
    draft.identity |= {
        "name": name,
        "arn": draft.get("domainNameArn") or f"arn:{live.partition}:apigateway:{live.region}::/domainnames/{name}",
    }
    copy_fields(
        draft,
        {
            "DomainName": "domainName",
            "SecurityPolicy": "securityPolicy",
            "CertificateArn": "certificateArn",
            "RegionalCertificateArn": "regionalCertificateArn",
            "EndpointConfiguration.Types": "endpointConfiguration.types",
        },
    )
    copy_tags(draft, "tags")


def _methods(item: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The methods of one resource (a path) of an API; without any it only leads to others."""
    found = item.get("resourceMethods")
    return [
        {**method, "resourceId": item.get("id"), "httpMethod": verb, "within": item.get("within")}
        for verb, method in (sorted(found.items()) if isinstance(found, dict) else ())
        if isinstance(method, dict)
    ]


def _live_method(live: LiveItem) -> None:
    draft = live.draft
    api, resource, verb = draft.get("within.id"), draft.get("resourceId"), draft.get("httpMethod")
    # As the Terraform provider calls it, so that state can name it.
    draft.identity["id"] = f"agm-{api}-{resource}-{verb}"
    draft.identity["arn"] = (
        f"arn:{live.partition}:apigateway:{live.region}::/restapis/{api}/resources/{resource}/methods/{verb}"
    )
    copy_fields(
        draft,
        {
            "RestApiId": "within.id",
            "ResourceId": "resourceId",
            "HttpMethod": "httpMethod",
            "AuthorizationType": "authorizationType",
            "AuthorizerId": "authorizerId",
            "AuthorizationScopes": "authorizationScopes",
            "ApiKeyRequired": "apiKeyRequired",
            "OperationName": "operationName",
        },
    )


_KEYLESS = Default("ApiKeyRequired", False, "API Gateway asks for no key")
_OPEN = Default("AuthorizationType", "NONE", "API Gateway asks for no authorization", kept=False)
_TRACING = Default("TracingEnabled", False, "API Gateway traces nothing by itself")
_POLICY = Default(
    "SecurityPolicy",
    Unknown("not written: API Gateway chooses the policy by the type of the endpoint"),
    "API Gateway chooses",
)

_APIS = Call("apigateway", "get_rest_apis", "apigateway:GET", result="items")
_APIS_V2 = Call("apigatewayv2", "get_apis", "apigateway:GET", result="Items")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=METHOD,
        title="API method",
        terraform=(
            Spelling(
                "aws_api_gateway_method",
                fields={
                    "rest_api_id": "RestApiId",
                    "resource_id": "ResourceId",
                    "http_method": "HttpMethod",
                    "authorization": "AuthorizationType",
                    "authorizer_id": "AuthorizerId",
                    "authorization_scopes": "AuthorizationScopes",
                    "api_key_required": "ApiKeyRequired",
                    "operation_name": "OperationName",
                    "request_validator_id": "RequestValidatorId",
                },
                defaults=(
                    _KEYLESS,
                    Default(
                        "AuthorizationType",
                        Unknown("authorization is required and not written"),
                        "the provider asks for it",
                    ),
                ),
                exports={"id": "id"},
            ),
            Spelling(
                "aws_api_gateway_rest_api",
                fields={path: path for path in ("RestApiId", "HttpMethod", "AuthorizationType", "ApiKeyRequired")},
                split=partial(methods_of, attribute="body"),
            ),
        ),
        cloudformation=Spelling(METHOD, defaults=(_KEYLESS, _OPEN)),
        also_cloudformation=(
            Spelling(
                "AWS::ApiGateway::RestApi",
                split=partial(methods_of, attribute="Body", elsewhere=("BodyS3Location", "CloneFrom")),
            ),
        ),
        live=LiveSpelling(
            enumerate=Call(
                "apigateway",
                "get_resources",
                "apigateway:GET",
                {"restApiId": "{within.id}", "embed": ["methods"]},
                result="items",
                absent_on=("NotFoundException",),
            ),
            within=_APIS,
            split=_methods,
            build=_live_method,
        ),
        # Without state it has no name by which code and the account could be brought together: judged on both sides,
        # and neither missing nor unmanaged for itself.
        part_of="AWS::ApiGateway::RestApi",
        # Sets to API Gateway.
        unordered=("AuthorizationScopes",),
    ),
    Kind(
        name=STAGE,
        title="API stage",
        terraform=(
            Spelling(
                "aws_api_gateway_stage",
                fields={
                    "rest_api_id": "RestApiId",
                    "stage_name": "StageName",
                    "deployment_id": "DeploymentId",
                    "description": "Description",
                    "xray_tracing_enabled": "TracingEnabled",
                    "cache_cluster_enabled": "CacheClusterEnabled",
                    "client_certificate_id": "ClientCertificateId",
                    "access_log_settings.destination_arn": "AccessLogSetting.DestinationArn",
                    "access_log_settings.format": "AccessLogSetting.Format",
                },
                defaults=(_TRACING,),
                exports={"arn": "arn"},
            ),
        ),
        cloudformation=Spelling(STAGE, defaults=(_TRACING,)),
        live=LiveSpelling(
            enumerate=Call(
                "apigateway",
                "get_stages",
                "apigateway:GET",
                {"restApiId": "{within.id}"},
                result="item",
                # Deleted between the two calls.
                absent_on=("NotFoundException",),
            ),
            within=_APIS,
            build=_live_stage,
            tells=("AccessLogSetting",),
        ),
    ),
    Kind(
        name=STAGE_V2,
        title="API stage",
        terraform=(
            Spelling(
                "aws_apigatewayv2_stage",
                fields={
                    "api_id": "ApiId",
                    "name": "StageName",
                    "deployment_id": "DeploymentId",
                    "description": "Description",
                    "auto_deploy": "AutoDeploy",
                    "client_certificate_id": "ClientCertificateId",
                    "access_log_settings.destination_arn": "AccessLogSettings.DestinationArn",
                    "access_log_settings.format": "AccessLogSettings.Format",
                },
                exports={"arn": "arn"},
            ),
        ),
        cloudformation=Spelling(STAGE_V2),
        live=LiveSpelling(
            enumerate=Call(
                "apigatewayv2",
                "get_stages",
                "apigateway:GET",
                {"ApiId": "{within.ApiId}"},
                result="Items",
                absent_on=("NotFoundException",),
            ),
            within=_APIS_V2,
            build=_live_stage_v2,
            tells=("AccessLogSettings",),
        ),
    ),
    Kind(
        name=DOMAIN,
        title="API domain",
        terraform=(
            Spelling(
                "aws_api_gateway_domain_name",
                fields={
                    "domain_name": "DomainName",
                    "security_policy": "SecurityPolicy",
                    "certificate_arn": "CertificateArn",
                    "regional_certificate_arn": "RegionalCertificateArn",
                    "endpoint_configuration.types": "EndpointConfiguration.Types",
                },
                defaults=(_POLICY,),
                exports={"id": "name", "domain_name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(DOMAIN, defaults=(_POLICY,), exports={"Ref": "name"}),
        live=LiveSpelling(
            enumerate=Call("apigateway", "get_domain_names", "apigateway:GET", result="items"),
            build=_live_domain,
        ),
        names=("DomainName",),
    ),
)
