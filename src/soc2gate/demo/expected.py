"""What `verify` has to report after the changes by hand: exactly this, and nothing else as a disagreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from soc2gate.demo.changes import ADMIN_BINDING, PUBLIC_BUCKET
from soc2gate.facts import dataclass

Report: TypeAlias = Mapping[str, Any]
"""The JSON result, `soc2gate.result/1`."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One disagreement that a change brings about."""

    change: str
    """The id of the change in `changes`."""
    difference: str
    kind: str
    address: str
    """The declared address; for what nobody declared, the live one."""
    property: str | None
    rules: tuple[str, ...]
    """The rules that fail live because of it (for the denied call: that cannot be decided); sorted."""
    file: str
    """Where the code promised otherwise; empty where nothing was promised."""
    says: str
    """What stands on that line."""
    within: str
    """The line that begins the block it stands in, or itself: what tells it from others that say the same."""
    call: str
    """The call that saw it, or was refused."""


_ACCESS_BLOCK = (
    "s3-block-public-acls",
    "s3-block-public-policy",
    "s3-ignore-public-acls",
    "s3-restrict-public-buckets",
)
_POD_SECURITY = ("k8s-pod-security-baseline", "k8s-pod-security-restricted")

STAGED: tuple[Staged, ...] = (
    Staged(
        change="ssh-open",
        difference="changed",
        kind="AWS::EC2::SecurityGroup",
        address="module.network.aws_security_group.bastion",
        property="SecurityGroupIngress",
        rules=("sg-no-ssh-from-internet",),
        file="terraform/modules/network/security_groups.tf",
        says='resource "aws_security_group_rule" "bastion_ssh" {',
        within='resource "aws_security_group_rule" "bastion_ssh" {',
        call="ec2:DescribeSecurityGroups",
    ),
    Staged(
        change="encryption-weakened",
        difference="changed",
        kind="AWS::S3::Bucket",
        address="aws_s3_bucket.customer_exports",
        property="BucketEncryption.ServerSideEncryptionConfiguration[0]",
        rules=("s3-encryption",),
        file="terraform/storage.tf",
        says='sse_algorithm     = "aws:kms"',
        within='resource "aws_s3_bucket_server_side_encryption_configuration" "customer_exports" {',
        call="s3:GetBucketEncryption",
    ),
    Staged(
        change="access-block-removed",
        difference="changed",
        kind="AWS::S3::Bucket",
        address="aws_s3_bucket.assets",
        property="PublicAccessBlockConfiguration",
        rules=_ACCESS_BLOCK,
        file="terraform/storage.tf",
        says='resource "aws_s3_bucket_public_access_block" "assets" {',
        within='resource "aws_s3_bucket_public_access_block" "assets" {',
        call="s3:GetPublicAccessBlock",
    ),
    Staged(
        change="backups-off",
        difference="changed",
        kind="AWS::RDS::DBInstance",
        address="aws_db_instance.shop",
        property="BackupRetentionPeriod",
        rules=("rds-backup-retention",),
        file="terraform/database.tf",
        says="backup_retention_period = var.backup_retention_days",
        within='resource "aws_db_instance" "shop" {',
        call="rds:DescribeDBInstances",
    ),
    Staged(
        change="trail-stopped",
        difference="changed",
        kind="AWS::CloudTrail::Trail",
        address="aws_cloudtrail.main",
        property="IsLogging",
        rules=("cloudtrail-multi-region",),
        file="terraform/logs.tf",
        says="enable_logging                = true",
        within='resource "aws_cloudtrail" "main" {',
        call="cloudtrail:GetTrailStatus",
    ),
    Staged(
        change="public-bucket",
        difference="unmanaged",
        kind="AWS::S3::Bucket",
        address=f"arn:aws:s3:::{PUBLIC_BUCKET}",
        property=None,
        rules=(
            "s3-access-logging",
            *_ACCESS_BLOCK[:2],
            "s3-encryption",
            _ACCESS_BLOCK[2],
            "s3-lifecycle",
            # Its policy came with it: what the policy allows counts against the bucket.
            "s3-policy-no-anonymous",
            _ACCESS_BLOCK[3],
            "s3-tls-only",
            "s3-versioning",
        ),
        file="",
        says="",
        within="",
        call="s3:ListBuckets",
    ),
    Staged(
        change="privileged",
        difference="changed",
        kind="Kubernetes::Deployment",
        address="Deployment/shop/web",
        property="spec.template.spec.containers[0].securityContext.privileged",
        rules=("k8s-no-privileged", *_POD_SECURITY),
        file="kubernetes/web.yaml",
        says="privileged: false",
        within="containers:",
        call="list deployments.apps",
    ),
    Staged(
        change="privileged",
        difference="changed",
        kind="Kubernetes::Deployment",
        address="Deployment/shop/web",
        property="spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation",
        rules=("k8s-no-privilege-escalation", _POD_SECURITY[1]),
        file="kubernetes/web.yaml",
        says="allowPrivilegeEscalation: false",
        within="containers:",
        call="list deployments.apps",
    ),
    Staged(
        change="admin-binding",
        difference="unmanaged",
        kind="Kubernetes::ClusterRoleBinding",
        address=f"rbac.authorization.k8s.io/ClusterRoleBinding/{ADMIN_BINDING}",
        property=None,
        rules=("k8s-no-cluster-admin-binding",),
        file="",
        says="",
        within="",
        call="list clusterrolebindings.rbac.authorization.k8s.io",
    ),
    Staged(
        change="read-denied",
        difference="undecided",
        kind="AWS::S3::Bucket",
        address="InvoicesBucket",
        property="VersioningConfiguration",
        rules=("s3-versioning",),
        file="cloudformation/orders.yaml",
        says="VersioningConfiguration:",
        within="InvoicesBucket:",
        call="s3:GetBucketVersioning",
    ),
)


def deviations(report: Report, folder: Path) -> list[str]:
    """How the report of `verify` on the changed deployment differs from what was staged, in words; empty when it
    does not. `folder` is where the company's files are: the lines the report names are read there.
    """
    return list(_deviations(report, folder, STAGED))


def _deviations(report: Report, folder: Path, staged: Sequence[Staged]) -> Iterator[str]:
    wanted = {(item.difference, item.kind, item.address, item.property): item for item in staged}
    for found in report["disagreements"]:
        item = wanted.pop((found["difference"], found["kind"], found["address"], found["property"]), None)
        name = f"{found['difference']} {found['kind']} {found['address']} {found['property'] or ''}".rstrip()
        if item is None:
            yield f"not staged: {name}"
        else:
            for deviation in _details(found, item, folder):
                yield f"{name}: {deviation}"
    for item in wanted.values():
        name = f"{item.difference} {item.kind} {item.address} {item.property or ''}".rstrip()
        yield f"not reported ({item.change}): {name}"


def _details(found: Report, item: Staged, folder: Path) -> Iterator[str]:
    verdict = "unknown" if item.difference == "undecided" else "fail"
    rules = tuple(sorted(rule["id"] for rule in found["rules"] if rule["live"] == verdict))
    if rules != item.rules:
        yield f"rules {', '.join(rules) or 'none'} instead of {', '.join(item.rules) or 'none'}"
    if item.rules and not found["criteria"]:
        yield "no SOC 2 criterion"
    call = (found["live_where"] or {}).get("call")
    if call != item.call:
        yield f"seen by {call} instead of {item.call}"
    if item.file:
        line, blocks = _line(found["declared_where"], folder, item.file)
        if line != item.says or item.within not in (line, *blocks):
            yield f"points to {line!r} instead of {item.says!r} of {item.within!r} in {item.file}"


def _line(where: Report | None, folder: Path, file: str) -> tuple[str, list[str]]:
    """The text of the line that the report names, with the lines that begin the blocks around it.

    Where the report names no line of `file`, what it names instead.
    """
    if where is None:
        return "no line", []
    if not f"/{where['path']}".endswith(f"/{file}"):
        return f"{where['path']}:{where['line']}", []
    lines = (folder / file).read_text(encoding="utf-8").splitlines()[: where["line"]]
    if len(lines) < where["line"]:
        return f"line {where['line']}", []
    blocks = []
    depth = _depth(lines[-1])
    for line in reversed(lines):
        if line.strip() and _depth(line) < depth:
            depth = _depth(line)
            blocks.append(line.strip())
    return lines[-1].strip(), blocks


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
