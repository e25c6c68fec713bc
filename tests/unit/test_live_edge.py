"""Services at the edge and for computing, read over HTTP."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast
from zipfile import ZipFile

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal
from kinds_support import assert_fits

from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown

NOW = "2026-11-21T09:00:00Z"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
CLASSIC = "AWS::ElasticLoadBalancing::LoadBalancer"


def collect(aws: Aws, *kinds: str) -> Snapshot:
    snapshot = collect_aws(AwsRequest(kinds, lambda: NOW, regions=(REGION,), endpoint_url=aws.url))
    for resource in snapshot.resources():
        assert_fits(resource)
    return snapshot


def only(snapshot: Snapshot, kind: str) -> Resource:
    (found,) = [resource for resource in snapshot.resources() if resource.kind == kind]
    return found


# Load balancers


def network(aws: Aws) -> tuple[str, list[str]]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]


def balancer(aws: Aws, name: str, **more: Any) -> str:
    _, subnets = network(aws)
    made = aws.client("elbv2").create_load_balancer(Name=name, Subnets=subnets, **more)
    arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
    return arn


def test_load_balancers_with_their_settings_and_listeners(aws: Aws) -> None:
    elbv2 = aws.client("elbv2")
    arn = balancer(aws, "shop", Tags=[{"Key": "team", "Value": "a"}])
    balancer(aws, "spare")
    elbv2.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    listener = elbv2.create_listener(
        LoadBalancerArn=arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )["Listeners"][0]["ListenerArn"]
    snapshot = collect(aws, BALANCER, LISTENER)
    (shop,) = [r for r in snapshot.resources() if r.identity.get("name") == "shop"]
    settings: Any = shop.properties["LoadBalancerAttributes"]
    assert {"Key": "deletion_protection.enabled", "Value": "true"} in settings
    assert {"Key": "load_balancing.cross_zone.enabled", "Value": "false"} in settings
    assert (shop.identity["arn"], shop.properties["Type"], shop.tags) == (arn, "application", {"team": "a"})
    found = only(snapshot, LISTENER)
    assert (found.address, found.properties["LoadBalancerArn"]) == (listener, arn)
    assert (found.properties["Port"], found.properties["Protocol"]) == (80, "HTTP")
    actions: Any = found.properties["DefaultActions"]
    assert [action["RedirectConfig"] for action in actions] == [redirect]
    (part,) = snapshot.parts
    made = {count.call: count.made for count in part.calls}
    assert made["elbv2:DescribeLoadBalancers"] == 1, "both kinds share the listing"
    assert made["elbv2:DescribeListeners"] == 2


@pytest.mark.parametrize("operation", ["DescribeLoadBalancers", "DescribeListeners"])
def test_listeners_that_could_not_be_listed_are_unread(aws: Aws, operation: str) -> None:
    balancer(aws, "shop")
    with aws.refusing(Refusal(f"Action={operation}&", "AccessDenied", "query")):
        snapshot = collect(aws, LISTENER)
    reason = snapshot.why_unread(LISTENER, REGION)
    assert reason == f"elbv2:{operation} was denied (AccessDenied)"
    assert f"allow elasticloadbalancing:{operation}" in snapshot.problems()[0].hint


def test_listeners_of_a_balancer_that_has_just_gone_are_none(aws: Aws) -> None:
    balancer(aws, "shop")
    with aws.refusing(Refusal("Action=DescribeListeners&", "LoadBalancerNotFound", "query", "400 Bad Request")):
        snapshot = collect(aws, LISTENER)
    assert (len(snapshot.resources()), snapshot.was_read(LISTENER, REGION)) == (0, True)


def test_settings_that_may_not_be_read_are_unknown(aws: Aws) -> None:
    balancer(aws, "shop")
    with aws.refusing(Refusal("DescribeLoadBalancerAttributes", "AccessDenied", "query")):
        found = only(collect(aws, BALANCER), BALANCER)
    assert isinstance(found.properties["LoadBalancerAttributes"], Unknown)


def test_a_classic_load_balancer(aws: Aws) -> None:
    elb = aws.client("elb")
    elb.create_load_balancer(
        LoadBalancerName="legacy",
        Listeners=[{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 8080, "InstanceProtocol": "http"}],
        AvailabilityZones=[f"{REGION}a"],
    )
    found = only(collect(aws, CLASSIC), CLASSIC)
    assert found.properties["Listeners"] == [
        {"LoadBalancerPort": "80", "Protocol": "HTTP", "InstancePort": "8080", "InstanceProtocol": "HTTP"}
    ]
    policy: Any = found.properties["AccessLoggingPolicy"]
    assert policy["Enabled"] is False
    assert found.identity["arn"] == f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/legacy"


# CloudFront and certificates

DISTRIBUTION = "AWS::CloudFront::Distribution"
CERTIFICATE = "AWS::CertificateManager::Certificate"


def distribute(aws: Aws, **more: Any) -> str:
    behaviour = {
        "TargetOriginId": "shop",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {
            "Quantity": 2,
            "Items": ["HEAD", "GET"],
            "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
        },
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        "MinTTL": 0,
    }
    origin = {
        "Id": "shop",
        "DomainName": "origin.example.com",
        "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "x-origin", "HeaderValue": "hunter2"}]},
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    made = aws.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "one",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behaviour,
            **more,
        }
    )
    arn: str = made["Distribution"]["ARN"]
    return arn


def test_a_distribution_reads_as_code_writes_it(aws: Aws) -> None:
    arn = distribute(
        aws,
        Logging={"Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""},
        ViewerCertificate={"CloudFrontDefaultCertificate": True},
    )
    found = only(collect(aws, DISTRIBUTION), DISTRIBUTION)
    config: Any = found.properties["DistributionConfig"]
    assert found.address == arn
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert config["DefaultCacheBehavior"]["AllowedMethods"] == ["HEAD", "GET"]
    assert config["Logging"] == {"IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com"}
    assert config["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    assert [origin["Id"] for origin in config["Origins"]] == ["shop"]
    assert "hunter2" not in repr(found)


def test_a_log_that_is_switched_off_names_no_bucket(aws: Aws) -> None:
    distribute(
        aws, Logging={"Enabled": False, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""}
    )
    config: Any = only(collect(aws, DISTRIBUTION), DISTRIBUTION).properties["DistributionConfig"]
    assert config["Logging"] == {}


def test_a_distribution_that_may_not_be_read_is_unknown(aws: Aws) -> None:
    distribute(aws)
    with aws.refusing(Refusal("/config", "AccessDenied", "query")):
        found = only(collect(aws, DISTRIBUTION), DISTRIBUTION)
    assert found.properties["DistributionConfig"] == Unknown(
        "cloudfront:GetDistributionConfig was denied (AccessDenied)"
    )


SOURCE = "AWS::Logs::DeliverySource"


def deliver(aws: Aws, arn: str, log_type: str = "ACCESS_LOGS") -> str:
    """A source for what logs, with a delivery; where it goes."""
    logs = aws.client("logs", "us-east-1")
    aws.client("s3", "us-east-1").create_bucket(Bucket="delivered")
    name = arn.partition("/")[2].lower()
    logs.put_delivery_source(name=name, resourceArn=arn, logType=log_type)
    made = logs.put_delivery_destination(
        name=f"to-{name}", deliveryDestinationConfiguration={"destinationResourceArn": "arn:aws:s3:::delivered"}
    )
    destination: str = made["deliveryDestination"]["arn"]
    logs.create_delivery(deliverySourceName=name, deliveryDestinationArn=destination)
    return destination


def test_what_is_delivered_for_a_distribution_is_read_where_it_stands_and_for_nothing_else(aws: Aws) -> None:
    arn = distribute(aws)
    destination = deliver(aws, arn)
    deliver(aws, f"arn:aws:bedrock:us-east-1:{ACCOUNT}:knowledge-base/KB1", "APPLICATION_LOGS")
    source = only(collect(aws, DISTRIBUTION), SOURCE)
    assert source.properties["ResourceArn"] == arn
    assert source.properties["LogType"] == "ACCESS_LOGS"
    assert source.properties["Deliveries"] == [destination]


def test_deliveries_that_may_not_be_listed_are_unknown(aws: Aws) -> None:
    deliver(aws, distribute(aws))
    with aws.refusing(Refusal("Logs_20140328.DescribeDeliveries", "AccessDeniedException", "json")):
        source = only(collect(aws, DISTRIBUTION), SOURCE)
    assert isinstance(source.properties["Deliveries"], Unknown)


def test_certificates_of_every_kind_of_key_are_listed(aws: Aws) -> None:
    aws.client("acm").request_certificate(DomainName="shop.example.com", KeyAlgorithm="EC_prime256v1")
    aws.requests.clear()
    found = only(collect(aws, CERTIFICATE), CERTIFICATE)
    (asked,) = [request for request in aws.requests if "ListCertificates" in request]
    assert all(key in asked for key in ("RSA_1024", "RSA_4096", "EC_prime256v1", "EC_secp521r1"))
    assert found.properties["DomainName"] == "shop.example.com"
    assert "Status" in found.properties
    assert found.properties.get("InUseBy", []) == []


# Containers and user pools

REPOSITORY = "AWS::ECR::Repository"
EKS = "AWS::EKS::Cluster"
ECS = "AWS::ECS::Cluster"
TASK = "AWS::ECS::TaskDefinition"
POOL = "AWS::Cognito::UserPool"


def test_a_repository_with_its_policy_and_scanning(aws: Aws) -> None:
    ecr = aws.client("ecr")
    ecr.create_repository(
        repositoryName="shop",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "team", "Value": "a"}],
    )
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}'
    ecr.set_repository_policy(repositoryName="shop", policyText=policy)
    found = only(collect(aws, REPOSITORY), REPOSITORY)
    told: Any = found.properties
    assert (told["ImageTagMutability"], told["ImageScanningConfiguration"]) == ("IMMUTABLE", {"ScanOnPush": True})
    assert told["ScanFrequency"] == "MANUAL", "moto's answer while the registry itself asks for nothing"
    assert told["RepositoryPolicyText"]["Statement"][0]["Principal"] == "*"
    assert (found.identity["name"], found.tags) == ("shop", {"team": "a"})
    assert "LifecyclePolicy" in found.places, "it was looked at, and there is none"


def test_a_repository_without_a_policy_has_none_and_a_denied_one_is_unknown(aws: Aws) -> None:
    aws.client("ecr").create_repository(repositoryName="shop")
    found = only(collect(aws, REPOSITORY), REPOSITORY)
    assert "RepositoryPolicyText" not in found.properties
    assert "RepositoryPolicyText" in found.places
    with aws.refusing(Refusal("GetRepositoryPolicy", "AccessDeniedException", "json", "400 Bad Request")):
        found = only(collect(aws, REPOSITORY), REPOSITORY)
    assert isinstance(found.properties["RepositoryPolicyText"], Unknown)


def test_an_eks_cluster(aws: Aws) -> None:
    _, subnets = network(aws)
    aws.client("eks").create_cluster(
        name="shop",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/shop",
        resourcesVpcConfig={
            "subnetIds": subnets,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["198.51.100.0/24"],
        },
        logging={
            "clusterLogging": [
                {"types": ["api", "audit"], "enabled": True},
                {"types": ["authenticator"], "enabled": False},
            ]
        },
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:k"}}],
        tags={"team": "a"},
    )
    found = only(collect(aws, EKS), EKS)
    told: Any = found.properties
    assert told["ResourcesVpcConfig"]["EndpointPublicAccess"] is True
    assert told["ResourcesVpcConfig"]["PublicAccessCidrs"] == ["198.51.100.0/24"]
    assert told["Logging"] == {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}]}}
    assert told["EncryptionConfig"] == [{"Resources": ["secrets"], "Provider": {"KeyArn": "arn:aws:kms:k"}}]
    assert (found.identity["name"], found.tags) == ("shop", {"team": "a"})


def test_an_eks_cluster_that_may_not_be_described_is_unknown(aws: Aws) -> None:
    _, subnets = network(aws)
    aws.client("eks").create_cluster(
        name="shop", roleArn=f"arn:aws:iam::{ACCOUNT}:role/shop", resourcesVpcConfig={"subnetIds": subnets}
    )
    with aws.refusing(Refusal("/clusters/shop", "AccessDeniedException", "json")):
        told = only(collect(aws, EKS), EKS).properties
    assert all(isinstance(told[name], Unknown) for name in ("ResourcesVpcConfig", "EncryptionConfig", "Logging"))


def test_ecs_clusters_and_the_latest_revision_of_each_task(aws: Aws) -> None:
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="shop", settings=[{"name": "containerInsights", "value": "enabled"}])
    for tag in ("1", "2"):
        ecs.register_task_definition(
            family="shop",
            containerDefinitions=[
                {
                    "name": "web",
                    "image": f"web:{tag}",
                    "memory": 128,
                    "environment": [{"name": "PASSWORD", "value": "hunter2"}],
                    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
                }
            ],
        )
    snapshot = collect(aws, ECS, TASK)
    cluster = only(snapshot, ECS)
    assert cluster.properties["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]
    assert cluster.identity["name"] == "shop"
    task = only(snapshot, TASK)
    (web,) = cast("list[Any]", task.properties["ContainerDefinitions"])
    assert web["Image"] == "web:2"
    assert web["LogConfiguration"] == {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}}
    assert "hunter2" not in repr(snapshot)
    assert task.identity["name"] == "shop"


def test_a_user_pool(aws: Aws) -> None:
    pool = aws.client("cognito-idp").create_user_pool(
        PoolName="customers", MfaConfiguration="OPTIONAL", UserPoolTags={"team": "a"}
    )["UserPool"]
    found = only(collect(aws, POOL), POOL)
    assert found.properties["MfaConfiguration"] == "OPTIONAL"
    assert (found.identity["arn"], found.tags) == (pool["Arn"], {"team": "a"})


# Lambda

FUNCTION = "AWS::Lambda::Function"


def function(aws: Aws) -> str:
    role = aws.client("iam").create_role(RoleName="orders", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("orders.py", "def handle(event, context): ...")
    made = aws.client("lambda").create_function(
        FunctionName="orders",
        Role=role,
        Runtime="python3.12",
        Handler="orders.handle",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"PASSWORD": "hunter2"}},
        TracingConfig={"Mode": "Active"},
        Tags={"team": "a"},
    )
    arn: str = made["FunctionArn"]
    return arn


def test_a_function_with_where_its_failures_go(aws: Aws) -> None:
    arn = function(aws)
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName="orders",
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:123456789012:failed"}},
    )
    snapshot = collect(aws, FUNCTION)
    found = only(snapshot, FUNCTION)
    told = found.properties
    assert (told["FunctionName"], told["Runtime"]) == ("orders", "python3.12")
    assert told["TracingConfig"] == {"Mode": "Active"}
    assert found.related["FailureDestinations"] == ["arn:aws:sqs:eu-west-1:123456789012:failed"]
    assert (found.address, found.tags) == (arn, {"team": "a"})
    assert "hunter2" not in repr(snapshot)


def test_where_failures_go_is_unknown_where_it_may_not_be_asked(aws: Aws) -> None:
    function(aws)
    with aws.refusing(Refusal("/event-invoke-config/list", "AccessDeniedException", "json")):
        found = only(collect(aws, FUNCTION), FUNCTION)
    reason = "lambda:ListFunctionEventInvokeConfigs was denied (AccessDeniedException)"
    assert found.related["FailureDestinations"] == Unknown(reason)


# API Gateway

STAGE = "AWS::ApiGateway::Stage"
STAGE_V2 = "AWS::ApiGatewayV2::Stage"
DOMAIN = "AWS::ApiGateway::DomainName"


def test_stages_of_both_generations_and_domains(aws: Aws) -> None:
    gateway, second = aws.client("apigateway"), aws.client("apigatewayv2")
    api = gateway.create_rest_api(name="shop")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=root,
        httpMethod="GET",
        type="HTTP",
        uri="https://a.example.com",
        integrationHttpMethod="GET",
    )
    deployment = gateway.create_deployment(restApiId=api)["id"]
    gateway.create_stage(restApiId=api, stageName="live", deploymentId=deployment, tracingEnabled=True)
    gateway.create_domain_name(domainName="api.example.com", securityPolicy="TLS_1_0")
    http = second.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    second.create_stage(
        ApiId=http, StageName="live", AccessLogSettings={"DestinationArn": "arn:aws:logs:g", "Format": "f"}
    )
    snapshot = collect(aws, STAGE, STAGE_V2, DOMAIN)
    stage = only(snapshot, STAGE)
    assert (stage.properties["RestApiId"], stage.properties["StageName"]) == (api, "live")
    assert stage.properties["TracingEnabled"] is True
    assert "AccessLogSetting" in stage.places, "it was looked at, and there is none"
    assert stage.address == f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/live"
    newer = only(snapshot, STAGE_V2).properties
    assert (newer["ApiId"], newer["AccessLogSettings"]) == (http, {"DestinationArn": "arn:aws:logs:g", "Format": "f"})
    assert only(snapshot, DOMAIN).properties["SecurityPolicy"] == "TLS_1_0"
