"""Application, network and gateway load balancers, and their listeners.

What can be set on a load balancer is a list of named settings here, as the API tells it: code writes some of them, the
API always tells them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.facts import replace
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Neighbours, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.resource import Resource
from soc2gate.model.value import Alternatives, Unknown, Value

LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"


# Load balancers

_SETTINGS = {
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
    "access_logs.enabled": "access_logs.s3.enabled",
    "access_logs.bucket": "access_logs.s3.bucket",
    "access_logs.prefix": "access_logs.s3.prefix",
    "connection_logs.enabled": "connection_logs.s3.enabled",
    "connection_logs.bucket": "connection_logs.s3.bucket",
    "connection_logs.prefix": "connection_logs.s3.prefix",
    "client_keep_alive": "client_keep_alive.seconds",
    "desync_mitigation_mode": "routing.http.desync_mitigation_mode",
    "dns_record_client_routing_policy": "dns_record.client_routing_policy",
    "drop_invalid_header_fields": "routing.http.drop_invalid_header_fields.enabled",
    "enable_cross_zone_load_balancing": "load_balancing.cross_zone.enabled",
    "enable_deletion_protection": "deletion_protection.enabled",
    "enable_http2": "routing.http2.enabled",
    "enable_tls_version_and_cipher_suite_headers": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
    "enable_waf_fail_open": "waf.fail_open.enabled",
    "enable_xff_client_port": "routing.http.xff_client_port.enabled",
    "enable_zonal_shift": "zonal_shift.config.enabled",
    "idle_timeout": "idle_timeout.timeout_seconds",
    "preserve_host_header": "routing.http.preserve_host_header.enabled",
    "xff_header_processing_mode": "routing.http.xff_header_processing.mode",
}


def _terraform(draft: Draft) -> None:
    if draft.get("name") is None:
        prefix = draft.get("name_prefix")
        draft.set("Name", draft.ref("name", prefix if isinstance(prefix, str) else "tf-lb-"))
    draft.set("Scheme", draft.convert("internal", _scheme))
    # A block without `enabled` writes nothing of it: logging is then off, bucket or not.
    settings: list[Piece] = [
        {"Key": key, "Value": value}
        for attribute, key in _SETTINGS.items()
        if (value := draft.at(attribute)) is not None
    ]
    draft.set("LoadBalancerAttributes", settings or None)
    draft.set(
        "SubnetMappings",
        draft.each(
            "subnet_mapping",
            lambda block: {
                "SubnetId": block.at("subnet_id"),
                "AllocationId": block.at("allocation_id"),
                "PrivateIPv4Address": block.at("private_ipv4_address"),
                "IPv6Address": block.at("ipv6_address"),
            },
        ),
    )


def _scheme(internal: Value) -> Value:
    return map_value(internal, lambda plain: "internal" if plain in (True, "true") else "internet-facing")


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("LoadBalancerArn"), "name": draft.get("LoadBalancerName")}
    copy_fields(
        draft,
        {
            "Name": "LoadBalancerName",
            "LoadBalancerName": "LoadBalancerName",
            "LoadBalancerArn": "LoadBalancerArn",
            "DNSName": "DNSName",
            "CanonicalHostedZoneID": "CanonicalHostedZoneId",
            "Scheme": "Scheme",
            "Type": "Type",
            "IpAddressType": "IpAddressType",
            "SecurityGroups": "SecurityGroups",
        },
    )
    looked_at(draft, "Subnets", "AvailabilityZones")
    draft.set("Subnets", draft.each("AvailabilityZones", lambda zone: zone.at("SubnetId")))
    draft.copy("describe_load_balancer_attributes", "LoadBalancerAttributes")
    copy_tags(draft, "describe_tags")


# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
_DEFAULTS = (
    Default("Type", "application", "a load balancer is an application load balancer unless it says otherwise"),
    Default("IpAddressType", "ipv4", "a load balancer has IPv4 addresses", kept=False),
    Default(
        "LoadBalancerAttributes",
        [],
        "a new load balancer logs nothing and can be deleted",
        kept=False,
    ),
)


# Listeners


def _upper(value: Value) -> Value:
    return map_value(value, lambda plain: str(plain).upper())


def _terraform_listener(draft: Draft) -> None:
    draft.set("Protocol", draft.convert("protocol", _upper))
    certificate = draft.at("certificate_arn")
    draft.set("Certificates", None if certificate is None else [{"CertificateArn": certificate}])
    alpn = draft.at("alpn_policy")
    draft.set("AlpnPolicy", None if alpn is None else [alpn])
    draft.set("DefaultActions", draft.each("default_action", _action))
    draft.set(
        "MutualAuthentication",
        draft.one(
            "mutual_authentication",
            lambda block: {
                "Mode": block.at("mode"),
                "TrustStoreArn": block.at("trust_store_arn"),
                "IgnoreClientCertificateExpiry": block.at("ignore_client_certificate_expiry"),
            },
        ),
    )


def _action(block: Block) -> Piece:
    return {
        "Type": block.at("type"),
        "Order": block.at("order"),
        "TargetGroupArn": block.at("target_group_arn"),
        "RedirectConfig": block.one("redirect", _fields(_REDIRECT)),
        "FixedResponseConfig": block.one("fixed_response", _fields(_RESPONSE)),
        "ForwardConfig": block.one("forward", _forward),
        "AuthenticateCognitoConfig": block.one("authenticate_cognito", _fields(_COGNITO)),
        # Without the client's secret.
        "AuthenticateOidcConfig": block.one("authenticate_oidc", _fields(_OIDC)),
    }


def _fields(names: Mapping[str, str]) -> Callable[[Block], Piece]:
    """Builds a block of plain attributes."""
    return lambda block: {name: block.at(attribute) for attribute, name in names.items()}


_REDIRECT = {
    "host": "Host",
    "path": "Path",
    "port": "Port",
    "protocol": "Protocol",
    "query": "Query",
    "status_code": "StatusCode",
}
_RESPONSE = {"content_type": "ContentType", "message_body": "MessageBody", "status_code": "StatusCode"}
_COGNITO = {
    "user_pool_arn": "UserPoolArn",
    "user_pool_client_id": "UserPoolClientId",
    "user_pool_domain": "UserPoolDomain",
    "on_unauthenticated_request": "OnUnauthenticatedRequest",
    "scope": "Scope",
    "session_cookie_name": "SessionCookieName",
    "session_timeout": "SessionTimeout",
}
_OIDC = {
    "issuer": "Issuer",
    "client_id": "ClientId",
    "authorization_endpoint": "AuthorizationEndpoint",
    "token_endpoint": "TokenEndpoint",
    "user_info_endpoint": "UserInfoEndpoint",
    "on_unauthenticated_request": "OnUnauthenticatedRequest",
    "scope": "Scope",
    "session_cookie_name": "SessionCookieName",
    "session_timeout": "SessionTimeout",
}


def _forward(block: Block) -> Piece:
    return {
        "TargetGroups": block.each(
            "target_group", lambda group: {"TargetGroupArn": group.at("arn"), "Weight": group.at("weight")}
        ),
        "TargetGroupStickinessConfig": block.one(
            "stickiness", lambda one: {"Enabled": one.at("enabled"), "DurationSeconds": one.at("duration")}
        ),
    }


def _cloudformation_listener(draft: Draft) -> None:
    draft.set("Protocol", draft.convert("Protocol", _upper))


def _live_listener(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ListenerArn"), "parent": draft.get("LoadBalancerArn")}
    same = ("ListenerArn", "LoadBalancerArn", "Port", "Protocol", "SslPolicy", "Certificates", "AlpnPolicy")
    copy_fields(draft, {name: name for name in (*same, "DefaultActions", "MutualAuthentication")})
    copy_tags(draft, "describe_tags")


def _named_by_its_balancer(listener: Resource, neighbours: Neighbours) -> Resource:
    """A load balancer has one listener on a port: its name and the port name the listener."""
    arn, port = listener.properties.get("LoadBalancerArn"), listener.properties.get("Port")
    balancer: Value = None
    if isinstance(arn, str):
        # arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/NAME/ID
        balancer = arn.rpartition("/")[0].rpartition("/")[2]
    elif isinstance(arn, Unknown) and arn.ref is not None:
        other = neighbours.at(LOAD_BALANCER, arn.ref.address)
        balancer = other.properties.get("Name") if other is not None else None
    if not (isinstance(balancer, str) and balancer and isinstance(port, (int, str)) and port):
        return listener
    return replace(listener, identity={**listener.identity, "name": f"{balancer}:{port}"})


def _encrypts(properties: Mapping[str, Value]) -> bool | None:
    protocol = properties.get("Protocol")
    if isinstance(protocol, (Unknown, Alternatives)):
        return None
    return protocol in ("HTTPS", "TLS")


def _has_port(properties: Mapping[str, Value]) -> bool | None:
    return properties.get("Port") is not None


# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html: the console chooses
# a newer policy than the API does.
_LISTENER_DEFAULTS = (
    Default(
        "SslPolicy",
        "ELBSecurityPolicy-2016-08",
        "a listener made without a policy gets ELBSecurityPolicy-2016-08",
        when=_encrypts,
        kept=False,
    ),
    Default(
        "DefaultActions[*].RedirectConfig.Protocol",
        "#{protocol}",
        "a redirect keeps the protocol of the request",
        kept=False,
    ),
)
_TERRAFORM_LISTENER = (
    # Only a gateway load balancer's listener has neither port nor protocol.
    Default("Protocol", "HTTP", "aws_lb_listener makes an HTTP listener", when=_has_port, kept=False),
    *_LISTENER_DEFAULTS,
)


def _tags(arn: str) -> Call:
    return Call(
        "elbv2",
        "describe_tags",
        "elasticloadbalancing:DescribeTags",
        {"ResourceArns": [arn]},
        result="TagDescriptions.Tags",
        into="Tags",
    )


_LIST = Call("elbv2", "describe_load_balancers", "elasticloadbalancing:DescribeLoadBalancers", result="LoadBalancers")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=LOAD_BALANCER,
        title="load balancer",
        terraform=tuple(
            Spelling(
                type_,
                fields={
                    "name": "Name",
                    "load_balancer_type": "Type",
                    "ip_address_type": "IpAddressType",
                    "security_groups": "SecurityGroups",
                    "subnets": "Subnets",
                },
                build=_terraform,
                defaults=_DEFAULTS,
                exports={"id": "arn", "arn": "arn", "name": "Name"},
            )
            for type_ in ("aws_lb", "aws_alb")
        ),
        cloudformation=Spelling(LOAD_BALANCER, defaults=_DEFAULTS, exports={"Ref": "arn", "LoadBalancerArn": "arn"}),
        live=LiveSpelling(
            enumerate=_LIST,
            details=(
                Call(
                    "elbv2",
                    "describe_load_balancer_attributes",
                    "elasticloadbalancing:DescribeLoadBalancerAttributes",
                    {"LoadBalancerArn": "{LoadBalancerArn}"},
                    result="Attributes",
                    into="LoadBalancerAttributes",
                ),
                _tags("{LoadBalancerArn}"),
            ),
            build=_live,
        ),
        names=("Name",),
        settings=("LoadBalancerAttributes",),
    ),
    Kind(
        name=LISTENER,
        title="listener",
        terraform=tuple(
            Spelling(
                type_,
                fields={"load_balancer_arn": "LoadBalancerArn", "port": "Port", "ssl_policy": "SslPolicy"},
                build=_terraform_listener,
                defaults=_TERRAFORM_LISTENER,
                exports={"id": "arn", "arn": "arn"},
            )
            for type_ in ("aws_lb_listener", "aws_alb_listener")
        ),
        cloudformation=Spelling(
            LISTENER,
            build=_cloudformation_listener,
            defaults=_LISTENER_DEFAULTS,
            exports={"Ref": "arn", "ListenerArn": "arn"},
        ),
        live=LiveSpelling(
            enumerate=Call(
                "elbv2",
                "describe_listeners",
                "elasticloadbalancing:DescribeListeners",
                {"LoadBalancerArn": "{within.LoadBalancerArn}"},
                result="Listeners",
                # Deleted between the two calls.
                absent_on=("LoadBalancerNotFound",),
            ),
            within=_LIST,
            details=(_tags("{ListenerArn}"),),
            build=_live_listener,
        ),
        names=("name",),
        settings=("ListenerAttributes",),
        concludes=_named_by_its_balancer,
    ),
)
