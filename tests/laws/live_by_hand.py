"""Live resources as a reader would tell them, and what our reader makes of Terraform that is written of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from soc2gate import kinds
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform import read
from soc2gate.model.resource import LiveRef, Resource, Side
from soc2gate.model.value import Value

ACCOUNT, REGION = "123456789012", "eu-west-1"
WHERE = LiveRef("aws", ACCOUNT, REGION, "uid", "call", "2026-11-21T09:00:00Z")


def live(kind: str, identity: dict[str, Any], properties: dict[str, Any]) -> Resource:
    """As a reader would tell it: everything was looked at."""
    told: dict[str, Value] = {name: value for name, value in properties.items() if value != []}
    told |= {name: [] for name in ("SecurityGroupIngress", "SecurityGroupEgress") if properties.get(name) == []}
    return Resource(
        kind=kind,
        address=str(identity.get("arn") or identity["id"]),
        side=Side.LIVE,
        properties=told,
        where=WHERE,
        places=dict.fromkeys(properties, WHERE),
        root=f"aws:{ACCOUNT}:{REGION}",
        spelling="api",
        identity={**identity, "account": ACCOUNT, "region": REGION},
    )


def read_again(text: str) -> tuple[Resource, ...]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf").write_text(text, encoding="utf-8")
        reading = read(Root("terraform", ".", ("main.tf",)), Path(folder), ReadOptions(account=ACCOUNT, region=REGION))
    assert reading.problems == ()
    return kinds.normalise([reading]).resources
