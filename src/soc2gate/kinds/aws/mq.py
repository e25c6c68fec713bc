"""Amazon MQ brokers."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.convert import map_value
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft

BROKER = "AWS::AmazonMQ::Broker"

_FIELDS = {
    "broker_name": "BrokerName",
    "engine_type": "EngineType",
    "engine_version": "EngineVersion",
    "host_instance_type": "HostInstanceType",
    "deployment_mode": "DeploymentMode",
    "publicly_accessible": "PubliclyAccessible",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "authentication_strategy": "AuthenticationStrategy",
    "storage_type": "StorageType",
    "security_groups": "SecurityGroups",
    "subnet_ids": "SubnetIds",
    "logs.general": "Logs.General",
    "logs.audit": "Logs.Audit",
    "encryption_options.use_aws_owned_key": "EncryptionOptions.UseAwsOwnedKey",
    "encryption_options.kms_key_id": "EncryptionOptions.KmsKeyId",
}


def _raised(draft: Draft) -> None:
    """MQ keeps its enumerations in upper case, and takes them in any."""
    for path in ("EngineType", "DeploymentMode", "AuthenticationStrategy", "StorageType"):
        value = draft.properties.get(path)
        if value is not None:
            draft.properties[path] = map_value(value, lambda plain: str(plain).upper())


def _cloudformation(draft: Draft) -> None:
    # Names with passwords: nothing that is asked or compared.
    draft.properties.pop("Users", None)
    _raised(draft)


_TOLD = (
    "EngineType",
    "EngineVersion",
    "HostInstanceType",
    "DeploymentMode",
    "PubliclyAccessible",
    "AutoMinorVersionUpgrade",
    "AuthenticationStrategy",
    "StorageType",
    "SecurityGroups",
    "SubnetIds",
    "Logs.General",
    "Logs.Audit",
    "EncryptionOptions.UseAwsOwnedKey",
    "EncryptionOptions.KmsKeyId",
)


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("BrokerArn"), "id": draft.get("BrokerId"), "name": draft.get("BrokerName")}
    draft.copy("BrokerName", "BrokerName")
    if "describe_broker" in live.answers:
        copy_fields(draft, {path: f"describe_broker.{path}" for path in _TOLD})
        copy_tags(draft, "describe_broker.Tags")
    _raised(draft)


# https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers.html
_LOGS = Default("Logs", {"General": False, "Audit": False}, "MQ writes no logs unless told to", kept=False)

KINDS: tuple[Kind, ...] = (
    Kind(
        name=BROKER,
        title="MQ broker",
        terraform=(
            Spelling(
                "aws_mq_broker",
                fields=_FIELDS,
                build=_raised,
                defaults=(
                    _LOGS,
                    Default("PubliclyAccessible", False, "aws_mq_broker creates a private broker"),
                    Default("AutoMinorVersionUpgrade", False, "aws_mq_broker leaves minor upgrades off"),
                    Default("DeploymentMode", "SINGLE_INSTANCE", "aws_mq_broker creates one instance"),
                ),
                exports={"id": "id", "arn": "arn"},
            ),
        ),
        # The registry requires `PubliclyAccessible`: there is nothing to leave out.
        cloudformation=Spelling(
            BROKER, build=_cloudformation, defaults=(_LOGS,), exports={"Ref": "id", "Id": "id", "Arn": "arn"}
        ),
        live=LiveSpelling(
            enumerate=Call("mq", "list_brokers", "mq:ListBrokers", result="BrokerSummaries"),
            details=(
                Call(
                    "mq",
                    "describe_broker",
                    "mq:DescribeBroker",
                    {"BrokerId": "{BrokerId}"},
                    into=",".join(dict.fromkeys([*(path.partition(".")[0] for path in _TOLD), "Tags"])),
                ),
            ),
            build=_live,
        ),
        names=("BrokerName",),
        # Minor upgrades move it.
        ignored=("EngineVersion",),
    ),
)
