"""What reading live state needs to be allowed: the exact least, from the very declarations that the readers run by.

AWS's managed policy SecurityAudit holds all of it; a test says so. It holds some thousand actions more.
"""

from __future__ import annotations

from collections.abc import Iterable

from soc2gate.config import AccountConfig, OrganizationConfig
from soc2gate.kinds.describe import calls_of
from soc2gate.kinds.kubernetes_api import RESOURCES
from soc2gate.live import s3_state
from soc2gate.live.aws_shares import readable
from soc2gate.live.kubernetes import kinds_to_list
from soc2gate.model.value import Json
from soc2gate.schema.lookup import reads

SIGNING_IN = ("ec2:DescribeRegions", "sts:GetCallerIdentity")
"""Asked before anything is read: who we are (which AWS never refuses), and which regions the account is opted into."""
LOOKING_UP = "cloudtrail:LookupEvents"
"""For `verify --who` alone."""
ROLE = "soc2gate-reader"
_CLOUD_CONTROL = "cloudcontrol"
"""What boto3 calls the service."""


def actions(kinds: Iterable[str]) -> tuple[str, ...]:
    """The IAM actions that reading these kinds takes, with those that they are linked to; sorted."""
    wanted = readable(tuple(kinds)).kinds
    calls = (call for kind in wanted if kind.live is not None for call in calls_of(kind.live))
    found = {call.action for call in calls if call.service != _CLOUD_CONTROL}
    return tuple(sorted(found | set(SIGNING_IN))) if found else ()


def cloud_control_actions(kinds: Iterable[str]) -> tuple[str, ...]:
    """What reading those of these kinds takes that have no reader of ours: Cloud Control's own actions, and those by
    which it asks the service as whoever asks it; sorted."""
    wanted = readable(tuple(kinds)).kinds
    found: set[str] = set()
    for kind in wanted:
        own = {call.action for call in calls_of(kind.live) if call.service == _CLOUD_CONTROL} if kind.live else set()
        found |= own | set(reads(kind.name) if own else ())
    return tuple(sorted(found))


def iam_policy(kinds: Iterable[str], *, who: bool = False, states: Iterable[str] = ()) -> dict[str, Json]:
    """An IAM policy that allows those and nothing else; without a statement where no kind is AWS's.

    Listing has no resources to name, and what is read is not known before it is listed: every action is for `*`. None
    of them reads what stands in a bucket, a table, a queue or a secret, but the `states` (`s3://bucket/key`) that
    somebody named: of each its one object. Raises `UsageError` for a URL that names none.
    """
    allowed: list[Json] = list(actions(kinds))
    if who and allowed:
        allowed = [*sorted({*actions(kinds), LOOKING_UP})]
    # Apart, as SecurityAudit does not hold them.
    beyond: list[Json] = [*cloud_control_actions(kinds)]
    asking: Json = {"Sid": "Soc2gateAsksCloudControl", "Effect": "Allow", "Action": beyond, "Resource": "*"}
    statement: Json = {"Sid": "Soc2gateReads", "Effect": "Allow", "Action": allowed, "Resource": "*"}
    objects: list[Json] = [f"arn:aws:s3:::{bucket}/{key}" for bucket, key in map(s3_state.split, sorted(set(states)))]
    reading: Json = {
        "Sid": "Soc2gateReadsState",
        "Effect": "Allow",
        "Action": [s3_state.ACTION],
        "Resource": objects,
    }
    return {
        "Version": "2012-10-17",
        "Statement": [
            *([statement] if allowed else []),
            *([asking] if beyond else []),
            *([reading] if objects else []),
        ],
    }


def assuming(accounts: Iterable[AccountConfig], organization: OrganizationConfig | None) -> dict[str, Json]:
    """What whoever signs in needs beyond that: to take on the roles of the configured accounts, and, where they are an
    organization's, to list these. Without a statement where only their own account is read."""
    roles: list[Json] = [*sorted({entry.role_arn for entry in accounts if entry.role_arn})]
    statements: list[Json] = []
    if organization is not None:
        roles.append(f"arn:*:iam::*:role/{organization.role_name}")
        statements.append(
            {
                "Sid": "Soc2gateListsAccounts",
                "Effect": "Allow",
                "Action": ["organizations:ListAccounts"],
                "Resource": "*",
            }
        )
    if roles:
        statements.append(
            {"Sid": "Soc2gateTakesOnRoles", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": roles}
        )
    return {"Version": "2012-10-17", "Statement": statements}


def cluster_role(kinds: Iterable[str]) -> dict[str, Json]:
    """A Kubernetes ClusterRole that allows listing these kinds, with those that they are told from, and nothing else.

    Of Secrets only metadata is asked for, but RBAC has no word for that: whoever may list them may read them.
    """
    by_group: dict[str, set[str]] = {}
    for name in kinds_to_list(kinds):
        resource = RESOURCES[name]
        by_group.setdefault(resource.group, set()).add(resource.plural)
    rules: list[Json] = [
        {"apiGroups": [group], "resources": [*sorted(plurals)], "verbs": ["list"]}
        for group, plurals in sorted(by_group.items())
    ]
    if rules:
        # Its uid names the cluster.
        rules.append(
            {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]}
        )
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": ROLE},
        "rules": rules,
    }
