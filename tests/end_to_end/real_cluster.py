"""A real Kubernetes API server with its controllers and etcd on this machine, for who has the programs.

No package carries them, so a test run goes without unless it is told where they are; what such a server answered once
is recorded (`recorded_cluster/`) and every test run reads that. There is no scheduler and no node: controllers make
their replica sets and pods, and the pods stay pending.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from soc2gate.demo.seed_cluster import Cluster, create_applied

PROGRAMS = {
    "etcd": "SOC2GATE_ETCD",
    "kube-apiserver": "SOC2GATE_KUBE_APISERVER",
    "kube-controller-manager": "SOC2GATE_KUBE_CONTROLLER_MANAGER",
}
"""The programs by the environment variable that says where each is."""

# Known to the server through its token file; they mean nothing anywhere else.
ADMIN, READER = "admin-of-this-test", "reader-of-this-test"
_TOKENS = f"{ADMIN},admin,1,system:masters\n{READER},reader,2\n"


def missing_programs() -> list[str]:
    """The variables that name no program."""
    return [name for name in PROGRAMS.values() if not os.environ.get(name)]


class RealCluster(Cluster):
    """The API over HTTPS, as an administrator."""

    __slots__ = ()

    def ask_as(self, accept: str, path: str) -> Any:
        """One GET with this Accept header. Raises `urllib.error.HTTPError`."""
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        with self._open(request) as answer:
            return json.load(answer)

    def _open(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Bearer {ADMIN}")
        https = urllib.request.HTTPSHandler(context=_trusting_anyone())
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), https).open(request)


def _trusting_anyone() -> ssl.SSLContext:
    # The server made its certificate for itself a moment ago, on this machine.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def real_cluster(folder: Path) -> Iterator[RealCluster]:
    """A cluster of its own with what its controllers give every cluster; everything is kept below `folder`."""
    stores, peers, serves, manages = _free_ports(4)
    (folder / "tokens.csv").write_text(_TOKENS, encoding="utf-8")
    _run("openssl", "genrsa", "-out", str(folder / "accounts.key"), "2048")
    cluster = RealCluster(f"https://127.0.0.1:{serves}")
    write_kubeconfig(folder / "kubeconfig", cluster.url, ADMIN)
    with ExitStack() as running:
        running.enter_context(
            _process(
                folder,
                "etcd",
                f"--data-dir={folder / 'etcd'}",
                f"--listen-client-urls=http://127.0.0.1:{stores}",
                f"--advertise-client-urls=http://127.0.0.1:{stores}",
                f"--listen-peer-urls=http://127.0.0.1:{peers}",
            )
        )
        running.enter_context(
            _process(
                folder,
                "kube-apiserver",
                f"--etcd-servers=http://127.0.0.1:{stores}",
                f"--secure-port={serves}",
                "--bind-address=127.0.0.1",
                f"--cert-dir={folder / 'certificates'}",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={folder / 'accounts.key'}",
                f"--service-account-signing-key-file={folder / 'accounts.key'}",
                f"--token-auth-file={folder / 'tokens.csv'}",
                "--authorization-mode=RBAC",
                "--allow-privileged=true",
            )
        )
        _wait(lambda: "uid" in cluster.read("/api/v1/namespaces/default")["metadata"], "the API server to be ready")
        running.enter_context(
            _process(
                folder,
                "kube-controller-manager",
                f"--kubeconfig={folder / 'kubeconfig'}",
                f"--secure-port={manages}",
                "--bind-address=127.0.0.1",
                f"--cert-dir={folder / 'certificates'}",
                f"--service-account-private-key-file={folder / 'accounts.key'}",
                f"--root-ca-file={folder / 'certificates' / 'apiserver.crt'}",
                "--use-service-account-credentials=false",
                "--leader-elect=false",
            )
        )
        _wait(lambda: _furnished(cluster, "default"), "the controllers to be at work")
        yield cluster


def write_kubeconfig(file: Path, url: str, token: str) -> None:
    """A kubeconfig of the user with this token."""
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "real",
                "clusters": [{"name": "real", "cluster": {"server": url, "insecure-skip-tls-verify": True}}],
                "contexts": [{"name": "real", "context": {"cluster": "real", "user": "test"}}],
                "users": [{"name": "test", "user": {"token": token}}],
            }
        ),
        encoding="utf-8",
    )


def deploy(cluster: Cluster, documents: Sequence[dict[str, Any]]) -> None:
    """Create what the documents say, as `kubectl apply` would, and wait until the controllers have answered."""
    for document in sorted(documents, key=lambda found: str(found["kind"]) != "Namespace"):
        create_applied(cluster, document)
        if document["kind"] == "Namespace":
            name = document["metadata"]["name"]
            _wait(lambda name=name: _furnished(cluster, name), f"the namespace {name} to be furnished")  # type: ignore[misc]
    settle(cluster)


def settle(cluster: Cluster) -> None:
    """Wait until every controller has seen the last change of what it looks after."""
    _wait(lambda: _settled(cluster), "the controllers to have seen every change")


def _settled(cluster: Cluster) -> bool:
    for collection in ("deployments", "statefulsets", "daemonsets", "replicasets"):
        for found in cluster.read(f"/apis/apps/v1/{collection}")["items"]:
            if found.get("status", {}).get("observedGeneration") != found["metadata"]["generation"]:
                return False
    return all(found.get("status") for found in cluster.read("/apis/batch/v1/jobs")["items"])


def _furnished(cluster: Cluster, namespace: str) -> bool:
    base = f"/api/v1/namespaces/{namespace}"
    accounts = cluster.read(f"{base}/serviceaccounts")["items"]
    return bool(accounts) and bool(cluster.read(f"{base}/configmaps")["items"])


def _wait(for_what: Callable[[], bool], words: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    problem: Exception | None = None
    while time.monotonic() < until:
        try:
            if for_what():
                return
        except (urllib.error.URLError, ConnectionError, ValueError) as error:
            problem = error
        time.sleep(0.2)
    raise TimeoutError(f"waited {seconds:.0f} s in vain for {words}" + (f" ({problem})" if problem else ""))


@contextmanager
def _process(folder: Path, name: str, *flags: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen([os.environ[PROGRAMS[name]], *flags], stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
