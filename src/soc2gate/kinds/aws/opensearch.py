"""Search domains: OpenSearch's, and those that still run Elasticsearch. One API tells of both; the engine says which
kind a domain is, whichever spelling declared it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.convert import map_value, policy_document, unknown_like
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.value import Json, Value

DOMAIN = "AWS::OpenSearchService::Domain"
ELASTICSEARCH = "AWS::Elasticsearch::Domain"

_ENGINE = {DOMAIN: "OpenSearch", ELASTICSEARCH: "Elasticsearch"}
_VERSION = {DOMAIN: "EngineVersion", ELASTICSEARCH: "ElasticsearchVersion"}
_CLUSTER = {DOMAIN: "ClusterConfig", ELASTICSEARCH: "ElasticsearchClusterConfig"}

_FIELDS = {
    "domain_name": "DomainName",
    "encrypt_at_rest.enabled": "EncryptionAtRestOptions.Enabled",
    "encrypt_at_rest.kms_key_id": "EncryptionAtRestOptions.KmsKeyId",
    "node_to_node_encryption.enabled": "NodeToNodeEncryptionOptions.Enabled",
    "advanced_security_options.enabled": "AdvancedSecurityOptions.Enabled",
    "advanced_security_options.internal_user_database_enabled": "AdvancedSecurityOptions.InternalUserDatabaseEnabled",
    "ebs_options.ebs_enabled": "EBSOptions.EBSEnabled",
    "ebs_options.volume_size": "EBSOptions.VolumeSize",
    "ebs_options.volume_type": "EBSOptions.VolumeType",
    "vpc_options.subnet_ids": "VPCOptions.SubnetIds",
    "vpc_options.security_group_ids": "VPCOptions.SecurityGroupIds",
}
_NODES = {
    "instance_type": "InstanceType",
    "instance_count": "InstanceCount",
    "dedicated_master_enabled": "DedicatedMasterEnabled",
    "dedicated_master_type": "DedicatedMasterType",
    "dedicated_master_count": "DedicatedMasterCount",
    "zone_awareness_enabled": "ZoneAwarenessEnabled",
}


def _fields(kind: str) -> Mapping[str, str]:
    return _FIELDS | {f"cluster_config.{name}": f"{_CLUSTER[kind]}.{path}" for name, path in _NODES.items()}


def _number(version: Value) -> Value:
    """`7.10` of `Elasticsearch_7.10`."""
    return map_value(version, lambda plain: str(plain).rpartition("_")[2])


def _version(draft: Draft, path: str, kind: str) -> Piece:
    return draft.convert(path, _number) if kind == ELASTICSEARCH else draft.at(path)


def _terraform(draft: Draft, kind: str) -> None:
    if draft.type == "aws_opensearch_domain":
        version = draft.get("engine_version")
        runs = ELASTICSEARCH if isinstance(version, str) and version.startswith("Elasticsearch_") else DOMAIN
        draft.exists = runs == kind
        draft.set(_VERSION[kind], _version(draft, "engine_version", kind))
    else:
        draft.copy("elasticsearch_version", _VERSION[kind])
    draft.set(
        "DomainEndpointOptions",
        draft.one(
            "domain_endpoint_options",
            lambda block: {
                "EnforceHTTPS": block.at("enforce_https"),
                "TLSSecurityPolicy": block.at("tls_security_policy"),
                "CustomEndpointEnabled": block.at("custom_endpoint_enabled"),
                "CustomEndpoint": block.at("custom_endpoint"),
                "CustomEndpointCertificateArn": block.at("custom_endpoint_certificate_arn"),
            },
        ),
    )
    draft.set("AccessPolicies", _policy(draft))
    draft.set("LogPublishingOptions", _logs(draft))


def _logs(draft: Draft) -> Piece:
    """The blocks as the map by type that the API has; a block turns its log on unless it says otherwise."""
    written = draft.get("log_publishing_options")
    blocks = [written] if isinstance(written, dict) else written
    if blocks is None:
        return None
    logs: dict[str, Piece] = {}
    for i, block in enumerate(blocks if isinstance(blocks, list) else ()):
        kind = block.get("log_type") if isinstance(block, dict) else None
        if not isinstance(block, dict) or not isinstance(kind, str):
            return unknown_like(kind, "which log this is, is not decided by the files")
        place = f"log_publishing_options[{i}]"
        on = block.get("enabled")
        logs[kind] = {
            "CloudWatchLogsLogGroupArn": draft.made(block.get("cloudwatch_log_group_arn"), place),
            "Enabled": draft.made(True if on is None else on, place),
        }
    return logs if isinstance(blocks, list) else unknown_like(blocks)


def _policy(draft: Draft) -> Piece:
    return draft.convert("access_policies", policy_document)


def _cloudformation(draft: Draft) -> None:
    draft.set("AccessPolicies", draft.convert("AccessPolicies", policy_document))
    logs = draft.properties.get("LogPublishingOptions")
    if isinstance(logs, dict):
        # https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_LogPublishingOption.html
        draft.properties["LogPublishingOptions"] = {
            kind: {"Enabled": True, **log} if isinstance(log, dict) else log for kind, log in logs.items()
        }


_STATUS = "describe_domain."
_TOLD = (
    "EncryptionAtRestOptions.Enabled",
    "EncryptionAtRestOptions.KmsKeyId",
    "NodeToNodeEncryptionOptions.Enabled",
    "DomainEndpointOptions.EnforceHTTPS",
    "DomainEndpointOptions.TLSSecurityPolicy",
    "DomainEndpointOptions.CustomEndpointEnabled",
    "DomainEndpointOptions.CustomEndpoint",
    "DomainEndpointOptions.CustomEndpointCertificateArn",
    "AdvancedSecurityOptions.Enabled",
    "AdvancedSecurityOptions.InternalUserDatabaseEnabled",
    "EBSOptions.EBSEnabled",
    "EBSOptions.VolumeSize",
    "EBSOptions.VolumeType",
    "VPCOptions.SubnetIds",
    "VPCOptions.SecurityGroupIds",
)


def _live(live: LiveItem, kind: str) -> None:
    draft = live.draft
    name = live.item["DomainName"]
    draft.identity |= {
        "name": draft.get("DomainName"),
        "arn": f"arn:{live.partition}:es:{live.region}:{live.account}:domain/{name}",
    }
    draft.copy("DomainName", "DomainName")
    if "describe_domain" in live.answers:
        copy_fields(draft, {path: _STATUS + path for path in _TOLD})
        copy_fields(draft, {f"{_CLUSTER[kind]}.{path}": f"{_STATUS}ClusterConfig.{path}" for path in _NODES.values()})
        draft.set(_VERSION[kind], _version(draft, _STATUS + "EngineVersion", kind))
        draft.set("AccessPolicies", draft.convert(_STATUS + "AccessPolicies", policy_document))
        draft.set("LogPublishingOptions", _published(draft))
    copy_tags(draft, "list_tags")


def _published(draft: Draft) -> Piece:
    logs = draft.get(_STATUS + "LogPublishingOptions")
    if not isinstance(logs, dict):
        return None
    known = ("CloudWatchLogsLogGroupArn", "Enabled")
    made: dict[str, Value] = {
        kind: {key: log[key] for key in known if key in log} for kind, log in logs.items() if isinstance(log, dict)
    }
    return draft.made(made, _STATUS + "LogPublishingOptions")


def _runs(item: Mapping[str, Json], region: str, engine: str) -> bool:
    # Older regions answer without the engine: those were OpenSearch's from the start.
    return (item.get("EngineType") or "OpenSearch") == engine


# https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html: none of it is on by itself.
_OFF = (
    Default("EncryptionAtRestOptions", {"Enabled": False}, "the API creates unencrypted domains", kept=False),
    Default("NodeToNodeEncryptionOptions", {"Enabled": False}, "the API leaves nodes without TLS", kept=False),
    Default("DomainEndpointOptions", {"EnforceHTTPS": False}, "the API takes plain HTTP too", kept=False),
)
_PROVIDER = (*_OFF, Default("DomainEndpointOptions.EnforceHTTPS", True, "the provider's block demands HTTPS"))
_API = (*_OFF, Default("DomainEndpointOptions.EnforceHTTPS", False, "the API takes plain HTTP too", kept=False))

_EXPORTS = {"id": "arn", "arn": "arn", "domain_name": "DomainName", "domain_id": "id"}


def _kind(name: str, title: str, terraform: tuple[str, ...]) -> Kind:
    return Kind(
        name=name,
        title=title,
        terraform=tuple(
            Spelling(
                type_,
                fields=_fields(name),
                build=partial(_terraform, kind=name),
                defaults=_PROVIDER,
                exports=_EXPORTS,
            )
            for type_ in terraform
        ),
        cloudformation=Spelling(
            name, build=_cloudformation, defaults=_API, exports={"Ref": "name", "Arn": "arn", "DomainArn": "arn"}
        ),
        companions=tuple(
            Companion(f"{type_}_policy", name, "domain_name", "AccessPolicies", _policy, silent=True)
            for type_ in terraform
        ),
        live=LiveSpelling(
            enumerate=Call("opensearch", "list_domain_names", "es:ListDomainNames", result="DomainNames"),
            details=(
                Call(
                    "opensearch",
                    "describe_domain",
                    "es:DescribeDomain",
                    {"DomainName": "{DomainName}"},
                    result="DomainStatus",
                    into=",".join(
                        dict.fromkeys(
                            [
                                *(path.partition(".")[0] for path in _TOLD),
                                _CLUSTER[name],
                                _VERSION[name],
                                "AccessPolicies",
                                "LogPublishingOptions",
                            ]
                        )
                    ),
                ),
                Call(
                    "opensearch",
                    "list_tags",
                    "es:ListTags",
                    {"ARN": "arn:{partition}:es:{region}:{account}:domain/{DomainName}"},
                    result="TagList",
                    into="Tags",
                ),
            ),
            build=partial(_live, kind=name),
            keep=partial(_runs, engine=_ENGINE[name]),
        ),
        names=("DomainName",),
        unordered=("VPCOptions.SubnetIds", "VPCOptions.SecurityGroupIds"),
    )


KINDS: tuple[Kind, ...] = (
    _kind(DOMAIN, "OpenSearch domain", ("aws_opensearch_domain",)),
    # What the newer resource declares with an engine of the older kind is of the older kind.
    _kind(ELASTICSEARCH, "Elasticsearch domain", ("aws_elasticsearch_domain", "aws_opensearch_domain")),
)
