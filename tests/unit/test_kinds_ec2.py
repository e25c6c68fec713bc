"""EC2 in the normal form: written in Terraform, in CloudFormation, in pieces, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.model.resource import Resource
from soc2gate.model.value import OpenList, Text, Unknown, Value

GROUP = "AWS::EC2::SecurityGroup"
VOLUME = "AWS::EC2::Volume"
INSTANCE = "AWS::EC2::Instance"
TEMPLATE = "AWS::EC2::LaunchTemplate"
VPC = "AWS::EC2::VPC"
FLOW_LOG = "AWS::EC2::FlowLog"

WEB = {"name": "web", "description": "web", "vpc_id": "vpc-1"}
HTTPS = {"from_port": 443, "to_port": 443, "protocol": "tcp"}
EVERYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


def rule(port: int, **more: Value) -> dict[str, Value]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **more}


def inside(resource: Resource, path: str) -> Any:
    """A property, or `related.<Link>`, for looking into."""
    return resource.related[path.removeprefix("related.")] if path.startswith("related.") else resource.properties[path]


def group(*resources: Any) -> Resource:
    return one(normal(*resources), GROUP)


def test_a_group_is_the_same_in_both_formats() -> None:
    terraform = group(
        tf(
            "aws_security_group.web",
            {
                **WEB,
                "ingress": [{**HTTPS, "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"], "ipv6_cidr_blocks": ["::/0"]}],
                "egress": [{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}],
                "tags": {"team": "a"},
            },
        )
    )
    cloudformation = group(
        cfn(
            "Web",
            GROUP,
            {
                "GroupName": "web",
                "GroupDescription": "web",
                "VpcId": "vpc-1",
                "SecurityGroupIngress": [
                    {"IpProtocol": "6", "FromPort": "443", "ToPort": 443, "CidrIp": "10.0.0.0/8"},
                    {"IpProtocol": "TCP", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"},
                    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "0:0:0::0/0"},
                ],
                "SecurityGroupEgress": [{"IpProtocol": -1, "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"}],
                "Tags": [{"Key": "team", "Value": "a"}],
            },
        )
    )
    assert said(terraform) == said(cloudformation)
    assert terraform.properties["SecurityGroupIngress"] == [
        rule(443, CidrIp="10.0.0.0/8"),
        rule(443, CidrIp="0.0.0.0/0"),
        rule(443, CidrIpv6="::/0"),
    ]
    assert terraform.properties["SecurityGroupEgress"] == [EVERYWHERE]
    assert terraform.tags == cloudformation.tags == {"team": "a"}


SEPARATE = {
    "aws_security_group_rule": {
        **HTTPS,
        "type": "ingress",
        "security_group_id": ref("aws_security_group.web.id"),
        "cidr_blocks": ["0.0.0.0/0"],
    },
    "aws_vpc_security_group_ingress_rule": {
        "from_port": 443,
        "to_port": 443,
        "ip_protocol": "tcp",
        "security_group_id": ref("aws_security_group.web.id"),
        "cidr_ipv4": "0.0.0.0/0",
    },
}


@pytest.mark.parametrize("type_", SEPARATE)
def test_a_separate_rule_is_part_of_its_group(type_: str) -> None:
    made = group(tf("aws_security_group.web", WEB), tf(f"{type_}.https", SEPARATE[type_]))
    assert made.properties["SecurityGroupIngress"] == [rule(443, CidrIp="0.0.0.0/0")]
    assert made.properties["SecurityGroupEgress"] == [], "an ingress rule says nothing of egress"


def test_a_separate_rule_in_cloudformation_is_part_of_its_group() -> None:
    made = group(
        cfn("Web", GROUP, {"GroupDescription": "web", "VpcId": "vpc-1"}),
        cfn("In", "AWS::EC2::SecurityGroupIngress", {"GroupId": ref("Web.GroupId"), **rule(22, CidrIp="0.0.0.0/0")}),
        cfn("Out", "AWS::EC2::SecurityGroupEgress", {"GroupId": ref("Web.Ref"), **rule(443, CidrIp="10.0.0.0/8")}),
    )
    assert made.properties["SecurityGroupIngress"] == [rule(22, CidrIp="0.0.0.0/0")]
    assert made.properties["SecurityGroupEgress"] == [rule(443, CidrIp="10.0.0.0/8")], "the default rule is gone"


def test_an_egress_rule_type_goes_out() -> None:
    out = {**SEPARATE["aws_security_group_rule"], "type": "egress"}
    made = group(tf("aws_security_group.web", WEB), tf("aws_security_group_rule.out", out))
    assert made.properties["SecurityGroupIngress"] == []
    assert made.properties["SecurityGroupEgress"] == [rule(443, CidrIp="0.0.0.0/0")]


def test_a_rule_of_unknown_direction_leaves_both_open() -> None:
    either = {**SEPARATE["aws_security_group_rule"], "type": var("type")}
    made = group(tf("aws_security_group.web", WEB), tf("aws_security_group_rule.x", either))
    for direction in ("SecurityGroupIngress", "SecurityGroupEgress"):
        found = made.properties[direction]
        assert isinstance(found, OpenList)
        assert found.items == ()


def test_a_rule_of_a_group_elsewhere_can_still_fail() -> None:
    made = normal(
        tf("aws_security_group_rule.ssh", {**SEPARATE["aws_security_group_rule"], "security_group_id": var("group")})
    )
    orphan = one(made, GROUP, partial=True)
    found = orphan.properties["SecurityGroupIngress"]
    assert isinstance(found, OpenList)
    assert found.items == (rule(443, CidrIp="0.0.0.0/0"),)


def test_unknown_ranges_on_a_known_port_stay_rules_of_that_port() -> None:
    made = group(tf("aws_security_group.web", {**WEB, "ingress": [{**HTTPS, "cidr_blocks": var("ranges")}]}))
    found = made.properties["SecurityGroupIngress"]
    assert isinstance(found, OpenList)
    assert found.items == ()
    (template,) = found.more
    assert isinstance(template, dict)
    assert (template["FromPort"], template["ToPort"], template["IpProtocol"]) == (443, 443, "tcp")
    assert isinstance(template["CidrIp"], Unknown)


def test_one_unknown_range_is_one_rule() -> None:
    made = group(tf("aws_security_group.web", {**WEB, "ingress": [{**HTTPS, "cidr_blocks": [var("range")]}]}))
    (found,) = inside(made, "SecurityGroupIngress")
    assert isinstance(found["CidrIp"], Unknown)
    assert found["FromPort"] == 443


def test_an_unknown_list_of_blocks_is_an_open_list() -> None:
    made = group(
        tf("aws_security_group.web", {**WEB, "ingress": OpenList((), (Unknown("for_each"),), "for_each is unknown")})
    )
    assert isinstance(made.properties["SecurityGroupIngress"], OpenList)


def test_a_closed_group_says_so_and_an_unwritten_one_does_not() -> None:
    closed = group(tf("aws_security_group.web", {**WEB, "ingress": []}))
    unwritten = group(tf("aws_security_group.web", WEB))
    assert closed.properties["SecurityGroupIngress"] == unwritten.properties["SecurityGroupIngress"] == []
    assert "SecurityGroupIngress" not in closed.initial
    assert "SecurityGroupIngress" in unwritten.initial


def test_terraform_lets_nothing_out_and_cloudformation_everything() -> None:
    terraform = group(tf("aws_security_group.web", WEB))
    cloudformation = group(cfn("Web", GROUP, {"GroupDescription": "web"}))
    assert terraform.properties["SecurityGroupEgress"] == []
    assert cloudformation.properties["SecurityGroupEgress"] == [EVERYWHERE]
    assert cloudformation.defaults == {}, "nothing reverts what others change"


def test_a_group_that_reaches_itself_refers_to_itself() -> None:
    made = group(tf("aws_security_group.web", {**WEB, "ingress": [{**HTTPS, "self": True, "cidr_blocks": []}]}))
    (found,) = inside(made, "SecurityGroupIngress")
    assert found["SourceSecurityGroupId"].ref == made.identity["id"].ref  # type: ignore[union-attr]


def test_a_peer_group_stays_a_reference() -> None:
    made = normal(
        tf("aws_security_group.lb", {**WEB, "name": "lb"}),
        tf(
            "aws_security_group.web",
            {**WEB, "ingress": [{**HTTPS, "security_groups": [ref("aws_security_group.lb.id")]}]},
        ),
    )
    web = next(r for r in made.resources if r.address == "aws_security_group.web")
    (found,) = inside(web, "SecurityGroupIngress")
    assert str(found["SourceSecurityGroupId"].ref) == "aws_security_group.lb.id"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("10.1.2.3/8", "10.0.0.0/8"), ("2001:DB8:0::1/32", "2001:db8::/32"), ("0.0.0.0/0", "0.0.0.0/0"), ("junk", "junk")],
)
def test_ranges_are_spelled_as_ec2_keeps_them(written: str, kept: str) -> None:
    made = group(tf("aws_security_group.web", {**WEB, "ingress": [{**HTTPS, "cidr_blocks": [written]}]}))
    assert made.properties["SecurityGroupIngress"] == [rule(443, CidrIp=kept)]


def test_each_element_knows_its_line() -> None:
    made = group(
        tf(
            "aws_security_group.web",
            {**WEB, "ingress": [{**HTTPS, "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"]}]},
            lines={"ingress[0].from_port": 5, "ingress[0].cidr_blocks[1]": 8},
        )
    )
    assert made.places["SecurityGroupIngress[1].CidrIp"].line == 8  # type: ignore[union-attr]
    assert made.places["SecurityGroupIngress[1].FromPort"].line == 5  # type: ignore[union-attr]


def test_the_default_group_is_emptied() -> None:
    made = group(tf("aws_default_security_group.d", {"vpc_id": ref("aws_vpc.v.id")}))
    assert made.properties["GroupName"] == "default"
    assert made.properties["SecurityGroupIngress"] == made.properties["SecurityGroupEgress"] == []


def test_an_unnamed_group_has_a_name_nobody_knows() -> None:
    made = group(tf("aws_security_group.web", {"name_prefix": "web-"}))
    name = made.properties["GroupName"]
    assert isinstance(name, Unknown)
    assert name.prefix == "web-"
    assert name.not_null


def test_a_range_of_unknown_place_keeps_its_known_width() -> None:
    width = Text((Unknown("known after apply"), "/32"))
    made = group(tf("aws_security_group.web", {**WEB, "ingress": [{**HTTPS, "cidr_blocks": [width]}]}))
    assert made.properties["SecurityGroupIngress"] == [rule(443, CidrIp=width)]


# Volumes


def test_a_volume_is_the_same_in_both_formats() -> None:
    terraform = one(
        normal(
            tf(
                "aws_ebs_volume.v",
                {
                    "availability_zone": "eu-west-1a",
                    "size": 10,
                    "encrypted": True,
                    "kms_key_id": "arn:k",
                    "type": "gp3",
                },
            )
        ),
        VOLUME,
    )
    cloudformation = one(
        normal(
            cfn(
                "V",
                VOLUME,
                {
                    "AvailabilityZone": "eu-west-1a",
                    "Size": "10",
                    "Encrypted": "true",
                    "KmsKeyId": "arn:k",
                    "VolumeType": "gp3",
                },
            )
        ),
        VOLUME,
    )
    assert said(terraform) == said(cloudformation)


@pytest.mark.parametrize(
    ("written", "encrypted"),
    [({}, False), ({"snapshot_id": "snap-1"}, None), ({"snapshot_id": "snap-1", "encrypted": True}, True)],
)
def test_an_unwritten_encryption_is_off_unless_a_snapshot_decides(
    written: dict[str, Any], encrypted: bool | None
) -> None:
    made = one(normal(tf("aws_ebs_volume.v", {"availability_zone": "eu-west-1a", **written})), VOLUME)
    found = made.properties["Encrypted"]
    assert found is encrypted or (encrypted is None and isinstance(found, Unknown))


# Instances and templates


def test_metadata_options_are_the_same_in_both_formats() -> None:
    options = {"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1}
    written = {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    pairs = (
        (
            tf("aws_instance.i", {"ami": "ami-1", "metadata_options": [options]}),
            cfn("I", INSTANCE, {"ImageId": "ami-1", "MetadataOptions": written}),
            INSTANCE,
        ),
        (
            tf("aws_launch_template.t", {"name": "t", "image_id": "ami-1", "metadata_options": [options]}),
            cfn(
                "T",
                TEMPLATE,
                {"LaunchTemplateName": "t", "LaunchTemplateData": {"ImageId": "ami-1", "MetadataOptions": written}},
            ),
            TEMPLATE,
        ),
    )
    for terraform, cloudformation, kind in pairs:
        assert said(one(normal(terraform), kind)) == said(one(normal(cloudformation), kind))


@pytest.mark.parametrize("written", [{}, {"metadata_options": [{"http_endpoint": "enabled"}]}])
def test_whether_tokens_are_required_is_not_code_s_to_say_when_unwritten(written: dict[str, Any]) -> None:
    for address, kind, prefix in (
        ("aws_instance.i", INSTANCE, ()),
        ("aws_launch_template.t", TEMPLATE, ("LaunchTemplateData",)),
    ):
        found: Any = one(normal(tf(address, dict(written))), kind).properties
        for step in (*prefix, "MetadataOptions"):
            found = found[step]
        assert isinstance(found["HttpTokens"], Unknown)
        assert "the image" in found["HttpTokens"].reason
        assert found["HttpEndpoint"] == "enabled"


def test_block_devices_of_an_instance_are_mappings() -> None:
    made = one(
        normal(
            tf(
                "aws_instance.i",
                {
                    "root_block_device": [{"encrypted": True, "volume_size": 8}],
                    "ebs_block_device": [{"device_name": "/dev/sdb", "encrypted": False}],
                },
            )
        ),
        INSTANCE,
    )
    root, other = inside(made, "BlockDeviceMappings")
    assert root["Ebs"] == {"Encrypted": True, "VolumeSize": 8}
    assert isinstance(root["DeviceName"], Unknown)
    assert other == {"DeviceName": "/dev/sdb", "Ebs": {"Encrypted": False}}


# VPCs and flow logs


def test_a_vpc_knows_its_flow_logs() -> None:
    terraform = one(
        normal(
            tf("aws_vpc.v", {"cidr_block": "10.0.0.0/16"}),
            tf("aws_flow_log.f", {"vpc_id": ref("aws_vpc.v.id"), "traffic_type": "ALL"}),
        ),
        VPC,
    )
    cloudformation = one(
        normal(
            cfn("V", VPC, {"CidrBlock": "10.0.0.0/16"}),
            cfn("F", FLOW_LOG, {"ResourceId": ref("V.Ref"), "ResourceType": "VPC", "TrafficType": "ALL"}),
        ),
        VPC,
    )
    for made in (terraform, cloudformation):
        (log,) = inside(made, "related.FlowLogs")
        assert log["TrafficType"] == "ALL"
        assert log["FlowLogStatus"] == "ACTIVE"
        assert made.properties["IsDefault"] is False
    assert said(terraform) == said(cloudformation)


def test_a_vpc_without_flow_logs_has_none_for_certain() -> None:
    made = one(
        normal(
            tf("aws_vpc.v", {"cidr_block": "10.0.0.0/16"}),
            tf("aws_flow_log.f", {"subnet_id": "subnet-1", "traffic_type": "ALL"}),
        ),
        VPC,
    )
    assert made.related["FlowLogs"] == []


def test_a_flow_log_that_may_not_be_created_is_no_certainty() -> None:
    made = one(
        normal(
            tf("aws_vpc.v", {"cidr_block": "10.0.0.0/16"}),
            tf("aws_flow_log.f", {"vpc_id": ref("aws_vpc.v.id"), "traffic_type": "ALL"}, uncertain="count is unknown"),
        ),
        VPC,
    )
    assert isinstance(made.related["FlowLogs"], OpenList)
