"""What the modules that seed the account share: its clients, names and tags, and the JSON of policies."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from soc2gate.demo.servers import ACCOUNT, REGION
from soc2gate.facts import dataclass, field

Document: TypeAlias = dict[str, Any]
"""An AWS request's or a policy's JSON; botocore types it."""

NAME = "harbourline-prod"
TAGS = {"Environment": "prod", "ManagedBy": "terraform", "Owner": "platform"}
OFFICES = ("198.51.100.0/27", "203.0.113.64/28")
LOG_GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}-trail"
ALERTS_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-security-alerts"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{NAME}"


@dataclass(slots=True)
class Account:
    """Clients, and what AWS called the things we made."""

    endpoint: str
    groups: dict[str, str] = field(default_factory=dict)
    """Security group ids by their short name: `web`, `bastion`, `db`."""
    keys: dict[str, str] = field(default_factory=dict)
    """Key ARNs by their short name: `data`, `orders`."""
    vpc: str = ""
    volume: str = ""
    """The ARN of the volume for reports."""
    public_subnets: list[str] = field(default_factory=list)
    private_subnets: list[str] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """boto3's client; each takes a tenth of a second to make, so once."""
        if service not in self._clients:
            import boto3

            # The stubs type each service by its literal name.
            make: Any = boto3.client
            self._clients[service] = make(service, region_name=REGION, endpoint_url=self.endpoint)
        return self._clients[service]


def tag_list(tags: Document) -> list[Document]:
    """`[{"Key": …, "Value": …}]`, as most services want tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tagged(kind: str, name: str) -> list[Document]:
    return [{"ResourceType": kind, "Tags": tag_list(TAGS | {"Name": name})}]


def policy(*statements: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def assumed_by(service: str, *actions: str) -> str:
    return policy(
        {"Effect": "Allow", "Action": list(actions), "Principal": {"Service": service}},
    )


def allow(sid: str, actions: str | list[str], resource: str) -> Document:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
