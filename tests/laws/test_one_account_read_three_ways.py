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


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[Known, list[Item]]]:
    """What the API tells, and every item that AWS Config would record."""
    with pytest.MonkeyPatch.context() as patch, running_aws() as aws:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        account_by_hand.make(aws.client)
        more(aws.client)
        items = [item for type_ in LISTED for item in items_of(type_, aws)]
        wanted = tuple(sorted({resource.kind for resource in recorded(*items).values()}))
        asked = AwsRequest(wanted, lambda: "2026-11-21T09:00:00Z", regions=(REGION,), endpoint_url=aws.url)
        yield known(collect_aws(asked)), items


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
