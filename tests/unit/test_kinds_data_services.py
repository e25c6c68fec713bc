"""File systems, caches, streams, search, warehouses, brokers and secrets in the normal form."""

from __future__ import annotations

from typing import Any

import pytest
from kinds_support import cfn, normal, one, ref, said, tf, var

from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown


def terraform(type_: str, kind: str, **written: Any) -> Resource:
    return one(normal(tf(f"{type_}.x", written)), kind)


def cloudformation(kind: str, **written: Any) -> Resource:
    return one(normal(cfn("X", kind, written)), kind)


# EFS

FILE_SYSTEM = "AWS::EFS::FileSystem"


def test_a_file_system_is_the_same_in_both_formats() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*"}]}
    ours = one(
        normal(
            tf(
                "aws_efs_file_system.x",
                {
                    "encrypted": True,
                    "kms_key_id": "alias/files",
                    "throughput_mode": "elastic",
                    "lifecycle_policy": [{"transition_to_ia": "AFTER_30_DAYS"}],
                    "protection": [{"replication_overwrite": "DISABLED"}],
                    "tags": {"team": "a"},
                },
            ),
            tf(
                "aws_efs_backup_policy.x",
                {"file_system_id": ref("aws_efs_file_system.x.id"), "backup_policy": [{"status": "ENABLED"}]},
            ),
            tf(
                "aws_efs_file_system_policy.x",
                {
                    "file_system_id": ref("aws_efs_file_system.x.id"),
                    "policy": '{"Version": "2012-10-17", "Statement": '
                    '[{"Effect": "Deny", "Principal": "*", "Action": "*"}]}',
                },
            ),
        ),
        FILE_SYSTEM,
    )
    theirs = cloudformation(
        FILE_SYSTEM,
        Encrypted="true",
        KmsKeyId="alias/files",
        ThroughputMode="elastic",
        LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}],
        FileSystemProtection={"ReplicationOverwriteProtection": "DISABLED"},
        BackupPolicy={"Status": "ENABLED"},
        FileSystemPolicy=policy,
        FileSystemTags=[{"Key": "team", "Value": "a"}],
    )
    assert said(ours) == said(theirs)


@pytest.mark.parametrize(("zone", "status"), [({}, "DISABLED"), ({"availability_zone_name": "eu-west-1a"}, "ENABLED")])
def test_backups_that_nobody_wrote_are_on_in_one_zone_only(zone: dict[str, Any], status: str) -> None:
    found = terraform("aws_efs_file_system", FILE_SYSTEM, **zone)
    assert found.properties["BackupPolicy"] == {"Status": status}


def test_backups_depend_on_a_zone_that_is_not_known() -> None:
    found = terraform("aws_efs_file_system", FILE_SYSTEM, availability_zone_name=var("zone"))
    assert isinstance(found.properties["BackupPolicy"], Unknown)


# Neptune and DocumentDB

NEPTUNE = "AWS::Neptune::DBCluster"
DOCDB = "AWS::DocDB::DBCluster"


def test_a_neptune_cluster_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_neptune_cluster",
        NEPTUNE,
        cluster_identifier="graph",
        storage_encrypted=True,
        kms_key_arn="arn:aws:kms:eu-west-1:123456789012:key/k",
        backup_retention_period=7,
        deletion_protection=True,
        iam_database_authentication_enabled=True,
        enable_cloudwatch_logs_exports=["audit"],
        neptune_subnet_group_name="data",
        vpc_security_group_ids=["sg-1"],
        port=8182,
        serverless_v2_scaling_configuration=[{"min_capacity": 1, "max_capacity": 4}],
    )
    theirs = cloudformation(
        NEPTUNE,
        DBClusterIdentifier="Graph",
        StorageEncrypted=True,
        KmsKeyId="arn:aws:kms:eu-west-1:123456789012:key/k",
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        IamAuthEnabled=True,
        EnableCloudwatchLogsExports=["audit"],
        DBSubnetGroupName="Data",
        VpcSecurityGroupIds=["sg-1"],
        DBPort=8182,
        ServerlessScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 4},
    )
    assert said(ours) == said(theirs)


def test_a_docdb_cluster_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_docdb_cluster",
        DOCDB,
        cluster_identifier="catalogue",
        storage_encrypted=True,
        kms_key_id="arn:aws:kms:eu-west-1:123456789012:key/k",
        enabled_cloudwatch_logs_exports=["audit", "profiler"],
        master_username="app",
        master_password="hunter2",
        db_subnet_group_name="data",
        vpc_security_group_ids=["sg-1"],
        preferred_maintenance_window="Sun:03:00-Sun:04:00",
        port=27017,
    )
    theirs = cloudformation(
        DOCDB,
        DBClusterIdentifier="Catalogue",
        StorageEncrypted="true",
        KmsKeyId="arn:aws:kms:eu-west-1:123456789012:key/k",
        EnableCloudwatchLogsExports=["audit", "profiler"],
        MasterUsername="app",
        DBSubnetGroupName="Data",
        VpcSecurityGroupIds=["sg-1"],
        PreferredMaintenanceWindow="sun:03:00-sun:04:00",
        Port="27017",
    )
    assert said(ours) == said(theirs)
    assert "hunter2" not in repr(ours)


@pytest.mark.parametrize(("type_", "kind"), [("aws_neptune_cluster", NEPTUNE), ("aws_docdb_cluster", DOCDB)])
def test_storage_is_unencrypted_unless_what_it_is_made_from_decides(type_: str, kind: str) -> None:
    assert terraform(type_, kind).properties["StorageEncrypted"] is False
    assert terraform(type_, kind, snapshot_identifier="").properties["StorageEncrypted"] is False
    for source in ({"snapshot_identifier": "s"}, {"global_cluster_identifier": "g"}, {"snapshot_identifier": var("s")}):
        assert isinstance(terraform(type_, kind, **source).properties["StorageEncrypted"], Unknown)
        assert terraform(type_, kind, storage_encrypted=True, **source).properties["StorageEncrypted"] is True


# DMS

REPLICATION = "AWS::DMS::ReplicationInstance"


def test_a_replication_instance_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_dms_replication_instance",
        REPLICATION,
        replication_instance_id="Mover",
        replication_instance_class="dms.t3.medium",
        publicly_accessible=False,
        multi_az=True,
        kms_key_arn="arn:aws:kms:eu-west-1:123456789012:key/k",
        replication_subnet_group_id="Private",
        vpc_security_group_ids=["sg-1"],
        preferred_maintenance_window="Sun:03:00-Sun:04:00",
    )
    theirs = cloudformation(
        REPLICATION,
        ReplicationInstanceIdentifier="mover",
        ReplicationInstanceClass="dms.t3.medium",
        PubliclyAccessible="false",
        MultiAZ=True,
        KmsKeyId="arn:aws:kms:eu-west-1:123456789012:key/k",
        ReplicationSubnetGroupIdentifier="private",
        VpcSecurityGroupIds=["sg-1"],
        PreferredMaintenanceWindow="sun:03:00-sun:04:00",
    )
    assert said(ours) == said(theirs)


def test_a_replication_instance_nobody_wrote_down_as_private_is_public_in_cloudformation_alone() -> None:
    assert terraform("aws_dms_replication_instance", REPLICATION).properties["PubliclyAccessible"] is False
    assert cloudformation(REPLICATION).properties["PubliclyAccessible"] is True


# Kinesis

STREAM = "AWS::Kinesis::Stream"


def test_a_stream_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_kinesis_stream",
        STREAM,
        name="clicks",
        shard_count=2,
        encryption_type="KMS",
        kms_key_id="alias/aws/kinesis",
        stream_mode_details=[{"stream_mode": "PROVISIONED"}],
    )
    theirs = cloudformation(
        STREAM,
        Name="clicks",
        ShardCount="2",
        StreamEncryption={"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    )
    assert said(ours) == said(theirs)


@pytest.mark.parametrize("written", [{}, {"encryption_type": "NONE"}, {"kms_key_id": "alias/clicks"}])
def test_a_stream_is_encrypted_only_where_the_type_says_so(written: dict[str, Any]) -> None:
    assert "StreamEncryption" not in terraform("aws_kinesis_stream", STREAM, name="clicks", **written).properties


# MSK

KAFKA = "AWS::MSK::Cluster"


def test_a_kafka_cluster_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_msk_cluster",
        KAFKA,
        cluster_name="events",
        kafka_version="3.6.0",
        number_of_broker_nodes=3,
        broker_node_group_info=[
            {"instance_type": "kafka.m7g.large", "client_subnets": ["subnet-1"], "security_groups": ["sg-1"]}
        ],
        encryption_info=[
            {
                "encryption_at_rest_kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/k",
                "encryption_in_transit": [{"client_broker": "TLS", "in_cluster": True}],
            }
        ],
        logging_info=[
            {
                "broker_logs": [
                    {
                        "cloudwatch_logs": [{"enabled": True, "log_group": "msk"}],
                        "s3": [{"enabled": False, "bucket": "logs", "prefix": "msk/"}],
                    }
                ]
            }
        ],
        tags={"team": "a"},
    )
    theirs = cloudformation(
        KAFKA,
        ClusterName="events",
        KafkaVersion="3.6.0",
        NumberOfBrokerNodes="3",
        BrokerNodeGroupInfo={
            "InstanceType": "kafka.m7g.large",
            "ClientSubnets": ["subnet-1"],
            "SecurityGroups": ["sg-1"],
        },
        EncryptionInfo={
            "EncryptionAtRest": {"DataVolumeKMSKeyId": "arn:aws:kms:eu-west-1:123456789012:key/k"},
            "EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": "true"},
        },
        LoggingInfo={
            "BrokerLogs": {
                "CloudWatchLogs": {"Enabled": True, "LogGroup": "msk"},
                "S3": {"Enabled": False, "Bucket": "logs", "Prefix": "msk/"},
            }
        },
        Tags={"team": "a"},
    )
    assert said(ours) == said(theirs)


@pytest.mark.parametrize("written", [{}, {"encryption_info": [{}]}])
def test_whether_clients_may_do_without_tls_is_not_settled_where_nobody_wrote_it(written: dict[str, Any]) -> None:
    found: Any = terraform("aws_msk_cluster", KAFKA, cluster_name="events", **written).properties["EncryptionInfo"]
    assert isinstance(found["EncryptionInTransit"]["ClientBroker"], Unknown)
    assert found["EncryptionInTransit"]["InCluster"] is True


def test_a_written_block_has_the_provider_s_default() -> None:
    written = [{"encryption_in_transit": [{"in_cluster": False}]}]
    found: Any = terraform("aws_msk_cluster", KAFKA, cluster_name="events", encryption_info=written)
    assert found.properties["EncryptionInfo"]["EncryptionInTransit"] == {"ClientBroker": "TLS", "InCluster": False}


# MQ

BROKER = "AWS::AmazonMQ::Broker"


def test_a_broker_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_mq_broker",
        BROKER,
        broker_name="orders",
        engine_type="ActiveMQ",
        engine_version="5.18",
        host_instance_type="mq.t3.micro",
        deployment_mode="SINGLE_INSTANCE",
        publicly_accessible=False,
        auto_minor_version_upgrade=True,
        logs=[{"general": True, "audit": "true"}],
        encryption_options=[{"use_aws_owned_key": False, "kms_key_id": "k"}],
        user=[{"username": "app", "password": "hunter2"}],
    )
    theirs = cloudformation(
        BROKER,
        BrokerName="orders",
        EngineType="ACTIVEMQ",
        EngineVersion="5.18",
        HostInstanceType="mq.t3.micro",
        DeploymentMode="SINGLE_INSTANCE",
        PubliclyAccessible="false",
        AutoMinorVersionUpgrade=True,
        Logs={"General": True, "Audit": True},
        EncryptionOptions={"UseAwsOwnedKey": False, "KmsKeyId": "k"},
        Users=[{"Username": "app", "Password": "hunter2"}],
    )
    assert said(ours) == said(theirs)
    assert "hunter2" not in repr((ours, theirs))


def test_a_broker_is_private_where_the_provider_was_told_nothing() -> None:
    assert terraform("aws_mq_broker", BROKER).properties["PubliclyAccessible"] is False
    assert isinstance(cloudformation(BROKER).properties["PubliclyAccessible"], Unknown)


# Secrets

SECRET = "AWS::SecretsManager::Secret"


def test_a_secret_is_the_same_in_both_formats() -> None:
    ours = one(
        normal(
            tf(
                "aws_secretsmanager_secret.x",
                {
                    "name": "orders/db",
                    "description": "Orders",
                    "kms_key_id": "alias/secrets",
                    "replica": [{"region": "eu-central-1", "kms_key_id": "alias/secrets"}],
                    "tags": {"team": "a"},
                },
            ),
            tf(
                "aws_secretsmanager_secret_rotation.x",
                {"secret_id": ref("aws_secretsmanager_secret.x.id"), "rotation_lambda_arn": "arn:aws:lambda:…"},
            ),
        ),
        SECRET,
    )
    theirs = one(
        normal(
            cfn(
                "Orders",
                SECRET,
                {
                    "Name": "orders/db",
                    "Description": "Orders",
                    "KmsKeyId": "alias/secrets",
                    "SecretString": "hunter2",
                    "ReplicaRegions": [{"Region": "eu-central-1", "KmsKeyId": "alias/secrets"}],
                    "Tags": [{"Key": "team", "Value": "a"}],
                },
            ),
            cfn("Rotation", "AWS::SecretsManager::RotationSchedule", {"SecretId": ref("Orders.Ref")}),
        ),
        SECRET,
    )
    assert said(ours) == said(theirs)
    assert ours.properties["RotationEnabled"] is True
    assert "hunter2" not in repr(theirs.properties)


def test_a_schedule_may_name_the_attachment_to_the_database() -> None:
    made = normal(
        cfn("Orders", SECRET, {"Name": "orders/db"}),
        cfn(
            "Attachment",
            "AWS::SecretsManager::SecretTargetAttachment",
            {"SecretId": ref("Orders.Ref"), "TargetId": "orders", "TargetType": "AWS::RDS::DBInstance"},
        ),
        cfn("Rotation", "AWS::SecretsManager::RotationSchedule", {"SecretId": ref("Attachment.Ref")}),
    )
    assert one(made, SECRET).properties["RotationEnabled"] is True


def test_a_secret_nobody_scheduled_does_not_rotate_and_is_nobody_else_s() -> None:
    found = terraform("aws_secretsmanager_secret", SECRET, name="orders/db", kms_key_id="")
    assert (found.properties["RotationEnabled"], found.properties["OwningService"]) == (False, "")
    assert "KmsKeyId" not in found.properties
    old = terraform(
        "aws_secretsmanager_secret", SECRET, name="orders/db", rotation_rules=[{"automatically_after_days": 30}]
    )
    assert old.properties["RotationEnabled"] is True


# Redshift

WAREHOUSE = "AWS::Redshift::Cluster"


def test_a_warehouse_is_the_same_in_both_formats() -> None:
    written = {
        "cluster_identifier": "Reports",
        "database_name": "reports",
        "master_username": "app",
        "master_password": "hunter2",
        "node_type": "ra3.large",
        "number_of_nodes": 2,
        "encrypted": "true",
        "publicly_accessible": False,
        "vpc_security_group_ids": ["sg-1"],
        "tags": {"team": "a"},
    }
    log = {"bucket_name": "acme-logs", "s3_key_prefix": "redshift/"}
    ours = one(
        normal(
            tf("aws_redshift_cluster.x", written),
            tf("aws_redshift_logging.x", {"cluster_identifier": ref("aws_redshift_cluster.x.id"), **log}),
        ),
        WAREHOUSE,
    )
    old = terraform("aws_redshift_cluster", WAREHOUSE, **written, logging=[{"enable": True, **log}])
    theirs = cloudformation(
        WAREHOUSE,
        ClusterIdentifier="reports",
        ClusterType="multi-node",
        DBName="reports",
        MasterUsername="app",
        NodeType="ra3.large",
        NumberOfNodes="2",
        Encrypted=True,
        PubliclyAccessible="false",
        VpcSecurityGroupIds=["sg-1"],
        LoggingProperties={"BucketName": "acme-logs", "S3KeyPrefix": "redshift/"},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    assert said(ours) == said(theirs) == said(old)
    assert "hunter2" not in repr(ours)


def test_what_a_warehouse_is_when_nobody_says_changed_with_the_provider() -> None:
    ours = terraform("aws_redshift_cluster", WAREHOUSE, cluster_identifier="reports").properties
    assert isinstance(ours["Encrypted"], Unknown)
    assert isinstance(ours["PubliclyAccessible"], Unknown)
    theirs = cloudformation(WAREHOUSE).properties
    assert (theirs["Encrypted"], theirs["PubliclyAccessible"]) == (True, False)
    restored = cloudformation(WAREHOUSE, SnapshotIdentifier="s").properties
    assert isinstance(restored["Encrypted"], Unknown)


def test_a_logging_block_that_is_off_logs_nothing() -> None:
    off = terraform("aws_redshift_cluster", WAREHOUSE, logging=[{"enable": False, "bucket_name": "acme-logs"}])
    assert "LoggingProperties" not in off.properties


# Search

SEARCH = "AWS::OpenSearchService::Domain"
ELASTICSEARCH = "AWS::Elasticsearch::Domain"
DOMAIN: dict[str, Any] = {
    "domain_name": "products",
    "encrypt_at_rest": [{"enabled": True, "kms_key_id": "k"}],
    "node_to_node_encryption": [{"enabled": True}],
    "domain_endpoint_options": [{"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-2019-07"}],
    "cluster_config": [{"instance_type": "r6g.large.search", "instance_count": 3}],
    "vpc_options": [{"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}],
    "log_publishing_options": [{"log_type": "AUDIT_LOGS", "cloudwatch_log_group_arn": "arn:aws:logs:…"}],
    "access_policies": '{"Version": "2012-10-17", "Statement": []}',
}
SAID: dict[str, Any] = {
    "DomainName": "products",
    "EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": "k"},
    "NodeToNodeEncryptionOptions": {"Enabled": "true"},
    "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
    "VPCOptions": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "LogPublishingOptions": {"AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": "arn:aws:logs:…"}},
    "AccessPolicies": {"Version": "2012-10-17", "Statement": []},
}
NODES = {"InstanceType": "r6g.large.search", "InstanceCount": "3"}


def test_a_search_domain_is_the_same_in_both_formats() -> None:
    ours = terraform("aws_opensearch_domain", SEARCH, engine_version="OpenSearch_2.11", **DOMAIN)
    theirs = cloudformation(SEARCH, EngineVersion="OpenSearch_2.11", ClusterConfig=NODES, **SAID)
    assert said(ours) == said(theirs)


def test_an_elasticsearch_domain_is_the_same_in_all_three_spellings() -> None:
    old = terraform("aws_elasticsearch_domain", ELASTICSEARCH, elasticsearch_version="7.10", **DOMAIN)
    new = terraform("aws_opensearch_domain", ELASTICSEARCH, engine_version="Elasticsearch_7.10", **DOMAIN)
    theirs = cloudformation(ELASTICSEARCH, ElasticsearchVersion="7.10", ElasticsearchClusterConfig=NODES, **SAID)
    assert said(old) == said(new) == said(theirs)


@pytest.mark.parametrize(("type_", "kind"), [("opensearch", SEARCH), ("elasticsearch", ELASTICSEARCH)])
def test_a_policy_of_its_own_belongs_to_its_domain(type_: str, kind: str) -> None:
    made = normal(
        tf(f"aws_{type_}_domain.x", {"domain_name": "products"}),
        tf(
            f"aws_{type_}_domain_policy.x",
            {
                "domain_name": ref(f"aws_{type_}_domain.x.domain_name"),
                "access_policies": '{"Version": "2012-10-17", "Statement": []}',
            },
        ),
    )
    assert one(made, kind).properties["AccessPolicies"] == {"Version": "2012-10-17", "Statement": []}


def test_only_a_written_block_demands_https_by_itself() -> None:
    def https(**written: Any) -> Any:
        found: Any = terraform("aws_opensearch_domain", SEARCH, domain_name="products", **written)
        return found.properties["DomainEndpointOptions"]["EnforceHTTPS"]

    assert https() is False
    assert https(domain_endpoint_options=[{"tls_security_policy": "Policy-Min-TLS-1-2-2019-07"}]) is True
    theirs: Any = cloudformation(SEARCH, DomainEndpointOptions={"TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"})
    assert theirs.properties["DomainEndpointOptions"]["EnforceHTTPS"] is False


def test_a_log_of_an_unknown_type_may_be_any() -> None:
    written = [{"log_type": var("log"), "cloudwatch_log_group_arn": "arn:aws:logs:…"}]
    found = terraform("aws_opensearch_domain", SEARCH, domain_name="products", log_publishing_options=written)
    assert isinstance(found.properties["LogPublishingOptions"], Unknown)


# ElastiCache

GROUP = "AWS::ElastiCache::ReplicationGroup"
CACHE = "AWS::ElastiCache::CacheCluster"


def test_a_replication_group_is_the_same_in_both_formats() -> None:
    written = {
        "replication_group_id": "Sessions",
        "engine": "redis",
        "node_type": "cache.m7g.large",
        "at_rest_encryption_enabled": "true",
        "transit_encryption_enabled": True,
        "automatic_failover_enabled": True,
        "multi_az_enabled": True,
        "snapshot_retention_limit": 7,
        "security_group_ids": ["sg-1"],
        "auth_token": "hunter2",
        "tags": {"team": "a"},
    }
    ours = terraform("aws_elasticache_replication_group", GROUP, description="s", num_cache_clusters=2, **written)
    old = terraform(
        "aws_elasticache_replication_group",
        GROUP,
        replication_group_description="s",
        number_cache_clusters=2,
        **written,
    )
    theirs = cloudformation(
        GROUP,
        ReplicationGroupId="sessions",
        ReplicationGroupDescription="s",
        Engine="Redis",
        CacheNodeType="cache.m7g.large",
        NumCacheClusters="2",
        AtRestEncryptionEnabled=True,
        TransitEncryptionEnabled="true",
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        SnapshotRetentionLimit="7",
        SecurityGroupIds=["sg-1"],
        AuthToken="hunter2",
        Tags=[{"Key": "team", "Value": "a"}],
    )
    assert said(ours) == said(theirs) == said(old)
    assert "hunter2" not in repr((ours, theirs))


@pytest.mark.parametrize(
    ("written", "encrypted"),
    [
        ({}, False),
        ({"engine": "redis"}, False),
        ({"engine": "valkey"}, True),
        ({"engine": var("engine")}, None),
        ({"engine": "valkey", "global_replication_group_id": "g"}, None),
        ({"global_replication_group_id": "g"}, None),
    ],
)
def test_unwritten_encryption_of_a_cache(written: dict[str, Any], encrypted: bool | None) -> None:
    value = terraform("aws_elasticache_replication_group", GROUP, **written).properties["AtRestEncryptionEnabled"]
    assert value is encrypted or (encrypted is None and isinstance(value, Unknown))


def test_a_cache_cluster_is_the_same_in_both_formats() -> None:
    ours = terraform(
        "aws_elasticache_cluster",
        CACHE,
        cluster_id="Pages",
        engine="memcached",
        node_type="cache.m7g.large",
        num_cache_nodes=2,
        az_mode="cross-az",
        security_group_ids=["sg-1"],
    )
    theirs = cloudformation(
        CACHE,
        ClusterName="pages",
        Engine="memcached",
        CacheNodeType="cache.m7g.large",
        NumCacheNodes="2",
        AZMode="cross-az",
        VpcSecurityGroupIds=["sg-1"],
    )
    assert said(ours) == said(theirs)


def test_zones_that_are_preferred_leave_the_mode_open() -> None:
    assert terraform("aws_elasticache_cluster", CACHE).properties["AZMode"] == "single-az"
    zones = ["eu-west-1a", "eu-west-1b"]
    found = terraform("aws_elasticache_cluster", CACHE, preferred_availability_zones=zones)
    assert isinstance(found.properties["AZMode"], Unknown)
