"""SageMaker notebook instances."""

from __future__ import annotations

from soc2gate.kinds.aws.keys import encryption_keys
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling

NOTEBOOK = "AWS::SageMaker::NotebookInstance"

_FIELDS = {
    "name": "NotebookInstanceName",
    "instance_type": "InstanceType",
    "role_arn": "RoleArn",
    "platform_identifier": "PlatformIdentifier",
    "volume_size": "VolumeSizeInGB",
    "subnet_id": "SubnetId",
    "security_groups": "SecurityGroupIds",
    "kms_key_id": "KmsKeyId",
    "lifecycle_config_name": "LifecycleConfigName",
    "root_access": "RootAccess",
    "direct_internet_access": "DirectInternetAccess",
    "default_code_repository": "DefaultCodeRepository",
    "additional_code_repositories": "AdditionalCodeRepositories",
    "instance_metadata_service_configuration.minimum_instance_metadata_service_version": (
        "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion"
    ),
}


_DESCRIBED = {
    "InstanceType": "InstanceType",
    "RoleArn": "RoleArn",
    "PlatformIdentifier": "PlatformIdentifier",
    "VolumeSizeInGB": "VolumeSizeInGB",
    "SubnetId": "SubnetId",
    "SecurityGroupIds": "SecurityGroups",
    "KmsKeyId": "KmsKeyId",
    "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
    "RootAccess": "RootAccess",
    "DirectInternetAccess": "DirectInternetAccess",
    "DefaultCodeRepository": "DefaultCodeRepository",
    "AdditionalCodeRepositories": "AdditionalCodeRepositories",
    "InstanceMetadataServiceConfiguration": "InstanceMetadataServiceConfiguration",
}


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("NotebookInstanceArn"), "name": draft.get("NotebookInstanceName")}
    copy_fields(draft, {"NotebookInstanceArn": "NotebookInstanceArn", "NotebookInstanceName": "NotebookInstanceName"})
    if "describe_notebook_instance" in live.answers:
        told = "describe_notebook_instance"
        copy_fields(draft, {path: f"{told}.{field}" for path, field in _DESCRIBED.items()})
    copy_tags(draft, "list_tags")


# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    return (
        Default("DirectInternetAccess", "Enabled", "SageMaker gives a notebook a way to the internet", kept=kept),
        Default("RootAccess", "Enabled", "SageMaker gives a notebook's users root", kept=kept),
        Default("VolumeSizeInGB", 5, "SageMaker gives a notebook 5 GB", kept=kept),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=NOTEBOOK,
        title="notebook instance",
        terraform=(
            Spelling(
                "aws_sagemaker_notebook_instance",
                fields=_FIELDS,
                defaults=_defaults(kept=True),
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            NOTEBOOK, defaults=_defaults(kept=False), exports={"Ref": "arn", "NotebookInstanceName": "name"}
        ),
        live=LiveSpelling(
            enumerate=Call(
                "sagemaker",
                "list_notebook_instances",
                "sagemaker:ListNotebookInstances",
                result="NotebookInstances",
            ),
            details=(
                Call(
                    "sagemaker",
                    "describe_notebook_instance",
                    "sagemaker:DescribeNotebookInstance",
                    {"NotebookInstanceName": "{NotebookInstanceName}"},
                    into=",".join(_DESCRIBED),
                ),
                Call(
                    "sagemaker",
                    "list_tags",
                    "sagemaker:ListTags",
                    {"ResourceArn": "{NotebookInstanceArn}"},
                    result="Tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        links={"EncryptionKeys": encryption_keys("KmsKeyId")},
        names=("NotebookInstanceName",),
    ),
)
