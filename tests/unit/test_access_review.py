"""Reviews of access: every principal with what it may do, what people decided, and who was never asked about."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from aws_for_tests import ACCOUNT, REGION, Aws, Refusal, running_aws
from evidence_support import GOOD, Done, Place

from soc2gate.access import aws as access_aws
from soc2gate.access import pack
from soc2gate.access.principals import Principal
from soc2gate.evidence import envelope
from soc2gate.evidence.kept import schema_of
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.live.snapshot import Snapshot

SEEN = "2026-03-01T09:00:00Z"
USER = f"arn:aws:iam::{ACCOUNT}:user/"
LEDGER = ("--ledger", "../ledger")
SIGN = (*LEDGER, "--key", "../ci.key")
READ = (*LEDGER, "--keys", "../ci.pub")
CONFIG = f"""\
access_review:
  every_days: 90
  answer_days: 14
  reviewers:
    - {{match: "*", reviewer: Security team}}
    - {{match: "{USER}ann", reviewer: Eve, every_days: 30}}
"""


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running_aws() as aws:
        yield aws


@pytest.fixture
def account(server: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    iam = server.client("iam")
    for user in ("ann", "bob", "old"):
        iam.create_user(UserName=user)
    iam.create_access_key(UserName="ann")
    iam.create_group(GroupName="devs")
    iam.add_user_to_group(GroupName="devs", UserName="ann")
    iam.put_group_policy(GroupName="devs", PolicyName="logs", PolicyDocument=policy(allow("s3:GetObject", "ec2:Run*")))
    arn = iam.create_policy(PolicyName="hand-over", PolicyDocument=policy(allow("iam:PassRole")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    iam.put_user_policy(UserName="bob", PolicyName="run", PolicyDocument=policy(allow("ec2:RunInstances")))
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="ops", AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName="ops", PolicyName="all", PolicyDocument=policy(allow("*")))
    yield server
    server.reset()


def collect(aws: Aws, at: str = SEEN) -> Snapshot:
    return collect_aws(AwsRequest(access_aws.KINDS, lambda: at, regions=(REGION,), endpoint_url=aws.url))


def named(snapshot: Snapshot) -> dict[str, Principal]:
    return {one.id.rpartition(":")[2]: one for one in pack.find(snapshot).principals}


def test_each_principal_of_an_account_with_what_it_may_do(account: Aws) -> None:
    found = named(collect(account))
    assert {name: one.level for name, one in found.items()} == {
        "group/devs": "write",
        "role/ops": "admin",
        "root": "admin",
        "user/ann": "write",
        # One policy hands over a role, the other runs it: together they are everything.
        "user/bob": "escalation",
        "user/old": "none",
    }
    ann = found["user/ann"]
    assert (ann.member_of, ann.mfa, ann.last_used) == (("devs",), "no", "never")
    assert [(key.active, key.last_used) for key in ann.keys] == [(True, "never")]
    assert "read: s3" in ann.privileges
    assert "by group devs: inline logs" in ann.privileges
    assert found["role/ops"].assumed_by == ("arn:aws:iam::999999999999:root",)
    assert found["role/ops"].last_used == "never in 400 days"
    assert found["user/bob"].unique_id


def test_what_was_not_read_is_unknown_and_never_nothing(account: Aws) -> None:
    with account.refusing(Refusal("GetCredentialReport", "AccessDenied", "query")):
        snapshot = collect(account)
    found = named(snapshot)
    assert found["user/ann"].mfa.startswith("unknown")
    assert found["user/ann"].last_used.startswith("unknown")
    with account.refusing(Refusal("GetAccountAuthorizationDetails", "AccessDenied", "query")):
        blind = pack.find(collect(account))
    assert {one.what for one in blind.unread} == {"users", "roles", "groups", "managed policies"}
    assert [one.type for one in blind.principals] == ["root"]


def test_a_policy_of_awss_own_is_unknown_unless_its_name_says_enough(tmp_path: Path) -> None:
    def user(name: str, *arns: str, **more: Any) -> dict[str, Any]:
        arn = f"{USER}{name}"
        properties = {"UserName": name, "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{one}" for one in arns]}
        return {"kind": "AWS::IAM::User", "uid": arn, "region": "global", "properties": {**properties, **more}}

    excerpt = {
        "schema": "soc2gate.snapshot/1", "provider": "aws", "account": ACCOUNT,
        "resources": [
            user("a", "AdministratorAccess"), user("b", "ReadOnlyAccess"), user("c", "service-role/Odd"), user("d"),
            user("e", "ReadOnlyAccess", Groups=["gone"]),
        ],
    }  # fmt: skip
    (tmp_path / "live.json").write_text(json.dumps(excerpt))
    found = named(Snapshot.read(tmp_path / "live.json", strict_digest=False))
    assert [found[f"user/{name}"].level for name in "abcde"] == ["admin", "read", "unknown", "none", "unknown"]
    assert "the content of AWS's own policies is not read" in found["user/c"].privileges[0]
    # Nobody looked at these: that is no second factor known to be missing.
    assert (found["user/a"].mfa, found["user/a"].last_used) == (
        "unknown: the snapshot does not tell",
        "unknown: the snapshot does not tell",
    )


def rbac(kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **more}


def bound(
    kind: str, name: str, role: str, *subjects: dict[str, str], namespace: str = "", of: str = "ClusterRole"
) -> Any:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": of, "name": role}
    return rbac(kind, name, namespace, roleRef=reference, subjects=list(subjects))


def rule(groups: str, resources: str, verbs: str) -> dict[str, list[str]]:
    return {"apiGroups": groups.split(","), "resources": resources.split(), "verbs": verbs.split()}


CLUSTER = [
    rbac("ClusterRole", "cluster-admin", rules=[rule("*", "*", "*")]),
    rbac("ClusterRole", "giver", rules=[rule("rbac.authorization.k8s.io", "clusterroles", "bind")]),
    rbac("Role", "reader", "shop", rules=[rule("", "secrets configmaps", "get list")]),
    rbac("Role", "deployer", "shop",
         rules=[rule("apps", "deployments", "create patch"), rule("", "pods/exec", "create")]),
    bound("ClusterRoleBinding", "admins", "cluster-admin", {"kind": "Group", "name": "admins"}),
    bound("ClusterRoleBinding", "givers", "giver", {"kind": "User", "name": "ann"}),
    bound("RoleBinding", "r", "reader", {"kind": "ServiceAccount", "name": "web"}, namespace="shop", of="Role"),
    bound("RoleBinding", "d", "deployer", {"kind": "User", "name": "system:serviceaccount:shop:web"},
          {"kind": "User", "name": "bob"}, namespace="shop", of="Role"),
    bound("RoleBinding", "x", "gone", {"kind": "User", "name": "eve"}, namespace="shop", of="Role"),
]  # fmt: skip


def dump(folder: Path, items: list[Any]) -> Path:
    file = folder / "rbac.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return file


def test_each_subject_of_a_cluster_with_the_verbs_that_matter(tmp_path: Path) -> None:
    place = Place.make(tmp_path / "repository")
    file = dump(tmp_path, CLUSTER)
    done = place.soc2gate("access-review", "--snapshot", str(file), "--output", "review")
    assert done.code == 0, done.err
    made = json.loads((place.folder / "review/access-review.json").read_text())
    rows = {row["id"].partition(":")[2]: row for row in made["principals"]}
    assert {name: row["level"] for name, row in rows.items()} == {
        "Group:admins": "admin",
        "User:ann": "escalation",
        "ServiceAccount:shop/web": "write",
        "User:bob": "write",
        "User:eve": "none",
    }
    web = " | ".join(rows["ServiceAccount:shop/web"]["privileges"])
    for words in ("reads secrets in shop", "runs commands in pods in shop", "runs pods, with any service account"):
        assert words in web
    assert "the Role gone does not exist" in rows["User:eve"]["privileges"][0]
    assert rows["User:bob"]["mfa"] == rows["User:bob"]["last_used"] == "the cluster does not tell"


def test_roles_that_were_not_read_leave_their_subjects_unknown(tmp_path: Path) -> None:
    place = Place.make(tmp_path / "repository")
    file = dump(tmp_path, [item for item in CLUSTER if not item["kind"].endswith("Role")])
    done = place.soc2gate("access-review", "--snapshot", str(file), "--output", "review")
    assert (done.code, "not read: roles of kubernetes:" in done.err) == (3, True), done.err
    made = json.loads((place.folder / "review/access-review.json").read_text())
    assert {row["level"] for row in made["principals"]} == {"unknown"}


@pytest.fixture
def place(tmp_path: Path, account: Aws) -> Place:
    made = Place.make(tmp_path / "repository")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    made.write(main__tf=GOOD, soc2gate__yaml=CONFIG)
    date = "2026-02-01T00:00:00Z"
    made.commit(GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    assert made.soc2gate("attest", *SIGN, "--now", date).code in (0, 1)
    collect(account).write(tmp_path / "live.json")
    return made


def review(place: Place, *more: str, now: str = "2026-03-01T10:00:00Z", snapshot: str = "../live.json") -> Done:
    return place.soc2gate("access-review", "--snapshot", snapshot, "--output", "review", "--now", now, *more)


def rows_of(place: Place) -> list[dict[str, str]]:
    text = (place.folder / "review/access-review.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";decision;" in text else ","))


def fill_in(place: Place, decisions: dict[str, tuple[str, str, str, str]], delimiter: str = ",") -> None:
    rows = rows_of(place)
    for row in rows:
        given = decisions.get(row["principal"].rpartition(":")[2])
        if given:
            row["decision"], row["decided_by"], row["decided_on"], row["note"] = given
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    (place.folder / "review/access-review.csv").write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())


def record(place: Place, now: str = "2026-03-05T10:00:00Z", *more: str) -> Done:
    return place.soc2gate("access-review", "record", "review/access-review.csv", *SIGN, "--now", now, *more)


def report(place: Place, *more: str) -> dict[str, Any]:
    done = place.soc2gate("report", *READ, "--format", "json", *more)
    assert done.code in (0, 3), done.err
    found: dict[str, Any] = json.loads(done.out)["access_review"]
    return found


def states(said: dict[str, Any]) -> dict[str, str]:
    return {row["id"].rpartition(":")[2]: row["state"] for row in said["principals"]}


EVERYBODY = ("group/devs", "role/ops", "root", "user/ann", "user/bob", "user/old")
KEEP = ("keep", "Eve", "2026-03-04", "")


def test_the_pack_names_reviewer_and_due_date_and_leaves_room_for_a_decision(place: Place) -> None:
    done = review(place)
    assert done.code == 0, done.err
    jsonschema.validate(json.loads((place.folder / "review/access-review.json").read_text()), schema_of("access-pack"))
    rows = {row["principal"].rpartition(":")[2]: row for row in rows_of(place)}
    assert set(rows) == set(EVERYBODY)
    assert (rows["user/ann"]["reviewer"], rows["user/bob"]["reviewer"]) == ("Eve", "Security team")
    assert {row["due"] for row in rows.values()} == {"2026-03-15"}
    assert {row["decision"] + row["decided_by"] for row in rows.values()} == {""}
    assert "active" in rows["user/ann"]["keys"]


def test_decisions_are_kept_signed_and_say_who_was_reviewed_on_time_late_or_never(place: Place) -> None:
    assert review(place, *READ, "--key", "../ci.key").code == 0
    fill_in(place, dict.fromkeys(EVERYBODY[:4], KEEP), delimiter=";")
    done = record(place)
    assert (done.code, "undecided: " in done.err, "4 keep" in done.out) == (3, True, True), done.err
    # A table in which somebody began is never written over.
    assert review(place).code == 2
    # Handed in after it was due, whatever day the form says.
    fill_in(place, {"user/bob": KEEP})
    assert record(place, "2026-03-20T10:00:00Z").code == 3
    said = report(place, "--from", "2026-02-01", "--to", "2026-03-30")
    assert states(said) == {**dict.fromkeys(EVERYBODY[:4], "on_time"), "user/bob": "late", "user/old": "never"}
    assert said["totals"] == {"never": 1, "overdue": 0, "late": 1, "pending": 0, "on_time": 4, "gone": 0}
    assert {row["opened_by"] for row in said["reviews"]} == {said["reviews"][0]["record"]}
    # Ann is reviewed every 30 days, the others every 90.
    later = states(report(place, "--from", "2026-02-01", "--to", "2026-04-10"))
    assert (later["user/ann"], later["role/ops"]) == ("overdue", "on_time")
    before = states(report(place, "--from", "2026-02-01", "--to", "2026-03-02"))
    assert set(before.values()) == {"pending"}
    text = place.soc2gate("report", *READ, "--to", "2026-03-30").out
    assert "never    " + USER + "old (none), due 2026-03-15, Security team" in text
    signed = envelope.unseal(
        (place.folder.parent / "ledger/records/000/000000003.dsse.json").read_bytes(), envelope.STATEMENT_TYPE
    )
    jsonschema.validate(dict(signed.payload), schema_of("kept"))
    check = ("attest", "verify", "../ledger/records/000/000000003.dsse.json", *READ)
    assert place.soc2gate(*check).code == 0


def test_who_was_to_be_removed_and_is_still_there_is_told(place: Place, account: Aws) -> None:
    assert review(place).code == 0
    fill_in(place, {**dict.fromkeys(EVERYBODY, KEEP), "user/old": ("remove", "Eve", "2026-03-04", "left")})
    assert record(place).code == 0
    # Who was to be reviewed, only whoever handed it in says.
    text = place.soc2gate("report", *READ, "--to", "2026-03-30").out
    assert "the pack that was decided on was not recorded when it was made" in text
    # That somebody is to go is no proof that they went: when nobody looks again, that is told.
    unseen = json.loads(place.soc2gate("report", *READ, "--format", "json", "--to", "2026-12-31").out)
    assert states(unseen["access_review"])["user/old"] == "overdue"
    assert any("user/old: its access was to be removed (Eve, 2026-03-04)" in gap["told"] for gap in unseen["gaps"])
    collect(account, "2026-03-10T09:00:00Z").write(place.folder.parent / "later.json")
    done = review(place, *READ, "--key", "../ci.key", now="2026-03-10T10:00:00Z", snapshot="../later.json")
    assert done.code == 2
    assert "has decisions in it" in done.err
    (place.folder / "review/access-review.csv").unlink()
    done = review(place, *READ, "--key", "../ci.key", now="2026-03-10T10:00:00Z", snapshot="../later.json")
    assert (done.code, "old was to be removed (Eve, 2026-03-04) and is still there" in done.err) == (1, True), done.err
    whole = json.loads(place.soc2gate("report", *READ, "--format", "json", "--to", "2026-03-30").out)
    assert whole["access_review"]["still_there"] == [f"{USER}old"]
    gap = next(gap for gap in whole["gaps"] if gap["what"] == "access")
    assert (gap["severity"], "still there" in gap["told"]) == ("high", True)
    # Once it is gone, that is told, and the account was read whole.
    account.client("iam").delete_user(UserName="old")
    collect(account, "2026-03-12T09:00:00Z").write(place.folder.parent / "last.json")
    done = review(place, *READ, "--key", "../ci.key", now="2026-03-12T10:00:00Z", snapshot="../last.json")
    assert done.code == 0, done.err
    said = report(place, "--to", "2026-03-30")
    assert (said["still_there"], states(said)["user/old"]) == ([], "gone")


def test_where_part_was_not_read_nobody_is_said_to_be_gone(place: Place, account: Aws) -> None:
    assert review(place, *READ, "--key", "../ci.key").code == 0
    with account.refusing(Refusal("GetAccountAuthorizationDetails", "AccessDenied", "query")):
        collect(account, "2026-03-12T09:00:00Z").write(place.folder.parent / "blind.json")
    done = review(place, *READ, "--key", "../ci.key", now="2026-03-12T10:00:00Z", snapshot="../blind.json")
    assert done.code == 3
    assert "gone" not in states(report(place, "--to", "2026-03-30")).values()


def test_somebody_new_under_an_old_name_is_reviewed_anew(place: Place, account: Aws) -> None:
    assert review(place).code == 0
    fill_in(place, dict.fromkeys(EVERYBODY, KEEP))
    assert record(place).code == 0
    iam = account.client("iam")
    iam.delete_user(UserName="old")
    iam.create_user(UserName="old")
    collect(account, "2026-03-10T09:00:00Z").write(place.folder.parent / "later.json")
    (place.folder / "review/access-review.csv").unlink()
    done = review(place, *READ, "--key", "../ci.key", now="2026-03-10T10:00:00Z", snapshot="../later.json")
    assert done.code == 0, done.err
    rows = {row["principal"].rpartition(":")[2]: row for row in rows_of(place)}
    assert "made anew" in rows["user/old"]["remark"]
    assert (rows["user/bob"]["due"], rows["user/bob"]["last_decision"]) == ("2026-06-02", "keep (Eve, 2026-03-04)")
    said = report(place, "--to", "2026-03-30")
    assert sorted(row["state"] for row in said["principals"] if row["id"] == f"{USER}old") == ["gone", "never"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("retain", "Eve", "2026-03-04", ""), "“retain” is no decision"),
        (("keep", "", "2026-03-04", ""), "who decided?"),
        (("keep", "Eve", "4.3.2026", ""), "write it as 2026-09-30"),
        (("keep", "Eve", "2026-02-01", ""), "before the pack was made"),
        (("keep", "Eve", "2026-12-01", ""), "in the future"),
        (("change", "Eve", "2026-03-04", ""), "change what?"),
        (("", "Eve", "2026-03-04", ""), "and no decision"),
    ],
)
def test_a_table_that_decides_nothing_is_refused_by_line(
    place: Place, given: tuple[str, str, str, str], told: str
) -> None:
    assert review(place).code == 0
    fill_in(place, {"role/ops": given})
    done = record(place)
    assert (done.code, told in done.err, "access-review.csv:3" in done.err) == (2, True, True), done.err
    assert not (place.folder.parent / "ledger/records/000/000000002.dsse.json").exists()


def test_what_a_table_says_of_privileges_is_not_read_back(place: Place) -> None:
    assert review(place).code == 0
    fill_in(place, {"role/ops": KEEP})
    table = place.folder / "review/access-review.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace(",admin,", ",none,"), encoding="utf-8")
    assert record(place).code == 3
    said = report(place, "--to", "2026-03-30")
    assert next(row for row in said["principals"] if row["id"].endswith("role/ops"))["level"] == "admin"


def test_decisions_are_those_of_their_own_pack(place: Place) -> None:
    assert review(place).code == 0
    fill_in(place, {"role/ops": KEEP})
    pack_file = place.folder / "review/access-review.json"
    pack_file.write_text(pack_file.read_text().replace('"level": "admin"', '"level": "none"'))
    done = record(place)
    assert (done.code, "of another pack" in done.err) == (2, True), done.err
    pack_file.write_text("{}")
    assert record(place).code == 2


def test_the_page_and_the_package_tell_it(place: Place) -> None:
    assert review(place, *READ, "--key", "../ci.key").code == 0
    fill_in(place, {"role/ops": KEEP})
    assert record(place).code == 3
    page = place.soc2gate("report", *READ, "--to", "2026-03-30", "--format", "html").out.replace("<wbr>", "")
    assert 'id="access"' in page
    assert f"{USER}bob" in page
    zipped = ("--format", "zip", "--key", "../ci.key", "--output", "../out.zip")
    assert place.soc2gate("report", *READ, "--to", "2026-03-30", *zipped).code in (0, 3)
    import zipfile

    with zipfile.ZipFile(place.folder.parent / "out.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("access-review.csv").decode())))
    assert {(row["principal"].rpartition(":")[2], row["decision"]) for row in rows if row["decision"]} == {
        ("role/ops", "keep")
    }


def test_asked_wrongly_it_says_what_is_missing(place: Place) -> None:
    for arguments, told in (
        ((), "--snapshot, or --live"),
        (("--snapshot", "../live.json", *LEDGER), "--keys"),
        (("--snapshot", "../live.json", "--key", "../ci.key"), "--ledger"),
    ):
        done = place.soc2gate("access-review", *arguments)
        assert (done.code, told in done.err) == (2, True), done.err
    for command in (("access-review",), ("access-review", "record")):
        assert "soc2gate access-review" in place.soc2gate(*command, "--help").out.partition("Examples:")[2]
