"""What people did to Harbourline's account and cluster by hand, after it was deployed from code.

Each change is made the way it happens: one or two API calls by somebody in a hurry. `expected` says what a
comparison of code with running state has to make of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from soc2gate.demo.seed_account import create_plain_bucket, let_in, sse_s3
from soc2gate.demo.seed_cluster import Cluster, deployment_path, roll_out
from soc2gate.demo.seed_common import NAME, Account
from soc2gate.demo.servers import AccountServer, Denial
from soc2gate.facts import dataclass


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a change works on."""

    account: Account
    cluster: Cluster
    server: AccountServer


@dataclass(frozen=True, slots=True)
class Change:
    """One thing done by hand."""

    id: str
    told: str
    """What was done, in words: the demo prints it."""
    make: Callable[[Deployed], None]


def open_ssh(deployed: Deployed) -> None:
    let_in(deployed.account, "bastion", 22, "temporary, contractor", ("0.0.0.0/0",))


def weaken_encryption(deployed: Deployed) -> None:
    deployed.account.client("s3").put_bucket_encryption(
        Bucket=f"{NAME}-customer-exports", ServerSideEncryptionConfiguration={"Rules": [sse_s3()]}
    )


def remove_public_access_block(deployed: Deployed) -> None:
    deployed.account.client("s3").delete_public_access_block(Bucket=f"{NAME}-assets")


def stop_backups(deployed: Deployed) -> None:
    deployed.account.client("rds").modify_db_instance(
        DBInstanceIdentifier=f"{NAME}-shop", BackupRetentionPeriod=0, ApplyImmediately=True
    )


def stop_trail(deployed: Deployed) -> None:
    deployed.account.client("cloudtrail").stop_logging(Name=NAME)


PUBLIC_BUCKET = "harbourline-summer-campaign"


def create_public_bucket(deployed: Deployed) -> None:
    create_plain_bucket(deployed.account, PUBLIC_BUCKET)
    s3 = deployed.account.client("s3")
    s3.delete_public_access_block(Bucket=PUBLIC_BUCKET)
    read = {
        "Sid": "PublicRead",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{PUBLIC_BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=PUBLIC_BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [read]}))


def make_privileged(deployed: Deployed) -> None:
    cluster = deployed.cluster
    containers = cluster.read(deployment_path("web"))["spec"]["template"]["spec"]["containers"]
    # The API server refuses a privileged container that may not escalate, so whoever sets one has to set both.
    containers[0]["securityContext"] |= {"privileged": True, "allowPrivilegeEscalation": True}
    change = {"spec": {"template": {"spec": {"containers": containers}}}}
    cluster.patch(deployment_path("web"), change, "kubectl-edit")
    roll_out(cluster, "web")


ADMIN_BINDING = "debug-admin"


def bind_cluster_admin(deployed: Deployed) -> None:
    deployed.cluster.create(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": ADMIN_BINDING},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}],
        },
        "kubectl-create",
    )


def deny_reading(deployed: Deployed) -> None:
    deployed.server.middleware.denials.append(
        Denial("s3:GetBucketVersioning", f"/{NAME}-invoices", "versioning"),
    )


CHANGES: tuple[Change, ...] = (
    Change("ssh-open", "SSH on the bastion was opened to the whole internet, for a contractor", open_ssh),
    Change("encryption-weakened", "customer-exports lost its KMS key: new objects get SSE-S3", weaken_encryption),
    Change(
        "access-block-removed", "the public access block of the assets bucket was removed", remove_public_access_block
    ),
    Change("backups-off", "the shop database keeps no automated backups any more", stop_backups),
    Change("trail-stopped", "CloudTrail was told to stop logging", stop_trail),
    Change("public-bucket", f"a bucket nobody declared, {PUBLIC_BUCKET}, lets everybody read", create_public_bucket),
    Change("privileged", "kubectl edit made the container of deployment web privileged", make_privileged),
    Change(
        "admin-binding", f"{ADMIN_BINDING} binds cluster-admin to a service account of the shop", bind_cluster_admin
    ),
    Change(
        "read-denied", "a policy denies s3:GetBucketVersioning on the invoices bucket to whoever looks", deny_reading
    ),
)
"""In the order they are made."""
