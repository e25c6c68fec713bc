"""The API server as its pod and kubeadm's configuration tell of it, and what neither of them tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2gate.declared.kubernetes import read
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.kinds.kubernetes import normalise_manifests
from soc2gate.live.kubernetes import read_dump
from soc2gate.model.resource import Resource, Span, Weight
from soc2gate.model.value import Unknown, Value

KEY = "bm90LWEtcmVhbC1rZXktanVzdC1hbi1leGFtcGxl"
ENCRYPTION = f"""\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - aescbc:
          keys:
            - name: key1
              secret: {KEY}
"""


def pod(*command: str, namespace: str = "kube-system", name: str = "kube-apiserver") -> str:
    words = "".join(f"\n        - {json.dumps(word)}" for word in command)
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  containers:
    - name: {name}
      image: registry.k8s.io/kube-apiserver:v1.33.1
      command:{words}
"""


def servers(folder: Path, *files: str) -> list[Resource]:
    names = []
    for number, text in enumerate(files):
        names.append(f"{number}.yaml")
        (folder / names[-1]).write_text(text, "utf-8")
    reading = read(Root("kubernetes", ".", tuple(names)), folder, ReadOptions())
    assert [problem for problem in reading.problems if problem.weight is not Weight.NOTE] == []
    return [r for r in normalise_manifests([reading]).resources if r.kind == "Kubernetes::ApiServer"]


def arguments(server: Resource) -> dict[str, Value]:
    found = server.properties["arguments"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--anonymous-auth=false"], "false"),
        (["--anonymous-auth", "false"], "false"),
        (["--anonymous_auth=false"], "false"),
        (["-anonymous-auth=false"], "false"),
        (["--anonymous-auth"], "true"),
        (["--anonymous-auth", "--v=2"], "true"),
        (["--anonymous-auth=true", "--anonymous-auth=false"], "false"),
    ],
)
def test_a_flag_means_what_the_api_server_makes_of_it(tmp_path: Path, words: list[str], value: str) -> None:
    [server] = servers(tmp_path, pod("kube-apiserver", *words))
    assert arguments(server)["anonymous-auth"] == value


def test_lists_given_twice_are_joined(tmp_path: Path) -> None:
    [server] = servers(
        tmp_path, pod("/usr/local/bin/kube-apiserver", "--authorization-mode=Node", "--authorization-mode=RBAC")
    )
    assert arguments(server)["authorization-mode"] == "Node,RBAC"


def test_a_flag_is_shown_where_it_is_written(tmp_path: Path) -> None:
    [server] = servers(tmp_path, pod("kube-apiserver", "--v=2", "--anonymous-auth=true"))
    place = server.places["arguments.anonymous-auth"]
    assert isinstance(place, Span)
    assert (place.path, place.line) == ("0.yaml", 11)


def test_other_pods_and_other_namespaces_are_no_api_server(tmp_path: Path) -> None:
    scheduler = pod("kube-scheduler", name="kube-scheduler")
    assert servers(tmp_path, scheduler, pod("kube-apiserver", namespace="shop")) == []


@pytest.mark.parametrize(
    "command", [("sh", "-c", "kube-apiserver --anonymous-auth=false"), ("/bin/bash", "-ec", "exec kube-apiserver")]
)
def test_what_a_shell_starts_is_not_known(tmp_path: Path, command: tuple[str, ...]) -> None:
    [server] = servers(tmp_path, pod(*command))
    assert isinstance(server.properties["arguments"], Unknown)
    assert isinstance(server.properties["encryptionConfiguration"], Unknown)


def test_a_value_from_the_environment_is_not_known(tmp_path: Path) -> None:
    [server] = servers(tmp_path, pod("kube-apiserver", "--authorization-mode=$(MODES)"))
    assert isinstance(arguments(server)["authorization-mode"], Unknown)


@pytest.mark.parametrize(
    ("file", "decides"), [("authentication-config", "anonymous-auth"), ("authorization-config", "authorization-mode")]
)
def test_a_file_on_the_node_decides_in_a_flags_place(tmp_path: Path, file: str, decides: str) -> None:
    [server] = servers(tmp_path, pod("kube-apiserver", f"--{file}=/etc/kubernetes/x.yaml"))
    found = arguments(server)[decides]
    assert isinstance(found, Unknown)
    assert f"--{file}" in found.reason


def test_kubeadm_writes_its_arguments_as_a_map_or_a_list(tmp_path: Path) -> None:
    older = """\
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
apiServer:
  extraArgs: {anonymous-auth: false, audit-log-maxage: 30}
"""
    newer = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: shop
apiServer:
  extraArgs:
    - {name: anonymous-auth, value: "false"}
    - {name: audit-log-maxage, value: "30"}
"""
    one, two = servers(tmp_path, older, newer)
    assert arguments(one) == arguments(two)
    assert arguments(one) == {
        "anonymous-auth": "false",
        "audit-log-maxage": "30",
        "authorization-mode": "Node,RBAC",
    }
    assert (one.address, two.address) == ("ClusterConfiguration/kubernetes", "ClusterConfiguration/shop")
    assert one.defaults == {"arguments.authorization-mode": "not written: kubeadm sets Node,RBAC"}


def test_the_file_a_flag_names_is_known_where_it_was_read(tmp_path: Path) -> None:
    [server] = servers(tmp_path, pod("kube-apiserver", "--encryption-provider-config=/etc/enc.yaml"), ENCRYPTION)
    assert "aescbc" in str(server.properties["encryptionConfiguration"])


def test_of_two_such_files_neither_is_taken_for_it(tmp_path: Path) -> None:
    [server] = servers(
        tmp_path, pod("kube-apiserver", "--encryption-provider-config=/etc/enc.yaml"), ENCRYPTION, ENCRYPTION
    )
    assert isinstance(server.properties["encryptionConfiguration"], Unknown)


def test_the_keys_in_an_encryption_configuration_are_read_nowhere(tmp_path: Path) -> None:
    (tmp_path / "enc.yaml").write_text(ENCRYPTION, "utf-8")
    reading = read(Root("kubernetes", ".", ("enc.yaml",)), tmp_path, ReadOptions())
    assert "key1" in str(reading)
    assert KEY not in str(reading)


def test_a_running_api_server_is_told_by_its_pod() -> None:
    running = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kube-apiserver-node-1", "namespace": "kube-system"},
        "spec": {"containers": [{"name": "kube-apiserver", "command": ["kube-apiserver", "--anonymous-auth=false"]}]},
    }
    snapshot = read_dump(json.dumps({"kind": "List", "items": [running]}), "dump.json", cluster="prod")
    [server] = [found for found in snapshot.resources() if found.kind == "Kubernetes::ApiServer"]
    assert arguments(server) == {"anonymous-auth": "false"}
    assert server.derived_from == "Kubernetes::Pod"
