"""The account and the cluster of the demo, asked by the clients people use."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from soc2gate.demo import servers
from soc2gate.demo.seed_cluster import Cluster
from soc2gate.demo.servers import Denial, Servers, running
from soc2gate.errors import Exit, UsageError


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers") / "kubeconfig") as found:
        yield found


@pytest.fixture(scope="module")
def s3(up: Servers) -> Any:
    client: Any = boto3.client("s3")
    for name in ("open-bucket", "closed-bucket"):
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": servers.REGION})
    up.account.middleware.denials.append(Denial("s3:GetBucketVersioning", "/closed-bucket", "versioning"))
    return client


def test_a_denied_read_reaches_the_client_as_access_denied(s3: Any) -> None:
    with pytest.raises(ClientError) as caught:
        s3.get_bucket_versioning(Bucket="closed-bucket")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "s3:GetBucketVersioning" in str(caught.value)


def test_only_that_read_of_that_bucket_is_denied(s3: Any) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket="open-bucket")
    assert s3.get_bucket_location(Bucket="closed-bucket")["LocationConstraint"] == servers.REGION
    s3.put_bucket_versioning(Bucket="closed-bucket", VersioningConfiguration={"Status": "Enabled"})


def test_the_account_is_not_the_persons_own(up: Servers) -> None:
    caller = boto3.client("sts").get_caller_identity()
    assert caller["Account"] == servers.ACCOUNT
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert not Path(os.environ["AWS_CONFIG_FILE"]).exists()
    assert not Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).exists()
    assert up.environment["AWS_ENDPOINT_URL"] == up.account.url


def test_both_listen_on_loopback_only(up: Servers) -> None:
    for url in (up.account.url, up.cluster.url):
        host, port = url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
        for other in others:
            if not str(other).startswith("127."):
                with socket.socket() as probe:
                    probe.settimeout(1)
                    assert probe.connect_ex((str(other), int(port))) != 0


def test_a_second_account_in_one_process_is_refused(up: Servers, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="already running"), running(tmp_path / "kubeconfig"):
        pass


def test_the_kubernetes_client_reads_the_cluster(up: Servers) -> None:
    import kubernetes

    cluster = Cluster(up.cluster.url)
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay"}}
    cluster.create(space, "kubectl-create")
    cluster.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "tides", "namespace": "quay"},
            "data": {"a": "1"},
        },
        "kubectl-create",
    )
    api = kubernetes.config.new_client_from_config(str(up.kubeconfig))
    core = kubernetes.client.CoreV1Api(api)
    assert "quay" in [found.metadata.name for found in core.list_namespace().items]
    assert core.read_namespace("quay").status.phase == "Active"
    assert [found.metadata.name for found in core.list_namespaced_config_map("quay").items] == ["tides"]
    assert core.list_pod_for_all_namespaces().items == []
    assert kubernetes.client.AppsV1Api(api).list_deployment_for_all_namespaces().items == []
    api.close()


def test_a_list_says_its_kind_and_its_items_do_not(up: Servers) -> None:
    cluster = Cluster(up.cluster.url)
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "pilot", "namespace": "default"}}
    cluster.create(body, "kubectl-create")
    answer = cluster.read("/api/v1/serviceaccounts")
    assert (answer["kind"], answer["apiVersion"]) == ("ServiceAccountList", "v1")
    assert answer["metadata"]["resourceVersion"].isdigit()
    assert all("kind" not in item and "apiVersion" not in item for item in answer["items"])
    stored = answer["items"][0]["metadata"]
    assert {"uid", "resourceVersion", "creationTimestamp", "managedFields"} <= set(stored)
    assert stored["managedFields"][0]["manager"] == "kubectl-create"


def test_the_cluster_can_be_discovered(up: Servers) -> None:
    cluster = Cluster(up.cluster.url)
    assert cluster.read("/api/v1")["groupVersion"] == "v1"
    groups = {group["name"] for group in cluster.read("/apis")["groups"]}
    assert {"apps", "batch", "rbac.authorization.k8s.io", "networking.k8s.io", "policy"} <= groups


def test_the_persons_environment_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    before = dict(os.environ)
    with servers._isolated(Path("/nowhere/kubeconfig")):
        assert "AWS_PROFILE" not in os.environ
        assert "AWS_ENDPOINT_URL_S3" not in os.environ
        assert os.environ["KUBECONFIG"] == "/nowhere/kubeconfig"
    assert dict(os.environ) == before


def test_without_the_extra_the_demo_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "kmock" else found(name))
    with pytest.raises(UsageError) as caught, running(tmp_path / "kubeconfig"):
        pass
    assert caught.value.exit is Exit.USAGE
    assert "pip install 'soc2gate[demo]'" in str(caught.value)
    assert "kmock" in str(caught.value)
