"""Builds what the company's Terraform and CloudFormation describe, by the AWS API alone.

It shares nothing with soc2gate's readers: every value stands here a second time, as the account would show it after an
apply. That is what makes "no disagreement on the untouched deployment" a test. What AWS does by itself on creation and
the simulation does not (a bucket's encryption, ownership and public access block) is set here, never in the product.
"""

from __future__ import annotations

import json

from soc2gate.demo.seed_alarms import create_alarms
from soc2gate.demo.seed_common import (
    LOG_GROUP_ARN,
    NAME,
    OFFICES,
    TAGS,
    TRAIL_ARN,
    Account,
    Document,
    allow,
    assumed_by,
    policy,
    tag_list,
    tagged,
)
from soc2gate.demo.seed_guards import guard
from soc2gate.demo.servers import ACCOUNT, REGION


def seed_account(endpoint: str) -> Account:
    """Deploy the company into the empty account behind `endpoint`; returns what the changes need to find things."""
    account = Account(endpoint)
    _create_keys(account)
    _create_buckets(account)
    _create_network(account)
    _create_security_groups(account)
    _create_database(account)
    _create_access(account)
    _create_bastion(account)
    create_alarms(account)
    guard(account, account.vpc, volume=account.volume)
    _create_trail(account)
    _create_orders(account)
    _close_log_bucket(account)
    return account


# ---- keys


def _create_keys(account: Account) -> None:
    administer = {
        "Sid": "AccountAdministersTheKey",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    encrypt_trail = {
        "Sid": "CloudTrailEncryptsItsLogs",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceArn": TRAIL_ARN}},
    }
    encrypt_group = {
        "Sid": "CloudWatchEncryptsTheTrailsLogGroup",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": LOG_GROUP_ARN}},
    }
    publish_alarms = {
        "Sid": "AlarmsPublishToTheEncryptedTopic",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    data = policy(administer, encrypt_trail, encrypt_group, publish_alarms)
    _create_key(account, "data", f"{NAME}: data at rest", data, TAGS | {"Name": f"{NAME}-data"})
    orders = policy(administer)
    _create_key(account, "orders", f"{NAME}: orders and invoices", orders, {"Name": f"{NAME}-orders"})


def _create_key(account: Account, name: str, description: str, policy: str, tags: Document) -> None:
    kms = account.client("kms")
    made = kms.create_key(
        Description=description,
        Policy=policy,
        # AWS's defaults; the simulation leaves them empty.
        KeyUsage="ENCRYPT_DECRYPT",
        KeySpec="SYMMETRIC_DEFAULT",
        Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()],
    )["KeyMetadata"]
    account.keys[name] = made["Arn"]
    kms.enable_key_rotation(KeyId=made["KeyId"])
    kms.create_alias(AliasName=f"alias/{NAME}-{name}", TargetKeyId=made["KeyId"])


# ---- buckets


def _create_buckets(account: Account) -> None:
    data = account.keys["data"]
    # The log bucket first: the others point to it, and S3 refuses a target that does not exist.
    _create_log_bucket(account)
    make_bucket(account, "assets", data, TAGS | {"Data": "public-after-review"})
    put_bucket_policy(account, "assets", tls_only("assets"))
    _put_lifecycle(account, "assets", {"ID": "expire-replaced", "NoncurrentVersionExpiration": {"NoncurrentDays": 90}})
    make_bucket(account, "customer-exports", data, TAGS | {"Data": "personal"})
    put_bucket_policy(account, "customer-exports", tls_only("customer-exports"))
    _expire(account, "customer-exports", 30, noncurrent=7)

    make_bucket(account, "cloudtrail", data, TAGS | {"Data": "evidence"}, locked=True)
    account.client("s3").put_object_lock_configuration(
        Bucket=f"{NAME}-cloudtrail",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
        },
    )
    _expire(account, "cloudtrail", 730)
    trail_only = {"StringEquals": {"aws:SourceArn": TRAIL_ARN}}
    put_bucket_policy(
        account,
        "cloudtrail",
        tls_only("cloudtrail"),
        {
            "Sid": "CloudTrailChecksTheBucket",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{NAME}-cloudtrail",
            "Condition": trail_only,
        },
        {
            "Sid": "CloudTrailDelivers",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{NAME}-cloudtrail/AWSLogs/{ACCOUNT}/*",
            "Condition": trail_only,
        },
        *_config_delivers(f"arn:aws:s3:::{NAME}-cloudtrail"),
    )


def _config_delivers(bucket: str) -> tuple[Document, Document]:
    ours = {"Principal": {"Service": "config.amazonaws.com"}, "Condition": {"StringEquals": _OWN_ACCOUNT}}
    check, deliver = ["s3:GetBucketAcl", "s3:ListBucket"], f"{bucket}/config/AWSLogs/{ACCOUNT}/Config/*"
    return (
        {"Sid": "ConfigChecksTheBucket", "Effect": "Allow", "Action": check, "Resource": bucket} | ours,
        {"Sid": "ConfigDelivers", "Effect": "Allow", "Action": "s3:PutObject", "Resource": deliver} | ours,
    )


_OWN_ACCOUNT = {"aws:SourceAccount": ACCOUNT}


def _create_log_bucket(account: Account) -> None:
    """The bucket access logs go to, encrypted with S3's own key because log delivery needs that."""
    create_plain_bucket(account, f"{NAME}-access-logs")
    # The simulation looks for S3's permission whenever a bucket names this one, and reads only this plain form of it.
    put_bucket_policy(account, "access-logs", _log_delivery("logging.s3.amazonaws.com"))
    _complete_bucket(account, "access-logs", TAGS | {"Data": "log"})
    _expire(account, "access-logs", 400)


def _close_log_bucket(account: Account) -> None:
    """Its policy as the code has it, once every bucket logs."""
    ours = {"StringEquals": _OWN_ACCOUNT}
    check = {
        "Sid": "FlowLogsCheckTheBucket",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:GetBucketAcl",
        "Resource": f"arn:aws:s3:::{NAME}-access-logs",
        "Condition": ours,
    }
    delivery = _log_delivery(["logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"]) | {"Condition": ours}
    put_bucket_policy(account, "access-logs", tls_only("access-logs"), check, delivery)


def _log_delivery(services: str | list[str]) -> Document:
    return {
        "Sid": "LogServicesDeliver",
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{NAME}-access-logs/*",
    }


def create_plain_bucket(account: Account, name: str, *, locked: bool = False) -> None:
    """A bucket as AWS itself creates it since April 2023: SSE-S3, no ACLs, public access blocked."""
    s3 = account.client("s3")
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, ObjectLockEnabledForBucket=locked
    )
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [sse_s3()]})
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
    )


def sse_s3() -> Document:
    """The encryption rule of a bucket that nobody gave a key."""
    return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}


def make_bucket(account: Account, short: str, key: str, tags: Document, *, locked: bool = False) -> None:
    """One of the company's buckets: key, versions, access log."""
    name = f"{NAME}-{short}"
    create_plain_bucket(account, name, locked=locked)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    account.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    _complete_bucket(account, short, tags)


def _complete_bucket(account: Account, short: str, tags: Document) -> None:
    s3 = account.client("s3")
    name = f"{NAME}-{short}"
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})
    s3.put_bucket_logging(
        Bucket=name,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": f"{NAME}-access-logs", "TargetPrefix": f"s3/{short}/"}},
    )


def tls_only(short: str) -> Document:
    """The statement that refuses plain HTTP."""
    arn = f"arn:aws:s3:::{NAME}-{short}"
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def put_bucket_policy(account: Account, short: str, *statements: Document) -> None:
    account.client("s3").put_bucket_policy(Bucket=f"{NAME}-{short}", Policy=policy(*statements))


def _expire(account: Account, short: str, days: int, noncurrent: int = 0) -> None:
    rule: Document = {"ID": "expire", "Expiration": {"Days": days}}
    if noncurrent:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": noncurrent}
    _put_lifecycle(account, short, rule)


def _put_lifecycle(account: Account, short: str, rule: Document) -> None:
    everything = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    account.client("s3").put_bucket_lifecycle_configuration(
        Bucket=f"{NAME}-{short}", LifecycleConfiguration={"Rules": [rule | everything]}
    )


# ---- network


def _create_network(account: Account) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=tagged("vpc", NAME))["Vpc"]["VpcId"]
    account.vpc = vpc
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{NAME}-access-logs",
        MaxAggregationInterval=600,
        TagSpecifications=tagged("vpc-flow-log", NAME),
    )
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", NAME))["InternetGateway"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
    account.public_subnets = [_create_subnet(account, "public", number) for number in (0, 1)]
    account.private_subnets = [_create_subnet(account, "private", number) for number in (0, 1)]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table", f"{NAME}-public"))
    table_id = table["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway["InternetGatewayId"])
    for subnet in account.public_subnets:
        ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet)


def _create_subnet(account: Account, tier: str, number: int) -> str:
    ec2 = account.client("ec2")
    block = number + (10 if tier == "private" else 0)
    made: str = ec2.create_subnet(
        VpcId=account.vpc,
        CidrBlock=f"10.20.{block}.0/24",
        AvailabilityZone=f"{REGION}{'ab'[number]}",
        TagSpecifications=tagged("subnet", f"{NAME}-{tier}-{number + 1}"),
    )["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=made, MapPublicIpOnLaunch={"Value": False})
    return made


def _create_security_groups(account: Account) -> None:
    ec2 = account.client("ec2")
    descriptions = {"web": "Load balancer of the shop", "bastion": "Sign-in host for staff", "db": "Shop database"}
    for short, description in descriptions.items():
        made = ec2.create_security_group(
            GroupName=f"{NAME}-{short}",
            Description=description,
            VpcId=account.vpc,
            TagSpecifications=tagged("security-group", f"{NAME}-{short}"),
        )["GroupId"]
        account.groups[short] = made
        # AWS gives a new group a rule that lets everything out; Terraform removes it.
        everything = ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["IpPermissionsEgress"]
        ec2.revoke_security_group_egress(GroupId=made, IpPermissions=everything)

    anywhere = ("0.0.0.0/0", "::/0")
    let_in(account, "web", 80, "HTTP from the internet", anywhere)
    let_in(account, "web", 443, "HTTPS from the internet", anywhere)
    _let_out(account, "web", 8080, "To the pods", "10.20.0.0/16")
    let_in(account, "bastion", 22, "SSH from the offices", OFFICES)
    _let_out(account, "bastion", 443, "Updates and Session Manager", "0.0.0.0/0")
    _let_out(account, "bastion", 5432, "Database maintenance", account.groups["db"])
    let_in(account, "db", 5432, "PostgreSQL from the pods", ("10.20.0.0/16",))
    let_in(account, "db", 5432, "PostgreSQL from the bastion", (account.groups["bastion"],))


def let_in(account: Account, short: str, port: int, description: str, sources: tuple[str, ...]) -> None:
    """Allow TCP on a port from address ranges or a group."""
    account.client("ec2").authorize_security_group_ingress(
        GroupId=account.groups[short], IpPermissions=[_permission(port, description, sources)]
    )


def _let_out(account: Account, short: str, port: int, description: str, target: str) -> None:
    account.client("ec2").authorize_security_group_egress(
        GroupId=account.groups[short], IpPermissions=[_permission(port, description, (target,))]
    )


def _permission(port: int, description: str, peers: tuple[str, ...]) -> Document:
    permission: Document = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    for peer in peers:
        if peer.startswith("sg-"):
            entry, into = {"GroupId": peer, "UserId": ACCOUNT}, "UserIdGroupPairs"
        elif ":" in peer:
            entry, into = {"CidrIpv6": peer}, "Ipv6Ranges"
        else:
            entry, into = {"CidrIp": peer}, "IpRanges"
        permission.setdefault(into, []).append(entry | {"Description": description})
    return permission


# ---- database


def _create_database(account: Account) -> None:
    rds = account.client("rds")
    tags = tag_list(TAGS)
    rds.create_db_subnet_group(
        DBSubnetGroupName=f"{NAME}-shop",
        DBSubnetGroupDescription="Private subnets of the shop database",
        SubnetIds=account.private_subnets,
        Tags=tags,
    )
    parameters = f"{NAME}-postgres16"
    rds.create_db_parameter_group(
        DBParameterGroupName=parameters,
        DBParameterGroupFamily="postgres16",
        Description="Shop database: clients must use TLS",
        Tags=tags,
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=parameters,
        Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}],
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"{NAME}-shop",
        Engine="postgres",
        EngineVersion="16.4",
        LicenseModel="postgresql-license",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=50,
        StorageType="gp3",
        StorageEncrypted=True,
        KmsKeyId=account.keys["data"],
        DBName="shop",
        MasterUsername="shop_admin",
        ManageMasterUserPassword=True,
        MasterUserSecretKmsKeyId=account.keys["data"],
        DBSubnetGroupName=f"{NAME}-shop",
        DBParameterGroupName=parameters,
        VpcSecurityGroupIds=[account.groups["db"]],
        PubliclyAccessible=False,
        MultiAZ=True,
        BackupRetentionPeriod=14,
        PreferredBackupWindow="02:00-03:00",
        PreferredMaintenanceWindow="sun:03:30-sun:04:30",
        CopyTagsToSnapshot=True,
        EnableIAMDatabaseAuthentication=True,
        AutoMinorVersionUpgrade=True,
        DeletionProtection=True,
        EnableCloudwatchLogsExports=["postgresql", "upgrade"],
        Tags=tags,
    )
    rds.create_db_snapshot(DBInstanceIdentifier=f"{NAME}-shop", DBSnapshotIdentifier=f"{NAME}-opening-day", Tags=tags)


# ---- access


def _create_access(account: Account) -> None:
    iam = account.client("iam")
    iam.update_account_password_policy(
        MinimumPasswordLength=16,
        PasswordReusePrevention=24,
        RequireLowercaseCharacters=True,
        RequireUppercaseCharacters=True,
        RequireNumbers=True,
        RequireSymbols=True,
        AllowUsersToChangePassword=True,
    )
    iam.create_role(
        RoleName=f"{NAME}-shop-web",
        Description="What the shop's pods may do",
        AssumeRolePolicyDocument=assumed_by("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"),
        MaxSessionDuration=3600,
        Tags=tag_list(TAGS),
    )
    made = iam.create_policy(
        PolicyName=f"{NAME}-shop-web",
        Description="Assets, exports and orders",
        PolicyDocument=policy(
            allow("ReadAndPublishAssets", ["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{NAME}-assets/*"),
            allow("HandOverExports", "s3:PutObject", f"arn:aws:s3:::{NAME}-customer-exports/*"),
            allow("UseTheDataKey", ["kms:Decrypt", "kms:GenerateDataKey"], account.keys["data"]),
            allow("PlaceOrders", "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-orders"),
        ),
        Tags=tag_list(TAGS),
    )
    iam.attach_role_policy(RoleName=f"{NAME}-shop-web", PolicyArn=made["Policy"]["Arn"])

    bastion = f"{NAME}-bastion"
    iam.create_role(
        RoleName=bastion,
        AssumeRolePolicyDocument=assumed_by("ec2.amazonaws.com", "sts:AssumeRole"),
        MaxSessionDuration=3600,
        Tags=tag_list(TAGS),
    )
    iam.attach_role_policy(RoleName=bastion, PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    iam.put_role_policy(
        RoleName=bastion,
        PolicyName="write-reports",
        PolicyDocument=policy(allow("WriteReports", "s3:PutObject", f"arn:aws:s3:::{NAME}-customer-exports/reports/*")),
    )
    iam.create_instance_profile(InstanceProfileName=bastion)
    iam.add_role_to_instance_profile(InstanceProfileName=bastion, RoleName=bastion)


# ---- hosts and volumes


def _create_bastion(account: Account) -> None:
    ec2 = account.client("ec2")
    instance = ec2.run_instances(
        ImageId="ami-0b7f3c1d9e5a24f60",
        InstanceType="t4g.small",
        MinCount=1,
        MaxCount=1,
        SubnetId=account.public_subnets[0],
        SecurityGroupIds=[account.groups["bastion"]],
        IamInstanceProfile={"Name": f"{NAME}-bastion"},
        Monitoring={"Enabled": True},
        MetadataOptions={"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {
                    "VolumeType": "gp3",
                    "VolumeSize": 16,
                    "Iops": 3000,
                    "Throughput": 125,
                    "Encrypted": True,
                    "KmsKeyId": account.keys["data"],
                    "DeleteOnTermination": True,
                },
            }
        ],
        TagSpecifications=tagged("instance", f"{NAME}-bastion"),
    )["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(
        AvailabilityZone=f"{REGION}a",
        Size=40,
        VolumeType="gp3",
        Iops=3000,
        Throughput=125,
        Encrypted=True,
        KmsKeyId=account.keys["data"],
        TagSpecifications=tagged("volume", f"{NAME}-reports"),
    )["VolumeId"]
    ec2.attach_volume(Device="/dev/sdf", InstanceId=instance, VolumeId=volume)
    account.volume = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{volume}"


# ---- audit trail


def _create_trail(account: Account) -> None:
    cloudtrail = account.client("cloudtrail")
    cloudtrail.create_trail(
        Name=NAME,
        S3BucketName=f"{NAME}-cloudtrail",
        KmsKeyId=account.keys["data"],
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=f"{LOG_GROUP_ARN}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{NAME}-trail-to-logs",
        TagsList=tag_list(TAGS),
    )
    cloudtrail.start_logging(Name=NAME)


# ---- the orders stack


def _create_orders(account: Account) -> None:
    key = account.keys["orders"]
    sqs = account.client("sqs")
    # AWS turns its own encryption off where a key is named; the simulation does not.
    common = {"KmsMasterKeyId": key, "KmsDataKeyReusePeriodSeconds": "300", "SqsManagedSseEnabled": "false"}
    failed = f"{NAME}-orders-failed"
    sqs.create_queue(QueueName=failed, Attributes=common | {"MessageRetentionPeriod": "1209600"})
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{failed}", "maxReceiveCount": 5}
    sqs.create_queue(
        QueueName=f"{NAME}-orders",
        Attributes=common
        | {"MessageRetentionPeriod": "345600", "VisibilityTimeout": "60", "RedrivePolicy": json.dumps(redrive)},
    )
    account.client("sns").create_topic(
        Name=f"{NAME}-order-events",
        # `!Ref` of a key is its id, not its ARN.
        Attributes={"DisplayName": "Order events", "KmsMasterKeyId": key.rsplit("/", 1)[1]},
    )
    use = {
        "Sid": "ServicesOfThisAccountSubscribe",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["sns:Publish", "sns:Subscribe"],
        "Resource": f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-order-events",
    }
    account.client("sns").set_topic_attributes(
        TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-order-events",
        AttributeName="Policy",
        AttributeValue=policy(use),
    )
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(
        TableName=f"{NAME}-orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "marina", "AttributeType": "S"},
            {"AttributeName": "order", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "marina", "KeyType": "HASH"},
            {"AttributeName": "order", "KeyType": "RANGE"},
        ],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        DeletionProtectionEnabled=True,
    )
    dynamodb.update_continuous_backups(
        TableName=f"{NAME}-orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    make_bucket(account, "invoices", key, {"Environment": "prod", "Data": "financial"})
    put_bucket_policy(account, "invoices", tls_only("invoices"))
    _expire(account, "invoices", 3650)
