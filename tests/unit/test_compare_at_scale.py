"""Pairing and comparing stays in step with the number of resources: organisations have tens of thousands."""

from __future__ import annotations

import gc
import time

import pytest

from soc2gate.engine.compare import Judged, compare, undeclared
from soc2gate.engine.evaluate import evaluate
from soc2gate.engine.match import match
from soc2gate.model.outcome import Difference, Disagreement, Finding
from soc2gate.model.resource import LiveRef, Resource, Side, Span, Where
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import Unknown, Value
from soc2gate.packs import load

NOW = "2026-11-21T09:00:00Z"
ACCOUNT = "123456789012"
REGIONS = ("eu-west-1", "us-east-1", "eu-central-1", "ap-southeast-2")


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load()


def queue(side: Side, number: int) -> Resource:
    """Every tenth was changed by hand."""
    name = f"queue-{number}"
    visible: Value = 60 if side is Side.LIVE and number % 10 == 0 else 30
    properties: dict[str, Value] = {
        "QueueName": name,
        "VisibilityTimeout": visible,
        "KmsMasterKeyId": "alias/data",
        "Tags": [{"Key": "Owner", "Value": f"team-{number % 7}"}, {"Key": "Environment", "Value": "prod"}],
    }
    return _resource("AWS::SQS::Queue", side, number, properties, name=name)


def subnet(side: Side, number: int) -> Resource:
    """Known by its `Name` tag alone."""
    tags: dict[str, Value] = {"Name": f"subnet-{number}", "Environment": "prod"}
    properties: dict[str, Value] = {
        "CidrBlock": f"10.{number // 256 % 256}.{number % 256}.0/24",
        "MapPublicIpOnLaunch": False,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    return _resource("AWS::EC2::Subnet", side, number, properties, tags=tags)


def role(side: Side, number: int) -> Resource:
    statement: Value = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    properties: dict[str, Value] = {
        "RoleName": f"role-{number}",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/Policy{one}" for one in (number, number + 1)],
    }
    return _resource("AWS::IAM::Role", side, number, properties, name=f"role-{number}")


def bucket(side: Side, number: int) -> Resource:
    """Code leaves unsaid what its service gives, and what somebody added."""
    by: Value = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/data"}}
    blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    properties: dict[str, Value] = {
        "BucketName": f"bucket-{number}",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [by]},
        "PublicAccessBlockConfiguration": dict.fromkeys(blocks, True),
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    if side is Side.LIVE:
        owned: Value = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        properties |= {"OwnershipControls": owned, "LoggingConfiguration": {"DestinationBucketName": "logs"}}
    return _resource("AWS::S3::Bucket", side, number, properties, name=f"bucket-{number}")


def group(side: Side, number: int) -> Resource:
    """Its rules come in another order."""
    ways: list[Value] = [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": f"10.{number % 200}.{port % 250}.0/24"}
        for port in (22, 80, 443, 5432, 8080)
    ]
    out: Value = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]
    properties: dict[str, Value] = {
        "GroupName": f"group-{number}",
        "GroupDescription": "services",
        "VpcId": "vpc-0a1b2c3d4e5f6a7b8",
        "SecurityGroupIngress": ways if side is Side.DECLARED else ways[::-1],
        "SecurityGroupEgress": out,
    }
    return _resource("AWS::EC2::SecurityGroup", side, number, properties, name=f"group-{number}")


def database(side: Side, number: int) -> Resource:
    properties: dict[str, Value] = {
        "DBInstanceIdentifier": f"db-{number}",
        "Engine": "postgres",
        "StorageEncrypted": True,
        "BackupRetentionPeriod": 7,
        "DeletionProtection": number % 20 != 0 or side is Side.DECLARED,
        "PubliclyAccessible": False,
        "MultiAZ": True,
        "VPCSecurityGroups": [f"sg-{number:08x}", f"sg-{number + 1:08x}"],
        "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
    }
    if side is Side.LIVE:
        properties |= {"AutoMinorVersionUpgrade": True, "EnableIAMDatabaseAuthentication": False, "Port": "5432"}
    return _resource("AWS::RDS::DBInstance", side, number, properties, name=f"db-{number}")


def function(side: Side, number: int) -> Resource:
    properties: dict[str, Value] = {
        "FunctionName": f"function-{number}",
        "Runtime": "python3.12",
        "Handler": "main.handler",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/role-{number}",
        "MemorySize": 256,
        "TracingConfig": {"Mode": "Active"},
        "VpcConfig": {"SubnetIds": [f"subnet-{number:08x}"], "SecurityGroupIds": [f"sg-{number:08x}"]},
    }
    if side is Side.LIVE:
        properties["DeadLetterConfig"] = {"TargetArn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:failed"}
    return _resource("AWS::Lambda::Function", side, number, properties, name=f"function-{number}")


def _resource(
    kind: str,
    side: Side,
    number: int,
    properties: dict[str, Value],
    *,
    name: Value = None,
    tags: dict[str, Value] | None = None,
) -> Resource:
    region = "global" if "IAM" in kind else REGIONS[number % len(REGIONS)]
    uid = f"arn:aws:{kind}:{region}:{ACCOUNT}:{number}"
    live = side is Side.LIVE
    where: Where = LiveRef("aws", ACCOUNT, region, uid, "list", NOW) if live else Span("main.tf", 1 + number, 1, 9)
    identity: dict[str, Value] = {"region": region, "account": ACCOUNT}
    identity |= {"name": name} if name is not None else {}
    return Resource(
        kind,
        uid if live else f"resource.{kind}.{number}",
        side,
        properties,
        where,
        dict.fromkeys(properties, where),
        root=f"aws:{ACCOUNT}:{region}" if live else ".",
        spelling="api" if live else "terraform",
        identity=identity | ({"arn": uid} if live else {}),
        tags=tags or {},
    )


def deployed(number: int) -> tuple[list[Resource], list[Resource]]:
    """So many declared resources and as many live ones; three of every hundred live ones nobody declared."""
    makers = (queue, subnet, role, bucket, group, database, function)
    declared = [makers[one % len(makers)](Side.DECLARED, one) for one in range(number)]
    moved = number * 3 // 100
    live = [makers[one % len(makers)](Side.LIVE, one) for one in range(moved, number + moved)]
    return declared, live


def compared(
    declared: list[Resource], live: list[Resource], findings: list[Finding], rules: RuleSet
) -> tuple[list[Disagreement], float]:
    # As the command does, whose process looks for no cycles.
    gc.disable()
    try:
        start = time.process_time()
        matching = match(declared, live, coverage=lambda *_: "", asked=lambda _: True)
        judged = Judged(findings, rules)
        found = compare(matching, judged)
        found += undeclared(matching, judged, told=found)
        return found, time.process_time() - start
    finally:
        gc.enable()


def test_ten_thousand_live_resources_compare_with_ten_thousand_declared_in_two_seconds(rules: RuleSet) -> None:
    declared, live = deployed(10_000)
    findings = list(evaluate(rules, [*declared, *live], now=NOW))
    runs = [compared(declared, live, findings, rules) for _ in range(2)]
    assert min(seconds for _, seconds in runs) < 2, runs[0][1]
    found = runs[0][0]
    assert [item for item in found if item.difference is Difference.UNDECIDED] == []
    assert sum(item.difference is Difference.MISSING for item in found) == 300
    assert sum(item.difference is Difference.UNMANAGED for item in found) == 300
    changed = {item.address for item in found if item.property == "VisibilityTimeout"}
    assert changed == {f"resource.AWS::SQS::Queue.{n}" for n in range(300, 10_000) if n % 70 == 0}
    told = {(item.difference, item.kind, item.property) for item in found if item.property}
    assert told == {
        (Difference.CHANGED, "AWS::SQS::Queue", "VisibilityTimeout"),
        (Difference.CHANGED, "AWS::RDS::DBInstance", "DeletionProtection"),
        # Unsaid in code, and a rule's verdict hangs on it.
        (Difference.CHANGED, "AWS::RDS::DBInstance", "AutoMinorVersionUpgrade"),
        (Difference.CHANGED, "AWS::S3::Bucket", "LoggingConfiguration"),
        (Difference.CHANGED, "AWS::Lambda::Function", "DeadLetterConfig"),
        # Unsaid in code, and no verdict does.
        (Difference.UNDECLARED, "AWS::S3::Bucket", "OwnershipControls"),
    }


@pytest.mark.parametrize("nameless", [False, True], ids=["named", "without names"])
def test_ten_times_as_many_resources_take_ten_times_as_long_and_not_a_hundred(rules: RuleSet, nameless: bool) -> None:
    """Without names, any live resource of the kind may be any of the declared ones, and both sides are undecided."""
    best = {}
    for number in (1_000, 10_000):
        declared = [queue(Side.DECLARED, one) for one in range(number)]
        if nameless:
            declared = [_without_name(resource) for resource in declared]
        live = [queue(Side.LIVE, one) for one in range(number)]
        best[number] = min(compared(declared, live, [], rules)[1] for _ in range(2))
    assert best[10_000] < 30 * best[1_000]


def _without_name(resource: Resource) -> Resource:
    from dataclasses import replace

    unknown = Unknown("name_prefix")
    return replace(resource, identity={**resource.identity, "name": unknown}, properties={"QueueName": unknown})


def policy(number: int) -> Resource:
    """In code alone: somebody took away each one."""
    from dataclasses import replace

    made = _resource("AWS::S3::BucketPolicy", Side.DECLARED, number, {"Bucket": f"bucket-{number}"})
    return replace(made, derived_from="AWS::S3::Bucket")


def bare_bucket(side: Side, number: int) -> Resource:
    return _resource("AWS::S3::Bucket", side, number, {"BucketName": f"bucket-{number}"}, name=f"bucket-{number}")


@pytest.mark.parametrize("there", [True, False], ids=["of buckets that are there", "of buckets that are gone too"])
def test_thousands_of_deleted_parts_find_their_wholes_in_two_seconds(rules: RuleSet, there: bool) -> None:
    numbers = range(5_000)
    declared = [*(bare_bucket(Side.DECLARED, one) for one in numbers), *map(policy, numbers)]
    live = [bare_bucket(Side.LIVE, one) for one in numbers] if there else []
    found, seconds = compared(declared, live, [], rules)
    assert {item.kind for item in found} == {"AWS::S3::BucketPolicy" if there else "AWS::S3::Bucket"}
    assert len(found) == len(numbers)
    assert seconds < 2
