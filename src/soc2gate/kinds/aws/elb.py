"""Classic load balancers."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Value

LOAD_BALANCER = "AWS::ElasticLoadBalancing::LoadBalancer"


def _upper(value: Value) -> Value:
    """Protocols are taken in any case, and kept in capitals."""
    return map_value(value, lambda plain: str(plain).upper())


def _terraform(draft: Draft) -> None:
    if draft.get("name") is None:
        prefix = draft.get("name_prefix")
        draft.set("LoadBalancerName", draft.ref("name", prefix if isinstance(prefix, str) else "tf-lb-"))
    draft.set(
        "Scheme",
        draft.convert("internal", lambda value: map_value(value, _scheme)),
    )
    draft.set(
        "Listeners",
        draft.each(
            "listener",
            lambda block: {
                "LoadBalancerPort": block.at("lb_port"),
                "Protocol": block.convert("lb_protocol", _upper),
                "InstancePort": block.at("instance_port"),
                "InstanceProtocol": block.convert("instance_protocol", _upper),
                "SSLCertificateId": block.at("ssl_certificate_id"),
            },
        ),
    )
    draft.set(
        "AccessLoggingPolicy",
        draft.one(
            "access_logs",
            lambda block: {
                # The provider's own default, unlike that of the newer load balancers.
                "Enabled": block.at("enabled") or True,
                "S3BucketName": block.at("bucket"),
                "S3BucketPrefix": block.at("bucket_prefix"),
                "EmitInterval": block.at("interval"),
            },
        ),
    )


def _scheme(internal: Value) -> Value:
    return "internal" if internal in (True, "true") else "internet-facing"


def _cloudformation(draft: Draft) -> None:
    draft.set(
        "Listeners",
        draft.each(
            "Listeners",
            lambda block: {
                **{name: block.at(name) for name in block.body},
                "Protocol": block.convert("Protocol", _upper),
                "InstanceProtocol": block.convert("InstanceProtocol", _upper),
            },
        ),
    )


def _live(live: LiveItem) -> None:
    draft = live.draft
    name = draft.get("LoadBalancerName")
    draft.identity |= {
        "name": name,
        "arn": f"arn:{live.partition}:elasticloadbalancing:{live.region}:{live.account}:loadbalancer/{name}",
    }
    copy_fields(
        draft,
        {
            "LoadBalancerName": "LoadBalancerName",
            "DNSName": "DNSName",
            "CanonicalHostedZoneNameID": "CanonicalHostedZoneNameID",
            "Scheme": "Scheme",
            "SecurityGroups": "SecurityGroups",
            "Subnets": "Subnets",
            "CrossZone": "describe_load_balancer_attributes.CrossZoneLoadBalancing.Enabled",
        },
    )
    looked_at(draft, "Listeners", "ListenerDescriptions")
    draft.set("Listeners", draft.each("ListenerDescriptions", _live_listener))
    draft.set(
        "AccessLoggingPolicy",
        draft.one(
            "describe_load_balancer_attributes.AccessLog",
            lambda log: {
                "Enabled": log.at("Enabled"),
                "S3BucketName": log.at("S3BucketName"),
                "S3BucketPrefix": log.at("S3BucketPrefix"),
                "EmitInterval": log.at("EmitInterval"),
            },
        ),
    )
    copy_tags(draft, "describe_tags")


def _live_listener(description: Block) -> Piece:
    names = ("LoadBalancerPort", "Protocol", "InstancePort", "InstanceProtocol", "SSLCertificateId")
    return {
        **{name: description.at(f"Listener.{name}") for name in names},
        "PolicyNames": description.at("PolicyNames") if description.get("PolicyNames") else None,
    }


# https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    return (
        Default("Scheme", "internet-facing", "a classic load balancer has public addresses", kept=False),
        Default("AccessLoggingPolicy", {"Enabled": False}, "a new classic load balancer logs nothing", kept=False),
        # The provider spreads over zones unless told otherwise, the API does not.
        Default("CrossZone", kept, "aws_elb balances across zones" if kept else "ELB stays within zones", kept=kept),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=LOAD_BALANCER,
        title="classic load balancer",
        terraform=(
            Spelling(
                "aws_elb",
                fields={
                    "name": "LoadBalancerName",
                    "availability_zones": "AvailabilityZones",
                    "cross_zone_load_balancing": "CrossZone",
                    "instances": "Instances",
                    "security_groups": "SecurityGroups",
                    "subnets": "Subnets",
                },
                build=_terraform,
                defaults=_defaults(kept=True),
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            LOAD_BALANCER, build=_cloudformation, defaults=_defaults(kept=False), exports={"Ref": "name"}
        ),
        live=LiveSpelling(
            enumerate=Call(
                "elb",
                "describe_load_balancers",
                "elasticloadbalancing:DescribeLoadBalancers",
                result="LoadBalancerDescriptions",
            ),
            details=(
                Call(
                    "elb",
                    "describe_load_balancer_attributes",
                    "elasticloadbalancing:DescribeLoadBalancerAttributes",
                    {"LoadBalancerName": "{LoadBalancerName}"},
                    result="LoadBalancerAttributes",
                    into="AccessLoggingPolicy,CrossZone",
                ),
                Call(
                    "elb",
                    "describe_tags",
                    "elasticloadbalancing:DescribeTags",
                    {"LoadBalancerNames": ["{LoadBalancerName}"]},
                    result="TagDescriptions.Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("LoadBalancerName",),
        # Told by port, in any order.
        unordered=("Listeners", "AvailabilityZones"),
    ),
)
