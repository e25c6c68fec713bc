"""VPCs, their flow logs, and subnets."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Call, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Alternatives, Unknown, Value

# Flow logs


_WATCHED = {
    "vpc_id": "VPC",
    "subnet_id": "Subnet",
    "eni_id": "NetworkInterface",
    "transit_gateway_id": "TransitGateway",
    "transit_gateway_attachment_id": "TransitGatewayAttachment",
}
_WATCHED_BY_ID = {
    "vpc-": "VPC",
    "subnet-": "Subnet",
    "eni-": "NetworkInterface",
    "tgw-attach-": "TransitGatewayAttachment",
    "tgw-": "TransitGateway",
}
"""How ids of the resources that may be watched begin; the longer of two comes first."""


def _terraform_flow_log(draft: Draft) -> None:
    for attribute, resource_type in _WATCHED.items():
        if draft.get(attribute) is not None:
            draft.copy(attribute, "ResourceId")
            draft.set("ResourceType", resource_type, written_at=attribute)
            return


def _live_flow_log(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"id": draft.get("FlowLogId")}
    watched = draft.get("ResourceId")
    if isinstance(watched, str):
        kind = next((kind for start, kind in _WATCHED_BY_ID.items() if watched.startswith(start)), None)
        draft.set("ResourceType", draft.made(kind, "ResourceId"))
        if kind in ("VPC", "Subnet"):
            whole = f"{kind.lower()}/{watched}"
            draft.identity["parent"] = f"arn:{live.partition}:ec2:{live.region}:{live.account}:{whole}"
    copy_fields(
        draft,
        {
            "Id": "FlowLogId",
            "ResourceId": "ResourceId",
            "TrafficType": "TrafficType",
            "LogDestination": "LogDestination",
            "LogDestinationType": "LogDestinationType",
            "LogGroupName": "LogGroupName",
            "LogFormat": "LogFormat",
            "MaxAggregationInterval": "MaxAggregationInterval",
            "DeliverLogsPermissionArn": "DeliverLogsPermissionArn",
            "DeliverCrossAccountRole": "DeliverCrossAccountRole",
            "DestinationOptions": "DestinationOptions",
            "FlowLogStatus": "FlowLogStatus",
        },
    )
    copy_tags(draft)


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
_FLOW_LOG_DEFAULTS = (
    Default("LogDestinationType", "cloud-watch-logs", "EC2 sends flow logs to CloudWatch Logs unless told otherwise"),
    Default("MaxAggregationInterval", 600, "EC2 aggregates flows over 600 seconds"),
    Default("FlowLogStatus", "ACTIVE", "a new flow log starts at once", kept=False),
)

FLOW_LOG = Kind(
    name="AWS::EC2::FlowLog",
    title="flow log",
    terraform=(
        Spelling(
            "aws_flow_log",
            fields={
                "traffic_type": "TrafficType",
                "log_destination": "LogDestination",
                "log_destination_type": "LogDestinationType",
                "log_group_name": "LogGroupName",
                "log_format": "LogFormat",
                "max_aggregation_interval": "MaxAggregationInterval",
                "iam_role_arn": "DeliverLogsPermissionArn",
                "deliver_cross_account_role": "DeliverCrossAccountRole",
                "destination_options.file_format": "DestinationOptions.FileFormat",
                "destination_options.hive_compatible_partitions": "DestinationOptions.HiveCompatiblePartitions",
                "destination_options.per_hour_partition": "DestinationOptions.PerHourPartition",
            },
            build=_terraform_flow_log,
            defaults=_FLOW_LOG_DEFAULTS,
            exports={"id": "id", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling("AWS::EC2::FlowLog", defaults=_FLOW_LOG_DEFAULTS, exports={"Ref": "id", "Id": "id"}),
    live=LiveSpelling(
        enumerate=Call("ec2", "describe_flow_logs", "ec2:DescribeFlowLogs", {"MaxResults": 1000}, result="FlowLogs"),
        build=_live_flow_log,
    ),
    # What it is for shows at the VPC it watches.
    part_of="AWS::EC2::VPC",
    missed=True,
)


# VPCs


def _watches_a_vpc(properties: Mapping[str, Value]) -> bool | None:
    """Whether a flow log watches a VPC, and is not known to have stopped."""
    kind, status = properties.get("ResourceType"), properties.get("FlowLogStatus")
    if isinstance(status, str) and status != "ACTIVE":
        return False
    if isinstance(kind, (Unknown, Alternatives)):
        return None
    return kind == "VPC"


def _own_vpc(draft: Draft) -> None:
    draft.set("IsDefault", False)


def _default_vpc(draft: Draft) -> None:
    draft.set("IsDefault", True)


def _live_vpc(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {
        "id": draft.get("VpcId"),
        "arn": f"arn:{live.partition}:ec2:{live.region}:{live.account}:vpc/{draft.get('VpcId')}",
    }
    copy_fields(
        draft,
        {"VpcId": "VpcId", "CidrBlock": "CidrBlock", "InstanceTenancy": "InstanceTenancy", "IsDefault": "IsDefault"},
    )
    copy_tags(draft)
    if draft.get("IsDefault") is True:
        draft.managed_by = "default VPC"


_TENANCY = Default("InstanceTenancy", "default", "EC2 gives a VPC shared hardware")

VPC = Kind(
    name="AWS::EC2::VPC",
    title="VPC",
    terraform=(
        Spelling(
            "aws_vpc",
            fields={
                "cidr_block": "CidrBlock",
                "instance_tenancy": "InstanceTenancy",
                "enable_dns_support": "EnableDnsSupport",
                "enable_dns_hostnames": "EnableDnsHostnames",
            },
            build=_own_vpc,
            defaults=(_TENANCY,),
            exports={"id": "id", "arn": "arn", "cidr_block": "CidrBlock"},
        ),
        Spelling("aws_default_vpc", build=_default_vpc, exports={"id": "id", "arn": "arn"}),
    ),
    cloudformation=Spelling(
        "AWS::EC2::VPC",
        build=_own_vpc,
        defaults=(_TENANCY,),
        exports={"Ref": "id", "VpcId": "id", "CidrBlock": "CidrBlock"},
    ),
    links={"FlowLogs": Link("AWS::EC2::FlowLog", by="ResourceId", when=_watches_a_vpc)},
    live=LiveSpelling(
        enumerate=Call("ec2", "describe_vpcs", "ec2:DescribeVpcs", {"MaxResults": 1000}, result="Vpcs"),
        build=_live_vpc,
    ),
)


# Subnets


def _live_subnet(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"id": draft.get("SubnetId"), "arn": draft.get("SubnetArn")}
    copy_fields(
        draft,
        {
            "SubnetId": "SubnetId",
            "VpcId": "VpcId",
            "CidrBlock": "CidrBlock",
            "AvailabilityZone": "AvailabilityZone",
            "MapPublicIpOnLaunch": "MapPublicIpOnLaunch",
            "AssignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
            "EnableDns64": "EnableDns64",
            "Ipv6Native": "Ipv6Native",
        },
    )
    copy_tags(draft)
    if draft.get("DefaultForAz") is True:
        draft.managed_by = "default VPC"


_SUBNET_DEFAULTS = (
    Default("MapPublicIpOnLaunch", False, "a new subnet gives no public addresses"),
    Default("AssignIpv6AddressOnCreation", False, "a new subnet gives no IPv6 addresses"),
)


def _default_subnet(draft: Draft) -> None:
    # Which VPC that is, no code says.
    draft.set("VpcId", Unknown("it is of the region's default VPC", depends=("VpcId",), not_null=True))


SUBNET = Kind(
    name="AWS::EC2::Subnet",
    title="subnet",
    terraform=(
        Spelling(
            "aws_subnet",
            fields={
                "vpc_id": "VpcId",
                "cidr_block": "CidrBlock",
                "availability_zone": "AvailabilityZone",
                "map_public_ip_on_launch": "MapPublicIpOnLaunch",
                "assign_ipv6_address_on_creation": "AssignIpv6AddressOnCreation",
                "enable_dns64": "EnableDns64",
                "ipv6_native": "Ipv6Native",
            },
            defaults=_SUBNET_DEFAULTS,
            exports={"id": "id", "arn": "arn", "vpc_id": "VpcId"},
        ),
        Spelling(
            "aws_default_subnet",
            fields={
                "availability_zone": "AvailabilityZone",
                "map_public_ip_on_launch": "MapPublicIpOnLaunch",
                "assign_ipv6_address_on_creation": "AssignIpv6AddressOnCreation",
                "enable_dns64": "EnableDns64",
                "ipv6_native": "Ipv6Native",
            },
            build=_default_subnet,
            # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/default_subnet
            defaults=(
                Default("MapPublicIpOnLaunch", True, "aws_default_subnet gives public addresses, as AWS does there"),
                _SUBNET_DEFAULTS[1],
            ),
            exports={"id": "id", "arn": "arn", "vpc_id": "VpcId"},
        ),
    ),
    cloudformation=Spelling(
        "AWS::EC2::Subnet",
        defaults=_SUBNET_DEFAULTS,
        exports={"Ref": "id", "SubnetId": "id", "VpcId": "VpcId", "AvailabilityZone": "AvailabilityZone"},
    ),
    live=LiveSpelling(
        enumerate=Call("ec2", "describe_subnets", "ec2:DescribeSubnets", {"MaxResults": 1000}, result="Subnets"),
        build=_live_subnet,
    ),
)
