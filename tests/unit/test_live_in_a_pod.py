"""The command as a pod runs it: no kubeconfig, but a token and a CA where a cluster puts them, and HTTPS.

A mount namespace of its own has these files at their real place; the API over HTTP stands behind a door that speaks
TLS.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_for_tests import Cluster, running_cluster

from doors import before, certified
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


def _port(cluster: Cluster) -> int:
    return int(cluster.url.rpartition(":")[2])


def in_a_pod(folder: Path, files: Path, token: str, port: int) -> tuple[int, str]:
    """`soc2gate collect` there; its exit code and what it said."""
    shutil.copy(files / "ca.pem", folder / "ca.crt")
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
    certificate = certified(tmp_path / "ours")
    cluster.api.token = token
    with before(_port(cluster), certificate=certificate) as port:
        code, said = in_a_pod(tmp_path, certificate, token, port)
    assert code == 0, said
    (part,) = Snapshot.read(tmp_path / "pod.json").parts
    assert part.caller == ACCOUNT
    assert {resource.address.rpartition("/")[2] for resource in part.resources} >= {"shop"}
    assert token not in (tmp_path / "pod.json").read_text()


def test_a_server_that_the_pods_ca_does_not_know_is_not_told_the_token(
    cluster: Cluster, token: str, tmp_path: Path
) -> None:
    certificate, another = certified(tmp_path / "ours"), certified(tmp_path / "another")
    with before(_port(cluster), certificate=another) as port:
        code, said = in_a_pod(tmp_path, certificate, token, port)
    assert code == 3
    assert "SSLError" in said or "certificate" in said.lower()
    assert not cluster.api.asked
    assert token not in said


def test_a_token_that_is_not_accepted_is_no_empty_cluster(cluster: Cluster, token: str, tmp_path: Path) -> None:
    certificate = certified(tmp_path / "ours")
    cluster.api.token = "another"
    with before(_port(cluster), certificate=certificate) as port:
        code, said = in_a_pod(tmp_path, certificate, token, port)
    assert code == 3
    assert "Unauthorized" in said
