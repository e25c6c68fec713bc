"""Web ACLs of WAF, and whether they log. Their rules are not read: no rule of ours asks about them."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.describe import Call, Companion, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.value import Unknown

ACL = "AWS::WAFv2::WebACL"
_LOGGING = "related.LoggingConfigurations"

_UNREAD = ("DefaultAction", "VisibilityConfig", "Rules")
"""What takes a call of its own for each ACL, and nobody asks."""


def _place(draft: Draft) -> None:
    # An ACL of CloudFront is made through us-east-1 and belongs to no region.
    if draft.get("scope") == "CLOUDFRONT" or draft.get("Scope") == "CLOUDFRONT":
        draft.identity["region"] = "global"


def _terraform(draft: Draft) -> None:
    if draft.get("name") is None:
        prefix = draft.get("name_prefix")
        draft.set("Name", draft.ref("name", prefix if isinstance(prefix, str) else ""))
    # Its rules and default action are written in a grammar of the provider's own.
    for path in _UNREAD:
        draft.set(path, Unknown(f"{path} of a web ACL is not read"))
    _place(draft)


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ARN"), "name": draft.get("Name"), "id": draft.get("ARN")}
    copy_fields(draft, {"Arn": "ARN", "Id": "Id", "Name": "Name", "Description": "Description"})
    # The ARN says it: …:global/webacl/… or …:regional/webacl/….
    looked_at(draft, "Scope", "ARN")
    draft.set("Scope", draft.made("CLOUDFRONT" if ":global/" in str(live.item.get("ARN")) else "REGIONAL", "ARN"))
    if "get_logging_configuration" in live.answers:
        found: Piece = []
        if live.answers["get_logging_configuration"] is not None:
            told = "get_logging_configuration"
            found = [
                {"ResourceArn": draft.at("ARN"), "LogDestinationConfigs": draft.at(f"{told}.LogDestinationConfigs")}
            ]
        looked_at(draft, _LOGGING, "get_logging_configuration")
        draft.set(_LOGGING, found)


def _terraform_logging(draft: Draft) -> Piece:
    return [{"ResourceArn": draft.at("resource_arn"), "LogDestinationConfigs": draft.at("log_destination_configs")}]


def _cloudformation_logging(draft: Draft) -> Piece:
    return [{"ResourceArn": draft.at("ResourceArn"), "LogDestinationConfigs": draft.at("LogDestinationConfigs")}]


KINDS: tuple[Kind, ...] = (
    Kind(
        name=ACL,
        title="web ACL",
        terraform=(
            Spelling(
                "aws_wafv2_web_acl",
                fields={"name": "Name", "description": "Description", "scope": "Scope"},
                build=_terraform,
                exports={"arn": "arn", "name": "name"},
            ),
        ),
        cloudformation=Spelling(ACL, build=_place, exports={"Arn": "arn"}),
        companions=(
            Companion(
                "aws_wafv2_web_acl_logging_configuration",
                ACL,
                target="resource_arn",
                into=_LOGGING,
                build=_terraform_logging,
                many=True,
            ),
            Companion(
                "AWS::WAFv2::LoggingConfiguration",
                ACL,
                target="ResourceArn",
                into=_LOGGING,
                build=_cloudformation_logging,
                many=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call("wafv2", "list_web_acls", "wafv2:ListWebACLs", {"Scope": "REGIONAL"}, result="WebACLs"),
            worldwide=Call("wafv2", "list_web_acls", "wafv2:ListWebACLs", {"Scope": "CLOUDFRONT"}, result="WebACLs"),
            details=(
                Call(
                    "wafv2",
                    "get_logging_configuration",
                    "wafv2:GetLoggingConfiguration",
                    {"ResourceArn": "{ARN}"},
                    result="LoggingConfiguration",
                    absent_on=("WAFNonexistentItemException",),
                    into=_LOGGING,
                ),
            ),
            build=_live,
        ),
        names=("Name",),
        # Not read on either side.
        ignored=_UNREAD,
    ),
)
