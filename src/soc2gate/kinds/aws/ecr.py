"""ECR repositories."""

from __future__ import annotations

from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.convert import policy_document
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft

REPOSITORY = "AWS::ECR::Repository"


def _terraform(draft: Draft) -> None:
    draft.set(
        "EncryptionConfiguration",
        draft.one(
            "encryption_configuration",
            lambda block: {"EncryptionType": block.at("encryption_type"), "KmsKey": block.at("kms_key")},
        ),
    )
    draft.set(
        "ImageTagMutabilityExclusionFilters",
        draft.each(
            "image_tag_mutability_exclusion_filter",
            lambda block: {
                "ImageTagMutabilityExclusionFilterType": block.at("filter_type"),
                "ImageTagMutabilityExclusionFilterValue": block.at("filter"),
            },
        ),
    )


def _cloudformation(draft: Draft) -> None:
    draft.set("RepositoryPolicyText", draft.convert("RepositoryPolicyText", policy_document))


def _live(live: LiveItem) -> None:
    draft = live.draft
    draft.identity |= {"arn": draft.get("repositoryArn"), "name": draft.get("repositoryName")}
    copy_fields(
        draft,
        {
            "Arn": "repositoryArn",
            "RepositoryName": "repositoryName",
            "RepositoryUri": "repositoryUri",
            "ImageTagMutability": "imageTagMutability",
            "ImageScanningConfiguration.ScanOnPush": "imageScanningConfiguration.scanOnPush",
            "EncryptionConfiguration.EncryptionType": "encryptionConfiguration.encryptionType",
            "EncryptionConfiguration.KmsKey": "encryptionConfiguration.kmsKey",
        },
    )
    for path in ("ImageScanningConfiguration", "EncryptionConfiguration"):
        looked_at(draft, path, "repositoryArn")
    draft.copy("batch_get_repository_scanning_configuration[0].scanFrequency", "ScanFrequency")
    draft.set("RepositoryPolicyText", draft.convert("get_repository_policy", policy_document))
    draft.copy("get_lifecycle_policy", "LifecyclePolicy.LifecyclePolicyText")
    copy_tags(draft, "list_tags_for_resource")


# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
def _defaults(creator: str, *, kept: bool) -> tuple[Default, ...]:
    return (
        Default("ImageTagMutability", "MUTABLE", f"{creator} lets tags be overwritten", kept=kept),
        Default("ImageScanningConfiguration", {"ScanOnPush": False}, "ECR scans nothing by itself", kept=False),
        Default("EncryptionConfiguration", {"EncryptionType": "AES256"}, "ECR encrypts with keys of S3", kept=False),
    )


_NAMED = {"repositoryName": "{repositoryName}"}

KINDS: tuple[Kind, ...] = (
    Kind(
        name=REPOSITORY,
        title="image repository",
        terraform=(
            Spelling(
                "aws_ecr_repository",
                fields={
                    "name": "RepositoryName",
                    "image_tag_mutability": "ImageTagMutability",
                    "image_scanning_configuration.scan_on_push": "ImageScanningConfiguration.ScanOnPush",
                },
                build=_terraform,
                defaults=_defaults("aws_ecr_repository", kept=True),
                exports={"id": "name", "name": "name", "arn": "arn"},
            ),
        ),
        cloudformation=Spelling(
            REPOSITORY,
            build=_cloudformation,
            defaults=_defaults("ECR", kept=False),
            exports={"Ref": "name", "Arn": "arn"},
        ),
        companions=(
            Companion(
                "aws_ecr_repository_policy",
                REPOSITORY,
                target="repository",
                into="RepositoryPolicyText",
                build=lambda draft: draft.convert("policy", policy_document),
                id_is_target=True,
            ),
            Companion(
                "aws_ecr_lifecycle_policy",
                REPOSITORY,
                target="repository",
                into="LifecyclePolicy.LifecyclePolicyText",
                build=lambda draft: draft.at("policy"),
                id_is_target=True,
            ),
        ),
        live=LiveSpelling(
            enumerate=Call("ecr", "describe_repositories", "ecr:DescribeRepositories", result="repositories"),
            details=(
                Call(
                    "ecr",
                    "batch_get_repository_scanning_configuration",
                    "ecr:BatchGetRepositoryScanningConfiguration",
                    {"repositoryNames": ["{repositoryName}"]},
                    result="scanningConfigurations",
                    into="ScanFrequency",
                ),
                Call(
                    "ecr",
                    "get_repository_policy",
                    "ecr:GetRepositoryPolicy",
                    _NAMED,
                    result="policyText",
                    absent_on=("RepositoryPolicyNotFoundException",),
                    into="RepositoryPolicyText",
                ),
                Call(
                    "ecr",
                    "get_lifecycle_policy",
                    "ecr:GetLifecyclePolicy",
                    _NAMED,
                    result="lifecyclePolicyText",
                    absent_on=("LifecyclePolicyNotFoundException",),
                    into="LifecyclePolicy",
                ),
                Call(
                    "ecr",
                    "list_tags_for_resource",
                    "ecr:ListTagsForResource",
                    {"resourceArn": "{repositoryArn}"},
                    result="tags",
                    into="Tags",
                ),
            ),
            build=_live,
        ),
        names=("RepositoryName",),
        # JSON text, which ECR writes its own way.
        ignored=("LifecyclePolicy",),
    ),
)
