"""One object, written as a manifest and as Terraform's `kubernetes_*` resource: the same properties.

Objects are generated, spelled in HCL the way the provider's documentation spells them, read by the real reader, and
compared with the manifest that says what the provider would send.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_kubernetes_laws import disagreements, json_values, labels, names, parts, pod_specs, templates

from soc2gate.declared import terraform
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.demo.admission import admit
from soc2gate.kinds import normalise
from soc2gate.kinds.kubernetes import from_object
from soc2gate.kinds.kubernetes_api import RESOURCES
from soc2gate.model.resource import RawResource, Reading, Resource, Side, Span

Object = dict[str, Any]

# The provider's documentation, by what the API calls it: lists that are repeated blocks of another name.
BLOCKS = {
    "containers": "container",
    "initContainers": "init_container",
    "volumes": "volume",
    "ports": "port",
    "tolerations": "toleration",
    "rules": "rule",
    "subjects": "subject",
    "httpHeaders": "http_header",
    "volumeMounts": "volume_mount",
    "nodeSelectorTerms": "node_selector_term",
    "topologySpreadConstraints": "topology_spread_constraint",
    "sysctls": "sysctl",
    "paths": "path",
}
# Attributes that are maps, where everything else that is an object is a block.
MAPS = {"labels", "annotations", "matchLabels", "limits", "requests", "nodeSelector", "selector:Service", "data"}
# Attributes that are text in the provider, though numbers in the API.
TEXT = {"replicas", "runAsUser", "runAsGroup", "fsGroup", "port:httpGet", "targetPort", "maxUnavailable", "maxSurge"}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def hcl(body: Object, within: str, indent: str = "  ") -> str:
    lines: list[str] = []
    for key, value in body.items():
        name = snake(key)
        if isinstance(value, dict) and key not in MAPS and f"{key}:{within}" not in MAPS:
            lines.append(f"{indent}{name} {{\n{hcl(value, key, indent + '  ')}{indent}}}")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            name = "ports" if key == "ports" and within in ("ingress", "egress") else BLOCKS.get(key, name)
            lines += [f"{indent}{name} {{\n{hcl(item, key, indent + '  ')}{indent}}}" for item in value]
        elif key in TEXT or f"{key}:{within}" in TEXT:
            lines.append(f"{indent}{name} = {json.dumps(str(value))}")
        else:
            lines.append(f"{indent}{name} = {json.dumps(value)}")
    return "".join(f"{line}\n" for line in lines)


def spelled(type_: str, body: Object) -> str:
    inside = {key: value for key, value in body.items() if key not in ("apiVersion", "kind")}
    return f'resource "{type_}" "it" {{\n{hcl(inside, body["kind"])}}}\n'


def read(text: str, folder: Path) -> Resource:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    reading = terraform.read(Root("terraform", ".", ("main.tf",)), folder, ReadOptions())
    assert reading.problems == ()
    made = normalise([reading])
    assert made.problems == ()
    (whole,) = [one for one in made.resources if one.address.endswith(".it") and not one.derived_from]
    return whole


def sent(value: Any, key: str = "") -> Any:
    """The manifest with what the provider's documentation says it adds (v3.2.1)."""
    if isinstance(value, list):
        return [sent(item, key) for item in value]
    if not isinstance(value, dict):
        return value
    out = {name: sent(child, name) for name, child in value.items() if child != []}
    if "containers" in out:
        out.setdefault("automountServiceAccountToken", True)
        out.setdefault("enableServiceLinks", True)
        out.setdefault("shareProcessNamespace", False)
        if "securityContext" in out:
            out["securityContext"] = {"runAsNonRoot": False, **out["securityContext"]}
    if key in ("containers", "initContainers") and "securityContext" in out:
        kept = {"allowPrivilegeEscalation": True, "privileged": False}
        kept |= {"readOnlyRootFilesystem": False, "runAsNonRoot": False}
        out["securityContext"] = {**kept, **out["securityContext"]}
    if key == "volumeMounts":
        out.setdefault("mountPropagation", "None")
    if key == "tolerations":
        out.setdefault("operator", "Equal")
    if key == "subjects":
        out.setdefault("namespace", "default")
    return out


def manifest(body: Object) -> Resource:
    resources, problems = from_object(sent(body), side=Side.DECLARED, where=Span("all.yaml", 1))
    assert problems == []
    return resources[0]


def workload(kind: str, spec: Object) -> Object:
    api = RESOURCES[f"Kubernetes::{kind}"]
    metadata = {"name": "web", "namespace": "shop"} if api.namespaced else {"name": "web"}
    return {"apiVersion": api.api_version, "kind": kind, "metadata": metadata, "spec": spec}


selectors = st.fixed_dictionaries({"matchLabels": labels})
WORKLOADS = {
    "kubernetes_pod": pod_specs.map(lambda spec: workload("Pod", spec)),
    "kubernetes_deployment": st.fixed_dictionaries(
        {"selector": selectors, "template": templates}, optional={"replicas": st.integers(0, 9)}
    ).map(lambda spec: workload("Deployment", spec)),
    "kubernetes_stateful_set_v1": st.fixed_dictionaries(
        {"selector": selectors, "template": templates, "serviceName": names}
    ).map(lambda spec: workload("StatefulSet", spec)),
    "kubernetes_daemonset": st.fixed_dictionaries({"selector": selectors, "template": templates}).map(
        lambda spec: workload("DaemonSet", spec)
    ),
    "kubernetes_replication_controller_v1": st.fixed_dictionaries({"template": templates}).map(
        lambda spec: workload("ReplicationController", spec)
    ),
    "kubernetes_job": st.fixed_dictionaries({"template": templates}).map(
        lambda spec: workload("Job", {**spec, "backoffLimit": 2, "completions": 1, "parallelism": 1})
    ),
    "kubernetes_cron_job_v1": st.fixed_dictionaries({"template": templates}).map(
        lambda spec: workload(
            "CronJob",
            {
                "schedule": "0 3 * * *",
                "startingDeadlineSeconds": 0,
                "jobTemplate": {"spec": {**spec, "backoffLimit": 2, "completions": 1, "parallelism": 1}},
            },
        )
    ),
}


@pytest.mark.parametrize("type_", WORKLOADS)
def test_a_workload_is_the_same_in_terraform(type_: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("root")

    @given(WORKLOADS[type_])
    @settings(max_examples=25, deadline=None)
    def holds(body: Object) -> None:
        before = copy.deepcopy(body)
        ours, theirs = read(spelled(type_, body), folder), manifest(body)
        assert ours.properties == theirs.properties
        assert (ours.kind, ours.identity) == (theirs.kind, theirs.identity)
        assert body == before

    holds()


@pytest.mark.parametrize("type_", WORKLOADS)
def test_a_workload_and_what_the_cluster_makes_of_it_agree(
    type_: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What Terraform sent, as the API server gives it back: nothing has changed."""
    folder = tmp_path_factory.mktemp("root")

    @given(WORKLOADS[type_])
    @settings(max_examples=10, deadline=None)
    def holds(body: Object) -> None:
        stored = admit(sent(copy.deepcopy(body)), "terraform", 1)
        live, _ = from_object(stored, side=Side.LIVE, where=Span("all.yaml", 1))
        assert disagreements(read(spelled(type_, body), folder), live[0]) == []

    holds()


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["kubernetes_deployment", "kubernetes_ingress", "kubernetes_manifest", "kubectl_manifest"]),
    st.dictionaries(st.one_of(parts, st.sampled_from(["manifest", "yaml_body", "override_namespace"])), json_values),
)
def test_no_configuration_however_odd_breaks_the_scan(type_: str, body: Object) -> None:
    raw = RawResource("terraform", type_, f"{type_}.it", ".", body, Span("main.tf", 1), {})
    made = normalise([Reading("terraform", ".", (raw,))])
    judged = [resource for resource in made.resources if resource.address == f"{type_}.it"]
    assert judged or made.problems or made.unjudged


RBAC = "rbac.authorization.k8s.io/v1"
ROLE = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"], "resourceNames": ["web"]}]
OTHERS: dict[str, Object] = {
    "kubernetes_namespace": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "labels": {"a": "b"}}},
    "kubernetes_service_account": {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "x", "namespace": "y"},
        "automountServiceAccountToken": False,
    },
    "kubernetes_role": {"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "x", "namespace": "y"}, "rules": ROLE},
    "kubernetes_cluster_role_v1": {
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": "x"},
        "rules": [{"nonResourceUrls": ["/metrics"], "verbs": ["get"]}],
    },
    "kubernetes_role_binding": {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": "x", "namespace": "y"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"},
        "subjects": [{"kind": "User", "name": "a"}, {"kind": "ServiceAccount", "name": "b", "namespace": "c"}],
    },
    "kubernetes_cluster_role_binding_v1": {
        "apiVersion": RBAC,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "x"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "Group", "name": "system:authenticated"}],
    },
    "kubernetes_network_policy": workload(
        "NetworkPolicy",
        {
            "podSelector": {"matchLabels": {"app": "web"}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from": [
                        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}},
                    ],
                    "ports": [{"port": 443, "protocol": "TCP"}, {"port": "metrics", "protocol": "TCP"}],
                }
            ],
            "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]}],
        },
    ),
    "kubernetes_service": workload(
        "Service",
        {
            "type": "LoadBalancer",
            "selector": {"app": "web"},
            "externalIPs": ["192.0.2.1"],
            "loadBalancerSourceRanges": ["10.0.0.0/8"],
            "ports": [{"name": "https", "port": 443, "targetPort": 8443}, {"name": "m", "port": 9, "targetPort": "m"}],
        },
    ),
    "kubernetes_ingress_v1": workload(
        "Ingress",
        {
            "ingressClassName": "nginx",
            "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
            "tls": [{"hosts": ["a.example"], "secretName": "tls"}],
            "rules": [
                {
                    "host": "a.example",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"name": "http"}}},
                            }
                        ]
                    },
                }
            ],
        },
    ),
    "kubernetes_pod_disruption_budget_v1": workload(
        "PodDisruptionBudget", {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    ),
    "kubernetes_config_map": {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "y"},
        "data": {"log.level": "info"},
    },
    "kubernetes_secret_v1": {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "x", "namespace": "y"},
        "type": "Opaque",
        "data": {"password": "never kept"},
    },
    "kubernetes_deployment_v1": workload(
        "Deployment",
        {
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "50%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
                "spec": {
                    "hostIPC": True,
                    "hostPID": True,
                    "priorityClassName": "high",
                    "nodeSelector": {"disk": "ssd"},
                    "securityContext": {
                        "fsGroup": 2000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                        "seLinuxOptions": {"level": "s0"},
                        "sysctls": [{"name": "net.ipv4.ip_local_port_range", "value": "1024 65535"}],
                    },
                    "imagePullSecrets": [{"name": "registry"}],
                    "tolerations": [{"key": "a", "effect": "NoSchedule", "value": "b"}],
                    "topologySpreadConstraints": [
                        {
                            "maxSkew": 1,
                            "topologyKey": "topology.kubernetes.io/zone",
                            "whenUnsatisfiable": "DoNotSchedule",
                            "labelSelector": {"matchLabels": {"app": "web"}},
                        }
                    ],
                    "affinity": {
                        "podAntiAffinity": {
                            "preferredDuringSchedulingIgnoredDuringExecution": [
                                {
                                    "weight": 1,
                                    "podAffinityTerm": {
                                        "topologyKey": "kubernetes.io/hostname",
                                        "labelSelector": {
                                            "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]
                                        },
                                    },
                                }
                            ]
                        },
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
                            }
                        },
                    },
                    "volumes": [
                        {"name": "a", "hostPath": {"path": "/etc"}},
                        {"name": "b", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
                        {"name": "c", "secret": {"secretName": "x", "items": [{"key": "k", "path": "p"}]}},
                        {"name": "d", "persistentVolumeClaim": {"claimName": "x"}},
                        {"name": "e", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
                        {"name": "f", "csi": {"driver": "x.example", "readOnly": True}},
                    ],
                    "containers": [
                        {
                            "name": "web",
                            "image": "nginx:1.25",
                            "volumeMounts": [{"name": "a", "mountPath": "/a", "readOnly": True}],
                            "env": [
                                {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                                {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                            ],
                            "envFrom": [{"secretRef": {"name": "s"}}, {"prefix": "P", "configMapRef": {"name": "c"}}],
                            "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
                            "livenessProbe": {"tcpSocket": {"port": 80}},
                            "readinessProbe": {
                                "httpGet": {"port": 80, "httpHeaders": [{"name": "a", "value": "b"}]},
                                "initialDelaySeconds": 3,
                            },
                            "ports": [{"containerPort": 80, "hostPort": 80, "hostIP": "127.0.0.1"}],
                            "securityContext": {
                                "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
                                "runAsUser": 1000,
                            },
                        }
                    ],
                },
            },
        },
    ),
}
OTHERS["kubernetes_network_policy_v1"] = workload("NetworkPolicy", {"podSelector": {}, "policyTypes": ["Ingress"]})


@pytest.mark.parametrize("type_", OTHERS)
def test_every_other_object_is_the_same_in_terraform(type_: str, tmp_path: Path) -> None:
    body = OTHERS[type_]
    text = spelled(type_, body).replace("pod_selector = {}", "pod_selector {}")
    body = json.loads(json.dumps(body).replace("nonResourceUrls", "nonResourceURLs"))
    ours, theirs = read(text, tmp_path), manifest(body)
    assert ours.properties == theirs.properties
    assert (ours.kind, ours.identity) == (theirs.kind, theirs.identity)


@pytest.mark.parametrize("type_", OTHERS)
def test_kubernetes_manifest_and_kubectl_manifest_are_the_object_itself(type_: str, tmp_path: Path) -> None:
    body = json.loads(json.dumps(OTHERS[type_]).replace("nonResourceUrls", "nonResourceURLs"))
    resources, _ = from_object(body, side=Side.DECLARED, where=Span("all.yaml", 1))
    for text in (
        f'resource "kubernetes_manifest" "it" {{\n  manifest = {json.dumps(body)}\n}}\n',
        f'resource "kubernetes_manifest" "it" {{\n  manifest = yamldecode({json.dumps(json.dumps(body))})\n}}\n',
        f'resource "kubectl_manifest" "it" {{\n  yaml_body = {json.dumps(json.dumps(body))}\n}}\n',
        f'resource "kubectl_manifest" "it" {{\n  yaml_body = yamlencode({json.dumps(body)})\n}}\n',
    ):
        ours = read(text, tmp_path)
        assert ours.properties == resources[0].properties
        assert ours.identity == resources[0].identity
