"""One account, read from the API, from what AWS Config records and from Terraform's state: each tells the same in the
normal form, or that it does not know. Never another value, whatever was not recorded.

The account is made, and what AWS Config and Terraform would have written is put down here, from boto3's answers alone:
nothing of `kinds/` has a hand in it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).parents[1] / "end_to_end"))

import account_by_hand
from aws_for_tests import ACCOUNT, REGION, Aws, running_aws

from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.config_snapshot import read_config_snapshots
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.resource import Resource
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, Unknown, Value, as_json
from soc2gate.state_as_live import read_states

pytestmark = pytest.mark.slow

Item: TypeAlias = dict[str, Any]
Known: TypeAlias = dict[tuple[str, str], Resource]

# How boto3 lists what AWS Config records as this type, and what the one that is listed is called.
LISTED: Mapping[str, tuple[str, str, str, str]] = {
    "AWS::ACM::Certificate": ("acm", "describe_certificate", "Certificate", "CertificateArn"),
    "AWS::CloudTrail::Trail": ("cloudtrail", "describe_trails", "trailList", "TrailARN"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn"),
    "AWS::DynamoDB::Table": ("dynamodb", "describe_table", "Table", "TableArn"),
    "AWS::EC2::FlowLog": ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "AWS::EC2::Instance": ("ec2", "describe_instances", "Reservations.Instances", "InstanceId"),
    "AWS::EC2::NetworkAcl": ("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "AWS::EC2::SecurityGroup": ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    "AWS::EC2::Subnet": ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "AWS::EC2::VPC": ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "AWS::EC2::Volume": ("ec2", "describe_volumes", "Volumes", "VolumeId"),
    "AWS::ElasticLoadBalancing::LoadBalancer": (
        "elb",
        "describe_load_balancers",
        "LoadBalancerDescriptions",
        "LoadBalancerName",
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "LoadBalancerArn",
    ),
    "AWS::IAM::Group": ("iam", "get_account_authorization_details", "GroupDetailList", "Arn"),
    "AWS::IAM::Policy": ("iam", "get_account_authorization_details", "Policies", "Arn"),
    "AWS::IAM::Role": ("iam", "get_account_authorization_details", "RoleDetailList", "Arn"),
    "AWS::IAM::User": ("iam", "get_account_authorization_details", "UserDetailList", "Arn"),
    "AWS::KMS::Key": ("kms", "describe_key", "KeyMetadata", "Arn"),
    "AWS::Lambda::Function": ("lambda", "list_functions", "Functions", "FunctionArn"),
    "AWS::RDS::DBInstance": ("rds", "describe_db_instances", "DBInstances", "DBInstanceArn"),
    "AWS::RDS::DBSnapshot": ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotArn"),
    "AWS::Redshift::Cluster": ("redshift", "describe_clusters", "Clusters", "ClusterIdentifier"),
}
NAMES = {
    "describe_certificate": ("list_certificates", "CertificateSummaryList", "CertificateArn", "CertificateArn"),
    "describe_key": ("list_keys", "Keys", "KeyId", "KeyId"),
    "describe_table": ("list_tables", "TableNames", "", "TableName"),
}
AS_WRITTEN = ("Variables",)


def more(client: Any) -> None:
    """What `verify --suggest` cannot bring into code stands in no account of its tests."""
    client("acm").request_certificate(DomainName="by-hand.example.org")
    s3 = client("s3")
    s3.put_bucket_policy(Bucket="by-hand-logs", Policy=_delivery())
    client("cloudtrail").create_trail(Name="by-hand", S3BucketName="by-hand-logs", IsMultiRegionTrail=True)
    client("cloudwatch").put_metric_alarm(
        AlarmName="by-hand",
        MetricName="errors",
        Namespace="app",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:by-hand-topic"],
    )
    ec2 = client("ec2")
    ec2.create_flow_logs(
        ResourceIds=[ec2.describe_vpcs()["Vpcs"][0]["VpcId"]],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::by-hand-logs",
    )
    client("rds").create_db_snapshot(DBSnapshotIdentifier="by-hand", DBInstanceIdentifier="by-hand-db")
    client("redshift").create_cluster(
        ClusterIdentifier="by-hand",
        NodeType="ra3.xlplus",
        MasterUsername="root",
        MasterUserPassword=account_by_hand.PASSWORD,
        Encrypted=True,
    )


def _delivery() -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketAcl"],
        "Resource": ["arn:aws:s3:::by-hand-logs", "arn:aws:s3:::by-hand-logs/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


Account: TypeAlias = tuple[Known, list[Item], list[Item]]


@pytest.fixture(scope="module")
def account(made: Account) -> tuple[Known, list[Item]]:
    """What the API tells, and every item that AWS Config would record."""
    return made[0], made[1]


@pytest.fixture(scope="module")
def states(made: Account) -> tuple[Known, list[Item]]:
    """What the API tells, and what of it stands in Terraform's state."""
    return made[0], made[2]


@pytest.fixture(scope="module")
def made() -> Iterator[Account]:
    with pytest.MonkeyPatch.context() as patch, running_aws() as aws:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        account_by_hand.make(aws.client)
        more(aws.client)
        items = [item for type_ in LISTED for item in items_of(type_, aws)]
        read = {resource.kind for resource in recorded(*items).values()}
        wanted = tuple(sorted({*read, "AWS::S3::Bucket", "AWS::SQS::Queue"}))
        asked = AwsRequest(wanted, lambda: "2026-11-21T09:00:00Z", regions=(REGION,), endpoint_url=aws.url)
        yield known(collect_aws(asked)), items, list(states_of(aws))


def known(snapshot: Snapshot) -> Known:
    return {(resource.kind, resource.address): resource for part in snapshot.parts for resource in part.resources}


def items_of(type_: str, aws: Aws) -> Iterator[Item]:
    service, operation, path, name = LISTED[type_]
    client = aws.client(service)
    if operation in NAMES:
        listing, listed, field, parameter = NAMES[operation]
        for one in getattr(client, listing)()[listed]:
            found = getattr(client, operation)(**{parameter: one[field] if field else one})[path]
            yield item_of(type_, found, name)
        return
    filtered = {"Filter": [type_.rpartition("::")[2]]} if service == "iam" else {}
    if type_ == "AWS::IAM::Policy":
        filtered = {"Filter": ["LocalManagedPolicy"]}
    found = [getattr(client, operation)(**filtered)]
    for step in path.split("."):
        found = [child for parent in found for child in parent.get(step, [])]
    for one in found:
        yield item_of(type_, one, name)


def item_of(type_: str, answer: Item, name: str) -> Item:
    uid = answer[name]
    # Items tell tags beside the configuration; of what its own call does not tell them it is left open.
    tags = next((answer[name] for name in ("Tags", "TagList") if name in answer), None)
    listed = {tag["Key"]: tag["Value"] for tag in tags} if tags is not None else None
    return {
        "awsAccountId": ACCOUNT,
        "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-03-31T06:00:00.000Z",
        "resourceType": type_,
        "resourceId": uid,
        "ARN": uid if uid.startswith("arn:") else f"arn:aws:x:{REGION}:{ACCOUNT}:{uid}",
        "awsRegion": "global" if "IAM" in type_ else REGION,
        **({} if listed is None else {"tags": listed}),
        "configuration": _as_config_spells(answer),
        "supplementaryConfiguration": {},
    }


def _as_config_spells(value: Any, *, named: bool = True) -> Any:
    if isinstance(value, dict):
        spelled = {}
        for key, child in value.items():
            if "PolicyDocument" in key or key == "Document":
                spelled[key[:1].lower() + key[1:]] = quote(json.dumps(child))
            else:
                spelled[key[:1].lower() + key[1:] if named else key] = _as_config_spells(
                    child, named=key not in AS_WRITTEN
                )
        return spelled
    if isinstance(value, list):
        return [_as_config_spells(child) for child in value]
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z") if isinstance(value, datetime) else value


def recorded(*items: Item) -> Known:
    file = Path(f"{ACCOUNT}_Config_{REGION}_ConfigSnapshot_20260401T060000Z_0a1b.json.gz")
    return known(read_config_snapshots([(file, {"configurationItems": list(items)})]))


def others(seen: Resource, told: Resource) -> list[str]:
    """The properties of which the two tell different things."""
    return [
        f"{told.kind}.{path}: {as_json(theirs)} and not {as_json(ours)}"
        for path in sorted({*seen.properties, *told.properties})
        if not agree(ours := seen.properties.get(path), theirs := told.properties.get(path))
        # What the API was not asked cannot be held against what tells it.
        and (ours is not None or path in seen.places)
    ]


def agree(seen: Value, told: Value) -> bool:
    """Whether what is told is what is seen, as far as both know."""
    if isinstance(told, Alternatives):
        return any(agree(seen, option) for option in told.options)
    if isinstance(told, OpenList):
        return isinstance(seen, list) and all(any(agree(one, item) for one in seen) for item in told.items)
    if isinstance(seen, SPECIAL) or isinstance(told, SPECIAL):
        return isinstance(seen, Unknown) or isinstance(told, Unknown)
    if isinstance(seen, dict) or isinstance(told, dict):
        ours, theirs = seen or {}, told or {}
        if not (isinstance(ours, dict) and isinstance(theirs, dict)):
            return False
        return all(agree(ours.get(key), theirs.get(key)) for key in {*ours, *theirs})
    if isinstance(seen, list) or isinstance(told, list):
        ours, theirs = seen or [], told or []
        if not (isinstance(ours, list) and isinstance(theirs, list)) or len(ours) != len(theirs):
            return False
        return all(any(agree(one, item) for one in ours) for item in theirs)
    return (seen or None) == (told or None) or (seen == told and isinstance(seen, bool) == isinstance(told, bool))


def test_everything_that_is_recorded_reads_as_the_api_tells_it(account: tuple[Known, list[Item]]) -> None:
    live, items = account
    found = recorded(*items)
    assert {item["resourceType"] for item in items} == {*LISTED}
    assert [key for key in found if key not in live] == []
    assert [key for key in live if key[0] in {kind for kind, _ in found} and key not in found] == []
    assert [other for key in found for other in others(live[key], found[key])] == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_was_not_recorded_is_never_another_value(account: tuple[Known, list[Item]], data: st.DataObject) -> None:
    """Older items lack what younger ones tell, at any depth."""
    live, items = account
    item = data.draw(st.sampled_from(items), label="item")
    fields = sorted(item["configuration"])
    lost = data.draw(st.sets(st.sampled_from(fields)), label="lost")
    kept = {name: value for name, value in item["configuration"].items() if name not in lost}
    for key, told in recorded({**item, "configuration": kept}).items():
        assert key in live
        assert others(live[key], told) == []


# What Terraform's provider writes into a state, from what boto3 answers


def states_of(aws: Aws) -> Iterator[Item]:
    yield from _groups(aws.client("ec2"))
    yield from _queues(aws.client("sqs"))
    yield from _roles(aws.client("iam"))
    yield from _tables(aws.client("dynamodb"))
    yield from _volumes(aws.client("ec2"))
    yield from _databases(aws.client("rds"))
    yield from _buckets(aws.client("s3"))


def stored(type_: str, called: str, **attributes: Any) -> Item:
    one = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    return {"mode": "managed", "type": type_, "name": called, "provider": provider, "instances": [one]}


def _ways(permissions: list[Item]) -> Iterator[Item]:
    """One block for each source: the provider writes one for each description."""
    for permission in permissions:
        for listed, name, block in (
            ("IpRanges", "CidrIp", "cidr_blocks"),
            ("Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"),
            ("UserIdGroupPairs", "GroupId", "security_groups"),
        ):
            for source in permission[listed]:
                nothing: dict[str, Any] = {"cidr_blocks": [], "ipv6_cidr_blocks": [], "security_groups": []}
                yield {
                    **nothing,
                    block: [source[name]],
                    "prefix_list_ids": [],
                    "self": False,
                    "from_port": permission.get("FromPort", 0),
                    "to_port": permission.get("ToPort", 0),
                    "protocol": permission["IpProtocol"],
                    "description": source.get("Description", ""),
                }


def _groups(ec2: Any) -> Iterator[Item]:
    for found in ec2.describe_security_groups()["SecurityGroups"]:
        if found["GroupName"] != "default":
            yield stored(
                "aws_security_group",
                found["GroupName"],
                id=found["GroupId"],
                arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{found['GroupId']}",
                name=found["GroupName"],
                description=found["Description"],
                vpc_id=found["VpcId"],
                ingress=[*_ways(found["IpPermissions"])],
                egress=[*_ways(found["IpPermissionsEgress"])],
                tags_all={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
            )


def _queues(sqs: Any) -> Iterator[Item]:
    for url in sqs.list_queues()["QueueUrls"]:
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        yield stored(
            "aws_sqs_queue",
            url.rpartition("/")[2],
            id=url,
            url=url,
            arn=told["QueueArn"],
            name=url.rpartition("/")[2],
            visibility_timeout_seconds=int(told["VisibilityTimeout"]),
            message_retention_seconds=int(told["MessageRetentionPeriod"]),
            delay_seconds=int(told["DelaySeconds"]),
            kms_master_key_id=told.get("KmsMasterKeyId", ""),
            redrive_policy=told.get("RedrivePolicy", ""),
            policy=told.get("Policy", ""),
            tags_all=sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
        )


def _roles(iam: Any) -> Iterator[Item]:
    for found in iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]:
        name, attached = found["RoleName"], [one["PolicyArn"] for one in found["AttachedManagedPolicies"]]
        inline = [
            {"name": one["PolicyName"], "policy": json.dumps(one["PolicyDocument"])} for one in found["RolePolicyList"]
        ]
        yield stored(
            "aws_iam_role",
            name,
            id=name,
            name=name,
            arn=found["Arn"],
            path=found["Path"],
            assume_role_policy=json.dumps(found["AssumeRolePolicyDocument"]),
            managed_policy_arns=attached,
            inline_policy=inline,
            tags_all={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
        )
        for number, arn in enumerate(attached):
            yield stored(
                "aws_iam_role_policy_attachment", f"{name}{number}", id=f"{name}{number}", role=name, policy_arn=arn
            )
        for number, one in enumerate(inline):
            yield stored("aws_iam_role_policy", f"{name}{number}", id=f"{name}:{one['name']}", role=name, **one)


def _tables(dynamodb: Any) -> Iterator[Item]:
    found = dynamodb.describe_table(TableName="by-hand-table")["Table"]
    keys = {one["KeyType"]: one["AttributeName"] for one in found["KeySchema"]}
    yield stored(
        "aws_dynamodb_table",
        "table",
        id="by-hand-table",
        arn=found["TableArn"],
        name="by-hand-table",
        billing_mode="PAY_PER_REQUEST",
        hash_key=keys["HASH"],
        range_key=keys["RANGE"],
        attribute=[
            {"name": one["AttributeName"], "type": one["AttributeType"]} for one in found["AttributeDefinitions"]
        ],
        point_in_time_recovery=[{"enabled": True, "recovery_period_in_days": 35}],
        tags_all={"Owner": "ops"},
    )


def _volumes(ec2: Any) -> Iterator[Item]:
    for found in ec2.describe_volumes()["Volumes"]:
        yield stored(
            "aws_ebs_volume",
            found["VolumeId"],
            id=found["VolumeId"],
            arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{found['VolumeId']}",
            availability_zone=found["AvailabilityZone"],
            encrypted=found["Encrypted"],
            kms_key_id=found.get("KmsKeyId", ""),
            size=found["Size"],
            type=found["VolumeType"],
        )


def _databases(rds: Any) -> Iterator[Item]:
    for found in rds.describe_db_instances()["DBInstances"]:
        yield stored(
            "aws_db_instance",
            found["DBInstanceIdentifier"],
            id=found["DbiResourceId"],
            arn=found["DBInstanceArn"],
            identifier=found["DBInstanceIdentifier"],
            engine=found["Engine"],
            instance_class=found["DBInstanceClass"],
            allocated_storage=found["AllocatedStorage"],
            storage_encrypted=found["StorageEncrypted"],
            kms_key_id=found["KmsKeyId"],
            backup_retention_period=found["BackupRetentionPeriod"],
            deletion_protection=found["DeletionProtection"],
            multi_az=found["MultiAZ"],
            username=found["MasterUsername"],
            password=account_by_hand.PASSWORD,
            vpc_security_group_ids=[one["VpcSecurityGroupId"] for one in found["VpcSecurityGroups"]],
        )


def _buckets(s3: Any) -> Iterator[Item]:
    for name in ("by-hand-data", "by-hand-logs"):
        told = {"arn": f"arn:aws:s3:::{name}", "region": REGION, "bucket": name}
        kept = s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"
        yield stored("aws_s3_bucket", name, id=name, **told, versioning=[{"enabled": kept, "mfa_delete": False}])
    yield stored(
        "aws_s3_bucket_policy",
        "data",
        bucket="by-hand-data",
        policy=s3.get_bucket_policy(Bucket="by-hand-data")["Policy"],
    )


def state_of(folder: Path, *resources: Item) -> Known:
    file = folder / "terraform.tfstate"
    whole = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "a", "resources": [*resources]}
    file.write_text(json.dumps(whole))
    return known(read_states([file], folder))


SAID = (
    *("id", "arn", "name", "url", "bucket", "role", "identifier", "policy_arn", "region"),
    # Two halves of one property: a table without the first is none.
    *("hash_key", "range_key"),
)
"""What the provider always writes."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_state_tells_the_same_or_less(
    states: tuple[Known, list[Item]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever its provider does not write, and whichever of its resources are not in it."""
    live, resources = states
    left = data.draw(
        st.lists(st.sampled_from(resources), unique_by=lambda one: (one["type"], one["name"])), label="in it"
    )
    told: list[Item] = []
    for resource in left or resources:
        attributes = resource["instances"][0]["attributes"]
        fields = sorted(attributes.keys() - {*SAID})
        lost = data.draw(st.sets(st.sampled_from(fields)), label="lost") if fields else set()
        kept = {name: value for name, value in attributes.items() if name not in lost}
        told.append({**resource, "instances": [{**resource["instances"][0], "attributes": kept}]})
    folder = tmp_path_factory.mktemp("state")
    # What is part of another is told with that.
    found = {key: resource for key, resource in state_of(folder, *told).items() if not resource.derived_from}
    assert [key for key in found if key not in live] == []
    assert [other for key in found for other in others(live[key], found[key])] == []
