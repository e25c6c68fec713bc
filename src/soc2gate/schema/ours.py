"""What no public schema has: our own kinds, and properties that rules need and AWS's registry lacks.

Written by hand in the same notation as the generated data (see `lookup.py`): `s` string, `i` int, `d` double, `b`
bool, `*` free-form, `[x` list of x, `{x` map of x, `#Name` a structure of this kind, `@Kind` another kind.

Account and region kinds are singletons: the API answers for the account as a whole. Their property names are the ones
the API gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Structure: TypeAlias = Mapping[str, str]
"""Property to type, in the notation above."""

KINDS: Mapping[str, Mapping[str, Structure]] = {
    # `""` is the kind itself, other names are structures inside it.
    "Account::Account": {"": {"AccountId": "s", "AlarmedEvents": "[s"}},
    "Account::Region": {"": {"AccountId": "s", "Region": "s"}},
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html
    "Account::IAM::PasswordPolicy": {
        "": {
            "MinimumPasswordLength": "i",
            "RequireSymbols": "b",
            "RequireNumbers": "b",
            "RequireUppercaseCharacters": "b",
            "RequireLowercaseCharacters": "b",
            "AllowUsersToChangePassword": "b",
            "ExpirePasswords": "b",
            "MaxPasswordAge": "i",
            "PasswordReusePrevention": "i",
            "HardExpiry": "b",
        }
    },
    # From IAM's account summary.
    "Account::IAM::Root": {
        "": {"Arn": "s", "AccessKeysPresent": "b", "MFAEnabled": "b", "PasswordPresent": "b"},
    },
    "Account::S3::PublicAccessBlock": {
        "": {
            "AccountId": "s",
            "BlockPublicAcls": "b",
            "IgnorePublicAcls": "b",
            "BlockPublicPolicy": "b",
            "RestrictPublicBuckets": "b",
        }
    },
    "Account::EC2::EbsDefaults": {
        "": {"Region": "s", "EbsEncryptionByDefault": "b", "DefaultKmsKeyId": "s"},
    },
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSummary.html with its resources.
    "Account::CloudFormation::Stack": {
        "": {"StackName": "s", "StackId": "s", "StackStatus": "s", "Resources": "[#Resource"},
        "Resource": {"LogicalResourceId": "s", "PhysicalResourceId": "s", "ResourceType": "s"},
    },
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html with its createVolumePermission.
    "Account::EC2::Snapshot": {
        "": {
            "SnapshotId": "s",
            "VolumeId": "s",
            "OwnerId": "s",
            "Description": "s",
            "Encrypted": "b",
            "KmsKeyId": "s",
            "VolumeSize": "i",
            "StartTime": "s",
            "CreateVolumePermissions": "[#Permission",
            "Tags": "[#Tag",
        },
        "Permission": {"Group": "s", "UserId": "s"},
        "Tag": {"Key": "s", "Value": "s"},
    },
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html with its launchPermission.
    "Account::EC2::Image": {
        "": {
            "ImageId": "s",
            "Name": "s",
            "OwnerId": "s",
            "Public": "b",
            "CreationDate": "s",
            "DeprecationTime": "s",
            "LaunchPermissions": "[#Permission",
            "BlockDeviceMappings": "[#BlockDeviceMapping",
            "Tags": "[#Tag",
        },
        "Permission": {"Group": "s", "UserId": "s", "OrganizationArn": "s", "OrganizationalUnitArn": "s"},
        "BlockDeviceMapping": {"DeviceName": "s", "Ebs": "#Ebs"},
        "Ebs": {"Encrypted": "b", "KmsKeyId": "s", "SnapshotId": "s", "VolumeSize": "i", "VolumeType": "s"},
        "Tag": {"Key": "s", "Value": "s"},
    },
    # Instance and cluster snapshots alike; `RestorableBy` is the `restore` attribute: account ids, or `all`.
    "Account::RDS::Snapshot": {
        "": {
            "SnapshotIdentifier": "s",
            "SnapshotArn": "s",
            "SourceIdentifier": "s",
            "SnapshotType": "s",
            "Engine": "s",
            "Encrypted": "b",
            "KmsKeyId": "s",
            "RestorableBy": "[s",
            "Tags": "[#Tag",
        },
        "Tag": {"Key": "s", "Value": "s"},
    },
}

EXTRA: Mapping[str, Mapping[str, Structure]] = {
    # Properties added to AWS's kinds. A structure named here and in the schema gains the properties listed.
    "AWS::KMS::Key": {"": {"KeyState": "s", "KeyManager": "s"}},
    "AWS::Config::ConfigurationRecorder": {"": {"Recording": "b"}},
    "AWS::CertificateManager::Certificate": {
        "": {"Status": "s", "NotAfter": "s", "InUseBy": "[s", "Type": "s", "RenewalEligibility": "s"}
    },
    # The group a node belongs to, which answers for it.
    "AWS::ElastiCache::CacheCluster": {"": {"ReplicationGroupId": "s"}},
    "AWS::SecretsManager::Secret": {"": {"RotationEnabled": "b", "OwningService": "s"}},
    # From IAM's credential report. A key that was never rotated was last rotated when it was made.
    "AWS::IAM::User": {
        "": {
            "MFAEnabled": "b",
            "PasswordEnabled": "b",
            "PasswordLastUsed": "s",
            "PasswordLastChanged": "s",
            "AccessKeys": "[#AccessKey",
        },
        "AccessKey": {"Active": "b", "LastRotated": "s", "LastUsed": "s"},
    },
    # Bucket ACLs are write-only in the schema (AccessControl); the API tells grants.
    "AWS::S3::Bucket": {
        "": {"Grants": "[#Grant"},
        "Grant": {"GranteeType": "s", "GranteeId": "s", "GranteeURI": "s", "Permission": "s"},
    },
    # What the API tells of a trail's state; IsLogging itself is in the schema.
    "AWS::CloudTrail::Trail": {"": {"HomeRegion": "s"}},
    "AWS::EC2::FlowLog": {"": {"FlowLogStatus": "s"}},
    "AWS::EC2::VPC": {"": {"IsDefault": "b"}},
    "AWS::EC2::SecurityGroup": {"": {"IsDefault": "b"}},
    # AWS tells entries with their ACL; the registry has them as resources of their own.
    "AWS::EC2::NetworkAcl": {
        "": {"Entries": "[#Entry"},
        "Entry": {
            "RuleNumber": "i",
            "Protocol": "i",
            "RuleAction": "s",
            "Egress": "b",
            "CidrBlock": "s",
            "Ipv6CidrBlock": "s",
            "PortRange": "#PortRange",
        },
        "PortRange": {"From": "i", "To": "i"},
    },
    # User data may hold secrets, so that a snapshot tells only whether it seems to.
    "AWS::EC2::Instance": {"": {"UserDataHoldsSecret": "b"}},
    "AWS::EC2::LaunchTemplate": {"": {"UserDataHoldsSecret": "b"}},
    "AWS::EC2::Volume": {"": {"State": "s"}},
    # What the repository's and the registry's settings come to: SCAN_ON_PUSH, CONTINUOUS_SCAN or MANUAL.
    "AWS::ECR::Repository": {"": {"ScanFrequency": "s"}},
}

RELATED: Mapping[str, Structure] = {
    # What rules read as `resource.related.<Link>`; `kinds` fills it.
    "AWS::S3::Bucket": {"Policy": "*"},
    "AWS::EC2::VPC": {"FlowLogs": "[@AWS::EC2::FlowLog"},
    "AWS::EC2::Instance": {"ElasticAddresses": "[s"},
    "AWS::Lambda::Function": {"FailureDestinations": "[s"},
    "AWS::WAFv2::WebACL": {"LoggingConfigurations": "[@AWS::WAFv2::LoggingConfiguration"},
    "Account::Account": {"Trails": "[@AWS::CloudTrail::Trail"},
    "Account::Region": {
        "Detectors": "[@AWS::GuardDuty::Detector",
        "Recorders": "[@AWS::Config::ConfigurationRecorder",
        "Hubs": "[@AWS::SecurityHub::Hub",
        "Standards": "[@AWS::SecurityHub::Standard",
        "BackupPlans": "[@AWS::Backup::BackupPlan",
        "BackupSelections": "[@AWS::Backup::BackupSelection",
    },
    "Kubernetes::Namespace": {
        "Workloads": "[@Kubernetes::PodTemplate",
        "NetworkPolicies": "[@Kubernetes::NetworkPolicy",
    },
    "Kubernetes::Deployment": {"DisruptionBudgets": "[@Kubernetes::PodDisruptionBudget"},
    "Kubernetes::StatefulSet": {"DisruptionBudgets": "[@Kubernetes::PodDisruptionBudget"},
    "Kubernetes::PodTemplate": {"ServiceAccounts": "[@Kubernetes::ServiceAccount"},
}

KUBERNETES: Mapping[str, Mapping[str, Structure]] = {
    # `#V1…` names a definition of the generated Kubernetes data.
    "Kubernetes::PodTemplate": {"": {"metadata": "#V1ObjectMeta", "spec": "#V1PodSpec"}},
    # The API server as its static pod or kubeadm configuration tells it.
    "Kubernetes::ApiServer": {
        "": {
            "metadata": "#V1ObjectMeta",
            "arguments": "{s",
            "auditPolicy": "*",
            "encryptionConfiguration": "*",
        }
    },
}

READ_ONLY_METADATA = (
    # Set by the API server alone; the same for every Kubernetes kind.
    "status",
    "metadata.uid",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.creationTimestamp",
    "metadata.deletionTimestamp",
    "metadata.deletionGracePeriodSeconds",
    "metadata.managedFields",
    "metadata.selfLink",
)

UNIQUE: Mapping[str, tuple[str, ...]] = {
    # Primary identifiers of our own kinds.
    "Account::Account": ("AccountId",),
    "Account::Region": ("AccountId", "Region"),
    "Account::S3::PublicAccessBlock": ("AccountId",),
    "Account::EC2::EbsDefaults": ("Region",),
    "Account::EC2::Snapshot": ("SnapshotId",),
    "Account::EC2::Image": ("ImageId",),
    "Account::RDS::Snapshot": ("SnapshotArn",),
    "Account::IAM::Root": ("Arn",),
}
