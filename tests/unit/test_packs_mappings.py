"""What our rules claim: every rule's criteria as the catalogue has them, and honest words for each."""

from __future__ import annotations

from soc2gate import packs
from soc2gate.model.rule import Strength

CLAIMED = {
    "acm-not-expiring": ("tls-in-transit", "high", ("CC6.7",)),
    "ami-not-public": ("public-exposure", "high", ("CC6.6",)),
    "apigw-access-logs": ("audit-logging", "medium", ("CC7.2",)),
    "apigw-authorization": ("iam-least-privilege", "medium", ("CC6.1", "CC6.6")),
    "apigw-tls-policy": ("tls-in-transit", "medium", ("CC6.7",)),
    "apigw-xray": ("monitoring-alerting", "low", ("CC7.2",)),
    "backup-plan-exists": ("backup", "medium", ("A1.2", "CC7.5")),
    "cloudfront-https": ("tls-in-transit", "high", ("CC6.7",)),
    "cloudfront-logging": ("audit-logging", "medium", ("CC7.2",)),
    "cloudfront-min-tls": ("tls-in-transit", "medium", ("CC6.7",)),
    "cloudfront-waf": ("network-segmentation", "medium", ("CC6.6",)),
    "cloudtrail-cloudwatch": ("monitoring-alerting", "medium", ("CC7.2",)),
    "cloudtrail-kms": ("encryption-at-rest", "medium", ("CC6.1", "CC7.2")),
    "cloudtrail-log-validation": ("log-integrity-retention", "medium", ("CC7.2",)),
    "cloudtrail-multi-region": ("audit-logging", "high", ("CC7.2",)),
    "codebuild-encrypted": ("encryption-at-rest", "low", ("CC6.1",)),
    "codebuild-no-plaintext-secrets": ("secrets-management", "high", ("CC6.1",)),
    "cloudwatch-change-alarms": ("monitoring-alerting", "medium", ("CC7.2", "CC7.3")),
    "cognito-mfa": ("mfa", "medium", ("CC6.1",)),
    "config-recorder": ("config-recording-drift", "medium", ("CC7.1", "CC8.1")),
    "dms-not-public": ("public-exposure", "critical", ("CC6.6",)),
    "docdb-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "docdb-logging": ("audit-logging", "medium", ("CC7.2",)),
    "dynamodb-deletion-protection": ("recovery-resilience", "low", ("A1.2",)),
    "dynamodb-encrypted-kms": ("encryption-at-rest", "medium", ("CC6.1",)),
    "dynamodb-pitr": ("backup", "medium", ("A1.2",)),
    "ebs-default-encryption": ("encryption-at-rest", "high", ("CC6.1",)),
    "ebs-snapshot-not-public": ("public-exposure", "critical", ("CC6.6",)),
    "ebs-volume-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "ec2-detailed-monitoring": ("monitoring-alerting", "low", ("CC7.2",)),
    "ec2-imdsv2": ("workload-hardening", "high", ("CC6.1", "CC6.8")),
    "ec2-no-public-ip": ("public-exposure", "medium", ("CC6.6",)),
    "ec2-userdata-no-secrets": ("secrets-management", "critical", ("CC6.1",)),
    "ecr-immutable-tags": ("change-management", "medium", ("CC8.1",)),
    "ecr-no-public-policy": ("public-exposure", "critical", ("CC6.1", "CC6.6")),
    "ecr-scan-on-push": ("vulnerability-scanning", "medium", ("CC7.1",)),
    "ecs-container-insights": ("monitoring-alerting", "low", ("CC7.2",)),
    "ecs-no-privileged": ("workload-hardening", "high", ("CC6.8",)),
    "ecs-task-logging": ("audit-logging", "medium", ("CC7.2",)),
    "efs-backup": ("backup", "medium", ("A1.2",)),
    "efs-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "eks-control-plane-logs": ("audit-logging", "medium", ("CC7.2",)),
    "eks-endpoint-not-public": ("public-exposure", "high", ("CC6.6",)),
    "eks-secrets-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "elasticache-at-rest": ("encryption-at-rest", "high", ("CC6.1",)),
    "elasticache-backup": ("backup", "low", ("A1.2",)),
    "elasticache-in-transit": ("tls-in-transit", "medium", ("CC6.7",)),
    "elasticache-multi-az": ("recovery-resilience", "medium", ("A1.2",)),
    "elb-classic-tls": ("tls-in-transit", "medium", ("CC6.7",)),
    "elbv2-access-logs": ("audit-logging", "medium", ("CC7.2",)),
    "elbv2-deletion-protection": ("recovery-resilience", "low", ("A1.2",)),
    "elbv2-https": ("tls-in-transit", "high", ("CC6.7",)),
    "elbv2-tls-policy": ("tls-in-transit", "medium", ("CC6.7",)),
    "iam-access-key-age": ("iam-lifecycle", "medium", ("CC6.1", "CC6.2")),
    "guardduty-enabled": ("monitoring-alerting", "high", ("CC7.2",)),
    "iam-no-full-admin": ("iam-least-privilege", "high", ("CC6.3",)),
    "iam-no-policy-on-user": ("iam-least-privilege", "medium", ("CC6.3",)),
    "iam-no-privilege-escalation": ("iam-least-privilege", "high", ("CC6.3",)),
    "iam-no-wildcard-trust": ("iam-least-privilege", "critical", ("CC6.1", "CC6.3")),
    "iam-password-policy": ("password-policy", "medium", ("CC6.1",)),
    "iam-root-mfa": ("mfa", "critical", ("CC6.1",)),
    "iam-root-no-access-keys": ("iam-lifecycle", "critical", ("CC6.1", "CC6.2")),
    "iam-unused-credentials": ("iam-lifecycle", "medium", ("CC6.2", "CC6.3")),
    "iam-user-mfa": ("mfa", "high", ("CC6.1",)),
    "k8s-api-audit-log": ("audit-logging", "medium", ("CC7.2",)),
    "k8s-api-authorization": ("iam-least-privilege", "medium", ("CC6.1",)),
    "k8s-api-no-anonymous": ("iam-least-privilege", "medium", ("CC6.1",)),
    "k8s-drop-capabilities": ("workload-hardening", "medium", ("CC6.8",)),
    "k8s-etcd-encryption": ("encryption-at-rest", "medium", ("CC6.1",)),
    "k8s-image-digest": ("change-management", "low", ("CC8.1",)),
    "k8s-image-pull-always": ("change-management", "low", ("CC8.1",)),
    "k8s-ingress-tls": ("tls-in-transit", "medium", ("CC6.7",)),
    "k8s-namespace-enforces-pod-security": ("workload-hardening", "medium", ("CC6.8",)),
    "k8s-network-policy": ("network-segmentation", "medium", ("CC6.6",)),
    "k8s-no-cluster-admin-binding": ("iam-least-privilege", "high", ("CC6.3",)),
    "k8s-no-default-service-account": ("iam-least-privilege", "medium", ("CC6.3",)),
    "k8s-no-host-ipc": ("workload-hardening", "medium", ("CC6.8",)),
    "k8s-no-host-network": ("network-segmentation", "medium", ("CC6.6",)),
    "k8s-no-host-path": ("workload-hardening", "high", ("CC6.8",)),
    "k8s-no-host-pid": ("workload-hardening", "high", ("CC6.8",)),
    "k8s-no-host-port": ("network-segmentation", "low", ("CC6.6",)),
    "k8s-no-privilege-escalation": ("workload-hardening", "high", ("CC6.8",)),
    "k8s-no-privileged": ("workload-hardening", "high", ("CC6.8",)),
    "k8s-no-public-load-balancer": ("public-exposure", "medium", ("CC6.6",)),
    "k8s-no-secrets-in-env": ("secrets-management", "low", ("CC6.1",)),
    "k8s-no-token-automount": ("iam-least-privilege", "medium", ("CC6.1",)),
    "k8s-not-default-namespace": ("network-segmentation", "low", ("CC6.1",)),
    "k8s-pod-disruption-budget": ("recovery-resilience", "low", ("A1.2",)),
    "k8s-pod-security-baseline": ("workload-hardening", "high", ("CC6.8",)),
    "k8s-pod-security-restricted": ("workload-hardening", "medium", ("CC6.8",)),
    "k8s-probes": ("capacity", "low", ("A1.1",)),
    "k8s-rbac-no-escalation": ("iam-least-privilege", "high", ("CC6.3",)),
    "k8s-rbac-no-exec": ("iam-least-privilege", "medium", ("CC6.3",)),
    "k8s-rbac-no-secret-read": ("iam-least-privilege", "medium", ("CC6.3",)),
    "k8s-rbac-no-wildcards": ("iam-least-privilege", "high", ("CC6.3",)),
    "k8s-read-only-root": ("workload-hardening", "low", ("CC6.8",)),
    "k8s-resource-limits": ("capacity", "medium", ("A1.1",)),
    "k8s-run-as-non-root": ("workload-hardening", "medium", ("CC6.8",)),
    "k8s-seccomp": ("workload-hardening", "medium", ("CC6.8",)),
    "k8s-spread": ("recovery-resilience", "low", ("A1.2",)),
    "kinesis-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "kms-not-pending-deletion": ("backup", "high", ("A1.2", "CC6.1")),
    "kms-policy-no-wildcard-principal": ("iam-least-privilege", "high", ("CC6.1", "CC6.3")),
    "kms-rotation": ("encryption-at-rest", "medium", ("CC6.1",)),
    "lambda-dead-letter": ("processing-controls", "low", ("PI1.3",)),
    "lambda-env-no-secrets": ("secrets-management", "critical", ("CC6.1",)),
    "lambda-no-public-invoke": ("public-exposure", "high", ("CC6.1", "CC6.6")),
    "lambda-supported-runtime": ("vulnerability-scanning", "high", ("CC7.1",)),
    "lambda-tracing": ("monitoring-alerting", "low", ("CC7.2",)),
    "launch-template-volumes-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "log-group-encrypted": ("encryption-at-rest", "low", ("CC6.1",)),
    "log-group-retention": ("log-integrity-retention", "medium", ("CC7.2",)),
    "mq-logging": ("audit-logging", "medium", ("CC7.2",)),
    "mq-not-public": ("public-exposure", "high", ("CC6.6",)),
    "msk-encryption": ("encryption-at-rest", "high", ("CC6.1", "CC6.7")),
    "msk-logging": ("audit-logging", "medium", ("CC7.2",)),
    "nacl-no-admin-port-from-internet": ("network-segmentation", "medium", ("CC6.6",)),
    "neptune-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "opensearch-at-rest": ("encryption-at-rest", "high", ("CC6.1",)),
    "opensearch-https": ("tls-in-transit", "medium", ("CC6.7",)),
    "opensearch-logging": ("audit-logging", "medium", ("CC7.2",)),
    "opensearch-node-to-node": ("tls-in-transit", "medium", ("CC6.7",)),
    "rds-auto-minor-upgrade": ("vulnerability-scanning", "low", ("CC7.1",)),
    "rds-backup-retention": ("backup", "high", ("A1.2",)),
    "rds-deletion-protection": ("recovery-resilience", "medium", ("A1.2", "C1.1")),
    "rds-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "rds-iam-auth": ("iam-least-privilege", "medium", ("CC6.1",)),
    "rds-log-exports": ("audit-logging", "medium", ("CC7.2",)),
    "rds-multi-az": ("recovery-resilience", "medium", ("A1.2",)),
    "rds-not-public": ("public-exposure", "critical", ("CC6.6",)),
    "rds-snapshot-private": ("public-exposure", "critical", ("CC6.6",)),
    "redshift-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
    "redshift-logging": ("audit-logging", "medium", ("CC7.2",)),
    "redshift-not-public": ("public-exposure", "high", ("CC6.6",)),
    "s3-access-logging": ("audit-logging", "medium", ("CC7.2",)),
    "s3-account-public-access-block": ("public-exposure", "high", ("CC6.6",)),
    "s3-block-public-acls": ("public-exposure", "medium", ("CC6.6",)),
    "s3-block-public-policy": ("public-exposure", "high", ("CC6.6",)),
    "s3-encryption": ("encryption-at-rest", "high", ("CC6.1",)),
    "s3-ignore-public-acls": ("public-exposure", "medium", ("CC6.6",)),
    "s3-lifecycle": ("data-lifecycle", "low", ("C1.2",)),
    "s3-no-public-acl": ("public-exposure", "critical", ("CC6.1", "CC6.6")),
    "s3-no-website": ("public-exposure", "medium", ("CC6.6",)),
    "s3-object-lock": ("data-lifecycle", "low", ("C1.1", "PI1.5")),
    "s3-policy-no-anonymous": ("public-exposure", "critical", ("CC6.1", "CC6.6")),
    "s3-restrict-public-buckets": ("public-exposure", "medium", ("CC6.6",)),
    "s3-tls-only": ("tls-in-transit", "medium", ("CC6.7",)),
    "s3-versioning": ("backup", "medium", ("A1.2",)),
    "sagemaker-no-internet": ("public-exposure", "high", ("CC6.6",)),
    "sagemaker-notebook-kms": ("encryption-at-rest", "medium", ("CC6.1",)),
    "secretsmanager-kms": ("secrets-management", "medium", ("CC6.1",)),
    "secretsmanager-rotation": ("secrets-management", "medium", ("CC6.1",)),
    "securityhub-enabled": ("monitoring-alerting", "medium", ("CC7.2",)),
    "sg-default-closed": ("network-segmentation", "medium", ("CC6.6",)),
    "sg-no-all-ports-from-internet": ("public-exposure", "critical", ("CC6.6",)),
    "sg-no-rdp-from-internet": ("public-exposure", "high", ("CC6.6",)),
    "sg-no-sensitive-port-from-internet": ("public-exposure", "high", ("CC6.6",)),
    "sg-no-ssh-from-internet": ("public-exposure", "high", ("CC6.6",)),
    "sns-encrypted": ("encryption-at-rest", "medium", ("CC6.1",)),
    "sns-no-anonymous": ("public-exposure", "high", ("CC6.1", "CC6.6")),
    "sqs-dead-letter-queue": ("processing-controls", "low", ("PI1.3",)),
    "sqs-encrypted": ("encryption-at-rest", "medium", ("CC6.1",)),
    "subnet-no-auto-public-ip": ("network-segmentation", "medium", ("CC6.6",)),
    "sqs-no-anonymous": ("public-exposure", "high", ("CC6.1", "CC6.6")),
    "vpc-flow-logs": ("audit-logging", "medium", ("CC7.2",)),
    "waf-logging": ("audit-logging", "medium", ("CC7.2",)),
    "workspaces-encrypted": ("encryption-at-rest", "high", ("CC6.1",)),
}
"""Rule to control, highest severity and criteria, from the catalogue. A claim is not changed without an auditor."""


def test_rules_claim_what_the_catalogue_says() -> None:
    rules = packs.load()
    claimed = {
        rule.id: (rule.control, str(rule.severity), rules.criteria_of(rule))
        for rule in rules.rules.values()
        if rule.id in CLAIMED
    }
    assert claimed == CLAIMED


def test_all_61_criteria_stand_with_their_categories() -> None:
    criteria = packs.load().criteria
    assert len(criteria) == 61
    by_category: dict[str, int] = {}
    for criterion in criteria.values():
        by_category[criterion.category] = by_category.get(criterion.category, 0) + 1
    assert by_category == {
        "Security": 33,
        "Availability": 3,
        "Confidentiality": 2,
        "Processing Integrity": 5,
        "Privacy": 18,
    }


def test_nothing_technical_is_claimed_where_there_is_no_honest_evidence() -> None:
    rules = packs.load()
    for control in rules.controls.values():
        for criterion in {*control.criteria, *control.rationale}:
            assert rules.criteria[criterion].evidence is not Strength.NONE, (control.id, criterion)


def test_every_criterion_says_what_people_still_have_to_show() -> None:
    assert [criterion.id for criterion in packs.load().criteria.values() if not criterion.people_show] == []


def test_every_control_gives_a_reason_for_each_criterion_it_claims() -> None:
    for control in packs.load().controls.values():
        claimed = {*control.criteria, *(c for some in control.exceptions.values() for c in some)}
        assert claimed == set(control.rationale), control.id
        for reason in control.rationale.values():
            assert len(reason.split()) >= 8, (control.id, reason)


def test_every_rule_tells_how_to_mend_it_wherever_it_is_asked() -> None:
    for rule in packs.load().rules.values():
        assert set(rule.fix) == set(rule.sides), rule.id
