"""Services at the edge and for computing: the same resource in both formats is the same in the normal form."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.engine import differences
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
CLASSIC = "AWS::ElasticLoadBalancing::LoadBalancer"


def made(type_: str, kind: str, body: dict[str, Any]) -> Resource:
    return one(normal(tf(f"{type_}.x", body)), kind)


def template(kind: str, body: dict[str, Any]) -> Resource:
    return one(normal(cfn("X", kind, body)), kind)


# Load balancers


@pytest.mark.parametrize("type_", ["aws_lb", "aws_alb"])
def test_a_load_balancer_is_the_same_in_both_formats(type_: str) -> None:
    ours = made(
        type_,
        BALANCER,
        {
            "name": "shop",
            "internal": True,
            "subnets": ["subnet-1"],
            "security_groups": ["sg-1"],
            "access_logs": [{"bucket": "logs", "enabled": True}],
            "enable_deletion_protection": True,
            "idle_timeout": 30,
            "tags": {"a": "b"},
        },
    )
    theirs = template(
        BALANCER,
        {
            "Name": "shop",
            "Scheme": "internal",
            "Subnets": ["subnet-1"],
            "SecurityGroups": ["sg-1"],
            "LoadBalancerAttributes": [
                {"Key": "access_logs.s3.enabled", "Value": "true"},
                {"Key": "access_logs.s3.bucket", "Value": "logs"},
                {"Key": "deletion_protection.enabled", "Value": "true"},
                {"Key": "idle_timeout.timeout_seconds", "Value": "30"},
            ],
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    assert said(ours) == said(theirs)


@pytest.mark.parametrize("type_", ["aws_lb_listener", "aws_alb_listener"])
def test_a_listener_is_the_same_in_both_formats(type_: str) -> None:
    ours = made(
        type_,
        LISTENER,
        {
            "load_balancer_arn": "arn:aws:lb",
            "port": 443,
            "protocol": "https",
            "certificate_arn": "arn:aws:acm:c",
            "default_action": [
                {"type": "authenticate-oidc", "order": 1, "authenticate_oidc": [OIDC | {"client_secret": "hunter2"}]},
                {"type": "forward", "order": 2, "target_group_arn": "arn:aws:tg"},
            ],
        },
    )
    theirs = template(
        LISTENER,
        {
            "LoadBalancerArn": "arn:aws:lb",
            "Port": "443",
            "Protocol": "HTTPS",
            "Certificates": [{"CertificateArn": "arn:aws:acm:c"}],
            "DefaultActions": [
                {
                    "Type": "authenticate-oidc",
                    "Order": 1,
                    "AuthenticateOidcConfig": {
                        "Issuer": "i",
                        "ClientId": "c",
                        "AuthorizationEndpoint": "a",
                        "TokenEndpoint": "t",
                        "UserInfoEndpoint": "u",
                    },
                },
                {"Type": "forward", "Order": 2, "TargetGroupArn": "arn:aws:tg"},
            ],
        },
    )
    assert said(ours) == said(theirs)
    assert ours.properties["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    assert "hunter2" not in repr(ours)


OIDC = {
    "issuer": "i",
    "client_id": "c",
    "authorization_endpoint": "a",
    "token_endpoint": "t",
    "user_info_endpoint": "u",
}


def test_a_listener_of_unknown_protocol_has_an_unknown_policy() -> None:
    listener = made("aws_lb_listener", LISTENER, {"port": 443, "protocol": var("protocol")})
    assert isinstance(listener.properties["SslPolicy"], Unknown)
    assert "SslPolicy" not in made("aws_lb_listener", LISTENER, {"port": 80, "protocol": "HTTP"}).properties


def test_settings_that_code_leaves_to_the_service_are_no_difference() -> None:
    spelling = differences.Spelling(frozenset(), frozenset(), frozenset({"LoadBalancerAttributes"}))
    logs = {"Key": "access_logs.s3.enabled", "Value": "true"}
    theirs = [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}, logs]

    def paths(ours: list[Any], live: list[Any]) -> list[str]:
        found = differences.differences(
            {"LoadBalancerAttributes": ours},
            {"LoadBalancerAttributes": live},
            read=lambda name: True,
            spelling=spelling,
            resolve=lambda ref: None,
        )
        return [difference.path for difference in found]

    assert paths([logs], theirs) == []
    assert paths([logs], [theirs[0], {**logs, "Value": "false"}]) == ["LoadBalancerAttributes[0].Value"]
    assert paths([logs], theirs[:1]) == ["LoadBalancerAttributes"]


def test_a_classic_load_balancer_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_elb",
        CLASSIC,
        {
            "name": "legacy",
            "subnets": ["subnet-1"],
            "cross_zone_load_balancing": False,
            "listener": [
                {
                    "lb_port": 443,
                    "lb_protocol": "https",
                    "instance_port": 8080,
                    "instance_protocol": "http",
                    "ssl_certificate_id": "arn:aws:acm:c",
                }
            ],
            "access_logs": [{"bucket": "logs", "interval": 60}],
        },
    )
    theirs = template(
        CLASSIC,
        {
            "LoadBalancerName": "legacy",
            "Subnets": ["subnet-1"],
            "CrossZone": False,
            "Listeners": [
                {
                    "LoadBalancerPort": "443",
                    "Protocol": "HTTPS",
                    "InstancePort": "8080",
                    "InstanceProtocol": "HTTP",
                    "SSLCertificateId": "arn:aws:acm:c",
                }
            ],
            "AccessLoggingPolicy": {"Enabled": True, "S3BucketName": "logs", "EmitInterval": 60},
        },
    )
    assert said(ours) == said(theirs)


def test_a_classic_log_that_is_switched_off_stays_off() -> None:
    balancer = made("aws_elb", CLASSIC, {"name": "legacy", "access_logs": [{"bucket": "logs", "enabled": False}]})
    assert balancer.properties["AccessLoggingPolicy"] == {"Enabled": False, "S3BucketName": "logs"}


# CloudFront and certificates

DISTRIBUTION = "AWS::CloudFront::Distribution"
CERTIFICATE = "AWS::CertificateManager::Certificate"


def test_a_distribution_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_cloudfront_distribution",
        DISTRIBUTION,
        {
            "enabled": True,
            "aliases": ["shop.example.com"],
            "is_ipv6_enabled": True,
            "web_acl_id": "arn:aws:wafv2:acl",
            "origin": [
                {
                    "origin_id": "shop",
                    "domain_name": "origin.example.com",
                    "custom_origin_config": [{"origin_protocol_policy": "https-only", "https_port": 443}],
                }
            ],
            "default_cache_behavior": [
                {
                    "target_origin_id": "shop",
                    "viewer_protocol_policy": "redirect-to-https",
                    "allowed_methods": ["GET", "HEAD"],
                    "forwarded_values": [{"query_string": True, "cookies": [{"forward": "none"}]}],
                }
            ],
            "ordered_cache_behavior": [
                {"path_pattern": "/a/*", "target_origin_id": "shop", "viewer_protocol_policy": "https-only"}
            ],
            "viewer_certificate": [{"acm_certificate_arn": "arn:aws:acm:c", "ssl_support_method": "sni-only"}],
            "logging_config": [{"bucket": "logs.s3.amazonaws.com"}],
            "restrictions": [{"geo_restriction": [{"restriction_type": "none"}]}],
        },
    )
    behaviour = {"TargetOriginId": "shop"}
    theirs = template(
        DISTRIBUTION,
        {
            "DistributionConfig": {
                "Enabled": True,
                "Aliases": ["shop.example.com"],
                "IPV6Enabled": True,
                "WebACLId": "arn:aws:wafv2:acl",
                "Origins": [
                    {
                        "Id": "shop",
                        "DomainName": "origin.example.com",
                        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "HTTPSPort": 443},
                    }
                ],
                "DefaultCacheBehavior": {
                    **behaviour,
                    "ViewerProtocolPolicy": "redirect-to-https",
                    "AllowedMethods": ["GET", "HEAD"],
                    "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
                },
                "CacheBehaviors": [{**behaviour, "PathPattern": "/a/*", "ViewerProtocolPolicy": "https-only"}],
                "ViewerCertificate": {"AcmCertificateArn": "arn:aws:acm:c", "SslSupportMethod": "sni-only"},
                "Logging": {"Bucket": "logs.s3.amazonaws.com"},
                "Restrictions": {"GeoRestriction": {"RestrictionType": "none"}},
            }
        },
    )
    assert said(ours) == said(theirs)
    config: Any = ours.properties["DistributionConfig"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1"


def test_a_distribution_without_a_certificate_has_cloudfronts_own() -> None:
    config: Any = template(DISTRIBUTION, {"DistributionConfig": {"Enabled": True}}).properties["DistributionConfig"]
    assert config["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"}


def test_a_certificate_is_the_same_in_both_formats() -> None:
    ours = made("aws_acm_certificate", CERTIFICATE, {"domain_name": "a.example.com", "validation_method": "DNS"})
    theirs = template(CERTIFICATE, {"DomainName": "a.example.com", "ValidationMethod": "DNS"})
    assert said(ours) == said(theirs)
    assert isinstance(ours.properties["NotAfter"], Unknown), "only the live API tells"


# Containers

REPOSITORY = "AWS::ECR::Repository"
EKS = "AWS::EKS::Cluster"
ECS = "AWS::ECS::Cluster"
TASK = "AWS::ECS::TaskDefinition"


def test_a_repository_and_what_is_written_beside_it_are_one() -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}'
    ours = one(
        normal(
            tf(
                "aws_ecr_repository.x",
                {
                    "name": "shop",
                    "image_tag_mutability": "IMMUTABLE",
                    "image_scanning_configuration": [{"scan_on_push": True}],
                    "encryption_configuration": [{"encryption_type": "KMS", "kms_key": "arn:aws:kms:k"}],
                    "tags": {"a": "b"},
                },
            ),
            tf("aws_ecr_repository_policy.x", {"repository": ref("aws_ecr_repository.x.name"), "policy": policy}),
            tf("aws_ecr_lifecycle_policy.x", {"repository": "shop", "policy": "{}"}),
        ),
        REPOSITORY,
    )
    theirs = template(
        REPOSITORY,
        {
            "RepositoryName": "shop",
            "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": "true"},
            "EncryptionConfiguration": {"EncryptionType": "KMS", "KmsKey": "arn:aws:kms:k"},
            "RepositoryPolicyText": policy,
            "LifecyclePolicy": {"LifecyclePolicyText": "{}"},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    assert said(ours) == said(theirs)


def test_an_eks_cluster_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_eks_cluster",
        EKS,
        {
            "name": "shop",
            "role_arn": "arn:aws:iam::1:role/r",
            "version": "1.33",
            "enabled_cluster_log_types": ["api", "audit"],
            "encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": "arn:aws:kms:k"}]}],
            "vpc_config": [{"subnet_ids": ["subnet-1"], "public_access_cidrs": []}],
        },
    )
    theirs = template(
        EKS,
        {
            "Name": "shop",
            "RoleArn": "arn:aws:iam::1:role/r",
            "Version": "1.33",
            "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}]}},
            "EncryptionConfig": [{"Resources": ["secrets"], "Provider": {"KeyArn": "arn:aws:kms:k"}}],
            "ResourcesVpcConfig": {"SubnetIds": ["subnet-1"], "PublicAccessCidrs": []},
        },
    )
    assert said(ours) == said(theirs)
    network: Any = ours.properties["ResourcesVpcConfig"]
    assert (network["EndpointPublicAccess"], network["PublicAccessCidrs"]) == (True, ["0.0.0.0/0"])


def test_an_ecs_cluster_is_the_same_in_both_formats() -> None:
    ours = made("aws_ecs_cluster", ECS, {"name": "c", "setting": [{"name": "containerInsights", "value": "enabled"}]})
    theirs = template(ECS, {"ClusterName": "c", "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]})
    assert said(ours) == said(theirs)
    assert isinstance(made("aws_ecs_cluster", ECS, {"name": "c"}).properties["ClusterSettings"], Unknown)


CONTAINERS = """[{"name": "web", "image": "web:1", "cpu": 256, "dockerLabels": {"team": "a"},
 "portMappings": [{"containerPort": 80}],
 "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}}]"""


def test_a_task_definition_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_ecs_task_definition",
        TASK,
        {"family": "shop", "cpu": 256, "network_mode": "awsvpc", "container_definitions": CONTAINERS},
    )
    theirs = template(
        TASK,
        {
            "Family": "shop",
            "Cpu": "256",
            "NetworkMode": "awsvpc",
            "ContainerDefinitions": [
                {
                    "Name": "web",
                    "Image": "web:1",
                    "Cpu": 256,
                    "DockerLabels": {"team": "a"},
                    "PortMappings": [{"ContainerPort": 80}],
                    "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}},
                }
            ],
        },
    )
    assert said(ours) == said(theirs)


def test_a_user_pool_is_the_same_in_both_formats() -> None:
    pool = "AWS::Cognito::UserPool"
    ours = made("aws_cognito_user_pool", pool, {"name": "p", "alias_attributes": ["email"], "tags": {"a": "b"}})
    theirs = template(pool, {"UserPoolName": "p", "AliasAttributes": ["email"], "UserPoolTags": {"a": "b"}})
    assert said(ours) == said(theirs)
    assert ours.properties["MfaConfiguration"] == "OFF"


# Lambda

FUNCTION = "AWS::Lambda::Function"


def test_a_function_is_the_same_in_both_formats() -> None:
    ours = made(
        "aws_lambda_function",
        FUNCTION,
        {
            "function_name": "orders",
            "role": "arn:aws:iam::1:role/r",
            "handler": "orders.handle",
            "runtime": "python3.13",
            "reserved_concurrent_executions": -1,
            "environment": [{"variables": {"LEVEL": "info"}}],
            "vpc_config": [{"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}],
            "dead_letter_config": [{"target_arn": "arn:aws:sqs:q"}],
            "tags": {"a": "b"},
        },
    )
    theirs = template(
        FUNCTION,
        {
            "FunctionName": "orders",
            "Code": var("code"),
            "Role": "arn:aws:iam::1:role/r",
            "Handler": "orders.handle",
            "Runtime": "python3.13",
            "MemorySize": "128",
            "Environment": {"Variables": {"LEVEL": "info"}},
            "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:q"},
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    assert said(ours) == said(theirs)


def test_failures_go_where_the_invoke_configuration_says() -> None:
    destination = [{"on_failure": [{"destination": "arn:aws:sqs:q"}]}]
    ours = normal(
        tf("aws_lambda_function.x", {"function_name": "orders"}),
        tf(
            "aws_lambda_function_event_invoke_config.x",
            {"function_name": ref("aws_lambda_function.x.arn"), "destination_config": destination},
        ),
    )
    theirs = normal(
        cfn("X", FUNCTION, {"FunctionName": "orders"}),
        cfn(
            "Y",
            "AWS::Lambda::EventInvokeConfig",
            {"FunctionName": ref("X.Ref"), "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:q"}}},
        ),
    )
    assert one(ours, FUNCTION).related == one(theirs, FUNCTION).related
    assert one(ours, FUNCTION).related["FailureDestinations"] == ["arn:aws:sqs:q"]


# API Gateway


def test_api_stages_and_domains_are_the_same_in_both_formats() -> None:
    logs = [{"destination_arn": "arn:aws:logs:g", "format": "f"}]
    written = {"DestinationArn": "arn:aws:logs:g", "Format": "f"}
    stage, second, domain = "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage", "AWS::ApiGateway::DomainName"
    for ours, theirs in (
        (
            made("aws_api_gateway_stage", stage, {"rest_api_id": "a", "stage_name": "s", "access_log_settings": logs}),
            template(stage, {"RestApiId": "a", "StageName": "s", "AccessLogSetting": written}),
        ),
        (
            made("aws_apigatewayv2_stage", second, {"api_id": "a", "name": "s", "access_log_settings": logs}),
            template(second, {"ApiId": "a", "StageName": "s", "AccessLogSettings": written}),
        ),
        (
            made("aws_api_gateway_domain_name", domain, {"domain_name": "d", "security_policy": "TLS_1_2"}),
            template(domain, {"DomainName": "d", "SecurityPolicy": "TLS_1_2"}),
        ),
    ):
        assert said(ours) == said(theirs)


def test_a_listener_is_named_by_its_balancer_and_its_port() -> None:
    by_reference = tf("aws_lb_listener.a", {"load_balancer_arn": ref("aws_lb.shop.arn"), "port": 443})
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/spare/50dc6c495c0c9188"
    by_arn = tf("aws_lb_listener.b", {"load_balancer_arn": arn, "port": 80})
    nowhere = tf("aws_lb_listener.c", {"load_balancer_arn": var("arn"), "port": 80})
    balancer = tf("aws_lb.shop", {"name": "shop"})
    found = [one for one in normal(by_reference, by_arn, nowhere, balancer).resources if one.kind == LISTENER]
    assert [one.identity.get("name") for one in found] == ["shop:443", "spare:80", None]
