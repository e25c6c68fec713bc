"""Buckets: many resources, one bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.kinds import build_live
from soc2gate.model.resource import LiveRef, Span
from soc2gate.model.value import Alternatives, Text, Unknown

BUCKET = "AWS::S3::Bucket"
POLICY = "AWS::S3::BucketPolicy"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}


def bucket(**body: Any) -> Any:
    return tf("aws_s3_bucket.b", {"bucket": "acme-data", **body}, lines={"bucket": 2})


def part(name: str, target: Any = None, **body: Any) -> Any:
    return tf(f"aws_s3_bucket_{name}.x", {"bucket": target or ref("aws_s3_bucket.b.id"), **body}, line=20)


SPLIT = (
    bucket(tags={"Team": "data"}, object_lock_enabled=True),
    part("versioning", versioning_configuration=[{"status": "Enabled"}]),
    part(
        "server_side_encryption_configuration",
        rule=[
            {
                "apply_server_side_encryption_by_default": [
                    {"sse_algorithm": "aws:kms", "kms_master_key_id": "arn:aws:kms:eu-west-1:1:key/k"}
                ],
                "bucket_key_enabled": True,
            }
        ],
    ),
    part("logging", target_bucket="acme-logs", target_prefix="data/"),
    part(
        "public_access_block",
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    ),
    part("ownership_controls", rule=[{"object_ownership": "BucketOwnerEnforced"}]),
    part("policy", policy=json.dumps(DOCUMENT)),
    part(
        "lifecycle_configuration",
        rule=[
            {
                "id": "old",
                "status": "Enabled",
                "filter": [{"prefix": "tmp/"}],
                "expiration": [{"days": 30}],
                "transition": [{"days": "10", "storage_class": "GLACIER"}],
                "noncurrent_version_expiration": [{"noncurrent_days": 7}],
                "abort_incomplete_multipart_upload": [{"days_after_initiation": 3}],
            }
        ],
    ),
    part("object_lock_configuration", rule=[{"default_retention": [{"mode": "GOVERNANCE", "days": 5}]}]),
    part("website_configuration", index_document=[{"suffix": "index.html"}], error_document=[{"key": "e.html"}]),
    part("acl", acl="public-read"),
    part("cors_configuration", cors_rule=[{"allowed_methods": ["GET"], "allowed_origins": ["*"]}]),
    part("accelerate_configuration", status="Enabled"),
)
IN_CLOUDFORMATION = {
    "BucketName": "acme-data",
    "ObjectLockEnabled": "true",
    "Tags": [{"Key": "Team", "Value": "data"}],
    "VersioningConfiguration": {"Status": "Enabled"},
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [
            {
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": "arn:aws:kms:eu-west-1:1:key/k",
                },
                "BucketKeyEnabled": True,
            }
        ]
    },
    "LoggingConfiguration": {"DestinationBucketName": "acme-logs", "LogFilePrefix": "data/"},
    "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    },
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "LifecycleConfiguration": {
        "Rules": [
            {
                "Id": "old",
                "Status": "Enabled",
                "Prefix": "tmp/",
                "ExpirationInDays": "30",
                "Transitions": [{"TransitionInDays": 10, "StorageClass": "GLACIER"}],
                "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
            }
        ]
    },
    "ObjectLockConfiguration": {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 5}},
    },
    "WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "e.html"},
    "AccessControl": "PublicRead",
    "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    "AccelerateConfiguration": {"AccelerationStatus": "Enabled"},
}


def test_split_resources_equal_the_same_bucket_in_cloudformation() -> None:
    ours = one(normal(*SPLIT), BUCKET)
    theirs = one(
        normal(
            cfn("Data", BUCKET, IN_CLOUDFORMATION),
            cfn("DataPolicy", POLICY, {"Bucket": ref("Data.Ref"), "PolicyDocument": DOCUMENT}),
        ),
        BUCKET,
    )
    assert said(ours) == said(theirs)
    assert ours.related == theirs.related == {"Policy": DOCUMENT, "LogSources": []}
    assert ours.tags == theirs.tags == {"Team": "data"}


def test_inline_blocks_of_old_providers_say_the_same() -> None:
    inline = bucket(
        versioning=[{"enabled": True}],
        server_side_encryption_configuration=[
            {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]}
        ],
        logging=[{"target_bucket": "acme-logs", "target_prefix": "data/"}],
        acl="public-read",
        policy=json.dumps(DOCUMENT),
        lifecycle_rule=[{"enabled": True, "expiration": [{"days": 30}]}],
        website=[{"index_document": "index.html"}],
        cors_rule=[{"allowed_methods": ["GET"], "allowed_origins": ["*"]}],
    )
    found = one(normal(inline), BUCKET)
    assert found.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert found.properties["LoggingConfiguration"] == {
        "DestinationBucketName": "acme-logs",
        "LogFilePrefix": "data/",
    }
    assert found.properties["AccessControl"] == "PublicRead"
    assert found.properties["LifecycleConfiguration"] == {"Rules": [{"Status": "Enabled", "ExpirationInDays": 30}]}
    assert found.related["Policy"] == DOCUMENT
    assert one(normal(inline), POLICY).properties["PolicyDocument"] == DOCUMENT


def test_absent_encryption_reads_as_what_aws_creates_and_is_free_to_change() -> None:
    found = one(normal(bucket()), BUCKET)
    assert found.properties["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    }
    assert "BucketEncryption" in found.initial
    assert "BucketEncryption" not in found.defaults


def test_absent_public_access_block_is_absent_whatever_aws_gives_new_buckets() -> None:
    assert "PublicAccessBlockConfiguration" not in one(normal(bucket()), BUCKET).properties


def test_switches_left_out_of_a_public_access_block_are_off() -> None:
    found = one(normal(bucket(), part("public_access_block", block_public_acls="true")), BUCKET)
    assert found.properties["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": False,
        "IgnorePublicAcls": False,
        "RestrictPublicBuckets": False,
    }
    assert found.places["PublicAccessBlockConfiguration"] == Span("main.tf", 20, 1, 99)


@pytest.mark.parametrize(
    "target",
    [
        "acme-data",
        ref("aws_s3_bucket.b.id"),
        ref("aws_s3_bucket.b.bucket"),
        ref("aws_s3_bucket.b.arn"),
        ref("aws_s3_bucket_policy.x.id"),
        ref("aws_s3_bucket_policy.x.bucket"),
    ],
)
def test_a_companion_finds_its_bucket_by_name_by_reference_and_through_another_companion(target: Any) -> None:
    made = normal(
        bucket(),
        part("policy", policy=json.dumps(DOCUMENT)),
        part("versioning", target, versioning_configuration=[{"status": "Enabled"}]),
    )
    assert [r.partial for r in made.resources] == [False, False]
    assert one(made, BUCKET).properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_buckets_named_by_the_same_unknown_have_the_same_name() -> None:
    stage = var("stage")
    for one_time, other_time in ((ref("random_id.x.hex"), ref("random_id.x.hex")), (stage, stage)):
        made = normal(
            tf("aws_s3_bucket.b", {"bucket": Text((one_time, "-data"))}),
            part("versioning", Text((other_time, "-data")), versioning_configuration=[{"status": "Enabled"}]),
        )
        assert one(made, BUCKET).properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_instances_get_their_own_companions() -> None:
    made = normal(
        *(tf(f"aws_s3_bucket.b[{i}]", {"bucket": f"b{i}"}) for i in range(2)),
        *(
            tf(
                f"aws_s3_bucket_versioning.v[{i}]",
                {
                    "bucket": ref(f"aws_s3_bucket.b[{i}].id"),
                    "versioning_configuration": [{"status": ["Enabled", "Suspended"][i]}],
                },
            )
            for i in range(2)
        ),
    )
    assert [r.properties["VersioningConfiguration"] for r in made.resources] == [
        {"Status": "Enabled"},
        {"Status": "Suspended"},
    ]


def test_a_companion_of_an_unknown_bucket_stands_partial_and_leaves_every_bucket_open() -> None:
    made = normal(bucket(), part("versioning", var("name"), versioning_configuration=[{"status": "Enabled"}]))
    candidate = one(made, BUCKET)
    assert candidate.properties["VersioningConfiguration"] == Alternatives(
        (None, {"Status": "Enabled"}),
        'aws_s3_bucket_versioning.x may belong to this S3 bucket: variable "name" has no default',
    )
    stranger = one(made, BUCKET, partial=True)
    assert stranger.address == "aws_s3_bucket_versioning.x"
    assert stranger.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert isinstance(stranger.properties["BucketEncryption"], Unknown)
    assert isinstance(stranger.related["Policy"], Unknown)


def test_a_known_beginning_rules_candidates_out() -> None:
    name = Text((var("stage"), "-logs"))
    made = normal(bucket(), part("versioning", name, versioning_configuration=[{"status": "Enabled"}]))
    assert "VersioningConfiguration" not in one(made, BUCKET).properties


def test_a_companion_of_a_bucket_declared_elsewhere_leaves_ours_alone() -> None:
    for target in ("other", ref("data.aws_s3_bucket.other.id")):
        made = normal(bucket(), part("versioning", target, versioning_configuration=[{"status": "Enabled"}]))
        assert "VersioningConfiguration" not in one(made, BUCKET).properties
        assert one(made, BUCKET, partial=True).identity["name"] == target


def test_a_companion_that_may_not_exist_is_optional() -> None:
    maybe = tf(
        "aws_s3_bucket_versioning.x",
        {"bucket": ref("aws_s3_bucket.b.id"), "versioning_configuration": [{"status": "Enabled"}]},
        uncertain="count depends on var.keep",
    )
    found = one(normal(bucket(), maybe), BUCKET)
    assert found.properties["VersioningConfiguration"] == Alternatives(
        (None, {"Status": "Enabled"}), "count depends on var.keep"
    )


def test_where_part_of_a_root_was_not_read_a_missing_companion_is_unknown() -> None:
    reason = 'module "storage" is not installed'
    found = one(normal(bucket(), unread=(reason,)), BUCKET)
    assert found.properties["VersioningConfiguration"] == Unknown(reason)
    assert found.related["Policy"] == Unknown(reason)


def test_a_policy_with_references_inside_is_parsed() -> None:
    text = Text(('{"Statement": [{"Effect": "Allow", "Resource": "', ref("aws_s3_bucket.b.arn"), '/*"}]}'))
    found = one(normal(bucket(), part("policy", policy=text)), BUCKET)
    assert found.related["Policy"] == {
        "Statement": [{"Effect": "Allow", "Resource": Text((ref("aws_s3_bucket.b.arn"), "/*"))}]
    }


def test_a_bucket_policy_knows_the_name_of_its_bucket() -> None:
    found = one(normal(bucket(), part("policy", policy=json.dumps(DOCUMENT))), POLICY)
    assert found.properties["Bucket"] == found.identity["name"] == "acme-data"
    assert found.derived_from == BUCKET


def test_a_value_of_the_wrong_type_is_a_problem_and_unknown() -> None:
    made = normal(bucket(object_lock_enabled="perhaps"))
    assert isinstance(one(made, BUCKET).properties["ObjectLockEnabled"], Unknown)
    (problem,) = made.problems
    assert problem.message == "aws_s3_bucket.b: ObjectLockEnabled should be of type bool, and is 'perhaps'"


LIVE_ANSWERS: dict[str, Any] = {
    "get_bucket_location": {"LocationConstraint": "eu-west-1"},
    "get_bucket_encryption": {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": "arn:aws:kms:eu-west-1:1:key/k",
                },
                "BucketKeyEnabled": True,
            }
        ]
    },
    "get_bucket_versioning": {"Status": "Enabled"},
    "get_bucket_logging": {"TargetBucket": "acme-logs", "TargetPrefix": "data/"},
    "get_public_access_block": {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    },
    "get_bucket_policy": json.dumps(DOCUMENT),
    "get_bucket_acl": {
        "Owner": {"ID": "me"},
        "Grants": [
            {"Grantee": {"Type": "CanonicalUser", "ID": "me"}, "Permission": "FULL_CONTROL"},
            {
                "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
                "Permission": "READ",
            },
        ],
    },
    "get_bucket_ownership_controls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "get_bucket_lifecycle_configuration": [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"Prefix": "tmp/"},
            "Expiration": {"Days": 30},
            "Transitions": [{"Days": 10, "StorageClass": "GLACIER"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
        }
    ],
    "get_object_lock_configuration": {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 5}},
    },
    "get_bucket_website": {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "e.html"}},
    "get_bucket_tagging": [{"Key": "Team", "Value": "data"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}],
}


def live(kind: str = BUCKET, **changes: Any) -> Any:
    answers = {**LIVE_ANSWERS, **changes}
    failures = {name: answers.pop(name)[1] for name in [k for k, v in answers.items() if isinstance(v, tuple)]}
    return build_live(
        kind,
        item={"Name": "acme-data"},
        answers=answers,
        failures=failures,
        account="1",
        region="global",
        partition="aws",
        seen_at="2026-11-21T09:00:00Z",
        call_names={"list_buckets": "s3:ListBuckets", **{name: f"s3:{name}" for name in LIVE_ANSWERS}},
    )


def test_the_live_bucket_equals_the_declared_one() -> None:
    ours, theirs = one(normal(*SPLIT), BUCKET), live()
    not_asked = {"CorsConfiguration", "AccelerateConfiguration", "AccessControl"}
    assert {k: v for k, v in theirs.properties.items() if k != "Arn"} == {
        k: v for k, v in said(ours).items() if k not in not_asked
    }
    assert theirs.related == {"Policy": DOCUMENT}
    assert theirs.identity == {
        "name": "acme-data",
        "arn": "arn:aws:s3:::acme-data",
        "account": "1",
        "region": "eu-west-1",
    }
    assert not not_asked & set(theirs.places)


def test_what_the_api_calls_absent_is_absent_and_says_which_call_saw_it() -> None:
    found = live(get_public_access_block=None)
    assert "PublicAccessBlockConfiguration" not in found.properties
    place = found.places["PublicAccessBlockConfiguration"]
    assert isinstance(place, LiveRef)
    assert (place.call, place.uid) == ("s3:get_public_access_block", "arn:aws:s3:::acme-data")


def test_a_denied_call_makes_exactly_its_property_unknown() -> None:
    reason = "s3:GetBucketVersioning was denied (AccessDenied)"
    found = live(get_bucket_versioning=("failed", reason), get_bucket_policy=("failed", "no"))
    assert found.properties["VersioningConfiguration"] == Unknown(reason)
    assert found.related == {"Policy": Unknown("no")}
    assert found.properties["LoggingConfiguration"] == live().properties["LoggingConfiguration"]


def test_a_bucket_without_policy_has_no_policy_resource() -> None:
    assert live(POLICY, get_bucket_policy=None) is None
    assert live(POLICY).properties == {"Bucket": "acme-data", "PolicyDocument": DOCUMENT}
    denied = live(POLICY, get_bucket_policy=("failed", "denied"))
    assert denied.properties["PolicyDocument"] == Unknown("denied")
    assert denied.uncertain == "denied"


def test_a_log_bucket_knows_the_buckets_that_log_to_it() -> None:
    made = normal(
        tf("aws_s3_bucket.logs", {"bucket": "logs"}),
        tf("aws_s3_bucket.data", {"bucket": "data"}),
        tf("aws_s3_bucket_logging.data", {"bucket": "data", "target_bucket": ref("aws_s3_bucket.logs.id")}),
        tf("aws_s3_bucket_logging.far", {"bucket": "far", "target_bucket": "logs"}),
        tf("aws_s3_bucket_versioning.near", {"bucket": "near", "versioning_configuration": [{"status": "Enabled"}]}),
    )
    found = {resource.address: resource.related for resource in made.resources if not resource.partial}
    sources = found["aws_s3_bucket.logs"]["LogSources"]
    # What is declared elsewhere counts where it names the bucket, and leaves nothing open where it says nothing.
    assert isinstance(sources, list)
    assert len(sources) == 2
    assert found["aws_s3_bucket.data"]["LogSources"] == []
