"""Volumes and instances, and what instances share with the templates they are launched from (`ec2_launch`)."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.ec2_addresses import ADDRESSES, own_interfaces
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at, withhold
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import At, Block, Draft, Piece
from soc2gate.kinds.withheld import withheld_user_data
from soc2gate.model.resource import Resource
from soc2gate.model.value import Json, Unknown, Value

# Volumes


def _live_volume(live: LiveItem) -> None:
    draft = live.draft
    volume = draft.get("VolumeId")
    draft.identity |= {
        "id": volume,
        "arn": f"arn:{live.partition}:ec2:{live.region}:{live.account}:volume/{volume}",
    }
    copy_fields(
        draft,
        {
            "VolumeId": "VolumeId",
            "Encrypted": "Encrypted",
            "KmsKeyId": "KmsKeyId",
            "Size": "Size",
            "VolumeType": "VolumeType",
            "Iops": "Iops",
            "Throughput": "Throughput",
            "SnapshotId": "SnapshotId",
            "AvailabilityZone": "AvailabilityZone",
            "MultiAttachEnabled": "MultiAttachEnabled",
            "State": "State",
        },
    )
    copy_tags(draft)
    for attached in dicts(draft.get("Attachments")):
        # Volumes that came with an instance go with it; one attached by its own resource stays.
        if attached.get("DeleteOnTermination") is True or attached.get("Device") in ROOT_DEVICES:
            draft.managed_by = f"instance {attached.get('InstanceId')}"


ROOT_DEVICES = ("/dev/sda1", "/dev/xvda")
"""What images call their root device, nearly all of them."""


def _from_snapshot(properties: Mapping[str, Value]) -> bool | None:
    written = absent("SnapshotId", "SourceVolumeId")(properties)
    return None if written is None else not written


_UNENCRYPTED = (
    # The account may encrypt new volumes by default; code that leaves it out promises nothing.
    # https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
    Default(
        "Encrypted",
        False,
        "EC2 creates an unencrypted volume unless the account encrypts by default",
        when=absent("SnapshotId", "SourceVolumeId"),
        kept=False,
    ),
    Default(
        "Encrypted",
        Unknown("not written: a volume from a snapshot is encrypted as the snapshot is"),
        "the snapshot decides",
        when=_from_snapshot,
    ),
)

VOLUME = Kind(
    name="AWS::EC2::Volume",
    title="EBS volume",
    terraform=(
        Spelling(
            "aws_ebs_volume",
            fields={
                "availability_zone": "AvailabilityZone",
                "encrypted": "Encrypted",
                "kms_key_id": "KmsKeyId",
                "size": "Size",
                "type": "VolumeType",
                "iops": "Iops",
                "throughput": "Throughput",
                "snapshot_id": "SnapshotId",
                "multi_attach_enabled": "MultiAttachEnabled",
            },
            defaults=_UNENCRYPTED,
            exports={"id": "id", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling("AWS::EC2::Volume", defaults=_UNENCRYPTED, exports={"Ref": "id", "VolumeId": "id"}),
    live=LiveSpelling(
        enumerate=Call("ec2", "describe_volumes", "ec2:DescribeVolumes", {"MaxResults": 500}, result="Volumes"),
        build=_live_volume,
    ),
)


# What instances and launch templates share

METADATA = {
    "http_endpoint": "HttpEndpoint",
    "http_tokens": "HttpTokens",
    "http_put_response_hop_limit": "HttpPutResponseHopLimit",
    "http_protocol_ipv6": "HttpProtocolIpv6",
    "instance_metadata_tags": "InstanceMetadataTags",
}

TOKENS_DECIDED_ELSEWHERE = Unknown(
    "not written: the account's metadata defaults or the image decide whether session tokens are required"
)
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html (precedence)"""


def metadata_defaults(prefix: str) -> tuple[Default, ...]:
    return (
        Default(f"{prefix}MetadataOptions", {}, "the account's metadata defaults or the image decide", kept=False),
        Default(f"{prefix}MetadataOptions.HttpTokens", TOKENS_DECIDED_ELSEWHERE, "the account or the image decides"),
        Default(f"{prefix}MetadataOptions.HttpEndpoint", "enabled", "EC2 turns the metadata service on", kept=False),
    )


def metadata(block: Block) -> Piece:
    return {name: block.at(attribute) for attribute, name in METADATA.items()}


def ebs(block: Block) -> dict[str, Piece]:
    return {
        "DeleteOnTermination": block.at("delete_on_termination"),
        "Encrypted": block.at("encrypted"),
        "Iops": block.at("iops"),
        "KmsKeyId": block.at("kms_key_id"),
        "SnapshotId": block.at("snapshot_id"),
        "VolumeSize": block.at("volume_size"),
        "VolumeType": block.at("volume_type"),
    }


def profile_name(value: Value) -> Value:
    """The name at the end of an instance profile's ARN."""
    return map_value(value, lambda plain: str(plain).rpartition("/")[2])


# Instances

_ROOT_DEVICE = Unknown("the image names its root device", not_null=True)


def _terraform_instance(draft: Draft) -> None:
    draft.set("MetadataOptions", draft.one("metadata_options", metadata))
    root = draft.one(
        "root_block_device",
        lambda block: {"DeviceName": block.at("device_name") or _ROOT_DEVICE, "Ebs": ebs(block)},
    )
    others = draft.each("ebs_block_device", lambda block: {"DeviceName": block.at("device_name"), "Ebs": ebs(block)})
    if isinstance(others, (list, type(None))):
        mappings = [*([root] if root is not None else []), *(others or [])]
        draft.set("BlockDeviceMappings", mappings or None)
    else:
        draft.set("BlockDeviceMappings", others)
    template = draft.one(
        "launch_template",
        lambda block: {
            "LaunchTemplateId": block.at("id"),
            "LaunchTemplateName": block.at("name"),
            "Version": block.at("version"),
        },
    )
    draft.set("LaunchTemplate", template)
    draft.set("NetworkInterfaces", _interfaces(draft))
    draft.set("UserData", user_data(draft))


def user_data(draft: Draft) -> At | None:
    """`user_data`, or `user_data_base64`: only one of them may be written."""
    return draft.at("user_data") or draft.at("user_data_base64")


def _interfaces(draft: Draft) -> Piece:
    public = draft.at("associate_public_ip_address")
    if public is not None:
        return [{"DeviceIndex": "0", "AssociatePublicIpAddress": public}]
    existing = draft.each(
        "network_interface",
        lambda block: {
            "DeviceIndex": block.at("device_index"),
            "NetworkInterfaceId": block.at("network_interface_id"),
            "DeleteOnTermination": block.at("delete_on_termination"),
        },
    )
    if existing is not None:
        return existing
    return draft.each(
        "primary_network_interface",
        lambda block: {"DeviceIndex": "0", "NetworkInterfaceId": block.at("network_interface_id")},
    )


def _running(item: Mapping[str, Json], region: str) -> bool:
    state = item.get("State")
    return not (isinstance(state, dict) and state.get("Name") in ("terminated", "shutting-down"))


def _live_instance(live: LiveItem) -> None:
    draft = live.draft
    instance = draft.get("InstanceId")
    draft.identity |= {
        "id": instance,
        "arn": f"arn:{live.partition}:ec2:{live.region}:{live.account}:instance/{instance}",
    }
    copy_fields(
        draft,
        {
            "InstanceId": "InstanceId",
            "ImageId": "ImageId",
            "InstanceType": "InstanceType",
            "KeyName": "KeyName",
            "SubnetId": "SubnetId",
            "VpcId": "VpcId",
            "EbsOptimized": "EbsOptimized",
            "SourceDestCheck": "SourceDestCheck",
            "AvailabilityZone": "Placement.AvailabilityZone",
            "Tenancy": "Placement.Tenancy",
            "PublicIp": "PublicIpAddress",
            "MetadataOptions.HttpEndpoint": "MetadataOptions.HttpEndpoint",
            "MetadataOptions.HttpTokens": "MetadataOptions.HttpTokens",
            "MetadataOptions.HttpPutResponseHopLimit": "MetadataOptions.HttpPutResponseHopLimit",
            "MetadataOptions.HttpProtocolIpv6": "MetadataOptions.HttpProtocolIpv6",
            "MetadataOptions.InstanceMetadataTags": "MetadataOptions.InstanceMetadataTags",
        },
    )
    for name in ("MetadataOptions",):
        draft.places.setdefault(name, draft.where)
    groups = draft.get("SecurityGroups")
    ids: Value = [group["GroupId"] for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    draft.set("SecurityGroupIds", draft.made(ids, "SecurityGroups"))
    draft.set("Monitoring", draft.made(draft.get("Monitoring.State") in ("enabled", "pending"), "Monitoring"))
    draft.set("IamInstanceProfile", draft.convert("IamInstanceProfile.Arn", profile_name))
    draft.set("State", {"Name": draft.at("State.Name")})
    # Encryption stands on the volumes themselves.
    withhold(draft, "BlockDeviceMappings", "an instance's volumes are read as volumes of their own")
    if "describe_instance_attribute" in live.answers:
        write_user_data(draft, "", live.answers["describe_instance_attribute"], "describe_instance_attribute")
    copy_tags(draft)
    tags = {tag.get("Key"): tag.get("Value") for tag in dicts(draft.get("Tags"))}
    group = tags.get("aws:autoscaling:groupName")
    if isinstance(group, str):
        draft.managed_by = f"auto scaling group {group}"


def write_user_data(draft: Draft, into: str, encoded: Json, told_by: str) -> None:
    """Whether user data holds a credential, and what may be kept of it: never the data itself.

    `into` is the structure that holds it, with a dot behind, or empty.
    """
    holds = holds_secret(encoded)
    looked_at(draft, f"{into}UserData", told_by)
    draft.set("UserDataHoldsSecret", holds)
    if isinstance(encoded, str) and encoded:
        draft.set(f"{into}UserData", draft.made(withheld_user_data(encoded, holds), told_by))


def holds_secret(encoded: Json) -> bool | Unknown:
    """Whether user data, as the API gives it, holds what looks like a credential."""
    # Imported here: only reading an account asks this way.
    import base64
    import binascii

    from soc2gate.cel.secrets import looks_like_secret
    from soc2gate.model.credentials import readable

    if not isinstance(encoded, str) or not encoded:
        return False
    try:
        text = readable(base64.b64decode(encoded, validate=False))
    except binascii.Error:
        return Unknown("the user data is not encoded as the API should give it")
    return text if isinstance(text, Unknown) else looks_like_secret(text)


def dicts(value: Value) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _from_template(properties: Mapping[str, Value]) -> bool | None:
    alone = absent("LaunchTemplate")(properties)
    return None if alone is None else not alone


_INSTANCE_DEFAULTS = (
    *metadata_defaults(""),
    Default(
        "Monitoring",
        False,
        "EC2 sends five-minute metrics unless asked for more",
        when=absent("LaunchTemplate"),
    ),
    Default(
        "Monitoring",
        Unknown("not written: the launch template decides"),
        "the launch template decides",
        when=_from_template,
    ),
    Default("SourceDestCheck", True, "EC2 checks source and destination"),
)


def _subnet_of(instance: Resource) -> Value:
    """The subnet that the instance, or its first interface, names."""
    own = instance.properties.get("SubnetId")
    interfaces = instance.properties.get("NetworkInterfaces")
    first = interfaces[0] if isinstance(interfaces, list) and interfaces else None
    if own is None and isinstance(first, dict):
        own = first.get("SubnetId")
    if own is None:
        return Unknown("no subnet is written: a default subnet is taken, which gives public addresses unless changed")
    return own


def _template_of(instance: Resource) -> Value:
    template = instance.properties.get("LaunchTemplate")
    if isinstance(template, dict):
        return template.get("LaunchTemplateId") or template.get("LaunchTemplateName")
    return template


INSTANCE = Kind(
    name="AWS::EC2::Instance",
    title="EC2 instance",
    holds=own_interfaces,
    terraform=(
        Spelling(
            "aws_instance",
            fields={
                "ami": "ImageId",
                "instance_type": "InstanceType",
                "key_name": "KeyName",
                "subnet_id": "SubnetId",
                "vpc_security_group_ids": "SecurityGroupIds",
                "security_groups": "SecurityGroups",
                "iam_instance_profile": "IamInstanceProfile",
                "monitoring": "Monitoring",
                "ebs_optimized": "EbsOptimized",
                "source_dest_check": "SourceDestCheck",
                "availability_zone": "AvailabilityZone",
                "tenancy": "Tenancy",
            },
            build=_terraform_instance,
            defaults=_INSTANCE_DEFAULTS,
            exports={"id": "id", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(
        "AWS::EC2::Instance", defaults=_INSTANCE_DEFAULTS, exports={"Ref": "id", "InstanceId": "id"}
    ),
    live=LiveSpelling(
        enumerate=Call(
            "ec2", "describe_instances", "ec2:DescribeInstances", {"MaxResults": 1000}, result="Reservations.Instances"
        ),
        details=(
            Call(
                "ec2",
                "describe_instance_attribute",
                "ec2:DescribeInstanceAttribute",
                {"InstanceId": "{InstanceId}", "Attribute": "userData"},
                result="UserData.Value",
                into="UserDataHoldsSecret,UserData",
            ),
        ),
        build=_live_instance,
        keep=_running,
    ),
    companions=ADDRESSES,
    links={
        "Subnet": Link("AWS::EC2::Subnet", many=False, to=_subnet_of),
        "LaunchTemplate": Link("AWS::EC2::LaunchTemplate", many=False, to=_template_of),
    },
    # Told by other kinds, or not read: see the live builder.
    ignored=("BlockDeviceMappings", "NetworkInterfaces"),
)
