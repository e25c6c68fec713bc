"""CodeBuild projects.

Of plain environment variables a live reading keeps the names only, and whether a value looks like a credential. Of the
source it keeps where it is, not the build specification, which is people's own text.
"""

from __future__ import annotations

from typing import cast

from soc2gate.kinds.aws.live_fields import copy_fields
from soc2gate.kinds.describe import Call, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Block, Draft, Piece
from soc2gate.kinds.withheld import withheld
from soc2gate.model.value import Json

PROJECT = "AWS::CodeBuild::Project"

_ARTIFACTS = {
    "Type": "type",
    "Location": "location",
    "Name": "name",
    "Path": "path",
    "NamespaceType": "namespace_type",
    "Packaging": "packaging",
    "EncryptionDisabled": "encryption_disabled",
    "OverrideArtifactName": "override_artifact_name",
    "ArtifactIdentifier": "artifact_identifier",
}


def _artifacts(block: Block) -> Piece:
    return {path: block.at(attribute) for path, attribute in _ARTIFACTS.items()}


def _environment(block: Block) -> Piece:
    return {
        "Type": block.at("type"),
        "ComputeType": block.at("compute_type"),
        "Image": block.at("image"),
        "ImagePullCredentialsType": block.at("image_pull_credentials_type"),
        "PrivilegedMode": block.at("privileged_mode"),
        "Certificate": block.at("certificate"),
        "EnvironmentVariables": block.each(
            "environment_variable",
            lambda one: {"Name": one.at("name"), "Value": one.at("value"), "Type": one.at("type")},
        ),
    }


def _source(block: Block) -> Piece:
    return {
        "Type": block.at("type"),
        "Location": block.at("location"),
        "BuildSpec": block.at("buildspec"),
        "GitCloneDepth": block.at("git_clone_depth"),
        "InsecureSsl": block.at("insecure_ssl"),
        "ReportBuildStatus": block.at("report_build_status"),
        "SourceIdentifier": block.at("source_identifier"),
    }


def _terraform(draft: Draft) -> None:
    draft.set("Artifacts", draft.one("artifacts", _artifacts))
    draft.set("SecondaryArtifacts", draft.each("secondary_artifacts", _artifacts))
    draft.set("Environment", draft.one("environment", _environment))
    draft.set("Source", draft.one("source", _source))
    draft.set("SecondarySources", draft.each("secondary_sources", _source))
    draft.set(
        "LogsConfig",
        draft.one(
            "logs_config",
            lambda block: {
                "CloudWatchLogs": block.one(
                    "cloudwatch_logs",
                    lambda logs: {
                        "Status": logs.at("status"),
                        "GroupName": logs.at("group_name"),
                        "StreamName": logs.at("stream_name"),
                    },
                ),
                "S3Logs": block.one(
                    "s3_logs",
                    lambda logs: {
                        "Status": logs.at("status"),
                        "Location": logs.at("location"),
                        "EncryptionDisabled": logs.at("encryption_disabled"),
                    },
                ),
            },
        ),
    )
    draft.set(
        "VpcConfig",
        draft.one(
            "vpc_config",
            lambda block: {
                "VpcId": block.at("vpc_id"),
                "Subnets": block.at("subnets"),
                "SecurityGroupIds": block.at("security_group_ids"),
            },
        ),
    )


# Live

_DESCRIBED = {
    "Name": "name",
    "Arn": "arn",
    "Description": "description",
    "ServiceRole": "serviceRole",
    "EncryptionKey": "encryptionKey",
    "TimeoutInMinutes": "timeoutInMinutes",
    "QueuedTimeoutInMinutes": "queuedTimeoutInMinutes",
    "ConcurrentBuildLimit": "concurrentBuildLimit",
    "SourceVersion": "sourceVersion",
    "VpcConfig.VpcId": "vpcConfig.vpcId",
    "VpcConfig.Subnets": "vpcConfig.subnets",
    "VpcConfig.SecurityGroupIds": "vpcConfig.securityGroupIds",
}
_TOLD = "batch_get_projects[0]"


def _live_artifacts(block: Block) -> Piece:
    # The API's spelling differs from the registry's in its first letter alone.
    return {path: block.at(path[0].lower() + path[1:]) for path in _ARTIFACTS}


def _live_environment(block: Block) -> Piece:
    return {
        "Type": block.at("type"),
        "ComputeType": block.at("computeType"),
        "Image": block.at("image"),
        "ImagePullCredentialsType": block.at("imagePullCredentialsType"),
        "PrivilegedMode": block.at("privilegedMode"),
        "EnvironmentVariables": block.each("environmentVariables", _live_variable),
    }


def _live_variable(one: Block) -> Piece:
    plain = one.get("type") in (None, "", "PLAINTEXT")
    value = cast("Json", one.get("value"))
    return {
        "Name": one.at("name"),
        "Type": one.at("type"),
        # Anything but plain text names a parameter or a secret, and holds none.
        "Value": one.made(withheld(str(one.get("name")), value), "value") if plain else one.at("value"),
    }


def _live(live: LiveItem) -> None:
    draft = live.draft
    name = str(live.item["value"])
    draft.identity |= {
        "name": name,
        "arn": f"arn:{live.partition}:codebuild:{live.region}:{live.account}:project/{name}",
    }
    if "batch_get_projects" not in live.answers:
        draft.set("Name", draft.at("value"))
        return
    if not live.answers["batch_get_projects"]:
        # Deleted between the two calls.
        draft.exists = False
        return
    copy_fields(draft, {path: f"{_TOLD}.{field}" for path, field in _DESCRIBED.items()})
    draft.set("Artifacts", draft.one(f"{_TOLD}.artifacts", _live_artifacts))
    draft.set("SecondaryArtifacts", draft.each(f"{_TOLD}.secondaryArtifacts", _live_artifacts))
    draft.set("Environment", draft.one(f"{_TOLD}.environment", _live_environment))
    draft.copy(f"{_TOLD}.source.type", "Source.Type")
    draft.copy(f"{_TOLD}.source.location", "Source.Location")
    tags = draft.each(f"{_TOLD}.tags", lambda tag: {"Key": tag.at("key"), "Value": tag.at("value")})
    draft.set("Tags", tags)


# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html
def _defaults(*, kept: bool) -> tuple[Default, ...]:
    encrypts, plain = "CodeBuild encrypts artifacts", "CodeBuild takes a variable for plain text"
    return (
        Default("Artifacts.EncryptionDisabled", False, encrypts, kept=kept),
        Default("SecondaryArtifacts[*].EncryptionDisabled", False, encrypts, kept=kept),
        Default("Environment.EnvironmentVariables[*].Type", "PLAINTEXT", plain, kept=kept),
        Default("Environment.PrivilegedMode", False, "CodeBuild gives builds no privileges", kept=kept),
    )


KINDS: tuple[Kind, ...] = (
    Kind(
        name=PROJECT,
        title="build project",
        terraform=(
            Spelling(
                "aws_codebuild_project",
                fields={
                    "name": "Name",
                    "description": "Description",
                    "service_role": "ServiceRole",
                    "encryption_key": "EncryptionKey",
                    "build_timeout": "TimeoutInMinutes",
                    "queued_timeout": "QueuedTimeoutInMinutes",
                    "concurrent_build_limit": "ConcurrentBuildLimit",
                    "source_version": "SourceVersion",
                },
                build=_terraform,
                defaults=_defaults(kept=True),
                exports={"id": "arn", "arn": "arn", "name": "name"},
            ),
        ),
        cloudformation=Spelling(PROJECT, defaults=_defaults(kept=False), exports={"Ref": "name", "Arn": "arn"}),
        live=LiveSpelling(
            enumerate=Call("codebuild", "list_projects", "codebuild:ListProjects", result="projects"),
            details=(
                Call(
                    "codebuild",
                    "batch_get_projects",
                    "codebuild:BatchGetProjects",
                    {"names": ["{value}"]},
                    result="projects",
                    into="Artifacts,SecondaryArtifacts,Environment,Source,Tags,VpcConfig,"
                    + ",".join(path for path in _DESCRIBED if path != "Name" and "." not in path),
                ),
            ),
            build=_live,
        ),
        names=("Name",),
        # A set to EC2.
        unordered=("VpcConfig.Subnets", "VpcConfig.SecurityGroupIds"),
        # What of the source may hold a credential is not read.
        ignored=("Source", "SecondarySources"),
    ),
)
