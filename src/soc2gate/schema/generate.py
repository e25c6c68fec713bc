"""Writes schema/data/ from cfn-lint (AWS) and the kubernetes client's models: `python -m soc2gate.schema.generate`.

For development only: nothing here runs when soc2gate does. Kept of each schema: properties with their types resolved,
required, read-only, write-only and unordered paths, the primary identifier and the tag property. Dropped: descriptions,
patterns, bounds, handlers. The versions it was made from are written into the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

# What the catalogue's rules name, and what belongs to those kinds.
AWS_KINDS = """
AmazonMQ::Broker ApiGateway::DomainName ApiGateway::Method ApiGateway::RestApi ApiGateway::Stage ApiGatewayV2::Stage
AutoScaling::AutoScalingGroup AutoScaling::LaunchConfiguration Backup::BackupPlan Backup::BackupSelection
Backup::BackupVault CertificateManager::Certificate CloudFront::Distribution CloudTrail::Trail CloudWatch::Alarm
CodeBuild::Project Cognito::UserPool Config::ConfigurationRecorder Config::DeliveryChannel DMS::ReplicationInstance
DocDB::DBCluster DocDB::DBInstance DynamoDB::GlobalTable DynamoDB::Table EC2::EIP EC2::FlowLog EC2::Instance
EC2::InternetGateway
EC2::LaunchTemplate EC2::NatGateway EC2::NetworkAcl EC2::NetworkAclEntry EC2::NetworkInterface EC2::Route
EC2::RouteTable EC2::SecurityGroup EC2::SecurityGroupEgress EC2::SecurityGroupIngress EC2::Subnet
EC2::SubnetNetworkAclAssociation EC2::SubnetRouteTableAssociation EC2::VPC EC2::VPCEndpoint EC2::VPCGatewayAttachment
EC2::Volume EC2::VolumeAttachment ECR::Repository ECS::Cluster ECS::Service ECS::TaskDefinition EFS::AccessPoint
EFS::FileSystem EFS::MountTarget EKS::Cluster EKS::Nodegroup ElastiCache::CacheCluster ElastiCache::ReplicationGroup
ElastiCache::SubnetGroup ElasticLoadBalancing::LoadBalancer ElasticLoadBalancingV2::Listener
ElasticLoadBalancingV2::LoadBalancer ElasticLoadBalancingV2::TargetGroup Elasticsearch::Domain Events::Rule
GuardDuty::Detector IAM::AccessKey IAM::Group IAM::GroupPolicy IAM::InstanceProfile IAM::ManagedPolicy
IAM::OIDCProvider IAM::Policy IAM::Role IAM::RolePolicy IAM::ServiceLinkedRole IAM::User IAM::UserPolicy
IAM::UserToGroupAddition KMS::Alias KMS::Key Kinesis::Stream KinesisFirehose::DeliveryStream Lambda::Alias
Lambda::CodeSigningConfig Lambda::EventInvokeConfig Lambda::EventSourceMapping Lambda::Function Lambda::LayerVersion
Lambda::LayerVersionPermission Lambda::Permission Lambda::Url Lambda::Version Logs::LogGroup Logs::LogStream
Logs::MetricFilter Logs::ResourcePolicy Logs::SubscriptionFilter MSK::Cluster Neptune::DBCluster Neptune::DBInstance
OpenSearchService::Domain RDS::DBCluster RDS::DBClusterParameterGroup RDS::DBInstance RDS::DBParameterGroup
RDS::DBSubnetGroup RDS::OptionGroup Redshift::Cluster Redshift::ClusterParameterGroup S3::AccessPoint S3::Bucket
S3::BucketPolicy SNS::Subscription SNS::Topic SNS::TopicPolicy SQS::Queue SQS::QueuePolicy
SageMaker::NotebookInstance SecretsManager::ResourcePolicy SecretsManager::RotationSchedule SecretsManager::Secret
SecurityHub::Hub SecurityHub::Standard WAFv2::LoggingConfiguration WAFv2::WebACL WAFv2::WebACLAssociation
WorkSpaces::Workspace
"""

KUBERNETES_KINDS = """
Deployment StatefulSet DaemonSet Job CronJob ReplicaSet ReplicationController Pod Service Ingress NetworkPolicy
Namespace ServiceAccount Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret PodDisruptionBudget
HorizontalPodAutoscaler LimitRange ResourceQuota PersistentVolumeClaim
"""

Schema = dict[str, Any]

# Python types of the client's models → our notation.
_PLAIN = {"str": "s", "int": "i", "float": "d", "bool": "b", "object": "*", "datetime": "s", "bytes": "s"}


class Registry:
    """One AWS resource schema being turned into the notation of `lookup.py`."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.definitions: dict[str, dict[str, Any]] = {}
        self.unordered: set[str] = set()

    def type(self, schema: Schema, name: str) -> str:
        """`name` is what an anonymous structure found here will be called."""
        if "$ref" in schema:
            return self.reference(str(schema["$ref"]))
        told = schema.get("type")
        options = schema.get("oneOf") or schema.get("anyOf")
        if options and (told is None or (told == "object" and "properties" not in schema)):
            return self.choice(options, name)
        if isinstance(told, list):
            return "b" if sorted(told) == ["boolean", "string"] else "*"
        if told == "array":
            items = schema.get("items")
            return "[" + (self.type(items, name) if items else "*")
        if told == "object" or "properties" in schema:
            return self.object(schema, name)
        return {"string": "s", "integer": "i", "number": "d", "boolean": "b"}.get(str(told), "*")

    def reference(self, ref: str) -> str:
        parts = ref.removeprefix("#/").split("/")
        target: Schema = self.schema
        for part in parts:
            target = target[part]
        return self.type(target, parts[-1])

    def choice(self, options: list[Schema], name: str) -> str:
        # A structure or the same as JSON text: the structure says more.
        told = [self.follow(o) for o in options if o.get("format") != "json"]
        if all("properties" in o and o.get("type") != "array" for o in told):
            merged: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
            for option in told:
                merged["properties"] |= option["properties"]
            return self.object(merged, name)
        found = {self.type(o, name) for o in options if o.get("format") != "json"}
        return found.pop() if len(found) == 1 else "*"

    def follow(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            target: Schema = self.schema
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema

    def object(self, schema: Schema, name: str) -> str:
        properties = schema.get("properties")
        if properties is None:
            patterns = schema.get("patternProperties")
            if patterns:
                found = {self.type(s, name) for s in patterns.values()}
                return "{" + (found.pop() if len(found) == 1 else "*")
            more = schema.get("additionalProperties")
            if isinstance(more, dict) and more:
                return "{" + self.type(more, name)
            if more is False:
                properties = {}
            else:
                return "*"
        if not properties and schema.get("additionalProperties") is not False:
            return "*"
        if name in self.definitions and self.definitions[name]["of"] is not schema:
            name = next(f"{name}{n}" for n in range(2, 99) if f"{name}{n}" not in self.definitions)
        if name not in self.definitions:
            entry: dict[str, Any] = {"of": schema, "p": {}, "r": sorted(schema.get("required", ()))}
            self.definitions[name] = entry
            for key in sorted(properties):
                entry["p"][key] = self.type(properties[key], key)
        return "#" + name


def read_aws(kind: str, schema: Schema, origin: str) -> dict[str, Any]:
    """The compact form of one AWS kind."""
    registry = Registry(schema)
    own = {key: registry.type(value, key) for key, value in sorted(schema["properties"].items())}
    raw: dict[str, Any] = {"origin": origin, "p": own, "r": sorted(schema.get("required", ()))}
    raw["definitions"] = {
        name: {"p": entry["p"], **({"r": entry["r"]} if entry["r"] else {})}
        for name, entry in sorted(registry.definitions.items())
    }
    unordered = sorted(
        path for path, found in _arrays(registry, schema, "", ()) if found.get("insertionOrder") is False
    )
    tagging = schema.get("tagging") or {}
    tags = str(tagging.get("tagProperty", "/properties/Tags")).rpartition("/")[2]
    facts = {
        "read_only": _paths(raw, schema.get("readOnlyProperties", ())),
        "write_only": _paths(raw, schema.get("writeOnlyProperties", ())),
        "unordered": unordered,
        "required": sorted(set(_required(raw, "", raw["p"], raw["r"], ()))),
        "primary_identifier": _paths(raw, schema.get("primaryIdentifier", ()), keep_order=True),
        "tags": [tags] if tags in own and tagging.get("taggable", True) else [],
    }
    raw["facts"] = {name: value for name, value in facts.items() if value}
    assert kind == schema["typeName"]
    return raw


def reading_permissions(schema: Schema) -> list[str]:
    """The IAM actions by which the registry's own handlers list and read a kind: those that read settings."""
    handlers = schema.get("handlers") or {}
    named = {action for name in ("list", "read") for action in (handlers.get(name) or {}).get("permissions", ())}
    return sorted(action for action in named if _READS.match(action) and action not in _STORED)


_READS = re.compile(r"[a-z0-9-]+:(?:(?:BatchGet|Describe|Get|List)[A-Za-z0-9]+|(?:Describe|List)\*|GET)$")
_STORED = {
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "lambda:GetFunction",
}
"""Actions that read what is stored and not how it is set up: never asked for, whatever a handler says."""


def _paths(raw: dict[str, Any], pointers: Any, *, keep_order: bool = False) -> list[str]:
    """`/properties/Rules/*/Id` → `Rules[*].Id`, with `[*]` also where the schema's author left it out."""
    out = []
    for pointer in pointers:
        steps = [s for s in str(pointer).removeprefix("/properties/").split("/") if s not in ("properties", "items")]
        properties, path, text = raw["p"], "", ""
        for step in steps:
            if step in ("*", "[*]"):
                continue
            while text.startswith("["):
                path, text = path + "[*]", text[1:]
            if text.startswith("#"):
                properties = raw["definitions"][text[1:]]["p"]
            text = properties.get(step, "*")
            path = f"{path}.{step}" if path else step
        out.append(path)
    return out if keep_order else sorted(set(out))


def _arrays(registry: Registry, schema: Schema, path: str, above: tuple[int, ...]) -> Iterator[tuple[str, Schema]]:
    """Every list in the schema with its path; a structure inside itself is entered once."""
    outer, schema = schema, registry.follow(schema)
    if id(schema) in above:
        return
    above = (*above, id(schema))
    if schema.get("type") == "array":
        # `insertionOrder` may stand beside the reference or at its target.
        yield path, {**schema, **outer}
        if "items" in schema:
            yield from _arrays(registry, schema["items"], f"{path}[*]", above)
    for option in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if "properties" in registry.follow(option):
            yield from _arrays(registry, option, path, above)
    for key, value in schema.get("properties", {}).items():
        yield from _arrays(registry, value, f"{path}.{key}" if path else key, above)


def _required(
    raw: dict[str, Any], path: str, properties: dict[str, str], required: list[str], above: tuple[str, ...]
) -> Iterator[str]:
    for key, text in properties.items():
        here = f"{path}.{key}" if path else key
        if key in required:
            yield here
        while text.startswith("["):
            here, text = f"{here}[*]", text[1:]
        if text.startswith("#") and text not in above:
            entry = raw["definitions"][text[1:]]
            yield from _required(raw, here, entry["p"], entry.get("r", []), (*above, text))


def read_kubernetes(origin: str) -> dict[str, Any]:
    """The compact form of all Kubernetes kinds, which share their structures."""
    from kubernetes.client import models

    definitions: dict[str, Any] = {}
    waiting = [("V2" if kind == "HorizontalPodAutoscaler" else "V1") + kind for kind in KUBERNETES_KINDS.split()]
    while waiting:
        name = waiting.pop()
        if name in definitions:
            continue
        model = getattr(models, name)
        properties = {model.attribute_map[key]: _python_type(text) for key, text in model.openapi_types.items()}
        if name == "V1Container":
            properties["targetContainerName"] = "s"
        waiting += [text.lstrip("[{")[1:] for text in properties.values() if "#" in text]
        # Pydantic models since client 36 say which properties the API demands.
        demanded = [key for key, field in model.model_fields.items() if field.is_required()]
        required = sorted({model.attribute_map[key] for key in demanded})
        definitions[name] = {"p": dict(sorted(properties.items())), **({"r": required} if required else {})}
    return {"origin": origin, "definitions": dict(sorted(definitions.items()))}


def _python_type(text: str) -> str:
    plain = {
        "str": "s",
        "int": "i",
        "float": "d",
        "bool": "b",
        "object": "*",
        "datetime": "s",
        "bytes": "s",
        "date": "s",
    }
    if text in plain:
        return plain[text]
    found = re.fullmatch(r"[Ll]ist\[(.+)\]", text)
    if found:
        return "[" + _python_type(found[1])
    found = re.fullmatch(r"[Dd]ict[\[(]str, (.+)[\])]", text)
    if found:
        return "{" + _python_type(found[1])
    # An ephemeral container is a container that may name another; as one type, a rule can ask
    # `[spec.containers, spec.initContainers, spec.ephemeralContainers].all(list, list.all(…))`.
    return "#V1Container" if text == "V1EphemeralContainer" else "#" + text


def _write(name: str, raw: dict[str, Any]) -> None:
    """One line per property group or structure, so that a new version reads as a diff."""
    lines = []
    for key, value in raw.items():
        if key in ("definitions", "facts"):
            inside = ",\n".join(f"  {json.dumps(n)}: {json.dumps(v, separators=(',', ':'))}" for n, v in value.items())
            lines.append(f" {json.dumps(key)}: {{\n{inside}\n }}" if inside else f" {json.dumps(key)}: {{}}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}")
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    """Write every file anew."""
    from cfnlint.data import schemas

    (folder,) = schemas.__path__
    source = Path(folder)
    hashes = json.loads((source / "providers" / "us-east-1.json").read_text(encoding="utf-8"))
    date = json.loads((source / "version.json").read_text(encoding="utf-8"))["schema_date"][:10]
    origin = f"AWS CloudFormation registry schemas of {date}, as shipped by cfn-lint {version('cfn-lint')}"
    DATA.mkdir(exist_ok=True)
    for old in DATA.glob("*.json"):
        old.unlink()
    index = {}
    reads: dict[str, Any] = {}
    for short in sorted(AWS_KINDS.split()):
        kind = f"AWS::{short}"
        schema = json.loads((source / "resources" / f"{hashes[kind]}.json").read_text(encoding="utf-8"))
        name = f"aws-{short.lower().replace('::', '-')}.json"
        _write(name, read_aws(kind, schema, origin))
        reads[kind] = reading_permissions(schema)
        index[kind] = name
    _write("kubernetes.json", read_kubernetes(f"models of the kubernetes client {version('kubernetes')}"))
    index |= {f"Kubernetes::{kind}": "kubernetes.json" for kind in sorted(KUBERNETES_KINDS.split())}
    _write("index.json", index)
    _write("reads.json", reads)


if __name__ == "__main__":
    main()
