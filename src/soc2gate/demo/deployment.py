"""The company's files in a folder, and the company itself running: what the demo and its tests start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from soc2gate.demo.changes import CHANGES, Deployed
from soc2gate.demo.seed_account import seed_account
from soc2gate.demo.seed_cluster import seed_cluster
from soc2gate.demo.servers import running


@dataclass(frozen=True, slots=True)
class Deployment:
    """Harbourline, running."""

    folder: Path
    environment: Mapping[str, str]
    """For a child process: where the account and the cluster are, and no way to anything else."""
    kubeconfig: Path
    aws_endpoint: str
    cluster_url: str
    made: Deployed
    """For changes beyond the staged ones."""


def write_company(folder: Path) -> None:
    """Copy the company's configuration into `folder`, which is made where it is missing."""
    source = Path(__file__).parent / "company"
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


@contextmanager
def deployed(folder: Path, *, changed: bool) -> Iterator[Deployment]:
    """Write the company into `folder` and run it until the block ends, with the changes by hand or without.

    One at a time in a process. Raises `UsageError` where the `demo` extra is not installed.
    """
    write_company(folder)
    with running(folder / "kubeconfig") as servers:
        made = Deployed(
            account=seed_account(servers.account.url),
            cluster=seed_cluster(servers.cluster.url, folder / "kubernetes"),
            server=servers.account,
        )
        for change in CHANGES if changed else ():
            change.make(made)
        yield Deployment(
            folder=folder,
            environment=servers.environment,
            kubeconfig=servers.kubeconfig,
            aws_endpoint=servers.account.url,
            cluster_url=servers.cluster.url,
            made=made,
        )
