"""Security Hub, and the standards it judges by. A region has one hub at most, and it has no name."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.describe import Call, Default, Kind, Link, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft

HUB = "AWS::SecurityHub::Hub"
STANDARD = "AWS::SecurityHub::Standard"
_NAME = "the region's hub"
_NOT_ON = ("InvalidAccessException", "ResourceNotFoundException")
"""How the API says that Security Hub is not on here; without the permission to ask it says AccessDeniedException.
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html"""


def _named(draft: Draft) -> None:
    draft.identity["name"] = _NAME


def _live_hub(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("HubArn"), "name": _NAME}
    copy_fields(
        draft,
        {
            "ARN": "HubArn",
            "SubscribedAt": "SubscribedAt",
            "AutoEnableControls": "AutoEnableControls",
            "ControlFindingGenerator": "ControlFindingGenerator",
        },
    )


def _standard(draft: Draft) -> None:
    draft.copy("standards_arn", "StandardsArn")


def _live_standard(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("StandardsSubscriptionArn")}
    copy_fields(draft, {"StandardsArn": "StandardsArn", "StandardsSubscriptionArn": "StandardsSubscriptionArn"})


_DEFAULTS = (
    Default("EnableDefaultStandards", True, "Security Hub begins with AWS's own standards"),
    Default("AutoEnableControls", True, "Security Hub turns new controls on"),
)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=HUB,
        title="Security Hub",
        terraform=(
            Spelling(
                "aws_securityhub_account",
                fields={
                    "enable_default_standards": "EnableDefaultStandards",
                    "auto_enable_controls": "AutoEnableControls",
                    "control_finding_generator": "ControlFindingGenerator",
                },
                build=_named,
                defaults=_DEFAULTS,
                exports={"id": "id", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(HUB, build=_named, defaults=_DEFAULTS, exports={"Ref": "arn", "ARN": "arn"}),
        links={"Standards": Link(STANDARD)},
        live=LiveSpelling(
            enumerate=Call("securityhub", "describe_hub", "securityhub:DescribeHub", absent_on=_NOT_ON),
            build=_live_hub,
        ),
        names=("name",),
    ),
    Kind(
        name=STANDARD,
        title="Security Hub standard",
        terraform=(Spelling("aws_securityhub_standards_subscription", build=_standard),),
        cloudformation=Spelling(STANDARD, exports={"Ref": "arn", "StandardsSubscriptionArn": "arn"}),
        live=LiveSpelling(
            enumerate=Call(
                "securityhub",
                "get_enabled_standards",
                "securityhub:GetEnabledStandards",
                result="StandardsSubscriptions",
                absent_on=_NOT_ON,
            ),
            build=_live_standard,
            keep=lambda item, region: item.get("StandardsStatus") not in ("DELETING", "FAILED"),
        ),
        # What it is for shows at the hub; the default ones are there without anybody's writing them.
        part_of=HUB,
        names=("StandardsArn",),
    ),
)
