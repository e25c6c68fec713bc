"""MSK's provisioned Kafka clusters."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.model.value import Unknown, Value

CLUSTER = "AWS::MSK::Cluster"


def _in_transit(block: Block) -> Piece:
    return {"ClientBroker": block.at("client_broker"), "InCluster": block.at("in_cluster")}


def _broker_logs(block: Block) -> Piece:
    def to(name: str, **fields: str) -> Piece:
        return block.one(
            name,
            lambda inner: {
                "Enabled": inner.at("enabled"),
                **{path: inner.at(attribute) for path, attribute in fields.items()},
            },
        )

    return {
        "CloudWatchLogs": to("cloudwatch_logs", LogGroup="log_group"),
        "Firehose": to("firehose", DeliveryStream="delivery_stream"),
        "S3": to("s3", Bucket="bucket", Prefix="prefix"),
    }


def _terraform(draft: Draft) -> None:
    key = draft.at("encryption_info.encryption_at_rest_kms_key_arn")
    draft.set(
        "EncryptionInfo",
        draft.one(
            "encryption_info",
            lambda block: {
                "EncryptionAtRest": {"DataVolumeKMSKeyId": key} if key is not None else None,
                "EncryptionInTransit": block.one("encryption_in_transit", _in_transit),
            },
        ),
    )
    draft.set(
        "LoggingInfo", draft.one("logging_info", lambda block: {"BrokerLogs": block.one("broker_logs", _broker_logs)})
    )


_TOLD = (
    "NumberOfBrokerNodes",
    "EnhancedMonitoring",
    "StorageMode",
    "BrokerNodeGroupInfo.InstanceType",
    "BrokerNodeGroupInfo.ClientSubnets",
    "BrokerNodeGroupInfo.SecurityGroups",
    "EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId",
    "EncryptionInfo.EncryptionInTransit.ClientBroker",
    "EncryptionInfo.EncryptionInTransit.InCluster",
    "LoggingInfo.BrokerLogs",
    "Tags",
)


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("ClusterArn"), "name": draft.get("ClusterName")}
    draft.copy("ClusterName", "ClusterName")
    if "describe_cluster" in live.answers:
        copy_fields(draft, {path: f"describe_cluster.{path}" for path in _TOLD})
        copy_fields(draft, {"KafkaVersion": "describe_cluster.CurrentBrokerSoftwareInfo.KafkaVersion"})


_UNSETTLED = Unknown("not written: AWS's documents disagree whether clients may then connect without TLS")
_WHERE = "the API reference and the developer guide disagree"


def _defaults(client_broker: Default) -> tuple[Default, ...]:
    # https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html says TLS_PLAINTEXT,
    # https://docs.aws.amazon.com/msk/latest/developerguide/msk-encryption.html TLS.
    in_transit: Value = {"ClientBroker": _UNSETTLED, "InCluster": True}
    return (
        Default("EncryptionInfo", {"EncryptionInTransit": in_transit}, _WHERE, kept=False),
        Default("EncryptionInfo.EncryptionInTransit", in_transit, _WHERE, kept=False),
        client_broker,
        Default("EncryptionInfo.EncryptionInTransit.InCluster", True, "MSK encrypts between brokers", kept=False),
        Default("EnhancedMonitoring", "DEFAULT", "MSK creates with default monitoring", kept=False),
    )


_CLIENT_BROKER = "EncryptionInfo.EncryptionInTransit.ClientBroker"

KINDS: tuple[Kind, ...] = (
    Kind(
        name=CLUSTER,
        title="Kafka cluster",
        terraform=(
            Spelling(
                "aws_msk_cluster",
                fields={
                    "cluster_name": "ClusterName",
                    "kafka_version": "KafkaVersion",
                    "number_of_broker_nodes": "NumberOfBrokerNodes",
                    "enhanced_monitoring": "EnhancedMonitoring",
                    "storage_mode": "StorageMode",
                    "broker_node_group_info.instance_type": "BrokerNodeGroupInfo.InstanceType",
                    "broker_node_group_info.client_subnets": "BrokerNodeGroupInfo.ClientSubnets",
                    "broker_node_group_info.security_groups": "BrokerNodeGroupInfo.SecurityGroups",
                },
                build=_terraform,
                # A written block `encryption_in_transit` has the provider's own default.
                defaults=_defaults(Default(_CLIENT_BROKER, "TLS", "aws_msk_cluster asks for TLS")),
                exports={"id": "arn", "arn": "arn", "cluster_name": "ClusterName"},
            ),
        ),
        cloudformation=Spelling(
            CLUSTER,
            defaults=_defaults(Default(_CLIENT_BROKER, _UNSETTLED, _WHERE, kept=False)),
            exports={"Ref": "arn", "Arn": "arn"},
        ),
        live=LiveSpelling(
            enumerate=Call("kafka", "list_clusters", "kafka:ListClusters", result="ClusterInfoList"),
            details=(
                Call(
                    "kafka",
                    "describe_cluster",
                    "kafka:DescribeCluster",
                    {"ClusterArn": "{ClusterArn}"},
                    result="ClusterInfo",
                    into=",".join(dict.fromkeys(["KafkaVersion", *(path.partition(".")[0] for path in _TOLD)])),
                ),
            ),
            build=_live,
        ),
        names=("ClusterName",),
        # Subnets of the code's clients are a set; security groups too.
        unordered=("BrokerNodeGroupInfo.ClientSubnets", "BrokerNodeGroupInfo.SecurityGroups"),
    ),
)
