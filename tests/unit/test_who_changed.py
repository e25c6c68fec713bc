"""Who changed what, and when, as far as the cluster or CloudTrail tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_for_tests import REGION, Aws, Refusal, signed_in
from cluster_for_tests import running_cluster

from soc2gate.kinds import kubernetes_managers as managers
from soc2gate.live import cloudtrail
from soc2gate.model.outcome import Difference

CONTAINER: dict[str, Any] = {"name": "web", "image": "nginx:1.27", "securityContext": {"privileged": True}}
WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "uid-web",
        "managedFields": [
            {
                "manager": "kubectl-client-side-apply",
                "operation": "Update",
                "time": "2026-11-01T09:00:00Z",
                "fieldsV1": {
                    "f:spec": {
                        "f:replicas": {},
                        "f:template": {
                            "f:spec": {
                                "f:containers": {
                                    'k:{"name":"web"}': {
                                        ".": {},
                                        "f:image": {},
                                        "f:name": {},
                                        "f:securityContext": {"f:privileged": {}},
                                    }
                                }
                            }
                        },
                    }
                },
            },
            {
                "manager": "kubectl-edit",
                "operation": "Update",
                "time": "2026-11-20T22:13:00Z",
                "fieldsV1": {
                    "f:spec": {
                        "f:template": {
                            "f:spec": {
                                "f:containers": {'k:{"name":"web"}': {"f:securityContext": {"f:privileged": {}}}}
                            }
                        }
                    }
                },
            },
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                "subresource": "status",
                "time": "2026-11-21T08:00:00Z",
                "fieldsV1": {"f:spec": {"f:replicas": {}}},
            },
        ],
    },
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "sidecar", "image": "envoy:1"}, CONTAINER]},
        },
    },
}
EDITED = "changed by kubectl-edit at 2026-11-20T22:13:00Z"
APPLIED = "changed by kubectl-client-side-apply at 2026-11-01T09:00:00Z"


def test_the_last_manager_of_a_path_is_named() -> None:
    notes = managers.changes(WEB)
    privileged = "spec.template.spec.containers[1].securityContext.privileged"
    assert managers.who(notes, privileged) == EDITED
    assert managers.who(notes, "spec.template.spec.containers[1].securityContext") == EDITED
    assert managers.who(notes, "spec.template.spec.containers[1].image") == APPLIED
    assert managers.who(notes, "spec.replicas") == APPLIED, "status is nobody's change"
    assert managers.who(notes, "spec.template.spec.containers[0].image") == ""
    template = managers.below(notes, "spec.template")
    assert managers.who(template, "spec.containers[1].securityContext.privileged") == EDITED


def test_an_object_without_managers_names_nobody() -> None:
    assert managers.changes({"metadata": {"name": "x"}}) == {}
    odd: dict[str, Any] = {
        "metadata": {"managedFields": ["x", {"manager": "m", "time": "t", "fieldsV1": {"k:{": {}, "f:gone": {}}}]}
    }
    assert managers.changes(odd) == {}


def test_who_made_an_object_is_told_where_one_manager_alone_set_something_then() -> None:
    def told(created: str, *entries: tuple[str, str]) -> str:
        managed = [{"manager": name, "time": time, "fieldsV1": {"f:spec": {}}} for name, time in entries]
        body: dict[str, Any] = {"metadata": {"creationTimestamp": created, "managedFields": managed}, "spec": {}}
        return managers.made(managers.changes(body))

    nine, ten = "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"
    assert told(nine, ("kubectl-create", nine)) == f"created by kubectl-create at {nine}"
    assert told(nine, ("kubectl-create", nine), ("helm", nine)) == f"created at {nine}"
    assert told(nine, ("kubectl-edit", ten)) == f"created at {nine}, last changed by kubectl-edit at {ten}"
    assert told(nine) == f"created at {nine}"
    assert managers.made(managers.changes({"metadata": {"name": "x"}})) == ""


def test_an_object_that_no_code_declares_says_who_made_it(tmp_path: Path) -> None:
    extra = json.loads(json.dumps(WEB))
    extra["metadata"] |= {"name": "extra", "uid": "uid-extra", "creationTimestamp": "2026-11-01T09:00:00Z"}
    declared = json.loads(json.dumps(WEB))
    del declared["metadata"]["managedFields"], declared["metadata"]["uid"]
    (tmp_path / "web.yaml").write_text(json.dumps(declared))
    live = tmp_path / "live.json"
    live.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Deployment", **WEB}, extra]}))
    command = ["verify", "web.yaml", "--snapshot", str(live), "--rule", "k8s-no-privileged", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = {item["address"]: item for item in json.loads(done.stdout)["disagreements"]}
    assert told["apps/Deployment/shop/extra"]["difference"] == "unmanaged"
    assert told["apps/Deployment/shop/extra"]["reason"] == (
        "created by kubectl-client-side-apply at 2026-11-01T09:00:00Z, last " + EDITED
    )


def test_a_disagreement_with_a_cluster_says_who(tmp_path: Path) -> None:
    declared = json.loads(json.dumps(WEB))
    del declared["metadata"]["managedFields"], declared["metadata"]["uid"]
    declared["spec"]["template"]["spec"]["containers"][1]["securityContext"]["privileged"] = False
    code = tmp_path / "code"
    code.mkdir()
    (code / "web.yaml").write_text(json.dumps(declared))
    with running_cluster(tmp_path) as cluster:
        cluster.api.add("apps/v1/deployments", WEB)
        done = subprocess.run(
            [sys.executable, "-m", "soc2gate", "verify", ".", "--rule", "k8s-no-privileged", "--format", "json"],
            cwd=code,
            env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    reasons = {item["property"]: item["reason"] for item in json.loads(done.stdout)["disagreements"]}
    (path,) = [path for path in reasons if path and path.endswith("privileged")]
    assert EDITED in reasons[path]


# CloudTrail


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with signed_in(monkeypatch) as server:
        server.client("sqs").create_queue(QueueName="jobs", Attributes={"SqsManagedSseEnabled": "false"})
        yield server


def verified(folder: Path, *more: str) -> dict[str, Any]:
    (folder / "main.tf").write_text(
        'resource "aws_sqs_queue" "jobs" {\n  name                    = "jobs"\n  sqs_managed_sse_enabled = true\n}\n'
    )
    command = ["verify", "--region", REGION, "--rule", "sqs-encrypted", "--format", "json", *more]
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def event(
    name: str,
    at: int,
    *,
    by: str = "ada",
    reading: bool = False,
    source: str = "sqs",
    named: tuple[str, ...] = ("jobs",),
    asked: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, object]:
    """As LookupEvents answers."""
    whole = {"eventName": name, "requestParameters": asked or {}, **more}
    return {
        "EventId": f"{name}-{at}",
        "EventName": name,
        "EventSource": f"{source}.amazonaws.com",
        "EventTime": at,
        "Username": by,
        "ReadOnly": str(reading).lower(),
        "Resources": [{"ResourceName": one} for one in named],
        "CloudTrailEvent": json.dumps(whole),
    }


def history(name: str, *events: dict[str, object], token: str = "") -> Refusal:
    """What CloudTrail answers, asked for this resource; the newest comes first."""
    answer: dict[str, object] = {"Events": sorted(events, key=lambda one: -int(str(one["EventTime"])))}
    answer |= {"NextToken": token} if token else {}
    return Refusal(f'"AttributeValue": "{name}"', json.dumps(answer), "answer", "200 OK")


def telling(aws: Aws, *histories: Refusal) -> AbstractContextManager[None]:
    """CloudTrail tells these, and of every other name nothing."""
    return aws.refusing(*histories, Refusal("LookupEvents", '{"Events": []}', "answer", "200 OK"))


def reasons(report: dict[str, Any], address: str) -> dict[str | None, str]:
    return {item["property"]: item["reason"] for item in report["disagreements"] if item["address"] == address}


def test_cloudtrail_is_asked_only_where_somebody_wants_to_know(aws: Aws, tmp_path: Path) -> None:
    verified(tmp_path)
    assert not [told for told in aws.requests if "LookupEvents" in told]


ENCRYPTED = {"queueUrl": "…", "attributes": {"SqsManagedSseEnabled": "false"}}


def test_a_disagreement_with_an_account_says_who(aws: Aws, tmp_path: Path) -> None:
    events = [
        event("GetQueueAttributes", 1763715600, reading=True),
        event("CreateQueue", 1763000000),
        event("SetQueueAttributes", 1763712000, asked=ENCRYPTED),
    ]
    with telling(aws, history("jobs", *events)):
        report = verified(tmp_path, "--who")
    said = "last changed by ada with SetQueueAttributes at 2025-11-21T08:00:00Z, says CloudTrail"
    assert reasons(report, "aws_sqs_queue.jobs") == {"SqsManagedSseEnabled": said}
    asked = {told for told in aws.requests if "LookupEvents" in told}
    assert any('"AttributeValue": "jobs"' in told for told in asked)
    assert any(f'"AttributeValue": "arn:aws:sqs:{REGION}:123456789012:jobs"' in told for told in asked)


def test_who_only_may_have_done_it_is_told_as_such(aws: Aws, tmp_path: Path) -> None:
    """The newest event set something else, or was another resource's business; one that was refused did nothing."""
    events = [
        event("SetQueueAttributes", 1763712000, asked={"attributes": {"VisibilityTimeout": "60"}}),
        event("SetQueueAttributes", 1763713000, by="mallory", asked=ENCRYPTED, errorCode="AccessDenied"),
    ]
    with telling(aws, history("jobs", *events)):
        report = verified(tmp_path, "--who")
    (said,) = reasons(report, "aws_sqs_queue.jobs").values()
    assert said.startswith("may have been changed by ada with SetQueueAttributes at 2025-11-21T08:00:00Z")
    assert "mallory" not in said


def test_who_did_it_in_a_role_and_through_a_service_is_told(aws: Aws, tmp_path: Path) -> None:
    role = {"sessionContext": {"sessionIssuer": {"userName": "deployer"}}, "invokedBy": "cloudformation.amazonaws.com"}
    with telling(
        aws, history("jobs", event("SetQueueAttributes", 1763712000, by="s-1", asked=ENCRYPTED, userIdentity=role))
    ):
        report = verified(tmp_path, "--who")
    (said,) = reasons(report, "aws_sqs_queue.jobs").values()
    assert said.startswith("last changed by s-1 as deployer through cloudformation.amazonaws.com with Set")


def test_many_readings_do_not_hide_who_changed_it(aws: Aws, tmp_path: Path) -> None:
    readings = [event("GetQueueAttributes", 1763800000 + n, reading=True) for n in range(50)]
    older = history("jobs", event("SetQueueAttributes", 1763712000, asked=ENCRYPTED))
    older.needle = '"NextToken": "older"'
    with telling(aws, older, history("jobs", *readings, token="older")):
        report = verified(tmp_path, "--who")
    (said,) = reasons(report, "aws_sqs_queue.jobs").values()
    assert said.startswith("last changed by ada with SetQueueAttributes at 2025-11-21T08:00:00Z")


def test_a_history_without_such_an_event_is_told(aws: Aws, tmp_path: Path) -> None:
    with telling(aws, history("jobs", event("SetQueueAttributes", 1763712000, source="scheduler"))):
        report = verified(tmp_path, "--who")
    (said,) = reasons(report, "aws_sqs_queue.jobs").values()
    assert said.startswith("who changed it is not known: CloudTrail has no such event of jobs or arn:aws:sqs")


def test_who_deleted_a_missing_resource_is_told(aws: Aws, tmp_path: Path) -> None:
    aws.client("sqs").delete_queue(QueueUrl=aws.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"])
    with telling(aws, history("jobs", event("CreateQueue", 1763000000), event("DeleteQueue", 1763712000, by="bob"))):
        report = verified(tmp_path, "--who")
    assert reasons(report, "aws_sqs_queue.jobs") == {
        None: "deleted by bob with DeleteQueue at 2025-11-21T08:00:00Z, says CloudTrail"
    }
    with telling(aws, history("jobs", event("CreateQueue", 1763000000))):
        report = verified(tmp_path, "--who")
    (said,) = reasons(report, "aws_sqs_queue.jobs").values()
    assert said == (
        "who deleted it is not known: CloudTrail tells last that it was created, by ada with CreateQueue at"
        " 2025-11-13T02:13:20Z"
    )


def test_who_created_what_no_code_declares_is_told(aws: Aws, tmp_path: Path) -> None:
    aws.client("sqs").create_queue(QueueName="extra")
    arn = f"arn:aws:sqs:{REGION}:123456789012:extra"
    events = [event("CreateQueue", 1763000000, by="eve", named=("extra",)), event("TagQueue", 1763712000)]
    with telling(aws, history("extra", *events)):
        report = verified(tmp_path, "--who")
    assert reasons(report, arn) == {None: "created by eve with CreateQueue at 2025-11-13T02:13:20Z, says CloudTrail"}
    with telling(aws, history("extra", event("TagQueue", 1763712000, named=("extra",)))):
        report = verified(tmp_path, "--who")
    (said,) = reasons(report, arn).values()
    assert said.startswith("who created it is not known: CloudTrail has no such event of")
    assert said.endswith("; last changed by ada with TagQueue at 2025-11-21T08:00:00Z")


def test_who_set_what_code_never_says_is_told(aws: Aws, tmp_path: Path) -> None:
    queue = aws.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    aws.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": "alias/by-hand"})
    with telling(
        aws, history("jobs", event("SetQueueAttributes", 1763712000, asked={"attributes": {"KmsMasterKeyId": "x"}}))
    ):
        report = verified(tmp_path, "--who")
    (said,) = [one["reason"] for one in report["undeclared"]["properties"] if one["property"] == "KmsMasterKeyId"]
    assert said.endswith("last changed by ada with SetQueueAttributes at 2025-11-21T08:00:00Z, says CloudTrail")


def test_a_history_that_may_not_be_read_is_a_remark_and_hides_nothing(aws: Aws, tmp_path: Path) -> None:
    with aws.refusing(Refusal("LookupEvents", "AccessDeniedException", "json", "400 Bad Request")):
        report = verified(tmp_path, "--who")
    assert report["disagreements"]
    (remark,) = [problem for problem in report["problems"] if "who changed what" in problem["message"]]
    assert remark["weight"] == "note"
    assert remark["hint"] == "allow cloudtrail:LookupEvents"


@pytest.mark.parametrize(
    ("kind", "difference", "path", "happened", "says"),
    [
        # An instance was given the group; the group is what it was.
        ("AWS::EC2::SecurityGroup", "changed", "SecurityGroupIngress", ["RunInstances ec2 sg-1 i-1"], "may have been"),
        (
            "AWS::EC2::SecurityGroup",
            "changed",
            "SecurityGroupIngress",
            ["RunInstances ec2 sg-1 i-1", "AuthorizeSecurityGroupIngress ec2 sg-1"],
            "last changed by ada with AuthorizeSecurityGroupIngress",
        ),
        (
            "AWS::S3::Bucket",
            "changed",
            "VersioningConfiguration.Status",
            ["PutBucketTagging s3 sg-1", "PutBucketVersioning s3 sg-1"],
            "last changed by ada with PutBucketVersioning",
        ),
        ("AWS::S3::Bucket", "missing", "", ["DeleteBucketPolicy s3 sg-1"], "may have been deleted"),
        ("AWS::S3::Bucket", "changed", "Tags[0].Value", ["PutBucketTagging s3 sg-1"], "last changed by ada"),
        ("AWS::CloudTrail::Trail", "changed", "IsLogging", ["StopLogging cloudtrail sg-1"], "last changed by ada"),
        (
            "AWS::IAM::Role",
            "undeclared",
            "ManagedPolicyArns",
            ["AttachRolePolicy iam sg-1 policyArn"],
            "last changed by ada with AttachRolePolicy",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            "changed",
            "PolicyDocument",
            ["AttachRolePolicy iam sg-1 web policyArn"],
            "may have been changed",
        ),
        ("AWS::EC2::Instance", "missing", "", ["TerminateInstances ec2 sg-1"], "deleted by ada with Terminate"),
        ("AWS::EC2::VPC", "unmanaged", "", ["CreateSubnet ec2 sg-1 subnet-1"], "may have been created"),
        ("AWS::Lambda::Function", "unmanaged", "", ["CreateFunction20150331 lambda sg-1"], "created by ada"),
        ("AWS::CloudWatch::Alarm", "unmanaged", "", ["PutMetricAlarm monitoring sg-1"], "may have been created"),
        ("AWS::WorkSpaces::Workspace", "missing", "", ["DeleteUser iam sg-1"], "who deleted it is not known"),
    ],
)
def test_an_event_proves_what_its_name_and_its_parameters_say(
    kind: str, difference: str, path: str, happened: list[str], says: str
) -> None:
    events = []
    for number, told in enumerate(happened):
        name, source, *rest = told.split()
        named = [one for one in rest if "-" in one or one == "web"]
        asked = dict.fromkeys(set(rest) - set(named), "x")
        entry = event(name, 1763712000 - number, source=source, named=tuple(named), asked=asked)
        events.append({**entry, "EventTime": datetime.fromtimestamp(1763712000 - number, UTC)})
    wanted = cloudtrail.Wanted(Difference(difference), kind, path, ("sg-1",))
    assert cloudtrail.answer([*cloudtrail.read(events)], wanted).text.startswith(says)


def test_the_permission_is_printed_where_it_is_asked_for() -> None:
    def allowed(*more: str) -> list[str]:
        command = [sys.executable, "-m", "soc2gate", "permissions", "--kind", "AWS::SQS::Queue", *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        actions: list[str] = json.loads(done.stdout)["Statement"][0]["Action"]
        return actions

    assert "cloudtrail:LookupEvents" not in allowed()
    assert set(allowed("--who")) == {*allowed(), "cloudtrail:LookupEvents"}
