"""ECS clusters and task definitions.

Live, the latest active revision of each family is read: what a service starts next. Values of environment variables
are judged where they are read, and not kept.
"""

from __future__ import annotations

from typing import cast

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.convert import map_value, one_of, policy_document
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft
from soc2gate.kinds.withheld import withheld
from soc2gate.model.value import Alternatives, Json, OpenList, OpenMap, Unknown, Value

CLUSTER = "AWS::ECS::Cluster"
TASK = "AWS::ECS::TaskDefinition"


# Clusters


def _terraform_cluster(draft: Draft) -> None:
    draft.set(
        "ClusterSettings",
        draft.each("setting", lambda block: {"Name": block.at("name"), "Value": block.at("value")}),
    )
    draft.copy(
        "configuration.execute_command_configuration.logging", "Configuration.ExecuteCommandConfiguration.Logging"
    )
    draft.copy(
        "configuration.execute_command_configuration.kms_key_id", "Configuration.ExecuteCommandConfiguration.KmsKeyId"
    )


def _live_cluster(live: LiveItem) -> None:
    draft = live.draft
    arn = str(live.item["value"])
    draft.identity |= {"arn": arn, "name": arn.rpartition("/")[2]}
    draft.set("Arn", draft.at("value"))
    draft.set("ClusterName", draft.made(arn.rpartition("/")[2], "value"))
    told = "describe_clusters[0]"
    draft.set(
        "ClusterSettings",
        draft.each(f"{told}.settings", lambda setting: {"Name": setting.at("name"), "Value": setting.at("value")}),
    )
    command = "configuration.executeCommandConfiguration"
    draft.copy(f"{told}.{command}.logging", "Configuration.ExecuteCommandConfiguration.Logging")
    draft.copy(f"{told}.{command}.kmsKeyId", "Configuration.ExecuteCommandConfiguration.KmsKeyId")
    draft.set("Tags", draft.each(f"{told}.tags", lambda tag: {"Key": tag.at("key"), "Value": tag.at("value")}))


_CLUSTER_DEFAULTS = (
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
    Default(
        "ClusterSettings",
        Unknown("not written: the account's setting containerInsights decides"),
        "the account decides",
    ),
)


# Task definitions

_FREE_FORM = frozenset({"options", "dockerLabels"})
"""Maps whose keys are people's own."""


def _containers(value: Value) -> Value:
    """Container definitions as the registry spells them, from JSON text or data as the API spells them."""
    return _capitalised(policy_document(value))


def _capitalised(value: Value) -> Value:
    if isinstance(value, dict):
        return {
            key[:1].upper() + key[1:]: child if key in _FREE_FORM else _capitalised(child)
            for key, child in value.items()
            if child is not None
        }
    if isinstance(value, list):
        return [_capitalised(item) for item in value]
    if isinstance(value, OpenList):
        return OpenList(tuple(map(_capitalised, value.items)), tuple(map(_capitalised, value.more)), value.reason)
    if isinstance(value, OpenMap):
        items = cast("dict[str, Value]", _capitalised(dict(value.items)))
        return OpenMap(items, value.more, value.reason)
    if isinstance(value, Alternatives):
        return one_of((_capitalised(option) for option in value.options), value.reason)
    return value


def _terraform_task(draft: Draft) -> None:
    draft.set("ContainerDefinitions", draft.convert("container_definitions", _containers))
    for attribute, path in (("cpu", "Cpu"), ("memory", "Memory")):
        draft.set(path, draft.convert(attribute, lambda value: map_value(value, str)))


_SAME = {
    "Family": "family",
    "TaskDefinitionArn": "taskDefinitionArn",
    "NetworkMode": "networkMode",
    "PidMode": "pidMode",
    "IpcMode": "ipcMode",
    "Cpu": "cpu",
    "Memory": "memory",
    "TaskRoleArn": "taskRoleArn",
    "ExecutionRoleArn": "executionRoleArn",
    "RequiresCompatibilities": "requiresCompatibilities",
}


def _live_task(live: LiveItem) -> None:
    draft = live.draft
    family = str(live.item["value"])
    told = "describe_task_definition.taskDefinition"
    # Without the revision: the next one is the same task definition, changed.
    draft.identity |= {
        "name": family,
        "arn": f"arn:{live.partition}:ecs:{live.region}:{live.account}:task-definition/{family}",
    }
    if "describe_task_definition" in live.answers:
        # What an import has to name; nothing is matched by it.
        draft.identity["revision"] = draft.get(f"{told}.revision")
        copy_fields(draft, {path: f"{told}.{field}" for path, field in _SAME.items()})
        containers = draft.get(f"{told}.containerDefinitions")
        made = [_with_values_withheld(one) for one in containers] if isinstance(containers, list) else None
        draft.set("ContainerDefinitions", draft.made(_containers(made), "describe_task_definition"))
        tags = draft.each("describe_task_definition.tags", lambda tag: {"Key": tag.at("key"), "Value": tag.at("value")})
        draft.set("Tags", tags)
    draft.set("Family", draft.at("value"))


def _with_values_withheld(container: Value) -> Value:
    variables = container.get("environment") if isinstance(container, dict) else None
    if not isinstance(container, dict) or not isinstance(variables, list):
        return container
    kept: list[Value] = [
        {**one, "value": withheld(str(one.get("name")), cast("Json", one.get("value")))}
        for one in variables
        if isinstance(one, dict)
    ]
    return {**container, "environment": kept}


_INCLUDE_TAGS: list[Json] = ["TAGS"]

KINDS: tuple[Kind, ...] = (
    Kind(
        name=CLUSTER,
        title="ECS cluster",
        terraform=(
            Spelling(
                "aws_ecs_cluster",
                fields={"name": "ClusterName"},
                build=_terraform_cluster,
                defaults=_CLUSTER_DEFAULTS,
                exports={"id": "arn", "arn": "arn", "name": "name"},
            ),
        ),
        cloudformation=Spelling(CLUSTER, defaults=_CLUSTER_DEFAULTS, exports={"Ref": "name", "Arn": "arn"}),
        live=LiveSpelling(
            enumerate=Call("ecs", "list_clusters", "ecs:ListClusters", result="clusterArns"),
            details=(
                Call(
                    "ecs",
                    "describe_clusters",
                    "ecs:DescribeClusters",
                    {"clusters": ["{value}"], "include": ["SETTINGS", "CONFIGURATIONS", "TAGS"]},
                    result="clusters",
                    into="ClusterSettings,Configuration,Tags",
                ),
            ),
            build=_live_cluster,
        ),
        names=("ClusterName",),
        settings=("ClusterSettings",),
    ),
    Kind(
        name=TASK,
        title="task definition",
        terraform=(
            Spelling(
                "aws_ecs_task_definition",
                fields={
                    "family": "Family",
                    "network_mode": "NetworkMode",
                    "pid_mode": "PidMode",
                    "ipc_mode": "IpcMode",
                    "task_role_arn": "TaskRoleArn",
                    "execution_role_arn": "ExecutionRoleArn",
                    "requires_compatibilities": "RequiresCompatibilities",
                },
                build=_terraform_task,
                exports={"id": "name", "family": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(TASK, exports={"Ref": "arn", "TaskDefinitionArn": "arn"}),
        live=LiveSpelling(
            enumerate=Call(
                "ecs",
                "list_task_definition_families",
                "ecs:ListTaskDefinitionFamilies",
                {"status": "ACTIVE"},
                result="families",
            ),
            details=(
                Call(
                    "ecs",
                    "describe_task_definition",
                    "ecs:DescribeTaskDefinition",
                    {"taskDefinition": "{value}", "include": _INCLUDE_TAGS},
                    into="ContainerDefinitions,Tags," + ",".join(path for path in _SAME if path != "Family"),
                ),
            ),
            build=_live_task,
        ),
        names=("Family",),
    ),
)
