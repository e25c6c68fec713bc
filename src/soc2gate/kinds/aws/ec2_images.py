"""Machine images and snapshots of volumes: copies of data, and whom they are shared with.

The API lists everybody's; only those that the account owns are asked for.
"""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece

IMAGE = "Account::EC2::Image"
SNAPSHOT = "Account::EC2::Snapshot"


def _permission(draft: Draft) -> Piece:
    return [
        {
            "Group": draft.at("group"),
            "UserId": draft.at("account_id"),
            "OrganizationArn": draft.at("organization_arn"),
            "OrganizationalUnitArn": draft.at("organizational_unit_arn"),
        }
    ]


def _image(type_: str, **fields: str) -> Spelling:
    return Spelling(
        type_,
        fields={"name": "Name", **fields},
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html
        defaults=(Default("Public", False, "a new image is its owner's alone", kept=False),),
        exports={"id": "id", "arn": "arn"},
    )


def _device(block: Block) -> Piece:
    ebs = ("Encrypted", "KmsKeyId", "SnapshotId", "VolumeSize", "VolumeType")
    return {
        "DeviceName": block.at("DeviceName"),
        "Ebs": block.one("Ebs", lambda inner: {name: inner.at(name) for name in ebs}),
    }


def _live_image(live: LiveItem) -> None:
    draft = live.draft
    image = draft.get("ImageId")
    # Whatever an endpoint makes of the filter: another's image is none of ours.
    draft.exists = draft.get("OwnerId") == live.account
    draft.identity |= {
        "id": image,
        "arn": f"arn:{live.partition}:ec2:{live.region}::image/{image}",
        "name": draft.get("Name"),
    }
    fields = ("ImageId", "Name", "OwnerId", "Public", "CreationDate", "DeprecationTime")
    copy_fields(draft, {name: name for name in fields})
    draft.set("BlockDeviceMappings", draft.each("BlockDeviceMappings", _device))
    # `Public` is what a permission for the group `all` comes to; who else may launch it is not asked.
    looked_at(draft, "LaunchPermissions", "Public")
    copy_tags(draft)
    # Pipelines make them, seldom the code that describes the rest.
    draft.managed_by = "whoever builds images"


def _live_snapshot(live: LiveItem) -> None:
    draft = live.draft
    snapshot = draft.get("SnapshotId")
    draft.exists = draft.get("OwnerId") == live.account
    draft.identity |= {"id": snapshot, "arn": f"arn:{live.partition}:ec2:{live.region}::snapshot/{snapshot}"}
    fields = ("SnapshotId", "VolumeId", "OwnerId", "Description", "Encrypted", "KmsKeyId", "VolumeSize", "StartTime")
    copy_fields(draft, {name: name for name in fields})
    if "describe_snapshot_attribute" in live.answers:
        looked_at(draft, "CreateVolumePermissions", "describe_snapshot_attribute")
        draft.set(
            "CreateVolumePermissions",
            draft.each(
                "describe_snapshot_attribute", lambda block: {"Group": block.at("Group"), "UserId": block.at("UserId")}
            ),
        )
    copy_tags(draft)
    # Backups and images bring them; code that does is rare.
    draft.managed_by = "whoever makes backups"


KINDS: tuple[Kind, ...] = (
    Kind(
        name=IMAGE,
        title="machine image",
        terraform=(_image("aws_ami"), _image("aws_ami_copy"), _image("aws_ami_from_instance")),
        companions=(
            Companion("aws_ami_launch_permission", IMAGE, "image_id", "LaunchPermissions", _permission, many=True),
        ),
        live=LiveSpelling(
            enumerate=Call("ec2", "describe_images", "ec2:DescribeImages", {"Owners": ["self"]}, result="Images"),
            build=_live_image,
        ),
        names=("Name",),
    ),
    Kind(
        name=SNAPSHOT,
        title="EBS snapshot",
        live=LiveSpelling(
            enumerate=Call(
                "ec2",
                "describe_snapshots",
                "ec2:DescribeSnapshots",
                {"OwnerIds": ["self"], "Filters": [{"Name": "owner-id", "Values": ["{account}"]}], "MaxResults": 1000},
                result="Snapshots",
            ),
            details=(
                Call(
                    "ec2",
                    "describe_snapshot_attribute",
                    "ec2:DescribeSnapshotAttribute",
                    {"SnapshotId": "{SnapshotId}", "Attribute": "createVolumePermission"},
                    result="CreateVolumePermissions",
                    # Deleted since it was listed: by then it is shared with nobody.
                    absent_on=("InvalidSnapshot.NotFound",),
                    into="CreateVolumePermissions",
                ),
            ),
            build=_live_snapshot,
        ),
    ),
)
