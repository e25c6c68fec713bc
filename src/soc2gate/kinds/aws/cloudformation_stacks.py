"""CloudFormation's stacks, live: which resource each logical id of a template became.

Nobody declares a stack by its own: a template *is* its resources. It is read so that these can be paired with what runs
by the ids that CloudFormation gave them. Neither parameters nor outputs are asked for, which may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling
from soc2gate.model.value import Json, Value

STACK = "Account::CloudFormation::Stack"

_FIELDS = ("LogicalResourceId", "PhysicalResourceId", "ResourceType")


def _exists(item: Mapping[str, Json], _region: str) -> bool:
    # Deleted stacks are listed for ninety days.
    return item.get("StackStatus") != "DELETE_COMPLETE"


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("StackId"), "name": draft.get("StackName")}
    # Templates are compared by what they hold; that a stack exists is nothing anybody has to declare.
    draft.managed_by = "CloudFormation"
    for name in ("StackName", "StackId", "StackStatus"):
        draft.copy(name, name)
    listed = live.answers.get("list_stack_resources")
    resources: list[Value] = [
        {name: text for name in _FIELDS if isinstance(text := item.get(name), str)}
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and item.get("PhysicalResourceId") and item.get("ResourceStatus") not in _GONE
    ]
    if listed is not None:
        draft.set("Resources", draft.made(sorted(resources, key=repr), "list_stack_resources"))


_GONE = ("DELETE_COMPLETE", "CREATE_FAILED")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=STACK,
        title="CloudFormation stack",
        live=LiveSpelling(
            enumerate=Call("cloudformation", "list_stacks", "cloudformation:ListStacks", result="StackSummaries"),
            details=(
                Call(
                    "cloudformation",
                    "list_stack_resources",
                    "cloudformation:ListStackResources",
                    {"StackName": "{StackId}"},
                    result="StackResourceSummaries",
                    into="Resources",
                ),
            ),
            build=_live,
            tells=("StackName", "StackId", "StackStatus"),
            keep=_exists,
        ),
        names=("StackName",),
    ),
)
