"""`soc2gate access-review --live` reads an account and a cluster over HTTP, and says what it could not read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws
from cluster_for_tests import Cluster, running_cluster
from evidence_support import Done, Place
from test_access_review import CLUSTER, allow, dump, policy

from soc2gate.evidence.kept import schema_of

ARN = f"arn:aws:iam::{ACCOUNT}"
CONFIG = f"""\
regions: [{REGION}]
access_review:
  reviewers:
    - {{match: "*", reviewer: Security team}}
    - {{match: "{ARN}:role/*", reviewer: Platform team}}
"""


@pytest.fixture(scope="module")
def account() -> Iterator[Aws]:
    """Users with a second factor and without, one with keys that were used, a group, and roles, one a service's own."""
    with running_aws() as aws:
        iam = aws.client("iam")
        for name in ("ann", "bob", "robot"):
            iam.create_user(UserName=name)
        for name in ("ann", "bob"):
            iam.create_login_profile(UserName=name, Password="long-enough-1!", PasswordResetRequired=False)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ann")["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName="ann", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
        key = iam.create_access_key(UserName="robot")["AccessKey"]
        used = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        _client(aws, used).list_users()
        iam.create_group(GroupName="readers")
        iam.put_group_policy(GroupName="readers", PolicyName="read", PolicyDocument=policy(allow("s3:GetObject")))
        iam.add_user_to_group(GroupName="readers", UserName="ann")
        iam.put_user_policy(UserName="bob", PolicyName="all", PolicyDocument=policy(allow("*")))
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="web", AssumeRolePolicyDocument=policy(trust))
        iam.put_role_policy(RoleName="web", PolicyName="q", PolicyDocument=policy(allow("sqs:SendMessage")))
        iam.create_role(RoleName="idle", AssumeRolePolicyDocument=policy(trust))
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
        yield aws


def _client(aws: Aws, keys: dict[str, str]) -> Any:
    import boto3

    make: Any = boto3.client
    return make("iam", region_name=REGION, endpoint_url=aws.url, **keys)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place.make(tmp_path / "repository")
    made.write(soc2gate__yaml=CONFIG)
    return made


def live(place: Place, account: Aws, *more: str) -> Done:
    return place.soc2gate(
        "access-review", "--live", "--output", "review", *more,
        environment={
            "AWS_ENDPOINT_URL": account.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
        },
    )  # fmt: skip


def told(place: Place) -> dict[str, dict[str, Any]]:
    made = json.loads((place.folder / "review/access-review.json").read_text())
    jsonschema.validate(made, schema_of("access-pack"))
    rows = {row["id"].rpartition(":")[2]: row for row in made["principals"]}
    table = csv.DictReader(io.StringIO((place.folder / "review/access-review.csv").read_text(encoding="utf-8")))
    assert [row["principal"] for row in table] == [row["id"] for row in made["principals"]]
    return rows


def test_each_principal_of_the_running_account_is_told(place: Place, account: Aws) -> None:
    before = len(account.requests)
    done = live(place, account)
    assert done.code == 0, done.err
    rows = told(place)
    assert {name: (row["level"], row["mfa"]) for name, row in rows.items()} == {
        "root": ("admin", "no"),
        "user/ann": ("read", "yes"),
        "user/bob": ("admin", "no"),
        "user/robot": ("none", "no"),
        "group/readers": ("read", "not told of groups"),
        "role/web": ("write", "not told of roles"),
        "role/idle": ("none", "not told of roles"),
    }
    today = datetime.now(UTC).date().isoformat()
    (key,) = rows["user/robot"]["keys"]
    assert (key["active"], key["age_days"], key["last_used"]) == (True, 0, today)
    assert rows["user/robot"]["last_used"] == today
    assert (rows["user/bob"]["last_used"], rows["role/idle"]["last_used"]) == ("never", "never in 400 days")
    assert rows["user/ann"]["member_of"] == ["readers"]
    assert rows["role/web"]["assumed_by"] == ["ec2.amazonaws.com"]
    assert (rows["role/web"]["reviewer"], rows["user/ann"]["reviewer"]) == ("Platform team", "Security team")
    assert "left out: 1 service-linked roles" in done.out
    # IAM is asked, and nothing else of the account.
    asked = [text for text in account.requests[before:] if "Action=" in text]
    verbs = {text.partition("Action=")[2].partition("&")[0] for text in asked}
    assert all(verb.startswith(("Get", "List", "GenerateCredentialReport")) for verb in verbs), verbs


@pytest.mark.parametrize(
    ("needle", "who", "what"),
    [
        ("GetCredentialReport", ("user/ann", "mfa"), "second factors, keys and last use"),
        ("GetAccountSummary", ("root", "mfa"), "second factors, keys and last use"),
    ],
)
def test_a_denied_call_leaves_what_it_tells_unknown_and_is_named(
    place: Place, account: Aws, needle: str, who: tuple[str, str], what: str
) -> None:
    with account.refusing(Refusal(needle, "AccessDenied", "query")):
        done = live(place, account)
    row = told(place)[who[0]]
    assert row[who[1]] == f"unknown: iam:{needle} was denied (AccessDenied)"
    # What its policies say is known all the same.
    assert told(place)["user/bob"]["level"] == "admin"
    named = f"not read: {what} of aws:{ACCOUNT}: iam:{needle} was denied (AccessDenied)"
    assert (done.code, named in done.err) == (3, True), done.err


def test_where_principals_cannot_be_listed_nobody_is_said_to_be_all(place: Place, account: Aws) -> None:
    with account.refusing(Refusal("GetAccountAuthorizationDetails", "AccessDenied", "query")):
        done = live(place, account)
    assert set(told(place)) == {"root"}
    assert done.code == 3
    for what in ("users", "roles", "groups", "managed policies"):
        named = f"not read: {what} of aws:{ACCOUNT}: iam:GetAccountAuthorizationDetails was denied (AccessDenied)"
        assert named in done.err


def test_a_missing_report_hides_no_principal_that_went_away(account: Aws) -> None:
    from soc2gate.evidence import reviews

    def pack(names: str, at: str, *unread: str) -> dict[str, Any]:
        rows = [{"id": f"{ARN}:user/{one}", "unique_id": "", "due": "2026-04-01", "decision": None} for one in names]
        lacks = [{"place": f"aws:{ACCOUNT}", "what": what, "reason": "denied"} for what in unread]
        return {"observed_at": at, "principals": rows, "places": [f"aws:{ACCOUNT}"], "unread": lacks}

    for what, gone in ((reviews.DETAILS, "2026-03-02T00:00:00Z"), ("users", "")):
        known: dict[str, reviews.PrincipalReview] = {}
        reviews._see(known, [], pack("ab", "2026-03-01T00:00:00Z"))
        reviews._see(known, [], pack("a", "2026-03-02T00:00:00Z", what))
        assert known[f"{ARN}:user/b"].gone_at == gone


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path) as served:
        group = "rbac.authorization.k8s.io/v1"
        for kind, plural in (
            ("ClusterRole", "clusterroles"), ("ClusterRoleBinding", "clusterrolebindings"), ("Role", "roles"),
            ("RoleBinding", "rolebindings"),
        ):  # fmt: skip
            served.api.add(f"{group}/{plural}", *(item for item in CLUSTER if item["kind"] == kind))
        yield served


def test_an_account_and_a_cluster_are_read_in_one_review(place: Place, account: Aws, cluster: Cluster) -> None:
    place.write(soc2gate__yaml=f"{CONFIG}kubeconfig: {cluster.kubeconfig}\n")
    both = ("--provider", "aws", "--provider", "kubernetes")
    done = live(place, account, *both)
    assert done.code == 0, done.err
    rows = told(place)
    assert {name: row["level"] for name, row in rows.items() if row["type"] in ("User", "Group", "ServiceAccount")} == {
        "admins": "admin",
        "ann": "escalation",
        "bob": "write",
        "shop/web": "write",
        "eve": "none",
    }
    assert rows["user/ann"]["mfa"] == "yes"
    cluster.api.refuse["clusterroles"] = [403]
    done = live(place, account, *both)
    assert done.code == 3
    assert "not read: cluster roles of kubernetes:" in done.err
    assert {told(place)[name]["level"] for name in ("admins", "ann")} == {"unknown"}


def test_what_kubectl_wrote_of_rbac_is_reviewed_beside_a_live_account(place: Place, account: Aws) -> None:
    """Two packs into two folders: one of what runs now, one of a file."""
    assert live(place, account).code == 0
    file = dump(place.folder.parent, CLUSTER)
    done = place.soc2gate("access-review", "--snapshot", str(file), "--output", "cluster-review")
    assert done.code == 0, done.err
    made = json.loads((place.folder / "cluster-review/access-review.json").read_text())
    assert {row["mfa"] for row in made["principals"]} == {"the cluster does not tell"}
    assert {row["reviewer"] for row in made["principals"]} == {"Security team"}
