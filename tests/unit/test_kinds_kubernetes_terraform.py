"""Terraform's `kubernetes_*`, `kubernetes_manifest` and `kubectl_manifest` resources as the API objects they make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from kinds_support import assert_fits

from soc2gate.declared import terraform
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.engine.evaluate import evaluate
from soc2gate.engine.match import match
from soc2gate.kinds import Normalised, normalise
from soc2gate.kinds.kubernetes import from_object
from soc2gate.kinds.kubernetes_terraform import api_resource
from soc2gate.model.outcome import Verdict
from soc2gate.model.resource import LiveRef, Resource, Side, Weight
from soc2gate.model.value import Alternatives, OpenList, OpenMap, Text, Unknown, Value
from soc2gate.packs import load


def read(folder: Path, text: str) -> Normalised:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    made = normalise([terraform.read(Root("terraform", ".", ("main.tf",)), folder, ReadOptions())])
    for resource in made.resources:
        assert_fits(resource)
    return made


def of(made: Normalised, kind: str) -> Resource:
    (found,) = [resource for resource in made.resources if resource.kind == f"Kubernetes::{kind}"]
    return found


def at(resource: Resource, *steps: str | int) -> Value:
    value: Value = dict(resource.properties)
    for step in steps:
        if isinstance(value, dict):
            value = value.get(str(step))
        else:
            assert isinstance(value, list)
            assert isinstance(step, int)
            value = value[step]
    return value


POD = """
resource "kubernetes_pod" "web" {
  metadata {
    name      = "web"
    namespace = %s
  }
  spec {
    container {
      name  = "web"
      image = "nginx:1.25"
      %s
    }
  }
}
"""


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("kubernetes_deployment", "Deployment"),
        ("kubernetes_deployment_v1", "Deployment"),
        ("kubernetes_daemonset", "DaemonSet"),
        ("kubernetes_daemon_set_v1", "DaemonSet"),
        ("kubernetes_stateful_set", "StatefulSet"),
        ("kubernetes_replication_controller", "ReplicationController"),
        ("kubernetes_cron_job", "CronJob"),
        ("kubernetes_cron_job_v1", "CronJob"),
        ("kubernetes_pod_v1", "Pod"),
        ("kubernetes_job", "Job"),
        ("kubernetes_network_policy", "NetworkPolicy"),
        ("kubernetes_horizontal_pod_autoscaler_v2beta2", "HorizontalPodAutoscaler"),
        ("kubernetes_default_service_account_v1", "ServiceAccount"),
        ("kubernetes_persistent_volume_claim", "PersistentVolumeClaim"),
        ("kubernetes_cluster_role_binding", "ClusterRoleBinding"),
    ],
)
def test_every_generation_of_a_type_is_the_same_kind(type_: str, kind: str) -> None:
    found = api_resource(type_)
    assert found is not None
    assert found.name == kind


def test_what_only_adds_to_an_object_is_none() -> None:
    assert api_resource("kubernetes_config_map_v1_data") is None
    assert api_resource("kubernetes_storage_class") is None


def test_what_the_provider_writes_is_told_with_its_source(tmp_path: Path) -> None:
    made = read(tmp_path, POD % ('"shop"', "security_context {}"))
    pod = of(made, "Pod")
    assert at(pod, "spec", "automountServiceAccountToken") is True
    assert at(pod, "spec", "containers", 0, "securityContext", "allowPrivilegeEscalation") is True
    assert pod.defaults["spec.automountServiceAccountToken"] == (
        "not written: Terraform's kubernetes provider writes true (schema_pod_spec.go)"
    )
    assert pod.spelling == "terraform kubernetes_pod"
    assert pod.places["spec.containers[0].image"].line == 10  # type: ignore[union-attr]


def test_without_a_namespace_terraform_means_default(tmp_path: Path) -> None:
    made = read(tmp_path, POD % ("null", ""))
    assert of(made, "Pod").identity["id"] == "Pod/default/web"


def test_a_reference_to_a_namespace_is_its_name(tmp_path: Path) -> None:
    namespace = 'resource "kubernetes_namespace" "n" {\n  metadata {\n    name = "shop"\n  }\n}\n'
    for reference in ("kubernetes_namespace.n.id", "kubernetes_namespace.n.metadata[0].name"):
        made = read(tmp_path, namespace + POD % (reference, ""))
        assert of(made, "Pod").identity["namespace"] == "shop"
        assert len([one for one in made.resources if one.kind == "Kubernetes::Namespace"]) == 1


LABELLED = """
variable "other" {}

resource "kubernetes_namespace_v1" "shop" {
  metadata {
    name   = "shop"
    labels = { team = "web" }
  }
}

resource "kubernetes_labels" "enforced" {
  api_version = "v1"
  kind        = "Namespace"
  metadata {
    name = %s
  }
  labels = { "pod-security.kubernetes.io/enforce" = "restricted" }
}
"""


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ('"shop"', Verdict.PASS),
        ("kubernetes_namespace_v1.shop.metadata[0].name", Verdict.PASS),
        ('"till"', Verdict.FAIL),
        ("var.other", Verdict.UNKNOWN),
    ],
)
def test_labels_that_another_resource_adds_are_the_namespaces(tmp_path: Path, name: str, verdict: Verdict) -> None:
    made = read(tmp_path, LABELLED % name)
    (found,) = [one for one in evaluate(load(), made.resources) if one.rule == "k8s-namespace-enforces-pod-security"]
    assert found.verdict is verdict
    labels = at(of(made, "Namespace"), "metadata", "labels")
    assert (labels.items if isinstance(labels, OpenMap) else labels)["team"] == "web"  # type: ignore[index,call-overload]


def test_a_namespace_that_only_a_variable_names_is_one_with_those_that_name_it_too(tmp_path: Path) -> None:
    head = 'variable "a" {}\nvariable "b" {}\n'
    policy = """
    resource "kubernetes_network_policy" "deny" {
      metadata {
        name      = "deny"
        namespace = var.%s
      }
      spec {
        pod_selector {}
        policy_types = ["Ingress"]
      }
    }
    """
    rules = load()
    for variable, verdict in (("a", Verdict.PASS), ("b", Verdict.UNKNOWN)):
        made = read(tmp_path, head + POD % ("var.a", "") + policy % variable)
        found = [one for one in evaluate(rules, made.resources) if one.rule == "k8s-network-policy"]
        assert [one.verdict for one in found] == [verdict]
    assert 'variable "a" has no default' in found[0].address


def test_blocks_that_may_be_there_are_open(tmp_path: Path) -> None:
    dynamic = """
      dynamic "port" {
        for_each = var.ports
        content {
          container_port = port.value
          host_port      = 80
        }
      }
      dynamic "security_context" {
        for_each = var.hardened
        content {
          privileged = false
        }
      }
    """
    made = read(tmp_path, 'variable "ports" {}\nvariable "hardened" {}\n' + POD % ('"shop"', dynamic))
    ports = at(of(made, "Pod"), "spec", "containers", 0, "ports")
    assert isinstance(ports, OpenList)
    template = ports.more[0]
    assert isinstance(template, dict)
    assert template["hostPort"] == 80
    context = at(of(made, "Pod"), "spec", "containers", 0, "securityContext")
    assert isinstance(context, Alternatives)
    assert context.options[0] is None


def test_yaml_with_a_variable_in_it_is_still_an_object(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        'variable "tag" {}\nvariable "name" {}\nresource "kubectl_manifest" "web" {\n  yaml_body = <<-Y\n'
        "    apiVersion: v1\n    kind: Pod\n    metadata: {name: '${var.name}', namespace: shop}\n"
        "    spec: {hostPID: true, containers: [{name: web, image: 'nginx:${var.tag}'}]}\n  Y\n}\n",
    )
    pod = of(made, "Pod")
    assert at(pod, "spec", "hostPID") is True
    assert isinstance(at(pod, "metadata", "name"), Unknown)
    image = at(pod, "spec", "containers", 0, "image")
    assert isinstance(image, Text)
    assert image.parts[0] == "nginx:"


def test_an_object_of_which_nothing_is_known_is_a_gap_not_silence(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        'variable "object" {}\nresource "kubernetes_manifest" "m" {\n  manifest = var.object\n}\n'
        'resource "kubectl_manifest" "k" {\n  yaml_body = "{"\n}\n'
        'resource "kubernetes_manifest" "merged" {\n  manifest = merge(var.object, {kind = "Pod"})\n}\n',
    )
    assert made.resources == ()
    assert [problem.weight for problem in made.problems] == [Weight.GAP] * 3
    assert 'kubernetes_manifest.m was not judged: variable "object" has no default' in made.problems[0].message
    assert "kubectl_manifest.k was not judged: its YAML could not be read" in made.problems[1].message


def test_custom_resources_are_counted_not_judged(tmp_path: Path) -> None:
    body = json.dumps({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}})
    made = read(tmp_path, f'resource "kubernetes_manifest" "w" {{\n  manifest = {body}\n}}\n')
    assert (made.resources, made.unjudged) == ((), {"kubernetes_manifest": 1})


def test_older_spellings_are_understood(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        """
        resource "kubernetes_ingress" "web" {
          metadata { name = "web" }
          spec {
            backend {
              service_name = "web"
              service_port = "80"
            }
            rule {
              host = "a.example"
              http {
                path {
                  backend {
                    service_name = "web"
                    service_port = 80
                  }
                }
              }
            }
          }
        }
        resource "kubernetes_horizontal_pod_autoscaler" "web" {
          metadata { name = "web" }
          spec {
            max_replicas                      = 5
            target_cpu_utilization_percentage = 80
            scale_target_ref {
              kind = "Deployment"
              name = "web"
            }
          }
        }
        """,
    )
    ingress, scaler = of(made, "Ingress"), of(made, "HorizontalPodAutoscaler")
    service = {"service": {"name": "web", "port": {"number": 80}}}
    assert at(ingress, "spec", "defaultBackend") == service
    assert at(ingress, "spec", "rules", 0, "http", "paths", 0, "backend") == service
    assert at(scaler, "spec", "metrics", 0, "resource", "target", "averageUtilization") == 80


def test_configuration_in_json_is_the_same(tmp_path: Path) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"hostPID": True, "containers": [{"name": "c", "image": "nginx:1"}]},
    }
    written = {"resource": {"kubernetes_manifest": {"p": {"manifest": body}}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(written), encoding="utf-8")
    made = normalise([terraform.read(Root("terraform", ".", ("main.tf.json",)), tmp_path, ReadOptions())])
    assert made.problems == ()
    assert at(of(made, "Pod"), "spec", "hostPID") is True


def test_a_daemon_sets_strategy_is_its_update_strategy(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        """
        resource "kubernetes_daemon_set_v1" "agent" {
          metadata { name = "agent" }
          spec {
            selector { match_labels = { app = "agent" } }
            strategy { type = "OnDelete" }
            template {
              metadata { labels = { app = "agent" } }
              spec {
                container {
                  name  = "agent"
                  image = "agent:1"
                }
              }
            }
          }
        }
        """,
    )
    assert at(of(made, "DaemonSet"), "spec", "updateStrategy") == {"type": "OnDelete"}


def test_limits_of_the_first_provider_were_a_block(tmp_path: Path) -> None:
    made = read(tmp_path, POD % ('"shop"', 'resources {\n limits {\n cpu = "1"\n memory = "1024Mi"\n}\n}'))
    assert at(of(made, "Pod"), "spec", "containers", 0, "resources", "limits") == {"cpu": "1", "memory": "1Gi"}


def test_secret_values_are_not_kept(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        'resource "kubernetes_secret" "s" {\n  metadata { name = "s" }\n  data = { password = "hunter2!" }\n}\n'
        'resource "kubernetes_secret" "w" {\n  metadata { name = "w" }\n  data_wo = { token = "hunter2!" }\n}\n',
    )
    secrets = [resource for resource in made.resources if resource.kind == "Kubernetes::Secret"]
    assert [list(at(secret, "data") or {}) for secret in secrets] == [["password"], ["token"]]  # type: ignore[arg-type]
    assert "hunter2" not in repr(made)


def test_a_count_that_is_not_known_leaves_the_object_uncertain(tmp_path: Path) -> None:
    counted = POD.replace('"web" {', '"web" {\n  count = var.n', 1)
    made = read(tmp_path, 'variable "n" {}\n' + counted % ('"shop"', ""))
    assert of(made, "Pod").uncertain


def live(body: dict[str, Value], uid: str) -> Sequence[Resource]:
    seen = LiveRef("kubernetes", "prod", "", uid, "list pods", "2026-11-21T09:00:00Z")
    resources, _ = from_object(body, side=Side.LIVE, where=seen, root="kubernetes:prod")
    return resources


def test_terraforms_objects_pair_with_live_ones_by_group_kind_namespace_and_name(tmp_path: Path) -> None:
    made = read(tmp_path, POD % ('"shop"', ""))

    def pod(namespace: str) -> Sequence[Resource]:
        metadata: dict[str, Value] = {"name": "web", "namespace": namespace}
        spec: dict[str, Value] = {"containers": [{"name": "web", "image": "nginx:1.25"}]}
        return live({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, f"Pod/{namespace}/web")

    found = match(
        made.resources,
        [*pod("shop"), *pod("other")],
        coverage=lambda *_: "",
        asked=lambda kind: kind in ("Kubernetes::Pod", "Kubernetes::PodTemplate"),
    )
    assert [(pair.declared.address, pair.live.address) for pair in found.pairs] == [
        ("kubernetes_pod.web", "Pod/shop/web"),
        ("kubernetes_pod.web", "Pod/shop/web"),
    ]
    assert [resource.address for resource in found.unmanaged] == ["Pod/other/web"]
