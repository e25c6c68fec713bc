"""Launch templates and launch configurations: what instances, and the volumes they bring, are made from."""

from __future__ import annotations

from soc2gate.kinds.aws.ec2_compute import (
    ROOT_DEVICES,
    TOKENS_DECIDED_ELSEWHERE,
    dicts,
    ebs,
    holds_secret,
    metadata,
    metadata_defaults,
    profile_name,
    user_data,
    write_user_data,
)
from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.kinds.withheld import withheld_user_data
from soc2gate.model.value import Unknown, Value

# The volumes that both of them create

_DECIDED_BY_IMAGE = Unknown("not written: the image decides whether the volumes it brings are encrypted")
_ROOT_DECIDED_BY_IMAGE = Unknown("not written: the root volume is encrypted as the image is")
_DECIDED_BY_SNAPSHOT = Unknown("not written: a volume from a snapshot is encrypted as the snapshot is")

_NO_MAPPINGS = "the image decides what volumes there are"


def _encrypted(device: Value, volume: Block, attribute: str, snapshot: str) -> Piece:
    """Whether a volume will be encrypted, also where that is left out: the image's own device is as the image, one
    from a snapshot after the snapshot, and a new one is not. The account may encrypt new volumes by default; what
    leaves it out promises nothing.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
    """
    written = volume.at(attribute)
    if written is not None and written.value != "":
        return written
    if volume.get(snapshot) not in (None, ""):
        return _DECIDED_BY_SNAPSHOT
    return _ROOT_DECIDED_BY_IMAGE if device in ROOT_DEVICES or not isinstance(device, str) else False


def _mapping(block: Block) -> Piece:
    """One mapping, spelled as the registry and the API spell it."""
    device = block.get("DeviceName")

    def volume(inner: Block) -> Piece:
        parts: dict[str, Piece] = {name: inner.at(name) for name in inner.body}
        return {**parts, "Encrypted": _encrypted(device, inner, "Encrypted", "SnapshotId")}

    return {**{name: block.at(name) for name in block.body if name != "Ebs"}, "Ebs": block.one("Ebs", volume)}


def _write_mappings(draft: Draft, written_at: str, path: str) -> None:
    mappings = draft.each(written_at, _mapping)
    if mappings is None or mappings == []:
        mappings = _DECIDED_BY_IMAGE
    value = draft.settle(mappings, path)
    draft.overwrite(path, value)


# Launch templates


def _terraform_template(draft: Draft) -> None:
    prefix = draft.get("name_prefix")
    if draft.get("name") is None:
        draft.set("LaunchTemplateName", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    data = "LaunchTemplateData."
    draft.set("LaunchTemplateData", {})
    for attribute, name in _TEMPLATE_FIELDS.items():
        draft.set(data + name, draft.at(attribute))
    draft.set(data + "MetadataOptions", draft.one("metadata_options", metadata))
    draft.set(data + "Monitoring", draft.one("monitoring", lambda block: {"Enabled": block.at("enabled")}))
    draft.set(
        data + "IamInstanceProfile",
        draft.one("iam_instance_profile", lambda block: {"Arn": block.at("arn"), "Name": block.at("name")}),
    )
    draft.set(
        data + "BlockDeviceMappings",
        draft.each(
            "block_device_mappings",
            lambda block: {
                "DeviceName": block.at("device_name"),
                "NoDevice": block.at("no_device"),
                "VirtualName": block.at("virtual_name"),
                "Ebs": block.one("ebs", lambda inner: _volume(block.get("device_name"), inner)),
            },
        ),
    )
    draft.set(data + "NetworkInterfaces", draft.each("network_interfaces", _interface))


def _volume(device: Value, block: Block) -> Piece:
    return {**ebs(block), "Encrypted": _encrypted(device, block, "encrypted", "snapshot_id")}


def _cloudformation_template(draft: Draft) -> None:
    if isinstance(draft.get("LaunchTemplateData"), dict):
        _write_mappings(draft, "LaunchTemplateData.BlockDeviceMappings", "LaunchTemplateData.BlockDeviceMappings")


_TEMPLATE_FIELDS = {
    "image_id": "ImageId",
    "instance_type": "InstanceType",
    "key_name": "KeyName",
    "ebs_optimized": "EbsOptimized",
    "vpc_security_group_ids": "SecurityGroupIds",
    "security_group_names": "SecurityGroups",
    "user_data": "UserData",
}
_TEMPLATE_DEFAULTS = (
    *metadata_defaults("LaunchTemplateData."),
    Default("LaunchTemplateData.BlockDeviceMappings", _DECIDED_BY_IMAGE, _NO_MAPPINGS),
)


def _interface(block: Block) -> Piece:
    return {
        "AssociatePublicIpAddress": block.at("associate_public_ip_address"),
        "DeleteOnTermination": block.at("delete_on_termination"),
        "DeviceIndex": block.at("device_index"),
        "NetworkInterfaceId": block.at("network_interface_id"),
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
        encoded = live.answers.get("describe_launch_template_versions")
        first = encoded[0] if isinstance(encoded, list) and encoded else None
        told = first.get("LaunchTemplateData") if isinstance(first, dict) else None
        said = told.get("UserData") if isinstance(told, dict) else None
        write_user_data(draft, "LaunchTemplateData.", said, "describe_launch_template_versions")
        _write_mappings(
            draft,
            "describe_launch_template_versions[0].LaunchTemplateData.BlockDeviceMappings",
            "LaunchTemplateData.BlockDeviceMappings",
        )
        if draft.value("LaunchTemplateData.MetadataOptions") is None:
            draft.set("LaunchTemplateData.MetadataOptions", {})
        if draft.value("LaunchTemplateData.MetadataOptions.HttpTokens") is None:
            # What the API leaves out is decided when an instance is launched.
            draft.set("LaunchTemplateData.MetadataOptions.HttpTokens", TOKENS_DECIDED_ELSEWHERE)
    draft.tags = {tag["Key"]: tag.get("Value") for tag in dicts(draft.get("Tags")) if isinstance(tag.get("Key"), str)}  # type: ignore[misc]


LAUNCH_TEMPLATE = Kind(
    name="AWS::EC2::LaunchTemplate",
    title="launch template",
    terraform=(
        Spelling(
            "aws_launch_template",
            fields={"name": "LaunchTemplateName"},
            build=_terraform_template,
            defaults=_TEMPLATE_DEFAULTS,
            exports={"id": "id", "arn": "arn", "name": "LaunchTemplateName"},
        ),
    ),
    cloudformation=Spelling(
        "AWS::EC2::LaunchTemplate",
        build=_cloudformation_template,
        defaults=_TEMPLATE_DEFAULTS,
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
                into="LaunchTemplateData,UserDataHoldsSecret",
            ),
        ),
        build=_live_template,
    ),
    names=("LaunchTemplateName",),
    # Tag specifications are for what will be launched.
    ignored=("LaunchTemplateData.TagSpecifications", "TagSpecifications"),
    # Write-only in the schema, and readable through DescribeLaunchTemplateVersions.
    compared=("LaunchTemplateData",),
)


# Launch configurations


def _terraform_configuration(draft: Draft) -> None:
    prefix = draft.get("name_prefix")
    if draft.get("name") is None:
        draft.set("LaunchConfigurationName", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    draft.set("UserData", user_data(draft))
    draft.set("MetadataOptions", draft.one("metadata_options", metadata))
    root = draft.one(
        "root_block_device",
        lambda block: {"DeviceName": _ROOT_DEVICE, "Ebs": _volume(None, block)},
    )
    others = draft.each(
        "ebs_block_device",
        lambda block: {
            "DeviceName": block.at("device_name"),
            "NoDevice": block.at("no_device"),
            "Ebs": _volume(block.get("device_name"), block),
        },
    )
    if isinstance(others, (list, type(None))):
        draft.set("BlockDeviceMappings", [*([root] if root is not None else []), *(others or [])] or None)
    else:
        draft.set("BlockDeviceMappings", others)


_ROOT_DEVICE = Unknown("the image names its root device", not_null=True)


def _cloudformation_configuration(draft: Draft) -> None:
    _write_mappings(draft, "BlockDeviceMappings", "BlockDeviceMappings")


def _live_configuration(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"name": draft.get("LaunchConfigurationName"), "arn": draft.get("LaunchConfigurationARN")}
    copy_fields(
        draft,
        {
            "LaunchConfigurationName": "LaunchConfigurationName",
            "ImageId": "ImageId",
            "InstanceType": "InstanceType",
            "KeyName": "KeyName",
            "SecurityGroups": "SecurityGroups",
            "EbsOptimized": "EbsOptimized",
            "AssociatePublicIpAddress": "AssociatePublicIpAddress",
            "InstanceMonitoring": "InstanceMonitoring.Enabled",
            "PlacementTenancy": "PlacementTenancy",
            "SpotPrice": "SpotPrice",
            "MetadataOptions": "MetadataOptions",
        },
    )
    draft.set("IamInstanceProfile", draft.convert("IamInstanceProfile", profile_name))
    _write_mappings(draft, "BlockDeviceMappings", "BlockDeviceMappings")
    looked_at(draft, "UserData", "UserData")
    encoded = live.item.get("UserData")
    if isinstance(encoded, str) and encoded:
        draft.set("UserData", draft.made(withheld_user_data(encoded, holds_secret(encoded)), "UserData"))


# https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html
_CONFIGURATION_DEFAULTS = (
    Default("InstanceMonitoring", True, "launch configurations turn detailed monitoring on"),
    Default("BlockDeviceMappings", _DECIDED_BY_IMAGE, _NO_MAPPINGS),
)

LAUNCH_CONFIGURATION = Kind(
    name="AWS::AutoScaling::LaunchConfiguration",
    title="launch configuration",
    terraform=(
        Spelling(
            "aws_launch_configuration",
            fields={
                "name": "LaunchConfigurationName",
                "image_id": "ImageId",
                "instance_type": "InstanceType",
                "key_name": "KeyName",
                "security_groups": "SecurityGroups",
                "iam_instance_profile": "IamInstanceProfile",
                "associate_public_ip_address": "AssociatePublicIpAddress",
                "enable_monitoring": "InstanceMonitoring",
                "ebs_optimized": "EbsOptimized",
                "placement_tenancy": "PlacementTenancy",
                "spot_price": "SpotPrice",
            },
            build=_terraform_configuration,
            defaults=_CONFIGURATION_DEFAULTS,
            exports={"id": "name", "name": "name", "arn": "arn"},
        ),
    ),
    cloudformation=Spelling(
        "AWS::AutoScaling::LaunchConfiguration",
        build=_cloudformation_configuration,
        defaults=_CONFIGURATION_DEFAULTS,
        exports={"Ref": "name"},
    ),
    live=LiveSpelling(
        enumerate=Call(
            "autoscaling",
            "describe_launch_configurations",
            "autoscaling:DescribeLaunchConfigurations",
            result="LaunchConfigurations",
        ),
        build=_live_configuration,
    ),
    names=("LaunchConfigurationName",),
)
