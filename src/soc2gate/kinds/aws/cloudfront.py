"""CloudFront distributions.

The API wraps every list with its length and spells some names its own way; code and the registry write them plainly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from soc2gate.facts import replace
from soc2gate.kinds.aws.live_fields import copy_tags
from soc2gate.kinds.aws.log_delivery import SOURCE, delivers_access_logs, distribution_of
from soc2gate.kinds.describe import Call, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Json, Unknown, Value

DISTRIBUTION = "AWS::CloudFront::Distribution"
_CONFIG = "DistributionConfig"


# Terraform

_BEHAVIOUR = {
    "path_pattern": "PathPattern",
    "target_origin_id": "TargetOriginId",
    "viewer_protocol_policy": "ViewerProtocolPolicy",
    "allowed_methods": "AllowedMethods",
    "cached_methods": "CachedMethods",
    "cache_policy_id": "CachePolicyId",
    "origin_request_policy_id": "OriginRequestPolicyId",
    "response_headers_policy_id": "ResponseHeadersPolicyId",
    "realtime_log_config_arn": "RealtimeLogConfigArn",
    "field_level_encryption_id": "FieldLevelEncryptionId",
    "compress": "Compress",
    "smooth_streaming": "SmoothStreaming",
    "min_ttl": "MinTTL",
    "default_ttl": "DefaultTTL",
    "max_ttl": "MaxTTL",
    "trusted_key_groups": "TrustedKeyGroups",
    "trusted_signers": "TrustedSigners",
}
_CERTIFICATE = {
    "acm_certificate_arn": "AcmCertificateArn",
    "iam_certificate_id": "IamCertificateId",
    "cloudfront_default_certificate": "CloudFrontDefaultCertificate",
    "minimum_protocol_version": "MinimumProtocolVersion",
    "ssl_support_method": "SslSupportMethod",
}
_ERROR = {
    "error_code": "ErrorCode",
    "response_code": "ResponseCode",
    "response_page_path": "ResponsePagePath",
    "error_caching_min_ttl": "ErrorCachingMinTTL",
}
_ORIGIN = {
    "domain_name": "DomainName",
    "origin_id": "Id",
    "origin_path": "OriginPath",
    "origin_access_control_id": "OriginAccessControlId",
    "connection_attempts": "ConnectionAttempts",
    "connection_timeout": "ConnectionTimeout",
}
_CUSTOM_ORIGIN = {
    "http_port": "HTTPPort",
    "https_port": "HTTPSPort",
    "origin_protocol_policy": "OriginProtocolPolicy",
    "origin_ssl_protocols": "OriginSSLProtocols",
    "origin_keepalive_timeout": "OriginKeepaliveTimeout",
    "origin_read_timeout": "OriginReadTimeout",
}


def _fields(names: Mapping[str, str]) -> Callable[[Block], Piece]:
    return lambda block: {name: block.at(attribute) for attribute, name in names.items()}


def _behaviour(block: Block) -> Piece:
    return {
        **{name: block.at(attribute) for attribute, name in _BEHAVIOUR.items()},
        "ForwardedValues": block.one(
            "forwarded_values",
            lambda values: {
                "QueryString": values.at("query_string"),
                "QueryStringCacheKeys": values.at("query_string_cache_keys"),
                "Headers": values.at("headers"),
                "Cookies": values.one(
                    "cookies",
                    lambda cookies: {
                        "Forward": cookies.at("forward"),
                        "WhitelistedNames": cookies.at("whitelisted_names"),
                    },
                ),
            },
        ),
        "FunctionAssociations": block.each(
            "function_association", _fields({"event_type": "EventType", "function_arn": "FunctionARN"})
        ),
        "LambdaFunctionAssociations": block.each(
            "lambda_function_association",
            _fields({"event_type": "EventType", "lambda_arn": "LambdaFunctionARN", "include_body": "IncludeBody"}),
        ),
    }


def _origin(block: Block) -> Piece:
    return {
        **{name: block.at(attribute) for attribute, name in _ORIGIN.items()},
        "CustomOriginConfig": block.one("custom_origin_config", _fields(_CUSTOM_ORIGIN)),
        "S3OriginConfig": block.one("s3_origin_config", _fields({"origin_access_identity": "OriginAccessIdentity"})),
    }


def _logging(block: Block) -> Piece:
    return {
        "Bucket": block.convert("bucket", _of_a_bucket),
        "Prefix": block.at("prefix"),
        "IncludeCookies": block.at("include_cookies"),
    }


def _of_a_bucket(value: Value) -> Value:
    """A bucket's domain name is computed, and certainly there once the bucket is."""
    if isinstance(value, Unknown) and value.ref is not None and value.ref.attribute.endswith(_DOMAIN_NAMES):
        return replace(value, not_null=True)
    return value


_DOMAIN_NAMES = ("domain_name", "DomainName")


def _cloudformation(draft: Draft) -> None:
    draft.set(f"{_CONFIG}.Logging.Bucket", draft.convert(f"{_CONFIG}.Logging.Bucket", _of_a_bucket))


def _terraform(draft: Draft) -> None:
    for name, piece in (
        ("DefaultCacheBehavior", draft.one("default_cache_behavior", _behaviour)),
        ("CacheBehaviors", draft.each("ordered_cache_behavior", _behaviour)),
        ("Origins", draft.each("origin", _origin)),
        ("ViewerCertificate", draft.one("viewer_certificate", _fields(_CERTIFICATE))),
        ("Logging", draft.one("logging_config", _logging)),
        ("CustomErrorResponses", draft.each("custom_error_response", _fields(_ERROR))),
        (
            "Restrictions",
            draft.one(
                "restrictions.geo_restriction",
                lambda block: {
                    "GeoRestriction": {
                        "RestrictionType": block.at("restriction_type"),
                        "Locations": block.at("locations"),
                    }
                },
            ),
        ),
    ):
        draft.set(f"{_CONFIG}.{name}", piece)


# The live API

_RENAMED = {
    "IsIPV6Enabled": "IPV6Enabled",
    "ACMCertificateArn": "AcmCertificateArn",
    "IAMCertificateId": "IamCertificateId",
    "SSLSupportMethod": "SslSupportMethod",
    "OriginSslProtocols": "OriginSSLProtocols",
}
_LEFT_OUT = frozenset(
    {
        "CallerReference",
        # Older names for what the other fields of the certificate say.
        "Certificate",
        "CertificateSource",
        # Their values are often shared secrets.
        "CustomHeaders",
    }
)


def _plainly(value: Json) -> Json:
    """The API's form as the registry writes it: lists without their lengths, nothing that is empty."""
    if isinstance(value, list):
        return [_plainly(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Quantity" in value and value.keys() <= {"Quantity", "Items", "Enabled"}:
        return _plainly(value.get("Items") or [])
    out: dict[str, Json] = {}
    for name, child in value.items():
        if name in _LEFT_OUT or child in ("", None):
            continue
        if name == "OriginGroups":
            # The registry keeps lengths here.
            out[name] = child
        elif name == "AllowedMethods" and isinstance(child, dict):
            out[name] = child.get("Items")
            out["CachedMethods"] = _plainly(child.get("CachedMethods"))
        elif name == "GeoRestriction" and isinstance(child, dict):
            out[name] = {"RestrictionType": child.get("RestrictionType"), "Locations": child.get("Items") or []}
        else:
            out[_RENAMED.get(name, name)] = _plainly(child)
    return out


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"id": draft.get("Id"), "arn": draft.get("ARN")}
    draft.copy("Id", "Id")
    draft.copy("DomainName", "DomainName")
    told = live.answers.get("get_distribution_config")
    config = _plainly(told)
    if isinstance(config, dict):
        logging = config.get("Logging")
        if isinstance(logging, dict):
            # Switched off or on: the registry says it by naming a bucket.
            enabled = logging.pop("Enabled", bool(logging.get("Bucket")))
            if not enabled:
                config["Logging"] = {}
        draft.set(_CONFIG, draft.made(cast("Value", config), "get_distribution_config"))
    copy_tags(draft, "list_tags_for_resource")


# https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html
_DEFAULTS = (
    Default(
        f"{_CONFIG}.ViewerCertificate",
        {"CloudFrontDefaultCertificate": True},
        "a distribution without a certificate has CloudFront's own",
        kept=False,
    ),
    Default(
        f"{_CONFIG}.ViewerCertificate.MinimumProtocolVersion",
        "TLSv1",
        "CloudFront accepts TLS 1.0 unless told otherwise",
        kept=False,
    ),
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=DISTRIBUTION,
        title="distribution",
        terraform=(
            Spelling(
                "aws_cloudfront_distribution",
                fields={
                    attribute: f"{_CONFIG}.{name}"
                    for attribute, name in {
                        "aliases": "Aliases",
                        "comment": "Comment",
                        "default_root_object": "DefaultRootObject",
                        "enabled": "Enabled",
                        "http_version": "HttpVersion",
                        "is_ipv6_enabled": "IPV6Enabled",
                        "price_class": "PriceClass",
                        "staging": "Staging",
                        "web_acl_id": "WebACLId",
                    }.items()
                },
                build=_terraform,
                defaults=_DEFAULTS,
                exports={"id": "id", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            DISTRIBUTION, build=_cloudformation, defaults=_DEFAULTS, exports={"Ref": "id", "Id": "id"}
        ),
        links={"LogDeliveries": Link(SOURCE, reads=distribution_of, when=delivers_access_logs)},
        live=LiveSpelling(
            enumerate=Call(
                "cloudfront", "list_distributions", "cloudfront:ListDistributions", result="DistributionList.Items"
            ),
            details=(
                Call(
                    "cloudfront",
                    "get_distribution_config",
                    "cloudfront:GetDistributionConfig",
                    {"Id": "{Id}"},
                    result="DistributionConfig",
                    into=_CONFIG,
                ),
                Call(
                    "cloudfront",
                    "list_tags_for_resource",
                    "cloudfront:ListTagsForResource",
                    {"Resource": "{ARN}"},
                    result="Tags.Items",
                    into="Tags",
                ),
            ),
            build=_live,
            scope="global",
        ),
        # Live they are not read: their values are often shared secrets.
        ignored=(f"{_CONFIG}.Origins[*].OriginCustomHeaders",),
        # Sets to CloudFront, whatever order they are written in.
        unordered=(
            f"{_CONFIG}.Aliases",
            f"{_CONFIG}.DefaultCacheBehavior.AllowedMethods",
            f"{_CONFIG}.DefaultCacheBehavior.CachedMethods",
            f"{_CONFIG}.CacheBehaviors[*].AllowedMethods",
            f"{_CONFIG}.CacheBehaviors[*].CachedMethods",
            f"{_CONFIG}.Origins[*].CustomOriginConfig.OriginSSLProtocols",
        ),
    ),
)
