"""KMS keys, CloudTrail trails, and the account they are in."""

from __future__ import annotations

import json
from typing import Any

from kinds_support import cfn, normal, one, reading, ref, said, tf

from soc2gate.kinds import Unread, build_live, link, normalise
from soc2gate.model.resource import Resource
from soc2gate.model.value import OpenList, Unknown

KEY, TRAIL = "AWS::KMS::Key", "AWS::CloudTrail::Trail"
ACCOUNT, PASSWORDS = "Account::Account", "Account::IAM::PasswordPolicy"
DOCUMENT = {"Version": "2012-10-17", "Statement": []}


def live(kind: str, item: dict[str, Any], region: str = "eu-west-1", failures: Any = None, **answers: Any) -> Any:
    names = dict.fromkeys([*answers, *(failures or {})], "x:Y")
    return build_live(
        kind,
        item=item,
        answers=answers,
        failures=failures or {},
        account="123456789012",
        region=region,
        partition="aws",
        seen_at="2026-11-21T09:00:00Z",
        call_names=names,
    )


def test_a_key_in_both_formats_is_the_same() -> None:
    ours = one(
        normal(
            tf("aws_kms_key.k", {"description": "data", "enable_key_rotation": True, "deletion_window_in_days": 7}),
            tf("aws_kms_key_policy.k", {"key_id": ref("aws_kms_key.k.id"), "policy": json.dumps(DOCUMENT)}),
            tf("aws_kms_alias.k", {"name": "alias/data", "target_key_id": ref("aws_kms_key.k.key_id")}),
        ),
        KEY,
    )
    theirs = one(
        normal(
            cfn(
                "K",
                KEY,
                {
                    "Description": "data",
                    "EnableKeyRotation": "true",
                    "PendingWindowInDays": "7",
                    "KeyPolicy": DOCUMENT,
                },
            ),
            cfn("A", "AWS::KMS::Alias", {"AliasName": "alias/data", "TargetKeyId": ref("K.Arn")}),
        ),
        KEY,
    )
    assert said(ours) == said(theirs)
    assert ours.identity["alias"] == theirs.identity["alias"] == "alias/data"


def test_an_absent_rotation_is_off_and_comes_back_with_the_next_apply() -> None:
    found = one(normal(tf("aws_kms_key.k", {})), KEY)
    assert found.properties["EnableKeyRotation"] is False
    assert "EnableKeyRotation" in found.defaults
    assert isinstance(found.properties["KeyState"], Unknown)


def replicas(primary: Any) -> list[Resource]:
    """A replica in Terraform and in CloudFormation, of one key each with the same properties."""
    written = normal(
        tf("aws_kms_key.main", {"multi_region": True, **primary[0]}),
        tf("aws_kms_replica_key.r", {"primary_key_arn": ref("aws_kms_key.main.arn"), "description": "copy"}),
    )
    stack = normal(
        cfn("Main", KEY, {"MultiRegion": True, "KeyPolicy": DOCUMENT, **primary[1]}),
        cfn("R", "AWS::KMS::ReplicaKey", {"PrimaryKeyArn": ref("Main.Arn"), "Description": "copy"}),
    )
    return [
        next(r for r in made.resources if r.kind == KEY and said(r).get("Description")) for made in (written, stack)
    ]


def test_a_replica_key_rotates_as_its_primary_does() -> None:
    rotating = replicas(({"enable_key_rotation": True}, {"EnableKeyRotation": True}))
    still = replicas(({}, {}))
    assert [r.properties["EnableKeyRotation"] for r in (*rotating, *still)] == [True, True, False, False]
    assert [r.properties["KeySpec"] for r in rotating] == ["SYMMETRIC_DEFAULT"] * 2
    assert said(rotating[0]) == said(rotating[1])


def test_what_a_primary_elsewhere_decides_for_a_replica_is_open() -> None:
    body = {"primary_key_arn": "arn:aws:kms:us-east-1:123456789012:key/mrk-1"}
    found = one(normal(tf("aws_kms_replica_key.r", body)), KEY)
    for path in ("EnableKeyRotation", "KeySpec"):
        value = found.properties[path]
        assert isinstance(value, Unknown)
        assert value.reason == "decided by the key it is a replica of"


def test_aws_s_own_keys_are_left_out() -> None:
    item = {"KeyId": "k", "KeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"}
    assert live(KEY, item, describe_key={"KeyManager": "AWS"}) is None
    ours = live(KEY, item, describe_key={"KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": True})
    assert ours.properties["KeyState"] == "Enabled"


def test_a_key_that_cannot_rotate_does_not() -> None:
    item = {"KeyId": "k", "KeyArn": "arn"}
    assert live(KEY, item, describe_key={}, get_key_rotation_status=None).properties["EnableKeyRotation"] is False
    denied = live(KEY, item, describe_key={}, failures={"get_key_rotation_status": "denied"})
    assert denied.properties["EnableKeyRotation"] == Unknown("denied")


def test_a_key_nobody_may_describe_is_unknown_throughout_and_not_called_unmanaged() -> None:
    found = live(KEY, {"KeyId": "k", "KeyArn": "arn"}, failures={"describe_key": "kms:DescribeKey was denied"})
    assert found.properties["Enabled"] == Unknown("kms:DescribeKey was denied")
    assert found.managed_by


TRAIL_TF = {"name": "main", "s3_bucket_name": "logs", "is_multi_region_trail": True, "enable_log_file_validation": True}
TRAIL_CFN = {
    "TrailName": "main",
    "S3BucketName": "logs",
    "IsMultiRegionTrail": True,
    "EnableLogFileValidation": True,
    "IsLogging": True,
}


def test_a_trail_in_both_formats_is_the_same() -> None:
    selector = {"read_write_type": "All", "data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}
    ours = one(normal(tf("aws_cloudtrail.t", {**TRAIL_TF, "event_selector": [selector]})), TRAIL)
    theirs = one(
        normal(
            cfn(
                "T",
                TRAIL,
                {
                    **TRAIL_CFN,
                    "EventSelectors": [
                        {
                            "ReadWriteType": "All",
                            "IncludeManagementEvents": True,
                            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
                        }
                    ],
                },
            )
        ),
        TRAIL,
    )
    assert said(ours) == said(theirs)


def test_logging_is_a_default_of_terraform_and_required_in_cloudformation() -> None:
    assert one(normal(tf("aws_cloudtrail.t", TRAIL_TF)), TRAIL).properties["IsLogging"] is True
    left_out = {key: value for key, value in TRAIL_CFN.items() if key != "IsLogging"}
    assert isinstance(one(normal(cfn("T", TRAIL, left_out)), TRAIL).properties["IsLogging"], Unknown)


def a_live_trail(**more: Any) -> Any:
    item = {
        "Name": "main",
        "TrailARN": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main",
        "HomeRegion": "eu-west-1",
        "S3BucketName": "logs",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": False,
        "LogFileValidationEnabled": True,
    }
    return live(TRAIL, item, get_trail_status={"IsLogging": True}, list_tags=[{"TagsList": []}], **more)


def test_the_live_trail_equals_the_declared_one() -> None:
    declared = said(one(normal(tf("aws_cloudtrail.t", TRAIL_TF)), TRAIL))
    told = a_live_trail().properties
    assert {key: told[key] for key in declared} == declared


def test_trails_hang_on_the_account() -> None:
    account = live(ACCOUNT, {}, region="global")
    (linked, _) = link([account, a_live_trail()])
    assert linked.related["Trails"] == [a_live_trail().properties]
    assert linked.places["related.Trails[0].IsLogging"].call == "x:Y"  # type: ignore[union-attr]  # live places are calls


def test_an_account_whose_trails_could_not_be_listed_has_an_open_link() -> None:
    account = live(ACCOUNT, {}, region="global")
    (linked,) = link([account], [Unread("aws:123456789012:us-east-1", "denied", TRAIL)])
    assert linked.related["Trails"] == OpenList((), (Unknown("denied"),), "denied")
    (other,) = link([account], [Unread("aws:999999999999:us-east-1", "denied", TRAIL)])
    assert other.related["Trails"] == []


def test_an_account_without_a_password_policy_has_an_empty_one() -> None:
    found = live(PASSWORDS, {}, region="global", get_account_password_policy=None)
    assert found.properties == {}
    assert found.address == "Account::IAM::PasswordPolicy/123456789012/global"
    denied = live(PASSWORDS, {}, region="global", failures={"get_account_password_policy": "denied"})
    assert denied.properties["MinimumPasswordLength"] == Unknown("denied")


def test_a_password_policy_in_code_reads_with_the_provider_s_defaults() -> None:
    found = one(normal(tf("aws_iam_account_password_policy.p", {"minimum_password_length": "14"})), PASSWORDS)
    assert found.properties["MinimumPasswordLength"] == 14
    assert found.properties["PasswordReusePrevention"] == 0


def test_a_root_that_owns_its_account_declares_it() -> None:
    root = reading(tf("aws_cloudtrail.t", TRAIL_TF, account="123456789012"))
    assert {r.kind for r in normalise([root]).resources} == {TRAIL}
    made = normalise([root], owns_account={"infra": True})
    others = {"Account::Region", "Account::S3::PublicAccessBlock", "Account::EC2::EbsDefaults"}
    assert {r.kind for r in made.resources} == {TRAIL, ACCOUNT, PASSWORDS, *others}
    assert one(made, PASSWORDS).properties == {}
    trails = one(made, ACCOUNT).related["Trails"]
    assert isinstance(trails, list)
    assert len(trails) == 1
