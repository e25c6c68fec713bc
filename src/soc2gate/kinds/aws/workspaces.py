"""Amazon WorkSpaces: desktops and the volumes behind them."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling

WORKSPACE = "AWS::WorkSpaces::Workspace"

_SETTINGS = {
    "compute_type_name": "ComputeTypeName",
    "root_volume_size_gib": "RootVolumeSizeGib",
    "user_volume_size_gib": "UserVolumeSizeGib",
    "running_mode": "RunningMode",
    "running_mode_auto_stop_timeout_in_minutes": "RunningModeAutoStopTimeoutInMinutes",
}


def _live(live: LiveItem) -> None:
    draft = live.draft
    identifier = str(live.item.get("WorkspaceId"))
    draft.identity |= {
        "id": identifier,
        "arn": f"arn:{live.partition}:workspaces:{live.region}:{live.account}:workspace/{identifier}",
    }
    same = (
        "WorkspaceId",
        "BundleId",
        "DirectoryId",
        "UserName",
        "VolumeEncryptionKey",
        *(f"WorkspaceProperties.{name}" for name in _SETTINGS.values()),
    )
    copy_fields(draft, {path: path for path in same})
    # The API leaves out what is not on.
    for path in ("RootVolumeEncryptionEnabled", "UserVolumeEncryptionEnabled"):
        draft.set(path, draft.made(live.item.get(path) is True, path))
    copy_tags(draft, "describe_tags")


# https://docs.aws.amazon.com/workspaces/latest/api/API_WorkspaceRequest.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    reason = "WorkSpaces encrypts a volume only when asked to"
    return (
        Default("RootVolumeEncryptionEnabled", False, reason, kept=kept),
        Default("UserVolumeEncryptionEnabled", False, reason, kept=kept),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=WORKSPACE,
        title="workspace",
        terraform=(
            Spelling(
                "aws_workspaces_workspace",
                fields={
                    "bundle_id": "BundleId",
                    "directory_id": "DirectoryId",
                    "user_name": "UserName",
                    "root_volume_encryption_enabled": "RootVolumeEncryptionEnabled",
                    "user_volume_encryption_enabled": "UserVolumeEncryptionEnabled",
                    "volume_encryption_key": "VolumeEncryptionKey",
                    **{
                        f"workspace_properties.{ours}": f"WorkspaceProperties.{path}"
                        for ours, path in _SETTINGS.items()
                    },
                },
                defaults=_defaults(kept=True),
                exports={"id": "id"},
            ),
        ),
        cloudformation=Spelling(WORKSPACE, defaults=_defaults(kept=False), exports={"Ref": "id"}),
        live=LiveSpelling(
            enumerate=Call("workspaces", "describe_workspaces", "workspaces:DescribeWorkspaces", result="Workspaces"),
            details=(
                Call(
                    "workspaces",
                    "describe_tags",
                    "workspaces:DescribeTags",
                    {"ResourceId": "{WorkspaceId}"},
                    result="TagList",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        # One person has one desktop in a directory; the directory is often another root's.
        names=("UserName",),
    ),
)
