"""A moto server over HTTP on a free port, with a door before it that can refuse calls."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest

REGION = "eu-west-1"
ACCOUNT = "123456789012"

_EC2 = "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
_QUERY = "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
_STATE = (
    '<GenerateCredentialReportResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
    "<GenerateCredentialReportResult><State>{code}</State></GenerateCredentialReportResult>"
    "</GenerateCredentialReportResponse>"
)
_S3 = "<Error><Code>{code}</Code><Message>no</Message></Error>"


@dataclass
class Refusal:
    """Calls whose request has `needle` in its query, body or target header are answered with `code`."""

    needle: str
    code: str
    shape: str = "ec2"
    status: str = "403 Forbidden"
    times: int = 1_000_000


@dataclass
class Aws:
    """The server, and clients for seeding it."""

    url: str
    refusals: list[Refusal] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    slow: float = 0
    """Seconds before each answer."""
    one_at_a_time: threading.Lock | None = None
    """Held while a call is answered. moto looks whether an S3 key exists and then writes it, in two steps: two writers
    at the same time can both be told that they were first. S3 decides in one step, as whoever holds this does."""
    lost_answers: list[str] = field(default_factory=list)
    """A put with one of these in it is done, once, and answered with 503: the network lost the answer."""
    watch: Callable[[str, dict[str, Any]], None] | None = None
    """Told of each call, with what the server knows of who makes it, before it is answered."""

    def client(self, service: str, region: str = REGION) -> Any:
        import boto3

        # The stubs know services by literal names only.
        make: Any = boto3.client
        return make(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    @contextmanager
    def refusing(self, *refusals: Refusal) -> Iterator[None]:
        self.refusals.extend(refusals)
        try:
            yield
        finally:
            self.refusals.clear()

    @contextmanager
    def answering(self, state: Refusal) -> Iterator[None]:
        """IAM's credential report stays in the state that `code` says."""
        with self.refusing(Refusal(state.needle, state.code, "state", "200 OK")):
            yield

    def reset(self) -> None:
        """Empty the account, and forget what was asked and how to answer."""
        import urllib.request

        self.requests.clear()
        self.refusals.clear()
        self.slow = 0
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")).close()


@contextmanager
def running_aws() -> Iterator[Aws]:
    """A server of its own; its state ends with it."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    from soc2gate.demo.what_moto_lacks import WhatMotoLacks

    class Quiet(WSGIRequestHandler):  # type: ignore[misc]  # werkzeug is not typed for us
        def log(self, *args: Any) -> None:
            return

    aws = Aws("")
    server = make_server(
        "127.0.0.1",
        0,
        _door(WhatMotoLacks(DomainDispatcherApplication(create_backend_app)), aws),
        threaded=True,
        request_handler=Quiet,
    )
    aws.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    # moto keeps its state in the process: what another server was given would be here too.
    aws.reset()
    try:
        yield aws
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """A server that every child process asks, with credentials that it takes."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with running_aws() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


def _door(app: Callable[..., Any], aws: Aws) -> Callable[..., Any]:
    def before(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = BytesIO(body)
        told = " ".join(
            (
                environ.get("PATH_INFO", ""),
                environ.get("QUERY_STRING", ""),
                environ.get("HTTP_X_AMZ_TARGET", ""),
                body.decode("utf-8", "replace"),
            )
        )
        aws.requests.append(told)
        if aws.watch is not None:
            aws.watch(told, environ)
        time.sleep(aws.slow)
        for refusal in aws.refusals:
            if refusal.needle in told and refusal.times > 0:
                refusal.times -= 1
                return _refuse(refusal, start_response)
        lost = next((needle for needle in aws.lost_answers if needle in told), "")
        lost = lost if environ["REQUEST_METHOD"] == "PUT" else ""
        with aws.one_at_a_time or nullcontext():
            said = app(environ, _heard_by_nobody if lost else start_response)
        if lost:
            aws.lost_answers.remove(lost)
            return _refuse(Refusal(lost, "SlowDown", "s3", "503 Slow Down"), start_response)
        return said

    return before


def _heard_by_nobody(*_: Any) -> None:
    """In the place of what starts an answer."""


def _refuse(refusal: Refusal, start_response: Callable[..., Any]) -> list[bytes]:
    if refusal.shape == "answer":
        text = refusal.code
    elif refusal.shape == "json":
        text = f'{{"__type": "{refusal.code}", "message": "no"}}'
    else:
        text = {"ec2": _EC2, "query": _QUERY, "s3": _S3, "state": _STATE}[refusal.shape].format(code=refusal.code)
    kind = "application/x-amz-json-1.0" if refusal.shape in ("json", "answer") else "text/xml"
    start_response(refusal.status, [("Content-Type", kind), ("Content-Length", str(len(text)))])
    return [text.encode()]
