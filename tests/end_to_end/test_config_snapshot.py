"""AWS Config's snapshots as the live side: what was recorded is judged, what was not is unknown."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from git_for_tests import Repository

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from aws_for_tests import ACCOUNT, REGION, Aws, running_aws

MAIN = """\
resource "aws_security_group" "web" {
  name        = "web"
  description = "web"
  vpc_id      = "vpc-0a1b2c3d"
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
resource "aws_db_instance" "orders" {
  identifier              = "orders"
  engine                  = "postgres"
  instance_class          = "db.t3.micro"
  allocated_storage       = 20
  storage_encrypted       = true
  backup_retention_period = 7
  publicly_accessible     = false
  skip_final_snapshot     = true
}
resource "aws_s3_bucket" "logs" {
  bucket = "logs-2026"
}
resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}
"""
FILE = f"{ACCOUNT}_Config_{REGION}_ConfigSnapshot_20260401T060000Z_0a1b.json.gz"


def item(type_: str, arn: str, configuration: Any, **more: Any) -> dict[str, Any]:
    """One as AWS Config spells it: names of an older SDK, in lower case to begin with."""
    return {
        "configurationItemVersion": "1.3",
        "awsAccountId": ACCOUNT,
        "configurationItemCaptureTime": "2026-03-31T06:00:00.000Z",
        "configurationItemStatus": "OK",
        "resourceType": type_,
        "resourceId": arn.rpartition("/")[2].rpartition(":")[2],
        "ARN": arn,
        "awsRegion": REGION,
        "tags": {},
        "relationships": [],
        "configuration": configuration,
        "supplementaryConfiguration": {},
        **more,
    }


def group(cidr: str = "10.0.0.0/8", **changed: Any) -> dict[str, Any]:
    everywhere = {"ipProtocol": "-1", "ipv6Ranges": [], "prefixListIds": [], "userIdGroupPairs": []}
    web = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipv6Ranges": [], "userIdGroupPairs": []}
    configuration = {
        "description": "web",
        "groupName": "web",
        "ipPermissions": [{**web, "ipv4Ranges": [{"cidrIp": cidr}], "ipRanges": [cidr]}],
        "ownerId": ACCOUNT,
        "groupId": "sg-0a1b2c3d",
        "ipPermissionsEgress": [{**everywhere, "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}], "ipRanges": ["0.0.0.0/0"]}],
        "tags": [],
        "vpcId": "vpc-0a1b2c3d",
        **changed,
    }
    return item("AWS::EC2::SecurityGroup", f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0a1b2c3d", configuration)


def database(**changed: Any) -> dict[str, Any]:
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
    configuration = {
        "dBInstanceIdentifier": "orders",
        "dBInstanceArn": arn,
        "dBInstanceClass": "db.t3.micro",
        "engine": "postgres",
        "allocatedStorage": 20,
        "storageEncrypted": True,
        "backupRetentionPeriod": 7,
        "publiclyAccessible": False,
        "multiAZ": False,
        "vpcSecurityGroups": [{"vpcSecurityGroupId": "sg-0a1b2c3d", "status": "active"}],
        "dBParameterGroups": [],
        "dBClusterIdentifier": None,
        **changed,
    }
    return item("AWS::RDS::DBInstance", arn, configuration)


def bucket(**supplementary: Any) -> dict[str, Any]:
    told = {
        "BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": None},
        "BucketPolicy": {"policyText": None},
        "BucketLoggingConfiguration": {"destinationBucketName": None, "logFilePrefix": None},
        **supplementary,
    }
    configuration = {"name": "logs-2026", "owner": {"displayName": None, "id": "1"}, "creationDate": "2026-01-01"}
    # The API and some deliveries hand these out as text.
    kept = {name: json.dumps(value) for name, value in told.items()}
    return item("AWS::S3::Bucket", "arn:aws:s3:::logs-2026", configuration, supplementaryConfiguration=kept)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit({"main.tf": MAIN})
    return made


def write(repository: Repository, *items: dict[str, Any], name: str = FILE) -> str:
    document = {"fileVersion": "1.0", "configSnapshotId": "0a1b", "configurationItems": [*items]}
    (repository.folder / name).write_bytes(gzip.compress(json.dumps(document).encode()))
    return name


def verified(repository: Repository, *names: str) -> dict[str, Any]:
    given = [argument for name in names for argument in ("--snapshot", name)]
    done = repository.run("verify", "--region", REGION, *given, "--format", "json")
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def told(result: dict[str, Any]) -> set[tuple[str, str, str | None]]:
    return {
        (item["difference"], item["address"] or item["uid"], item["property"])
        for item in result["disagreements"]
        if item["difference"] != "undecided"
    }


def verdicts(result: dict[str, Any], side: str = "live") -> dict[str, str]:
    return {item["rule"]: item["verdict"] for item in result["findings"] if item["side"] == side}


def test_what_is_as_code_says_agrees(repository: Repository) -> None:
    result = verified(repository, write(repository, group(), database(), bucket()))
    assert told(result) == set()
    assert result["summary"]["resources"]["live"] == 3
    (snapshot,) = result["snapshots"]
    assert (snapshot["account"], snapshot["regions_read"], snapshot["taken_at"]) == (
        ACCOUNT,
        [REGION],
        "2026-04-01T06:00:00Z",
    )


def test_what_was_changed_by_hand_is_found(repository: Repository) -> None:
    versioning = {"status": "Suspended", "isMfaDeleteEnabled": None}
    items = (
        group("0.0.0.0/0"),
        database(publiclyAccessible=True, backupRetentionPeriod=1),
        bucket(BucketVersioningConfiguration=versioning),
    )
    result = verified(repository, write(repository, *items))
    assert told(result) == {
        ("changed", "aws_security_group.web", "SecurityGroupIngress[0].CidrIp"),
        ("changed", "aws_db_instance.orders", "PubliclyAccessible"),
        ("changed", "aws_db_instance.orders", "BackupRetentionPeriod"),
        ("changed", "aws_s3_bucket.logs", "VersioningConfiguration.Status"),
    }
    assert verdicts(result)["rds-not-public"] == "fail"


def test_what_was_not_recorded_is_unknown_and_what_was_recorded_empty_is_absent(repository: Repository) -> None:
    live = verdicts(verified(repository, write(repository, group(), database(), bucket())))
    for rule in ("s3-encryption", "s3-block-public-acls", "s3-no-public-acl", "rds-deletion-protection"):
        assert live[rule] == "unknown", rule
    assert live["s3-tls-only"] == "fail"
    assert live["s3-versioning"] == "pass"
    told_all = database(deletionProtection=None)
    assert verdicts(verified(repository, write(repository, told_all)))["rds-deletion-protection"] == "fail"


def test_an_item_of_another_shape_is_not_read_and_counted(repository: Repository) -> None:
    nameless = group(groupId=None)
    odd = database()
    odd["configuration"]["vpcSecurityGroups"] = "sg-1"
    result = verified(repository, write(repository, nameless, odd, bucket(), item("AWS::Glue::Job", "arn:x", {})))
    (note,) = [problem["message"] for problem in result["problems"] if "not looked at" in problem["message"]]
    assert note.endswith("AWS::EC2::SecurityGroup, AWS::Glue::Job, AWS::RDS::DBInstance")
    undecided = {item["address"] for item in result["disagreements"] if item["difference"] == "undecided"}
    assert {"aws_security_group.web", "aws_db_instance.orders"} <= undecided
    assert not [one for one in told(result) if one[0] == "missing"]


def test_what_a_reader_would_conclude_from_silence_is_unknown(repository: Repository) -> None:
    silent = group()
    del silent["configuration"]["ipPermissions"]
    live = verdicts(verified(repository, write(repository, silent, database(), bucket())))
    assert live["sg-no-ssh-from-internet"] == "unknown"


def test_a_kind_without_items_is_not_taken_for_none(repository: Repository) -> None:
    result = verified(repository, write(repository, group()))
    assert told(result) == set()
    reasons = {item["address"]: item["reason"] for item in result["disagreements"] if item["property"] is None}
    assert "does not say whether it holds all of them" in reasons["aws_s3_bucket.logs"]
    assert result["decision"]["exit"] in (1, 3)


def test_among_recorded_ones_of_its_region_one_is_missing(repository: Repository) -> None:
    other = database(dBInstanceIdentifier="other", dBInstanceArn=f"arn:aws:rds:{REGION}:{ACCOUNT}:db:other")
    repository.commit({"soc2gate.yaml": f"roots: [{{path: ., regions: [{REGION}]}}]\n"})
    result = verified(repository, write(repository, other))
    assert ("missing", "aws_db_instance.orders", None) in told(result)


def test_what_was_deleted_is_gone_and_regions_are_joined(repository: Repository) -> None:
    first = write(
        repository, group(), item("AWS::RDS::DBInstance", "arn:x", {}, configurationItemStatus="ResourceDeleted")
    )
    there = bucket() | {"awsRegion": "us-east-1"}
    second = write(repository, there, name=FILE.replace(REGION, "us-east-1"))
    (snapshot,) = verified(repository, first, second)["snapshots"]
    assert snapshot["regions_read"] == [REGION, "us-east-1"]
    again = repository.run("verify", "--snapshot", first, "--snapshot", first)
    assert again.returncode != 0
    assert "are both of" in again.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running_aws() as aws:
        yield aws


def test_buckets_as_another_hand_writes_them_for_config_read_as_the_api_tells(
    repository: Repository, server: Aws
) -> None:
    """moto writes items of its own making: what both tell of a bucket is the same."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(
        Bucket="shop",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::shop*",
        "Condition": plain,
    }
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps(policy))
    key = [{"resourceType": "AWS::S3::Bucket", "resourceId": "shop"}]
    (found,) = server.client("config").batch_get_resource_config(resourceKeys=key)["baseConfigurationItems"]
    recorded = {
        **{name: value for name, value in found.items() if not hasattr(value, "isoformat")},
        "awsRegion": REGION,
    }
    name = write(repository, json.loads(json.dumps(recorded, default=str)))
    assets = repository.run("verify", "--snapshot", name, "--format", "json")
    live = verdicts(json.loads(assets.stdout))
    # It does not write whether versions are kept.
    expected = {"s3-versioning": "unknown", "s3-block-public-acls": "pass", "s3-tls-only": "pass"}
    assert {rule: live[rule] for rule in expected} == expected


QUEUES_STACK = """\
Resources:
  Jobs:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 1, StreamEncryption: {EncryptionType: KMS, KeyId: alias/ours}}
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
"""


def test_other_kinds_in_either_spelling_and_the_stack_that_made_them(repository: Repository) -> None:
    """Younger kinds are recorded in the registry's form; a table and its stack in an older SDK's."""
    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
    stream: dict[str, Any] = {
        "Name": "shop-Jobs-1",
        "Arn": arn.format("kinesis", "stream/shop-Jobs-1"),
        "RetentionPeriodHours": 24,
        "ShardCount": 1,
        "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    }
    table: dict[str, Any] = {
        "tableName": "shop-Orders-1",
        "tableArn": arn.format("dynamodb", "table/shop-Orders-1"),
        "attributeDefinitions": [{"attributeName": "id", "attributeType": "S"}],
        "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
        "billingModeSummary": {"billingMode": "PAY_PER_REQUEST"},
        "sSEDescription": None,
    }
    recovery = {"pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": "DISABLED"}}
    stack = {
        "stackId": arn.format("cloudformation", "stack/shop/1"),
        "stackName": "shop",
        "stackStatus": "CREATE_COMPLETE",
    }
    made = [
        {"logicalResourceId": "Jobs", "physicalResourceId": "shop-Jobs-1", "resourceType": "AWS::Kinesis::Stream"},
        {"logicalResourceId": "Orders", "physicalResourceId": "shop-Orders-1", "resourceType": "AWS::DynamoDB::Table"},
    ]
    repository.commit({"main.tf": None, "app.yaml": QUEUES_STACK})
    name = write(
        repository,
        item("AWS::Kinesis::Stream", stream["Arn"], stream),
        item(
            "AWS::DynamoDB::Table",
            table["tableArn"],
            table,
            supplementaryConfiguration={"ContinuousBackupsDescription": recovery},
        ),
        item(
            "AWS::CloudFormation::Stack",
            stack["stackId"],
            stack,
            supplementaryConfiguration={"StackResourceSummaries": json.dumps(made)},
        ),
    )
    result = verified(repository, name)
    assert told(result) == {
        ("changed", "Jobs", "StreamEncryption.KeyId"),
        ("changed", "Orders", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"),
    }
    assert verdicts(result)["dynamodb-pitr"] == "fail"


EVERY = {
    "AWS::CloudTrail::Trail": {"trailARN": "arn:t", "name": "t", "homeRegion": REGION, "isMultiRegionTrail": True},
    "AWS::EC2::FlowLog": {"flowLogId": "fl-1", "resourceId": "vpc-1"},
    "AWS::EC2::NetworkAcl": {"networkAclId": "acl-1", "vpcId": "vpc-1", "isDefault": False, "entries": []},
    "AWS::EC2::Subnet": {"subnetId": "subnet-1", "vpcId": "vpc-1", "defaultForAz": False, "subnetArn": "arn:s"},
    "AWS::EC2::VPC": {"vpcId": "vpc-1", "isDefault": False},
    "AWS::EC2::Volume": {"volumeId": "vol-1", "attachments": [], "state": "available"},
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"loadBalancerArn": "arn:l", "loadBalancerName": "l"},
    "AWS::KMS::Key": {"keyId": "k", "arn": "arn:k", "keyManager": "CUSTOMER"},
    "AWS::Lambda::Function": {"functionArn": "arn:f", "functionName": "f", "runtime": "python3.12"},
    "AWS::RDS::DBCluster": {"dBClusterArn": "arn:c", "dBClusterIdentifier": "c", "engine": "aurora-mysql"},
    "AWS::DMS::ReplicationInstance": {"ReplicationInstanceIdentifier": "d"},
    "AWS::ECR::Repository": {"RepositoryName": "r"},
    "AWS::ECS::Cluster": {"ClusterName": "c"},
    "AWS::EFS::FileSystem": {"FileSystemId": "fs-1"},
    "AWS::EKS::Cluster": {"Name": "e"},
    "AWS::ElasticLoadBalancingV2::Listener": {"ListenerArn": "arn:x", "Port": 80, "Protocol": "HTTP"},
    "AWS::GuardDuty::Detector": {"Id": "g"},
    "AWS::MSK::Cluster": {"ClusterName": "m"},
    "AWS::SageMaker::NotebookInstance": {"NotebookInstanceName": "n"},
    "AWS::WorkSpaces::Workspace": {"UserName": "w"},
    "AWS::ACM::Certificate": {"certificateArn": "arn:acm"},
    "AWS::AmazonMQ::Broker": {"BrokerName": "b"},
    "AWS::AutoScaling::LaunchConfiguration": {"launchConfigurationName": "l", "launchConfigurationARN": "arn:lc"},
    "AWS::CloudWatch::Alarm": {"alarmName": "a", "alarmArn": "arn:a"},
    "AWS::CodeBuild::Project": {"name": "p", "arn": "arn:p"},
    "AWS::Config::ConfigurationRecorder": {"Name": "default"},
    "AWS::EC2::Instance": {"instanceId": "i-1", "state": {"name": "running"}},
    "AWS::EC2::LaunchTemplate": {"Id": "lt-1", "LaunchTemplateName": "t"},
    "AWS::ElasticLoadBalancing::LoadBalancer": {"loadBalancerName": "c"},
    "AWS::IAM::Group": {"arn": "arn:g", "groupName": "g", "groupId": "AGPA1"},
    "AWS::IAM::Policy": {"arn": "arn:pol", "policyName": "pol", "policyId": "ANPA1"},
    "AWS::IAM::Role": {"arn": "arn:r", "roleName": "r", "roleId": "AROA2", "path": "/"},
    "AWS::IAM::User": {"arn": "arn:u", "userName": "u", "userId": "AIDA1"},
    "AWS::OpenSearch::Domain": {"DomainName": "o"},
    "AWS::RDS::DBClusterSnapshot": {
        "dbclusterSnapshotArn": "arn:cs",
        "dbclusterSnapshotIdentifier": "cs",
        "snapshotType": "manual",
        "availabilityZones": [{"value": f"{REGION}a"}],
    },
    "AWS::RDS::DBSnapshot": {"dBSnapshotArn": "arn:s", "dBSnapshotIdentifier": "s", "snapshotType": "manual"},
    "AWS::Redshift::Cluster": {"clusterIdentifier": "rs"},
    "AWS::S3::AccountPublicAccessBlock": {},
    "AWS::SNS::Topic": {"TopicArn": "arn:topic"},
    "AWS::SQS::Queue": {"QueueName": "q"},
}


def test_of_every_kind_the_least_that_names_it_passes_no_rule_by_silence(repository: Repository) -> None:
    """An item that says nothing but its name proves nothing: no rule passes or fails by it."""
    items = [
        item(type_, f"arn:aws:x:{REGION}:{ACCOUNT}:{number}", configuration)
        for number, (type_, configuration) in enumerate(EVERY.items())
    ]
    result = verified(repository, write(repository, *items))
    left = [problem["message"] for problem in result["problems"] if "not looked at" in problem["message"]]
    assert left == []
    decided = {
        (each["rule"], each["kind"], each["verdict"])
        for each in result["findings"]
        if each["side"] == "live" and each["verdict"] in ("pass", "fail")
    }
    # What one of these items does say.
    assert decided == {("lambda-supported-runtime", "AWS::Lambda::Function", "pass")}


def test_every_type_that_is_read_is_among_these() -> None:
    from soc2gate.live.config_kinds import KINDS, REGISTRY_SHAPED

    elsewhere = {"AWS::CloudFormation::Stack", "AWS::DynamoDB::Table", "AWS::Kinesis::Stream"}
    whole = {"AWS::EC2::SecurityGroup", "AWS::RDS::DBInstance", "AWS::S3::Bucket"}
    assert {*KINDS, *REGISTRY_SHAPED} == {*EVERY} | elsewhere | whole


def role(trusted: str, captured: str) -> dict[str, Any]:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}],
    }
    arn = f"arn:aws:iam::{ACCOUNT}:role/web"
    configuration = {
        "path": "/",
        "roleName": "web",
        "roleId": "AROA1",
        "arn": arn,
        "createDate": "2026-01-01T00:00:00.000Z",
        # As IAM hands out documents: percent-encoded.
        "assumeRolePolicyDocument": quote(json.dumps(trust)),
        "instanceProfileList": [],
        "rolePolicyList": [],
        "attachedManagedPolicies": [{"policyName": "Admin", "policyArn": ADMIN}],
        "permissionsBoundary": None,
        "tags": [],
        "roleLastUsed": None,
    }
    return item("AWS::IAM::Role", arn, configuration, awsRegion="global", configurationItemCaptureTime=captured)


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_role_in_the_snapshots_of_two_regions_is_one_role_as_it_was_last(repository: Repository) -> None:
    """Every region's recorder may be told to record what belongs to none."""
    older = write(repository, group(), role("*", "2026-03-01T06:00:00.000Z"))
    there = item(
        "AWS::EC2::VPC", f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/v", EVERY["AWS::EC2::VPC"], awsRegion="us-east-1"
    )
    newer = write(repository, there, role(ACCOUNT, "2026-03-31T06:00:00.000Z"), name=FILE.replace(REGION, "us-east-1"))
    for files in ((older, newer), (newer, older)):
        result = verified(repository, *files)
        live = [found for found in result["findings"] if found["side"] == "live" and found["kind"] == "AWS::IAM::Role"]
        decided = {found["rule"]: found["verdict"] for found in live}
        assert len(live) == len(decided)
        assert (decided["iam-no-wildcard-trust"], decided["iam-no-full-admin"]) == ("pass", "fail")


def test_tags_that_a_query_answers_as_a_list_are_tags_and_missing_ones_are_not_known(repository: Repository) -> None:
    tagged = MAIN.replace("skip_final_snapshot     = true", 'skip_final_snapshot = true\n  tags = { Owner = "ops" }')
    repository.commit({"main.tf": tagged})
    listed = {**database(tagList=None), "tags": [{"key": "Owner", "value": "ops", "tag": "Owner=ops"}]}
    assert told(verified(repository, write(repository, group(), listed, bucket()))) == set()
    untold = database()
    del untold["tags"]
    result = verified(repository, write(repository, group(), untold, bucket()))
    assert told(result) == set()
    assert "Tags" in {found["property"] for found in result["disagreements"]}


def test_one_stack_that_cannot_be_read_leaves_open_whether_all_of_them_were(repository: Repository) -> None:
    from soc2gate.live.config_snapshot import read_config_snapshots

    arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/1"
    whole = item(
        "AWS::CloudFormation::Stack", arn, {"stackId": arn, "stackName": "shop", "stackStatus": "CREATE_COMPLETE"}
    )
    broken = item("AWS::CloudFormation::Stack", f"{arn}2", {"stackName": "other"})
    snapshot = read_config_snapshots([(repository.folder / FILE, {"configurationItems": [whole, broken]})])
    assert not snapshot.was_read("Account::CloudFormation::Stack", REGION, ACCOUNT)
    alone = read_config_snapshots([(repository.folder / FILE, {"configurationItems": [whole]})])
    assert alone.was_read("Account::CloudFormation::Stack", REGION, ACCOUNT)


def test_what_is_recorded_beside_the_configuration_is_read(repository: Repository) -> None:
    arn = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
    blocks = dict.fromkeys(("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"), True)
    shared = [{"attributeName": "restore", "attributeValues": ["all"]}]
    result = verified(
        repository,
        write(
            repository,
            item("AWS::S3::AccountPublicAccessBlock", "", blocks | {"restrictPublicBuckets": False}),
            item(
                "AWS::RDS::DBSnapshot",
                arn.format("rds", "snapshot:s"),
                EVERY["AWS::RDS::DBSnapshot"],
                supplementaryConfiguration={"DBSnapshotAttributes": json.dumps(shared)},
            ),
            item(
                "AWS::Redshift::Cluster",
                arn.format("redshift", "cluster:rs"),
                {"clusterIdentifier": "rs", "encrypted": True},
                supplementaryConfiguration={"LoggingStatus": {"loggingEnabled": False}},
            ),
            item("AWS::SQS::Queue", arn.format("sqs", "jobs"), {"QueueName": "jobs", "SqsManagedSseEnabled": True}),
        ),
    )
    live = verdicts(result)
    expected = {
        "s3-account-public-access-block": "fail",
        "rds-snapshot-private": "fail",
        "redshift-encrypted": "pass",
        "redshift-logging": "fail",
        "sqs-encrypted": "pass",
    }
    assert {rule: live.get(rule) for rule in expected} == expected
