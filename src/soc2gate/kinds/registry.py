"""Which module knows which kind and which Terraform or CloudFormation type: tables of dotted names.

A service's module is imported when a resource of it turns up, so that scanning a repository of buckets imports the
module for S3 and no other. A test holds these tables against what the modules say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module

from soc2gate.facts import dataclass, field
from soc2gate.kinds.describe import Companion, Kind, Spelling
from soc2gate.schema import lookup
from soc2gate.schema.types import ListType, ObjectType

_AWS = "soc2gate.kinds.aws."
_KUBERNETES = "soc2gate.kinds.kubernetes"

KINDS: Mapping[str, str] = {
    "Account::Account": _AWS + "account",
    "Account::CloudFormation::Stack": _AWS + "cloudformation_stacks",
    "Account::EC2::EbsDefaults": _AWS + "regions",
    "Account::EC2::Image": _AWS + "ec2_images",
    "Account::EC2::Snapshot": _AWS + "ec2_images",
    "Account::IAM::PasswordPolicy": _AWS + "account",
    "Account::IAM::Root": _AWS + "iam_credentials",
    "Account::Region": _AWS + "regions",
    "Account::S3::PublicAccessBlock": _AWS + "regions",
    "Account::RDS::Snapshot": _AWS + "rds_snapshots",
    "AWS::AmazonMQ::Broker": _AWS + "mq",
    "AWS::ApiGateway::DomainName": _AWS + "apigateway",
    "AWS::ApiGateway::Method": _AWS + "apigateway",
    "AWS::ApiGateway::Stage": _AWS + "apigateway",
    "AWS::ApiGatewayV2::Stage": _AWS + "apigateway",
    "AWS::AutoScaling::LaunchConfiguration": _AWS + "ec2",
    "AWS::Backup::BackupPlan": _AWS + "backup",
    "AWS::Backup::BackupSelection": _AWS + "backup",
    "AWS::CertificateManager::Certificate": _AWS + "acm",
    "AWS::CloudFront::Distribution": _AWS + "cloudfront",
    "AWS::CloudTrail::Trail": _AWS + "cloudtrail",
    "AWS::CodeBuild::Project": _AWS + "codebuild",
    "AWS::Config::ConfigurationRecorder": _AWS + "config",
    "AWS::Config::DeliveryChannel": _AWS + "config",
    "AWS::CloudWatch::Alarm": _AWS + "cloudwatch",
    "AWS::Cognito::UserPool": _AWS + "cognito",
    "AWS::DMS::ReplicationInstance": _AWS + "dms",
    "AWS::DocDB::DBCluster": _AWS + "docdb",
    "AWS::DynamoDB::Table": _AWS + "dynamodb",
    "AWS::EC2::FlowLog": _AWS + "ec2",
    "AWS::EC2::Instance": _AWS + "ec2",
    "AWS::EC2::LaunchTemplate": _AWS + "ec2",
    "AWS::EC2::NetworkAcl": _AWS + "ec2",
    "AWS::EC2::NetworkAclEntry": _AWS + "ec2",
    "AWS::EC2::SecurityGroup": _AWS + "ec2",
    "AWS::EC2::Subnet": _AWS + "ec2",
    "AWS::EC2::VPC": _AWS + "ec2",
    "AWS::EC2::Volume": _AWS + "ec2",
    "AWS::ECR::Repository": _AWS + "ecr",
    "AWS::ECS::Cluster": _AWS + "ecs",
    "AWS::ECS::TaskDefinition": _AWS + "ecs",
    "AWS::EFS::FileSystem": _AWS + "efs",
    "AWS::EKS::Cluster": _AWS + "eks",
    "AWS::ElastiCache::CacheCluster": _AWS + "elasticache",
    "AWS::ElastiCache::ReplicationGroup": _AWS + "elasticache",
    "AWS::ElasticLoadBalancing::LoadBalancer": _AWS + "elb",
    "AWS::ElasticLoadBalancingV2::Listener": _AWS + "elbv2",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _AWS + "elbv2",
    "AWS::Elasticsearch::Domain": _AWS + "opensearch",
    "AWS::Events::Rule": _AWS + "undelivered",
    "AWS::GuardDuty::Detector": _AWS + "guardduty",
    "AWS::IAM::Group": _AWS + "iam",
    "AWS::IAM::ManagedPolicy": _AWS + "iam",
    "AWS::IAM::Policy": _AWS + "iam",
    "AWS::IAM::Role": _AWS + "iam",
    "AWS::IAM::User": _AWS + "iam",
    "AWS::Kinesis::Stream": _AWS + "kinesis",
    "AWS::KMS::Key": _AWS + "kms",
    "AWS::Lambda::EventSourceMapping": _AWS + "undelivered",
    "AWS::Lambda::Function": _AWS + "lambdas",
    "AWS::Lambda::Permission": _AWS + "lambda_permissions",
    "AWS::Logs::LogGroup": _AWS + "logs",
    "AWS::Logs::MetricFilter": _AWS + "logs",
    "AWS::MSK::Cluster": _AWS + "msk",
    "AWS::Neptune::DBCluster": _AWS + "neptune",
    "AWS::OpenSearchService::Domain": _AWS + "opensearch",
    "AWS::RDS::DBCluster": _AWS + "rds",
    "AWS::RDS::DBInstance": _AWS + "rds",
    "AWS::Redshift::Cluster": _AWS + "redshift",
    "AWS::S3::Bucket": _AWS + "s3",
    "AWS::S3::BucketPolicy": _AWS + "s3",
    "AWS::SageMaker::NotebookInstance": _AWS + "sagemaker",
    "AWS::SecretsManager::Secret": _AWS + "secretsmanager",
    "AWS::SecurityHub::Hub": _AWS + "securityhub",
    "AWS::SecurityHub::Standard": _AWS + "securityhub",
    "AWS::SNS::Subscription": _AWS + "undelivered",
    "AWS::SNS::Topic": _AWS + "sns",
    "AWS::SNS::TopicPolicy": _AWS + "sns",
    "AWS::SQS::Queue": _AWS + "sqs",
    "AWS::SQS::QueuePolicy": _AWS + "sqs",
    "AWS::WAFv2::WebACL": _AWS + "wafv2",
    "AWS::WorkSpaces::Workspace": _AWS + "workspaces",
}
"""Kind to the module that describes it; every `Kubernetes::…` kind is in one module of its own."""

_TERRAFORM: Mapping[str, Sequence[str]] = {
    "account": ("aws_iam_account_password_policy",),
    "acm": ("aws_acm_certificate",),
    "apigateway": (
        "aws_api_gateway_domain_name",
        "aws_api_gateway_method",
        "aws_api_gateway_rest_api",
        "aws_api_gateway_stage",
        "aws_apigatewayv2_stage",
    ),
    "cloudfront": ("aws_cloudfront_distribution",),
    "cloudtrail": ("aws_cloudtrail",),
    "codebuild": ("aws_codebuild_project",),
    "backup": ("aws_backup_plan", "aws_backup_selection"),
    "config": (
        "aws_config_configuration_recorder",
        "aws_config_configuration_recorder_status",
        "aws_config_delivery_channel",
    ),
    "cloudwatch": ("aws_cloudwatch_metric_alarm",),
    "cognito": ("aws_cognito_user_pool",),
    "dms": ("aws_dms_replication_instance",),
    "docdb": ("aws_docdb_cluster",),
    "dynamodb": ("aws_dynamodb_table",),
    "ec2": (
        "aws_default_network_acl",
        "aws_default_security_group",
        "aws_default_subnet",
        "aws_default_vpc",
        "aws_ebs_volume",
        "aws_eip",
        "aws_eip_association",
        "aws_flow_log",
        "aws_instance",
        "aws_launch_configuration",
        "aws_launch_template",
        "aws_network_acl",
        "aws_network_acl_rule",
        "aws_network_interface",
        "aws_network_interface_attachment",
        "aws_security_group",
        "aws_security_group_rule",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
    ),
    "ec2_images": ("aws_ami", "aws_ami_copy", "aws_ami_from_instance", "aws_ami_launch_permission"),
    "ecr": ("aws_ecr_lifecycle_policy", "aws_ecr_repository", "aws_ecr_repository_policy"),
    "ecs": ("aws_ecs_cluster", "aws_ecs_task_definition"),
    "efs": ("aws_efs_backup_policy", "aws_efs_file_system", "aws_efs_file_system_policy"),
    "eks": ("aws_eks_cluster",),
    "elasticache": ("aws_elasticache_cluster", "aws_elasticache_replication_group"),
    "elb": ("aws_elb",),
    "elbv2": ("aws_alb", "aws_alb_listener", "aws_lb", "aws_lb_listener"),
    "guardduty": ("aws_guardduty_detector", "aws_guardduty_detector_feature"),
    "iam": (
        "aws_iam_group",
        "aws_iam_group_membership",
        "aws_iam_group_policy",
        "aws_iam_group_policy_attachment",
        "aws_iam_policy",
        "aws_iam_policy_attachment",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_user",
        "aws_iam_user_group_membership",
        "aws_iam_user_policy",
        "aws_iam_user_policy_attachment",
    ),
    "kinesis": ("aws_kinesis_stream",),
    "kms": ("aws_kms_alias", "aws_kms_external_key", "aws_kms_key", "aws_kms_key_policy", "aws_kms_replica_key"),
    "mq": ("aws_mq_broker",),
    "msk": ("aws_msk_cluster",),
    "neptune": ("aws_neptune_cluster",),
    "opensearch": (
        "aws_elasticsearch_domain",
        "aws_elasticsearch_domain_policy",
        "aws_opensearch_domain",
        "aws_opensearch_domain_policy",
    ),
    "lambda_permissions": ("aws_lambda_function_url", "aws_lambda_permission"),
    "lambdas": ("aws_lambda_function", "aws_lambda_function_event_invoke_config"),
    "logs": ("aws_cloudwatch_log_group", "aws_cloudwatch_log_metric_filter"),
    "rds": ("aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance"),
    "rds_snapshots": (
        "aws_db_cluster_snapshot",
        "aws_db_snapshot",
        "aws_db_snapshot_copy",
        "aws_docdb_cluster_snapshot",
        "aws_neptune_cluster_snapshot",
        "aws_rds_cluster_snapshot_copy",
    ),
    "redshift": ("aws_redshift_cluster", "aws_redshift_logging"),
    "regions": ("aws_ebs_encryption_by_default", "aws_s3_account_public_access_block"),
    "s3": (
        "aws_s3_bucket",
        "aws_s3_bucket_accelerate_configuration",
        "aws_s3_bucket_acl",
        "aws_s3_bucket_cors_configuration",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_object_lock_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_website_configuration",
    ),
    "sagemaker": ("aws_sagemaker_notebook_instance",),
    "secretsmanager": ("aws_secretsmanager_secret", "aws_secretsmanager_secret_rotation"),
    "securityhub": ("aws_securityhub_account", "aws_securityhub_standards_subscription"),
    "sns": ("aws_sns_topic", "aws_sns_topic_policy"),
    "sqs": (
        "aws_sqs_queue",
        "aws_sqs_queue_policy",
        "aws_sqs_queue_redrive_allow_policy",
        "aws_sqs_queue_redrive_policy",
    ),
    "undelivered": (
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_lambda_event_source_mapping",
        "aws_sns_topic_subscription",
    ),
    "wafv2": ("aws_wafv2_web_acl", "aws_wafv2_web_acl_logging_configuration"),
    "workspaces": ("aws_workspaces_workspace",),
}
TERRAFORM: Mapping[str, str] = {type_: _AWS + name for name, types in _TERRAFORM.items() for type_ in types}
"""Terraform type to the module that describes what it is, or what it is part of."""

CLOUDFORMATION: Mapping[str, str] = {
    # Types that say part of a kind, or are one under another name. Types that are kinds are found in `KINDS`.
    "AWS::ApiGateway::RestApi": _AWS + "apigateway",
    "AWS::EC2::EIP": _AWS + "ec2",
    "AWS::EC2::EIPAssociation": _AWS + "ec2",
    "AWS::EC2::NetworkInterface": _AWS + "ec2",
    "AWS::EC2::NetworkInterfaceAttachment": _AWS + "ec2",
    "AWS::EC2::SecurityGroupEgress": _AWS + "ec2",
    "AWS::EC2::SecurityGroupIngress": _AWS + "ec2",
    "AWS::IAM::GroupPolicy": _AWS + "iam",
    "AWS::IAM::RolePolicy": _AWS + "iam",
    "AWS::IAM::UserPolicy": _AWS + "iam",
    "AWS::IAM::UserToGroupAddition": _AWS + "iam",
    "AWS::KMS::Alias": _AWS + "kms",
    "AWS::KMS::ReplicaKey": _AWS + "kms",
    "AWS::Lambda::EventInvokeConfig": _AWS + "lambdas",
    "AWS::SNS::TopicInlinePolicy": _AWS + "sns",
    "AWS::SQS::QueueInlinePolicy": _AWS + "sqs",
    "AWS::SecretsManager::RotationSchedule": _AWS + "secretsmanager",
    "AWS::WAFv2::LoggingConfiguration": _AWS + "wafv2",
    "AWS::SecretsManager::SecretTargetAttachment": _AWS + "secretsmanager",
}


@dataclass(frozen=True, slots=True)
class Spelt:
    """What a Terraform or CloudFormation type tells us of."""

    owns: tuple[tuple[Kind, Spelling], ...] = ()
    """Kinds it is a resource of; more than one only where the properties decide."""
    parts: tuple[tuple[Kind, Companion], ...] = ()
    """Kinds it says part of."""


@dataclass(slots=True)
class _Loaded:
    kinds: dict[str, Kind] = field(default_factory=dict)
    spelt: dict[tuple[str, str], Spelt | None] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    types: dict[str, ObjectType] = field(default_factory=dict)
    awscc: dict[str, str] = field(default_factory=dict)
    also: set[str] = field(default_factory=set)
    """Kinds without a description of ours that somebody wants read through Cloud Control."""


_loaded = _Loaded()


def module_of(kind: str) -> str:
    """The module that describes a kind; empty where none does."""
    found = KINDS.get(kind)
    if found is None and kind.startswith("Kubernetes::"):
        return _KUBERNETES
    return found or ""


def kind(name: str) -> Kind:
    """The description of a kind. One that only the schema knows has no spelling, no links and no live calls."""
    found = _loaded.kinds.get(name)
    if found is None:
        module = module_of(name)
        if module:
            _load(module)
        found = _loaded.kinds.get(name)
        if found is None:
            found = _loaded.kinds[name] = Kind(name=name, title=name.rpartition("::")[2])
    return found


def known_kinds() -> tuple[str, ...]:
    """Every kind that some source can tell of, sorted. Imports the module for Kubernetes."""
    _load(_KUBERNETES)
    cluster = (name for name in _loaded.kinds if name.startswith("Kubernetes::"))
    return tuple(sorted({*KINDS, *_loaded.also, *cluster}))


def why_not_by_cloud_control(name: str) -> str:
    """Why a kind cannot be read through Cloud Control; empty where it can."""
    if name in KINDS or name.startswith(("Account::", "Kubernetes::")):
        return "it has a reader of its own"
    if name in CLOUDFORMATION:
        return "it is read as part of what it belongs to"
    if name not in lookup.kinds():
        return "there is no such kind among those whose schema is known here"
    return "" if lookup.reads(name) else "AWS's registry tells of no way to read it"


def also_by_cloud_control(names: Iterable[str]) -> None:
    """From now on these kinds are read too, through Cloud Control, and templates that declare them are judged."""
    for name in names:
        if name not in _loaded.also and not why_not_by_cloud_control(name):
            from soc2gate.kinds.cloud_control import described

            made = _loaded.kinds[name] = described(name)
            assert made.cloudformation is not None
            _loaded.also.add(name)
            _loaded.spelt["cloudformation", name] = Spelt(owns=((made, made.cloudformation),))


def type_of(name: str) -> ObjectType:
    """What a rule sees as `resource`: the schema's properties, ours, and `related` with the kind's links.

    Raises `soc2gate.schema.lookup.UnknownKind` for a name that no schema has.
    """
    found = _loaded.types.get(name)
    if found is None:
        links = lookup.related(name)
        for link, described in kind(name).links.items():
            if link not in links:
                linked = lookup.type_of(described.kind)
                links[link] = ListType(linked) if described.many else linked
        found = _loaded.types[name] = lookup.rule_type(name, links)
    return found


def has_live(name: str) -> bool:
    """Whether a live reader can tell of the kind."""
    return name.startswith("Kubernetes::") or kind(name).live is not None


def is_workload(name: str) -> bool:
    """Whether resources of the kind have a pod template in them."""
    return name.startswith("Kubernetes::") and kind(name).derives is not None


def listing_call(name: str) -> str:
    """The call that lists live resources of the kind, as its API spells it (`s3:ListBuckets`, `list pods`); empty
    where there is none."""
    if name.startswith("Kubernetes::"):
        resource = import_module("soc2gate.kinds.kubernetes_api").RESOURCES.get(name)
        return resource.call if resource is not None else ""
    live = kind(name).live
    if live is None:
        return ""
    call = live.enumerate or next(iter(live.details), None)
    return f"{call.service}:{_operation(call.operation)}" if call else ""


def _operation(method: str) -> str:
    """`DescribeDBInstances` of boto3's `describe_db_instances`."""
    return "".join(_INITIALS.get(word, word.capitalize()) for word in method.split("_"))


_INITIALS = {"db": "DB", "mfa": "MFA", "ssh": "SSH", "saml": "SAML"}


def spelt(language: str, type_: str) -> Spelt | None:
    """What a Terraform or CloudFormation type tells us of; None where we judge nothing of it.

    `language` is `terraform` or `cloudformation`; manifests are brought into the normal form by `kinds.kubernetes`.
    """
    key = (language, type_)
    found = _loaded.spelt.get(key)
    if found is None and type_.startswith("awscc_"):
        found = _loaded.spelt[key] = _spelt_by_awscc(type_)
    if found is None:
        module = _module_for(language, type_)
        if not module:
            return None
        _load(module)
        found = _loaded.spelt.get(key)
    return found


def cloudformation_type(type_: str) -> str:
    """The CloudFormation type that a type of Terraform's awscc provider is made from; empty where we know none."""
    from soc2gate.kinds import awscc

    if not _loaded.awscc:
        _loaded.awscc.update(awscc.kinds_by_type((*KINDS, *CLOUDFORMATION)))
    return _loaded.awscc.get(type_, "")


def _spelt_by_awscc(type_: str) -> Spelt | None:
    from soc2gate.kinds import awscc

    theirs = spelt("cloudformation", cloudformation_type(type_))
    if theirs is None:
        return None
    return Spelt(tuple((kind, awscc.spelling_of(type_, spelling)) for kind, spelling in theirs.owns), theirs.parts)


def _module_for(language: str, type_: str) -> str:
    if language == "terraform":
        return TERRAFORM.get(type_, "")
    if language == "cloudformation":
        return KINDS.get(type_) or CLOUDFORMATION.get(type_, "")
    return ""


def _load(module: str) -> None:
    if module in _loaded.modules:
        return
    _loaded.modules.add(module)
    described: tuple[Kind, ...] = import_module(module).KINDS
    owns: dict[tuple[str, str], list[tuple[Kind, Spelling]]] = {}
    parts: dict[tuple[str, str], list[tuple[Kind, Companion]]] = {}
    for entry in described:
        _loaded.kinds[entry.name] = entry
        for spelling in entry.terraform:
            owns.setdefault(("terraform", spelling.type), []).append((entry, spelling))
        if entry.cloudformation:
            owns.setdefault(("cloudformation", entry.cloudformation.type), []).append((entry, entry.cloudformation))
        for spelling in entry.also_cloudformation:
            owns.setdefault(("cloudformation", spelling.type), []).append((entry, spelling))
        if entry.manifest:
            owns.setdefault(("kubernetes", entry.manifest.type), []).append((entry, entry.manifest))
        for companion in entry.companions:
            language = "cloudformation" if companion.type.startswith("AWS::") else "terraform"
            parts.setdefault((language, companion.type), []).append((entry, companion))
    for key in {*owns, *parts}:
        _loaded.spelt[key] = Spelt(tuple(owns.get(key, ())), tuple(parts.get(key, ())))
