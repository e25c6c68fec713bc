"""What CloudWatch Logs delivers for other services: CloudFront's standard logging, version 2.

A source names what logs, and a delivery takes from it; a source alone delivers nothing. Those of CloudFront stand in
us-east-1, whatever region the rest of the account is in. Other services log by sources too, and nobody asks for those.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.aws.live_fields import copy_fields, looked_at
from soc2gate.kinds.convert import one_of
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.resource import Resource
from soc2gate.model.value import Alternatives, Json, OpenList, Text, Unknown, Value

SOURCE = "AWS::Logs::DeliverySource"
_DELIVERIES = "Deliveries"
"""The destinations of its deliveries: ours, as the registry has deliveries as resources of their own."""


def delivers_access_logs(source: Mapping[str, Value]) -> bool | None:
    """Whether what a source names logs each request somewhere."""
    log_type, deliveries = source.get("LogType"), source.get(_DELIVERIES)
    if isinstance(log_type, str) and log_type != "ACCESS_LOGS":
        return False
    if isinstance(deliveries, OpenList):
        deliveries = list(deliveries.items) or Unknown(deliveries.reason)
    if isinstance(deliveries, list):
        return bool(deliveries) and (True if isinstance(log_type, str) else None)
    return None


def distribution_of(source: Resource) -> Value:
    """The distribution that a source names: by its ARN, or where that is put together, by what it ends with."""
    return _named_by(source.properties.get("ResourceArn"))


def _named_by(arn: Value) -> Value:
    if isinstance(arn, Text):
        last = arn.parts[-1]
        return last.rpartition("/")[2] if isinstance(last, str) else last
    if isinstance(arn, Alternatives):
        return one_of((_named_by(option) for option in arn.options), arn.reason)
    return arn


def _terraform_delivery(draft: Draft) -> Piece:
    return [draft.at("delivery_destination_arn")]


def _cloudformation_delivery(draft: Draft) -> Piece:
    return [draft.at("DeliveryDestinationArn")]


def _of_cloudfront(item: Mapping[str, Json], _region: str) -> bool:
    return item.get("service") == "cloudfront"


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"id": draft.get("arn"), "arn": draft.get("arn"), "name": draft.get("name")}
    copy_fields(
        draft,
        {"Name": "name", "Arn": "arn", "LogType": "logType", "Service": "service", "ResourceArn": "resourceArns[0]"},
    )
    told = live.answers.get("describe_deliveries")
    if isinstance(told, list):
        looked_at(draft, _DELIVERIES, "describe_deliveries")
        draft.set(
            _DELIVERIES,
            [
                str(delivery.get("deliveryDestinationArn"))
                for delivery in told
                if isinstance(delivery, dict) and delivery.get("deliverySourceName") == live.item.get("name")
            ],
        )


_NOTHING_DELIVERED = (Default(_DELIVERIES, [], "a source by itself delivers nothing", kept=False),)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=SOURCE,
        title="log delivery source",
        terraform=(
            Spelling(
                "aws_cloudwatch_log_delivery_source",
                fields={"name": "Name", "log_type": "LogType", "resource_arn": "ResourceArn"},
                defaults=_NOTHING_DELIVERED,
                exports={"name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(SOURCE, defaults=_NOTHING_DELIVERED, exports={"Ref": "name", "Arn": "arn"}),
        companions=(
            Companion(
                "aws_cloudwatch_log_delivery",
                SOURCE,
                target="delivery_source_name",
                into=_DELIVERIES,
                build=_terraform_delivery,
                many=True,
            ),
            Companion(
                "AWS::Logs::Delivery",
                SOURCE,
                target="DeliverySourceName",
                into=_DELIVERIES,
                build=_cloudformation_delivery,
                many=True,
            ),
        ),
        live=LiveSpelling(
            # Listed in us-east-1 alone, where those of CloudFront are.
            enumerate=None,
            worldwide=Call(
                "logs", "describe_delivery_sources", "logs:DescribeDeliverySources", result="deliverySources"
            ),
            details=(
                Call("logs", "describe_deliveries", "logs:DescribeDeliveries", result="deliveries", into=_DELIVERIES),
            ),
            build=_live,
            keep=_of_cloudfront,
        ),
        names=("Name",),
        # The registry calls it write-only; the API tells it.
        compared=("ResourceArn",),
    ),
)
