"""Which kinds AWS Config records so that they can be read, and where its items say what.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html names the types,
https://github.com/awslabs/aws-config-resource-schema the properties of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from soc2gate.facts import dataclass, field
from soc2gate.model.value import Json

Fields = Mapping[str, Json]
MISSING = object()
"""What was not recorded; None is what was recorded as absent."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What AWS Config records of a kind beyond what the listing's shape says."""

    needs: tuple[str, ...] = ()
    """Fields without which there is nothing to know it by."""
    kind: str = ""
    """What it is called here, where that is not AWS's own name."""
    told_by: str = ""
    """The detail operation whose answer a configuration is like; empty for the listing."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """With `told_by`: the listing's fields, each to the field of the answer that says it."""
    answers: Mapping[str, Callable[[Fields], object]] | None = None
    """Detail operation to its answer, from the supplementary configuration; `MISSING` where that does not tell."""


# Buckets: everything but the name is supplementary


def _field(supplementary: Fields, name: str) -> Fields | None:
    found = supplementary.get(name)
    return found if isinstance(found, dict) else None


def _policy(supplementary: Fields) -> object:
    found = _field(supplementary, "BucketPolicy")
    return found["policyText"] if found is not None and "policyText" in found else MISSING


def _versioning(supplementary: Fields) -> object:
    found = _field(supplementary, "BucketVersioningConfiguration")
    if found is None or "status" not in found:
        return MISSING
    status, mfa = found["status"], found.get("isMfaDeleteEnabled")
    told: dict[str, Json] = {} if status in ("Off", None) else {"Status": status}
    return told | ({} if mfa is None else {"MFADelete": "Enabled" if mfa is True else "Disabled"})


def _encryption(supplementary: Fields) -> object:
    found = _field(supplementary, "ServerSideEncryptionConfiguration")
    rules = found.get("rules") if found is not None else None
    if not isinstance(rules, list):
        return MISSING
    return {"Rules": [_encryption_rule(rule) for rule in rules if isinstance(rule, dict)]}


def _encryption_rule(rule: Fields) -> Json:
    by = rule.get("applyServerSideEncryptionByDefault")
    told: dict[str, Json] = {}
    if isinstance(by, dict):
        kept = {"SSEAlgorithm": by.get("sseAlgorithm"), "KMSMasterKeyID": by.get("kmsMasterKeyID")}
        told["ApplyServerSideEncryptionByDefault"] = {name: value for name, value in kept.items() if value is not None}
    if isinstance(rule.get("bucketKeyEnabled"), bool):
        told["BucketKeyEnabled"] = rule["bucketKeyEnabled"]
    return told


def _logging(supplementary: Fields) -> object:
    found = _field(supplementary, "BucketLoggingConfiguration")
    if found is None or "destinationBucketName" not in found:
        return MISSING
    if found["destinationBucketName"] is None:
        return None
    return {"TargetBucket": found["destinationBucketName"], "TargetPrefix": found.get("logFilePrefix") or ""}


_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _access_block(supplementary: Fields) -> object:
    found = _field(supplementary, "PublicAccessBlockConfiguration")
    if found is None:
        return MISSING
    told = {name: found.get(name[0].lower() + name[1:]) for name in _BLOCKS}
    return told if all(isinstance(value, bool) for value in told.values()) else MISSING


def _rotation(supplementary: Fields) -> object:
    status = supplementary.get("KeyRotationStatus")
    return {"KeyRotationEnabled": status} if isinstance(status, bool) else MISSING


def _backups(supplementary: Fields) -> object:
    found = _field(supplementary, "ContinuousBackupsDescription")
    recovery = found.get("pointInTimeRecoveryDescription") if found is not None else None
    status = recovery.get("pointInTimeRecoveryStatus") if isinstance(recovery, dict) else None
    return {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}} if status else MISSING


def _made_by_stack(supplementary: Fields) -> object:
    found = supplementary.get("StackResourceSummaries")
    if not isinstance(found, list):
        return MISSING
    return [
        {name[:1].upper() + name[1:]: value for name, value in one.items()} for one in found if isinstance(one, dict)
    ]


def _shared_with(name: str) -> Callable[[Fields], object]:
    def tell(supplementary: Fields) -> object:
        found = supplementary.get(name)
        if not isinstance(found, list):
            return MISSING
        return [
            {"AttributeName": one.get("attributeName"), "AttributeValues": one.get("attributeValues")}
            for one in found
            if isinstance(one, dict)
        ]

    return tell


def _logging_status(supplementary: Fields) -> object:
    found = _field(supplementary, "LoggingStatus")
    if found is None or not isinstance(found.get("loggingEnabled"), bool):
        return MISSING
    kept = {
        "LoggingEnabled": found["loggingEnabled"],
        "BucketName": found.get("bucketName"),
        "S3KeyPrefix": found.get("s3KeyPrefix"),
    }
    return {name: value for name, value in kept.items() if value is not None}


KINDS: Mapping[str, Recorded] = {
    "AWS::ACM::Certificate": Recorded(
        needs=("CertificateArn",),
        kind="AWS::CertificateManager::Certificate",
        told_by="describe_certificate",
        listed={"CertificateArn": "CertificateArn"},
    ),
    "AWS::AutoScaling::LaunchConfiguration": Recorded(needs=("LaunchConfigurationARN", "LaunchConfigurationName")),
    "AWS::CloudFormation::Stack": Recorded(
        needs=("StackId", "StackName"),
        kind="Account::CloudFormation::Stack",
        answers={"list_stack_resources": _made_by_stack},
    ),
    "AWS::CloudTrail::Trail": Recorded(needs=("TrailARN", "Name", "HomeRegion")),
    "AWS::CloudWatch::Alarm": Recorded(needs=("AlarmArn", "AlarmName")),
    "AWS::CodeBuild::Project": Recorded(needs=("name", "arn"), told_by="batch_get_projects", listed={"value": "name"}),
    "AWS::DynamoDB::Table": Recorded(
        needs=("TableArn", "TableName"),
        told_by="describe_table",
        listed={"value": "TableName"},
        answers={"describe_continuous_backups": _backups},
    ),
    "AWS::EC2::FlowLog": Recorded(needs=("FlowLogId", "ResourceId")),
    "AWS::EC2::Instance": Recorded(needs=("InstanceId", "State")),
    "AWS::EC2::NetworkAcl": Recorded(needs=("NetworkAclId", "VpcId")),
    "AWS::EC2::SecurityGroup": Recorded(needs=("GroupId", "GroupName")),
    "AWS::EC2::Subnet": Recorded(needs=("SubnetId", "VpcId")),
    "AWS::EC2::VPC": Recorded(needs=("VpcId",)),
    "AWS::EC2::Volume": Recorded(needs=("VolumeId",)),
    "AWS::ElasticLoadBalancing::LoadBalancer": Recorded(needs=("LoadBalancerName",)),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Recorded(needs=("LoadBalancerArn", "LoadBalancerName")),
    "AWS::IAM::Group": Recorded(needs=("Arn", "GroupName", "GroupId")),
    "AWS::IAM::Policy": Recorded(needs=("Arn", "PolicyName", "PolicyId"), kind="AWS::IAM::ManagedPolicy"),
    "AWS::IAM::Role": Recorded(needs=("Arn", "RoleName", "RoleId", "Path")),
    "AWS::IAM::User": Recorded(needs=("Arn", "UserName", "UserId")),
    "AWS::KMS::Key": Recorded(
        needs=("KeyId", "Arn", "KeyManager"),
        told_by="describe_key",
        listed={"KeyId": "KeyId", "KeyArn": "Arn"},
        answers={"get_key_rotation_status": _rotation},
    ),
    "AWS::Lambda::Function": Recorded(needs=("FunctionArn", "FunctionName")),
    "AWS::RDS::DBCluster": Recorded(needs=("DBClusterArn", "DBClusterIdentifier", "Engine")),
    "AWS::RDS::DBInstance": Recorded(needs=("DBInstanceArn", "DBInstanceIdentifier", "Engine")),
    "AWS::RDS::DBClusterSnapshot": Recorded(
        needs=("DBClusterSnapshotArn", "DBClusterSnapshotIdentifier", "SnapshotType"),
        kind="Account::RDS::Snapshot",
        told_by="describe_db_cluster_snapshots",
        answers={"describe_db_cluster_snapshot_attributes": _shared_with("DBClusterSnapshotAttributes")},
    ),
    "AWS::RDS::DBSnapshot": Recorded(
        needs=("DBSnapshotArn", "DBSnapshotIdentifier", "SnapshotType"),
        kind="Account::RDS::Snapshot",
        answers={"describe_db_snapshot_attributes": _shared_with("DBSnapshotAttributes")},
    ),
    "AWS::Redshift::Cluster": Recorded(
        needs=("ClusterIdentifier",), answers={"describe_logging_status": _logging_status}
    ),
    "AWS::S3::AccountPublicAccessBlock": Recorded(
        kind="Account::S3::PublicAccessBlock", told_by="get_public_access_block"
    ),
    "AWS::S3::Bucket": Recorded(
        needs=("Name",),
        answers={
            "get_bucket_policy": _policy,
            "get_bucket_versioning": _versioning,
            "get_bucket_encryption": _encryption,
            "get_bucket_logging": _logging,
            "get_public_access_block": _access_block,
        },
    ),
}
"""The kinds whose items say what the readers of the API take."""

REGISTRY_SHAPED: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "AWS::AmazonMQ::Broker",
            "AWS::Config::ConfigurationRecorder",
            "AWS::DMS::ReplicationInstance",
            "AWS::EC2::LaunchTemplate",
            "AWS::ECR::Repository",
            "AWS::ECS::Cluster",
            "AWS::EFS::FileSystem",
            "AWS::EKS::Cluster",
            "AWS::ElasticLoadBalancingV2::Listener",
            "AWS::GuardDuty::Detector",
            "AWS::Kinesis::Stream",
            "AWS::MSK::Cluster",
            "AWS::SNS::Topic",
            "AWS::SQS::Queue",
            "AWS::SageMaker::NotebookInstance",
            "AWS::WorkSpaces::Workspace",
        )
    },
    "AWS::OpenSearch::Domain": "AWS::OpenSearchService::Domain",
}
"""Types whose items have the registry's names, to what the kind is called here."""
