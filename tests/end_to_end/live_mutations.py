"""What people do to a running account past its code, each with what `verify` has to say of it.

Made through the AWS API by names and ids that the account itself tells; nothing here knows soc2gate's readers. The
number that comes with a change chooses its value, so that a change is not always the same one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from soc2gate.facts import dataclass
from soc2gate.live.aws_session import without_account_in_host

NAME = "harbourline-prod"
REGION, ACCOUNT = "eu-west-1", "123456789012"

Client: TypeAlias = Callable[[str], Any]
"""`client("s3")` is boto3's."""
Make: TypeAlias = Callable[[Client, int], "str | None"]
"""Makes a change; what it created, by the name that a report has for it."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change by hand."""

    action: str
    """`changed`, `missing` (deleted), `unmanaged` (created) or `undeclared` (set where code says nothing, and no rule's
    verdict changes): what a report calls it."""
    kind: str
    address: str
    """In code; empty for what is created."""
    changes: str
    """The top-level property it changes; empty where a whole resource comes or goes, or where only the verdict of a
    rule about something else tells the change."""
    make: Make
    then: tuple[tuple[str, str], ...] = ()
    """(kind, address) of other resources of which a rule says something else because of it."""
    takes_along: tuple[str, ...] = ()
    """Addresses of what goes with what it deletes."""

    def told(self) -> str:
        return f"{self.action} {self.kind} {self.address} {self.changes}".strip()


def _bucket(address: str, short: str) -> list[Mutation]:
    name = f"{NAME}-{short}"
    s3 = "AWS::S3::Bucket"

    def encryption(client: Client, n: int) -> None:
        if n % 2:
            client("s3").delete_bucket_encryption(Bucket=name)
        else:
            # Server access logs are encrypted by S3's own keys: AES256 would be no change there.
            algorithm = "aws:kms:dsse" if n % 4 or short == "access-logs" else "AES256"
            rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
            client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def access_block(client: Client, n: int) -> None:
        flags = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        if n % 5 == 4:
            client("s3").delete_public_access_block(Bucket=name)
        else:
            blocked = {flag: index != n % 5 for index, flag in enumerate(flags)}
            client("s3").put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)

    def ownership(client: Client, n: int) -> None:
        owner = ("ObjectWriter", "BucketOwnerPreferred")[n % 2]
        client("s3").put_bucket_ownership_controls(
            Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": owner}]}
        )

    def logging(client: Client, n: int) -> None:
        client("s3").put_bucket_logging(Bucket=name, BucketLoggingStatus={})

    def lifecycle(client: Client, n: int) -> None:
        if n % 2:
            client("s3").delete_bucket_lifecycle(Bucket=name)
            return
        rules = client("s3").get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        more = {"ID": "added", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 1 + n % 900}}
        client("s3").put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [*rules, more]})

    def tags(client: Client, n: int) -> None:
        found = client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
        found[n % len(found)]["Value"] = f"changed-{n}"
        client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": found})

    def policy(client: Client, n: int) -> None:
        document = json.loads(client("s3").get_bucket_policy(Bucket=name)["Policy"])
        granted = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")[n % 3]
        document["Statement"].append(
            {
                "Sid": "Added",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{100000000000 + n}:root"},
                "Action": granted,
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
            }
        )
        client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps(document))

    def delete_policy(client: Client, n: int) -> None:
        client("s3").delete_bucket_policy(Bucket=name)

    return [
        Mutation("missing", "AWS::S3::BucketPolicy", _policy_of(address), "", delete_policy),
        Mutation("changed", s3, address, "BucketEncryption", encryption),
        Mutation("changed", s3, address, "PublicAccessBlockConfiguration", access_block),
        Mutation("changed", s3, address, "OwnershipControls", ownership),
        Mutation("changed", s3, address, "LoggingConfiguration", logging),
        Mutation("changed", s3, address, "LifecycleConfiguration", lifecycle),
        Mutation("changed", s3, address, "Tags", tags),
        Mutation("changed", "AWS::S3::BucketPolicy", _policy_of(address), "PolicyDocument", policy),
    ]


def _policy_of(bucket: str) -> str:
    if not bucket.startswith("aws_"):
        return f"{bucket}Policy"
    return (
        bucket.replace("aws_s3_bucket.", "aws_s3_bucket_policy.")
        .replace('logs["', "")
        .replace('"]', "")
        .replace("access-logs", "access_logs")
    )


def _send_elsewhere(client: Client, n: int) -> None:
    """A website that only redirects: no rule minds."""
    client("s3").put_bucket_website(
        Bucket=f"{NAME}-invoices",
        WebsiteConfiguration={"RedirectAllRequestsTo": {"HostName": f"by-hand-{n}.example.com"}},
    )


def _suspend(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        client("s3").put_bucket_versioning(Bucket=f"{NAME}-{short}", VersioningConfiguration={"Status": "Suspended"})

    return make


def _delete_bucket(client: Client, n: int) -> None:
    client("s3").delete_bucket(Bucket=f"{NAME}-customer-exports")


def _create_bucket(client: Client, n: int) -> str:
    client("s3").create_bucket(Bucket=f"by-hand-{n}", CreateBucketConfiguration={"LocationConstraint": REGION})
    return f"arn:aws:s3:::by-hand-{n}"


def _lock(client: Client, n: int) -> None:
    retention = {"Mode": "GOVERNANCE", "Days": 1 + n % 300}
    client("s3").put_object_lock_configuration(
        Bucket=f"{NAME}-cloudtrail",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}},
    )


# ---- network


def _group_id(client: Client, short: str) -> str:
    found = client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{NAME}-{short}"]}])
    return str(found["SecurityGroups"][0]["GroupId"])


def _let_in(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        port = 1024 + n % 60000
        source = ("0.0.0.0/0", "10.99.0.0/16", f"192.0.2.{n % 256}/32")[n % 3]
        permission = {"IpProtocol": ("tcp", "udp")[n % 2], "FromPort": port, "ToPort": port + n % 7}
        client("ec2").authorize_security_group_ingress(
            GroupId=_group_id(client, short), IpPermissions=[permission | {"IpRanges": [{"CidrIp": source}]}]
        )

    return make


def _shut(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        group = _group_id(client, short)
        (found,) = client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
        rule = found["IpPermissions"][n % len(found["IpPermissions"])]
        client("ec2").revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])

    return make


def _let_out(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        one = {"IpProtocol": "tcp", "FromPort": n % 65000, "ToPort": 65000, "IpRanges": [{"CidrIp": "198.18.0.0/15"}]}
        client("ec2").authorize_security_group_egress(
            GroupId=_group_id(client, short), IpPermissions=[everything if n % 2 else one]
        )

    return make


def _create_group(client: Client, n: int) -> str:
    vpc = _vpc(client)
    made = client("ec2").create_security_group(GroupName=f"by-hand-{n}", Description="by hand", VpcId=vpc)["GroupId"]
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{made}"


def _vpc(client: Client) -> str:
    found = client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [NAME]}])
    return str(found["Vpcs"][0]["VpcId"])


def _subnet(client: Client, name: str) -> str:
    found = client("ec2").describe_subnets(Filters=[{"Name": "tag:Name", "Values": [f"{NAME}-{name}"]}])
    return str(found["Subnets"][0]["SubnetId"])


def _map_public(name: str) -> Make:
    def make(client: Client, n: int) -> None:
        client("ec2").modify_subnet_attribute(SubnetId=_subnet(client, name), MapPublicIpOnLaunch={"Value": True})

    return make


def _delete_subnet(client: Client, n: int) -> None:
    client("ec2").delete_subnet(SubnetId=_subnet(client, "private-2"))


def _create_subnet(client: Client, n: int) -> str:
    # The simulation takes the first subnet in a zone for AWS's own.
    zone = f"{REGION}{'ab'[n % 2]}"
    made = client("ec2").create_subnet(
        VpcId=_vpc(client), CidrBlock=f"10.20.{100 + n % 100}.0/24", AvailabilityZone=zone
    )["Subnet"]
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/{made['SubnetId']}"


def _tag_vpc(client: Client, n: int) -> None:
    client("ec2").create_tags(Resources=[_vpc(client)], Tags=[{"Key": "Owner", "Value": f"somebody-{n}"}])


def _acl(client: Client) -> str:
    found = client("ec2").describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [_vpc(client)]}])
    return str(found["NetworkAcls"][0]["NetworkAclId"])


def _move_entry(client: Client, n: int) -> None:
    client("ec2").replace_network_acl_entry(
        NetworkAclId=_acl(client),
        RuleNumber=91,
        RuleAction="deny",
        Protocol="6",
        PortRange={"From": 3389, "To": 3389},
        CidrBlock=f"10.{n % 256}.0.0/16",
        Egress=False,
    )


def _delete_flow_log(client: Client, n: int) -> None:
    (found,) = client("ec2").describe_flow_logs()["FlowLogs"]
    client("ec2").delete_flow_logs(FlowLogIds=[found["FlowLogId"]])


def _create_flow_log(client: Client, n: int) -> str:
    made = client("ec2").create_flow_logs(
        ResourceIds=[_vpc(client)],
        ResourceType="VPC",
        TrafficType=("ACCEPT", "REJECT")[n % 2],
        LogDestinationType="s3",
        # The simulation takes a destination once for each VPC, and no folder in a bucket.
        LogDestination=f"arn:aws:s3:::{NAME}-cloudtrail",
    )
    return str(made["FlowLogIds"][0])


# ---- hosts and volumes


def _bastion(client: Client) -> str:
    found = client("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [f"{NAME}-bastion"]}])
    return str(found["Reservations"][0]["Instances"][0]["InstanceId"])


def _move_bastion(client: Client, n: int) -> None:
    client("ec2").modify_instance_attribute(
        InstanceId=_bastion(client), Groups=[_group_id(client, ("web", "db")[n % 2])]
    )


def _create_volume(client: Client, n: int) -> str:
    made = client("ec2").create_volume(AvailabilityZone=f"{REGION}b", Size=1 + n % 500, Encrypted=bool(n % 2))
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{made['VolumeId']}"


def _volume(client: Client) -> str:
    found = client("ec2").describe_volumes(Filters=[{"Name": "tag:Name", "Values": [f"{NAME}-reports"]}])
    return str(found["Volumes"][0]["VolumeId"])


def _tag_volume(client: Client, n: int) -> None:
    client("ec2").create_tags(Resources=[_volume(client)], Tags=[{"Key": "Environment", "Value": f"test-{n}"}])


# ---- keys


def _key(client: Client, short: str) -> str:
    return str(client("kms").describe_key(KeyId=f"alias/{NAME}-{short}")["KeyMetadata"]["KeyId"])


def _stop_rotation(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        client("kms").disable_key_rotation(KeyId=_key(client, short))

    return make


def _share_key(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        key = _key(client, short)
        document = json.loads(client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        document["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{100000000000 + n}:root"},
                "Action": "kms:Decrypt",
                "Resource": "*",
            }
        )
        client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))

    return make


def _describe_key(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        client("kms").update_key_description(KeyId=_key(client, short), Description=f"described by hand {n}")

    return make


def _create_key(client: Client, n: int) -> str:
    return str(client("kms").create_key(Description=f"by hand {n}")["KeyMetadata"]["Arn"])


# ---- databases


def _modify_database(**settings: Callable[[int], Any]) -> Make:
    def make(client: Client, n: int) -> None:
        chosen = {name: choose(n) for name, choose in settings.items()}
        client("rds").modify_db_instance(DBInstanceIdentifier=f"{NAME}-shop", ApplyImmediately=True, **chosen)

    return make


def _create_database(client: Client, n: int) -> str:
    client("rds").create_db_instance(
        DBInstanceIdentifier=f"by-hand-{n}",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="somebody",
        MasterUserPassword="not-a-secret-9",
        # There is no default network for it to stand in.
        DBSubnetGroupName=f"{NAME}-shop",
        VpcSecurityGroupIds=[_group_id(client, "db")],
    )
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:db:by-hand-{n}"


def _delete_snapshot(client: Client, n: int) -> None:
    client("rds").delete_db_snapshot(DBSnapshotIdentifier=f"{NAME}-opening-day")


def _share_snapshot(client: Client, n: int) -> None:
    client("rds").modify_db_snapshot_attribute(
        DBSnapshotIdentifier=f"{NAME}-opening-day",
        AttributeName="restore",
        ValuesToAdd=["all"],
    )


def _create_snapshot(client: Client, n: int) -> str:
    client("rds").create_db_snapshot(DBInstanceIdentifier=f"{NAME}-shop", DBSnapshotIdentifier=f"by-hand-{n}")
    return f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:by-hand-{n}"


def _stop_recovery(client: Client, n: int) -> None:
    client("dynamodb").update_continuous_backups(
        TableName=f"{NAME}-orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def _unprotect_table(client: Client, n: int) -> None:
    client("dynamodb").update_table(TableName=f"{NAME}-orders", DeletionProtectionEnabled=False)


def _delete_table(client: Client, n: int) -> None:
    _unprotect_table(client, n)
    client("dynamodb").delete_table(TableName=f"{NAME}-orders")


def _create_table(client: Client, n: int) -> str:
    client("dynamodb").create_table(
        TableName=f"by-hand-{n}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/by-hand-{n}"


# ---- queues and topics


def _queue(short: str, **attributes: Callable[[int], str]) -> Make:
    def make(client: Client, n: int) -> None:
        url = client("sqs").get_queue_url(QueueName=f"{NAME}-{short}")["QueueUrl"]
        chosen = {name: choose(n) for name, choose in attributes.items()}
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes=chosen)

    return make


def _delete_queue(client: Client, n: int) -> None:
    url = client("sqs").get_queue_url(QueueName=f"{NAME}-orders")["QueueUrl"]
    client("sqs").delete_queue(QueueUrl=url)


def _create_queue(client: Client, n: int) -> str:
    client("sqs").create_queue(QueueName=f"by-hand-{n}")
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:by-hand-{n}"


def _topic(short: str, attribute: str, value: Callable[[int], str]) -> Make:
    def make(client: Client, n: int) -> None:
        client("sns").set_topic_attributes(
            TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-{short}", AttributeName=attribute, AttributeValue=value(n)
        )

    return make


def _publishers(short: str) -> Callable[[int], str]:
    def policy(n: int) -> str:
        who = {"AWS": "*"} if n % 2 else {"AWS": f"arn:aws:iam::{100000000000 + n}:root"}
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-{short}"
        return _document({"Effect": "Allow", "Principal": who, "Action": "sns:Publish", "Resource": arn})

    return policy


def _create_topic(client: Client, n: int) -> str:
    return str(client("sns").create_topic(Name=f"by-hand-{n}")["TopicArn"])


def _document(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# ---- access


def _trust(role: str) -> Make:
    def make(client: Client, n: int) -> None:
        who = {"AWS": "*"} if n % 2 else {"AWS": f"arn:aws:iam::{100000000000 + n}:root"}
        trust = _document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})
        client("iam").update_assume_role_policy(RoleName=f"{NAME}-{role}", PolicyDocument=trust)

    return make


def _attach(role: str) -> Make:
    def make(client: Client, n: int) -> None:
        policy = ("AdministratorAccess", "ReadOnlyAccess", "AmazonS3FullAccess")[n % 3]
        client("iam").attach_role_policy(RoleName=f"{NAME}-{role}", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")

    return make


def _attach_one(policy: str) -> Make:
    def make(client: Client, n: int) -> None:
        client("iam").attach_role_policy(
            RoleName=f"{NAME}-trail-to-logs", PolicyArn=f"arn:aws:iam::aws:policy/{policy}"
        )

    return make


def _allow_reading(role: str) -> Make:
    def make(client: Client, n: int) -> None:
        allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::elsewhere-{n}/*"}
        client("iam").put_role_policy(
            RoleName=f"{NAME}-{role}", PolicyName=f"by-hand-{n}", PolicyDocument=_document(allowed)
        )

    return make


def _inline(role: str) -> Make:
    def make(client: Client, n: int) -> None:
        allowed = {"Effect": "Allow", "Action": ("*", "s3:*", "iam:PassRole")[n % 3], "Resource": "*"}
        client("iam").put_role_policy(
            RoleName=f"{NAME}-{role}", PolicyName=f"by-hand-{n}", PolicyDocument=_document(allowed)
        )

    return make


def _session(role: str) -> Make:
    def make(client: Client, n: int) -> None:
        name = f"{NAME}-{role}"
        # The simulation forgets the description when it is not said again.
        told = (
            {"Description": text} if (text := client("iam").get_role(RoleName=name)["Role"].get("Description")) else {}
        )
        client("iam").update_role(RoleName=name, MaxSessionDuration=7200 + n % 30000, **told)

    return make


def _widen_policy(client: Client, n: int) -> None:
    allowed = {"Effect": "Allow", "Action": ("*", "s3:*", "kms:Decrypt")[n % 3], "Resource": "*"}
    client("iam").create_policy_version(
        PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{NAME}-shop-web",
        PolicyDocument=_document(allowed),
        SetAsDefault=True,
    )


def _create_role(client: Client, n: int) -> str:
    trust = _document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    made = client("iam").create_role(RoleName=f"by-hand-{n}", AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


def _create_policy(client: Client, n: int) -> str:
    allowed = _document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    return str(client("iam").create_policy(PolicyName=f"by-hand-{n}", PolicyDocument=allowed)["Policy"]["Arn"])


def _delete_role(client: Client, n: int) -> None:
    role = f"{NAME}-backup"
    for attached in client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        client("iam").detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    client("iam").delete_role(RoleName=role)


# ---- trails, logs and alarms


def _stop_trail(client: Client, n: int) -> None:
    client("cloudtrail").stop_logging(Name=NAME)


def _trail(**settings: Any) -> Make:
    def make(client: Client, n: int) -> None:
        client("cloudtrail").update_trail(Name=NAME, **settings)

    return make


def _keep_logs(client: Client, n: int) -> None:
    client("logs").put_retention_policy(logGroupName=f"{NAME}-trail", retentionInDays=(1, 7, 30, 90, 3653)[n % 5])


def _create_log_group(client: Client, n: int) -> str:
    client("logs").create_log_group(logGroupName=f"by-hand-{n}")
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:by-hand-{n}"


def _raise_threshold(short: str) -> Make:
    def make(client: Client, n: int) -> None:
        _put_alarm(client, short, Threshold=float(2 + n % 1000))

    return make


def _put_alarm(client: Client, short: str, **settings: Any) -> None:
    """The alarm as it is, but for `settings`: CloudWatch replaces an alarm as a whole."""
    cloudwatch = client("cloudwatch")
    (found,) = cloudwatch.describe_alarms(AlarmNames=[f"{NAME}-{short}"])["MetricAlarms"]
    kept = (
        *("AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "MetricName", "Namespace", "Statistic"),
        *("Period", "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData"),
    )
    cloudwatch.put_metric_alarm(**{name: found[name] for name in kept if name in found} | settings)


def _delete_alarm(client: Client, n: int) -> None:
    client("cloudwatch").delete_alarms(AlarmNames=[f"{NAME}-trail-change"])


def _create_alarm(client: Client, n: int) -> str:
    client("cloudwatch").put_metric_alarm(
        AlarmName=f"by-hand-{n}",
        Namespace="ByHand",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=float(n),
    )
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:by-hand-{n}"


# ---- detection


def _detector(client: Client) -> str:
    return str(client("guardduty").list_detectors()["DetectorIds"][0])


def _blind_detector(client: Client, n: int) -> None:
    client("guardduty").update_detector(DetectorId=_detector(client), Enable=False)


def _slow_detector(client: Client, n: int) -> None:
    client("guardduty").update_detector(
        DetectorId=_detector(client), FindingPublishingFrequency=("ONE_HOUR", "SIX_HOURS")[n % 2]
    )


def _delete_detector(client: Client, n: int) -> None:
    client("guardduty").delete_detector(DetectorId=_detector(client))


def _stop_recorder(client: Client, n: int) -> None:
    client("config").stop_configuration_recorder(ConfigurationRecorderName=NAME)


# ---- what there is one of in the account, or in each region


def _password(name: str, value: Callable[[int], object]) -> Make:
    def make(client: Client, n: int) -> None:
        policy = client("iam").get_account_password_policy()["PasswordPolicy"]
        # ExpirePasswords follows from the others; the call that writes them takes neither it nor an age of none.
        kept = {key: now for key, now in policy.items() if now and key != "ExpirePasswords"}
        client("iam").update_account_password_policy(**{**kept, name: value(n)})

    return make


def _let_account_be_public(setting: str) -> Make:
    def make(client: Client, n: int) -> None:
        s3 = client("s3control")
        s3.meta.events.register("before-sign.s3-control", without_account_in_host, unique_id="host")
        blocked = s3.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration={**blocked, setting: False})

    return make


def _leave_disks_plain(client: Client, n: int) -> None:
    client("ec2").disable_ebs_encryption_by_default()


_BUCKETS = {
    'aws_s3_bucket.logs["access-logs"]': "access-logs",
    'aws_s3_bucket.logs["cloudtrail"]': "cloudtrail",
    "aws_s3_bucket.assets": "assets",
    "aws_s3_bucket.customer_exports": "customer-exports",
    "InvoicesBucket": "invoices",
}
_GROUPS = {f"module.network.aws_security_group.{short}": short for short in ("web", "bastion", "db")}
_ROLES = {"shop_web": "shop-web", "bastion": "bastion", "trail_to_logs": "trail-to-logs", "backup": "backup"}
_KEYS = {"aws_kms_key.data": "data", "OrdersKey": "orders"}

MUTATIONS: tuple[Mutation, ...] = (
    *(one for address, short in _BUCKETS.items() for one in _bucket(address, short)),
    *(
        Mutation("changed", "AWS::S3::Bucket", address, "VersioningConfiguration", _suspend(short))
        for address, short in _BUCKETS.items()
        # S3 does not suspend the versions of a bucket with object lock.
        if short != "cloudtrail"
    ),
    Mutation("changed", "AWS::S3::Bucket", 'aws_s3_bucket.logs["cloudtrail"]', "ObjectLockConfiguration", _lock),
    Mutation(
        "missing",
        "AWS::S3::Bucket",
        "aws_s3_bucket.customer_exports",
        "",
        _delete_bucket,
        takes_along=("aws_s3_bucket_policy.customer_exports",),
    ),
    Mutation("unmanaged", "AWS::S3::Bucket", "", "", _create_bucket),
    *(
        Mutation("changed", "AWS::EC2::SecurityGroup", address, "SecurityGroupIngress", make(short))
        for address, short in _GROUPS.items()
        for make in (_let_in, _shut)
    ),
    *(
        Mutation("changed", "AWS::EC2::SecurityGroup", address, "SecurityGroupEgress", _let_out(short))
        for address, short in _GROUPS.items()
        # Code says nothing of what the database's group lets out, and what code leaves unsaid is not compared.
        if short != "db"
    ),
    Mutation("unmanaged", "AWS::EC2::SecurityGroup", "", "", _create_group),
    *(
        Mutation(
            "changed",
            "AWS::EC2::Subnet",
            f"module.network.aws_subnet.{tier}[{number}]",
            "MapPublicIpOnLaunch",
            _map_public(f"{tier}-{number + 1}"),
        )
        for tier in ("public", "private")
        for number in (0, 1)
    ),
    Mutation("missing", "AWS::EC2::Subnet", "module.network.aws_subnet.private[1]", "", _delete_subnet),
    Mutation("unmanaged", "AWS::EC2::Subnet", "", "", _create_subnet),
    Mutation("changed", "AWS::EC2::VPC", "module.network.aws_vpc.this", "Tags", _tag_vpc),
    Mutation("changed", "AWS::EC2::NetworkAcl", "module.network.aws_default_network_acl.this", "Entries", _move_entry),
    # Told once: what a rule says of the VPC without it is part of that.
    Mutation("missing", "AWS::EC2::FlowLog", "module.network.aws_flow_log.this", "", _delete_flow_log),
    Mutation("unmanaged", "AWS::EC2::FlowLog", "", "", _create_flow_log),
    Mutation("changed", "AWS::EC2::Instance", "aws_instance.bastion", "SecurityGroupIds", _move_bastion),
    Mutation("changed", "AWS::EC2::Volume", "aws_ebs_volume.reports", "Tags", _tag_volume),
    Mutation("unmanaged", "AWS::EC2::Volume", "", "", _create_volume),
    *(
        Mutation("changed", "AWS::KMS::Key", address, name, make(short))
        for address, short in _KEYS.items()
        for name, make in (
            ("EnableKeyRotation", _stop_rotation),
            ("KeyPolicy", _share_key),
            ("Description", _describe_key),
        )
    ),
    Mutation("unmanaged", "AWS::KMS::Key", "", "", _create_key),
    *(
        Mutation("changed", "AWS::RDS::DBInstance", "aws_db_instance.shop", name, make)
        for name, make in (
            ("BackupRetentionPeriod", _modify_database(BackupRetentionPeriod=lambda n: n % 14)),
            ("PubliclyAccessible", _modify_database(PubliclyAccessible=lambda n: True)),
            ("MultiAZ", _modify_database(MultiAZ=lambda n: False)),
            ("DeletionProtection", _modify_database(DeletionProtection=lambda n: False)),
            ("AutoMinorVersionUpgrade", _modify_database(AutoMinorVersionUpgrade=lambda n: False)),
            ("AllocatedStorage", _modify_database(AllocatedStorage=lambda n: 51 + n % 1000)),
            ("DBInstanceClass", _modify_database(DBInstanceClass=lambda n: ("db.m6g.large", "db.r6g.xlarge")[n % 2])),
            ("CopyTagsToSnapshot", _modify_database(CopyTagsToSnapshot=lambda n: False)),
            (
                "EnableIAMDatabaseAuthentication",
                _modify_database(EnableIAMDatabaseAuthentication=lambda n: False),
            ),
            ("PreferredBackupWindow", _modify_database(PreferredBackupWindow=lambda n: f"0{n % 2}:10-0{n % 2}:50")),
        )
    ),
    Mutation("unmanaged", "AWS::RDS::DBInstance", "", "", _create_database),
    Mutation("changed", "Account::RDS::Snapshot", "aws_db_snapshot.opening_day", "", _share_snapshot),
    Mutation("missing", "Account::RDS::Snapshot", "aws_db_snapshot.opening_day", "", _delete_snapshot),
    Mutation("unmanaged", "Account::RDS::Snapshot", "", "", _create_snapshot),
    Mutation("changed", "AWS::DynamoDB::Table", "OrdersTable", "PointInTimeRecoverySpecification", _stop_recovery),
    Mutation("changed", "AWS::DynamoDB::Table", "OrdersTable", "DeletionProtectionEnabled", _unprotect_table),
    Mutation("missing", "AWS::DynamoDB::Table", "OrdersTable", "", _delete_table),
    Mutation("unmanaged", "AWS::DynamoDB::Table", "", "", _create_table),
    *(
        Mutation("changed", "AWS::SQS::Queue", address, name, make)
        for address, short in {"OrdersQueue": "orders", "FailedOrdersQueue": "orders-failed"}.items()
        for name, make in (
            ("MessageRetentionPeriod", _queue(short, MessageRetentionPeriod=lambda n: str(60 + n % 80000))),
            ("KmsMasterKeyId", _queue(short, KmsMasterKeyId=lambda n: "alias/aws/sqs")),
            ("KmsDataKeyReusePeriodSeconds", _queue(short, KmsDataKeyReusePeriodSeconds=lambda n: str(400 + n % 9000))),
        )
    ),
    Mutation(
        "changed",
        "AWS::SQS::Queue",
        "OrdersQueue",
        "VisibilityTimeout",
        _queue("orders", VisibilityTimeout=lambda n: str(61 + n % 900)),
    ),
    Mutation(
        "missing",
        "AWS::SQS::Queue",
        "OrdersQueue",
        "",
        _delete_queue,
        # A queue that takes what another could not deliver needs none itself; now it takes nothing.
        then=(("AWS::SQS::Queue", "FailedOrdersQueue"),),
    ),
    Mutation("unmanaged", "AWS::SQS::Queue", "", "", _create_queue),
    Mutation(
        "changed",
        "AWS::SNS::Topic",
        "OrderEvents",
        "DisplayName",
        _topic("order-events", "DisplayName", lambda n: f"Renamed {n}"),
    ),
    *(
        Mutation("changed", "AWS::SNS::Topic", address, "KmsMasterKeyId", _topic(short, "KmsMasterKeyId", _no_key))
        for address, short in {
            "OrderEvents": "order-events",
            "aws_sns_topic.security_alerts": "security-alerts",
        }.items()
        for _no_key in (lambda n: ("alias/aws/sns", "")[n % 2],)
    ),
    *(
        Mutation(
            "changed", "AWS::SNS::TopicPolicy", address, "PolicyDocument", _topic(short, "Policy", _publishers(short))
        )
        for address, short in {
            "OrderEventsPolicy": "order-events",
            "aws_sns_topic_policy.security_alerts": "security-alerts",
        }.items()
    ),
    Mutation("unmanaged", "AWS::SNS::Topic", "", "", _create_topic),
    *(
        Mutation("changed", "AWS::IAM::Role", f"aws_iam_role.{label}", name, make(short))
        for label, short in _ROLES.items()
        for name, make in (
            ("AssumeRolePolicyDocument", _trust),
            ("ManagedPolicyArns", _attach),
            ("Policies", _inline),
            ("MaxSessionDuration", _session),
        )
        # In code no policy is attached to one of them, and none is written in two.
        if (label, name)
        not in {("trail_to_logs", "ManagedPolicyArns"), ("shop_web", "Policies"), ("backup", "Policies")}
    ),
    Mutation(
        "undeclared", "AWS::IAM::Role", "aws_iam_role.trail_to_logs", "ManagedPolicyArns", _attach_one("ReadOnlyAccess")
    ),
    Mutation(
        "changed",
        "AWS::IAM::Role",
        "aws_iam_role.trail_to_logs",
        "ManagedPolicyArns",
        _attach_one("AdministratorAccess"),
    ),
    *(
        Mutation("undeclared", "AWS::IAM::Role", f"aws_iam_role.{label}", "Policies", _allow_reading(_ROLES[label]))
        for label in ("shop_web", "backup")
    ),
    Mutation("undeclared", "AWS::S3::Bucket", "InvoicesBucket", "WebsiteConfiguration", _send_elsewhere),
    Mutation("changed", "AWS::IAM::ManagedPolicy", "aws_iam_policy.shop_web", "PolicyDocument", _widen_policy),
    Mutation("unmanaged", "AWS::IAM::Role", "", "", _create_role),
    Mutation("unmanaged", "AWS::IAM::ManagedPolicy", "", "", _create_policy),
    Mutation("missing", "AWS::IAM::Role", "aws_iam_role.backup", "", _delete_role),
    Mutation("changed", "AWS::CloudTrail::Trail", "aws_cloudtrail.main", "IsLogging", _stop_trail),
    Mutation(
        "changed",
        "AWS::CloudTrail::Trail",
        "aws_cloudtrail.main",
        "IsMultiRegionTrail",
        _trail(IsMultiRegionTrail=False),
    ),
    Mutation(
        "changed",
        "AWS::CloudTrail::Trail",
        "aws_cloudtrail.main",
        "EnableLogFileValidation",
        _trail(EnableLogFileValidation=False),
    ),
    Mutation("changed", "AWS::Logs::LogGroup", "aws_cloudwatch_log_group.trail", "RetentionInDays", _keep_logs),
    Mutation("unmanaged", "AWS::Logs::LogGroup", "", "", _create_log_group),
    *(
        Mutation(
            "changed",
            "AWS::CloudWatch::Alarm",
            f'aws_cloudwatch_metric_alarm.watched["{short}"]',
            "Threshold",
            _raise_threshold(short),
        )
        for short in ("failed-sign-in", "policy-change", "root-use", "trail-change")
    ),
    Mutation(
        "missing",
        "AWS::CloudWatch::Alarm",
        'aws_cloudwatch_metric_alarm.watched["trail-change"]',
        "",
        _delete_alarm,
        # Nobody is told of changes to trails any more: a control of the account.
        then=(("Account::Account", "AWS account"),),
    ),
    Mutation("unmanaged", "AWS::CloudWatch::Alarm", "", "", _create_alarm),
    Mutation("changed", "AWS::GuardDuty::Detector", "aws_guardduty_detector.this", "Enable", _blind_detector),
    Mutation(
        "changed",
        "AWS::GuardDuty::Detector",
        "aws_guardduty_detector.this",
        "FindingPublishingFrequency",
        _slow_detector,
    ),
    Mutation("missing", "AWS::GuardDuty::Detector", "aws_guardduty_detector.this", "", _delete_detector),
    Mutation(
        "changed",
        "AWS::Config::ConfigurationRecorder",
        "aws_config_configuration_recorder.this",
        "Recording",
        _stop_recorder,
    ),
    *(
        Mutation(
            "changed",
            "Account::IAM::PasswordPolicy",
            "aws_iam_account_password_policy.staff",
            name,
            _password(name, value),
        )
        for name, value in (
            ("MinimumPasswordLength", lambda n: 6 + n % 10),
            ("PasswordReusePrevention", lambda n: 1 + n % 23),
            ("RequireSymbols", lambda n: False),
            ("RequireNumbers", lambda n: False),
            ("AllowUsersToChangePassword", lambda n: False),
        )
    ),
    *(
        Mutation(
            "changed",
            "Account::S3::PublicAccessBlock",
            "aws_s3_account_public_access_block.this",
            setting,
            _let_account_be_public(setting),
        )
        for setting in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    ),
    Mutation(
        "changed",
        "Account::EC2::EbsDefaults",
        "aws_ebs_encryption_by_default.this",
        "EbsEncryptionByDefault",
        _leave_disks_plain,
    ),
)
