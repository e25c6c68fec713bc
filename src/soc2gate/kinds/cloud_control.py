"""Kinds without a reader of ours, read through AWS's Cloud Control where soc2gate.yaml asks for it.

Cloud Control answers in the registry's own form, which is our normal form: one listing and one question a resource do
for every kind. It asks the service under the caller's own permissions, so that each kind takes those as well; that is
why it is asked for by name, kind by kind, and never by itself.
"""

from __future__ import annotations

import json

from soc2gate.kinds.aws.live_fields import looked_at
from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.withheld import without_credentials
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.schema import lookup

ACTIONS = ("cloudformation:GetResource", "cloudformation:ListResources")
"""What Cloud Control itself takes; what each kind takes beside is in the schema."""
_GLOBAL = ("AWS::CloudFront::", "AWS::IAM::", "AWS::Route53::")


def described(name: str) -> Kind:
    """A kind that the schema knows and nothing here describes: CloudFormation writes it, Cloud Control tells of it."""
    facts = lookup.facts(name)
    told = tuple(path for path in lookup.type_of(name).properties if path not in facts.write_only)
    parts = facts.primary_identifier
    # What code cannot write it cannot be found by.
    names = parts if len(parts) == 1 and parts[0] not in facts.read_only else ()
    arns = [path for path in facts.read_only if path in ("Arn", "ARN", f"{name.rpartition('::')[2]}Arn")]
    exports = {"Ref": "id", **dict.fromkeys(arns, "arn")}
    return Kind(
        name=name,
        title=name.rpartition("::")[2],
        cloudformation=Spelling(name, exports=exports),
        live=LiveSpelling(
            enumerate=Call(
                "cloudcontrol", "list_resources", ACTIONS[1], {"TypeName": name}, result="ResourceDescriptions"
            ),
            details=(
                Call(
                    "cloudcontrol",
                    "get_resource",
                    ACTIONS[0],
                    {"TypeName": name, "Identifier": "{Identifier}"},
                    result="ResourceDescription.Properties",
                    into="*",
                ),
            ),
            build=_live,
            scope="global" if name.startswith(_GLOBAL) else "region",
            tells=told,
        ),
        names=names,
    )


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity["id"] = draft.get("Identifier")
    told = _told(live.answers.get("get_resource"))
    facts = lookup.facts(draft.kind.name)
    for name in lookup.type_of(draft.kind.name).properties:
        looked_at(draft, name, "get_resource")
        value: Value = (told or {}).get(name)
        if value is not None:
            draft.set(name, draft.made(without_credentials(value), "get_resource"))
        elif told is None:
            draft.set(name, Unknown("Cloud Control's answer holds no properties"))
        elif name in facts.write_only:
            draft.set(name, Unknown(f"{name} is written only: nobody tells it"))
    told = told or {}
    arn = next((value for path in ("Arn", "ARN") if isinstance(value := told.get(path), str)), None)
    if arn is None and str(live.item.get("Identifier")).startswith("arn:"):
        arn = str(live.item["Identifier"])
    if arn is not None:
        draft.identity["arn"] = arn
    called = told.get(facts.primary_identifier[0]) if len(facts.primary_identifier) == 1 else None
    if isinstance(called, str):
        draft.identity["name"] = called


def _told(answer: Json) -> dict[str, Value] | None:
    """The properties in an answer; None where it holds none, which is not that there are none."""
    try:
        told: Value = json.loads(answer) if isinstance(answer, str) else None
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
