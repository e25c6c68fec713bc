"""Which rule of ours other tools' ids stand for, so that a team's skip comments can be read.

Only ids that ask the same of the same resource; `foreign_skips` in soc2gate.yaml names more.
"""

from __future__ import annotations

_RULES = {
    "cloudtrail-log-validation": ("CKV_AWS_36", "aws-cloudtrail-enable-log-validation"),
    "cloudtrail-multi-region": ("CKV_AWS_67", "aws-cloudtrail-enable-all-regions"),
    "dynamodb-pitr": ("CKV_AWS_28", "aws-dynamodb-enable-recovery"),
    "ebs-volume-encrypted": ("CKV_AWS_3", "aws-ebs-enable-volume-encryption"),
    "ec2-imdsv2": ("CKV_AWS_79", "aws-ec2-enforce-http-token-imds"),
    "k8s-no-privileged": ("CKV_K8S_16",),
    "k8s-run-as-non-root": ("CKV_K8S_23",),
    "kms-rotation": ("CKV_AWS_7", "aws-kms-auto-rotate-keys"),
    "rds-backup-retention": ("CKV_AWS_133",),
    "rds-encrypted": ("CKV_AWS_16", "aws-rds-encrypt-instance-storage-data"),
    "rds-not-public": ("CKV_AWS_17", "aws-rds-no-public-db-access"),
    "s3-access-logging": ("CKV_AWS_18", "aws-s3-enable-bucket-logging"),
    "s3-block-public-acls": ("CKV_AWS_53", "aws-s3-block-public-acls"),
    "s3-block-public-policy": ("CKV_AWS_54", "aws-s3-block-public-policy"),
    "s3-encryption": ("CKV_AWS_19", "aws-s3-enable-bucket-encryption"),
    "s3-ignore-public-acls": ("CKV_AWS_55", "aws-s3-ignore-public-acls"),
    "s3-restrict-public-buckets": ("CKV_AWS_56", "aws-s3-no-public-buckets"),
    "s3-versioning": ("CKV_AWS_21", "aws-s3-enable-versioning"),
    "sg-no-rdp-from-internet": ("CKV_AWS_25",),
    "sg-no-ssh-from-internet": ("CKV_AWS_24",),
    "sqs-encrypted": ("CKV_AWS_27", "aws-sqs-enable-queue-encryption"),
    "vpc-flow-logs": ("CKV2_AWS_11", "aws-ec2-require-vpc-flow-logs-for-all-vpcs"),
}
_BY_ID = {name: rule for rule, names in _RULES.items() for name in names}


def rule_for(name: str) -> str:
    """The rule that asks what the other tool's check `name` asks; empty where we know none."""
    return _BY_ID.get(name, "")
