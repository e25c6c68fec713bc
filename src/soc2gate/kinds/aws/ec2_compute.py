"""Volumes, instances, and the templates instances are launched from."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, withhold
from soc2gate.kinds.completing import absent
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
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
    for attached in _dicts(draft.get("Attachments")):
        # Volumes that came with an instance go with it; one attached by its own resource stays.
        if attached.get("DeleteOnTermination") is True or attached.get("Device") in _ROOT_DEVICES:
            draft.managed_by = f"instance {attached.get('InstanceId')}"


_ROOT_DEVICES = ("/dev/sda1", "/dev/xvda")


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

_METADATA = {
    "http_endpoint": "HttpEndpoint",
    "http_tokens": "HttpTokens",
    "http_put_response_hop_limit": "HttpPutResponseHopLimit",
    "http_protocol_ipv6": "HttpProtocolIpv6",
    "instance_metadata_tags": "InstanceMetadataTags",
}

_TOKENS_DECIDED_ELSEWHERE = Unknown(
    "not written: the account's metadata defaults or the image decide whether session tokens are required"
)
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html (precedence)"""


def _metadata_defaults(prefix: str) -> tuple[Default, ...]:
    return (
        Default(f"{prefix}MetadataOptions", {}, "the account's metadata defaults or the image decide", kept=False),
        Default(f"{prefix}MetadataOptions.HttpTokens", _TOKENS_DECIDED_ELSEWHERE, "the account or the image decides"),
        Default(f"{prefix}MetadataOptions.HttpEndpoint", "enabled", "EC2 turns the metadata service on", kept=False),
    )


def _metadata(block: Block) -> Piece:
    return {name: block.at(attribute) for attribute, name in _METADATA.items()}


def _ebs(block: Block) -> dict[str, Piece]:
    return {
        "DeleteOnTermination": block.at("delete_on_termination"),
        "Encrypted": block.at("encrypted"),
        "Iops": block.at("iops"),
        "KmsKeyId": block.at("kms_key_id"),
        "SnapshotId": block.at("snapshot_id"),
        "VolumeSize": block.at("volume_size"),
        "VolumeType": block.at("volume_type"),
    }


def _profile_name(value: Value) -> Value:
    """The name at the end of an instance profile's ARN."""
    return map_value(value, lambda plain: str(plain).rpartition("/")[2])


# Instances

_ROOT_DEVICE = Unknown("the image names its root device", not_null=True)


def _terraform_instance(draft: Draft) -> None:
    draft.set("MetadataOptions", draft.one("metadata_options", _metadata))
    root = draft.one(
        "root_block_device",
        lambda block: {"DeviceName": block.at("device_name") or _ROOT_DEVICE, "Ebs": _ebs(block)},
    )
    others = draft.each("ebs_block_device", lambda block: {"DeviceName": block.at("device_name"), "Ebs": _ebs(block)})
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
    public = draft.at("associate_public_ip_address")
    if public is not None:
        draft.set("NetworkInterfaces", [{"DeviceIndex": "0", "AssociatePublicIpAddress": public}])


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
    draft.set("IamInstanceProfile", draft.convert("IamInstanceProfile.Arn", _profile_name))
    draft.set("State", {"Name": draft.at("State.Name")})
    # Encryption stands on the volumes themselves, and user data may hold secrets.
    withhold(draft, "BlockDeviceMappings", "an instance's volumes are read as volumes of their own")
    withhold(draft, "UserData", "user data is not read: it may hold secrets")
    copy_tags(draft)
    tags = {tag.get("Key"): tag.get("Value") for tag in _dicts(draft.get("Tags"))}
    group = tags.get("aws:autoscaling:groupName")
    if isinstance(group, str):
        draft.managed_by = f"auto scaling group {group}"


def _dicts(value: Value) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


_INSTANCE_DEFAULTS = (
    *_metadata_defaults(""),
    Default("Monitoring", False, "EC2 sends five-minute metrics unless asked for more"),
    Default("SourceDestCheck", True, "EC2 checks source and destination"),
)

INSTANCE = Kind(
    name="AWS::EC2::Instance",
    title="EC2 instance",
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
        build=_live_instance,
        keep=_running,
    ),
    # Told by other kinds, or not read: see the live builder.
    ignored=("BlockDeviceMappings", "UserData", "NetworkInterfaces"),
)


# Launch templates


def _terraform_template(draft: Draft) -> None:
    prefix = draft.get("name_prefix")
    if draft.get("name") is None:
        draft.set("LaunchTemplateName", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    data = "LaunchTemplateData."
    draft.set("LaunchTemplateData", {})
    for attribute, name in _TEMPLATE_FIELDS.items():
        draft.set(data + name, draft.at(attribute))
    draft.set(data + "MetadataOptions", draft.one("metadata_options", _metadata))
    draft.set(data + "Monitoring", draft.one("monitoring", lambda block: {"Enabled": block.at("enabled")}))
    draft.set(
        data + "IamInstanceProfile",
        draft.one("iam_instance_profile", lambda block: {"Arn": block.at("arn"), "Name": block.at("name")}),
    )
    draft.set(
        data + "BlockDeviceMappings",
        draft.each(
            "block_device_mappings",
            lambda block: {"DeviceName": block.at("device_name"), "Ebs": block.one("ebs", _ebs)},
        ),
    )
    draft.set(data + "NetworkInterfaces", draft.each("network_interfaces", _interface))


_TEMPLATE_FIELDS = {
    "image_id": "ImageId",
    "instance_type": "InstanceType",
    "key_name": "KeyName",
    "ebs_optimized": "EbsOptimized",
    "vpc_security_group_ids": "SecurityGroupIds",
    "security_group_names": "SecurityGroups",
}


def _interface(block: Block) -> Piece:
    return {
        "AssociatePublicIpAddress": block.at("associate_public_ip_address"),
        "DeleteOnTermination": block.at("delete_on_termination"),
        "DeviceIndex": block.at("device_index"),
        "Groups": block.at("security_groups"),
        "SubnetId": block.at("subnet_id"),
    }


def _live_template(live: LiveItem) -> None:
    draft = live.draft
    template = draft.get("LaunchTemplateId")
    draft.identity |= {
        "id": template,
        "name": draft.get("LaunchTemplateName"),
        "arn": f"arn:{live.partition}:ec2:{live.region}:{live.account}:launch-template/{template}",
    }
    copy_fields(draft, {"LaunchTemplateId": "LaunchTemplateId", "LaunchTemplateName": "LaunchTemplateName"})
    data = draft.get("describe_launch_template_versions[0].LaunchTemplateData")
    if isinstance(data, dict):
        kept = {name: value for name, value in data.items() if name != "UserData"}
        draft.set("LaunchTemplateData", draft.made(kept, "describe_launch_template_versions"))
        if "UserData" in data:
            withhold(draft, "LaunchTemplateData.UserData", "user data is not kept: it may hold secrets")
        if draft.value("LaunchTemplateData.MetadataOptions") is None:
            draft.set("LaunchTemplateData.MetadataOptions", {})
        if draft.value("LaunchTemplateData.MetadataOptions.HttpTokens") is None:
            # What the API leaves out is decided when an instance is launched.
            draft.set("LaunchTemplateData.MetadataOptions.HttpTokens", _TOKENS_DECIDED_ELSEWHERE)
    draft.tags = {tag["Key"]: tag.get("Value") for tag in _dicts(draft.get("Tags")) if isinstance(tag.get("Key"), str)}  # type: ignore[misc]


LAUNCH_TEMPLATE = Kind(
    name="AWS::EC2::LaunchTemplate",
    title="launch template",
    terraform=(
        Spelling(
            "aws_launch_template",
            fields={"name": "LaunchTemplateName"},
            build=_terraform_template,
            defaults=_metadata_defaults("LaunchTemplateData."),
            exports={"id": "id", "arn": "arn", "name": "LaunchTemplateName"},
        ),
    ),
    cloudformation=Spelling(
        "AWS::EC2::LaunchTemplate",
        defaults=_metadata_defaults("LaunchTemplateData."),
        exports={"Ref": "id", "LaunchTemplateId": "id"},
    ),
    live=LiveSpelling(
        enumerate=Call(
            "ec2",
            "describe_launch_templates",
            "ec2:DescribeLaunchTemplates",
            {"MaxResults": 200},
            result="LaunchTemplates",
        ),
        details=(
            Call(
                "ec2",
                "describe_launch_template_versions",
                "ec2:DescribeLaunchTemplateVersions",
                # Code manages the newest version; which one is the default is moved by hand.
                {"LaunchTemplateId": "{LaunchTemplateId}", "Versions": ["$Latest"]},
                result="LaunchTemplateVersions",
                into="LaunchTemplateData",
            ),
        ),
        build=_live_template,
    ),
    names=("LaunchTemplateName",),
    # User data may hold secrets and is not kept; tag specifications are for what will be launched.
    ignored=("LaunchTemplateData.UserData", "LaunchTemplateData.TagSpecifications", "TagSpecifications"),
    # Write-only in the schema, and readable through DescribeLaunchTemplateVersions.
    compared=("LaunchTemplateData",),
)
