"""Three months of a made-up company: real git history, and a ledger that only the installed command wrote.

What an auditor meets in such a period is all in it: changes with their record, late ones, some without, a squash, a
merge, a direct push; failures that were mended within hours or weeks, one that was waived until the waiver was over,
one that nobody mends; looks at the account and the cluster with gaps between them and calls that were denied; somebody
who changed the account by hand; evidence that people brought, that went stale and that nobody brought; a review of
access with decisions on time, late and missing, and somebody who was to go and is still there; a place nobody read.

    python tests/unit/quarter.py FOLDER

writes it to a folder, to be looked at.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence_support import Done, Place

from soc2gate.live.snapshot import Snapshot

BEGINS, ENDS = "2026-07-01T00:00:00Z", "2026-09-30T18:00:00Z"
ACCOUNT, UNREAD_ACCOUNT = "123456789012", "210987654321"
ARN = f"arn:aws:iam::{ACCOUNT}"
LONG = "contractors-who-help-with-the-migration-of-the-order-history-until-the-end-of-the-year"
"""A name as long as people do give: it must not widen a page."""

CONFIG = f"""\
roots:
  - path: .
    account: "{ACCOUNT}"
    regions: [eu-west-1]
scope: [Security, Availability, Confidentiality]
control_owners:
  backup: Platform team
  encryption-at-rest: Platform team
  tls-in-transit: Platform team
  public-exposure: Network team
  network-segmentation: Network team
  iam-least-privilege: Security team
  iam-lifecycle: Security team
  mfa: Security team
  audit-logging: Security team
in_scope:
  accounts: ["{ACCOUNT}", "{UNREAD_ACCOUNT}"]
  regions: [eu-west-1, us-east-1]
  clusters: [prod]
  repositories: [github.com/acme/infra, github.com/acme/shop]
  verify_every_hours: 168
evidence:
  board-minutes:
    title: Minutes of the board's security review
    criteria: [CC1.2]
    owner: Ann Lee
    max_age_days: 60
  vendor-reviews:
    title: Reviews of vendors
    criteria: [CC9.2]
    owner: Bob Ray
    max_age_days: 365
  restore-drill:
    title: Restore drill
    controls: [backup]
    criteria: [A1.3]
    owner: Platform team
    max_age_days: 92
access_review:
  every_days: 90
  answer_days: 14
  reviewers:
    - {{match: "*", reviewer: Security team}}
    - {{match: "{ARN}:role/*", reviewer: Platform team, every_days: 30}}
"""
WAIVER = """\
waivers:
  - rule: s3-versioning
    address: aws_s3_bucket.reports
    reason: rebuilt every night from the warehouse
    owner: Data team
    approver: Eve Stone
    expires: 2026-09-15
    ticket: OPS-71
"""
MAIN = """\
resource "aws_s3_bucket" "documents" {
  bucket = "acme-documents"
  tags   = { owner = "shop", "data-class" = "confidential" }
}
resource "aws_s3_bucket_versioning" "documents" {
  bucket = aws_s3_bucket.documents.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "documents" {
  bucket                  = aws_s3_bucket.documents.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
module "network" {
  source = "./network"
}
"""
NETWORK = """\
resource "aws_security_group" "bastion" {
  for_each    = toset(["offices", "%s"])
  name        = "bastion-${each.key}"
  description = "Bastion hosts"
  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["%s"]
  }
}
"""
DATABASE = """\
resource "aws_db_instance" "shop" {
  identifier              = "shop"
  engine                  = "postgres"
  instance_class          = "db.t3.medium"
  allocated_storage       = 20
  username                = "shop"
  storage_encrypted       = true
  multi_az                = true
  deletion_protection     = true
  backup_retention_period = %d
}
"""
REPORTS = """\
resource "aws_s3_bucket" "reports" {
  bucket = "acme-reports"
  tags   = { owner = "data", "data-class" = "internal" }
}
"""
QUEUE = """\
resource "aws_sqs_queue" "%s" {
  name                    = "%s"
  sqs_managed_sse_enabled = true
}
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/shop/web:1.14.%d
"""


@dataclass
class Quarter:
    """The repository, its ledger beside it, and who signed."""

    place: Place
    commits: dict[str, str] = field(default_factory=dict)
    """A word for a change to its commit."""

    @classmethod
    def at(cls, folder: Path) -> Quarter:
        """One that was built there."""
        return cls(Place(folder / "repository"), json.loads((folder / "commits.json").read_text()))

    @property
    def folder(self) -> Path:
        return self.place.folder.parent

    @property
    def ask(self) -> tuple[str, ...]:
        """The report on the three months, without its format."""
        return ("report", "--ledger", "../ledger", "--keys", "../keys.json", "--to", ENDS, "--from", BEGINS,
                "--sample", "5", "--seed", "acme 2026 Q3")  # fmt: skip

    def report(self, form: str, *more: str) -> str:
        """In a format; `more` is another command line in the place of `ask`."""
        done = self.place.soc2gate(*(more or self.ask), "--format", form)
        assert done.code in (0, 3), done.err
        return done.out

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report("json"))
        return found

    def pack(self, target: Path) -> Path:
        """The zip for the auditor."""
        done = self.place.soc2gate(*self.ask, "--format", "zip", "--key", "../ci.key", "--output", str(target))
        assert done.code == 3, done.err
        return target


def build(folder: Path) -> Quarter:
    """Write the three months below `folder`, which must not hold them yet."""
    quarter = Quarter(Place.make(folder / "repository"))
    quarter.place.git("remote", "add", "origin", "https://github.com/acme/infra.git")
    made = quarter.place.soc2gate(
        "keygen", "--output", "../ci", "--no-passphrase", "--trust", "../keys.json", "--owner", "Platform CI",
        "--now", "2026-06-01T00:00:00Z",
    )  # fmt: skip
    assert made.code == 0, made.err
    _july(quarter)
    _august(quarter)
    _september(quarter)
    (folder / "commits.json").write_text(json.dumps(quarter.commits))
    return quarter


def _july(quarter: Quarter) -> None:
    place = quarter.place
    place.write(soc2gate__yaml=CONFIG, main__tf=MAIN, database__tf=DATABASE % 14)
    place.put("network/main.tf", NETWORK % (LONG, "198.51.100.0/24"))
    place.put("k8s/web.yaml", WEB % 1)
    _change(quarter, "before", "2026-06-24T09:00:00Z")
    _change(quarter, "first", "2026-07-01T08:00:00Z", QUEUE % ("orders", "orders"), "queue.tf")
    _verify(quarter, "2026-07-02T06:00:00Z", "eu-west-1", "us-east-1")
    _review(quarter, "2026-07-03T09:00:00Z")
    _evidence(quarter, "board-minutes", "minutes-q2.pdf", "2026-07-08", dated="2026-07-06")
    _change(quarter, "second", "2026-07-06T10:00:00Z", QUEUE % ("mail", "mail"), "mail.tf")
    _decide(quarter, "2026-07-10T12:00:00Z", {
        "user/ann": ("keep", ""), "user/old": ("remove", "left in June"), "root": ("keep", "sealed"),
        "role/deploy": ("change", "take iam:* off"),
    })  # fmt: skip
    _verify(quarter, "2026-07-09T06:00:00Z", "eu-west-1", "us-east-1")
    # Open to the world for four hours.
    _change(quarter, "opened", "2026-07-14T09:00:00Z", NETWORK % (LONG, "0.0.0.0/0"), "network/main.tf")
    _change(quarter, "closed", "2026-07-14T13:00:00Z", NETWORK % (LONG, "198.51.100.0/24"), "network/main.tf")
    _verify(quarter, "2026-07-21T06:00:00Z", "eu-west-1", denied=True)
    _change(quarter, "unattested", "2026-07-21T10:00:00Z", WEB % 2, "k8s/web.yaml", attested="")
    _change(quarter, "late", "2026-07-22T10:00:00Z", WEB % 3, "k8s/web.yaml", attested="2026-07-25T10:00:00Z")
    _change(quarter, "pushed", "2026-07-28T16:00:00Z", WEB % 4, "k8s/web.yaml",
            said={"direct_push": True, "bypassed_protection": True})  # fmt: skip
    _change(quarter, "approved", "2026-07-30T16:00:00Z", WEB % 5, "k8s/web.yaml",
            said={"pull_request": "https://github.com/acme/infra/pull/41", "merged_by": "ann",
                  "approvals": [{"by": "eve", "at": "2026-07-30T15:00:00Z", "commit": "0" * 40}]})  # fmt: skip


def _august(quarter: Quarter) -> None:
    place = quarter.place
    _verify(quarter, "2026-08-01T06:00:00Z", "eu-west-1")
    _change(quarter, "backups cut", "2026-08-05T09:00:00Z", DATABASE % 1, "database.tf")
    _change(quarter, "reports", "2026-08-06T09:00:00Z", REPORTS, "reports.tf")
    _evidence(quarter, "restore-drill", "drill.md", "2026-08-07", dated="2026-08-05")
    place.write(soc2gate__yaml=CONFIG + WAIVER)
    _change(quarter, "waived", "2026-08-10T09:00:00Z")
    _verify(quarter, "2026-08-12T06:00:00Z", "eu-west-1", opened=True)
    # A pull request, judged at its head, squashed: the commit on main has its tree.
    place.git("checkout", "-q", "-b", "pull")
    _change(quarter, "pull head", "2026-08-17T10:00:00Z", WEB % 6, "k8s/web.yaml")
    place.git("checkout", "-q", "main")
    _change(quarter, "squashed", "2026-08-17T11:00:00Z", WEB % 6, "k8s/web.yaml", attested="")
    # Another, judged and given up.
    place.git("checkout", "-q", "-b", "given-up")
    _change(quarter, "given up", "2026-08-18T10:00:00Z", QUEUE % ("trial", "trial"), "trial.tf")
    place.git("checkout", "-q", "main")
    _change(quarter, "backups back", "2026-08-20T09:00:00Z", DATABASE % 14, "database.tf")
    _decide(quarter, "2026-08-21T12:00:00Z", {"user/bob": ("keep", "")})
    # And one that was merged.
    place.git("checkout", "-q", "-b", "merged")
    _change(quarter, "merged head", "2026-08-24T10:00:00Z", QUEUE % ("bills", "bills"), "bills.tf")
    place.git("checkout", "-q", "main")
    place.git("merge", "-q", "--no-ff", "-m", "Merge bills", "merged", **_dates("2026-08-25T10:00:00Z"))
    quarter.commits["merge"] = place.git("rev-parse", "HEAD")
    _attest(quarter, "2026-08-25T10:10:00Z")
    _verify(quarter, "2026-08-27T06:00:00Z", "eu-west-1", "us-east-1", opened=True, cluster=True)


def _september(quarter: Quarter) -> None:
    _verify(quarter, "2026-09-02T06:00:00Z", "eu-west-1", cluster=True)
    for number in range(7, 13):
        date = f"2026-09-{number - 4:02d}T10:00:00Z"
        _change(quarter, f"web {number}", date, WEB % number, "k8s/web.yaml", attested="" if number == 9 else date)
    _review(quarter, "2026-09-10T09:00:00Z")
    _verify(quarter, "2026-09-11T06:00:00Z", "eu-west-1", cluster=True)
    # After the waiver is over.
    _change(quarter, "more", "2026-09-17T10:00:00Z", QUEUE % ("notes", "notes"), "notes.tf")
    # Nobody mends this one.
    _change(quarter, "left open", "2026-09-21T10:00:00Z", NETWORK % (LONG, "0.0.0.0/0"), "network/main.tf")
    _verify(quarter, "2026-09-28T06:00:00Z", "eu-west-1", opened=True, denied=True, cluster=True)
    _change(quarter, "last", "2026-09-30T17:00:00Z", WEB % 13, "k8s/web.yaml")


def _dates(at: str) -> dict[str, str]:
    return {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}


def _change(
    quarter: Quarter, name: str, at: str, text: str = "", file: str = "", *, attested: str | None = None,
    said: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """A commit, and its record ten minutes later unless said otherwise; `attested=""` leaves it without one."""
    if file:
        quarter.place.put(file, text)
    quarter.commits[name] = quarter.place.commit(name, **_dates(at))
    if attested != "":
        _attest(quarter, attested or f"{at[:14]}10:00Z", said=said)


def _attest(quarter: Quarter, at: str, *more: str, said: Mapping[str, Any] | None = None) -> None:
    if said is not None:
        (quarter.folder / "change.json").write_text(json.dumps(said))
        more = (*more, "--change", "../change.json")
    _done(quarter.place.soc2gate("attest", "--ledger", "../ledger", "--key", "../ci.key", "--now", at, *more))


def _done(done: Done) -> None:
    assert done.code in (0, 1, 3), done.err


def _evidence(quarter: Quarter, slot: str, name: str, day: str, *, dated: str) -> None:
    (quarter.folder / name).write_text(f"{slot}, {dated}\n")
    _done(quarter.place.soc2gate(
        "evidence", "add", "--slot", slot, "--file", f"../{name}", "--dated", dated, "--ledger", "../ledger",
        "--key", "../ci.key", "--copy", "--now", f"{day}T09:00:00Z",
    ))  # fmt: skip


def _verify(
    quarter: Quarter, at: str, *regions: str, opened: bool = False, denied: bool = False, cluster: bool = False
) -> None:
    """A look at what runs, and the record of it."""
    files = [_snapshot(quarter, at, _account(at, regions, opened=opened, denied=denied))]
    if cluster:
        files.append(_snapshot(quarter, at, _cluster(at)))
    given = [word for file in files for word in ("--snapshot", file)]
    _attest(quarter, f"{at[:14]}30:00Z", *given)


def _snapshot(quarter: Quarter, at: str, part: dict[str, Any]) -> str:
    file = quarter.folder / f"{part['provider']}-{at[:10]}.json.gz"
    excerpt = {"schema": "soc2gate.snapshot/1", "tool": {"name": "soc2gate", "version": "0"}, **part}
    Snapshot.parse(excerpt, str(file), strict_digest=False).write(file)
    return str(file)


KINDS = ("AWS::S3::Bucket", "AWS::EC2::SecurityGroup", "AWS::RDS::DBInstance", "AWS::IAM::User", "AWS::IAM::Role",
         "AWS::IAM::Group", "AWS::IAM::ManagedPolicy", "Account::IAM::Root")  # fmt: skip
GLOBAL = ("AWS::IAM", "Account::IAM")


def _account(at: str, regions: tuple[str, ...], *, opened: bool, denied: bool) -> dict[str, Any]:
    """The account as `collect` would have seen it."""
    places = [(kind, "global") for kind in KINDS if kind.startswith(GLOBAL)]
    places += [(kind, region) for kind in KINDS if not kind.startswith(GLOBAL) for region in regions]
    failed = {
        "call": "s3:GetBucketVersioning", "kind": "AWS::S3::Bucket", "region": "eu-west-1", "error": "AccessDenied",
        "reason": "s3:GetBucketVersioning was denied (AccessDenied)", "uid": "arn:aws:s3:::acme-documents",
        "property": "VersioningConfiguration",
    }  # fmt: skip
    return {
        "provider": "aws",
        "account": ACCOUNT,
        "caller": f"{ARN}:user/ci",
        "taken_at": at,
        "finished_at": at,
        "regions_asked": ["eu-west-1", "us-east-1"],
        "regions_read": list(regions),
        "coverage": [{"kind": kind, "region": region, "read": True} for kind, region in places],
        "failed_calls": [failed] if denied else [],
        "resources": [*_services(opened, denied), *_principals(at)],
    }


def _services(opened: bool, denied: bool) -> Iterator[dict[str, Any]]:
    bucket: dict[str, Any] = {
        "BucketName": "acme-documents",
        "PublicAccessBlockConfiguration": dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
        "Tags": [{"Key": "owner", "Value": "shop"}, {"Key": "data-class", "Value": "confidential"}],
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    if denied:
        bucket["VersioningConfiguration"] = {"$unknown": "s3:GetBucketVersioning was denied (AccessDenied)"}
    yield {"kind": "AWS::S3::Bucket", "uid": "arn:aws:s3:::acme-documents", "region": "eu-west-1", "properties": bucket}
    reports = {"BucketName": "acme-reports", "VersioningConfiguration": {}, "Tags": [
        {"Key": "owner", "Value": "data"}, {"Key": "data-class", "Value": "internal"}]}  # fmt: skip
    yield {"kind": "AWS::S3::Bucket", "uid": "arn:aws:s3:::acme-reports", "region": "eu-west-1", "properties": reports}
    for number, name in enumerate(("offices", LONG)):
        ingress = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "198.51.100.0/24",
                    "Description": "SSH"}]  # fmt: skip
        if opened and name == "offices":
            ingress.append({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"})
        yield {
            "kind": "AWS::EC2::SecurityGroup",
            "uid": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-{number}",
            "region": "eu-west-1",
            "properties": {
                "GroupId": f"sg-{number}", "GroupName": f"bastion-{name}", "GroupDescription": "Bastion hosts",
                "SecurityGroupIngress": ingress,
            },
        }  # fmt: skip
    yield {
        "kind": "AWS::RDS::DBInstance",
        "uid": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:shop",
        "region": "eu-west-1",
        "properties": {
            "DBInstanceIdentifier": "shop", "Engine": "postgres", "DBInstanceClass": "db.t3.medium",
            "AllocatedStorage": "20", "StorageEncrypted": True, "MultiAZ": True, "DeletionProtection": True,
            "BackupRetentionPeriod": 14,
        },
    }  # fmt: skip


def _policy(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [*actions], "Resource": "*", **more}]}


def _principals(at: str) -> Iterator[dict[str, Any]]:
    """Who there is: with a second factor and without, used and never, and one whose privileges AWS does not tell."""

    def user(name: str, mfa: bool, last: str, *arns: str, **more: Any) -> dict[str, Any]:
        properties = {
            "UserName": name, "PasswordEnabled": True, "MFAEnabled": mfa, "PasswordLastUsed": last,
            "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{one}" for one in arns], "AccessKeys": [], **more,
        }  # fmt: skip
        uid = f"{ARN}:user/{name}"
        identity = {"name": name, "arn": uid, "id": f"AIDA{name.upper()}"}
        return {"kind": "AWS::IAM::User", "uid": uid, "region": "global", "identity": identity,
                "properties": properties}  # fmt: skip

    keys = [{"AccessKeyId": "AKIA0", "Active": True, "LastRotated": "2026-01-04T00:00:00Z",
             "LastUsedDate": "2026-06-30T00:00:00Z"}]  # fmt: skip
    yield user("ann", True, at, "ReadOnlyAccess", AccessKeys=keys)
    yield user("bob", False, "2026-03-01T00:00:00Z", "PowerUserAccess")
    yield user("old", False, "2025-11-20T00:00:00Z", "AdministratorAccess")
    yield user("new", True, at, "service-role/Odd")
    yield {
        "kind": "AWS::IAM::Role", "uid": f"{ARN}:role/deploy", "region": "global",
        "identity": {"name": "deploy", "arn": f"{ARN}:role/deploy", "id": "AROADEPLOY"},
        "properties": {
            "RoleName": "deploy", "Path": "/",
            "AssumeRolePolicyDocument": _policy("sts:AssumeRole", Principal={"Service": "codebuild.amazonaws.com"}),
            "Policies": [{"PolicyName": "deploy", "PolicyDocument": _policy("iam:*", "s3:*")}], "ManagedPolicyArns": [],
        },
    }  # fmt: skip
    yield {
        "kind": "AWS::IAM::Role", "uid": f"{ARN}:role/{LONG[:60]}", "region": "global",
        "identity": {"name": LONG[:60], "arn": f"{ARN}:role/{LONG[:60]}", "id": "AROALONG"},
        "properties": {
            "RoleName": LONG[:60], "Path": "/",
            "AssumeRolePolicyDocument": _policy("sts:AssumeRole", Principal={"AWS": "arn:aws:iam::999999999999:root"}),
            "Policies": [{"PolicyName": "read", "PolicyDocument": _policy("s3:GetObject", "dynamodb:GetItem")}],
            "ManagedPolicyArns": [],
        },
    }  # fmt: skip
    yield {"kind": "Account::IAM::Root", "uid": f"{ARN}:root", "region": "global",
           "properties": {"MFAEnabled": True, "AccessKeysPresent": False}}  # fmt: skip


def _cluster(at: str) -> dict[str, Any]:
    """The cluster: an image that somebody put in by hand."""
    container = {"name": "web", "image": "registry.example.com/shop/web:debug"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "provider": "kubernetes",
        "account": "prod",
        "caller": "https://prod.example.com",
        "taken_at": at,
        "finished_at": at,
        "calls": [{"call": "list deployments.apps", "region": "", "made": 1, "failed": 0}],
        "coverage": [{"kind": "Kubernetes::Deployment", "region": "", "read": True}],
        "resources": [
            {
                "kind": "Kubernetes::Deployment",
                "uid": "apps/Deployment/shop/web",
                "region": "",
                "properties": {
                    "metadata": {"name": "web", "namespace": "shop"},
                    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
                },
            }
        ],
    }


def _review(quarter: Quarter, at: str) -> None:
    """Open a review of access: the pack is recorded, so that the report knows who was to be reviewed."""
    file = _snapshot(quarter, f"{at[:11]}08:00:00Z", {
        **_account(f"{at[:11]}08:00:00Z", ("eu-west-1",), opened=False, denied=False), "resources": [*_principals(at)],
    })  # fmt: skip
    _done(quarter.place.soc2gate(
        "access-review", "--snapshot", file, "--output", f"../review-{at[:7]}", "--now", at, "--ledger", "../ledger",
        "--keys", "../keys.json", "--key", "../ci.key",
    ))  # fmt: skip


def _decide(quarter: Quarter, at: str, decisions: Mapping[str, tuple[str, str]]) -> None:
    """What reviewers wrote into July's table."""
    table = quarter.folder / "review-2026-07/access-review.csv"
    with table.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    for row in rows:
        name = row["principal"].rpartition(":")[2]
        decision, note = decisions.get(name, ("", ""))
        by, on = ("Eve Stone", at[:10]) if decision else ("", "")
        row |= {"decision": decision, "decided_by": by, "decided_on": on, "note": note}
    with table.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    _done(quarter.place.soc2gate(
        "access-review", "record", str(table), "--ledger", "../ledger", "--key", "../ci.key", "--now", at,
    ))  # fmt: skip


if __name__ == "__main__":
    made = build(Path(sys.argv[1]))
    for form, name in (("html", "report.html"), ("json", "report.json"), ("csv", "controls.csv"),
                       ("oscal", "oscal.json"), ("oscal-poam", "poam.json"), ("text", "report.txt")):  # fmt: skip
        (made.folder / name).write_text(made.report(form), encoding="utf-8")
    made.pack(made.folder / "for-the-auditor.zip")
