"""Pairing and comparing stays in step with the number of resources: organisations have tens of thousands."""

from __future__ import annotations

import time

import pytest

from soc2gate.engine.compare import compare
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
    makers = (queue, subnet, role)
    declared = [makers[one % 3](Side.DECLARED, one) for one in range(number)]
    moved = number * 3 // 100
    live = [makers[one % 3](Side.LIVE, one) for one in range(moved, number + moved)]
    return declared, live


def compared(
    declared: list[Resource], live: list[Resource], findings: list[Finding], rules: RuleSet
) -> tuple[list[Disagreement], float]:
    start = time.process_time()
    matching = match(declared, live, coverage=lambda *_: "", asked=lambda _: True)
    found = compare(matching, findings, rules)
    return found, time.process_time() - start


def test_ten_thousand_live_resources_compare_with_ten_thousand_declared_in_two_seconds(rules: RuleSet) -> None:
    declared, live = deployed(10_000)
    findings = list(evaluate(rules, [*declared, *live], now=NOW))
    runs = [compared(declared, live, findings, rules) for _ in range(2)]
    assert min(seconds for _, seconds in runs) < 2
    found = runs[0][0]
    assert [item for item in found if item.difference is Difference.UNDECIDED] == []
    assert sum(item.difference is Difference.MISSING for item in found) == 300
    assert sum(item.difference is Difference.UNMANAGED for item in found) == 300
    changed = {item.address for item in found if item.property == "VisibilityTimeout"}
    assert changed == {f"resource.AWS::SQS::Queue.{n}" for n in range(300, 10_000) if n % 30 == 0}


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


def bucket(side: Side, number: int) -> Resource:
    return _resource("AWS::S3::Bucket", side, number, {"BucketName": f"bucket-{number}"}, name=f"bucket-{number}")


@pytest.mark.parametrize("there", [True, False], ids=["of buckets that are there", "of buckets that are gone too"])
def test_thousands_of_deleted_parts_find_their_wholes_in_two_seconds(rules: RuleSet, there: bool) -> None:
    numbers = range(5_000)
    declared = [*(bucket(Side.DECLARED, one) for one in numbers), *map(policy, numbers)]
    live = [bucket(Side.LIVE, one) for one in numbers] if there else []
    found, seconds = compared(declared, live, [], rules)
    assert {item.kind for item in found} == {"AWS::S3::BucketPolicy" if there else "AWS::S3::Bucket"}
    assert len(found) == len(numbers)
    assert seconds < 2
