"""EKS clusters, as far as AWS tells of them; what runs inside is Kubernetes' to tell."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.convert import map_list
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Value

CLUSTER = "AWS::EKS::Cluster"
_NETWORK = "ResourcesVpcConfig"
_LOGS = "Logging.ClusterLogging.EnabledTypes"


def _terraform(draft: Draft) -> None:
    draft.set(_LOGS, draft.convert("enabled_cluster_log_types", _types))
    draft.set(
        "EncryptionConfig",
        draft.each(
            "encryption_config",
            lambda block: {
                "Resources": block.at("resources"),
                "Provider": {"KeyArn": block.at("provider.key_arn")},
            },
        ),
    )
    _drop_empty_ranges(draft)


def _types(names: Value) -> Value:
    return map_list(names, lambda name: {"Type": name})


def _drop_empty_ranges(draft: Draft) -> None:
    """No ranges is what EKS reads an empty list as, and then it admits everyone."""
    network = draft.properties.get(_NETWORK)
    if isinstance(network, dict) and network.get("PublicAccessCidrs") == []:
        draft.properties[_NETWORK] = {key: value for key, value in network.items() if key != "PublicAccessCidrs"}


def _live(live: LiveItem) -> None:
    draft = live.draft
    told = "describe_cluster."
    name = live.item["value"]
    arn = draft.get(told + "arn") or f"arn:{live.partition}:eks:{live.region}:{live.account}:cluster/{name}"
    draft.identity |= {"name": draft.get("value"), "arn": arn}
    draft.set("Name", draft.at("value"))
    if "describe_cluster" not in live.answers:
        return
    copy_fields(
        draft,
        {
            "Arn": told + "arn",
            "Endpoint": told + "endpoint",
            "RoleArn": told + "roleArn",
            "Version": told + "version",
            "DeletionProtection": told + "deletionProtection",
            "AccessConfig.AuthenticationMode": told + "accessConfig.authenticationMode",
            f"{_NETWORK}.EndpointPublicAccess": told + "resourcesVpcConfig.endpointPublicAccess",
            f"{_NETWORK}.EndpointPrivateAccess": told + "resourcesVpcConfig.endpointPrivateAccess",
            f"{_NETWORK}.PublicAccessCidrs": told + "resourcesVpcConfig.publicAccessCidrs",
            f"{_NETWORK}.SubnetIds": told + "resourcesVpcConfig.subnetIds",
            f"{_NETWORK}.SecurityGroupIds": told + "resourcesVpcConfig.securityGroupIds",
        },
    )
    draft.set(_LOGS, draft.flat(told + "logging.clusterLogging", _enabled) or [])
    draft.set(
        "EncryptionConfig",
        draft.each(
            told + "encryptionConfig",
            lambda block: {"Resources": block.at("resources"), "Provider": {"KeyArn": block.at("provider.keyArn")}},
        ),
    )
    copy_tags(draft, told + "tags")


def _enabled(setup: Block) -> list[Piece]:
    """The API lists the types of logs in two heaps: those that are on, and those that are off."""
    types = setup.get("types")
    if setup.get("enabled") is not True or not isinstance(types, list):
        return []
    return [{"Type": setup.made(name, "types")} for name in types]


# https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    return (
        Default(f"{_NETWORK}.EndpointPublicAccess", True, "EKS makes the API's endpoint public", kept=kept),
        Default(f"{_NETWORK}.EndpointPrivateAccess", False, "EKS makes no private endpoint", kept=kept),
        Default(f"{_NETWORK}.PublicAccessCidrs", ["0.0.0.0/0"], "EKS lets everyone reach the endpoint", kept=False),
        Default("Logging", {"ClusterLogging": {"EnabledTypes": []}}, "EKS sends no control plane logs", kept=False),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=CLUSTER,
        title="EKS cluster",
        terraform=(
            Spelling(
                "aws_eks_cluster",
                fields={
                    "name": "Name",
                    "role_arn": "RoleArn",
                    "version": "Version",
                    "deletion_protection": "DeletionProtection",
                    "access_config.authentication_mode": "AccessConfig.AuthenticationMode",
                    "vpc_config.endpoint_public_access": f"{_NETWORK}.EndpointPublicAccess",
                    "vpc_config.endpoint_private_access": f"{_NETWORK}.EndpointPrivateAccess",
                    "vpc_config.public_access_cidrs": f"{_NETWORK}.PublicAccessCidrs",
                    "vpc_config.subnet_ids": f"{_NETWORK}.SubnetIds",
                    "vpc_config.security_group_ids": f"{_NETWORK}.SecurityGroupIds",
                },
                build=_terraform,
                defaults=_defaults(kept=True),
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            CLUSTER,
            build=_drop_empty_ranges,
            defaults=_defaults(kept=False),
            exports={"Ref": "name", "Arn": "arn"},
        ),
        live=LiveSpelling(
            # The listing gives bare names; each is the item's `value`.
            enumerate=Call("eks", "list_clusters", "eks:ListClusters", result="clusters"),
            details=(
                Call(
                    "eks",
                    "describe_cluster",
                    "eks:DescribeCluster",
                    {"name": "{value}"},
                    result="cluster",
                    into="ResourcesVpcConfig,EncryptionConfig,Logging,RoleArn,Version,AccessConfig,DeletionProtection,"
                    "Tags",
                ),
            ),
            build=_live,
        ),
        names=("Name",),
        unordered=(f"{_NETWORK}.PublicAccessCidrs",),
    ),
)
