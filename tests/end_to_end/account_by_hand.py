"""An account as somebody made it by hand: one of everything that `verify --suggest` should bring into code.

Made by boto3 calls alone, which know nothing of `kinds/`. Settings are such that a reader who loses one is noticed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"
SECRET = "AKIAIOSFODNN7EXAMPLE"
PASSWORD = "correct-Horse7battery"

Client = Callable[[str], Any]


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def make(client: Client) -> None:
    """Everything, in an order in which each finds what it needs."""
    key = _key(client("kms"))
    network = _network(client("ec2"))
    _access(client("iam"))
    _bucket(client("s3"), key)
    _messages(client("sqs"), client("sns"), key)
    _data(client("dynamodb"), client("rds"), key, network)
    _compute(client("ec2"), client("lambda"), client("elb"), client("elbv2"), key, network)
    logs = client("logs")
    logs.create_log_group(logGroupName="/by-hand/app", tags={"Owner": "ops"})
    logs.put_retention_policy(logGroupName="/by-hand/app", retentionInDays=400)


def _key(kms: Any) -> str:
    document = _policy(Sid="All", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="kms:*", Resource="*")
    tags = [{"TagKey": "Owner", "TagValue": "ops"}]
    made: str = kms.create_key(
        Description="by hand: ${not} %{a template}", KeyUsage="ENCRYPT_DECRYPT", Policy=document, Tags=tags
    )["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=made)
    kms.create_alias(AliasName="alias/by-hand", TargetKeyId=made)
    # One without an alias: only the import block says which it is.
    kms.create_key(Description="nameless", KeyUsage="ENCRYPT_DECRYPT", Policy=document)
    return made


def _tags(kind: str, name: str) -> list[dict[str, Any]]:
    return [
        {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, {"Key": "Owner", "Value": 'a "quoted" team'}]}
    ]


def _network(ec2: Any) -> dict[str, str]:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=_tags("vpc", "by-hand"))["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.9.{number}.0/24",
            AvailabilityZone=f"{REGION}{zone}",
            TagSpecifications=_tags("subnet", f"by-hand-{zone}"),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("by-hand-web", "by-hand-db")
    ]
    web, db = groups
    ec2.authorize_security_group_ingress(
        GroupId=web,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}, {"CidrIp": "198.51.100.7/32"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            },
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": db}]},
        ],
    )
    ec2.authorize_security_group_ingress(
        GroupId=db,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": web}]},
            {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": db}]},
        ],
    )
    return {"vpc": vpc, "a": subnets[0], "b": subnets[1], "web": web, "db": db}


def _access(iam: Any) -> None:
    trust = _policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    iam.create_role(
        RoleName="by-hand",
        AssumeRolePolicyDocument=trust,
        Description="made by hand",
        MaxSessionDuration=7200,
        Tags=[{"Key": "Owner", "Value": "ops"}],
    )
    reading = _policy(Action=["s3:GetObject", "s3:ListBucket"], Resource="*", Condition={"Bool": {"a:b": "true"}})
    made = iam.create_policy(PolicyName="by-hand-read", PolicyDocument=reading)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="by-hand", PolicyArn=made)
    iam.attach_role_policy(RoleName="by-hand", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    for name in ("one", "two words"):
        iam.put_role_policy(RoleName="by-hand", PolicyName=name.replace(" ", "+"), PolicyDocument=reading)
    iam.create_group(GroupName="by-hand-group")
    iam.create_user(UserName="by-hand-user", Path="/people/")
    iam.add_user_to_group(GroupName="by-hand-group", UserName="by-hand-user")


def _bucket(s3: Any, key: str) -> None:
    where = {"LocationConstraint": REGION}
    for name in ("by-hand-data", "by-hand-logs"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    delivery = _policy(
        Principal={"Service": "logging.s3.amazonaws.com"}, Action="s3:PutObject", Resource="arn:aws:s3:::by-hand-logs/*"
    )
    s3.put_bucket_policy(Bucket="by-hand-logs", Policy=delivery)
    name = "by-hand-data"
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": False,
        },
    )
    s3.put_bucket_logging(
        Bucket=name,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "by-hand-logs", "TargetPrefix": "data/"}},
    )
    plain_http = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [plain_http]}))
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    both = {"And": {"Prefix": "tmp/", "Tags": [{"Key": "keep", "Value": "no"}]}}
    s3.put_bucket_lifecycle_configuration(
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [
                {"ID": "tmp", "Status": "Enabled", "Filter": both, "Expiration": {"Days": 7}},
                {
                    "ID": "old",
                    "Status": "Disabled",
                    "Filter": {"Prefix": "old/"},
                    "Transitions": [
                        {"Days": 30, "StorageClass": "GLACIER"},
                        {"Days": 90, "StorageClass": "DEEP_ARCHIVE"},
                    ],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 5},
                },
            ]
        },
    )
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "Owner", "Value": "ops"}]})


def _messages(sqs: Any, sns: Any, key: str) -> None:
    dead = sqs.create_queue(QueueName="by-hand-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.create_queue(
        QueueName="by-hand-queue",
        Attributes={
            "KmsMasterKeyId": key,
            "VisibilityTimeout": "45",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3}),
        },
        tags={"Owner": "ops"},
    )
    topic = sns.create_topic(Name="by-hand-topic", Attributes={"KmsMasterKeyId": key, "DisplayName": "ops"})["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=_policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sns:Publish", Resource=topic),
    )


def _data(dynamodb: Any, rds: Any, key: str, network: dict[str, str]) -> None:
    dynamodb.create_table(
        TableName="by-hand-table",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "who")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-who",
                "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        Tags=[{"Key": "Owner", "Value": "ops"}],
    )
    dynamodb.update_continuous_backups(
        TableName="by-hand-table", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    rds.create_db_instance(
        DBInstanceIdentifier="by-hand-db",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="root",
        MasterUserPassword=PASSWORD,
        StorageEncrypted=True,
        KmsKeyId=key,
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        MultiAZ=False,
        VpcSecurityGroupIds=[network["db"]],
        Tags=[{"Key": "Owner", "Value": "ops"}],
    )


def _compute(ec2: Any, lambdas: Any, elb: Any, elbv2: Any, key: str, network: dict[str, str]) -> None:
    ec2.create_volume(
        AvailabilityZone=f"{REGION}a",
        Size=8,
        VolumeType="gp3",
        Encrypted=True,
        KmsKeyId=key,
        TagSpecifications=_tags("volume", "by-hand"),
    )
    ec2.run_instances(
        ImageId="ami-0b7f3c1d9e5a24f60",
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        SubnetId=network["a"],
        SecurityGroupIds=[network["web"]],
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        TagSpecifications=_tags("instance", "by-hand"),
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): pass\n")
    lambdas.create_function(
        FunctionName="by-hand-function",
        Runtime="python3.12",
        Handler="main.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/by-hand",
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": {"ACCESS_KEY": SECRET, "PASSWORD": PASSWORD}},
        MemorySize=256,
        Timeout=20,
    )
    elbv2.create_load_balancer(
        Name="by-hand-lb", Subnets=[network["a"], network["b"]], SecurityGroups=[network["web"]], Scheme="internal"
    )
    elb.create_load_balancer(
        LoadBalancerName="by-hand-classic",
        Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 8080}],
        Subnets=[network["a"]],
        SecurityGroups=[network["web"]],
        Scheme="internal",
    )
