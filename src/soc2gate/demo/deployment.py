"""The company's files in a folder, and the company itself running: what the demo and its tests start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from soc2gate.demo.changes import CHANGES, Deployed
from soc2gate.demo.seed_account import seed_account
from soc2gate.demo.seed_cluster import seed_cluster
from soc2gate.demo.servers import require_extra, running
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass


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
    """Copy the company's configuration into `folder`, which is made where it is missing.

    Never writes over anything: raises `UsageError` for a folder that holds something else, and for one in which
    somebody changed the company.
    """
    source = Path(__file__).parent / "company"
    files = sorted(path.relative_to(source) for path in source.rglob("*") if path.suffix in _SUFFIXES)
    standing = [path for path in files if (folder / path).exists()]
    if folder.is_dir() and any(folder.iterdir()) and not standing:
        raise UsageError(
            f"{folder} is not empty, and not a folder of the demo", hint="give another: soc2gate demo some/new/folder"
        )
    edited = [path for path in standing if (folder / path).read_bytes() != (source / path).read_bytes()]
    if edited:
        raise UsageError(
            f"{folder} holds changes of yours: {', '.join(path.as_posix() for path in edited)}",
            hint="`soc2gate scan` judges them; the demo needs the company as it was: give another folder",
        )
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, folder / path)


_SUFFIXES = (".md", ".tf", ".tfvars", ".yaml")


@contextmanager
def deployed(folder: Path, *, changed: bool) -> Iterator[Deployment]:
    """Write the company into `folder` and run it until the block ends, with the changes by hand or without.

    One at a time in a process. Raises `UsageError` where the `demo` extra is not installed.
    """
    require_extra()
    write_company(folder)
    # Absolute: what is told of it has to hold wherever a person or a child process stands.
    with running(folder.resolve() / "kubeconfig") as servers:
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
