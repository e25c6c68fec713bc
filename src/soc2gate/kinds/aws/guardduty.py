"""GuardDuty detectors. A region has one at most, and it has no name."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece

DETECTOR = "AWS::GuardDuty::Detector"
_NAME = "the region's detector"
"""A region has one, so that account and region name it."""


def _terraform(draft: Draft) -> None:
    draft.identity["name"] = _NAME
    sources: dict[str, Piece] = {}
    for attribute, name, build in (
        ("datasources.s3_logs", "S3Logs", _enabled),
        ("datasources.kubernetes.audit_logs", "Kubernetes", lambda block: {"AuditLogs": _enabled(block)}),
        (
            "datasources.malware_protection.scan_ec2_instance_with_findings.ebs_volumes",
            "MalwareProtection",
            lambda block: {"ScanEc2InstanceWithFindings": {"EbsVolumes": block.at("enable")}},
        ),
    ):
        sources[name] = draft.one(attribute, build)
    if any(piece is not None for piece in sources.values()):
        draft.set("DataSources", sources)


def _enabled(block: Block) -> dict[str, Piece]:
    return {"Enable": block.at("enable")}


def _cloudformation(draft: Draft) -> None:
    draft.identity["name"] = _NAME


def _feature(draft: Draft) -> Piece:
    return [
        {
            "Name": draft.at("name"),
            "Status": draft.at("status"),
            "AdditionalConfiguration": draft.each(
                "additional_configuration", lambda block: {"Name": block.at("name"), "Status": block.at("status")}
            ),
        }
    ]


def _live(live: LiveItem) -> None:
    draft = live.draft
    detector = draft.get("value")
    draft.identity |= {
        "id": detector,
        "name": _NAME,
        "arn": f"arn:{live.partition}:guardduty:{live.region}:{live.account}:detector/{detector}",
    }
    draft.set("Id", detector)
    if "get_detector" not in live.answers:
        return
    draft.set("Enable", draft.made(draft.get("get_detector.Status") == "ENABLED", "get_detector"))
    copy_fields(draft, {"FindingPublishingFrequency": "get_detector.FindingPublishingFrequency"})
    draft.set(
        "Features",
        draft.each(
            "get_detector.Features",
            lambda block: {
                "Name": block.at("Name"),
                "Status": block.at("Status"),
                "AdditionalConfiguration": block.each(
                    "AdditionalConfiguration", lambda one: {"Name": one.at("Name"), "Status": one.at("Status")}
                ),
            },
        ),
    )
    copy_tags(draft, "get_detector.Tags")


KINDS: tuple[Kind, ...] = (
    Kind(
        name=DETECTOR,
        title="GuardDuty detector",
        terraform=(
            Spelling(
                "aws_guardduty_detector",
                fields={"enable": "Enable", "finding_publishing_frequency": "FindingPublishingFrequency"},
                build=_terraform,
                # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/guardduty_detector
                defaults=(Default("Enable", True, "aws_guardduty_detector turns it on (enable)"),),
                exports={"id": "id", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(DETECTOR, build=_cloudformation, exports={"Ref": "id", "Id": "id"}),
        companions=(
            Companion(
                "aws_guardduty_detector_feature",
                DETECTOR,
                "detector_id",
                "Features",
                _feature,
                many=True,
                # What one feature does says nothing of whether the detector is on.
                silent=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call("guardduty", "list_detectors", "guardduty:ListDetectors", result="DetectorIds"),
            details=(
                Call(
                    "guardduty",
                    "get_detector",
                    "guardduty:GetDetector",
                    {"DetectorId": "{value}"},
                    into="Enable,FindingPublishingFrequency,Features,Tags",
                ),
            ),
            build=_live,
        ),
        names=("name",),
        # Older than features and told as them; which features there are, AWS adds to.
        ignored=("DataSources",),
        settings=("Features",),
    ),
)
