"""The command as a pod runs it: no kubeconfig, but a token and a CA where a cluster puts them, and HTTPS.

A mount namespace of its own has these files at their real place; the API over HTTP stands behind a door that speaks
TLS.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster_for_tests import Cluster, running_cluster

from soc2gate.live.snapshot import Snapshot

PODS = "/var/run/secrets/kubernetes.io/serviceaccount"
ACCOUNT = "system:serviceaccount:audit:soc2gate-reader"
# `/var/run` leads to `/run` nearly everywhere; both are covered, so that nothing real is touched.
AS_A_POD = f"""\
set -e
mount -t tmpfs none /run
[ -L /var/run ] || mount -t tmpfs none /var/run
mkdir -p {PODS}
cp "$1"/token "$1"/ca.crt {PODS}/
shift
exec "$@"
"""


def _may_mount() -> bool:
    try:
        tried = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/run"], capture_output=True
        )
    except OSError:
        return False
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(not _may_mount(), reason="needs a mount namespace of its own (unshare)")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path) as made:
        made.api.add(
            "v1/namespaces",
            {"metadata": {"name": "kube-system", "uid": "6f1c"}},
            {"metadata": {"name": "shop", "uid": "6f1d"}},
        )
        yield made


@pytest.fixture
def token() -> str:
    """A service account's, as far as anybody reads it."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": ACCOUNT}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2lnbmF0dXJl"


def certified(folder: Path, name: str) -> Path:
    folder = folder / name
    folder.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1")
    subject = ("-subj", "/CN=kubernetes", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(folder / "key"), "-out", str(folder / "ca.crt"))
    subprocess.run(["openssl", "req", "-x509", *curve, *files, *subject], check=True, capture_output=True)
    return folder


@contextmanager
def by_tls(certificate: Path, behind: int) -> Iterator[int]:
    """A port that speaks TLS, and hands on what it hears to a plain one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "ca.crt", certificate / "key")
    door = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def serve() -> None:
        while True:
            try:
                caller, _ = door.accept()
            except OSError:
                return
            try:
                inside = context.wrap_socket(caller, server_side=True)
            except OSError:
                # Who does not trust us leaves before the first word.
                continue
            plain = socket.create_connection(("127.0.0.1", behind))
            for ends in ((inside, plain), (plain, inside)):
                threading.Thread(target=pass_on, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield door.getsockname()[1]
    finally:
        door.close()


def in_a_pod(folder: Path, files: Path, token: str, port: int) -> tuple[int, str]:
    """`soc2gate collect` there; its exit code and what it said."""
    shutil.copy(files / "ca.crt", folder / "ca.crt")
    (folder / "token").write_text(token)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KUBE", "AWS_"))}
    given = {"HOME": str(home), "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(port)}
    pod = ("unshare", "--mount", "--map-root-user", "sh", "-c", AS_A_POD, "sh", str(folder))
    what = ("--provider", "kubernetes", "--kind", "Kubernetes::Namespace", "--output", str(folder / "pod.json"))
    done = subprocess.run(
        [*pod, sys.executable, "-m", "soc2gate", "collect", *what],
        cwd=folder,
        env={**clean, **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_pod_reads_its_cluster_as_its_service_account(cluster: Cluster, token: str, tmp_path: Path) -> None:
    certificate = certified(tmp_path, "ours")
    cluster.api.token = token
    with by_tls(certificate, int(cluster.url.rpartition(":")[2])) as port:
        code, said = in_a_pod(tmp_path, certificate, token, port)
    assert code == 0, said
    (part,) = Snapshot.read(tmp_path / "pod.json").parts
    assert part.caller == ACCOUNT
    assert {resource.address.rpartition("/")[2] for resource in part.resources} >= {"shop"}
    assert token not in (tmp_path / "pod.json").read_text()


def test_a_server_that_the_pods_ca_does_not_know_is_not_told_the_token(
    cluster: Cluster, token: str, tmp_path: Path
) -> None:
    certificate, another = certified(tmp_path, "ours"), certified(tmp_path, "another")
    with by_tls(another, int(cluster.url.rpartition(":")[2])) as port:
        code, said = in_a_pod(tmp_path, certificate, token, port)
    assert code == 3
    assert "SSLError" in said or "certificate" in said.lower()
    assert not cluster.api.asked
    assert token not in said


def test_a_token_that_is_not_accepted_is_no_empty_cluster(cluster: Cluster, token: str, tmp_path: Path) -> None:
    certificate = certified(tmp_path, "ours")
    cluster.api.token = "another"
    with by_tls(certificate, int(cluster.url.rpartition(":")[2])) as port:
        code, said = in_a_pod(tmp_path, certificate, token, port)
    assert code == 3
    assert "Unauthorized" in said
