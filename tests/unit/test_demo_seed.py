"""The running company shows what its code says, read with AWS's and Kubernetes' own clients."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pygohcl
import pytest
import yaml
from aws_for_tests import running_aws

from soc2gate.demo.changes import CHANGES
from soc2gate.demo.deployment import Deployment, deployed

NAME = "harbourline-prod"
BUCKETS = ("access-logs", "assets", "cloudtrail", "customer-exports", "invoices")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    # What was simulated before in the same process, with other settings, is forgotten.
    with running_aws() as earlier:
        earlier.client("iam").list_users()
    started = time.monotonic()
    with deployed(tmp_path_factory.mktemp("demo") / "company", changed=False) as found:
        # Generous: a busy machine; it takes four to five seconds on two idle cores.
        assert time.monotonic() - started < 60
        yield found


def client(running: Deployment, service: str) -> Any:
    return running.made.account.client(service)


def declared(running: Deployment, file: str, type_: str, name: str) -> dict[str, Any]:
    """A resource's literal attributes, by Go's own HCL reader."""
    parsed = pygohcl.loads((running.folder / "terraform" / file).read_text())
    body: dict[str, Any] = parsed["resource"][type_][name]
    return {key: value for key, value in body.items() if not (isinstance(value, str) and "${" in value)}


def test_the_password_policy_is_the_declared_one(running: Deployment) -> None:
    code = declared(running, "access.tf", "aws_iam_account_password_policy", "staff")
    live = client(running, "iam").get_account_password_policy()["PasswordPolicy"]
    spelled = {"".join(word.title() for word in name.split("_")): value for name, value in code.items()}
    assert spelled.items() <= live.items()


def test_the_database_is_the_declared_one(running: Deployment) -> None:
    [live] = client(running, "rds").describe_db_instances()["DBInstances"]
    code = declared(running, "database.tf", "aws_db_instance", "shop")
    for attribute, property_ in {
        "engine": "Engine",
        "engine_version": "EngineVersion",
        "storage_type": "StorageType",
        "storage_encrypted": "StorageEncrypted",
        "db_name": "DBName",
        "username": "MasterUsername",
        "publicly_accessible": "PubliclyAccessible",
        "multi_az": "MultiAZ",
        "backup_window": "PreferredBackupWindow",
        "maintenance_window": "PreferredMaintenanceWindow",
        "copy_tags_to_snapshot": "CopyTagsToSnapshot",
        "iam_database_authentication_enabled": "IAMDatabaseAuthenticationEnabled",
        "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
        "deletion_protection": "DeletionProtection",
        "enabled_cloudwatch_logs_exports": "EnabledCloudwatchLogsExports",
    }.items():
        assert live[property_] == code[attribute], attribute
    assert live["BackupRetentionPeriod"] == 14
    assert live["KmsKeyId"] == running.made.account.keys["data"]
    assert "MasterUserSecret" in live
    assert [group["VpcSecurityGroupId"] for group in live["VpcSecurityGroups"]] == [running.made.account.groups["db"]]


@pytest.mark.parametrize("short", BUCKETS)
def test_every_bucket_is_hardened(running: Deployment, short: str) -> None:
    s3 = client(running, "s3")
    bucket = f"{NAME}-{short}"
    key = {"access-logs": None, "invoices": "orders"}.get(short, "data")
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default.get("KMSMasterKeyID") == (running.made.account.keys[key] if key else None)
    assert default["SSEAlgorithm"] == ("aws:kms" if key else "AES256")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    logging = s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == (f"{NAME}-access-logs", f"s3/{short}/")
    [ownership] = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    statements = {"access-logs": 3, "cloudtrail": 5}
    assert len(policy["Statement"]) == statements.get(short, 1)


def test_no_other_bucket_exists(running: Deployment) -> None:
    assert sorted(b["Name"] for b in client(running, "s3").list_buckets()["Buckets"]) == [
        f"{NAME}-{s}" for s in BUCKETS
    ]


def test_ssh_is_open_to_the_offices_only(running: Deployment) -> None:
    ec2 = client(running, "ec2")
    found = ec2.describe_security_groups(GroupIds=[running.made.account.groups["bastion"]])["SecurityGroups"][0]
    [rule] = found["IpPermissions"]
    values = (running.folder / "terraform" / "terraform.tfvars").read_text()
    assert all(entry["CidrIp"] in values for entry in rule["IpRanges"])
    assert len(rule["IpRanges"]) == 2
    assert {entry["FromPort"] for entry in found["IpPermissionsEgress"]} == {443, 5432}


def test_a_group_without_egress_rules_has_none(running: Deployment) -> None:
    ec2 = client(running, "ec2")
    found = ec2.describe_security_groups(GroupIds=[running.made.account.groups["db"]])["SecurityGroups"][0]
    assert found["IpPermissionsEgress"] == []
    assert sum(len(p["IpRanges"]) + len(p["UserIdGroupPairs"]) for p in found["IpPermissions"]) == 2


def test_the_network_is_logged(running: Deployment) -> None:
    [log] = client(running, "ec2").describe_flow_logs()["FlowLogs"]
    assert (log["ResourceId"], log["TrafficType"]) == (running.made.account.vpc, "ALL")
    assert log["FlowLogStatus"] == "ACTIVE"


def test_the_trail_records_every_region_and_is_logging(running: Deployment) -> None:
    cloudtrail = client(running, "cloudtrail")
    [trail] = cloudtrail.describe_trails()["trailList"]
    assert trail["IsMultiRegionTrail"]
    assert trail["LogFileValidationEnabled"]
    assert trail["KmsKeyId"] == running.made.account.keys["data"]
    assert cloudtrail.get_trail_status(Name=NAME)["IsLogging"]


def test_keys_rotate(running: Deployment) -> None:
    kms = client(running, "kms")
    for arn in running.made.account.keys.values():
        assert kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]


def test_roles_hold_what_the_code_attaches(running: Deployment) -> None:
    iam = client(running, "iam")
    attached = {
        role: [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName=f"{NAME}-{role}")["AttachedPolicies"]]
        for role in ("shop-web", "bastion")
    }
    assert attached == {"shop-web": [f"{NAME}-shop-web"], "bastion": ["AmazonSSMManagedInstanceCore"]}
    assert iam.list_role_policies(RoleName=f"{NAME}-bastion")["PolicyNames"] == ["write-reports"]


def test_hosts_and_volumes_are_hardened(running: Deployment) -> None:
    ec2 = client(running, "ec2")
    [instance] = ec2.describe_instances()["Reservations"][0]["Instances"]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    volumes = ec2.describe_volumes()["Volumes"]
    assert len(volumes) == 2
    assert all(volume["Encrypted"] for volume in volumes)
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]


def test_the_orders_stack_is_there(running: Deployment) -> None:
    key = running.made.account.keys["orders"]
    dynamodb = client(running, "dynamodb")
    table = dynamodb.describe_table(TableName=f"{NAME}-orders")["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key
    assert table["DeletionProtectionEnabled"]
    backups = dynamodb.describe_continuous_backups(TableName=f"{NAME}-orders")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    sqs = client(running, "sqs")
    urls = sqs.list_queues()["QueueUrls"]
    assert [url.rsplit("/", 1)[1] for url in urls] == [f"{NAME}-orders", f"{NAME}-orders-failed"] or len(urls) == 2
    for url in urls:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (attributes["KmsMasterKeyId"], attributes["SqsManagedSseEnabled"]) == (key, "false")
    topics = sorted(topic["TopicArn"].rpartition(":")[2] for topic in client(running, "sns").list_topics()["Topics"])
    assert topics == [f"{NAME}-order-events", f"{NAME}-security-alerts"]


def test_every_alarm_hears_its_filter_on_the_log_group_of_the_trail(running: Deployment) -> None:
    [trail] = client(running, "cloudtrail").describe_trails()["trailList"]
    [group] = client(running, "logs").describe_log_groups()["logGroups"]
    assert trail["CloudWatchLogsLogGroupArn"] == group["arn"]
    assert (group["retentionInDays"], group["kmsKeyId"]) == (400, running.made.account.keys["data"])
    filters = client(running, "logs").describe_metric_filters(logGroupName=group["logGroupName"])["metricFilters"]
    counted = {
        (one["metricNamespace"], one["metricName"]) for found in filters for one in found["metricTransformations"]
    }
    alarms = client(running, "cloudwatch").describe_alarms()["MetricAlarms"]
    assert {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms} == counted
    assert len(counted) == 4
    assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {
        f"arn:aws:sns:eu-west-1:123456789012:{NAME}-security-alerts"
    }


def leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(leaves(child) for child in value.values()) or 1
    return sum(leaves(child) for child in value) if isinstance(value, list) else 1


def contained(less: Any, more: Any) -> bool:
    if isinstance(less, dict):
        return isinstance(more, dict) and all(key in more and contained(less[key], more[key]) for key in less)
    if isinstance(less, list):
        return isinstance(more, list) and len(less) == len(more) and all(map(contained, less, more))
    return bool(less == more)


def test_every_manifest_is_in_the_cluster_with_more_than_it_said(running: Deployment) -> None:
    from soc2gate.demo.admission import served_kind

    for file in sorted((running.folder / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            name, resource = document["metadata"]["name"], served_kind(document)
            items = running.made.cluster.read(resource.path)["items"]
            space = document["metadata"].get("namespace")
            [live] = [
                item
                for item in items
                if item["metadata"]["name"] == name and item["metadata"].get("namespace") == space
            ]
            said = {key: value for key, value in document.items() if key not in ("kind", "apiVersion")}
            assert contained(said, live), f"{document['kind']} {name}"
            if document["kind"] == "Deployment":
                assert leaves(live["spec"]) - leaves(said["spec"]) >= 20


def test_controllers_made_pods_for_the_deployment(running: Deployment) -> None:
    pods = running.made.cluster.read("/api/v1/namespaces/shop/pods")["items"]
    assert len(pods) == 2
    assert {pod["metadata"]["ownerReferences"][0]["kind"] for pod in pods} == {"ReplicaSet"}


def test_every_change_is_made_by_api_and_shows(running: Deployment) -> None:
    """Last in this file: it changes what the others look at."""
    for change in CHANGES:
        change.make(running.made)
    s3 = client(running, "s3")
    [rule] = s3.get_bucket_encryption(Bucket=f"{NAME}-customer-exports")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket=f"{NAME}-assets")
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.get_bucket_versioning(Bucket=f"{NAME}-invoices")
    assert client(running, "rds").describe_db_instances()["DBInstances"][0]["BackupRetentionPeriod"] == 0
    assert not client(running, "cloudtrail").get_trail_status(Name=NAME)["IsLogging"]
    assert s3.get_bucket_policy_status(Bucket="harbourline-summer-campaign")["PolicyStatus"]["IsPublic"]
    deployment = running.made.cluster.read("/apis/apps/v1/namespaces/shop/deployments/web")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["privileged"]
    assert [entry["manager"] for entry in deployment["metadata"]["managedFields"]].count("kubectl-edit") == 1
    assert deployment["metadata"]["generation"] == 2
    pods = running.made.cluster.read("/api/v1/namespaces/shop/pods")["items"]
    assert all(pod["spec"]["containers"][0]["securityContext"]["privileged"] for pod in pods)
    bindings = running.made.cluster.read("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings")["items"]
    assert "debug-admin" in [binding["metadata"]["name"] for binding in bindings]


def test_what_aws_leaves_open_is_closed(running: Deployment) -> None:
    ec2 = client(running, "ec2")
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [False]
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in ec2.describe_subnets()["Subnets"])
    [default] = [g for g in ec2.describe_security_groups()["SecurityGroups"] if g["GroupName"] == "default"]
    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])
    [acl] = ec2.describe_network_acls()["NetworkAcls"]
    inward = [entry for entry in acl["Entries"] if not entry["Egress"]]
    first = {port: min(inward, key=lambda e, p=port: _order(e, p))["RuleAction"] for port in (22, 3389, 443)}  # type: ignore[misc]  # mypy loses `port`
    assert first == {22: "deny", 3389: "deny", 443: "allow"}, "to strangers"
    block = client(running, "s3control").get_public_access_block(AccountId="123456789012")
    assert set(block["PublicAccessBlockConfiguration"].values()) == {True}


def _order(entry: dict[str, Any], port: int) -> int:
    """When an entry decides about a stranger's packet to a port; last where it never does."""
    ports = entry.get("PortRange", {"From": 0, "To": 65535})
    matches = entry["CidrBlock"] == "0.0.0.0/0" and ports["From"] <= port <= ports["To"]
    number: int = entry["RuleNumber"]
    return number if matches else 100_000


def test_what_watches_and_keeps_is_on(running: Deployment) -> None:
    guardduty, backup = client(running, "guardduty"), client(running, "backup")
    [detector] = guardduty.list_detectors()["DetectorIds"]
    assert guardduty.get_detector(DetectorId=detector)["Status"] == "ENABLED"
    assert client(running, "securityhub").describe_hub()["HubArn"]
    assert client(running, "securityhub").get_enabled_standards()["StandardsSubscriptions"]
    [status] = client(running, "config").describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert status["recording"] is True
    [plan] = backup.list_backup_plans()["BackupPlansList"]
    [listed] = backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]
    told = backup.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=listed["SelectionId"])
    assert len(told["BackupSelection"]["Resources"]) == 2
