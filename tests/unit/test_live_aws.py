"""Reading an account over HTTP: what is there, what may not be looked at, and who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal
from kinds_support import assert_fits

from soc2gate.engine.compare import value_at
from soc2gate.errors import CollectError, UsageError
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.aws_calls import Calls, dig, plain
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.resource import LiveRef, Resource, Weight, place_of
from soc2gate.model.value import OpenList, Unknown

NOW = "2026-11-21T09:00:00Z"
EVERYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


def collect(aws: Aws, *kinds: str, regions: tuple[str, ...] = (REGION,), **more: Any) -> Snapshot:
    request = AwsRequest(kinds, lambda: NOW, regions=regions, endpoint_url=aws.url, **more)
    snapshot = collect_aws(request)
    for part in snapshot.parts:
        for resource in part.resources:
            assert_fits(resource)
    return snapshot


def only(snapshot: Snapshot, kind: str, **identity: str) -> Resource:
    (found,) = [
        resource
        for resource in snapshot.resources()
        if resource.kind == kind
        and not resource.managed_by
        and all(resource.identity.get(key) == value for key, value in identity.items())
    ]
    return found


def messages(snapshot: Snapshot) -> list[str]:
    return [problem.message for problem in snapshot.problems() if problem.weight is Weight.GAP]


# What is there


def test_a_range_of_addresses_reads_the_same_however_it_is_spelled(aws: Aws) -> None:
    """Terraform hands on what people wrote; AWS answers in its own spelling, the simulation in theirs."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="office", Description="office", VpcId=vpc)["GroupId"]
    ranges = {"Ipv6Ranges": [{"CidrIpv6": "2001:DB8:0::/48"}]}
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **ranges}]
    )
    found = only(collect(aws, "AWS::EC2::SecurityGroup"), "AWS::EC2::SecurityGroup", name="office")
    assert value_at(found.properties, "SecurityGroupIngress[0].CidrIpv6") == "2001:db8::/48"


def test_a_security_group_reads_as_code_writes_it(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            },
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
        ],
    )
    snapshot = collect(aws, "AWS::EC2::SecurityGroup")
    found = only(snapshot, "AWS::EC2::SecurityGroup", name="web")
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    assert found.properties == {
        "GroupId": group,
        "GroupName": "web",
        "GroupDescription": "web",
        "VpcId": vpc,
        "SecurityGroupIngress": [
            {**https, "CidrIp": "0.0.0.0/0"},
            {**https, "CidrIp": "10.0.0.0/8"},
            {**https, "CidrIpv6": "::/0"},
            {"IpProtocol": "-1", "SourceSecurityGroupId": group},
        ],
        "SecurityGroupEgress": [EVERYWHERE],
        "IsDefault": False,
    }
    assert found.identity["arn"] == f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group}"
    assert found.root == f"aws:{ACCOUNT}:{REGION}"
    where = place_of(found.places, "SecurityGroupIngress[0].CidrIp", found.where)
    assert where == LiveRef("aws", ACCOUNT, REGION, found.address, "ec2:DescribeSecurityGroups", NOW)
    defaults = [r for r in snapshot.resources() if r.properties["GroupName"] == "default"]
    assert defaults
    assert {r.managed_by for r in defaults} == {"AWS"}


def test_volumes_instances_and_templates(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "data"}]}]
    ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=10, Encrypted=True, TagSpecifications=tags)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"}
    )
    gone = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[gone])
    ec2.create_launch_template(
        LaunchTemplateName="workers",
        LaunchTemplateData={
            "ImageId": image,
            "UserData": "aHVudGVyMg==",
            "MetadataOptions": {"HttpTokens": "required"},
        },
    )
    ec2.create_launch_template(LaunchTemplateName="plain", LaunchTemplateData={"ImageId": image})
    snapshot = collect(aws, "AWS::EC2::Volume", "AWS::EC2::Instance", "AWS::EC2::LaunchTemplate")
    volume = only(snapshot, "AWS::EC2::Volume")
    assert volume.properties["Encrypted"] is True
    assert volume.tags == {"Name": "data"}
    roots = [r for r in snapshot.resources() if r.kind == "AWS::EC2::Volume" and r.managed_by]
    assert roots, "an instance's own volume is the instance's"
    instance: Any = only(snapshot, "AWS::EC2::Instance").properties
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    template: Any = only(snapshot, "AWS::EC2::LaunchTemplate", name="workers").properties
    assert template["LaunchTemplateData"]["MetadataOptions"] == {"HttpTokens": "required"}
    assert isinstance(template["LaunchTemplateData"]["UserData"], Unknown)
    assert "aHVudGVyMg" not in repr(snapshot)
    plain_one: Any = only(snapshot, "AWS::EC2::LaunchTemplate", name="plain").properties
    assert isinstance(plain_one["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"], Unknown)


def test_a_vpc_has_its_flow_logs_though_only_the_vpc_was_asked_for(aws: Aws) -> None:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    aws.client("logs").create_log_group(logGroupName="flow")
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogGroupName="flow",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow",
    )
    snapshot = collect(aws, "AWS::EC2::VPC")
    logs: Any = only(snapshot, "AWS::EC2::VPC").related["FlowLogs"]
    (log,) = logs
    assert (log["ResourceType"], log["TrafficType"], log["FlowLogStatus"]) == ("VPC", "REJECT", "ACTIVE")
    (default,) = [r for r in snapshot.resources() if r.managed_by == "default VPC"]
    assert default.related["FlowLogs"] == []


def test_databases(aws: Aws) -> None:
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword="hunter2hunter2",
        StorageEncrypted=True,
        BackupRetentionPeriod=7,
        PubliclyAccessible=False,
        EnableCloudwatchLogsExports=["postgresql"],
        Tags=[{"Key": "team", "Value": "a"}],
    )
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        MasterUsername="app",
        MasterUserPassword="hunter2hunter2",
    )
    snapshot = collect(aws, "AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
    database = only(snapshot, "AWS::RDS::DBInstance")
    told = {
        "DBInstanceIdentifier": "orders",
        "StorageEncrypted": True,
        "BackupRetentionPeriod": 7,
        "PubliclyAccessible": False,
        "MultiAZ": False,
        "AllocatedStorage": "20",
        "EnableCloudwatchLogsExports": ["postgresql"],
    }
    assert {key: database.properties[key] for key in told} == told
    assert database.identity["name"] == "orders"
    assert database.tags == {"team": "a"}
    assert "KmsKeyId" in database.places
    cluster = only(snapshot, "AWS::RDS::DBCluster")
    assert (cluster.properties["StorageEncrypted"], cluster.properties["BackupRetentionPeriod"]) == (False, 1)
    assert "hunter2" not in repr(snapshot)


def test_tables_queues_and_topics(aws: Aws) -> None:
    dynamodb, sqs, sns = aws.client("dynamodb"), aws.client("sqs"), aws.client("sns")
    for name in ("orders", "scratch"):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "team", "Value": "a"}],
        )
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}'
    sqs.create_queue(QueueName="jobs", Attributes={"KmsMasterKeyId": "alias/jobs", "Policy": policy}, tags={"a": "b"})
    sqs.create_queue(QueueName="bare")
    # The policy that SNS itself gives a topic is nobody's to declare; this one is somebody's.
    sns.create_topic(Name="alerts", Attributes={"KmsMasterKeyId": "alias/alerts", "Policy": policy})
    snapshot = collect(
        aws,
        "AWS::DynamoDB::Table",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
    )
    table: Any = only(snapshot, "AWS::DynamoDB::Table", name="orders")
    assert table.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table.properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table.properties["SSESpecification"] == {"SSEEnabled": False}
    assert table.tags == {"team": "a"}
    assert place_of(table.places, "PointInTimeRecoverySpecification", table.where).call == (  # type: ignore[union-attr]
        "dynamodb:DescribeContinuousBackups"
    )
    other: Any = only(snapshot, "AWS::DynamoDB::Table", name="scratch")
    assert other.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is False
    queue = only(snapshot, "AWS::SQS::Queue", name="jobs")
    assert queue.properties["KmsMasterKeyId"] == "alias/jobs"
    assert queue.properties["VisibilityTimeout"] == 30
    assert queue.tags == {"a": "b"}
    queue_policy: Any = only(snapshot, "AWS::SQS::QueuePolicy")
    assert queue_policy.properties["PolicyDocument"]["Statement"][0]["Principal"] == "*"
    assert only(snapshot, "AWS::SNS::Topic").properties["KmsMasterKeyId"] == "alias/alerts"
    assert only(snapshot, "AWS::SNS::TopicPolicy").derived_from == "AWS::SNS::Topic"


def test_every_page_is_read(aws: Aws) -> None:
    dynamodb = aws.client("dynamodb")
    for n in range(105):
        # ListTables answers with 100 names at most.
        dynamodb.create_table(
            TableName=f"t{n}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    snapshot = collect(aws, "AWS::DynamoDB::Table")
    assert len(snapshot.resources()) == 105


def test_several_regions_and_each_keeps_its_own(aws: Aws) -> None:
    for region in (REGION, "us-east-1"):
        aws.client("sqs", region).create_queue(QueueName="jobs")
    snapshot = collect(aws, "AWS::SQS::Queue", regions=(REGION, "us-east-1"))
    found = snapshot.resources()
    assert [r.identity["region"] for r in found] == [REGION, "us-east-1"]
    assert len({r.address for r in found}) == 2
    assert snapshot.info.regions_read == (REGION, "us-east-1")
    assert not snapshot.was_read("AWS::SQS::Queue", "eu-north-1")


def test_all_regions_in_use_are_found(aws: Aws) -> None:
    snapshot = collect(aws, "AWS::SQS::Queue", regions=("all",))
    assert {"eu-west-1", "us-east-1"} <= set(snapshot.info.regions_asked)


def test_two_readings_of_one_account_are_the_same_bytes(aws: Aws, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        aws.client("sqs").create_queue(QueueName=name)
    kinds = ("AWS::SQS::Queue", "AWS::EC2::SecurityGroup", "AWS::EC2::VPC")
    for name in ("one.json.gz", "two.json.gz"):
        collect(aws, *kinds).write(tmp_path / name)
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()
    read = Snapshot.read(tmp_path / "one.json.gz")
    assert read.resources() == collect(aws, *kinds).resources()


# What may not be looked at


def test_a_denied_listing_is_unread_and_never_empty(aws: Aws) -> None:
    aws.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=10)
    with aws.refusing(Refusal("Action=DescribeVolumes", "UnauthorizedOperation")):
        snapshot = collect(aws, "AWS::EC2::Volume", "AWS::EC2::VPC")
    assert messages(snapshot) == [f"could not look: ec2:DescribeVolumes in {REGION} was denied (UnauthorizedOperation)"]
    assert snapshot.why_unread("AWS::EC2::Volume", REGION) == "ec2:DescribeVolumes was denied (UnauthorizedOperation)"
    assert snapshot.was_read("AWS::EC2::VPC", REGION)
    assert "allow ec2:DescribeVolumes" in snapshot.problems()[0].hint


def test_a_denied_link_leaves_what_belongs_open(aws: Aws) -> None:
    with aws.refusing(Refusal("Action=DescribeFlowLogs", "UnauthorizedOperation")):
        snapshot = collect(aws, "AWS::EC2::VPC")
    (vpc,) = [r for r in snapshot.resources() if r.kind == "AWS::EC2::VPC"]
    logs = vpc.related["FlowLogs"]
    assert isinstance(logs, OpenList)
    assert logs.reason == "ec2:DescribeFlowLogs was denied (UnauthorizedOperation)"


def test_a_denied_detail_makes_exactly_its_property_unknown(aws: Aws) -> None:
    aws.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with aws.refusing(Refusal("DescribeContinuousBackups", "AccessDeniedException", "json", "400 Bad Request")):
        snapshot = collect(aws, "AWS::DynamoDB::Table")
    table = only(snapshot, "AWS::DynamoDB::Table")
    reason = "dynamodb:DescribeContinuousBackups was denied (AccessDeniedException)"
    assert table.properties["PointInTimeRecoverySpecification"] == Unknown(reason)
    unknown = [name for name, value in table.properties.items() if isinstance(value, Unknown)]
    assert unknown == ["PointInTimeRecoverySpecification"]
    assert messages(snapshot) == [
        f"could not look: dynamodb:DescribeContinuousBackups of {table.address} in {REGION} "
        "was denied (AccessDeniedException)"
    ]


def test_a_code_that_means_absence_is_no_failure(aws: Aws) -> None:
    aws.client("s3").create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    snapshot = collect(aws, "AWS::S3::Bucket")
    bucket = only(snapshot, "AWS::S3::Bucket")
    assert "BucketEncryption" not in bucket.properties
    assert "BucketEncryption" in bucket.places, "it was looked at"
    assert messages(snapshot) == []
    assert bucket.where.region == REGION  # type: ignore[union-attr]
    assert snapshot.was_read("AWS::S3::Bucket", REGION)


def test_a_bucket_call_denied_by_a_proxy_is_unknown(aws: Aws) -> None:
    aws.client("s3").create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    with aws.refusing(Refusal("versioning", "AccessDenied", "s3")):
        snapshot = collect(aws, "AWS::S3::Bucket")
    found = only(snapshot, "AWS::S3::Bucket").properties["VersioningConfiguration"]
    assert found == Unknown("s3:GetBucketVersioning was denied (AccessDenied)")


def test_throttling_is_waited_out_and_told_when_it_does_not_end(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    # The waiting itself is botocore's; without it the test takes 15 seconds.
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_, **__: True)
    slow = ("RequestLimitExceeded", "ec2", "503 Service Unavailable")
    with aws.refusing(Refusal("Action=DescribeVpcs", *slow, times=2)):
        assert messages(collect(aws, "AWS::EC2::VPC")) == []
    with aws.refusing(Refusal("Action=DescribeVpcs", *slow)):
        told = collect(aws, "AWS::EC2::VPC")
    assert told.why_unread("AWS::EC2::VPC", REGION) == "ec2:DescribeVpcs was throttled (RequestLimitExceeded)"


def test_a_kind_nobody_can_read_live_is_told_and_not_asked(aws: Aws) -> None:
    snapshot = collect(aws, "AWS::EC2::EIP", "AWS::SQS::Queue")
    notes = [problem.message for problem in snapshot.problems()]
    assert notes == ["not read live, as soc2gate has no reader for it yet: AWS::EC2::EIP"]
    assert not snapshot.was_read("AWS::WorkSpaces::Workspace", REGION)


# Who asks


def test_the_caller_and_every_call_stand_in_the_snapshot(aws: Aws) -> None:
    snapshot = collect(aws, "AWS::SNS::Topic")
    (part,) = snapshot.parts
    assert part.caller.startswith(f"arn:aws:sts::{ACCOUNT}:")
    assert [(count.call, count.made, count.failed) for count in part.calls] == [("sns:ListTopics", 1, 0)]
    assert (part.taken_at, part.finished_at) == (NOW, NOW)


def test_only_the_asked_kinds_are_read(aws: Aws) -> None:
    aws.requests.clear()
    collect(aws, "AWS::SNS::Topic")
    assert len(aws.requests) == 2, aws.requests


def test_a_topic_and_its_policy_share_their_calls(aws: Aws) -> None:
    aws.client("sns").create_topic(Name="news")
    (part,) = collect(aws, "AWS::SNS::Topic", "AWS::SNS::TopicPolicy").parts
    assert {count.call: count.made for count in part.calls} == {
        "sns:ListTopics": 1,
        "sns:GetTopicAttributes": 1,
        "sns:ListTagsForResource": 1,
    }


def test_the_endpoint_in_the_environment_is_honoured(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    snapshot = collect_aws(AwsRequest(("AWS::SQS::Queue",), lambda: NOW))
    assert snapshot.info.regions_asked == (REGION,)
    assert [problem.weight for problem in snapshot.problems()] == [Weight.NOTE]


def test_progress_ends_when_all_is_done(aws: Aws) -> None:
    aws.client("sns").create_topic(Name="news")
    steps: list[Progress] = []
    collect_aws(AwsRequest(("AWS::SNS::Topic",), lambda: NOW, regions=(REGION,), endpoint_url=aws.url), steps.append)
    assert [(step.done, step.total) for step in steps] == [(1, 2), (2, 2)]


def test_without_credentials_the_hint_says_how_to_sign_in(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CollectError, match="no AWS credentials") as refused:
        collect(aws, "AWS::SQS::Queue")
    assert "aws sso login" in refused.value.hint


def test_an_expired_token_is_no_empty_account(aws: Aws) -> None:
    with (
        aws.refusing(Refusal("GetCallerIdentity", "ExpiredToken", "query")),
        pytest.raises(CollectError, match="gave ExpiredToken") as refused,
    ):
        collect(aws, "AWS::SQS::Queue")
    assert "sign in" in refused.value.hint


def test_an_unreachable_endpoint_is_told(aws: Aws) -> None:
    request = AwsRequest(("AWS::SQS::Queue",), lambda: NOW, regions=(REGION,), endpoint_url="http://127.0.0.1:9")
    with pytest.raises(CollectError, match="cannot be reached"):
        collect_aws(request)


def test_an_unknown_profile_and_a_word_that_is_no_region_are_named(aws: Aws) -> None:
    # Also when another session has read botocore's descriptions before.
    collect(aws, "AWS::SQS::Queue")
    with pytest.raises(CollectError, match="no AWS profile “prod”"):
        collect(aws, "AWS::SQS::Queue", profile="prod")
    with pytest.raises(UsageError, match="“Ireland” is no AWS region"):
        collect(aws, "AWS::SQS::Queue", regions=("Ireland",))


def test_ctrl_c_keeps_what_was_read_and_says_it_is_partial(aws: Aws) -> None:
    for n in range(3):
        aws.client("sqs").create_queue(QueueName=f"q{n}")

    def impatient(step: Progress) -> None:
        if step.resources:
            raise KeyboardInterrupt

    kinds = ("AWS::SQS::Queue", "AWS::EC2::VPC")
    request = AwsRequest(kinds, lambda: NOW, regions=(REGION,), endpoint_url=aws.url, threads=1)
    snapshot = collect_aws(request, impatient)
    assert snapshot.info.partial
    assert len(snapshot.resources()) >= 1
    assert snapshot.problems()[0].message == f"collecting from {ACCOUNT} was stopped before it was done"
    assert not snapshot.was_read("AWS::SQS::Queue", REGION)


# Small parts


def test_nothing_that_changes_or_reads_secrets_is_ever_called(aws: Aws) -> None:
    from soc2gate.kinds.describe import Call
    from soc2gate.live.aws_session import Clients

    calls = Calls(Clients(None, None, 1), REGION, ACCOUNT, "aws")
    for operation in ("delete_bucket", "put_bucket_policy", "get_secret_value", "get_object"):
        with pytest.raises(ValueError, match="never called"):
            calls.ask(Call("s3", operation, ""), REGION, {})


def test_lists_on_the_way_are_joined() -> None:
    answer: Any = {"Reservations": [{"Instances": [{"Id": 1}, {"Id": 2}]}, {"Instances": [{"Id": 3}]}, {}]}
    assert dig(answer, "Reservations.Instances.Id") == [1, 2, 3]
    assert dig(answer, "Nothing.Here") is None
    assert dig(answer, "") == answer


def test_answers_become_plain_data() -> None:
    from datetime import datetime, timedelta, timezone

    when = datetime(2026, 11, 21, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    assert plain({"at": when, "text": b"abc", "list": (1, None)}) == {
        "at": "2026-11-21T09:00:00Z",
        "text": "abc",
        "list": [1, None],
    }
