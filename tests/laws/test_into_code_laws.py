"""What is written of a live resource is, when it is read, that resource."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from live_by_hand import ACCOUNT, live, read_again

from soc2gate.engine.compare import Judged, compare
from soc2gate.engine.match import match
from soc2gate.into_code.hcl import writer
from soc2gate.into_code.resources import suggest
from soc2gate.into_code.text import Text
from soc2gate.model.rule import RuleSet

_NO_RULES = RuleSet({}, {}, {}, {})

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and "=" not in text and ":" not in text
)
NAME = st.from_regex(r"[a-z][a-z0-9-]{2,12}", fullmatch=True)
DAYS = st.integers(1, 400)
TAGS = st.dictionaries(TEXT, TEXT, max_size=3).map(
    lambda tags: [{"Key": key, "Value": tags[key]} for key in sorted(tags) if not key.startswith("aws:")]
)
ID = st.from_regex(r"[0-9a-f]{17}", fullmatch=True)
CIDR = (
    st.tuples(st.integers(0, 255), st.integers(0, 32))
    .map(lambda pair: f"{pair[0]}.0.0.0/{pair[1]}")
    .filter(lambda cidr: int(cidr.split("/")[1]) >= 8 or cidr.startswith("0."))
)


def maybe(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A structure with any of these parts, none of them empty."""
    return st.fixed_dictionaries({}, optional=parts)


def statements() -> st.SearchStrategy[dict[str, Any]]:
    actions = st.one_of(
        st.just("s3:*"), st.lists(st.sampled_from(["s3:GetObject", "sqs:*", "sns:Publish"]), min_size=1, unique=True)
    )
    statement = st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Deny"]),
            "Action": actions,
            "Resource": st.sampled_from(["*", ["a", "b"]]),
        },
        optional={"Condition": st.just({"StringEquals": {"aws:x ${y}": ["1"]}}), "Sid": NAME},
    )
    return st.lists(statement, min_size=1, max_size=3).map(lambda told: {"Version": "2012-10-17", "Statement": told})


def _peer() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        CIDR.map(lambda cidr: {"CidrIp": cidr}),
        st.just({"CidrIpv6": "::/0"}),
        ID.map(lambda id_: {"SourceSecurityGroupId": f"sg-{id_}"}),
        ID.map(lambda id_: {"SourcePrefixListId": f"pl-{id_}"}),
        st.just({"SourceSecurityGroupId": "sg-00000000000000000"}),
    )


def _rule() -> st.SearchStrategy[dict[str, Any]]:
    ported = st.tuples(st.sampled_from(["tcp", "udp"]), st.integers(0, 65535)).map(
        lambda told: {"IpProtocol": told[0], "FromPort": told[1], "ToPort": told[1]}
    )
    what = st.one_of(ported, st.just({"IpProtocol": "-1"}))
    return st.tuples(what, _peer()).map(lambda pair: {**pair[0], **pair[1]})


@st.composite
def groups(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    name = draw(NAME)
    rules = draw(st.lists(_rule(), max_size=5, unique_by=repr))
    properties = {"GroupName": name, "GroupDescription": draw(TEXT), "SecurityGroupIngress": rules, "Tags": draw(TAGS)}
    identity = {"name": name, "id": "sg-00000000000000000"}
    return "AWS::EC2::SecurityGroup", identity, {**properties, "SecurityGroupEgress": []}


@st.composite
def buckets(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    name = draw(NAME)
    rule = st.fixed_dictionaries(
        {"Id": NAME, "Status": st.sampled_from(["Enabled", "Disabled"]), "ExpirationInDays": DAYS},
        optional={
            "Prefix": NAME,
            "TagFilters": st.dictionaries(NAME, NAME, min_size=1, max_size=2).map(
                lambda tags: [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
            ),
            "ObjectSizeGreaterThan": DAYS,
            "Transitions": st.lists(
                st.fixed_dictionaries(
                    {"TransitionInDays": DAYS, "StorageClass": st.sampled_from(["GLACIER", "ONEZONE_IA"])}
                ),
                min_size=1,
                max_size=2,
            ),
            "NoncurrentVersionExpiration": st.fixed_dictionaries({"NoncurrentDays": DAYS}),
            "AbortIncompleteMultipartUpload": st.fixed_dictionaries({"DaysAfterInitiation": DAYS}),
        },
    )
    by = st.fixed_dictionaries(
        {"SSEAlgorithm": st.sampled_from(["AES256", "aws:kms"])}, optional={"KMSMasterKeyID": TEXT}
    )
    properties = draw(
        maybe(
            BucketEncryption=st.fixed_dictionaries(
                {"ServerSideEncryptionByDefault": by, "BucketKeyEnabled": st.booleans()}
            ).map(lambda rule: {"ServerSideEncryptionConfiguration": [rule]}),
            VersioningConfiguration=st.sampled_from([{"Status": "Enabled"}, {"Status": "Suspended"}]),
            PublicAccessBlockConfiguration=st.fixed_dictionaries(
                {
                    switch: st.booleans()
                    for switch in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
                }
            ),
            LoggingConfiguration=st.fixed_dictionaries({"DestinationBucketName": NAME, "LogFilePrefix": TEXT}),
            LifecycleConfiguration=st.lists(rule, min_size=1, max_size=3, unique_by=lambda rule: str(rule["Id"])).map(
                lambda rules: {"Rules": rules}
            ),
            Tags=TAGS,
        )
    )
    return "AWS::S3::Bucket", {"name": name, "arn": f"arn:aws:s3:::{name}"}, {"BucketName": name, **properties}


@st.composite
def roles(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    name = draw(NAME)
    inline = st.lists(
        st.fixed_dictionaries({"PolicyName": NAME, "PolicyDocument": statements()}),
        max_size=3,
        unique_by=lambda one: str(one["PolicyName"]),
    )
    properties = {
        "RoleName": name,
        "Path": draw(st.sampled_from(["/", "/app/"])),
        "AssumeRolePolicyDocument": draw(statements()),
        "MaxSessionDuration": draw(st.integers(3600, 43200)),
        "Policies": draw(inline),
        "ManagedPolicyArns": draw(
            st.lists(NAME.map(lambda tail: f"arn:aws:iam::aws:policy/{tail}"), max_size=3, unique=True)
        ),
        "Tags": draw(TAGS),
    }
    return "AWS::IAM::Role", {"name": name, "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}, properties


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    name = draw(NAME)
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    properties = {
        "TableName": name,
        "KeySchema": keys[: draw(st.integers(1, 2))],
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in ("at", "id")],
        "BillingMode": draw(st.sampled_from(["PAY_PER_REQUEST", "PROVISIONED"])),
        "SSESpecification": draw(st.sampled_from([{"SSEEnabled": False}, {"SSEEnabled": True, "SSEType": "KMS"}])),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": draw(st.booleans())},
        "DeletionProtectionEnabled": draw(st.booleans()),
        "Tags": draw(TAGS),
    }
    return "AWS::DynamoDB::Table", {"name": name, "arn": f"arn:aws:dynamodb:::table/{name}"}, properties


@settings(max_examples=25, deadline=None)
@given(st.one_of(groups(), buckets(), roles(), tables()))
def test_what_is_written_reads_as_what_runs(told: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    runs = live(*told)
    written = Text(writer(), [suggest(runs, "it")])
    (one,) = written.suggested
    assert one.left == ()
    text = written.of(one)

    # By the way that everybody's code goes, which knows nothing of who wrote it.
    declared = [resource for resource in read_again(text) if resource.kind == runs.kind]
    found = match(declared, [runs], coverage=lambda kind, account, region: "", asked=lambda kind: True)
    assert len(found.pairs) == 1
    assert compare(found, Judged([], _NO_RULES)) == []
