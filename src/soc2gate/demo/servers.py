"""The account and the cluster the demo company runs on: moto and kmock on loopback, and nothing else in reach.

While they run, the process's AWS environment is theirs: invented credentials, an endpoint on loopback, configuration
files that do not exist. A person's own account can be neither read nor changed, whatever their shell says.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from xml.sax.saxutils import escape

from soc2gate.demo.cluster import ClusterServer
from soc2gate.demo.what_moto_lacks import WhatMotoLacks
from soc2gate.errors import UsageError
from soc2gate.facts import dataclass

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ACCOUNT = "123456789012"
"""The account moto answers for."""
REGION = "eu-west-1"
CLUSTER = "harbourline"
"""What the kubeconfig calls the cluster and the context."""


_alone = threading.Lock()
_left_over = threading.Event()


@dataclass(frozen=True, slots=True)
class Denial:
    """One S3 read that the account refuses, as an organisation's policy would."""

    action: str
    """`s3:GetBucketVersioning`."""
    path: str
    """`/harbourline-prod-invoices`."""
    query: str
    """The sub-resource that tells the operation: `versioning`."""

    def matches(self, environ: WSGIEnvironment) -> bool:
        asked = str(environ.get("QUERY_STRING", "")).split("&")
        return (
            environ["REQUEST_METHOD"] == "GET"
            and environ["PATH_INFO"].rstrip("/") == self.path
            and any(part in (self.query, f"{self.query}=") for part in asked)
        )


class DenyingMiddleware:
    """Stands before moto and answers 403 to what `denials` name, in the words and the XML of S3."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self.denials: list[Denial] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        for denial in self.denials:
            if denial.matches(environ):
                return _access_denied(denial, start_response)
        return self._application(environ, start_response)


def _access_denied(denial: Denial, start_response: StartResponse) -> list[bytes]:
    message = (
        f"User: arn:aws:iam::{ACCOUNT}:user/demo is not authorized to perform: {denial.action} on resource: "
        f'"arn:aws:s3::{denial.path.replace("/", ":", 1)}" with an explicit deny in a service control policy'
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message>"
        "<RequestId>D3M0D3N13D</RequestId><HostId>demo</HostId></Error>"
    ).encode()
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


class AccountServer:
    """Serves moto in a thread of its own between `start` and `stop`, on a free port of 127.0.0.1 only."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        class QuietHandler(WSGIRequestHandler):  # type: ignore[misc]  # werkzeug is read as untyped
            def log(self, *_: object) -> None:
                """Say nothing: thousands of requests are of no interest to the person watching."""

        simulation = DomainDispatcherApplication(create_backend_app)
        self.middleware = DenyingMiddleware(WhatMotoLacks(simulation))
        self._server = make_server("127.0.0.1", 0, self.middleware, threaded=True, request_handler=QuietHandler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo-account", daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Serve an empty account."""
        from moto.iam.models import iam_backends

        # Also what another server of this process was asked: an account keeps the settings that it began with.
        if _left_over.is_set() or len(iam_backends):
            from moto.moto_api._internal.models import moto_api_backend

            moto_api_backend.reset()
            _left_over.clear()
        _protect_root()
        self._thread.start()

    def stop(self) -> None:
        """Close the port. The account's state stays in the process until the next server starts: emptying takes 2 s."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        _left_over.set()


def _protect_root() -> None:
    """Give the root user a second factor: a person does that at the console, and no API has a call for it."""
    from moto.iam.models import iam_backends

    iam_backends[ACCOUNT]["aws"].account_summary._account_mfa_enabled = 1


@dataclass(frozen=True, slots=True)
class Servers:
    """Both, running."""

    account: AccountServer
    cluster: ClusterServer
    environment: Mapping[str, str]
    """What a program needs in its environment to find them, and what keeps it away from anything else."""
    kubeconfig: Path


@contextmanager
def running(kubeconfig: Path) -> Iterator[Servers]:
    """An empty account and an empty cluster, until the block ends; writes `kubeconfig`.

    Only one at a time in a process, because moto's state belongs to the process. Raises `UsageError` where the extra
    is not installed.
    """
    require_extra()
    if not _alone.acquire(blocking=False):
        raise RuntimeError("the demo's account is already running in this process")
    try:
        with _isolated(kubeconfig), _started(AccountServer) as account, _started(ClusterServer) as cluster:
            write_kubeconfig(kubeconfig, cluster.url)
            os.environ["AWS_ENDPOINT_URL"] = account.url
            yield Servers(account, cluster, _ours(os.environ), kubeconfig)
    finally:
        _alone.release()


_Server = TypeVar("_Server", AccountServer, ClusterServer)


@contextmanager
def _started(make: Callable[[], _Server]) -> Iterator[_Server]:
    server = make()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def require_extra() -> None:
    """Raise `UsageError` where what the `demo` extra brings is missing."""
    from importlib.util import find_spec

    # moto imports without its `server` extra and fails later, so ask for what that brings.
    missing = [name for name in ("moto", "flask", "flask_cors", "kmock", "kubernetes") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the demo needs packages that are not installed: {', '.join(missing)}",
            hint="pip install 'soc2gate[demo]'",
        )


@contextmanager
def _isolated(kubeconfig: Path) -> Iterator[None]:
    """The process with the demo's environment in place of a person's own cloud settings."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("AWS_", "AMAZON_", "BOTO", "MOTO_", "KUBERNETES_")) or name == "KUBECONFIG":
            del os.environ[name]
    nowhere = str(kubeconfig.parent / "no-such-aws-configuration")
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        # AWS's own policies exist in every account; moto has them on request.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        # A thousand machine images of other people: a second to load, and none is asked for.
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "KUBECONFIG": str(kubeconfig),
        # A company's proxy must not be asked for addresses of this machine.
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("AWS_") or name in ("KUBECONFIG", "NO_PROXY", "no_proxy")
    }


def write_kubeconfig(file: Path, url: str) -> None:
    """A kubeconfig whose current context is the demo's cluster, served at `url`."""
    text = f"""\
apiVersion: v1
kind: Config
current-context: {CLUSTER}
clusters:
  - name: {CLUSTER}
    cluster:
      server: {url}
contexts:
  - name: {CLUSTER}
    context:
      cluster: {CLUSTER}
      user: demo
users:
  - name: demo
    user:
      token: demo
"""
    file.write_text(text, encoding="utf-8")
