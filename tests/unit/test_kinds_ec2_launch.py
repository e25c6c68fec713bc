"""What instances are launched from, and how they reach the internet: written in Terraform, in CloudFormation, or not at
all."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.cel.secrets import looks_like_secret
from soc2gate.kinds.aws.ec2_compute import holds_secret
from soc2gate.model.resource import Resource
from soc2gate.model.value import OpenList, Unknown, Value

INSTANCE = "AWS::EC2::Instance"
TEMPLATE = "AWS::EC2::LaunchTemplate"
CONFIGURATION = "AWS::AutoScaling::LaunchConfiguration"
GROUP = "AWS::EC2::SecurityGroup"
SUBNET = "AWS::EC2::Subnet"


def data_of(resource: Resource) -> Any:
    return resource.properties["LaunchTemplateData"]


def volumes_of(resource: Resource) -> list[Any]:
    holder: Any = data_of(resource) if resource.kind == TEMPLATE else resource.properties
    return [mapping["Ebs"].get("Encrypted") for mapping in holder["BlockDeviceMappings"]]


def test_a_template_is_the_same_in_both_formats() -> None:
    terraform = one(
        normal(
            tf(
                "aws_launch_template.workers",
                {
                    "name": "workers",
                    "image_id": "ami-1",
                    "user_data": "IyEvYmluL2Jhc2gK",
                    "monitoring": [{"enabled": True}],
                    "metadata_options": [{"http_tokens": "required"}],
                    "block_device_mappings": [
                        {"device_name": "/dev/xvda", "ebs": [{"volume_size": 20, "encrypted": "true"}]},
                        {"device_name": "/dev/sdf", "ebs": [{"volume_size": 100}]},
                        {"device_name": "/dev/sdc", "virtual_name": "ephemeral0"},
                    ],
                    "network_interfaces": [{"associate_public_ip_address": "false", "device_index": 0}],
                },
            )
        ),
        TEMPLATE,
    )
    cloudformation = one(
        normal(
            cfn(
                "Workers",
                TEMPLATE,
                {
                    "LaunchTemplateName": "workers",
                    "LaunchTemplateData": {
                        "ImageId": "ami-1",
                        "UserData": "IyEvYmluL2Jhc2gK",
                        "Monitoring": {"Enabled": "true"},
                        "MetadataOptions": {"HttpTokens": "required"},
                        "BlockDeviceMappings": [
                            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "Encrypted": True}},
                            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 100}},
                            {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral0"},
                        ],
                        "NetworkInterfaces": [{"AssociatePublicIpAddress": False, "DeviceIndex": 0}],
                    },
                },
            )
        ),
        TEMPLATE,
    )
    assert said(terraform) == said(cloudformation)
    assert [mapping.get("Ebs", {}).get("Encrypted") for mapping in data_of(terraform)["BlockDeviceMappings"]] == [
        True,
        False,
        None,
    ]


def test_a_configuration_is_the_same_in_both_formats() -> None:
    terraform = one(
        normal(
            tf(
                "aws_launch_configuration.legacy",
                {
                    "name": "legacy",
                    "image_id": "ami-1",
                    "instance_type": "t3.micro",
                    "user_data_base64": "IyEvYmluL2Jhc2gK",
                    "associate_public_ip_address": False,
                    "metadata_options": [{"http_tokens": "required"}],
                    "ebs_block_device": [
                        {"device_name": "/dev/xvda", "encrypted": True},
                        {"device_name": "/dev/sdb", "volume_size": 100},
                    ],
                },
            )
        ),
        CONFIGURATION,
    )
    cloudformation = one(
        normal(
            cfn(
                "Legacy",
                CONFIGURATION,
                {
                    "LaunchConfigurationName": "legacy",
                    "ImageId": "ami-1",
                    "InstanceType": "t3.micro",
                    "UserData": "IyEvYmluL2Jhc2gK",
                    "AssociatePublicIpAddress": "false",
                    "MetadataOptions": {"HttpTokens": "required"},
                    "BlockDeviceMappings": [
                        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}},
                        {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 100}},
                    ],
                },
            )
        ),
        CONFIGURATION,
    )
    assert said(terraform) == said(cloudformation)
    assert volumes_of(terraform) == [True, False]
    assert terraform.properties["InstanceMonitoring"] is True, "launch configurations turn it on"


def test_an_instance_is_the_same_in_both_formats() -> None:
    terraform = one(
        normal(
            tf(
                "aws_instance.web",
                {
                    "ami": "ami-1",
                    "instance_type": "t3.micro",
                    "monitoring": "true",
                    "user_data": "#!/bin/bash\n",
                    "associate_public_ip_address": False,
                },
            )
        ),
        INSTANCE,
    )
    cloudformation = one(
        normal(
            cfn(
                "Web",
                INSTANCE,
                {
                    "ImageId": "ami-1",
                    "InstanceType": "t3.micro",
                    "Monitoring": True,
                    "UserData": "#!/bin/bash\n",
                    "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": "false"}],
                },
            )
        ),
        INSTANCE,
    )
    assert said(terraform) == said(cloudformation)


@pytest.mark.parametrize(
    ("volume", "device"),
    [
        ({"volume_size": 20}, "/dev/xvda"),
        ({"encrypted": ""}, "/dev/sda1"),
        ({"snapshot_id": "snap-1"}, "/dev/sdf"),
        ({"volume_size": 20}, var("device")),
        ({"encrypted": var("encrypt")}, "/dev/sdf"),
    ],
)
def test_whether_a_volume_is_encrypted_is_unknown_where_the_image_or_the_snapshot_decides(
    volume: dict[str, Value], device: Value
) -> None:
    body = {"name": "t", "block_device_mappings": [{"device_name": device, "ebs": [volume]}]}
    (encrypted,) = volumes_of(one(normal(tf("aws_launch_template.t", body)), TEMPLATE))
    assert isinstance(encrypted, Unknown)


def test_a_template_without_mappings_leaves_its_volumes_to_the_image() -> None:
    for template in (
        one(normal(tf("aws_launch_template.t", {"name": "t"})), TEMPLATE),
        one(normal(cfn("T", TEMPLATE, {"LaunchTemplateData": {"BlockDeviceMappings": []}})), TEMPLATE),
    ):
        assert isinstance(data_of(template)["BlockDeviceMappings"], Unknown)


def test_an_instance_knows_the_subnet_it_names() -> None:
    subnet = tf("aws_subnet.public", {"vpc_id": "vpc-1", "map_public_ip_on_launch": True})
    instance = one(normal(subnet, tf("aws_instance.web", {"subnet_id": ref("aws_subnet.public.id")})), INSTANCE)
    told: Any = instance.related["Subnet"]
    assert told["MapPublicIpOnLaunch"] is True
    elsewhere = one(normal(subnet, tf("aws_instance.web", {"subnet_id": "subnet-1"})), INSTANCE)
    assert elsewhere.related["Subnet"] == Unknown("the subnet that it names is not declared here")
    nowhere = one(normal(subnet, tf("aws_instance.web", {})), INSTANCE)
    assert isinstance(nowhere.related["Subnet"], Unknown)
    assert "LaunchTemplate" not in nowhere.related


def test_a_default_subnet_gives_addresses_unless_code_says_otherwise() -> None:
    told = one(normal(tf("aws_default_subnet.a", {"availability_zone": "eu-west-1a"})), SUBNET)
    assert told.properties["MapPublicIpOnLaunch"] is True
    assert told.initial == {}
    assert told.defaults["MapPublicIpOnLaunch"]
    closed = one(normal(tf("aws_default_subnet.a", {"map_public_ip_on_launch": False})), SUBNET)
    assert closed.properties["MapPublicIpOnLaunch"] is False


def test_an_elastic_address_belongs_to_the_instance_it_names() -> None:
    web = tf("aws_instance.web", {"subnet_id": "subnet-1"})
    named = one(normal(web, tf("aws_eip.web", {"instance": ref("aws_instance.web.id")})), INSTANCE)
    addresses: Any = named.related["ElasticAddresses"]
    (address,) = addresses
    assert isinstance(address, Unknown)
    assert address.not_null
    for free in ({}, {"instance": ""}, {"network_interface": "eni-1"}):
        assert "ElasticAddresses" not in one(normal(web, tf("aws_eip.nat", free)), INSTANCE).related
    perhaps = one(normal(web, tf("aws_eip_association.x", {"instance_id": var("instance")})), INSTANCE)
    assert isinstance(perhaps.related["ElasticAddresses"], OpenList)
    other = normal(tf("aws_eip.web", {"instance": "i-0123"}))
    assert other.resources == (), "an address for another root's instance is no instance here"


@pytest.mark.parametrize("address", ["aws_eip", "aws_eip_association"])
def test_an_address_on_an_instances_own_interface_is_the_instances(address: str) -> None:
    """What the user saw: a public server passed, since its address was put on its network interface."""
    web = tf("aws_instance.web", {"network_interface": [{"network_interface_id": ref("aws_network_interface.web.id")}]})
    attribute = "network_interface" if address == "aws_eip" else "network_interface_id"
    on = one(normal(web, tf(f"{address}.web", {attribute: ref("aws_network_interface.web.id")})), INSTANCE)
    addresses: Any = on.related["ElasticAddresses"]
    assert len(addresses) == 1
    # Which instance another interface is attached to is not known.
    perhaps = one(normal(web, tf(f"{address}.b", {attribute: ref("aws_network_interface.b.id")})), INSTANCE)
    assert isinstance(perhaps.related["ElasticAddresses"], OpenList)


def test_an_address_on_an_interface_in_cloudformation_is_the_instances() -> None:
    made = normal(
        cfn("Web", INSTANCE, {"NetworkInterfaces": [{"DeviceIndex": "0", "NetworkInterfaceId": ref("Eni.Ref")}]}),
        cfn("A", "AWS::EC2::EIPAssociation", {"NetworkInterfaceId": ref("Eni.Ref"), "AllocationId": "eipalloc-1"}),
    )
    addresses: Any = one(made, INSTANCE).related["ElasticAddresses"]
    assert len(addresses) == 1


def test_rules_of_a_vpcs_own_default_group_are_that_groups() -> None:
    group = tf("aws_default_security_group.closed", {"vpc_id": ref("aws_vpc.main.id")})
    rule = tf(
        "aws_vpc_security_group_ingress_rule.forgotten",
        {
            "security_group_id": ref("aws_vpc.main.default_security_group_id"),
            "cidr_ipv4": "10.0.0.0/8",
            "ip_protocol": "-1",
        },
    )
    made = normal(tf("aws_vpc.main", {"cidr_block": "10.0.0.0/16"}), group, rule)
    found = one(made, GROUP)
    assert found.properties["SecurityGroupIngress"] == [{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}]
    assert found.properties["IsDefault"] is True


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("#!/bin/bash\nsystemctl start shop\n", False),
        ("#!/bin/bash\nexport DB_PASSWORD=hunter2hunter2\n", True),
        ("pwd=secret1", True),
    ],
)
def test_user_data_is_looked_through_as_the_api_gives_it(script: str, verdict: bool) -> None:
    plain = base64.b64encode(script.encode()).decode()
    packed = base64.b64encode(gzip.compress(script.encode())).decode()
    assert holds_secret(plain) is verdict
    assert holds_secret(packed) is verdict
    assert looks_like_secret(packed) is verdict


def test_user_data_that_cannot_be_read_is_not_called_clean() -> None:
    bomb = base64.b64encode(gzip.compress(b"a" * 3_000_000)).decode()
    cut = base64.b64encode(gzip.compress(b"export DB_PASSWORD=hunter2hunter2" * 40)[:40]).decode()
    for data in (bomb, cut):
        assert isinstance(holds_secret(data), Unknown)
        assert isinstance(looks_like_secret(data), Unknown)
    assert holds_secret(None) is False
