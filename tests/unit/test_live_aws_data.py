"""Reading data services over HTTP as moto has them."""

from __future__ import annotations

import json
from typing import Any

from aws_for_tests import ACCOUNT, REGION, Aws, Refusal
from kinds_support import assert_fits

from soc2gate.kinds import registry
from soc2gate.kinds.live import build_live
from soc2gate.live.aws import AwsRequest, collect_aws
from soc2gate.model.resource import LiveRef, Resource, place_of
from soc2gate.model.value import Json, OpenList, Unknown, Value


def read(aws: Aws, kind: str) -> dict[str, Resource]:
    """What the reader finds of a kind, by name or id; everything fits the schema."""
    request = AwsRequest((kind,), lambda: "2026-11-21T09:00:00Z", regions=(REGION,), endpoint_url=aws.url)
    found = [resource for resource in collect_aws(request).resources() if resource.kind == kind]
    for resource in found:
        assert_fits(resource)
    return {str(resource.identity.get("name") or resource.identity["id"]): resource for resource in found}


def from_api(kind: str, item: dict[str, Json], call: str, answers: dict[str, Json] | None = None) -> Resource:
    """What the reader makes of an answer that moto cannot give."""
    live = registry.kind(kind).live
    assert live is not None
    assert live.enumerate is not None
    if live.keep is not None:
        assert live.keep(item, REGION)
    found = build_live(
        kind,
        item=item,
        answers=answers or {},
        failures={},
        account=ACCOUNT,
        region=REGION,
        partition="aws",
        seen_at="2026-11-21T09:00:00Z",
        call_names={live.enumerate.operation: call},
    )
    assert found is not None
    assert_fits(found)
    return found


def call_for(resource: Resource, path: str) -> str:
    where = place_of(resource.places, path, resource.where)
    assert isinstance(where, LiveRef)
    return where.call


def test_file_systems(aws: Aws) -> None:
    efs = aws.client("efs")
    kept = efs.create_file_system(CreationToken="a", Encrypted=True, Backup=True, Tags=[{"Key": "team", "Value": "a"}])[
        "FileSystemId"
    ]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}
    efs.put_file_system_policy(FileSystemId=kept, Policy=json.dumps(policy))
    bare = efs.create_file_system(CreationToken="b")["FileSystemId"]
    found = read(aws, "AWS::EFS::FileSystem")
    first, second = found[kept], found[bare]
    assert first.identity["arn"] == f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{kept}"
    assert (first.properties["Encrypted"], second.properties["Encrypted"]) == (True, False)
    assert first.properties["BackupPolicy"] == {"Status": "ENABLED"}
    assert first.properties["FileSystemPolicy"] == policy
    assert first.properties["FileSystemTags"] == [{"Key": "team", "Value": "a"}]
    assert first.tags == {"team": "a"}
    assert "BackupPolicy" not in second.properties
    assert call_for(second, "BackupPolicy") == "efs:DescribeBackupPolicy"


def test_a_backup_policy_that_may_not_be_read_is_unknown(aws: Aws) -> None:
    aws.client("efs").create_file_system(CreationToken="a", Encrypted=True)
    with aws.refusing(Refusal("/backup-policy", "AccessDeniedException", "json")):
        (found,) = read(aws, "AWS::EFS::FileSystem").values()
    assert isinstance(found.properties["BackupPolicy"], Unknown)
    assert found.properties["Encrypted"] is True


def test_graph_databases_are_told_apart_from_others(aws: Aws) -> None:
    rds = aws.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="graph", Engine="neptune", StorageEncrypted=True, EnableCloudwatchLogsExports=["audit"]
    )
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        MasterUsername="app",
        MasterUserPassword="hunter2hunter2",
    )
    graphs = read(aws, "AWS::Neptune::DBCluster")
    assert list(graphs) == ["graph"]
    assert graphs["graph"].properties["StorageEncrypted"] is True
    assert graphs["graph"].properties["EnableCloudwatchLogsExports"] == ["audit"]
    assert call_for(graphs["graph"], "StorageEncrypted") == "rds:DescribeDBClusters"
    assert list(read(aws, "AWS::RDS::DBCluster")) == ["ledger"]
    assert read(aws, "AWS::DocDB::DBCluster") == {}


def test_a_document_database_as_the_api_tells_of_it() -> None:
    # moto has no DocumentDB; this is an answer of DescribeDBClusters, shortened.
    answer: dict[str, Json] = {
        "DBClusterIdentifier": "catalogue",
        "DBClusterArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:catalogue",
        "Engine": "docdb",
        "EngineVersion": "5.0.0",
        "StorageEncrypted": True,
        "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
        "BackupRetentionPeriod": 7,
        "DBSubnetGroup": "data",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
        "EnabledCloudwatchLogsExports": ["audit"],
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "DeletionProtection": False,
        "TagList": [{"Key": "team", "Value": "a"}],
    }
    found = from_api("AWS::DocDB::DBCluster", answer, "rds:DescribeDBClusters")
    assert found.properties == {
        "DBClusterIdentifier": "catalogue",
        "EngineVersion": "5.0.0",
        "StorageEncrypted": True,
        "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
        "BackupRetentionPeriod": 7,
        "DBSubnetGroupName": "data",
        "VpcSecurityGroupIds": ["sg-1"],
        "EnableCloudwatchLogsExports": ["audit"],
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "DeletionProtection": False,
        "ManageMasterUserPassword": False,
        "Tags": [{"Key": "team", "Value": "a"}],
    }


def test_replication_instances(aws: Aws) -> None:
    dms = aws.client("dms")
    for name, public in (("open", True), ("closed", False)):
        dms.create_replication_instance(
            ReplicationInstanceIdentifier=name,
            ReplicationInstanceClass="dms.t3.medium",
            PubliclyAccessible=public,
            VpcSecurityGroupIds=["sg-1"],
        )
    found = read(aws, "AWS::DMS::ReplicationInstance")
    assert {name: one.properties["PubliclyAccessible"] for name, one in found.items()} == {
        "open": True,
        "closed": False,
    }
    assert found["open"].properties["VpcSecurityGroupIds"] == ["sg-1"]


def test_streams(aws: Aws) -> None:
    kinesis = aws.client("kinesis")
    for name in ("clicks", "bare"):
        kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.start_stream_encryption(StreamName="clicks", EncryptionType="KMS", KeyId="alias/clicks")
    kinesis.add_tags_to_stream(StreamName="clicks", Tags={"team": "a"})
    found = read(aws, "AWS::Kinesis::Stream")
    clicks = found["clicks"]
    assert clicks.properties["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "alias/clicks"}
    assert (clicks.properties["ShardCount"], clicks.properties["RetentionPeriodHours"]) == (2, 24)
    assert clicks.tags == {"team": "a"}
    assert "StreamEncryption" not in found["bare"].properties
    assert call_for(found["bare"], "StreamEncryption") == "kinesis:DescribeStreamSummary"


def test_kafka_clusters(aws: Aws) -> None:
    aws.client("kafka").create_cluster(
        ClusterName="events",
        KafkaVersion="3.6.0",
        NumberOfBrokerNodes=3,
        BrokerNodeGroupInfo={"InstanceType": "kafka.m7g.large", "ClientSubnets": ["subnet-1"]},
        EncryptionInfo={"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT", "InCluster": True}},
        LoggingInfo={"BrokerLogs": {"S3": {"Enabled": True, "Bucket": "logs"}}},
        Tags={"team": "a"},
    )
    found = read(aws, "AWS::MSK::Cluster")["events"]
    assert found.properties["EncryptionInfo"] == {
        "EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT", "InCluster": True}
    }
    assert found.properties["LoggingInfo"] == {"BrokerLogs": {"S3": {"Enabled": True, "Bucket": "logs"}}}
    assert found.properties["KafkaVersion"] == "3.6.0"
    assert found.tags == {"team": "a"}


def test_brokers(aws: Aws) -> None:
    mq = aws.client("mq")
    for name, public in (("open", True), ("closed", False)):
        mq.create_broker(
            BrokerName=name,
            EngineType="ACTIVEMQ",
            EngineVersion="5.18",
            HostInstanceType="mq.t3.micro",
            DeploymentMode="SINGLE_INSTANCE",
            PubliclyAccessible=public,
            AutoMinorVersionUpgrade=True,
            Logs={"General": not public, "Audit": False},
            Users=[{"Username": "app", "Password": "hunter2hunter2"}],
            Tags={"team": "a"},
        )
    found = read(aws, "AWS::AmazonMQ::Broker")
    assert {name: one.properties["PubliclyAccessible"] for name, one in found.items()} == {
        "open": True,
        "closed": False,
    }
    assert found["closed"].properties["Logs"] == {"General": True, "Audit": False}
    assert found["closed"].tags == {"team": "a"}
    assert call_for(found["open"], "Logs.General") == "mq:DescribeBroker"


def test_a_broker_that_may_not_be_described_is_unknown_and_still_there(aws: Aws) -> None:
    aws.client("mq").create_broker(
        BrokerName="orders",
        EngineType="RABBITMQ",
        HostInstanceType="mq.t3.micro",
        DeploymentMode="SINGLE_INSTANCE",
        PubliclyAccessible=False,
        Users=[{"Username": "app", "Password": "hunter2hunter2"}],
    )
    with aws.refusing(Refusal("/v1/brokers/", "AccessDeniedException", "json")):
        found = read(aws, "AWS::AmazonMQ::Broker")["orders"]
    assert isinstance(found.properties["PubliclyAccessible"], Unknown)
    assert isinstance(found.properties["Logs"], Unknown)


def test_secrets_without_their_values(aws: Aws) -> None:
    secrets = aws.client("secretsmanager")
    secrets.create_secret(
        Name="orders/db",
        KmsKeyId="alias/secrets",
        SecretString="hunter2",
        Tags=[{"Key": "team", "Value": "a"}],
        AddReplicaRegions=[{"Region": "eu-central-1"}],
    )
    secrets.create_secret(Name="bare", SecretString="hunter2")
    secrets.rotate_secret(SecretId="orders/db", RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)
    found = read(aws, "AWS::SecretsManager::Secret")
    orders, bare = found["orders/db"], found["bare"]
    assert (orders.properties["RotationEnabled"], bare.properties["RotationEnabled"]) == (True, False)
    assert orders.properties["KmsKeyId"] == "alias/secrets"
    assert orders.properties["ReplicaRegions"] == [{"Region": "eu-central-1", "KmsKeyId": "alias/aws/secretsmanager"}]
    assert orders.tags == {"team": "a"}
    assert "KmsKeyId" not in bare.properties
    assert "hunter2" not in repr(found)


def test_a_replica_is_its_primary_s_and_a_service_keeps_its_own() -> None:
    keep = registry.kind("AWS::SecretsManager::Secret").live
    assert keep is not None
    assert keep.keep is not None
    assert keep.keep({"Name": "orders/db", "PrimaryRegion": REGION}, REGION)
    assert not keep.keep({"Name": "orders/db", "PrimaryRegion": REGION}, "eu-central-1")
    assert not keep.keep({"Name": "rds!db-1", "OwningService": "rds"}, REGION)


def test_warehouses(aws: Aws) -> None:
    redshift = aws.client("redshift")
    for name, guarded in (("reports", True), ("scratch", False)):
        redshift.create_cluster(
            ClusterIdentifier=name,
            NodeType="ra3.large",
            MasterUsername="app",
            MasterUserPassword="Hunter2hunter2",
            ClusterType="single-node",
            Encrypted=guarded,
            PubliclyAccessible=not guarded,
            Tags=[{"Key": "team", "Value": "a"}],
        )
    found = read(aws, "AWS::Redshift::Cluster")
    reports, scratch = found["reports"].properties, found["scratch"].properties
    assert (reports["Encrypted"], reports["PubliclyAccessible"]) == (True, False)
    assert (scratch["Encrypted"], scratch["PubliclyAccessible"]) == (False, True)
    assert reports["ClusterType"] == "single-node"
    assert found["reports"].identity["arn"] == f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:reports"
    assert found["reports"].tags == {"team": "a"}
    assert "LoggingProperties" not in reports
    assert call_for(found["reports"], "LoggingProperties") == "redshift:DescribeLoggingStatus"


def test_a_warehouse_that_logs_as_the_api_tells_of_it() -> None:
    # moto's clusters never log; this is an answer of DescribeLoggingStatus.
    status: dict[str, Json] = {"LoggingEnabled": True, "BucketName": "acme-logs", "S3KeyPrefix": "redshift/"}
    answers: dict[str, Json] = {"describe_logging_status": status}
    found = from_api("AWS::Redshift::Cluster", {"ClusterIdentifier": "reports"}, "redshift:DescribeClusters", answers)
    assert found.properties["LoggingProperties"] == {"BucketName": "acme-logs", "S3KeyPrefix": "redshift/"}


def test_search_domains_by_their_engine(aws: Aws) -> None:
    search = aws.client("opensearch")
    search.create_domain(
        DomainName="products",
        EngineVersion="OpenSearch_2.11",
        ClusterConfig={"InstanceType": "r6g.large.search", "InstanceCount": 3},
        EncryptionAtRestOptions={"Enabled": True},
        NodeToNodeEncryptionOptions={"Enabled": True},
        DomainEndpointOptions={"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
        LogPublishingOptions={
            "AUDIT_LOGS": {
                "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:search",
                "Enabled": True,
            }
        },
        AccessPolicies='{"Version": "2012-10-17", "Statement": []}',
        TagList=[{"Key": "team", "Value": "a"}],
    )
    aws.client("es").create_elasticsearch_domain(DomainName="archive", ElasticsearchVersion="7.10")
    found = read(aws, "AWS::OpenSearchService::Domain")
    assert list(found) == ["products"]
    products: Any = found["products"].properties
    assert products["EncryptionAtRestOptions"]["Enabled"] is True
    assert products["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert products["DomainEndpointOptions"]["EnforceHTTPS"] is True
    assert products["LogPublishingOptions"]["AUDIT_LOGS"]["Enabled"] is True
    assert products["AccessPolicies"] == {"Version": "2012-10-17", "Statement": []}
    assert found["products"].tags == {"team": "a"}
    old = read(aws, "AWS::Elasticsearch::Domain")
    assert list(old) == ["archive"]
    # moto forgets the version that was asked for.
    status: dict[str, Json] = {"describe_domain": {"EngineVersion": "Elasticsearch_7.10"}}
    item: dict[str, Json] = {"DomainName": "archive", "EngineType": "Elasticsearch"}
    told = from_api("AWS::Elasticsearch::Domain", item, "es:ListDomainNames", status)
    assert told.properties["ElasticsearchVersion"] == "7.10"


def test_caches(aws: Aws) -> None:
    cache = aws.client("elasticache")
    cache.create_replication_group(
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="s",
        Engine="redis",
        CacheNodeType="cache.m7g.large",
        NumCacheClusters=2,
        AtRestEncryptionEnabled=True,
        TransitEncryptionEnabled=True,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        SnapshotRetentionLimit=7,
        Tags=[{"Key": "team", "Value": "a"}],
    )
    cache.create_cache_cluster(
        CacheClusterId="pages", Engine="memcached", CacheNodeType="cache.m7g.large", NumCacheNodes=1
    )
    found = read(aws, "AWS::ElastiCache::ReplicationGroup")["sessions"]
    told = {
        "AtRestEncryptionEnabled": True,
        "TransitEncryptionEnabled": True,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "SnapshotRetentionLimit": 7,
    }
    assert {key: found.properties[key] for key in told} == told
    assert found.tags == {"team": "a"}
    assert read(aws, "AWS::ElastiCache::CacheCluster")["pages"].properties["AZMode"] == "single-az"


def test_caches_as_the_api_tells_of_them() -> None:
    # What moto never answers: effective encryption, several zones, members of a group.
    group: dict[str, Json] = {
        "ReplicationGroupId": "sessions",
        "AtRestEncryptionEnabled": False,
        "StorageEncryptionType": "sse-elasticache",
        "MultiAZ": "disabled",
    }
    encrypted = from_api("AWS::ElastiCache::ReplicationGroup", group, "elasticache:DescribeReplicationGroups")
    assert encrypted.properties["AtRestEncryptionEnabled"] is True
    assert encrypted.properties["MultiAZEnabled"] is False
    cluster: dict[str, Json] = {"CacheClusterId": "pages", "PreferredAvailabilityZone": "Multiple"}
    alone = from_api("AWS::ElastiCache::CacheCluster", cluster, "elasticache:DescribeCacheClusters")
    assert (alone.properties["AZMode"], alone.managed_by) == ("cross-az", "")
    member = from_api(
        "AWS::ElastiCache::CacheCluster",
        {"CacheClusterId": "sessions-001", "ReplicationGroupId": "sessions"},
        "elasticache:DescribeCacheClusters",
    )
    assert member.managed_by == "sessions"


# Keys: whose they are


def linked(aws: Aws, *wanted: str) -> dict[str, Resource]:
    """What the reader finds of kinds, with what belongs to it, by name."""
    request = AwsRequest(wanted, lambda: "2026-11-21T09:00:00Z", regions=(REGION,), endpoint_url=aws.url)
    found = [resource for resource in collect_aws(request).resources() if resource.kind in wanted]
    return {str(resource.identity.get("name")): resource for resource in found}


def encryption_key(resource: Resource) -> list[Value]:
    keys = resource.related["EncryptionKeys"]
    assert isinstance(keys, list)
    return [key["KeyManager"] for key in keys if isinstance(key, dict)]


def make_table(aws: Aws, name: str, **more: Any) -> None:
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        **more,
    )


def test_the_arn_of_a_key_that_aws_manages_is_told_from_a_customer_s(aws: Aws) -> None:
    kms = aws.client("kms")
    ours = kms.create_key(Description="data")["KeyMetadata"]["Arn"]
    # What AWS makes when somebody encrypts with `aws/dynamodb`: moto has it once asked for it, and takes it for ours.
    theirs = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    encrypted = {"Enabled": True, "SSEType": "KMS"}
    make_table(aws, "ours", SSESpecification={**encrypted, "KMSMasterKeyId": ours})
    make_table(aws, "theirs", SSESpecification={**encrypted, "KMSMasterKeyId": theirs["Arn"]})
    foreign = ours.replace(ACCOUNT, "210987654321")
    make_table(aws, "foreign", SSESpecification={**encrypted, "KMSMasterKeyId": foreign})
    make_table(aws, "plain")
    found = linked(aws, "AWS::DynamoDB::Table")
    assert {name: encryption_key(table) for name, table in found.items()} == {
        "ours": ["CUSTOMER"],
        "theirs": [],
        "foreign": ["CUSTOMER"],
        "plain": [],
    }


def test_whose_key_it_is_stays_unknown_where_keys_may_not_be_listed(aws: Aws) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    make_table(aws, "ours", SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
    with aws.refusing(Refusal("TrentService.ListKeys", "AccessDeniedException", "json")):
        (table,) = linked(aws, "AWS::DynamoDB::Table").values()
    keys = table.related["EncryptionKeys"]
    assert isinstance(keys, OpenList)
    assert "kms:ListKeys was denied" in keys.reason


# Logs and alarms


def test_log_groups(aws: Aws) -> None:
    logs = aws.client("logs")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="kept", kmsKeyId=key, tags={"team": "a"})
    logs.put_retention_policy(logGroupName="kept", retentionInDays=400)
    logs.create_log_group(logGroupName="/aws/lambda/orders")
    found = linked(aws, "AWS::Logs::LogGroup")
    kept, made = found["kept"], found["/aws/lambda/orders"]
    for resource in found.values():
        assert_fits(resource)
    assert (kept.properties["RetentionInDays"], kept.properties["KmsKeyId"]) == (400, key)
    assert kept.tags == {"team": "a"}
    assert encryption_key(kept) == ["CUSTOMER"]
    assert (made.properties["RetentionInDays"], made.managed_by) == (0, "AWS")
    assert call_for(made, "KmsKeyId") == "logs:DescribeLogGroups"


def test_the_account_tells_which_events_somebody_hears_of(aws: Aws) -> None:
    aws.client("s3").create_bucket(Bucket="trail", CreateBucketConfiguration={"LocationConstraint": REGION})
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="trail")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*"
    aws.client("cloudtrail").create_trail(
        Name="audit", S3BucketName="trail", CloudWatchLogsLogGroupArn=arn, CloudWatchLogsRoleArn="arn:aws:iam::1:role/r"
    )
    for name in ("StopLogging", "DeleteTrail", "UpdateTrail"):
        logs.put_metric_filter(
            logGroupName="trail",
            filterName=name,
            filterPattern=f"{{ $.eventName = {name} }}",
            metricTransformations=[{"metricName": "trail", "metricNamespace": "Security", "metricValue": "1"}],
        )
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="trail",
        MetricName="trail",
        Namespace="Security",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        EvaluationPeriods=1,
        Threshold=1,
        Period=60,
        Statistic="Sum",
        AlarmActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"],
    )
    account = linked(aws, "Account::Account")["None"]
    assert account.properties["AlarmedEvents"] == ["trail-change"]
    (metric,) = {str(found.properties["MetricName"]) for found in read(aws, "AWS::CloudWatch::Alarm").values()}
    assert metric == "trail"
    assert set(read(aws, "AWS::Logs::MetricFilter")) == {"StopLogging", "DeleteTrail", "UpdateTrail"}


# Snapshots


def test_snapshots_of_instances_and_of_clusters(aws: Aws) -> None:
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        Engine="postgres",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=20,
        StorageEncrypted=True,
    )
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        MasterUsername="a",
        MasterUserPassword="hunter2hunter2",
    )
    rds.create_db_snapshot(
        DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-1", Tags=[{"Key": "a", "Value": "b"}]
    )
    rds.create_db_cluster_snapshot(DBClusterIdentifier="ledger", DBClusterSnapshotIdentifier="ledger-1")
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="orders-1", AttributeName="restore", ValuesToAdd=["210987654321"]
    )
    rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="ledger-1", AttributeName="restore", ValuesToAdd=["all"]
    )
    found = read(aws, "Account::RDS::Snapshot")
    orders, ledger = found["orders-1"], found["ledger-1"]
    assert (orders.properties["Encrypted"], ledger.properties["Encrypted"]) == (True, False)
    assert (orders.properties["RestorableBy"], ledger.properties["RestorableBy"]) == (["210987654321"], ["all"])
    assert (orders.properties["SourceIdentifier"], ledger.properties["SourceIdentifier"]) == ("orders", "ledger")
    assert orders.tags == {"a": "b"}
    assert call_for(orders, "Encrypted") == "rds:DescribeDBSnapshots"
    assert call_for(ledger, "Encrypted") == "rds:DescribeDBClusterSnapshots"
    assert call_for(ledger, "RestorableBy") == "rds:DescribeDBClusterSnapshotAttributes"


def test_who_may_restore_a_snapshot_is_unknown_where_that_may_not_be_asked(aws: Aws) -> None:
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders", Engine="postgres", DBInstanceClass="db.t4g.small", AllocatedStorage=20
    )
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-1")
    with aws.refusing(Refusal("DescribeDBSnapshotAttributes", "AccessDenied", "query")):
        found = read(aws, "Account::RDS::Snapshot")
    assert isinstance(found["orders-1"].properties["RestorableBy"], Unknown)
    with aws.refusing(Refusal("DescribeDBClusterSnapshots", "AccessDenied", "query")):
        request = AwsRequest(
            ("Account::RDS::Snapshot",), lambda: "2026-11-21T09:00:00Z", regions=(REGION,), endpoint_url=aws.url
        )
        (failed,) = collect_aws(request).parts[0].failed_calls
    # Half a list is no list: nothing may be called missing by it.
    assert failed.call == "rds:DescribeDBClusterSnapshots"


# Queues and topics


def test_a_dead_letter_queue_knows_whose_it_is_and_a_new_topic_s_policy_is_aws_s(aws: Aws) -> None:
    sqs = aws.client("sqs")
    sqs.create_queue(QueueName="failed")
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed", "maxReceiveCount": 3}
    sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": json.dumps(redrive)})
    found = linked(aws, "AWS::SQS::Queue")
    sources = {name: found[name].related["Sources"] for name in ("failed", "jobs")}
    assert isinstance(sources["failed"], list)
    assert [source["QueueName"] for source in sources["failed"] if isinstance(source, dict)] == ["jobs"]
    assert sources["jobs"] == []
    aws.client("sns").create_topic(Name="news")
    (policy,) = read(aws, "AWS::SNS::TopicPolicy").values()
    assert policy.managed_by == "AWS"


def test_a_queue_knows_who_leaves_there_what_failed(aws: Aws) -> None:
    sqs, events, sns = aws.client("sqs"), aws.client("events"), aws.client("sns")
    for name in ("events", "messages", "work"):
        sqs.create_queue(QueueName=name)
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
    events.create_event_bus(Name="shop")
    events.put_rule(Name="nightly", EventBusName="shop", EventPattern=json.dumps({"source": ["shop"]}))
    target = {"Id": "settle", "Arn": f"{arn}work", "DeadLetterConfig": {"Arn": f"{arn}events"}}
    events.put_targets(Rule="nightly", EventBusName="shop", Targets=[target])
    topic = sns.create_topic(Name="orders")["TopicArn"]
    told = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{arn}work", ReturnSubscriptionArn=True)
    sns.set_subscription_attributes(
        SubscriptionArn=told["SubscriptionArn"],
        AttributeName="RedrivePolicy",
        AttributeValue=json.dumps({"deadLetterTargetArn": f"{arn}messages"}),
    )
    found = linked(aws, "AWS::SQS::Queue")
    leaving = {
        (name, link)
        for name in ("events", "messages", "work")
        for link in ("FailedEvents", "FailedMessages", "FailedCalls", "FailedRecords")
        if found[name].related[link] != []
    }
    assert leaving == {("events", "FailedEvents"), ("messages", "FailedMessages")}
    with aws.refusing(Refusal("ListTargetsByRule", "AccessDeniedException", "json")):
        unsure = linked(aws, "AWS::SQS::Queue")["work"].related["FailedEvents"]
    # Any queue may be where a rule that was not read leaves what failed.
    assert isinstance(unsure, OpenList)


def test_a_stream_s_reader_says_where_its_failed_records_go() -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed"
    item: dict[str, Json] = {"UUID": "a1", "DestinationConfig": {"OnFailure": {"Destination": arn}}}
    made = from_api("AWS::Lambda::EventSourceMapping", item, "lambda:ListEventSourceMappings")
    assert made.properties["DestinationConfig"] == {"OnFailure": {"Destination": arn}}
