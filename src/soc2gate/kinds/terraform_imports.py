"""What it takes to bring a resource that runs into Terraform: the id its import asks for, and what must stand beside.

Ids are as the provider's documentation of each type says them (`Import.source`). A companion stands here only where it
is how its part is to be written: a bucket's versioning is a resource of its own since version 4 of the provider, while
a security group's rules stand in the group, because the ids of single rules are not among what we read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from soc2gate.facts import dataclass
from soc2gate.model.value import Value

_DOCUMENTATION = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/"
_NAMED = re.compile(r"\{([\w.|]+)\}")


@dataclass(frozen=True, slots=True)
class Import:
    """How the provider asks for one resource type."""

    type: str
    id: str
    """`{name}` is a key of the live resource's identity or a property, `{arn|parent}` the first of two that is there;
    `{element}` the part that a companion says, and `{element.PolicyName}` something in it, where it may be one of
    several too."""

    @property
    def source(self) -> str:
        """Where the provider documents it."""
        return f"{_DOCUMENTATION}{self.type.removeprefix('aws_')}#import"

    def of(self, identity: Mapping[str, Value], properties: Mapping[str, Value], element: Value = None) -> str:
        """The id of one resource; empty where part of it is not known."""
        missing: list[str] = []

        def fill(found: re.Match[str]) -> str:
            name, _, inside = found[1].partition(".")
            keys = (inside or name).split("|")
            tables = (identity, properties) if not inside else (element,) if isinstance(element, dict) else ()
            there = (table[key] for key in keys for table in tables if key in table)
            value = element if found[1] == "element" else next(there, None)
            if isinstance(value, (bool, int)):
                return str(value).lower()
            if not isinstance(value, str) or not value:
                missing.append(name)
                return ""
            return value

        made = _NAMED.sub(fill, self.id)
        return "" if missing else made


_IDS = {
    "aws_acm_certificate": "{arn}",
    "aws_api_gateway_domain_name": "{DomainName}",
    "aws_api_gateway_stage": "{RestApiId}/{StageName}",
    "aws_apigatewayv2_stage": "{ApiId}/{StageName}",
    "aws_backup_plan": "{id}",
    "aws_backup_selection": "{BackupPlanId}|{SelectionId}",
    "aws_cloudfront_distribution": "{id}",
    "aws_cloudtrail": "{arn}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_log_metric_filter": "{LogGroupName}:{FilterName}",
    "aws_cloudwatch_metric_alarm": "{AlarmName}",
    "aws_codebuild_project": "{name}",
    "aws_cognito_user_pool": "{id}",
    "aws_config_configuration_recorder": "{name}",
    "aws_config_configuration_recorder_status": "{name}",
    "aws_config_delivery_channel": "{name}",
    "aws_db_instance": "{DBInstanceIdentifier}",
    "aws_dms_replication_instance": "{ReplicationInstanceIdentifier}",
    "aws_docdb_cluster": "{DBClusterIdentifier}",
    "aws_dynamodb_table": "{TableName}",
    "aws_ebs_volume": "{id}",
    "aws_ecr_lifecycle_policy": "{RepositoryName}",
    "aws_ecr_repository": "{RepositoryName}",
    "aws_ecr_repository_policy": "{RepositoryName}",
    "aws_ecs_cluster": "{ClusterName}",
    "aws_ecs_task_definition": "{arn}:{revision}",
    "aws_efs_backup_policy": "{id}",
    "aws_efs_file_system": "{id}",
    "aws_efs_file_system_policy": "{id}",
    "aws_eks_cluster": "{name}",
    "aws_elasticache_cluster": "{ClusterName}",
    "aws_elasticache_replication_group": "{ReplicationGroupId}",
    "aws_elasticsearch_domain": "{DomainName}",
    "aws_elb": "{LoadBalancerName}",
    "aws_flow_log": "{id}",
    "aws_guardduty_detector": "{id}",
    "aws_iam_group": "{GroupName}",
    "aws_iam_group_policy": "{GroupName}:{element.PolicyName}",
    "aws_iam_group_policy_attachment": "{GroupName}/{element}",
    "aws_iam_policy": "{arn}",
    "aws_iam_role": "{RoleName}",
    "aws_iam_role_policy": "{RoleName}:{element.PolicyName}",
    "aws_iam_role_policy_attachment": "{RoleName}/{element}",
    "aws_iam_user": "{UserName}",
    "aws_iam_user_group_membership": "{UserName}/{element}",
    "aws_iam_user_policy": "{UserName}:{element.PolicyName}",
    "aws_iam_user_policy_attachment": "{UserName}/{element}",
    "aws_instance": "{id}",
    "aws_kinesis_stream": "{name}",
    "aws_kms_alias": "{element}",
    "aws_kms_key": "{id}",
    "aws_lambda_event_source_mapping": "{id}",
    "aws_lambda_function": "{FunctionName}",
    "aws_launch_configuration": "{LaunchConfigurationName}",
    "aws_launch_template": "{id}",
    "aws_lb": "{arn}",
    "aws_lb_listener": "{arn}",
    "aws_mq_broker": "{id}",
    "aws_msk_cluster": "{arn}",
    "aws_neptune_cluster": "{DBClusterIdentifier}",
    "aws_network_acl": "{id}",
    "aws_opensearch_domain": "{DomainName}",
    "aws_rds_cluster": "{DBClusterIdentifier}",
    "aws_redshift_cluster": "{ClusterIdentifier}",
    "aws_s3_bucket": "{BucketName}",
    "aws_s3_bucket_accelerate_configuration": "{BucketName}",
    "aws_s3_bucket_cors_configuration": "{BucketName}",
    "aws_s3_bucket_lifecycle_configuration": "{BucketName}",
    "aws_s3_bucket_logging": "{BucketName}",
    "aws_s3_bucket_object_lock_configuration": "{BucketName}",
    "aws_s3_bucket_ownership_controls": "{BucketName}",
    "aws_s3_bucket_policy": "{name}",
    "aws_s3_bucket_public_access_block": "{BucketName}",
    "aws_s3_bucket_server_side_encryption_configuration": "{BucketName}",
    "aws_s3_bucket_versioning": "{BucketName}",
    "aws_s3_bucket_website_configuration": "{BucketName}",
    "aws_sagemaker_notebook_instance": "{NotebookInstanceName}",
    "aws_secretsmanager_secret": "{arn}",
    "aws_secretsmanager_secret_rotation": "{arn}",
    "aws_security_group": "{id}",
    "aws_securityhub_account": "{account}",
    "aws_securityhub_standards_subscription": "{arn}",
    "aws_sns_topic": "{arn}",
    "aws_sns_topic_policy": "{arn|parent}",
    "aws_sns_topic_subscription": "{arn}",
    "aws_sqs_queue": "{url}",
    "aws_sqs_queue_policy": "{url}",
    "aws_subnet": "{id}",
    "aws_vpc": "{id}",
    "aws_wafv2_web_acl": "{id}/{name}/{Scope}",
    "aws_workspaces_workspace": "{id}",
}
IMPORTS: Mapping[str, Import] = {type_: Import(type_, id_) for type_, id_ in _IDS.items()}

OF_PARTS: Mapping[str, Import] = {
    type_: Import(type_, id_)
    for type_, id_ in {
        # The protocol as its number, which is how the API tells it.
        "aws_network_acl_rule": "{id}:{element.RuleNumber}:{element.Protocol}:{element.Egress}",
    }.items()
}
"""The same for resources beside another that are not how its part is to be written, but may be how code writes it."""

NOT_CODE: Mapping[str, str] = {
    "AWS::ApiGateway::Method": "a method has no name by which code and the account could be brought together",
    "AWS::Events::Rule": "what it waits for (EventPattern) is not read",
    "AWS::Lambda::Permission": "its statement's id is not told apart from other statements of the function's policy",
    "AWS::Logs::DeliverySource": "where it delivers to is not read",
    "Account::CloudFormation::Stack": "a stack is deployed from its template",
    "Account::EC2::Image": "an image is made by a build, not declared",
    "Account::EC2::Snapshot": "a snapshot is a copy that was made at one time, not something to declare",
    "Account::RDS::Snapshot": "a snapshot is a copy that was made at one time, not something to declare",
}
"""Kind to why nothing is written for it; of others without a type here nothing is ever unmanaged, for each account,
region or stack has exactly one."""

BESIDE: Mapping[str, Mapping[str, Mapping[str, Value]]] = {
    # A rule for all protocols has no ports, and the provider wants to be told 0 for them.
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group#ingress
    "aws_security_group": {block: {"from_port": 0, "to_port": 0} for block in ("ingress", "egress")},
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/network_acl#egress
    "aws_network_acl": {block: {"from_port": 0, "to_port": 0} for block in ("ingress", "egress")},
}
"""Type and block to what has to stand in each such block, where nothing else stands there."""

UNTOLD: Mapping[str, tuple[str, ...]] = {
    # One of filename, image_uri and s3_bucket must stand, and the function's code is not among what we read.
    "aws_lambda_function": ("filename",),
    # Its reader does not tell how a certificate was validated, and without it the provider makes another one.
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/acm_certificate#validation_method
    "aws_acm_certificate": ("validation_method",),
}
"""Type to arguments that the provider insists on though its schema does not say so, and that nobody read: a variable
stands for each."""

ALONE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # A filter holds one condition, or several under `and`.
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_lifecycle_configuration
    "aws_s3_bucket_lifecycle_configuration": {
        "rule.filter": ("prefix", "tag", "object_size_greater_than", "object_size_less_than")
    },
}
"""Type and block to arguments of which one only may stand, one only once; what says more is told elsewhere."""

GATHERED: Mapping[str, tuple[str, ...]] = {
    # The provider gathers peers of the same ports and description, and tells the group itself as `self`; written in any
    # other way, its plan shows a change.
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group#ingress
    "aws_security_group": ("ingress", "egress"),
}
"""Type to blocks that are written as one where they differ in their lists alone."""

ITSELF: Mapping[str, tuple[str, str]] = {"aws_security_group": ("security_groups", "self")}
"""Type to the list in such a block that may hold the resource's own id, and the switch that says it instead."""
