"""Reading a cluster over real HTTP: pages, refusals, owners, and what never enters a snapshot."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cluster_for_tests import Cluster, Object, running_cluster, write_kubeconfig

from soc2gate.errors import CollectError, InputError, UsageError
from soc2gate.kinds.kubernetes_api import RESOURCES
from soc2gate.live.kubernetes import KubernetesRequest, collect_kubernetes, kinds_to_list, read_dump
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import Part, Snapshot
from soc2gate.model.resource import Resource
from soc2gate.model.value import OpenList, Unknown

NOW = "2026-11-21T09:00:00Z"
EVERYTHING = tuple(RESOURCES)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path) as running:
        yield running


def collect(cluster: Cluster, *kinds: str, page: int = 500, told: list[Progress] | None = None) -> Snapshot:
    request = KubernetesRequest(
        kinds or EVERYTHING, clock=lambda: NOW, kubeconfig=cluster.kubeconfig, page=page, timeout=10
    )
    return collect_kubernetes(request, None if told is None else told.append)


def only(snapshot: Snapshot) -> Part:
    (part,) = snapshot.parts
    return part


def of_kind(resources: Sequence[Resource], kind: str) -> list[Resource]:
    return [resource for resource in resources if resource.kind == f"Kubernetes::{kind}"]


def metadata(name: str, namespace: str | None = "shop", **more: object) -> Object:
    return {"name": name, **({"namespace": namespace} if namespace else {}), "uid": f"uid-{name}", **more}


def owned_by(kind: str, name: str, api_version: str = "apps/v1") -> Object:
    reference = {"apiVersion": api_version, "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}
    return {"ownerReferences": [reference]}


def pod_spec(image: str = "nginx:1.25") -> Object:
    return {"containers": [{"name": "web", "image": image}]}


def deployment(name: str, namespace: str = "shop") -> Object:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, namespace),
        "spec": {"replicas": 2, "template": {"metadata": {"labels": labels}, "spec": pod_spec()}},
        "status": {"replicas": 2},
    }


def namespace(name: str) -> Object:
    return {"metadata": metadata(name, None, labels={"kubernetes.io/metadata.name": name})}


def test_every_object_is_read_in_the_normal_form_with_the_call_that_saw_it(cluster: Cluster) -> None:
    cluster.api.add("apps/v1/deployments", deployment("web"))
    part = only(collect(cluster))
    (found,) = part.resources
    assert found.kind == "Kubernetes::Deployment"
    assert found.address == "apps/Deployment/shop/web"
    assert found.properties["spec"]["replicas"] == 2  # type: ignore[index, call-overload]
    assert "status" not in found.properties
    assert "uid" not in found.properties["metadata"]  # type: ignore[operator]
    assert (part.account, part.caller) == ("prod-cluster", "auditor")
    assert getattr(found.where, "call", "") == "list deployments.apps"
    assert getattr(found.where, "seen_at", "") == NOW


def test_long_lists_are_read_page_by_page(cluster: Cluster) -> None:
    cluster.api.add("apps/v1/deployments", *(deployment(f"web-{n}") for n in range(7)))
    part = only(collect(cluster, "Kubernetes::Deployment", page=3))
    assert len(of_kind(part.resources, "Deployment")) == 7
    assert cluster.listed("deployments") == [
        {"limit": "3"},
        {"limit": "3", "continue": "3"},
        {"limit": "3", "continue": "6"},
    ]
    assert {(call.call, call.made) for call in part.calls if "deploy" in call.call} == {("list deployments.apps", 3)}


def test_denied_type_is_unread_and_told_and_never_absent(cluster: Cluster) -> None:
    cluster.api.refuse["networkpolicies"] = [403]
    cluster.api.add("v1/namespaces", namespace("shop"))
    snapshot = collect(cluster)
    reason = "list networkpolicies.networking.k8s.io was denied (Forbidden)"
    assert snapshot.why_unread("Kubernetes::NetworkPolicy") == reason
    assert snapshot.was_read("Kubernetes::Deployment")
    (failed,) = only(snapshot).failed_calls
    assert (failed.error, failed.reason) == ("Forbidden", reason)
    (problem,) = [problem for problem in snapshot.problems() if "could not look" in problem.message]
    assert "networkpolicies" in problem.message
    assert problem.hint == "allow list networkpolicies.networking.k8s.io to auditor"
    (shop,) = of_kind(snapshot.resources(), "Namespace")
    policies = shop.related["NetworkPolicies"]
    assert isinstance(policies, OpenList)
    assert policies.reason == reason


def test_denied_workload_type_leaves_pod_templates_unread(cluster: Cluster) -> None:
    cluster.api.refuse["daemonsets"] = [403]
    snapshot = collect(cluster)
    assert snapshot.why_unread("Kubernetes::PodTemplate") == "list daemonsets.apps was denied (Forbidden)"


def test_type_that_the_cluster_does_not_serve_is_absent(cluster: Cluster) -> None:
    # kmock answers 404 for everything that nobody added.
    snapshot = collect(cluster)
    assert only(snapshot).failed_calls == ()
    assert snapshot.was_read("Kubernetes::CronJob")
    assert snapshot.resources() == ()


def test_type_that_an_older_cluster_serves_in_another_version_is_unread(cluster: Cluster) -> None:
    """The answers' shape is that of a Kubernetes 1.20 API server, which has scalers as v1 and v2beta2 alone."""
    cluster.api.answers["/apis/autoscaling"] = {
        "kind": "APIGroup",
        "versions": [{"version": version} for version in ("v1", "v2beta2")],
    }
    for version in ("v1", "v2beta2"):
        cluster.api.answers[f"/apis/autoscaling/{version}"] = {
            "kind": "APIResourceList",
            "resources": [{"name": "horizontalpodautoscalers"}],
        }
    snapshot = collect(cluster)
    assert snapshot.why_unread("Kubernetes::HorizontalPodAutoscaler") == (
        "the cluster serves it as autoscaling/v1, which soc2gate does not read"
    )
    assert snapshot.was_read("Kubernetes::CronJob")


def test_type_whose_versions_may_not_be_asked_is_unread(cluster: Cluster) -> None:
    cluster.api.refuse["policy"] = [403]
    reason = collect(cluster).why_unread("Kubernetes::PodDisruptionBudget")
    assert reason == "which versions the cluster serves it in could not be asked: Forbidden"


def test_throttled_list_is_asked_for_again(cluster: Cluster) -> None:
    cluster.api.refuse["deployments"] = [429, 503, 200]
    cluster.api.add("apps/v1/deployments", deployment("web"))
    part = only(collect(cluster, "Kubernetes::Deployment"))
    assert len(of_kind(part.resources, "Deployment")) == 1
    assert part.failed_calls == ()


def test_list_that_expires_half_way_is_read_once_more_from_the_start(cluster: Cluster) -> None:
    cluster.api.refuse["deployments"] = [410, 200]
    cluster.api.add("apps/v1/deployments", *(deployment(f"web-{n}") for n in range(3)))
    part = only(collect(cluster, "Kubernetes::Deployment", page=2))
    assert len(of_kind(part.resources, "Deployment")) == 3
    assert part.failed_calls == ()


def test_list_that_breaks_is_unread_with_the_status(cluster: Cluster) -> None:
    cluster.api.refuse["services"] = [500]
    snapshot = collect(cluster, "Kubernetes::Service")
    assert snapshot.why_unread("Kubernetes::Service") == "list services failed (Broken)"


def test_list_without_an_end_is_unread(cluster: Cluster) -> None:
    cluster.api.never_ending = True
    cluster.api.add("apps/v1/deployments", deployment("web"))
    snapshot = collect(cluster, "Kubernetes::Deployment")
    assert "does not end" in (snapshot.why_unread("Kubernetes::Deployment") or "")


def test_secrets_come_as_metadata_and_their_values_are_nowhere(cluster: Cluster) -> None:
    secret = {"metadata": metadata("db"), "type": "Opaque", "data": {"password": "aHVudGVyMg=="}}
    cluster.api.add("v1/secrets", secret)
    snapshot = collect(cluster, "Kubernetes::Secret")
    assert any("PartialObjectMetadataList" in accept for path, _, accept in cluster.api.asked if "secrets" in path)
    (found,) = of_kind(only(snapshot).resources, "Secret")
    assert isinstance(found.properties["data"], Unknown)
    assert isinstance(found.properties["type"], Unknown)


def test_secret_values_are_dropped_where_the_server_sends_them_anyway(tmp_path: Path) -> None:
    dump = {
        "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata("db"), "data": {"p": "aHVudGVyMg=="}}]
    }
    snapshot = read_dump(json.dumps(dump), "dump.json")
    path = tmp_path / "snapshot.json"
    snapshot.write(path)
    assert "aHVudGVyMg==" not in path.read_text(encoding="utf-8")


def test_credentials_in_plain_sight_stay_out_of_the_snapshot(cluster: Cluster, tmp_path: Path) -> None:
    body = deployment("web")
    body["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2hunter2"}
    body["spec"]["template"]["spec"]["containers"][0] |= {
        "env": [{"name": "DB_PASSWORD", "value": "hunter2hunter2"}, {"name": "COLOR", "value": "green"}],
        "args": ["--port=80", "--token=hunter2hunter2"],
        "volumeMounts": [{"name": "secret-volume", "mountPath": "/etc/secrets"}],
    }
    cluster.api.add("apps/v1/deployments", body)
    cluster.api.add("v1/configmaps", {"metadata": metadata("app"), "data": {"password": "hunter2hunter2", "a": "b"}})
    snapshot = collect(cluster)
    snapshot.write(tmp_path / "live.json")
    text = (tmp_path / "live.json").read_text(encoding="utf-8")
    assert "hunter2" not in text
    assert all(kept in text for kept in ("green", "--port=80", "secret-volume", "/etc/secrets"))


def test_what_a_known_controller_made_is_not_judged_again(cluster: Cluster) -> None:
    replica_set = {"metadata": metadata("web-1", **owned_by("Deployment", "web")), "spec": {"template": {}}}
    cluster.api.add("apps/v1/deployments", deployment("web"))
    cluster.api.add("apps/v1/replicasets", replica_set)
    cluster.api.add(
        "v1/pods",
        {"metadata": metadata("web-1-a", **owned_by("ReplicaSet", "web-1")), "spec": pod_spec()},
        {"metadata": metadata("by-hand"), "spec": pod_spec()},
    )
    part = only(collect(cluster))
    assert [resource.address for resource in part.resources] == ["apps/Deployment/shop/web", "Pod/shop/by-hand"]


def test_pod_of_a_custom_controller_is_judged_and_not_unmanaged(cluster: Cluster) -> None:
    owner = owned_by("Rollout", "web", "argoproj.io/v1alpha1")
    cluster.api.add("v1/pods", {"metadata": metadata("web-a", **owner), "spec": pod_spec()})
    (pod,) = of_kind(only(collect(cluster)).resources, "Pod")
    assert pod.managed_by == "Rollout web"


def test_pod_whose_controllers_could_not_be_listed_is_not_unmanaged(cluster: Cluster) -> None:
    cluster.api.refuse["replicasets"] = [403]
    cluster.api.add("v1/pods", {"metadata": metadata("web-a", **owned_by("ReplicaSet", "web-1")), "spec": pod_spec()})
    (pod,) = of_kind(only(collect(cluster)).resources, "Pod")
    assert pod.managed_by == "ReplicaSet web-1, which was not read"


def test_pod_whose_owner_is_gone_is_unmanaged(cluster: Cluster) -> None:
    cluster.api.add("v1/pods", {"metadata": metadata("web-a", **owned_by("ReplicaSet", "web-1")), "spec": pod_spec()})
    (pod,) = of_kind(only(collect(cluster)).resources, "Pod")
    assert pod.managed_by == ""


def test_snapshot_reads_back_as_it_was_collected(cluster: Cluster, tmp_path: Path) -> None:
    cluster.api.add("v1/namespaces", namespace("shop"))
    cluster.api.add("apps/v1/deployments", deployment("web"))
    cluster.api.add("v1/secrets", {"metadata": metadata("db"), "data": {"p": "cA=="}})
    snapshot = collect(cluster)
    snapshot.write(tmp_path / "live.json.gz")
    again = Snapshot.read(tmp_path / "live.json.gz")
    assert again.digest == snapshot.digest
    assert [
        (resource.kind, resource.address, resource.properties, resource.related) for resource in again.resources()
    ] == [(resource.kind, resource.address, resource.properties, resource.related) for resource in snapshot.resources()]


def test_live_namespace_knows_its_workloads_and_policies(cluster: Cluster) -> None:
    cluster.api.add("v1/namespaces", namespace("shop"), namespace("quiet"))
    cluster.api.add("apps/v1/deployments", deployment("web"), deployment("cart"), deployment("other", "elsewhere"))
    policy = {"metadata": metadata("deny"), "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
    cluster.api.add("networking.k8s.io/v1/networkpolicies", policy)
    by_name = {r.identity["name"]: r for r in of_kind(collect(cluster).resources(), "Namespace")}
    workloads, policies = (by_name["shop"].related[name] for name in ("Workloads", "NetworkPolicies"))
    assert isinstance(workloads, list)
    assert isinstance(policies, list)
    assert (len(workloads), len(policies)) == (2, 1)
    assert by_name["quiet"].related == {"Workloads": [], "NetworkPolicies": []}


def test_live_workload_comes_with_its_pod_template(cluster: Cluster) -> None:
    cluster.api.add("apps/v1/deployments", deployment("web"))
    (template,) = of_kind(collect(cluster).resources(), "PodTemplate")
    assert template.address == "apps/Deployment/shop/web"
    assert template.derived_from == "Kubernetes::Deployment"
    assert template.identity["workload"] == "Deployment/web"


def test_cluster_identity_stands_in_the_snapshot(cluster: Cluster) -> None:
    cluster.api.add("v1/namespaces", namespace("kube-system"))
    (note,) = only(collect(cluster)).notes
    assert note.startswith(f"cluster prod-cluster is {cluster.url}, uid uid-kube-system, Kubernetes v")


def test_progress_counts_the_lists(cluster: Cluster) -> None:
    told: list[Progress] = []
    collect(cluster, "Kubernetes::Service", told=told)
    assert [(step.done, step.total, step.provider) for step in told] == [(1, 2, "kubernetes"), (2, 2, "kubernetes")]


def test_collecting_sends_the_token_and_a_wrong_one_is_no_empty_cluster(cluster: Cluster, tmp_path: Path) -> None:
    cluster.api.token = "sesame"
    cluster.api.add("apps/v1/deployments", deployment("web"))
    assert len(collect(cluster).resources()) == 2
    cluster.kubeconfig = str(tmp_path / "other")
    write_kubeconfig(Path(cluster.kubeconfig), cluster.url, token="stale")
    with pytest.raises(CollectError, match="refuses the credentials of auditor"):
        collect(cluster)


def test_nothing_but_get_is_sent(cluster: Cluster) -> None:
    collect(cluster)
    assert cluster.api.methods == {"GET"}


def test_ctrl_c_leaves_a_partial_snapshot(cluster: Cluster) -> None:
    def stop(step: Progress) -> None:
        raise KeyboardInterrupt

    request = KubernetesRequest(EVERYTHING, clock=lambda: NOW, kubeconfig=cluster.kubeconfig, threads=1)
    snapshot = collect_kubernetes(request, stop)
    assert only(snapshot).partial
    assert any("stopped" in problem.message for problem in snapshot.problems())
    assert "collecting was stopped" in {entry.reason for entry in only(snapshot).coverage}


def test_unreachable_cluster_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    write_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:9")
    request = KubernetesRequest(EVERYTHING, clock=lambda: NOW, kubeconfig=str(tmp_path / "kubeconfig"), timeout=2)
    with pytest.raises(CollectError, match="cannot be reached"):
        collect_kubernetes(request)


def test_unknown_context_is_refused_with_the_one_meant(cluster: Cluster) -> None:
    request = KubernetesRequest(EVERYTHING, clock=lambda: NOW, context="stagin", kubeconfig=cluster.kubeconfig)
    with pytest.raises(UsageError) as told:
        collect_kubernetes(request)
    assert "did you mean “staging”?" in str(told.value)


def test_named_context_is_used(cluster: Cluster) -> None:
    request = KubernetesRequest((), clock=lambda: NOW, context="staging", kubeconfig=cluster.kubeconfig)
    assert only(collect_kubernetes(request)).account == "prod-cluster"


@pytest.mark.parametrize("text", ["", "[]", "a: [", "kind: Config", "current-context: x\ncontexts: 3\n"])
def test_file_that_is_no_kubeconfig_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as told:
        collect_kubernetes(KubernetesRequest(EVERYTHING, clock=lambda: NOW, kubeconfig=str(path)))
    assert str(path) in str(told.value)


def test_no_cluster_at_all_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(CollectError, match=r"there is no .*none, and this is not a pod"):
        collect_kubernetes(KubernetesRequest(EVERYTHING, clock=lambda: NOW))


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # `None` makes the import system raise ImportError, as for a package that is not installed.
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(UsageError) as told:
        collect_kubernetes(KubernetesRequest(EVERYTHING, clock=lambda: NOW))
    assert "pip install 'soc2gate[kubernetes]'" in str(told.value)


def test_links_and_owners_decide_what_is_listed() -> None:
    assert kinds_to_list(["AWS::S3::Bucket"]) == ()
    assert kinds_to_list(["Kubernetes::Ingress"]) == ("Kubernetes::Ingress", "Kubernetes::Namespace")
    listed = kinds_to_list(["Kubernetes::PodTemplate"])
    assert {"Kubernetes::CronJob", "Kubernetes::ReplicaSet", "Kubernetes::Pod"} <= set(listed)


def test_dump_of_kubectl_is_a_live_source_like_any_other() -> None:
    dump = {"apiVersion": "v1", "kind": "List", "items": [deployment("web")]}
    snapshot = read_dump(json.dumps(dump), "dump.json", cluster="prod", taken_at=NOW)
    (found,) = of_kind(snapshot.resources(), "Deployment")
    assert found.address == "apps/Deployment/shop/web"
    assert snapshot.was_read("Kubernetes::Deployment")
    assert snapshot.why_unread("Kubernetes::NetworkPolicy") == "Kubernetes::NetworkPolicy was not asked of prod"


def test_dump_of_one_type_says_the_type_once() -> None:
    body = {key: value for key, value in deployment("web").items() if key not in ("apiVersion", "kind")}
    dump = {"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [body]}
    assert len(of_kind(read_dump(json.dumps(dump), "dump.json").resources(), "Deployment")) == 1


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "Pod"}', '{"items": 3}'])
def test_file_that_is_no_dump_is_refused(text: str) -> None:
    with pytest.raises(InputError) as told:
        read_dump(text, "dump.json")
    assert "dump.json" in str(told.value)


def test_what_kubectl_wrote_is_compared_as_a_snapshot_is(tmp_path: Path) -> None:
    import subprocess

    code = deployment("web")
    code["spec"]["replicas"] = 3
    (tmp_path / "web.yaml").write_text(json.dumps(code))
    (tmp_path / "dump.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [deployment("web")]}))
    command = [sys.executable, "-m", "soc2gate", "verify", "web.yaml", "--snapshot", "dump.json", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    report = json.loads(done.stdout)
    differing = {(item["difference"], item["property"]) for item in report["disagreements"]}
    assert ("changed", "spec.replicas") in differing, done.stderr
    (seen,) = report["snapshots"]
    assert (seen["provider"], seen["account"]) == ("kubernetes", "dump.json")
    (tmp_path / "dump.json").write_text("[]")
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 3
    assert "dump.json: is not a snapshot" in refused.stderr
